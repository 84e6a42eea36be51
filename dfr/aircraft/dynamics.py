"""A multirotor as a point mass with a tilting thrust, and ArduCopter's position loop around it; many at once.

Reduced order, and why: touchdown error and leg times are made by the position and velocity loops
(0.2 to 2 s), the tilt limit and the drag; the rate loops (20 ms) and motors only delay the tilt. So
attitude is the thrust's lean following its command through ArduCopter's input shaping time and one
short lag, yaw is held, and thrust balances what the vertical loop asks for. Drag is the airframe's on
each body axis (`dfr.aircraft.trim`), so steady flight here is steady flight there.

For one vehicle: `QuadDynamics(airframe_of(drone), vehicles=1)`, then `step(lean_command, climb_accel,
wind, dt_s)`; every array has the vehicles on its last axis. The constants are plain attributes, so a
scalar loop elsewhere can use the same ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.trim import Airframe, body_axes, drag_n
from dfr.geo import FloatArray
from dfr.units import AIR_DENSITY_KG_M3, GRAVITY_MPS2

RATE_LAG_S = 0.06
"""Delay of rate loops and motors as one lag (ArduCopter's default rate gains on the SITL quad)."""

VERTICAL_LAG_S = 0.12
"""Delay from asked to flown vertical acceleration (PSC_ACCZ gains on the SITL quad)."""

FILTER_HZ = 5.0
"""PSC_VELXY_FLTE and _FLTD."""

INTEGRATOR_MOST_MPS2 = 10.0
"""PSC_VELXY_IMAX."""


class QuadDynamics:
    """The bodies of many drones of one airframe: positions, velocities and leans, east, north, up.

    `position_m` and `velocity_mps` have shape (3, vehicles), `lean` (2, vehicles): the horizontal part
    of the thrust over its vertical part. `heading_rad` is the nose's, clockwise from north.
    """

    def __init__(
        self,
        airframe: Airframe,
        *,
        vehicles: int,
        heading_rad: FloatArray | float = 0.0,
        input_tc_s: float = 0.15,
        density: float = AIR_DENSITY_KG_M3,
    ) -> None:
        self.airframe = airframe
        self.density = density
        self.input_tc_s = input_tc_s
        self.heading_rad = np.broadcast_to(np.asarray(heading_rad, dtype=float), (vehicles,))
        self.position_m = np.zeros((3, vehicles))
        self.velocity_mps = np.zeros((3, vehicles))
        self.lean = np.zeros((2, vehicles))
        self.lean_target = np.zeros((2, vehicles))
        self.climb_accel_mps2 = np.zeros(vehicles)
        self.thrust_n = np.full(vehicles, airframe.weight_n)

    def step(
        self, lean_command: FloatArray, climb_accel_mps2: FloatArray, wind_mps: FloatArray, dt_s: float
    ) -> None:
        """Fly on for a time step: commanded lean (2, n) and vertical acceleration (n), wind (3, n)."""
        self.lean_target += (lean_command - self.lean_target) * _lag_share(dt_s, self.input_tc_s)
        self.lean += (self.lean_target - self.lean) * _lag_share(dt_s, RATE_LAG_S)
        self.climb_accel_mps2 += (climb_accel_mps2 - self.climb_accel_mps2) * _lag_share(dt_s, VERTICAL_LAG_S)
        acceleration = self.acceleration(wind_mps)
        self.position_m += dt_s * self.velocity_mps + (0.5 * dt_s**2) * acceleration
        self.velocity_mps += dt_s * acceleration

    def acceleration(self, wind_mps: FloatArray) -> FloatArray:
        """Acceleration (3, n) of the present state: thrust that holds the vertical, less drag.

        Momentum drag takes the thrust of the call before, which differs from this one's by a step.
        """
        mass = self.airframe.mass_kg
        lift = mass * (GRAVITY_MPS2 + self.climb_accel_mps2)
        stretch = np.sqrt(1.0 + self.lean[0] ** 2 + self.lean[1] ** 2)
        axes = body_axes(self.lean, self.heading_rad)
        drag = drag_n(self.airframe, axes, self.velocity_mps - wind_mps, self.thrust_n, self.density)
        lift = np.maximum(lift - drag[2], 0.0)
        self.thrust_n = lift * stretch
        result = np.empty_like(self.position_m)
        result[:2] = (self.lean * lift + drag[:2]) / mass
        result[2] = self.climb_accel_mps2
        return result

    def tilt_rad(self) -> FloatArray:
        """Tilt of each drone."""
        tilt: FloatArray = np.arctan(np.hypot(self.lean[0], self.lean[1]))
        return tilt


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopGains:
    """The horizontal position loop's numbers, in ArduCopter's sense."""

    position_p: float
    velocity_p: float
    velocity_i: float
    velocity_d: float
    correction_accel_mps2: float
    correction_speed_mps: float
    lean_limit: float

    @classmethod
    def from_settings(cls, settings: FlightSettings) -> LoopGains:
        """The gains of flight settings."""
        return cls(
            position_p=settings.position_p,
            velocity_p=settings.velocity_p,
            velocity_i=settings.velocity_i,
            velocity_d=settings.velocity_d,
            correction_accel_mps2=settings.accel_mps2,
            correction_speed_mps=settings.cruise_mps,
            lean_limit=math.tan(math.radians(settings.lean_limit_deg)),
        )


class PositionLoop:
    """ArduCopter's horizontal position loop: square-root P on position, filtered PID on velocity, lean limit.

    A saturated lean stops the integrator from growing in the limit's direction, as on the vehicle.
    """

    def __init__(self, gains: LoopGains, *, vehicles: int) -> None:
        self.gains = gains
        self.integral = np.zeros((2, vehicles))
        self.error = np.zeros((2, vehicles))
        self.slope = np.zeros((2, vehicles))
        self.limit = np.zeros((2, vehicles))
        self._linear_m = gains.correction_accel_mps2 / gains.position_p**2
        self._started = False

    def settle_at(self, lean: FloatArray) -> None:
        """Start as if this lean had long been held: the integrator carries it."""
        self.integral = GRAVITY_MPS2 * np.array(lean, dtype=float)

    def resume_from(
        self, integral: FloatArray, error: FloatArray, slope: FloatArray, limit: FloatArray
    ) -> None:
        """Go on from the state of another loop."""
        self.integral, self.error, self.slope, self.limit = (
            np.array(array) for array in (integral, error, slope, limit)
        )
        self._started = True

    def hold_integral(self, held: np.ndarray) -> None:
        """Let some integrals grow no further along the lean they ask for, in the next command."""
        gains = self.gains
        asked = gains.velocity_p * self.error + self.integral + gains.velocity_d * self.slope
        self.limit = np.where(held, asked, self.limit)

    def lean_command(
        self,
        position_error: FloatArray,
        velocity_mps: FloatArray,
        dt_s: float,
        *,
        velocity_wanted: FloatArray | None = None,
        accel_wanted: FloatArray | None = None,
    ) -> FloatArray:
        """The lean (2, n) to command for position errors (target less estimate) and estimated velocities."""
        gains = self.gains
        wanted = self._correction_speed(position_error)
        if velocity_wanted is not None:
            wanted = wanted + velocity_wanted
        self._filter_error(wanted - velocity_mps, dt_s)
        self._grow_integral(dt_s)
        accel = gains.velocity_p * self.error + self.integral + gains.velocity_d * self.slope
        if accel_wanted is not None:
            accel = accel + accel_wanted
        lean = accel / GRAVITY_MPS2
        length = np.sqrt(lean[0] ** 2 + lean[1] ** 2)
        over = length > gains.lean_limit
        self.limit = np.where(over, lean, 0.0)
        limited: FloatArray = lean * np.minimum(1.0, gains.lean_limit / np.maximum(length, 1e-9))
        return limited

    def _correction_speed(self, error: FloatArray) -> FloatArray:
        """Velocity that corrects a position error: linear near, square root far, capped."""
        gains = self.gains
        distance = np.sqrt(error[0] ** 2 + error[1] ** 2)
        far = np.sqrt(2.0 * gains.correction_accel_mps2 * np.maximum(distance - 0.5 * self._linear_m, 0.0))
        speed = np.where(distance > self._linear_m, far, gains.position_p * distance)
        speed = np.minimum(speed, gains.correction_speed_mps)
        correction: FloatArray = error * (speed / np.maximum(distance, 1e-9))
        return correction

    def _filter_error(self, raw: FloatArray, dt_s: float) -> None:
        share = _lag_share(dt_s, 1.0 / (2.0 * math.pi * FILTER_HZ))
        if not self._started:
            self.error, self._started = np.array(raw), True
            return
        before = self.error
        self.error = before + (raw - before) * share
        self.slope = self.slope + ((self.error - before) / dt_s - self.slope) * share

    def _grow_integral(self, dt_s: float) -> None:
        """Let the integral grow by the error, but not in length while the limit stands against it."""
        growth = (self.gains.velocity_i * dt_s) * self.error
        grown = self.integral + growth
        length = np.sqrt(self.integral[0] ** 2 + self.integral[1] ** 2)
        new_length = np.sqrt(grown[0] ** 2 + grown[1] ** 2)
        against = growth[0] * self.limit[0] + growth[1] * self.limit[1] > 0.0
        most = np.where(against, np.minimum(length, INTEGRATOR_MOST_MPS2), INTEGRATOR_MOST_MPS2)
        self.integral = grown * np.minimum(1.0, most / np.maximum(new_length, 1e-9))


def _lag_share(dt_s: float, time_constant_s: float) -> float:
    """Share of the way a first-order lag goes in a step, exact for a constant input."""
    return 1.0 - math.exp(-dt_s / time_constant_s)
