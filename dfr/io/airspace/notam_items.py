"""What the items of a NOTAM mean: the shapes that item E draws, and the times of items B, C and D.

Shapes are circles, polygons, buffers about polygons, corridors and single points. All times are UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import shapely

from dfr.geo import LocalFrame, Position
from dfr.io.airspace.uas_zones import DAYS
from dfr.units import ft_to_m, nm_to_m
from dfr.world.hours import Activation, DailyHours, SunEvent, TimeInterval
from dfr.world.outlines import MAX_LENGTH_M, Arc, Outline, Vertex, circle, draw_corridor, path_length_m

MAX_RADIUS_M = 1_000_000.0

POINT_RADIUS_M = 185.2
"""How far about a place without a radius an obstacle or activity reaches (assumed: 0.1 NM, as cranes in UK
NOTAMs are published)."""

COORDINATE = (
    r"(\d{2})\s?(\d{2}(?:\.\d+)?)\s?(\d{2}(?:\.\d+)?)?\s?([NS])[\s,/]*"
    r"(\d{3})\s?(\d{2}(?:\.\d+)?)\s?(\d{2}(?:\.\d+)?)?\s?([EW])"
)
_POINT = re.compile(COORDINATE)
_LENGTH = r"(\d{1,4}(?:\.\d{1,3})?)\s?(NM|KM|M|FT)\b"
_PREPOSITION = "OF|ABOUT|FROM|FM|AROUND|CENTRED|CENTERED|CENTRE|CENTER|CTR|ON|AT|POINT|PSN|POSITION|A|THE"
_ABOUT = rf"(?:[\s,:.(]|{_PREPOSITION})*"
_RADIUS_FIRST = re.compile(rf"{_LENGTH}\s*(?:RADIUS|RAD)\b{_ABOUT}{COORDINATE}")
_RADIUS_WORD = re.compile(rf"\b(?:RADIUS|RAD)\b{_ABOUT}{_LENGTH}{_ABOUT}{COORDINATE}")
_RADIUS_LAST = re.compile(
    rf"{COORDINATE}[\s,]*(?:WITH\s+)?(?:A\s+)?(?:RADIUS|RAD)\b[\s:]*(?:OF\s+)?{_LENGTH}"
)
_BUFFER = re.compile(rf"{_LENGTH}\s*(?:RADIUS\s*)?(?:OF|AROUND)\s+(?:AN?\s+|THE\s+)?AREA\b")
_CORRIDOR = re.compile(
    rf"{_LENGTH}\s*(?:EITHER|EACH|BOTH)\s+SIDES?\s+OF|WI(?:THIN)?\s+{_LENGTH}\s+OF\s+(?:A\s+)?LINE"
)
_ARC = re.compile(
    rf"(ANTI-?\s?CLOCKWISE|COUNTER-?\s?CLOCKWISE|CLOCKWISE).*?RADIUS\D*?{_LENGTH}.*?(?:CENTRED|CENTERED|CENTRE|CENTER)"
)
_CURVED = re.compile(r"CLOCKWISE|\bARC\b|COAST|BORDER|BDRY|RIVER|ALONG|FRONTIER")
_NAUTICAL = re.compile(r"\bNAUTICAL\s+MILES?\b")
_PART = re.compile(r"(?<![\d.])\d{4,8}(?:\.\d+)?\s?[NSEW]\b")
"""A latitude or longitude that is part of no place: a corner would be lost."""
_WIDTH = re.compile(
    r"\b(?:WI|WITHIN)\s+(?:AN?\s+)?\d[\d.]*\s?[A-Z]{1,6}\b|\b(?:RADIUS|RAD|MILES?|SIDES?\s+OF)\b"
    r"|\d\s?(?:NM|KM|SM)\b(?!\s+(?:N|S)?(?:N|S)?[NSEW]\b|\s+(?:NORTH|SOUTH|EAST|WEST))"
)
"""A radius or a width; a distance in a direction, such as 2NM NE OF a town, only says where."""
_BRACKETS = re.compile(r"\([^()]*\)")

UNITS_M = {"NM": nm_to_m(1.0), "KM": 1000.0, "M": 1.0, "FT": ft_to_m(1.0)}


class NotDrawnError(Exception):
    """An item E that speaks of a shape that cannot be drawn: why."""


def shapes_of(text: str, *, point: bool = True) -> list[Outline]:
    """The outlines that item E draws; none where it gives no place. Raises NotDrawnError.

    A single place without a radius is drawn only with `point`: a crane stands there, a restriction does not.
    What stands in brackets is a remark (a second way to say the place, a distance from an aerodrome), unless
    nothing else gives a place.
    """
    whole = _NAUTICAL.sub("NM", " ".join(text.upper().split()))
    bare = _BRACKETS.sub(" ", whole)
    return _read_shapes(bare if _POINT.search(bare) else whole, point)


def _read_shapes(text: str, point: bool) -> list[Outline]:
    points = list(_read_points(text))
    if not points:
        return []
    if part := _PART.search(_POINT.sub(" ", text)):
        raise NotDrawnError(f"{part[0].strip()} is half a place")
    if (match := _CORRIDOR.search(text)) and len(points) >= 2:
        return [_draw_corridor(points, 2.0 * _length_m(match[1] or match[3], match[2] or match[4]))]
    if _ARC.search(text) and len(points) >= 3:
        return [_read_polygon(text)]
    if circles := _read_circles(text):
        if {*points} - {Vertex(turn.lat, turn.lon) for ring in circles for turn in ring}:
            raise NotDrawnError("a circle, and a place that is not its centre, in one text")
        return circles
    if len(points) >= 3:
        ring = _read_polygon(text)
        buffered = _BUFFER.search(text)
        if not buffered and _WIDTH.search(text):
            raise NotDrawnError("an area with a width that could not be read")
        return [_grow_ring(ring, _length_m(buffered[1], buffered[2]))] if buffered else [ring]
    if len(points) == 2:
        raise NotDrawnError("two places and no width between them")
    if not point or _WIDTH.search(text):
        raise NotDrawnError("one place, and no radius that could be read")
    return [[circle(*points[0], POINT_RADIUS_M)]]


def _read_points(text: str) -> Iterator[Vertex]:
    for match in _POINT.finditer(text):
        yield _read_vertex(match.groups())


def _read_vertex(parts: tuple[str | None, ...]) -> Vertex:
    lat, lon = (
        float(parts[first] or 0.0)
        + float(parts[first + 1] or 0.0) / 60.0
        + float(parts[first + 2] or 0.0) / 3600.0
        for first in (0, 4)
    )
    lat, lon = (-lat if parts[3] == "S" else lat), (-lon if parts[7] == "W" else lon)
    if abs(lat) > 90.0 or abs(lon) > 180.0:
        raise NotDrawnError(f"lat {lat:.4f}, lon {lon:.4f} is not on the globe")
    return Vertex(lat, lon)


def _length_m(value: str, unit: str) -> float:
    found = float(value) * UNITS_M[unit]
    if not 0.0 < found <= MAX_RADIUS_M:
        raise NotDrawnError(f"{value} {unit} is not a radius")
    return found


def _read_circles(text: str) -> list[Outline]:
    """Every circle of the text, whichever of radius and centre comes first."""
    found: list[Outline] = []
    for pattern in (_RADIUS_FIRST, _RADIUS_WORD):
        for match in pattern.finditer(text):
            parts = match.groups()
            found.append([circle(*_read_vertex(parts[2:]), _length_m(str(parts[0]), str(parts[1])))])
    if found:
        return found
    for match in _RADIUS_LAST.finditer(text):
        parts = match.groups()
        found.append([circle(*_read_vertex(parts[:8]), _length_m(str(parts[8]), str(parts[9])))])
    return found


def _read_polygon(text: str) -> list[Vertex | Arc]:
    """A polygon of all places in the text, with arcs where their centre and radius are given."""
    found: list[Vertex | Arc] = []
    end, centre = 0, False
    for match in _POINT.finditer(text):
        between, place = text[end : match.start()] if end else "", _read_vertex(match.groups())
        arc = _ARC.search(between)
        if arc:
            turn = not arc[1].startswith(("ANTI", "COUNTER"))
            radius_m = _length_m(arc[2], arc[3])
            found.append(Arc(place.lat, place.lon, radius_m, radius_m, None, None, turn))
        elif _CURVED.search(between) and not centre:
            raise NotDrawnError(f"{between.strip()[:80]}: a curve without centre and radius")
        else:
            found.append(place)
        end, centre = match.end(), arc is not None
    if centre:
        raise NotDrawnError("an arc without an end")
    return found[:-1] if len(found) > 1 and found[0] == found[-1] else found


def _draw_corridor(points: list[Vertex], width_m: float) -> Outline:
    if path_length_m(points) > MAX_LENGTH_M:
        raise NotDrawnError("a corridor of more than 2,000 km")
    return draw_corridor(points, width_m)


def _grow_ring(ring: list[Vertex | Arc], radius_m: float) -> Outline:
    """The convex hull of a polygon and all that is within a radius of it."""
    if any(isinstance(element, Arc) for element in ring):
        raise NotDrawnError("a radius about an area with arcs")
    frame = LocalFrame(Position(lat_deg=ring[0].lat, lon_deg=ring[0].lon))
    east, north = frame.to_enu(np.array([p.lat for p in ring]), np.array([p.lon for p in ring]))
    grown = shapely.Polygon(np.column_stack((east, north))).convex_hull.buffer(1.01 * radius_m)
    corners = shapely.get_coordinates(grown)[:-1]
    return [Vertex(float(a), float(b)) for a, b in zip(*frame.to_geodetic(*corners.T), strict=True)]


MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
ALL_DAYS = frozenset(range(7))
MAX_DAYS = 400
"""Dates of a schedule are looked for in so many days; a longer one counts as active throughout."""

_TEN = re.compile(r"\b(\d{2})(\d{2})(\d{2})\s?(\d{2})(\d{2})\b")
_WORDS = re.compile(r"\b(\d{1,2})\s+([A-Z]{3})[A-Z]*\s+(\d{4})\s+(\d{2}):?(\d{2})", re.IGNORECASE)
_HOURS = re.compile(r"(\d{4}|SR|SS)\s*-\s*(\d{4}|SR|SS)")
_DAY_NAMES = re.compile(rf"\b({'|'.join(DAYS)})(?:\s*-\s*({'|'.join(DAYS)}))?\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})[A-Z]*\b")
_DATES = re.compile(r"\b(\d{1,2})(?:\s*-\s*(\d{1,2}))?\b")


def moment_of(text: str) -> datetime | None:
    """The moment that item B or C means, in UTC; None where it cannot be read.

    >>> moment_of("2609240700").isoformat(), moment_of("02 Oct 2024 02:00").isoformat()
    ('2026-09-24T07:00:00+00:00', '2024-10-02T02:00:00+00:00')
    """
    if match := _TEN.search(text):
        year, month, day, hour, minute = (int(part) for part in match.groups())
        year += 2000
    elif (match := _WORDS.search(text)) and match[2].upper() in MONTHS:
        day, month, year = int(match[1]), MONTHS.index(match[2].upper()) + 1, int(match[3])
        hour, minute = int(match[4]), int(match[5])
    else:
        return None
    midnight = hour == 24 and minute == 0
    try:
        found = datetime(year, month, day, 0 if midnight else hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return found + timedelta(days=1) if midnight else found


def activation_of(begins: str, ends: str, schedule: str) -> Activation:
    """When a NOTAM is in force.

    One that is permanent, or whose end is estimated (EST), is so until another replaces or cancels it. A
    start or an end that cannot be read is open, and hours that cannot be read count as active throughout.
    """
    start = moment_of(begins)
    estimated = any(word in ends.upper() for word in ("EST", "PERM", "UFN"))
    end = None if estimated else moment_of(ends)
    text = " ".join(f"{begins} to {ends or 'not said'} {schedule}".split())
    if start is not None and end is not None and start >= end:
        start = end = None
    within = TimeInterval(start=start, end=end)
    periods = _read_schedule(schedule.upper(), within) or [within]
    return Activation(periods=tuple(periods), otherwise=False, text=text[:200])


def _read_schedule(text: str, within: TimeInterval) -> list[TimeInterval | DailyHours]:
    """The periods of item D; none where it says nothing, or anything that cannot be read."""
    found: list[TimeInterval | DailyHours] = []
    for part in re.split(r"[,;]|\bAND\b|\n", re.split(r"\bEXC", text)[0]):
        words = " ".join(part.split())
        if not words:
            continue
        periods = _read_part(words, within)
        if periods is None:
            return []
        found += periods
    return found


def _read_part(words: str, within: TimeInterval) -> list[TimeInterval | DailyHours] | None:
    """The periods of one part: days or dates, then hours; None where it cannot be read."""
    hours = [(match[1], match[2]) for match in _HOURS.finditer(words)]
    days = _HOURS.sub(" ", words)
    if "H24" in days:
        hours, days = [("0000", "0000")], days.replace("H24", " ")
    if not hours:
        return None
    days = re.sub(r"\b(DAILY|EVERY DAY)\b", " ", days).strip()
    clocks = [(_read_clock(start), _read_clock(end)) for start, end in hours]
    if any(clock is None for pair in clocks for clock in pair):
        return None
    spans = [(start, end) for start, end in clocks if start is not None and end is not None]
    names, rest = _named_days(days)
    if not rest.strip(" -"):
        return [
            DailyHours(days=names or ALL_DAYS, start=start, end=end, within=within) for start, end in spans
        ]
    return _hours_on_dates(rest, spans, within) if not names else None


def _named_days(text: str) -> tuple[frozenset[int], str]:
    """(the days of the week that a text names, the text without them)."""
    found: set[int] = set()
    for first, last in _DAY_NAMES.findall(text):
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 + 1 if last else 1
        found |= {(begin + step) % 7 for step in range(count)}
    return frozenset(found), _DAY_NAMES.sub(" ", text)


def _read_clock(text: str) -> time | SunEvent | None:
    if text in ("SR", "SS"):
        return SunEvent(text)
    hour, minute = int(text[:2]), int(text[2:])
    if (hour, minute) in ((24, 0), (23, 59)):
        return time(0, 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _hours_on_dates(
    text: str, hours: list[tuple[time | SunEvent, time | SunEvent]], within: TimeInterval
) -> list[TimeInterval | DailyHours] | None:
    """Hours on dates such as `28`, `03-05` or `JUL 28 30`; None for others, and for dates of two months."""
    months = [MONTHS.index(name[:3]) + 1 for name in _MONTH.findall(text)]
    numbers = _MONTH.sub(" ", text)
    if within.start is None or len(months) > 1 or _DATES.sub(" ", numbers).strip(" -"):
        return None
    month = months[0] if months else None
    last = within.end or within.start + timedelta(days=MAX_DAYS)
    if last - within.start > timedelta(days=MAX_DAYS):
        return None
    ranges = [(int(first), int(end or first)) for first, end in _DATES.findall(numbers)]
    if any(end < first for first, end in ranges):
        return None
    wanted = {day for first, end in ranges for day in range(first, end + 1)}
    every = ((within.start + timedelta(days=step)).date() for step in range((last - within.start).days + 2))
    dates = [day for day in every if day.day in wanted and month in (None, day.month)]
    return [_hours_on(day, start, end, within) for day in dates for start, end in hours] or None


def _hours_on(day: date, start: time | SunEvent, end: time | SunEvent, within: TimeInterval) -> DailyHours:
    """The hours of one date, which may run into the next day."""
    begin = datetime.combine(day, time(0, 0), tzinfo=UTC)
    only = TimeInterval(start=begin, end=begin + timedelta(days=2)).intersect_with(within) or within
    return DailyHours(days=frozenset({day.weekday()}), start=start, end=end, within=only)
