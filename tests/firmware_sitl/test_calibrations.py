"""Calibrations begin, bar arming and end as ArduCopter's: both engines are asked, a real one too."""

from __future__ import annotations

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.client import SitlClient
from firmware_sitl.vehicle.channel import Channel

from .inside import fly, standing

CALIBRATE = mavlink.MAV_CMD_PREFLIGHT_CALIBRATION
ARM = mavlink.MAV_CMD_COMPONENT_ARM_DISARM
START, ACCEPT, CANCEL = 42424, 42425, 42426
ACCEPTED, TEMPORARILY_REJECTED, UNSUPPORTED, FAILED = 0, 1, 3, 4
NO_CHANGE = 65535
THROTTLE_PLACE = 2


@pytest.fixture
def client(connect):
    with connect() as found:
        yield found


def _throttle(client: SitlClient, pulse_us: int) -> None:
    """Hold the throttle there from now on, however seldom it is said."""
    client.set_parameter("RC_OVERRIDE_TIME", -1)
    client.sticks = [NO_CHANGE] * 8
    client.sticks[THROTTLE_PLACE] = pulse_us
    client.receive("RC_CHANNELS", where=lambda m: m.chan3_raw == pulse_us)


def _calibrate_motors(client: SitlClient) -> int:
    return client.command(CALIBRATE, 0, 0, 0, 0, 0, 1)


def _armed(client: SitlClient) -> bool:
    beats = [client.receive("HEARTBEAT", where=lambda m: m.get_srcComponent() == 1) for _ in range(2)]
    return bool(beats[-1].base_mode & mavlink.MAV_MODE_FLAG_SAFETY_ARMED)


def test_the_motors_interference_is_measured_until_the_ground_station_acknowledges_it(client):
    assert _calibrate_motors(client) == ACCEPTED
    client.wait_text("Starting calibration")
    status = client.receive("COMPASSMOT_STATUS")
    assert (status.throttle, status.current, status.interference) == (0, 0.0, 0)
    assert _armed(client)
    assert _calibrate_motors(client) == FAILED
    client.wait_text("Disarm to allow calibration")
    assert client.command(ARM, 0) == ACCEPTED
    assert _armed(client)
    client.mav.command_ack_send(0, 0)
    assert client.receive("COMMAND_ACK", where=lambda m: m.command == CALIBRATE).result == ACCEPTED
    client.wait_text("Failed")
    assert not _armed(client)


def test_with_throttle_given_the_motors_interference_is_found(client):
    assert _calibrate_motors(client) == ACCEPTED
    _throttle(client, 1500)
    status = client.receive("COMPASSMOT_STATUS", where=lambda m: m.throttle > 0)
    assert status.throttle == 484
    assert status.current == pytest.approx(19.8, abs=1.0)
    _throttle(client, 1000)
    client.receive("COMPASSMOT_STATUS", where=lambda m: m.throttle == 0)
    client.mav.command_ack_send(0, 0)
    client.wait_text("Calibration successful")


def test_the_motors_interference_is_not_measured_with_the_throttle_up(client):
    _throttle(client, 1600)
    assert _calibrate_motors(client) == TEMPORARILY_REJECTED
    client.wait_text("Throttle not zero")


def test_the_motors_interference_is_not_measured_by_a_compass_that_fails(client):
    client.set_parameter("SIM_MAG1_FAIL", 1)
    client.receive("STATUSTEXT", where=lambda m: "Compass" in m.text)
    assert _calibrate_motors(client) == TEMPORARILY_REJECTED
    client.wait_text("Check compass")


def test_a_compass_calibration_bars_arming_and_so_does_one_that_was_given_up(client):
    assert client.command(START, 0, 0, 1) == ACCEPTED
    seen = {client.receive("MAG_CAL_PROGRESS").compass_id for _ in range(6)}
    assert seen == {0, 1, 2}
    progress = client.receive("MAG_CAL_PROGRESS")
    assert (progress.cal_mask, progress.cal_status, progress.attempt, progress.completion_pct) == (7, 2, 1, 0)
    assert client.command(ARM, 1) == FAILED
    client.wait_text("Arm: Compass calibration running")
    assert client.command(ACCEPT) == FAILED
    assert client.command(ACCEPT) == ACCEPTED
    assert client.command(ARM, 1) == FAILED
    client.wait_text("Arm: Compass calibrated requires reboot")


def test_compasses_are_named_by_their_bits(client):
    for mask in (8, 300, -1):
        assert client.command(START, mask, 0, 1) == FAILED
    assert client.command(START, 2, 0, 1) == ACCEPTED
    progress = client.receive("MAG_CAL_PROGRESS")
    assert (progress.compass_id, progress.cal_mask) == (1, 2)
    assert client.command(CANCEL, 2) == ACCEPTED


def test_the_accelerometers_are_not_calibrated_twice_within_five_seconds():
    """As a real ArduCopter, asked twice at once; in vehicle time, so here of the built-in vehicle alone."""
    vehicle = standing()
    channel = Channel(vehicle.state, 0)
    channel.connected = True

    def ask() -> int:
        asker = mavlink.MAVLink(None, srcSystem=255, srcComponent=190)
        question = mavlink.MAVLink_command_long_message(1, 1, CALIBRATE, 0, 0, 0, 0, 0, 4, 0, 0)
        for message in channel.parse_bytes(question.pack(asker)):
            vehicle.receive_message(channel, message)
        (answer,) = asker.parse_buffer(bytes(channel.out))
        channel.out.clear()
        return int(answer.result)

    assert ask() == ACCEPTED
    fly(vehicle, 4.0)
    assert ask() == TEMPORARILY_REJECTED
    fly(vehicle, 1.5)
    assert ask() == ACCEPTED


def test_sticks_that_are_being_calibrated_bar_arming_until_they_no_longer_are(client):
    assert client.command(CALIBRATE, 0, 0, 0, 1) == UNSUPPORTED
    assert client.command(ARM, 1) == FAILED
    client.wait_text("Arm: RC calibrating")
    assert client.command(CALIBRATE) == UNSUPPORTED
    assert client.command(ARM, 1) == ACCEPTED
