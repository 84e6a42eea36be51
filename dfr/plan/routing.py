"""The shortest path inside the keep-in and around keep-outs and crowds, or what stands in the way.

Geometry is local metres (`dfr.geo.LocalFrame`). The free space is the keep-in shrunk, and every
obstacle grown, by a margin; a shortest path in it bends only at reflex corners of its boundary, so A* runs on
the visibility graph of those corners (Lozano-Perez & Wesley 1979; `dfr.plan.visibility`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from dfr.geo import FloatArray
from dfr.plan.visibility import Corners, LegCost, Search

Point = tuple[float, float]
SIGHT_TOLERANCE_M = 1e-4
"""A leg may graze the grown obstacles by this much: more than rounding, less than any sliver."""

START_TOLERANCE_M = 0.01
"""A start this little inside an obstacle or its margin is taken as beside it: places are known no better."""

NO_HEADWAY = "no path has headway in this wind"

STAND_OFF_TIE_M = 1.0
"""Stand-off points this much farther from the target count as equally near."""

STAND_OFF_LIMIT_M = 120.0
"""A drone farther from its target is not on scene (assumed: oblique view from about the flight height)."""


MOST_TRIED = 12
"""How many obstacles around a target out of reach are left out, one at a time, to see which cuts it off."""

MOST_NAMED = 4
"""How many of these obstacles are named where only several together cut the target off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """A named area to keep out of, in local metres, with the margin to keep from it."""

    name: str
    area: shapely.Polygon
    margin_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightPath:
    """A path as local points, start and end included.

    Where the target itself may not be overflown the path ends at the nearest permitted
    point, `stand_off_m` from it, and `limited_by` names the reason. Where there is no path, `points` is
    empty and `limited_by` says what stands in it.
    """

    points: tuple[Point, ...]
    length_m: float
    stand_off_m: float = 0.0
    limited_by: str = ""

    @property
    def reachable(self) -> bool:
        """True where there is a path."""
        return bool(self.points)


