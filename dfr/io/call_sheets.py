"""Calls from a table of any layout (`read_call_sheet`): columns matched by hand, or guessed and shown.

Rows that cannot be read are listed with what is wrong; the others count. Only when, where and of which grade
a call was is taken: names, addresses and remarks are never read.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from zoneinfo import ZoneInfo

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from dfr.errors import InputError, Problem
from dfr.findings import counted_noun
from dfr.geo import Position, distance_m
from dfr.io.call_columns import CallColumn, ColumnMatch, guess_columns, guess_grades, zone_of_columns
from dfr.io.call_dates import DateOrder, date_order, read_moment
from dfr.io.sheets import Sheet, SheetLike
from dfr.world.call_records import CallRecord

BRITISH_GRID = "EPSG:27700"
FAR_M = 100_000.0
"""Eastings and northings further from the site than this are not of the grid they are taken for."""

MOST_ZONES_SHOWN = 20

ROWS_THAT_TELL = 50
"""Cells that are looked at to see what a column holds."""

_NUMBER = r"(-?\d+(?:\.\d+)?)"
_POINT = re.compile(rf"(?P<wkt>POINT *)?\( *{_NUMBER}(?: *, *| +){_NUMBER} *\)", re.IGNORECASE)
"""A point as open data portals write it: `(lat, lon)`, or `POINT (lon lat)` as in WKT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallReading:
    """What a table of calls says: its calls, how its columns were matched, and the rows that are left out.

    `guessed` are the matches nobody made by hand. `unknown_grades` counts the words that name no grade.
    """

    name: str
    calls: tuple[CallRecord, ...]
    match: ColumnMatch
    guessed: tuple[str, ...]
    refused: tuple[Problem, ...]
    unknown_grades: dict[str, int]
    notes: tuple[str, ...]

    @property
    def source(self) -> str:
        """In a sentence what was read: the file by its name alone, and how many of its rows."""
        if not self.calls:
            return f"no call of {self.name}"
        first, last = (pick(call.when for call in self.calls) for pick in (min, max))
        rows = len(self.calls) + len(self.refused)
        days = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
        return (
            f"{counted_noun(len(self.calls), 'call')} of {days} in {counted_noun(rows, 'row')} of {self.name}"
        )


def read_call_sheet(
    sheet: Sheet,
    *,
    zone: ZoneInfo,
    grades: Sequence[str],
    near: Position,
    match: ColumnMatch | None = None,
) -> CallReading:
    """The calls of a table; `match` says what is known of its columns, the rest is guessed from their names.

    Times without an offset are of `zone`. Raises InputError where a column that is needed is not known, where
    the order of day and month is not, and where no row can be read.
    """
    match, guessed = complete_match(sheet, match or ColumnMatch(columns={}), grades, near)
    match.check(sheet)
    reader = RowReader(sheet, match, zone, near)
    calls: list[CallRecord] = []
    refused: list[Problem] = []
    for row in sheet.rows:
        cells = dict(zip(sheet.columns, row.cells, strict=True))
        try:
            calls.append(reader.read_row(cells, row.line))
        except InputError as error:
            refused.append(Problem(file=sheet.name, line=row.line, path="", what=error.what, do=error.do))
    if not calls:
        first = f": {refused[0]}" if refused else ""
        raise InputError(f"{sheet.name}: no row can be read{first}", do="check the columns")
    unknown = Counter(call.grade for call in calls if call.grade and call.grade not in match.grades)
    return CallReading(
        name=sheet.name,
        calls=tuple(replace(call, grade=match.grades.get(call.grade, "")) for call in calls),
        match=match,
        guessed=guessed,
        refused=tuple(refused),
        unknown_grades=dict(unknown.most_common(MOST_ZONES_SHOWN)),
        notes=sheet.notes,
    )


def complete_match(
    sheet: SheetLike, given: ColumnMatch, grades: Sequence[str], near: Position
) -> tuple[ColumnMatch, tuple[str, ...]]:
    """(The match with what is guessed, the guesses in words)."""
    guesses = _guesses_that_fit(_told_from_cells(guess_columns(sheet.columns), sheet), given)
    columns = {what: name for what, name in {**guesses, **given.columns}.items() if name}
    words = [f"{what}: column {name!r}" for what, name in guesses.items()]
    order = given.dates
    moments = columns.get(CallColumn.DATE) or columns.get(CallColumn.WHEN)
    if order is None and moments in sheet.columns:
        order = date_order(sheet.cells_of(str(moments)))
        words.append(f"dates: {order}, as they themselves show it")
    crs = given.crs
    if crs is None and CallColumn.EASTING in columns:
        crs = BRITISH_GRID
        words.append(f"eastings and northings: the British national grid ({crs})")
    told = dict(given.grades)
    if columns.get(CallColumn.GRADE) in sheet.columns:
        for word, grade in guess_grades(sheet.cells_of(columns[CallColumn.GRADE]), grades).items():
            if word not in told:
                told[word] = grade
                words.append(f"grade {word!r}: {grade}")
    for grade in set(told.values()) - set(grades):
        raise InputError(f"{grade!r} is no grade of the scenario", do=f"one of {', '.join(grades)}")
    return ColumnMatch(columns=columns, dates=order, crs=crs, grades=told), tuple(words)


def _told_from_cells(guesses: dict[CallColumn, str], sheet: SheetLike) -> dict[CallColumn, str]:
    """The guesses of the names alone, where cells show whether a column holds points or names of places."""
    column = guesses.pop(CallColumn.POINT, None)
    if column is None:
        return guesses
    filled = list(islice((cell for cell in sheet.cells_of(column) if cell), ROWS_THAT_TELL))
    if filled and sum(_POINT.search(cell) is not None for cell in filled) > len(filled) / 2:
        if guesses.get(CallColumn.ZONE) == column:
            del guesses[CallColumn.ZONE]
        guesses[CallColumn.POINT] = column
    return guesses


