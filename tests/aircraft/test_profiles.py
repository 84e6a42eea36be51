"""Leg profiles: the limits hold, lengths are met, and the closed forms agree with integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfr.aircraft.profiles import distance_from_rest, leg_profile, time_to_cover

from ..examples import examples

DEFAULT = {"speed_mps": 10.0, "accel_mps2": 2.5, "jerk_mps3": 1.0, "snap_mps4": math.pi / 0.6}
EDGE_S = 0.3

limits = st.fixed_dictionaries(
    {
        "speed_mps": st.floats(0.3, 30.0),
        "accel_mps2": st.floats(0.3, 8.0),
        "jerk_mps3": st.floats(0.3, 20.0),
        "snap_mps4": st.floats(1.0, 100.0),
    }
)


@pytest.mark.parametrize("length_m", [68.1, 100.0, 500.0, 5000.0])
def test_a_long_leg_takes_length_over_speed_and_three_ramps(length_m):
    expected = length_m / 10.0 + 10.0 / 2.5 + 2.5 / 1.0 + EDGE_S
    assert float(leg_profile(length_m, **DEFAULT).total_s) == pytest.approx(expected, abs=1e-9)


@given(length_m=st.floats(0.05, 3000.0), bounds=limits)
@examples(60)
def test_no_limit_is_passed_and_the_length_is_met(length_m, bounds):
    profile = leg_profile(length_m, **bounds)
    total = float(profile.total_s)
    t_s = np.linspace(0.0, total, 4001)
    position = distance_from_rest(profile, t_s)
    step = t_s[1]
    speed = np.diff(position) / step
    accel = np.diff(speed) / step
    assert position[-1] == pytest.approx(length_m, rel=1e-9)
    assert speed.min() > -1e-6 * bounds["speed_mps"]
    assert speed.max() <= bounds["speed_mps"] * (1.0 + 1e-6)
    assert np.abs(accel).max() <= bounds["accel_mps2"] * 1.01 + 1e-3


@given(length_m=st.floats(1.0, 60.0), bounds=limits)
@settings(max_examples=30, deadline=None)
def test_the_distance_is_the_integral_of_the_jerk(length_m, bounds):
    """Speeding up, integrated from the jerk's own definition in small steps."""
    profile = leg_profile(length_m, **bounds)
    steps = 4000
    position = speed = accel = 0.0
    edge, hold, steady = float(profile.edge_s), float(profile.hold_s), float(profile.steady_s)
    parts = (
        (edge, 0, 1),
        (hold, 1, 1),
        (edge, 1, 0),
        (steady, 0, 0),
        (edge, 0, -1),
        (hold, -1, -1),
        (edge, -1, 0),
    )
    for length, start, end in parts:
        dt = length / steps
        middle = (np.arange(steps) + 0.5) / steps
        jerk = float(profile.jerk_mps3) * (0.5 * (start + end) + 0.5 * (start - end) * np.cos(np.pi * middle))
        gained = accel + np.cumsum(jerk) * dt - 0.5 * jerk * dt
        position += speed * length + np.sum(np.cumsum(gained) * dt - 0.5 * gained * dt) * dt
        speed += gained.sum() * dt
        accel += jerk.sum() * dt
    assert speed == pytest.approx(float(profile.speed_mps), rel=1e-4)
    assert position == pytest.approx(float(distance_from_rest(profile, profile.accelerating_s)), rel=1e-3)


@given(length_m=st.floats(0.1, 500.0), share=st.floats(0.01, 0.99), bounds=limits)
@examples(60)
def test_the_time_to_cover_a_distance_covers_it(length_m, share, bounds):
    profile = leg_profile(length_m, **bounds)
    t_s = time_to_cover(profile, share * length_m)
    assert float(distance_from_rest(profile, t_s)) == pytest.approx(share * length_m, abs=1e-3)


def test_short_legs_never_reach_the_speed_and_longer_ones_take_longer():
    profile = leg_profile(np.array([0.5, 2.0, 5.0, 20.0, 50.0]), **DEFAULT)
    assert (profile.speed_mps < 10.0).all()
    assert (np.diff(profile.total_s) > 0.0).all()
