"""Maximal covering: greedy and swaps from below, a Lagrangian bound from above, HiGHS for what is left.

MCLP (Church & ReVelle 1974): choose p sites so that the demand w_i of covered rows is largest,

    max sum_i w_i z_i   s.t.   z_i <= sum_j a_ij y_j,   sum_j y_j = p,   y binary, 0 <= z <= 1.

With a price 0 <= u_i <= w_i on each covering constraint the relaxed optimum is
sum_i (w_i - u_i) + the p largest (A'u)_j: a bound for every u. Sites whose relaxed value shows that
they are in no better choice, or in every one, are settled; rows that have become equal are merged again.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.milp import Programme, Progress, solve
from dfr.plan.siting.model import IntArray
from dfr.plan.siting.reductions import CoverProblem

DUAL_STEPS = 400
ROUNDS = 4
HALVE_AFTER = 15


@dataclass(frozen=True, slots=True)
class CoverAnswer:
    """Chosen original sites (at most p; fewer where more would add nothing), covered weight and bound."""

    chosen: tuple[int, ...]
    objective: float
    bound: float


@dataclass(frozen=True, slots=True)
class _Dual:
    bound: float
    values: FloatArray
    best: float
    chosen: IntArray


def solve_cover(
    problem: CoverProblem, *, time_limit_s: float, relative_gap: float, on_progress: Progress | None
) -> CoverAnswer:
    """The best choice of a covering problem and a proven bound on any."""
    started = perf_counter()
    whole = bool(np.all(problem.weights == np.round(problem.weights)))
    best = _Best(problem, whole=whole, relative_gap=relative_gap)
    for _ in range(ROUNDS):
        if problem.p <= 0 or problem.columns.size <= problem.p or problem.cover.shape[0] == 0:
            best.offer(problem, np.arange(min(max(problem.p, 0), problem.columns.size)))
            best.bound = best.objective
            return best.answer()
        dual = _dual(problem, best)
        best.settle(problem.secured + dual.bound)
        if on_progress is not None:
            on_progress(best.objective, best.bound)
        if best.proven or perf_counter() - started > time_limit_s:
            return best.answer()
        fix, keep = _settled(problem, dual, best)
        if keep.sum() > 0.9 * keep.size and not fix.any():
            break
        problem = problem.restrict(keep, fix)
    _finish(problem, best, time_limit_s - (perf_counter() - started), on_progress)
    return best.answer()


class _Best:
    """The best choice so far and the least proven bound."""

    def __init__(self, problem: CoverProblem, *, whole: bool, relative_gap: float) -> None:
        self.chosen: tuple[int, ...] = problem.fixed
        self.objective = problem.secured
        self.bound = problem.secured + float(problem.weights.sum())
        self._whole, self.relative_gap = whole, relative_gap

    def offer(self, problem: CoverProblem, columns: IntArray) -> None:
        """Take a choice of the problem's columns where it covers more."""
        held = np.asarray(problem.cover[:, columns].sum(axis=1)).ravel() > 0
        value = problem.secured + float(problem.weights[held].sum())
        if value > self.objective:
            self.objective = value
            self.chosen = (*problem.fixed, *(int(j) for j in problem.columns[np.sort(columns)]))

    def settle(self, bound: float) -> None:
        """Lower the bound: whole weights allow only whole totals."""
        slack = 1e-10 * max(abs(bound), 1.0)
        self.bound = min(self.bound, np.floor(bound + slack) if self._whole else bound + slack)
        self.bound = max(self.bound, self.objective)

    @property
    def threshold(self) -> float:
        """A choice has to cover more than this to be worth finding."""
        return self.objective + (1.0 - 1e-6 if self._whole else 5e-10 * max(self.objective, 1.0))

    def settled_by(self, bound: float) -> bool:
        """True where a bound leaves nothing worth finding, or the gap asked for."""
        return bound < self.threshold or bound - self.objective <= self.relative_gap * self.objective

    @property
    def proven(self) -> bool:
        """True where the gap asked for is reached."""
        return self.bound - self.objective <= max(self.relative_gap, 1e-9) * max(self.objective, 1e-9)

    def answer(self) -> CoverAnswer:
        """The result so far."""
        return CoverAnswer(self.chosen, self.objective, self.bound)


def greedy(cover: sparse.csr_array, weights: FloatArray, p: int) -> IntArray:
    """The numbers of p columns, each adding the most new weight; ties to the lowest number."""
    by_site = cover.tocsc()
    left = weights.copy()
    gains = by_site.T @ left
    chosen: list[int] = []
    for _ in range(min(p, cover.shape[1])):
        gains[chosen] = -1.0
        j = int(np.argmax(gains))
        chosen.append(j)
        rows = by_site.indices[by_site.indptr[j] : by_site.indptr[j + 1]]
        new = rows[left[rows] > 0]
        gains = gains - cover[new].T @ left[new]
        left[new] = 0.0
    return np.asarray(chosen)


