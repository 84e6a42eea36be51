"""A shift flown by vehicles beside the same shift as modelled: flights, separation, key figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from dfr.geo import LocalFrame, Position
from dfr.metrics.flown import PhaseComparison
from dfr.metrics.kpi import Summary
from dfr.sim.events import DOCKED, NOT_DISARMED

AIRBORNE_M = 2.0
"""Higher than this above its dock a drone counts for separation."""

WANTED_M = 50.0
"""Drones in the air nearer to each other than this are told of by name (assumed: a plan advises on it, does
not keep them apart, and no figure is published for two drones of one operator)."""

STEP_S = 0.5
IN_DOCK = frozenset({DOCKED, NOT_DISARMED})


class Sample(NamedTuple):
    """Where a drone was at a moment of the shift."""

    t_s: float
    position: Position
    height_m_home: float
    height_m_amsl: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftFlight:
    """One dispatch of the shift. `landing` is empty where the shift ended with the drone in the air."""

    flight: int
    call: int
    drone: str
    zone: str
    vehicle: str
    phases: tuple[PhaseComparison, ...]
    landing: str
    landing_error_m: float | None
    energy_wh: float
    predicted_energy_wh: float

    @property
    def agrees(self) -> bool | None:
        """Whether it came back into its dock with every phase as predicted; None where it was cut short."""
        if not self.landing:
            return None
        return self.landing in IN_DOCK and all(phase.agrees for phase in self.phases)

    def as_dict(self) -> dict[str, object]:
        """The flight as it appears in JSON."""
        return {
            "flight": self.flight,
            "call": self.call,
            "drone": self.drone,
            "zone": self.zone,
            "vehicle": self.vehicle,
            "phases": [phase.as_dict() for phase in self.phases],
            "landing": self.landing,
            "landing_error_m": self.landing_error_m,
            "energy_wh": self.energy_wh,
            "predicted_energy_wh": self.predicted_energy_wh,
            "agrees": self.agrees,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How near two flights came, and when."""

    flights: tuple[int, int]
    drones: tuple[str, str]
    t_s: float
    distance_m: float
    horizontal_m: float
    vertical_m: float

    def as_dict(self) -> dict[str, object]:
        """The separation as it appears in JSON."""
        return {
            "flights": list(self.flights),
            "drones": list(self.drones),
            "t_s": self.t_s,
            "distance_m": self.distance_m,
            "horizontal_m": self.horizontal_m,
            "vertical_m": self.vertical_m,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiPair:
    """One key figure as modelled and as flown on the same calls; None where nothing was observed."""

    name: str
    what: str
    unit: str
    modelled: float | None
    flown: float | None

    def as_dict(self) -> dict[str, object]:
        """The figure as it appears in JSON, by its name."""
        return {"what": self.what, "unit": self.unit, "modelled": self.modelled, "flown": self.flown}


@dataclass(frozen=True, slots=True, kw_only=True)
class FlownShift:
    """A shift that vehicles flew. `problem` says what ended it early, and then there are no figures.

    `separations` are between its drones, `traffic` between visitors (first of the two) and its drones.
    """

    start: str
    seconds: float
    calls: int
    vehicles: tuple[str, ...]
    engine: str
    speedup: float
    wall_seconds: float
    flights: tuple[ShiftFlight, ...]
    separations: tuple[Separation, ...]
    kpis: tuple[KpiPair, ...]
    most_at_once: int
    problem: str
    traffic: tuple[Separation, ...] = ()

    @property
    def too_near(self) -> tuple[Separation, ...]:
        """The pairs of its drones that came nearer than is wanted."""
        return tuple(pair for pair in self.separations if pair.distance_m < WANTED_M)

    @property
    def agrees(self) -> bool:
        """Whether it was flown to its end and no flight differed from its prediction."""
        return not self.problem and all(flight.agrees is not False for flight in self.flights)

    def as_dict(self) -> dict[str, object]:
        """The shift as it appears in JSON."""
        return {
            "start": self.start,
            "seconds": self.seconds,
            "calls": self.calls,
            "vehicles": list(self.vehicles),
            "engine": self.engine,
            "speedup": self.speedup,
            "wall_seconds": self.wall_seconds,
            "flights": [flight.as_dict() for flight in self.flights],
            "separation_wanted_m": WANTED_M,
            "separations": [separation.as_dict() for separation in self.separations],
            "traffic": [separation.as_dict() for separation in self.traffic],
            "most_at_once": self.most_at_once,
            "kpis": {pair.name: pair.as_dict() for pair in self.kpis},
            "problem": self.problem,
        }


def kpi_pairs(modelled: Summary, flown: Summary) -> tuple[KpiPair, ...]:
    """Every figure that either shift has, side by side."""
    return tuple(
        KpiPair(
            name=name,
            what=kpi.what,
            unit=kpi.unit,
            modelled=kpi.mean,
            flown=flown.kpis[name].mean if name in flown.kpis else None,
        )
        for name, kpi in modelled.kpis.items()
        if kpi.mean is not None or (name in flown.kpis and flown.kpis[name].mean is not None)
    )


class Airborne(NamedTuple):
    """A flight while it is airborne: times and metres east, north and up, shape (n,) and (n, 3)."""

    t_s: np.ndarray[tuple[int], np.dtype[np.float64]]
    place_m: np.ndarray[tuple[int, int], np.dtype[np.float64]]


def airborne_path(samples: Sequence[Sample], frame: LocalFrame) -> Airborne | None:
    """The part of a flight in which it counts for separation; None where it never rose."""
    high = [sample for sample in samples if sample.height_m_home > AIRBORNE_M]
    if len(high) < 2:
        return None
    flat = frame.points([sample.position for sample in high])
    heights = np.array([sample.height_m_amsl for sample in high])
    return Airborne(np.array([sample.t_s for sample in high]), np.column_stack([flat, heights]))


def separations(paths: Mapping[int, Airborne], drones: Mapping[int, str]) -> tuple[Separation, ...]:
    """The nearest that each pair of flights came while both were airborne, nearest pair first."""
    found = [
        nearest
        for a, b in combinations(sorted(paths), 2)
        if (nearest := _nearest((a, b), paths[a], paths[b], drones)) is not None
    ]
    return tuple(sorted(found, key=lambda pair: pair.distance_m))


def most_at_once(paths: Mapping[int, Airborne]) -> int:
    """How many were airborne at the same time, at most."""
    spans = [(path.t_s[0], path.t_s[-1]) for path in paths.values()]
    return max((sum(bool(a <= start <= b) for a, b in spans) for start, _ in spans), default=0)


def _nearest(pair: tuple[int, int], a: Airborne, b: Airborne, drones: Mapping[int, str]) -> Separation | None:
    start, end = max(a.t_s[0], b.t_s[0]), min(a.t_s[-1], b.t_s[-1])
    if end <= start:
        return None
    t_s = np.arange(start, end, STEP_S)
    gap = _at(a, t_s) - _at(b, t_s)
    distance = np.linalg.norm(gap, axis=1)
    least = int(distance.argmin())
    return Separation(
        flights=pair,
        drones=(drones[pair[0]], drones[pair[1]]),
        t_s=float(t_s[least]),
        distance_m=float(distance[least]),
        horizontal_m=float(np.hypot(gap[least, 0], gap[least, 1])),
        vertical_m=float(abs(gap[least, 2])),
    )


def _at(path: Airborne, t_s: np.ndarray[tuple[int], np.dtype[np.float64]]) -> np.ndarray:
    return np.column_stack([np.interp(t_s, path.t_s, path.place_m[:, axis]) for axis in range(3)])
