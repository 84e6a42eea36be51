"""A dispatch of a live shift: the simulation's sortie, which people turn back and vehicles may fail."""

from __future__ import annotations

from typing import Protocol, cast

import simpy

from dfr.errors import DfrError
from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.events import Missed, came
from dfr.sim.flight import Flight
from dfr.sim.flight_process import Interruption, Steps
from dfr.sim.inputs import HOLD_LOW
from dfr.sim.sortie import Answer, Sortie

RECALLED, LAND_HERE, HANDS_OFF = "recalled", "land_here", "hands_off"
"""Why a sortie turns back: a person recalls it, lets it land where it is, or it is no longer ours to fly."""

TURNS_BACK = frozenset({RECALLED, LAND_HERE, HANDS_OFF})


class PreparedFlight(Flight, Protocol):
    """A flight that is made ready before it launches, and may stop being ours."""

    failure: DfrError | None
    overdue: str

    @property
    def aloft(self) -> bool:
        """Whether it was found in the air: there is no launch to call off."""

    @property
    def in_the_air(self) -> bool:
        """Whether it has launched and not landed."""

    def prepare(self) -> simpy.Event:
        """Make it ready on the ground; the event comes once nothing stands against the launch."""

    def call_off(self) -> simpy.Event:
        """Stop what is prepared; the event comes once the drone is free again."""


class LiveSortie(Sortie):
    """A drone sent to a call by a person's yes; `turned_by` says what turned it back, '' for nothing."""

    __slots__ = ("_turns_later", "turned_by")

    def turn_back(self, why: str) -> bool:
        """Turn it back: now, or once other traffic is gone; False where it is on its way home already."""
        if self._gives_way:
            self.turned_by = why
            self._interrupt_phase(why)
            return True
        if came(self.left_s) or self.over:
            return False
        self._turns_later = why
        return True

    @property
    def flight(self) -> PreparedFlight:
        """The flight of its vehicle."""
        return cast("PreparedFlight", self._flight)

    def _prepare_launch(self, launch_s: float) -> Answer:
        """Upload, verify and check; a person, other traffic or a refusal of the vehicle calls it off.

        One that was found in the air flies on meanwhile: it does what it was asked once it is taken on.
        """
        self.turned_by = self._turns_later = ""
        self.phase, self._gives_way = events.PREPARE, not self.flight.aloft
        try:
            yield self.flight.prepare()
        except Interruption as interruption:
            self._gives_way = False
            if isinstance(interruption.cause, Visit):
                self._write_yield(interruption.cause, events.PREPARE, self._env.now)
            yield self.flight.call_off()
            return False
        self._gives_way = False
        if self.flight.aloft:
            self._env.timeout(0.0).callbacks.append(self._catch_up)
        return True

    def _catch_up(self, _: simpy.Event) -> None:
        """Turn back, or give way to other traffic, as it was asked to while it was being taken on."""
        active, why = self._field.blocking(self.dock, self.zone), self._turns_later
        holds = active is not None and self._field.inputs.traffic[active.visit.traffic].rule == HOLD_LOW
        if why == HANDS_OFF or (why and not holds):
            self.turn_back(why)
        elif active is not None:
            self.hear_of(active)

    def _give_way(self, interruption: Interruption, phase: str) -> Answer:
        if interruption.cause not in TURNS_BACK:
            goes_on = yield from super()._give_way(interruption, phase)
            if not goes_on or not self._turns_later:
                return goes_on
            self.turned_by = self._turns_later
        self._flight.break_off()
        if self.turned_by == LAND_HERE:
            self.landing = events.DIVERTED
        return False

    def _stay_on_scene(self) -> Steps:
        yield from super()._stay_on_scene()
        if self.turned_by == RECALLED:
            self.cut_by = events.FULL_STAY
        elif self.turned_by == HANDS_OFF:
            self.cut_by = events.CUT_LINK

    def _why_turned(self) -> str:
        return Missed.LINK if self.turned_by == HANDS_OFF else super()._why_turned()
