"""How the rules of `dfr.mission.validate` word their findings."""

from __future__ import annotations

from dfr.findings import Basis, Finding, Severity
from dfr.geo import Position

SOURCE = "ArduCopter 4.5 to 4.7: AP_Mission, AC_Fence, AP_Rally"


def violation(
    rule: str,
    message: str,
    *,
    fix: str = "",
    place: Position | None = None,
    margin_m: float | None = None,
    source: str = SOURCE,
) -> Finding:
    """A finding that blocks the upload."""
    return ardupilot_finding(
        rule, Severity.VIOLATION, message, fix=fix, place=place, margin_m=margin_m, source=source
    )


def advice(rule: str, message: str, *, fix: str = "", source: str = SOURCE) -> Finding:
    """A finding that blocks nothing."""
    return ardupilot_finding(rule, Severity.ADVICE, message, fix=fix, source=source)


def unknown(rule: str, message: str, *, fix: str = "") -> Finding:
    """Something that could not be checked: it blocks a go."""
    return ardupilot_finding(rule, Severity.UNKNOWN, message, fix=fix)


def holds(rule: str, message: str, *, margin_m: float | None = None) -> Finding:
    """A rule that is kept."""
    return ardupilot_finding(rule, Severity.OK, message, margin_m=margin_m)


def ardupilot_finding(
    rule: str,
    severity: Severity,
    message: str,
    *,
    fix: str = "",
    place: Position | None = None,
    margin_m: float | None = None,
    source: str = SOURCE,
) -> Finding:
    """A finding that rests on what ArduPilot does."""
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        basis=Basis.ARDUPILOT,
        source=source,
        place=place,
        margin_m=margin_m,
        fix=fix,
    )
