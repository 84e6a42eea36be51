"""Ready drones that are moved to a dock with a free slot, and those that are not."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import simpy

from dfr.errors import InputError
from dfr.metrics.resilience import losses
from dfr.report.charts import PHASE_COLOURS
from dfr.sim import events
from dfr.sim.build import with_move_up
from dfr.sim.calls import Call, Outage, Visit
from dfr.sim.engine import Engine, model_flights, replicate
from dfr.sim.inputs import LINK_PART, Condition, DockPlace, Leg, SimInputs, Traffic, Turnaround
from dfr.sim.randomness import Spread

AIRBORNE_S = 110.0 + 25.0
"""When a drone lifts off that is moved because another was sent to a call at 100 s."""


@pytest.fixture
def two_docks(deployment: SimInputs, condition: Callable[..., Condition], leg: Leg) -> SimInputs:
    """A dock near the zone with one drone and room for another, and a depot that is far, with two drones."""
    far = leg._replace(out_s=400.0)
    moves = ((None, leg), (leg, None))
    return replace(
        deployment,
        docks=(DockPlace(id="near", drones=1, spare=1), DockPlace(id="depot", drones=2)),
        conditions=(condition(((leg,), (far,)), moves=moves),),
        keep_within_s=100.0,
        move_up=True,
    )


def run(
    inputs: SimInputs, calls: list[Call], visits: list[Visit] | None = None, outages: tuple[Outage, ...] = ()
) -> dict[str, list[Any]]:
    """The records of given calls, visits and outages."""
    return Engine(inputs, simpy.Environment(), model_flights).run(calls, visits or [], outages).named()


def test_a_moved_drone_that_still_charges_is_not_followed_by_another(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    slow = Turnaround(ready_fraction=0.99, to_ready_s=(5000.0,) * 101, to_full_s=(5000.0,) * 101)
    docks = (DockPlace(id="near", drones=1, spare=2), DockPlace(id="depot", drones=3))
    log = run(replace(two_docks, docks=docks, turnaround=slow), [call(0, 100.0)])
    assert [move.to_dock for move in log["moves"]] == ["near"]


def test_a_drone_that_leaves_demand_bare_is_replaced_from_a_dock_that_has_one(
    two_docks: SimInputs, call: Callable[..., Call], leg: Leg
) -> None:
    log = run(two_docks, [call(0, 100.0), call(1, 400.0)])
    (move,) = log["moves"]
    assert (move.from_dock, move.to_dock, move.turned, move.landing) == ("depot", "near", "", events.DOCKED)
    assert (move.dispatched_s, move.airborne_s) == (110.0, AIRBORNE_S)
    assert move.landed_s == AIRBORNE_S + leg.overhead_s + leg.land_s
    assert move.energy_wh == pytest.approx(leg.out_wh + leg.home_wh * leg.land_s / leg.home_s)
    assert move.reserve_fraction == pytest.approx(1.0 - move.energy_wh / 100.0)
    assert [flight.dock for flight in log["flights"]] == ["near", "near"]
    assert log["flights"][1].drone == move.drone


def test_what_a_moved_drone_does_is_on_record(two_docks: SimInputs, call: Callable[..., Call]) -> None:
    log = run(two_docks, [call(0, 100.0)])
    (move,) = log["moves"]
    own = [(row.phase, row.dock) for row in log["phases"] if row.flight == move.move]
    assert own == [(events.PREPARE, "depot"), (events.MOVE, "depot"), (events.LAND, "depot")]
    assert [row.dock for row in log["landings"] if row.flight == move.move] == ["near"]
    assert [row.dock for row in log["charges"] if row.drone == move.drone] == ["near"]


def test_a_dock_that_is_full_takes_no_other_drone(two_docks: SimInputs, call: Callable[..., Call]) -> None:
    full = replace(two_docks, docks=(DockPlace(id="near", drones=1), two_docks.docks[1]))
    assert run(full, [call(0, 100.0)])["moves"] == []
    with pytest.raises(InputError, match=r"every dock is full -> set fleet\.slots_per_dock"):
        with_move_up(full, wanted=True)


def test_nothing_is_moved_unless_it_is_wanted(two_docks: SimInputs, call: Callable[..., Call]) -> None:
    assert run(with_move_up(two_docks, wanted=False), [call(0, 100.0)])["moves"] == []


def test_a_drone_that_covers_as_much_where_it_is_stays(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    wide = replace(two_docks, keep_within_s=500.0)
    assert run(wide, [call(0, 100.0)])["moves"] == []


def test_a_lost_dock_has_no_room_for_others(two_docks: SimInputs) -> None:
    without = next(loss for loss in losses(two_docks) if loss.what == "near")
    assert without.inputs.docks[0].spare == 0


def test_a_move_leaves_somebody_to_fly_to_the_next_call(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    for drones, moves in ((1, 0), (2, 0), (3, 1)):
        crew = replace(two_docks, duties=(replace(two_docks.duties[0], drones=drones),))
        assert len(run(crew, [call(0, 100.0)])["moves"]) == moves


def test_a_drone_without_the_energy_to_turn_back_is_not_moved(
    two_docks: SimInputs, call: Callable[..., Call], leg: Leg
) -> None:
    thirsty = leg._replace(out_wh=50.0, home_wh=45.0)
    (weather,) = two_docks.conditions
    weather = replace(weather, moves=((None, None), (thirsty, None)))
    assert run(replace(two_docks, conditions=(weather,)), [call(0, 100.0)])["moves"]
    kept = replace(two_docks, conditions=(weather,), reserve_fraction=0.1)
    assert run(kept, [call(0, 100.0)])["moves"] == []


def _traffic(rule: str) -> Traffic:
    return Traffic(
        id="helicopter",
        rule=rule,
        rates_per_s=(0.0,) * 10,
        stay=Spread.constant(0.0),
        notice_s=0.0,
        blocks=((False,), (False,)),
        blocks_moves=((True, True), (True, True)),
    )


@pytest.mark.parametrize("rule", ["hold_low", "return"])
def test_traffic_announced_on_the_way_sends_it_back_to_its_own_dock(
    two_docks: SimInputs, call: Callable[..., Call], leg: Leg, rule: str
) -> None:
    inputs = replace(two_docks, traffic=(_traffic(rule),))
    half_way_s = AIRBORNE_S + leg.climb_s + 0.5 * leg.out_s
    move = run(inputs, [call(0, 100.0)], [Visit(0, half_way_s, half_way_s, 9000.0)])["moves"][0]
    assert (move.turned, move.landing) == (rule, events.DOCKED)
    assert move.landed_s == half_way_s + 0.5 * leg.back_s + leg.land_s


def test_under_the_land_rule_it_comes_down_there_and_is_fetched_to_its_own_dock(
    two_docks: SimInputs, call: Callable[..., Call], leg: Leg
) -> None:
    inputs = replace(two_docks, traffic=(_traffic("land"),), recovery=Spread.constant(600.0))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 150.0, 150.0, 9000.0)])
    (move,) = log["moves"]
    assert (move.landing, move.landed_s) == (events.DIVERTED, 150.0 + leg.land_s)
    (charge,) = [row for row in log["charges"] if row.drone == move.drone]
    assert (charge.dock, charge.start_s) == ("depot", move.landed_s + 600.0)


def test_a_move_that_traffic_calls_off_on_the_ground_is_no_move(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(two_docks, traffic=(_traffic("return"),))
    log = run(inputs, [call(0, 100.0)], [Visit(0, 120.0, 120.0, 200.0)])
    assert [move.dispatched_s for move in log["moves"]] == [200.0]
    assert log["yields"][0].phase == events.PREPARE


def test_a_lost_link_sends_it_back(two_docks: SimInputs, call: Callable[..., Call]) -> None:
    lost = Outage(160.0, 5000.0, LINK_PART, 1, "")
    (move,) = run(two_docks, [call(0, 100.0)], outages=(lost,))["moves"]
    assert move.turned == LINK_PART


def test_a_move_under_way_at_the_horizon_is_on_record(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    late = call(0, two_docks.horizon_s - 50.0)
    (move,) = run(two_docks, [late])["moves"]
    assert math.isnan(move.landed_s)


def test_moves_add_nothing_to_the_calls(two_docks: SimInputs) -> None:
    moved, stays = (
        replicate(replace(two_docks, move_up=wanted), seed=5, replication=0) for wanted in (True, False)
    )
    assert moved["moves"]
    assert [row.call_s for row in moved["calls"]] == [row.call_s for row in stays["calls"]]


def test_every_phase_of_a_moved_drone_has_a_colour_in_the_timeline(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    phases = {row.phase for row in run(two_docks, [call(0, 100.0)])["phases"]}
    assert events.MOVE in phases
    assert phases <= set(PHASE_COLOURS)
