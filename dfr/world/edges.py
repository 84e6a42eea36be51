"""Points along long edges and on arcs and circles, for many at once: `points_along` and `draw_arcs`.

A geodesic on the ellipsoid obeys, with M and N the radii of curvature in the meridian and across it and
' the derivative along it (Struik 1950, section 4-1, for the ellipsoid of revolution),

    phi''    = -(3 e^2 sin phi cos phi / (1 - e^2 sin^2 phi)) phi'^2 - (N / M) sin phi cos phi lambda'^2
    lambda'' = 2 (M / N) tan phi phi' lambda'

Over some tens of kilometres these second derivatives change evenly from a to b, so a point at a share u of
an edge lies off the straight line in longitude and latitude by u (1 - u) ((2 - u) a + (1 + u) b) / 6: within
6 cm of the exact geodesic (Karney 2013, by PROJ), which is taken for longer edges and near the poles.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple, get_type_hints

import numpy as np
from numpy.typing import NDArray

from dfr.geo import GEOD, FloatArray

IntArray = NDArray[np.int64]

EDGE_STEP_M = 10_000.0
"""Longest piece of an edge: in a local frame 20 km off its middle is then within 1 cm of its line."""

EDGE_BEND_M = 0.05
"""How far the straight line between two points of an edge, in longitude and latitude, may leave it."""

SHORT_M = 50_000.0
"""Longest edge whose points are taken from its second derivatives."""

HIGH_LAT_DEG = 75.0
"""No edge beyond is taken so."""


class Edges(NamedTuple):
    """Edges from one corner to another, a column for each of their latitudes and longitudes, degrees."""

    lat0: FloatArray
    lon0: FloatArray
    lat1: FloatArray
    lon1: FloatArray

    def select_rows(self, rows: IntArray) -> Edges:
        """Some of them."""
        return Edges._make(column[rows] for column in self)


def count_edge_pieces(edges: Edges) -> IntArray:
    """Into how many pieces each edge is cut.

    The middle of a geodesic lies off the straight line in longitude and latitude by an eighth of
    its second derivatives; here these are a sphere's.
    """
    lat0, lon0, lat1, lon1 = edges
    across = np.radians((lon1 - lon0 + 180.0) % 360.0 - 180.0)
    up, middle = np.radians(lat1 - lat0), np.radians((lat0 + lat1) / 2.0)
    east = across * np.cos(middle)
    bend_m = GEOD.a * np.abs(across * np.sin(middle)) / 8.0 * np.hypot(east, 2.0 * up)
    length_m = GEOD.a * np.hypot(east, up)
    counts = np.maximum(np.sqrt(bend_m / EDGE_BEND_M), length_m / EDGE_STEP_M)
    found: IntArray = np.maximum(np.ceil(counts), 1).astype(np.int64)
    return found


def points_along(
    edges: Edges, which: IntArray, share: FloatArray, *, geodesic: bool
) -> tuple[FloatArray, FloatArray]:
    """(lat, lon) of points: each at a share of one edge."""
    lat0, lon0, lat1, lon1 = edges
    up, across = lat1 - lat0, (lon1 - lon0 + 180.0) % 360.0 - 180.0
    lat, lon = lat0[which] + share * up[which], lon0[which] + share * across[which]
    if not geodesic:
        return lat, lon
    first, last = _ends_derivatives(lat0, lat1, up, across)
    weight = share * (1.0 - share) / 6.0
    from_first, from_last = weight * (2.0 - share), weight * (1.0 + share)
    lat -= from_first * first[0][which] + from_last * last[0][which]
    lon -= from_first * first[1][which] + from_last * last[1][which]
    middle_rad = np.radians((lat0 + lat1) / 2.0)
    length_m = GEOD.a * np.hypot(np.radians(up), np.radians(across) * np.cos(middle_rad))
    far = (length_m > SHORT_M) | (np.maximum(np.abs(lat0), np.abs(lat1)) > HIGH_LAT_DEG)
    if far.any():
        exact = far[which]
        lat[exact], lon[exact] = _exact_points(edges, which[exact], share[exact])
    return lat, lon


def _ends_derivatives(
    lat0: FloatArray, lat1: FloatArray, up_deg: FloatArray, across_deg: FloatArray
) -> tuple[tuple[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]:
    """The second derivatives of latitude and longitude at both ends of each edge, degrees."""
    start, end, up, across = (np.radians(angle) for angle in (lat0, lat1, up_deg, across_deg))
    half_up, half_across = (d / 2.0 for d in _second_derivatives((start + end) / 2.0, up, across))
    first = _second_derivatives(start, up - half_up, across - half_across)
    last = _second_derivatives(end, up + half_up, across + half_across)
    return (np.degrees(first[0]), np.degrees(first[1])), (np.degrees(last[0]), np.degrees(last[1]))


def _second_derivatives(
    lat_rad: FloatArray, up_rad: FloatArray, across_rad: FloatArray
) -> tuple[FloatArray, FloatArray]:
    sine, cosine = np.sin(lat_rad), np.cos(lat_rad)
    across_m = 1.0 - GEOD.es * sine * sine
    ratio = across_m / (1.0 - GEOD.es)
    lat = -(3.0 * GEOD.es / across_m * up_rad**2 + ratio * across_rad**2) * sine * cosine
    return lat, 2.0 / ratio * sine / np.maximum(cosine, 1e-9) * up_rad * across_rad


def _exact_points(edges: Edges, which: IntArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
    asked, number = np.unique(which, return_inverse=True)
    lat0, lon0, lat1, lon1 = edges.select_rows(asked)
    azimuth, _, length_m = (np.asarray(column, float) for column in GEOD.inv(lon0, lat0, lon1, lat1))
    lon, lat, _ = GEOD.fwd(lon0[number], lat0[number], azimuth[number], share * length_m[number])
    return np.asarray(lat, float), np.asarray(lon, float)


def number_in_groups(counts: IntArray) -> tuple[IntArray, IntArray]:
    """(group, number in that group) of each item, for groups of these sizes.

    >>> number_in_groups(np.array([2, 0, 3]))
    (array([0, 0, 2, 2, 2]), array([0, 1, 0, 1, 2]))
    """
    which = np.repeat(np.arange(len(counts)), counts)
    return which, np.arange(len(which)) - (np.cumsum(counts) - counts)[which]


ARC_SAGITTA_M = 0.4
"""How far a drawn arc may leave the true one."""

METRES_PER_DEGREE = 111_320.0


class ArcRow(NamedTuple):
    """One arc of an outline as published; an arc between two vertices has their places instead of azimuths.

    `zone` is the number of its outline and `place` its number there; `turn` is +1 clockwise, -1 not.
    What is not given is NaN.
    """

    zone: int
    place: int
    lat: float
    lon: float
    from_m: float
    to_m: float
    from_deg: float
    to_deg: float
    turn: float
    start_lat: float = math.nan
    start_lon: float = math.nan
    end_lat: float = math.nan
    end_lon: float = math.nan


def row_dtype(row: type) -> np.dtype[np.void]:
    """The structured type of rows that are named tuples of int and float."""
    kinds = {int: np.int64, float: np.float64}
    return np.dtype([(name, kinds[kind]) for name, kind in get_type_hints(row).items()])


class Arcs(NamedTuple):
    """Arcs as columns; `turn` is +1 clockwise. Vertices stand at the ends of all that are not `full`."""

    zone: IntArray
    place: IntArray
    lat: FloatArray
    lon: FloatArray
    from_m: FloatArray
    to_m: FloatArray
    from_deg: FloatArray
    sweep_deg: FloatArray
    turn: FloatArray
    full: NDArray[np.bool_]

    def select_rows(self, rows: IntArray | NDArray[np.bool_]) -> Arcs:
        """Some of them."""
        return Arcs._make(column[rows] for column in self)

    def count_pieces(self) -> IntArray:
        """Into how many pieces each arc is cut; one where its ends are missing."""
        largest_m = np.maximum(np.maximum(self.from_m, self.to_m), 1.0)
        step_deg = 2.0 * np.degrees(np.arccos(np.maximum(1.0 - ARC_SAGITTA_M / largest_m, 0.5)))
        counts = np.maximum(np.ceil(self.sweep_deg / step_deg), 3)
        return np.where(np.isfinite(counts), counts, 1.0).astype(np.int64)

    def points_at(
        self, which: IntArray, share: FloatArray, stretch: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """(lat, lon) at a share of the way round, the radius stretched by a factor."""
        angle_deg, radius_m = self._polar_at(which, share)
        lon, lat, _ = GEOD.fwd(self.lon[which], self.lat[which], angle_deg, radius_m * stretch)
        return np.asarray(lat, float), np.asarray(lon, float)

    def rough_points(self, which: IntArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The same on a flat map: good for telling left from right."""
        angle_deg, radius_m = self._polar_at(which, share)
        angle_rad, lat0_rad = np.radians(angle_deg), np.radians(self.lat[which])
        lat = self.lat[which] + radius_m * np.cos(angle_rad) / METRES_PER_DEGREE
        lon = self.lon[which] + radius_m * np.sin(angle_rad) / METRES_PER_DEGREE / np.cos(lat0_rad)
        return lat, lon

    def _polar_at(self, which: IntArray, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        angle_deg = self.from_deg[which] + self.turn[which] * self.sweep_deg[which] * share
        return angle_deg, self.from_m[which] + (self.to_m[which] - self.from_m[which]) * share


def resolve_arcs(rows: Sequence[ArcRow]) -> Arcs:
    """Arcs with their sweep; those between two vertices get radii and azimuths from them."""
    arcs = np.array(rows, row_dtype(ArcRow))
    between = np.isnan(arcs["from_deg"])
    if between.any():
        some = arcs[between]
        centre = some["lon"], some["lat"]
        some["from_deg"], _, some["from_m"] = GEOD.inv(*centre, some["start_lon"], some["start_lat"])
        some["to_deg"], _, some["to_m"] = GEOD.inv(*centre, some["end_lon"], some["end_lat"])
        arcs[between] = some
    turned_deg = arcs["to_deg"] - arcs["from_deg"]
    sweep_deg = (arcs["turn"] * turned_deg) % 360.0
    sweep_deg[sweep_deg == 0.0] = 360.0
    return Arcs(
        zone=arcs["zone"],
        place=arcs["place"],
        lat=arcs["lat"],
        lon=arcs["lon"],
        from_m=arcs["from_m"],
        to_m=arcs["to_m"],
        from_deg=arcs["from_deg"],
        sweep_deg=sweep_deg,
        turn=arcs["turn"],
        full=~between & (np.abs(turned_deg) >= 360.0),
    )


def draw_arcs(
    lonlat: FloatArray, starts: IntArray, arcs: Arcs, pieces: IntArray, stretch: FloatArray
) -> None:
    """Write the points of arcs into `lonlat` from the rows `starts` on, the first after half a step."""
    which, number = number_in_groups(pieces)
    lat, lon = arcs.points_at(which, (number + 0.5) / pieces[which], stretch[which])
    at = starts[which] + number
    lonlat[at, 0], lonlat[at, 1] = lon, lat
