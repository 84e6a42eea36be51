"""A dispatch of a live shift: the simulation's sortie, which people turn back and vehicles may fail."""

from __future__ import annotations

from typing import NamedTuple, Protocol, cast

import simpy

from dfr.errors import DfrError
from dfr.sim import events
from dfr.sim.calls import Visit
from dfr.sim.dispatch import Case, DeploymentState
from dfr.sim.events import Missed, came
from dfr.sim.flight import Flight, Order
from dfr.sim.flight_process import Interruption, Steps
from dfr.sim.inputs import HOLD_LOW, Leg
from dfr.sim.sortie import Answer, Sortie

RECALLED, LAND_HERE, HANDS_OFF = "recalled", "land_here", "hands_off"
"""Why a sortie turns back: a person recalls it, lets it land where it is, or it is no longer ours to fly."""

SENT_ON = "sent_on"
"""Why it leaves its call: another one wants it."""

HELD, GO_ON = "hold", "go_on"
"""A person stops it where it is, and lets it fly on."""

ENERGY_USED = "energy_used"
"""It draws more than when its stay began: the stay is worked out anew, and ends."""

TURNS_BACK = frozenset({RECALLED, LAND_HERE, HANDS_OFF, SENT_ON})


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

    refused_onward: str

    @property
    def may_stop(self) -> bool:
        """Whether it flies as we told it to: what brings it home by itself is not broken off."""

    def stay_here(self) -> simpy.Event | None:
        """Stop and hover here, for as long as its energy allows; None where that is over."""

    def end_hold_low(self) -> None:
        """Wait low no longer: the energy is short."""

    @property
    def may_turn(self) -> bool:
        """Whether it flies a mission of ours, which may be changed: no other way home is broken off."""

    def fly_on(self, order: Order) -> simpy.Event:
        """Fly on to another call; the event comes once it does, or `refused_onward` says why not."""

    def spare_wh(self, leg: Leg, *, way_wh: float = 0.0, stay_s: float = 0.0) -> float:
        """What would be left above the reserve after a way, a stay, and the return of a leg."""


class OnwardTask(NamedTuple):
    """Another call for a drone in the air; `leg` has the way there in place of the way out."""

    number: int
    case: Case
    leg: Leg


