"""A PX4 log (`.ulg`) as one `FlightLog`; pyulog reads it (`pip install 'dfr-planner[px4]'`)."""

from __future__ import annotations

import contextlib
import io
import math
import struct
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

import numpy as np

from dfr.errors import InputError
from dfr.extras import install_command
from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.io.logs.building import LogBuilder
from dfr.logs.model import EventKind, FlightLog, Quantity

MAGIC = b"ULog\x01\x12\x35"
HEADER_BYTES = 16
MESSAGE = struct.Struct("<HB")
"""How many bytes follow, and the kind of a message."""

DEFINITIONS, DATA_BEGINS = frozenset(b"BFIMPQ"), frozenset(b"ALC")
DATA = frozenset(b"AIMPQRDLCSO")
"""The kinds of messages in the first part of a file, those that begin the second, and all of the second.
Source: PX4's description of the ULog file format."""

BROKEN = (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError, struct.error)
"""What pyulog raises of damaged files, besides its own."""

ARMED = 2
"""vehicle_status.arming_state."""

GAUSS = 1_000.0
MODES = {
    0: "MANUAL", 1: "ALTCTL", 2: "POSCTL", 3: "AUTO_MISSION", 4: "AUTO_LOITER", 5: "AUTO_RTL", 10: "ACRO",
    14: "OFFBOARD", 15: "STABILIZED", 17: "AUTO_TAKEOFF", 18: "AUTO_LAND", 19: "AUTO_FOLLOW_TARGET",
    20: "AUTO_PRECLAND", 21: "ORBIT",
}  # fmt: skip
"""vehicle_status.nav_state. Source: PX4's message definition VehicleStatus."""

TOPICS = [
    "vehicle_global_position", "vehicle_gps_position", "vehicle_local_position", "vehicle_attitude",
    "vehicle_thrust_setpoint", "vehicle_attitude_setpoint", "battery_status", "vehicle_status",
    "vehicle_land_detected", "vehicle_magnetometer", "vehicle_imu_status", "wind", "wind_estimate",
    "home_position", "mission_result",
]  # fmt: skip

NEEDED: dict[str, tuple[str, ...]] = {
    "vehicle_local_position": ("z", "vx", "vy", "vz"),
    "vehicle_attitude": ("q[0]", "q[1]", "q[2]", "q[3]"),
    "vehicle_status": ("arming_state", "nav_state"),
    "vehicle_magnetometer": ("magnetometer_ga[0]", "magnetometer_ga[1]", "magnetometer_ga[2]"),
    "home_position": ("z",),
    "mission_result": ("seq_current",),
}
"""The columns without which a topic says nothing; other topics may lack any but their times."""

UNTOLD_BY_MINUS_ONE = frozenset({Quantity.CURRENT_A, Quantity.USED_MAH, Quantity.REMAINING})
"""Where -1 means unknown; elsewhere NaN does. Source: PX4's message definition BatteryStatus."""

Topic = Mapping[str, FloatArray]


def is_ulog(data: bytes) -> bool:
    """Whether bytes are a PX4 log.

    >>> is_ulog(MAGIC)
    True
    """
    return data.startswith(MAGIC)


def read_ulog(file: BinaryIO, *, name: str) -> FlightLog:
    """A PX4 log. Raises InputError where pyulog is missing, or cannot read it, or it holds no flight data."""
    whole, length = _whole_messages(file)
    log = _open_log(_FirstBytes(file, whole), name)
    builder = LogBuilder(name=name, file_format="ULog", autopilot="PX4")
    if whole < length:
        lost = counted_noun(length - whole, "byte")
        builder.notes.append(f"{lost} left out: the file is damaged from there on")
    topics = _whole_topics(
        {d.name: d.data for d in reversed(log.data_list) if d.multi_id == 0 or d.name not in TOPICS}, builder
    )
    with np.errstate(invalid="ignore", over="ignore"):  # what damage makes infinite is left out as impossible
        _UlogReading(builder, topics, log.start_timestamp / 1e6).read_all()
    builder.firmware = _firmware_name(log.msg_info_dict)
    builder.parameters.update({key: float(value) for key, value in log.initial_parameters.items()})
    for _, key, value in log.changed_parameters:
        builder.parameters[key] = float(value)
    for message in log.logged_messages:
        t_s = max(0.0, message.timestamp / 1e6 - log.start_timestamp / 1e6)
        builder.add_event(t_s, EventKind.MESSAGE, message.message)
    if log.dropouts:
        lost_s = sum(d.duration for d in log.dropouts) / 1e3
        times = counted_noun(len(log.dropouts), "time")
        builder.notes.append(f"the card was too slow {times}: {lost_s:.1f} s are missing")
    if log.file_corruption:
        builder.notes.append("the file is damaged: what could be read was kept")
    return builder.build_log()


def _whole_messages(file: BinaryIO) -> tuple[int, int]:
    """(bytes to where the chain of messages breaks, bytes of the file): damage may hold pyulog for ever."""
    length = file.seek(0, io.SEEK_END)
    at, kinds = HEADER_BYTES, DEFINITIONS
    while at + MESSAGE.size <= length:
        file.seek(at)
        size, kind = MESSAGE.unpack(file.read(MESSAGE.size))
        if kinds is DEFINITIONS and kind in DATA_BEGINS:
            kinds = DATA
        if kind not in kinds or at + MESSAGE.size + size > length:
            break
        at += MESSAGE.size + size
    return min(at, length), length


