"""Flight modes by ArduCopter's numbers: the base class, STABILIZE, ALT_HOLD, LOITER, POSHOLD, BRAKE, LAND."""

from __future__ import annotations

from math import cos, radians, sin, tan
from typing import ClassVar

from dfr.ardupilot.modes import CopterMode
from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.heading import HeadingMode
from firmware_sitl.vehicle.landing import LandingDescent
from firmware_sitl.vehicle.motors import Spool
from firmware_sitl.vehicle.shaping import clamp

STABILIZE, ALT_HOLD, AUTO = CopterMode.STABILIZE, CopterMode.ALT_HOLD, CopterMode.AUTO
GUIDED, LOITER, RTL, CIRCLE = CopterMode.GUIDED, CopterMode.LOITER, CopterMode.RTL, CopterMode.CIRCLE
LAND, POSHOLD, BRAKE = CopterMode.LAND, CopterMode.POSHOLD, CopterMode.BRAKE
SMART_RTL, AUTO_RTL = CopterMode.SMART_RTL, CopterMode.AUTO_RTL

MOST_STICK_TAKEOFF_M = 10.0
"""PILOT_TKOFF_ALT counts up to here."""

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

    @property
    def throttle_high(self) -> bool:
        """Whether this mode, entered on the ground, would make it leap off by the throttle's position."""
        return False

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
            self.wait_for_throttle()
            return
        aircraft.wants_flight = True
        self.follow_sticks(dt)

    def wait_for_throttle(self) -> None:
        """Take off once the throttle is raised; spin up at its middle (Mode::get_alt_hold_state)."""
        aircraft = self.aircraft
        rate = aircraft.sticks.climb_rate()
        aircraft.wants_flight = rate >= 0.0 and aircraft.sticks.alive
        if rate > 0.0 and aircraft.motors.spool is Spool.UNLIMITED:
            height_m = clamp(aircraft.parameters["PILOT_TKOFF_ALT"] * 0.01, 0.0, MOST_STICK_TAKEOFF_M)
            self._climbing_to = aircraft.body.up + height_m

    def follow_sticks(self, dt: float) -> None:
        """Follow the pilot's sticks: centred, they hold."""
        aircraft = self.aircraft
        speed = aircraft.parameters["LOIT_SPEED"] * 0.01
        north, east = self._stick()
        aircraft.control.move_target(dt, speed * north, speed * east)
        aircraft.control.climb_at(dt, aircraft.sticks.climb_rate(), limited=False)
        self._turn_by_stick()

    def _stick(self) -> tuple[float, float]:
        """The stick north and east, -1 to 1, as the nose points; none without a receiver."""
        sticks, yaw = self.aircraft.sticks, self.aircraft.body.yaw
        if not sticks.alive:
            return 0.0, 0.0
        ahead, right = -sticks.read_axis(1), sticks.read_axis(0)
        return ahead * cos(yaw) - right * sin(yaw), ahead * sin(yaw) + right * cos(yaw)

    def _turn_by_stick(self) -> None:
        aircraft, turn = self.aircraft, self.aircraft.sticks.turn_rate()
        if turn:
            aircraft.heading.turn_steadily(turn)
        elif aircraft.heading.mode is HeadingMode.RATE:
            aircraft.heading.hold_present()


class AltHold(HoldMode):
    """ALT_HOLD: the stick leans it, and the wind takes it along."""

    number = ALT_HOLD
    needs_position = False

    def follow_sticks(self, dt: float) -> None:
        """Lean as the stick says; climb and sink as in other modes."""
        self._lean_by_stick()
        self.aircraft.control.climb_at(dt, self.aircraft.sticks.climb_rate(), limited=False)
        self._turn_by_stick()

    def _lean_by_stick(self) -> None:
        aircraft = self.aircraft
        most = tan(radians(aircraft.parameters["ANGLE_MAX"] * 0.01))
        north, east = self._stick()
        aircraft.lean_by_hand(most * north, most * east)


class Stabilize(AltHold):
    """STABILIZE: the throttle is the thrust; at its lowest the motors idle and the vehicle falls."""

    number = STABILIZE
    takes_off = False
    manual = True

    def follow_sticks(self, dt: float) -> None:
        """Lean and push as the sticks say."""
        aircraft = self.aircraft
        throttle = aircraft.sticks.throttle
        aircraft.wants_flight = throttle > 0.0
        self._lean_by_stick()
        aircraft.thrust_by_hand(_thrust_share(throttle, aircraft.body.airframe.hover_throttle))
        self._turn_by_stick()

    def wait_for_throttle(self) -> None:
        """Rise as soon as the thrust carries the weight."""
        aircraft = self.aircraft
        throttle, hover = aircraft.sticks.throttle, aircraft.body.airframe.hover_throttle
        aircraft.wants_flight = throttle > 0.0 and aircraft.sticks.alive
        if _thrust_share(throttle, hover) > hover and aircraft.motors.spool is Spool.UNLIMITED:
            aircraft.leave_ground()

    @property
    def throttle_high(self) -> bool:
        """Whether the throttle would lift it off, or nearly (Copter::get_non_takeoff_throttle)."""
        hover = self.aircraft.body.airframe.hover_throttle
        return _thrust_share(self.aircraft.sticks.throttle, hover) > 0.5 * hover


def _thrust_share(throttle: float, hover: float) -> float:
    """Share of full thrust for a throttle, which hovers in its middle (Mode::get_pilot_desired_throttle).

    >>> round(_thrust_share(0.5, 0.39), 2), _thrust_share(1.0, 0.39)
    (0.39, 1.0)
    """
    bend = (0.5 - hover) / 0.375
    return throttle * (1.0 - bend) + bend * throttle**3


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

    def wait_for_throttle(self) -> None:
        """Stay, whatever the sticks say."""

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
