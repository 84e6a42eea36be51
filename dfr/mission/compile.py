"""From a plan and an incident to what a vehicle is given: mission, fence, rally points, parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dfr.errors import InfeasibleError, InputError
from dfr.geo import Position, distance_m
from dfr.mission.fence import FenceShape, fence_areas, fence_shape
from dfr.mission.items import Command, FlightPlan, Frame, MissionItem, RallyPoint
from dfr.plan.model import DockSite, Plan, Route
from dfr.scenario.model import LostLink
from dfr.world.model import World

DEFAULT_ON_SCENE_S = 60.0

FENCE_TYPE_HEIGHT_AND_AREAS = 1 | 4
"""FENCE_TYPE without bit 1, the circle round home: its default of 300 m is too small for a dispatch."""

FENCE_ACTION_RTL = 1
BATTERY_ACTION_LAND = 1
BATTERY_ACTION_RTL = 2

GCS_FAILSAFE = {LostLink.RTL: 1, LostLink.HOLD_THEN_RTL: 1, LostLink.LAND: 5}
"""FS_GCS_ENABLE of each choice. ArduCopter goes on with its mission until FS_GCS_TIMEOUT; it has no
"hold, then return", so that choice becomes a return after the timeout."""

FENCE_MARGIN_M = 2.0
ROI_FIXED_PLACE = 3.0
"""DO_SET_ROI's first parameter for a given place (MAV_ROI_LOCATION); 4.5 has no DO_SET_ROI_LOCATION item."""

CLOCKWISE = 1.0

HOLDS = frozenset({Command.NAV_LOITER_TIME, Command.NAV_LOITER_TURNS, Command.NAV_LOITER_UNLIM})
ENDS = frozenset({Command.NAV_RETURN_TO_LAUNCH, Command.NAV_LAND})
NAV_COMMANDS = HOLDS | ENDS | {Command.NAV_WAYPOINT, Command.NAV_TAKEOFF}


def compile_dispatch(
    world: World,
    plan: Plan,
    *,
    site_id: str,
    zone_id: str | None = None,
    target: Position | None = None,
    on_scene_s: float = DEFAULT_ON_SCENE_S,
    route: Route | None = None,
) -> FlightPlan:
    """The flight of one dispatch: out along the route, on scene, back to the dock it came from.

    The way is `route`, or the plan's route to `zone_id`; with a `target` the last leg goes to it from
    the nearest point of the way from which it can be reached inside the fence.
    Raises InputError for an unknown site or zone and InfeasibleError where the way is not open.
    """
    site = _site(plan, site_id)
    chosen = route or _route(plan, site, zone_id, target)
    if not chosen.reachable:
        raise InfeasibleError(
            f"{chosen.zone_id} cannot be reached from {site_id}: {chosen.limited_by} -> another dock"
        )
    areas = fence_areas(world.scenario.site.boundary, [ring for _, ring in world.scenario.site.keep_outs])
    shape = fence_shape(areas, origin=site.position)
    way = chosen.points if target is None else _way_to(target, chosen.points, shape)
    name = f"{world.scenario.name}: {site_id} to {_label(zone_id, way[-1])}"
    return FlightPlan(
        name=name,
        home=site.position,
        home_m_amsl=world.terrain.ground_m_amsl(site.position),
        items=_items(world, site.position, way, chosen.height_m_agl, on_scene_s=on_scene_s, shape=shape),
        fence=areas,
        rally=_rally(world, site.position),
        params=_params(world, site.position, way),
    )


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


def _items(
    world: World,
    home: Position,
    way: Sequence[Position],
    height_m_agl: float,
    *,
    on_scene_s: float,
    shape: FenceShape,
) -> tuple[MissionItem, ...]:
    target = way[-1]
    heights = [_height_m_home(world, home, place, height_m_agl) for place in way]
    out = [
        _placed(Command.NAV_WAYPOINT, place, height)
        for place, height in zip(way[1:-1], heights[1:-1], strict=True)
    ]
    back = [
        _placed(Command.NAV_WAYPOINT, place, _height_m_home(world, home, place, height_m_agl))
        for place in _way_back(world, way, shape)
    ]
    takeoff_m = max(heights[0], heights[1]) if len(heights) > 1 else heights[0]
    return (
        _placed(Command.NAV_TAKEOFF, home, takeoff_m),
        *out,
        _placed(
            Command.DO_SET_ROI,
            target,
            _height_m_home(world, home, target, 0.0),
            params=(ROI_FIXED_PLACE, 0.0, 0.0, 0.0),
        ),
        _placed(
            Command.NAV_LOITER_TIME,
            target,
            heights[-1],
            params=(float(math.ceil(on_scene_s)), 0.0, CLOCKWISE, 0.0),
        ),
        MissionItem(command=Command.DO_SET_ROI, frame=Frame.GLOBAL_RELATIVE_HOME),
        *back,
        MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL_AMSL),
    )


