"""The position controller: from where the vehicle should be to how it should lean and climb.

A cascade as in ArduCopter: position error to velocity (square-root law), velocity error to
acceleration (PID, whose integrator carries the wind), acceleration to a lean that is limited to the
angle limit with the cross-track part first.
"""

from __future__ import annotations

from math import hypot, pi, radians, sqrt, tan

from dfr.units import GRAVITY_MPS2
from firmware_sitl.vehicle.body import Body
from firmware_sitl.vehicle.parameters import Parameters
from firmware_sitl.vehicle.shaping import (
    clamp,
    error_for_rate,
    limit_length,
    root_control,
    shaped_accel,
)

NO_LIMIT = (0.0, 0.0)

OVERSPEED_GAIN = 2.0
"""POSCONTROL_OVERSPEED_GAIN_U."""


class Gains:
    """The controller's numbers, in SI, read from the parameters."""

    __slots__ = (
        "input_tc",
        "jerk",
        "jerk_up",
        "pos_p",
        "pos_up_p",
        "tilt_accel",
        "vel_d",
        "vel_d_hz",
        "vel_e_hz",
        "vel_i",
        "vel_imax",
        "vel_p",
        "vel_up_p",
        "yaw_slew",
    )  # fmt: skip

    def __init__(self, parameters: Parameters) -> None:
        self.pos_p = max(parameters["PSC_POSXY_P"], 0.1)
        self.pos_up_p = max(parameters["PSC_POSZ_P"], 0.1)
        self.vel_p, self.vel_i = parameters["PSC_VELXY_P"], parameters["PSC_VELXY_I"]
        self.vel_d, self.vel_imax = parameters["PSC_VELXY_D"], parameters["PSC_VELXY_IMAX"] * 0.01
        self.vel_e_hz, self.vel_d_hz = parameters["PSC_VELXY_FLTE"], parameters["PSC_VELXY_FLTD"]
        self.vel_up_p = parameters["PSC_VELZ_P"]
        self.jerk, self.jerk_up = parameters["PSC_JERK_XY"], parameters["PSC_JERK_Z"]
        self.input_tc = max(parameters["ATC_INPUT_TC"], 0.02)
        self.yaw_slew = radians(parameters["ATC_SLEW_YAW"] * 0.01) or pi / 3.0
        limit = parameters["PSC_ANGLE_MAX"] or parameters["ANGLE_MAX"] * 0.01
        self.tilt_accel = GRAVITY_MPS2 * tan(radians(clamp(limit, 1.0, 80.0)))


