"""Checks of the air data: every kind that a go needs is loaded, in date, and the NOTAMs are read."""

from __future__ import annotations

from datetime import UTC, date

from dfr.findings import DayFact, Finding, Severity, Validity, counted_noun
from dfr.plan.context import Context, finding
from dfr.scenario.air import DataKind, NotamReading
from dfr.scenario.model import OperationKind, Scenario
from dfr.world.airspace_answers import VolumeAnswer
from dfr.world.coverage import (
    AERODROME_REACH_M,
    AERODROME_ZONE_KINDS,
    DATA_NEEDS,
    NO_JURISDICTION,
    AirspaceSource,
    DataAge,
    DataNeeds,
    KindCover,
    data_age,
    next_airac,
)
from dfr.world.notices import READING_STANDS, NotamText, is_judged, words_of

RULE_OF_KIND = {
    DataKind.AIRSPACE: "airspace-class",
    DataKind.AERODROME_ZONES: "flight-restriction-zone",
    DataKind.UNMANNED_ZONES: "unmanned-aircraft-zone",
}
"""The rule that a kind of zone answers; obstacles and restrictions by NOTAM have modules of their own."""

MOST_LETTERS = 300
"""How many letters of a NOTAM a finding shows; its file has the whole text."""


def needs_of(scenario: Scenario) -> DataNeeds:
    """What the rules that are flown under need, and where to get it."""
    return DATA_NEEDS.get(scenario.jurisdiction, NO_JURISDICTION)


def kinds_needed(scenario: Scenario) -> frozenset[DataKind]:
    """The kinds of data a go needs, by who sees the drone."""
    return needs_of(scenario).kinds_needed(in_sight=scenario.operation.kind is not OperationKind.BVLOS)


def check_air_data(context: Context, answer: VolumeAnswer) -> list[Finding]:
    """One finding for each kind of zone that is needed and not loaded, and for zones of unmanned aircraft."""
    covers = [answer.cover_of(kind) for kind in RULE_OF_KIND]
    found = [_check_missing_data(context, answer, cover) for cover in covers if cover.missing]
    unmanned = answer.cover_of(DataKind.UNMANNED_ZONES)
    return found if unmanned.missing else [*found, *_unmanned_loaded(context, unmanned)]


def _unmanned_loaded(context: Context, cover: KindCover) -> list[Finding]:
    if cover.uncovered_share:
        return []
    words = f"Zones for unmanned aircraft are loaded: {', '.join(map(short_name, cover.sources))}."
    assumed = [file for file in context.scenario.airspace if file.assumed and file.path in cover.sources]
    if assumed:
        words += f" That it holds them is assumed: {assumed[0].source}."
    severity = Severity.ADVICE if assumed else Severity.OK
    return [finding("unmanned-aircraft-zone", severity, words, place=context.scenario.site.centre)]


def _check_missing_data(context: Context, answer: VolumeAnswer, cover: KindCover) -> Finding:
    return finding(
        RULE_OF_KIND[cover.kind],
        Severity.UNKNOWN,
        f"{_what_is_missing(context, cover)}{_aerodrome_near(answer, cover)}",
        place=context.scenario.site.centre,
        fix=needs_of(context.scenario).where_to_get(cover.kind),
    )


def _what_is_missing(context: Context, cover: KindCover) -> str:
    sources = context.world.airspace.sources
    if not sources:
        return f"No airspace file is loaded, so nothing is known of {cover.kind} here."
    loaded = ", ".join(
        f"{short_name(s.path)} {f'of {s.date}' if s.date else 'without a date'}" for s in sources
    )
    if any(cover.kind in source.kinds for source in sources):
        share = "All" if cover.uncovered_share >= 1.0 else f"{max(cover.uncovered_share, 0.01):.0%}"
        return f"{share} of the buffered volume is outside the {cover.kind} that are loaded ({loaded})."
    return f"No loaded file holds {cover.kind} ({loaded}).{_only_assumed(context, cover.kind)}"


def _only_assumed(context: Context, kind: DataKind) -> str:
    """Why what the scenario says of a file does not count."""
    said = [file for file in context.scenario.airspace if file.assumed and kind in (file.kinds or ())]
    if not said:
        return ""
    return f" That {short_name(said[0].path)} holds them is assumed, which counts in an exercise only."


def _aerodrome_near(answer: VolumeAnswer, cover: KindCover) -> str:
    """The aerodrome whose flight restriction zone may reach here, where nobody can say how far it does."""
    if cover.kind is not DataKind.UNMANNED_ZONES:
        return ""
    near = [
        verdict
        for verdict in answer.verdicts
        if verdict.zone.kind.upper() in AERODROME_ZONE_KINDS
        and verdict.horizontal_margin_m <= AERODROME_REACH_M
    ]
    nearest = min(near, key=lambda verdict: verdict.horizontal_margin_m, default=None)
    if nearest is None:
        return ""
    away_km = max(nearest.horizontal_margin_m, 0.0) / 1000.0
    return (
        f" {nearest.zone.label} is {away_km:.1f} km away: its flight restriction zone, with its runway "
        "protection zones, may reach here."
    )


