"""The way home of many sorties, the climb before it, and how chance spreads its time.

A nose left on the line of the wind is in unstable balance (`dfr.aircraft.nose`): the errors of compass and
attitude, fractions of a degree (`dfr.aircraft.heading_error`), decide to which side it drifts and how far,
and so how fast a drone at its tilt limit comes home, or whether it does. Such a way is flown with noses drawn
over those errors, and its time is the one that most flights come near. Gusts and rounding
(`dfr.aircraft.returning`) scatter it too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from dfr.aircraft.heading_error import HeadingError
from dfr.aircraft.nose import keeps_nose, nose_after_waiting, nose_home, nose_out, off_wind
from dfr.aircraft.returning import climb_first, climb_leg
from dfr.aircraft.settings import SettingColumns
from dfr.aircraft.trim import Airframe, airspeed_of_lean, balancing_lean
from dfr.aircraft.ways import SLOWEST_GROUND_SPEED_MPS, STEADY_LEAN, Way, Wind, fly_way, then
from dfr.geo import FloatArray

DECIDED_RAD = math.radians(3.5)
"""A nose so far off the wind when it begins to drift is decided by the wind, not by its error."""

ERRORS, RARE_ERRORS = 70, 3
"""Errors drawn, each as likely; so many of them lie beyond one in twenty, each way."""

NOSES = 37
"""Noses flown, every five degrees about the wind's line."""

NEAR = 0.05
"""Times within this share of one another count as near: the tolerance of a leg in wind."""

TIE = 1e-3
"""Weight of how near they are, where as many are."""

MOST_LOST = 0.5
"""Where more of the noses never come home, the way cannot be flown."""


OWN_ERROR = 0.01
"""Deviation of the model from single flights, a share of the time (docs/validation.md)."""

OWN_AIRSPEED_ERROR = 0.003
"""The same of the airspeed at the tilt limit, of which a headwind leaves little (docs/validation.md)."""

NINE_IN_TEN = 1.645
"""Deviations about the mean of a normal distribution that hold nine in ten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Deviations that gusts, the nose and rounding leave a time, shape (n,), s.

    `nose_s` is infinite where more than one flight in twenty may not come home at all.
    """

    gusts_s: FloatArray
    nose_s: FloatArray
    rounding_s: FloatArray

    @property
    def deviation_s(self) -> FloatArray:
        """All of them together."""
        return np.sqrt(self.gusts_s**2 + self.nose_s**2 + self.rounding_s**2)


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """The way home, and its seconds from the return command to within 2 m of home, shape (n,).

    `early_s` and `late_s` bound nine flights in ten, `late_s` infinite where too many never come home.
    """

    way: Way
    seconds: FloatArray
    early_s: FloatArray
    late_s: FloatArray
    scatter: Scatter


