"""RTL: climb, return home or to a rally point, loiter, and land or stop above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from math import hypot, radians

from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.heading import HeadingMode
from firmware_sitl.vehicle.landing import LandingDescent
from firmware_sitl.vehicle.modes import RTL, Mode
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.shaping import wrap_rad

RESTLESS_M = 0.004
"""A real filter's height is never quite the target's: a leg this short takes half a second (recorded)."""

FLATTEST_CONE = 0.5
"""RTL_MIN_CONE_SLOPE: a flatter one is none."""

TURNED_BACK_RAD = radians(2.0)
"""So near to its heading on arming the nose has turned back (ModeRTL::loiterathome_run)."""


class ReturnStage(Enum):
    """The parts of a return, in order."""

    CLIMB = "climb"
    BACK = "back"
    LOITER = "loiter"
    DESCEND = "descend"
    LAND = "land"


class ReturnMode(Mode):
    """RTL."""

    number = RTL
    allows_arming = False

    def __init__(
        self, aircraft: Aircraft, goal: Callable[[], LocalPoint], ceiling_m: Callable[[], float]
    ) -> None:
        """`ceiling_m` is the height above home to keep under."""
        super().__init__(aircraft)
        self._goal, self._ceiling_m = goal, ceiling_m
        self._landing = LandingDescent(aircraft)
        self._target: LocalPoint = (0.0, 0.0, 0.0)
        self._since_s = 0.0
        self._turns_back = False
        self.stage = ReturnStage.CLIMB

    def take_over(self) -> str | None:
        """Plan the return and begin to climb."""
        aircraft = self.aircraft
        aircraft.navigation.start_from(speed_mps=aircraft.parameters["RTL_SPEED"] * 0.01)
        self.stage = ReturnStage.CLIMB
        here = aircraft.navigation.destination
        goal = self._goal()
        height = self._return_height(here, goal)
        self._target = (goal[0], goal[1], height)
        aircraft.navigation.fly_to((here[0], here[1], height))
        aircraft.navigation.fly_next(self._target)
        aircraft.heading.hold_present()
        return None

    def fly_step(self, dt: float) -> None:
        """One step of the present part."""
        aircraft = self.aircraft
        if aircraft.landed and self.stage is not ReturnStage.LAND:
            self._begin_landing()
        if self.stage is ReturnStage.LAND:
            self._landing.fly_step(dt)
            self._disarm_when_down(self._landing)
            return
        aircraft.wants_flight = True
        if self.stage is ReturnStage.DESCEND:
            aircraft.control.move_target(dt)
            aircraft.control.climb_to(dt, aircraft.home[2] + aircraft.parameters["RTL_ALT_FINAL"] * 0.01)
            return
        aircraft.navigation.move_target(dt)
        self._move_on()

    @property
    def landing(self) -> bool:
        """On the way down to the ground."""
        return self.stage is ReturnStage.LAND

    @property
    def down(self) -> bool:
        """Landed, and the motors at idle."""
        return self.stage is ReturnStage.LAND and self._landing.down

    def _move_on(self) -> None:
        aircraft = self.aircraft
        if self.stage is ReturnStage.CLIMB and aircraft.navigation.reached:
            self.stage = ReturnStage.BACK
            aircraft.navigation.fly_to(self._target)
            aircraft.heading.follow_yaw_behavior(returning=True)
        elif self.stage is ReturnStage.BACK and aircraft.navigation.reached:
            self.stage = ReturnStage.LOITER
            self._since_s = aircraft.t_s
            self._turns_back = aircraft.heading.mode is HeadingMode.ALONG
            if self._turns_back:
                aircraft.heading.turn_to(aircraft.armed_yaw_rad)
        elif self.stage is ReturnStage.LOITER and self._has_waited():
            if aircraft.parameters["RTL_ALT_FINAL"] > 0.0:
                self.stage = ReturnStage.DESCEND
                aircraft.heading.hold_present()
            else:
                self._begin_landing()

    def _has_waited(self) -> bool:
        """Whether RTL_LOIT_TIME is over, and the nose is where it was on arming, if it turns there."""
        aircraft = self.aircraft
        if aircraft.t_s - self._since_s < aircraft.parameters["RTL_LOIT_TIME"] * 0.001:
            return False
        off = abs(wrap_rad(aircraft.body.yaw - aircraft.armed_yaw_rad))
        return not self._turns_back or off <= TURNED_BACK_RAD

    def _begin_landing(self) -> None:
        self.stage = ReturnStage.LAND
        self._landing = LandingDescent(self.aircraft)

    def _return_height(self, here: LocalPoint, goal: LocalPoint) -> float:
        """The height to return at, above the origin: RTL_ALT, or that of a rally point above it.

        Lower inside the cone and under the fence.
        Never lower than now, not where it can stop: an aircraft that was sinking climbs back to where it was.
        """
        parameters, home_up = self.aircraft.parameters, self.aircraft.home[2]
        now = self.aircraft.body.up - home_up
        least = now + max(parameters["RTL_CLIMB_MIN"] * 0.01, RESTLESS_M)
        wanted = max(parameters["RTL_ALT"] * 0.01, goal[2] - home_up)
        slope = parameters["RTL_CONE_SLOPE"]
        if slope >= FLATTEST_CONE:
            wanted = min(wanted, slope * hypot(goal[0] - here[0], goal[1] - here[1]))
        return home_up + max(min(max(wanted, least), self._ceiling_m()), now + RESTLESS_M)


def return_point(
    aircraft: Aircraft, rally: Sequence[LocalPoint], allows_point: Callable[[float, float, float], bool]
) -> LocalPoint:
    """Where a return goes: the nearest rally point that the fence allows.

    Home where it is nearer, or where no such point is within RALLY_LIMIT_KM (AP_Rally).
    """
    here = aircraft.body

    def away(point: LocalPoint) -> float:
        return hypot(point[0] - here.north, point[1] - here.east)

    limit_m = aircraft.parameters["RALLY_LIMIT_KM"] * 1000.0
    near = [point for point in rally if allows_point(*point) and (limit_m <= 0.0 or away(point) <= limit_m)]
    if not near:
        return aircraft.home
    best = min(near, key=away)
    if aircraft.parameters["RALLY_INCL_HOME"] and away(aircraft.home) < away(best):
        return aircraft.home
    return best
