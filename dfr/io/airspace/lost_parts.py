"""Unreadable parts of outlines: how far each may reach, so that nothing there is called clear.

A corner of which the degrees can be read lies within a degree of them; a circle whose centre is lost lies
within its radius of all places where the centre may be. Of a part of which nothing can be read,
nobody knows where it lies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from dfr.geo import GEOD
from dfr.world.edges import METRES_PER_DEGREE
from dfr.world.outlines import Arc, Outline, Vertex

MOST_RADIUS_M = 1_000_000.0
"""How far a circle reaches whose radius cannot be read (assumed: no published one is larger)."""

MARGIN_DEG = 0.1
"""How far geodesics may bulge beyond the corners between which they run (assumed: edges below 600 km)."""

HALF_GLOBE_DEG = 180.0

TALLEST_DEG = 90.0
"""A band of latitudes taller than this may as well be anywhere."""

DegreeRange = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Everywhere within a distance of a box of latitudes and longitudes, degrees and metres."""

    lat: DegreeRange
    lon: DegreeRange
    within_m: float = 0.0

    @classmethod
    def around_place(cls, place: Vertex, within_m: float) -> Reach:
        """Everywhere within a distance of a place."""
        return cls(lat=(place.lat, place.lat), lon=(place.lon, place.lon), within_m=within_m)

    def grown_by(self, distance_m: float) -> Reach:
        """The same box with a distance about it."""
        return replace(self, within_m=distance_m)

    def corner_vertices(self) -> list[Vertex]:
        """The corners of the box."""
        return [Vertex(lat, lon) for lat in self.lat for lon in self.lon]

    def farthest_m(self, other: Reach) -> float:
        """The greatest distance between the corners of two boxes."""
        pairs = [(a, b) for a in self.corner_vertices() for b in other.corner_vertices()]
        return max(float(GEOD.inv(a.lon, a.lat, b.lon, b.lat)[2]) for a, b in pairs)


ANYWHERE = Reach(lat=(-90.0, 90.0), lon=(-180.0, 180.0))

_PARTS = re.compile(r"\s*([^NSEW,]*?)\s*([NS])[\s,]*([^NSEW,]*?)\s*([EW])?\s*$", re.IGNORECASE)
_SWAPPED = re.compile(r"\s*([^NSEW,]*?)\s*([EW])[\s,]*([^NSEW,]*?)\s*([NS])?\s*$", re.IGNORECASE)
_NO_NORTH = re.compile(r"\s*([^NSEW,\s]+)[\s,]+([^NSEW,\s]+)\s*([EW])\s*$", re.IGNORECASE)
_WORD = re.compile(r"(?i)(?=[a-z]*[^\W\d_nsewoil])[^\W\d_]{2,}")
"""Letters that are neither a hemisphere's nor taken for digits: no coordinate, whatever stands beside it."""

_FIELDS = re.compile(r"[:\s]+")
_DECIMAL = re.compile(r"([+-]?)(\d{1,3})\.")


def reach_of_coordinate(text: str) -> Reach:
    """Where a position may be when only a part of its text can be read.

    >>> reach_of_coordinate("51:3O:00 N 000:00:00 E").lat
    (51.0, 52.0)
    >>> reach_of_coordinate("51:30:00 N 00l:00:00 W").lon
    (-180.0, -0.0)
    >>> reach_of_coordinate("rubbish") == ANYWHERE
    True
    """
    if _WORD.search(text):
        return ANYWHERE
    if match := _PARTS.match(text):
        lat, north, lon, east = match.groups()
    elif match := _SWAPPED.match(text):
        lon, east, lat, north = match.groups()
    elif match := _NO_NORTH.match(text):
        lat, lon, east = match.groups()
        north = None
    else:
        return ANYWHERE
    return Reach(lat=_angle_range(lat, north, 90.0), lon=_angle_range(lon, east, 180.0))


def reach_of_degrees(lon: object, lat: object) -> Reach:
    """Where a position in decimal degrees may be when one or both numbers cannot be read."""
    return Reach(lat=_decimal_range(lat, 90.0), lon=_decimal_range(lon, 180.0))


