"""Ranking and selection keeps its promise, and stops early where the best is plain."""

from __future__ import annotations

import numpy as np
import pytest

from dfr.errors import InputError
from dfr.metrics.selection import select_largest


def test_the_best_is_selected_as_often_as_promised_where_it_leads_by_just_the_zone() -> None:
    rng, right = np.random.default_rng(1), 0
    for _ in range(200):
        values = rng.normal(size=(4, 1200))
        values[2] += 0.4
        right += select_largest(values, zone=0.4).survivors == (2,)
    assert right >= 190 - 9


def test_common_random_numbers_need_fewer_replications() -> None:
    rng = np.random.default_rng(2)
    shared, own = rng.normal(size=2000), 0.1 * rng.normal(size=(3, 2000))
    lead = np.array([[0.0], [0.2], [0.1]])
    together = select_largest(shared + own + lead, zone=0.1)
    apart = select_largest(rng.normal(size=(3, 2000)) + lead, zone=0.1)
    assert together.survivors == (1,)
    assert together.used < 60 < apart.used


def test_the_same_is_selected_whether_told_at_once_or_in_batches() -> None:
    values = np.random.default_rng(3).normal(size=(5, 400)) + np.linspace(0.0, 1.0, 5)[:, None]
    whole = select_largest(values, zone=0.2)
    cut = values.copy()
    for design, at in enumerate(whole.dropped_at):
        if at is not None:
            cut[design, at:] = np.nan
    assert select_largest(cut, zone=0.2) == whole
    assert select_largest(values[:, : whole.used], zone=0.2) == whole


def test_designs_are_ranked_by_the_ratio_of_sums_that_tables_show() -> None:
    # Busy replications of the first design are slow: its mean over replications is 150 s, over calls 190 s.
    busy = np.tile([0.0, 1.0], 10)
    counts = np.stack([1.0 + 8.0 * busy, np.full(20, 5.0)])
    seconds = counts * np.stack([100.0 + 100.0 * busy, np.full(20, 170.0)])
    found = select_largest(-seconds, counts, zone=15.0, first_stage=20)
    ratios = seconds.sum(axis=1) / counts.sum(axis=1)
    assert ratios.tolist() == [190.0, 170.0]
    assert found.survivors in {(1,), (0, 1)}
    assert select_largest(-seconds / counts, zone=15.0, first_stage=20).survivors != (1,)


def test_a_design_without_a_figure_is_behind_those_that_have_it() -> None:
    found = select_largest(np.array([[0.0] * 12, [-3.0] * 12]), np.array([[0.0] * 12, [1.0] * 12]), zone=0.1)
    assert found.survivors == (1,)


def test_without_enough_replications_nobody_is_selected() -> None:
    values = np.random.default_rng(4).normal(size=(3, 12))
    found = select_largest(values, zone=0.01)
    assert not found.decided
    assert found.used == 12


def test_designs_that_are_the_same_are_decided_all_the_same() -> None:
    found = select_largest(np.ones((2, 10)) * np.arange(10.0), zone=0.1)
    assert found.decided


@pytest.mark.parametrize(("length", "zone"), [(5, 0.1), (20, 0.0), (20, -1.0)])
def test_what_makes_no_sense_is_refused(length: int, zone: float) -> None:
    with pytest.raises(InputError, match="->"):
        select_largest(np.zeros((2, length)), zone=zone)
