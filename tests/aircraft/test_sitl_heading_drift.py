"""The nose while ArduCopter waits in a wind, against headings recorded on SITL."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.legs import Wind
from dfr.aircraft.performance import FlightSettings, SitlEffects, SortiePrediction, predict_path
from dfr.aircraft.settings import SettingColumns
from dfr.aircraft.sitl_effects import heading_after_waiting
from dfr.aircraft.trim import air_density, airframe_of
from dfr.world.weather import MeanWind

QUAD = "arducopter-sitl-quad"


def off_after(off_deg: float, seconds: float, wind_mps: float, **settings: float) -> float:
    """The nose's angle off a wind from the south, degrees, after waiting."""
    one = np.ones(1)
    wind = Wind(east_mps=0.0 * one, north_mps=wind_mps * one, density=air_density(60.0 * one))
    nose = heading_after_waiting(
        np.radians(off_deg) * one,
        seconds * one,
        wind,
        airframe_of(find_drone(QUAD)),
        SettingColumns.from_settings(FlightSettings(**settings), 1),
    )
    return math.degrees(nose[0])


@pytest.mark.parametrize(
    ("off_deg", "seconds", "wind_mps", "tc_s", "flown_deg"),
    [
        (25.0, 32.5, 6.0, 0.3, 81.8),
        (38.0, 22.0, 3.0, 0.15, 56.6),
        (30.0, 32.0, 4.0, 0.15, 75.6),
        (48.0, 62.5, 2.0, 0.15, 66.1),
    ],
)
def test_the_nose_drifts_as_it_did_in_recorded_hovers(off_deg, seconds, wind_mps, tc_s, flown_deg):
    assert off_after(off_deg, seconds, wind_mps, input_tc_s=tc_s) == pytest.approx(flown_deg, abs=4.0)


def test_it_drifts_to_either_side_alike_and_comes_to_rest_abeam():
    assert off_after(-20.0, 600.0, 8.0) == pytest.approx(-off_after(20.0, 600.0, 8.0))
    assert off_after(20.0, 600.0, 8.0) == pytest.approx(90.0, abs=1.0)


def test_in_calm_it_stays():
    assert off_after(20.0, 600.0, 0.0) == pytest.approx(20.0)


def test_a_stiffer_attitude_drifts_faster():
    assert off_after(20.0, 5.0, 7.0, input_tc_s=0.1) > off_after(20.0, 5.0, 7.0, input_tc_s=0.3)


def home_against(yaw_behavior: float) -> SortiePrediction:
    return predict_path(
        [600.0],
        [0.0],
        height_m=60.0,
        on_scene_s=30.0,
        wind=MeanWind(speed_mps=7.0, from_deg=210.0),
        drone=find_drone(QUAD),
        settings=FlightSettings(yaw_behavior=yaw_behavior),
        sitl=SitlEffects(),
    )


def test_a_nose_told_to_point_home_meets_the_wind_as_on_the_way_out():
    """WP_YAW_BEHAVIOR 1 turns to the home leg; 2 keeps the heading that drifted, which meets more drag."""
    drifted, turned = home_against(2.0), home_against(1.0)
    assert drifted.back_s is not None
    assert turned.back_s is not None
    assert abs(drifted.back_s - turned.back_s) > 3.0
    assert home_against(3.0).back_s == pytest.approx(turned.back_s)


def test_looking_at_the_place_below_leaves_any_heading_for_the_return():
    """Recorded: over its camera's target in 8 m/s the nose went all round, and one return took 211.7 s."""
    sortie = predict_path(
        [500.0],
        [40.0],
        height_m=40.0,
        on_scene_s=40.0,
        wind=MeanWind(speed_mps=8.0, from_deg=220.0),
        drone=find_drone(QUAD),
        settings=FlightSettings(),
        sitl=SitlEffects(looks_down=True),
    )
    assert sortie.back_early_s < sortie.back_s < sortie.back_late_s
    assert sortie.back_early_s <= 211.7 <= sortie.back_late_s
    assert sortie.back_late_s > 1.2 * sortie.back_early_s


def test_a_return_begins_with_the_heading_to_the_camera_s_target_on_scene():
    """Recorded: 400 m down 8 m/s of wind, the camera's target 45 degrees to the right, back in 130.4 s."""
    back_s = {}
    for heading_deg in (90.0, 135.0):
        sortie = predict_path(
            [400.0],
            [90.0],
            height_m=10.0,
            on_scene_s=32.1,
            wind=MeanWind(speed_mps=8.0, from_deg=270.0),
            drone=find_drone(QUAD),
            settings=FlightSettings(return_height_m=10.0),
            sitl=SitlEffects(scene_heading_deg=heading_deg),
        )
        back_s[heading_deg] = sortie.back_s
    assert back_s[135.0] == pytest.approx(130.4, rel=0.02)
    assert back_s[90.0] > 1.4 * back_s[135.0]
