"""The vehicle's DataFlash log: what ArduCopter writes to its card while armed, in the same formats.

Formats, units and names are those of ArduCopter 4.6 (LogStructure.h, ArduCopter/Log.cpp), as many as say how
a flight went. A log begins with the first arming after power-on and goes on to 15 s past each disarming, or
always with LOG_DISARMED, where LOG_BACKEND_TYPE says that there is a card. It is kept in memory, so it ends
with the vehicle's process.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import atan2, degrees, hypot
from struct import calcsize, pack
from typing import Any

from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle.state import VERSIONS, State

HEADER = b"\xa3\x95"
FMT_NUMBER, FMT_BYTES = 128, 89

LETTERS = {
    "B": "B", "b": "b", "H": "H", "h": "h", "I": "I", "i": "i", "f": "f", "Q": "Q", "M": "B",
    "n": "4s", "N": "16s", "Z": "64s", "L": "i", "c": "h", "C": "H", "e": "i", "E": "I",
}  # fmt: skip
"""DataFlash's letters as Python's struct has them."""

FORMATS = {
    "PARM": (64, "QNff", "TimeUS,Name,Value,Default"),
    "MSG": (65, "QZ", "TimeUS,Message"),
    "MODE": (66, "QMBB", "TimeUS,Mode,ModeNum,Rsn"),
    "EV": (67, "QB", "TimeUS,Id"),
    "ARM": (68, "QBIBB", "TimeUS,ArmState,ArmChecks,Forced,Method"),
    "CMD": (69, "QHHHffffLLfB", "TimeUS,CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt,Frame"),
    "GPS": (
        70,
        "QBBIHBcLLeffffB",
        "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U",
    ),
    "POS": (71, "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt"),
    "ATT": (72, "Qffffff", "TimeUS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw"),
    "CTUN": (73, "Qffffff", "TimeUS,ThI,ThO,ThH,DAlt,Alt,BAlt"),
    "BAT": (74, "QBfffffcB", "TimeUS,Inst,Volt,VoltR,Curr,CurrTot,EnrgTot,Temp,RemPct"),
    "MISE": (75, "QHHHffffLLfB", "TimeUS,CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt,Frame"),
    "XKF1": (76, "QBffffff", "TimeUS,C,VN,VE,VD,PN,PE,PD"),
    "XKF2": (77, "QBcc", "TimeUS,C,VWN,VWE"),
}
"""Each message's number, letters and columns."""

TO_FILE = 1
"""Bit of LOG_BACKEND_TYPE."""

EVERY_S = 0.1
"""ArduCopter's medium rate, 10 Hz."""

AFTER_DISARMING_S = 15.0
MOST_BYTES = 64 * 1024 * 1024
"""A log stops growing here (half a day of flight)."""

EV_ARMED, EV_DISARMED, EV_LANDED, EV_NOT_LANDED = 10, 11, 18, 28
GPS_EPOCH_UNIX_S, WEEK_S, LEAP_S = 315_964_800.0, 604_800.0, 18.0


@dataclass(slots=True)
class Log:
    """One log: its bytes and when it was begun, by UTC."""

    unix_s: float
    data: bytearray = field(default_factory=bytearray)


