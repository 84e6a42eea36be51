"""The buffers against the published check values, and the volumes they make."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dfr.geo import LocalFrame, Position
from dfr.plan import volumes
from dfr.plan.volumes import (
    VolumeInputs,
    adjacent_area_120s_m,
    adjacent_area_m,
    attitude_sight_m,
    compute_buffers,
    flight_geography,
    plan_volumes,
)

from ..examples import examples

PLACES = st.tuples(st.integers(-900, 900), st.integers(-900, 900))


@pytest.mark.parametrize(
    ("speed", "aside", "top", "ground"),
    [(10, 22.1, 134.1, 52.8), (15, 33.5, 140.5, 80.8), (23, 57.0, 156.0, 130.2)],
)
def test_buffers_have_the_published_values(speed, aside, top, ground):
    found = compute_buffers(
        VolumeInputs(top_m_agl=120.0, speed_mps=speed, climb_mps=5.0, size_m=1.0, pitch_deg=45.0)
    )
    assert found.contingency_m == pytest.approx(aside, abs=0.05)
    assert found.contingency_top_m_agl == pytest.approx(top, abs=0.05)
    assert found.ground_risk_m == pytest.approx(ground, abs=0.05)


def test_the_ground_risk_buffer_is_at_most_as_wide_as_high():
    found = compute_buffers(VolumeInputs(top_m_agl=10.0, speed_mps=40.0))
    assert found.ground_risk_m == pytest.approx(found.contingency_top_m_agl + 0.5)


@given(st.floats(1, 30), st.floats(0.1, 10))
def test_flying_faster_never_shrinks_a_buffer(speed, more):
    slow, fast = (compute_buffers(VolumeInputs(top_m_agl=60.0, speed_mps=v)) for v in (speed, speed + more))
    assert fast.contingency_m > slow.contingency_m
    assert fast.contingency_top_m_agl > slow.contingency_top_m_agl
    assert fast.ground_risk_m >= slow.ground_risk_m


@pytest.mark.parametrize(("speed", "reach"), [(10, 5000), (100, 18_000), (300, 35_000)])
def test_the_adjacent_area_is_three_minutes_within_5_and_35_km(speed, reach):
    assert adjacent_area_m(speed) == reach


def test_the_other_adjacent_area_is_two_minutes_flight():
    assert adjacent_area_120s_m(23.0) == 2760.0


def test_attitude_is_seen_to_347_m_on_a_metre_wide_drone():
    assert attitude_sight_m(1.0) == 347.0


def test_each_volume_holds_the_one_before_and_says_how_it_was_made():
    frame = LocalFrame(Position(lat_deg=50.78, lon_deg=-1.09))
    geography = flight_geography([shapely.LineString([(0, 0), (400, 0), (400, 300)])])
    found = plan_volumes(frame, geography, VolumeInputs(top_m_agl=60.0, speed_mps=12.0))
    areas = [shapely.union_all([frame.polygon(ring) for ring in volume.rings]) for volume in found]
    assert [volume.id for volume in found] == [
        "flight_geography",
        "contingency",
        "ground_risk_buffer",
        "adjacent_area",
        "adjacent_area_120s",
    ]
    for inner, outer in itertools.pairwise(areas[:4]):
        assert outer.buffer(0.01).contains(inner)
    assert areas[0].boundary.distance(areas[1].boundary) == pytest.approx(
        compute_buffers(VolumeInputs(top_m_agl=60.0, speed_mps=12.0)).contingency_m, abs=0.2
    )
    assert all("v 12 m/s" in volume.method for volume in found)


@examples(40)
@given(st.lists(st.lists(PLACES, min_size=2, max_size=4, unique=True), min_size=1, max_size=12))
def test_routes_joined_a_few_at_a_time_make_the_geography_of_all_and_what_they_enclose(ways):
    lines = [shapely.LineString(way) for way in ways]
    whole = shapely.union_all([line.buffer(10.0) for line in lines])
    outlines = [shapely.Polygon(part.exterior) for part in shapely.get_parts(whole)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(volumes, "LINES_TOGETHER", 3)
        found = flight_geography(lines)
    assert found.symmetric_difference(shapely.union_all(outlines)).area < 1e-3
    assert not any(part.interiors for part in shapely.get_parts(found))


@examples(40)
@given(
    st.lists(
        st.lists(PLACES, min_size=2, max_size=6, unique=True),
        min_size=1,
        max_size=6,
    ),
    st.floats(2, 30),
)
def test_simplified_outlines_hold_the_true_volumes_and_little_more(ways, speed):
    """No point of an outline is nearer to the routes than its reach, nor much farther: by exact distances."""
    inputs = VolumeInputs(top_m_agl=60.0, speed_mps=speed)
    frame, found = LocalFrame(Position(lat_deg=50.78, lon_deg=-1.09)), compute_buffers(inputs)
    routes = shapely.union_all([shapely.LineString(way) for way in ways])
    inner = 10.0 + found.contingency_m + found.ground_risk_m
    reaches = (10.0, 10.0 + found.contingency_m, inner)
    reaches += tuple(inner + more for more in (adjacent_area_m(speed), adjacent_area_120s_m(speed)))
    volumes = plan_volumes(frame, flight_geography([routes]), inputs)
    for volume, reach in zip(volumes, reaches, strict=True):
        for ring in volume.rings:
            outline = frame.polygon(ring)
            edge = shapely.line_interpolate_point(
                outline.exterior, np.linspace(0.0, 1.0, 3000), normalized=True
            )
            away = shapely.distance(edge, routes)
            assert away.min() > reach - 0.06
            assert away.max() < 1.06 * reach + 2.0
            assert reach < 240.0 or len(ring) < 250
        area = shapely.union_all([frame.polygon(ring) for ring in volume.rings])
        assert area.covers(routes)
