"""What a check found: a rule, its basis, how bad, where, by how much, and what would clear it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dfr.errors import NonCompliantError
from dfr.geo import Position


class Severity(StrEnum):
    """How a finding bears on the go / no-go: `UNKNOWN` and `VIOLATION` block it."""

    OK = "ok"
    ADVICE = "advice"
    UNKNOWN = "unknown"
    VIOLATION = "violation"


class Basis(StrEnum):
    """Where a rule comes from (`docs/rules.md`)."""

    LAW = "law"
    NPCC_POLICY = "npcc_policy"
    OA_CONDITION = "oa_condition"
    MANUFACTURER = "manufacturer"
    ARDUPILOT = "ardupilot"
    OPERATOR = "operator"
    ASSUMED = "assumed"


class DayFact(StrEnum):
    """A fact that only the day of the flight brings: days ahead, a go is subject to it."""

    NOTAMS = "NOTAMs"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validity:
    """What a finding rests on ("the reading of NOTAMs"), and the moment after which it no longer holds.

    `since` is when it begins to hold, None where it always has; `made_at` when it was read or measured: what
    is dated later than now has not been.
    """

    what: str
    until: datetime
    since: datetime | None = None
    made_at: datetime | None = None

    def as_dict(self) -> dict[str, object]:
        """As it appears in JSON."""
        since = None if self.since is None else self.since.isoformat()
        made_at = None if self.made_at is None else self.made_at.isoformat()
        return {"what": self.what, "until": self.until.isoformat(), "since": since, "made_at": made_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The outcome of one rule at one place.

    `margin_m` is positive where the rule holds with room and negative by the
    size of the breach; None where the rule is not a distance or is unknown.
    `due` names the fact of the day without which this is unknown; `validity` how long the finding holds.
    """

    rule: str
    severity: Severity
    message: str
    basis: Basis
    source: str
    place: Position | None = None
    margin_m: float | None = None
    fix: str = ""
    due: DayFact | None = None
    validity: Validity | None = None

    @property
    def blocks(self) -> bool:
        """True where this finding stops a go."""
        return self.severity in (Severity.UNKNOWN, Severity.VIOLATION)

    def as_dict(self) -> dict[str, object]:
        """The finding as it appears in JSON; a place becomes lat_deg and lon_deg."""
        place = None if self.place is None else self.place.as_dict()
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "message": self.message,
            "basis": self.basis.value,
            "source": self.source,
            "place": place,
            "margin_m": self.margin_m,
            "fix": self.fix,
            "due": None if self.due is None else self.due.value,
            "validity": None if self.validity is None else self.validity.as_dict(),
        }


MARKS = {
    Severity.OK: "ok",
    Severity.ADVICE: "advice",
    Severity.UNKNOWN: "UNKNOWN",
    Severity.VIOLATION: "VIOLATION",
}


def finding_text(finding: Finding) -> str:
    """One finding as text of a line, or of two where there is something to do about it."""
    margin = "" if finding.margin_m is None else f" (margin {finding.margin_m:.0f} m)"
    fix = f"\n           -> {finding.fix}" if finding.fix else ""
    return f"{MARKS[finding.severity]:>9}  {finding.rule}: {finding.message}{margin}{fix}"


_DANGER = (Severity.VIOLATION, Severity.UNKNOWN, Severity.ADVICE, Severity.OK)


def by_danger(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in order of danger: violations first; of one severity law first, then the worst margin."""
    bases = list(Basis)

    def danger(finding: Finding) -> tuple[int, bool, int, float]:
        margin_m = math.inf if finding.margin_m is None else finding.margin_m
        return (
            _DANGER.index(finding.severity),
            finding.due is not None,
            bases.index(finding.basis),
            margin_m,
        )

    return sorted(findings, key=danger)


def counted_noun(count: int, noun: str) -> str:
    """A number with its noun: one, or many.

    >>> counted_noun(1, "dock"), counted_noun(2, "dock")
    ('1 dock', '2 docks')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def share_words(share: float) -> str:
    """A share in words that never rounds to nothing.

    >>> share_words(0.25), share_words(0.001), share_words(0.0)
    ('25 %', 'less than 1 %', '0 %')
    """
    return "less than 1 %" if 0.0 < share < 0.01 else f"{share:.0%}".replace("%", " %")


def count_by_severity(findings: Iterable[Finding]) -> str:
    """How many findings there are of each severity: '1 violation, nothing unknown, 3 notes, 4 in order'."""
    found = list(findings)
    count = {severity: sum(f.severity is severity for f in found) for severity in Severity}
    unknown = count[Severity.UNKNOWN] or "nothing"
    return (
        f"{counted_noun(count[Severity.VIOLATION], 'violation')}, {unknown} unknown, "
        f"{counted_noun(count[Severity.ADVICE], 'note')}, {count[Severity.OK]} in order"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingGroup:
    """Findings of one rule and severity: the worst of them, and how many there are."""

    worst: Finding
    count: int


def grouped_by_rule(findings: Iterable[Finding]) -> list[FindingGroup]:
    """Findings of one rule and severity together, in order of danger; the worst margin stands for them."""
    groups: dict[tuple[Severity, str], list[Finding]] = {}
    for finding in by_danger(findings):
        groups.setdefault((finding.severity, finding.rule), []).append(finding)
    return [FindingGroup(worst=group[0], count=len(group)) for group in groups.values()]


def is_compliant(findings: Iterable[Finding]) -> bool:
    """True where nothing found blocks a go."""
    return not any(finding.blocks for finding in findings)


def require_sound(findings: Iterable[Finding]) -> None:
    """Raise NonCompliantError naming the first finding that blocks, and how many more there are."""
    against = [finding for finding in findings if finding.blocks]
    if against:
        more = f" (and {len(against) - 1} more)" if len(against) > 1 else ""
        raise NonCompliantError(
            f"NO GO: {against[0].message}{more}", do="resolve what blocks a go in the plan"
        )
