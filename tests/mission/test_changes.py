"""A flight sent on, left open or looking elsewhere: every item that is then flown, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command
from dfr.errors import InputError, LinkError, NonCompliantError
from dfr.geo import Position
from dfr.mission.changes import (
    hold_position,
    lap_s,
    leave_stay_open,
    look_at,
    orbit_on_scene,
    retask_flight,
    takeoff_height_m,
)
from dfr.mission.items import FlightPlan

from ..places import HOME, at, square
from .conftest import item

HERE = at(0, 150)


class Bank:
    """Ground at 3 m by the dock and at 8 m elsewhere."""

    source = "a bank"

    def ground_m_amsl(self, position: Position) -> float:
        return 3.0 if position == HOME else 8.0


def sent_on(dispatch: FlightPlan, *path: Position, height_m: float = 40.0, **given) -> FlightPlan:
    return retask_flight(
        dispatch, here=given.pop("here", HERE), path=path, height_m_home=height_m, on_scene_s=90.4, **given
    )


def told(flight: FlightPlan) -> list[tuple[int, Position | None, float]]:
    return [(each.command, each.position, each.z_m) for each in flight.items]


def test_a_new_task_is_flown_along_its_path_and_straight_home(dispatch):
    new = sent_on(dispatch, at(50, 150), at(100, 250))
    assert new.items[0] == dispatch.items[0]
    assert told(new)[1:] == [
        (Command.NAV_WAYPOINT, at(50, 150), 40.0),
        (Command.DO_SET_ROI, at(100, 250), 0.0),
        (Command.NAV_LOITER_TIME, at(100, 250), 40.0),
        (Command.DO_SET_ROI, None, 0.0),
        (Command.NAV_RETURN_TO_LAUNCH, None, 0.0),
    ]
    assert new.items[2].params == (3.0, 0.0, 0.0, 0.0), "MAV_ROI_LOCATION"
    assert new.items[3].params == (91.0, 0.0, 1.0, 0.0), "whole seconds, and no fewer than asked for"
    assert new.items[-1] == dispatch.items[-1]


def test_what_was_checked_before_takeoff_stays_and_the_name_says_where_it_goes(dispatch):
    new = sent_on(dispatch, at(100, 250))
    kept = ("home", "home_m_amsl", "fence", "rally", "params")
    assert [getattr(new, name) for name in kept] == [getattr(dispatch, name) for name in kept]
    assert new.name == f"test: dock to stage, then {at(100, 250)}"


def test_the_camera_looks_where_it_is_told_to(dispatch):
    new = sent_on(dispatch, at(100, 250), look_at=at(120, 300))
    assert new.items[1].position == at(120, 300)
    assert hold_position(new) == at(100, 250)


def test_where_a_keep_out_lies_on_the_way_home_it_goes_back_as_it_came(dispatch):
    first = replace(dispatch.items[0], command=Command.NAV_WAYPOINT, position=at(0, 100))
    flown = replace(dispatch, items=(dispatch.items[0], first, *dispatch.items[1:]))
    new = sent_on(flown, at(100, 150), at(300, 100), at(300, 0))
    back = [each.position for each in new.items[-4:-1]]
    assert back == [at(300, 100), at(100, 150), at(0, 100)]
    assert [each.z_m for each in new.items[-4:-1]] == [40.0] * 3


def test_rtl_begins_at_home_where_a_rally_point_would_be_nearer(dispatch):
    """ArduCopter's RTL goes to the nearest of home and the rally points; the one here is 100 m south."""
    assert sent_on(dispatch, at(0, -150)).items[-2].position == HOME
    assert sent_on(dispatch, at(0, -40)).items[-2].command == Command.DO_SET_ROI, "home is nearer"


@pytest.mark.parametrize(
    ("path", "room_m"),
    [
        ([at(0, 450)], -50),
        ([at(399, 150)], 1),
        ([at(200, 150), at(200, -150)], -20),  # straight across the keep-out of 40 m
    ],
)
def test_a_path_that_was_not_checked_is_refused_with_its_room(dispatch, path, room_m):
    with pytest.raises(NonCompliantError, match=rf"not inside the checked area: {room_m} m to the fence's"):
        sent_on(dispatch, *path)


def test_the_way_begins_where_the_drone_is(dispatch):
    with pytest.raises(NonCompliantError, match="not inside the checked area"):
        sent_on(dispatch, at(-100, -150), here=at(-300, 150))  # past (-200, 0), a keep-out of 50 m
    assert hold_position(sent_on(dispatch, at(-100, -150), here=HERE)) == at(-100, -150)


def test_a_height_above_the_fence_fails_the_check_in_its_words(dispatch):
    with pytest.raises(NonCompliantError, match=r"the new task fails its check: .*FENCE_ALT_MAX 60 m"):
        sent_on(dispatch, at(100, 250), height_m=70.0)


def test_a_task_without_a_place_is_none(dispatch):
    with pytest.raises(InputError, match="a new task needs a place") as refused:
        sent_on(dispatch)
    assert "give at least one" in str(refused.value)


