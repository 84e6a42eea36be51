"""What all checks of a plan share: geometry in local metres, height profiles of routes, and findings.

Start from `context_of`; `finding` makes a finding of a rule. A profile (`profile_of`) is the height of a
route above the ground it is flown over, out and home (`dfr.plan.flight_path`). Corners have their height
above the ground, legs are straight between them, and RTL is level: the height above the ground is more over a
valley, less over a hill.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import shapely

from dfr.aircraft.catalogue import Dock, Drone, drone_of, find_dock
from dfr.findings import DayFact, Finding, Severity, Validity
from dfr.geo import FloatArray, Position
from dfr.plan.flight_path import out_heights_m_home, raised_world, return_height_m_agl, rtl_height_m_home
from dfr.plan.model import Plan, Route, RouteProfile, Volume
from dfr.plan.rules import RULES
from dfr.scenario.model import Scenario
from dfr.world.model import World
from dfr.world.terrain import heights_m_amsl

PROFILE_STEP_M = 25.0
"""Half a cell of OS Terrain 50."""

MOST_PLACES = 2000
"""Places that a profile is worked out at, at most."""

MOST_KEPT = 41
"""Places of a profile that a plan keeps, at most: as many as a figure can show."""


@dataclass(frozen=True)
class Context:
    """A plan in its world. `lines` are the flown routes, (route, local geometry).

    The scenario's cruise and return heights are those of the dock flown highest.
    """

    world: World
    plan: Plan
    drone: Drone
    dock: Dock
    lines: tuple[tuple[Route, shapely.LineString | shapely.Point], ...]

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.world.scenario

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """The heights along every route that is flown, in the order of `lines`."""
        return tuple(profile_of(self, route, line) for route, line in self.lines)

    def volume(self, key: str) -> Volume | None:
        """A volume of the plan by id; None where nothing is flown."""
        return next((volume for volume in self.plan.volumes if volume.id == key), None)

    def area(self, key: str) -> shapely.Polygon | shapely.MultiPolygon:
        """A volume of the plan in local metres, empty where nothing is flown."""
        volume = self.volume(key)
        rings = () if volume is None else volume.rings
        return shapely.union_all([self.world.frame.polygon(ring) for ring in rings])

    def home_of(self, route: Route) -> Position:
        """Where a route starts: the position of its dock."""
        return next(site.position for site in self.plan.sites if site.id == route.site_id)

    def place(self, point: shapely.Point) -> Position:
        """A local point as a position, to a centimetre."""
        return self.world.frame.position(round(point.x, 2), round(point.y, 2))


Check = Callable[[Context], list[Finding]]


def context_of(world: World, plan: Plan) -> Context:
    """The context of a plan."""
    lines = tuple((route, _route_line(world, route)) for route in plan.routes if route.reachable)
    fleet = world.scenario.fleet
    return Context(
        raised_world(world, plan.highest_raised_m),
        plan,
        drone_of(fleet),
        find_dock(fleet.dock),
        lines,
    )


def _route_line(world: World, route: Route) -> shapely.LineString | shapely.Point:
    if len(set(route.points)) > 1:
        return world.frame.line(route.points)
    return shapely.Point(world.frame.point(route.points[0]))


def finding(
    rule: str,
    severity: Severity,
    message: str,
    *,
    place: Position | None = None,
    margin_m: float | None = None,
    fix: str = "",
    source: str = "",
    due: DayFact | None = None,
    validity: Validity | None = None,
) -> Finding:
    """A finding of one of the rules; its basis is the rule's, and its source unless said otherwise."""
    known = RULES[rule]
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        basis=known.basis,
        source=source or known.source,
        place=place,
        margin_m=None if margin_m is None else round(margin_m, 2),
        fix=fix,
        due=due,
        validity=validity,
    )


def rounded_up(metres: float) -> str:
    """Whole metres that are enough, in words: rounded up, so that what is advised clears what is found.

    >>> rounded_up(1.2), rounded_up(2.0)
    ('2 m', '2 m')
    """
    return f"{math.ceil(metres - 1e-6)} m"


