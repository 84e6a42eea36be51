"""The simulation's dispatches flown by vehicles: the same calls, the same control room, real MAVLink."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.rehearsal.dispatches import SitlSettings
from dfr.rehearsal.shift import choose_shift, fly_shift
from dfr.sim.calls import Visit
from dfr.sim.engine import replicate
from dfr.store.runs import run_to_store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Twenty minutes of the Victorious weekend by two vehicles."""
    folder = tmp_path_factory.mktemp("shift")
    world = load_world(find_scenario("victorious-2024"))
    plan = make_plan(world)
    run = run_to_store(world, plan, folder=folder / "run", replications=6, seed=1, replace=True)
    shift = choose_shift(run, plan, seconds=1200.0, vehicles=2)
    engine = SitlSettings(kind="builtin", speedup=40.0)
    return shift, fly_shift(world, plan, shift, engine=engine, folder=folder / "flights")


def test_every_dispatch_of_the_shift_is_flown_by_its_own_drone(flown):
    shift, result = flown
    assert result.problem == ""
    assert result.calls == len(shift.calls) > 1
    assert len(result.flights) >= 2
    assert {flight.drone for flight in result.flights} <= set(result.vehicles)


def test_the_flown_figures_stand_beside_the_modelled_ones(flown):
    _, result = flown
    figures = {pair.name: pair for pair in result.kpis}
    overhead = figures["call_to_overhead_s"]
    assert overhead.flown == pytest.approx(overhead.modelled, rel=0.03)
    assert figures["attended"].flown == figures["attended"].modelled


def test_drones_in_the_air_together_have_a_measured_separation(flown):
    _, result = flown
    assert (result.most_at_once > 1) is bool(result.separations)
    for pair in result.separations:
        assert pair.distance_m == pytest.approx((pair.horizontal_m**2 + pair.vertical_m**2) ** 0.5)


def test_a_flight_costs_about_the_energy_that_was_predicted(flown):
    _, result = flown
    for flight in result.flights:
        if flight.landing:
            assert flight.energy_wh == pytest.approx(flight.predicted_energy_wh, rel=0.2)


def test_every_phase_agrees_with_its_prediction(flown):
    _, result = flown
    for flight in result.flights:
        for phase in flight.phases:
            assert phase.agrees, (flight.zone, phase)


def test_a_helicopter_that_comes_while_a_drone_is_on_scene_is_given_way_to_low(flown, tmp_path):
    """Told of it in the middle of the stay, the drone holds at the scenario's height under it."""
    shift, _ = flown
    world = load_world(find_scenario("victorious-2024"))
    plan = make_plan(world)
    modelled = replicate(shift.inputs, seed=shift.seed, replication=shift.replication, calls=shift.calls)
    stays = [row for row in modelled["phases"] if row[3] == "on_scene" and row[5] - row[4] > 120.0]
    told_s = stays[0][4] + 30.0
    notice_s = shift.inputs.traffic[0].notice_s
    assert shift.inputs.traffic[0].id == "coastguard-helicopter"
    visit = Visit(0, told_s, told_s + notice_s, told_s + notice_s + 60.0)
    visited = replace(shift, visits=[visit])
    engine = SitlSettings(kind="builtin", speedup=40.0)
    result = fly_shift(world, plan, visited, engine=engine, folder=tmp_path)
    assert result.problem == ""
    near = [pair for pair in result.traffic if pair.drones[0] == "coastguard-helicopter"]
    middle_m = 0.5 * (30.0 + 300.0)
    ground_m = world.terrain.ground_m_amsl(plan.sites[0].position) or 0.0
    assert near
    assert min(abs(pair.vertical_m - (middle_m - ground_m - 20.0)) for pair in near) < 4.0
    yields = {pair.name: pair for pair in result.kpis}["yield_minutes_per_day"]
    assert yields.flown == pytest.approx(yields.modelled, rel=0.2)
    assert yields.flown > 0.0
