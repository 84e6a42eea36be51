"""Checks of people below: stand-off from crowds, crowds in the ground-risk buffer, ground risk class (iGRC).

One set of routes, one fence and one check sheet hold for the whole period: a crowd gathers before its listed
time, and a fence is not changed between two calls. What that costs in the other hours is stated.
"""

from __future__ import annotations

import math
from dataclasses import replace

import shapely

from dfr.findings import Finding, Severity
from dfr.plan.checks.permission import crowd_stand_off_m, overflight_clause, quote_clause
from dfr.plan.context import Context, finding, nearest_on, rounded_up, route_words
from dfr.plan.matrix import crowd_obstacles, router_of
from dfr.plan.routing import START_TOLERANCE_M, AvoidedArea
from dfr.plan.volumes import GROUND_RISK_BUFFER
from dfr.plan.windows import any_in_hour, hour_windows
from dfr.scenario.model import OperationKind
from dfr.world.demand import zone_centres
from dfr.world.model import World

NO_CROWD = 'that no people gather, with who says so (in the file: crowds: [], sources: {crowds: "..."})'
"""What to state where nobody gathers."""

IGRC_COLUMNS = ((1.0, 25.0), (3.0, 35.0), (8.0, 75.0), (20.0, 120.0), (40.0, 200.0))
"""The columns of the table: the drone's size in m and speed in m/s, both at most."""

IGRC_ROWS: tuple[tuple[float, tuple[int | None, ...]], ...] = (
    (5, (2, 3, 4, 5, 6)),
    (50, (3, 4, 5, 6, 7)),
    (500, (4, 5, 6, 7, 8)),
    (5_000, (5, 6, 7, 8, 9)),
    (50_000, (6, 7, 8, 9, 10)),
    (math.inf, (7, 8, None, None, None)),
)
"""iGRC by people per km² below; None is outside SORA (JARUS SORA 2.5, table 2; to be confirmed)."""


def igrc_column(size_m: float, speed_mps: float) -> int | None:
    """The column that takes both the size and the speed of a drone; None beyond the table.

    >>> igrc_column(0.7, 21.0), igrc_column(1.1, 23.0), igrc_column(0.7, 30.0), igrc_column(50.0, 20.0)
    (0, 1, 1, None)
    """
    fitting = (k for k, (size, speed) in enumerate(IGRC_COLUMNS) if size_m <= size and speed_mps <= speed)
    return next(fitting, None)


def igrc_of(people_per_km2: float, *, size_m: float, speed_mps: float) -> int | None:
    """The intrinsic ground risk class over a density of people; None where the table has none.

    >>> [igrc_of(d, size_m=0.7, speed_mps=21.0) for d in (0.0, 5.0, 499.0, 50_000.0)]
    [2, 3, 4, 7]
    """
    column = igrc_column(size_m, speed_mps)
    if column is None:
        return None
    return next(classes[column] for below, classes in IGRC_ROWS if people_per_km2 < below)


def igrc_by_density(*, size_m: float, speed_mps: float) -> tuple[tuple[float, int | None], ...]:
    """(people per km² below, class) for each row of the table; empty for a drone beyond it.

    >>> igrc_by_density(size_m=1.4, speed_mps=22.0)[-1]
    (inf, 8)
    """
    column = igrc_column(size_m, speed_mps)
    return () if column is None else tuple((below, classes[column]) for below, classes in IGRC_ROWS)


def check_crowds(context: Context) -> list[Finding]:
    """Stand-off from dense crowds, the crowd in the ground-risk buffer, and the ground risk class."""
    margin, crowds = context.scenario.operation.crowd_margin_m, crowd_obstacles(context.world)
    dense = max((crowd.people_per_m2 for crowd in context.scenario.site.crowds), default=0.0)
    if not context.scenario.site.crowds_known:
        words = "Nobody has said whether people gather here."
        fix = f"draw the crowds (in the file: site.crowds), or state {NO_CROWD}"
        return [finding("crowd", Severity.UNKNOWN, words, fix=fix)]
    if not context.scenario.site.crowds:
        return [_check_no_crowd(context.scenario.site.no_crowd_source)]
    if dense == 0:
        return [finding("crowd", Severity.OK, "The scenario has no crowd areas.")]
    if margin is None:
        return [_check_overflight(context), _check_ground_risk(context, dense)]
    found = [_check_stand_off(context, crowd, margin) for crowd in crowds if context.lines]
    below = _check_crowd_below(context, [crowd.area for crowd in crowds])
    return [*_check_stand_off_rule(context, margin), *found, *below, _check_ground_risk(context, dense)]


def _check_no_crowd(source: str | None) -> Finding:
    """Who says that nobody gathers."""
    if source is not None:
        return finding("crowd", Severity.OK, f"No people gather on the site ({source}).")
    words = "The scenario says that no people gather on the site, but names nobody who says so."
    return finding("crowd", Severity.ADVICE, words, fix=f"state {NO_CROWD}")


def _check_overflight(context: Context) -> Finding:
    """Crowds are flown over only under a clause that says so."""
    clause = overflight_clause(context.scenario)
    words = "The scenario states no stand-off, so drones fly over crowds."
    if clause is not None:
        words += f" This is allowed by {quote_clause(context.scenario, clause)}."
        return finding("crowd", Severity.ADVICE, words, fix="carry the authorisation")
    words += " No authorisation in force allows that."
    fix = "set operation.crowd_margin_m, or get a clause for overflight of assemblies"
    return finding("crowd", Severity.VIOLATION, words, fix=fix)


