"""AUTO: flies the mission, item by item, with its DO_ and CONDITION_ items."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.circle import Circling
from firmware_sitl.vehicle.item_lists import MissionList
from firmware_sitl.vehicle.landing import LandingDescent
from firmware_sitl.vehicle.mission_order import (
    TAKEOFFS,
    UNSTARTED,
    WAITS,
    MissionOrder,
    name_of,
    seconds_to_wait,
)
from firmware_sitl.vehicle.modes import AUTO, AUTO_RTL, Mode
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.rtl import ReturnMode

CONDITIONS = frozenset({Command.CONDITION_DELAY, Command.CONDITION_DISTANCE, Command.CONDITION_YAW})
MISSION_RUNS, MISSION_STANDS, MISSION_DONE = 3, 2, 5
"""MISSION_STATE: active, not started (or stopped), complete."""

STAYING = (Command.NAV_WAYPOINT, Command.NAV_LOITER_TIME, Command.NAV_SPLINE_WAYPOINT)
"""Items at which the aircraft stays for as many seconds as their first parameter says."""

CONTINUE_AFTER_LAND = 4
"""Bit of MIS_OPTIONS: after a landing go on, where a takeoff follows."""


class Auto(Mode):
    """AUTO. `current` is the item being flown; `reached` collects the completed items."""

    number = AUTO
    takes_speed = True

    def __init__(
        self,
        aircraft: Aircraft,
        plan: MissionList,
        rtl: ReturnMode,
        do: Callable[[WireItem], object],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(aircraft)
        self.clock = clock
        self.plan, self._rtl, self._do = plan, rtl, do
        self.route = MissionOrder(plan, aircraft.say)
        self.current = 0
        self.state = MISSION_STANDS
        self.returning = False
        self._resume_once = False
        self.reached: list[int] = []
        self._item: WireItem | None = None
        self._run: Callable[[float], bool] | None = None
        self._condition: Callable[[], bool] | None = None
        self._queue: list[int] = []
        self._since_s: float | None = None
        self._landing: LandingDescent | None = None
        self._circling: Circling | None = None
        self._waiting = False
        self._announced = self._beside = 0

    @property
    def shown(self) -> int:
        """The number in the heartbeat: AUTO_RTL's while it returns along the mission."""
        return AUTO_RTL if self.returning else AUTO

    @property
    def running(self) -> bool:
        """Whether the mission is under way."""
        return self.state == MISSION_RUNS

    @property
    def taking_off(self) -> bool:
        """Whether a takeoff is under way."""
        return self._item is not None and self._item.command in TAKEOFFS

    @property
    def landing(self) -> bool:
        """Whether it is descending to land."""
        if self._item is not None and self._item.command == Command.NAV_RETURN_TO_LAUNCH:
            return self._rtl.landing
        return self._landing is not None

    def take_over(self) -> str | None:
        """Continue the mission where it was left, or start it."""
        aircraft = self.aircraft
        self.returning = False
        if aircraft.motors.armed and self.plan.count_items() <= 1:
            return "init failed"
        first = 1 if aircraft.parameters["MIS_RESTART"] else max(self.current, 1)
        if aircraft.motors.armed and aircraft.landed and not self.route.is_takeoff_next(first):
            aircraft.say(2, "Auto: Missing Takeoff Cmd")
            return "init failed"
        aircraft.navigation.start_from()
        aircraft.heading.hold_present()
        self._landing = None
        self._waiting = True
        return None

    def leave_mission(self) -> None:
        """Stop the mission where it is: another mode takes over."""
        self.returning = False
        if self.running:
            self.state = MISSION_STANDS

    def restart_mission(self) -> None:
        """Begin at item 1 the next time."""
        self.current = 0
        self._item = self._run = self._condition = None
        self.route.forget_jumps()
        self._queue = []

    def start_mission(self) -> None:
        """Start the mission, continue it, or begin again where it was complete."""
        if self.state == MISSION_DONE or self.current == 0 or self.current >= self.plan.count_items():
            self.restart_mission()
        self._start_from(max(self.current, 1))

    def set_current(self, seq: int) -> bool:
        """Make an item the next; False where there is none, or nothing to fly after it."""
        self.returning = False
        if not 0 <= seq < self.plan.count_items() or self.plan.count_items() == 1:
            return False
        if seq == 0 or self.state == MISSION_DONE:
            self.route.forget_jumps()
        if self.running:
            self._start_from(max(seq, 1))
            return self.running
        found = self.route.first_navigation(max(seq, 1), beside=[])
        self.current, self.state = found or 0, MISSION_STANDS
        return found is not None

    def jump_to_tag(self, tag: int) -> bool:
        """Go on after a tag; False where there is none."""
        seq = self.route.place_of_tag(tag)
        return seq is not None and self.set_current(seq)

    def return_from(self, seq: int, text: str) -> None:
        """Return home along the mission from an item."""
        self.set_current(seq)
        self._resume_once = True
        self.aircraft.say(6, text)

    def resume_flight(self) -> bool:
        """Go on to the waypoint."""
        self.aircraft.navigation.resume_leg()
        return True

    def pause_flight(self) -> bool:
        """Stop on the way to a waypoint."""
        navigation = self.aircraft.navigation
        if self._run != self._fly_waypoint or navigation.reached:
            return False
        navigation.slow_to_stop()
        return True

    def fly_step(self, dt: float) -> None:
        """One step of the mission."""
        aircraft = self.aircraft
        if self._waiting:
            self._waiting = False
            if aircraft.parameters["MIS_RESTART"] and not self._resume_once:
                self.restart_mission()
            self._resume_once = False
            self.start_mission()
        elif self.running and self.current == 0:
            self.start_mission()
        if not aircraft.motors.armed:
            aircraft.control.restart_here()
            return
        self._work_through_queue()
        if self._run is None:
            self._hold_position(dt)
        elif self._run(dt):
            self._advance_item()

    def _start_from(self, seq: int) -> None:
        """Start the first navigation item at or after a place; what stands before it is done on the way."""
        self.state = MISSION_RUNS
        self._queue = []
        target = self.route.first_navigation(seq, beside=self._queue)
        item = None if target is None else self.plan.read_item(target)
        if target is None or item is None:
            self._finish_mission()
            return
        self.current = target
        self._item, self._since_s = item, None
        self._landing = self._circling = None
        self._pass_over_unstarted()
        for first in self._queue[:1]:
            self._announce_item(first)
        self.aircraft.say(6, f"Mission: {target} {name_of(item.command)}")
        self._run = self._start_of(item)(item)

    def _pass_over_unstarted(self) -> None:
        for seq in [seq for seq in self._queue if self.route.command_at(seq) in UNSTARTED]:
            self._announce_item(seq)
            self._queue.remove(seq)

    def _announce_item(self, seq: int) -> None:
        self._announced = seq
        self.aircraft.say(6, f"Mission: {seq} {name_of(self.route.command_at(seq))}")

    def _advance_item(self) -> None:
        self.reached.append(self.current)
        self._start_from(self.current + 1)

    def _finish_mission(self) -> None:
        """After the last item: hold there, or disarm on the ground."""
        aircraft = self.aircraft
        self.state, self._run, self._item = MISSION_DONE, None, None
        if not aircraft.landed:
            aircraft.navigation.start_from()
        elif aircraft.motors.armed:
            aircraft.motors.disarm()
            aircraft.say(6, "Disarming motors")

    def _work_through_queue(self) -> None:
        """Run the DO_ and CONDITION_ items that stand before the present navigation item."""
        while self._queue or self._condition is not None:
            if self._condition is not None:
                if not self._condition():
                    return
                self._condition = None
                self.reached.append(self._beside)
                continue
            seq = self._beside = self._queue.pop(0)
            item = self.plan.read_item(seq)
            if item is None:
                continue
            if seq != self._announced:
                self._announce_item(seq)
            self._announced = 0
            if item.command in CONDITIONS:
                self._condition = self._start_condition(item)
            else:
                self._do(item)
                self.reached.append(seq)

    def _start_condition(self, item: WireItem) -> Callable[[], bool]:
        aircraft, start = self.aircraft, self.aircraft.t_s
        if item.command == Command.CONDITION_DELAY:
            return lambda: aircraft.t_s - start >= item.params[0]
        if item.command == Command.CONDITION_DISTANCE:
            return lambda: aircraft.navigation.distance_left() < item.params[0]
        aircraft.heading.turn_to(
            item.params[0] * pi / 180.0,
            rate=item.params[1] * pi / 180.0,
            direction=int(item.params[2]),
            relative=bool(item.params[3]),
        )
        return lambda: aircraft.heading.turned

    def _start_of(self, item: WireItem) -> Callable[[WireItem], Callable[[float], bool]]:
        starters: dict[int, Callable[[WireItem], Callable[[float], bool]]] = {
            Command.NAV_TAKEOFF: self._start_takeoff,
            Command.NAV_VTOL_TAKEOFF: self._start_takeoff,
            Command.NAV_RETURN_TO_LAUNCH: self._start_return,
            Command.NAV_LAND: self._start_land,
            Command.NAV_VTOL_LAND: self._start_land,
            Command.NAV_LOITER_TURNS: self._start_turns,
            **dict.fromkeys(WAITS, self._start_wait),
        }
        return starters.get(item.command, self._start_waypoint)

    def _start_takeoff(self, item: WireItem) -> Callable[[float], bool]:
        aircraft = self.aircraft
        up = max(self._item_up(item), aircraft.body.up + (1.0 if aircraft.landed else 0.0))
        aircraft.heading.hold_present()

        def run(dt: float) -> bool:
            if not aircraft.take_off(dt, up):
                return False
            aircraft.navigation.start_from(at=(aircraft.control.north, aircraft.control.east, up))
            return True

        return run

    def _start_waypoint(self, item: WireItem) -> Callable[[float], bool]:
        aircraft = self.aircraft
        aircraft.navigation.fly_to(self.place_of(item))
        follow = self._followed_at_speed(item)
        if follow is not None:
            aircraft.navigation.fly_next(follow)
        aircraft.heading.follow_yaw_behavior()
        return self._fly_waypoint

    def _followed_at_speed(self, item: WireItem) -> LocalPoint | None:
        """The next leg's end, where this waypoint is passed without stopping."""
        if item.command not in (Command.NAV_WAYPOINT, Command.NAV_SPLINE_WAYPOINT) or item.params[0] > 0.0:
            return None
        following = self.route.first_navigation(self.current + 1)
        after = self.plan.read_item(following) if following is not None else None
        if after is None or after.command not in (
            Command.NAV_WAYPOINT,
            Command.NAV_SPLINE_WAYPOINT,
            Command.NAV_LOITER_TIME,
            Command.NAV_LOITER_UNLIM,
        ):
            return None
        return self.place_of(after)

    def _fly_waypoint(self, dt: float) -> bool:
        aircraft, item = self.aircraft, self._item
        aircraft.wants_flight = not aircraft.landed
        aircraft.navigation.move_target(dt)
        if item is None or not aircraft.navigation.reached or item.command == Command.NAV_LOITER_UNLIM:
            return False
        waits = item.params[0] if item.command in STAYING else 0.0
        if self._since_s is None:
            self._since_s = aircraft.t_s
        if aircraft.t_s - self._since_s < waits:
            return False
        aircraft.say(6, f"Reached command #{self.current}")
        return True

    def _start_turns(self, item: WireItem) -> Callable[[float], bool]:
        self._circling = circling = Circling(
            self.aircraft, self.place_of(item), item.params[0], item.params[2]
        )
        return circling.fly_step

    def _start_return(self, _: WireItem) -> Callable[[float], bool]:
        self._rtl.take_over()

        def run(dt: float) -> bool:
            if self._rtl.down:
                return True
            self._rtl.fly_step(dt)
            return False

        return run

    def _start_land(self, item: WireItem) -> Callable[[float], bool]:
        aircraft = self.aircraft
        if item.x or item.y:
            north, east = aircraft.origin.to_local(item.lat_deg, item.lon_deg)
            aircraft.navigation.fly_to((north, east, aircraft.navigation.destination[2]))
            aircraft.heading.follow_yaw_behavior()
        else:
            aircraft.navigation.start_from()
            self._landing = LandingDescent(aircraft)

        def run(dt: float) -> bool:
            if self._landing is not None:
                self._landing.fly_step(dt)
                if self._landing.down and self._goes_on_after_landing():
                    return True
                self._disarm_when_down(self._landing)
                return False
            aircraft.wants_flight = not aircraft.landed
            aircraft.navigation.move_target(dt)
            if aircraft.navigation.reached:
                self._landing = LandingDescent(aircraft)
            return False

        return run

    def _goes_on_after_landing(self) -> bool:
        goes_on = int(self.aircraft.parameters["MIS_OPTIONS"]) & CONTINUE_AFTER_LAND
        return bool(goes_on) and self.route.is_takeoff_next(self.current + 1)

    def _start_wait(self, item: WireItem) -> Callable[[float], bool]:
        start, seconds = self.aircraft.t_s, seconds_to_wait(item, self.clock())
        self.aircraft.navigation.start_from()
        if item.command == Command.NAV_DELAY and seconds is not None:
            self.aircraft.say(6, f"Delaying {int(seconds)} sec")

        def run(dt: float) -> bool:
            self._hold_position(dt)
            return seconds is not None and self.aircraft.t_s - start > seconds

        return run

    def _hold_position(self, dt: float) -> None:
        aircraft = self.aircraft
        if aircraft.landed:
            aircraft.control.restart_here()
            return
        aircraft.wants_flight = True
        aircraft.control.move_target(dt)
        aircraft.control.climb_to(dt, aircraft.navigation.destination[2])

    def _item_up(self, item: WireItem) -> float:
        """An item's height above the local origin; terrain is taken as flat at home's height."""
        if item.frame == 0:
            return item.z - self.aircraft.origin.altitude_m
        return self.aircraft.home[2] + item.z

    def place_of(self, item: WireItem) -> LocalPoint:
        """An item's point; a zero position or height means the present one (ArduCopter)."""
        destination = self.aircraft.navigation.destination
        north, east = destination[0], destination[1]
        if item.x or item.y:
            north, east = self.aircraft.origin.to_local(item.lat_deg, item.lon_deg)
        if item.z == 0.0 and item.frame != 0:
            return north, east, destination[2]
        return north, east, self._item_up(item)
