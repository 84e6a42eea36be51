"""Two runs on the same calls are compared in pairs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats

from dfr.errors import InputError
from dfr.metrics.compare import compare
from dfr.metrics.kpi import Summary, summarise
from dfr.sim.inputs import Deployment


@pytest.fixture
def run(
    records: Callable[..., Any], call: Callable[..., Any], deployment: Deployment
) -> Callable[..., Summary]:
    """Summarises replications with one call each, overhead after so many seconds (None: missed)."""

    def make(*overhead_s: float, seed: int = 1) -> Summary:
        logs = [{"calls": [call(0, overhead_s=t)]} for t in overhead_s]
        return summarise(records(*logs), deployment, seed=seed)

    return make


def test_the_difference_is_that_of_the_columns_where_replications_have_unlike_numbers_of_calls(
    records: Callable[..., Any], call: Callable[..., Any], deployment: Deployment
) -> None:
    quiet, busy = [100.0], [300.0, 320.0, 280.0]
    first = [{"calls": [call(k, overhead_s=t) for k, t in enumerate(each)]} for each in (quiet, busy)]
    second = [
        {"calls": [call(k, overhead_s=t - 20.0 * t / 100.0) for k, t in enumerate(each)]}
        for each in (quiet, busy)
    ]
    runs = [summarise(records(*logs), deployment, seed=1) for logs in (first, second)]
    found = {d.name: d for d in compare(*runs)}["call_to_overhead_s"]
    assert found.first == runs[0].kpis["call_to_overhead_s"].mean == 250.0
    assert found.second == runs[1].kpis["call_to_overhead_s"].mean == pytest.approx(200.0)
    assert found.difference == pytest.approx(-50.0)


def test_the_interval_of_pairs_without_skew_is_students(run: Callable[..., Summary]) -> None:
    a, b = np.array([100.0, 150.0, 90.0, 210.0]), np.array([90.0, 130.0, 70.0, 200.0])
    found = {d.name: d for d in compare(run(*a), run(*b))}["call_to_overhead_s"]
    low, high = stats.t.interval(0.95, 2, (b - a).mean(), stats.sem(b - a))
    assert found.difference == pytest.approx(-15.0)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.p_value == pytest.approx(2.0 * stats.t.sf(15.0 / stats.sem(b - a), 2))
    assert found.pairs == 4
    assert found.clear


def test_the_interval_ends_at_zero_at_the_level_of_its_p_value(run: Callable[..., Summary]) -> None:
    a = np.linspace(100.0, 300.0, 12)
    first, second = run(*a), run(*(a - 3.0 + 5.0 * np.sin(a) ** 3))
    found = {d.name: d for d in compare(first, second)}["call_to_overhead_s"]
    assert found.p_value is not None
    at = {d.name: d for d in compare(first, second, level=1.0 - found.p_value)}["call_to_overhead_s"]
    assert at.high == pytest.approx(0.0, abs=1e-6)


def test_a_chance_difference_among_many_figures_is_not_called_clear_among_all(
    run: Callable[..., Summary],
) -> None:
    a = np.linspace(100.0, 300.0, 12)
    first, second = run(*a), run(*(a - 3.0 + 5.0 * np.sin(a) ** 3))
    for gap in compare(first, second):
        assert gap.clear_among_all <= (gap.p_value is not None and gap.p_value <= 0.05)
    [primary, *_] = compare(first, second, primary="call_to_overhead_s")
    assert (primary.name, primary.primary) == ("call_to_overhead_s", True)
    assert primary.clear_among_all == primary.clear


def test_two_replications_that_differ_among_many_do_not_tell_how_much(run: Callable[..., Summary]) -> None:
    a = np.linspace(100.0, 300.0, 12)
    b = a.copy()
    b[:2] -= 30.0
    found = {d.name: d for d in compare(run(*a), run(*b))}["call_to_overhead_s"]
    assert found.difference == pytest.approx(-5.0)
    assert found.low is None


def test_pairs_tell_apart_what_two_separate_intervals_would_not(run: Callable[..., Summary]) -> None:
    a = np.linspace(100.0, 300.0, 12)
    first, second = run(*a), run(*(a - 5.0 + 0.1 * np.sin(a)))
    low = first.kpis["call_to_overhead_s"].interval.low
    high = second.kpis["call_to_overhead_s"].interval.high
    assert low is not None
    assert high is not None
    assert low < high
    assert {d.name: d for d in compare(first, second)}["call_to_overhead_s"].clear


def test_a_replication_in_which_one_run_has_no_figure_makes_no_pair(run: Callable[..., Summary]) -> None:
    found = {d.name: d for d in compare(run(100.0, float("nan")), run(90.0, 80.0))}["call_to_overhead_s"]
    assert found.pairs == 1
    assert found.low is None
    assert not found.clear


def test_runs_of_different_seeds_are_not_paired(run: Callable[..., Summary]) -> None:
    with pytest.raises(InputError, match="cannot be paired"):
        compare(run(1.0, seed=1), run(1.0, seed=2))