class _FirstBytes:
    """The first bytes of a file as a file of their own, which pyulog reads and closes."""

    def __init__(self, file: BinaryIO, length: int) -> None:
        self._file, self._length = file, length
        file.seek(0)

    def read(self, count: int) -> bytes:
        """The next bytes, as far as there are some."""
        return self._file.read(max(0, min(count, self._length - self._file.tell())))

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere else."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._file.tell()

    def close(self) -> None:
        """Leave the file to whoever opened it."""


def _open_log(file: _FirstBytes, name: str) -> Any:
    try:
        from pyulog import ULog
        from pyulog.exceptions import ULogException
    except ImportError as error:
        raise InputError(
            f"{name}: a PX4 log, and pyulog is not installed", do=install_command("px4")
        ) from error
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # pyulog prints what it finds damaged
            return ULog(file, TOPICS, disable_str_exceptions=False)
    except (*BROKEN, ULogException) as error:
        raise InputError(f"{name}: not a readable PX4 log ({error})", do="download it again") from error


def _whole_topics(topics: Mapping[str, Topic], builder: LogBuilder) -> dict[str, Topic]:
    """The topics that have times and all that is needed of them; another one is left out and named."""
    whole = {}
    for name, topic in topics.items():
        missing = {"timestamp", *NEEDED.get(name, ())} - set(topic)
        if missing:
            builder.notes.append(f"{name} left out: it has no {', '.join(sorted(missing))}")
        else:
            whole[name] = topic
    return whole


def _firmware_name(info: Mapping[str, Any]) -> str | None:
    """`PX4 1.15.0 (hash)`: the release is a byte for each part, the lowest one its kind."""
    release, sources = info.get("ver_sw_release"), str(info.get("ver_sw", ""))[:8]
    if not isinstance(release, int):
        return f"PX4 ({sources})" if sources else None
    parts = ".".join(str(release >> shift & 255) for shift in (24, 16, 8))
    return f"PX4 {parts} ({sources})"


