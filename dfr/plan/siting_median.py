"""The p-median: Lagrangian bound, greedy and exchange, reduced-cost fixing, HiGHS for what is left.

Hakimi (1964): choose p sites so that the demand-weighted sum of the times to the nearest is least.
With a price l_i on "each row is served once" (Narula, Ogbu & Samuelsson 1977) the relaxed
optimum is sum_i l_i + the p least values of sum_i min(0, c_ij - l_i): a bound for every l.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.milp import Programme, Progress, solve
from dfr.plan.siting_model import IntArray

DUAL_STEPS = 1500
HALVE_AFTER = 20
PRUNE_EVERY = 50


@dataclass(frozen=True, slots=True)
class MedianAnswer:
    """Chosen columns, their total cost, and a proven lower bound."""

    chosen: IntArray
    objective: float
    bound: float


def solve_median(
    cost: FloatArray,
    p: int,
    forced: NDArray[np.bool_],
    *,
    time_limit_s: float,
    relative_gap: float,
    on_progress: Progress | None,
) -> MedianAnswer:
    """The best p columns of a finite cost table (rows, columns), `forced` ones among them."""
    started = perf_counter()
    search = _Search(cost, p, forced, relative_gap)
    search.run(started + time_limit_s, on_progress)
    left = started + time_limit_s - perf_counter()
    if not search.proven and left > 0:
        _finish(search, left, on_progress)
    return MedianAnswer(np.sort(search.chosen), search.objective, search.bound)


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


class _Search:
    """Bound from below and choices from above, on ever fewer columns."""

    def __init__(self, cost: FloatArray, p: int, forced: NDArray[np.bool_], relative_gap: float) -> None:
        self.cost, self.p, self.forced = cost, p, forced
        self.live = np.arange(cost.shape[1])
        self.fixed = forced.copy()
        self._whole = bool(np.all(cost == np.round(cost)))
        self.relative_gap = relative_gap
        self.chosen = exchange(cost, greedy_median(cost, p, forced), forced)
        self.objective = float(cost[:, self.chosen].min(axis=1).sum())
        self.bound = float(cost.min(axis=1).sum())
        self._tried: set[bytes] = set()

    @property
    def threshold(self) -> float:
        """A choice has to cost less than this to be worth finding."""
        return self.objective - (1.0 - 1e-6 if self._whole else 1e-9 * max(self.objective, 1.0))

    @property
    def proven(self) -> bool:
        """True where the gap asked for is reached."""
        return self.objective - self.bound <= max(self.relative_gap, 1e-9) * max(self.objective, 1e-9)

    def settle(self, bound: float) -> None:
        """Raise the bound: whole costs allow only whole totals."""
        slack = 1e-10 * max(abs(bound), 1.0)
        bound = float(np.ceil(bound - slack)) if self._whole else bound - slack
        self.bound = min(max(self.bound, bound), self.objective)

    def offer(self, columns: IntArray, *, improve: bool) -> None:
        """Take a choice (original numbers) where it costs less, after exchange if asked."""
        key = np.sort(columns).tobytes()
        if key in self._tried:
            return
        self._tried.add(key)
        if improve:
            columns = exchange(self.cost, columns, self.forced)
        value = float(self.cost[:, columns].min(axis=1).sum())
        if value < self.objective - 1e-9 * max(self.objective, 1.0):
            self.objective, self.chosen = value, columns

    def run(self, deadline: float, on_progress: Progress | None) -> None:
        """Subgradient steps; columns settled on the way are dropped or fixed."""
        two = np.partition(self.cost[:, self.chosen], min(1, self.p - 1), axis=1)
        price = two[:, min(1, self.p - 1)].copy()
        top_bound, top_price, pace, idle = -np.inf, price, 1.5, 0
        live_cost = self.cost
        for step in range(DUAL_STEPS):
            values = np.minimum(live_cost - price[:, None], 0.0).sum(axis=0)
            chosen = self._cheapest(values)
            bound = float(price.sum() + values[chosen].sum())
            if bound > top_bound + 1e-8 * abs(bound):
                top_bound, top_price, idle = bound, price, 0
                self.settle(bound)
                if step % 10 == 0:
                    self.offer(self.live[chosen], improve=step % PRUNE_EVERY == 0)
            else:
                idle += 1
                if idle % HALVE_AFTER == 0:
                    pace *= 0.7
                    price = top_price.copy()
            if self.proven or perf_counter() > deadline or pace < 0.002:
                break
            slope = 1.0 - (live_cost[:, chosen] < price[:, None]).sum(axis=1)
            norm = float(slope @ slope)
            if norm == 0:
                break
            price = price + pace * (1.02 * self.objective - bound) / norm * slope
            if step % PRUNE_EVERY == PRUNE_EVERY - 1:
                if on_progress is not None:
                    on_progress(self.objective, self.bound)
                live_cost = self._prune(live_cost, top_price)
        self._prune(live_cost, top_price)

    def _cheapest(self, values: FloatArray) -> IntArray:
        """Local numbers of p live columns, fixed ones among them, of least value."""
        held = self.fixed[self.live]
        must, rest = np.flatnonzero(held), np.flatnonzero(~held)
        free = self.p - must.size
        if free <= 0:
            return must
        if free >= rest.size:
            return np.arange(self.live.size)
        return np.concatenate((must, rest[np.argpartition(values[rest], free - 1)[:free]]))

    def _prune(self, live_cost: FloatArray, price: FloatArray) -> FloatArray:
        """Drop columns that no better choice holds; fix those that every better choice holds."""
        values = np.minimum(live_cost - price[:, None], 0.0).sum(axis=0)
        chosen = self._cheapest(values)
        inside = np.zeros(values.size, bool)
        inside[chosen] = True
        swappable = inside & ~self.fixed[self.live]
        if not swappable.any() or inside.all():
            return live_cost
        bound = float(price.sum() + values[chosen].sum())
        worth = self.threshold + 1e-9 * max(abs(bound), 1.0)
        stay = inside | (bound - values[swappable].max() + values < worth)
        sure = swappable & (bound - values + values[~inside].min() >= worth)
        self.fixed[self.live[sure]] = True
        self.live = self.live[stay]
        return live_cost[:, stay]


def _finish(search: _Search, time_left_s: float, on_progress: Progress | None) -> None:
    """HiGHS on the columns that are left; the dropped ones hold nothing better."""
    programme = median_programme(search.cost[:, search.live], search.p, search.fixed[search.live])
    before = search.objective
    solution = solve(
        programme, time_limit_s=time_left_s, relative_gap=search.relative_gap, on_progress=on_progress
    )
    if solution.values is not None:
        search.offer(search.live[np.flatnonzero(solution.values[: search.live.size] > 0.5)], improve=True)
    if solution.infeasible:
        search.settle(before)
    else:
        search.settle(min(before, solution.objective if solution.proven else solution.bound))


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
