"""What the vehicle does with each message of a client."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.commands import Commands
from firmware_sitl.vehicle.items import ACCEPTED, ERROR, Item

if TYPE_CHECKING:
    from firmware_sitl.vehicle.channel import Channel
    from firmware_sitl.vehicle.vehicle import Vehicle

RADIO_STATUS = 109
FTP_ACK, FTP_NAK, FTP_NO_SUCH_FILE, FTP_ENDS = 128, 129, 10, (1, 2)
GUIDED_ITEM, GUIDED_HEIGHT = 2, 3
IGNORE_POSITION, IGNORE_VELOCITY, IGNORE_YAW = 0x007, 0x038, 0x400


class Receiver:
    """Hands each message to what handles it."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self.commands = Commands(vehicle)

    def receive(self, channel: Channel, message: Any) -> None:
        """A message from a client; one for another system or component is left alone."""
        self._route(channel, message)
        if not self._for_us(message):
            return
        kind = message.get_type()
        if kind in ("MISSION_ITEM", "MISSION_ITEM_INT") and message.current in (GUIDED_ITEM, GUIDED_HEIGHT):
            self._guided_item(channel, message, scale=1.0 if kind == "MISSION_ITEM_INT" else 1e7)
            return
        if self._vehicle.transfers.handle(channel, kind, message, self._vehicle.link_s):
            return
        handler = getattr(self, f"_{kind.lower()}", None)
        if handler is not None:
            handler(channel, message)

    def _route(self, channel: Channel, message: Any) -> None:
        """Pass on to the other ports what is for everyone or for another system, as traffic is."""
        if getattr(message, "target_system", 0) == self._vehicle.system_id:
            return
        if message.get_msgId() == RADIO_STATUS:
            return
        for other in self._vehicle.channels:
            if other is not channel:
                other.forward(message.get_msgbuf())

    def _for_us(self, message: Any) -> bool:
        system = getattr(message, "target_system", 0)
        component = getattr(message, "target_component", 0)
        return system in (0, self._vehicle.system_id) and component in (0, 1)

    def _heartbeat(self, channel: Channel, message: Any) -> None:
        del channel
        vehicle = self._vehicle
        if message.get_srcSystem() == int(vehicle.parameters["SYSID_MYGCS"]):
            vehicle.failsafes.hear_gcs(vehicle.craft.t_s)

    def _command_long(self, channel: Channel, message: Any) -> None:
        self.commands.long(channel, message)

    def _command_int(self, channel: Channel, message: Any) -> None:
        self.commands.whole(channel, message)

    def _set_mode(self, channel: Channel, message: Any) -> None:
        if not message.base_mode & 1:
            result = mavlink.MAV_RESULT_DENIED
        elif self._vehicle.change_mode(message.custom_mode):
            result = mavlink.MAV_RESULT_ACCEPTED
        else:
            result = mavlink.MAV_RESULT_FAILED
        source = message.get_srcSystem(), message.get_srcComponent()
        channel.send(mavlink.MAVLink_command_ack_message(11, result, 0, 0, *source))

    def _request_data_stream(self, channel: Channel, message: Any) -> None:
        channel.stream(message.req_stream_id, message.req_message_rate if message.start_stop else 0.0)

    def _param_request_list(self, channel: Channel, message: Any) -> None:
        del message
        channel.list_parameters()

    def _param_request_read(self, channel: Channel, message: Any) -> None:
        parameters = self._vehicle.parameters
        if message.param_index >= 0:
            found = parameters.shown_at(message.param_index)
        else:
            found = parameters.shown(_name(message.param_id))
        if found is not None:
            channel.send(self._vehicle.parameter_message(found))

    def _param_set(self, channel: Channel, message: Any) -> None:
        del channel
        vehicle, name = self._vehicle, _name(message.param_id)
        if isnan(message.param_value) or not vehicle.parameters.set_shown(name, message.param_value):
            return
        vehicle.parameter_changed()
        found = vehicle.parameters.shown(name)
        if found is not None:
            for listener in vehicle.channels:
                listener.send(vehicle.parameter_message(found))

    def _ping(self, channel: Channel, message: Any) -> None:
        if message.target_system == 0:
            source = message.get_srcSystem(), message.get_srcComponent()
            channel.send(mavlink.MAVLink_ping_message(message.time_usec, message.seq, *source))

    def _timesync(self, channel: Channel, message: Any) -> None:
        if message.tc1 == 0:
            channel.send(mavlink.MAVLink_timesync_message(self._vehicle.boot_ms * 1_000_000, message.ts1))

    def _setup_signing(self, channel: Channel, message: Any) -> None:
        key = bytes(message.secret_key)
        for listener in self._vehicle.channels:
            signing = listener.mav.signing
            signing.secret_key = key if any(key) else None
            signing.sign_outgoing = any(key)
            signing.timestamp = message.initial_timestamp
            signing.allow_unsigned_callback = _accept_radio if any(key) else None
        del channel

    def _file_transfer_protocol(self, channel: Channel, message: Any) -> None:
        """There are no files: said at once, so that a client falls back on the parameter protocol."""
        asked = bytes(message.payload)
        sequence, session, operation = int.from_bytes(asked[:2], "little"), asked[2], asked[3]
        ends = operation in FTP_ENDS
        answer = bytearray(251)
        answer[:2] = ((sequence + 1) & 0xFFFF).to_bytes(2, "little")
        answer[2:6] = bytes((session, FTP_ACK if ends else FTP_NAK, 0 if ends else 1, operation))
        answer[12] = 0 if ends else FTP_NO_SUCH_FILE
        source = message.get_srcSystem(), message.get_srcComponent()
        channel.send(mavlink.MAVLink_file_transfer_protocol_message(0, *source, list(answer)))

    def _landing_target(self, channel: Channel, message: Any) -> None:
        del channel
        self._vehicle.craft.sight.report(message)

    def _rc_channels_override(self, channel: Channel, message: Any) -> None:
        del channel
        if message.get_srcSystem() == int(self._vehicle.parameters["SYSID_MYGCS"]):
            values = [getattr(message, f"chan{number}_raw") for number in range(1, 9)]
            self._vehicle.craft.sticks.override(values)

    def _manual_control(self, channel: Channel, message: Any) -> None:
        del channel
        if message.target == self._vehicle.system_id:
            self._vehicle.craft.sticks.manual(message)

    def _set_home_position(self, channel: Channel, message: Any) -> None:
        del channel
        craft = self._vehicle.craft
        up = message.altitude * 0.001 - craft.origin.altitude_m
        self._vehicle.set_home(craft.point(message.latitude * 1e-7, message.longitude * 1e-7, up))

    def _set_position_target_global_int(self, channel: Channel, message: Any) -> None:
        del channel
        craft = self._vehicle.craft
        frame, up = message.coordinate_frame, message.alt
        up = up - craft.origin.altitude_m if frame in (0, 5) else craft.home[2] + up
        point = craft.point(message.lat_int * 1e-7, message.lon_int * 1e-7, up)
        self._target(message, point)

    def _set_position_target_local_ned(self, channel: Channel, message: Any) -> None:
        del channel
        body = self._vehicle.craft.body
        north, east, up = message.x, message.y, -message.z
        if message.coordinate_frame in (7, 8, 9):
            north, east, up = north + body.north, east + body.east, up + body.up
        self._target(message, (north, east, up))

    def _target(self, message: Any, point: tuple[float, float, float]) -> None:
        """A guided target: a point inside the fence, or a velocity."""
        vehicle = self._vehicle
        if vehicle.mode is not vehicle.guided:
            return
        if not message.type_mask & IGNORE_POSITION:
            if not vehicle.fence.allows(*point):
                vehicle.say(4, "Guided target outside fence")
                return
            vehicle.guided.fly_to(point)
        elif not message.type_mask & IGNORE_VELOCITY:
            vehicle.guided.fly_at((message.vx, message.vy, -message.vz))
        if not message.type_mask & IGNORE_YAW and not isnan(message.yaw):
            vehicle.craft.heading.fix(message.yaw)

    def _guided_item(self, channel: Channel, message: Any, *, scale: float) -> None:
        """MISSION_ITEM with current 2 (fly there) or 3 (to this height): the old guided command."""
        vehicle, source = self._vehicle, (message.get_srcSystem(), message.get_srcComponent())
        item = Item(
            command=message.command,
            frame=message.frame,
            x=round(message.x * scale),
            y=round(message.y * scale),
            z=message.z,
        )
        accepted = vehicle.mode.number == modes.GUIDED and self._fly_item(
            item, keep_place=message.current == 3
        )
        result = ACCEPTED if accepted else ERROR
        channel.send(mavlink.MAVLink_mission_ack_message(*source, result, 0))

    def _fly_item(self, item: Item, *, keep_place: bool) -> bool:
        vehicle, craft = self._vehicle, self._vehicle.craft
        up = item.z - craft.origin.altitude_m if item.frame in (0, 5) else craft.home[2] + item.z
        point = craft.point(item.lat_deg, item.lon_deg, up)
        if keep_place:
            point = (craft.body.north, craft.body.east, up)
        return vehicle.fence.allows(*point) and vehicle.guided.fly_to(point)


def _name(raw: Any) -> str:
    text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else str(raw)
    return text.rstrip("\0")


def _accept_radio(mav: Any, message_id: int) -> bool:
    """Of unsigned messages only a radio's status passes."""
    del mav
    return message_id in (109, 166)
