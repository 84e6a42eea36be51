"""What ArduCopter SITL adds to a return and no plan counts on: drifting gyros and headings, rounded corners.

An optional correction for predictions *of SITL* (`SitlEffects`, given to `dfr.aircraft.performance`); off
for planning real drones. Three effects, in this order below:

1. *Heading error at the start of a hover.* SITL's gyros drift on a fixed clock and the estimator lags.
2. *Heading drift while hovering.* ArduCopter's heading target is the Euler yaw of its own attitude target,
   which lies on the far side of the heading the attitude is made of: with the nose `a` off the line of a tilt
   `t`, tan(yaw) = tan(a) / cos(t). The attitude follows within ATC_INPUT_TC, so the nose drifts by
   (yaw - a) / ATC_INPUT_TC a second until the tilt is abeam (AC_PosControl::calculate_yaw_and_rate_yaw,
   AC_AttitudeControl::input_thrust_vector_heading). A nose left on the line of the wind is in unstable
   balance: fractions of a degree decide to which side it drifts and how far, and with it how fast, at its
   tilt limit, the drone comes home. Such a return is flown with headings drawn over those errors.
3. *Rounding.* Single-precision arithmetic lets some returns cut the corner out of their climb.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cache
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dfr.aircraft.legs import FlownLegs, Wind, keeps_heading
from dfr.aircraft.return_leg import HeadingSpread, ReturnFlight, ReturnPath, RtlLeg, return_flight
from dfr.aircraft.settings import SHORTEST_INPUT_TC_S, SIM_DRIFT_RADPS2, SettingColumns
from dfr.aircraft.trim import Airframe, balancing_lean, nearly_balancing_lean
from dfr.geo import FloatArray

if TYPE_CHECKING:  # a simulated vehicle starts in three quarters of the time without
    from dfr.aircraft.catalogue import Drone

Single = NDArray[np.float32]

SIM_UP_S = 42.0
"""From the start of the simulator to the lift in the reference flights."""

SIM_GUST_HEIGHT_M = 10.0
"""The height whose scale length simulated gusts have at all heights (SIM_GUST_ALT; scripts/gusts.lua)."""

# ---- 1. the heading error at the start of a hover: least squares over 260 hovers straight down winds of
# 5.5 to 13 m/s on ArduCopter SITL with its drift as it is, without it, doubled and turned round. They leave
# 0.08 degrees (standard deviation): 0.06 in winds to 8.5 m/s, 0.12 above 10.

SIDE_RAD = math.radians(0.188)
"""What the turn from the takeoff heading to a leg leaves of an error, to the side turned to."""

SIDE_SINE = 0.7
"""A turn whose sine is as large leaves all of it."""

DRIFT_RAD = math.radians(0.605)
"""What SITL's own drift adds to the error in any case."""

DRIFT_PER_AIRSPEED = math.radians(0.0464)
"""What it adds for each m/s of airspeed on the leg out, rad."""

DRIFT_PER_WIND = math.radians(-0.073)
"""What it adds for each m/s of wind, rad."""

DRIFT_PER_STRONG_WIND = math.radians(-0.16)
"""What it adds for each m/s of wind above `STRONG_WIND_MPS`, rad."""

STRONG_WIND_MPS = 10.0
"""Above it the wind takes away more of the drift's error."""

DRIFT_PER_LEFT_TURN = math.radians(0.68)
"""What it adds for each radian turned to the left; it wears off as the estimator settles."""

AIRSPEEDS_MPS = (-2.0, 8.0)
"""Airspeeds that were flown; beyond, the error is taken as at the edge."""

WINDS_MPS = (5.5, 13.0)
"""Winds that were flown; beyond, the error is taken as at the edge."""

LAG_S = 12.0
"""How the estimator comes after a turn of the nose, or a drift that turns round (recorded on SITL)."""

# ---- 2. the heading drift while hovering

DRIFT_LATE_S = 0.5
"""The nose begins to drift so long after it may: it follows its target (recorded on SITL)."""

LEAST_OFF_RAD = math.radians(0.005)
"""No nose is nearer to the wind's line: it would never leave it."""

