"""Relief drones and the coverage-keeping policy, in cases small enough to reckon by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from dfr.sim.build import with_policies
from dfr.sim.calls import Call
from dfr.sim.engine import replicate
from dfr.sim.events import Missed
from dfr.sim.inputs import Condition, DockPlace, Leg, SimInputs, ZoneDemand

CALL_S, OVERHEAD_S, LEAVES_S, WANTED_S = 100.0, 195.0, 1055.0, 1500.0
"""Decided after 10 s, launched after 25, flown out in 60; 86 Wh to hover at 0.1 Wh/s."""


@pytest.fixture
def long_call(call: Callable[..., Call]) -> Call:
    """A call that needs 1,500 s overhead, of which one battery gives 860."""
    return call(0, CALL_S, on_scene_s=WANTED_S)


def _watched(deployment: SimInputs, drones: int) -> SimInputs:
    docks = (DockPlace(id="east", drones=drones),)
    return replace(deployment, docks=docks, overwatch=True, handover_s=30.0)


def test_a_relief_is_overhead_before_the_first_leaves(deployment: SimInputs, long_call: Call) -> None:
    log = replicate(_watched(deployment, 2), seed=1, replication=0, calls=[long_call])
    first, second = sorted(log["flights"], key=lambda flight: flight.overhead_s)
    assert (first.overhead_s, first.left_s, first.cut_by) == (OVERHEAD_S, pytest.approx(LEAVES_S), "energy")
    assert second.overhead_s == pytest.approx(LEAVES_S - 30.0)
    assert second.left_s == pytest.approx(OVERHEAD_S + WANTED_S)
    (need,) = log["overwatch"]
    assert (need.drones, need.gap_s) == (2, 0.0)
    assert need.end_s - need.start_s == pytest.approx(WANTED_S)
    assert len(log["calls"]) == 1


def test_one_drone_alone_leaves_a_gap_until_it_is_back(deployment: SimInputs, long_call: Call) -> None:
    log = replicate(_watched(deployment, 1), seed=1, replication=0, calls=[long_call])
    (need,) = log["overwatch"]
    home, again = 80.0, 25.0 + 60.0
    assert need.gap_s == pytest.approx(home + again)
    assert need.drones == 2


def test_without_a_drone_the_need_ends_in_a_gap(deployment: SimInputs, long_call: Call) -> None:
    inputs = replace(_watched(deployment, 1), turnaround=_slow(deployment))
    (need,) = replicate(inputs, seed=1, replication=0, calls=[long_call])["overwatch"]
    assert need.gap_s == pytest.approx(OVERHEAD_S + WANTED_S - LEAVES_S)
    assert need.drones == 1


def test_nobody_is_relieved_unless_asked_for(deployment: SimInputs, long_call: Call) -> None:
    inputs = replace(_watched(deployment, 2), overwatch=False)
    log = replicate(inputs, seed=1, replication=0, calls=[long_call])
    assert len(log["flights"]) == 1
    assert log["overwatch"] == []


def test_a_waiting_call_of_higher_rank_goes_before_a_relief(
    deployment: SimInputs, long_call: Call, call: Callable[..., Call]
) -> None:
    routine = long_call._replace(grade=1)
    urgent = call(1, LEAVES_S - 10.0, grade=0)
    log = replicate(_watched(deployment, 1), seed=1, replication=0, calls=[routine, urgent])
    assert [flight.call for flight in log["flights"]][:2] == [0, 1]


def _slow(deployment: SimInputs) -> object:
    return replace(deployment.turnaround, to_ready_s=(9000.0,) * 101, to_full_s=(9000.0,) * 101)


@pytest.fixture
def two_docks(deployment: SimInputs, condition: Callable[..., Condition], leg: Leg) -> SimInputs:
    """West reaches the square soonest, and alone covers the harbour; east is a little later."""
    near, far, beyond = leg, leg._replace(out_s=60.0), leg._replace(out_s=400.0)
    return replace(
        deployment,
        docks=(DockPlace(id="west", drones=1), DockPlace(id="east", drones=1)),
        zones=(
            ZoneDemand(id="square", share=0.5, ground_travel_s=100.0),
            ZoneDemand(id="harbour", share=0.5, ground_travel_s=100.0),
        ),
        conditions=(condition(((near, near), (far, beyond))),),
        keep_within_s=120.0,
    )


@pytest.mark.parametrize(
    ("policy", "grade", "dock"),
    [
        ("nearest", 1, "west"),
        ("coverage_keeping", 1, "east"),
        ("coverage_keeping", 0, "west"),
    ],
)
def test_the_coverage_keeping_policy_spares_the_dock_that_covers_more(
    two_docks: SimInputs, call: Callable[..., Call], policy: str, grade: int, dock: str
) -> None:
    inputs = with_policies(two_docks, dispatch=policy)
    (flight,) = replicate(inputs, seed=1, replication=0, calls=[call(0, 5.0, grade=grade)])["flights"]
    assert flight.dock == dock


def test_coverage_is_not_kept_at_the_price_of_the_target(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    routine = replace(two_docks.grades[1], target_s=100.0)
    inputs = replace(two_docks, grades=(two_docks.grades[0], routine), dispatch="coverage_keeping")
    (flight,) = replicate(inputs, seed=1, replication=0, calls=[call(0, 5.0, grade=1)])["flights"]
    assert flight.dock == "west"


def test_what_keeps_a_call_waiting_does_not_depend_on_the_policy(
    two_docks: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = replace(two_docks, dispatch="coverage_keeping", turnaround=_slow(two_docks))
    calls = [call(number, 5.0 + number) for number in range(3)]
    records = replicate(inputs, seed=1, replication=0, calls=calls)["calls"]
    assert [record.reason for record in records if record.reason] == [Missed.NO_DRONE]
