"""The engine and one written separately (`oracle.py`) agree call by call under the policing policies."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise, product
from typing import Any

import pytest
import simpy

from dfr.scenario.policing import Policing
from dfr.sim import events
from dfr.sim.calls import draw_calls
from dfr.sim.engine import Engine, model_flights
from dfr.sim.events import Missed
from dfr.sim.inputs import Condition, DockPlace, Duty, Leg, Patrols, SimInputs, Turnaround, ZoneDemand
from dfr.sim.randomness import Spread, Streams
from tests.sim.oracle import Oracle, Person

POLICIES = {
    "none": Policing(),
    "re-task": Policing(re_task=True),
    "stand down": Policing(stand_down_s=60.0),
    "second drone": Policing(second_drone=(("urgent", 0.5), ("low", 0.2))),
    "recall few": Policing(recall_few=True),
    "triage": Policing(
        re_task=True, triage=(("urgent", (("urgent", 0.6), ("low", 0.4))), ("low", (("routine", 1.0),)))
    ),
    "all": Policing(re_task=True, stand_down_s=60.0, second_drone=(("urgent", 0.5), ("low", 0.2))),
}
HANDOVERS = {
    "handover": Policing(handover_s=400.0),
    "handover and all": replace(POLICIES["all"], handover_s=400.0),
}
FORCE = Patrols(
    posts=(0, 0, 1),
    travel_s=((120.0, 333.0), (280.0, 90.0), (40.0, 260.0), (260.0, 40.0)),
    on_scene=Spread.lognormal(900.0, 1800.0),
    cleared_share=0.5,
    clears_after_s=45.0,
)
"""Three patrols, two at the first of two posts, who are short of time."""

IN_SHIFTS = replace(FORCE, on_duty=tuple((1500.0 * k, n) for k, n in enumerate([3, 1, 2, 0, 3, 2] * 4)))
"""The same patrols by a roster that leaves many of them at a call when their duty ends."""

ROSTER = tuple(
    Duty(
        start_s=start_s,
        end_s=start_s + 1900.0,
        drones=drones,
        remote_pilots=1,
        safety_pilots=1,
        took_over_s=start_s if number % 4 else -math.inf,
    )
    for number, (start_s, drones) in enumerate(
        zip(range(0, 36000, 1000), [1, 2, 0, 1, 1, 0] * 6, strict=True)
    )
)
"""Duties that overlap, so that the crew comes and goes."""

TURNAROUNDS = {
    "at once": Turnaround.none(),
    "charging": Turnaround(ready_fraction=0.9, to_ready_s=(400.0,) * 101, to_full_s=(700.0,) * 101),
}
SLOW = [pytest.param(number, marks=() if number < 2 else pytest.mark.slow) for number in range(30)]


@pytest.fixture
def busy(deployment: SimInputs, condition: Callable[..., Condition], leg: Leg) -> Callable[..., SimInputs]:
    """Makes a deployment of two docks, two zones and three grades with more calls than drones for them."""
    far = leg._replace(climb_s=23.0, out_s=90.0, back_s=101.0, out_wh=10.0, home_wh=12.0)
    first, second = deployment.grades

    def make(battery_wh: float, **other: Any) -> SimInputs:
        return replace(
            deployment,
            rates_per_s=(8.0 / 3600.0,) * 10,
            grades=(
                replace(first, on_scene=Spread.lognormal(300.0, 700.0), patience=Spread.exponential(900.0)),
                replace(second, on_scene=Spread.exponential(400.0), patience=Spread.exponential(1800.0)),
                replace(second, id="low", rank=2, on_scene=Spread.exponential(600.0)),
            ),
            zones=(*deployment.zones, ZoneDemand(id="beach", share=1.0, ground_travel_s=300.0)),
            decision=Spread.exponential(20.0),
            launch=Spread.lognormal(25.0, 40.0),
            ground_mobilisation=Spread.lognormal(120.0, 400.0),
            docks=(DockPlace(id="east", drones=1), DockPlace(id="west", drones=2)),
            conditions=(condition(((leg, far), (far, leg)), battery_wh=battery_wh),),
            reserve_fraction=0.2,
            min_on_scene_s=30.0,
            **other,
        )

    return make


def fate(call: Any) -> str:
    if not call.reason:
        return "attended"
    return "in hand" if call.reason == Missed.IN_HAND else "gave up"


def assert_same(call: Any, person: Person) -> None:
    """One call by both engines: its fate and its clocks."""
    told = (call.dispatched_s, call.overhead_s, call.ended_s, call.on_scene_s)
    other = (person.sent, person.overhead, person.ended, person.stayed)
    assert fate(call) == person.fate, call
    assert told == pytest.approx(other, abs=1e-6, nan_ok=True), call


@pytest.mark.parametrize("number", SLOW)
@pytest.mark.parametrize(("policy", "turnaround"), list(product(POLICIES, TURNAROUNDS)))
@pytest.mark.parametrize("battery_wh", [100.0, math.inf])
@pytest.mark.parametrize(
    "patrols",
    [None, FORCE, IN_SHIFTS],
    ids=["officers come", "patrols in a queue", "patrols in shifts"],
)
def test_two_engines_agree_call_by_call(
    busy: Callable[..., SimInputs],
    policy: str,
    turnaround: str,
    battery_wh: float,
    patrols: Patrols | None,
    number: int,
) -> None:
    inputs = busy(battery_wh, policing=POLICIES[policy], turnaround=TURNAROUNDS[turnaround], patrols=patrols)
    calls = draw_calls(inputs, Streams(3, number))
    log = Engine(inputs, simpy.Environment(), model_flights).run(calls, []).named()
    oracle = Oracle(inputs)
    people = oracle.run(calls)
    over = [call for call in log["calls"] if call.ended_s < inputs.horizon_s]
    assert len(over) > 40
    for call in over:
        assert_same(call, people[call.call])
    for call in over if patrols else []:
        assert call.ground_s == pytest.approx(people[call.call].officers, abs=1e-6, nan_ok=True), call
    for errand in log["patrols"]:
        assert (errand.ending == events.CLEARED) == (people[errand.call].patrol == "cleared"), errand
        assert errand.unit == people[errand.call].unit, errand
    assert bool(log["patrols"]) == (patrols is not None)
    for second in log["seconds"]:
        if second.ended_s < inputs.horizon_s:
            assert_same(second, oracle.seconds[second.call])
    assert bool(log["seconds"]) == bool(inputs.policing.second_drone)
    told = sorted((each.left_call, each.call) for each in log["retasks"])
    assert told == sorted(oracle.sent_on)
    assert bool(told) == POLICIES[policy].re_task


def first_tie_s(log: Any, inputs: SimInputs) -> float:
    """When two drones first land at one moment, to be home by the end of a duty: either may go next."""
    landed = sorted(flight.landed_s for flight in log["flights"] if not math.isnan(flight.landed_s))
    return next((a for a, b in pairwise(landed) if b - a < 1e-6), inputs.horizon_s)


@pytest.mark.parametrize("number", SLOW)
@pytest.mark.parametrize("battery_wh", [100.0, math.inf])
@pytest.mark.parametrize("policy", ["none", "all", "recall few", "handover", "handover and all"])
def test_two_engines_agree_where_the_crew_comes_and_goes(
    busy: Callable[..., SimInputs], policy: str, battery_wh: float, number: int
) -> None:
    policing = {**POLICIES, **HANDOVERS}[policy]
    inputs = replace(busy(battery_wh, policing=policing), duties=ROSTER)
    calls = draw_calls(inputs, Streams(3, number))
    log = Engine(inputs, simpy.Environment(), model_flights).run(calls, []).named()
    people = Oracle(inputs).run(calls)
    assert {flight.cut_by for flight in log["flights"]} >= {events.CUT_HOME_BY}
    over = [call for call in log["calls"] if call.ended_s < first_tie_s(log, inputs)]
    assert over
    for call in over:
        assert_same(call, people[call.call])
