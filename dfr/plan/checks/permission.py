"""Checks of what the operation is flown under, and of how old the airspace data are for its dates."""

from __future__ import annotations

from dfr.findings import Finding, Severity
from dfr.plan.checks.context import Context, finding
from dfr.scenario.model import OperationKind
from dfr.world.airspace_age import data_age
from dfr.world.coverage import AirspaceSource


def check_permission(context: Context) -> list[Finding]:
    """Flying beyond the pilot's sight, or over a crowd, rests on an authorisation that is named."""
    operation, why = context.scenario.operation, _why_needed(context)
    if operation.authorisation:
        words = f"{operation.kind.value} under {operation.authorisation}"
        return [finding("authorisation", Severity.OK, words)]
    if why:
        words = f"{why} needs an authorisation; the scenario names none"
        fix = "put its reference into operation.authorisation"
        return [finding("authorisation", Severity.UNKNOWN, words, fix=fix)]
    if not operation.basis.strip():
        words = "nobody has said what this is flown under"
        return [finding("authorisation", Severity.UNKNOWN, words, fix="fill in operation.basis")]
    return [finding("authorisation", Severity.OK, f"{operation.kind.value}: {operation.basis}")]


def _why_needed(context: Context) -> str:
    scenario = context.scenario
    if scenario.operation.kind is not OperationKind.VLOS:
        return scenario.operation.kind.value
    crowded = any(crowd.people_per_m2 > 0 for crowd in scenario.site.crowds)
    return "overflight of crowds" if crowded and scenario.operation.crowd_margin_m is None else ""


def check_data_age(context: Context) -> list[Finding]:
    """Each airspace file: the date the scenario gives it, and its age for the period."""
    stated = {file.path: file.date for file in context.scenario.airspace}
    sources = context.world.airspace.sources
    return [_age(context, source, stated.get(source.path, source.date)) for source in sources]


def _age(context: Context, source: AirspaceSource, stated: str) -> Finding:
    name, period = source.path.rsplit("/", 1)[-1], context.scenario.period
    if stated != source.date:
        words = f"{name} says it is of {source.date or 'no date'}, the scenario says {stated or 'no date'}"
        return finding("airspace-date", Severity.UNKNOWN, words, fix="find out which, and correct the other")
    age = data_age(source.date, period.start, period.end)
    words = f"{name} is of {source.date}: {age}"
    if age.unknown:
        fix = "load airspace data of the dates flown"
        return finding("airspace-date", Severity.UNKNOWN, words, fix=fix)
    if age.changes:
        fix = "check what changed since, or load the data in force"
        return finding("airspace-date", Severity.ADVICE, words, fix=fix)
    return finding("airspace-date", Severity.OK, words)
