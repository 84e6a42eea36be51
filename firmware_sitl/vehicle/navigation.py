"""Waypoint navigation along S-curves, with corners cut, and slower where the drone lags behind its target."""

from __future__ import annotations

from math import hypot, pi, sqrt

from dfr.units import GRAVITY_MPS2
from firmware_sitl.vehicle.control import PositionControl
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.parameters import Parameters
from firmware_sitl.vehicle.scurve import CurveLimits, SCurve
from firmware_sitl.vehicle.shaping import clamp

ZERO: LocalPoint = (0.0, 0.0, 0.0)
TRACK_BUFFER = 0.05
"""Share of the target speed by which a lagging aircraft may be ahead of its own pace (ArduCopter)."""


class TargetLeg:
    """A straight leg and how far along it the target is."""

    __slots__ = ("curve", "distance", "end", "start", "t", "unit")

    def __init__(
        self, start: LocalPoint, end: LocalPoint, limits: CurveLimits | None, *, start_mps: float = 0.0
    ) -> None:
        self.start, self.end = start, end
        length = sqrt(sum((b - a) ** 2 for a, b in zip(start, end, strict=True)))
        self.unit: LocalPoint = (
            ((end[0] - start[0]) / length, (end[1] - start[1]) / length, (end[2] - start[2]) / length)
            if length > 1e-6
            else ZERO
        )
        self.curve = SCurve(length, limits, start_mps=start_mps) if limits and length > 1e-6 else None
        self.t = 0.0
        self.distance = 0.0

    @property
    def finished(self) -> bool:
        """Whether the target has come to the end."""
        return self.curve is None or self.t >= self.curve.end_s

    @property
    def left_s(self) -> float:
        """Seconds until the target comes to the end."""
        return 0.0 if self.curve is None else self.curve.end_s - self.t

    def move_target(self, dt: float) -> tuple[float, float, float]:
        """Move the target; its distance along the leg, speed and acceleration."""
        if self.curve is None:
            return 0.0, 0.0, 0.0
        self.t = min(self.t + dt, self.curve.end_s)
        state = self.curve.state_at(self.t)
        self.distance = state[0]
        return state

    def state_at(self, t: float) -> tuple[float, float, float]:
        """The target's distance, speed and acceleration at another time."""
        return self.curve.state_at(t) if self.curve else (0.0, 0.0, 0.0)


