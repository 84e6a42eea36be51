"""How much of what a drone sees is where people live: the shares behind the privacy footprint.

A call is anywhere in its zone, so a stay is over homes for the share of the zone that is homes; a
way is for the share of its length.
"""

from __future__ import annotations

import shapely

from dfr.plan.model import Plan, Route
from dfr.plan.relocation import Transfers, between_docks
from dfr.sim.inputs import Homes
from dfr.world.model import World


def homes_below(world: World, plan: Plan, transfers: Transfers | None = None) -> Homes | None:
    """The shares of a deployment; None where its scenario does not say where people live."""
    scenario = world.scenario
    if not scenario.simulation.homes:
        return None
    homes = shapely.union_all([world.frame.polygon(ring) for _, ring in scenario.simulation.homes])
    zones = [world.frame.polygon(zone.area) for zone in scenario.demand.zones]
    return Homes(
        by_zone=tuple(_share(zone.intersection(homes).area, zone.area) for zone in zones),
        by_way=tuple(
            tuple(_share_of_way(world, plan.route(site.id, zone.id), homes) for zone in scenario.demand.zones)
            for site in plan.sites
        ),
        by_move=between_docks(plan, transfers or {}, lambda route: _share_of_way(world, route, homes), 0.0),
    )


def _share_of_way(world: World, route: Route, homes: shapely.Geometry) -> float:
    if len(route.points) < 2:
        return 0.0
    way = shapely.LineString(world.frame.points(route.points))
    return _share(way.intersection(homes).length, way.length)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0.0 else 0.0
