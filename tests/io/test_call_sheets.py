"""Calls from any table: columns shown, dates never guessed, clock changes told."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from dfr.errors import InputError
from dfr.geo import Position, distance_m
from dfr.io.call_columns import CallColumn, ColumnMatch, guess_columns, guess_grades
from dfr.io.call_dates import DateOrder, date_order
from dfr.io.call_sheets import CallReading, read_call_sheet
from dfr.io.sheets import read_sheet

LONDON = ZoneInfo("Europe/London")
SOUTHSEA = Position(lat_deg=50.782, lon_deg=-1.089)
GRADES = ("immediate", "prompt", "welfare")


def _read(text: str, match: ColumnMatch | None = None, zone: ZoneInfo = LONDON) -> CallReading:
    sheet = read_sheet(text.encode(), name="calls.csv")
    return read_call_sheet(sheet, zone=zone, grades=GRADES, near=SOUTHSEA, match=match)


def test_a_table_of_a_british_control_room_is_understood_and_every_guess_is_shown() -> None:
    reading = _read(
        "Incident Date,Incident Time,Eastings,Northings,Grade,Caller\n"
        "24/08/2024,15:02,464320,98440,Immediate,Jane Doe\n"
        '03/08/2024,9:15 pm,"464,320",98440,Priority,John Roe\n'
    )
    assert [call.when.isoformat() for call in reading.calls] == [
        "2024-08-24T15:02:00+01:00",
        "2024-08-03T21:15:00+01:00",
    ]
    assert [call.grade for call in reading.calls] == ["immediate", "prompt"]
    # Oracle: SZ 6432 9844 is the festival's centre, to the 5 m of a transform without OSTN15.
    assert all(call.position and distance_m(call.position, SOUTHSEA) < 20.0 for call in reading.calls)
    shown = "; ".join(reading.guessed)
    for word in ("date: column 'Incident Date'", "dates: dmy", "EPSG:27700", "grade 'priority': prompt"):
        assert word in shown
    assert "Doe" not in repr(reading)


def test_columns_matched_by_hand_go_before_guesses() -> None:
    match = ColumnMatch(columns={CallColumn.WHEN: "b", CallColumn.GRADE: "c"}, grades={"red": "immediate"})
    reading = _read("time,b,c\nnonsense,2024-08-24T15:02Z,Red\nnonsense,2024-08-24T15:02Z,Blue\n", match)
    assert reading.calls[0].when.isoformat() == "2024-08-24T16:02:00+01:00"
    assert [call.grade for call in reading.calls] == ["immediate", ""]
    assert reading.unknown_grades == {"blue": 1}


def test_a_column_that_two_names_fit_is_asked_for() -> None:
    assert CallColumn.GRADE not in guess_columns(["when", "Grade", "Priority"])


def test_the_names_of_german_control_rooms_are_known():
    columns = ["Einsatzdatum", "Uhrzeit", "Priorität", "Rechtswert", "Hochwert", "Meldung"]
    assert guess_columns(columns) == {
        CallColumn.DATE: "Einsatzdatum",
        CallColumn.CLOCK: "Uhrzeit",
        CallColumn.EASTING: "Rechtswert",
        CallColumn.NORTHING: "Hochwert",
        CallColumn.GRADE: "Priorität",
    }
    degrees = guess_columns(["Datum/Uhrzeit", "Breitengrad", "Längengrad", "Einsatzort"])
    assert degrees == {
        CallColumn.WHEN: "Datum/Uhrzeit",
        CallColumn.ZONE: "Einsatzort",
        CallColumn.LAT: "Breitengrad",
        CallColumn.LON: "Längengrad",
    }
    assert guess_grades(["SOFORT", "Prio 2"], ["immediate", "prompt"]) == {
        "sofort": "immediate",
        "prio 2": "prompt",
    }


def test_the_names_that_control_rooms_export_are_known():
    columns = ["Event Date", "Event Time", "Priority Desc", "Lat (WGS)", "Lon (WGS)", "Event Type"]
    assert guess_columns(columns) == {
        CallColumn.DATE: "Event Date",
        CallColumn.CLOCK: "Event Time",
        CallColumn.LAT: "Lat (WGS)",
        CallColumn.LON: "Lon (WGS)",
        CallColumn.GRADE: "Priority Desc",
    }
    with pytest.raises(
        InputError, match="which column tells when a call came is not known -> say which holds date and time"
    ):
        _read("a,b\n1,2\n")


@pytest.mark.parametrize(
    ("dates", "word"),
    [
        (["03/04/2024", "05/06/2024"], "day first or month first"),
        (["24/04/2024", "05/26/2024"], "begins with the day"),
        (["2024-04-03", "24/04/2024"], "may have swapped days and months"),
    ],
)
def test_dates_that_could_be_two_things_are_asked_about(dates: list[str], word: str) -> None:
    with pytest.raises(InputError, match=word):
        date_order(dates)


def test_somebody_who_knows_the_order_says_it() -> None:
    text = "when,grade\n03/04/2024 10:00,x\n"
    for order, month in ((DateOrder.DAY_FIRST, 4), (DateOrder.MONTH_FIRST, 3)):
        assert _read(text, ColumnMatch(columns={}, dates=order)).calls[0].when.month == month


def test_times_that_a_clock_change_skips_or_repeats_are_told_by_their_row() -> None:
    reading = _read(
        "when,grade\n2024-03-31 01:30,x\n2024-10-27 01:30,x\n2024-10-27 01:30+00:00,x\n2024-10-27 12:00,x\n"
    )
    assert [call.line for call in reading.calls] == [4, 5]
    assert [problem.line for problem in reading.refused] == [2, 3]
    assert "does not exist in Europe/London" in str(reading.refused[0])
    assert "happens twice" in str(reading.refused[1])
    assert reading.source == "2 calls of 2024-10-27 to 2024-10-27 in 4 rows of calls.csv"


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("31/02/2024 10:00,1,2", "is not a date"),
        ("24/08/2024,1,2", "no time of day"),
        ("24/08/2024 30:00,1,2", "hours 0 to 29"),
        ("24/08/2024 24:61,1,2", "is not a time"),
        ("24/08/2024 10:00,164320,999", "km from the site"),
        ("24/08/2024 10:00,nan,2", "easting: 'nan' is not a number"),
        ("24/08/2024 10:00,1e999,2", "is not a number"),
    ],
)
def test_a_bad_row_is_left_out_and_named(row: str, word: str) -> None:
    reading = _read(f"when,easting,northing\n24/08/2024 10:00,464320,98440\n{row}\n")
    assert len(reading.calls) == 1
    assert word in str(reading.refused[0])


def test_another_zone_and_decimal_commas_are_read() -> None:
    reading = _read("when;lat;lon\n2024-08-24 15:02;50,78;-1,09\n", zone=ZoneInfo("Europe/Berlin"))
    assert reading.calls[0].when.isoformat() == "2024-08-24T15:02:00+02:00"
    assert reading.calls[0].position == Position(lat_deg=50.78, lon_deg=-1.09)


def test_half_a_place_is_no_match() -> None:
    match = ColumnMatch(columns={CallColumn.WHEN: "when", CallColumn.LAT: "a"})
    with pytest.raises(InputError, match="lat or lon alone is no place"):
        _read("when,a\n2024-08-24 15:02,50\n", match)
