"""Interpolated circles against geographiclib."""

from __future__ import annotations

import numpy as np
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from dfr.world.circles import circle_points, interpolates


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
