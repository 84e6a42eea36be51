"""Runs COMMAND_LONG and COMMAND_INT: finds the handler of each command and sends the result back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.commands_devices import DEVICES
from firmware_sitl.vehicle.commands_flight import FLIGHT
from firmware_sitl.vehicle.commands_ground import GROUND
from firmware_sitl.vehicle.commands_messages import MESSAGES
from firmware_sitl.vehicle.request import (
    UNSUPPORTED,
    CommandRequest,
    Handler,
    always_answer,
    from_int,
    from_long,
)
from firmware_sitl.vehicle.state import State

TABLE: Mapping[int, Handler] = {**FLIGHT, **GROUND, **MESSAGES, **DEVICES}


def run_long(state: State, channel: Channel, message: Any) -> None:
    """Run a COMMAND_LONG; a command whose place needs a frame is not supported in it."""
    _send_answer(channel, message, from_long(state, channel, message))


def run_int(state: State, channel: Channel, message: Any) -> None:
    """Run a COMMAND_INT."""
    _send_answer(channel, message, from_int(state, channel, message))


def _send_answer(channel: Channel, message: Any, request: CommandRequest | None) -> None:
    handler = TABLE.get(message.command, always_answer(UNSUPPORTED))
    result = UNSUPPORTED if request is None else handler(request)
    source = message.get_srcSystem(), message.get_srcComponent()
    channel.send(mavlink.MAVLink_command_ack_message(message.command, result, 0, 0, *source))
    channel.send_owed()
