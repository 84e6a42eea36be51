"""What happens when something goes wrong: the failure card, and checks of the choices behind it."""

from __future__ import annotations

import math

import numpy as np
import shapely

from dfr.aircraft.catalogue import dock, drone
from dfr.findings import Finding, Severity
from dfr.geo import Position, distance_m
from dfr.plan.checks.context import Context, finding, listed
from dfr.plan.matrix import crowd_obstacles
from dfr.plan.model import ContingencyCase, Plan, Route
from dfr.plan.permits import allowed, overflight_clause, quoted
from dfr.plan.volumes import CONTINGENCY
from dfr.plan.windows import landing_wind_limit_mps
from dfr.scenario.model import DeconflictionRule, LostLink, OtherTraffic
from dfr.world.model import World

LEAST_RESERVE = 0.2
RETURN_STEP_M = 25.0
"""A return may begin anywhere on a route: it is tried from points this far apart."""

Area = tuple[str, shapely.Polygon]


def failure_card(world: World, plan: Plan) -> tuple[ContingencyCase, ...]:
    """One case for each way to fail: dock, link, battery, wind, and each other user of the air."""
    scenario, choice = world.scenario, world.scenario.contingency
    craft, box = drone(scenario.fleet.drone), dock(scenario.fleet.dock)
    longest = _longest_back_s(plan)
    rally = listed([str(point) for point in choice.rally_points]) or "none set"
    wind = landing_wind_limit_mps(craft, box)
    cases = [
        ContingencyCase(
            id="dock-lost",
            event="the dock does not open, or another drone blocks it",
            action="the pilot sends it to the rally point; nothing on board knows that a dock stays shut",
            lands_at=f"rally point: {rally}",
            seconds=_rally_s(world, plan),
        ),
        ContingencyCase(
            id="link-lost",
            event=f"no link for {choice.lost_link_timeout_s:g} s",
            action=_lost_link_words(choice.lost_link, _return_heights(world, plan)),
            lands_at="where it is"
            if choice.lost_link is LostLink.LAND
            else "its dock, or a nearer rally point",
            seconds=None if longest is None else choice.lost_link_timeout_s + longest,
        ),
        ContingencyCase(
            id="battery-low",
            event=f"usable charge down to the reserve of {choice.reserve_fraction:.0%}",
            action="returns by itself; lands at once at half the reserve" + _turn_home_words(plan),
            lands_at="its dock, or a nearer rally point",
            seconds=longest,
        ),
        ContingencyCase(
            id="wind-rise",
            event="wind above " + ("the operation's limit" if wind is None else f"{wind:g} m/s at the dock"),
            action=f"the crew recalls all; after {choice.landing_retries} failed landings the pilot diverts",
            lands_at=f"its dock; rally point: {rally}",
            seconds=longest,
        ),
    ]
    return (*cases, *(_traffic_case(world, plan, user) for user in scenario.traffic))


def _longest_back_s(plan: Plan) -> float | None:
    """The longest way home and down, s."""
    times = [r.back_s + r.land_s for r in plan.routes if r.back_s is not None and r.land_s is not None]
    return max(times, default=None)


def _turn_home_words(plan: Plan) -> str:
    """By when the drone on the route that leaves it the least time must turn home."""
    times = [(r.return_by_s, r.site_id, r.zone_id) for r in plan.routes if r.return_by_s is not None]
    if not times:
        return ""
    seconds, site, zone = min(times)
    minutes, rest = divmod(math.floor(seconds), 60)
    first = f"{site} to {zone}, the first that must, in the planning wind"
    return f"; turn home by {minutes}:{rest:02d} min after lift-off ({first})"


def _rally_s(world: World, plan: Plan) -> float | None:
    """From the farthest dock to its nearest rally point at cruise speed, s."""
    rally = world.scenario.contingency.rally_points
    if not rally or not plan.sites:
        return None
    away = max(min(distance_m(site.position, point) for point in rally) for site in plan.sites)
    return away / world.scenario.operation.cruise_mps


def _return_heights(world: World, plan: Plan) -> str:
    """The return height in words; that of each dock where they differ.

    `world` has the heights of the dock flown highest.
    """
    highest_m = world.scenario.contingency.return_height_m_agl
    heights = {s.id: highest_m - plan.highest_raised_m + s.raised_m for s in plan.sites}
    if len(set(heights.values())) < 2:
        return f"{highest_m:g} m"
    return ", ".join(f"{height:g} m ({site})" for site, height in heights.items())


