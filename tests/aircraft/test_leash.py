"""Legs of ArduCopter before 4.1, against legs that real drones flew."""

from __future__ import annotations

import numpy as np
import pytest

from dfr.aircraft.leash import LeashSettings, leash_path_seconds

COPTER_357 = LeashSettings(speed_mps=5.0, accel_mps2=1.0)
FLOWN_94_M_S = (24.6, 24.0, 23.2, 23.0, 23.4)
"""From the end of the climb to within 2 m, five flights of one quad with Copter 3.5.7 in one light wind."""

COPTER_321 = LeashSettings(speed_mps=20.0, accel_mps2=1.0)
FLOWN_207_M_S = 25.9
"""From stop to stop, a quad with Copter 3.2.1 and a waypoint radius of 53 m."""


def straight(length_m: float) -> np.ndarray:
    return np.array([[0.0, 0.0], [0.0, length_m]])


def test_a_leg_takes_as_long_as_five_real_flights_did() -> None:
    seconds = leash_path_seconds(straight(94.5), COPTER_357)
    assert seconds == pytest.approx(np.median(FLOWN_94_M_S), rel=0.03)


def test_a_fast_leg_takes_about_as_long_as_a_real_one_did() -> None:
    assert leash_path_seconds(straight(207.0), COPTER_321) == pytest.approx(FLOWN_207_M_S, rel=0.08)


def test_a_waypoint_on_the_way_costs_nothing_and_a_corner_a_little() -> None:
    whole = leash_path_seconds(straight(200.0), COPTER_357)
    halves = leash_path_seconds(np.array([[0.0, 0.0], [0.0, 100.0], [0.0, 200.0]]), COPTER_357)
    corner = leash_path_seconds(np.array([[0.0, 0.0], [0.0, 100.0], [100.0, 100.0]]), COPTER_357)
    assert whole is not None
    assert halves == pytest.approx(whole, abs=0.2)
    assert corner is not None
    assert whole - 5.0 < corner < whole + 5.0


def test_a_longer_leg_takes_longer_by_its_speed() -> None:
    one, two = (leash_path_seconds(straight(length), COPTER_357) for length in (300.0, 400.0))
    assert one is not None
    assert two == pytest.approx(one + 20.0, abs=0.1)
