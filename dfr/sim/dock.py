"""Docks: the weather that holds them, the drones in them and how these come to be ready again."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dfr.sim.inputs import Condition, SimInputs, Turnaround


def holds_by_hour(inputs: SimInputs) -> tuple[str, ...]:
    """What holds the docks in each hour."""
    return tuple(inputs.conditions[index].hold for index in inputs.condition_of_hour)


def next_hold_s(inputs: SimInputs) -> tuple[tuple[float, str], ...]:
    """For each hour, when the docks next shut at or after its start, and why; inf where they never do."""
    following: tuple[float, str] = (math.inf, "")
    answers = []
    for start, hold in zip(reversed(inputs.hour_edges_s[:-1]), reversed(holds_by_hour(inputs)), strict=True):
        following = (start, hold) if hold else following
        answers.append(following)
    return tuple(reversed(answers))


@dataclass(slots=True, eq=False)
class Drone:
    """A drone and what it can do now. `ready` means docked, and charged enough to be offered.

    While it charges, the charge is `ready_fraction` at `ready_s` and full at `full_s`. `moves` counts how
    often it was moved up to another dock.
    """

    id: str
    dock: int
    ready: bool = True
    ready_fraction: float = 1.0
    ready_s: float = 0.0
    full_s: float = 0.0
    moves: int = 0

    def fraction(self, t_s: float) -> float:
        """Share of a full charge at a moment when it is ready (linear between ready and full)."""
        if t_s >= self.full_s:
            return 1.0
        done = (t_s - self.ready_s) / (self.full_s - self.ready_s)
        return self.ready_fraction + (1.0 - self.ready_fraction) * max(0.0, done)

    def energy_wh(self, t_s: float, condition: Condition) -> float:
        """What its battery gives at this temperature, Wh."""
        return self.fraction(t_s) * condition.battery_wh


def begin_turnaround(drone: Drone, turnaround: Turnaround, *, left: float, t_s: float) -> tuple[float, float]:
    """Put a landed drone on charge with a share of its battery left: when it is ready and full, s.

    A drone that lands above the ready fraction is offered at once with the charge that it has.
    """
    ready_s, full_s = t_s + between(turnaround.to_ready_s, left), t_s + between(turnaround.to_full_s, left)
    drone.ready_fraction = left if left > turnaround.ready_fraction else turnaround.ready_fraction
    drone.ready_s, drone.full_s = ready_s, full_s if full_s > ready_s else ready_s
    return ready_s, drone.full_s


def between(by_percent: tuple[float, ...], left: float) -> float:
    """The value of a table by per cent of charge, at a share of it; linear between entries.

    >>> between(tuple(float(100 - percent) for percent in range(101)), 0.255)
    74.5
    """
    left = 0.0 if left < 0.0 else 1.0 if left > 1.0 else left
    place = int(left * 100.0) if left < 1.0 else 99
    low, high = by_percent[place], by_percent[place + 1]
    return low + (high - low) * (left * 100.0 - place) if high != low else low
