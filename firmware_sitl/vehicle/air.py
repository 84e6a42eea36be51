"""The wind around the vehicle, from the SIM_WIND_ parameters as ArduPilot's SITL reads them."""

from __future__ import annotations

from math import cos, radians, sin, sqrt

from firmware_sitl.vehicle.gusts import Gusts
from firmware_sitl.vehicle.parameters import Parameters

LAYER_M = 60.0


class Air:
    """Wind and gusts at the vehicle, smoothed with SIM_WIND_TC, less near the ground with SIM_WIND_T 0."""

    def __init__(self, parameters: Parameters) -> None:
        self._parameters = parameters
        self._speed = 0.0
        self._from = radians(parameters["SIM_WIND_DIR"])
        self._settled = False
        self._gusts = Gusts(parameters)
        self.wind = (0.0, 0.0, 0.0)

    def blow(self, dt: float, height_m: float) -> tuple[float, float, float]:
        """Wind north, east and up, m/s, the way the air moves."""
        parameters = self._parameters
        speed, direction = parameters["SIM_WIND_SPD"], radians(parameters["SIM_WIND_DIR"])
        constant = parameters["SIM_WIND_TC"]
        share = dt / (dt + constant) if self._settled and constant > 0.0 else 1.0
        self._settled = True
        turn = (direction - self._from + 3.141592653589793) % 6.283185307179586 - 3.141592653589793
        self._speed += (speed - self._speed) * share
        self._from += turn * share
        if self._speed < 1e-6:
            self.wind = (0.0, 0.0, 0.0)
            return self.wind
        here = self._speed * self._profile(height_m)
        rise = radians(parameters["SIM_WIND_DIR_Z"])
        along, cross, up = self._gusts.blow(dt, self._speed)
        share = here / self._speed
        flat, side = here * cos(rise) + along * share, cross * share
        to_north, to_east = -cos(self._from), -sin(self._from)
        self.wind = (
            flat * to_north - side * to_east,
            flat * to_east + side * to_north,
            here * sin(rise) + up * share,
        )
        return self.wind

    def _profile(self, height_m: float) -> float:
        kind, layer = self._parameters["SIM_WIND_T"], self._parameters["SIM_WIND_T_ALT"] or LAYER_M
        if kind == 0.0 and height_m < layer:
            return sqrt(max(height_m, 0.0) / layer)
        if kind == 2.0:
            return max(0.0, 1.0 + self._parameters["SIM_WIND_T_COEF"] * (height_m - layer))
        return 1.0
