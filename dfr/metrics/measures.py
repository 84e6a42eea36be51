"""How one figure is made of records: a sample of values, a share of trials, or one value a replication.

Each `Kpi` keeps the value of every replication, so that two runs on the same calls can be compared
in pairs (`dfr.metrics.compare`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfr.statistics import (
    UNKNOWN,
    FloatArray,
    Interval,
    mean_interval,
    quantile_interval,
    ratio_interval,
    share_interval,
)

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kpi:
    """One figure: what it is, its mean, median and 90th percentile, and the 95 % interval of the mean.

    For a sample of durations the percentiles are those of all calls, with intervals of their own; for
    a share or a count they are over replications. `n` counts observations. None: nothing was observed.
    """

    name: str
    unit: str
    what: str
    mean: float | None
    p50: float | None
    p90: float | None
    interval: Interval
    n: int
    p50_interval: Interval
    p90_interval: Interval
    by_replication: FloatArray

    def as_dict(self) -> dict[str, object]:
        """The figure as it stands in JSON."""
        return {
            "mean": self.mean,
            "p50": self.p50,
            "p90": self.p90,
            "low": self.interval.low,
            "high": self.interval.high,
            "n": self.n,
            "unit": self.unit,
            "what": self.what,
            "p50_low": self.p50_interval.low,
            "p50_high": self.p50_interval.high,
            "p90_low": self.p90_interval.low,
            "p90_high": self.p90_interval.high,
        }


def of_values(
    name: str, values: FloatArray, replication: IntArray, *, count: int, unit: str, what: str
) -> Kpi:
    """A figure over a sample, such as the seconds of all calls that were reached; NaN is no observation."""
    known = ~np.isnan(values)
    values, replication = values[known], replication[known]
    sums, counts = sums_of(replication, values, count), counts_of(replication, count)
    empty = len(values) == 0
    return Kpi(
        name=name,
        unit=unit,
        what=what,
        mean=None if empty else float(sums.sum() / counts.sum()),
        p50=None if empty else _quantile(values, 0.5),
        p90=None if empty else _quantile(values, 0.9),
        interval=ratio_interval(sums, counts),
        n=len(values),
        p50_interval=quantile_interval(values, replication, 0.5, count=count),
        p90_interval=quantile_interval(values, replication, 0.9, count=count),
        by_replication=_ratio(sums, counts),
    )


def of_share(name: str, hits: BoolArray, replication: IntArray, *, count: int, what: str) -> Kpi:
    """A figure that is a share: `hits` of the trials, each of its replication."""
    tops, bottoms = sums_of(replication, hits.astype(float), count), counts_of(replication, count)
    return of_ratio(name, tops, bottoms, unit="share", what=what)


def of_ratio(name: str, tops: FloatArray, bottoms: FloatArray, *, unit: str, what: str) -> Kpi:
    """A ratio of sums over replications; as a share it gets Wilson's interval."""
    each, total = _ratio(tops, bottoms), float(bottoms.sum())
    interval = share_interval(tops, bottoms) if unit == "share" else ratio_interval(tops, bottoms)
    known = each[~np.isnan(each)]
    return Kpi(
        name=name,
        unit=unit,
        what=what,
        mean=float(tops.sum()) / total if total > 0.0 else None,
        p50=_quantile(known, 0.5) if len(known) else None,
        p90=_quantile(known, 0.9) if len(known) else None,
        interval=interval,
        n=round(total),
        p50_interval=UNKNOWN,
        p90_interval=UNKNOWN,
        by_replication=each,
    )


def of_replications(name: str, values: FloatArray, *, unit: str, what: str) -> Kpi:
    """A figure with one value for each replication, such as flights a day or a share of time."""
    known = values[~np.isnan(values)]
    return Kpi(
        name=name,
        unit=unit,
        what=what,
        mean=float(known.mean()) if len(known) else None,
        p50=_quantile(known, 0.5) if len(known) else None,
        p90=_quantile(known, 0.9) if len(known) else None,
        interval=mean_interval(known),
        n=len(known),
        p50_interval=UNKNOWN,
        p90_interval=UNKNOWN,
        by_replication=values,
    )


def scaled(kpi: Kpi, factor: float | None, *, name: str, what: str) -> Kpi:
    """A figure times a stated number, unknown where the number is."""
    if factor is None or kpi.mean is None:
        nothing = np.full(len(kpi.by_replication), np.nan)
        return of_replications(name, nothing, unit=kpi.unit, what=what)
    low, high = kpi.interval.low, kpi.interval.high
    return Kpi(
        name=name,
        unit=kpi.unit,
        what=what,
        mean=kpi.mean * factor,
        p50=None if kpi.p50 is None else kpi.p50 * factor,
        p90=None if kpi.p90 is None else kpi.p90 * factor,
        interval=UNKNOWN if low is None or high is None else Interval(low * factor, high * factor),
        n=kpi.n,
        p50_interval=UNKNOWN,
        p90_interval=UNKNOWN,
        by_replication=kpi.by_replication * factor,
    )


def sums_of(replication: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Sum of the values of each replication."""
    return np.bincount(replication, weights=values, minlength=count).astype(np.float64)


def counts_of(replication: IntArray, count: int) -> FloatArray:
    """Number of entries of each replication."""
    return np.bincount(replication, minlength=count).astype(np.float64)


def _quantile(values: FloatArray, probability: float) -> float:
    """The smallest observation that so many do not exceed."""
    return float(np.quantile(values, probability, method="inverted_cdf"))


def _ratio(tops: FloatArray, bottoms: FloatArray) -> FloatArray:
    """Ratio of each replication, NaN where it has no trials."""
    ratio: FloatArray = np.full(len(tops), np.nan)
    np.divide(tops, bottoms, out=ratio, where=bottoms > 0.0)
    return ratio
