"""Steady flight: the tilt an airspeed needs and the airspeed a tilt gives, with quadratic and momentum drag.

The airframe is ArduPilot SITL's: on each body axis a drag of `0.5 rho CdA v|v|` and a rotor momentum
drag of `k v sqrt(rho A T)`, T the thrust, A the rotor disc area, k the coefficient `momentum_drag`
(both read in SITL's sources; the second after Hoblit's H-force approximation). Steady flight at
tilt `a` into air moving at `V` along one body axis then obeys, with weight W,

    0.5 rho CdA (V cos a)^2 + k V cos a sqrt(rho A T) = W sin a,   T = W cos a + drag on the thrust axis
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.geo import FloatArray
from dfr.units import AIR_DENSITY_KG_M3, GRAVITY_MPS2

HALVINGS = 60
"""Halvings of the bracket: far past double precision for any speed below 200 m/s."""

FASTEST_AIRSPEED_MPS = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Airframe:
    """The constants of steady flight: mass, disc area, drag area and momentum-drag coefficient."""

    mass_kg: float
    disc_area_m2: float
    drag_area_m2: float
    momentum_drag: float

    @property
    def weight_n(self) -> float:
        """Weight, N."""
        return self.mass_kg * GRAVITY_MPS2


def air_density(height_m_amsl: float | FloatArray, temperature_c: float = 15.0) -> FloatArray:
    """Density of the ICAO standard atmosphere at a height, scaled to a sea-level temperature, kg/m3.

    >>> float(air_density(0.0).round(4))
    1.225
    """
    height = np.asarray(height_m_amsl, dtype=float)
    warm = 288.15 / (273.15 + temperature_c)
    density: FloatArray = AIR_DENSITY_KG_M3 * warm * (1.0 - 2.25577e-5 * height) ** 4.2559
    return density


@cache
def airframe_of(drone: Drone) -> Airframe:
    """The airframe of a drone; a drag area nobody states is derived from its top speed and tilt limit."""
    area = drone.drag_area_m2
    if area is None:
        area = _drag_area(drone)
    return Airframe(
        mass_kg=drone.mass_kg,
        disc_area_m2=drone.disc_area_m2,
        drag_area_m2=area,
        momentum_drag=drone.momentum_drag,
    )


def tilt_for_airspeed(airframe: Airframe, airspeed_mps: FloatArray, density: FloatArray) -> FloatArray:
    """Tilt (rad) that holds an airspeed along a body axis."""
    airspeed = np.asarray(airspeed_mps, dtype=float)
    low, high = np.zeros_like(airspeed), np.full_like(airspeed, np.pi / 2.0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        short = _surplus(airframe, middle, airspeed, density) < 0.0
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return 0.5 * (low + high)


def airspeed_at_tilt(airframe: Airframe, tilt_rad: FloatArray, density: FloatArray) -> FloatArray:
    """Airspeed along a body axis at which a tilt is in balance, m/s."""
    tilt = np.asarray(tilt_rad, dtype=float)
    low, high = np.zeros_like(tilt), np.full_like(tilt, FASTEST_AIRSPEED_MPS)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        slow = _surplus(airframe, tilt, middle, density) > 0.0
        low, high = np.where(slow, middle, low), np.where(slow, high, middle)
    return 0.5 * (low + high)


def _surplus(
    airframe: Airframe, tilt_rad: FloatArray, airspeed_mps: FloatArray, density: FloatArray
) -> FloatArray:
    """Weight along the tilted body axis less the drag along it, N."""
    across = airspeed_mps * np.sin(tilt_rad)
    along = airspeed_mps * np.cos(tilt_rad)
    quadratic = 0.5 * density * airframe.drag_area_m2
    thrust = airframe.weight_n * np.cos(tilt_rad) + quadratic * across**2
    momentum = airframe.momentum_drag * np.sqrt(density * airframe.disc_area_m2 * thrust)
    thrust = thrust + momentum * across
    momentum = airframe.momentum_drag * np.sqrt(density * airframe.disc_area_m2 * thrust)
    surplus: FloatArray = airframe.weight_n * np.sin(tilt_rad) - quadratic * along**2 - momentum * along
    return surplus


def _drag_area(drone: Drone) -> float:
    """Drag area at which the tilt limit balances the top speed at sea level; 0 where none does."""
    low, high = 0.0, 5.0
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        airframe = Airframe(
            mass_kg=drone.mass_kg,
            disc_area_m2=drone.disc_area_m2,
            drag_area_m2=middle,
            momentum_drag=drone.momentum_drag,
        )
        speed = airspeed_at_tilt(airframe, np.radians(drone.tilt_limit_deg), air_density(0.0))
        low, high = (middle, high) if speed > drone.max_speed_mps else (low, middle)
    return 0.5 * (low + high)
