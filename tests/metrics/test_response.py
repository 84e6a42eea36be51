"""How response times spread, and a run hour by hour: held against counting the records by hand."""

import numpy as np
import pytest

from dfr.metrics.by_hour import run_hours
from dfr.metrics.kpi import summarise
from dfr.metrics.measures import RunView
from dfr.metrics.response import response_curves
from dfr.sim.experiment import simulate

from ..shipped import plan_of, world_of


@pytest.fixture(scope="module")
def run():
    world, plan = world_of("victorious-2024"), plan_of("victorious-2024")
    return simulate(world, plan, replications=4, seed=3, jobs=1)


@pytest.fixture(scope="module")
def view(run):
    return RunView.of(run.records, run.inputs.deployment)


def test_a_curve_counts_missed_calls_as_never_reached(run, view):
    calls = run.records
    for curve in response_curves(view):
        mine = calls.text("calls", "grade") == curve.grade
        seconds = (calls.column("calls", "overhead_s") - calls.column("calls", "call_s"))[mine]
        assert curve.calls == mine.sum()
        for at_s, share in zip(curve.at_s, curve.share, strict=True):
            assert share == pytest.approx(np.count_nonzero(seconds <= at_s) / mine.sum())
        assert np.all(np.diff(curve.share) >= 0.0)


def test_the_share_in_target_is_the_key_figure(run, view):
    kpis = summarise(run.records, run.inputs.deployment, seed=3).kpis
    for curve in response_curves(view):
        assert curve.in_target == pytest.approx(kpis[f"within_target.priority.{curve.grade}"].mean)


def test_an_interval_holds_its_curve_and_none_is_told_before_anybody_arrives(view):
    for curve in response_curves(view):
        known = ~np.isnan(curve.low)
        assert np.all(curve.low[known] <= curve.share[known] + 1e-9)
        assert np.all(curve.share[known] <= curve.high[known] + 1e-9)
        assert np.isnan(curve.high[curve.share == 0.0]).all()


def test_every_call_is_in_one_hour_and_attended_or_missed_for_one_reason(run, view):
    hours = run_hours(view)
    total = len(run.records.column("calls", "call_s")) / view.count
    assert hours.calls.sum() == pytest.approx(total)
    parts = hours.attended + sum(hours.missed.values())
    assert parts == pytest.approx(hours.calls)


def test_drones_out_over_the_hours_are_the_flight_hours_of_the_records(view):
    hours = run_hours(view)
    assert hours.in_use.sum() == pytest.approx(view.flown_s("dispatched_s").sum() / view.count / 3600.0)
    assert np.all(hours.ready <= hours.drones + 1e-9)
