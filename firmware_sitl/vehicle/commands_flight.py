"""Commands that fly: modes, takeoff, targets, speed, heading, the mission's course, the fence."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from math import radians

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import MOST_ALTITUDE_M
from firmware_sitl.vehicle import actions, arming, modes
from firmware_sitl.vehicle.fence import FLOOR
from firmware_sitl.vehicle.mode_changes import auto_return, change_mode
from firmware_sitl.vehicle.request import (
    ACCEPTED,
    DENIED,
    FAILED,
    NEARLY,
    CommandRequest,
    Handler,
    done_or_failed,
    same_number,
)
from firmware_sitl.vehicle.state import State


class Switch(IntEnum):
    """Functions of a transmitter's switch that are known here (RC_Channel's AUX_FUNC)."""

    RTL = 4
    FENCE = 11
    AUTO = 16
    LAND = 18
    MISSION_RESET = 24
    BRAKE = 33
    SMART_RTL = 42
    GUIDED = 55
    LOITER = 56
    STABILIZE = 68
    POSHOLD = 69
    ALT_HOLD = 70
    CIRCLE = 72
    DISARM = 81
    ARM_OR_DISARM = 153
    ARM_OR_DISARM_AIRMODE = 154


MODE_OF_SWITCH: Mapping[int, int] = {
    Switch.RTL: modes.RTL,
    Switch.AUTO: modes.AUTO,
    Switch.LAND: modes.LAND,
    Switch.BRAKE: modes.BRAKE,
    Switch.SMART_RTL: modes.SMART_RTL,
    Switch.GUIDED: modes.GUIDED,
    Switch.LOITER: modes.LOITER,
    Switch.STABILIZE: modes.STABILIZE,
    Switch.POSHOLD: modes.POSHOLD,
    Switch.ALT_HOLD: modes.ALT_HOLD,
    Switch.CIRCLE: modes.CIRCLE,
}
"""Switches that choose a mode in their high position."""

SWITCH_HIGH = 2
ARM_SWITCHES = (Switch.ARM_OR_DISARM, Switch.ARM_OR_DISARM_AIRMODE)
NOTHING_ATTACHED = frozenset(
    {9, 15, 19, 21, 22, 23, 24, 25, 27, 28, 30, 34, 35, 36, 44, 45, *range(300, 308)}
)
"""Switches of cameras, grippers, sprayers, parachutes, relays, winches, mounts and scripts."""

MOST_TAG = 65535


def _change_to(number: int) -> Handler:
    def change(request: CommandRequest) -> int:
        return done_or_failed(ok=change_mode(request.state, number))

    return change


CUSTOM_MODE, SAFETY = 1, 128
"""Bits of a base mode: the custom mode counts; the custom mode is the safety switch's position."""


def set_mode(state: State, base: int, custom: int) -> int:
    """SET_MODE or DO_SET_MODE: by ArduCopter's number, or the safety switch; a MAV_RESULT."""
    if base & CUSTOM_MODE:
        return done_or_failed(ok=change_mode(state, custom & 0xFF))
    if base != SAFETY or custom not in (0, 1):
        return DENIED
    state.safety_on = custom == 1
    return ACCEPTED


def _set_mode(request: CommandRequest) -> int:
    return set_mode(request.state, request.byte_param(1), request.whole_param(2))


def _take_off(request: CommandRequest) -> int:
    state = request.state
    if request.frame != modes.RELATIVE_FRAME:
        return DENIED
    aircraft = state.aircraft
    if not aircraft.motors.armed or not aircraft.landed or not request.z > aircraft.height_m:
        return FAILED
    navigates = abs(request.params[2]) < NEARLY
    return done_or_failed(ok=state.mode.take_off(request.z, navigates=navigates))


