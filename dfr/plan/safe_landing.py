"""Safe-landing coverage: from how much of each route a place to land is reached with the energy left.

Counted where it is least: on the return leg, after the whole time on scene. At each point the energy left is
the whole usable battery (a diversion is what the reserve is for) less what was flown so far; a place
counts where a path to it keeps to the keep-in, keep-outs and crowd margins and its energy, landing
included, is not more than what is left. The own dock counts by the rest of the route.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.ops import substring

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.energy import forward_power_w, usable_wh
from dfr.aircraft.performance import flight_settings
from dfr.geo import FloatArray
from dfr.plan.flight_path import WindLegCost, sortie_legs, wind_leg_cost
from dfr.plan.model import Plan, Route
from dfr.plan.routing import FlightPath, Point, Router
from dfr.plan.windows import HourWindow
from dfr.world.model import World

STEP_M = 50.0
ROUNDING_WH = 1e-6
MOST_SAMPLES = 40
NEAREST_PLACES = 2
"""From each point only so many of the nearest other places are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flight:
    """What all estimates share: the world, the cost of legs in the hour's wind, and what the router knows."""

    world: World
    leg_cost: WindLegCost
    router: Router

    @property
    def full_wh(self) -> float:
        """The whole usable battery, no reserve taken off."""
        craft = find_drone(self.world.scenario.fleet.drone)
        return usable_wh(craft, self.leg_cost.temperature_c)


def with_safe_landing(world: World, plan: Plan, router: Router, hour: HourWindow) -> Plan:
    """The plan with the safe-landing share of every route that is flown."""
    flight = _Flight(world=world, leg_cost=wind_leg_cost(world.scenario, hour), router=router)
    docks = {site.id: world.frame.point(site.position) for site in plan.sites}
    rally = [world.frame.point(position) for position in world.scenario.contingency.rally_points]
    routes = []
    for route in plan.routes:
        if not route.reachable or route.energy_wh is None:
            routes.append(route)
            continue
        others = [*rally, *(place for key, place in docks.items() if key != route.site_id)]
        any_, elsewhere = _shares(flight, route, others)
        routes.append(replace(route, safe_landing_share=any_, diversion_share=elsewhere))
    return replace(plan, routes=tuple(routes))


def _shares(flight: _Flight, route: Route, others: Sequence[Point]) -> tuple[float, float]:
    """(share with any place in reach, share with a place other than the own dock), 0 to 1."""
    line = flight.world.frame.line(route.points) if len(set(route.points)) > 1 else None
    points, home = _samples(line, flight.world.frame.point(route.points[0]))
    back = _one_way_wh(flight, home, route.land_s or 0.0)
    left = flight.full_wh - (float(route.energy_wh or 0.0) - back) + ROUNDING_WH
    other = np.zeros(len(points), bool)
    paths, owner = _paths_to(flight.router, points, others)
    if paths:
        needed = _one_way_wh(flight, paths, route.land_s or 0.0)
        np.logical_or.at(other, owner, needed <= left[owner])
    own = back <= left
    return float((own | other).mean()), float(other.mean())


def _samples(line: shapely.LineString | None, start: Point) -> tuple[list[Point], list[FlightPath]]:
    """Points along a route, and the rest of the return leg from each."""
    if line is None:
        return [start], [FlightPath(points=(start, start), length_m=0.0)]
    count = int(np.clip(np.ceil(line.length / STEP_M), 2, MOST_SAMPLES)) + 1
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
            path = router.path(point, place)
            if path.reachable and path.stand_off_m == 0.0:
                paths.append(path)
                owner.append(k)
    return paths, np.asarray(owner, int)


def _one_way_wh(flight: _Flight, paths: Sequence[FlightPath], land_s: float) -> FloatArray:
    """Energy to fly paths at flight height, stopping at each corner, and to land; inf without headway."""
    scenario, leg_cost = flight.world.scenario, flight.leg_cost
    settings = flight_settings(leg_cost.craft, cruise_mps=scenario.operation.cruise_mps)
    lengths, courses = sortie_legs(flight.world.frame, [np.asarray(path.points) for path in paths], ())
    radians = np.radians(courses)
    moving = leg_cost.energy_wh(lengths * np.sin(radians), lengths * np.cos(radians)).sum(axis=1)
    stops = (lengths > 0.0).sum(axis=1) * settings.cruise_mps / settings.accel_mps2
    wind = float(np.hypot(leg_cost.wind_east_mps, leg_cost.wind_north_mps))
    hover = float(forward_power_w(leg_cost.craft, wind, temperature_c=leg_cost.temperature_c)) / 3600.0
    return np.asarray(moving + hover * (stops + land_s), float)
