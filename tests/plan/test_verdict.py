"""The verdict on a plan at a moment: one wording, two stages, and an end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dfr.cli import brief, check
from dfr.findings import Basis, DayFact, Finding, Severity, Validity, by_danger, grouped_by_rule
from dfr.plan.codec import plan_from_dict
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.plan.verdict import FORMS, Stage, Verdict, VerdictKind, stage_at, verdict_of
from dfr.scenario import air
from dfr.scenario import model as m

from .conftest import START, hour

DAYS_AHEAD = START - timedelta(days=5)
IN_TIME = START - timedelta(hours=3)


@pytest.fixture(scope="module")
def plan(field) -> Plan:
    return make_plan(field())


def found(severity: Severity, rule: str = "crowd", **more) -> Finding:
    return Finding(rule=rule, severity=severity, message="", basis=Basis.LAW, source="", **more)


def verdict(field, plan: Plan, *findings: Finding, now=DAYS_AHEAD, day=False, exercise=False) -> Verdict:
    scenario = replace(field().scenario, exercise=exercise)
    return verdict_of(scenario, replace(plan, findings=findings), now=now, day=day)


NO_NOTAMS = found(Severity.UNKNOWN, "temporary-restriction", due=DayFact.NOTAMS)


def test_a_plan_that_nothing_blocks_is_a_go_for_the_hours_that_can_be_flown(field, plan):
    said = verdict(field, plan)
    assert said.go
    assert said.headline == "GO for 4 of 4 hours"


def test_a_violation_is_a_no_go_whatever_else_is_unknown(field, plan):
    said = verdict(field, plan, found(Severity.UNKNOWN), found(Severity.VIOLATION))
    assert not said.go
    assert said.headline == "NO GO"
    assert said.commander == "Do not fly: 1 violation must be resolved first."


def test_an_unknown_names_what_is_missing(field, plan):
    said = verdict(field, plan, found(Severity.UNKNOWN), found(Severity.UNKNOWN, "airspace-date"))
    assert said.headline == "UNKNOWN: crowd, airspace date"


def test_days_ahead_a_go_is_subject_to_the_facts_of_the_day_and_says_when_they_can_be_had(field, plan):
    said = verdict(field, plan, found(Severity.UNKNOWN, "weather", due=DayFact.WEATHER), NO_NOTAMS)
    assert said.go
    assert said.headline == "GO for 4 of 4 hours, subject to NOTAMs and weather of the day"
    assert any(line.startswith("NOTAMs of the day: read them within the 24 h") for line in said.lines)


def test_a_go_that_is_subject_to_facts_of_the_day_ends_when_they_are_due(field, plan):
    said = verdict(field, plan, NO_NOTAMS)
    assert said.valid_until == START - timedelta(hours=24)
    assert "facts of the day are due" in said.valid_because


def test_on_the_day_the_same_facts_are_unknown_until_given(field, plan):
    for said in (verdict(field, plan, NO_NOTAMS, now=IN_TIME), verdict(field, plan, NO_NOTAMS, day=True)):
        assert said.kind is VerdictKind.UNKNOWN
        assert said.headline == "UNKNOWN: NOTAMs"


def test_the_day_stage_begins_24_hours_before_the_start(field):
    scenario = field().scenario
    assert stage_at(scenario, START - timedelta(hours=24, minutes=1)) is Stage.PLAN
    assert stage_at(scenario, START - timedelta(hours=24)) is Stage.DAY


def test_a_go_ends_with_the_first_thing_it_rests_on(field, plan):
    late = found(Severity.OK, validity=Validity(what="the airspace cycle", until=START + timedelta(hours=3)))
    early = found(
        Severity.OK, validity=Validity(what="the reading of NOTAMs", until=START + timedelta(hours=1))
    )
    said = verdict(field, plan, late, early, now=IN_TIME)
    assert said.valid_until == START + timedelta(hours=1)
    assert "the reading of NOTAMs" in said.valid_because


def test_a_go_without_other_bounds_ends_with_the_deployment(field, plan):
    assert verdict(field, plan).valid_until == field().scenario.period.end


def test_what_has_expired_is_unknown_again(field, plan):
    old = found(
        Severity.OK, validity=Validity(what="the reading of NOTAMs", until=IN_TIME - timedelta(hours=1))
    )
    said = verdict(field, plan, old, now=IN_TIME)
    assert said.kind is VerdictKind.UNKNOWN
    assert "the reading of NOTAMs ended Sat 01 Jun 2024 06:00 BST" in said.headline


def test_an_exercise_says_so_and_does_not_expire(field, plan):
    said = verdict(field, plan, now=START + timedelta(days=700), exercise=True)
    assert said.headline == "EXERCISE: GO for 4 of 4 hours"
    assert said.valid_until is None


def test_the_commander_is_told_what_is_served_and_when_nothing_flies(field, plan):
    hours = tuple(
        replace(hour, flyable=number not in (1, 2)) for number, hour in enumerate(plan.coverage_by_hour)
    )
    said = verdict(field, replace(plan, coverage_by_hour=hours, objective=0.52, siting_limit_s=120.0))
    assert said.headline == "GO for 2 of 4 hours"
    assert said.commander == (
        "Overhead within 2 min of the decision for about half of the calls in the hours flown; "
        "no flying Saturday 11 to 13 h."
    )


def test_what_is_due_and_how_long_it_holds_survive_plan_json(plan):
    until = Validity(what="the reading of NOTAMs", until=datetime.fromisoformat("2024-06-01T06:00:00+01:00"))
    marked = replace(plan, findings=(replace(NO_NOTAMS, validity=until),))
    assert plan_from_dict(marked.as_dict()).findings == marked.findings


ASSUMED = (m.Assumption(path="restrictions[0]", value="block", assumed=True, source="we hope to be exempt"),)


@pytest.mark.parametrize(
    ("exercise", "severity"), [(True, Severity.ADVICE), (False, Severity.UNKNOWN)], ids=["exercise", "real"]
)
def test_an_assumed_statement_stands_in_an_exercise_and_clears_nothing_else(field, exercise, severity):
    (told,) = [
        found
        for found in make_plan(field(exercise=exercise, assumptions=ASSUMED)).findings
        if found.rule == "assumed-statement"
    ]
    assert told.severity is severity
    assert "restrictions[0]" in told.message


def weather_known(field, *numbers: int, exercise=False) -> Plan:
    """The plan where the weather of the day tells some of the four hours."""
    hours = tuple(START + timedelta(hours=number) for number in numbers)
    return make_plan(field(exercise=exercise, weather={"of_the_day": hours}))


def test_weather_that_is_not_of_the_day_is_a_fact_of_the_day(field):
    plan = read_at(field, DAYS_AHEAD - timedelta(hours=1))
    ahead = verdict_of(field(exercise=False).scenario, plan, now=DAYS_AHEAD)
    assert ahead.headline == "GO for 4 of 4 hours, subject to NOTAMs and weather of the day"
    known = verdict_of(field(exercise=False).scenario, weather_known(field), now=IN_TIME)
    assert known.headline == "UNKNOWN: weather"


def read_at(field, moment: datetime) -> Plan:
    """The plan where the NOTAMs were read at a moment."""
    reading = air.NotamReading(read_by="the duty sergeant", read_at=moment)
    return make_plan(field(exercise=False, of_world={"notam_reading": reading}))


def test_notams_read_days_ahead_are_to_be_read_again_on_the_day(field):
    plan = read_at(field, DAYS_AHEAD - timedelta(days=3))
    ahead = verdict_of(field(exercise=False).scenario, plan, now=DAYS_AHEAD)
    assert ahead.go
    assert "NOTAMs" in ahead.headline


def test_notams_read_at_a_time_to_come_have_not_been_read(field):
    plan = read_at(field, IN_TIME + timedelta(minutes=30))
    said = verdict_of(field(exercise=False).scenario, plan, now=IN_TIME)
    assert said.kind is VerdictKind.UNKNOWN
    assert "yet to come" in said.headline


def test_a_go_lasts_as_long_as_the_weather_of_the_day_is_known(field):
    said = verdict_of(field(exercise=False).scenario, weather_known(field, 0, 1), now=IN_TIME)
    assert said.go
    assert said.valid_until == START + timedelta(hours=2)
    assert "the weather of the day" in said.valid_because


def test_weather_that_begins_after_the_next_hour_with_calls_is_unknown_until_then(field):
    plan, scenario = weather_known(field, 2, 3), field(exercise=False).scenario
    assert verdict_of(scenario, plan, now=IN_TIME).kind is VerdictKind.UNKNOWN
    assert verdict_of(scenario, plan, now=START + timedelta(hours=2)).go


def test_the_assumed_weather_of_an_exercise_may_stand(field):
    exercise = field().scenario
    assert verdict_of(exercise, weather_known(field, exercise=True), now=IN_TIME).go


def test_a_plan_without_a_flyable_hour_is_a_no_go_that_says_so(field):
    hours = tuple(hour(START + timedelta(hours=k), wind_mps=20.0) for k in range(4))
    world = field(weather={"hours": hours})
    said = verdict_of(world.scenario, make_plan(world), now=IN_TIME)
    assert said.headline == "EXERCISE: NO GO"
    assert said.commander == "Do not fly: no hour with calls can be flown."


def test_findings_stand_in_order_of_danger(field):
    far = found(Severity.VIOLATION, margin_m=-3.0)
    near = found(Severity.VIOLATION, margin_m=-90.0)
    rest = [NO_NOTAMS, found(Severity.OK), found(Severity.ADVICE), found(Severity.UNKNOWN)]
    ordered = by_danger([*rest, far, near])
    assert ordered == [near, far, rest[3], NO_NOTAMS, rest[2], rest[1]]
    (group, *_) = grouped_by_rule([far, near])
    assert (group.worst, group.count) == (near, 2)


@pytest.mark.parametrize("page", ["docs/tutorial-yaml.md", "docs/howto/brief.md"])
def test_the_docs_show_each_headline_as_it_is_printed(repository, page):
    text = (repository / page).read_text()
    for kind in VerdictKind:
        assert FORMS[kind].startswith(kind.value)
        assert f"`{FORMS[kind].split(':')[0]}`" in text


@pytest.mark.parametrize("verb", [check.check, brief.brief])
def test_the_help_names_each_verdict_with_its_exit_code(verb):
    assert all(kind.value in verb.__doc__ for kind in VerdictKind)


def test_a_go_is_worded_as_its_form_says():
    said = Verdict(
        kind=VerdictKind.GO,
        stage=Stage.DAY,
        exercise=False,
        flyable_hours=3,
        planned_hours=4,
        commander="",
    )
    assert said.headline == FORMS[VerdictKind.GO].replace("N", "3").replace("M", "4")
