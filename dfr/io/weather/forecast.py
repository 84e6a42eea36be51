"""Hourly forecasts from files: Open-Meteo's JSON and CSV, and a plain CSV in SI units.

    time,wind_mps,wind_from_deg,gust_mps,rain_mm_h,visibility_m,temperature_c
    2024-08-24T12:00+01:00,8.2,240,14.5,0.4,20000,18.5

Any column but `time` may be missing, any cell empty. A time without an offset is in the file's own zone
(Open-Meteo's `utc_offset_seconds`), else in the zone given. Open-Meteo's gusts and rain are of the hour
that ends at their time; here they stand at the hour's beginning.

The columns are ours; `csv` and `json` parse the text.
"""

from __future__ import annotations

import csv
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import pairwise

from dfr.errors import InputError
from dfr.io.weather.groups import STRONGEST_MPS, WARMEST_C, ReportedWeather, hour_of, worst_of
from dfr.units import kt_to_mps

FIELDS = ("wind_mps", "wind_from_deg", "gust_mps", "rain_mm_h", "visibility_m", "temperature_c")
OPEN_METEO = {
    "wind_speed_10m": "wind_mps",
    "windspeed_10m": "wind_mps",
    "wind_direction_10m": "wind_from_deg",
    "winddirection_10m": "wind_from_deg",
    "wind_gusts_10m": "gust_mps",
    "windgusts_10m": "gust_mps",
    "precipitation": "rain_mm_h",
    "visibility": "visibility_m",
    "temperature_2m": "temperature_c",
}
HOUR_BEFORE = frozenset({"gust_mps", "rain_mm_h"})
UNIT_FACTORS = {
    "": 1.0, "m/s": 1.0, "ms": 1.0, "km/h": 1 / 3.6, "kmh": 1 / 3.6, "mp/h": 0.44704, "mph": 0.44704,
    "kn": kt_to_mps(1.0), "mm": 1.0, "inch": 25.4, "m": 1.0, "ft": 0.3048, "°": 1.0, "°C": 1.0,
}  # fmt: skip
FAHRENHEIT = "°F"
MOST = {
    "wind_mps": STRONGEST_MPS,
    "wind_from_deg": 360.0,
    "gust_mps": STRONGEST_MPS,
    "rain_mm_h": 400.0,
    "visibility_m": 1e6,
    "temperature_c": WARMEST_C,
}
"""What lies beyond is no weather; the coldest is as far below zero."""

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
"""What lies beyond is no forecast."""

_HEAD = re.compile(r"(\w+)(?:\s*\(([^)]*)\))?$")


def read_forecast(data: bytes, *, name: str, zone: tzinfo) -> Mapping[datetime, ReportedWeather]:
    """What a file forecasts for each clock hour (UTC). Raises InputError with the place of what is wrong."""
    text = data.decode("utf-8-sig", errors="replace")
    if text.lstrip().startswith(("{", "[")):
        return _read_json(text, name, zone)
    return _read_csv(text, name, zone)


def _read_json(text: str, name: str, zone: tzinfo) -> Mapping[datetime, ReportedWeather]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name}: not JSON ({error})", do="save the forecast again") from error
    whole = whole[0] if isinstance(whole, list) and whole else whole
    hourly = whole.get("hourly") if isinstance(whole, dict) else None
    if not isinstance(hourly, dict) or not isinstance(hourly.get("time"), list):
        raise InputError(f"{name}: no hourly.time", do="ask for hourly values, as Open-Meteo gives them")
    units = whole.get("hourly_units", {})
    offset = whole.get("utc_offset_seconds")
    own = _zone_of_offset(offset) if isinstance(offset, int) else zone
    columns = {key: values for key, values in hourly.items() if isinstance(values, list)}
    for key, values in columns.items():
        if len(values) != len(hourly["time"]):
            raise InputError(f"{name}: hourly.{key} has {len(values)} values for {len(hourly['time'])} times")
    heads = [(key, str(units.get(key, "")) if isinstance(units, dict) else "") for key in columns]
    rows = zip(*columns.values(), strict=True)
    return _read_rows(heads, enumerate(rows), f"{name}: hour", own)


