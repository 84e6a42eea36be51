"""What a scenario says of its simulation alone: how drones are sent, what fails, where people live."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dfr.geo import Ring


class DispatchPolicy(StrEnum):
    """Which drone is sent; `dfr.sim.dispatch` defines each."""

    NEAREST = "nearest"
    ENERGY_AWARE = "energy_aware"
    COVERAGE_KEEPING = "coverage_keeping"


class FailingPart(StrEnum):
    """What may fail; a link is that between the crew and one dock's drones."""

    DOCK = "dock"
    LINK = "link"
    DRONE = "drone"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureFigures:
    """How often each part of a kind fails and how long it is down, both exponential with these means, s."""

    part: FailingPart
    between_s: float
    repair_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """The options of a simulation.

    With `overwatch` a relief drone is sent where the first cannot stay as long as the call needs. With
    `move_up` ready drones are moved to docks with a free slot where that restores coverage.
    `homes` are areas where people live, for the privacy footprint: each an id and its ring.
    """

    dispatch: DispatchPolicy = DispatchPolicy.NEAREST
    overwatch: bool = False
    move_up: bool = False
    failures: tuple[FailureFigures, ...] = ()
    homes: tuple[tuple[str, Ring], ...] = ()


NO_OPTIONS = Simulation()
"""What a scenario without the section has."""
