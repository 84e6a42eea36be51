"""When something goes wrong: the failure card, how long each procedure takes, where drones can land safely.

`failure_card` says what the drone and the crew do in each case. Safe-landing coverage (`with_safe_landing`)
is from how much of each route a place to land is reached with the energy left. It is counted where that is
least: on the return leg, after the whole time on scene. At each point the energy left is the whole usable
battery (a diversion is what the reserve is for) less what was flown so far; a place counts where a path to it
keeps to the keep-in, keep-outs and crowd margins and its energy, landing included, is not more than what is
left. The own dock counts by the rest of the route.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.ops import substring

from dfr.aircraft.catalogue import drone_of, find_dock
from dfr.aircraft.energy import forward_power_w, usable_wh
from dfr.aircraft.performance import flight_settings
from dfr.geo import FloatArray, distance_m
from dfr.plan.context import listed
from dfr.plan.flight_path import WindLegCost, sortie_legs, wind_leg_cost
from dfr.plan.model import ContingencyCase, Plan, Route
from dfr.plan.routing import FlightPath, Point, Router
from dfr.plan.windows import HourWindow, landing_wind_limit_mps
from dfr.scenario.model import DeconflictionRule, LostLink, OtherTraffic
from dfr.world.model import World

RETURN_STEP_M = 25.0
"""A return may begin anywhere on a route: it is tried from points this far apart."""

LANDING_STEP_M = 50.0
ROUNDING_WH = 1e-6
MOST_SAMPLES = 40
NEAREST_PLACES = 2
"""From each point only so many of the nearest other places are tried."""

LegsWh = Callable[[FloatArray, FloatArray], FloatArray]
"""The energy of legs, m east and north, elementwise."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _LandingReach:
    """What safe-landing estimates share: the world, the cost of legs in the hour's wind, and the router."""

    world: World
    leg_cost: WindLegCost
    router: Router

    @property
    def full_wh(self) -> float:
        """The whole usable battery, no reserve taken off."""
        drone = drone_of(self.world.scenario.fleet)
        return usable_wh(drone, self.leg_cost.temperature_c)


def with_safe_landing(world: World, plan: Plan, router: Router, hour: HourWindow) -> Plan:
    """The plan with the safe-landing share of every route that is flown."""
    flight = _LandingReach(world=world, leg_cost=wind_leg_cost(world.scenario, hour), router=router)
    docks = {site.id: world.frame.point(site.position) for site in plan.sites}
    rally = [world.frame.point(position) for position in world.scenario.contingency.rally_points]
    routes = []
    for route in plan.routes:
        if not route.reachable or route.energy_wh is None:
            routes.append(route)
            continue
        others = [*rally, *(place for key, place in docks.items() if key != route.site_id)]
        any_, elsewhere = _safe_landing_shares(flight, route, others)
        routes.append(replace(route, safe_landing_share=any_, diversion_share=elsewhere))
    return replace(plan, routes=tuple(routes))


def _safe_landing_shares(flight: _LandingReach, route: Route, others: Sequence[Point]) -> tuple[float, float]:
    """(share with any place in reach, share with a place other than the own dock), 0 to 1."""
    line = flight.world.frame.line(route.points) if len(set(route.points)) > 1 else None
    points, home = _sample_return(line, flight.world.frame.point(route.points[0]))
    land_s, cost = route.land_s or 0.0, flight.leg_cost
    # What is left counts on the mean return, what is needed on a late one: gusts make them differ.
    usual = _one_way_wh(flight, home, land_s, cost.energy_wh)
    left = flight.full_wh - (float(route.energy_wh or 0.0) - usual) + ROUNDING_WH
    other = np.zeros(len(points), bool)
    paths, owner = _paths_to(flight.router, points, others)
    if paths:
        needed = _one_way_wh(flight, paths, land_s, cost.late_energy_wh)
        np.logical_or.at(other, owner, needed <= left[owner])
    own = _one_way_wh(flight, home, land_s, cost.late_energy_wh) <= left
    return float((own | other).mean()), float(other.mean())


def _sample_return(line: shapely.LineString | None, start: Point) -> tuple[list[Point], list[FlightPath]]:
    """Points along a route, and the rest of the return leg from each."""
    if line is None:
        return [start], [FlightPath(points=(start, start), length_m=0.0)]
    count = int(np.clip(np.ceil(line.length / LANDING_STEP_M), 2, MOST_SAMPLES)) + 1
    points, paths = [], []
    for share in np.linspace(0.0, 1.0, count):
        flown = substring(line, 0.0, float(share), normalized=True)
        corners = [tuple(xy) for xy in shapely.get_coordinates(flown)[::-1].tolist()]
        corners = corners if len(corners) > 1 else [corners[0], corners[0]]
        points.append((corners[0][0], corners[0][1]))
        paths.append(FlightPath(points=tuple((x, y) for x, y in corners), length_m=float(flown.length)))
    return points, paths


def _paths_to(
    router: Router, points: Sequence[Point], places: Sequence[Point]
) -> tuple[list[FlightPath], np.ndarray]:
    """Paths from each point to the nearest places, and whose each is; only those that arrive."""
    paths, owner = [], []
    for k, point in enumerate(points):
        nearest = sorted(
            places, key=lambda place: (np.hypot(place[0] - point[0], place[1] - point[1]), place)
        )
        for place in nearest[:NEAREST_PLACES]:
            path = router.find_path(point, place)
            if path.reachable and path.stand_off_m == 0.0:
                paths.append(path)
                owner.append(k)
    return paths, np.asarray(owner, int)


def _one_way_wh(
    flight: _LandingReach, paths: Sequence[FlightPath], land_s: float, legs_wh: LegsWh
) -> FloatArray:
    """Energy to fly paths at flight height, stopping at each corner, and to land; inf without headway."""
    scenario, leg_cost = flight.world.scenario, flight.leg_cost
    settings = flight_settings(leg_cost.drone, cruise_mps=scenario.operation.cruise_mps)
    lengths, courses = sortie_legs(flight.world.frame, [np.asarray(path.points) for path in paths], ())
    radians = np.radians(courses)
    moving = legs_wh(lengths * np.sin(radians), lengths * np.cos(radians)).sum(axis=1)
    stops = (lengths > 0.0).sum(axis=1) * settings.cruise_mps / settings.accel_mps2
    wind = float(np.hypot(leg_cost.wind_east_mps, leg_cost.wind_north_mps))
    hover = float(forward_power_w(leg_cost.drone, wind, temperature_c=leg_cost.temperature_c)) / 3600.0
    return np.asarray(moving + hover * (stops + land_s), float)
