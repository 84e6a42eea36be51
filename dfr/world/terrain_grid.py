"""Ground heights on grids: bilinear between posts, unknown outside and beside gaps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pyproj import Transformer

from dfr.geo import FloatArray, Position

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
        """What its heights are taken to count from, by its reference system; no file states it."""
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
        return np.where(inside, self._bilinear(column, row), np.nan)

    def _bilinear(self, column: FloatArray, row: FloatArray) -> FloatArray:
        rows, columns = self.heights.shape
        column, row = np.clip(column, 0, columns - 1), np.clip(row, 0, rows - 1)
        left, top = np.floor(column).astype(int), np.floor(row).astype(int)
        right, bottom = np.minimum(left + 1, columns - 1), np.minimum(top + 1, rows - 1)
        across, down = column - left, row - top
        upper = _mixed(self.heights[top, left], self.heights[top, right], across)
        lower = _mixed(self.heights[bottom, left], self.heights[bottom, right], across)
        return _mixed(upper, lower, down)


def _mixed(first: ArrayLike, second: ArrayLike, share: FloatArray) -> FloatArray:
    """Between two heights; one that has no weight may be unknown."""
    a, b = np.asarray(first, float), np.asarray(second, float)
    return np.where(share == 0.0, a, np.where(share == 1.0, b, a * (1.0 - share) + b * share))


def on_grid(crs: str, lat_deg: ArrayLike, lon_deg: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """(x, y) of positions in a reference system, in its units."""
    lat, lon = np.asarray(lat_deg, float), np.asarray(lon_deg, float)
    if crs == GEOGRAPHIC:
        return lon, lat
    x, y = _transformer(crs).transform(lon, lat)
    return np.asarray(x, float), np.asarray(y, float)


@lru_cache(maxsize=16)
def _transformer(crs: str) -> Transformer:
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
