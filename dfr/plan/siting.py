"""Where to put docks: maximal covering, set covering, p-median and p-center, with proof.

All functions take plain arrays: `times_s` of shape (n_demand, n_sites), inf (or, in a sparse array,
not stored) where a site cannot reach; `demand` of shape (n_demand,). All return `Sites`.
They are exact: HiGHS and Lagrangian bounds prove the optimum, or `gap` says what is left open
when `time_limit_s` is over. The same input gives the same answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from dfr.plan.milp import Progress
from dfr.plan.reductions import cover_problem
from dfr.plan.siting_center import least_worst, set_cover
from dfr.plan.siting_cover import solve_cover
from dfr.plan.siting_median import solve_median
from dfr.plan.siting_model import (
    FEASIBLE,
    INFEASIBLE,
    OPTIMAL,
    UNSOLVED,
    Request,
    Sites,
    no_sites,
    request,
    sites,
)

__all__ = [
    "FEASIBLE",
    "INFEASIBLE",
    "OPTIMAL",
    "UNSOLVED",
    "Sites",
    "solve_lscp",
    "solve_mclp",
    "solve_pcenter",
    "solve_pmedian",
]

TIME_LIMIT_S = 300.0


def solve_mclp(
    times_s: object,
    demand: ArrayLike,
    *,
    limit_s: float,
    p: int,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
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
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    answer = solve_cover(
        cover_problem(asked, limit_s, p),
        time_limit_s=time_limit_s,
        relative_gap=relative_gap,
        on_progress=on_progress,
    )
    chosen = _filled(answer.chosen, asked, p)
    return sites(chosen, objective=answer.objective, bound=answer.bound, seconds=perf_counter() - started)


def solve_lscp(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The fewest sites that cover all demand within `limit_s` (Toregas et al. 1971).

    `objective` is their number. Rows of no demand need no cover; without `demand` all rows count.

    >>> solve_lscp([[10.0, 90.0], [90.0, 10.0]], limit_s=60.0).chosen
    (0, 1)
    """
    started = perf_counter()
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=None)
    answer = set_cover(asked, limit_s, time_limit_s=time_limit_s)
    seconds = perf_counter() - started
    if answer.chosen is None:
        return no_sites(
            INFEASIBLE if np.isinf(answer.bound) else UNSOLVED, bound=answer.bound, seconds=seconds
        )
    return sites(answer.chosen, objective=len(answer.chosen), bound=answer.bound, seconds=seconds)


def solve_pmedian(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    p: int,
    limit_s: float = np.inf,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
    relative_gap: float = 0.0,
    on_progress: Progress | None = None,
) -> Sites:
    """The p sites with the least demand-weighted total time to the nearest (Hakimi 1964).

    `objective` is that total; divide by the demand's sum for the mean. Infeasible where some
    demand is out of reach of every choice; a `limit_s` puts longer times out of reach.

    >>> solve_pmedian([[10.0, 90.0], [90.0, 20.0]], [1.0, 2.0], p=1).objective
    130.0
    """
    started = perf_counter()
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    needed = asked.demand > 0
    times = asked.dense()[needed][:, asked.allowed]
    reach = np.isfinite(times) & (times <= limit_s)
    cost = times * asked.demand[needed, None]
    if not np.all(reach.any(axis=1)):
        return no_sites(INFEASIBLE, bound=np.inf, seconds=perf_counter() - started)
    beyond = 1.0 + float(np.where(reach, cost, 0.0).max(axis=1, initial=0.0).sum())
    answer = solve_median(
        np.where(reach, cost, beyond),
        p,
        np.isin(asked.allowed, asked.forced),
        time_limit_s=time_limit_s,
        relative_gap=relative_gap,
        on_progress=on_progress,
    )
    seconds = perf_counter() - started
    if answer.objective >= beyond:
        proven = answer.bound >= beyond
        return no_sites(INFEASIBLE if proven else UNSOLVED, bound=answer.bound, seconds=seconds)
    chosen = asked.allowed[answer.chosen]
    return sites(chosen.tolist(), objective=answer.objective, bound=answer.bound, seconds=seconds)


def solve_pcenter(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    p: int,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The p sites with the least worst time to the nearest, over rows with demand (Hakimi 1964).

    >>> solve_pcenter([[10.0, 90.0], [90.0, 20.0]], p=2).objective
    20.0
    """
    started = perf_counter()
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    answer = least_worst(asked, p, time_limit_s=time_limit_s)
    seconds = perf_counter() - started
    if answer.chosen is None:
        return no_sites(
            INFEASIBLE if np.isinf(answer.bound) else UNSOLVED, bound=answer.bound, seconds=seconds
        )
    chosen = _filled(answer.chosen, asked, p)
    return sites(chosen, objective=answer.worst_s, bound=answer.bound, seconds=seconds)


def _filled(chosen: Sequence[int], asked: Request, p: int) -> tuple[int, ...]:
    """Exactly p sites: where fewer reach the optimum, the lowest allowed numbers are added."""
    spare = [int(j) for j in asked.allowed if int(j) not in set(chosen)]
    return (*chosen, *spare[: p - len(chosen)])
