"""Calls that were really made: they come as logged, and only what is not told is drawn."""

from __future__ import annotations

import math

from dfr.sim.calls import draw_calls
from dfr.sim.engine import replicate
from dfr.sim.inputs import SimInputs, TraceCall
from dfr.sim.randomness import Spread, Streams

NAN = math.nan
TRACE = (
    TraceCall(t_s=100.0, zone=0, grade=1, decision_s=7.0, on_scene_s=NAN, ground_s=50.0),
    TraceCall(t_s=5000.0, zone=0, grade=0, decision_s=NAN, on_scene_s=120.0, ground_s=NAN),
)


def _uncertain(deployment: SimInputs, changed: type[SimInputs]) -> SimInputs:
    return changed(
        deployment, trace=TRACE, decision=Spread.exponential(30.0), launch=Spread.exponential(20.0)
    )


def test_what_the_log_tells_stands_in_every_replication(
    deployment: SimInputs, changed: type[SimInputs]
) -> None:
    for replication in range(3):
        first, second = draw_calls(_uncertain(deployment, changed), Streams(1, replication))
        assert (first.t_s, first.grade, first.decision_s, first.ground_s) == (100.0, 1, 7.0, 150.0)
        assert (second.t_s, second.grade, second.on_scene_s) == (5000.0, 0, 120.0)
        assert first.on_scene_s == 200.0


def test_what_it_does_not_tell_differs_between_replications(
    deployment: SimInputs, changed: type[SimInputs]
) -> None:
    inputs = _uncertain(deployment, changed)
    drawn = {draw_calls(inputs, Streams(1, replication))[1].decision_s for replication in range(5)}
    assert len(drawn) == 5


def test_every_traced_call_ends_once_and_no_other_comes(
    deployment: SimInputs, changed: type[SimInputs]
) -> None:
    log = replicate(_uncertain(deployment, changed), seed=1, replication=0)
    assert sorted(record[3] for record in log["calls"]) == [100.0, 5000.0]


def test_a_trace_makes_another_deployment(deployment: SimInputs, changed: type[SimInputs]) -> None:
    assert changed(deployment, trace=TRACE).digest() != deployment.digest()
    assert changed(deployment, trace=()).digest() != deployment.digest()
    assert draw_calls(changed(deployment, trace=()), Streams(1, 0)) == []
