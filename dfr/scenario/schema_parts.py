"""The building blocks of the scenario schema: sourced figures, durations, times, places.

Every uncertain figure and every block of choices says who vouches for it: `source: ...`, or
`assumed: true` with a `note: ...`. Both end up in `Scenario.assumptions`.

A part names the type of the domain that it becomes; `to_domain` copies the fields of equal names.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Annotated, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from dfr.errors import InputError
from dfr.geo import LocalFrame, Position, Ring
from dfr.scenario.model import Duration, DurationShape

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d)(?::00)?\s*(Z|[+-]\d\d:\d\d)?\Z")
_DATE = re.compile(r"\d{4}-\d\d-\d\d\Z")
TIME_FORM = "write local time as 2024-08-23 10:00"
Loc = tuple[str | int, ...]
"""The path of a value: names of fields, and numbers of items."""

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="lower-case-word-with-hyphens")]
MOST_LETTERS = 4000
Text = Annotated[str, Field(min_length=1, max_length=MOST_LETTERS)]
P90_OVER_MEDIAN_EXPONENTIAL = 3.3219280948873626
"""ln 10 / ln 2: the 90th percentile of an exponential over its median."""


def schema_error(what: str, do: str) -> PydanticCustomError:
    """A validation error in the words of a `Problem`."""
    return PydanticCustomError("dfr", "{what}", {"what": what, "do": do})


_VOUCHERS = ("read_by", "surveyed_by", "issuer", "authority", "source")
_NOBODY = re.compile(
    r"\s*(?:nobody|no one|none|tb[acd]|unknown|n/?a|pending|applied|refused|rejected|declined|to be|awaiting"
    r"|[-?.]+\s*$)(?![a-z])",
    re.IGNORECASE,
)
"""Words by which a text says that it has no source, or none yet."""


def require_somebody(name: str, said: str | None) -> None:
    """Raise a validation error where the text of a field says that it names nobody, or nobody yet."""
    if said is not None and _NOBODY.match(said):
        raise schema_error(f"{name}: {said!r} names nobody", "write who it is, or mark it assumed: true")


class Strict(BaseModel):
    """Base of every part: nothing unknown, nothing converted, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)

    becomes: ClassVar[Any] = None
    """The frozen type of the domain that it becomes."""

    def differing_fields(self) -> dict[str, Any]:
        """The fields of the domain value that are not this part's field of the same name."""
        return {}

    def to_domain(self, **given: Any) -> Any:
        """The domain value; `given` are fields that only the caller knows.

        Raises AttributeError where a field of the domain is in neither: none is left to its default.
        """
        different = {**self.differing_fields(), **given}
        equal = (field.name for field in fields(self.becomes) if field.name not in different)
        return self.becomes(**different, **{name: _domain_value(getattr(self, name)) for name in equal})


def _domain_value(value: object) -> object:
    """A field's value in the domain: figures as numbers, parts built, lists as tuples."""
    if isinstance(value, SourcedFigure):
        return value.value
    if isinstance(value, Strict):
        return value.to_domain()
    return tuple(map(_domain_value, value)) if isinstance(value, list) else value


class Sourced(Strict):
    """Base of everything that needs a source."""

    vouching_field: ClassVar[str] = "source"
    """The field that names who vouches for it."""

    source: str | None = Field(default=None, min_length=1, description="who says so")
    assumed: bool = Field(default=False, description="true where nobody has published it")
    note: str | None = Field(default=None, min_length=1, description="why this value was assumed")

    @model_validator(mode="after")
    def _somebody_vouches(self) -> Self:
        for name in self.vouching_fields():
            said = getattr(self, name)
            if not self.assumed:
                require_somebody(name, said)
        return self

    @classmethod
    def vouching_fields(cls) -> tuple[str, ...]:
        """The fields that must name somebody."""
        return tuple(name for name in _VOUCHERS if name in cls.model_fields)

    def vouched_by(self) -> str:
        """Source and note in one text."""
        named = (getattr(self, self.vouching_field), self.source, self.note)
        return "; ".join(dict.fromkeys(text for text in named if text))


