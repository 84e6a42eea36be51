"""A dispatch compiled from a shipped scenario's plan is what ArduCopter keeps, and stays in its fence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
import shapely

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.performance import FlightSettings, flight_settings, predict_path
from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.storage import fence_bytes
from dfr.errors import InfeasibleError, InputError
from dfr.findings import is_compliant
from dfr.geo import Position, distance_m
from dfr.mission.compile import compile_dispatch, dispatch_fence, return_seq
from dfr.mission.fence import fence_areas, fence_shape
from dfr.mission.items import FencePolygon
from dfr.mission.validate import validate
from dfr.mission.wire import fence_wire
from dfr.plan.matrix import router_of
from dfr.plan.path_times import on_scene_s
from dfr.plan.planner import make_plan
from dfr.rehearsal.dispatches import legs_out_and_back
from dfr.scenario.model import LostLink
from dfr.world.demand import zone_centres
from dfr.world.weather import gusty_wind, weather_at

from ..shipped import EVERY, plan_of, world_of


@pytest.fixture(scope="session")
def festival():
    return world_of("victorious-2024"), plan_of("victorious-2024")


def route_of(plan, *, bent: bool):
    return next(r for r in plan.routes if r.reachable and (len(r.points) > 2) is bent)


@pytest.mark.parametrize("name", EVERY)
def test_every_reachable_dispatch_of_every_shipped_scenario_is_sound(name):
    world, plan = world_of(name), plan_of(name)
    for route in [route for route in plan.routes if route.reachable]:
        flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
        unknown_ground = [] if flight.home_m_amsl is not None else ["mission.ground"]
        assert [finding.rule for finding in validate(flight) if finding.blocks] == unknown_ground, route


def test_the_mission_is_takeoff_way_scene_and_return(festival):
    world, plan = festival
    route = route_of(plan, bent=True)
    flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id, on_scene_s=59.2)
    commands = [item.command for item in flight.items]
    bends = len(route.points) - 2
    hold = 2 + bends
    assert commands[0] == Command.NAV_TAKEOFF
    assert flight.items[0].frame == Frame.GLOBAL_RELATIVE_ALT
    assert commands[1 : 1 + bends] == [Command.NAV_WAYPOINT] * bends
    assert commands[1 + bends :][:3] == [Command.DO_SET_ROI, Command.NAV_LOITER_TIME, Command.DO_SET_ROI]
    assert commands[-1] == Command.NAV_RETURN_TO_LAUNCH
    assert flight.items[hold].params[0] == 60.0
    heights = {item.z_m for item in flight.items if item.command == Command.NAV_WAYPOINT}
    assert heights == {route.height_m_agl}
    assert return_seq(flight.items) == hold + 3


def test_a_bent_way_is_flown_back_in_reverse(festival):
    world, plan = festival
    route = route_of(plan, bent=True)
    flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
    placed = [item.position for item in flight.items if item.command == Command.NAV_WAYPOINT]
    bends = list(route.points[1:-1])
    assert placed[: len(bends)] == bends
    back = placed[len(bends) :]
    assert back[: len(bends)] == bends[::-1]


@pytest.mark.parametrize("name", EVERY)
def test_the_way_home_of_the_mission_takes_as_long_as_the_plan_says(name):
    """Matrix, plan and mission go home one way: the flight model along the mission's own legs agrees."""
    world, plan = world_of(name), plan_of(name)
    hour = weather_at(world.scenario.weather, datetime.fromisoformat(plan.planning_wind.hour))
    craft = find_drone(world.scenario.fleet.drone)
    for route in [route for route in plan.routes if route.reachable]:
        flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
        back = legs_out_and_back(flight)[1]
        step = np.diff(back[::-1], axis=0)
        home = predict_path(
            np.hypot(*step.T).tolist(),
            (np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360.0).tolist(),
            height_m=route.height_m_agl,
            on_scene_s=on_scene_s(world.scenario),
            wind=gusty_wind(world.scenario, hour),
            drone=craft,
            settings=FlightSettings.from_params(flight.params, base=flight_settings(craft)),
            temperature_c=hour.temperature_c,
        )
        assert home.back_s == pytest.approx(route.back_s, rel=1e-3)
        assert home.land_s == pytest.approx(route.land_s, rel=1e-3)


def test_straight_home_keeps_the_margins_that_the_way_out_kept(festival):
    """A straight return too near to a crowd is not flown, though the fence is open there."""
    world, plan = festival
    free = router_of(world).free
    for route in [route for route in plan.routes if route.reachable]:
        flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
        home = legs_out_and_back(flight)[1] + world.frame.point(flight.home)
        assert free.buffer(0.05).covers(shapely.LineString(home)), route


@pytest.mark.parametrize("name", ["victorious-2024", "winter-storm"])
def test_a_place_is_flown_to_by_the_plans_own_way(name):
    """The centre of a zone, given as a target, is reached as the plan's route reaches the zone."""
    world, plan = world_of(name), plan_of(name)
    centres = zone_centres(world.scenario)
    for route in [route for route in plan.routes if route.reachable]:
        by_zone = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
        by_place = compile_dispatch(world, plan, site_id=route.site_id, target=centres[route.zone_id])
        there, here = legs_out_and_back(by_zone), legs_out_and_back(by_place)
        assert np.allclose(there[0], here[0], atol=1e-3)
        assert np.allclose(there[1], here[1], atol=1e-3)


