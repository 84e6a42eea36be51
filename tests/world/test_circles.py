"""Interpolated circles against geographiclib."""

from __future__ import annotations

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from dfr.world.circles import Bands, circle_points, even_circles, interpolates


@settings(max_examples=60, deadline=None)
@given(st.floats(-89.9, 89.9), st.floats(-180, 180), st.floats(1.0, 120_000.0), st.floats(0, 360))
def test_interpolated_points_lie_where_geographiclib_puts_them(lat, lon, radius_m, azimuth_deg):
    centre = np.array([lat]), np.array([lon])
    if not interpolates(centre[0], np.array([radius_m]))[0]:
        return
    found_lat, found_lon = circle_points(*centre, np.array([radius_m]), np.array([azimuth_deg]))
    line = Geodesic.WGS84.Inverse(lat, lon, float(found_lat[0, 0]), float(found_lon[0, 0]))
    exact = Geodesic.WGS84.Direct(lat, lon, azimuth_deg, radius_m)
    gap = Geodesic.WGS84.Inverse(exact["lat2"], exact["lon2"], found_lat[0, 0], found_lon[0, 0])["s12"]
    assert gap < 1e-3
    assert abs(line["s12"] - radius_m) < 1e-3


def test_circles_near_a_pole_or_very_large_are_left_to_the_exact_formula():
    assert not interpolates(np.array([89.9]), np.array([5000.0]))[0]
    assert not interpolates(np.array([50.0]), np.array([200_000.0]))[0]
    assert interpolates(np.array([50.0]), np.array([50_000.0]))[0]


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-80, 80), st.floats(-180, 180), st.floats(50.0, 20_000.0), st.floats(0.0, 100.0),
    st.floats(0, 1), st.floats(-720, 720),
)  # fmt: skip
def test_points_between_two_circles_lie_where_geographiclib_puts_them(
    lat, lon, near_m, more_m, share, azimuth_deg
):
    bands = Bands(*(np.array([value]) for value in (lat, lon, near_m, near_m + more_m + 1.0)))
    radius_m = near_m + share * more_m
    found = bands.points(np.array([0]), np.radians([azimuth_deg]), np.array([radius_m]))
    exact = Geodesic.WGS84.Direct(lat, lon, azimuth_deg, radius_m)
    gap = Geodesic.WGS84.Inverse(exact["lat2"], exact["lon2"], float(found[0][0]), float(found[1][0]))["s12"]
    assert gap < 5e-3


@pytest.mark.parametrize("count", [3, 4, 17, 240])
def test_evenly_spaced_points_of_a_circle_are_those_asked_for_one_by_one(count: int) -> None:
    centre, radius_m = (np.array([50.7]), np.array([-179.99])), np.array([3704.0])
    azimuths = (np.arange(count) + 0.5) * 360.0 / count
    lat, lon = circle_points(*centre, radius_m, azimuths)
    assert even_circles(*centre, radius_m, count)[0] == pytest.approx(np.column_stack((lon[0], lat[0])))
