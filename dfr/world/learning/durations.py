"""Random durations from observed times (`fit_duration`), and from those that some did not wait for.

A scenario states a log-normal duration by its median and 90th percentile: that half of the times, and nine in
ten, are shorter. With `ENOUGH` times these are those of the data themselves, with intervals by order
statistics, which hold whatever the shape is; with fewer they are those of the log-normal distribution fitted
to the logarithms, with exact intervals (Student's t, noncentral t: Hahn and Meeker 1991, section 4.4). An
exponential distribution is taken where the times do not speak against it and it is the likelier one by far.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from dfr.geo import FloatArray
from dfr.scenario.model import DurationShape
from dfr.statistics import Z90, Z975, Interval, t_value
from dfr.world.learning.figures import QUANTILES, LearnedDuration

FEWEST = 5
"""With fewer times nothing is said of a duration (assumed)."""

ENOUGH = 40
"""The 90th percentile has a two-sided interval by order statistics from 36 times on."""

FEWEST_LOST = 30
"""With fewer callers who gave up nothing is said of patience (assumed)."""

LIKELIER = 4.0
"""By how much the AIC of the exponential distribution must be lower (Burnham and Anderson 2002: 4 to 7)."""

REJECTED = 1.308
"""Of the modified distance from an exponential distribution of unknown mean, 1 % (Stephens 1974)."""

MINUTE_S = 60.0


def fit_duration(times_s: FloatArray) -> LearnedDuration | None:
    """The duration that times show; None for fewer than `FEWEST`. Times of 0 are half a second."""
    times_s = np.sort(np.maximum(np.asarray(times_s, float), 0.5))
    if len(times_s) < FEWEST:
        return None
    if times_s[0] == times_s[-1]:
        same = float(times_s[0])
        point = Interval(same, same)
        return LearnedDuration(
            shape=DurationShape.CONSTANT, median_s=same, p90_s=same, median=point, p90=point,
            n=len(times_s), method="all the same",
        )  # fmt: skip
    if _is_exponential(times_s):
        return _with_data(_fit_exponential(times_s), times_s)
    by_order = len(times_s) >= ENOUGH
    return _with_data(_fit_by_order(times_s) if by_order else _fit_lognormal(times_s), times_s)


def whole_minutes(times_s: FloatArray) -> bool:
    """Whether times were written down in whole minutes only."""
    return len(times_s) >= FEWEST and bool(np.all(np.mod(times_s, MINUTE_S) == 0.0))


def _is_exponential(times_s: FloatArray) -> bool:
    """Whether times do not reject an exponential distribution, and it is likelier than a log-normal one."""
    count, below = len(times_s), -np.expm1(-times_s / float(times_s.mean()))
    ranks = np.arange(1, count + 1) / count
    apart = float(max(np.abs(ranks - below).max(), np.abs(ranks - 1.0 / count - below).max()))
    if (apart - 0.2 / count) * (math.sqrt(count) + 0.26 + 0.5 / math.sqrt(count)) > REJECTED:
        return False
    logs = np.log(times_s)
    spread = max(float(logs.std()), 1e-9)
    lognormal = -float(logs.sum()) - len(logs) * (math.log(spread) + 0.5 * math.log(2.0 * math.pi) + 0.5)
    exponential = -len(logs) * (math.log(float(times_s.mean())) + 1.0)
    return (2.0 - 2.0 * exponential) + LIKELIER < 4.0 - 2.0 * lognormal


def _fit_exponential(times_s: FloatArray) -> LearnedDuration:
    count, mean = len(times_s), float(times_s.mean())
    low, high = (2.0 * count * mean / float(stats.chi2.ppf(end, 2 * count)) for end in (0.975, 0.025))
    half, ninth = math.log(2.0), math.log(10.0)
    return LearnedDuration(
        shape=DurationShape.EXPONENTIAL, median_s=half * mean, p90_s=ninth * mean, n=count,
        median=Interval(half * low, half * high), p90=Interval(ninth * low, ninth * high),
        method="exponential, by its mean",
    )  # fmt: skip


def _fit_by_order(times_s: FloatArray) -> LearnedDuration:
    (median, about_median), (p90, about_p90) = (_quantile(times_s, share) for share in (0.5, 0.9))
    return LearnedDuration(
        shape=DurationShape.LOGNORMAL if p90 > median else DurationShape.CONSTANT,
        median_s=median, p90_s=p90, median=about_median, p90=about_p90, n=len(times_s),
        method="percentiles of the times, order statistics",
    )  # fmt: skip


def _quantile(ordered: FloatArray, share: float) -> tuple[float, Interval]:
    """A percentile with the interval between two of the ordered times that hold it with 95 %."""
    count = len(ordered)
    low, high = (int(stats.binom.ppf(end, count, share)) for end in (0.025, 0.975))
    # Exact ranks: P(at most low - 1 below) <= 2.5 %, and as much above.
    below, above = max(low - 1, 0), min(high, count - 1)
    return float(np.quantile(ordered, share)), Interval(float(ordered[below]), float(ordered[above]))


def _fit_lognormal(times_s: FloatArray) -> LearnedDuration:
    logs, count = np.log(times_s), len(times_s)
    mean, spread = float(logs.mean()), float(logs.std(ddof=1))
    half = t_value(count - 1) * spread / math.sqrt(count)
    scale = math.sqrt(count)
    ends = [float(stats.nct.ppf(end, count - 1, Z90 * scale)) * spread / scale for end in (0.025, 0.975)]
    return LearnedDuration(
        shape=DurationShape.LOGNORMAL, median_s=math.exp(mean), p90_s=math.exp(mean + Z90 * spread), n=count,
        median=Interval(math.exp(mean - half), math.exp(mean + half)),
        p90=Interval(math.exp(mean + ends[0]), math.exp(mean + ends[1])),
        method="log-normal, by the mean and spread of the logarithms",
    )  # fmt: skip


def _with_data(fit: LearnedDuration, ordered: FloatArray) -> LearnedDuration:
    """The fit with what shows how good it is: percentiles of many times only, which tell of no single one."""
    count = len(ordered)
    fitted = duration_cdf(fit, ordered)
    ranks = np.arange(1, count + 1) / count
    apart = float(max(np.abs(ranks - fitted).max(), np.abs(ranks - 1.0 / count - fitted).max()))
    shown = tuple(np.quantile(ordered, QUANTILES).tolist()) if count >= ENOUGH else ()
    return replace(fit, quantiles_s=shown, apart=apart)


def duration_cdf(fit: LearnedDuration, times_s: FloatArray) -> FloatArray:
    """The share of the fitted duration that is below each time."""
    times_s = np.asarray(times_s, float)
    if fit.shape is DurationShape.EXPONENTIAL:
        return np.asarray(-np.expm1(-math.log(2.0) * times_s / fit.median_s))
    if fit.shape is DurationShape.CONSTANT or fit.p90_s <= fit.median_s:
        return (times_s >= fit.median_s).astype(float)
    spread = math.log(fit.p90_s / fit.median_s) / Z90
    return np.asarray(stats.norm.cdf(np.log(np.maximum(times_s, 1e-9) / fit.median_s) / spread))


def fit_patience(waited_s: FloatArray, gave_up: NDArray[np.bool_]) -> LearnedDuration | None:
    """How long callers wait until they need nobody any more, by those who gave up and those reached.

    Who was reached would have waited for longer: a time that is censored there. Log-normal, by maximum
    likelihood; intervals by its curvature on the scale of logarithms. That callers who were reached are like
    those who were not is assumed. None where fewer than `FEWEST_LOST` gave up.
    """
    waited_s = np.maximum(np.asarray(waited_s, float), 0.5)
    if int(gave_up.sum()) < FEWEST_LOST:
        return None
    logs = np.log(waited_s)

    def loss(parts: FloatArray) -> float:
        z = (logs - parts[0]) / math.exp(parts[1])
        told = np.where(gave_up, -0.5 * z**2 - parts[1], stats.norm.logsf(z))
        return -float(told.sum())

    start = np.array([float(logs.mean()) + 1.0, 0.0])
    found = optimize.minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-8})
    mean, spread = float(found.x[0]), math.exp(float(found.x[1]))
    known = np.linalg.inv(_curvature(loss, found.x))
    p90_slope = np.array([1.0, Z90 * spread])
    errors = math.sqrt(known[0, 0]), math.sqrt(float(p90_slope @ known @ p90_slope))
    ends = [(mean, errors[0]), (mean + Z90 * spread, errors[1])]
    median, p90 = (Interval(math.exp(at - Z975 * e), math.exp(at + Z975 * e)) for at, e in ends)
    return LearnedDuration(
        shape=DurationShape.LOGNORMAL, median_s=math.exp(mean), p90_s=math.exp(mean + Z90 * spread),
        median=median, p90=p90, n=int(gave_up.sum()),
        method="log-normal, by those who gave up and those who were reached (censored)",
    )  # fmt: skip


def _curvature(loss: Callable[[FloatArray], float], at: FloatArray) -> FloatArray:
    """The matrix of second derivatives of a function of few numbers, by central differences."""
    step, size = 1e-3, len(at)
    found = np.empty((size, size))
    for i in range(size):
        for j in range(size):
            one, other = np.eye(size)[i] * step, np.eye(size)[j] * step
            corners = (
                loss(at + one + other)
                - loss(at + one - other)
                - loss(at - one + other)
                + loss(at - one - other)
            )
            found[i, j] = corners / (4.0 * step**2)
    return found
