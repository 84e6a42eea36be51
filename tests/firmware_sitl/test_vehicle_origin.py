"""Local metres of a vehicle, against geodesics of WGS 84, at both sides of the antimeridian too."""

from __future__ import annotations

from math import cos, radians, sin

import pytest

from dfr.geo import Position, distance_m, offset
from firmware_sitl.vehicle.origin import Origin

SITES = [(50.7810, -1.0890), (-16.79, 179.99995), (-16.79, -179.99995), (-43.95, -180.0), (-54.8, -68.3)]


@pytest.mark.parametrize(("lat_deg", "lon_deg"), SITES)
@pytest.mark.parametrize("bearing_deg", [0.0, 70.0, 180.0, 250.0])
def test_a_place_is_where_the_geodesic_to_it_says(lat_deg: float, lon_deg: float, bearing_deg: float) -> None:
    home, origin = (
        Position(lat_deg=lat_deg, lon_deg=lon_deg),
        Origin(lat_deg=lat_deg, lon_deg=lon_deg, altitude_m=0.0),
    )
    place = offset(home, bearing_deg=bearing_deg, distance_m=300.0)
    north, east = origin.to_local(place.lat_deg, place.lon_deg)
    toward = radians(bearing_deg)
    # ArduPilot's flat earth is a sphere: up to 0.7 % off.
    assert (north, east) == pytest.approx((300.0 * cos(toward), 300.0 * sin(toward)), abs=2.5)
    lat, lon = origin.to_global(north, east)
    assert distance_m(Position(lat_deg=lat, lon_deg=lon), place) < 0.01
