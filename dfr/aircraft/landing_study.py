"""How many landings succeed: in one wind, with retries; and a dock's envelope over wind, gusts and rain."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from dfr.aircraft.catalogue import Dock, Drone
from dfr.aircraft.landing import (
    BLURRING_RAIN_MM_H,
    CAUSES,
    NO_PARAMETERS,
    Limits,
    camera_of,
    find_failures,
    gone_round,
    in_rain,
    landing_settings,
    sensors_of,
)
from dfr.aircraft.precision import BLIND_SPELL_S, BLINDING_RAIN_MM_H, LOST_BY, PrecisionSettings
from dfr.aircraft.touchdown import Touchdowns, Trials, fly_landings
from dfr.geo import FloatArray
from dfr.scenario.model import Guidance
from dfr.statistics import wilson

VERTICAL_SHARE = 0.5
"""Vertical over along-wind gust deviation (ESDU 85020 near the ground)."""

ASSUMPTIONS = (
    "vertical gusts of half the along-wind ones; 5 m/s of inflow changes the thrust by the weight (assumed)",
    f"rain of {BLURRING_RAIN_MM_H:g} mm/h doubles a marker's error, not GNSS' or the thrust (assumed)",
    f"drops on the lens hide a marker 1 - exp(-rain / {BLINDING_RAIN_MM_H:g} mm/h) of the time, "
    f"for {BLIND_SPELL_S:g} s each (assumed)",
    "a rangefinder is fitted; a target out of sight is answered as ArduCopter's PLND_ parameters say",
    "contact faster than 1 m/s down or 0.5 m/s across is a failed landing (assumed)",
    "gusts are Dryden's at 10 m down to the pad; the mean wind does not fall with height there",
)

CHUNK = 2500
"""Trials flown together: their arrays stay in the processor's cache."""

