"""Steady flight: the tilt an airspeed needs, the airspeed a tilt gives, and the ground speed left in a wind.

The airframe is ArduPilot SITL's: on each body axis a drag of `0.5 rho CdA v|v|` and a rotor momentum
drag of `k v sqrt(rho A T)`, T the thrust, A the rotor disc area, k the coefficient `momentum_drag`
(both read in SITL's sources). Since drag acts on body axes, a drone that meets the wind diagonally is
held by less tilt than one that meets it nose on: steady flight depends on the heading.

A tilt is written as its *lean*: the horizontal part of the thrust over its vertical part, (2, ...), east
and north; its length is tan(tilt). ArduCopter limits exactly that length (`angle_to_accel`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, overload

import numpy as np

from dfr.geo import FloatArray
from dfr.units import AIR_DENSITY_KG_M3, GRAVITY_MPS2

if TYPE_CHECKING:  # a simulated vehicle starts in three quarters of the time without
    from dfr.aircraft.catalogue import Drone

BALANCE_STEPS = 10
"""Bounded steps of the force balance: to 1e-8 for tilts up to 45 degrees, 1e-4 at 60."""

WARM_STEPS = 5
"""Steps of the balance between two steps of a search that moves the airspeed a little."""

NEAR_STEPS = 3
"""Steps from a closed form that is already near."""

RELAXATION = 0.9
"""Share of each balance step that is taken; the fastest of those that settle at 55 degrees."""

SECANT_STEPS = 7
"""Bounded steps of the search for the speed at the tilt limit: to 1e-6 m/s."""

FASTEST_AIRSPEED_MPS = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Airframe:
    """The constants of steady flight: mass, disc area, drag area of each body axis, momentum drag."""

    mass_kg: float
    disc_area_m2: float
    drag_area_m2: float
    momentum_drag: float

    @property
    def weight_n(self) -> float:
        """Weight, N."""
        return self.mass_kg * GRAVITY_MPS2


@overload
def air_density(height_m_amsl: float, temperature_c: float = 15.0) -> float: ...


@overload
def air_density(height_m_amsl: FloatArray, temperature_c: float | FloatArray = 15.0) -> FloatArray: ...


@overload
def air_density(height_m_amsl: float, temperature_c: FloatArray) -> FloatArray: ...


def air_density(
    height_m_amsl: float | FloatArray, temperature_c: float | FloatArray = 15.0
) -> float | FloatArray:
    """Density of the ICAO standard atmosphere at a height, scaled to a sea-level temperature, kg/m³.

    Of one height as of many: the simulated vehicle asks for one at each of its steps.

    >>> air_density(0.0)
    1.225
    """
    warm = 288.15 / (273.15 + temperature_c)
    density: float | FloatArray = AIR_DENSITY_KG_M3 * warm * (1.0 - 2.25577e-5 * height_m_amsl) ** 4.2559
    return density


@cache
def airframe_of(drone: Drone) -> Airframe:
    """The airframe of a drone; a drag area nobody states is derived from its top speed and tilt limit."""
    return Airframe(
        mass_kg=drone.mass_kg,
        disc_area_m2=drone.disc_area_m2,
        drag_area_m2=_drag_area_m2(drone) if drone.drag_area_m2 is None else drone.drag_area_m2,
        momentum_drag=drone.momentum_drag,
    )


def body_axes(lean: FloatArray, heading_rad: FloatArray | float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Forward, right and thrust axes, each (3, ...) east, north, up: the heading frame tilted the short way.

    That is ArduCopter's attitude for a thrust vector and a heading.
    """
    vertical = 1.0 / np.sqrt(1.0 + lean[0] ** 2 + lean[1] ** 2)
    east, north = lean[0] * vertical, lean[1] * vertical
    share = 1.0 / (1.0 + vertical)
    of_east = np.stack([1.0 - east**2 * share, -east * north * share, -east])
    of_north = np.stack([-east * north * share, 1.0 - north**2 * share, -north])
    sine, cosine = np.sin(heading_rad), np.cos(heading_rad)
    return (
        of_east * sine + of_north * cosine,
        of_east * cosine - of_north * sine,
        np.stack([east, north, vertical]),
    )


