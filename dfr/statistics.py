"""Statistics: Wilson, Student and Woodruff intervals; percentiles of normal and log-normal distributions.

Start with `mean_interval`, `share_interval` and `quantile_interval` for figures of replications, and with
`wilson` for a share of independent trials.

In a simulation the replication is the unit. Calls of one replication share their fortune (the rate factor,
a queue), so they are not independent: every interval is over replications. Means of calls are ratios of sums:
their interval is the jackknife's, corrected for skewness (Hall 1992), and so is that of the difference of two
runs on the same calls. Shares get Wilson's form with the effective number of observations, by the ratio
estimator's linearised variance (Cochran 1977, ch. 6); quantiles invert the interval of the share below them
(Woodruff 1952). Nothing is resampled, so the same records give the same interval to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

LEVEL = 0.95
"""Confidence of every interval that does not say otherwise."""

Z90, Z975 = 1.2815515655446004, 1.959963984540054
"""The 90th and 97.5th percentiles of the standard normal distribution."""


def lognormal_sigma(median: float, p90: float) -> float:
    """Standard deviation of the logarithm of a log-normal variate, by its median and 90th percentile.

    >>> round(lognormal_sigma(100.0, 200.0), 4)
    0.5409
    """
    return float(np.log(p90 / median)) / Z90


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`; None where there is too little to say (fewer than two replications)."""

    low: float | None
    high: float | None

    @property
    def half_width(self) -> float | None:
        """Half the length."""
        return None if self.low is None or self.high is None else 0.5 * (self.high - self.low)

    def clipped(self, least: float, most: float = math.inf) -> Interval:
        """The part of it that can be: a time is not negative, a share is between 0 and 1.

        >>> Interval(-0.5, 3.0).clipped(0.0, 1.0)
        Interval(low=0.0, high=1.0)
        """
        if self.low is None or self.high is None:
            return self
        return Interval(min(max(self.low, least), most), min(max(self.high, least), most))


UNKNOWN = Interval(None, None)


def t_value(degrees: int, level: float = LEVEL) -> float:
    """Two-sided critical value of Student's t.

    >>> round(t_value(9), 3)
    2.262
    """
    from scipy.special import stdtrit  # not part of an installation for SITL alone

    return float(stdtrit(degrees, 0.5 + 0.5 * level))


def mean_interval(values: FloatArray, level: float = LEVEL) -> Interval:
    """Student's interval of the mean of independent values, one from each replication."""
    if len(values) < 2:
        return UNKNOWN
    half = t_value(len(values) - 1, level) * float(values.std(ddof=1)) / math.sqrt(len(values))
    return Interval(float(values.mean()) - half, float(values.mean()) + half)


def ratio_of_sums(tops: FloatArray, bottoms: FloatArray) -> float | None:
    """sum(tops) / sum(bottoms), such as the mean over all calls of all replications; None over nothing."""
    total = float(bottoms.sum())
    return float(tops.sum()) / total if total > 0.0 else None


def ratio_variance(tops: FloatArray, bottoms: FloatArray) -> float | None:
    """Variance of sum(tops) / sum(bottoms) over replications; None where it cannot be said."""
    count, total = len(tops), float(bottoms.sum())
    if count < 2 or total <= 0.0:
        return None
    rest = tops - float(tops.sum()) / total * bottoms
    return count / (count - 1) * float((rest**2).sum()) / total**2


def ratio_interval(tops: FloatArray, bottoms: FloatArray, level: float = LEVEL) -> Interval:
    """Interval of a ratio of sums, such as the mean over all calls of all replications.

    Jackknifed, with Student's t and Hall's correction for skewness: waits have a long tail, and Student's
    interval alone holds their mean too seldom (`docs/validation.md`).
    """
    values = jackknife_values(tops, bottoms)
    if values is None:
        return UNKNOWN
    ratio = float(tops.sum() / bottoms.sum())
    low, high = skewed_ends(values, level, degrees=_degrees(bottoms))
    return Interval(min(low, ratio), max(high, ratio))


def ratio_difference(
    first: tuple[FloatArray, FloatArray], second: tuple[FloatArray, FloatArray], level: float = LEVEL
) -> tuple[Interval, float | None]:
    """(Interval of the second ratio of sums less the first, p-value of no difference), in pairs.

    Each ratio is given as its tops and bottoms, replication by replication on the same calls. Unknown where
    the replications that differ are fewer than `LEAST_DIFFERING`, unless all or none of them differ.
    """
    a, b = jackknife_values(*first), jackknife_values(*second)
    if a is None or b is None:
        return UNKNOWN, None
    differing = np.count_nonzero((first[0] != second[0]) | (first[1] != second[1]))
    if differing == 0:
        return Interval(0.0, 0.0), 1.0
    if differing < min(LEAST_DIFFERING, len(a)):
        return UNKNOWN, None
    degrees = min(_degrees(first[1]), _degrees(second[1]))
    difference = float(second[0].sum() / second[1].sum() - first[0].sum() / first[1].sum())
    low, high = skewed_ends(b - a, level, degrees=degrees)
    interval = Interval(min(low, difference), max(high, difference))
    return interval, skewed_p_value(b - a, degrees=degrees)


LEAST_DIFFERING = 3
"""Fewer pairs that differ, out of many, tell too little of how large a rare difference can be (assumed)."""


def jackknife_values(tops: FloatArray, bottoms: FloatArray) -> FloatArray | None:
    """The jackknife's pseudo-values of sum(tops) / sum(bottoms) (Tukey 1958); their mean is nearly unbiased.

    None where leaving one replication out would leave nothing.
    """
    if np.count_nonzero(bottoms) < 2:
        return None
    count, top, bottom = len(tops), float(tops.sum()), float(bottoms.sum())
    return np.asarray(count * top / bottom - (count - 1) * (top - tops) / (bottom - bottoms))


