"""The path that SMART_RTL flies back along: what is kept of it, and when there is none."""

from __future__ import annotations

import pytest

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.smart_rtl import Breadcrumbs
from firmware_sitl.vehicle.state import State

from .inside import standing


@pytest.fixture
def aloft() -> State:
    """Armed in GUIDED and taken for flying, with what it says in `said`."""
    state = standing().state
    assert change_mode(state, modes.GUIDED)
    assert arming.arm_vehicle(state)
    state.aircraft.landed = False
    return state


def flown(state: State, *places: tuple[float, float], each_s: float = 1.0) -> Breadcrumbs:
    """The crumbs after it was carried over some places, 20 m above home."""
    for north, east in places:
        body = state.aircraft.body
        body.north, body.east, body.up = north, east, 20.0
        state.aircraft.t_s += each_s
        state.breadcrumbs.drop_crumb()
    return state.breadcrumbs


def test_a_straight_leg_is_kept_as_its_ends_and_a_bend_where_it_is(aloft):
    crumbs = flown(aloft, *((3.0 * n, 0.0) for n in range(10)), *((27.0, 3.0 * n) for n in range(1, 10)))
    assert [(round(north), round(east)) for north, east, _ in crumbs.points][1:] == [
        (0, 0),
        (27, 0),
        (27, 27),
    ]


def test_less_than_the_accuracy_away_is_no_new_point(aloft):
    before = list(flown(aloft, (0.0, 0.0)).points)
    assert list(flown(aloft, (1.9, 0.0)).points) == before
    assert list(flown(aloft, (2.1, 0.0)).points) != before


def zigzag(points: int) -> list[tuple[float, float]]:
    return [(10.0 * n, 10.0 * (n % 2)) for n in range(points)]


def test_a_path_that_has_no_room_left_is_given_up_after_15_s(aloft):
    said: list[str] = []
    aloft.aircraft.say = lambda _, text: said.append(text)
    aloft.parameters["SRTL_POINTS"] = 5.0
    crumbs = flown(aloft, *zigzag(19))
    assert len(crumbs.points) == 5
    assert said == []
    flown(aloft, *zigzag(4), each_s=1.0)
    assert said == ["SmartRTL deactivated: buffer full"]
    assert not crumbs.points
    assert not change_mode(aloft, modes.SMART_RTL)


@pytest.mark.parametrize("parameters", [{"SRTL_POINTS": 0.0}, {"SRTL_ACCURACY": 0.0}])
def test_whoever_switches_it_off_has_no_path_and_no_smart_rtl(parameters):
    state = standing(defaults=parameters).state
    assert change_mode(state, modes.GUIDED)
    assert arming.arm_vehicle(state)
    assert not flown(state, *zigzag(5)).points
    assert not change_mode(state, modes.SMART_RTL)
    assert state.mode.number == modes.GUIDED


def test_a_path_is_lost_with_the_position_after_15_s(aloft):
    crumbs = flown(aloft, *zigzag(5))
    crumbs.drop_crumb(position_ok=False)
    aloft.aircraft.t_s += 14.9
    crumbs.drop_crumb(position_ok=False)
    assert crumbs.points
    aloft.aircraft.t_s += 0.2
    crumbs.drop_crumb(position_ok=False)
    assert not crumbs.points
