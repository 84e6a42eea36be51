"""The one way home: the way out reversed, straight exactly where straight is open, RTL to the right place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import shapely

from dfr.plan.flight_path import dispatch_settings, sortie_legs, waypoints_home, wind_leg_cost
from dfr.plan.matrix import path_finder, router_of
from dfr.plan.path_times import sorties_of
from dfr.plan.routing import FlightPath
from dfr.plan.windows import HourWindow, hour_windows, windows_planned
from dfr.world.weather import MeanWind

from .conftest import START, Field, at, box, hour

HOME, FAR = at(0, 0), at(0, 300)
BENT = (HOME, at(100, 100), at(100, 200), FAR)


def frame_of(field: Field):
    return field().frame


def test_bends_are_passed_in_reverse_and_the_dock_by_rtl(field: Field):
    assert waypoints_home(frame_of(field), BENT, ()) == (BENT[2], BENT[1])
    assert waypoints_home(frame_of(field), (HOME, FAR), ()) == ()


def test_a_rally_point_nearer_than_home_is_flown_past(field: Field):
    """RTL goes to the nearest of home and the rally points from where it begins: the first bend."""
    near_bend, near_scene = at(110, 110), at(0, 310)
    frame = frame_of(field)
    assert waypoints_home(frame, BENT, (near_bend,)) == (BENT[2], BENT[1], HOME)
    assert waypoints_home(frame, BENT, (near_scene,)) == (BENT[2], BENT[1])
    assert waypoints_home(frame, (HOME, FAR), (near_scene,)) == (HOME,)


def test_coming_home_over_the_dock_costs_the_stop_there(field: Field):
    """A rally point beside the target lengthens the way home by a stop, and nothing on the way out."""
    world = field()
    hours = hour_windows(world.scenario)[:1]
    way = router_of(world).find_path((0.0, 0.0), (0.0, 300.0))
    apart = world.scenario.contingency
    near = replace(apart, rally_points=(at(0, 310),))
    plain = sorties_of(replace(world.scenario, contingency=replace(apart, rally_points=())), [way], hours)
    over = sorties_of(replace(world.scenario, contingency=near), [way], hours)
    assert over.out_s == pytest.approx(plain.out_s)
    assert 0.5 < over.total_s[0] - plain.total_s[0] < 10.0
    assert over.energy_wh[0] > plain.energy_wh[0]


def test_legs_of_ways_are_padded_and_a_way_over_home_begins_with_none(field: Field):
    ways = [np.array([(0.0, 0.0), (0.0, 300.0)]), np.empty((0, 2)), np.array([(0, 0), (30, 0), (30, 40)])]
    lengths, courses = sortie_legs(frame_of(field), ways, (at(0, 301),))
    assert lengths.tolist() == [[0.0, 300.0], [0.0, 0.0], [30.0, 40.0]]
    assert courses[0, 1] == courses[2, 1] == 0.0
    assert courses[2, 0] == 90.0


def test_the_return_height_of_the_scenario_is_flown(field: Field):
    """A return higher than the cruise climbs first, and takes longer for it."""
    world = field()
    higher = replace(world.scenario.contingency, return_height_m_agl=90.0)
    hours = hour_windows(world.scenario)[:1]
    way = router_of(world).find_path((0.0, 0.0), (0.0, 300.0))
    level = sorties_of(world.scenario, [way], hours)
    climbing = sorties_of(replace(world.scenario, contingency=higher), [way], hours)
    assert dispatch_settings(world.scenario).return_height_m == 60.0
    assert climbing.back_s[0] > level.back_s[0] + 2.0
    assert climbing.land_s[0] > level.land_s[0]


def in_wind(hour_: HourWindow, wind_mps: float, gust_mps: float) -> HourWindow:
    """An hour with so much wind from the north at every height, and gusts of such a deviation."""
    wind = MeanWind(speed_mps=wind_mps, from_deg=0.0, gust_deviation_mps=gust_mps)
    return replace(hour_, wind=wind)


def test_a_plan_counts_on_the_gusts_of_its_hours(field: Field):
    """Near the tilt limit they cost time, and late flights, which the battery must last for, more energy."""
    scenario = field().scenario
    hour_ = hour_windows(scenario)[0]
    way = FlightPath(points=((0.0, 0.0), (0.0, 3000.0)), length_m=3000.0)
    assert hour_.wind.gust_deviation_mps > 0.0
    smooth, gusty = (sorties_of(scenario, [way], [in_wind(hour_, 14.0, gust)]) for gust in (0.0, 2.4))
    assert gusty.out_s[0] > 1.01 * smooth.out_s[0]
    assert gusty.out_late_s[0] > 1.1 * gusty.out_s[0]
    assert gusty.late_energy_wh[0] > 1.02 * max(gusty.energy_wh[0], smooth.late_energy_wh[0])


def test_gusts_far_from_the_tilt_limit_and_hours_without_any_change_nothing_to_the_last_bit(field: Field):
    scenario = field().scenario
    hour_ = hour_windows(scenario)[0]
    way = router_of(field()).find_path((0.0, 0.0), (0.0, 300.0))
    smooth = [in_wind(hour_, wind_mps, 0.0) for wind_mps in (2.0, 14.0)]
    alone = sorties_of(scenario, [way], smooth)
    beside = sorties_of(scenario, [way], [in_wind(hour_, 2.0, 0.3), smooth[1], in_wind(hour_, 14.0, 2.4)])
    for name in ("climb_s", "out_s", "out_late_s", "back_s", "back_late_s", "energy_wh", "late_energy_wh"):
        assert getattr(beside, name)[:2].tolist() == getattr(alone, name).tolist(), name
    cost = [wind_leg_cost(scenario, each) for each in (smooth[0], in_wind(hour_, 2.0, 0.3))]
    legs = np.array([300.0, 0.0, 0.0]), np.array([0.0, 300.0, 0.0])
    assert cost[1].late_energy_wh(*legs).tolist() == cost[0].energy_wh(*legs).tolist()


@pytest.mark.parametrize("gust_mps", [0.5, 1.5, 2.4])
def test_what_a_long_leg_may_need_in_gusts_is_what_the_flight_model_says(field: Field, gust_mps: float):
    """The extra energy of a late leg into the wind, beside that of the latest of nine flights in ten."""
    scenario = field().scenario
    hour_ = in_wind(hour_windows(scenario)[0], 14.0, gust_mps)
    cost = wind_leg_cost(scenario, hour_)
    far_m = 3000.0
    way = FlightPath(points=((0.0, 0.0), (0.0, far_m)), length_m=far_m)
    found = sorties_of(scenario, [way], [hour_])
    mean_wh, late_wh = (
        float(legs_wh(np.array([0.0]), np.array([far_m]))[0])
        for legs_wh in (cost.energy_wh, cost.late_energy_wh)
    )
    assert late_wh > mean_wh
    steady_s = float(cost(np.array([0.0]), np.array([far_m]))[0])
    assert late_wh / mean_wh == pytest.approx(found.out_late_s[0] / steady_s, rel=0.05)


def test_a_plan_of_an_hour_in_calm_air_has_no_gusts(field: Field):
    """Where no hour may be flown, docks and routes are laid out in still air."""
    storm = tuple(hour(START + timedelta(hours=k), wind_mps=30.0, gust_mps=45.0) for k in range(4))
    (first, *_) = windows_planned(hour_windows(field(weather={"hours": storm}).scenario))
    assert (first.wind.speed_mps, first.wind.gust_deviation_mps) == (0.0, 0.0)


@pytest.mark.parametrize("towards_deg", range(0, 360, 45))
def test_a_way_bends_only_where_straight_is_not_open(field: Field, towards_deg: int):
    """So the way reversed is straight wherever straight home keeps every margin: 8 winds, many targets."""
    walls = (
        ("one", box(-150, -60, -130, 300)),
        ("two", box(60, -300, 90, 40)),
        ("three", box(150, 150, 300, 170)),
    )
    strong = tuple(
        hour(START.replace(hour=10 + k), wind_mps=9.0, wind_from_deg=float(towards_deg)) for k in range(4)
    )
    world = field(
        site={"keep_outs": walls},
        weather={"hours": strong},
        operation={"cruise_mps": 20.0},
    )
    find = path_finder(world, hour_windows(world.scenario)[0])
    free = router_of(world).free
    seen = {True: 0, False: 0}
    for x in range(-440, 441, 110):
        for y in range(-440, 441, 110):
            way = find((-400.0, 0.0), (float(x), float(y)))
            if not way.reachable or way.stand_off_m > 0.0:
                continue
            straight = free.buffer(0.01).covers(shapely.LineString([(-400.0, 0.0), (x, y)]))
            seen[straight] += 1
            assert (len(way.points) == 2) is straight, (x, y)
    assert min(seen.values()) > 5
