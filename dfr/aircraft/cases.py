"""Sorties as `dfr predict` reads and writes them: one JSON object a line, every error at once."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dfr.aircraft import catalogue
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.performance import (
    FlightSettings,
    SortiePredictions,
    flight_settings,
    predict_paths,
    return_by_s,
)
from dfr.aircraft.settings import PARAMETERS
from dfr.aircraft.sitl_effects import SIM_UP_S, SitlEffects
from dfr.errors import InputError, Problem
from dfr.geo import FloatArray
from dfr.world.weather import profile_factor

PROFILES = ("none", "sqrt60", "log")
"""Wind with height: the same everywhere; ArduPilot SITL's square root below 60 m; the log law from 10 m."""

DEFAULT_DRONE = "arducopter-sitl-quad"
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
    "reserve_fraction": (0.0, 0.9, 0.2),
    "battery_health": (0.1, 1.0, 1.0),
    "turbulence_intensity": (0.0, 1.0, 0.0),
    "up_s": (0.0, 1e6, SIM_UP_S),
    "scene_heading_deg": (-360.0, 720.0, math.nan),
}
"""Field -> least, most, default. Without `cruise_mps` the parameters' or the drone's own speed is flown.

`scene_heading_deg` is the true heading that a drone holds on scene because its camera looks at a place aside
of it (DO_SET_ROI). Without it, it is that of its way there, as it drifts."""

WORDS = ("wind_profile", "drone", "params", "name", "id")
KNOWN = frozenset((*NUMBERS, *WORDS))
SQRT_HEIGHT_M = 60.0
"""SIM_WIND_T_ALT."""

RESULTS = ("climb_s", "out_s", "hover_s", "back_s", "land_s", "total_s", "energy_wh")
LIMITS = ("speed", "tilt", "wind")
LEAST_SCATTER = 0.002
"""A smaller share of the return's time is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The sorties of a file in its order: columns of numbers, a drone key and settings each."""

    columns: Mapping[str, FloatArray]
    profiles: tuple[str, ...]
    drones: tuple[str, ...]
    settings: tuple[FlightSettings, ...]
    passed_over: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.drones)


def read_cases(data: bytes, *, name: str) -> Cases:
    """The cases of a JSON Lines file. Raises InputError with every bad line as file:line: what -> do."""
    reader = _Reader(name)
    # Bytes break at line ends alone, text at a dozen characters that may stand in a name.
    lines = (line.decode("utf-8", errors="replace") for line in data.splitlines())
    for number, line in enumerate(lines, start=1):
        if line and not line.isspace():
            reader.read_line(number, line)
    return reader.read_cases()


def predict_cases(cases: Cases) -> list[dict[str, object]]:
    """The prediction of each case, in order, as JSON-ready dictionaries."""
    results: list[dict[str, object]] = [{} for _ in range(len(cases))]
    looks_aside = np.isfinite(cases.columns["scene_heading_deg"]).tolist()
    kinds = list(zip(cases.drones, looks_aside, strict=True))
    for key, aside in dict.fromkeys(kinds):
        rows = [row for row, kind in enumerate(kinds) if kind == (key, aside)]
        sorties = _predict_cases(cases, key, rows)
        back_by = return_by_s(sorties, _usable_wh(cases, key, rows))
        for row, document in zip(rows, _as_documents(sorties, back_by), strict=True):
            passed_over = cases.passed_over[row]
            results[row] = {**document, "params_passed_over": list(passed_over)} if passed_over else document
    return results


def _usable_wh(cases: Cases, key: str, rows: Sequence[int]) -> FloatArray:
    """The energy each sortie may use above its reserve, of an aged battery in the cold of its day."""
    index = np.array(rows)
    reserve, health = cases.columns["reserve_fraction"][index], cases.columns["battery_health"][index]
    warmth = cases.columns["temperature_c"][index]
    drone = catalogue.find_drone(key)
    different, back = np.unique(warmth, return_inverse=True)
    usable = np.array([usable_wh(drone, degrees) for degrees in different])[back]
    return np.asarray(usable * health * (1.0 - reserve), float)