@pytest.mark.slow
def test_in_wind_a_place_is_reached_the_way_that_is_sooner_not_shorter(festival):
    """Around a long wall the wind makes another way the soonest, and the mission flies it."""
    world, _ = festival
    corners = [(-330, -130), (-320, -130), (-60, 260), (-70, 260)]
    wall = (("wall", tuple(world.frame.position(*xy) for xy in corners)),)
    hours = world.scenario.weather.hours
    windy = tuple(replace(h, wind_mps=7.9, wind_from_deg=200.0, gust_mps=None, rain_mm_h=0.0) for h in hours)
    changed = replace(
        world,
        scenario=replace(
            world.scenario,
            site=replace(world.scenario.site, keep_outs=wall),
            operation=replace(world.scenario.operation, cruise_mps=17.0),
            weather=replace(world.scenario.weather, hours=windy),
        ),
    )
    plan = make_plan(changed, docks=8)
    router, frame, longer = router_of(changed), changed.frame, 0
    centres = zone_centres(changed.scenario)
    for route in [route for route in plan.routes if route.reachable]:
        place = centres[route.zone_id]
        flight = compile_dispatch(changed, plan, site_id=route.site_id, target=place)
        planned = frame.points(route.points)
        assert np.allclose(legs_out_and_back(flight)[0], planned - planned[0], atol=0.5)
        longer += (
            route.length_m > router.find_path(frame.point(route.points[0]), frame.point(place)).length_m + 1.0
        )
    assert longer > 0


def test_the_camera_looks_at_the_target_and_the_fence_holds_every_area(festival):
    world, plan = festival
    route = route_of(plan, bent=False)
    flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
    looks = [item for item in flight.items if item.command == Command.DO_SET_ROI]
    assert looks[0].position is not None
    assert (looks[1].position, looks[1].z_m) == (None, 0.0)
    site = world.scenario.site
    assert [area.inclusion for area in flight.fence] == [True] + [False] * (
        len(site.keep_outs) + len({crowd.area for crowd in site.crowds})
    )


def test_the_defaults_that_bite_are_set(festival):
    world, plan = festival
    route = route_of(plan, bent=False)
    params = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id).params
    assert int(params["FENCE_TYPE"]) & 2 == 0
    assert params["FENCE_ENABLE"] == 1.0
    assert params["WPNAV_SPEED"] == 100.0 * world.scenario.operation.cruise_mps
    (site,) = [site for site in plan.sites if site.id == route.site_id]
    assert params["RTL_ALT"] == 100.0 * (world.scenario.contingency.return_height_m_agl + site.raised_m)
    assert params["FENCE_ALT_MAX"] == world.scenario.operation.height_limit_m_agl
    assert params["BATT_FS_LOW_ACT"] > 0
    assert params["FS_GCS_ENABLE"] == 1.0


def test_the_choice_for_a_lost_link_reaches_the_vehicle(festival):
    world, plan = festival
    route = route_of(plan, bent=False)
    contingency = replace(world.scenario.contingency, lost_link=LostLink.LAND, lost_link_timeout_s=11.0)
    changed = replace(world, scenario=replace(world.scenario, contingency=contingency))
    params = compile_dispatch(changed, plan, site_id=route.site_id, zone_id=route.zone_id).params
    assert (params["FS_GCS_ENABLE"], params["FS_GCS_TIMEOUT"]) == (5.0, 11.0)


def test_rtl_begins_where_home_is_nearer_than_any_rally_point(festival):
    world, plan = festival
    route = route_of(plan, bent=False)
    contingency = replace(world.scenario.contingency, rally_points=(route.points[-1],))
    changed = replace(world, scenario=replace(world.scenario, contingency=contingency))
    flight = compile_dispatch(changed, plan, site_id=route.site_id, zone_id=route.zone_id)
    assert flight.items[-2].command == Command.NAV_WAYPOINT
    assert flight.items[-2].position == flight.home
    assert "rally.diverts_return" not in {finding.rule for finding in validate(flight)}


def test_any_place_inside_is_routed_to(festival):
    world, plan = festival
    target = Position(lat_deg=50.7815, lon_deg=-1.0900)
    flight = compile_dispatch(world, plan, site_id=plan.sites[0].id, target=target)
    hold = next(item for item in flight.items if item.command == Command.NAV_LOITER_TIME)
    assert hold.position == target
    assert is_compliant(validate(flight))


def test_a_target_in_a_crowd_is_watched_from_its_edge(festival):
    world, plan = festival
    crowd = world.scenario.site.crowds[0]
    target = Position(
        lat_deg=sum(p.lat_deg for p in crowd.area) / len(crowd.area),
        lon_deg=sum(p.lon_deg for p in crowd.area) / len(crowd.area),
    )
    flight = compile_dispatch(world, plan, site_id=plan.sites[0].id, target=target)
    look = next(item for item in flight.items if item.command == Command.DO_SET_ROI)
    hold = next(item for item in flight.items if item.command == Command.NAV_LOITER_TIME)
    assert look.position == target
    assert hold.position is not None
    assert distance_m(hold.position, target) > world.scenario.operation.crowd_margin_m
    assert is_compliant(validate(flight))


