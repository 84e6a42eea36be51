"""The heading controller: along the flight, towards a place (ROI), at an angle, at a rate, or held."""

from __future__ import annotations

from enum import Enum
from math import atan2, hypot

from firmware_sitl.vehicle.body import Body
from firmware_sitl.vehicle.control import PositionControl
from firmware_sitl.vehicle.parameters import Parameters
from firmware_sitl.vehicle.shaping import clamp, wrap_rad

MOVING_SHARE = 0.05
"""Share of the cruise speed below which the nose does not follow the flight (ArduCopter)."""


class HeadingMode(Enum):
    """What the heading follows."""

    HOLD = "hold"
    ALONG = "along"
    FIXED = "fixed"
    PLACE = "place"
    RATE = "rate"


class Heading:
    """The heading wanted, step by step."""

    def __init__(self, body: Body, control: PositionControl, parameters: Parameters) -> None:
        self._body, self._control, self._parameters = body, control, parameters
        self.mode = HeadingMode.HOLD
        self.wanted = body.yaw
        self.place: tuple[float, float, float] | None = None
        self._goal = self.wanted
        self._rate = 0.0

    def hold_present(self) -> None:
        """Keep the present heading."""
        self.mode, self.wanted = HeadingMode.HOLD, self._body.yaw

    def follow_yaw_behavior(self, *, returning: bool = False) -> None:
        """What WP_YAW_BEHAVIOR says: 1 along, 2 along except on RTL, 3 along, 0 hold."""
        if self.mode is HeadingMode.PLACE and not returning:
            return
        behaviour = int(self._parameters["WP_YAW_BEHAVIOR"])
        if behaviour in (1, 3) or (behaviour == 2 and not returning):
            self.mode, self.wanted = HeadingMode.ALONG, self._body.yaw
        else:
            self.hold_present()

    def turn_to(self, yaw: float, *, rate: float = 0.0, direction: int = 0, relative: bool = False) -> None:
        """Turn to a heading, at a rate in rad/s, clockwise (1), anticlockwise (-1) or the short way (0)."""
        start = self._body.yaw
        turn = yaw * (direction or 1) if relative else wrap_rad(yaw - start)
        if not relative and direction and turn * direction < 0.0:
            turn += 6.283185307179586 * direction
        self.mode, self.wanted = HeadingMode.FIXED, start
        self._goal, self._rate = start + turn, rate or self._control.gains.yaw_slew

    def turn_steadily(self, rate: float, *, start: float | None = None) -> None:
        """Turn steadily, rad/s; from another heading than the present where one is given."""
        self.mode, self._rate = HeadingMode.RATE, rate
        if start is not None:
            self.wanted = start

    def stop_turning(self) -> None:
        """Stop a steady turn."""
        if self.mode is HeadingMode.RATE:
            self.hold_present()

    def look_at(self, place: tuple[float, float, float] | None) -> None:
        """Point the nose at a place (north, east, up); None ends that."""
        self.place = place
        if place is None:
            self.mode = HeadingMode.HOLD
            self.follow_yaw_behavior()
        else:
            self.mode = HeadingMode.PLACE

    def next_heading(self, dt: float) -> float:
        """The heading wanted now."""
        body, control = self._body, self._control
        if self.mode is HeadingMode.ALONG:
            speed = hypot(control.v_north, control.v_east)
            if speed > MOVING_SHARE * control.speed:
                self.wanted = atan2(control.v_east, control.v_north)
        elif self.mode is HeadingMode.PLACE and self.place is not None:
            off_n, off_e = self.place[0] - body.north, self.place[1] - body.east
            if hypot(off_n, off_e) > 1.0:
                self.wanted = atan2(off_e, off_n)
        elif self.mode is HeadingMode.FIXED:
            self.wanted += clamp(self._goal - self.wanted, -self._rate * dt, self._rate * dt)
        elif self.mode is HeadingMode.RATE:
            self.wanted = wrap_rad(self.wanted + self._rate * dt)
        return self.wanted

    @property
    def turned(self) -> bool:
        """Whether a fixed heading has been reached, within two degrees."""
        return abs(wrap_rad(self._goal - self._body.yaw)) < 0.035
