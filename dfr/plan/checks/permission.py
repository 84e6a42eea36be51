"""Checks of permission, and which permissions count: rules of the country, authorisation, clearances.

A set of rules is loaded, the site lies where it holds, and its gaps are answered; the authorisation is held,
valid and for this kind of operation. A statement that is only assumed clears nothing: a permission that is
only assumed counts in an exercise alone. An authorisation counts only where it is valid for the whole period;
a clearance for the hours and heights that it gives (`permit_for`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from textwrap import shorten
from typing import Any

from dfr.findings import Finding, Severity, Validity
from dfr.geo import Position, distance_m
from dfr.plan.context import Context, finding, listed
from dfr.plan.jurisdictions import OpenTopic
from dfr.plan.rules import JURISDICTIONS, NONE, jurisdiction_of
from dfr.plan.windows import hour_windows
from dfr.scenario.model import Allows, Answer, Assumption, Authorisation, Clause, Clearance, Scenario
from dfr.world.countries import CountryFit, country_fit, rules_at, swap_coordinates
from dfr.world.zones import Zone

HOUR = timedelta(hours=1)
NOTHING = Allows()

Span = tuple[float, float]
"""From and to in POSIX seconds."""

JURISDICTION_RULE = "jurisdiction"
COUNTRY = OpenTopic(id="country", asks="in which country the site lies")
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
"""Statements that a go rests on, by the start of their path. Permissions and weather have their own rules."""


def permission_counts(scenario: Scenario, permission: Authorisation | Clearance | Answer) -> bool:
    """Whether a permission may clear anything: one that is only assumed does so in an exercise alone."""
    return scenario.exercise or not permission.assumed


def validity_gap(scenario: Scenario, held: Authorisation) -> str:
    """By how much an authorisation misses the period, in words; '' where it holds throughout."""
    period = scenario.period
    if held.valid_to.timestamp() < period.end.timestamp():
        late = period.end.timestamp() - held.valid_to.timestamp()
        return f"ends on {_date_words(held.valid_to)}, {_hours_words(late)} before the operation does"
    if held.valid_from.timestamp() > period.start.timestamp():
        early = held.valid_from.timestamp() - period.start.timestamp()
        return f"begins on {_date_words(held.valid_from)}, {_hours_words(early)} after the operation does"
    return ""


def authorisation_in_force(scenario: Scenario) -> Authorisation | None:
    """The authorisation that counts for the whole period; None where there is none."""
    held = scenario.operation.authorisation
    usable = held is not None and permission_counts(scenario, held) and not validity_gap(scenario, held)
    return held if usable else None


def allowed_clauses(scenario: Scenario) -> Allows:
    """What the authorisation in force allows; nothing where there is none."""
    held = authorisation_in_force(scenario)
    return NOTHING if held is None else held.allows


def visual_range_m(scenario: Scenario) -> tuple[float, str]:
    """(how far off a drone may be seen from a post, who says so)."""
    clause = allowed_clauses(scenario).visual_range_m
    number = jurisdiction_of(scenario).visual_range_m
    return (number.value, number.source) if clause is None else (clause.value, quote_clause(scenario, clause))


def height_limit_m_agl(scenario: Scenario) -> tuple[float, str]:
    """(the greatest height above the surface, who says so; '' where it is the rule's own source)."""
    clause = allowed_clauses(scenario).height_m_agl
    if clause is not None:
        return clause.value, quote_clause(scenario, clause)
    return jurisdiction_of(scenario).height_m_agl.value, ""


def crowd_stand_off_m(scenario: Scenario) -> tuple[float, str]:
    """(the least distance from assemblies of people, who says so)."""
    allows = allowed_clauses(scenario)
    if allows.crowd_stand_off_m is not None:
        return allows.crowd_stand_off_m.value, quote_clause(scenario, allows.crowd_stand_off_m)
    if allows.crowd_overflight is not None and allows.crowd_overflight.value:
        return 0.0, quote_clause(scenario, allows.crowd_overflight)
    number = jurisdiction_of(scenario).crowd_stand_off_m
    return number.value, number.source


def overflight_clause(scenario: Scenario) -> Clause[bool] | None:
    """The clause that lets assemblies be flown over; None where there is none."""
    clause = allowed_clauses(scenario).crowd_overflight
    return clause if clause is not None and clause.value else None


def quote_clause(scenario: Scenario, clause: Clause[Any]) -> str:
    """The clause as a finding quotes it, with the reference of its document."""
    held = scenario.operation.authorisation
    return f'{held.reference if held else "no authorisation"}: "{clause.text}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """What entering a zone asks of a clearance: the hours, and the top of the volume (None: not known).

    `alike` names the zones of its kind that are entered, this one among them.
    """

    spans: tuple[Span, ...]
    top_m_agl: float
    top_m_amsl: float | None
    alike: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What the clearances for a zone come to: `missing` is '' where they cover all that is needed."""

    clearances: tuple[Clearance, ...]
    missing: str
    room_m: float | None = None

    @property
    def until(self) -> datetime:
        """When the last of them ends."""
        return max(clearance.end for clearance in self.clearances)


def needed_spans(scenario: Scenario, zone: Zone) -> tuple[Span, ...]:
    """The hours with calls in which a zone is active, or may be."""
    hours = [window.start for window in hour_windows(scenario)]
    flown = [hour for hour in hours if zone.is_active(hour, hour + HOUR) is not False]
    return tuple((hour.timestamp(), hour.timestamp() + HOUR.total_seconds()) for hour in flown)


def permit_for(scenario: Scenario, zone: Zone, needed: Needed) -> Permit | None:
    """The permission to enter a zone, and what is missing of it; None where no clearance names the zone."""
    named = tuple(clearance for clearance in scenario.clearances if names_zone(clearance, zone))
    if not named:
        return None
    held = tuple(clearance for clearance in named if permission_counts(scenario, clearance))
    if not held:
        words = f"{named[0].reference} is only assumed, which clears nothing outside an exercise"
        return Permit(clearances=named, missing=words)
    if len(needed.alike) > 1:
        by_name = tuple(clearance for clearance in held if clearance.zone is not None)
        if not by_name:
            return Permit(clearances=held, missing=_which_zone(held[0], needed.alike))
        held = by_name
    rooms = {clearance: room for clearance in held if (room := _room_m(clearance, needed)) is not None}
    high = tuple(clearance for clearance, room in rooms.items() if room >= 0.0)
    if not high:
        return Permit(clearances=held, missing=_too_low(held, needed))
    room_m = min(rooms[clearance] for clearance in high)
    return Permit(clearances=high, missing=_too_short(high, needed.spans), room_m=room_m)


def names_zone(clearance: Clearance, zone: Zone) -> bool:
    """Whether a clearance is for a zone: by its name or designator, by its kind, or by both."""
    if clearance.kind is not None and _plain(clearance.kind) != _plain(zone.kind):
        return False
    if clearance.zone is None:
        return True
    words = zone.name.split()
    starts = {_plain("".join(words[:count])) for count in (1, 2)}
    designators = {start for start in starts if any(letter.isdigit() for letter in start)}
    return _plain(clearance.zone) in {_plain(zone.name), _plain(f"{zone.name} {zone.kind}"), *designators}


def _plain(text: str) -> str:
    """Letters and figures only, in capitals: notices write `EG R157` and `EGR157`."""
    return "".join(letter for letter in text.upper() if letter.isalnum())


def _room_m(clearance: Clearance, needed: Needed) -> float | None:
    """How far the clearance reaches above the volume, m; None where heights cannot be compared."""
    if clearance.height_m_agl is not None:
        return clearance.height_m_agl - needed.top_m_agl
    if clearance.height_m_amsl is None or needed.top_m_amsl is None:
        return None
    return clearance.height_m_amsl - needed.top_m_amsl


def _which_zone(clearance: Clearance, alike: Sequence[str]) -> str:
    return (
        f"{clearance.reference} is for a {clearance.kind}, and {len(alike)} of them are entered "
        f"({', '.join(alike)}): name the zone that its authority permits"
    )


def _too_low(held: Sequence[Clearance], needed: Needed) -> str:
    rooms = [(room, clearance) for clearance in held if (room := _room_m(clearance, needed)) is not None]
    if not rooms:
        return f"{held[0].reference} gives a height above the sea, but the ground height here is not known"
    room, best = max(rooms, key=lambda pair: pair[0])
    agl = best.height_m_agl is not None
    top = needed.top_m_agl if agl else needed.top_m_amsl
    return (
        f"{best.reference} allows flights {height_words(best)}, but the volume reaches {top:.0f} m "
        f"{'AGL' if agl else 'AMSL'}: the clearance is {-room:.0f} m too low"
    )


def height_words(clearance: Clearance) -> str:
    """Up to what height a clearance is."""
    if clearance.height_m_agl is not None:
        return f"up to {clearance.height_m_agl:g} m AGL"
    return f"up to {clearance.height_m_amsl:g} m AMSL"


def _too_short(held: Sequence[Clearance], spans: Iterable[Span]) -> str:
    """What of the needed hours the clearances leave out, in words; '' where nothing."""
    given = sorted((clearance.start.timestamp(), clearance.end.timestamp()) for clearance in held)
    left = [part for span in spans for part in _find_uncovered(span, given)]
    if not left:
        return ""
    short_s = sum(end - start for start, end in left)
    names = ", ".join(clearance.reference for clearance in held)
    zone = held[0].start.tzinfo
    first = datetime.fromtimestamp(left[0][0], tz=zone)
    if max(end for _, end in given) <= left[0][0]:
        ended = datetime.fromtimestamp(given[-1][1], tz=zone)
        return (
            f"{names} ends on {_date_words(ended)}, and {_hours_words(short_s)} of operations come after it"
        )
    return f"{names} does not cover {_hours_words(short_s)} of operations, from {_date_words(first)}"


def _find_uncovered(span: Span, given: Sequence[Span]) -> list[Span]:
    """The parts of a span that no given one, in order, covers."""
    at, end = span
    left = []
    for start, stop in given:
        if start > at:
            left.append((at, min(start, end)))
        at = max(at, stop)
        if at >= end:
            return [part for part in left if part[1] > part[0]]
    return [part for part in [*left, (at, end)] if part[1] > part[0]]


def _date_words(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _hours_words(seconds: float) -> str:
    """A length of time in words.

    >>> _hours_words(5400.0), _hours_words(86400.0), _hours_words(3 * 86400.0)
    ('1.5 h', '24 h', '3 days')
    """
    hours = seconds / 3600.0
    return f"{hours:.3g} h" if hours < 48.0 else f"{hours / 24.0:.3g} days"


def check_jurisdiction(context: Context) -> list[Finding]:
    """The set of rules that the plan is held against."""
    scenario, rules = context.scenario, jurisdiction_of(context.scenario)
    if rules is NONE:
        return [_none_loaded(scenario)]
    topics = [_check_topic(scenario, topic) for topic in rules.open_topics]
    notes = [
        finding(JURISDICTION_RULE, Severity.ADVICE, note.words, place=note.centre, fix=note.fix)
        for note in rules.local_notes
        if distance_m(note.centre, scenario.site.centre) <= note.radius_m
    ]
    return [_check_country(scenario), *topics, *notes]


def _none_loaded(scenario: Scenario) -> Finding:
    words = f"No set of rules is loaded for {scenario.site.centre}, so what applies there is not known."
    here = rules_at(scenario.site.centre)
    known = ", ".join(key for key, rules in JURISDICTIONS.items() if rules is not NONE)
    fix = (
        f"write jurisdiction: {here[0]}"
        if here
        else f"write jurisdiction: one of {known}, if one holds there"
    )
    return finding(JURISDICTION_RULE, Severity.UNKNOWN, words, place=scenario.site.centre, fix=fix)


def _check_country(scenario: Scenario) -> Finding:
    """Whether the site lies where the rules hold; both readings of its position where it does not."""
    rules, centre = jurisdiction_of(scenario), scenario.site.centre
    fit = country_fit(rules.key, centre)
    if fit is CountryFit.INSIDE:
        words = f"The rules are those of the {rules.name}, and the site ({centre}) is there."
        return finding(JURISDICTION_RULE, Severity.OK, words, place=centre)
    if fit is CountryFit.UNDECIDED and _find_answer(scenario, COUNTRY) is not None:
        return _check_topic(scenario, COUNTRY)
    doubt = "may be outside it" if fit is CountryFit.UNDECIDED else "is outside it"
    words = f"The rules are those of the {rules.name}, but {centre} {doubt}, {_country_words(centre)}."
    words += _other_way(centre)
    fix = "correct site.centre or jurisdiction"
    if fit is CountryFit.UNDECIDED:
        fix += f"; or {_how_to_answer(COUNTRY)}"
    return finding(JURISDICTION_RULE, Severity.UNKNOWN, words, place=centre, fix=fix)


def _country_words(position: Position) -> str:
    """Whose country a place lies in, in words."""
    here = rules_at(position)
    return f"in the {JURISDICTIONS[here[0]].name}" if here else "in no country whose rules are loaded"


def _other_way(position: Position) -> str:
    """Where the place is with latitude and longitude changed over."""
    other = swap_coordinates(position)
    if other is None:
        return ""
    return f" Read the other way round, {other} is {_country_words(other)}."


def _find_answer(scenario: Scenario, topic: OpenTopic) -> Answer | None:
    """The answer to a topic that counts; None where there is none."""
    found = [
        answer
        for answer in scenario.answers
        if answer.topic == topic.id and permission_counts(scenario, answer)
    ]
    return found[0] if found else None


def _check_topic(scenario: Scenario, topic: OpenTopic) -> Finding:
    """What a set of rules leaves to others, and what the scenario says of it."""
    answer = _find_answer(scenario, topic)
    if answer is not None:
        words = f"The scenario answers {topic.id}: {answer.text} ({answer.reference})."
        return finding(
            JURISDICTION_RULE, Severity.ADVICE, words, fix="carry the reference", source=answer.reference
        )
    words = f"The loaded rules do not cover {topic.id}: {topic.asks}."
    return finding(JURISDICTION_RULE, Severity.UNKNOWN, words, fix=_how_to_answer(topic))


def _how_to_answer(topic: OpenTopic) -> str:
    """What a person does about a topic that the rules leave to others."""
    told = f"answers: [{{topic: {topic.id}, answer: ..., reference: ...}}]"
    return f"find out, and state the answer with its reference (in the file: {told})"


def check_permission(context: Context) -> list[Finding]:
    """The document that the operation is flown under: held, valid, and for this kind of operation."""
    scenario = context.scenario
    held = scenario.operation.authorisation
    if held is None:
        return [_none_held(context)]
    if not permission_counts(scenario, held):
        words = f"{held.label} is only assumed, so it permits nothing outside an exercise."
        fix = "write the document that is held, or exercise: true where nothing is flown"
        return [finding("authorisation", Severity.UNKNOWN, words, fix=fix)]
    if gap := validity_gap(scenario, held):
        fix = "have it extended, or fly within its dates"
        return [finding("authorisation", Severity.VIOLATION, f"{held.label} {gap}.", fix=fix)]
    return [_check_kind(scenario, held), *_drones_per_pilot(scenario)]


def _none_held(context: Context) -> Finding:
    operation = context.scenario.operation
    words = f"The scenario names no document that permits {operation.kind.value}."
    if operation.basis.strip():
        words += f" Its basis, '{shorten(operation.basis, 60)}', is only a text and permits nothing."
    fix = "put the document with its reference, dates and clauses into operation.authorisation"
    return finding("authorisation", Severity.UNKNOWN, words, fix=fix)


def _check_kind(scenario: Scenario, held: Authorisation) -> Finding:
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
    flown, clause = scenario.crew.drones_per_pilot, allowed_clauses(scenario).drones_per_pilot
    if flown <= 1:
        return []
    most = 1 if clause is None else clause.value
    says = quote_clause(scenario, clause) if clause else "the authorisation says nothing of more than 1"
    verb = "is" if most == 1 else "are"
    words = f"{flown} drones are in the air for one pilot, but only {most} {verb} allowed: {says}."
    if flown <= most:
        words = f"{flown} drones are in the air for one pilot, as allowed: {says}."
    if flown <= most:
        return [finding("crew", Severity.OK, words)]
    fix = f"set crew.drones_per_pilot to {most}, or get a clause for {flown}"
    return [finding("crew", Severity.VIOLATION, words, fix=fix)]


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
