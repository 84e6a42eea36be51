"""Mission items as the vehicle keeps them: what ArduCopter stores, drops and refuses of each command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isinf, isnan
from struct import pack, unpack

WAYPOINT, LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, RETURN, LAND, TAKEOFF = 16, 17, 18, 19, 20, 21, 22
CHANGE_ALT, LOITER_TO_ALT, SPLINE, GUIDED_ENABLE, NAV_DELAY, PAYLOAD_PLACE = 30, 31, 82, 92, 93, 94
CONDITION_DELAY, CONDITION_DISTANCE, CONDITION_YAW = 112, 114, 115
DO_JUMP, DO_CHANGE_SPEED, DO_SET_HOME = 177, 178, 179
DO_LAND_START, DO_SET_ROI_LOCATION, DO_SET_ROI_NONE, DO_SET_ROI = 189, 195, 197, 201
DO_FENCE_ENABLE = 207

ACCEPTED, ERROR, UNSUPPORTED_FRAME, UNSUPPORTED, NO_SPACE, INVALID = range(6)
INVALID_PARAM1, INVALID_X, INVALID_Y, INVALID_Z = 6, 10, 11, 12
INVALID_SEQUENCE, DENIED, CANCELLED = 13, 14, 15

MOST_ALTITUDE_M = 83000.0
MOST_LAT_E7, MOST_LON_E7 = 900_000_000, 1_800_000_000
NOWHERE_E7 = -(2**31)
ABSOLUTE_FRAMES, RELATIVE_FRAMES, TERRAIN_FRAMES = (0, 2, 5), (3, 6), (10, 11)

Keep = Callable[[float], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item of a mission, fence or rally list, in the wire's integers and floats."""

    command: int
    frame: int = 0
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    x: int = 0
    y: int = 0
    z: float = 0.0
    autocontinue: int = 1

    @property
    def lat_deg(self) -> float:
        """Latitude, degrees."""
        return self.x * 1e-7

    @property
    def lon_deg(self) -> float:
        """Longitude, degrees."""
        return self.y * 1e-7

    @property
    def is_somewhere(self) -> bool:
        """Whether latitude, longitude and height can be a place on Earth."""
        return abs(self.x) <= MOST_LAT_E7 and abs(self.y) <= MOST_LON_E7 and abs(self.z) < MOST_ALTITUDE_M


def degrees_e7(degrees: float) -> int:
    """1e-7 degrees of degrees; a number that is nowhere on Earth where there are none.

    >>> degrees_e7(50.781)
    507810000
    """
    return round(degrees * 1e7) if abs(degrees) <= 180.0 else NOWHERE_E7


def _drop(_: float) -> float:
    return 0.0


def _whole(value: float) -> float:
    return float(int(value) & 0xFFFF)


def _signed(value: float) -> float:
    return float(int(value))


def _byte(value: float) -> float:
    return float(int(value) & 0xFF)


def _single(value: float) -> float:
    return float(unpack("<f", pack("<f", value))[0])


def _way(value: float) -> float:
    return -1.0 if value < 0.0 else 1.0


def _flag(value: float) -> float:
    return 1.0 if value > 0.0 else 0.0


def _loiter_radius(value: float) -> float:
    return float(int(value))


def _turns(value: float) -> float:
    return int(value * 256.0) / 256.0 if 0.0 < value < 1.0 else float(int(min(255.0, value)))


def _turn_radius(value: float) -> float:
    size = abs(value)
    kept = float(int(size)) if size <= 255.0 else float(int(min(255.0, size * 0.1)) * 10)
    return -kept if value < 0.0 else kept


def _keeps(*kept: Keep) -> tuple[Keep, Keep, Keep, Keep]:
    padded = (*kept, _drop, _drop, _drop, _drop)
    return padded[0], padded[1], padded[2], padded[3]


LOCATION: Mapping[int, tuple[Keep, Keep, Keep, Keep]] = {
    WAYPOINT: _keeps(_whole),
    LOITER_UNLIM: _keeps(_drop, _drop, _loiter_radius),
    LOITER_TURNS: _keeps(_turns, _drop, _turn_radius, _flag),
    LOITER_TIME: _keeps(_whole, _drop, _way, _flag),
    LAND: _keeps(_whole),
    TAKEOFF: _keeps(_whole),
    CHANGE_ALT: _keeps(_whole),
    LOITER_TO_ALT: _keeps(_drop, _signed, _drop, _flag),
    SPLINE: _keeps(_whole),
    GUIDED_ENABLE: _keeps(_whole),
    PAYLOAD_PLACE: _keeps(_single),
    DO_SET_HOME: _keeps(_whole),
    DO_LAND_START: _keeps(),
    188: _keeps(),
    191: _keeps(),
    DO_SET_ROI_LOCATION: _keeps(_whole),
    DO_SET_ROI: _keeps(_whole),
}
"""Commands with a place, and what is kept of their four parameters."""