def _way_back(world: World, way: Sequence[Position], shape: FenceShape) -> list[Position]:
    """Places to pass before RTL: none where straight back is open, else the way out reversed.

    ArduCopter's RTL goes to the nearest of home and the rally points, so it is started
    only where home is the nearest.
    """
    home = way[0]
    back: list[Position] = []
    if shape.margin_m([way[-1], home]) < FENCE_MARGIN_M:
        back = list(reversed(way[1:-1]))
    last = back[-1] if back else way[-1]
    rally = world.scenario.contingency.rally_points
    if any(distance_m(last, point) < distance_m(last, home) for point in rally):
        back.append(home)
    return back


def _way_to(target: Position, points: Sequence[Position], shape: FenceShape) -> tuple[Position, ...]:
    """The shortest beginning of a way from which the target can be reached straight, and the target."""
    for count in range(1, len(points) + 1):
        if shape.margin_m([points[count - 1], target]) >= 0.0:
            return (*points[:count], target)
    raise InfeasibleError(f"{target} cannot be reached inside the fence -> another target, or a wider fence")


def _rally(world: World, home: Position) -> tuple[RallyPoint, ...]:
    """The scenario's rally points; ArduCopter keeps whole metres, so heights are rounded up."""
    choice = world.scenario.contingency
    return tuple(
        RallyPoint(
            position=point,
            height_m_home=float(
                math.ceil(_height_m_home(world, home, point, choice.return_height_m_agl) - 1e-6)
            ),
        )
        for point in choice.rally_points
    )


def _params(world: World, home: Position, way: Sequence[Position]) -> dict[str, float]:
    """Parameters of ArduCopter 4.5/4.6 whose defaults would not do (`docs/mavlink.md`)."""
    operation, contingency = world.scenario.operation, world.scenario.contingency
    return_m = max(_height_m_home(world, home, place, contingency.return_height_m_agl) for place in way)
    ceiling_m = min(_height_m_home(world, home, place, operation.height_limit_m_agl) for place in way)
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
        "BATT_FS_LOW_ACT": float(BATTERY_ACTION_RTL),
        "BATT_FS_CRT_ACT": float(BATTERY_ACTION_LAND),
    }


def _height_m_home(world: World, home: Position, place: Position, height_m_agl: float) -> float:
    """A height above ground at a place as height above home; the same number where the ground is unknown.

    `validate` reports unknown ground as an unknown, it is not silently level.
    """
    here, there = world.terrain.ground_m_amsl(home), world.terrain.ground_m_amsl(place)
    return height_m_agl if here is None or there is None else height_m_agl + there - here


def _placed(
    command: Command,
    position: Position,
    height_m_home: float,
    *,
    params: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
) -> MissionItem:
    return MissionItem(
        command=command,
        frame=Frame.GLOBAL_RELATIVE_HOME,
        params=params,
        position=position,
        z_m=round(height_m_home, 2),
    )


def _site(plan: Plan, site_id: str) -> DockSite:
    for site in plan.sites:
        if site.id == site_id:
            return site
    raise InputError(
        f"the plan has no dock at {site_id!r} -> one of {', '.join(site.id for site in plan.sites)}"
    )


def _route(plan: Plan, site: DockSite, zone_id: str | None, target: Position | None) -> Route:
    """The route to a zone, or the one that ends nearest to a target."""
    routes = [route for route in plan.routes if route.site_id == site.id]
    if zone_id is not None:
        for route in routes:
            if route.zone_id == zone_id:
                return route
        known = ", ".join(route.zone_id for route in routes)
        raise InputError(f"the plan has no route from {site.id} to {zone_id!r} -> one of {known}")
    if target is None:
        raise InputError("neither zone nor target -> give --zone, or --lat and --lon")
    usable = [route for route in routes if route.reachable]
    if not usable:
        raise InfeasibleError(f"no zone can be reached from {site.id} -> another dock")
    return min(usable, key=lambda route: distance_m(route.points[-1], target))


def _label(zone_id: str | None, target: Position) -> str:
    return str(target) if zone_id is None else zone_id
