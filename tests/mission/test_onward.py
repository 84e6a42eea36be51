"""The flight of a drone that is sent on in the air: the planner's way there, and the planned way home."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import pytest
import shapely

from dfr.ardupilot.commands import Command
from dfr.errors import InfeasibleError, NonCompliantError
from dfr.geo import Position, VerticalDatum, distance_m, offset
from dfr.mission.changes import FIRST_ITEM, hold_position
from dfr.mission.compile import FENCE_MARGIN_M, compile_dispatch, return_seq
from dfr.mission.fence import fence_shape
from dfr.mission.onward import SLOWER, TURN_S, OnwardRoutes
from dfr.plan.context import context_of
from dfr.plan.volumes import GROUND_RISK_BUFFER
from dfr.plan.windows import hour_windows
from dfr.world.shapes import area_of_circle
from dfr.world.terrain import Terrain
from dfr.world.zones import SURFACE, Zone, vertical_limit
from tests.shipped import plan_of, world_of

SCENARIO, SITE, ZONE = "victorious-2024", "naval-memorial", "castle-stage"


@pytest.fixture(scope="module")
def routes() -> OnwardRoutes:
    return OnwardRoutes(world_of(SCENARIO), plan_of(SCENARIO))


@pytest.fixture(scope="module")
def planned():
    return compile_dispatch(world_of(SCENARIO), plan_of(SCENARIO), site_id=SITE, zone_id=ZONE)


@pytest.fixture(scope="module")
def site():
    return next(site for site in plan_of(SCENARIO).sites if site.id == SITE)


@pytest.fixture(scope="module")
def here() -> Position:
    """On scene of another call: where its route from the same dock ends."""
    return plan_of(SCENARIO).route(SITE, "west-gate").points[-1]


@pytest.fixture(scope="module")
def path(routes, planned, site, here):
    return routes.find_path(planned, here, raised_m=site.raised_m)


def test_the_way_begins_here_ends_where_the_planned_flight_holds_and_is_inside_the_fence(planned, path, here):
    assert (path[0], path[-1]) == (here, hold_position(planned))
    shape = fence_shape(planned.fence, origin=planned.home)
    assert min(shape.margin_m([a, b]) for a, b in pairwise(path)) >= FENCE_MARGIN_M


def test_from_the_scene_on_the_planned_flight_is_flown_and_nothing_else_is_changed(routes, planned, path):
    height_m = plan_of(SCENARIO).route(SITE, ZONE).height_m_agl
    new = routes.compile_flight(planned, path, height_m_agl=height_m)
    assert (new.fence, new.rally, new.params, new.home) == (
        planned.fence,
        planned.rally,
        planned.params,
        planned.home,
    )
    scene = next(n for n, item in enumerate(planned.items) if item.command == Command.DO_SET_ROI)
    assert new.items[-len(planned.items[scene:]) :] == planned.items[scene:]
    bends = [item.position for item in new.items[1 : 1 + len(path) - 2]]
    assert bends == list(path[1:-1])
    assert return_seq(new.items) > FIRST_ITEM


def test_the_same_place_gives_the_same_flight_so_that_a_restart_knows_it_again(planned, site, here, path):
    again = OnwardRoutes(world_of(SCENARIO), plan_of(SCENARIO))
    again.make_finders()
    assert again.find_path(planned, here, raised_m=site.raised_m) == path


def test_no_way_leads_from_outside_the_planned_area(routes, planned, site, here):
    outside = offset(here, bearing_deg=270.0, distance_m=20_000.0)
    with pytest.raises(InfeasibleError, match="no path leads there"):
        routes.find_path(planned, outside, raised_m=site.raised_m)


def test_a_way_across_the_fence_is_refused(routes, planned, here):
    outside = offset(here, bearing_deg=270.0, distance_m=20_000.0)
    with pytest.raises(NonCompliantError, match="of the fence"):
        routes.compile_flight(planned, (here, outside, hold_position(planned)), height_m_agl=55.0)


def test_a_way_that_is_too_high_is_refused(routes, planned, path):
    route = plan_of(SCENARIO).route(SITE, ZONE)
    routes.refuse_unchecked(route, path, others=[])
    with pytest.raises(NonCompliantError, match="above the ground"):
        routes.refuse_unchecked(replace(route, height_m_agl=180.0), path, others=[])


@pytest.fixture(scope="module")
def detour(here) -> tuple[Position, ...]:
    """A way inside the boundary to the place that is farthest from everything the plan flies over."""
    context = context_of(world_of(SCENARIO), plan_of(SCENARIO))
    keep_in = context.world.frame.polygon(context.scenario.site.boundary)
    spare = keep_in.buffer(-60.0).difference(context.area(GROUND_RISK_BUFFER))
    place = context.place(shapely.maximum_inscribed_circle(spare).interpolate(0.0))
    return (here, place)


def with_zone(place: Position, kind: str) -> OnwardRoutes:
    """The ways of a world in which there is a zone round a place, far from the plan's own routes."""
    world = world_of(SCENARIO)
    zone = Zone(
        name="Prison",
        kind=kind,
        lower=SURFACE,
        upper=vertical_limit(600.0, VerticalDatum.AMSL),
        area=area_of_circle(place, 20.0),
    )
    zones = (*world.airspace.zones, zone)
    return OnwardRoutes(replace(world, airspace=replace(world.airspace, zones=zones)), plan_of(SCENARIO))


