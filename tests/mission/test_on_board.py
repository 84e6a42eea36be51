"""A plan against the fence and rally points that stay on board under it, and what a plan relies on."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from dfr.findings import Severity
from dfr.mission.items import FenceCircle, FencePolygon, FlightPlan, MissionItem, RallyPoint
from dfr.mission.items import item_at as item
from dfr.mission.on_board import kept_fence, kept_findings, with_kept
from dfr.mission.reliance import off_findings, relied_on
from dfr.mission.wire import fence_wire

from ..places import HOME, at, square

HEIGHT_M = 40.0
KEEP_IN = FencePolygon(ring=square(400.0), inclusion=True)
RTL = MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL)


def going_to(*places, height_m: float = HEIGHT_M) -> FlightPlan:
    """A bare mission over some places and home by RTL."""
    legs = tuple(item(Command.NAV_WAYPOINT, place, height_m) for place in places)
    return FlightPlan(
        name="bare",
        home=HOME,
        home_m_amsl=3.0,
        items=(item(Command.NAV_TAKEOFF, HOME, height_m), *legs, RTL),
        fence=(),
        rally=(),
        params={},
    )


def blocking(plan: FlightPlan, *, fence=(), rally=(), **params: float) -> list[str]:
    whole = with_kept(plan, fence=fence, rally=rally, params=params)
    return [finding.message for finding in kept_findings(whole) if finding.blocks]


def test_a_plan_inside_what_stays_is_fine():
    rally = (RallyPoint(position=at(0, -100), height_m_home=30.0),)
    away = FenceCircle(centre=at(-150, 0), radius_m=40.0, inclusion=False)
    params = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 5.0, "FENCE_ALT_MAX": 60.0}
    assert blocking(going_to(at(0, 80)), fence=(KEEP_IN, away), rally=rally, **params) == []


@pytest.mark.parametrize(
    ("fence", "params", "says"),
    [
        ((KEEP_IN,), {}, "leg 1 to .* leaves the fence by 100 m"),
        ((FenceCircle(centre=HOME, radius_m=250.0, inclusion=True),), {}, "leaves the fence by 250 m"),
        ((FenceCircle(centre=at(0, 150), radius_m=30.0, inclusion=False),), {}, "leaves the fence by 30 m"),
        ((FencePolygon(ring=square(20.0), inclusion=False),), {}, "home leaves the fence by 20 m"),
    ],
)
def test_a_leg_outside_a_fence_that_stays_is_refused_by_how_much(fence, params, says):
    messages = blocking(going_to(at(0, 500)), fence=fence, **params)
    assert any(re.search(says, message) for message in messages), messages


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 35.0}, "highest point 40 m above home, FENCE_ALT_MAX 35 m"),
        ({"FENCE_TYPE": 8.0, "FENCE_ALT_MIN": 45.0}, "lowest point 40 m above home, FENCE_ALT_MIN 45 m"),
        ({"FENCE_TYPE": 2.0, "FENCE_RADIUS": 60.0}, "the circle of FENCE_TYPE bit 1 is 60 m"),
    ],
)
def test_heights_and_the_home_circle_count_as_fence_type_says(params, says):
    plan = going_to(at(0, 80))
    assert any(says in message for message in blocking(plan, FENCE_ENABLE=1.0, **params))
    assert blocking(plan, FENCE_ENABLE=1.0, **(params | {"FENCE_TYPE": 4.0})) == []
    assert blocking(plan, FENCE_ENABLE=0.0, **params) == []


def test_heights_above_sea_level_are_counted_from_home():
    plan = going_to(at(0, 80))
    high = replace(plan.items[1], frame=Frame.GLOBAL, z_m=103.0)
    plan = replace(plan, items=(plan.items[0], high, plan.items[2]))
    limits = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 1.0, "FENCE_ALT_MAX": 90.0}
    assert "highest point 100 m above home, FENCE_ALT_MAX 90 m" in blocking(plan, **limits)


def test_a_rally_point_of_another_site_is_refused_by_how_much():
    near, far = (RallyPoint(position=at(0, y), height_m_home=30.0) for y in (-290, -900))
    assert blocking(going_to(at(0, 80)), rally=(near,)) == []
    (message,) = blocking(going_to(at(0, 80)), rally=(near, far))
    assert message.startswith("rally point 2 is 900 m from the path, 600 m out of reach (300 m")
    assert blocking(going_to(at(0, 80)), rally=(far,), RALLY_LIMIT_KM=1.0) == []


def test_rally_points_that_stay_must_lie_in_the_fence_that_the_plan_brings():
    plan = replace(going_to(at(0, 80)), fence=(KEEP_IN,))
    rally = (RallyPoint(position=at(0, 550), height_m_home=30.0),)
    assert blocking(plan, rally=rally) == ["rally point 1 lies 150 m outside the fence"]


def test_a_return_to_a_rally_point_that_stays_is_told():
    rally = (RallyPoint(position=at(0, 90), height_m_home=30.0),)
    (found,) = kept_findings(with_kept(going_to(at(0, 80)), fence=(), rally=rally))
    assert (found.rule, found.severity) == ("rally.diverts_return", Severity.ADVICE)


def test_a_return_point_on_board_is_no_area():
    point = WireItem(seq=4, frame=0, command=Command.NAV_FENCE_RETURN_POINT)
    assert kept_fence((*fence_wire((KEEP_IN,)), point)) == kept_fence(fence_wire((KEEP_IN,)))


def off(plan: FlightPlan, **on_vehicle: float) -> list[str]:
    values = plan.params | on_vehicle
    return [f"{f.message} -> {f.fix}" for f in off_findings(plan, values.get) if f.blocks]


WATCHED = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 7.0, "FENCE_ACTION": 1.0, "FENCE_AUTOENABLE": 0.0}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"FENCE_ENABLE": 0.0}, "set FENCE_ENABLE to 1"),
        ({"FENCE_TYPE": 1.0}, "set FENCE_TYPE to 5"),
        ({"FENCE_ACTION": 0.0}, "set FENCE_ACTION to 1"),
    ],
)
def test_a_plan_that_brings_a_fence_does_not_fly_while_it_is_off(changed, says):
    plan = replace(going_to(at(0, 80)), fence=(KEEP_IN,))
    assert off(plan, **WATCHED) == []
    (message,) = off(plan, **(WATCHED | changed))
    assert says in message
    assert "the plan brings its fence and relies on it" in message
    assert off(going_to(at(0, 80)), **(WATCHED | changed)) == []


def test_a_fence_that_comes_on_at_takeoff_is_on():
    plan = replace(going_to(at(0, 80)), fence=(KEEP_IN,))
    assert off(plan, **(WATCHED | {"FENCE_ENABLE": 0.0, "FENCE_AUTOENABLE": 1.0})) == []


def test_a_plan_whose_parameters_ask_for_the_ground_station_failsafe_needs_it_in_auto():
    plan = replace(going_to(at(0, 80)), params={"FS_GCS_ENABLE": 1.0})
    assert relied_on(plan) == ("the ground-station failsafe",)
    assert off(plan, FS_OPTIONS=16.0) == []
    (message,) = off(plan, FS_OPTIONS=18.0)
    assert "set FS_OPTIONS to 16" in message


def test_what_a_plan_relies_on_is_named_and_rally_points_counted():
    one = RallyPoint(position=at(0, -100), height_m_home=30.0)
    plan = replace(going_to(at(0, 80)), fence=(KEEP_IN,), rally=(one,), params={"BATT_FS_LOW_ACT": 2.0})
    assert relied_on(plan) == ("its fence", "its rally point", "the battery failsafe")
    assert relied_on(replace(plan, rally=(one, one, one)))[1] == "its 3 rally points"
    assert relied_on(going_to(at(0, 80))) == ()


@pytest.mark.parametrize(
    ("params", "diverts"), [({}, False), ({"RALLY_INCL_HOME": 1.0}, False), ({"RALLY_INCL_HOME": 0.0}, True)]
)
def test_rally_points_that_shut_home_out_of_a_return_are_found(params, diverts):
    point = RallyPoint(position=at(0, -100), height_m_home=30.0)
    for rally, told in (((point,), diverts), ((), False)):
        whole = with_kept(going_to(at(0, 80)), fence=(KEEP_IN,), rally=rally, params=params)
        found = [each for each in kept_findings(whole) if "RTL goes to a rally point, never" in each.message]
        assert [each.severity for each in found] == [Severity.ADVICE] * told, "it stays on board: their own"


def test_a_fence_of_unknown_type_on_board_has_no_areas():
    fenced = replace(going_to(at(0, 80)), fence=(KEEP_IN,))
    said = [f.message for f in off_findings(fenced, {"FENCE_ENABLE": 1.0, "FENCE_ACTION": 1.0}.get)]
    assert said == [
        "FENCE_TYPE 0 does not include the fence's areas; the plan brings its fence and relies on it"
    ]


def test_reach_is_measured_from_the_path_and_from_home_where_nothing_else_is_flown_to():
    rally = (RallyPoint(position=at(200, 0), height_m_home=30.0),)
    stays = replace(going_to(), items=going_to().items[:1])
    for flight, away in ((going_to(at(0, 80)), 200), (stays, 200)):
        (words,) = [w for w in blocking(flight, rally=rally, RALLY_LIMIT_KM=0.1) if "from the path" in w]
        assert words.startswith(f"rally point 1 is {away} m from the path, 100 m out of reach (100 m")
    longer = going_to(at(150, 0))
    assert not [w for w in blocking(longer, rally=rally, RALLY_LIMIT_KM=0.1) if "from the path" in w]


@pytest.mark.parametrize(("radius_m", "fits"), [(60.0, False), (150.0, True)])
def test_the_home_circle_on_board_is_one_that_the_path_fits_into(radius_m, fits):
    circle = {"FENCE_ENABLE": 1.0, "FENCE_TYPE": 2.0, "FENCE_RADIUS": radius_m, "FENCE_MARGIN": 2.0}
    assert (blocking(going_to(at(0, 80)), **circle) == []) is fits
