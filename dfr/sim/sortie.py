"""One dispatch as a SimPy process: launch, out, on scene, back, landing, turnaround, giving way to traffic.

`Sortie` asks a `Flight` for one phase at a time, whoever flies it, and writes the records. What the control
room does about it (queue, clocks of the call) is reported to the `ControlRoom` that sent it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator
from typing import Any, Protocol

import simpy

from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.dispatch import Case, DeploymentState
from dfr.sim.event_log import EventLog
from dfr.sim.events import NEVER, Missed, came
from dfr.sim.flight import Flights, Order
from dfr.sim.flight_process import FlightProcess, Interruption, Steps, TurnaroundListener
from dfr.sim.inputs import HOLD_LOW, LAND, LINK_PART, Traffic
from dfr.sim.resources import FleetDrone

Answer = Generator[simpy.Event, Any, bool]
"""Steps that end in yes or no."""


class ControlRoom(TurnaroundListener, Protocol):
    """Whoever sent a sortie and follows how it goes."""

    def call_over(self, case: Case, outcome: str, reason: str, on_scene_s: float, ended_s: float) -> None:
        """A call is closed, at a moment."""

    def must_leave(self, case: Case, leaves_s: float) -> None:
        """A drone overhead will have to leave for energy before its call is over."""

    def back_to_queue(self, case: Case) -> None:
        """A launch was called off on the ground: the call waits again."""

    def crew_free(self, drone: FleetDrone) -> None:
        """A drone is down: those who flew it may fly another, and its route is free."""


class Sortie(FlightProcess):
    """A drone sent to a call."""

    __slots__ = (
        "_battery_wh",
        "_control",
        "_flight",
        "_fraction",
        "_holding",
        "_link_lost",
        "_staying_since_s",
        "airborne_s",
        "attempts",
        "case",
        "cut_by",
        "dispatched_s",
        "dock_id",
        "energy_wh",
        "landed_s",
        "landing",
        "left_s",
        "leg",
        "on_scene_s",
        "overhead_s",
        "reserve_fraction",
        "yielded_s",
        "zone",
    )

    def __init__(
        self,
        number: int,
        *,
        field: DeploymentState,
        control: ControlRoom,
        flights: Flights,
        log: EventLog,
        case: Case,
        drone: FleetDrone,
    ) -> None:
        super().__init__(number, drone, field=field, log=log)
        now, docks = field.env.now, field.inputs.docks
        condition, share = field.condition(now), field.inputs.reserve_fraction
        leg = condition.legs[self.dock][case.call.zone]
        if leg is None:
            raise ValueError(f"no route from dock {self.dock} to zone {case.call.zone} now")
        self.case, self.zone, self.leg, self.dock_id = case, case.call.zone, leg, docks[self.dock].id
        self.dispatched_s = now
        self.airborne_s = self.overhead_s = self.left_s = self.landed_s = self.reserve_fraction = NEVER
        self.yielded_s = self.on_scene_s = self.energy_wh = 0.0
        self.cut_by, self.landing, self.attempts = events.NOT_REACHED, "", 0
        self._control = control
        self._battery_wh, self._fraction = condition.battery_wh, drone.fraction(now)
        self._link_lost = False
        self._holding: tuple[Visit, str, float] | None = None
        self._staying_since_s = 0.0
        self._flight = flights.begin(
            Order(
                number, case.call.id, drone.id, self.dock, self.zone, leg,
                self._fraction * self._battery_wh, share * self._battery_wh if share else 0.0,
                case.call.landing,
            )
        )  # fmt: skip

    def in_way_of(self, traffic: Traffic) -> bool:
        """Whether other traffic blocks the route of this flight."""
        return traffic.blocks[self.dock][self.zone]

    def close(self, t_s: float) -> None:
        """The horizon came before the sortie was over."""
        if self.phase == events.ON_SCENE and self._gives_way:
            self.on_scene_s += t_s - self._staying_since_s
        if self._holding is not None:
            self._end_hold(*self._holding)
        self._end_phase(t_s)
        if not self.case.outcome:
            self._close_call(reached=came(self.overhead_s), reason=Missed.HORIZON, now=t_s)
        if came(self.airborne_s) and not came(self.landed_s):
            self.energy_wh = self._flight.used_wh()
            self._log.flights.write(self)

    # -- the process --

    def _fly_and_charge(self) -> Steps:
        case, env = self.case, self._env
        if case.call.launch_s > 0.0 and not (yield from self._prepare_launch(case.call.launch_s)):
            self._control.back_to_queue(case)
            self._control.crew_free(self.drone)
            self._control.drone_ready(self.drone)
            return
        self.airborne_s = case.airborne_s = env.now
        there = yield from self._fly_out()
        if there:
            yield from self._stay_on_scene()
        now = self.left_s = env.now
        self._close_call(reached=there, reason=Missed.LINK if self._link_lost else Missed.RECALLED, now=now)
        yield from self._come_home()
        left = max(0.0, self._fraction - self.energy_wh / self._battery_wh)
        if self._battery_wh != math.inf:
            self.reserve_fraction = left
        self._log.flights.write(self)
        self._control.crew_free(self.drone)
        fetch_s = 0.0 if self.landing == events.DOCKED else case.call.recovery_s
        yield from self._turn_around(self._control, left=left, fetch_s=fetch_s)

    def _prepare_launch(self, launch_s: float) -> Answer:
        """The launch itself: decision to airborne. Traffic announced meanwhile calls it off."""
        self._begin_phase(events.PREPARE, self._env.now)
        self._gives_way = True
        try:
            yield self._env.timeout(launch_s)
        except Interruption as interruption:
            self._write_yield(interruption.cause, events.PREPARE, self._env.now)
            return False
        finally:
            self._gives_way = False
            self._end_phase(self._env.now)
        return True

    def _fly_out(self) -> Answer:
        """Climb and fly out, giving way where asked; False where the drone turns back."""
        for phase, begin in ((events.CLIMB, self._flight.launch), (events.OUT, self._flight.arrive)):
            under_way = begin()
            if under_way is None:
                continue
            self._begin_phase(phase, self._env.now)
            there = yield from self._fly_phase(phase, under_way, begin)
            self._end_phase(self._env.now)
            if not there:
                return False
        return True

    def _fly_phase(
        self, phase: str, under_way: simpy.Event | None, go_on: Callable[[], simpy.Event | None]
    ) -> Answer:
        """Fly a phase that has begun to its end; False where the drone turns back."""
        while under_way is not None:
            try:
                self._gives_way = True
                yield under_way
                break
            except Interruption as interruption:
                self._gives_way = False
                if not (yield from self._give_way(interruption, phase)):
                    return False
                under_way = go_on()
        self._gives_way = False
        return True

    def _stay_on_scene(self) -> Steps:
        """On scene for as long as the call needs and energy, weather, crew and traffic allow."""
        case, env = self.case, self._env
        now = self.overhead_s = case.overhead_s = env.now
        self._begin_phase(events.ON_SCENE, now)
        self.cut_by, left_s = events.FULL_STAY, case.call.on_scene_s
        if case.relief and case.need is not None:
            left_s = max(0.0, case.need.until_s - now)
            case.need.drone_arrives(now)
        asked = False
        while left_s > 0.0:
            seconds, cut = self._allowed_stay(left_s, now)
            if cut == events.CUT_ENERGY and not asked:
                asked = True
                self._control.must_leave(case, now + seconds)
            self._staying_since_s, self._gives_way = now, True
            try:
                staying = self._flight.hold(seconds)
                if staying is not None:
                    yield staying
                now = env.now
                self.on_scene_s += seconds
                left_s, self.cut_by = 0.0, cut
            except Interruption as interruption:
                self._gives_way = False
                self._flight.break_off()
                stayed_s = env.now - self._staying_since_s
                left_s -= stayed_s
                self.on_scene_s += stayed_s
                if not (yield from self._give_way(interruption, events.ON_SCENE)):
                    left_s, self.cut_by = 0.0, events.CUT_LINK if self._link_lost else events.CUT_TRAFFIC
                now = env.now
        self._gives_way = False
        if case.need is not None:
            case.need.drone_leaves(now)
        self._end_phase(now)

    def _allowed_stay(self, wanted_s: float, now: float) -> tuple[float, str]:
        """Seconds that the drone may stay now, and what cuts them short of what is wanted."""
        field, endurance_s = self._field, self._flight.endurance_s()
        home_by_s, _ = field.home_by(now, field.crew.in_use)
        until_s = max(0.0, home_by_s - now - self.leg.home_s)
        if wanted_s <= endurance_s and wanted_s <= until_s:
            return wanted_s, events.FULL_STAY
        return (endurance_s, events.CUT_ENERGY) if endurance_s <= until_s else (until_s, events.CUT_HOME_BY)

    def _give_way(self, interruption: Interruption, phase: str) -> Answer:
        """Give way to other traffic. False where the drone does not go on with what it did."""
        self._flight.break_off()
        if interruption.cause == LINK_PART:
            self._link_lost = True
            self._write_yield(interruption.cause, phase, self._env.now)
            return False
        visit = _visit_of(interruption)
        traffic, start_s = self._field.inputs.traffic[visit.traffic], self._env.now
        if traffic.rule != HOLD_LOW:
            self.landing = events.DIVERTED if traffic.rule == LAND else ""
            self._write_yield(visit, phase, start_s)
            return False
        self._holding = (visit, phase, start_s)
        goes_on = True
        while goes_on and (active := self._field.blocking(self.dock, self.zone)) is not None:
            limit_s = self._flight.endurance_s() - traffic.yield_s
            if limit_s <= 0.0:
                goes_on = False
                break
            holding = self._flight.hold_low(limit_s)
            if holding is not None:
                yield holding | active.gone
            self._flight.break_off()
            goes_on = active.gone.triggered
            rising = self._flight.rise(traffic.yield_s)
            if rising is not None:
                yield rising
        self._end_hold(visit, phase, start_s)
        return goes_on

    def _end_hold(self, visit: Visit, phase: str, start_s: float) -> None:
        """Write a hold that is over, or that the horizon cuts short."""
        self._holding = None
        self.yielded_s += self._env.now - start_s
        self._write_yield(visit, phase, start_s)

    def _come_home(self) -> Steps:
        """Back, down and out of the crew's hands."""
        if self.landing == events.DIVERTED:
            coming_down = self._flight.land_away
        else:
            flying = self._flight.go_home()
            if flying is not None:
                yield from self._spend_phase(events.BACK, flying)
            coming_down = self._flight.land
        landing = coming_down()
        if landing is not None:
            yield from self._spend_phase(events.LAND, landing)
        attempts = self._flight.landed()
        self.landed_s, self.landing, self.attempts = self._env.now, attempts[-1].outcome, len(attempts)
        self.energy_wh = self._flight.used_wh()
        self._write_landing(attempts, self.dock)

    def _close_call(self, *, reached: bool, reason: str, now: float) -> None:
        if not reached:
            self._control.call_over(self.case, events.MISSED, reason, 0.0, now)
            return
        outcome = events.FIRST if self.overhead_s < self.case.call.ground_s else events.ATTENDED
        self._control.call_over(self.case, outcome, "", self.on_scene_s, now)


def _visit_of(interruption: Interruption) -> Visit:
    """The visit that intervenes."""
    cause = interruption.cause
    if not isinstance(cause, Visit):
        raise TypeError(f"interrupted by {cause!r}, not by other traffic")
    return cause
