"""Steady flight of the SITL airframe: speeds recorded at fixed tilts, and forces in balance."""

from __future__ import annotations

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone, list_drones
from dfr.aircraft.trim import (
    air_density,
    airframe_of,
    airspeed_at_tilt,
    balancing_lean,
    body_axes,
    drag_n,
    speed_along,
    tilt_for_airspeed,
)

SITL = airframe_of(find_drone("arducopter-sitl-quad"))


@pytest.mark.parametrize(("tilt_deg", "airspeed_mps"), [(10, 4.3), (20, 7.2), (30, 10.0), (45, 14.75)])
def test_trim_airspeeds_are_those_measured_on_sitl(tilt_deg, airspeed_mps):
    found = float(airspeed_at_tilt(SITL, np.radians(tilt_deg), air_density(63.0)))
    assert found == pytest.approx(airspeed_mps, rel=0.03)


@pytest.mark.parametrize(("height_m", "airspeed_mps"), [(63.0, 10.013), (113.0, 10.035)])
def test_thinner_air_is_faster_as_recorded(height_m, airspeed_mps):
    found = float(airspeed_at_tilt(SITL, np.radians(30.0), air_density(height_m)))
    assert found == pytest.approx(airspeed_mps, abs=0.01)


@pytest.mark.parametrize("heading_deg", [0.0, 20.0, 45.0, 90.0])
def test_thrust_weight_and_drag_add_up_to_nothing(heading_deg):
    air = np.array([[3.0], [8.0]])
    heading = np.radians(heading_deg)
    lean = balancing_lean(SITL, air, heading, 1.2)
    axes = body_axes(lean, np.array([heading]))
    velocity = np.concatenate([air, np.zeros((1, 1))])
    thrust = np.array([SITL.weight_n])
    for _ in range(30):
        drag = drag_n(SITL, axes, velocity, thrust, 1.2)
        thrust = (SITL.weight_n - drag[2]) / axes[2][2]
    total = axes[2] * thrust + drag
    total[2] -= SITL.weight_n
    assert np.abs(total).max() < 1e-4


def test_meeting_the_wind_diagonally_is_faster_than_nose_on():
    none = np.zeros(3)
    nose = np.radians([0.0, 45.0, 90.0])
    limit = np.tan(np.radians(30.0)) * np.ones(3)
    speeds = speed_along(SITL, none, none, heading_rad=nose, most_lean=limit, density=np.full(3, 1.2))
    assert speeds[1] > speeds[0] + 0.8
    assert speeds[2] == pytest.approx(speeds[0], abs=1e-3)


def test_a_head_wind_takes_its_speed_off_and_a_stronger_one_drives_back():
    along = np.array([0.0, -4.0, -8.0, -12.0])
    none = np.zeros(4)
    limit = np.full(4, np.tan(np.radians(30.0)))
    speeds = speed_along(SITL, along, none, heading_rad=none, most_lean=limit, density=np.full(4, 1.2176))
    assert speeds == pytest.approx(10.016 + along, abs=0.01)


def test_body_axes_are_right_handed_and_of_unit_length():
    lean = np.array([[0.3, -0.5], [0.1, 0.6]])
    forward, right, up = body_axes(lean, np.array([0.4, 2.0]))
    for axis in (forward, right, up):
        assert np.linalg.norm(axis, axis=0) == pytest.approx(1.0)
    assert np.cross(right, forward, axis=0) == pytest.approx(up)


@pytest.mark.parametrize("key", list(list_drones()))
def test_every_drone_reaches_its_top_speed_at_its_tilt_limit(key):
    row = find_drone(key)
    tilt = float(np.degrees(tilt_for_airspeed(airframe_of(row), row.max_speed_mps, air_density(0.0))))
    assert tilt == pytest.approx(row.tilt_limit_deg, abs=0.1)