def _turn_nose(request: CommandRequest) -> int:
    angle, rate, _, relative = request.params
    if not 0.0 <= angle <= 360.0 or not (abs(relative) < NEARLY or same_number(relative, 1.0)):
        return FAILED
    direction = request.byte_param(3)
    direction = direction - 256 if direction > 127 else direction
    request.state.aircraft.heading.turn_to(
        radians(angle), rate=radians(rate), direction=direction, relative=relative > NEARLY
    )
    return ACCEPTED


def _set_speed(request: CommandRequest) -> int:
    state = request.state
    if not request.params[1] > NEARLY or request.whole_param(1) == actions.SPEED_TYPES:
        return DENIED
    if not state.mode.takes_speed:
        return FAILED
    return done_or_failed(
        ok=actions.change_speed(state.aircraft.navigation, request.whole_param(1), request.params[1])
    )


def _fly_to(request: CommandRequest) -> int:
    state = request.state
    if state.mode is not state.guided and not request.whole_param(2) & 1:
        return DENIED
    if not request.is_on_earth or not abs(request.z) <= MOST_ALTITUDE_M or not request.in_known_frame():
        return DENIED
    if request.x == 0 and request.y == 0:
        return DENIED
    point = actions.item_point(state.aircraft, request.item)
    if not state.fence.allows_point(*point):
        return FAILED
    if not change_mode(state, modes.GUIDED):
        return FAILED
    state.guided.fly_to(point)
    return ACCEPTED


def _pause_or_continue(request: CommandRequest) -> int:
    state = request.state
    wish = request.byte_param(1)
    if wish not in (0, 1):
        return DENIED
    if state.mode.pause_flight() if wish == 0 else state.mode.resume_flight():
        return ACCEPTED
    state.say(6, "Failed to pause" if wish == 0 else "Failed to resume")
    return FAILED


def _look_at_roi(request: CommandRequest) -> int:
    state = request.state
    if not abs(request.z) <= MOST_ALTITUDE_M or not request.in_known_frame():
        return DENIED
    return done_or_failed(ok=actions.do_item(state, request.item))


def _roi_none(request: CommandRequest) -> int:
    return done_or_failed(ok=actions.do_item(request.state, request.item))


def _mission_start(request: CommandRequest) -> int:
    if not (abs(request.params[0]) < NEARLY and abs(request.params[1]) < NEARLY):
        return DENIED
    return done_or_failed(ok=change_mode(request.state, modes.AUTO))


def _set_current(request: CommandRequest) -> int:
    state = request.state
    if not 0 <= request.whole_param(1) < state.mission.count_items():
        return DENIED
    if same_number(request.params[1], 1.0):
        state.auto.restart_mission()
    if not state.auto.set_current(request.whole_param(1)):
        return FAILED
    request.channel.send_later(mavlink.MAVLINK_MSG_ID_MISSION_CURRENT)
    return ACCEPTED


def _jump_tag(request: CommandRequest) -> int:
    if not 0 <= request.whole_param(1) <= MOST_TAG:
        return DENIED
    if not request.state.auto.jump_to_tag(request.whole_param(1)):
        return FAILED
    request.channel.send_later(mavlink.MAVLINK_MSG_ID_MISSION_CURRENT)
    return ACCEPTED


def _enable_fence(request: CommandRequest) -> int:
    """DO_FENCE_ENABLE: off, on (where there is one), or only the floor off; of some kinds, if so said."""
    state = request.state
    wish, kinds = request.whole_param(1), request.byte_param(2) or 0xFF
    if wish == 1 and not state.fence.present & kinds:
        return FAILED
    if wish not in (0, 1, 2):
        return FAILED
    state.fence.enable_kinds(on=wish == 1, kinds=FLOOR if wish == 2 else kinds)
    return ACCEPTED


