"""The simulation's dispatches flown by vehicles: the same calls, the same control room, real MAVLink."""

from __future__ import annotations

import pytest

from dfr.cli.rehearsal_flights import Engine
from dfr.cli.rehearsal_shift import fly_shift, shift_of
from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.store.runs import run_to_store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Twenty minutes of the Victorious weekend by two vehicles."""
    folder = tmp_path_factory.mktemp("shift")
    world = load_world(find_scenario("victorious-2024"))
    plan = make_plan(world)
    run = run_to_store(world, plan, folder=folder / "run", replications=6, seed=1, replace=True)
    shift = shift_of(run, plan, seconds=1200.0, vehicles=2)
    engine = Engine(kind="builtin", speedup=40.0)
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
