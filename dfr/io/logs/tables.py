"""Flight records as tables, CSV or tab-separated: Airdata, Litchi, CsvView, DatCon, DroneDeploy and others.

Columns are found by their names and units, whatever their order: `speed(mph)`, `Aircraft Speed (mph)` and
`OSD.hSpeed [m/s]` are the same quantity. A column whose unit is not told and not known is left out. Times are
counted from the first row.
"""

from __future__ import annotations

import csv
import math
import re
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO, TextIO

import numpy as np
from numpy.typing import NDArray

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.io.files import decode_text, open_text
from dfr.io.logs.building import MOST_DATES, LogBuilder
from dfr.logs.model import EventKind, FlightLog, Quantity
from dfr.units import FOOT_M, KNOT_MPS

HEADER_WITHIN = 80
"""The line of the columns' names is one of the first: some tables begin with facts about the drone."""

LEAST_COLUMNS = 4
MOST_LINE = 1_000_000
"""A line is not longer: what has none is no table."""

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
TRUTHS = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0}
MODE_WORDS = _names("flycstate", "osd.flycstate", "aircraft flight mode")
DOWN_POSITIVE = Quantity.CLIMB_MPS
"""DJI counts its vertical speed downwards."""

Row = Sequence[str]


def read_flight_table(file: BinaryIO, *, name: str) -> FlightLog:
    """A flight record in a table. Raises InputError where no columns of a flight are in it."""
    with open_text(file) as text:
        rows = _split_table(text, name)
        try:
            table = _FlightTable(next(rows), LogBuilder(name=name, file_format="table", autopilot="DJI"))
            for row in rows:
                table.take_row(row)
        except csv.Error as error:
            raise InputError(f"{name}: not a readable table ({error})", do="export it again") from error
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


def _split_table(text: TextIO, name: str) -> Iterator[Row]:
    """The columns' names, then the rows that are not empty. Raises InputError for no table."""
    lines = iter(partial(text.readline, MOST_LINE), "")
    first = list(islice(lines, HEADER_WITHIN))
    found = _find_header(first)
    if found is None:
        raise InputError(f"{name}: no columns of a latitude and a longitude in it", do="export it as CSV")
    number, mark = found
    return (row for row in csv.reader(chain(first[number:], lines), delimiter=mark) if row)


def _name_and_unit(header: str) -> tuple[str, str | None]:
    """(name, unit) of a column, in lower case; `IMU_ATTI(0):Longitude` keeps its number."""
    words = header.strip().strip("\ufeff").lower()
    words = re.sub(r"\((\d)\)", r"\1", words)
    match = NAME_AND_UNIT.match(words)
    if match is None:
        return words, None
    return match["name"].strip(), match["unit"]


class _FlightTable:
    """One table while it becomes series: of each row it keeps what a column of a known name holds."""

    def __init__(self, header: Row, builder: LogBuilder) -> None:
        self.builder, self.count = builder, 0
        self.columns = [_name_and_unit(cell) for cell in header]
        choices = [*TIME, *chain.from_iterable(COLUMNS.values())]
        names = [*(choice.names for choice in choices), LATITUDES, LONGITUDES]
        self.numbers = {c: array("d") for known in names if (c := self._find_column(known)) is not None}
        self.truths = {c: array("d") for k in (FLYING, MOTORS) if (c := self._find_column(k)) is not None}
        self.mode_column, self.date_column = self._find_column(MODE_WORDS), self._find_column(DATE)
        self.modes: dict[str, int] = {"": 0}
        self.mode_numbers = array("l")
        self.dates: list[tuple[int, float]] = []

    def take_row(self, row: Row) -> None:
        """Keep what is needed of the next row."""
        width = len(row)
        for column, numbers in self.numbers.items():
            numbers.append(_parse_number(row[column]) if column < width else math.nan)
        for column, truths in self.truths.items():
            truths.append(_parse_truth(row[column]) if column < width else math.nan)
        mode, date = self.mode_column, self.date_column
        if mode is not None:
            word = row[mode].strip() if mode < width else ""
            self.mode_numbers.append(self.modes.setdefault(word, len(self.modes)))
        if date is not None and date < width and len(self.dates) < MOST_DATES:
            moment = _parse_date(row[date])
            if moment is not None:
                self.dates.append((self.count, moment.timestamp()))
        self.count += 1

    def read_all(self) -> FlightLog:
        """The whole table, once all rows are in."""
        self.t_s, self.kept = self._take_times()
        if (lost := self.count - len(self.t_s)) > 0:
            self.builder.notes.append(f"{counted_noun(lost, 'row')} without a time left out")
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
        return np.array(self.numbers[column])[self.kept]

    def _battery_unread(self) -> NDArray[np.bool_]:
        """Where the battery has not been read yet: its voltage is still 0."""
        choices = COLUMNS[Quantity.VOLTAGE_V]
        column = next((c for choice in choices if (c := self._find_column(choice.names)) is not None), None)
        if column is None:
            return np.zeros(len(self.t_s), dtype=bool)
        return np.asarray(self._numbers_of(column) == 0.0)

    def _take_times(self) -> tuple[FloatArray, NDArray[np.bool_]]:
        """(times of the rows that have one, shape (n,), which rows these are)."""
        for choice in TIME:
            column = self._find_column(choice.names)
            unit = None if column is None else self.columns[column][1] or choice.unit
            if column is None or unit not in UNITS:
                continue
            stamps_s = np.array(self.numbers[column]) * UNITS[unit]
            kept = np.isfinite(stamps_s)
            if kept.any():
                t_s = self.builder.clock.read_stamps(stamps_s[kept])
                believed = np.isfinite(t_s)
                kept[kept] = believed
                return t_s[believed], kept
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
        flying, motors = (self._find_column(names) for names in (FLYING, MOTORS))
        if flying is not None:
            grounded = self.columns[flying][0] == "osd.isonground"
            self._take_steps(flying, Quantity.ON_GROUND, lambda on: on if grounded else 1.0 - on)
        if motors is not None:
            self._take_steps(motors, Quantity.ARMED, lambda on: on)
        if self.mode_column is not None:
            words = list(self.modes)
            numbers = np.array(self.mode_numbers)[self.kept]
            for at in _steps_of(numbers, numbers > 0):
                self.builder.add_event(float(self.t_s[at]), EventKind.MODE, words[numbers[at]])

    def _take_steps(self, column: int, quantity: Quantity, made: Callable[[float], float]) -> None:
        states = np.array(self.truths[column])[self.kept]
        for at in _steps_of(states, np.isfinite(states)):
            self.builder.add_value(quantity, float(self.t_s[at]), made(float(states[at])))

    def _take_dates(self) -> None:
        places = np.cumsum(self.kept) - 1
        for row, unix_s in self.dates:
            if self.kept[row]:
                self.builder.add_date(float(self.t_s[places[row]]), unix_s)


def _steps_of(values: NDArray[Any], told: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Where what is told is no longer what was told before."""
    places = np.flatnonzero(told)
    changed = np.ones(len(places), dtype=bool)
    changed[1:] = values[places[1:]] != values[places[:-1]]
    return places[changed]


def _parse_number(cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        return math.nan


def _parse_truth(cell: str) -> float:
    """1 or 0; NaN for what is neither."""
    return TRUTHS.get(cell.strip().lower(), math.nan)


def _parse_date(cell: str) -> datetime | None:
    for form in DATES:
        try:
            return datetime.strptime(cell.strip().rstrip("Z"), form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None
