"""Where the nose points: along the course, or drifting while ArduCopter holds "the heading it has".

On scene its heading target is the Euler yaw of its own attitude target, which lies on the far side of the
heading the attitude is made of: with the nose `a` off the line of a tilt `t`, tan(yaw) = tan(a) / cos(t).
The attitude follows within ATC_INPUT_TC, so the nose drifts by (yaw - a) / ATC_INPUT_TC a second until the
tilt is abeam (AC_PosControl::calculate_yaw_and_rate_yaw, AC_AttitudeControl::input_thrust_vector_heading).
Drag acts on body axes, so the line of the tilt is not that of the wind, and moves with the nose. The
return keeps the heading it begins with, and that heading decides how fast a drone at its tilt limit gets on.
"""

from __future__ import annotations

import math

import numpy as np

from dfr.aircraft.settings import (
    SHORTEST_INPUT_TC_S,
    YAW_AHEAD,
    YAW_HELD,
    YAW_NEXT,
    YAW_NEXT_BUT_RETURN,
    SettingColumns,
)
from dfr.aircraft.trim import Airframe, nearly_balancing_lean
from dfr.aircraft.ways import Wind
from dfr.geo import FloatArray

TAKEOFF_HEADING_RAD = 0.0
"""Assumed where no case says it: the drone stands facing north."""

DRIFT_LATE_S = 0.5
"""The nose begins to drift so long after it may: it follows its target (recorded on SITL)."""

SLEW_RADPS = math.radians(60.0)
"""ATC_SLEW_YAW's default."""

LEAST_OFF_RAD = math.radians(0.005)
"""No nose is nearer to the wind's line: it would never leave it."""

MOST_OFF_RAD = math.radians(89.5)
"""A tilt so far abeam has come to rest."""

POINTS = 14
"""Steps of the quadrature over the logarithm of tan(angle off the wind), in which the drift is smooth."""

LEAST_TILT_RAD = math.radians(1.5)
"""Below this tilt a minute turns a nose by two degrees at most."""

SLOWEST_RATE = 1e-6


def nose_out(courses_rad: FloatArray, settings: SettingColumns) -> FloatArray:
    """Where the nose points on legs (n, legs) of a mission: along them, or as it stood at takeoff: north."""
    held = settings.yaw_behavior == YAW_HELD
    return np.where(held[:, None], TAKEOFF_HEADING_RAD, courses_rad)


def nose_home(held_rad: FloatArray, courses_rad: FloatArray, settings: SettingColumns) -> FloatArray:
    """Where the nose points on the return: as it did before, along the way home, or as at takeoff."""
    behavior = settings.yaw_behavior
    turns = (behavior == YAW_NEXT) | (behavior == YAW_AHEAD)
    nose = np.where(turns, courses_rad + np.pi, held_rad)
    return np.where(behavior == YAW_HELD, TAKEOFF_HEADING_RAD, nose)


def turn_seconds(heading_rad: FloatArray, settings: SettingColumns) -> FloatArray:
    """Seconds over home in which a nose that pointed home turns back to its takeoff heading."""
    behavior = settings.yaw_behavior
    turns = (behavior == YAW_NEXT) | (behavior == YAW_AHEAD)
    apart = np.abs((heading_rad - TAKEOFF_HEADING_RAD + np.pi) % (2.0 * np.pi) - np.pi)
    return np.where(turns, apart / SLEW_RADPS, 0.0)


def keeps_nose(settings: SettingColumns) -> np.ndarray:
    """Where a return keeps the heading the drone had on scene."""
    kept: np.ndarray = settings.yaw_behavior == YAW_NEXT_BUT_RETURN
    return kept


def off_wind(nose_rad: FloatArray, wind: Wind) -> FloatArray:
    """The nose's angle off the line of the wind, -90 to 90 degrees."""
    line = np.arctan2(wind.east_mps, wind.north_mps)
    off: FloatArray = (nose_rad - line + 0.5 * np.pi) % np.pi - 0.5 * np.pi
    return off


def nose_after_waiting(
    nose_rad: FloatArray, seconds: FloatArray, wind: Wind, airframe: Airframe, settings: SettingColumns
) -> FloatArray:
    """The heading after hovering in the wind for a while: of noses (n,), or (starts, n)."""
    speed = np.hypot(wind.east_mps, wind.north_mps)
    lean = nearly_balancing_lean(airframe, np.stack([np.zeros_like(speed), speed]), wind.density)
    rows = np.flatnonzero((np.hypot(lean[0], lean[1]) > math.tan(LEAST_TILT_RAD)) & (seconds > 0.0))
    if not rows.size:
        return nose_rad
    off = off_wind(nose_rad, wind)[..., rows]
    turned = drifted(
        np.clip(np.abs(off), LEAST_OFF_RAD, MOST_OFF_RAD),
        seconds[rows],
        airframe,
        speed_mps=speed[rows],
        density=wind.density[rows],
        most_lean=np.tan(np.radians(settings.lean_limit_deg[rows])),
        input_tc_s=settings.input_tc_s[rows],
    )
    nose = nose_rad.copy()
    nose[..., rows] += np.where(off < 0.0, -1.0, 1.0) * turned - off
    return nose


def drifted(
    start_rad: FloatArray,
    seconds: FloatArray,
    airframe: Airframe,
    *,
    speed_mps: FloatArray,
    density: FloatArray,
    most_lean: FloatArray,
    input_tc_s: FloatArray,
) -> FloatArray:
    """The angle off the wind, 0 to 90 degrees, some seconds later: a quadrature of 1 / rate, inverted.

    All of shape (n,), or the angle at the start, more than 0, of shape (starts, n).
    """
    first, last = np.log(np.tan(np.atleast_2d(start_rad))), math.log(math.tan(MOST_OFF_RAD))
    least = first.min(axis=0)
    logs = (
        least + (last - least) * np.linspace(0.0, 1.0, POINTS if start_rad.ndim == 1 else 2 * POINTS)[:, None]
    )
    angle = np.arctan(np.exp(logs))
    lean = nearly_balancing_lean(airframe, speed_mps * np.stack([np.sin(angle), np.cos(angle)]), density)
    length = np.hypot(lean[0], lean[1])
    stretch = np.sqrt(1.0 + np.minimum(length, most_lean) ** 2)
    off = np.arctan2(np.abs(lean[0]), np.abs(lean[1]))
    rate = (np.arctan(np.tan(off) * stretch) - off) / np.maximum(input_tc_s, SHORTEST_INPUT_TC_S)
    pace = np.maximum(rate, SLOWEST_RATE) / (np.sin(angle) * np.cos(angle))
    steps = 0.5 * (1.0 / pace[1:] + 1.0 / pace[:-1]) * np.diff(logs, axis=0)
    clock = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])
    ends = [_read(clock, logs, _read(logs, clock, start) + seconds) for start in first]
    return np.arctan(np.exp(np.array(ends).reshape(start_rad.shape)))


def _read(rising: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    """The value of each column where another, rising, passes something; linear between their rows."""
    row = np.clip((rising <= at).sum(axis=0), 1, len(rising) - 1)
    column = np.arange(rising.shape[1])
    before, after = rising[row - 1, column], rising[row, column]
    share = np.clip((at - before) / np.maximum(after - before, 1e-12), 0.0, 1.0)
    found: FloatArray = values[row - 1, column] * (1.0 - share) + values[row, column] * share
    return found
