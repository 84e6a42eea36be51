"""COMMAND_LONG and COMMAND_INT: each command to what does it, and the result back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.call import UNSUPPORTED, Call, Handler, always, from_int, from_long
from firmware_sitl.vehicle.commands_devices import DEVICES
from firmware_sitl.vehicle.commands_flight import FLIGHT
from firmware_sitl.vehicle.commands_ground import GROUND
from firmware_sitl.vehicle.commands_messages import MESSAGES

if TYPE_CHECKING:
    from firmware_sitl.vehicle.channel import Channel
    from firmware_sitl.vehicle.vehicle import Vehicle

TABLE: Mapping[int, Handler] = {**FLIGHT, **GROUND, **MESSAGES, **DEVICES}


class Commands:
    """Runs commands; the same table for both messages."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle

    def long(self, channel: Channel, message: Any) -> None:
        """COMMAND_LONG; a place in it for which it has no frame is not supported."""
        self._answer(channel, message, from_long(message))

    def whole(self, channel: Channel, message: Any) -> None:
        """COMMAND_INT."""
        self._answer(channel, message, from_int(message))

    def _answer(self, channel: Channel, message: Any, call: Call | None) -> None:
        handler = TABLE.get(message.command, always(UNSUPPORTED))
        result = UNSUPPORTED if call is None else handler(self._vehicle, channel, call)
        source = message.get_srcSystem(), message.get_srcComponent()
        channel.send(mavlink.MAVLink_command_ack_message(message.command, result, 0, 0, *source))
        channel.pay()