def _guesses_that_fit(guesses: dict[CallColumn, str], given: ColumnMatch) -> dict[CallColumn, str]:
    """The guesses that a person's own matches do not settle."""
    settled = set(given.columns)
    times, places = {CallColumn.WHEN, CallColumn.DATE, CallColumn.CLOCK}, set(PLACES)
    for group in (times, places):
        if settled & group:
            settled |= group
    return {what: name for what, name in guesses.items() if what not in settled}


PLACES = (
    CallColumn.ZONE,
    CallColumn.LAT,
    CallColumn.LON,
    CallColumn.EASTING,
    CallColumn.NORTHING,
    CallColumn.POINT,
)


class RowReader:
    """Makes a call of each row of a table."""

    def __init__(self, sheet: SheetLike, match: ColumnMatch, zone: ZoneInfo, near: Position) -> None:
        self._columns, self._zone = match.columns, zone
        self._told_in = zone_of_columns(match.moments, zone)
        self._order = match.dates or DateOrder.ISO
        self._places = PlaceReader(sheet.name, near, match.crs)

    def read_row(self, cells: dict[str, str], line: int) -> CallRecord:
        """The call of a row. Raises InputError."""
        told = self._told(cells)
        return CallRecord(
            when=read_moment(_moment_text(told), self._order, self._told_in).astimezone(self._zone),
            position=self._places.read_place(told),
            place=told.get(CallColumn.ZONE, ""),
            grade=told.get(CallColumn.GRADE, "").casefold(),
            line=line,
        )

    def read_position(self, cells: dict[str, str]) -> Position | None:
        """Where the call of a row was, None where it does not say. Raises InputError."""
        return self._places.read_place(self._told(cells))

    def moment_text(self, cells: dict[str, str]) -> str:
        """When the call of a row came, as it stands there. Raises InputError where nothing does."""
        return _moment_text(self._told(cells))

    def _told(self, cells: dict[str, str]) -> dict[CallColumn, str]:
        return {what: cells[column] for what, column in self._columns.items()}


class PlaceReader:
    """Reads the places of a table near a site; eastings and northings are of `crs`, else the British grid."""

    def __init__(self, name: str, near: Position, crs: str | None = None) -> None:
        self._near, self._to_degrees = near, _transformer(crs or BRITISH_GRID, name)

    def read_place(self, told: Mapping[CallColumn, str]) -> Position | None:
        """The place that the cells of a row tell, None where they are empty. Raises InputError."""
        lat, lon = told.get(CallColumn.LAT, ""), told.get(CallColumn.LON, "")
        if lat or lon:
            return Position(lat_deg=_degrees(lat, "lat"), lon_deg=_degrees(lon, "lon"))
        point = told.get(CallColumn.POINT, "")
        east, north = told.get(CallColumn.EASTING, ""), told.get(CallColumn.NORTHING, "")
        if point and (_POINT.search(point) or not (east or north)):
            return _read_point(point)
        if not (east or north):
            return None
        east_m, north_m = _metres(east, "easting"), _metres(north, "northing")
        found_lon, found_lat = self._to_degrees.transform(east_m, north_m)
        if not (math.isfinite(found_lat) and math.isfinite(found_lon)):
            raise InputError(f"{east}, {north} lies off the grid", do="check the columns or the grid (crs)")
        found = Position(lat_deg=found_lat, lon_deg=found_lon)
        away_m = distance_m(found, self._near)
        if away_m > FAR_M:
            raise InputError(
                f"easting {east}, northing {north} is {away_m / 1000:.0f} km from the site",
                do="check the columns, or say which grid they are of (crs)",
            )
        return found


def _read_point(text: str) -> Position:
    found = _POINT.search(text)
    if found is None:
        raise InputError(f"point: {text!r:.40} is no point", do="write (lat, lon) or POINT (lon lat)")
    one, other = float(found[2]), float(found[3])
    lat, lon = (other, one) if found["wkt"] else (one, other)
    return Position(lat_deg=lat, lon_deg=lon)


def _moment_text(told: dict[CallColumn, str]) -> str:
    """Date and time in one text; an Excel date carries a midnight, which the time replaces."""
    if CallColumn.WHEN in told:
        return told[CallColumn.WHEN]
    day, clock = told[CallColumn.DATE], told[CallColumn.CLOCK]
    if not day or not clock:
        raise InputError("no date or no time", do="fill both in")
    clock = re.sub(r"\A\d{4}-\d\d-\d\d[T ]", "", clock)  # Excel's times may carry a day
    return f"{re.split(r'[ T]', day, maxsplit=1)[0]} {clock}"


def _transformer(crs: str, name: str) -> Transformer:
    try:
        return Transformer.from_crs(CRS.from_user_input(crs), "EPSG:4326", always_xy=True)
    except CRSError as error:
        raise InputError(
            f"{name}: {crs[:60]!r} is an unknown reference system", do="write one such as EPSG:27700"
        ) from error


def _degrees(text: str, what: str) -> float:
    """A latitude or longitude; a comma is a decimal one."""
    return _number(text.replace(",", "."), what, text)


def _metres(text: str, what: str) -> float:
    """An easting or northing; commas or spaces between thousands are left out."""
    plain = re.sub(r"(?<=\d)[ ,](?=\d{3}(?:\D|\Z))", "", text)
    return _number(plain.replace(",", "."), what, text)


def _number(plain: str, what: str, shown: str) -> float:
    try:
        value = float(plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{what}: {shown!r:.40} is not a number", do="write a decimal number")
    return value