def _turn_switch(request: CommandRequest) -> int:
    """DO_AUX_FUNCTION: what a switch of the transmitter would do; only modes, fence and arming are known."""
    state = request.state
    if request.params[1] > SWITCH_HIGH:
        return DENIED
    function, high = request.whole_param(1), request.whole_param(2) == SWITCH_HIGH
    if function in MODE_OF_SWITCH:
        if high:
            change_mode(state, MODE_OF_SWITCH[function])
        return ACCEPTED
    if function == Switch.FENCE:
        state.fence.enable_kinds(on=high)
    elif function == Switch.DISARM or (function in ARM_SWITCHES and not high):
        arming.disarm_vehicle(state)
    elif function in ARM_SWITCHES:
        arming.arm_vehicle(state)
    elif function == Switch.MISSION_RESET and high:
        state.auto.restart_mission()
    elif function not in NOTHING_ATTACHED:
        state.say(6, f"Invalid channel option ({function})")
        return FAILED
    return ACCEPTED


def _button_click(request: CommandRequest) -> int:
    """SOLO_BTN_FLY_CLICK."""
    state = request.state
    if not change_mode(state, modes.LOITER):
        change_mode(state, modes.ALT_HOLD)
    return ACCEPTED


def _button_hold(request: CommandRequest) -> int:
    """SOLO_BTN_FLY_HOLD: arm, take off or land, whichever is next."""
    state = request.state
    aircraft = state.aircraft
    if not aircraft.motors.armed:
        arming.arm_vehicle(state)
    elif not aircraft.landed:
        change_mode(state, modes.LAND)
    elif change_mode(state, modes.LOITER) and request.params[0] > aircraft.height_m:
        state.mode.take_off(request.params[0])
    return ACCEPTED


def _button_pause(request: CommandRequest) -> int:
    """SOLO_BTN_PAUSE_CLICK: disarm on the ground, brake in the air."""
    state = request.state
    aircraft = state.aircraft
    shot = abs(request.params[0]) >= NEARLY and state.mode is state.guided
    if aircraft.motors.armed and aircraft.landed:
        arming.disarm_vehicle(state)
    elif aircraft.motors.armed and not shot and not change_mode(state, modes.BRAKE):
        change_mode(state, modes.ALT_HOLD)
    return ACCEPTED


def _return_path(request: CommandRequest) -> int:
    return done_or_failed(ok=auto_return(request.state, path=True, landing=False))


def _landing_sequence(request: CommandRequest) -> int:
    return done_or_failed(ok=auto_return(request.state, path=False, landing=True))


FLIGHT: Mapping[int, Handler] = {
    Command.NAV_LOITER_UNLIM: _change_to(modes.LOITER),
    Command.NAV_RETURN_TO_LAUNCH: _change_to(modes.RTL),
    Command.NAV_LAND: _change_to(modes.LAND),
    Command.NAV_TAKEOFF: _take_off,
    Command.NAV_VTOL_TAKEOFF: _take_off,
    Command.NAV_VTOL_LAND: _change_to(modes.LAND),
    Command.CONDITION_YAW: _turn_nose,
    Command.DO_SET_MODE: _set_mode,
    Command.DO_CHANGE_SPEED: _set_speed,
    Command.DO_RETURN_PATH_START: _return_path,
    Command.DO_LAND_START: _landing_sequence,
    Command.DO_REPOSITION: _fly_to,
    Command.DO_PAUSE_CONTINUE: _pause_or_continue,
    Command.DO_SET_ROI_LOCATION: _look_at_roi,
    Command.DO_SET_ROI_NONE: _roi_none,
    Command.DO_SET_ROI: _look_at_roi,
    Command.DO_FENCE_ENABLE: _enable_fence,
    Command.DO_AUX_FUNCTION: _turn_switch,
    Command.DO_SET_MISSION_CURRENT: _set_current,
    Command.MISSION_START: _mission_start,
    Command.DO_JUMP_TAG: _jump_tag,
    Command.SOLO_BTN_FLY_CLICK: _button_click,
    Command.SOLO_BTN_FLY_HOLD: _button_hold,
    Command.SOLO_BTN_PAUSE_CLICK: _button_pause,
}
