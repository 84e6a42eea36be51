"""The standard normal distribution, with scipy or, in an installation for SITL alone, without."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

ERFC = np.frompyfunc(math.erfc, 1, 1)


def _without_scipy(x: Any) -> Any:
    return 0.5 * np.asarray(ERFC(np.asarray(x) / -math.sqrt(2.0)), dtype=float)


@cache
def _cdf() -> Callable[[Any], Any]:
    """Scipy's function, which takes longer to load than a simulated vehicle to start; only who asks waits."""
    try:
        from scipy.special import ndtr
    except ModuleNotFoundError:  # equal to 4e-14, and ten times slower
        return _without_scipy
    return ndtr


def normal_cdf(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probability that a standard normal value is at most `x`, in the shape of `x`.

    >>> normal_cdf(np.array([0.0, 1.0])).round(3)
    array([0.5  , 0.841])
    """
    probability: NDArray[np.float64] = _cdf()(x)
    return probability
