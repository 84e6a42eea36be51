"""The transmitter's switch of flight modes: how a pilot with a transmitter takes a vehicle over."""

from __future__ import annotations

import pytest

from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing, take_off

LEFT_ALONE = 65535


def _turn_to(vehicle: BuiltinVehicle, pulse_us: int, *, channel: int = 5) -> None:
    vehicle.state.parameters["RC_OVERRIDE_TIME"] = -1.0
    vehicle.state.aircraft.sticks.take_override([LEFT_ALONE] * (channel - 1) + [pulse_us])


@pytest.mark.parametrize(
    ("pulse_us", "mode"),
    [
        (1000, modes.CIRCLE), (1230, modes.CIRCLE), (1231, modes.LAND), (1360, modes.LAND),
        (1361, modes.RTL), (1490, modes.RTL), (1491, modes.AUTO), (1621, modes.LOITER), (1749, modes.LOITER),
    ],
)  # fmt: skip
def test_each_of_the_switchs_positions_is_its_mode(pulse_us: int, mode: int) -> None:
    vehicle = standing()
    _turn_to(vehicle, pulse_us)
    fly(vehicle, 0.5)
    assert vehicle.state.mode.number == mode


def test_a_pilot_takes_over_and_a_ground_station_may_change_the_mode_again() -> None:
    vehicle = take_off(standing(), 10.0, seconds=15.0)
    _turn_to(vehicle, 1700)
    fly(vehicle, 0.5)
    assert vehicle.state.mode.number == modes.LOITER
    vehicle.state.mode = vehicle.state.guided
    fly(vehicle, 2.0)
    assert vehicle.state.mode.number == modes.GUIDED


@pytest.mark.parametrize("seconds", [0.1, 30.0])
def test_where_the_switch_stands_at_power_on_changes_nothing(seconds: float) -> None:
    vehicle = standing(seconds, defaults={"INITIAL_MODE": 4.0})
    assert vehicle.state.mode.number == modes.GUIDED


def test_a_switch_that_is_only_passed_through_is_not_obeyed() -> None:
    vehicle = standing()
    _turn_to(vehicle, 1400)
    fly(vehicle, 0.1)
    _turn_to(vehicle, 1800)
    fly(vehicle, 1.0)
    assert vehicle.state.mode.number == modes.STABILIZE


@pytest.mark.parametrize(
    ("pulse_us", "parameters"),
    [(800, {}), (2200, {}), (1000, {"FLTMODE_CH": 0.0}), (1000, {"SIM_RC_FAIL": 1.0})],
)
def test_no_position_is_no_change(pulse_us: int, parameters: dict[str, float]) -> None:
    vehicle = standing(defaults=parameters)
    _turn_to(vehicle, pulse_us)
    fly(vehicle, 0.5)
    assert vehicle.state.mode.number == modes.STABILIZE


def test_another_channel_may_be_the_switch() -> None:
    vehicle = standing(defaults={"FLTMODE_CH": 8.0})
    _turn_to(vehicle, 1000, channel=8)
    fly(vehicle, 0.5)
    assert vehicle.state.mode.number == modes.CIRCLE