class LiveSortie(Sortie):
    """A drone sent to a call by a person's yes, and perhaps on to others in the air.

    `turned_by` says what turned it back, '' for nothing. Each call that it flies to has a record of a flight
    of its own: one that ends in the air, and one that begins there.
    """

    __slots__ = ("_let_go", "_onward", "_turns_later", "turned_by")

    _onward: OnwardTask | None
    _let_go: simpy.Event | None

    @staticmethod
    def _find_leg(field: DeploymentState, dock: int, zone: int) -> Leg | None:
        """The leg of this hour, else of another: a drone found in the air goes home in any weather."""
        others = (condition.legs[dock][zone] for condition in field.inputs.conditions)
        return Sortie._find_leg(field, dock, zone) or next(filter(None, others), None)

    def may_turn_back(self, why: str) -> bool:
        """Whether it can be turned back: not where it is on its way home already, or down."""
        waits = self._holding is not None or not (came(self.left_s) or self.over)
        return waits or self._gives_way or self._lands_on_return(why)

    def turn_back(self, why: str) -> bool:
        """Turn it back: now, or once other traffic is gone; False where `may_turn_back` is."""
        if not self.may_turn_back(why):
            return False
        if self._holding is None and (self._gives_way or self._lands_on_return(why)):
            self.turned_by, self._gives_way = why, True
            self._interrupt_phase(why)
        else:
            self._turns_later = why
        return True

    def _lands_on_return(self, why: str) -> bool:
        return why == LAND_HERE and self.phase == events.BACK and self.flight.failure is None

    @property
    def held(self) -> bool:
        """Whether it hovers where a person stopped it."""
        return self._let_go is not None

    @property
    def may_hold(self) -> bool:
        """Whether it can be stopped: it flies as we told it to, or is being taken on."""
        return HELD in self.orders or (self.phase == events.PREPARE and self.flight.aloft)

    def hold(self) -> bool:
        """Stop it where it is, until a person lets it go on; False where it cannot be stopped."""
        if not self.may_hold:
            return False
        if self.phase == events.PREPARE:
            self._turns_later = HELD
        else:
            self._gives_way = True
            self._interrupt_phase(HELD)
        return True

    @property
    def may_go_on(self) -> bool:
        """Whether it hovers where a person stopped it, and nobody let it go on yet."""
        return self._let_go is not None and not self._let_go.triggered

    def go_on_from_hold(self) -> bool:
        """Let it fly on from where it was stopped; False where it was not."""
        if self._let_go is None or not self.may_go_on:
            return False
        self._let_go.succeed()
        return True

    @property
    def orders(self) -> tuple[str, ...]:
        """What a person may order now, in the order of their urgency."""
        if self.flight.failure is not None or self.over:
            return ()
        if self.phase == events.PREPARE:
            return () if self.flight.aloft else (RECALLED,)
        if self.held:
            return (GO_ON, RECALLED, LAND_HERE)
        stop = (HELD,) if self.flight.may_stop and self._holding is None else ()
        if self.phase == events.BACK:
            return (*stop, LAND_HERE)
        if self.phase in {events.CLIMB, events.OUT}:
            return (*(stop if self._gives_way else ()), RECALLED, LAND_HERE)
        return (RECALLED, LAND_HERE) if self.phase == events.ON_SCENE else ()

    def fly_on_to(self, task: OnwardTask) -> None:
        """Leave the call for another one. Only where `onward_block` has nothing against it."""
        self._onward, self.turned_by = task, SENT_ON
        if self.phase == events.BACK:
            self._gives_way = True
        self._interrupt_phase(SENT_ON)

    @property
    def onward_block(self) -> str:
        """Why it cannot be sent on as it flies now, in words; '' where it can."""
        if self.flight.failure is not None:
            return "it is not ours to fly"
        if self.phase not in {events.OUT, events.ON_SCENE, events.BACK}:
            return "it is not on its way, on scene or returning"
        if self._holding is not None:
            return "it gives way to other traffic"
        if not self.flight.may_turn:
            return "it returns by itself"
        return "" if self._gives_way or self.phase == events.BACK else "it is being sent on already"

    @property
    def flight(self) -> PreparedFlight:
        """The flight of its vehicle."""
        return cast("PreparedFlight", self._flight)

    def _prepare_launch(self, launch_s: float) -> Answer:
        """Upload, verify and check; a person, other traffic or a refusal of the vehicle calls it off.

        One that was found in the air flies on meanwhile: it does what it was asked once it is taken on.
        """
        self.turned_by = self._turns_later = ""
        self._onward = self._let_go = None
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
        if why == HELD and active is None:
            self._turns_later = ""
            self.hold()
        elif why == HANDS_OFF or (why in TURNS_BACK and not holds):
            self.turn_back(why)
        elif active is not None:
            self.hear_of(active)

    def _give_way(self, interruption: Interruption, phase: str) -> Answer:
        if interruption.cause == ENERGY_USED:
            return True
        if interruption.cause == HELD:
            return (yield from self._stay_held(phase))
        if interruption.cause not in TURNS_BACK:
            goes_on = yield from super()._give_way(interruption, phase)
            why, self._turns_later = self._turns_later, ""
            if goes_on and why == HELD:
                return (yield from self._stay_held(phase))
            if why not in TURNS_BACK:
                return goes_on
            self.turned_by = why
        self._flight.break_off()
        if self.turned_by == LAND_HERE:
            self.landing = events.DIVERTED
        return False

    def _stay_held(self, phase: str) -> Answer:
        """Hover here until a person lets it go on; False where it turns back, or its energy calls it home."""
        self._flight.break_off()
        self._let_go = let_go = self._env.event()
        goes_on = True
        while goes_on and not let_go.triggered:
            staying = self.flight.stay_here()
            if staying is None:
                goes_on = False
                break
            try:
                self._gives_way = True
                yield staying | let_go
                goes_on = self.flight.failure is None and let_go.triggered
            except Interruption as interruption:
                self._gives_way = False
                goes_on = yield from self._give_way(interruption, phase)
        self._gives_way, self._let_go = False, None
        self._flight.break_off()
        return goes_on

    def _stay_on_scene(self) -> Steps:
        yield from super()._stay_on_scene()
        if self.turned_by == RECALLED:
            self.cut_by = events.FULL_STAY
        elif self.turned_by == SENT_ON:
            self.cut_by = events.CUT_SENT_ON
        elif self.turned_by == HANDS_OFF:
            self.cut_by = events.CUT_LINK

    def look_at_energy(self) -> None:
        """End a stay that the energy no longer allows, because it draws more than when the stay began."""
        if self.flight.failure is not None or self.over:
            return
        left_s = self.flight.endurance_s()
        if self._holding is not None:
            if left_s <= self._field.inputs.traffic[self._holding[0].traffic].yield_s:
                self.flight.end_hold_low()
        elif self._gives_way and (self.held or self.phase == events.ON_SCENE):
            if not self.held:
                self._look_for_relief()
            if left_s <= 0.0:
                self._interrupt_phase(ENERGY_USED)

    def _look_for_relief(self) -> None:
        """Say how soon it must leave the scene by its energy."""
        now, need = self._env.now, self.case.need
        stayed_s = self.on_scene_s + now - self._staying_since_s
        wanted_s = self.case.call.on_scene_s - stayed_s if need is None else need.until_s - now
        seconds, cut = self._allowed_stay(max(0.0, wanted_s), now)
        if cut == events.CUT_ENERGY:
            self._control.must_leave(self.case, now + seconds)

    # -- on to another call --

    def _fly(self) -> Answer:
        flight = self.flight
        if not (yield from self._prepare_launch(self.case.call.launch_s)):
            return False
        self.airborne_s = self.case.airborne_s = self._env.now
        climbing = flight.launch()
        there = climbing is None or (yield from self._fly_phase(events.CLIMB, climbing, flight.launch))
        if there:
            self.climbed_s = self._env.now
        yield from self._serve(there)
        while (yield from self._come_home()):
            yield from self._serve_onward()
        return True

    def _serve(self, there: bool) -> Steps:
        """Fly on to the scene, unless it turns back already, and stay; then on to the next call, if any."""
        yield from self._serve_call(there)
        yield from self._serve_onward()

    def _serve_call(self, there: bool) -> Steps:
        """Fly on to the scene, unless it turns back already, and stay; the call is told how it went."""
        flight = self.flight
        if there:
            flying = flight.arrive()
            there = flying is None or (yield from self._fly_phase(events.OUT, flying, flight.arrive))
        if there:
            yield from self._stay_on_scene()
        self.left_s = now = self._env.now
        self._control.call_over(self.case, "" if there else self._why_turned(), self.on_scene_s, now)

    def _come_home(self) -> Answer:
        """Back, and down in the dock, or here; True where it is sent on to another call on its way back."""
        flight, now = self.flight, self.left_s
        away = self.landing == events.DIVERTED
        while (returning := None if away else flight.go_home()) is not None:
            self.phase = events.BACK
            try:
                yield returning
                now = self._env.now
            except Interruption as interruption:
                self._gives_way = False
                yield from self._give_way(interruption, events.BACK)
                if self._onward is not None:
                    return True
                away, now = self.landing == events.DIVERTED, self._env.now
            else:
                break
        self.over_dock_s = now
        landing = flight.land_away() if away else flight.land()
        if landing is not None:
            self.phase = events.LAND
            yield landing
            now = self._env.now
        endings = flight.landed()
        self.landed_s, self.landing, self.attempts = now, endings[-1], len(endings)
        self.energy_wh = flight.used_wh()
        return False

    def _serve_onward(self) -> Steps:
        """Fly on to the calls that it is sent on to, one after the other."""
        while (task := self._onward) is not None:
            self._onward = None
            self._begin_task(task)
            yield self.flight.fly_on(self.order_for(task.number, task.case, task.leg))
            if self.flight.failure is not None:
                self.turned_by = HANDS_OFF
            there = self.flight.failure is None and not self.flight.refused_onward
            self._env.timeout(0.0).callbacks.append(self._catch_up)
            yield from self._serve_call(there)

    def order_for(self, number: int, case: Case, leg: Leg) -> Order:
        """The flight to a call along a leg, with what its battery had when it was last written down."""
        share = self._field.inputs.reserve_fraction
        return Order(
            number, case.call.id, self.drone.id, self.dock, case.call.zone, leg,
            self._fraction * self._battery_wh, share * self._battery_wh if share else 0.0, case.call.landing,
        )  # fmt: skip

    def _begin_task(self, task: OnwardTask) -> None:
        """Write the flight to the last call, which ends here, and begin the next one's."""
        now, case = self._env.now, task.case
        self.energy_wh = self._flight.used_wh()
        self._fraction = self.charge = max(0.0, self._fraction - self.energy_wh / self._battery_wh)
        self.docked_s = self.ready_s = self.full_s = now
        self._log.flights.write(self)
        self.number, self.case, self.zone, self.leg = task.number, case, case.call.zone, task.leg
        self.first_case, self.first_leg = case, task.leg
        self.dispatched_s = self.airborne_s = self.climbed_s = case.airborne_s = now
        self.overhead_s = self.left_s = self.over_dock_s = self.landed_s = events.NEVER
        self.docked_s = self.ready_s = self.full_s = self.charge = events.NEVER
        self.on_scene_s = self.yielded_s = self.energy_wh = 0.0
        self.landing, self.cut_by, self.phase = "", events.NOT_REACHED, events.OUT
        self.turned_by = self._turns_later = ""

    def _why_turned(self) -> str:
        return Missed.LINK if self.turned_by == HANDS_OFF else super()._why_turned()
