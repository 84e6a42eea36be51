"""How long a mission may take before its flight is overdue."""

from __future__ import annotations

import math

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.mission.duration import SPARE_S, longest_s
from dfr.mission.items import FlightPlan, MissionItem, item_at

from ..places import HOME, at

RTL = MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL)
TAKEOFF = item_at(Command.NAV_TAKEOFF, HOME, 20.0)
FAR = item_at(Command.NAV_WAYPOINT, at(0, 500), 20.0)
NEAR = item_at(Command.NAV_WAYPOINT, at(0, 50), 20.0)


def plan(*items: MissionItem, **params: float) -> FlightPlan:
    return FlightPlan(
        name="x",
        home=HOME,
        home_m_amsl=3.0,
        items=(TAKEOFF, *items, RTL),
        fence=(),
        rally=(),
        params=dict(params),
    )


def do(command: Command, *params: float) -> MissionItem:
    given = (*params, 0.0, 0.0, 0.0, 0.0)
    return MissionItem(command=command, frame=Frame.MISSION, params=given[:4])


def flown_s(*legs: tuple[float, float]) -> float:
    """Seconds of legs as (metres, metres a second)."""
    return sum(length / speed for length, speed in legs)


def test_a_jump_counts_every_time_it_is_taken():
    once = longest_s(plan(FAR, NEAR))
    nine = longest_s(plan(FAR, NEAR, do(Command.DO_JUMP, 2, 9)))
    assert nine - once > 9 * flown_s((900.0, 10.0))
    assert nine > 10 * flown_s((900.0, 10.0))


def test_a_jump_that_never_ends_has_no_limit():
    assert longest_s(plan(FAR, NEAR, do(Command.DO_JUMP, 2, -1))) == math.inf


def test_a_stay_until_told_otherwise_has_no_limit():
    assert longest_s(plan(item_at(Command.NAV_LOITER_UNLIM, at(0, 50), 20.0))) == math.inf


def test_a_mission_at_a_walk_is_given_the_time_it_needs():
    slow = longest_s(plan(do(Command.DO_CHANGE_SPEED, 1, 1.0), FAR, NEAR))
    assert slow > SPARE_S + flown_s((500.0, 1.0), (450.0, 1.0), (50.0, 1.0))


@pytest.mark.parametrize("params", [{"WPNAV_SPEED": 50.0}, {}])
def test_the_cruise_speed_is_the_plans_or_else_the_vehicles(params):
    assert longest_s(plan(FAR, **params), cruise_mps=0.5) > SPARE_S + flown_s((1000.0, 0.5))


@pytest.mark.parametrize(
    ("item", "seconds"),
    [
        (item_at(Command.NAV_LOITER_TIME, at(0, 500), 20.0, params=(900.0, 0.0, 1.0, 0.0)), 900.0),
        (item_at(Command.NAV_WAYPOINT, at(0, 500), 20.0, params=(900.0, 0.0, 0.0, 0.0)), 900.0),
        (do(Command.CONDITION_DELAY, 900.0), 900.0),
        # Ten circles of 50 m at 10 m/s.
        (item_at(Command.NAV_LOITER_TURNS, at(0, 500), 20.0, params=(10.0, 0.0, 50.0, 0.0)), 314.0),
        # A circle as tight as it gets turns at CIRCLE_RATE, 20 degrees a second.
        (item_at(Command.NAV_LOITER_TURNS, at(0, 500), 20.0, params=(10.0, 0.0, 1.0, 0.0)), 180.0),
    ],
)
def test_stays_delays_and_circles_count_in_full(item, seconds):
    assert longest_s(plan(FAR, item)) >= longest_s(plan(FAR)) + seconds


def test_a_climb_at_a_snails_pace_counts_and_so_does_a_descent():
    """DO_CHANGE_SPEED's types 2 and 3 are the speeds of climbing and descending (SPEED_TYPE)."""
    high = item_at(Command.NAV_WAYPOINT, at(0, 50), 120.0)
    usual = longest_s(plan(high, NEAR))
    assert longest_s(plan(do(Command.DO_CHANGE_SPEED, 2, 0.5), high, NEAR)) - usual > 100.0 / 0.5
    assert longest_s(plan(high, do(Command.DO_CHANGE_SPEED, 3, 0.5), NEAR)) - usual > 100.0 / 0.5
    assert longest_s(plan(do(Command.DO_CHANGE_SPEED, 2, 0.0), high, NEAR)) == usual, "zero changes nothing"


