"""Places as people write them (`read_place`): degrees, OS grid and MGRS references; their zone and country.

Latitude comes first, unless letters say otherwise. A grid reference names a square: its centre is taken, and
`within_m` says how far the place can be from it.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from dfr.errors import InputError
from dfr.extras import install_command
from dfr.geo import Position, position_of_os_grid

NOTATIONS = "50.782, -1.089 or 50°46'55\"N 1°05'20\"W or SZ 6432 9844 or 30U XB 34651 27099"
LONGEST_TEXT = 100
FEWEST_FIGURES = 2
"""A grid reference of fewer names a square of 10 km or more, which is no place for a deployment."""

_NUMBER = r"[0-9]+(?:\.[0-9]+)?"
_ANGLE = (
    rf"(?P<{{0}}sign>[-+]?)(?P<{{0}}deg>{_NUMBER})°?"
    rf"(?:[\s:-]*(?P<{{0}}min>{_NUMBER})['m]?(?:[\s:-]*(?P<{{0}}sec>{_NUMBER})(?:\"|''|s)?)?)?"
)


def _pair(first: str, second: str) -> re.Pattern[str]:
    """Two angles, each with its letter before or after it."""
    lead = rf"(?:(?P<alead>[{first}])\s*)?" + _ANGLE.format("a") + rf"\s*(?P<atail>[{first}])?"
    then = rf"(?:(?P<blead>[{second}])\s*)?" + _ANGLE.format("b") + rf"\s*(?P<btail>[{second}])?"
    return re.compile(rf"{lead}\s*[,;/]?\s*{then}\Z")


_DECIMAL = re.compile(rf"([-+]?{_NUMBER})(?:\s*[,;]\s*|\s+)([-+]?{_NUMBER})\Z")
_PAIRS = (_pair("NS", "EW"), _pair("EW", "NS"))
_COMPACT = re.compile(
    r"([0-9]{2})([0-9]{2})([0-9]{2}(?:\.[0-9]+)?)?([NS])[\s,/]*([0-9]{3})([0-9]{2})([0-9]{2}(?:\.[0-9]+)?)?([EW])\Z"
)
_FIGURES = r"(?:([0-9]{1,5})\s+([0-9]{1,5})|([0-9]{0,10}))\Z"
_OS_GRID = re.compile(r"([HJNOST][A-HJ-Z])\s*" + _FIGURES)
_MGRS = re.compile(r"([0-9]{1,2}\s*[C-HJ-NP-X]\s*[A-HJ-NP-Z][A-HJ-NP-V])\s*" + _FIGURES)
_METRES_PER_DEGREE = 111_320.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReading:
    """A place as it was read: in which notation, and how far from it the place meant can be."""

    position: Position
    notation: str
    within_m: float


def read_place(text: str) -> PlaceReading:
    """The place that a text names by coordinates. Raises InputError for any other text.

    >>> read_place("50 46 55 N 1 05 20 W").position
    Position(lat_deg=50.7819444..., lon_deg=-1.08888888...)
    """
    if len(text) > LONGEST_TEXT:
        raise _no_place(text)
    for read in (_read_compact, _read_degrees, _read_os_grid, _read_mgrs):
        found = read(_tidy(text))
        if found is not None:
            return found
    raise _no_place(text)


def _tidy(text: str) -> str:
    """The text in capitals with plain signs, whatever keyboard it came from."""
    plain = text.strip().upper().translate(str.maketrans("′’`ʹ´″”“ʺº−–\xa0", "'''''\"\"\"\"°-- "))
    if ";" in plain and re.search(r"\d,\d", plain):
        plain = re.sub(r"(\d),(\d)", r"\1.\2", plain)
    return plain


def _no_place(text: str) -> InputError:
    return InputError(f"{text!r:.60} is not a position", do=f"write {NOTATIONS}")


def _read_degrees(text: str) -> PlaceReading | None:
    """Degrees, with minutes and seconds where they are given."""
    decimal = _DECIMAL.match(text)
    if decimal:
        lat, lon = decimal.groups()
        position = Position(lat_deg=float(lat), lon_deg=float(lon))
        return PlaceReading(position=position, notation="decimal degrees", within_m=_half_step(lat, lon))
    for pattern in _PAIRS:
        match = pattern.match(text)
        if match and _letters_once(match):
            return _reading_of_pair(match)
    return None


def _letters_once(match: re.Match[str]) -> bool:
    """Whether each angle has its letter, once; an angle without one could be either."""
    return all(bool(match[f"{part}lead"]) != bool(match[f"{part}tail"]) for part in "ab")


def _reading_of_pair(match: re.Match[str]) -> PlaceReading:
    values = {}
    smallest_deg = []
    for part in "ab":
        letter = match[f"{part}lead"] or match[f"{part}tail"]
        if match[f"{part}sign"]:
            raise InputError(f"{match[0]!r:.60} has a sign and a letter", do="leave out one of them")
        values["lat" if letter in "NS" else "lon"] = _angle(match, part) * (-1.0 if letter in "SW" else 1.0)
        smallest_deg.append(_smallest_deg(match, part))
    whole = any(match[f"{part}min"] for part in "ab")
    return PlaceReading(
        position=Position(lat_deg=values["lat"], lon_deg=values["lon"]),
        notation="degrees and minutes" if whole else "decimal degrees",
        within_m=max(smallest_deg) / 2.0 * _METRES_PER_DEGREE * math.sqrt(2.0),
    )


def _angle(match: re.Match[str], part: str) -> float:
    return _degrees(match[f"{part}deg"], match[f"{part}min"], match[f"{part}sec"], match[0])


def _degrees(deg: str, minutes: str | None, seconds: str | None, text: str) -> float:
    """Degrees of an angle. Raises InputError for 60 minutes or more, or a fraction before a smaller unit."""
    parts = [part for part in (deg, minutes, seconds) if part]
    if any("." in part for part in parts[:-1]) or any(float(part) >= 60.0 for part in parts[1:]):
        raise InputError(f"{text!r:.60} has no such minutes or seconds", do=f"write {NOTATIONS}")
    return sum(float(part) / 60.0**power for power, part in enumerate(parts))


def _smallest_deg(match: re.Match[str], part: str) -> float:
    """The step of the last digit of an angle, in degrees."""
    given = [(match[f"{part}{name}"], 60.0**power) for power, name in enumerate(("deg", "min", "sec"))]
    text, per_degree = [(text, per) for text, per in given if text][-1]
    return float(_step(text) / per_degree)


def _step(number: str) -> float:
    """What one step of a number's last digit is worth."""
    return float(10.0 ** -len(number.partition(".")[2]))


