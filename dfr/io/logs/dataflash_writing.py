"""Writes a `FlightLog` as a DataFlash log, whatever format it was read from: what other programs read too.

Message names, columns and units are those of ArduCopter 4.x, each described by its FMT. Only what the log
holds is written.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field

import numpy as np

from dfr.geo import FloatArray
from dfr.logs.model import EventKind, FlightLog, Quantity, Series

HEAD = bytes([0xA3, 0x95])
FMT_KIND, FMT = 128, struct.Struct("<BB4s16s64s")
STRUCT_CODES = {"Q": "Q", "B": "B", "f": "f", "d": "d", "L": "i", "N": "16s", "Z": "64s", "M": "B", "h": "h"}
START_US = 1_000_000
ARMED_EVENT, DISARMED_EVENT, LANDED_EVENT, FLYING_EVENT = 10, 11, 18, 28
"""AP_Logger's LogEvent numbers."""


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    letter: str
    quantity: Quantity
    scale: float = 1.0


MESSAGES: dict[str, tuple[_Column, ...]] = {
    "POS": (
        _Column("Lat", "L", Quantity.LAT_DEG, 1e7),
        _Column("Lng", "L", Quantity.LON_DEG, 1e7),
        _Column("Alt", "f", Quantity.ALTITUDE_M_AMSL),
        _Column("RelHomeAlt", "f", Quantity.HEIGHT_M_HOME),
    ),
    "GPS": (
        _Column("Status", "B", Quantity.GPS_FIX),
        _Column("NSats", "B", Quantity.SATELLITES),
        _Column("HDop", "f", Quantity.HDOP),
        _Column("Spd", "f", Quantity.SPEED_MPS),
    ),
    "ATT": (
        _Column("Roll", "f", Quantity.ROLL_RAD, math.degrees(1.0)),
        _Column("Pitch", "f", Quantity.PITCH_RAD, math.degrees(1.0)),
        _Column("Yaw", "f", Quantity.HEADING_RAD, math.degrees(1.0)),
    ),
    "XKF1": (_Column("VN", "f", Quantity.NORTH_MPS), _Column("VE", "f", Quantity.EAST_MPS)),
    "XKF2": (_Column("VWN", "f", Quantity.WIND_NORTH_MPS), _Column("VWE", "f", Quantity.WIND_EAST_MPS)),
    "CTUN": (
        _Column("ThO", "f", Quantity.THROTTLE),
        _Column("Alt", "f", Quantity.HEIGHT_M_HOME),
        _Column("CRt", "f", Quantity.CLIMB_MPS, 100.0),
    ),
    "BAT": (
        _Column("Volt", "f", Quantity.VOLTAGE_V),
        _Column("Curr", "f", Quantity.CURRENT_A),
        _Column("CurrTot", "f", Quantity.USED_MAH),
        _Column("Temp", "f", Quantity.BATTERY_C),
        _Column("RemPct", "f", Quantity.REMAINING, 100.0),
    ),
    "VIBE": (
        _Column("VibeX", "f", Quantity.VIBRATION_MPS2),
        _Column("VibeY", "f", Quantity.VIBRATION_MPS2, 0.0),
        _Column("VibeZ", "f", Quantity.VIBRATION_MPS2, 0.0),
        _Column("Clip", "f", Quantity.CLIPS),
    ),
    "MAG": (
        _Column("MagX", "f", Quantity.FIELD_MGAUSS),
        _Column("MagY", "f", Quantity.FIELD_MGAUSS, 0.0),
        _Column("MagZ", "f", Quantity.FIELD_MGAUSS, 0.0),
    ),
}
"""Message -> what its columns hold; a message is written where the log has any of them. A log keeps the worst
axis of the vibration and the length of the magnetic field, which are written as the first axis."""


def write_dataflash(log: FlightLog) -> bytes:
    """The log as DataFlash. Positions, heights, motion, attitude, power, modes, arming and missions."""
    out = _Writer()
    out.declare("PARM", "QNf", "TimeUS,Name,Value")
    out.declare("MSG", "QZ", "TimeUS,Message")
    out.declare("MODE", "QMB", "TimeUS,Mode,ModeNum")
    out.declare("EV", "QB", "TimeUS,Id")
    out.declare("CMD", "QBBBffffddfB", "TimeUS,CTot,CNum,CId,Prm1,Prm2,Prm3,Prm4,Lat,Lng,Alt,Frame")
    out.add(0.0, "MSG", f"{log.autopilot or 'flight'} log, written by dfr")
    if log.autopilot == "ArduPilot" and log.firmware:
        out.add(0.0, "MSG", log.firmware)
    for name, value in log.parameters.items():
        out.add(0.0, "PARM", name, value)
    _add_series(out, log)
    _add_states(out, log)
    return out.data()