def _check_stand_off_rule(context: Context, margin_m: float) -> list[Finding]:
    """The stand-off that the scenario chose, against the least that is allowed."""
    least, source = crowd_stand_off_m(context.scenario)
    if margin_m >= least:
        return []
    words = f"The stand-off from crowds is {margin_m:g} m, but at least {least:g} m is required ({source})."
    fix = f"set operation.crowd_margin_m to {least:g}, or get a clause for {margin_m:g} m"
    return [finding("crowd", Severity.VIOLATION, words, margin_m=margin_m - least, fix=fix, source=source)]


def _check_stand_off(context: Context, crowd: AvoidedArea, margin_m: float) -> Finding:
    """The route nearest to a crowd, against the larger of the scenario's stand-off and the least allowed."""
    margin_m = max(margin_m, crowd_stand_off_m(context.scenario)[0])
    route, line = min(context.lines, key=lambda pair: float(shapely.distance(pair[1], crowd.area)))
    gap = float(shapely.distance(line, crowd.area))
    short = gap < margin_m - 2 * START_TOLERANCE_M
    return finding(
        "crowd",
        Severity.VIOLATION if short else Severity.OK,
        f"{route_words(route)} passes {gap:.0f} m from {crowd.name}; the stand-off is {margin_m:g} m.",
        place=context.place(nearest_on(line, crowd.area)),
        margin_m=gap - margin_m,
        fix=f"keep {rounded_up(margin_m - gap)} farther away" if short else "",
    )


def _check_crowd_below(context: Context, crowds: list[shapely.Polygon]) -> list[Finding]:
    buffer = context.area(GROUND_RISK_BUFFER)
    below = shapely.intersection(buffer, shapely.union_all(crowds))
    if below.is_empty or below.area == 0:
        return []
    operation, crew = context.scenario.operation, context.scenario.crew
    watched = operation.kind is OperationKind.VLOS and crew.safety_pilots_per_drone > 0
    allows = overflight_clause(context.scenario) is not None
    return [
        finding(
            "ground-risk",
            Severity.ADVICE if watched or allows else Severity.UNKNOWN,
            f"{below.area:,.0f} m² of dense crowd is inside the ground-risk buffer.",
            place=context.place(below.representative_point()),
            fix="accept it in the risk assessment, fly lower or slower, or enlarge operation.crowd_margin_m",
        )
    ]


def _check_ground_risk(context: Context, people_per_m2: float) -> Finding:
    size, speed = context.drone.size_m, context.drone.max_speed_mps
    found = igrc_of(people_per_m2 * 1e6, size_m=size, speed_mps=speed)
    people = "1 person" if people_per_m2 == 1 else f"{people_per_m2:g} people"
    risk = "outside SORA: it has no iGRC" if found is None else f"ground risk class iGRC {found}"
    words = (
        f"The densest crowd has {people} per m². Flying over it with a drone of {size:.2g} m and "
        f"{speed:g} m/s is {risk}."
    )
    return finding("ground-risk", Severity.ADVICE, words, fix="state the mitigations in the application")


def check_crowd_hours(context: Context) -> list[Finding]:
    """What it costs that routes avoid crowds at all hours, though they are there only in some."""
    windows = hour_windows(context.scenario)
    if not crowd_obstacles(context.world) or not context.lines:
        return []
    spans = [(c.start, c.end) for c in context.scenario.site.crowds if c.people_per_m2 > 0]
    there = [window for window in windows if any_in_hour(spans, window.start)]
    if len(there) == len(windows):
        return []
    longer, farther, which = _cost_of_avoiding(context)
    words = (
        f"Routes avoid crowd areas at all hours, although crowds are expected in only {len(there)} of "
        f"{len(windows)} hours with calls. "
    )
    if which:
        words += f"In the other hours the route {which} could be {longer:.0f} m shorter"
        words += f" and end {farther:.0f} m nearer to its zone." if farther > 0 else "."
    else:
        words += "That lengthens no route."
    fix = "accept it, as people gather early; or plan the hours without crowds as a scenario of their own"
    return [finding("crowd", Severity.ADVICE if which else Severity.OK, words, fix=fix if which else "")]


def _cost_of_avoiding(context: Context) -> tuple[float, float, str]:
    """(metres longer, metres farther off, its ends) of the route that avoiding crowds changes most."""
    scenario, frame = context.scenario, context.world.frame
    empty = _without_crowds(context.world)
    router, worst = router_of(empty), (0.0, 0.0, "")
    targets = {zone: frame.point(centre) for zone, centre in zone_centres(scenario).items()}
    for route, _ in context.lines:
        path = router.find_path(frame.point(route.points[0]), targets[route.zone_id])
        if not path.reachable:
            continue
        longer, farther = route.length_m - path.length_m, route.stand_off_m - path.stand_off_m
        if longer + farther > sum(worst[:2]) + 1.0:
            worst = (max(longer, 0.0), farther, f"from {route.site_id} to {route.zone_id}")
    return worst


def _without_crowds(world: World) -> World:
    site = replace(world.scenario.site, crowds=())
    return replace(world, scenario=replace(world.scenario, site=site))
