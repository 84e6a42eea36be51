"""One dispatch as a SimPy process: launch, out, on scene, home, landing, turnaround, giving way to traffic.

`Sortie` asks a `Flight` for its phases and writes the records; what the control room does about
it (queue, clocks of the call) is told to the `Desk` that sent it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

import simpy

from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.diary import Diary, Steps
from dfr.sim.dispatch import ActiveVisit, Case, Field
from dfr.sim.dock import Drone
from dfr.sim.events import Log as Log  # noqa: PLC0414 - for those who know it from here
from dfr.sim.flight import Flight, Flights, Order
from dfr.sim.inputs import HOLD_LOW, LAND, LINK_PART, Traffic

Asking = Generator[simpy.Event, Any, bool]


class Desk(Protocol):
    """The control room, as a sortie sees it."""

    def call_over(self, case: Case, outcome: str, reason: str, on_scene_s: float, ended_s: float) -> None:
        """A call is closed, at a moment."""

    def must_leave(self, case: Case, leaves_s: float) -> None:
        """A drone overhead will have to leave for energy before its call is over."""

    def back_to_queue(self, case: Case) -> None:
        """A launch was called off on the ground: the call waits again."""

    def crew_free(self, drone: Drone) -> None:
        """A drone is down: those who flew it may fly another, and its way is free."""

    def drone_ready(self, drone: Drone) -> None:
        """A drone is in its dock and charged enough to be offered."""

    def look_again(self) -> None:
        """Something changed that may let a waiting call be served."""


class Sortie:
    """A drone on its way for a call."""

    def __init__(
        self,
        number: int,
        *,
        field: Field,
        desk: Desk,
        flights: Flights,
        log: Log,
        case: Case,
        drone: Drone,
    ) -> None:
        self.number, self.case, self.drone = number, case, drone
        self.zone, self.dock = case.call.zone, drone.dock
        self._dock_id = field.inputs.docks[self.dock].id
        self._field, self._desk, self._log, self._env = field, desk, log, field.env
        condition = field.condition(field.env.now)
        self._leg, self._battery_wh = field.leg(self.dock, self.zone), condition.battery_wh
        self._fraction = drone.fraction(field.env.now)
        self._flight: Flight = flights.begin(
            Order(
                number, case.call.id, drone.id, self.dock, self.zone, self._leg,
                drone.energy_wh(field.env.now, condition),
                field.inputs.reserve_fraction * self._battery_wh if field.inputs.reserve_fraction else 0.0,
                case.call.landing,
            )
        )  # fmt: skip
        self._diary = Diary(number, drone, field=field, log=log)
        self._gives_way = self._link_lost = False
        self._holding: tuple[Visit, str, float] | None = None
        self._yielded_s = self._on_scene_s = self._staying_since_s = 0.0
        self._cut, self._landing, self._attempts = events.NOT_REACHED, "", 0
        self._dispatched_s = field.env.now
        self._airborne_s = self._overhead_s = self._left_s = self._landed_s = events.NEVER
        self.process = field.env.process(self._run())

    def in_way_of(self, traffic: Traffic) -> bool:
        """Whether other traffic is in the way of this flight."""
        return traffic.blocks[self.dock][self.zone]

    def hear_of(self, active: ActiveVisit) -> None:
        """Other traffic announced itself on our way."""
        if self._gives_way:
            self.process.interrupt(active.visit)

    def lose_link(self) -> None:
        """The link to this drone is lost: on the ground it stays, in the air it comes home."""
        if self._gives_way:
            self.process.interrupt(LINK_PART)

    def passes_under(self, visit: Visit) -> None:
        """Other traffic that heights keep apart from us: on record, at no cost."""
        if self._diary.phase in (events.CLIMB, events.OUT, events.ON_SCENE, events.BACK):
            self._diary.told(visit, self._diary.phase, self._env.now)

    def close(self, t_s: float) -> None:
        """The horizon came before the sortie was over."""
        if self._diary.phase == events.ON_SCENE and self._gives_way:
            self._on_scene_s += t_s - self._staying_since_s
        if self._holding is not None:
            self._end_hold(*self._holding)
        self._diary.end(t_s)
        if not self.case.ended:
            self._close_call(reached=events.came(self._overhead_s), reason=events.Missed.HORIZON)
        if events.came(self._airborne_s) and not events.came(self._landed_s):
            self._log_flight()

    # -- the process --

    def _run(self) -> Steps:
        prepared = yield from self._prepare()
        if not prepared:
            self._desk.back_to_queue(self.case)
            self._desk.crew_free(self.drone)
            self._desk.drone_ready(self.drone)
            return
        self._airborne_s = self.case.airborne_s = self._env.now
        there = yield from self._fly(events.CLIMB, self._flight.launch)
        there = there and (yield from self._fly(events.OUT, self._flight.arrive))
        if there:
            yield from self._stay()
        self._left_s = self._env.now
        lost = events.Missed.LINK if self._link_lost else events.Missed.RECALLED
        self._close_call(reached=there, reason=lost)
        yield from self._come_home()
        yield from self._turn_round()

    def _prepare(self) -> Asking:
        """The launch itself: decision to airborne. Traffic announced meanwhile calls it off."""
        self._diary.begin(events.PREPARE)
        if self.case.call.launch_s <= 0.0:
            return True
        self._gives_way = True
        try:
            yield self._env.timeout(self.case.call.launch_s)
        except simpy.Interrupt as told:
            self._diary.told(told.cause, events.PREPARE, self._env.now)
            return False
        finally:
            self._gives_way = False
            self._diary.end(self._env.now)
        return True

    def _fly(self, phase: str, begin: Callable[[], simpy.Event | None]) -> Asking:
        """Fly a phase to its end, giving way where asked; False where the drone turns back."""
        flown = False
        self._diary.begin(phase)
        while not flown:
            self._gives_way = True
            try:
                under_way = begin()
                if under_way is not None:
                    yield under_way
                flown = True
            except simpy.Interrupt as told:
                self._gives_way = False
                if not (yield from self._give_way(told, phase)):
                    break
        self._gives_way = False
        self._diary.end(self._env.now)
        return flown

    def _stay(self) -> Steps:
        """On scene for as long as the call needs and energy, weather, crew and traffic allow."""
        self._overhead_s = self.case.overhead_s = self._env.now
        self._diary.begin(events.ON_SCENE)
        self._cut = events.FULL_STAY
        left = self.case.wanted_s(self._env.now)
        if self.case.relief and self.case.watch is not None:
            self.case.watch.comes(self._env.now)
        asked = False
        while left > 0.0:
            seconds, cut = self._allowance(left)
            if cut == events.CUT_ENERGY and not asked:
                asked = True
                self._desk.must_leave(self.case, self._env.now + seconds)
            self._staying_since_s, self._gives_way = self._env.now, True
            try:
                staying = self._flight.hold(seconds)
                if staying is not None:
                    yield staying
                self._on_scene_s += seconds
                left, self._cut = 0.0, cut
            except simpy.Interrupt as told:
                self._gives_way = False
                self._flight.break_off()
                stayed_s = self._env.now - self._staying_since_s
                left -= stayed_s
                self._on_scene_s += stayed_s
                if not (yield from self._give_way(told, events.ON_SCENE)):
                    left, self._cut = 0.0, events.CUT_LINK if self._link_lost else events.CUT_TRAFFIC
        self._gives_way = False
        if self.case.watch is not None:
            self.case.watch.goes(self._env.now)
        self._diary.end(self._env.now)

    def _allowance(self, wanted_s: float) -> tuple[float, str]:
        """Seconds the drone may stay now, and what cuts them short of what is wanted."""
        now = self._env.now
        home_by_s, _ = self._field.home_by(now, self._field.crew.in_use)
        endurance_s = self._flight.endurance_s()
        until_s = max(0.0, home_by_s - now - self._leg.home_s)
        if wanted_s <= min(endurance_s, until_s):
            return wanted_s, events.FULL_STAY
        return (endurance_s, events.CUT_ENERGY) if endurance_s <= until_s else (until_s, events.CUT_HOME_BY)

    def _give_way(self, told: simpy.Interrupt, phase: str) -> Asking:
        """Make way for other traffic. False where the drone does not go on with what it did."""
        self._flight.break_off()
        if told.cause == LINK_PART:
            self._link_lost = True
            self._diary.told(told.cause, phase, self._env.now)
            return False
        visit = _visit_of(told)
        traffic, start = self._field.inputs.traffic[visit.traffic], self._env.now
        if traffic.rule != HOLD_LOW:
            self._landing = events.DIVERTED if traffic.rule == LAND else ""
            self._diary.told(visit, phase, start)
            return False
        self._holding = (visit, phase, start)
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
        self._end_hold(visit, phase, start)
        return goes_on

    def _end_hold(self, visit: Visit, phase: str, start_s: float) -> None:
        """Note a hold that is over, or that the horizon cuts short."""
        self._holding = None
        self._yielded_s += self._env.now - start_s
        self._diary.told(visit, phase, start_s)

    def _come_home(self) -> Steps:
        """Back, down and out of the crew's hands."""
        if self._landing == events.DIVERTED:
            coming_down = self._flight.land_away
        else:
            self._diary.begin(events.BACK)
            flying = self._flight.go_home()
            if flying is not None:
                yield flying
            self._diary.end(self._env.now)
            coming_down = self._flight.land
        self._diary.begin(events.LAND)
        landing = coming_down()
        if landing is not None:
            yield landing
        self._diary.end(self._env.now)
        self._landed_s, landed = self._env.now, self._flight.landed()
        self._landing, self._attempts = landed.outcome, len(landed.attempts)
        self._diary.landed(list(landed.attempts), self._dock_id)
        self._log_flight()
        self._desk.crew_free(self.drone)

    def _turn_round(self) -> Steps:
        fetch_s = 0.0 if self._landing == events.DOCKED else self.case.call.recovery_s
        yield from self._diary.turn_round(self._desk, left=self._left_fraction(), fetch_s=fetch_s)

    # -- the records --

    def _close_call(self, *, reached: bool, reason: str) -> None:
        now = self._env.now
        if not reached:
            self._desk.call_over(self.case, events.MISSED, reason, 0.0, now)
            return
        first = self._overhead_s < self.case.call.ground_s
        self._desk.call_over(self.case, events.FIRST if first else events.ATTENDED, "", self._on_scene_s, now)

    def _left_fraction(self) -> float:
        return max(0.0, self._fraction - self._flight.used_wh() / self._battery_wh)

    def _log_flight(self) -> None:
        used_wh = self._flight.used_wh()
        known = self._battery_wh != float("inf") and events.came(self._landed_s)
        self._log["flights"].append((
            self.number, self.case.call.id, self.drone.id, self._dock_id,
            self._dispatched_s, self._airborne_s, self._overhead_s, self._left_s, self._landed_s,
            self._leg.overhead_s, self._leg.home_s, self._yielded_s, self._on_scene_s,
            self._cut, self._landing, self._attempts, used_wh,
            self._left_fraction() if known else events.NEVER,
        ))  # fmt: skip


def _visit_of(told: simpy.Interrupt) -> Visit:
    """The visit that an interrupt announces."""
    cause = told.cause
    if not isinstance(cause, Visit):
        raise TypeError(f"interrupted by {cause!r}, not by other traffic")
    return cause
