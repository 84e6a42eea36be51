"""Call logs as CSV: calls that were really made, to simulate a deployment on ("shadow mode").

    time,zone,priority
    2024-08-24T15:02:11+01:00,castle_stage,immediate

`time` without an offset is in the scenario's zone. In place of `zone` a row may give `lat` and `lon`.
Optional columns, in seconds, empty where unknown: `decision_s` (call to decision), `on_scene_s` (how
long the drone was wanted), `ground_s` (call to first officers). A value that is not given is drawn at random.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import shapely

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.files import read_bounded
from dfr.sim.inputs import TraceCall
from dfr.world.model import World

REQUIRED = ("time", "priority")
SECONDS = ("decision_s", "on_scene_s", "ground_s")
KNOWN = (*REQUIRED, "zone", "lat", "lon", *SECONDS)
MOST_SHOWN = 20
"""Problems that are listed one by one."""


class _RowError(ValueError):
    """What is wrong with one cell, and what to do."""


def read_calls(path: Path, world: World) -> tuple[TraceCall, ...]:
    """The calls of a log in order of time. Raises InputError with every bad row as `file:line`."""
    rows = _open_csv(path)
    reader = _CallReader(world)
    calls: list[TraceCall] = []
    problems: list[str] = []
    for line, row in _read_rows(rows, path):
        try:
            calls.append(reader.read_call(row))
        except _RowError as error:
            problems.append(f"{path}:{line}: {error}")
    if problems:
        more = len(problems) - MOST_SHOWN
        tail = [f"... and {more} more"] if more > 0 else []
        raise InputError("\n".join([*problems[:MOST_SHOWN], *tail]))
    if not calls:
        raise InputError(f"{path}: no calls", do="give one row for each call below the header")
    return tuple(sorted(calls, key=lambda call: call.t_s))


def _open_csv(path: Path) -> csv.DictReader[str]:
    try:
        text = read_bounded(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 ({error.reason})", do="save it as CSV in UTF-8") from error
    reader = csv.DictReader(text.splitlines(), strict=True)
    columns = reader.fieldnames or ()
    missing = [name for name in REQUIRED if name not in columns]
    if "zone" not in columns and not {"lat", "lon"} <= set(columns):
        missing.append("zone (or lat and lon)")
    unknown = [name for name in columns if name not in KNOWN]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if missing or unknown or twice:
        what = [f"no column {name}" for name in missing] + [f"unknown column {name!r}" for name in unknown]
        what += [f"column {name} is there twice" for name in twice]
        raise InputError(f"{path}:1: {'; '.join(what)}", do=f"the columns are {', '.join(KNOWN)}")
    return reader


def _read_rows(reader: csv.DictReader[str], path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows with their lines; a missing cell is an empty one."""
    try:
        for row in reader:
            if None in row:
                raise InputError(
                    f"{path}:{reader.line_num}: more cells than columns", do="give one cell for each column"
                )
            yield reader.line_num, {name: (cell or "").strip() for name, cell in row.items()}
    except csv.Error as error:
        raise InputError(
            f"{path}:{reader.line_num}: not CSV ({error})", do="quote cells that hold commas"
        ) from error


class _CallReader:
    """Makes calls of rows, by the words of one scenario."""

    def __init__(self, world: World) -> None:
        demand = world.scenario.demand
        self._period, self._frame = world.scenario.period, world.frame
        self._zones = {zone.id: index for index, zone in enumerate(demand.zones)}
        self._grades = {grade.id: index for index, grade in enumerate(demand.priorities)}
        self._areas = [world.frame.polygon(zone.area) for zone in demand.zones]

    def read_call(self, row: Mapping[str, str]) -> TraceCall:
        """The call of a row. Raises _RowError."""
        decision_s, on_scene_s, ground_s = (_read_seconds(row, name) for name in SECONDS)
        return TraceCall(
            t_s=self._read_time(row["time"]),
            zone=self._read_zone(row),
            grade=_find_index(row["priority"], self._grades, "priority"),
            decision_s=decision_s,
            on_scene_s=on_scene_s,
            ground_s=ground_s,
        )

    def _read_time(self, text: str) -> float:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise _RowError(
                f"time: {text!r} is not an ISO 8601 time -> write it such as 2024-08-24T15:02:11+01:00"
            ) from error
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=self._period.zone)
        if not self._period.start <= moment < self._period.end:
            raise _RowError(
                f"time: {text} is outside the period {self._period.start.isoformat()} to "
                f"{self._period.end.isoformat()} -> leave the call out, or widen the scenario's period"
            )
        return self._period.t_s(moment)

    def _read_zone(self, row: Mapping[str, str]) -> int:
        if row.get("zone"):
            return _find_index(row["zone"], self._zones, "zone")
        lat, lon = (_read_number(row.get(name, ""), name) for name in ("lat", "lon"))
        if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
            raise _RowError(
                f"lat, lon: {lat:g}, {lon:g} is not a position -> write degrees, north and east positive"
            )
        point = shapely.Point(self._frame.point(Position(lat_deg=lat, lon_deg=lon)))
        for index, area in enumerate(self._areas):
            if area.covers(point):
                return index
        raise _RowError(f"lat, lon: {lat:g}, {lon:g} is in no demand zone -> leave it out, or add a zone")


def _find_index(word: str, known: Mapping[str, int], what: str) -> int:
    if word not in known:
        raise _RowError(f"{what}: {word!r} is not one of the scenario's -> {', '.join(known)}")
    return known[word]


def _read_seconds(row: Mapping[str, str], name: str) -> float:
    """Seconds of a cell, NaN where it is empty."""
    text = row.get(name, "")
    if not text:
        return math.nan
    value = _read_number(text, name)
    if value < 0.0:
        raise _RowError(f"{name}: {text} is negative -> write seconds of 0 or more, or nothing where unknown")
    return value


def _read_number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _RowError(f"{name}: {text!r} is not a number -> write a decimal number")
    return value
