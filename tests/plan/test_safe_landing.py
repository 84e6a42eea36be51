"""Safe-landing coverage and the cost of legs it counts with, against the flight model and simple geometry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.energy import usable_wh
from dfr.aircraft.performance import flight_settings, predict_path
from dfr.findings import Severity
from dfr.plan import safe_landing
from dfr.plan.flight_path import WindLegCost, wind_leg_cost
from dfr.plan.matrix import router_of
from dfr.plan.planner import make_plan
from dfr.plan.safe_landing import with_safe_landing
from dfr.plan.windows import hour_windows, planning_window

from .conftest import START, Field, at, box, candidate, hour

WEST = candidate("west", -400, 0)


def test_near_rally_points_everything_is_covered(field: Field):
    plan = make_plan(field(), docks=1)
    assert [(r.safe_landing_share, r.diversion_share) for r in plan.routes] == [(1.0, 1.0)] * len(plan.routes)
    (found,) = (f for f in plan.findings if f.rule == "safe-landing")
    assert found.severity is Severity.OK


def test_without_another_place_only_the_dock_counts(field: Field):
    plan = make_plan(field(contingency={"rally_points": ()}), docks=1)
    assert {(r.safe_landing_share, r.diversion_share) for r in plan.routes} == {(1.0, 0.0)}
    (found,) = (f for f in plan.findings if f.rule == "safe-landing")
    assert found.severity is Severity.ADVICE


def test_a_rally_point_behind_a_wall_is_no_safe_place(field: Field):
    wall = (("Railway", box(-600, -150, 600, -120)),)
    plan = make_plan(field(site={"keep_outs": wall}), docks=1)
    assert {r.diversion_share for r in plan.routes} == {0.0}


def test_with_an_empty_battery_at_the_dock_another_place_counts_where_it_is_nearer(field: Field):
    """In calm air what is left at a point just takes the drone home, so it takes it anywhere nearer."""
    calm = tuple(hour(START + timedelta(hours=k), wind_mps=0.0) for k in range(4))
    rally = at(450, -300)
    world = field(weather={"hours": calm}, contingency={"rally_points": (rally,)}, candidates=(WEST,))
    plan = make_plan(world)
    full = usable_wh(find_drone("dji-m30t"), 15.0)
    spent = replace(plan, routes=tuple(replace(route, energy_wh=full) for route in plan.routes))
    moment = planning_window(hour_windows(world.scenario))
    route = with_safe_landing(world, spent, router_of(world), moment).route("west", "right")
    line = world.frame.line(route.points)
    places = [line.interpolate(share, normalized=True) for share in np.linspace(0, 1, 400)]
    home, other = (shapely.Point(world.frame.point(p)) for p in (route.points[0], rally))
    nearer = np.mean([place.distance(other) <= place.distance(home) for place in places])
    assert route.safe_landing_share == 1.0
    assert 0.2 < nearer < 0.8
    assert route.diversion_share == pytest.approx(nearer, abs=0.06)


def test_the_pace_is_the_flight_models_on_a_long_leg(field: Field):
    windy = tuple(hour(START + timedelta(hours=k), wind_mps=7.5, wind_from_deg=20.0) for k in range(4))
    world = field(weather={"hours": windy}, operation={"cruise_mps": 18.0})
    moment = planning_window(hour_windows(world.scenario))
    leg_cost = wind_leg_cost(world.scenario, moment)
    for course in (20.0, 110.0, 200.0, 305.0):
        sortie = predict_path(
            [4000.0], [course], height_m=60.0, on_scene_s=0.0, wind=moment.wind, drone=find_drone("dji-m30t"),
            settings=flight_settings(find_drone("dji-m30t"), cruise_mps=18.0),
        )  # fmt: skip
        east, north = 4000 * np.sin(np.radians(course)), 4000 * np.cos(np.radians(course))
        seconds = float(leg_cost(np.array([east]), np.array([north]))[0])
        assert seconds == pytest.approx(sortie.out_s, rel=0.06)


legs = st.tuples(st.floats(-3000, 3000), st.floats(-3000, 3000))


@given(legs, legs, st.floats(0, 14), st.floats(0, 360))
def test_no_detour_is_quicker_than_the_straight_leg(first, second, wind, towards):
    leg_cost = WindLegCost(
        drone=find_drone("dji-m30t"), cruise_mps=15.0, most_airspeed_mps=18.0,
        wind_east_mps=wind * np.sin(np.radians(towards)), wind_north_mps=wind * np.cos(np.radians(towards)),
        temperature_c=15.0,
    )  # fmt: skip
    east, north = (np.array([first[k], second[k], first[k] + second[k]]) for k in (0, 1))
    a, b, straight = leg_cost(east, north)
    assert straight <= a + b + 1e-6


def test_routes_counted_together_have_the_shares_that_each_has_alone(
    field: Field, monkeypatch: pytest.MonkeyPatch
):
    """Around a wall, on the usable battery of a short return, so that shares differ from route to route."""
    wall = (("Railway", box(-200, -150, 200, -120)),)
    world = field(site={"keep_outs": wall}, contingency={"rally_points": (at(450, -300), at(0, 250))})
    plan = make_plan(world)
    full = usable_wh(find_drone("dji-m30t"), 15.0)
    spent = replace(plan, routes=tuple(replace(route, energy_wh=full) for route in plan.routes))
    moment = planning_window(hour_windows(world.scenario))
    together = with_safe_landing(world, spent, router_of(world), moment)
    monkeypatch.setattr(safe_landing, "ROUTES_AT_ONCE", 1)
    assert with_safe_landing(world, spent, router_of(world), moment) == together
    assert len({route.diversion_share for route in together.routes}) > 1
