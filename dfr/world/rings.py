"""Rings of longitude and latitude into polygons: many at once, and the awkward ones by themselves.

A ring that crosses itself keeps all that it encloses, however often it is wound about. One that runs round
a pole is closed along it. Rings so tangled that untangling them would take minutes are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import FloatArray
from dfr.world.edges import IntArray

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
    """Whether it is a polygon of more than a rounding."""
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
        self.finite = _finite(lonlat, bounds)
        self.usable = self.finite & (self.counts >= 3)

    def of(self, index: int) -> FloatArray:
        """(n, 2) lon and lat of one ring, its first vertex not repeated."""
        return self._lonlat[self._bounds[index] : self._bounds[index + 1] - 1]

    def polygons(self) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
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


def _finite(lonlat: FloatArray, bounds: IntArray) -> NDArray[np.bool_]:
    """Which rings have no vertex that could not be computed."""
    found = np.ones(len(bounds) - 1, bool)
    if not np.isfinite(lonlat).all():
        bad = np.append(0, np.cumsum(~np.isfinite(lonlat).all(axis=1)))
        found = bad[bounds[1:]] == bad[bounds[:-1]]
    return found


def unrolled(ring: FloatArray) -> FloatArray | None:
    """A ring that spans more than half the globe with its longitudes running on; None where it means two.

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

    def repaired(self, polygon: shapely.Polygon) -> tuple[shapely.Polygon | shapely.MultiPolygon | None, str]:
        """(what a self-crossing ring encloses or None, what was wrong with it)."""
        crossings = _crossings(shapely.get_coordinates(polygon), self.left)
        if crossings > self.left:
            return None, "crosses itself too often to be untangled"
        self.left -= crossings
        why = shapely.is_valid_reason(polygon)
        fixed = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
        whole = _joined([part for part in shapely.get_parts(fixed) if is_area(part)])
        return whole, f"encloses no area ({why})" if whole is None else why


def _crossings(corners: FloatArray, most: int) -> int:
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


def _joined(parts: Sequence[shapely.Polygon]) -> shapely.Polygon | shapely.MultiPolygon | None:
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
