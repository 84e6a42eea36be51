"""Positions and the local frame against geographiclib (Karney), an outside oracle."""

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position, bearing_deg, centroid, distance_m, offset

SOUTHSEA = Position(lat_deg=50.782, lon_deg=-1.089)

latitudes = st.floats(-80, 80)
longitudes = st.floats(-179.9, 179.9)
positions = st.builds(lambda lat, lon: Position(lat_deg=lat, lon_deg=lon), latitudes, longitudes)


@given(positions, positions)
def test_distance_is_geographiclibs(a, b):
    oracle = Geodesic.WGS84.Inverse(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)["s12"]
    assert distance_m(a, b) == pytest.approx(oracle, abs=1e-3)


@given(positions, st.floats(0, 359.9), st.floats(10, 50_000))
def test_an_offset_lies_at_its_distance_and_bearing(start, bearing, distance):
    end = offset(start, bearing_deg=bearing, distance_m=distance)
    assert distance_m(start, end) == pytest.approx(distance, abs=1e-4)
    turn = (bearing_deg(start, end) - bearing + 180) % 360 - 180
    assert abs(turn) < 1e-4


@given(st.floats(-5_000, 5_000), st.floats(-5_000, 5_000))
def test_the_local_frame_comes_back_to_the_millimetre(east, north):
    frame = LocalFrame(SOUTHSEA)
    assert frame.point(frame.position(east, north)) == pytest.approx((east, north), abs=1e-3)


def test_local_distances_agree_with_the_geodesic_within_a_few_parts_in_a_hundred_thousand():
    frame = LocalFrame(SOUTHSEA)
    rng = np.random.default_rng(1)
    for _ in range(50):
        a, b = (frame.position(*rng.uniform(-20_000, 20_000, 2)) for _ in range(2))
        flat = np.hypot(*(np.array(frame.point(a)) - np.array(frame.point(b))))
        assert flat == pytest.approx(distance_m(a, b), rel=3e-5)


def test_east_is_east_and_north_is_north():
    frame = LocalFrame(SOUTHSEA)
    assert frame.position(1000, 0).lon_deg > SOUTHSEA.lon_deg
    assert frame.position(0, 1000).lat_deg > SOUTHSEA.lat_deg


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (0, 181), (float("nan"), 0)])
def test_a_position_off_the_globe_is_refused(lat, lon):
    with pytest.raises(InputError, match="not on the globe"):
        Position(lat_deg=lat, lon_deg=lon)


@pytest.mark.parametrize("number", [float, np.float64])
def test_a_position_is_told_by_its_hemispheres_whatever_its_numbers_come_from(number):
    assert str(Position(lat_deg=number(50.5), lon_deg=number(-1.25))) == "50.50000 N 1.25000 W"
    assert str(Position(lat_deg=number(-50.5), lon_deg=number(1.25))) == "50.50000 S 1.25000 E"


def test_the_centre_of_a_square_is_its_middle():
    frame = LocalFrame(SOUTHSEA)
    ring = tuple(frame.position(e, n) for e, n in [(-50, -50), (50, -50), (50, 50), (-50, 50)])
    assert distance_m(centroid(ring), SOUTHSEA) < 0.01


def test_a_ring_survives_the_way_to_a_polygon_and_back():
    frame = LocalFrame(SOUTHSEA)
    ring = tuple(frame.position(e, n) for e, n in [(0, 0), (80, 0), (80, 60)])
    for there, back in zip(ring, frame.ring(frame.polygon(ring)), strict=True):
        assert distance_m(there, back) < 1e-3
