"""The events of a replay: in order, in words, each call told to its end; the queue counts who waits."""

import pytest

from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.timeline import ShiftKind
from dfr.plan.planner import make_plan
from dfr.sim.experiment import simulate
from dfr.web.replay import shift_of


@pytest.fixture(scope="module")
def shift():
    world = load_world(find_scenario("victorious-2024"))
    plan = make_plan(world)
    return shift_of(
        world, plan, simulate(world, plan, replications=1, seed=5, jobs=1).records, ShiftKind.WORST
    )


def test_events_are_in_order_and_within_the_shift(shift):
    times = [event["t_s"] for event in shift["events"]]
    assert times == sorted(times)
    assert shift["start_s"] <= times[0]
    assert times[-1] <= shift["end_s"]


def test_every_call_of_the_shift_is_told_and_so_is_how_it_ended(shift):
    came = [c for c in shift["calls"] if shift["start_s"] <= c["call_s"] and c["ended_s"] <= shift["end_s"]]
    assert came
    for call in came:
        told = [event for event in shift["events"] if event["call"] == call["call"]]
        assert told[0]["kind"] == "call"
        assert shift["names"][call["zone"]] in told[0]["words"]
        missed = [event for event in told if event["kind"] == "missed"]
        assert len(missed) == (call["outcome"] == "missed")
        assert call["overhead_s"] is None or any("is overhead" in event["words"] for event in told)


def test_the_queue_is_the_calls_that_came_and_have_no_drone_yet(shift):
    for t_s, waiting in shift["waiting"]:
        until = [c["ended_s"] if c["overhead_s"] is None else c["overhead_s"] for c in shift["calls"]]
        came = [c["call_s"] for c in shift["calls"]]
        now = t_s + 0.06  # times are told to a tenth of a second
        assert waiting == sum(a <= now < b for a, b in zip(came, until, strict=True))
    assert shift["waiting"][-1][1] == 0
