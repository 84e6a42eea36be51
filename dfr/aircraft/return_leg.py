"""The return of many sorties: its height, climb and legs, and how far its time spreads. See `fly_return`.

RTL climbs on the spot to RTL_ALT (never down, at least RTL_CLIMB_MIN, within the cone that RTL_CONE_SLOPE
opens above home), as a leg of its own whose corner into the leg home is flown like any other. It keeps the
heading the drone has. At the tilt limit that heading decides how fast the drone comes home, or whether it
does: the latest return that is counted on is that of the heading with the most drag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from dfr.aircraft.legs import (
    SLOWEST_GROUND_SPEED_MPS,
    STEADY_LEAN,
    FlownLegs,
    Wind,
    fly_legs,
    heading_home,
    heading_out,
    join_legs,
    keeps_heading,
    overlap_seconds,
)
from dfr.aircraft.profiles import LegProfile, leg_profile
from dfr.aircraft.settings import SettingColumns
from dfr.aircraft.trim import Airframe, airspeed_of_lean
from dfr.geo import FloatArray

OWN_ERROR = 0.01
"""Standard deviation of single flights about the model, as a share of the time (docs/validation.md)."""

OWN_AIRSPEED_ERROR = 0.003
"""The same of the airspeed at the tilt limit, of which a headwind leaves little (docs/validation.md)."""

NINE_IN_TEN = 1.645
"""Deviations about the mean of a normal distribution that hold nine in ten."""

RETURN_START_S = 0.4
"""From the return command until the leg home starts where there is nothing to climb (recorded on SITL)."""

FLATTEST_CONE = 0.5
"""RTL_MIN_CONE_SLOPE: a flatter cone does not count."""

LEAST_CLIMB_M = 0.05
"""A lower climb does not count."""

NEAR_LIMIT = 0.5
"""A headwind that takes half of the airspeed at the tilt limit is near it: the return's time spreads."""

FULL = 0.999
"""A peak above this share of a limit is the limit, but for rounding."""

BEYOND_GUSTS = 1.2
"""So much more than the mean of their gusts do legs spread: headings drift and targets wait, too (42 legs
recorded, docs/validation.md)."""

MOST_SPREAD = 0.8
"""No mean speed spreads by more of itself: the latest flights take five times as long."""

RARE = 0.05
"""What a smaller share of flights does lies outside the band of nine in ten."""

MOST_GUSTS = 4.0
"""Gusts of more deviations than these bring no leg to the tilt limit."""

