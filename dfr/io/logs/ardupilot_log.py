"""An ArduPilot log of any generation from Copter 3.0 on: its tables as one `FlightLog`.

Names and units differ by generation (CURR then BAT, EKF1 then NKF1 then XKF1, GPS.T then TimeUS ...): each
quantity is taken from the best message that the log has. Sources: LogStructure.h of Copter 3.3 to 4.7 and
logs of real flights.
"""

from __future__ import annotations

import math
import re
from array import array
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from dfr.ardupilot.commands import Frame
from dfr.ardupilot.modes import CopterMode, mode_name
from dfr.errors import InputError
from dfr.geo import FloatArray, Position
from dfr.io.logs.building import LogBuilder
from dfr.io.logs.dataflash import (
    LOOKED_AT_BYTES,
    GrowingTable,
    RecordTable,
    RecordTables,
    is_binary_log,
    read_binary_blocks,
    read_text_blocks,
)
from dfr.logs.model import EventKind, FlightLog, Quantity
from dfr.mission.items import MissionItem

CLOCKED = ("TimeUS", "TimeMS")
GPS_CLOCKED = ("TimeUS", "T", "Time")
"""GPS.TimeMS of Copter 3.2 and 3.3 is GPS time, its T is the vehicle's; in 3.0 only GPS has a time."""

SCALE_S = {"TimeUS": 1e-6, "TimeMS": 1e-3, "T": 1e-3, "Time": 1e-3}

CONTROL_HZ = 10.0
"""How often Copter 3.0 writes CTUN (its log bitmask MEDIUM or more)."""

GPS_EPOCH_UNIX_S = 315_964_800.0
"""6 January 1980."""

WEEK_S = 604_800.0
LEAP_S = 18.0
"""GPS time is ahead of UTC by this since 2017 (IERS Bulletin C); logs before are up to 2 s off."""

INSTANCES = ("I", "C", "Inst", "IMU")
"""Columns that tell one sensor or estimator core from another: the first one counts."""

MISSION_COLUMNS = ("CTot", "CNum", "CId", "Lat", "Lng", "Alt")
MISSION_SETTINGS = ("Frame", "Prm1", "Prm2", "Prm3", "Prm4")
"""What each item of a mission has, and what not all generations tell of it."""

VELOCITY, AIR = {"VN", "VE", "VD"}, {"VWN", "VWE"}
BATTERY = {"Volt", "Curr", "CurrTot", "RemPct", "Temp"}
KEPT: dict[str, set[str]] = {
    "GPS": {"Status", "NSats", "HDop", "Lat", "Lng", "Alt", "RelAlt", "Spd", "GCrs", "VZ"}
    | {"GWk", "Week", "GMS", "TimeMS"},
    "POS": {"Lat", "Lng", "Alt", "RelHomeAlt"},
    "ATT": {"Roll", "Pitch", "Yaw"},
    "CTUN": {"Alt", "BAlt", "BarAlt", "CRt", "CRate", "ThO", "ThrOut"},
    "BARO": {"Alt"},
    "TERR": {"CHeight", "Loaded"},
    "VIBE": {"VibeX", "VibeY", "VibeZ", "Clip", "Clip0"},
    "MAG": {"MagX", "MagY", "MagZ"},
    "BAT": BATTERY, "CURR": BATTERY,
    "EKF1": VELOCITY, "NKF1": VELOCITY, "XKF1": VELOCITY,
    "EKF2": AIR, "NKF2": AIR, "XKF2": AIR,
    "MODE": {"Mode", "ModeNum"}, "EV": {"Id"}, "ERR": {"Subsys", "ECode"}, "ARM": {"ArmState"},
    "MSG": {"Message"}, "VER": {"FWS"}, "PARM": {"Name", "Value"},
    "CMD": {*MISSION_COLUMNS, *MISSION_SETTINGS},
    "MISE": {"CNum"},
    "IMU": set(), "RATE": set(),
}  # fmt: skip
"""What is kept of each message. IMU and RATE come so often that they time those without a stamp."""

WANTED = {name: frozenset({*columns, *CLOCKED, *GPS_CLOCKED, *INSTANCES}) for name, columns in KEPT.items()}

