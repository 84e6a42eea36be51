"""The vectorised multirotor: steady flight is the trim's, and the step size does not matter."""

from __future__ import annotations

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.dynamics import LoopGains, PositionLoop, QuadDynamics
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.trim import airframe_of, airspeed_at_tilt, balancing_lean
from dfr.units import GRAVITY_MPS2

SITL = airframe_of(find_drone("arducopter-sitl-quad"))
STILL = np.zeros((3, 1))


@pytest.mark.parametrize("tilt_deg", [10.0, 20.0, 30.0, 45.0])
def test_a_held_tilt_settles_at_its_trim_airspeed(tilt_deg):
    body = QuadDynamics(SITL, vehicles=1, density=1.2)
    lean = np.array([[0.0], [np.tan(np.radians(tilt_deg))]])
    for _ in range(3000):
        body.step(lean, np.zeros(1), STILL, 0.02)
    expected = float(airspeed_at_tilt(SITL, np.radians(tilt_deg), 1.2))
    assert body.velocity_mps[1, 0] == pytest.approx(expected, rel=1e-4)
    assert np.degrees(body.tilt_rad()[0]) == pytest.approx(tilt_deg, abs=1e-6)


def test_without_drag_a_lean_accelerates_by_gravity_times_it():
    bare = type(SITL)(mass_kg=3.0, disc_area_m2=0.385, drag_area_m2=0.0, momentum_drag=0.0)
    body = QuadDynamics(bare, vehicles=2)
    body.lean = np.array([[0.0, 0.1], [0.2, 0.0]])
    assert body.acceleration(np.zeros((3, 2)))[:2] == pytest.approx(GRAVITY_MPS2 * body.lean)


def hovering(dt_s: float, wind_mps: float) -> np.ndarray:
    """Positions every second of a hover that a step of wind hits."""
    body = QuadDynamics(SITL, vehicles=1)
    loop = PositionLoop(LoopGains.from_settings(FlightSettings()), vehicles=1)
    wind = np.array([[0.0], [wind_mps], [0.0]])
    track = []
    every = round(1.0 / dt_s)
    for step in range(20 * every):
        lean = loop.lean_command(-body.position_m[:2], body.velocity_mps[:2], dt_s)
        body.step(lean, np.zeros(1), wind, dt_s)
        if step % every == every - 1:
            track.append(body.position_m[1, 0])
    return np.array(track)


def test_the_time_step_does_not_change_the_flight():
    coarse, fine = hovering(0.02, 6.0), hovering(0.0025, 6.0)
    assert np.abs(coarse - fine).max() < 0.06 * np.abs(fine).max()


def test_a_step_of_wind_pushes_the_drone_off_and_it_comes_back():
    track = hovering(0.01, 6.0)
    assert 0.3 < track.max() < 3.0
    assert abs(track[-1]) < 0.05


def test_a_wind_past_the_tilt_limit_carries_the_drone_away():
    assert hovering(0.02, 12.0)[-1] > 15.0


def test_the_lean_command_keeps_the_tilt_limit():
    loop = PositionLoop(LoopGains.from_settings(FlightSettings()), vehicles=3)
    errors = np.array([[100.0, -3.0, 0.0], [0.0, 50.0, 0.1]])
    lean = loop.lean_command(errors, np.zeros((2, 3)), 0.02)
    assert np.hypot(lean[0], lean[1]).max() <= np.tan(np.radians(30.0)) + 1e-12


def test_a_saturated_lean_does_not_wind_the_integrator_up():
    loop = PositionLoop(LoopGains.from_settings(FlightSettings()), vehicles=1)
    for _ in range(2000):
        loop.lean_command(np.array([[0.0], [50.0]]), np.zeros((2, 1)), 0.02)
    assert np.hypot(*loop.integral)[0] < 1.0


def test_vehicles_do_not_touch_each_other():
    winds = np.array([[0.0, 0.0], [3.0, 9.0], [0.0, 0.0]])
    both = QuadDynamics(SITL, vehicles=2)
    alone = QuadDynamics(SITL, vehicles=1)
    lean = balancing_lean(SITL, -winds[:2], 0.0, 1.2)
    for _ in range(50):
        both.step(lean, np.zeros(2), winds, 0.02)
        alone.step(lean[:, 1:], np.zeros(1), winds[:, 1:], 0.02)
    assert both.position_m[:, 1] == pytest.approx(alone.position_m[:, 0])
