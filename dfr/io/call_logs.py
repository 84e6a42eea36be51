"""Logs of calls as columns of numbers (`read_call_log`): any layout, any length, each row let go once read.

Times after the call stand in columns of moments, of times of day (past midnight where they must be), or of
seconds. A row whose moment or place cannot be read is left out and counted by what is wrong with it; its text
goes no further than this module.
"""

from __future__ import annotations

import math
import re
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import LocalFrame, Position
from dfr.io.call_columns import CallColumn, ColumnMatch, guess_grades, zone_of_columns
from dfr.io.call_dates import DateOrder, read_date, read_moment
from dfr.io.call_sheets import RowReader, complete_match
from dfr.io.log_columns import CANCELLED, DUPLICATE, LogColumn, guess_log_columns, say_utc, says
from dfr.io.sheets import PickedRow, SheetLike, cell_number, open_sheet
from dfr.scenario.model import DemandZone, Scenario
from dfr.world.call_records import CallRecord
from dfr.world.call_zones import likely_zone_count, make_zones, place_calls
from dfr.world.learning.figures import FEWEST_SHOWN
from dfr.world.learning.tables import UNPLACED, CallTable, merge_incidents, say_days

CHUNK = 20_000
"""Rows that are placed in zones together."""

MOST_PLACES = 20_000
"""Places that zones are made of; of more, evenly chosen ones."""

MOST_KINDS = 2_000
"""Different words for the type of a call; a column with more holds free text, and is not used."""

LONGEST_WORD = 60
COLUMNS_THAT_TELL = 6
"""Rows that are equal in so many columns, or in moment and place, are one call; in fewer they may be two."""

EQUAL = "equal to another row in every cell"
CLOCKS = "the clocks show their time twice or not at all"
_SECONDS = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d\d)(?:\.\d+)?\Z")
_HOURS_MINUTES = re.compile(r"\bh{1,2}:mm\b(?!:)", re.IGNORECASE)
_MINUTES_SECONDS = re.compile(r"(?<!:)\bm{1,2}:ss\b", re.IGNORECASE)
MOMENTS = (LogColumn.EN_ROUTE, LogColumn.ARRIVED, LogColumn.CLEARED)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLog:
    """A log as it was read: its calls, what was guessed, and in sentences what was left out.

    `zones` are the scenario's, or were made of the calls.
    """

    name: str
    table: CallTable
    zones: tuple[DemandZone, ...]
    made_zones: bool
    guessed: tuple[str, ...]
    notes: tuple[str, ...]
    columns: tuple[str, ...]

    @property
    def source(self) -> str:
        """In a sentence what was read: the file by its name alone, and how many calls of which days."""
        return f"{counted_noun(len(self.table), 'call')} of {say_days(self.table.day)} in {self.name}"


def read_call_log(
    path: Path,
    scenario: Scenario,
    *,
    match: ColumnMatch | None = None,
    further: dict[str, str] | None = None,
    zones: int | None = None,
    zones_are_placeholders: bool = False,
) -> CallLog:
    """The calls of a log in a scenario's zones, or in `zones` made of them.

    `further` are columns beyond those of any table of calls (`LogColumn`). Raises InputError where a column
    that is needed is not known, or no row can be read.
    """
    sheet = open_sheet(path)
    grades = [grade.id for grade in scenario.demand.priorities]
    match, guessed = complete_match(sheet, match or ColumnMatch(columns={}), grades, scenario.site.centre)
    match.check(sheet)
    log_columns = guess_log_columns(LogColumn, sheet, further or {}, list(match.columns.values()))
    reader = _LogReader(sheet, match, log_columns, scenario, grades)
    told = [f"{what}: column {name!r}" for what, name in log_columns.items() if what not in (further or {})]
    frame = LocalFrame(scenario.site.centre)
    shown = scenario.demand.zones
    make = zones is not None or (zones_are_placeholders and _has_place(match))
    if make and not _has_place(match):
        raise InputError(
            f"{sheet.name}: no column tells the places that zones are made of",
            do="name them with --call-columns lat=COLUMN and lon=COLUMN, or leave out --call-zones",
        )
    if make:
        places = _choose_places(reader)
        if not places:
            raise reader.nothing_read()
        _refuse_few(len(places), sheet.name)
        count = likely_zone_count(len(places)) if zones is None else zones
        shown = make_zones(places, boundary=scenario.site.boundary, frame=frame, count=count)
        reader = _LogReader(sheet, match, log_columns, scenario, grades)
    table = reader.read_table(shown, frame)
    merged = merge_incidents(table)
    notes = [*sheet.notes, *reader.sentences()]
    if len(merged) < len(table):
        notes.append(
            f"{counted_noun(len(table) - len(merged), 'row')} of an incident that another row has too: joined"
        )
    return CallLog(
        name=sheet.name, table=merged, zones=tuple(shown), made_zones=make, guessed=(*guessed, *told),
        notes=tuple(notes), columns=tuple(map(str, (*match.columns, *log_columns))),
    )  # fmt: skip


