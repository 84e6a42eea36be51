"""What every part of a scenario is made of: periods, random durations, surfaces, recorded assumptions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """One uncertain figure: its place in the scenario, its value, and who says so."""

    path: str
    value: str
    assumed: bool
    source: str


class DurationShape(StrEnum):
    """The family of a random duration."""

    CONSTANT = "constant"
    EXPONENTIAL = "exponential"
    LOGNORMAL = "lognormal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Duration:
    """A random duration by its median and, for a log-normal one, its 90th percentile, s."""

    shape: DurationShape
    median_s: float
    p90_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when to when the deployment is simulated; `t_s` counts from `start`."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    @property
    def seconds(self) -> float:
        """Elapsed length, right across a clock change."""
        return self.end.timestamp() - self.start.timestamp()

    def t_s(self, moment: datetime) -> float:
        """Simulation seconds of a wall time."""
        return moment.timestamp() - self.start.timestamp()

    def wall(self, t_s: float) -> datetime:
        """Local wall time of a simulation second."""
        return datetime.fromtimestamp(self.start.timestamp() + t_s, tz=self.zone)


class Surface(StrEnum):
    """What the wind blows over; decides roughness (`dfr.world.wind`)."""

    SEA = "sea"
    BEACH = "beach"
    OPEN = "open"
    URBAN = "urban"


class OperationKind(StrEnum):
    """Who sees the drone: the pilot, the pilot's observers, or nobody."""

    VLOS = "VLOS"
    EVLOS = "EVLOS"
    BVLOS = "BVLOS"


class DispatchPolicy(StrEnum):
    """Which of the drones that may go is sent: each policy's word and what it means.

    `dfr.sim.dispatch` has the function of each. Schema, help and documentation read them here.
    """

    meaning: str

    def __new__(cls, word: str, meaning: str) -> DispatchPolicy:
        """A policy of its word, with what it means."""
        policy = str.__new__(cls, word)
        policy._value_ = word
        policy.meaning = meaning
        return policy

    NEAREST = "nearest", "the drone predicted overhead first"
    ENERGY_AWARE = "energy_aware", "the nearest that can stay as long as is usual for the call"
    COVERAGE_KEEPING = "coverage_keeping", "the one whose departure uncovers least demand, of those in time"

    @classmethod
    def choices(cls) -> str:
        """The words of all policies in a sentence.

        >>> DispatchPolicy.choices()
        'nearest, energy_aware or coverage_keeping'
        """
        *first, last = cls
        return f"{', '.join(first)} or {last}"
