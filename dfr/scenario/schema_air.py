"""The air as a scenario file writes it: airspace files, restrictions, NOTAMs read, obstacles surveyed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from dfr.geo import Position, Ring
from dfr.scenario.data_kinds import DataKind
from dfr.scenario.model import AirspaceFile, TemporaryRestriction
from dfr.scenario.permissions import NotamReading, ObstacleSurvey
from dfr.scenario.schema_parts import (
    Area,
    Block,
    LocalDate,
    LocalTime,
    Place,
    Sourced,
    Text,
    local_date,
    local_time,
    read_area,
    schema_error,
)
from dfr.scenario.schema_permissions import no_exemption

_LONDON_FIR = (
    (55.0, 5.0),
    (51.5, 2.0),
    (51.0 + 7.0 / 60.0, 2.0),
    (51.0, 1.0 + 28.0 / 60.0),
    (50.0 + 40.0 / 60.0, 1.0 + 28.0 / 60.0),
    (50.0, -0.25),
    (50.0, -2.0),
    (48.0 + 50.0 / 60.0, -8.0),
    (51.0, -8.0),
    (52.0 + 20.0 / 60.0, -5.5),
    (55.0, -5.5),
)
"""(lat, lon) of the corners in UK AIP ENR 2.1: every one is published to whole minutes."""


def _ring(corners: tuple[tuple[float, float], ...]) -> Ring:
    return tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in corners)


OUTLINES: dict[str, Ring] = {"EGTT": _ring(_LONDON_FIR), "London FIR": _ring(_LONDON_FIR)}
"""By name. A country or FIR that is not here is drawn as a ring."""

FileName = Annotated[str, Field(min_length=1, max_length=1000)]


def _covered(value: object) -> Ring:
    """The ring of a list of corners, or of the outline of a name."""
    if not isinstance(value, str):
        return read_area(value)
    names = {name.casefold(): ring for name, ring in OUTLINES.items()}
    if value.strip().casefold() not in names:
        raise schema_error(
            f"{value[:60]!r} is not a known outline",
            f"draw a ring of [lat, lon], or name one of {', '.join(OUTLINES)}",
        )
    return names[value.strip().casefold()]


def _kind(value: object) -> DataKind:
    kinds = {kind.value.casefold(): kind for kind in DataKind}
    if isinstance(value, str) and kinds.get(value.strip().casefold()) is DataKind.RESTRICTIONS:
        raise schema_error("no airspace file stands for reading NOTAMs", "state notams: {read_by, read_at}")
    if not isinstance(value, str) or value.strip().casefold() not in kinds:
        raise schema_error(f"{str(value)[:60]!r} is not a kind of data", f"one of {', '.join(DataKind)}")
    return kinds[value.strip().casefold()]


def _time_or_date(value: object, info: ValidationInfo) -> datetime:
    """A local time, or the midnight with which a day begins."""
    try:
        return local_time(value, info)
    except PydanticCustomError:
        return local_date(value, info)


_PAIRS = {"type": "array", "items": {"type": "array", "items": {"type": "number"}}, "minItems": 3}
Covers = Annotated[
    Ring,
    PlainValidator(_covered),
    WithJsonSchema({"anyOf": [_PAIRS, {"type": "string", "enum": list(OUTLINES)}]}),
]
Kind = Annotated[
    DataKind, PlainValidator(_kind), WithJsonSchema({"type": "string", "enum": [k.value for k in DataKind]})
]
TimeOrDate = Annotated[
    datetime,
    PlainValidator(_time_or_date),
    WithJsonSchema({"type": "string", "examples": ["2024-08-23 10:00", "2024-08-23"]}),
]


class AirspaceFileIn(Sourced):
    """An airspace file: relative to the scenario, or the name of a shipped one.

    `assumed` speaks of `covers` and `kinds`, which then count in an exercise only.
    """

    file: FileName
    date: LocalDate
    covers: Covers | None = Field(
        default=None,
        description="what it covers, where the file does not say: corners, or a published outline",
    )
    kinds: list[Kind] | None = Field(
        default=None, max_length=10, description="what it holds, instead of what it says or is recognised by"
    )
    obstacles_from_m_agl: float | None = Field(
        default=None, ge=0, le=1000, description="the height above ground from which it lists every obstacle"
    )
    becomes: ClassVar[Any] = AirspaceFile

    def differing(self) -> dict[str, Any]:
        """Its date as text, the kinds as a set, and source and note in one; the caller knows its path."""
        kinds = None if self.kinds is None else frozenset(self.kinds)
        return {"date": f"{self.date:%Y-%m-%d}", "source": self.vouched_by(), "kinds": kinds}


class RestrictionIn(Block):
    """A restriction by notice from the surface: a circle, or an area."""

    name: Text
    centre: Place | None = None
    radius_m: float | None = Field(default=None, gt=0, le=200_000)
    area: Area | None = Field(
        default=None, description="corners as [lat, lon], instead of centre and radius_m"
    )
    upper_m_amsl: float = Field(gt=0, le=20_000)
    start: LocalTime
    end: LocalTime
    status: Literal["confirmed", "possible"]
    exempt: Annotated[bool, AfterValidator(no_exemption)] = Field(
        default=False, description="false: a permission is written under clearances"
    )
    becomes: ClassVar[Any] = TemporaryRestriction

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        circle = [part for part in (self.centre, self.radius_m) if part is not None]
        if len(circle) != (2 if self.area is None else 0):
            raise schema_error("has no shape, or more than one", "give centre and radius_m, or area")
        return self

    def differing(self) -> dict[str, Any]:
        """Source and note in one."""
        return {"source": self.vouched_by()}


FEWEST_WORDS = 3
"""A reason to set a NOTAM aside has at least so many words (assumed): `n/a` is none."""


class NotamsIn(Sourced):
    """Who read the NOTAMs for this place and time, and when; none where nobody did."""

    vouching_field: ClassVar[str] = "read_by"

    read_by: Text
    read_at: LocalTime
    files: list[FileName] = Field(
        default_factory=list, max_length=50, description="NOTAMs as copied: their texts in files"
    )
    activated: list[Text] | None = Field(
        default=None,
        max_length=200,
        description="zones active by NOTAM only that one makes active; [] none; null where nobody has said",
    )
    judged: dict[str, Text] = Field(
        default_factory=dict,
        description="NOTAMs that do not matter here, by number: what each is and why it does not matter",
    )
    becomes: ClassVar[Any] = NotamReading

    @field_validator("judged")
    @classmethod
    def _reasoned(cls, judged: dict[str, str]) -> dict[str, str]:
        for number, why in judged.items():
            if len(why.split()) < FEWEST_WORDS:
                raise schema_error(
                    f"{number} is set aside without a reason", "say what it is and why it does not matter"
                )
        return judged

    def differing(self) -> dict[str, Any]:
        """Numbers as NOTAMs print them."""
        return {"judged": tuple((number.strip().upper(), why) for number, why in self.judged.items())}


class ObstaclesIn(Sourced):
    """Who surveyed the site for obstacles, when, and how tall the tallest is that no obstacle file names."""

    vouching_field: ClassVar[str] = "surveyed_by"

    surveyed_by: Text
    read_at: TimeOrDate
    tallest_m_agl: float = Field(ge=0, le=1000)
    becomes: ClassVar[Any] = ObstacleSurvey
