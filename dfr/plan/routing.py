"""The shortest path inside the keep-in and around keep-outs and crowds, or what stands in the way.

Start from `Router.find_path`. Geometry is local metres (`dfr.geo.LocalFrame`). The free space is the keep-in
shrunk, and every obstacle grown, by a margin; a shortest path in it bends only at reflex corners of its
boundary, so A* runs on the visibility graph of those corners (Lozano-Perez & Wesley 1979).

A cheapest path, whatever its `leg_cost`, bends only at corners where the free space turns inwards, and only
tautly: both edges at the corner lie on one side of the leg. Only such legs are candidates, and each is tested
when it is needed. The search begins with no block at all and takes in those that its best path runs into,
until that runs into none; every earlier path cost less than the true one can, so the last is the cheapest.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import FloatArray

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

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
TAUT_M = 1e-6
"""An edge this little on the wrong side of a leg's line, relative to their lengths, still counts as taut."""

LegCost = Callable[[FloatArray, FloatArray], FloatArray]
"""Cost of straight legs (east_m, north_m); the length, or the seconds in a wind. Obeys the triangle rule."""

BESIDE_M = 0.1
"""Corners this near to a block less its tolerance, or to the keep-in's boundary, may be of it."""

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class AvoidedArea:
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


class PathsFrom(Sequence[FlightPath]):
    """The paths from one place to many, straight but for those of `other` by their number."""

    def __init__(self, start: Point, targets: FloatArray, other: Mapping[int, FlightPath]) -> None:
        self._start, self._targets, self._other = start, targets, other

    def __len__(self) -> int:
        return len(self._targets)

    @overload
    def __getitem__(self, number: int) -> FlightPath: ...
    @overload
    def __getitem__(self, number: slice) -> list[FlightPath]: ...
    def __getitem__(self, number: int | slice) -> FlightPath | list[FlightPath]:
        if isinstance(number, slice):
            return [self[each] for each in range(len(self))[number]]
        found = self._other.get(number)
        if found is not None:
            return found
        east, north = self._targets[number].tolist()
        away_m = math.hypot(east - self._start[0], north - self._start[1])
        return FlightPath(points=(self._start, (east, north)), length_m=away_m)


