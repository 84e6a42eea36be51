"""Flies one dispatch: arms, starts AUTO, follows, notices what ArduCopter does not, and confirms the dock.

All deadlines count the vehicle's own seconds. Nothing moves a vehicle that is not simulated without
`confirmed`. When the flight mode changes and it was not us, the director takes its hands off for good:
it goes on watching and recording, and commands nothing more.

Landed, not disarmed: in a steady wind ArduCopter can touch down and keep leaning into the wind, so that
its land detector never ends the flight. Once the drone has been low and still for `STILL_S`, the
director asks for a disarm; where that is refused, it forces one, on a simulated vehicle or where
`may_force_disarm` was given. Otherwise it says so and leaves it to the pilot.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import LinkTimeoutError, NonCompliantError, TransferError, VehicleRefusedError
from dfr.geo import distance_m
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.preflight import preflight, wait_ready
from dfr.link.recorder import Recorder
from dfr.link.transfer import inspect_onboard
from dfr.link.vehicle import CopterMode, OnboardPlan, Text, VehicleState, mode_name
from dfr.mission.compile import return_seq
from dfr.mission.items import Command, FlightPlan
from dfr.track import FlightTrack

DOCK_TOLERANCE_M = 0.65
"""How far from the centre a drone may stand where nothing else is said: a 0.7 m footprint within an open
pad of 2 m (the catalogue's figures, assumed). A dock's own is `dfr.aircraft.landing.Limits`, lateral_m."""

STILL_S = 8.0
STILL_HEIGHT_M = 0.7
STILL_SPEED_MPS = 0.1
DISARM_AGAIN_S = 5.0
LIFT_S = 30.0
LIFTED_M = 1.0
SLOWEST_MPS = 2.0
"""A dispatch slower than this over ground is given up for lost (assumed)."""

SPARE_S = 240.0
AFTER_RECALL_S = 600.0
LOOK_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened, by the vehicle's clock."""

    t_s: float | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlownDispatch:
    """A dispatch as it was flown.

    `docked`: disarmed with `dock_error_m` within `dock_tolerance_m`. The error is by the vehicle's own
    estimate of its position, which is no proof that it stands in its dock.
    """

    track: FlightTrack
    docked: bool
    disarmed: bool
    taken_over: bool
    dock_error_m: float | None
    energy_wh: float | None
    firmware: str
    simulated: bool
    events: tuple[Event, ...]
    texts: tuple[Text, ...]
    dock_tolerance_m: float = DOCK_TOLERANCE_M

    @property
    def landing(self) -> str:
        """How it ended, in words: docked, landed so far from the dock, or neither."""
        away = (
            "somewhere" if self.dock_error_m is None else f"{self.dock_error_m:.2f} m from the dock's centre"
        )
        judged = f"its tolerance of {self.dock_tolerance_m:g} m, by the vehicle's own estimate"
        if self.docked:
            return f"docked: {away}, within {judged}"
        return f"landed, not docked: {away}, outside {judged}" if self.disarmed else f"not landed: {away}"


OnState = Callable[[VehicleState], None]


@dataclass
class Director:
    """One flight in progress."""

    vehicle: MavlinkVehicle
    plan: FlightPlan
    recorder: Recorder
    may_force_disarm: bool
    dock_tolerance_m: float
    events: list[Event] = field(default_factory=list)
    expected: CopterMode = CopterMode.AUTO
    hands_off: bool = False
    recalled: bool = False
    returning: bool = False
    last_seq: int | None = None
    next_disarm_t_s: float = 0.0

    def launch(self) -> None:
        """Arm in GUIDED (ArduCopter does not arm in AUTO by default) and start the mission."""
        vehicle = self.vehicle
        vehicle.set_mode(CopterMode.GUIDED)
        vehicle.arm()
        self._note("armed")
        vehicle.command(dialect.MAV_CMD_MISSION_START, 0.0, 0.0)
        vehicle.wait(lambda state: state.mode == CopterMode.AUTO, vehicle_s=LIFT_S, what="AUTO")
        self._note("mission started")

    def follow(self, on_state: OnState | None) -> None:
        """Watch until disarmed. Raises LinkTimeoutError where the vehicle falls silent or never ends."""
        first_s = self.vehicle.state.t_s or 0.0
        deadline_s = first_s + allowed_s(self.plan)
        while True:
            self.vehicle.check_link()
            state = self.vehicle.state
            self._watch_mode(state)
            self._watch_mission(state)
            if on_state is not None:
                on_state(state)
            if state.armed is False:
                self._note("disarmed")
                if self.recorder.highest_m < LIFTED_M:
                    raise VehicleRefusedError(f"disarmed before takeoff -> {self.vehicle.last_words()}")
                return
            if (state.t_s or 0.0) > deadline_s:
                deadline_s = self._overdue(deadline_s)
            self._watch_ground(state)
            time.sleep(LOOK_EVERY_S)

    def stand_down(self) -> None:
        """Leave AUTO after the flight, so that the next plan can be uploaded."""
        if not self.hands_off and self.vehicle.state.mode == CopterMode.AUTO:
            self.vehicle.set_mode(CopterMode.GUIDED)

    def _watch_mode(self, state: VehicleState) -> None:
        """A mode we did not ask for is the pilot's, or a failsafe's: hands off."""
        if self.hands_off or state.mode is None or state.mode == self.expected or state.armed is False:
            return
        self.hands_off = True
        self._note(f"{mode_name(state.mode)} by the pilot or a failsafe: hands off")

    def _watch_mission(self, state: VehicleState) -> None:
        if state.mission_seq != self.last_seq and state.mission_seq is not None:
            self.last_seq = state.mission_seq
            self._note(f"item {state.mission_seq}")
        if self.recorder.return_t_s is not None and not self.returning:
            self.returning = True
            self.events.append(Event(t_s=self.recorder.return_t_s, what="return"))

    def _watch_ground(self, state: VehicleState) -> None:
        """Landed, not disarmed: see the module's docstring."""
        if self.hands_off or self.recorder.return_t_s is None or (state.t_s or 0.0) < self.next_disarm_t_s:
            return
        still_s = self.recorder.still_on_ground_s(height_m=STILL_HEIGHT_M, speed_mps=STILL_SPEED_MPS)
        if still_s < STILL_S:
            return
        self.next_disarm_t_s = (state.t_s or 0.0) + DISARM_AGAIN_S
        self._note(f"landed, not disarmed for {still_s:.0f} s: disarming")
        try:
            self.vehicle.disarm()
        except VehicleRefusedError:
            self._force_disarm()

    def _force_disarm(self) -> None:
        if not self.may_force_disarm:
            self._note("landed, not disarmed: the vehicle refuses to disarm, the pilot must")
            return
        self._note("disarm refused: forcing it, the drone is low and still")
        self.vehicle.disarm(force=True)

    def _overdue(self, deadline_s: float) -> float:
        """Recall once; after that the flight is lost to us."""
        if self.hands_off or self.recalled:
            raise LinkTimeoutError(
                f"the flight did not end by {deadline_s:.0f} s of vehicle time -> {self.vehicle.last_words()}"
            )
        self.recalled = True
        self._note("overdue: recalling")
        self.recall()
        return deadline_s + AFTER_RECALL_S

    def recall(self) -> None:
        """Command RTL, unless somebody else is flying."""
        if self.hands_off:
            raise VehicleRefusedError("another pilot has taken over -> ask them to return")
        self.expected = CopterMode.RTL
        self.vehicle.set_mode(CopterMode.RTL)

    def _note(self, what: str) -> None:
        self.events.append(Event(t_s=self.vehicle.state.t_s, what=what))


def fly_dispatch(
    vehicle: MavlinkVehicle,
    plan: FlightPlan,
    *,
    confirmed: bool = False,
    on_state: OnState | None = None,
    may_force_disarm: bool | None = None,
    dock_tolerance_m: float = DOCK_TOLERANCE_M,
) -> FlownDispatch:
    """Fly an uploaded, verified plan from arming to the dock.

    `confirmed` is a person's go for this very flight: without it only a simulated vehicle is armed.
    Raises VehicleRefusedError without it, NonCompliantError where preflight finds a reason not to go,
    LinkTimeoutError where the vehicle falls silent.
    """
    if not (vehicle.simulated or confirmed):
        raise VehicleRefusedError(
            "this vehicle is not known to be simulated -> confirm the flight explicitly (--yes)"
        )
    if vehicle.plan is not OnboardPlan.VERIFIED:
        raise VehicleRefusedError(f"the plan on board is {vehicle.plan.value} -> upload it, verified")
    wait_ready(vehicle)
    refuse_no_go(vehicle, plan)
    refuse_changed(vehicle, plan)
    recorder = Recorder(plan.home, return_seq=return_seq(plan.items))
    forced = vehicle.simulated if may_force_disarm is None else may_force_disarm
    director = Director(vehicle, plan, recorder, forced, dock_tolerance_m)
    texts_before = len(vehicle.texts)
    with vehicle.watching(recorder):
        director.launch()
        director.follow(on_state)
        director.stand_down()
    return _flown(director, texts_before)


def refuse_no_go(vehicle: MavlinkVehicle, plan: FlightPlan) -> None:
    """Raise NonCompliantError listing what preflight has against the flight."""
    against = [finding for finding in preflight(vehicle, plan) if finding.blocks]
    if against:
        raise NonCompliantError("no go: " + "; ".join(finding.message for finding in against))


def refuse_changed(vehicle: MavlinkVehicle, plan: FlightPlan) -> None:
    """Read the plan on board once more, just before arming. Raises TransferError where it has changed."""
    report = inspect_onboard(vehicle, plan)
    if not report.verified:
        vehicle.plan = OnboardPlan.UNKNOWN
        raise TransferError(
            f"the plan on board has changed since its upload: {'; '.join(report.differences)} -> upload again"
        )


def allowed_s(plan: FlightPlan) -> float:
    """Vehicle seconds after which a flight is overdue: its legs at a crawl, its holds, and some spare."""
    places = [plan.home, *(item.position for item in plan.items if item.position is not None), plan.home]
    length_m = sum(distance_m(a, b) for a, b in pairwise(places))
    heights_m = [item.z_m for item in plan.items]
    holds_s = sum(item.params[0] for item in plan.items if item.command == Command.NAV_LOITER_TIME)
    return (length_m + 4.0 * max(heights_m, default=0.0)) / SLOWEST_MPS + holds_s + SPARE_S


def _flown(director: Director, texts_before: int) -> FlownDispatch:
    vehicle, state = director.vehicle, director.vehicle.state
    away_m = None if state.position is None else distance_m(state.position, director.plan.home)
    disarmed = state.armed is False
    track = director.recorder.track(director.plan.name)
    return FlownDispatch(
        track=track,
        docked=disarmed and away_m is not None and away_m <= director.dock_tolerance_m,
        disarmed=disarmed,
        taken_over=director.hands_off,
        dock_error_m=away_m,
        energy_wh=track.energy_wh,
        firmware=str(vehicle.firmware),
        simulated=vehicle.simulated,
        events=tuple(sorted(director.events, key=lambda event: event.t_s or 0.0)),
        texts=vehicle.texts[texts_before:],
        dock_tolerance_m=director.dock_tolerance_m,
    )
