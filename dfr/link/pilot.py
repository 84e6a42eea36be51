"""Flies one vehicle through one sortie by commands, in a thread of its own, one after the other.

Nothing here waits for the flight: `order` returns at once and `raise_failure` raises what went wrong since.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Protocol

from dfr.ardupilot.commands import Command
from dfr.ardupilot.modes import RETURN_MODES, CopterMode, mode_name
from dfr.errors import LinkError, NonCompliantError, VehicleRefusedError
from dfr.geo import Position
from dfr.link.dispatch import adopt_flight, refuse_no_go
from dfr.link.link_gaps import GapTolerantLink
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.operator import Tell, ignore_words
from dfr.link.preflight import wait_ready
from dfr.link.transfer import replace_mission, upload_verified
from dfr.link.vehicle import VehicleState
from dfr.mission.changes import FIRST_ITEM
from dfr.mission.compile import HOLDS
from dfr.mission.items import FlightPlan
from dfr.sim.flight import Order

OnState = Callable[[VehicleState], None]

LOOK_EVERY_S = 0.1


class VehicleFleet(Protocol):
    """The vehicles of a shift: each made ready for its order."""

    def make_ready(self, order: Order) -> MavlinkVehicle:
        """The order's drone, connected, in its dock and with the order's charge."""

    def mission(self, order: Order) -> FlightPlan:
        """The flight of an order."""

    def hold_low_m(self, order: Order) -> float:
        """Height above its dock at which the order's drone keeps out of other traffic's way."""


class Pilot:
    """Commands one vehicle. `mode` is the mode that we asked for last, None before the first.

    Once it is `homeward`, a failsafe that also takes it home is allowed to. `aloft`: it is in the air already
    and carries the plan (`dfr.link.dispatch.adopt_flight`), unless nobody `knows_mission`: what is on board
    may be half of another, and it is sent home straight. One that is `kept` is never given up.
    """

    def __init__(
        self,
        order: Order,
        plan: FlightPlan,
        fleet: VehicleFleet,
        *,
        confirmed: bool,
        tell: Tell = ignore_words,
        aloft: bool = False,
        kept: bool = False,
        knows_mission: bool = True,
    ) -> None:
        self.drone, self.plan = order.drone, plan
        self.knows_mission = knows_mission
        self.link: GapTolerantLink | None = None
        self._tell = tell
        self.mode: CopterMode | None = None
        self.vehicle: MavlinkVehicle | None = None
        self._confirmed, self._aloft, self._kept = confirmed, aloft, kept
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"pilot-{order.flight}")
        self._stack = ExitStack()
        self._mode_seen = False
        self._stopped, self._closed = threading.Event(), threading.Event()
        self._reached = True
        self._link_error: LinkError | None = None
        self.homeward = False
        self._work: Future[None] = self._worker.submit(lambda: self._prepare_vehicle(order, fleet))

    @property
    def idle(self) -> bool:
        """Whether all that was ordered is done."""
        return self._work.done()

    def order(self, act: Callable[[], None]) -> None:
        """Do something after what was ordered before; nothing more is done after a failure."""
        before = self._work

        def in_turn() -> None:
            before.result()
            self.do_through_gaps(lambda: self._run_unless_stopped(act))

        self._work = self._worker.submit(in_turn)

    def raise_failure(self) -> None:
        """Raise what went wrong: a LinkError for a failed command, a vehicle given up or a mode not ours."""
        vehicle, reached = self.vehicle, self.link is None or self._check_reached(self.link)
        if not self._work.done():
            return
        self._work.result()
        if vehicle is None or not reached:
            return
        state = vehicle.state
        self._mode_seen = self._mode_seen or state.mode == self.mode
        if state.armed and self._mode_seen and state.mode != self.mode and self._work.done():
            if self.homeward and state.mode in RETURN_MODES:
                self._note_mode(CopterMode(state.mode))
                return
            raise VehicleRefusedError(
                f"{self.drone}: {mode_name(state.mode)} by the pilot or a failsafe: hands off",
                do=f"{vehicle.last_words()}",
            )

    def _check_reached(self, link: GapTolerantLink) -> bool:
        """Whether the link is there. Of one that is kept a thread looks: reading its plan takes time."""
        if not self._kept:
            return link.check_reached()
        if self._link_error is not None:
            raise self._link_error
        return self._reached

    def _watch_link(self, link: GapTolerantLink) -> None:
        while not self._closed.wait(LOOK_EVERY_S):
            try:
                self._reached = link.check_reached()
            except LinkError as error:
                self._link_error = error
                return

    def wait(self) -> None:
        """Wait until all that was ordered is done. Raises its failure."""
        self._work.result()

    def do_through_gaps(self, act: Callable[[], None]) -> None:
        """Do something, and again where a gap of the link is why a drone in flight did not hear it."""
        if self.link is None:
            act()
        else:
            self.link.do(act)

    def wait_for(self, holds: Callable[[VehicleState], bool], *, vehicle_s: float, what: str) -> None:
        """The vehicle's `wait`, through gaps of the link."""
        if self.link is None:
            self.require_vehicle().wait(holds, vehicle_s=vehicle_s, what=what)
        else:
            self.link.wait(holds, vehicle_s=vehicle_s, what=what)

    def stop(self) -> None:
        """Begin nothing more of what was ordered: it is called off."""
        self._stopped.set()

    def wait_settled(self) -> None:
        """Wait until what is being done is done, whether it worked or not."""
        wait([self._work])

    def close(self) -> None:
        """Hear the vehicle no more, and end the thread."""
        self._closed.set()
        self._stack.close()
        self._worker.shutdown(wait=True)

    def lift_off(self, on_state: OnState) -> None:
        """Arm and start the mission; `on_state` hears the vehicle from now on."""
        vehicle = self.require_vehicle()
        self._stack.enter_context(vehicle.watching(on_state))
        self.change_mode(CopterMode.GUIDED)
        self._refuse_stopped()
        vehicle.arm()
        self._refuse_stopped()
        self._note_mode(CopterMode.AUTO)
        try:
            vehicle.command(Command.MISSION_START, 0.0, 0.0)
        except VehicleRefusedError:
            raise
        except LinkError as error:  # it may be on its way: what it does will show
            self._tell(f"{self.drone}: the start of the mission is not confirmed: {error}")

    def change_mode(self, mode: CopterMode) -> None:
        """Change the mode and see it changed."""
        self._note_mode(mode)
        self.require_vehicle().set_mode(mode)

    def change_height(self, height_m_home: float) -> None:
        """Straight down or up to a height, in GUIDED."""
        place = self.require_vehicle().state.position
        if place is None:
            raise LinkError(f"{self.drone}: it does not say where it is")
        self._note_mode(CopterMode.GUIDED)
        self.require_vehicle().go_to(place, height_m_home=height_m_home)

    def home_by_mission(self) -> None:
        """On to the mission's first item after the stay, which lets go of what the camera looked at."""
        holds = [seq for seq, item in enumerate(self.plan.items, start=1) if item.command in HOLDS]
        self.require_vehicle().command(Command.DO_SET_MISSION_CURRENT, float(holds[-1] + 1))
        if self.mode != CopterMode.AUTO:
            self.change_mode(CopterMode.AUTO)

    def retrace_path(self) -> None:
        """Return along the path flown; straight home where the vehicle has lost track of it."""
        try:
            self.change_mode(CopterMode.SMART_RTL)
        except VehicleRefusedError:
            self.change_mode(CopterMode.RTL)

    def go_straight_home(self) -> None:
        """RTL: the mission on board is not to be flown."""
        self.change_mode(CopterMode.RTL)

    def stop_here(self) -> Position:
        """Hover where it is, in GUIDED; returns where that is. Raises for one that somebody else flies."""
        state = self.require_vehicle().state
        if state.mode not in {CopterMode.AUTO, CopterMode.GUIDED}:
            raise VehicleRefusedError(
                f"{self.drone}: {mode_name(state.mode or 0)}: it is not in a mode of ours"
            )
        if state.position is None or state.height_m_home is None:
            raise LinkError(f"{self.drone}: it does not say where it is")
        self._note_mode(CopterMode.GUIDED)
        self.require_vehicle().go_to(state.position, height_m_home=state.height_m_home)
        return state.position

    def change_plan(self, plan: FlightPlan) -> None:
        """Put another mission and its parameters on board of a drone that hovers, prove them, and fly it.

        Fence and rally points stay: raises NonCompliantError, with nothing changed, where they would differ.
        What else it raises leaves the mission unknown.
        """
        vehicle, link = self.require_vehicle(), self.link
        if (plan.fence, plan.rally) != (self.plan.fence, self.plan.rally):
            raise NonCompliantError("it needs another fence or rally points than are on board")
        assert link is not None
        self.knows_mission = False
        link.carry(None)
        replace_mission(vehicle, plan)
        for name, value in plan.params.items():
            if self.plan.params.get(name) != value:
                vehicle.set_param(name, value)
        self.plan, self.knows_mission, self.homeward = plan, True, False
        link.carry(plan)
        vehicle.command(Command.DO_SET_MISSION_CURRENT, float(FIRST_ITEM))
        self.change_mode(CopterMode.AUTO)

    def disarm(self) -> None:
        """For a drone that is low and still and leans into the wind: see `dfr.link.ground_watch`."""
        vehicle = self.require_vehicle()
        try:
            vehicle.disarm()
        except VehicleRefusedError:
            if not vehicle.simulated:
                raise
            vehicle.disarm(force=True)

    def require_vehicle(self) -> MavlinkVehicle:
        """The vehicle. Raises LinkError where it was never made ready."""
        if self.vehicle is None:
            raise LinkError(f"{self.drone} was not made ready")
        return self.vehicle

    def _run_unless_stopped(self, act: Callable[[], None]) -> None:
        self._refuse_stopped()
        act()

    def _refuse_stopped(self) -> None:
        """Raise LinkError where it was called off meanwhile."""
        if self._stopped.is_set():
            raise LinkError(f"{self.drone}: called off")

    def _note_mode(self, mode: CopterMode) -> None:
        self.mode, self._mode_seen = mode, False

    def _prepare_vehicle(self, order: Order, fleet: VehicleFleet) -> None:
        """Upload, verify, and check that nothing blocks the flight."""
        vehicle = fleet.make_ready(order)
        if not (vehicle.simulated or self._confirmed):
            raise VehicleRefusedError(f"{self.drone} is not known to be simulated", do="confirm its flights")
        if self._aloft:
            self.vehicle = vehicle  # it is followed until it is down, whatever it carries
            if self.knows_mission:
                adopt_flight(vehicle, self.plan)
            self._note_mode(CopterMode(vehicle.state.mode or 0))
        else:
            self._upload(vehicle)
        self.link = GapTolerantLink(
            vehicle,
            self.plan if self.knows_mission else None,
            lambda words: self._tell(f"{self.drone}: {words}"),
            give_up_s=math.inf if self._kept else None,
        )
        self.vehicle = vehicle
        if self._kept:
            watch, link = self._watch_link, self.link
            threading.Thread(target=lambda: watch(link), name=f"link-{self.drone}", daemon=True).start()

    def _upload(self, vehicle: MavlinkVehicle) -> None:
        if vehicle.state.mode == CopterMode.AUTO:
            vehicle.set_mode(CopterMode.GUIDED)
        upload_verified(vehicle, self.plan)
        wait_ready(vehicle)
        refuse_no_go(vehicle, self.plan)

    def take_on(self, on_state: OnState) -> None:
        """Hear a vehicle that is in the air already."""
        self._stack.enter_context(self.require_vehicle().watching(on_state))
