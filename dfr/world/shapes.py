"""Areas from published outlines (edges, arcs, circles), for many zones at once. Start with `build_areas`.

Vertices are so dense that a straight line in longitude and latitude between two of them
is within 5 cm of the published edge. Arcs and circles are drawn outside the true curve
for what must be kept out of, and inside it for what must be kept in.

A ring that crosses itself keeps all that it encloses, however often it is wound about. One that runs round
a pole is closed along it. Rings so tangled that untangling them would take minutes are refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import GEOD, FloatArray, LocalFrame, Position, Ring
from dfr.world.edges import IntArray
from dfr.world.outlines import ALL_POINTS, MOST_POINTS, Arc, EdgeRule, Outline, OutlineNodes, Vertex, circle

MOST_CROSSINGS = 100_000
"""More crossings than the rings of any published file have together; untangling these takes seconds."""

MOST_PAIRS = 5_000_000
"""Most pairs of edges looked at to count crossings."""

CHUNK = 25
"""Edges whose crossings are counted at a time."""

EQUATOR_DEG = 30.0
"""A ring round the globe whose mean latitude is nearer to the equator may mean either side."""

THIN_DEG = 1e-8
"""Mean width of what a ring encloses by rounding alone: one that runs out and back along the same edges."""


def is_area(part: shapely.Geometry) -> bool:
    """True for a polygon that encloses more than a rounding error."""
    return isinstance(part, shapely.Polygon) and part.area > THIN_DEG * part.length


class RingTable:
    """The rings of many outlines in one array, each closed, without other repeated vertices."""

    def __init__(self, lonlat: FloatArray, bounds: IntArray) -> None:
        """`lonlat` (n, 2) holds closed rings one after another; `bounds` says where each begins, and n."""
        place = lonlat.view(np.complex128)[:, 0]
        fresh = np.ones(len(place), bool)
        np.not_equal(place[1:], place[:-1], out=fresh[1:])
        fresh[bounds[:-1][bounds[1:] > bounds[:-1]]] = True
        if not fresh.all():
            lonlat, bounds = lonlat[fresh], np.append(0, np.cumsum(fresh))[bounds]
        self._lonlat = lonlat
        self._bounds = bounds.tolist()
        self._sizes = np.diff(bounds)
        self.counts = np.maximum(self._sizes - 1, 0)
        self.finite = _find_finite(lonlat, bounds)
        self.usable = self.finite & (self.counts >= 3)

    def ring_at(self, index: int) -> FloatArray:
        """(n, 2) lon and lat of one ring, its first vertex not repeated."""
        return self._lonlat[self._bounds[index] : self._bounds[index + 1] - 1]

    def draw_polygons(self) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
        """(the polygon of each usable ring, None of others; which are simple and within half the globe)."""
        usable = self.usable
        whole = bool(usable.all())
        lonlat = self._lonlat if whole else self._lonlat[np.repeat(usable, self._sizes)]
        indices = np.repeat(np.arange(np.count_nonzero(usable)), self._sizes[usable])
        drawn = shapely.polygons(shapely.linearrings(lonlat, indices=indices))
        west, _, east, _ = shapely.bounds(drawn).T
        simple = (east - west <= 180.0) & (shapely.area(drawn) > THIN_DEG * shapely.length(drawn))
        simple[simple] = shapely.is_valid(drawn[simple])
        if whole:
            return drawn, simple
        found, good = np.full(len(usable), None, object), np.zeros(len(usable), bool)
        found[usable], good[usable] = drawn, simple
        return found, good


def _find_finite(lonlat: FloatArray, bounds: IntArray) -> NDArray[np.bool_]:
    """Which rings have only vertices that could be computed."""
    found = np.ones(len(bounds) - 1, bool)
    if not np.isfinite(lonlat).all():
        bad = np.append(0, np.cumsum(~np.isfinite(lonlat).all(axis=1)))
        found = bad[bounds[1:]] == bad[bounds[:-1]]
    return found


def unroll_ring(ring: FloatArray) -> FloatArray | None:
    """A ring over half the globe with its longitudes running on; None where two areas could be meant.

    One that runs round a pole comes back closed along the pole's side of its rectangle.
    """
    lon = np.unwrap(ring[:, 0], period=360.0)
    turn = round(float(lon[-1] - lon[0] + (ring[0, 0] - ring[-1, 0] + 180.0) % 360.0 - 180.0) / 360.0)
    whole = np.column_stack((lon, ring[:, 1]))
    if turn == 0:
        return whole if float(np.ptp(lon)) <= 360.0 else None
    middle = float(ring[:, 1].mean())
    if abs(turn) != 1 or abs(middle) < EQUATOR_DEG:
        return None
    pole = 90.0 if middle > 0.0 else -90.0
    end = lon[0] + 360.0 * turn
    return np.vstack((whole, [(end, ring[0, 1]), (end, pole), (lon[0], pole)]))


@dataclass(slots=True)
class Untangler:
    """Repairs the rings of one file; `left` crossings may still be untangled."""

    left: int = MOST_CROSSINGS

    def repair_ring(
        self, polygon: shapely.Polygon
    ) -> tuple[shapely.Polygon | shapely.MultiPolygon | None, str]:
        """(what a self-crossing ring encloses or None, what was wrong with it)."""
        crossings = _count_crossings(shapely.get_coordinates(polygon), self.left)
        if crossings > self.left:
            return None, "crosses itself too often to be untangled"
        self.left -= crossings
        why = shapely.is_valid_reason(polygon)
        fixed = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
        whole = _join_parts([part for part in shapely.get_parts(fixed) if is_area(part)])
        return whole, f"encloses no area ({why})" if whole is None else why


def _count_crossings(corners: FloatArray, most: int) -> int:
    """How often a ring touches or crosses itself; counting stops beyond the most."""
    lines = shapely.linestrings(np.stack((corners[:-1], corners[1:]), axis=1))
    tree = shapely.STRtree(lines)
    count = pairs = 0
    for start in range(0, len(lines), CHUNK):
        some = lines[start : start + CHUNK]
        first, second = tree.query(some)
        apart = second > first + start + 1
        count += int(shapely.intersects(some[first[apart]], lines[second[apart]]).sum())
        pairs += len(first)
        if count > most or pairs > MOST_PAIRS:
            return most + 1
    return count


def _join_parts(parts: Sequence[shapely.Polygon]) -> shapely.Polygon | shapely.MultiPolygon | None:
    """Parts as one valid area; where they meet too finely for that, each is grown by a millimetre.

    A part may cross itself by a rounding, which the union then refuses and growing takes away.
    """
    for grown_deg in (0.0, 1e-8, 1e-7):
        grown = parts if grown_deg == 0.0 else [part.buffer(grown_deg) for part in parts]
        try:
            whole = shapely.union_all(grown)
        except shapely.errors.GEOSException:
            continue
        if isinstance(whole, (shapely.Polygon, shapely.MultiPolygon)) and whole.is_valid and whole.area > 0.0:
            return _without_cracks(whole)
    return None


def _without_cracks(
    whole: shapely.Polygon | shapely.MultiPolygon,
) -> shapely.Polygon | shapely.MultiPolygon:
    """An area without the holes that rounding leaves along an edge that is run out and back."""
    parts = []
    for part in shapely.get_parts(whole):
        holes = [hole for hole in part.interiors if is_area(shapely.Polygon(hole))]
        parts.append(shapely.Polygon(part.exterior, holes))
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


RADIUS_GAP_M = 50.0
"""End radii of an arc that differ by more are reported: whole seconds of arc explain some 30 m."""


BLOCK = 750
"""Outlines drawn at a time: their points stay in the processor's cache."""


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
        return _as_ring(self.drawn)

    @property
    def parts(self) -> tuple[shapely.Polygon, ...]:
        """Every simple part."""
        return tuple(shapely.get_parts(self.polygon))

    @property
    def rings(self) -> tuple[Ring, ...]:
        """The outer ring of every part."""
        return tuple(_as_ring(np.asarray(part.exterior.coords)[:-1, :2]) for part in self.parts)

    @property
    def solid_rings(self) -> tuple[Ring, ...]:
        """Rings that together enclose the area and nothing of its holes, which they pass on either side."""
        pieces = [
            piece for part in self.parts for narrow in _cut_narrow(part) for piece in _cut_at_holes(narrow)
        ]
        return tuple(_as_ring(np.asarray(piece.exterior.coords)[:-1, :2]) for piece in pieces)

    def local_shape(self, frame: LocalFrame) -> shapely.Polygon | shapely.MultiPolygon:
        """The area in the metres of a local frame."""
        return project(self.polygon, frame)

    def area_m2(self) -> float:
        """Size on the ellipsoid (Karney 2013)."""
        pieces = [piece for part in self.parts for piece in _cut_narrow(part)]
        return sum(abs(float(GEOD.geometry_area_perimeter(piece)[0])) for piece in pieces)


