"""Commands for a vehicle on the ground: arming, checks, calibrations, motor test, home, reboot."""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan
from typing import TYPE_CHECKING

from firmware_sitl.vehicle import actions, arming
from firmware_sitl.vehicle.call import (
    ACCEPTED,
    DENIED,
    FAILED,
    GLOBAL,
    NEARLY,
    TEMPORARILY_REJECTED,
    UNSUPPORTED,
    Call,
    Handler,
    always,
    done,
    same,
)
from firmware_sitl.vehicle.items import MOST_ALTITUDE_M, MOST_LAT_E7, MOST_LON_E7, TERRAIN_FRAMES, cast

if TYPE_CHECKING:
    from firmware_sitl.vehicle.channel import Channel
    from firmware_sitl.vehicle.vehicle import Vehicle

FORCE_REBOOT = 20190226
ERASE = 2.0
LEVEL, SIMPLE, ACCEPT_EXISTING = 2, 4, 76
STARTS = "Initialising ArduPilot"
"""What ArduCopter says when it calibrates its gyros."""

SAFE, DANGEROUS = 0, 1


def _arm(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    wish, force = call.params[0], call.params[1]
    if same(wish, 1.0):
        forced = same(force, arming.FORCE) or same(force, arming.FORCE_ARM_ONLY)
        return done(ok=arming.arm(vehicle, force=forced))
    if abs(wish) < NEARLY:
        return done(ok=arming.disarm(vehicle, force=same(force, arming.FORCE)))
    return UNSUPPORTED


def _prearm(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel, call
    if vehicle.craft.motors.armed:
        return TEMPORARILY_REJECTED
    for reason in arming.problems(vehicle):
        vehicle.say(2, f"PreArm: {reason}")
    return ACCEPTED


def _terminate(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if not call.params[0] > 0.5:
        return FAILED
    arming.disarm(vehicle, force=True)
    return ACCEPTED


def _calibrate(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """PREFLIGHT_CALIBRATION: gyros, barometer, level; a person at the vehicle is needed for the rest."""
    del channel
    if vehicle.craft.motors.armed:
        vehicle.say(5, "Disarm to allow calibration")
        return FAILED
    if same(call.params[0], 1.0):
        vehicle.say(6, STARTS)
        return ACCEPTED
    if same(call.params[2], 1.0):
        vehicle.say(6, "Updating barometer calibration")
        vehicle.say(6, "Barometer calibration complete")
        return ACCEPTED
    if call.x == 1 or call.y == 1:
        vehicle.say(4, "not calibrated by the built-in vehicle")
        return FAILED
    if call.x in (LEVEL, SIMPLE):
        vehicle.say(6, STARTS)
        if call.x == LEVEL:
            vehicle.say(6, "Trim OK: roll=0.00 pitch=0.00 yaw=0.00")
        return ACCEPTED
    existing = call.x == ACCEPT_EXISTING or same(call.params[1], ACCEPT_EXISTING)
    return ACCEPTED if existing else UNSUPPORTED


def _compass(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """DO_START_MAG_CAL: nothing would turn the vehicle about for it."""
    del channel, call
    text = "Disarm to allow compass calibration" if vehicle.craft.motors.armed else "no compass to calibrate"
    vehicle.say(5, text)
    return FAILED


def _mask(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del vehicle, channel
    return done(ok=0.0 <= call.params[0] <= 255.0)


def _storage(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if not same(call.params[0], ERASE):
        return DENIED
    vehicle.parameters.erase()
    vehicle.say(4, "All parameters reset, reboot board")
    return ACCEPTED


def _reboot(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    if vehicle.craft.motors.armed and call.y != FORCE_REBOOT:
        return FAILED
    if not same(call.params[0], 1.0) and not same(call.params[0], 3.0):
        return UNSUPPORTED
    vehicle.rebooting = True
    return ACCEPTED


def _safety(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    wish = call.whole(1)
    if wish not in (SAFE, DANGEROUS):
        return DENIED
    vehicle.safety_on = wish == SAFE
    return ACCEPTED


def _motor_test(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    return done(
        ok=vehicle.motor_test.start(
            kind=call.byte(2),
            throttle=call.params[2],
            timeout_s=call.params[3],
            count=cast(call.x, 8),
        )
    )


def _battery_reset(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """BATTERY_RESET: which batteries (bits), how full in per cent."""
    del channel
    percent = call.params[1]
    if call.whole(1) & 1 and 0.0 <= percent <= 100.0:
        vehicle.craft.battery.refill(percent / 100.0)
        vehicle.failsafes.battery_reset()
    return ACCEPTED


def _set_home(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    del channel
    here = same(call.params[0], 1.0) or (call.x == 0 and call.y == 0)
    if not here and not abs(call.params[0]) < NEARLY:
        return FAILED
    if not here and not (call.in_known_frame(vehicle) and _height_fits(call.z)):
        return DENIED
    over_terrain = not here and call.frame in TERRAIN_FRAMES
    if not vehicle.estimator.position_ok or over_terrain or not (here or _on_earth(call)):
        return FAILED
    actions.set_home(vehicle, call.item)
    return ACCEPTED


def _set_origin(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """DO_SET_GLOBAL_ORIGIN: it is set by the satellites, and once only."""
    del vehicle, channel
    nowhere = call.x == 0 and call.y == 0 and call.z == 0.0
    return DENIED if not _height_fits(call.z) or nowhere or not _on_earth(call) else FAILED


def _position(vehicle: Vehicle, channel: Channel, call: Call) -> int:
    """EXTERNAL_POSITION_ESTIMATE: not taken while there are satellites."""
    del vehicle, channel
    return DENIED if call.frame not in (GLOBAL, 5) or not isnan(call.z) else FAILED


def _height_fits(height_m: float) -> bool:
    return abs(height_m) <= MOST_ALTITUDE_M


def _on_earth(call: Call) -> bool:
    return abs(call.x) <= MOST_LAT_E7 and abs(call.y) <= MOST_LON_E7


GROUND: Mapping[int, Handler] = {
    179: _set_home,
    185: _terminate,
    209: _motor_test,
    241: _calibrate,
    245: _storage,
    246: _reboot,
    400: _arm,
    401: _prearm,
    611: _set_origin,
    5300: _safety,
    42006: always(ACCEPTED),
    42424: _compass,
    42425: _mask,
    42426: _mask,
    42429: always(FAILED),
    42651: _battery_reset,
    42700: always(DENIED),
    43003: _position,
}
