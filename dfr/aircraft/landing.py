"""How landings end: docked, tried again, or given up, from the touchdown errors in gusts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dfr.aircraft.catalogue import Dock, Drone
from dfr.aircraft.trim import air_density, airframe_of, airspeed_at_tilt
from dfr.scenario.model import Guidance

SENSOR_M = {Guidance.GNSS: 0.045, Guidance.PRECISION: 0.027}
"""Rayleigh scale of the touchdown error in still air (measured on SITL)."""

GUST_ERROR_S2_M = {Guidance.GNSS: 0.0135, Guidance.PRECISION: 0.0095}
"""Error scale per product of mean wind and gust deviation (fitted to recorded SITL landings)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingOdds:
    """Chances of one landing attempt; docked + retry + diverted = 1.

    `not_disarmed` is the chance that a drone that stands on the pad does not stop its motors by itself.
    """

    docked: float
    retry: float
    diverted: float
    not_disarmed: float


def landing_odds(
    drone: Drone, dock: Dock, guidance: Guidance, *, wind_mps: float, turbulence_intensity: float
) -> LandingOdds:
    """The chances of one landing attempt in a mean wind and its gusts."""
    gust = turbulence_intensity * wind_mps
    able = float(airspeed_at_tilt(airframe_of(drone), math.radians(drone.tilt_limit_deg), air_density(0.0)))
    lost = _above(able, wind_mps, gust)
    scale = math.hypot(SENSOR_M[guidance], GUST_ERROR_S2_M[guidance] * wind_mps * gust)
    allowed = 0.5 * (dock.pad_m - drone.footprint_m)
    on_pad = 1.0 - math.exp(-0.5 * (allowed / scale) ** 2) if allowed > 0.0 else 0.0
    docked = (1.0 - lost) * on_pad
    return LandingOdds(
        docked=docked,
        retry=(1.0 - docked) * (1.0 - lost),
        diverted=(1.0 - docked) * lost,
        not_disarmed=_above(wind_mps, 5.8, 0.4),
    )


def _above(limit: float, mean: float, deviation: float) -> float:
    """Chance that a normal value passes a limit."""
    if deviation <= 0.0:
        return float(mean > limit)
    return 0.5 * math.erfc((limit - mean) / (deviation * math.sqrt(2.0)))