WIDE_DEG = 150.0
"""A geometry wider than this is cut to so much about the origin of a local frame: its far side has no place
in a frame whose edge is the other side of the globe."""


def project(geometry: shapely.Geometry, frame: LocalFrame) -> shapely.Geometry:
    """A geometry in degrees, as metres east and north in a local frame."""

    def to_local(lonlat: FloatArray) -> FloatArray:
        return np.column_stack(frame.to_enu(lonlat[:, 1], lonlat[:, 0]))

    west, _, east, _ = geometry.bounds if not geometry.is_empty else (0.0, 0.0, 0.0, 0.0)
    near = _part_about(geometry, frame.origin.lon_deg) if east - west > WIDE_DEG else geometry
    return shapely.transform(near, to_local)


def _part_about(geometry: shapely.Geometry, lon_deg: float) -> shapely.Geometry:
    """The part of a wide geometry about a meridian, its edges so short that they stay what they are."""
    turns = (-360.0, 0.0, 360.0)
    turned = [shapely.transform(geometry, lambda xy, turn=turn: xy + np.array((turn, 0.0))) for turn in turns]
    window = shapely.box(lon_deg - WIDE_DEG / 2.0, -89.9, lon_deg + WIDE_DEG / 2.0, 89.9)
    return shapely.segmentize(shapely.union_all(shapely.intersection(turned, window)), 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltArea:
    """The area of an outline, or None; and what was repaired, or what is wrong."""

    area: Area | None
    problem: str = ""
    code: str = ""


def build_areas(
    outlines: Sequence[Outline], *, circumscribed: bool = True, edges: EdgeRule = EdgeRule.GEODESIC
) -> list[BuiltArea]:
    """The area of each outline.

    With `circumscribed` an arc or circle is drawn outside where the area is convex and never
    cuts the true area; without, it is drawn inside and never leaves it.
    """
    built: list[BuiltArea] = []
    room = float(ALL_POINTS)
    untangler = Untangler()
    for start in range(0, len(outlines), BLOCK):
        block = outlines[start : start + BLOCK]
        nodes = OutlineNodes(block, circumscribed=circumscribed, edges=edges, room=room)
        room -= nodes.points
        built += _build_block(block, nodes, edges, untangler)
    return built


def _build_block(
    outlines: Sequence[Outline], nodes: OutlineNodes, edges: EdgeRule, untangler: Untangler
) -> list[BuiltArea]:
    rings = RingTable(*nodes.draw_rings())
    polygons, good = rings.draw_polygons()
    built = []
    for index, (outline, polygon, simple) in enumerate(zip(outlines, polygons, good.tolist(), strict=True)):
        if polygon is None:
            built.append(_not_drawn(rings, nodes, index))
            continue
        area = Area(polygon=polygon, drawn=rings.ring_at(index), edges=edges, outline=tuple(outline))
        built.append(BuiltArea(area=area) if simple else _build_awkward(area, untangler))
    for place in np.flatnonzero(nodes.radius_gap_m > RADIUS_GAP_M).tolist():
        gap_m = nodes.radius_gap_m[place]
        if not built[place].code:
            words = f"the radii at the two ends of an arc differ by {gap_m:.0f} m; drawn through both ends"
            built[place] = BuiltArea(area=built[place].area, code="arc-radii", problem=words)
    return built


def _not_drawn(rings: RingTable, nodes: OutlineNodes, index: int) -> BuiltArea:
    if nodes.too_large[index]:
        words = f"needs more than {MOST_POINTS} points, or its file {ALL_POINTS}"
        return BuiltArea(area=None, code="too-large", problem=words)
    words = f"{rings.counts[index]} points enclose no area" if rings.finite[index] else "an arc has no ends"
    return BuiltArea(area=None, code="too-few-points", problem=words)


def _build_awkward(area: Area, untangler: Untangler) -> BuiltArea:
    """The area within a ring that crosses itself or is very wide."""
    if float(np.ptp(area.drawn[:, 0])) > 180.0:
        wide = unroll_ring(area.drawn)
        if wide is None:
            words = "goes round the globe; which side is meant is not known"
            return BuiltArea(area=None, code="too-wide", problem=words)
        area = replace(area, polygon=shapely.Polygon(wide))
    if area.polygon.is_valid and is_area(area.polygon):
        return BuiltArea(area=area)
    whole, why = untangler.repair_ring(area.polygon)
    if whole is None:
        return BuiltArea(area=None, code="no-area", problem=why)
    count = shapely.get_num_geometries(whole)
    words = f"ring repaired, {count} parts ({why})"
    return BuiltArea(area=replace(area, polygon=whole), code="self-intersection", problem=words)


def area_of_ring(ring: Sequence[Position], *, edges: EdgeRule = EdgeRule.GEODESIC) -> BuiltArea:
    """The area within a ring of positions."""
    return build_areas([[Vertex(p.lat_deg, p.lon_deg) for p in ring]], edges=edges)[0]


def area_of_circle(centre: Position, radius_m: float, *, circumscribed: bool = True) -> Area:
    """The area of a geodesic circle."""
    built = build_areas([[circle(centre.lat_deg, centre.lon_deg, radius_m)]], circumscribed=circumscribed)[0]
    assert built.area is not None
    return built.area


def _cut_at_holes(part: shapely.Polygon) -> list[shapely.Polygon]:
    """A polygon cut along the meridians through its holes, until none is left."""
    if not part.interiors:
        return [part]
    west, south, east, north = part.bounds
    middle = float(shapely.Polygon(part.interiors[0]).representative_point().x)
    halves = shapely.box([west, middle], south, [middle, east], north)
    pieces = shapely.get_parts(shapely.intersection(part, halves))
    return [whole for piece in pieces if is_area(piece) for whole in _cut_at_holes(piece)]


def _cut_narrow(part: shapely.Polygon) -> list[shapely.Polygon]:
    """A polygon cut along meridians into pieces so narrow that inside and outside cannot be confused."""
    west, south, east, north = part.bounds
    if east - west <= WIDE_DEG:
        return [part]
    edges = np.linspace(west, east, math.ceil((east - west) / (WIDE_DEG / 2.0)) + 1)
    strips = shapely.box(edges[:-1], south, edges[1:], north)
    found = [piece for cut in shapely.intersection(part, strips) for piece in shapely.get_parts(cut)]
    return [shapely.segmentize(piece, 1.0) for piece in found if is_area(piece)]


def _as_ring(lonlat: FloatArray) -> Ring:
    lon = (lonlat[:, 0] + 180.0) % 360.0 - 180.0
    return tuple(Position(lat_deg=float(a), lon_deg=float(b)) for a, b in zip(lonlat[:, 1], lon, strict=True))
