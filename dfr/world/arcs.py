"""Arcs and circles of published outlines as columns: what they turn through, and points on them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfr.geo import GEOD, FloatArray
from dfr.world.edges import IntArray, counted

ARC_SAGITTA_M = 0.4
"""How far a drawn arc may leave the true one."""

METRES_PER_DEGREE = 111_320.0

COLUMNS = 13
"""Of the rows that `resolved` takes: zone, place, lat, lon, two radii, two azimuths, turn, and the
latitudes and longitudes of the two ends; NaN where there are none."""


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

    def of(self, rows: IntArray | NDArray[np.bool_]) -> Arcs:
        """Some of them."""
        return Arcs._make(column[rows] for column in self)

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


def resolved(rows: FloatArray) -> Arcs:
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
    numbers = zone.astype(np.int64), place.astype(np.int64)
    return Arcs(*numbers, lat, lon, from_m, to_m, from_deg, sweep_deg, turn, full)


def draw_arcs(
    lonlat: FloatArray, starts: IntArray, arcs: Arcs, pieces: IntArray, stretch: FloatArray
) -> None:
    """Put the points of arcs into the rows from `starts` on, from half a step on."""
    which, number = counted(pieces)
    lat, lon = arcs.points(which, (number + 0.5) / pieces[which], stretch[which])
    at = starts[which] + number
    lonlat[at, 0], lonlat[at, 1] = lon, lat
