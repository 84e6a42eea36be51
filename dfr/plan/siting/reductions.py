"""Smaller siting problems with the same optimum: equal demand rows merged, dominated sites dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.model import IntArray, Request

KEY_SEED = 20240823
"""Seed of the row keys; any value serves, a fixed one makes runs repeat."""


@dataclass(frozen=True, slots=True)
class CoverProblem:
    """Which merged demand rows each free site covers.

    `cover` has shape (rows, len(columns)), entries 1; `weights` (rows,) are the merged demands;
    `columns` are the sites' original numbers; `fixed` are sites already chosen, which cover demand of
    weight `secured`; `p` is how many of `columns` remain to be chosen.
    """

    cover: sparse.csr_array
    weights: FloatArray
    columns: IntArray
    fixed: tuple[int, ...]
    secured: float
    p: int

    def restrict(self, keep: NDArray[np.bool_], fix: NDArray[np.bool_]) -> CoverProblem:
        """The problem when sites `fix` are chosen and of the others only `keep` may be."""
        taken = np.flatnonzero(fix)
        held = np.asarray(self.cover[:, taken].sum(axis=1)).ravel() > 0
        left = np.flatnonzero(keep & ~fix)
        cover, weights = merge_rows(self.cover[~held][:, left], self.weights[~held])
        return CoverProblem(
            cover=cover,
            weights=weights,
            columns=self.columns[left],
            fixed=(*self.fixed, *(int(j) for j in self.columns[taken])),
            secured=self.secured + float(self.weights[held].sum()),
            p=self.p - taken.size,
        )


def coverage(times: FloatArray | sparse.csr_array, limit_s: float) -> sparse.csr_array:
    """Which site covers which demand within a limit: 1 where a finite time is at most `limit_s`."""
    reach = min(limit_s, np.finfo(float).max)
    if isinstance(times, np.ndarray):
        return sparse.csr_array((times <= reach).astype(np.float64))
    table = times.copy()
    table.data = (times.data <= reach).astype(np.float64)
    table.eliminate_zeros()
    return table


def covered_demand(asked: Request, limit_s: float, chosen: Sequence[int]) -> float:
    """Demand within a limit of some chosen site."""
    cover = coverage(asked.times, limit_s)
    if not chosen:
        return 0.0
    return float(asked.demand[np.asarray(cover[:, list(chosen)].sum(axis=1)).ravel() > 0].sum())


def merge_rows(cover: sparse.csr_array, weights: FloatArray) -> tuple[sparse.csr_array, FloatArray]:
    """Rows with the same sites as one, weights added; rows without weight or site left out.

    Rows are compared by 128-bit sums of random site keys: two different rows agree
    with a probability below 1e-20 even among 10^8 of them.
    """
    useful = (np.diff(cover.indptr) > 0) & (weights > 0)
    if not useful.all():
        cover, weights = cover[useful], weights[useful]
    if cover.shape[0] == 0:
        return cover, weights
    keys = _row_keys(cover)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    new = np.any(keys[order[1:]] != keys[order[:-1]], axis=1)
    group = np.empty(order.size, int)
    group[order] = np.concatenate(([0], np.cumsum(new)))
    first = np.full(group.max() + 1, order.size, int)
    np.minimum.at(first, group, np.arange(order.size))
    totals = np.bincount(group, weights).astype(np.float64)
    position = np.argsort(first)
    return cover[first[position]], totals[position]


def _row_keys(cover: sparse.csr_array) -> NDArray[np.uint64]:
    keys = np.random.default_rng(KEY_SEED).integers(0, 2**64, size=(cover.shape[1], 2), dtype=np.uint64)
    ones = sparse.csr_array((np.ones(cover.nnz, np.uint64), cover.indices, cover.indptr), shape=cover.shape)
    return np.asarray(ones @ keys)


def dominated_columns(cover: sparse.csr_array) -> NDArray[np.bool_]:
    """Sites whose demand another site covers too; of equal sites the lowest number stays."""
    by_site = cover.tocsc()
    shared = np.asarray((by_site.T @ by_site).todense())
    own = shared.diagonal()
    within = shared >= own[:, None]
    strictly = within & (own[None, :] > own[:, None])
    equal = within & (own[None, :] == own[:, None])
    return np.asarray(strictly.any(axis=1) | np.tril(equal, -1).any(axis=1))


def dominated_rows(cover: sparse.csr_array) -> NDArray[np.bool_]:
    """Rows that hold every site of another row, so are covered with it; of equal rows the first stays."""
    shared = np.asarray((cover @ cover.T).todense())
    own = shared.diagonal()
    holds = shared >= own[None, :]
    strictly = holds & (own[None, :] < own[:, None])
    equal = holds & (own[None, :] == own[:, None])
    return np.asarray(strictly.any(axis=1) | np.tril(equal, -1).any(axis=1))


def cover_problem(asked: Request, limit_s: float, p: int, *, unit: float = 1.0) -> CoverProblem:
    """A maximal covering problem in its smallest equal form, demand in units of `unit`."""
    cover, weights = merge_rows(coverage(asked.times, limit_s), asked.demand / unit)
    whole = CoverProblem(cover, weights, np.arange(asked.count), (), 0.0, p)
    fix = np.isin(whole.columns, asked.forced)
    keep = ~np.isin(whole.columns, asked.forbidden)
    problem = whole.restrict(keep, fix)
    if problem.columns.size == 0 or problem.cover.shape[0] == 0:
        return problem
    return problem.restrict(~dominated_columns(problem.cover), np.zeros(problem.columns.size, bool))