def route_words(route: Route) -> str:
    """A route by its ends: the subject of a sentence."""
    return f"The route from {route.site_id} to {route.zone_id}"


def listed(words: list[str], most: int = 4) -> str:
    """Some of a list in words: the first few and how many more."""
    more = len(words) - most
    return ", ".join(words[:most]) + (f" and {more} more" if more > 0 else "")


def nearest_on(line: shapely.LineString | shapely.Point, other: object) -> shapely.Point:
    """The point of a line that is nearest to something else."""
    return shapely.get_point(shapely.shortest_line(line, other), 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A route over its ground: places (n, 2) in local metres, heights (n,), NaN where unknown.

    `height_m_agl` on the path out; `lowest_m_agl` and `highest_m_agl` of out and home. A return height below
    the path out counts as flown, also where a vehicle stays at the height it has.
    """

    route: Route
    places: FloatArray
    ground_m_amsl: FloatArray
    height_m_agl: FloatArray
    lowest_m_agl: FloatArray
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
    out, back = _flown_m_home(context, route, np.linspace(0.0, line.length, count))
    above = (np.nan if home is None else home) - ground
    return Profile(
        route=route,
        places=xy,
        ground_m_amsl=ground,
        height_m_agl=out + above,
        lowest_m_agl=np.minimum(out, back) + above,
        highest_m_agl=np.maximum(out, back) + above,
    )


def _flown_m_home(context: Context, route: Route, along_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(heights out, heights home) above home at distances along a route, each (n,)."""
    terrain, points = context.world.terrain, context.world.frame.points(route.points)
    corners = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    heights = out_heights_m_home(terrain, route.points, route.height_m_agl)
    out = np.interp(along_m, corners, heights)
    rtl = rtl_height_m_home(terrain, route.points, return_height_m_agl(context.scenario, route.height_m_agl))
    on_rtl = along_m <= corners[min(1, len(corners) - 1)]
    return out, np.where(on_rtl, rtl, out)


def with_profiles(world: World, plan: Plan) -> Plan:
    """The plan with the heights of every route that is flown."""
    context = context_of(world, plan)
    kept = {id(profile.route): _thin_profile(profile) for profile in context.profiles}
    return replace(plan, routes=tuple(replace(r, profile=kept.get(id(r))) for r in plan.routes))


def _thin_profile(profile: Profile) -> RouteProfile:
    """A profile at no more places than a figure can show, the extremes among them."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(profile.places, axis=0).T))])
    count = len(along)
    shown = set(np.linspace(0, count - 1, min(count, MOST_KEPT)).round().astype(int).tolist())
    if np.isfinite(profile.height_m_agl).all():
        shown |= {int(np.argmin(profile.lowest_m_agl)), int(np.argmax(profile.highest_m_agl))}
    rows = sorted(shown)
    return RouteProfile(
        along_m=tuple(round(float(along[k]), 1) for k in rows),
        ground_m_amsl=_round_to_decimetres(profile.ground_m_amsl[rows]),
        lowest_m_agl=_round_to_decimetres(profile.lowest_m_agl[rows]),
        highest_m_agl=_round_to_decimetres(profile.highest_m_agl[rows]),
    )


def _round_to_decimetres(values: FloatArray) -> tuple[float | None, ...]:
    return tuple(round(float(value), 1) if np.isfinite(value) else None for value in values)


def deepest_drop_m(context: Context) -> float:
    """How far below its dock the ground falls along any route, m; 0 where nothing of it is known."""
    drops = [
        float(np.nanmax(profile.highest_m_agl)) - profile.route.height_m_agl
        for profile in context.profiles
        if np.isfinite(profile.height_m_agl).any()
    ]
    return max([0.0, *drops])


def highest_ground_m_amsl(context: Context) -> float | None:
    """The highest ground under any route; None where some of it is not known."""
    grounds = [profile.ground_m_amsl for profile in context.profiles]
    if not grounds or not all(np.isfinite(ground).all() for ground in grounds):
        return None
    return max(float(ground.max()) for ground in grounds)
