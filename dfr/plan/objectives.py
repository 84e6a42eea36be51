"""What docks are sited for: coverage, mean, worst or P90 time, busy drones, backup, budget; Pareto fronts.

Start from `site_docks`; `pareto_fronts` shows what more docks buy, and what fairness costs: layouts that no
other beats, each with its proof.

Rows are hour and zone of the flyable hours, weighted by expected calls. Coverage itself is counted
with the spread of the launch delay (`dfr.plan.layouts`). The other covering objectives count a zone as
covered where the flight is over within the siting limit less the median launch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from dfr.aircraft.catalogue import find_dock
from dfr.aircraft.energy import turnaround_seconds
from dfr.errors import InfeasibleError, InputError
from dfr.geo import FloatArray
from dfr.plan.layouts import MOST_HELD, UNREACHED_S, CandidateLayouts, expected_s
from dfr.plan.model import SitedBy
from dfr.plan.path_times import on_scene_s
from dfr.plan.siting import Sites, solve_mclp, solve_pcenter, solve_pmedian
from dfr.plan.siting.fair import ParetoFront, pareto_front, solve_quantile
from dfr.plan.siting.model import at_least_zero
from dfr.plan.siting.queueing import dock_loads, find_agreed_sites
from dfr.plan.siting.variants import solve_backup, solve_budget, solve_capacitated, solve_mexclp
from dfr.scenario.model import Choice

BACKUP_WEIGHT = 0.5
"""A second dock in reach counts as much as the first (assumed)."""

BoolArray = NDArray[np.bool_]

QUANTILE = 0.9

MOST_DOCKS = 8
"""Docks are counted up to so many, or the scenario's own number if that is more."""


class Objective(Choice):
    """What is best: the field's names."""

    MCLP = "mclp", "most calls reached in time"
    MEDIAN = "median", "shortest mean time"
    CENTER = "center", "shortest worst time"
    P90 = "p90", "shortest time for 90 % of calls"
    MEXCLP = "mexclp", "most calls reached although drones are sometimes busy"
    BACKUP = "backup", "most calls within reach of two docks"


@dataclass(frozen=True, slots=True, kw_only=True)
class SitingObjective:
    """What the docks shall be best at, and within what.

    `busy` is the busy fraction of MEXCLP, None to have it agree with the docks' own; `budget` is what all
    docks may cost (then as many as it buys); `capacity_per_h` is how many calls a dock can serve in an hour.
    The last two maximise coverage.
    """

    objective: Objective = Objective.MCLP
    busy: float | None = None
    budget: float | None = None
    capacity_per_h: float | None = None

    def __post_init__(self) -> None:
        """Raises InputError for objectives that do not go together, or a limit that is none."""
        limits = {"budget": self.budget, "capacity": self.capacity_per_h}
        given = {name: value for name, value in limits.items() if value is not None}
        if given and (self.objective is not Objective.MCLP or len(given) > 1):
            words = " and ".join(given)
            raise InputError(
                f"{words} with objective {self.objective.value}", do="give one of them, with objective mclp"
            )
        at_least_zero(**given)
        if self.busy is not None and self.objective is not Objective.MEXCLP:
            raise InputError(
                f"busy with objective {self.objective.value}", do="choose objective mexclp, or leave busy out"
            )

    @property
    def bound(self) -> str:
        """The limit under which coverage is maximised: "budget", "capacity" or none."""
        if self.budget is not None:
            return "budget"
        return "" if self.capacity_per_h is None else "capacity"


def site_docks(
    layouts: CandidateLayouts, count: int, sited_for: SitingObjective
) -> tuple[tuple[int, ...], SitedBy]:
    """(Chosen candidate numbers, by what and how well). Raises InfeasibleError where nothing fits."""
    if sited_for.budget is None:
        layouts.require_sites(count)
    if sited_for.objective is Objective.MCLP and not sited_for.bound:
        found = layouts.best_layout(count)
        what = f"calls overhead within {layouts.limit_s:g} s"
        return layouts.soonest_layout(found), sited_by(found, "mclp", what, "share")
    solved = _BOUNDED[sited_for.bound] if sited_for.bound else _SOLVERS[sited_for.objective]
    found, how = solved(_Rows(layouts), count, sited_for)
    if not found.chosen:
        raise InfeasibleError(
            f"{how.what}: no dock fits ({found.status})", do="allow more, or choose another objective"
        )
    return found.chosen, how