@dataclass(frozen=True, slots=True, kw_only=True)
class _Return:
    """RTL legs of many paths, (n,): length, course out, time on scene and the nose's error at its start."""

    airframe: Airframe
    length_m: FloatArray
    course_rad: FloatArray
    still_s: FloatArray
    error: HeadingError
    wind: Wind
    settings: SettingColumns

    def rows(self, index: np.ndarray) -> _Return:
        """Some of the paths."""
        return replace(
            self,
            length_m=self.length_m[index],
            course_rad=self.course_rad[index],
            still_s=self.still_s[index],
            error=self.error.rows(index),
            wind=self.wind.rows(index),
            settings=self.settings.rows(index),
        )

    def waited(self, nose_rad: FloatArray) -> FloatArray:
        """The nose after the time on scene."""
        return nose_after_waiting(nose_rad, self.still_s, self.wind, self.airframe, self.settings)

    def flown(self, held_rad: FloatArray) -> Way:
        """The legs, by drones that held such a nose on scene."""
        way = self.with_nose(nose_home(held_rad, self.course_rad, self.settings))
        rows = np.flatnonzero(way.slowed & keeps_nose(self.settings))
        if not rows.size:
            return way
        slow = self.rows(rows)
        return way.replaced(rows, slow.with_nose(slow.swung(held_rad[rows], way.ground_speed_mps[rows])))

    def swung(self, held_rad: FloatArray, speed_mps: FloatArray) -> FloatArray:
        """The nose after the tilt has swung from where it holds the place to where it drives the drone home.

        ArduCopter turns the thrust without turning about it (a yaw rate of nought), and so the heading by
        the excess of the spherical triangle between the vertical and both thrusts.
        """
        along, cross = self.wind_home_mps()
        nose = held_rad - self.course_rad - np.pi
        leans = [
            balancing_lean(self.airframe, np.stack([-cross, speed - along]), nose, self.wind.density)
            for speed in (0.0, speed_mps)
        ]
        turn = np.arctan2(*leans[1]) - np.arctan2(*leans[0])
        halves = [np.tan(0.5 * np.arctan(np.hypot(*lean))) for lean in leans]
        both = halves[0] * halves[1]
        excess: FloatArray = 2.0 * np.arctan2(both * np.sin(turn), 1.0 + both * np.cos(turn))
        return held_rad + excess

    def with_nose(self, nose_rad: FloatArray) -> Way:
        """The legs, with the nose pointing somewhere."""
        return fly_way(
            self.airframe,
            self.length_m[:, None],
            self.course_rad[:, None] + np.pi,
            nose_rad[:, None],
            wind=self.wind,
            wanted_mps=self.settings.effective_return_mps,
            settings=self.settings,
        )

    def may_bind(self) -> np.ndarray:
        """Where the tilt limit may set the speed: a nose on the wind, or abeam, meets the most drag."""
        if self.wind.gusts is not None:
            return np.ones(self.length_m.shape, dtype=bool)
        lean = STEADY_LEAN * np.tan(np.radians(self.settings.lean_limit_deg))
        able = airspeed_of_lean(self.airframe, lean, self.wind.density)
        along, cross = self.wind_home_mps()
        speed = np.sqrt(np.maximum(able**2 - cross**2, 0.0)) + along
        binds: np.ndarray = speed < self.settings.effective_return_mps
        return binds

    def wind_home_mps(self) -> tuple[FloatArray, FloatArray]:
        """The wind along the way home, and to the right of it."""
        sine, cosine = np.sin(self.course_rad + np.pi), np.cos(self.course_rad + np.pi)
        east, north = self.wind.east_mps, self.wind.north_mps
        return east * sine + north * cosine, east * cosine - north * sine


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noses:
    """The noses with which most come home, (n,), and by how much nine in ten are sooner or later, s.

    `drawn` where they are left to chance.
    """

    held_rad: FloatArray
    sooner_s: FloatArray
    later_s: FloatArray
    drawn: np.ndarray

    @classmethod
    def told(cls, held_rad: FloatArray) -> _Noses:
        """Noses that chance has no part in."""
        none = np.zeros_like(held_rad)
        return cls(held_rad=held_rad.copy(), sooner_s=none, later_s=none.copy(), drawn=none > 0.0)

    def put(self, rows: np.ndarray, others: _Noses) -> None:
        """Others in the place of some."""
        for name in self.__dataclass_fields__:
            getattr(self, name)[rows] = getattr(others, name)


def fly_back(
    airframe: Airframe,
    lengths: FloatArray,
    courses: FloatArray,
    *,
    still_s: FloatArray,
    error: HeadingError,
    climb_m: FloatArray,
    wind: Wind,
    settings: SettingColumns,
) -> WayBack:
    """The legs back, after `still_s` on scene: all but the last as waypoints, the last as RTL, from a stop.

    `error` is the nose's as the time on scene begins.
    ArduCopter cuts no corner into an RTL; it climbs first, and keeps the heading it has.
    """
    way, nose = _legs_back(airframe, lengths, courses, still_s, error, wind=wind, settings=settings)
    climb = climb_first(climb_leg(climb_m, settings), way.home, settings)
    scatter = Scatter(
        gusts_s=way.deviation_s,
        nose_s=0.5 * (nose.sooner_s + nose.later_s) / NINE_IN_TEN,
        rounding_s=climb.deviation_s,
    )
    seconds = way.seconds + climb.seconds
    chance = nose.drawn | (scatter.deviation_s > 0.0)
    slowly = way.airspeed_mps / np.maximum(way.ground_speed_mps, SLOWEST_GROUND_SPEED_MPS)
    own = np.where(chance, np.hypot(OWN_ERROR, OWN_AIRSPEED_ERROR * slowly) * seconds, 0.0)
    usual = NINE_IN_TEN * np.hypot(way.deviation_s, own)
    return WayBack(
        way=way,
        seconds=seconds,
        early_s=seconds - np.sqrt(nose.sooner_s**2 + climb.sooner_s**2 + usual**2),
        late_s=seconds + np.sqrt(nose.later_s**2 + climb.later_s**2 + usual**2),
        scatter=scatter,
    )


