"""Design points: every combination, each differing from the scenario in its factors alone."""

from __future__ import annotations

import pytest

from dfr.errors import InputError
from dfr.plan.planner import make_plan
from dfr.plan.windows import hour_windows
from dfr.sim.build import sim_inputs
from dfr.sim.calls import draw_calls
from dfr.sim.factors import Variant, design, varied_plan, varied_world
from dfr.sim.inputs import SimInputs
from dfr.sim.randomness import Streams
from dfr.world.model import World

from ..shipped import world_of


@pytest.fixture(scope="module")
def world() -> World:
    """The festival."""
    return world_of("victorious-2024")


def _inputs(world: World, variant: Variant) -> SimInputs:
    return sim_inputs(varied_world(world, variant), varied_plan(make_plan(world, docks=1), variant))


def test_every_combination_is_a_point_and_survives_json() -> None:
    points = design(docks=(1, 2, 3), pilots=(), wind_scale=(1.0, 1.5))
    assert len(points) == 6
    assert len({point.name for point in points}) == 6
    assert [Variant.from_dict(point.as_dict()) for point in points] == list(points)
    assert design() == (Variant(),)


@pytest.mark.parametrize(
    "levels", [{"docks": (0,)}, {"docks": (1, 1)}, {"wind_scale": (0.0,)}, {"pilots": (-1,)}]
)
def test_levels_that_make_no_sense_are_refused(levels: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(InputError, match="->"):
        design(**levels)


def test_too_many_points_are_refused() -> None:
    with pytest.raises(InputError, match="design points"):
        design(docks=tuple(range(1, 40)), pilots=tuple(range(1, 40)))


def test_the_scenario_itself_is_the_point_without_factors(world: World) -> None:
    assert varied_world(world, Variant()) is world


def test_drones_pilots_wind_and_calls_change_what_they_name_and_no_call_of_the_same_rate(
    world: World,
) -> None:
    plain = _inputs(world, Variant())
    assert _inputs(world, Variant(drones_per_dock=5)).docks[0].drones == 5
    crew = _inputs(world, Variant(pilots=7))
    assert max(duty.remote_pilots for duty in crew.duties) == 7
    assert max(duty.drones for duty in crew.duties) >= 7
    busy = _inputs(world, Variant(calls_scale=2.0))
    assert sum(busy.rates_per_s) == pytest.approx(2.0 * sum(plain.rates_per_s))
    windy = _inputs(world, Variant(wind_scale=1.3))
    assert windy.conditions != plain.conditions
    for other in (crew, windy):
        assert draw_calls(other, Streams(1, 0)) == draw_calls(plain, Streams(1, 0))


def test_a_wind_limit_is_the_operations_and_closes_the_hours_above_it(world: World) -> None:
    strict = varied_world(world, Variant(wind_limit_mps=2.0))
    assert strict.scenario.operation.max_wind_mps == 2.0
    assert strict.scenario.weather == world.scenario.weather
    open_hours = [sum(window.flyable for window in hour_windows(each.scenario)) for each in (strict, world)]
    assert open_hours[0] < open_hours[1]
    with pytest.raises(InputError, match="wind-limit-mps"):
        design(wind_limit_mps=(0.0,))


@pytest.mark.slow
def test_other_hardware_flies_the_same_layout_on_the_same_calls(world: World) -> None:
    own, other = Variant(), Variant(drone_type="skydio-x10", dock_type="skydio-dock")
    assert other.name == "drone_type-skydio-x10_dock_type-skydio-dock"
    assert Variant.from_dict(other.as_dict()) == other
    plain, varied = _inputs(world, own), _inputs(world, other)
    assert [dock.id for dock in plain.docks] == [dock.id for dock in varied.docks]
    assert draw_calls(plain, Streams(1, 0)) == draw_calls(varied, Streams(1, 0))
    assert plain.conditions[0].battery_wh != varied.conditions[0].battery_wh


def test_hardware_that_there_is_not_is_refused(world: World) -> None:
    with pytest.raises(InputError, match=r"no-such-drone.*->"):
        varied_world(world, Variant(drone_type="no-such-drone"))
