"""The vehicle without sockets: what it stores, how it is fenced, how it turns corners."""

from __future__ import annotations

import json
from math import degrees, hypot, nan, pi, radians

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import MissionResult
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import keep_mission_item
from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.failsafes import end_battery_failsafes
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.vehicle import STEP_S, BuiltinVehicle

from .inside import fly, standing, take_off

GUIDED, RTL, LAND = modes.GUIDED, modes.RTL, modes.LAND


@pytest.fixture
def vehicle() -> BuiltinVehicle:
    return standing(5.0)


def _airborne(vehicle: BuiltinVehicle, height_m: float = 30.0) -> None:
    take_off(vehicle, height_m, seconds=8.0 + height_m / 2.5 + 8.0)
    assert vehicle.state.aircraft.height_m == pytest.approx(height_m, abs=0.2)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ((16, (3.7, 5.0, 6.0, 90.0)), (3.0, 0.0, 0.0, 0.0)),
        ((16, (0.0, 0.0, 0.0, nan)), (0.0, 0.0, 0.0, 0.0)),
        ((17, (0.0, 0.0, -12.5, 0.0)), (0.0, 0.0, -12.0, 0.0)),
        ((18, (0.5, 0.0, 300.0, 1.0)), (0.5, 0.0, 300.0, 1.0)),
        ((18, (3.0, 0.0, -317.0, 0.0)), (3.0, 0.0, -310.0, 0.0)),
        ((19, (12.9, 0.0, 0.0, 0.0)), (12.0, 0.0, 1.0, 0.0)),
        ((112, (1.5, 9.0, 9.0, 9.0)), (1.5, 0.0, 0.0, 0.0)),
        ((178, (1.0, 7.5, 0.0, 0.0)), (1.0, 7.5, 0.0, 0.0)),
    ],
)
def test_of_a_commands_parameters_only_some_are_kept(
    sent: tuple[int, tuple[float, float, float, float]], kept: tuple[float, ...]
) -> None:
    stored = keep_mission_item(WireItem(command=sent[0], frame=3, params=sent[1], x=1, y=1, z=10.0))
    assert isinstance(stored, WireItem)
    assert stored.params == kept


def test_an_open_parameter_is_refused_where_the_command_does_not_allow_it() -> None:
    assert (
        keep_mission_item(WireItem(command=19, frame=3, params=(0.0, 0.0, nan, 0.0)))
        == MissionResult.INVALID_PARAM3
    )
    assert keep_mission_item(WireItem(command=12345)) == MissionResult.UNSUPPORTED


def test_a_waypoint_that_is_flown_through_is_not_stopped_at(vehicle: BuiltinVehicle) -> None:
    _airborne(vehicle)
    navigation = vehicle.state.aircraft.navigation
    navigation.start_from()
    navigation.fly_to((100.0, 0.0, 30.0))
    navigation.fly_next((100.0, 100.0, 30.0))
    slowest, nearest = 99.0, 99.0
    while not navigation.reached:
        navigation.move_target(STEP_S)
        vehicle.state.aircraft.control.step_loops(STEP_S)
        control = vehicle.state.aircraft.control
        if control.north > 80.0:
            slowest = min(slowest, hypot(control.v_north, control.v_east))
            nearest = min(nearest, hypot(control.north - 100.0, control.east))
        body = vehicle.state.aircraft.body
        body.north, body.east = control.north, control.east
        body.v_north, body.v_east = control.v_north, control.v_east
    assert slowest > 0.5
    assert nearest < 2.1


