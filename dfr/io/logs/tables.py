"""Flight records as tables, CSV or tab-separated: Airdata, Litchi, CsvView, DatCon, DroneDeploy and others.

Columns are found by their names and units, whatever their order: `speed(mph)`, `Aircraft Speed (mph)` and
`OSD.hSpeed [m/s]` are the same quantity. A column whose unit is not told and not known is left out. Times are
counted from the first row.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.io.files import decode_text
from dfr.io.logs.building import LogBuilder
from dfr.logs.model import EventKind, FlightLog, Quantity
from dfr.units import FOOT_M, KNOT_MPS

HEADER_WITHIN = 80
"""The line of the columns' names is one of the first: some tables begin with facts about the drone."""

LEAST_COLUMNS = 4
DATES = (
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y/%m/%d %H:%M:%S", "%m/%d/%Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S.%f", "%Y/%m/%d %H:%M:%S.%f", "%m/%d/%Y %I:%M:%S.%f %p",
    "%m/%d/%Y %I:%M:%S %p",
)  # fmt: skip
NAME_AND_UNIT = re.compile(r"^\s*(?P<name>.*?)\s*(?:[(\[](?P<unit>[^()\[\]]*)[)\]])?\s*$")

MILE_M = 5280.0 * FOOT_M

UNITS: dict[str, float] = {
    "m": 1.0, "meters": 1.0, "metres": 1.0, "ft": FOOT_M, "feet": FOOT_M,
    "m/s": 1.0, "mph": MILE_M / 3600.0, "km/h": 1.0 / 3.6, "kph": 1.0 / 3.6,
    "kt": KNOT_MPS, "knots": KNOT_MPS,
    "s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "v": 1.0, "volt": 1.0, "volts": 1.0, "mv": 1e-3, "a": 1.0, "ma": 1e-3, "mah": 1.0,
    "%": 1e-2, "degrees": math.radians(1.0), "deg": math.radians(1.0), "°": math.radians(1.0),
    "rad": 1.0, "c": 1.0, "°c": 1.0, "celsius": 1.0,
}  # fmt: skip
"""What a value in this unit is multiplied by."""

FAHRENHEIT = frozenset({"f", "°f", "fahrenheit"})


@dataclass(frozen=True, slots=True)
class _Column:
    """The names a quantity has had, without units, and the unit that one without any is in."""

    names: frozenset[str]
    unit: str | None = None


def _names(*names: str) -> frozenset[str]:
    return frozenset(names)


TIME = (
    _Column(_names("clock:offsettime", "offsettime"), "s"),
    _Column(_names("osd.flytime", "elapsed time", "time")),
)
DATE = _names("datetime", "date/time", "gps:datetimestamp", "custom.updatetime", "datetime utc")

COLUMNS: dict[Quantity, tuple[_Column, ...]] = {
    Quantity.HEIGHT_M_HOME: (
        _Column(_names("height_above_takeoff", "osd.height", "aircraft barometric altitude", "altitude")),
        _Column(_names("imu_atti0:relativeheight:c", "imu_atti0:relativeheight"), "m"),
    ),
    Quantity.ALTITUDE_M_AMSL: (
        _Column(_names("altitude_above_sealevel", "osd.altitude")),
        _Column(_names("gps0:heightmsl"), "m"),
    ),
    Quantity.SPEED_MPS: (_Column(_names("speed", "osd.hspeed", "aircraft speed")),),
    Quantity.NORTH_MPS: (
        _Column(_names("xspeed", "velocityx", "osd.xspeed", "aircraft vel - x")),
        _Column(_names("imu_atti0:veln"), "m/s"),
    ),
    Quantity.EAST_MPS: (
        _Column(_names("yspeed", "velocityy", "osd.yspeed", "aircraft vel - y")),
        _Column(_names("imu_atti0:vele"), "m/s"),
    ),
    Quantity.CLIMB_MPS: (
        _Column(_names("zspeed", "velocityz", "osd.zspeed", "aircraft vel - z")),
        _Column(_names("imu_atti0:veld"), "m/s"),
    ),
    Quantity.ROLL_RAD: (
        _Column(_names("roll", "osd.roll", "aircraft roll")),
        _Column(_names("imu_atti0:roll:c", "imu_atti0:roll"), "deg"),
    ),
    Quantity.PITCH_RAD: (
        _Column(_names("pitch", "osd.pitch", "aircraft pitch")),
        _Column(_names("imu_atti0:pitch:c", "imu_atti0:pitch"), "deg"),
    ),
    Quantity.HEADING_RAD: (
        _Column(_names("compass_heading", "osd.yaw", "aircraft heading")),
        _Column(_names("imu_atti0:yaw:c", "imu_atti0:yaw360:c", "imu_atti0:yaw"), "deg"),
    ),
    Quantity.VOLTAGE_V: (
        _Column(_names("voltage", "battery.voltage", "aircraft battery voltage")),
        _Column(_names("currentvoltage", "batteryinfo:batvol:d", "batteryinfo:batvol"), "mv"),
    ),
    Quantity.CURRENT_A: (
        _Column(_names("current", "battery.current", "aircraft battery current")),
        _Column(_names("currentcurrent", "batteryinfo:batcurrent:d", "batteryinfo:batcurrent"), "ma"),
    ),
    Quantity.REMAINING: (
        _Column(_names("battery_percent", "remainpowerpercent", "battery.chargelevel"), "%"),
        _Column(_names("aircraft battery power")),
    ),
    Quantity.BATTERY_C: (
        _Column(_names("battery_temperature", "battery.temperature", "aircraft battery temperature")),
    ),
    Quantity.SATELLITES: (
        _Column(_names("satellites", "osd.gpsnum", "aircraft satellites", "gps0:numsv"), ""),
    ),
}
BATTERY = frozenset({Quantity.VOLTAGE_V, Quantity.CURRENT_A, Quantity.REMAINING, Quantity.BATTERY_C})
LATITUDES = _names("latitude", "aircraft latitude", "osd.latitude", "imu_atti0:latitude", "gps0:lat")
LONGITUDES = _names("longitude", "aircraft longitude", "osd.longitude", "imu_atti0:longitude", "gps0:long")
FLYING = _names("aircraft flying", "isflying", "osd.isonground")
MOTORS = _names("aircraft motors on", "osd.ismotoron", "osd.ismotorup")
MODE_WORDS = _names("flycstate", "osd.flycstate", "aircraft flight mode")
DOWN_POSITIVE = Quantity.CLIMB_MPS
"""DJI counts its vertical speed downwards."""