MOST_OFF_RAD = math.radians(89.5)
"""A tilt so far abeam has come to rest."""

POINTS = 14
"""Steps of the quadrature over the logarithm of tan(angle off the wind), in which the drift is smooth."""

LEAST_TILT_RAD = math.radians(1.5)
"""Below this tilt a minute turns a nose by two degrees at most."""

SLOWEST_RATE = 1e-6
"""No drift is slower, rad/s: its inverse is summed."""

DECIDED_RAD = math.radians(3.5)
"""A nose so far off the wind when it begins to drift is decided by the wind, not by its error."""

ERRORS, RARE_ERRORS = 70, 3
"""Errors drawn, each as likely; so many of them lie beyond one in twenty, each way."""

NORMAL_ERRORS = np.array([NormalDist().inv_cdf((n + 0.5) / ERRORS) for n in range(ERRORS)])
"""The middles of so many equal shares of a normal distribution, in its deviations."""

HEADINGS = 37
"""Headings flown, every five degrees about the wind's line."""

NEAR = 0.05
"""Times within this share of one another count as near: the tolerance of a leg in wind."""

TIE = 1e-3
"""Weight of how near they are, where as many are."""

MOST_LOST = 0.5
"""Where more of the headings never come home, the return cannot be flown."""

ANY_HEADING_DEG = (22.5, 42.75, 2.25)
"""Of headings that may be any: how far off the wind's line the median is, one in twenty with less drag, and
one with more."""

# ---- 3. rounding

CELL_M = 0.0111319
"""1e-7 degrees of latitude."""

EAST_SHARE = 0.64
"""Of that a step of longitude: at 50 degrees north (assumed)."""

CELL_PARTS = 48
"""Places across the cell, each way, from which the distances aside are drawn."""

ASIDES = 96
"""Distances aside, each as likely."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SitlEffects:
    """The correction: `up_s` is how long the simulator has been up at the lift, as its drift counts.

    `looks_down`: the mission looks at the very place that the drone hovers over (DO_SET_ROI), and its bearing
    goes round with the centimetres by which the drone sways. `scene_heading_deg` is the true heading of one
    that looks to a place aside instead, and holds it; None where the mission names no such place.
    """

    up_s: float | FloatArray = SIM_UP_S
    looks_down: bool = False
    scene_heading_deg: float | FloatArray | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingError:
    """The error of heading at the start of a hover, to the right, shape (n,): mean and deviation, rad."""

    mean_rad: FloatArray
    deviation_rad: FloatArray

    def rows(self, index: np.ndarray) -> HeadingError:
        """That of some flights."""
        return HeadingError(mean_rad=self.mean_rad[index], deviation_rad=self.deviation_rad[index])


def heading_error(
    drone: Drone,
    *,
    turn_rad: FloatArray,
    leg_s: FloatArray,
    airspeed_mps: FloatArray,
    wind_mps: FloatArray,
    up_s: FloatArray,
    settings: SettingColumns,
) -> HeadingError:
    """The error after a leg, all (n,): see `mean_heading_error`; the drone's compass lets it differ."""
    mean = mean_heading_error(
        turn_rad=turn_rad,
        leg_s=leg_s,
        airspeed_mps=airspeed_mps,
        wind_mps=wind_mps,
        up_s=up_s,
        drift=settings.gyro_drift_radps2 / SIM_DRIFT_RADPS2,
        drift_time_s=settings.gyro_drift_time_s,
    )
    deviation = np.full(turn_rad.shape, math.radians(drone.heading_error_deg))
    return HeadingError(mean_rad=mean, deviation_rad=deviation)


