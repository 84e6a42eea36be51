"""One dispatch as a SimPy process: launch, out, on scene, back, landing, turnaround, giving way to traffic.

`Sortie` asks a `Flight` for one phase at a time, whoever flies it, and writes the records. What the control
room does about it (queue, clocks of the call) is reported to the `ControlRoom` that sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

import simpy

from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.dispatch import Case, DeploymentState
from dfr.sim.event_log import EventLog
from dfr.sim.events import NEVER, Missed, came
from dfr.sim.flight import Flights, Order
from dfr.sim.flight_process import ControlRoom, FlightProcess, Interruption, Steps
from dfr.sim.inputs import HOLD_LOW, LAND, LINK_PART, Traffic
from dfr.sim.resources import FleetDrone

Answer = Generator[simpy.Event, Any, bool]
"""Steps that end in yes or no."""


class Sortie(FlightProcess):
    """A drone sent to a call."""

    __slots__ = (
        "_flight",
        "_holding",
        "_link_lost",
        "_staying_since_s",
        "case",
        "climbed_s",
        "cut_by",
        "dock_id",
        "on_scene_s",
        "overhead_s",
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
        call, dock, inputs = case.call, drone.dock, field.inputs
        condition = field.condition(case.dispatched_s)
        leg, battery_wh = condition.legs[dock][call.zone], condition.battery_wh
        if leg is None:
            raise ValueError(f"no route from dock {dock} to zone {call.zone} now")
        super().__init__(number, drone, leg, battery_wh, field, control, log)
        self.case, self.zone, self.dock_id = case, call.zone, inputs.docks[dock].id
        self.climbed_s = self.overhead_s = NEVER
        self.yielded_s = self.on_scene_s = 0.0
        self.cut_by, self._link_lost = events.NOT_REACHED, False
        self._holding: tuple[Visit, str, float] | None = None
        share = inputs.reserve_fraction
        self._flight = flights.begin(
            Order(
                number, call.id, drone.id, dock, call.zone, leg,
                self._fraction * battery_wh, share * battery_wh if share else 0.0, call.landing,
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
        if not self.case.outcome:
            missed = "" if came(self.overhead_s) else Missed.HORIZON
            self._control.call_over(self.case, missed, self.on_scene_s, t_s)
        if not came(self.landed_s):
            if came(self.airborne_s):
                self.energy_wh = self._flight.used_wh()
            self._log.flights.write(self)

    # -- the process --

    def _fly(self) -> Answer:
        case, env, flight = self.case, self._env, self._flight
        if case.call.launch_s > 0.0 and not (yield from self._prepare_launch(case.call.launch_s)):
            return False
        self.airborne_s = case.airborne_s = env.now
        climbing = flight.launch()
        there = climbing is None or (yield from self._fly_phase(events.CLIMB, climbing, flight.launch))
        if there:
            self.climbed_s = env.now
            flying = flight.arrive()
            there = flying is None or (yield from self._fly_phase(events.OUT, flying, flight.arrive))
        if there:
            yield from self._stay_on_scene()
        self.left_s = now = env.now
        self._control.call_over(case, "" if there else self._why_turned(), self.on_scene_s, now)
        away = self.landing == events.DIVERTED
        returning = None if away else flight.go_home()
        if returning is not None:
            self.phase = events.BACK
            yield returning
            now = env.now
        self.over_dock_s = now
        landing = flight.land_away() if away else flight.land()
        if landing is not None:
            self.phase = events.LAND
            yield landing
            now = env.now
        endings = flight.landed()
        self.landed_s, self.landing, self.attempts = now, endings[-1], len(endings)
        self.energy_wh = flight.used_wh()
        return True

    def _why_turned(self) -> str:
        """Why the drone turned back before it was overhead."""
        return Missed.LINK if self._link_lost else Missed.RECALLED

    def _recovery_s(self) -> float:
        return self.case.call.recovery_s

    def _end_flight(self) -> None:
        """Write the flight; the call of one that was called off waits again."""
        self._log.flights.write(self)
        if not came(self.airborne_s):
            self._control.back_to_queue(self.case)
        self._control.crew_free(self.drone)

    def _prepare_launch(self, launch_s: float) -> Answer:
        """The launch itself: decision to airborne. Traffic announced meanwhile calls it off."""
        self.phase, self._gives_way = events.PREPARE, True
        try:
            yield self._env.timeout(launch_s)
        except Interruption as interruption:
            self._write_yield(interruption.cause, events.PREPARE, self._env.now)
            return False
        finally:
            self._gives_way = False
        return True

    def _fly_phase(
        self, phase: str, under_way: simpy.Event | None, go_on: Callable[[], simpy.Event | None]
    ) -> Answer:
        """Fly a phase that has begun to its end; False where the drone turns back."""
        self.phase = phase
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
        self.phase = events.ON_SCENE
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


def _visit_of(interruption: Interruption) -> Visit:
    """The visit that intervenes."""
    cause = interruption.cause
    if not isinstance(cause, Visit):
        raise TypeError(f"interrupted by {cause!r}, not by other traffic")
    return cause
