"""The director of one flight: arms, starts AUTO, follows, and acts on what ArduCopter itself does not notice.

Start from `Director.launch` and `Director.follow`. All deadlines count the vehicle's own seconds. When the
flight mode changes without our asking, a pilot or a failsafe has control (`dfr.link.control_authority`): the
director then goes on watching traffic, ground and link, reports what it sees, and commands nothing until the
flight is given back.

It enforces its own limits (`dfr.link.limits`): wind, energy to home and gaps in the link send the drone home;
it gives way to other traffic (`dfr.link.give_way`). It takes orders from other threads in turn
(`dfr.link.orders`): a new task is uploaded and proven while the drone hovers, and refused where its path was
not checked. A vehicle that falls silent is waited for, and commanded again only once the plan on board is
proven to be the verified one (`dfr.link.link_gaps`). A command that did not get through is sent again.

A drone on the ground with its motors on is handled by `dfr.link.ground_watch`; `dfr.link.outcome` says what
became of the dispatch.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dfr.aircraft.settings import FlightSettings
from dfr.ardupilot.commands import Command
from dfr.ardupilot.modes import RETURN_MODES, CopterMode, mode_name
from dfr.errors import DfrError, LinkError, VehicleRefusedError
from dfr.link.control_authority import ControlAuthority
from dfr.link.give_way import GiveWay
from dfr.link.ground_watch import GroundWatch
from dfr.link.limits import Action, Breach, FlightLimits, LimitMonitor, refuse_without_energy
from dfr.link.link_gaps import LinkMonitor
from dfr.link.lost_link import TAKE_OVER, LostLinkBehaviour
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.orders import NewTask, Orders, Recall
from dfr.link.outcome import Event, Outcome
from dfr.link.recorder import Recorder
from dfr.link.status_texts import doubted_by_flags
from dfr.link.traffic import TrafficPicture
from dfr.link.transfer import replace_mission
from dfr.link.vehicle import ANSWER_S, OnboardPlan, VehicleState
from dfr.mission.changes import FIRST_ITEM, retask_flight
from dfr.mission.compile import HOLDS, return_seq
from dfr.mission.duration import longest_s
from dfr.mission.filming import filming_in
from dfr.mission.items import FlightPlan

LIFT_S = 30.0
LOOK_EVERY_S = 0.05
ALOFT_M = 2.0
"""Higher than this above home the limits of a flight apply."""


OnState = Callable[[VehicleState], None]
OnEvent = Callable[[Event], None]


@dataclass
class Director:
    """One flight in progress; `landing` is how the vehicle comes down by itself."""

    vehicle: MavlinkVehicle
    plan: FlightPlan
    recorder: Recorder
    limits: FlightLimits
    picture: TrafficPicture
    orders: Orders
    may_force_disarm: bool
    dock_tolerance_m: float
    landing: FlightSettings
    cruise_mps: float | None = None
    on_event: OnEvent | None = None
    lost_link: LostLinkBehaviour = field(default_factory=LostLinkBehaviour)
    events: list[Event] = field(default_factory=list)
    given_up: bool = False
    trouble: str = ""
    recalled: bool = False
    last_seq: int | None = None
    warned: set[str] = field(default_factory=set)
    past_scene: bool = False
    doubted: bool = False
    unseen: bool = False
    deadline_s: float = 0.0
    unheard_s: float = 0.0

    def __post_init__(self) -> None:
        self.limit_monitor = LimitMonitor(self.limits, self.plan)
        self.link_monitor = LinkMonitor(self.vehicle, self._note_event)
        self.control = ControlAuthority(
            vehicle=self.vehicle,
            recorder=self.recorder,
            tell=self._note_event,
            wrecked=lambda: bool(self.ground.crash),
        )
        self.give_way = GiveWay(
            control=self.control,
            picture=self.picture,
            limit=self.limits.traffic,
            tell=self._note_event,
            warn=self._warn_once,
            obey=self._carry_out,
            delay=self._extend_deadline,
        )
        self.ground = GroundWatch(
            vehicle=self.vehicle,
            recorder=self.recorder,
            may_force_disarm=self.may_force_disarm,
            descends_mps=max(self.landing.descent_mps, self.landing.effective_land_high_mps),
            tell=self._note_event,
        )

    def launch(self) -> None:
        """Arm in GUIDED (ArduCopter does not arm in AUTO by default) and start the mission."""
        vehicle = self.vehicle
        vehicle.set_mode(CopterMode.GUIDED)
        vehicle.arm()
        self._note_event("armed")
        self.control.expect_auto()
        try:
            vehicle.command(Command.MISSION_START, 0.0, 0.0)
            vehicle.wait(lambda state: state.mode == CopterMode.AUTO, vehicle_s=LIFT_S, what="AUTO")
        except VehicleRefusedError:
            raise
        except LinkError as error:
            self._note_event(f"the start of the mission is not confirmed: {error}")
            return
        self.control.confirm_mode(CopterMode.AUTO)
        self._note_event("mission started")

    def take_on(self) -> None:
        """Go on with a flight found in the air; one that is not in AUTO or GUIDED is somebody else's."""
        mode, seq = self.vehicle.state.mode, self.vehicle.state.mission_seq or 0
        stays = [number for number, item in enumerate(self.plan.items, 1) if item.command in HOLDS]
        self.past_scene = bool(stays) and seq > stays[-1]
        found = f"{self.vehicle.describe_whereabouts()}, found flying this very plan"
        if mode in (CopterMode.AUTO, CopterMode.GUIDED):
            self.control.expected = CopterMode(mode)
            self._note_event(f"{found}: not uploaded, not armed again, control continues")
        else:
            self.control.leave_alone(self.vehicle.state, f"found in {mode_name(mode)}")
            self._note_event(f"{found}: {mode_name(mode)} by the pilot or a failsafe: hands off, watching")

    def follow(self, on_state: OnState | None) -> None:
        """Watch until disarmed, or until a vehicle that should long be down is given up (`given_up`).

        Raises VehicleRefusedError where it never took off.
        """
        self.deadline_s = (self.vehicle.state.t_s or 0.0) + self._longest_s(self.plan)
        while not self.given_up:
            if self.link_monitor.watch_link():
                if self._follow_state(self.vehicle.state, on_state):
                    return
            elif self.ground.is_off:
                self.unseen = True
                self._note_event("not heard since its motors stopped")
                return
            else:
                self._wait_for_it()
            time.sleep(LOOK_EVERY_S)

    def _follow_state(self, state: VehicleState, on_state: OnState | None) -> bool:
        """One look at a vehicle that is heard; True once the flight is over."""
        self.deadline_s += self.control.check_mode(state)
        if self.control.hands_off:
            self.give_way.low = None
        self._watch_words(state)
        self._watch_mission(state)
        if on_state is not None:
            on_state(state)
        if self.ground.is_at_rest(state):
            if not self.recorder.air.hops:
                raise VehicleRefusedError("disarmed before takeoff", do=f"{self.vehicle.last_words()}")
            return True
        self._watch_end(state.t_s)
        if state.armed is False:
            return False
        if self.link_monitor.proven or self._prove_plan():
            try:
                self._act_on_state(state)
            except LinkError as error:
                self._note_once(f"a command did not get through: {error}")
        return False

    def _act_on_state(self, state: VehicleState) -> None:
        """Do what is to be done now. Raises LinkError for what did not get through."""
        if (state.t_s or 0.0) > self.deadline_s and not self.recalled:
            self._recall_overdue()
        self._watch_limits(state)
        self._take_orders()
        low_m = None if self.give_way.low is None else self.give_way.low.low_m
        self.ground.watch_ground(state, self.plan, ours=not self.control.hands_off, low_m=low_m)
        self.control.ask_again()

    def _wait_for_it(self) -> None:
        """It is not heard: wait, until it should long be down."""
        self.unheard_s = self.link_monitor.gap_s
        self._watch_end((self.vehicle.state.t_s or 0.0) + self.link_monitor.gap_s * self.vehicle.pace)

    def _watch_end(self, t_s: float | None) -> None:
        """Give up a vehicle that is not down though it should long be."""
        if (t_s or 0.0) > self.deadline_s + self.limits.give_up_s:
            self.given_up = True
            self._note_event(
                f"given up: not down {self.limits.give_up_s:.0f} s after the flight should have ended"
            )

    def _prove_plan(self) -> bool:
        """After a gap: whether what is heard again still carries the verified plan."""
        if self.control.hands_off or self.vehicle.plan is not OnboardPlan.VERIFIED:
            return True
        differences = self.link_monitor.prove_plan(self.plan)
        if differences is None:
            return False
        if differences:
            self.vehicle.plan = OnboardPlan.UNKNOWN
            self.control.leave_alone(self.vehicle.state, "another plan was put on board")
            self._note_event(
                f"the plan on board is no longer the verified one: {'; '.join(differences)}: hands off"
            )
        else:
            self._note_event("the plan on board is still the verified one: control continues")
        return True

    def describe_stop(self) -> str:
        """Who is left in the air when the program is stopped, what it will do, and how to take it over."""
        with contextlib.suppress(LinkError):  # an order to arm may be on its way
            self.vehicle.wait(lambda state: state.armed is True, vehicle_s=ANSWER_S, what="armed")
        state = self.vehicle.state
        words = f"{self.vehicle.describe_whereabouts()}: "
        if state.armed is False:
            words += "nothing flies"
        else:
            words += f"{self.lost_link.describe_from(state)} -> {TAKE_OVER}"
        self._note_event(f"stopped by a person: {words}")
        return words

    def stand_down(self) -> None:
        """Leave AUTO after the flight, so that the next plan can be uploaded."""
        state = self.vehicle.state
        if self.control.hands_off or state.armed is not False or state.mode != CopterMode.AUTO:
            return
        try:
            self.vehicle.set_mode(CopterMode.GUIDED)
        except LinkError as error:
            self._note_event(f"still in AUTO: {error}")

    def _watch_words(self, state: VehicleState) -> None:
        """Name each failsafe, and the first doubt about the position in flight."""
        self.control.note_failsafes(state)
        if self.vehicle.port.log_failure:
            self._warn_once("log", self.vehicle.port.log_failure)
        if not self.doubted and self.recorder.air.in_air and doubted_by_flags(state):
            self.doubted = True
            self._note_event("the vehicle's estimator doubts its own position")

    def _watch_mission(self, state: VehicleState) -> None:
        if state.mission_seq != self.last_seq and state.mission_seq is not None:
            self.last_seq = state.mission_seq
            self._note_event(f"item {state.mission_seq}")
        self.control.watch_stay(self.plan, state)
        if self.recorder.return_t_s is not None and not self.control.returning:
            self.control.returning = True
            self._note_event("return", t_s=self.recorder.return_t_s)

    def _watch_limits(self, state: VehicleState) -> None:
        """In the air: act on a limit that is broken, or only report it while a pilot has control."""
        unheard_s, silent_s = self.unheard_s, self.vehicle.silent_s
        self.unheard_s = silent_s
        if not state.armed or self.recorder.above_ground_m(state.height_m_home or 0.0) < ALOFT_M:
            return
        heard_again_after_s = unheard_s if silent_s < unheard_s else 0.0
        breach = self.limit_monitor.find_breach(state, unheard_s=heard_again_after_s)
        if breach is not None and self.control.hands_off:
            self._warn_once(
                breach.limit,
                f"limit {breach.limit}: {breach.words}: a pilot has control, so this is only reported",
            )
        elif breach is not None:
            self._carry_out(breach)
        self.give_way.watch_traffic(state)

    def _carry_out(self, breach: Breach) -> None:
        """Home, or down; once, and not where it is on its way there."""
        mode = CopterMode.LAND if breach.action is Action.LAND else CopterMode.RTL
        now = self.control.expected if self.control.asked is None else self.control.asked
        homeward = now in RETURN_MODES or (self.control.returning and self.give_way.low is None)
        if now == mode or (homeward and mode == CopterMode.RTL):
            return
        self.give_way.low = None
        self._note_event(f"limit {breach.limit}: {breach.words}: {breach.action.value}")
        self.control.record_cut(Outcome.LIMIT, f"limit {breach.limit}: {breach.words}")
        self.control.change_mode(mode)

    def _take_orders(self) -> None:
        order = self.orders.take_next()
        if order is None:
            return
        try:
            if self.control.hands_off:
                raise VehicleRefusedError("another pilot has taken over", do="ask them")
            if isinstance(order, Recall):
                self._note_event("recalled by order")
                self.recall()
                self.control.record_cut(Outcome.RECALLED, "recalled by order")
            else:
                self.retask(order)
        except DfrError as error:
            self._note_event(f"order refused: {error}")
            order.done.set_exception(error)
        else:
            order.done.set_result(None)

    def retask(self, task: NewTask) -> None:
        """Send the drone on to another incident: checked, held, uploaded, proven, and on.

        Raises NonCompliantError where its path was not checked, VehicleRefusedError where it is too low or
        has not the energy; TransferError where the new mission did not arrive, and then it comes home.
        """
        state = self.vehicle.state
        here, height_m = state.position, state.height_m_home
        cruise_m = max(item.z_m for item in self.plan.items if item.command == Command.NAV_TAKEOFF)
        if here is None or height_m is None or height_m < 0.5 * cruise_m or self.give_way.low is not None:
            raise VehicleRefusedError(
                "it is flying low or giving way to traffic", do="wait until it is at its cruise height again"
            )
        new = retask_flight(
            self.plan,
            here=here,
            path=task.path,
            height_m_home=cruise_m,
            on_scene_s=task.on_scene_s,
            look_at=task.look_at,
        )
        refuse_without_energy(state, self.plan, path=task.path, on_scene_s=task.on_scene_s)
        self._note_event(f"new task: {task.path[-1]}")
        self.control.go_to(here, max(height_m, cruise_m))
        try:
            replace_mission(self.vehicle, new)
        except LinkError:
            self._note_event("the new mission did not arrive: coming home")
            self.control.record_cut(Outcome.LIMIT, "a new mission did not arrive")
            self.recall()
            raise
        self.plan, self.limit_monitor, self.control.returning, self.last_seq = (
            new,
            LimitMonitor(self.limits, new),
            False,
            None,
        )
        self.vehicle.command(Command.DO_SET_MISSION_CURRENT, float(FIRST_ITEM))
        self.recorder.begin_task(return_seq(new.items), state.t_s)
        self.control.begin_task()
        self.deadline_s = (state.t_s or 0.0) + self._longest_s(new)
        self.control.change_mode(CopterMode.AUTO)
        self._note_event("flying to the new task")

    def _extend_deadline(self, seconds: float) -> None:
        """The flight may take so much longer."""
        self.deadline_s += seconds

    def _longest_s(self, plan: FlightPlan) -> float:
        return longest_s(plan, cruise_mps=self.cruise_mps)

    def _recall_overdue(self) -> None:
        """Recall once, unless somebody else is flying."""
        self.recalled = True
        if self.control.hands_off:
            self._note_event("overdue, but a pilot has control: not recalled, still watching")
            return
        self._note_event("overdue: recalling")
        self.control.record_cut(Outcome.OVERDUE, "overdue")
        self.recall()

    def recall(self) -> None:
        """Command RTL, unless somebody else is flying."""
        if self.control.hands_off:
            raise VehicleRefusedError("another pilot has taken over", do="ask them to return")
        self.give_way.low = None
        self.control.change_mode(CopterMode.RTL)
        self._stop_filming()

    def _stop_filming(self) -> None:
        """End what the mission would have ended after the stay; a camera that does not answer is told."""
        try:
            for item in filming_in(self.plan.items).stops:
                self.vehicle.command(Command(item.command), *item.params, timeout_s=ANSWER_S)
        except LinkError as error:
            self._note_event(f"the camera may go on recording: {error}")

    def _warn_once(self, key: str, words: str) -> None:
        """Told once of each."""
        if key not in self.warned:
            self.warned.add(key)
            self._note_event(words)

    def _note_once(self, what: str) -> None:
        """What would be said again at every look."""
        if what != self.trouble:
            self.trouble = what
            self._note_event(what)

    def _note_event(self, what: str, *, t_s: float | None = None) -> None:
        event = Event(t_s=self.vehicle.state.t_s if t_s is None else t_s, what=what)
        self.events.append(event)
        if self.on_event is not None:
            self.on_event(event)