def test_inside_all_inclusions_unless_the_option_says_any(vehicle: BuiltinVehicle) -> None:
    square = [(-1.0, -1.0), (-1.0, 1.0), (1.0, 1.0), (1.0, -1.0)]

    def area(north: float) -> list[WireItem]:
        corners = []
        for n, e in square:
            lat, lon = vehicle.state.aircraft.origin.to_global(north + 50.0 * n, 50.0 * e)
            corners.append(
                WireItem(command=5001, params=(4.0, 0, 0, 0), x=round(lat * 1e7), y=round(lon * 1e7))
            )
        return corners

    vehicle.state.fence.load_items(area(0.0) + area(80.0))
    vehicle.state.parameters["FENCE_ENABLE"], vehicle.state.parameters["FENCE_TYPE"] = 1.0, 4.0
    assert vehicle.state.fence.allows_point(40.0, 0.0, 10.0)
    assert not vehicle.state.fence.allows_point(0.0, 0.0, 10.0)
    vehicle.state.parameters["FENCE_OPTIONS"] = 2.0
    assert vehicle.state.fence.allows_point(0.0, 0.0, 10.0)
    assert not vehicle.state.fence.allows_point(-60.0, 0.0, 10.0)


def test_satellites_lost_in_guided_flight_end_in_landing(vehicle: BuiltinVehicle) -> None:
    _airborne(vehicle)
    vehicle.state.parameters["SIM_GPS1_ENABLE"] = 0.0
    fly(vehicle, 9.0)
    assert vehicle.state.mode.number == LAND


def test_a_landing_that_loses_its_target_tries_again_and_then_lands(vehicle: BuiltinVehicle) -> None:
    parameters = vehicle.state.parameters
    for name, value in (("PLND_ENABLED", 1), ("PLND_TYPE", 4), ("SIM_PLD_ENABLE", 1), ("PLND_RET_MAX", 1)):
        parameters[name] = value
    _airborne(vehicle, 12.0)
    change_mode(vehicle.state, LAND)
    while vehicle.state.aircraft.height_m > 6.0:
        vehicle.step()
    parameters["SIM_PLD_ENABLE"] = 0.0
    highest_again = 0.0
    lowest = 99.0
    for _ in range(round(60.0 / STEP_S)):
        vehicle.step()
        lowest = min(lowest, vehicle.state.aircraft.height_m)
        highest_again = max(highest_again, vehicle.state.aircraft.height_m - lowest)
    assert highest_again > 1.0
    assert not vehicle.state.aircraft.motors.armed


def test_a_retry_takes_the_seconds_it_took_a_real_arducopter(vehicle, repository, monkeypatch) -> None:
    """From when its target was hidden at 6 m: retried after 6 s, given up after 12, down after 32."""
    lines = (repository / "tests" / "data" / "arducopter" / "retries.jsonl").read_text().splitlines()
    recorded = {flight["name"]: flight for flight in map(json.loads, lines)}["strict1"]
    for name, value in (("PLND_ENABLED", 1), ("PLND_TYPE", 4), ("SIM_PLD_ENABLE", 1)):
        vehicle.state.parameters[name] = value
    _airborne(vehicle, 12.0)
    change_mode(vehicle.state, LAND)
    while vehicle.state.aircraft.height_m > recorded["off_at"]:
        vehicle.step()
    vehicle.state.parameters["SIM_PLD_ENABLE"] = 0.0
    hidden_s, found = vehicle.state.aircraft.t_s, {}
    words = {"Retrying": "retrying", "Retry Completed": "completed", "Failsafe": "failsafe"}

    def heard(self, _severity: int, text: str) -> None:
        found.update({word: self.t_s - hidden_s for part, word in words.items() if part in text})

    monkeypatch.setattr(type(vehicle.state.aircraft), "say", heard)
    while not vehicle.state.aircraft.body.on_ground:
        vehicle.step()
    found["contact"] = vehicle.state.aircraft.t_s - hidden_s
    expected = {word: t for t, word in recorded["events"] if word != "lost"}
    assert found == {word: pytest.approx(t, abs=1.5) for word, t in expected.items()}


@pytest.mark.parametrize(("strict", "lands"), [(0, True), (2, False)])
def test_strictness_decides_whether_it_lands_without_its_target(
    vehicle: BuiltinVehicle, strict: int, lands: bool
) -> None:
    parameters = vehicle.state.parameters
    wanted = (("PLND_ENABLED", 1), ("PLND_TYPE", 4), ("PLND_RET_MAX", 0), ("PLND_STRICT", strict))
    for name, value in wanted:
        parameters[name] = value
    _airborne(vehicle, 12.0)
    change_mode(vehicle.state, LAND)
    fly(vehicle, 60.0)
    assert vehicle.state.aircraft.motors.armed is not lands


