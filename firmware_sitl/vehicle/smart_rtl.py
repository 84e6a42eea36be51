"""SMART_RTL: the path flown since takeoff, and the way back along it."""

from __future__ import annotations

from collections import deque
from math import hypot

from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.landing import LandingDescent
from firmware_sitl.vehicle.modes import SMART_RTL, Mode
from firmware_sitl.vehicle.origin import LocalPoint

CLEANUP_S = 0.8
"""Before it turns back the path is tidied (ArduCopter's WAIT_FOR_PATH_CLEANUP, as recorded)."""

TIMEOUT_S = 15.0
"""Without a position, or room for another point, for so long the path is given up (SMARTRTL_TIMEOUT)."""


class SmartRtl(Mode):
    """SMART_RTL: back along the path flown, then down."""

    number = SMART_RTL
    allows_arming = False

    def __init__(self, aircraft: Aircraft, path: Breadcrumbs) -> None:
        super().__init__(aircraft)
        self._path = path
        self._landing: LandingDescent | None = None
        self._back_at_s = 0.0

    def take_over(self) -> str | None:
        """Turn back along the path."""
        if not self._path.points and self.aircraft.motors.armed:
            return "init failed"
        self._landing = None
        self._back_at_s = self.aircraft.t_s + CLEANUP_S
        self.aircraft.navigation.start_from()
        self.aircraft.heading.follow_yaw_behavior(returning=True)
        return None

    def fly_step(self, dt: float) -> None:
        """One step back, or down."""
        aircraft = self.aircraft
        if self._landing is not None:
            self._landing.fly_step(dt)
            self._disarm_when_down(self._landing)
            return
        aircraft.wants_flight = not aircraft.landed
        aircraft.navigation.move_target(dt)
        if aircraft.navigation.reached and aircraft.t_s >= self._back_at_s:
            if self._path.points:
                self._fly_next_point()
            else:
                self._landing = LandingDescent(aircraft)

    @property
    def landing(self) -> bool:
        """Once the path is flown."""
        return self._landing is not None

    def _fly_next_point(self) -> None:
        self.aircraft.navigation.fly_to(self._path.points.pop())
        if self._path.points:
            self.aircraft.navigation.fly_next(self._path.points[-1])


class Breadcrumbs:
    """The path flown since takeoff, simplified: what SMART_RTL flies back along."""

    def __init__(self, aircraft: Aircraft) -> None:
        self._craft = aircraft
        self.points: deque[LocalPoint] = deque()
        self._lost_since_s: float | None = None
        self._saved_s = 0.0

    def start_path(self) -> None:
        """Begin at home; SRTL_POINTS or SRTL_ACCURACY of 0 mean no path, and no SMART_RTL."""
        aircraft, (north, east, up) = self._craft, self._craft.home
        self.points.clear()
        self._saved_s = aircraft.t_s
        if aircraft.parameters["SRTL_POINTS"] >= 1.0 and aircraft.parameters["SRTL_ACCURACY"] > 0.0:
            self.points.append((north, east, up + 2.0))

    def drop_crumb(self, *, position_ok: bool = True, retracing: bool = False) -> None:
        """Note the present position where it is far from the last; forget all where it stays unknown.

        An aircraft that is `retracing` the path adds nothing to it.
        """
        if not position_ok:
            self._lose_path()
            return
        self._lost_since_s = None
        aircraft, body = self._craft, self._craft.body
        if aircraft.landed or not self.points or retracing:
            return
        apart = aircraft.parameters["SRTL_ACCURACY"]
        here, last = (body.north, body.east, body.up), self.points[-1]
        off = hypot(here[0] - last[0], here[1] - last[1], here[2] - last[2])
        if off >= apart and not self._save(here, within=0.5 * apart):
            if aircraft.t_s - self._saved_s > TIMEOUT_S:
                self._give_up("buffer full")
            return
        self._saved_s = aircraft.t_s

    def _save(self, here: LocalPoint, *, within: float) -> bool:
        """Whether there was room for a point: it may take the place of the last on a straight leg."""
        if len(self.points) >= 2 and _is_straight(self.points[-2], self.points[-1], here, within):
            self.points[-1] = here
        elif len(self.points) < self._craft.parameters["SRTL_POINTS"]:
            self.points.append(here)
        else:
            return False
        return True

    def _lose_path(self) -> None:
        now_s = self._craft.t_s
        self._lost_since_s = now_s if self._lost_since_s is None else self._lost_since_s
        if self.points and now_s - self._lost_since_s > TIMEOUT_S:
            self._give_up("bad position")

    def _give_up(self, why: str) -> None:
        self.points.clear()
        self._craft.say(4, f"SmartRTL deactivated: {why}")


def _is_straight(start: LocalPoint, middle: LocalPoint, end: LocalPoint, within: float) -> bool:
    """Whether a point lies close to the line between two others."""
    along = tuple(b - a for a, b in zip(start, end, strict=True))
    length = hypot(*along)
    if length < 1e-6:
        return False
    share = sum((m - a) * d for m, a, d in zip(middle, start, along, strict=True)) / (length * length)
    foot = tuple(a + share * d for a, d in zip(start, along, strict=True))
    return hypot(*(m - f for m, f in zip(middle, foot, strict=True))) < within
