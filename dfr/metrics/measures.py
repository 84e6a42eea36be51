"""How one figure is made of records: a sample of values, a share of trials, or one value a replication.

`RunView` shows the records of a run as the figures want them: replications counted from 0, sums and counts
of each. Each `Kpi` keeps the value of every replication, so that two runs on the same calls can be compared
in pairs (`dfr.metrics.compare`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfr.metrics.key_figures import SHARE, KeyFigure
from dfr.sim.events import Records
from dfr.sim.inputs import Deployment, DockPlace, ZoneDemand
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


def _possible(figure: KeyFigure, interval: Interval) -> Interval:
    """An interval without what no value can be: every figure counts, measures time or is a share."""
    return interval.clipped(0.0, 1.0 if figure.unit == SHARE else math.inf)


def of_values(figure: KeyFigure, values: FloatArray, replication: IntArray, *, count: int) -> Kpi:
    """A figure over a sample, such as the seconds of all calls that were reached; NaN is no observation."""
    known = ~np.isnan(values)
    values, replication = values[known], replication[known]
    sums, counts = sums_of(replication, values, count), counts_of(replication, count)
    empty = len(values) == 0
    return Kpi(
        name=figure.name,
        unit=figure.unit,
        what=figure.what,
        mean=None if empty else float(sums.sum() / counts.sum()),
        p50=None if empty else _sample_quantile(values, 0.5),
        p90=None if empty else _sample_quantile(values, 0.9),
        interval=_possible(figure, ratio_interval(sums, counts)),
        n=len(values),
        p50_interval=quantile_interval(values, replication, 0.5, count=count),
        p90_interval=quantile_interval(values, replication, 0.9, count=count),
        by_replication=_ratio_of_sums(sums, counts),
    )


def of_share(figure: KeyFigure, hits: BoolArray, replication: IntArray, *, count: int) -> Kpi:
    """A figure that is a share: `hits` of the trials, each of its replication."""
    tops, bottoms = sums_of(replication, hits.astype(float), count), counts_of(replication, count)
    return of_ratio(figure, tops, bottoms)


def of_ratio(figure: KeyFigure, tops: FloatArray, bottoms: FloatArray) -> Kpi:
    """A ratio of sums over replications; as a share it gets Wilson's interval."""
    each, total = _ratio_of_sums(tops, bottoms), float(bottoms.sum())
    by_share = figure.unit == SHARE
    interval = share_interval(tops, bottoms) if by_share else _possible(figure, ratio_interval(tops, bottoms))
    known = each[~np.isnan(each)]
    return Kpi(
        name=figure.name,
        unit=figure.unit,
        what=figure.what,
        mean=float(tops.sum()) / total if total > 0.0 else None,
        p50=_sample_quantile(known, 0.5) if len(known) else None,
        p90=_sample_quantile(known, 0.9) if len(known) else None,
        interval=interval,
        n=round(total),
        p50_interval=UNKNOWN,
        p90_interval=UNKNOWN,
        by_replication=each,
    )


def of_replications(figure: KeyFigure, values: FloatArray) -> Kpi:
    """A figure with one value for each replication, such as flights a day or a share of time."""
    known = values[~np.isnan(values)]
    return Kpi(
        name=figure.name,
        unit=figure.unit,
        what=figure.what,
        mean=float(known.mean()) if len(known) else None,
        p50=_sample_quantile(known, 0.5) if len(known) else None,
        p90=_sample_quantile(known, 0.9) if len(known) else None,
        interval=_possible(figure, mean_interval(known)),
        n=len(known),
        p50_interval=UNKNOWN,
        p90_interval=UNKNOWN,
        by_replication=values,
    )