def drag_n(
    airframe: Airframe,
    axes: tuple[FloatArray, FloatArray, FloatArray],
    air_velocity: FloatArray,
    thrust_n: FloatArray,
    density: FloatArray | float,
) -> FloatArray:
    """Drag on the drone, (3, ...) east, north, up, N; `air_velocity` is its velocity through the air."""
    quadratic = 0.5 * density * airframe.drag_area_m2
    linear = airframe.momentum_drag * np.sqrt(density * airframe.disc_area_m2 * np.maximum(thrust_n, 0.0))
    total = np.zeros(np.broadcast_shapes(axes[0].shape, air_velocity.shape))
    for axis in axes:
        speed = axis[0] * air_velocity[0] + axis[1] * air_velocity[1] + axis[2] * air_velocity[2]
        total = total - axis * (quadratic * np.abs(speed) + linear) * speed
    return total


def balancing_lean(
    airframe: Airframe, air_velocity: FloatArray, heading_rad: FloatArray | float, density: FloatArray | float
) -> FloatArray:
    """The lean (2, ...) that holds a horizontal velocity through the air, (2, ...) east, north."""
    shape = np.broadcast_shapes(air_velocity[0].shape, np.shape(heading_rad), np.shape(density))
    lean = np.zeros((2, *shape))
    return _settle_lean(
        airframe,
        lean,
        air_velocity=air_velocity,
        heading_rad=heading_rad,
        density=density,
        steps=BALANCE_STEPS,
    )


def nearly_balancing_lean(
    airframe: Airframe, air_velocity: FloatArray, density: FloatArray | float
) -> FloatArray:
    """The lean that holds a level velocity through the air, (2, ...) both right and forward of the nose.

    Three steps from a closed form: within 1 % up to 40 degrees of tilt.
    """
    quadratic = 0.5 * density * airframe.drag_area_m2
    linear = airframe.momentum_drag * np.sqrt(density * airframe.disc_area_m2 * airframe.weight_n)
    return _settle_lean(
        airframe,
        (quadratic * np.abs(air_velocity) + linear) * air_velocity / -airframe.weight_n,
        air_velocity=air_velocity,
        heading_rad=0.0,
        density=density,
        steps=NEAR_STEPS,
    )


def _settle_lean(
    airframe: Airframe,
    lean: FloatArray,
    *,
    air_velocity: FloatArray,
    heading_rad: FloatArray | float,
    density: FloatArray | float,
    steps: int,
) -> FloatArray:
    """A lean moved some steps towards balance."""
    velocity = np.stack([air_velocity[0], air_velocity[1], np.zeros_like(air_velocity[0])])
    weight = airframe.weight_n
    thrust = weight * np.sqrt(1.0 + lean[0] ** 2 + lean[1] ** 2)
    for _ in range(steps):
        drag = drag_n(airframe, body_axes(lean, heading_rad), velocity, thrust, density)
        lift = np.maximum(weight - drag[2], 0.1 * weight)
        lean = (1.0 - RELAXATION) * lean - RELAXATION * drag[:2] / lift
        thrust = lift * np.sqrt(1.0 + lean[0] ** 2 + lean[1] ** 2)
    return lean


def airspeed_at_tilt(
    airframe: Airframe, tilt_rad: FloatArray | float, density: FloatArray | float
) -> FloatArray:
    """Airspeed nose on at which a tilt is in balance, m/s."""
    tilt, density = np.broadcast_arrays(np.asarray(tilt_rad, dtype=float), np.asarray(density, dtype=float))
    none = np.zeros_like(tilt)
    return speed_along(airframe, none, none, heading_rad=none, most_lean=np.tan(tilt), density=density)


