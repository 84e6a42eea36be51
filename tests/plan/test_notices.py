"""Who read the NOTAMs, until when that stands, and what of them nobody could draw."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from dfr.findings import DayFact, Severity
from dfr.plan.checks.air_data import check_notices
from dfr.plan.context import context_of
from dfr.plan.planner import make_plan
from dfr.scenario.air import NotamReading
from dfr.world.hours import Activation, TimeInterval
from dfr.world.model import World
from dfr.world.notices import Notams, NotamText

from .conftest import START, Field

READING = NotamReading(read_by="Sgt Hill", read_at=START - timedelta(hours=2))


def undrawn(number: str = "A1/24", **words: object) -> Notams:
    given = {"activation": Activation(), "why": "gives no place", "line": 1, **words}
    text = NotamText(name=number, text="UNMANNED AIRCRAFT PROHIBITED IN TOWN", **given)  # type: ignore[arg-type]
    return Notams(source="n.txt", zones=(), undrawn=(text,), notes=(), replaced=(), issued=None, count=1)


def found(world: World):
    return check_notices(context_of(world, make_plan(world)))


def unread(field: Field, **words: object) -> World:
    return replace(field(), notam_reading=None, notams=(), **words)  # type: ignore[arg-type]


def test_nobody_having_read_the_notams_is_unknown_and_due_on_the_day(field: Field) -> None:
    (finding,) = found(unread(field))
    assert (finding.severity, finding.due) == (Severity.UNKNOWN, DayFact.NOTAMS)
    assert finding.message == "Nobody has read the NOTAMs for this place and time."
    assert "notams: {read_by, read_at}" in finding.fix


def test_a_reading_stands_for_24_hours(field: Field) -> None:
    (finding,) = found(replace(field(), notam_reading=READING))
    assert finding.severity is Severity.OK
    assert "Sgt Hill" in finding.message
    assert finding.validity is not None
    assert finding.validity.until == READING.read_at + timedelta(hours=24)


def test_a_reading_that_is_only_assumed_is_advice_of_an_exercise(field: Field) -> None:
    (finding,) = found(replace(field(), notam_reading=replace(READING, assumed=True)))
    assert finding.severity is Severity.ADVICE
    assert "Assumed for the exercise" in finding.message


def test_what_could_not_be_drawn_is_shown_and_unknown(field: Field) -> None:
    _, finding = found(replace(field(), notam_reading=READING, notams=(undrawn(),)))
    assert finding.severity is Severity.UNKNOWN
    assert finding.due is None
    assert (
        "A1/24 could not be drawn (gives no place): UNMANNED AIRCRAFT PROHIBITED IN TOWN" in finding.message
    )


def test_what_is_not_in_force_then_is_left_out(field: Field) -> None:
    over = Activation(periods=(TimeInterval(start=None, end=START - timedelta(days=1)),), otherwise=False)
    assert len(found(replace(field(), notam_reading=READING, notams=(undrawn(activation=over),)))) == 1


def test_a_text_that_the_reader_judged_is_told_with_the_reason(field: Field) -> None:
    judged = replace(READING, judged=(("A1/24", "the town is 40 km away"),))
    _, finding = found(replace(field(), notam_reading=judged, notams=(undrawn(),)))
    assert finding.severity is Severity.ADVICE
    assert finding.message == "Sgt Hill set A1/24 aside: the town is 40 km away"