def _legs_back(
    airframe: Airframe,
    lengths: FloatArray,
    courses: FloatArray,
    still_s: FloatArray,
    error: HeadingError,
    *,
    wind: Wind,
    settings: SettingColumns,
) -> tuple[Way, _Noses]:
    """The legs back as most fly them, and the noses on the last of them."""
    one = lengths.shape[1] == 1
    turned = np.ones(len(lengths), dtype=bool) if one else ~(lengths[:, 1:] > 0.0).any(axis=1)
    home = _Return(
        airframe=airframe,
        length_m=lengths[:, 0],
        course_rad=courses[:, 0],
        still_s=still_s,
        error=error,
        wind=wind,
        settings=settings,
    )
    noses = _Noses.told(courses[:, 0] if one else np.where(turned, courses[:, 0], courses[:, 1] + np.pi))
    rows = np.flatnonzero(turned & keeps_nose(settings) & home.may_bind())
    if rows.size:
        noses.put(rows, _held(home.rows(rows)))
    last = home.flown(noses.held_rad)
    if one:
        return last, noses
    along = courses[:, :0:-1] + np.pi
    legs = fly_way(
        airframe,
        lengths[:, :0:-1],
        along,
        nose_out(along, settings),
        wind=wind,
        wanted_mps=settings.cruise_mps,
        settings=settings,
    )
    return then(legs, last, apart_m=(lengths[:, 1:].sum(axis=1), lengths[:, 0])), noses


def _held(home: _Return) -> _Noses:
    """The noses most flights come home with, where the wait on scene turns them."""
    start = home.course_rad + home.error.mean_rad
    noses = _Noses.told(home.waited(start))
    undecided = np.abs(off_wind(home.course_rad, home.wind)) < DECIDED_RAD
    rows = np.flatnonzero(undecided & (noses.held_rad != start))
    if rows.size:
        noses.put(rows, _drawn(home.rows(rows)))
    return noses


def _drawn(home: _Return) -> _Noses:
    """The same of ways that chance decides, flown with noses that start with an error."""
    count = len(home.length_m)
    chance = ndtri((np.arange(ERRORS) + 0.5) / ERRORS)[:, None]
    noses = home.waited(home.course_rad + home.error.mean_rad + home.error.deviation_rad * chance)
    pace = _pace(home, off_wind(noses, home.wind))
    with np.errstate(divide="ignore"):
        times = np.sort(1.0 / pace, axis=0)
        usual = _usual(1.0 / pace)
    row = np.arange(count)
    held = noses[usual, row]
    middle = np.where(pace[usual, row] > 0.0, 1.0 / np.maximum(pace[usual, row], 1e-9), 0.0)
    sooner = np.where(middle > 0.0, middle - times[RARE_ERRORS], 0.0)
    later = np.where(middle > 0.0, times[-1 - RARE_ERRORS] - middle, np.inf)
    return _Noses(held_rad=held, sooner_s=sooner, later_s=later, drawn=np.ones(count, dtype=bool))


def _pace(home: _Return, off_rad: FloatArray) -> FloatArray:
    """Ways home a second, (errors, n), with noses some angle off the wind; 0 where they never come home."""
    count, angles = len(home.length_m), np.linspace(-0.5 * np.pi, 0.5 * np.pi, NOSES)
    line = home.course_rad - off_wind(home.course_rad, home.wind)
    each = home.rows(np.tile(np.arange(count), NOSES))
    seconds = each.with_nose((line + angles[:, None]).ravel()).seconds.reshape(NOSES, count)
    known = np.where(np.isfinite(seconds), 1.0 / np.maximum(np.nan_to_num(seconds), 1e-9), 0.0)
    place = (off_rad + 0.5 * np.pi) / np.pi * (NOSES - 1)
    before = np.clip(place.astype(int), 0, NOSES - 2)
    share, row = place - before, np.arange(count)
    left, right = known[before, row], known[before + 1, row]
    # A nose between one that comes home and one that does not may not either.
    pace: FloatArray = np.where((left > 0.0) & (right > 0.0), left + share * (right - left), 0.0)
    return np.where(share <= 0.0, left, pace)


def _usual(times: FloatArray) -> np.ndarray:
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
