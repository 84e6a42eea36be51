"""Rings of GML 3.2 as AIXM 5.1 uses them: geodesics, arcs by centre and bearings, circles, borders.

Angles of a reference system with latitude first are true bearings, and an arc turns clockwise where its end
angle is the larger as printed: no shorter way is taken (facts checked on the UK dataset of 2026, whose KML
gives the same in words). With longitude first (CRS84) angles count from east, anticlockwise.

Ours, because arcs by centre and bearing must stay arcs; shapely and pyproj know no GML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dfr.geo import GEOD
from dfr.io.airspace.safe_xml import (
    HREF,
    Element,
    at_path,
    child_elements,
    elements_named,
    local_name,
    text_at,
)
from dfr.units import ft_to_m, nm_to_m
from dfr.world.outlines import Arc, Vertex, circle

JOIN_M = 160.0
"""Ends of an arc so near to the published vertex are that vertex (up to 77 m in the UK dataset of 2026)."""

MOST_GAP_M = 5000.0
"""A ring with a wider gap between its parts is refused (coast zones of the UK close over up to 967 m)."""

SAME_M = 0.5

LONE_ARC = 3
"""Elements of a ring that is one arc: where it begins, itself, and where it ends."""

PARALLEL_STEP_DEG = 0.02

RADIUS_UNITS_M = {
    "[NMI_I]": nm_to_m(1.0), "NM": nm_to_m(1.0), "NMI": nm_to_m(1.0), "M": 1.0, "KM": 1000.0,
    "[FT_I]": ft_to_m(1.0), "FT": ft_to_m(1.0),
}  # fmt: skip
LAT_FIRST = ("EPSG::4326", "EPSG:4326", "EPSG::4258", "EPSG::4269", "EPSG::4979")


class BadCurveError(Exception):
    """A curve that cannot be drawn: its code and why."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code = code


@dataclass(slots=True)
class RingDrawn:
    """The outline of a ring, and the widest gap that was closed by a straight edge."""

    outline: list[Vertex | Arc] = field(default_factory=list)
    gap_m: float = 0.0
    _loose: bool = False

    def add_vertex(self, place: Vertex) -> None:
        """Go straight to a published vertex; it replaces the computed end of an arc beside it."""
        last = self._last_vertex()
        if last is not None:
            away_m = _distance_m(last, place)
            if self._loose and away_m <= JOIN_M:
                self.outline[-1], self._loose = place, False
                return
            if away_m <= SAME_M:
                return
        self.outline.append(place)
        self._loose = False

    def add_arc(self, centre: Vertex, radius_m: float, start_deg: float, sweep_deg: float) -> None:
        """Turn about a centre by a signed angle, clockwise where it is positive."""
        if abs(sweep_deg) >= 360.0:
            self.outline.append(circle(*centre, radius_m))
            return
        start, end = (
            _point_from(centre, radius_m, bearing) for bearing in (start_deg, start_deg + sweep_deg)
        )
        self._begin_at(start)
        if radius_m * abs(sweep_deg) / 57.3 > 2.0 * JOIN_M:
            self.outline.append(Arc(*centre, radius_m, radius_m, None, None, sweep_deg > 0.0))
        self.outline.append(end)
        self._loose = True

    def begin_part(self, start: Vertex) -> None:
        """Note how far the next part begins from where the last one ended."""
        last = self._last_vertex()
        if last is not None:
            self.gap_m = max(self.gap_m, _distance_m(last, start))

    def close_ring(self) -> None:
        """Join the end to the beginning; an arc alone is closed by its chord."""
        first, last = (self.outline[0], self.outline[-1]) if self.outline else (None, None)
        if len(self.outline) < 3 or not isinstance(first, Vertex) or not isinstance(last, Vertex):
            return
        away_m = _distance_m(first, last)
        if away_m <= (JOIN_M if self._loose else SAME_M):
            self.outline.pop()
        elif len(self.outline) > LONE_ARC:
            self.gap_m = max(self.gap_m, away_m)

    def _begin_at(self, start: Vertex) -> None:
        last = self._last_vertex()
        if last is None or _distance_m(last, start) > JOIN_M:
            self.outline.append(start)

    def _last_vertex(self) -> Vertex | None:
        last = self.outline[-1] if self.outline else None
        return last if isinstance(last, Vertex) else None