class WaypointNavigation:
    """The target's way along legs; sets the position controller's targets."""

    def __init__(self, control: PositionControl, parameters: Parameters) -> None:
        self.control = control
        self.parameters = parameters
        self.destination: LocalPoint = ZERO
        self.origin: LocalPoint = ZERO
        self.reached = True
        self._previous = self._leg = TargetLeg(ZERO, ZERO, None)
        self._next: TargetLeg | None = None
        self._pace = self._flow = 1.0
        self.paused = False
        self.speed_mps = 10.0
        self._climb: float | None = None
        self._descent: float | None = None

    def start_from(self, *, speed_mps: float = 0.0, at: LocalPoint | None = None) -> None:
        """Begin navigating from a point, or from where the vehicle can stop."""
        parameters = self.parameters
        self.speed_mps = max(speed_mps or parameters["WPNAV_SPEED"] * 0.01, 0.2)
        self._climb = self._descent = None
        self._set_limits()
        if at is None:
            self.control.hold_here()
            at = (self.control.north, self.control.east, self.control.up)
        self.origin = self.destination = at
        self._previous = self._leg = TargetLeg(at, at, None)
        self._next = None
        self._pace = self._flow = 1.0
        self.paused = False
        self.reached = True

    def slow_to_stop(self) -> None:
        """Slow down along the leg to a stop, until told to go on."""
        self.paused = True

    def resume_leg(self) -> None:
        """Go on along the leg."""
        self.paused = False

    def fly_to(self, destination: LocalPoint) -> None:
        """Fly to a point from the last destination, or from here if that was never reached."""
        if not self.reached:
            self.start_from(speed_mps=self.speed_mps)
        self._previous = self._leg
        self.origin, self.destination = self.destination, destination
        if self._next is not None and self._next.end == destination:
            self._leg = self._next
        else:
            self._leg = TargetLeg(self.origin, destination, self._leg_limits(self.origin, destination))
        self._next = None
        self.reached = False

    def fly_next(self, destination: LocalPoint) -> None:
        """Say where the leg after this one goes, so that the corner is flown and not stopped at."""
        limits = self._leg_limits(self.destination, destination)
        self._next = TargetLeg(self.destination, destination, limits) if limits else None

    def set_speed(
        self, *, ground: float | None = None, climb: float | None = None, descent: float | None = None
    ) -> None:
        """Change the speed from now on, on this leg and the next too."""
        self.speed_mps = max(ground or self.speed_mps, 0.2)
        self._climb, self._descent = climb or self._climb, descent or self._descent
        self._set_limits()
        if self._next is not None:
            self.fly_next(self._next.end)
        leg = self._leg
        if leg.curve is None or leg.t >= leg.curve.decel_start_s:
            return
        distance, speed, _ = leg.curve.state_at(leg.t)
        here = tuple(a + distance * u for a, u in zip(leg.start, leg.unit, strict=True))
        limits = self._leg_limits(leg.start, leg.end)
        self._leg = TargetLeg((here[0], here[1], here[2]), leg.end, limits, start_mps=speed)
        self._previous = TargetLeg(self._leg.start, self._leg.start, None)

    def move_target(self, dt: float) -> None:
        """Move the target by one step, slower where the vehicle cannot keep up, and see if it is there."""
        control = self.control
        self._keep_pace(dt)
        slower = control.accel / self.speed_mps * dt
        self._flow = clamp(self._flow + (-slower if self.paused else slower), 0.0, 1.0)
        step = self._pace * self._flow * dt
        leg = self._leg
        position, velocity, accel = [*leg.start], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        if not self._previous.finished:
            distance, speed, push = self._previous.move_target(step)
            _add_motion(
                self._previous.unit,
                distance - _leg_length(self._previous),
                speed,
                push,
                position,
                velocity,
                accel,
            )
        _add_motion(leg.unit, *leg.move_target(step), position, velocity, accel)
        finished = leg.finished
        following = self._next
        if following is not None and following.curve is not None and leg.curve is not None:
            if following.t > 0.0 or self._may_cut(leg, following):
                _add_motion(following.unit, *following.move_target(step), position, velocity, accel)
            finished = finished or (following.t > 0.0 and following.t >= leg.left_s)
        control.north, control.east, control.up = position
        control.v_north, control.v_east, control.v_up = (speed * self._flow for speed in velocity)
        control.a_north, control.a_east, control.a_up = (push * self._flow**2 for push in accel)
        self._see_if_reached(finished)

    @property
    def track(self) -> tuple[LocalPoint, LocalPoint]:
        """Where the present leg begins and ends."""
        return self._leg.start, self._leg.end

    def distance_left(self) -> float:
        """Horizontal metres to the destination."""
        body = self.control.body
        return hypot(self.destination[0] - body.north, self.destination[1] - body.east)

    def _see_if_reached(self, finished: bool) -> None:
        if self.reached or not finished:
            return
        if self._next is not None:
            self.reached = True
            return
        body, goal = self.control.body, self.destination
        off = sqrt((body.north - goal[0]) ** 2 + (body.east - goal[1]) ** 2 + (body.up - goal[2]) ** 2)
        self.reached = off <= max(self.parameters["WPNAV_RADIUS"] * 0.01, 0.05)

    def _keep_pace(self, dt: float) -> None:
        """Slow the target's clock so that it stays just ahead of what the vehicle achieves."""
        control, body = self.control, self.control.body
        speed = sqrt(control.v_north**2 + control.v_east**2 + control.v_up**2)
        wanted = 1.0
        if speed > 1e-6:
            unit_n, unit_e, unit_u = control.v_north / speed, control.v_east / speed, control.v_up / speed
            behind = control.error_north * unit_n + control.error_east * unit_e + control.error_up * unit_u
            going = body.v_north * unit_n + body.v_east * unit_e + body.v_up * unit_u
            wanted = clamp(TRACK_BUFFER + (going - control.gains.pos_p * behind) / speed, 0.0, 1.0)
        jerk = self.parameters["WPNAV_JERK"]
        constant = self.parameters["WPNAV_ACCEL"] * 0.01 / jerk if jerk > 0.0 else 1.0
        self._pace += (wanted - self._pace) * dt / constant

    def _may_cut(self, leg: TargetLeg, following: TargetLeg) -> bool:
        """Whether the corner can begin: its middle is near the waypoint, slow and gentle enough."""
        if leg.curve is None or following.curve is None:
            return False
        if leg.t < leg.curve.decel_start_s or leg.left_s > following.curve.accel_end_s:
            return False
        half = 0.5 * leg.left_s
        off, velocity, accel = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        distance, speed, push = leg.state_at(leg.t + half)
        _add_motion(leg.unit, distance - leg.curve.length_m, speed, push, off, velocity, accel)
        _add_motion(following.unit, *following.state_at(half), off, velocity, accel)
        slowest = min(leg.curve.limits.speed_mps, following.curve.limits.speed_mps)
        corner = self.parameters["WPNAV_ACCEL_C"] * 0.01 or 2.0 * self.parameters["WPNAV_ACCEL"] * 0.01
        return (
            _vector_length(off) < self.parameters["WPNAV_RADIUS"] * 0.01
            and _vector_length(velocity) < slowest
            and hypot(accel[0], accel[1]) < corner
            and abs(accel[2]) < self.parameters["WPNAV_ACCEL_Z"] * 0.01
        )

    def _set_limits(self) -> None:
        parameters = self.parameters
        self.control.set_limits(
            speed=self.speed_mps,
            accel=parameters["WPNAV_ACCEL"] * 0.01,
            climb=self._climb or parameters["WPNAV_SPEED_UP"] * 0.01,
            descent=self._descent or parameters["WPNAV_SPEED_DN"] * 0.01,
            accel_up=parameters["WPNAV_ACCEL_Z"] * 0.01,
        )

    def _leg_limits(self, start: LocalPoint, end: LocalPoint) -> CurveLimits | None:
        """What the aircraft may do along a leg: the tighter of its horizontal and vertical limits."""
        control, parameters = self.control, self.parameters
        flat, rise = hypot(end[0] - start[0], end[1] - start[1]), end[2] - start[2]
        length = hypot(flat, rise)
        if length < 1e-6:
            return None
        speed_up = control.climb if rise > 0.0 else control.descent
        jerk = parameters["WPNAV_JERK"] or parameters["WPNAV_ACCEL"] * 0.01
        snap = jerk * pi / (2.0 * max(control.gains.input_tc, 0.1))
        roll = parameters["ATC_ACCEL_R_MAX"] * 0.01 * pi / 180.0 * GRAVITY_MPS2
        snap = 0.5 * (min(snap, roll) if roll > 0.0 else snap)
        return CurveLimits(
            speed_mps=_most_along(flat / length, abs(rise) / length, control.speed, speed_up),
            accel_mps2=_most_along(flat / length, abs(rise) / length, control.accel, control.accel_up),
            jerk_mps3=jerk,
            snap_mps4=snap,
        )


def _most_along(flat: float, steep: float, horizontal: float, vertical: float) -> float:
    """The most along a direction when each axis has its own limit."""
    if flat < 1e-9:
        return vertical
    if steep < 1e-9:
        return horizontal
    return min(horizontal / flat, vertical / steep)


def _add_motion(  # noqa: PLR0917 - three numbers along a direction, three vectors to add to
    unit: LocalPoint,
    distance: float,
    speed: float,
    push: float,
    position: list[float],
    velocity: list[float],
    accel: list[float],
) -> None:
    for axis in (0, 1, 2):
        position[axis] += unit[axis] * distance
        velocity[axis] += unit[axis] * speed
        accel[axis] += unit[axis] * push


def _leg_length(leg: TargetLeg) -> float:
    return leg.curve.length_m if leg.curve else 0.0


def _vector_length(vector: list[float]) -> float:
    return sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
