"""The legs of one direction of a sortie, flown in a wind: time, speed and heading. Start with `fly_legs`.

The ground speed of a leg is the commanded one, or what the tilt limit leaves: ArduCopter holds the course
line first, so the cross wind takes its share of the tilt and the rest drives the drone on, while the
leg's moving target waits for it. Through a corner it starts the next leg before the last one ends.
A leg ends within 2 m of its end point (`dfr.track`).
What gusts do to it is `dfr.aircraft.gusty_legs`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from dfr.aircraft.gusty_legs import Gusts, ground_speed_in_gusts, time_deviation_s
from dfr.aircraft.profiles import LegProfile, distance_from_rest, leg_profile, time_to_cover
from dfr.aircraft.settings import YAW_AHEAD, YAW_HELD, YAW_NEXT, YAW_NEXT_BUT_RETURN, SettingColumns
from dfr.aircraft.trim import Airframe, airspeed_of_lean, balancing_lean, speed_along
from dfr.geo import FloatArray
from dfr.track import REACHED_M
from dfr.units import GRAVITY_MPS2

SLOWEST_GROUND_SPEED_MPS = 0.1
"""A leg flown slower than this is called unreachable: no battery outlasts it."""

USABLE_LEAN = 0.995
"""Share of the lean limit that is there for steady flight; the rest goes into small corrections."""

STEADY_LEAN = 0.998
"""Share of it that drives a leg flown at the limit."""

HOVERING_LEAN = 1.02
"""Where a hover needs this share of the lean limit, the wind carries the drone off before its first leg."""

ALONG_CROSS_SHARE = 0.3
"""A tail wind with no more than this share across still takes the drone over its target (assumed)."""

SPEED_TOLERANCE = 0.01
"""A ground speed within this share of the wanted one counts as held."""

FOLLOWING_LAG_S = 0.45
"""Seconds by which a drone follows the leg's moving target: the lags of lean and velocity (recorded, and the
same in `dfr.aircraft.dynamics`)."""

ARRIVAL_S = 0.55
"""From the end of a leg's moving target until the arrival is acted upon (recorded on SITL)."""

TAKEOFF_HEADING_RAD = 0.0
"""Assumed where no case says it: the drone stands facing north."""

SLEW_RADPS = math.radians(60.0)
"""ATC_SLEW_YAW's default."""

SLOW_SHARE = 0.05
"""AC_PosControl turns the nose to the leg above this share of the wanted speed."""

CORNER_WAIT_S = 1.0
"""How long the target waits in a hairpin for a drone that still flies the other way. In other corners it is
that times 1 minus the cosine of half the turn (recorded: corners.jsonl)."""

CORNER_HALVINGS = 20
LATER_S = (0.0, 0.02, 0.04)
"""Steps back of the differences that give the speed and acceleration in a corner."""


