"""The landing envelope of a dock: how the share of good landings falls with wind, gusts and rain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from dfr.aircraft.catalogue import Dock, Drone
from dfr.aircraft.landing import NO_PARAMETERS
from dfr.aircraft.landing_study import study_landings
from dfr.scenario.model import Guidance
from dfr.statistics import wilson

STEP_S = 0.04
FEWEST_TRIALS = 100


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
class Air:
    """What a landing meets: mean wind over the pad, its turbulence intensity, rain."""

    wind_mps: float
    turbulence_intensity: float
    rain_mm_h: float = 0.0


def envelope(
    axis: Axis,
    air: Air,
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
            dt_s=STEP_S,
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
