"""Mission commands as ArduCopter stores them: which fields of each it keeps, and in how many bits.

What is read back of an item is what these tables keep of it, the rest is zero (AP_Mission's
conversions from and to MISSION_ITEM_INT).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isinf, isnan
from struct import error, pack, unpack

from firmware_sitl.vehicle.items import (
    ABSOLUTE_FRAMES,
    CHANGE_ALT,
    CONDITION_DELAY,
    CONDITION_DISTANCE,
    CONDITION_YAW,
    DO_CHANGE_SPEED,
    DO_FENCE_ENABLE,
    DO_JUMP,
    DO_LAND_START,
    DO_RETURN_PATH_START,
    DO_SET_HOME,
    DO_SET_ROI,
    DO_SET_ROI_LOCATION,
    DO_SET_ROI_NONE,
    GUIDED_ENABLE,
    INVALID,
    INVALID_PARAM1,
    INVALID_X,
    INVALID_Y,
    INVALID_Z,
    LAND,
    LOITER_TIME,
    LOITER_TO_ALT,
    LOITER_TURNS,
    LOITER_UNLIM,
    MOST_ALTITUDE_M,
    MOST_LAT_E7,
    MOST_LON_E7,
    NAV_DELAY,
    PAYLOAD_PLACE,
    RELATIVE_FRAMES,
    RETURN,
    SPLINE,
    TAKEOFF,
    TERRAIN_FRAMES,
    UNSUPPORTED,
    UNSUPPORTED_FRAME,
    VTOL_LAND,
    VTOL_TAKEOFF,
    WAYPOINT,
    Item,
    cast,
    single,
)

Keep = Callable[[float], float]
Four = tuple[Keep, Keep, Keep, Keep]


def _drop(_: float) -> float:
    return 0.0


def _u8(value: float) -> float:
    return float(cast(value, 8))


def _u16(value: float) -> float:
    return float(cast(value, 16))


def _i8(value: float) -> float:
    return float(cast(value, 8, signed=True))


def _i16(value: float) -> float:
    return float(cast(value, 16, signed=True))


def _half(value: float) -> float:
    try:
        return float(unpack("<e", pack("<e", value))[0])
    except (OverflowError, error):
        return float("inf") if value > 0.0 else float("-inf")


def _way(value: float) -> float:
    return -1.0 if value < 0.0 else 1.0


def _flag(value: float) -> float:
    return 1.0 if value > 0.0 else 0.0


def _radius(value: float) -> float:
    size = float(cast(abs(value), 16))
    return -size if value < 0.0 else size


def _circles(turns: float, radius_m: float) -> tuple[float, float]:
    """Turns and radius of LOITER_TURNS, a byte each; a negative number of turns runs over into the radius."""
    part, large = 0.0 < turns < 1.0, abs(radius_m) > 255.0
    size = min(255.0, abs(radius_m) * 0.1) if large else abs(radius_m)
    both = cast(min(255.0, turns * 256.0 if part else turns), 16) | int(size) << 8
    kept = float((both >> 8 & 0xFF) * (10 if large else 1))
    return (both & 0xFF) / (256.0 if part else 1.0), -kept if radius_m < 0.0 else kept


def _centi(value: float) -> float:
    return single(cast(single(value * 100.0), 16) * single(0.01))


def _within(least: float, most: float, keep: Keep) -> Keep:
    return lambda value: keep(value) if least <= value <= most else 0.0


def _bit(value: float) -> float:
    return float(cast(value, 32) & 1)


def _duration(value: float) -> float:
    return float(int(min(max(value, 0.0), 65535.0)))


def _keeps(*kept: Keep) -> Four:
    padded = (*kept, _drop, _drop, _drop, _drop)
    return padded[0], padded[1], padded[2], padded[3]


LOCATION: Mapping[int, Four] = {
    WAYPOINT: _keeps(_u16),
    LOITER_UNLIM: _keeps(_drop, _drop, _radius),
    LOITER_TURNS: _keeps(single, _drop, single, _flag),
    LOITER_TIME: _keeps(_u16, _drop, _way, _flag),
    LAND: _keeps(_u16, _drop, _drop, _way),
    TAKEOFF: _keeps(_u16),
    CHANGE_ALT: _keeps(_u16),
    LOITER_TO_ALT: _keeps(_drop, _radius, _drop, _flag),
    SPLINE: _keeps(_u16),
    VTOL_TAKEOFF: _keeps(),
    VTOL_LAND: _keeps(_u16),
    GUIDED_ENABLE: _keeps(_u16),
    PAYLOAD_PLACE: _keeps(_centi),
    DO_SET_HOME: _keeps(_u16),
    DO_RETURN_PATH_START: _keeps(),
    DO_LAND_START: _keeps(),
    191: _keeps(),
    DO_SET_ROI_LOCATION: _keeps(_u16),
    DO_SET_ROI: _keeps(_u16),
}
"""Commands with a place, and what is kept of their four parameters."""

PLACELESS: Mapping[int, Four] = {
    RETURN: _keeps(),
    83: _keeps(single, single, _u8),
    NAV_DELAY: _keeps(single, _i8, _i8, _i8),
    CONDITION_DELAY: _keeps(single),
    CONDITION_DISTANCE: _keeps(single),
    CONDITION_YAW: _keeps(single, single, _i8, _u8),
    DO_JUMP: _keeps(_u16, _i16),
    DO_CHANGE_SPEED: _keeps(_u8, single, single),
    181: _keeps(_u8, _u8),
    182: _keeps(_u8, _i16, single),
    183: _keeps(_u8, _u16),
    184: _keeps(_u8, _u16, _i16, single),
    193: _keeps(_u16),
    194: _keeps(_u16),
    DO_SET_ROI_NONE: _keeps(_u16),
    202: _keeps(_u8, _u16, _u8, _u16),
    203: _keeps(_u8, _u8, _i8, _u8),
    205: _keeps(single, single, single),
    206: _keeps(single, _drop, _u8),
    DO_FENCE_ENABLE: _keeps(_u16),
    208: _keeps(_u16),
    210: _keeps(_u16),
    211: _keeps(_u8, _u8),
    212: _keeps(_u16),
    213: _keeps(single, single, _u8),
    215: _keeps(_u16),
    216: _keeps(_u16),
    217: _keeps(_u16, single, single, single),
    218: _keeps(_u16, _u8),
    222: _keeps(_u16, single, single, single),
    223: _keeps(_flag, _flag, _centi, _bit),
    531: _keeps(_u8, single),
    532: _keeps(_u8, single),
    534: _keeps(_u8, _u8, _u8),
    600: _keeps(_u16),
    601: _keeps(_u16, _i16),
    1000: _keeps(_i8, _i16, _i8, _i8),
    2000: _keeps(_u8, single, _u16, _u16),
    2001: _keeps(_u16),
    2500: _keeps(_u8),
    2501: _keeps(_u8),
    3000: _keeps(_u8),
    42600: _keeps(_u8, _u8, single, single),
    42702: _keeps(_u8, _u8, _half, _half),
    42703: _keeps(_duration, _within(-180, 180, _i16), _within(-90, 90, _i8), _within(-180, 360, _i16)),
}
"""Commands without a place."""

MORE: Mapping[int, tuple[Keep, Keep, Keep]] = {
    202: (_u8, _u8, single),
    203: (_u8, _u8, _drop),
    205: (_drop, _drop, lambda _: 2.0),
    1000: (_u8, _drop, _u8),
    42702: (_i16, _i16, _drop),
    42703: (_i16, _drop, _drop),
}
"""Placeless commands of which something of x, y and z is kept: as numbers, not as a place."""

MAY_BE_NAN: Mapping[int, tuple[int, ...]] = {
    WAYPOINT: (3,),
    LOITER_UNLIM: (3,),
    LAND: (3,),
    TAKEOFF: (3,),
    VTOL_TAKEOFF: (3,),
    VTOL_LAND: (2, 3),
}
"""Command to the parameters (0 to 3) that may be left open."""


def has_place(command: int) -> bool:
    """Whether a command's x and y are latitude and longitude (AP_Mission::stored_in_location)."""
    return command in LOCATION or 5000 <= command <= 5004 or command == 5100


