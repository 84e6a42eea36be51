"""The land detector on the pad, and how far off a marker seems to a leaning drone."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dfr.aircraft.dynamics import LoopGains
from dfr.aircraft.precision import offset_stretch
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.touchdown import Contact, disarmed_after_s
from dfr.units import GRAVITY_MPS2

GAINS = LoopGains.from_settings(FlightSettings())


def after_s(*, lean_deg: float, upwind_m: float = 0.0) -> float:
    """When a drone that held a lean to the north, and stands so far north of its target, is disarmed."""
    lean = np.array([[0.0], [math.tan(math.radians(lean_deg))]])
    none = np.zeros((2, 1))
    error = np.array([[0.0], [-upwind_m]])
    # The velocity error of a drone that stands still: what the position loop wants.
    contact = Contact(
        error_m=error,
        integral=GRAVITY_MPS2 * lean,
        velocity_error=GAINS.position_p * error,
        slope=none,
        limit=none,
        lean_target=lean,
    )
    return float(disarmed_after_s(contact, GAINS, input_tc_s=0.15)[0])


def test_a_drone_that_leans_little_is_disarmed_a_second_after_its_throttle_is_down():
    # Recorded: the detector begins 0.58 s after contact and wants a second.
    assert after_s(lean_deg=10.0) == pytest.approx(1.58, abs=0.05)


@pytest.mark.parametrize(("lean_deg", "ends"), [(14.8, True), (15.2, False), (25.0, False)])
def test_a_drone_that_leans_fifteen_degrees_stands_with_its_motors_running(lean_deg, ends):
    assert math.isfinite(after_s(lean_deg=lean_deg)) is ends


def test_the_integral_decides_where_the_drone_stands_off_its_target():
    # Downwind of it the lean grows past 15 degrees before a second has passed; upwind it falls below.
    assert math.isinf(after_s(lean_deg=13.0, upwind_m=-0.25))
    assert math.isinf(after_s(lean_deg=15.8))
    assert 1.5 < after_s(lean_deg=15.8, upwind_m=0.3) < 6.0


def test_a_lean_that_is_small_only_for_the_error_grows_again_when_that_is_let_go():
    assert math.isinf(after_s(lean_deg=15.8, upwind_m=0.1))


def test_once_landing_is_likely_the_target_comes_to_the_drone():
    # The growth of ten seconds at 0.1 m off would pass 15 degrees; 0.2 s of detecting ends it.
    assert after_s(lean_deg=14.0, upwind_m=-0.03) == pytest.approx(1.58, abs=0.1)


@pytest.mark.parametrize("lean", [(0.0, 0.0), (0.0, 0.4), (0.3, -0.2)])
@pytest.mark.parametrize("offset", [(0.2, 0.1), (-0.3, 0.4)])
def test_a_marker_seems_as_far_off_as_arducopter_computes(lean, offset):
    """AC_PrecLand::construct_pos_meas_using_rangefinder, with vectors: north is 1, down is -2."""
    height = 2.0
    axis = np.array([-lean[0], -lean[1], -1.0])
    axis /= np.linalg.norm(axis)
    true = np.array([*offset, -height])
    ranged = height / -axis[2]
    unit = true / np.linalg.norm(true)
    estimate = unit * ranged / (unit @ axis)
    column = np.array(offset)[:, None]
    found = column * offset_stretch(column, np.array([height]), np.array(lean)[:, None])
    assert found[:, 0] == pytest.approx(estimate[:2])
