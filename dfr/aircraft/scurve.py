"""Leg profiles as ArduCopter flies them: jerk-limited S-curves whose jerk rises and falls as a raised cosine.

A leg from rest to rest speeds up, cruises and slows down by mirror images. Speeding up is an
acceleration pulse: jerk edge (`edge_s`), constant jerk (`hold_s`), jerk edge, constant acceleration
(`steady_s`), and the same backwards. A raised-cosine edge changes the acceleration by `jerk * edge / 2`
and is symmetric, so with `rise = 2 edge + hold`

    peak acceleration   A = jerk (edge + hold)
    speed gained        A (rise + steady)
    distance covered    A (rise + steady) (2 rise + steady) / 2

and the rest follows from what binds: the acceleration, the speed, or half the leg's length.
All functions are vectorised: arguments broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.geo import FloatArray

CUBIC_STEPS = 12
NEWTON_STEPS = 12
"""Bounded steps of the one cubic and of the search for a time; both settle to rounding or 1e-6 s."""

TINY = 1e-9
SETTLED_M = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class LegProfile:
    """How a leg is flown: its length, peak jerk, acceleration and speed, and the times of its parts."""

    length_m: FloatArray
    jerk_mps3: FloatArray
    accel_mps2: FloatArray
    speed_mps: FloatArray
    edge_s: FloatArray
    hold_s: FloatArray
    steady_s: FloatArray
    cruise_s: FloatArray

    @property
    def accelerating_s(self) -> FloatArray:
        """Seconds of speeding up, as many as of slowing down."""
        return 2.0 * (2.0 * self.edge_s + self.hold_s) + self.steady_s

    @property
    def total_s(self) -> FloatArray:
        """Seconds from rest to rest."""
        return 2.0 * self.accelerating_s + self.cruise_s


def leg_profile(
    length_m: FloatArray | float,
    *,
    speed_mps: FloatArray | float,
    accel_mps2: FloatArray | float,
    jerk_mps3: FloatArray | float,
    snap_mps4: FloatArray | float,
) -> LegProfile:
    """The profile of legs from rest to rest under limits of speed, acceleration, jerk and its change.

    Long legs obey T = L/V + V/A + A/J + edge:

    >>> leg = leg_profile(500.0, speed_mps=10.0, accel_mps2=2.5, jerk_mps3=1.0, snap_mps4=np.pi / 0.6)
    >>> float(leg.total_s.round(3))
    56.8
    """
    length, speed, accel, jerk, snap = np.broadcast_arrays(
        *(np.asarray(x, dtype=float) for x in (length_m, speed_mps, accel_mps2, jerk_mps3, snap_mps4))
    )
    half = np.maximum(0.5 * length, TINY)
    edge = np.pi * jerk / (2.0 * snap)
    peak = np.minimum(accel, np.minimum(speed / (2.0 * edge), half / (4.0 * edge**2)))
    short = peak < jerk * edge
    edge_short = np.minimum(edge, (half * np.pi / (8.0 * snap)) ** 0.25)
    edge_short = np.minimum(edge_short, np.cbrt(speed * np.pi / (4.0 * snap)))
    edge_short = np.minimum(edge_short, np.sqrt(accel * np.pi / (2.0 * snap)))
    edge = np.where(short, edge_short, edge)
    jerk = np.where(short, 2.0 * snap * edge / np.pi, jerk)
    peak = np.where(short, jerk * edge, _peak_accel(accel, speed, half, jerk, edge))
    rise = edge + peak / jerk
    steady = np.maximum(0.0, np.minimum(speed / peak - rise, _steady_of_length(half, peak, rise)))
    reached = peak * (rise + steady)
    used = 0.5 * reached * (2.0 * rise + steady)
    return LegProfile(
        length_m=length,
        jerk_mps3=jerk,
        accel_mps2=peak,
        speed_mps=reached,
        edge_s=edge,
        hold_s=np.maximum(0.0, rise - 2.0 * edge),
        steady_s=steady,
        cruise_s=np.maximum(0.0, (length - 2.0 * used) / reached),
    )


def distance_from_rest(profile: LegProfile, t_s: FloatArray) -> FloatArray:
    """Metres covered so many seconds after the start, up to the leg's length.

    By symmetry this is also the distance left so many seconds before the end.
    """
    return _state(profile, t_s)[0]


def time_to_cover(profile: LegProfile, distance_m: FloatArray | float) -> FloatArray:
    """Seconds from rest until a distance is covered; the whole leg's for its length or more.

    By symmetry also how long the last so many metres take. Newton's steps from the constant-jerk guess,
    kept within a bracket.
    """
    wanted = np.minimum(distance_m, profile.length_m)
    t_s = np.minimum(np.cbrt(6.0 * wanted / profile.jerk_mps3) + 0.5 * profile.edge_s, profile.total_s)
    low, high = np.zeros_like(t_s), profile.total_s
    for _ in range(NEWTON_STEPS):
        covered, speed = _state(profile, t_s)
        if np.abs(covered - wanted).max(initial=0.0) < SETTLED_M:
            break
        before = covered < wanted
        low, high = np.where(before, t_s, low), np.where(before, high, t_s)
        better = t_s - (covered - wanted) / np.maximum(speed, TINY)
        t_s = np.where((better >= low) & (better <= high), better, 0.5 * (low + high))
    return np.where(wanted >= profile.length_m, profile.total_s, t_s)


def _state(profile: LegProfile, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance and speed so many seconds after the start."""
    pulse = profile.accelerating_s
    slowing = t_s > pulse + profile.cruise_s
    in_pulse = np.where(slowing, profile.total_s - t_s, t_s)
    covered, speed = _pulse(profile, np.clip(in_pulse, 0.0, pulse))
    cruised = np.clip(t_s - pulse, 0.0, profile.cruise_s) * profile.speed_mps
    return np.where(slowing, profile.length_m - covered, covered + cruised), speed