def ring_of(boundary: Element, borders: Mapping[str, Sequence[Vertex]]) -> RingDrawn:
    """The ring below an `exterior` or `interior`. Raises BadCurveError."""
    ring = RingDrawn()
    for line in at_path(boundary, "LinearRing"):
        for place in read_positions(line):
            ring.add_vertex(place)
    members = at_path(boundary, "Ring/curveMember")
    parts = [_curve_or_border(member, borders) for member in members]
    for number, part in enumerate(parts):
        if isinstance(part, list):
            between = _cut_border(part, _end_beside(parts, number, -1), _end_beside(parts, number, 1))
            ring.begin_part(between[0])
            for place in between:
                ring.add_vertex(place)
        else:
            _draw_curve(part, ring)
    ring.close_ring()
    if not ring.outline:
        raise BadCurveError("no-geometry", "a ring without points")
    if ring.gap_m > MOST_GAP_M:
        raise BadCurveError("gap", f"parts of a ring end {ring.gap_m / 1000.0:.1f} km from each other")
    return ring


def points_of_curve(curve: Element) -> list[Vertex]:
    """The vertices of a curve; of arcs only the ends. Raises BadCurveError."""
    return [place for segment in _segments_of(curve) for place in _segment_points(segment)]


def read_positions(element: Element) -> list[Vertex]:
    """Every `pos` and `posList` below an element, as vertices. Raises BadCurveError."""
    found: list[Vertex] = []
    for item in elements_named(element, "pos", "posList"):
        numbers = _read_numbers(item.text or "")
        step = (
            3 if item.get("srsDimension") == "3" or (local_name(item) == "pos" and len(numbers) == 3) else 2
        )
        if len(numbers) % step:
            raise BadCurveError("bad-coordinate", f"{(item.text or '')[:40]!r} is not a list of positions")
        swap = lon_first(item)
        pairs = [(numbers[k], numbers[k + 1]) for k in range(0, len(numbers), step)]
        found += [_checked_vertex(b, a) if swap else _checked_vertex(a, b) for a, b in pairs]
    return found


def lon_first(element: Element) -> bool:
    """Whether longitude comes first by the nearest `srsName`. Raises BadCurveError for an unknown system."""
    for holder in (element, *element.iterancestors()):
        name = holder.get("srsName")
        if name:
            if "CRS84" in name:
                return True
            if any(known in name for known in LAT_FIRST):
                return False
            raise BadCurveError("reference-system", f"{name[:60]!r} is not read")
    return False


def _curve_or_border(member: Element, borders: Mapping[str, Sequence[Vertex]]) -> Element | list[Vertex]:
    """A curve, or the whole of the border that a member refers to."""
    href = member.get(HREF)
    if href is None:
        return member
    border = borders.get(href.rpartition(":")[2].lower())
    if not border:
        raise BadCurveError("no-border", f"{href[:60]} is not in the file")
    return list(border)


def _end_beside(parts: Sequence[Element | list[Vertex]], number: int, step: int) -> Vertex:
    """The end of the curve before a border, or the start of the one after it, round the ring."""
    beside = parts[(number + step) % len(parts)]
    if isinstance(beside, list):
        if len(parts) == 1:
            return beside[0 if step < 0 else -1]
        raise BadCurveError("no-border", "two borders follow each other; where they meet is not said")
    ends = RingDrawn()
    _draw_curve(beside, ends)
    places = [place for place in ends.outline if isinstance(place, Vertex)]
    if not places:
        raise BadCurveError("no-geometry", "a curve without points")
    return places[-1] if step < 0 else places[0]


def _cut_border(border: list[Vertex], start: Vertex, end: Vertex) -> list[Vertex]:
    """The part of a border between the two points where a ring leaves and joins it."""
    ends = [_nearest_vertex(border, place) for place in (start, end)]
    for (_, away_m), place in zip(ends, (start, end), strict=True):
        if away_m > MOST_GAP_M:
            raise BadCurveError("gap", f"lat {place.lat:.4f}, lon {place.lon:.4f} is not on the border")
    first, last = ends[0][0], ends[1][0]
    if _distance_m(border[0], border[-1]) <= SAME_M and (first, last) != (0, len(border) - 1):
        raise BadCurveError("no-border", "a closed border has two paths between two points")
    return border[first : last + 1] if first <= last else border[last : first + 1][::-1]


def _nearest_vertex(border: Sequence[Vertex], place: Vertex) -> tuple[int, float]:
    lats, lons = [v.lat for v in border], [v.lon for v in border]
    away = GEOD.inv(lons, lats, [place.lon] * len(border), [place.lat] * len(border))[2]
    number = min(range(len(border)), key=lambda k: away[k])
    return number, float(away[number])


