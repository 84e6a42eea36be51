"""Flights of the simulation flown by vehicles: the `Flight` protocol of `dfr.sim.flight` over MAVLink.

The control room is the simulation's own; a vehicle flies each phase that it asks for, and the phase lasts as
long as the vehicle needed (`dfr.link.vehicle_clock`). The outward path, the stay and the return leg are one
uploaded, verified mission that waits on scene until it is sent home; other traffic is given way to in GUIDED,
straight below where the drone is, and a drone that turns back before the scene flies back along its own path
(SMART_RTL).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable

import simpy

from dfr.ardupilot.modes import CopterMode
from dfr.errors import LinkTimeoutError
from dfr.geo import Position, distance_m
from dfr.link.ground_watch import (
    IMPACT_MPS,
    RESTS_S,
    STILL_HEIGHT_M,
    STILL_S,
    STILL_SPEED_MPS,
    WRECK_HEIGHT_M,
)
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.operator import Tell
from dfr.link.pilot import Pilot, VehicleFleet
from dfr.link.recorder import Recorder
from dfr.link.vehicle import VehicleState
from dfr.link.vehicle_clock import TimedPhase, VehicleClock
from dfr.metrics.shift import Sample
from dfr.mission.changes import hold_position, leave_stay_open, takeoff_height_m
from dfr.mission.compile import return_seq
from dfr.mission.items import FlightPlan
from dfr.sim.events import DIVERTED, DOCKED, NOT_DISARMED
from dfr.sim.flight import Order
from dfr.sim.inputs import Leg
from dfr.track import CLIMBED_SHORT_OF_M, LIFTED_M, REACHED_M, TOUCHED_M, Phase

SLOW_FACTOR, SPARE_S = 4.0, 240.0
"""A phase that takes so much longer than predicted is given up for lost (assumed)."""

MODE_TOLD_S = 3.0
"""A vehicle reports its mode once a second; after this a mode that we did not ask for is somebody else's
(assumed)."""

BEGINS_WITHIN_S = 60.0
"""A phase that does not begin within this of its command, by the vehicle's clock, never will (assumed)."""

Holds = Callable[[VehicleState], bool]


