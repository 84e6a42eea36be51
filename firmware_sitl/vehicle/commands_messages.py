"""Commands about messages: intervals, requests, version, home."""

from __future__ import annotations

from collections.abc import Mapping

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import cast
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.request import (
    ACCEPTED,
    DENIED,
    FAILED,
    NEARLY,
    CommandRequest,
    Handler,
    done_or_failed,
    same_number,
)
from firmware_sitl.vehicle.telemetry import BUILDERS
from firmware_sitl.vehicle.telemetry_requested import AVAILABLE_MODES, MODES_MONITOR, SILENT

DEFAULT_US, STOP_US = 0, -1
LEAST_INTERVAL_MS = 3
"""More often than this the loop of 400 Hz cannot send (ArduPilot's cap_message_interval)."""

MOST_INTERVAL_MS = 60_000
MOST_MESSAGE_ID = 65_535
"""MESSAGE_INTERVAL cannot name more."""

MONITOR_S = 5.0
"""Seconds between two AVAILABLE_MODES_MONITOR, once a client has asked for the modes."""


def _is_known(message_id: int) -> bool:
    return message_id in BUILDERS or message_id in SILENT


def _send_interval(request: CommandRequest) -> int:
    return _tell_interval(request.channel, request.whole_param(1))


def _tell_interval(channel: Channel, message_id: int) -> int:
    known = 0 <= message_id <= MOST_MESSAGE_ID and _is_known(message_id)
    period = channel.period_s(message_id) if known else None
    microseconds = 0 if not known else -1 if period is None else round(period * 1000) * 1000
    channel.send(mavlink.MAVLink_message_interval_message(message_id & 0xFFFF, microseconds))
    return done_or_failed(ok=known)


def _set_interval(request: CommandRequest) -> int:
    channel = request.channel
    state = request.state
    message_id, microseconds = request.whole_param(1), cast(request.params[1], 32, signed=True)
    if not abs(request.params[2]) < NEARLY:
        return DENIED
    if not _is_known(message_id):
        state.say(6, f"No ap_message for mavlink id ({message_id & 0xFFFFFFFF})")
        return DENIED
    if microseconds in (DEFAULT_US, STOP_US):
        channel.send_every(
            message_id, channel.usual_period_s(message_id) if microseconds == DEFAULT_US else None
        )
        return ACCEPTED
    interval_ms = min(max(microseconds // 1000, 1), MOST_INTERVAL_MS)
    if microseconds < 0:
        return DENIED
    if interval_ms < LEAST_INTERVAL_MS:
        state.say(6, f"Requested rate for message ID {message_id} too fast. Increase SCHED_LOOP_RATE")
        return DENIED
    channel.send_every(message_id, interval_ms * 0.001)
    return ACCEPTED


def _send_requested(request: CommandRequest) -> int:
    channel = request.channel
    message_id = request.whole_param(1)
    if message_id == mavlink.MAVLINK_MSG_ID_MESSAGE_INTERVAL:
        return _tell_interval(channel, request.whole_param(2))
    if not _is_known(message_id):
        return FAILED
    if message_id == AVAILABLE_MODES:
        channel.list_modes(request.byte_param(2))
        channel.send_every(MODES_MONITOR, MONITOR_S)
    else:
        channel.send_later(message_id)
    return ACCEPTED


def _send_version(request: CommandRequest) -> int:
    if not same_number(request.params[0], 1.0):
        return FAILED
    request.channel.send_later(mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION)
    return ACCEPTED


def _send_home(request: CommandRequest) -> int:
    if not request.state.home_set:
        return FAILED
    request.channel.send_now(mavlink.MAVLINK_MSG_ID_HOME_POSITION)
    request.channel.send_now(mavlink.MAVLINK_MSG_ID_GPS_GLOBAL_ORIGIN)
    return ACCEPTED


def _send_banner(request: CommandRequest) -> int:
    request.state.say_banner()
    return ACCEPTED


MESSAGES: Mapping[int, Handler] = {
    Command.GET_HOME_POSITION: _send_home,
    Command.GET_MESSAGE_INTERVAL: _send_interval,
    Command.SET_MESSAGE_INTERVAL: _set_interval,
    Command.REQUEST_MESSAGE: _send_requested,
    Command.REQUEST_AUTOPILOT_CAPABILITIES: _send_version,
    Command.DO_SEND_BANNER: _send_banner,
}
