"""What the team holds and has read: authorisation, clearances, NOTAMs, obstacles.

The authorisation permits the operation clause by clause, a clearance opens a single zone; a reading says who
read the NOTAMs and a survey who looked for obstacles.

A permission is a document with a reference, an issuer and dates. What it does not say is not allowed, and
one that is only assumed allows nothing outside an exercise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from dfr.scenario.basics import OperationKind

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause(Generic[T]):
    """What one clause of an authorisation allows: the value, and its number and words to be quoted."""

    value: T
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Allows:
    """What an authorisation allows; None where it does not say, which is not allowed.

    `crowd_stand_off_m` is the distance it demands from assemblies of people; `crowd_overflight` lets them
    be flown over.
    """

    kind: Clause[tuple[OperationKind, ...]] | None = None
    visual_range_m: Clause[float] | None = None
    height_m_agl: Clause[float] | None = None
    crowd_stand_off_m: Clause[float] | None = None
    crowd_overflight: Clause[bool] | None = None
    night: Clause[bool] | None = None
    drones_per_pilot: Clause[int] | None = None
    landing_outside_boundary: Clause[bool] | None = None
    dropping: Clause[bool] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    """The document that the operation is flown under; valid from a moment up to another."""

    reference: str
    issuer: str
    valid_from: datetime
    valid_to: datetime
    allows: Allows
    assumed: bool = False

    @property
    def label(self) -> str:
        """Reference and issuer."""
        return f"{self.reference} ({self.issuer})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the scenario says, by a reference, of a topic that its set of rules does not cover."""

    topic: str
    text: str
    reference: str
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clearance:
    """Leave to enter a zone, or every zone of a kind, between two moments up to a height.

    Exactly one of the two heights is given. `zone` is the name or the designator of the zone as published.
    """

    zone: str | None
    kind: str | None
    authority: str
    reference: str
    start: datetime
    end: datetime
    height_m_agl: float | None
    height_m_amsl: float | None
    conditions: str
    contact: str
    assumed: bool = False

    @property
    def label(self) -> str:
        """Reference and authority."""
        return f"{self.reference}, by {self.authority}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotamReading:
    """Who read the NOTAMs for the place and time of a deployment, and when.

    `files` are texts of them, by their resolved paths. `activated` names the zones, active by notice only,
    that a NOTAM makes active; None where nobody has said. `judged` are numbers of NOTAMs that the reader
    found not to matter here, each with the reason. `assumed` True marks a reading that nobody did.
    """

    read_by: str
    read_at: datetime
    files: tuple[str, ...] = ()
    activated: tuple[str, ...] | None = None
    judged: tuple[tuple[str, str], ...] = ()
    assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ObstacleSurvey:
    """Who looked at the site for obstacles, when, and the height of the tallest that no file names.

    `assumed` True marks a survey that nobody did.
    """

    surveyed_by: str
    read_at: datetime
    tallest_m_agl: float
    assumed: bool = False
