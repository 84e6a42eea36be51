"""Motor out: what the literature says of quad, hexa and octo."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.redundancy import motor_out

STUDY = find_drone("study-hexa")


@pytest.mark.parametrize(
    ("rotors", "controllable", "upright"), [(4, False, False), (6, False, True), (8, True, True)]
)
def test_quad_falls_hexa_turns_and_octo_flies_on(rotors, controllable, upright):
    """An alternating hexacopter keeps attitude but not heading (Du et al. 2015)."""
    left = motor_out(replace(STUDY, rotors=rotors))
    assert left.controllable is controllable
    assert left.upright_without_yaw is upright


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
