"""What a country's set of rules is made of: its rows, its figures, and what it leaves to others.

Each country has a module of its own here, as a table; `dfr.plan.rules.JURISDICTIONS` lists them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from dfr.findings import Basis
from dfr.geo import Position


class Binds(StrEnum):
    """By what a rule binds the police."""

    LAW = "law"
    POLICY = "policy"
    AUTHORISATION = "authorisation"
    NO = "no"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """One rule of a jurisdiction: what it asks, the document and article, its date, and where to read it.

    `checks` are the checks (`dfr.plan.rules`) that cite it, none where no check can. A row that is not
    `confirmed` was not found in any source within reach: it takes the stricter reading and clears nothing.
    """

    asks: str
    basis: Basis
    document: str
    dated: str
    link: str
    binds: Binds
    checks: tuple[str, ...] = ()
    confirmed: bool = True

    @property
    def citation(self) -> str:
        """The document as a finding cites it."""
        return self.document if self.confirmed else f"{self.document} (unconfirmed)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A figure that holds where the authorisation says nothing, and who says so."""

    value: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTopic:
    """What a set of rules does not cover: unknown until the scenario answers it with a reference."""

    id: str
    asks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalNote:
    """What no file holds near a place."""

    centre: Position
    radius_m: float
    words: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Jurisdiction:
    """The rules of a country or union, as data.

    `countries` are those where it holds, as ISO 3166 codes; nobody has looked up what holds in their
    territories of other codes. `class_in_sight` are the classes of airspace that ask no permission of a
    small drone in sight; `courtesy_kinds` kinds of aerodrome zone that are no restriction of drones. `night`
    says what counts as night, '' where it is not known.
    """

    key: str
    name: str
    rows: tuple[RuleRow, ...]
    visual_range_m: Number
    crowd_stand_off_m: Number
    height_m_agl: Number
    countries: tuple[str, ...] = ()
    open_topics: tuple[OpenTopic, ...] = ()
    class_in_sight: frozenset[str] = frozenset()
    courtesy_kinds: frozenset[str] = frozenset()
    night: str = ""
    local_notes: tuple[LocalNote, ...] = field(default=())

    def row_of(self, check: str) -> RuleRow | None:
        """The row that a check cites; None where this set of rules has none."""
        return next((row for row in self.rows if check in row.checks), None)
