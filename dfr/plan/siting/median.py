"""The p-median, proven: Lagrangian bounds in a branch-and-bound tree over the columns.

Hakimi (1964): choose p sites so that the demand-weighted sum of the times to the nearest is least.
With a price l_i on "each row is served once" (Narula, Ogbu & Samuelsson 1977) the relaxed
optimum is sum_i l_i + the p least values of sum_i min(0, c_ij - l_i): a bound for every l. Columns whose
value shows that they are in no better choice, or in every one, are dropped or fixed; what the bound
leaves open is branched on (Christofides & Beasley 1982), children starting from their parent's price.

Good choices come first, by greedy addition and exchange of columns (`greedy_median`, `exchange_columns`).
Where the relaxation is almost whole, HiGHS gets the formulation by radii instead (`median_programme`).
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.plan.siting.milp import Deadline, Programme, Progress, Stop, scaled_progress, solve_programme
from dfr.plan.siting.model import (
    PROOF_TIME_LIMIT_S,
    PROOF_TOLERANCE,
    IntArray,
    Request,
    Sites,
    at_least_zero,
    make_request,
    make_sites,
    nothing_found,
    unit_of,
)

ROOT_STEPS, ROOT_STEP_SIZE = 1500, 1.5
CHILD_STEPS, CHILD_STEP_SIZE = 120, 0.6
LEAST_STEP_SIZE = 0.003
SLOW_DOWN, SLOW_DOWN_AFTER = 0.6, 8
PRUNE_EVERY = 25
OFFER_EVERY = 20
IMPROVE_EVERY = 6
NEARLY_WHOLE = 0.002
"""A root gap below this share of the total leaves HiGHS a nearly whole relaxation, which it rounds faster."""

OVERSHOOT = 1.01
"""Steps aim this much above the best known total: the true optimum of the dual is not known."""

DWARFED = 1e3
"""Single costs so much above a whole good choice would hide it from a solver."""


def solve_pmedian(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    p: int,
    limit_s: float = np.inf,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = PROOF_TIME_LIMIT_S,
    relative_gap: float = 0.0,
    on_progress: Progress | None = None,
    stop: Stop | None = None,
) -> Sites:
    """The p sites with the least demand-weighted total time to the nearest (Hakimi 1964).

    `objective` is that total; divide by the demand's sum for the mean. Infeasible where some
    demand is out of reach of every choice; a `limit_s` puts longer times out of reach. Once `stop` says so
    the best choice so far is the answer, with the bound proven by then.

    >>> solve_pmedian([[10.0, 90.0], [90.0, 20.0]], [1.0, 2.0], p=1).objective
    130.0
    """
    started = perf_counter()
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s, relative_gap=relative_gap)
    asked = make_request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    lost = asked.unserved_rows(limit_s)
    if lost.size:
        return nothing_found(np.inf, lost, perf_counter() - started)
    cost, unit, beyond = _weigh_costs(asked, limit_s)
    fixed = np.isin(asked.allowed, asked.forced)
    finer = _refine_costs(cost, p, fixed, beyond)
    if finer is not None:
        unit, beyond, cost = unit * finer[1], beyond / finer[1], finer[0]
    answer = solve_median(
        cost,
        p,
        fixed,
        weights=asked.demand[asked.demand > 0],
        time_limit_s=time_limit_s,
        relative_gap=relative_gap,
        on_progress=scaled_progress(on_progress, unit),
        stop=stop,
    )
    seconds = perf_counter() - started
    bound = max(answer.bound, float(cost.min(axis=1).sum()))
    if answer.objective >= beyond:
        return nothing_found(np.inf if answer.bound >= beyond else bound * unit, (), seconds)
    chosen = asked.allowed[answer.chosen]
    return make_sites(chosen.tolist(), objective=answer.objective * unit, bound=bound * unit, seconds=seconds)


def _weigh_costs(asked: Request, limit_s: float) -> tuple[FloatArray, float, float]:
    """(Times weighted by demand in units of the second, that unit, what stands where nothing reaches).

    Rows are those with demand, columns the sites allowed.
    """
    needed = asked.demand > 0
    times = asked.dense_times()[needed][:, asked.allowed]
    reach = np.isfinite(times) & (times <= limit_s)
    with np.errstate(over="ignore"):
        cost = np.where(reach, times, 0.0) * asked.demand[needed, None]
        total = cost.max(axis=1, initial=0.0).sum()
    if not np.isfinite(total):
        raise InputError("demand times times_s is beyond any number", do="use larger units of either")
    unit = unit_of(cost)
    cost /= unit
    beyond = 1.0 + float(cost.max(axis=1, initial=0.0).sum())
    return np.where(reach, cost, beyond), unit, beyond


def _refine_costs(
    cost: FloatArray, p: int, fixed: NDArray[np.bool_], beyond: float
) -> tuple[FloatArray, float] | None:
    """(Costs no higher than twice a good choice, their unit), None where none dwarfs that choice.

    No better choice pays a higher one, and what is left fits a solver's tolerances.
    """
    good = exchange_columns(cost, greedy_median(cost, p, fixed), fixed)
    enough = 2.0 * float(cost[:, good].min(axis=1).sum())
    if not 0.0 < DWARFED * enough < min(float(cost.max(initial=0.0)), beyond):
        return None
    capped = np.minimum(cost, enough)
    unit = unit_of(capped)
    return capped / unit, unit


@dataclass(frozen=True, slots=True)
class MedianAnswer:
    """Chosen columns, their total cost, and a proven lower bound."""

    chosen: IntArray
    objective: float
    bound: float


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the search: `live` columns, the first `fixed` of which are chosen, priced by `price`.

    `values` are the live columns' relaxed values and `chosen` the p cheapest (local numbers).
    """

    bound: float
    live: IntArray
    fixed: int
    price: FloatArray
    values: FloatArray
    chosen: IntArray


