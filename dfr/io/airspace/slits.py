"""An area with holes, or of several parts, as one ring: it runs out and back along slits between them.

So national offices draw holes in formats that have none. Reading such a ring gives the area back.
"""

from __future__ import annotations

import numpy as np
import shapely

from dfr.geo import FloatArray
from dfr.world.outlines import Outline, Vertex
from dfr.world.shapes import build_areas

MOST_RINGS = 60
WIDEST_DEG = 150.0
SAME = 1e-6
"""Share of an area by which the one read back may differ."""


def one_ring(polygon: shapely.Polygon | shapely.MultiPolygon) -> list[Vertex] | None:
    """The corners of a ring that encloses an area and nothing of its holes; None where none does."""
    parts = [shapely.geometry.polygon.orient(part) for part in shapely.get_parts(polygon)]
    rings = [np.asarray(ring.coords)[:-1] for part in parts for ring in (part.exterior, *part.interiors)]
    west, _, east, _ = polygon.bounds
    if len(rings) > MOST_RINGS or east - west > WIDEST_DEG:
        return None
    ring, *others = rings
    while others:
        ring = _joined(ring, others)
    corners = [Vertex(lat, (lon + 180.0) % 360.0 - 180.0) for lon, lat in ring.tolist()]
    return corners if gives_back(corners, polygon) else None


def _joined(ring: FloatArray, others: list[FloatArray]) -> FloatArray:
    """A ring with the nearest of others taken in, which is no longer among these."""
    tree = shapely.STRtree(shapely.points(ring))
    found = [_nearest(tree, other) for other in others]
    number = min(range(len(others)), key=lambda k: found[k][0])
    (_, here, there), other = found[number], others.pop(number)
    return np.vstack((ring[: here + 1], other[there:], other[: there + 1], ring[here:]))


def _nearest(tree: shapely.STRtree, other: FloatArray) -> tuple[float, int, int]:
    """(distance, corner of the ring in the tree, corner of the other) where two rings are nearest."""
    pairs, away = tree.query_nearest(shapely.points(other), return_distance=True, all_matches=False)
    least = int(away.argmin())
    return float(away[least]), int(pairs[1][least]), int(pairs[0][least])


def gives_back(outline: Outline, polygon: shapely.Polygon | shapely.MultiPolygon) -> bool:
    """Whether drawing an outline gives an area back, with as many parts."""
    area = build_areas([outline])[0].area
    if area is None or shapely.get_num_geometries(area.polygon) != shapely.get_num_geometries(polygon):
        return False
    west, back_west = polygon.bounds[0], area.polygon.bounds[0]
    turn = 360.0 * round((west - back_west) / 360.0)
    back = shapely.transform(area.polygon, lambda xy: xy + np.array((turn, 0.0)))
    return float(shapely.symmetric_difference(back, polygon).area) <= SAME * float(polygon.area)
