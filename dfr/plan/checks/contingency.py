"""Checks of energy and of what can go wrong: battery reserve, safe landing, lost link, rally points."""

from __future__ import annotations

import math

import numpy as np
import shapely

from dfr.aircraft.energy import usable_wh
from dfr.findings import Finding, Severity
from dfr.geo import Position
from dfr.plan.checks.permission import allowed_clauses, overflight_clause, quote_clause
from dfr.plan.context import Context, finding, listed, route_words
from dfr.plan.contingency import RETURN_STEP_M
from dfr.plan.matrix import crowd_obstacles
from dfr.plan.model import Route
from dfr.plan.path_times import on_scene_s
from dfr.plan.rules import LEAST_RESERVE
from dfr.plan.volumes import CONTINGENCY
from dfr.plan.windows import hour_windows
from dfr.scenario.model import LostLink

Area = tuple[str, shapely.Polygon]


def check_contingency(context: Context) -> list[Finding]:
    """Lost link, rally points and reserve."""
    return [*_check_lost_link(context), *_check_rally_points(context), _check_reserve(context)]


def _check_lost_link(context: Context) -> list[Finding]:
    """Where the drone goes without a link: over people only under a clause that allows it."""
    crowds = [(crowd.name, crowd.area) for crowd in crowd_obstacles(context.world)]
    if context.scenario.contingency.lost_link is LostLink.LAND:
        return [_lands_where_it_is(context, crowds)]
    over_people = _find_crossed(context, crowds)
    frame = context.world.frame
    keep_outs = [
        (f"the keep-out '{name}'", frame.polygon(ring)) for name, ring in context.scenario.site.keep_outs
    ]
    found = [_over_people(context, over_people)] if over_people else []
    if crossed := _find_crossed(context, keep_outs):
        words = f"The straight return leg crosses {listed(crossed)}."
        fix = "add a rally point on this side, or have its owner agree"
        found.append(finding("lost-link", Severity.ADVICE, words, fix=fix))
    words = "Every straight return leg, from anywhere on its route, stays clear of crowds and keep-outs."
    return found or [finding("lost-link", Severity.OK, words)]


def _over_people(context: Context, crossed: list[str]) -> Finding:
    clause, words = overflight_clause(context.scenario), f"The straight return leg crosses {listed(crossed)}."
    if clause is not None:
        words += f" This is allowed by {quote_clause(context.scenario, clause)}."
        return finding("lost-link", Severity.ADVICE, words, fix="brief it")
    fix = "add a rally point on this side of the crowd, or move the dock"
    return finding("lost-link", Severity.VIOLATION, words, fix=fix)


def _lands_where_it_is(context: Context, crowds: list[Area]) -> Finding:
    """Landing at once is judged by who is below the contingency volume."""
    below = context.area(CONTINGENCY)
    names = [name for name, area in crowds if shapely.intersects(below, area)]
    words = "Without a link the drone lands where it is, whatever is below."
    if not names:
        return finding("lost-link", Severity.ADVICE, words, fix="choose rtl")
    words = (
        f"Without a link the drone lands where it is, and the contingency volume includes {listed(names)}."
    )
    return finding("lost-link", Severity.VIOLATION, words, fix="choose rtl, or keep farther from the crowd")


def _find_crossed(context: Context, areas: list[Area]) -> list[str]:
    """What lies under a straight return from somewhere on a route, in words: area by area."""
    found = []
    for name, area in areas:
        legs = [(route.zone_id, _return_legs(context, route, line)) for route, line in context.lines]
        if zones := sorted({zone for zone, leg in legs if shapely.intersects(leg, area)}):
            found.append(f"{name} (on the route to {listed(zones)})")
    return found


def _return_legs(
    context: Context, route: Route, line: shapely.LineString | shapely.Point
) -> shapely.MultiLineString:
    """The straight legs from points along a route to where RTL goes from there: the nearest place."""
    frame = context.world.frame
    homes = (context.home_of(route), *context.scenario.contingency.rally_points)
    places = np.array([frame.point(place) for place in homes])
    count = max(1, math.ceil(line.length / RETURN_STEP_M)) + 1
    path = line if isinstance(line, shapely.LineString) else shapely.LineString([line, line])
    points = shapely.line_interpolate_point(path, np.linspace(0.0, 1.0, count), normalized=True)
    xy = shapely.get_coordinates(points)
    nearest = np.hypot(*(xy[:, None, :] - places[None, :, :]).T).T.argmin(axis=1)
    return shapely.multilinestrings(shapely.linestrings(np.stack([xy, places[nearest]], axis=1)))


def _check_rally_points(context: Context) -> list[Finding]:
    points = context.scenario.contingency.rally_points
    if not points:
        words = "No rally point is set, so the dock is the only place to land."
        fix = "set contingency.rally_points inside the boundary, clear of people"
        return [finding("rally-points", Severity.ADVICE, words, fix=fix)]
    return [_check_rally_point(context, point) for point in points]


