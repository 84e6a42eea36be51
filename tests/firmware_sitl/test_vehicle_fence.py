"""The vehicle's fence without flying: where areas end, what is said, when it is watched and acts again."""

from __future__ import annotations

from math import hypot

import numpy as np
import pytest
import shapely

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.failsafes import act_on_breach
from firmware_sitl.vehicle.fence import (
    ALL,
    CEILING,
    CIRCLE,
    FLOOR,
    POLYGON,
    FenceArea,
    fence_names,
    fence_problem,
)
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing, take_off

CORNERS = [(-40.0, -60.0), (50.0, -30.0), (10.0, 0.0), (60.0, 55.0), (-45.0, 20.0)]
"""North and east of a fence that is not convex."""


class Fenced:
    """A vehicle whose body is put where a test wants it, and what it says."""

    def __init__(self, **parameters: float) -> None:
        self.vehicle: BuiltinVehicle = standing(0.0)
        self.state, self.fence = self.vehicle.state, self.vehicle.state.fence
        self.said: list[str] = []
        self.state.aircraft.say = lambda _, text: self.said.append(text)
        for name, value in parameters.items():
            self.state.parameters[name] = value
        self.t_s = 0.0

    def load(self, *items: tuple[Command, float, tuple[float, float]]) -> None:
        """Items as (command, first parameter, (north, east))."""
        self.fence.load_items([self._wire(*item) for item in items])

    def _wire(self, command: Command, first: float, place: tuple[float, float]) -> WireItem:
        lat, lon = self.state.aircraft.origin.to_global(*place)
        return WireItem(
            command=command, params=(first, 0.0, 0.0, 0.0), x=round(lat * 1e7), y=round(lon * 1e7)
        )

    def in_the_air(self, north: float, east: float, height_m: float) -> int:
        """Flown there; the bits of the fences whose breach calls for an action."""
        aircraft = self.state.aircraft
        aircraft.motors.arm()
        aircraft.landed = False
        body = aircraft.body
        body.north, body.east, body.up = north, east, height_m + aircraft.home[2]
        self.t_s += 1.0
        return self.fence.watch_breaches(self.t_s, position_ok=True, landing=False)


def circle(command: Command, radius_m: float, place: tuple[float, float]):
    return command, radius_m, place


INSIDE, OUTSIDE = Command.NAV_FENCE_CIRCLE_INCLUSION, Command.NAV_FENCE_CIRCLE_EXCLUSION


def test_circles_keep_in_and_keep_out():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=POLYGON)
    fenced.load(circle(INSIDE, 100.0, (0.0, 0.0)), circle(OUTSIDE, 30.0, (60.0, 20.0)))
    for north, east in [
        (0, 0),
        (60, 20),
        (85, 20),
        (95, 20),
        (60, 49),
        (60, 51),
        (0, 99),
        (0, 101),
        (-99, 0),
    ]:
        allowed = hypot(north, east) <= 100.0 and hypot(north - 60.0, east - 20.0) > 30.0
        assert fenced.fence.allows_point(north, east, 10.0) is allowed, (north, east)


def test_a_return_point_between_areas_is_no_area():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=POLYGON)
    fenced.load((Command.NAV_FENCE_RETURN_POINT, 0.0, (0.0, 0.0)), circle(OUTSIDE, 30.0, (60.0, 0.0)))
    assert len(fenced.fence.areas) == 1
    assert fenced.fence.allows_point(0.0, 0.0, 10.0)
    assert not fenced.fence.allows_point(60.0, 0.0, 10.0)


@pytest.mark.parametrize("inside", [True, False])
def test_a_polygon_holds_the_points_that_shapely_says_it_holds(inside):
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=POLYGON)
    command = (
        Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION if inside else Command.NAV_FENCE_POLYGON_VERTEX_EXCLUSION
    )
    fenced.load(*((command, float(len(CORNERS)), corner) for corner in CORNERS))
    shape = shapely.Polygon(CORNERS)
    for north, east in np.random.default_rng(5).uniform(-80.0, 80.0, (300, 2)).tolist():
        if shapely.distance(shape.boundary, shapely.Point(north, east)) > 0.1:
            held = bool(shapely.contains_xy(shape, north, east))
            assert fenced.fence.allows_point(north, east, 10.0) is (held is inside), (north, east)