class Drawn(Sourced):
    """Base of a part that `dfr init` draws as a placeholder."""

    confirmed: bool = Field(
        default=True, description="false: drawn by a program, nobody has put in the real one"
    )


class Document(Sourced):
    """Base of a permission: its reference vouches for it."""

    vouching_field: ClassVar[str] = "reference"
    reference: str


class Figures(Strict):
    """Base of a part whose single figures have a source of their own.

    `sources` names those by their field; a text that begins with `assumed` says that nobody has published
    the figure.
    """

    sources: dict[str, Text] = Field(
        default_factory=dict,
        description="who says so, for single figures of this block: field: source, or field: assumed, why",
    )

    @model_validator(mode="after")
    def _sources_name_figures(self) -> Self:
        known = self.list_figures()
        for name in self.sources:
            if name not in known:
                do = f"one of {', '.join(known)}" if known else "take it out"
                raise schema_error(f"sources names {name!r}, no figure given here", do)
        return self

    def list_figures(self) -> dict[str, str]:
        """The values of this block by their field, as text; parts with their own source are left out."""
        told = {name: getattr(self, name) for name in type(self).model_fields if name not in _VOUCHING}
        return {name: shown for name, value in told.items() if (shown := _in_words(value))}


class Block(Figures, Sourced):
    """Several choices with one source, and single figures with a source of their own."""


_VOUCHING = frozenset({*Sourced.model_fields, *Block.model_fields, "id"})


def _in_words(value: object) -> str:
    """A number, a word or a list of numbers; '' for whatever else."""
    if isinstance(value, list):
        shown = [_in_words(item) for item in value]
        return ", ".join(shown) if shown and all(shown) else ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{value:g}"
    return str(value) if isinstance(value, str) else ""


class SourcedFigure(Sourced):
    """An uncertain number with its source."""

    value: float


class PositiveFigure(SourcedFigure):
    """An uncertain number above 0."""

    value: float = Field(gt=0, le=1e7)


class NonNegativeFigure(SourcedFigure):
    """An uncertain number of at least 0."""

    value: float = Field(ge=0, le=1e7)


class ShareFigure(SourcedFigure):
    """An uncertain share, 0 to 1."""

    value: float = Field(ge=0, le=1)


class FactorFigure(SourcedFigure):
    """An uncertain factor of at least 1."""

    value: float = Field(ge=1, le=10)


class HeightFigure(SourcedFigure):
    """An uncertain height, m."""

    value: float = Field(ge=-450, le=9000)


class QnhFigure(SourcedFigure):
    """An uncertain QNH, hPa."""

    value: float = Field(ge=900, le=1080)


class DurationIn(Sourced):
    """A random duration: median, and for a log-normal one the 90th percentile."""

    shape: DurationShape = Field(strict=False, description="constant, exponential or lognormal")
    median_s: float = Field(ge=0, le=7 * 86400, description="half of them are shorter, s")
    p90_s: float | None = Field(
        default=None, ge=0, le=14 * 86400, description="nine in ten are shorter, s (log-normal)"
    )
    becomes: ClassVar[Any] = Duration

    def differing_fields(self) -> dict[str, Any]:
        """The 90th percentile, which only a log-normal duration states."""
        if self.shape is DurationShape.EXPONENTIAL:
            return {"p90_s": self.median_s * P90_OVER_MEDIAN_EXPONENTIAL}
        return {"p90_s": self.median_s if self.p90_s is None else self.p90_s}


def _time_zone(info: ValidationInfo) -> tzinfo:
    context: Mapping[str, Any] = info.context or {}
    zone: tzinfo = context.get("zone") or ZoneInfo("UTC")
    return zone


