"""Checks of the set of rules: one is loaded, the site lies where it holds, and its gaps are answered."""

from __future__ import annotations

from dfr.findings import Finding, Severity
from dfr.geo import Position, distance_m
from dfr.plan.checks.context import Context, finding
from dfr.plan.jurisdictions import JURISDICTIONS, NONE, jurisdiction_of
from dfr.plan.jurisdictions.model import OpenTopic
from dfr.plan.permits import counts
from dfr.scenario.model import Answer, Scenario
from dfr.world.countries import Fit, country_fit, rules_at, swapped

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
    words = f"no set of rules is loaded for {scenario.site.centre}: what holds there is not known"
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
    if fit is Fit.INSIDE:
        return finding(RULE, Severity.OK, f"rules of the {rules.name}: {centre} lies there", place=centre)
    if fit is Fit.UNDECIDED and _answer(scenario, COUNTRY) is not None:
        return _topic(scenario, COUNTRY)
    doubt = "may lie outside it" if fit is Fit.UNDECIDED else "lies outside it"
    words = f"the rules are those of the {rules.name}, {centre} {doubt}, "
    words += f"{_where(centre)}{_other_way(centre)}"
    fix = "correct site.centre or jurisdiction"
    if fit is Fit.UNDECIDED:
        fix += f"; or answer it: answers: [{{topic: {COUNTRY.id}, answer: ..., reference: ...}}]"
    return finding(RULE, Severity.UNKNOWN, words, place=centre, fix=fix)


def _where(position: Position) -> str:
    """Whose country a place lies in, in words."""
    here = rules_at(position)
    return f"in the {JURISDICTIONS[here[0]].name}" if here else "in no country whose rules are loaded"


def _other_way(position: Position) -> str:
    """Where the place is with latitude and longitude changed over."""
    other = swapped(position)
    if other is None:
        return ""
    return f"; read the other way round, {other} lies {_where(other)}"


def _answer(scenario: Scenario, topic: OpenTopic) -> Answer | None:
    """The answer to a topic that counts; None where there is none."""
    found = [answer for answer in scenario.answers if answer.topic == topic.id and counts(scenario, answer)]
    return found[0] if found else None


def _topic(scenario: Scenario, topic: OpenTopic) -> Finding:
    """What a set of rules leaves to others, and what the scenario says of it."""
    answer = _answer(scenario, topic)
    if answer is not None:
        words = f"{topic.id}: {answer.text} ({answer.reference})"
        return finding(RULE, Severity.ADVICE, words, fix="carry the reference", source=answer.reference)
    words = f"{topic.id} is not covered by the rules loaded: {topic.asks}"
    fix = f"answer it: answers: [{{topic: {topic.id}, answer: ..., reference: ...}}]"
    return finding(RULE, Severity.UNKNOWN, words, fix=fix)
