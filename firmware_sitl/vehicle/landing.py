"""The landing descent: ArduCopter's two speeds, and precision landing onto a target with its retries."""

from __future__ import annotations

from enum import Enum
from math import hypot

from firmware_sitl.vehicle.craft import Craft
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
    """A landing in progress; `run` each step, `down` once the motors idle on the ground."""

    def __init__(self, craft: Craft) -> None:
        self._craft = craft
        self.started_s = craft.t_s
        self.retries = 0
        self._retry_to: LocalPoint | None = None
        self._sinking = False
        self._failed_s: float | None = None
        self.hovers_first = False
        craft.heading.hold_present()

    @property
    def down(self) -> bool:
        """Landed, and the motors at idle."""
        craft = self._craft
        return craft.landed and craft.motors.spool in (Spool.GROUND_IDLE, Spool.SHUT_DOWN)

    def fly_step(self, dt: float) -> None:
        """One step down, towards the target where one is used, or back up to find it."""
        craft, control = self._craft, self._craft.control
        if craft.landed:
            control.restart_here()
            return
        craft.wants_flight = True
        if craft.landed_maybe:
            control.relax_integrator(dt)
        effort = (
            self._choose_effort()
            if craft.landing_target.enabled and not craft.body.on_ground
            else Effort.DESCEND
        )
        if effort is Effort.RETRY and self._retry_to is not None:
            control.approach_point(dt, self._retry_to[0], self._retry_to[1])
            control.climb_to(dt, self._retry_to[2])
            return
        if craft.landing_target.found:
            control.approach_point(dt, *craft.landing_target.target)
        else:
            control.move_target(dt)
        hovers = self.hovers_first and craft.t_s - self.started_s < HOVER_FIRST_S
        control.climb_at(dt, 0.0 if effort is Effort.HOLD or hovers else self.climb_rate(), limited=False)

    def climb_rate(self) -> float:
        """Climb rate: fast down to LAND_ALT_LOW, then LAND_SPEED; slower yet beside a seen target, m/s."""
        craft, parameters = self._craft, self._craft.parameters
        control = craft.control
        slow = abs(parameters["LAND_SPEED"]) * 0.01
        fast = max(parameters["LAND_SPEED_HIGH"] * 0.01 or control.descent, slow)
        above = craft.height_m - max(parameters["LAND_ALT_LOW"] * 0.01, 1.0)
        rate = clamp(root_control(-above, control.gains.pos_up_p, control.accel_up), -fast, -slow)
        if not craft.landing_target.found:
            return rate
        off, most = craft.landing_target.error_m, parameters["PLND_XY_DIST_MAX"]
        if 0.0 < most < off:
            return 0.0
        if SLOW_LOW_M < craft.height_m < SLOW_HIGH_M:
            half = 0.5 * slow
            return min(-SLOWEST_MPS, half * (off / SLOW_ERROR_M - 1.0))
        return rate

    def _choose_effort(self) -> Effort:
        """What to do about the target: ArduCopter's retry machine."""
        craft = self._craft
        state = craft.landing_target.sight_from(craft.height_m)
        if state in (TargetState.FOUND, TargetState.OUT_OF_RANGE):
            self._retry_to = self._failed_s = None
            self._sinking = False
            return Effort.DESCEND
        if state is TargetState.NEVER_SEEN:
            return self._fly_without_target()
        strict = int(craft.parameters["PLND_STRICT"])
        waited = craft.t_s - craft.landing_target.seen_s - LOST_AFTER_S
        untried = self._retry_to is None and self._failed_s is None
        if strict == NOT_STRICT or (untried and waited < craft.parameters["PLND_TIMEOUT"]):
            return Effort.DESCEND
        return self._fly_retry()

    def _fly_retry(self) -> Effort:
        craft = self._craft
        most = int(craft.parameters["PLND_RET_MAX"])
        if self._retry_to is None and self._failed_s is None:
            if self.retries >= most:
                return self._fly_without_target()
            self.retries += 1
            craft.say(6, "PrecLand: Retrying")
            last, target = craft.landing_target.seen_from, craft.landing_target
            over = target.target if craft.parameters["PLND_RET_BEHAVE"] else (last[0], last[1])
            self._retry_to = (over[0], over[1], last[2] + RETRY_RISE_M)
        goal, body = self._retry_to, craft.body
        if goal is None:
            return self._fly_without_target()
        off = hypot(goal[0] - body.north, goal[1] - body.east, goal[2] - body.up)
        if off < RETRY_CLOSE_M and self._sinking:
            craft.say(6, "PrecLand: Retry Completed")
            self._retry_to, self._sinking = None, False
            return self._fly_without_target()
        if off < RETRY_CLOSE_M or self._sinking:
            self._sinking = True
            self._retry_to = (body.north, body.east, craft.landing_target.seen_from[2])
        return Effort.RETRY

    def _fly_without_target(self) -> Effort:
        """Without the target: hover for good, hover a while, or go on down, as PLND_STRICT says."""
        craft = self._craft
        if self._failed_s is None:
            self._failed_s = craft.t_s
            craft.say(6, "PrecLand: Failsafe Measures")
        strict = int(craft.parameters["PLND_STRICT"])
        if strict == VERY_STRICT:
            return Effort.HOLD
        if strict == NORMAL and craft.t_s - self._failed_s < FAILSAFE_HOLD_S:
            return Effort.HOLD
        return Effort.DESCEND
