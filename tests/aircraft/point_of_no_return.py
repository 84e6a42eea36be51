"""How far a battery lets a drone go straight out before it has to turn home with its reserve untouched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.performance import predict_paths
from dfr.aircraft.settings import FlightSettings
from dfr.world.weather import MeanWind

FARTHEST_M = 100_000.0
STEPS = 48
"""Distances of one search, and how often it is narrowed: to a metre in a hundred kilometres."""

NARROWINGS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PointOfNoReturn:
    """Where a drone flying straight out must turn: metres and seconds after lift; 0 where it may not start.

    `limited_by` is "battery", or "wind" where the way out or home cannot be flown at any distance.
    """

    distance_m: float
    seconds: float
    limited_by: str


def point_of_no_return(
    drone: Drone,
    *,
    course_deg: float,
    height_m: float,
    wind: MeanWind,
    settings: FlightSettings,
    reserve_fraction: float,
    temperature_c: float = 15.0,
    health: float = 1.0,
) -> PointOfNoReturn:
    """The farthest point of a straight way out from which the drone lands at home above its reserve."""
    usable = usable_wh(drone, temperature_c, health=health, reserve_fraction=reserve_fraction)
    east, north = wind.components_mps(height_m)
    near, far = 0.0, FARTHEST_M
    best, seconds, flown = 0.0, 0.0, False
    for _ in range(NARROWINGS):
        distances = np.linspace(near, far, STEPS + 1)[1:]
        sorties = predict_paths(
            distances[:, None],
            np.full((STEPS, 1), course_deg),
            height_m=np.full(STEPS, height_m),
            on_scene_s=np.zeros(STEPS),
            wind_east_mps=np.full(STEPS, east),
            wind_north_mps=np.full(STEPS, north),
            drone=drone,
            settings=settings,
            temperature_c=temperature_c,
        )
        flown = flown or bool(np.isfinite(sorties.late_energy_wh).any())
        enough = np.flatnonzero(sorties.late_energy_wh <= usable)
        last = int(enough[-1]) if enough.size else -1
        if last >= 0:
            best = float(distances[last])
            seconds = float(sorties.climb_s[last] + sorties.out_s[last])
        near, far = best, float(distances[min(last + 1, STEPS - 1)])
    return PointOfNoReturn(distance_m=best, seconds=seconds, limited_by="battery" if flown else "wind")