FIX_3D = 3.0
MILLI = 1_000.0
EV_ARMED, EV_DISARMED, EV_LANDED, EV_NOT_LANDED = 10, 11, 18, 28
ERROR_SYSTEMS = {
    2: "radio", 3: "compass", 5: "radio failsafe", 6: "battery failsafe", 8: "ground-station failsafe",
    9: "fence", 10: "flight mode", 11: "GPS", 12: "crash check", 16: "EKF check", 17: "EKF failsafe",
    18: "barometer", 21: "terrain", 22: "navigation", 29: "vibration", 31: "dead reckoning",
}  # fmt: skip
FIRMWARE = re.compile(r"^(Ardu\w+|APM:\w+)\s+V?(\S+.*)$")


def read_dataflash(file: BinaryIO, *, name: str) -> FlightLog:
    """A DataFlash log, binary or printed as text. Raises InputError for what is none, or holds no flight."""
    file.seek(0)
    binary = is_binary_log(file.read(LOOKED_AT_BYTES))
    kind = "DataFlash" if binary else "DataFlash as text"
    builder = LogBuilder(name=name, file_format=kind, autopilot="ArduPilot")
    read_blocks = read_binary_blocks if binary else read_text_blocks
    gatherer = _TableGatherer(builder)
    with np.errstate(invalid="ignore", over="ignore"):  # what damage makes infinite is left out as impossible
        for tables in read_blocks(file, WANTED, builder.notes):
            gatherer.take_tables(tables)
        return _ArdupilotReading(gatherer.join_tables(), builder).read_all()


@dataclass
class _TimedTable:
    """All records of one message; `t_s` (n,) is the time of each, s from the log's first stamp."""

    table: RecordTable
    t_s: FloatArray


class _TableGatherer:
    """Puts the blocks of a log together: of each record its time and what is kept of it.

    A message without a stamp (MODE, EV, MSG and PARM before 3.4) has the time of the last one before; where
    only GPS has a time (3.0), it has its share of the time between two.
    """

    def __init__(self, builder: LogBuilder) -> None:
        self.builder = builder
        self._tables: dict[Hashable, tuple[GrowingTable, array[float]]] = {}
        self._clocked: set[str] = set()
        self._last_s = 0.0
        self._satellite_clock: list[tuple[NDArray[np.int64], FloatArray]] = []

    def take_tables(self, tables: RecordTables) -> None:
        """The tables of the next block."""
        order, steady_s = self._read_clock(tables)
        placed = not self._clocked - {"GPS"}
        for kind, table in tables.items():
            if not KEPT[table.name]:
                continue
            t_s = _at_places(table.order, order, steady_s, before=self._last_s)
            table.keep_only(KEPT[table.name].union(INSTANCES), placed=placed)
            if kind not in self._tables:
                self._tables[kind] = GrowingTable(table), array("d")
            growing, times = self._tables[kind]
            growing.add(table)
            times.frombytes(t_s.tobytes())
        if steady_s.size:
            self._last_s = float(steady_s[-1])

    def _read_clock(self, tables: RecordTables) -> tuple[NDArray[np.int64], FloatArray]:
        """(place, time) of the stamps of a block that are believed, in the order of the file."""
        clocked = [(t, stamps_s) for t in tables.values() if (stamps_s := _stamps_s(t)) is not None]
        if not clocked:
            return np.empty(0, np.int64), np.empty(0)
        self._clocked |= {table.name for table, stamps_s in clocked if np.isfinite(stamps_s).any()}
        order = np.concatenate([table.order for table, _ in clocked])
        stamps_s = np.concatenate([stamps_s for _, stamps_s in clocked])
        by_place = np.argsort(order, kind="stable")
        order, steady_s = order[by_place], self.builder.clock.read_stamps(stamps_s[by_place])
        known = np.isfinite(steady_s)
        if self._clocked == {"GPS"}:
            self._satellite_clock.append((order[known], steady_s[known]))
        return order[known], steady_s[known]

    def join_tables(self) -> dict[str, _TimedTable]:
        """The whole tables by name. Raises InputError where there is none, or no time in any."""
        if not self._tables:
            raise InputError(
                f"{self.builder.name}: no record of a flight in it", do="give the log of a flight"
            )
        joined: dict[str, _TimedTable] = {}
        for growing, times in sorted(self._tables.values(), key=lambda timed: len(timed[1])):
            table = growing.take_whole()
            joined[table.name] = _TimedTable(table, np.frombuffer(times))
        if not self._clocked:
            _guess_times(joined, self.builder)
        if self._clocked == {"GPS"}:
            order, t_s = (np.concatenate(arrays) for arrays in zip(*self._satellite_clock, strict=True))
            for timed in joined.values():
                timed.t_s = np.interp(timed.table.order, order, t_s)
        return {name: _first_instance(timed) for name, timed in joined.items()}


