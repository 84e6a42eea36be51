"""A pilot's sticks: taking off, sinking, turning, and what a raised or a lost throttle forbids."""

from __future__ import annotations

from math import degrees

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing, take_off

LOW, MIDDLE, RAISED = 1000, 1500, 1700
RIGHT, LEFT_ALONE = 1580, 65535


def _move(vehicle: BuiltinVehicle, *, throttle: int = LEFT_ALONE, yaw: int = LEFT_ALONE) -> None:
    vehicle.state.parameters["RC_OVERRIDE_TIME"] = -1.0
    vehicle.state.aircraft.sticks.take_override([LEFT_ALONE, LEFT_ALONE, throttle, yaw])


def _armed_in(mode: int, **defaults: float) -> BuiltinVehicle:
    vehicle = standing(defaults=defaults)
    assert change_mode(vehicle.state, mode)
    assert arming.arm_vehicle(vehicle.state)
    return vehicle


def _said(vehicle: BuiltinVehicle) -> list[str]:
    return [text for _, text in vehicle.state.aircraft.says]


@pytest.mark.parametrize("mode", [modes.ALT_HOLD, modes.LOITER, modes.POSHOLD])
def test_a_raised_throttle_takes_off_and_its_middle_holds_the_height(mode: int) -> None:
    vehicle = _armed_in(mode)
    _move(vehicle, throttle=RAISED)
    fly(vehicle, 15.0)
    _move(vehicle, throttle=MIDDLE)
    fly(vehicle, 15.0)
    height_m = vehicle.state.aircraft.height_m
    assert height_m > 5.0
    fly(vehicle, 5.0)
    assert vehicle.state.aircraft.height_m == pytest.approx(height_m, abs=1.0)


@pytest.mark.parametrize(("throttle", "rises"), [(1300, False), (1600, True)])
def test_in_stabilize_it_rises_once_the_thrust_carries_it(throttle: int, rises: bool) -> None:
    vehicle = _armed_in(modes.STABILIZE)
    _move(vehicle, throttle=throttle)
    fly(vehicle, 8.0)
    assert vehicle.state.aircraft.body.on_ground is not rises


def test_drag_slows_a_climb_at_the_throttle_that_hovers_and_a_landing_takes_over_gently() -> None:
    vehicle = _armed_in(modes.STABILIZE)
    _move(vehicle, throttle=2000)
    fly(vehicle, 7.0)
    body = vehicle.state.aircraft.body
    fast = body.v_up
    _move(vehicle, throttle=MIDDLE)
    fly(vehicle, 1.0)
    assert 0.3 * fast < body.v_up < 0.8 * fast
    before = body.v_up
    assert change_mode(vehicle.state, modes.LAND)
    fly(vehicle, 0.5)
    assert before - body.v_up < 4.0
    fly(vehicle, 15.0)
    assert body.v_up == pytest.approx(-1.5, abs=0.1)


@pytest.mark.parametrize("throttle", [LOW, MIDDLE])
def test_without_a_raised_throttle_it_stays_on_the_ground(throttle: int) -> None:
    vehicle = _armed_in(modes.LOITER)
    _move(vehicle, throttle=throttle)
    fly(vehicle, 8.0)
    assert vehicle.state.aircraft.body.on_ground


@pytest.mark.parametrize("mode", [modes.GUIDED, modes.BRAKE])
def test_modes_without_a_pilot_do_not_take_off_by_the_stick(mode: int) -> None:
    vehicle = _armed_in(modes.LOITER)
    change_mode(vehicle.state, mode)
    _move(vehicle, throttle=RAISED)
    fly(vehicle, 8.0)
    assert vehicle.state.aircraft.body.on_ground


def test_a_takeoff_by_the_stick_climbs_to_the_height_that_is_set() -> None:
    vehicle = _armed_in(modes.LOITER, PILOT_TKOFF_ALT=700.0)
    _move(vehicle, throttle=RAISED)
    fly(vehicle, 8.0)
    _move(vehicle, throttle=MIDDLE)
    fly(vehicle, 12.0)
    assert vehicle.state.aircraft.height_m == pytest.approx(7.0, abs=0.5)