@pytest.mark.parametrize(
    ("low", "critical", "words"),
    [
        ("BATT_LOW_VOLT", "BATT_CRT_VOLT", "voltage failsafe critical >= low"),
        ("BATT_LOW_MAH", "BATT_CRT_MAH", "capacity failsafe critical >= low"),
    ],
)
def test_a_battery_that_is_critical_before_it_is_low_is_not_armed(
    vehicle: BuiltinVehicle, low: str, critical: str, words: str
) -> None:
    vehicle.state.parameters[low], vehicle.state.parameters[critical] = 9.0, 10.0
    assert f"Battery 1 {words}" in arming.arming_problems(vehicle.state)


def test_a_battery_failsafe_bars_arming_until_another_battery_is_told_of(vehicle: BuiltinVehicle) -> None:
    _airborne(vehicle)
    vehicle.state.parameters["BATT_FS_LOW_ACT"], vehicle.state.parameters["BATT_LOW_MAH"] = 1.0, 4000.0
    fly(vehicle, 60.0)
    assert not vehicle.state.aircraft.motors.armed
    vehicle.state.parameters["BATT_LOW_MAH"] = 500.0
    fly(vehicle, 1.0)
    assert arming.arming_problems(vehicle.state)[-1] == "Battery failsafe"
    change_mode(vehicle.state, GUIDED)
    assert not arming.arm_vehicle(vehicle.state)
    vehicle.state.aircraft.battery.report_charge()
    end_battery_failsafes(vehicle.state)
    assert arming.arm_vehicle(vehicle.state)


def test_a_return_ends_at_the_nearer_rally_point(vehicle: BuiltinVehicle) -> None:
    _airborne(vehicle)
    vehicle.state.guided.fly_to((120.0, 0.0, 30.0))
    fly(vehicle, 30.0)
    vehicle.state.rally = ((100.0, 0.0, 20.0),)
    change_mode(vehicle.state, RTL)
    fly(vehicle, 120.0)
    assert not vehicle.state.aircraft.motors.armed
    assert vehicle.state.aircraft.body.north == pytest.approx(100.0, abs=0.5)


@pytest.mark.parametrize(
    ("fence", "rally", "north_m"),
    [
        ({"FENCE_TYPE": 2, "FENCE_RADIUS": 55}, (70.0, 0.0, 15.0), 0.0),
        ({"FENCE_TYPE": 1, "FENCE_ALT_MAX": 30}, (70.0, 0.0, 40.0), 0.0),
        ({"FENCE_TYPE": 2, "FENCE_RADIUS": 55, "FENCE_ENABLE": 0}, (70.0, 0.0, 15.0), 70.0),
    ],
)
def test_a_return_goes_to_no_rally_point_outside_the_fence(vehicle, fence, rally, north_m) -> None:
    """As recorded on ArduCopter SITL, from 40 m north of home."""
    for name, value in ({"FENCE_ENABLE": 1, "RALLY_INCL_HOME": 0} | fence).items():
        vehicle.state.parameters[name] = value
    _airborne(vehicle, 20.0)
    vehicle.state.guided.fly_to((40.0, 0.0, 20.0))
    fly(vehicle, 12.0)
    vehicle.state.rally = (rally,)
    change_mode(vehicle.state, RTL)
    fly(vehicle, 60.0)
    assert vehicle.state.aircraft.body.north == pytest.approx(north_m, abs=0.5)


@pytest.mark.parametrize(("rally_m", "flown_m"), [(10.0, 15.0), (37.0, 37.0)])
def test_a_return_to_a_rally_point_is_flown_at_its_height_where_that_is_above_rtl_alt(
    vehicle: BuiltinVehicle, rally_m: float, flown_m: float
) -> None:
    """ModeRTL::compute_return_target."""
    vehicle.state.rally = ((60.0, 0.0, rally_m),)
    vehicle.state.parameters["RALLY_INCL_HOME"] = 0.0
    _airborne(vehicle, 10.0)
    change_mode(vehicle.state, RTL)
    heights = []
    while vehicle.state.aircraft.body.north < 50.0:
        fly(vehicle, 0.5)
        heights.append(vehicle.state.aircraft.height_m)
    assert max(heights) == pytest.approx(flown_m, abs=0.3)


