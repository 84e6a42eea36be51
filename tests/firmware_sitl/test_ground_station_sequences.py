"""What ground stations ask a vehicle when they connect: every question is answered, or refused at once.

The sequences are those of QGroundControl's InitialConnectStateMachine and its plan, camera and gimbal
managers, and of Mission Planner's connect: what is not there is refused, for a question that nobody
answers is asked again for seconds.
"""

from __future__ import annotations

from math import isnan
from typing import Any

import pytest
from pymavlink.dialects.v20 import development

from firmware_sitl.client import SitlClient
from firmware_sitl.vehicle.modes import NAMES, UNFLOWN

ACCEPTED, UNSUPPORTED, FAILED = 0, 3, 4
REQUEST, CAPABILITIES, PROTOCOL = 512, 520, 519
AUTOPILOT_VERSION, PROTOCOL_VERSION, COMPONENT_METADATA, COMPONENT_INFORMATION = 148, 300, 397, 395
AVAILABLE_MODES, MODES_MONITOR, CURRENT_MODE, HOME, ORIGIN = 435, 437, 436, 242, 49
CAMERA_INFORMATION, GIMBAL_MANAGER_INFORMATION, STORAGE_INFORMATION = 259, 280, 261
MISSION, FENCE, RALLY = 0, 1, 2
FLIGHT_INFORMATION, RC_CHANNELS, FENCE_STATUS, SET_INTERVAL = 264, 65, 162, 511
IMUS = {"RAW_IMU": 27, "SCALED_IMU": 26, "SCALED_IMU2": 116, "HIGHRES_IMU": 105}
OPEN_FILE, NAK = 4, 129


def _asked(client: SitlClient, message_id: int, *params: float) -> int:
    return client.command(REQUEST, message_id, *params)


def _told(client: SitlClient, message_id: int, kind: str, *params: float) -> Any:
    """The message that was asked for: it may come before its acknowledgement or after."""
    client.send_command(REQUEST, message_id, *params)
    told, accepted = None, False
    while told is None or not accepted:
        message = client.receive(kind, "COMMAND_ACK")
        if message.get_type() == kind:
            told = message
        elif message.command == REQUEST:
            assert message.result == ACCEPTED
            accepted = True
    return told


def test_what_a_station_asks_a_vehicle_for_is_sent(connect: Any) -> None:
    """ArduCopter accepts it while it is starting up, and then does not send it."""
    with connect(speedup=5.0) as client:
        for message_id, kind in (
            (AUTOPILOT_VERSION, "AUTOPILOT_VERSION"),
            (1, "SYS_STATUS"),
            (0, "HEARTBEAT"),
        ):
            _told(client, message_id, kind)
        client.send_command(CAPABILITIES, 1)
        client.receive("AUTOPILOT_VERSION")


@pytest.mark.parametrize(
    "message_id",
    [PROTOCOL_VERSION, COMPONENT_METADATA, COMPONENT_INFORMATION, STORAGE_INFORMATION, CURRENT_MODE],
)
def test_what_no_ardupilot_has_is_refused_at_once(connect: Any, message_id: int) -> None:
    with connect(ready=False, speedup=5.0) as client:
        client.receive("HEARTBEAT")
        assert _asked(client, message_id) == FAILED


@pytest.mark.parametrize("message_id", [CAMERA_INFORMATION, GIMBAL_MANAGER_INFORMATION])
def test_a_camera_or_gimbal_that_is_not_there_is_taken_and_never_sent(connect: Any, message_id: int) -> None:
    with connect(ready=False, speedup=5.0) as client:
        client.receive("HEARTBEAT")
        assert _asked(client, message_id) == ACCEPTED
        assert client.quiet("CAMERA_INFORMATION", for_s=0.5)
        assert client.quiet("GIMBAL_MANAGER_INFORMATION", for_s=0.5)


def test_the_modes_that_are_flown_are_listed_one_by_one(start: Any) -> None:
    """As QGroundControl does: the first tells how many there are."""
    with start(speedup=5.0) as vehicle, SitlClient(vehicle.url) as client:
        client.wait_ready()
        client.connection.mav = development.MAVLink(client.connection, srcSystem=255)
        client.connection.mav.robust_parsing = True
        first = _told(client, AVAILABLE_MODES, "AVAILABLE_MODES", 1)
        names = {first.custom_mode: first.mode_name}
        for index in range(2, first.number_modes + 1):
            mode = _told(client, AVAILABLE_MODES, "AVAILABLE_MODES", index)
            assert mode.mode_index == index
            names[mode.custom_mode] = mode.mode_name
        assert {3: "AUTO", 4: "GUIDED", 6: "RTL", 9: "LAND"}.items() <= names.items()
        client.receive("AVAILABLE_MODES_MONITOR")


def test_every_mode_that_is_listed_can_be_chosen_and_no_other(engine: str, connect: Any) -> None:
    """ArduCopter flies more modes than the built-in vehicle; what that does not fly it does not claim."""
    with connect(speedup=5.0) as client:
        for number in NAMES:
            assert client.command(176, 1, number) == ACCEPTED
            client.wait_mode(number)
        for number in (*(UNFLOWN if engine == "builtin" else ()), 8, 12, 13, 26, 99):
            assert client.command(176, 1, number) == FAILED


