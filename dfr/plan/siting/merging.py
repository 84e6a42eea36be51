"""Rows of a cost table that are nearly alike, merged so that what is proven of the rest holds for the whole.

A merged row costs the least of its rows at each column. So no choice costs more by the merged table than by
the whole one, and a lower bound on the merged problem is one on the whole (aggregation by bounds, Geoffrion
1977). What a choice really costs is read off the whole table.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dfr.geo import FloatArray


def merge_rows(cost: FloatArray, weights: FloatArray, *, step: float) -> tuple[FloatArray, FloatArray]:
    """(rows, weights) with rows of one whole number of steps in every column as one; no weight, no row.

    >>> merge_rows(np.array([[0.1, 1.0], [0.15, 1.0], [0.9, 1.0]]), np.array([1.0, 2.0, 3.0]), step=0.5)
    (array([[0.1, 1. ],
           [0.9, 1. ]]), array([3., 3.]))
    """
    asked = weights > 0.0
    cost, weights = cost[asked], weights[asked]
    _, first, group = np.unique(_row_keys(cost, step), return_index=True, return_inverse=True)
    ranks = np.argsort(np.argsort(first))
    order = np.argsort(ranks[group], kind="stable")
    starts = np.searchsorted(ranks[group][order], np.arange(len(first)))
    return np.minimum.reduceat(cost[order], starts, axis=0), np.add.reduceat(weights[order], starts)


def _row_keys(cost: FloatArray, step: float) -> NDArray[np.uint64]:
    """A number for each row, the same for rows of the same steps.

    Rows that meet in a number by accident are merged too: that costs sharpness, never the bound.
    """
    factors = np.random.default_rng(0).integers(1, 2**63, size=(cost.shape[1],), dtype=np.uint64)
    keys = np.zeros(len(cost), np.uint64)
    for j, column in enumerate(cost.T):
        keys += np.floor(column / step).astype(np.uint64) * factors[j]
    return keys
