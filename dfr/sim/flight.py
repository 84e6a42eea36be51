"""A flight as the simulation sees it, and the default: one flown by the flight model.

The simulation asks a `Flight` for one phase at a time and waits for its event; it never asks how
the phase is flown. Another implementation may let real vehicles fly, with the clock paced by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import simpy

from dfr.sim.events import DIVERTED, DOCKED, NOT_DISARMED, RETRIED
from dfr.sim.inputs import Condition, Landing, Leg


class Order(NamedTuple):
    """What is to be flown: by which drone, from which dock to which zone, with how much energy.

    `landing` holds the flight's own random numbers, uniform on [0, 1), one for each attempt.
    """

    flight: int
    call: int
    drone: str
    dock: int
    zone: int
    leg: Leg
    energy_wh: float
    reserve_wh: float
    landing: tuple[float, ...]


class Attempt(NamedTuple):
    """One landing attempt: how it ended, and when it began."""

    outcome: str
    start_s: float


class Landed(NamedTuple):
    """How a flight came down: `docked`, `diverted` or `not_disarmed`, after these attempts."""

    outcome: str
    attempts: tuple[Attempt, ...]


class Flight(Protocol):
    """One sortie. Each phase is an event that succeeds when the phase is over.

    A phase that traffic interrupts is ended by `break_off`; asked for again, it goes on from
    where it stopped.
    """

    def launch(self) -> simpy.Event:
        """Lift off and climb to the cruise height."""

    def arrive(self) -> simpy.Event:
        """Fly out until overhead."""

    def hold(self, seconds: float) -> simpy.Event:
        """Stay where it is, on scene or out of the way, so long."""

    def go_home(self) -> simpy.Event:
        """Fly back until over the dock, from wherever it is."""

    def land(self) -> simpy.Event:
        """Come down into the dock, trying again as the contingency plan says; the value is `Landed`."""

    def land_away(self) -> simpy.Event:
        """Come down at once, outside the dock; the value is `Landed`."""

    def break_off(self) -> None:
        """End the phase in progress here and now."""

    def endurance_s(self) -> float:
        """How long it may still hold here and be home with its reserve, s."""

    def used_wh(self) -> float:
        """Energy used since lift-off, Wh."""


class Flights(Protocol):
    """Whoever flies: makes a flight of an order."""

    def begin(self, order: Order) -> Flight:
        """A flight that stands in its dock, ready to launch."""


@dataclass(frozen=True, slots=True)
class ModelFlights:
    """Flights by the flight model: phases last as `Leg` says, landings follow the odds of the hour."""

    env: simpy.Environment
    condition: Callable[[float], Condition]
    retries: int
    retry_s: float

    def begin(self, order: Order) -> Flight:
        """A flight of the model."""
        return ModelFlight(self, order)


class ModelFlight:
    """A flight of the model. Energy is drawn evenly over the way out, over the way home, and at hover."""

    __slots__ = ("_began_s", "_flights", "_left_s", "_order", "_phase", "_power_w", "_used_wh")

    def __init__(self, flights: ModelFlights, order: Order) -> None:
        leg = order.leg
        self._flights, self._order = flights, order
        self._left_s = {"climb": leg.climb_s, "out": leg.out_s, "home": leg.back_s, "hold": 0.0, "land": 0.0}
        self._phase, self._began_s, self._power_w, self._used_wh = "", 0.0, 0.0, 0.0

    def launch(self) -> simpy.Event:
        """Lift off and climb."""
        return self._begin("climb", _power_w(self._order.leg.out_wh, self._order.leg.overhead_s))

    def arrive(self) -> simpy.Event:
        """Fly out, or on."""
        return self._begin("out", _power_w(self._order.leg.out_wh, self._order.leg.overhead_s))

    def hold(self, seconds: float) -> simpy.Event:
        """Hover."""
        self._settle()
        self._left_s["hold"] = seconds
        return self._begin("hold", self._order.leg.hover_w)

    def go_home(self) -> simpy.Event:
        """Fly back the share of the way that was flown out."""
        self._settle()
        self._left_s["home"] = self._order.leg.back_s * self._share_out()
        return self._begin("home", _power_w(self._order.leg.home_wh, self._order.leg.home_s))

    def land(self) -> simpy.Event:
        """Land by the odds of the hour; each retry costs its time at hover power."""
        landing = self._flights.condition(self._flights.env.now).landing
        outcomes = landing_attempts(landing, self._order.landing, retries=self._flights.retries)
        land_s, now = self._order.leg.land_s, self._flights.env.now
        starts = [now + index * (land_s + self._flights.retry_s) for index in range(len(outcomes))]
        attempts = tuple(map(Attempt, outcomes, starts))
        return self._come_down(attempts, starts[-1] + land_s - now)

    def land_away(self) -> simpy.Event:
        """Land here; somebody has to fetch the drone."""
        return self._come_down((Attempt(DIVERTED, self._flights.env.now),), self._order.leg.land_s)

    def break_off(self) -> None:
        """Stop the phase and keep what is left of it."""
        self._settle()

    def endurance_s(self) -> float:
        """Hover seconds that the energy above the reserve and the way home allows."""
        self._settle()
        leg, order = self._order.leg, self._order
        if leg.hover_w <= 0.0:
            return math.inf
        home_s = leg.back_s * self._share_out() + leg.land_s
        home_wh = _power_w(leg.home_wh, leg.home_s) * home_s / 3600.0
        return max(0.0, (order.energy_wh - order.reserve_wh - self._used_wh - home_wh) * 3600.0 / leg.hover_w)

    def used_wh(self) -> float:
        """Energy used so far."""
        self._settle()
        return self._used_wh

    def _begin(self, phase: str, power_w: float) -> simpy.Event:
        self._settle()
        self._phase, self._began_s, self._power_w = phase, self._flights.env.now, power_w
        return self._flights.env.timeout(self._left_s[phase])

    def _come_down(self, attempts: tuple[Attempt, ...], seconds: float) -> simpy.Event:
        self._settle()
        self._left_s["land"] = seconds
        self._phase, self._began_s = "land", self._flights.env.now
        self._power_w = _power_w(self._order.leg.home_wh, self._order.leg.home_s)
        return self._flights.env.timeout(seconds, value=Landed(attempts[-1].outcome, attempts))

    def _settle(self) -> None:
        """Book the time flown since the phase began."""
        if not self._phase:
            return
        flown = min(self._flights.env.now - self._began_s, self._left_s[self._phase])
        self._left_s[self._phase] -= flown
        self._used_wh += self._power_w * flown / 3600.0
        self._began_s = self._flights.env.now

    def _share_out(self) -> float:
        """Share of the way out that was flown, 0 to 1."""
        out_s = self._order.leg.out_s
        return 1.0 - self._left_s["out"] / out_s if out_s > 0.0 else 1.0


def landing_attempts(landing: Landing, draws: tuple[float, ...], *, retries: int) -> tuple[str, ...]:
    """How the attempts of one landing end; after the last retry the drone diverts.

    >>> landing_attempts(Landing(docked=0.5, retry=0.5), (0.9, 0.2), retries=1)
    ('retry', 'docked')
    >>> landing_attempts(Landing(docked=0.5, retry=0.5), (0.9, 0.9), retries=1)
    ('retry', 'diverted')
    """
    outcomes: list[str] = []
    for attempt in range(retries + 1):
        outcome = _attempt(landing, draws[min(attempt, len(draws) - 1)])
        if outcome == RETRIED and attempt == retries:
            outcome = DIVERTED
        outcomes.append(outcome)
        if outcome != RETRIED:
            break
    return tuple(outcomes)


def _attempt(landing: Landing, draw: float) -> str:
    """The lowest draws are the worst kind of docking, so one number decides both."""
    if draw < landing.docked:
        return NOT_DISARMED if draw < landing.docked * landing.not_disarmed else DOCKED
    return RETRIED if draw < landing.docked + landing.retry else DIVERTED


def _power_w(energy_wh: float, seconds: float) -> float:
    return energy_wh * 3600.0 / seconds if seconds > 0.0 else 0.0
