"""The people: how many drones those on duty may have in use at once, and until when.

A drone in use occupies its share of the crew from dispatch to touchdown; a flight may be handed
over at a shift change, as long as the next shift has room for it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, field

from dfr.sim.events import Missed
from dfr.sim.inputs import Duty


def drones_of_crew(
    *, remote_pilots: int, safety_pilots: int, drones_per_pilot: int, safety_pilots_per_drone: int
) -> int:
    """Drones that a shift may have in use at once.

    >>> drones_of_crew(remote_pilots=2, safety_pilots=3, drones_per_pilot=1, safety_pilots_per_drone=1)
    2
    >>> drones_of_crew(remote_pilots=2, safety_pilots=1, drones_per_pilot=2, safety_pilots_per_drone=1)
    1
    """
    by_pilots = remote_pilots * drones_per_pilot
    if safety_pilots_per_drone <= 0:
        return by_pilots
    return min(by_pilots, safety_pilots // safety_pilots_per_drone)


@dataclass(slots=True)
class CrewBoard:
    """Who is on duty and how many drones they have in use. Capacity is a step function of time."""

    edges_s: tuple[float, ...]
    capacity: tuple[int, ...]
    in_use: int = field(default=0)
    _from_s: float = math.inf
    _until_s: float = -math.inf
    _now: int = 0

    @classmethod
    def of(cls, duties: tuple[Duty, ...]) -> CrewBoard:
        """The board of a roster; overlapping duties add up, and outside them nobody flies."""
        edges = sorted({-math.inf} | {edge for duty in duties for edge in (duty.start_s, duty.end_s)})
        capacity = [sum(d.drones for d in duties if d.start_s <= edge < d.end_s) for edge in edges]
        return cls(tuple(edges), tuple(capacity))

    def on_duty(self, t_s: float) -> int:
        """Drones that may be in use at a moment."""
        if not self._from_s <= t_s < self._until_s:
            place = bisect_right(self.edges_s, t_s)
            self._from_s, self._now = self.edges_s[place - 1], self.capacity[place - 1]
            self._until_s = self.edges_s[place] if place < len(self.edges_s) else math.inf
        return self._now

    def home_by_s(self, t_s: float, drones: int) -> float:
        """The next moment when so many drones in use would be too many."""
        for index in range(bisect_right(self.edges_s, t_s), len(self.edges_s)):
            if self.capacity[index] < drones:
                return self.edges_s[index]
        return math.inf

    def refusal(self, t_s: float) -> str:
        """Why one more drone cannot be flown now; '' where it can."""
        capacity = self.on_duty(t_s)
        if capacity == 0:
            return Missed.NO_CREW
        return Missed.CREW_BUSY if self.in_use >= capacity else ""
