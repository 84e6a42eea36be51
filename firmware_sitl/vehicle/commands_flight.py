"""Commands that fly: modes, takeoff, targets, speed, heading, the mission's course, the fence."""

from __future__ import annotations

from collections.abc import Mapping
from math import radians
from typing import TYPE_CHECKING

from firmware_sitl.vehicle import actions, arming, modes
from firmware_sitl.vehicle.call import (
    ACCEPTED,
    DENIED,
    FAILED,
    NEARLY,
    Call,
    Handler,
    done,
    same,
)
from firmware_sitl.vehicle.fence_kinds import FLOOR
from firmware_sitl.vehicle.items import MOST_ALTITUDE_M, MOST_LAT_E7, MOST_LON_E7

if TYPE_CHECKING:
    from firmware_sitl.vehicle.channel import Channel
    from firmware_sitl.vehicle.vehicle import Vehicle

MISSION_CURRENT = 42
MODE_OF_SWITCH = {
    4: modes.RTL,
    16: modes.AUTO,
    18: modes.LAND,
    33: modes.BRAKE,
    42: modes.SMART_RTL,
    55: modes.GUIDED,
    56: modes.LOITER,
    68: modes.STABILIZE,
    69: modes.POSHOLD,
    70: modes.ALT_HOLD,
    72: modes.CIRCLE,
}
"""RC_Channel's functions that are modes; a switch in its high position chooses them."""

SWITCH_HIGH, FENCE_SWITCH, DISARM_SWITCH, ARM_SWITCHES = 2, 11, 81, (153, 154)
RESTART_SWITCH = 24
NOTHING_ATTACHED = frozenset(
    {9, 15, 19, 21, 22, 23, 24, 25, 27, 28, 30, 34, 35, 36, 44, 45, *range(300, 308)}
)
"""Switches of cameras, grippers, sprayers, parachutes, relays, winches, mounts and scripts."""

MOST_TAG = 65535


def _mode(number: int) -> Handler:
    def change(vehicle: Vehicle, channel: Channel, call: Call) -> int:
        del channel, call
        return done(ok=vehicle.change_mode(number))

    return change


