"""The value of knowing an uncertain figure before a decision (`value_of_knowing`), from simulated options.

The figure is taken to be at its low end, as it is, or at its high end, with the weights of the 5th, 50th and
95th percentiles (Keefer and Bodily 1983). Whoever knows it chooses the best option at each; whoever does not
chooses one for all. The difference is the most that measuring the figure may cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dfr.metrics.measures import Kpi
from dfr.statistics import FloatArray

WEIGHTS = np.array([0.185, 0.63, 0.185])


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionValue:
    """What knowing a figure is worth, in the key figure's unit, with its standard error over replications.

    `chosen_at` is the place of the best option at the figure's low end, as it is, and at its high end;
    `chosen` that of the best without knowing.
    """

    value: float
    error: float
    chosen: int
    chosen_at: tuple[int, int, int]


def value_of_knowing(
    options: Sequence[tuple[Kpi, Kpi, Kpi]], *, prices: Sequence[float], more_is_better: bool
) -> DecisionValue | None:
    """The value of knowing a figure, by the answer of each option at its low end, as it is, and at its high.

    `prices` are what each option costs, in the key figure's unit. None where an option has no such figure.
    """
    tops = np.array([[kpi.tops for kpi in levels] for levels in options])
    bottoms = np.array([[kpi.bottoms for kpi in levels] for levels in options])
    count = tops.shape[2]
    if count < 2 or (bottoms.sum(axis=2) <= 0.0).any():
        return None
    sign, price = (1.0 if more_is_better else -1.0), np.asarray(prices, dtype=float)[:, None]
    payoffs = sign * tops.sum(axis=2) / bottoms.sum(axis=2) - price
    without = [
        _gain(
            sign * np.delete(tops, i, axis=2).sum(axis=2) / np.delete(bottoms, i, axis=2).sum(axis=2) - price
        )
        for i in range(count)
        if (np.delete(bottoms, i, axis=2).sum(axis=2) > 0.0).all()
    ]
    spread = float(np.var(without)) if len(without) > 1 else float("nan")
    low, as_is, high = (int(place) for place in payoffs.argmax(axis=0))
    return DecisionValue(
        value=_gain(payoffs),
        error=float(np.sqrt((count - 1) * spread)),
        chosen=int((payoffs @ WEIGHTS).argmax()),
        chosen_at=(low, as_is, high),
    )


def _gain(payoffs: FloatArray) -> float:
    """What knowing gains, from the payoff of each option at each level."""
    return float(payoffs.max(axis=0) @ WEIGHTS - (payoffs @ WEIGHTS).max())
