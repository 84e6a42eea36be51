"""Covering everything: the fewest sites that do (LSCP), and p sites with the least worst time (p-center).

LSCP (Toregas et al. 1971): min sum_j y_j with every row covered. The p-center is the least time R
of which the LSCP needs at most p sites (Minieka 1970): bisection over the distinct times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from dfr.geo import FloatArray
from dfr.plan.siting.cover import (
    choose_greedily,
    coverage_table,
    dominated_columns,
    dominated_rows,
    merge_rows,
    swap_sites,
)
from dfr.plan.siting.milp import Programme, Solution, solve_programme
from dfr.plan.siting.model import (
    PROOF_TIME_LIMIT_S,
    IntArray,
    Request,
    Sites,
    at_least_zero,
    fill_up,
    make_request,
    make_sites,
    nothing_found,
)

MOST_ROWS_COMPARED = 6000
"""Above this many rows the pairwise comparison of rows costs more than it saves."""


def solve_lscp(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = PROOF_TIME_LIMIT_S,
) -> Sites:
    """The fewest sites that cover all demand within `limit_s` (Toregas et al. 1971).

    `objective` is their number. Rows of no demand need no cover; without `demand` all rows count. Where
    nothing covers all, `out_of_reach` names the rows that no site allowed covers.

    >>> solve_lscp([[10.0, 90.0], [90.0, 10.0]], limit_s=60.0).chosen
    (0, 1)
    """
    started = perf_counter()
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s)
    asked = make_request(times_s, demand, forced=forced, forbidden=forbidden, p=None)
    answer = set_cover(asked, limit_s, time_limit_s=time_limit_s)
    seconds = perf_counter() - started
    if answer.chosen is None:
        return nothing_found(answer.bound, asked.unserved_rows(limit_s), seconds)
    return make_sites(answer.chosen, objective=len(answer.chosen), bound=answer.bound, seconds=seconds)


def solve_pcenter(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    p: int,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = PROOF_TIME_LIMIT_S,
) -> Sites:
    """The p sites with the least worst time to the nearest, over rows with demand (Hakimi 1964).

    >>> solve_pcenter([[10.0, 90.0], [90.0, 20.0]], p=2).objective
    20.0
    """
    started = perf_counter()
    at_least_zero(time_limit_s=time_limit_s)
    asked = make_request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    answer = least_worst(asked, p, time_limit_s=time_limit_s)
    seconds = perf_counter() - started
    if answer.chosen is None:
        return nothing_found(answer.bound, asked.unserved_rows(), seconds)
    chosen = fill_up(answer.chosen, asked, p)
    return make_sites(chosen, objective=answer.worst_s, bound=answer.bound, seconds=seconds)


@dataclass(frozen=True, slots=True)
class SetCover:
    """The fewest columns found that cover all rows, and a bound on how few could.

    `chosen` is None where none was found; `bound` is inf where none exists.
    """

    chosen: tuple[int, ...] | None
    bound: float


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a set cover: rows not yet covered, columns by original number."""

    cover: sparse.csr_array
    columns: IntArray
    taken: tuple[int, ...]


def set_cover(asked: Request, limit_s: float, *, time_limit_s: float, enough: int | None = None) -> SetCover:
    """The fewest sites that cover all demand within a limit.

    With `enough` the question is only whether so many suffice: any such choice ends the search.
    """
    rows = coverage_table(asked.times, limit_s)[asked.demand > 0]
    columns = asked.allowed
    rows = rows[:, columns]
    held = np.asarray(rows[:, np.isin(columns, asked.forced)].sum(axis=1)).ravel() > 0
    rows = rows[~held]
    if np.any(np.diff(rows.indptr) == 0):
        return SetCover(None, np.inf)
    open_columns = ~np.isin(columns, asked.forced)
    merged, _ = merge_rows(sparse.csr_array(rows[:, open_columns]), np.ones(rows.shape[0]))
    rest = _reduce_cover(_Rest(merged, columns[open_columns], asked.forced))
    return _search_cover(rest, time_limit_s, enough)


def _reduce_cover(rest: _Rest) -> _Rest:
    """Dominated rows and columns dropped and forced columns taken until nothing changes."""
    while rest.cover.shape[0]:
        size = rest.cover.shape
        stay = ~dominated_columns(rest.cover)
        rest = _Rest(rest.cover[:, stay], rest.columns[stay], rest.taken)
        if rest.cover.shape[0] <= MOST_ROWS_COMPARED:
            rest = _Rest(rest.cover[~dominated_rows(rest.cover)], rest.columns, rest.taken)
        rest = _take_essential(rest)
        if rest.cover.shape == size:
            break
    return rest


