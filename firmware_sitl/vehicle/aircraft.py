"""The flight core, without any link: body, motors, battery, air, control and navigation, step by step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import atan, cos, hypot, radians

from dfr.units import GRAVITY_MPS2
from firmware_sitl.vehicle.air import SimulatedAir
from firmware_sitl.vehicle.airframe import SitlAirframe
from firmware_sitl.vehicle.battery import Battery
from firmware_sitl.vehicle.body import Body
from firmware_sitl.vehicle.control import PositionControl
from firmware_sitl.vehicle.estimator import GATE_M, Glitch
from firmware_sitl.vehicle.heading import Heading
from firmware_sitl.vehicle.landing_target import LandingTarget
from firmware_sitl.vehicle.motors import Motors, Spool
from firmware_sitl.vehicle.navigation import WaypointNavigation
from firmware_sitl.vehicle.origin import METRES_PER_DEGREE, Origin
from firmware_sitl.vehicle.parameters import Parameters
from firmware_sitl.vehicle.shaping import clamp
from firmware_sitl.vehicle.sticks import Sticks

LEVEL_ERROR = (0.0065, -0.0097)
"""Lean (tangents, north and east) that passes for level without satellites: ArduCopter SITL drifts by 0.3 to
0.4 m/s in calm (recorded)."""

LAND_TILT_RAD = radians(15.0)
LAND_DETECT_S = 1.0
LIFTING_SHARE = 1.45
"""Throttle at which it counts as off the ground, in hover throttles (fitted to recorded takeoffs)."""

LAND_SETTLE_S = 0.6
"""Seconds of ground contact until throttle and the filtered acceleration are low (fitted to recordings)."""


class Aircraft:
    """What flies. `say` collects (severity, text) for whoever listens."""

    def __init__(
        self, *, airframe: SitlAirframe, parameters: Parameters, origin: Origin, heading_rad: float
    ) -> None:
        self.parameters = parameters
        self.origin = origin
        self.home = (0.0, 0.0, 0.0)
        self.body = Body(airframe, altitude_amsl_m=origin.altitude_m, heading_rad=heading_rad)
        self.motors = Motors(parameters)
        self.battery = Battery(airframe, parameters)
        self.air = SimulatedAir(parameters)
        self.control = PositionControl(self.body, parameters)
        self.navigation = WaypointNavigation(self.control, parameters)
        self.heading = Heading(self.body, self.control, parameters, self.air)
        self.landing_target = LandingTarget(
            parameters, self.body, origin, now_s=lambda: self.t_s, say=self.say
        )
        self.sticks = Sticks(parameters, lambda: self.t_s)
        self.t_s = 0.0
        self.landed = True
        self.landed_maybe = False
        self.took_off_s = 0.0
        self.armed_yaw_rad = heading_rad
        self.wants_flight = False
        self.says: deque[tuple[int, str]] = deque(maxlen=200)
        self.gps_offset = (0.0, 0.0)
        self.glitch = Glitch(self.say)
        self.position_ok = True
        self._lean_by_hand: tuple[float, float] | None = None
        self._thrust_by_hand: float | None = None
        self._ramp = 0.0
        self._contact_s = 0.0
        self._detect_s = 0.0

    def say(self, severity: int, text: str) -> None:
        """Tell whoever listens."""
        self.says.append((severity, text))

    @property
    def height_m(self) -> float:
        """Metres above home."""
        return self.body.up - self.home[2]

    @property
    def truth(self) -> tuple[float, float]:
        """Metres north and east where it really is; all else here is where it believes to be."""
        return self.body.north - self.gps_offset[0], self.body.east - self.gps_offset[1]

    @property
    def wrecked(self) -> bool:
        """Armed, in flight for its detectors, and without the thrust to fly."""
        return self.motors.armed and not self.landed and self.motors.working_share == 0.0

    def _follow_glitch(self) -> None:
        """SIM_GPS1_GLTCH_ (degrees): satellites lead it astray, and it corrects what was right."""
        parameters = self.parameters
        scale = METRES_PER_DEGREE * cos(radians(self.origin.lat_deg))
        north = METRES_PER_DEGREE * parameters["SIM_GPS1_GLTCH_X"]
        east = scale * parameters["SIM_GPS1_GLTCH_Y"]
        believed = self.glitch.believed_offset(self.t_s, (north, east))
        north, east = believed[0] - self.gps_offset[0], believed[1] - self.gps_offset[1]
        self.gps_offset = believed
        self.body.north += north
        self.body.east += east
        if hypot(north, east) > GATE_M:
            self.control.follow_reset(north, east)

    def step(self, dt: float, steer: Callable[[float], None]) -> None:
        """Advance everything by one step, steered by a flight mode."""
        self.t_s += dt
        self._follow_glitch()
        wind = self.air.next_wind(dt, self.body.up)
        self.wants_flight = False
        self._lean_by_hand = self._thrust_by_hand = None
        if not self.landed:
            self.landing_target.look_for_target(self.gps_offset)
        steer(dt)
        self.motors.spool_step(dt, fly=self.wants_flight)
        if self.body.on_ground:
            self._step_on_ground(dt)
        else:
            self._step_in_air(dt, wind)
        self._detect_landing(dt)
        self.battery.draw_current(
            dt, self.body.current_a(self.battery.volt) + (0.1 if self.motors.armed else 0.0)
        )

    def hold_place(self, dt: float) -> None:
        """Hold the place; level where no position is known."""
        if self.position_ok:
            self.control.move_target(dt)
        else:
            self.lean_by_hand()

    def lean_by_hand(self, north: float = 0.0, east: float = 0.0) -> None:
        """Lean (tangents) in this step, wherever the air takes it; what passes for level may not be."""
        off = (0.0, 0.0) if self.position_ok else LEVEL_ERROR
        self._lean_by_hand = (north + off[0], east + off[1])

    def thrust_by_hand(self, share: float) -> None:
        """Give a share of full thrust in this step."""
        self._thrust_by_hand = share

    def take_off(self, dt: float, up: float) -> bool:
        """Spool up, leave the ground and climb to a height; True once there."""
        self.wants_flight = True
        control = self.control
        if self.landed:
            control.restart_here()
            self.heading.hold_present()
            if self.motors.spool is Spool.UNLIMITED:
                self._ramp += dt / max(self.parameters["TKOFF_SLEW_TIME"], 0.1)
                if self._ramp >= LIFTING_SHARE * self.body.airframe.hover_throttle:
                    self.leave_ground()
            return False
        control.move_target(dt)
        control.climb_to(dt, up)
        slow = 0.1 * control.climb
        close = 0.5 * slow * slow / control.accel_up
        return control.up >= up - close and control.v_up < slow

    def leave_ground(self) -> None:
        """Count as flying from now on."""
        self.landed = self.landed_maybe = False
        self.took_off_s = self.t_s
        self._ramp = self._contact_s = self._detect_s = 0.0
        self.body.lift_off()

    def local_point(self, lat_deg: float, lon_deg: float, up: float) -> tuple[float, float, float]:
        """A local point from a position and a height above the origin."""
        north, east = self.origin.to_local(lat_deg, lon_deg)
        return north, east, up

    def _lean_asked(self) -> tuple[float, float]:
        return self.control.lean_asked() if self._lean_by_hand is None else self._lean_by_hand

    def _step_in_air(self, dt: float, wind: tuple[float, float, float]) -> None:
        control, body = self.control, self.body
        spun = self.motors.spool in (Spool.UNLIMITED, Spool.SPOOLING_UP)
        if self.motors.armed and spun:
            control.step_loops(dt)
            lean, by_hand = self._lean_asked(), self._thrust_by_hand
            a_up = clamp(control.ask_up, -GRAVITY_MPS2, 2.0 * GRAVITY_MPS2)
        else:
            lean, a_up, by_hand = (0.0, 0.0), -3.0 * GRAVITY_MPS2, None
        body.turn_towards(
            dt,
            lean=lean,
            yaw=self.heading.next_heading(dt),
            yaw_slew=control.gains.yaw_slew,
            tc=control.gains.input_tc,
        )
        if self._lean_by_hand is not None:
            control.follow_body(vertically=self._thrust_by_hand is not None)
        body.thrust_share = self.motors.working_share
        body.step_in_air(dt, a_up=a_up, wind=wind, by_hand=by_hand)
        if body.on_ground:
            self.say(6, f"SIM Hit ground at {body.hit_ground_mps or 0.0:f} m/s")

    def _step_on_ground(self, dt: float) -> None:
        """On the ground: the controller goes on asking, but nothing moves."""
        body, control = self.body, self.control
        if self.wrecked:
            # ArduPilot's SITL stands it upright: neither landed nor crashed to its detectors.
            body.step_on_ground(body.airframe.mass_kg * GRAVITY_MPS2)
            return
        idle = 0.0
        if self.motors.armed and not self.landed:
            control.step_loops(dt)
            rising = control.v_up > 0.1 and control.ask_up > 0.0
            if rising and self.motors.spool is Spool.UNLIMITED:
                self.leave_ground()
                return
            idle = 0.15 * body.airframe.mass_kg * GRAVITY_MPS2
        body.step_on_ground(idle)

    def _detect_landing(self, dt: float) -> None:
        """Landed: at rest with low throttle and no large tilt asked for, for a second (ArduCopter)."""
        if not self.motors.armed:
            self.landed, self.landed_maybe = True, False
            return
        if self.landed or self.wrecked:
            return
        pressing = self.body.on_ground and self.control.v_up <= 0.0
        self._contact_s = self._contact_s + dt if pressing else 0.0
        tilt = atan(hypot(*self._lean_asked()))
        if self._contact_s >= LAND_SETTLE_S and tilt <= LAND_TILT_RAD:
            self._detect_s += dt
            self.landed_maybe = self._detect_s >= 0.2
            self.landed = self._detect_s >= LAND_DETECT_S
        else:
            self._detect_s = 0.0
            self.landed_maybe = False
