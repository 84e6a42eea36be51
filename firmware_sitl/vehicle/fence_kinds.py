"""The kinds of fence, as bits of FENCE_TYPE, and what ArduCopter calls them."""

from __future__ import annotations

CEILING, CIRCLE, POLYGON, FLOOR = 1, 2, 4, 8
ARMING = CEILING | CIRCLE | POLYGON
ALL = ARMING | FLOOR


def fence_names(bits: int) -> str:
    """As ArduCopter names fences.

    >>> fence_names(CEILING), fence_names(CEILING | CIRCLE | POLYGON)
    ('Max Alt fence', 'Max Alt, Circle and Polygon fences')
    """
    names = ((CEILING, "Max Alt"), (CIRCLE, "Circle"), (POLYGON, "Polygon"), (FLOOR, "Min Alt"))
    found = [name for bit, name in names if bits & bit]
    if len(found) < 2:
        return f"{found[0] if found else ''} fence"
    return f"{', '.join(found[:-1])} and {found[-1]} fences"
