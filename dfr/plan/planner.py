"""The planner: asks siting, routing, volumes, contingency and compliance in turn."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import shapely

from dfr import __version__
from dfr.aircraft.performance import SortiePrediction, return_by_s
from dfr.errors import InputError
from dfr.geo import FloatArray
from dfr.plan.checks.heights import least_height_m_agl
from dfr.plan.compliance import check_plan
from dfr.plan.context import context_of, with_profiles
from dfr.plan.contingency import failure_card
from dfr.plan.flight_path import raised_scenario, raised_world
from dfr.plan.layouts import CandidateLayouts, OnProgress, expected_s
from dfr.plan.matrix import build_matrix, raised_matrix, router_of, sortie_line
from dfr.plan.model import (
    CoverageHour,
    DockSite,
    HeightLevels,
    LayoutGain,
    Plan,
    PlanningWind,
    ProposedArea,
    Route,
    Volume,
)
from dfr.plan.objectives import SitingObjective, site_docks
from dfr.plan.path_times import OnShare, sorties_of
from dfr.plan.routing import FlightPath
from dfr.plan.rules import LEAST_CLEARANCE_M
from dfr.plan.safe_landing import with_safe_landing
from dfr.plan.separation import DockRoutes, least_levels, routes_in_turn, routes_of_docks
from dfr.plan.siting.milp import Stop
from dfr.plan.volumes import GROUND_RISK_BUFFER, flight_geography, inputs_of, plan_volumes, propose_area
from dfr.plan.windows import HourWindow, hour_windows, planning_window, windows_planned
from dfr.scenario.model import CandidateSite, Scenario, SiteUse
from dfr.world.model import World

MOST_LAYOUTS = 6
"""Gains are shown up to so many docks."""

OnPlan = Callable[[Plan], object]
"""Given a plan that is complete but for the layouts of other numbers of docks."""

NO_HEADWAY = "the wind leaves no headway at the tilt limit"
NO_SURE_HEADWAY = "in this wind the drone may not come back"


def make_plan(
    world: World,
    *,
    docks: int | None = None,
    sited_for: SitingObjective | None = None,
    on_share: OnShare | None = None,
    on_progress: OnProgress | None = None,
    on_plan: OnPlan | None = None,
    stop: Stop | None = None,
) -> Plan:
    """The plan of a scenario with so many docks, the scenario's own number unless said otherwise.

    Docks stand where the expected share of demand overhead within the siting limit is proven largest
    (of equal layouts the one with the least mean time), or where they do best by `sited_for`. Where no hour
    may be flown they stand where they would in calm air, and cover nothing. `on_share` hears how many of the
    flight times of a large table are known, `on_progress` how good the docks found so far are, and `on_plan`
    is given the plan before layouts of other numbers of docks are sought. Once `stop` says so, the best docks
    so far are planned with. Raises InfeasibleError where there is no demand or too few candidate sites can be
    used.
    """
    count = world.scenario.fleet.docks if docks is None else docks
    if count < 1:
        raise InputError(f"docks: {count}", do="ask for at least 1")
    layouts, windows = candidate_layouts(world, on_share, on_progress, stop)
    chosen, sited_by = site_docks(layouts, count, sited_for or SitingObjective())
    plan = replace(_complete_plan(world, layouts, chosen, windows), sited_by=sited_by)
    flyable = any(window.flyable for window in windows)
    if not flyable:
        plan = _covering_nothing(plan)
    plan = replace(plan, findings=check_plan(world, plan))
    if on_plan is not None:
        on_plan(plan)
    return replace(plan, layouts=_layout_gains(layouts, len(chosen)) if flyable else ())


def plan_with_docks(world: World, docks: Sequence[str]) -> Plan:
    """The plan with docks just there, whatever the planner would choose.

    The other sites keep their use, but for required ones.
    """
    sites = tuple(replace(site, use=_use_with(site, docks)) for site in world.scenario.candidates)
    fixed = replace(world, scenario=replace(world.scenario, candidates=sites))
    return make_plan(fixed, docks=len(docks))


def choose_docks(world: World) -> tuple[CandidateSite, ...]:
    """The sites on which `make_plan` puts the scenario's docks, in its order, with no plan made of them."""
    layouts, _ = candidate_layouts(world)
    chosen, _ = site_docks(layouts, world.scenario.fleet.docks, SitingObjective())
    return tuple(world.scenario.candidates[j] for j in chosen)


def _use_with(site: CandidateSite, docks: Sequence[str]) -> SiteUse:
    if site.id in docks:
        return SiteUse.REQUIRED
    return SiteUse.ALLOWED if site.use is SiteUse.REQUIRED else site.use


