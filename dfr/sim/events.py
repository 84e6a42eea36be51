"""What is written down of a replication: typed records, and nothing a KPI needs is kept elsewhere.

A moment that never came is NaN. Once a replication is over its records become columns (`Table`), text as
codes of one vocabulary, so that a thousand replications are a few arrays that every process writes alike.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from dfr.sim.inputs import LINK_PART, SimInputs

NEVER = float("nan")


def came(t_s: float) -> bool:
    """Whether a moment came (it is not NaN)."""
    return t_s == t_s  # noqa: PLR0124 - the cheapest test for NaN


FIRST, ATTENDED, MISSED = "first", "attended", "missed"
"""How a call ends: the drone overhead before any officer, overhead after, or not at all."""


class Missed:
    """Why a call was missed: the reason that held when the caller gave up."""

    BEFORE_DECISION = "gave_up_before_decision"
    NO_CREW = "no_crew_on_duty"
    CREW_BUSY = "crew_busy"
    HANDOVER = "crew_takes_over"
    SHIFT_END = "shift_end"
    TRAFFIC = "traffic"
    OWN_DRONE = "own_drone_in_the_way"
    UNREACHABLE = "unreachable"
    NO_DRONE = "no_drone_ready"
    ENERGY = "energy"
    RECALLED = "recalled_for_traffic"
    OUTAGE = "dock_or_link_down"
    LINK = "link_lost"
    IN_HAND = "officers_have_it_in_hand"
    HORIZON = "horizon_end"
    WEATHER = "weather_"


WEATHER_HOLDS = ("wind", "gust", "rain", "visibility", "cold", "heat", "icing", "landing_wind")
"""What holds the docks (`dfr.world.weather.WeatherQuantity`, and wind too strong to land in)."""

AND = "+"
"""Between the limits that hold the docks together: `wind+rain`."""


def holding_limits(hold: str) -> tuple[str, ...]:
    """The limits of a hold, which are words of `WEATHER_HOLDS`.

    >>> holding_limits("wind+rain"), holding_limits("")
    (('wind', 'rain'), ())
    """
    return tuple(hold.split(AND)) if hold else ()


PREPARE, CLIMB, OUT, ON_SCENE, BACK, LAND = "prepare", "climb", "out", "on_scene", "back", "land"
YIELD, CHARGE, RECOVER, MOVE = "yield", "charge", "recover", "move"
"""What a drone is doing; the flight phases have the names of `dfr.track.Phase`."""

DOCKED, DIVERTED, NOT_DISARMED, RETRIED = "docked", "diverted", "not_disarmed", "retry"
"""How a landing attempt ends."""

FULL_STAY, CUT_ENERGY, CUT_HOME_BY, CUT_TRAFFIC, NOT_REACHED = "", "energy", "home_by", "traffic", "recalled"
CUT_LINK = "link_lost"
CUT_SENT_ON, CUT_IN_HAND = "sent_on", "officers_have_it_in_hand"
"""Why a stay on scene ended."""

CLEARED = "cleared"
"""How a patrol's errand ends that a drone made needless."""

LINK_RULE = "return"
"""What a drone does that loses its link, in the words of `YieldRecord`."""

ANY_DOCK = "*"
"""In `Readiness`: all docks together."""


class CallRecord(NamedTuple):
    """One call and its clocks; written once, when it ends."""

    call: int
    zone: str
    grade: str
    call_s: float
    decided_s: float
    dispatched_s: float
    airborne_s: float
    overhead_s: float
    video_s: float
    ground_s: float
    ended_s: float
    wanted_s: float
    on_scene_s: float
    outcome: str
    reason: str


class FlightRecord(NamedTuple):
    """One dispatch of a drone, as flown and as predicted at the moment of dispatch."""

    flight: int
    call: int
    drone: str
    dock: str
    dispatched_s: float
    airborne_s: float
    overhead_s: float
    left_s: float
    landed_s: float
    predicted_overhead_s: float
    predicted_home_s: float
    yielded_s: float
    on_scene_s: float
    cut_by: str
    landing: str
    attempts: int
    energy_wh: float
    reserve_fraction: float


class PhaseRecord(NamedTuple):
    """A drone doing one thing from when to when, on a flight or a move."""

    flight: int
    drone: str
    dock: str
    phase: str
    start_s: float
    end_s: float


