"""The heights of routes above the ground they are flown over, out and home (`dfr.plan.flight_path`).

Corners have their height above the ground, legs are straight between them, and RTL is level: the height
above the ground is more over a valley, less over a hill.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from dfr.geo import FloatArray
from dfr.plan.context import Context, context_of
from dfr.plan.flight_path import out_heights_m_home, return_height_m_agl, rtl_height_m_home
from dfr.plan.model import Plan, Route, RouteProfile
from dfr.world.model import World
from dfr.world.terrain import heights_m_amsl

PROFILE_STEP_M = 25.0
"""Half a cell of OS Terrain 50."""

MOST_PLACES = 2000
"""Places that a profile is worked out at, at most."""

MOST_KEPT = 41
"""Places of a profile that a plan keeps, at most: as many as a figure can show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A route over its ground: places (n, 2) in local metres, heights (n,), NaN where unknown.

    `height_m_agl` on the path out; `highest_m_agl` the higher of out and home.
    """

    route: Route
    places: FloatArray
    ground_m_amsl: FloatArray
    height_m_agl: FloatArray
    highest_m_agl: FloatArray


def profile_of(context: Context, route: Route, line: shapely.LineString | shapely.Point) -> Profile:
    """The heights along a route, out and home."""
    count = int(np.clip(np.ceil(line.length / PROFILE_STEP_M), 1, MOST_PLACES)) + 1
    places = line if isinstance(line, shapely.LineString) else shapely.LineString([line, line])
    points = shapely.line_interpolate_point(places, np.linspace(0.0, 1.0, count), normalized=True)
    xy = shapely.get_coordinates(points)
    terrain = context.world.terrain
    ground = heights_m_amsl(terrain, *context.world.frame.to_geodetic(xy[:, 0], xy[:, 1]))
    home = terrain.ground_m_amsl(context.home_of(route))
    out, top = _flown_m_home(context, route, np.linspace(0.0, line.length, count))
    above = (np.nan if home is None else home) - ground
    return Profile(
        route=route, places=xy, ground_m_amsl=ground, height_m_agl=out + above, highest_m_agl=top + above
    )


def _flown_m_home(context: Context, route: Route, along_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(heights out, the higher of out and home) above home at distances along a route, each (n,)."""
    terrain, points = context.world.terrain, context.world.frame.points(route.points)
    corners = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    heights = out_heights_m_home(terrain, route.points, route.height_m_agl)
    out = np.interp(along_m, corners, heights)
    rtl = rtl_height_m_home(terrain, route.points, return_height_m_agl(context.scenario, route.height_m_agl))
    on_rtl = along_m <= corners[min(1, len(corners) - 1)]
    return out, np.where(on_rtl, np.maximum(out, rtl), out)


def with_profiles(world: World, plan: Plan) -> Plan:
    """The plan with the heights of every route that is flown."""
    context = context_of(world, plan)
    kept = {id(route): _kept(profile_of(context, route, line)) for route, line in context.lines}
    return replace(plan, routes=tuple(replace(r, profile=kept.get(id(r))) for r in plan.routes))


def _kept(profile: Profile) -> RouteProfile:
    """A profile at no more places than a figure can show, the extremes among them."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(profile.places, axis=0).T))])
    count = len(along)
    shown = set(np.linspace(0, count - 1, min(count, MOST_KEPT)).round().astype(int).tolist())
    if np.isfinite(profile.height_m_agl).all():
        shown |= {int(np.argmin(profile.height_m_agl)), int(np.argmax(profile.highest_m_agl))}
    rows = sorted(shown)
    return RouteProfile(
        along_m=tuple(round(float(along[k]), 1) for k in rows),
        ground_m_amsl=_decimetres(profile.ground_m_amsl[rows]),
        lowest_m_agl=_decimetres(profile.height_m_agl[rows]),
        highest_m_agl=_decimetres(profile.highest_m_agl[rows]),
    )


def _decimetres(values: FloatArray) -> tuple[float | None, ...]:
    return tuple(round(float(value), 1) if np.isfinite(value) else None for value in values)


def deepest_drop_m(context: Context) -> float:
    """How far below its dock the ground falls along any route, m; 0 where nothing of it is known."""
    drops = [
        float(np.nanmax(profile.highest_m_agl)) - profile.route.height_m_agl
        for profile in profiles_of(context)
        if np.isfinite(profile.height_m_agl).any()
    ]
    return max([0.0, *drops])


def highest_ground_m_amsl(context: Context) -> float | None:
    """The highest ground under any route; None where some of it is not known."""
    grounds = [profile.ground_m_amsl for profile in profiles_of(context)]
    if not grounds or not all(np.isfinite(ground).all() for ground in grounds):
        return None
    return max(float(ground.max()) for ground in grounds)


def profiles_of(context: Context) -> list[Profile]:
    """The heights along every route that is flown."""
    return [profile_of(context, route, line) for route, line in context.lines]
