"""From a plan and an incident to what a vehicle is given: mission, fence, rally points, parameters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from dfr.ardupilot.commands import Command, Frame
from dfr.errors import InfeasibleError, InputError
from dfr.geo import Position
from dfr.mission.battery import battery_params, refuse_too_long
from dfr.mission.fence import fence_areas
from dfr.mission.filming import Filming, filming_of
from dfr.mission.items import FenceArea, FlightPlan, MissionItem, RallyPoint, item_at
from dfr.plan.flight_path import (
    height_m_home,
    out_heights_m_home,
    raised_world,
    rtl_height_m_home,
    waypoints_home,
)
from dfr.plan.matrix import path_finder
from dfr.plan.model import DockSite, Plan, Route
from dfr.plan.windows import hour_windows, planning_window
from dfr.scenario.model import Guidance, LostLink, Scenario
from dfr.world.demand import zone_centres
from dfr.world.model import World

DEFAULT_ON_SCENE_S = 60.0

FENCE_TYPE_HEIGHT_AND_AREAS = 1 | 4
"""FENCE_TYPE without bit 1, the circle round home: its default of 300 m is too small for a dispatch."""

FENCE_ACTION_RTL = 1
PRECISION_RETRY = 1
"""PLND_STRICT: climb and look again where the target is lost, PLND_RET_MAX times, then land where it is."""

MOST_RETRIES = 10
"""The largest PLND_RET_MAX."""

GCS_FAILSAFE = {LostLink.RTL: 1, LostLink.HOLD_THEN_RTL: 1, LostLink.LAND: 5}
"""FS_GCS_ENABLE of each choice. ArduCopter continues its mission until FS_GCS_TIMEOUT; it has no
"hold, then return", so that choice becomes a return after the timeout."""

FENCE_MARGIN_M = 2.0
ROI_FIXED_PLACE = 3.0
"""DO_SET_ROI's first parameter for a given place (MAV_ROI_LOCATION); 4.5 has no DO_SET_ROI_LOCATION item."""

CLOCKWISE = 1.0

HOLDS = frozenset({Command.NAV_LOITER_TIME, Command.NAV_LOITER_TURNS, Command.NAV_LOITER_UNLIM})
ENDS = frozenset({Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND})
NAV_COMMANDS = (
    HOLDS
    | ENDS
    | {
        Command.NAV_WAYPOINT,
        Command.NAV_SPLINE_WAYPOINT,
        Command.NAV_LOITER_TO_ALT,
        Command.NAV_PAYLOAD_PLACE,
        Command.NAV_TAKEOFF,
    }
)
"""Items that are flown to, or from."""


def compile_dispatch(
    world: World,
    plan: Plan,
    *,
    site_id: str,
    zone_id: str | None = None,
    target: Position | None = None,
    on_scene_s: float = DEFAULT_ON_SCENE_S,
) -> FlightPlan:
    """The flight of one dispatch: out along the route, on scene, back to the dock it came from.

    The path is the plan's route to `zone_id`, or one routed now to a `target`; where the target itself
    may not be overflown, the drone holds at the end of the path and the camera looks at the target.
    Raises InputError for an unknown site or zone, InfeasibleError where there is no path and where the
    stay would use up the reserve.
    """
    site = _find_site(plan, site_id)
    world = raised_world(world, site.raised_m)
    height_m_agl = world.scenario.operation.cruise_height_m_agl
    if target is not None:
        path, looks_at, label = _path_to(world, site, target), target, str(target)
    elif zone_id is not None:
        route = _find_route(plan, site, zone_id)
        height_m_agl = route.height_m_agl
        path, looks_at, label = route.points, zone_centres(world.scenario)[zone_id], zone_id
    else:
        raise InputError("no zone and no target is given", do="give --zone, or --lat and --lon")
    refuse_too_long(world, plan, path, height_m=height_m_agl, on_scene_s=on_scene_s)
    return FlightPlan(
        name=f"{world.scenario.name}: {site_id} to {label}",
        home=site.position,
        home_m_amsl=world.terrain.ground_m_amsl(site.position),
        items=(
            *_outward_items(world, path, height_m_agl),
            *_scene_items(world, path, height_m_agl, looks_at=looks_at, seconds=on_scene_s),
            *_return_items(world, path, height_m_agl),
        ),
        fence=dispatch_fence(world),
        rally=_rally_points(world, site.position),
        params=_flight_params(world, site.position, path),
    )


