"""Covering beyond the plain problem: busy drones, backup, capacities, budgets and equity.

All functions take plain arrays as `dfr.plan.siting` does and return `Sites`, proven by HiGHS or with
the gap that is left. Where a site may hold several drones it appears in `chosen` once for each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.plan.cover_blocks import Blocks, BoolArray
from dfr.plan.siting import solve_mclp
from dfr.plan.siting_model import INFEASIBLE, UNSOLVED, Request, Sites, no_sites, request, sites

TIME_LIMIT_S = 120.0


def solve_mexclp(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    busy: float,
    most: int | None = None,
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
        raise InputError(f"busy fraction {busy:g} -> at least 0 and under 1")
    started = perf_counter()
    asked = request(times_s, demand, forced=(), forbidden=forbidden, p=None)
    room = p if most is None else most
    if not 1 <= p <= room * len(asked.allowed) or room < 1:
        raise InputError(f"{p} drones, {room} in each of {len(asked.allowed)} sites -> fewer drones")
    cover, weights = _rows(asked, limit_s)
    model = Blocks(asked.count)
    placed = model.columns(asked.count, upper=np.where(_may(asked), float(room), 0.0), integer=True)
    model.at_most(placed, np.ones(asked.count), p)
    gains = [model.columns(len(weights), gain=weights * (1.0 - busy) * busy**k) for k in range(p)]
    model.rows([(placed, -cover.astype(float)), *((gain, np.eye(len(weights))) for gain in gains)], upper=0.0)
    return model.solved(placed, started, time_limit_s)


def solve_backup(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    weight: float = 0.5,
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The p sites with most demand covered, and covered twice (BACOP2, Hogan & ReVelle 1986).

    `objective` is (1 - weight) times the demand covered plus `weight` times that covered by two sites.

    >>> solve_backup([[1.0, 1.0, 9.0], [9.0, 9.0, 1.0]], [3.0, 1.0], limit_s=5.0, p=2, weight=0.9).chosen
    (0, 1)
    """
    if not 0.0 <= weight <= 1.0:
        raise InputError(f"weight {weight:g} of backup -> 0 to 1")
    started = perf_counter()
    asked = request(times_s, demand, forced=(), forbidden=forbidden, p=p)
    cover, weights = _rows(asked, limit_s)
    model, rows = Blocks(asked.count), np.eye(len(weights))
    chosen = model.columns(asked.count, upper=_may(asked).astype(float), integer=True)
    model.at_most(chosen, np.ones(asked.count), p)
    once = model.columns(len(weights), gain=(1.0 - weight) * weights)
    # half a backup must not pay better than one whole cover
    twice = model.columns(len(weights), gain=weight * weights, integer=weight > 0.5)
    model.rows([(chosen, -cover.astype(float)), (once, rows), (twice, rows)], upper=0.0)
    model.rows([(twice, rows), (once, -rows)], upper=0.0)
    return model.solved(chosen, started, time_limit_s)


