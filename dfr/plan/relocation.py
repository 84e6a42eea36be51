"""Paths from dock to dock, inside the flight geography that a plan has already: nothing new is to be checked.

A drone that is moved up to another dock flies where dispatches fly. Where the two docks' paths do not meet
there is no path between them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

import shapely

from dfr.plan.matrix import obstacles_of
from dfr.plan.model import DockSite, Plan, Route
from dfr.plan.routing import FlightPath, Router
from dfr.plan.volumes import FLIGHT_GEOGRAPHY
from dfr.world.model import World

T = TypeVar("T")
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


def transfers_of(world: World, plan: Plan) -> Transfers:
    """The path from each dock of a plan to each other one that can be reached."""
    volume = next((volume for volume in plan.volumes if volume.id == FLIGHT_GEOGRAPHY), None)
    if volume is None:
        return {}
    parts = [world.frame.polygon(ring) for ring in volume.rings]
    routers = [(part, Router(part, obstacles_of(world))) for part in parts]
    found: dict[tuple[str, str], Route] = {}
    for start, end in itertools.permutations(plan.sites, 2):
        paths = (_find_path(world, part, router, start, end) for part, router in routers)
        path = next((path for path in paths if path is not None), None)
        if path is not None:
            found[start.id, end.id] = _make_route(world, start, end, path)
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


def _find_path(
    world: World, part: shapely.Polygon, router: Router, start: DockSite, end: DockSite
) -> FlightPath | None:
    """The shortest path to just that dock in a part of the geography."""
    here, there = world.frame.point(start.position), world.frame.point(end.position)
    if not part.covers(shapely.Point(here)) or not part.covers(shapely.Point(there)):
        return None
    path = router.find_path(here, there)
    return path if path.reachable and path.stand_off_m == 0.0 else None


def _make_route(world: World, start: DockSite, end: DockSite, path: FlightPath) -> Route:
    return replace(
        NO_ROUTE,
        site_id=start.id,
        zone_id=end.id,
        points=tuple(world.frame.position(*point) for point in path.points),
        height_m_agl=world.scenario.operation.cruise_height_m_agl + start.raised_m,
        length_m=path.length_m,
        reachable=True,
    )
