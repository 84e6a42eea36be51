"""Covering beyond the plain problem: busy drones, backup, capacities and budgets.

All functions take plain or sparse arrays as `dfr.plan.siting` does and return `Sites`, proven by HiGHS or
with the gap that is left. Where a site may hold several drones it appears in `chosen` once for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.plan.siting.cover import coverage_table, merge_rows
from dfr.plan.siting.milp import Blocks, Solution
from dfr.plan.siting.model import (
    INFEASIBLE,
    UNSOLVED,
    IntArray,
    Request,
    Sites,
    at_least_zero,
    fill_up,
    fine_unit_of,
    make_request,
    make_sites,
    no_sites,
    read_numbers,
    read_whole,
)

TIME_LIMIT_S = 120.0

AGREES = 1e-6
"""Relative difference between a choice's worth and the solver's figure for it that its tolerances explain."""

INDISTINGUISHABLE = 1e-6
"""The least difference a solver sees where the largest weight is 2^10: a worth far below proves nothing."""


@dataclass(frozen=True, slots=True)
class _CoverCase:
    """A covering problem: which sites cover each distinct row, and the demand of rows that are alike.

    `weights` are demand divided by `unit`.
    """

    asked: Request
    cover: sparse.csr_array
    weights: FloatArray
    unit: float
    started: float

    def place_sites(self, model: Blocks, *, most: float = 1.0) -> slice:
        """The sites as columns of a model: forced ones hold a drone, forbidden ones none."""
        every = np.arange(self.asked.count)
        return model.add_columns(
            self.asked.count,
            lower=np.isin(every, self.asked.forced).astype(float),
            upper=np.where(np.isin(every, self.asked.allowed), most, 0.0),
            integer=True,
        )

    def count_cover(self, chosen: Sequence[int]) -> IntArray:
        """How many of some drones cover each row."""
        drones = np.bincount(np.asarray(chosen, int), minlength=self.asked.count)
        return np.asarray(self.cover @ drones, int)


def _make_case(
    times_s: object,
    demand: ArrayLike | None,
    limit_s: float,
    time_limit_s: float,
    *,
    forced: Sequence[int],
    forbidden: Sequence[int],
    p: int | None,
) -> _CoverCase:
    started = perf_counter()
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s)
    asked = make_request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    open_ = sparse.diags_array(np.isin(np.arange(asked.count), asked.allowed).astype(float))
    cover = sparse.csr_array(coverage_table(asked.times, limit_s) @ open_)
    cover.eliminate_zeros()
    cover, weights = merge_rows(cover, asked.demand)
    unit = fine_unit_of(weights)
    return _CoverCase(asked, cover, weights / unit, unit, started)


def _answer_found(case: _CoverCase, answer: Solution, chosen: Sequence[int], worth: float) -> Sites:
    """A choice with what it is worth, and the solver's bound on any."""
    claimed, blur = -answer.objective * case.unit, INDISTINGUISHABLE * case.unit
    agrees = abs(claimed - worth) <= AGREES * max(abs(claimed), abs(worth))
    if worth > 0.0:
        agrees = agrees and blur <= AGREES * worth
    bound = worth if answer.proven and agrees else max(-answer.bound * case.unit + blur, worth)
    return make_sites(chosen, objective=worth, bound=bound, seconds=perf_counter() - case.started)


def _answer_none(case: _CoverCase, answer: Solution) -> Sites:
    """No choice was found."""
    status = INFEASIBLE if answer.infeasible else UNSOLVED
    bound = -np.inf if answer.infeasible else -answer.bound * case.unit
    return no_sites(status, bound=bound, seconds=perf_counter() - case.started)


def _solve_best(
    case: _CoverCase,
    model: Blocks,
    placed: slice,
    time_limit_s: float,
    *,
    worth: Callable[[IntArray], FloatArray],
    fill: Callable[[tuple[int, ...]], tuple[int, ...]],
) -> Sites:
    """The optimum of a model; `worth` of a row by how many drones cover it."""
    answer = model.solve(time_limit_s)
    if answer.values is None:
        return _answer_none(case, answer)
    drones = np.rint(answer.values[placed]).astype(int)
    chosen = fill(tuple(np.repeat(np.arange(case.asked.count), drones).tolist()))
    value = float(case.weights @ worth(case.count_cover(chosen))) * case.unit
    return _answer_found(case, answer, chosen, value)


