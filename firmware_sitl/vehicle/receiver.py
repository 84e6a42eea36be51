"""Receives clients' messages, forwards those for others, and hands each of ours to its handler."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command, MissionResult, MissionType
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import keep_mission_item
from firmware_sitl.vehicle.actions import do_yaw, item_point
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.commands import run_int, run_long
from firmware_sitl.vehicle.commands_flight import set_mode
from firmware_sitl.vehicle.dataflash import DataFlash
from firmware_sitl.vehicle.files import FileServer
from firmware_sitl.vehicle.item_lists import FENCE, MISSION, RALLY, ItemList
from firmware_sitl.vehicle.log_transfer import LogTransfer
from firmware_sitl.vehicle.state import Client, State
from firmware_sitl.vehicle.targets import global_target, local_target
from firmware_sitl.vehicle.telemetry import mission_current, param_value
from firmware_sitl.vehicle.transfer import ListTransfers, item_of

AUTOPILOT_VERSION = mavlink.MAVLINK_MSG_ID_AUTOPILOT_VERSION
BY_NAME = -1
GUIDED_ITEM, GUIDED_HEIGHT = 2, 3
LOG_REQUESTS = ("LOG_REQUEST_LIST", "LOG_REQUEST_DATA", "LOG_REQUEST_END", "LOG_ERASE")
LATEST_STAMP = 2**47
"""Signing time stamps have 48 bits, and must go on growing."""


class Receiver:
    """Hands each message to what handles it."""

    def __init__(self, state: State, card: DataFlash) -> None:
        self._state = state
        self.logs = LogTransfer(card, lambda: state.aircraft.motors.armed, state.say)
        lists: dict[MissionType, ItemList] = {
            MISSION: state.mission,
            FENCE: state.fence_list,
            RALLY: state.rally_list,
        }
        self.transfers = ListTransfers(lists, state.say, self._set_current)
        self.files = FileServer(state.parameters, lists)
        self._components: set[int] = set()
        self._said_no_attitude = False
        self._told: Mapping[str, Callable[[Any], None]] = {
            "HEARTBEAT": self._hear_heartbeat,
            "COMMAND_ACK": lambda _: self._end_motor_calibration(),
            "SET_MODE": self._set_mode,
            "PARAM_SET": self._set_parameter,
            "SETUP_SIGNING": self._set_up_signing,
            "LANDING_TARGET": self._see_landing_target,
            "RC_CHANNELS_OVERRIDE": self._override_sticks,
            "MANUAL_CONTROL": self._move_sticks,
            "SET_HOME_POSITION": self._set_home,
            "SET_POSITION_TARGET_GLOBAL_INT": lambda message: global_target(state, message),
            "SET_POSITION_TARGET_LOCAL_NED": lambda message: local_target(state, message),
            "SET_ATTITUDE_TARGET": lambda _: self._refuse_attitude(),
        }
        self._asked: Mapping[str, Callable[[Channel, Any], object]] = {
            "COMMAND_LONG": lambda channel, message: run_long(state, channel, message),
            "COMMAND_INT": lambda channel, message: run_int(state, channel, message),
            "REQUEST_DATA_STREAM": self._set_stream,
            "PARAM_REQUEST_LIST": lambda channel, _: channel.list_parameters(),
            "PARAM_REQUEST_READ": self._send_parameter,
            "PING": self._answer_ping,
            "TIMESYNC": self._answer_timesync,
            "FILE_TRANSFER_PROTOCOL": lambda channel, message: self.files.handle_request(
                message, channel.send
            ),
            "AUTOPILOT_VERSION_REQUEST": lambda channel, _: channel.send_now(AUTOPILOT_VERSION),
            **dict.fromkeys(LOG_REQUESTS, self.logs.handle_request),
        }

    def receive_message(self, channel: Channel, message: Any) -> None:
        """A message from a client; one for another system or component is left alone."""
        self._route_message(channel, message)
        if message.get_srcSystem() == self._state.system_id and message.get_srcComponent() != 1:
            self._components.add(message.get_srcComponent())
        if not self._for_us(message):
            return
        kind = message.get_type()
        if kind in ("MISSION_ITEM", "MISSION_ITEM_INT") and self._is_guided(message):
            self._guided_item(channel, message)
            return
        if self.transfers.handle_message(channel, kind, message, self._state.link_s):
            return
        if kind in self._told:
            self._told[kind](message)
        elif kind in self._asked:
            self._asked[kind](channel, message)

    def _route_message(self, channel: Channel, message: Any) -> None:
        """Forward to the other ports what is for everyone or for another system."""
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

    def _hear_heartbeat(self, message: Any) -> None:
        state = self._state
        if self._is_from_gcs(message):
            state.failsafes.hear_gcs(state.aircraft.t_s, state.link_s)

    def _end_motor_calibration(self) -> None:
        calibrations = self._state.calibrations
        if calibrations.motors is not None:
            calibrations.motors.end()
            calibrations.motors = None

    def _set_mode(self, message: Any) -> None:
        """SET_MODE, which ArduCopter does not acknowledge."""
        set_mode(self._state, message.base_mode, message.custom_mode)

    def _set_parameter(self, message: Any) -> None:
        state, name = self._state, _name(message.param_id)
        if not isfinite(message.param_value) or not state.parameters.set_shown(name, message.param_value):
            return
        state.aircraft.control.read_gains()
        found = state.parameters.find_shown(name)
        if found is not None:
            for listener in state.clients:
                listener.send(param_value(state.parameters, found, listed=False))

    def _set_up_signing(self, message: Any) -> None:
        key = bytes(message.secret_key)
        for listener in self._state.clients:
            signing = listener.mav.signing
            signing.secret_key = key if any(key) else None
            signing.sign_outgoing = any(key)
            signing.timestamp = min(message.initial_timestamp, LATEST_STAMP)
            signing.allow_unsigned_callback = _accept_radio if any(key) else None

    def _see_landing_target(self, message: Any) -> None:
        aircraft = self._state.aircraft
        aircraft.landing_target.take_report(message, aircraft.height_m)

    def _is_from_gcs(self, message: Any) -> bool:
        """Whether the ground station sent it that may move the sticks."""
        return bool(message.get_srcSystem() == int(self._state.parameters["SYSID_MYGCS"]))

    def _override_sticks(self, message: Any) -> None:
        if self._is_from_gcs(message):
            values = [getattr(message, f"chan{number}_raw") for number in range(1, 19)]
            self._state.aircraft.sticks.take_override(values)

    def _move_sticks(self, message: Any) -> None:
        if message.target == self._state.system_id and self._is_from_gcs(message):
            self._state.aircraft.sticks.take_manual(message)

    def _set_home(self, message: Any) -> None:
        place = WireItem(command=0, x=message.latitude, y=message.longitude, z=message.altitude * 0.001)
        if place.is_somewhere:
            aircraft = self._state.aircraft
            self._state.set_home(
                aircraft.local_point(place.lat_deg, place.lon_deg, place.z - aircraft.origin.altitude_m)
            )
            self._state.home_locked = True

    def _refuse_attitude(self) -> None:
        """Hold instead: attitude targets are not flown, which is said once."""
        state = self._state
        if state.mode is not state.guided:
            return
        state.guided.stop_here()
        if not self._said_no_attitude:
            self._said_no_attitude = True
            state.say(4, "attitude targets are not flown here")

    def _set_stream(self, channel: Channel, message: Any) -> None:
        channel.set_stream_rate(
            message.req_stream_id, message.req_message_rate if message.start_stop else 0.0
        )

    def _send_parameter(self, channel: Channel, message: Any) -> None:
        parameters = self._state.parameters
        listed = message.param_index != BY_NAME
        found = (
            parameters.shown_at(message.param_index)
            if listed
            else parameters.find_shown(_name(message.param_id))
        )
        if found is not None:
            channel.send(param_value(parameters, found, listed=listed))

    def _answer_ping(self, channel: Channel, message: Any) -> None:
        if message.target_system == 0:
            source = message.get_srcSystem(), message.get_srcComponent()
            channel.send(mavlink.MAVLink_ping_message(message.time_usec, message.seq, *source))

    def _answer_timesync(self, channel: Channel, message: Any) -> None:
        """The time of 0 marks a question, so no answer holds it, not even at power-on."""
        if message.tc1 == 0:
            now_ns = max(self._state.boot_ms, 1) * 1_000_000
            channel.send(mavlink.MAVLink_timesync_message(now_ns, message.ts1))

    def _set_current(self, seq: int, client: Client) -> None:
        """MISSION_SET_CURRENT: clients take the number they sent, come back, for the answer."""
        if self._state.auto.set_current(seq):
            client.send(mission_current(self._state, seq))

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
            do_yaw(state.aircraft.heading, item)
            return True
        if item.command != Command.NAV_WAYPOINT:
            return False
        point = item_point(state.aircraft, item)
        if not state.fence.allows_point(*point):
            return False
        state.guided.fly_to(point)
        return True


def _name(raw: Any) -> str:
    text = raw.decode("ascii", "replace") if isinstance(raw, bytes) else str(raw)
    return text.rstrip("\0")


def _accept_radio(_mav: Any, message_id: int) -> bool:
    """Of unsigned messages only a radio's status passes."""
    return message_id in (mavlink.MAVLINK_MSG_ID_RADIO_STATUS, mavlink.MAVLINK_MSG_ID_RADIO)
