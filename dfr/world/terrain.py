"""How high the ground is, where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

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
