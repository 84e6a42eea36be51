"""Paired differences of two runs on the same calls: the second less the first.

A difference is of the very figures that the columns show, ratios of sums over all replications, with an
interval over pairs of replications. Many figures are tested at once, so that some would seem to differ by
chance: one figure is primary and stands for itself, and the others are marked together (Holm 1979).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dfr.errors import InputError
from dfr.metrics.kpi import Summary
from dfr.statistics import LEVEL, holm_rejections, ratio_difference, ratio_of_sums


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more one run has of a figure than another, over the replications that both runs have.

    The interval and `p_value` are None where there are too few replications. `pairs` counts the replications
    in which both have the figure. `clear_among_all`: clear even though many figures are tested.
    """

    name: str
    unit: str
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    p_value: float | None
    pairs: int
    primary: bool = False
    clear_among_all: bool = False

    @property
    def clear(self) -> bool:
        """True where the interval leaves out zero."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)


def compare(
    first: Summary, second: Summary, *, level: float = LEVEL, primary: str = ""
) -> tuple[Difference, ...]:
    """The paired differences of every figure that both runs have, the `primary` one first.

    Raises InputError where seeds differ: then the calls are not the same and pairs mean nothing.
    """
    if first.seed != second.seed:
        raise InputError(
            f"runs of seeds {first.seed} and {second.seed} cannot be paired", do="simulate both with one seed"
        )
    found = [_paired_difference(name, first, second, level) for name in first.kpis if name in second.kpis]
    alone = [replace(gap, primary=True, clear_among_all=gap.clear) for gap in found if gap.name == primary]
    return (*alone, *_mark_together([gap for gap in found if gap.name != primary], level))


def _mark_together(gaps: list[Difference], level: float) -> list[Difference]:
    """The differences, marked where they are clear among all of them."""
    rejected = holm_rejections([1.0 if gap.p_value is None else gap.p_value for gap in gaps], level)
    return [replace(gap, clear_among_all=sure) for gap, sure in zip(gaps, rejected, strict=True)]


def _paired_difference(name: str, first: Summary, second: Summary, level: float) -> Difference:
    count = min(first.replications, second.replications)
    a, b = ((kpi.tops[:count], kpi.bottoms[:count]) for kpi in (first.kpis[name], second.kpis[name]))
    before, after = ratio_of_sums(*a), ratio_of_sums(*b)
    interval, p_value = ratio_difference(a, b, level)
    return Difference(
        name=name,
        unit=first.kpis[name].unit,
        first=before,
        second=after,
        difference=None if before is None or after is None else after - before,
        low=interval.low,
        high=interval.high,
        p_value=p_value,
        pairs=int(np.count_nonzero((a[1] > 0.0) & (b[1] > 0.0))),
    )