def local_time(value: object, info: ValidationInfo) -> datetime:
    """The aware time of `2024-08-23 10:00` in the scenario's zone.

    A time the spring clock change skips, or the autumn one repeats, is reported and not guessed;
    an offset (`2024-10-27 01:30+01:00`) settles the repeated hour, and must be the zone's own.
    """
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not (parts := _TIME.match(value)):
        raise schema_error(f"{value!r} is not a time", TIME_FORM)
    try:
        naive = datetime.fromisoformat(f"{parts[1]} {parts[2]}")
    except ValueError as error:
        raise schema_error(f"{value!r} is not a time: {error}", TIME_FORM) from error
    if not 1950 <= naive.year <= 2100:
        raise schema_error(f"{value!r} is outside 1950 to 2100", TIME_FORM)
    return resolve_clock_change(naive, parts[3], _time_zone(info))


def wall_clock(value: object) -> time:
    """The time of day of `19:00`, whatever the day."""
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise schema_error(f"{value!r} is not a time of day", "write it as 07:00")


def clock_time(value: object, info: ValidationInfo) -> datetime:
    """A local time as `local_time` takes it, or one in UTC (`2026-06-19 08:00Z`), as notices write it."""
    if isinstance(value, str) and value.rstrip().endswith("Z") and (parts := _TIME.match(value)):
        moment = datetime.fromisoformat(f"{parts[1]} {parts[2]}+00:00")
        return moment.astimezone(_time_zone(info))
    return local_time(value, info)


def day_after(day: datetime) -> datetime:
    """Local midnight at the end of a day that begins at local midnight."""
    following = day.date() + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=day.tzinfo)


