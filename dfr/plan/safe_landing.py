"""Safe-landing coverage: from how much of each route a place to land is reached with the energy left.

Counted where it is least: on the way home, after the whole time on scene. At each point the energy left is
the whole usable battery (a diversion is what the reserve is for) less what was flown so far; a place
counts where a way to it keeps to the keep-in, keep-outs and crowd margins and its energy, landing
included, is not more than what is left. The own dock counts by the rest of the route.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.ops import substring

from dfr.aircraft.catalogue import drone
from dfr.aircraft.energy import forward_power_w, usable_wh
from dfr.aircraft.performance import flight_settings
from dfr.geo import FloatArray
from dfr.plan.flight_path import WindPace, sortie_legs, wind_pace
from dfr.plan.model import Plan, Route
from dfr.plan.routing import Point, Router, Way
from dfr.plan.windows import HourWindow
from dfr.world.model import World

STEP_M = 50.0
ROUNDING_WH = 1e-6
MOST_SAMPLES = 40
NEAREST_PLACES = 2
"""From each point only so many of the nearest other places are tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flight:
    """What all estimates share: the world, the pace in the hour's wind, and what the router knows."""

    world: World
    pace: WindPace
    router: Router

    @property
    def full_wh(self) -> float:
        """The whole usable battery, no reserve taken off."""
        craft = drone(self.world.scenario.fleet.drone)
        return usable_wh(craft, self.pace.temperature_c)


def with_safe_landing(world: World, plan: Plan, router: Router, hour: HourWindow) -> Plan:
    """The plan with the safe-landing share of every route that is flown."""
    flight = _Flight(world=world, pace=wind_pace(world.scenario, hour), router=router)
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
    ways, owner = _ways_to(flight.router, points, others)
    if ways:
        needed = _one_way_wh(flight, ways, route.land_s or 0.0)
        np.logical_or.at(other, owner, needed <= left[owner])
    own = back <= left
    return float((own | other).mean()), float(other.mean())


def _samples(line: shapely.LineString | None, start: Point) -> tuple[list[Point], list[Way]]:
    """Points along a route, and the rest of the way home from each."""
    if line is None:
        return [start], [Way(points=(start, start), length_m=0.0)]
    count = int(np.clip(np.ceil(line.length / STEP_M), 2, MOST_SAMPLES)) + 1
    points, ways = [], []
    for share in np.linspace(0.0, 1.0, count):
        flown = substring(line, 0.0, float(share), normalized=True)
        corners = [tuple(xy) for xy in shapely.get_coordinates(flown)[::-1].tolist()]
        corners = corners if len(corners) > 1 else [corners[0], corners[0]]
        points.append((corners[0][0], corners[0][1]))
        ways.append(Way(points=tuple((x, y) for x, y in corners), length_m=float(flown.length)))
    return points, ways


def _ways_to(
    router: Router, points: Sequence[Point], places: Sequence[Point]
) -> tuple[list[Way], np.ndarray]:
    """Ways from each point to the nearest places, and whose each is; only those that arrive."""
    ways, owner = [], []
    for k, point in enumerate(points):
        nearest = sorted(
            places, key=lambda place: (np.hypot(place[0] - point[0], place[1] - point[1]), place)
        )
        for place in nearest[:NEAREST_PLACES]:
            way = router.way(point, place)
            if way.reachable and way.stand_off_m == 0.0:
                ways.append(way)
                owner.append(k)
    return ways, np.asarray(owner, int)


def _one_way_wh(flight: _Flight, ways: Sequence[Way], land_s: float) -> FloatArray:
    """Energy to fly ways at flight height, stopping at each corner, and to land; inf without headway."""
    scenario, pace = flight.world.scenario, flight.pace
    settings = flight_settings(pace.craft, cruise_mps=scenario.operation.cruise_mps)
    lengths, courses = sortie_legs(flight.world.frame, [np.asarray(way.points) for way in ways], ())
    radians = np.radians(courses)
    moving = pace.energy_wh(lengths * np.sin(radians), lengths * np.cos(radians)).sum(axis=1)
    stops = (lengths > 0.0).sum(axis=1) * settings.cruise_mps / settings.accel_mps2
    wind = float(np.hypot(pace.wind_east_mps, pace.wind_north_mps))
    hover = float(forward_power_w(pace.craft, wind, temperature_c=pace.temperature_c)) / 3600.0
    return np.asarray(moving + hover * (stops + land_s), float)