def _predict_cases(cases: Cases, key: str, rows: Sequence[int]) -> SortiePredictions:
    """All cases of one drone that look aside on scene, or all that do not."""
    index = np.array(rows)
    column = {name: values[index] for name, values in cases.columns.items()}
    heading_deg = column["scene_heading_deg"]
    factor = _wind_factor([cases.profiles[row] for row in rows], column)
    speed, towards = column["wind_mps"] * factor, np.radians(column["wind_from_deg"] + 180.0)
    return predict_paths(
        column["distance_m"][:, None],
        column["bearing_deg"][:, None],
        height_m=column["height_m"],
        on_scene_s=column["hover_s"],
        wind_east_mps=speed * np.sin(towards),
        wind_north_mps=speed * np.cos(towards),
        drone=catalogue.find_drone(key),
        settings=[cases.settings[row] for row in rows],
        temperature_c=column["temperature_c"],
        gust_deviation_mps=column["turbulence_intensity"] * speed,
        sitl=SitlEffects(
            up_s=column["up_s"],
            scene_heading_deg=heading_deg if np.isfinite(heading_deg).all() else None,
        ),
    )


def _wind_factor(profiles: Sequence[str], column: Mapping[str, FloatArray]) -> FloatArray:
    """Wind at flight height over the wind given."""
    kind = np.array(profiles)
    height = column["height_m"]
    log = np.array(
        [
            float(profile_factor(h, z0)) if p == "log" else 1.0
            for h, z0, p in zip(height, column["roughness_m"], profiles, strict=True)
        ]
    )
    return np.where(kind == "sqrt60", np.sqrt(np.minimum(height / SQRT_HEIGHT_M, 1.0)), log)


def _as_documents(sorties: SortiePredictions, back_by_s: FloatArray) -> list[dict[str, object]]:
    """One dictionary a sortie: null for what cannot be flown, and what chance does to it."""
    columns = {name: _column_of(sorties, name) for name in RESULTS}
    latest = _round_column(back_by_s)
    reachable = np.isfinite(sorties.total_s).tolist()
    limited = [LIMITS[int(code)] for code in sorties.limited]
    out, back = sorties.ground_speed_out_mps.tolist(), sorties.ground_speed_back_mps.tolist()
    scattered = _spread_of_rows(sorties)
    return [
        {
            **{name: columns[name][row] for name in RESULTS},
            "reachable": reachable[row],
            "limited_by": limited[row],
            "ground_speed_out_mps": out[row],
            "ground_speed_back_mps": back[row],
            "return_by_s": latest[row],
            **scattered.get(row, {}),
        }
        for row in range(len(sorties))
    ]


def _spread_of_rows(sorties: SortiePredictions) -> dict[int, dict[str, object]]:
    """By row of the sorties whose way back, or out, differs from flight to flight: how, and by what."""
    scatter = sorties.back_scatter
    parts = {
        "gusts": scatter.gusts_s + sorties.out_sd_s,
        "nose": scatter.heading_s,
        "rounding": scatter.rounding_s,
    }
    least = LEAST_SCATTER * sorties.back_s
    rows = np.flatnonzero(np.isfinite(sorties.back_s) & (sum(parts.values()) > least))
    columns = {
        "out_sd_s": _round_column(sorties.out_sd_s[rows]),
        "out_early_s": _round_column(sorties.out_early_s[rows]),
        "out_late_s": _round_column(sorties.out_late_s[rows]),
        "back_sd_s": _round_column(scatter.deviation_s[rows]),
        "back_early_s": _round_column(sorties.back_early_s[rows]),
        "back_late_s": _round_column(sorties.back_late_s[rows]),
        "may_not_return": (~np.isfinite(sorties.back_late_s[rows])).tolist(),
    }
    names = [[name for name, part in parts.items() if part[row] > least[row]] for row in rows]
    return {
        int(row): {**{key: column[at] for key, column in columns.items()}, "scatter_by": names[at]}
        for at, row in enumerate(rows)
    }


def _column_of(sorties: SortiePredictions, name: str) -> list[float | None]:
    return _round_column(getattr(sorties, "on_scene_s" if name == "hover_s" else name))


def _round_column(values: FloatArray) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in np.round(values, 6).tolist()]


def _only_numbers(params: Mapping[str, Any]) -> None:
    for name, value in params.items():
        if not isinstance(value, int | float):
            raise InputError(f"{name}: {value!r} is not a number", do="write {NAME: number}")


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; ValueError where a field is given twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} is given twice")
    return found


