"""Gusts on top of the mean wind: Dryden series of `dfr.world.gusts`, by the SIM_GUST_ parameters.

SIM_GUST_I is the turbulence intensity (0: none), SIM_GUST_ALT the height above ground whose scale lengths
are used, m, SIM_GUST_Z the share of the vertical gusts, SIM_GUST_SEED the seed. They are this vehicle's
own: ArduPilot's SIM_WIND_TURB is no gust model.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dfr.world.gusts import gust_components, site_turbulence
from firmware_sitl.vehicle.parameters import Parameters

PERIOD_S = 0.1
"""A new gust so often, held in between, as the reference landings were driven."""

BLOCK = 600
Gust = tuple[float, float, float]
CALM: Gust = (0.0, 0.0, 0.0)
Wanted = tuple[float, float, float, float]


class Gusts:
    """Along-wind, cross-wind (to the right of where it blows) and upward gusts, m/s."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._wanted: Wanted | None = None
        self._series: Iterator[Gust] = iter(())
        self._gust, self._left_s = CALM, 0.0

    def blow(self, dt: float, mean_mps: float) -> Gust:
        """The gust after a step of time, about a mean wind."""
        parameters = self._parameters
        intensity = parameters["SIM_GUST_I"]
        if intensity <= 0.0:
            return CALM
        wanted = (round(mean_mps, 1), intensity, parameters["SIM_GUST_ALT"], parameters["SIM_GUST_SEED"])
        if wanted != self._wanted:
            self._wanted, self._left_s = wanted, 0.0
            self._series = _series(*wanted)
        self._left_s -= dt
        if self._left_s <= 1e-9:
            along, cross, up = next(self._series)
            self._gust = (along, cross, up * parameters["SIM_GUST_Z"])
            self._left_s += PERIOD_S
        return self._gust


def _series(mean_mps: float, intensity: float, height_m: float, seed: float) -> Iterator[Gust]:
    """Gusts without end; the same for the same seed."""
    components = gust_components(
        site_turbulence(mean_mps, intensity, height_m),
        trials=1,
        wind_mps=mean_mps,
        dt_s=PERIOD_S,
        rng=np.random.default_rng(int(abs(seed))),
    )
    while True:
        blocks = [component.run(BLOCK)[:, 0].tolist() for component in components]
        yield from zip(*blocks, strict=True)