def swap(cover: sparse.csr_array, weights: FloatArray, chosen: IntArray, *, limit: int = 200) -> IntArray:
    """A choice that no exchange of one site improves (best exchange first)."""
    chosen = chosen.copy()
    for _ in range(limit):
        count = np.asarray(cover[:, chosen].sum(axis=1)).ravel()
        free = cover.T @ np.where(count == 0, weights, 0.0)
        lone = cover * np.where(count == 1, weights, 0.0)[:, None]
        alone = lone.tocsc()[:, chosen]
        change = free[None, :] + np.asarray((alone.T @ cover).todense()) - alone.sum(axis=0)[:, None]
        change[:, chosen] = -np.inf
        out, into = np.unravel_index(int(np.argmax(change)), change.shape)
        if change[out, into] <= 1e-9 * weights.sum():
            break
        chosen[out] = into
    return chosen


def _first_price(problem: CoverProblem) -> FloatArray:
    """Of a few plain prices the one with the least bound: the whole weight, half, and shared by the sites.

    The whole weight bounds by the p heaviest sites, which is near where sites overlap little.
    """
    sharing = np.diff(problem.cover.indptr)
    prices = (problem.weights, 0.5 * problem.weights, problem.weights / np.maximum(sharing, 1))

    def bound(price: FloatArray) -> float:
        values = problem.cover.T @ price
        return float((problem.weights - price).sum() + np.sort(values)[-problem.p :].sum())

    return min(prices, key=bound).copy()


def _dual(problem: CoverProblem, best: _Best) -> _Dual:
    """The Lagrangian bound by subgradient steps; choices met on the way are offered."""
    cover, weights, p = problem.cover, problem.weights, problem.p
    transposed = cover.T.tocsr()
    start = swap(cover, weights, greedy(cover, weights, p))
    best.offer(problem, start)
    target = best.objective - problem.secured
    price = _first_price(problem)
    top_bound, top_values, top_chosen = np.inf, weights[:0], start
    pace, idle = 1.0, 0
    for _ in range(DUAL_STEPS):
        values = transposed @ price
        chosen = np.argpartition(-values, p - 1)[:p]
        bound = float((weights - price).sum() + values[chosen].sum())
        if bound < top_bound - 1e-9 * abs(bound):
            top_bound, top_values, top_chosen, idle = bound, values, chosen, 0
            best.offer(problem, chosen)
            target = best.objective - problem.secured
        else:
            idle += 1
            if idle % HALVE_AFTER == 0:
                pace *= 0.6
        picked = np.zeros(cover.shape[1])
        picked[chosen] = 1.0
        slope = cover @ picked - (price < weights)
        slope[(price <= 0) & (slope > 0)] = 0.0
        norm = float(slope @ slope)
        if norm == 0 or pace < 1e-3 or best.settled_by(problem.secured + top_bound):
            break
        price = np.clip(price - pace * (bound - target) / norm * slope, 0.0, weights)
    polished = swap(cover, weights, top_chosen)
    best.offer(problem, polished)
    return _Dual(top_bound, top_values, best.objective, top_chosen)


def _settled(problem: CoverProblem, dual: _Dual, best: _Best) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(in every better choice, in some better choice) by reduced value."""
    order = np.sort(dual.values)[::-1]
    last_in, first_out = order[problem.p - 1], order[problem.p]
    inside = np.zeros(dual.values.size, bool)
    inside[dual.chosen] = True
    total = problem.secured + dual.bound
    slack = 1e-10 * max(abs(total), 1.0)
    keep = inside | (total - last_in + dual.values + slack >= best.threshold)
    fix = inside & (total - dual.values + first_out + slack < best.threshold)
    return fix, keep


def _finish(problem: CoverProblem, best: _Best, time_left_s: float, on_progress: Progress | None) -> None:
    """HiGHS on the rest; its bound covers the sites that were settled, which hold nothing better."""

    def heard(objective: float, bound: float) -> None:
        if on_progress is not None:
            on_progress(
                max(best.objective, problem.secured - objective), min(best.bound, problem.secured - bound)
            )

    before = best.objective
    solution = solve(
        cover_programme(problem), time_limit_s=time_left_s, relative_gap=best.relative_gap, on_progress=heard
    )
    if solution.values is not None:
        best.offer(problem, np.flatnonzero(solution.values[: problem.columns.size] > 0.5))
    exact = solution.proven and best.relative_gap == 0.0
    best.settle(max(before, problem.secured - (solution.objective if exact else solution.bound)))


def cover_programme(problem: CoverProblem) -> Programme:
    """The MCLP as minimisation of -covered; a row with one site needs no variable of its own."""
    cover, weights = problem.cover, problem.weights
    columns = cover.shape[1]
    single = np.diff(cover.indptr) == 1
    direct = np.bincount(cover[single].indices, weights[single], minlength=columns)
    many = cover[~single]
    chains = sparse.hstack([-many, sparse.identity(many.shape[0])])
    budget = sparse.csr_array(np.concatenate((np.ones(columns), np.zeros(many.shape[0])))[None, :])
    total = columns + many.shape[0]
    return Programme(
        cost=-np.concatenate((direct, weights[~single])),
        lower=np.zeros(total),
        upper=np.ones(total),
        integer=np.arange(total) < columns,
        matrix=sparse.csr_array(sparse.vstack([chains, budget])),
        row_lower=np.concatenate((np.full(many.shape[0], -np.inf), [0.0])),
        row_upper=np.concatenate((np.zeros(many.shape[0]), [problem.p])),
    )
