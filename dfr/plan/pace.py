"""What straight legs cost in a steady wind: seconds and energy, quick enough to ask of every leg of a graph.

The drone holds its course at cruise ground speed, or at what its tilt limit leaves of it:

    v = min(cruise, w_along + sqrt(V^2 - w_cross^2)),   V the airspeed at the tilt limit

The ground velocities it can hold are a disc about the origin cut by a disc about the wind, a convex set; so
time is a gauge of the leg, and no detour between two points is quicker than the straight leg. Stops and
corners are left to `dfr.aircraft.performance`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.aircraft.catalogue import Drone, drone
from dfr.aircraft.energy import forward_power_w
from dfr.aircraft.performance import flight_settings
from dfr.aircraft.trim import air_density, airframe_of, airspeed_at_tilt
from dfr.geo import FloatArray
from dfr.plan.windows import HourWindow
from dfr.scenario.model import Scenario

LEAST_MPS = 1e-6
"""Slower than this is no headway. As good as nothing: a limit that could be felt would leave straight legs
without headway between two slow ones that have it, and time would no longer be a gauge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WindPace:
    """Seconds and energy of straight legs of one drone at one height in one wind, elementwise."""

    craft: Drone
    cruise_mps: float
    most_airspeed_mps: float
    wind_east_mps: float
    wind_north_mps: float
    temperature_c: float

    def __call__(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """Seconds of legs; inf where there is no headway."""
        length, along, cross = self._resolved(east_m, north_m)
        speed = self._ground_speed_mps(along, cross)
        with np.errstate(divide="ignore", invalid="ignore"):
            seconds = np.where(speed >= LEAST_MPS, length / speed, np.inf)
        return np.where(length == 0.0, 0.0, seconds)

    def energy_wh(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """Energy of legs; inf where there is no headway."""
        _, along, cross = self._resolved(east_m, north_m)
        speed = self._ground_speed_mps(along, cross)
        airspeed = np.hypot(np.maximum(speed, 0.0) - along, cross)
        power = forward_power_w(self.craft, airspeed, temperature_c=self.temperature_c)
        seconds = self(east_m, north_m)
        finite = np.isfinite(seconds)
        return np.where(finite, power * np.where(finite, seconds, 0.0) / 3600.0, np.inf)

    def _resolved(self, east_m: FloatArray, north_m: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(lengths, the wind along and across each leg)."""
        length = np.hypot(east_m, north_m)
        unit = np.maximum(length, 1e-9)
        along = (self.wind_east_mps * east_m + self.wind_north_mps * north_m) / unit
        cross = (self.wind_east_mps * north_m - self.wind_north_mps * east_m) / unit
        return length, along, cross

    def _ground_speed_mps(self, along: FloatArray, cross: FloatArray) -> FloatArray:
        """What is held along a course; negative where the cross wind alone is too much."""
        spare = self.most_airspeed_mps**2 - cross**2
        able = along + np.sqrt(np.maximum(spare, 0.0))
        return np.where(spare > 0.0, np.minimum(self.cruise_mps, able), -1.0)


def wind_pace(scenario: Scenario, hour: HourWindow) -> WindPace:
    """The pace of a scenario's drone at its flight height in the wind of an hour."""
    craft, height = drone(scenario.fleet.drone), scenario.operation.cruise_height_m_agl
    settings = flight_settings(craft, cruise_mps=scenario.operation.cruise_mps)
    lean = settings.lean_limit_deg
    temperature = hour.weather.temperature_c
    top = airspeed_at_tilt(airframe_of(craft), np.radians(lean), air_density(height, temperature))
    east, north = hour.wind.components_mps(height)
    return WindPace(
        craft=craft,
        cruise_mps=settings.cruise_mps,
        most_airspeed_mps=float(np.ravel(top)[0]),
        wind_east_mps=east,
        wind_north_mps=north,
        temperature_c=temperature,
    )