@dataclass
class _ColumnSource:
    """A message and the names that a column of it has had; a value is multiplied by the scale."""

    message: str
    columns: tuple[str, ...]
    scale: float = 1.0


HEIGHTS = (
    _ColumnSource("POS", ("RelHomeAlt",)),
    _ColumnSource("CTUN", ("Alt",)),
    _ColumnSource("GPS", ("RelAlt",)),
    _ColumnSource("CTUN", ("BAlt", "BarAlt")),
    _ColumnSource("BARO", ("Alt",)),
)
ALTITUDES = (_ColumnSource("POS", ("Alt",)), _ColumnSource("GPS", ("Alt",)))
CLIMBS = (
    _ColumnSource("CTUN", ("CRt", "CRate"), 0.01),
    *(_ColumnSource(message, ("VD",), -1.0) for message in ("XKF1", "NKF1", "EKF1")),
    _ColumnSource("GPS", ("VZ",), -1.0),
)
SIMPLE = {
    Quantity.HEIGHT_M_HOME: HEIGHTS,
    Quantity.ALTITUDE_M_AMSL: ALTITUDES,
    Quantity.CLIMB_MPS: CLIMBS,
    Quantity.ROLL_RAD: (_ColumnSource("ATT", ("Roll",), math.radians(1.0)),),
    Quantity.PITCH_RAD: (_ColumnSource("ATT", ("Pitch",), math.radians(1.0)),),
    Quantity.HEADING_RAD: (_ColumnSource("ATT", ("Yaw",), math.radians(1.0)),),
    Quantity.SATELLITES: (_ColumnSource("GPS", ("NSats",)),),
    Quantity.HDOP: (_ColumnSource("GPS", ("HDop",)),),
    Quantity.USED_MAH: (_ColumnSource("BAT", ("CurrTot",)), _ColumnSource("CURR", ("CurrTot",))),
    Quantity.BATTERY_C: (_ColumnSource("BAT", ("Temp",)),),
    Quantity.CLIPS: (_ColumnSource("VIBE", ("Clip", "Clip0")),),
}