def _lost_link_words(choice: LostLink, heights: str) -> str:
    return {
        LostLink.RTL: f"return to launch at {heights}",
        LostLink.HOLD_THEN_RTL: f"no hold on board: flies on, after the timeout returns at {heights}",
        LostLink.LAND: "land where it is",
    }[choice]


def procedure_s(world: World, plan: Plan, user: OtherTraffic) -> float:
    """How long our drones take to be out of the way of another user of the air, s; 0 under a height split."""
    scenario = world.scenario
    craft = drone(scenario.fleet.drone)
    height = scenario.operation.cruise_height_m_agl
    if user.rule is DeconflictionRule.HOLD_LOW:
        return max(height - user.hold_height_m_agl, 0.0) / craft.descent_mps
    if user.rule is DeconflictionRule.RETURN:
        return _longest_back_s(plan) or 0.0
    if user.rule is DeconflictionRule.LAND:
        flown = (r for r in plan.routes if r.land_s is not None and r.points)
        return max((_to_safe_point_s(world, plan, r) + (r.land_s or 0.0) for r in flown), default=0.0)
    return 0.0


def _to_safe_point_s(world: World, plan: Plan, route: Route) -> float:
    """From the point of a route that is farthest from any dock or rally point to the nearest, straight, s."""
    frame = world.frame
    places = [*(site.position for site in plan.sites), *world.scenario.contingency.rally_points]
    safe = shapely.MultiPoint([frame.point(place) for place in places])
    line = shapely.segmentize(
        shapely.LineString(frame.points((*route.points, route.points[-1]))), RETURN_STEP_M
    )
    away_m = shapely.distance(safe, shapely.points(shapely.get_coordinates(line)))
    return float(away_m.max()) / world.scenario.operation.cruise_mps


def _traffic_case(world: World, plan: Plan, user: OtherTraffic) -> ContingencyCase:
    actions = {
        DeconflictionRule.HOLD_LOW: f"hold at {user.hold_height_m_agl:g} m until it has gone",
        DeconflictionRule.RETURN: "return and land",
        DeconflictionRule.LAND: "land at the nearest safe point",
        DeconflictionRule.HEIGHT_SPLIT: "keep the agreed heights",
    }
    places = {DeconflictionRule.RETURN: "its dock", DeconflictionRule.LAND: "the nearest safe point"}
    return ContingencyCase(
        id=f"traffic-{user.id}",
        event=f"{user.kind} inbound ({user.id}), {user.notice_s:g} s notice",
        action=f"{actions[user.rule]}; tell {user.contact}",
        lands_at=places.get(user.rule, "nowhere: stays airborne"),
        seconds=procedure_s(world, plan, user),
    )


def check_contingency(context: Context) -> list[Finding]:
    """Lost link, rally points and reserve."""
    return [*_lost_link(context), *_rally(context), _reserve(context)]


def _lost_link(context: Context) -> list[Finding]:
    """Where the drone goes without a link: over people only under a clause that allows it."""
    crowds = [(crowd.name, crowd.area) for crowd in crowd_obstacles(context.world)]
    if context.scenario.contingency.lost_link is LostLink.LAND:
        return [_lands_where_it_is(context, crowds)]
    over_people = _crossed(context, crowds)
    frame = context.world.frame
    keep_outs = [(f"keep-out {name}", frame.polygon(ring)) for name, ring in context.scenario.site.keep_outs]
    found = [_over_people(context, over_people)] if over_people else []
    if crossed := _crossed(context, keep_outs):
        words = f"the straight return crosses {listed(crossed)}"
        fix = "add a rally point on this side, or have its owner agree"
        found.append(finding("lost-link", Severity.ADVICE, words, fix=fix))
    words = "every straight return, from everywhere on its route, stays clear of crowds and keep-outs"
    return found or [finding("lost-link", Severity.OK, words)]


def _over_people(context: Context, crossed: list[str]) -> Finding:
    clause, words = overflight_clause(context.scenario), f"the straight return crosses {listed(crossed)}"
    if clause is not None:
        words += f", allowed by {quoted(context.scenario, clause)}"
        return finding("lost-link", Severity.ADVICE, words, fix="brief it")
    fix = "add a rally point on this side of the crowd, or move the dock"
    return finding("lost-link", Severity.VIOLATION, words, fix=fix)


