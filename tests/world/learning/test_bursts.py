"""Bursts found in logs that do not say which calls are of one incident, by a generator written apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dfr.world.learning import bursts
from dfr.world.learning.bursts import find_bursts, further_of
from dfr.world.learning.figures import LearnedBursts

DAYS = 42
PROFILE = np.array([1.0] * 8 + [2.0] * 8 + [3.0] * 8)


def draw_incidents(
    seed: int, *, further: float, mean_s: float, day_cv: float = 0.0, per_day: float = 60.0
) -> tuple[np.ndarray, np.ndarray]:
    """(Times in s, zones) of calls: incidents by hour, each with a Poisson number of further calls."""
    rng = np.random.default_rng(seed)
    hours = np.arange(DAYS * 24)
    factor = rng.gamma(day_cv**-2, day_cv**2, DAYS) if day_cv else np.ones(DAYS)
    expected = per_day / (1.0 + further) * (PROFILE / PROFILE.sum())[hours % 24] * factor[hours // 24]
    first = np.repeat(hours * 3600.0, rng.poisson(expected))
    first += rng.random(len(first)) * 3600.0
    zone, more = rng.choice(4, len(first), p=(0.4, 0.3, 0.2, 0.1)), rng.poisson(further, len(first))
    later = np.repeat(first, more) + rng.exponential(mean_s, int(more.sum()))
    times, zones = np.concatenate([first, later]), np.concatenate([zone, np.repeat(zone, more)])
    inside = times < DAYS * 86_400.0
    return times[inside], zones[inside].astype(np.int64)


def find(times: np.ndarray, zones: np.ndarray) -> LearnedBursts:
    """What is found in them, with the rates that the calls themselves show."""
    hours = np.arange(DAYS * 24)
    by_hour = np.bincount((times // 3600 % 24).astype(int), minlength=24) / DAYS
    found = find_bursts(
        times, zones, hour_starts_s=hours * 3600.0, calls_of_hour=by_hour[hours % 24],
        day_of_hour=hours // 24, source="a log",
    )  # fmt: skip
    assert found is not None
    return found


@pytest.mark.parametrize(("further", "mean_s", "day_cv"), [(0.5, 240.0, 0.3), (1.5, 100.0, 0.0)])
def test_intervals_hold_the_size_and_the_spacing_of_bursts(
    further: float, mean_s: float, day_cv: float
) -> None:
    held = np.zeros(2)
    for seed in range(25):
        found = find(*draw_incidents(seed, further=further, mean_s=mean_s, day_cv=day_cv))
        assert found.found
        assert found.within is not None
        for number, (figure, true) in enumerate(((found.further, further), (found.within, mean_s))):
            low, high = figure.interval.low, figure.interval.high
            assert low is not None
            assert high is not None
            held[number] += low <= true <= high
    assert np.all(held >= 21)


def test_calls_that_come_alone_show_no_bursts_even_where_days_differ() -> None:
    for seed in range(8):
        found = find(*draw_incidents(seed, further=0.0, mean_s=1.0, day_cv=0.3))
        assert not found.found
        assert found.factor == 1.0
        assert found.further.path == ""


def test_of_very_many_pairs_some_days_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bursts, "MOST_PAIRS", 3_000)
    assert not find(*draw_incidents(1, further=0.0, mean_s=1.0, per_day=200.0)).found
    found = find(*draw_incidents(1, further=0.8, mean_s=200.0, per_day=200.0))
    assert found.found
    assert sum(found.pairs) < 4_000
    assert found.further.value == pytest.approx(0.8, abs=0.3)


def test_too_few_calls_say_nothing_of_bursts() -> None:
    times, zones = draw_incidents(1, further=0.5, mean_s=240.0, per_day=2.0)
    hours = np.arange(DAYS * 24)
    assert (
        find_bursts(
            times, zones, hour_starts_s=hours * 3600.0, calls_of_hour=np.full(len(hours), 0.1),
            day_of_hour=hours // 24, source="a log",
        )
        is None
    )  # fmt: skip


def test_the_excess_of_pairs_gives_back_the_further_calls() -> None:
    for more in (0.01, 0.5, 3.0):
        assert further_of((more + more**2 / 2.0) / (1.0 + more)) == pytest.approx(more)


def test_the_factor_of_bursts_is_the_variance_of_counts_over_their_mean() -> None:
    rng, more = np.random.default_rng(3), 0.8
    sizes = 1 + rng.poisson(more, 400_000)
    found = find(*draw_incidents(3, further=more, mean_s=200.0))
    true = float((sizes**2).mean() / sizes.mean())
    assert math.isclose(found.factor, true, rel_tol=0.25)