def test_a_stay_without_a_place_of_its_own_is_where_the_drone_is():
    here = MissionItem(
        command=Command.NAV_LOITER_TIME,
        frame=Frame.GLOBAL_RELATIVE_ALT,
        z_m=20.0,
        params=(60.0, 0.0, 0.0, 0.0),
    )
    assert longest_s(plan(FAR, here)) == pytest.approx(longest_s(plan(FAR)) + 60.0)


def test_a_payload_is_let_down_and_the_rope_comes_up_again():
    """As far down as it is told to reach at most, or as it is high, at 0.2 m/s at the slowest, and up."""
    low = item_at(Command.NAV_PAYLOAD_PLACE, at(0, 50), 20.0, params=(5.0, 0.0, 0.0, 0.0))
    deep = item_at(Command.NAV_PAYLOAD_PLACE, at(0, 50), 20.0, params=(45.0, 0.0, 0.0, 0.0))
    assert longest_s(plan(NEAR, low)) > longest_s(plan(NEAR)) + 2 * 20.0 / 1.5
    assert longest_s(plan(NEAR, deep)) - longest_s(plan(NEAR, low)) >= 2 * 25.0 / 1.5


def test_a_slow_landing_from_a_high_return_counts():
    low = longest_s(plan(FAR))
    high = longest_s(plan(FAR, RTL_ALT=9000.0, LAND_SPEED=30.0))
    assert high - low > (90.0 - 20.0) / 0.3


def test_an_ordinary_dispatch_is_still_missed_within_minutes():
    hold = item_at(Command.NAV_LOITER_TIME, at(0, 500), 20.0, params=(60.0, 0.0, 1.0, 0.0))
    assert longest_s(plan(hold)) < SPARE_S + 60.0 + 2 * 500.0 / 2.0 + 200.0


def test_what_stands_behind_the_return_is_not_flown():
    assert longest_s(plan(FAR, RTL, item_at(Command.NAV_WAYPOINT, at(0, 40_000), 20.0))) == longest_s(
        plan(FAR)
    )


OUT_AND_BACK_S = SPARE_S + 20.0 / 0.5 + 2 * 50.0 / 2.0
"""Up to 20 m at 0.5 m/s, 50 m out and back at 2 m/s."""
DOWN_S = 20.0 / 0.2
"""From 20 m at 40 % of LAND_SPEED's default of 0.5 m/s."""


@pytest.mark.parametrize(
    ("params", "seconds"),
    [
        ({}, DOWN_S),
        ({"RTL_ALT": 4000.0}, 20.0 / 0.5 + 2 * DOWN_S),
        ({"RTL_LOIT_TIME": 5000.0}, 5.0 + DOWN_S),
        ({"RTL_SPEED": 300.0}, 50.0 / 1.2 - 50.0 / 2.0 + DOWN_S),
        ({"RTL_SPEED": 2000.0}, DOWN_S),
        ({"LAND_SPEED": 200.0}, 20.0 / 0.5),
    ],
)
def test_the_return_is_climbed_flown_waited_for_and_landed_at_these_speeds(params, seconds):
    assert longest_s(plan(NEAR, **params)) == pytest.approx(OUT_AND_BACK_S + seconds, rel=1e-4)