def _lands_where_it_is(context: Context, crowds: list[Area]) -> Finding:
    """Landing at once is judged by who is below the contingency volume."""
    below = context.area(CONTINGENCY)
    names = [name for name, area in crowds if shapely.intersects(below, area)]
    words = "without a link the drone lands where it is, over whatever is below"
    if not names:
        return finding("lost-link", Severity.ADVICE, words, fix="choose rtl")
    words = f"without a link the drone lands where it is: {listed(names)} is inside the contingency volume"
    return finding("lost-link", Severity.VIOLATION, words, fix="choose rtl, or keep farther from the crowd")


def _crossed(context: Context, areas: list[Area]) -> list[str]:
    """What lies under a straight return from somewhere on a route, in words: area by area."""
    found = []
    for name, area in areas:
        ways = [(route.zone_id, _returns(context, route, line)) for route, line in context.lines]
        if zones := sorted({zone for zone, way in ways if shapely.intersects(way, area)}):
            found.append(f"{name} (on the way to {listed(zones)})")
    return found


def _returns(
    context: Context, route: Route, line: shapely.LineString | shapely.Point
) -> shapely.MultiLineString:
    """The straight ways from points along a route to where RTL goes from there: the nearest place."""
    frame = context.world.frame
    homes = (context_home(context, route), *context.scenario.contingency.rally_points)
    places = np.array([frame.point(place) for place in homes])
    count = max(1, math.ceil(line.length / RETURN_STEP_M)) + 1
    path = line if isinstance(line, shapely.LineString) else shapely.LineString([line, line])
    points = shapely.line_interpolate_point(path, np.linspace(0.0, 1.0, count), normalized=True)
    xy = shapely.get_coordinates(points)
    nearest = np.hypot(*(xy[:, None, :] - places[None, :, :]).T).T.argmin(axis=1)
    return shapely.multilinestrings(shapely.linestrings(np.stack([xy, places[nearest]], axis=1)))


def context_home(context: Context, route: Route) -> Position:
    """Where a route starts."""
    return next(site.position for site in context.plan.sites if site.id == route.site_id)


def _rally(context: Context) -> list[Finding]:
    points = context.scenario.contingency.rally_points
    if not points:
        words = "no rally point: the dock is the only place to land"
        fix = "set contingency.rally_points inside the boundary, clear of people"
        return [finding("rally-points", Severity.ADVICE, words, fix=fix)]
    return [_rally_point(context, point) for point in points]


def _rally_point(context: Context, position: Position) -> Finding:
    frame, site = context.world.frame, context.scenario.site
    point = shapely.Point(frame.point(position))
    keep_in = frame.polygon(site.boundary)
    areas = [(name, frame.polygon(ring)) for name, ring in (*site.keep_outs, *(site.water or ()))]
    areas += [(crowd.name, frame.polygon(crowd.area)) for crowd in site.crowds if crowd.people_per_m2 > 0]
    gaps = [(float(area.distance(point)), name, area) for name, area in areas]
    nearest = min(gaps, key=lambda item: item[:2], default=None)
    leave = allowed(context.scenario).landing_outside_boundary
    if not keep_in.covers(point):
        words, margin, fix = "lies outside the boundary", -float(keep_in.distance(point)), "move it inside"
        severity = Severity.VIOLATION
        if leave is not None and leave.value and (nearest is None or nearest[0] > 0):
            words += f", allowed by {quoted(context.scenario, leave)}"
            severity, fix = Severity.ADVICE, "agree on it with who owns the ground"
    elif nearest is not None and nearest[0] <= 0:
        deep = float(nearest[2].exterior.distance(point))
        words, margin, fix = f"lies inside {nearest[1]}", -deep, f"move it at least {deep:.0f} m, clear of it"
        severity = Severity.VIOLATION
    else:
        margin = min([float(keep_in.exterior.distance(point)), *(gap for gap, _, _ in gaps)])
        words, severity, fix = "is inside the boundary and clear of crowds", Severity.OK, ""
    return finding(
        "rally-points", severity, f"rally point {position} {words}", place=position, margin_m=margin, fix=fix
    )


def _reserve(context: Context) -> Finding:
    choice = context.scenario.contingency
    own = choice.least_reserve_fraction or 0.0
    least = max(LEAST_RESERVE, own)
    whose = (
        "the operator's own" if own > LEAST_RESERVE else "assumed; makers' return-home warnings start near it"
    )
    low = choice.reserve_fraction < least
    short = f", {least - choice.reserve_fraction:.0%} below it" if low else ""
    return finding(
        "reserve-choice",
        Severity.VIOLATION if low else Severity.OK,
        f"battery reserve {choice.reserve_fraction:.0%}, at least {least:.0%} ({whose}){short}",
        fix=f"set contingency.reserve_fraction to {least:g} or more" if low else "",
    )
