"""What a ground station does on the ground has the same effect and the same answers on both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command, MissionType
from dfr.ardupilot.items import WireItem
from dfr.geo import offset
from firmware_sitl.client import READY_TO_ARM, SitlClient

RTL = 6
SENT = (1600, 1500, 1100, 1500, 1700, 1500, 1800, 1200, 1300, 1400, 1310, 1410, 1320, 1420)
AT_REST = [1500, 1500, 1000, 1500, 1800, 1000, 1000, 1800]
ACCEPTED, TEMPORARILY_REJECTED, UNSUPPORTED, FAILED = 0, 1, 3, 4

CALIBRATIONS = {
    "nothing": ((0.0,) * 7, UNSUPPORTED),
    "gyros": ((1.0, 0, 0, 0, 0, 0, 0), ACCEPTED),
    "compass": ((0, 1.0, 0, 0, 0, 0, 0), UNSUPPORTED),
    "barometer": ((0, 0, 1.0, 0, 0, 0, 0), ACCEPTED),
    "radio": ((0, 0, 0, 1.0, 0, 0, 0), UNSUPPORTED),
    "level": ((0, 0, 0, 0, 2.0, 0, 0), ACCEPTED),
    "accelerometers": ((0, 0, 0, 0, 1.0, 0, 0), ACCEPTED),
    "accelerometers as they are": ((0, 0, 0, 0, 76.0, 0, 0), ACCEPTED),
}
"""MAV_CMD_PREFLIGHT_CALIBRATION and what ArduCopter 4.7-dev answers."""


def _prearm(client: SitlClient) -> bool:
    for _ in range(6):
        status = client.receive("SYS_STATUS")
    return bool(status.onboard_control_sensors_health & READY_TO_ARM)


def _channels(client: SitlClient, wanted: list[int]) -> list[int]:
    """The channels once they are as wanted, or after a while as they are."""
    for _ in range(60):
        message = client.receive("RC_CHANNELS")
        found = [getattr(message, f"chan{number}_raw") for number in range(1, 19)]
        assert message.chancount == len(AT_REST)
        if found == wanted:
            break
    return found


def _override(client: SitlClient, *values: int) -> None:
    client.mav.rc_channels_override_send(1, 1, *values, *[0] * (18 - len(values)))


def test_pre_arm_stays_good_in_a_mode_that_does_not_let_one_arm(connect) -> None:
    with connect(speedup=5.0) as client:
        assert _prearm(client)
        client.set_mode(RTL)
        assert _prearm(client)
        assert client.command(mavlink.MAV_CMD_COMPONENT_ARM_DISARM, 1) == FAILED


def test_an_override_of_fourteen_channels_is_heard_on_all_of_them(connect) -> None:
    with connect(ready=False, speedup=1.0, params={"RC_OVERRIDE_TIME": -1}) as client:
        client.stream(10)
        client.receive("RC_CHANNELS")
        _override(client, *SENT)
        all_of_them = [*SENT, 0, 0, 0, 0]
        assert _channels(client, all_of_them) == all_of_them

        _override(client, 0, 65535, 65535, 65535, 0, 0, 0, 0, 0, 65535, 65534)
        given_back = [AT_REST[0], *SENT[1:4], *AT_REST[4:], *SENT[8:10], 0, *SENT[11:], 0, 0, 0, 0]
        assert _channels(client, given_back) == given_back


@pytest.mark.parametrize("name", CALIBRATIONS)
def test_a_calibration_is_answered_alike(connect, name: str) -> None:
    given, answer = CALIBRATIONS[name]
    with connect(speedup=5.0) as client:
        assert client.command(mavlink.MAV_CMD_PREFLIGHT_CALIBRATION, *given) == answer


def test_no_level_is_taken_while_the_accelerometers_are_being_calibrated(connect) -> None:
    with connect(speedup=5.0) as client:
        client.do(mavlink.MAV_CMD_PREFLIGHT_CALIBRATION, *CALIBRATIONS["accelerometers"][0])
        client.wait_text("Place vehicle level")
        level = CALIBRATIONS["level"][0]
        assert client.command(mavlink.MAV_CMD_PREFLIGHT_CALIBRATION, *level) == TEMPORARILY_REJECTED


def test_lists_on_board_are_counted_in_parameters(connect, home) -> None:
    corners = [offset(home, bearing_deg=bearing, distance_m=100.0) for bearing in (45.0, 135.0, 270.0)]
    fence = [
        WireItem(
            command=Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION,
            params=(3.0, 0.0, 0.0, 0.0),
            x=round(corner.lat_deg * 1e7),
            y=round(corner.lon_deg * 1e7),
        )
        for corner in corners
    ]
    rally = replace(fence[0], command=Command.NAV_RALLY_POINT, frame=3, params=(0.0, 0.0, 0.0, 0.0), z=20.0)
    with connect(speedup=5.0) as client:
        client.upload(fence, kind=MissionType.FENCE)
        client.upload([rally], kind=MissionType.RALLY)
        assert client.parameter("FENCE_TOTAL") == 5.0, "three corners, and two of the old protocol"
        assert client.parameter("RALLY_TOTAL") == 1.0


def test_the_hash_of_the_sources_is_hex_and_no_other_part_has_one(connect) -> None:
    with connect(ready=False, speedup=5.0) as client:
        client.do(mavlink.MAV_CMD_REQUEST_MESSAGE, mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION)
        message = client.receive("AUTOPILOT_VERSION")
        assert int(bytes(message.flight_custom_version), 16) >= 0
        assert not any(message.middleware_custom_version + message.os_custom_version)
