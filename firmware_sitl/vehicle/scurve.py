"""A leg's distance, speed and acceleration over time, with limited jerk and snap.

The shape is the one ArduCopter's waypoint controller flies: jerk rises and falls as a raised cosine
of duration tj, so that

    leg seconds = L/V + V/A + A/J + tj        (long legs from rest to rest)

Each change of speed is symmetric about its middle, so its length is its mean speed times its time.

Not `dfr.aircraft.profiles`, which knows legs from rest to rest, many at once: a leg here may begin at a
speed, is asked for its state at each step, and takes no part in the predictions that its flights judge.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import cos, pi, sin, sqrt
from typing import NamedTuple

BISECTIONS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveLimits:
    """What a leg may do: speed, acceleration, jerk and snap along it, in SI."""

    speed_mps: float
    accel_mps2: float
    jerk_mps3: float
    snap_mps4: float


class _CurveState(NamedTuple):
    """Where a leg's target is: a time, and its acceleration, speed and distance."""

    t_s: float
    accel: float
    speed: float
    distance: float


class _CurvePart(NamedTuple):
    """A stretch of the leg: the shape of its jerk, how long it lasts, and the state it begins in."""

    shape: int
    jerk: float
    span_s: float
    start: _CurveState


CONSTANT, RISING, FALLING = 0, 1, 2
"""Shapes of jerk: constant, or a raised cosine that rises or falls."""


@dataclass(frozen=True, slots=True)
class _Pulse:
    """One change of speed: three stretches of jerk, a constant acceleration, and three of jerk."""

    jerk: float
    ramp_s: float
    hold_s: float
    constant_s: float

    @property
    def accel(self) -> float:
        return self.jerk * (self.ramp_s + self.hold_s)

    @property
    def seconds(self) -> float:
        return 2.0 * (2.0 * self.ramp_s + self.hold_s) + self.constant_s


def _quickest_pulse(change_mps: float, limits: CurveLimits) -> _Pulse:
    """The quickest change of speed from steady to steady."""
    if change_mps <= 0.0:
        return _Pulse(0.0, 0.0, 0.0, 0.0)
    jerk = limits.jerk_mps3
    ramp = jerk * pi / (2.0 * limits.snap_mps4)
    accel = min(limits.accel_mps2, 0.5 * jerk * (sqrt(ramp * ramp + 4.0 * change_mps / jerk) - ramp))
    if accel < jerk * ramp:
        slope = 2.0 * limits.snap_mps4 / pi
        ramp = min((change_mps / (2.0 * slope)) ** (1.0 / 3.0), sqrt(limits.accel_mps2 / slope))
        jerk = slope * ramp
        accel = jerk * ramp
        return _Pulse(jerk, ramp, 0.0, max(0.0, change_mps / accel - 2.0 * ramp))
    hold = accel / jerk - ramp
    return _Pulse(jerk, ramp, hold, max(0.0, change_mps / accel - 2.0 * ramp - hold))


def _change_length(low: float, high: float, limits: CurveLimits) -> float:
    return 0.5 * (low + high) * _quickest_pulse(high - low, limits).seconds


def _top_speed(start: float, length: float, limits: CurveLimits) -> float:
    """The highest speed at which speeding up from `start` and slowing to rest fit in a length."""
    top = limits.speed_mps
    if _change_length(start, top, limits) + _change_length(0.0, top, limits) <= length:
        return top
    low = start
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + top)
        if _change_length(start, middle, limits) + _change_length(0.0, middle, limits) <= length:
            low = middle
        else:
            top = middle
    return low


class SCurve:
    """A leg of a given length from a speed to rest, as a function of time."""

    __slots__ = ("_ends", "_parts", "accel_end_s", "decel_start_s", "end_s", "length_m", "limits")

    def __init__(self, length_m: float, limits: CurveLimits, *, start_mps: float = 0.0):
        self.length_m = length_m
        self.limits = limits
        self._parts: list[_CurvePart] = []
        self._ends: list[float] = []
        self.accel_end_s = self.decel_start_s = self.end_s = 0.0
        if length_m <= 0.0:
            return
        state = _CurveState(t_s=0.0, accel=0.0, speed=start_mps, distance=0.0)
        if start_mps > limits.speed_mps:
            state = self._append_change(state, _quickest_pulse(start_mps - limits.speed_mps, limits), -1.0)
            start_mps = limits.speed_mps
        top = _top_speed(start_mps, length_m - state.distance, limits)
        state = self._append_change(state, _quickest_pulse(top - start_mps, limits), 1.0)
        self.accel_end_s = state.t_s
        left = length_m - state.distance - _change_length(0.0, top, limits)
        state = self._append_part(state, CONSTANT, 0.0, max(0.0, left / top) if top > 0.0 else 0.0)
        self.decel_start_s = state.t_s
        state = self._append_change(state, _quickest_pulse(top, limits), -1.0)
        self.end_s = state.t_s

    def state_at(self, t_s: float) -> tuple[float, float, float]:
        """Distance, speed and acceleration at a time from the start."""
        if t_s >= self.end_s or not self._parts:
            return self.length_m, 0.0, 0.0
        part = self._parts[min(bisect_right(self._ends, t_s), len(self._parts) - 1)]
        return _evaluate_part(part, max(0.0, t_s - part.start.t_s))

    def _append_change(self, state: _CurveState, pulse: _Pulse, sign: float) -> _CurveState:
        """Append a change of speed, up (1) or down (-1); the state it ends in."""
        for shape, part_sign, span in (
            (RISING, sign, pulse.ramp_s),
            (CONSTANT, sign, pulse.hold_s),
            (FALLING, sign, pulse.ramp_s),
            (CONSTANT, 0.0, pulse.constant_s),
            (RISING, -sign, pulse.ramp_s),
            (CONSTANT, -sign, pulse.hold_s),
            (FALLING, -sign, pulse.ramp_s),
        ):
            state = self._append_part(state, shape, part_sign * pulse.jerk, span)
        return state._replace(accel=0.0)

    def _append_part(self, state: _CurveState, shape: int, jerk: float, span: float) -> _CurveState:
        """Append a stretch; the state it ends in."""
        if span <= 0.0:
            return state
        part = _CurvePart(shape, jerk, span, state)
        self._parts.append(part)
        self._ends.append(state.t_s + span)
        distance, speed, accel = _evaluate_part(part, span)
        return _CurveState(state.t_s + span, accel, speed, distance)


def _evaluate_part(part: _CurvePart, t: float) -> tuple[float, float, float]:
    """Distance, speed and acceleration so long after a stretch began."""
    shape, jerk, span, (_, accel0, speed0, distance0) = part
    if shape == CONSTANT:
        return (
            distance0 + t * (speed0 + t * (accel0 / 2.0 + t * jerk / 6.0)),
            speed0 + t * (accel0 + t * jerk / 2.0),
            accel0 + t * jerk,
        )
    half, beta = 0.5 * jerk, pi / span
    sign = -1.0 if shape == RISING else 1.0
    sine, cosine = sign * sin(beta * t) / beta, sign * cos(beta * t)
    accel = accel0 + half * (t + sine)
    speed = speed0 + accel0 * t + half * (t * t / 2.0 - (cosine - sign) / (beta * beta))
    distance = (
        distance0
        + speed0 * t
        + accel0 * t * t / 2.0
        + half * (t**3 / 6.0 - sine / (beta * beta) + sign * t / (beta * beta))
    )
    return distance, speed, accel
