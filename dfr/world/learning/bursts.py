"""Calls about the same incident, found in a log that does not say which they are (`find_bursts`).

The model is that of the simulation, a Neyman-Scott process: after the first call of an incident come a
Poisson number m of further ones in its zone, each an exponential time with mean τ later. Any two calls of an
incident are then an exponential time with mean τ apart, and m + m²/2 such pairs are expected, which makes
k = (m + m²/2) / (1 + m) for each call. Seen from a call, later calls of its zone come at the rate
b λ(t) + k exp(-u/τ) / τ, with λ of the hour of the week and of the day. k, τ and b are those of the largest
Palm likelihood (Tanaka, Ogata and Stoyan 2008); their errors are the sandwich's, with days as clusters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from dfr.geo import FloatArray
from dfr.statistics import Interval, t_value
from dfr.world.learning.figures import LearnedBursts, LearnedFigure

IntArray = NDArray[np.int64]

FEWEST_CALLS, FEWEST_DAYS = 200, 14
"""With fewer nothing is said of bursts (assumed)."""

APART_S = 7200.0
"""Calls further apart are not looked at: bursts of longer spacing than about an hour are not found."""

SHORTEST_S, LONGEST_S = 5.0, APART_S / 2.0

LEAST_LOG_EXCESS = -12.0
"""Where the fit ends here, there are no bursts, and the size of its errors means nothing."""

SURE = 3.0
"""Bursts are found where the excess of pairs is so many of its standard errors (assumed)."""

MOST_PAIRS = 3_000_000
BINS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pairs:
    """Pairs of calls of a zone: how far apart, the rate by hours at the later one, the day of the first.

    For each day of calls, `exposed` is what the rate by hours expects of pairs, and `calls` how many it has.
    """

    lag_s: FloatArray
    rate: FloatArray
    day: IntArray
    exposed: FloatArray
    calls: FloatArray


def find_bursts(
    t_s: FloatArray,
    zone: IntArray,
    *,
    hour_starts_s: FloatArray,
    calls_of_hour: FloatArray,
    day_of_hour: IntArray,
    source: str,
) -> LearnedBursts | None:
    """The bursts of calls at `t_s` in zones by number; None where there are too few calls or days.

    `calls_of_hour` are expected in each elapsed hour of the log, all zones together.
    """
    if len(t_s) < FEWEST_CALLS or len(np.unique(day_of_hour)) < FEWEST_DAYS:
        return None
    pairs = _collect_pairs(t_s, zone, hour_starts_s, calls_of_hour, day_of_hour)
    start = _start_values(pairs)
    found = optimize.minimize(
        _loss, start, args=(pairs,), jac=_slope, method="L-BFGS-B",
        bounds=[(-3.0, 3.0), (LEAST_LOG_EXCESS, 3.0), (math.log(SHORTEST_S), math.log(LONGEST_S))],
    )  # fmt: skip
    return _tell(pairs, found.x, n=len(t_s), source=source)


def _tell(pairs: _Pairs, parts: FloatArray, *, n: int, source: str) -> LearnedBursts:
    """What the logarithms of b, k and τ that fit best say."""
    scale, excess, mean_s = (float(value) for value in np.exp(parts))
    errors, degrees = _errors(parts, pairs)
    inside = SHORTEST_S * 1.01 < mean_s < LONGEST_S * 0.99 and math.log(excess) > LEAST_LOG_EXCESS + 0.01
    sure = bool(np.isfinite(errors).all()) and inside and 1.0 / errors[1] >= SURE
    wide = t_value(degrees) * errors if np.isfinite(errors).all() else np.full(3, np.inf)
    most = further_of(excess * (1.0 + min(float(wide[1]), 10.0)))
    about = Interval(
        further_of(excess * math.exp(-wide[1])), further_of(excess * math.exp(min(wide[1], 50.0)))
    )
    method = (
        "pairs of calls of a zone close in time beyond those of the hour (Palm likelihood, days as clusters)"
    )
    further = LearnedFigure(
        name=f"further calls about an incident{'' if sure else ', at most'}",
        value=further_of(excess) if sure else most, unit="calls",
        n=n, source=source, method=method, interval=about if sure else Interval(0.0, most),
        path="simulation.policing.bursts.further_calls" if sure else "",
    )  # fmt: skip
    within = LearnedFigure(
        name="how long after the first they come, mean", value=mean_s, unit="s", n=n, source=source,
        method=method, path="simulation.policing.bursts.within_mean_s",
        interval=Interval(mean_s * math.exp(-wide[2]), mean_s * math.exp(min(wide[2], 50.0))),
    )  # fmt: skip
    edges = np.linspace(0.0, APART_S / 2.0, BINS + 1)
    hours = scale * float(pairs.exposed.sum()) / APART_S * np.diff(edges)
    bursts = excess * float(pairs.calls.sum()) * -np.diff(np.exp(-edges / mean_s)) if sure else np.zeros(BINS)
    return LearnedBursts(
        found=sure, further=further, within=within if sure else None, joined=None,
        lag_edges_s=tuple(edges.tolist()),
        pairs=tuple(np.histogram(pairs.lag_s, edges)[0].astype(float).tolist()),
        by_hours=tuple(hours.tolist()), fitted=tuple((hours + bursts).tolist()),
    )  # fmt: skip


def further_of(excess: float) -> float:
    """The further calls of an incident by the excess of pairs of each call: m of k = (m + m²/2) / (1 + m).

    >>> m = 0.7
    >>> round(further_of((m + m**2 / 2) / (1 + m)), 6)
    0.7
    """
    return (excess - 1.0) + math.sqrt(excess**2 + 1.0)


def _collect_pairs(
    t_s: FloatArray, zone: IntArray, starts_s: FloatArray, expected: FloatArray, day_of_hour: IntArray
) -> _Pairs:
    last_s = float(starts_s[-1] + 3600.0)
    order = np.lexsort((t_s, zone))
    t_s, zone = t_s[order], zone[order]
    share = np.bincount(zone) / len(zone)
    summed = np.concatenate([[0.0], np.cumsum(expected)])
    edges = np.concatenate([starts_s, [last_s]])
    hour = np.clip(np.searchsorted(starts_s, t_s, side="right") - 1, 0, len(expected) - 1)
    day = day_of_hour[hour]
    # Who comes in the last two hours may have later calls that the log no longer shows.
    first = t_s < last_s - APART_S
    ahead = np.interp(np.minimum(t_s + APART_S, last_s), edges, summed) - np.interp(t_s, edges, summed)
    # Of a log with very many pairs the calls of some days tell enough.
    days, due = int(day_of_hour.max()) + 1, float((ahead * share[zone])[first].sum())
    first &= day % math.ceil(max(due / MOST_PAIRS, 1.0)) == 0
    exposed = np.bincount(day[first], (ahead * share[zone])[first], minlength=days).astype(float)
    calls = np.bincount(day[first], minlength=days).astype(float)
    lags, rates, of_day, step = [], [], [], 1
    while step < len(t_s):
        lag = t_s[step:] - t_s[:-step]
        near = (zone[step:] == zone[:-step]) & (lag <= APART_S) & first[:-step]
        if not near.any():
            break
        lags.append(lag[near])
        rates.append((expected[hour[step:]] / 3600.0 * share[zone[step:]])[near])
        of_day.append(day[:-step][near])
        step += 1
    none = np.empty(0)
    return _Pairs(
        lag_s=np.concatenate([none, *lags]), rate=np.concatenate([none, *rates]),
        day=np.concatenate([none.astype(np.int64), *of_day]), exposed=exposed, calls=calls,
    )  # fmt: skip


def _start_values(pairs: _Pairs) -> FloatArray:
    """Where to look first: the excess of pairs within 10 minutes, at 5 minutes apart."""
    near = float((pairs.lag_s < 600.0).sum()) - float(pairs.exposed.sum()) * 600.0 / APART_S
    excess = max(near / max(float(pairs.calls.sum()), 1.0), 0.01)
    return np.array([0.0, math.log(min(excess, 5.0)), math.log(300.0)])


def _loss(parts: FloatArray, pairs: _Pairs) -> float:
    scale, excess, mean_s = np.exp(parts)
    told = scale * pairs.rate + excess / mean_s * np.exp(-pairs.lag_s / mean_s)
    seen = excess * -math.expm1(-APART_S / mean_s) * float(pairs.calls.sum())
    return float(scale * pairs.exposed.sum() + seen - np.log(np.maximum(told, 1e-300)).sum())


def _slope(parts: FloatArray, pairs: _Pairs) -> FloatArray:
    return np.asarray(-_scores(parts, pairs).sum(axis=0))


def _scores(parts: FloatArray, pairs: _Pairs) -> FloatArray:
    """The slope of the likelihood by the logarithms of b, k and τ, a row for each day."""
    scale, excess, mean_s = np.exp(parts)
    by_hour = scale * pairs.rate
    by_burst = excess / mean_s * np.exp(-pairs.lag_s / mean_s)
    both = np.maximum(by_hour + by_burst, 1e-300)
    columns = (by_hour / both, by_burst / both, by_burst / both * (pairs.lag_s / mean_s - 1.0))
    told = [np.bincount(pairs.day, column, minlength=len(pairs.calls)) for column in columns]
    left = math.exp(-APART_S / mean_s)
    expected = (
        scale * pairs.exposed,
        excess * (1.0 - left) * pairs.calls,
        -excess * left * APART_S / mean_s * pairs.calls,
    )
    return np.column_stack([seen - due for seen, due in zip(told, expected, strict=True)])


def _errors(parts: FloatArray, pairs: _Pairs) -> tuple[FloatArray, int]:
    """(Standard errors of the logarithms of b, k and τ by the sandwich over days, degrees of freedom)."""
    scores = _scores(parts, pairs)[pairs.calls > 0]
    step, bend = 1e-4, np.empty((3, 3))
    for number in range(3):
        move = np.eye(3)[number] * step
        bend[number] = (_slope(parts + move, pairs) - _slope(parts - move, pairs)) / (2.0 * step)
    try:
        inverse = np.linalg.inv(bend)
    except np.linalg.LinAlgError:
        return np.full(3, np.nan), max(len(scores) - 3, 1)
    days = len(scores)
    spread = inverse @ (scores.T @ scores) @ inverse.T * days / max(days - 3, 1)
    errors = np.sqrt(np.maximum(np.diag(spread), 0.0))
    errors[errors == 0.0] = np.nan
    return errors, max(days - 3, 1)
