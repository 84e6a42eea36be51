"""A drone on paper: momentum theory by hand, published hover times, and what a design changes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from dfr.aircraft.airframe_study import (
    AirframeDesign,
    highest_landing_wind_mps,
    makers_merit,
    predict_makers_hover,
    study_airframe,
    weigh_designs,
)
from dfr.aircraft.energy import hover_power_w
from dfr.aircraft.rotor_layouts import LAYOUTS
from dfr.io.airframe_files import EXAMPLE, parse_airframe

OCTO = parse_airframe(EXAMPLE.encode(), name="example")
ROWS: list[dict[str, object]] = [
    {"wind_mps": 0.0, "success": {"rate": 1.0}},
    {"wind_mps": 8.0, "success": {"rate": 0.97}},
    {"wind_mps": 9.0, "success": {"rate": 0.90}},
    {"wind_mps": 10.0, "success": {"rate": 0.96}},
]


def value(design: AirframeDesign, name: str) -> float:
    found = study_airframe(design, ROWS).value(name)
    assert found is not None
    return found


def test_hover_power_is_momentum_theory_over_the_makers_figure_of_merit():
    weight = (4.1 + 0.75 + 710.0 / 180.0) * 9.80665
    ideal = weight**1.5 / math.sqrt(2.0 * 1.225 * 8.0 * math.pi * 0.2285**2)
    assert value(OCTO, "hover_power_w") == pytest.approx(ideal / makers_merit()[0] + 12.0, rel=1e-3)


def test_a_stated_efficiency_goes_before_the_makers():
    design = replace(OCTO, hover_g_per_w=10.0)
    assert value(design, "hover_power_w") == pytest.approx(100.0 * design.mass_kg + 12.0)


def test_a_coaxial_pair_hovers_at_the_power_of_interference_over_rotors_apart():
    apart = replace(OCTO, camera_w=0.0)
    together = replace(apart, layout=LAYOUTS["x8"])
    assert value(together, "hover_power_w") == pytest.approx(1.22 * value(apart, "hover_power_w"), rel=1e-6)


def test_hover_times_of_the_makers_sheets_are_met_within_a_fifth_by_the_others_figure_of_merit():
    misses = [predicted / stated - 1.0 for _, predicted, stated in predict_makers_hover()]
    assert len(misses) == 5
    assert np.median(np.abs(misses)) < 0.05
    assert max(np.abs(misses)) < 0.20


def test_the_highest_landing_wind_is_below_the_first_that_fails_too_often():
    assert highest_landing_wind_mps(ROWS) == 8.0
    assert highest_landing_wind_mps(ROWS[2:]) == 0.0


def test_the_row_of_the_catalogue_flies_as_the_study_says():
    study = study_airframe(OCTO, ROWS)
    assert hover_power_w(study.drone) == pytest.approx(study.value("hover_power_w"))
    assert study.drone.takeoff_landing_wind_mps == 8.0
    assert study.drone.rotors == 8
    assert study.drone.figures()["mass_kg"].source_status == "entered by the team: the design"
    assert study.drone.flight_min is not None
    assert study.drone.hover_min is not None
    assert study.drone.flight_min >= study.drone.hover_min


def test_little_thrust_limits_the_wind_and_rain_more_so():
    weak = replace(OCTO, motor_thrust_n=14.5)
    assert value(weak, "hold_mps") < value(OCTO, "hold_mps")
    assert value(weak, "rain_hold_mps") < value(weak, "hold_mps")


def test_a_fall_in_air_is_slower_than_one_in_a_vacuum():
    study = study_airframe(OCTO, ROWS)
    fall = study.value("fall_j")
    assert fall is not None
    assert 0.5 * OCTO.mass_kg * 9.80665 * 50.0 < fall < OCTO.mass_kg * 9.80665 * 50.0


def test_noise_falls_by_six_decibels_at_twice_the_distance_from_a_stated_sound_power():
    assert value(replace(OCTO, sound_power_dba=100.0), "sound_dba") == pytest.approx(
        100.0 - 33.98 - 8.0, abs=0.01
    )


def test_two_designs_are_weighed_as_the_second_over_the_first():
    heavy = replace(OCTO, empty_kg=OCTO.empty_kg + OCTO.mass_kg)
    shares = weigh_designs(study_airframe(OCTO, ROWS), study_airframe(heavy, ROWS))
    assert shares["mass_kg"] == pytest.approx(1.0)
    assert shares["hover_power_w"] == pytest.approx(2.0**1.5 - 1.0, rel=0.03)


def test_every_figure_says_what_it_rests_on():
    assert all(figure.basis and figure.what for figure in study_airframe(OCTO, ROWS).figures)
