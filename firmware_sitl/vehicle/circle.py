"""Flying round a point: the mode CIRCLE, and a mission's LOITER_TURNS."""

from __future__ import annotations

from math import atan2, cos, hypot, inf, pi, radians, sin, sqrt

from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.modes import CIRCLE, Mode
from firmware_sitl.vehicle.origin import LocalPoint


class Circling:
    """Turns about a point at CIRCLE_RATE, no faster than the cruise speed; radius 0 means CIRCLE_RADIUS."""

    def __init__(self, aircraft: Aircraft, centre: LocalPoint, turns: float, radius_m: float) -> None:
        parameters = aircraft.parameters
        self._craft, self._centre = aircraft, centre
        self._radius = abs(radius_m) or parameters["CIRCLE_RADIUS"] * 0.01
        self._way = -1.0 if radius_m < 0.0 else 1.0
        self._turns = abs(turns)
        self._left = self._turns * 2.0 * pi
        self._told = 0
        rate = abs(radians(parameters["CIRCLE_RATE"]))
        limit = min(aircraft.navigation.speed_mps, sqrt(aircraft.control.accel * max(self._radius, 0.1)))
        self._rate = min(rate, limit / max(self._radius, 0.1))
        self._turning = 0.0
        body = aircraft.body
        self._angle = atan2(body.east - centre[1], body.north - centre[0])
        if hypot(body.east - centre[1], body.north - centre[0]) < 1.0:
            self._angle = body.yaw + pi
        self._on_circle = False
        aircraft.navigation.fly_to(self._edge())
        aircraft.heading.look_at(centre)

    def fly_step(self, dt: float) -> bool:
        """One step; True when the turns are flown."""
        aircraft = self._craft
        aircraft.wants_flight = not aircraft.landed
        if not self._on_circle:
            aircraft.navigation.move_target(dt)
            self._on_circle = aircraft.navigation.reached
            return False
        control, radius = aircraft.control, self._radius
        self._turning += min(self._rate - self._turning, dt * control.accel / max(radius, 1.0))
        step = min(self._turning * dt, self._left)
        self._left -= step
        self._announce_turn()
        self._angle += self._way * step
        north, east, up = self._edge()
        speed = self._way * self._turning * radius
        control.north, control.east, control.up = north, east, up
        control.v_north, control.v_east = -speed * sin(self._angle), speed * cos(self._angle)
        push = self._turning * self._turning * radius
        control.a_north, control.a_east = -push * cos(self._angle), -push * sin(self._angle)
        control.v_up = control.a_up = 0.0
        if self._left > 1e-9:
            return False
        aircraft.navigation.start_from()
        aircraft.heading.look_at(None)
        return True

    def _announce_turn(self) -> None:
        """Say which turn begins; like ArduCopter, also the one after the last."""
        if self._turns == inf:
            return
        begun = int(self._turns - self._left / (2.0 * pi) + 1e-9) + 1
        if begun > self._told:
            self._told = begun
            self._craft.say(6, f"Mission: starting circle {begun}/{int(self._turns)}")

    def _edge(self) -> LocalPoint:
        north, east, up = self._centre
        return (
            north + self._radius * cos(self._angle),
            east + self._radius * sin(self._angle),
            up,
        )


class Circle(Mode):
    """CIRCLE: round a point CIRCLE_RADIUS ahead, the nose towards it; a radius of 0 turns on the spot."""

    number = CIRCLE
    allows_arming = False

    def __init__(self, aircraft: Aircraft) -> None:
        super().__init__(aircraft)
        self._circling: Circling | None = None

    def take_over(self) -> str | None:
        """Put the centre ahead, so that the aircraft is already on the circle."""
        aircraft = self.aircraft
        aircraft.navigation.start_from()
        here = aircraft.navigation.destination
        radius_m, yaw = aircraft.parameters["CIRCLE_RADIUS"] * 0.01, aircraft.body.yaw
        centre = (here[0] + radius_m * cos(yaw), here[1] + radius_m * sin(yaw), here[2])
        direction = -1.0 if aircraft.parameters["CIRCLE_RATE"] < 0.0 else 1.0
        self._circling = Circling(aircraft, centre, inf, direction * radius_m)
        return None

    def fly_step(self, dt: float) -> None:
        """One step round."""
        aircraft = self.aircraft
        if aircraft.landed or self._circling is None:
            aircraft.control.restart_here()
            return
        aircraft.wants_flight = True
        self._circling.fly_step(dt)
