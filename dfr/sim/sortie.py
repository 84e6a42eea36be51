"""One dispatch as a SimPy process: launch, out, on scene, back, landing, turnaround, giving way to traffic.

`Sortie` asks a `Flight` for one phase at a time, whoever flies it, and writes the records. What the control
room does about it (queue, clocks of the call) is reported to the `ControlRoom` that sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, cast

import simpy

from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.dispatch import Case, DeploymentState
from dfr.sim.event_log import EventLog
from dfr.sim.events import NEVER, Missed, RetaskRecord, came
from dfr.sim.flight import Flights, OnwardFlight, Order
from dfr.sim.flight_process import ControlRoom, FlightProcess, Interruption, NextTask, Steps
from dfr.sim.inputs import HOLD_LOW, LAND, LINK_PART, Leg, Traffic
from dfr.sim.resources import FleetDrone
from dfr.sim.retask import InAir

Answer = Generator[simpy.Event, Any, bool]
"""Steps that end in yes or no."""


class Sortie(FlightProcess):
    """A drone sent to a call, and perhaps on from it to others (`task`).

    `first_case` and `first_leg` are what it was dispatched for, and what its record is about; `case` and
    `leg` are what it does now.
    """

    __slots__ = (
        "_first_cut",
        "_flight",
        "_holding",
        "_link_lost",
        "_next",
        "_released",
        "_returns",
        "_stayed_before_s",
        "_staying_since_s",
        "case",
        "climbed_s",
        "cut_by",
        "dock_id",
        "first_case",
        "first_leg",
        "on_scene_s",
        "overhead_s",
        "task",
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
        condition = field.condition(field.env.now)
        leg, battery_wh = self._find_leg(field, dock, call.zone), condition.battery_wh
        if leg is None:
            raise ValueError(f"no route from dock {dock} to zone {call.zone} now")
        super().__init__(number, drone, leg, battery_wh, field, control, log)
        self.case, self.zone, self.dock_id = case, call.zone, inputs.docks[dock].id
        self.first_case, self.first_leg, self._released, self._returns = case, leg, "", False
        self.task: RetaskRecord | None = None
        self._next: NextTask | None = None
        self.climbed_s = self.overhead_s = NEVER
        self.yielded_s = self.on_scene_s = self._stayed_before_s = 0.0
        self.cut_by, self._link_lost = events.NOT_REACHED, False
        self._holding: tuple[Visit, str, float] | None = None
        share = inputs.reserve_fraction
        self._flight = flights.begin(
            Order(
                number, call.id, drone.id, dock, call.zone, leg,
                self._fraction * battery_wh, share * battery_wh if share else 0.0, call.landing,
            )
        )  # fmt: skip

    @staticmethod
    def _find_leg(field: DeploymentState, dock: int, zone: int) -> Leg | None:
        """The leg from a dock to a zone in the weather of this hour; None for none."""
        return field.condition(field.env.now).legs[dock][zone]

    def in_way_of(self, traffic: Traffic) -> bool:
        """Whether other traffic blocks the route of this flight."""
        return traffic.blocks[self.dock][self.zone]

    def close(self, t_s: float) -> None:
        """The horizon came before the sortie was over."""
        if self.phase == events.ON_SCENE and self._gives_way:
            self.on_scene_s += t_s - self._staying_since_s
        if self._holding is not None:
            self._end_hold(*self._holding)
        if not self.case.outcome and not self._returns:
            missed = "" if came(self.case.overhead_s) else Missed.HORIZON
            self._control.call_over(self.case, missed, self.on_scene_s - self._stayed_before_s, t_s)
            if self.task is not None:
                self._end_task(self.task, NEVER)
        if not came(self.landed_s):
            if came(self.airborne_s):
                self.energy_wh = self._flight.used_wh()
            self._log.flights.write(self)

    # -- the process --

    def _fly(self) -> Answer:
        case, env, flight = self.case, self._env, self._flight
        if case.call.launch_s > 0.0 and not (yield from self._prepare_launch(case.call.launch_s)):
            return False
        self.airborne_s = env.now
        if not came(case.overhead_s):
            case.airborne_s = env.now
        climbing = flight.launch()
        there = climbing is None or (yield from self._fly_phase(events.CLIMB, climbing, flight.launch))
        if there:
            self.climbed_s = env.now
            flying = flight.arrive()
            there = flying is None or (yield from self._fly_phase(events.OUT, flying, flight.arrive))
        if there:
            yield from self._stay_on_scene()
        self._leave_call(there)
        while self._next is not None:
            yield from self._attend(self._next)
        away = self.landing == events.DIVERTED
        while (returning := None if away else flight.go_home()) is not None:
            self.phase, self._returns = events.BACK, True
            try:
                yield returning
                break
            except Interruption as interruption:
                yield from self._turn_round(interruption)
                away = self.landing == events.DIVERTED
        self._returns, now = False, env.now
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
        return self._released or (Missed.LINK if self._link_lost else Missed.RECALLED)

    # -- sent on, or released --

    def in_air(self, zone: int, leg: Leg, *, home_by_s: float) -> InAir | None:
        """What it could do for a call in another zone; None where it gives way, lands or is down."""
        if not (self._gives_way or self._returns) or self.case.need is not None or self._link_lost:
            return None
        now, flight = self._env.now, cast("OnwardFlight", self._flight)
        way_s, stay_s = flight.onward(leg, same_zone=zone == self.zone)
        if self.phase == events.PREPARE:
            way_s += self._field.inputs.launch.median_s
        rank = None if self._returns else self.case.rank
        in_time_s = home_by_s - now - way_s - leg.home_s
        return InAir(drone=self.drone.id, rank=rank, overhead_s=way_s, stay_s=min(stay_s, in_time_s))

    def send_on(self, case: Case, leg: Leg) -> None:
        """Leave what it does, for another call; on the ground its launch is called off."""
        self._gives_way = True
        self._interrupt_phase(NextTask(case, leg))

    def release(self, why: str) -> None:
        """Leave its call: it is no longer needed there."""
        self._interrupt_phase(why)

    def _leave_call(self, there: bool) -> None:
        """It is done with its call: for good, or for another one."""
        self.left_s = now = self._env.now
        case, stayed_s = self.case, self.on_scene_s - self._stayed_before_s
        if self.task is not None:
            self._end_task(self.task, now)
        if self._next is not None:
            self._control.sent_on(case, stayed_s)
            return
        self._control.call_over(case, "" if there else self._why_turned(), stayed_s, now)
        if self._field.inputs.policing.re_task and not self.landing and not self._link_lost:
            self.phase, self._returns = events.BACK, True
            self._next = self._control.leaves(self)

    def _turn_round(self, interruption: Interruption) -> Steps:
        """On its way back it is sent on, to one call or several."""
        self._flight.break_off()
        self._next, self._gives_way = _task_of(interruption), False
        while self._next is not None:
            yield from self._attend(self._next)

    def _attend(self, going: NextTask) -> Steps:
        """Fly on to another call and serve it."""
        case, flight, before = going.case, cast("OnwardFlight", self._flight), self.case
        if before is self.first_case:
            self._first_cut = self.cut_by
        self.task = RetaskRecord(
            flight=self.number,
            drone=self.drone.id,
            dock=self.dock_id,
            left_call=before.call.id,
            call=case.call.id,
            phase=self.phase,
            before_s=self.left_s,
            sent_on_s=self._env.now,
            overhead_s=NEVER,
            left_s=NEVER,
            on_scene_s=0.0,
            cut_by=events.NOT_REACHED,
        )
        self._next, self._returns, self._released = None, False, ""
        flight.send_on(going.leg, same_zone=case.call.zone == self.zone)
        self.case, self.leg, self.zone = case, going.leg, case.call.zone
        self._stayed_before_s, self.cut_by, self.phase = self.on_scene_s, events.NOT_REACHED, events.OUT
        there = True
        for begin in (flight.turn, flight.arrive):
            under_way = begin() if there else None
            if under_way is not None:
                there = yield from self._fly_phase(events.OUT, under_way, begin)
        if there:
            yield from self._stay_on_scene()
        self._leave_call(there)

    def _end_task(self, task: RetaskRecord, left_s: float) -> None:
        """Write what it did for a call that it was sent on to; its own record is about the first."""
        stayed_s = self.on_scene_s - self._stayed_before_s
        self._log.retasks.write(task._replace(left_s=left_s, on_scene_s=stayed_s, cut_by=self.cut_by))
        self.task, self.cut_by = None, self._first_cut

    def _recovery_s(self) -> float:
        return self.case.call.recovery_s

    def _end_flight(self) -> None:
        """Write the flight; the call of one that was called off waits again."""
        self._log.flights.write(self)
        if not came(self.airborne_s):
            if self._released:
                self._control.call_over(self.case, self._released, 0.0, self._env.now)
            else:
                self._control.back_to_queue(self.case)
        self._control.crew_free(self.drone)

    def _prepare_launch(self, launch_s: float) -> Answer:
        """The launch itself: decision to airborne. Traffic announced meanwhile calls it off."""
        self.phase, self._gives_way = events.PREPARE, True
        try:
            yield self._env.timeout(launch_s)
        except Interruption as interruption:
            if interruption.cause == events.CUT_IN_HAND:
                self._released = events.CUT_IN_HAND
            elif not isinstance(interruption.cause, NextTask):
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
        now = env.now
        if self.task is None:
            self.overhead_s = now
        else:
            self.task = self.task._replace(overhead_s=now)
        if not came(case.overhead_s):
            case.overhead_s = now
            if self._field.inputs.patrols is not None:
                self._control.reached(case)
        self.phase = events.ON_SCENE
        self.cut_by, left_s = events.FULL_STAY, case.call.on_scene_s - case.on_scene_s
        if case.relief and case.need is not None:
            left_s = max(0.0, case.need.until_s - now)
            case.need.drone_arrives(now)
        asked = False
        while left_s > 0.0:
            if case.in_hand:
                self.cut_by = events.CUT_IN_HAND
                break
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
                    left_s, self.cut_by = 0.0, self._why_cut()
                now = env.now
        self._gives_way = False
        if case.need is not None:
            case.need.drone_leaves(now)

    def _why_cut(self) -> str:
        """Why a stay on scene was broken off."""
        if self._next is not None:
            return events.CUT_SENT_ON
        return self._released or (events.CUT_LINK if self._link_lost else events.CUT_TRAFFIC)

    def _allowed_stay(self, wanted_s: float, now: float) -> tuple[float, str]:
        """Seconds that the drone may stay now, and what cuts them short of what is wanted."""
        field, endurance_s = self._field, self._flight.endurance_s()
        few = field.inputs.policing.recall_few
        home_by_s, _ = field.home_by(now, field.place_of(self.drone) if few else field.crew.in_use)
        until_s = max(0.0, home_by_s - now - self.leg.home_s)
        if wanted_s <= endurance_s and wanted_s <= until_s:
            return wanted_s, events.FULL_STAY
        return (endurance_s, events.CUT_ENERGY) if endurance_s <= until_s else (until_s, events.CUT_HOME_BY)

    def _give_way(self, interruption: Interruption, phase: str) -> Answer:
        """Give way to other traffic. False where the drone does not go on with what it did."""
        self._flight.break_off()
        if isinstance(interruption.cause, NextTask):
            self._next = interruption.cause
            return False
        if interruption.cause == events.CUT_IN_HAND:
            self._released = events.CUT_IN_HAND
            return False
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


def _task_of(interruption: Interruption) -> NextTask:
    """The call that a drone is sent on to."""
    cause = interruption.cause
    if not isinstance(cause, NextTask):
        raise TypeError(f"interrupted by {cause!r} on its way back")
    return cause


def _visit_of(interruption: Interruption) -> Visit:
    """The visit that intervenes."""
    cause = interruption.cause
    if not isinstance(cause, Visit):
        raise TypeError(f"interrupted by {cause!r}, not by other traffic")
    return cause
