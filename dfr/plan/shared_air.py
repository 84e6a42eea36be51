"""Which ways share air with other traffic: by the heights a dispatch flies over the terrain that is known."""

from __future__ import annotations

from dfr.plan.heights import out_heights_m_home, return_height_m_agl, rtl_height_m_home
from dfr.plan.model import Plan, Route
from dfr.scenario.model import OtherTraffic
from dfr.world.model import World
from dfr.world.traffic import Flown, blocks


def flown_of(world: World, route: Route) -> Flown | None:
    """The heights a route is flown at, out and home; None where the ground under a corner is unknown."""
    grounds = [world.terrain.ground_m_amsl(place) for place in route.points]
    known = [ground for ground in grounds if ground is not None]
    if not known or len(known) < len(grounds):
        return None
    out = out_heights_m_home(world.terrain, route.points, route.height_m_agl)
    return_m_agl = return_height_m_agl(world.scenario, route.height_m_agl)
    home = rtl_height_m_home(world.terrain, route.points, return_m_agl)
    return Flown(
        ground_m_amsl=min(known),
        lowest_m_amsl=known[0] + min(out),
        highest_m_amsl=known[0] + max(*out, home),
    )


def in_way(world: World, user: OtherTraffic, route: Route) -> bool:
    """True where other traffic keeps our drones off a route while it is there."""
    return bool(route.points) and blocks(
        user, frame=world.frame, points=route.points, flown=flown_of(world, route)
    )


def ways_shared(world: World, plan: Plan, user: OtherTraffic) -> tuple[int, int, int]:
    """(ways that other traffic is in, of them those counted only for want of ground heights, all ways)."""
    ways = [route for route in plan.routes if route.points]
    shared = [route for route in ways if in_way(world, user, route)]
    return len(shared), sum(flown_of(world, route) is None for route in shared), len(ways)