def _take_essential(rest: _Rest) -> _Rest:
    """Columns that some row depends on, taken."""
    lone = np.unique(rest.cover[np.diff(rest.cover.indptr) == 1].indices)
    if lone.size == 0:
        return rest
    held = np.asarray(rest.cover[:, lone].sum(axis=1)).ravel() > 0
    free = np.setdiff1d(np.arange(rest.columns.size), lone)
    taken = (*rest.taken, *(int(j) for j in rest.columns[lone]))
    return _Rest(rest.cover[~held][:, free], rest.columns[free], taken)


def _search_cover(rest: _Rest, time_limit_s: float, enough: int | None) -> SetCover:
    already = len(rest.taken)
    if rest.cover.shape[0] == 0:
        return SetCover(tuple(sorted(rest.taken)), float(already))
    if enough is not None and already >= enough:
        return SetCover(None, already + 1.0)
    first = _first_cover(rest, None if enough is None else enough - already)
    if enough is not None and first is not None and already + first.size <= enough:
        return SetCover(_original_sites(rest, first), float(already + 1))
    return _by_milp(rest, first, time_limit_s, enough)


def _first_cover(rest: _Rest, p: int | None) -> IntArray | None:
    """A cover by greedy choice, or with exactly p columns improved by swaps; None where that fails."""
    rows, columns = rest.cover.shape
    weights = np.ones(rows)
    if p is None:
        chosen = choose_greedily(rest.cover, weights, columns)
        place = np.argsort(chosen)
        first = np.minimum.reduceat(place[rest.cover.indices], rest.cover.indptr[:-1])
        return chosen[: int(first.max()) + 1]
    chosen = swap_sites(rest.cover, weights, choose_greedily(rest.cover, weights, p))
    return chosen if np.all(rest.cover[:, chosen].sum(axis=1) > 0) else None


def _by_milp(rest: _Rest, first: IntArray | None, time_limit_s: float, enough: int | None) -> SetCover:
    already, (rows, columns) = len(rest.taken), rest.cover.shape
    room = np.inf if enough is None else float(enough - already)
    programme = Programme(
        cost=np.ones(columns),
        lower=np.zeros(columns),
        upper=np.ones(columns),
        integer=np.ones(columns, bool),
        matrix=sparse.csr_array(sparse.vstack([rest.cover, sparse.csr_array(np.ones((1, columns)))])),
        row_lower=np.concatenate((np.ones(rows), [0.0])),
        row_upper=np.concatenate((np.full(rows, np.inf), [room])),
    )
    start = None
    if first is not None:
        start = np.zeros(columns)
        start[first] = 1.0
    solution = solve_programme(
        programme, time_limit_s=time_limit_s, start=start, stop_at=None if enough is None else room
    )
    return _read_cover(rest, solution, enough)


def _read_cover(rest: _Rest, solution: Solution, enough: int | None) -> SetCover:
    already = len(rest.taken)
    if solution.infeasible:
        return SetCover(None, np.inf if enough is None else enough + 1.0)
    bound = already + float(np.ceil(max(solution.bound, 0.0) - 1e-6))
    if solution.values is None:
        return SetCover(None, bound)
    chosen = np.flatnonzero(solution.values > 0.5)
    return SetCover(_original_sites(rest, chosen), float(already + chosen.size) if solution.proven else bound)


def _original_sites(rest: _Rest, columns: IntArray) -> tuple[int, ...]:
    return tuple(sorted((*rest.taken, *(int(j) for j in rest.columns[columns]))))


@dataclass(frozen=True, slots=True)
class Centre:
    """The least worst time found, its sites (None: none found) and a lower bound (inf: infeasible)."""

    chosen: tuple[int, ...] | None
    worst_s: float
    bound: float


def least_worst(asked: Request, p: int, *, time_limit_s: float) -> Centre:
    """The p-center by bisection over the distinct times."""
    started = perf_counter()
    times = asked.dense_times()[asked.demand > 0][:, asked.allowed]
    if times.shape[0] == 0:
        return Centre(tuple(int(j) for j in asked.forced), 0.0, 0.0)
    least = float(times.min(axis=1).max())
    if not np.isfinite(least):
        return Centre(None, np.inf, np.inf)
    radii = np.unique(times[np.isfinite(times) & (times >= least)])
    return _bisect_times(asked, radii, p, started + time_limit_s)


def _bisect_times(asked: Request, radii: FloatArray, p: int, deadline: float) -> Centre:
    low, high = 0, radii.size
    chosen: tuple[int, ...] | None = None
    while low < high:
        middle = (low + high) // 2
        left = max(deadline - perf_counter(), 0.05)
        answer = set_cover(asked, float(radii[middle]), time_limit_s=left, enough=p)
        if answer.chosen is not None and len(answer.chosen) <= p:
            chosen, high = answer.chosen, middle
        elif answer.bound > p:
            low = middle + 1
        else:
            break
    bound = float(radii[low]) if low < radii.size else np.inf
    worst = float(radii[high]) if high < radii.size else np.inf
    return Centre(chosen, worst, bound)