CornerCutShare = Callable[[FloatArray, SettingColumns], FloatArray]
"""Share of returns, (n,), that cut the corner out of a climb (m) which brakes at its full acceleration."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Standard deviations that gusts, the heading and rounding give a return's time, shape (n,), s.

    `heading_s` is infinite where more than one flight in twenty may not come home at all.
    """

    gusts_s: FloatArray
    heading_s: FloatArray
    rounding_s: FloatArray

    @property
    def deviation_s(self) -> FloatArray:
        """All of them together."""
        return np.sqrt(self.gusts_s**2 + self.heading_s**2 + self.rounding_s**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingSpread:
    """By how much other headings than the usual one bring a return home sooner or later, shape (n,), s.

    `later_s` is infinite where some never come home. `uncertain` is where the heading is not known.
    """

    sooner_s: FloatArray
    later_s: FloatArray
    uncertain: np.ndarray


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnFlight:
    """The legs home, and the seconds from the return command to within 2 m of home, shape (n,).

    `early_s` and `late_s` bound nine flights in ten, `late_s` infinite where some may never come home.
    """

    legs: FlownLegs
    seconds: FloatArray
    early_s: FloatArray
    late_s: FloatArray
    scatter: Scatter


@dataclass(frozen=True, slots=True, kw_only=True)
class RtlLeg:
    """The last leg of many returns, (n,): its length and the course out."""

    airframe: Airframe
    length_m: FloatArray
    course_rad: FloatArray
    wind: Wind
    settings: SettingColumns

    def rows(self, index: np.ndarray) -> RtlLeg:
        """Those of some paths."""
        return replace(
            self,
            length_m=self.length_m[index],
            course_rad=self.course_rad[index],
            wind=self.wind.rows(index),
            settings=self.settings.rows(index),
        )

    def fly_leg(self, held_rad: FloatArray) -> FlownLegs:
        """The leg, by drones that held such a heading before it."""
        return self.with_heading(heading_home(held_rad, self.course_rad, self.settings))

    def with_heading(self, heading_rad: FloatArray) -> FlownLegs:
        """The leg, flown with a heading."""
        return fly_legs(
            self.airframe,
            self.length_m[:, None],
            self.course_rad[:, None] + np.pi,
            heading_rad[:, None],
            wind=self.wind,
            wanted_mps=self.settings.effective_return_mps,
            settings=self.settings,
        )

    def may_be_slowed(self) -> np.ndarray:
        """Where the tilt limit may set the speed: the wind on the nose, or abeam, makes the most drag."""
        gust_mps = 0.0 if self.wind.gusts is None else MOST_GUSTS * self.wind.gusts.deviation_mps
        lean = STEADY_LEAN * np.tan(np.radians(self.settings.lean_limit_deg))
        able = airspeed_of_lean(self.airframe, lean, self.wind.density)
        along, cross = self.wind_home_mps()
        speed = np.sqrt(np.maximum(able**2 - cross**2, 0.0)) + along
        slowed: np.ndarray = speed - gust_mps < self.settings.effective_return_mps
        return slowed

    def wind_home_mps(self) -> tuple[FloatArray, FloatArray]:
        """The wind along the course home, and to the right of it."""
        sine, cosine = np.sin(self.course_rad + np.pi), np.cos(self.course_rad + np.pi)
        east, north = self.wind.east_mps, self.wind.north_mps
        return east * sine + north * cosine, east * cosine - north * sine


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPath:
    """The legs of many sorties, (n, legs) as flown out, and the climb before the return, (n,).

    All but the first are flown back as waypoints, the first, which is the last home, as RTL from a stop.
    """

    airframe: Airframe
    lengths_m: FloatArray
    courses_rad: FloatArray
    climb_m: FloatArray
    wind: Wind
    settings: SettingColumns

    @property
    def rtl(self) -> RtlLeg:
        """The RTL legs."""
        return RtlLeg(
            airframe=self.airframe,
            length_m=self.lengths_m[:, 0],
            course_rad=self.courses_rad[:, 0],
            wind=self.wind,
            settings=self.settings,
        )

    @property
    def direct(self) -> np.ndarray:
        """Where RTL begins on scene."""
        return np.asarray(~np.any(self.lengths_m[:, 1:] > 0.0, axis=1))

    @property
    def heading_rad(self) -> FloatArray:
        """The heading of the leg before RTL."""
        if self.lengths_m.shape[1] == 1:
            return self.courses_rad[:, 0].copy()
        return np.where(self.direct, self.courses_rad[:, 0], self.courses_rad[:, 1] + np.pi)

    def with_waypoints(self, rtl: FlownLegs) -> FlownLegs:
        """The whole way back: the legs before RTL, and RTL as flown."""
        if self.lengths_m.shape[1] == 1:
            return rtl
        courses = self.courses_rad[:, :0:-1] + np.pi
        before = fly_legs(
            self.airframe,
            self.lengths_m[:, :0:-1],
            courses,
            heading_out(courses, self.settings),
            wind=self.wind,
            wanted_mps=self.settings.cruise_mps,
            settings=self.settings,
        )
        return join_legs(before, rtl, lengths_m=(self.lengths_m[:, 1:].sum(axis=1), self.lengths_m[:, 0]))


def fly_return(path: ReturnPath) -> ReturnFlight:
    """The returns of real drones, whose heading on scene and thereafter nobody knows.

    The usual one keeps the heading of the leg out; the latest has the heading with the most drag.
    """
    usual = path.rtl.fly_leg(path.heading_rad)
    later_s = np.zeros_like(usual.seconds)
    near_limit = np.zeros(later_s.shape, dtype=bool)
    rows = np.flatnonzero(keeps_heading(path.settings) & path.rtl.may_be_slowed())
    if rows.size:
        slow = path.rtl.rows(rows)
        slowest = slow.with_heading(np.arctan2(slow.wind.east_mps, slow.wind.north_mps))
        seconds = np.nan_to_num(slowest.seconds, nan=np.inf)
        later_s[rows] = np.maximum(seconds - usual.seconds[rows], 0.0)
        near_limit[rows] = slowest.ground_speed_mps < NEAR_LIMIT * slowest.airspeed_mps
    spread = HeadingSpread(sooner_s=np.zeros_like(later_s), later_s=later_s, uncertain=near_limit)
    return return_flight(path, usual, spread)


def return_flight(
    path: ReturnPath, rtl: FlownLegs, spread: HeadingSpread, cut_share: CornerCutShare | None = None
) -> ReturnFlight:
    """The returns whose RTL leg was flown in some way and spreads by its heading."""
    legs = path.with_waypoints(rtl)
    climb = climb_first(climb_leg(path.climb_m, path.settings), legs.last, path.settings, cut_share)
    scatter = Scatter(
        gusts_s=legs.deviation_s,
        heading_s=0.5 * (spread.sooner_s + spread.later_s) / NINE_IN_TEN,
        rounding_s=climb.deviation_s,
    )
    seconds = legs.seconds + climb.seconds
    differs = spread.uncertain | (scatter.heading_s > 0.0) | (scatter.rounding_s > 0.0)
    random = np.where(differs, 1.0, gust_share(legs, seconds))
    sooner_s, later_s = usual_spread_s(legs, seconds, random)
    return ReturnFlight(
        legs=legs,
        seconds=seconds,
        early_s=seconds - np.sqrt(spread.sooner_s**2 + climb.sooner_s**2 + sooner_s**2),
        late_s=seconds + np.sqrt(spread.later_s**2 + climb.later_s**2 + later_s**2),
        scatter=scatter,
    )


def gust_share(legs: FlownLegs, seconds: FloatArray) -> FloatArray:
    """How far gusts make flights differ, shape (n,): 1 where by as much as the model's own error or more."""
    share: FloatArray = np.clip(legs.deviation_s / np.maximum(OWN_ERROR * seconds, 1e-9), 0.0, 1.0)
    return share


def usual_spread_s(legs: FlownLegs, seconds: FloatArray, random: FloatArray) -> tuple[FloatArray, FloatArray]:
    """By how much nine flights in ten are earlier, and later, than `seconds`, shape (n,).

    Gusts make it, and the model's own error as far as anything is `random`, 0 to 1. It is the mean speed that
    spreads, so that the late ones are further off than the early ones.
    """
    slowly = legs.airspeed_mps / np.maximum(legs.ground_speed_mps, SLOWEST_GROUND_SPEED_MPS)
    own = random * np.hypot(OWN_ERROR, OWN_AIRSPEED_ERROR * slowly)
    share = late_share(legs.deviation_s / np.maximum(seconds, 1e-9), own)
    return seconds * share / (1.0 + share), seconds * share / (1.0 - share)


def late_share(gusts: FloatArray, own: FloatArray | float = 0.0) -> FloatArray:
    """The share of the mean speed by which the slowest of nine flights in ten fall short of it.

    From the deviations that gusts, and the model's own error, give the time, as shares of it.
    """
    share: FloatArray = np.minimum(NINE_IN_TEN * np.hypot(BEYOND_GUSTS * gusts, own), MOST_SPREAD)
    return share


def return_height_m(height_m: FloatArray, away_m: FloatArray, settings: SettingColumns) -> FloatArray:
    """Height above home at which RTL goes home, from a height and a distance away."""
    least = height_m + settings.return_climb_min_m
    cone = np.where(settings.return_cone_slope >= FLATTEST_CONE, away_m * settings.return_cone_slope, np.inf)
    return np.maximum(np.minimum(settings.asked_return_height_m, cone), least)


def climb_leg(climb_m: FloatArray, settings: SettingColumns) -> LegProfile:
    """The climb of a return, on the spot."""
    return leg_profile(
        np.maximum(climb_m, LEAST_CLIMB_M),
        speed_mps=settings.climb_mps,
        accel_mps2=settings.vertical_accel_mps2,
        jerk_mps3=settings.path_jerk_mps3,
        snap_mps4=settings.path_snap_mps4,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClimbDelay:
    """Seconds from the return command by which a climb delays the leg home, shape (n,).

    `seconds` of most flights; `sooner_s` and `later_s` by how much those differ that rounding treats the
    other way, and `deviation_s` their standard deviation.
    """

    seconds: FloatArray
    sooner_s: FloatArray
    later_s: FloatArray
    deviation_s: FloatArray


def climb_first(
    rise: LegProfile, home: LegProfile, settings: SettingColumns, cut_share: CornerCutShare | None = None
) -> ClimbDelay:
    """How a climb delays the leg home, its corner into which is flown like any other.

    ArduCopter cuts the corner where its middle asks for less than the full vertical acceleration: after the
    climb has braked at all of it. Rounding may let some flights cut it sooner: `cut_share`, none without.
    """
    climbs = rise.length_m > LEAST_CLIMB_M
    none = np.zeros_like(rise.length_m)
    if not climbs.any():
        return ClimbDelay(seconds=none + RETURN_START_S, sooner_s=none, later_s=none, deviation_s=none)
    half_turn = np.full_like(rise.length_m, 0.25 * np.pi)
    gentle = 2.0 * (2.0 * rise.edge_s + rise.hold_s)
    full = climbs & (rise.accel_mps2 >= FULL * settings.vertical_accel_mps2)
    # ArduCopter holds the corner's acceleration to its limit level with the ground alone.
    most, least = (
        overlap_seconds([rise, home], half_turn, settings, most_s=most_s, corner_accel_mps2=np.inf)
        for most_s in (np.inf, np.where(full, gentle, np.inf))
    )
    share = np.where(full, 0.0, 1.0)
    if cut_share is not None:
        share[full] = cut_share(rise.length_m[full], settings.rows(full))
    cut = share > 0.5
    apart = np.where((np.minimum(share, 1.0 - share) > RARE) & climbs, most - least, 0.0)
    return ClimbDelay(
        seconds=np.where(climbs, rise.total_s - np.where(cut, most, least), RETURN_START_S),
        sooner_s=np.where(cut, 0.0, apart),
        later_s=np.where(cut, apart, 0.0),
        deviation_s=np.sqrt(share * (1.0 - share)) * apart,
    )
