"""How high the ground is, where that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from dfr.geo import FloatArray, Position


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
    """Ground of one stated height everywhere near the site."""

    height_m_amsl: float
    source: str

    def ground_m_amsl(self, position: Position) -> float | None:
        """The stated height."""
        return self.height_m_amsl


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
    if isinstance(terrain, FlatGround):
        return np.full(len(lat_deg), terrain.height_m_amsl)
    if isinstance(terrain, ManyHeights):
        return terrain.heights_m_amsl(lat_deg, lon_deg)
    places = (Position(lat_deg=float(a), lon_deg=float(b)) for a, b in zip(lat_deg, lon_deg, strict=True))
    found = [terrain.ground_m_amsl(place) for place in places]
    return np.array([np.nan if height is None else height for height in found], float)
