"""ArduPilot parameters of both generations mean the same settings."""

from __future__ import annotations

import math

import pytest

from dfr.aircraft.settings import PARAMETERS, FlightSettings
from dfr.errors import InputError

PAIRS = {
    "WPNAV_SPEED": ("WP_SPD", 1200, 12.0),
    "WPNAV_ACCEL": ("WP_ACC", 300, 3.0),
    "WPNAV_JERK": ("WP_JERK", 2, 2.0),
    "WPNAV_SPEED_UP": ("WP_SPD_UP", 400, 4.0),
    "WPNAV_SPEED_DN": ("WP_SPD_DN", 200, 2.0),
    "WPNAV_ACCEL_Z": ("WP_ACC_Z", 150, 1.5),
    "WPNAV_RADIUS": ("WP_RADIUS_M", 300, 3.0),
    "ANGLE_MAX": ("ATC_ANGLE_MAX", 4500, 45.0),
    "RTL_SPEED": ("RTL_SPEED_MS", 700, 7.0),
    "RTL_ALT": ("RTL_ALT_M", 3000, 30.0),
    "LAND_SPEED": ("LAND_SPD_MS", 70, 0.7),
    "LAND_SPEED_HIGH": ("LAND_SPD_HIGH_MS", 250, 2.5),
    "LAND_ALT_LOW": ("LAND_ALT_LOW_M", 800, 8.0),
    "ATC_ACCEL_R_MAX": ("ATC_ACC_R_MAX", 110000, 1100.0),
    "PSC_POSXY_P": ("PSC_NE_POS_P", 1.5, 1.5),
}


@pytest.mark.parametrize("old", PAIRS)
def test_both_names_of_a_parameter_set_the_same_field_to_the_same_value(old):
    new, old_value, new_value = PAIRS[old]
    field = PARAMETERS[old][0]
    by_old, by_new = (
        FlightSettings.from_params({old: old_value}),
        FlightSettings.from_params({new: new_value}),
    )
    assert PARAMETERS[new][0] == field
    assert getattr(by_old, field) == pytest.approx(getattr(by_new, field))
    assert getattr(by_old, field) != getattr(FlightSettings(), field) or old == "ATC_ACCEL_R_MAX"


def test_contradicting_names_are_refused():
    with pytest.raises(InputError, match="contradicts"):
        FlightSettings.from_params({"WPNAV_SPEED": 1000, "WP_SPD": 12})


@pytest.mark.parametrize("value", ["10", None, math.nan, math.inf, -1, True])
def test_a_value_that_is_no_number_is_refused_by_name(value):
    with pytest.raises(InputError, match="WPNAV_SPEED"):
        FlightSettings.from_params({"WPNAV_SPEED": value})


def test_zero_means_the_vehicles_own_fallback():
    settings = FlightSettings.from_params({"RTL_SPEED": 0, "LAND_SPEED_HIGH": 0})
    assert settings.effective_return_mps == settings.cruise_mps
    assert settings.effective_land_high_mps == settings.descent_mps


def test_an_input_time_of_zero_is_the_vehicles_shortest():
    """AC_AttitudeControl shapes with MAX(input_tc, 0.01)."""
    assert FlightSettings.from_params({"ATC_INPUT_TC": 0}).input_tc_s == 0.01


def test_an_acceleration_that_no_vehicle_has_is_refused():
    with pytest.raises(InputError, match="WPNAV_ACCEL_Z: 1000 is over 50"):
        FlightSettings.from_params({"WPNAV_ACCEL_Z": 100_000})


def test_parameters_that_do_not_bear_on_flight_are_passed_over():
    assert FlightSettings.from_params({"SIM_WIND_T": 1, "BATT_CAPACITY": 3300}) == FlightSettings()


def test_default_snap_makes_jerk_edges_of_twice_the_input_time():
    settings = FlightSettings()
    edge_s = math.pi * settings.path_jerk_mps3 / (2.0 * settings.path_snap_mps4)
    assert edge_s == pytest.approx(2.0 * settings.input_tc_s)
