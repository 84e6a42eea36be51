"""The cost matrix: routed, wind-corrected times from every candidate site to every zone in every hour.

Between the docks of a finished plan there are paths too, for drones that are moved up (`transfers_of`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from dfr.geo import FloatArray
from dfr.plan.flight_path import LEAST_MPS, WindLegCost, raised_scenario, wind_leg_cost
from dfr.plan.model import DockSite, Plan, Route
from dfr.plan.path_times import OnShare, fly_paths, sorties_of, usable_by_hour
from dfr.plan.routing import AvoidedArea, FlightPath, PathsFrom, Point, Router, no_path
from dfr.plan.volumes import FLIGHT_GEOGRAPHY
from dfr.plan.windows import HourWindow, planning_window
from dfr.scenario.model import Scenario
from dfr.world.demand import zone_centres
from dfr.world.model import World

ROUTE_MARGIN_M = 10.0
"""Routes keep this from the boundary and keep-outs: GNSS 3, holding 3, map 1, corners 3 m (assumed)."""

MOST_PREDICTED = 100_000
"""So many sorties are predicted one by one, in some seconds, before classes of them save anything."""


T = TypeVar("T")
AnyFloatArray = NDArray[np.floating[Any]]
Transfers = Mapping[tuple[str, str], Route]
"""Routes by the docks that they join (`zone_id` is a dock too); their times are those of each weather."""

NO_ROUTE = Route(
    site_id="",
    zone_id="",
    points=(),
    height_m_agl=0.0,
    length_m=0.0,
    reachable=False,
    limited_by="",
    climb_s=None,
    out_s=None,
    back_s=None,
    land_s=None,
    energy_wh=None,
)
"""Where two docks are not joined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathFinder:
    """The path from one local point to another: the soonest in a wind."""

    router: Router
    in_wind: WindLegCost

    def __call__(self, start: Point, target: Point) -> FlightPath:
        """The path; none where the free space has none."""
        return self.router.find_path(start, target, leg_cost=self._leg_cost)

    def _leg_cost(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        """A leg without headway costs much rather than everything: energy rules it out, not geometry."""
        seconds = self.in_wind(east_m, north_m)
        return np.where(np.isfinite(seconds), seconds, np.hypot(east_m, north_m) / LEAST_MPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Paths and times between candidate sites and zones.

    `paths[site][zone]`; `overhead_s` (from lift-off) and `energy_wh` (of the latest of nine flights in ten)
    have shape (hours, zones, sites).
    A time is inf where the zone cannot be reached and returned from in that hour's wind within the
    battery less its reserve.
    """

    paths: Sequence[Sequence[FlightPath]]
    windows: tuple[HourWindow, ...]
    overhead_s: AnyFloatArray
    energy_wh: AnyFloatArray
    usable_wh: FloatArray


def crowd_obstacles(world: World) -> tuple[AvoidedArea, ...]:
    """Crowd areas of the whole period to keep out of; none where their overflight is permitted."""
    margin = world.scenario.operation.crowd_margin_m
    if margin is None:
        return ()
    areas = {(crowd.name, crowd.area) for crowd in world.scenario.site.crowds if crowd.people_per_m2 > 0}
    return tuple(
        AvoidedArea(name=f"the crowd '{name}'", area=world.frame.polygon(area), margin_m=margin)
        for name, area in sorted(areas)
    )


def obstacles_of(world: World) -> tuple[AvoidedArea, ...]:
    """What paths keep out of: the keep-outs and the crowds of a scenario."""
    keep_outs = (
        AvoidedArea(name=f"the keep-out '{name}'", area=world.frame.polygon(ring), margin_m=ROUTE_MARGIN_M)
        for name, ring in world.scenario.site.keep_outs
    )
    return (*keep_outs, *crowd_obstacles(world))


def router_of(world: World) -> Router:
    """The free space of a scenario: inside the boundary, around keep-outs and crowds."""
    keep_in = world.frame.polygon(world.scenario.site.boundary)
    return Router(keep_in, obstacles_of(world), margin_m=ROUTE_MARGIN_M)


def build_matrix(
    world: World,
    windows: Sequence[HourWindow],
    raised_m: Mapping[int, float] | None = None,
    on_share: OnShare | None = None,
) -> Matrix:
    """Paths by the router, times and energy by the flight model in each hour's wind.

    The candidate sites of `raised_m`, by their number, are flown so much higher than the scenario says.
    `on_share` hears how far a large table is.
    """
    scenario, find = world.scenario, path_finder(world, planning_window(windows))
    targets = world.frame.points(zone_centres(scenario).values())
    paths = [
        _paths_from(world, find, world.frame.point(site.position), targets) for site in scenario.candidates
    ]
    overhead, energy = _fly_sites(
        scenario, paths, windows, range(len(paths)), raised_m or {}, on_share=on_share
    )
    return Matrix(
        paths=paths,
        windows=tuple(windows),
        overhead_s=overhead,
        energy_wh=energy,
        usable_wh=usable_by_hour(scenario, windows),
    )


def raised_matrix(
    scenario: Scenario, matrix: Matrix, windows: Sequence[HourWindow], raised_m: Mapping[int, float]
) -> Matrix:
    """A matrix in some of its hours, with the sites of `raised_m` flown so much higher on the same paths."""
    number = {window.start: row for row, window in enumerate(matrix.windows)}
    rows = [number[window.start] for window in windows]
    overhead, energy = matrix.overhead_s[rows], matrix.energy_wh[rows]
    columns = list(raised_m)
    overhead[:, :, columns], energy[:, :, columns] = _fly_sites(
        scenario, matrix.paths, windows, columns, raised_m
    )
    return replace(
        matrix,
        windows=tuple(windows),
        overhead_s=overhead,
        energy_wh=energy,
        usable_wh=matrix.usable_wh[rows],
    )


def _fly_sites(
    scenario: Scenario,
    paths: Sequence[Sequence[FlightPath]],
    windows: Sequence[HourWindow],
    columns: Sequence[int],
    raised_m: Mapping[int, float],
    *,
    on_share: OnShare | None = None,
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """(times, energies) of some sites, those of `raised_m` flown so much higher: (hours, zones, sites)."""
    shape = len(windows), len(paths[0]) if paths else 0, len(columns)
    if predicts_each(scenario, math.prod(shape)):
        pairs = [(j, i) for i in range(shape[1]) for j in columns]
        raises = [raised_m.get(j, 0.0) for j, _ in pairs]
        sorties = sorties_of(scenario, [paths[j][i] for j, i in pairs], windows, raises)
        overhead: AnyFloatArray = (sorties.climb_s + sorties.out_s).reshape(shape)
        energy: AnyFloatArray = sorties.late_energy_wh.reshape(shape)
    else:
        overhead, energy = _fly_in_classes(scenario, paths, windows, columns, raised_m, on_share=on_share)
    for hour, usable in enumerate(usable_by_hour(scenario, windows).tolist()):
        lost = ~np.isfinite(energy[hour])
        overhead[hour][lost | ~np.isfinite(overhead[hour]) | (energy[hour] > usable)] = np.inf
        energy[hour][lost] = np.inf
    return overhead, energy


def predicts_each(scenario: Scenario, sorties: int) -> bool:
    """Whether each of so many sorties is predicted itself, not read from classes of leg and wind."""
    return sorties <= MOST_PREDICTED or scenario.study.time_error_s == 0.0


def _fly_in_classes(
    scenario: Scenario,
    paths: Sequence[Sequence[FlightPath]],
    windows: Sequence[HourWindow],
    columns: Sequence[int],
    raised_m: Mapping[int, float],
    *,
    on_share: OnShare | None,
) -> tuple[AnyFloatArray, AnyFloatArray]:
    """(times, energies) of some sites, (hours, zones, sites), those flown at one height together."""
    zones = range(len(paths[0]))
    raises = np.array([raised_m.get(j, 0.0) for j in columns])
    heights = list(dict.fromkeys(raises.tolist()))
    told = on_share if len(heights) == 1 else None

    def fly_at(metres: float) -> tuple[AnyFloatArray, AnyFloatArray]:
        own = [columns[k] for k in np.flatnonzero(raises == metres).tolist()]
        rows = ([paths[j][i] for j in own] for i in zones)
        found = fly_paths(raised_scenario(scenario, metres), rows, windows, told)
        overhead, energy = (part.reshape(len(windows), len(zones), len(own)) for part in found)
        return overhead, energy

    if len(heights) == 1:
        return fly_at(heights[0])
    overhead, energy = np.empty((2, len(windows), len(zones), len(columns)))
    for metres in heights:
        own = raises == metres
        overhead[:, :, own], energy[:, :, own] = fly_at(metres)
    return overhead, energy


def _paths_from(world: World, find: PathFinder, home: Point, targets: FloatArray) -> Sequence[FlightPath]:
    """The paths from one site to all zones; those along an open straight leg take no memory of their own."""
    water = _water_at(world, home)
    if water:
        return [no_path(f"the start is on {water}")] * len(targets)
    is_open = find.router.open_legs(home, targets)
    other = {
        i: find(home, (float(targets[i, 0]), float(targets[i, 1]))) for i in np.flatnonzero(~is_open).tolist()
    }
    return PathsFrom(home, targets, other)


def _water_at(world: World, place: Point) -> str:
    """The name of the water that a local point lies on, '' on land."""
    water = world.scenario.site.water or ()
    return next((n for n, ring in water if world.frame.polygon(ring).covers(shapely.Point(place))), "")


def path_finder(world: World, hour: HourWindow) -> PathFinder:
    """What finds every path of a plan: the soonest in the wind of its planning hour."""
    return PathFinder(router=router_of(world), in_wind=wind_leg_cost(world.scenario, hour))


def sortie_line(path: FlightPath) -> shapely.LineString | shapely.Point:
    """A path as local geometry; a path of no length is a point."""
    if len(set(path.points)) > 1:
        return shapely.LineString(path.points)
    return shapely.Point(path.points[0])


def transfers_of(world: World, plan: Plan) -> Transfers:
    """The path from each dock of a plan to each other one that can be reached.

    A drone that is moved up to another dock flies inside the flight geography that the plan has already:
    nothing new is to be checked. Where the two docks' paths do not meet there is no path between them.
    """
    volume = next((volume for volume in plan.volumes if volume.id == FLIGHT_GEOGRAPHY), None)
    if volume is None:
        return {}
    parts = [world.frame.polygon(ring) for ring in volume.rings]
    routers = [(part, Router(part, obstacles_of(world))) for part in parts]
    found: dict[tuple[str, str], Route] = {}
    for start, end in itertools.permutations(plan.sites, 2):
        paths = (_path_to_dock(world, part, router, start, end) for part, router in routers)
        path = next((path for path in paths if path is not None), None)
        if path is not None:
            found[start.id, end.id] = _route_to_dock(world, start, end, path)
    return found


def between_docks(
    plan: Plan, transfers: Transfers, value: Callable[[Route], T], without: T
) -> tuple[tuple[T, ...], ...]:
    """A value of each path from dock to dock, `without` where there is none; () where there are no paths."""
    if not transfers:
        return ()
    return tuple(
        tuple(
            value(transfers[start.id, end.id]) if (start.id, end.id) in transfers else without
            for end in plan.sites
        )
        for start in plan.sites
    )


def _path_to_dock(
    world: World, part: shapely.Polygon, router: Router, start: DockSite, end: DockSite
) -> FlightPath | None:
    """The shortest path to just that dock in a part of the geography."""
    here, there = world.frame.point(start.position), world.frame.point(end.position)
    if not part.covers(shapely.Point(here)) or not part.covers(shapely.Point(there)):
        return None
    path = router.find_path(here, there)
    return path if path.reachable and path.stand_off_m == 0.0 else None


def _route_to_dock(world: World, start: DockSite, end: DockSite, path: FlightPath) -> Route:
    return replace(
        NO_ROUTE,
        site_id=start.id,
        zone_id=end.id,
        points=tuple(world.frame.position(*point) for point in path.points),
        height_m_agl=world.scenario.operation.cruise_height_m_agl + start.raised_m,
        length_m=path.length_m,
        reachable=True,
    )