def keep_mission_item(item: Item) -> Item | int:
    """The item as ArduCopter reads it back, or the MAV_MISSION_RESULT with which it refuses."""
    for place, value in enumerate(item.params):
        if isinf(value) or (isnan(value) and place not in MAY_BE_NAN.get(item.command, ())):
            return INVALID_PARAM1 + place
    if item.command in (0, 1):
        return INVALID
    keeps = LOCATION.get(item.command) or PLACELESS.get(item.command)
    if keeps is None:
        return UNSUPPORTED
    values = [keep(0.0 if isnan(value) else value) for keep, value in zip(keeps, item.params, strict=True)]
    if item.command == LOITER_TURNS:
        values[0], values[2] = _circles(values[0], values[2])
    params = (values[0], values[1], values[2], values[3])
    if item.command in PLACELESS:
        return _keep_more(Item(command=item.command, params=params), item)
    return _keep_place(replace(item, params=params, autocontinue=1))


def _keep_more(kept: Item, sent: Item) -> Item:
    keeps = MORE.get(sent.command)
    if keeps is None:
        return kept
    z = 0.0 if isnan(sent.z) else sent.z
    return replace(kept, x=int(keeps[0](sent.x)), y=int(keeps[1](sent.y)), z=keeps[2](z))


def _keep_place(item: Item) -> Item | int:  # noqa: PLR0911 - one for each answer
    if single(abs(item.x)) > MOST_LAT_E7:  # ArduCopter too compares in single precision
        return INVALID_X
    if single(abs(item.y)) > MOST_LON_E7:
        return INVALID_Y
    if isnan(item.z) or abs(item.z) >= MOST_ALTITUDE_M:
        return INVALID_Z
    kept = replace(item, z=single(int(single(item.z * 100.0)) * single(0.01)))
    if item.frame in ABSOLUTE_FRAMES:
        return replace(kept, frame=0)
    if item.frame in RELATIVE_FRAMES:
        return replace(kept, frame=3)
    if item.frame in TERRAIN_FRAMES:
        return replace(kept, frame=10)
    return UNSUPPORTED_FRAME