def candidate_layouts(
    world: World,
    on_share: OnShare | None = None,
    on_progress: OnProgress | None = None,
    stop: Stop | None = None,
) -> tuple[CandidateLayouts, tuple[HourWindow, ...]]:
    """(The siting problem, all hours with calls). Raises InfeasibleError where there is no such hour."""
    windows = hour_windows(world.scenario)
    matrix = build_matrix(world, windows_planned(windows), on_share=on_share)
    return CandidateLayouts(world.scenario, matrix, on_progress, stop), windows


def with_roles(world: World, *, require: Sequence[str] = (), forbid: Sequence[str] = ()) -> World:
    """The world with some candidate sites required or forbidden, whatever the scenario says of them.

    Raises InputError for a site that is unknown, or both.
    """
    scenario = world.scenario
    known = {site.id for site in scenario.candidates}
    wrong = [name for name in (*require, *forbid) if name not in known]
    both = sorted(set(require) & set(forbid))
    if wrong or both:
        what = (
            f"site {wrong[0]!r} is not a candidate"
            if wrong
            else f"site {both[0]!r} is both required and forbidden"
        )
        raise InputError(what, do=f"choose from {', '.join(sorted(known))}")
    roles = dict.fromkeys(require, SiteUse.REQUIRED) | dict.fromkeys(forbid, SiteUse.FORBIDDEN)
    candidates = tuple(replace(site, use=roles.get(site.id, site.use)) for site in scenario.candidates)
    return replace(world, scenario=replace(scenario, candidates=candidates))


def _complete_plan(
    world: World, layouts: CandidateLayouts, chosen: tuple[int, ...], windows: Sequence[HourWindow]
) -> Plan:
    """The plan with its docks kept apart in height, and what follows from the heights."""
    plan, hour = _keep_docks_apart(world, layouts, chosen, windows)
    flown = raised_world(world, plan.highest_raised_m)
    plan = with_profiles(world, with_safe_landing(flown, plan, router_of(world), hour))
    return replace(
        plan, contingency=failure_card(flown, plan), restricted_area=_propose_restricted_area(world, plan)
    )


def _keep_docks_apart(
    world: World, layouts: CandidateLayouts, chosen: tuple[int, ...], windows: Sequence[HourWindow]
) -> tuple[Plan, HourWindow]:
    """(The plan with each dock at its own height, its planning hour); one height where no routes meet."""
    hour = planning_window(windows)
    at, zones = layouts.matrix.windows.index(hour), range(len(world.scenario.demand.zones))
    untimed = tuple(_untimed_route(world, layouts, j, i, at, 0.0) for j in chosen for i in zones)
    level = _assemble_plan(world, layouts, chosen, windows, {}, untimed)
    docks = routes_of_docks(context_of(world, level))
    by_site = least_levels(
        docks,
        limit_m_agl=world.scenario.operation.height_limit_m_agl,
        least_m_agl=max(LEAST_CLEARANCE_M, least_height_m_agl(world.scenario)),
        calls={world.scenario.candidates[j].id: layouts.served_share(chosen, j) for j in chosen},
    )
    raised_m = {
        j: by_site[world.scenario.candidates[j].id]
        for j in chosen
        if world.scenario.candidates[j].id in by_site
    }
    highest = raised_scenario(world.scenario, max([0.0, *raised_m.values()]))
    flown = hour_windows(highest)
    if not raised_m or not any(window.flyable for window in flown):
        timed = replace(level, routes=_time_routes(world, layouts, chosen, hour, {}))
        return _with_levels(timed, level, docks), hour
    matrix = raised_matrix(world.scenario, layouts.matrix, [w for w in flown if w.flyable], raised_m)
    apart, hour = layouts.flown_by(matrix, len(chosen)), planning_window(flown)
    routes = _time_routes(world, apart, chosen, hour, raised_m)
    plan = _assemble_plan(world, apart, chosen, flown, raised_m, routes)
    return _with_levels(plan, level, routes_of_docks(context_of(world, plan))), hour


def _with_levels(plan: Plan, level: Plan, docks: Sequence[DockRoutes]) -> Plan:
    """The plan with what its heights came to, beside the same docks at one height."""
    return replace(
        plan,
        height_levels=HeightLevels(
            levels=len({site.raised_m for site in plan.sites}),
            share_at_one_height=level.objective,
            mean_at_one_height_s=level.mean_overhead_s,
            in_turn=routes_in_turn(docks),
        ),
    )


