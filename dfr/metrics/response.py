"""How response times spread: the share of all calls of each grade with a drone overhead by each second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.metrics.measures import IntArray, RunView, counts_of, sums_of
from dfr.statistics import UNKNOWN, FloatArray, Interval, share_interval

POINTS = 61
"""Points of a curve: a second or a few apart on a chart of a few minutes."""

PAST_TARGET, MOST_REACHED = 2.0, 0.95
"""A curve runs to so many targets, or until so many of the calls reached are overhead, whichever is later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseCurve:
    """Of one grade: `share[k]` of its calls had a drone overhead within `at_s[k]` of the call.

    A call that no drone reached counts as never, so that the curve ends at the share attended. `low` and
    `high` are 95 % intervals of each point over the replications, NaN where there are too few, or nobody yet.
    """

    grade: str
    target_s: float
    calls: int
    in_target: float
    at_s: FloatArray
    share: FloatArray
    low: FloatArray
    high: FloatArray


def response_curves(view: RunView) -> tuple[ResponseCurve, ...]:
    """A curve for each grade that has calls, in the order of the grades."""
    seconds = view.number("calls", "overhead_s") - view.number("calls", "call_s")
    curves = []
    for grade in view.deployment.grades:
        mask = view.is_("calls", "grade", grade.id)
        if mask.any():
            own, replication = seconds[mask], view.replication("calls")[mask]
            curves.append(_curve(grade.id, grade.target_s, own, replication, view.count))
    return tuple(curves)


def _curve(
    grade: str, target_s: float, seconds: FloatArray, replication: IntArray, count: int
) -> ResponseCurve:
    reached = seconds[~np.isnan(seconds)]
    end_s = max(PAST_TARGET * target_s, float(np.quantile(reached, MOST_REACHED)) if len(reached) else 0.0)
    at_s = np.linspace(0.0, end_s, POINTS)
    trials = counts_of(replication, count)
    hits = np.stack([sums_of(replication, (seconds <= t).astype(float), count) for t in at_s])
    # Before the first drone can be there nothing is uncertain, and Wilson's interval of nothing says little.
    intervals = [share_interval(each, trials) if each.any() else UNKNOWN for each in hits]
    return ResponseCurve(
        grade=grade,
        target_s=target_s,
        calls=len(seconds),
        in_target=float((seconds <= target_s).mean()),
        at_s=at_s,
        share=hits.sum(axis=1) / trials.sum(),
        low=_ends(intervals, "low"),
        high=_ends(intervals, "high"),
    )


def _ends(intervals: list[Interval], end: str) -> FloatArray:
    values = (getattr(interval, end) for interval in intervals)
    return np.array([np.nan if value is None else value for value in values])
