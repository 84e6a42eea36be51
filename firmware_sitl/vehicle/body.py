"""The flying body: thrust, drag, wind and ground, stepped at a fixed rate.

Local axes are metres north, east and up of home. Attitude is the direction of thrust (as the tangent
of the tilt, north and east) plus heading; roll and pitch follow from the two.
"""

from __future__ import annotations

from math import asin, atan, atan2, cos, sin, sqrt

from dfr.aircraft.trim import air_density
from dfr.units import GRAVITY_MPS2
from firmware_sitl.vehicle.airframe import SitlAirframe
from firmware_sitl.vehicle.shaping import clamp, wrap_rad

Vector = tuple[float, float, float]

ATTITUDE_LAG_S = 0.05
"""Lag of the rate loops behind the shaped attitude (fitted to recorded ArduCopter SITL tilts)."""

THRUST_LAG_S = 0.06
"""Lag of the vertical acceleration behind what is asked (motors and acceleration loop)."""

CLEARANCE_M = 0.02
"""Height at which an aircraft that leaves the ground counts as clear of it."""

YAW_ACCEL_RAD = 4.71
YAW_GAIN = 3.0


class Body:
    """Position, velocity, attitude and thrust of the vehicle, and the air it is in."""

    def __init__(self, airframe: SitlAirframe, *, altitude_amsl_m: float, heading_rad: float) -> None:
        self.airframe = airframe
        self.altitude_amsl_m = altitude_amsl_m
        self.north = self.east = self.up = 0.0
        self.v_north = self.v_east = self.v_up = 0.0
        self.a_north = self.a_east = self.a_up = 0.0
        self.lean_north = self.lean_east = 0.0
        self._shaped_north = self._shaped_east = 0.0
        self.yaw = heading_rad
        self.yaw_rate = 0.0
        self.thrust_n = 0.0
        self.thrust_share = 1.0
        self.on_ground = True
        self.hit_ground_mps: float | None = None
        self._area, self._momentum = airframe.drag_coefficients()
        self._most_thrust = airframe.mass_kg * GRAVITY_MPS2 / airframe.hover_throttle

    @property
    def throttle(self) -> float:
        """Thrust as a share of full thrust."""
        return self.thrust_n / self._most_thrust

    @property
    def tilt_rad(self) -> float:
        """Angle between thrust and up."""
        return atan(sqrt(self.lean_north**2 + self.lean_east**2))

    def turn_towards(
        self, dt: float, *, lean: tuple[float, float], yaw: float, yaw_slew: float, tc: float
    ) -> None:
        """Turn towards a lean (tangents, north and east) and a heading."""
        shape, follow = dt / (dt + tc), dt / (dt + ATTITUDE_LAG_S)
        self._shaped_north += (lean[0] - self._shaped_north) * shape
        self._shaped_east += (lean[1] - self._shaped_east) * shape
        self.lean_north += (self._shaped_north - self.lean_north) * follow
        self.lean_east += (self._shaped_east - self.lean_east) * follow
        wanted = clamp(YAW_GAIN * wrap_rad(yaw - self.yaw), -yaw_slew, yaw_slew)
        self.yaw_rate += clamp(wanted - self.yaw_rate, -YAW_ACCEL_RAD * dt, YAW_ACCEL_RAD * dt)
        self.yaw = wrap_rad(self.yaw + self.yaw_rate * dt)

    def stand_upright(self) -> None:
        """Stand upright on the ground."""
        self._shaped_north = self._shaped_east = self.lean_north = self.lean_east = 0.0
        self.yaw_rate = 0.0

    def step_in_air(
        self, dt: float, *, a_up: float, wind: tuple[float, float, float], by_hand: float | None = None
    ) -> None:
        """One step in the air: thrust along the lean for a vertical acceleration against drag.

        `by_hand` is a share of full thrust in its place.
        """
        mass = self.airframe.mass_kg
        cos_tilt, (drag_n, drag_e, drag_u) = self._cos_tilt, self._drag_force(wind)
        follow = dt / (dt + THRUST_LAG_S)
        if by_hand is None:
            reached = self.a_up + (a_up - self.a_up) * follow
            wanted = (mass * (GRAVITY_MPS2 + reached) - drag_u) / cos_tilt
        else:
            wanted = self.thrust_n + (by_hand * self._most_thrust - self.thrust_n) * follow
        thrust = clamp(wanted, 0.0, self._most_thrust * self.thrust_share)
        self.thrust_n = thrust
        self.a_up = (thrust * cos_tilt + drag_u) / mass - GRAVITY_MPS2
        self.a_north = (thrust * cos_tilt * self.lean_north + drag_n) / mass
        self.a_east = (thrust * cos_tilt * self.lean_east + drag_e) / mass
        self._advance_position(dt)

    def step_on_ground(self, thrust_n: float = 0.0) -> None:
        """One step on the ground."""
        self.v_north = self.v_east = self.v_up = 0.0
        self.a_north = self.a_east = self.a_up = 0.0
        self.thrust_n = thrust_n
        self.stand_upright()

    def lift_off(self) -> None:
        """Leave the ground."""
        self.on_ground = False
        self.hit_ground_mps = None
        self.up = max(self.up, CLEARANCE_M)
        self.thrust_n = self.airframe.mass_kg * GRAVITY_MPS2

    def current_a(self, volt: float) -> float:
        """Current drawn for the present thrust."""
        return self.airframe.power_per_newton * self.thrust_n / max(volt, 0.1)

    def _advance_position(self, dt: float) -> None:
        self.v_north += self.a_north * dt
        self.v_east += self.a_east * dt
        self.v_up += self.a_up * dt
        self.north += self.v_north * dt
        self.east += self.v_east * dt
        self.up += self.v_up * dt
        if self.up < 0.0:
            self.hit_ground_mps = -self.v_up
            self.up = 0.0
            self.on_ground = True
            self.step_on_ground(self.thrust_n)

    def euler_angles(self) -> tuple[float, float, float]:
        """Roll, pitch and yaw, radians; yaw is the heading but for the twist of a tilt about both axes."""
        ahead, right = self._body_axes()
        roll = atan2(right[2] * -1.0, self._cos_tilt)
        return roll, asin(clamp(ahead[2], -1.0, 1.0)), atan2(ahead[1], ahead[0])

    def specific_force(self) -> Vector:
        """What an accelerometer feels, body axes ahead, right and down."""
        cos_tilt, (ahead, right) = self._cos_tilt, self._body_axes()
        pull = (self.a_north, self.a_east, self.a_up + GRAVITY_MPS2)
        above = (self.lean_north * cos_tilt, self.lean_east * cos_tilt, cos_tilt)
        return _dot(pull, ahead), _dot(pull, right), -_dot(pull, above)

    def to_local(self, ahead_m: float, right_m: float, down_m: float) -> Vector:
        """A vector in body axes (ahead, right, down) as north, east, down."""
        cos_tilt, (ahead, right) = self._cos_tilt, self._body_axes()
        above = (self.lean_north * cos_tilt, self.lean_east * cos_tilt, cos_tilt)
        north, east, up = (
            ahead_m * a + right_m * r - down_m * z for a, r, z in zip(ahead, right, above, strict=True)
        )
        return north, east, -up

    @property
    def _cos_tilt(self) -> float:
        """The cosine of the tilt: the share of the thrust that lifts."""
        return 1.0 / sqrt(1.0 + self.lean_north**2 + self.lean_east**2)

    def _body_axes(self) -> tuple[Vector, Vector]:
        """The body's axes ahead and to the right, each north, east, up.

        The heading turned by the smallest rotation that takes up to the thrust: ArduCopter's attitude target.
        """
        cos_tilt = self._cos_tilt
        up_n, up_e = self.lean_north * cos_tilt, self.lean_east * cos_tilt
        nose_n, nose_e = cos(self.yaw), sin(self.yaw)
        on, across = up_n * nose_n + up_e * nose_e, up_e * nose_n - up_n * nose_e
        share = 1.0 / (1.0 + cos_tilt)
        ahead = (nose_n - up_n * on * share, nose_e - up_e * on * share, -on)
        right = (-nose_e - up_n * across * share, nose_n - up_e * across * share, -across)
        return ahead, right

    def _drag_force(self, wind: Vector) -> Vector:
        """Drag north, east, up, N: by body axis, as ArduPilot's SITL has it."""
        cos_tilt, ((x_n, x_e, x_u), (y_n, y_e, y_u)) = self._cos_tilt, self._body_axes()
        z_n, z_e, z_u = self.lean_north * cos_tilt, self.lean_east * cos_tilt, cos_tilt
        air_n, air_e, air_u = self.v_north - wind[0], self.v_east - wind[1], self.v_up - wind[2]
        along_x = air_n * x_n + air_e * x_e + air_u * x_u
        along_y = air_n * y_n + air_e * y_e + air_u * y_u
        along_z = air_n * z_n + air_e * z_e + air_u * z_u
        density = air_density(self.altitude_amsl_m + self.up)
        body = 0.5 * density * self._area
        rotor = self._momentum * sqrt(density * self.airframe.disc_area_m2 * max(self.thrust_n, 0.0))
        fx = -along_x * (body * abs(along_x) + rotor)
        fy = -along_y * (body * abs(along_y) + rotor)
        fz = -along_z * (body * abs(along_z) + rotor)
        return (
            fx * x_n + fy * y_n + fz * z_n,
            fx * x_e + fy * y_e + fz * z_e,
            fx * x_u + fy * y_u + fz * z_u,
        )


def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
