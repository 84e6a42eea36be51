"""A telemetry log (`.tlog`: MAVLink frames, each with a time stamp before it) as one `FlightLog`.

The frames are decoded by pymavlink. The vehicle's own clock times what it sends; it starts again with each
restart, and the stamps of the ground station then say how long that took.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.modes import mode_name
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import Position
from dfr.io.logs.blocks import FileBlocks
from dfr.io.logs.building import EARLIEST_UNIX_S, LATEST_UNIX_S, LogBuilder, LogClock
from dfr.logs.model import EventKind, FlightLog, Quantity
from dfr.mission.items import MissionItem

Message = Any
"""A decoded message of pymavlink."""

STAMP = struct.Struct(">Q")
V1, V2 = 0xFE, 0xFD
V1_AROUND_BYTES, V2_AROUND_BYTES, SIGNATURE_BYTES = 8, 12, 13
SIGNED = 0x01
MOST_FRAME_BYTES = STAMP.size + 255 + V2_AROUND_BYTES + SIGNATURE_BYTES
NEAR_S = 3.0 * 86_400.0
"""After damage a stamp counts within three days of the last good one."""

LATE_S = 5.0
"""A packet may come so late; a clock that is further back has started again: checksums keep out wild ones."""

AUTOPILOTS = {
    dialect.MAV_AUTOPILOT_ARDUPILOTMEGA: "ArduPilot",
    dialect.MAV_AUTOPILOT_PX4: "PX4",
}
UNKNOWN_MV, UNKNOWN_CENTI, UNKNOWN_C = 65_535, -1, 32_767
LANDED = {1: 1.0, 2: 0.0, 3: 0.0, 4: 0.0}
"""EXTENDED_SYS_STATE: on the ground, in the air, taking off, landing; 0 is unknown."""


def is_tlog(data: bytes) -> bool:
    """Whether bytes begin with a stamp and a MAVLink frame.

    >>> is_tlog(bytes(8) + bytes([0xFD]))
    False
    """
    return _frame_end(data, 0, None) is not None


def read_tlog(file: BinaryIO, *, name: str, system: int | None = None) -> FlightLog:
    """The log of one vehicle: the given system, or the one of which the file holds most.

    Raises InputError for a file without an autopilot, without this system, or without flight data.
    """
    readings: dict[int, _TlogReading] = {}
    notes: list[str] = []
    heard: Counter[int] = Counter()
    for stamp_s, message in _read_frames(file, notes):
        source, receiver = message.get_srcSystem(), getattr(message, "target_system", 0)
        if _is_autopilot(message):
            heard[source] += 1
        for number in {source, receiver or source}:
            if number not in readings:
                readings[number] = _TlogReading(name, number)
            readings[number].take_message(message, stamp_s)
    systems = [number for number, _ in heard.most_common()]
    if not systems:
        raise InputError(f"{name}: no autopilot's heartbeat in it", do="is it the log of a vehicle?")
    if system is not None and system not in systems:
        known = ", ".join(str(number) for number in sorted(systems))
        raise InputError(f"{name}: no system {system} in it", do=f"choose one of: {known}")
    chosen = systems[0] if system is None else system
    others = tuple(number for number in systems if number != chosen)
    return readings[chosen].make_log(others, notes)


def _is_autopilot(message: Message) -> bool:
    if message.get_type() != "HEARTBEAT":
        return False
    return bool(message.autopilot != dialect.MAV_AUTOPILOT_INVALID and message.type != dialect.MAV_TYPE_GCS)


def _read_frames(file: BinaryIO, notes: list[str]) -> Iterator[tuple[float, Message]]:
    """The messages that matter here with their stamps, s since 1970; damaged places are left out."""
    decoder = dialect.MAVLink(None)
    decoder.robust_parsing = True
    blocks, at, last_s, skipped = FileBlocks(file), 0, None, 0
    while blocks.read_on(at):
        data, at = blocks.data, 0
        ends = len(data) - (STAMP.size if blocks.last else MOST_FRAME_BYTES)
        while at < ends:
            end = _frame_end(data, at, last_s)
            if end is None:
                at, skipped = at + 1, skipped + 1
                continue
            stamp_s = STAMP.unpack_from(data, at)[0] / 1e6
            if _message_id(data, at + STAMP.size) in HANDLERS:
                message = _decode_frame(decoder, data[at + STAMP.size : end])
                if message is None:
                    at, skipped = at + 1, skipped + 1
                    continue
                yield stamp_s, message
            at, last_s = end, stamp_s
    if skipped:
        notes.append(f"{counted_noun(skipped, 'byte')} left out: no whole frame begins there")


def _frame_end(data: bytes, at: int, last_s: float | None) -> int | None:
    """Where the frame ends that begins with a stamp here; None where none does."""
    frame = at + STAMP.size
    if frame + V1_AROUND_BYTES > len(data) or data[frame] not in (V1, V2):
        return None
    stamp_s = STAMP.unpack_from(data, at)[0] / 1e6
    if not EARLIEST_UNIX_S < stamp_s < LATEST_UNIX_S or (
        last_s is not None and abs(stamp_s - last_s) > NEAR_S
    ):
        return None
    around = V1_AROUND_BYTES
    if data[frame] == V2:
        around = V2_AROUND_BYTES + (SIGNATURE_BYTES if data[frame + 2] & SIGNED else 0)
    end = frame + data[frame + 1] + around
    return end if end <= len(data) else None


def _message_id(data: bytes, frame: int) -> int:
    if data[frame] == V1:
        return data[frame + 5]
    return int.from_bytes(data[frame + 7 : frame + 10], "little")


def _decode_frame(decoder: Message, frame: bytes) -> Message | None:
    """The message of a frame, None where its checksum is wrong."""
    try:
        message = decoder.decode(bytearray(frame))
    except dialect.MAVError:
        return None
    return None if message.get_type() == "BAD_DATA" else message


class _TlogReading:
    """One vehicle's messages while they become series."""

    def __init__(self, name: str, system: int) -> None:
        clock = LogClock(believed_after=1, order_s=LATE_S)
        self.builder, self.system = LogBuilder(name=name, file_format="tlog", clock=clock), system
        self.total_items = 0
        self.items: list[MissionItem] = []
        self.mode: int | None = None
        self.armed: bool | None = None
        self.item = 0
        self.last_s: float | None = None

    def take_message(self, message: Message, stamp_s: float) -> None:
        """Take a message in; one of another system only where it carries the mission to this one."""
        if message.get_srcSystem() != self.system:
            self._take_mission_step(message)
        elif message.get_srcComponent() == dialect.MAV_COMP_ID_AUTOPILOT1:
            t_s = self._read_clock(message, stamp_s)
            if t_s is not None:
                HANDLERS[message.get_msgId()](self, message, t_s)

    def _read_clock(self, message: Message, stamp_s: float) -> float | None:
        """The time of a message: by its own clock, else by how long the last one is ago."""
        elapsed_s = 0.0 if self.last_s is None else max(0.0, stamp_s - self.last_s)
        boot_ms = getattr(message, "time_boot_ms", None)
        if not boot_ms:
            return 0.0 if self.last_s is None else self.builder.clock.now_s + elapsed_s
        t_s = self.builder.clock.read_stamp(boot_ms / 1e3, elapsed_s=elapsed_s)
        if t_s is not None:
            self.last_s = stamp_s
            self.builder.add_date(t_s, stamp_s)
        return t_s

    def make_log(self, others: tuple[int, ...], notes: list[str]) -> FlightLog:
        """The whole log, once all messages are in. Raises InputError where nothing of a flight is in it."""
        self.builder.systems = (self.system, *others)
        self.builder.notes += notes
        if self.builder.firmware is None and self.builder.autopilot:
            self.builder.notes.append("the firmware's version is not in it")
        self.builder.drop_if_zero(Quantity.FIELD_MGAUSS, "no compass: it reads 0 all the time")
        return self.builder.build_log()

    def take_heartbeat(self, message: Message, t_s: float) -> None:
        """Flight mode and arming, where they change."""
        self.builder.autopilot = AUTOPILOTS.get(message.autopilot, f"autopilot {message.autopilot}")
        armed = bool(message.base_mode & dialect.MAV_MODE_FLAG_SAFETY_ARMED)
        if message.custom_mode != self.mode:
            self.mode = message.custom_mode
            self.builder.add_value(Quantity.MODE, t_s, float(message.custom_mode))
            ardupilot = message.autopilot == dialect.MAV_AUTOPILOT_ARDUPILOTMEGA
            said = mode_name(message.custom_mode) if ardupilot else f"mode {message.custom_mode}"
            self.builder.add_event(t_s, EventKind.MODE, said)
        if armed != self.armed:
            kind = EventKind.ARMED if armed else EventKind.DISARMED
            if armed or self.armed is not None:
                self.builder.add_event(t_s, kind, kind.value)
            self.armed = armed
            self.builder.add_value(Quantity.ARMED, t_s, float(armed))

    def take_status(self, message: Message, t_s: float) -> None:
        """The first battery."""
        if message.voltage_battery not in (0, UNKNOWN_MV):
            self.builder.add_value(Quantity.VOLTAGE_V, t_s, message.voltage_battery / 1e3)
        if message.current_battery != UNKNOWN_CENTI:
            self.builder.add_value(Quantity.CURRENT_A, t_s, message.current_battery / 1e2)
        if message.battery_remaining >= 0:
            self.builder.add_value(Quantity.REMAINING, t_s, message.battery_remaining / 1e2)

    def take_battery(self, message: Message, t_s: float) -> None:
        """What the first battery has given, and how warm it is."""
        if message.id != 0:
            return
        if message.current_consumed != UNKNOWN_CENTI:
            self.builder.add_value(Quantity.USED_MAH, t_s, float(message.current_consumed))
        if message.temperature != UNKNOWN_C:
            self.builder.add_value(Quantity.BATTERY_C, t_s, message.temperature / 1e2)

    def take_parameter(self, message: Message, t_s: float) -> None:
        """A parameter's value as it was sent last."""
        self.builder.parameters[_decode_text(message.param_id)] = float(message.param_value)

    def take_satellites(self, message: Message, t_s: float) -> None:
        """The first satellite receiver."""
        self.builder.add_value(Quantity.GPS_FIX, t_s, float(message.fix_type))
        if message.satellites_visible != 255:
            self.builder.add_value(Quantity.SATELLITES, t_s, float(message.satellites_visible))
        if message.eph != UNKNOWN_MV:
            self.builder.add_value(Quantity.HDOP, t_s, message.eph / 1e2)

    def take_compass(self, message: Message, t_s: float) -> None:
        """The strength of the field that the first compass measures."""
        field = math.hypot(message.xmag, message.ymag, message.zmag)
        self.builder.add_value(Quantity.FIELD_MGAUSS, t_s, field)

    def take_attitude(self, message: Message, t_s: float) -> None:
        """Roll, pitch and heading."""
        self.builder.add_value(Quantity.ROLL_RAD, t_s, message.roll)
        self.builder.add_value(Quantity.PITCH_RAD, t_s, message.pitch)
        self.builder.add_value(Quantity.HEADING_RAD, t_s, message.yaw)

    def take_position(self, message: Message, t_s: float) -> None:
        """Place, heights and velocity; 0, 0 is a vehicle without a position."""
        self.builder.add_value(Quantity.HEIGHT_M_HOME, t_s, message.relative_alt / 1e3)
        if (message.lat, message.lon) == (0, 0):
            return
        self.builder.add_value(Quantity.LAT_DEG, t_s, message.lat / 1e7)
        self.builder.add_value(Quantity.LON_DEG, t_s, message.lon / 1e7)
        self.builder.add_value(Quantity.ALTITUDE_M_AMSL, t_s, message.alt / 1e3)
        self.builder.add_value(Quantity.NORTH_MPS, t_s, message.vx / 1e2)
        self.builder.add_value(Quantity.EAST_MPS, t_s, message.vy / 1e2)
        self.builder.add_value(Quantity.SPEED_MPS, t_s, math.hypot(message.vx, message.vy) / 1e2)

    def take_terrain(self, message: Message, t_s: float) -> None:
        """Height above its own terrain data, once it has some."""
        if message.loaded and message.spacing:
            self.builder.add_value(Quantity.HEIGHT_M_TERRAIN, t_s, message.current_height)

    def take_display(self, message: Message, t_s: float) -> None:
        """Climb and throttle; the sign of the position's own vertical speed differs by firmware."""
        self.builder.add_value(Quantity.CLIMB_MPS, t_s, message.climb)
        self.builder.add_value(Quantity.THROTTLE, t_s, message.throttle / 1e2)

    def take_wind(self, message: Message, t_s: float) -> None:
        """The autopilot's wind; it says where it comes from."""
        towards = math.radians(message.direction + 180.0)
        if message.speed > 0.0:
            self.builder.add_value(Quantity.WIND_NORTH_MPS, t_s, message.speed * math.cos(towards))
            self.builder.add_value(Quantity.WIND_EAST_MPS, t_s, message.speed * math.sin(towards))

    def take_vibration(self, message: Message, t_s: float) -> None:
        """The worst axis, and how often the accelerometer was at its limit."""
        worst = max(message.vibration_x, message.vibration_y, message.vibration_z)
        self.builder.add_value(Quantity.VIBRATION_MPS2, t_s, worst)
        self.builder.add_value(Quantity.CLIPS, t_s, float(message.clipping_0))

    def take_landed_state(self, message: Message, t_s: float) -> None:
        """Whether the autopilot says that it stands."""
        if message.landed_state in LANDED:
            self.builder.add_value(Quantity.ON_GROUND, t_s, LANDED[message.landed_state])

    def take_text(self, message: Message, t_s: float) -> None:
        """Its words."""
        text = _decode_text(message.text)
        if text.startswith(("Ardu", "APM:")) and " V" in text:
            self.builder.firmware = text.replace(" V", " ", 1)
        else:
            self.builder.add_event(t_s, EventKind.MESSAGE, text)

    def take_version(self, message: Message, t_s: float) -> None:
        """The firmware's version."""
        number = message.flight_sw_version
        if number and self.builder.firmware is None:
            parts = (number >> 24 & 255, number >> 16 & 255, number >> 8 & 255)
            version = ".".join(str(part) for part in parts)
            self.builder.firmware = f"{self.builder.autopilot} {version}".strip()

    def take_current_item(self, message: Message, t_s: float) -> None:
        """The mission item that is flown."""
        if message.seq > 0 and self.item != message.seq:
            self.builder.add_event(t_s, EventKind.ITEM, f"item {message.seq}")
        self.item = message.seq

    def take_mission(self, message: Message, t_s: float) -> None:
        """A list that the vehicle sends."""
        self._take_mission_step(message)

    def _take_mission_step(self, message: Message) -> None:
        """One step of a transfer of the mission, to the vehicle or from it."""
        kind = message.get_type()
        if getattr(message, "mission_type", 0) != dialect.MAV_MISSION_TYPE_MISSION:
            return
        if kind == "MISSION_COUNT":
            self.total_items, self.items = message.count, []
        elif kind in ("MISSION_ITEM", "MISSION_ITEM_INT") and message.seq == len(self.items):
            self.items.append(_mission_item(message, 1e7 if kind == "MISSION_ITEM_INT" else 1.0))
            if len(self.items) == self.total_items:
                self.builder.add_mission(tuple(self.items))