def test_three_empty_lists_are_told_as_empty(connect: Any) -> None:
    with connect(ready=False, speedup=5.0) as client:
        client.receive("HEARTBEAT")
        for kind in (FENCE, RALLY, MISSION):
            assert len(client.download(kind=kind)) <= 1


def test_a_file_that_is_not_there_is_refused(connect: Any) -> None:
    """Component metadata is a file at PX4; ArduPilot has none, and says so."""
    with connect(ready=False, speedup=5.0) as client:
        client.receive("HEARTBEAT")
        name = b"/general.json"
        head = bytes([1, 0, 0, OPEN_FILE, len(name), 0, 0, 0, 0, 0, 0, 0])
        client.mav.file_transfer_protocol_send(0, client.system_id, 1, (head + name).ljust(251, b"\0"))
        assert client.receive("FILE_TRANSFER_PROTOCOL").payload[3] == NAK


def test_a_long_text_comes_in_pieces_that_belong_together(connect: Any) -> None:
    with connect(speedup=5.0) as client:
        client.command(189)
        pieces = [client.receive("STATUSTEXT", where=lambda m: m.id != 0) for _ in range(2)]
        assert [piece.chunk_seq for piece in pieces] == [0, 1]
        assert "".join(p.text for p in pieces) == "Mode change to AUTO RTL failed: No landing sequence found"


def test_the_banner_comes_with_the_parameters(connect: Any) -> None:
    with connect(ready=False, speedup=5.0) as client:
        client.receive("HEARTBEAT")
        client.texts.clear()
        client.parameters()
        client.wait_text("Frame: QUAD")


@pytest.mark.parametrize("kind", IMUS)
def test_at_rest_every_accelerometer_feels_the_ground_push_upwards(connect: Any, kind: str) -> None:
    """1 g against the axis that points down, and the field of the south of England; at the asked rate too."""
    with connect(speedup=5.0) as client:
        told = _told(client, IMUS[kind], kind)
        metric = kind == "HIGHRES_IMU"
        assert told.zacc == pytest.approx(-9.81 if metric else -1000, rel=0.01)
        field = told.xmag, told.ymag, told.zmag
        assert sum(each**2 for each in field) ** 0.5 == pytest.approx(487e3 if metric else 487, rel=0.01)
        assert client.command(SET_INTERVAL, IMUS[kind], 200_000) == ACCEPTED
        client.receive(kind)
        client.receive(kind)


def test_the_barometers_agree_with_the_height(connect: Any) -> None:
    """3 m above the sea at 1013.25 hPa: 12 Pa less for each metre."""
    with connect(speedup=5.0) as client:
        for message_id, kind in ((29, "SCALED_PRESSURE"), (137, "SCALED_PRESSURE2"), (105, "HIGHRES_IMU")):
            told = _told(client, message_id, kind)
            pressure = told.abs_pressure if kind == "HIGHRES_IMU" else told.press_abs
            assert pressure == pytest.approx(1012.89, abs=0.1)


def test_a_flight_is_told_since_arming_and_since_taking_off(connect: Any, engine: str) -> None:
    """Its times count from power-on, as in ArduCopter, whatever their names say."""
    with connect(speedup=5.0) as client:
        if engine == "ardupilot" and _asked(client, FLIGHT_INFORMATION) == FAILED:
            pytest.skip("this build of ArduCopter does not know FLIGHT_INFORMATION")
        before = _told(client, FLIGHT_INFORMATION, "FLIGHT_INFORMATION")
        assert (before.arming_time_utc, before.takeoff_time_utc) == (0, 0)
        assert client.command(SET_INTERVAL, FLIGHT_INFORMATION, 200_000) == ACCEPTED
        client.set_mode(4)
        client.arm()
        client.do(22, 0, 0, 0, 0, 0, 0, 5.0)
        flying = client.receive("FLIGHT_INFORMATION", where=lambda m: m.takeoff_time_utc > 0)
        armed_ms, took_off_ms = flying.arming_time_utc / 1000, flying.takeoff_time_utc / 1000
        assert before.time_boot_ms < armed_ms < took_off_ms <= flying.time_boot_ms + 1


def test_a_receiver_with_eight_channels_tells_no_strength(connect: Any) -> None:
    with connect(speedup=5.0) as client:
        told = _told(client, RC_CHANNELS, "RC_CHANNELS")
        assert (told.chancount, told.chan9_raw, told.rssi) == (8, 0, 255)


def test_home_is_told_without_the_grounds_slope(connect: Any) -> None:
    with connect(speedup=5.0) as client:
        told = _told(client, HOME, "HOME_POSITION")
        assert all(isnan(each) for each in told.q)


def test_a_fence_is_told_of_only_while_it_is_watched(connect: Any) -> None:
    with connect(speedup=5.0) as client:
        assert _asked(client, FENCE_STATUS) == ACCEPTED
        assert client.quiet("FENCE_STATUS", for_s=0.5)
        client.set_parameter("FENCE_ENABLE", 1)
        assert _told(client, FENCE_STATUS, "FENCE_STATUS").breach_status == 0
