"""Intervals hold what they promise, against closed forms, scipy and repeated sampling."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dfr.statistics import (
    mean_interval,
    quantile_interval,
    ratio_interval,
    share_interval,
    t_value,
    wilson,
)

RUNS = 400


def _covered(hits: int, level: float = 0.95) -> bool:
    """Whether so many of the runs covering is what a level promises, to chance in a thousand."""
    return hits >= stats.binom.ppf(0.001, RUNS, level) - 1


def test_the_t_value_is_scipys() -> None:
    assert t_value(7, 0.99) == pytest.approx(stats.t.ppf(0.995, 7))


def test_the_interval_of_a_mean_is_students() -> None:
    values = np.array([3.0, 5.0, 4.0, 8.0, 6.5])
    low, high = stats.t.interval(0.95, 4, values.mean(), stats.sem(values))
    interval = mean_interval(values)
    assert (interval.low, interval.high) == pytest.approx((low, high))


def test_one_replication_says_nothing_about_the_spread() -> None:
    one = np.array([4.0])
    assert mean_interval(one).low is None
    assert ratio_interval(one, one).high is None
    assert share_interval(one, one).low is None
    assert quantile_interval(one, np.array([0]), 0.5, count=1).low is None


def test_wilson_is_scipys() -> None:
    low, high = stats.binomtest(7, 40).proportion_ci(method="wilson")
    interval = wilson(7 / 40, 40)
    assert (interval.low, interval.high) == pytest.approx((low, high))


def test_wilson_is_the_textbooks() -> None:
    assert wilson(0.0, 10).low == 0.0
    assert wilson(0.0, 10).high == pytest.approx(0.2775, abs=1e-3)
    eight = wilson(0.8, 10)
    assert (eight.low, eight.high) == pytest.approx((0.4902, 0.9433), abs=1e-3)


def test_a_share_of_independent_trials_comes_close_to_wilson() -> None:
    rng = np.random.default_rng(1)
    hits, trials = rng.binomial(50, 0.3, 400).astype(float), np.full(400, 50.0)
    clustered = share_interval(hits, trials)
    plain = wilson(hits.sum() / trials.sum(), trials.sum())
    assert clustered.half_width == pytest.approx(plain.half_width, rel=0.15)


def test_trials_that_go_together_make_the_interval_wider() -> None:
    rng = np.random.default_rng(1)
    shares = rng.beta(3.0, 7.0, 200)
    hits, trials = rng.binomial(50, shares).astype(float), np.full(200, 50.0)
    clustered, plain = share_interval(hits, trials), wilson(hits.sum() / trials.sum(), trials.sum())
    assert clustered.half_width is not None
    assert plain.half_width is not None
    assert clustered.half_width > 1.8 * plain.half_width


def test_all_or_nothing_still_leaves_doubt() -> None:
    interval = share_interval(np.full(10, 5.0), np.full(10, 5.0))
    assert interval.high == 1.0
    assert interval.low == pytest.approx(wilson(1.0, 10, t_value(9)).low)


def test_a_mean_over_calls_is_covered_although_calls_of_a_replication_go_together() -> None:
    rng, hits = np.random.default_rng(2), 0
    for _ in range(RUNS):
        counts = rng.poisson(20, 30).astype(float)
        sums = counts * 100.0 + counts * rng.normal(0.0, 15.0, 30)
        interval = ratio_interval(sums, counts)
        assert interval.low is not None
        assert interval.high is not None
        hits += interval.low <= 100.0 <= interval.high
    assert _covered(hits)


@pytest.mark.parametrize("probability", [0.5, 0.9])
def test_a_quantile_of_clustered_values_is_covered(probability: float) -> None:
    rng, hits = np.random.default_rng(3), 0
    truth = stats.norm.ppf(probability) * np.sqrt(1.0 + 0.25)
    for _ in range(RUNS):
        replication = np.repeat(np.arange(40), 25)
        values = rng.normal(0.0, 0.5, 40)[replication] + rng.normal(0.0, 1.0, 1000)
        interval = quantile_interval(values, replication, probability, count=40)
        assert interval.low is not None
        assert interval.high is not None
        hits += interval.low <= truth <= interval.high
    assert _covered(hits)


@pytest.mark.parametrize("clustering", [0.0, 0.05])
@pytest.mark.parametrize("share", [0.002, 0.05, 0.5, 0.98])
def test_a_share_is_covered_also_where_hardly_any_event_is_seen(share: float, clustering: float) -> None:
    rng, hits = np.random.default_rng(4), 0
    spread = clustering and (1.0 - clustering) / clustering
    for _ in range(RUNS):
        trials = rng.poisson(20, 30)
        own = rng.beta(share * spread, (1.0 - share) * spread, 30) if spread else np.full(30, share)
        interval = share_interval(rng.binomial(trials, own).astype(float), trials.astype(float))
        assert interval.low is not None
        assert interval.high is not None
        hits += interval.low <= share <= interval.high
    assert _covered(hits)
