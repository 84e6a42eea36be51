"""The checklist of a plan: every rule in one step, and no step done while it stops a go."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dfr.findings import Basis, DayFact, Finding, Severity, Validity
from dfr.io.scenario_files import load_world, shipped_scenarios
from dfr.plan.checklist import STEPS, StepState, make_checklist
from dfr.plan.planner import make_plan
from dfr.plan.rules import RULES
from dfr.plan.verdict import verdict_of


@pytest.fixture(scope="module")
def judge():
    """A function from findings to their checklist, days ahead or on the day."""
    world = load_world(shipped_scenarios()["winter-storm"])
    scenario, plan = replace(world.scenario, exercise=False), make_plan(world)

    def judge(*findings, day=False):
        now = scenario.period.start - timedelta(days=10)
        verdict = verdict_of(scenario, replace(plan, findings=findings), now=now, day=day)
        return verdict, {item.step.id: item for item in make_checklist(verdict, findings)}

    return judge


def found(rule, severity=Severity.UNKNOWN, due=None):
    return Finding(
        rule=rule, severity=severity, message="m", basis=Basis.LAW, source="s", fix="do it", due=due
    )


def test_every_rule_belongs_to_one_step():
    assert Counter(rule for step in STEPS for rule in step.rules) == Counter(list(RULES))


@pytest.mark.parametrize("rule", RULES)
def test_whatever_stops_a_go_is_to_do_in_its_step(judge, rule):
    for severity in (Severity.UNKNOWN, Severity.VIOLATION):
        verdict, items = judge(found(rule, severity))
        assert not verdict.go
        open_items = [item for item in items.values() if item.state is StepState.TO_DO]
        assert [item.findings for item in open_items] == [(found(rule, severity),)]


def test_what_stops_nothing_leaves_every_step_done(judge):
    findings = [found(rule, severity) for rule in RULES for severity in (Severity.OK, Severity.ADVICE)]
    verdict, items = judge(*findings)
    assert verdict.go
    assert {item.state for item in items.values()} == {StepState.DONE}


def test_what_only_the_day_brings_waits_days_ahead_and_is_to_do_on_the_day(judge):
    notams = found("notams", due=DayFact.NOTAMS)
    ahead, items = judge(notams)
    assert (ahead.go, items["day"].state) == (True, StepState.ON_THE_DAY)
    on_the_day, items = judge(notams, day=True)
    assert (on_the_day.go, items["day"].state) == (False, StepState.TO_DO)


def test_an_item_is_json_with_the_findings_it_would_clear(judge):
    _, items = judge(found("crowd"))
    told = items["crowds"].as_dict()
    assert (told["state"], told["findings"][0]["fix"]) == ("to do", "do it")


def test_a_reading_that_is_yet_to_come_is_to_do_though_no_finding_says_so(judge):
    read = found("notams", Severity.OK)
    later = datetime(2999, 1, 1, tzinfo=UTC)
    read = replace(read, validity=Validity(what="the reading of NOTAMs", until=later, made_at=later))
    verdict, items = judge(read)
    assert not verdict.go
    assert items["time"].state is StepState.TO_DO
    assert "yet to come" in items["time"].as_dict()["words"][0]
    assert [item.step.id for item in items.values() if item.state is StepState.TO_DO] == ["time"]