class FlownFlight:
    """One sortie of one vehicle. `seconds` are vehicle seconds of each phase that has begun."""

    def __init__(
        self,
        order: Order,
        fleet: VehicleFleet,
        clock: VehicleClock,
        *,
        confirmed: bool,
        dock_tolerance_m: float,
        tell: Tell,
        aloft: bool = False,
        kept: bool = False,
        plan: FlightPlan | None = None,
        knows_mission: bool = True,
    ) -> None:
        self.order, self.plan = order, leave_stay_open(fleet.mission(order) if plan is None else plan)
        self._low_m, self._tolerance_m = fleet.hold_low_m(order), dock_tolerance_m
        self.seconds: dict[Phase, float] = {}
        self.asked_on_scene_s = 0.0
        self.samples: list[Sample] = []
        self.outcome = ""
        self.landing_error_m: float | None = None
        self.recorder = Recorder(self.plan.home, return_seq=return_seq(self.plan.items))
        self._clock = clock
        self._pilot = Pilot(
            order,
            self.plan,
            fleet,
            confirmed=confirmed,
            tell=tell,
            aloft=aloft,
            kept=kept,
            knows_mission=knows_mission,
        )
        self._scene, self._height_m = hold_position(self.plan), takeoff_height_m(self.plan)
        self._task: TimedPhase | None = None
        self._phase = Phase.CLIMB
        self._begins: Holds | None = None
        self._ends: Holds | None = None
        self._lasts_s, self._limit_s = math.inf, math.inf
        self._waits_from_s: float | None = None
        self._asked_s = -math.inf
        self._ended_s: float | None = None
        self._away = self._over = False
        self._aloft_m = 0.0
        self._used_wh = self._ended_wh = 0.0
        self._fell = False
        self._fell_t_s = 0.0

    @property
    def in_the_air(self) -> bool:
        """Whether it has launched and not landed."""
        return self._away and not self.outcome

    @property
    def armed(self) -> bool:
        """Whether its vehicle says that its motors may turn."""
        vehicle = self._pilot.vehicle
        return vehicle is not None and vehicle.state.armed is True

    @property
    def vehicle(self) -> MavlinkVehicle | None:
        """Its vehicle, once it was made ready."""
        return self._pilot.vehicle

    @property
    def firmware_name(self) -> str:
        """What the vehicle says it is."""
        vehicle = self._pilot.vehicle
        return "" if vehicle is None else str(vehicle.firmware)

    # -- the protocol of dfr.sim.flight --

    def launch(self) -> simpy.Event | None:
        """Arm, lift off and climb; timed from the lift."""
        up_m = self._height_m - CLIMBED_SHORT_OF_M
        event = self._begin_phase(
            Phase.CLIMB,
            begins=lambda state: self._above_ground_m(state) >= LIFTED_M,
            ends=lambda state: (state.height_m_home or 0.0) >= up_m,
            predicted_s=self.order.leg.climb_s,
        )
        self._order(self._resume_mission if self._away else lambda: self._pilot.lift_off(self._follow_state))
        self._away = True
        return event

    def arrive(self) -> simpy.Event | None:
        """Fly on along the mission until over the scene."""
        goes_on = self._pilot.mode == CopterMode.AUTO
        event = self._begin_phase(
            Phase.OUT,
            begins=lambda state: state.mode == CopterMode.AUTO,
            ends=self._over_scene,
            predicted_s=self.order.leg.out_s,
            goes_on=goes_on,
        )
        if not goes_on:
            self._order(self._resume_mission)
        return event

    def hold(self, seconds: float) -> simpy.Event | None:
        """Stay where it is, on scene where it was there before."""
        if self._over and self._pilot.mode == CopterMode.GUIDED:
            self._order(self._resume_mission)
        return self._begin_stay(seconds)

    def hold_low(self, seconds: float) -> simpy.Event | None:
        """Straight down to the holding height, or no higher where it is lower, and stay."""
        self._aloft_m = max(self._aloft_m, self._height_m_home())
        low_m = min(self._low_m, self._height_m_home())
        self._order(lambda: self._pilot.change_height(low_m))
        return self._begin_stay(seconds)

    def rise(self, seconds: float) -> simpy.Event | None:
        """Straight up to where it was."""
        aloft_m, self._aloft_m = self._aloft_m, 0.0
        self._order(lambda: self._pilot.change_height(aloft_m))
        return self._begin_stay(seconds)

    def go_home(self) -> simpy.Event | None:
        """Return by the mission's legs from the scene, or back along the path flown."""
        event = self._begin_phase(
            Phase.BACK,
            begins=lambda state: self.recorder.return_t_s is not None,
            ends=lambda state: _is_at(state, self.plan.home),
            predicted_s=self.order.leg.back_s,
        )
        self._pilot.homeward = True
        self._order(self._way_home())
        return event

    def _way_home(self) -> Callable[[], None]:
        if not self._pilot.knows_mission:
            return self._pilot.go_straight_home
        return self._pilot.home_by_mission if self._over else self._pilot.retrace_path

    def land(self) -> simpy.Event | None:
        """Come down where the return leg ends, until it rests."""
        return self._come_down(None)

    def land_away(self) -> simpy.Event | None:
        """Come down here."""
        event = self._come_down(lambda state: state.mode == CopterMode.LAND)
        self._order(lambda: self._pilot.change_mode(CopterMode.LAND))
        return event

    def landed(self) -> tuple[str, ...]:
        """How it came down. The vehicle's own retries are part of the one attempt that we see."""
        self._close_phase()
        self._pilot.close()
        return (self.outcome,)

    def break_off(self) -> None:
        """Stop here: hover in GUIDED, unless it already hovers."""
        hovers = self._task is not None and self._phase is Phase.ON_SCENE
        self._close_phase()
        if self._pilot.mode == CopterMode.AUTO and not hovers:
            self._order(lambda: self._pilot.change_mode(CopterMode.GUIDED))

    def endurance_s(self) -> float:
        """Hover seconds by the energy drawn so far, the model's return leg and the power drawn recently.

        A vehicle that draws more than the model is taken to do so on the return leg as well.
        """
        leg = self.order.leg
        if leg.hover_w <= 0.0 or self.order.energy_wh == math.inf:
            return math.inf
        return max(0.0, self.spare_wh(leg) * 3600.0 / (leg.hover_w * self._thirst(leg)))

    def spare_wh(self, leg: Leg, *, way_wh: float = 0.0, stay_s: float = 0.0) -> float:
        """What would be left above the reserve after a way, a stay, and the return of a leg."""
        needed_wh = way_wh + leg.hover_w * stay_s / 3600.0 + leg.home_wh
        order = self.order
        return order.energy_wh - order.reserve_wh - self.recorder.used_wh - needed_wh * self._thirst(leg)

    def _thirst(self, leg: Leg) -> float:
        """By how much it draws more than the model; never less."""
        return max(1.0, (self.recorder.power_w or 0.0) / leg.hover_w) if leg.hover_w > 0.0 else 1.0

    def used_wh(self) -> float:
        """What the vehicle's battery monitor has counted in the phases.

        What it drew while a command was in transit counts no more than those seconds do.
        """
        task = self._task
        return self._used_wh + (0.0 if task is None else task.used_wh)

    # -- phases --

    def _begin_stay(self, seconds: float) -> simpy.Event | None:
        if seconds <= 0.0:
            return None
        return self._begin_phase(Phase.ON_SCENE, lasts_s=seconds, goes_on=True)

    def _height_m_home(self) -> float:
        """How high it is now; its cruise height where it does not say."""
        height_m = self._pilot.require_vehicle().state.height_m_home
        return self._height_m if height_m is None else height_m

    def _begin_phase(
        self,
        phase: Phase,
        *,
        begins: Holds | None = None,
        ends: Holds | None = None,
        predicted_s: float = math.inf,
        lasts_s: float = math.inf,
        goes_on: bool = False,
    ) -> simpy.Event:
        """A phase on the clock: `begins` and `ends` are looked for in every state of the vehicle.

        Without `begins` it begins with the first state, without `ends` it ends only when its time is over.

        One that goes on from the last without a command begins at the very moment that one ended.
        """
        self._close_phase()
        task = TimedPhase(self._clock.event(), self._clock.now, self._check_phase)
        self._phase, self._begins, self._ends, self._lasts_s = phase, begins, ends, lasts_s
        self._limit_s = SLOW_FACTOR * predicted_s + SPARE_S
        self._waits_from_s, vehicle = None, self._pilot.vehicle
        asked_s = None if vehicle is None else vehicle.state.t_s
        self._asked_s = -math.inf if asked_s is None else asked_s
        if goes_on and self._ended_s is not None:
            task.begin(self._ended_s, self._ended_wh)
        self._clock.start(task)
        self._task = task
        return task.event

    def _close_phase(self) -> None:
        """Put down the seconds of the phase in progress, or just over."""
        task, self._task = self._task, None
        self._ended_s = None
        if task is None:
            return
        self._used_wh, self._ended_wh = self._used_wh + task.used_wh, task.now_wh
        self._clock.forget(task)
        if self._phase is not Phase.ON_SCENE or self._over:
            self.seconds[self._phase] = self.seconds.get(self._phase, 0.0) + task.passed_s
        if self._phase is Phase.ON_SCENE and self._over:
            self.asked_on_scene_s += task.passed_s if task.over_s is None else self._lasts_s
        if task.over_s is not None and task.begun_s is not None:
            self._ended_s = task.begun_s + task.passed_s

    def _come_down(self, begins: Holds | None) -> simpy.Event:
        return self._begin_phase(
            Phase.LAND,
            begins=begins,
            ends=self._at_rest,
            predicted_s=self.order.leg.land_s,
            goes_on=begins is None,
        )

    def _order(self, act: Callable[[], None]) -> None:
        self._ended_s = None
        self._pilot.order(act)

    def _resume_mission(self) -> None:
        self._pilot.change_mode(CopterMode.AUTO)

    def _follow_state(self, state: VehicleState) -> None:
        """Follow the phase in progress (in the link's thread)."""
        self.recorder(state)
        task, t_s = self._task, state.t_s
        if task is None or t_s is None or task.over_s is not None:
            return
        if task.begun_s is None:
            self._look_for_begin(task, state, t_s)
            return
        task.go_on(min(t_s, task.begun_s + self._lasts_s), self.recorder.used_wh)
        self._record_sample(state, task)
        if t_s >= task.begun_s + self._lasts_s or (self._ends is not None and self._ends(state)):
            task.end()
        self._clock.notify()

    def _look_for_begin(self, task: TimedPhase, state: VehicleState, t_s: float) -> None:
        if not self._pilot.idle:
            return
        self._waits_from_s = t_s if self._waits_from_s is None else self._waits_from_s
        if self._begins is None or self._begins(state):
            returned_s = self.recorder.return_t_s if self._phase is Phase.BACK else None
            task.begin(t_s if returned_s is None else max(returned_s, self._asked_s), self.recorder.used_wh)

    def _check_phase(self) -> None:
        """Raise what is wrong with the phase in progress (in the simulation's thread)."""
        self._pilot.raise_failure()
        late, vehicle = self._describe_delay(), self._pilot.vehicle
        if late and vehicle is not None:
            raise LinkTimeoutError(f"{self.order.drone}: {late}", do=f"{vehicle.last_words()}")

    def _describe_delay(self) -> str:
        """What takes far longer than predicted: the phase in progress or its begin; else ''."""
        task, vehicle = self._task, self._pilot.vehicle
        if task is None or vehicle is None:
            return ""
        waited_s = (vehicle.state.t_s or 0.0) - (self._waits_from_s or math.inf)
        if task.begun_s is None and waited_s > BEGINS_WITHIN_S:
            return f"{self._phase.value} has not begun after {waited_s:.0f} s"
        late = task.passed_s > self._limit_s
        return f"{self._phase.value} is not over after {task.passed_s:.0f} s" if late else ""

    def _record_sample(self, state: VehicleState, task: TimedPhase) -> None:
        """Where it was at a moment of the shift."""
        height_m = state.height_m_home
        if state.position is None or height_m is None or state.height_m_amsl is None or not state.armed:
            return
        if not self.samples or task.reached_s > self.samples[-1].t_s:
            self.samples.append(Sample(task.reached_s, state.position, height_m, state.height_m_amsl))

    # -- what a phase looks for --

    def _over_scene(self, state: VehicleState) -> bool:
        self._over = self._over or _is_at(state, self._scene)
        return self._over

    def _at_rest(self, state: VehicleState) -> bool:
        """Touched, and then disarmed or certain not to disarm; the phase itself ends at the touch.

        One whose motors stop in the air falls: it is followed until it lies still, and has not docked.
        """
        if self._task is not None and self._above_ground_m(state) <= TOUCHED_M:
            self._task.held = True
        if state.armed is False:
            return not self._is_falling(state) and self._record_landing(
                state, DIVERTED if self._fell else DOCKED
            )
        if not self._is_still():
            return False
        self._pilot.order(self._pilot.disarm)
        return self._record_landing(state, NOT_DISARMED)

    def _is_falling(self, state: VehicleState) -> bool:
        """Whether it falls without its motors, or fell too short a time ago to lie still."""
        t_s, sink_mps = state.t_s or 0.0, -(state.climb_mps or 0.0)
        hops = self.recorder.air.hops
        lifted_m = (state.height_m_home or 0.0) - (hops[-1].ground_before_m if hops else 0.0)
        if sink_mps > IMPACT_MPS or lifted_m > WRECK_HEIGHT_M:
            self._fell, self._fell_t_s = True, t_s
        return self._fell and t_s - self._fell_t_s < RESTS_S

    def _record_landing(self, state: VehicleState, outcome: str) -> bool:
        if state.position is not None:
            self.landing_error_m = distance_m(state.position, self.plan.home)
        docked = self.landing_error_m is not None and self.landing_error_m <= self._tolerance_m
        self.outcome = outcome if docked else DIVERTED
        return True

    def _is_still(self) -> bool:
        return self.recorder.still_s(below_m=STILL_HEIGHT_M, speed_mps=STILL_SPEED_MPS) >= STILL_S

    def _above_ground_m(self, state: VehicleState) -> float:
        return self.recorder.above_ground_m(state.height_m_home or 0.0)

    # -- after the shift --

    def recall(self) -> None:
        """Send it home; this is not timed."""
        self._close_phase()
        if self._pilot.mode in {CopterMode.AUTO, CopterMode.GUIDED}:
            self._order(lambda: self._pilot.change_mode(CopterMode.RTL))

    def stop(self) -> None:
        """Begin nothing more of what was ordered."""
        self._pilot.stop()

    def call_home(self) -> None:
        """RTL after what is being done, unless its mission brings it home or a pilot or failsafe has it."""
        self._pilot.wait_settled()
        vehicle, mode = self._pilot.require_vehicle(), self._pilot.mode
        on_its_way = mode == CopterMode.AUTO and self.recorder.return_t_s is not None
        if vehicle.state.armed is False or on_its_way or mode not in {CopterMode.AUTO, CopterMode.GUIDED}:
            return
        with contextlib.suppress(LinkTimeoutError):
            self._pilot.wait_for(
                lambda state: state.mode == mode, vehicle_s=MODE_TOLD_S, what=f"{mode.name} reported"
            )
            self._pilot.do_through_gaps(lambda: vehicle.set_mode(CopterMode.RTL))

    def wait_down(self) -> None:
        """Wait until it rests. Raises LinkTimeoutError for one that does not come down."""
        self._pilot.wait()
        self.wait_rest()

    def wait_rest(self) -> None:
        """Wait until it is down, whatever became of what was ordered. Raises as `wait_down`."""
        limit_s = SLOW_FACTOR * self.order.leg.home_s + SPARE_S
        self._pilot.wait_for(
            lambda state: state.armed is False or self._is_still(),
            vehicle_s=limit_s,
            what=f"{self.order.drone} down after the shift",
        )

    def close(self) -> None:
        """Hear the vehicle no more."""
        self._pilot.close()


def _is_at(state: VehicleState, place: Position) -> bool:
    """Whether the vehicle is at a place: within the distance that counts."""
    return state.position is not None and distance_m(state.position, place) <= REACHED_M