def _read_csv(text: str, name: str, zone: tzinfo) -> Mapping[datetime, ReportedWeather]:
    try:
        lines = list(csv.reader(text.splitlines()))
    except csv.Error as error:
        raise InputError(f"{name}: not CSV ({error})", do="save the forecast again") from error
    first = next((at for at, row in enumerate(lines) if row and row[0].strip() == "time"), None)
    if first is None:
        raise InputError(f"{name}: no column `time`", do=f"begin with time,{','.join(FIELDS)}")
    own = _own_zone(lines[:first]) or zone
    heads = []
    for cell in lines[first]:
        match = _HEAD.match(cell.strip())
        heads.append((match[1], match[2] or "") if match else (cell, ""))
    rows = ((at, row) for at, row in enumerate(lines[first + 1 :], start=first + 2) if any(row))
    return _read_rows(heads, rows, name, own)


def _own_zone(lines: Sequence[Sequence[str]]) -> tzinfo | None:
    """The offset in Open-Meteo's head."""
    for keys, values in pairwise(lines):
        if "utc_offset_seconds" in keys and len(values) == len(keys):
            return _zone_of_offset(values[keys.index("utc_offset_seconds")])
    return None


def _zone_of_offset(offset_s: str | int) -> tzinfo:
    """The zone of an offset from UTC. Raises InputError for what is none."""
    try:
        return timezone(timedelta(seconds=int(offset_s)))
    except (ValueError, OverflowError) as error:
        raise InputError(
            f"utc_offset_seconds {offset_s!r:.30} is not an offset from UTC", do="correct it"
        ) from error


def _read_rows(
    heads: Sequence[tuple[str, str]], rows: Iterable[tuple[int, Sequence[object]]], name: str, zone: tzinfo
) -> Mapping[datetime, ReportedWeather]:
    """The rows, each at its hour; what tells of the hour before at that one."""
    fields = [OPEN_METEO.get(key, key) for key, _ in heads]
    if "time" not in fields or not {"wind_mps"} & set(fields):
        raise InputError(f"{name}: no time or no wind", do="give time and wind_mps or wind_speed_10m")
    twice = next((field for field in fields if field in {"time", *FIELDS} and fields.count(field) > 1), None)
    if twice is not None:
        raise InputError(f"{name}: two columns give {twice}", do="leave one")
    found: dict[datetime, list[ReportedWeather]] = {}
    for place, row in rows:
        where = f"{name}:{place}"
        cells = dict(zip(fields, row, strict=False))
        when = _read_time(cells.get("time"), where, zone)
        now: dict[str, float | None] = {}
        before: dict[str, float | None] = {}
        for (key, unit), field, cell in zip(heads, fields, row, strict=False):
            if field in FIELDS:
                value = _read_value(cell, field, unit, where)
                (before if key in OPEN_METEO and field in HOUR_BEFORE else now)[field] = value
        found.setdefault(hour_of(when), []).append(ReportedWeather(**now))
        if before:
            found.setdefault(hour_of(when - timedelta(hours=1)), []).append(ReportedWeather(**before))
    hours = {hour: worst_of(several) for hour, several in sorted(found.items())}
    return {hour: known for hour, known in hours.items() if known.wind_mps is not None}


def _read_time(cell: object, where: str, zone: tzinfo) -> datetime:
    try:
        if isinstance(cell, int | float) and not isinstance(cell, bool):
            when = datetime.fromtimestamp(float(cell), tz=UTC)
        else:
            when = datetime.fromisoformat(str(cell).strip())
    except (ValueError, OverflowError, OSError) as error:
        raise InputError(f"{where}: {cell!r:.40} is no time", do="write 2024-08-24T12:00") from error
    when = when if when.tzinfo is not None else when.replace(tzinfo=zone)
    if not EARLIEST < when < LATEST:
        raise InputError(f"{where}: {cell!r:.40} is not a forecast time", do="write 2024-08-24T12:00")
    return when


def _read_value(cell: object, field: str, unit: str, where: str) -> float | None:
    """A cell in SI; None where it is empty."""
    if cell is None or (isinstance(cell, str) and cell.strip() in {"", "null", "NaN", "nan"}):
        return None
    try:
        number = float(str(cell))
    except ValueError:
        number = math.nan
    if unit == FAHRENHEIT:
        number, unit = (number - 32.0) / 1.8, ""
    if not math.isfinite(number) or unit not in UNIT_FACTORS:
        raise InputError(
            f"{where}: {field} {cell!r} {unit} cannot be read", do="give a number in a known unit"
        )
    number *= UNIT_FACTORS[unit]
    least = -MOST[field] if field == "temperature_c" else 0.0
    if not least <= number <= MOST[field]:
        what = "is below zero" if number < 0.0 == least else f"is not {least:g} to {MOST[field]:g}"
        raise InputError(f"{where}: {field} {cell!r} {what}", do="correct it")
    return number
