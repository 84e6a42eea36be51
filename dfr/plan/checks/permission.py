"""Checks of permission: the country's rules, the operator's authorisation, and who vouches for what is said.

A set of rules is loaded, the site lies where it holds, and its gaps are answered; the authorisation is held,
valid and for this kind of operation; and a statement that is only assumed clears nothing.
"""

from __future__ import annotations

from textwrap import shorten

from dfr.findings import Finding, Severity, Validity
from dfr.geo import Position, distance_m
from dfr.plan.context import Context, finding, listed
from dfr.plan.jurisdictions import JURISDICTIONS, NONE, jurisdiction_of
from dfr.plan.jurisdictions.model import OpenTopic
from dfr.plan.permits import allowed, counts, quoted, validity_gap
from dfr.scenario.model import Answer, Assumption, Authorisation, Scenario
from dfr.world.countries import CountryFit, country_fit, rules_at, swap_coordinates

RULE = "jurisdiction"
COUNTRY = OpenTopic(id="country", asks="in which country the site lies")


def check_jurisdiction(context: Context) -> list[Finding]:
    """The set of rules that the plan is held against."""
    scenario, rules = context.scenario, jurisdiction_of(context.scenario)
    if rules is NONE:
        return [_none_loaded(scenario)]
    topics = [_topic(scenario, topic) for topic in rules.open_topics]
    notes = [
        finding(RULE, Severity.ADVICE, note.words, place=note.centre, fix=note.fix)
        for note in rules.local_notes
        if distance_m(note.centre, scenario.site.centre) <= note.radius_m
    ]
    return [_country(scenario), *topics, *notes]


def _none_loaded(scenario: Scenario) -> Finding:
    words = f"No set of rules is loaded for {scenario.site.centre}, so what applies there is not known."
    here = rules_at(scenario.site.centre)
    known = ", ".join(key for key, rules in JURISDICTIONS.items() if rules is not NONE)
    fix = (
        f"write jurisdiction: {here[0]}"
        if here
        else f"write jurisdiction: one of {known}, if one holds there"
    )
    return finding(RULE, Severity.UNKNOWN, words, place=scenario.site.centre, fix=fix)


def _country(scenario: Scenario) -> Finding:
    """Whether the site lies where the rules hold; both readings of its position where it does not."""
    rules, centre = jurisdiction_of(scenario), scenario.site.centre
    fit = country_fit(rules.key, centre)
    if fit is CountryFit.INSIDE:
        words = f"The rules are those of the {rules.name}, and the site ({centre}) is there."
        return finding(RULE, Severity.OK, words, place=centre)
    if fit is CountryFit.UNDECIDED and _answer(scenario, COUNTRY) is not None:
        return _topic(scenario, COUNTRY)
    doubt = "may be outside it" if fit is CountryFit.UNDECIDED else "is outside it"
    words = f"The rules are those of the {rules.name}, but {centre} {doubt}, {_where(centre)}."
    words += _other_way(centre)
    fix = "correct site.centre or jurisdiction"
    if fit is CountryFit.UNDECIDED:
        fix += f"; or answer it: answers: [{{topic: {COUNTRY.id}, answer: ..., reference: ...}}]"
    return finding(RULE, Severity.UNKNOWN, words, place=centre, fix=fix)


def _where(position: Position) -> str:
    """Whose country a place lies in, in words."""
    here = rules_at(position)
    return f"in the {JURISDICTIONS[here[0]].name}" if here else "in no country whose rules are loaded"


def _other_way(position: Position) -> str:
    """Where the place is with latitude and longitude changed over."""
    other = swap_coordinates(position)
    if other is None:
        return ""
    return f" Read the other way round, {other} is {_where(other)}."


def _answer(scenario: Scenario, topic: OpenTopic) -> Answer | None:
    """The answer to a topic that counts; None where there is none."""
    found = [answer for answer in scenario.answers if answer.topic == topic.id and counts(scenario, answer)]
    return found[0] if found else None


