"""Drones of one plan: where the ways of two docks meet, and what keeps them apart."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import numpy as np
import pytest

from dfr.ardupilot.commands import Command
from dfr.findings import Severity, is_compliant
from dfr.geo import Position
from dfr.mission.compile import compile_dispatch
from dfr.plan import separation
from dfr.plan.checks.traffic import check_own_drones
from dfr.plan.codec import plan_from_dict
from dfr.plan.context import context_of
from dfr.plan.model import Plan, RoutePair
from dfr.plan.planner import make_plan
from dfr.plan.rules import APART_HEIGHT_M, APART_M
from dfr.plan.separation import (
    STEP_M,
    DockRoutes,
    barred_changes,
    find_meeting,
    least_levels,
    routes_of_docks,
)
from dfr.plan.volumes import FLIGHT_GEOGRAPHY
from dfr.scenario import model as m
from dfr.world.terrain import UnknownGround

from .compliance_world import findings, only
from .conftest import FRAME, Field, box, candidate

RULE = "own-drones-apart"
WEST, EAST = candidate("west", -400, 0), candidate("east", 400, 0)
TWO = {"fleet": {"docks": 2}, "candidates": (WEST, EAST)}


@dataclass(frozen=True)
class Hill:
    """Ground that rises to the east, so that one height above ground is many above the sea."""

    rise: float
    source: str = "a hill"

    def ground_m_amsl(self, position: Position) -> float | None:
        return 100.0 + self.rise * FRAME.point(position)[0]


def zones_at(*places: tuple[float, float]) -> tuple[m.DemandZone, ...]:
    return tuple(
        m.DemandZone(
            id=f"z{k}", name=f"Z{k}", area=box(e - 20, n - 20, e + 20, n + 20), share=1 / len(places)
        )
        for k, (e, n) in enumerate(places)
    )


def at_one_height(plan: Plan) -> Plan:
    """The same docks, all flown at the scenario's 60 m."""
    sites = tuple(replace(site, raised_m=0.0) for site in plan.sites)
    routes = tuple(replace(route, height_m_agl=60.0) for route in plan.routes)
    return replace(plan, sites=sites, routes=routes, height_levels=None)


def too_near(first: DockRoutes, second: DockRoutes) -> bool:
    found = find_meeting(first, second)
    return found is not None and bool(found.too_near)


def raised_by(dock: DockRoutes, metres: float) -> DockRoutes:
    return replace(dock, heights_m_amsl=dock.heights_m_amsl + metres)


def cruise_heights(world) -> dict[str, float]:
    return {route.site_id: route.height_m_agl for route in make_plan(world).routes}


def test_docks_whose_routes_meet_are_flown_15_m_apart_and_both_heights_are_named(field: Field):
    """Each dock flies to both zones, so their routes meet; the limit leaves room above."""
    world = field(**TWO)
    plan = make_plan(world)
    assert sorted(cruise_heights(world).values()) == [60.0, 75.0]
    assert plan.height_levels == replace(plan.height_levels, levels=2, in_turn=())
    found = only(world, RULE)
    assert found.severity is Severity.OK
    assert "cruises at 75 m" in found.message
    assert is_compliant(plan.findings)


def test_a_plan_at_one_height_for_all_docks_is_advised_and_may_still_go(field: Field):
    """3 of the 4 pairs of routes meet: only those to the zone beside each dock stay apart."""
    plan = at_one_height(make_plan(field(**TWO)))
    (found,) = check_own_drones(context_of(field(**TWO), plan))
    assert found.severity is Severity.ADVICE
    assert "3 pairs of routes of west and east (2 to the same zone)" in found.message
    assert found.margin_m == pytest.approx(-APART_HEIGHT_M)
    assert found.place is not None
    assert "one at a time" in found.fix
    assert "dfr plan" in found.fix


@pytest.mark.parametrize("return_m", [60.0, 65.0, 80.0, 90.0, 110.0])
@pytest.mark.parametrize("rise", [0.0, 0.02])
def test_the_heights_are_the_nearest_that_keep_every_metre_of_every_route_apart(
    field: Field, return_m: float, rise: float
):
    """Trying every step up and down by hand finds none smaller, also over ground that rises."""
    world = field(
        **TWO,
        of_world={"terrain": Hill(rise)},
        contingency={"return_height_m_agl": return_m},
        operation={"height_limit_m_agl": 500.0},
    )
    level = at_one_height(make_plan(world))
    first, second = routes_of_docks(context_of(world, level))
    lowest = min(first.lowest_m_agl, second.lowest_m_agl)
    steps = [k * STEP_M for k in range(1, 60)]
    by_hand = next(
        step
        for step in steps
        for one, other in ((first, second), (second, first))
        if not too_near(raised_by(one, step), other)
        or (lowest - step >= 20.0 and not too_near(raised_by(one, -step), other))
    )
    raises = least_levels([first, second], limit_m_agl=500.0)
    assert [abs(raised) for raised in raises.values()] == [by_hand]


