"""Permissions, airspace files, restrictions, NOTAMs and obstacles as a scenario file writes them.

Permissions are documents (`operation.authorisation`, `clearances`, `answers`): a reference, who gave it, and
from when to when. A text alone is refused, and so is a reference that says of itself that there is none yet.

Of NOTAMs and obstacles it says who read or surveyed them, and when.
"""

from __future__ import annotations

import re
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
from dfr.scenario import air
from dfr.scenario import model as domain
from dfr.scenario.air import DataKind
from dfr.scenario.model import OperationKind
from dfr.scenario.schema_parts import (
    Area,
    Block,
    ClockTime,
    Document,
    Id,
    LocalDate,
    LocalTime,
    Place,
    Sourced,
    Strict,
    Text,
    day_after,
    local_date,
    local_time,
    read_area,
    schema_error,
)

# Permissions -------------------------------------------------------------------------------------

_NOT_HELD = re.compile(
    r"\b(applied|appl(y|ying|ication)|tb[acd]|pending|refus\w*|reject\w*|declin\w*|request\w*|await\w*|expect\w*"
    r"|none|unknown|draft|to be|not (yet|held|granted)|asked|verbal\w*|expired|revoked|withdrawn)\b",
    re.IGNORECASE,
)


def held_reference(text: str) -> str:
    """A reference of a document that is held. Raises where the words say it is not, or name none."""
    if _NOT_HELD.search(text):
        raise schema_error(f"{text!r} is not a permission", "write its reference once you hold it")
    if not re.search(r"\d", text):
        raise schema_error(
            f"{text!r} is not a reference", "write the number of the document as it stands on it"
        )
    return text.strip()


_STILL_OPEN = re.compile(
    r"\b(applied for|tb[acd]|pending|to be (?:confirmed|agreed|granted|filled)"
    r"|not (?:yet )?(?:held|granted|given|agreed))\b",
    re.IGNORECASE,
)
"""Words that no clause of a document that is held has; "on request" or "unless refused" may stand in one."""


_UNANSWERED = re.compile(r"\W*((unknown|asked|await\w*|applied|requested)\b|$)", re.IGNORECASE)


def given_answer(text: str) -> str:
    """An answer. Raises where the words say that nobody has answered yet; "none applies" is an answer."""
    if _STILL_OPEN.search(text) or _UNANSWERED.match(text):
        raise schema_error(f"{text!r} is not an answer", "write it once you have it")
    return text


def no_exemption(exempt: bool) -> bool:
    """False. Raises where a restriction claims to exempt this operation: a clearance says who exempts it."""
    if exempt:
        raise schema_error(
            "exempt: true is not a permission",
            "take it out and write clearances: [{zone: its name, authority: ..., reference: ..., start: ..., "
            "end: ..., height_m_amsl: ..., contact: ...}]",
        )
    return False


Reference = Annotated[
    Text, AfterValidator(held_reference), Field(description="its number, as it stands on the document")
]


class ClauseIn(Strict):
    """What one clause allows, and its number and words."""

    clause: Text = Field(description="number and words of the clause, to be quoted")
    becomes: ClassVar[Any] = domain.Clause

    def differing_fields(self) -> dict[str, Any]:
        """The words without space round them."""
        return {"text": self.clause.strip()}


class KindsIn(ClauseIn):
    """The kinds of operation allowed."""

    value: list[Annotated[OperationKind, Field(strict=False)]] = Field(min_length=1, max_length=3)


class MetresIn(ClauseIn):
    """A distance or height that is allowed."""

    value: float = Field(ge=0, le=100_000)


class CountIn(ClauseIn):
    """A number that is allowed."""

    value: int = Field(ge=1, le=50)


class FlagIn(ClauseIn):
    """Something that is allowed or not."""

    value: bool


class AllowsIn(Strict):
    """What an authorisation allows, clause by clause; what is left out is not allowed."""

    kind: KindsIn | None = Field(default=None, description="VLOS, EVLOS, BVLOS")
    visual_range_m: MetresIn | None = Field(default=None, description="how far off the drone may be seen")
    height_m_agl: MetresIn | None = Field(default=None, description="greatest height above the surface")
    crowd_stand_off_m: MetresIn | None = Field(
        default=None, description="distance demanded from assemblies of people"
    )
    crowd_overflight: FlagIn | None = Field(default=None, description="assemblies may be flown over")
    night: FlagIn | None = Field(default=None, description="flights in the dark")
    drones_per_pilot: CountIn | None = Field(default=None, description="drones in the air for one pilot")
    landing_outside_boundary: FlagIn | None = Field(
        default=None, description="places to land outside the site's boundary"
    )
    dropping: FlagIn | None = Field(default=None, description="articles may be dropped")
    becomes: ClassVar[Any] = domain.Allows


NEW_FORM = (
    "write {reference: ..., issuer: ..., valid_from: 2026-01-01, valid_to: 2026-12-31, "
    'allows: {kind: {value: [VLOS], clause: "2.1 ..."}, ...}}, or null while no document is held'
)


