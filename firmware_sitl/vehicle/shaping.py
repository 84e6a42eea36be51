"""Scalar shaping of targets: how far, how fast and how hard a target may move in one step.

The laws are ArduCopter's: proportional near the goal, square root of distance further away, so that
the deceleration asked for never exceeds what the aircraft may do.
"""

from __future__ import annotations

from math import copysign, hypot, sqrt


def clamp(value: float, low: float, high: float) -> float:
    """The value held between two limits."""
    return low if value < low else high if value > high else value


def root_control(error: float, gain: float, limit: float, dt_s: float = 0.0) -> float:
    """The rate at which to close an error: proportional, then the rate from which `limit` can still stop.

    >>> root_control(0.5, 1.0, 2.5)
    0.5
    >>> round(root_control(21.25, 1.0, 2.5), 6)
    10.0
    """
    linear = limit / (gain * gain)
    if abs(error) > linear:
        rate = copysign(sqrt(2.0 * limit * (abs(error) - 0.5 * linear)), error)
    else:
        rate = error * gain
    if dt_s > 0.0:
        most = abs(error) / dt_s
        return clamp(rate, -most, most)
    return rate


def error_for_rate(rate: float, gain: float, limit: float) -> float:
    """The error at which `root_control` asks for a rate: also the distance needed to stop from it."""
    if rate <= limit / gain:
        return rate / gain
    return limit / (2.0 * gain * gain) + rate * rate / (2.0 * limit)


def limit_length(north: float, east: float, longest: float) -> tuple[float, float]:
    """A vector held to a length.

    >>> limit_length(3.0, 4.0, 2.5)
    (1.5, 2.0)
    """
    length = hypot(north, east)
    if length <= longest:
        return north, east
    return north * longest / length, east * longest / length


def shaped_accel(speed_error: float, accel: float, *, most_accel: float, jerk: float, dt_s: float) -> float:
    """The next acceleration that closes a speed error within acceleration and jerk limits."""
    wanted = clamp(root_control(speed_error, jerk / most_accel, jerk, dt_s), -most_accel, most_accel)
    return accel + clamp(wanted - accel, -jerk * dt_s, jerk * dt_s)


def wrap_rad(angle: float) -> float:
    """An angle between -pi and pi."""
    turn = 6.283185307179586
    angle = angle % turn
    return angle - turn if angle > 0.5 * turn else angle
