"""A scenario from plain data: every problem at once, or the domain value with every assumption on record.

`read_scenario` is the way in.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ValidationError

from dfr.errors import Problem, ScenarioError
from dfr.scenario import model as domain
from dfr.scenario import schema as written
from dfr.scenario.model import Scenario
from dfr.scenario.own_drone import OwnDrone
from dfr.scenario.schema_checks import Complaint, Parts, explain_error, find_complaints, show_value
from dfr.scenario.schema_parts import Block, DurationIn, Figures, Loc, Sourced, SourcedFigure
from dfr.scenario.weekly import shifts_of_weeks

MAX_PROBLEMS = 200

Extra = Callable[[Parts], Iterable[Complaint]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrigin:
    """Where plain data came from: the file's name and hash, and the line of a path."""

    file: str
    sha256: str
    line: Callable[[Sequence[str | int]], int]


def read_scenario(
    raw: object,
    origin: FileOrigin,
    *,
    also: Extra = lambda _: (),
    airspace_path: Callable[[str], str] = lambda name: name,
    own_drone: OwnDrone | None = None,
) -> Scenario:
    """The scenario that `raw` describes.

    `also` adds checks that need files or catalogues; `airspace_path` resolves the name of an
    airspace or terrain file; `own_drone` is what its catalogue holds.
    Raises ScenarioError with every problem.
    """
    if not isinstance(raw, dict):
        what, do = f"the file holds {show_value(raw)}, not a mapping of fields", "start from `dfr init`"
        raise ScenarioError((Problem(file=origin.file, line=1, path="", what=what, do=do),))
    found: list[Complaint] = []
    zone = read_zone(raw, found)
    context: dict[str, object] = {"zone": zone}
    scenario = _validate_schema(raw, context, found)
    hours = _weather_hours(raw, context, found)
    parts = Parts(raw, context)
    found += find_complaints(parts, hours)
    found += also(parts)
    if found or scenario is None or hours is None:
        raise ScenarioError(_list_problems(found, raw, origin))
    built = _build_scenario(scenario, hours, zone=zone, origin=origin, path=airspace_path)
    return replace(built, fleet=replace(built.fleet, own_drone=own_drone))


def read_zone(raw: dict[str, Any], found: list[Complaint]) -> ZoneInfo:
    """The time zone of a scenario; UTC where it names none that there is, which `found` then holds."""
    name = raw.get("zone")
    if isinstance(name, str):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found.append(
                (("zone",), f"{show_value(name)} is not a time zone", "write one such as Europe/London")
            )
    return ZoneInfo("UTC")


def _validate_schema(
    raw: dict[str, Any], context: dict[str, object], found: list[Complaint]
) -> written.ScenarioIn | None:
    try:
        return written.ScenarioIn.model_validate(raw, context=context)
    except ValidationError as error:
        found += [explain_error(item, written.ScenarioIn) for item in error.errors(include_url=False)]
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
        return _validate_rows(weather["hours"], context, [])
    rows = _read_table(weather, found)
    return None if rows is None else _validate_rows(rows, context, found)


def _read_table(weather: dict[str, Any], found: list[Complaint]) -> list[dict[str, object]] | None:
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
            what = f"{show_value(row)} where {len(names)} columns are"
            found.append((("weather", "rows", index), what, "give one value per column"))
    if len(found) > before:
        return None
    return [dict(zip(names, row, strict=True)) for row in rows]


