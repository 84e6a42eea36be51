"""From published outlines to areas: geodesic edges, arcs and circles, for many zones in one pass.

Vertices are so dense that a straight line in longitude and latitude between two of them
is within 5 cm of the published edge. Arcs and circles are drawn outside the true curve
for what must be kept out of, and inside it for what must be kept in.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import GEOD, FloatArray, LocalFrame, Position, Ring

IntArray = NDArray[np.int64]

EDGE_STEP_M = 1000.0
"""Longest straight piece of a geodesic edge: its middle is off by 2 cm at 50 degrees north."""

ARC_SAGITTA_M = 0.4
"""How far a drawn arc may leave the true one."""

RADIUS_GAP_M = 50.0
"""End radii of an arc that differ by more are reported: whole seconds of arc explain some 30 m."""

METRES_PER_DEGREE = 111_320.0


class EdgeRule(StrEnum):
    """What a straight edge follows: the shortest way, or a line of even longitude and latitude."""

    GEODESIC = "geodesic"
    PARALLEL = "parallel"


class Vertex(NamedTuple):
    """A published corner."""

    lat: float
    lon: float


class Arc(NamedTuple):
    """A turn about a centre between two azimuths; the radius goes evenly from one to the other.

    A sweep of 360 degrees is a circle. `from_deg` and `to_deg` may be None where the arc runs
    between the vertices before and after it; its azimuths and radii are then theirs.
    """

    lat: float
    lon: float
    from_radius_m: float
    to_radius_m: float
    from_deg: float | None
    to_deg: float | None
    clockwise: bool


def circle(lat: float, lon: float, radius_m: float) -> Arc:
    """A full turn about a centre."""
    return Arc(lat, lon, radius_m, radius_m, 0.0, 360.0, True)


Outline = Sequence[Vertex | Arc]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Area:
    """A horizontal area on the globe.

    `polygon` is in degrees, x longitude (running past 180 rather than jumping), y latitude;
    `drawn` holds the outer ring as published, before any repair.
    """

    polygon: shapely.Polygon | shapely.MultiPolygon
    drawn: FloatArray
    edges: EdgeRule = EdgeRule.GEODESIC
    outline: tuple[Vertex | Arc, ...] = field(default=(), repr=False)

    @property
    def ring(self) -> Ring:
        """The outer ring as published, dense, without a repeated closing corner."""
        return _ring(self.drawn)

    @property
    def parts(self) -> tuple[shapely.Polygon, ...]:
        """Every simple part."""
        return tuple(shapely.get_parts(self.polygon))

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The outer ring of every part."""
        return tuple(_ring(np.asarray(part.exterior.coords)[:-1, :2]) for part in self.parts)

    def local(self, frame: LocalFrame) -> shapely.Polygon | shapely.MultiPolygon:
        """The area in the metres of a local frame."""
        return project(self.polygon, frame)

    def area_m2(self) -> float:
        """Size on the ellipsoid (Karney 2013)."""
        return sum(abs(float(GEOD.geometry_area_perimeter(part)[0])) for part in self.parts)


def project(geometry: shapely.Geometry, frame: LocalFrame) -> shapely.Geometry:
    """A geometry in degrees, as metres east and north in a local frame."""

    def to_local(lonlat: FloatArray) -> FloatArray:
        return np.column_stack(frame.to_enu(lonlat[:, 1], lonlat[:, 0]))

    return shapely.transform(geometry, to_local)