class Router:
    """Paths through one free space, deterministic for the same input."""

    def __init__(
        self,
        keep_in: shapely.Polygon,
        obstacles: Sequence[AvoidedArea] = (),
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
        grown = shapely.union_all([_grow_obstacle(obstacle) for obstacle in self._obstacles])
        blocks = [part for part in shapely.get_parts(grown).tolist() if part.area > 0]
        cores = shapely.buffer(np.asarray(blocks, object), -SIGHT_TOLERANCE_M, join_style="mitre")
        sight = keep_in.buffer(SIGHT_TOLERANCE_M - margin_m, join_style="mitre")
        self._corners = ReflexCorners(self._free, np.asarray(cores, object).reshape(-1), sight)

    @property
    def free(self) -> shapely.Polygon | shapely.MultiPolygon:
        """Where a drone may be."""
        return self._free

    def find_path(self, start: Point, target: Point, *, leg_cost: LegCost | None = None) -> FlightPath:
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
                limit_m = self._stand_off_limit_m
                away = f"the nearest permitted point is {stand_off:.0f} m away, over {limit_m:.0f} m"
                return no_path(f"{reason}: {away}")
            reason = f"the drone stops {stand_off:.0f} m short of the target, which is {reason}"
        begin = shapely.get_point(shapely.shortest_line(part, origin), 0)
        points = self._search_path((begin.x, begin.y), (stop.x, stop.y), leg_cost or _leg_lengths)
        if points is None:
            return no_path(NO_HEADWAY if leg_cost else self._what_separates(origin, end))
        points = (start, *points[1:])
        return FlightPath(
            points=points, length_m=_path_length(points), stand_off_m=stand_off, limited_by=reason
        )

    def open_legs(self, start: Point, targets: FloatArray) -> BoolArray:
        """Whether the straight leg to each target, (n, 2), is all in the free space: then it is the path."""
        legs = np.stack([np.broadcast_to(start, targets.shape), targets], axis=1)
        return np.asarray(shapely.covers(self._free, shapely.linestrings(legs)), bool)

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
        around = self._obstacles_around(end)
        for k in around[:MOST_TRIED]:
            rest = free_space(self._keep_in, self._obstacles[:k] + self._obstacles[k + 1 :], self._margin_m)
            joined = [p for p in shapely.get_parts(rest) if p.distance(origin) <= START_TOLERANCE_M]
            if any(shapely.intersects(part, end) for part in joined):
                return f"cut off by {self._obstacles[k].name}"
        names = [self._obstacles[k].name for k in around[:MOST_NAMED]]
        listed = f" ({', '.join(names)})" if names else ""
        return f"cut off by several keep-outs together{listed}{self._first_met(origin, end)}"

    def _obstacles_around(self, end: shapely.Point) -> list[int]:
        """The obstacles that bound the part of the free space with an end in it, nearest first."""
        part = self._part_of(end)
        if part is None:
            return []
        bounding = [
            k
            for k, obstacle in enumerate(self._obstacles)
            if _grow_obstacle(obstacle).distance(part.boundary) < 1e-3
        ]
        return sorted(bounding, key=lambda k: (float(self._obstacles[k].area.distance(end)), k))

    def _first_met(self, origin: shapely.Point, end: shapely.Point) -> str:
        """Where the straight leg first meets an obstacle, in words."""
        leg = shapely.LineString([origin, end])
        met = [
            (float(shapely.shortest_line(origin, shapely.intersection(leg, grown)).length), obstacle.name)
            for obstacle in self._obstacles
            if shapely.intersects(leg, grown := _grow_obstacle(obstacle))
        ]
        return f"; the straight leg meets {min(met)[1]} after {min(met)[0]:.0f} m" if met else ""

    def _search_path(self, start: Point, target: Point, leg_cost: LegCost) -> tuple[Point, ...] | None:
        return PathSearch(self._corners, start, target, leg_cost).find_path()


def free_space(
    keep_in: shapely.Polygon, obstacles: Sequence[AvoidedArea], margin_m: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """The keep-in less its margin and less the grown obstacles."""
    inside = keep_in.buffer(-margin_m, join_style="mitre")
    return shapely.difference(inside, shapely.union_all([_grow_obstacle(o) for o in obstacles]))


def _grow_obstacle(obstacle: AvoidedArea) -> shapely.Polygon:
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


def _leg_lengths(east_m: FloatArray, north_m: FloatArray) -> FloatArray:
    return np.hypot(east_m, north_m)


def _path_length(points: Sequence[Point]) -> float:
    return float(np.hypot(*np.diff(np.asarray(points), axis=0).T).sum())


def no_path(reason: str) -> FlightPath:
    """What is found where there is no path, and why."""
    return FlightPath(points=(), length_m=float("inf"), limited_by=reason)


class ReflexCorners:
    """Corners of a free space with their edges and the blocks each may be of, and the blocks to keep off.

    `always` are those of the keep-in, `corner` and `block` pair every other with each block beside it: it
    is of one of them, and where blocks almost meet nobody can say of which.
    `cores` are the blocks less a tolerance that legs may graze; `sight` is where legs may run as far as
    the keep-in is concerned, None where that is convex.
    """

    def __init__(self, free: shapely.Geometry, cores: NDArray[np.object_], sight: shapely.Geometry) -> None:
        self.at, self.before, self.after = _reflex_corners(free)
        self.cores = cores
        shapely.prepare(cores)
        self.tree = shapely.STRtree(cores)
        at = shapely.points(self.at)
        self.corner, self.block = self.tree.query(at, predicate="dwithin", distance=BESIDE_M)
        self.always = shapely.dwithin(at, shapely.boundary(sight), BESIDE_M)
        self.always[np.setdiff1d(np.arange(len(at)), self.corner)] = True
        boxes = shapely.bounds(cores).reshape(-1, 4)
        self.middle = (boxes[:, :2] + boxes[:, 2:]) / 2.0
        self.radius = np.hypot(*(boxes[:, 2:] - boxes[:, :2]).T) / 2.0
        convex = sight.geom_type == "Polygon" and sight.convex_hull.area <= sight.area * (1.0 + 1e-12)
        self.sight = None if convex else sight
        if self.sight is not None:
            shapely.prepare(self.sight)


class PathSearch:
    """One search between two points; nodes are the corners, then the target, then the start."""

    def __init__(
        self,
        corners: ReflexCorners,
        start: tuple[float, float],
        target: tuple[float, float],
        leg_cost: LegCost,
    ) -> None:
        self._corners, self._leg_cost = corners, leg_cost
        self._nodes = np.vstack((corners.at, [target, start]))
        self._goal, self._first = len(self._nodes) - 2, len(self._nodes) - 1
        self._met: list[int] = []
        self._active = np.append(corners.always, [True, False])
        self._tested: dict[int, IntArray] = {}

    def find_path(self) -> tuple[tuple[float, float], ...] | None:
        """The corners of the cheapest path, both ends included; None where there is none."""
        while True:
            path = self._cheapest_path()
            if path is None and not self._active.all():
                self._active[:] = True  # the path may bend where the keep-in meets a block not run into yet
                continue
            if path is None:
                return None
            line = shapely.LineString(self._nodes[path])
            hits = [int(k) for k in self._corners.tree.query(line, predicate="intersects")]
            new = sorted(set(hits) - set(self._met))
            if not new:
                return tuple((float(self._nodes[k, 0]), float(self._nodes[k, 1])) for k in path)
            self._met += new
            self._active[self._corners.corner[np.isin(self._corners.block, new)]] = True

    def _cheapest_path(self) -> list[int] | None:
        """A* over the active nodes; the straight leg's cost is the estimate. Ties go to the lower number."""
        nodes, goal = self._nodes, self._goal
        ahead = self._leg_cost(nodes[goal, 0] - nodes[:, 0], nodes[goal, 1] - nodes[:, 1])
        cost = np.full(len(nodes), np.inf)
        cost[self._first] = 0.0
        came = np.full(len(nodes), -1)
        open_ = self._active.copy()
        queue = [(float(ahead[self._first]), self._first)]
        while queue:
            _, node = heapq.heappop(queue)
            if node == goal:
                return _trace_back(came, goal)
            if node != self._first and not open_[node]:
                continue
            open_[node] = False
            others = np.flatnonzero(open_)
            leg = nodes[others] - nodes[node]
            reached = cost[node] + self._leg_cost(leg[:, 0], leg[:, 1])
            others, reached = self._useful_legs(node, others, reached, cost, ahead)
            for other, total in zip(others.tolist(), reached.tolist(), strict=True):
                cost[other], came[other] = total, node
                heapq.heappush(queue, (total + float(ahead[other]), other))
        return None

    def _useful_legs(
        self, node: int, others: IntArray, reached: FloatArray, cost: FloatArray, ahead: FloatArray
    ) -> tuple[IntArray, FloatArray]:
        """Nodes that a taut, clear leg reaches at less cost than known so far, and those costs."""
        good = np.flatnonzero((reached < cost[others]) & (reached + ahead[others] < cost[self._goal]))
        leg = self._nodes[others[good]] - self._nodes[node]
        if node < self._goal:
            good = good[is_taut(leg, self._corners.before[node], self._corners.after[node])]
            leg = self._nodes[others[good]] - self._nodes[node]
        corner = others[good] < self._goal
        index = others[good[corner]]
        corner[corner] = ~is_taut(leg[corner], self._corners.before[index], self._corners.after[index])
        good = good[~corner]
        clear = self._find_clear_legs(node, others[good])
        return others[good[clear]], reached[good[clear]]

    def _find_clear_legs(self, node: int, others: IntArray) -> BoolArray:
        """Which legs from a node miss every block met so far; each block is tested once for a leg."""
        tested = self._tested.setdefault(node, np.full(len(self._nodes), -1, np.int64))
        count = len(self._met)
        seen = tested[others]
        fresh = np.flatnonzero(seen < count)
        if len(fresh):
            targets = others[fresh]
            begun = np.maximum(seen[fresh], 0)
            lines = shapely.linestrings(
                np.stack(
                    (np.broadcast_to(self._nodes[node], (len(targets), 2)), self._nodes[targets]), axis=1
                )
            )
            blocked = self._leave_keep_in(lines, seen[fresh])
            for first in np.unique(begun):
                rows = np.flatnonzero((begun == first) & ~blocked)
                blocked[rows] = self._run_into_blocks(
                    node, targets[rows], lines[rows], self._met[int(first) :]
                )
            tested[targets] = np.where(blocked, NEVER, count)
        return np.asarray(tested[others] == count, bool)

    def _leave_keep_in(self, lines: NDArray[np.object_], seen: IntArray) -> BoolArray:
        """Which legs leave the keep-in; asked once for a leg."""
        found = np.zeros(len(lines), bool)
        if self._corners.sight is not None:
            rows = np.flatnonzero(seen < 0)
            found[rows] = ~shapely.covers(self._corners.sight, lines[rows])
        return found

    def _run_into_blocks(
        self, node: int, targets: IntArray, lines: NDArray[np.object_], blocks: list[int]
    ) -> BoolArray:
        """Which legs run into any of some blocks: by their circles first, then exactly."""
        found = np.zeros(len(targets), bool)
        if not blocks or not len(targets):
            return found
        which = np.asarray(blocks)
        start, leg = self._nodes[node], self._nodes[targets] - self._nodes[node]
        length2 = np.maximum((leg**2).sum(axis=1), 1e-12)
        to = self._corners.middle[which] - start
        share = np.clip((leg @ to.T) / length2[:, None], 0.0, 1.0)
        gap2 = (to[None, :, 0] - share * leg[:, :1]) ** 2 + (to[None, :, 1] - share * leg[:, 1:]) ** 2
        rows, columns = np.nonzero(gap2 <= self._corners.radius[which] ** 2)
        hits = shapely.intersects(self._corners.cores[which[columns]], lines[rows])
        found[rows[hits]] = True
        return found


def is_taut(leg: FloatArray, before: FloatArray, after: FloatArray) -> BoolArray:
    """Whether both edges of a corner lie on one side of the line of a leg, shape (n,)."""
    length = TAUT_M * np.hypot(leg[:, 0], leg[:, 1])
    one = leg[:, 0] * before[..., 1] - leg[:, 1] * before[..., 0]
    two = leg[:, 0] * after[..., 1] - leg[:, 1] * after[..., 0]
    slack_one = length * np.hypot(before[..., 0], before[..., 1])
    slack_two = length * np.hypot(after[..., 0], after[..., 1])
    left = (one >= -slack_one) & (two >= -slack_two)
    return np.asarray(left | ((one <= slack_one) & (two <= slack_two)), bool)


def _trace_back(came: IntArray, goal: int) -> list[int]:
    path = [goal]
    while came[path[-1]] >= 0:
        path.append(int(came[path[-1]]))
    return path[::-1]


def _reflex_corners(area: shapely.Geometry) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(corners (n, 2) where an area turns inwards, the path back to the one before, on to the next)."""
    found = [np.empty((0, 6))]
    for part in shapely.get_parts(area):
        oriented = shapely.orient_polygons(part)
        for ring in (oriented.exterior, *oriented.interiors):
            corners = np.asarray(ring.coords)[:-1, :2]
            back, on = np.roll(corners, 1, axis=0) - corners, np.roll(corners, -1, axis=0) - corners
            turn = -back[:, 0] * on[:, 1] + back[:, 1] * on[:, 0]
            found.append(np.hstack((corners, back, on))[turn < 0])
    table = np.unique(np.vstack(found), axis=0)
    return table[:, :2], table[:, 2:4], table[:, 4:]
