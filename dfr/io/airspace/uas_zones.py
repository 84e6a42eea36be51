"""Zones for unmanned aircraft: what ED-269 and ED-318 share, and the kinds of UK zones by their designators.

NATS AIS writes unmanned-aircraft restrictions as `EG RU013B` (until 2025) and `EGR1U010E` (since 2026). Of
these a flight restriction zone (FRZ) has runway protection zones (RPZ), whose names end in a runway; others
are prisons, ports and sites of their own, though the dataset calls them RPZ too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from typing import TypeGuard
from zoneinfo import ZoneInfo

import shapely

from dfr.geo import VerticalDatum
from dfr.io.airspace.lost_parts import ANYWHERE, MOST_RADIUS_M, Reach, reach_of_degrees
from dfr.units import flight_level_to_m_std, ft_to_m
from dfr.world.hours import ALWAYS, Activation, DailyHours, SunEvent, TimeInterval
from dfr.world.outlines import Arc, Vertex, circle
from dfr.world.zones import SURFACE, UNLIMITED, VerticalLimit

Json = dict[str, object]

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
UNITS_M = {"M": 1.0, "FT": ft_to_m(1.0)}
REFERENCES = {
    "AGL": VerticalDatum.AGL,
    "AMSL": VerticalDatum.AMSL,
    "MSL": VerticalDatum.AMSL,
    "WGS84": VerticalDatum.ELLIPSOID,
}
LOCAL = ZoneInfo("Europe/London")
"""The clock of times without a zone, beside UTC: nobody can say which of the two they mean."""

MAX_HEIGHT_M = 30_480.0
MAX_RADIUS_M = 1_000_000.0

_TAG = re.compile(r"<[^<>]{0,300}>")
_NUMBER = re.compile(r"-?\d{1,7}(?:\.\d{1,6})?")
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})?")


class BadZoneError(Exception):
    """A part of a zone that cannot be used: its code, what is wrong, and how far what is lost reaches."""

    def __init__(self, code: str, what: str, *reaches: Reach) -> None:
        super().__init__(what)
        self.code = code
        self.reaches = reaches


def is_json(value: object) -> TypeGuard[Json]:
    """True for a JSON object."""
    return isinstance(value, dict)


def is_number(value: object) -> TypeGuard[float]:
    """True for a finite JSON number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15


def text_of(value: object) -> str:
    """A text, or the first text of a list in several languages."""
    if isinstance(value, list) and value:
        return text_of(value[0])
    if is_json(value):
        return text_of(value.get("text"))
    return " ".join(value.split()) if isinstance(value, str) else ""


def plain_text(text: str) -> str:
    """A text without the tags of a web page.

    >>> plain_text("Ask the <b>tower</b>.<p>Always.")
    'Ask the tower. Always.'
    """
    return " ".join(_TAG.sub(" ", text).split()).replace(" .", ".") if "<" in text else text


def json_objects(value: object) -> list[Json]:
    """The JSON objects of a list; an object on its own counts as a list of one."""
    if is_json(value):
        return [value]
    return [item for item in value if is_json(item)] if isinstance(value, list) else []


def limit_of(value: object, reference: object, unit: object, *, upper: bool) -> VerticalLimit | None:
    """A limit of a height, its reference and unit; None where the value is missing.

    Raises BadZoneError for a reference or unit that nobody defined: metres are never taken for feet.
    A floor of nothing is the surface, above whatever it is measured.
    """
    if value is None or value == "":
        return None
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if not is_number(value):
        raise BadZoneError("unreadable-limit", f"{str(value)[:40]!r} is not a height")
    if value == 0.0 and not upper:
        return SURFACE
    scale = UNITS_M.get(str(unit).upper().strip())
    datum = REFERENCES.get(str(reference).upper().strip())
    if str(reference).upper().strip() in ("FL", "STD"):
        height_m = flight_level_to_m_std(value)
        return VerticalLimit(value_m=height_m, datum=VerticalDatum.FLIGHT_LEVEL, text=f"FL{value:g}")
    if scale is None or datum is None:
        raise BadZoneError("unreadable-limit", f"{value} {unit} {reference}: unknown unit or reference")
    height_m = value * scale
    if height_m > MAX_HEIGHT_M:
        if upper:
            return UNLIMITED
        raise BadZoneError("unreadable-limit", f"{value} {unit} is no floor")
    if height_m < -500.0:
        raise BadZoneError("unreadable-limit", f"{value} {unit} is under the ground")
    words = f"{round(value, 2):g} {str(unit).lower().strip()} {datum.value}"
    return VerticalLimit(value_m=height_m, datum=datum, text=words)


