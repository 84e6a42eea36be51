"""The chance that a launch is over in time, against scipy's own distributions."""

import numpy as np
import pytest
from scipy import stats

from dfr.plan.layouts import expected_s, probability_within
from dfr.scenario.model import Duration, DurationShape

SECONDS = np.array([-5.0, 0.0, 10.0, 35.0, 60.0, 500.0])


def test_a_lognormal_launch_has_scipys_distribution():
    launch = Duration(shape=DurationShape.LOGNORMAL, median_s=35.0, p90_s=55.0)
    sigma = np.log(55.0 / 35.0) / stats.norm.ppf(0.9)
    oracle = stats.lognorm(s=sigma, scale=35.0)
    assert probability_within(launch, SECONDS) == pytest.approx(oracle.cdf(SECONDS), abs=1e-12)
    assert expected_s(launch) == pytest.approx(oracle.mean())


def test_an_exponential_launch_has_scipys_distribution():
    launch = Duration(shape=DurationShape.EXPONENTIAL, median_s=35.0, p90_s=0.0)
    oracle = stats.expon(scale=35.0 / np.log(2.0))
    assert probability_within(launch, SECONDS) == pytest.approx(oracle.cdf(SECONDS), abs=1e-12)
    assert expected_s(launch) == pytest.approx(oracle.mean())


def test_a_constant_launch_is_in_time_or_not():
    launch = Duration(shape=DurationShape.CONSTANT, median_s=35.0, p90_s=35.0)
    assert probability_within(launch, SECONDS).tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


def test_out_of_reach_is_never_in_time():
    launch = Duration(shape=DurationShape.LOGNORMAL, median_s=35.0, p90_s=55.0)
    assert probability_within(launch, 90.0 - np.array([np.inf])).tolist() == [0.0]
