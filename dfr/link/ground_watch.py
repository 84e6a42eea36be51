"""A drone on the ground whose motors run: landed and not disarmed, or a wreck.

Landed, not disarmed: in a steady wind ArduCopter can touch down and keep leaning into the wind, so that its
land detector never ends the flight. Once the drone has been low and still for `STILL_S`, a disarm is asked
for; where that is refused, it is forced on a simulated vehicle or where that was allowed. Otherwise it is
said so and left to the pilot.

A wreck: low and still with the motors on, anywhere but in its landing, is an alarm after `WRECK_S`, and in
its landing where it fell before; so is one that is still and lies on its side, however high the ground is.

Motors that are off end no flight by themselves: they may stop in the air, and the ground is then met later.
So the drone is followed until it has rested for `RESTS_S`; one that falls meanwhile has crashed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.modes import RETURN_MODES, CopterMode
from dfr.errors import VehicleRefusedError
from dfr.geo import distance_m
from dfr.link.mavlink import MavlinkVehicle
from dfr.link.recorder import Recorder
from dfr.link.vehicle import VehicleState
from dfr.mission.compile import NAV_COMMANDS
from dfr.mission.items import FlightPlan

STILL_S = 8.0
STILL_HEIGHT_M = 0.7
STILL_SPEED_MPS = 0.1
DISARM_AGAIN_S = 5.0

WRECK_S = 3.0
WRECK_HEIGHT_M = 3.0
"""Barometers read up to 2.5 m on the ground after real flights."""

ON_ITS_SIDE_RAD = math.radians(45.0)
"""A drone in the air that leans so far does not stay where it is (assumed)."""

OVER_LANDING_M = 10.0
"""A return's landing begins within this of where it ends (assumed: drift in wind, and a marker's search)."""

RESTS_S = 2.0
"""What is in the air when its motors stop has fallen 20 m by then, and reports its speed several times."""

IMPACT_MPS = 3.0
"""LAND_SPEED is 2 m/s at most: faster onto the ground is no landing (assumed: half as much again)."""

FALLING_MPS = 5.0
"""Faster down than ArduCopter's WPNAV_SPEED_DN goes by its documentation."""

FALLING_SHARE = 1.3
"""A vehicle that is set to descend faster falls from so much beyond that (assumed: overshoot, wind)."""


