"""Covering in part, for tables too large to hold whole: each row counts the best of the chosen sites.

Berman & Krass (2002), the generalised maximal covering problem: choose p sites so that the weighted sum over
the rows of the largest cover of a chosen site is most. It is the p-median over 1 - cover, but only pairs that
cover anything are held, and these are few where reach is short against the area.

With a price u_i on a row (Lagrange), sum_i u_i + the p largest sum_i max(0, w_i a_ij - u_i) is an upper bound
for every u >= 0; subgradient steps lower it, and columns that no better choice can hold are dropped. There is
no branching: what the bound leaves open is said. Choices come from greedy addition and exchange of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.milp import BoolArray, Deadline, Progress, Stop
from dfr.plan.siting.model import (
    PROOF_TIME_LIMIT_S,
    IntArray,
    Sites,
    at_least_zero,
    check_choice,
    make_sites,
    read_weights,
)

Numbers = NDArray[np.signedinteger[Any]]
"""Row and column numbers, of 32 bits where that is enough."""

STEPS, STEP_SIZE, LEAST_STEP_SIZE = 1500, 1.5, 0.003
SLOW_DOWN, SLOW_DOWN_AFTER = 0.6, 8
PRUNE_EVERY, OFFER_EVERY = 25, 50
MOST_EXCHANGES = 200
UNDERSHOOT = 0.995
"""Steps aim this much below the best known total: the true optimum of the dual is not known."""


def solve_partial_cover(
    cover: sparse.csc_array,
    weights: FloatArray,
    *,
    p: int,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = PROOF_TIME_LIMIT_S,
    relative_gap: float = 0.0,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Sites:
    """The p sites that cover most of the rows' weight in part, `cover` (rows, sites) from 0 to 1.

    Ends once the gap is small enough, or with the best choice and its bound when the time is over or `stop`
    says so.

    >>> table = sparse.csc_array([[0.9, 0.0, 0.6], [0.0, 1.0, 0.6]])
    >>> solve_partial_cover(table, np.array([1.0, 1.0]), p=1).chosen
    (2,)
    """
    started = perf_counter()
    at_least_zero(time_limit_s=time_limit_s, relative_gap=relative_gap)
    allowed = np.setdiff1d(np.arange(cover.shape[1]), np.asarray(forbidden, int))
    check_choice(tuple(forced), tuple(forbidden), cover.shape[1], p)
    table = Columns.of(cover[:, allowed], read_weights(weights, cover.shape[0]))
    is_forced = np.isin(allowed, np.asarray(forced, int))
    search = _Search(table, p, is_forced, Deadline(time_limit_s, stop), relative_gap, on_progress)
    bound = search.least_bound()
    chosen = allowed[np.sort(search.chosen)].tolist()
    seconds = perf_counter() - started
    return make_sites(chosen, objective=search.objective, bound=max(bound, search.objective), seconds=seconds)


@dataclass(frozen=True, slots=True)
class Columns:
    """Entries of a sparse table column by column: their rows, columns and weighted values, (entries,)."""

    rows: Numbers
    columns: Numbers
    values: FloatArray
    starts: Numbers
    height: int

    @classmethod
    def of(cls, cover: sparse.csc_array, weights: FloatArray) -> Columns:
        """The table of covers, each times the weight of its row."""
        rows, starts = np.asarray(cover.indices), np.asarray(cover.indptr)
        columns = np.repeat(np.arange(cover.shape[1], dtype=rows.dtype), np.diff(starts))
        return cls(rows, columns, np.asarray(cover.data * weights[rows], float), starts, cover.shape[0])

    @property
    def count(self) -> int:
        """How many columns there are."""
        return len(self.starts) - 1

    def sums(self, entries: FloatArray) -> FloatArray:
        """The sum of a figure of each entry over each column."""
        return np.asarray(np.bincount(self.columns, entries, minlength=self.count), float)

    def of_column(self, column: int) -> tuple[Numbers, FloatArray]:
        """(Rows, values) of a column."""
        own = slice(self.starts[column], self.starts[column + 1])
        return self.rows[own], self.values[own]

    def kept(self, columns: IntArray) -> Columns:
        """Some of the columns, ascending."""
        renamed = np.full(self.count, -1, self.columns.dtype)
        renamed[columns] = np.arange(columns.size)
        own = renamed[self.columns] >= 0
        sizes = np.diff(self.starts)[columns]
        starts = np.concatenate(([0], np.cumsum(sizes)))
        return Columns(self.rows[own], renamed[self.columns[own]], self.values[own], starts, self.height)

    def best_two(self, chosen: IntArray) -> tuple[FloatArray, FloatArray, IntArray]:
        """(The largest value of some columns in each row, the second largest, which of them is largest)."""
        best, second = np.zeros((2, self.height))
        by = np.zeros(self.height, np.int64)
        for number, column in enumerate(chosen.tolist()):
            rows, values = self.of_column(column)
            higher = values > best[rows]
            second[rows] = np.maximum(second[rows], np.minimum(values, best[rows]))
            best[rows] = np.maximum(best[rows], values)
            by[rows[higher]] = number
        return best, second, by


def add_greedily(table: Columns, p: int, forced: IntArray) -> IntArray:
    """The numbers of p columns, forced ones first, each adding most; ties to the lowest."""
    chosen = forced.tolist()
    best = table.best_two(forced)[0]
    while len(chosen) < p:
        gains = table.sums(np.maximum(table.values - best[table.rows], 0.0))
        gains[chosen] = -np.inf
        chosen.append(int(gains.argmax()))
        rows, values = table.of_column(chosen[-1])
        best[rows] = np.maximum(best[rows], values)
    return np.asarray(chosen, np.int64)


def exchange(table: Columns, chosen: IntArray, forced: IntArray, deadline: Deadline) -> IntArray:
    """A choice that no exchange of one column improves, or the one reached in time (Teitz & Bart 1968)."""
    chosen = chosen.copy()
    for _ in range(MOST_EXCHANGES):
        best, second, by = table.best_two(chosen)
        near, next_ = best[table.rows], second[table.rows]
        gain = table.sums(np.maximum(table.values - near, 0.0))
        key = by[table.rows] * table.count + table.columns
        instead = np.bincount(
            key, np.clip(table.values, next_, near) - next_, minlength=chosen.size * table.count
        ).reshape(chosen.size, table.count)
        change = gain + instead - np.bincount(by, best - second, minlength=chosen.size)[:, None]
        change[np.isin(chosen, forced)] = -np.inf
        change[:, chosen] = -np.inf
        out, into = np.unravel_index(int(change.argmax()), change.shape)
        if deadline.passed or not change[out, into] > 1e-9 * max(float(best.sum()), 1e-12):
            break
        chosen[out] = into
    return chosen


class _Search:
    """Subgradient steps on the prices of the rows; deterministic where no time limit ends it."""

    def __init__(  # noqa: PLR0917 - the problem, and how far it is solved
        self,
        table: Columns,
        p: int,
        is_forced: BoolArray,
        deadline: Deadline,
        gap: float,
        on_progress: Progress | None,
    ) -> None:
        self._whole, self._p, self._forced = table, p, np.flatnonzero(is_forced)
        self._deadline, self._gap, self._tell = deadline, gap, on_progress
        self._tried, self._left_out = set[bytes](), -np.inf
        self.chosen, self.objective = add_greedily(table, p, self._forced), -np.inf
        self._offer(self.chosen)

    def _offer(self, columns: IntArray) -> None:
        """Take a choice where it covers more, after exchange."""
        key = np.sort(columns).tobytes()
        if key in self._tried:
            return
        self._tried.add(key)
        better = exchange(self._whole, columns, self._forced, self._deadline)
        value = float(self._whole.best_two(better)[0].sum())
        if value > self.objective:
            self.chosen, self.objective = better, value

    @property
    def _enough(self) -> float:
        """A bound no higher than this settles it."""
        return self.objective * (1.0 + self._gap)

    def least_bound(self) -> float:
        """The least upper bound that the steps reach, of what the columns that were dropped can hold too."""
        table, live = self._whole, np.arange(self._whole.count)
        price = table.best_two(self.chosen)[1]
        least, least_price, idle, size = np.inf, price, 0, STEP_SIZE
        for step in range(STEPS):
            above = table.values > price[table.rows]
            values = table.sums(np.where(above, table.values - price[table.rows], 0.0))
            top = self._largest(values, live)
            bound = float(price.sum() + values[top].sum())
            if bound < least - 1e-7 * abs(least if np.isfinite(least) else 0.0):
                least, least_price, idle = bound, price, 0
            else:
                idle += 1
                if idle % SLOW_DOWN_AFTER == 0:
                    size, price = size * SLOW_DOWN, least_price
            if step % OFFER_EVERY == 0:
                self._offer(live[top])
                if self._tell is not None:
                    self._tell(self.objective, max(least, self.objective))
            slope = 1.0 - self._times_above(table, top, above)
            norm = float(slope @ slope)
            if least <= self._enough or norm == 0.0 or size < LEAST_STEP_SIZE or self._deadline.passed:
                break
            length = size * max(bound - UNDERSHOOT * self.objective, 0.0) / norm
            price = np.maximum(price - length * slope, 0.0)
            if step % PRUNE_EVERY == PRUNE_EVERY - 1:
                kept = self._worth_keeping(table, live, least_price)
                table, live = table.kept(kept), live[kept]
        return max(least, self._left_out)

    def _largest(self, values: FloatArray, live: IntArray) -> IntArray:
        """The p columns of the largest values, the forced ones among them; ties to the lowest."""
        ranked = np.where(np.isin(live, self._forced), np.inf, values)
        return np.argsort(-ranked, kind="stable")[: self._p]

    @staticmethod
    def _times_above(table: Columns, top: IntArray, above: BoolArray) -> FloatArray:
        """In how many of some columns each row's value is above its price."""
        times = np.zeros(table.height)
        for column in top.tolist():
            own = slice(table.starts[column], table.starts[column + 1])
            times[table.rows[own][above[own]]] += 1.0
        return times

    def _worth_keeping(self, table: Columns, live: IntArray, price: FloatArray) -> IntArray:
        """The columns that some better choice may hold, by their value at the best prices."""
        values = table.sums(np.maximum(table.values - price[table.rows], 0.0))
        top = self._largest(values, live)
        bound = float(price.sum() + values[top].sum())
        swappable = top[~np.isin(live[top], self._forced)]
        if swappable.size == 0:
            return np.sort(top)
        with_it = bound - float(values[swappable].min()) + values
        kept = with_it >= self._enough
        kept[top] = True
        kept |= np.isin(live, self.chosen)
        self._left_out = max(self._left_out, float(with_it[~kept].max(initial=-np.inf)))
        return np.flatnonzero(kept)
