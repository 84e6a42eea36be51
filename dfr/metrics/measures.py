"""How one figure is made of records: a sample of values, a share of trials, or one value a replication.

`RunView` shows the records of a run as the figures want them: replications counted from 0, sums and counts
of each. Each `Kpi` keeps what it is made of in every replication, so that two runs on the same calls can be
compared in pairs (`dfr.metrics.compare`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dfr.scenario.key_figures import SHARE, KeyFigure
from dfr.sim.events import Records
from dfr.sim.inputs import Deployment, DockPlace, ZoneDemand
from dfr.statistics import (
    UNKNOWN,
    FloatArray,
    Interval,
    mean_interval,
    quantile_interval,
    ratio_interval,
    ratio_of_sums,
    share_interval,
)

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kpi:
    """One figure: what it is, its mean, median and 90th percentile, and the 95 % interval of the mean.

    The mean is a ratio of sums over replications, `tops` over `bottoms`: seconds over calls, hits over
    trials, or values over the replications that have one. Two runs on the same calls are compared by it, in
    pairs (`dfr.metrics.compare`). For a sample of durations the percentiles are those of all observations,
    with intervals of their own; for a share or a count they are over replications. `n` counts observations.
    None: nothing was observed.
    """

    name: str
    unit: str
    what: str
    p50: float | None
    p90: float | None
    interval: Interval
    n: int
    tops: FloatArray
    bottoms: FloatArray
    p50_interval: Interval = UNKNOWN
    p90_interval: Interval = UNKNOWN
    of_observations: bool = False

    @property
    def mean(self) -> float | None:
        """The mean over all observations of all replications."""
        return ratio_of_sums(self.tops, self.bottoms)

    @property
    def by_replication(self) -> FloatArray:
        """The figure of each replication, NaN where it has none."""
        ratio: FloatArray = np.full(len(self.tops), np.nan)
        np.divide(self.tops, self.bottoms, out=ratio, where=self.bottoms > 0.0)
        return ratio

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
            "percentiles_of": "observations" if self.of_observations else "replications",
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
    tops, bottoms = sums_of(replication, values, count), counts_of(replication, count)
    return Kpi(
        name=figure.name,
        unit=figure.unit,
        what=figure.what,
        p50=_sample_quantile(values, 0.5),
        p90=_sample_quantile(values, 0.9),
        interval=_possible(figure, ratio_interval(tops, bottoms)),
        n=len(values),
        tops=tops,
        bottoms=bottoms,
        p50_interval=quantile_interval(values, replication, 0.5, count=count),
        p90_interval=quantile_interval(values, replication, 0.9, count=count),
        of_observations=True,
    )


def of_share(figure: KeyFigure, hits: BoolArray, replication: IntArray, *, count: int) -> Kpi:
    """A figure that is a share: `hits` of the trials, each of its replication."""
    tops, bottoms = sums_of(replication, hits.astype(float), count), counts_of(replication, count)
    return _of_ratio(figure, tops, bottoms, share_interval(tops, bottoms))


def of_replications(figure: KeyFigure, values: FloatArray) -> Kpi:
    """A figure with one value for each replication, such as flights a day or a share of time."""
    known = ~np.isnan(values)
    interval = _possible(figure, mean_interval(values[known]))
    return _of_ratio(figure, np.where(known, values, 0.0), known.astype(np.float64), interval)


def _of_ratio(figure: KeyFigure, tops: FloatArray, bottoms: FloatArray, interval: Interval) -> Kpi:
    each = tops[bottoms > 0.0] / bottoms[bottoms > 0.0]
    return Kpi(
        name=figure.name,
        unit=figure.unit,
        what=figure.what,
        p50=_sample_quantile(each, 0.5),
        p90=_sample_quantile(each, 0.9),
        interval=interval,
        n=round(float(bottoms.sum())),
        tops=tops,
        bottoms=bottoms,
    )


def scaled(figure: KeyFigure, kpi: Kpi, factor: float | None) -> Kpi:
    """A figure times a stated number, unknown where the number is."""
    if factor is None or kpi.mean is None:
        return of_replications(figure, np.full(len(kpi.tops), np.nan))
    low, high = kpi.interval.low, kpi.interval.high
    return replace(
        kpi,
        name=figure.name,
        unit=figure.unit,
        what=figure.what,
        p50=None if kpi.p50 is None else kpi.p50 * factor,
        p90=None if kpi.p90 is None else kpi.p90 * factor,
        interval=UNKNOWN if low is None or high is None else Interval(low * factor, high * factor),
        tops=kpi.tops * factor,
    )


def sums_of(replication: IntArray, values: FloatArray, count: int) -> FloatArray:
    """Sum of the values of each replication."""
    return np.bincount(replication, weights=values, minlength=count).astype(np.float64)


def counts_of(replication: IntArray, count: int) -> FloatArray:
    """Number of entries of each replication."""
    return np.bincount(replication, minlength=count).astype(np.float64)


def _sample_quantile(values: FloatArray, probability: float) -> float | None:
    """The smallest observation that so many do not exceed; None where there is none."""
    return float(np.quantile(values, probability, method="inverted_cdf")) if len(values) else None


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