def _draw_curve(member: Element, ring: RingDrawn) -> None:
    first = True
    for segment in (found for curve in at_path(member, "Curve") for found in _segments_of(curve)):
        if first:
            ring.begin_part(_segment_points(segment)[0])
            first = False
        _draw_segment(segment, ring)


def _segments_of(curve: Element) -> list[Element]:
    return [segment for holder in child_elements(curve, "segments") for segment in holder]


def _draw_segment(segment: Element, ring: RingDrawn) -> None:
    form = local_name(segment)
    if form in ("ArcByCenterPoint", "CircleByCenterPoint"):
        centre, radius_m = _read_centre(segment), _read_radius_m(segment)
        if form == "CircleByCenterPoint":
            ring.outline.append(circle(*centre, radius_m))
        else:
            ring.add_arc(centre, radius_m, *_read_turn(segment))
        return
    if form not in ("GeodesicString", "Geodesic", "LineStringSegment"):
        raise BadCurveError("bad-geometry", f"{form} is not read")
    points = read_positions(segment)
    parallel = (
        "line of latitude" in " ".join(note.text or "" for note in elements_named(segment, "note")).lower()
    )
    for number, place in enumerate(points):
        if parallel and number and abs(place.lat - points[number - 1].lat) < 1e-4:
            for between in _along_parallel(points[number - 1], place):
                ring.add_vertex(between)
        ring.add_vertex(place)


def _segment_points(segment: Element) -> list[Vertex]:
    """The first and last point of a segment, and those between."""
    if local_name(segment) == "ArcByCenterPoint":
        centre, radius_m = _read_centre(segment), _read_radius_m(segment)
        start_deg, sweep_deg = _read_turn(segment)
        return [
            _point_from(centre, radius_m, start_deg),
            _point_from(centre, radius_m, start_deg + sweep_deg),
        ]
    found = read_positions(segment)
    if not found:
        raise BadCurveError("no-geometry", "a segment without points")
    return found


def _read_centre(segment: Element) -> Vertex:
    found = read_positions(segment)
    if len(found) != 1:
        raise BadCurveError("no-centre", f"{len(found)} centres of an arc")
    return found[0]


def _read_turn(segment: Element) -> tuple[float, float]:
    """(bearing of the start, signed angle, clockwise positive), degrees."""
    angles = [_read_number(text_at(segment, key)) for key in ("startAngle", "endAngle")]
    if lon_first(segment):
        return 90.0 - angles[0], angles[0] - angles[1]
    return angles[0], angles[1] - angles[0]


def _read_radius_m(segment: Element) -> float:
    found = child_elements(segment, "radius")
    unit = (found[0].get("uom") or "").upper() if found else ""
    value = _read_number((found[0].text or "") if found else "")
    if unit not in RADIUS_UNITS_M:
        raise BadCurveError("bad-radius", f"{unit[:20]!r} is not a unit of a radius")
    if not 0.0 < value * RADIUS_UNITS_M[unit] <= 1e6:
        raise BadCurveError("bad-radius", f"{value:g} {unit} is not a radius")
    return value * RADIUS_UNITS_M[unit]


def _along_parallel(start: Vertex, end: Vertex) -> list[Vertex]:
    count = int(abs(end.lon - start.lon) / PARALLEL_STEP_DEG)
    shares = [(k + 1) / (count + 1) for k in range(min(count, 5000))]
    return [Vertex(start.lat, start.lon + (end.lon - start.lon) * share) for share in shares]


def _point_from(centre: Vertex, radius_m: float, bearing_deg: float) -> Vertex:
    lon, lat, _ = GEOD.fwd(centre.lon, centre.lat, bearing_deg, radius_m)
    return Vertex(float(lat), float(lon))


def _distance_m(a: Vertex, b: Vertex) -> float:
    return float(GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2])


def _checked_vertex(lat: float, lon: float) -> Vertex:
    if not (abs(lat) <= 90.0 and abs(lon) <= 180.0):
        raise BadCurveError("bad-coordinate", f"lat {lat:g}, lon {lon:g} is not on the globe")
    return Vertex(lat, lon)


def _read_numbers(text: str) -> list[float]:
    return [_read_number(word) for word in text.replace(",", " ").split()]


def _read_number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not abs(value) < 1e9:
        raise BadCurveError("bad-number", f"{text[:20]!r} is not a number")
    return value
