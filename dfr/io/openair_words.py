"""The words of OpenAir records: coordinates, numbers, hours and rings."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from dfr.geo import Ring
from dfr.io.airspace_read import ring_of_degrees
from dfr.world.activation import Interval

_NUMBER = r"(\d{1,3}(?:\.\d*)?)(?:\s*[:\s]\s*(\d{1,2}(?:\.\d*)?))?(?:\s*[:\s]\s*(\d{1,2}(?:\.\d*)?))?\s*"
LAT_LON = re.compile(_NUMBER + r"([NS])[\s,]*" + _NUMBER + r"([EW])\s*", re.IGNORECASE)
LON_LAT = re.compile(_NUMBER + r"([EW])[\s,]*" + _NUMBER + r"([NS])\s*", re.IGNORECASE)


class BadRecordError(Exception):
    """A record that cannot be read: its code and what is wrong."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code


def degrees_of(parts: tuple[str | None, ...]) -> float:
    """Degrees of (degrees, minutes, seconds, letter); sixty seconds make the next minute."""
    degrees, minutes, seconds, letter = parts
    minute, second = float(minutes or 0.0), float(seconds or 0.0)
    if minute > 60.0 or second > 60.0:
        raise BadRecordError("bad-coordinate", f"{minute:g} minutes {second:g} seconds")
    value = float(degrees or 0.0) + minute / 60.0 + second / 3600.0
    return -value if letter in ("S", "W", "s", "w") else value


def two_coordinates(text: str) -> tuple[str, str] | None:
    """The two coordinates of an arc, whatever separates them."""
    first = LAT_LON.match(text) or LON_LAT.match(text)
    if first is None:
        return None
    return first.group(0), text[first.end() :].lstrip(", \t")


def number_of(text: str) -> float:
    """A finite number. Raises BadRecordError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not math.isfinite(value):
        raise BadRecordError("bad-number", f"{text[:20]!r} is no number")
    return value


def interval_of(text: str) -> Interval | None:
    """`start/end` in ISO 8601; a time without a zone is UTC, as the format says."""
    start, separator, end = text.partition("/")
    try:
        moments = [datetime.fromisoformat(part.strip()) for part in (start, end)]
    except ValueError:
        return None
    if not separator:
        return None
    begin, finish_ = (m if m.tzinfo else m.replace(tzinfo=UTC) for m in moments)
    return Interval(start=begin, end=finish_) if begin < finish_ else None


def degree_ring(text: str) -> Ring:
    """`lat,lon lat,lon ...` in decimal degrees."""
    pairs = []
    for pair in text.split():
        lat, _, lon = pair.partition(",")
        pairs.append((number_of(lat), number_of(lon)))
    if len(pairs) < 3 or any(abs(lat) > 90.0 or abs(lon) > 180.0 for lat, lon in pairs):
        raise BadRecordError("bad-coverage", "a coverage is three or more lat,lon pairs on the globe")
    return ring_of_degrees(pairs)


def span_of(text: str) -> tuple[float, float]:
    """Two numbers in rising order. Raises BadRecordError."""
    parts = text.split()
    if len(parts) < 2:
        raise BadRecordError("bad-ground", "the ground is bounded by two heights")
    low, high = number_of(parts[0]), number_of(parts[1])
    if low > high:
        raise BadRecordError("bad-ground", f"{low} m is above {high} m")
    return low, high
