"""A flight as the simulation sees it, and the default: one flown by the flight model.

The simulation asks a `Flight` for one phase at a time and waits for its event; it never asks how
the phase is flown. Another implementation may let real vehicles fly, with the clock paced by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import simpy

from dfr.sim.events import DIVERTED, DOCKED, NOT_DISARMED, RETRIED
from dfr.sim.inputs import Condition, Landing, Leg

SHORTEST_S = 1e-9
"""A phase shorter than this draws no energy: beside a clock of hours its seconds are rounded away."""


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


class Flight(Protocol):
    """One sortie. Each phase is an event that succeeds when the phase is over; None where it is at once.

    A phase that traffic interrupts is ended by `break_off`; asked for again, it goes on from
    where it stopped.
    """

    def launch(self) -> simpy.Event | None:
        """Lift off and climb to the cruise height."""

    def arrive(self) -> simpy.Event | None:
        """Fly out until overhead."""

    def hold(self, seconds: float) -> simpy.Event | None:
        """Stay where it is, on scene or clear of traffic, for so long."""

    def hold_low(self, seconds: float) -> simpy.Event | None:
        """Descend clear of other traffic and stay there for so long."""

    def rise(self, seconds: float) -> simpy.Event | None:
        """Up again from where it held low, within so long."""

    def go_home(self) -> simpy.Event | None:
        """Fly back until over the dock, from wherever it is."""

    def land(self) -> simpy.Event | None:
        """Come down into the dock, trying again as the contingency plan says."""

    def land_away(self) -> simpy.Event | None:
        """Come down at once, outside the dock."""

    def landed(self) -> tuple[str, ...]:
        """How each attempt of the landing that is over ended; the last is how the flight did."""

    def break_off(self) -> None:
        """End the phase in progress here and now."""

    def endurance_s(self) -> float:
        """How long it may still hold here and be home with its reserve, s."""

    def used_wh(self) -> float:
        """Energy used since lift-off, Wh."""


@runtime_checkable
class OnwardFlight(Flight, Protocol):
    """A flight that can be sent on to another zone while it is in the air, along the planned routes."""

    def onward(self, leg: Leg, *, same_zone: bool) -> tuple[float, float]:
        """Seconds until it would be overhead by another leg from its dock, and how long it could stay."""

    def send_on(self, leg: Leg, *, same_zone: bool) -> None:
        """From now on it flies to another zone: `turn`, then `arrive`."""

    def turn(self) -> simpy.Event | None:
        """Fly back until over its dock, or finish the climb, on the way to another zone."""


class Flights(Protocol):
    """Makes a flight of an order: the flight model, or vehicles."""

    def begin(self, order: Order) -> Flight:
        """A flight that stands in its dock, ready to launch."""


@dataclass(frozen=True, slots=True)
class ModelFlights:
    """Flights by the flight model: phases last as `Leg` says, landings end by the hour's probabilities."""

    env: simpy.Environment
    condition: Callable[[float], Condition]
    retries: int
    retry_s: float

    def begin(self, order: Order) -> Flight:
        """A flight of the model."""
        return ModelFlight(self, order)


CLIMB, OUT, HOLD, HOME, LAND, TURN = range(6)