def read_corner(value: object) -> Vertex:
    """A vertex of [lon, lat] or [lon, lat, height]; longitudes may run on past 180. Raises BadZoneError."""
    if not (isinstance(value, list) and len(value) >= 2 and is_number(value[0]) and is_number(value[1])):
        raise BadZoneError("bad-coordinate", f"{str(value)[:60]} is not a lon, lat pair")
    lon, lat = float(value[0]), float(value[1])
    if abs(lat) > 90.0 or abs(lon) > 360.0:
        hint = "; latitude and longitude may be swapped" if abs(lat) > 90.0 >= abs(lon) else ""
        raise BadZoneError("bad-coordinate", f"lat {lat:g}, lon {lon:g} is not on the globe{hint}")
    return Vertex(lat, lon if abs(lon) <= 180.0 else (lon + 180.0) % 360.0 - 180.0)


def read_ring(value: object) -> list[Vertex | Arc]:
    """The corners of a list of positions. Raises BadZoneError."""
    if not isinstance(value, list):
        raise BadZoneError("bad-geometry", "a ring is a list of positions")
    return closed_ring([read_corner(item) for item in value])


def closed_ring(corners: list[Vertex]) -> list[Vertex | Arc]:
    """The corners of a ring without a repeated last one, and with more where it runs all round the globe."""
    once = corners[:-1] if len(corners) > 1 and corners[0] == corners[-1] else corners
    return [*(_round_the_globe(once) if any(abs(place.lon) == 180.0 for place in once) else once)]


def _round_the_globe(corners: list[Vertex]) -> list[Vertex]:
    """Corners between 180 degrees west and 180 degrees east, where a simple ring on the flat map runs so.

    A mask of the whole world is drawn so; a ring that merely touches that meridian from both sides
    overlaps itself on the flat map.
    """
    flat = [(place.lon, place.lat) for place in corners]
    if len(flat) < 3 or not shapely.Polygon(flat).is_valid:
        return corners
    found: list[Vertex] = []
    for here, there in zip(corners, [*corners[1:], corners[0]], strict=True):
        found.append(here)
        if abs(there.lon - here.lon) == 360.0:
            rise = there.lat - here.lat
            found += [Vertex(here.lat + rise * s, here.lon * (1.0 - 2.0 * s)) for s in (0.25, 0.5, 0.75)]
    return found


def scattered_corners(value: object, depth: int = 0) -> list[Vertex | Arc]:
    """Every readable position in nested lists, at any depth: roughly where something is."""
    if not isinstance(value, list) or depth > 4:
        return []
    try:
        return [read_corner(value)]
    except BadZoneError:
        return [found for item in value for found in scattered_corners(item, depth + 1)]


def lost_corners(value: object, depth: int = 0) -> list[Reach]:
    """How far the unreadable positions in nested lists may be away."""
    if not isinstance(value, list) or depth > 4:
        return [] if depth else [ANYWHERE]
    if value and not any(isinstance(item, list) for item in value):
        try:
            read_corner(value)
        except BadZoneError:
            return [reach_of_degrees(value[0], value[1] if len(value) > 1 else None)]
        return []
    return [found for item in value for found in lost_corners(item, depth + 1)]


def round_area(centre: object, radius: object, scale_m: float = 1.0) -> list[Vertex | Arc]:
    """The outline of a circle. Raises BadZoneError for a radius that is none."""
    middle = read_corner(centre)
    if not is_number(radius) or not 0.0 < radius * scale_m <= MAX_RADIUS_M:
        reach = Reach.around_place(middle, MOST_RADIUS_M)
        raise BadZoneError("bad-radius", f"{str(radius)[:40]} is not a radius", reach)
    return [circle(middle.lat, middle.lon, radius * scale_m)]


def activation_of(periods: Iterable[Json]) -> Activation:
    """When a zone is active, from its applicabilities; none at all means always. Raises BadZoneError."""
    found: list[TimeInterval | DailyHours] = []
    words: list[str] = []
    for period in periods:
        if str(period.get("permanent", "")).upper() in ("YES", "TRUE"):
            return ALWAYS
        within = TimeInterval(
            start=_read_moment(period.get("startDateTime")), end=_read_moment(period.get("endDateTime"))
        )
        if within.start is not None and within.end is not None and within.start >= within.end:
            raise BadZoneError("unreadable-activation", f"{within.start} to {within.end} is an empty period")
        schedule = json_objects(period.get("schedule"))
        found += [hours for item in schedule for hours in _daily_hours(item, within)] or [within]
        words.append(f"{period.get('startDateTime') or '...'} to {period.get('endDateTime') or '...'}")
    if not found:
        return ALWAYS
    return Activation(periods=tuple(found), otherwise=False, text="; ".join(words)[:200])


