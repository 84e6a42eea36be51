"""The heading with which a hover begins, against hovers straight down the wind on ArduCopter SITL."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.legs import Wind
from dfr.aircraft.settings import FlightSettings, SettingColumns, flight_settings
from dfr.aircraft.sitl_effects import HeadingError, heading_after_waiting, heading_error
from dfr.aircraft.trim import air_density, airframe_of, tilt_for_airspeed

DATA = Path(__file__).resolve().parent.parent / "data" / "arducopter" / "hovers.jsonl"
HOVERS = [json.loads(line) for line in DATA.read_text().splitlines()]
QUAD = find_drone("arducopter-sitl-quad")
ACCELERATING_S = 3.0
"""By so much a leg takes longer than its cruise."""

SETTLED_S = 0.8
"""From within 2 m of the target until the nose begins to drift."""

NINE_IN_TEN = 1.645

ABEAM_DEG = 1.5
"""A nose at rest is so near to abeam, on either side of it."""


def error_of(hover: dict, **other: float) -> HeadingError:
    case = hover["case"]
    settings = FlightSettings.from_params({**case["params"], **other})
    return heading_error(
        QUAD,
        turn_rad=np.radians([case["brg"]]),
        leg_s=np.array([case["dist"] / settings.cruise_mps + ACCELERATING_S]),
        airspeed_mps=np.array([settings.cruise_mps - case["w"]]),
        wind_mps=np.array([float(case["w"])]),
        up_s=np.array([hover["arrived_at"]]),
        settings=SettingColumns.from_settings(settings, 1),
    )


def nose_deg(hover: dict, start_rad: float, second: float) -> float:
    """Where a nose is some time after its arrival, degrees right of its course."""
    case, one = hover["case"], np.ones(1)
    wind = Wind(east_mps=0.0 * one, north_mps=case["w"] * one, density=air_density(case["alt"] * one))
    settings = FlightSettings.from_params(case["params"])
    off = heading_after_waiting(
        start_rad * one,
        (second - SETTLED_S) * one,
        wind,
        airframe_of(QUAD),
        SettingColumns.from_settings(settings, 1),
    )[0]
    tilt = min(
        tilt_for_airspeed(airframe_of(QUAD), case["w"], float(wind.density[0])),
        math.radians(settings.tilt_limit_deg),
    )
    return math.degrees(math.atan2(math.sin(off), math.cos(off) * math.cos(tilt)))


def is_within(hover: dict, error: HeadingError) -> bool:
    """Whether the nose ends where nine in ten of the stated errors lead to."""
    second, recorded = hover["nose"][-1]
    mean, spread = float(error.mean_rad[0]), NINE_IN_TEN * float(error.deviation_rad[0])
    least, most = (nose_deg(hover, mean + side * spread, second) for side in (-1.0, 1.0))
    return least - ABEAM_DEG <= recorded <= most + ABEAM_DEG


def test_nine_in_ten_hovers_begin_with_the_stated_error():
    assert len(HOVERS) > 200
    assert np.mean([is_within(hover, error_of(hover)) for hover in HOVERS]) >= 0.9


def test_so_do_hovers_flown_after_the_fit_on_simulators_up_for_minutes():
    later = [hover for hover in HOVERS if hover["case"]["name"].startswith("up")]
    assert sum(hover["arrived_at"] > FlightSettings().gyro_drift_time_s for hover in later) >= 10
    assert np.mean([is_within(hover, error_of(hover)) for hover in later]) >= 0.9


def test_without_the_drift_of_the_gyros_they_would_not():
    drifting = [hover for hover in HOVERS if hover["case"]["params"].get("SIM_DRIFT_SPEED") != 0]
    assert np.mean([is_within(hover, error_of(hover, SIM_DRIFT_SPEED=0)) for hover in drifting]) < 0.8


def test_a_gyro_that_does_not_drift_leaves_the_side_turned_to():
    still = [hover for hover in HOVERS if hover["case"]["params"].get("SIM_DRIFT_SPEED") == 0]
    turned = [hover for hover in still if abs(math.sin(math.radians(hover["case"]["brg"]))) > 0.1]
    assert len(turned) > 20
    for hover in turned:
        side = math.copysign(1.0, math.sin(math.radians(hover["case"]["brg"])))
        assert side * error_of(hover).mean_rad[0] > 0.0
        assert side * hover["nose"][-1][1] > 0.0


@pytest.mark.parametrize(("drift", "flown_s"), [(0.0, 121.1), (0.05, 111.8), (0.1, 103.4)])
def test_a_return_takes_as_long_as_it_did_with_the_drift_switched_off_and_doubled(flown_like, drift, flown_s):
    """800 m down 8 m/s and back, at 45 degrees of tilt, on ArduCopter SITL."""
    params = {"WPNAV_SPEED": 1500, "ANGLE_MAX": 4500, "SIM_DRIFT_SPEED": drift}
    case = {"dist": 800, "brg": 40, "alt": 60, "w": 8, "wd": 220, "hover": 10, "params": params}
    assert flown_like({"case": case}).back_s == pytest.approx(flown_s, rel=0.03)


def lagging(up_s: float, **settings: float) -> float:
    """The error after a leg due north, which turns to neither side."""
    return float(
        heading_error(
            QUAD,
            turn_rad=np.zeros(1),
            leg_s=np.full(1, 100.0),
            airspeed_mps=np.full(1, 5.0),
            wind_mps=np.full(1, 7.0),
            up_s=np.array([up_s]),
            settings=SettingColumns.from_settings(FlightSettings(**settings), 1),
        ).mean_rad[0]
    )


def test_what_the_drift_adds_is_in_proportion_to_it():
    assert lagging(100.0) > 0.0
    doubled = lagging(100.0, gyro_drift_radps2=2.0 * FlightSettings().gyro_drift_radps2)
    assert doubled == pytest.approx(2.0 * lagging(100.0))
    assert lagging(100.0, gyro_drift_radps2=0.0) == 0.0
    assert lagging(100.0, gyro_drift_time_s=0.0) == 0.0


def test_the_error_changes_sides_after_the_drift_has_turned_round():
    assert lagging(302.0) > 0.0
    assert lagging(400.0) == pytest.approx(-lagging(100.0), rel=0.05)
    assert lagging(700.0) == pytest.approx(lagging(100.0), rel=0.05)


def test_a_real_drone_is_not_said_to_have_the_gyros_of_the_simulator():
    assert flight_settings(QUAD).gyro_drift_radps2 == pytest.approx(
        FlightSettings().gyro_drift_radps2, rel=1e-4
    )
    real = find_drone("dji-m30t")
    assert flight_settings(real).gyro_drift_radps2 == 0.0
    assert real.heading_error_deg > QUAD.heading_error_deg
