"""A flight of a live shift by its vehicle: made ready, never given up, left to whoever takes it over.

A flight that a process before this one began is taken on where it is (`Adoption`): its phases that are past
are over at once.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import simpy

from dfr.ardupilot.modes import RETURN_MODES, CopterMode
from dfr.errors import DfrError, VehicleRefusedError
from dfr.geo import Position
from dfr.link.flown import FlownFlight
from dfr.link.operator import Tell
from dfr.link.pilot import VehicleFleet
from dfr.link.vehicle import VehicleState
from dfr.link.vehicle_clock import TimedPhase, VehicleClock
from dfr.mission.changes import hold_position, leave_stay_open
from dfr.mission.compile import return_seq
from dfr.mission.items import FlightPlan
from dfr.mission.onward import Way
from dfr.sim.events import DIVERTED, DOCKED
from dfr.sim.flight import Flight, Order
from dfr.track import Phase

Note = Callable[[str, Mapping[str, object]], None]
"""Takes a kind of record and its content."""


class Stage(StrEnum):
    """How far a flight had come when it was taken on."""

    OUT = "out"
    ON_SCENE = "on_scene"
    BACK = "back"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """A flight found in the air, and how far it had come.

    One that was sent on in the air carries the flight from `sent_from`; one that is `adrift` was to be, and
    nobody knows which mission is on board.
    """

    stage: Stage
    sent_from: Position | None = None
    adrift: bool = False


class OnwardFleet(VehicleFleet, Protocol):
    """Vehicles that may be sent on to another call in the air."""

    def onward(self, order: Order, path: Sequence[Position]) -> FlightPlan:
        """The flight of an order, begun in the air along a path."""

    def onward_path(self, order: Order, here: Position) -> tuple[Position, ...]:
        """The checked path from here to where an order's flight holds. Raises DfrError for none."""

    def check_onward(self, order: Order, path: Sequence[Position]) -> None:
        """Raise NonCompliantError where a path breaks a limit, or meets a route that is flown now."""

    def way_of(self, order: Order, path: Sequence[Position]) -> Way:
        """What a path takes at the height and in the wind of an order's flight."""

    def least_stay_s(self) -> float:
        """How long a drone must be able to stay, or it is not sent."""


