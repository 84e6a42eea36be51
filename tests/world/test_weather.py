"""The hour's weather: found, turned into wind, and held against the limits with the reasons."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import InputError
from dfr.io.scenario_files import find_scenario, load_scenario
from dfr.scenario.air import HourWeather
from dfr.scenario.model import Scenario, Surface
from dfr.world import weather
from dfr.world.weather import WeatherLimits, WeatherQuantity

LONDON = ZoneInfo("Europe/London")
NO_LIMITS = WeatherLimits(height_m_agl=10.0)


@pytest.fixture(scope="module")
def victorious() -> Scenario:
    return load_scenario(find_scenario("victorious-2024"))


@pytest.fixture
def fair(victorious: Scenario) -> HourWeather:
    return replace(
        victorious.weather.hours[0],
        wind_mps=5.0,
        gust_mps=8.0,
        rain_mm_h=0.0,
        visibility_m=20_000.0,
        temperature_c=15.0,
    )


def test_the_hour_is_the_one_that_holds_the_moment(victorious: Scenario) -> None:
    when = datetime(2024, 8, 24, 12, 59, 59, tzinfo=LONDON)
    hour = weather.weather_at(victorious.weather, when)
    assert (hour.start.day, hour.start.hour, hour.gust_mps) == (24, 12, 16.3)


@pytest.mark.parametrize("minutes", [-1, 61 * 60])
def test_a_moment_without_a_row_is_bad_input(victorious: Scenario, minutes: int) -> None:
    when = victorious.period.start + timedelta(minutes=minutes)
    with pytest.raises(InputError, match="no weather for"):
        weather.weather_at(victorious.weather, when)


def test_the_wind_grows_with_height_by_the_log_law_of_the_surface(
    victorious: Scenario, fair: HourWeather
) -> None:
    assert victorious.site.surface is Surface.BEACH
    wind = weather.mean_wind(victorious, fair)
    # Facts: U30 / U10 over a beach is 1.14.
    assert wind.speed_at_mps(30.0) / 5.0 == pytest.approx(1.14, abs=0.005)


def test_turbulence_is_the_surface_s_unless_the_scenario_says_otherwise(victorious: Scenario) -> None:
    # Facts: 0.13 over a beach at 10 m.
    assert weather.turbulence_intensity_of(victorious) == pytest.approx(0.13, abs=0.005)
    own = replace(victorious, weather=replace(victorious.weather, turbulence_intensity=0.25))
    assert weather.turbulence_intensity_of(own) == 0.25
    # The same air higher up: 1 / ln(60 / z0) with 1 / ln(10 / z0) = 0.25.
    assert weather.turbulence_intensity_of(own, 60.0) == pytest.approx(1 / (4 + math.log(6)))


def test_the_gusts_of_an_hour_are_the_site_s_or_those_of_its_report(
    victorious: Scenario, fair: HourWeather
) -> None:
    """0.13 of 5 m/s by the beach; a gust of 8 m/s is 3 m/s above the mean, at 2.55 deviations."""
    assert weather.mean_wind(victorious, fair).gust_deviation_mps == 0.0
    censored = weather.gusty_wind(victorious, replace(fair, gust_mps=None))
    assert censored.gust_deviation_mps == pytest.approx(0.13 * 5.0, abs=0.03)
    reported = weather.gusty_wind(victorious, fair)
    assert reported.gust_deviation_mps == pytest.approx(3.0 / 2.55)
    lull = weather.gusty_wind(victorious, replace(fair, gust_mps=5.1))
    assert lull == censored
    smooth = replace(victorious, weather=replace(victorious.weather, turbulence_intensity=0.0))
    assert weather.gusty_wind(smooth, replace(fair, gust_mps=None)) == weather.mean_wind(smooth, fair)


def test_a_missing_gust_is_estimated_and_says_so(victorious: Scenario, fair: HourWeather) -> None:
    assert weather.gust_of_hour(victorious, fair) == weather.Gust(mps=8.0, estimated=False)
    censored = replace(fair, gust_mps=None)
    gust = weather.gust_of_hour(victorious, censored)
    assert gust.estimated
    # Facts: gust factor 1.33 over a beach.
    assert gust.mps == pytest.approx(5.0 * 1.33, abs=0.1)
    (reason,) = weather.broken_limits(victorious, censored, replace(NO_LIMITS, max_gust_mps=6.0))
    assert reason.quantity is WeatherQuantity.GUST
    assert "estimated" in str(reason)


def test_a_fair_hour_may_be_flown(victorious: Scenario, fair: HourWeather) -> None:
    limits = weather.operation_limits(victorious, min_temperature_c=-25.0, max_temperature_c=45.0)
    assert weather.broken_limits(victorious, fair, limits) == ()


BROKEN = {
    WeatherQuantity.WIND: {"wind_mps": 10.0, "gust_mps": 12.0},  # 10 m/s at 10 m is over 12 at 60 m
    WeatherQuantity.GUST: {"gust_mps": 15.1},
    WeatherQuantity.RAIN: {"rain_mm_h": 4.1},
    WeatherQuantity.VISIBILITY: {"visibility_m": 1499.0},
    WeatherQuantity.COLD: {"temperature_c": -25.1},
    WeatherQuantity.HEAT: {"temperature_c": 45.1},
    WeatherQuantity.ICING: {"temperature_c": 1.0, "rain_mm_h": 0.1},
}


@pytest.mark.parametrize("quantity", BROKEN)
def test_each_limit_closes_the_hour_by_itself(
    victorious: Scenario, fair: HourWeather, quantity: WeatherQuantity
) -> None:
    limits = weather.operation_limits(victorious, min_temperature_c=-25.0, max_temperature_c=45.0)
    reasons = weather.broken_limits(victorious, replace(fair, **BROKEN[quantity]), limits)
    assert [reason.quantity for reason in reasons] == [quantity]
    assert str(quantity) in str(reasons[0])


def test_all_reasons_are_given_and_not_the_first_alone(victorious: Scenario, fair: HourWeather) -> None:
    storm = replace(fair, wind_mps=20.0, gust_mps=30.0, rain_mm_h=10.0, visibility_m=500.0)
    reasons = weather.broken_limits(victorious, storm, weather.operation_limits(victorious))
    assert [r.quantity for r in reasons] == ["wind", "gust", "rain", "visibility"]


def test_cold_dry_air_does_not_ice_and_fog_does(victorious: Scenario, fair: HourWeather) -> None:
    cold = replace(fair, temperature_c=-5.0)
    assert weather.broken_limits(victorious, cold, NO_LIMITS) == ()
    fog = replace(cold, visibility_m=800.0)
    assert [r.quantity for r in weather.broken_limits(victorious, fog, NO_LIMITS)] == [WeatherQuantity.ICING]


def test_the_drone_s_wind_limit_stands_in_for_the_operation_s(victorious: Scenario) -> None:
    assert weather.operation_limits(victorious, drone_max_wind_mps=9.0).max_wind_mps == 12.0
    none = replace(victorious, operation=replace(victorious.operation, max_wind_mps=None))
    assert weather.operation_limits(none, drone_max_wind_mps=9.0).max_wind_mps == 9.0
    assert weather.operation_limits(none).max_wind_mps is None
