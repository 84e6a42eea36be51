"""Carries out DO_ items of missions and commands: speed, home, region of interest, fence, heading."""

from __future__ import annotations

from math import radians

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.fence import ALL, FLOOR, Fence
from firmware_sitl.vehicle.heading import Heading
from firmware_sitl.vehicle.navigation import WaypointNavigation
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.state import State


def do_item(state: State, item: WireItem) -> bool:
    """Carry out an item; False where the vehicle cannot."""
    if item.command == Command.DO_CHANGE_SPEED:
        return change_speed(state.aircraft.navigation, int(item.params[0]), item.params[1])
    if item.command == Command.DO_SET_HOME:
        set_home(state, item)
        return True
    if item.command in (Command.DO_SET_ROI, Command.DO_SET_ROI_LOCATION):
        return look_at(state.aircraft, item)
    if item.command == Command.DO_SET_ROI_NONE:
        state.aircraft.heading.look_at(None)
        return True
    if item.command == Command.DO_FENCE_ENABLE:
        switch_fence(state.fence, int(item.params[0]))
        return True
    return False


def switch_fence(fence: Fence, wish: int) -> None:
    """DO_FENCE_ENABLE in a mission: 0 off, 1 on, 2 the floor off."""
    if wish in (0, 1, 2):
        fence.enable_kinds(on=wish == 1, kinds=FLOOR if wish == 2 else ALL)


def do_yaw(heading: Heading, item: WireItem) -> None:
    """CONDITION_YAW: turn the nose."""
    angle, rate, direction, relative = item.params
    heading.turn_to(radians(angle), rate=radians(rate), direction=int(direction), relative=relative > 0.0)


SPEED_TYPES = 4
"""Kinds of speed that DO_CHANGE_SPEED knows."""


def change_speed(navigation: WaypointNavigation, kind: int, speed_mps: float) -> bool:
    """DO_CHANGE_SPEED: 0 and 1 over the ground, 2 climb, 3 descent."""
    if not speed_mps > 0.0:
        return False
    if kind in (0, 1):
        navigation.set_speed(ground=speed_mps)
    elif kind == 2:
        navigation.set_speed(climb=speed_mps)
    elif kind == 3:
        navigation.set_speed(descent=speed_mps)
    else:
        return False
    return True


def set_home(state: State, item: WireItem) -> None:
    """DO_SET_HOME: here, or at the place given."""
    if item.params[0] == 1.0 or (item.x == 0 and item.y == 0):
        state.set_home_here()
        return
    state.set_home(item_point(state.aircraft, item))


def look_at(aircraft: Aircraft, item: WireItem) -> bool:
    """DO_SET_ROI: a place of all zeros ends it; False for what is no place on Earth."""
    if not item.is_somewhere:
        return False
    ends = item.x == 0 and item.y == 0 and item.z == 0.0
    aircraft.heading.look_at(None if ends else item_point(aircraft, item))
    return True


def item_point(aircraft: Aircraft, item: WireItem) -> LocalPoint:
    """An item's local point."""
    up = (
        item.z - aircraft.origin.altitude_m
        if item.frame in (Frame.GLOBAL, Frame.GLOBAL_INT)
        else aircraft.home[2] + item.z
    )
    return aircraft.local_point(item.lat_deg, item.lon_deg, up)