class _ArdupilotReading:
    """One log while it is turned into series."""

    def __init__(self, tables: dict[str, _TimedTable], builder: LogBuilder) -> None:
        self.builder = builder
        self.tables = {name: timed.table for name, timed in tables.items()}
        self.times = {name: timed.t_s for name, timed in tables.items()}

    def read_all(self) -> FlightLog:
        """The whole log."""
        self._take_fixes()
        for quantity, sources in SIMPLE.items():
            self._take_quantity(quantity, sources)
        self._take_terrain()
        self._take_places()
        self._take_speeds()
        self._take_battery()
        self._take_sensors()
        self._take_wind()
        self._take_modes()
        self._take_arming()
        self._take_errors()
        self._take_texts()
        self._take_parameters()
        self._take_missions()
        self._take_date()
        return self.builder.build_log()

    def _find_source(self, sources: tuple[_ColumnSource, ...]) -> tuple[str, str, float] | None:
        for source in sources:
            table = self.tables.get(source.message)
            column = None if table is None else table.first_of(*source.columns)
            if column is not None:
                return source.message, column, source.scale
        return None

    def _numbers_of(
        self, message: str, *columns: str, more: Sequence[str] = ()
    ) -> Iterator[tuple[float, ...]]:
        """(time, values of these columns) of each record that has a number in all of them but in `more`."""
        table = self.tables.get(message)
        if table is None or not all(column in table for column in columns):
            return
        rows = np.column_stack([self.times[message], *(table[column] for column in (*columns, *more))])
        yield from map(tuple, rows[np.isfinite(rows[:, : 1 + len(columns)]).all(axis=1)].tolist())

    def _take_quantity(self, quantity: Quantity, sources: tuple[_ColumnSource, ...]) -> None:
        found = self._find_source(sources)
        if found is not None:
            message, column, scale = found
            values = self.tables[message].take(column)
            self.builder.add_values(quantity, self.times[message], values if scale == 1.0 else values * scale)

    def _take_fixes(self) -> None:
        """Without a fix in three dimensions a satellite receiver's place, height and speed are no data."""
        gps, t_s = self.tables.get("GPS"), self.times.get("GPS")
        if gps is None or t_s is None or "Status" not in gps:
            return
        status = gps.take("Status")
        self.builder.add_values(Quantity.GPS_FIX, t_s, status)
        if not (fixed := status >= FIX_3D).all():
            self.tables["GPS"], self.times["GPS"] = gps.where(fixed), t_s[fixed]

    def _take_terrain(self) -> None:
        """Height above its own terrain data, once it has some."""
        terrain = self.tables.get("TERR")
        if terrain is not None and "CHeight" in terrain and "Loaded" in terrain:
            loaded = terrain["Loaded"] > 0.0
            heights_m = terrain["CHeight"][loaded]
            self.builder.add_values(Quantity.HEIGHT_M_TERRAIN, self.times["TERR"][loaded], heights_m)

    def _take_places(self) -> None:
        """Positions; the estimator's where it logs them."""
        for message in ("POS", "GPS"):
            table = self.tables.get(message)
            if table is None or "Lat" not in table or "Lng" not in table:
                continue
            t_s, lat_deg, lon_deg = self.times[message], table.take("Lat"), table.take("Lng")
            seen = (lat_deg != 0.0) | (lon_deg != 0.0)
            if not seen.any():
                continue
            if not seen.all():
                t_s, lat_deg, lon_deg = t_s[seen], lat_deg[seen], lon_deg[seen]
            self.builder.add_values(Quantity.LAT_DEG, t_s, lat_deg)
            self.builder.add_values(Quantity.LON_DEG, t_s, lon_deg)
            return

    def _take_speeds(self) -> None:
        gps = self.tables.get("GPS")
        if gps is not None and "Spd" in gps:
            self.builder.add_values(Quantity.SPEED_MPS, self.times["GPS"], gps["Spd"])
        for message in ("XKF1", "NKF1", "EKF1"):
            table = self.tables.get(message)
            if table is not None and "VN" in table and "VE" in table:
                self.builder.add_values(Quantity.NORTH_MPS, self.times[message], table.take("VN"))
                self.builder.add_values(Quantity.EAST_MPS, self.times[message], table.take("VE"))
                return
        if gps is not None and "Spd" in gps and "GCrs" in gps:
            course = np.radians(gps["GCrs"])
            self.builder.add_values(Quantity.NORTH_MPS, self.times["GPS"], gps["Spd"] * np.cos(course))
            self.builder.add_values(Quantity.EAST_MPS, self.times["GPS"], gps["Spd"] * np.sin(course))

    def _take_battery(self) -> None:
        message = next((kind for kind in ("BAT", "CURR") if kind in self.tables), None)
        if message is None:
            return
        table, t_s = self.tables[message], self.times[message]
        for quantity, column in ((Quantity.VOLTAGE_V, "Volt"), (Quantity.CURRENT_A, "Curr")):
            if column in table:
                # Whole numbers are hundredths (3.0 to 3.3).
                scale = 0.01 if column in table.integers else 1.0
                self.builder.add_values(quantity, t_s, table.take(column) * scale)
        if "RemPct" in table:
            self.builder.add_values(Quantity.REMAINING, t_s, table.take("RemPct") * 0.01)
        self.builder.drop_if_zero(Quantity.CURRENT_A, "no current: the sensor reads 0 all the time")
        self.builder.drop_if_zero(
            Quantity.BATTERY_C, "no battery temperature: the sensor reads 0 all the time"
        )
        if not self.builder.has_series(Quantity.CURRENT_A):
            self.builder.drop_series(Quantity.USED_MAH)
        self.builder.drop_if_zero(Quantity.VOLTAGE_V, "no voltage: the sensor reads 0 all the time")

    def _take_sensors(self) -> None:
        """Throttle as a share of 1, the worst axis of the vibration, the strength of the magnetic field."""
        control, shakes, compass = (self.tables.get(kind) for kind in ("CTUN", "VIBE", "MAG"))
        column = None if control is None else control.first_of("ThO", "ThrOut")
        if control is not None and column is not None:
            scale = 1.0 / MILLI if column in control.integers else 1.0
            self.builder.add_values(Quantity.THROTTLE, self.times["CTUN"], control.take(column) * scale)
        if shakes is not None and all(f"Vibe{axis}" in shakes for axis in "XYZ"):
            worst = np.max(np.abs([shakes[f"Vibe{axis}"] for axis in "XYZ"]), axis=0)
            self.builder.add_values(Quantity.VIBRATION_MPS2, self.times["VIBE"], worst)
        if compass is not None and all(f"Mag{axis}" in compass for axis in "XYZ"):
            field = np.linalg.norm([compass[f"Mag{axis}"] for axis in "XYZ"], axis=0)
            self.builder.add_values(Quantity.FIELD_MGAUSS, self.times["MAG"], field)
            self.builder.drop_if_zero(Quantity.FIELD_MGAUSS, "no compass: it reads 0 all the time")

    def _take_wind(self) -> None:
        """The estimator's wind; exactly 0 all the time means that it estimates none."""
        for message in ("XKF2", "NKF2", "EKF2"):
            table = self.tables.get(message)
            if table is None or "VWN" not in table or "VWE" not in table:
                continue
            if np.any(table["VWN"]) or np.any(table["VWE"]):
                self.builder.add_values(Quantity.WIND_NORTH_MPS, self.times[message], table.take("VWN"))
                self.builder.add_values(Quantity.WIND_EAST_MPS, self.times[message], table.take("VWE"))
            return

    def _take_modes(self) -> None:
        table = self.tables.get("MODE")
        if table is None:
            return
        column = table.first_of("ModeNum", "Mode")
        numbers = [] if column is None else table[column].tolist()
        names = table.texts.get("Mode", [])
        for i, t_s in enumerate(self.times["MODE"].tolist()):
            number = numbers[i] if i < len(numbers) else math.nan
            name = names[i] if i < len(names) else ""
            if not math.isfinite(number):
                number = _mode_number(name)
            if math.isfinite(number):
                self.builder.add_value(Quantity.MODE, t_s, number)
                name = mode_name(int(number))
            self.builder.add_event(t_s, EventKind.MODE, name or "a mode that damage hides")

    def _take_arming(self) -> None:
        """ARM where a log has it, else the events 10 and 11; on the ground by the events 18 and 28."""
        for t_s, state in self._numbers_of("ARM", "ArmState"):
            self._add_arming(t_s, bool(state))
        for t_s, number in self._numbers_of("EV", "Id"):
            if number in (EV_ARMED, EV_DISARMED) and "ARM" not in self.tables:
                self._add_arming(t_s, number == EV_ARMED)
            if number in (EV_LANDED, EV_NOT_LANDED):
                self.builder.add_value(Quantity.ON_GROUND, t_s, float(number == EV_LANDED))

    def _add_arming(self, t_s: float, armed: bool) -> None:
        self.builder.add_value(Quantity.ARMED, t_s, float(armed))
        kind = EventKind.ARMED if armed else EventKind.DISARMED
        self.builder.add_event(t_s, kind, kind.value)

    def _take_errors(self) -> None:
        for t_s, system, code in self._numbers_of("ERR", "Subsys", "ECode"):
            what = ERROR_SYSTEMS.get(int(system), f"subsystem {int(system)}")
            state = "resolved" if code == 0 else f"error {int(code)}"
            self.builder.add_event(t_s, EventKind.ERROR, f"{what}: {state}")

    def _take_texts(self) -> None:
        table = self.tables.get("MSG")
        for t_s, text in zip(self.times.get("MSG", ()), _texts_of(table, "Message"), strict=False):
            if (found := FIRMWARE.match(text)) is not None:
                self.builder.firmware = f"{found[1]} {found[2]}"
            else:
                self.builder.add_event(float(t_s), EventKind.MESSAGE, text)
        versions = _texts_of(self.tables.get("VER"), "FWS")
        if versions and self.builder.firmware is None:
            self.builder.firmware = versions[0]

    def _take_parameters(self) -> None:
        table = self.tables.get("PARM")
        if table is not None and "Value" in table:
            values = table["Value"].tolist()
            self.builder.parameters.update(zip(_texts_of(table, "Name"), values, strict=False))

    def _take_missions(self) -> None:
        """Each list that is there whole: items 0 to CTot - 1 in turn. Other items are told as begun."""
        items: list[MissionItem] = []
        told = [name for name in MISSION_SETTINGS if "CMD" in self.tables and name in self.tables["CMD"]]
        for t_s, *numbers in self._numbers_of("CMD", *MISSION_COLUMNS, more=told):
            record = dict(zip((*MISSION_COLUMNS, *told), numbers, strict=True))
            number = record["CNum"]
            if number == 0:
                items = []
            if number != len(items):
                self._begin_item(t_s, number)
                continue
            items.append(_mission_item(record))
            if len(items) == record["CTot"]:
                self.builder.add_mission(tuple(items))
        for t_s, number in self._numbers_of("MISE", "CNum"):
            self._begin_item(t_s, number)

    def _begin_item(self, t_s: float, number: float) -> None:
        if number > 0:
            self.builder.add_event(t_s, EventKind.ITEM, f"item {number:.0f}")

    def _take_date(self) -> None:
        """GPS week and milliseconds of week, where they are told."""
        gps = self.tables.get("GPS")
        if gps is None:
            return
        week, in_week = gps.first_of("GWk", "Week"), gps.first_of("GMS", "TimeMS")
        if week is None or in_week is None:
            return
        known = gps[week] > 0
        for t_s, weeks, ms in zip(
            self.times["GPS"][known][:1000], gps[week][known], gps[in_week][known], strict=False
        ):
            unix_s = GPS_EPOCH_UNIX_S + WEEK_S * float(weeks) + float(ms) / MILLI - LEAP_S
            self.builder.add_date(float(t_s), unix_s)


