"""Uncertain figures of a scenario (`uncertain_figures`): numbers with a source, or assumed ones.

Counts, times, lists, positions and targets are what a team decides, not what it is uncertain of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from dfr.scenario import schema as written
from dfr.scenario.features import value_at
from dfr.scenario.schema_parts import DurationIn, Figures, Loc, Sourced, SourcedFigure
from dfr.scenario.schema_read import item_label, read_zone

DECIDED = frozenset({"lat_deg", "lon_deg", "target_s", "cell_m"})
LEFT_OUT = frozenset({"targets", "period"})
"""Parts without uncertain figures: the targets are what is judged by."""

IN_COLUMNS = ("weather", "hours")
"""Hours are varied together, as wind."""

SHARE = "share"

FROM_A_DATUM = ("_m_amsl", "_hpa", "geoid_separation_m")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedNumber:
    """A number at its place in the file, within what may stand there; None where nothing bounds it."""

    loc: Loc
    value: float
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UncertainFigure:
    """Numbers that are uncertain together, the first of them the one that is shown.

    A duration has its median and 90th percentile; like figures of a list under one source are one. A share
    has the other shares of its list behind it (`shares`): they make room for it, so that all sum to 1.
    """

    path: str
    numbers: tuple[PlacedNumber, ...]
    assumed: bool
    source: str
    shares: bool = False

    @property
    def has_natural_zero(self) -> bool:
        """Whether a part of its value says something, as it does not of a height above the sea."""
        return self.value != 0.0 and not self.path.endswith(FROM_A_DATUM)

    @property
    def value(self) -> float:
        """The first number."""
        return self.numbers[0].value

    def at(self, value: float) -> tuple[PlacedNumber, ...]:
        """The numbers when the first has this value; the others follow within their bounds."""
        first, *rest = self.numbers
        now = replace(first, value=value)
        if self.shares:
            room = (1.0 - value) / (1.0 - first.value) if first.value < 1.0 else 0.0
            return now, *(replace(number, value=number.value * room) for number in rest)
        factor = value / first.value if first.value else 1.0
        return now, *(_kept_within(number, number.value * factor) for number in rest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A figure that can be changed: its name, its value, the range that its source gives, and who says so.

    `low` and `high` are None where the source gives no range, `least` and `most` where nothing bounds the
    value. `scalable` is False where a part of the value says nothing, as of a height above the sea.
    """

    name: str
    value: float
    assumed: bool
    source: str
    low: float | None = None
    high: float | None = None
    least: float | None = None
    most: float | None = None
    scalable: bool = True


def uncertain_figures(raw: dict[str, Any]) -> tuple[UncertainFigure, ...]:
    """The uncertain figures of a sound scenario's plain data, in the order of the file."""
    scenario = written.ScenarioIn.model_validate(raw, context={"zone": read_zone(raw, [])})
    found = _figures_of(scenario, _Place())
    return tuple(figure for figure in found if value_at(raw, figure.numbers[0].loc) is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """A place in the scenario: where it stands, what it is called, and who vouches for what is there."""

    loc: Loc = ()
    path: str = ""
    voucher: Sourced | None = None

    def field(self, name: str) -> _Place:
        """A field of the part at this place."""
        return replace(self, loc=(*self.loc, name), path=f"{self.path}.{name}" if self.path else name)

    def item(self, index: int, part: BaseModel) -> _Place:
        """An item of the list at this place."""
        return replace(self, loc=(*self.loc, index), path=f"{self.path}[{item_label(part, index)}]")

    def figure(self, *numbers: PlacedNumber, own_source: str | None = None) -> UncertainFigure:
        """The figure at this place, which is vouched for by `own_source`, or as all around it is."""
        assert self.voucher is not None
        return UncertainFigure(
            path=self.path,
            numbers=numbers,
            assumed=self.voucher.assumed
            if own_source is None
            else own_source.casefold().startswith("assumed"),
            source=self.voucher.vouched_by() if own_source is None else own_source,
        )


def _figures_of(part: BaseModel, place: _Place) -> Iterator[UncertainFigure]:
    fields = type(part).model_fields
    if isinstance(part, Sourced):
        place = replace(place, voucher=part)
    if isinstance(part, (DurationIn, SourcedFigure)):
        names = [name for name in ("value", "median_s", "p90_s") if getattr(part, name, None) is not None]
        yield place.figure(
            *(_placed(getattr(part, name), (*place.loc, name), fields[name]) for name in names)
        )
        return
    for name, field in fields.items():
        if place.loc or name not in LEFT_OUT:
            yield from _figures_in(part, name, field, place.field(name))


def _figures_in(part: BaseModel, name: str, field: FieldInfo, place: _Place) -> Iterator[UncertainFigure]:
    value = getattr(part, name)
    if isinstance(value, BaseModel):
        yield from _figures_of(value, place)
    elif isinstance(value, list) and place.loc[:2] != IN_COLUMNS:
        yield from _merged([item for item in value if isinstance(item, BaseModel)], place)
    elif isinstance(value, float) and place.voucher is not None and name not in DECIDED:
        own = part.sources.get(name) if isinstance(part, Figures) else None
        yield place.figure(_placed(value, place.loc, field), own_source=own)


def _merged(items: list[BaseModel], place: _Place) -> Iterator[UncertainFigure]:
    """The figures of a list: those that share a source are one, but for shares, which sum to 1."""
    together: dict[str, UncertainFigure] = {}
    shares: list[UncertainFigure] = []
    for index, item in enumerate(items):
        at = place.item(index, item)
        own = isinstance(item, Sourced)
        for figure in _figures_of(item, at):
            tail = figure.path.removeprefix(at.path)
            shared = not own and place.voucher is not None and figure.source == place.voucher.vouched_by()
            if tail == f".{SHARE}":
                shares.append(figure)
            elif not shared:
                yield figure
            elif tail in together:
                before = together[tail]
                together[tail] = replace(before, numbers=(*before.numbers, *figure.numbers))
            else:
                together[tail] = replace(figure, path=f"{place.path}[all]{tail}")
    yield from together.values()
    for share in shares:
        others = [number for other in shares if other is not share for number in other.numbers]
        yield replace(share, numbers=(*share.numbers, *others), shares=True)


def _placed(value: float, loc: Loc, field: FieldInfo) -> PlacedNumber:
    bounds = {
        name: getattr(rule, name) for rule in field.metadata for name in ("ge", "le") if hasattr(rule, name)
    }
    return PlacedNumber(loc=loc, value=value, least=bounds.get("ge"), most=bounds.get("le"))


def _kept_within(number: PlacedNumber, value: float) -> PlacedNumber:
    least = value if number.least is None else max(value, float(number.least))
    return replace(number, value=least if number.most is None else min(least, float(number.most)))
