"""GUIDED: takeoff, points, velocities and accelerations from a client."""

from __future__ import annotations

from collections.abc import Callable
from math import dist, hypot

from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.modes import GUIDED, Mode
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.shaping import root_control

SAME_POINT_M = 0.01
"""A guided point this near to the last one is the last one, sent again."""

BY_LEGS = 64
"""Bit of GUID_OPTIONS: points are flown to as waypoints are."""

STILL: LocalPoint = (0.0, 0.0, 0.0)


class Guided(Mode):
    """GUIDED. What moves on by itself (velocity, acceleration) stops after GUID_TIMEOUT without news."""

    number = GUIDED
    takes_off = True
    takes_speed = True

    def __init__(self, aircraft: Aircraft, after_takeoff: Callable[[], None]) -> None:
        super().__init__(aircraft)
        self._after_takeoff = after_takeoff
        self._moving_point: LocalPoint | None = None
        self._velocity: LocalPoint | None = None
        self._push: LocalPoint = STILL
        self._told_s = 0.0
        self._placed = self._pushed = False
        self._pursuing = False
        self._paused = False

    def take_over(self) -> str | None:
        """Hold where the aircraft can stop."""
        self._forget_target()
        self._paused = False
        self.aircraft.navigation.start_from()
        self.aircraft.heading.hold_present()
        return None

    def take_off(self, height_m: float, *, navigates: bool = True) -> bool:
        """Forget what was commanded, and climb to a height above home."""
        self._forget_target()
        self._placed = super().take_off(height_m, navigates=navigates)
        return self._placed

    def pause_flight(self) -> bool:
        """Stop where the aircraft can."""
        self._paused = True
        self.aircraft.navigation.slow_to_stop()
        return True

    def resume_flight(self) -> bool:
        """Take up again what was commanded."""
        self._paused = False
        self.aircraft.navigation.resume_leg()
        return True

    def stop_here(self) -> None:
        """Hold here: what was commanded makes no sense."""
        self.take_over()

    def fly_to(self, point: LocalPoint) -> bool:
        """Fly straight at a point, slowing down before it; by a leg from rest where GUID_OPTIONS says so."""
        aircraft, navigation = self.aircraft, self.aircraft.navigation
        if aircraft.landed:
            return False
        legs = bool(int(aircraft.parameters["GUID_OPTIONS"]) & BY_LEGS)
        under_way = self._climbing_to is None and self._velocity is None
        if legs and under_way and dist(point, navigation.destination) < SAME_POINT_M:
            return True
        self._forget_target()
        self._placed, self._pursuing, self._told_s = True, not legs, aircraft.t_s
        navigation.start_from(speed_mps=navigation.speed_mps, at=None if legs else point)
        if legs:
            navigation.fly_to(point)
        return True

    def fly_at(
        self, velocity: LocalPoint, *, push: LocalPoint = STILL, point: LocalPoint | None = None
    ) -> bool:
        """Fly at a velocity (north, east, up) that `push` changes, along a moving point if one is given."""
        if self.aircraft.landed:
            return False
        if self._velocity is None:
            self.aircraft.control.hold_here()
        self._forget_target()
        self._velocity, self._push, self._moving_point = velocity, push, point
        self._told_s = self.aircraft.t_s
        return True

    def accelerate_by(self, push: LocalPoint) -> bool:
        """Fly with an acceleration (north, east, up)."""
        control = self.aircraft.control
        now = self._velocity or (control.v_north, control.v_east, control.v_up)
        self._pushed = self.fly_at(now, push=push)
        return self._pushed

    @property
    def told(self) -> tuple[LocalPoint | None, LocalPoint | None, LocalPoint | None]:
        """The point, velocity and acceleration (north, east, up) to fly to; None for what was not told."""
        if self._velocity is not None:
            return self._moving_point, None if self._pushed else self._velocity, self._push
        if self._climbing_to is not None:
            control = self.aircraft.control
            return (control.north, control.east, self._climbing_to), None, None
        return (self.aircraft.navigation.destination, None, None) if self._placed else (None, STILL, STILL)

    def fly_step(self, dt: float) -> None:
        """One step of what was last commanded."""
        aircraft = self.aircraft
        if self._climbing_to is not None:
            if aircraft.take_off(dt, self._climbing_to):
                at = (aircraft.control.north, aircraft.control.east, self._climbing_to)
                aircraft.navigation.start_from(speed_mps=aircraft.navigation.speed_mps, at=at)
                self._climbing_to = None
                self._after_takeoff()
            return
        if aircraft.landed:
            aircraft.control.restart_here()
            return
        aircraft.wants_flight = True
        if aircraft.t_s - self._told_s > aircraft.parameters["GUID_TIMEOUT"]:
            aircraft.heading.stop_turning()
        if self._paused and (self._velocity is not None or self._pursuing):
            aircraft.control.move_target(dt)
            aircraft.control.climb_at(dt, 0.0)
        elif self._velocity is not None:
            self._run_velocity(dt, self._velocity)
        elif self._pursuing:
            north, east, up = aircraft.navigation.destination
            aircraft.control.approach_point(dt, north, east)
            aircraft.control.climb_to(dt, up)
        elif aircraft.navigation.track[0] != aircraft.navigation.track[1]:
            aircraft.navigation.move_target(dt)
        else:
            aircraft.control.move_target(dt)
            aircraft.control.climb_to(dt, aircraft.navigation.destination[2])

    def _forget_target(self) -> None:
        self._climbing_to = self._velocity = self._moving_point = None
        self._push, self._pursuing = STILL, False
        self._placed = self._pushed = False

    def _run_velocity(self, dt: float, velocity: LocalPoint) -> None:
        aircraft, control = self.aircraft, self.aircraft.control
        if aircraft.t_s - self._told_s > aircraft.parameters["GUID_TIMEOUT"]:
            velocity = self._push = STILL
        elif self._push != STILL:
            north, east, up = (v + a * dt for v, a in zip(velocity, self._push, strict=True))
            velocity = (north, east, up)
        self._velocity = velocity
        if self._moving_point is not None:
            velocity = self._towards_moving_point(dt, velocity)
        control.move_target(dt, velocity[0], velocity[1], push=(self._push[0], self._push[1]))
        control.climb_at(dt, velocity[2])

    def _towards_moving_point(self, dt: float, velocity: LocalPoint) -> LocalPoint:
        """The velocity that keeps to a point which itself moves."""
        control, goal = self.aircraft.control, self._moving_point or STILL
        goal = (goal[0] + velocity[0] * dt, goal[1] + velocity[1] * dt, goal[2] + velocity[2] * dt)
        self._moving_point = goal
        off_n, off_e, off_u = goal[0] - control.north, goal[1] - control.east, goal[2] - control.up
        off = hypot(off_n, off_e)
        gain = 0.5 * control.gains.jerk / control.accel
        share = (
            min(root_control(off, gain, 0.5 * control.accel, dt), control.speed) / off if off > 1e-6 else 0.0
        )
        rise = root_control(off_u, 0.5 * control.gains.jerk_up / control.accel_up, 0.5 * control.accel_up, dt)
        return velocity[0] + off_n * share, velocity[1] + off_e * share, velocity[2] + rise