def find_compromises(layouts: CandidateLayouts, count: int) -> ParetoFront:
    """Coverage against the longest time to overhead: every layout of so many docks that no other beats.

    Seconds of the front are flights; a zone out of reach of every site in some hour is left out there.
    """
    rows = _Rows(layouts)
    reached = rows.reached
    return pareto_front(
        rows.capped_s[reached], rows.calls[reached], limit_s=rows.limit_s, p=count, **rows.roles
    )


def sited_by(
    found: Sites,
    objective: str,
    what: str,
    unit: str,
    *,
    scale: float = 1.0,
    offset: float = 0.0,
    given: str = "",
) -> SitedBy:
    """What was found, in the objective's own unit: value = found / scale + offset."""
    value, bound = (round(number / scale + offset, 6) for number in (found.objective, found.bound))
    return SitedBy(
        objective=objective,
        what=what,
        unit=unit,
        value=value,
        bound=bound,
        gap=round(abs(bound - value) / value, 9) if value > 0 else 0.0,
        status=found.status,
        given=given,
    )


class _Roles(TypedDict):
    forced: list[int]
    forbidden: list[int]


class _Rows:
    """The siting problem as tables: rows (hour, zone) with calls, columns candidate sites.

    Raises InputError for tables that only the coverage objective holds.
    """

    def __init__(self, layouts: CandidateLayouts) -> None:
        hours, zones, sites = layouts.matrix.overhead_s.shape
        if hours * zones * sites > MOST_HELD:
            raise InputError(
                f"{hours} hours x {zones:,} zones x {sites} sites are {hours * zones * sites:,} sorties, and "
                f"objectives other than {Objective.MCLP.value} take at most {MOST_HELD:,}",
                do=f"choose objective {Objective.MCLP.value}, plan fewer hours, or join places of calls with "
                "a larger demand.points.cell_m",
            )
        self.layouts, self.scenario = layouts, layouts.scenario
        calls = layouts.calls.ravel()
        self.wanted = calls > 0
        self.flight_s = layouts.matrix.overhead_s.reshape(calls.size, -1)[self.wanted]
        self.calls = calls[self.wanted]
        self.total = float(calls.sum())
        hours, zones = layouts.calls.shape
        self.hour = np.repeat(np.arange(hours), zones)[self.wanted]
        self.launch_s = self.scenario.crew.launch.median_s
        self.limit_s = max(layouts.limit_s - self.launch_s, 0.0)
        self.within = f"calls overhead within {layouts.limit_s:g} s"
        self.roles: _Roles = {"forced": layouts.forced, "forbidden": list(layouts.unusable)}

    @property
    def capped_s(self) -> FloatArray:
        """Flight times; what is out of reach counts as an hour."""
        return np.asarray(np.minimum(self.flight_s, UNREACHED_S))

    @property
    def reached(self) -> BoolArray:
        """Rows within reach of some site that may be a dock."""
        allowed = [j for j in range(self.flight_s.shape[1]) if j not in self.roles["forbidden"]]
        return np.asarray(np.isfinite(self.flight_s[:, allowed]).any(axis=1))

    def beyond(self, chosen: Sequence[int]) -> str:
        """The share of calls that no chosen dock reaches, in words, and how late the others are at most."""
        nearest_s = self.flight_s[:, list(chosen)].min(axis=1, initial=np.inf)
        lost = ~np.isfinite(nearest_s)
        if not lost.any():
            return ""
        share = self.calls[lost].sum() / self.total
        words = f"{share:.1%} of calls are out of reach of these docks and count as 1 hour"
        if lost.all():
            return words
        return f"{words}; the others are reached within {nearest_s[~lost].max() + self.launch_s:.0f} s"

    def service_s(self) -> FloatArray:
        """Seconds a call keeps a drone: launch, out and back, on scene, and charging until the next dispatch.

        It leaves full, and the return leg is counted as long as the path out.
        """
        matrix, dock = self.layouts.matrix, find_dock(self.scenario.fleet.dock)
        usable = matrix.usable_wh / (1.0 - self.scenario.contingency.reserve_fraction)
        used = (matrix.energy_wh / usable[:, None, None]).reshape(self.wanted.size, -1)[self.wanted]
        left = np.clip(1.0 - used, 0.0, 1.0)
        charged = np.array([turnaround_seconds(dock, x / 100.0) for x in range(101)])
        away_s = expected_s(self.scenario.crew.launch) + 2.0 * self.capped_s + on_scene_s(self.scenario)
        return np.asarray(away_s + charged[np.rint(100.0 * left).astype(int)])

    def busy_of(self, chosen: Sequence[int], drones: int) -> float:
        """Share of drones in use that a call meets, hour by hour (`dfr.plan.siting.queueing`)."""
        docks, service = list(chosen), self.service_s()
        share = 0.0
        for hour in np.unique(self.hour):
            here = self.hour == hour
            loads = dock_loads(
                self.flight_s[here][:, docks],
                self.calls[here] / 3600.0,
                service[here][:, docks],
                [drones] * len(docks),
            )
            share += float(loads.utilisation.mean() * self.calls[here].sum())
        return share / self.total