def unproject(geometry: shapely.Geometry, frame: LocalFrame) -> shapely.Geometry:
    """A geometry in local metres, as degrees."""

    def to_degrees(enu: FloatArray) -> FloatArray:
        lat, lon = frame.to_geodetic(enu[:, 0], enu[:, 1])
        return np.column_stack((lon, lat))

    return shapely.transform(geometry, to_degrees)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What became of an outline: an area, or None; and what had to be done or stands in the way."""

    area: Area | None
    problem: str = ""
    code: str = ""


def build_areas(
    outlines: Sequence[Outline], *, circumscribed: bool = True, edges: EdgeRule = EdgeRule.GEODESIC
) -> list[Built]:
    """The area of each outline.

    With `circumscribed` an arc or circle is drawn outside where the area is convex and never
    cuts the true area; without, it is drawn inside and never leaves it.
    """
    if not outlines:
        return []
    nodes = _Nodes(outlines, circumscribed=circumscribed, edges=edges)
    rings = nodes.rings()
    built = [_built(ring, tuple(line), edges) for ring, line in zip(rings, outlines, strict=True)]
    for index in np.flatnonzero(nodes.radius_gap_m > RADIUS_GAP_M):
        gap_m = nodes.radius_gap_m[index]
        if not built[index].code:
            words = f"the radii at the two ends of an arc differ by {gap_m:.0f} m; drawn through both ends"
            built[index] = Built(area=built[index].area, code="arc-radii", problem=words)
    return built


def area_of_ring(ring: Sequence[Position], *, edges: EdgeRule = EdgeRule.GEODESIC) -> Built:
    """The area within a ring of positions."""
    return build_areas([[Vertex(p.lat_deg, p.lon_deg) for p in ring]], edges=edges)[0]


def area_of_circle(centre: Position, radius_m: float, *, circumscribed: bool = True) -> Area:
    """The area of a geodesic circle."""
    built = build_areas([[circle(centre.lat_deg, centre.lon_deg, radius_m)]], circumscribed=circumscribed)[0]
    assert built.area is not None
    return built.area


class _Nodes:
    """The vertices of many outlines as arrays: given corners, points of arcs, points of long edges.

    Rows are (zone, place in the outline, lat, lon); a point between two elements has a place between theirs.
    """

    def __init__(self, outlines: Sequence[Outline], *, circumscribed: bool, edges: EdgeRule) -> None:
        self._count = len(outlines)
        self._circumscribed = circumscribed
        self._edges = edges
        corners: list[tuple[float, ...]] = []
        arcs: list[tuple[float, ...]] = []
        straight: list[tuple[float, ...]] = []
        for zone, outline in enumerate(outlines):
            _collect(zone, outline, corners, arcs, straight)
        self._corners = np.array(corners, float).reshape(-1, 4)
        self._straight = np.array(straight, float).reshape(-1, 6)
        self._arcs = _resolved(np.array(arcs, float).reshape(-1, 13))
        self.radius_gap_m = np.zeros(self._count)
        np.maximum.at(self.radius_gap_m, self._arcs.zone, np.abs(self._arcs.to_m - self._arcs.from_m))

    def rings(self) -> list[FloatArray]:
        """(n, 2) lon and lat of each outline, longitudes unwrapped about the first vertex."""
        table = np.concatenate([self._corners, self._along_arcs(), self._along_edges()])
        table = table[np.lexsort((table[:, 1], table[:, 0]))]
        zone = table[:, 0].astype(np.int64)
        starts = np.searchsorted(zone, np.arange(self._count + 1))
        lonlat = np.column_stack((_unwrapped(zone, table[:, 3], starts), table[:, 2]))
        return [lonlat[starts[i] : starts[i + 1]] for i in range(self._count)]

    def _along_edges(self) -> FloatArray:
        """Points of the geodesic edges that are longer than a step."""
        _, _, lat0, lon0, lat1, lon1 = self._straight.T
        east_deg = ((lon1 - lon0 + 180.0) % 360.0 - 180.0) * np.cos(np.radians((lat0 + lat1) / 2.0))
        long = METRES_PER_DEGREE * np.hypot(lat1 - lat0, east_deg) > 0.9 * EDGE_STEP_M
        if self._edges is EdgeRule.PARALLEL or not long.any():
            return np.empty((0, 4))
        zone, place, lat0, lon0, lat1, lon1 = self._straight[long].T
        azimuth, _, length_m = GEOD.inv(lon0, lat0, lon1, lat1)
        step_m = EDGE_STEP_M / np.sqrt(np.maximum(1.0, np.tan(np.radians(np.minimum(np.abs(lat0), 85.0)))))
        pieces = np.maximum(np.ceil(length_m / step_m), 1).astype(np.int64)
        which, number = _counted(pieces - 1)
        share = (number + 1.0) / pieces[which]
        lon, lat, _ = GEOD.fwd(lon0[which], lat0[which], azimuth[which], share * length_m[which])
        return np.column_stack((zone[which], place[which] + share, lat, lon))

    def _along_arcs(self) -> FloatArray:
        """Points of arcs and circles: the corners of the polygon whose sides touch the curve.

        The first and last side of an arc touch it at its ends.
        """
        arcs = self._arcs
        if not len(arcs.zone):
            return np.empty((0, 4))
        largest_m = np.maximum(np.maximum(arcs.from_m, arcs.to_m), 1.0)
        step_deg = 2.0 * np.degrees(np.arccos(np.maximum(1.0 - ARC_SAGITTA_M / largest_m, 0.5)))
        pieces = np.maximum(np.ceil(arcs.sweep_deg / step_deg), 3).astype(np.int64)
        which, number = _counted(pieces)
        share = (number + 0.5) / pieces[which]
        outside = (arcs.full | (arcs.turn == self._turn_of_zones()[arcs.zone])) == self._circumscribed
        stretch = np.where(outside, 1.0 / np.cos(np.radians(arcs.sweep_deg / pieces / 2.0)), 1.0)[which]
        ends = np.repeat(np.flatnonzero(arcs.open_ended), 2)
        share_ends = np.tile([0.0, 1.0], len(ends) // 2)
        which, share = np.append(which, ends), np.append(share, share_ends)
        stretch = np.append(stretch, np.ones(len(ends)))
        lat, lon = arcs.points(which, share, stretch)
        return np.column_stack((arcs.zone[which], arcs.place[which] + 0.9 * share, lat, lon))

    def _turn_of_zones(self) -> FloatArray:
        """+1 where an outline runs clockwise on the map, -1 where not, by corners and some arc points."""
        arcs = self._arcs
        which, number = _counted(np.full(len(arcs.zone), 9))
        share = number / 8.0
        lat, lon = arcs.rough_points(which, share)
        middle = np.column_stack((arcs.zone[which], arcs.place[which] + 0.9 * share, lat, lon))
        table = np.concatenate([self._corners, middle])
        table = table[np.lexsort((table[:, 1], table[:, 0]))]
        zone = table[:, 0].astype(np.int64)
        starts = np.searchsorted(zone, np.arange(self._count + 1))
        x, y = _unwrapped(zone, table[:, 3], starts), table[:, 2]
        following = np.arange(1, len(zone) + 1)
        full = starts[1:] > starts[:-1]
        following[starts[1:][full] - 1] = starts[:-1][full]
        first_y = y[np.minimum(starts[:-1], max(len(y) - 1, 0))][zone]
        cross = (x[following] - x) * (y[following] + y - 2.0 * first_y)
        return np.where(np.bincount(zone, cross, self._count) > 0.0, 1.0, -1.0)


class _Arcs(NamedTuple):
    """Arcs as columns; `turn` is +1 clockwise, `open_ended` where no vertex stands at the ends."""

    zone: IntArray
    place: FloatArray
    lat: FloatArray
    lon: FloatArray
    from_m: FloatArray
    to_m: FloatArray
    from_deg: FloatArray
    sweep_deg: FloatArray
    turn: FloatArray
    full: NDArray[np.bool_]
    open_ended: NDArray[np.bool_]

    def points(
        self, which: IntArray, share: FloatArray, stretch: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """(lat, lon) at a share of the way round, the radius stretched by a factor."""
        angle_deg, radius_m = self._polar(which, share)
        lon, lat, _ = GEOD.fwd(self.lon[which], self.lat[which], angle_deg, radius_m * stretch)
        return np.asarray(lat, float), np.asarray(lon, float)

    def rough_points(self, which: IntArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The same on a flat map: good for telling left from right."""
        angle_deg, radius_m = self._polar(which, share)
        angle_rad, lat0_rad = np.radians(angle_deg), np.radians(self.lat[which])
        lat = self.lat[which] + radius_m * np.cos(angle_rad) / METRES_PER_DEGREE
        lon = self.lon[which] + radius_m * np.sin(angle_rad) / METRES_PER_DEGREE / np.cos(lat0_rad)
        return lat, lon

    def _polar(self, which: IntArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        angle_deg = self.from_deg[which] + self.turn[which] * self.sweep_deg[which] * share
        return angle_deg, self.from_m[which] + (self.to_m[which] - self.from_m[which]) * share


def _resolved(rows: FloatArray) -> _Arcs:
    """Arcs with their sweep; those between two vertices get radii and azimuths from them."""
    zone, place, lat, lon, from_m, to_m, from_deg, to_deg, turn, *ends = rows.T.copy()
    between = np.isnan(from_deg)
    if between.any():
        start_lat, start_lon, end_lat, end_lon = (column[between] for column in ends)
        centre = lon[between], lat[between]
        from_deg[between], _, from_m[between] = GEOD.inv(*centre, start_lon, start_lat)
        to_deg[between], _, to_m[between] = GEOD.inv(*centre, end_lon, end_lat)
    sweep_deg = (turn * (to_deg - from_deg)) % 360.0
    sweep_deg[sweep_deg == 0.0] = 360.0
    full = ~between & (np.abs(to_deg - from_deg) >= 360.0)
    open_ended = ~between & ~full
    return _Arcs(
        zone.astype(np.int64), place, lat, lon, from_m, to_m, from_deg, sweep_deg, turn, full, open_ended
    )


def _collect(
    zone: int,
    outline: Outline,
    corners: list[tuple[float, ...]],
    arcs: list[tuple[float, ...]],
    straight: list[tuple[float, ...]],
) -> None:
    """Sort the elements of an outline into corners, arcs and the straight edges between corners."""
    last = len(outline) - 1
    for place, element in enumerate(outline):
        following = outline[place + 1 if place < last else 0]
        if isinstance(element, Vertex):
            corners.append((zone, place, element.lat, element.lon))
            if isinstance(following, Vertex):
                straight.append((zone, place, *element, *following))
            continue
        ends: tuple[float, ...] = (math.nan,) * 4
        before = outline[place - 1]
        if element.from_deg is None and isinstance(before, Vertex) and isinstance(following, Vertex):
            ends = (*before, *following)
        angles = [math.nan if angle is None else angle for angle in (element.from_deg, element.to_deg)]
        radii = (element.from_radius_m, element.to_radius_m)
        turn = 1.0 if element.clockwise else -1.0
        arcs.append((zone, place, element.lat, element.lon, *radii, *angles, turn, *ends))


def _counted(counts: IntArray) -> tuple[IntArray, FloatArray]:
    """For each of so many items, which group it is in and its number there.

    >>> _counted(np.array([2, 0, 3]))
    (array([0, 0, 2, 2, 2]), array([0., 1., 0., 1., 2.]))
    """
    which = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return which, np.arange(len(which), dtype=float) - first[which]


def _unwrapped(zone: IntArray, lon: FloatArray, starts: IntArray) -> FloatArray:
    """Longitudes within 180 degrees of the first of their zone."""
    if not len(lon):
        return lon
    first = lon[np.minimum(starts[:-1], len(lon) - 1)][zone]
    return first + (lon - first + 180.0) % 360.0 - 180.0


def _ring(lonlat: FloatArray) -> Ring:
    lon = (lonlat[:, 0] + 180.0) % 360.0 - 180.0
    return tuple(Position(lat_deg=float(a), lon_deg=float(b)) for a, b in zip(lonlat[:, 1], lon, strict=True))


def _built(ring: FloatArray, outline: tuple[Vertex | Arc, ...], edges: EdgeRule) -> Built:
    """The area within a ring of lon and lat; a ring that crosses itself keeps all it encloses."""
    if not np.isfinite(ring).all():
        return Built(area=None, code="bad-arc", problem="an arc has no ends")
    if len(ring) > 1:
        ring = ring[np.append(True, (np.diff(ring, axis=0) != 0.0).any(axis=1))]
        ring = ring[:-1] if (ring[0] == ring[-1]).all() else ring
    if len(ring) < 3:
        return Built(
            area=None, code="too-few-points", problem=f"{len(ring)} different points enclose no area"
        )
    if np.abs(np.diff(ring[:, 0], append=ring[0, 0])).max() > 180.0:
        return Built(area=None, code="too-wide", problem="spans more than half the globe or encloses a pole")
    polygon = shapely.Polygon(ring)
    if polygon.is_valid and polygon.area > 0.0:
        return Built(area=Area(polygon=polygon, drawn=ring, edges=edges, outline=outline))
    return _repaired(polygon, Area(polygon=polygon, drawn=ring, edges=edges, outline=outline))


def _repaired(polygon: shapely.Polygon, drawn: Area) -> Built:
    """What a self-crossing ring encloses; everything within it counts, however often it is wound about."""
    why = shapely.is_valid_reason(polygon)
    fixed = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    parts = [
        part for part in shapely.get_parts(fixed) if isinstance(part, shapely.Polygon) and part.area > 0.0
    ]
    if not parts:
        return Built(area=None, code="no-area", problem=f"encloses no area ({why})")
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    area = Area(polygon=whole, drawn=drawn.drawn, edges=drawn.edges, outline=drawn.outline)
    return Built(area=area, code="self-intersection", problem=f"ring repaired, {len(parts)} parts ({why})")
