"""The wind of a flight: the autopilot's own estimate, or one from how far the drone leans on several courses.

A drone that flies steadily leans by what the air's drag asks for. So its lean tells its velocity through the
air, up to a drag that is not known; over the ground it is known, and the difference is the wind. On one
course wind and drag cannot be told apart; on several they can: wind, drag and the error of the level are then
fitted together (least squares with a loss that outliers do not pull). The drag acts on the drone's own axes,
ahead and to the right (as in `dfr.aircraft.trim`). The error is a block jackknife's, since neighbouring
moments are alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import StrEnum
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from dfr.extras import install_command
from dfr.geo import FloatArray
from dfr.logs.flights import LoggedFlight
from dfr.logs.model import FlightLog, Quantity
from dfr.units import GRAVITY_MPS2

STEP_S = 1.0
"""Motion is averaged over this before it is fitted."""

STEADY_MPS2 = 1.0
"""A drone that speeds up or turns harder is left out (assumed)."""

UPRIGHT_RAD = math.radians(50.0)
CLIMBS_MPS = 1.5
LOW_SHARE = 0.6
"""Lower than this share of a flight's usual height the wind is another: less, near the ground (assumed)."""

COURSES_APART_RAD = math.radians(60.0)
FAST_MPS = 3.0
COURSE_S = 4.0
"""Two courses, so far apart and each flown so fast for so long, are the least that tells wind from drag
(assumed)."""

OUTLIER_MPS2 = 0.2
LEVEL_RAD = math.radians(1.0)
"""How far a drone's level is usually off (assumed): a fitted error of the level is held to about this."""

LEAST_ERROR_MPS = 0.2
"""What an attitude that is off by a fraction of a degree makes at least (assumed)."""

BLOCK_S = 10.0
LEAST_BLOCKS, MOST_BLOCKS = 3, 30
BOUND_MPS = 40.0
LEAST_SLOPE_PER_S = 0.05
TOLERANCE = 1e-10
MOST_STEPS = 100


class WindSource(StrEnum):
    """What a wind was worked out from."""

    AUTOPILOT = "autopilot"
    LEAN = "lean"


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightWind:
    """The mean wind of one flight; `error_mps` is one standard deviation of each component.

    `linear_per_s` and `quadratic_per_m` are the drag that was fitted with it: air that meets the drone with v
    along one of its own axes slows it by v (linear + quadratic v), m/s². None for the autopilot's estimate.
    """

    source: WindSource
    speed_mps: float
    from_deg: float
    error_mps: float
    linear_per_s: float | None = None
    quadratic_per_m: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownWind:
    """Why the wind of a flight cannot be told."""

    reason: str


def estimate_wind(log: FlightLog, flight: LoggedFlight) -> FlightWind | UnknownWind:
    """The mean wind of a flight: the autopilot's own where it estimates one, else from the lean."""
    logged = logged_wind(log, flight)
    return wind_from_lean(log, flight) if logged is None else logged


def logged_wind(log: FlightLog, flight: LoggedFlight) -> FlightWind | None:
    """The autopilot's own estimate, None where there is none; its error is how much it varies."""
    north, east = log.series.get(Quantity.WIND_NORTH_MPS), log.series.get(Quantity.WIND_EAST_MPS)
    if north is None or east is None:
        return None
    parts = [series.between(flight.start_s, flight.end_s).values for series in (north, east)]
    if min(len(part) for part in parts) < 2:
        return None
    error_mps = float(max(part.std() for part in parts))
    north_mps, east_mps = (float(part.mean()) for part in parts)
    return _make_wind(WindSource.AUTOPILOT, north_mps, east_mps, error_mps)


