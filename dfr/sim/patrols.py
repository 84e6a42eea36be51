"""Patrols: officers on the ground as a queue with places and travel, whose load the drones lighten.

Each call asks for a patrol once it is mobilised. The free patrol that is there soonest goes; where none is
free the call waits, in order of rank, then of asking. A patrol is busy from being sent until it is done, and
then stands where its last call was. A call that the drone overhead shows to need no officers is cleared: its
patrol is not sent, or is free again on its way, where it started from in the first half of it, else where it
was going (assumed). Fewer patrols are busy then, and officers reach other calls sooner.

By a roster the first so many are on duty. Who is free goes off duty at once and comes on again at the post;
who is busy then goes off once it is done.
"""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import simpy

from dfr.sim.dispatch import Case
from dfr.sim.event_log import EventLog
from dfr.sim.events import CLEARED, NEVER, came
from dfr.sim.inputs import Patrols


@dataclass(slots=True, eq=False)
class Errand:
    """What a call asks of the patrols; with the fields of a `PatrolRecord`."""

    case: Case
    asked_s: float
    zone: str
    call: int
    unit: int = -1
    sent_s: float = NEVER
    arrived_s: float = NEVER
    free_s: float = NEVER
    ending: str = ""

    @property
    def turn(self) -> tuple[int, float, int]:
        """Its place in the queue."""
        return self.case.rank, self.asked_s, self.call


@dataclass(slots=True, eq=False)
class PatrolBoard:
    """Where the patrols are and which calls wait for one; `arrive` hears that officers are at a call."""

    env: simpy.Environment
    patrols: Patrols
    log: EventLog
    arrive: Callable[[Case], None]
    places: list[int] = field(default_factory=list)
    free: list[bool] = field(default_factory=list)
    waiting: list[Errand] = field(default_factory=list)
    errands: dict[int, Errand] = field(default_factory=dict)
    on_duty: int = 0

    def __post_init__(self) -> None:
        """Every patrol is free at its post."""
        self.places = list(self.patrols.posts)
        self.free = [True] * len(self.places)
        self.on_duty = len(self.places)
        for from_s, units in self.patrols.on_duty:
            if from_s > 0.0:
                self._at(from_s, partial(self._change_duty, units))
            else:
                self.on_duty = units

    def hear(self, case: Case, asks_s: float) -> None:
        """A call will ask for a patrol at a moment, unless it is cleared before."""
        errand = self.errands[case.call.id] = Errand(case, asks_s, case.zone_id, case.call.id)
        if asks_s < math.inf:
            self._at(asks_s, lambda: self._ask(errand))

    def see_from_above(self, case: Case) -> None:
        """A drone is overhead: once it has looked, a call that needs no officers is cleared."""
        if case.call.clears:
            self._at(self.env.now + self.patrols.clears_after_s, lambda: self._clear(case))

    def settled(self, case: Case) -> bool:
        """Whether it is known when officers reach a call, or that they will not."""
        errand = self.errands[case.call.id]
        return bool(errand.ending) or came(errand.arrived_s)

    def close(self) -> None:
        """Write what the horizon cuts short."""
        for errand in self.errands.values():
            if not errand.ending and not came(errand.free_s) and errand.asked_s <= self.env.now:
                self.log.patrols.write(errand)

    def _ask(self, errand: Errand) -> None:
        if not errand.ending:
            insort(self.waiting, errand, key=lambda each: each.turn)
            self._send()

    def _send(self) -> None:
        """Send free patrols to the calls that wait."""
        while self.waiting and any(self.free[: self.on_duty]):
            errand = self.waiting.pop(0)
            ready = [unit for unit, free in enumerate(self.free[: self.on_duty]) if free]
            travel = [self._travel_s(unit, errand) for unit in ready]
            unit = ready[travel.index(min(travel))]
            self.free[unit] = False
            errand.unit, errand.sent_s = unit, self.env.now
            self._at(self.env.now + min(travel), partial(self._arrived, errand))

    def _change_duty(self, units: int) -> None:
        """So many are on duty from now on; those that come start at their post unless still busy."""
        for unit in range(self.on_duty, units):
            if self.free[unit]:
                self.places[unit] = self.patrols.posts[unit]
        self.on_duty = units
        self._send()

    def _travel_s(self, unit: int, errand: Errand) -> float:
        return self.patrols.travel_s[self.places[unit]][errand.case.call.zone]

    def _arrived(self, errand: Errand) -> None:
        if errand.ending:
            return
        errand.arrived_s = now = self.env.now
        self._at(now + errand.case.call.patrol_s, lambda: self._done(errand))
        self.arrive(errand.case)

    def _done(self, errand: Errand) -> None:
        errand.free_s = self.env.now
        self.log.patrols.write(errand)
        self._set_free(errand.unit, self._place_of(errand))

    def _clear(self, case: Case) -> None:
        """No officers are needed, unless they are there or the drone was taken away."""
        errand, now = self.errands[case.call.id], self.env.now
        if case.waiting or errand.ending or came(errand.arrived_s):
            return
        errand.ending = CLEARED
        if errand in self.waiting:
            self.waiting.remove(errand)
        if came(errand.sent_s):
            errand.free_s = now
            gone = 2.0 * (now - errand.sent_s) >= self._travel_s(errand.unit, errand)
            place = self._place_of(errand) if gone else self.places[errand.unit]
            self._set_free(errand.unit, place)
        self.log.patrols.write(errand)

    def _place_of(self, errand: Errand) -> int:
        """The place of its call, behind those of the posts."""
        return len(self.patrols.travel_s) - len(self.patrols.travel_s[0]) + errand.case.call.zone

    def _set_free(self, unit: int, place: int) -> None:
        self.places[unit], self.free[unit] = place, True
        self._send()

    def _at(self, t_s: float, act: Callable[[], None]) -> None:
        self.env.timeout(max(0.0, t_s - self.env.now)).callbacks.append(lambda _: act())
