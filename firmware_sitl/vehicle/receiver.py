"""What the vehicle does with each message of a client."""

from __future__ import annotations

from math import isfinite
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command, MissionResult, MissionType
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import keep_mission_item
from firmware_sitl.vehicle import transfer
from firmware_sitl.vehicle.actions import do_yaw, place
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.commands import run_int, run_long
from firmware_sitl.vehicle.commands_flight import set_mode
from firmware_sitl.vehicle.files import FileServer
from firmware_sitl.vehicle.plans import FENCE, MISSION, RALLY, Plan
from firmware_sitl.vehicle.state import State
from firmware_sitl.vehicle.targets import global_target, local_target
from firmware_sitl.vehicle.telemetry import mission_current, param_value
from firmware_sitl.vehicle.transfer import Transfers, item_of

BY_NAME = -1
GUIDED_ITEM, GUIDED_HEIGHT = 2, 3
LATEST_STAMP = 2**47
"""Signing time stamps have 48 bits, and must go on growing."""


class Receiver:
    """Hands each message to what handles it."""

    def __init__(self, state: State) -> None:
        self._state = state
        plans: dict[MissionType, Plan] = {
            MISSION: state.mission,
            FENCE: state.fence_plan,
            RALLY: state.rally_plan,
        }
        self.transfers = Transfers(plans, state.say, self._set_current)
        self.files = FileServer(state.parameters, plans)
        self._components: set[int] = set()
        self._said_no_attitude = False

    def receive(self, channel: Channel, message: Any) -> None:
        """A message from a client; one for another system or component is left alone."""
        self._route(channel, message)
        if message.get_srcSystem() == self._state.system_id and message.get_srcComponent() != 1:
            self._components.add(message.get_srcComponent())
        if not self._for_us(message):
            return
        kind = message.get_type()
        if kind in ("MISSION_ITEM", "MISSION_ITEM_INT") and self._is_guided(message):
            self._guided_item(channel, message)
            return
        if self.transfers.handle(channel, kind, message, self._state.link_s):
            return
        handler = getattr(self, f"_{kind.lower()}", None)
        if handler is not None:
            handler(channel, message)

    def _route(self, channel: Channel, message: Any) -> None:
        """Pass on to the other ports what is for everyone or for another system, as traffic is."""
        if getattr(message, "target_system", 0) == self._state.system_id:
            return
        if message.get_msgId() == mavlink.MAVLINK_MSG_ID_RADIO_STATUS:
            return
        for other in self._state.clients:
            if other is not channel:
                other.forward(message.get_msgbuf())

    def _for_us(self, message: Any) -> bool:
        """Whether to act on it: as ArduPilot, also for a component of ours that has never been heard."""
        system = getattr(message, "target_system", 0)
        component = getattr(message, "target_component", 0)
        return system in (0, self._state.system_id) and component not in self._components

    def _is_guided(self, message: Any) -> bool:
        return message.mission_type == MISSION and message.current in (GUIDED_ITEM, GUIDED_HEIGHT)

    def _heartbeat(self, channel: Channel, message: Any) -> None:
        del channel
        state = self._state
        if message.get_srcSystem() == int(state.parameters["SYSID_MYGCS"]):
            state.failsafes.hear_gcs(state.craft.t_s, state.link_s)

    def _command_long(self, channel: Channel, message: Any) -> None:
        run_long(self._state, channel, message)

    def _command_int(self, channel: Channel, message: Any) -> None:
        run_int(self._state, channel, message)

    def _set_mode(self, channel: Channel, message: Any) -> None:
        """SET_MODE, which ArduCopter does not acknowledge."""
        del channel
        set_mode(self._state, message.base_mode, message.custom_mode)

    def _request_data_stream(self, channel: Channel, message: Any) -> None:
        channel.stream(message.req_stream_id, message.req_message_rate if message.start_stop else 0.0)

    def _param_request_list(self, channel: Channel, message: Any) -> None:
        del message
        channel.list_parameters()

    def _param_request_read(self, channel: Channel, message: Any) -> None:
        parameters = self._state.parameters
        listed = message.param_index != BY_NAME
        found = (
            parameters.shown_at(message.param_index) if listed else parameters.shown(_name(message.param_id))
        )
        if found is not None:
            channel.send(param_value(parameters, found, listed=listed))

    def _param_set(self, channel: Channel, message: Any) -> None:
        del channel
        state, name = self._state, _name(message.param_id)
        if not isfinite(message.param_value) or not state.parameters.set_shown(name, message.param_value):
            return
        state.craft.control.refresh()
        found = state.parameters.shown(name)
        if found is not None:
            for listener in state.clients:
                listener.send(param_value(state.parameters, found, listed=False))

    def _ping(self, channel: Channel, message: Any) -> None:
        if message.target_system == 0:
            source = message.get_srcSystem(), message.get_srcComponent()
            channel.send(mavlink.MAVLink_ping_message(message.time_usec, message.seq, *source))

    def _timesync(self, channel: Channel, message: Any) -> None:
        if message.tc1 == 0:
            channel.send(mavlink.MAVLink_timesync_message(self._state.boot_ms * 1_000_000, message.ts1))

    def _setup_signing(self, channel: Channel, message: Any) -> None:
        key = bytes(message.secret_key)
        for listener in self._state.clients:
            signing = listener.mav.signing
            signing.secret_key = key if any(key) else None
            signing.sign_outgoing = any(key)
            signing.timestamp = min(message.initial_timestamp, LATEST_STAMP)
            signing.allow_unsigned_callback = _accept_radio if any(key) else None
        del channel

    def _file_transfer_protocol(self, channel: Channel, message: Any) -> None:
        self.files.handle(message, channel.send)

    def _autopilot_version_request(self, channel: Channel, message: Any) -> None:
        del message
        channel.send_now(mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION)

    def _log_request_list(self, channel: Channel, message: Any) -> None:
        """There are no logs, said so that a client does not wait for the first."""
        del message
        channel.send(mavlink.MAVLink_log_entry_message(0, 0, 0, 0, 0))

    def _landing_target(self, channel: Channel, message: Any) -> None:
        del channel
        craft = self._state.craft
        craft.sight.report(message, craft.height_m)

    def _rc_channels_override(self, channel: Channel, message: Any) -> None:
        del channel
        if message.get_srcSystem() == int(self._state.parameters["SYSID_MYGCS"]):
            values = [getattr(message, f"chan{number}_raw") for number in range(1, 19)]
            self._state.craft.sticks.override(values)

    def _manual_control(self, channel: Channel, message: Any) -> None:
        del channel
        if message.target == self._state.system_id:
            self._state.craft.sticks.manual(message)

    def _set_home_position(self, channel: Channel, message: Any) -> None:
        del channel
        place = WireItem(command=0, x=message.latitude, y=message.longitude, z=message.altitude * 0.001)
        if place.is_somewhere:
            craft = self._state.craft
            self._state.set_home(craft.point(place.lat_deg, place.lon_deg, place.z - craft.origin.altitude_m))

    def _set_position_target_global_int(self, channel: Channel, message: Any) -> None:
        del channel
        global_target(self._state, message)

    def _set_position_target_local_ned(self, channel: Channel, message: Any) -> None:
        del channel
        local_target(self._state, message)

    def _set_attitude_target(self, channel: Channel, message: Any) -> None:
        """Not flown: the craft holds, and says so once."""
        del channel, message
        state = self._state
        if state.mode is not state.guided:
            return
        state.guided.stop()
        if not self._said_no_attitude:
            self._said_no_attitude = True
            state.say(4, "attitude targets are not flown here")

    def _set_current(self, seq: int, channel: transfer.Channel) -> None:
        """MISSION_SET_CURRENT: clients take the number they sent, come back, for the answer."""
        if self._state.auto.set_current(seq):
            channel.send(mission_current(self._state, seq))

    def _guided_item(self, channel: Channel, message: Any) -> None:
        """MISSION_ITEM with current 2 (fly there) or 3 (to this height, which Copter ignores)."""
        sent = item_of(message)
        kept = keep_mission_item(sent) if isinstance(sent, WireItem) else sent
        if not isinstance(kept, WireItem):
            result = kept
        elif message.current == GUIDED_HEIGHT or self._fly_item(kept):
            result = MissionResult.ACCEPTED
        else:
            result = MissionResult.ERROR
        source = message.get_srcSystem(), message.get_srcComponent()
        channel.send(mavlink.MAVLink_mission_ack_message(*source, result, 0))

    def _fly_item(self, item: WireItem) -> bool:
        state = self._state
        if state.mode is not state.guided:
            return False
        if item.command == Command.CONDITION_YAW:
            do_yaw(state.craft.heading, item)
            return True
        if item.command != Command.NAV_WAYPOINT:
            return False
        point = place(state.craft, item)
        if not state.fence.allows(*point):
            return False
        state.guided.fly_to(point)
        return True


def _name(raw: Any) -> str:
    text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else str(raw)
    return text.rstrip("\0")


def _accept_radio(mav: Any, message_id: int) -> bool:
    """Of unsigned messages only a radio's status passes."""
    del mav
    return message_id in (mavlink.MAVLINK_MSG_ID_RADIO_STATUS, mavlink.MAVLINK_MSG_ID_RADIO)