class ModelFlight:
    """A flight of the model. It draws constant power on the outward path, on the return leg and in hover."""

    __slots__ = (
        "_began_s",
        "_ends_s",
        "_env",
        "_flights",
        "_landed",
        "_left_s",
        "_order",
        "_phase",
        "_power_w",
        "_turn_w",
        "_used_wh",
    )

    def __init__(self, flights: ModelFlights, order: Order) -> None:
        leg = order.leg
        self._flights, self._order, self._env = flights, order, flights.env
        self._left_s = [leg.climb_s, leg.out_s, 0.0, 0.0, 0.0, 0.0]
        self._phase, self._power_w, self._used_wh = HOLD, 0.0, 0.0
        self._began_s = self._ends_s = 0.0
        self._landed: tuple[str, ...] = ()
        self._turn_w = 0.0

    def launch(self) -> simpy.Event | None:
        """Lift off and climb."""
        left_s = self._left_s[CLIMB]
        return self._begin_phase(CLIMB, left_s) if left_s > 0.0 else None

    def arrive(self) -> simpy.Event | None:
        """Fly out, or on."""
        left_s = self._left_s[OUT]
        return self._begin_phase(OUT, left_s) if left_s > 0.0 else None

    def hold(self, seconds: float) -> simpy.Event | None:
        """Hover."""
        return self._begin_phase(HOLD, seconds) if seconds > 0.0 else None

    def hold_low(self, seconds: float) -> simpy.Event | None:
        """Hover; what the descent and climb cost is the scenario's `yield_s`."""
        return self.hold(seconds)

    def rise(self, seconds: float) -> simpy.Event | None:
        """Hover."""
        return self.hold(seconds)

    def go_home(self) -> simpy.Event | None:
        """Fly back the share of the outward path that was flown."""
        back_s = self._order.leg.back_s
        back_s = back_s * self._share_out() if back_s > 0.0 else 0.0
        back_s += self._left_s[TURN]
        return self._begin_phase(HOME, back_s) if back_s > 0.0 else None

    def land(self) -> simpy.Event | None:
        """Land by the probabilities of the hour; each retry costs its time."""
        flights, order = self._flights, self._order
        landing = flights.condition(self._env.now).landing_at(order.dock)
        self._landed = endings = landing_attempts(landing, order.landing, retries=flights.retries)
        land_s = order.leg.land_s
        land_s += (len(endings) - 1) * (land_s + flights.retry_s)
        return self._begin_phase(LAND, land_s) if land_s > 0.0 else None

    def land_away(self) -> simpy.Event | None:
        """Land here; somebody has to fetch the drone."""
        self._landed, land_s = (DIVERTED,), self._order.leg.land_s
        return self._begin_phase(LAND, land_s) if land_s > 0.0 else None

    def landed(self) -> tuple[str, ...]:
        """How the attempts of its landing ended."""
        return self._landed

    def break_off(self) -> None:
        """Stop the phase and keep what is left of it."""
        self._book_energy()

    def endurance_s(self) -> float:
        """Hover seconds that the energy above the reserve and the return leg allows."""
        leg, order = self._order.leg, self._order
        if leg.hover_w <= 0.0 or order.energy_wh == math.inf:
            return math.inf
        self._book_energy()
        home_wh = _home_w(leg) * (leg.back_s * self._share_out() + leg.land_s + self._left_s[TURN]) / 3600.0
        spare_wh = order.energy_wh - order.reserve_wh - self._used_wh - home_wh
        return max(0.0, spare_wh * 3600.0 / leg.hover_w)

    def onward(self, leg: Leg, *, same_zone: bool) -> tuple[float, float]:
        """By the planned routes alone: on along its own to the same zone, else over its dock and out again.

        One that is turning to another leg already finishes that turn first, and cannot say.
        """
        if self._left_s[TURN] > 0.0:
            return math.inf, -math.inf
        turn_s, turn_w, out_s = self._way_on(leg, same_zone)
        order = self._order
        if leg.hover_w <= 0.0 or order.energy_wh == math.inf:
            return turn_s + out_s, math.inf
        fly_wh = (turn_s * turn_w + out_s * power_w(leg.out_wh, leg.overhead_s)) / 3600.0
        spare_wh = order.energy_wh - order.reserve_wh - self._used_wh - fly_wh - leg.home_wh
        return turn_s + out_s, spare_wh * 3600.0 / leg.hover_w

    def send_on(self, leg: Leg, *, same_zone: bool) -> None:
        """Turn to another leg, from wherever it is."""
        turn_s, self._turn_w, out_s = self._way_on(leg, same_zone)
        self._left_s = [0.0, out_s, 0.0, 0.0, 0.0, turn_s]
        self._phase, self._order = HOLD, self._order._replace(leg=leg)

    def turn(self) -> simpy.Event | None:
        """Fly back over the dock, or finish the climb."""
        left_s = self._left_s[TURN]
        return self._begin_phase(TURN, left_s) if left_s > 0.0 else None

    def _way_on(self, leg: Leg, same_zone: bool) -> tuple[float, float, float]:
        """Seconds before it is on its way out by another leg and their power, W; then seconds out."""
        self._book_energy()
        own, left_s, place = self._order.leg, self._left_s, self._share_out()
        if self._phase == HOME and own.back_s > 0.0:
            place = left_s[HOME] / own.back_s
        if same_zone or left_s[CLIMB] > 0.0:
            climb_w = power_w(own.out_wh, own.overhead_s)
            return left_s[CLIMB], climb_w, (1.0 - place) * leg.out_s
        return place * own.back_s, _home_w(own), leg.out_s

    def used_wh(self) -> float:
        """Energy used so far."""
        self._book_energy()
        return self._used_wh

    def _begin_phase(self, phase: int, seconds: float) -> simpy.Event:
        """Begin a phase, or go on with it."""
        self._book_energy()
        now = self._env.now
        self._left_s[phase] = seconds
        self._phase, self._began_s, self._ends_s = phase, now, now + seconds
        self._power_w = self._turn_w if phase == TURN else _power_w(phase, self._order.leg)
        return self._env.timeout(seconds)

    def _book_energy(self) -> None:
        """Book the time flown since the phase began: all of it once its end has come, however they round."""
        left_s = self._left_s[self._phase]
        if left_s <= 0.0:
            return
        now = self._env.now
        flown = left_s if now >= self._ends_s else now - self._began_s
        self._left_s[self._phase] = left_s - flown
        self._used_wh += self._power_w * flown / 3600.0
        self._began_s = now

    def _share_out(self) -> float:
        """Share of the outward path that was flown, 0 to 1."""
        self._book_energy()
        out_s = self._order.leg.out_s
        return 1.0 - self._left_s[OUT] / out_s if out_s > 0.0 else 1.0