def place_of(
    outline: Outline, reaches: Sequence[Reach], drawn: shapely.Geometry | None
) -> shapely.Polygon | None:
    """The convex hull of all that was drawn and all that was lost; None where it may be anywhere.

    Arcs count as whole circles: they may turn the other way, or end elsewhere.
    """
    places = [place for reach in [*_circles_of_arcs(outline), *reaches] for place in _rim_points(reach)]
    places += [Vertex(element.lat, element.lon) for element in outline]
    if drawn is not None:
        places += [Vertex(lat, lon) for lon, lat in shapely.get_coordinates(drawn).tolist()]
    if not places:
        return None
    lat = np.array([place.lat for place in places])
    lon = np.array([place.lon for place in places])
    if not any(_round_the_globe(reach) for reach in reaches):
        lon = lon[0] + (lon - lon[0] + 180.0) % 360.0 - 180.0
    return _hull_of(lat, lon)


def _hull_of(lat: np.ndarray, lon: np.ndarray) -> shapely.Polygon | None:
    south, north = max(float(lat.min()) - MARGIN_DEG, -90.0), min(float(lat.max()) + MARGIN_DEG, 90.0)
    if np.ptp(lon) > HALF_GLOBE_DEG:
        return shapely.box(-180.0, south, 180.0, north) if north - south < TALLEST_DEG else None
    hull = shapely.MultiPoint(np.column_stack((lon, lat))).convex_hull.buffer(MARGIN_DEG)
    return shapely.intersection(hull, shapely.box(-540.0, -90.0, 540.0, 90.0))


def _round_the_globe(reach: Reach) -> bool:
    return reach.lon[1] - reach.lon[0] >= HALF_GLOBE_DEG


def _circles_of_arcs(outline: Outline) -> Iterable[Reach]:
    """The whole circle of each arc, out to the farther of its ends."""
    for place, element in enumerate(outline):
        if not isinstance(element, Arc):
            continue
        centre = Reach.around_place(Vertex(element.lat, element.lon), 0.0)
        ends = [outline[place - 1], outline[(place + 1) % len(outline)]]
        beside = [Reach.around_place(end, 0.0) for end in ends if isinstance(end, Vertex)]
        radius_m = max([element.from_radius_m, element.to_radius_m, *map(centre.farthest_m, beside)])
        yield centre.grown_by(radius_m)


def _rim_points(reach: Reach) -> list[Vertex]:
    """Points whose hull holds all of a reach."""
    south, north, west, east = *reach.lat, *reach.lon
    out_deg = 1.02 * reach.within_m / METRES_PER_DEGREE
    south, north = south - out_deg, north + out_deg
    cosine = np.cos(np.radians(min(89.0, max(abs(south), abs(north)))))
    wide_deg = out_deg / float(cosine)
    return [
        Vertex(min(90.0, max(-90.0, lat)), lon)
        for lat in (south, north)
        for lon in (west - wide_deg, (west + east) / 2.0, east + wide_deg)
    ]


def _angle_range(text: str, letter: str | None, most: float) -> DegreeRange:
    """The degrees between which an angle lies when only some of its fields can be read."""
    low, high = _magnitude_range(text.strip(), 2 if most == 90.0 else 3, most)
    if letter is None:
        return -high, high
    return (-high, -low) if letter.upper() in "SW" else (low, high)


def _magnitude_range(text: str, width: int, most: float) -> DegreeRange:
    packed = not _FIELDS.search(text) and "." not in text[: width + 1] and len(text) > width
    fields = [text[:width], text[width : width + 2], text[width + 2 :]] if packed else _FIELDS.split(text)
    low, size = 0.0, most
    if len(fields) > 3:
        return 0.0, most
    for field, unit, largest in zip(fields, (1.0, 1 / 60, 1 / 3600), (most, 60.0, 60.0), strict=False):
        value = _number_up_to(field, largest)
        if value is None:
            return low, min(low + size, most)
        low, size = low + value * unit, unit
    return low, low


def _number_up_to(text: str, most: float) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0.0 <= value <= most else None


def _decimal_range(value: object, most: float) -> DegreeRange:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= most:
        return float(value), float(value)
    if not isinstance(value, str):
        return -most, most
    try:
        return _decimal_range(float(value), most)
    except ValueError:
        pass
    match = _DECIMAL.match(value.strip())
    if match is None or int(match[2]) >= most:
        return -most, most
    low = float(match[2])
    return (-low - 1.0, -low) if match[1] == "-" else (low, low + 1.0)
