"""Maximal covering (MCLP): greedy and swaps from below, a Lagrangian bound from above, HiGHS for the rest.

MCLP (Church & ReVelle 1974): choose p sites so that the demand w_i of covered rows is largest,

    max sum_i w_i z_i   s.t.   z_i <= sum_j a_ij y_j,   sum_j y_j = p,   y binary, 0 <= z <= 1.

The problem is made smaller first, with the same optimum: equal demand rows are merged, dominated sites
dropped. With a price 0 <= u_i <= w_i on each covering constraint the relaxed optimum is sum_i (w_i - u_i) +
the p largest (A'u)_j: a bound for every u. Sites whose relaxed value shows that they are in no better choice,
or in every one, are dropped or fixed; rows that have become equal are merged again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.milp import Programme, Progress, scaled_progress, solve_programme
from dfr.plan.siting.model import (
    PROOF_TIME_LIMIT_S,
    IntArray,
    Request,
    Sites,
    at_least_zero,
    fill_up,
    make_request,
    make_sites,
    unit_of,
)

DUAL_STEPS = 400
ROUNDS = 4
HALVE_AFTER = 15

KEY_SEED = 20240823
"""Seed of the row keys; any value serves, a fixed one makes runs repeat."""


def solve_mclp(
    times_s: object,
    demand: ArrayLike,
    *,
    limit_s: float,
    p: int,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = PROOF_TIME_LIMIT_S,
    relative_gap: float = 0.0,
    on_progress: Progress | None = None,
) -> Sites:
    """The p sites that cover the most demand within `limit_s` (Church & ReVelle 1974).

    `objective` is the covered demand, `bound` an upper bound on any choice. A `relative_gap` above 0
    accepts the first choice proven to be that near.

    >>> solve_mclp([[10.0, 90.0], [90.0, 10.0]], [1.0, 2.0], limit_s=60.0, p=1).chosen
    (1,)
    """
    started = perf_counter()
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s, relative_gap=relative_gap)
    asked = make_request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    unit = unit_of(asked.demand)
    answer = solve_cover(
        cover_problem(asked, limit_s, p, unit=unit),
        time_limit_s=time_limit_s,
        relative_gap=relative_gap,
        on_progress=scaled_progress(on_progress, unit),
    )
    chosen = fill_up(answer.chosen, asked, p)
    covered = covered_demand(asked, limit_s, chosen)
    bound = covered if answer.bound == answer.objective else max(answer.bound * unit, covered)
    return make_sites(chosen, objective=covered, bound=bound, seconds=perf_counter() - started)


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


def coverage_table(times: FloatArray | sparse.csr_array, limit_s: float) -> sparse.csr_array:
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
    cover = coverage_table(asked.times, limit_s)
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
    cover, weights = merge_rows(coverage_table(asked.times, limit_s), asked.demand / unit)
    whole = CoverProblem(cover, weights, np.arange(asked.count), (), 0.0, p)
    fix = np.isin(whole.columns, asked.forced)
    keep = ~np.isin(whole.columns, asked.forbidden)
    problem = whole.restrict(keep, fix)
    if problem.columns.size == 0 or problem.cover.shape[0] == 0:
        return problem
    return problem.restrict(~dominated_columns(problem.cover), np.zeros(problem.columns.size, bool))


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
        dual = _find_dual_bound(problem, best)
        best.lower_bound(problem.secured + dual.bound)
        if on_progress is not None:
            on_progress(best.objective, best.bound)
        if best.proven or perf_counter() - started > time_limit_s:
            return best.answer()
        fix, keep = _fix_and_drop_sites(problem, dual, best)
        if keep.sum() > 0.9 * keep.size and not fix.any():
            break
        problem = problem.restrict(keep, fix)
    _finish_by_milp(problem, best, time_limit_s - (perf_counter() - started), on_progress)
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

    def lower_bound(self, bound: float) -> None:
        """Lower the bound: whole weights allow only whole totals."""
        slack = 1e-10 * max(abs(bound), 1.0)
        self.bound = min(self.bound, np.floor(bound + slack) if self._whole else bound + slack)
        self.bound = max(self.bound, self.objective)

    @property
    def threshold(self) -> float:
        """A choice has to cover more than this to be worth finding."""
        return self.objective + (1.0 - 1e-6 if self._whole else 5e-10 * max(self.objective, 1.0))

    def leaves_nothing(self, bound: float) -> bool:
        """True where a bound leaves nothing worth finding, or the gap asked for."""
        return bound < self.threshold or bound - self.objective <= self.relative_gap * self.objective

    @property
    def proven(self) -> bool:
        """True where the gap asked for is reached."""
        return self.bound - self.objective <= max(self.relative_gap, 1e-9) * max(self.objective, 1e-9)

    def answer(self) -> CoverAnswer:
        """The result so far."""
        return CoverAnswer(self.chosen, self.objective, self.bound)


def choose_greedily(cover: sparse.csr_array, weights: FloatArray, p: int) -> IntArray:
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


def swap_sites(
    cover: sparse.csr_array, weights: FloatArray, chosen: IntArray, *, limit: int = 200
) -> IntArray:
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


def _find_dual_bound(problem: CoverProblem, best: _Best) -> _Dual:
    """The Lagrangian bound by subgradient steps; each choice found is offered."""
    cover, weights, p = problem.cover, problem.weights, problem.p
    transposed = cover.T.tocsr()
    start = swap_sites(cover, weights, choose_greedily(cover, weights, p))
    best.offer(problem, start)
    target = best.objective - problem.secured
    price = _first_price(problem)
    top_bound, top_values, top_chosen = np.inf, weights[:0], start
    step_size, idle = 1.0, 0
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
                step_size *= 0.6
        picked = np.zeros(cover.shape[1])
        picked[chosen] = 1.0
        slope = cover @ picked - (price < weights)
        slope[(price <= 0) & (slope > 0)] = 0.0
        norm = float(slope @ slope)
        if norm == 0 or step_size < 1e-3 or best.leaves_nothing(problem.secured + top_bound):
            break
        price = np.clip(price - step_size * (bound - target) / norm * slope, 0.0, weights)
    polished = swap_sites(cover, weights, top_chosen)
    best.offer(problem, polished)
    return _Dual(top_bound, top_values, best.objective, top_chosen)


def _fix_and_drop_sites(
    problem: CoverProblem, dual: _Dual, best: _Best
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
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


def _finish_by_milp(
    problem: CoverProblem, best: _Best, time_left_s: float, on_progress: Progress | None
) -> None:
    """HiGHS on the rest; its bound covers the sites that were dropped, which hold nothing better."""

    def heard(objective: float, bound: float) -> None:
        if on_progress is not None:
            on_progress(
                max(best.objective, problem.secured - objective), min(best.bound, problem.secured - bound)
            )

    before = best.objective
    solution = solve_programme(
        cover_programme(problem), time_limit_s=time_left_s, relative_gap=best.relative_gap, on_progress=heard
    )
    if solution.values is not None:
        best.offer(problem, np.flatnonzero(solution.values[: problem.columns.size] > 0.5))
    exact = solution.proven and best.relative_gap == 0.0
    best.lower_bound(max(before, problem.secured - (solution.objective if exact else solution.bound)))


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