@pytest.mark.parametrize(
    ("item", "params", "seconds"),
    [
        # Let down and pulled up 20 m at 0.5 m/s, and 30 s on the ground.
        (item_at(Command.NAV_PAYLOAD_PLACE, at(0, 50), 20.0, params=(5.0, 0.0, 0.0, 0.0)), {}, 110.0),
        (
            item_at(Command.NAV_LOITER_TURNS, at(0, 50), 20.0, params=(3.0, 0.0, 50.0, 0.0)),
            {},
            3 * 100 * math.pi / 2,
        ),
        # 40 % of 20 degrees a second: 45 s a turn.
        (item_at(Command.NAV_LOITER_TURNS, at(0, 50), 20.0, params=(3.0, 0.0, 5.0, 0.0)), {}, 3 * 45.0),
        (
            item_at(Command.NAV_LOITER_TURNS, at(0, 50), 20.0, params=(3.0, 0.0, 5.0, 0.0)),
            {"CIRCLE_RATE": 10.0},
            3 * 90.0,
        ),
        (
            item_at(Command.NAV_LOITER_TURNS, at(0, 50), 20.0, params=(3.0, 0.0, 0.0, 0.0)),
            {"CIRCLE_RADIUS": 6000.0},
            3 * 120 * math.pi / 2,
        ),
    ],
)
def test_what_is_done_on_the_way_adds_no_more_than_it_takes(item, params, seconds):
    assert longest_s(plan(NEAR, item, **params)) == pytest.approx(OUT_AND_BACK_S + DOWN_S + seconds, rel=1e-4)


def test_a_jump_is_taken_as_often_as_it_says_and_then_no_more():
    once = longest_s(plan(FAR, NEAR))
    for times in (0, 1, 9):
        again = longest_s(plan(FAR, NEAR, do(Command.DO_JUMP, 2, times)))
        assert again - once == pytest.approx(times * flown_s((900.0, 2.0)), rel=1e-4)


def test_a_landing_away_from_home_is_flown_to():
    land = item_at(Command.NAV_LAND, at(0, 250), 0.0)
    usual_s = longest_s(plan(NEAR))
    assert longest_s(plan(NEAR, land)) - usual_s == pytest.approx((200.0 - 50.0) / 2.0, rel=1e-3)
    here = MissionItem(command=Command.NAV_LAND, frame=Frame.GLOBAL_RELATIVE_ALT)
    assert longest_s(plan(NEAR, here)) - usual_s == pytest.approx(-50.0 / 2.0, rel=1e-3)


@pytest.mark.parametrize(
    ("kind", "speed", "more_s"),
    [
        (2, 0.5, 100.0 / 0.2 - 100.0 / 0.5),
        (3, 0.5, 100.0 / 0.2 - 100.0 / 0.5),
        (1, 1.0, (50.0 + 50.0) * (1.0 / 0.4 - 1.0 / 2.0)),
        (0, 1.0, (50.0 + 50.0) * (1.0 / 0.4 - 1.0 / 2.0)),
        (2, 100.0, 0.0),
        (1, 0.0, 0.0),
    ],
)
def test_a_change_of_speed_slows_the_legs_the_climb_or_the_descent_alone(kind, speed, more_s):
    """Up to 120 m and down to 20 m in place, and 50 m out and back."""
    high = item_at(Command.NAV_WAYPOINT, at(0, 50), 120.0)
    changed = longest_s(plan(do(Command.DO_CHANGE_SPEED, kind, speed), high, NEAR))
    assert changed - longest_s(plan(high, NEAR)) == pytest.approx(more_s, abs=0.1)


@pytest.mark.parametrize(("tag", "times"), [(7, 2), (8, 0)])
def test_a_jump_to_a_tag_goes_to_the_item_with_that_tag(tag, times):
    tagged = [do(Command.JUMP_TAG, 7), FAR, NEAR]
    jump = do(Command.DO_JUMP_TAG, tag, 2)
    more_s = longest_s(plan(*tagged, jump)) - longest_s(plan(*tagged))
    assert more_s == pytest.approx(times * flown_s((900.0, 2.0)), rel=1e-4)


def test_a_small_climb_is_a_climb():
    higher = item_at(Command.NAV_WAYPOINT, at(0, 50), 20.8)
    slow = do(Command.DO_CHANGE_SPEED, 2, 0.5)
    more_s = longest_s(plan(slow, NEAR, higher)) - longest_s(plan(slow, NEAR))
    assert more_s == pytest.approx(0.8 / 0.2 + 0.8 / 0.2, abs=0.01), "up, and down again from there"
