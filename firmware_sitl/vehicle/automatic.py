"""AUTO: flies the mission, item by item, with its DO_ and CONDITION_ items."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import TYPE_CHECKING

from firmware_sitl.vehicle import items as cmd
from firmware_sitl.vehicle.circling import Circling
from firmware_sitl.vehicle.items import Item
from firmware_sitl.vehicle.landing import Landing
from firmware_sitl.vehicle.modes import AUTO, Mode
from firmware_sitl.vehicle.navigation import Point

if TYPE_CHECKING:
    from firmware_sitl.vehicle.craft import Craft
    from firmware_sitl.vehicle.plans import MissionPlan
    from firmware_sitl.vehicle.returning import ReturnMode

NAVIGATES = frozenset({16, 17, 18, 19, 20, 21, 22, 30, 31, 82, 92, 93, 94})
CONDITIONS = frozenset({112, 114, 115})
MOST_JUMPS = 100

NAMES = {
    16: "WP", 17: "LoitUnlim", 18: "LoitTurns", 19: "LoitTime", 20: "RTL", 21: "Land", 22: "Takeoff",
    30: "ContAndChangeAlt", 31: "LoitToAlt", 82: "SplineWP", 93: "NavDelay", 94: "PayloadPlace",
    112: "Delay", 114: "CondDistance", 115: "CondYaw", 177: "Jump", 178: "ChangeSpeed", 179: "SetHome",
    189: "DoLandStart", 195: "SetROILocation", 197: "SetROINone", 201: "SetROI", 207: "FenceEnable",
}  # fmt: skip


class Auto(Mode):
    """AUTO. `current` is the item being flown; `reached` collects the ones done."""

    number = AUTO

    def __init__(self, craft: Craft, plan: MissionPlan, rtl: ReturnMode, do: Callable[[Item], None]) -> None:
        super().__init__(craft)
        self._plan, self._rtl, self._do = plan, rtl, do
        self.current = 0
        self.running = False
        self.complete = False
        self.reached: list[int] = []
        self._item: Item | None = None
        self._run: Callable[[float], bool] | None = None
        self._condition: Callable[[], bool] | None = None
        self._queue: list[int] = []
        self._jumps: dict[int, int] = {}
        self._since_s: float | None = None
        self._landing: Landing | None = None
        self._circling: Circling | None = None

    @property
    def allows_takeoff(self) -> bool:
        """Whether the first thing the mission flies is a takeoff."""
        first = self._first_navigation(1)
        return first is not None and self._command(first) == cmd.TAKEOFF

    @property
    def landing(self) -> bool:
        """On the way down."""
        if self._item is not None and self._item.command == cmd.RETURN:
            return self._rtl.landing
        return self._landing is not None

    def enter(self) -> str | None:
        """Take up the mission where it was left, or from the start."""
        craft = self.craft
        if self._plan.count() <= 1:
            return "Mode requires mission"
        if craft.motors.armed and craft.landed and not self.allows_takeoff:
            return "Auto: Missing Takeoff Cmd"
        craft.navigation.start()
        craft.heading.hold()
        self._landing = None
        if self.complete or craft.landed or craft.parameters["MIS_RESTART"] or self.current == 0:
            self.restart()
        else:
            self._start_from(self.current)
        return None

    def restart(self) -> None:
        """Begin at item 1 when next armed and in AUTO."""
        self.current, self.complete, self.running = 0, False, False
        self._item = self._run = self._condition = None
        self._jumps = {}
        self._queue = []

    def set_current(self, seq: int) -> bool:
        """Jump to an item; False where there is none."""
        if not 0 <= seq < self._plan.count():
            return False
        self.complete = False
        if self.craft.mode is self and self.running:
            self._start_from(max(seq, 1))
        else:
            self.current = seq
        return True

    def run(self, dt: float) -> None:
        """One step of the mission."""
        craft = self.craft
        if not craft.motors.armed:
            craft.control.reset()
            self.running = False
            return
        if not self.running:
            self.running = True
            self._start_from(max(self.current, 1))
        self._work_through_queue()
        if self._run is None:
            self._hold(dt)
        elif self._run(dt):
            self._advance()

    def fly_to(self, point: Point) -> bool:
        """Not while a mission is flown."""
        del point
        return False

    def _start_from(self, seq: int) -> None:
        """Start the first navigation item at or after a place; what stands before it runs along."""
        self.running = True
        self._queue = []
        target = self._first_navigation(seq, collect=self._queue)
        if target is None:
            self._finish()
            return
        self.current = target
        item = self._plan.read(target)
        if item is None:
            self._finish()
            return
        self._item, self._since_s = item, None
        self._landing = self._circling = None
        self.craft.say(6, f"Mission: {target} {NAMES.get(item.command, str(item.command))}")
        self._run = self._starter(item)(item)

    def _advance(self) -> None:
        self.reached.append(self.current)
        self._start_from(self.current + 1)

    def _finish(self) -> None:
        self.complete, self._run, self._item = True, None, None
        if self.craft.landed:
            return
        self.craft.navigation.start()

    def _first_navigation(self, seq: int, collect: list[int] | None = None) -> int | None:
        """The next item to fly from a place on, jumps followed."""
        jumps = 0
        while seq < self._plan.count() and jumps < MOST_JUMPS:
            item = self._plan.read(seq)
            if item is None:
                return None
            if item.command in NAVIGATES:
                return seq
            if item.command == cmd.DO_JUMP:
                jumps += 1
                times, done = int(item.params[1]), self._jumps.get(seq, 0)
                if times < 0 or done < times:
                    if collect is not None:
                        self._jumps[seq] = done + 1
                    seq = max(int(item.params[0]), 1)
                    continue
            elif collect is not None:
                collect.append(seq)
            seq += 1
        return None

    def _work_through_queue(self) -> None:
        """Run the DO_ and CONDITION_ items that stand before the present navigation item."""
        while self._queue or self._condition is not None:
            if self._condition is not None:
                if not self._condition():
                    return
                self._condition = None
                continue
            seq = self._queue.pop(0)
            item = self._plan.read(seq)
            if item is None:
                continue
            self.craft.say(6, f"Mission: {seq} {NAMES.get(item.command, str(item.command))}")
            if item.command in CONDITIONS:
                self._condition = self._conditional(item)
            else:
                self._do(item)

    def _conditional(self, item: Item) -> Callable[[], bool]:
        craft, start = self.craft, self.craft.t_s
        if item.command == cmd.CONDITION_DELAY:
            return lambda: craft.t_s - start >= item.params[0]
        if item.command == cmd.CONDITION_DISTANCE:
            return lambda: craft.navigation.distance_left() < item.params[0]
        craft.heading.fix(
            item.params[0] * pi / 180.0,
            rate=item.params[1] * pi / 180.0,
            way=int(item.params[2]),
            relative=bool(item.params[3]),
        )
        return lambda: craft.heading.turned

    def _command(self, seq: int) -> int:
        item = self._plan.read(seq)
        return item.command if item else 0

    def _starter(self, item: Item) -> Callable[[Item], Callable[[float], bool]]:
        return {
            cmd.TAKEOFF: self._start_takeoff,
            cmd.RETURN: self._start_return,
            cmd.LAND: self._start_land,
            cmd.NAV_DELAY: self._start_delay,
            cmd.LOITER_TURNS: self._start_turns,
        }.get(item.command, self._start_waypoint)

    def _start_takeoff(self, item: Item) -> Callable[[float], bool]:
        up = self._up(item)
        craft = self.craft
        if not craft.landed:
            up = max(up, craft.body.up)
        craft.heading.hold()

        def run(dt: float) -> bool:
            if not craft.take_off(dt, up):
                return False
            craft.navigation.start(at=(craft.control.north, craft.control.east, up))
            return True

        return run

    def _start_waypoint(self, item: Item) -> Callable[[float], bool]:
        craft = self.craft
        craft.navigation.go(self._place(item))
        follow = self._followed_at_speed(item)
        if follow is not None:
            craft.navigation.then(follow)
        craft.heading.default()
        return self._fly_waypoint

    def _followed_at_speed(self, item: Item) -> Point | None:
        """The next leg's end, where this waypoint is passed without stopping."""
        if item.command not in (cmd.WAYPOINT, cmd.SPLINE) or item.params[0] > 0.0:
            return None
        following = self._first_navigation(self.current + 1)
        after = self._plan.read(following) if following is not None else None
        if after is None or after.command not in (
            cmd.WAYPOINT,
            cmd.SPLINE,
            cmd.LOITER_TIME,
            cmd.LOITER_UNLIM,
        ):
            return None
        return self._place(after)

    def _fly_waypoint(self, dt: float) -> bool:
        craft, item = self.craft, self._item
        craft.wants_flight = not craft.landed
        craft.navigation.advance(dt)
        if item is None or not craft.navigation.reached or item.command == cmd.LOITER_UNLIM:
            return False
        waits = item.params[0] if item.command in (cmd.WAYPOINT, cmd.LOITER_TIME, cmd.SPLINE) else 0.0
        if self._since_s is None:
            self._since_s = craft.t_s
        if craft.t_s - self._since_s < waits:
            return False
        craft.say(6, f"Reached command #{self.current}")
        return True

    def _start_turns(self, item: Item) -> Callable[[float], bool]:
        self._circling = circling = Circling(self.craft, self._place(item), item.params[0], item.params[2])
        return circling.run

    def _start_return(self, item: Item) -> Callable[[float], bool]:
        del item
        self._rtl.enter()

        def run(dt: float) -> bool:
            self._rtl.run(dt)
            return False

        return run

    def _start_land(self, item: Item) -> Callable[[float], bool]:
        craft = self.craft
        if item.x or item.y:
            north, east = craft.origin.local(item.lat_deg, item.lon_deg)
            craft.navigation.go((north, east, craft.navigation.destination[2]))
            craft.heading.default()
        else:
            craft.navigation.start()
            self._landing = Landing(craft)

        def run(dt: float) -> bool:
            if self._landing is not None:
                self._landing.run(dt)
                self._disarm_when_down(self._landing)
                return False
            craft.wants_flight = not craft.landed
            craft.navigation.advance(dt)
            if craft.navigation.reached:
                self._landing = Landing(craft)
            return False

        return run

    def _start_delay(self, item: Item) -> Callable[[float], bool]:
        start = self.craft.t_s
        self.craft.navigation.start()

        def run(dt: float) -> bool:
            self._hold(dt)
            return self.craft.t_s - start >= item.params[0]

        return run

    def _hold(self, dt: float) -> None:
        craft = self.craft
        if craft.landed:
            craft.control.reset()
            return
        craft.wants_flight = True
        craft.control.glide(dt)
        craft.control.climb_to(dt, craft.navigation.destination[2])

    def _up(self, item: Item) -> float:
        """An item's height above the local origin; terrain is taken as flat at home's height."""
        if item.frame == 0:
            return item.z - self.craft.origin.altitude_m
        return self.craft.home[2] + item.z

    def _place(self, item: Item) -> Point:
        """An item's point; a zero position or height means the present one (ArduCopter)."""
        destination = self.craft.navigation.destination
        north, east = destination[0], destination[1]
        if item.x or item.y:
            north, east = self.craft.origin.local(item.lat_deg, item.lon_deg)
        if item.z == 0.0 and item.frame != 0:
            return north, east, destination[2]
        return north, east, self._up(item)
