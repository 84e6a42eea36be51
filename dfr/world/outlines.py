"""Outlines as published (vertices, arcs, circles, corridors), and their points, computed for many at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import GEOD, FloatArray, LocalFrame, Position
from dfr.world.edges import (
    EDGE_STEP_M,
    ArcRow,
    Edges,
    IntArray,
    count_edge_pieces,
    draw_arcs,
    number_in_groups,
    points_along,
    resolve_arcs,
    row_dtype,
)

MOST_POINTS = 100_000
"""More points than any published outline needs: the coast of a country in full has some ten thousand."""

ALL_POINTS = 4_000_000
"""More points than any file's outlines need together: some 20 times a national file."""


class EdgeRule(StrEnum):
    """What an edge follows: the geodesic, or a straight line in longitude and latitude."""

    GEODESIC = "geodesic"
    PARALLEL = "parallel"


class Vertex(NamedTuple):
    """A published corner."""

    lat: float
    lon: float


class Arc(NamedTuple):
    """An arc about a centre between two azimuths; its radius changes evenly from end to end.

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

    @property
    def open_ended(self) -> bool:
        """True for an arc by azimuths that is not a full circle: no vertex marks its ends."""
        return (
            self.from_deg is not None and self.to_deg is not None and abs(self.to_deg - self.from_deg) < 360.0
        )

    def point_at(self, azimuth_deg: float | None, radius_m: float) -> Vertex:
        """The point at an azimuth and radius."""
        lon, lat, _ = GEOD.fwd(self.lon, self.lat, azimuth_deg, radius_m)
        return Vertex(lat, lon)


def circle(lat: float, lon: float, radius_m: float) -> Arc:
    """A full circle about a centre."""
    return Arc(lat, lon, radius_m, radius_m, 0.0, 360.0, True)


Outline = Sequence[Vertex | Arc]

_VERTEX_ONLY = {Vertex}


class _CornerColumns(NamedTuple):
    """Published corners as columns; `following` is the number of the next corner, -1 before an arc."""

    zone: IntArray
    place: IntArray
    lat: FloatArray
    lon: FloatArray
    following: IntArray


class _CornerRow(NamedTuple):
    """One given corner of an outline with arcs; `following` as in the columns."""

    zone: int
    place: int
    lat: float
    lon: float
    following: int


class OutlineNodes:
    """The vertices of many outlines as arrays: given corners, points of arcs, points of long edges.

    `too_large` outlines have more points of their own than they may, or come after more than `room` of
    others; nothing is drawn of them. `points` counts the points of arcs and edges.
    """

    def __init__(
        self, outlines: Sequence[Outline], *, circumscribed: bool, edges: EdgeRule, room: float = math.inf
    ) -> None:
        outlines = [_with_ends(outline) for outline in outlines]
        self._lengths = np.fromiter(map(len, outlines), np.int64, len(outlines))
        self._circumscribed = circumscribed
        self._edges = edges
        self._corners, arc_rows = _collect_columns(outlines)
        self._arcs = resolve_arcs(arc_rows)
        self._count_pieces()
        self.too_large, self.points = self._find_too_large(room)
        if self.too_large.any():
            self._drop_too_large()
        self.radius_gap_m = np.zeros(len(outlines))
        gap_m = np.nan_to_num(np.abs(self._arcs.to_m - self._arcs.from_m))
        np.maximum.at(self.radius_gap_m, self._arcs.zone, gap_m)

    def _count_pieces(self) -> None:
        """Find the edges, and count the pieces into which each edge and arc is cut."""
        corners = self._corners
        self._from = np.flatnonzero(corners.following >= 0)
        to = corners.following[self._from]
        lat, lon = corners.lat, corners.lon
        self._ends = Edges(lat[self._from], lon[self._from], lat[to], lon[to])
        self._edge_pieces = count_edge_pieces(self._ends)
        self._arc_pieces = self._arcs.count_pieces()

    def _find_too_large(self, room: float) -> tuple[NDArray[np.bool_], float]:
        """(which outlines have too many points or come after too many of others, the points of all)."""
        count = len(self._lengths)
        edges = np.bincount(self._corners.zone[self._from], self._edge_pieces, count)
        points = edges + np.bincount(self._arcs.zone, self._arc_pieces, count)
        own = points > MOST_POINTS
        total = np.cumsum(np.where(own, 0.0, points))
        return np.asarray(own | (total > room), bool), float(total[-1]) if count else 0.0

    def _drop_too_large(self) -> None:
        """Draw nothing of the outlines that are too large; all corners of an outline stand together."""
        self._lengths[self.too_large] = 0
        kept = ~self.too_large[self._corners.zone]
        renumbered = np.append(np.cumsum(kept) - 1, -1)
        corners = _CornerColumns._make(column[kept] for column in self._corners)
        self._corners = corners._replace(following=renumbered[corners.following])
        self._arcs = self._arcs.select_rows(~self.too_large[self._arcs.zone])
        self._count_pieces()

    def draw_rings(self) -> tuple[FloatArray, IntArray]:
        """((n, 2) lon and lat of all rings, each closed by its first vertex; where each begins, and n).

        Every corner is followed by the points of its edge; an arc stands where its element stands.
        Longitudes run on within a ring.
        """
        corners, arcs = self._corners, self._arcs
        ends = np.cumsum(self._lengths + 1)
        first = ends - self._lengths - 1
        corner_at, arc_at = (first[rows.zone] + rows.place for rows in (corners, arcs))
        counts = np.zeros(ends[-1] if len(ends) else 0, np.int64)
        counts[corner_at] = 1
        counts[corner_at[self._from]] = self._edge_pieces
        counts[arc_at] = self._arc_pieces
        counts[ends[self._lengths > 0] - 1] = 1
        starts = np.cumsum(counts) - counts
        lonlat = np.empty((int(counts.sum()), 2))
        lonlat[starts[corner_at], 0], lonlat[starts[corner_at], 1] = corners.lon, corners.lat
        self._draw_edges(lonlat, starts[corner_at[self._from]])
        self._draw_arcs(lonlat, starts[arc_at])
        bounds = np.append(starts[first], len(lonlat))
        drawn = bounds[1:] > bounds[:-1]
        lonlat[bounds[1:][drawn] - 1] = lonlat[bounds[:-1][drawn]]
        _unwrap_longitudes(lonlat[:, 0], bounds)
        return lonlat, bounds

    def _draw_edges(self, lonlat: FloatArray, starts: IntArray) -> None:
        """The points of the edges that are longer than a step, behind the corners at `starts`."""
        long = np.flatnonzero(self._edge_pieces > 1)
        count = self._edge_pieces[long]
        which, number = number_in_groups(count - 1)
        geodesic = self._edges is EdgeRule.GEODESIC
        share = (number + 1.0) / count[which]
        lat, lon = points_along(self._ends.select_rows(long), which, share, geodesic=geodesic)
        at = starts[long][which] + number + 1
        lonlat[at, 0], lonlat[at, 1] = lon, lat

    def _draw_arcs(self, lonlat: FloatArray, starts: IntArray) -> None:
        """The points of arcs and circles.

        They are the corners of the polygon whose sides touch the curve; the first and last side of an
        arc touch it at its ends.
        """
        arcs, count = self._arcs, self._arc_pieces
        outside = (arcs.full | (arcs.turn == self._turn_directions()[arcs.zone])) == self._circumscribed
        stretch = np.where(outside, 1.0 / np.cos(np.radians(arcs.sweep_deg / count / 2.0)), 1.0)
        if len(count):
            draw_arcs(lonlat, starts, arcs, count, stretch)

    def _turn_directions(self) -> FloatArray:
        """+1 where an outline with arcs runs clockwise on the map, -1 where not."""
        found = np.ones(len(self._lengths))
        asked = np.zeros(len(found), bool)
        asked[self._arcs.zone[~self._arcs.full]] = True
        if not asked.any():
            return found
        corners, arcs = self._corners, self._arcs.select_rows(asked[self._arcs.zone])
        rows = asked[corners.zone]
        which, number = number_in_groups(np.full(len(arcs.zone), 9))
        lat, lon = arcs.rough_points(which, number / 8.0)
        zone = np.concatenate((corners.zone[rows], arcs.zone[which]))
        places = np.concatenate((corners.place[rows], arcs.place[which] + 0.9 * number / 8.0))
        order = np.lexsort((places, zone))
        zone, x, y = (
            zone[order],
            np.append(corners.lon[rows], lon)[order],
            np.append(corners.lat[rows], lat)[order],
        )
        starts = np.searchsorted(zone, np.arange(len(found) + 1))
        _unwrap_longitudes(x, starts)
        following = np.arange(1, len(zone) + 1)
        full = starts[1:] > starts[:-1]
        following[starts[1:][full] - 1] = starts[:-1][full]
        first_y = y[np.minimum(starts[:-1], max(len(y) - 1, 0))][zone]
        cross = (x[following] - x) * (y[following] + y - 2.0 * first_y)
        return np.where(np.bincount(zone, cross, len(found)) > 0.0, 1.0, -1.0)


def _with_ends(outline: Outline) -> Outline:
    """An outline with corners where its arcs between azimuths end, so that edges run to and from them."""
    if Arc not in map(type, outline):
        return outline
    found: list[Vertex | Arc] = []
    for element in outline:
        if isinstance(element, Arc) and element.open_ended:
            found += element.point_at(element.from_deg, element.from_radius_m), element
            found.append(element.point_at(element.to_deg, element.to_radius_m))
        else:
            found.append(element)
    return found


def _collect_columns(outlines: Sequence[Outline]) -> tuple[_CornerColumns, list[ArcRow]]:
    """(the corners of all outlines, the rows of their arcs)."""
    plain: list[int] = []
    corners: list[_CornerRow] = []
    arcs: list[ArcRow] = []
    for zone, outline in enumerate(outlines):
        if set(map(type, outline)) == _VERTEX_ONLY:
            plain.append(zone)
        else:
            _collect_elements(zone, outline, corners, arcs)
    some, others = _polygons_only(outlines, plain), _corners_of_rows(corners)
    following = np.where(others.following >= 0, others.following + len(some.zone), -1)
    both = zip(some, others._replace(following=following), strict=True)
    return _CornerColumns._make(map(np.concatenate, both)), arcs


def _collect_elements(zone: int, outline: Outline, corners: list[_CornerRow], arcs: list[ArcRow]) -> None:
    """Sort the elements of an outline into corners, each with the number of the next one, and arcs."""
    last = len(outline) - 1
    begin = len(corners)
    for place, element in enumerate(outline):
        before, following = outline[place - 1], outline[place + 1 if place < last else 0]
        if isinstance(element, Vertex):
            number = len(corners) + 1 if place < last else begin
            next_corner = number if isinstance(following, Vertex) else -1
            corners.append(_CornerRow(zone, place, element.lat, element.lon, next_corner))
        else:
            arcs.append(_arc_row(zone, place, before, element, following))


def _arc_row(zone: int, place: int, before: Vertex | Arc, arc: Arc, following: Vertex | Arc) -> ArcRow:
    row = ArcRow(
        zone=zone,
        place=place,
        lat=arc.lat,
        lon=arc.lon,
        from_m=arc.from_radius_m,
        to_m=arc.to_radius_m,
        from_deg=math.nan if arc.from_deg is None else arc.from_deg,
        to_deg=math.nan if arc.to_deg is None else arc.to_deg,
        turn=1.0 if arc.clockwise else -1.0,
    )
    if arc.from_deg is None and isinstance(before, Vertex) and isinstance(following, Vertex):
        return row._replace(
            start_lat=before.lat, start_lon=before.lon, end_lat=following.lat, end_lon=following.lon
        )
    return row


def _corners_of_rows(rows: Sequence[_CornerRow]) -> _CornerColumns:
    table = np.array(rows, row_dtype(_CornerRow))
    return _CornerColumns._make(table[name] for name in _CornerRow._fields)


def _polygons_only(outlines: Sequence[Outline], plain: Sequence[int]) -> _CornerColumns:
    """The corners of outlines without arcs."""
    rings = [outlines[zone] for zone in plain]
    counts = np.fromiter(map(len, rings), np.int64, len(rings))
    numbers = chain.from_iterable(chain.from_iterable(rings))
    lat, lon = np.fromiter(numbers, float, 2 * int(counts.sum())).reshape(-1, 2).T
    which, place = number_in_groups(counts)
    following = np.arange(1, len(lat) + 1)
    following[np.cumsum(counts) - 1] -= counts
    return _CornerColumns(np.asarray(plain, np.int64)[which], place, lat, lon, following)


def _unwrap_longitudes(lon: FloatArray, bounds: IntArray) -> None:
    """Bring longitudes within 180 degrees of the first of their ring, in place."""
    if not len(lon) or float(np.ptp(lon)) <= 180.0:
        return
    first = np.repeat(lon[np.minimum(bounds[:-1], len(lon) - 1)], np.diff(bounds))
    away = lon - first
    far = np.abs(away) > 180.0
    lon[far] = first[far] + (away[far] + 180.0) % 360.0 - 180.0


MAX_LENGTH_M = 2_000_000.0
"""The longest corridor drawn: the local frame about its middle then stretches widths by 0.4 % at most."""

QUARTER = 32
"""Sides of a quarter turn round an end or a bend."""


def path_length_m(points: Sequence[Vertex]) -> float:
    """The length of the geodesic legs between points."""
    lat, lon = np.array(points, float).reshape(-1, 2).T
    return float(GEOD.line_length(lon, lat))


def draw_corridor(points: Sequence[Vertex], width_m: float) -> list[Vertex]:
    """The outline of a corridor with round ends and bends, drawn outside the true one."""
    lat, lon = _points_along_legs(points)
    middle = len(lat) // 2
    frame = LocalFrame(Position(lat_deg=float(lat[middle]), lon_deg=float(lon[middle])))
    east, north = frame.to_enu(lat, lon)
    reach_m = float(np.hypot(east, north).max())
    stretch = (1.0 + (reach_m / GEOD.a) ** 2 / 5.0) / math.cos(math.pi / 4.0 / QUARTER)
    line = shapely.LineString(np.column_stack((east, north)))
    ring = shapely.get_coordinates(line.buffer(width_m / 2.0 * stretch, quad_segs=QUARTER).exterior)[:-1]
    return [Vertex(float(a), float(b)) for a, b in zip(*frame.to_geodetic(*ring.T), strict=True)]


def _points_along_legs(points: Sequence[Vertex]) -> tuple[np.ndarray, np.ndarray]:
    lat, lon = np.array(points, float).reshape(-1, 2).T
    legs_m = np.asarray(GEOD.line_lengths(lon, lat), float)
    counts = np.maximum(np.ceil(legs_m / EDGE_STEP_M), 1).astype(np.int64)
    which = np.repeat(np.arange(len(counts)), counts)
    share = (np.arange(len(which)) - (np.cumsum(counts) - counts)[which]) / counts[which]
    legs = Edges(lat[:-1], lon[:-1], lat[1:], lon[1:])
    found_lat, found_lon = points_along(legs, which, share, geodesic=True)
    return np.append(found_lat, lat[-1]), np.append(found_lon, lon[-1])
