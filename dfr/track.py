"""A flight as it was predicted or as it was flown: the same type, so that the two can be compared.

A track is samples in local metres from home. Its phases are measured from the samples
by one rule for every source, so a predicted and a flown second mean the same thing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dfr.geo import FloatArray

REACHED_M = 2.0
"""Closer than this to a target horizontally counts as there (as `dfr predict` states it)."""

LIFTED_M = 0.3
CLIMBED_SHORT_OF_M = 1.0
SUNK_M = 1.0
TOUCHED_M = 0.15

CLEARLY_UP_M = 1.0
"""The lift that counts is the last before the drone is this high: a barometer wanders while it stands."""


class Phase(StrEnum):
    """The parts of one dispatch, in order."""

    CLIMB = "climb"
    OUT = "out"
    ON_SCENE = "on_scene"
    BACK = "back"
    LAND = "land"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightTrack:
    """Samples of one flight: time, metres east and north of home and above it, and what it was doing.

    All arrays have shape (n,), `t_s` increasing. `return_t_s` is the moment the return was
    commanded, None where it never was. `task_t_s` is the moment a new task was begun in flight, None for a
    flight with one task. The ground reads `ground_before_m` where it takes off and `ground_after_m` where it
    has touched down, None where it has not: 0 in a simulation, metres more or less on a barometer. From
    `flies_t_s` on it was seen to fly; None where its heights alone must tell.
    """

    name: str
    t_s: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    height_m: FloatArray
    return_t_s: float | None
    energy_wh: float | None = None
    task_t_s: float | None = None
    ground_before_m: float = 0.0
    ground_after_m: float | None = 0.0
    flies_t_s: float | None = None

    @property
    def lift_t_s(self) -> float | None:
        """When it lifts off: the last sample 0.3 m over the ground before it is clearly up; None if never."""
        above_m = self.height_m - self.ground_before_m
        up = (above_m >= CLEARLY_UP_M) & (
            self.t_s >= (-math.inf if self.flies_t_s is None else self.flies_t_s)
        )
        if not up.any():
            return _first_time(self, above_m >= LIFTED_M, after=self.flies_t_s or -math.inf)
        low = np.flatnonzero(above_m[: int(up.argmax())] < LIFTED_M)
        return float(self.t_s[low[-1] + 1 if low.size else 0])


def phase_seconds(
    track: FlightTrack, *, target_east_m: float, target_north_m: float, cruise_height_m: float
) -> dict[Phase, float | None]:
    """Seconds of each phase; None where the phase never ended.

    climb: lift (0.3 m over the ground) to 1 m short of the cruise height; out: from there, or from the new
    task of a flight that was sent on, to within 2 m of the target; on_scene: from there to the return
    command; back: from there to within 2 m of home; land: from 1 m below the height that it comes down from,
    whichever that is, to 0.15 m over the ground.
    """
    lift = track.lift_t_s
    up = _first_time(track, track.height_m >= cruise_height_m - CLIMBED_SHORT_OF_M, after=lift)
    leaves = up if track.task_t_s is None else track.task_t_s
    gone = np.hypot(track.east_m - target_east_m, track.north_m - target_north_m)
    there = _first_time(track, gone <= REACHED_M, after=leaves)
    back_t_s = track.return_t_s
    if there is not None and back_t_s is not None and there > back_t_s:
        there = None
    return {
        Phase.CLIMB: _seconds_between(lift, up),
        Phase.OUT: _seconds_between(leaves, there),
        Phase.ON_SCENE: _seconds_between(there, back_t_s),
        Phase.BACK: _seconds_between(back_t_s, _home_t_s(track)),
        Phase.LAND: landing_seconds(track),
    }


def landing_seconds(track: FlightTrack) -> float | None:
    """Seconds of the landing at home, as a phase is measured; None where there is none."""
    return _seconds_between(*_landing_times(track))


def unseen_before_touchdown_s(track: FlightTrack) -> float:
    """Seconds between the first sample on the ground and the one before it; 0 where it does not land."""
    _, ground = _landing_times(track)
    at = 0 if ground is None else int(np.searchsorted(track.t_s, ground))
    return float(track.t_s[at] - track.t_s[at - 1]) if at else 0.0


def _landing_times(track: FlightTrack) -> tuple[float | None, float | None]:
    """(when it has begun to sink at home, when it is on the ground)."""
    home_t_s = _home_t_s(track)
    if home_t_s is None or track.ground_after_m is None:
        return None, None
    sunk = track.height_m <= _top_so_far_m(track, home_t_s) - SUNK_M
    down = _first_time(track, sunk, after=home_t_s)
    return down, _first_time(track, track.height_m <= track.ground_after_m + TOUCHED_M, after=down)


def landed_from_m(track: FlightTrack) -> float | None:
    """The height above home that it came down from after its return; None where it did not come home."""
    home_t_s = _home_t_s(track)
    return None if home_t_s is None else float(_top_so_far_m(track, home_t_s)[-1])


def _home_t_s(track: FlightTrack) -> float | None:
    """When its return is within 2 m of home; None where it never is."""
    return _first_time(track, np.hypot(track.east_m, track.north_m) <= REACHED_M, after=track.return_t_s)


def _top_so_far_m(track: FlightTrack, home_t_s: float) -> FloatArray:
    """The highest since it was home, shape (n,): over home it may still climb to the return's height."""
    return np.maximum.accumulate(np.where(track.t_s >= home_t_s, track.height_m, -math.inf))


