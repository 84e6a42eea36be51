"""The planner: asks siting, routing, volumes, contingency and compliance in turn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dfr import __version__
from dfr.aircraft.catalogue import dock
from dfr.errors import InfeasibleError, InputError
from dfr.geo import FloatArray
from dfr.plan.compliance import check
from dfr.plan.contingency import failure_card
from dfr.plan.matrix import Matrix, build_matrix, sortie_line, sorties_of
from dfr.plan.model import CoverageHour, DockSite, LayoutGain, Plan, PlanningWind, Route, Volume
from dfr.plan.routing import Way
from dfr.plan.siting import Sites, solve_mclp
from dfr.plan.volumes import flight_geography, inputs_of, plan_volumes
from dfr.plan.windows import HourWindow, call_table, hour_windows, planning_window
from dfr.scenario.model import CandidateSite, Power, Scenario, SiteUse
from dfr.world.model import World

MOST_LAYOUTS = 6
"""Gains are shown up to so many docks."""

MOST_COMPARED = 20_000
"""Layouts of equal coverage are compared one by one where there are no more than this."""

SHARE_DIGITS = 9
"""Shares are sums of thousands of rounded weights: further digits mean nothing."""

UNREACHED_S = 3600.0
"""What a call out of reach counts for when layouts of equal coverage are compared by mean time."""


def make_plan(world: World, *, docks: int | None = None) -> Plan:
    """The plan of a scenario with so many docks, the scenario's own number unless said otherwise.

    Docks stand where the expected share of demand overhead within the siting limit is proven largest;
    of equal layouts the one with the least mean time. Raises InfeasibleError where no hour may be
    flown or too few candidate sites can be used.
    """
    scenario = world.scenario
    count = scenario.fleet.docks if docks is None else docks
    if count < 1:
        raise InputError(f"docks: {count} -> at least 1")
    windows = hour_windows(scenario)
    flyable = tuple(window for window in windows if window.flyable)
    if not flyable:
        raise InfeasibleError(_no_hour(windows))
    matrix = build_matrix(world, flyable)
    siting = _Siting(scenario, matrix)
    found = siting.best(count)
    chosen = siting.soonest(found)
    plan = _plan(world, siting, found, chosen, windows)
    return replace(plan, findings=check(world, plan))


class _Siting:
    """The MCLP of a scenario: rows are zone and hour, columns candidate sites."""

    def __init__(self, scenario: Scenario, matrix: Matrix) -> None:
        self.scenario, self.matrix = scenario, matrix
        self.calls = call_table(matrix.windows)
        self.times = matrix.overhead_s + scenario.crew.launch.median_s
        self.limit_s = scenario.targets.siting_limit_s
        self._rows = self.times.reshape(-1, self.times.shape[2])
        self._weights = self.calls.ravel() / self.calls.sum()
        self.forced = [j for j, c in enumerate(scenario.candidates) if c.use is SiteUse.REQUIRED]
        self.unusable = {
            j: reason
            for j, c in enumerate(scenario.candidates)
            if j not in self.forced and (reason := self._unusable(j, c))
        }

    def _unusable(self, j: int, site: CandidateSite) -> str:
        if site.use is SiteUse.FORBIDDEN:
            return "forbidden"
        if site.power is Power.NONE and dock(self.scenario.fleet.dock).has_box:
            return "no power for the dock"
        if not np.isfinite(self.times[:, :, j]).any():
            return next((way.limited_by for way in self.matrix.ways[j] if way.limited_by), "out of range")
        return ""

    @property
    def usable(self) -> int:
        """How many sites can be chosen from."""
        return len(self.scenario.candidates) - len(self.unusable)

    def best(self, count: int) -> Sites:
        """The proven best layout. Raises InfeasibleError where too few sites can be used."""
        candidates = self.scenario.candidates
        if count > self.usable:
            why = "; ".join(f"{candidates[j].id}: {reason}" for j, reason in self.unusable.items())
            raise InfeasibleError(
                f"{count} docks asked for, {self.usable} of {len(candidates)} candidate sites can be used"
                + (f" ({why})" if why else "")
                + " -> fewer docks, or more candidate sites"
            )
        if count < len(self.forced):
            raise InfeasibleError(
                f"{count} docks asked for, {len(self.forced)} required -> at least {len(self.forced)}"
            )
        found = solve_mclp(
            self._rows,
            self._weights,
            limit_s=self.limit_s,
            p=count,
            forced=self.forced,
            forbidden=list(self.unusable),
        )
        return replace(
            found,
            objective=round(found.objective, SHARE_DIGITS),
            bound=round(found.bound, SHARE_DIGITS),
        )

    def soonest(self, found: Sites) -> tuple[int, ...]:
        """Of the layouts that cover as much, the one with the least mean time; the first of equals."""
        count = len(found.chosen)
        allowed = [j for j in range(len(self.scenario.candidates)) if j not in self.unusable]
        free = [j for j in allowed if j not in self.forced]
        if math.comb(len(free), count - len(self.forced)) > MOST_COMPARED:
            return found.chosen
        layouts = [found.chosen] + [
            tuple(sorted((*self.forced, *rest)))
            for rest in itertools.combinations(free, count - len(self.forced))
        ]
        enough = [
            c for c in layouts if self.share(c, self.limit_s) >= found.objective - 2 * 10**-SHARE_DIGITS
        ]
        return min(enough, key=lambda c: (round(self.mean_s(c), 6), c))

    def nearest_s(self, chosen: Sequence[int]) -> FloatArray:
        """Seconds from decision to overhead by the soonest of some docks, shape (hours, zones)."""
        return np.asarray(self.times[:, :, list(chosen)].min(axis=2))

    def share(self, chosen: Sequence[int], limit_s: float) -> float:
        """Share of the demand of flyable hours that some docks reach within a limit."""
        return round(float(self._weights[self.nearest_s(chosen).ravel() <= limit_s].sum()), SHARE_DIGITS)

    def mean_s(self, chosen: Sequence[int]) -> float:
        """Call-weighted mean of the time to overhead; what is out of reach counts as an hour."""
        return float(self._weights @ np.minimum(self.nearest_s(chosen), UNREACHED_S).ravel())


def _plan(
    world: World, siting: _Siting, found: Sites, chosen: tuple[int, ...], windows: Sequence[HourWindow]
) -> Plan:
    scenario = world.scenario
    hour = planning_window(windows)
    routes = _routes(world, siting, chosen, hour)
    reached = siting.nearest_s(chosen)
    within = np.isfinite(reached)
    weights = siting.calls[within]
    plan = Plan(
        scenario=scenario.name,
        scenario_sha256=scenario.sha256,
        version=__version__,
        sites=tuple(_dock_site(scenario, j) for j in chosen),
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        status=found.status,
        siting_limit_s=siting.limit_s,
        coverage={limit: siting.share(chosen, limit) for limit in _limits(scenario)},
        coverage_by_hour=_by_hour(siting, chosen, windows),
        layouts=_layouts(siting, found),
        routes=routes,
        volumes=_volumes(world, siting, chosen),
        findings=(),
        flyable_share=sum(w.calls for w in windows if w.flyable) / sum(w.calls for w in windows),
        mean_overhead_s=float(reached[within] @ weights / weights.sum()) if weights.sum() > 0 else None,
        planning_wind=PlanningWind(
            hour=hour.start.isoformat(),
            wind_mps=hour.weather.wind_mps,
            wind_from_deg=hour.weather.wind_from_deg,
        ),
    )
    return replace(plan, contingency=failure_card(world, plan))


def _dock_site(scenario: Scenario, j: int) -> DockSite:
    site = scenario.candidates[j]
    return DockSite(id=site.id, name=site.name, position=site.position, drones=scenario.fleet.drones_per_dock)


def _limits(scenario: Scenario) -> list[float]:
    return sorted({*scenario.targets.limits_s, scenario.targets.siting_limit_s})


def _by_hour(
    siting: _Siting, chosen: Sequence[int], windows: Sequence[HourWindow]
) -> tuple[CoverageHour, ...]:
    """Coverage in each hour with demand; an hour that may not be flown covers nothing."""
    reached = iter(siting.nearest_s(chosen))
    rows = []
    for window in windows:
        calls = np.asarray(window.calls_by_zone)
        within = next(reached) <= siting.limit_s if window.flyable else np.zeros(calls.size, bool)
        rows.append(
            CoverageHour(
                hour=window.start.isoformat(),
                wind_mps=window.weather.wind_mps,
                wind_from_deg=window.weather.wind_from_deg,
                share=float(calls[within].sum() / calls.sum()),
                flyable=window.flyable,
                limited_by="; ".join(window.limited_by),
            )
        )
    return tuple(rows)


def _layouts(siting: _Siting, found: Sites) -> tuple[LayoutGain, ...]:
    most = min(siting.usable, max(MOST_LAYOUTS, len(found.chosen)))
    gains = []
    for count in range(max(1, len(siting.forced)), most + 1):
        best = found if count == len(found.chosen) else siting.best(count)
        gains.append(LayoutGain(docks=count, share=best.objective, bound=best.bound, status=best.status))
    return tuple(gains)


def _routes(world: World, siting: _Siting, chosen: Sequence[int], hour: HourWindow) -> tuple[Route, ...]:
    scenario, matrix = world.scenario, siting.matrix
    pairs = [(j, i) for j in chosen for i in range(len(scenario.demand.zones))]
    sorties = sorties_of(scenario, [matrix.ways[j][i] for j, i in pairs], [hour])
    at = matrix.windows.index(hour)
    routes = []
    for k, (j, i) in enumerate(pairs):
        way, sortie = matrix.ways[j][i], sorties.sortie(k)
        able = bool(np.isfinite(matrix.overhead_s[at, i, j]))
        needed, usable = float(matrix.energy_wh[at, i, j]), float(matrix.usable_wh[at])
        routes.append(
            Route(
                site_id=scenario.candidates[j].id,
                zone_id=scenario.demand.zones[i].id,
                points=tuple(world.frame.position(*point) for point in way.points),
                height_m_agl=scenario.operation.cruise_height_m_agl,
                length_m=way.length_m if way.reachable else 0.0,
                reachable=able,
                limited_by=way.limited_by if able else _why_not(way, needed, usable),
                climb_s=sortie.climb_s if able else None,
                out_s=sortie.out_s if able else None,
                back_s=sortie.back_s if able else None,
                land_s=sortie.land_s if able else None,
                energy_wh=sortie.energy_wh if able else None,
                stand_off_m=way.stand_off_m,
            )
        )
    return tuple(routes)


def _why_not(way: Way, needed_wh: float, usable_wh: float) -> str:
    if not way.reachable:
        return way.limited_by
    if not math.isfinite(needed_wh):
        return "wind: no headway at the tilt limit"
    return f"energy: {needed_wh:.0f} Wh needed, {usable_wh:.0f} Wh above the reserve"


def _volumes(world: World, siting: _Siting, chosen: Sequence[int]) -> tuple[Volume, ...]:
    scenario = world.scenario
    ways = [way for j in chosen for way in siting.matrix.ways[j] if way.reachable]
    if not ways:
        return ()
    geography = flight_geography([sortie_line(way) for way in ways])
    return plan_volumes(world.frame, geography, inputs_of(scenario))


def _no_hour(windows: Sequence[HourWindow]) -> str:
    if not windows:
        return "no demand in the period -> give days with calls inside it"
    worst = windows[0]
    return (
        f"none of the {len(windows)} hours with demand may be flown; first {worst.start:%a %d %b %H:%M}: "
        f"{'; '.join(worst.limited_by)} -> another drone or dock, other limits, or another day"
    )
