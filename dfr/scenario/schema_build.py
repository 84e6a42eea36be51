"""From the schema as written to the frozen domain, with every assumption on record."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from dfr.scenario import model as domain
from dfr.scenario import schema as written
from dfr.scenario.schema_parts import (
    Block,
    DurationIn,
    Figure,
    Sourced,
)


def build(
    scenario: written.ScenarioIn,
    hours: Sequence[written.HourIn],
    *,
    zone: ZoneInfo,
    file: str,
    sha256: str,
    airspace_paths: Mapping[str, str],
) -> domain.Scenario:
    """The domain value of a scenario that has passed every check."""
    period, notams = scenario.period, scenario.notams
    weather_hours = sorted(hours, key=lambda hour: hour.start.timestamp())

    def path(name: str) -> str:
        return airspace_paths.get(name, name)

    built: domain.Scenario = scenario.built(
        file=file,
        sha256=sha256,
        period=domain.Period(start=period.start, end=period.end, zone=zone),
        weather=scenario.weather.built(hours=tuple(hour.built() for hour in weather_hours)),
        airspace=tuple(item.built(path=path(item.file)) for item in scenario.airspace),
        terrain=tuple(item.built(path=path(item.file)) for item in scenario.terrain),
        notams=None if notams is None else notams.built(files=tuple(map(path, notams.files))),
        unconfirmed=tuple(_unconfirmed(scenario)),
        assumptions=tuple(assumptions(scenario)),
    )
    return built


def _unconfirmed(scenario: written.ScenarioIn) -> Iterator[str]:
    """The parts that still are as a program drew them, and places that are only assumed to be flown at."""
    drawn = {
        "the boundary": scenario.site.boundary,
        "the places for docks": scenario.candidates,
        "the areas of calls": scenario.demand.zones,
    }
    guessed = (scenario.site.boundary, scenario.candidates) if not scenario.exercise else ()
    for name, part in drawn.items():
        if not part.confirmed or (part.assumed and any(part is place for place in guessed)):
            yield name


def assumptions(part: BaseModel, path: str = "") -> Iterator[domain.Assumption]:
    """Every figure and block that somebody vouches for, by its path in the file."""
    if isinstance(part, Sourced):
        yield domain.Assumption(path=path, value=_shown(part), assumed=part.assumed, source=part.vouched_by())
    if isinstance(part, Block):
        yield from _by_figure(part, path)
    for name in type(part).model_fields:
        value = getattr(part, name)
        where = f"{path}.{name}" if path else name
        if isinstance(value, BaseModel):
            yield from assumptions(value, where)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from assumptions(item, f"{where}[{_label(item, index)}]")


def _by_figure(block: Block, path: str) -> Iterator[domain.Assumption]:
    """The figures of a block for which somebody else vouches."""
    shown = block.figures()
    for name, source in block.sources.items():
        assumed = source.casefold().startswith("assumed")
        yield domain.Assumption(path=f"{path}.{name}", value=shown[name], assumed=assumed, source=source)


def _label(item: BaseModel, index: int) -> str:
    return str(getattr(item, "id", index))


def _shown(part: Sourced) -> str:
    if isinstance(part, Figure):
        return f"{part.value:g}"
    if isinstance(part, DurationIn):
        duration = part.built()
        if duration.shape is domain.DurationShape.CONSTANT:
            return f"constant {duration.median_s:g} s"
        return f"{duration.shape}, median {duration.median_s:g} s, p90 {duration.p90_s:g} s"
    if not isinstance(part, Block):
        return "block"
    rest = [f"{name} {shown}" for name, shown in part.figures().items() if name not in part.sources]
    return f"block: {', '.join(rest)}" if rest else "block"
