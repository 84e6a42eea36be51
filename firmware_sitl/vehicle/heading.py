"""The heading controller: along the flight, towards a place (ROI), at an angle, at a rate, or held.

With SIM_HDG_DRIFT, as on ArduCopter SITL, the heading drifts while the drone leans and has no course, and
turns with the thrust where it is held (`dfr.aircraft.sitl_effects` says why).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import atan, atan2, cos, hypot, sin, tan

import numpy as np

from dfr.aircraft.settings import SIM_DRIFT_TIME_S
from dfr.aircraft.sitl_effects import SIM_UP_S, mean_heading_error
from firmware_sitl.vehicle.air import SimulatedAir
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


@dataclass(slots=True)
class FlownLeg:
    """A leg that the heading follows: the heading before it, and how long it lasts."""

    before_rad: float
    seconds: float = 0.0


class Heading:
    """The heading wanted, step by step."""

    def __init__(
        self, body: Body, control: PositionControl, parameters: Parameters, air: SimulatedAir
    ) -> None:
        self._body, self._control, self._parameters, self._air = body, control, parameters, air
        self._leg: FlownLeg | None = None
        self._lean = (0.0, 0.0)
        self._flown_s = 0.0
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
        body = self._body
        turned, self._flown_s = self._turned_with_thrust(), self._flown_s + dt
        if self.mode is HeadingMode.ALONG:
            self._follow_flight(dt)
        elif self.mode is HeadingMode.HOLD and self._drifts:
            self.wanted = wrap_rad(self.wanted + turned)
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
    def _drifts(self) -> bool:
        return self._parameters["SIM_HDG_DRIFT"] != 0.0

    def _follow_flight(self, dt: float) -> None:
        """Along the flight; without a course the target is the yaw of the attitude that it makes itself."""
        control = self._control
        if hypot(control.v_north, control.v_east) > MOVING_SHARE * control.speed:
            leg = self._leg = self._leg or FlownLeg(before_rad=self.wanted)
            self.wanted = atan2(control.v_east, control.v_north)
            leg.seconds += dt
        elif self._drifts:
            if self._leg is not None:
                self.wanted = wrap_rad(self.wanted + self._error_after(self._leg))
                self._leg = None
            off = wrap_rad(self._body.euler_angles()[2] - self._body.yaw)
            self.wanted = wrap_rad(self.wanted + off * dt / control.gains.input_tc)

    def _error_after(self, leg: FlownLeg) -> float:
        """The error of the heading as a hover begins, as if ArduCopter had been up for a while at lift."""
        north, east, _ = self._air.wind
        along = north * cos(self.wanted) + east * sin(self.wanted)
        error = mean_heading_error(
            turn_rad=np.array(self.wanted - leg.before_rad),
            leg_s=np.array(leg.seconds),
            airspeed_mps=np.array(self._control.speed - along),
            wind_mps=np.array(hypot(north, east)),
            up_s=np.array(SIM_UP_S + self._flown_s),
            drift=np.array(1.0),
            drift_time_s=np.array(SIM_DRIFT_TIME_S),
        )
        return float(error)

    def _turned_with_thrust(self) -> float:
        """By how much the heading turns as the thrust swings over without turning about itself.

        It is the excess of the spherical triangle between the vertical and the thrust before and after.
        """
        body, before = self._body, self._lean
        self._lean = after = (body.lean_north, body.lean_east)
        if not any(before) or not any(after):
            return 0.0
        turn = atan2(after[1], after[0]) - atan2(before[1], before[0])
        both = tan(0.5 * atan(hypot(*before))) * tan(0.5 * atan(hypot(*after)))
        return 2.0 * atan2(both * sin(turn), 1.0 + both * cos(turn))

    @property
    def turned(self) -> bool:
        """Whether a fixed heading has been reached, within two degrees."""
        return abs(wrap_rad(self._goal - self._body.yaw)) < 0.035
