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


def test_the_difference_is_the_mean_of_the_pairs_with_students_interval(
    run: Callable[..., Summary],
) -> None:
    a, b = np.array([100.0, 150.0, 90.0, 210.0]), np.array([90.0, 130.0, 85.0, 190.0])
    found = {d.name: d for d in compare(run(*a), run(*b))}["call_to_overhead_s"]
    low, high = stats.t.interval(0.95, 3, (b - a).mean(), stats.sem(b - a))
    assert found.difference == pytest.approx(-13.75)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.pairs == 4
    assert found.clear


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
