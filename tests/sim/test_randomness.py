"""Streams depend on seed, replication, name and position, and on nothing else."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from dfr.sim.randomness import Spread, Streams


def test_a_stream_is_the_same_every_time_it_is_asked_for() -> None:
    streams = Streams(1, 2)
    assert (streams.uniform("calls", 5) == streams.uniform("calls", 5)).all()


def test_a_longer_draw_begins_with_the_shorter_one() -> None:
    streams = Streams(1, 2)
    assert (streams.uniform("calls", 9)[:5] == streams.uniform("calls", 5)).all()


@pytest.mark.parametrize("other", [Streams(2, 2), Streams(1, 3)])
def test_seed_and_replication_make_other_streams(other: Streams) -> None:
    assert not np.isin(Streams(1, 2).uniform("calls", 50), other.uniform("calls", 50)).any()


def test_names_that_run_into_one_another_are_not_confused() -> None:
    assert Streams(1, 12).uniform("x", 1)[0] != Streams(11, 2).uniform("x", 1)[0]


def test_another_process_draws_the_same_numbers_whatever_its_hash_seed() -> None:
    code = "from dfr.sim.randomness import Streams; print(Streams(7, 3).uniform('calls', 2).tolist())"
    printed = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert printed[0] == printed[1] == f"{Streams(7, 3).uniform('calls', 2).tolist()}\n"


def test_streams_of_different_names_are_uncorrelated() -> None:
    streams = Streams(1, 0)
    a, b = streams.uniform("a", 20_000), streams.uniform("b", 20_000)
    assert abs(np.corrcoef(a, b)[0, 1]) < 3.3 / np.sqrt(20_000)


def test_a_lognormal_delay_has_its_median_and_90th_percentile() -> None:
    delays = Streams(1, 0).delay("x", Spread.lognormal(100.0, 250.0), 40_000)
    assert np.median(delays) == pytest.approx(100.0, rel=0.02)
    assert np.quantile(delays, 0.9) == pytest.approx(250.0, rel=0.03)


def test_an_exponential_delay_has_its_mean() -> None:
    spread = Spread.exponential(120.0)
    delays = Streams(1, 0).delay("x", spread, 40_000)
    assert delays.mean() == pytest.approx(120.0, rel=0.02)
    assert spread.mean_s == pytest.approx(120.0)


def test_each_grade_draws_from_its_own_spread_and_keeps_its_numbers_when_another_changes() -> None:
    which = np.array([0, 1, 0, 1])
    first = (Spread.lognormal(10.0, 20.0), Spread.constant(5.0))
    second = (Spread.lognormal(10.0, 20.0), Spread.exponential(5.0))
    before, after = (Streams(1, 0).delays("x", spreads, which) for spreads in (first, second))
    assert (before[[0, 2]] == after[[0, 2]]).all()
    assert (before[[1, 3]] == 5.0).all()


def test_the_rate_factor_has_mean_one_and_the_stated_variation() -> None:
    factors = np.array([Streams(1, replication).gamma_factor("rate", 0.3) for replication in range(4000)])
    assert factors.mean() == pytest.approx(1.0, abs=3.3 * 0.3 / np.sqrt(4000))
    assert factors.std() == pytest.approx(0.3, rel=0.05)


def test_a_rate_without_variation_is_taken_as_stated() -> None:
    assert Streams(1, 0).gamma_factor("rate", 0.0) == 1.0
