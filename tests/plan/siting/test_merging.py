"""Rows merged: no choice costs more than it does by the whole table, and hardly less."""

from __future__ import annotations

import itertools

import numpy as np

from dfr.plan.siting.median import solve_pmedian
from dfr.plan.siting.merging import merge_rows

STEP = 0.05


def chances(rows: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Chances of being late that come in families, and weights, some of them none."""
    rng = np.random.default_rng(3)
    families = rng.uniform(0.0, 1.0, (6, columns))[rng.integers(0, 6, rows)]
    weights = rng.uniform(0.0, 1.0, rows) * rng.integers(0, 2, rows)
    return np.clip(families + rng.uniform(-0.02, 0.02, (rows, columns)), 0.0, 1.0), weights


def test_every_choice_costs_at_most_as_much_and_at_most_a_step_less() -> None:
    cost, weights = chances(200, 5)
    merged, sums = merge_rows(cost, weights, step=STEP)
    assert len(merged) < np.count_nonzero(weights)
    assert np.isclose(sums.sum(), weights.sum())
    for choice in itertools.combinations(range(5), 2):
        whole = weights @ cost[:, choice].min(axis=1)
        part = sums @ merged[:, choice].min(axis=1)
        assert whole - STEP * weights.sum() <= part <= whole + 1e-12


def test_a_bound_of_the_merged_problem_holds_for_the_whole() -> None:
    cost, weights = chances(100, 8)
    merged, sums = merge_rows(cost, weights, step=STEP)
    whole, part = solve_pmedian(cost, weights, p=3), solve_pmedian(merged, sums, p=3)
    assert part.bound <= whole.objective


def test_a_search_that_is_told_to_stop_keeps_a_choice_and_a_bound_that_holds() -> None:
    rng = np.random.default_rng(5)
    times, weights = rng.uniform(0.0, 100.0, (60, 12)), rng.uniform(0.1, 1.0, 60)
    best = solve_pmedian(times, weights, p=4)
    early = solve_pmedian(times, weights, p=4, stop=lambda: True)
    assert len(early.chosen) == 4
    assert early.bound <= best.objective <= early.objective
