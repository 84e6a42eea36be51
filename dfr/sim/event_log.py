"""The event log of one replication: what is written while it runs, and the tables made of it afterwards.

Everything is written as it happens (`TableLog`). The records of calls, flights and moves are read off their
cases, sorties and moves by the names of the fields (`PLACES`).
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
    FIELDS,
    NUMPY_TYPES,
    RECORDS,
    Column,
    DutyRecord,
    Log,
    Records,
    Table,
    Tables,
    VisitRecord,
    WeatherRecord,
)
from dfr.sim.inputs import SimInputs
from dfr.sim.resources import holds_by_hour

PLACES: Mapping[str, Mapping[str, str]] = {
    "calls": {
        "call": "call.id",
        "zone": "zone_id",
        "grade": "grade_id",
        "call_s": "heard_s",
        "ground_s": "call.ground_s",
        "wanted_s": "call.on_scene_s",
    },
    "flights": {
        "flight": "number",
        "call": "case.call.id",
        "drone": "drone.id",
        "dock": "dock_id",
        "predicted_overhead_s": "leg.overhead_s",
        "predicted_home_s": "leg.home_s",
    },
    "moves": {"move": "number", "drone": "drone.id"},
}
"""Where the fields of a record stand in the case, sortie or move that it is read off: under other names than
their own."""

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


class TableLog:
    """The rows of one table while it is written: numbers packed at once, text as references to the words.

    Packed, because records kept as tuples are cold memory by the time that they become columns.
    """

    __slots__ = ("_fields", "_numbers", "_pack", "_read_numbers", "_read_words", "_words")

    def __init__(self, fields: Mapping[str, type], places: Mapping[str, str]) -> None:
        numbers = [field for field, kind in fields.items() if kind is not str]
        words = [field for field, kind in fields.items() if kind is str]
        kinds = "".join(np.dtype(NUMPY_TYPES[fields[name]]).char for name in numbers)
        self._fields, self._pack = fields, struct.Struct(f"<{kinds}").pack
        self._read_numbers = _read_attributes([places.get(name, name) for name in numbers])
        self._read_words = _read_attributes([places.get(name, name) for name in words])
        self._numbers, self._words = bytearray(), list[str]()

    def write(self, source: object) -> None:
        """Write a row, read off a record or what has its fields."""
        self._numbers += self._pack(*self._read_numbers(source))
        self._words += self._read_words(source)

    def columns(self, words: Sequence[str], replication: int) -> Table:
        """The rows as columns, led by `replication`; text as codes of the vocabulary."""
        code = {word: index for index, word in enumerate(words)}
        kinds = self._fields.items()
        rows = np.frombuffer(
            self._numbers, dtype=[(field, NUMPY_TYPES[kind]) for field, kind in kinds if kind is not str]
        )
        texts = [field for field, kind in kinds if kind is str]
        codes = np.fromiter(map(code.__getitem__, self._words), NUMPY_TYPES[str], len(self._words))
        text = dict(zip(texts, codes.reshape(len(rows), len(texts)).T, strict=True))
        columns = {field: text[field] if kind is str else rows[field] for field, kind in kinds}
        return {"replication": np.full(len(rows), replication, dtype=NUMPY_TYPES[int]), **columns}


def _read_attributes(places: Sequence[str]) -> Callable[[object], tuple[Any, ...]]:
    """Reads the attributes at these places, as a tuple."""
    if not places:
        return lambda _: ()
    read = attrgetter(*places)
    return read if len(places) > 1 else lambda source: (read(source),)


def to_tables(records: Log, words: Sequence[str], replication: int) -> Tables:
    """The records of one replication as columns, each table led by a column `replication`."""
    tables = {}
    for name, fields in FIELDS.items():
        log = TableLog(fields, {})
        for record in records.get(name, ()):
            log.write(record)
        tables[name] = log.columns(words, replication)
    return tables


class EventLog:
    """Everything that is written down of one replication, by table."""

    def __init__(self, inputs: SimInputs, words: Sequence[str]) -> None:
        self._inputs, self._words = inputs, tuple(words)
        self.visits: Sequence[Visit] = ()
        logs = {name: TableLog(fields, PLACES.get(name, {})) for name, fields in FIELDS.items()}
        self.calls, self.flights, self.moves = logs["calls"], logs["flights"], logs["moves"]
        self.phases, self.yields, self.landings = logs["phases"], logs["yields"], logs["landings"]
        self.charges, self.overwatch = logs["charges"], logs["overwatch"]
        self._logs = logs
        self._ready_changes = bytearray()
        for number, dock in enumerate(inputs.docks):
            self.ready_changed(number, dock.drones, 0.0)

    def ready_changed(self, dock: int, ready: int, t_s: float) -> None:
        """So many drones are ready in a dock from now on."""
        self._ready_changes += _pack_ready_change(dock, ready, t_s)

    def tables(self, replication: int) -> Tables:
        """All records as columns, each table led by a column `replication`."""
        for name, records in _background_records(self._inputs, self.visits).items():
            for record in records:
                self._logs[name].write(record)
        tables = {
            name: _sort_rows(log.columns(self._words, replication), SORTED_BY.get(name, ()))
            for name, log in self._logs.items()
        }
        tables["readiness"] = self._readiness_table(replication)
        return tables

    def named(self) -> Log:
        """All records by their types, so that fields have names."""
        records = Records(self._words, (0,), self.tables(0))
        return {name: records.rows(name) for name in RECORDS}

    def _readiness_table(self, replication: int) -> Table:
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


def _background_records(inputs: SimInputs, visits: Sequence[Visit]) -> Log:
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


def _sort_rows(table: Table, keys: Sequence[str]) -> Table:
    """A table sorted by these columns; rows that are equal in them stay in order."""
    if not keys:
        return {field: np.ascontiguousarray(column) for field, column in table.items()}
    order = np.lexsort([table[key] for key in reversed(keys)])
    return {field: column[order] for field, column in table.items()}
