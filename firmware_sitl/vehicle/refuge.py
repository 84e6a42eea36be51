"""Where a return goes: the nearest rally point within reach, or home."""

from __future__ import annotations

from math import hypot
from typing import TYPE_CHECKING

from firmware_sitl.vehicle.navigation import Point

if TYPE_CHECKING:
    from firmware_sitl.vehicle.vehicle import Vehicle


def best_refuge(vehicle: Vehicle) -> Point:
    """The rally point nearest to the vehicle, unless home is nearer or it is beyond RALLY_LIMIT_KM."""
    craft = vehicle.craft
    here = craft.body

    def away(point: Point) -> float:
        return hypot(point[0] - here.north, point[1] - here.east)

    limit_m = vehicle.parameters["RALLY_LIMIT_KM"] * 1000.0
    near = [point for point in vehicle.rally if limit_m <= 0.0 or away(point) <= limit_m]
    if not near:
        return craft.home
    best = min(near, key=away)
    if vehicle.parameters["RALLY_INCL_HOME"] and away(craft.home) < away(best):
        return craft.home
    return best
