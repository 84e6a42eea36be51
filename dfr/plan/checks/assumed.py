"""Check of what is only assumed: a reading or source that nobody vouches for clears nothing."""

from __future__ import annotations

from dfr.findings import Finding, Severity
from dfr.plan.checks.context import Context, finding, listed
from dfr.scenario.model import Assumption

ASSUMED_STATEMENT = "assumed-statement"
"""The rule of this check."""

CLEARING = (
    "restrictions",
    "notams",
    "obstacles",
    "site.ground_m_amsl",
    "site.crowds",
    "site.water",
)
"""Statements that a go rests on, by the beginning of their path; permissions and weather have own rules."""


def check_assumed(context: Context) -> list[Finding]:
    """Readings and sources that are marked assumed: they stand in an exercise only."""
    assumed = _assumed_statements(context.scenario.assumptions)
    if not assumed:
        words = "no reading or source that a go rests on is assumed"
        return [finding(ASSUMED_STATEMENT, Severity.OK, words)]
    exercise = context.scenario.exercise
    words = f"only assumed: {listed(assumed, most=8)}"
    words += "; they stand because this is an exercise" if exercise else "; what is assumed clears nothing"
    return [
        finding(
            ASSUMED_STATEMENT,
            Severity.ADVICE if exercise else Severity.UNKNOWN,
            words,
            fix="name who says so as `source`, and take out `assumed: true`",
        )
    ]


def _assumed_statements(assumptions: tuple[Assumption, ...]) -> list[str]:
    """The paths of the assumed statements that clear something, in the order of the file."""
    found = [item.path for item in assumptions if item.assumed and item.path.startswith(CLEARING)]
    return list(dict.fromkeys(found))