class LiveFlight(FlownFlight):
    """One sortie of one vehicle, to which a person said yes: nothing else is sent (`dfr.operate.approval`).

    `failure` says why we no longer fly it; None while we do. `overdue` is what a phase that takes too long
    says.
    """

    def __init__(
        self,
        order: Order,
        fleet: OnwardFleet,
        clock: VehicleClock,
        *,
        dock_tolerance_m: float,
        tell: Tell,
        note: Note,
        failed: Callable[[LiveFlight], None],
        read_failsafe: Callable[[str], None],
        adoption: Adoption | None,
    ) -> None:
        self._read_failsafe = lambda: read_failsafe(order.drone)
        self._onward_fleet = fleet
        self.refused_onward = ""
        self.failure: DfrError | None = None
        self.overdue = ""
        self._failed_in = VehicleState()
        self._low = False
        self._note_record, self._tell_failure = note, failed
        self._adoption = adoption
        self._preparing: TimedPhase | None = None
        self._stopped_on_return = self._found_returning = False
        super().__init__(
            order,
            fleet,
            clock,
            confirmed=True,
            dock_tolerance_m=dock_tolerance_m,
            tell=tell,
            aloft=adoption is not None,
            kept=True,
            plan=_adopted_plan(order, fleet, adoption),
            knows_mission=adoption is None or not adoption.adrift,
        )
        self._away = self.aloft

    @property
    def aloft(self) -> bool:
        """Whether it was found in the air."""
        return self._adoption is not None

    # -- on the ground --

    def prepare(self) -> simpy.Event:
        """Upload, read back and check; its event comes once nothing stands against the launch.

        Of one in the air it comes in any case: it is followed until it is down, ours or not.
        """
        self._note("prepare")
        return self._wait_for_pilot(self._look_prepared)

    def call_off(self) -> simpy.Event:
        """Begin nothing more; its event comes once what was under way is done, so that the drone is free."""
        self._note("called_off", why="" if self.failure is None else str(self.failure))
        if self._preparing is not None:
            self._clock.forget(self._preparing)
        self.stop()
        return self._wait_for_pilot(self._look_settled)

    def _wait_for_pilot(self, look: Callable[[TimedPhase], None]) -> simpy.Event:
        task = TimedPhase(self._clock.event(), self._clock.now, lambda: look(task))
        self._preparing = task
        self._clock.start(task)
        return task.event

    def _look_prepared(self, task: TimedPhase) -> None:
        if self.failure is not None or not self._pilot.idle:
            return
        try:
            self._pilot.raise_failure()
        except DfrError as error:
            self._fail(error)
            if not self.aloft:
                return
        task.end()

    def _look_settled(self, task: TimedPhase) -> None:
        if self._pilot.idle:
            self._close_later()
            task.end()

    # -- the phases --

    def launch(self) -> simpy.Event | None:
        """Arm, lift off and climb; one that is taken on has done so."""
        if self._adoption is None:
            self._note("launch")
            self._pilot.order(self._read_failsafe)
            return super().launch()
        return self._take_on(self._adoption)

    def arrive(self) -> simpy.Event | None:
        """Fly on until over the scene."""
        if self._adoption is not None and self._adoption.stage is not Stage.OUT:
            return None
        self._note("arrive")
        return super().arrive()

    def hold(self, seconds: float) -> simpy.Event | None:
        """Stay until it must leave."""
        self._note("hold", endurance_s=seconds)
        return super().hold(seconds)

    def hold_low(self, seconds: float) -> simpy.Event | None:
        """Wait low while other traffic is near."""
        if self.failure is not None:
            return None
        self._note("hold_low")
        self._low = True
        return super().hold_low(seconds)

    def end_hold_low(self) -> None:
        """Wait low no longer: the energy is short."""
        if self._low and self._task is not None:
            self._task.end()

    def rise(self, seconds: float) -> simpy.Event | None:
        """Up again; one that is not ours is left alone."""
        self._low = False
        return None if self.failure is not None else super().rise(seconds)

    def go_home(self) -> simpy.Event | None:
        """Return, unless it is no longer ours or returns already."""
        self._note("go_home")
        return None if self.failure is not None or self._found_returning else super().go_home()

    def land(self) -> simpy.Event | None:
        """Come down, wherever that is where we do not fly it."""
        self._note("land")
        if self.failure is None and not self._found_returning:
            return super().land()
        return self._begin_phase(Phase.LAND, ends=self._is_down)

    def land_away(self) -> simpy.Event | None:
        """Come down here."""
        if self.failure is not None:
            return self.land()
        self._note("land_away")
        return super().land_away()

    def stay_here(self) -> simpy.Event | None:
        """Stop and hover here, in GUIDED, for as long as its energy allows."""
        seconds = self.endurance_s()
        if self.failure is not None or seconds <= 0.0:
            return None
        self._note("held", endurance_s=seconds)
        self._pilot.homeward = False
        event = self._begin_phase(Phase.BACK if self._over else Phase.ON_SCENE, lasts_s=seconds)
        self._order(lambda: self._pilot.change_mode(CopterMode.GUIDED))
        return event

    @property
    def may_stop(self) -> bool:
        """Whether it flies as we told it to: a return by a failsafe is not broken off."""
        vehicle = self._pilot.vehicle
        mode = None if vehicle is None else vehicle.state.mode
        retraces = mode == CopterMode.SMART_RTL and self._pilot.mode == mode
        return retraces or mode in {CopterMode.AUTO, CopterMode.GUIDED}

    def _way_home(self) -> Callable[[], None]:
        return self._resume_mission if self._stopped_on_return else super()._way_home()

    @property
    def may_turn(self) -> bool:
        """Whether it flies a mission of ours, which may be changed: no other way home is broken off."""
        vehicle = self._pilot.vehicle
        ours = vehicle is not None and vehicle.state.mode in {CopterMode.AUTO, CopterMode.GUIDED}
        return ours and self._pilot.knows_mission

    def fly_on(self, order: Order) -> simpy.Event:
        """Fly on to another call; the event comes once it does, or `refused_onward` says why not."""
        self._note("handed_on")
        self._close_phase()
        self.order = order._replace(energy_wh=self.order.energy_wh)
        self._note("sent_on")
        self._used_wh, self._over, self._low, self._adoption = 0.0, False, False, None
        self._stopped_on_return = self._found_returning = False
        self.refused_onward = self.overdue = ""
        self._order(self._go_onward)
        return self._wait_for_pilot(self._look_sent_on)

    def _go_onward(self) -> None:
        """Stop, find the way from there and prove that the reserve holds, and fly it (in the pilot's thread).

        What stands against it leaves the drone in hover, to be sent home.
        """
        fleet, order, leg = self._onward_fleet, self.order, self.order.leg
        here = self._pilot.stop_here()
        try:
            path = fleet.onward_path(order, here)
            fleet.check_onward(order, path)
            way = fleet.way_of(order, path)
            short_wh = -self.spare_wh(leg, way_wh=way.energy_wh, stay_s=fleet.least_stay_s())
            if not short_wh <= 0.0 or order.energy_wh == math.inf:
                raise VehicleRefusedError(f"{order.drone} would use its reserve", do="send another drone")
            plan = leave_stay_open(fleet.onward(order, path))
            self._pilot.change_plan(plan)
        except DfrError as error:
            self.refused_onward = str(error)
            self._note("not_sent_on", why=self.refused_onward)
            return
        self._note("goes_on", place=[here.lat_deg, here.lon_deg])
        self.plan, self._scene, self._low_m = plan, hold_position(plan), fleet.hold_low_m(order)
        vehicle = self._pilot.require_vehicle()
        self.recorder.begin_task(return_seq(plan.items), vehicle.state.t_s)

    def _look_sent_on(self, task: TimedPhase) -> None:
        if self.failure is None and not self._pilot.idle:
            return
        self._check_phase()
        task.end()

    def landed(self) -> tuple[str, ...]:
        """How it came down."""
        self._close_phase()
        self._close_later()
        self._note("landed", landing=self.outcome, error_m=self.landing_error_m, used_wh=self.used_wh())
        return (self.outcome,)

    def break_off(self) -> None:
        """Stop here; one that is not ours is left alone."""
        if self.failure is None:
            by_mission = self._pilot.knows_mission and self._pilot.mode == CopterMode.AUTO
            returns = self.recorder.return_t_s is not None  # and its mode changes with what is ordered next
            self._stopped_on_return = self._stopped_on_return or (by_mission and returns)
            super().break_off()
        else:
            self._close_phase()

    # -- one that is taken on --

    def _take_on(self, adoption: Adoption) -> simpy.Event | None:
        vehicle = self._pilot.require_vehicle()
        self._pilot.take_on(self._follow_state)
        self._away = True
        self._over = adoption.stage is not Stage.OUT
        ours = vehicle.state.mode in {CopterMode.AUTO, CopterMode.GUIDED}
        self._note("taken_on", stage=adoption.stage, mode=vehicle.state.mode_name)
        if adoption.stage is Stage.BACK:
            self._found_returning = is_returning(vehicle.state, self.recorder.return_seq)
            return None
        if self.failure is None and not ours:
            self._fail(_not_ours(self.order.drone, vehicle.state))
        return None if adoption.stage is Stage.ON_SCENE and self.failure is None else self._begin_climb()

    def _begin_climb(self) -> simpy.Event:
        """What is left of the climb; on its way, that is none."""
        return self._begin_phase(Phase.CLIMB, ends=lambda state: self.failure is None)

    # -- failures --

    def _check_phase(self) -> None:
        """Note what went wrong: the shift goes on, and the flight is followed until it is down."""
        if self.failure is not None:
            return
        try:
            self._pilot.raise_failure()
        except DfrError as error:
            self._fail(error)
        else:
            self.overdue = self._describe_delay()

    def _fail(self, error: DfrError) -> None:
        """It is not ours to fly any more; a return or landing in progress becomes a wait until it is down."""
        self.failure = error
        if self._pilot.vehicle is not None:
            self._failed_in = self._pilot.vehicle.state
        self._note("hands_off", why=str(error))
        if (self._task is not None and self._phase is Phase.BACK) or (self._task is not None and self._low):
            self._task.end()
        elif self._task is not None and self._phase is Phase.LAND:
            self._ends = self._is_down
        self._tell_failure(self)

    def _is_down(self, state: VehicleState) -> bool:
        """Disarmed by what it says after we let go, and not falling: a command to arm may be on its way."""
        if not state.disarmed_since(self._failed_in) or self._is_falling(state):
            return False
        return self._record_landing(state, DIVERTED if self._fell else DOCKED)

    def _close_later(self) -> None:
        """The pilot's thread may be busy with a command: nobody waits for it."""
        threading.Thread(target=self._pilot.close, name="close-pilot", daemon=True).start()

    def _note(self, what: str, **more: object) -> None:
        order = self.order
        self._note_record(
            "flight", {"what": what, "flight": order.flight, "call": order.call, "drone": order.drone, **more}
        )


