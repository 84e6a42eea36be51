"""How landings end: docked, gone round, or missed, judged from touchdowns in gusts.

Each attempt is judged just before contact: lateral error against the pad, clearance of the box's
edges, tilt, sink and horizontal speed, and tipping over. ArduCopter itself never breaks off a landing
for gusts, tilt or drift; the director's policy here may, at the decision height.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone
from dfr.aircraft.precision import Camera
from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.touchdown import Sensors, Touchdowns, Trials, fly_landings
from dfr.geo import FloatArray
from dfr.scenario.model import Guidance
from dfr.units import GRAVITY_MPS2

NO_PARAMETERS: Mapping[str, float] = MappingProxyType({})

MOST_SINK_MPS = 1.0
MOST_SPEED_MPS = 0.5
"""Contact faster than these is a failed landing (assumed; between the figures of landing-gear practice)."""

ODDS_WINDS_MPS = tuple(float(speed) for speed in range(0, 17))
ODDS_TRIALS = 500
ODDS_STEP_S = 0.05
ODDS_START_M = 8.0
ODDS_SEED = 20240824
ODDS_LONGEST_S = 150.0
"""The table of the odds: mean winds, trials of each, time step, start height, seed and patience. Above the
last wind the odds are those of the last wind."""

ODDS_RAINS_MM_H = (0.0, 4.0, 16.0, 64.0)
"""Rains of the table under precision guidance, up to the heaviest; GNSS is not moved by rain."""

BLURRING_RAIN_MM_H = 10.0
"""Rain in which a marker's error has doubled (assumed: no figure is published)."""

INTENSITY_DIGITS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingOdds:
    """Chances of one landing attempt; docked + retry + diverted = 1.

    docked: stands on the pad within every limit. retry: the director went round at the decision height
    and can try again. diverted: came down outside the limits, or could not come down: a drone out of
    service. `not_disarmed` is the chance that a docked drone leans into the wind, its motors running,
    until somebody stops them.
    """

    docked: float
    retry: float
    diverted: float
    not_disarmed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OddsCase:
    """What a table of landing odds is of: its rows depend on this and on the model's code alone."""

    drone: Drone
    dock: Dock
    guidance: Guidance
    turbulence_intensity: float
    rain_mm_h: float


OddsKeeper = Callable[[OddsCase, Callable[[], FloatArray]], FloatArray]
"""Returns the table of a case: one it has kept, or the one that the function makes."""


_keeper: OddsKeeper | None = None