def _assemble_plan(  # noqa: PLR0917 - all that a plan is put together from
    world: World,
    layouts: CandidateLayouts,
    chosen: tuple[int, ...],
    windows: Sequence[HourWindow],
    raised_m: Mapping[int, float],
    routes: tuple[Route, ...],
) -> Plan:
    scenario = world.scenario
    found = layouts.judge_layout(chosen)
    hour = planning_window(windows)
    reached = layouts.flight_s(chosen) + expected_s(scenario.crew.launch)
    within = np.isfinite(reached)
    weights = layouts.calls[within]
    return Plan(
        scenario=scenario.name,
        scenario_sha256=scenario.sha256,
        version=__version__,
        sites=tuple(_dock_site(scenario, j, raised_m.get(j, 0.0)) for j in chosen),
        objective=found.objective,
        bound=found.bound,
        gap=found.gap,
        status=found.status,
        siting_limit_s=layouts.limit_s,
        coverage={limit: layouts.covered_share(chosen, limit) for limit in _reported_limits(scenario)},
        coverage_by_hour=_coverage_by_hour(layouts, chosen, windows),
        layouts=(),
        routes=routes,
        volumes=_draw_volumes(world, layouts, chosen, max([0.0, *raised_m.values()])),
        findings=(),
        flyable_share=sum(w.calls for w in windows if w.flyable) / sum(w.calls for w in windows),
        mean_overhead_s=float(reached[within] @ weights / weights.sum()) if weights.sum() > 0 else None,
        planning_wind=PlanningWind(
            hour=hour.start.isoformat(),
            wind_mps=hour.weather.wind_mps,
            wind_from_deg=hour.weather.wind_from_deg,
        ),
    )


def _covering_nothing(plan: Plan) -> Plan:
    """A plan of which no hour may be flown: laid out in calm air, it reaches no call."""
    return replace(
        plan,
        objective=0.0,
        bound=0.0,
        gap=0.0,
        coverage=dict.fromkeys(plan.coverage, 0.0),
        mean_overhead_s=None,
        planning_wind=None,
        sited_by=None,
    )


def _propose_restricted_area(world: World, plan: Plan) -> ProposedArea | None:
    """The restricted area to ask for; None where nothing is flown."""
    buffered = next((volume for volume in plan.volumes if volume.id == GROUND_RISK_BUFFER), None)
    if buffered is None:
        return None
    area = shapely.union_all([world.frame.polygon(ring) for ring in buffered.rings])
    return propose_area(world.frame, area, top_m_agl=buffered.top_m_agl, terrain=world.terrain)


def _dock_site(scenario: Scenario, j: int, raised_m: float) -> DockSite:
    site = scenario.candidates[j]
    return DockSite(
        id=site.id,
        name=site.name,
        position=site.position,
        drones=scenario.fleet.drones_per_dock,
        raised_m=raised_m,
    )


def _reported_limits(scenario: Scenario) -> list[float]:
    return sorted({*scenario.targets.limits_s, scenario.targets.siting_limit_s})


def _coverage_by_hour(
    layouts: CandidateLayouts, chosen: Sequence[int], windows: Sequence[HourWindow]
) -> tuple[CoverageHour, ...]:
    """Coverage in each hour with demand; an hour that may not be flown covers nothing."""
    tables = (
        layouts.coverage_probability(chosen, layouts.limit_s),
        layouts.flight_s(chosen),
        layouts.matrix.overhead_s[:, :, list(chosen)],
    )
    flown = zip(*tables, strict=True)
    none = np.zeros((len(layouts.scenario.demand.zones), 0))
    rows = []
    for window in windows:
        calls = np.asarray(window.calls_by_zone)
        chance, flight_s, by_dock = (
            next(flown) if window.flyable else (np.zeros(calls.size), np.full(calls.size, np.inf), none)
        )
        mean_s, worst_s = _mean_and_worst_s(layouts.scenario, flight_s, calls)
        rows.append(
            CoverageHour(
                hour=window.start.isoformat(),
                wind_mps=window.weather.wind_mps,
                wind_from_deg=window.weather.wind_from_deg,
                share=float(calls @ chance / calls.sum()),
                flyable=window.flyable,
                limited_by="; ".join(window.limited_by),
                mean_s=mean_s,
                worst_s=worst_s,
                overhead_s=_by_dock_and_zone(layouts.scenario, chosen, by_dock),
            )
        )
    return tuple(rows)


def _by_dock_and_zone(
    scenario: Scenario, chosen: Sequence[int], overhead_s: FloatArray
) -> dict[str, dict[str, float | None]]:
    """An hour's times of shape (zones, docks) by their names, None where there is no path in its wind."""
    zones = [zone.id for zone in scenario.demand.zones]
    return {
        scenario.candidates[j].id: {
            zone: round(float(seconds), 3) if np.isfinite(seconds) else None
            for zone, seconds in zip(zones, column, strict=True)
        }
        for j, column in zip(chosen, overhead_s.T, strict=False)
    }