def test_a_point_on_a_circle_is_within_it():
    assert FenceArea(inside=True, radius_m=5.0).contains_point(3.0, 4.0)
    assert not FenceArea(inside=True, centre=(0.0, 1.0), radius_m=5.0).contains_point(-3.0, -4.0)


def test_areas_count_as_present_only_where_there_are_any():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CEILING | CIRCLE | POLYGON)
    assert fenced.fence.present == CEILING | CIRCLE
    fenced.load(circle(INSIDE, 100.0, (0.0, 0.0)))
    assert fenced.fence.present == CEILING | CIRCLE | POLYGON


def test_what_is_switched_off_watches_nothing():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CEILING, FENCE_ALT_MAX=50)
    assert not fenced.fence.allows_point(0.0, 0.0, 60.0)
    assert fenced.fence.enabled
    fenced.state.parameters["FENCE_ENABLE"] = 0.0
    assert fenced.fence.allows_point(0.0, 0.0, 60.0)
    assert not fenced.fence.enabled


def test_a_fence_is_enabled_by_arming_and_disabled_by_disarming_and_both_are_said():
    """FENCE_AUTOENABLE 3; the names are those of AC_Fence::get_fence_names."""
    fenced = Fenced(FENCE_AUTOENABLE=3, FENCE_TYPE=ALL)
    fenced.load(circle(INSIDE, 100.0, (0.0, 0.0)))
    fenced.state.aircraft.motors.arm()
    fenced.fence.on_arming()
    assert fenced.said == ["Max Alt, Circle and Polygon fences auto-enabled"]
    assert fenced.fence.watched == CEILING | CIRCLE | POLYGON, "the floor waits until it has been above it"
    arming.disarm_vehicle(fenced.state)
    assert fenced.said[-1] == "Max Alt, Circle and Polygon fences auto-disabled"
    assert fenced.fence.watched == 0


@pytest.mark.parametrize(("autoenable", "on", "left"), [(0, 0, 0), (1, 15, 0), (2, 15, 7), (3, 0, 0)])
def test_a_fence_is_enabled_by_a_takeoff_and_disabled_by_the_landing(autoenable, on, left):
    fenced = Fenced(FENCE_AUTOENABLE=autoenable, FENCE_TYPE=ALL, FENCE_ALT_MIN=5)
    fenced.load(circle(INSIDE, 100.0, (0.0, 0.0)))
    fenced.fence.on_takeoff()
    assert fenced.fence.watched == on
    assert any("auto-enabled" in said for said in fenced.said) is bool(on)
    fenced.state.aircraft.motors.arm()
    fenced.state.aircraft.landed = False
    fenced.fence.watch_breaches(1.0, position_ok=True, landing=True)
    assert fenced.fence.watched == left


def test_a_commanded_takeoff_that_is_done_enables_the_fence():
    vehicle = standing(defaults={"FENCE_AUTOENABLE": 1.0, "FENCE_TYPE": float(CEILING)})
    assert change_mode(vehicle.state, modes.GUIDED)
    assert arming.arm_vehicle(vehicle.state)
    assert vehicle.state.mode.take_off(5.0)
    fly(vehicle, 5.0)
    assert not vehicle.state.fence.enabled
    fly(vehicle, 10.0)
    assert vehicle.state.fence.watched == CEILING


def test_without_autoenable_arming_changes_nothing():
    fenced = Fenced(FENCE_AUTOENABLE=0, FENCE_TYPE=ALL)
    fenced.fence.on_arming()
    fenced.fence.on_disarming()
    assert (fenced.said, fenced.fence.watched) == ([], 0)