def middle_of_calls(
    path: Path, match: ColumnMatch | None = None
) -> tuple[Position, float, datetime, datetime]:
    """(The middle of the calls of a log, how far 95 % are from it at most, m, its first and its last day).

    For a log with degrees; the days are as written. Raises InputError where it has none.
    """
    sheet = open_sheet(path)
    given = replace(match or ColumnMatch(columns={}), grades={})
    match, _ = complete_match(sheet, given, [], Position(lat_deg=0.0, lon_deg=0.0))
    match.check(sheet)
    if not (CallColumn.LAT in match.columns or CallColumn.POINT in match.columns):
        raise InputError(
            f"{sheet.name}: no column tells latitudes and longitudes",
            do="give --scenario, whose zones calls lie in",
        )
    reader = RowReader(sheet, match, ZoneInfo("UTC"), Position(lat_deg=0.0, lon_deg=0.0))
    lats, lons, days = array("d"), array("d"), set[int]()
    names = list(match.columns.values())
    for row in sheet.pick_rows(names):
        cells = dict(zip(names, row.cells, strict=True))
        try:
            found = reader.read_position(cells)
            day = read_date(reader.moment_text(cells), match.dates or DateOrder.ISO)
        except InputError:
            continue
        if found is not None and (found.lat_deg, found.lon_deg) != (0.0, 0.0):
            lats.append(found.lat_deg)
            lons.append(found.lon_deg)
            days.add(day.toordinal())
    if not lats:
        raise InputError(f"{sheet.name}: no row with a place and a date", do="check the columns")
    _refuse_few(len(lats), sheet.name)
    middle = Position(lat_deg=float(np.median(lats)), lon_deg=float(np.median(lons)))
    step = max(1, len(lats) // MOST_PLACES)
    places = [Position(lat_deg=a, lon_deg=b) for a, b in zip(lats[::step], lons[::step], strict=True)]
    away_m = float(np.quantile(np.hypot(*LocalFrame(middle).points(places).T), 0.95))
    first, last = (datetime.fromordinal(pick(days)) for pick in (min, max))
    return middle, away_m, first, last


def _refuse_few(calls: int, name: str) -> None:
    """Raise InputError where a site or zones made of so few calls would show where they were."""
    if calls < FEWEST_SHOWN:
        raise InputError(
            f"{name}: {counted_noun(calls, 'call')} with a place: what is drawn round so few shows where they"
            " were",
            do="give --scenario with demand zones",
        )


def _has_place(match: ColumnMatch) -> bool:
    return any(what in match.columns for what in (CallColumn.LAT, CallColumn.POINT, CallColumn.EASTING))


def _choose_places(reader: _LogReader) -> list[CallRecord]:
    """The places of calls, of very many every second, fourth and so on."""
    places: list[CallRecord] = []
    step = 1
    for number, call in enumerate(call for call, _ in reader.calls() if call.position is not None):
        if number % step == 0:
            places.append(call)
            if len(places) > MOST_PLACES:
                places, step = places[::2], step * 2
    return places


@dataclass(slots=True)
class _Columns:
    """The columns of a table while it is read."""

    t_s: array[float] = field(default_factory=lambda: array("d"))
    day: array[int] = field(default_factory=lambda: array("q"))
    hour: array[int] = field(default_factory=lambda: array("q"))
    zone: array[int] = field(default_factory=lambda: array("q"))
    grade: array[int] = field(default_factory=lambda: array("q"))
    given: array[int] = field(default_factory=lambda: array("q"))
    kind: array[int] = field(default_factory=lambda: array("q"))
    incident: array[int] = field(default_factory=lambda: array("q"))
    en_route_s: array[float] = field(default_factory=lambda: array("d"))
    arrived_s: array[float] = field(default_factory=lambda: array("d"))
    cleared_s: array[float] = field(default_factory=lambda: array("d"))
    on_scene_s: array[float] = field(default_factory=lambda: array("d"))
    cancelled: array[int] = field(default_factory=lambda: array("b"))
    duplicate: array[int] = field(default_factory=lambda: array("b"))

    def as_table(self, kinds: Sequence[str]) -> CallTable:
        """The table."""
        marks = {name: np.array(getattr(self, name), bool) for name in ("cancelled", "duplicate")}
        columns: dict[str, Any] = {
            name: np.array(getattr(self, name)) for name in self.__slots__ if name not in marks
        }
        return CallTable(**columns, **marks, kinds=tuple(kinds))


class _LogReader:
    """Reads the rows of one log, and counts what it leaves out."""

    def __init__(
        self,
        sheet: SheetLike,
        match: ColumnMatch,
        columns: dict[LogColumn, str],
        scenario: Scenario,
        grades: list[str],
    ) -> None:
        self._sheet, self._match, self._columns, self._grades = sheet, match, columns, grades
        self._zone, self._order = scenario.period.zone, match.dates or DateOrder.ISO
        self._rows = RowReader(sheet, match, self._zone, scenario.site.centre)
        self._names = list(dict.fromkeys([*match.columns.values(), *columns.values()]))
        self._equal_are_one = LogColumn.INCIDENT not in columns and (
            len(sheet.columns) >= COLUMNS_THAT_TELL or _has_place(match)
        )
        self._kinds: dict[str, int] = {}
        self._codes: dict[str, int] = {}
        self.left_out, self.unread = Counter[str](), Counter[str]()
        self.unknown_grades: Counter[str] = Counter()

    def calls(self) -> Iterator[tuple[CallRecord, dict[str, str]]]:
        """Each row that can be read, and its cells; rows that equal an earlier one are left out."""
        self.left_out.clear()
        seen = set[int]()
        for row in self._sheet.pick_rows(self._names):
            if self._equal_are_one:
                if row.mark in seen:
                    self.left_out[EQUAL] += 1
                    continue
                seen.add(row.mark)
            cells = dict(zip(self._names, row.cells, strict=True))
            call = self._read_call(row, cells)
            if call is not None:
                yield call, cells

    def _read_call(self, row: PickedRow, cells: dict[str, str]) -> CallRecord | None:
        try:
            return self._rows.read_row(cells, row.line)
        except InputError as error:
            self.left_out[_reason(error, self._rows, cells)] += 1
            return None

    def read_table(self, zones: Sequence[DemandZone], frame: LocalFrame) -> CallTable:
        """All rows as a table. Raises InputError where none can be read."""
        columns, chunk = _Columns(), list[CallRecord]()
        for call, cells in self.calls():
            self._add_row(columns, call, cells)
            chunk.append(call)
            if len(chunk) == CHUNK:
                _add_zones(columns, chunk, zones, frame)
                chunk.clear()
        _add_zones(columns, chunk, zones, frame)
        if not len(columns.t_s):
            raise self.nothing_read()
        if len(self._kinds) > MOST_KINDS:
            self._kinds.clear()
            columns.kind = array("q", [-1]) * len(columns.t_s)
        return columns.as_table([_tidy(kind) for kind in self._kinds])

    def nothing_read(self) -> InputError:
        """The error for a log of which no row can be used."""
        why = ", ".join(f"{count} ({reason})" for reason, count in self.left_out.most_common(3))
        return InputError(
            f"{self._sheet.name}: no row can be read{f': {why}' if why else ''}",
            do="check the columns (--call-columns)",
        )

    def _add_row(self, columns: _Columns, call: CallRecord, cells: dict[str, str]) -> None:
        when = call.when
        columns.t_s.append(when.timestamp())
        columns.day.append(when.toordinal())
        columns.hour.append(when.hour)
        columns.grade.append(self._grade_code(call.grade, told=True))
        columns.given.append(self._grade_code(self._cell(cells, LogColumn.GIVEN).casefold(), told=False))
        columns.kind.append(self._kind_code(self._cell(cells, LogColumn.KIND)))
        columns.incident.append(
            hash(incident) or 1 if (incident := self._cell(cells, LogColumn.INCIDENT)) else 0
        )
        columns.en_route_s.append(self._moment_after(cells, LogColumn.EN_ROUTE, when))
        arrived_s = self._seconds(cells, LogColumn.GROUND_S)
        arrived_s = self._moment_after(cells, LogColumn.ARRIVED, when) if math.isnan(arrived_s) else arrived_s
        columns.arrived_s.append(arrived_s)
        columns.cleared_s.append(self._moment_after(cells, LogColumn.CLEARED, when))
        columns.on_scene_s.append(self._seconds(cells, LogColumn.ON_SCENE_S))
        ended = self._cell(cells, LogColumn.DISPOSITION)
        columns.cancelled.append(says(ended, CANCELLED))
        columns.duplicate.append(says(ended, DUPLICATE))

    def _cell(self, cells: dict[str, str], what: LogColumn) -> str:
        column = self._columns.get(what)
        return "" if column is None else cells[column]

    def _grade_code(self, word: str, *, told: bool) -> int:
        if not word:
            return -1
        if word not in self._codes:
            grade = self._match.grades.get(word) or guess_grades([word], self._grades).get(word)
            self._codes[word] = self._grades.index(grade) if grade in self._grades else -1
        if told and self._codes[word] < 0:
            self.unknown_grades[word] += 1
        return self._codes[word]

    def _kind_code(self, word: str) -> int:
        if not word or (len(self._kinds) > MOST_KINDS and word not in self._kinds):
            return -1
        return self._kinds.setdefault(word, len(self._kinds))

    def _moment_after(self, cells: dict[str, str], what: LogColumn, when: datetime) -> float:
        """Seconds from the call to a moment; a time of day alone is the next one at or after the call."""
        text = self._cell(cells, what)
        if not text:
            return math.nan
        try:
            zone = zone_of_columns([self._columns[what]], self._zone)
            return seconds_after(text, when, self._order, zone)
        except InputError:
            self.unread[what] += 1
            return math.nan

    def _seconds(self, cells: dict[str, str], what: LogColumn) -> float:
        text = self._cell(cells, what)
        found = read_seconds(text, clock_s=clock_unit_s(self._columns.get(what, "")))
        if text and math.isnan(found):
            self.unread[what] += 1
        return found

    def sentences(self) -> Iterator[str]:
        """What was left out and why; nothing of any single row."""
        for reason, count in self.left_out.most_common():
            yield f"{counted_noun(count, 'row')} left out: {reason}"
        for what, count in self.unread.most_common():
            yield not_read(what, count)
        moments = (self._columns.get(what, "") for what in MOMENTS)
        yield from say_utc(dict.fromkeys([*self._match.moments, *moments]), self._zone)
        unknown = sum(self.unknown_grades.values())
        if unknown:
            yield (
                f"{counted_noun(unknown, 'call')} with a grade that is none of the scenario's:"
                " say what a word means with --call-grades"
            )


def _add_zones(
    columns: _Columns, calls: list[CallRecord], zones: Sequence[DemandZone], frame: LocalFrame
) -> None:
    for zone in place_calls(calls, zones, frame):
        columns.zone.append(UNPLACED if zone is None else zone)


def _reason(error: InputError, rows: RowReader, cells: dict[str, str]) -> str:
    """What is wrong with a row in words that repeat nothing of it."""
    if "happens twice" in error.what or "does not exist" in error.what:
        return CLOCKS
    try:
        rows.read_position(cells)
    except InputError:
        return "its place cannot be read"
    return "its date or time cannot be read"


def seconds_after(text: str, when: datetime, order: DateOrder, zone: ZoneInfo) -> float:
    """Seconds from a moment to that of a text. Raises InputError.

    A time of day alone is the next one at or after it, past midnight where it must be.
    """
    when = when.astimezone(zone)
    if not re.match(r"\d{1,2}[:.]\d\d", text) or re.match(r"\d{1,2}\.\d{1,2}\.\d", text):
        return read_moment(text, order, zone).timestamp() - when.timestamp()
    same_day = read_moment(f"{when:%Y-%m-%d} {text}", DateOrder.ISO, zone)
    if same_day < when - timedelta(minutes=1):
        next_day = when.date() + timedelta(days=1)
        same_day = read_moment(f"{next_day} {text}", DateOrder.ISO, zone)
    return same_day.timestamp() - when.timestamp()


def read_seconds(text: str, *, unit_s: float = 1.0, clock_s: float | None = None) -> float:
    """Seconds of a number, or of hours, minutes and seconds as 1:02:03; NaN where it is neither.

    Two parts such as 1:30 are hours and minutes or minutes and seconds: `clock_s` are the seconds of the
    first, and without it they are unknown.

    >>> read_seconds("90"), read_seconds("1:30"), read_seconds("0:01:30"), read_seconds("13.08", unit_s=60.0)
    (90.0, nan, 90.0, 784.8)
    """
    if clock := _SECONDS.match(text):
        if clock[1] is not None:
            return 3600.0 * int(clock[1]) + 60.0 * int(clock[2]) + int(clock[3])
        return math.nan if clock_s is None else clock_s * (int(clock[2]) + int(clock[3]) / 60.0)
    found = cell_number(text) * unit_s
    return round(found, 3)


def clock_unit_s(column: str) -> float | None:
    """Seconds of the first part of a clock of two, as the name of a column says; None where it does not.

    >>> clock_unit_s("Duration (h:mm)"), clock_unit_s("Duration mm:ss"), clock_unit_s("Duration")
    (3600.0, 60.0, None)
    """
    if _MINUTES_SECONDS.search(column):
        return 60.0
    return 3600.0 if _HOURS_MINUTES.search(column) else None


def not_read(what: str, count: int) -> str:
    """In a sentence how many cells of a column were not read, and how to write what they hold."""
    return (
        f"{what}: {counted_noun(count, 'cell')} not read, taken as unknown. Write a time of day as 15:02 and"
        " a duration as 0:15:00 or as a number without commas; 0:15 is read where the name of its column says"
        " h:mm or mm:ss"
    )


def _tidy(word: str) -> str:
    """A word of a log for a page: short, and without what does not print."""
    return "".join(letter if letter.isprintable() else " " for letter in word)[:LONGEST_WORD]