def resolve_clock_change(naive: datetime, offset: str | None, zone: tzinfo) -> datetime:
    """The aware time of a clock time in a zone; `offset` settles which of a repeated hour is meant.

    Raises a validation error for a time that the zone's clocks skip, and for a repeated one without offset.
    """
    early, late = (naive.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if offset is None and early.utcoffset() == late.utcoffset():
        return early
    choices = {_offset_text(moment): moment for moment in (early, late)}
    if early.utcoffset() != late.utcoffset() and early.utcoffset() < late.utcoffset():  # type: ignore[operator]
        skipped = f"{naive:%Y-%m-%d %H:%M} does not exist in {zone}: the clock goes forward then"
        raise schema_error(skipped, "choose a time before or after the skipped hour")
    if offset is None and len(choices) == 2:
        twice = f"{naive:%Y-%m-%d %H:%M} happens twice in {zone}: the clock goes back then"
        raise schema_error(twice, "say which: " + " or ".join(f"{naive:%Y-%m-%d %H:%M}{o}" for o in choices))
    if offset is None:
        return early
    wanted = "+00:00" if offset == "Z" else offset
    if wanted not in choices:
        raise schema_error(
            f"{naive:%Y-%m-%d %H:%M}{offset} is not {zone} time, which is {' or '.join(choices)} then",
            TIME_FORM,
        )
    return choices[wanted]


def _offset_text(moment: datetime) -> str:
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def local_date(value: object, info: ValidationInfo) -> datetime:
    """Local midnight at the start of `2024-08-23`."""
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DATE.match(value):
        raise schema_error(f"{value!r} is not a date", "write it as 2024-08-23")
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise schema_error(f"{value!r} is not a date: {error}", "write it as 2024-08-23") from error
    return datetime(day.year, day.month, day.day, tzinfo=_time_zone(info))


def read_place(value: object) -> Position:
    """The position of a `[lat, lon]` pair in degrees."""
    if isinstance(value, Position):
        return value
    numbers = isinstance(value, list) and len(value) == 2
    if not isinstance(value, list) or not numbers or not all(_is_number(item) for item in value):
        raise schema_error(f"{quote_briefly(value)} is not a position", "write [lat, lon] in degrees")
    try:
        return Position(lat_deg=float(value[0]), lon_deg=float(value[1]))
    except InputError as error:
        raise schema_error(error.what, error.do) from error


def read_area(value: object) -> Ring:
    """The ring of a list of `[lat, lon]` corners: simple, and with an area."""
    if isinstance(value, tuple):
        return value
    if not isinstance(value, list):
        raise schema_error(f"{quote_briefly(value)} is not an area", "write a list of [lat, lon] corners")
    corners = []
    for index, item in enumerate(value):
        try:
            corners.append(read_place(item))
        except PydanticCustomError as error:
            context = error.context or {}
            raise schema_error(f"corner {index + 1}: {context['what']}", context["do"]) from error
    if len(corners) > 1 and corners[0] == corners[-1]:
        corners.pop()
    if len(set(corners)) < 3:
        raise schema_error(
            f"{len(set(corners))} different corners enclose nothing", "give three or more corners"
        )
    polygon = LocalFrame(corners[0]).polygon(corners)
    if not polygon.is_valid:
        raise schema_error("the sides cross or touch each other", "list the corners in order around the area")
    if polygon.area < 1.0:
        raise schema_error(f"the area is {polygon.area:.2f} m²", "give corners that enclose a real area")
    return tuple(corners)


def _is_number(value: object) -> bool:
    finite = isinstance(value, (int, float)) and abs(value) < 1e9
    return finite and not isinstance(value, bool)


def quote_briefly(value: object) -> str:
    """A value as Python writes it, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


_PAIR = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}

LocalTime = Annotated[
    datetime, PlainValidator(local_time), WithJsonSchema({"type": "string", "examples": ["2024-08-23 10:00"]})
]
ClockTime = Annotated[
    datetime,
    PlainValidator(clock_time),
    WithJsonSchema({"type": "string", "examples": ["2024-08-23 10:00", "2024-08-23 09:00Z"]}),
]
WallClock = Annotated[
    time, PlainValidator(wall_clock), WithJsonSchema({"type": "string", "examples": ["19:00"]})
]
LocalDate = Annotated[
    datetime, PlainValidator(local_date), WithJsonSchema({"type": "string", "examples": ["2024-08-23"]})
]
Place = Annotated[Position, PlainValidator(read_place), WithJsonSchema({**_PAIR, "title": "[lat, lon]"})]
Area = Annotated[
    Ring, PlainValidator(read_area), WithJsonSchema({"type": "array", "items": _PAIR, "minItems": 3})
]


class Point(Strict):
    """A position spelled out."""

    lat_deg: float = Field(ge=-90, le=90, description="WGS84 latitude, degrees")
    lon_deg: float = Field(ge=-180, le=180, description="WGS84 longitude, degrees")

    @property
    def position(self) -> Position:
        """The position as a domain value."""
        return Position(lat_deg=self.lat_deg, lon_deg=self.lon_deg)


def fields_of(model: type[BaseModel]) -> Mapping[str, Any]:
    """The annotations of a model's fields."""
    return {name: field.annotation for name, field in model.model_fields.items()}


def model_in(annotation: object) -> type[BaseModel] | None:
    """The model an annotation holds: itself, optional, or as the items of a list."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) in (list, typing.Union, types.UnionType, typing.Annotated):
        return next((found for item in inner if (found := model_in(item)) is not None), None)
    return None


def model_at(loc: Sequence[str | int], root: type[BaseModel]) -> type[BaseModel] | None:
    """The model whose mapping stands at a path, None where there is none."""
    model: type[BaseModel] | None = root
    for step in loc:
        if isinstance(step, int):
            continue
        if model is None or step not in model.model_fields:
            return None
        model = model_in(model.model_fields[step].annotation)
    return model


def find_mappings(
    value: object, model: type[BaseModel], loc: Loc = ()
) -> Iterator[tuple[Loc, type, dict[str, Any]]]:
    """Every mapping in raw data that stands where the schema has a model: (path, model, mapping)."""
    if not isinstance(value, dict):
        return
    yield loc, model, value
    for name, annotation in fields_of(model).items():
        inner = model_in(annotation)
        if inner is None or name not in value:
            continue
        child = value[name]
        if isinstance(child, list):
            for index, item in enumerate(child):
                yield from find_mappings(item, inner, (*loc, name, index))
        else:
            yield from find_mappings(child, inner, (*loc, name))
