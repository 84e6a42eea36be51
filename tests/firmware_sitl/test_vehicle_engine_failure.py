"""SIM_ENGINE_FAIL: a motor gone brings a quadrotor down, one that is a little weak does not."""

from __future__ import annotations

import pytest

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.identity import Settings
from firmware_sitl.vehicle.vehicle import STEP_S, Vehicle

HEIGHT_M = 20.0


@pytest.fixture
def hovering() -> Vehicle:
    vehicle = Vehicle(Settings(lat_deg=50.7810, lon_deg=-1.0890, altitude_m=3.0, heading_deg=0.0))
    vehicle.link_clock = lambda: vehicle.craft.t_s
    fly(vehicle, 6.0)
    assert vehicle.change_mode(modes.GUIDED)
    assert arming.arm(vehicle)
    assert vehicle.mode.take_off(HEIGHT_M)
    fly(vehicle, 25.0)
    return vehicle


def fly(vehicle: Vehicle, seconds: float) -> None:
    for _ in range(round(seconds / STEP_S)):
        vehicle.step()


def test_a_motor_gone_brings_it_down_hard_and_disarms_it(hovering):
    hovering.parameters["SIM_ENGINE_FAIL"] = 2
    hovering.parameters["SIM_ENGINE_MUL"] = 0.0
    fly(hovering, 8.0)
    body = hovering.craft.body
    assert body.on_ground
    assert (body.hit_ground_mps or 0.0) > 10.0
    assert not hovering.craft.motors.armed


def test_a_weak_motor_is_borne(hovering):
    hovering.parameters["SIM_ENGINE_FAIL"] = 1
    hovering.parameters["SIM_ENGINE_MUL"] = 0.8
    fly(hovering, 8.0)
    assert hovering.craft.body.up == pytest.approx(HEIGHT_M, abs=1.0)
    assert hovering.craft.motors.armed


def test_a_mask_without_a_multiplier_changes_nothing(hovering):
    hovering.parameters["SIM_ENGINE_FAIL"] = 15
    fly(hovering, 4.0)
    assert hovering.craft.body.up == pytest.approx(HEIGHT_M, abs=0.5)