class _UlogReading:
    """The topics of one log while they become series."""

    def __init__(self, builder: LogBuilder, topics: Mapping[str, Topic], start_s: float) -> None:
        self.builder, self.topics, self.start_s = builder, topics, start_s

    def read_all(self) -> None:
        """All of them."""
        self._take_places()
        self._take_motion()
        self._take_attitude()
        self._take_battery()
        self._take_sensors()
        self._take_states()
        self._take_date()

    def _time_s(self, topic: Topic) -> FloatArray:
        return np.maximum(topic["timestamp"] / 1e6 - self.start_s, 0.0)

    def _take_quantity(self, quantity: Quantity, name: str, *columns: str, scale: float = 1.0) -> None:
        """The first of these columns that a topic has, if the log has the topic."""
        topic = self.topics.get(name)
        column = None if topic is None else next((c for c in columns if c in topic), None)
        if topic is not None and column is not None:
            values = np.asarray(topic[column], dtype=float)
            told = np.isfinite(values)
            if quantity in UNTOLD_BY_MINUS_ONE:
                told &= values != -1.0
            self.builder.add_values(quantity, self._time_s(topic)[told], values[told] * scale)

    def _take_places(self) -> None:
        """The estimator's place, or that of the satellites: degrees, or whole 1e-7 degrees before 1.14."""
        if "vehicle_global_position" in self.topics:
            self._take_quantity(Quantity.LAT_DEG, "vehicle_global_position", "lat")
            self._take_quantity(Quantity.LON_DEG, "vehicle_global_position", "lon")
            self._take_quantity(Quantity.ALTITUDE_M_AMSL, "vehicle_global_position", "alt")
        else:
            gps = self.topics.get("vehicle_gps_position", {})
            whole = "lat" in gps
            degrees, metres = (1e-7, 1e-3) if whole else (1.0, 1.0)
            self._take_quantity(
                Quantity.LAT_DEG, "vehicle_gps_position", "latitude_deg", "lat", scale=degrees
            )
            self._take_quantity(
                Quantity.LON_DEG, "vehicle_gps_position", "longitude_deg", "lon", scale=degrees
            )
            self._take_quantity(
                Quantity.ALTITUDE_M_AMSL, "vehicle_gps_position", "altitude_msl_m", "alt", scale=metres
            )
        self._take_quantity(Quantity.GPS_FIX, "vehicle_gps_position", "fix_type")
        self._take_quantity(Quantity.SATELLITES, "vehicle_gps_position", "satellites_used")
        self._take_quantity(Quantity.HDOP, "vehicle_gps_position", "hdop")

    def _take_motion(self) -> None:
        """The local position: down is positive; heights are above home where the log says where that is."""
        local, home = self.topics.get("vehicle_local_position"), self.topics.get("home_position")
        if local is None:
            return
        t_s = self._time_s(local)
        home_down_m = float(home["z"][-1]) if home is not None and len(home["z"]) else 0.0
        if not math.isfinite(home_down_m):
            home_down_m = 0.0
        self.builder.add_values(Quantity.HEIGHT_M_HOME, t_s, home_down_m - np.asarray(local["z"], float))
        self.builder.add_values(Quantity.CLIMB_MPS, t_s, -np.asarray(local["vz"], float))
        north_mps, east_mps = np.asarray(local["vx"], float), np.asarray(local["vy"], float)
        self.builder.add_values(Quantity.NORTH_MPS, t_s, north_mps)
        self.builder.add_values(Quantity.EAST_MPS, t_s, east_mps)
        self.builder.add_values(Quantity.SPEED_MPS, t_s, np.hypot(north_mps, east_mps))

    def _take_attitude(self) -> None:
        topic = self.topics.get("vehicle_attitude")
        if topic is None:
            return
        w, x, y, z = (np.asarray(topic[f"q[{i}]"], float) for i in range(4))
        t_s = self._time_s(topic)
        roll = np.arctan2(2.0 * (w * x + y * z), 1.0 - 2.0 * (x * x + y * y))
        pitch = np.arcsin(np.clip(2.0 * (w * y - z * x), -1.0, 1.0))
        heading = np.arctan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        self.builder.add_values(Quantity.ROLL_RAD, t_s, roll)
        self.builder.add_values(Quantity.PITCH_RAD, t_s, pitch)
        self.builder.add_values(Quantity.HEADING_RAD, t_s, heading)
        name, column = "vehicle_thrust_setpoint", "xyz[2]"
        if name not in self.topics:
            name, column = "vehicle_attitude_setpoint", "thrust_body[2]"
        self._take_quantity(Quantity.THROTTLE, name, column, scale=-1.0)

    def _take_battery(self) -> None:
        self._take_quantity(Quantity.VOLTAGE_V, "battery_status", "voltage_v")
        self._take_quantity(Quantity.CURRENT_A, "battery_status", "current_a")
        self._take_quantity(Quantity.USED_MAH, "battery_status", "discharged_mah")
        self._take_quantity(Quantity.REMAINING, "battery_status", "remaining")
        self._take_quantity(Quantity.BATTERY_C, "battery_status", "temperature")
        self.builder.drop_if_zero(Quantity.CURRENT_A, "no current: the sensor reads 0 all the time")
        self.builder.drop_if_zero(
            Quantity.BATTERY_C, "no battery temperature: the sensor reads 0 all the time"
        )

    def _take_sensors(self) -> None:
        self._take_quantity(Quantity.CLIPS, "vehicle_imu_status", "accel_clipping[0]")
        self._take_quantity(Quantity.VIBRATION_MPS2, "vehicle_imu_status", "accel_vibration_metric")
        compass = self.topics.get("vehicle_magnetometer")
        if compass is not None:
            field = np.linalg.norm([compass[f"magnetometer_ga[{i}]"] for i in range(3)], axis=0)
            self.builder.add_values(Quantity.FIELD_MGAUSS, self._time_s(compass), field * GAUSS)
        for name in ("wind", "wind_estimate"):
            self._take_quantity(Quantity.WIND_NORTH_MPS, name, "windspeed_north")
            self._take_quantity(Quantity.WIND_EAST_MPS, name, "windspeed_east")

    def _take_states(self) -> None:
        status = self.topics.get("vehicle_status")
        if status is not None:
            armed = (np.asarray(status["arming_state"]) == ARMED).astype(float)
            for t_s, value in _runs_of_values(self._time_s(status), armed):
                self.builder.add_value(Quantity.ARMED, t_s, value)
                kind = EventKind.ARMED if value else EventKind.DISARMED
                self.builder.add_event(t_s, kind, kind.value)
            for t_s, mode in _runs_of_values(self._time_s(status), np.asarray(status["nav_state"], float)):
                self.builder.add_value(Quantity.MODE, t_s, mode)
                self.builder.add_event(t_s, EventKind.MODE, MODES.get(int(mode), f"mode {int(mode)}"))
        self._take_quantity(Quantity.ON_GROUND, "vehicle_land_detected", "landed")
        mission = self.topics.get("mission_result")
        if mission is not None:
            for t_s, item in _runs_of_values(
                self._time_s(mission), np.asarray(mission["seq_current"], float)
            ):
                self.builder.add_event(t_s, EventKind.ITEM, f"item {int(item)}")

    def _take_date(self) -> None:
        gps = self.topics.get("vehicle_gps_position")
        if gps is None or "time_utc_usec" not in gps:
            return
        for t_s, stamp_us in zip(self._time_s(gps).tolist(), gps["time_utc_usec"].tolist(), strict=True):
            self.builder.add_date(t_s, stamp_us / 1e6)


def _runs_of_values(t_s: FloatArray, values: FloatArray) -> Iterator[tuple[float, float]]:
    """Each first value of a run of equal ones, with its time."""
    starts = np.flatnonzero(np.diff(values, prepend=np.nan) != 0.0)
    return zip(t_s[starts].tolist(), values[starts].tolist(), strict=True)
