"""The event log of one replication: what is written while it runs, and the tables made of it afterwards.

Calls, flights and moves are written when they are over, read off their cases, sorties and moves by the names
of the fields (`PLACES`). Phases, landing attempts and turnarounds follow from the moments of a flight
(`Timeline`), and become records of their own only then. What is rare is written as it happens.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from dfr.errors import InputError
from dfr.sim.calls import Visit
from dfr.sim.events import (
    ANY_DOCK,
    BACK,
    CHARGE,
    CLIMB,
    FIELDS,
    LAND,
    MOVE,
    NEVER,
    NUMPY_TYPES,
    ON_SCENE,
    OUT,
    PREPARE,
    RECORDS,
    RECOVER,
    RETRIED,
    Column,
    DutyRecord,
    Log,
    Records,
    Table,
    Tables,
    VisitRecord,
    WeatherRecord,
    came,
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
        "call": "first_case.call.id",
        "drone": "drone.id",
        "dock": "dock_id",
        "predicted_overhead_s": "first_leg.overhead_s",
        "predicted_home_s": "leg.home_s",
        "land_s": "leg.land_s",
    },
    "seconds": {"call": "call.id", "zone": "zone_id", "grade": "grade_id", "wanted_s": "call.on_scene_s"},
    "moves": {"move": "number", "drone": "drone.id", "land_s": "leg.land_s"},
}
"""Where the fields of a record stand in the case, sortie or move that it is read off: under other names than
their own."""

TURNAROUND = {
    "over_dock_s": float,
    "land_s": float,
    "docked_s": float,
    "ready_s": float,
    "full_s": float,
    "charge": float,
}
"""What a flight or move tells beyond its record: how it came down and was charged."""

_AS_RECORDED = (
    "calls",
    "yields",
    "overwatch",
    "weather",
    "duties",
    "visits",
    "retasks",
    "seconds",
    "patrols",
    "misgraded",
)

WRITTEN: Mapping[str, Mapping[str, type]] = {
    **{name: FIELDS[name] for name in _AS_RECORDED},
    "flights": {**FIELDS["flights"], "climbed_s": float, **TURNAROUND},
    "moves": {**FIELDS["moves"], "at_dock": str, "left_s": float, **TURNAROUND},
}
"""The columns of each table as it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The phases of a flight, each by the moment at which it begins; it ends when the next one does.

    `number` and `dock` are the columns of its number and of the dock that it leaves, `at_dock` of the one
    where it lands.
    """

    number: str
    dock: str
    at_dock: str
    phases: Mapping[str, str]


TIMELINES: Mapping[str, Timeline] = {
    "flights": Timeline(
        number="flight",
        dock="dock",
        at_dock="dock",
        phases={
            PREPARE: "dispatched_s",
            CLIMB: "airborne_s",
            OUT: "climbed_s",
            ON_SCENE: "overhead_s",
            BACK: "left_s",
            LAND: "over_dock_s",
            RECOVER: "landed_s",
            CHARGE: "docked_s",
        },
    ),
    "moves": Timeline(
        number="move",
        dock="from_dock",
        at_dock="at_dock",
        phases={
            PREPARE: "dispatched_s",
            MOVE: "airborne_s",
            BACK: "left_s",
            LAND: "over_dock_s",
            RECOVER: "landed_s",
            CHARGE: "docked_s",
        },
    ),
}

RETASK_PHASES = {BACK: "before_s", OUT: "sent_on_s", ON_SCENE: "overhead_s", "": "left_s"}
"""The phases of what a flight does for a call that it was sent on to, as those of a `Timeline`."""

SORTED_BY: Mapping[str, Sequence[str]] = {
    "calls": ("call",),
    "flights": ("flight",),
    "landings": ("flight",),
    "patrols": ("call",),
    "phases": ("start_s", "drone"),
    "charges": ("start_s", "drone"),
}
"""The columns by which the rows of a table are sorted; rows of the others stay in the order of events."""

READY_CHANGE = np.dtype([("dock", "<f8"), ("ready", "<f8"), ("t_s", "<f8")])
"""So many drones are ready in a dock (by its number) from a moment on."""

READY = "ready"
"""What a change of the drones that are ready is told as."""

TOLD = ("calls", "flights", "moves", "yields", "overwatch", "retasks", "seconds", "patrols", "misgraded")
"""The tables that are written as things happen; the others follow from the deployment."""

TellRow = Callable[[str, Mapping[str, object]], None]
"""Gets the table and the fields of a row."""

_pack_ready_change = struct.Struct("<3d").pack


Packer = Callable[[object], bytes]
"""Packs the row of what it is given, text as codes."""


@cache
def _packer_of(table: str) -> Callable[[Callable[..., bytes], Mapping[str, int]], Packer]:
    """Makes the packer of a table as it is written, of a `struct` packer and the codes of the vocabulary.

    It is compiled, as a dataclass compiles its methods: every call that is simulated writes forty fields, and
    those of a compiled function are read in a third of the time that `operator.attrgetter` takes.
    """
    cells = []
    for field, kind in WRITTEN[table].items():
        value = f"row.{PLACES.get(table, {}).get(field, field)}"
        cells.append(f"code[{value}]" if kind is str else value)
    return eval(f"lambda pack, code: lambda row: pack({', '.join(cells)})")  # type: ignore[no-any-return]


class TableLog:
    """The rows of one table while it is written, packed at once.

    Records kept as tuples would be cold memory by the time that they become columns.
    """

    __slots__ = ("_pack", "_rows", "_type")

    def __init__(self, table: str, codes: Mapping[str, int]) -> None:
        self._type = np.dtype([(field, NUMPY_TYPES[kind]) for field, kind in WRITTEN[table].items()])
        kinds = "".join(self._type[field].char for field in WRITTEN[table])
        self._pack = _packer_of(table)(struct.Struct(f"<{kinds}").pack, codes)
        self._rows = bytearray()

    def write(self, source: object) -> None:
        """Write a row, read off what has its fields."""
        self._rows += self._pack(source)

    def add(self, cells: Sequence[object]) -> None:
        """Write a row of its cells, text as codes."""
        self._rows += np.array([tuple(cells)], dtype=self._type).tobytes()

    def last_row(self) -> list[Any]:
        """The cells of the row written last, text as codes."""
        return list(np.frombuffer(bytes(self._rows[-self._type.itemsize :]), dtype=self._type)[0].tolist())

    def columns(self, replication: int) -> Table:
        """The rows as columns, led by `replication`; text as codes of the vocabulary."""
        rows = np.frombuffer(self._rows, dtype=self._type)
        columns = {field: rows[field] for field in self._type.names or ()}
        return {"replication": np.full(len(rows), replication, dtype=NUMPY_TYPES[int]), **columns}


def to_tables(records: Log, words: Sequence[str], replication: int) -> Tables:
    """The records of one replication as columns, each table led by a column `replication`."""
    codes = {word: code for code, word in enumerate(words)}
    tables = {}
    for name, fields in FIELDS.items():
        rows = records.get(name, ())
        table = {"replication": np.full(len(rows), replication, dtype=NUMPY_TYPES[int])}
        for place, (field, kind) in enumerate(fields.items()):
            cells = [codes[row[place]] if kind is str else row[place] for row in rows]
            table[field] = np.array(cells, dtype=NUMPY_TYPES[kind])
        tables[name] = table
    return tables


class ToldTable(TableLog):
    """A table that tells of each row as it is written."""

    __slots__ = ("_name", "_tell", "_words")

    def __init__(self, name: str, words: Sequence[str], tell: TellRow) -> None:
        super().__init__(name, {word: code for code, word in enumerate(words)})
        self._name, self._words, self._tell = name, words, tell

    def write(self, source: object) -> None:
        """Write a row, and tell of it; text as words, and a moment that never came as None."""
        super().write(source)
        cells = zip(WRITTEN[self._name].items(), self.last_row(), strict=True)
        self._tell(self._name, {field: _told(cell, kind, self._words) for (field, kind), cell in cells})


def _told(cell: Any, kind: type, words: Sequence[str]) -> object:
    if kind is str:
        return words[cell]
    return cell if came(cell) else None


class EventLog:
    """Everything that is written down of one replication, by table."""

    def __init__(self, inputs: SimInputs, words: Sequence[str]) -> None:
        self._inputs, self._words = inputs, tuple(words)
        self.visits: Sequence[Visit] = ()
        codes = {word: code for code, word in enumerate(self._words)}
        self._logs = logs = {name: TableLog(name, codes) for name in WRITTEN}
        self.calls, self.flights, self.moves = logs["calls"], logs["flights"], logs["moves"]
        self.yields, self.overwatch, self.retasks = logs["yields"], logs["overwatch"], logs["retasks"]
        self.seconds, self.patrols, self.misgraded = logs["seconds"], logs["patrols"], logs["misgraded"]
        self._tell: TellRow | None = None
        self._ready_changes = bytearray()
        for number, dock in enumerate(inputs.docks):
            self.ready_changed(number, dock.drones, 0.0)

    def tell_rows(self, tell: TellRow) -> None:
        """From now on tell of each row as it is written, so that a log elsewhere holds them (`restore`)."""
        self._logs.update((name, ToldTable(name, self._words, tell)) for name in TOLD)
        logs = self._logs
        self.calls, self.flights, self.moves = logs["calls"], logs["flights"], logs["moves"]
        self.yields, self.overwatch, self.retasks = logs["yields"], logs["overwatch"], logs["retasks"]
        self.seconds, self.patrols, self.misgraded = logs["seconds"], logs["patrols"], logs["misgraded"]
        self._tell = tell

    def ready_changed(self, dock: int, ready: int, t_s: float) -> None:
        """So many drones are ready in a dock from now on."""
        self._ready_changes += _pack_ready_change(dock, ready, t_s)
        if self._tell is not None:
            self._tell(READY, {"dock": dock, "ready": ready, "t_s": t_s})

    def restore(self, table: str, row: Mapping[str, Any]) -> None:
        """Write a row that was told of. Raises InputError for one that is no row of its table."""
        try:
            if table == READY:
                self.ready_changed(row["dock"], row["ready"], row["t_s"])
                return
            cells = [_cell(row[field], kind, self._words) for field, kind in WRITTEN[table].items()]
            self._logs[table].add(cells)
        except (KeyError, TypeError, ValueError, OverflowError, struct.error) as error:
            raise InputError(
                f"a record of {table!r:.40} that is none ({error})", do="check the log"
            ) from error

    def tables(self, replication: int) -> Tables:
        """All records as columns, each table led by a column `replication`."""
        for name, records in _background_records(self._inputs, self.visits).items():
            for record in records:
                self._logs[name].write(record)
        written = {name: log.columns(replication) for name, log in self._logs.items()}
        flown = [(written[name], timeline) for name, timeline in TIMELINES.items()]
        tables = {
            **written,
            **{name: _airborne(written[name], FIELDS[name]) for name in TIMELINES},
            "phases": self._all_phases(flown, written["retasks"]),
            "landings": _join([self._landings(*flights) for flights in flown]),
            "charges": _join([self._charges(*flights) for flights in flown]),
            "readiness": self._readiness_table(replication),
        }
        return {name: _sort_rows(tables[name], SORTED_BY.get(name, ())) for name in FIELDS}

    def _all_phases(self, flown: Sequence[tuple[Table, Timeline]], retasks: Table) -> Table:
        """The phases of all flights; what one did for calls that it was sent on to takes their place."""
        parts = [self._phases(*flights) for flights in flown]
        if len(retasks["flight"]):
            parts[0] = _without_spans(parts[0], retasks)
            moments = np.stack([retasks[moment] for moment in RETASK_PHASES.values()], axis=1)
            parts.append(self._lasting(retasks, "flight", list(RETASK_PHASES)[:-1], moments, retasks["dock"]))
        return _join(parts)

    def _phases(self, rows: Table, timeline: Timeline) -> Table:
        """A `PhaseRecord` of each phase of flights that took any time before the horizon."""
        docked_s, ready_s = rows["docked_s"], rows["ready_s"]
        charged_s = np.where(
            np.isnan(docked_s), ready_s, docked_s + (ready_s - docked_s)
        )  # as the clock adds
        moments = np.stack([*(rows[start] for start in timeline.phases.values()), charged_s], axis=1)
        in_dock = np.arange(len(timeline.phases)) >= list(timeline.phases).index(RECOVER)
        docks = np.where(in_dock, rows[timeline.at_dock][:, None], rows[timeline.dock][:, None])
        return self._lasting(rows, timeline.number, list(timeline.phases), moments, docks)

    def _lasting(
        self, rows: Table, number: str, phases: Sequence[str], moments: Column, docks: Column
    ) -> Table:
        """A `PhaseRecord` of each phase that took any time, from the moments at which they begin and end.

        A moment that never came is that of the next one that did: the phases between took no time.
        """
        moments = np.fmin(moments, self._inputs.horizon_s)
        moments = np.minimum.accumulate(moments[:, ::-1], axis=1)[:, ::-1]
        flight, phase = np.nonzero(moments[:, 1:] > moments[:, :-1])
        return {
            "replication": rows["replication"][flight],
            "flight": rows[number][flight],
            "drone": rows["drone"][flight],
            "dock": np.broadcast_to(docks.T, (len(phases), len(rows[number]))).T[flight, phase],
            "phase": self._codes(phases)[phase],
            "start_s": moments[flight, phase],
            "end_s": moments[flight, phase + 1],
        }

    def _landings(self, rows: Table, timeline: Timeline) -> Table:
        """A `LandingRecord` of each attempt: all but the last of a flight are tried again."""
        attempts = rows["attempts"]
        flight = np.repeat(np.arange(len(attempts)), attempts)
        place = np.arange(len(flight)) - np.repeat(np.cumsum(attempts) - attempts, attempts)
        retried = place + 1 < attempts[flight]
        each_s = rows["land_s"] + self._inputs.retry_s
        return {
            "replication": rows["replication"][flight],
            "flight": rows[timeline.number][flight],
            "dock": rows[timeline.at_dock][flight],
            "attempt": (place + 1).astype(NUMPY_TYPES[int]),
            "outcome": np.where(retried, self._codes([RETRIED]), rows["landing"][flight]),
            "start_s": rows["over_dock_s"][flight] + place * each_s[flight],
        }

    def _charges(self, rows: Table, timeline: Timeline) -> Table:
        """A `ChargeRecord` of each drone that is back in a dock before the horizon."""
        docked = rows["docked_s"] < self._inputs.horizon_s
        columns = {
            "replication": "replication",
            "drone": "drone",
            "dock": timeline.at_dock,
            "from_fraction": "charge",
            "start_s": "docked_s",
            "ready_s": "ready_s",
            "full_s": "full_s",
        }
        return {field: rows[column][docked] for field, column in columns.items()}

    def _codes(self, texts: Iterable[str]) -> Column:
        """The codes of these texts in the vocabulary."""
        return np.array([self._words.index(text) for text in texts], dtype=NUMPY_TYPES[str])

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
        return {
            "replication": np.full(np.count_nonzero(lasts), replication, dtype=NUMPY_TYPES[int]),
            "dock": self._codes(names)[dock[lasts].astype(np.intp)],
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


def _cell(value: object, kind: type, words: Sequence[str]) -> object:
    if kind is str:
        return words.index(str(value))
    return NEVER if value is None else kind(value)


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


def _airborne(rows: Table, fields: Iterable[str]) -> Table:
    """The records of the flights that left the ground."""
    airborne = ~np.isnan(rows["airborne_s"])
    return {field: rows[field][airborne] for field in ("replication", *fields)}


def _without_spans(phases: Table, retasks: Table) -> Table:
    """Phases of flights without those of the time in which they were for other calls."""
    last = int(max(phases["flight"].max(), retasks["flight"].max()))
    gone_s, back_s = np.full(last + 1, np.inf), np.full(last + 1, -np.inf)
    np.minimum.at(gone_s, retasks["flight"], retasks["before_s"])
    np.maximum.at(back_s, retasks["flight"], np.nan_to_num(retasks["left_s"], nan=np.inf))
    kept, gone_s, back_s = dict(phases), gone_s[phases["flight"]], back_s[phases["flight"]]
    kept["end_s"] = np.where(phases["start_s"] < back_s, np.minimum(phases["end_s"], gone_s), phases["end_s"])
    lasts = kept["end_s"] > kept["start_s"]
    return {field: column[lasts] for field, column in kept.items()}


def _join(tables: Sequence[Table]) -> Table:
    """One table of several."""
    return {field: np.concatenate([table[field] for table in tables]) for field in tables[0]}


def _sort_rows(table: Table, keys: Sequence[str]) -> Table:
    """A table sorted by these columns; rows that are equal in them stay in order."""
    if not keys:
        return {field: np.ascontiguousarray(column) for field, column in table.items()}
    order = np.lexsort([table[key] for key in reversed(keys)])
    return {field: column[order] for field, column in table.items()}