def solve_mexclp(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    busy: float,
    most: int | None = None,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """Where p drones cover most demand when each is busy with chance `busy` (MEXCLP, Daskin 1983).

    A row within the limit of k drones counts 1 - busy^k of its demand. `most` drones fit into one site
    (p without). `objective` is the expected covered demand.

    >>> solve_mexclp([[10.0, 99.0], [99.0, 10.0]], [9.0, 1.0], limit_s=60.0, p=2, busy=0.5).chosen
    (0, 0)
    """
    if not 0.0 <= busy < 1.0:
        raise InputError(f"busy fraction {busy:g}", do="give at least 0 and less than 1")
    case = _make_case(times_s, demand, limit_s, time_limit_s, forced=forced, forbidden=forbidden, p=None)
    p = read_whole(p, "p =")
    room = p if most is None else read_whole(most, "most =")
    if not max(1, len(case.asked.forced)) <= p <= room * len(case.asked.allowed):
        raise InputError(
            f"p = {p} drones, at most {room} in each of {counted_noun(len(case.asked.allowed), 'site')}",
            do=f"place fewer drones, and at least {max(1, len(case.asked.forced))}",
        )
    model = Blocks()
    placed = case.place_sites(model, most=float(room))
    model.at_most(placed, np.ones(case.asked.count), p)
    deepest = min(p, int(np.sort(np.diff(case.cover.indptr))[-1:].sum()) * room)
    rows = len(case.weights)
    gains = [model.add_columns(rows, gain=case.weights * (1.0 - busy) * busy**k) for k in range(deepest)]
    every = sparse.eye_array(rows)
    model.add_rows([(placed, -case.cover), *((gain, every) for gain in gains)], upper=0.0)

    def fill(chosen: tuple[int, ...]) -> tuple[int, ...]:
        held = np.bincount(np.asarray(chosen, int), minlength=case.asked.count)
        spare = [int(j) for j in case.asked.allowed for _ in range(room - int(held[j]))]
        return (*chosen, *spare[: p - len(chosen)])

    return _solve_best(
        case, model, placed, time_limit_s, worth=lambda often: 1.0 - busy ** often.astype(float), fill=fill
    )


def solve_backup(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    weight: float = 0.5,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The p sites with most demand covered, and covered twice (BACOP2, Hogan & ReVelle 1986).

    `objective` is (1 - weight) times the demand covered plus `weight` times that covered by two sites.

    >>> solve_backup([[1.0, 1.0, 9.0], [9.0, 9.0, 1.0]], [3.0, 1.0], limit_s=5.0, p=2, weight=0.9).chosen
    (0, 1)
    """
    if not 0.0 <= weight <= 1.0:
        raise InputError(f"weight {weight:g} of backup", do="give 0 to 1")
    case = _make_case(times_s, demand, limit_s, time_limit_s, forced=forced, forbidden=forbidden, p=p)
    model, every = Blocks(), sparse.eye_array(len(case.weights))
    chosen = case.place_sites(model)
    model.at_most(chosen, np.ones(case.asked.count), p)
    once = model.add_columns(len(case.weights), gain=(1.0 - weight) * case.weights)
    # half a backup must not pay better than one whole cover
    twice = model.add_columns(len(case.weights), gain=weight * case.weights, integer=weight > 0.5)
    model.add_rows([(chosen, -case.cover), (once, every), (twice, every)], upper=0.0)
    model.add_rows([(twice, every), (once, -every)], upper=0.0)
    return _solve_best(
        case,
        model,
        chosen,
        time_limit_s,
        worth=lambda often: np.where(often >= 2, 1.0, np.where(often == 1, 1.0 - weight, 0.0)),
        fill=lambda found: fill_up(found, case.asked, p),
    )


def solve_budget(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    costs: ArrayLike,
    budget: float,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The sites that cover most demand for a budget, each at its own cost (Church & ReVelle 1974).

    Infeasible where the forced sites alone cost more.

    >>> solve_budget([[1.0, 9.0], [9.0, 1.0]], [3.0, 2.0], limit_s=5.0, costs=[7.0, 2.0], budget=5.0).chosen
    (1,)
    """
    at_least_zero(budget=budget)
    case = _make_case(times_s, demand, limit_s, time_limit_s, forced=forced, forbidden=forbidden, p=None)
    prices = _of_sites(costs, case.asked, "costs")
    model = Blocks()
    chosen = case.place_sites(model)
    model.at_most(chosen, prices, min(budget, float(prices.sum())))
    reached = model.add_columns(len(case.weights), gain=case.weights)
    model.add_rows([(chosen, -case.cover), (reached, sparse.eye_array(len(case.weights)))], upper=0.0)
    return _solve_best(
        case,
        model,
        chosen,
        time_limit_s,
        worth=lambda often: (often > 0).astype(float),
        fill=lambda found: found,
    )


def solve_capacitated(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    capacities: ArrayLike,
    period: ArrayLike | None = None,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The p sites that serve most demand within the limit and within what each can serve.

    A row's demand may be shared between sites (Current & Storbeck 1988, with splitting). With a `period`
    for each row, such as its hour, a site serves its capacity in each of them.

    >>> times = [[1.0, 9.0], [1.0, 2.0]]
    >>> solve_capacitated(times, [3.0, 3.0], limit_s=5.0, p=2, capacities=[4.0, 9.0]).objective
    6.0
    """
    case = _make_case(times_s, demand, limit_s, time_limit_s, forced=forced, forbidden=forbidden, p=p)
    asked, weights = case.asked, case.asked.demand / case.unit
    # a site never serves more than all: larger numbers would only strain the solver
    room = np.minimum(_of_sites(capacities, asked, "capacities"), asked.demand.sum()) / case.unit
    of, periods = _number_periods(period, len(weights))
    within = coverage_table(asked.times, limit_s).tocoo()
    useful = (weights[within.coords[0]] > 0.0) & np.isin(within.coords[1], asked.allowed)
    row, site = within.coords[0][useful], within.coords[1][useful]
    model, pairs = Blocks(), np.arange(len(row))
    chosen = case.place_sites(model)
    model.at_most(chosen, np.ones(asked.count), p)
    served = model.add_columns(len(row), gain=np.ones(len(row)), upper=weights[row])
    ones = np.ones(len(row))
    model.add_rows(
        [(served, sparse.csr_array((ones, (row, pairs)), shape=(len(weights), len(row))))], upper=weights
    )
    shift = site * periods + of[row]
    load = sparse.csr_array((ones, (shift, pairs)), shape=(asked.count * periods, len(row)))
    offered = sparse.kron(sparse.diags_array(room), np.ones((periods, 1)))
    model.add_rows([(served, load), (chosen, -offered)], upper=0.0)
    links = sparse.csr_array((-weights[row], (pairs, site)), shape=(len(row), asked.count))
    model.add_rows([(served, sparse.eye_array(len(row))), (chosen, links)], upper=0.0)
    answer = model.solve(time_limit_s)
    if answer.values is None:
        return _answer_none(case, answer)
    found = fill_up(tuple(np.flatnonzero(answer.values[chosen] > 0.5).tolist()), asked, p)
    return _answer_found(case, answer, found, float(answer.values[served].sum()) * case.unit)


def _number_periods(period: ArrayLike | None, rows: int) -> tuple[NDArray[np.intp], int]:
    """(Each row's period from 0 up, how many there are). Raises InputError."""
    given = np.zeros(rows) if period is None else np.asarray(period)
    if given.shape != (rows,):
        raise InputError(f"period has shape {given.shape}", do=f"give one for each of {rows} rows")
    known, of = np.unique(given, return_inverse=True)
    return of, len(known)


def _of_sites(values: ArrayLike, asked: Request, what: str) -> FloatArray:
    """One number for each site. Raises InputError."""
    found = read_numbers(values, what)
    if found.shape != (asked.count,) or not np.all(np.isfinite(found)) or np.any(found < 0.0):
        raise InputError(
            f"{what} of shape {found.shape}", do=f"give {asked.count} finite numbers of 0 or more"
        )
    return found
