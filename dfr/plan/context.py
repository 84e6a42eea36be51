"""What all checks of a plan share: its geometry in local metres, its drone, and how a finding is made."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import shapely

from dfr.aircraft.catalogue import Dock, Drone, find_dock, find_drone
from dfr.findings import DayFact, Finding, Severity, Validity
from dfr.geo import Position
from dfr.plan.flight_path import raised_world
from dfr.plan.model import Plan, Route, Volume
from dfr.plan.rules import RULES
from dfr.scenario.model import Scenario
from dfr.world.model import World


@dataclass(frozen=True, slots=True)
class Context:
    """A plan in its world. `lines` are the flown routes, (route, local geometry).

    The scenario's cruise and return heights are those of the dock flown highest.
    """

    world: World
    plan: Plan
    craft: Drone
    box: Dock
    lines: tuple[tuple[Route, shapely.LineString | shapely.Point], ...]

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.world.scenario

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
    lines = tuple((route, _line(world, route)) for route in plan.routes if route.reachable)
    fleet = world.scenario.fleet
    return Context(
        raised_world(world, plan.highest_raised_m),
        plan,
        find_drone(fleet.drone),
        find_dock(fleet.dock),
        lines,
    )


def _line(world: World, route: Route) -> shapely.LineString | shapely.Point:
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


def enough(metres: float) -> str:
    """Whole metres that are enough, in words: rounded up, so that what is advised clears what is found.

    >>> enough(1.2), enough(2.0)
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
