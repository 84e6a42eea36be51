"""Tables from outside as text: CSV, and the first sheet of an Excel workbook (XLSX).

`read_sheet` reads a whole table; `open_sheet` also one of millions of rows, which stays on its disk.

Every cell becomes text: dates and times of a workbook as ISO 8601, numbers as they are. A workbook with
formulas, macros, XML declarations or more than the limits is refused: what it shows is not what it holds.

XLSX is read by openpyxl; the limits against hostile files are ours.
"""

from __future__ import annotations

import csv
import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from dfr.archives import BROKEN_ARCHIVE
from dfr.errors import InputError
from dfr.extras import install_command
from dfr.findings import counted_noun
from dfr.io.files import decode_text, read_bounded

_THOUSANDS_OR_DECIMALS = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}\Z")

MAX_SHEET_BYTES = 32 * 1024 * 1024
MAX_UNPACKED_BYTES = 128 * 1024 * 1024
MAX_ENTRIES = 1000
MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_LONG_BYTES, MAX_LONG_ROWS = 2 * 1024**3, 5_000_000
"""Of a table that stays on its disk."""

HEAD_BYTES = 1024 * 1024
MAX_CELL = 32_767
"""The most letters that Excel itself keeps in a cell."""

LAST_LINE = 1_048_576
"""The last row of an Excel sheet."""

DAY_ZERO, FIRST_DATE = datetime(1899, 12, 31), datetime(1900, 2, 1)  # noqa: DTZ001 - Excel knows no time zone
"""What Excel counts days from, and where they begin to be dates: a time of 24 hours or more is before."""

DELIMITERS = (",", ";", "\t", "|")
BROKEN_WORKBOOK = (
    KeyError, TypeError, AttributeError, IndexError, SyntaxError, ArithmeticError,
    *BROKEN_ARCHIVE,
)  # fmt: skip
"""What openpyxl raises for a workbook that is not as it should be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A row: the line it stands in, and its cells as text, one for each column."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with its header. `notes` say what was passed over."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    notes: tuple[str, ...] = ()

    def cells_of(self, column: str) -> list[str]:
        """The cells of a column, from the top."""
        number = self.columns.index(column)
        return [row.cells[number] for row in self.rows]

    def pick_rows(self, columns: Sequence[str]) -> Iterator[PickedRow]:
        """The cells of some columns, row by row."""
        numbers = [self.columns.index(column) for column in columns]
        for row in self.rows:
            yield PickedRow(row.line, [row.cells[number] for number in numbers], hash(row.cells))


class PickedRow(NamedTuple):
    """Some cells of a row, where it stands, and a number that equal rows share."""

    line: int
    cells: list[str]
    mark: int


class SheetLike(Protocol):
    """A table, in memory or not: its columns, and their cells from the top."""

    @property
    def name(self) -> str:
        """What it is called in messages."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of its columns."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What was passed over."""

    def cells_of(self, column: str) -> Iterable[str]:
        """The cells of a column."""

    def pick_rows(self, columns: Sequence[str]) -> Iterator[PickedRow]:
        """The cells of some columns, row by row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongSheet:
    """A CSV file that is read from its disk whenever it is asked: its rows are never all in memory."""

    path: Path
    name: str
    columns: tuple[str, ...]
    encoding: str
    delimiter: str
    header_line: int
    notes: tuple[str, ...] = ()

    def cells_of(self, column: str) -> Iterator[str]:
        """The cells of a column, from the top."""
        return (row.cells[0] for row in self.pick_rows([column]))

    def pick_rows(self, columns: Sequence[str]) -> Iterator[PickedRow]:
        """The cells of some columns, row by row; rows without any cell are left out."""
        numbers, width = [self.columns.index(column) for column in columns], len(self.columns)
        for line, cells in _stream_csv(self.path, self.name, self.encoding, self.delimiter):
            if line <= self.header_line or not any(cells):
                continue
            if any(cells[width:]):
                raise InputError(f"{self.name}:{line}: more cells than columns", do="give each column a name")
            picked = [" ".join(cells[number].split()) if number < len(cells) else "" for number in numbers]
            yield PickedRow(line, picked, hash(tuple(cells)))


