"""Points of long edges against geographiclib."""

from __future__ import annotations

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from dfr.world.edges import EDGE_BEND_M, Edges, count_edge_pieces, points_along

from ..examples import examples

WGS84 = Geodesic.WGS84
OFF_M = 0.06
"""At most 2.2 cm beside the geodesic, at 70 degrees of latitude and the longest edge drawn by its bend."""


def off_line_m(lat0, lon0, lat1, lon1, lat, lon) -> float:
    """How far a point lies beside the geodesic, by geographiclib, to first order."""
    line = WGS84.Inverse(lat0, lon0, lat1, lon1)
    to = WGS84.Inverse(lat0, lon0, lat, lon)
    return abs(to["s12"] * np.sin(np.radians(to["azi1"] - line["azi1"])))


@examples(150)
@given(
    st.floats(-89, 89),
    st.floats(-180, 180),
    st.floats(0, 360),
    st.floats(200, 300_000),
    st.floats(0.05, 0.95),
)
def test_points_of_an_edge_lie_on_the_geodesic(lat, lon, azimuth_deg, length_m, share):
    end = WGS84.Direct(lat, lon, azimuth_deg, length_m)
    ends = [np.array([value]) for value in (lat, lon, end["lat2"], end["lon2"])]
    found_lat, found_lon = points_along(Edges(*ends), np.array([0]), np.array([share]), geodesic=True)
    assert off_line_m(lat, lon, end["lat2"], end["lon2"], float(found_lat[0]), float(found_lon[0])) < OFF_M


@examples(80)
@given(st.floats(-74, 74), st.floats(-180, 180), st.floats(0, 360), st.floats(200, 50_000))
def test_a_piece_bends_no_more_than_it_may(lat, lon, azimuth_deg, length_m):
    end = WGS84.Direct(lat, lon, azimuth_deg, length_m)
    ends = tuple(np.array([value]) for value in (lat, lon, end["lat2"], end["lon2"]))
    count = int(count_edge_pieces(Edges(*ends))[0])
    shares = np.arange(count + 1) / count
    lats, lons = points_along(Edges(*ends), np.zeros(count + 1, int), shares, geodesic=True)
    middle_lat, middle_lon = (lats[1:] + lats[:-1]) / 2.0, (lons[1:] + lons[:-1]) / 2.0
    worst = max(
        off_line_m(a, b, c, d, e, f)
        for a, b, c, d, e, f in zip(lats, lons, lats[1:], lons[1:], middle_lat, middle_lon, strict=False)
    )
    assert worst < 1.3 * EDGE_BEND_M


def test_a_parallel_edge_keeps_its_latitude():
    ends = tuple(np.array([value]) for value in (50.0, 179.0, 50.0, -179.0))
    lat, lon = points_along(Edges(*ends), np.array([0]), np.array([0.5]), geodesic=False)
    assert (float(lat[0]), float(lon[0])) == (50.0, 180.0)


@pytest.mark.parametrize("lat", [-74.0, -50.0, 0.0, 52.0, 70.0])
@pytest.mark.parametrize("azimuth_deg", [0.0, 37.0, 90.0, 200.0])
@pytest.mark.parametrize("length_m", [3_000.0, 20_000.0, 49_000.0])
def test_points_of_an_edge_short_enough_for_its_bend_at_both_ends_lie_on_the_geodesic(
    lat, azimuth_deg, length_m
):
    end = WGS84.Direct(lat, 170.0, azimuth_deg, length_m)
    ends = [np.array([value]) for value in (lat, 170.0, end["lat2"], end["lon2"])]
    shares = np.array([0.1, 0.5, 0.8])
    found = points_along(Edges(*ends), np.zeros(3, int), shares, geodesic=True)
    for found_lat, found_lon in zip(*found, strict=True):
        off_m = off_line_m(lat, 170.0, end["lat2"], end["lon2"], float(found_lat), float(found_lon))
        assert off_m < OFF_M
