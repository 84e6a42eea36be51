"""Twenty tests that pass: the project's missions, each on a vehicle of its own."""

import pytest
from missions import HOME, fence, one_way, plan_file, scene, sortie

from dfr.link.dispatch import fly_dispatch
from dfr.link.transfer import upload_verified
from dfr.mission.formats import read_plan
from firmware_sitl.assertions import (
    assert_battery_above,
    assert_landed_at,
    assert_never_outside,
    assert_reached,
    assert_within,
)


@pytest.fixture
def our_plan(tmp_path):
    path = plan_file(tmp_path)
    return read_plan(path.read_bytes(), name=path.name)


@pytest.mark.parametrize("bearing_deg", [0.0, 90.0, 180.0, 270.0])
@pytest.mark.parametrize("distance_m", [30.0, 60.0])
def test_the_scene_is_reached_and_the_drone_lands_at_home(fly_mission, bearing_deg, distance_m):
    flight = fly_mission(sortie(bearing_deg=bearing_deg, distance_m=distance_m))
    assert_reached(flight, scene(bearing_deg=bearing_deg, distance_m=distance_m))
    assert_landed_at(flight, HOME)


@pytest.mark.sitl(wind=(6.0, 270.0))
@pytest.mark.parametrize("height_m", [10.0, 20.0])
def test_wind_takes_it_nowhere_else(fly_mission, height_m):
    flight = fly_mission(sortie(height_m=height_m))
    assert_reached(flight, scene())
    assert_within(flight, HOME, 45.0)
    assert_landed_at(flight, HOME, within_m=2.0)


def test_it_stays_in_the_fence(fly_mission):
    assert_never_outside(fly_mission(sortie()), fence(radius_m=60.0))


def test_it_comes_back_with_charge_left(fly_mission):
    assert_battery_above(fly_mission(sortie()), 60.0)


def test_it_lands_where_the_mission_ends(fly_mission):
    assert_landed_at(fly_mission(one_way()), scene())


@pytest.mark.sitl(params={"FENCE_RADIUS": 120})
def test_it_has_our_parameters(sitl_client):
    assert sitl_client.parameter("FENCE_RADIUS") == 120.0


@pytest.mark.sitl(frame="hexa")
def test_a_hexacopter_flies_it_too(fly_mission):
    assert_landed_at(fly_mission(sortie()), HOME)


@pytest.mark.sitl(frame="dji-m3td")
def test_a_drone_of_the_catalogue_flies_it_too(fly_mission):
    assert_landed_at(fly_mission(sortie()), HOME)


@pytest.mark.sitl(count=2, home=(47.3980, 8.5460, 400.0))
def test_two_vehicles_stand_side_by_side(sitl_fleet):
    assert [vehicle.system_id for vehicle in sitl_fleet] == [1, 2]


def test_items_reached_are_told(fly_mission):
    assert fly_mission(sortie()).reached == (1, 2, 3)


@pytest.mark.sitl(home="our_plan")
def test_our_plan_arrives_whole(dfr_link, our_plan):
    assert upload_verified(dfr_link, our_plan).verified


@pytest.mark.sitl(home="our_plan")
def test_our_plan_docks(dfr_link, our_plan):
    upload_verified(dfr_link, our_plan)
    assert fly_dispatch(dfr_link, our_plan).docked