def mean_heading_error(
    *,
    turn_rad: FloatArray,
    leg_s: FloatArray,
    airspeed_mps: FloatArray,
    wind_mps: FloatArray,
    up_s: FloatArray,
    drift: FloatArray,
    drift_time_s: FloatArray,
) -> FloatArray:
    """The mean error after a leg, (n,), by the turn into it, its time and airspeed, wind and gyros' drift.

    `up_s` counts from the start of the simulator, as its drift does: all three gyros alike by `drift` times
    SIM_DRIFT_SPEED's default for `drift_time_s` and back again.
    """
    side = np.clip(np.sin(turn_rad) / SIDE_SINE, -1.0, 1.0)
    left = np.maximum(np.pi - (turn_rad + np.pi) % (2.0 * np.pi), 0.0)
    wind = np.clip(wind_mps, *WINDS_MPS)
    lag = (
        DRIFT_RAD
        + DRIFT_PER_AIRSPEED * np.clip(airspeed_mps, *AIRSPEEDS_MPS)
        + DRIFT_PER_WIND * wind
        + DRIFT_PER_STRONG_WIND * np.maximum(wind - STRONG_WIND_MPS, 0.0)
        + DRIFT_PER_LEFT_TURN * left * np.exp(-np.nan_to_num(leg_s) / LAG_S)
    )
    error: FloatArray = SIDE_RAD * side + drift * _lagging_sign(np.nan_to_num(up_s), drift_time_s) * lag
    return error


def _lagging_sign(up_s: FloatArray, there_s: FloatArray) -> FloatArray:
    """Which way the drift goes, 1 or -1, as the estimator follows it; 0 where it never begins."""
    there = np.maximum(there_s, 1e-9)
    turns, since = np.divmod(up_s, there)
    sign = np.where(turns % 2.0 == 0.0, 1.0, -1.0)
    lagging = sign * (1.0 - np.where(turns > 0.0, 2.0, 0.0) * np.exp(-since / LAG_S))
    return np.where(there_s > 0.0, lagging, 0.0)


def off_wind(heading_rad: FloatArray, wind: Wind) -> FloatArray:
    """The heading's angle off the line of the wind, -90 to 90 degrees."""
    line = np.arctan2(wind.east_mps, wind.north_mps)
    off: FloatArray = (heading_rad - line + 0.5 * np.pi) % np.pi - 0.5 * np.pi
    return off


def heading_after_waiting(
    heading_rad: FloatArray, seconds: FloatArray, wind: Wind, airframe: Airframe, settings: SettingColumns
) -> FloatArray:
    """The heading after hovering in the wind for a while: from headings (n,), or (starts, n)."""
    speed = np.hypot(wind.east_mps, wind.north_mps)
    lean = nearly_balancing_lean(airframe, np.stack([np.zeros_like(speed), speed]), wind.density)
    rows = np.flatnonzero((np.hypot(lean[0], lean[1]) > math.tan(LEAST_TILT_RAD)) & (seconds > 0.0))
    if not rows.size:
        return heading_rad
    off = off_wind(heading_rad, wind)[..., rows]
    turned = drifted_angle(
        np.clip(np.abs(off), LEAST_OFF_RAD, MOST_OFF_RAD),
        seconds[rows],
        airframe,
        speed_mps=speed[rows],
        density=wind.density[rows],
        most_lean=np.tan(np.radians(settings.lean_limit_deg[rows])),
        input_tc_s=settings.input_tc_s[rows],
    )
    heading = heading_rad.copy()
    heading[..., rows] += np.where(off < 0.0, -1.0, 1.0) * turned - off
    return heading


