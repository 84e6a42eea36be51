"""The report's further parts say what the run found, and are left out where nobody asked."""

from __future__ import annotations

import re

import pytest

from dfr.metrics.kpi import summarise
from dfr.metrics.resilience import n_minus_1
from dfr.plan.objectives import Objective, SitingObjective, pareto_fronts
from dfr.plan.planner import candidate_layouts, make_plan
from dfr.plan.verdict import verdict_of
from dfr.report.html import LOST, Rehearsal, Studies, report_html
from dfr.sim.build import sim_inputs
from dfr.sim.experiment import simulate_inputs

from ..shipped import world_of


@pytest.fixture(scope="module")
def world():
    return world_of("victorious-2024")


@pytest.fixture(scope="module")
def run(world):
    plan = make_plan(world, sited_for=SitingObjective(objective=Objective.MEXCLP))
    inputs = sim_inputs(world, plan)
    summary = summarise(
        simulate_inputs(inputs, replications=3, seed=1, jobs=1).records, inputs.deployment, seed=1
    )
    return plan, inputs, summary


def page(world, run, studies: Studies) -> str:
    plan, _, summary = run
    return report_html(
        Rehearsal(
            world=world,
            plan=plan,
            verdict=verdict_of(world.scenario, plan, now=world.scenario.period.start),
            summary=summary,
            responses_s={},
            shift=None,
            flights=(),
            not_flown="No flight was asked for.",
            provenance=(),
            studies=studies,
        )
    )


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


@pytest.fixture(scope="module")
def plain(world, run):
    """The words of the page of a run without studies."""
    return text_of(page(world, run, Studies()))


def test_the_page_says_for_what_the_docks_were_sited_with_proof(run, plain):
    plan = run[0]
    assert f"The docks are sited for {plan.sited_by}.".replace("'", "&#39;") in plain
    assert "docks sited for just this would reach" in plain
    for part in ("If one thing fails", "What more docks bring", "STRESS-DES"):
        assert part not in plain


def test_losses_fronts_and_stress_are_shown_where_the_run_has_them(world, run):
    _, inputs, summary = run
    losses = n_minus_1(inputs, summary)
    found = pareto_fronts(candidate_layouts(world)[0], 2)
    studies = Studies(losses=losses, fronts=found, stress={"1 Objectives": {"1.1 Purpose": "To see <all>."}})
    html = page(world, run, studies)
    text = text_of(html)
    for report in losses:
        assert f"{LOST[report.kind]} {report.what}" in text
    assert f"{100 * losses[0].changes[0].second:.1f} %" in text
    for point in found.compromises:
        assert ", ".join(point.sites) in text
    assert "To see &lt;all&gt;." in html
    assert 'aria-label="Layouts that no other beats"' in html
    assert not re.search(r'(src|href)="(?!#|data:)', html.replace('xlink:href="#', 'href="#'))


def test_every_flyable_hour_has_its_row_with_its_wind_and_times(run, plain):
    plan = run[0]
    for hour in plan.coverage_by_hour:
        row = f"{hour.hour[:16].replace('T', ' ')} {hour.wind_mps:.1f} m/s from {hour.wind_from_deg:.0f}°"
        assert (row in plain) == hour.flyable
        if hour.flyable:
            assert hour.mean_s is not None
            assert hour.worst_s is not None
            assert hour.mean_s < hour.worst_s + 60.0
