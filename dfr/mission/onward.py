"""A drone in the air is sent on to another call: the flight from where it is, checked as a plan is.

The path is the planner's own from here to where a planned flight from the drone's own dock holds. From there
on that flight is flown as planned: the stay, the checked return, and its fence, rally points and parameters.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np

from dfr.ardupilot.commands import Command
from dfr.errors import InfeasibleError, NonCompliantError
from dfr.findings import Finding, Severity
from dfr.geo import Position
from dfr.mission.changes import hold_position
from dfr.mission.compile import FENCE_MARGIN_M
from dfr.mission.fence import fence_shape
from dfr.mission.items import FlightPlan, item_at
from dfr.plan.checks.airspace import check_airspace, check_restriction_hours
from dfr.plan.checks.crowds import check_crowds
from dfr.plan.checks.heights import check_obstacles, check_profiles
from dfr.plan.checks.sight import check_sight
from dfr.plan.checks.site import check_boundary
from dfr.plan.checks.traffic import check_traffic
from dfr.plan.context import Context, context_of, profile_of
from dfr.plan.flight_path import WindLegCost, height_m_home, raised_world, wind_leg_cost
from dfr.plan.matrix import PathFinder, path_finder
from dfr.plan.model import Plan, Route
from dfr.plan.separation import DockRoutes, dock_routes, find_meeting
from dfr.plan.volumes import flight_geography, inputs_of, plan_volumes
from dfr.plan.windows import HourWindow, hour_windows, planning_window
from dfr.world.model import World

TURN_S = 15.0
"""Stopping, the upload and getting under way again take so long in hover (assumed)."""

SLOWER = 1.1
"""A path in the air takes so much more than its legs in a steady wind: corners and stops (assumed)."""


PATH_CHECKS = (
    *(check_airspace, check_restriction_hours, check_obstacles, check_profiles),
    *(check_boundary, check_crowds, check_sight, check_traffic),
)
"""The checks of a plan that are about where its routes lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What the way to a scene takes from a place in the air: seconds, and the energy of a late flight."""

    seconds: float
    energy_wh: float


class OnwardRoutes:
    """Finds ways on in the air by the planner's router; it is made once, which takes a second."""

    def __init__(self, world: World, plan: Plan) -> None:
        self._world, self._plan = world, plan
        self._finders: dict[float, PathFinder] = {}
        self._making = threading.Lock()

    def predict_way(
        self, path: Sequence[Position], *, hour: HourWindow, raised_m: float, hover_w: float
    ) -> Way:
        """What a path takes in the wind of an hour; infinite where there is no headway."""
        cost: WindLegCost = wind_leg_cost(raised_world(self._world, raised_m).scenario, hour)
        steps = np.diff(self._world.frame.points(path), axis=0)
        seconds = float(cost(steps[:, 0], steps[:, 1]).sum())
        energy_wh = float(cost.late_energy_wh(steps[:, 0], steps[:, 1]).sum())
        return Way(
            seconds=SLOWER * seconds + TURN_S, energy_wh=SLOWER * energy_wh + hover_w * TURN_S / 3600.0
        )

    def find_path(self, flight: FlightPlan, here: Position, *, raised_m: float) -> tuple[Position, ...]:
        """The planner's path to where a flight holds. Raises InfeasibleError where there is none."""
        frame, hold = self._world.frame, hold_position(flight)
        found = self._finder(raised_m)(frame.point(here), frame.point(hold))
        if not found.reachable or found.stand_off_m > 0.0:
            raise InfeasibleError(
                f"no path leads there from {here}: {found.limited_by}", do="send another drone, or recall it"
            )
        return (here, *(frame.position(*point) for point in found.points[1:-1]), hold)

    def make_finders(self) -> None:
        """Make what finds the ways of every dock, so that no yes waits for it."""
        for site in self._plan.sites:
            self._finder(site.raised_m)

    def _finder(self, raised_m: float) -> PathFinder:
        with self._making:
            if raised_m not in self._finders:
                world = raised_world(self._world, raised_m)
                self._finders[raised_m] = path_finder(world, planning_window(hour_windows(world.scenario)))
            return self._finders[raised_m]

    def compile_flight(
        self, flight: FlightPlan, path: Sequence[Position], *, height_m_agl: float
    ) -> FlightPlan:
        """A planned flight, begun in the air along a path to where it holds.

        Raises NonCompliantError where the path is not inside its fence, or its heights break a limit.
        """
        terrain, home = self._world.terrain, flight.home
        first = next(n for n, item in enumerate(flight.items) if item.command == Command.DO_SET_ROI)
        bends = (
            item_at(Command.NAV_WAYPOINT, place, height_m_home(terrain, home, place, height_m_agl))
            for place in path[1:-1]
        )
        new = replace(
            flight,
            name=f"{flight.name}, from the air",
            items=(flight.items[0], *bends, *flight.items[first:]),
        )
        _refuse_outside(new, path)
        _refuse_too_high(new)
        return new

    def refuse_unchecked(self, route: Route, path: Sequence[Position], *, others: Sequence[Route]) -> None:
        """Raise NonCompliantError where a path fails a check of routes, or meets a route that is flown now.

        What is not known fails too. What stands against the plan itself is for those who fly it to judge.
        """
        context, way = self._alone(route, path)
        stands = [found for found in _check_path(context) if found.blocks]
        _refuse([found for found in stands if (found.rule, found.severity) not in self._judged])
        for other in others:
            there = self._alone(other, other.points)[1]
            if (meets := find_meeting(way, there)) is not None and meets.too_near:
                raise NonCompliantError(
                    f"its way meets that of a drone that is out from {other.site_id} to {other.zone_id}",
                    do="wait until that drone is down",
                )

    @cached_property
    def _judged(self) -> frozenset[tuple[str, Severity]]:
        """What stands against the plan's own routes: the rules, and how; nothing where it is a go."""
        found = _check_path(context_of(self._world, self._plan))
        return frozenset((each.rule, each.severity) for each in found if each.blocks)

    def _alone(self, route: Route, path: Sequence[Position]) -> tuple[Context, DockRoutes]:
        """A path at the height of a route, as if it were the plan's only one and nobody climbed on it."""
        flown = replace(route, points=tuple(path))
        sites = tuple(
            replace(site, position=path[0]) for site in self._plan.sites if site.id == route.site_id
        )
        context = context_of(self._world, replace(self._plan, sites=sites, routes=(flown,)))
        line = context.lines[0][1]
        about = plan_volumes(self._world.frame, flight_geography([line]), inputs_of(context.scenario))
        context = replace(context, plan=replace(context.plan, volumes=about))
        alone = dock_routes(route.site_id, [profile_of(context, flown, line)], [line])
        return context, replace(alone, at_dock=np.zeros_like(alone.at_dock))