def _check_rally_point(context: Context, position: Position) -> Finding:
    frame, site = context.world.frame, context.scenario.site
    point = shapely.Point(frame.point(position))
    keep_in = frame.polygon(site.boundary)
    areas = [(name, frame.polygon(ring)) for name, ring in (*site.keep_outs, *(site.water or ()))]
    areas += [(crowd.name, frame.polygon(crowd.area)) for crowd in site.crowds if crowd.people_per_m2 > 0]
    gaps = [(float(area.distance(point)), name, area) for name, area in areas]
    nearest = min(gaps, key=lambda item: item[:2], default=None)
    leave = allowed_clauses(context.scenario).landing_outside_boundary
    if not keep_in.covers(point):
        words, margin, fix = "is outside the boundary", -float(keep_in.distance(point)), "move it inside"
        severity = Severity.VIOLATION
        if leave is not None and leave.value and (nearest is None or nearest[0] > 0):
            words += f", which is allowed by {quote_clause(context.scenario, leave)}"
            severity, fix = Severity.ADVICE, "agree on it with who owns the ground"
    elif nearest is not None and nearest[0] <= 0:
        deep = float(nearest[2].exterior.distance(point))
        words, margin, fix = f"is inside {nearest[1]}", -deep, f"move it at least {deep:.0f} m, clear of it"
        severity = Severity.VIOLATION
    else:
        margin = min([float(keep_in.exterior.distance(point)), *(gap for gap, _, _ in gaps)])
        words, severity, fix = "is inside the boundary and clear of crowds", Severity.OK, ""
    return finding(
        "rally-points",
        severity,
        f"The rally point {position} {words}.",
        place=position,
        margin_m=margin,
        fix=fix,
    )


def _check_reserve(context: Context) -> Finding:
    choice = context.scenario.contingency
    own = choice.least_reserve_fraction or 0.0
    least = max(LEAST_RESERVE, own)
    whose = (
        "the operator's own figure"
        if own > LEAST_RESERVE
        else "assumed; makers' return-home warnings start near it"
    )
    low = choice.reserve_fraction < least
    short = f": it is {least - choice.reserve_fraction:.0%} too low" if low else ""
    return finding(
        "reserve-choice",
        Severity.VIOLATION if low else Severity.OK,
        f"The battery reserve is {choice.reserve_fraction:.0%}; at least {least:.0%} is required "
        f"({whose}){short}.",
        fix=f"set contingency.reserve_fraction to {least:g} or more" if low else "",
    )


def check_energy(context: Context) -> list[Finding]:
    """The longest sortie against what the battery gives in the coldest flyable hour, less the reserve."""
    routes = [route for route in context.plan.routes if route.energy_wh is not None]
    hours = [w.weather.temperature_c for w in hour_windows(context.scenario) if w.flyable]
    if not routes or not hours:
        return []
    reserve = context.scenario.contingency.reserve_fraction
    usable = usable_wh(context.drone, min(hours), reserve_fraction=reserve)
    longest = max(routes, key=lambda route: route.energy_wh or 0.0)
    needed, scene = longest.energy_wh or 0.0, on_scene_s(context.scenario) / 60
    words = (
        f"{route_words(longest)}, with {scene:.0f} min on scene, takes {needed:.0f} of the "
        f"{usable:.0f} Wh that are usable above a reserve of {reserve:.0%}."
    )
    short = needed > usable
    fix = "shorten the time on scene or use a larger battery" if short else ""
    return [
        finding("energy-reserve", Severity.VIOLATION if short else Severity.OK, words, fix=fix),
        *_check_airframe(context),
    ]


def check_safe_landing(context: Context) -> list[Finding]:
    """The route with the least safe-landing coverage, and how much has a place other than its own dock."""
    routes = [route for route in context.plan.routes if route.safe_landing_share is not None]
    if not routes:
        return []
    worst = min(routes, key=lambda route: (route.safe_landing_share or 0.0, route.diversion_share or 0.0))
    share, other = worst.safe_landing_share or 0.0, worst.diversion_share or 0.0
    words = (
        f"{route_words(worst)} has a place to land within reach on {share:.0%} of its length, and one other "
        f"than its dock on {other:.0%}."
    )
    if share < 1.0:
        fix = "add rally points, shorten the time on scene or use a larger battery"
        return [finding("safe-landing", Severity.VIOLATION, words, fix=fix)]
    if other < 1.0:
        fix = "add rally points inside the boundary, clear of people"
        return [finding("safe-landing", Severity.ADVICE, words, fix=fix)]
    return [finding("safe-landing", Severity.OK, words)]


def _check_airframe(context: Context) -> list[Finding]:
    cruise, top = context.scenario.operation.cruise_mps, context.drone.max_speed_mps
    over = cruise > top
    words = f"The cruise speed is {cruise:g} m/s; {context.drone.name} flies up to {top:g} m/s."
    fix = f"set operation.cruise_mps to {top:g} or less" if over else ""
    return [finding("airframe-limits", Severity.VIOLATION if over else Severity.OK, words, fix=fix)]