def _daily_hours(item: Json, within: TimeInterval) -> list[DailyHours]:
    """The hours of a schedule; those without a zone hold in UTC and in local time, whichever has them."""
    names = item.get("day", ["ANY"])
    names = names if isinstance(names, list) else [names]
    days: set[int] = set()
    for name in names:
        word = str(name).upper()[:3]
        if word not in (*DAYS, "ANY"):
            raise BadZoneError("unreadable-activation", f"{str(name)[:20]!r} is no day")
        days |= set(range(7)) if word == "ANY" else {DAYS.index(word)}
    start, start_zone = _read_clock(item.get("startTime"), item.get("startEvent"))
    end, end_zone = _read_clock(item.get("endTime"), item.get("endEvent"))
    zone = start_zone or end_zone
    if isinstance(start, time) and isinstance(end, time):
        end = end if end == start else LAST_MINUTE.get(end.replace(second=0), end)
        end = _move_clock(end, end_zone or zone, zone)
    bare = zone is None and (item.get("startTime") or item.get("endTime"))
    return [
        DailyHours(days=frozenset(days), start=start, end=end, zone=clock, within=within)
        for clock in ((UTC, LOCAL) if bare else (zone or UTC,))
    ]


LAST_MINUTE = {time(23, 59): time(0, 0)}
"""Hours that end in the last minute of a day run on to midnight: the formats have no 24:00."""


def _move_clock(clock: time, zone: tzinfo | None, other: tzinfo | None) -> time:
    """A time of day by the clock of another fixed zone."""
    if zone is None or other is None or zone == other:
        return clock
    return datetime.combine(date(2000, 1, 2), clock, tzinfo=zone).astimezone(other).time()


def _read_clock(text: object, event: object) -> tuple[time | SunEvent, tzinfo | None]:
    """(a time of day or an event of the sun, its zone where one is said); midnight where neither is given."""
    if event:
        try:
            return SunEvent(str(event).upper()), None
        except ValueError:
            raise BadZoneError(
                "unreadable-activation", f"{str(event)[:20]!r} is not an event of the sun"
            ) from None
    if text is None or text == "":
        return time(0, 0), None
    match = _TIME.fullmatch(str(text).strip())
    if match is None:
        raise BadZoneError("unreadable-activation", f"{str(text)[:20]!r} is not a time of day")
    hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
    if hour == 24 and minute == second == 0:
        hour = 0
    if hour > 23 or minute > 59 or second > 59:
        raise BadZoneError("unreadable-activation", f"{text} is not a time of day")
    return time(hour, minute, second), _read_offset(match[4])


def _read_offset(text: str | None) -> tzinfo | None:
    """The zone of `Z` or `+01:00`; None of nothing."""
    if text is None:
        return None
    if text == "Z":
        return UTC
    digits = str(text).replace(":", "")
    delta = timedelta(hours=int(digits[1:3]), minutes=int(digits[3:5]))
    if delta >= timedelta(hours=24):
        raise BadZoneError("unreadable-activation", f"{text} is not an offset from UTC")
    return timezone(-delta if digits[0] == "-" else delta)


def _read_moment(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(str(value).strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadZoneError("unreadable-activation", f"{str(value)[:40]!r} is no time") from None


def authority_text(value: object) -> str:
    """Name and how to reach the first authority."""
    for item in json_objects(value):
        words = [
            text_of(item.get(key)) for key in ("name", "service", "contactName", "phone", "email", "siteURL")
        ]
        return ", ".join(word for word in dict.fromkeys(words) if word)
    return ""


_DESIGNATOR = re.compile(r"^EG\s?([PRD])\s?(\d?U)?\s?\d{3,4}[A-Z]{0,2}\b", re.IGNORECASE)
_RUNWAY = re.compile(r"\bRWY\s?\d{2}[A-Z]{0,2}\b", re.IGNORECASE)
_PRISON = re.compile(r"\bPRISON|\bHMP\b|\bYOI\b|\bYOUNG OFFENDER|\bIMMIGRATION REMOVAL", re.IGNORECASE)
_FRZ = re.compile(r"\bFRZ\b|\bFLIGHT RESTRICTION ZONE", re.IGNORECASE)

UNMANNED_ONLY = "UAS"
"""The kind of a restricted area that binds unmanned aircraft only."""


def kind_of_uk_area(name: str, text: str, local_type: str = "") -> str:
    """FRZ, RPZ, PRISON, UAS, R, P or D; '' for a name without a UK designator.

    >>> kind_of_uk_area("EG RU013B LEE-ON-SOLENT RWY 05", "FRZ Active H24")
    'RPZ'
    >>> kind_of_uk_area("EGR4U012 ISLE OF MAN PRISON", "", "RPZ"), kind_of_uk_area("EG D036 PORTSMOUTH", "")
    ('PRISON', 'D')
    """
    match = _DESIGNATOR.match(name)
    if match is None:
        return ""
    if not match[2]:
        return match[1].upper()
    if local_type.upper() == "FRZ":
        return "FRZ"
    if _RUNWAY.search(name):
        return "RPZ"
    if _PRISON.search(f"{name} {text}"):
        return "PRISON"
    return "FRZ" if _FRZ.search(text) and local_type.upper() != "RPZ" else UNMANNED_ONLY
