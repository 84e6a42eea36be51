"""Items of missions, fences and rally lists, and what ArduCopter keeps of fences and rally points."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from struct import pack, unpack

WAYPOINT, LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, RETURN, LAND, TAKEOFF = 16, 17, 18, 19, 20, 21, 22
CHANGE_ALT, LOITER_TO_ALT, SPLINE, GUIDED_ENABLE, NAV_DELAY, PAYLOAD_PLACE = 30, 31, 82, 92, 93, 94
VTOL_TAKEOFF, VTOL_LAND, ATTITUDE_TIME = 84, 85, 42703
CONDITION_DELAY, CONDITION_DISTANCE, CONDITION_YAW = 112, 114, 115
DO_JUMP, DO_CHANGE_SPEED, DO_SET_HOME = 177, 178, 179
DO_RETURN_PATH_START, DO_LAND_START = 188, 189
DO_SET_ROI_LOCATION, DO_SET_ROI_NONE, DO_SET_ROI = 195, 197, 201
DO_FENCE_ENABLE = 207

ACCEPTED, ERROR, UNSUPPORTED_FRAME, UNSUPPORTED, NO_SPACE, INVALID = range(6)
INVALID_PARAM1, INVALID_X, INVALID_Y, INVALID_Z = 6, 10, 11, 12
INVALID_SEQUENCE, DENIED, CANCELLED = 13, 14, 15

MOST_ALTITUDE_M = 83000.0
MOST_LAT_E7, MOST_LON_E7 = 900_000_000, 1_800_000_000
NOWHERE_E7 = -(2**31)
ABSOLUTE_FRAMES, RELATIVE_FRAMES, TERRAIN_FRAMES = (0, 2, 5), (3, 6), (10, 11)


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


def single(value: float) -> float:
    """A number in single precision, as floats are stored and sent."""
    return float(unpack("<f", pack("<f", value))[0])


MOST_CAST = 2**31
"""A float beyond this is cast to the least 32-bit number, as x86 processors do."""


def cast(value: float, bits: int, *, signed: bool = False) -> int:
    """A float as C++ puts it into an integer of so many bits.

    >>> cast(3.9, 8), cast(-1.0, 16), cast(300.0, 8), cast(200.0, 8, signed=True)
    (3, 65535, 44, -56)
    """
    whole = int(value) if abs(value) < MOST_CAST else -MOST_CAST
    kept = whole & ((1 << bits) - 1)
    return kept - (1 << bits) if signed and kept >> (bits - 1) else kept


FENCE_INCLUDE, FENCE_EXCLUDE, CIRCLE_INCLUDE, CIRCLE_EXCLUDE, FENCE_RETURN = 5001, 5002, 5003, 5004, 5000
RALLY_POINT = 5100
FENCE_FRAMES = (0, 3, 5, 6, 10, 11)


def single_product_e7(degrees: float) -> int:
    """1e-7 degrees as ArduCopter computes them of MISSION_ITEM: in single precision, cut to whole.

    >>> single_product_e7(50.781)
    507809984
    """
    return cast(single(single(degrees) * 1e7), 32, signed=True)


def keep_fence_item(item: Item) -> Item | int:
    """A fence item as it is buffered, or the result with which it is refused."""
    if item.frame not in FENCE_FRAMES:
        return UNSUPPORTED_FRAME
    count = item.params[0]
    if item.command in (FENCE_INCLUDE, FENCE_EXCLUDE):
        if count > 255.0:
            return INVALID_PARAM1
        count = float(cast(count, 8))
    elif item.command in (CIRCLE_INCLUDE, CIRCLE_EXCLUDE):
        count = single(count)
    elif item.command == FENCE_RETURN:
        count = 0.0
    else:
        return UNSUPPORTED
    return Item(command=item.command, params=(count, 0.0, 0.0, 0.0), x=item.x, y=item.y, autocontinue=0)


def keep_rally_item(item: Item) -> Item | int:
    """A rally point as it is stored: whole metres; or the result with which it is refused."""
    if item.command != RALLY_POINT:
        return UNSUPPORTED
    if abs(item.x) > MOST_LAT_E7:
        return INVALID_X
    if abs(item.y) > MOST_LON_E7:
        return INVALID_Y
    if not isnan(item.z) and not -32768.0 <= item.z <= 32767.0:
        return INVALID_Z
    if item.frame not in FENCE_FRAMES:
        return UNSUPPORTED_FRAME
    frame = {0: 0, 5: 0, 10: 10, 11: 10}.get(item.frame, 3)
    height = float(cast(item.z, 16, signed=True))
    return Item(command=RALLY_POINT, frame=frame, x=item.x, y=item.y, z=height, autocontinue=0)


FENCE_KINDS = {
    FENCE_INCLUDE: 98,
    FENCE_EXCLUDE: 97,
    FENCE_RETURN: 95,
    CIRCLE_EXCLUDE: 93,
    CIRCLE_INCLUDE: 92,
}
"""ArduCopter's own numbers of the kinds of fence items, which its texts quote."""

LEAST_RADIUS_M = 1.1920929e-7


def whole_fence_problem(items: list[Item]) -> tuple[int, str] | None:
    """Severity and text with which a fence is refused as a whole; None where it is sound."""
    left, first, returned = 0, None, False
    for item in items:
        polygon = item.command in (FENCE_INCLUDE, FENCE_EXCLUDE)
        problem = (
            _corner_problem(item, first if left else None)
            if polygon
            else _single_problem(item, first if left else None, returned=returned)
        )
        if problem is None and not (abs(item.x) <= MOST_LAT_E7 and abs(item.y) <= MOST_LON_E7):
            problem = "Bad lat or lon"
        if problem is not None:
            return 4, problem
        if polygon:
            first = first if left else item
            left = (left or int(item.params[0])) - 1
        returned = returned or item.command == FENCE_RETURN
    return (6, "Incorrect item count") if left else None


CORNER_BYTES = 8


def fence_bytes(items: list[Item]) -> int:
    """Storage that a sound fence takes (AC_PolyFence_loader::fence_storage_space_required)."""
    used, place = 4, 0
    while place < len(items):
        item = items[place]
        if item.command in (FENCE_INCLUDE, FENCE_EXCLUDE):
            used += 2 + CORNER_BYTES * int(item.params[0])
            place += int(item.params[0])
            continue
        used += 9 if item.command == FENCE_RETURN else 13
        place += 1
    return used


def _corner_problem(item: Item, first: Item | None) -> str | None:
    count = int(item.params[0])
    if count < 3:
        return f"Invalid vertex count ({count})"
    if first is None:
        return None
    if item.command != first.command:
        return f"Received incorrect vertex type {_want(first, item)}"
    wanted = int(first.params[0])
    return None if count == wanted else f"Unexpected vertex count want={wanted} got={count}"


def _single_problem(item: Item, first: Item | None, *, returned: bool) -> str | None:
    if first is not None:
        return f"Received incorrect type {_want(first, item)}"
    if item.command == FENCE_RETURN:
        return "Multiple return points" if returned else None
    return None if item.params[0] > LEAST_RADIUS_M else "Non-positive circle radius"


def _want(first: Item, item: Item) -> str:
    return f"(want={FENCE_KINDS[first.command]} got={FENCE_KINDS[item.command]})"
