"""The wind: its mean profile with height, how gusty a surface makes it, and what gusts follow.

Sources: log law and intensity `1 / ln(z / z0)` for neutral stability (Panofsky and Dutton 1984;
roughness classes after Wieringa 1992); gust factors WMO TD-1555 (Harper, Kepert and Ginger 2010). Gust
series are in `dfr.world.gusts`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dfr.geo import FloatArray
from dfr.scenario.model import Surface

REFERENCE_HEIGHT_M = 10.0
"""Height of a reported surface wind (WMO-No. 8)."""

ROUGHNESS_M: dict[Surface, float] = {
    Surface.SEA: 0.0002,
    Surface.BEACH: 0.005,
    Surface.OPEN: 0.03,
    Surface.URBAN: 0.5,
}
"""Roughness length of each surface, m (Wieringa 1992; sea: Charnock at moderate wind)."""

LOWEST_HEIGHT_IN_ROUGHNESS = 1.05
"""The log law is not read below this many roughness lengths, where it would turn negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanWind:
    """The ten-minute mean wind: speed at 10 m, where it comes from, and the roughness it blows over.

    `roughness_m` None means the same wind at every height.
    """

    speed_mps: float
    from_deg: float
    roughness_m: float | None = None

    def speed_at_mps(self, height_m: float) -> float:
        """Mean speed at a height above ground by the log law.

        >>> round(MeanWind(speed_mps=10.0, from_deg=240.0, roughness_m=0.03).speed_at_mps(30.0), 2)
        11.89
        """
        return self.speed_mps * float(profile_factor(height_m, self.roughness_m))

    def components_mps(self, height_m: float) -> tuple[float, float]:
        """(east, north): the way the air moves at a height, so a wind from the west is (+, 0)."""
        speed = self.speed_at_mps(height_m)
        towards_rad = math.radians(self.from_deg + 180.0)
        return speed * math.sin(towards_rad), speed * math.cos(towards_rad)


CALM = MeanWind(speed_mps=0.0, from_deg=0.0)


def profile_factor(height_m: float | FloatArray, roughness_m: float | None) -> FloatArray:
    """Mean speed at a height over the one at 10 m, by the neutral log law; 1 where roughness is None.

    >>> float(profile_factor(2.0, 0.03).round(3))
    0.723
    """
    height = np.asarray(height_m, dtype=float)
    if roughness_m is None:
        return np.ones_like(height)
    above = np.maximum(height, LOWEST_HEIGHT_IN_ROUGHNESS * roughness_m)
    factor: FloatArray = np.log(above / roughness_m) / math.log(REFERENCE_HEIGHT_M / roughness_m)
    return factor


def turbulence_intensity(surface: Surface, height_m: float = REFERENCE_HEIGHT_M) -> float:
    """Standard deviation of the along-wind gusts over the mean: 1 / ln(z / z0).

    >>> round(turbulence_intensity(Surface.OPEN), 2)
    0.17
    """
    return intensity_of_roughness(ROUGHNESS_M[surface], height_m)


def intensity_of_roughness(roughness_m: float, height_m: float = REFERENCE_HEIGHT_M) -> float:
    """Turbulence intensity over a roughness length (neutral; sigma_u = 2.5 u*, von Karman 0.4)."""
    return 1.0 / math.log(max(height_m, math.e * roughness_m) / roughness_m)


def gust_factor(intensity: float, *, peak_factor: float = 2.55) -> float:
    """Largest 3-second gust in ten minutes over the mean: G = 1 + g * Iu (WMO TD-1555 form).

    g = 2.55 gives TD-1555's 1.23 over sea, 1.33 beach, 1.43 open and 1.84 in town from the intensities
    of `turbulence_intensity`.

    >>> round(gust_factor(0.172), 2)
    1.44
    """
    return 1.0 + peak_factor * intensity
