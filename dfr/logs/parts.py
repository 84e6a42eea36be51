"""The parts of a flight, told from its motion: takeoff, climb, legs, turns, hover, return, descent, landing.

Start from `find_parts`. No autopilot's own messages are needed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from dfr.geo import FloatArray
from dfr.track import FlightTrack

STEP_S = 0.2
"""Motion is looked at in even steps of this."""

MOVES_MPS, RESTS_MPS = 1.5, 0.7
"""It flies along from the first of these speeds until it is below the second (assumed)."""

CLIMBS_MPS, SINKS_MPS = 0.5, 0.3

TURNS_RAD_S = math.radians(15.0)

SHORTEST_S = 1.5
"""A shorter part belongs to the one before it (assumed)."""

HOME_M = 10.0
"""A way that ends within this of the lift-off is a return (assumed: as far as a return's landing drifts)."""

LOW_M = 5.0
REGAINS_M = 3.0
"""A descent below 5 m over the ground after which it climbs 3 m again is a landing that was broken off
(assumed)."""

LOW_END_M = 1.0
"""A log whose last record is this low over the ground ends with its landing (assumed)."""

SMOOTH_S = 1.0


class Part(StrEnum):
    """What a drone does for a while."""

    TAKEOFF = "takeoff"
    CLIMB = "climb"
    LEG = "leg"
    TURN = "turn"
    HOVER = "hover"
    RETURN = "return"
    DESCENT = "descent"
    LANDING = "landing"
    ABORTED_LANDING = "aborted_landing"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightPart:
    """One part of a flight, on the log's clock; `distance_m` is over the ground."""

    kind: Part
    start_s: float
    end_s: float
    distance_m: float
    climb_m: float

    @property
    def length_s(self) -> float:
        """How long it takes."""
        return self.end_s - self.start_s


def find_parts(track: FlightTrack) -> tuple[FlightPart, ...]:
    """What a flight consists of, without a gap from its lift-off to its end."""
    start_s = track.t_s[0] if track.lift_t_s is None else track.lift_t_s
    end_s = float(track.t_s[-1])
    count = int((end_s - start_s) / STEP_S)
    if count < 2:
        return ()
    motion = _EvenMotion.of(track, np.linspace(start_s, end_s, count + 1))
    edges = _merge_short(_runs_of_kinds(motion.kinds()))
    parts = [motion.part(kind, first, last) for kind, first, last in edges]
    return tuple(_name_by_place(parts, motion, track))


@dataclass(frozen=True, slots=True)
class _EvenMotion:
    """A track in even steps, smoothed over a second; all arrays have shape (n,)."""

    t_s: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    height_m: FloatArray
    speed_mps: FloatArray
    climb_mps: FloatArray
    turn_rad_s: FloatArray

    @classmethod
    def of(cls, track: FlightTrack, t_s: FloatArray) -> _EvenMotion:
        east, north, height = (
            _smooth_values(np.interp(t_s, track.t_s, values))
            for values in (track.east_m, track.north_m, track.height_m)
        )
        east_mps, north_mps = np.gradient(east, t_s), np.gradient(north, t_s)
        course = np.unwrap(np.arctan2(east_mps, north_mps))
        return cls(
            t_s=t_s,
            east_m=east,
            north_m=north,
            height_m=height,
            speed_mps=np.hypot(east_mps, north_mps),
            climb_mps=np.gradient(height, t_s),
            turn_rad_s=np.abs(np.gradient(_smooth_values(course), t_s)),
        )

    def kinds(self) -> list[Part]:
        """What it does at each step, told from this moment's motion."""
        moves, kinds = False, []
        for speed, climb, turn in zip(
            self.speed_mps.tolist(), self.climb_mps.tolist(), self.turn_rad_s.tolist(), strict=True
        ):
            moves = speed > (RESTS_MPS if moves else MOVES_MPS)
            if moves:
                kinds.append(Part.TURN if turn > TURNS_RAD_S else Part.LEG)
            elif climb > CLIMBS_MPS:
                kinds.append(Part.CLIMB)
            else:
                kinds.append(Part.DESCENT if climb < -SINKS_MPS else Part.HOVER)
        return kinds

    def away_m(self, t_s: float) -> float:
        """How far from its lift-off it is at a time."""
        east_m, north_m = (np.interp(t_s, self.t_s, values) for values in (self.east_m, self.north_m))
        return math.hypot(float(east_m), float(north_m))

    def part(self, kind: Part, first: int, last: int) -> FlightPart:
        """The part from one step to another."""
        steps = slice(first, last + 1)
        gone = np.hypot(np.diff(self.east_m[steps]), np.diff(self.north_m[steps]))
        return FlightPart(
            kind=kind,
            start_s=float(self.t_s[first]),
            end_s=float(self.t_s[last]),
            distance_m=float(gone.sum()),
            climb_m=float(self.height_m[last] - self.height_m[first]),
        )


def _smooth_values(values: FloatArray) -> FloatArray:
    width = max(1, round(SMOOTH_S / STEP_S))
    padded = np.pad(values, (width // 2, width - 1 - width // 2), mode="edge")
    return np.convolve(padded, np.full(width, 1.0 / width), mode="valid")


def _runs_of_kinds(kinds: list[Part]) -> list[tuple[Part, int, int]]:
    """(kind, first step, last step) of each run of equal kinds; one ends where the next begins."""
    edges = [i for i in range(1, len(kinds)) if kinds[i] is not kinds[i - 1]]
    starts = [0, *edges]
    ends = [*edges, len(kinds) - 1]
    return [(kinds[first], first, last) for first, last in zip(starts, ends, strict=True)]


def _merge_short(runs: list[tuple[Part, int, int]]) -> list[tuple[Part, int, int]]:
    """Runs of which each is long enough: a short one joins the one before it."""
    least = round(SHORTEST_S / STEP_S)
    merged: list[tuple[Part, int, int]] = []
    for kind, first, last in runs:
        if merged and (last - first < least or merged[-1][0] is kind):
            merged[-1] = (merged[-1][0], merged[-1][1], last)
        elif merged and merged[-1][2] - merged[-1][1] < least:
            merged[-1] = (kind, merged[-1][1], last)
        else:
            merged.append((kind, first, last))
    return merged


def _name_by_place(parts: list[FlightPart], motion: _EvenMotion, track: FlightTrack) -> list[FlightPart]:
    """Name takeoff, return, landing and landings broken off by where in the flight they lie."""
    named = list(parts)
    if named and named[0].kind is Part.CLIMB:
        named[0] = replace(named[0], kind=Part.TAKEOFF)
    for i, part in enumerate(named):
        if part.kind is Part.DESCENT and _broken_off(parts[i:], motion, track):
            named[i] = replace(part, kind=Part.ABORTED_LANDING)
    landing = _last_descent(named)
    down = track.ground_after_m is not None or track.height_m[-1] - track.ground_before_m < LOW_END_M
    if landing is not None and down:
        named[landing:] = [_join_parts(Part.LANDING, named[landing:])]
    _name_return(named, motion, track)
    return named


def _last_descent(parts: list[FlightPart]) -> int | None:
    """The descent that ends the flight: nothing after it but standing still."""
    for i in range(len(parts) - 1, -1, -1):
        if parts[i].kind is Part.DESCENT:
            return i if all(part.kind in (Part.HOVER, Part.DESCENT) for part in parts[i:]) else None
    return None


def _join_parts(kind: Part, parts: list[FlightPart]) -> FlightPart:
    return FlightPart(
        kind=kind,
        start_s=parts[0].start_s,
        end_s=parts[-1].end_s,
        distance_m=sum(part.distance_m for part in parts),
        climb_m=sum(part.climb_m for part in parts),
    )


def _broken_off(parts: list[FlightPart], motion: _EvenMotion, track: FlightTrack) -> bool:
    """Whether a descent comes low over the ground and it climbs again without having touched."""
    low_m = float(np.interp(parts[0].end_s, motion.t_s, motion.height_m)) - track.ground_before_m
    higher = next((part for part in parts[1:] if part.kind not in (Part.HOVER, Part.DESCENT)), None)
    return low_m < LOW_M and higher is not None and higher.kind is Part.CLIMB and higher.climb_m > REGAINS_M


def _name_return(parts: list[FlightPart], motion: _EvenMotion, track: FlightTrack) -> None:
    """The last legs are the return where they were commanded as one, or each brings it nearer to its home."""
    moving = [i for i, part in enumerate(parts) if part.kind in (Part.LEG, Part.TURN)]
    commanded = track.return_t_s
    if commanded is not None:
        returns = [i for i in moving if parts[i].end_s > commanded]
    elif moving and motion.away_m(parts[moving[-1]].end_s) <= HOME_M:
        nearer = [motion.away_m(parts[i].end_s) < motion.away_m(parts[i].start_s) for i in moving]
        last_outward = max((n for n, is_nearer in enumerate(nearer) if not is_nearer), default=-1)
        returns = moving[last_outward + 1 :] or moving[-1:]
    else:
        returns = []
    for i in returns:
        parts[i] = replace(parts[i], kind=Part.RETURN)