def scaled(figure: KeyFigure, kpi: Kpi, factor: float | None) -> Kpi:
    """A figure times a stated number, unknown where the number is."""
    if factor is None or kpi.mean is None:
        nothing = np.full(len(kpi.by_replication), np.nan)
        return of_replications(figure, nothing)
    low, high = kpi.interval.low, kpi.interval.high
    return Kpi(
        name=figure.name,
        unit=figure.unit,
        what=figure.what,
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


def _sample_quantile(values: FloatArray, probability: float) -> float:
    """The smallest observation that so many do not exceed."""
    return float(np.quantile(values, probability, method="inverted_cdf"))


def _ratio_of_sums(tops: FloatArray, bottoms: FloatArray) -> FloatArray:
    """Ratio of each replication, NaN where it has no trials."""
    ratio: FloatArray = np.full(len(tops), np.nan)
    np.divide(tops, bottoms, out=ratio, where=bottoms > 0.0)
    return ratio


@dataclass(frozen=True, slots=True)
class RunView:
    """Records, the deployment they are of, and its time with people on duty."""

    records: Records
    deployment: Deployment
    count: int
    ranks: dict[str, IntArray]
    duty_moments_s: FloatArray
    duty_until_s: FloatArray

    @classmethod
    def of(cls, records: Records, deployment: Deployment) -> RunView:
        """The view of a run."""
        order = np.asarray(records.replications)
        ranks = {
            name: np.searchsorted(order, table["replication"]).astype(np.int64)
            for name, table in records.tables.items()
        }
        return cls(records, deployment, len(order), ranks, *_duty_clock(deployment))

    def replication(self, table: str) -> IntArray:
        """The replication of each record, counted from 0."""
        return self.ranks[table]

    def number(self, table: str, name: str) -> FloatArray:
        """A column of numbers."""
        return self.records.column(table, name)

    def is_(self, table: str, name: str, word: str) -> BoolArray:
        """Where a text column holds a word."""
        hits: BoolArray = self.records.column(table, name) == self.records.code(word)
        return hits

    def places(self, table: str, name: str, parts: Sequence[DockPlace | ZoneDemand]) -> IntArray:
        """A text column of docks or zones as their numbers in the deployment."""
        place = np.full(len(self.records.words), -1, dtype=np.int64)
        for number, part in enumerate(parts):
            place[self.records.code(part.id)] = number
        return place[self.records.column(table, name)]

    def sums(self, table: str, values: FloatArray) -> FloatArray:
        """Sum over each replication of one value for each record."""
        return sums_of(self.ranks[table], values, self.count)

    def counts(self, table: str) -> FloatArray:
        """Number of records of each replication."""
        return counts_of(self.ranks[table], self.count)

    def ended(self, clock: str, table: str = "flights") -> FloatArray:
        """A clock of the flights or moves, the horizon where it never came."""
        moments = self.number(table, clock)
        return np.where(np.isnan(moments), self.deployment.horizon_s, moments)

    def flown_s(self, since: str) -> FloatArray:
        """Seconds of all flights and moves from a clock to touchdown, for each replication."""
        flights, moves = (
            self.sums(table, self.ended("landed_s", table) - self.number(table, since))
            for table in ("flights", "moves")
        )
        return flights + moves

    def on_duty_s(self, start_s: FloatArray, end_s: FloatArray) -> FloatArray:
        """Seconds between two moments in which people were on duty."""
        until = np.interp(end_s, self.duty_moments_s, self.duty_until_s)
        return np.asarray(until - np.interp(start_s, self.duty_moments_s, self.duty_until_s))

    @property
    def duty_s(self) -> float:
        """Seconds of the horizon with people on duty."""
        return float(self.duty_until_s[-1])

    @property
    def posts_s(self) -> float:
        """Drone seconds that the people on duty may have in use."""
        horizon = self.deployment.horizon_s
        return sum(
            duty.drones * max(0.0, min(duty.end_s, horizon) - max(0.0, duty.start_s))
            for duty in self.deployment.duties
        )


def ready_share(view: RunView, dock: str) -> FloatArray:
    """Share of the time on duty with a charged drone in a dock, for each replication."""
    some = view.is_("readiness", "dock", dock) & (view.number("readiness", "ready") > 0)
    seconds = view.on_duty_s(view.number("readiness", "start_s"), view.number("readiness", "end_s"))
    return share_of(view.sums("readiness", some * seconds), view.duty_s)


def share_of(values: FloatArray, whole: float) -> FloatArray:
    """Values over a whole; NaN where that is nothing."""
    return values / whole if whole > 0.0 else np.full(len(values), np.nan)


def _duty_clock(deployment: Deployment) -> tuple[FloatArray, FloatArray]:
    """Moments, and the seconds on duty up to each."""
    horizon = deployment.horizon_s
    duties = [(max(0.0, d.start_s), min(horizon, d.end_s)) for d in deployment.duties if d.drones > 0]
    moments = np.unique(np.clip([0.0, horizon, *(t for duty in duties for t in duty)], 0.0, horizon))
    middles = 0.5 * (moments[:-1] + moments[1:])
    manned = np.array([any(start <= t < end for start, end in duties) for t in middles], dtype=float)
    return moments, np.concatenate([[0.0], np.cumsum(manned * np.diff(moments))])
