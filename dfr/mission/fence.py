"""The vehicle's fence from a site's areas, within ArduCopter's limits, and what lies inside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely

from dfr.ardupilot.kept import MOST_CORNERS
from dfr.ardupilot.storage import USUAL
from dfr.errors import InfeasibleError
from dfr.geo import LocalFrame, Position, Ring
from dfr.mission.capacity import fence_size
from dfr.mission.items import FenceArea, FenceCircle, FencePolygon

MIN_CORNERS = 3
MAX_CORNERS = MOST_CORNERS
"""Corners of one polygon (vertex_count is one byte)."""

UNION_BIT = 1 << 1
"""FENCE_OPTIONS: inside any inclusion area is inside; without it, inside all of them."""

FIRST_TOLERANCE_M = 0.25
MAX_TOLERANCE_M, COARSER_BY = 64.0, 1.2
STORED_M = 0.02
"""More than a corner moves where it is stored to 1e-7 degrees."""

CIRCLE_SEGMENTS = 32
"""Segments of a quarter circle when a circle is judged as a polygon."""


@dataclass(frozen=True)
class FenceShape:
    """A fence as ArduCopter judges it, in local metres: where it may fly, and what is kept out."""

    frame: LocalFrame
    inside: shapely.Geometry | None
    outside: shapely.Geometry

    def margin_m(self, path: Sequence[Position]) -> float:
        """Room from a path to the nearest edge of the fence, negative by the depth of the breach.

        Infinite where there is no fence.
        """
        points = self.frame.points(path)
        line = shapely.Point(points[0]) if len(points) == 1 else shapely.LineString(points)
        return min(self._keep_in_margin(line), self._keep_out_margin(line))

    def _keep_in_margin(self, line: shapely.Geometry) -> float:
        if self.inside is None:
            return float("inf")
        if self.inside.covers(line):
            return float(line.distance(self.inside.boundary))
        if self.inside.is_empty:
            return float("-inf")
        strayed = shapely.points(shapely.get_coordinates(line.difference(self.inside)))
        if strayed.size == 0:  # so far away that the local frame has no numbers for it
            return float("-inf")
        return -float(shapely.distance(strayed, self.inside).max())

    def _keep_out_margin(self, line: shapely.Geometry) -> float:
        if self.outside.is_empty:
            return float("inf")
        if not self.outside.intersects(line):
            return float(line.distance(self.outside))
        within = line.intersection(self.outside)
        depth = max(
            (part.distance(self.outside.boundary) for part in _part_middles(within)),
            default=0.0,
        )
        return -float(depth)


def fence_shape(areas: Sequence[FenceArea], *, origin: Position, options: int = 0) -> FenceShape:
    """The fence's allowed and forbidden areas; several inclusions mean all of them, or any with UNION_BIT."""
    frame = LocalFrame(origin)
    inclusions = [_area_polygon(area, frame) for area in areas if area.inclusion]
    exclusions = [_area_polygon(area, frame) for area in areas if not area.inclusion]
    inside = None
    if inclusions:
        joined = shapely.union_all if options & UNION_BIT else shapely.intersection_all
        inside = joined(inclusions)
    return FenceShape(frame=frame, inside=inside, outside=shapely.union_all(exclusions))


def fence_areas(keep_in: Ring, keep_outs: Sequence[Ring]) -> tuple[FencePolygon, ...]:
    """A fence of one keep-in and its keep-outs, with few enough corners for a usual board.

    Where corners must go, the keep-in only shrinks and the keep-outs only grow.
    Raises InfeasibleError where even coarse outlines have too many.
    """
    tolerance_m = 0.0
    while tolerance_m <= MAX_TOLERANCE_M:
        areas = _coarsen_fence(keep_in, keep_outs, tolerance_m)
        if areas is not None and fence_size(areas) <= USUAL.fence_items:
            return areas
        tolerance_m = max(FIRST_TOLERANCE_M, COARSER_BY * tolerance_m)
    raise InfeasibleError(
        f"a fence of {1 + len(keep_outs)} areas does not fit the {USUAL.fence_items} corners of a usual "
        f"board, even {MAX_TOLERANCE_M:.0f} m coarse",
        do="merge keep-outs",
    )


def _coarsen_fence(
    keep_in: Ring, keep_outs: Sequence[Ring], tolerance_m: float
) -> tuple[FencePolygon, ...] | None:
    outs = (_simplify_ring(ring, tolerance_m, inside=False) for ring in keep_outs)
    rings = [_simplify_ring(keep_in, tolerance_m, inside=True), *outs]
    if any(ring is None for ring in rings):
        return None
    return tuple(
        FencePolygon(ring=ring, inclusion=index == 0) for index, ring in enumerate(rings) if ring is not None
    )


def _simplify_ring(ring: Ring, tolerance_m: float, *, inside: bool) -> Ring | None:
    """The ring with corners left away, shrunk into the true one (or grown about it) by what that strays.

    None where nothing is left.
    """
    if tolerance_m == 0.0:
        return ring
    frame = LocalFrame(ring[0])
    true = shapely.make_valid(frame.polygon(ring))
    rough = true.simplify(tolerance_m)
    strays = rough.difference(true) if inside else true.difference(rough)
    astray = shapely.points(shapely.get_coordinates(strays))
    by_m = STORED_M + float(shapely.distance(astray, rough.boundary).max(initial=0.0))
    while by_m <= 4.0 * (tolerance_m + STORED_M):
        area = rough.buffer(-by_m if inside else by_m, join_style="mitre")
        if area.is_empty or area.geom_type != "Polygon":
            return None
        if true.covers(area) if inside else area.covers(true):
            return frame.ring(area)
        by_m *= 1.2
    return None


def _area_polygon(area: FenceArea, frame: LocalFrame) -> shapely.Polygon:
    if isinstance(area, FenceCircle):
        return shapely.Point(frame.point(area.centre)).buffer(area.radius_m, quad_segs=CIRCLE_SEGMENTS)
    return shapely.make_valid(frame.polygon(area.ring))


def _part_middles(geometry: shapely.Geometry) -> list[shapely.Geometry]:
    """A point in the middle of each part of a line, where a breach is about deepest."""
    parts = getattr(geometry, "geoms", [geometry])
    return [
        part.interpolate(0.5, normalized=True) if part.geom_type == "LineString" else part for part in parts
    ]
