"""Flight profiles as ArduCopter flies them: S-curves along legs, climbs and landings, and their seconds.

**Legs** (`leg_profile`) are jerk-limited S-curves whose jerk rises and falls as a raised cosine. A leg
from rest to rest speeds up, cruises and slows down by mirror images. Speeding up is an acceleration pulse:
jerk edge (`edge_s`), constant jerk (`hold_s`), jerk edge, constant acceleration (`steady_s`), and the same
backwards. A raised-cosine edge changes the acceleration by `jerk * edge / 2` and is symmetric, so with
`rise = 2 edge + hold`

    peak acceleration   A = jerk (edge + hold)
    speed gained        A (rise + steady)
    distance covered    A (rise + steady) (2 rise + steady) / 2

and the rest follows from what binds: the acceleration, the speed, or half the leg's length.

**Climbs and landings** (`climb_seconds`, `land_seconds`) are stepped: a vertical target and a body that
follows it. The target's law is ArduCopter's shaping (`shape_vel_accel`): the acceleration that closes a speed
error, a square root of it far away, within acceleration and jerk limits. A takeoff wants the speed from which
half the acceleration can still stop at its height. A landing wants the square-root speed of the height
left above the low height, no faster than the high and no slower than the low speed: since the wanted
speed falls as fast as the limits allow, a fast descent arrives below the low height still faster than
the low speed. Steady parts are not stepped through; equal flights are flown once.

All functions are vectorised: arguments broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from dfr.geo import FloatArray
from dfr.track import CLIMBED_SHORT_OF_M, LIFTED_M, TOUCHED_M

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
    return _distance_and_speed(profile, t_s)[0]


def time_to_cover(profile: LegProfile, distance_m: FloatArray | float) -> FloatArray:
    """Seconds from rest until a distance is covered; the whole leg's for its length or more.

    By symmetry also how long the last so many metres take. Newton's steps from the constant-jerk guess,
    kept within a bracket.
    """
    wanted = np.minimum(distance_m, profile.length_m)
    t_s = np.minimum(np.cbrt(6.0 * wanted / profile.jerk_mps3) + 0.5 * profile.edge_s, profile.total_s)
    low, high = np.zeros_like(t_s), profile.total_s
    for _ in range(NEWTON_STEPS):
        covered, speed = _distance_and_speed(profile, t_s)
        if np.abs(covered - wanted).max(initial=0.0) < SETTLED_M:
            break
        before = covered < wanted
        low, high = np.where(before, t_s, low), np.where(before, high, t_s)
        better = t_s - (covered - wanted) / np.maximum(speed, TINY)
        t_s = np.where((better >= low) & (better <= high), better, 0.5 * (low + high))
    return np.where(wanted >= profile.length_m, profile.total_s, t_s)


def _distance_and_speed(profile: LegProfile, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Distance and speed so many seconds after the start."""
    pulse = profile.accelerating_s
    slowing = t_s > pulse + profile.cruise_s
    in_pulse = np.where(slowing, profile.total_s - t_s, t_s)
    covered, speed = _speed_up(profile, np.clip(in_pulse, 0.0, pulse))
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


def _speed_up(profile: LegProfile, t_s: FloatArray) -> tuple[FloatArray, FloatArray]:
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


# Climbs and landings ---------------------------------------------------------------------------

STEP_S = 0.025
"""Half of it moves no landing by more than 0.2 s."""

MOST_STEPS = 12_000
"""Five minutes of changing speed: the slowest settings settle in one."""

FIRST_LEG_S = -0.06
"""A first leg starts so much before the body has come to rest above it (recorded on SITL)."""

HEIGHT_P, CLIMB_RATE_P = 1.0, 5.0
"""PSC_POSZ_P and PSC_VELZ_P, which no catalogue drone changes."""

THRUST_LAG_S = 0.1
"""Acceleration loop and motors (recorded on SITL)."""

DONE_SHARE = 0.1
"""A takeoff is complete when the wanted climb falls below this share of the climb speed."""

STEADY_S = 3.0
"""Seconds at a steady speed that are kept before and after it is skipped."""

SETTLED_MPS = 0.005


