"""What an uncertain figure does to the answer and to the verdict."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from dfr.api.sensitivity import Question, levers_of, study_sensitivity
from dfr.api.simulation import simulate
from dfr.cli.sensitivity import _print_study
from dfr.errors import InputError
from dfr.io.scenario_files import find_scenario
from dfr.io.what_if import WhatIf
from dfr.metrics.sensitivity import Decision, Judged
from dfr.plan.planner import plan_with_docks
from dfr.plan.verdict import verdict_of
from dfr.report.sensitivity_page import end_words, sensitivity_csv, sensitivity_html, tornado_chart

from ..shipped import plan_of, world_of

PATH = find_scenario("victorious-2024")
NOW = datetime(2024, 1, 1, tzinfo=UTC)


@cache
def studied():
    """Launch by a fifth each way, and a height limit whose low end is below the cruise height."""
    question = Question(
        now=NOW,
        only=("crew.launch", "height_limit"),
        ranges={"operation.height_limit_m_agl": (55.0, 121.0)},
        figure="call_to_overhead_s",
    )
    return study_sensitivity(PATH, question, replications=3, seed=5)


def effect(name):
    return next(effect for effect in studied().effects if effect.lever.name == name)


def test_the_answer_at_an_end_is_that_of_the_scenario_with_this_figure_there():
    end = effect("crew.launch").high
    world = WhatIf(PATH).with_figure("crew.launch", 1.2 * 35.0)
    run = simulate(world, plan_with_docks(world, studied().docks), replications=3, seed=5)
    assert end.value == pytest.approx(42.0)
    assert end.difference.second == pytest.approx(run.summary.kpis[studied().figure].mean)
    assert end.shift == pytest.approx(end.difference.second - studied().answer)
    assert end.shift != 0.0


def test_the_answer_and_the_verdict_as_they_are_are_those_of_the_scenarios_own_plan():
    world, plan = world_of("victorious-2024"), plan_of("victorious-2024")
    verdict = verdict_of(world.scenario, plan, now=NOW)
    run = simulate(world, plan, replications=3, seed=5)
    assert studied().base.verdict == verdict.kind.value
    assert studied().base.stopped_by == {found.rule for found in plan.findings if verdict.counts(found)}
    assert studied().answer == pytest.approx(run.summary.kpis[studied().figure].mean)


def test_a_verdict_that_turns_is_told_with_the_rule_that_turns_it():
    assert studied().base.verdict == "GO"
    low = effect("operation.height_limit_m_agl").low
    assert low.judged.refused or low.judged.verdict != "GO"
    words = end_words(low, studied())
    assert "NO GO" in words or "not judged" in words


def test_the_largest_effect_stands_first():
    swings = [effect.swing for effect in studied().effects]
    assert swings == sorted(swings, reverse=True)


def test_the_page_and_the_table_hold_every_figure():
    page, table = sensitivity_html(studied()), sensitivity_csv(studied())
    for name in ("crew.launch", "operation.height_limit_m_agl"):
        assert name in page
        assert f"\n{name}," in table
    assert "<script" not in page


def unjudged():
    """The study, whose height limit could not be judged at its low end."""
    limit = effect("operation.height_limit_m_agl")
    low = replace(limit.low, judged=Judged(refused="too low"), difference=None)
    return replace(studied(), effects=(*[effect("crew.launch")] * 12, replace(limit, low=low)))


def test_what_was_not_judged_is_not_printed_among_the_small_effects(capsys):
    _print_study(unjudged())
    said = capsys.readouterr().out
    assert "what operation.height_limit_m_agl does is not known" in said


def test_the_chart_does_not_draw_an_end_that_was_not_judged_as_no_change():
    study = unjudged()
    limit = replace(study.effects[-1], high=effect("crew.launch").high)
    chart = tornado_chart(replace(study, effects=(limit,)))
    assert "> 42 <" in chart
    assert "> 55 <" not in chart


@pytest.mark.slow
def test_knowing_a_figure_is_worth_nothing_where_a_dock_need_bring_nothing_and_more_docks_are_never_worse():
    question = Question(now=NOW, only=("crew.launch",), decision=Decision(docks=(1, 2), dock_must_bring=0.0))
    study = study_sensitivity(PATH, question, replications=2, seed=5)
    assert study.effects[0].worth.value == pytest.approx(0.0, abs=1e-9)
    assert study.effects[0].worth.chosen_at == (1, 1, 1)


def test_a_range_is_the_persons_then_its_sources_then_a_part_of_the_value():
    levers = {lever.name: lever for lever in levers_of(PATH, Question(now=NOW, ranges={"wind": (0.5, 3.0)}))}
    assert (levers["wind"].low, levers["wind"].high) == (0.5, 3.0)
    assert (levers["crew.launch"].low, levers["crew.launch"].high) == pytest.approx((28.0, 42.0))


def test_a_part_of_the_value_ends_where_the_scenario_allows_no_more_but_a_persons_range_does_not():
    name = "candidates.sites[all].sky_view"
    levers = {lever.name: lever for lever in levers_of(PATH, Question(now=NOW))}
    assert levers[name].high == 1.0
    asked = levers_of(PATH, Question(now=NOW, ranges={name: (0.5, 1.5)}, only=(name,)))
    assert asked[0].high == 1.5


def test_a_figure_with_a_source_is_varied_only_where_somebody_asks():
    name = "demand.cleared_without_patrol"
    assert name not in {lever.name for lever in levers_of(PATH, Question(now=NOW))}
    assert name in {lever.name for lever in levers_of(PATH, Question(now=NOW, ranges={name: (0.1, 0.2)}))}


def test_an_unknown_figure_or_no_figure_at_all_is_refused():
    with pytest.raises(InputError, match=r"crew\.lunch"):
        levers_of(PATH, Question(now=NOW, ranges={"crew.lunch": (1.0, 2.0)}))
    with pytest.raises(InputError, match="no figure to change"):
        levers_of(PATH, Question(now=NOW, only=("nothing like it",)))