def _adopted_plan(order: Order, fleet: OnwardFleet, adoption: Adoption | None) -> FlightPlan | None:
    """The flight that one found in the air carries where it is not the planned one."""
    if adoption is None or adoption.sent_from is None:
        return None
    return fleet.onward(order, fleet.onward_path(order, adoption.sent_from))


def is_returning(state: VehicleState, return_seq: int | None) -> bool:
    """Whether a drone that was to go home does so: past the stay of its mission, or in another mode.

    Of one that does not say at which item it is that is not known: it is told to go home once more.
    """
    if state.mode != CopterMode.AUTO or return_seq is None:
        return True
    return state.mission_seq is not None and state.mission_seq >= return_seq


def _not_ours(drone: str, state: VehicleState) -> VehicleRefusedError:
    by_itself = "returns by itself" if state.mode in RETURN_MODES else "is not in a mode of ours"
    return VehicleRefusedError(f"{drone} was found in {state.mode_name}: it {by_itself}: hands off")


class LiveFlights:
    """All flights of a shift, by number. `adoptions` are the drones to take on in the air, by their id."""

    def __init__(
        self,
        clock: VehicleClock,
        fleet: OnwardFleet,
        *,
        dock_tolerance_m: float,
        tell: Tell,
        note: Note,
        failed: Callable[[LiveFlight], None],
        read_failsafe: Callable[[str], None],
    ) -> None:
        self._read_failsafe = read_failsafe
        self._clock, self._fleet, self._dock_tolerance_m = clock, fleet, dock_tolerance_m
        self._tell, self._note, self._failed = tell, note, failed
        self.adoptions: dict[str, Adoption] = {}
        self.by_number: dict[int, LiveFlight] = {}

    def begin(self, order: Order) -> Flight:
        """A flight that is being prepared, or taken on where it is."""
        flight = LiveFlight(
            order,
            self._fleet,
            self._clock,
            dock_tolerance_m=self._dock_tolerance_m,
            tell=self._tell,
            note=self._note,
            failed=self._failed,
            read_failsafe=self._read_failsafe,
            adoption=self.adoptions.pop(order.drone, None),
        )
        self.by_number[order.flight] = flight
        return flight

    @property
    def in_the_air(self) -> list[LiveFlight]:
        """Those that have launched and not landed."""
        return [flight for flight in self.by_number.values() if flight.in_the_air]
