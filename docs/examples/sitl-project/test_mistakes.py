"""Ten tests that fail, each by a mistake of its own: read what each says."""

import pytest
from missions import HOME, fence, scene, sortie

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from firmware_sitl.assertions import (
    assert_battery_above,
    assert_landed_at,
    assert_never_outside,
    assert_reached,
    assert_within,
)


@pytest.mark.sitl(params={"SIM_WIND_SPED": 8})
def test_a_mistyped_parameter(fly_mission):
    assert_landed_at(fly_mission(sortie()), HOME)


@pytest.mark.sitl(winds=(8.0, 270.0))
def test_a_mistyped_word_of_the_marker(fly_mission):
    assert_landed_at(fly_mission(sortie()), HOME)


@pytest.mark.sitl(home=(50.7810, -1.0890, 3.0))
def test_a_vehicle_at_another_site(fly_mission):
    assert_landed_at(fly_mission(sortie()), HOME)


def test_degrees_in_place_of_whole_numbers(fly_mission):
    items = sortie()
    above_home = Frame.GLOBAL_RELATIVE_ALT
    items[2] = WireItem(
        command=Command.NAV_WAYPOINT, frame=above_home, x=HOME.lat_deg, y=HOME.lon_deg, z=10.0
    )
    assert_landed_at(fly_mission(items), HOME)


def test_a_mission_that_never_comes_down(fly_mission):
    assert_landed_at(fly_mission(sortie()[:-1]), HOME)


def test_a_budget_that_is_too_short(fly_mission):
    assert_landed_at(fly_mission(sortie(distance_m=300.0), most_s=20.0), HOME)


def test_a_command_that_is_refused(sitl_client):
    sitl_client.wait_ready()
    sitl_client.do(Command.NAV_TAKEOFF, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 10.0)


def test_a_place_that_is_not_on_the_way(fly_mission):
    assert_reached(fly_mission(sortie()), scene(bearing_deg=0.0))


def test_a_fence_that_is_too_small(fly_mission):
    assert_never_outside(fly_mission(sortie()), fence(radius_m=25.0))


def test_more_charge_than_is_left(fly_mission):
    flight = fly_mission(sortie())
    assert_within(flight, HOME, 45.0)
    assert_battery_above(flight, 99.0)
