"""A small ground station for tests and scripts: waits, uploads, commands and follows one vehicle.

It is what a test of a vehicle needs and no more; operations use `dfr.link`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, NoReturn, Self

os.environ.setdefault("MAVLINK20", "1")

from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.items import WireItem
from dfr.errors import LinkError, LinkTimeoutError, TransferError, VehicleRefusedError

POSITION_KNOWN = mavlink.EKF_POS_HORIZ_ABS
READY_TO_ARM = mavlink.MAV_SYS_STATUS_PREARM_CHECK
AUTOPILOT = mavlink.MAV_COMP_ID_AUTOPILOT1
ARMED = mavlink.MAV_MODE_FLAG_SAFETY_ARMED
INVALID_SEQUENCE = mavlink.MAV_MISSION_INVALID_SEQUENCE
HEARTBEAT_WALL_S = 0.2
UPLOAD_TRIES = 5
HANGS_S = 300.0
"""Wall seconds after which a client gives up. Only so that a failure ends: no test may pass or fail by how
busy its machine is."""

SPEAKS = frozenset({"HEARTBEAT", "STATUSTEXT"})


def speak_mavlink_2() -> None:
    """Let pymavlink's connections begin with MAVLink 2, whoever loaded it: MAVLink 1 cannot name a list."""
    os.environ.setdefault("MAVLINK20", "1")
    if mavutil.mavlink.WIRE_PROTOCOL_VERSION != "2.0":
        mavutil.set_dialect(mavutil.current_dialect)