@pytest.mark.parametrize(
    ("return_m", "apart_m"), [(60.0, 15.0), (65.0, 20.0), (80.0, 35.0), (90.0, 15.0), (110.0, 15.0)]
)
def test_out_and_home_of_two_docks_are_apart_by_heights_written_down(
    field: Field, return_m: float, apart_m: float
):
    """60 m out, 90 m home: 15 m higher flies 75 and 105 m, 15 m from either; 80 m home leaves no such gap."""
    heights = cruise_heights(
        field(
            **TWO,
            contingency={"return_height_m_agl": return_m},
            operation={"height_limit_m_agl": 500.0},
        )
    )
    assert abs(heights["west"] - heights["east"]) == apart_m


def test_a_dock_under_a_route_is_flown_from_below_it_never_from_above(field: Field):
    """West flies over the middle dock: whoever climbs there must stay lower."""
    heights = cruise_heights(
        field(
            fleet={"docks": 2},
            candidates=(WEST, candidate("middle", 0, 0)),
            demand={"zones": zones_at((400, 0))},
        )
    )
    assert heights["west"] - heights["middle"] == 15.0


def test_docks_under_each_others_routes_are_flown_one_at_a_time(field: Field):
    world = field(**TWO, demand={"zones": zones_at((-450, 0), (450, 0))})
    plan = make_plan(world)
    found = only(world, RULE)
    assert "no heights" in found.fix
    assert found.margin_m == pytest.approx(-APART_HEIGHT_M)
    assert plan.height_levels is not None
    assert plan.height_levels.levels == 1
    assert RoutePair(site_id="west", zone_id="z1", other_site_id="east", other_zone_id="z0") in (
        plan.height_levels.in_turn
    )


@pytest.mark.parametrize("rise", [0.0, 0.05])
def test_routes_held_against_each_other_a_few_places_at_a_time_meet_as_all_at_once(
    field: Field, monkeypatch: pytest.MonkeyPatch, rise: float
):
    world = replace(field(**TWO, demand={"zones": zones_at((-450, 200), (450, 200))}), terrain=Hill(rise))
    first, second = routes_of_docks(context_of(world, at_one_height(make_plan(world))))
    near = second.tree.query(first.points, predicate="dwithin", distance=APART_M + 25.0)
    gaps = first.heights_m_amsl[near[0]][:, :, None] - second.heights_m_amsl[near[1]][:, None, :]
    whole, changes = find_meeting(first, second), np.arange(-40.0, 40.0, 0.25)
    assert whole is not None
    monkeypatch.setattr(separation, "PLACES_AT_ONCE", 3)
    assert find_meeting(first, second) == whole
    low, high = barred_changes(first, second)
    in_parts = [bool(((low < x) & (high > x)).any()) for x in changes]
    assert [np.abs(gaps - x).min() < APART_HEIGHT_M for x in changes] == in_parts
    assert {True, False} == set(in_parts)
    assert (np.diff(low) > 0.0).all()


def test_where_limits_leave_no_room_up_a_dock_flies_lower_and_then_in_turn(field: Field):
    low = field(**TWO, operation={"height_limit_m_agl": 70.0})
    assert sorted(cruise_heights(low).values()) == [45.0, 60.0]
    tight = {"cruise_height_m_agl": 30.0, "height_limit_m_agl": 40.0}
    both = field(**TWO, operation=tight, contingency={"return_height_m_agl": 30.0})
    assert sorted(cruise_heights(both).values()) == [20.0, 35.0]
    none = field(
        **TWO, operation={**tight, "height_limit_m_agl": 34.0}, contingency={"return_height_m_agl": 30.0}
    )
    assert set(cruise_heights(none).values()) == {30.0}
    assert "no heights" in only(none, RULE).fix


def test_four_docks_around_one_zone_need_four_heights_and_get_the_fewest(field: Field):
    corners = [(-400, 0), (400, 0), (0, -400), (0, 400)]
    sites = tuple(candidate(f"dock{k}", *place) for k, place in enumerate(corners))
    world = field(
        fleet={"docks": 4},
        candidates=sites,
        demand={"zones": zones_at((0, 0))},
        operation={"height_limit_m_agl": 120.0},
    )
    heights = sorted(cruise_heights(world).values())
    assert np.diff(heights).tolist() == [15.0, 15.0, 15.0]
    assert heights[-1] <= 120.0
    assert heights[0] >= 20.0
    assert {found.severity for found in findings(world, RULE)} == {Severity.OK}


