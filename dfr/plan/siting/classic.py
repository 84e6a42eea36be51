"""Where to put docks: maximal covering, set covering, p-median and p-center, with proof.

All functions take plain arrays: `times_s` of shape (n_demand, n_sites), inf (or masked) where a site
cannot reach; `demand` of shape (n_demand,), weights of any scale. All return `Sites`.
They are exact: HiGHS and Lagrangian bounds prove the optimum, or `gap` says what is left open
when `time_limit_s` is over. The same input gives the same answer where no time limit ends it.

`times_s` may be a scipy sparse array: a pair that is not stored is unreachable, a stored 0 is a time
of no seconds. Beware that `csr_array(dense)` stores no zeros, so a site loses the demand at its own
door; build from (times, (rows, sites)) instead. Covering problems stay sparse; the others fill a
dense table. Rows without demand ask for nothing. Of exactly p sites, those that add nothing are the
lowest numbers allowed.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.plan.siting.center import least_worst, set_cover
from dfr.plan.siting.cover import solve_cover
from dfr.plan.siting.median import exchange, greedy_median, solve_median
from dfr.plan.siting.milp import Progress
from dfr.plan.siting.model import (
    INFEASIBLE,
    UNSOLVED,
    IntArray,
    Request,
    Sites,
    at_least_zero,
    filled,
    no_sites,
    request,
    sites,
    unit_of,
)
from dfr.plan.siting.reductions import cover_problem, covered_demand

TIME_LIMIT_S = 300.0
DWARFED = 1e3
"""Single costs so much above a whole good choice would hide it from a solver."""


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
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s, relative_gap=relative_gap)
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    unit = unit_of(asked.demand)
    answer = solve_cover(
        cover_problem(asked, limit_s, p, unit=unit),
        time_limit_s=time_limit_s,
        relative_gap=relative_gap,
        on_progress=_scaled(on_progress, unit),
    )
    chosen = filled(answer.chosen, asked, p)
    covered = covered_demand(asked, limit_s, chosen)
    bound = covered if answer.bound == answer.objective else max(answer.bound * unit, covered)
    return sites(chosen, objective=covered, bound=bound, seconds=perf_counter() - started)


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

    `objective` is their number. Rows of no demand need no cover; without `demand` all rows count. Where
    nothing covers all, `out_of_reach` names the rows that no site allowed covers.

    >>> solve_lscp([[10.0, 90.0], [90.0, 10.0]], limit_s=60.0).chosen
    (0, 1)
    """
    started = perf_counter()
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s)
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=None)
    answer = set_cover(asked, limit_s, time_limit_s=time_limit_s)
    seconds = perf_counter() - started
    if answer.chosen is None:
        return _none(answer.bound, asked.lost(limit_s), seconds)
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
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s, relative_gap=relative_gap)
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    lost = asked.lost(limit_s)
    if lost.size:
        return _none(np.inf, lost, perf_counter() - started)
    cost, unit, beyond = _costs(asked, limit_s)
    fixed = np.isin(asked.allowed, asked.forced)
    finer = _finer(cost, p, fixed, beyond)
    if finer is not None:
        unit, beyond, cost = unit * finer[1], beyond / finer[1], finer[0]
    answer = solve_median(
        cost,
        p,
        fixed,
        time_limit_s=time_limit_s,
        relative_gap=relative_gap,
        on_progress=_scaled(on_progress, unit),
    )
    seconds = perf_counter() - started
    bound = max(answer.bound, float(cost.min(axis=1).sum()))
    if answer.objective >= beyond:
        return _none(np.inf if answer.bound >= beyond else bound * unit, (), seconds)
    chosen = asked.allowed[answer.chosen]
    return sites(chosen.tolist(), objective=answer.objective * unit, bound=bound * unit, seconds=seconds)


def _costs(asked: Request, limit_s: float) -> tuple[FloatArray, float, float]:
    """(Times weighted by demand in units of the second, that unit, what stands where nothing reaches).

    Rows are those with demand, columns the sites allowed.
    """
    needed = asked.demand > 0
    times = asked.dense()[needed][:, asked.allowed]
    reach = np.isfinite(times) & (times <= limit_s)
    with np.errstate(over="ignore"):
        cost = np.where(reach, times, 0.0) * asked.demand[needed, None]
        total = cost.max(axis=1, initial=0.0).sum()
    if not np.isfinite(total):
        raise InputError("demand times times_s is beyond any number", do="larger units of either")
    unit = unit_of(cost)
    cost /= unit
    beyond = 1.0 + float(cost.max(axis=1, initial=0.0).sum())
    return np.where(reach, cost, beyond), unit, beyond


def _finer(
    cost: FloatArray, p: int, fixed: NDArray[np.bool_], beyond: float
) -> tuple[FloatArray, float] | None:
    """(Costs no higher than twice a good choice, their unit), None where none dwarfs that choice.

    No better choice pays a higher one, and what is left fits a solver's tolerances.
    """
    good = exchange(cost, greedy_median(cost, p, fixed), fixed)
    enough = 2.0 * float(cost[:, good].min(axis=1).sum())
    if not 0.0 < DWARFED * enough < min(float(cost.max(initial=0.0)), beyond):
        return None
    capped = np.minimum(cost, enough)
    unit = unit_of(capped)
    return capped / unit, unit


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
    at_least_zero(time_limit_s=time_limit_s)
    asked = request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    answer = least_worst(asked, p, time_limit_s=time_limit_s)
    seconds = perf_counter() - started
    if answer.chosen is None:
        return _none(answer.bound, asked.lost(), seconds)
    chosen = filled(answer.chosen, asked, p)
    return sites(chosen, objective=answer.worst_s, bound=answer.bound, seconds=seconds)


def _none(bound: float, lost: Sequence[int] | IntArray, seconds: float) -> Sites:
    """No choice; proven where the bound is infinite."""
    status = INFEASIBLE if np.isinf(bound) else UNSOLVED
    return no_sites(status, bound=bound, seconds=seconds, out_of_reach=[int(i) for i in lost])


def _scaled(on_progress: Progress | None, unit: float) -> Progress | None:
    """Progress told in the caller's weights."""
    if on_progress is None:
        return None
    return lambda objective, bound: on_progress(objective * unit, bound * unit)