def test_the_floor_counts_once_it_has_been_above_it_and_no_more_when_it_lands():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=FLOOR, FENCE_ALT_MIN=10, FENCE_MARGIN=2)
    assert fenced.in_the_air(0.0, 0.0, 11.9) == 0
    assert fenced.fence.watched == 0
    assert fenced.in_the_air(0.0, 0.0, 12.1) == 0
    assert fenced.said == ["Min Alt fence enabled (auto enable)"]
    assert fenced.in_the_air(0.0, 0.0, 9.9) == FLOOR
    assert fenced.said[-1] == "Min Alt fence breached"
    fenced.fence.watch_breaches(9.0, position_ok=True, landing=True)
    assert fenced.said[-1] == "Min Alt fence auto-disabled"
    assert fenced.fence.watched == 0


def test_a_floor_that_somebody_switched_off_stays_off_above_it():
    """DO_FENCE_ENABLE 2 in a mission."""
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=FLOOR, FENCE_ALT_MIN=10, FENCE_MARGIN=2)
    fenced.fence.enable_kinds(on=False, kinds=FLOOR)
    fenced.in_the_air(0.0, 0.0, 30.0)
    assert fenced.fence.watched == 0
    fenced.fence.enable_kinds(on=True, kinds=FLOOR)
    assert fenced.in_the_air(0.0, 0.0, 9.0) == FLOOR


def test_twenty_metres_farther_out_is_a_breach_of_its_own_wherever_home_is():
    """ArduCopter's backup fences: on each side of the circle, measured from home."""
    for side in (-1.0, 1.0):
        fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CIRCLE, FENCE_RADIUS=50)
        fenced.state.aircraft.home = (0.0, 100.0, 0.0)
        acts = [fenced.in_the_air(0.0, 100.0 + side * away, 10.0) for away in (49, 60, 79, 81, 100, 102)]
        assert acts == [0, CIRCLE, 0, CIRCLE, 0, CIRCLE]
        assert fenced.fence.breach_count == 3
        assert fenced.fence.outside_m(CIRCLE) == pytest.approx(52.0)
        assert fenced.in_the_air(0.0, 100.0, 10.0) == 0
        assert fenced.said[-1] == "Fence breach cleared"


def test_twenty_metres_higher_is_a_breach_of_its_own():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CEILING, FENCE_ALT_MAX=50)
    acts = [fenced.in_the_air(0.0, 0.0, height) for height in (49.9, 50.0, 69.9, 70.0, 40.0, 50.0)]
    assert acts == [0, CEILING, 0, CEILING, 0, CEILING]


def test_whoever_changes_the_mode_outside_has_ten_seconds_to_bring_it_back():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CIRCLE, FENCE_RADIUS=50, FENCE_ACTION=1)
    assert fenced.in_the_air(60.0, 0.0, 10.0) == CIRCLE
    fenced.fence.on_mode_change(fenced.t_s)
    assert fenced.said[-1] == "Manual recovery started"
    assert fenced.in_the_air(90.0, 0.0, 10.0) == 0, "a second later"
    fenced.t_s += 10.0
    assert fenced.in_the_air(120.0, 0.0, 10.0) == CIRCLE


@pytest.mark.parametrize(("option", "kept"), [(0.0, False), (1.0, True)])
def test_what_the_fence_chose_outside_is_kept_where_the_option_says_so(option, kept):
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CEILING, FENCE_ALT_MAX=50, FENCE_OPTIONS=option)
    change_mode(fenced.state, modes.STABILIZE)
    act_on_breach(fenced.state, fenced.in_the_air(0.0, 0.0, 60.0))
    assert fenced.state.mode.landing
    assert change_mode(fenced.state, modes.ALT_HOLD) is not kept
    assert ("Mode change to ALT_HOLD failed: in fence recovery" in fenced.said) is kept
    fenced.in_the_air(0.0, 0.0, 40.0)
    assert change_mode(fenced.state, modes.ALT_HOLD)


