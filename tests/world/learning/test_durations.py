"""Durations learned from times: intervals hold what is true as often as they say."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from dfr.scenario.model import DurationShape
from dfr.statistics import Interval
from dfr.world.learning.durations import FEWEST, duration_cdf, fit_duration, fit_patience, whole_minutes

MEDIAN_S, P90_S = 420.0, 900.0
SPREAD = math.log(P90_S / MEDIAN_S) / 1.2815515655446004


def _lognormal(rng: np.random.Generator, count: int) -> np.ndarray:
    return MEDIAN_S * np.exp(SPREAD * rng.standard_normal(count))


def _holds(interval: Interval, value: float) -> bool:
    assert interval.low is not None
    assert interval.high is not None
    return interval.low <= value <= interval.high


@pytest.mark.parametrize("count", [12, 60, 400])
def test_intervals_of_a_lognormal_duration_hold_it_as_often_as_they_say(count: int) -> None:
    held = np.zeros(2)
    for seed in range(400):
        fit = fit_duration(_lognormal(np.random.default_rng(seed), count))
        assert fit is not None
        held += (_holds(fit.median, MEDIAN_S), _holds(fit.p90, P90_S))
    assert np.all(held >= 0.925 * 400)
    assert np.all(held <= 0.995 * 400)


def test_percentiles_hold_for_any_shape() -> None:
    """A mixture of short and long stays that no family describes: what is stated is still true of it."""
    median_s, held = 300.0, 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        times = np.where(rng.random(200) < 0.5, rng.uniform(100, 300, 200), rng.uniform(300, 5000, 200))
        fit = fit_duration(times)
        assert fit is not None
        held += _holds(fit.median, median_s)
    assert held >= 0.93 * 300


def test_an_exponential_duration_is_told_as_one() -> None:
    found = [fit_duration(np.random.default_rng(seed).exponential(600.0, 500)) for seed in range(40)]
    shapes = [fit.shape for fit in found if fit is not None]
    assert shapes.count(DurationShape.EXPONENTIAL) >= 38
    held = sum(_holds(fit.median, 600.0 * math.log(2.0)) for fit in found if fit is not None)
    assert held >= 35


def test_a_few_times_of_0_make_no_exponential_of_other_times() -> None:
    """Units that were there already: by likelihood alone all would be exponential, far off at 90 %."""
    rng = np.random.default_rng(4)
    times = np.concatenate([np.zeros(60), 230.0 * np.exp(0.5 * rng.standard_normal(1200))])
    fit = fit_duration(times)
    assert fit is not None
    assert fit.shape is DurationShape.LOGNORMAL
    assert fit.p90_s == pytest.approx(float(np.quantile(np.maximum(times, 0.5), 0.9)))


def test_few_times_say_nothing_and_equal_ones_are_constant() -> None:
    assert fit_duration(np.full(FEWEST - 1, 60.0)) is None
    same = fit_duration(np.full(FEWEST, 60.0))
    assert same is not None
    assert (same.shape, same.median_s) == (DurationShape.CONSTANT, 60.0)


def test_times_of_few_calls_are_not_shown_one_by_one() -> None:
    few = fit_duration(_lognormal(np.random.default_rng(1), 20))
    many = fit_duration(_lognormal(np.random.default_rng(1), 200))
    assert few is not None
    assert many is not None
    assert few.quantiles_s == ()
    assert len(many.quantiles_s) == 19


def test_a_fit_says_how_far_the_data_are_from_it() -> None:
    good = fit_duration(_lognormal(np.random.default_rng(1), 2000))
    rng = np.random.default_rng(2)
    two = fit_duration(np.concatenate([rng.normal(100.0, 2.0, 1000), rng.normal(2000.0, 2.0, 1000)]))
    assert good is not None
    assert two is not None
    assert good.apart < 0.04
    assert two.apart > 0.15
    assert duration_cdf(good, np.array([good.median_s, good.p90_s])) == pytest.approx([0.5, 0.9])


def test_whole_minutes_are_seen() -> None:
    assert whole_minutes(np.array([60.0, 120.0, 0.0, 300.0, 60.0]))
    assert not whole_minutes(np.array([60.0, 121.0, 0.0, 300.0, 60.0]))


def _waits(rng: np.random.Generator, patience: Callable[[], np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    reached, gave_up = 300.0 * np.exp(0.8 * rng.standard_normal(1500)), patience()
    return np.minimum(reached, gave_up), gave_up < reached


def test_patience_is_learned_from_those_who_gave_up_and_those_who_were_reached() -> None:
    held = np.zeros(2)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        waited, gave_up = _waits(rng, lambda rng=rng: 600.0 * np.exp(0.5 * rng.standard_normal(1500)))
        fit = fit_patience(waited, gave_up)
        assert fit is not None
        held += (_holds(fit.median, 600.0), _holds(fit.p90, 600.0 * math.exp(0.5 * 1.2815515655446004)))
    assert np.all(held >= 54)


def test_few_who_gave_up_say_nothing_of_patience() -> None:
    assert fit_patience(np.full(1000, 300.0), np.arange(1000) < 29) is None