@dataclass
class GroundWatch:
    """Watches one flight for the ground; `tell` gets what happens. `crash` says why it is a wreck.

    `descends_mps` is how fast the vehicle is set to come down.
    """

    vehicle: MavlinkVehicle
    recorder: Recorder
    may_force_disarm: bool
    descends_mps: float
    tell: Callable[[str], None]
    crash: str = ""
    _next_disarm_s: float = 0.0
    _fell: bool = False
    _off_t_s: float | None = None
    _moved_t_s: float = 0.0
    _reboots: int = field(init=False)

    def __post_init__(self) -> None:
        self._reboots = self.vehicle.state.reboots

    @property
    def is_off(self) -> bool:
        """Whether its motors have been off since it was last looked at."""
        return self._off_t_s is not None

    def is_at_rest(self, state: VehicleState) -> bool:
        """Whether its motors are off and it lies still; a fall without motors is a crash."""
        t_s, sink_mps = state.t_s or 0.0, -(state.climb_mps or 0.0)
        if state.armed is not False:
            self._off_t_s = None
            return False
        if self._off_t_s is None:
            self._off_t_s = self._moved_t_s = t_s
            self.tell("disarmed")
        if sink_mps > IMPACT_MPS:
            self._moved_t_s = t_s
            self._tell_crash(f"its motors stopped in the air, {state.height_m_home or 0.0:.0f} m up")
        if state.reboots != self._reboots and self.recorder.air.in_air:
            self._tell_crash("it restarted in the air")
        return t_s - self._moved_t_s >= RESTS_S or not self.recorder.air.hops

    def _tell_crash(self, how: str) -> None:
        if not self.crash and how:
            self.crash = how
            self.tell(f"DOWN: {how}")

    def watch_ground(self, state: VehicleState, plan: FlightPlan, *, ours: bool, low_m: float | None) -> None:
        """One look. `ours`: no pilot has it, so it may be disarmed; `low_m` is the height of its low hold.

        Raises LinkError where a disarm does not get through.
        """
        self._watch_fall(state)
        if not self.recorder.air.clearly_up:
            return
        if not self.crash:
            self._tell_crash(self._wreck_reason(state, plan, ours=ours, low_m=low_m))
        rests = bool(self.crash) or (_is_landing(state, plan) and self._still_s(STILL_HEIGHT_M) >= STILL_S)
        if ours and rests and (state.t_s or 0.0) >= self._next_disarm_s:
            self._disarm_landed(state)

    def _watch_fall(self, state: VehicleState) -> None:
        """Told once: faster down than any descent."""
        sink_mps = -(state.climb_mps or 0.0)
        falling_mps = max(FALLING_MPS, FALLING_SHARE * self.descends_mps)
        if not self._fell and sink_mps > falling_mps and self.recorder.air.in_air:
            self._fell = True
            self.tell(f"FALLING at {sink_mps:.0f} m/s, {state.height_m_home or 0.0:.0f} m up")

    def _wreck_reason(self, state: VehicleState, plan: FlightPlan, *, ours: bool, low_m: float | None) -> str:
        """Why it is taken for a wreck; empty where it is not. A pilot may land it anywhere."""
        if (_is_landing(state, plan) and not self._fell) or not (ours or self.recorder.air.in_air):
            return ""
        lean_rad = max(abs(state.roll_rad or 0.0), abs(state.pitch_rad or 0.0))
        below_m = math.inf if lean_rad > ON_ITS_SIDE_RAD else _lowest_m(plan, low_m)
        still_s = self._still_s(below_m)
        if still_s < WRECK_S:
            return ""
        how = "on its side" if lean_rad > ON_ITS_SIDE_RAD else "low"
        return f"{how} and still for {still_s:.0f} s with its motors on, in {state.mode_name}"

    def _still_s(self, below_m: float) -> float:
        return self.recorder.still_s(below_m=below_m, speed_mps=STILL_SPEED_MPS)

    def _disarm_landed(self, state: VehicleState) -> None:
        self._next_disarm_s = (state.t_s or 0.0) + DISARM_AGAIN_S
        if not self.crash:
            still_s = self._still_s(STILL_HEIGHT_M)
            self.tell(f"landed, not disarmed for {still_s:.0f} s: disarming")
        try:
            self.vehicle.disarm()
        except VehicleRefusedError:
            self._force_disarm()

    def _force_disarm(self) -> None:
        if not self.may_force_disarm:
            what = "crashed" if self.crash else "landed"
            self.tell(f"{what}, not disarmed: the vehicle refuses to disarm, the pilot must")
            return
        self.tell("disarm refused: forcing it, the drone is low and still")
        self.vehicle.disarm(force=True)


def _is_landing(state: VehicleState, plan: FlightPlan) -> bool:
    """Whether it is in a landing: commanded to land, or returning and over a place where the return ends."""
    if state.mode == CopterMode.LAND:
        return True
    if state.mode not in RETURN_MODES and state.mode != CopterMode.AUTO:
        return False
    lands = [item.position for item in plan.items if item.command == Command.NAV_LAND]
    ends = [plan.home, *(point.position for point in plan.rally), *lands]
    here = state.position
    return here is not None and any(
        distance_m(here, end) <= OVER_LANDING_M for end in ends if end is not None
    )


def _lowest_m(plan: FlightPlan, low_m: float | None) -> float:
    """No command sends it lower than this: half of the lowest height in its plan or hold."""
    flown = [item for item in plan.items if item.command in NAV_COMMANDS]
    heights = [item.z_m for item in flown if item.frame == Frame.GLOBAL_RELATIVE_ALT]
    heights_m = [height for height in (*heights, low_m) if height is not None and height > 0.0]
    return min([WRECK_HEIGHT_M, *(0.5 * height for height in heights_m)])