def drifted_angle(
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
    # Drag acts on body axes, so the line of the tilt is not that of the wind, and moves with the nose.
    off = np.arctan2(np.abs(lean[0]), np.abs(lean[1]))
    rate = (np.arctan(np.tan(off) * stretch) - off) / np.maximum(input_tc_s, SHORTEST_INPUT_TC_S)
    slowed_rate = np.maximum(rate, SLOWEST_RATE) / (np.sin(angle) * np.cos(angle))
    steps = 0.5 * (1.0 / slowed_rate[1:] + 1.0 / slowed_rate[:-1]) * np.diff(logs, axis=0)
    clock = np.concatenate([np.zeros((1, steps.shape[1])), np.cumsum(steps, axis=0)])
    ends = [_interpolate(clock, logs, _interpolate(logs, clock, start) + seconds) for start in first]
    return np.arctan(np.exp(np.array(ends).reshape(start_rad.shape)))


def _interpolate(rising: FloatArray, values: FloatArray, at: FloatArray) -> FloatArray:
    """The value of each column where another, rising, passes something; linear between their rows."""
    row = np.clip((rising <= at).sum(axis=0), 1, len(rising) - 1)
    column = np.arange(rising.shape[1])
    before, after = rising[row - 1, column], rising[row, column]
    share = np.clip((at - before) / np.maximum(after - before, 1e-12), 0.0, 1.0)
    found: FloatArray = values[row - 1, column] * (1.0 - share) + values[row, column] * share
    return found


def fly_return_of_sitl(path: ReturnPath, *, on_scene_s: FloatArray, error: HeadingError) -> ReturnFlight:
    """The returns of SITL: after so long on scene, from such a heading error as it begins."""
    hover = _Hover(rtl=path.rtl, seconds=on_scene_s - DRIFT_LATE_S, error=error)
    samples = HeadingSamples.without_error(path.heading_rad)
    rows = np.flatnonzero(path.direct & keeps_heading(path.settings) & path.rtl.may_be_slowed())
    if rows.size:
        samples.replace_rows(rows, hover.rows(rows).sample_headings())
    spread = HeadingSpread(sooner_s=samples.sooner_s, later_s=samples.later_s, uncertain=samples.random)
    return return_flight(path, _swing_leg(path.rtl, samples.heading_rad), spread, _cut_share)


def fly_return_from_any_heading(path: ReturnPath) -> ReturnFlight:
    """The returns of drones whose heading on scene is any, each as likely.

    A heading on the line of the wind, or across it, meets the most drag, and one between them the least.
    """
    rows = path.direct & keeps_heading(path.settings) & path.rtl.may_be_slowed()
    line = np.arctan2(path.wind.east_mps, path.wind.north_mps)
    usual, early, late = (
        path.rtl.fly_leg(np.where(rows, line + math.radians(off_deg), path.heading_rad))
        for off_deg in ANY_HEADING_DEG
    )
    spread = HeadingSpread(
        sooner_s=np.maximum(np.nan_to_num(usual.seconds - early.seconds), 0.0),
        later_s=np.maximum(np.nan_to_num(late.seconds, nan=np.inf) - usual.seconds, 0.0),
        uncertain=rows,
    )
    return return_flight(path, usual, spread, _cut_share)


def fly_return_from_heading(path: ReturnPath, heading_rad: float | FloatArray) -> ReturnFlight:
    """The returns of drones that hold a heading on scene, which nothing turns: they look at a place."""
    rows = path.direct & keeps_heading(path.settings)
    held = np.where(rows, heading_rad, path.heading_rad)
    none = np.zeros_like(held)
    spread = HeadingSpread(sooner_s=none, later_s=none, uncertain=none > 0.0)
    return return_flight(path, _swing_leg(path.rtl, held), spread, _cut_share)


def _swing_leg(rtl: RtlLeg, held_rad: FloatArray) -> FlownLegs:
    """The RTL leg by drones that held a heading, which turns as the tilt swings over at the start."""
    legs = rtl.fly_leg(held_rad)
    rows = np.flatnonzero(legs.slowed & keeps_heading(rtl.settings))
    if not rows.size:
        return legs
    slow = rtl.rows(rows)
    heading = _swung_heading(slow, held_rad[rows], legs.ground_speed_mps[rows])
    return legs.replace_rows(rows, slow.with_heading(heading))


def _swung_heading(rtl: RtlLeg, held_rad: FloatArray, speed_mps: FloatArray) -> FloatArray:
    """The heading after the tilt has swung from where it holds the place to where it drives the drone home.

    ArduCopter turns the thrust without turning about it (a yaw rate of zero), and so the heading by
    the excess of the spherical triangle between the vertical and both thrusts.
    """
    along, cross = rtl.wind_home_mps()
    nose = held_rad - rtl.course_rad - np.pi
    leans = [
        balancing_lean(rtl.airframe, np.stack([-cross, speed - along]), nose, rtl.wind.density)
        for speed in (0.0, speed_mps)
    ]
    turn = np.arctan2(*leans[1]) - np.arctan2(*leans[0])
    halves = [np.tan(0.5 * np.arctan(np.hypot(*lean))) for lean in leans]
    both = halves[0] * halves[1]
    excess: FloatArray = 2.0 * np.arctan2(both * np.sin(turn), 1.0 + both * np.cos(turn))
    return held_rad + excess


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingSamples:
    """The headings with which most come home, (n,), and by how much nine in ten are sooner or later, s.

    `random` where the heading error decides them.
    """

    heading_rad: FloatArray
    sooner_s: FloatArray
    later_s: FloatArray
    random: np.ndarray

    @classmethod
    def without_error(cls, heading_rad: FloatArray) -> HeadingSamples:
        """Headings that no error changes."""
        none = np.zeros_like(heading_rad)
        return cls(heading_rad=heading_rad.copy(), sooner_s=none, later_s=none.copy(), random=none > 0.0)

    def replace_rows(self, rows: np.ndarray, others: HeadingSamples) -> None:
        """Others in the place of some."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[rows] = getattr(others, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hover:
    """Hovers before RTL, (n,): their time and the heading error as they begin."""

    rtl: RtlLeg
    seconds: FloatArray
    error: HeadingError

    def rows(self, index: np.ndarray) -> _Hover:
        """Some of them."""
        return replace(
            self, rtl=self.rtl.rows(index), seconds=self.seconds[index], error=self.error.rows(index)
        )

    def heading_after(self, start_rad: FloatArray) -> FloatArray:
        """The heading at the end."""
        rtl = self.rtl
        return heading_after_waiting(start_rad, self.seconds, rtl.wind, rtl.airframe, rtl.settings)

    def sample_headings(self) -> HeadingSamples:
        """The headings most flights come home with, where the hover turns them."""
        start = self.rtl.course_rad + self.error.mean_rad
        samples = HeadingSamples.without_error(self.heading_after(start))
        undecided = np.abs(off_wind(self.rtl.course_rad, self.rtl.wind)) < DECIDED_RAD
        rows = np.flatnonzero(undecided & (samples.heading_rad != start))
        if rows.size:
            samples.replace_rows(rows, self.rows(rows).random_samples())
        return samples

    def random_samples(self) -> HeadingSamples:
        """The same of returns that the heading error decides, flown with headings that start with it."""
        count = len(self.seconds)
        normal = NORMAL_ERRORS[:, None]
        start = self.rtl.course_rad + self.error.mean_rad + self.error.deviation_rad * normal
        headings = self.heading_after(start)
        rate = _returns_per_s(self.rtl, off_wind(headings, self.rtl.wind))
        with np.errstate(divide="ignore"):
            times = np.sort(1.0 / rate, axis=0)
            usual = _most_usual(1.0 / rate)
        row = np.arange(count)
        middle = np.where(rate[usual, row] > 0.0, 1.0 / np.maximum(rate[usual, row], 1e-9), 0.0)
        return HeadingSamples(
            heading_rad=headings[usual, row],
            sooner_s=np.where(middle > 0.0, middle - times[RARE_ERRORS], 0.0),
            later_s=np.where(middle > 0.0, times[-1 - RARE_ERRORS] - middle, np.inf),
            random=np.ones(count, dtype=bool),
        )


def _returns_per_s(rtl: RtlLeg, off_rad: FloatArray) -> FloatArray:
    """Inverse of the return time, (errors, n), of headings some angle off the wind; 0 where none comes home.

    RTL is flown with a few headings, and read between them.
    """
    count, angles = len(rtl.length_m), np.linspace(-0.5 * np.pi, 0.5 * np.pi, HEADINGS)
    line = rtl.course_rad - off_wind(rtl.course_rad, rtl.wind)
    each = rtl.rows(np.tile(np.arange(count), HEADINGS))
    seconds = each.with_heading((line + angles[:, None]).ravel()).seconds.reshape(HEADINGS, count)
    known = np.where(np.isfinite(seconds), 1.0 / np.maximum(np.nan_to_num(seconds), 1e-9), 0.0)
    place = (off_rad + 0.5 * np.pi) / np.pi * (HEADINGS - 1)
    before = np.clip(place.astype(int), 0, HEADINGS - 2)
    share, row = place - before, np.arange(count)
    left, right = known[before, row], known[before + 1, row]
    # A heading between one that comes home and one that does not may not either.
    rate: FloatArray = np.where((left > 0.0) & (right > 0.0), left + share * (right - left), 0.0)
    return np.where(share <= 0.0, left, rate)


def _most_usual(times: FloatArray) -> np.ndarray:
    """Row of each column's time that most others are near; of an infinite one where most are."""
    lost = ~np.isfinite(times)
    logs = np.log(np.where(lost, np.nan, times))
    near = np.zeros_like(times)
    for other in logs:
        apart = np.abs(logs - other) / NEAR
        near += np.where(apart <= 1.0, 1.0 + TIE * (1.0 - apart), 0.0)
    row: np.ndarray = np.where(
        lost.mean(axis=0) > MOST_LOST, np.argmax(lost, axis=0), np.argmax(near, axis=0)
    )
    return row


def _cut_share(climb_m: FloatArray, settings: SettingColumns) -> FloatArray:
    return corner_cut_share(
        climb_m, settings.vertical_accel_mps2, settings.path_jerk_mps3, settings.path_snap_mps4
    )


def corner_cut_share(
    climb_m: FloatArray, accel_mps2: FloatArray, jerk_mps3: FloatArray, snap_mps4: FloatArray
) -> FloatArray:
    """Share of returns that cut the corner out of a climb braking at its full acceleration, shape (n,).

    In the middle of the corner SCurve::advance_target_along_track asks that the vertical acceleration be
    less than WPNAV_ACCEL_Z. A climb that brakes at all of it comes out a few bits above or below, depending
    on how far from the plumb line it goes: RTL climbs to its stopping point cut to 1e-7 degrees, so up to
    1.1 cm aside. Where the drone stopped within that is random, so the answer is a share; the arithmetic is
    SCurve::calculate_track's, in its order and in float32.

    >>> one = np.array([1.0])
    >>> corner_cut_share(60.0 * one, one, one, 5.23598755 * one)
    array([0.])
    """
    rows, back = np.unique(np.stack([climb_m, accel_mps2, jerk_mps3, snap_mps4]), axis=1, return_inverse=True)
    share = _is_cut(*(row[:, None] for row in rows)).mean(axis=1)
    found: FloatArray = share[back.ravel()]
    return found


def _is_cut(
    climb_m: FloatArray, accel_mps2: FloatArray, jerk_mps3: FloatArray, snap_mps4: FloatArray
) -> np.ndarray:
    """Where in the cell (n, places) the braking acceleration comes out below the limit; cm as on board."""
    climb = _single(100.0 * climb_m)
    up = climb / np.sqrt(_climb_asides() * _climb_asides() + climb * climb)
    limit, asked = _single(100.0 * accel_mps2), _single(jerk_mps3) * np.float32(100.0)
    most = limit / up
    per_second = 2.0 * (_single(snap_mps4) * np.float32(100.0)).astype(float) / math.pi
    edge = _single(asked / per_second)
    short = most < asked * edge
    edge = np.where(short, np.minimum(edge, np.sqrt(_single(most / per_second))), edge)
    jerk = np.where(short, _single(per_second * edge), asked)
    hold = np.where(short, np.float32(0.0), most / jerk - edge)
    first = -jerk * np.float32(0.5) * edge
    held = np.where(hold > 0.0, first + -jerk * hold, first)
    braking = held - first + -jerk * edge
    below: np.ndarray = np.abs(up * braking) < limit
    return below


@cache
def _climb_asides() -> Single:
    """How far aside climbs end, cm: evenly spread over the cell, as likely one as the other."""
    part = (np.arange(CELL_PARTS) + 0.5) / CELL_PARTS * 100.0 * CELL_M
    north, east = np.meshgrid(part, EAST_SHARE * part)
    return _single(np.quantile(np.hypot(north, east), (np.arange(ASIDES) + 0.5) / ASIDES))


def _single(values: FloatArray) -> Single:
    return np.asarray(values, dtype=np.float32)
