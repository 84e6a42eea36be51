"""Candidate layouts: the best choices of so many docks for a scenario, solved to proof."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np
from scipy import sparse

from dfr.aircraft.catalogue import find_dock
from dfr.errors import InfeasibleError
from dfr.findings import counted_noun
from dfr.geo import FloatArray
from dfr.normal import normal_cdf
from dfr.plan.matrix import Matrix
from dfr.plan.siting import FEASIBLE, Sites, solve_pmedian
from dfr.plan.siting.median import greedy_median
from dfr.plan.siting.merging import merge_rows
from dfr.plan.siting.milp import Stop
from dfr.plan.siting.model import PROOF_TIME_LIMIT_S
from dfr.plan.siting.partial import solve_partial_cover
from dfr.plan.windows import call_table
from dfr.scenario.model import CandidateSite, Duration, DurationShape, Power, Scenario, SiteUse
from dfr.statistics import lognormal_sigma

MOST_COMPARED = 20_000
"""Layouts of equal coverage are compared one by one where there are no more than this."""

MOST_PROVEN = 200_000
"""Tables of no more (row, site) pairs than this are solved to the last digit."""

MERGE_STEP = 0.005
"""In larger tables rows are one where no chance of being late differs by more than this."""

MOST_HELD = 20_000_000
"""Of tables of more pairs only those with a chance of being in time are held (`dfr.plan.siting.partial`)."""

LEAST_CHANCE = 1e-5
"""A smaller chance of being in time is not held; the bound counts it."""

LARGE_GAP = 0.001
"""Their layouts are proven to this share of what they cover."""

COMPARED_FOR_S = 5.0
"""Seconds for each layout of a large table that is shown beside the chosen one, which must not wait long."""

UNREACHED_S = 3600.0
"""What a call out of reach counts for when layouts of equal coverage are compared by mean time."""

SHARE_DIGITS = 9
"""Shares are sums of thousands of rounded weights: further digits mean nothing."""


OnProgress = Callable[[int, float, float], None]
"""Called with the number of docks, the share covered so far and its bound while a layout is sought."""


def probability_within(delay: Duration, seconds: FloatArray) -> FloatArray:
    """Chance that a delay is over within so many seconds, of the same shape; 0 for none left.

    >>> launch = Duration(shape=DurationShape.LOGNORMAL, median_s=35.0, p90_s=55.0)
    >>> probability_within(launch, np.array([-1.0, 35.0, 55.0])).round(3).tolist()
    [0.0, 0.5, 0.9]
    """
    left = np.maximum(seconds, 0.0)
    sigma = _log_deviation(delay)
    if delay.shape is DurationShape.EXPONENTIAL:
        chance = -np.expm1(-left * math.log(2.0) / delay.median_s)
    elif sigma == 0.0:
        chance = (seconds >= delay.median_s).astype(float)
    else:
        with np.errstate(divide="ignore"):
            chance = normal_cdf(np.log(left / delay.median_s) / sigma)
    return np.asarray(chance, float)


def expected_s(delay: Duration) -> float:
    """Expected length of a delay, s.

    >>> expected_s(Duration(shape=DurationShape.CONSTANT, median_s=30.0, p90_s=30.0))
    30.0
    """
    if delay.shape is DurationShape.EXPONENTIAL:
        return delay.median_s / math.log(2.0)
    return delay.median_s * math.exp(0.5 * _log_deviation(delay) ** 2)


def _log_deviation(delay: Duration) -> float:
    """Deviation of the logarithm; 0 for a delay that is always the same."""
    if delay.shape is not DurationShape.LOGNORMAL or delay.median_s <= 0.0:
        return 0.0
    return lognormal_sigma(delay.median_s, delay.p90_s)


class CandidateLayouts:
    """The siting problem of a scenario: rows are hour and zone, columns candidate sites.

    A zone is covered as surely as the launch is quick enough: the chance that launch and flight together
    stay within the limit. Each hour and zone counts the surest of the chosen docks, so the best layout
    is a p-median over the chances of being late.
    """

    def __init__(
        self,
        scenario: Scenario,
        matrix: Matrix,
        on_progress: OnProgress | None = None,
        stop: Stop | None = None,
    ) -> None:
        self.scenario, self.matrix, self._on_progress, self._stop = scenario, matrix, on_progress, stop
        self.calls = call_table(matrix.windows)
        self.limit_s = scenario.targets.siting_limit_s
        self._weights = self.calls.ravel() / self.calls.sum()
        self._best: dict[int, Sites] = {}
        self.forced = [j for j, c in enumerate(scenario.candidates) if c.use is SiteUse.REQUIRED]
        self.unusable = {
            j: reason
            for j, c in enumerate(scenario.candidates)
            if j not in self.forced and (reason := self._why_unusable(j, c))
        }

    def _why_unusable(self, j: int, site: CandidateSite) -> str:
        if site.use is SiteUse.FORBIDDEN:
            return "forbidden"
        if site.power is Power.NONE and find_dock(self.scenario.fleet.dock).has_box:
            return "no power for the dock"
        if not np.isfinite(self.matrix.overhead_s[:, :, j]).any():
            return next((path.limited_by for path in self.matrix.paths[j] if path.limited_by), "out of range")
        return ""

    def flown_by(self, matrix: Matrix, count: int) -> CandidateLayouts:
        """The same problem flown by another matrix, beside the proven best of so many docks by this one."""
        best = self.best_layout(count)
        other = CandidateLayouts(self.scenario, matrix)
        other._best[count] = best
        return other

    @property
    def usable(self) -> int:
        """How many sites can be chosen from."""
        return len(self.scenario.candidates) - len(self.unusable)

    def require_sites(self, count: int) -> None:
        """Raises InfeasibleError where so many docks cannot stand: too few sites, or more are required."""
        candidates = self.scenario.candidates
        if count > self.usable:
            why = "; ".join(f"{candidates[j].id}: {reason}" for j, reason in self.unusable.items())
            asked = f"{counted_noun(count, 'dock')} asked for"
            raise InfeasibleError(
                f"{asked}, but {self.usable} of {len(candidates)} candidate sites can be used"
                + (f" ({why})" if why else ""),
                do="ask for fewer docks, or add candidate sites",
            )
        if count < len(self.forced):
            raise InfeasibleError(
                f"{counted_noun(count, 'dock')} asked for, but {len(self.forced)} required",
                do=f"ask for at least {len(self.forced)}",
            )

    def best_layout(self, count: int, *, seconds: float = PROOF_TIME_LIMIT_S) -> Sites:
        """The best layout, proven; of a large table to `LARGE_GAP` or for so many seconds: see `gap`.

        Raises InfeasibleError where too few sites can be used.
        """
        self.require_sites(count)
        if count not in self._best:
            self._best[count] = self._solve_layout(count, seconds)
        return self._best[count]

    def compare_layouts(self, counts: Sequence[int]) -> dict[int, Sites]:
        """The best layouts of some numbers of docks, found with less effort; fewer once told to stop."""
        found = {}
        for count in counts:
            if count in self._best or self._stop is None or not self._stop():
                found[count] = self.best_layout(count, seconds=COMPARED_FOR_S)
        return found

    def _solve_layout(self, count: int, seconds: float) -> Sites:
        if self.matrix.overhead_s.size > MOST_HELD:
            return self._solve_huge(count, seconds)
        rows, weights = self._late_rows
        large = self._large
        found = solve_pmedian(
            rows,
            weights,
            p=count,
            forced=self.forced,
            forbidden=list(self.unusable),
            relative_gap=self._gap_of_late(count) if large else 0.0,
            time_limit_s=seconds if large else PROOF_TIME_LIMIT_S,
            on_progress=None
            if (tell := self._on_progress) is None
            else (lambda late, least: tell(count, 1.0 - late, 1.0 - least)),
            stop=self._stop,
        )
        share, bound = (round(1.0 - value, SHARE_DIGITS) for value in (found.objective, found.bound))
        if large:
            share = self.covered_share(found.chosen, self.limit_s)
        gap = (bound - share) / share if share > 0 else 0.0
        return replace(
            found, objective=share, bound=bound, gap=gap, status=found.status if gap <= 0.0 else FEASIBLE
        )

    def _solve_huge(self, count: int, seconds: float) -> Sites:
        """The best layout of a table that is too large to be held whole."""
        found = solve_partial_cover(
            self._chances,
            self._weights,
            p=count,
            forced=self.forced,
            forbidden=list(self.unusable),
            relative_gap=LARGE_GAP,
            time_limit_s=seconds,
            on_progress=None
            if (tell := self._on_progress) is None
            else (lambda share, most: tell(count, share, most)),
            stop=self._stop,
        )
        share = self.covered_share(found.chosen, self.limit_s)
        bound = max(share, round(min(1.0, found.bound + LEAST_CHANCE), SHARE_DIGITS))
        gap = (bound - share) / share if share > 0 else 0.0
        return replace(found, objective=share, bound=bound, gap=gap, status=FEASIBLE)

    @cached_property
    def _chances(self) -> sparse.csc_array:
        """Chances of being in time, (hours and zones, sites), where there is any to speak of."""
        hours = []
        for overhead_s in self.matrix.overhead_s:
            chances = self._probability_by_launch(np.asarray(overhead_s, float), self.limit_s)
            chances[chances < LEAST_CHANCE] = 0.0
            hours.append(sparse.csr_array(chances.astype(np.float32)))
        return sparse.csc_array(sparse.vstack(hours))

    @property
    def _large(self) -> bool:
        return self.matrix.overhead_s.size > MOST_PROVEN

    @cached_property
    def _late_rows(self) -> tuple[FloatArray, FloatArray]:
        """(chances of being late, weights): a row for each hour and zone, merged in a large table."""
        hours, zones, sites = self.matrix.overhead_s.shape
        late = np.empty((hours, zones, sites), np.float32 if self._large else np.float64)
        for hour, overhead_s in enumerate(self.matrix.overhead_s):
            late[hour] = 1.0 - self._probability_by_launch(np.asarray(overhead_s, float), self.limit_s)
        rows = late.reshape(-1, sites)
        if not self._large:
            return rows, self._weights
        return merge_rows(rows, self._weights, step=MERGE_STEP)

    def _gap_of_late(self, count: int) -> float:
        """`LARGE_GAP` of the share covered as a part of the share late, as a good layout has them."""
        rows, weights = self._late_rows
        allowed = np.array([j for j in range(rows.shape[1]) if j not in self.unusable])
        cost = rows[:, allowed] * weights[:, None]
        good = greedy_median(cost, count, np.isin(allowed, self.forced))
        late = float(cost[:, good].min(axis=1).sum())
        return LARGE_GAP * (1.0 - late) / late if late > 0.0 else 0.0

    def judge_layout(self, chosen: tuple[int, ...]) -> Sites:
        """Some docks as a layout: their share, beside the best that so many docks can reach."""
        best = self.best_layout(len(chosen))
        share = self.covered_share(chosen, self.limit_s)
        if share >= best.objective - 2 * 10**-SHARE_DIGITS:
            return replace(best, chosen=chosen)
        gap = (best.bound - share) / share if share > 0 else 1.0
        return replace(best, chosen=chosen, objective=share, gap=gap, status=FEASIBLE)

    def soonest_layout(self, found: Sites) -> tuple[int, ...]:
        """Of the layouts that cover as much, the one with the least mean time; the first of equals.

        Where there are too many to compare, or in a large table, it is the one found.
        """
        count = len(found.chosen)
        allowed = [j for j in range(len(self.scenario.candidates)) if j not in self.unusable]
        free = [j for j in allowed if j not in self.forced]
        if self._large or math.comb(len(free), count - len(self.forced)) > MOST_COMPARED:
            return found.chosen
        layouts = [found.chosen] + [
            tuple(sorted((*self.forced, *rest)))
            for rest in itertools.combinations(free, count - len(self.forced))
        ]
        enough = [
            c
            for c in layouts
            if self.covered_share(c, self.limit_s) >= found.objective - 2 * 10**-SHARE_DIGITS
        ]
        return min(enough, key=lambda c: (round(self.mean_s(c), 6), c))

    def flight_s(self, chosen: Sequence[int]) -> FloatArray:
        """Seconds from lift-off to overhead by the soonest of some docks, shape (hours, zones)."""
        return np.asarray(self.matrix.overhead_s[:, :, list(chosen)].min(axis=2))

    def served_share(self, chosen: Sequence[int], j: int) -> float:
        """Expected share of the demand of flyable hours that is reached soonest from one of some docks."""
        soonest = self.matrix.overhead_s[:, :, list(chosen)].argmin(axis=2)
        return float(self._weights @ (soonest == list(chosen).index(j)).ravel())

    def coverage_probability(self, chosen: Sequence[int], limit_s: float) -> FloatArray:
        """Chance that some dock's drone is overhead within a limit of the decision, shape (hours, zones)."""
        return self._probability_by_launch(self.flight_s(chosen), limit_s)

    def covered_share(self, chosen: Sequence[int], limit_s: float) -> float:
        """Expected share of the demand of flyable hours that some docks reach within a limit."""
        return round(float(self._weights @ self.coverage_probability(chosen, limit_s).ravel()), SHARE_DIGITS)

    def mean_s(self, chosen: Sequence[int]) -> float:
        """Call-weighted mean from decision to overhead; what is out of reach counts as an hour."""
        flight = np.minimum(self.flight_s(chosen), UNREACHED_S)
        return float(self._weights @ flight.ravel()) + expected_s(self.scenario.crew.launch)

    def _probability_by_launch(self, flight_s: FloatArray, limit_s: float) -> FloatArray:
        return probability_within(self.scenario.crew.launch, limit_s - flight_s)
