"""Commands by short names, answers, and the checks of a whole fence: what is wrong with it, and its size."""

from __future__ import annotations

from dfr.ardupilot.items import MOST_LAT_E7, MOST_LON_E7, WireItem, cast, single

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

NOWHERE_E7 = -(2**31)


def degrees_e7(degrees: float) -> int:
    """1e-7 degrees of degrees; a number that is nowhere on Earth where there are none.

    >>> degrees_e7(50.781)
    507810000
    """
    return round(degrees * 1e7) if abs(degrees) <= 180.0 else NOWHERE_E7


FENCE_INCLUDE, FENCE_EXCLUDE, CIRCLE_INCLUDE, CIRCLE_EXCLUDE, FENCE_RETURN = 5001, 5002, 5003, 5004, 5000
RALLY_POINT = 5100


def single_product_e7(degrees: float) -> int:
    """1e-7 degrees as ArduCopter computes them of MISSION_ITEM: in single precision, cut to whole.

    >>> single_product_e7(50.781)
    507809984
    """
    return cast(single(single(degrees) * 1e7), 32, signed=True)


FENCE_KINDS = {
    FENCE_INCLUDE: 98,
    FENCE_EXCLUDE: 97,
    FENCE_RETURN: 95,
    CIRCLE_EXCLUDE: 93,
    CIRCLE_INCLUDE: 92,
}
"""ArduCopter's own numbers of the kinds of fence items, which its texts quote."""

LEAST_RADIUS_M = 1.1920929e-7


def whole_fence_problem(items: list[WireItem]) -> tuple[int, str] | None:
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


def fence_bytes(items: list[WireItem]) -> int:
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


def _corner_problem(item: WireItem, first: WireItem | None) -> str | None:
    count = int(item.params[0])
    if count < 3:
        return f"Invalid vertex count ({count})"
    if first is None:
        return None
    if item.command != first.command:
        return f"Received incorrect vertex type {_want(first, item)}"
    wanted = int(first.params[0])
    return None if count == wanted else f"Unexpected vertex count want={wanted} got={count}"


def _single_problem(item: WireItem, first: WireItem | None, *, returned: bool) -> str | None:
    if first is not None:
        return f"Received incorrect type {_want(first, item)}"
    if item.command == FENCE_RETURN:
        return "Multiple return points" if returned else None
    return None if item.params[0] > LEAST_RADIUS_M else "Non-positive circle radius"


def _want(first: WireItem, item: WireItem) -> str:
    return f"(want={FENCE_KINDS[first.command]} got={FENCE_KINDS[item.command]})"
