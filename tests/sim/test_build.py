"""The Victorious weekend as the simulation sees it agrees with the plan it was made of."""

from __future__ import annotations

import math
import pickle
from bisect import bisect_right
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import NoReturn

import pytest
import shapely

from dfr.errors import InputError
from dfr.geo import distance_m
from dfr.plan.matrix import transfers_of
from dfr.plan.model import Plan
from dfr.plan.volumes import FLIGHT_GEOGRAPHY
from dfr.plan.windows import hour_windows
from dfr.scenario.model import Break, DockObstacle
from dfr.scenario.policing import PatrolFigures, Policing
from dfr.sim.build import ASSUMED, _make_duties, _make_patrols, _make_zones, deployment_of, sim_inputs
from dfr.sim.conditions import Conditions
from dfr.sim.events import holding_limits
from dfr.sim.inputs import SimInputs
from dfr.sim.randomness import Spread
from dfr.sim.resources import holds_by_hour
from dfr.world.demand import hour_slots
from dfr.world.model import World
from dfr.world.weather import weather_at

from ..shipped import inputs_of, plan_of, world_of


@pytest.fixture(scope="module")
def world() -> World:
    """The Victorious weekend."""
    return world_of("victorious-2024")


@pytest.fixture(scope="module")
def plan(world: World) -> Plan:
    """Its plan."""
    return plan_of("victorious-2024")


@pytest.fixture(scope="module")
def inputs() -> SimInputs:
    """Its plain values."""
    return inputs_of("victorious-2024")


