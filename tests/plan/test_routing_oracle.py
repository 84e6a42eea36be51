"""Ways round hollow keep-outs and slivers, also in wind, against Dijkstra over all pairs of corners."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from dfr.plan.routing import NO_HEADWAY, AvoidedArea, Router

CRUISE_MPS, AIRSPEED_MPS = 15.0, 18.0
FIELD = shapely.box(0, 0, 200, 200)
HOLLOW = shapely.Polygon([(0, 0), (200, 0), (200, 80), (90, 80), (90, 200), (0, 200)])


def seconds_in(wind_east_mps: float, wind_north_mps: float):
    """Time of legs by the wind triangle, worked out on its own: cruise, or what the airspeed holds of it."""

    def seconds(east_m, north_m):
        length = np.hypot(east_m, north_m)
        unit = np.stack((east_m, north_m), axis=-1) / np.maximum(length, 1e-12)[..., None]
        wind = np.array([wind_east_mps, wind_north_mps])
        along = unit @ wind
        rest = along**2 - (wind @ wind - AIRSPEED_MPS**2)
        speed = np.minimum(CRUISE_MPS, along + np.sqrt(np.maximum(rest, 0.0)))
        held = (rest > 0.0) & (speed > 1e-6)
        return np.where(length > 0.0, np.where(held, length / np.where(held, speed, 1.0), np.inf), 0.0)

    return seconds


def oracle_s(free, start, target, leg_cost) -> float:
    """Dijkstra over every corner that sees another; no tautness, no estimate, no blocks left out."""
    sight = free.buffer(1e-6, join_style="mitre")
    shapely.prepare(sight)
    nodes = np.vstack((shapely.get_coordinates(free), [start, target]))
    pairs = np.stack(np.broadcast_arrays(nodes[:, None, :], nodes[None, :, :]), axis=2)
    seen = shapely.covers(sight, shapely.linestrings(pairs.reshape(-1, 2, 2))).reshape(len(nodes), -1)
    leg = pairs[:, :, 1] - pairs[:, :, 0]
    cost = leg_cost(leg[..., 0], leg[..., 1])
    graph = csr_array(np.where(seen & np.isfinite(cost), cost, 0.0))
    return float(dijkstra(graph, indices=len(nodes) - 2)[-1])


def cost_of(points, leg_cost) -> float:
    leg = np.diff(np.asarray(points), axis=0)
    return float(leg_cost(leg[:, 0], leg[:, 1]).sum())


@st.composite
def hollow_keep_outs(draw):
    """A star of uneven rays: mostly not convex."""
    rays = draw(st.integers(3, 8))
    radii = draw(st.lists(st.integers(4, 60), min_size=rays, max_size=rays))
    angles = 2.0 * np.pi * np.arange(rays) / rays
    east, north = draw(st.tuples(st.integers(20, 180), st.integers(20, 180)))
    return shapely.Polygon(np.c_[east + radii * np.cos(angles), north + radii * np.sin(angles)])


@st.composite
def slivers(draw):
    """A millimetre to a foot wide, however long."""
    start = np.array(draw(st.tuples(st.integers(0, 200), st.integers(0, 200))), float)
    course, length = np.radians(draw(st.integers(0, 359))), draw(st.integers(5, 150))
    wide = draw(st.sampled_from([0.001, 0.02, 0.3]))
    on, aside = np.array([np.sin(course), np.cos(course)]), np.array([np.cos(course), -np.sin(course)])
    corners = [start, start + length * on, start + length * on + wide * aside, start + wide * aside]
    return shapely.Polygon(corners)


keep_outs = st.lists(
    st.builds(
        lambda area, margin_m: AvoidedArea(name="keep-out", area=area, margin_m=margin_m),
        hollow_keep_outs() | slivers(),
        st.sampled_from([0.0, 3.0, 8.0]),
    ),
    max_size=5,
)
places = st.tuples(st.integers(4, 196), st.integers(4, 196))


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    keep_outs,
    st.sampled_from([FIELD, HOLLOW]),
    places,
    places,
    st.booleans(),
    st.tuples(st.integers(-14, 14), st.integers(-14, 14)),
)
def test_the_way_is_as_quick_as_over_every_pair_of_corners(obstacles, keep_in, start, target, touching, wind):
    """Also from a corner of a keep-out, and in winds as strong as the drone's airspeed."""
    router = Router(keep_in, obstacles, margin_m=3.0, stand_off_limit_m=0.0)
    roomy = shapely.get_parts(router.free.buffer(-0.1, join_style="mitre"))
    if touching:
        corners = shapely.get_coordinates(router.free)
        start = tuple(corners[(start[0] * 197 + start[1]) % len(corners)])
    joined = any(
        part.distance(shapely.Point(start)) < 0.3 and shapely.intersects_xy(part, *target) for part in roomy
    )
    if not joined or start == target:
        return
    leg_cost = seconds_in(*wind)
    found = router.find_path(start, target, leg_cost=leg_cost)
    best = oracle_s(router.free, start, target, leg_cost)
    if math.isinf(best):
        assert not found.reachable
        return
    assert cost_of(found.points, leg_cost) == pytest.approx(best, abs=0.02)


