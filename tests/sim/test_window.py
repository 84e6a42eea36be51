"""A shift cut out of a longer period is a deployment of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.errors import InfeasibleError
from dfr.sim.calls import draw_calls
from dfr.sim.engine import replicate
from dfr.sim.inputs import Patrols
from dfr.sim.randomness import Spread, Streams
from dfr.sim.window import busiest_start_s, calls_within, window

from ..shipped import inputs_of


@pytest.fixture(scope="module")
def inputs():
    return inputs_of("victorious-2024")


@pytest.fixture(scope="module")
def calls(inputs):
    return draw_calls(inputs, Streams(1, 0))


def test_the_window_keeps_each_hours_weather(inputs):
    part = window(inputs, start_s=1800.0, seconds=3600.0)
    assert part.hour_edges_s == (0.0, 1800.0, 3600.0)
    assert part.condition_of_hour == inputs.condition_of_hour[:2]
    assert part.rates_per_s == inputs.rates_per_s[:2]


def test_people_stay_on_duty_as_long_as_they_would(inputs):
    part = window(inputs, start_s=1800.0, seconds=3600.0)
    assert part.duties[0].start_s == max(0.0, inputs.duties[0].start_s - 1800.0)
    assert part.duties[0].end_s == inputs.duties[0].end_s - 1800.0


def test_the_roster_of_patrols_goes_on_in_the_window(inputs):
    """Of steps at 0, 1000, 3000 and 9000 s the second is in force at 1800 s, and the last comes too late."""
    steps = ((0.0, 3), (1000.0, 2), (3000.0, 0), (9000.0, 4))
    patrols = Patrols(posts=(0,) * 4, travel_s=((0.0,),), on_scene=Spread.constant(1.0), on_duty=steps)
    part = window(replace(inputs, patrols=patrols), start_s=1800.0, seconds=3600.0)
    assert part.patrols.on_duty == ((0.0, 2), (1200.0, 0))
    whole = window(replace(inputs, patrols=replace(patrols, on_duty=())), start_s=1800.0, seconds=3600.0)
    assert whole.patrols.on_duty == ()


def test_the_busiest_window_is_flyable_and_no_other_has_more_calls(inputs, calls):
    start = busiest_start_s(inputs, calls, seconds=3600.0)
    part = window(inputs, start_s=start, seconds=3600.0)
    assert not any(part.conditions[kind].hold for kind in part.condition_of_hour)
    most = len(calls_within(calls, start_s=start, seconds=3600.0))
    assert most > 0
    for edge in inputs.hour_edges_s[:-1]:
        hour = window(inputs, start_s=edge, seconds=3600.0)
        if hour.duties and not hour.conditions[hour.condition_of_hour[0]].hold:
            assert len(calls_within(calls, start_s=edge, seconds=3600.0)) <= most


def test_every_call_of_the_window_ends_once(inputs, calls):
    start = busiest_start_s(inputs, calls, seconds=3600.0)
    inside = calls_within(calls, start_s=start, seconds=3600.0)
    log = replicate(window(inputs, start_s=start, seconds=3600.0), seed=1, replication=0, calls=inside)
    assert sorted(record.call for record in log["calls"]) == list(range(len(inside)))


def test_a_period_without_so_long_a_flyable_time_is_said(inputs, calls):
    with pytest.raises(InfeasibleError, match="can be flown without a break"):
        busiest_start_s(inputs, calls, seconds=inputs.horizon_s + 1.0)