Row = Sequence[str]


def read_flight_table(data: bytes, *, name: str) -> FlightLog:
    """A flight record in a table. Raises InputError where no columns of a flight are in it."""
    text, _ = decode_text(data)
    header, rows = _split_table(text.splitlines(), name)
    table = _FlightTable(header, rows, LogBuilder(name=name, file_format="table", autopilot="DJI"))
    return table.read_all()


def looks_like_table(data: bytes) -> bool:
    """Whether the first lines hold names of columns with a latitude and a longitude."""
    text, _ = decode_text(data[:65_536])
    return _find_header(text.splitlines()) is not None


def _find_header(lines: list[str]) -> tuple[int, str] | None:
    """(number of the line with the columns' names, what separates them); None where there is none."""
    for number, line in enumerate(lines[:HEADER_WITHIN]):
        for mark in ("\t", ",", ";"):
            names = {_name_and_unit(cell)[0] for cell in line.split(mark)}
            if len(names) >= LEAST_COLUMNS and names & LATITUDES and names & LONGITUDES:
                return number, mark
    return None


def _split_table(lines: list[str], name: str) -> tuple[list[str], list[Row]]:
    found = _find_header(lines)
    if found is None:
        raise InputError(f"{name}: no columns of a latitude and a longitude in it", do="export it as CSV")
    number, mark = found
    try:
        rows: list[Row] = [row for row in csv.reader(lines[number:], delimiter=mark) if row]
    except csv.Error as error:
        raise InputError(f"{name}: not a readable table ({error})", do="export it again") from error
    return list(rows[0]), rows[1:]


def _name_and_unit(header: str) -> tuple[str, str | None]:
    """(name, unit) of a column, in lower case; `IMU_ATTI(0):Longitude` keeps its number."""
    words = header.strip().strip("\ufeff").lower()
    words = re.sub(r"\((\d)\)", r"\1", words)
    match = NAME_AND_UNIT.match(words)
    if match is None:
        return words, None
    return match["name"].strip(), match["unit"]


