"""The cost matrix: routed, wind-corrected times from every candidate site to every zone in every hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from dfr.aircraft.catalogue import drone
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.performance import Sorties, flight_settings, predict_paths
from dfr.geo import FloatArray
from dfr.plan.pace import LEAST_MPS, wind_pace
from dfr.plan.routing import Obstacle, Router, Way
from dfr.plan.visibility import Pace
from dfr.plan.windows import HourWindow, planning_window
from dfr.scenario.model import Scenario
from dfr.world.demand import zone_centres
from dfr.world.model import World

ROUTE_MARGIN_M = 10.0
"""Routes keep this from the boundary and keep-outs: GNSS 3, holding 3, map 1, corners 3 m (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Ways and times between candidate sites and zones.

    `ways[site][zone]`; `overhead_s` (from lift-off) and `energy_wh` have shape (hours, zones, sites).
    A time is inf where the zone cannot be reached and returned from in that hour's wind within the
    battery less its reserve.
    """

    ways: tuple[tuple[Way, ...], ...]
    windows: tuple[HourWindow, ...]
    overhead_s: FloatArray
    energy_wh: FloatArray
    usable_wh: FloatArray


def crowd_obstacles(world: World) -> tuple[Obstacle, ...]:
    """Crowd areas of the whole period to keep out of; none where their overflight is permitted."""
    margin = world.scenario.operation.crowd_margin_m
    if margin is None:
        return ()
    areas = {(crowd.name, crowd.area) for crowd in world.scenario.site.crowds if crowd.people_per_m2 > 0}
    return tuple(
        Obstacle(name=f"the crowd '{name}'", area=world.frame.polygon(area), margin_m=margin)
        for name, area in sorted(areas)
    )


def router_of(world: World) -> Router:
    """The free space of a scenario: inside the boundary, around keep-outs and crowds."""
    site = world.scenario.site
    keep_outs = tuple(
        Obstacle(name=f"the keep-out '{name}'", area=world.frame.polygon(ring), margin_m=ROUTE_MARGIN_M)
        for name, ring in site.keep_outs
    )
    keep_in = world.frame.polygon(site.boundary)
    return Router(keep_in, (*keep_outs, *crowd_obstacles(world)), margin_m=ROUTE_MARGIN_M)


def on_scene_s(scenario: Scenario) -> float:
    """Typical time on scene: the median of each grade of call, weighted by its share."""
    grades = scenario.demand.priorities
    total = sum(grade.share for grade in grades)
    return sum(grade.share * grade.on_scene.median_s for grade in grades) / total


def build_matrix(world: World, windows: Sequence[HourWindow]) -> Matrix:
    """Ways by the router, times and energy by the flight model in each hour's wind."""
    scenario, router = world.scenario, router_of(world)
    homes = [world.frame.point(site.position) for site in scenario.candidates]
    targets = [world.frame.point(centre) for centre in zone_centres(scenario).values()]
    pace = planning_pace(scenario, windows)
    ways = tuple(tuple(router.way(home, target, pace=pace) for target in targets) for home in homes)
    shape = (len(windows), len(targets), len(homes))
    sorties = sorties_of(
        scenario, [ways[j][i] for i in range(len(targets)) for j in range(len(homes))], windows
    )
    craft = drone(scenario.fleet.drone)
    reserve = scenario.contingency.reserve_fraction
    usable = np.array([usable_wh(craft, w.weather.temperature_c, reserve_fraction=reserve) for w in windows])
    energy = sorties.energy_wh.reshape(shape)
    overhead = (sorties.climb_s + sorties.out_s).reshape(shape)
    reachable = np.isfinite(overhead) & np.isfinite(energy) & (energy <= usable[:, None, None])
    return Matrix(
        ways=ways,
        windows=tuple(windows),
        overhead_s=np.where(reachable, overhead, np.inf),
        energy_wh=np.where(np.isfinite(energy), energy, np.inf),
        usable_wh=usable,
    )


def planning_pace(scenario: Scenario, windows: Sequence[HourWindow]) -> Pace:
    """Seconds of legs in the planning hour's wind: ways are the soonest there, the shortest in most winds."""
    in_wind = wind_pace(scenario, planning_window(windows))

    def pace(east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """A leg without headway costs much rather than everything: energy rules it out, not geometry."""
        seconds = in_wind(east_m, north_m)
        return np.where(np.isfinite(seconds), seconds, np.hypot(east_m, north_m) / LEAST_MPS)

    return pace


def sorties_of(scenario: Scenario, ways: Sequence[Way], windows: Sequence[HourWindow]) -> Sorties:
    """Sorties along ways in each hour's wind: shape (hours * ways,), NaN where there is no way."""
    height = scenario.operation.cruise_height_m_agl
    craft = drone(scenario.fleet.drone)
    lengths, courses = legs_of(ways)
    winds = np.array([window.wind.components_mps(height) for window in windows])
    east, north = np.repeat(winds, len(ways), axis=0).T
    found = predict_paths(
        np.tile(lengths, (len(windows), 1)),
        np.tile(courses, (len(windows), 1)),
        height_m=np.full(east.shape, height),
        on_scene_s=np.full(east.shape, on_scene_s(scenario)),
        wind_east_mps=east,
        wind_north_mps=north,
        drone=craft,
        settings=flight_settings(craft, cruise_mps=scenario.operation.cruise_mps),
        temperature_c=float(np.mean([window.weather.temperature_c for window in windows])),
    )
    missing = np.tile(np.array([not way.reachable for way in ways]), len(windows))
    for column in (found.out_s, found.back_s, found.total_s, found.energy_wh):
        column[missing] = np.nan
    return found


def legs_of(ways: Sequence[Way]) -> tuple[FloatArray, FloatArray]:
    """(lengths in m, true courses in degrees), shape (ways, most legs), padded with legs of length 0."""
    most = max((len(way.points) - 1 for way in ways), default=1)
    lengths, courses = np.zeros((len(ways), max(most, 1))), np.zeros((len(ways), max(most, 1)))
    for k, way in enumerate(ways):
        if len(way.points) > 1:
            east, north = np.diff(np.asarray(way.points), axis=0).T
            lengths[k, : east.size] = np.hypot(east, north)
            courses[k, : east.size] = np.degrees(np.arctan2(east, north)) % 360.0
    return lengths, courses


def sortie_line(way: Way) -> shapely.LineString | shapely.Point:
    """A way as local geometry; a way of no length is a point."""
    if len(set(way.points)) > 1:
        return shapely.LineString(way.points)
    return shapely.Point(way.points[0])
