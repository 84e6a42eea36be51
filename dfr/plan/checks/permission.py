"""Checks of what the operation is flown under, and of how old the airspace data are for its dates."""

from __future__ import annotations

from datetime import UTC, date

from dfr.findings import Finding, Severity, Validity
from dfr.plan.checks.context import Context, finding
from dfr.plan.permits import allowed, counts, quoted, validity_gap
from dfr.scenario.model import Authorisation, Scenario
from dfr.world.airspace_age import data_age, next_airac
from dfr.world.coverage import AirspaceSource


def check_permission(context: Context) -> list[Finding]:
    """The document that the operation is flown under: held, valid, and for this kind of operation."""
    scenario = context.scenario
    held = scenario.operation.authorisation
    if held is None:
        return [_none_held(context)]
    if not counts(scenario, held):
        words = f"{held.label} is marked assumed: outside an exercise it permits nothing"
        fix = "write the document that is held, or exercise: true where nothing is flown"
        return [finding("authorisation", Severity.UNKNOWN, words, fix=fix)]
    if gap := validity_gap(scenario, held):
        fix = "have it extended, or fly within its dates"
        return [finding("authorisation", Severity.VIOLATION, f"{held.label} {gap}", fix=fix)]
    return [_kind(scenario, held), *_drones_per_pilot(scenario)]


def _none_held(context: Context) -> Finding:
    operation = context.scenario.operation
    words = f"{operation.kind.value} is flown under no document that the scenario names"
    if operation.basis.strip():
        words += f"; its basis, '{operation.basis.strip()[:60]}', is a text and permits nothing"
    fix = "put the document with its reference, dates and clauses into operation.authorisation"
    return finding("authorisation", Severity.UNKNOWN, words, fix=fix)


def _kind(scenario: Scenario, held: Authorisation) -> Finding:
    """The kind of operation, and the clause that allows it."""
    kind, clause = scenario.operation.kind, held.allows.kind
    validity = f"valid to {held.valid_to:%Y-%m-%d %H:%M}"
    if clause is not None and kind in clause.value:
        words = f'{kind.value} under {held.label}, {validity}: "{clause.text}"'
        until = Validity(what=f"authorisation {held.reference}", until=held.valid_to)
        return finding("authorisation", Severity.OK, words, validity=until)
    said = "no kind of operation" if clause is None else f"{', '.join(clause.value)} only"
    words = f"{held.label} allows {said}; {kind.value} is flown"
    fix = f"get a clause that allows {kind.value}, or fly as the document says"
    return finding("authorisation", Severity.VIOLATION, words, fix=fix)


def _drones_per_pilot(scenario: Scenario) -> list[Finding]:
    """More than one drone for a pilot needs a clause of its own."""
    flown, clause = scenario.crew.drones_per_pilot, allowed(scenario).drones_per_pilot
    if flown <= 1:
        return []
    most = 1 if clause is None else clause.value
    says = quoted(scenario, clause) if clause else "the authorisation says nothing of more than 1"
    words = f"{flown} drones in the air for one pilot, {most} allowed: {says}"
    if flown <= most:
        return [finding("crew", Severity.OK, words)]
    fix = f"set crew.drones_per_pilot to {most}, or get a clause for {flown}"
    return [finding("crew", Severity.VIOLATION, words, fix=fix)]


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
    if age.not_in_force and not context.scenario.exercise:
        fix = "load the data in force on the day: these take effect after the flight"
        return finding("airspace-date", Severity.UNKNOWN, words, fix=fix)
    in_force = max(date.fromisoformat(source.date), period.start.astimezone(UTC).date())
    validity = Validity(what=f"the AIRAC cycle of {name}", until=next_airac(in_force))
    if age.changes:
        fix = "check what changed since, or load the data in force"
        return finding("airspace-date", Severity.ADVICE, words, fix=fix, validity=validity)
    return finding("airspace-date", Severity.OK, words, validity=validity)
