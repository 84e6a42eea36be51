"""How long a mission may take at most: past that, a flight of it is overdue.

The limit is generous on purpose. It counts every leg that is flown, each as often as jumps repeat it, at less
than half the speed the mission asks for, and every stay in full.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from dfr.ardupilot.commands import Command
from dfr.geo import Position, distance_m
from dfr.mission.compile import ENDS, NAV_COMMANDS
from dfr.mission.items import FlightPlan, MissionItem

SLOWEST_MPS = 2.0
SLOW_SHARE = 0.4
"""Over ground a flight makes at least 2 m/s, or 40 % of a commanded speed that is lower (assumed)."""

SLOWEST_CLIMB_MPS = 0.5
"""Climbs and descents are as fast at least, or 40 % of a commanded speed that is lower (assumed)."""

SPARE_S = 240.0
"""Arming, turning, settling, and a landing with its retries (assumed)."""

DEFAULT_CRUISE_MPS = 10.0
DEFAULT_LAND_MPS = 0.5
DEFAULT_RETURN_M = 15.0
DEFAULT_CIRCLE_M = 10.0
CIRCLE_DEG_S = 20.0
"""Defaults of WPNAV_SPEED, LAND_SPEED, RTL_ALT, CIRCLE_RADIUS and CIRCLE_RATE."""

STAYS = frozenset(
    {
        Command.NAV_WAYPOINT,
        Command.NAV_SPLINE_WAYPOINT,
        Command.NAV_LOITER_TIME,
        Command.CONDITION_DELAY,
    }
)
"""Commands whose first parameter is a stay, s."""

DAY_S = 86_400.0
"""A NAV_DELAY until a time of day waits a day at most."""

PLACING_S = 30.0
"""Letting go of a payload on the ground (assumed)."""

FOREVER = -1
MOST_STEPS = 20_000
"""A mission that flies more items than this by its jumps is taken to have no end."""

GROUND_SPEEDS, CLIMB_SPEED, DESCENT_SPEED = (0, 1), 2, 3
"""First parameter of DO_CHANGE_SPEED: air and ground speed are the same to ArduCopter."""


@dataclass
class _Speeds:
    """The speeds in force, m/s."""

    cruise: float
    climb: float = math.inf
    descent: float = math.inf

    def change_speed(self, item: MissionItem) -> None:
        """DO_CHANGE_SPEED; a speed of zero or less changes nothing."""
        kind, speed = int(item.params[0]), item.params[1]
        if not speed > 0.0:
            return
        if kind in GROUND_SPEEDS:
            self.cruise = speed
        elif kind == CLIMB_SPEED:
            self.climb = speed
        elif kind == DESCENT_SPEED:
            self.descent = speed

    @property
    def slow_mps(self) -> float:
        """The slowest a leg may be flown."""
        return min(SLOWEST_MPS, SLOW_SHARE * self.cruise)

    def slow_vertical_mps(self, rise_m: float) -> float:
        """The slowest a height may be changed."""
        return min(SLOWEST_CLIMB_MPS, SLOW_SHARE * (self.climb if rise_m > 0.0 else self.descent))


def longest_s(plan: FlightPlan, *, cruise_mps: float | None = None) -> float:
    """Seconds from arming after which a flight of the plan is overdue; infinite where it has no end.

    `cruise_mps` is the vehicle's own speed, where the plan sets none.
    """
    speeds = _Speeds(cruise=_cruise_mps(plan, cruise_mps))
    seconds, here, height_m, end = SPARE_S, plan.home, 0.0, plan.home
    for item in _flown_items(plan.items):
        if item is None or item.command == Command.NAV_LOITER_UNLIM:
            return math.inf
        if item.command == Command.DO_CHANGE_SPEED:
            speeds.change_speed(item)
        if item.command in NAV_COMMANDS and item.command not in ENDS:
            rise_m = item.z_m - height_m
            seconds += _leg_s(here, item.position or here, rise_m, speeds)
            here, height_m = item.position or here, item.z_m
        if item.command == Command.NAV_LAND:
            end = item.position or here
        seconds += _stay_s(item, plan, speeds)
    return seconds + _down_s(plan, distance_m(here, end), height_m, speeds)


def _cruise_mps(plan: FlightPlan, own_mps: float | None) -> float:
    planned = plan.params.get("WPNAV_SPEED")
    return planned / 100.0 if planned is not None else own_mps or DEFAULT_CRUISE_MPS


def _flown_items(items: tuple[MissionItem, ...]) -> Iterator[MissionItem | None]:
    """The items in the order they are flown, jumps followed; None where that has no end."""
    taken: Counter[int] = Counter()
    seq = 0
    for _ in range(MOST_STEPS):
        if seq >= len(items):
            return
        item, seq = items[seq], seq + 1
        if item.command not in (Command.DO_JUMP, Command.DO_JUMP_TAG):
            yield item
            if item.command in ENDS:
                return
        elif int(item.params[1]) == FOREVER:
            break
        elif taken[seq] < int(item.params[1]):
            taken[seq] += 1
            seq = _jump_target(item, items)
    yield None


def _jump_target(item: MissionItem, items: tuple[MissionItem, ...]) -> int:
    """The index of the item that a jump leads to; a tag that no item has leads to the end."""
    if item.command == Command.DO_JUMP:
        # The vehicle counts from 1: home is its item 0.
        return max(0, int(item.params[0]) - 1)
    tags = (i for i, other in enumerate(items) if other.command == Command.JUMP_TAG)
    return next((i for i in tags if items[i].params[0] == item.params[0]), len(items))


def _leg_s(start: Position, end: Position, rise_m: float, speeds: _Speeds) -> float:
    return distance_m(start, end) / speeds.slow_mps + abs(rise_m) / speeds.slow_vertical_mps(rise_m)


def _stay_s(item: MissionItem, plan: FlightPlan, speeds: _Speeds) -> float:
    """What an item adds besides its leg: a stay, a delay, turns of a circle."""
    if item.command in STAYS:
        return max(0.0, item.params[0])
    if item.command == Command.NAV_DELAY:
        return item.params[0] if item.params[0] > 0.0 else DAY_S
    if item.command == Command.NAV_PAYLOAD_PLACE:
        return 2.0 * max(item.z_m, item.params[0]) / speeds.slow_vertical_mps(-1.0) + PLACING_S
    if item.command != Command.NAV_LOITER_TURNS:
        return 0.0
    radius_m = abs(item.params[2]) or plan.params.get("CIRCLE_RADIUS", 100.0 * DEFAULT_CIRCLE_M) / 100.0
    rate_deg_s = abs(plan.params.get("CIRCLE_RATE", CIRCLE_DEG_S)) or CIRCLE_DEG_S
    turn_s = max(2.0 * math.pi * radius_m / speeds.slow_mps, 360.0 / (SLOW_SHARE * rate_deg_s))
    return item.params[0] * turn_s


def _down_s(plan: FlightPlan, away_m: float, height_m: float, speeds: _Speeds) -> float:
    """Up to the return's height, straight to where it lands, and down."""
    top_m = max(height_m, plan.params.get("RTL_ALT", 100.0 * DEFAULT_RETURN_M) / 100.0)
    returning = plan.params.get("RTL_SPEED", 0.0) / 100.0
    slow_mps = min(speeds.slow_mps, SLOW_SHARE * returning) if returning > 0.0 else speeds.slow_mps
    land_mps = plan.params.get("LAND_SPEED", 100.0 * DEFAULT_LAND_MPS) / 100.0
    down_mps = min(SLOWEST_CLIMB_MPS, SLOW_SHARE * land_mps)
    climb_s = (top_m - height_m) / speeds.slow_vertical_mps(1.0)
    loiter_s = plan.params.get("RTL_LOIT_TIME", 0.0) / 1000.0
    return climb_s + away_m / slow_mps + loiter_s + top_m / down_mps
