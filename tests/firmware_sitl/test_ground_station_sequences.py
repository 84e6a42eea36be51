"""What ground stations ask a vehicle when they connect: every question is answered, or refused at once.

The sequences are those of QGroundControl's InitialConnectStateMachine and its plan, camera and gimbal
managers, and of Mission Planner's connect: what is not there is refused, for a question that nobody
answers is asked again for seconds.
"""

from __future__ import annotations

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
        client.receive("AVAILABLE_MODES_MONITOR", timeout_s=20.0)


def test_every_mode_that_is_listed_can_be_chosen_and_no_other(engine: str, connect: Any) -> None:
    """ArduCopter flies more modes than the built-in vehicle; what that does not fly it does not claim."""
    with connect(speedup=5.0) as client:
        for number in NAMES:
            assert client.command(176, 1, number) == ACCEPTED
            client.wait_mode(number, timeout_s=5.0)
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
        client.wait_text("Frame: QUAD", timeout_s=5.0)