def keep_odds(keeper: OddsKeeper | None) -> None:
    """Let a keeper hold the tables that this process makes; None holds them in memory alone."""
    global _keeper
    _keeper = keeper


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a touchdown must keep to stand safely in a dock."""

    lateral_m: float
    box_m: float
    tilt_deg: float
    sink_mps: float = MOST_SINK_MPS
    speed_mps: float = MOST_SPEED_MPS
    tip_over_mps: float = math.inf

    @classmethod
    def for_dock(cls, drone: Drone, dock: Dock) -> Limits:
        """The limits of a drone in a dock."""
        box = math.inf if dock.opening_m is None else 0.5 * (dock.opening_m - drone.footprint_m)
        return cls(
            lateral_m=0.5 * (dock.pad_m - drone.footprint_m),
            box_m=box,
            tilt_deg=dock.landing_tilt_deg,
            tip_over_mps=tip_over_mps(drone),
        )


CAUSES = ("lateral", "box", "tilt", "sink", "speed", "tip_over", "not_landed")


def tip_over_mps(drone: Drone) -> float:
    """Horizontal speed at which a foot that catches turns the drone over.

    v = (1/h) sqrt(2 g (r - h) (r^2 + k^2)), r^2 = h^2 + (b/2)^2, h the height of the centre of mass
    (assumed half the airframe's), b the landing gear's width, k the radius of gyration (assumed a
    quarter of the footprint).
    """
    height, half = 0.5 * drone.height_m, 0.5 * drone.landing_gear_m
    radius = math.hypot(height, half)
    gyration = 0.25 * drone.footprint_m
    return math.sqrt(2.0 * GRAVITY_MPS2 * (radius - height) * (radius**2 + gyration**2)) / height


def find_failures(touchdowns: Touchdowns, limits: Limits) -> dict[str, np.ndarray]:
    """For each cause, which touchdowns fail by it; one may fail by several."""
    landed = touchdowns.landed
    return {
        "lateral": landed & (touchdowns.error_m > limits.lateral_m),
        "box": landed & (touchdowns.error_m > limits.box_m),
        "tilt": landed & (touchdowns.tilt_deg > limits.tilt_deg),
        "sink": landed & (touchdowns.descent_mps > limits.sink_mps),
        "speed": landed & (touchdowns.speed_mps > limits.speed_mps),
        "tip_over": landed & (touchdowns.speed_mps > limits.tip_over_mps),
        "not_landed": ~landed,
    }


def sensors_of(drone: Drone) -> Sensors:
    """What guides a drone's landing: the errors of its catalogue row, or those recorded of SITL."""
    return Sensors(gnss_m=drone.gnss_error_m, marker_m=drone.marker_error_m)


def camera_of(drone: Drone) -> Camera:
    """The lens a drone looks for its target with."""
    return Camera(half_view_deg=drone.camera_half_view_deg)


def in_rain(sensors: Sensors, rain_mm_h: float) -> Sensors:
    """The errors of what guides a landing, in rain."""
    return replace(sensors, marker_m=sensors.marker_m * (1.0 + rain_mm_h / BLURRING_RAIN_MM_H))


def landing_settings(drone: Drone, params: Mapping[str, float] = NO_PARAMETERS) -> FlightSettings:
    """ArduCopter's landing settings with the drone's own tilt limit and stiffness, under its parameters.

    Raises InputError where a parameter's value is none to fly with.
    """
    base, gain = FlightSettings(tilt_limit_deg=drone.tilt_limit_deg), drone.loop_gain
    own = replace(
        base,
        position_p=gain * base.position_p,
        velocity_p=gain * base.velocity_p,
        velocity_i=gain * base.velocity_i,
        velocity_d=gain * base.velocity_d,
    )
    return FlightSettings.from_params(params, base=own)


def landing_odds(
    drone: Drone,
    dock: Dock,
    guidance: Guidance,
    *,
    wind_mps: float,
    turbulence_intensity: float,
    rain_mm_h: float = 0.0,
) -> LandingOdds:
    """The chances of one landing attempt in a mean wind, its gusts and rain.

    Read from a table of flown landings, made once for a drone, a guidance and an intensity (rounded to
    0.01) with a fixed seed, and linear in wind and rain between its rows.
    """
    intensity = round(max(turbulence_intensity, 0.0), INTENSITY_DIGITS)
    rows = _rows_in_rain(drone, dock, guidance, intensity, rain_mm_h)
    values = [float(np.interp(wind_mps, ODDS_WINDS_MPS, rows[:, column])) for column in range(3)]
    docked, retry, not_disarmed = values
    return LandingOdds(
        docked=docked, retry=retry, diverted=max(0.0, 1.0 - docked - retry), not_disarmed=not_disarmed
    )


def _rows_in_rain(
    drone: Drone, dock: Dock, guidance: Guidance, intensity: float, rain_mm_h: float
) -> FloatArray:
    """(docked, retry, not disarmed) for each wind of the table, between its two nearest rains."""
    rain = min(rain_mm_h, ODDS_RAINS_MM_H[-1])
    if rain <= 0.0 or guidance is not Guidance.PRECISION:
        return _odds_rows(drone, dock, guidance, intensity, 0.0)
    upper = bisect_left(ODDS_RAINS_MM_H, rain)
    less, more = ODDS_RAINS_MM_H[upper - 1 : upper + 1]
    share = (rain - less) / (more - less)
    lighter, heavier = (_odds_rows(drone, dock, guidance, intensity, each) for each in (less, more))
    return (1.0 - share) * lighter + share * heavier


@lru_cache(maxsize=256)
def _odds_rows(
    drone: Drone, dock: Dock, guidance: Guidance, intensity: float, rain_mm_h: float
) -> FloatArray:
    """(docked, retry, not disarmed) for each wind of the table, in one of its rains."""
    case = OddsCase(
        drone=drone, dock=dock, guidance=guidance, turbulence_intensity=intensity, rain_mm_h=rain_mm_h
    )
    return _flown_odds(case) if _keeper is None else _keeper(case, lambda: _flown_odds(case))


def _flown_odds(case: OddsCase) -> FloatArray:
    """The table of a case, its landings flown."""
    touchdowns = _fly_table(case.drone, case.guidance, case.turbulence_intensity, case.rain_mm_h)
    limits = Limits.for_dock(case.drone, case.dock)
    bad = np.any(np.stack(list(find_failures(touchdowns, limits).values())), axis=0)
    round_again = gone_round(touchdowns, limits)
    docked = ~bad & ~round_again
    shape = (len(ODDS_WINDS_MPS), ODDS_TRIALS)
    share = [chosen.reshape(shape).mean(axis=1) for chosen in (docked, round_again)]
    standing = docked.reshape(shape).sum(axis=1)
    leaning = (docked & touchdowns.not_disarmed).reshape(shape).sum(axis=1)
    share.append(np.where(standing > 0, leaning / np.maximum(standing, 1), 1.0))
    return np.stack(share, axis=1)


def gone_round(touchdowns: Touchdowns, limits: Limits) -> np.ndarray:
    """Which attempts the director breaks off: farther off at the decision height than the pad allows."""
    off = touchdowns.low_error_m > limits.lateral_m
    return np.asarray(np.nan_to_num(off) & touchdowns.landed)


@lru_cache(maxsize=64)
def _fly_table(drone: Drone, guidance: Guidance, intensity: float, rain_mm_h: float) -> Touchdowns:
    """The flown landings of every wind of the table, one after the other."""
    winds = np.repeat(np.array(ODDS_WINDS_MPS), ODDS_TRIALS)
    trials = Trials(
        wind_mps=winds,
        intensity=np.full_like(winds, intensity),
        guidance=guidance,
        start_height_m=ODDS_START_M,
        sensors=in_rain(sensors_of(drone), rain_mm_h),
        camera=camera_of(drone),
        rain_mm_h=rain_mm_h,
    )
    return fly_landings(
        drone,
        trials,
        settings=landing_settings(drone),
        seed=ODDS_SEED,
        dt_s=ODDS_STEP_S,
        longest_s=ODDS_LONGEST_S,
    )