def _degrees(bottoms: FloatArray) -> int:
    """Degrees of freedom: the replications that count, less one for the mean and one for the skewness."""
    return max(1, int(np.count_nonzero(bottoms)) - 2)


def skewed_ends(values: FloatArray, level: float = LEVEL, *, degrees: int) -> tuple[float, float]:
    """Ends of the interval of the mean of independent values that may be skewed (Hall 1992).

    Hall's cubic takes the skewness out of the t statistic; here it is inverted. Where nothing is skewed this
    is Student's interval.
    """
    mean, error, bend = _mean_and_bend(values)
    critical = t_value(degrees, level)
    if abs(bend) < 1e-9:
        return mean - error * critical, mean + error * critical
    low, high = (
        mean - error * float(np.cbrt(1.0 + 6.0 * bend * (t - bend)) - 1.0) / (2.0 * bend)
        for t in (critical, -critical)
    )
    return low, high


def skewed_p_value(values: FloatArray, *, degrees: int) -> float:
    """Probability of a mean so far from 0 if it were 0; `skewed_ends` has an end at 0 at this level."""
    mean, error, bend = _mean_and_bend(values)
    if error <= 0.0:
        return 1.0 if mean == 0.0 else 0.0
    t = mean / error
    if abs(bend) >= 1e-9:
        t = bend + ((1.0 + 2.0 * bend * t) ** 3 - 1.0) / (6.0 * bend)
    from scipy.special import stdtr  # not part of an installation for SITL alone

    return float(2.0 * stdtr(degrees, -abs(t)))


def _mean_and_bend(values: FloatArray) -> tuple[float, float, float]:
    """(Mean, its standard error, how much the skewness bends the t statistic)."""
    count, mean = len(values), float(values.mean())
    spread = float(values.std(ddof=1))
    if count < 3 or spread <= 1e-12 * abs(mean):
        return mean, spread / math.sqrt(count), 0.0
    third = count / ((count - 1) * (count - 2)) * float(((values - mean) ** 3).sum())
    return mean, spread / math.sqrt(count), third / spread**3 / (6.0 * math.sqrt(count))


def holm_rejections(p_values: Sequence[float], level: float = LEVEL) -> tuple[bool, ...]:
    """Which of several differences are not 0; with this confidence not one of them is claimed wrongly.

    The step-down procedure of Holm (1979): the tests may depend on each other.

    >>> holm_rejections([0.01, 0.04, 0.03])
    (True, False, False)
    """
    rejected = [False] * len(p_values)
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda each: p_values[each])):
        if p_values[index] > (1.0 - level) / (len(p_values) - rank):
            break
        rejected[index] = True
    return tuple(rejected)


def share_interval(hits: FloatArray, trials: FloatArray, level: float = LEVEL) -> Interval:
    """Wilson's interval of a share, `hits` of `trials` in each replication.

    The number of observations is the effective one, p (1 - p) / variance; where every replication
    has all or none it is the number of replications with trials, the most cautious choice.
    """
    variance = ratio_variance(hits, trials)
    if variance is None:
        return UNKNOWN
    share, critical = float(hits.sum() / trials.sum()), t_value(len(hits) - 1, level)
    effective = share * (1.0 - share) / variance if variance > 0.0 else float(np.count_nonzero(trials))
    return wilson(share, effective, critical)


def wilson(share: float, trials: float, critical: float = Z975) -> Interval:
    """Wilson's score interval (Wilson 1927).

    >>> interval = wilson(0.0, 10)
    >>> (interval.low, round(interval.high, 4))
    (0.0, 0.2775)
    """
    if trials <= 0.0:
        return UNKNOWN
    squared = critical**2 / trials
    centre = (share + 0.5 * squared) / (1.0 + squared)
    half = critical / (1.0 + squared) * math.sqrt(share * (1.0 - share) / trials + 0.25 * squared / trials)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))


def poisson_rate(count: float, exposure: float, level: float = LEVEL) -> Interval:
    """Garwood's interval of the rate of a Poisson process: `count` events in an `exposure`, such as days.

    It holds the rate at least as often as it says (Garwood 1936).

    >>> interval = poisson_rate(0, 2.0)
    >>> (interval.low, round(interval.high, 2))
    (0.0, 1.84)
    """
    if exposure <= 0.0:
        return UNKNOWN
    tail = 0.5 * (1.0 - level)
    from scipy.special import gammaincinv  # not part of an installation for SITL alone

    low = float(gammaincinv(count, tail)) if count > 0.0 else 0.0
    return Interval(low / exposure, float(gammaincinv(count + 1.0, 1.0 - tail)) / exposure)


def quantile_interval(
    values: FloatArray,
    replication: NDArray[np.int64],
    probability: float,
    *,
    count: int,
    level: float = LEVEL,
) -> Interval:
    """Woodruff's interval of a quantile of pooled values, each of a `replication` from 0 to count - 1."""
    if len(values) == 0 or count < 2:
        return UNKNOWN
    quantile = float(np.quantile(values, probability, method="inverted_cdf"))
    below = np.bincount(replication[values <= quantile], minlength=count).astype(float)
    trials = np.bincount(replication, minlength=count).astype(float)
    interval = share_interval(below, trials, level)
    half = interval.half_width
    if half is None:
        return UNKNOWN
    ends = np.clip([probability - half, probability + half], 0.0, 1.0)
    low, high = np.quantile(values, ends, method="inverted_cdf")
    return Interval(float(low), float(high))
