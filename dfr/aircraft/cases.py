"""Sorties as `dfr predict` reads and writes them: one JSON object a line, every error at once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from dfr.aircraft import catalogue
from dfr.aircraft.performance import FlightSettings, predict_path
from dfr.errors import InputError, Problem
from dfr.world.wind import MeanWind

PROFILES = ("none", "sqrt60", "log")
REQUIRED = ("distance_m", "bearing_deg", "height_m")
NUMBERS: dict[str, tuple[float, float, float]] = {
    "distance_m": (0.0, 1e6, 0.0),
    "bearing_deg": (-360.0, 720.0, 0.0),
    "height_m": (2.0, 5000.0, 0.0),
    "cruise_mps": (0.2, 100.0, 10.0),
    "wind_mps": (0.0, 100.0, 0.0),
    "wind_from_deg": (-360.0, 720.0, 0.0),
    "hover_s": (0.0, 1e6, 0.0),
    "temperature_c": (-60.0, 60.0, 15.0),
    "roughness_m": (1e-6, 5.0, 0.03),
}
"""Field -> least, most, default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One sortie: straight out, hover, straight back."""

    distance_m: float
    bearing_deg: float
    height_m: float
    cruise_mps: float | None
    wind_mps: float
    wind_from_deg: float
    wind_profile: str
    hover_s: float
    temperature_c: float
    roughness_m: float
    params: Mapping[str, float]
    drone: str


def read_cases(data: bytes, *, name: str) -> list[Case]:
    """The cases of a JSON Lines file. Raises InputError with every bad line as file:line: what -> do."""
    problems: list[Problem] = []
    cases: list[Case] = []
    for number, line in enumerate(data.decode("utf-8", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        wrong: list[tuple[str, str, str]] = []
        case = _case(line, wrong)
        if case is not None and not wrong:
            cases.append(case)
        problems += [Problem(file=name, line=number, path=p, what=w, do=d) for p, w, d in wrong]
    if not cases and not problems:
        problems.append(
            Problem(file=name, line=None, path="", what="no case", do="write one JSON object a line")
        )
    if problems:
        raise InputError("\n".join(str(problem) for problem in problems))
    return cases


def predict_cases(cases: Sequence[Case]) -> list[dict[str, object]]:
    """The prediction of each case, in order, as JSON-ready dictionaries."""
    return [_predict(case) for case in cases]


def _predict(case: Case) -> dict[str, object]:
    drone = catalogue.drone(case.drone)
    base = FlightSettings.from_params(case.params)
    settings = (
        base
        if case.cruise_mps is None
        else FlightSettings.from_params({"WP_SPD": case.cruise_mps}, base=base)
    )
    sortie = predict_path(
        [case.distance_m],
        [case.bearing_deg],
        height_m=case.height_m,
        on_scene_s=case.hover_s,
        wind=MeanWind(speed_mps=case.wind_mps, from_deg=case.wind_from_deg),
        drone=drone,
        settings=settings,
        temperature_c=case.temperature_c,
    )
    document = asdict(sortie)
    document["hover_s"] = document.pop("on_scene_s")
    return document


def _case(line: str, wrong: list[tuple[str, str, str]]) -> Case | None:
    try:
        raw = json.loads(line)
    except ValueError as error:
        wrong.append(("", f"not JSON ({error})", "write one JSON object a line"))
        return None
    if not isinstance(raw, dict):
        wrong.append(("", "not a JSON object", "write one JSON object a line"))
        return None
    wrong += [(key, "missing", "give a number") for key in REQUIRED if key not in raw]
    values = {key: _number(raw, key, wrong) for key in NUMBERS}
    if "cruise_mps" not in raw:
        values["cruise_mps"] = None
    profile = raw.get("wind_profile", "none")
    if profile not in PROFILES:
        wrong.append(("wind_profile", f"{profile!r} is not known", f"use one of {', '.join(PROFILES)}"))
    drone = raw.get("drone", "arducopter-sitl-quad")
    if drone not in catalogue.drones():
        wrong.append(("drone", f"{drone!r} is not known", f"use one of {', '.join(catalogue.drones())}"))
    params = raw.get("params", {})
    try:
        FlightSettings.from_params(params if isinstance(params, dict) else {"params": params})
    except InputError as error:
        what, _, do = str(error).partition(" -> ")
        wrong.append(("params", what, do))
    unknown = set(raw) - set(NUMBERS) - {"wind_profile", "drone", "params", "name"}
    wrong += [(key, "unknown field", "remove it") for key in sorted(unknown)]
    return None if wrong else Case(**values, wind_profile=profile, drone=drone, params=params)


def _number(raw: Mapping[str, object], key: str, wrong: list[tuple[str, str, str]]) -> float:
    least, most, default = NUMBERS[key]
    value = raw.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        wrong.append((key, f"{value!r} is not a number", f"give {least:g} to {most:g}"))
        return default
    if not least <= value <= most:
        wrong.append((key, f"{value:g} is out of range", f"give {least:g} to {most:g}"))
    return float(value)