def wind_from_lean(log: FlightLog, flight: LoggedFlight) -> FlightWind | UnknownWind:
    """The wind by which lean and motion fit together, or why it cannot be told."""
    motion = steady_motion(log, flight)
    if motion is None:
        return UnknownWind(reason="the log holds no attitude or no velocity")
    if not _tells_apart(motion):
        return UnknownWind(
            reason="it was not flown on two courses 60° apart, so that wind and drag cannot be told apart"
        )
    if find_spec("scipy") is None:
        return UnknownWind(reason=f"scipy is not installed -> {install_command('plan')}")
    whole = _fit_wind(motion)
    block_s = max(BLOCK_S, (motion.t_s[-1] - motion.t_s[0]) / MOST_BLOCKS)
    blocks = np.floor((motion.t_s - motion.t_s[0]) / block_s)
    names = np.unique(blocks)
    if len(names) < LEAST_BLOCKS:
        return UnknownWind(reason=f"it is shorter than {LEAST_BLOCKS * BLOCK_S:.0f} s")
    left_out = [motion.where(blocks != name) for name in names]
    fits = np.array([_fit_wind(rest, start=whole)[:2] for rest in left_out if _tells_apart(rest)])
    if len(fits) < LEAST_BLOCKS:
        return UnknownWind(reason="one part of the flight alone decides it")
    count = len(fits)
    spread = (count - 1) / count * np.sum((fits - fits.mean(axis=0)) ** 2, axis=0)
    return _make_wind(
        WindSource.LEAN,
        float(whole[0]),
        float(whole[1]),
        math.hypot(LEAST_ERROR_MPS, float(np.sqrt(spread.max())), _level_error_mps(motion, whole)),
        linear_per_s=float(whole[2]),
        quadratic_per_m=float(whole[3]),
    )