def test_an_open_stay_is_held_where_it_was_until_it_is_sent_on(dispatch):
    left = leave_stay_open(dispatch)
    assert told(left)[2] == (Command.NAV_LOITER_UNLIM, at(0, 200), 30.0)
    assert left.items[2].params == (0.0, 0.0, 0.0, 0.0)
    assert [*left.items[:2], *left.items[3:]] == [*dispatch.items[:2], *dispatch.items[3:]]


def test_a_flight_stays_at_the_last_of_its_holds(dispatch):
    again = item(Command.NAV_LOITER_TURNS, at(50, 50), params=(1.0, 0.0, 20.0, 1.0))
    assert hold_position(replace(dispatch, items=(*dispatch.items[:4], again, dispatch.items[4]))) == at(
        50, 50
    )
    with pytest.raises(LinkError, match="no stay on scene") as refused:
        hold_position(replace(dispatch, items=dispatch.items[:1]))
    assert "compile it with a stay" in str(refused.value)


def test_the_takeoff_height_is_that_of_the_takeoff_and_none_without_one(dispatch):
    assert takeoff_height_m(dispatch) == 30.0
    assert takeoff_height_m(replace(dispatch, items=dispatch.items[1:])) == 0.0


def test_a_place_is_looked_at_on_its_ground_and_the_camera_still_let_go(dispatch):
    seen = look_at(dispatch, at(10, 210), Bank())
    assert told(seen)[1] == (Command.DO_SET_ROI, at(10, 210), 5.0)
    assert seen.items[3] == dispatch.items[3], "the item that ends the looking"
    assert [seen.items[0], *seen.items[2:]] == [dispatch.items[0], *dispatch.items[2:]]


@pytest.mark.parametrize(("stay_s", "radius_m"), [(60.0, 30.0), (181.0, 30.0), (600.0, 100.0)])
def test_an_orbit_takes_the_fewest_whole_turns_that_last_as_long_as_the_stay(dispatch, stay_s, radius_m):
    """A turn is its circumference at the speed whose centripetal acceleration is 2.5 m/s² (WPNAV_ACCEL)."""
    items = tuple(
        replace(each, params=(stay_s, 0.0, 1.0, 0.0)) if each.command == Command.NAV_LOITER_TIME else each
        for each in dispatch.items
    )
    plan = replace(
        dispatch, items=items, fence=dispatch.fence[:1], params={**dispatch.params, "WPNAV_SPEED": 1500.0}
    )
    flown = orbit_on_scene(plan, radius_m=radius_m).items
    turn_s = max(18.0, 2.0 * math.pi * radius_m / min(15.0, math.sqrt(2.5 * radius_m)))
    assert flown[2].params == (math.ceil(stay_s / turn_s), 0.0, radius_m, 1.0)
    assert flown[2].command == Command.NAV_LOITER_TURNS
    assert (flown[2].position, flown[2].z_m) == (at(0, 200), 30.0)
    assert [*flown[:2], *flown[3:]] == [*items[:2], *items[3:]]
    assert lap_s(radius_m, cruise_mps=15.0) == pytest.approx(turn_s)


def test_an_orbit_of_a_flight_without_a_stay_is_refused_with_what_to_do(dispatch):
    with pytest.raises(InputError, match=r"has no stay on scene -> compile it with a stay on scene"):
        orbit_on_scene(replace(dispatch, items=dispatch.items[:1]), radius_m=30.0)


def test_a_place_is_looked_at_to_the_centimetre(dispatch):
    class Slope(Bank):
        def ground_m_amsl(self, position: Position) -> float:
            return 3.0 if position == HOME else 8.1269

    assert look_at(dispatch, at(10, 210), Slope()).items[1].z_m == 5.13


@pytest.mark.parametrize(("radius_m", "offered"), [(4.9, False), (5.0, True), (255.0, True), (255.1, False)])
def test_orbits_are_offered_from_5_to_255_m(dispatch, radius_m, offered):
    free = replace(dispatch, fence=())
    if offered:
        assert orbit_on_scene(free, radius_m=radius_m).items[2].params[2] == round(radius_m)
    else:
        with pytest.raises(InputError, match="5 to 255 m"):
            orbit_on_scene(free, radius_m=radius_m)


def test_home_is_passed_where_the_way_back_as_it_came_ends_nearer_to_a_rally_point(dispatch):
    """It goes back to its first waypoint, 90 m west of home; a rally point lies 60 m from there."""
    first = replace(dispatch.items[0], command=Command.NAV_WAYPOINT, position=at(-90, 0))
    near = replace(dispatch.rally[0], position=at(-90, -60))
    flown = replace(dispatch, items=(dispatch.items[0], first, *dispatch.items[1:]), rally=(near,))
    wall = replace(dispatch.fence[1], ring=square(20.0, east_m=100.0))
    new = sent_on(replace(flown, fence=(dispatch.fence[0], wall)), at(200, 150), at(200, 0))
    assert [each.position for each in new.items[-4:-1]] == [at(200, 150), at(-90, 0), HOME]