def _topic(scenario: Scenario, topic: OpenTopic) -> Finding:
    """What a set of rules leaves to others, and what the scenario says of it."""
    answer = _answer(scenario, topic)
    if answer is not None:
        words = f"The scenario answers {topic.id}: {answer.text} ({answer.reference})."
        return finding(RULE, Severity.ADVICE, words, fix="carry the reference", source=answer.reference)
    words = f"The loaded rules do not cover {topic.id}: {topic.asks}."
    fix = f"answer it: answers: [{{topic: {topic.id}, answer: ..., reference: ...}}]"
    return finding(RULE, Severity.UNKNOWN, words, fix=fix)


def check_permission(context: Context) -> list[Finding]:
    """The document that the operation is flown under: held, valid, and for this kind of operation."""
    scenario = context.scenario
    held = scenario.operation.authorisation
    if held is None:
        return [_none_held(context)]
    if not counts(scenario, held):
        words = f"{held.label} is only assumed, so it permits nothing outside an exercise."
        fix = "write the document that is held, or exercise: true where nothing is flown"
        return [finding("authorisation", Severity.UNKNOWN, words, fix=fix)]
    if gap := validity_gap(scenario, held):
        fix = "have it extended, or fly within its dates"
        return [finding("authorisation", Severity.VIOLATION, f"{held.label} {gap}.", fix=fix)]
    return [_kind(scenario, held), *_drones_per_pilot(scenario)]


def _none_held(context: Context) -> Finding:
    operation = context.scenario.operation
    words = f"The scenario names no document that permits {operation.kind.value}."
    if operation.basis.strip():
        words += f" Its basis, '{shorten(operation.basis, 60)}', is only a text and permits nothing."
    fix = "put the document with its reference, dates and clauses into operation.authorisation"
    return finding("authorisation", Severity.UNKNOWN, words, fix=fix)


def _kind(scenario: Scenario, held: Authorisation) -> Finding:
    """The kind of operation, and the clause that allows it."""
    kind, clause = scenario.operation.kind, held.allows.kind
    validity = f"valid to {held.valid_to:%Y-%m-%d %H:%M}"
    if clause is not None and kind in clause.value:
        words = f'{held.label} allows {kind.value}, {validity}: "{clause.text}".'
        until = Validity(what=f"authorisation {held.reference}", until=held.valid_to)
        return finding("authorisation", Severity.OK, words, validity=until)
    said = "no kind of operation" if clause is None else f"{', '.join(clause.value)} only"
    words = f"{held.label} allows {said}, but {kind.value} is planned."
    fix = f"get a clause that allows {kind.value}, or fly as the document says"
    return finding("authorisation", Severity.VIOLATION, words, fix=fix)


def _drones_per_pilot(scenario: Scenario) -> list[Finding]:
    """More than one drone for a pilot needs a clause of its own."""
    flown, clause = scenario.crew.drones_per_pilot, allowed(scenario).drones_per_pilot
    if flown <= 1:
        return []
    most = 1 if clause is None else clause.value
    says = quoted(scenario, clause) if clause else "the authorisation says nothing of more than 1"
    verb = "is" if most == 1 else "are"
    words = f"{flown} drones are in the air for one pilot, but only {most} {verb} allowed: {says}."
    if flown <= most:
        words = f"{flown} drones are in the air for one pilot, as allowed: {says}."
    if flown <= most:
        return [finding("crew", Severity.OK, words)]
    fix = f"set crew.drones_per_pilot to {most}, or get a clause for {flown}"
    return [finding("crew", Severity.VIOLATION, words, fix=fix)]


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
        words = "No reading or source that a go rests on is only assumed."
        return [finding(ASSUMED_STATEMENT, Severity.OK, words)]
    exercise = context.scenario.exercise
    words = f"These statements are only assumed: {listed(assumed, most=8)}."
    words += (
        " They count because this is an exercise." if exercise else " What is only assumed clears nothing."
    )
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