def _first_instance(timed: _TimedTable) -> _TimedTable:
    column = timed.table.first_of(*INSTANCES)
    if column is None or not timed.t_s.size:
        return timed
    number = timed.table.take(column)
    first = number == number.min(where=np.isfinite(number), initial=math.inf)
    return timed if first.all() else _TimedTable(timed.table.where(first), timed.t_s[first])


def _guess_times(tables: dict[str, _TimedTable], builder: LogBuilder) -> None:
    """The times of a log of Copter 3.0 without GPS: nothing has a time, but CTUN comes at 10 Hz."""
    control = tables.get("CTUN")
    if control is None:
        raise InputError(f"{builder.name}: no message in it has a time", do="give a log with CTUN or GPS")
    builder.notes.append(f"no record has a time: CTUN is taken to come {CONTROL_HZ:.0f} times a second")
    order, at_s = control.table.order, np.arange(len(control.t_s)) / CONTROL_HZ
    for timed in tables.values():
        timed.t_s = np.interp(timed.table.order, order, at_s)


def _stamps_s(table: RecordTable) -> FloatArray | None:
    """Seconds of the vehicle's own clock, None for a message without."""
    column = table.first_of(*(GPS_CLOCKED if table.name == "GPS" else CLOCKED))
    return None if column is None else table[column] * SCALE_S[column]