Columns = TypeVar("Columns", "FlownLegs", LegProfile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wind:
    """The way the air moves at flight height over each path, m/s, shape (n,), and its density.

    `gusts` is None for the mean wind alone.
    """

    east_mps: FloatArray
    north_mps: FloatArray
    density: FloatArray
    gusts: Gusts | None = None

    def along_courses(self, courses_rad: FloatArray) -> FloatArray:
        """The wind along a course of each path."""
        blows: FloatArray = self.east_mps * np.sin(courses_rad) + self.north_mps * np.cos(courses_rad)
        return blows

    def rows(self, index: np.ndarray) -> Wind:
        """That over some paths, in the order of an index."""
        return Wind(
            east_mps=self.east_mps[index],
            north_mps=self.north_mps[index],
            density=self.density[index],
            gusts=None if self.gusts is None else self.gusts.rows(index),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FlownLegs:
    """One direction of many paths, shape (n,).

    `seconds` to within 2 m of the end, NaN where a leg cannot be flown; `settling_s` from there to the
    end of the last leg; `slow_s` the last part of it in which ArduCopter no longer turns the nose to the
    leg; `ground_speed_mps` and `airspeed_mps` the means over the path; `slowed` True where the tilt limit
    sets the speed of a leg; `deviation_s` the standard deviation of `seconds` in gusts; `last` the profile
    of the last leg.
    """

    seconds: FloatArray
    settling_s: FloatArray
    slow_s: FloatArray
    ground_speed_mps: FloatArray
    airspeed_mps: FloatArray
    slowed: np.ndarray
    deviation_s: FloatArray
    last: LegProfile

    def replace_rows(self, index: np.ndarray, other: FlownLegs) -> FlownLegs:
        """With others in the place of some paths."""
        return _replace_rows(self, index, other)


def _replace_rows(whole: Columns, index: np.ndarray, part: Columns) -> Columns:
    """Columns, and columns of columns, with some rows replaced."""
    columns: dict[str, Any] = {}
    for name in whole.__dataclass_fields__:
        values, others = getattr(whole, name), getattr(part, name)
        if isinstance(values, LegProfile):
            columns[name] = _replace_rows(values, index, others)
        else:
            columns[name] = values.copy()
            columns[name][index] = others
    return type(whole)(**columns)


def heading_out(courses_rad: FloatArray, settings: SettingColumns) -> FloatArray:
    """Heading on legs (n, legs) of a mission: along them, or as it was at takeoff: north."""
    held = settings.yaw_behavior == YAW_HELD
    return np.where(held[:, None], TAKEOFF_HEADING_RAD, courses_rad)


def heading_home(held_rad: FloatArray, course_out_rad: FloatArray, settings: SettingColumns) -> FloatArray:
    """Heading on the return: as it was before, along the return leg, or as at takeoff."""
    nose = np.where(_turns_to_return(settings), course_out_rad + np.pi, held_rad)
    return np.where(settings.yaw_behavior == YAW_HELD, TAKEOFF_HEADING_RAD, nose)


def keeps_heading(settings: SettingColumns) -> np.ndarray:
    """Where a return keeps the heading the drone had on scene."""
    kept: np.ndarray = settings.yaw_behavior == YAW_NEXT_BUT_RETURN
    return kept


def turn_seconds(heading_rad: FloatArray, settings: SettingColumns) -> FloatArray:
    """Seconds over home in which a drone that headed home turns back to its takeoff heading."""
    apart = np.abs((heading_rad - TAKEOFF_HEADING_RAD + np.pi) % (2.0 * np.pi) - np.pi)
    return np.where(_turns_to_return(settings), apart / SLEW_RADPS, 0.0)


def _turns_to_return(settings: SettingColumns) -> np.ndarray:
    behavior = settings.yaw_behavior
    turns: np.ndarray = (behavior == YAW_NEXT) | (behavior == YAW_AHEAD)
    return turns


def join_legs(first: FlownLegs, second: FlownLegs, *, lengths_m: tuple[FloatArray, FloatArray]) -> FlownLegs:
    """Legs after a stop at the end of others; where either have no length, the others alone.

    Second legs without length end where the first do: `seconds` is the first's, and what the second take
    to arrive is settling.
    """
    flown, goes_on = lengths_m[0] > 0.0, lengths_m[1] > 0.0
    total = np.maximum(lengths_m[0] + lengths_m[1], 1e-9)
    shares = lengths_m[0] / total, lengths_m[1] / total
    stop = first.seconds + first.settling_s + ARRIVAL_S
    slowness = sum(
        share / np.maximum(legs.ground_speed_mps, 1e-9)
        for share, legs in zip(shares, (first, second), strict=True)
    )
    seconds = np.where(flown, np.where(goes_on, stop + second.seconds, first.seconds), second.seconds)
    mean = np.where(np.isfinite(seconds), 1.0 / np.maximum(slowness, 1e-9), 0.0)
    return FlownLegs(
        seconds=seconds,
        settling_s=second.settling_s + np.where(flown & ~goes_on, stop + second.seconds - first.seconds, 0.0),
        slow_s=second.slow_s,
        ground_speed_mps=np.where(flown, mean, second.ground_speed_mps),
        airspeed_mps=np.where(
            flown, shares[0] * first.airspeed_mps + shares[1] * second.airspeed_mps, second.airspeed_mps
        ),
        slowed=second.slowed | (flown & first.slowed),
        deviation_s=np.hypot(np.where(flown, first.deviation_s, 0.0), second.deviation_s),
        last=second.last,
    )


def fly_legs(
    airframe: Airframe,
    lengths_m: FloatArray,
    courses_rad: FloatArray,
    headings_rad: FloatArray,
    *,
    wind: Wind,
    wanted_mps: FloatArray,
    settings: SettingColumns,
) -> FlownLegs:
    """Paths of legs as flown; lengths (0 pads), courses and headings have shape (n, legs)."""
    flown = lengths_m > 0.0
    sine, cosine = np.sin(courses_rad), np.cos(courses_rad)
    along = wind.east_mps[:, None] * sine + wind.north_mps[:, None] * cosine
    cross = wind.east_mps[:, None] * cosine - wind.north_mps[:, None] * sine
    lean = np.tan(np.radians(settings.lean_limit_deg))[:, None]
    nose, density = headings_rad - courses_rad, wind.density[:, None]
    sure = _can_be_held(airframe, along, cross, nose, density=density, lean=lean)
    able = speed_along(
        airframe, along, cross, heading_rad=nose, most_lean=STEADY_LEAN * lean, density=density
    )
    wanted = np.broadcast_to(wanted_mps[:, None], able.shape)
    gusty = ground_speed_in_gusts(wanted, able, along=along, cross=cross, lean=lean, gusts=wind.gusts)
    sure &= (gusty.mean_mps > SLOWEST_GROUND_SPEED_MPS) | (gusty.deviation_mps <= 0.0)
    speed = np.maximum(gusty.mean_mps, SLOWEST_GROUND_SPEED_MPS)
    profile = leg_profile(
        np.where(flown, lengths_m, 1e-3),
        speed_mps=speed,
        # No drone speeds up faster than its lean pushes it; the leg's target waits for it.
        accel_mps2=np.minimum(settings.accel_mps2[:, None], GRAVITY_MPS2 * lean),
        jerk_mps3=settings.path_jerk_mps3[:, None],
        snap_mps4=settings.path_snap_mps4[:, None],
    )
    kept = 1.0 - SPEED_TOLERANCE
    slowed = flown & (speed < kept * wanted) & (profile.speed_mps > kept * speed)
    whole = np.where(flown, profile.total_s, 0.0)
    last = lengths_m.shape[1] - 1 - np.argmax(flown[:, ::-1], axis=1)
    rows, first = np.arange(lengths_m.shape[0]), np.argmax(flown, axis=1)
    dragged = np.where(slowed, _dragged_seconds(speed, along, lean, settings), 0.0)
    whole[rows, first] += dragged[rows, first]
    end = _pick_legs(profile, rows, last)
    settling = time_to_cover(end, REACHED_M)
    saved = _corner_seconds(profile, courses_rad, flown, settings)
    seconds = whole.sum(axis=1) - saved - settling + FOLLOWING_LAG_S
    deviation = time_deviation_s(np.where(flown, lengths_m, 0.0), speed, gusty)
    reachable = (sure | ~flown).all(axis=1)
    share = lengths_m / np.maximum(lengths_m.sum(axis=1, keepdims=True), 1e-9)
    return FlownLegs(
        seconds=np.where(reachable, np.maximum(seconds, 0.0), np.nan),
        settling_s=np.maximum(settling - FOLLOWING_LAG_S, 0.0),
        slow_s=_slow_seconds(end, wanted_mps),
        ground_speed_mps=np.where(reachable, _mean_speed(share, speed, wanted_mps), 0.0),
        airspeed_mps=(share * np.hypot(speed - along, cross)).sum(axis=1),
        slowed=np.any(slowed, axis=1),
        deviation_s=deviation,
        last=end,
    )


def _dragged_seconds(
    speed: FloatArray, along: FloatArray, lean: FloatArray, settings: SettingColumns
) -> FloatArray:
    """Seconds by which a drone at its tilt limit comes up to its speed later than its acceleration says.

    The drag takes ever more of the thrust's push: dv/dt = g lean (1 - (airspeed / the greatest)^2), the
    airspeed a tanh of time. Up to where that is the acceleration allowed, it is kept.
    """
    push, accel = GRAVITY_MPS2 * lean, np.minimum(settings.accel_mps2[:, None], GRAVITY_MPS2 * lean)
    most = np.maximum(speed - along, SLOWEST_GROUND_SPEED_MPS)
    free = np.maximum(most * np.sqrt(1.0 - accel / push), -along)
    kept_to = np.clip(free + along, 0.0, speed)
    lost_m = kept_to * (speed - 0.5 * kept_to) / accel
    lost_m = lost_m + most**2 / push * np.log(2.0 / (1.0 + np.clip(free / most, 0.0, 1.0)))
    late: FloatArray = np.maximum(lost_m / speed - 0.5 * speed / accel, 0.0)
    return late


def _mean_speed(share: FloatArray, speed: FloatArray, wanted_mps: FloatArray) -> FloatArray:
    """Mean ground speed over the shares of a path; the wanted one where it has no length."""
    slowness = (share / speed).sum(axis=1)
    mean: FloatArray = np.where(slowness > 0.0, 1.0 / np.maximum(slowness, 1e-9), wanted_mps)
    return mean


def _can_be_held(
    airframe: Airframe,
    along: FloatArray,
    cross: FloatArray,
    nose: FloatArray,
    *,
    density: FloatArray,
    lean: FloatArray,
) -> np.ndarray:
    """Where a leg can be flown, slowly or with the wind on its line, and the drone is not blown off it.

    A wind that cannot be hovered in carries the drone off during its takeoff. Blowing along the leg, it
    carries it past the target.
    """
    # A nose on the wind meets the most drag: what it stands, all do.
    calm = np.hypot(along, cross) + SLOWEST_GROUND_SPEED_MPS < airspeed_of_lean(
        airframe, USABLE_LEAN * lean, density
    )
    held, windy = calm.copy(), ~calm
    if not windy.any():
        return held
    along, cross, nose, density, lean = (
        np.broadcast_to(values, calm.shape)[windy] for values in (along, cross, nose, density, lean)
    )
    slowest = np.maximum(SLOWEST_GROUND_SPEED_MPS, along)
    crawl = balancing_lean(airframe, np.stack([-cross, slowest - along]), nose, density)
    hover = balancing_lean(airframe, np.stack([-cross, -along]), nose, density)
    hovers = np.hypot(hover[0], hover[1]) <= HOVERING_LEAN * lean
    held[windy] = (np.hypot(crawl[0], crawl[1]) <= USABLE_LEAN * lean) & (
        hovers | (np.abs(cross) <= ALONG_CROSS_SHARE * along)
    )
    return held


def _slow_seconds(last: LegProfile, wanted_mps: FloatArray) -> FloatArray:
    """Seconds before the end of a leg at which its target passes a twentieth of the wanted speed.

    The first (and last) part of a leg is its jerk's raised-cosine edge, then its constant jerk.
    """
    slow = SLOW_SHARE * wanted_mps
    steady = np.sqrt(2.0 * slow / last.jerk_mps3)
    seconds: FloatArray = np.minimum(steady + 0.5 * last.edge_s, last.accelerating_s)
    return seconds


def _pick_legs(profile: LegProfile, rows: np.ndarray, legs: np.ndarray) -> LegProfile:
    """One leg of each path."""
    names = LegProfile.__dataclass_fields__
    return LegProfile(**{name: getattr(profile, name)[rows, legs] for name in names})


def _stack_legs(legs: list[LegProfile]) -> LegProfile:
    """Legs beside each other, shape (legs, 1, n): the moments of each go in between."""
    names = LegProfile.__dataclass_fields__
    return LegProfile(**{name: np.stack([getattr(leg, name) for leg in legs])[:, None] for name in names})


def _corner_seconds(
    profile: LegProfile, courses_rad: FloatArray, flown: np.ndarray, settings: SettingColumns
) -> FloatArray:
    """Seconds the corners of each path save by flying the end of one leg and the start of the next at once.

    ArduCopter starts the next leg as early as the corner's middle is within the waypoint radius, no
    faster than the legs and within the corner acceleration, and at most half a leg early.
    """
    count = flown.shape[1] - 1
    if count < 1:
        return np.zeros(flown.shape[0])
    both = flown[:, :-1] & flown[:, 1:]
    half_turn = 0.5 * np.abs((np.diff(courses_rad, axis=1) + np.pi) % (2.0 * np.pi) - np.pi)
    saved = np.zeros(flown.shape[0])
    for corner in range(count):
        rows = np.flatnonzero(both[:, corner])
        if not rows.size:
            continue
        turn, turned = half_turn[rows, corner], settings.rows(rows)
        seconds = overlap_seconds(
            [_pick_legs(profile, rows, np.full(rows.shape, leg)) for leg in (corner, corner + 1)],
            turn,
            turned,
            corner_accel_mps2=turned.effective_corner_accel_mps2,
        )
        saved[rows] += np.maximum(seconds - CORNER_WAIT_S * (1.0 - np.cos(turn)), 0.0)
    return saved


def overlap_seconds(
    pair: list[LegProfile],
    half_turn: FloatArray,
    settings: SettingColumns,
    *,
    most_s: FloatArray | float = np.inf,
    corner_accel_mps2: FloatArray | float,
) -> FloatArray:
    """How long before the end of one leg the next may start."""
    sine, cosine = np.sin(half_turn), np.cos(half_turn)
    slowest = np.minimum(pair[0].speed_mps, pair[1].speed_mps)
    longest = np.minimum(pair[0].total_s, pair[1].total_s)
    longest = np.minimum(longest, np.minimum(pair[0].accelerating_s, pair[1].accelerating_s))
    longest = np.minimum(longest, most_s)
    low, high = np.zeros_like(longest), longest
    both, later = _stack_legs(pair), np.array(LATER_S)[:, None]
    for _ in range(CORNER_HALVINGS):
        middle = 0.5 * (low + high)
        early = distance_from_rest(both, 0.5 * middle - later)
        cut = np.hypot(sine * (early[0][0] + early[1][0]), cosine * (early[1][0] - early[0][0]))
        speeds = [(now - before) / LATER_S[1] for now, before, _ in early]
        accels = [(now - 2.0 * before + first) / LATER_S[1] ** 2 for now, before, first in early]
        fast = np.hypot(cosine * (speeds[0] + speeds[1]), sine * (speeds[1] - speeds[0]))
        turning = np.hypot(sine * (accels[0] + accels[1]), cosine * (accels[1] - accels[0]))
        fits = (cut < settings.waypoint_radius_m) & (fast < slowest) & (turning < corner_accel_mps2)
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return low
