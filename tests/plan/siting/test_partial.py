"""Covering in part against every choice there is, and against the p-median that it is another form of."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse

from dfr.errors import InputError
from dfr.plan.siting import solve_pmedian
from dfr.plan.siting.partial import solve_partial_cover


def drawn(seed: int, rows: int = 60, sites: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Covers that fall off with distance in a square, and weights."""
    rng = np.random.default_rng(seed)
    away = np.hypot(*(rng.random((rows, 1, 2)) - rng.random((1, sites, 2))).transpose(2, 0, 1))
    return np.clip(1.2 - 3.0 * away, 0.0, 1.0), rng.gamma(1.0, 1.0, rows)


def covered(cover: np.ndarray, weights: np.ndarray, chosen: tuple[int, ...]) -> float:
    return float(weights @ cover[:, list(chosen)].max(axis=1))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("p", [1, 3])
def test_the_choice_and_its_bound_enclose_the_best_of_all_choices(seed: int, p: int) -> None:
    cover, weights = drawn(seed)
    best = max(covered(cover, weights, choice) for choice in itertools.combinations(range(9), p))
    found = solve_partial_cover(sparse.csc_array(cover), weights, p=p)
    assert found.objective == pytest.approx(covered(cover, weights, found.chosen))
    assert found.objective <= best * (1 + 1e-12) <= found.bound * (1 + 1e-9)
    assert found.objective >= 0.99 * best
    assert found.bound <= 1.05 * best


@pytest.mark.parametrize("seed", range(6))
def test_forced_and_forbidden_sites_are_kept_to(seed: int) -> None:
    cover, weights = drawn(seed)
    choices = [c for c in itertools.combinations(range(9), 3) if 4 in c and 0 not in c]
    best = max(covered(cover, weights, choice) for choice in choices)
    found = solve_partial_cover(sparse.csc_array(cover), weights, p=3, forced=[4], forbidden=[0])
    assert 4 in found.chosen
    assert 0 not in found.chosen
    assert found.objective <= best * (1 + 1e-12) <= found.bound * (1 + 1e-9)


def test_a_large_table_is_bounded_as_the_p_median_is() -> None:
    cover, weights = drawn(99, rows=1000, sites=40)
    exact = solve_pmedian(1.0 - cover, weights, p=6)
    found = solve_partial_cover(sparse.csc_array(cover), weights, p=6, relative_gap=0.001)
    best = weights.sum() - exact.objective
    assert exact.status == "optimal"
    assert found.objective <= best * (1 + 1e-9) <= found.bound * (1 + 1e-9)
    assert found.gap <= 0.01


def test_a_search_that_is_stopped_still_has_a_choice_and_a_bound() -> None:
    cover, weights = drawn(5, rows=500, sites=30)
    found = solve_partial_cover(sparse.csc_array(cover), weights, p=4, stop=lambda: True)
    assert len(found.chosen) == 4
    assert found.objective <= found.bound < np.inf


def test_more_sites_than_there_are_cannot_be_chosen() -> None:
    with pytest.raises(InputError, match="p = 10 of 9 allowed sites"):
        solve_partial_cover(sparse.csc_array(drawn(1)[0]), np.ones(60), p=10)


def test_what_the_other_solvers_refuse_is_refused_in_the_same_words() -> None:
    cover = sparse.csc_array(drawn(1)[0])
    with pytest.raises(InputError, match="p = 0 with 0 forced sites -> choose p of at least 1"):
        solve_partial_cover(cover, np.ones(60), p=0)
    with pytest.raises(InputError, match="negative or non-finite weight"):
        solve_partial_cover(cover, np.full(60, np.nan), p=1)
