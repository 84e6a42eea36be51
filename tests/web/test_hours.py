"""The Plan page hour by hour: its hours are those of the plan, and isochrones hold its times."""

from itertools import pairwise

import pytest
from shapely.geometry import Point, shape

from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.web.hours import hours_of, isochrones_of


@pytest.fixture(scope="module")
def world():
    return load_world(find_scenario("victorious-2024"))


@pytest.fixture(scope="module")
def plan(world):
    return make_plan(world)


def test_every_hour_with_calls_is_told_and_none_that_is_not_flown_has_times(world, plan):
    hours = hours_of(world, plan)
    assert [hour["hour"] for hour in hours] == [hour.hour for hour in plan.coverage_by_hour]
    for hour in hours:
        assert (hour["limited_by"] == "") == hour["flyable"]
        assert hour["flyable"] or set(hour["zones"].values()) == {None}
        assert sum(hour["calls_by_zone"].values()) == pytest.approx(hour["calls"])


def test_in_the_planning_wind_the_times_are_those_of_the_routes(world, plan):
    planned = next(h for h in hours_of(world, plan) if h["hour"] == plan.planning_wind.hour)
    for zone, seconds in planned["zones"].items():
        routes = {r.site_id: r.overhead_s for r in plan.routes if r.zone_id == zone}
        assert seconds == pytest.approx(min(routes.values()), abs=1.0)
        assert routes[planned["from"][zone]] == min(routes.values())


def test_an_isochrone_around_a_dock_holds_it_and_its_bands_do_not_overlap(world, plan):
    hours = isochrones_of(world, plan)
    flown = next(hour for hour in hours if hour["hour"] == plan.planning_wind.hour)
    areas = [(f["properties"]["from_s"], shape(f["geometry"])) for f in flown["areas"]["features"]]
    assert len(areas) >= 3
    soonest = min(areas, key=lambda found: found[0])[1]
    dock = plan.sites[0].position
    assert soonest.distance(Point(dock.lon_deg, dock.lat_deg)) < 1e-3, "within a cell of the grid"
    for (_, a), (_, b) in pairwise(areas):
        assert a.intersection(b).area < 1e-3 * min(a.area, b.area)


def test_an_hour_that_is_not_flown_has_no_isochrones(world, plan):
    shut = {hour.hour for hour in plan.coverage_by_hour if not hour.flyable}
    assert all(not h["areas"]["features"] for h in isochrones_of(world, plan) if h["hour"] in shut)
