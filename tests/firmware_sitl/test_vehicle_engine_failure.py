"""SIM_ENGINE_FAIL: a motor gone brings a quadrotor down, one that is a little weak does not."""

from __future__ import annotations

import pytest

from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing, take_off

HEIGHT_M = 20.0


@pytest.fixture
def hovering() -> BuiltinVehicle:
    return take_off(standing(), HEIGHT_M, seconds=25.0)


def test_a_motor_gone_brings_it_down_hard_and_leaves_it_armed_and_not_landed(hovering):
    """As the real one was seen to do: its simulator stands a wreck upright, so no angle gives it away."""
    hovering.state.parameters["SIM_ENGINE_FAIL"] = 2
    fly(hovering, 60.0)
    body = hovering.state.aircraft.body
    assert body.on_ground
    assert (body.hit_ground_mps or 0.0) > 10.0
    assert hovering.state.aircraft.motors.armed
    assert not hovering.state.aircraft.landed


def test_a_weak_motor_is_borne(hovering):
    hovering.state.parameters["SIM_ENGINE_FAIL"] = 1
    hovering.state.parameters["SIM_ENGINE_MUL"] = 0.8
    fly(hovering, 8.0)
    assert hovering.state.aircraft.body.up == pytest.approx(HEIGHT_M, abs=1.0)
    assert hovering.state.aircraft.motors.armed