def _first_time(track: FlightTrack, holds: NDArray[np.bool_], *, after: float | None) -> float | None:
    """Time of the first sample from a moment on where something holds; None where that moment never came."""
    if after is None:
        return None
    held = holds & (track.t_s >= after)
    return float(track.t_s[held.argmax()]) if held.any() else None


def _seconds_between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else end - start


def track_of_phases(
    name: str,
    phases: Mapping[Phase, float | None],
    *,
    path_m: FloatArray,
    height_m: float,
    top_m: float = 0.0,
    wait_s: float = 0.0,
    slow_below_m: float = 0.0,
    slow_mps: float = 0.5,
) -> FlightTrack:
    """A predicted flight as a track: out along a path, back along it, each phase at even speed.

    `path_m` has shape (n, 2), metres east and north of home, from home to the target. The way back is at the
    return height `top_m` where that is above `height_m`. `wait_s` passes above home before the landing, which
    is slower below `slow_below_m`. A phase that never ends (None) ends the track.
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path_m, axis=0).T))])
    share = along / along[-1] if along[-1] > 0.0 else np.linspace(0.0, 1.0, len(along))
    still, level = np.ones(2), np.ones(len(path_m))
    top_m = max(height_m, top_m)
    low_m = min(slow_below_m, top_m)
    knee = max(0.0, 1.0 - low_m / slow_mps / (phases.get(Phase.LAND) or math.inf))
    legs = {
        Phase.CLIMB: (np.array([0.0, 1.0]), path_m[[0, 0]], height_m * np.array([0.0, 1.0])),
        Phase.OUT: (share, path_m, height_m * level),
        Phase.ON_SCENE: (np.array([0.0, 1.0]), path_m[[-1, -1]], height_m * still),
        Phase.BACK: (1.0 - share[::-1], path_m[::-1], top_m * level),
        Phase.LAND: (np.array([0.0, knee, 1.0]), path_m[[0, 0, 0]], np.array([top_m, low_m, 0.0])),
    }
    clock, parts, returned = 0.0, [], None
    for phase, (fraction, places, heights) in legs.items():
        seconds = phases.get(phase)
        if seconds is None:
            break
        if phase is Phase.BACK:
            returned = clock
        if phase is Phase.LAND:
            clock += wait_s
        parts.append(np.column_stack([clock + seconds * fraction, places, heights]))
        clock += seconds
    samples = np.concatenate(parts) if parts else np.zeros((1, 4))
    return FlightTrack(
        name=name,
        t_s=samples[:, 0],
        east_m=samples[:, 1],
        north_m=samples[:, 2],
        height_m=samples[:, 3],
        return_t_s=returned,
    )
