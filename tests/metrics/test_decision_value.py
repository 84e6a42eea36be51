"""What knowing a figure is worth before a decision."""

import numpy as np
import pytest

from dfr.metrics.decision_value import value_of_knowing
from dfr.metrics.measures import Kpi
from dfr.statistics import UNKNOWN

SAME = np.ones(5)


def kpi(mean, noise=None):
    tops = mean * SAME if noise is None else mean + noise
    return Kpi(
        name="x", unit="share", what="", p50=None, p90=None, interval=UNKNOWN, n=5, tops=tops, bottoms=SAME
    )


def levels(*means):
    return tuple(kpi(mean) for mean in means)


def test_an_option_that_is_best_at_every_level_leaves_nothing_to_know():
    found = value_of_knowing(
        [levels(0.5, 0.6, 0.7), levels(0.6, 0.7, 0.8)], prices=[0, 0], more_is_better=True
    )
    assert found.value == pytest.approx(0.0, abs=1e-12)
    assert (found.chosen, found.chosen_at) == (1, (1, 1, 1))


def test_the_value_is_what_the_right_choice_at_each_level_gains():
    # By hand: a sure 0.6, or 0.2 / 0.6 / 0.9. Unknowing: 0.6, as 0.185·0.2 + 0.63·0.6 + 0.185·0.9 = 0.5815;
    # knowing: 0.185·0.6 + 0.63·0.6 + 0.185·0.9 = 0.6555.
    found = value_of_knowing(
        [levels(0.6, 0.6, 0.6), levels(0.2, 0.6, 0.9)], prices=[0, 0], more_is_better=True
    )
    assert found.value == pytest.approx(0.0555)
    assert found.error == pytest.approx(0.0, abs=1e-9)
    assert (found.chosen, found.chosen_at) == (0, (0, 0, 1))


def test_seconds_are_better_when_they_are_fewer():
    found = value_of_knowing([levels(60, 60, 60), levels(20, 60, 90)], prices=[0, 0], more_is_better=False)
    # Unknowing: min(60, 0.185·20+0.63·60+0.185·90 = 58.15); knowing: 0.185·20+0.63·60+0.185·60 = 52.6.
    assert found.value == pytest.approx(58.15 - 52.6)


def test_a_dear_option_is_not_chosen_for_a_small_gain():
    options = [levels(0.5, 0.5, 0.5), levels(0.51, 0.52, 0.53)]
    assert value_of_knowing(options, prices=[0.0, 0.1], more_is_better=True).chosen == 0
    assert value_of_knowing(options, prices=[0.0, 0.0], more_is_better=True).chosen == 1


def test_the_error_is_that_of_the_mean_where_the_gain_is_a_mean():
    # With both options far apart at the ends the gain is linear in their difference at the high end.
    noise = np.array([-0.02, -0.01, 0.0, 0.01, 0.02])
    options = [levels(0.6, 0.6, 0.6), (kpi(0.2), kpi(0.5), kpi(0.9, noise))]
    expected = 0.185 * noise.std(ddof=1) / np.sqrt(5)
    assert value_of_knowing(options, prices=[0, 0], more_is_better=True).error == pytest.approx(expected)


def test_there_is_no_value_where_an_option_has_no_figure():
    empty = Kpi(
        name="x",
        unit="share",
        what="",
        p50=None,
        p90=None,
        interval=UNKNOWN,
        n=0,
        tops=0 * SAME,
        bottoms=0 * SAME,
    )
    assert (
        value_of_knowing([levels(1, 1, 1), (empty, empty, empty)], prices=[0, 0], more_is_better=True) is None
    )