class SitlClient:
    """One connection to one vehicle, as ground station 255."""

    def __init__(self, url: str, *, system_id: int = 1, source_system: int = 255) -> None:
        self.system_id = system_id
        self.texts: list[str] = []
        self.mode = -1
        self.armed = False
        self.beats = True
        self.sticks: tuple[int, int, int, int] | None = None
        self._beaten_s = 0.0
        speak_mavlink_2()
        self.connection = mavutil.mavlink_connection(url, source_system=source_system, autoreconnect=False)
        self.connection.handle_eof = self.connection.handle_disconnect = self._refuse_closed
        self.mav: Any = self.connection.mav

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self.connection.close()

    def receive(
        self,
        *kinds: str,
        timeout_s: float = HANGS_S,
        where: Callable[[Any], bool] | None = None,
        what: str = "",
    ) -> Any:
        """The next message of some kinds (any, where none is named) that meets a condition.

        Raises LinkTimeoutError, which says `what` was waited for, where none comes within wall time.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._send_heartbeat()
            message = self.connection.recv_match(blocking=True, timeout=0.05)
            if message is None:
                continue
            self._note_message(message)
            if (not kinds or message.get_type() in kinds) and (where is None or where(message)):
                return message
        waited = f"{what}: no " if what else "no "
        raise LinkTimeoutError(
            f"{waited}{' or '.join(kinds) or 'message'} within {timeout_s:g} s{self._last_words()}"
        )

    def _refuse_closed(self) -> NoReturn:
        """In place of what pymavlink does where a TCP connection ends: print it, and read on for ever."""
        raise LinkError(
            f"the vehicle closed its connection{self._last_words()}",
            do="read its output: it may have ended, or started anew",
        )

    def _last_words(self) -> str:
        return f"; the vehicle's last words: {self.texts[-3:]}" if self.texts else ""

    def quiet(self, *kinds: str, for_s: float) -> bool:
        """Whether no message of some kinds comes for a while."""
        try:
            self.receive(*kinds, timeout_s=for_s)
        except LinkTimeoutError:
            return True
        return False

    def stream(self, rate_hz: int) -> None:
        """Ask for all data streams."""
        self.mav.request_data_stream_send(self.system_id, 1, 0, rate_hz, 1)

    def wait_ready(self, *, timeout_s: float = HANGS_S) -> None:
        """Wait until the vehicle knows where it is and would let itself be armed."""
        self.stream(10)
        self.receive(
            "EKF_STATUS_REPORT",
            timeout_s=timeout_s,
            where=lambda m: bool(m.flags & POSITION_KNOWN),
            what="a position known to the vehicle",
        )
        self.receive(
            "SYS_STATUS",
            timeout_s=timeout_s,
            where=lambda m: bool(m.onboard_control_sensors_health & READY_TO_ARM),
            what="good pre-arm checks",
        )

    def command(self, number: int, *params: float, timeout_s: float = HANGS_S) -> int:
        """The result of a COMMAND_LONG."""
        self.send_command(number, *params)
        ack = self.receive(
            "COMMAND_ACK",
            timeout_s=timeout_s,
            where=lambda m: m.command == number,
            what=f"the answer to {enum_name('MAV_CMD', number)}",
        )
        return int(ack.result)

    def send_command(self, number: int, *params: float) -> None:
        """Send a COMMAND_LONG and leave its answer to be received."""
        filled = [*params, *[0.0] * (7 - len(params))]
        self.mav.command_long_send(self.system_id, 1, number, 0, *filled)

    def do(self, number: int, *params: float) -> None:
        """A command that must be accepted; VehicleRefusedError, with what was said, where it is not."""
        result = self.command(number, *params)
        if result != mavlink.MAV_RESULT_ACCEPTED:
            with suppress(LinkTimeoutError):
                self.receive("STATUSTEXT", timeout_s=0.5)
            named = f"{enum_name('MAV_CMD', number)} {params}: {enum_name('MAV_RESULT', result)}"
            raise VehicleRefusedError(f"{named}; the vehicle's last words: {self.texts[-3:]}")

    def set_mode(self, number: int) -> None:
        """Change the flight mode, and see it changed."""
        self.do(mavlink.MAV_CMD_DO_SET_MODE, 1, number)
        self._wait_heartbeat(lambda m: m.custom_mode == number, what=f"flight mode {number}")

    def arm(self) -> None:
        """Arm, and see it armed."""
        self.do(mavlink.MAV_CMD_COMPONENT_ARM_DISARM, 1)
        self._wait_heartbeat(lambda m: bool(m.base_mode & ARMED), what="armed")

    def set_parameter(self, name: str, value: float) -> None:
        """Write a parameter, and see it echoed; VehicleRefusedError where the vehicle has no such name."""
        self.mav.param_set_send(self.system_id, 1, name.encode(), value, mavlink.MAV_PARAM_TYPE_REAL32)
        if self._read_answer(name) is None:
            raise VehicleRefusedError(f"{name} = {value:g}: the vehicle has no such parameter")

    def parameter(self, name: str) -> float:
        """Read a parameter; VehicleRefusedError where the vehicle has none of the name."""
        value = self.find_parameter(name)
        if value is None:
            raise VehicleRefusedError(f"{name}: the vehicle has no such parameter")
        return value

    def find_parameter(self, name: str) -> float | None:
        """A parameter's value; None where the vehicle has none of the name."""
        self.mav.param_request_read_send(self.system_id, 1, name.encode(), -1)
        return self._read_answer(name)

    def _read_answer(self, name: str) -> float | None:
        """The last PARAM_VALUE of a name before the answer to a question asked after it.

        A vehicle says nothing for a name it does not know, and answers in order: the next question, for the
        first parameter of its list, tells silence from slowness.
        """
        self.mav.param_request_read_send(self.system_id, 1, b"", 0)
        found: float | None = None
        while True:
            message = self.receive("PARAM_VALUE", what=f"parameter {name}")
            if message.param_index == 0:
                return found
            if message.param_id == name:
                found = float(message.param_value)

    def upload(self, items: Sequence[WireItem], *, kind: int = 0) -> None:
        """Upload a list; TransferError where the vehicle refuses it.

        A vehicle cancels an upload that stands still for some wall seconds, as on a machine with far too much
        to do: then once more.
        """
        for _ in range(UPLOAD_TRIES):
            result = self._upload_once(items, kind)
            if result != mavlink.MAV_MISSION_OPERATION_CANCELLED:
                break
        if result != mavlink.MAV_MISSION_ACCEPTED:
            why = enum_name("MAV_MISSION_RESULT", result)
            raise TransferError(f"upload of {len(items)} items (list {kind}): {why}")

    def _upload_once(self, items: Sequence[WireItem], kind: int) -> int:
        """The vehicle's answer."""
        self.mav.mission_count_send(self.system_id, 1, len(items), kind)
        while True:
            message = self.receive(
                "MISSION_REQUEST",
                "MISSION_REQUEST_INT",
                "MISSION_ACK",
                where=lambda m: m.mission_type == kind,
                what=f"upload of {len(items)} items (list {kind})",
            )
            if message.get_type() == "MISSION_ACK":
                if message.type == INVALID_SEQUENCE:
                    continue
                return int(message.type)
            self._send_item(message.seq, items[message.seq], kind)

    def _send_item(self, seq: int, item: WireItem, kind: int) -> None:
        place = item.x, item.y, item.z
        self.mav.mission_item_int_send(
            self.system_id, 1, seq, item.frame, item.command, 0, 1, *item.params, *place, kind
        )

    def download(self, *, kind: int = 0) -> list[Any]:
        """Read a list back."""
        self.mav.mission_request_list_send(self.system_id, 1, kind)
        what = f"download of list {kind}"
        count = self.receive("MISSION_COUNT", where=lambda m: m.mission_type == kind, what=what).count
        items: list[Any] = []
        while len(items) < count:
            self.mav.mission_request_int_send(self.system_id, 1, len(items), kind)
            message = self.receive(
                "MISSION_ITEM_INT", where=lambda m: m.mission_type == kind, what=f"{what}, item {len(items)}"
            )
            if message.seq == len(items):
                items.append(message)
        self.mav.mission_ack_send(self.system_id, 1, mavlink.MAV_MISSION_ACCEPTED, kind)
        return items

    def parameters(self) -> Mapping[str, float]:
        """All parameters."""
        self.mav.param_request_list_send(self.system_id, 1)
        found: dict[str, float] = {}
        while True:
            message = self.receive("PARAM_VALUE", what=f"all parameters, {len(found)} received")
            found[message.param_id] = message.param_value
            if len(found) >= message.param_count:
                return found

    def wait_text(self, part: str, *, timeout_s: float = HANGS_S) -> str:
        """The text with a part in it, already said or said in time."""
        for text in self.texts:
            if part in text:
                return text
        message = self.receive(
            "STATUSTEXT", timeout_s=timeout_s, where=lambda m: part in m.text, what=f"a text with {part!r}"
        )
        return str(message.text)

    def wait_mode(self, number: int, *, timeout_s: float = HANGS_S) -> None:
        """Wait for a flight mode."""
        self._wait_heartbeat(
            lambda m: m.custom_mode == number, what=f"flight mode {number}", timeout_s=timeout_s
        )

    def wait_height(self, above_m: float, *, timeout_s: float = HANGS_S) -> None:
        """Wait until the vehicle is this high above home."""
        self.receive(
            "GLOBAL_POSITION_INT",
            timeout_s=timeout_s,
            where=lambda m: m.relative_alt >= 1000.0 * above_m,
            what=f"{above_m:g} m above home",
        )

    def wait_disarmed(self, *, timeout_s: float = HANGS_S) -> None:
        """Wait until the motors have stopped."""
        self._wait_heartbeat(lambda m: not m.base_mode & ARMED, what="disarmed", timeout_s=timeout_s)

    def is_from_vehicle(self, message: Any) -> bool:
        """Whether the autopilot itself has sent it: a vehicle passes on what its other clients say."""
        return (message.get_srcSystem(), message.get_srcComponent()) == (self.system_id, AUTOPILOT)

    def _wait_heartbeat(self, where: Callable[[Any], bool], *, what: str, timeout_s: float = HANGS_S) -> None:
        self.receive(
            "HEARTBEAT",
            timeout_s=timeout_s,
            where=lambda m: self.is_from_vehicle(m) and where(m),
            what=what,
        )

    def _note_message(self, message: Any) -> None:
        kind = message.get_type()
        if kind not in SPEAKS or message.get_srcSystem() != self.system_id:
            return
        if kind == "STATUSTEXT":
            self.texts.append(str(message.text))
        elif self.is_from_vehicle(message):
            self.mode, self.armed = message.custom_mode, bool(message.base_mode & ARMED)

    def _send_heartbeat(self) -> None:
        now = time.monotonic()
        if not self.beats or now - self._beaten_s < HEARTBEAT_WALL_S:
            return
        self._beaten_s = now
        try:
            self.mav.heartbeat_send(mavlink.MAV_TYPE_GCS, mavlink.MAV_AUTOPILOT_INVALID, 0, 0, 0)
            if self.sticks is not None:
                self.mav.rc_channels_override_send(self.system_id, 1, *self.sticks, *[65535] * 4)
        except OSError as error:
            raise LinkError(f"the vehicle has gone: {error}") from error


def enum_name(enum: str, number: int) -> str:
    """MAVLink's name of a number, and the number."""
    entry = mavlink.enums[enum].get(number)
    return f"{enum} {number}" if entry is None else f"{entry.name} ({number})"
