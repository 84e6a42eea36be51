"""Each reason not to arm, in ArduCopter's words, and what takes it away; what a failsafe's number means."""

from __future__ import annotations

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.arming import arming_problems, battery_problem, prearm_problems
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.failsafes import (
    FailsafeAction,
    action_of,
    carry_out,
    watch_failsafes,
)
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing


@pytest.fixture
def ready() -> BuiltinVehicle:
    """One that nothing keeps from arming in GUIDED."""
    vehicle = standing()
    assert change_mode(vehicle.state, modes.GUIDED)
    assert arming_problems(vehicle.state) == []
    return vehicle


@pytest.fixture
def aloft(ready: BuiltinVehicle) -> BuiltinVehicle:
    """The same, armed and put 20 m above home without flying there."""
    assert arming.arm_vehicle(ready.state)
    ready.state.aircraft.landed = False
    ready.state.aircraft.body.up = 20.0
    return ready


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, None),
        ({"BATT_ARM_VOLT": 99.0}, "below minimum arming voltage"),
        ({"BATT_ARM_MAH": 1e6}, "below minimum arming capacity"),
        ({"BATT_LOW_VOLT": 99.0}, "low voltage failsafe"),
        ({"BATT_LOW_MAH": 1e6}, "low capacity failsafe"),
        ({"BATT_CRT_VOLT": 99.0}, "critical voltage failsafe"),
        ({"BATT_CRT_MAH": 1e6}, "critical capacity failsafe"),
        ({"BATT_LOW_MAH": 100.0, "BATT_CRT_MAH": 100.0}, "capacity failsafe critical >= low"),
        ({"BATT_LOW_MAH": 101.0, "BATT_CRT_MAH": 100.0}, None),
        ({"BATT_LOW_VOLT": 5.0, "BATT_CRT_VOLT": 6.0}, "voltage failsafe critical >= low"),
        ({"BATT_LOW_VOLT": 0.0, "BATT_CRT_VOLT": 6.0}, None),
        ({"BATT_ARM_MAH": 1e6, "BATT_ARM_VOLT": 99.0}, "below minimum arming voltage"),
    ],
)
def test_the_battery_says_what_is_wrong_with_it(ready, parameters, words):
    for name, value in parameters.items():
        ready.state.parameters[name] = value
    assert battery_problem(ready.state.aircraft.battery, ready.state.parameters) == words
    assert arming_problems(ready.state) == ([f"Battery 1 {words}"] if words else [])


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"SIM_MAG1_FAIL": 1.0}, "Compass not healthy"),
        ({"SIM_MAG3_FAIL": 1.0}, "Compass not healthy"),
        ({"SIM_RC_FAIL": 1.0, "FS_THR_ENABLE": 1.0}, "RC not found"),
        ({"SIM_RC_FAIL": 1.0, "FS_THR_ENABLE": 0.0}, None),
        ({"FENCE_ENABLE": 1.0, "FENCE_TYPE": 0.0}, "Fences enabled, but none selected"),
    ],
)
def test_each_check_bars_arming_unless_the_checks_are_switched_off(ready, parameters, words):
    for name, value in parameters.items():
        ready.state.parameters[name] = value
    assert prearm_problems(ready.state) == ([words] if words else [])
    assert arming.arm_vehicle(ready.state) is (words is None)
    ready.state.parameters["ARMING_CHECK"] = 0.0
    assert arming_problems(ready.state) == []
    assert arming.arm_vehicle(ready.state)


def test_the_safety_switch_a_lost_station_and_a_battery_failsafe_bar_arming(ready):
    state = ready.state
    state.safety_on = True
    assert prearm_problems(state) == ["Hardware safety switch"]
    state.safety_on, state.failsafes.gcs_lost = False, True
    assert prearm_problems(state) == [], "nobody asked for the failsafe"
    state.parameters["FS_GCS_ENABLE"] = 1.0
    assert prearm_problems(state) == ["GCS failsafe on"]
    state.failsafes.gcs_lost, state.failsafes.battery_critical = False, True
    assert prearm_problems(state) == ["Battery failsafe"]
    state.failsafes.battery_critical, state.failsafes.battery_low = False, True
    assert prearm_problems(state) == ["Battery failsafe"]


def test_modes_that_fly_themselves_refuse_arming_and_auto_wants_a_mission(ready):
    assert change_mode(ready.state, modes.LAND)
    assert arming_problems(ready.state) == ["Mode not armable"]
    assert prearm_problems(ready.state) == [], "SYS_STATUS does not count the mode"
    assert arming.arm_vehicle(ready.state, force=True)


def test_in_flight_the_motors_stop_by_force_alone(aloft):
    assert not arming.disarm_vehicle(aloft.state)
    assert aloft.state.aircraft.motors.armed
    assert arming.disarm_vehicle(aloft.state, force=True)
    assert not aloft.state.aircraft.motors.armed
    assert arming.disarm_vehicle(aloft.state), "nothing is left to do"


