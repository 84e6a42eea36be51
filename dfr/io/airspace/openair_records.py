"""What OpenAir records hold: coordinates, numbers, radii, limits, hours and rings."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from dfr.geo import Ring
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.lost_parts import Reach
from dfr.io.airspace.reading import ring_of_degrees
from dfr.scenario.air import DataKind
from dfr.units import nm_to_m
from dfr.world.hours import Interval
from dfr.world.outlines import EdgeRule, Vertex
from dfr.world.shapes import area_of_ring
from dfr.world.zones import VerticalLimit

MAX_RADIUS_NM = 2000.0

_NUMBER = r"(\d{1,3}(?:\.\d*)?)(?:\s*[:\s]\s*(\d{1,2}(?:\.\d*)?))?(?:\s*[:\s]\s*(\d{1,2}(?:\.\d*)?))?\s*"
LAT_LON = re.compile(_NUMBER + r"([NS])[\s,]*" + _NUMBER + r"([EW])\s*", re.IGNORECASE)
LON_LAT = re.compile(_NUMBER + r"([EW])[\s,]*" + _NUMBER + r"([NS])\s*", re.IGNORECASE)
_USUAL = r"(\d{1,3}):(\d{1,2}):(\d{1,2}(?:\.\d+)?) ?([%s])"
PLAIN = re.compile(_USUAL % "NS" + " +" + _USUAL % "EW")
PLAIN_PAIR = re.compile(f"{PLAIN.pattern} *, *{PLAIN.pattern}")
"""The commonest spelling of one position and of two, which is quick to recognise."""

PACKED = re.compile(
    r"(\d\d)(\d\d)(\d\d(?:\.\d*)?)\s*([NS])[\s,]*(\d{3})(\d\d)(\d\d(?:\.\d*)?)\s*([EW])\s*", re.IGNORECASE
)
"""Degrees, minutes and seconds without a break, as aeronautical publications write them."""

_REMARK = re.compile(r"\s*[*;#].*|\s*\([^)]*\)?")
_BEHIND = re.compile(r"\s*[*;#]")
_RADIUS = re.compile(r"(\d+(?:[.,]\d*)?|\.\d+)\s*(NM|KM|M)?(?:\s|$)", re.IGNORECASE)
_UNITS_NM = {"NM": 1.0, "": 1.0, "KM": 1.0 / 1.852, "M": 1.0 / 1852.0}


class BadRecordError(Exception):
    """A record that cannot be read: its code, what is wrong, and how far what it would have drawn reaches."""

    def __init__(self, code: str, what: str, *reaches: Reach) -> None:
        super().__init__(what)
        self.code = code
        self.reaches = reaches


def degrees_of(degrees: str | None, minutes: str | None, seconds: str | None, letter: str | None) -> float:
    """Degrees of an angle; sixty seconds make the next minute. Raises BadRecordError."""
    minute, second = float(minutes or 0.0), float(seconds or 0.0)
    if minute > 60.0 or second > 60.0:
        raise BadRecordError("bad-coordinate", f"{minute:g} minutes {second:g} seconds")
    value = float(degrees or 0.0) + minute / 60.0 + second / 3600.0
    return -value if letter in ("S", "W", "s", "w") else value


def position_of(parts: tuple[str | None, ...]) -> Vertex:
    """The position of the eight parts of a latitude and a longitude. Raises BadRecordError."""
    lat, lon = degrees_of(*parts[:4]), degrees_of(*parts[4:])
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):
        raise BadRecordError("bad-coordinate", f"lat {lat}, lon {lon} is not on the globe")
    return Vertex(lat, lon)


def two_coordinates(text: str) -> tuple[str, str] | None:
    """The two coordinates of an arc, whatever separates them."""
    first = LAT_LON.match(text) or PACKED.match(text) or LON_LAT.match(text)
    if first is None:
        return None
    return first.group(0), text[first.end() :].lstrip(",;/- \t")


def number_of(text: str) -> float:
    """A finite number. Raises BadRecordError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not math.isfinite(value):
        raise BadRecordError("bad-number", f"{text[:20]!r} is not a number")
    return value