def short_name(path: str) -> str:
    """The name of a file without its folders."""
    return path.rsplit("/", 1)[-1]


def check_data_age(context: Context) -> list[Finding]:
    """Each airspace file: the date the scenario gives it, and its age for the period."""
    stated = {file.path: file.date for file in context.scenario.airspace}
    sources = context.world.airspace.sources
    return [_check_age(context, source, stated.get(source.path, source.date)) for source in sources]


def _check_age(context: Context, source: AirspaceSource, stated: str) -> Finding:
    name, period = source.path.rsplit("/", 1)[-1], context.scenario.period
    if stated != source.date:
        words = f"{name} gives {source.date or 'no date'} as its date, but the scenario says "
        words += f"{stated or 'no date'}."
        return finding("airspace-date", Severity.UNKNOWN, words, fix="find out which, and correct the other")
    if not source.date:
        words = f"{name} has no date, so nobody can say how old it is."
        fix = "state the date of the data under airspace, or load data that name theirs"
        return finding("airspace-date", Severity.UNKNOWN, words, fix=fix)
    age = data_age(source.date, period.start, period.end)
    dated = repr(source.date) if age.days is None else source.date
    words = f"{name} is dated {dated}, {_age_words(age)}."
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


def _age_words(age: DataAge) -> str:
    """How old data are beside the dates flown."""
    if age.days is None:
        return "which is no date that can be compared"
    if age.days == 0 and not age.changes:
        return "of the dates flown"
    side = "before" if age.days > 0 else "after"
    changes = counted_noun(age.changes, "AIRAC change")
    return f"{counted_noun(abs(age.days), 'day')} {side} the flights, with {changes} in between"


def check_notices(context: Context) -> list[Finding]:
    """Whether somebody has read the NOTAMs, until when that stands, and each text that could not be drawn."""
    reading = context.world.notam_reading
    if reading is None:
        return [_notams_unread(context)]
    return [
        _notams_read(context, reading),
        *_list_undrawn_notams(context, reading),
        *_list_judged_notams(context, reading),
    ]


def _notams_unread(context: Context) -> Finding:
    assumed = context.scenario.notams is not None
    words = "Nobody has read the NOTAMs for this place and time."
    if assumed:
        words += " That somebody has is assumed, which counts in an exercise only."
    return finding(
        "notams",
        Severity.UNKNOWN,
        words,
        place=context.scenario.site.centre,
        fix=needs_of(context.scenario).where_to_get(DataKind.RESTRICTIONS),
        due=DayFact.NOTAMS,
    )


def _notams_read(context: Context, reading: NotamReading) -> Finding:
    texts = context.world.notams
    count = sum(notams.count for notams in texts)
    texts_read = f", {counted_noun(count, 'NOTAM')} in {counted_noun(len(texts), 'file')}" if texts else ""
    words = f"{words_of(reading)}{texts_read}."
    if reading.assumed:
        words = f"Assumed for the exercise: {words}"
    return finding(
        "notams",
        Severity.ADVICE if reading.assumed else Severity.OK,
        words,
        place=context.scenario.site.centre,
        fix="read them before a flight" if reading.assumed else "",
        due=DayFact.NOTAMS,
        validity=Validity(
            what="the reading of NOTAMs", until=reading.read_at + READING_STANDS, made_at=reading.read_at
        ),
    )


def _list_undrawn_notams(context: Context, reading: NotamReading) -> list[Finding]:
    """NOTAMs that may apply here: in force at some time of the period, and nobody can say where."""
    period, place = context.scenario.period, context.scenario.site.centre
    return [
        finding(
            "notams",
            Severity.UNKNOWN,
            f"{text.name} could not be drawn ({text.why}): {_shorten_text(text)}",
            place=place,
            fix="find out where it applies and state it in restrictions, or judge it in notams.judged",
        )
        for notams in context.world.notams
        for text in notams.undrawn
        if text.activation.is_active(period.start, period.end, place) is not False
        and not is_judged(text.name, reading)
    ]


def _list_judged_notams(context: Context, reading: NotamReading) -> list[Finding]:
    """What the reader set aside, with the reason."""
    return [
        finding(
            "notams",
            Severity.ADVICE,
            f"{reading.read_by} set {number} aside: {why}",
            place=context.scenario.site.centre,
            fix="read it again on the day",
        )
        for number, why in reading.judged
    ]


def _shorten_text(text: NotamText) -> str:
    words = " ".join(text.text.split())
    return words if len(words) <= MOST_LETTERS else f"{words[:MOST_LETTERS]} ..."