def _peak_accel(
    accel: FloatArray, speed: FloatArray, half: FloatArray, jerk: FloatArray, edge: FloatArray
) -> FloatArray:
    """Largest acceleration whose pulse without a steady part overshoots neither speed nor half length."""
    by_speed = 0.5 * jerk * (np.sqrt(edge**2 + 4.0 * speed / jerk) - edge)
    by_length = np.minimum(accel, by_speed)
    for _ in range(CUBIC_STEPS):
        rise = edge + by_length / jerk
        excess = by_length * rise**2 - half
        slope = rise**2 + 2.0 * by_length * rise / jerk
        by_length = np.where(excess > 0.0, by_length - excess / slope, by_length)
    result: FloatArray = by_length
    return result


def _steady_of_length(half: FloatArray, peak: FloatArray, rise: FloatArray) -> FloatArray:
    """Seconds of steady acceleration that use up half the length: the root of its quadratic."""
    root: FloatArray = 0.5 * (np.sqrt(rise**2 + 8.0 * half / peak) - 3.0 * rise)
    return root


def _pulse(profile: LegProfile, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance and speed while speeding up from rest, t within the pulse: its seven parts in turn."""
    edge, hold, steady, jerk = profile.edge_s, profile.hold_s, profile.steady_s, profile.jerk_mps3
    none = np.zeros_like(edge)
    left, covered, speed, accel = t_s, none, none, none
    for length, start, end in (
        (edge, 0.0, 1.0), (hold, 1.0, 1.0), (edge, 1.0, 0.0), (steady, 0.0, 0.0),
        (edge, 0.0, -1.0), (hold, -1.0, -1.0), (edge, -1.0, 0.0),
    ):  # fmt: skip
        part = np.minimum(left, length)
        if not part.any():
            continue
        left = left - part
        mean = 0.5 * (start + end) * jerk
        square = part * part
        covered = covered + part * (speed + 0.5 * accel * part + mean * square / 6.0)
        speed = speed + part * (accel + 0.5 * mean * part)
        accel = accel + mean * part
        if start != end:
            swing, k = 0.5 * (start - end) * jerk, np.pi / np.maximum(length, TINY)
            sine, cosine = np.sin(k * part), np.cos(k * part)
            covered = covered + swing * (part - sine / k) / k**2
            speed = speed + swing * (1.0 - cosine) / k**2
            accel = accel + swing * sine / k
    return covered, speed