@pytest.mark.parametrize(
    ("number", "mode"),
    [
        (1, modes.RTL),
        (2, modes.RTL),
        (5, modes.LAND),
        (7, modes.BRAKE),
        (99, modes.RTL),
    ],
)
def test_a_lost_station_is_answered_as_its_parameter_says(aloft, number, mode):
    """FS_GCS_ENABLE; a number that stands for nothing means RTL."""
    state = aloft.state
    state.parameters["FS_GCS_ENABLE"] = float(number)
    state.failsafes.hear_gcs(0.0, state.link_s - 100.0)
    watch_failsafes(state, 4.9)
    assert state.mode.number == modes.GUIDED, "FS_GCS_TIMEOUT is 5 s"
    watch_failsafes(state, 5.1)
    assert state.failsafes.gcs_lost
    assert state.mode.number == mode


@pytest.mark.parametrize(
    ("action", "mode"),
    [
        (FailsafeAction.NONE, modes.GUIDED),
        (None, modes.GUIDED),
        (FailsafeAction.LAND, modes.LAND),
        (FailsafeAction.RTL, modes.RTL),
        (FailsafeAction.LANDING_SEQUENCE, modes.RTL),
        (FailsafeAction.BRAKE_OR_LAND, modes.BRAKE),
    ],
)
def test_an_action_tries_its_modes_in_turn(aloft, action, mode):
    """Without a mission there is no landing sequence, so that RTL comes next."""
    carry_out(aloft.state, action)
    assert aloft.state.mode.number == mode
    assert aloft.state.aircraft.motors.armed


def test_terminate_stops_the_motors_in_the_air(aloft):
    carry_out(aloft.state, FailsafeAction.TERMINATE)
    assert not aloft.state.aircraft.motors.armed


def test_a_number_that_stands_for_no_action_is_none():
    assert [action_of(value) for value in (0.0, 2.0, 5.0, 8.0, -1.0)] == [
        FailsafeAction.NONE,
        FailsafeAction.RTL,
        FailsafeAction.TERMINATE,
        None,
        None,
    ]


def test_arming_makes_the_place_home_unless_a_ground_station_has_said_where_home_is(ready: BuiltinVehicle):
    """ArduCopter locks the home that a ground station sets, until it is rebooted."""
    state = ready.state
    state.aircraft.body.north = 5.0
    assert arming.arm_vehicle(state)
    assert state.aircraft.home[0] == pytest.approx(5.0)
    arming.disarm_vehicle(state)
    elsewhere = mavlink.MAVLink_set_home_position_message(
        1,
        round((state.aircraft.origin.lat_deg + 0.001) * 1e7),
        -10890000,
        23000,
        0,
        0,
        0,
        [1, 0, 0, 0],
        0,
        0,
        0,
    )
    elsewhere.pack(mavlink.MAVLink(None, srcSystem=255, srcComponent=190))
    ready.receive_message(Channel(state, 0), elsewhere)
    home = state.aircraft.home
    assert home[0] > 100.0
    assert arming.arm_vehicle(state)
    assert state.aircraft.home == home
    assert not ready.after_reboot().state.home_locked


def test_the_parameter_that_counts_the_mission_counts_home_too(ready: BuiltinVehicle):
    parameters, mission = ready.state.parameters, ready.state.mission
    assert parameters["MIS_TOTAL"] == 1
    mission.begin_upload(3)
    for seq in range(3):
        mission.put_item(seq, WireItem(command=16, x=507810000, y=-10890000, z=20.0, frame=3))
    assert parameters["MIS_TOTAL"] == 3
    assert ready.after_reboot().state.parameters["MIS_TOTAL"] == 3
    mission.clear_items()
    assert parameters["MIS_TOTAL"] == 0


@pytest.mark.parametrize(
    ("mode", "fenced", "words"),
    [(modes.GUIDED, 0.0, True), (modes.STABILIZE, 0.0, False), (modes.STABILIZE, 1.0, True)],
)
def test_a_bad_fix_bars_arming_where_mode_or_fence_wants_a_position(ready, mode, fenced, words):
    state = ready.state
    assert change_mode(state, mode)
    state.parameters["FENCE_TYPE"], state.parameters["FENCE_ENABLE"] = 1.0, fenced
    assert "GPS 1: Bad fix" not in prearm_problems(state)
    state.parameters["SIM_GPS1_ENABLE"] = 0.0
    fly(ready, 2.0)
    assert ("GPS 1: Bad fix" in prearm_problems(state)) is words


def test_arming_an_armed_vehicle_changes_nothing(aloft):
    home, said = aloft.state.aircraft.home, []
    aloft.state.aircraft.say = lambda _, text: said.append(text)
    aloft.state.aircraft.body.north = 30.0
    assert arming.arm_vehicle(aloft.state)
    assert aloft.state.aircraft.home == home
    assert (said, aloft.state.aircraft.landed) == ([], False)


def test_gyros_settle_before_anybody_arms():
    assert "Gyros still settling" in prearm_problems(standing(0.5).state)
    assert "Gyros still settling" not in prearm_problems(standing().state)
