"""Ways against a brute-force grid, and what is said where there is none."""

from __future__ import annotations

import heapq
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dfr.plan.routing import AvoidedArea, PathsFrom, Router, free_space, no_path

from ..examples import examples

FIELD = shapely.box(0, 0, 200, 200)
START, TARGET = (12.0, 12.0), (188.0, 188.0)
CELL_M = 4.0


def wall(*bounds: float, name: str = "wall", margin_m: float = 5.0) -> AvoidedArea:
    return AvoidedArea(name=name, area=shapely.box(*bounds), margin_m=margin_m)


def grid_length(free, start, target) -> float:
    """Dijkstra over a 4 m grid, 16 moves; every leg is checked against the free space."""
    side = int(200 / CELL_M) + 1
    east, north = np.meshgrid(np.arange(side) * CELL_M, np.arange(side) * CELL_M, indexing="ij")
    shapely.prepare(free)
    ok = shapely.covers(free, shapely.points(east, north))
    moves = [(i, j) for i in (-2, -1, 0, 1, 2) for j in (-2, -1, 0, 1, 2) if math.gcd(i, j) == 1]
    first = (round(start[0] / CELL_M), round(start[1] / CELL_M))
    last = (round(target[0] / CELL_M), round(target[1] / CELL_M))
    best, queue = {first: 0.0}, [(0.0, first)]
    while queue:
        length, cell = heapq.heappop(queue)
        if cell == last:
            return length
        if length > best[cell]:
            continue
        for i, j in moves:
            other = (cell[0] + i, cell[1] + j)
            if not (0 <= other[0] < side and 0 <= other[1] < side and ok[other]):
                continue
            further = length + CELL_M * math.hypot(i, j)
            if further < best.get(other, math.inf) and shapely.covers(
                free, shapely.LineString([np.multiply(cell, CELL_M), np.multiply(other, CELL_M)])
            ):
                best[other] = further
                heapq.heappush(queue, (further, other))
    return math.inf