def test_what_cannot_be_flown_is_refused_by_name(festival):
    world, plan = festival
    site = plan.sites[0].id
    docks = ", ".join(each.id for each in plan.sites)
    with pytest.raises(InputError, match=f"no dock at 'nowhere' -> choose one of {docks}"):
        compile_dispatch(world, plan, site_id="nowhere", zone_id="x")
    zones = ", ".join(each.zone_id for each in plan.routes if each.site_id == site)
    with pytest.raises(InputError, match=f"no route from {site} to 'x' -> choose one of {zones}"):
        compile_dispatch(world, plan, site_id=site, zone_id="x")
    shut = replace(plan.routes[0], reachable=False, limited_by="the battery")
    with pytest.raises(
        InfeasibleError, match=f"{shut.zone_id} cannot be reached from {shut.site_id}: the battery"
    ):
        compile_dispatch(world, replace(plan, routes=(shut,)), site_id=shut.site_id, zone_id=shut.zone_id)
    with pytest.raises(InputError, match="no zone and no target is given -> give --zone, or --lat and --lon"):
        compile_dispatch(world, plan, site_id=site)
    with pytest.raises(InfeasibleError, match="outside the keep-in"):
        compile_dispatch(world, plan, site_id=site, target=Position(lat_deg=51.0, lon_deg=-1.0))


def circle(centre: Position, count: int, radius_deg: float) -> tuple[Position, ...]:
    import math

    return tuple(
        Position(
            lat_deg=centre.lat_deg + radius_deg * math.sin(2 * math.pi * k / count),
            lon_deg=centre.lon_deg + radius_deg * math.cos(2 * math.pi * k / count),
        )
        for k in range(count)
    )


def test_a_fence_with_too_many_corners_only_gets_safer():
    centre = Position(lat_deg=50.78, lon_deg=-1.09)
    keep_in, keep_out = circle(centre, 400, 0.01), circle(centre, 300, 0.002)
    areas = fence_areas(keep_in, [keep_out])
    assert fence_bytes(fence_wire(areas)) <= 560  # StorageManager's room for a fence on a board with 16 KiB
    shape = fence_shape(areas, origin=centre)
    true = fence_shape(
        (FencePolygon(ring=keep_in, inclusion=True), FencePolygon(ring=keep_out, inclusion=False)),
        origin=centre,
    )
    assert true.inside.covers(shape.inside)
    assert shape.outside.covers(true.outside)
    assert shape.inside.area > 0.99 * true.inside.area
    assert shape.outside.area < 1.04 * true.outside.area


def test_a_fence_of_ragged_areas_only_gets_safer():
    """Notches and spikes: where a corner is left away the new edge crosses what the true area leaves out."""
    dice = np.random.default_rng(7)
    centre = Position(lat_deg=50.78, lon_deg=-1.09)
    for _ in range(20):
        keep_in, keep_out = ragged(centre, 200, 0.01, dice), ragged(centre, 60, 0.002, dice)
        given = (FencePolygon(ring=keep_in, inclusion=True), FencePolygon(ring=keep_out, inclusion=False))
        true = fence_shape(given, origin=centre)
        shape = fence_shape(fence_areas(keep_in, [keep_out]), origin=centre)
        assert shape.inside.difference(true.inside).area < 1e-6
        assert true.outside.difference(shape.outside).area < 1e-6


def ragged(
    centre: Position, count: int, radius_deg: float, dice: np.random.Generator
) -> tuple[Position, ...]:
    """A ring whose corners lie nearer to its centre by up to a 25th, each by another share."""
    shares = dice.uniform(0.96, 1.0, count)
    return tuple(
        Position(
            lat_deg=centre.lat_deg + share * (corner.lat_deg - centre.lat_deg),
            lon_deg=centre.lon_deg + share * (corner.lon_deg - centre.lon_deg),
        )
        for corner, share in zip(circle(centre, count, radius_deg), shares.tolist(), strict=True)
    )


def test_a_takeoff_is_at_the_dock(festival):
    world, plan = festival
    route = next(route for route in plan.routes if route.reachable)
    flight = compile_dispatch(world, plan, site_id=route.site_id, zone_id=route.zone_id)
    site = next(site for site in plan.sites if site.id == route.site_id)
    assert flight.items[0].position == flight.home == site.position


def test_an_area_with_nobody_in_it_is_no_crowd(festival):
    world, _ = festival
    emptied = replace(
        world.scenario.site, crowds=tuple(replace(c, people_per_m2=0.0) for c in world.scenario.site.crowds)
    )
    alone = replace(world, scenario=replace(world.scenario, site=emptied))
    assert world.scenario.operation.crowd_margin_m is not None
    assert len(dispatch_fence(world)) > len(dispatch_fence(alone)) == 1 + len(emptied.keep_outs)
