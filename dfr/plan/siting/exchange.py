"""Good p-median choices quickly: greedy addition and exchange of single columns."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.model import IntArray


def greedy_median(cost: FloatArray, p: int, forced: NDArray[np.bool_]) -> IntArray:
    """The numbers of p columns, forced ones first, each lowering the total most; ties to the lowest."""
    chosen = [int(j) for j in np.flatnonzero(forced)]
    nearest = cost[:, chosen].min(axis=1) if chosen else np.full(cost.shape[0], cost.max(initial=0.0))
    while len(chosen) < p:
        totals = np.minimum(cost, nearest[:, None]).sum(axis=0)
        totals[chosen] = np.inf
        chosen.append(int(np.argmin(totals)))
        nearest = np.minimum(nearest, cost[:, chosen[-1]])
    return np.asarray(chosen, int)


def exchange(cost: FloatArray, chosen: IntArray, forced: NDArray[np.bool_], *, limit: int = 500) -> IntArray:
    """A choice that no exchange of one column improves (Teitz & Bart 1968, best exchange first)."""
    chosen = chosen.copy()
    for _ in range(limit):
        change = _exchange_gains(cost, chosen)
        change[forced[chosen]] = -np.inf
        change[:, chosen] = -np.inf
        out, into = np.unravel_index(int(np.argmax(change)), change.shape)
        if not change[out, into] > 1e-9 * max(cost.max(initial=0.0), 1.0):
            break
        chosen[out] = into
    return chosen


def _exchange_gains(cost: FloatArray, chosen: IntArray) -> FloatArray:
    """(p, columns): how much the total falls when chosen column i gives way to column j."""
    served = cost[:, chosen]
    by = np.argmin(served, axis=1)
    nearest = served[np.arange(by.size), by]
    if chosen.size > 1:
        second = np.partition(served, 1, axis=1)[:, 1]
    else:
        second = np.full(by.size, cost.max(initial=0.0))
    gain = np.maximum(nearest[:, None] - cost, 0.0).sum(axis=0)
    saved = np.maximum(second[:, None] - np.maximum(cost, nearest[:, None]), 0.0)
    groups = sparse.csr_array((np.ones(by.size), (by, np.arange(by.size))), shape=(chosen.size, by.size))
    loss = np.bincount(by, second - nearest, minlength=chosen.size)
    return np.asarray(gain[None, :] + groups @ saved - loss[:, None])
