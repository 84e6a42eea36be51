"""The point of no return, against the energy of sorties flown to it."""

from __future__ import annotations

import json

import pytest

from dfr.aircraft.cases import predict_cases, read_cases
from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.performance import FlightSettings, predict_path
from dfr.world.weather import CALM, MeanWind

from .point_of_no_return import PointOfNoReturn, point_of_no_return

QUAD = find_drone("arducopter-sitl-quad")
WEST = MeanWind(speed_mps=5.0, from_deg=270.0)


def turning(course_deg: float = 90.0, wind: MeanWind = WEST, **changes: float) -> PointOfNoReturn:
    given = {"reserve_fraction": 0.2, "height_m": 60.0} | changes
    return point_of_no_return(QUAD, course_deg=course_deg, wind=wind, settings=FlightSettings(), **given)


def energy_wh(distance_m: float, on_scene_s: float = 0.0) -> float:
    sortie = predict_path(
        [distance_m],
        [90.0],
        height_m=60.0,
        on_scene_s=on_scene_s,
        wind=WEST,
        drone=QUAD,
        settings=FlightSettings(),
    )
    assert sortie.late_energy_wh is not None
    return sortie.late_energy_wh


def test_there_and_back_uses_the_battery_down_to_its_reserve():
    point = turning()
    assert energy_wh(point.distance_m) == pytest.approx(usable_wh(QUAD, 15.0, reserve_fraction=0.2), rel=2e-3)
    assert point.limited_by == "battery"


def test_wind_reserve_and_age_bring_it_nearer():
    far = turning(wind=CALM).distance_m
    assert turning().distance_m < far
    assert turning(reserve_fraction=0.4).distance_m < turning().distance_m
    assert turning(health=0.8).distance_m < turning().distance_m


def test_a_wind_that_cannot_be_flown_against_leaves_no_point():
    point = turning(wind=MeanWind(speed_mps=14.0, from_deg=270.0))
    assert (point.distance_m, point.limited_by) == (0.0, "wind")


def test_a_drone_that_stays_until_its_latest_return_has_just_its_reserve_left():
    case = {
        "distance_m": 600, "bearing_deg": 90, "height_m": 60, "wind_mps": 5, "wind_from_deg": 270,
        "hover_s": 60, "reserve_fraction": 0.3, "params": {"RTL_ALT": 6000},
    }  # fmt: skip
    (result,) = predict_cases(read_cases(json.dumps(case).encode(), name="x"))
    arrival = result["climb_s"] + result["out_s"]
    longest = 60.0 + result["return_by_s"] - arrival - result["hover_s"]
    assert energy_wh(600.0, longest) == pytest.approx(usable_wh(QUAD, 15.0, reserve_fraction=0.3), rel=0.015)


def test_a_target_past_the_point_must_be_left_before_it_is_reached():
    case = {"distance_m": 20_000, "bearing_deg": 90, "height_m": 60}
    (result,) = predict_cases(read_cases(json.dumps(case).encode(), name="x"))
    assert result["return_by_s"] < result["climb_s"] + result["out_s"]
