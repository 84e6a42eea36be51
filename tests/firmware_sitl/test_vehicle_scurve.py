"""The S-curve of a leg: its time by the closed form, its shape without jumps, its limits kept."""

from __future__ import annotations

from itertools import pairwise
from math import pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sitl.vehicle.scurve import CurveLimits, SCurve

from ..examples import examples

INPUT_TC_S = 0.15


def _limits(*, speed: float = 10.0, accel: float = 2.5, jerk: float = 1.0) -> CurveLimits:
    return CurveLimits(
        speed_mps=speed, accel_mps2=accel, jerk_mps3=jerk, snap_mps4=0.5 * jerk * pi / (2.0 * INPUT_TC_S)
    )


@pytest.mark.parametrize("length_m", [70.0, 100.0, 500.0, 2000.0])
def test_a_long_leg_takes_as_long_as_the_closed_form_says(length_m: float) -> None:
    expected = length_m / 10.0 + 10.0 / 2.5 + 2.5 / 1.0 + 2.0 * INPUT_TC_S
    assert SCurve(length_m, _limits()).end_s == pytest.approx(expected, abs=1e-6)


@examples(60)
@given(
    length_m=st.floats(0.01, 3000.0),
    speed=st.floats(0.5, 25.0),
    accel=st.floats(0.5, 8.0),
    jerk=st.floats(0.5, 8.0),
    start_share=st.floats(0.0, 1.0),
)
def test_a_leg_is_smooth_keeps_its_limits_and_ends_at_rest_at_its_end(
    length_m: float, speed: float, accel: float, jerk: float, start_share: float
) -> None:
    limits = _limits(speed=speed, accel=accel, jerk=jerk)
    start = start_share * min(speed, (0.2 * accel * length_m) ** 0.5, (0.1 * jerk * length_m**2) ** (1 / 3))
    curve = SCurve(length_m, limits, start_mps=start)
    times = [curve.end_s * i / 400 for i in range(401)]
    states = [curve.state_at(t) for t in times]
    assert states[-1][0] == pytest.approx(length_m, rel=1e-6)
    assert curve.state_at(curve.end_s * (1 - 1e-9))[0] == pytest.approx(length_m, rel=1e-3)
    for (_, (d0, v0, a0)), (_, (d1, v1, a1)) in pairwise(zip(times, states, strict=True)):
        assert d1 >= d0 - 1e-9
        assert v0 <= speed * (1 + 1e-6)
        assert abs(a0) <= accel * (1 + 1e-6)
        step = curve.end_s / 400
        assert abs(v1 - v0) <= accel * step * (1 + 1e-6) + 1e-9
        assert abs(a1 - a0) <= jerk * step * (1 + 1e-6) + 1e-6


def test_a_leg_of_no_length_takes_no_time() -> None:
    assert SCurve(0.0, _limits()).end_s == 0.0
