"""Permissions as a scenario file writes them: `operation.authorisation`, `clearances` and `answers`.

Both are documents: a reference, who gave it, and from when to when. A text alone is refused, and so is a
reference that says of itself that there is none yet.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, model_validator

from dfr.scenario import permissions as domain
from dfr.scenario.basics import OperationKind
from dfr.scenario.schema_parts import (
    ClockTime,
    Document,
    Id,
    LocalDate,
    Strict,
    Text,
    day_after,
    schema_error,
)

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

    def differing(self) -> dict[str, Any]:
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
            raise schema_error("valid_to lies before valid_from", "swap or correct them")
        return self

    def differing(self) -> dict[str, Any]:
        """It holds until the end of its last day."""
        return {"issuer": self.issuer.strip(), "valid_to": day_after(self.valid_to)}


class AnswerIn(Document):
    """An answer to what the set of rules does not cover, by the reference of a law, policy or document."""

    topic: Id
    answer: Text
    reference: Reference
    becomes: ClassVar[Any] = domain.Answer

    def differing(self) -> dict[str, Any]:
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
    def _whole(self) -> Self:
        if self.zone is None and self.kind is None:
            raise schema_error("names no zone", "add zone: its name, or kind: FRZ")
        if (self.height_m_agl is None) == (self.height_m_amsl is None):
            raise schema_error(
                "needs one height", "add height_m_agl or height_m_amsl as the clearance gives it"
            )
        if self.end <= self.start:
            raise schema_error("end is not after start", "give a later end")
        return self

    def differing(self) -> dict[str, Any]:
        """The words without space round them."""
        return {name: getattr(self, name).strip() for name in ("authority", "conditions", "contact")}
