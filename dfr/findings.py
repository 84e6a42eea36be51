"""What a check found: a rule, its basis, how bad, where, by how much, and what would clear it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dfr.errors import DfrError, NonCompliantError
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
    """What a finding rests on ("the reading of NOTAMs"), and the moment after which it no longer holds."""

    what: str
    until: datetime

    def as_dict(self) -> dict[str, object]:
        """As it appears in JSON."""
        return {"what": self.what, "until": self.until.isoformat()}


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


def finding_of_error(error: DfrError, *, rule: str, source: str) -> Finding:
    """A blocking finding for what could not be checked at all."""
    return Finding(
        rule=rule, severity=Severity.UNKNOWN, message=str(error), basis=Basis.ASSUMED, source=source
    )


def compliant(findings: Iterable[Finding]) -> bool:
    """True where nothing found blocks a go."""
    return not any(finding.blocks for finding in findings)


def require_go(findings: Iterable[Finding]) -> None:
    """Raise NonCompliantError naming the first finding that blocks a go, and how many more there are."""
    against = [finding for finding in findings if finding.blocks]
    if against:
        more = f" (and {len(against) - 1} more)" if len(against) > 1 else ""
        raise NonCompliantError(f"NO GO: {against[0].message}{more} -> resolve what blocks a go in the plan")
