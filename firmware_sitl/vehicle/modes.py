"""Flight modes by ArduCopter's numbers: the base class, STABILIZE, ALT_HOLD, LOITER, POSHOLD, BRAKE, LAND."""

from __future__ import annotations

from math import cos, sin
from typing import ClassVar

from dfr.ardupilot.modes import CopterMode
from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.heading import HeadingMode
from firmware_sitl.vehicle.landing import LandingDescent

STABILIZE, ALT_HOLD, AUTO = CopterMode.STABILIZE, CopterMode.ALT_HOLD, CopterMode.AUTO
GUIDED, LOITER, RTL, CIRCLE = CopterMode.GUIDED, CopterMode.LOITER, CopterMode.RTL, CopterMode.CIRCLE
LAND, POSHOLD, BRAKE = CopterMode.LAND, CopterMode.POSHOLD, CopterMode.BRAKE
SMART_RTL, AUTO_RTL = CopterMode.SMART_RTL, CopterMode.AUTO_RTL

RELATIVE_FRAME = 3
"""The one frame in which NAV_TAKEOFF is taken as a command."""

NAMES: dict[int, str] = {
    STABILIZE: "STABILIZE",
    ALT_HOLD: "ALT_HOLD",
    AUTO: "AUTO",
    GUIDED: "GUIDED",
    LOITER: "LOITER",
    RTL: "RTL",
    LAND: "LAND",
    POSHOLD: "POSHOLD",
    BRAKE: "BRAKE",
    SMART_RTL: "SMARTRTL",
    CIRCLE: "CIRCLE",
}
"""The modes that are flown here, by the names ArduCopter gives them."""

UNFLOWN: dict[int, str] = {
    CopterMode.ACRO: "ACRO",
    CopterMode.DRIFT: "DRIFT",
    CopterMode.FLIP: "FLIP",
    CopterMode.AUTOTUNE: "AUTOTUNE",
    CopterMode.THROW: "THROW",
    CopterMode.AVOID_ADSB: "AVOID_ADSB",
    CopterMode.GUIDED_NOGPS: "GUIDED_NOGPS",
    CopterMode.FLOWHOLD: "FLOWHOLD",
    CopterMode.FOLLOW: "FOLLOW",
    CopterMode.ZIGZAG: "ZIGZAG",
    CopterMode.SYSTEMID: "SYSTEMID",
    CopterMode.TURTLE: "TURTLE",
}
"""ArduCopter's other modes: refused here by name, because they are not flown here."""


class Mode:
    """One flight mode. `take_over` may refuse with a reason; `fly_step` is called at every step."""

    number: ClassVar[int] = STABILIZE
    needs_position: ClassVar[bool] = True
    allows_arming: ClassVar[bool] = True
    takes_off: ClassVar[bool] = False
    takes_speed: ClassVar[bool] = False
    manual: ClassVar[bool] = False

    def __init__(self, aircraft: Aircraft) -> None:
        self.aircraft = aircraft
        self._climbing_to: float | None = None

    @property
    def shown(self) -> int:
        """The number in the heartbeat."""
        return self.number

    @property
    def taking_off(self) -> bool:
        """Whether a takeoff by command is under way."""
        return self._climbing_to is not None

    @property
    def name(self) -> str:
        """The mode's name."""
        return NAMES[self.number]

    def take_over(self) -> str | None:
        """Take over the aircraft; the reason where that is impossible."""
        return None

    def fly_step(self, dt: float) -> None:
        """One step."""

    def take_off(self, height_m: float, *, navigates: bool = True) -> bool:
        """Begin to climb to a height above home; False where it cannot, or (`navigates`) would drift."""
        if not self.takes_off or (navigates and not self.needs_position):
            return False
        self._climbing_to = self.aircraft.home[2] + height_m
        return True

    def pause_flight(self) -> bool:
        """Stop on the way; False where the mode cannot."""
        return False

    def resume_flight(self) -> bool:
        """Go on after a pause; False where the mode cannot."""
        return False

    @property
    def landing(self) -> bool:
        """Whether this mode is bringing the aircraft down to the ground."""
        return False

    def _disarm_when_down(self, landing: LandingDescent) -> None:
        if landing.down and self.aircraft.motors.armed:
            self.aircraft.motors.disarm()
            self.aircraft.say(6, "Disarming motors")


class HoldMode(Mode):
    """Holding height and, but for STABILIZE and ALT_HOLD, place; a takeoff can be commanded."""

    takes_off = True

    def take_over(self) -> str | None:
        """Hold where the aircraft can stop."""
        self._climbing_to = None
        self.aircraft.navigation.start_from()
        self.aircraft.heading.hold_present()
        return None

    def fly_step(self, dt: float) -> None:
        """Hold, or climb to the height commanded."""
        aircraft = self.aircraft
        if self._climbing_to is not None:
            if aircraft.take_off(dt, self._climbing_to):
                self._climbing_to = None
            return
        if aircraft.landed:
            aircraft.control.restart_here()
            return
        aircraft.wants_flight = True
        self.follow_sticks(dt)

    def follow_sticks(self, dt: float) -> None:
        """Follow the pilot's sticks: centred, they hold."""
        aircraft, sticks = self.aircraft, self.aircraft.sticks
        ahead, right = -sticks.read_axis(1), sticks.read_axis(0)
        speed = aircraft.parameters["LOIT_SPEED"] * 0.01 if sticks.alive else 0.0
        nose = cos(aircraft.body.yaw), sin(aircraft.body.yaw)
        aircraft.control.move_target(
            dt,
            speed * (ahead * nose[0] - right * nose[1]),
            speed * (ahead * nose[1] + right * nose[0]),
        )
        aircraft.control.climb_at(dt, sticks.climb_rate(), limited=False)
        turn = sticks.turn_rate()
        if turn:
            aircraft.heading.turn_steadily(turn)
        elif aircraft.heading.mode is HeadingMode.RATE:
            aircraft.heading.hold_present()


class Stabilize(HoldMode):
    """STABILIZE: climbs and sinks with the throttle; with the sticks at rest it comes down."""

    number = STABILIZE
    needs_position = False
    takes_off = False
    manual = True


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
    takes_off = False

    def follow_sticks(self, dt: float) -> None:
        """Stay, whatever the sticks say."""
        self.aircraft.control.move_target(dt)
        self.aircraft.control.climb_at(dt, 0.0)


class Land(Mode):
    """LAND: down here, then disarm."""

    number = LAND
    needs_position = False
    allows_arming = False

    def take_over(self) -> str | None:
        """Stop, and begin to descend."""
        self.aircraft.navigation.start_from()
        self._landing = LandingDescent(self.aircraft)
        return None

    def hover_first(self) -> None:
        """Do not sink in the first seconds of this landing: ArduCopter's, after a failsafe."""
        self._landing.hovers_first = True

    def fly_step(self, dt: float) -> None:
        """One step down."""
        self._landing.fly_step(dt)
        self._disarm_when_down(self._landing)

    @property
    def landing(self) -> bool:
        """Always."""
        return True
