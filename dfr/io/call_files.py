"""Logs of calls that were really made, to simulate a deployment on ("shadow mode").

    time,zone,priority
    2024-08-24T15:02:11+01:00,castle_stage,immediate

A log is read like any table of calls (`call_sheets`): CSV or Excel, columns guessed or matched by hand, dates
in the order that they show. Optional columns, in seconds, empty where unknown: `decision_s` (call to
decision), `on_scene_s` (how long the drone was wanted), `ground_s` (call to first officers). A value that is
not given is drawn at random. Every call must have its moment, zone and grade: none is left out in silence.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from dfr.errors import InputError, Problem
from dfr.io.call_columns import CallColumn, ColumnMatch
from dfr.io.call_sheets import CallReading, read_call_sheet
from dfr.io.files import read_bounded
from dfr.io.sheets import MAX_SHEET_BYTES, Sheet, read_sheet
from dfr.sim.inputs import TraceCall
from dfr.world.call_records import CallRecord
from dfr.world.call_zones import OUTSIDE, place_calls
from dfr.world.model import World

SECONDS = ("decision_s", "on_scene_s", "ground_s")
PLACES = (CallColumn.ZONE, CallColumn.LAT, CallColumn.EASTING, CallColumn.POINT)
MOST_SHOWN = 20
"""Problems that are listed one by one."""


def read_calls(path: Path, world: World, *, match: ColumnMatch | None = None) -> tuple[TraceCall, ...]:
    """The calls of a log in order of time. Raises InputError with every bad row as `file:line`."""
    sheet = read_sheet(read_bounded(path, limit_bytes=MAX_SHEET_BYTES), name=str(path))
    if not sheet.rows:
        raise InputError(f"{path}: no calls", do="give one row for each call below the header")
    scenario = world.scenario
    reading = read_call_sheet(
        sheet,
        zone=scenario.period.zone,
        grades=[grade.id for grade in scenario.demand.priorities],
        near=scenario.site.centre,
        match=match,
    )
    _require_columns(sheet, reading)
    zones = place_calls(reading.calls, scenario.demand.zones, world.frame)
    reader = _TraceReader(world, sheet)
    calls: list[TraceCall] = []
    problems = list(reading.refused)
    for call, zone in zip(reading.calls, zones, strict=True):
        try:
            calls.append(reader.read_call(call, zone))
        except InputError as error:
            problems.append(Problem(file=sheet.name, line=call.line, path="", what=error.what, do=error.do))
    if problems:
        raise InputError(_list_problems(problems))
    return tuple(sorted(calls, key=lambda call: call.t_s))


def _require_columns(sheet: Sheet, reading: CallReading) -> None:
    """Raise InputError where no column tells the grade, or none the place: a call must have both."""
    matched = reading.match.columns
    missing = [
        *(["the grade"] if CallColumn.GRADE not in matched else []),
        *(["the place"] if not any(what in matched for what in PLACES) else []),
    ]
    if missing:
        raise InputError(
            f"{sheet.name}: which column tells {' and '.join(missing)} is not known",
            do="name it with --call-columns grade=COLUMN, zone=COLUMN, lat=COLUMN and so on;"
            f" there are {', '.join(sheet.columns)}",
        )


def _list_problems(problems: list[Problem]) -> str:
    shown = sorted(problems, key=lambda problem: problem.line or 0)[:MOST_SHOWN]
    more = len(problems) - len(shown)
    return "\n".join([*map(str, shown), *([f"... and {more} more"] if more else [])])


class _TraceReader:
    """Makes the call of a simulation from one that was read, by the words of one scenario."""

    def __init__(self, world: World, sheet: Sheet) -> None:
        demand = world.scenario.demand
        self._period = world.scenario.period
        self._zones = [zone.id for zone in demand.zones]
        self._grades = [grade.id for grade in demand.priorities]
        self._cells = {row.line: dict(zip(sheet.columns, row.cells, strict=True)) for row in sheet.rows}

    def read_call(self, call: CallRecord, zone: int | None) -> TraceCall:
        """The call with its zone and grade by their numbers. Raises InputError."""
        cells = self._cells[call.line]
        decision_s, on_scene_s, ground_s = (_read_seconds(cells, name) for name in SECONDS)
        return TraceCall(
            t_s=self._time_of(call),
            zone=self._zone_of(call, zone),
            grade=self._grade_of(call),
            decision_s=decision_s,
            on_scene_s=on_scene_s,
            ground_s=ground_s,
        )

    def _time_of(self, call: CallRecord) -> float:
        period = self._period
        if not period.start <= call.when < period.end:
            raise InputError(
                f"{call.when.isoformat()} is outside the period {period.start.isoformat()} to"
                f" {period.end.isoformat()}",
                do="leave the call out, widen the scenario's period, or bring the log of another year to its"
                " days with `dfr data anonymise --move`",
            )
        return period.t_s(call.when)

    def _zone_of(self, call: CallRecord, zone: int | None) -> int:
        if zone is not None and zone != OUTSIDE:
            return zone
        known = ", ".join(self._zones)
        if call.position is not None:
            at = f"{call.position.lat_deg:g}, {call.position.lon_deg:g}"
            raise InputError(f"lat, lon: {at} is in no demand zone", do="leave it out, or add a zone")
        raise InputError(f"zone: {call.place!r:.60} is not one of the scenario's", do=f"one of {known}")

    def _grade_of(self, call: CallRecord) -> int:
        if call.grade not in self._grades:
            raise InputError(
                "the grade is none of the scenario's",
                do=f"one of {', '.join(self._grades)}; say what a word means with --call-grades WORD=GRADE",
            )
        return self._grades.index(call.grade)


def _read_seconds(cells: Mapping[str, str], name: str) -> float:
    """Seconds of a cell, NaN where it is empty."""
    text = cells.get(name, "")
    if not text:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{name}: {text!r:.40} is not a number", do="write a decimal number")
    if value < 0.0:
        raise InputError(f"{name}: {text} is negative", do="write seconds of 0 or more, or nothing")
    return value