def _set_mode(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    return vehicle.mode_by_message(call.byte(1), call.whole(2))


def _takeoff(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if call.frame != modes.RELATIVE_FRAME:
        return DENIED
    craft = vehicle.craft
    if not craft.motors.armed or not craft.landed or not call.z > craft.height_m:
        return FAILED
    navigates = abs(call.params[2]) < NEARLY
    return done(ok=vehicle.mode.take_off(call.z, navigates=navigates))


def _yaw(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    angle, rate, _, relative = call.params
    if not 0.0 <= angle <= 360.0 or not (abs(relative) < NEARLY or same(relative, 1.0)):
        return FAILED
    way = call.byte(3)
    way = way - 256 if way > 127 else way
    vehicle.craft.heading.fix(radians(angle), rate=radians(rate), way=way, relative=relative > NEARLY)
    return ACCEPTED


def _speed(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if not call.params[1] > NEARLY or call.whole(1) == actions.SPEED_TYPES:
        return DENIED
    if not vehicle.mode.takes_speed:
        return FAILED
    return done(ok=actions.change_speed(vehicle, call.whole(1), call.params[1]))


def _reposition(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if vehicle.mode is not vehicle.guided and not call.whole(2) & 1:
        return DENIED
    if not _on_earth(call) or not abs(call.z) <= MOST_ALTITUDE_M or not call.in_known_frame(vehicle):
        return DENIED
    if call.x == 0 and call.y == 0:
        return DENIED
    point = actions.place(vehicle, call.item)
    if not vehicle.fence.allows(*point):
        return FAILED
    if not vehicle.change_mode(modes.GUIDED):
        return FAILED
    vehicle.guided.fly_to(point)
    return ACCEPTED


def _on_earth(call: Call) -> bool:
    return abs(call.x) <= MOST_LAT_E7 and abs(call.y) <= MOST_LON_E7


def _pause(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    wish = call.byte(1)
    if wish not in (0, 1):
        return DENIED
    if vehicle.mode.pause(on=wish == 0):
        return ACCEPTED
    vehicle.say(6, "Failed to pause" if wish == 0 else "Failed to resume")
    return FAILED


def _roi(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if not abs(call.z) <= MOST_ALTITUDE_M or not call.in_known_frame(vehicle):
        return DENIED
    return done(ok=actions.do_item(vehicle, call.item))


def _roi_none(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    return done(ok=actions.do_item(vehicle, call.item))


def _mission_start(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if not (abs(call.params[0]) < NEARLY and abs(call.params[1]) < NEARLY):
        return DENIED
    return done(ok=vehicle.change_mode(modes.AUTO))


def _set_current(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    if not 0 <= call.whole(1) < vehicle.mission.count():
        return DENIED
    if same(call.params[1], 1.0):
        vehicle.auto.restart()
    if not vehicle.auto.set_current(call.whole(1)):
        return FAILED
    channel.owe(MISSION_CURRENT)
    return ACCEPTED


def _jump_tag(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    if not 0 <= call.whole(1) <= MOST_TAG:
        return DENIED
    if not vehicle.auto.jump_to_tag(call.whole(1)):
        return FAILED
    channel.owe(MISSION_CURRENT)
    return ACCEPTED


def _fence(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """DO_FENCE_ENABLE: off, on (where there is one), or only the floor off; of some kinds, if so said."""
    del channel
    wish, kinds = call.whole(1), call.byte(2) or 0xFF
    if wish == 1 and not vehicle.fence.present & kinds:
        return FAILED
    if wish not in (0, 1, 2):
        return FAILED
    vehicle.fence.enable(on=wish == 1, kinds=FLOOR if wish == 2 else kinds)
    return ACCEPTED


def _switch(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """DO_AUX_FUNCTION: what a switch of the transmitter would do; only modes, fence and arming are known."""
    del channel
    if call.params[1] > SWITCH_HIGH:
        return DENIED
    function, high = call.whole(1), call.whole(2) == SWITCH_HIGH
    if function in MODE_OF_SWITCH:
        if high:
            vehicle.change_mode(MODE_OF_SWITCH[function])
        return ACCEPTED
    if function == FENCE_SWITCH:
        vehicle.fence.enable(on=high)
    elif function == DISARM_SWITCH or (function in ARM_SWITCHES and not high):
        arming.disarm(vehicle)
    elif function in ARM_SWITCHES:
        arming.arm(vehicle)
    elif function == RESTART_SWITCH and high:
        vehicle.auto.restart()
    elif function not in NOTHING_ATTACHED:
        vehicle.say(6, f"Invalid channel option ({function})")
        return FAILED
    return ACCEPTED


def _button_click(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """SOLO_BTN_FLY_CLICK."""
    del channel, call
    if not vehicle.change_mode(modes.LOITER):
        vehicle.change_mode(modes.ALT_HOLD)
    return ACCEPTED


def _button_hold(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """SOLO_BTN_FLY_HOLD: arm, take off or land, whichever is next."""
    del channel
    craft = vehicle.craft
    if not craft.motors.armed:
        arming.arm(vehicle)
    elif not craft.landed:
        vehicle.change_mode(modes.LAND)
    elif vehicle.change_mode(modes.LOITER) and call.params[0] > craft.height_m:
        vehicle.mode.take_off(call.params[0])
    return ACCEPTED


def _button_pause(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """SOLO_BTN_PAUSE_CLICK: disarm on the ground, brake in the air."""
    del channel
    craft = vehicle.craft
    shot = abs(call.params[0]) >= NEARLY and vehicle.mode is vehicle.guided
    if craft.motors.armed and craft.landed:
        arming.disarm(vehicle)
    elif craft.motors.armed and not shot and not vehicle.change_mode(modes.BRAKE):
        vehicle.change_mode(modes.ALT_HOLD)
    return ACCEPTED


def _return_path(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel, call
    return done(ok=vehicle.auto_return(path=True, landing=False))


def _landing_sequence(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel, call
    return done(ok=vehicle.auto_return(path=False, landing=True))


FLIGHT: Mapping[int, Handler] = {
    17: _mode(modes.LOITER),
    20: _mode(modes.RTL),
    21: _mode(modes.LAND),
    22: _takeoff,
    84: _takeoff,
    85: _mode(modes.LAND),
    115: _yaw,
    176: _set_mode,
    178: _speed,
    188: _return_path,
    189: _landing_sequence,
    192: _reposition,
    193: _pause,
    195: _roi,
    197: _roi_none,
    201: _roi,
    207: _fence,
    218: _switch,
    224: _set_current,
    300: _mission_start,
    601: _jump_tag,
    42001: _button_click,
    42002: _button_hold,
    42003: _button_pause,
}