class AuthorisationIn(Document):
    """The document the operation is flown under, and what it allows clause by clause."""

    reference: Reference
    issuer: Text = Field(description="who gave it")
    valid_from: LocalDate
    valid_to: LocalDate = Field(description="last day on which it holds")
    allows: AllowsIn
    becomes: ClassVar[Any] = domain.Authorisation

    @model_validator(mode="before")
    @classmethod
    def _no_text(cls, value: object) -> object:
        if isinstance(value, str):
            raise schema_error(f"the text {value[:40]!r} permits nothing", NEW_FORM)
        return value

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.valid_to < self.valid_from:
            raise schema_error("valid_to is before valid_from", "swap or correct them")
        return self

    @model_validator(mode="after")
    def _quotes_its_clauses(self) -> Self:
        for name, allowed in self.allows:
            if allowed is None or self.assumed:
                continue
            words = allowed.clause.lstrip(" -.,:;([\"'")
            if not re.search(r"\d", words) or _NOT_HELD.match(words) or _STILL_OPEN.search(words):
                raise schema_error(
                    f"allows.{name}: {allowed.clause!r} quotes no clause",
                    "write its number and words as they stand on the document, or leave it out",
                )
        return self

    def differing_fields(self) -> dict[str, Any]:
        """It holds until the end of its last day."""
        return {"issuer": self.issuer.strip(), "valid_to": day_after(self.valid_to)}


class AnswerIn(Document):
    """An answer to what the set of rules does not cover, by the reference of a law, policy or document."""

    topic: Id
    answer: Annotated[Text, AfterValidator(given_answer)]
    reference: Reference
    becomes: ClassVar[Any] = domain.Answer

    def differing_fields(self) -> dict[str, Any]:
        """The words without space round them."""
        return {"text": self.answer.strip()}


class ClearanceIn(Document):
    """Leave to enter a zone, or every zone of a kind; times in local time, or in UTC with a Z."""

    zone: Text | None = Field(default=None, description="name or designator of the zone as published")
    kind: Text | None = Field(default=None, description="FRZ, RPZ, R, D, RA(T), CTR, ...")
    authority: Text = Field(description="who gave it")
    reference: Reference
    start: ClockTime
    end: ClockTime
    height_m_agl: float | None = Field(default=None, gt=0, le=20_000, description="up to this height")
    height_m_amsl: float | None = Field(default=None, gt=0, le=20_000, description="or up to this one")
    conditions: str = Field(default="", max_length=4000, description="what it asks of the crew")
    contact: Text = Field(description="whom to call on the day")
    becomes: ClassVar[Any] = domain.Clearance

    @model_validator(mode="after")
    def _check_clearance(self) -> Self:
        if self.zone is None and self.kind is None:
            raise schema_error("names no zone", "add zone: its name, or kind: FRZ")
        if (self.height_m_agl is None) == (self.height_m_amsl is None):
            raise schema_error(
                "needs one height", "add height_m_agl or height_m_amsl as the clearance gives it"
            )
        if self.end <= self.start:
            raise schema_error("end is not after start", "give a later end")
        return self

    def differing_fields(self) -> dict[str, Any]:
        """The words without space round them."""
        return {name: getattr(self, name).strip() for name in ("authority", "conditions", "contact")}


# The air -----------------------------------------------------------------------------------------

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


def _ring_of_corners(corners: tuple[tuple[float, float], ...]) -> Ring:
    return tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in corners)


OUTLINES: dict[str, Ring] = {
    "EGTT": _ring_of_corners(_LONDON_FIR),
    "London FIR": _ring_of_corners(_LONDON_FIR),
}
"""By name. A country or FIR that is not here is drawn as a ring."""

FileName = Annotated[str, Field(min_length=1, max_length=1000)]


def _read_coverage(value: object) -> Ring:
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


def _read_kind(value: object) -> DataKind:
    kinds = {kind.value.casefold(): kind for kind in DataKind}
    if isinstance(value, str) and kinds.get(value.strip().casefold()) is DataKind.RESTRICTIONS:
        raise schema_error(
            "an airspace file does not replace reading the NOTAMs", "state notams: {read_by, read_at}"
        )
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
    PlainValidator(_read_coverage),
    WithJsonSchema({"anyOf": [_PAIRS, {"type": "string", "enum": list(OUTLINES)}]}),
]
Kind = Annotated[
    DataKind,
    PlainValidator(_read_kind),
    WithJsonSchema({"type": "string", "enum": [k.value for k in DataKind]}),
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
    becomes: ClassVar[Any] = air.AirspaceFile

    def differing_fields(self) -> dict[str, Any]:
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
    becomes: ClassVar[Any] = air.TemporaryRestriction

    @model_validator(mode="after")
    def _one_shape(self) -> Self:
        circle = [part for part in (self.centre, self.radius_m) if part is not None]
        if len(circle) != (2 if self.area is None else 0):
            raise schema_error("has no shape, or more than one", "give centre and radius_m, or area")
        return self

    def differing_fields(self) -> dict[str, Any]:
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
    becomes: ClassVar[Any] = air.NotamReading

    @field_validator("judged")
    @classmethod
    def _check_reasons(cls, judged: dict[str, str]) -> dict[str, str]:
        for number, why in judged.items():
            if len(why.split()) < FEWEST_WORDS:
                raise schema_error(
                    f"{number} is set aside without a reason", "say what it is and why it does not matter"
                )
        return judged

    def differing_fields(self) -> dict[str, Any]:
        """Numbers as NOTAMs print them."""
        return {"judged": tuple((number.strip().upper(), why) for number, why in self.judged.items())}


class ObstaclesIn(Sourced):
    """Who surveyed the site for obstacles, when, and how tall the tallest is that no obstacle file names."""

    vouching_field: ClassVar[str] = "surveyed_by"

    surveyed_by: Text
    read_at: TimeOrDate
    tallest_m_agl: float = Field(ge=0, le=1000)
    becomes: ClassVar[Any] = air.ObstacleSurvey