ENVELOPE_STEP_S = 0.04
FEWEST_TRIALS = 100
"""Trials of one value of an envelope, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetStory:
    """What became of the target in landings led to it: counts of trials, and retries by their number.

    `lost_by` counts what last hid the target for long, `unguided` those that came down without it,
    `in_air` those that never came down.
    """

    lost_by: dict[str, int]
    retried: dict[int, int]
    unguided: int
    in_air: int

    @classmethod
    def from_touchdowns(cls, touchdowns: Touchdowns) -> TargetStory:
        """The story of landings under precision guidance."""
        numbers, counts = np.unique(touchdowns.retries, return_counts=True)
        return cls(
            lost_by={name: int((touchdowns.lost_by == code).sum()) for code, name in LOST_BY.items()},
            retried={int(number): int(count) for number, count in zip(numbers, counts, strict=True)},
            unguided=int((touchdowns.unguided & touchdowns.landed).sum()),
            in_air=int((~touchdowns.landed).sum()),
        )

    def as_dict(self, trials: int) -> dict[str, object]:
        """The story as it appears in JSON."""
        return {
            "lost": sum(self.lost_by.values()) / trials,
            "lost_by": self.lost_by,
            "retried": {str(number): count for number, count in self.retried.items()},
            "landed_without_it": self.unguided,
            "still_in_the_air": self.in_air,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingStudy:
    """What many landings showed.

    `retries` is the mean number of times gone round for a landing: by ArduCopter, which has lost its target,
    and by the director.
    """

    trials: int
    docked: int
    error_m: FloatArray
    tilt_deg: FloatArray
    speed_mps: FloatArray
    descent_mps: FloatArray
    duration_s: FloatArray
    not_disarmed: int
    landed: int
    retries: float
    diverted: int
    causes: dict[str, int]
    target: TargetStory | None
    seconds: float
    vehicle_steps: int

    @property
    def error_p95_m(self) -> float:
        """The touchdown error that 95 % of the landings keep within."""
        return float(np.percentile(self.error_m, 95.0))

    def as_dict(self) -> dict[str, object]:
        """The study as it appears in JSON."""
        interval = wilson(self.docked / self.trials, self.trials)
        return {
            "trials": self.trials,
            "error_m": _quantiles(self.error_m),
            "tilt_deg": _quantiles(self.tilt_deg),
            "speed_mps": _quantiles(self.speed_mps),
            "descent_mps": _quantiles(self.descent_mps),
            "duration_s": _quantiles(self.duration_s),
            "success": {"rate": self.docked / self.trials, "low": interval.low, "high": interval.high},
            "retries": self.retries,
            "diverted": self.diverted / self.trials,
            "landed_not_disarmed": self.not_disarmed / max(self.landed, 1),
            "causes": self.causes,
            **({} if self.target is None else {"target": self.target.as_dict(self.trials)}),
            "seconds": self.seconds,
            "trials_per_s": self.trials / self.seconds,
            "vehicle_steps_per_s": self.vehicle_steps / self.seconds,
        }


def study_landings(
    drone: Drone,
    dock: Dock,
    guidance: Guidance,
    *,
    wind_mps: float,
    turbulence_intensity: float,
    trials: int,
    seed: int,
    retries: int = 0,
    start_height_m: float = 15.0,
    dt_s: float = 0.02,
    rain_mm_h: float = 0.0,
    nose_off_wind_deg: float | None = None,
    params: Mapping[str, float] = NO_PARAMETERS,
) -> LandingStudy:
    """Fly so many landings in a mean wind and its gusts and count how they end.

    `retries` is how often the director may go round from the decision height; 0 leaves every landing to
    ArduCopter, which breaks one off only where it loses its target. `params` are ArduPilot parameters that
    bear on a landing; `nose_off_wind_deg` is drawn where it is None.
    """
    begun = time.perf_counter()
    limits = Limits.for_dock(drone, dock)
    parts: list[_Chunk] = []
    settings, precision = landing_settings(drone, params), PrecisionSettings.from_params(params)
    for chunk, size in enumerate(_chunk_sizes(trials)):
        flown = Trials(
            wind_mps=np.full(size, wind_mps),
            intensity=np.full(size, turbulence_intensity),
            guidance=guidance,
            start_height_m=start_height_m,
            sensors=in_rain(sensors_of(drone), rain_mm_h),
            vertical_share=VERTICAL_SHARE,
            nose_off_wind_deg=None if nose_off_wind_deg is None else np.full(size, nose_off_wind_deg),
            camera=camera_of(drone),
            precision=precision,
            rain_mm_h=rain_mm_h,
        )
        attempts = (
            fly_landings(drone, flown, settings=settings, seed=_derive_seed(seed, chunk, turn), dt_s=dt_s)
            for turn in range(retries + 1)
        )
        parts.append(_fly_attempts(attempts, limits))
    return _summarise(
        parts,
        limits,
        led=guidance is Guidance.PRECISION,
        seconds=time.perf_counter() - begun,
        directed=retries > 0,
    )


class Axis(StrEnum):
    """What an envelope varies; the name of the field in its rows."""

    WIND = "wind_mps"
    GUST = "turbulence_intensity"
    RAIN = "rain_mm_h"


AXES: Mapping[Axis, tuple[float, ...]] = {
    Axis.WIND: tuple(float(speed) for speed in range(17)),
    Axis.GUST: (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4),
    Axis.RAIN: (0.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingAir:
    """What a landing meets: mean wind over the pad, its turbulence intensity, rain."""

    wind_mps: float
    turbulence_intensity: float
    rain_mm_h: float = 0.0


def study_envelope(
    axis: Axis,
    air: LandingAir,
    *,
    drone: Drone,
    dock: Dock,
    guidance: Guidance,
    trials: int,
    seed: int,
    retries: int,
    nose_off_wind_deg: float | None = None,
    params: Mapping[str, float] = NO_PARAMETERS,
    done: Callable[[int], None] = lambda _: None,
) -> list[dict[str, object]]:
    """One row for each value of an axis, the rest of the air as given; `trials` are shared among them."""
    each = max(FEWEST_TRIALS, trials // len(AXES[axis]))
    rows: list[dict[str, object]] = []
    for number, value in enumerate(AXES[axis], start=1):
        here = replace(air, **{axis.value: value})
        study = study_landings(
            drone,
            dock,
            guidance,
            wind_mps=here.wind_mps,
            turbulence_intensity=here.turbulence_intensity,
            rain_mm_h=here.rain_mm_h,
            trials=each,
            seed=seed,
            retries=retries,
            nose_off_wind_deg=nose_off_wind_deg,
            params=params,
            dt_s=ENVELOPE_STEP_S,
        )
        rate = study.docked / study.trials
        interval = wilson(rate, study.trials)
        rows.append(
            {
                axis.value: value,
                "success": {"rate": rate, "low": interval.low, "high": interval.high},
                "landed_not_disarmed": study.not_disarmed / max(study.landed, 1),
                "retries": study.retries,
                "diverted": study.diverted / study.trials,
                "causes": study.causes,
            }
        )
        done(number)
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chunk:
    """Trials flown together: how the last attempt of each ended, times gone round, and steps flown."""

    ended: Touchdowns
    gone: int
    steps: int


def _fly_attempts(attempts: Iterator[Touchdowns], limits: Limits) -> _Chunk:
    """Attempts one after the other; each after the first counts only for those that went round before it."""
    ended = next(attempts)
    gone, steps = 0, ended.vehicle_steps
    while (again := gone_round(ended, limits)).any() and (fresh := next(attempts, None)) is not None:
        gone += int(again.sum())
        steps += fresh.vehicle_steps
        ended = ended.replace_rows(again, fresh)
    return _Chunk(ended=ended, gone=gone + int(ended.retries.sum()), steps=steps)


def _summarise(
    parts: list[_Chunk], limits: Limits, *, led: bool, seconds: float, directed: bool
) -> LandingStudy:
    whole = Touchdowns.join_parts([part.ended for part in parts])
    off = gone_round(whole, limits) if directed else np.zeros(whole.landed.size, dtype=bool)
    wrong = find_failures(whole, limits)
    bad = np.any(np.stack([*wrong.values(), off]), axis=0)
    landed = whole.landed
    return LandingStudy(
        trials=landed.size,
        docked=int((~bad).sum()),
        error_m=whole.error_m[landed],
        tilt_deg=whole.tilt_deg[landed],
        speed_mps=whole.speed_mps[landed],
        descent_mps=whole.descent_mps[landed],
        duration_s=whole.duration_s[landed],
        not_disarmed=int(whole.not_disarmed.sum()),
        landed=int(landed.sum()),
        retries=sum(part.gone for part in parts) / landed.size,
        diverted=int(off.sum()),
        causes={
            **{cause: int(wrong[cause].sum()) for cause in CAUSES},
            "target_lost": int((bad & whole.unguided).sum()),
        },
        target=TargetStory.from_touchdowns(whole) if led else None,
        seconds=seconds,
        vehicle_steps=sum(part.steps for part in parts),
    )


def _chunk_sizes(trials: int) -> list[int]:
    whole, rest = divmod(trials, CHUNK)
    return [CHUNK] * whole + ([rest] if rest else [])


def _derive_seed(seed: int, chunk: int, turn: int) -> int:
    """A seed of its own for each chunk and turn."""
    return int(np.random.SeedSequence([seed, chunk, turn]).generate_state(1)[0])


def _quantiles(values: FloatArray) -> dict[str, float | None]:
    if not values.size:
        return {"median": None, "p95": None}
    return {"median": float(np.median(values)), "p95": float(np.percentile(values, 95.0))}