def test_where_breaches_are_only_reported_a_change_of_mode_begins_no_recovery():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CIRCLE, FENCE_RADIUS=50, FENCE_ACTION=0)
    fenced.in_the_air(60.0, 0.0, 10.0)
    fenced.fence.on_mode_change(fenced.t_s)
    assert "Manual recovery started" not in fenced.said


def test_nothing_is_breached_where_the_position_is_not_known():
    fenced = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CIRCLE, FENCE_RADIUS=50)
    fenced.in_the_air(0.0, 0.0, 10.0)
    fenced.state.aircraft.body.north = 90.0
    assert fenced.fence.watch_breaches(5.0, position_ok=False, landing=False) == 0
    assert fenced.fence.breached == 0


def test_fences_are_named_as_a_person_lists_things():
    assert fence_names(CEILING | CIRCLE) == "Max Alt and Circle fences"
    assert fence_names(FLOOR) == "Min Alt fence"


SOUND = {
    "FENCE_ENABLE": 1.0,
    "FENCE_TYPE": 7.0,
    "FENCE_ALT_MAX": 60.0,
    "FENCE_RADIUS": 300.0,
    "FENCE_MARGIN": 2.0,
}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, None),
        ({"FENCE_TYPE": 0.0}, "Fences enabled, but none selected"),
        ({"FENCE_TYPE": 4.0}, "Fences enabled, but none selected"),
        ({"FENCE_RADIUS": 1.5}, "Circle FENCE_MARGIN is greater than FENCE_RADIUS"),
        ({"FENCE_ALT_MIN": 70.0}, "FENCE_ALT_MAX < FENCE_ALT_MIN"),
        ({"FENCE_ALT_MIN": 57.0}, "FENCE_MARGIN too big"),
        ({"FENCE_ALT_MIN": 56.0}, "FENCE_MARGIN too big"),
        ({"FENCE_ALT_MIN": 55.0}, None),
        ({"FENCE_ENABLE": 0.0, "FENCE_ALT_MIN": 70.0}, None),
        (
            {"FENCE_ENABLE": 0.0, "FENCE_AUTOENABLE": 3.0, "FENCE_ALT_MIN": 70.0},
            "FENCE_ALT_MAX < FENCE_ALT_MIN",
        ),
    ],
)
def test_a_fence_that_makes_no_sense_is_a_reason_not_to_arm(changed, words):
    fenced = Fenced(**(SOUND | changed))
    assert fence_problem(fenced.fence, fenced.state.parameters, position_ok=True) == words


def test_without_a_position_only_a_ceiling_lets_it_arm():
    needs, not_needs = Fenced(**SOUND), Fenced(**(SOUND | {"FENCE_TYPE": 1.0}))
    assert fence_problem(needs.fence, needs.state.parameters, position_ok=False) == "Fence requires position"
    assert fence_problem(not_needs.fence, not_needs.state.parameters, position_ok=False) is None


def test_a_vehicle_that_stands_outside_says_which_fence_it_breaches():
    fenced = Fenced(**SOUND)
    fenced.load(circle(OUTSIDE, 10.0, (0.0, 0.0)))
    fenced.fence.watch_breaches(1.0, position_ok=True, landing=False)
    problem = fence_problem(fenced.fence, fenced.state.parameters, position_ok=True)
    assert problem == "Vehicle breaching Polygon fence"
    assert fenced.said == [], "on the ground it is said when somebody arms"


def test_a_ground_station_that_is_back_is_told():
    vehicle = standing(0.0)
    said: list[str] = []
    vehicle.state.aircraft.say = lambda _, text: said.append(text)
    vehicle.state.parameters["FS_GCS_ENABLE"] = 1.0
    failsafes = vehicle.state.failsafes
    failsafes.hear_gcs(vehicle.state.aircraft.t_s, vehicle.state.link_s)
    fly(vehicle, 6.0)
    assert said[-1] == "GCS Failsafe"
    failsafes.hear_gcs(vehicle.state.aircraft.t_s, vehicle.state.link_s)
    fly(vehicle, 1.0)
    assert said[-1] == "GCS Failsafe Cleared"
    assert change_mode(vehicle.state, modes.STABILIZE)