def _make_wind(
    source: WindSource,
    north_mps: float,
    east_mps: float,
    error_mps: float,
    *,
    linear_per_s: float | None = None,
    quadratic_per_m: float | None = None,
) -> FlightWind:
    """A wind by where the air moves to."""
    return FlightWind(
        source=source,
        speed_mps=math.hypot(north_mps, east_mps),
        from_deg=math.degrees(math.atan2(-east_mps, -north_mps)) % 360.0,
        error_mps=error_mps,
        linear_per_s=linear_per_s,
        quadratic_per_m=quadratic_per_m,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyMotion:
    """Steady moments: velocity over the ground, heading, and what the lean pushes beyond acceleration.

    `velocity_mps`, `push_mps2` and `accel_mps2` have shape (n, 2), north and east; the others (n,).
    """

    t_s: FloatArray
    velocity_mps: FloatArray
    push_mps2: FloatArray
    accel_mps2: FloatArray
    heading_rad: FloatArray
    climb_mps: FloatArray

    def where(self, keeps: NDArray[np.bool_]) -> SteadyMotion:
        """The moments for which this holds."""
        return SteadyMotion(**{item.name: getattr(self, item.name)[keeps] for item in fields(self)})


def steady_motion(log: FlightLog, flight: LoggedFlight) -> SteadyMotion | None:
    """The steady moments of a flight, each the mean of a second; None where a log does not hold them."""
    wanted = (
        Quantity.ROLL_RAD,
        Quantity.PITCH_RAD,
        Quantity.HEADING_RAD,
        Quantity.NORTH_MPS,
        Quantity.EAST_MPS,
    )
    if any(quantity not in log.series for quantity in wanted):
        return None
    t_s = np.arange(flight.start_s + STEP_S, flight.end_s - STEP_S, STEP_S / 5.0)
    if len(t_s) < 10:
        return None
    roll, pitch, heading, north, east = (
        log.series[quantity].at(t_s) if quantity is not Quantity.HEADING_RAD else _unwrapped_heading(log, t_s)
        for quantity in wanted
    )
    climb = log.series[Quantity.CLIMB_MPS].at(t_s) if Quantity.CLIMB_MPS in log.series else np.zeros(len(t_s))
    ahead, right = -GRAVITY_MPS2 * np.tan(pitch), GRAVITY_MPS2 * np.tan(roll) / np.cos(pitch)
    push = np.column_stack(
        [
            ahead * np.cos(heading) - right * np.sin(heading),
            ahead * np.sin(heading) + right * np.cos(heading),
        ]
    )
    velocity = np.column_stack([north, east])
    means = [
        _mean_of_steps(values)
        for values in (t_s, velocity, push, heading, climb, np.hypot(roll, pitch), _height_share(log, t_s))
    ]
    mean_s, mean_velocity, mean_push, mean_heading, mean_climb, mean_lean, mean_height = means
    if len(mean_s) < 3:
        return None
    # Over the very second of the mean lean: a neighbouring one is another part of a manoeuvre.
    edges = [mean_s - 0.5 * STEP_S, mean_s + 0.5 * STEP_S]
    before, after = (
        np.column_stack(
            [log.series[quantity].at(edge) for quantity in (Quantity.NORTH_MPS, Quantity.EAST_MPS)]
        )
        for edge in edges
    )
    acceleration = (after - before) / STEP_S
    steady = np.hypot(*acceleration.T) < STEADY_MPS2
    steady &= (np.abs(mean_climb) < CLIMBS_MPS) & (mean_lean < UPRIGHT_RAD) & (mean_height > LOW_SHARE)
    found = SteadyMotion(
        t_s=mean_s,
        velocity_mps=mean_velocity,
        push_mps2=mean_push - acceleration,
        accel_mps2=acceleration,
        heading_rad=mean_heading,
        climb_mps=mean_climb,
    )
    return found.where(steady) if np.count_nonzero(steady) >= 3 else None


def _height_share(log: FlightLog, t_s: FloatArray) -> FloatArray:
    """Heights as shares of the usual one; 1 where a log does not tell any."""
    if Quantity.HEIGHT_M_HOME not in log.series:
        return np.ones(len(t_s))
    height_m = log.series[Quantity.HEIGHT_M_HOME].at(t_s)
    usual_m = float(np.median(height_m))
    return height_m / usual_m if usual_m > 0.0 else np.ones(len(t_s))


def _unwrapped_heading(log: FlightLog, t_s: FloatArray) -> FloatArray:
    """The heading between two records by the shorter way round."""
    series = log.series[Quantity.HEADING_RAD]
    return np.interp(t_s, series.t_s, np.unwrap(series.values))


def _mean_of_steps(values: FloatArray) -> FloatArray:
    """Means of five steps each, along the first axis."""
    count = len(values) // 5
    return np.asarray(values[: 5 * count].reshape(count, 5, *values.shape[1:]).mean(axis=1))


def _tells_apart(motion: SteadyMotion) -> bool:
    """Whether it flies fast for a while on two courses that are far enough apart."""
    fast = np.hypot(*motion.velocity_mps.T) > FAST_MPS
    courses = np.arctan2(motion.velocity_mps[fast, 1], motion.velocity_mps[fast, 0])
    if len(courses) < 2.0 * COURSE_S / STEP_S:
        return False
    apart = np.abs((courses[:, None] - courses[None, :] + np.pi) % (2.0 * np.pi) - np.pi)
    return int(np.max(np.sum(apart > COURSES_APART_RAD, axis=1))) >= COURSE_S / STEP_S


def _fit_wind(motion: SteadyMotion, start: FloatArray | None = None) -> FloatArray:
    """(wind north, wind east, linear drag, quadratic drag, push ahead by a tilted level, to the right)."""
    sin, cos = np.sin(motion.heading_rad), np.cos(motion.heading_rad)
    push_ahead = motion.push_mps2[:, 0] * cos + motion.push_mps2[:, 1] * sin
    push_right = motion.push_mps2[:, 1] * cos - motion.push_mps2[:, 0] * sin
    held = GRAVITY_MPS2 * LEVEL_RAD

    def misfit(guess: FloatArray) -> FloatArray:
        north, east = (motion.velocity_mps - guess[:2]).T
        ahead, right = north * cos + east * sin, east * cos - north * sin
        drag_ahead, drag_right = (v * (guess[2] + guess[3] * np.abs(v)) for v in (ahead, right))
        misses = [push_ahead - drag_ahead - guess[4], push_right - drag_right - guess[5]]
        return np.concatenate([*misses, guess[4:] * (OUTLIER_MPS2 / held)])

    first = np.array([0.0, 0.0, 0.1, 0.01, 0.0, 0.0]) if start is None else start
    bounds = (
        [-BOUND_MPS, -BOUND_MPS, 0.0, 0.0, -1.0, -1.0],
        [BOUND_MPS, BOUND_MPS, 2.0, 0.5, 1.0, 1.0],
    )
    from scipy.optimize import least_squares  # not part of an installation for SITL alone

    found = least_squares(
        misfit,
        np.clip(first, *bounds),
        bounds=bounds,
        loss="soft_l1",
        f_scale=OUTLIER_MPS2,
        xtol=TOLERANCE,
        ftol=TOLERANCE,
        gtol=TOLERANCE,
        max_nfev=MOST_STEPS,
    )
    return np.asarray(found.x)


def _level_error_mps(motion: SteadyMotion, fit: FloatArray) -> float:
    """What an error of the level that the headings do not show makes of the wind."""
    seen = float(np.hypot(np.mean(np.sin(motion.heading_rad)), np.mean(np.cos(motion.heading_rad))))
    airspeed_mps = float(np.median(np.hypot(*(motion.velocity_mps - fit[:2]).T)))
    slope_per_s = max(LEAST_SLOPE_PER_S, float(fit[2] + 2.0 * fit[3] * airspeed_mps))
    return seen * GRAVITY_MPS2 * LEVEL_RAD / slope_per_s