def test_a_way_through_airspace_that_no_route_of_the_plan_enters_is_refused(routes, detour):
    route = plan_of(SCENARIO).route(SITE, ZONE)
    routes.refuse_unchecked(route, detour, others=[])
    with pytest.raises(NonCompliantError, match="Prison"):
        with_zone(detour[1], "P").refuse_unchecked(route, detour, others=[])


@dataclass(frozen=True)
class HoledGround:
    """The ground of a world, which nobody knows near a place."""

    ground: Terrain
    hole: Position
    source: str = "made up"

    def ground_m_amsl(self, position: Position) -> float | None:
        known = distance_m(position, self.hole) > 60.0
        return self.ground.ground_m_amsl(position) if known else None


def test_a_way_over_ground_that_nobody_knows_is_refused(detour):
    world = world_of(SCENARIO)
    holed = replace(world, terrain=HoledGround(world.terrain, detour[1]))
    route = plan_of(SCENARIO).route(SITE, ZONE)
    with pytest.raises(NonCompliantError, match="is unknown"):
        OnwardRoutes(holed, plan_of(SCENARIO)).refuse_unchecked(route, detour, others=[])


def test_a_way_that_meets_the_route_of_another_drone_at_its_height_is_refused(routes, path):
    route = plan_of(SCENARIO).route(SITE, ZONE)
    level = next(each for each in plan_of(SCENARIO).routes if each.zone_id == ZONE and each != route)
    routes.refuse_unchecked(route, path, others=[level])  # the docks of the plan fly at different heights
    with pytest.raises(NonCompliantError, match="meets that of a drone"):
        routes.refuse_unchecked(route, path, others=[replace(level, height_m_agl=route.height_m_agl)])


def test_a_way_takes_its_legs_in_the_wind_with_an_allowance_and_the_turn(routes, path, site):
    hour = hour_windows(world_of(SCENARIO).scenario)[0]
    calm = replace(hour, wind=replace(hour.wind, speed_mps=0.0))
    way = routes.predict_way(path, hour=calm, raised_m=site.raised_m, hover_w=360.0)
    length_m = sum(distance_m(a, b) for a, b in pairwise(path))
    cruise_mps = world_of(SCENARIO).scenario.operation.cruise_mps
    assert way.seconds == pytest.approx(SLOWER * length_m / cruise_mps + TURN_S, rel=0.01)
    assert way.energy_wh > 360.0 * TURN_S / 3600.0


def test_a_way_above_the_fence_of_the_planned_flight_is_refused_by_how_much(routes, planned, path):
    low = replace(planned, params={**planned.params, "FENCE_ALT_MAX": 40.0})
    with pytest.raises(NonCompliantError, match=r"is \d+ m higher than the fence of that flight -> send ano"):
        routes.compile_flight(low, path, height_m_agl=55.0)