def _validate_rows(
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
                loc, what, do = explain_error(item, written.HourIn)
                found.append((("weather", "hours", index, *loc), what, do))
    return hours if right else None


def _list_problems(
    found: Sequence[Complaint], raw: dict[str, Any], origin: FileOrigin
) -> tuple[Problem, ...]:
    """Problems in the order of the file, each once."""
    problems: dict[str, Problem] = {}
    for loc, what, do in found:
        where = _path_in_file(loc, raw)
        line = origin.line(where)
        problem = Problem(file=origin.file, line=line, path=_show_path(where), what=what, do=do)
        problems.setdefault(str(problem), problem)
    ordered = sorted(problems.values(), key=lambda problem: problem.line or 0)
    return tuple(ordered[:MAX_PROBLEMS])


def _path_in_file(loc: Loc, raw: dict[str, Any]) -> Loc:
    """The path as it stands in the file: an hour that was written as a table row is that row."""
    weather = raw.get("weather")
    if loc[:2] != ("weather", "hours") or not isinstance(weather, dict) or "rows" not in weather:
        return loc
    columns = weather.get("columns")
    name = loc[3:4]
    if isinstance(columns, list) and name and name[0] in columns:
        return ("weather", "rows", loc[2], columns.index(name[0]))
    return ("weather", "rows", *loc[2:3])


def _show_path(loc: Loc) -> str:
    """A path as people write it.

    >>> _show_path(("demand", "zones", 0, "share"))
    'demand.zones[0].share'
    """
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return text.lstrip(".")


def _build_scenario(
    scenario: written.ScenarioIn,
    hours: Sequence[written.HourIn],
    *,
    zone: ZoneInfo,
    origin: FileOrigin,
    path: Callable[[str], str],
) -> domain.Scenario:
    """The domain value of a scenario that has passed every check."""
    period, notams, points = scenario.period, scenario.notams, scenario.demand.points
    lasting = domain.Period(start=period.start, end=period.end, zone=zone)
    weather_hours = sorted(hours, key=lambda hour: hour.start.timestamp())

    built: domain.Scenario = scenario.to_domain(
        file=origin.file,
        sha256=origin.sha256,
        period=lasting,
        crew=scenario.crew.to_domain(shifts=_list_shifts(scenario.crew, lasting)),
        demand=scenario.demand.to_domain(
            points=None if points is None else points.to_domain(path=path(points.file))
        ),
        weather=scenario.weather.to_domain(
            hours=tuple(hour.to_domain() for hour in weather_hours),
            files=tuple(map(path, scenario.weather.files)),
        ),
        airspace=tuple(item.to_domain(path=path(item.file)) for item in scenario.airspace),
        terrain=tuple(item.to_domain(path=path(item.file)) for item in scenario.terrain),
        notams=None if notams is None else notams.to_domain(files=tuple(map(path, notams.files))),
        unconfirmed=tuple(_unconfirmed_parts(scenario)),
        assumptions=tuple(list_assumptions(scenario)),
    )
    return built


def _list_shifts(crew: written.CrewIn, period: domain.Period) -> tuple[domain.Shift, ...]:
    """The shifts as they are written, and those that come back every week in order of time."""
    weekly = shifts_of_weeks([shift.to_domain() for shift in crew.weekly], period)
    return (
        *(shift.to_domain() for shift in crew.shifts),
        *sorted(weekly, key=lambda shift: shift.start.timestamp()),
    )


def _unconfirmed_parts(scenario: written.ScenarioIn) -> Iterator[str]:
    """The parts that still are as a program drew them, and places that are only assumed to be flown at."""
    drawn = {
        "the boundary": scenario.site.boundary,
        "the places for docks": scenario.candidates,
        "the areas of calls": scenario.demand.zones,
    }
    guessed = (scenario.site.boundary, scenario.candidates) if not scenario.exercise else ()
    for name, part in drawn.items():
        if part is None:
            continue
        if not part.confirmed or (part.assumed and any(part is place for place in guessed)):
            yield name


def list_assumptions(part: BaseModel, path: str = "") -> Iterator[domain.Assumption]:
    """Every figure and block that somebody vouches for, by its path in the file."""
    if isinstance(part, Sourced):
        yield domain.Assumption(
            path=path, value=_show_part(part), assumed=part.assumed, source=part.vouched_by()
        )
    if isinstance(part, Figures):
        yield from _assumptions_by_figure(part, path)
    for name in type(part).model_fields:
        value = getattr(part, name)
        where = f"{path}.{name}" if path else name
        if isinstance(value, BaseModel):
            yield from list_assumptions(value, where)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from list_assumptions(item, f"{where}[{item_label(item, index)}]")


def _assumptions_by_figure(block: Figures, path: str) -> Iterator[domain.Assumption]:
    """The figures of a block for which somebody else vouches."""
    shown = block.list_figures()
    for name, source in block.sources.items():
        assumed = source.casefold().startswith("assumed")
        yield domain.Assumption(path=f"{path}.{name}", value=shown[name], assumed=assumed, source=source)


def item_label(item: BaseModel, index: int) -> str:
    """How an item of a list is named in a path: by its id, or by its number."""
    return str(getattr(item, "id", index))


def _show_part(part: Sourced) -> str:
    if isinstance(part, SourcedFigure):
        return f"{part.value:g}"
    if isinstance(part, DurationIn):
        duration = part.to_domain()
        if duration.shape is domain.DurationShape.CONSTANT:
            return f"constant {duration.median_s:g} s"
        return f"{duration.shape}, median {duration.median_s:g} s, p90 {duration.p90_s:g} s"
    if not isinstance(part, Block):
        return "block"
    rest = [f"{name} {shown}" for name, shown in part.list_figures().items() if name not in part.sources]
    return f"block: {', '.join(rest)}" if rest else "block"
