"""What OpenAir records hold (coordinates, radii, limits, hours, rings), and the outlines that they draw."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial

from dfr.geo import Ring
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.lost_parts import ANYWHERE, MOST_RADIUS_M, Reach, reach_of_coordinate
from dfr.io.airspace.reading import ring_of_degrees
from dfr.scenario.air import DataKind
from dfr.units import nm_to_m
from dfr.world.hours import TimeInterval
from dfr.world.outlines import MAX_LENGTH_M, Arc, EdgeRule, Vertex, circle, draw_corridor, path_length_m
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


def interval_of(text: str) -> TimeInterval | None:
    """`start/end` in ISO 8601, either of which may be NONE; a time without a zone is UTC.

    >>> interval_of("NONE/2024-12-17T24:00Z ; to midnight").end.isoformat()
    '2024-12-18T00:00:00+00:00'
    """
    start, separator, end = strip_remarks(text).partition("/")
    try:
        begin, finish = _read_moment(start), _read_moment(end)
    except (ValueError, OverflowError):
        return None
    if not separator or (begin is None and finish is None):
        return None
    if begin is not None and finish is not None and begin >= finish:
        return None
    return TimeInterval(start=begin, end=finish)


def _read_moment(text: str) -> datetime | None:
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


DIRECTIONS = {"+": True, "CW": True, "-": False, "CCW": False, "ACW": False, "\u2013": False, "\u2212": False}
"""Whether each spelling of a direction is clockwise; the last two are how word processors write a minus."""

MOST_WIDTH_M = 100_000.0
"""How far an airway reaches whose width cannot be read (assumed: no published one is wider)."""

_VARIABLE = re.compile(r"([A-Za-z])\s*(?:[=:]\s*|(?=[-+\d.\u2013\u2212])|\s)(.*)$")

MAX_AIRWAYS_M = 1e9
"""The airways of a file together are not drawn beyond: 25 times round the globe."""

Report = Callable[[str, str], None]
"""Takes the code and the words of what was repaired."""


class OutlineBuilder:
    """Centre, turning direction and width, and the elements that records draw with them.

    The centre may be set before the volume it serves, and serves those after it until another is set; the
    direction starts clockwise in each. Where a centre could not be read, it is known how far off it may be.
    """

    def __init__(self, report: Report) -> None:
        self._report = report
        self._centre: Vertex | None = None
        self._centre_lost = ANYWHERE
        self._centre_is_new = False
        self._centre_shared = False
        self._clockwise = True
        self._width_m: float | None = None
        self.airway: list[Vertex] = []
        self._airway_width_m: float | None = None
        self._airways_m = 0.0

    def begin_volume(self) -> None:
        """Forget the direction and width of the previous volume; keep its centre."""
        self._clockwise = True
        self._centre_shared = self._centre is not None and not self._centre_is_new
        if not self._centre_is_new:
            self._width_m = None

    def mark_used(self) -> None:
        """The centre that was set belongs to the volume being drawn."""
        self._centre_is_new = False

    def set_variable(self, rest: str) -> None:
        """`X=` a centre, `D=` a direction, `W=` a width; others draw nothing."""
        match = _VARIABLE.match(strip_remarks(rest))
        key, value = (match[1].upper(), match[2].strip()) if match else ("", rest)
        if key == "X" or (not key and LAT_LON.search(rest)):
            self._set_centre(value)
        elif key == "W":
            self._width_m, self._centre_is_new = nm_to_m(number_of(value)), True
        elif key == "D":
            if value.upper() not in DIRECTIONS:
                raise BadRecordError("bad-direction", "the direction is + or -")
            self._clockwise = DIRECTIONS[value.upper()]

    def _set_centre(self, text: str) -> None:
        self._centre, self._centre_shared = None, False
        try:
            self._centre, self._centre_is_new = self.read_coordinate(text), True
        except BadRecordError:
            self._centre_lost = reach_of_coordinate(text)
            raise

    def draw_circle(self, rest: str) -> Arc:
        """The circle of a DC record: a radius about the centre."""
        radius_m = self._or_lost(lambda: radius_m_of(strip_remarks(rest)))
        return circle(*self._use_centre(lambda: [self._around_centre(radius_m)]), radius_m)

    def arc_by_angles(self, rest: str) -> Arc:
        """The arc of a DA record: a radius and two azimuths."""
        parts = strip_remarks(rest).replace(",", " ").split()
        radius_m = self._or_lost(lambda: radius_m_of(parts[0] if parts else ""))
        if len(parts) != 3:
            reach = self._around_centre(radius_m)
            raise BadRecordError("bad-arc", "an arc has a radius and two angles", reach)
        angles = [self._or_lost(partial(number_of, part), radius_m) % 360.0 for part in parts[1:]]
        centre = self._use_centre(lambda: [self._around_centre(radius_m)])
        return Arc(*centre, radius_m, radius_m, angles[0], angles[1], self._clockwise)

    def arc_between(self, rest: str) -> tuple[Vertex, Arc, Vertex]:
        """The arc of a DB record, between its two end points."""
        if match := PLAIN_PAIR.fullmatch(rest):
            words = match.groups()
            start, end = position_of(words[:8]), position_of(words[8:])
        else:
            start, end = self._read_ends(rest)
        centre = self._use_centre(lambda: self._reaches_of_arc(start, end))
        return start, Arc(*centre, 0.0, 0.0, None, None, self._clockwise), end

    def _reaches_of_arc(self, start: Vertex, end: Vertex) -> list[Reach]:
        """How far an arc between two places may reach whose centre is lost."""
        ends = [Reach.around_place(place, 0.0) for place in (start, end)]
        radius_m = max(map(self._around_centre(0.0).farthest_m, ends))
        return [*ends, self._around_centre(radius_m)]

    def _read_ends(self, rest: str) -> tuple[Vertex, Vertex]:
        texts = two_coordinates(rest) or rest.split(",", 1)
        try:
            start, end = (self.read_coordinate(text) for text in texts)
        except (BadRecordError, ValueError):
            ends = [reach_of_coordinate(text) for text in texts] if len(texts) == 2 else [ANYWHERE]
            known = [end for end in ends if end != ANYWHERE]
            radius_m = min(map(self._around_centre(0.0).farthest_m, known), default=MOST_RADIUS_M)
            reaches = [*known, self._around_centre(radius_m)]
            raise BadRecordError("bad-coordinate", "an arc has two end points", *reaches) from None
        return start, end

    def airway_point(self, rest: str) -> None:
        """Add the next point of the airway being drawn, which has the width that is set."""
        try:
            self.airway.append(self.read_coordinate(rest))
        except BadRecordError as bad:
            width_m = self._width_m or MOST_WIDTH_M
            raise BadRecordError(bad.code, str(bad), *(r.grown_by(width_m) for r in bad.reaches)) from None
        self._airway_width_m = self._width_m
        self._centre_is_new = False

    def airway_outline(self) -> list[Vertex]:
        """The outline about the points of the airway, which ends here."""
        points, self.airway = self.airway, []
        width_m = self._airway_width_m
        if width_m is None:
            lost = [Reach.around_place(point, MOST_WIDTH_M) for point in points]
            raise BadRecordError("no-width", "no V W= gives the width of the airway", *lost)
        if len(points) < 2:
            raise BadRecordError("too-few-points", "an airway has two points or more")
        long_m = path_length_m(points)
        self._airways_m += long_m
        if not 0.0 < width_m <= 1e6 or long_m > MAX_LENGTH_M or self._airways_m > MAX_AIRWAYS_M:
            words = f"an airway of {long_m / 1000:.0f} km, {width_m / 1000:.1f} km wide"
            raise BadRecordError("bad-airway", words)
        return draw_corridor(points, width_m)

    def read_coordinate(self, text: str) -> Vertex:
        """One position, in any of its spellings."""
        if match := PLAIN.fullmatch(text):
            return position_of(match.groups())
        if match := LAT_LON.match(text) or PACKED.match(text):
            found = position_of(match.groups())
        elif match := LON_LAT.match(text):
            found = position_of(match.groups()[4:] + match.groups()[:4])
            self._report("coordinate-order", "longitude before latitude")
        else:
            raise BadRecordError("bad-coordinate", "no coordinate", reach_of_coordinate(text))
        if LAT_LON.search(text, match.end()):
            raise BadRecordError("bad-coordinate", "two positions in a record that takes one", ANYWHERE)
        return found

    def _use_centre(self, lost: Callable[[], list[Reach]]) -> Vertex:
        """The centre. Raises BadRecordError with how far a curve may reach that has none."""
        if self._centre is None:
            raise BadRecordError("no-centre", "no V X= gives the centre", *lost())
        if self._centre_shared:
            self._report(
                "shared-centre", "it names no centre of its own; the centre of the previous volume is used"
            )
            self._centre_shared = False
        self._centre_is_new = False
        return self._centre

    def _around_centre(self, radius_m: float) -> Reach:
        if self._centre is None:
            return self._centre_lost.grown_by(radius_m)
        return Reach.around_place(self._centre, radius_m)

    def _or_lost(self, read: Callable[[], float], radius_m: float = MOST_RADIUS_M) -> float:
        """A number of a curve; where it cannot be read, its error says how far the curve may reach."""
        try:
            return read()
        except BadRecordError as bad:
            raise BadRecordError(bad.code, str(bad), self._around_centre(radius_m)) from None
