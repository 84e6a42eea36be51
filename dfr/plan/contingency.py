"""When something goes wrong: what the drone and the crew do in each case, and how long procedures take."""

from __future__ import annotations

import math

import shapely

from dfr.aircraft.catalogue import drone_of, find_dock
from dfr.geo import distance_m
from dfr.plan.context import listed
from dfr.plan.model import ContingencyCase, Plan, Route
from dfr.plan.windows import landing_wind_limit_mps
from dfr.scenario.model import DeconflictionRule, LostLink, OtherTraffic
from dfr.world.model import World

RETURN_STEP_M = 25.0
"""A return may begin anywhere on a route: it is tried from points this far apart."""


def failure_card(world: World, plan: Plan) -> tuple[ContingencyCase, ...]:
    """One case for each kind of failure: dock, link, battery, wind, and each other user of the air."""
    scenario, choice = world.scenario, world.scenario.contingency
    drone, dock = drone_of(scenario.fleet), find_dock(scenario.fleet.dock)
    longest = _longest_back_s(plan)
    rally = listed([str(point) for point in choice.rally_points]) or "none set"
    wind = landing_wind_limit_mps(drone, dock)
    cases = [
        ContingencyCase(
            id="dock-lost",
            event="the dock does not open, or another drone blocks it",
            action="the pilot sends it to the rally point: the drone cannot know that a dock stays shut",
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
            action="it returns by itself, and lands at once at half the reserve" + _turn_home_words(plan),
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
    """The longest return leg and landing, s."""
    times = [r.back_s + r.land_s for r in plan.routes if r.back_s is not None and r.land_s is not None]
    return max(times, default=None)


def _turn_home_words(plan: Plan) -> str:
    """By when the drone on the route that leaves it the least time must turn home."""
    times = [(r.return_by_s, r.site_id, r.zone_id) for r in plan.routes if r.return_by_s is not None]
    if not times:
        return ""
    seconds, site, zone = min(times)
    minutes, rest = divmod(math.floor(seconds), 60)
    first = f"the route from {site} to {zone} has the least time, in the planning wind"
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
        LostLink.RTL: f"it returns to launch at {heights}",
        LostLink.HOLD_THEN_RTL: f"it cannot hold by itself: it flies on, and then returns at {heights}",
        LostLink.LAND: "it lands where it is",
    }[choice]


def procedure_s(world: World, plan: Plan, user: OtherTraffic) -> float:
    """How long our drones take to be out of the way of another user of the air, s; 0 under a height split."""
    scenario = world.scenario
    drone = drone_of(scenario.fleet)
    height = scenario.operation.cruise_height_m_agl
    if user.rule is DeconflictionRule.HOLD_LOW:
        return max(height - user.hold_height_m_agl, 0.0) / drone.descent_mps
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
        lands_at=places.get(user.rule, "nowhere: it stays airborne"),
        seconds=procedure_s(world, plan, user),
    )