def test_the_stick_climbs_and_turns_as_fast_as_arducopters() -> None:
    """RC3_DZ 30 and THR_DZ 100 leave 0.64 m/s of 2.5 at 1700 µs; RC4_DZ 20 leaves 25 °/s of 202.5 at 1580."""
    vehicle = _armed_in(modes.LOITER)
    _move(vehicle, throttle=RAISED, yaw=RIGHT)
    sticks = vehicle.state.aircraft.sticks
    assert sticks.climb_rate() == pytest.approx(0.639, abs=0.001)
    assert degrees(sticks.turn_rate()) == pytest.approx(25.3, abs=0.1)
    _move(vehicle, throttle=LOW)
    assert sticks.climb_rate() == pytest.approx(-2.5)


@pytest.mark.parametrize(("system", "taken"), [(255, True), (245, False)])
def test_only_the_vehicles_own_ground_station_moves_the_sticks(system: int, taken: bool) -> None:
    """SYSID_MYGCS is 255; MAVSDK, which is 245, moves none."""
    vehicle = standing()
    message = mavlink.MAVLink_manual_control_message(1, 0, 0, 900, 0, 0)
    message.pack(mavlink.MAVLink(None, srcSystem=system, srcComponent=190))
    vehicle.receive_message(Channel(vehicle.state, 0), message)
    assert (vehicle.state.aircraft.sticks.channels[2] == 1900) is taken


@pytest.mark.parametrize("dead", [-32768.0, 0.0, 470.0, 500.0, 1000.0, 32767.0])
@pytest.mark.parametrize("pulse_us", [0, 800, LOW, MIDDLE, 2000, 2200, 65533])
def test_no_dead_zone_however_senseless_ends_the_vehicle(dead: float, pulse_us: int) -> None:
    zones = {f"RC{channel}_DZ": dead for channel in range(1, 5)} | {"THR_DZ": dead}
    vehicle = standing(0.1, defaults=zones)
    vehicle.state.aircraft.sticks.take_override([pulse_us] * 4)
    sticks = vehicle.state.aircraft.sticks
    for value in (sticks.throttle, sticks.climb_rate(), sticks.turn_rate(), sticks.read_axis(0)):
        assert -10.0 < value < 10.0


def test_a_throttle_below_the_failsafe_value_is_a_lost_radio_until_it_rises() -> None:
    vehicle = take_off(standing(), 10.0, seconds=15.0)
    assert change_mode(vehicle.state, modes.LOITER)
    _move(vehicle, throttle=900)
    fly(vehicle, 1.0)
    assert vehicle.state.mode.number == modes.RTL
    _move(vehicle, throttle=MIDDLE)
    fly(vehicle, 0.5)
    assert not vehicle.state.failsafes.radio_lost


def test_a_throttle_below_the_failsafe_value_bars_arming() -> None:
    vehicle = standing()
    _move(vehicle, throttle=900)
    fly(vehicle, 1.0)
    assert "Throttle below failsafe" in arming.arming_problems(vehicle.state)


@pytest.mark.parametrize(
    ("mode", "throttle", "refused"),
    [
        (modes.STABILIZE, 1100, True),
        (modes.STABILIZE, LOW, False),
        (modes.LOITER, MIDDLE, False),
        (modes.LOITER, RAISED, True),
        (modes.GUIDED, RAISED, False),
    ],
)
def test_a_raised_throttle_bars_arming_but_where_no_pilot_flies(
    mode: int, throttle: int, refused: bool
) -> None:
    vehicle = standing()
    assert change_mode(vehicle.state, mode)
    _move(vehicle, throttle=throttle)
    assert ("Throttle too high" in arming.arming_problems(vehicle.state)) is refused


@pytest.mark.parametrize(("throttle", "refused"), [(LOW, False), (RAISED, True)])
def test_on_the_ground_a_raised_throttle_bars_the_change_to_a_manual_mode(
    throttle: int, refused: bool
) -> None:
    vehicle = _armed_in(modes.GUIDED)
    _move(vehicle, throttle=throttle)
    assert change_mode(vehicle.state, modes.STABILIZE) is not refused
    assert ("Mode change to STABILIZE failed: throttle too high" in _said(vehicle)) is refused