def _add_series(out: _Writer, log: FlightLog) -> None:
    for message, columns in MESSAGES.items():
        held = [column for column in columns if column.quantity in log.series]
        if not held:
            continue
        letters, names = "".join(c.letter for c in held), ",".join(c.name for c in held)
        out.declare(message, f"Q{letters}", f"TimeUS,{names}")
        t_s = np.unique(np.concatenate([log.series[column.quantity].t_s for column in held]))
        rows = [_values_at(log.series[column.quantity], t_s, column) for column in held]
        for at_s, *values in zip(t_s.tolist(), *(row.tolist() for row in rows), strict=True):
            out.add(at_s, message, *values)


def _values_at(series: Series, t_s: FloatArray, column: _Column) -> FloatArray:
    """The values of a column; whole ones hold until the next, angles go the shorter way round."""
    if column.letter == "B":
        return np.clip(series.last_before(t_s, before=float(series.values[0])), 0.0, 255.0)
    if column.quantity is Quantity.HEADING_RAD:
        turned = np.interp(t_s, series.t_s, np.unwrap(series.values))
        return np.degrees(turned) % 360.0
    return series.at(t_s) * column.scale


def _add_states(out: _Writer, log: FlightLog) -> None:
    """Arming, standing, modes and missions."""
    for quantity, up, down in (
        (Quantity.ARMED, ARMED_EVENT, DISARMED_EVENT),
        (Quantity.ON_GROUND, LANDED_EVENT, FLYING_EVENT),
    ):
        before: float | None = None
        series = log.series.get(quantity)
        for t_s, value in zip(series.t_s.tolist(), series.values.tolist(), strict=True) if series else ():
            if value != before:
                out.add(t_s, "EV", up if value else down)
            before = value
    modes = log.series.get(Quantity.MODE)
    if modes is not None and log.autopilot == "ArduPilot":
        for t_s, mode in zip(modes.t_s.tolist(), modes.values.tolist(), strict=True):
            out.add(t_s, "MODE", int(mode) & 255, int(mode) & 255)
    for items in log.missions:
        for number, item in enumerate(items):
            place = item.position
            lat, lon = (0.0, 0.0) if place is None else (place.lat_deg, place.lon_deg)
            out.add(
                0.0, "CMD", len(items), number, item.command, *item.params, lat, lon, item.z_m, item.frame
            )
    for event in log.events:
        if event.kind is EventKind.MESSAGE:
            out.add(event.t_s, "MSG", event.text)


@dataclass
class _Writer:
    """Collects records, and gives them in the order of their times after the descriptions."""

    kinds: dict[str, tuple[int, str, struct.Struct]] = field(default_factory=dict)
    descriptions: bytearray = field(default_factory=bytearray)
    records: list[tuple[int, int, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._describe(FMT_KIND, FMT.size + 3, "FMT", "BBnNZ", "Type,Length,Name,Format,Columns")

    def declare(self, name: str, letters: str, columns: str) -> None:
        """A message and its columns."""
        form = struct.Struct("<" + "".join(STRUCT_CODES[letter] for letter in letters))
        kind = 1 + len(self.kinds)
        self.kinds[name] = kind, letters, form
        self._describe(kind, form.size + 3, name, letters, columns)

    def _describe(self, kind: int, length: int, name: str, letters: str, columns: str) -> None:
        words = (word.encode() for word in (name, letters, columns))
        self.descriptions += HEAD + bytes([FMT_KIND]) + FMT.pack(kind, length, *words)

    def add(self, t_s: float, name: str, *values: float | str) -> None:
        """A record; numbers that its column cannot hold are 0."""
        kind, letters, form = self.kinds[name]
        stamp = START_US + max(0, round(t_s * 1e6))
        packed = [_packed(letter, value) for letter, value in zip(letters[1:], values, strict=True)]
        record = HEAD + bytes([kind]) + form.pack(stamp, *packed)
        self.records.append((stamp, len(self.records), record))

    def data(self) -> bytes:
        """The file."""
        return bytes(self.descriptions) + b"".join(record for _, _, record in sorted(self.records))


def _packed(letter: str, value: float | str) -> float | int | bytes:
    if isinstance(value, str):
        return value.encode("ascii", "replace")
    if not math.isfinite(value):
        return 0
    return float(value) if letter in "fd" else round(value)
