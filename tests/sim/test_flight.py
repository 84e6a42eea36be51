"""The model's flight: phases as long as its leg says, energy spent evenly, and breaking off without loss."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import simpy

from dfr.sim.events import DIVERTED, DOCKED, NOT_DISARMED, RETRIED
from dfr.sim.flight import Flight, ModelFlights, Order, landing_attempts
from dfr.sim.inputs import Condition, Landing, Leg


@pytest.fixture
def begin(condition: Callable[..., Condition]) -> Callable[..., tuple[simpy.Environment, Flight]]:
    """Begins a flight along a leg, with a clock of its own."""

    def make(leg: Leg, **other: Any) -> tuple[simpy.Environment, Flight]:
        env = simpy.Environment()
        here = condition(((leg,),), **other)
        order = Order(0, 0, "d/1", 0, 0, leg, 100.0, 20.0, (0.5,) * 8)
        return env, ModelFlights(env, lambda _: here, retries=1, retry_s=25.0).begin(order)

    return make


def test_phases_last_as_the_leg_says(begin: Callable[..., Any], leg: Leg) -> None:
    env, flight = begin(leg)
    for step, t_s in (
        (flight.launch, 20.0),
        (flight.arrive, 60.0),
        (flight.go_home, 110.0),
        (flight.land, 140.0),
    ):
        env.run(step())
        assert env.now == t_s
    assert flight.used_wh() == pytest.approx(14.0)


def test_a_way_out_that_is_broken_off_goes_on_from_there(begin: Callable[..., Any], leg: Leg) -> None:
    env, flight = begin(leg)
    env.run(flight.launch())
    flight.arrive()
    env.run(until=30.0)
    flight.break_off()
    env.run(flight.hold(100.0))
    env.run(flight.arrive())
    assert env.now == pytest.approx(130.0 + 30.0)
    assert flight.used_wh() == pytest.approx(6.0 + 10.0)


def test_turning_back_early_flies_only_what_was_flown_out(begin: Callable[..., Any], leg: Leg) -> None:
    env, flight = begin(leg)
    env.run(flight.launch())
    flight.arrive()
    env.run(until=30.0)
    flight.break_off()
    env.run(flight.go_home())
    assert env.now == pytest.approx(30.0 + 0.25 * 50.0)


def test_endurance_keeps_the_reserve_and_the_way_home(begin: Callable[..., Any], leg: Leg) -> None:
    env, flight = begin(leg)
    env.run(flight.launch())
    env.run(flight.arrive())
    assert flight.endurance_s() == pytest.approx((100.0 - 20.0 - 6.0 - 8.0) / 0.1)
    env.run(flight.hold(60.0))
    assert flight.endurance_s() == pytest.approx(660.0 - 60.0)


def test_a_drone_without_hover_power_may_stay_for_ever(begin: Callable[..., Any], leg: Leg) -> None:
    _, flight = begin(leg._replace(hover_w=0.0))
    assert flight.endurance_s() == math.inf


def test_a_second_landing_attempt_takes_its_time(begin: Callable[..., Any], leg: Leg) -> None:
    env, flight = begin(leg, landing=Landing(docked=0.1, retry=0.9))
    env.run(flight.land())
    assert flight.landed() == (RETRIED, DIVERTED)
    assert env.now == 85.0


def test_landing_outcomes_come_with_their_chances() -> None:
    landing = Landing(docked=0.8, retry=0.15, diverted=0.05, not_disarmed=0.25)
    draws = [(k + 0.5) / 1000 for k in range(1000)]
    ends = [landing_attempts(landing, (draw,), retries=0)[-1] for draw in draws]
    assert ends.count(DOCKED) == 600
    assert ends.count(NOT_DISARMED) == 200
    assert ends.count(DIVERTED) == 200


def test_a_drone_lands_by_the_odds_of_its_own_dock(condition: Callable[..., Condition], leg: Leg) -> None:
    here = condition(((leg,), (leg,)), landings=(Landing(), Landing(docked=0.0, diverted=1.0)))
    outcomes = []
    for dock in (0, 1):
        env = simpy.Environment()
        flights = ModelFlights(env, lambda _: here, retries=0, retry_s=25.0)
        flight = flights.begin(Order(0, 0, "d/1", dock, 0, leg, 100.0, 20.0, (0.5,) * 8))
        env.run(flight.land())
        outcomes.append(flight.landed()[-1])
    assert outcomes == [DOCKED, DIVERTED]


def test_a_way_too_short_for_the_clock_has_been_flown_all_the_same(
    begin: Callable[..., Any], leg: Leg
) -> None:
    env, flight = begin(leg._replace(climb_s=0.0, out_s=3e-130))
    env.run(until=300.0)
    env.run(flight.arrive())
    env.run(flight.go_home())
    assert env.now == 300.0 + leg.back_s