class Router:
    """Paths through one free space, deterministic for the same input."""

    def __init__(
        self,
        keep_in: shapely.Polygon,
        obstacles: Sequence[Obstacle] = (),
        *,
        margin_m: float = 0.0,
        stand_off_limit_m: float = STAND_OFF_LIMIT_M,
    ) -> None:
        self._keep_in, self._margin_m = keep_in, margin_m
        self._obstacles = tuple(obstacles)
        self._stand_off_limit_m = stand_off_limit_m
        self._free = free_space(keep_in, self._obstacles, margin_m)
        self._parts = tuple(shapely.get_parts(self._free).tolist())
        shapely.prepare(self._free)
        grown = shapely.union_all([_grown(obstacle) for obstacle in self._obstacles])
        blocks = [part for part in shapely.get_parts(grown).tolist() if part.area > 0]
        cores = shapely.buffer(np.asarray(blocks, object), -SIGHT_TOLERANCE_M, join_style="mitre")
        sight = keep_in.buffer(SIGHT_TOLERANCE_M - margin_m, join_style="mitre")
        self._corners = Corners(self._free, np.asarray(cores, object).reshape(-1), sight)

    @property
    def free(self) -> shapely.Polygon | shapely.MultiPolygon:
        """Where a drone may be."""
        return self._free

    def path(self, start: Point, target: Point, *, leg_cost: LegCost | None = None) -> FlightPath:
        """The cheapest path from start to target; by length unless a `leg_cost` says otherwise."""
        origin, end = shapely.Point(start), shapely.Point(target)
        part = self._part_of(origin, towards=end)
        if part is None:
            return no_path(f"the start is {self._what_blocks(origin)}")
        stop, stand_off, reason = end, 0.0, ""
        if not shapely.intersects(part, end):
            reason = self._what_separates(origin, end)
            if shapely.intersects(self._free, end):
                return no_path(reason)
            stop = _stand_off_point(part, origin, end)
            stand_off = float(stop.distance(end))
            if stand_off > self._stand_off_limit_m:
                limit = (
                    f"nearest permitted point {stand_off:.0f} m away, over {self._stand_off_limit_m:.0f} m"
                )
                return no_path(f"{reason}: {limit}")
            reason = f"the drone stops {stand_off:.0f} m short of the target, which is {reason}"
        begin = shapely.get_point(shapely.shortest_line(part, origin), 0)
        points = self._search((begin.x, begin.y), (stop.x, stop.y), leg_cost or _length)
        if points is None:
            return no_path(NO_HEADWAY if leg_cost else self._what_separates(origin, end))
        points = (start, *points[1:])
        return FlightPath(points=points, length_m=_total(points), stand_off_m=stand_off, limited_by=reason)

    def _part_of(self, point: shapely.Point, towards: shapely.Point | None = None) -> shapely.Polygon | None:
        """The part of the free space that a point is in; of several that it touches the nearest to an end."""
        near = [part for part in self._parts if part.distance(point) <= START_TOLERANCE_M]
        away = [float(part.distance(point if towards is None else towards)) for part in near]
        return near[int(np.argmin(away))] if near else None

    def _what_blocks(self, point: shapely.Point) -> str:
        """Which boundary forbids a point."""
        for obstacle in self._obstacles:
            gap = float(obstacle.area.distance(point))
            if gap == 0:
                return f"inside {obstacle.name}"
            if gap < obstacle.margin_m:
                return f"{gap:.0f} m from {obstacle.name}, margin {obstacle.margin_m:.0f} m"
        if not shapely.intersects(self._keep_in, point):
            return f"{self._keep_in.distance(point):.0f} m outside the keep-in"
        gap = float(self._keep_in.exterior.distance(point))
        return f"{gap:.0f} m from the keep-in boundary, margin {self._margin_m:.0f} m"

    def _what_separates(self, origin: shapely.Point, end: shapely.Point) -> str:
        """Why an end cannot be reached: it is forbidden itself, or an obstacle cuts it off."""
        if not shapely.intersects(self._free, end):
            return self._what_blocks(end)
        around = self._around(end)
        for k in around[:MOST_TRIED]:
            rest = free_space(self._keep_in, self._obstacles[:k] + self._obstacles[k + 1 :], self._margin_m)
            joined = [p for p in shapely.get_parts(rest) if p.distance(origin) <= START_TOLERANCE_M]
            if any(shapely.intersects(part, end) for part in joined):
                return f"cut off by {self._obstacles[k].name}"
        names = [self._obstacles[k].name for k in around[:MOST_NAMED]]
        listed = f" ({', '.join(names)})" if names else ""
        return f"cut off by the keep-outs together{listed}{self._first_met(origin, end)}"

    def _around(self, end: shapely.Point) -> list[int]:
        """The obstacles that bound the part of the free space with an end in it, nearest first."""
        part = self._part_of(end)
        if part is None:
            return []
        bounding = [
            k for k, obstacle in enumerate(self._obstacles) if _grown(obstacle).distance(part.boundary) < 1e-3
        ]
        return sorted(bounding, key=lambda k: (float(self._obstacles[k].area.distance(end)), k))

    def _first_met(self, origin: shapely.Point, end: shapely.Point) -> str:
        """Where the straight leg first meets an obstacle, in words."""
        leg = shapely.LineString([origin, end])
        met = [
            (float(shapely.shortest_line(origin, shapely.intersection(leg, grown)).length), obstacle.name)
            for obstacle in self._obstacles
            if shapely.intersects(leg, grown := _grown(obstacle))
        ]
        return f"; the straight leg meets {min(met)[1]} after {min(met)[0]:.0f} m" if met else ""

    def _search(self, start: Point, target: Point, leg_cost: LegCost) -> tuple[Point, ...] | None:
        return Search(self._corners, start, target, leg_cost).path()


def free_space(
    keep_in: shapely.Polygon, obstacles: Sequence[Obstacle], margin_m: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """The keep-in less its margin and less the grown obstacles."""
    inside = keep_in.buffer(-margin_m, join_style="mitre")
    return shapely.difference(inside, shapely.union_all([_grown(o) for o in obstacles]))


def _grown(obstacle: Obstacle) -> shapely.Polygon:
    """An obstacle and its margin; corners are mitred, so that a path that turns there keeps the margin."""
    return obstacle.area.buffer(obstacle.margin_m, join_style="mitre", mitre_limit=2.0)


def _stand_off_point(part: shapely.Polygon, origin: shapely.Point, end: shapely.Point) -> shapely.Point:
    """The point of an area nearest to a target outside it; of equal ones that nearest to the origin."""
    rings = [np.asarray(ring.coords)[:, :2] for ring in (part.exterior, *part.interiors)]
    edges = shapely.linestrings(np.concatenate([np.stack((r[:-1], r[1:]), axis=1) for r in rings]))
    points = shapely.get_point(shapely.shortest_line(edges, end), 0)
    away = shapely.distance(points, end)
    near = points[away <= away.min() + STAND_OFF_TIE_M]
    return near[int(np.argmin(np.round(shapely.distance(near, origin), 3)))]


def _length(east_m: FloatArray, north_m: FloatArray) -> FloatArray:
    return np.hypot(east_m, north_m)


def _total(points: Sequence[Point]) -> float:
    return float(np.hypot(*np.diff(np.asarray(points), axis=0).T).sum())


def no_path(reason: str) -> FlightPath:
    """What is found where there is no path, and why."""
    return FlightPath(points=(), length_m=float("inf"), limited_by=reason)
