"""Docks, links and drones that fail: what is down sends nothing, and every call still ends once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from dfr.errors import InputError
from dfr.sim.build import failure_rate, with_policies
from dfr.sim.calls import Call, draw_calls, draw_outages
from dfr.sim.engine import replicate
from dfr.sim.inputs import Condition, DockPlace, FailureRate, Leg, SimInputs
from dfr.sim.randomness import Spread, Streams

CONSTANT = Spread.constant


def _failing(deployment: SimInputs, part: str, up_s: float, down_s: float) -> SimInputs:
    rate = FailureRate(part=part, between=CONSTANT(up_s), repair=CONSTANT(down_s))
    return replace(deployment, failures=(rate,))


def test_a_dock_that_is_down_sends_nothing_until_it_is_repaired(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = _failing(deployment, "dock", 100.0, 400.0)
    (record,) = replicate(inputs, seed=1, replication=0, calls=[call(0, 150.0)])["calls"]
    assert record.decided_s == 160.0
    assert record.dispatched_s == 500.0


def test_a_call_that_gives_up_meanwhile_is_missed_for_it(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = _failing(deployment, "dock", 100.0, 4000.0)
    (record,) = replicate(inputs, seed=1, replication=0, calls=[call(0, 150.0)])["calls"]
    assert (record.outcome, record.reason) == ("missed", "dock_or_link_down")


def test_a_drone_that_loses_its_link_on_the_way_comes_home(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = _failing(deployment, "link", 100.0, 50.0)
    # decided at 35, airborne at 60, 20 s to climb and 40 s out: the link goes half-way
    log = replicate(inputs, seed=1, replication=0, calls=[call(0, 25.0)])
    (record,) = log["calls"]
    assert (record.outcome, record.reason) == ("missed", "link_lost")
    (flight,) = log["flights"]
    assert flight.landing == "docked"
    assert flight.landed_s < 200.0
    assert [(told.traffic, told.rule, told.phase) for told in log["yields"]] == [("link", "return", "out")]


def test_a_lost_link_on_scene_cuts_the_stay_and_on_the_ground_calls_off_the_launch(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = _failing(deployment, "link", 200.0, 50.0)
    (flight,) = replicate(inputs, seed=1, replication=0, calls=[call(0, 25.0)])["flights"]
    assert flight.cut_by == "link_lost"
    assert flight.on_scene_s == pytest.approx(200.0 - 120.0)
    (record,) = replicate(inputs, seed=1, replication=0, calls=[call(0, 180.0)])["calls"]
    assert record.dispatched_s == 250.0


def test_a_failed_drone_is_not_offered_also_if_it_fails_in_the_air(
    deployment: SimInputs, call: Callable[..., Call]
) -> None:
    inputs = _failing(deployment, "drone", 100.0, 2000.0)
    patient = {"patience_s": 9000.0}
    calls = [call(0, 25.0, **patient), call(1, 300.0, **patient)]
    first, second = replicate(inputs, seed=1, replication=0, calls=calls)["calls"]
    assert first.on_scene_s == 300.0
    assert second.dispatched_s == 2100.0


def test_failures_change_no_call_and_more_docks_no_failure(deployment: SimInputs) -> None:
    inputs = with_policies(deployment, failures=["dock:2:0.5", "drone:3:1", "link:4:0.2"])
    assert draw_calls(inputs, Streams(1, 0)) == draw_calls(deployment, Streams(1, 0))
    few = draw_outages(inputs, Streams(1, 0))
    more = replace(inputs, docks=(*inputs.docks, DockPlace(id="west", drones=2)))
    assert [outage for outage in draw_outages(more, Streams(1, 0)) if outage.dock == 0] == few
    assert few == sorted(few)


def test_parts_are_down_as_long_as_their_rates_say(deployment: SimInputs) -> None:
    long = replace(deployment, hour_edges_s=(0.0, 4e7), rates_per_s=(1e-6,), condition_of_hour=(0,))
    outages = draw_outages(with_policies(long, failures=["dock:9:1"]), Streams(3, 0))
    down_s = sum(min(outage.end_s, 4e7) - outage.start_s for outage in outages)
    assert down_s / 4e7 == pytest.approx(0.1, rel=0.1)


@pytest.mark.parametrize("replication", range(6))
def test_every_call_ends_once_whatever_fails(deployment: SimInputs, replication: int) -> None:
    failing = with_policies(deployment, failures=["dock:1:0.3", "drone:1:0.3", "link:0.5:0.1"])
    inputs = replace(failing, rates_per_s=(6.0 / 3600.0,) * 10, docks=(DockPlace(id="east", drones=2),))
    log = replicate(inputs, seed=9, replication=replication)
    calls = draw_calls(inputs, Streams(9, replication))
    assert sorted(record.call for record in log["calls"]) == [call.id for call in calls]


def test_the_energy_aware_policy_sends_the_drone_that_can_stay(
    deployment: SimInputs, condition: Callable[..., Condition], leg: Leg, call: Callable[..., Call]
) -> None:
    far = leg._replace(out_s=45.0)
    near = leg._replace(hover_w=1200.0)
    inputs: Any = replace(
        deployment,
        docks=(DockPlace(id="near", drones=1), DockPlace(id="far", drones=1)),
        conditions=(condition(((near,), (far,))),),
    )
    sent = {
        policy: replicate(with_policies(inputs, dispatch=policy), seed=1, replication=0, calls=[call(0, 5.0)])
        for policy in ("nearest", "energy_aware")
    }
    assert [sent[policy]["flights"][0].dock for policy in sent] == ["near", "far"]
    assert sent["nearest"]["flights"][0].cut_by == "energy"
    assert sent["energy_aware"]["flights"][0].cut_by == ""


@pytest.mark.parametrize("text", ["", "dock", "dock:1", "engine:1:1", "dock:0:1", "dock:1:x", "dock:1:inf"])
def test_failures_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="PART:MTBF_H:REPAIR_H"):
        failure_rate(text)


def test_an_unknown_policy_and_a_part_given_twice_are_refused(deployment: SimInputs) -> None:
    with pytest.raises(InputError, match="twice"):
        with_policies(deployment, failures=["dock:1:1", "dock:2:1"])
    with pytest.raises(InputError, match="energy_aware"):
        with_policies(deployment, dispatch="random")