boxes = st.tuples(st.integers(20, 150), st.integers(20, 150), st.integers(8, 90), st.integers(8, 90)).map(
    lambda b: wall(b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@settings(max_examples=25, deadline=None)
@given(st.lists(boxes, max_size=5))
def test_no_way_on_a_grid_is_shorter_and_the_way_is_free(obstacles):
    router = Router(FIELD, obstacles, margin_m=5.0, stand_off_limit_m=0.0)
    found = router.find_path(START, TARGET)
    free = free_space(FIELD, obstacles, 5.0)
    on_grid = grid_length(free, START, TARGET)
    if not found.reachable:
        assert math.isinf(on_grid)
        return
    assert found.length_m <= on_grid + 1e-6
    assert on_grid <= 1.03 * found.length_m + 8 * CELL_M or math.isinf(on_grid)
    line = shapely.LineString(found.points)
    assert line.length == pytest.approx(found.length_m)
    assert all(line.distance(o.area) >= 5.0 - 0.02 for o in obstacles)
    assert line.distance(FIELD.exterior) >= 5.0 - 0.02


def test_with_nothing_in_the_way_the_way_is_straight():
    found = Router(FIELD, margin_m=5.0).find_path(START, TARGET)
    assert found.points == (START, TARGET)
    assert found.limited_by == ""


def test_a_wall_is_rounded_with_the_margin_at_its_corners():
    found = Router(FIELD, [wall(90, -10, 110, 150)], margin_m=5.0).find_path((50, 50), (150, 50))
    assert [tuple(np.round(p, 6)) for p in found.points[1:-1]] == [(85, 155), (115, 155)]


def test_a_wall_that_cuts_the_field_is_named():
    router = Router(
        FIELD, [wall(90, -10, 110, 300, name="the pier"), wall(20, 150, 40, 170, name="bandstand")]
    )
    found = router.find_path((50, 50), (190, 50))
    assert not found.reachable
    assert "cut off by the pier" in found.limited_by


def test_a_target_in_the_crowd_is_watched_from_its_edge():
    crowd = wall(100, 40, 160, 60, name="the main stage crowd", margin_m=10.0)
    found = Router(FIELD, [crowd], margin_m=5.0).find_path((20, 50), (130, 50))
    assert found.reachable
    assert found.stand_off_m == pytest.approx(20.0, abs=0.02)
    assert shapely.Point(found.points[-1]).distance(crowd.area) == pytest.approx(10.0, abs=0.02)
    assert "stops 20 m short of the target" in found.limited_by
    assert "the main stage crowd" in found.limited_by


def test_of_equally_near_stand_offs_the_one_on_this_side_is_taken():
    crowd = wall(90, 20, 110, 180, name="crowd", margin_m=5.0)
    found = Router(FIELD, [crowd], margin_m=5.0).find_path((20, 100), (100, 100))
    assert found.points[-1] == pytest.approx((85.0, 100.0))


def test_a_target_too_deep_in_a_forbidden_area_is_out_of_reach():
    found = Router(FIELD, [wall(60, 60, 180, 180)], stand_off_limit_m=30.0).find_path(START, (120, 120))
    assert not found.reachable
    assert "inside wall" in found.limited_by
    assert "65 m away" in found.limited_by


def test_a_start_in_a_margin_is_refused_with_the_distance():
    found = Router(FIELD, [wall(50, 50, 60, 60, margin_m=10.0)]).find_path((47, 55), (150, 150))
    assert found.limited_by == "the start is 3 m from wall, margin 10 m"


def test_a_start_outside_the_keep_in_is_refused():
    assert "30 m outside the keep-in" in Router(FIELD).find_path((230, 100), (100, 100)).limited_by


def cost_of(points, leg_cost) -> float:
    east, north = np.diff(np.asarray(points), axis=0).T
    return float(leg_cost(east, north).sum())


def test_in_wind_the_way_with_more_tailwind_is_taken():
    """Two ways round a wall, the northern one a little longer; a strong wind makes it the faster one."""
    obstacle = wall(90, 40, 110, 150)
    router = Router(shapely.box(0, 0, 200, 200), [obstacle])

    def seconds(east_m, north_m):
        """Still air from the east side; climbing south costs three times the northward leg."""
        return np.hypot(east_m, north_m) + 2.0 * np.maximum(-north_m, 0.0)

    assert router.find_path((10, 95), (190, 80)).points[1][1] == pytest.approx(35.0)
    by_cost = router.find_path((10, 95), (190, 80), leg_cost=seconds)
    south = ((10.0, 95.0), (85.0, 35.0), (115.0, 35.0), (190.0, 80.0))
    assert cost_of(by_cost.points, seconds) <= cost_of(south, seconds)


def test_enlarging_an_obstacle_never_shortens_a_way():
    lengths = [
        Router(FIELD, [wall(80, 60, 120, 140, margin_m=margin)]).find_path(START, TARGET).length_m
        for margin in (0.0, 5.0, 10.0, 20.0)
    ]
    assert lengths == sorted(lengths)


def test_the_order_of_obstacles_changes_nothing():
    obstacles = [wall(40, 40, 70, 120), wall(60, 100, 150, 130), wall(100, 20, 120, 90)]
    ways = {Router(FIELD, order).find_path(START, TARGET).points for order in (obstacles, obstacles[::-1])}
    assert len(ways) == 1


CORNER = shapely.Polygon([(0, 0), (200, 0), (200, 80), (90, 80), (90, 200), (0, 200)])
TEE = shapely.Polygon([(0, 120), (0, 200), (200, 200), (200, 120), (130, 120), (130, 0), (70, 0), (70, 120)])


def all_pairs_length(free, start, target) -> float:
    """Dijkstra over every pair of corners of the free space that see each other."""
    nodes = np.vstack((shapely.get_coordinates(free), [start, target]))
    legs = shapely.linestrings(
        np.stack(np.broadcast_arrays(nodes[:, None, :], nodes[None, :, :]), axis=2).reshape(-1, 2, 2)
    )
    seen = shapely.covers(free.buffer(0.01, join_style="mitre"), legs).reshape(len(nodes), -1)
    lengths = np.where(seen, np.hypot(*(nodes[:, None, :] - nodes[None, :, :]).transpose(2, 0, 1)), 0.0)
    return float(dijkstra(csr_array(lengths), indices=len(nodes) - 2)[-1])


def test_a_way_bends_where_a_wall_touches_the_corner_of_the_keep_in():
    router = Router(CORNER, [wall(20, 20, 82, 72)], margin_m=3.0, stand_off_limit_m=0.0)
    assert router.find_path((4, 79), (130, 76)).length_m == pytest.approx(126.04, abs=0.01)


@examples(40)
@given(st.lists(boxes, max_size=7), st.sampled_from([FIELD, CORNER, TEE]), st.data())
def test_the_way_is_as_short_as_over_every_pair_of_corners(obstacles, keep_in, data):
    router = Router(keep_in, obstacles, margin_m=3.0, stand_off_limit_m=0.0)
    ends = st.tuples(st.integers(4, 196), st.integers(4, 196)).filter(
        lambda xy: shapely.Point(xy).within(router.free.buffer(-0.1))
    )
    if router.free.area < 4000:
        return
    start = data.draw(ends)
    target = data.draw(ends.filter(lambda xy: xy != start))
    roomy = shapely.get_parts(router.free.buffer(-0.1, join_style="mitre"))
    joined = any(shapely.covers(part, shapely.MultiPoint([start, target])) for part in roomy)
    found = router.find_path(start, target)
    if not joined:  # apart, or joined by a gap finer than the tolerance: either answer is right
        return
    expected = all_pairs_length(router.free, start, target)
    assert found.length_m == pytest.approx(expected, abs=0.1)


def test_walls_that_cut_the_field_together_are_named_with_the_leg():
    first, second = wall(90, -10, 110, 300, name="the pier"), wall(125, -10, 135, 300, name="the fair")
    found = Router(FIELD, [first, second, wall(10, 10, 20, 20, name="hut")]).find_path((50, 50), (150, 50))
    assert not found.reachable
    assert "together (the fair)" in found.limited_by
    assert "the straight leg meets the pier after 35 m" in found.limited_by


@examples(15)
@given(st.lists(boxes, min_size=0, max_size=4), st.integers(0, 10_000))
def test_an_open_leg_is_the_path_that_a_search_finds(walls, seed):
    router = Router(FIELD, walls, margin_m=5.0)
    rng = np.random.default_rng(seed)
    targets = rng.uniform(-5.0, 205.0, (20, 2))
    start = (float(rng.uniform(0.0, 200.0)), float(rng.uniform(0.0, 200.0)))
    for target, is_open in zip(targets.tolist(), router.open_legs(start, targets), strict=True):
        path = router.find_path(start, tuple(target))
        if is_open:
            assert path.points == (start, tuple(target))
            assert path.length_m == pytest.approx(math.dist(start, target))
        elif len(path.points) == 2 and path.stand_off_m == 0.0:
            leg = shapely.LineString(path.points)
            assert not shapely.covers(router.free, leg), "a leg that grazes is left to the search"


def test_paths_from_a_place_are_those_of_the_search():
    router = Router(FIELD, [wall(60, 60, 140, 140)])
    targets = np.array([[188.0, 12.0], [188.0, 188.0], [100.0, 100.0]])
    found = PathsFrom(START, targets, {1: router.find_path(START, (188.0, 188.0)), 2: no_path("inside")})
    assert len(found) == 3
    assert found[0] == router.find_path(START, (188.0, 12.0))
    assert [len(path.points) for path in found] == [2, 3, 0]
    assert found[1:] == [found[1], found[2]]