class _FlightTable:
    """One table while it becomes series."""

    def __init__(self, header: Row, rows: list[Row], builder: LogBuilder) -> None:
        self.builder, self.rows = builder, rows
        self.columns = [_name_and_unit(cell) for cell in header]
        self.t_s, kept = self._take_times()
        self.rows = [row for row, good in zip(rows, kept, strict=True) if good]
        if len(self.rows) < len(rows):
            builder.notes.append(f"{len(rows) - len(self.rows)} rows left out: they have no time")

    def read_all(self) -> FlightLog:
        """The whole table."""
        self._take_places()
        for quantity, choices in COLUMNS.items():
            self._take_quantity(quantity, choices)
        self._turn_signs()
        self._take_states()
        self._take_dates()
        return self.builder.build_log()

    def _find_column(self, names: frozenset[str]) -> int | None:
        return next((i for i, (name, _) in enumerate(self.columns) if name in names), None)

    def _numbers_of(self, column: int) -> FloatArray:
        return np.array([_parse_number(row[column]) if column < len(row) else math.nan for row in self.rows])

    def _battery_unread(self) -> NDArray[np.bool_]:
        """Where the battery has not been read yet: its voltage is still 0."""
        choices = COLUMNS[Quantity.VOLTAGE_V]
        column = next((c for choice in choices if (c := self._find_column(choice.names)) is not None), None)
        if column is None:
            return np.zeros(len(self.rows), dtype=bool)
        return np.asarray(self._numbers_of(column) == 0.0)

    def _take_times(self) -> tuple[FloatArray, list[bool]]:
        for choice in TIME:
            column = self._find_column(choice.names)
            unit = None if column is None else self.columns[column][1] or choice.unit
            if column is not None and unit in UNITS:
                stamps_s = self._numbers_of(column) * UNITS[unit]
                good = np.isfinite(stamps_s)
                if not good.any():
                    continue
                times = [self.builder.clock.read_stamp(stamp_s) for stamp_s in stamps_s[good].tolist()]
                found = iter(times)
                kept = [bool(is_good) and next(found) is not None for is_good in good]
                return np.array([t_s for t_s in times if t_s is not None]), kept
        raise InputError(f"{self.builder.name}: no column of times in it", do="export it with times")

    def _take_quantity(self, quantity: Quantity, choices: tuple[_Column, ...]) -> None:
        for choice in choices:
            column = self._find_column(choice.names)
            if column is None:
                continue
            told = self.columns[column][1]
            unit = choice.unit if told is None else told
            values = self._numbers_of(column)
            if quantity in BATTERY:
                values = np.where(self._battery_unread(), math.nan, values)
            if unit in FAHRENHEIT:
                self._add_told_values(quantity, (values - 32.0) / 1.8)
            elif unit in UNITS or unit == "":
                self._add_told_values(quantity, values * UNITS.get(unit, 1.0))
            elif np.isfinite(values).any():
                name = self.columns[column][0]
                self.builder.notes.append(f"column {name!r} left out: its unit is not told")
                continue
            return

    def _add_told_values(self, quantity: Quantity, values: FloatArray) -> None:
        """Empty cells are no values."""
        told = np.isfinite(values)
        self.builder.add_values(quantity, self.t_s[told], values[told])

    def _take_places(self) -> None:
        lat, lon = self._find_column(LATITUDES), self._find_column(LONGITUDES)
        if lat is None or lon is None:
            return
        lats, lons = self._numbers_of(lat), self._numbers_of(lon)
        good = (np.abs(lats) <= 90.0) & (np.abs(lons) <= 180.0) & ((lats != 0.0) | (lons != 0.0))
        self.builder.add_values(Quantity.LAT_DEG, self.t_s[good], lats[good])
        self.builder.add_values(Quantity.LON_DEG, self.t_s[good], lons[good])

    def _turn_signs(self) -> None:
        """DJI counts vertical speed downwards, and what a battery gives as negative."""
        self.builder.change_series(Quantity.CLIMB_MPS, lambda values: -values)
        self.builder.change_series(Quantity.CURRENT_A, np.abs)
        self.builder.drop_if_zero(Quantity.CURRENT_A, "no current: the sensor reads 0 all the time")
        self.builder.drop_if_zero(Quantity.SPEED_MPS, "no speed: the column is 0 all the time")

    def _take_states(self) -> None:
        flying, motors, words = (self._find_column(names) for names in (FLYING, MOTORS, MODE_WORDS))
        if flying is not None:
            grounded = self.columns[flying][0] == "osd.isonground"
            self._take_steps(flying, Quantity.ON_GROUND, lambda on: on if grounded else 1.0 - on)
        if motors is not None:
            self._take_steps(motors, Quantity.ARMED, lambda on: on)
        before = ""
        for t_s, row in zip(self.t_s.tolist(), self.rows, strict=True):
            word = row[words].strip() if words is not None and words < len(row) else ""
            if word and word != before:
                self.builder.add_event(t_s, EventKind.MODE, word)
                before = word

    def _take_steps(self, column: int, quantity: Quantity, made: Callable[[float], float]) -> None:
        before: float | None = None
        for t_s, row in zip(self.t_s.tolist(), self.rows, strict=True):
            on = _parse_truth(row[column]) if column < len(row) else None
            if on is not None and on != before:
                self.builder.add_value(quantity, t_s, made(on))
                before = on

    def _take_dates(self) -> None:
        column = self._find_column(DATE)
        if column is None:
            return
        for t_s, row in zip(self.t_s.tolist(), self.rows, strict=True):
            moment = _parse_date(row[column]) if column < len(row) else None
            if moment is not None:
                self.builder.add_date(t_s, moment.timestamp())


def _parse_number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _parse_truth(cell: str) -> float | None:
    return {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}.get(cell.strip().lower())


def _parse_date(cell: str) -> datetime | None:
    for form in DATES:
        try:
            return datetime.strptime(cell.strip().rstrip("Z"), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