def open_sheet(path: Path) -> SheetLike:
    """A table of any length: a large CSV file stays on its disk, all others are read. Raises InputError."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}", do="check the path") from error
    if size <= MAX_SHEET_BYTES // 4 or head[:2] == b"PK":
        return read_sheet(read_bounded(path, limit_bytes=MAX_SHEET_BYTES), name=path.name)
    if size > MAX_LONG_BYTES:
        raise InputError(f"{path.name}: {size} bytes is over the limit of {MAX_LONG_BYTES}", do="split it")
    text, encoding = decode_text(head[: head.rfind(b"\n") + 1])
    return _find_header(path, encoding, _delimiter_of(text))


def _find_header(path: Path, encoding: str, delimiter: str) -> LongSheet:
    """The table below the first row with two cells or more."""
    filled = (row for row in _stream_csv(path, path.name, encoding, delimiter) if any(row[1]))
    for above, (line, raw) in enumerate(filled):
        cells = tuple(" ".join(cell.split()) for cell in raw)
        if sum(map(bool, cells)) > 1:
            columns = _name_columns(SheetRow(line=line, cells=cells), path.name)
            notes = (f"passed over {counted_noun(above, 'row')} above the header",) if above else ()
            return LongSheet(
                path=path, name=path.name, columns=columns, encoding=encoding, delimiter=delimiter,
                header_line=line, notes=notes,
            )  # fmt: skip
    raise InputError(f"{path.name}: no row with two cells or more", do="give a table with a header")


def _stream_csv(path: Path, name: str, encoding: str, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """(Line, cells as they stand) of each row of a file. Raises InputError."""
    with path.open(
        encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline=""
    ) as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        try:
            for count, cells in enumerate(reader, start=1):
                if count > MAX_LONG_ROWS:
                    raise InputError(f"{name}: more than {MAX_LONG_ROWS} rows", do="split it")
                if len(cells) > MAX_COLUMNS:
                    raise InputError(f"{name}:{reader.line_num}: {len(cells)} columns", do="cut it")
                yield reader.line_num, cells
        except csv.Error as error:
            raise InputError(
                f"{name}:{reader.line_num}: not CSV ({error})", do="quote cells that hold commas"
            ) from error


def read_sheet(data: bytes, *, name: str) -> Sheet:
    """The table in a file, whose format is recognised by its content. Raises InputError."""
    if len(data) > MAX_SHEET_BYTES:
        raise InputError(f"{name}: {len(data)} bytes is over the limit of {MAX_SHEET_BYTES}", do="split it")
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(
            f"{name}: is an old Excel file (.xls), or is locked with a password",
            do="save it as .xlsx or CSV, without a password",
        )
    if data[:2] == b"PK":
        return _sheet_of_rows(*_read_workbook(data, name), name=name)
    return _sheet_of_rows(list(_read_csv(data, name)), (), name=name)


def _sheet_of_rows(found: Sequence[SheetRow], notes: Sequence[str], *, name: str) -> Sheet:
    """The table below the first row with two cells or more; empty rows are left out."""
    filled = [row for row in found if any(row.cells)]
    top = next((n for n, row in enumerate(filled) if sum(map(bool, row.cells)) > 1), None)
    if top is None:
        raise InputError(f"{name}: no row with two cells or more", do="give a table with a header")
    columns = _name_columns(filled[top], name)
    width = len(columns)
    rows = [_fit_row(row, width, name) for row in filled[top + 1 :]]
    above = [f"passed over {counted_noun(top, 'row')} above the header"] if top else []
    return Sheet(name=name, columns=columns, rows=tuple(rows), notes=(*notes, *above))


def _name_columns(header: SheetRow, name: str) -> tuple[str, ...]:
    """The names in the header; a column without one is named by its number."""
    cells = list(header.cells)
    while cells and not cells[-1]:
        cells.pop()
    names = [cell or f"column {number}" for number, cell in enumerate(cells, start=1)]
    twice = sorted({cell for cell in names if names.count(cell) > 1})
    if twice:
        raise InputError(f"{name}:{header.line}: column {twice[0]!r} is there twice", do="rename one of them")
    return tuple(names)


def _fit_row(row: SheetRow, width: int, name: str) -> SheetRow:
    if any(row.cells[width:]):
        raise InputError(f"{name}:{row.line}: more cells than columns", do="give each column a name")
    return SheetRow(line=row.line, cells=(*row.cells[:width], *[""] * (width - len(row.cells))))


# -- CSV --


def _read_csv(data: bytes, name: str) -> Iterator[SheetRow]:
    text = decode_text(data)[0]
    if "\0" in text:
        raise InputError(f"{name}: is neither text nor an Excel workbook", do="save it as CSV or .xlsx")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter_of(text), strict=True)
    try:
        for count, cells in enumerate(reader, start=1):
            _check_size(count, cells, name)
            yield SheetRow(line=reader.line_num, cells=tuple(" ".join(cell.split()) for cell in cells))
    except csv.Error as error:
        raise InputError(
            f"{name}:{reader.line_num}: not CSV ({error})", do="quote cells that hold commas"
        ) from error


def _delimiter_of(text: str) -> str:
    """What separates the cells: whatever stands most often in the first line with any of them."""
    head = next((line for line in text.splitlines()[:50] if any(d in line for d in DELIMITERS)), "")
    return max(DELIMITERS, key=head.count)


def _check_size(count: int, cells: Sequence[str], name: str) -> None:
    if count > MAX_ROWS:
        raise InputError(f"{name}: more than {MAX_ROWS} rows", do="split it")
    if len(cells) > MAX_COLUMNS:
        raise InputError(f"{name}: {len(cells)} columns are over the limit of {MAX_COLUMNS}", do="cut it")
    if any(len(cell) > MAX_CELL for cell in cells):
        raise InputError(f"{name}: a cell of row {count} holds over {MAX_CELL} letters", do="cut it")


# -- XLSX --


def _read_workbook(data: bytes, name: str) -> tuple[list[SheetRow], list[str]]:
    """The rows of the first sheet, and what was passed over."""
    openpyxl = _import_openpyxl(name)
    _check_archive(data, name)
    try:
        with warnings.catch_warnings():
            # openpyxl warns of styles and lists that change nothing of what is read.
            warnings.simplefilter("ignore", UserWarning)
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=False)
            return _rows_of_book(book, name)
    except BROKEN_WORKBOOK as error:
        raise InputError(
            f"{name}: not a readable workbook: {error}"[:300], do="save it again as .xlsx, or as CSV"
        ) from error


def _rows_of_book(book: Any, name: str) -> tuple[list[SheetRow], list[str]]:
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not sheets:
        raise InputError(f"{name}: no visible sheet", do="show the sheet with the calls")
    first = sheets[0]
    first.reset_dimensions()
    rows: list[SheetRow] = []
    gap: Any = None
    for line, row in enumerate(first.iter_rows(max_row=LAST_LINE, max_col=MAX_COLUMNS), start=1):
        if row is gap:  # openpyxl fills gaps with one and the same row, up to a million times
            continue
        texts = tuple(_cell_text(cell, name) for cell in row)
        if not any(texts):
            gap = row
        else:
            _check_size(len(rows) + 1, texts, name)
            rows.append(SheetRow(line=line, cells=texts))
    others = [sheet.title for sheet in book.worksheets if sheet is not first]
    notes = [f"read sheet {first.title!r}; passed over {', '.join(map(repr, others))}"] if others else []
    return rows, notes


def _cell_text(cell: Any, name: str) -> str:
    """A cell as text. Raises InputError for a formula."""
    value = cell.value
    if cell.data_type == "f":
        raise InputError(
            f"{name}: cell {cell.coordinate} is a formula",
            do="copy the sheet and paste it as values (paste special, values)",
        )
    if value is None or cell.data_type == "e":
        return ""
    if isinstance(value, datetime) and value < FIRST_DATE:
        value -= DAY_ZERO  # no day, but hours: 24:30 is half an hour past the first midnight
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, float):
        return f"{value:.15g}"
    return " ".join(str(value).split())


def _import_openpyxl(name: str) -> ModuleType:
    try:
        return import_module("openpyxl")
    except ImportError as error:
        raise InputError(
            f"{name}: an Excel workbook needs the extra tables",
            do=f"{install_command('tables')}, or save it as CSV",
        ) from error


def _check_archive(data: bytes, name: str) -> None:
    """Raise InputError for a workbook with macros or declarations, or one that unpacks past the limits."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED_BYTES:
                raise InputError(
                    f"{name}: {len(entries)} parts with {unpacked} bytes unpacked are over the limit of"
                    f" {MAX_ENTRIES} and {MAX_UNPACKED_BYTES}",
                    do="keep the calls alone",
                )
            names = [entry.filename.lower() for entry in entries]
            if any("vbaproject" in entry or "macrosheets" in entry for entry in names):
                raise InputError(f"{name}: holds macros", do="save it as .xlsx or CSV, without macros")
            if not any(entry.startswith("xl/") for entry in names):
                raise InputError(f"{name}: is a zip, but no Excel workbook", do="give a .xlsx or a CSV")
            for entry in entries:
                if entry.filename.lower().endswith((".xml", ".rels")):
                    _refuse_declarations(archive.read(entry), f"{name}: {entry.filename}")
    except BROKEN_ARCHIVE as error:
        raise InputError(
            f"{name}: not a readable workbook: {error}"[:300], do="save it again as .xlsx, or as CSV"
        ) from error


def _refuse_declarations(part: bytes, where: str) -> None:
    """Raise InputError for XML with a document type or entities, or in another encoding than UTF-8."""
    if part[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in part[:200]:
        raise InputError(f"{where}: not UTF-8", do="save it again as .xlsx, or as CSV")
    if b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise InputError(f"{where}: document types and entities are refused", do="save it as CSV")


def cell_number(text: str) -> float:
    """The number in a cell, with a decimal point or comma; NaN for none, and where a comma can be either.

    >>> cell_number("90,5"), cell_number("1,234"), cell_number("soon")
    (90.5, nan, nan)
    """
    if _THOUSANDS_OR_DECIMALS.match(text.strip()):
        return math.nan
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return math.nan
    return found if math.isfinite(found) else math.nan