def tilt_for_airspeed(
    airframe: Airframe, airspeed_mps: FloatArray | float, density: FloatArray | float
) -> FloatArray:
    """Tilt (rad) that holds an airspeed nose on."""
    airspeed = np.asarray(airspeed_mps, dtype=float)
    lean = balancing_lean(airframe, np.stack([np.zeros_like(airspeed), airspeed]), 0.0, density)
    tilt: FloatArray = np.arctan(np.hypot(lean[0], lean[1]))
    return tilt


def speed_along(
    airframe: Airframe,
    along_mps: FloatArray,
    cross_mps: FloatArray,
    *,
    heading_rad: FloatArray,
    most_lean: FloatArray,
    density: FloatArray,
) -> FloatArray:
    """Largest steady ground speed along a course, m/s; negative where the wind carries the drone off.

    The wind moves `along_mps` with and `cross_mps` to the right of the course; `heading_rad` is the nose
    relative to the course. The drone holds the course line: what tilt the cross wind leaves drives it on.
    """
    along_mps, cross_mps, heading_rad, most_lean, density = np.broadcast_arrays(
        along_mps, cross_mps, heading_rad, most_lean, density
    )
    able = airspeed_of_lean(airframe, most_lean, density)
    air = np.sqrt(np.maximum(able**2 - cross_mps**2, 0.04 * able**2))
    before = 0.8 * air
    lean = np.zeros((2, *air.shape))
    lean = _settle_lean(
        airframe,
        lean,
        air_velocity=np.stack([-cross_mps, before]),
        heading_rad=heading_rad,
        density=density,
        steps=BALANCE_STEPS,
    )
    excess_before = np.hypot(lean[0], lean[1]) - most_lean
    for _ in range(SECANT_STEPS):
        lean = _settle_lean(
            airframe,
            lean,
            air_velocity=np.stack([-cross_mps, air]),
            heading_rad=heading_rad,
            density=density,
            steps=WARM_STEPS,
        )
        excess = np.hypot(lean[0], lean[1]) - most_lean
        rise = excess - excess_before
        moved = air - before
        step = np.where(np.abs(rise) > 1e-12, -excess * moved / np.where(rise == 0.0, 1.0, rise), 0.0)
        before, excess_before = air, excess
        air = np.clip(air + np.clip(step, -0.5 * able, 0.5 * able), 0.0, FASTEST_AIRSPEED_MPS)
    lost = (air <= 1e-6) & (excess_before > 1e-6)
    return np.where(lost, along_mps - able, air + along_mps)


def airspeed_of_lean(airframe: Airframe, lean: FloatArray, density: FloatArray) -> FloatArray:
    """Airspeed that a lean balances where drag is quadratic plus momentum drag at hover thrust, m/s.

    A closed form near enough to start a search from: the body's axes tilt with it and take some drag away.
    """
    quadratic = 0.5 * density * airframe.drag_area_m2 + 1e-9
    linear = airframe.momentum_drag * np.sqrt(density * airframe.disc_area_m2 * airframe.weight_n)
    push = airframe.weight_n * lean
    guess: FloatArray = (np.sqrt(linear**2 + 4.0 * quadratic * push) - linear) / (2.0 * quadratic)
    return np.maximum(guess, 0.1)


def _drag_area_m2(drone: Drone) -> float:
    """Drag area at which the tilt limit balances the top speed at sea level; 0 where none does."""
    low, high = 0.0, 2.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        airframe = Airframe(
            mass_kg=drone.mass_kg,
            disc_area_m2=drone.disc_area_m2,
            drag_area_m2=middle,
            momentum_drag=drone.momentum_drag,
        )
        tilt = float(tilt_for_airspeed(airframe, drone.max_speed_mps, air_density(0.0)))
        low, high = (middle, high) if tilt < np.radians(drone.tilt_limit_deg) else (low, middle)
    return 0.5 * (low + high)