def solve_median(
    cost: FloatArray,
    p: int,
    forced: NDArray[np.bool_],
    *,
    weights: FloatArray,
    time_limit_s: float,
    relative_gap: float,
    on_progress: Progress | None,
    stop: Stop | None = None,
) -> MedianAnswer:
    """The best p columns of a finite cost table (rows, columns), `forced` ones among them.

    Prices move with the weights (rows,): a row that counts a thousandth of another has that much less to pay.
    """
    tree = _Tree(cost, p, forced, relative_gap, Deadline(time_limit_s, stop), weights)
    bound = tree.run(on_progress)
    return MedianAnswer(np.sort(tree.chosen), tree.objective, bound)


class _Tree:
    """Best-first search; deterministic, as ties go to the older node."""

    def __init__(  # noqa: PLR0917 - the problem, how far it is solved, and what its rows count
        self,
        cost: FloatArray,
        p: int,
        forced: NDArray[np.bool_],
        relative_gap: float,
        deadline: Deadline,
        weights: FloatArray,
    ) -> None:
        self._cost, self._p, self._forced, self._weights = cost, p, forced, weights
        self._gap, self._deadline = max(relative_gap - PROOF_TOLERANCE, 0.0), deadline
        self._whole = bool(np.all(cost == np.round(cost)))
        self._tried: set[bytes] = set()
        self._nodes = 0
        self.chosen = exchange_columns(cost, greedy_median(cost, p, forced), forced)
        self.objective = float(cost[:, self.chosen].min(axis=1).sum())

    @property
    def _worth(self) -> float:
        """Whatever is bounded by this or more is not worth looking into."""
        least = 1.0 - 1e-6 if self._whole else 5e-10 * max(self.objective, 1.0)
        return self.objective - max(least, self._gap * self.objective)

    def run(self, on_progress: Progress | None) -> float:
        """Search until all is proven or the time is up; returns the proven lower bound."""
        root = self._make_root()
        if on_progress is not None:
            on_progress(self.objective, self._proven_bound(np.inf if root is None else root.bound))
        if root is not None and self._worth - root.bound < NEARLY_WHOLE * self.objective:
            return self._by_programme(root, on_progress)
        open_nodes = [] if root is None else [(root.bound, 0, root)]
        count = 0
        while open_nodes and not self._deadline.passed:
            bound, _, node = heapq.heappop(open_nodes)
            if on_progress is not None:
                on_progress(self.objective, self._proven_bound(bound))
            for child in self._branch_node(node) if bound < self._worth else ():
                count += 1
                heapq.heappush(open_nodes, (child.bound, count, child))
        left = [bound for bound, _, _ in open_nodes if bound < self._worth]
        return self._proven_bound(min(left, default=np.inf))

    def _proven_bound(self, bound: float) -> float:
        """The lower bound that follows when open nodes are bounded by `bound`."""
        if self._gap > 0:
            bound = min(bound, self._worth)
        slack = 1e-10 * max(abs(bound), 1.0) if np.isfinite(bound) else 0.0
        return min(float(np.ceil(bound - slack)) if self._whole else bound - slack, self.objective)

    def _make_root(self) -> _Node | None:
        """All columns, forced ones first; priced by each row's second nearest choice."""
        live = np.concatenate((np.flatnonzero(self._forced), np.flatnonzero(~self._forced)))
        second = min(1, self._p - 1)
        price = np.partition(self._cost[:, self.chosen], second, axis=1)[:, second].copy()
        fixed = int(self._forced.sum())
        return self._bound_node(
            live, fixed, price, steps=ROOT_STEPS, step_size=ROOT_STEP_SIZE, offer_every=OFFER_EVERY
        )

    def _by_programme(self, root: _Node, on_progress: Progress | None) -> float:
        """HiGHS on the columns that are left; the dropped ones hold nothing better."""
        columns = np.sort(root.live)
        programme = median_programme(
            self._cost[:, columns], self._p, np.isin(columns, root.live[: root.fixed])
        )
        found = solve_programme(
            programme,
            time_limit_s=self._deadline.left_s,
            relative_gap=self._gap,
            on_progress=on_progress,
            stop=self._deadline.stop,
        )
        if found.values is not None:
            self._offer_choice(columns[np.flatnonzero(found.values[: columns.size] > 0.5)], improve=True)
        if found.infeasible or found.proven:
            return self._proven_bound(np.inf)
        return self._proven_bound(max(root.bound, found.bound))

    def _branch_node(self, node: _Node) -> list[_Node]:
        """The part with the cheapest open column chosen, and the part without it."""
        open_columns = node.chosen[node.chosen >= node.fixed]
        if open_columns.size == 0:
            return []
        branch = int(open_columns[np.argmin(node.values[open_columns])])
        numbers = np.arange(node.live.size)
        rest = numbers[node.fixed :][numbers[node.fixed :] != branch]
        parts = (
            (np.concatenate((numbers[: node.fixed], [branch], rest)), node.fixed + 1),
            (np.concatenate((numbers[: node.fixed], rest)), node.fixed),
        )
        found = [
            self._bound_node(
                node.live[order], fixed, node.price, steps=CHILD_STEPS, step_size=CHILD_STEP_SIZE
            )
            for order, fixed in parts
            if order.size >= self._p
        ]
        return [child for child in found if child is not None]

    def _bound_node(
        self,
        live: IntArray,
        fixed: int,
        price: FloatArray,
        *,
        steps: int,
        step_size: float,
        offer_every: int = 0,
    ) -> _Node | None:
        """A part of the search bounded by subgradient steps; None where it holds nothing better."""
        table = np.ascontiguousarray(self._cost[:, live].T)
        top, top_price, idle = -np.inf, price, 0
        for step in range(steps):
            values = np.minimum(table - price, 0.0).sum(axis=1)
            chosen = self._cheapest_columns(values, fixed)
            bound = float(price.sum() + values[chosen].sum())
            if bound > top + 1e-7 * abs(bound):
                top, top_price, idle = bound, price, 0
                if top >= self._worth:
                    return None
            else:
                idle += 1
                if idle % SLOW_DOWN_AFTER == 0:
                    step_size *= SLOW_DOWN
                    price = top_price
            if offer_every and step % offer_every == 0:
                self._offer_choice(live[chosen], improve=True)
            slope = 1.0 - (table[chosen] < price).sum(axis=0)
            downhill = self._weights * slope
            norm = float(slope @ downhill)
            if norm == 0 or step_size < LEAST_STEP_SIZE or (step % 10 == 0 and self._deadline.passed):
                break
            price = price + step_size * max(OVERSHOOT * self.objective - bound, 1e-9) / norm * downhill
            if step % PRUNE_EVERY == PRUNE_EVERY - 1:
                order, fixed = self._keep_columns(table, fixed, top_price)
                live, table = live[order], np.ascontiguousarray(table[order])
        order, fixed = self._keep_columns(table, fixed, top_price)
        live, table = live[order], table[order]
        values = np.minimum(table - top_price, 0.0).sum(axis=1)
        chosen = self._cheapest_columns(values, fixed)
        self._nodes += 1
        self._offer_choice(live[chosen], improve=self._nodes % IMPROVE_EVERY == 1)
        return _Node(top, live, fixed, top_price, values, chosen)

    def _cheapest_columns(self, values: FloatArray, fixed: int) -> IntArray:
        """Local numbers of p columns of least value, the fixed ones among them."""
        free = self._p - fixed
        if free <= 0:
            return np.arange(fixed)
        if free >= values.size - fixed:
            return np.arange(values.size)
        return np.concatenate((np.arange(fixed), fixed + np.argpartition(values[fixed:], free - 1)[:free]))

    def _keep_columns(self, table: FloatArray, fixed: int, price: FloatArray) -> tuple[IntArray, int]:
        """(columns that some better choice holds, those that every better choice holds first), how many."""
        values = np.minimum(table - price, 0.0).sum(axis=1)
        chosen = self._cheapest_columns(values, fixed)
        inside = np.zeros(values.size, bool)
        inside[chosen] = True
        given = np.arange(values.size) < fixed
        swappable = inside & ~given
        if not swappable.any() or inside.all():
            return np.arange(values.size), fixed
        bound = float(price.sum() + values[chosen].sum())
        worth = self._worth + 1e-10 * max(abs(bound), 1.0)
        stay = inside | (bound - values[swappable].max() + values < worth)
        sure = swappable & (bound - values + values[~inside].min() >= worth)
        order = [np.flatnonzero(part) for part in (given, sure, stay & ~sure & ~given)]
        return np.concatenate(order), fixed + int(sure.sum())

    def _offer_choice(self, columns: IntArray, *, improve: bool) -> None:
        """Take a choice where it costs less, after exchange if asked."""
        key = np.sort(columns).tobytes()
        if key in self._tried:
            return
        self._tried.add(key)
        if improve:
            columns = exchange_columns(self._cost, columns, self._forced)
        value = float(self._cost[:, columns].min(axis=1).sum())
        if value < self.objective - 1e-9 * max(self.objective, 1.0):
            self.objective, self.chosen = value, columns


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