def solve_budget(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    costs: ArrayLike,
    budget: float,
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The sites that cover most demand for a budget, each at its own cost (Church & ReVelle 1974).

    >>> solve_budget([[1.0, 9.0], [9.0, 1.0]], [3.0, 2.0], limit_s=5.0, costs=[7.0, 2.0], budget=5.0).chosen
    (1,)
    """
    started = perf_counter()
    asked = request(times_s, demand, forced=(), forbidden=forbidden, p=None)
    prices = _of_sites(costs, asked, "costs")
    cover, weights = _rows(asked, limit_s)
    model = Blocks(asked.count)
    chosen = model.columns(asked.count, upper=_may(asked).astype(float), integer=True)
    model.at_most(chosen, prices, budget)
    reached = model.columns(len(weights), gain=weights)
    model.rows([(chosen, -cover.astype(float)), (reached, np.eye(len(weights)))], upper=0.0)
    return model.solved(chosen, started, time_limit_s)


def solve_capacitated(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    capacities: ArrayLike,
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The p sites that serve most demand within the limit and within what each can serve.

    A row's demand may be shared between sites (Current & Storbeck 1988, with splitting).

    >>> times = [[1.0, 9.0], [1.0, 2.0]]
    >>> solve_capacitated(times, [3.0, 3.0], limit_s=5.0, p=2, capacities=[4.0, 9.0]).objective
    6.0
    """
    started = perf_counter()
    asked = request(times_s, demand, forced=(), forbidden=forbidden, p=p)
    room = _of_sites(capacities, asked, "capacities")
    within = asked.dense() <= limit_s
    row, site = np.nonzero(within & (asked.demand > 0.0)[:, None] & _may(asked))
    model = Blocks(asked.count)
    chosen = model.columns(asked.count, upper=_may(asked).astype(float), integer=True)
    model.at_most(chosen, np.ones(asked.count), p)
    served = model.columns(len(row), gain=np.ones(len(row)), upper=asked.demand[row])
    pairs = np.arange(len(row))
    shape = (asked.demand.size, len(row))
    of_row = sparse.csr_array((np.ones(len(row)), (row, pairs)), shape=shape)
    of_site = sparse.csr_array((np.ones(len(row)), (site, pairs)), shape=(asked.count, len(row)))
    model.rows([(served, of_row)], upper=asked.demand)
    model.rows([(served, of_site), (chosen, -sparse.diags_array(room))], upper=0.0)
    links = sparse.csr_array((-asked.demand[row], (pairs, site)), shape=(len(row), asked.count))
    model.rows([(served, sparse.eye_array(len(row))), (chosen, links)], upper=0.0)
    return model.solved(chosen, started, time_limit_s)


def solve_quantile(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    p: int,
    share: float = 0.9,
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The p sites with the least time within which a `share` of the demand is reached (P90 at 0.9).

    Searched over the times that occur, each by a maximal covering problem. Infeasible where no choice
    reaches so much.

    >>> solve_quantile([[1.0, 5.0], [9.0, 2.0]], [9.0, 1.0], p=1, share=0.9).objective
    1.0
    """
    if not 0.0 < share <= 1.0:
        raise InputError(f"share {share:g} -> over 0, at most 1")
    started = perf_counter()
    asked = request(times_s, demand, forced=(), forbidden=(), p=p)
    times = asked.dense()
    radii = np.unique(times[np.isfinite(times)])
    needed = share * float(asked.demand.sum()) * (1.0 - 1e-12)
    low, high, best = 0, len(radii) - 1, None
    while low <= high:
        middle = (low + high) // 2
        found = solve_mclp(times, asked.demand, limit_s=float(radii[middle]), p=p, time_limit_s=time_limit_s)
        if found.bound < needed:
            low = middle + 1
        elif found.objective >= needed:
            best, high = (middle, found.chosen), middle - 1
        else:
            return no_sites(UNSOLVED, bound=float(radii[low]), seconds=perf_counter() - started)
    seconds = perf_counter() - started
    if best is None:
        return no_sites(INFEASIBLE, bound=np.inf, seconds=seconds)
    radius = float(radii[best[0]])
    return sites(best[1], objective=radius, bound=radius, seconds=seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compromise:
    """One point of the front: demand covered within the limit, and the worst time of any row with demand."""

    chosen: tuple[int, ...]
    covered: float
    worst_s: float


def pareto_front(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    time_limit_s: float = TIME_LIMIT_S,
) -> tuple[Compromise, ...]:
    """The price of equity: every best compromise of demand covered and worst time, most covered first.

    By the epsilon constraint (Haimes et al. 1971): the most covered with no row later than epsilon, which
    goes down to just below the worst time found, until no choice of p sites is left. Rows out of reach
    of all sites are left out. Raises InputError where a step cannot be proven in time.
    """
    asked = request(times_s, demand, forced=(), forbidden=(), p=p)
    times = asked.dense()
    wanted = (asked.demand > 0.0) & np.isfinite(times).any(axis=1)
    times, weights = times[wanted], asked.demand[wanted]
    front: list[Compromise] = []
    worst = np.inf
    while True:
        found = _most_covered(times, weights, limit_s=limit_s, p=p, below_s=worst, time_limit_s=time_limit_s)
        if found is None:
            return tuple(front)
        nearest = times[:, list(found)].min(axis=1)
        point = Compromise(
            chosen=found,
            covered=float(weights[nearest <= limit_s].sum()),
            worst_s=float(nearest.max(initial=0.0)),
        )
        front = [*(kept for kept in front if kept.covered > point.covered), point]
        worst = point.worst_s
        if worst <= times.min(initial=np.inf):
            return tuple(front)


def _most_covered(
    times: FloatArray, weights: FloatArray, *, limit_s: float, p: int, below_s: float, time_limit_s: float
) -> tuple[int, ...] | None:
    """The sites that cover most with every row reached sooner than `below_s`, None where none can."""
    count = times.shape[1]
    model = Blocks(count)
    chosen = model.columns(count, upper=np.ones(count), integer=True)
    model.at_most(chosen, np.ones(count), p)
    reached = model.columns(len(weights), gain=weights)
    model.rows([(chosen, -(times <= limit_s).astype(float)), (reached, np.eye(len(weights)))], upper=0.0)
    if below_s < np.inf:
        model.rows([(chosen, -(times < below_s).astype(float))], upper=-1.0)
    found = model.solved(chosen, perf_counter(), time_limit_s)
    if found.status == INFEASIBLE:
        return None
    if found.gap > 0.0:
        raise InputError(f"a compromise was not proven within {time_limit_s:g} s -> a longer time limit")
    spare = [j for j in range(count) if j not in found.chosen]
    return tuple(sorted((*found.chosen, *spare[: p - len(found.chosen)])))


def _rows(asked: Request, limit_s: float) -> tuple[BoolArray, FloatArray]:
    """Which sites cover each distinct row, and the demand of all rows that are alike."""
    within = (asked.dense() <= limit_s)[asked.demand > 0.0]
    alike, of = np.unique(within, axis=0, return_inverse=True)
    weights = np.bincount(of.ravel(), weights=asked.demand[asked.demand > 0.0], minlength=len(alike))
    return alike, np.asarray(weights, float)


def _may(asked: Request) -> BoolArray:
    """Which sites may be chosen."""
    return np.isin(np.arange(asked.count), asked.allowed)


def _of_sites(values: ArrayLike, asked: Request, what: str) -> FloatArray:
    """One number for each site. Raises InputError."""
    numbers = np.asarray(values, float)
    if numbers.shape != (asked.count,) or not np.all(np.isfinite(numbers)) or np.any(numbers < 0.0):
        raise InputError(f"{what} of shape {numbers.shape} -> {asked.count} finite numbers of 0 or more")
    return numbers
