"""The flight modes, by ArduCopter's numbers: what each does with the craft at every step."""

from __future__ import annotations

from math import cos, dist, sin
from typing import TYPE_CHECKING, ClassVar

from firmware_sitl.vehicle.heading import Look
from firmware_sitl.vehicle.landing import Landing
from firmware_sitl.vehicle.navigation import Point

if TYPE_CHECKING:
    from firmware_sitl.vehicle.craft import Craft

STABILIZE, ALT_HOLD, AUTO, GUIDED, LOITER, RTL = 0, 2, 3, 4, 5, 6
LAND, POSHOLD, BRAKE, SMART_RTL = 9, 16, 17, 21

SAME_POINT_M = 0.01
"""A guided point this near to the last one is the last one, sent again."""

NAMES = {
    STABILIZE: "STABILIZE",
    ALT_HOLD: "ALT_HOLD",
    AUTO: "AUTO",
    GUIDED: "GUIDED",
    LOITER: "LOITER",
    RTL: "RTL",
    LAND: "LAND",
    POSHOLD: "POSHOLD",
    BRAKE: "BRAKE",
    SMART_RTL: "SMART_RTL",
}


class Mode:
    """One flight mode. `enter` may refuse with a reason; `run` is called at every step."""

    number: ClassVar[int] = STABILIZE
    needs_position: ClassVar[bool] = True
    allows_arming: ClassVar[bool] = True

    def __init__(self, craft: Craft) -> None:
        self.craft = craft

    @property
    def name(self) -> str:
        """The mode's name."""
        return NAMES[self.number]

    def enter(self) -> str | None:
        """Take over the craft; the reason where that is impossible."""
        return None

    def run(self, dt: float) -> None:
        """One step."""

    def take_off(self, height_m: float) -> bool:
        """Begin a takeoff commanded by a client; False where the mode has none."""
        del height_m
        return False

    def fly_to(self, point: Point) -> bool:
        """Fly to a point commanded by a client; False where the mode has no such thing."""
        del point
        return False

    def pause(self, *, on: bool) -> bool:
        """Stop on the way, or go on; False where the mode cannot."""
        del on
        return False

    @property
    def landing(self) -> bool:
        """Whether this mode is bringing the craft down to the ground."""
        return False

    def _disarm_when_down(self, landing: Landing) -> None:
        if landing.down and self.craft.motors.armed:
            self.craft.motors.disarm()
            self.craft.say(6, "Disarming motors")


class HoldMode(Mode):
    """Holding height and, but for STABILIZE and ALT_HOLD, place; a takeoff can be commanded."""

    def __init__(self, craft: Craft) -> None:
        super().__init__(craft)
        self._climbing_to: float | None = None

    def enter(self) -> str | None:
        """Hold where the craft can stop."""
        self._climbing_to = None
        self.craft.navigation.start()
        self.craft.heading.hold()
        return None

    def run(self, dt: float) -> None:
        """Hold, or climb to the height commanded."""
        craft = self.craft
        if self._climbing_to is not None:
            if craft.take_off(dt, self._climbing_to):
                self._climbing_to = None
            return
        if craft.landed:
            craft.control.reset()
            return
        craft.wants_flight = True
        self.steer(dt)

    def steer(self, dt: float) -> None:
        """Follow the pilot's sticks: centred, they hold."""
        craft, sticks = self.craft, self.craft.sticks
        ahead, right = -sticks.axis(1), sticks.axis(0)
        speed = craft.parameters["LOIT_SPEED"] * 0.01 if sticks.alive else 0.0
        nose = cos(craft.body.yaw), sin(craft.body.yaw)
        craft.control.glide(
            dt,
            speed * (ahead * nose[0] - right * nose[1]),
            speed * (ahead * nose[1] + right * nose[0]),
        )
        craft.control.climb_at(dt, sticks.climb_rate())
        turn = sticks.turn_rate()
        if turn:
            craft.heading.turn(turn)
        elif craft.heading.look is Look.RATE:
            craft.heading.hold()

    def take_off(self, height_m: float) -> bool:
        """Climb to a height above home."""
        self._climbing_to = self.craft.home[2] + height_m
        return True


class Stabilize(HoldMode):
    """STABILIZE: climbs and sinks with the throttle; with the sticks at rest it comes down."""

    number = STABILIZE
    needs_position = False

    def take_off(self, height_m: float) -> bool:
        """No takeoff by command."""
        del height_m
        return False