def _mean_and_worst_s(
    scenario: Scenario, flight_s: FloatArray, calls: FloatArray
) -> tuple[float | None, float | None]:
    """Seconds from decision to overhead: mean of calls, and latest zone; None where one is out of reach."""
    asked = calls > 0
    if not np.isfinite(flight_s[asked]).all():
        return None, None
    launch = scenario.crew.launch
    mean = float(calls[asked] @ flight_s[asked] / calls.sum()) + expected_s(launch)
    return round(mean, 3), round(float(flight_s[asked].max()) + launch.median_s, 3)


def _layout_gains(layouts: CandidateLayouts, docks: int) -> tuple[LayoutGain, ...]:
    most = min(layouts.usable, max(MOST_LAYOUTS, docks))
    found = layouts.compare_layouts(range(max(1, len(layouts.forced)), most + 1))
    return tuple(
        LayoutGain(docks=count, share=best.objective, bound=best.bound, status=best.status)
        for count, best in found.items()
    )


def _time_routes(
    world: World,
    layouts: CandidateLayouts,
    chosen: Sequence[int],
    hour: HourWindow,
    raised_m: Mapping[int, float],
) -> tuple[Route, ...]:
    """The routes of some docks with their times, those of `raised_m` flown so much higher."""
    matrix = layouts.matrix
    pairs = [(j, i) for j in chosen for i in range(len(matrix.paths[j]))]
    raises = [raised_m.get(j, 0.0) for j, _ in pairs]
    sorties = sorties_of(world.scenario, [matrix.paths[j][i] for j, i in pairs], [hour], raises)
    at = matrix.windows.index(hour)
    latest = return_by_s(sorties, float(matrix.usable_wh[at]))
    routes = []
    for k, (j, i) in enumerate(pairs):
        route, sortie = _untimed_route(world, layouts, j, i, at, raises[k]), sorties.sortie(k)
        needed, usable = float(matrix.energy_wh[at, i, j]), float(matrix.usable_wh[at])
        if not route.reachable:
            why = _why_not(matrix.paths[j][i], sortie, needed, usable)
            routes.append(replace(route, limited_by=why))
            continue
        timed = replace(
            route,
            climb_s=sortie.climb_s,
            out_s=sortie.out_s,
            back_s=sortie.back_s,
            land_s=sortie.land_s,
            energy_wh=sortie.late_energy_wh,
            return_by_s=float(latest[k]),
        )
        routes.append(timed)
    return tuple(routes)


def _untimed_route(  # noqa: PLR0917 - one path of a matrix in one hour, at one height
    world: World, layouts: CandidateLayouts, j: int, i: int, at: int, raised_m: float
) -> Route:
    """Where a dock's drones fly to reach a zone, and how high; its times are those of `_time_routes`."""
    scenario, path = world.scenario, layouts.matrix.paths[j][i]
    return Route(
        site_id=scenario.candidates[j].id,
        zone_id=scenario.demand.zones[i].id,
        points=tuple(world.frame.position(*point) for point in path.points),
        height_m_agl=scenario.operation.cruise_height_m_agl + raised_m,
        length_m=path.length_m if path.reachable else 0.0,
        reachable=bool(np.isfinite(layouts.matrix.overhead_s[at, i, j])),
        limited_by=path.limited_by,
        climb_s=None,
        out_s=None,
        back_s=None,
        land_s=None,
        energy_wh=None,
        stand_off_m=path.stand_off_m,
    )


def _why_not(path: FlightPath, sortie: SortiePrediction, needed_wh: float, usable_wh: float) -> str:
    if not path.reachable:
        return path.limited_by
    if not math.isfinite(needed_wh):
        return NO_HEADWAY if sortie.back_s is None else NO_SURE_HEADWAY
    return f"the flight needs {needed_wh:.0f} Wh, and {usable_wh:.0f} Wh are usable above the reserve"


def _draw_volumes(
    world: World, layouts: CandidateLayouts, chosen: Sequence[int], raised_m: float
) -> tuple[Volume, ...]:
    scenario = raised_scenario(world.scenario, raised_m)
    by_zone = zip(*(layouts.matrix.paths[j] for j in chosen), strict=True)
    paths = [path for to_zone in by_zone for path in to_zone if path.reachable]
    if not paths:
        return ()
    geography = flight_geography([sortie_line(path) for path in paths])
    return plan_volumes(world.frame, geography, inputs_of(scenario))