def test_what_the_key_figures_need_is_that_of_the_inputs_with_nothing_flown(
    world: World, plan: Plan, inputs: SimInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("flown")

    monkeypatch.setattr("dfr.sim.build.Conditions", refuse)
    with pytest.raises(AssertionError, match="flown"):
        sim_inputs(world, plan)
    assert deployment_of(world, plan) == inputs.deployment


def test_ways_take_as_long_as_the_plan_says_in_the_planning_wind(
    world: World, plan: Plan, inputs: SimInputs
) -> None:
    assert plan.planning_wind is not None
    starts = [world.scenario.period.wall_time(t).isoformat() for t in inputs.hour_edges_s[:-1]]
    condition = inputs.conditions[inputs.condition_of_hour[starts.index(plan.planning_wind.hour)]]
    for d, dock in enumerate(inputs.docks):
        for z, zone in enumerate(inputs.zones):
            route, leg = plan.route(dock.id, zone.id), condition.legs[d][z]
            assert (leg is not None) == route.reachable
            if leg is not None and route.overhead_s is not None and route.back_s is not None:
                assert leg.overhead_s == pytest.approx(route.overhead_s, abs=0.05)
                assert leg.back_s == pytest.approx(route.back_s, abs=0.05)
                assert leg.land_s >= route.land_s


def test_docks_are_shut_in_the_hours_in_which_the_plan_does_not_fly(world: World, inputs: SimInputs) -> None:
    shut = dict(zip(inputs.hour_edges_s, holds_by_hour(inputs), strict=False))
    for window in hour_windows(world.scenario):
        hold = shut[world.scenario.period.t_s(window.start)]
        assert (hold == "") == window.flyable, window.start
    assert any("landing_wind" in holding_limits(hold) for hold in shut.values())


def test_an_hour_with_rain_and_wind_is_shut_for_both(world: World, plan: Plan) -> None:
    hour = replace(world.scenario.weather.hours[0], wind_mps=25.0, gust_mps=35.0, rain_mm_h=30.0)
    weather = replace(world.scenario.weather, hours=(hour, *world.scenario.weather.hours[1:]))
    stormy = replace(world, scenario=replace(world.scenario, weather=weather))
    [condition] = Conditions(stormy, plan).conditions([hour])
    assert {"wind", "rain"} <= set(holding_limits(condition.hold))


def test_a_stage_beside_a_dock_costs_landings_there_and_only_downwind_of_it(
    world: World, plan: Plan, inputs: SimInputs
) -> None:
    stage = DockObstacle(name="stage", height_m=12.0, width_m=60.0, distance_m=40.0, bearing_deg=240.0)
    first = plan.sites[0].id
    sites = tuple(
        replace(site, obstacles=(stage,)) if site.id == first else site for site in world.scenario.candidates
    )
    shaded = sim_inputs(replace(world, scenario=replace(world.scenario, candidates=sites)), plan)
    hours = [
        weather_at(world.scenario.weather, world.scenario.period.wall_time(t))
        for t in inputs.hour_edges_s[:-1]
    ]
    for hour, place in zip(hours, inputs.condition_of_hour, strict=True):
        open_, near = inputs.conditions[place], shaded.conditions[place]
        assert open_.landings == ()
        assert open_.landing_at(0) == near.landing == near.landing_at(1)
        if abs(hour.wind_from_deg - 240.0) > 90.0:
            assert near.landing_at(0) == near.landing
    windy = [k for k, hour in enumerate(hours) if hour.wind_from_deg == 240.0 and hour.wind_mps > 7.0]
    assert windy
    for k in windy:
        near = shaded.conditions[inputs.condition_of_hour[k]]
        assert near.landing_at(0).docked < near.landing.docked


def test_nearest_docks_come_first_and_can_all_be_flown(inputs: SimInputs) -> None:
    for condition in inputs.conditions:
        for zone, docks in enumerate(condition.nearest):
            times = [leg.overhead_s for dock in docks if (leg := condition.legs[dock][zone]) is not None]
            assert len(times) == len(docks)
            assert times == sorted(times)


def test_sight_lines_put_one_safety_pilot_with_each_drone(inputs: SimInputs) -> None:
    assert [duty.drones for duty in inputs.duties] == [2, 2, 2]


def test_only_traffic_that_is_in_the_way_blocks(world: World, inputs: SimInputs) -> None:
    blocked = {traffic.id: sum(map(sum, traffic.blocks)) for traffic in inputs.traffic}
    assert blocked["coastguard-helicopter"] > 0
    assert blocked["coastguard-aeroplane"] == 0
    assert len(world.scenario.traffic) == len(inputs.traffic)


def test_plain_values_are_small_enough_to_send(inputs: SimInputs) -> None:
    assert len(pickle.dumps(inputs)) < 500_000
    assert pickle.loads(pickle.dumps(inputs)).digest() == inputs.digest()


def test_more_charge_left_means_a_shorter_turnaround(inputs: SimInputs) -> None:
    ready = inputs.turnaround.to_ready_s
    assert list(ready) == sorted(ready, reverse=True)
    assert ready[0] > ready[60] == ready[100]


def test_what_the_simulation_assumes_is_on_record() -> None:
    assert {item.path for item in ASSUMED} >= {"simulation.retry_s", "simulation.recovery_s"}
    assert all(item.assumed for item in ASSUMED)


def test_what_landings_assume_of_rain_gusts_and_wakes_is_in_the_list_that_reports_show():
    of_landing = {item.path: f"{item.value}: {item.source}" for item in ASSUMED if "landing." in item.path}
    for word in ("rain", "gusts", "wakes"):
        assert any(word in path for path in of_landing)
    assert "not counted" in of_landing["landing.wakes"], "shelter"


def test_docks_with_room_are_joined_by_ways_inside_the_flight_geography(
    world: World, plan: Plan, inputs: SimInputs
) -> None:
    assert not any(condition.moves for condition in inputs.conditions)
    fleet = replace(world.scenario.fleet, slots_per_dock=2)
    roomy = replace(world, scenario=replace(world.scenario, fleet=fleet))
    found = transfers_of(roomy, plan)
    volume = next(volume for volume in plan.volumes if volume.id == FLIGHT_GEOGRAPHY)
    geography = shapely.union_all([world.frame.polygon(ring) for ring in volume.rings])
    assert len(found) == len(plan.sites) * (len(plan.sites) - 1)
    for (start, end), route in found.items():
        way = shapely.LineString(world.frame.points(route.points))
        assert geography.buffer(0.01).covers(way)
        ends = [next(site.position for site in plan.sites if site.id == name) for name in (start, end)]
        assert distance_m(route.points[0], ends[0]) + distance_m(route.points[-1], ends[1]) < 0.1
    moving = sim_inputs(roomy, plan)
    assert deployment_of(roomy, plan) == moving.deployment
    assert [dock.spare for dock in moving.docks] == [1] * len(plan.sites)
    for condition in moving.conditions:
        for start, row in enumerate(condition.moves):
            assert row[start] is None
            assert condition.hold or all(leg is not None for end, leg in enumerate(row) if end != start)
    for with_room, without in zip(moving.conditions[0].legs, inputs.conditions[0].legs, strict=True):
        assert [tuple(leg) for leg in with_room if leg] == [
            pytest.approx(tuple(leg), rel=1e-12) for leg in without if leg
        ]


def test_patrols_stand_at_their_posts_in_turn_and_travel_as_officers_do(
    world: World,
) -> None:
    figures = PatrolFigures(
        units=3,
        on_scene_shape="lognormal",
        on_scene_median_s=900.0,
        on_scene_p90_s=1800.0,
        clears_after_s=60.0,
    )
    policing = replace(world.scenario.simulation, policing=Policing(patrols=figures))
    patrols = _make_patrols(replace(world.scenario, simulation=policing))
    posts = len(world.scenario.demand.ground.posts)
    zones = _make_zones(world.scenario)
    assert patrols is not None
    assert patrols.posts == tuple(unit % posts for unit in range(3))
    assert len(patrols.travel_s) == posts + len(zones)
    for number, zone in enumerate(zones):
        nearest_s = min(patrols.travel_s[post][number] for post in range(posts))
        assert nearest_s == pytest.approx(zone.ground_travel_s)
        assert patrols.travel_s[posts + number][number] == 0.0
    assert patrols.on_scene == Spread.lognormal(900.0, 1800.0)


@pytest.mark.parametrize("hours", [24, 168])
def test_a_roster_of_patrols_is_read_by_the_local_hour_of_day_or_week(world: World, hours: int) -> None:
    """In 2024 the festival began on a Friday."""
    figures = PatrolFigures(
        units=9,
        on_scene_shape="lognormal",
        on_scene_median_s=900.0,
        on_scene_p90_s=1800.0,
        clears_after_s=60.0,
        on_duty=tuple(k % 24 % 3 + k // 24 for k in range(hours)),
    )
    simulation = replace(world.scenario.simulation, policing=Policing(patrols=figures))
    scenario = replace(world.scenario, simulation=simulation)
    patrols = _make_patrols(scenario)
    assert patrols is not None
    assert patrols.on_duty[0][0] == 0.0
    edges = [from_s for from_s, _ in patrols.on_duty]
    for slot in hour_slots(scenario.period):
        local = slot.start.astimezone(scenario.period.zone)
        weekday = local.weekday() if hours == 168 else 0
        assert patrols.on_duty[bisect_right(edges, slot.start_s) - 1][1] == local.hour % 3 + weekday
    assert all(one != other for (_, one), (_, other) in pairwise(patrols.on_duty))


def test_a_shift_is_cut_at_its_breaks_and_may_have_more_drones_a_pilot(world: World) -> None:
    scenario = world.scenario
    shift = scenario.crew.shifts[0]
    starts = shift.start + timedelta(hours=1)
    rest = Break(start=starts, end=starts + timedelta(minutes=30), remote_pilots=1)
    crew = replace(
        scenario.crew,
        safety_pilots_per_drone=0,
        shifts=(replace(shift, remote_pilots=2, drones_per_pilot=3, breaks=(rest,)),),
    )
    duties = _make_duties(replace(scenario, crew=crew))
    first_s = scenario.period.t_s(shift.start)
    assert [(duty.start_s - first_s, duty.drones) for duty in duties] == [(0.0, 6), (3600.0, 3), (5400.0, 6)]
    assert duties[-1].end_s == scenario.period.t_s(shift.end)
    assert [duty.remote_pilots for duty in duties] == [2, 1, 2]


def test_a_shift_takes_over_from_one_that_ends_in_it_and_not_from_one_that_it_reinforces(
    world: World,
) -> None:
    scenario = world.scenario
    first = scenario.crew.shifts[0]
    day = [(0, 8), (4, 8), (8, 12), (11, 16), (18, 20)]
    shifts = tuple(
        replace(first, start=first.start + timedelta(hours=a), end=first.start + timedelta(hours=b))
        for a, b in day
    )
    duties = _make_duties(replace(scenario, crew=replace(scenario.crew, shifts=shifts)))
    assert [duty.took_over_s == duty.start_s for duty in duties] == [False, False, True, True, False]
    assert [duty.took_over_s for duty in duties].count(-math.inf) == 3


def test_a_second_drone_for_a_grade_that_there_is_not_is_refused(world: World, plan: Plan) -> None:
    policing = Policing(second_drone=(("purple", 1.0),))
    simulation = replace(world.scenario.simulation, policing=policing)
    with pytest.raises(InputError, match="no grade 'purple'"):
        sim_inputs(replace(world, scenario=replace(world.scenario, simulation=simulation)), plan)


def test_winds_flown_one_at_a_time_and_once_each_give_the_same_to_the_last_bit(
    world: World, plan: Plan, inputs: SimInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, *others = [weather_at(world.scenario.weather, w.start) for w in hour_windows(world.scenario)[:6]]
    hours = [first, *others, replace(first, visibility_m=first.visibility_m / 2.0)]
    together = Conditions(world, plan).conditions(hours)
    monkeypatch.setattr("dfr.sim.conditions.MOST_AT_ONCE", 1)
    assert Conditions(world, plan).conditions(hours) == together
    assert set(together[:-1]) <= set(inputs.conditions)
    assert together[-1].legs == together[0].legs
