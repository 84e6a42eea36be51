"""The landing descent: ArduCopter's two speeds, and precision landing onto a target with its retries."""

from __future__ import annotations

from enum import Enum
from math import hypot

from firmware_sitl.vehicle.aircraft import Aircraft
from firmware_sitl.vehicle.landing_target import LOST_AFTER_S, TargetState
from firmware_sitl.vehicle.motors import Spool
from firmware_sitl.vehicle.origin import LocalPoint
from firmware_sitl.vehicle.shaping import clamp, root_control

NOT_STRICT, NORMAL, VERY_STRICT = 0, 1, 2
"""PLND_STRICT: land anyway, retry and then land, retry and then hover."""

RETRY_RISE_M = 1.5
RETRY_CLOSE_M = 0.75
FAILSAFE_HOLD_S = 7.0
"""Seconds of hover before a landing without its target goes on downwards (ArduCopter)."""

HOVER_FIRST_S = 4.0
"""LAND by a failsafe sinks only after so long (LAND_WITH_DELAY_MS)."""

SLOW_LOW_M, SLOW_HIGH_M = 0.35, 2.0
SLOW_ERROR_M, SLOWEST_MPS = 0.15, 0.1


class Effort(Enum):
    """What a precision landing is doing about its target."""

    DESCEND = "descend"
    RETRY = "retry"
    HOLD = "hold"


class LandingDescent:
    """A landing in progress; `fly_step` each step, `down` once the motors idle on the ground."""

    def __init__(self, aircraft: Aircraft) -> None:
        self._craft = aircraft
        self.started_s = aircraft.t_s
        self.retries = 0
        self._retry_to: LocalPoint | None = None
        self._sinking = False
        self._failed_s: float | None = None
        self.hovers_first = False
        aircraft.heading.hold_present()

    @property
    def down(self) -> bool:
        """Landed, and the motors at idle."""
        aircraft = self._craft
        return aircraft.landed and aircraft.motors.spool in (Spool.GROUND_IDLE, Spool.SHUT_DOWN)

    def fly_step(self, dt: float) -> None:
        """One step down, towards the target where one is used, or back up to find it."""
        aircraft, control = self._craft, self._craft.control
        if aircraft.landed:
            control.restart_here()
            return
        aircraft.wants_flight = True
        if aircraft.landed_maybe:
            control.relax_integrator(dt)
        effort = (
            self._choose_effort()
            if aircraft.landing_target.enabled and not aircraft.body.on_ground
            else Effort.DESCEND
        )
        if effort is Effort.RETRY and self._retry_to is not None:
            control.approach_point(dt, self._retry_to[0], self._retry_to[1])
            control.climb_to(dt, self._retry_to[2])
            return
        if aircraft.landing_target.found:
            control.approach_point(dt, *aircraft.landing_target.target)
        else:
            aircraft.hold_place(dt)
        hovers = self.hovers_first and aircraft.t_s - self.started_s < HOVER_FIRST_S
        control.climb_at(dt, 0.0 if effort is Effort.HOLD or hovers else self.climb_rate(), limited=False)

    def climb_rate(self) -> float:
        """Climb rate: fast down to LAND_ALT_LOW, then LAND_SPEED; slower yet beside a seen target, m/s."""
        aircraft, parameters = self._craft, self._craft.parameters
        control = aircraft.control
        slow = abs(parameters["LAND_SPEED"]) * 0.01
        fast = max(parameters["LAND_SPEED_HIGH"] * 0.01 or control.descent, slow)
        above = aircraft.height_m - max(parameters["LAND_ALT_LOW"] * 0.01, 1.0)
        rate = clamp(root_control(-above, control.gains.pos_up_p, control.accel_up), -fast, -slow)
        if not aircraft.landing_target.found:
            return rate
        off, most = aircraft.landing_target.error_m, parameters["PLND_XY_DIST_MAX"]
        if 0.0 < most < off:
            return 0.0
        if SLOW_LOW_M < aircraft.height_m < SLOW_HIGH_M:
            half = 0.5 * slow
            return min(-SLOWEST_MPS, half * (off / SLOW_ERROR_M - 1.0))
        return rate

    def _choose_effort(self) -> Effort:
        """What to do about the target: ArduCopter's retry machine."""
        aircraft = self._craft
        state = aircraft.landing_target.sight_from(aircraft.height_m)
        if state in (TargetState.FOUND, TargetState.OUT_OF_RANGE):
            self._retry_to = self._failed_s = None
            self._sinking = False
            return Effort.DESCEND
        if state is TargetState.NEVER_SEEN:
            return self._fly_without_target()
        strict = int(aircraft.parameters["PLND_STRICT"])
        waited = aircraft.t_s - aircraft.landing_target.seen_s - LOST_AFTER_S
        untried = self._retry_to is None and self._failed_s is None
        if strict == NOT_STRICT or (untried and waited < aircraft.parameters["PLND_TIMEOUT"]):
            return Effort.DESCEND
        return self._fly_retry()

    def _fly_retry(self) -> Effort:
        aircraft = self._craft
        most = int(aircraft.parameters["PLND_RET_MAX"])
        if self._retry_to is None and self._failed_s is None:
            if self.retries >= most:
                return self._fly_without_target()
            self.retries += 1
            aircraft.say(6, "PrecLand: Retrying")
            last, target = aircraft.landing_target.seen_from, aircraft.landing_target
            over = target.target if aircraft.parameters["PLND_RET_BEHAVE"] else (last[0], last[1])
            self._retry_to = (over[0], over[1], last[2] + RETRY_RISE_M)
        goal, body = self._retry_to, aircraft.body
        if goal is None:
            return self._fly_without_target()
        off = hypot(goal[0] - body.north, goal[1] - body.east, goal[2] - body.up)
        if off < RETRY_CLOSE_M and self._sinking:
            aircraft.say(6, "PrecLand: Retry Completed")
            self._retry_to, self._sinking = None, False
            return self._fly_without_target()
        if off < RETRY_CLOSE_M or self._sinking:
            self._sinking = True
            self._retry_to = (body.north, body.east, aircraft.landing_target.seen_from[2])
        return Effort.RETRY

    def _fly_without_target(self) -> Effort:
        """Without the target: hover for good, hover a while, or go on down, as PLND_STRICT says."""
        aircraft = self._craft
        if self._failed_s is None:
            self._failed_s = aircraft.t_s
            aircraft.say(6, "PrecLand: Failsafe Measures")
        strict = int(aircraft.parameters["PLND_STRICT"])
        if strict == VERY_STRICT:
            return Effort.HOLD
        if strict == NORMAL and aircraft.t_s - self._failed_s < FAILSAFE_HOLD_S:
            return Effort.HOLD
        return Effort.DESCEND
