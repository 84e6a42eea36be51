"""Legs as ArduCopter before 4.1 flew them: a target runs ahead of the drone on a leash, without S-curves.

The target moves along the path, at most a leash ahead of the drone; its speed grows by twice the
acceleration, falls with the square root of the distance left where the drone is to stop, and does not slow
down at waypoints between. The drone follows by a square-root controller of its distance to the target and a
velocity controller. A drone in a wind that its tilt cannot hold is not modelled.

Source: AC_WPNav.cpp (`advance_wp_target_along_track`, `get_slow_down_speed`) and AC_PosControl.cpp
(`calc_leash_length`) of Copter 3.2 to 4.0. The lag of the attitude is assumed.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from dfr.geo import FloatArray
from dfr.track import REACHED_M

STEP_S = 0.02
MOST_S = 3600.0
LEAST_LEASH_M = 1.0
SLOWEST_MPS = 0.5
"""WPNAV_WP_TRACK_SPEED_MIN."""

TILT_LAG_S = 0.25
"""From an acceleration asked to an acceleration flown (assumed)."""

FIRST_WITH_S_CURVES = (4, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeashSettings:
    """What sets the pace: WPNAV_SPEED, WPNAV_ACCEL, POS_XY_P and VEL_XY_P in SI."""

    speed_mps: float
    accel_mps2: float
    position_p: float = 1.0
    velocity_p: float = 1.0

    @property
    def leash_m(self) -> float:
        """How far ahead of the drone the target may run.

        >>> LeashSettings(speed_mps=5.0, accel_mps2=1.0).leash_m
        13.0
        """
        speed, accel, gain = self.speed_mps, self.accel_mps2, self.position_p
        if speed <= accel / gain:
            return max(speed / gain, LEAST_LEASH_M)
        return max(accel / (2.0 * gain**2) + speed**2 / (2.0 * accel), LEAST_LEASH_M)


def leash_path_seconds(path_m: FloatArray, settings: LeashSettings) -> float | None:
    """Seconds from rest at the start of a path until within 2 m of its end; None if never.

    `path_m` has shape (n, 2). The drone stops at the end and flies through the waypoints between.
    """
    path = [(float(east), float(north)) for east, north in path_m]
    place, speed, push = path[0], (0.0, 0.0), (0.0, 0.0)
    t_s = 0.0
    for number, (start, end) in enumerate(itertools.pairwise(path)):
        last = number == len(path) - 2
        length = math.dist(start, end)
        if length < 1e-6:
            continue
        unit = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
        ahead_m, pace = 0.0, max(0.0, speed[0] * unit[0] + speed[1] * unit[1])
        while t_s < MOST_S:
            if last and math.dist(place, end) <= REACHED_M:
                return t_s
            if not last and ahead_m >= length:
                break
            along = speed[0] * unit[0] + speed[1] * unit[1]
            target = (start[0] + unit[0] * ahead_m, start[1] + unit[1] * ahead_m)
            slack = settings.leash_m - math.dist(place, target)
            pace = _pace(pace, along, left_m=length - ahead_m if last else None, slack_m=slack, of=settings)
            if slack > 0.0:
                ahead_m = min(ahead_m + min(pace * STEP_S, slack), length)
            place, speed, push = _follow(place, speed, push, target, settings)
            t_s += STEP_S
    return None


def _pace(pace: float, along: float, *, left_m: float | None, slack_m: float, of: LeashSettings) -> float:
    """The target's speed a step later; `left_m` is how far it is from where it stops."""
    range_mps = of.accel_mps2 / of.position_p
    if along < -range_mps:
        return 0.0
    if slack_m > 0.0:
        pace += 2.0 * of.accel_mps2 * STEP_S
    pace = min(max(pace, 0.0), of.speed_mps)
    if left_m is not None and left_m <= of.speed_mps**2 / (4.0 * of.accel_mps2):
        pace = min(pace, max(SLOWEST_MPS, math.sqrt(4.0 * of.accel_mps2 * max(left_m, 0.0))))
    if abs(along) < range_mps:
        pace = min(max(pace, along - range_mps), along + range_mps)
    return pace


Pair = tuple[float, float]


def _follow(place: Pair, speed: Pair, push: Pair, target: Pair, of: LeashSettings) -> tuple[Pair, Pair, Pair]:
    """(place, velocity, acceleration) of the drone a step later."""
    error = (target[0] - place[0], target[1] - place[1])
    away = math.hypot(*error)
    linear_m = of.accel_mps2 / of.position_p**2
    if away > linear_m:
        wanted = math.sqrt(2.0 * of.accel_mps2 * (away - 0.5 * linear_m))
    else:
        wanted = of.position_p * away
    share = wanted / away if away > 1e-9 else 0.0
    blend = STEP_S / (STEP_S + TILT_LAG_S)
    asked = [of.velocity_p * (e * share - v) for e, v in zip(error, speed, strict=True)]
    push = (push[0] + blend * (asked[0] - push[0]), push[1] + blend * (asked[1] - push[1]))
    speed = (speed[0] + push[0] * STEP_S, speed[1] + push[1] * STEP_S)
    return (place[0] + speed[0] * STEP_S, place[1] + speed[1] * STEP_S), speed, push


def is_flown_on_a_leash(firmware: tuple[int, int]) -> bool:
    """Whether a version of ArduCopter flies legs so.

    >>> is_flown_on_a_leash((4, 0)), is_flown_on_a_leash((4, 1))
    (True, False)
    """
    return firmware < FIRST_WITH_S_CURVES