@dataclass(frozen=True, slots=True)
class _VerticalFlight:
    """Target and body of some flights, shape (n,), up positive."""

    target_m: FloatArray
    target_mps: FloatArray
    target_mps2: FloatArray
    height_m: FloatArray
    rate_mps: FloatArray
    accel_mps2: FloatArray

    def fly_step(
        self, wanted_mps: FloatArray, accel_mps2: FloatArray, jerk_mps3: FloatArray
    ) -> _VerticalFlight:
        """One step later, when a climb rate is wanted."""
        push = np.clip(
            _root_control(wanted_mps - self.target_mps, jerk_mps3 / accel_mps2, jerk_mps3),
            -accel_mps2,
            accel_mps2,
        )
        change = np.clip(push - self.target_mps2, -jerk_mps3 * STEP_S, jerk_mps3 * STEP_S)
        target_mps2 = self.target_mps2 + change
        target_mps = self.target_mps + 0.5 * (self.target_mps2 + target_mps2) * STEP_S
        target_m = self.target_m + 0.5 * (self.target_mps + target_mps) * STEP_S
        aim = target_mps + HEIGHT_P * (target_m - self.height_m)
        asked = CLIMB_RATE_P * (aim - self.rate_mps) + target_mps2
        accel = self.accel_mps2 + (asked - self.accel_mps2) * (STEP_S / (STEP_S + THRUST_LAG_S))
        rate = self.rate_mps + 0.5 * (self.accel_mps2 + accel) * STEP_S
        height = self.height_m + 0.5 * (self.rate_mps + rate) * STEP_S
        return _VerticalFlight(target_m, target_mps, target_mps2, height, rate, accel)

    def rows(self, keep: np.ndarray) -> _VerticalFlight:
        """Some of the flights."""
        return _VerticalFlight(*(getattr(self, name)[keep] for name in _VerticalFlight.__dataclass_fields__))

    @classmethod
    def on_target(cls, height_m: FloatArray, rate_mps: FloatArray, accel_mps2: FloatArray) -> _VerticalFlight:
        """A body exactly on its target."""
        return cls(height_m, rate_mps, accel_mps2, height_m, rate_mps, accel_mps2)


def climb_seconds(
    height_m: FloatArray, climb_mps: FloatArray, accel_mps2: FloatArray, jerk_mps3: FloatArray | float = 5.0
) -> tuple[FloatArray, FloatArray]:
    """Seconds from lift (0.3 m) to 1 m short of a takeoff height, and from there until the first leg starts.

    >>> one = np.array([1.0])
    >>> float(climb_seconds(60 * one, 2.5 * one, one)[0].round(1)[0])
    24.8
    """
    height, climb, accel, jerk = _as_columns(height_m, climb_mps, accel_mps2, jerk_mps3)
    room = 1.5 * climb**2 / accel + 2.0 * climb * accel / jerk + STEADY_S * climb + LIFTED_M
    stepped = np.minimum(height, np.maximum(room, 2.0))
    up, done = _fly_distinct(_fly_climbs, stepped, climb, accel, jerk)
    return up + (height - stepped) / climb, np.maximum(done - up + FIRST_LEG_S, 0.0)


def land_seconds(  # noqa: PLR0917 - the six numbers of a landing
    height_m: FloatArray,
    high_mps: FloatArray,
    low_mps: FloatArray,
    low_height_m: FloatArray,
    accel_mps2: FloatArray,
    jerk_mps3: FloatArray | float = 5.0,
) -> tuple[FloatArray, FloatArray]:
    """Seconds of the first metre of a landing from a hover, and from there to touchdown (0.15 m).

    >>> one = np.array([1.0])
    >>> float(land_seconds(60 * one, 1.5 * one, 0.5 * one, 10 * one, one)[1].round()[0])
    53.0
    """
    height, high, low, low_height, accel, jerk = _as_columns(
        height_m, high_mps, low_mps, low_height_m, accel_mps2, jerk_mps3
    )
    high, low_height = np.maximum(high, low), np.maximum(low_height, 1.0)
    room = high**2 / accel + accel + 2.0 * high * accel / jerk + STEADY_S * high + CLIMBED_SHORT_OF_M
    stepped = np.minimum(height, low_height + room)
    first, down = _fly_distinct(_fly_landings, stepped, high, low, low_height, accel, jerk)
    return first, np.maximum(down - first + (height - stepped) / high, 0.0)