def exchange_columns(
    cost: FloatArray, chosen: IntArray, forced: NDArray[np.bool_], *, limit: int = 500
) -> IntArray:
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
        self._weigh_costs: list[float] = []
        self._lower: list[float] = []

    def add_row(self, cost: FloatArray, ceiling: float) -> float:
        """Add the chain of one demand row; returns its least cost."""
        radii = np.unique(cost[cost <= ceiling])
        previous = -1
        for k in range(radii.size - 1):
            here = np.flatnonzero(cost == radii[k])
            own = self._columns + len(self._weigh_costs)
            entries = [*here.tolist(), own] + ([] if previous < 0 else [previous])
            signs = [1] * (here.size + 1) + ([] if previous < 0 else [-1])
            self._at.append((np.asarray(entries), np.asarray(signs)))
            self._lower.append(1.0 if previous < 0 else 0.0)
            self._weigh_costs.append(float(radii[k + 1] - radii[k]))
            previous = own
        return float(radii[0])

    def programme(self, p: int, fixed: NDArray[np.bool_], offset: float) -> Programme:
        """The whole; the constant part of the cost rides on a column fixed at 1."""
        chains, total = len(self._weigh_costs), self._columns + len(self._weigh_costs) + 1
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
            cost=np.concatenate((np.zeros(self._columns), self._weigh_costs, [offset])),
            lower=lower,
            upper=np.ones(total),
            integer=np.arange(total) < self._columns,
            matrix=matrix,
            row_lower=np.asarray([*self._lower, float(p)]),
            row_upper=np.concatenate((np.full(chains, np.inf), [float(p)])),
        )
