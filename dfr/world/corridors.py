"""Airways and other corridors: all that lies within half a width of a line of points."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import shapely

from dfr.geo import GEOD, LocalFrame, Position
from dfr.world.edges import EDGE_STEP_M, along
from dfr.world.outlines import Vertex

MAX_LENGTH_M = 2_000_000.0
"""The longest corridor drawn: the local frame about its middle then stretches widths by 0.4 % at most."""

QUARTER = 32
"""Sides of a quarter turn round an end or a bend."""


def length_m(points: Sequence[Vertex]) -> float:
    """The length of the geodesic legs between points."""
    lat, lon = np.array(points, float).reshape(-1, 2).T
    return float(GEOD.line_length(lon, lat))


def corridor(points: Sequence[Vertex], width_m: float) -> list[Vertex]:
    """The outline of a corridor with round ends and bends, drawn outside the true one."""
    lat, lon = _dense(points)
    middle = len(lat) // 2
    frame = LocalFrame(Position(lat_deg=float(lat[middle]), lon_deg=float(lon[middle])))
    east, north = frame.to_enu(lat, lon)
    reach_m = float(np.hypot(east, north).max())
    stretch = (1.0 + (reach_m / GEOD.a) ** 2 / 5.0) / math.cos(math.pi / 4.0 / QUARTER)
    line = shapely.LineString(np.column_stack((east, north)))
    ring = shapely.get_coordinates(line.buffer(width_m / 2.0 * stretch, quad_segs=QUARTER).exterior)[:-1]
    return [Vertex(float(a), float(b)) for a, b in zip(*frame.to_geodetic(*ring.T), strict=True)]


def _dense(points: Sequence[Vertex]) -> tuple[np.ndarray, np.ndarray]:
    lat, lon = np.array(points, float).reshape(-1, 2).T
    legs_m = np.asarray(GEOD.line_lengths(lon, lat), float)
    counts = np.maximum(np.ceil(legs_m / EDGE_STEP_M), 1).astype(np.int64)
    which = np.repeat(np.arange(len(counts)), counts)
    share = (np.arange(len(which)) - (np.cumsum(counts) - counts)[which]) / counts[which]
    legs = (lat[:-1], lon[:-1], lat[1:], lon[1:])
    found_lat, found_lon = along(legs, which, share, geodesic=True)
    return np.append(found_lat, lat[-1]), np.append(found_lon, lon[-1])
