"""The vertices of published outlines, computed for many at once: long edges, arcs and circles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfr.geo import GEOD, FloatArray, Position
from dfr.world.circles import circle_points, interpolates
from dfr.world.edges import IntArray, along, pieces

LINE_STEP_M = 1000.0
"""Longest piece of a flown leg."""

PLACES = 10_000_000
"""More elements than any outline has."""

ARC_SAGITTA_M = 0.4
"""How far a drawn arc may leave the true one."""

MOST_POINTS = 100_000
"""More points than any published outline needs: the coast of a country in full has some ten thousand."""

ALL_POINTS = 4_000_000
"""More points than any file's outlines need together: some 20 times a national file."""

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


_VERTEX_ONLY = {Vertex}


class OutlineNodes:
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
        plain: list[int] = []
        for zone, outline in enumerate(outlines):
            if set(map(type, outline)) == _VERTEX_ONLY:
                plain.append(zone)
            else:
                _collect(zone, outline, corners, arcs, straight)
        rows, edges_ = _polygons_only(outlines, plain)
        self._corners = np.concatenate((_table(corners, 4), rows))
        self._straight = np.concatenate((_table(straight, 6), edges_))
        arc_rows = _table(arcs, 13)
        self._arcs = _resolved(arc_rows)
        self._edge_pieces = pieces(*self._straight[:, 2:].T)
        self._arc_pieces = self._arcs.pieces()
        self.too_large = self._beyond()
        if self.too_large.any():
            self._drop(self.too_large, arc_rows)
        self.radius_gap_m = np.zeros(self._count)
        np.maximum.at(self.radius_gap_m, self._arcs.zone, np.abs(self._arcs.to_m - self._arcs.from_m))

    def _beyond(self) -> NDArray[np.bool_]:
        """Which outlines have too many points of their own, or come after too many of others."""
        edges = np.bincount(self._straight[:, 0].astype(np.int64), self._edge_pieces, self._count)
        points = edges + np.bincount(self._arcs.zone, self._arc_pieces, self._count)
        own = points > MOST_POINTS
        return np.asarray(own | (np.cumsum(np.where(own, 0.0, points)) > ALL_POINTS), bool)

    def _drop(self, zones: NDArray[np.bool_], arc_rows: FloatArray) -> None:
        """Draw nothing of some outlines."""
        self._corners, self._straight, arc_rows = (
            rows[~zones[rows[:, 0].astype(np.int64)]] for rows in (self._corners, self._straight, arc_rows)
        )
        self._arcs = _resolved(arc_rows)
        self._edge_pieces = pieces(*self._straight[:, 2:].T)
        self._arc_pieces = self._arcs.pieces()

    def rings(self) -> tuple[FloatArray, IntArray]:
        """((n, 2) lon and lat of all outlines, which outline each is of), longitudes unwrapped in each.

        Every corner is followed by the points of its edge; an arc stands where its element stands.
        """
        arcs = self._arcs
        keys = [_keys(self._corners), _keys(self._straight), _keys(np.column_stack((arcs.zone, arcs.place)))]
        elements = np.sort(np.concatenate((keys[0], keys[2])))
        corner_at, edge_at, arc_at = (np.searchsorted(elements, key) for key in keys)
        counts = np.zeros(len(elements), np.int64)
        counts[corner_at] = 1
        counts[edge_at] += self._edge_pieces - 1
        counts[arc_at] = self._arc_pieces + 2 * arcs.open_ended
        starts = np.cumsum(counts) - counts
        zone = np.repeat(elements // PLACES, counts)
        lat, lon = np.empty(len(zone)), np.empty(len(zone))
        lat[starts[corner_at]], lon[starts[corner_at]] = self._corners[:, 2], self._corners[:, 3]
        for first, (row, place, found_lat, found_lon) in (
            (starts[edge_at] + 1, self._along_edges()),
            (starts[arc_at], self._along_arcs()),
        ):
            lat[first[row] + place], lon[first[row] + place] = found_lat, found_lon
        bounds = np.searchsorted(zone, np.arange(self._count + 1))
        return np.column_stack((_unwrapped(zone, lon, bounds), lat)), zone

    def _along_edges(self) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """(edge, number, lat, lon) of the points of the edges that are longer than a step."""
        which, number = _counted(self._edge_pieces - 1)
        share = (number + 1.0) / self._edge_pieces[which]
        lat0, lon0, lat1, lon1 = self._straight[:, 2:].T
        geodesic = self._edges is EdgeRule.GEODESIC
        lat, lon = along((lat0, lon0, lat1, lon1), which, share, geodesic=geodesic)
        return which, number, lat, lon

    def _along_arcs(self) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
        """(arc, number, lat, lon) of the points of arcs and circles.

        They are the corners of the polygon whose sides touch the curve; the first and last side of an
        arc touch it at its ends.
        """
        arcs, count = self._arcs, self._arc_pieces
        which, number = _counted(count)
        share = (number + 0.5) / count[which]
        outside = (arcs.full | (arcs.turn == self._turn_of_zones()[arcs.zone])) == self._circumscribed
        stretch = np.where(outside, 1.0 / np.cos(np.radians(arcs.sweep_deg / count / 2.0)), 1.0)[which]
        number += arcs.open_ended[which]
        ends = np.flatnonzero(arcs.open_ended)
        which = np.concatenate((which, ends, ends))
        number = np.concatenate((number, np.zeros(len(ends), np.int64), count[ends] + 1))
        share = np.concatenate((share, np.zeros(len(ends)), np.ones(len(ends))))
        stretch = np.concatenate((stretch, np.ones(2 * len(ends))))
        lat, lon = np.empty(len(which)), np.empty(len(which))
        rest = ~self._circles(stretch, (lat, lon))[which]
        lat[rest], lon[rest] = arcs.points(which[rest], share[rest], stretch[rest])
        return which, number, lat, lon

    def _circles(self, stretch: FloatArray, out: tuple[FloatArray, FloatArray]) -> NDArray[np.bool_]:
        """Fill in the points of small circles, those of equal piece counts together; which arcs these are."""
        arcs, pieces = self._arcs, self._arc_pieces
        starts = np.cumsum(pieces) - pieces
        radius_m = arcs.from_m * stretch[starts]
        plain = arcs.full & (arcs.from_m == arcs.to_m) & (arcs.from_deg == 0.0) & (arcs.turn > 0.0)
        plain &= interpolates(arcs.lat, radius_m)
        for count in np.unique(pieces[plain]):
            rows = np.flatnonzero(plain & (pieces == count))
            azimuth_deg = (np.arange(count) + 0.5) * 360.0 / count
            found = circle_points(arcs.lat[rows], arcs.lon[rows], radius_m[rows], azimuth_deg)
            places = starts[rows][:, None] + np.arange(count)
            out[0][places], out[1][places] = found
        return np.asarray(plain, bool)

    def _turn_of_zones(self) -> FloatArray:
        """+1 where an outline runs clockwise on the map, -1 where not, by corners and some arc points."""
        arcs = self._arcs
        if not len(arcs.zone):
            return np.ones(self._count)
        which, number = _counted(np.full(len(arcs.zone), 9))
        share = number / 8.0
        lat, lon = arcs.rough_points(which, share)
        places = arcs.place[which] + 0.9 * share
        middle: FloatArray = np.column_stack((arcs.zone[which].astype(float), places, lat, lon))
        table = _in_order([self._corners, middle])
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

    def pieces(self) -> IntArray:
        """Into how many pieces each is cut; one for an arc between ends that are not there."""
        largest_m = np.maximum(np.maximum(self.from_m, self.to_m), 1.0)
        step_deg = 2.0 * np.degrees(np.arccos(np.maximum(1.0 - ARC_SAGITTA_M / largest_m, 0.5)))
        counts = np.maximum(np.ceil(self.sweep_deg / step_deg), 3)
        return np.where(np.isfinite(counts), counts, 1.0).astype(np.int64)

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


def _polygons_only(outlines: Sequence[Outline], plain: Sequence[int]) -> tuple[FloatArray, FloatArray]:
    """(corners, straight edges) of outlines without arcs, in the columns of `_collect`."""
    corners = [outlines[zone] for zone in plain]
    counts = np.fromiter(map(len, corners), np.int64, len(corners))
    numbers = chain.from_iterable(chain.from_iterable(corners))
    places = np.fromiter(numbers, float, 2 * int(counts.sum())).reshape(-1, 2)
    which, place = _counted(counts)
    zone = np.asarray(plain, float)[which]
    following = np.arange(1, len(places) + 1)
    following[np.cumsum(counts) - 1] -= counts
    rows = np.column_stack((zone, place, places))
    return rows, np.column_stack((rows, places[following]))


def _table(rows: Sequence[tuple[float, ...]], columns: int) -> FloatArray:
    flat = np.fromiter(chain.from_iterable(rows), float, len(rows) * columns)
    return flat.reshape(-1, columns)


def _in_order(tables: Sequence[FloatArray]) -> FloatArray:
    """Rows by zone and place."""
    table = np.concatenate(tables)
    return table[np.argsort(table[:, 0] * PLACES + table[:, 1], kind="stable")]


def _keys(rows: FloatArray) -> IntArray:
    """One number for the zone and the place of each row, in their order."""
    keys: IntArray = rows[:, 0].astype(np.int64) * PLACES + rows[:, 1].astype(np.int64)
    return keys


def _counted(counts: IntArray) -> tuple[IntArray, IntArray]:
    """For each of so many items, which group it is in and its number there.

    >>> _counted(np.array([2, 0, 3]))
    (array([0, 0, 2, 2, 2]), array([0, 1, 0, 1, 2]))
    """
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - (np.cumsum(counts) - counts)[which]


def _unwrapped(zone: IntArray, lon: FloatArray, starts: IntArray) -> FloatArray:
    """Longitudes within 180 degrees of the first of their zone."""
    if not len(lon):
        return lon
    first = lon[np.minimum(starts[:-1], len(lon) - 1)][zone]
    away = lon - first
    if np.abs(away).max() <= 180.0:
        return lon
    return first + (away + 180.0) % 360.0 - 180.0


def dense_line(points: Sequence[Position]) -> tuple[FloatArray, FloatArray]:
    """(lat, lon) along the geodesics between points, no piece longer than a step."""
    lat, lon = (np.array([getattr(p, name) for p in points]) for name in ("lat_deg", "lon_deg"))
    if len(points) < 2:
        return np.repeat(lat, 2), np.repeat(lon, 2)
    azimuth, _, length_m = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    pieces = np.maximum(np.ceil(length_m / LINE_STEP_M), 1).astype(np.int64)
    which, number = _counted(pieces)
    share = number / pieces[which]
    lon_out, lat_out, _ = GEOD.fwd(lon[which], lat[which], azimuth[which], share * length_m[which])
    return np.append(lat_out, lat[-1]), np.append(lon_out, lon[-1])
