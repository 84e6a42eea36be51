"""Paired differences of two runs on the same calls: the second less the first, replication by replication."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.errors import InputError
from dfr.metrics.kpi import Summary
from dfr.statistics import LEVEL, mean_interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more one run has of a figure than another; None in the interval: too few replications.

    `pairs` counts the replications in which both have the figure.
    """

    name: str
    unit: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    pairs: int

    @property
    def clear(self) -> bool:
        """True where the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)


def compare(first: Summary, second: Summary, *, level: float = LEVEL) -> tuple[Difference, ...]:
    """The paired differences of every figure that both runs have.

    Raises InputError where seeds differ: then the calls are not the same and pairs mean nothing.
    """
    if first.seed != second.seed:
        raise InputError(
            f"runs of seeds {first.seed} and {second.seed} cannot be paired", do="simulate both with one seed"
        )
    return tuple(_paired_difference(name, first, second, level) for name in first.kpis if name in second.kpis)


def _paired_difference(name: str, first: Summary, second: Summary, level: float) -> Difference:
    a, b = first.kpis[name], second.kpis[name]
    count = min(len(a.by_replication), len(b.by_replication))
    gaps = b.by_replication[:count] - a.by_replication[:count]
    gaps = gaps[~np.isnan(gaps)]
    interval = mean_interval(gaps, level)
    return Difference(
        name=name,
        unit=a.unit,
        first=a.mean,
        second=b.mean,
        difference=float(gaps.mean()) if len(gaps) else None,
        low=interval.low,
        high=interval.high,
        pairs=len(gaps),
    )
