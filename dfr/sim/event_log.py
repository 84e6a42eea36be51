"""The event log of one replication: what is written while it runs, and the tables made of it afterwards.

Everything is written as it happens. The records of calls, flights and moves are read off their cases,
sorties and moves by the names of the fields (`write_call`, `write_flight`, `write_move`).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

import numpy as np

from dfr.sim.calls import Visit
from dfr.sim.events import (
    ANY_DOCK,
    NUMPY_TYPES,
    RECORDS,
    CallRecord,
    ChargeRecord,
    Column,
    DutyRecord,
    FlightRecord,
    LandingRecord,
    Log,
    MoveRecord,
    OverwatchRecord,
    PhaseRecord,
    Records,
    Table,
    Tables,
    VisitRecord,
    WeatherRecord,
    YieldRecord,
    to_tables,
)
from dfr.sim.inputs import SimInputs
from dfr.sim.resources import holds_by_hour


def _reader(record: type[tuple[object, ...]], **places: str) -> Callable[[object], tuple[object, ...]]:
    """Reads a record off what it is of; `places` are where fields stand that have other names there."""
    return attrgetter(*(places.get(name, name) for name in record._fields))  # type: ignore[attr-defined]


_read_call = _reader(
    CallRecord,
    call="call.id",
    zone="zone_id",
    grade="grade_id",
    call_s="heard_s",
    ground_s="call.ground_s",
    wanted_s="call.on_scene_s",
)
_read_flight = _reader(
    FlightRecord,
    flight="number",
    call="case.call.id",
    drone="drone.id",
    dock="dock_id",
    predicted_overhead_s="leg.overhead_s",
    predicted_home_s="leg.home_s",
)
_read_move = _reader(MoveRecord, move="number", drone="drone.id")

SORTED_BY: Mapping[str, Sequence[str]] = {
    "calls": ("call",),
    "flights": ("flight",),
    "landings": ("flight",),
    "phases": ("start_s", "drone"),
    "charges": ("start_s", "drone"),
}
"""The columns by which the rows of a table are sorted; rows of the others stay in the order of events."""

READY_CHANGE = np.dtype([("dock", "<f8"), ("ready", "<f8"), ("t_s", "<f8")])
"""So many drones are ready in a dock (by its number) from a moment on."""

_pack_ready_change = struct.Struct("<3d").pack


class EventLog:
    """Everything that is written down of one replication, by table."""

    def __init__(self, inputs: SimInputs, words: Sequence[str]) -> None:
        self._inputs, self._words = inputs, tuple(words)
        self.visits: Sequence[Visit] = ()
        self.calls: list[tuple[object, ...]] = []
        self.flights: list[tuple[object, ...]] = []
        self.moves: list[tuple[object, ...]] = []
        self.phases: list[PhaseRecord] = []
        self.yields: list[YieldRecord] = []
        self.landings: list[LandingRecord] = []
        self.charges: list[ChargeRecord] = []
        self.overwatch: list[OverwatchRecord] = []
        self._ready_changes = bytearray()
        for number, dock in enumerate(inputs.docks):
            self.ready_changed(number, dock.drones, 0.0)

    def write_call(self, case: object) -> None:
        """Write the `CallRecord` of a case that is over."""
        self.calls.append(_read_call(case))

    def write_flight(self, sortie: object) -> None:
        """Write the `FlightRecord` of a sortie that has landed, or that the horizon cuts short."""
        self.flights.append(_read_flight(sortie))

    def write_move(self, move: object) -> None:
        """Write the `MoveRecord` of a move that has landed, or that the horizon cuts short."""
        self.moves.append(_read_move(move))

    def ready_changed(self, dock: int, ready: int, t_s: float) -> None:
        """So many drones are ready in a dock from now on."""
        self._ready_changes += _pack_ready_change(dock, ready, t_s)

    def tables(self, replication: int) -> Tables:
        """All records as columns, each table led by a column `replication`. The log is empty afterwards."""
        written: dict[str, list[Any]] = {
            "calls": self.calls,
            "flights": self.flights,
            "moves": self.moves,
            "phases": self.phases,
            "yields": self.yields,
            "landings": self.landings,
            "charges": self.charges,
            "overwatch": self.overwatch,
        }
        records = {**written, **_background(self._inputs, self.visits)}
        tables = {
            name: _sorted(table, SORTED_BY.get(name, ()))
            for name, table in to_tables(records, self._words, replication).items()
        }
        tables["readiness"] = self._readiness(replication)
        for rows in written.values():
            rows.clear()
        return tables

    def named(self) -> Log:
        """All records by their types, so that fields have names."""
        records = Records(self._words, (0,), self.tables(0))
        return {name: records.rows(name) for name in RECORDS}

    def _readiness(self, replication: int) -> Table:
        """A `ReadyRecord` of every number that lasted: dock by dock, then of all docks, in order of time."""
        changes = np.frombuffer(self._ready_changes, dtype=READY_CHANGE)
        changes = changes[np.argsort(changes["dock"], kind="stable")]
        both = np.concatenate([changes, self._all_docks(changes)])
        dock, start_s = both["dock"], both["t_s"]
        same_dock = np.append(dock[1:] == dock[:-1], False)
        end_s = np.where(same_dock, np.append(start_s[1:], self._inputs.horizon_s), self._inputs.horizon_s)
        lasts = end_s > start_s
        names = [*(each.id for each in self._inputs.docks), ANY_DOCK]
        codes = np.array([self._words.index(name) for name in names], dtype=NUMPY_TYPES[str])
        return {
            "replication": np.full(np.count_nonzero(lasts), replication, dtype=NUMPY_TYPES[int]),
            "dock": codes[dock[lasts].astype(np.intp)],
            "ready": both["ready"][lasts].astype(NUMPY_TYPES[int]),
            "start_s": start_s[lasts],
            "end_s": end_s[lasts],
        }

    def _all_docks(self, changes: Column) -> Column:
        """Changes of the sum over all docks, from those of each in order of dock."""
        if not len(changes):
            return np.zeros(1, dtype=READY_CHANGE)
        ready = changes["ready"]
        more = np.diff(ready, prepend=0.0)
        first = np.diff(changes["dock"], prepend=-1.0) > 0.0
        more[first] = ready[first]
        order = np.argsort(changes["t_s"], kind="stable")
        total = np.empty(len(changes), dtype=READY_CHANGE)
        total["dock"], total["t_s"] = len(self._inputs.docks), changes["t_s"][order]
        total["ready"] = np.cumsum(more[order])
        return total


def _background(inputs: SimInputs, visits: Sequence[Visit]) -> Log:
    """What does not depend on the calls: weather, people and visits."""
    weather, holds, start_s = [], holds_by_hour(inputs), 0.0
    for index, hold in enumerate(holds):
        end_s = inputs.hour_edges_s[index + 1]
        if index + 1 == len(holds) or holds[index + 1] != hold:
            weather.append(WeatherRecord(hold, start_s, end_s))
            start_s = end_s
    return {
        "weather": weather,
        "duties": [
            DutyRecord(
                start_s=duty.start_s,
                end_s=min(duty.end_s, inputs.horizon_s),
                drones=duty.drones,
                remote_pilots=duty.remote_pilots,
                safety_pilots=duty.safety_pilots,
            )
            for duty in inputs.duties
        ],
        "visits": [
            VisitRecord(
                traffic=inputs.traffic[visit.traffic].id,
                notice_s=visit.notice_s,
                start_s=visit.start_s,
                end_s=min(visit.end_s, inputs.horizon_s),
            )
            for visit in visits
        ],
    }


def _sorted(table: Table, keys: Sequence[str]) -> Table:
    """A table sorted by these columns; rows that are equal in them stay in order."""
    if not keys:
        return table
    order = np.lexsort([table[key] for key in reversed(keys)])
    return {field: column[order] for field, column in table.items()}
