"""Files of a team's own drone: written by `dfr log calibrate`, named by `catalogue:` in a scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from dfr.aircraft.catalogue import build_own_drone, list_docks, list_drones, own_figure_names
from dfr.errors import InputError, Problem, ScenarioError
from dfr.io.files import read_bounded
from dfr.io.yaml_reader import MAX_BYTES, YamlDocument, read_yaml
from dfr.scenario.own_drone import OwnDrone, OwnFigure
from dfr.scenario.schema_checks import explain_error
from dfr.scenario.schema_parts import Strict

BOUNDS: tuple[tuple[str, float, float], ...] = (
    ("_kg", 0.02, 600.0), ("_m2", 1e-4, 100.0), ("_degps2", 0.0, 10.0), ("_mps2", 0.05, 50.0),
    ("_mps", 0.05, 100.0), ("_wh", 0.5, 1e5), ("_w", 1.0, 1e6), ("_v", 1.0, 1000.0), ("_c", -80.0, 100.0),
    ("_deg", 0.0, 90.0), ("_min", 0.1, 1e4), ("_s", 0.0, 3600.0), ("_m", 0.0, 1e6), ("rotors", 3.0, 32.0),
    ("efficiency", 0.05, 1.0), ("", 0.0, 1000.0),
)  # fmt: skip
"""(how a field ends, its least and its most for any multirotor): the first that fits counts (assumed)."""

HEAD = """\
# A team's own drone. Name this file by `catalogue:` in a scenario, and the drone's key in `fleet: drone:`.
# What `figures` do not tell is that of the drone `based_on`, with the status it has in dfr's catalogue.
# low to high is the interval that holds the truth in nineteen of twenty calibrations, spread the standard
# deviation from flight to flight. Figures are for still air at sea level, 15 °C.
"""


class OwnFigureIn(Strict):
    """One figure with who says so."""

    value: float
    source: str = Field(min_length=1, max_length=2000)
    measured: bool = False
    low: float | None = None
    high: float | None = None
    flights: int = Field(default=0, ge=0)
    spread: float | None = Field(default=None, ge=0.0)


class OwnDroneIn(Strict):
    """A file of a team's own drone."""

    key: str = Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str = Field(min_length=1, max_length=200)
    based_on: str
    figures: dict[str, OwnFigureIn]
    observed: dict[str, OwnFigureIn] = Field(
        default_factory=dict,
        description="measured, but no field of a drone: dfr shows it and plans without it",
    )
    not_in_these_logs: dict[str, str] = Field(default_factory=dict)


def read_own_drone(path: Path) -> OwnDrone:
    """The drone in a file. Raises InputError where it cannot be read, ScenarioError for what is in it."""
    return parse_own_drone(read_bounded(path, limit_bytes=MAX_BYTES), name=str(path))


def parse_own_drone(data: bytes, *, name: str) -> OwnDrone:
    """The drone in the bytes of a file. Raises ScenarioError with every problem in it."""
    document = read_yaml(data, name=name)
    try:
        written = OwnDroneIn.model_validate(document.value)
    except ValidationError as error:
        complaints = [explain_error(item, OwnDroneIn) for item in error.errors(include_url=False)]
        raise ScenarioError(
            tuple(_problem(name, document, path, what, do) for path, what, do in complaints)
        ) from error
    problems = tuple(_problem(name, document, *complaint) for complaint in _complaints(written))
    if problems:
        raise ScenarioError(problems)
    own = OwnDrone(
        key=written.key,
        name=written.name,
        based_on=written.based_on,
        figures=_read_figures(written.figures),
        observed=_read_figures(written.observed),
    )
    build_own_drone(own)
    return own


def _read_figures(written: Mapping[str, OwnFigureIn]) -> tuple[OwnFigure, ...]:
    return tuple(OwnFigure(field=key, **dict(figure)) for key, figure in written.items())


def write_own_drone(
    own: OwnDrone, *, observed: tuple[OwnFigure, ...] = (), missing: Mapping[str, str] | None = None
) -> str:
    """The text of a drone's file; `missing` says of each figure why it is not in the logs."""
    document = {
        "key": own.key,
        "name": own.name,
        "based_on": own.based_on,
        "figures": {figure.field: _row_of(figure) for figure in own.figures},
        "observed": {figure.field: _row_of(figure) for figure in observed},
        "not_in_these_logs": dict(missing or {}),
    }
    return HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=110)


def _row_of(figure: OwnFigure) -> dict[str, Any]:
    numbers = {"value": figure.value, "low": figure.low, "high": figure.high, "spread": figure.spread}
    row: dict[str, Any] = {name: float(f"{x:.5g}") for name, x in numbers.items() if x is not None}
    if figure.measured:
        row |= {"flights": figure.flights, "measured": True}
    return row | {"source": figure.source}


def _problem(name: str, document: YamlDocument, path: Any, what: str, do: str) -> Problem:
    return Problem(file=name, line=document.line(path), path=".".join(map(str, path)), what=what, do=do)


def bounds_of(field: str) -> tuple[float, float]:
    """The least and the most that a figure may be for any multirotor (`BOUNDS`)."""
    _, least, most = next(row for row in BOUNDS if field.endswith(row[0]))
    return least, most


def _complaints(written: OwnDroneIn) -> list[tuple[tuple[str, ...], str, str]]:
    """What the form alone does not show."""
    found: list[tuple[tuple[str, ...], str, str]] = []
    if written.key in list_drones() or written.key in list_docks():
        found.append((("key",), f"{written.key!r} is in dfr's catalogue", "give the drone a key of its own"))
    if written.based_on not in list_drones():
        known = ", ".join(list_drones())
        found.append((("based_on",), f"no drone {written.based_on!r} in the catalogue", f"one of: {known}"))
    for field, figure in written.figures.items():
        if field not in own_figure_names():
            names = ", ".join(sorted(own_figure_names()))
            found.append((("figures", field), "no such figure of a drone", f"one of: {names}"))
            continue
        least, most = bounds_of(field)
        if not least <= figure.value <= most:
            what = f"{figure.value:g} is no {field} of a multirotor"
            found.append((("figures", field, "value"), what, f"give {least:g} to {most:g}"))
    return found


def refuse_known_key(key: str) -> None:
    """Raises InputError for the key of a drone or dock of dfr's own catalogue."""
    if key in list_drones() or key in list_docks():
        raise InputError(f"{key!r} is in dfr's catalogue", do="give the drone a key of its own")