class DataFlash:
    """The card: every log since the vehicle was started, the latest last."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.logs: list[Log] = []
        self._open: Log | None = None
        self._next_s = 0.0
        self._until_s = -1.0
        self._armed = self._in_air = False
        self._mode: int | None = None
        self._item: int | None = None

    def keep_from(self, before: DataFlash) -> None:
        """Take over the logs that outlast a reboot."""
        self.logs = before.logs

    def watch(self) -> None:
        """Write what has changed since the last step, and what is due."""
        state = self._state
        t_s, armed = state.aircraft.t_s, state.aircraft.motors.armed
        always = state.parameters["LOG_DISARMED"] != 0.0
        if (armed or always) and self._open is None and self._has_card:
            self._begin()
        if self._open is None:
            return
        self._note_changes(armed)
        if armed:
            self._until_s = t_s + AFTER_DISARMING_S
        flight = t_s <= self._until_s
        if t_s >= self._next_s and (flight or always):
            pause_s = self._pause_s(flight=flight)
            self._next_s = max(self._next_s, t_s - pause_s) + pause_s
            self._write_samples()

    def _pause_s(self, *, flight: bool) -> float:
        """Seconds to the next sample: ArduCopter's medium rate, or the limit that its parameters set."""
        parameters = self._state.parameters
        on_ground_hz = 0.0 if flight else parameters["LOG_DARM_RATEMAX"]
        most_hz = on_ground_hz or parameters["LOG_FILE_RATEMAX"]
        return max(EVERY_S, 1.0 / most_hz) if most_hz > 0.0 else EVERY_S

    @property
    def _has_card(self) -> bool:
        return bool(int(self._state.parameters["LOG_BACKEND_TYPE"]) & TO_FILE)

    def note_text(self, text: str) -> None:
        """A text that the vehicle says."""
        if self._open is not None:
            self._write("MSG", text.encode()[:64])

    def _begin(self) -> None:
        """The head of a log: the formats, the firmware, the parameters and the mission."""
        state = self._state
        self._open = Log(unix_s=state.unix_us * 1e-6)
        self.logs.append(self._open)
        self._write_format("FMT", FMT_NUMBER, FMT_BYTES, "BBnNZ", "Type,Length,Name,Format,Columns")
        for name, (number, letters, columns) in FORMATS.items():
            self._write_format(name, number, 3 + calcsize(_layout(letters)), letters, columns)
        version = ".".join(map(str, VERSIONS[state.generation]))
        self.note_text(f"ArduCopter V{version} (dfr built-in vehicle, not ArduPilot)")
        for parameter in state.parameters.all_shown():
            default = state.parameters.default_shown(parameter.name)
            self._write("PARM", parameter.name.encode(), parameter.value, default or 0.0)
        for seq in range(state.mission.count_items()):
            self._write_item("CMD", seq)

    def _note_changes(self, armed: bool) -> None:
        state = self._state
        if armed != self._armed:
            self._armed = armed
            self._write("EV", EV_ARMED if armed else EV_DISARMED)
            self._write("ARM", int(armed), int(state.parameters["ARMING_CHECK"]), 0, 0)
        if state.mode.shown != self._mode:
            self._mode = state.mode.shown
            self._write("MODE", self._mode, self._mode, 0)
        if self._in_air == state.aircraft.landed:
            self._in_air = not state.aircraft.landed
            self._write("EV", EV_NOT_LANDED if self._in_air else EV_LANDED)
        item = state.auto.current if state.mode is state.auto else None
        if item != self._item:
            self._item = item
            if item is not None:
                self._write_item("MISE", item)

    def _write_samples(self) -> None:
        state = self._state
        aircraft, body, control = state.aircraft, state.aircraft.body, state.aircraft.control
        lat, lon = state.lat_lon_e7()
        up_m, yaw_deg = body.up, state.heading_cdeg / 100.0
        roll, pitch, _ = (degrees(angle) for angle in body.euler_angles())
        week, week_ms = _gps_time(state.unix_us * 1e-6)
        course = degrees(atan2(body.v_east, body.v_north)) % 360.0
        self._write(
            "GPS", 0, state.estimator.fix_type, week_ms, week, state.estimator.satellites, 121, lat, lon,
            round(state.altitude_m * 100), hypot(body.v_north, body.v_east), course, -body.v_up, 0.0, 1,
        )  # fmt: skip
        self._write("POS", lat, lon, state.altitude_m, aircraft.height_m, up_m)
        self._write("ATT", roll, roll, pitch, pitch, yaw_deg, yaw_deg)
        throttle = body.throttle
        self._write("CTUN", throttle, throttle, body.airframe.hover_throttle, control.up, up_m, up_m)
        battery = aircraft.battery
        self._write(
            "BAT", 0, battery.volt, battery.volt, battery.amperes, battery.used_mah, battery.used_wh, 0,
            round(100 * battery.left_share),
        )  # fmt: skip
        self._write("XKF1", 0, body.v_north, body.v_east, -body.v_up, body.north, body.east, -up_m)
        self._write("XKF2", 0, *(_centi(part) for part in aircraft.air.wind[:2]))

    def _write_item(self, name: str, seq: int) -> None:
        item: WireItem | None = self._state.mission.read_item(seq)
        if item is not None:
            total = self._state.mission.count_items()
            self._write(name, total, seq, item.command, *item.params, item.x, item.y, item.z, item.frame)

    def _write_format(self, name: str, number: int, length: int, letters: str, columns: str) -> None:
        assert self._open is not None
        body = pack("<BB4s16s64s", number, length, name.encode(), letters.encode(), columns.encode())
        self._open.data += HEADER + bytes([FMT_NUMBER]) + body

    def _write(self, name: str, *values: Any) -> None:
        log = self._open
        if log is None or len(log.data) > MOST_BYTES:
            return
        number, letters, _ = FORMATS[name]
        log.data += HEADER + bytes([number]) + pack(_layout(letters), self._time_us(), *values)

    def _time_us(self) -> int:
        return round(self._state.aircraft.t_s * 1e6)


def _layout(letters: str) -> str:
    """A message's values as Python's struct has them."""
    return "<" + "".join(LETTERS[letter] for letter in letters)


def _centi(value: float) -> int:
    """Hundredths in 16 bits (letter c)."""
    return max(-32768, min(32767, round(100.0 * value)))


def _gps_time(unix_s: float) -> tuple[int, int]:
    """GPS week, and milliseconds of it."""
    weeks, rest_s = divmod(unix_s - GPS_EPOCH_UNIX_S + LEAP_S, WEEK_S)
    return int(weeks), int(rest_s * 1000.0)