def _refuse_outside(flight: FlightPlan, path: Sequence[Position]) -> None:
    shape = fence_shape(
        flight.fence, origin=flight.home, options=int(flight.params.get("FENCE_OPTIONS", 0.0))
    )
    margin_m = min(shape.margin_m([start, end]) for start, end in pairwise(path))
    if margin_m < FENCE_MARGIN_M:
        raise NonCompliantError(
            f"the way there comes within {margin_m:.0f} m of the fence, {FENCE_MARGIN_M:g} m are needed",
            do="send another drone, or recall it",
        )


def _refuse_too_high(flight: FlightPlan) -> None:
    """Its own fence is that of the planned flight: the bends of the way must be below its top."""
    top_m, highest_m = flight.params["FENCE_ALT_MAX"], max(item.z_m for item in flight.items)
    if highest_m > top_m:
        raise NonCompliantError(
            f"the way there is {highest_m - top_m:.0f} m higher than the fence of that flight",
            do="send another drone",
        )


def _check_path(context: Context) -> list[Finding]:
    return [found for check in PATH_CHECKS for found in check(context)]


def _refuse(stands: Sequence[Finding]) -> None:
    if stands:
        words = "; ".join(found.message for found in stands)
        raise NonCompliantError(f"the way there fails its check: {words}", do="send another drone")