def strip_remarks(text: str) -> str:
    """A record without the remark behind it or within its brackets.

    >>> strip_remarks("15000ft (Mo-Fri)"), strip_remarks("FL65 ; see NOTAM")
    ('15000ft', 'FL65')
    """
    return _REMARK.sub("", text).strip()


def strip_trailing_remark(text: str) -> str:
    """A record without the remark behind it; brackets stay.

    >>> strip_trailing_remark("RA(T) ; by NOTAM"), strip_trailing_remark("MTA")
    ('RA(T)', 'MTA')
    """
    return _BEHIND.split(text, maxsplit=1)[0]


def radius_m_of(text: str) -> float:
    """A radius in metres; nautical miles where no unit stands. Raises BadRecordError."""
    match = _RADIUS.match(text)
    if match is None:
        raise BadRecordError("bad-radius", f"{text[:20]!r} is not a radius")
    radius_nm = float(match[1].replace(",", ".")) * _UNITS_NM[(match[2] or "").upper()]
    if not 0.0 < radius_nm <= MAX_RADIUS_NM:
        raise BadRecordError("bad-radius", f"a radius of {radius_nm:g} NM")
    return nm_to_m(radius_nm)


@lru_cache(maxsize=8192)
def limit_of_record(text: str) -> VerticalLimit | None:
    """The limit a record means, with or without a remark; None where it means none."""
    return parse_limit(text) or parse_limit(strip_remarks(text))


def interval_of(text: str) -> Interval | None:
    """`start/end` in ISO 8601, either of which may be NONE; a time without a zone is UTC.

    >>> interval_of("NONE/2024-12-17T24:00Z ; to midnight").end.isoformat()
    '2024-12-18T00:00:00+00:00'
    """
    start, separator, end = strip_remarks(text).partition("/")
    try:
        begin, finish = _moment(start), _moment(end)
    except (ValueError, OverflowError):
        return None
    if not separator or (begin is None and finish is None):
        return None
    if begin is not None and finish is not None and begin >= finish:
        return None
    return Interval(start=begin, end=finish)


def _moment(text: str) -> datetime | None:
    """A time, None for NONE; twenty-four hours are the next day's none. Raises ValueError, OverflowError."""
    word = text.strip().upper()
    if word == "NONE":
        return None
    midnight = "T24:00" in word
    moment = datetime.fromisoformat(word.replace("T24:00", "T00:00"))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment + timedelta(days=1) if midnight else moment


def degree_ring(text: str) -> Ring:
    """`lat,lon lat,lon ...` in decimal degrees."""
    pairs = []
    for pair in text.split():
        lat, _, lon = pair.partition(",")
        pairs.append((number_of(lat), number_of(lon)))
    if len(pairs) < 3 or any(abs(lat) > 90.0 or abs(lon) > 180.0 for lat, lon in pairs):
        raise BadRecordError("bad-coverage", "a coverage is three or more lat,lon pairs on the globe")
    ring = ring_of_degrees(pairs)
    if area_of_ring(ring, edges=EdgeRule.PARALLEL).area is None:
        raise BadRecordError("bad-coverage", f"this coverage encloses no area: {text[:60]}")
    return ring


def kinds_of(text: str) -> frozenset[DataKind]:
    """The kinds of data in a list with commas, or `none`. Raises BadRecordError naming those there are."""
    words = [word.strip().lower() for word in text.split(",") if word.strip().lower() != "none"]
    known = {kind.value.lower(): kind for kind in DataKind}
    for word in words:
        if word not in known:
            raise BadRecordError("bad-kinds", f"{word[:40]!r} is not a kind of data: {', '.join(DataKind)}")
    return frozenset(known[word] for word in words)


def span_of(text: str) -> tuple[float, float]:
    """Two numbers in rising order. Raises BadRecordError."""
    parts = text.split()
    if len(parts) < 2:
        raise BadRecordError("bad-ground", "the ground is bounded by two heights")
    low, high = number_of(parts[0]), number_of(parts[1])
    if low > high:
        raise BadRecordError("bad-ground", f"{low} m is above {high} m")
    return low, high
