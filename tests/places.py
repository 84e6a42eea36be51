"""Where the missions of the tests begin, places round it, and distances to zones."""

from __future__ import annotations

import shapely

from dfr.geo import LocalFrame, Position, offset
from dfr.world.shapes import project
from dfr.world.zones import Zone

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)


def at(east_m: float, north_m: float) -> Position:
    """A place so far from home."""
    return offset(offset(HOME, bearing_deg=90.0, distance_m=east_m), bearing_deg=0.0, distance_m=north_m)


def square(half_m: float, *, east_m: float = 0.0, north_m: float = 0.0) -> tuple[Position, ...]:
    """Its corners, from the south-west one round by the east; the centre so far from home."""
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return tuple(at(east_m + half_m * e, north_m + half_m * n) for e, n in corners)


def edge_distance_m(zone: Zone, position: Position) -> float:
    """Horizontal distance to the nearest edge of a zone, from inside or outside."""
    boundary = project(zone.area.polygon.boundary, LocalFrame(position))
    return float(shapely.distance(boundary, shapely.Point(0.0, 0.0)))
