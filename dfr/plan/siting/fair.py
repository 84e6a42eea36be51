"""Siting for those who wait longest: the time most are reached in, and the price of the worst one.

Arrays as in `dfr.plan.siting`.
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
from dfr.plan.siting.cover import solve_mclp
from dfr.plan.siting.milp import Blocks
from dfr.plan.siting.model import (
    INFEASIBLE,
    UNSOLVED,
    Request,
    Sites,
    at_least_zero,
    fill_up,
    make_request,
    make_sites,
    no_sites,
    unit_of,
)

TIME_LIMIT_S = 120.0


def solve_quantile(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    p: int,
    share: float = 0.9,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> Sites:
    """The p sites with the least time within which a `share` of the demand is reached (P90 at 0.9).

    Searched over the times that occur, each by a maximal covering problem. Infeasible where no choice
    reaches so much.

    >>> solve_quantile([[1.0, 5.0], [9.0, 2.0]], [9.0, 1.0], p=1, share=0.9).objective
    1.0
    """
    if not 0.0 < share <= 1.0:
        raise InputError(f"share {share:g}", do="give more than 0 and at most 1")
    started = perf_counter()
    at_least_zero(time_limit_s=time_limit_s)
    asked = make_request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    times = asked.dense_times()
    useful = times[asked.demand > 0.0][:, asked.allowed]
    radii = np.unique(useful[np.isfinite(useful)])
    needed = share * float(asked.demand.sum()) * (1.0 - 1e-12)
    if needed == 0.0:
        return make_sites(
            fill_up(asked.forced, asked, p), objective=0.0, bound=0.0, seconds=perf_counter() - started
        )
    search = _RadiusSearch(times, asked, p, needed, radii)
    search.bracket()
    search.bisect(started + time_limit_s)
    low, high, chosen = search.low, search.high, search.chosen
    bound = float(radii[low]) if low < len(radii) else np.inf
    seconds = perf_counter() - started
    if chosen is None:
        status = INFEASIBLE if np.isinf(bound) else UNSOLVED
        return no_sites(
            status, bound=bound, seconds=seconds, out_of_reach=[int(i) for i in asked.unserved_rows()]
        )
    return make_sites(chosen, objective=float(radii[high]), bound=bound, seconds=seconds)


class _RadiusSearch:
    """The least of some radii at which p sites cover enough: from `low` (proven) to `high` (found)."""

    def __init__(self, times: FloatArray, asked: Request, p: int, needed: float, radii: FloatArray) -> None:
        self._times, self._asked, self._p, self._needed, self._radii = times, asked, p, needed, radii
        self.low, self.high = 0, len(radii)
        self.chosen: tuple[int, ...] | None = None

    def bracket(self) -> None:
        """Both ends by bisection with what a covering knows at once: a good choice, and a bound."""
        low = self.low
        while low < self.high:
            middle = (low + self.high) // 2
            low = low if self._try_radius(middle, 0.0) else middle + 1
        high = self.high
        while self.low < high:
            middle = (self.low + high) // 2
            self._try_radius(middle, 0.0)
            high = high if self.low > middle else middle

    def bisect(self, deadline: float) -> None:
        """What is between by bisection to proof, until one is not decided in time."""
        while self.low < self.high:
            middle = (self.low + self.high) // 2
            before = self.low
            left = deadline - perf_counter()
            if left <= 0.0 or not (self._try_radius(middle, left) or self.low > before):
                return

    def _try_radius(self, k: int, time_limit_s: float) -> bool:
        """Narrow by what is found of one radius; True where enough is covered."""
        found = solve_mclp(
            self._times,
            self._asked.demand,
            limit_s=float(self._radii[k]),
            p=self._p,
            forced=self._asked.forced,
            forbidden=self._asked.forbidden,
            time_limit_s=time_limit_s,
        )
        enough = found.objective >= self._needed
        if enough and k < self.high:
            self.chosen, self.high = found.chosen, k
        elif found.bound < self._needed:
            self.low = max(self.low, k + 1)
        return enough


@dataclass(frozen=True, slots=True, kw_only=True)
class Compromise:
    """One point of the front: demand covered within the limit, and the worst time of any row with demand.

    `bound` is a proven bound on what any choice with no worse time covers.
    """

    chosen: tuple[int, ...]
    covered: float
    worst_s: float
    bound: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoFront:
    """Compromises, most covered first. `proven`: these are all that no other choice beats, and no more."""

    points: tuple[Compromise, ...]
    proven: bool


def pareto_front(
    times_s: object,
    demand: ArrayLike | None = None,
    *,
    limit_s: float,
    p: int,
    forced: Sequence[int] = (),
    forbidden: Sequence[int] = (),
    time_limit_s: float = TIME_LIMIT_S,
) -> ParetoFront:
    """The price of equity: every best compromise of demand covered and worst time.

    By the epsilon constraint (Haimes et al. 1971): the most covered with no row later than epsilon, which
    goes down to just below the worst time found, until no choice of p sites is left. Rows out of reach
    of all sites are left out; where p sites cannot reach all others there is no point. A step that runs
    out of time leaves the front unproven.
    """
    deadline = perf_counter() + time_limit_s
    at_least_zero(limit_s=limit_s, time_limit_s=time_limit_s)
    asked = make_request(times_s, demand, forced=forced, forbidden=forbidden, p=p)
    times = asked.dense_times()
    wanted = (asked.demand > 0.0) & np.isfinite(times[:, asked.allowed]).any(axis=1)
    times, weights = times[wanted], asked.demand[wanted]
    points: list[Compromise] = []
    worst, proven = np.inf, True
    while worst > 0.0:
        step = _EpsilonStep(asked, times, weights, limit_s, p)
        found = step.most_covered(below_s=worst, time_limit_s=deadline - perf_counter())
        proven = proven and found.status in ("optimal", INFEASIBLE)
        if not found.chosen:
            break
        nearest = times[:, list(found.chosen)].min(axis=1)
        worst = float(nearest.max(initial=0.0))
        points = [kept for kept in points if kept.covered > found.objective]
        points.append(
            Compromise(chosen=found.chosen, covered=found.objective, worst_s=worst, bound=found.bound)
        )
    return ParetoFront(points=tuple(points), proven=proven)


@dataclass(frozen=True, slots=True)
class _EpsilonStep:
    """One epsilon of the front."""

    asked: Request
    times: FloatArray
    weights: FloatArray
    limit_s: float
    p: int

    def most_covered(self, *, below_s: float, time_limit_s: float) -> Sites:
        """The p sites that cover most with every row reached sooner than `below_s`."""
        started, every = perf_counter(), np.arange(self.asked.count)
        unit = unit_of(self.weights)
        within = sparse.csr_array(((self.times <= self.limit_s) & np.isfinite(self.times)).astype(float))
        model = Blocks()
        chosen = model.add_columns(
            self.asked.count,
            lower=np.isin(every, self.asked.forced).astype(float),
            upper=np.isin(every, self.asked.allowed).astype(float),
            integer=True,
        )
        model.at_most(chosen, np.ones(self.asked.count), self.p)
        reached = model.add_columns(len(self.weights), gain=self.weights / unit)
        model.add_rows([(chosen, -within), (reached, sparse.eye_array(len(self.weights)))], upper=0.0)
        model.add_rows([(chosen, -sparse.csr_array((self.times < below_s).astype(float)))], upper=-1.0)
        answer = model.solve(time_limit_s)
        if answer.values is None:
            status = INFEASIBLE if answer.infeasible else UNSOLVED
            return no_sites(status, bound=-answer.bound * unit, seconds=perf_counter() - started)
        found = fill_up(tuple(np.flatnonzero(answer.values[chosen] > 0.5).tolist()), self.asked, self.p)
        held = np.asarray(within[:, list(found)].sum(axis=1)).ravel() > 0
        covered = float(self.weights[held].sum())
        bound = covered if answer.proven else max(-answer.bound * unit, covered)
        return make_sites(found, objective=covered, bound=bound, seconds=perf_counter() - started)