def dispatch_fence(world: World) -> tuple[FenceArea, ...]:
    """The fence of every dispatch of a site: its boundary, keep-outs and crowds not to be overflown."""
    site, operation = world.scenario.site, world.scenario.operation
    keep_outs = [ring for _, ring in site.keep_outs]
    if operation.crowd_margin_m is not None:
        keep_outs += sorted({crowd.area for crowd in site.crowds if crowd.people_per_m2 > 0.0})
    return fence_areas(site.boundary, keep_outs)


def return_seq(items: Sequence[MissionItem]) -> int | None:
    """The sequence number (from 1, home is 0) at which the return begins: the first leg after the hold.

    Without a hold it is the RTL or landing; None where the mission has neither.
    """
    holds = [seq for seq, item in enumerate(items, start=1) if item.command in HOLDS]
    last_hold = holds[-1] if holds else 0
    for seq, item in enumerate(items, start=1):
        after_hold = holds and seq > last_hold and item.command in NAV_COMMANDS
        if after_hold or (not holds and item.command in ENDS):
            return seq
    return None


def _outward_items(world: World, path: Sequence[Position], height_m_agl: float) -> Iterator[MissionItem]:
    """Takeoff to the height of the first leg, and the bends of the path."""
    home = path[0]
    heights = out_heights_m_home(world.terrain, path, height_m_agl)
    yield item_at(Command.NAV_TAKEOFF, home, heights[0])
    for place, height in zip(path[1:-1], heights[1:-1], strict=True):
        yield item_at(Command.NAV_WAYPOINT, place, height)


def _scene_items(
    world: World, path: Sequence[Position], height_m_agl: float, *, looks_at: Position, seconds: float
) -> Iterator[MissionItem]:
    """The last leg and the stay at the cruise height."""
    home, hold = path[0], path[-1]
    yield from scene_items(
        hold,
        looks_at,
        height_m=height_m_home(world.terrain, home, hold, height_m_agl),
        ground_m=height_m_home(world.terrain, home, looks_at, 0.0),
        seconds=seconds,
        filming=filming_of(world.scenario.operation.camera),
    )


def scene_items(
    hold: Position, looks_at: Position, *, height_m: float, ground_m: float, seconds: float, filming: Filming
) -> Iterator[MissionItem]:
    """The last leg with the camera on the target, the hold, and the camera freed.

    A recording begins on arrival, which needs a waypoint of its own: what stands before a stay is done on the
    way to it. It is ended first of all once the stay is over.
    """
    place_of_interest = (ROI_FIXED_PLACE, 0.0, 0.0, 0.0)
    yield item_at(Command.DO_SET_ROI, looks_at, ground_m, params=place_of_interest)
    if filming.starts:
        yield item_at(Command.NAV_WAYPOINT, hold, height_m)
        yield from filming.starts
    stay = (float(math.ceil(seconds)), 0.0, CLOCKWISE, 0.0)
    yield item_at(Command.NAV_LOITER_TIME, hold, height_m, params=stay)
    yield from filming.stops
    yield MissionItem(command=Command.DO_SET_ROI, frame=Frame.GLOBAL_RELATIVE_ALT)


def _return_items(world: World, path: Sequence[Position], height_m_agl: float) -> Iterator[MissionItem]:
    """The return path of `dfr.plan.flight_path`, and RTL."""
    for place in waypoints_home(world.frame, path, world.scenario.contingency.rally_points):
        yield item_at(Command.NAV_WAYPOINT, place, height_m_home(world.terrain, path[0], place, height_m_agl))
    yield MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL)


