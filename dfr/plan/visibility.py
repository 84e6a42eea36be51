"""Cheapest paths over the corners of blocks: A* in which legs are tested when they are needed.

A cheapest path, whatever its leg_cost, bends only at corners where the free space turns inwards, and only
tautly: both edges at the corner lie on one side of the leg. Only such legs are candidates. The search
begins with no block at all and takes in those that its best path runs into, until that runs into none; every
earlier path cost less than the true one can, so the last is the cheapest.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import FloatArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

TAUT_M = 1e-6
"""An edge this little on the wrong side of a leg's line, relative to their lengths, still counts as taut."""

LegCost = Callable[[FloatArray, FloatArray], FloatArray]
"""Cost of straight legs (east_m, north_m); the length, or the seconds in a wind. Obeys the triangle rule."""

BESIDE_M = 0.1
"""Corners this near to a block less its tolerance, or to the keep-in's boundary, may be of it."""

NEVER = np.iinfo(np.int64).max


class Corners:
    """Corners of a free space with their edges and the blocks each may be of, and the blocks to keep off.

    `always` are those of the keep-in, `corner` and `block` pair every other with each block beside it: it
    is of one of them, and where blocks almost meet it cannot be told of which.
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


class Search:
    """One search between two points; nodes are the corners, then the target, then the start."""

    def __init__(
        self, corners: Corners, start: tuple[float, float], target: tuple[float, float], leg_cost: LegCost
    ) -> None:
        self._corners, self._leg_cost = corners, leg_cost
        self._nodes = np.vstack((corners.at, [target, start]))
        self._goal, self._first = len(self._nodes) - 2, len(self._nodes) - 1
        self._met: list[int] = []
        self._active = np.append(corners.always, [True, False])
        self._tested: dict[int, IntArray] = {}

    def path(self) -> tuple[tuple[float, float], ...] | None:
        """The corners of the cheapest path, both ends included; None where there is none."""
        while True:
            path = self._best()
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

    def _best(self) -> list[int] | None:
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
                return _trace(came, goal)
            if node != self._first and not open_[node]:
                continue
            open_[node] = False
            others = np.flatnonzero(open_)
            leg = nodes[others] - nodes[node]
            reached = cost[node] + self._leg_cost(leg[:, 0], leg[:, 1])
            others, reached = self._useful(node, others, reached, cost, ahead)
            for other, total in zip(others.tolist(), reached.tolist(), strict=True):
                cost[other], came[other] = total, node
                heapq.heappush(queue, (total + float(ahead[other]), other))
        return None

    def _useful(
        self, node: int, others: IntArray, reached: FloatArray, cost: FloatArray, ahead: FloatArray
    ) -> tuple[IntArray, FloatArray]:
        """Nodes that a taut, clear leg reaches at less cost than known so far, and those costs."""
        good = np.flatnonzero((reached < cost[others]) & (reached + ahead[others] < cost[self._goal]))
        leg = self._nodes[others[good]] - self._nodes[node]
        if node < self._goal:
            good = good[taut(leg, self._corners.before[node], self._corners.after[node])]
            leg = self._nodes[others[good]] - self._nodes[node]
        corner = others[good] < self._goal
        index = others[good[corner]]
        corner[corner] = ~taut(leg[corner], self._corners.before[index], self._corners.after[index])
        good = good[~corner]
        clear = self._clear(node, others[good])
        return others[good[clear]], reached[good[clear]]

    def _clear(self, node: int, others: IntArray) -> BoolArray:
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
            blocked = self._leaves(lines, seen[fresh])
            for first in np.unique(begun):
                rows = np.flatnonzero((begun == first) & ~blocked)
                blocked[rows] = self._hit(node, targets[rows], lines[rows], self._met[int(first) :])
            tested[targets] = np.where(blocked, NEVER, count)
        return np.asarray(tested[others] == count, bool)

    def _leaves(self, lines: NDArray[np.object_], seen: IntArray) -> BoolArray:
        """Which legs leave the keep-in; asked once for a leg."""
        found = np.zeros(len(lines), bool)
        if self._corners.sight is not None:
            rows = np.flatnonzero(seen < 0)
            found[rows] = ~shapely.covers(self._corners.sight, lines[rows])
        return found

    def _hit(self, node: int, targets: IntArray, lines: NDArray[np.object_], blocks: list[int]) -> BoolArray:
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


def taut(leg: FloatArray, before: FloatArray, after: FloatArray) -> BoolArray:
    """Whether both edges of a corner lie on one side of the line of a leg, shape (n,)."""
    length = TAUT_M * np.hypot(leg[:, 0], leg[:, 1])
    one = leg[:, 0] * before[..., 1] - leg[:, 1] * before[..., 0]
    two = leg[:, 0] * after[..., 1] - leg[:, 1] * after[..., 0]
    slack_one = length * np.hypot(before[..., 0], before[..., 1])
    slack_two = length * np.hypot(after[..., 0], after[..., 1])
    left = (one >= -slack_one) & (two >= -slack_two)
    return np.asarray(left | ((one <= slack_one) & (two <= slack_two)), bool)


def _trace(came: IntArray, goal: int) -> list[int]:
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
