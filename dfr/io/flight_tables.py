"""Logs of drone programmes as columns of numbers (`read_flight_log`): what transparency portals publish.

A flight has its take-off; landing or length, the moments of the call, overhead and leaving, purpose and
whether no patrol was needed where the log has them. Places and remarks are not read.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.io.call_columns import zone_of_columns
from dfr.io.call_dates import DateOrder, date_order, read_moment
from dfr.io.call_logs import LONGEST_WORD, MOST_KINDS, clock_unit_s, not_read, read_seconds, seconds_after
from dfr.io.log_columns import NO, YES, FlightColumn, guess_log_columns, plain_name, say_utc
from dfr.io.sheets import SheetLike, open_sheet
from dfr.world.learning.tables import FlightTable, say_days

MINUTE_S = 60.0
UNITS_S = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), MINUTE_S),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
}
"""Seconds of a unit by the word for it in the name of a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightRecords:
    """A log of flights as it was read, what was guessed, and in sentences what was left out."""

    name: str
    table: FlightTable
    guessed: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def source(self) -> str:
        """In a sentence what was read."""
        return f"{counted_noun(len(self.table), 'flight')} of {say_days(self.table.day)} in {self.name}"


def read_flight_log(
    path: Path, *, zone: ZoneInfo, columns: dict[str, str] | None = None, dates: DateOrder | None = None
) -> FlightRecords:
    """The flights of a log; times without an offset are of `zone`. Raises InputError."""
    sheet = open_sheet(path)
    given = columns or {}
    unknown = next((what for what in given if what not in set(FlightColumn)), None)
    if unknown is not None:
        raise InputError(f"--flight-columns {unknown}=", do=f"one of {', '.join(FlightColumn)}")
    found = guess_log_columns(FlightColumn, sheet, given, [])
    _settle_take_off(sheet, found)
    order = dates or date_order(sheet.cells_of(found.get(FlightColumn.DATE) or found[FlightColumn.TAKE_OFF]))
    reader = _FlightReader(sheet, found, order, zone)
    table = reader.read_table()
    guessed = [f"{what}: column {name!r}" for what, name in found.items() if what not in given]
    guessed += [] if dates else [f"dates: {order}, as they themselves show it"]
    return FlightRecords(
        name=sheet.name, table=table, guessed=tuple(guessed), notes=tuple(reader.sentences())
    )


def _settle_take_off(sheet: SheetLike, found: dict[FlightColumn, str]) -> None:
    """One way to tell the take-off: a column of moments, or one of dates beside one of times of day."""
    column = found.get(FlightColumn.TAKE_OFF) or found.get(FlightColumn.CLOCK)
    if column is not None and FlightColumn.DATE in found:
        first = next((cell for cell in sheet.cells_of(column) if cell), "")
        if len(first) <= len("12:00:00 am"):
            found.pop(FlightColumn.TAKE_OFF, None)
            found[FlightColumn.CLOCK] = column
            return
    found.pop(FlightColumn.CLOCK, None)
    if FlightColumn.TAKE_OFF in found:
        found.pop(FlightColumn.DATE, None)
    elif FlightColumn.DATE in found:
        found[FlightColumn.TAKE_OFF] = found.pop(FlightColumn.DATE)
    else:
        raise InputError(
            f"{sheet.name}: which column tells the take-off is not known",
            do="say it with --flight-columns take_off=COLUMN, or date=COLUMN and take_off_time=COLUMN;"
            f" there are {', '.join(sheet.columns)}",
        )