def _path_to(world: World, site: DockSite, target: Position) -> tuple[Position, ...]:
    """The path to any place, by the planner's own router. Raises InfeasibleError naming what is in it."""
    find = path_finder(world, planning_window(hour_windows(world.scenario)))
    found = find(world.frame.point(site.position), world.frame.point(target))
    if not found.reachable:
        raise InfeasibleError(f"{target} cannot be reached from {site.id}: {found.limited_by}")
    middle = [world.frame.position(*point) for point in found.points[1:]]
    if found.stand_off_m == 0.0:
        middle[-1:] = [target]
    return (site.position, *middle)


def _rally_points(world: World, home: Position) -> tuple[RallyPoint, ...]:
    """The scenario's rally points; ArduCopter keeps whole metres, so heights are rounded up."""
    choice = world.scenario.contingency
    return tuple(
        RallyPoint(
            position=point,
            height_m_home=float(
                math.ceil(height_m_home(world.terrain, home, point, choice.return_height_m_agl) - 1e-6)
            ),
        )
        for point in choice.rally_points
    )


def _flight_params(world: World, home: Position, path: Sequence[Position]) -> dict[str, float]:
    """Parameters of ArduCopter 4.5/4.6 whose defaults would not do (`docs/mavlink.md`)."""
    operation, contingency = world.scenario.operation, world.scenario.contingency
    return_m = rtl_height_m_home(world.terrain, path, contingency.return_height_m_agl)
    ceiling_m = min(height_m_home(world.terrain, home, place, operation.height_limit_m_agl) for place in path)
    return {
        "WPNAV_SPEED": round(100.0 * operation.cruise_mps),
        "RTL_ALT": round(100.0 * return_m),
        "RTL_SPEED": 0.0,
        "FENCE_TYPE": float(FENCE_TYPE_HEIGHT_AND_AREAS),
        "FENCE_ACTION": float(FENCE_ACTION_RTL),
        "FENCE_ALT_MAX": float(ceiling_m),
        "FENCE_MARGIN": FENCE_MARGIN_M,
        "FENCE_OPTIONS": 0.0,
        "FENCE_ENABLE": 1.0,
        "FS_GCS_ENABLE": float(GCS_FAILSAFE[contingency.lost_link]),
        "FS_GCS_TIMEOUT": float(contingency.lost_link_timeout_s),
        **battery_params(world.scenario),
        **_landing_params(world.scenario),
    }


def _landing_params(scenario: Scenario) -> dict[str, float]:
    """How often a precision landing is tried again.

    Switching precision landing on, and its sensor, are the vehicle's own: without a sensor PLND_ENABLED
    would only make it hover before it lands, and without PLND_ENABLED these two change nothing.
    """
    if scenario.fleet.guidance is not Guidance.PRECISION:
        return {}
    retries = min(scenario.contingency.landing_retries, MOST_RETRIES)
    return {"PLND_STRICT": float(PRECISION_RETRY), "PLND_RET_MAX": float(retries)}


def _find_site(plan: Plan, site_id: str) -> DockSite:
    for site in plan.sites:
        if site.id == site_id:
            return site
    raise InputError(
        f"the plan has no dock at {site_id!r}",
        do=f"choose one of {', '.join(site.id for site in plan.sites)}",
    )


def _find_route(plan: Plan, site: DockSite, zone_id: str) -> Route:
    routes = {route.zone_id: route for route in plan.routes if route.site_id == site.id}
    if zone_id not in routes:
        raise InputError(
            f"the plan has no route from {site.id} to {zone_id!r}", do=f"choose one of {', '.join(routes)}"
        )
    route = routes[zone_id]
    if not route.reachable:
        raise InfeasibleError(f"{zone_id} cannot be reached from {site.id}: {route.limited_by}")
    return route