class AltHold(HoldMode):
    """ALT_HOLD."""

    number = ALT_HOLD
    needs_position = False


class Loiter(HoldMode):
    """LOITER."""

    number = LOITER


class PosHold(HoldMode):
    """POSHOLD."""

    number = POSHOLD


class Brake(HoldMode):
    """BRAKE: stop and stay."""

    number = BRAKE
    allows_arming = False

    def steer(self, dt: float) -> None:
        """Stay, whatever the sticks say."""
        self.craft.control.glide(dt)
        self.craft.control.climb_at(dt, 0.0)

    def take_off(self, height_m: float) -> bool:
        """No takeoff."""
        del height_m
        return False


class Guided(Mode):
    """GUIDED: takeoff, points and velocities from a client."""

    number = GUIDED

    def __init__(self, craft: Craft) -> None:
        super().__init__(craft)
        self._climbing_to: float | None = None
        self._velocity: Point | None = None
        self._velocity_s = 0.0
        self._pursuing = False

    def enter(self) -> str | None:
        """Hold where the craft can stop."""
        self._climbing_to = self._velocity = None
        self._pursuing = False
        self.craft.navigation.start()
        self.craft.heading.hold()
        return None

    def take_off(self, height_m: float) -> bool:
        """Climb to a height above home."""
        self._velocity, self._pursuing = None, False
        self._climbing_to = self.craft.home[2] + height_m
        return True

    def fly_to(self, point: Point) -> bool:
        """Fly to a point: along a leg from rest, or without a stop where a client moves the point again."""
        navigation = self.craft.navigation
        if self.craft.landed:
            return False
        free = self._climbing_to is None and self._velocity is None
        under_way = free and (self._pursuing or not navigation.reached)
        if under_way and dist(point, navigation.destination) < SAME_POINT_M:
            return True
        self._climbing_to = self._velocity = None
        self._pursuing = under_way
        if under_way:
            navigation.start(speed_mps=navigation.speed_mps, at=point)
            return True
        navigation.start(speed_mps=navigation.speed_mps)
        navigation.go(point)
        self.craft.heading.default()
        return True

    def fly_at(self, velocity: Point) -> bool:
        """Fly at a velocity (north, east, up) until GUID_TIMEOUT."""
        if self.craft.landed:
            return False
        if self._velocity is None:
            self.craft.control.hold_here()
        self._climbing_to, self._pursuing = None, False
        self._velocity, self._velocity_s = velocity, self.craft.t_s
        return True

    def run(self, dt: float) -> None:
        """One step of what was last commanded."""
        craft = self.craft
        if self._climbing_to is not None:
            if craft.take_off(dt, self._climbing_to):
                at = (craft.control.north, craft.control.east, self._climbing_to)
                craft.navigation.start(speed_mps=craft.navigation.speed_mps, at=at)
                self._climbing_to = None
            return
        if craft.landed:
            craft.control.reset()
            return
        craft.wants_flight = True
        if self._velocity is not None:
            self._run_velocity(dt, self._velocity)
        elif self._pursuing:
            north, east, up = craft.navigation.destination
            craft.control.approach(dt, north, east)
            craft.control.climb_to(dt, up)
        elif craft.navigation.track[0] != craft.navigation.track[1]:
            craft.navigation.advance(dt)
        else:
            craft.control.glide(dt)
            craft.control.climb_to(dt, craft.navigation.destination[2])

    def _run_velocity(self, dt: float, velocity: Point) -> None:
        craft = self.craft
        if craft.t_s - self._velocity_s > craft.parameters["GUID_TIMEOUT"]:
            velocity = (0.0, 0.0, 0.0)
        craft.control.glide(dt, velocity[0], velocity[1])
        craft.control.climb_at(dt, velocity[2])


class Land(Mode):
    """LAND: down here, then disarm."""

    number = LAND
    needs_position = False
    allows_arming = False

    def enter(self) -> str | None:
        """Stop, and begin to descend."""
        self.craft.navigation.start()
        self._landing = Landing(self.craft)
        return None

    def run(self, dt: float) -> None:
        """One step down."""
        self._landing.run(dt)
        self._disarm_when_down(self._landing)

    @property
    def landing(self) -> bool:
        """Always."""
        return True
