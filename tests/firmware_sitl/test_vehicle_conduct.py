"""How a vehicle behaves towards a ground station: the same tests for the built-in one and for ArduCopter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from dfr.errors import LinkTimeoutError, VehicleRefusedError
from firmware_sitl.client import SitlClient
from firmware_sitl.flights import sortie_items

STABILIZE, AUTO, GUIDED, LOITER, RTL, LAND, BRAKE, SMART_RTL = 0, 3, 4, 5, 6, 9, 17, 21
ACCEPTED, DENIED, UNSUPPORTED, FAILED = 0, 2, 3, 4
ARM, TAKEOFF, SET_MODE, MISSION_START, SET_INTERVAL, REQUEST = 400, 22, 176, 300, 511, 512
RELATIVE = Frame.GLOBAL_RELATIVE_ALT
CAPABLE = (
    mavlink.MAV_PROTOCOL_CAPABILITY_MISSION_FLOAT
    | mavlink.MAV_PROTOCOL_CAPABILITY_FTP
    | mavlink.MAV_PROTOCOL_CAPABILITY_COMPASS_CALIBRATION
)

RANGEFINDER = {
    "RNGFND1_TYPE": 1,
    "RNGFND1_MIN_CM": 0,
    "RNGFND1_MAX_CM": 4000,
    "RNGFND1_SCALING": 12.12,
    "RNGFND1_PIN": 0,
    "SIM_SONAR_SCALE": 12,
}
"""ArduCopter measures the height above its target with a rangefinder; the built-in vehicle knows it."""


def _fly_up(client: SitlClient, height_m: float = 20.0) -> None:
    client.set_mode(GUIDED)
    client.arm()
    client.do(TAKEOFF, 0, 0, 0, 0, 0, 0, height_m)
    client.wait_height(height_m - 1.0)


def test_takeoff_needs_arming_first(connect: Any) -> None:
    with connect() as client:
        client.set_mode(GUIDED)
        assert client.command(TAKEOFF, 0, 0, 0, 0, 0, 0, 10) == FAILED


def test_a_vehicle_in_the_air_is_not_disarmed_without_force(connect: Any) -> None:
    with connect() as client:
        _fly_up(client)
        assert client.command(ARM, 0) == FAILED
        assert client.command(ARM, 0, 21196) == ACCEPTED
        client.wait_disarmed()


def test_guided_takeoff_and_landing(connect: Any) -> None:
    with connect() as client:
        _fly_up(client)
        client.set_mode(LAND)
        client.wait_disarmed()


@pytest.mark.parametrize("mode", [RTL, SMART_RTL])
def test_it_returns_and_lands(connect: Any, mode: int) -> None:
    with connect() as client:
        _fly_up(client)
        client.set_mode(mode)
        client.wait_disarmed()


@pytest.mark.parametrize("mode", [LOITER, BRAKE])
def test_it_stays_where_it_is(connect: Any, mode: int) -> None:
    with connect(params={"RC_OVERRIDE_TIME": -1}) as client:
        client.sticks = (1500, 1500, 1500, 1500)
        _fly_up(client)
        client.set_mode(mode)
        begun = client.receive("LOCAL_POSITION_NED").time_boot_ms
        before = client.receive("LOCAL_POSITION_NED", where=lambda m: m.time_boot_ms > begun + 5000)
        after = client.receive("LOCAL_POSITION_NED", where=lambda m: m.time_boot_ms > begun + 15000)
        assert (after.x, after.y, after.z) == pytest.approx((before.x, before.y, before.z), abs=0.3)


def test_a_low_throttle_stick_brings_it_down_in_loiter(connect: Any) -> None:
    with connect() as client:
        _fly_up(client)
        client.set_mode(LOITER)
        client.receive("LOCAL_POSITION_NED", where=lambda m: -m.z < 10.0)


def test_a_precision_landing_ends_on_the_target(connect: Any) -> None:
    """The target lies 2 m east of home; the tolerance holds the coarse float of SIM_PLD_LAT."""
    target = {"SIM_PLD_LAT": 50.7810, "SIM_PLD_LON": -1.0890 + 2.0 / 70385.0, "SIM_PLD_ENABLE": 1}
    wanted = {"PLND_ENABLED": 1, "PLND_TYPE": 4, "SIM_PLD_ALT_LMT": 30, **RANGEFINDER, **target}
    with connect(params=wanted) as client:
        _fly_up(client)
        client.set_mode(LAND)
        client.wait_text("PrecLand: Target Found")
        client.wait_disarmed()
        landed = client.receive("LOCAL_POSITION_NED")
        assert (landed.x, landed.y) == pytest.approx((-0.2, 2.0), abs=0.3)


@pytest.mark.parametrize(
    ("strict", "lands"), [pytest.param(0, True, marks=pytest.mark.slow), (1, True), (2, False)]
)
def test_a_dock_whose_target_is_lost_is_landed_on_as_strictly_as_asked(
    connect: Any, strict: int, lands: bool
) -> None:
    """Not strict: down all the same; strict: a hover, then down; very strict: a hover till the pilot acts."""
    target = {"SIM_PLD_LAT": 50.7810, "SIM_PLD_LON": -1.0890, "SIM_PLD_ENABLE": 1}
    asked = {"PLND_STRICT": strict, "PLND_RET_MAX": 0, "PLND_TIMEOUT": 1, "SIM_PLD_ALT_LMT": 30}
    params = {"PLND_ENABLED": 1, "PLND_TYPE": 4, **asked, **RANGEFINDER, **target}
    # Slowly enough that a client on a busy machine hides the target while the vehicle is still in the air.
    with connect(speedup=5.0, params=params) as client:
        _fly_up(client, 12.0)
        client.set_mode(LAND)
        client.wait_text("PrecLand: Target Found")
        client.receive("GLOBAL_POSITION_INT", where=lambda m: m.relative_alt < 7000)
        client.set_parameter("SIM_PLD_ENABLE", 0)
        if strict:
            client.wait_text("PrecLand: Failsafe Measures")
        if lands:
            client.wait_disarmed()
            return
        begun_ms = client.receive("GLOBAL_POSITION_INT").time_boot_ms
        later = client.receive("GLOBAL_POSITION_INT", where=lambda m: m.time_boot_ms > begun_ms + 20_000)
        assert later.relative_alt > 1000
        assert client.armed


def test_traffic_told_on_one_port_is_heard_on_the_other(start: Any) -> None:
    with (
        start(speedup=1.0) as vehicle,
        SitlClient(vehicle.urls[0]) as pilot,
        SitlClient(vehicle.urls[1], source_system=200) as radar,
    ):
        pilot.receive("HEARTBEAT")
        radar.receive("HEARTBEAT")
        radar.mav.adsb_vehicle_send(
            0xABCDEF, 507900000, -10890000, 0, 300000, 0, 5000, 0, b"RESCUE1", 7, 1, 3, 0
        )
        assert pilot.receive("ADSB_VEHICLE").ICAO_address == 0xABCDEF


def test_a_second_client_of_a_port_waits_until_the_first_has_gone(start: Any) -> None:
    with start() as vehicle:
        with SitlClient(vehicle.url) as first:
            first.receive("HEARTBEAT")
            second = SitlClient(vehicle.url)
            with pytest.raises(LinkTimeoutError):
                second.receive("HEARTBEAT", timeout_s=0.5)
        with second:
            assert second.receive("HEARTBEAT")


def test_a_mission_starts_only_with_zero_parameters(connect: Any) -> None:
    with connect() as client:
        assert client.command(MISSION_START, 1, 2) == DENIED


def test_auto_is_not_armed_without_a_mission(connect: Any) -> None:
    with connect() as client:
        assert client.command(SET_MODE, 1, AUTO) == ACCEPTED
        assert client.command(ARM, 1) == FAILED
        client.wait_text("Mode requires mission")


def test_auto_is_not_armed_unless_its_options_say_so(connect: Any) -> None:
    with connect() as client:
        client.upload(
            [
                WireItem(command=Command.NAV_WAYPOINT, x=507810000, y=-10890000, z=3.0),
                WireItem(command=Command.NAV_TAKEOFF, frame=RELATIVE, z=10.0),
            ]
        )
        assert client.command(SET_MODE, 1, AUTO) == ACCEPTED
        assert client.command(ARM, 1) == FAILED
        client.wait_text("AUTO mode not armable")
        client.set_parameter("AUTO_OPTIONS", 1)
        assert client.command(ARM, 1) == ACCEPTED


def test_an_armed_vehicle_on_the_ground_refuses_a_mission_without_takeoff(connect: Any, home: Any) -> None:
    mission = sortie_items(home, bearing_deg=0.0, distance_m=50.0, height_m=20.0, hold_s=0.0)
    with connect() as client:
        client.upload([mission[0], mission[2], mission[3]])
        client.set_mode(GUIDED)
        client.do(ARM, 1)
        assert client.command(SET_MODE, 1, AUTO) == FAILED


def test_a_mission_can_be_entered_at_a_later_item(connect: Any, home: Any) -> None:
    mission = sortie_items(home, bearing_deg=0.0, distance_m=40.0, height_m=20.0, hold_s=0.0)
    extra = replace(mission[2], command=Command.NAV_WAYPOINT, params=(0.0, 0.0, 0.0, 0.0), z=25.0)
    with connect() as client:
        client.upload([*mission[:3], extra, mission[3]])
        _fly_up(client)
        client.mav.mission_set_current_send(client.system_id, 1, 3)
        client.receive("MISSION_CURRENT", where=lambda m: m.seq == 3)
        client.do(SET_MODE, 1, AUTO)
        client.wait_text("Reached command #3")
        assert not any("Mission: 2" in text for text in client.texts)


def test_a_guided_target_is_flown_to(connect: Any) -> None:
    with connect() as client:
        _fly_up(client)
        client.mav.set_position_target_local_ned_send(
            0, client.system_id, 1, 1, 0b110111111000, 30.0, 10.0, -25.0, 0, 0, 0, 0, 0, 0, 0, 0
        )
        client.receive(
            "LOCAL_POSITION_NED",
            where=lambda m: abs(m.x - 30) < 0.5 and abs(m.y - 10) < 0.5 and abs(m.z + 25) < 0.5,
        )


def test_a_parameter_write_is_echoed_and_read_back(connect: Any) -> None:
    with connect(ready=False) as client:
        client.receive("HEARTBEAT")
        client.set_parameter("FENCE_ALT_MAX", 77.0)
        assert client.parameter("FENCE_ALT_MAX") == 77.0


def test_a_second_uploader_is_denied_and_the_first_goes_on(start: Any, home: Any) -> None:
    mission = sortie_items(home, bearing_deg=0.0, distance_m=50.0, height_m=20.0, hold_s=0.0)
    with start(speedup=1.0) as vehicle, SitlClient(vehicle.urls[0]) as first:
        first.stream(4)
        first.receive("SYSTEM_TIME", where=lambda m: m.time_boot_ms > 3000)
        with SitlClient(vehicle.urls[1], source_system=254) as second:
            second.receive("HEARTBEAT")
            first.mav.mission_count_send(1, 1, len(mission), 0)
            first.receive("MISSION_REQUEST")
            second.mav.mission_count_send(1, 1, 2, 0)
            assert second.receive("MISSION_ACK").type == 14
            second.mav.mission_request_list_send(1, 1, 0)
            assert second.receive("MISSION_ACK").type == 14
        first.upload(mission)
        assert len(first.download()) == len(mission)


def test_a_message_comes_at_the_interval_asked_for(connect: Any) -> None:
    with connect(ready=False, speedup=5.0) as client:
        client.receive("HEARTBEAT")
        client.do(SET_INTERVAL, 30, 100000)
        first = client.receive("ATTITUDE")
        later = [client.receive("ATTITUDE").time_boot_ms for _ in range(20)]
        assert (later[-1] - first.time_boot_ms) / 20 == pytest.approx(100, abs=12)
        client.do(SET_INTERVAL, 30, -1)
        assert client.quiet("ATTITUDE", for_s=0.5)


def test_a_single_message_comes_on_request(connect: Any) -> None:
    with connect(ready=False) as client:
        client.receive("HEARTBEAT")
        client.do(REQUEST, 148)
        assert client.receive("AUTOPILOT_VERSION").capabilities & CAPABLE == CAPABLE
        assert client.command(31999) == UNSUPPORTED


def test_a_breached_ceiling_brings_it_home(connect: Any) -> None:
    with connect(
        params={"FENCE_TYPE": 1, "FENCE_ALT_MAX": 30, "FENCE_ACTION": 1, "FENCE_ENABLE": 1}
    ) as client:
        _fly_up(client)
        client.set_parameter("FENCE_ALT_MAX", 15.0)
        client.wait_mode(RTL)
        client.wait_disarmed()


def test_a_return_keeps_under_the_ceiling_of_the_fence(connect: Any) -> None:
    fence = {"FENCE_TYPE": 1, "FENCE_ALT_MAX": 40, "FENCE_MARGIN": 4, "FENCE_ACTION": 1, "FENCE_ENABLE": 1}
    home = {"RTL_ALT": 6000, "RTL_CONE_SLOPE": 0, "RTL_LOIT_TIME": 0}
    with connect(params={**fence, **home}) as client:
        _fly_up(client)
        client.set_mode(RTL)
        client.wait_height(35.0)
        highest_m = 0.0
        for _ in range(20):
            highest_m = max(highest_m, client.receive("GLOBAL_POSITION_INT").relative_alt * 1e-3)
        client.wait_disarmed()
    assert 35.0 < highest_m < 37.0
    assert not any("breach" in text.lower() for text in client.texts)


def test_a_target_outside_the_fence_is_refused(connect: Any) -> None:
    with connect(
        params={"FENCE_TYPE": 2, "FENCE_RADIUS": 100, "FENCE_ACTION": 1, "FENCE_ENABLE": 1}
    ) as client:
        _fly_up(client)
        client.mav.command_int_send(
            client.system_id, 1, 3, 192, 0, 0, -1, 1, 0, float("nan"), 507900000, -10890000, 20
        )
        assert client.receive("COMMAND_ACK", where=lambda m: m.command == 192).result in (FAILED, DENIED)


def test_a_low_battery_brings_it_home(connect: Any) -> None:
    with connect(params={"BATT_FS_LOW_ACT": 2, "BATT_LOW_VOLT": 10.5}) as client:
        _fly_up(client)
        client.set_parameter("SIM_BATT_VOLTAGE", 10.0)
        client.wait_mode(RTL)


def test_a_silent_ground_station_brings_it_home(connect: Any) -> None:
    with connect(params={"FS_GCS_ENABLE": 1}, speedup=5.0) as client:
        _fly_up(client, 10.0)
        client.beats = False
        client.wait_mode(RTL)


def test_a_refused_arming_raises_with_the_reason(connect: Any) -> None:
    with connect() as client:
        client.do(SET_MODE, 1, AUTO)
        with pytest.raises(VehicleRefusedError, match="Mode requires mission"):
            client.do(ARM, 1)


TOLD = ("Mission:", "Reached command", "Delaying", "Auto")
"""What is told of a mission, besides what the flight and the sensors say."""


def _place(item: WireItem) -> dict[str, int]:
    return {"x": item.x, "y": item.y}


def _told(client: SitlClient, items: list[WireItem]) -> list[str]:
    """What the vehicle says while it flies a mission from takeoff to disarming."""
    client.upload(items)
    client.set_mode(GUIDED)
    client.do(ARM, 1)
    client.texts.clear()
    client.do(MISSION_START)
    client.wait_disarmed()
    client.quiet("PARAM_VALUE", for_s=0.5)
    return [text for text in client.texts if text.startswith(TOLD)]


def test_a_mission_with_delays_jumps_and_conditions_is_told_item_by_item(connect: Any, home: Any) -> None:
    far = sortie_items(home, bearing_deg=0.0, distance_m=40.0, height_m=15.0, hold_s=0.0)
    there, up = _place(far[2]), far[1]
    with connect() as client:
        told = _told(
            client,
            [
                far[0],
                up,
                WireItem(command=Command.NAV_DELAY, params=(3.0, -1.0, -1.0, -1.0)),
                WireItem(command=Command.DO_CHANGE_SPEED, params=(1.0, 4.0, 0.0, 0.0)),
                WireItem(command=Command.NAV_WAYPOINT, frame=RELATIVE, **there, z=15.0),
                WireItem(command=Command.CONDITION_YAW, params=(90.0, 0.0, 0.0, 0.0)),
                WireItem(command=Command.NAV_LOITER_TIME, frame=RELATIVE, params=(2.0, 0.0, 0.0, 0.0)),
                WireItem(command=Command.DO_JUMP, params=(6.0, 1.0, 0.0, 0.0)),
                WireItem(command=Command.NAV_RETURN_TO_LAUNCH),
            ],
        )
        current = client.receive("MISSION_CURRENT")
    assert told[told.index("Mission: 2 Delay") :] == [
        "Mission: 2 Delay",
        "Delaying 3 sec",
        "Mission: 3 ChangeSpeed",
        "Mission: 4 WP",
        "Reached command #4",
        "Mission: 5 CondYaw",
        "Mission: 6 LoitTime",
        "Reached command #6",
        "Mission: 7 Jump 1/1",
        "Mission: 6 LoitTime",
        "Reached command #6",
        "Mission: 8 RTL",
    ]
    assert (current.seq, current.mission_state) == (0, 5)


def test_a_mission_with_splines_turns_and_a_landing_is_told_item_by_item(
    connect: Any, home: Any, engine: str
) -> None:
    far = sortie_items(home, bearing_deg=0.0, distance_m=30.0, height_m=15.0, hold_s=0.0)
    there = _place(far[2])
    with connect() as client:
        told = _told(
            client,
            [
                far[0],
                WireItem(command=Command.NAV_TAKEOFF, frame=RELATIVE, z=15.0),
                WireItem(command=Command.CONDITION_DELAY, params=(1.0, 0.0, 0.0, 0.0)),
                WireItem(command=Command.NAV_SPLINE_WAYPOINT, frame=RELATIVE, **there, z=15.0),
                WireItem(command=Command.NAV_CONTINUE_AND_CHANGE_ALT, frame=RELATIVE, z=20.0),
                WireItem(command=Command.DO_LAND_START, frame=RELATIVE),
                WireItem(
                    command=Command.NAV_LOITER_TURNS,
                    frame=RELATIVE,
                    params=(1.0, 0.0, 10.0, 0.0),
                    **there,
                    z=15.0,
                ),
                WireItem(command=Command.NAV_LAND, frame=RELATIVE, **there),
            ],
        )
    circles = [text for text in told if "starting circle" in text]
    # Builds of 4.7-dev differ: some tell no circles.
    assert circles == ["Mission: starting circle 1/1", "Mission: starting circle 2/1"] or (
        not circles and engine == "ardupilot"
    )
    told = [text for text in told if text not in circles]
    assert told[told.index("Mission: 2 CondDelay") :] == [
        "Mission: 2 CondDelay",
        "Mission: 3 SplineWP",
        "Reached command #3",
        "Mission: 4 ContinueAndChangeAlt",
        "Mission: 5 LandStart",
        "Mission: 6 LoitTurns",
        "Mission: 7 Land",
        "Mission: 1 Takeoff",
    ]
