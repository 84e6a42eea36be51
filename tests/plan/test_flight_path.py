"""The one way home: the way out reversed, straight exactly where straight is open, RTL to the right place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from dfr.plan.flight_path import dispatch_settings, sortie_legs, waypoints_home
from dfr.plan.matrix import path_finder, router_of
from dfr.plan.path_times import sorties_of
from dfr.plan.windows import hour_windows

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