class YieldRecord(NamedTuple):
    """A flight that gave way to other traffic: in which phase, by which rule, for how long."""

    flight: int
    traffic: str
    rule: str
    phase: str
    start_s: float
    end_s: float


class LandingRecord(NamedTuple):
    """One landing attempt of a flight, or of a move."""

    flight: int
    dock: str
    attempt: int
    outcome: str
    start_s: float


class ChargeRecord(NamedTuple):
    """A turnaround: from which charge, when the drone is offered again and when it is full."""

    drone: str
    dock: str
    from_fraction: float
    start_s: float
    ready_s: float
    full_s: float


class ReadyRecord(NamedTuple):
    """So many charged drones in a dock (or in all, `*`) from when to when."""

    dock: str
    ready: int
    start_s: float
    end_s: float


class WeatherRecord(NamedTuple):
    """The docks' weather state from when to when; '' is open."""

    hold: str
    start_s: float
    end_s: float


class DutyRecord(NamedTuple):
    """People on duty, the drones they may have in use, and the drone-seconds they spent."""

    start_s: float
    end_s: float
    drones: int
    remote_pilots: int
    safety_pilots: int


class OverwatchRecord(NamedTuple):
    """A call that one drone could not stay for: how long it was needed, by how many, with what gap."""

    call: int
    zone: str
    start_s: float
    end_s: float
    drones: int
    gap_s: float


class MoveRecord(NamedTuple):
    """A drone moved up to another dock; `turned` is the rule or the part for which it came back, or ''.

    `move` counts with the flights, and `landings` and `phases` have its number in `flight`.
    """

    move: int
    drone: str
    from_dock: str
    to_dock: str
    dispatched_s: float
    airborne_s: float
    landed_s: float
    turned: str
    landing: str
    attempts: int
    energy_wh: float
    reserve_fraction: float


class RetaskRecord(NamedTuple):
    """A drone in the air sent on to another call: in which phase, when, and what it did there.

    `left_call` is the one that it was sent to before: waiting for a drone again, or over where it was on its
    way `back`. `before_s` is when it stopped serving that call. `sent_on_s` and `before_s` differ only then.
    """

    flight: int
    drone: str
    dock: str
    left_call: int
    call: int
    phase: str
    before_s: float
    sent_on_s: float
    overhead_s: float
    left_s: float
    on_scene_s: float
    cut_by: str


class SecondRecord(NamedTuple):
    """A second drone that a call wanted beside the first: its clocks, and why it did not come, or ''."""

    call: int
    zone: str
    grade: str
    decided_s: float
    dispatched_s: float
    overhead_s: float
    ended_s: float
    wanted_s: float
    on_scene_s: float
    reason: str


class PatrolRecord(NamedTuple):
    """What a call asked of the patrols: when, which one went (-1: none), its clocks, whether `cleared`."""

    call: int
    zone: str
    unit: int
    asked_s: float
    sent_s: float
    arrived_s: float
    free_s: float
    ending: str


class MisgradedRecord(NamedTuple):
    """A call that is given another grade than its own, `too_low` by so many ranks (below 0: too high)."""

    call: int
    grade: str
    given: str
    too_low: int


class VisitRecord(NamedTuple):
    """Other traffic in our air."""

    traffic: str
    notice_s: float
    start_s: float
    end_s: float


RECORDS: Mapping[str, type[tuple[Any, ...]]] = types.MappingProxyType(
    {
        "calls": CallRecord,
        "flights": FlightRecord,
        "phases": PhaseRecord,
        "yields": YieldRecord,
        "landings": LandingRecord,
        "charges": ChargeRecord,
        "readiness": ReadyRecord,
        "weather": WeatherRecord,
        "duties": DutyRecord,
        "visits": VisitRecord,
        "overwatch": OverwatchRecord,
        "moves": MoveRecord,
        "retasks": RetaskRecord,
        "seconds": SecondRecord,
        "patrols": PatrolRecord,
        "misgraded": MisgradedRecord,
    }
)
"""The tables of a run, by name."""

LATER_TABLES = frozenset({"retasks", "seconds", "patrols", "misgraded"})
"""Tables that runs of earlier versions did not have: there they are empty."""

