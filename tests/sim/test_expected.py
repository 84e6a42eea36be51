"""Coverage by formula agrees with Erlang and with the simulation where the model is a queue."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

from dfr.plan.siting.queueing import erlang_c
from dfr.scenario.model import Duration, DurationShape
from dfr.sim.engine import replicate
from dfr.sim.inputs import Duty, SimInputs
from dfr.sim.randomness import Spread

_SPEC = importlib.util.spec_from_file_location(
    "expected", Path(__file__).parents[2] / "benchmarks" / "expected.py"
)
_EXPECTED = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_EXPECTED)
expected_within = _EXPECTED.expected_within

AT_ONCE = Duration(shape=DurationShape.CONSTANT, median_s=0.0, p90_s=0.0)


@pytest.mark.parametrize(("servers", "per_h", "served_per_h"), [(1, 3.0, 6.0), (2, 3.0, 2.5), (4, 6.0, 2.0)])
def test_a_plain_queue_covers_those_who_need_not_wait(
    queue: Callable[..., SimInputs], servers: int, per_h: float, served_per_h: float
) -> None:
    inputs = queue(
        servers=servers, calls_per_h=per_h, service=Spread.exponential(3600.0 / served_per_h), hours=9
    )
    expected = 1.0 - erlang_c(servers, per_h / served_per_h)
    assert expected_within(inputs, AT_ONCE, 1.0) == pytest.approx(expected)
    assert expected_within(inputs, AT_ONCE, 1.0, busy=False) == pytest.approx(1.0)


def test_the_simulation_of_a_queue_agrees(queue: Callable[..., SimInputs]) -> None:
    inputs = queue(servers=3, calls_per_h=4.0, service=Spread.exponential(1800.0), hours=4000)
    calls = replicate(inputs, seed=1, replication=0)["calls"]
    at_once = sum(record[7] - record[4] <= 1.0 for record in calls if record[7] == record[7])
    assert expected_within(inputs, AT_ONCE, 1.0) == pytest.approx(at_once / len(calls), abs=0.03)


def test_nothing_is_covered_without_people_weather_or_reach(
    deployment: SimInputs, changed: type[SimInputs]
) -> None:
    (condition,) = deployment.conditions
    launch = Duration(shape=DurationShape.CONSTANT, median_s=25.0, p90_s=25.0)
    assert expected_within(deployment, launch, 85.0, busy=False) == pytest.approx(1.0)
    assert expected_within(deployment, launch, 84.0, busy=False) == 0.0
    held = changed(condition, hold="wind")
    assert expected_within(changed(deployment, conditions=(held,)), launch, 200.0) == 0.0
    assert expected_within(changed(deployment, duties=()), launch, 200.0) == 0.0
    half = (Duty(start_s=0.0, end_s=18000.0, drones=9, remote_pilots=9, safety_pilots=9),)
    shifts = changed(deployment, duties=half)
    assert expected_within(shifts, launch, 200.0, busy=False) == pytest.approx(0.5)


def test_more_calls_are_covered_less(deployment: SimInputs, changed: type[SimInputs]) -> None:
    launch = Duration(shape=DurationShape.CONSTANT, median_s=25.0, p90_s=25.0)
    shares = [
        expected_within(changed(deployment, rates_per_s=(rate / 3600.0,) * 10), launch, 200.0)
        for rate in (0.5, 1.0, 2.0, 4.0)
    ]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > shares[-1]
