"""The p-median by radii as a programme for HiGHS: best where the relaxation is almost whole.

Cornuejols, Nemhauser & Wolsey 1980; Elloumi 2010.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.milp import Programme
from dfr.plan.siting.model import IntArray


def median_programme(cost: FloatArray, p: int, fixed: NDArray[np.bool_]) -> Programme:
    """The p-median by radii (Cornuejols, Nemhauser & Wolsey 1980).

    z_ik = 1 where row i has no open column within its k-th distinct cost; the row pays its least
    cost plus each step up to the next that z lets through:  z_ik + sum_{c_ij = D_ik} y_j >= z_i,k-1.
    """
    rows, columns = cost.shape
    ceiling = cost[:, fixed].min(axis=1) if fixed.any() else np.full(rows, np.inf)
    ceiling = np.minimum(ceiling, np.sort(cost, axis=1)[:, columns - p])
    offset, steps = 0.0, _Steps(columns)
    for i in range(rows):
        offset += steps.add_row(cost[i], float(ceiling[i]))
    return steps.programme(p, fixed, offset)


class _Steps:
    """The rows of the radius formulation, collected."""

    def __init__(self, columns: int) -> None:
        self._columns = columns
        self._at: list[tuple[IntArray, IntArray]] = []
        self._costs: list[float] = []
        self._lower: list[float] = []

    def add_row(self, cost: FloatArray, ceiling: float) -> float:
        """Add the chain of one demand row; returns its least cost."""
        radii = np.unique(cost[cost <= ceiling])
        previous = -1
        for k in range(radii.size - 1):
            here = np.flatnonzero(cost == radii[k])
            own = self._columns + len(self._costs)
            entries = [*here.tolist(), own] + ([] if previous < 0 else [previous])
            signs = [1] * (here.size + 1) + ([] if previous < 0 else [-1])
            self._at.append((np.asarray(entries), np.asarray(signs)))
            self._lower.append(1.0 if previous < 0 else 0.0)
            self._costs.append(float(radii[k + 1] - radii[k]))
            previous = own
        return float(radii[0])

    def programme(self, p: int, fixed: NDArray[np.bool_], offset: float) -> Programme:
        """The whole; the constant part of the cost rides on a column fixed at 1."""
        chains, total = len(self._costs), self._columns + len(self._costs) + 1
        entries = [*self._at, (np.arange(self._columns), np.ones(self._columns, int))]
        lengths = [columns.size for columns, _ in entries]
        matrix = sparse.csr_array(
            (
                np.concatenate([signs for _, signs in entries]).astype(float),
                np.concatenate([columns for columns, _ in entries]),
                np.concatenate(([0], np.cumsum(lengths))),
            ),
            shape=(chains + 1, total),
        )
        lower = np.zeros(total)
        lower[: self._columns][fixed] = 1.0
        lower[-1] = 1.0
        return Programme(
            cost=np.concatenate((np.zeros(self._columns), self._costs, [offset])),
            lower=lower,
            upper=np.ones(total),
            integer=np.arange(total) < self._columns,
            matrix=matrix,
            row_lower=np.asarray([*self._lower, float(p)]),
            row_upper=np.concatenate((np.full(chains, np.inf), [float(p)])),
        )