FIELDS: Mapping[str, Mapping[str, type]] = types.MappingProxyType(
    {name: types.MappingProxyType(get_type_hints(record)) for name, record in RECORDS.items()}
)
"""The columns of each table and their types: float, int or str (as a code of the vocabulary)."""

COLUMNS: Mapping[str, Mapping[str, type]] = types.MappingProxyType(
    {name: types.MappingProxyType({"replication": int, **fields}) for name, fields in FIELDS.items()}
)
"""The same where tables of many replications are joined: the number of the replication comes first."""

NUMPY_TYPES: Mapping[type, str] = types.MappingProxyType({float: "<f8", int: "<i4", str: "<i2"})

Log = Mapping[str, Sequence[tuple[Any, ...]]]
"""The records of one replication by table."""

Column = NDArray[Any]
Table = Mapping[str, Column]
Tables = Mapping[str, Table]


def vocabulary(inputs: SimInputs) -> tuple[str, ...]:
    """Every word that the records of a deployment can hold, in a fixed order."""
    reasons = [value for key, value in vars(Missed).items() if key.isupper() and key != "WEATHER"]
    phases = [PREPARE, CLIMB, OUT, ON_SCENE, BACK, LAND, YIELD, CHARGE, RECOVER, MOVE]
    endings = [DOCKED, DIVERTED, NOT_DISARMED, RETRIED, CUT_ENERGY, CUT_HOME_BY, CUT_TRAFFIC, NOT_REACHED]
    endings += [CUT_LINK, CUT_SENT_ON, CUT_IN_HAND, CLEARED]
    drones = [drone_id(dock.id, index) for dock in inputs.docks for index in range(dock.drones)]
    holds = [*WEATHER_HOLDS, *(condition.hold for condition in inputs.conditions)]
    words = chain(
        ["", ANY_DOCK, FIRST, ATTENDED, MISSED, LINK_PART, LINK_RULE],
        reasons,
        holds,
        [Missed.WEATHER + hold for hold in holds if hold],
        phases,
        endings,
        [zone.id for zone in inputs.zones],
        [grade.id for grade in inputs.grades],
        [dock.id for dock in inputs.docks],
        [word for traffic in inputs.traffic for word in (traffic.id, traffic.rule)],
        drones,
    )
    return tuple(dict.fromkeys(words))


def drone_id(dock: str, index: int) -> str:
    """The name of a dock's drone, counted from 1."""
    return f"{dock}/{index + 1}"


@dataclass(frozen=True, slots=True)
class Records:
    """The records of many replications, in order of replication; text columns are codes of `words`."""

    words: tuple[str, ...]
    replications: tuple[int, ...]
    tables: Tables

    @classmethod
    def joined(cls, words: tuple[str, ...], replications: Sequence[int], parts: Sequence[Tables]) -> Records:
        """One set of columns from those of each replication."""
        tables = {
            name: {
                field: np.concatenate([part[name][field] for part in parts])
                if parts
                else np.empty(0, dtype=NUMPY_TYPES[kind])
                for field, kind in columns.items()
            }
            for name, columns in COLUMNS.items()
        }
        return cls(words, tuple(replications), tables)

    def column(self, table: str, field: str) -> Column:
        """One column; a text column as codes."""
        return self.tables[table][field]

    def text(self, table: str, field: str) -> Column:
        """A text column as an object array of strings."""
        return np.asarray(self.words, dtype=object)[self.tables[table][field]]

    def code(self, word: str) -> int:
        """The code of a word; -1, which no cell holds, where it is not of the vocabulary."""
        return self.words.index(word) if word in self.words else -1

    def of(self, replication: int) -> Records:
        """The records of one replication alone."""
        tables = {
            name: {field: column[table["replication"] == replication] for field, column in table.items()}
            for name, table in self.tables.items()
        }
        return Records(self.words, (replication,), tables)

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """The records of one table as they were written, in order."""
        record = RECORDS[table]
        columns = [
            self.text(table, field).tolist() if kind is str else self.column(table, field).tolist()
            for field, kind in FIELDS[table].items()
        ]
        return [record._make(cells) for cells in zip(*columns, strict=True)]  # type: ignore[attr-defined]