def _half_step(*numbers: str) -> float:
    return max(_step(number) for number in numbers) / 2.0 * _METRES_PER_DEGREE * math.sqrt(2.0)


def _read_compact(text: str) -> PlaceReading | None:
    """Degrees, minutes and seconds without gaps, as aviation writes them: 504655N0010520W."""
    match = _COMPACT.match(text)
    if match is None:
        return None
    lat = _degrees(match[1], match[2], match[3], text) * (-1.0 if match[4] == "S" else 1.0)
    lon = _degrees(match[5], match[6], match[7], text) * (-1.0 if match[8] == "W" else 1.0)
    step_deg = (_step(match[3]) / 3600.0) if match[3] and match[7] else 1.0 / 60.0
    return PlaceReading(
        position=Position(lat_deg=lat, lon_deg=lon),
        notation="degrees and minutes",
        within_m=step_deg / 2.0 * _METRES_PER_DEGREE * math.sqrt(2.0),
    )


def _read_os_grid(text: str) -> PlaceReading | None:
    """An Ordnance Survey grid reference, its centre taken."""
    match = _OS_GRID.match(text)
    if match is None:
        return None
    size_m, east, north = _square(match)
    east_m, north_m = ((int(figures) + 0.5) * size_m for figures in (east, north))
    position = position_of_os_grid(match[1], east_m, north_m)
    if position is None:
        raise InputError(f"{text!r} is not on the Ordnance Survey grid", do=f"write {NOTATIONS}")
    return PlaceReading(position=position, notation="OS grid reference", within_m=size_m / math.sqrt(2.0))