HANDLERS: dict[int, Callable[[_TlogReading, Message, float], None]] = {
    dialect.MAVLINK_MSG_ID_HEARTBEAT: _TlogReading.take_heartbeat,
    dialect.MAVLINK_MSG_ID_SYS_STATUS: _TlogReading.take_status,
    dialect.MAVLINK_MSG_ID_BATTERY_STATUS: _TlogReading.take_battery,
    dialect.MAVLINK_MSG_ID_PARAM_VALUE: _TlogReading.take_parameter,
    dialect.MAVLINK_MSG_ID_GPS_RAW_INT: _TlogReading.take_satellites,
    dialect.MAVLINK_MSG_ID_RAW_IMU: _TlogReading.take_compass,
    dialect.MAVLINK_MSG_ID_ATTITUDE: _TlogReading.take_attitude,
    dialect.MAVLINK_MSG_ID_GLOBAL_POSITION_INT: _TlogReading.take_position,
    dialect.MAVLINK_MSG_ID_TERRAIN_REPORT: _TlogReading.take_terrain,
    dialect.MAVLINK_MSG_ID_VFR_HUD: _TlogReading.take_display,
    dialect.MAVLINK_MSG_ID_WIND: _TlogReading.take_wind,
    dialect.MAVLINK_MSG_ID_VIBRATION: _TlogReading.take_vibration,
    dialect.MAVLINK_MSG_ID_EXTENDED_SYS_STATE: _TlogReading.take_landed_state,
    dialect.MAVLINK_MSG_ID_STATUSTEXT: _TlogReading.take_text,
    dialect.MAVLINK_MSG_ID_AUTOPILOT_VERSION: _TlogReading.take_version,
    dialect.MAVLINK_MSG_ID_MISSION_CURRENT: _TlogReading.take_current_item,
    dialect.MAVLINK_MSG_ID_MISSION_COUNT: _TlogReading.take_mission,
    dialect.MAVLINK_MSG_ID_MISSION_ITEM: _TlogReading.take_mission,
    dialect.MAVLINK_MSG_ID_MISSION_ITEM_INT: _TlogReading.take_mission,
}
"""What each message gives; the others are left unread."""


def _mission_item(message: Message, degrees: float) -> MissionItem:
    lat, lon = message.x / degrees, message.y / degrees
    placed = (lat, lon) != (0.0, 0.0) and abs(lat) <= 90.0 and abs(lon) <= 180.0
    return MissionItem(
        command=message.command,
        frame=message.frame,
        params=(message.param1, message.param2, message.param3, message.param4),
        position=Position(lat_deg=lat, lon_deg=lon) if placed else None,
        z_m=message.z,
    )


def _decode_text(value: str | bytes) -> str:
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return text.split("\0")[0].strip()
