"""Mean wind, gustiness and extremes against closed forms and published tables."""

from __future__ import annotations

import math

import pytest

from dfr.scenario.model import Surface
from dfr.world.weather import ROUGHNESS_M, MeanWind, gust_factor, profile_factor, turbulence_intensity


@pytest.mark.parametrize("surface", list(Surface))
@pytest.mark.parametrize("height_m", [2.0, 10.0, 30.0, 100.0])
def test_the_profile_is_the_log_law(surface, height_m):
    roughness = ROUGHNESS_M[surface]
    expected = math.log(height_m / roughness) / math.log(10.0 / roughness)
    wind = MeanWind(speed_mps=7.0, from_deg=10.0, roughness_m=roughness)
    assert wind.speed_at_mps(height_m) == pytest.approx(7.0 * expected, rel=1e-9)


@pytest.mark.parametrize(
    ("surface", "at_2_m", "at_30_m"),
    [
        (Surface.SEA, 0.85, 1.10),
        (Surface.BEACH, 0.79, 1.14),
        (Surface.OPEN, 0.72, 1.19),
        (Surface.URBAN, 0.46, 1.37),
    ],
)
def test_the_profile_gives_the_tabled_ratios(surface, at_2_m, at_30_m):
    assert float(profile_factor(2.0, ROUGHNESS_M[surface])) == pytest.approx(at_2_m, abs=0.006)
    assert float(profile_factor(30.0, ROUGHNESS_M[surface])) == pytest.approx(at_30_m, abs=0.006)


@pytest.mark.parametrize("height_m", [0.0, -5.0, 1e-6])
def test_the_wind_never_turns_negative_near_the_ground(height_m):
    assert MeanWind(speed_mps=10.0, from_deg=0.0, roughness_m=0.5).speed_at_mps(height_m) >= 0.0


def test_without_roughness_the_wind_is_the_same_at_all_heights():
    wind = MeanWind(speed_mps=6.0, from_deg=0.0)
    assert wind.speed_at_mps(1.0) == wind.speed_at_mps(100.0) == 6.0


@pytest.mark.parametrize(
    ("from_deg", "east", "north"),
    [(270.0, 1.0, 0.0), (0.0, 0.0, -1.0), (90.0, -1.0, 0.0), (180.0, 0.0, 1.0), (225.0, 0.5**0.5, 0.5**0.5)],
)
def test_components_say_where_the_air_goes(from_deg, east, north):
    found = MeanWind(speed_mps=5.0, from_deg=from_deg).components_mps(50.0)
    assert found == pytest.approx((5.0 * east, 5.0 * north), abs=1e-12)


@pytest.mark.parametrize(
    ("surface", "intensity", "factor"),
    [
        (Surface.SEA, 0.09, 1.23),
        (Surface.BEACH, 0.13, 1.33),
        (Surface.OPEN, 0.17, 1.43),
        (Surface.URBAN, 0.33, 1.84),
    ],
)
def test_intensity_and_gust_factor_are_the_tabled_ones(surface, intensity, factor):
    assert turbulence_intensity(surface) == pytest.approx(intensity, abs=0.006)
    assert gust_factor(turbulence_intensity(surface)) == pytest.approx(factor, abs=0.05)
