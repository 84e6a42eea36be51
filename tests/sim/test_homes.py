"""Where people live, below zones and ways; and what a scenario says of its simulation, in the inputs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.geo import Position
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.scenario.model import FailingPart, FailureFigures, SimulationOptions
from dfr.sim.build import homes_below, sim_inputs, with_policies
from dfr.world.model import World

from ..shipped import world_of


@pytest.fixture(scope="module")
def world() -> World:
    """The festival."""
    return world_of("victorious-2024")


@pytest.fixture(scope="module")
def plan(world: World) -> Plan:
    """Its plan of one dock."""
    return make_plan(world, docks=1)


def _with(world: World, options: SimulationOptions) -> World:
    return replace(world, scenario=replace(world.scenario, simulation=options))


def test_homes_everywhere_are_below_all_of_every_zone_and_way(world: World, plan: Plan) -> None:
    ring = tuple(Position(lat_deg=lat, lon_deg=lon) for lat, lon in ((50, -2), (51, -2), (51, 0), (50, 0)))
    homes = homes_below(_with(world, SimulationOptions(homes=(("all", ring),))), plan)
    assert homes is not None
    assert homes.by_zone == pytest.approx([1.0] * len(world.scenario.demand.zones))
    flown = [share for row in homes.by_way for share in row if share > 0.0]
    assert flown == pytest.approx([1.0] * len(flown))
    assert flown


def test_a_zone_that_is_all_homes_is_the_only_one(world: World, plan: Plan) -> None:
    zone = world.scenario.demand.zones[0]
    homes = homes_below(_with(world, SimulationOptions(homes=(("one", zone.area),))), plan)
    assert homes is not None
    assert homes.by_zone[0] == pytest.approx(1.0)
    assert sum(homes.by_zone) < 1.5


def test_nobody_lives_where_nobody_has_said_so(world: World, plan: Plan) -> None:
    assert homes_below(world, plan) is None


def test_failures_of_the_scenario_hold_unless_a_run_names_that_part(world: World, plan: Plan) -> None:
    options = SimulationOptions(
        overwatch=True,
        failures=(
            FailureFigures(part=FailingPart.DOCK, between_s=3600.0, repair_s=60.0),
            FailureFigures(part=FailingPart.LINK, between_s=7200.0, repair_s=30.0),
        ),
    )
    inputs = sim_inputs(_with(world, options), plan)
    assert [(rate.part, rate.between.mean_s) for rate in inputs.failures] == [
        ("dock", pytest.approx(3600.0)),
        ("link", pytest.approx(7200.0)),
    ]
    assert inputs.overwatch
    named = with_policies(inputs, failures=["dock:5:1"])
    assert {rate.part: rate.between.mean_s for rate in named.failures} == pytest.approx(
        {"dock": 5 * 3600.0, "link": 7200.0}
    )