def _site_by_median(rows: _Rows, count: int, _: SitingObjective) -> tuple[Sites, SitedBy]:
    found = solve_pmedian(rows.capped_s, rows.calls, p=count, **rows.roles)
    offset = expected_s(rows.scenario.crew.launch)
    what, given = "mean time from decision to overhead", rows.beyond(found.chosen)
    return found, sited_by(found, "median", what, "s", scale=rows.total, offset=offset, given=given)


def _site_by_center(rows: _Rows, count: int, _: SitingObjective) -> tuple[Sites, SitedBy]:
    found = solve_pcenter(rows.capped_s, rows.calls, p=count, **rows.roles)
    if found.chosen and found.objective >= UNREACHED_S:
        found = _reaching_most(rows, count, found)
    what, given = "longest time to overhead, median launch", rows.beyond(found.chosen)
    return found, sited_by(found, "center", what, "s", offset=rows.launch_s, given=given)


def _reaching_most(rows: _Rows, count: int, found: Sites) -> Sites:
    """The layout that reaches most calls, and these soonest: with some out of reach all are as late."""
    most = solve_mclp(rows.flight_s, rows.calls, limit_s=UNREACHED_S, p=count, **rows.roles)
    near = (rows.flight_s[:, list(most.chosen)] <= UNREACHED_S).any(axis=1)
    if not near.any():
        return found
    soonest = solve_pcenter(rows.flight_s[near], rows.calls[near], p=count, **rows.roles)
    return replace(found, chosen=soonest.chosen or most.chosen)


def _site_by_p90(rows: _Rows, count: int, _: SitingObjective) -> tuple[Sites, SitedBy]:
    found = solve_quantile(rows.capped_s, rows.calls, p=count, share=QUANTILE, **rows.roles)
    what = f"time within which {QUANTILE:.0%} of calls are overhead, median launch"
    given = rows.beyond(found.chosen)
    return found, sited_by(found, "p90", what, "s", offset=rows.launch_s, given=given)


def _site_for_backup(rows: _Rows, count: int, _: SitingObjective) -> tuple[Sites, SitedBy]:
    found = solve_backup(
        rows.flight_s, rows.calls, limit_s=rows.limit_s, p=count, weight=BACKUP_WEIGHT, **rows.roles
    )
    what = f"{rows.within}, half for a first dock and half for a second"
    return found, sited_by(found, "backup", what, "share", scale=rows.total)


def _site_for_busy_drones(rows: _Rows, count: int, sited_for: SitingObjective) -> tuple[Sites, SitedBy]:
    """A dock is busy when all its drones are."""
    busy, drones = sited_for.busy, rows.scenario.fleet.drones_per_dock

    def place(share: float) -> Sites:
        return solve_mexclp(
            rows.flight_s,
            rows.calls,
            limit_s=rows.limit_s,
            p=count,
            busy=share**drones,
            most=1,
            **rows.roles,
        )

    if busy is not None:
        if not 0.0 <= busy < 1.0:
            raise InputError(f"busy fraction {busy:g}", do="give at least 0 and less than 1")
        found, given = place(busy), f"drones busy {busy:.1%} of the time, as given"
    else:
        agreed = find_agreed_sites(place, lambda chosen: rows.busy_of(chosen, drones))
        found = agreed.sites
        side = "in agreement with" if agreed.agreed else "not in agreement with"
        given = f"drones busy {agreed.busy:.1%} of the time, {side} these docks' own {agreed.measured:.1%}"
    what = f"{rows.within}, drones being busy at times"
    return found, sited_by(found, "mexclp", what, "share", scale=rows.total, given=given)


