"""Calls and visits: the right rate in each hour, and the same incidents whatever stands by to meet them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chisquare, kstest, poisson

from dfr.sim.calls import draw_calls, draw_visits, thinned_times
from dfr.sim.engine import replicate
from dfr.sim.inputs import Condition, DockPlace, Leg, SimInputs, Traffic, ZoneDemand
from dfr.sim.randomness import Spread, Streams


def test_thinning_gives_each_hour_its_expected_number() -> None:
    edges = tuple(3600.0 * hour for hour in range(5))
    rates = (0.001, 0.01, 0.0, 0.02)
    counts = np.zeros(4)
    for replication in range(200):
        times, _ = thinned_times(Streams(5, replication), "calls", edges_s=edges, rates_per_s=rates)
        counts += np.histogram(times, edges)[0]
    expected = 200 * 3600.0 * np.array(rates)
    low, high = poisson.interval(0.999, expected)
    assert counts[2] == 0
    assert ((low <= counts) & (counts <= high))[[0, 1, 3]].all(), (counts, expected)


def test_gaps_of_a_constant_rate_are_exponential() -> None:
    times, _ = thinned_times(Streams(5, 0), "calls", edges_s=(0.0, 1e6), rates_per_s=(0.01,))
    assert kstest(np.diff(times), "expon", args=(0.0, 100.0)).pvalue > 0.01


def test_counts_vary_with_the_rate_factor_and_not_only_by_poisson(deployment: SimInputs) -> None:
    def dispersion(cv: float) -> float:
        inputs = replace(deployment, rate_cv=cv)
        counts = [len(draw_calls(inputs, Streams(1, replication))) for replication in range(400)]
        return float(np.var(counts) / np.mean(counts))

    assert dispersion(0.0) == pytest.approx(1.0, abs=0.25)
    assert dispersion(0.5) == pytest.approx(1.0 + 0.25 * 20.0, rel=0.25)


def test_zones_and_grades_get_their_shares(deployment: SimInputs) -> None:
    zones = tuple(ZoneDemand(id=str(share), share=share, ground_travel_s=0.0) for share in (0.2, 0.5, 0.3))
    inputs = replace(deployment, zones=zones, rates_per_s=(0.1,) * 10)
    calls = draw_calls(inputs, Streams(2, 0))
    counts = np.bincount([call.zone for call in calls])
    assert chisquare(counts, len(calls) * np.array([0.2, 0.5, 0.3])).pvalue > 0.01


def test_a_day_without_demand_has_no_calls(deployment: SimInputs) -> None:
    assert draw_calls(replace(deployment, rates_per_s=(0.0,) * 10), Streams(1, 0)) == []


def test_a_rate_that_must_be_a_mistake_is_refused() -> None:
    with pytest.raises(ValueError, match="events are expected"):
        thinned_times(Streams(1, 0), "calls", edges_s=(0.0, 1e9), rates_per_s=(1.0,))


def test_another_dock_changes_no_incident(
    deployment: SimInputs, condition: Callable[..., Condition], leg: Leg
) -> None:
    more = replace(
        deployment,
        docks=(*deployment.docks, DockPlace(id="west", drones=2)),
        conditions=(condition(((leg,), (leg,))),),
    )
    outside = ("zone", "grade", "call_s", "ground_s", "wanted_s")
    heard = [
        sorted(
            tuple(getattr(record, name) for name in ("call", *outside))
            for record in replicate(inputs, seed=3, replication=0)["calls"]
        )
        for inputs in (deployment, more)
    ]
    assert heard[0] == heard[1]
    assert len(heard[0]) > 5


def test_visits_are_told_of_in_time_and_only_in_their_hours(deployment: SimInputs) -> None:
    helicopter = Traffic(
        id="helicopter",
        rule="hold_low",
        rates_per_s=(0.0,) * 5 + (0.01,) * 5,
        stay=Spread.constant(300.0),
        notice_s=60.0,
        blocks=((True,),),
    )
    visits = draw_visits(replace(deployment, traffic=(helicopter,)), Streams(1, 0))
    assert all(visit.start_s >= 5 * 3600.0 for visit in visits)
    assert all(visit.end_s - visit.start_s == pytest.approx(300.0) for visit in visits)
    assert all(visit.start_s - visit.notice_s == pytest.approx(60.0) for visit in visits)
    assert len(visits) == pytest.approx(180, abs=3.3 * np.sqrt(180))
