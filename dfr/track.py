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
TOUCHED_M = 0.15


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
    commanded, None where it never was.
    """

    name: str
    t_s: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    height_m: FloatArray
    return_t_s: float | None
    energy_wh: float | None = None


def phase_seconds(
    track: FlightTrack, *, target_east_m: float, target_north_m: float, cruise_height_m: float
) -> dict[Phase, float | None]:
    """Seconds of each phase; None where the phase never ended.

    climb: first lift (0.3 m) to 1 m short of the cruise height; out: from there to within 2 m of the
    target; on_scene: from there to the return command; back: from there to within 2 m of home;
    land: from 1 m below the return height to 0.15 m.
    """
    lift = _first(track, track.height_m >= LIFTED_M, after=-math.inf)
    up = _first(track, track.height_m >= cruise_height_m - CLIMBED_SHORT_OF_M, after=lift)
    gone = np.hypot(track.east_m - target_east_m, track.north_m - target_north_m)
    there = _first(track, gone <= REACHED_M, after=up)
    leave = track.return_t_s
    home = _first(track, np.hypot(track.east_m, track.north_m) <= REACHED_M, after=leave)
    down = _first(track, track.height_m <= cruise_height_m - CLIMBED_SHORT_OF_M, after=home)
    ground = _first(track, track.height_m <= TOUCHED_M, after=down)
    return {
        Phase.CLIMB: _span(lift, up),
        Phase.OUT: _span(up, there),
        Phase.ON_SCENE: _span(there, leave),
        Phase.BACK: _span(leave, home),
        Phase.LAND: _span(down, ground),
    }


def _first(track: FlightTrack, holds: NDArray[np.bool_], *, after: float | None) -> float | None:
    """Time of the first sample from a moment on where something holds; None where that moment never came."""
    if after is None:
        return None
    held = holds & (track.t_s >= after)
    return float(track.t_s[held.argmax()]) if held.any() else None


def _span(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else end - start


def track_of_phases(
    name: str,
    phases: Mapping[Phase, float | None],
    *,
    path_m: FloatArray,
    height_m: float,
    wait_s: float = 0.0,
    slow_below_m: float = 0.0,
    slow_mps: float = 0.5,
) -> FlightTrack:
    """A predicted flight as a track: out along a path, back along it, each phase at even speed.

    `path_m` has shape (n, 2), metres east and north of home, from home to the target. `wait_s` passes
    above home before the landing, which is slower below `slow_below_m`. A phase that never ends
    (None) ends the track.
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path_m, axis=0).T))])
    share = along / along[-1] if along[-1] > 0.0 else np.linspace(0.0, 1.0, len(along))
    still, level = np.ones(2), np.ones(len(path_m))
    low_m = min(slow_below_m, height_m)
    knee = max(0.0, 1.0 - low_m / slow_mps / (phases.get(Phase.LAND) or math.inf))
    legs = {
        Phase.CLIMB: (np.array([0.0, 1.0]), path_m[[0, 0]], height_m * np.array([0.0, 1.0])),
        Phase.OUT: (share, path_m, height_m * level),
        Phase.ON_SCENE: (np.array([0.0, 1.0]), path_m[[-1, -1]], height_m * still),
        Phase.BACK: (1.0 - share[::-1], path_m[::-1], height_m * level),
        Phase.LAND: (np.array([0.0, knee, 1.0]), path_m[[0, 0, 0]], np.array([height_m, low_m, 0.0])),
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