def _fly_climbs(
    height: FloatArray, climb: FloatArray, accel: FloatArray, jerk: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Seconds from lift until 1 m short, and until the takeoff is complete."""
    # Off the ground at full acceleration: that is the speed it has at the height of the lift.
    start = np.minimum(np.sqrt(2.0 * accel * LIFTED_M), climb)
    body = _VerticalFlight.on_target(np.full_like(height, LIFTED_M), start, accel.copy())
    close = height - 0.5 * (DONE_SHARE * climb) ** 2 / accel
    marks = np.full((2, len(height)), np.nan)
    rows = np.arange(len(height))
    for step in range(1, MOST_STEPS):
        limit = 0.5 * accel
        wanted = np.minimum(_root_control(height - body.target_m, 0.5 * jerk / accel, limit), climb)
        before, body = body, body.fly_step(wanted, accel, jerk)
        _mark_passing(marks[0], rows, step, height - CLIMBED_SHORT_OF_M - before.height_m,
              height - CLIMBED_SHORT_OF_M - body.height_m)  # fmt: skip
        slow = (body.target_m >= close) & (body.target_mps < DONE_SHARE * climb)
        fresh = slow & np.isnan(marks[1, rows])
        marks[1, rows[fresh]] = step * STEP_S
        going = np.isnan(marks[:, rows]).any(axis=0)
        if not going.any():
            break
        if going.mean() < 0.7:
            rows, body = rows[going], body.rows(going)
            height, climb, accel, jerk, close = (x[going] for x in (height, climb, accel, jerk, close))
    return marks[0], marks[1]


def _fly_landings(  # noqa: PLR0917
    height: FloatArray,
    high: FloatArray,
    low: FloatArray,
    low_height: FloatArray,
    accel: FloatArray,
    jerk: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Seconds from a hover until 1 m lower, and until 0.15 m; the last steady part is not stepped through."""
    still = np.zeros_like(height)
    body = _VerticalFlight.on_target(height, still, still)
    marks = np.full((2, len(height)), np.nan)
    rows = np.arange(len(height))
    for step in range(1, MOST_STEPS):
        wanted = np.clip(_root_control(low_height - body.height_m, HEIGHT_P, accel), -high, -low)
        before, body = body, body.fly_step(wanted, accel, jerk)
        _mark_passing(marks[0], rows, step, before.height_m - height + CLIMBED_SHORT_OF_M,
              body.height_m - height + CLIMBED_SHORT_OF_M)  # fmt: skip
        _mark_passing(marks[1], rows, step, before.height_m - TOUCHED_M, body.height_m - TOUCHED_M)
        steady = (np.abs(body.rate_mps + low) < SETTLED_MPS) & (body.height_m < low_height)
        fresh = steady & np.isnan(marks[1, rows]) & ~np.isnan(marks[0, rows])
        marks[1, rows[fresh]] = step * STEP_S + (body.height_m[fresh] - TOUCHED_M) / low[fresh]
        going = np.isnan(marks[:, rows]).any(axis=0)
        if not going.any():
            break
        if going.mean() < 0.7:
            rows, body = rows[going], body.rows(going)
            height, high, low, low_height, accel, jerk = (
                x[going] for x in (height, high, low, low_height, accel, jerk)
            )
    return marks[0], marks[1]


def _mark_passing(mark: FloatArray, rows: np.ndarray, step: int, before: FloatArray, now: FloatArray) -> None:
    """Note the moment, within the step, at which a distance left went below zero for the first time."""
    crossed = (now <= 0.0) & np.isnan(mark[rows])
    share = before[crossed] / np.maximum(before[crossed] - now[crossed], 1e-9)
    mark[rows[crossed]] = (step - 1 + np.clip(share, 0.0, 1.0)) * STEP_S


def _root_control(error: FloatArray, gain: FloatArray | float, limit: FloatArray) -> FloatArray:
    """ArduCopter's square-root controller, held to what one step can use."""
    linear = limit / np.square(gain)
    size = np.abs(error)
    rate = np.where(size > linear, np.sqrt(2.0 * limit * np.maximum(size - 0.5 * linear, 0.0)), size * gain)
    return np.copysign(np.minimum(rate, size / STEP_S), error)


def _as_columns(*values: FloatArray | float) -> tuple[FloatArray, ...]:
    return tuple(np.broadcast_arrays(*(np.asarray(value, dtype=float) for value in values)))


def _fly_distinct(
    fly: Callable[..., tuple[FloatArray, FloatArray]], *columns: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Fly each different row once."""
    table = np.stack([column.ravel() for column in columns], axis=1)
    unique, back = np.unique(table, axis=0, return_inverse=True)
    first, second = _fly_table(fly, unique.tobytes(), len(columns))
    shape = columns[0].shape
    return first[back.ravel()].reshape(shape), second[back.ravel()].reshape(shape)


@lru_cache(maxsize=256)
def _fly_table(
    fly: Callable[..., tuple[FloatArray, FloatArray]], table: bytes, columns: int
) -> tuple[FloatArray, FloatArray]:
    """The flights of a table of rows, kept: neither wind nor course changes a climb or a landing."""
    return fly(*np.frombuffer(table).reshape(-1, columns).T)