def test_docks_that_do_not_meet_share_a_height_with_one_that_meets_both(field: Field):
    """The middle dock meets west and east, which do not meet each other: two heights do."""
    sites = (candidate("west", -450, 0), candidate("middle", 0, 0), candidate("east", 450, 0))
    plan = make_plan(field(fleet={"docks": 3}, candidates=sites))
    kept = {("west", "left"), ("middle", "left"), ("middle", "right"), ("east", "right")}
    routes = tuple(r for r in at_one_height(plan).routes if (r.site_id, r.zone_id) in kept)
    docks = routes_of_docks(context_of(field(candidates=sites), replace(at_one_height(plan), routes=routes)))
    assert least_levels(docks, limit_m_agl=120.0) == {"middle": 15.0}


def test_the_dock_that_serves_least_changes_its_height(field: Field):
    world = field(**TWO, demand={"zones": zones_at((-300, 0), (200, 0), (300, 0))})
    assert cruise_heights(world) == {"west": 75.0, "east": 60.0}


def test_missions_times_and_volumes_are_those_of_the_height_that_is_flown(field: Field):
    world = field(**TWO)
    plan = make_plan(world)
    for site in plan.sites:
        zone = next(r.zone_id for r in plan.routes if r.site_id == site.id and r.reachable)
        flight = compile_dispatch(world, plan, site_id=site.id, zone_id=zone)
        takeoff = next(item for item in flight.items if item.command == Command.NAV_TAKEOFF)
        assert takeoff.z_m == 60.0 + site.raised_m
        assert flight.params["RTL_ALT"] == 100.0 * (60.0 + site.raised_m)
    climbs = {route.site_id: route.climb_s for route in plan.routes}
    by_height = [climbs[site.id] for site in sorted(plan.sites, key=lambda site: site.raised_m)]
    assert by_height[1] > by_height[0]
    geography = next(volume for volume in plan.volumes if volume.id == FLIGHT_GEOGRAPHY)
    assert geography.top_m_agl == 75.0


def test_what_the_heights_cost_is_said_and_the_siting_is_still_proven(field: Field):
    world = field(**TWO)
    plan, found = make_plan(world), only(world, "coverage")
    assert plan.height_levels is not None
    assert plan.height_levels.mean_at_one_height_s < plan.mean_overhead_s
    assert "fly at 2 heights to keep their drones apart" in found.message
    assert found.severity is Severity.OK


def test_a_plan_with_heights_of_its_own_is_read_back_as_it_was(field: Field):
    plan = make_plan(field(**TWO))
    again = plan_from_dict(json.loads(json.dumps(plan.as_dict())))
    assert again.height_levels == plan.height_levels
    assert [site.raised_m for site in again.sites] == [site.raised_m for site in plan.sites]


def test_over_unknown_ground_heights_keep_nothing_apart(field: Field):
    world = field(**TWO, of_world={"terrain": UnknownGround()})
    found = only(field(**TWO, of_world={"terrain": UnknownGround()}), RULE)
    assert found.severity is Severity.ADVICE
    assert "ground unknown" in found.message
    assert set(cruise_heights(world).values()) == {60.0}


def test_ways_that_never_meet_are_reported_with_their_room(field: Field):
    world = field(**TWO)
    plan = make_plan(world)
    own = tuple(r for r in plan.routes if (r.site_id, r.zone_id) in {("west", "left"), ("east", "right")})
    (found,) = check_own_drones(context_of(world, replace(plan, routes=own)))
    assert found.severity is Severity.OK
    assert found.margin_m == pytest.approx(800.0 - APART_M, abs=1.0)


@pytest.mark.parametrize(("aside_m", "near"), [(40.0, True), (49.0, True), (51.0, False)])
def test_ways_side_by_side_are_told_apart_at_the_wanted_distance(field: Field, aside_m: float, near: bool):
    """Two docks fly east along parallel ways, each to the zone ahead of it."""
    world = field(
        fleet={"docks": 2},
        candidates=(candidate("south", -300, 0), candidate("north", -300, aside_m)),
        demand={"zones": zones_at((300, 0), (300, aside_m))},
    )
    plan = make_plan(world)
    ahead = tuple(r for r in plan.routes if (r.site_id, r.zone_id) in {("south", "z0"), ("north", "z1")})
    (found,) = check_own_drones(context_of(world, replace(plan, routes=ahead)))
    assert (found.severity is Severity.ADVICE) is near
    assert found.margin_m == pytest.approx(max(aside_m - APART_M, -APART_HEIGHT_M), abs=0.1)


def test_drones_of_one_dock_share_its_ways(field: Field):
    alone, twins = field(), field(fleet={"drones_per_dock": 2})
    assert only(alone, RULE).severity is Severity.OK
    (found,) = findings(twins, RULE)
    assert found.severity is Severity.ADVICE
    assert "one dock" in found.message
