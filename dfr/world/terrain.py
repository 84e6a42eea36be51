"""Terrain and geoid: heights of the ground (flat, on grids or unknown) and of mean sea level.

Start with `Terrain` and `heights_m_amsl`; `geoid_height_m` is the height of the sea over the ellipsoid.

Grids are bilinear between posts, unknown outside and beside gaps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError

from dfr.geo import GEOD, FloatArray, Position, distance_m

ASSUMED_FLAT_M = 3_000.0
"""How far from the middle of a site one assumed height of the ground is believed (assumed)."""


class Terrain(Protocol):
    """A source of ground heights."""

    @property
    def source(self) -> str:
        """Where the heights come from, for the report."""
        ...

    def ground_m_amsl(self, position: Position) -> float | None:
        """Ground height at a position, m above mean sea level; None where it is not known."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatGround:
    """Ground of one stated height near the site: within `within_m` of `centre`, or everywhere without one."""

    height_m_amsl: float
    source: str
    centre: Position | None = None
    within_m: float = ASSUMED_FLAT_M

    def ground_m_amsl(self, position: Position) -> float | None:
        """The stated height; None farther away than one height can be taken to hold."""
        if self.centre is not None and distance_m(self.centre, position) > self.within_m:
            return None
        return self.height_m_amsl

    def heights_m_amsl(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
        """The same at many positions."""
        lat, lon = np.asarray(lat_deg, float), np.asarray(lon_deg, float)
        found = np.full(lat.shape, self.height_m_amsl)
        if self.centre is not None:
            away = GEOD.inv(
                np.full(lat.shape, self.centre.lon_deg), np.full(lat.shape, self.centre.lat_deg), lon, lat
            )[2]
            found[np.asarray(away) > self.within_m] = np.nan
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownGround:
    """No ground height at all."""

    source: str = "no terrain data"

    def ground_m_amsl(self, position: Position) -> float | None:
        """Nothing is known."""
        return None


@runtime_checkable
class ManyHeights(Protocol):
    """A terrain that answers many places at once."""

    def heights_m_amsl(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
        """Heights at positions, of their shape; NaN where not known."""
        ...


def heights_m_amsl(terrain: Terrain, lat_deg: FloatArray, lon_deg: FloatArray) -> FloatArray:
    """Ground heights at many positions, shape (n,), by whatever a terrain offers; NaN where not known."""
    if isinstance(terrain, ManyHeights):
        return terrain.heights_m_amsl(lat_deg, lon_deg)
    places = (Position(lat_deg=float(a), lon_deg=float(b)) for a, b in zip(lat_deg, lon_deg, strict=True))
    found = [terrain.ground_m_amsl(place) for place in places]
    return np.array([np.nan if height is None else height for height in found], float)


GEOGRAPHIC = "EPSG:4326"
BRITISH_GRID = "EPSG:27700"
"""Without OSTN15 it lies 1.5 m off on the Solent and up to 4.1 m in Penzance: a tenth of a cell."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HeightGrid:
    """One file of heights, m AMSL: rows from north to south, NaN where there is none.

    `west` and `north` are the place of the first height itself in `crs`, steps its units (degrees, metres).
    """

    name: str
    heights: NDArray[np.float32]
    west: float
    north: float
    step_east: float
    step_south: float
    crs: str

    @property
    def datum(self) -> str:
        """The vertical datum assumed for its heights by its reference system; no file states one."""
        known = {BRITISH_GRID: "Ordnance Datum Newlyn", GEOGRAPHIC: "EGM96"}
        return known.get(self.crs, f"mean sea level (assumed, {self.crs})")

    def heights_m_amsl(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
        """Heights at positions, of their shape; NaN outside and where a neighbouring post is unknown.

        Half a step beyond the outer posts still counts as inside, so that tiles of cells leave no seam.
        """
        x, y = on_grid(self.crs, lat_deg, lon_deg)
        column, row = (x - self.west) / self.step_east, (self.north - y) / self.step_south
        rows, columns = self.heights.shape
        inside = (np.abs(column - (columns - 1) / 2) <= columns / 2) & (
            np.abs(row - (rows - 1) / 2) <= rows / 2
        )
        column, row = (np.where(inside, axis, 0.0) for axis in (column, row))
        return np.where(inside, self._interpolate_heights(column, row), np.nan)

    def _interpolate_heights(self, column: FloatArray, row: FloatArray) -> FloatArray:
        rows, columns = self.heights.shape
        column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
        left, top = np.floor(column).astype(int), np.floor(row).astype(int)
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        across, down = column - left, row - top
        upper = _mix_heights(self.heights[top, left], self.heights[top, right], across)
        lower = _mix_heights(self.heights[bottom, left], self.heights[bottom, right], across)
        return _mix_heights(upper, lower, down)


def _mix_heights(first: ArrayLike, second: ArrayLike, share: FloatArray) -> FloatArray:
    """A height between two others; one that has no weight may be unknown."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    return np.where(share == 0.0, a, np.where(share == 1.0, b, a * (1.0 - share) + b * share))


def on_grid(crs: str, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(x, y) of positions in a reference system, in its units."""
    lat, lon = np.asarray(lat_deg, float), np.asarray(lon_deg, float)
    if crs == GEOGRAPHIC:
        return lon, lat
    x, y = _transformer_to(crs).transform(lon, lat)
    return np.asarray(x, float), np.asarray(y, float)


def degrees_of_cells(grid: HeightGrid, rows: ArrayLike, columns: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(Latitudes, longitudes) of the values of a grid at some rows and columns."""
    x = grid.west + np.asarray(columns, float) * grid.step_east
    y = grid.north - np.asarray(rows, float) * grid.step_south
    if grid.crs == GEOGRAPHIC:
        return y, x
    lon, lat = _transformer_to(grid.crs).transform(x, y, direction="INVERSE")
    return np.asarray(lat, float), np.asarray(lon, float)


@lru_cache(maxsize=16)
def _transformer_to(crs: str) -> Transformer:
    return Transformer.from_crs(GEOGRAPHIC, crs, always_xy=True)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GridTerrain:
    """Ground by grids; where two overlap the first one that knows is taken. Unknown outside all of them."""

    grids: tuple[HeightGrid, ...]
    source: str

    def ground_m_amsl(self, position: Position) -> float | None:
        """Ground height at a position, m above mean sea level; None where it is not known."""
        height = float(self.heights_m_amsl(position.lat_deg, position.lon_deg))
        return None if np.isnan(height) else height

    def heights_m_amsl(self, lat_deg: ArrayLike, lon_deg: ArrayLike) -> FloatArray:
        """Heights at positions, of their shape; NaN where not known."""
        found = np.full(np.shape(lat_deg), np.nan)
        for grid in self.grids:
            found = np.where(np.isnan(found), grid.heights_m_amsl(lat_deg, lon_deg), found)
        return found


@cache
def _geoid_transformer() -> Transformer | None:
    """The transformation from ellipsoid to mean sea level, None where no geoid grid is installed.

    Without a grid PROJ returns the height unchanged unless ballpark operations are refused.
    """
    try:
        return Transformer.from_crs("EPSG:4979", "EPSG:4326+5773", always_xy=True, allow_ballpark=False)
    except ProjError:
        return None


def geoid_height_m(position: Position) -> float | None:
    """Height of mean sea level above the WGS84 ellipsoid, m; None without a geoid grid."""
    transformer = _geoid_transformer()
    if transformer is None:
        return None
    try:
        amsl = transformer.transform(position.lon_deg, position.lat_deg, 0.0, errcheck=True)[2]
    except ProjError:
        return None
    return -float(amsl) if math.isfinite(amsl) else None