def _site_for_budget(rows: _Rows, _: int, sited_for: SitingObjective) -> tuple[Sites, SitedBy]:
    budget = sited_for.budget or 0.0
    unknown = [
        c.id
        for j, c in enumerate(rows.scenario.candidates)
        if c.cost is None and j not in rows.layouts.unusable
    ]
    if unknown:
        raise InputError(
            f"a budget is given, but no cost of {', '.join(unknown)}", do="add `cost` to these candidates"
        )
    costs = [c.cost or 0.0 for c in rows.scenario.candidates]
    found = solve_budget(
        rows.flight_s, rows.calls, limit_s=rows.limit_s, costs=costs, budget=budget, **rows.roles
    )
    spent = sum(costs[j] for j in found.chosen)
    what = f"{rows.within} for a budget of {budget:g}"
    return found, sited_by(
        found, "budget", what, "share", scale=rows.total, given=f"{spent:g} of {budget:g} spent"
    )


def _site_for_capacity(rows: _Rows, count: int, sited_for: SitingObjective) -> tuple[Sites, SitedBy]:
    per_h = sited_for.capacity_per_h or 0.0
    found = solve_capacitated(
        rows.flight_s,
        rows.calls,
        limit_s=rows.limit_s,
        p=count,
        capacities=np.full(rows.flight_s.shape[1], per_h),
        period=rows.hour,
        **rows.roles,
    )
    what = f"{rows.within}, at most {per_h:g} calls an hour for each dock"
    return found, sited_by(found, "capacity", what, "share", scale=rows.total)


_Solver = Callable[[_Rows, int, SitingObjective], tuple[Sites, SitedBy]]

_SOLVERS: Mapping[Objective, _Solver] = {
    Objective.MEDIAN: _site_by_median,
    Objective.CENTER: _site_by_center,
    Objective.P90: _site_by_p90,
    Objective.MEXCLP: _site_for_busy_drones,
    Objective.BACKUP: _site_for_backup,
}
_BOUNDED: Mapping[str, _Solver] = {"budget": _site_for_budget, "capacity": _site_for_capacity}


BY_DOCKS = (Objective.MCLP, Objective.MEDIAN, Objective.P90, Objective.CENTER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """The best that so many docks can do by one objective."""

    docks: int
    sites: tuple[str, ...]
    by: SitedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class FairOption:
    """A layout that no other beats: none covers more without a later worst zone, or as much with an earlier.

    `share_bound` is what any layout with no later worst zone covers at most.
    """

    sites: tuple[str, ...]
    share: float
    share_bound: float
    worst_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoFronts:
    """Options by number of docks, and the compromises of coverage and worst time for `docks` docks.

    Compromises count a zone as covered with the median launch; `proven` says that they are all there are.
    """

    options: tuple[Option, ...]
    docks: int
    compromises: tuple[FairOption, ...]
    proven: bool

    def as_dict(self) -> dict[str, object]:
        """The Pareto fronts as they appear in front.json."""
        return {
            "by_docks": [
                {"docks": option.docks, "sites": list(option.sites), **dataclasses.asdict(option.by)}
                for option in self.options
            ],
            "compromises": {
                "docks": self.docks,
                "proven": self.proven,
                "points": [dataclasses.asdict(point) for point in self.compromises],
            },
        }


def pareto_fronts(layouts: CandidateLayouts, docks: int) -> ParetoFronts:
    """Every number of docks up to `MOST_DOCKS` by each of four objectives, and the compromises of `docks`.

    Raises InfeasibleError where so many docks cannot stand.
    """
    layouts.require_sites(docks)
    least, most = max(1, len(layouts.forced)), min(layouts.usable, max(MOST_DOCKS, docks))
    options = []
    for count in range(least, most + 1):
        for objective in BY_DOCKS:
            chosen, by = site_docks(layouts, count, SitingObjective(objective=objective))
            options.append(Option(docks=count, sites=_site_ids(layouts, chosen), by=by))
    front = find_compromises(layouts, docks)
    total, launch_s = float(layouts.calls.sum()), layouts.scenario.crew.launch.median_s
    fair = (
        FairOption(
            sites=_site_ids(layouts, point.chosen),
            share=round(point.covered / total, 6),
            share_bound=round(point.bound / total, 6),
            worst_s=round(point.worst_s + launch_s, 3),
        )
        for point in front.points
    )
    return ParetoFronts(options=tuple(options), docks=docks, compromises=tuple(fair), proven=front.proven)


def _site_ids(layouts: CandidateLayouts, chosen: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(layouts.scenario.candidates[j].id for j in chosen)
