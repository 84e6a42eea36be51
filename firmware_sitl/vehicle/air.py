"""The air around the vehicle: its wind as ArduPilot's SITL reads SIM_WIND_, and gusts by SIM_GUST_.

The gusts are Dryden series of `dfr.world.gusts`. SIM_GUST_I is the turbulence intensity (0: none),
SIM_GUST_ALT the height above ground whose scale lengths are used, m, SIM_GUST_Z the share of the vertical
gusts, SIM_GUST_SEED the seed. They are this vehicle's own: ArduPilot's SIM_WIND_TURB is no gust model.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import cos, pi, radians, sin, sqrt
from typing import NamedTuple

import numpy as np

from dfr.world.gusts import gust_components, site_turbulence
from firmware_sitl.vehicle.parameters import Parameters

LAYER_M = 60.0

PERIOD_S = 0.1
"""Seconds between two gusts; each is held until the next, as in the reference landings."""

LEAST_TC_S = 0.1
"""The least SIM_WIND_TC. A low-pass filter takes its inverse for a frequency (SITL_State.cpp): the wind comes
after within SIM_WIND_TC / 2 pi."""

BLOCK = 600
GustVector = tuple[float, float, float]
CALM: GustVector = (0.0, 0.0, 0.0)


class GustOrder(NamedTuple):
    """What a series of gusts is drawn for."""

    mean_mps: float
    intensity: float
    height_m: float
    seed: float


class SimulatedAir:
    """Wind and gusts at the vehicle, smoothed as SIM_WIND_TC says, less near the ground with SIM_WIND_T 0."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._speed = 0.0
        self._from = radians(parameters["SIM_WIND_DIR"])
        self._settled = False
        self._gusts = SimulatedGusts(parameters)
        self.wind = (0.0, 0.0, 0.0)

    def next_wind(self, dt: float, height_m: float) -> tuple[float, float, float]:
        """Wind north, east and up, m/s, the way the air moves."""
        parameters = self._parameters
        speed, direction = parameters["SIM_WIND_SPD"], radians(parameters["SIM_WIND_DIR"])
        constant = max(parameters["SIM_WIND_TC"], LEAST_TC_S) / (2.0 * pi)
        share = dt / (dt + constant) if self._settled else 1.0
        self._settled = True
        turn = (direction - self._from + pi) % (2.0 * pi) - pi
        self._speed += (speed - self._speed) * share
        self._from += turn * share
        if self._speed < 1e-6:
            self.wind = (0.0, 0.0, 0.0)
            return self.wind
        here = self._speed * self._share_at_height(height_m)
        rise = radians(parameters["SIM_WIND_DIR_Z"])
        along, cross, up = self._gusts.next_gust(dt, self._speed)
        share = here / self._speed
        flat, side = here * cos(rise) + along * share, cross * share
        to_north, to_east = -cos(self._from), -sin(self._from)
        self.wind = (
            flat * to_north - side * to_east,
            flat * to_east + side * to_north,
            here * sin(rise) + up * share,
        )
        return self.wind

    def _share_at_height(self, height_m: float) -> float:
        kind, layer = self._parameters["SIM_WIND_T"], self._parameters["SIM_WIND_T_ALT"] or LAYER_M
        if kind == 0.0 and height_m < layer:
            return sqrt(max(height_m, 0.0) / layer)
        if kind == 2.0:
            return max(0.0, 1.0 + self._parameters["SIM_WIND_T_COEF"] * (height_m - layer))
        return 1.0


class SimulatedGusts:
    """Along-wind, cross-wind (to the right of where it blows) and upward gusts, m/s."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._wanted: GustOrder | None = None
        self._series: Iterator[GustVector] = iter(())
        self._gust, self._left_s = CALM, 0.0

    def next_gust(self, dt: float, mean_mps: float) -> GustVector:
        """The gust after a step of time, about a mean wind."""
        parameters = self._parameters
        intensity = parameters["SIM_GUST_I"]
        if intensity <= 0.0:
            return CALM
        wanted = GustOrder(
            mean_mps=round(mean_mps, 1),
            intensity=intensity,
            height_m=parameters["SIM_GUST_ALT"],
            seed=parameters["SIM_GUST_SEED"],
        )
        if wanted != self._wanted:
            self._wanted, self._left_s = wanted, 0.0
            self._series = _make_gusts(wanted)
        self._left_s -= dt
        if self._left_s <= 1e-9:
            along, cross, up = next(self._series)
            self._gust = (along, cross, up * parameters["SIM_GUST_Z"])
            self._left_s += PERIOD_S
        return self._gust


def _make_gusts(order: GustOrder) -> Iterator[GustVector]:
    """Gusts without end; the same for the same seed."""
    components = gust_components(
        site_turbulence(order.mean_mps, order.intensity, order.height_m),
        trials=1,
        wind_mps=order.mean_mps,
        dt_s=PERIOD_S,
        rng=np.random.default_rng(int(abs(order.seed))),
    )
    while True:
        blocks = [component.run(BLOCK)[:, 0].tolist() for component in components]
        yield from zip(*blocks, strict=True)
