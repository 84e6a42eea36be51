"""What the vehicle does with each message of a client."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.commands import Commands
from firmware_sitl.vehicle.items import ACCEPTED, ERROR, Item, degrees_e7

if TYPE_CHECKING:
    from firmware_sitl.vehicle.channel import Channel
    from firmware_sitl.vehicle.vehicle import Vehicle

RADIO_STATUS = 109
AUTOPILOT_VERSION = 148
GUIDED_ITEM, GUIDED_HEIGHT = 2, 3
FURTHEST_M, FASTEST_MPS = 2.0e7, 1000.0
"""A target further away or faster than this is no target: NaN and the like are neither."""

LATEST_STAMP = 2**47
"""Signing time stamps have 48 bits, and must go on growing."""

IGNORE_POSITION, IGNORE_VELOCITY, IGNORE_YAW = 0x007, 0x038, 0x400


class Receiver:
    """Hands each message to what handles it."""

    def __init__(self, vehicle: Vehicle) -> None:
        self._vehicle = vehicle
        self._components: set[int] = set()
        self.commands = Commands(vehicle)

    def receive(self, channel: Channel, message: Any) -> None:
        """A message from a client; one for another system or component is left alone."""
        self._route(channel, message)
        if message.get_srcSystem() == self._vehicle.system_id and message.get_srcComponent() != 1:
            self._components.add(message.get_srcComponent())
        if not self._for_us(message):
            return
        kind = message.get_type()
        if kind in ("MISSION_ITEM", "MISSION_ITEM_INT") and message.current in (GUIDED_ITEM, GUIDED_HEIGHT):
            self._guided_item(channel, message, whole=kind == "MISSION_ITEM_INT")
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
        """Whether to act on it: as ArduPilot, also for a component of ours that has never been heard."""
        system = getattr(message, "target_system", 0)
        component = getattr(message, "target_component", 0)
        return system in (0, self._vehicle.system_id) and component not in self._components

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
        listed = message.param_index >= 0
        found = (
            parameters.shown_at(message.param_index) if listed else parameters.shown(_name(message.param_id))
        )
        if found is not None:
            channel.send(self._vehicle.parameter_message(found, listed=listed))

    def _param_set(self, channel: Channel, message: Any) -> None:
        del channel
        vehicle, name = self._vehicle, _name(message.param_id)
        if not isfinite(message.param_value) or not vehicle.parameters.set_shown(name, message.param_value):
            return
        vehicle.parameter_changed()
        found = vehicle.parameters.shown(name)
        if found is not None:
            for listener in vehicle.channels:
                listener.send(vehicle.parameter_message(found, listed=False))

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
            signing.timestamp = min(message.initial_timestamp, LATEST_STAMP)
            signing.allow_unsigned_callback = _accept_radio if any(key) else None
        del channel

    def _file_transfer_protocol(self, channel: Channel, message: Any) -> None:
        self._vehicle.files.handle(message, channel.send)

    def _autopilot_version_request(self, channel: Channel, message: Any) -> None:
        del message
        channel.one(AUTOPILOT_VERSION)

    def _log_request_list(self, channel: Channel, message: Any) -> None:
        """There are no logs, said so that a client does not wait for the first."""
        del message
        channel.send(mavlink.MAVLink_log_entry_message(0, 0, 0, 0, 0))

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
        place = Item(command=0, x=message.latitude, y=message.longitude, z=message.altitude * 0.001)
        if place.is_somewhere:
            craft = self._vehicle.craft
            self._vehicle.set_home(
                craft.point(place.lat_deg, place.lon_deg, place.z - craft.origin.altitude_m)
            )

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
            if not all(abs(metres) < FURTHEST_M for metres in point):
                return
            if not vehicle.fence.allows(*point):
                vehicle.say(4, "Guided target outside fence")
                return
            vehicle.guided.fly_to(point)
        elif not message.type_mask & IGNORE_VELOCITY:
            velocity = message.vx, message.vy, -message.vz
            if not all(abs(speed) < FASTEST_MPS for speed in velocity):
                return
            vehicle.guided.fly_at(velocity)
        if not message.type_mask & IGNORE_YAW and isfinite(message.yaw):
            vehicle.craft.heading.fix(message.yaw)

    def _guided_item(self, channel: Channel, message: Any, *, whole: bool) -> None:
        """MISSION_ITEM with current 2 (fly there) or 3 (to this height): the old guided command."""
        vehicle, source = self._vehicle, (message.get_srcSystem(), message.get_srcComponent())
        item = Item(
            command=message.command,
            frame=message.frame,
            x=message.x if whole else degrees_e7(message.x),
            y=message.y if whole else degrees_e7(message.y),
            z=message.z,
        )
        accepted = vehicle.mode.number == modes.GUIDED and self._fly_item(
            item, keep_place=message.current == 3
        )
        result = ACCEPTED if accepted else ERROR
        channel.send(mavlink.MAVLink_mission_ack_message(*source, result, 0))

    def _fly_item(self, item: Item, *, keep_place: bool) -> bool:
        if not item.is_somewhere:
            return False
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