@pytest.mark.parametrize(("over_m", "mode"), [(1.0, modes.RTL), (100.0, modes.RTL), (101.0, modes.LAND)])
def test_a_hundred_metres_outside_it_gives_up_and_lands_where_it_is(over_m, mode):
    """AC_FENCE_GIVE_UP_DISTANCE."""
    state = take_off(standing(), 10.0, seconds=12.0).state
    for name, value in {
        "FENCE_TYPE": CIRCLE,
        "FENCE_RADIUS": 50,
        "FENCE_ACTION": 1,
        "FENCE_ENABLE": 1,
    }.items():
        state.parameters[name] = float(value)
    state.aircraft.home = (0.0, 0.0, 0.0)
    state.aircraft.body.north, state.aircraft.body.east = 50.0 + over_m, 0.0
    act_on_breach(state, state.fence.watch_breaches(state.aircraft.t_s, position_ok=True, landing=False))
    assert state.mode.number == mode


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"FENCE_RADIUS": -1.0}, "Invalid Circle FENCE_RADIUS value"),
        ({"FENCE_ALT_MAX": -1.0}, "Invalid FENCE_ALT_MAX value"),
        ({"FENCE_ALT_MIN": -101.0}, "Invalid FENCE_ALT_MIN value"),
        ({"FENCE_ALT_MIN": -100.0}, None),
        ({"FENCE_MARGIN": -1.0}, "Invalid FENCE_MARGIN value"),
    ],
)
def test_a_fence_of_negative_size_is_a_reason_not_to_arm(changed, words):
    fenced = Fenced(**(SOUND | changed))
    assert fence_problem(fenced.fence, fenced.state.parameters, position_ok=True) == words


def test_arming_enables_the_fence_that_waits_for_it():
    state = standing(defaults={"FENCE_AUTOENABLE": 3.0, "FENCE_TYPE": float(CEILING)}).state
    assert change_mode(state, modes.GUIDED)
    assert not state.fence.enabled
    assert arming.arm_vehicle(state)
    assert state.fence.watched == CEILING


@pytest.mark.parametrize(
    ("action", "points", "mode"),
    [
        (1.0, 300.0, modes.RTL),
        (2.0, 300.0, modes.LAND),
        (3.0, 300.0, modes.SMART_RTL),
        (3.0, 0.0, modes.RTL),
        (4.0, 300.0, modes.BRAKE),
        (5.0, 300.0, modes.SMART_RTL),
        (5.0, 0.0, modes.LAND),
    ],
)
def test_a_breach_is_answered_by_the_mode_of_its_action_or_the_next_that_can_be_flown(action, points, mode):
    """FENCE_ACTION; without SRTL_POINTS there is no path to fly back."""
    state = take_off(standing(defaults={"SRTL_POINTS": points}), 10.0, seconds=12.0).state
    state.parameters["FENCE_ACTION"] = action
    act_on_breach(state, CEILING)
    assert state.mode.number == mode


def test_a_breach_counts_from_its_limit_on_and_by_each_fence_that_is_watched():
    both = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CEILING | CIRCLE, FENCE_RADIUS=50, FENCE_ALT_MAX=50)
    places = [(49.9, 49.9), (50.0, 50.0), (69.9, 69.9), (70.0, 70.0)]
    assert [both.in_the_air(away, 0.0, height) for away, height in places] == [
        0, CEILING | CIRCLE, 0, CEILING | CIRCLE,
    ]  # fmt: skip
    one = Fenced(FENCE_ENABLE=1, FENCE_TYPE=CEILING, FENCE_RADIUS=50, FENCE_ALT_MAX=50)
    assert one.in_the_air(60.0, 0.0, 10.0) == 0, "there is no circle"


def test_a_fence_that_a_command_enables_first_of_all_stays_enabled():
    fenced = Fenced(FENCE_ENABLE=0, FENCE_TYPE=CEILING)
    fenced.fence.enable_kinds(on=True, kinds=CEILING)
    assert fenced.fence.watched == CEILING
