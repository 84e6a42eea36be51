"""How calls spread over the hours of the week, and how much days differ (`fit_hours`, `spread_of_days`)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

from dfr.statistics import UNKNOWN, Interval, poisson_rate
from dfr.world.demand_estimate import weekday_moments
from dfr.world.learning.figures import LearnedHours

IntArray = NDArray[np.int64]

WEEK, HOURS = 7, 24
SIGNIFICANT = 0.95


def fit_hours(by_hour: IntArray, days: Sequence[date], *, alike: float) -> LearnedHours:
    """The hours of each weekday: its own as far as they differ from those of all days beyond chance.

    `by_hour` has a row for each of `days`; `alike` is its design effect. The share of a weekday's hour is
    that of a Dirichlet prior at the shares of all days, whose weight is by moments of the chi-square
    statistic (empirical Bayes; Mosimann 1962 for the variance of its counts).
    """
    weekday = np.array([day.weekday() for day in days])
    counts = np.array([by_hour[weekday == day].sum(axis=0) for day in range(WEEK)])
    total = counts.sum(axis=0)
    overall = (total + 1.0 / HOURS) / (total.sum() + 1.0)
    pull = _find_pull(counts, alike)
    calls = counts.sum(axis=1, keepdims=True)
    shares = np.tile(overall, (WEEK, 1)) if math.isinf(pull) else (counts + pull * overall) / (calls + pull)
    return LearnedHours(
        counts=tuple(tuple(row) for row in counts.tolist()),
        days=tuple(int((weekday == day).sum()) for day in range(WEEK)),
        shares=tuple(tuple(row) for row in shares.tolist()),
        pull=pull,
    )


def _find_pull(counts: IntArray, alike: float) -> float:
    """How many calls the hours of all days weigh in those of a weekday; infinite where none differs."""
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    rows, columns = counts.shape
    calls, total = counts.sum(axis=1).astype(float), float(counts.sum())
    if rows < 2 or columns < 2:
        return math.inf
    due = calls[:, None] * (counts.sum(axis=0) / total)[None, :]
    found = float(((counts - due) ** 2 / due).sum()) / alike
    if found <= stats.chi2.ppf(SIGNIFICANT, (rows - 1) * (columns - 1)):
        return math.inf
    left = (columns - 1) * (1.0 - calls / total)

    def missing(log_pull: float) -> float:
        pull = math.exp(log_pull)
        return float((left * (calls + pull) / (1.0 + pull)).sum()) - found

    if missing(0.0) <= 0.0:
        return 1.0
    return math.exp(optimize.brentq(missing, 0.0, 25.0)) if missing(25.0) < 0.0 else math.inf


def spread_of_days(by_day: Mapping[date, int], burst_factor: float) -> tuple[float, Interval] | None:
    """(The coefficient of variation of the rate between days of a weekday beyond bursts, its interval).

    Of counts with mean m and variance f m + c² m², f of the bursts; the interval is that of a variance (χ²).
    None where no weekday was observed twice.
    """
    found = weekday_moments(by_day)
    if found is None:
        return None
    freedom, means, variances = found
    squares = float(freedom @ means**2)
    seen = float(freedom @ variances) / squares
    chance, degrees = burst_factor * float(freedom @ means) / squares, float(freedom.sum())
    low, high = (seen * degrees / end - chance for end in _chi2_ends(degrees))
    return math.sqrt(max(seen - chance, 0.0)), Interval(math.sqrt(max(low, 0.0)), math.sqrt(max(high, 0.0)))


def _chi2_ends(degrees: float) -> tuple[float, float]:
    return float(stats.chi2.ppf(0.975, degrees)), float(stats.chi2.ppf(0.025, degrees))


def dispersed_rate(counts: IntArray) -> tuple[float, Interval]:
    """(Events of a day, its interval: Garwood's, widened by how much days differ)."""
    days, mean = len(counts), float(counts.mean()) if len(counts) else 0.0
    if mean <= 0.0:
        return 0.0, poisson_rate(0.0, float(days)) if days else UNKNOWN
    excess = max(1.0, float(counts.var(ddof=1)) / mean) if days > 1 else 1.0
    return mean, poisson_rate(float(counts.sum()) / excess, days / excess)
