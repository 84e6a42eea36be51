"""Checks of the NOTAMs: who read them and when, and what of them nobody could draw."""

from __future__ import annotations

from dfr.findings import DayFact, Finding, Severity, Validity
from dfr.plan.checks.air_data import needs_of
from dfr.plan.checks.context import Context, finding
from dfr.scenario.data_kinds import DataKind
from dfr.scenario.readings import NotamReading
from dfr.world.notices import READING_STANDS, NotamText, is_judged, words_of

MOST_LETTERS = 300
"""Of a NOTAM's text in a finding; the whole stands in its file."""


def check_notices(context: Context) -> list[Finding]:
    """Whether somebody has read the NOTAMs, until when that stands, and each text that could not be drawn."""
    reading = context.world.notam_reading
    if reading is None:
        return [_unread(context)]
    return [_read(context, reading), *_undrawn(context, reading), *_judged(context, reading)]


def _unread(context: Context) -> Finding:
    assumed = context.scenario.notams is not None
    words = "nobody has read the NOTAMs for this place and time"
    if assumed:
        words += ": that somebody has is assumed, which counts in an exercise only"
    return finding(
        "notams",
        Severity.UNKNOWN,
        words,
        place=context.scenario.site.centre,
        fix=needs_of(context.scenario).where(DataKind.RESTRICTIONS),
        due=DayFact.NOTAMS,
    )


def _read(context: Context, reading: NotamReading) -> Finding:
    texts = context.world.notams
    count = sum(notams.count for notams in texts)
    words = words_of(reading) + (f", {_notams(count)} in {_files(len(texts))}" if texts else "")
    if reading.assumed:
        words = f"{words}: assumed for the exercise"
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


def _undrawn(context: Context, reading: NotamReading) -> list[Finding]:
    """NOTAMs that may apply here: in force at some time of the period, and nobody can say where."""
    period, place = context.scenario.period, context.scenario.site.centre
    return [
        finding(
            "notams",
            Severity.UNKNOWN,
            f"{text.name} could not be drawn ({text.why}): {_shown(text)}",
            place=place,
            fix="find out where it applies and state it in restrictions, or judge it in notams.judged",
        )
        for notams in context.world.notams
        for text in notams.undrawn
        if text.activation.active(period.start, period.end, place) is not False
        and not is_judged(text.name, reading)
    ]


def _judged(context: Context, reading: NotamReading) -> list[Finding]:
    """What the reader set aside, with the reason."""
    return [
        finding(
            "notams",
            Severity.ADVICE,
            f"{number} is set aside by {reading.read_by}: {why}",
            place=context.scenario.site.centre,
            fix="read it again on the day",
        )
        for number, why in reading.judged
    ]


def _shown(text: NotamText) -> str:
    words = " ".join(text.text.split())
    return words if len(words) <= MOST_LETTERS else f"{words[:MOST_LETTERS]} ..."


def _notams(count: int) -> str:
    return "1 NOTAM" if count == 1 else f"{count:,} NOTAMs"


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