@dataclass(slots=True)
class _FlightReader:
    """Reads the rows of one log of flights, and counts what it leaves out."""

    sheet: SheetLike
    columns: dict[FlightColumn, str]
    order: DateOrder
    zone: ZoneInfo
    left_out: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    purposes: dict[str, int] = field(default_factory=dict)

    def read_table(self) -> FlightTable:
        """All rows as a table. Raises InputError where none can be read."""
        times: dict[str, array[Any]] = {
            name: array("d") for name in ("t_s", "length_s", "to_scene_s", "response_s", "on_scene_s")
        }
        codes: dict[str, array[Any]] = {name: array("q") for name in ("day", "hour", "cleared", "purpose")}
        names = list(dict.fromkeys(self.columns.values()))
        seen = set[int]()
        for row in self.sheet.pick_rows(names):
            told = dict(zip(names, row.cells, strict=True))
            cells = {what: told[name] for what, name in self.columns.items()}
            if row.mark in seen:
                self.left_out["equal to another row in every cell"] += 1
                continue
            seen.add(row.mark)
            try:
                up = self._read_take_off(cells)
            except InputError:
                self.left_out["its take-off cannot be read"] += 1
                continue
            self._add_times(times, cells, up)
            codes["day"].append(up.toordinal())
            codes["hour"].append(up.hour)
            codes["cleared"].append(_yes_or_no(cells.get(FlightColumn.CLEARED, "")))
            codes["purpose"].append(self._purpose(cells.get(FlightColumn.PURPOSE, "")))
        if not len(codes["day"]):
            raise InputError(
                f"{self.sheet.name}: no flight can be read", do="check the columns (--flight-columns)"
            )
        columns: dict[str, Any] = {name: np.array(column) for name, column in (times | codes).items()}
        return FlightTable(
            **columns,
            purposes=tuple(self.purposes),
        )

    def _read_take_off(self, cells: dict[FlightColumn, str]) -> datetime:
        """The moment of the take-off, local. Raises InputError."""
        names = [self.columns.get(what, "") for what in (FlightColumn.TAKE_OFF, FlightColumn.CLOCK)]
        told_in = zone_of_columns(names, self.zone)
        return read_moment(self._take_off(cells), self.order, told_in).astimezone(self.zone)

    def _take_off(self, cells: dict[FlightColumn, str]) -> str:
        if FlightColumn.CLOCK in self.columns:
            return f"{cells[FlightColumn.DATE].split(' ')[0]} {cells[FlightColumn.CLOCK]}"
        return cells[FlightColumn.TAKE_OFF]

    def _add_times(self, times: dict[str, array[Any]], cells: dict[FlightColumn, str], up: datetime) -> None:
        length_s = self._after(cells, FlightColumn.LANDING, up)
        if math.isnan(length_s):
            length_s = self._seconds(cells, FlightColumn.LENGTH, unit_s=self._unit_s or MINUTE_S)
        overhead_s = self._after(cells, FlightColumn.OVERHEAD, up)
        given_s = {what: self._seconds(cells, what) for what in SECONDS}
        left_s, called_s = (self._after(cells, what, up, forward=what is FlightColumn.LEFT)
                            for what in (FlightColumn.LEFT, FlightColumn.CALLED))  # fmt: skip
        times["t_s"].append(up.timestamp())
        times["length_s"].append(length_s)
        times["to_scene_s"].append(_first_known(given_s[FlightColumn.TO_SCENE_S], overhead_s))
        times["response_s"].append(_first_known(given_s[FlightColumn.RESPONSE_S], overhead_s - called_s))
        times["on_scene_s"].append(_first_known(given_s[FlightColumn.ON_SCENE_S], left_s - overhead_s))

    def _seconds(self, cells: dict[FlightColumn, str], what: FlightColumn, *, unit_s: float = 1.0) -> float:
        text = cells.get(what, "")
        found = read_seconds(text, unit_s=unit_s, clock_s=clock_unit_s(self.columns.get(what, "")))
        if text and math.isnan(found):
            self.unread[what] += 1
        return found

    def _after(
        self, cells: dict[FlightColumn, str], what: FlightColumn, up: datetime, *, forward: bool = True
    ) -> float:
        """Seconds from the take-off to a moment, NaN where it is not known; a call comes before it."""
        text = cells.get(what, "")
        if not text:
            return math.nan
        try:
            zone = zone_of_columns([self.columns[what]], self.zone)
            seconds = seconds_after(text, up, self.order, zone)
        except InputError:
            self.unread[what] += 1
            return math.nan
        day_s = 86_400.0
        return seconds - day_s if not forward and seconds > day_s / 2.0 else seconds

    @property
    def _unit_s(self) -> float | None:
        """Seconds of the unit that the name of the column of lengths says; None where it says none."""
        words = plain_name(self.columns.get(FlightColumn.LENGTH, "")).split()
        return next((UNITS_S[word] for word in reversed(words) if word in UNITS_S), None)

    def _purpose(self, word: str) -> int:
        plain = "".join(letter if letter.isprintable() else " " for letter in word)[:LONGEST_WORD]
        if not plain or (len(self.purposes) > MOST_KINDS and plain not in self.purposes):
            return -1
        return self.purposes.setdefault(plain, len(self.purposes))

    def sentences(self) -> list[str]:
        """What was left out and why; nothing of any single flight."""
        told = [f"{counted_noun(count, 'flight')}: {reason}" for reason, count in self.left_out.most_common()]
        told += [not_read(what, count) for what, count in self.unread.most_common()]
        told += say_utc((self.columns.get(what, "") for what in MOMENTS), self.zone)
        if FlightColumn.LENGTH in self.columns and self._unit_s is None:
            column = self.columns[FlightColumn.LENGTH]
            told.append(
                f"length of a flight: numbers in {column!r} are taken as minutes (assumed): it names no unit"
            )
        return told


MOMENTS = (
    FlightColumn.TAKE_OFF, FlightColumn.CLOCK, FlightColumn.LANDING, FlightColumn.CALLED,
    FlightColumn.OVERHEAD, FlightColumn.LEFT,
)  # fmt: skip
SECONDS = (FlightColumn.TO_SCENE_S, FlightColumn.RESPONSE_S, FlightColumn.ON_SCENE_S)


def _first_known(one: float, other: float) -> float:
    return other if math.isnan(one) else one


def _yes_or_no(text: str) -> int:
    plain = text.casefold()
    return 1 if plain in YES else 0 if plain in NO else -1