PLACELESS: Mapping[int, tuple[Keep, Keep, Keep, Keep]] = {
    RETURN: _keeps(),
    NAV_DELAY: _keeps(_single, _signed, _signed, _signed),
    CONDITION_DELAY: _keeps(_single),
    CONDITION_DISTANCE: _keeps(_single),
    CONDITION_YAW: _keeps(_single, _single, _signed, _byte),
    DO_JUMP: _keeps(_whole, _signed),
    DO_CHANGE_SPEED: _keeps(_byte, _single, _single),
    181: _keeps(_byte, _byte),
    182: _keeps(_byte, _signed, _single),
    183: _keeps(_byte, _whole),
    184: _keeps(_byte, _whole, _signed, _single),
    DO_SET_ROI_NONE: _keeps(_whole),
    205: _keeps(_single, _single, _single),
    206: _keeps(_single, _drop, _byte),
    DO_FENCE_ENABLE: _keeps(_whole),
    208: _keeps(_whole),
    211: _keeps(_byte, _byte),
    218: _keeps(_whole, _byte),
    222: _keeps(_whole, _single, _single, _single),
    600: _keeps(_whole),
    601: _keeps(_whole, _signed),
    1000: _keeps(_single, _single, _single, _single),
    2000: _keeps(_byte, _single, _whole, _whole),
    2001: _keeps(_byte),
    531: _keeps(_byte, _single),
    532: _keeps(_byte, _single),
    2500: _keeps(_byte),
    2501: _keeps(_byte),
}
"""Commands without a place."""

YAW_MAY_BE_NAN = (WAYPOINT, LOITER_UNLIM, LAND, TAKEOFF)


def keep_mission_item(item: Item) -> Item | int:
    """The item as ArduCopter reads it back, or the MAV_MISSION_RESULT with which it refuses."""
    for place, value in enumerate(item.params):
        may_be_nan = place == 3 and item.command in YAW_MAY_BE_NAN
        if isinf(value) or (isnan(value) and not may_be_nan):
            return INVALID_PARAM1 + place
    if item.command in (0, 1):
        return INVALID
    keeps = LOCATION.get(item.command) or PLACELESS.get(item.command)
    if keeps is None:
        return UNSUPPORTED
    values = [0.0 if isnan(value) else keep(value) for keep, value in zip(keeps, item.params, strict=True)]
    params = (values[0], values[1], values[2], values[3])
    if item.command in PLACELESS:
        return Item(command=item.command, params=params)
    return _keep_place(replace(item, params=params, autocontinue=1))


def _keep_place(item: Item) -> Item | int:  # noqa: PLR0911 - one for each answer
    if abs(item.x) > MOST_LAT_E7:
        return INVALID_X
    if abs(item.y) > MOST_LON_E7:
        return INVALID_Y
    if isnan(item.z) or abs(item.z) >= MOST_ALTITUDE_M:
        return INVALID_Z
    kept = replace(item, z=_single(int(_single(item.z * 100.0)) * 0.01))
    if item.frame in ABSOLUTE_FRAMES:
        return replace(kept, frame=0)
    if item.frame in RELATIVE_FRAMES:
        return replace(kept, frame=3)
    if item.frame in TERRAIN_FRAMES:
        return replace(kept, frame=10)
    return UNSUPPORTED_FRAME


FENCE_INCLUDE, FENCE_EXCLUDE, CIRCLE_INCLUDE, CIRCLE_EXCLUDE, FENCE_RETURN = 5001, 5002, 5003, 5004, 5000
RALLY_POINT = 5100
FENCE_FRAMES = (0, 3, 5, 6, 10, 11)


def keep_fence_item(item: Item) -> Item | int:
    """A fence item as it is buffered, or the result with which it is refused."""
    if item.frame not in FENCE_FRAMES:
        return UNSUPPORTED_FRAME
    count = item.params[0]
    if item.command in (FENCE_INCLUDE, FENCE_EXCLUDE):
        if not count <= 255.0:
            return INVALID_PARAM1
        count = float(int(count))
    elif item.command in (CIRCLE_INCLUDE, CIRCLE_EXCLUDE):
        count = _single(count)
    elif item.command == FENCE_RETURN:
        count = 0.0
    else:
        return UNSUPPORTED
    return Item(command=item.command, params=(count, 0.0, 0.0, 0.0), x=item.x, y=item.y, autocontinue=0)


def keep_rally_item(item: Item) -> Item | int:
    """A rally point as it is stored: whole metres; or the result with which it is refused."""
    if item.command != RALLY_POINT:
        return UNSUPPORTED
    if item.frame not in (0, 3, 5, 6, 10, 11):
        return UNSUPPORTED_FRAME
    if abs(item.x) > MOST_LAT_E7:
        return INVALID_X
    if abs(item.y) > MOST_LON_E7:
        return INVALID_Y
    if isnan(item.z) or abs(item.z) > 32767.0:
        return INVALID_Z
    frame = {0: 0, 5: 0, 10: 10, 11: 10}.get(item.frame, 3)
    return Item(command=RALLY_POINT, frame=frame, x=item.x, y=item.y, z=float(int(item.z)), autocontinue=0)


def whole_fence_problem(items: list[Item]) -> list[tuple[int, str]]:  # noqa: PLR0911 - one for each answer
    """Severities and texts with which a fence is refused as a whole; empty where it is sound."""
    left, first, returns = 0, None, 0
    for item in items:
        count = int(item.params[0])
        polygon = item.command in (FENCE_INCLUDE, FENCE_EXCLUDE)
        if polygon and count < 3:
            return [(4, f"Invalid vertex count ({count})")]
        if left == 0:
            first = item
        elif first is not None and item.command != first.command:
            return [(4, "Received incorrect vertex type")]
        elif first is not None and count != int(first.params[0]):
            return [(4, f"Unexpected vertex count want={int(first.params[0])} got={count}")]
        if polygon:
            left = (left or count) - 1
        elif item.command == FENCE_RETURN:
            returns += 1
            if returns > 1:
                return [(4, "Multiple return points")]
        elif not item.params[0] > 0.0:
            return [(4, "Non-positive circle radius")]
        if abs(item.x) > 900000000 or abs(item.y) > 1800000000 or (item.x, item.y) == (0, 0):
            return [(4, "Bad lat or lon")]
    return [(6, "Incorrect item count")] if left else []
