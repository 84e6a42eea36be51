"""GUIDED: takeoff, points, velocities and accelerations from a client."""

from __future__ import annotations

from math import dist, hypot

from firmware_sitl.vehicle.craft import Craft
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

    def __init__(self, craft: Craft) -> None:
        super().__init__(craft)
        self._moving_point: LocalPoint | None = None
        self._velocity: LocalPoint | None = None
        self._push: LocalPoint = STILL
        self._told_s = 0.0
        self._pursuing = False
        self._paused = False

    def take_over(self) -> str | None:
        """Hold where the craft can stop."""
        self._forget_target()
        self._paused = False
        self.craft.navigation.start_from()
        self.craft.heading.hold_present()
        return None

    def take_off(self, height_m: float, *, navigates: bool = True) -> bool:
        """Forget what was commanded, and climb to a height above home."""
        self._forget_target()
        return super().take_off(height_m, navigates=navigates)

    def pause_flight(self) -> bool:
        """Stop where the craft can."""
        self._paused = True
        self.craft.navigation.slow_to_stop()
        return True

    def resume_flight(self) -> bool:
        """Take up again what was commanded."""
        self._paused = False
        self.craft.navigation.resume_leg()
        return True

    def stop_here(self) -> None:
        """What was commanded makes no sense: hold."""
        self.take_over()

    def fly_to(self, point: LocalPoint) -> bool:
        """Fly straight at a point, slowing down before it; by a leg from rest where GUID_OPTIONS says so."""
        craft, navigation = self.craft, self.craft.navigation
        if craft.landed:
            return False
        legs = bool(int(craft.parameters["GUID_OPTIONS"]) & BY_LEGS)
        under_way = self._climbing_to is None and self._velocity is None
        if legs and under_way and dist(point, navigation.destination) < SAME_POINT_M:
            return True
        self._forget_target()
        self._pursuing, self._told_s = not legs, craft.t_s
        navigation.start_from(speed_mps=navigation.speed_mps, at=None if legs else point)
        if legs:
            navigation.fly_to(point)
        return True

    def fly_at(
        self, velocity: LocalPoint, *, push: LocalPoint = STILL, point: LocalPoint | None = None
    ) -> bool:
        """Fly at a velocity (north, east, up) that `push` changes, along a moving point if one is given."""
        if self.craft.landed:
            return False
        if self._velocity is None:
            self.craft.control.hold_here()
        self._forget_target()
        self._velocity, self._push, self._moving_point = velocity, push, point
        self._told_s = self.craft.t_s
        return True

    def accelerate_by(self, push: LocalPoint) -> bool:
        """Fly with an acceleration (north, east, up)."""
        control = self.craft.control
        now = self._velocity or (control.v_north, control.v_east, control.v_up)
        return self.fly_at(now, push=push)

    def fly_step(self, dt: float) -> None:
        """One step of what was last commanded."""
        craft = self.craft
        if self._climbing_to is not None:
            if craft.take_off(dt, self._climbing_to):
                at = (craft.control.north, craft.control.east, self._climbing_to)
                craft.navigation.start_from(speed_mps=craft.navigation.speed_mps, at=at)
                self._climbing_to = None
            return
        if craft.landed:
            craft.control.restart_here()
            return
        craft.wants_flight = True
        if craft.t_s - self._told_s > craft.parameters["GUID_TIMEOUT"]:
            craft.heading.stop_turning()
        if self._paused and (self._velocity is not None or self._pursuing):
            craft.control.move_target(dt)
            craft.control.climb_at(dt, 0.0)
        elif self._velocity is not None:
            self._run_velocity(dt, self._velocity)
        elif self._pursuing:
            north, east, up = craft.navigation.destination
            craft.control.approach_point(dt, north, east)
            craft.control.climb_to(dt, up)
        elif craft.navigation.track[0] != craft.navigation.track[1]:
            craft.navigation.move_target(dt)
        else:
            craft.control.move_target(dt)
            craft.control.climb_to(dt, craft.navigation.destination[2])

    def _forget_target(self) -> None:
        self._climbing_to = self._velocity = self._moving_point = None
        self._push, self._pursuing = STILL, False

    def _run_velocity(self, dt: float, velocity: LocalPoint) -> None:
        craft, control = self.craft, self.craft.control
        if craft.t_s - self._told_s > craft.parameters["GUID_TIMEOUT"]:
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
        control, goal = self.craft.control, self._moving_point or STILL
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
