"""The wind behind a stage, a stand or a building: slower, and gustier. Labelled assumptions, no measurements.

The mean behind a long obstacle is Perera's (1981) shelter law, as wind atlases use it from 5 heights on:

    dU / U_h = 9.75 (1 - P) (h / x) eta exp(-0.67 eta^1.5)
    eta = (z / h) K^-0.47,   K = 0.32 x / (h ln(h / z0))

P the porosity, U_h the undisturbed wind at the obstacle's height. Nearer than 5 h the air recirculates:
there the law's value at 5 h stands, and the gusts make it no refuge. The gusts the obstacle sheds are
assumed: a quarter of U_h in deviation, fading by 1/e every ten heights. A short obstacle's wake fills from
its sides: assumed in proportion to width / (width + distance / 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dfr.scenario.model import DockObstacle, Surface
from dfr.world.weather import REFERENCE_HEIGHT_M, ROUGHNESS_M

NEAREST_HEIGHTS = 5.0
SHED_SHARE = 0.25
SHED_HEIGHTS = 10.0
"""Assumed deviation of shed gusts over the wind at the obstacle's top, and the heights in which they fade."""

FARTHEST_HEIGHTS = 50.0
"""Past so many heights an obstacle counts no more."""

WIDENING = 0.25
"""How much wider a wake is on each side, over the distance (assumed, as its filling)."""

LEAST_SHARE = 0.1
"""Intensity counts on at least this share of the undisturbed mean."""

ASSUMPTION = (
    "behind an obstacle: the gusts it sheds, a quarter of the wind at its top in deviation, fading over ten"
    " heights (assumed); its shelter is not counted"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpwindObstacle:
    """Something upwind: its height, how far away, how wide across the wind, its porosity (0 solid)."""

    height_m: float
    distance_m: float
    width_m: float = math.inf
    porosity: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalWind:
    """The mean wind at a place and its turbulence intensity there."""

    speed_mps: float
    intensity: float


def wind_behind(
    wind: LocalWind, obstacle: UpwindObstacle, *, height_m: float = 2.0, roughness_m: float = 0.03
) -> LocalWind:
    """The wind behind an obstacle, from the undisturbed one at the same height.

    >>> wind_behind(LocalWind(speed_mps=8.0, intensity=0.17), UpwindObstacle(height_m=10.0, distance_m=600.0))
    LocalWind(speed_mps=8.0, intensity=0.17)
    """
    heights = obstacle.distance_m / obstacle.height_m
    if heights > FARTHEST_HEIGHTS or wind.speed_mps <= 0.0:
        return wind
    top_mps = wind.speed_mps * _top_wind_factor(obstacle.height_m, height_m, roughness_m)
    filled = (
        1.0
        if math.isinf(obstacle.width_m)
        else obstacle.width_m / (obstacle.width_m + 2.0 * WIDENING * obstacle.distance_m)
    )
    solid = (1.0 - obstacle.porosity) * filled
    speed = max(
        wind.speed_mps - top_mps * solid * _speed_deficit(heights, height_m, obstacle.height_m, roughness_m),
        0.0,
    )
    own = wind.intensity * wind.speed_mps
    shed = SHED_SHARE * top_mps * solid * math.exp(-heights / SHED_HEIGHTS)
    return LocalWind(
        speed_mps=speed, intensity=math.hypot(own, shed) / max(speed, LEAST_SHARE * wind.speed_mps)
    )


def gusty_wind_behind(
    wind: LocalWind, obstacle: UpwindObstacle, *, roughness_m: float = ROUGHNESS_M[Surface.OPEN]
) -> LocalWind:
    """The wind at 10 m behind an obstacle for landing odds: with its gusts, without its shelter.

    Nobody has measured the shelter, and a drone comes down into it through the undisturbed wind.
    """
    if wind.speed_mps <= 0.0:
        return wind
    local = wind_behind(wind, obstacle, height_m=REFERENCE_HEIGHT_M, roughness_m=roughness_m)
    gusts_mps = local.intensity * max(local.speed_mps, LEAST_SHARE * wind.speed_mps)
    return LocalWind(speed_mps=wind.speed_mps, intensity=max(wind.intensity, gusts_mps / wind.speed_mps))


def wind_over_dock(
    wind: LocalWind,
    from_deg: float,
    obstacles: Sequence[DockObstacle],
    *,
    roughness_m: float = ROUGHNESS_M[Surface.OPEN],
) -> LocalWind:
    """The wind for landing odds at a dock, in the wakes of the obstacles upwind of it.

    `wind` is at 10 m, as reported, and so is the answer.
    """
    for obstacle in (each for each in obstacles if is_in_wake(each, from_deg)):
        wind = gusty_wind_behind(
            wind,
            UpwindObstacle(
                height_m=obstacle.height_m, distance_m=obstacle.distance_m, width_m=obstacle.width_m
            ),
            roughness_m=roughness_m,
        )
    return wind


def is_in_wake(obstacle: DockObstacle, from_deg: float) -> bool:
    """Whether a dock is in an obstacle's wake: as wide as it, and a quarter of the way wider on each side."""
    off = math.radians(from_deg - obstacle.bearing_deg)
    along, aside = obstacle.distance_m * math.cos(off), abs(obstacle.distance_m * math.sin(off))
    return obstacle.casts_wake and along > 0.0 and aside <= 0.5 * obstacle.width_m + WIDENING * along


def _speed_deficit(heights: float, height_m: float, top_m: float, roughness_m: float) -> float:
    """Perera's dU / U_h of a solid obstacle."""
    away = max(heights, NEAREST_HEIGHTS)
    spread = 0.32 / max(math.log(top_m / roughness_m), 1.0) * away
    eta = height_m / top_m * math.pow(spread, -0.47)
    return min(9.75 / away * eta * math.exp(-0.67 * math.pow(eta, 1.5)), 1.0)


def _top_wind_factor(top_m: float, height_m: float, roughness_m: float) -> float:
    """The undisturbed wind at the obstacle's top over the one at a height, by the log law."""
    low = max(math.log(max(height_m, 1.1 * roughness_m) / roughness_m), 0.1)
    return max(math.log(max(top_m, height_m) / roughness_m) / low, 1.0)
