"""The resources of a deployment: people and how many drones they may fly at once; docks and their drones.

A drone in use occupies its share of the crew from dispatch to touchdown; a flight may be handed over at a
shift change, as long as the next shift has room for it; for a while after it the new crew may send none
(`Policing.handover_s`). In its dock a drone is charged until it is ready.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from dfr.sim.events import Missed
from dfr.sim.inputs import Condition, Duty, SimInputs, Turnaround


@dataclass(slots=True)
class CrewBoard:
    """Who is on duty and how many drones they have in use.

    `capacity` is how many they may have in use, `sending` up to how many they send more: steps of time.
    """

    edges_s: tuple[float, ...]
    capacity: tuple[int, ...]
    sending: tuple[int, ...]
    in_use: int = field(default=0)
    until_s: float = -math.inf
    _step: int = 0

    @classmethod
    def of(cls, duties: tuple[Duty, ...], handover_s: float = 0.0) -> CrewBoard:
        """The board of a roster; overlapping duties add up, and outside them nobody flies."""
        edges = (-math.inf, *crew_changes_s(duties, handover_s))
        capacity = [sum(d.drones for d in duties if d.start_s <= edge < d.end_s) for edge in edges]
        sends = [(duty.sends_from_s(handover_s), duty.end_s, duty.drones) for duty in duties]
        sending = [sum(drones for start, end, drones in sends if start <= edge < end) for edge in edges]
        return cls(edges, tuple(capacity), tuple(sending))

    def on_duty(self, t_s: float) -> int:
        """Drones that may be in use at a moment and `until_s`; moments are asked for in order of time."""
        if t_s >= self.until_s:
            self._step = bisect_right(self.edges_s, t_s) - 1
            self.until_s = self.edges_s[self._step + 1] if self._step + 1 < len(self.edges_s) else math.inf
        return self.capacity[self._step]

    def may_send(self, t_s: float) -> int:
        """Drones in use below which one more may be sent at a moment."""
        self.on_duty(t_s)
        return self.sending[self._step]

    def home_by_s(self, t_s: float, drones: int) -> float:
        """The next moment when so many drones in use would be too many."""
        self.on_duty(t_s)
        later = zip(self.edges_s, self.capacity, strict=True)
        short = (edge for edge, capacity in islice(later, self._step + 1, None) if capacity < drones)
        return next(short, math.inf)

    def refusal(self, t_s: float) -> str:
        """Why one more drone cannot be flown now; '' where it can."""
        capacity = self.on_duty(t_s)
        if capacity == 0:
            return Missed.NO_CREW
        if self.in_use >= capacity:
            return Missed.CREW_BUSY
        return Missed.HANDOVER if self.in_use >= self.may_send(t_s) else ""


def crew_changes_s(duties: Iterable[Duty], handover_s: float) -> list[float]:
    """When the people on duty change, or have taken over, in order."""
    moments = ((duty.start_s, duty.sends_from_s(handover_s), duty.end_s) for duty in duties)
    return sorted({moment for each in moments for moment in each})


def holds_by_hour(inputs: SimInputs) -> tuple[str, ...]:
    """What holds the docks in each hour."""
    return tuple(inputs.conditions[index].hold for index in inputs.condition_of_hour)


def next_hold_s(inputs: SimInputs) -> tuple[tuple[float, str], ...]:
    """For each hour, when the docks next shut at or after its start (inf where they never do).

    Beside it the reason for missing a call by it.
    """
    following: tuple[float, str] = (math.inf, "")
    answers = []
    for start, hold in zip(reversed(inputs.hour_edges_s[:-1]), reversed(holds_by_hour(inputs)), strict=True):
        following = (start, Missed.WEATHER + hold) if hold else following
        answers.append(following)
    return tuple(reversed(answers))


@dataclass(slots=True, eq=False)
class FleetDrone:
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


def begin_turnaround(
    drone: FleetDrone, turnaround: Turnaround, *, left: float, t_s: float
) -> tuple[float, float]:
    """Put a landed drone on charge with a share of its battery left: when it is ready and full, s.

    A drone that lands above the ready fraction is offered at once with the charge that it has.
    """
    ready_s = t_s + between(turnaround.to_ready_s, left)
    full_s = t_s + between(turnaround.to_full_s, left)
    drone.ready_fraction = left if left > turnaround.ready_fraction else turnaround.ready_fraction
    drone.ready_s, drone.full_s = ready_s, full_s if full_s > ready_s else ready_s
    return ready_s, drone.full_s


def between(by_percent: tuple[float, ...], left: float) -> float:
    """The value of a table by per cent of charge, at a share of it from 0 to 1; linear between entries.

    >>> between(tuple(float(100 - percent) for percent in range(101)), 0.255)
    74.5
    """
    place = int(left * 100.0) if left < 1.0 else 99
    low, high = by_percent[place], by_percent[place + 1]
    return low + (high - low) * (left * 100.0 - place) if high != low else low
