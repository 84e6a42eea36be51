"""From published outlines to areas: geodesic edges, arcs and circles, for many zones in one pass.

Vertices are so dense that a straight line in longitude and latitude between two of them
is within 5 cm of the published edge. Arcs and circles are drawn outside the true curve
for what must be kept out of, and inside it for what must be kept in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import shapely

from dfr.geo import GEOD, FloatArray, LocalFrame, Position, Ring
from dfr.world.outlines import (
    METRES_PER_DEGREE,
    Arc,
    EdgeRule,
    IntArray,
    Outline,
    OutlineNodes,
    Vertex,
    circle,
    dense_line,
)

__all__ = [
    "METRES_PER_DEGREE",
    "Arc",
    "Area",
    "Built",
    "EdgeRule",
    "Outline",
    "Vertex",
    "area_of_circle",
    "area_of_ring",
    "build_areas",
    "circle",
    "dense_line",
    "project",
    "unproject",
]

RADIUS_GAP_M = 50.0
"""End radii of an arc that differ by more are reported: whole seconds of arc explain some 30 m."""


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
    nodes = OutlineNodes(outlines, circumscribed=circumscribed, edges=edges)
    rings = _Rings(*nodes.rings(), len(outlines))
    shapes = rings.polygons()
    built = [_built(rings.of(i), shapes[i], tuple(line), edges) for i, line in enumerate(outlines)]
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


def _ring(lonlat: FloatArray) -> Ring:
    lon = (lonlat[:, 0] + 180.0) % 360.0 - 180.0
    return tuple(Position(lat_deg=float(a), lon_deg=float(b)) for a, b in zip(lonlat[:, 1], lon, strict=True))


class _Rings:
    """The rings of many outlines in one array, without repeated vertices."""

    def __init__(self, lonlat: FloatArray, zone: IntArray, count: int) -> None:
        fresh = np.ones(len(zone), bool)
        fresh[1:] = (zone[1:] != zone[:-1]) | (lonlat[1:] != lonlat[:-1]).any(axis=1)
        lonlat, zone = lonlat[fresh], zone[fresh]
        starts = np.searchsorted(zone, np.arange(count + 1))
        first, last = starts[:-1], starts[1:] - 1
        several = last > first
        closing = last[several][(lonlat[last[several]] == lonlat[first[several]]).all(axis=1)]
        kept = np.ones(len(zone), bool)
        kept[closing] = False
        self._lonlat, self._zone = lonlat[kept], zone[kept]
        self._starts = np.searchsorted(self._zone, np.arange(count + 1))

    def of(self, index: int) -> FloatArray:
        """(n, 2) lon and lat of one ring."""
        return self._lonlat[self._starts[index] : self._starts[index + 1]]

    def polygons(self) -> list[shapely.Polygon | str | None]:
        """The polygon of each ring: None where it needs repair, words where there is none."""
        counts = np.diff(self._starts)
        finite = np.bincount(self._zone, ~np.isfinite(self._lonlat).all(axis=1), len(counts)) == 0
        usable = finite & (counts >= 3)
        rows = usable[self._zone]
        ids = np.cumsum(usable) - 1
        rings = shapely.linearrings(self._lonlat[rows], indices=ids[self._zone[rows]])
        drawn = shapely.polygons(rings)
        good = shapely.is_valid(drawn) & (shapely.area(drawn) > 0.0)
        found: list[shapely.Polygon | str | None] = []
        for index, (count, is_usable, is_finite) in enumerate(zip(counts, usable, finite, strict=True)):
            if is_usable:
                found.append(drawn[ids[index]] if good[ids[index]] else None)
            else:
                found.append(f"{count} points enclose no area" if is_finite else "an arc has no ends")
        return found


def _built(
    ring: FloatArray, shape: shapely.Polygon | str | None, outline: tuple[Vertex | Arc, ...], edges: EdgeRule
) -> Built:
    """The area within a ring of lon and lat; a ring that crosses itself keeps all it encloses."""
    if isinstance(shape, str):
        return Built(area=None, code="too-few-points", problem=shape)
    west, _, east, _ = (0.0, 0.0, 0.0, 0.0) if shape is None else shape.bounds
    if shape is None or east - west > 180.0:
        if np.abs(np.diff(ring[:, 0], append=ring[0, 0])).max() > 180.0:
            return Built(area=None, code="too-wide", problem="spans half the globe or encloses a pole")
        polygon = shapely.Polygon(ring)
        return _repaired(polygon, Area(polygon=polygon, drawn=ring, edges=edges, outline=outline))
    return Built(area=Area(polygon=shape, drawn=ring, edges=edges, outline=outline))


def _repaired(polygon: shapely.Polygon, drawn: Area) -> Built:
    """What a self-crossing ring encloses; everything within it counts, however often it is wound about."""
    if polygon.is_valid:
        return Built(area=drawn)
    why = shapely.is_valid_reason(polygon)
    fixed = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    parts = [
        part for part in shapely.get_parts(fixed) if isinstance(part, shapely.Polygon) and part.area > 0.0
    ]
    if not parts:
        return Built(area=None, code="no-area", problem=f"encloses no area ({why})")
    whole = _joined(parts)
    if whole is None:
        return Built(area=None, code="no-area", problem=f"no repair encloses an area ({why})")
    count = shapely.get_num_geometries(whole)
    area = Area(polygon=whole, drawn=drawn.drawn, edges=drawn.edges, outline=drawn.outline)
    return Built(area=area, code="self-intersection", problem=f"ring repaired, {count} parts ({why})")


def _joined(parts: Sequence[shapely.Polygon]) -> shapely.Polygon | shapely.MultiPolygon | None:
    """Parts as one valid area; where they meet too finely for that, each is grown by a millimetre."""
    for grown_deg in (0.0, 1e-8, 1e-7):
        grown = parts if grown_deg == 0.0 else [part.buffer(grown_deg) for part in parts]
        whole = shapely.union_all(grown)
        if isinstance(whole, (shapely.Polygon, shapely.MultiPolygon)) and whole.is_valid and whole.area > 0.0:
            return whole
    return None
