"""Sorties over several legs, and the vectorised form."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.performance import FlightSettings, flight_settings, predict_path, predict_paths
from dfr.world.weather import CALM, MeanWind

QUAD = find_drone("arducopter-sitl-quad")
SETTINGS = FlightSettings()


def sortie(lengths, courses, *, wind=CALM, settings=SETTINGS, drone=QUAD, height_m=60.0, on_scene_s=30.0):
    return predict_path(
        lengths,
        courses,
        height_m=height_m,
        on_scene_s=on_scene_s,
        wind=wind,
        drone=drone,
        settings=settings,
    )


def test_two_legs_in_line_are_one_leg():
    assert sortie([300.0, 500.0], [40.0, 40.0]).out_s == pytest.approx(sortie([800.0], [40.0]).out_s, abs=0.3)


def test_a_sharper_corner_costs_more_and_a_reversal_a_full_stop():
    times = [sortie([400.0, 400.0], [0.0, turn]).out_s for turn in (0.0, 45.0, 90.0, 179.9)]
    assert times == sorted(times)
    stops = 2.0 * sortie([400.0], [0.0]).out_s - sortie([800.0], [0.0]).out_s
    assert times[3] - times[0] == pytest.approx(sortie([400.0], [0.0]).out_s * 2 - times[0] - 3.9, abs=2.5)
    assert stops > times[2] - times[0] > 0.5


def test_padding_with_empty_legs_changes_nothing():
    plain = predict_paths(
        np.array([[500.0, 300.0]]),
        np.array([[10.0, 70.0]]),
        height_m=np.array([50.0]),
        on_scene_s=np.array([60.0]),
        wind_east_mps=np.array([3.0]),
        wind_north_mps=np.array([-2.0]),
        drone=QUAD,
        settings=SETTINGS,
    )
    padded = predict_paths(
        np.array([[500.0, 300.0, 0.0]]),
        np.array([[10.0, 70.0, 0.0]]),
        height_m=np.array([50.0]),
        on_scene_s=np.array([60.0]),
        wind_east_mps=np.array([3.0]),
        wind_north_mps=np.array([-2.0]),
        drone=QUAD,
        settings=SETTINGS,
    )
    assert padded.total_s == pytest.approx(plain.total_s)
    assert padded.energy_wh == pytest.approx(plain.energy_wh)


def test_many_paths_at_once_are_the_same_as_one_by_one():
    lengths, courses = np.array([[200.0], [900.0], [1500.0]]), np.array([[0.0], [120.0], [250.0]])
    many = predict_paths(
        lengths,
        courses,
        height_m=np.full(3, 40.0),
        on_scene_s=np.full(3, 60.0),
        wind_east_mps=np.full(3, 4.0),
        wind_north_mps=np.zeros(3),
        drone=QUAD,
        settings=[SETTINGS, replace(SETTINGS, cruise_mps=8.0), SETTINGS],
    )
    wind = MeanWind(speed_mps=4.0, from_deg=270.0)
    one = sortie(
        [900.0],
        [120.0],
        wind=wind,
        settings=replace(SETTINGS, cruise_mps=8.0),
        height_m=40.0,
        on_scene_s=60.0,
    )
    assert many.sortie(1).total_s == pytest.approx(one.total_s)
    assert many.sortie(1).energy_wh == pytest.approx(one.energy_wh)


def test_the_total_is_the_phases_and_the_waits_between_them():
    flown = sortie([600.0], [0.0])
    phases = flown.climb_s + flown.out_s + flown.on_scene_s + flown.back_s + flown.land_s
    assert 8.0 < flown.total_s - phases < 13.0


def test_there_and_back_in_a_steady_wind_is_slower_than_in_calm():
    windy = sortie([1000.0], [0.0], wind=MeanWind(speed_mps=6.0, from_deg=0.0))
    assert windy.limited_by == "tilt"
    assert windy.total_s > sortie([1000.0], [0.0]).total_s
    assert windy.ground_speed_back_mps == pytest.approx(10.0)


def test_a_return_that_cannot_be_flown_leaves_the_way_out_standing():
    flown = sortie([800.0], [90.0], wind=MeanWind(speed_mps=14.0, from_deg=270.0))
    assert flown.out_s is not None
    assert flown.back_s is None
    assert flown.land_s is None
    assert not flown.reachable


def test_a_slower_return_and_a_longer_wait_over_home_are_counted():
    settings = replace(SETTINGS, return_mps=5.0, return_loiter_s=0.0)
    flown, plain = sortie([800.0], [0.0], settings=settings), sortie([800.0], [0.0])
    assert flown.back_s > 1.8 * plain.back_s
    gap = (flown.total_s - flown.back_s) - (plain.total_s - plain.back_s)
    assert gap == pytest.approx(-5.0, abs=0.1)


@pytest.mark.parametrize("key", ["dji-m30t", "dji-m4td", "skydio-x10", "study-hexa"])
def test_every_catalogue_drone_flies_a_kilometre_well_inside_its_battery(key):
    row = find_drone(key)
    flown = sortie([1000.0], [0.0], drone=row, settings=flight_settings(row), on_scene_s=300.0)
    assert flown.reachable
    assert 0.0 < flown.energy_wh < 0.6 * row.battery_wh


def test_a_higher_climb_speed_and_a_higher_landing_speed_save_what_they_should():
    quick = replace(SETTINGS, climb_mps=5.0, land_high_mps=3.0)
    flown, plain = (
        sortie([500.0], [0.0], settings=quick, height_m=100.0),
        sortie([500.0], [0.0], height_m=100.0),
    )
    assert plain.climb_s - flown.climb_s == pytest.approx(100.0 / 2.5 - 100.0 / 5.0, abs=4.5)
    assert plain.land_s - flown.land_s == pytest.approx(88.0 / 1.5 - 85.0 / 3.0, abs=3.0)


@pytest.mark.parametrize("height_m", [2.0, 5.0, 10.0, 11.0, 12.0, 30.0])
def test_low_heights_are_climbed_and_landed_in_finite_positive_time(height_m):
    flown = sortie([100.0], [0.0], height_m=height_m)
    assert flown.climb_s > 0.0
    assert flown.land_s > 0.0


def test_land_time_grows_steadily_with_height():
    times = [sortie([100.0], [0.0], height_m=height).land_s for height in np.linspace(3.0, 40.0, 75)]
    assert (np.diff(times) > 0.0).all()


def test_a_way_home_by_waypoints_stops_where_rtl_begins():
    """ArduCopter cuts corners between waypoints, not into an RTL: 41.5 s flown on SITL along this way."""
    craft = find_drone("dji-m3td")
    sortie = predict_path(
        [75.6, 134.4, 93.1],
        [119.0, 103.7, 65.4],
        height_m=60.0,
        on_scene_s=60.0,
        wind=MeanWind(speed_mps=8.3, from_deg=230.0),
        drone=craft,
        settings=flight_settings(craft, cruise_mps=12.0),
    )
    assert sortie.back_s == pytest.approx(41.5, rel=0.02)
    assert sortie.land_s == pytest.approx(31.3, abs=0.7)


def test_a_drone_that_comes_home_over_its_dock_is_back_at_the_end_of_the_waypoint_leg():
    """An RTL begun over home has no way: the drone is back where the leg to it ends."""
    wind = MeanWind(speed_mps=7.0, from_deg=240.0)
    given = {"height_m": 60.0, "on_scene_s": 60.0, "wind": wind, "drone": find_drone("dji-m3td")}
    settings = flight_settings(find_drone("dji-m3td"), cruise_mps=12.0)
    over_home = predict_path([0.0, 444.5], [0.0, 36.4], settings=settings, **given)
    straight = predict_path([444.5], [36.4], settings=settings, **given)
    assert over_home.back_s == pytest.approx(straight.back_s, abs=0.5)
    assert straight.total_s < over_home.total_s < straight.total_s + 2.0
