"""Predict sorties in wind and study landings in gusts: `dfr predict` and `dfr landing`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dfr.aircraft import catalogue
from dfr.aircraft.cases import DEFAULT_DRONE, predict_cases, read_cases
from dfr.aircraft.landing import NO_PARAMETERS
from dfr.aircraft.landing_study import LandingStudy, study_landings
from dfr.api import word_of
from dfr.scenario.model import Guidance

DEFAULT_DOCK = "open-pad"


def predict(sorties: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Times and energy of each sortie, in order; fields as `dfr predict --help` says.

    A sortie needs `distance_m`, `bearing_deg` and `height_m`; wind, stay, drone and parameters may be given.
    Raises InputError with every sortie that cannot be predicted, counted from 1.
    """
    lines = "\n".join(json.dumps(dict(sortie)) for sortie in sorties)
    return predict_cases(read_cases(lines.encode(), name="sorties"))


def landing_study(
    drone: str = DEFAULT_DRONE,
    dock: str = DEFAULT_DOCK,
    *,
    guidance: Guidance | str = Guidance.GNSS,
    wind_mps: float = 6.0,
    turbulence_intensity: float = 0.17,
    rain_mm_h: float = 0.0,
    nose_off_wind_deg: float | None = None,
    retries: int = 0,
    trials: int = 10_000,
    seed: int = 1,
    params: Mapping[str, float] = NO_PARAMETERS,
) -> LandingStudy:
    """How landings end in a mean wind with gusts: shares and errors. The same seed gives the same landings.

    `drone` and `dock` are keys of the hardware catalogue; `params` are ArduPilot parameters of the descent.
    Raises InputError for hardware that is not in the catalogue.
    """
    return study_landings(
        catalogue.find_drone(drone),
        catalogue.find_dock(dock),
        word_of(Guidance, guidance),
        wind_mps=wind_mps,
        turbulence_intensity=turbulence_intensity,
        trials=trials,
        seed=seed,
        retries=retries,
        rain_mm_h=rain_mm_h,
        nose_off_wind_deg=nose_off_wind_deg,
        params=params,
    )