def test_a_corner_of_the_keep_in_beside_a_block_is_turned_at_before_that_block_is_met():
    """The short way passes between a pond's corner and a shed that stands 5 cm from it."""
    keep_in = FIELD - shapely.box(80, 20, 120, 130)
    shed = AvoidedArea(name="shed", area=shapely.box(60, 133.05, 77.05, 150), margin_m=0.0)
    router = Router(keep_in, [shed], margin_m=3.0)
    found = router.find_path((40, 100), (160, 100))
    assert found.length_m == pytest.approx(oracle_s(router.free, (40, 100), (160, 100), np.hypot), abs=0.01)


def test_a_corner_between_two_blocks_that_almost_meet_is_turned_at_when_either_is_met():
    west = AvoidedArea(name="west", area=shapely.box(60, 20, 100, 100), margin_m=0.0)
    east = AvoidedArea(name="east", area=shapely.box(100.05, 99.95, 160, 190), margin_m=0.0)
    router = Router(FIELD, [west, east])
    for start, target in (((40, 60), (120, 60)), ((90, 150), (170, 150)), ((50, 30), (140, 95))):
        best = oracle_s(router.free, start, target, np.hypot)
        assert router.find_path(start, target).length_m == pytest.approx(best, abs=0.01)


def test_a_sliver_without_a_margin_is_not_flown_through():
    fence = AvoidedArea(name="the fence", area=shapely.box(99.999, 50, 100.0, 150), margin_m=0.0)
    found = Router(FIELD, [fence]).find_path((50, 100), (150, 100))
    assert found.length_m == pytest.approx(2.0 * math.hypot(50, 50), abs=0.01)


def test_a_start_that_touches_both_sides_of_a_fence_is_on_the_side_of_its_target():
    fence = AvoidedArea(name="the fence", area=shapely.box(99.999, -10, 100.0, 210), margin_m=0.0)
    router = Router(FIELD, [fence])
    for target in ((20, 100), (180, 100)):
        assert router.find_path((99.9995, 100.0), target).reachable


def test_a_start_a_hair_inside_a_margin_is_beside_it():
    block = AvoidedArea(name="block", area=shapely.box(80, 80, 120, 120), margin_m=5.0)
    found = Router(FIELD, [block]).find_path((75.005, 100.0), (20.0, 100.0))
    assert found.points == ((75.005, 100.0), (20.0, 100.0))


def test_without_headway_the_wind_is_named_not_a_keep_out():
    block = AvoidedArea(name="block", area=shapely.box(80, 80, 120, 120), margin_m=5.0)
    found = Router(FIELD, [block]).find_path((150, 100), (20, 100), leg_cost=seconds_in(25.0, 0.0))
    assert found.limited_by == NO_HEADWAY


def test_a_target_inside_a_hollow_keep_out_names_it_and_one_walled_in_names_a_wall():
    horseshoe = shapely.Polygon([(60, 60), (140, 60), (140, 140), (120, 140), (120, 80), (60, 80)])
    inside = Router(
        FIELD, [AvoidedArea(name="the yard", area=horseshoe, margin_m=2.0)], stand_off_limit_m=5.0
    )
    assert "inside the yard" in inside.find_path((20, 20), (130, 70)).limited_by
    ring = shapely.Point(100, 100).buffer(60).difference(shapely.Point(100, 100).buffer(40))
    halves = [ring & shapely.box(0, 0, 100.5, 200), ring & shapely.box(99.5, 0, 200, 200)]
    walls = [AvoidedArea(name=n, area=a, margin_m=2.0) for n, a in zip(("west", "east"), halves, strict=True)]
    reason = Router(FIELD, walls).find_path((10, 100), (100, 100)).limited_by
    assert "cut off by" in reason
    assert "west" in reason or "east" in reason