def _at_places(
    places: NDArray[np.int64], order: NDArray[np.int64], t_s: FloatArray, *, before: float
) -> FloatArray:
    """The time of the last stamp at or before each place; `before` where that is none of these."""
    found = np.searchsorted(order, places, side="right") - 1
    return np.concatenate([[before], t_s])[found + 1]


def _texts_of(table: RecordTable | None, column: str) -> list[str]:
    return [] if table is None else table.texts.get(column, [])


def _mode_number(name: str) -> float:
    try:
        return float(CopterMode[name.upper()])
    except KeyError:
        return math.nan


def _mission_item(record: Mapping[str, float]) -> MissionItem:
    lat, lon = record["Lat"], record["Lng"]
    params = [record.get(f"Prm{n}", 0.0) for n in range(1, 5)]
    frame = record.get("Frame", math.nan)
    placed = (lat, lon) != (0.0, 0.0) and abs(lat) <= 90.0 and abs(lon) <= 180.0
    return MissionItem(
        command=int(record["CId"]),
        frame=int(frame) if math.isfinite(frame) else Frame.GLOBAL_RELATIVE_ALT,
        params=(params[0], params[1], params[2], params[3]),
        position=Position(lat_deg=lat, lon_deg=lon) if placed else None,
        z_m=record["Alt"],
    )