class PositionControl:
    """Targets, integrators and the lean and climb they ask for."""

    def __init__(self, body: Body, parameters: Parameters) -> None:
        self.body = body
        self.parameters = parameters
        self.gains = Gains(parameters)
        self.north = self.east = self.up = 0.0
        self.v_north = self.v_east = self.v_up = 0.0
        self.a_north = self.a_east = self.a_up = 0.0
        self.speed = 10.0
        self.accel = 2.5
        self.climb, self.descent, self.accel_up = 2.5, 1.5, 1.0
        self.error_north = self.error_east = self.error_up = 0.0
        self._integral = NO_LIMIT
        self._filtered = NO_LIMIT
        self._slope = NO_LIMIT
        self._limited = NO_LIMIT
        self.ask_north = self.ask_east = self.ask_up = 0.0
        self._thrust_by_hand = False

    def read_gains(self) -> None:
        """Read the gains again: a parameter changed."""
        self.gains = Gains(self.parameters)

    def set_limits(
        self, *, speed: float, accel: float, climb: float, descent: float, accel_up: float
    ) -> None:
        """Speeds and accelerations that the targets and corrections keep to, m/s and m/s²."""
        self.speed, self.accel = max(speed, 0.1), max(accel, 0.1)
        self.climb, self.descent, self.accel_up = max(climb, 0.1), max(descent, 0.1), max(accel_up, 0.1)

    def restart_here(self) -> None:
        """Take the present state as the target and forget the integrators: on the ground."""
        body = self.body
        self.north, self.east, self.up = body.north, body.east, body.up
        self.v_north = self.v_east = self.v_up = 0.0
        self.a_north = self.a_east = self.a_up = 0.0
        self._integral = self._filtered = self._slope = self._limited = NO_LIMIT
        self.ask_north = self.ask_east = self.ask_up = 0.0

    def hold_here(self) -> None:
        """Make the point where the vehicle can stop the target; from a hand's thrust, slow down to stop."""
        self.north, self.east, self.up = self.stopping_point()
        self.v_north = self.v_east = self.v_up = 0.0
        if self._thrust_by_hand:
            self.up, self.v_up = self.body.up, self.body.v_up
            self._thrust_by_hand = False
        self.a_north = self.a_east = self.a_up = 0.0

    def follow_body(self, *, vertically: bool) -> None:
        """Ask for nothing but what is: a hand leans the vehicle, and sets its thrust where `vertically`."""
        body = self.body
        self.north, self.east = body.north, body.east
        self.v_north, self.v_east = body.v_north, body.v_east
        self.a_north = self.a_east = self.ask_north = self.ask_east = 0.0
        self._integral = self._filtered = self._slope = self._limited = NO_LIMIT
        self._thrust_by_hand = vertically
        if vertically:
            self.up, self.v_up, self.a_up = body.up, body.v_up, 0.0

    def follow_reset(self, north: float, east: float) -> None:
        """Move the target by as much as the filter has moved the vehicle (handle_ekf_xy_reset)."""
        self.north += north
        self.east += east

    def stopping_point(self) -> tuple[float, float, float]:
        """Where the vehicle can stop from its present velocity."""
        body = self.body
        speed = hypot(body.v_north, body.v_east)
        north, east = body.north, body.east
        if speed > 0.1:
            run = error_for_rate(speed, self.gains.pos_p, self.accel) / speed
            north, east = north + run * body.v_north, east + run * body.v_east
        rise = error_for_rate(abs(body.v_up), self.gains.pos_up_p, self.accel_up)
        return north, east, body.up + (rise if body.v_up > 0.0 else -rise)

    def move_target(
        self,
        dt: float,
        v_north: float = 0.0,
        v_east: float = 0.0,
        *,
        push: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Move the horizontal target at a velocity, shaped, which itself changes by `push`, m/s²."""
        self.north += self.v_north * dt
        self.east += self.v_east * dt
        self.v_north += self.a_north * dt
        self.v_east += self.a_east * dt
        off_n, off_e = v_north - self.v_north, v_east - self.v_east
        jerk, off = self.gains.jerk, hypot(off_n, off_e)
        gain = root_control(off, jerk / self.accel, jerk, dt) / off if off > 1e-9 else 0.0
        wanted = limit_length(push[0] + off_n * gain, push[1] + off_e * gain, self.accel)
        change = limit_length(wanted[0] - self.a_north, wanted[1] - self.a_east, jerk * dt)
        self.a_north += change[0]
        self.a_east += change[1]

    def approach_point(self, dt: float, north: float, east: float) -> None:
        """Move the horizontal target to a point, shaped: by a speed that can still stop there."""
        off_n, off_e = north - self.north, east - self.east
        off = hypot(off_n, off_e)
        speed = min(root_control(off, 0.5 * self.gains.jerk / self.accel, 0.5 * self.accel, dt), self.speed)
        scale = speed / off if off > 1e-6 else 0.0
        self.move_target(dt, off_n * scale, off_e * scale)

    def climb_at(self, dt: float, rate: float, *, limited: bool = True) -> None:
        """Move the vertical target at a climb rate, shaped; a landing has its own limit (LAND_SPEED_HIGH)."""
        self.up += self.v_up * dt + 0.5 * self.a_up * dt * dt
        self.v_up += self.a_up * dt
        rate = clamp(rate, -self.descent, self.climb) if limited else rate
        gain = self._overspeed_gain()
        self.a_up = shaped_accel(
            rate - self.v_up,
            self.a_up,
            most_accel=gain * self.accel_up,
            jerk=gain * self.gains.jerk_up,
            dt_s=dt,
        )

    def _overspeed_gain(self) -> float:
        """How much harder it works beyond its speed limits (AC_PosControl::calculate_overspeed_gain)."""
        over = max(self.v_up / self.climb, -self.v_up / self.descent)
        return OVERSPEED_GAIN * over if over > 1.0 else 1.0

    def climb_to(self, dt: float, up: float) -> None:
        """Move the vertical target to a height, shaped."""
        gain = 0.5 * self.gains.jerk_up / self.accel_up
        self.climb_at(dt, root_control(up - self.up, gain, 0.5 * self.accel_up, dt))

    def step_loops(self, dt: float) -> None:
        """One step of both controllers: sets the accelerations asked of the body."""
        self._run_horizontal(dt)
        self._run_vertical()

    def lean_asked(self) -> tuple[float, float]:
        """Tangents of the lean asked for, north and east."""
        return self.ask_north / GRAVITY_MPS2, self.ask_east / GRAVITY_MPS2

    def relax_integrator(self, dt: float) -> None:
        """Let the wind's integrator go, for the ground."""
        keep = 1.0 - dt / (dt + 0.25)
        self._integral = (self._integral[0] * keep, self._integral[1] * keep)

    def _run_horizontal(self, dt: float) -> None:
        gains, body = self.gains, self.body
        error_n, error_e = self.north - body.north, self.east - body.east
        error, most = hypot(error_n, error_e), error_for_rate(self.speed, gains.pos_p, self.accel)
        if error > most:
            scale = most / error
            error_n, error_e, error = error_n * scale, error_e * scale, most
            self.north, self.east = body.north + error_n, body.east + error_e
        self.error_north, self.error_east = error_n, error_e
        gain = root_control(error, gains.pos_p, self.accel) / error if error > 1e-9 else 0.0
        off_n = self.v_north + gain * error_n - body.v_north
        off_e = self.v_east + gain * error_e - body.v_east
        ask_n, ask_e = self._velocity_pid(dt, off_n, off_e)
        self._limit_lean(ask_n + self.a_north, ask_e + self.a_east)

    def _velocity_pid(self, dt: float, off_n: float, off_e: float) -> tuple[float, float]:
        gains = self.gains
        smooth = dt / (dt + 1.0 / (2.0 * pi * gains.vel_e_hz))
        last_n, last_e = self._filtered
        err_n, err_e = last_n + (off_n - last_n) * smooth, last_e + (off_e - last_e) * smooth
        self._filtered = (err_n, err_e)
        smooth = dt / (dt + 1.0 / (2.0 * pi * gains.vel_d_hz))
        slope_n, slope_e = self._slope
        slope_n += ((err_n - last_n) / dt - slope_n) * smooth
        slope_e += ((err_e - last_e) / dt - slope_e) * smooth
        self._slope = (slope_n, slope_e)
        int_n, int_e = self._grow_integrator(err_n * gains.vel_i * dt, err_e * gains.vel_i * dt)
        return (
            gains.vel_p * err_n + int_n + gains.vel_d * slope_n,
            gains.vel_p * err_e + int_e + gains.vel_d * slope_e,
        )

    def _grow_integrator(self, add_n: float, add_e: float) -> tuple[float, float]:
        """The integrator, which may not grow in the direction in which the lean is limited."""
        old_n, old_e = self._integral
        new_n, new_e = old_n + add_n, old_e + add_e
        most = self.gains.vel_imax
        if add_n * self._limited[0] + add_e * self._limited[1] > 0.0:
            most = min(most, hypot(old_n, old_e))
        size = hypot(new_n, new_e)
        if size > most:
            new_n, new_e = new_n * most / size, new_e * most / size
        self._integral = (new_n, new_e)
        return new_n, new_e

    def _limit_lean(self, ask_n: float, ask_e: float) -> None:
        """Keep the acceleration within the tilt limit, its cross-track part first."""
        most = self.gains.tilt_accel
        if ask_n * ask_n + ask_e * ask_e <= most * most:
            self._limited = NO_LIMIT
            self.ask_north, self.ask_east = ask_n, ask_e
            return
        self._limited = (ask_n, ask_e)
        speed = hypot(self.v_north, self.v_east)
        if speed < 1e-9:
            scale = most / hypot(ask_n, ask_e)
            self.ask_north, self.ask_east = ask_n * scale, ask_e * scale
            return
        unit_n, unit_e = self.v_north / speed, self.v_east / speed
        along = ask_n * unit_n + ask_e * unit_e
        cross = clamp(ask_e * unit_n - ask_n * unit_e, -most, most)
        room = sqrt(max(0.0, most * most - cross * cross))
        along = clamp(along, -room, room)
        self.ask_north = along * unit_n - cross * unit_e
        self.ask_east = along * unit_e + cross * unit_n

    def _run_vertical(self) -> None:
        body, gains = self.body, self.gains
        error = clamp(
            self.up - body.up,
            -error_for_rate(self.descent, gains.pos_up_p, self.accel_up),
            error_for_rate(self.climb, gains.pos_up_p, self.accel_up),
        )
        self.up = body.up + error
        self.error_up = error
        rate = self.v_up + root_control(error, gains.pos_up_p, self.accel_up)
        self.ask_up = gains.vel_up_p * (rate - body.v_up) + self.a_up