class _Reader:
    """Collects cases and everything wrong with them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._problems: list[Problem] = []
        self._rows: list[list[float]] = []
        self._profiles: list[str] = []
        self._drones: list[str] = []
        self._settings: list[FlightSettings] = []
        self._passed_over: list[tuple[str, ...]] = []
        self._known: dict[tuple[object, ...], tuple[FlightSettings, tuple[str, ...]]] = {}

    def read_line(self, number: int, line: str) -> None:
        """One line."""
        raw = self._read_object(number, line)
        if raw is None:
            return
        before = len(self._problems)
        row = self._read_numbers(number, raw)
        profile, drone = raw.get("wind_profile", "none"), raw.get("drone", DEFAULT_DRONE)
        if profile not in PROFILES:
            self._note_problem(
                number, "wind_profile", f"{profile!r} is not known", f"use {', '.join(PROFILES)}"
            )
        if not isinstance(drone, str) or drone not in catalogue.list_drones():
            known = ", ".join(catalogue.list_drones())
            self._note_problem(number, "drone", f"{drone!r} is not in the catalogue", f"use one of {known}")
            return
        settings = self._of_params(number, raw)
        if settings is None or len(self._problems) > before:
            return
        self._rows.append(row)
        self._profiles.append(profile)
        self._drones.append(drone)
        self._settings.append(settings[0])
        self._passed_over.append(settings[1])

    def read_cases(self) -> Cases:
        """The cases, or InputError with every problem."""
        if not self._rows and not self._problems:
            self._note_problem(None, "", "no case", "write one JSON object a line")
        if self._problems:
            raise InputError("\n".join(str(problem) for problem in self._problems))
        table = np.array(self._rows).T
        return Cases(
            columns=dict(zip(NUMBERS, table, strict=True)),
            profiles=tuple(self._profiles),
            drones=tuple(self._drones),
            settings=tuple(self._settings),
            passed_over=tuple(self._passed_over),
        )

    def _note_problem(self, line: int | None, path: str, what: str, do: str) -> None:
        self._problems.append(Problem(file=self._name, line=line, path=path, what=what, do=do))

    def _read_object(self, number: int, line: str) -> dict[str, Any] | None:
        try:
            raw = json.loads(line, object_pairs_hook=_refuse_repeats)
        except (ValueError, RecursionError) as error:
            self._note_problem(number, "", f"not JSON ({error})", "write one JSON object a line")
            return None
        if not isinstance(raw, dict):
            self._note_problem(number, "", "not a JSON object", "write one JSON object a line")
            return None
        for key in REQUIRED:
            if key not in raw:
                self._note_problem(number, key, "missing", "give a number")
        for key in sorted(raw.keys() - KNOWN):
            self._note_problem(number, key, "unknown field", "remove it")
        return raw

    def _read_numbers(self, number: int, raw: Mapping[str, Any]) -> list[float]:
        row: list[float] = []
        for key, (least, most, default) in NUMBERS.items():
            value = raw.get(key, default)
            if (type(value) is float or type(value) is int) and (key not in raw or least <= value <= most):
                row.append(float(value))
                continue
            self._note_problem(
                number, key, f"{value!r} is not a number in range", f"give {least:g} to {most:g}"
            )
            row.append(default)
        return row

    def _of_params(
        self, number: int, raw: Mapping[str, Any]
    ) -> tuple[FlightSettings, tuple[str, ...]] | None:
        """The settings of a line, its parameters over its drone's own, and the parameters that bear on none.

        Equal lines share one value.
        """
        params = raw.get("params", {})
        if not isinstance(params, dict):
            self._note_problem(number, "params", "not an object", "write {NAME: value}")
            return None
        try:
            _only_numbers(params)
            own = str(raw.get("drone", DEFAULT_DRONE))
            key = (own, raw.get("cruise_mps"), *sorted(params.items()))
            if key not in self._known:
                settings = FlightSettings.from_params(params, base=flight_settings(catalogue.find_drone(own)))
                if isinstance(raw.get("cruise_mps"), int | float):
                    settings = replace(settings, cruise_mps=float(raw["cruise_mps"]))
                self._known[key] = settings, tuple(name for name in params if name not in PARAMETERS)
        except (InputError, TypeError) as error:
            what, do = (error.what, error.do) if isinstance(error, InputError) else (str(error), "")
            self._note_problem(number, "params", what, do or "write {NAME: number}")
            return None
        return self._known[key]
