"""Tables are read as they show; hostile workbooks and broken files are refused in words."""

from __future__ import annotations

import io
import zipfile
from datetime import date, time, timedelta

import openpyxl
import pytest

from dfr.errors import InputError
from dfr.io import sheets
from dfr.io.sheets import read_sheet


def _workbook(*rows: list[object]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    return _saved(book)


def _saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _with_part(data: bytes, name: str, content: bytes) -> bytes:
    """A workbook with one part put in, or put in place of another."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
CALLS = _workbook(["when", "grade"], ["2024-08-24 15:02", "Immediate"])


def test_a_workbook_gives_dates_in_iso_and_numbers_as_they_are() -> None:
    data = _workbook(
        ["Calls of 2024"],
        ["Date", "Time", "Easting"],
        [date(2024, 8, 3), time(15, 2), 464320],
        [None, None, 98440.25],
    )
    sheet = read_sheet(data, name="calls.xlsx")
    assert sheet.columns == ("Date", "Time", "Easting")
    assert sheet.rows[0].cells == ("2024-08-03 00:00:00", "15:02:00", "464320")
    assert sheet.rows[1].cells == ("", "", "98440.25")
    assert sheet.rows[1].line == 4
    assert sheet.notes == ("passed over 1 row above the header",)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_of_a_csv_is_seen(separator: str) -> None:
    text = separator.join(("when", "grade")) + "\n" + separator.join(("2024-08-24 15:02", '"a b"')) + "\n"
    assert read_sheet(text.encode(), name="c.csv").rows[0].cells == ("2024-08-24 15:02", "a b")


def test_other_sheets_are_named_and_hidden_ones_not_taken() -> None:
    book = openpyxl.Workbook()
    book.active.append(["secret", "data"])
    book.active.sheet_state = "hidden"
    book.create_sheet("calls").append(["when", "grade"])
    sheet = read_sheet(_saved(book), name="c.xlsx")
    assert sheet.columns == ("when", "grade")
    assert "passed over 'Sheet'" in sheet.notes[0]


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (_workbook(["when", "grade"], ["=NOW()", "x"]), "cell A2 is a formula"),
        (_with_part(CALLS, "xl/vbaProject.bin", b"x"), "macros"),
        (
            _with_part(CALLS, "xl/sharedStrings.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><sst>&a;</sst>'),
            "entities are refused",
        ),
        (_with_part(CALLS, SHEET, "<?xml version='1.0'?><a/>".encode("utf-16")), "UTF-8"),
        (_with_part(CALLS, SHEET, b"<worksheet><sheetData><row"), "not a readable workbook"),
        (_with_part(CALLS, "xl/workbook.xml", b"<nothing/>"), "not a readable workbook|no visible sheet"),
        (CALLS[:-40], "not a readable workbook"),
        (CALLS[:900] + b"\0" * 60 + CALLS[960:], "not a readable workbook"),
        (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "old Excel file"),
        (b"\0\1\2,\3\4", "neither text nor"),
        (b'a,b\n"never closed,1\n', "not CSV"),
        (b"a,b\n1,2,3\n", "more cells than columns"),
        (b"a,a\n1,2\n", "is there twice"),
        (b"\n\n", "no row with two cells"),
    ],
)  # fmt: skip
def test_what_is_no_honest_table_is_refused_in_words(data: bytes, word: str) -> None:
    with pytest.raises(InputError, match=word):
        read_sheet(data, name="calls")


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    data = _with_part(CALLS, "xl/media/x.xml", b"\0" * (sheets.MAX_UNPACKED_BYTES + 1))
    assert len(data) < 1_000_000
    with pytest.raises(InputError, match="unpacked are over the limit"):
        read_sheet(data, name="bomb.xlsx")


def test_a_sheet_that_claims_a_million_rows_is_read_as_far_as_it_is_filled() -> None:
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>when</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>grade</t></is></c></row>'
        '<row r="99999999"><c r="A99999999"><v>1</v></c></row>'
    )
    part = (
        '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData></worksheet>'
    )
    sheet = read_sheet(_with_part(CALLS, SHEET, part.encode()), name="c.xlsx")
    assert sheet.columns == ("when", "grade")
    assert sheet.rows == ()


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    with pytest.raises(InputError, match="more than 3 rows"):
        read_sheet(b"a,b\n" * 9, name="c.csv")


def test_hours_past_midnight_stay_hours_of_their_day() -> None:
    """As Excel keeps 24:30: a duration, or (formatted as a time of day) half past midnight of its day 1."""
    data = _workbook(["Date", "Time"], [date(2024, 8, 24), timedelta(hours=24, minutes=30)])
    assert read_sheet(data, name="calls.xlsx").rows[0].cells == ("2024-08-24 00:00:00", "24:30:00")
    book = openpyxl.Workbook()
    book.active.append(["Date", "Time"])
    book.active.append([date(2024, 8, 24), 1.0 + 0.5 / 24])
    book.active["B2"].number_format = "hh:mm"
    assert read_sheet(_saved(book), name="calls.xlsx").rows[0].cells[1] == "24:30:00"
