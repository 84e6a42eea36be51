"""Ways that no heights keep apart are flown one at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import simpy

from dfr.sim.calls import Call
from dfr.sim.engine import Engine, model_flights, replicate
from dfr.sim.events import MISSED, Missed
from dfr.sim.inputs import Condition, DockPlace, Leg, SimInputs, ZoneDemand

WEST, EAST = 0, 1


@pytest.fixture
def two(deployment: SimInputs, condition: Callable[..., Condition], leg: Leg) -> SimInputs:
    """A dock beside each of two zones: west is flown from the west, east from the east."""
    return replace(
        deployment,
        zones=tuple(ZoneDemand(id=name, share=0.5, ground_travel_s=1e6) for name in ("west", "east")),
        docks=(DockPlace(id="west", drones=1), DockPlace(id="east", drones=1)),
        conditions=(condition(((leg, None), (None, leg))),),
    )


def run(inputs: SimInputs, calls: list[Call]) -> dict[str, list[Any]]:
    return Engine(inputs, simpy.Environment(), model_flights).run(calls, []).named()


def test_drones_whose_ways_do_not_meet_fly_at_the_same_time(
    two: SimInputs, call: Callable[..., Call]
) -> None:
    west, east = run(two, [call(0, 100.0, zone=WEST), call(1, 101.0, zone=EAST)])["calls"]
    assert {west.dispatched_s, east.dispatched_s} == {110.0, 111.0}


def test_a_drone_waits_until_the_one_on_a_way_that_meets_its_own_is_down(
    two: SimInputs, call: Callable[..., Call]
) -> None:
    log = run(
        replace(two, in_turn=(((WEST, WEST), (EAST, EAST)),)),
        [call(0, 100.0, zone=WEST), call(1, 101.0, zone=EAST)],
    )
    first, second = sorted(log["flights"], key=lambda flight: flight.dispatched_s)
    assert second.dispatched_s == first.landed_s


def test_a_call_that_gives_up_meanwhile_is_missed_for_our_own_drone(
    two: SimInputs, call: Callable[..., Call]
) -> None:
    log = run(
        replace(two, in_turn=(((EAST, EAST), (WEST, WEST)),)),
        [call(0, 100.0, zone=WEST), call(1, 101.0, zone=EAST, patience_s=60.0)],
    )
    missed = next(record for record in log["calls"] if record.call == 1)
    assert (missed.outcome, missed.reason) == (MISSED, Missed.OWN_DRONE)


@pytest.mark.parametrize("seed", range(5))
def test_no_two_flights_on_routes_that_meet_are_ever_in_the_air_together(two: SimInputs, seed: int) -> None:
    busy = replace(two, rates_per_s=(20.0 / 3600.0,) * 10)

    def together(inputs: SimInputs) -> int:
        flights = [f for f in replicate(inputs, seed=seed, replication=0)["flights"] if f.airborne_s >= 0.0]
        flights.sort(key=lambda flight: flight.airborne_s)
        return sum(b.airborne_s < a.landed_s for a, b in pairwise(flights))

    assert together(busy) > 0
    assert together(replace(busy, in_turn=(((WEST, WEST), (EAST, EAST)),))) == 0