def _read_mgrs(text: str) -> PlaceReading | None:
    """A reference of the Military Grid Reference System (UTM zones), its centre taken."""
    match = _MGRS.match(text)
    if match is None:
        return None
    mgrs = _load_extra("mgrs", "MGRS references")
    size_m, east, north = _square(match)
    # The library gives the south-west corner. The centre of a square is the corner of a finer one, to 1 m.
    centre = "".join(f"{figures}5"[:5].ljust(5, "0") for figures in (east, north))
    try:
        lat, lon = mgrs.MGRS().toLatLon("".join(match[1].split()) + centre)
    except mgrs.core.MGRSError as error:
        raise InputError(f"{text!r} is no square of the MGRS", do=f"write {NOTATIONS}") from error
    return PlaceReading(
        position=Position(lat_deg=lat, lon_deg=lon), notation="MGRS", within_m=size_m / math.sqrt(2.0)
    )


def mgrs_reference(position: Position) -> str | None:
    """The square of 1 m of the MGRS that holds a place; None where the `places` extra is not installed."""
    try:
        mgrs = _load_extra("mgrs", "MGRS references")
    except InputError:
        return None
    text = mgrs.MGRS().toMGRS(position.lat_deg, position.lon_deg)
    return f"{text[:-12]} {text[-12:-10]} {text[-10:-5]} {text[-5:]}"


def _square(match: re.Match[str]) -> tuple[float, str, str]:
    """(side in metres, figures of the easting, of the northing). Raises InputError for unlike or too few."""
    together = match[4] or ""
    half = len(together) // 2
    east, north = (match[2], match[3]) if match[2] else (together[:half], together[half:])
    if len(east) != len(north) or len(east) < FEWEST_FIGURES:
        raise InputError(
            f"{match[0]!r} has {len(east)} and {len(north)} figures",
            do=f"write as many for the easting as for the northing, {FEWEST_FIGURES} to 5 of each",
        )
    return 10.0 ** (5 - len(east)), east, north


def _load_extra(module: str, what: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        lacking = f"{module} is not installed, so dfr cannot read {what}"
        raise InputError(lacking, do=install_command("places")) from error


# -- what a place says of its clock and its country --


@lru_cache(maxsize=64)
def zone_at(position: Position) -> ZoneInfo | None:
    """The time zone on land at a place; None at sea and where timezonefinder is not installed."""
    try:
        finder = importlib.import_module("timezonefinder").TimezoneFinder()
    except ImportError:
        return None
    with finder:
        name = finder.timezone_at_land(lat=position.lat_deg, lng=position.lon_deg)
    return None if name is None else ZoneInfo(name)


def countries_of_zone(zone: ZoneInfo) -> tuple[str, ...]:
    """The countries that a time zone is the clock of, as ISO 3166 codes (IANA zone.tab).

    >>> countries_of_zone(ZoneInfo("Europe/Oslo"))
    ('NO',)
    """
    return tuple(row[0] for row in _table("zone.tab") if row[2] == zone.key)


@cache
def country_names() -> dict[str, str]:
    """The name of each country by its ISO 3166 code, as IANA lists them."""
    return {row[0]: row[1] for row in _table("iso3166.tab")}


def read_country(text: str) -> str:
    """The ISO 3166 code of a country, given by code or by name. Raises InputError for any other text."""
    names, wanted = country_names(), text.strip().casefold()
    found = [code for code, name in names.items() if wanted in (code.casefold(), name.casefold())]
    if wanted == "uk":
        found = ["GB"]
    if not found:
        raise InputError(f"{text!r:.60} is not a country", do="write its two-letter code, such as GB")
    return found[0]


@cache
def _table(name: str) -> tuple[tuple[str, ...], ...]:
    text = files("tzdata.zoneinfo").joinpath(name).read_text("utf-8")
    rows: Iterable[str] = (line for line in text.splitlines() if line and not line.startswith("#"))
    return tuple(tuple(row.split("\t")) for row in rows)
