"""Motor out: what the literature says of quad, hexa, octo and coaxial layouts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.redundancy import attainable_moments, control_left, holds_heading, motor_out
from dfr.aircraft.rotor_layouts import LAYOUTS

STUDY = find_drone("study-hexa")


@pytest.mark.parametrize(
    ("rotors", "controllable", "upright"), [(4, False, False), (6, False, True), (8, True, True)]
)
def test_quad_falls_hexa_turns_and_octo_flies_on(rotors, controllable, upright):
    """An alternating hexacopter keeps attitude but not heading (Du et al. 2015)."""
    left = motor_out(replace(STUDY, rotors=rotors))
    assert left.controllable is controllable
    assert left.upright_without_yaw is upright


@pytest.mark.parametrize(
    ("layout", "thrust_to_weight", "keep_heading"),
    [
        ("quad", 3.0, 0),
        ("hexa", 3.0, 0),  # Du and others 2014 (arXiv 1307.0276); Michieletto, Ryll and Franchi 2018
        ("hexa-ppnnpn", 3.0, 4),  # Du and others 2015; McKay, Niemiec and Gandhi 2018: four of six
        ("octo", 2.0, 8),
        ("x8", 2.0, 8),
        ("y6", 2.5, 6),  # Michieletto, Ryll and Franchi 2018: the Y-shaped hexarotor flies on five
    ],
)
def test_as_many_motors_may_stop_as_the_papers_say(layout, thrust_to_weight, keep_heading):
    left = motor_out(STUDY, layout=LAYOUTS[layout], thrust_to_weight=thrust_to_weight)
    assert (left.motors_keep_heading, left.motors) == (keep_heading, LAYOUTS[layout].rotors)


def test_the_two_motors_that_a_ppnnpn_cannot_lose_are_the_ones_beside_neighbours_of_the_other_turn():
    """Du and others 2015 find rotors 5 and 6 uncontrollable; the first four are not."""
    held = [holds_heading(LAYOUTS["hexa-ppnnpn"], stopped, thrust_to_weight=3.0) for stopped in range(6)]
    assert held == [True, True, True, True, False, False]


def test_a_degraded_hexacopter_needs_a_least_thrust_of_each_rotor_to_stay_upright():
    """With one rotor stopped and its opposite idle, four carry the weight: 1.5 times it in all six."""
    hexa = LAYOUTS["hexa"]
    assert not motor_out(STUDY, layout=hexa, thrust_to_weight=1.45).upright_without_yaw
    assert motor_out(STUDY, layout=hexa, thrust_to_weight=1.7).upright_without_yaw


def test_the_moments_of_a_quad_are_those_of_its_thrusts_at_their_ends():
    """Pitch with the yaw held: front pair at most, rear pair at none, twice the weight in all."""
    moments = attainable_moments(LAYOUTS["quad"], thrust_to_weight=2.0)
    assert moments[0] == pytest.approx([0.0, np.cos(np.pi / 4.0)], abs=1e-9)


def test_control_that_is_left_is_a_share_and_a_quad_has_none():
    assert control_left(LAYOUTS["quad"], thrust_to_weight=2.0) == 0.0
    assert 0.3 < control_left(LAYOUTS["octo"], thrust_to_weight=2.0) < 0.6


def test_more_thrust_holds_more_wind_and_too_little_none():
    octo = replace(STUDY, rotors=8)
    winds = [motor_out(octo, thrust_to_weight=share).wind_limit_mps for share in (1.3, 1.7, 2.2)]
    assert winds[0] == 0.0
    assert 0.0 < winds[1] < winds[2]


def test_an_octo_holds_less_wind_than_its_tilt_limit_would():
    octo = replace(STUDY, rotors=8)
    assert 0.8 * octo.max_speed_mps < motor_out(octo).wind_limit_mps < octo.max_speed_mps


def test_a_quad_holds_no_wind():
    assert motor_out(find_drone("dji-m3td")).wind_limit_mps == 0.0
