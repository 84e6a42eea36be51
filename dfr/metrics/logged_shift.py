"""A live shift as its log tells of it: flights predicted beside flown, and figures beside the model's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dfr.metrics.shift import KpiPair
from dfr.sim.events import ATTENDED, FIRST, MISSED, Records, came

PRIVACY = ("on_scene_camera_minutes_per_day", "camera_minutes_over_homes_per_day")
"""The figures of what cameras may have seen of people, in minutes for each 24 h."""

DAY_S = 86_400.0

OUTCOMES = {FIRST: "with a drone before officers", ATTENDED: "with a drone", MISSED: "without"}
"""How a call ended, in words; when officers came a live shift does not know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedFlight:
    """A flight of a shift: the way out from lift-off to overhead, and the way back to touchdown, s.

    What never came is None.
    """

    flight: int
    call: int
    drone: str
    dispatched_s: float
    predicted_out_s: float
    out_s: float | None
    on_scene_s: float
    predicted_home_s: float
    home_s: float | None
    energy_wh: float | None
    reserve_fraction: float | None
    cut_by: str
    landing: str

    def as_dict(self) -> dict[str, object]:
        """The flight as it appears in JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedShift:
    """What a shift came to.

    `start` is the moment at which it began, `kpis` are its figures beside those of the model on the same
    calls (`replications` times). `calls` counts all, `outside` those in no zone, which no figure holds.
    `counted` says how often people and vehicles had their say, by kind of record; `unknown` what cannot be
    told, and why.
    """

    scenario: str
    start: str
    seconds: float
    drones: tuple[str, ...]
    simulated: bool
    calls: int
    outside: int
    outcomes: Mapping[str, int]
    flights: tuple[LoggedFlight, ...]
    taken_on: int
    kpis: tuple[KpiPair, ...]
    replications: int
    counted: Mapping[str, int]
    unknown: tuple[str, ...]

    @property
    def endings(self) -> str:
        """How its calls ended, in words; '' where none did."""
        return ", ".join(f"{count} {OUTCOMES.get(code, code)}" for code, count in self.outcomes.items())

    @property
    def privacy(self) -> tuple[KpiPair, ...]:
        """The figures about what cameras may have seen of people."""
        return tuple(pair for pair in self.kpis if pair.name in PRIVACY)

    def in_all(self, per_day: float | None) -> float | None:
        """What a figure for each 24 h comes to over this shift."""
        return None if per_day is None else per_day * self.seconds / DAY_S

    def as_dict(self) -> dict[str, object]:
        """The shift as it appears in JSON."""
        return {
            "scenario": self.scenario,
            "start": self.start,
            "seconds": self.seconds,
            "drones": list(self.drones),
            "simulated": self.simulated,
            "calls": self.calls,
            "calls_outside": self.outside,
            "outcomes": dict(self.outcomes),
            "flights": [flight.as_dict() for flight in self.flights],
            "flights_taken_on": self.taken_on,
            "replications": self.replications,
            "kpis": {pair.name: pair.as_dict() for pair in self.kpis},
            "records": dict(self.counted),
            "unknown": list(self.unknown),
        }


def logged_flights(records: Records) -> tuple[LoggedFlight, ...]:
    """The flights of a shift that left the ground, in order."""
    rows: list[Any] = records.rows("flights")
    return tuple(
        LoggedFlight(
            flight=row.flight,
            call=row.call,
            drone=row.drone,
            dispatched_s=row.dispatched_s,
            predicted_out_s=row.predicted_overhead_s,
            out_s=_known(row.overhead_s - row.airborne_s),
            on_scene_s=row.on_scene_s if came(row.on_scene_s) else 0.0,
            predicted_home_s=row.predicted_home_s,
            home_s=_known(row.landed_s - row.left_s),
            energy_wh=_known(row.energy_wh),
            reserve_fraction=_known(row.reserve_fraction),
            cut_by=row.cut_by,
            landing=row.landing,
        )
        for row in rows
    )


def _known(value: float) -> float | None:
    return value if came(value) else None
