"""A scenario from plain data: every problem at once, or the frozen domain value."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from dfr.errors import Problem, ScenarioError
from dfr.scenario import schema as written
from dfr.scenario.model import Scenario
from dfr.scenario.schema_build import build
from dfr.scenario.schema_checks import Parts, complaints
from dfr.scenario.schema_errors import Complaint, Loc, brief, complaint

MAX_PROBLEMS = 200

Extra = Callable[[Parts], Iterable[Complaint]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where plain data came from: the file's name and hash, and the line of a path."""

    file: str
    sha256: str
    line: Callable[[Sequence[str | int]], int]


def read_scenario(
    raw: object,
    origin: Origin,
    *,
    also: Extra = lambda _: (),
    airspace_path: Callable[[str], str] = lambda name: name,
) -> Scenario:
    """The scenario that `raw` describes.

    `also` adds checks that need files or catalogues; `airspace_path` resolves the name of an
    airspace or terrain file. Raises ScenarioError with every problem.
    """
    if not isinstance(raw, dict):
        what, do = f"the file holds {brief(raw)}, not a mapping of fields", "start from `dfr init`"
        raise ScenarioError((Problem(file=origin.file, line=1, path="", what=what, do=do),))
    found: list[Complaint] = []
    zone = _zone(raw, found)
    context: dict[str, object] = {"zone": zone}
    scenario = _validated(raw, context, found)
    hours = _weather_hours(raw, context, found)
    parts = Parts(raw, context)
    found += complaints(parts, hours)
    found += also(parts)
    if found or scenario is None or hours is None:
        raise ScenarioError(_problems(found, raw, origin))
    notams = [] if scenario.notams is None else scenario.notams.files
    named = [*(item.file for item in scenario.airspace), *(item.file for item in scenario.terrain), *notams]
    paths = {name: airspace_path(name) for name in named}
    return build(scenario, hours, zone=zone, file=origin.file, sha256=origin.sha256, airspace_paths=paths)


def _zone(raw: dict[str, Any], found: list[Complaint]) -> ZoneInfo:
    name = raw.get("zone")
    if isinstance(name, str):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found.append((("zone",), f"{brief(name)} is no time zone", "write one such as Europe/London"))
    return ZoneInfo("UTC")


def _validated(
    raw: dict[str, Any], context: dict[str, object], found: list[Complaint]
) -> written.ScenarioIn | None:
    try:
        return written.ScenarioIn.model_validate(raw, context=context)
    except ValidationError as error:
        found += [complaint(item, written.ScenarioIn) for item in error.errors(include_url=False)]
    return None


def _weather_hours(
    raw: dict[str, Any], context: dict[str, object], found: list[Complaint]
) -> list[written.HourIn] | None:
    """The hours, whether written as mappings or as a table; None where any of them is wrong."""
    weather = raw.get("weather")
    if not isinstance(weather, dict):
        return None
    table = [key for key in ("columns", "rows") if weather.get(key) is not None]
    if (weather.get("hours") is None) == (not table):
        where = ("weather",)
        found.append((where, "needs either hours, or columns and rows", "give one of the two"))
        return None
    if not table:
        return _rows_valid(weather["hours"], context, [])
    rows = _table(weather, found)
    return None if rows is None else _rows_valid(rows, context, found)


def _table(weather: dict[str, Any], found: list[Complaint]) -> list[dict[str, object]] | None:
    columns, rows = weather.get("columns"), weather.get("rows")
    before = len(found)
    if not isinstance(columns, list) or not isinstance(rows, list):
        found.append((("weather",), "a table needs both columns and rows", "add the other"))
        return None
    names = [str(name) for name in columns]
    for name in names:
        if name not in written.WEATHER_COLUMNS:
            close = difflib.get_close_matches(name, written.WEATHER_COLUMNS, n=1)
            do = f"did you mean `{close[0]}`?" if close else f"use {', '.join(written.WEATHER_COLUMNS)}"
            found.append((("weather", "columns"), f"no such column: {name}", do))
    missing = [name for name in written.WEATHER_COLUMNS if name not in names]
    if missing or len(set(names)) != len(names):
        what = f"columns missing: {', '.join(missing)}" if missing else "a column is named twice"
        found.append((("weather", "columns"), what, f"use {', '.join(written.WEATHER_COLUMNS)}"))
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(names):
            what = f"{brief(row)} where {len(names)} columns are"
            found.append((("weather", "rows", index), what, "give one value per column"))
    if len(found) > before:
        return None
    return [dict(zip(names, row, strict=True)) for row in rows]


def _rows_valid(
    rows: object, context: dict[str, object], found: list[Complaint]
) -> list[written.HourIn] | None:
    if not isinstance(rows, list):
        return None
    hours, right = [], True
    for index, row in enumerate(rows):
        try:
            hours.append(written.HourIn.model_validate(row, context=context))
        except ValidationError as error:
            right = False
            for item in error.errors(include_url=False):
                loc, what, do = complaint(item, written.HourIn)
                found.append((("weather", "hours", index, *loc), what, do))
    return hours if right else None


def _problems(found: Sequence[Complaint], raw: dict[str, Any], origin: Origin) -> tuple[Problem, ...]:
    """Problems in the order of the file, each once."""
    problems: dict[str, Problem] = {}
    for loc, what, do in found:
        where = _in_file(loc, raw)
        line = origin.line(where)
        problem = Problem(file=origin.file, line=line, path=_path(where), what=what, do=do)
        problems.setdefault(str(problem), problem)
    ordered = sorted(problems.values(), key=lambda problem: problem.line or 0)
    return tuple(ordered[:MAX_PROBLEMS])


def _in_file(loc: Loc, raw: dict[str, Any]) -> Loc:
    """The path as it stands in the file: an hour that was written as a table row is that row."""
    weather = raw.get("weather")
    if loc[:2] != ("weather", "hours") or not isinstance(weather, dict) or "rows" not in weather:
        return loc
    columns = weather.get("columns")
    name = loc[3:4]
    if isinstance(columns, list) and name and name[0] in columns:
        return ("weather", "rows", loc[2], columns.index(name[0]))
    return ("weather", "rows", *loc[2:3])


def _path(loc: Loc) -> str:
    """A path as people write it.

    >>> _path(("demand", "zones", 0, "share"))
    'demand.zones[0].share'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return text.lstrip(".")
