"""How soon a launch is: the chance that a random delay ends in time, and its expected length."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from dfr.geo import FloatArray
from dfr.scenario.model import Duration, DurationShape

Z90 = 1.2815515655446004
"""90th percentile of the standard normal distribution."""


def chance_within(delay: Duration, seconds: FloatArray) -> FloatArray:
    """Chance that a delay is over within so many seconds, of the same shape; 0 for none left.

    >>> launch = Duration(shape=DurationShape.LOGNORMAL, median_s=35.0, p90_s=55.0)
    >>> chance_within(launch, np.array([-1.0, 35.0, 55.0])).round(3).tolist()
    [0.0, 0.5, 0.9]
    """
    left = np.maximum(seconds, 0.0)
    sigma = _sigma(delay)
    if delay.shape is DurationShape.EXPONENTIAL:
        chance = -np.expm1(-left * math.log(2.0) / delay.median_s)
    elif sigma == 0.0:
        chance = (seconds >= delay.median_s).astype(float)
    else:
        with np.errstate(divide="ignore"):
            chance = ndtr(np.log(left / delay.median_s) / sigma)
    return np.asarray(chance, float)


def expected_s(delay: Duration) -> float:
    """Expected length of a delay, s.

    >>> expected_s(Duration(shape=DurationShape.CONSTANT, median_s=30.0, p90_s=30.0))
    30.0
    """
    if delay.shape is DurationShape.EXPONENTIAL:
        return delay.median_s / math.log(2.0)
    return delay.median_s * math.exp(0.5 * _sigma(delay) ** 2)


def _sigma(delay: Duration) -> float:
    """Deviation of the logarithm; 0 for a delay that is always the same."""
    if delay.shape is not DurationShape.LOGNORMAL or delay.median_s <= 0.0:
        return 0.0
    return math.log(delay.p90_s / delay.median_s) / Z90