def _power_w(phase: int, leg: Leg) -> float:
    """Power of a phase, W."""
    if phase == HOLD:
        return leg.hover_w
    return power_w(leg.out_wh, leg.overhead_s) if phase in {CLIMB, OUT} else _home_w(leg)


def _home_w(leg: Leg) -> float:
    """Power from leaving the scene to touchdown, W."""
    return power_w(leg.home_wh, leg.home_s)


def landing_attempts(landing: Landing, draws: tuple[float, ...], *, retries: int) -> tuple[str, ...]:
    """How the attempts of one landing end; after the last retry the drone diverts.

    >>> landing_attempts(Landing(docked=0.5, retry=0.5), (0.9, 0.2), retries=1)
    ('retry', 'docked')
    >>> landing_attempts(Landing(docked=0.5, retry=0.5), (0.9, 0.9), retries=1)
    ('retry', 'diverted')
    """
    outcome = _attempt_outcome(landing, draws[0])
    if outcome != RETRIED:
        return (outcome,)
    if retries == 0:
        return (DIVERTED,)
    return (RETRIED, *landing_attempts(landing, draws[1:] or draws, retries=retries - 1))


def _attempt_outcome(landing: Landing, draw: float) -> str:
    """The lowest draws are the worst kind of docking, so one number decides both."""
    if draw < landing.docked:
        return NOT_DISARMED if draw < landing.docked * landing.not_disarmed else DOCKED
    return RETRIED if draw < landing.docked + landing.retry else DIVERTED


def power_w(energy_wh: float, seconds: float) -> float:
    """Power of an energy drawn evenly over a time, W; none over a time too short for any clock.

    >>> power_w(1.0, 60.0), power_w(1.0, 0.0), power_w(1.0, 5e-324)
    (60.0, 0.0, 0.0)
    """
    return energy_wh * 3600.0 / seconds if seconds > SHORTEST_S else 0.0