@pytest.mark.parametrize(("behaviour", "heading_deg"), [(0, 100.0), (1, 0.0), (2, 100.0), (3, 0.0)])
@pytest.mark.parametrize("wind_mps", [0.0, 8.0])
def test_a_return_turns_the_nose_back_where_it_points_ahead_on_the_way(
    vehicle: BuiltinVehicle, behaviour: int, heading_deg: float, wind_mps: float
) -> None:
    """WP_YAW_BEHAVIOR 1 and 3: over home to the heading on arming, which lasts as long as it takes."""
    vehicle.state.parameters["WP_YAW_BEHAVIOR"] = behaviour
    vehicle.state.parameters["SIM_WIND_SPD"] = wind_mps
    _airborne(vehicle, 20.0)
    vehicle.state.aircraft.heading.turn_to(radians(100.0))
    fly(vehicle, 8.0)
    change_mode(vehicle.state, RTL)
    fly(vehicle, 35.0)
    assert vehicle.state.mode.landing
    assert degrees(vehicle.state.aircraft.body.yaw) == pytest.approx(heading_deg, abs=4.0)


def test_a_reboot_is_counted(vehicle: BuiltinVehicle) -> None:
    assert vehicle.after_reboot().state.parameters["STAT_BOOTCNT"] == 2.0


@pytest.mark.parametrize(
    ("tilt_deg", "airspeed_mps"), [(10.0, 4.3), (20.0, 7.2), (30.0, 10.0), (45.0, 14.75)]
)
def test_the_trim_airspeed_is_that_measured_on_arducopter(
    vehicle: BuiltinVehicle, tilt_deg: float, airspeed_mps: float
) -> None:
    vehicle.state.parameters["ANGLE_MAX"] = 100.0 * tilt_deg
    vehicle.state.parameters["WPNAV_SPEED"] = 2500.0
    vehicle.state.aircraft.control.read_gains()
    _airborne(vehicle)
    vehicle.state.guided.fly_to((6000.0, 0.0, 30.0))
    fly(vehicle, 120.0)
    assert vehicle.state.aircraft.body.v_north == pytest.approx(airspeed_mps, rel=0.03)
    assert vehicle.state.aircraft.body.tilt_rad == pytest.approx(tilt_deg * pi / 180.0, abs=0.03)


def test_an_answer_to_timesync_is_no_question_from_the_first_moment(vehicle: BuiltinVehicle) -> None:
    """MAVLink: `tc1` is 0 in a question; ArduCopter's clock has run for a while before it hears one."""
    restarted = vehicle.after_reboot()
    channel = Channel(restarted.state, 0)
    channel.connected = True
    question = mavlink.MAVLink_timesync_message(tc1=0, ts1=140250)
    question.pack(mavlink.MAVLink(None, srcSystem=250, srcComponent=250))
    restarted.receive_message(channel, question)
    (answer,) = mavlink.MAVLink(None).parse_buffer(bytes(channel.out))
    assert (answer.ts1, answer.tc1 > 0) == (140250, True)


def test_whether_it_is_in_the_air_is_told_only_to_who_asks_for_that_message(vehicle: BuiltinVehicle) -> None:
    """ArduCopter has EXTENDED_SYS_STATE in no data stream: who only asks for streams waits for ever."""
    channel = Channel(vehicle.state, 0)
    channel.set_stream_rate(mavlink.MAV_DATA_STREAM_ALL, 4.0)
    assert channel.period_s(mavlink.MAVLINK_MSG_ID_SYS_STATUS) == 0.25
    assert channel.period_s(mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE) is None
    assert channel.send_now(mavlink.MAVLINK_MSG_ID_EXTENDED_SYS_STATE)
