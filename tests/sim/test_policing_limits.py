"""Each policing policy in the limit where queueing theory knows the answer: flights take no time."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import nbinom

from dfr.scenario.policing import BurstFigures, Policing
from dfr.sim.calls import draw_calls
from dfr.sim.engine import replicate
from dfr.sim.events import MISSED, came
from dfr.sim.inputs import Patrols, SimInputs
from dfr.sim.randomness import Spread, Streams
from dfr.statistics import ratio_variance, t_value

REPLICATIONS = 12


def logs(inputs: SimInputs, seed: int = 23) -> list[Any]:
    return [replicate(inputs, seed=seed, replication=number) for number in range(REPLICATIONS)]


def settled(log: Any, inputs: SimInputs) -> list[Any]:
    """The calls of a replication without the first tenth."""
    return [call for call in log["calls"] if call.call_s > 0.1 * inputs.horizon_s]


def assert_mean(samples: Sequence[Sequence[float]], expected: float) -> None:
    """Student's 99 % interval of the mean over replications, which is narrow, holds a value."""
    tops = np.array([sum(each) for each in samples])
    bottoms = np.array([len(each) for each in samples], dtype=float)
    variance = ratio_variance(tops, bottoms)
    assert variance is not None
    half = t_value(len(samples) - 1, 0.99) * variance**0.5
    assert 2.0 * half < 0.4 * expected
    assert abs(float(tops.sum() / bottoms.sum()) - expected) <= half


def two_classes(queue: Callable[..., SimInputs], servers: int, load: float, **other: Any) -> SimInputs:
    """A queue with two grades, two in five calls of the first."""
    mean_s = 900.0
    inputs = queue(
        servers=servers,
        calls_per_h=load * servers * 3600.0 / mean_s,
        service=Spread.exponential(mean_s),
        hours=400.0 / servers,
    )
    grade = inputs.grades[0]
    grades = (replace(grade, id="high", share=0.4), replace(grade, id="low", rank=1, share=0.6))
    return replace(inputs, grades=grades, **other)


def in_system(log: Any, inputs: SimInputs, *grades: str) -> list[float]:
    """Seconds from call to end of those that ended before the horizon."""
    return [c.ended_s - c.call_s for c in settled(log, inputs) if c.grade in grades and c.reason == ""]


def erlang_c_time_s(servers: int, per_s: float, mean_s: float) -> float:
    """Mean time in an M/M/c."""
    offered = per_s * mean_s
    top = offered**servers / math.factorial(servers) * servers / (servers - offered)
    waits = top / (sum(offered**n / math.factorial(n) for n in range(servers)) + top)
    return mean_s + waits * mean_s / (servers - offered)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.55), (3, 0.6)])
def test_a_higher_grade_is_served_as_if_the_lower_were_not_there(
    queue: Callable[..., SimInputs], servers: int, load: float
) -> None:
    """Preemptive-resume priority: the first class has an M/M/c of its own, all together have that of all."""
    inputs = two_classes(queue, servers, load, policing=Policing(re_task=True))
    per_s, runs = load * servers / 900.0, logs(inputs)
    first_s = erlang_c_time_s(servers, 0.4 * per_s, 900.0)
    all_s = erlang_c_time_s(servers, per_s, 900.0)
    assert_mean([in_system(log, inputs, "high") for log in runs], first_s)
    assert_mean([in_system(log, inputs, "high", "low") for log in runs], all_s)
    if servers == 1:
        low_s = 900.0 / ((1.0 - 0.4 * load) * (1.0 - load))
        assert low_s == pytest.approx((all_s - 0.4 * first_s) / 0.6)
    assert sum(len(log["retasks"]) for log in runs) > 500


def test_without_the_policy_a_higher_grade_waits_for_the_lower_to_end(
    queue: Callable[..., SimInputs],
) -> None:
    """Non-preemptive priority (Cobham 1954): the mean wait of the first class is W0 / (1 - rho1)."""
    inputs = two_classes(queue, 1, 0.55)
    assert_mean([in_system(log, inputs, "high") for log in logs(inputs)], 900.0 + 0.55 * 900.0 / (1.0 - 0.22))


def released_queue_s(servers: int, per_s: float, mean_s: float, in_hand_s: float) -> float:
    """Mean time in a queue whose callers all leave at a rate, served or not: a birth and death process."""
    weights = [1.0]
    while weights[-1] > 1e-12 or len(weights) < servers + 5:
        n = len(weights)
        weights.append(weights[-1] * per_s / (min(n, servers) / mean_s + n / in_hand_s))
    present = sum(n * weight for n, weight in enumerate(weights)) / sum(weights)
    return present / per_s


@pytest.mark.parametrize(("servers", "load"), [(1, 0.9), (2, 1.2)])
def test_officers_take_calls_in_hand_as_in_a_birth_and_death_process(
    queue: Callable[..., SimInputs], servers: int, load: float
) -> None:
    inputs = queue(
        servers=servers,
        calls_per_h=load * servers * 4.0,
        service=Spread.exponential(900.0),
        hours=200.0 / servers,
    )
    inputs = replace(
        inputs, ground_mobilisation=Spread.exponential(1200.0), policing=Policing(stand_down_s=0.0)
    )
    expected = released_queue_s(servers, load * servers / 900.0, 900.0, 1200.0)
    samples = [[c.ended_s - c.call_s for c in settled(log, inputs)] for log in logs(inputs)]
    assert_mean(samples, expected)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_calls_that_want_two_drones_wait_as_arrivals_in_batches(
    queue: Callable[..., SimInputs], share: float
) -> None:
    """M^X/M/1 with batches of one or two (Gross & Harris 2008, 3.1): the mean time of one drone's task."""
    inputs = queue(servers=1, calls_per_h=1.2, service=Spread.exponential(900.0), hours=500.0)
    inputs = replace(inputs, policing=Policing(second_drone=(("grade", share),)))
    per_s, size, squared = 1.2 / 3600.0, 1.0 + share, 1.0 + 3.0 * share
    load = per_s * size * 900.0
    present = load * (1.0 + squared / size) / (2.0 * (1.0 - load))
    samples = []
    for log in logs(inputs):
        tasks = [*settled(log, inputs), *(s for s in log["seconds"] if s.decided_s > 0.1 * inputs.horizon_s)]
        samples.append([each.ended_s - each.decided_s for each in tasks if each.reason == ""])
    assert_mean(samples, present / (per_s * size))


@pytest.mark.parametrize("cleared", [0.0, 0.4])
def test_patrols_are_an_erlang_c_queue_thinned_by_what_drones_clear(
    queue: Callable[..., SimInputs], cleared: float
) -> None:
    """Poisson calls of which a share needs no patrol are Poisson calls at less of a rate: M/M/c."""
    inputs = queue(servers=8, calls_per_h=7.0, service=Spread.constant(1.0), hours=90.0)
    patrols = Patrols(
        posts=(0,) * 3, travel_s=((0.0,), (0.0,)), on_scene=Spread.exponential(900.0), cleared_share=cleared
    )
    inputs = replace(inputs, patrols=patrols, ground_mobilisation=Spread.constant(1.0))
    expected = erlang_c_time_s(3, 7.0 / 3600.0 * (1.0 - cleared), 900.0)
    runs = logs(inputs)
    sent = [
        [e for e in log["patrols"] if e.asked_s > 3600.0 and e.ending == "" and came(e.free_s)]
        for log in runs
    ]
    assert_mean([[each.free_s - each.asked_s for each in errands] for errands in sent], expected)
    for log in runs:
        reached = {call.call: call.ground_s for call in log["calls"]}
        assert all(each.arrived_s == reached[each.call] for each in log["patrols"] if came(each.arrived_s))


def test_patrols_in_shifts_are_a_queue_whose_servers_change_with_the_hour(
    queue: Callable[..., SimInputs],
) -> None:
    """M/M/c(t): Kolmogorov's equations of the calls that wait or are served, integrated over the shifts.

    Who is busy when a shift ends stays until it is done, so that as many are served as before until then.
    """
    roster, per_s, mean_s = (4, 1, 3, 2), 7.0 / 3600.0, 900.0
    steps = tuple((7200.0 * k, roster[k % 4]) for k in range(40))
    inputs = queue(servers=8, calls_per_h=7.0, service=Spread.constant(1.0), hours=80.0)
    patrols = Patrols(
        posts=(0,) * 4, travel_s=((0.0,), (0.0,)), on_scene=Spread.exponential(mean_s), on_duty=steps
    )
    inputs = replace(inputs, patrols=patrols, ground_mobilisation=Spread.constant(1.0))
    samples = [
        [each.sent_s - each.asked_s for each in log["patrols"] if 8 * 3600.0 < each.asked_s < 72 * 3600.0]
        for log in logs(inputs)
    ]
    assert_mean(samples, mean_wait_in_shifts_s(roster, 7200.0, per_s, mean_s))


def mean_wait_in_shifts_s(roster: Sequence[int], shift_s: float, per_s: float, mean_s: float) -> float:
    """The mean wait of calls by Little's law: the mean number that waits over the rate.

    The state is (waiting, served): served falls below `servers` only once nobody waits, and more than that
    are served while those of the shift before finish.
    """
    most, top, step_s = max(roster), 120, 2.0
    waiting, served = np.meshgrid(np.arange(top + 1), np.arange(most + 1), indexing="ij")
    p = np.zeros((top + 1, most + 1))
    p[0, 0] = 1.0
    total, seconds = 0.0, 0.0
    for lap in range(6):
        for servers in roster:
            moved = np.zeros_like(p)
            for s in range(most + 1):
                for w in range(top + 1):
                    taken = min(w, max(0, servers - s))
                    moved[w - taken, s + taken] += p[w, s]
            p = moved
            for _ in range(int(shift_s / step_s)):
                up, done = p * per_s * step_s, p * served * step_s / mean_s
                new = p - up - done
                starts = served < servers
                new[:, 1:] += (up * starts)[:, :-1]
                new[1:, :] += (up * ~starts)[:-1, :]
                goes_on = (waiting > 0) & (served <= servers)
                new[:-1, :] += (done * goes_on)[1:, :]
                new[:, :-1] += (done * ~goes_on)[:, 1:]
                p = new
                if lap > 2:
                    total += float((p * waiting).sum()) * step_s
                    seconds += step_s
    return total / seconds / per_s


def test_fewer_busy_patrols_reach_the_other_calls_sooner(queue: Callable[..., SimInputs]) -> None:
    """The feedback: what drones clear shortens the wait of calls that they do not clear."""
    inputs = queue(servers=8, calls_per_h=10.0, service=Spread.constant(1.0), hours=100.0)
    patrols = Patrols(posts=(0,) * 3, travel_s=((60.0,), (60.0,)), on_scene=Spread.exponential(900.0))
    inputs = replace(inputs, patrols=patrols, ground_mobilisation=Spread.constant(30.0))

    def mean_s(share: float) -> float:
        told = replace(inputs, patrols=replace(patrols, cleared_share=share))
        calls = replicate(told, seed=23, replication=0)["calls"]
        return float(np.mean([c.ground_s - c.call_s for c in calls if came(c.ground_s)]))

    busy, lighter = mean_s(0.0), mean_s(0.3)
    assert 90.0 < lighter < 0.7 * busy


@pytest.mark.parametrize("joined", [0.0, 0.5])
def test_bursts_and_an_uncertain_rate_spread_counts_as_theory_says(
    queue: Callable[..., SimInputs], joined: float
) -> None:
    """A gamma-mixed Neyman-Scott process: mean, and variance by the moments of a burst and of the rate."""
    inputs = queue(servers=1, calls_per_h=12.0, service=Spread.constant(1.0), hours=10.0)
    bursts = BurstFigures(further_calls=2.0, within_mean_s=60.0, joined_share=joined)
    inputs = replace(inputs, policing=Policing(bursts=bursts), rate_cv=0.3)
    counts = np.array([len(draw_calls(inputs, Streams(9, number))) for number in range(400)], dtype=float)
    incidents, further = 120.0 / 3.0, 2.0 * (1.0 - joined)
    mean = incidents * (1.0 + further)
    variance = incidents * ((1.0 + further) ** 2 + further) + (0.3 * mean) ** 2
    assert counts.mean() == pytest.approx(mean, rel=0.07)
    assert counts.var() == pytest.approx(variance, rel=0.25)


def test_an_uncertain_rate_alone_gives_negative_binomial_counts(queue: Callable[..., SimInputs]) -> None:
    inputs = queue(servers=1, calls_per_h=12.0, service=Spread.constant(1.0), hours=10.0)
    inputs = replace(inputs, rate_cv=0.3)
    counts = np.array([len(draw_calls(inputs, Streams(9, number))) for number in range(400)], dtype=float)
    assert counts.mean() == pytest.approx(120.0, rel=0.07)
    assert counts.var() == pytest.approx(120.0 + 36.0**2, rel=0.25)
    shape = 0.3**-2
    quarter = nbinom.ppf(0.25, shape, shape / (shape + 120.0))
    assert np.mean(counts <= quarter) == pytest.approx(
        nbinom.cdf(quarter, shape, shape / (shape + 120.0)), abs=0.08
    )


def test_the_calls_of_a_burst_are_of_one_zone_and_grade_and_soon_after_the_first(
    queue: Callable[..., SimInputs],
) -> None:
    inputs = two_classes(queue, 1, 0.3)
    alone = draw_calls(inputs, Streams(9, 0))
    bursts = BurstFigures(further_calls=0.0, within_mean_s=60.0, joined_share=0.0)
    assert draw_calls(replace(inputs, policing=Policing(bursts=bursts)), Streams(9, 0)) == alone
    told = replace(inputs, policing=Policing(bursts=replace(bursts, further_calls=3.0)))
    calls = draw_calls(told, Streams(9, 0))
    assert [call.id for call in calls] == list(range(len(calls)))
    gaps = [(b.t_s - a.t_s, a.grade == b.grade) for a, b in pairwise(calls)]
    near = [same for gap_s, same in gaps if gap_s < 60.0]
    far = [same for gap_s, same in gaps if gap_s > 600.0]
    assert np.mean(near) > 0.9 > 0.7 > np.mean(far)


def abandoning_share(servers: int, per_s: float, mean_s: float, patience_s: float) -> float:
    """Share of callers who give up in an M/M/c+M (Erlang-A): patience runs only while they wait."""
    weights = [1.0]
    while weights[-1] > 1e-12 or len(weights) < servers + 5:
        n = len(weights)
        weights.append(weights[-1] * per_s / (min(n, servers) / mean_s + max(0, n - servers) / patience_s))
    waiting = sum(max(0, n - servers) * weight for n, weight in enumerate(weights)) / sum(weights)
    return waiting / patience_s / per_s


def test_patience_that_changes_with_the_hour_gives_up_as_erlang_a_says_in_each(
    queue: Callable[..., SimInputs],
) -> None:
    """Two long regimes, each an M/M/2+M of its own once the first tenth of it has passed."""
    inputs = queue(servers=2, calls_per_h=10.0, service=Spread.exponential(900.0), hours=200.0)
    grade, half_s = inputs.grades[0], 100.0 * 3600.0
    inputs = replace(
        inputs,
        hour_edges_s=(0.0, half_s, 2.0 * half_s),
        rates_per_s=inputs.rates_per_s * 2,
        condition_of_hour=(0, 0),
        grades=(replace(grade, patience=Spread.exponential(600.0)),),
        patience_factors=(0.5, 3.0),
    )
    runs = logs(inputs)
    for part, factor in enumerate(inputs.patience_factors):
        first_s = (part + 0.1) * half_s
        calls = [[c for c in log["calls"] if first_s < c.call_s < (part + 0.95) * half_s] for log in runs]
        lost = [[float(call.outcome == MISSED) for call in each] for each in calls]
        assert_mean(lost, abandoning_share(2, 10.0 / 3600.0, 900.0, 600.0 * factor))


def test_a_grade_that_is_heard_wrong_waits_in_the_wrong_class(queue: Callable[..., SimInputs]) -> None:
    """Cobham's two classes with what is heard as their shares: a call waits as the grade that it is given."""
    load = 0.55
    given = (("high", (("high", 0.5), ("low", 0.5))),)
    inputs = two_classes(queue, 1, load, policing=Policing(triage=given))
    rest_s, first = load * 900.0, 0.2 * load
    high_s, low_s = rest_s / (1.0 - first), rest_s / ((1.0 - first) * (1.0 - load))
    runs = logs(inputs)
    assert_mean([in_system(log, inputs, "high") for log in runs], 900.0 + 0.5 * (high_s + low_s))
    assert_mean([in_system(log, inputs, "low") for log in runs], 900.0 + low_s)
    heard_low = sum(len(log["misgraded"]) for log in runs)
    assert heard_low == pytest.approx(0.2 * sum(len(log["calls"]) for log in runs), rel=0.1)


def test_callers_give_up_while_a_shift_takes_over_by_their_patience(
    queue: Callable[..., SimInputs],
) -> None:
    """A shift an hour, whose first tenth sends no drone, and flights that take no time.

    A call of that tenth waits for its end: of those left by exponential patience (1 - e^-x)/x is served.
    """
    inputs = queue(servers=1, calls_per_h=30.0, service=Spread.constant(0.0), hours=300.0)
    duty, takes_s, patience_s = inputs.duties[0], 360.0, 500.0
    inputs = replace(
        inputs,
        grades=(replace(inputs.grades[0], patience=Spread.exponential(patience_s)),),
        duties=tuple(
            replace(duty, start_s=t_s, end_s=t_s + 3600.0, took_over_s=t_s)
            for t_s in np.arange(0.0, inputs.horizon_s, 3600.0)
        ),
    )
    for policing in (Policing(), Policing(handover_s=takes_s)):
        told = replace(inputs, policing=policing)
        lost = [[float(c.outcome == MISSED) for c in settled(log, told)] for log in logs(told)]
        if not policing.handover_s:
            assert sum(map(sum, lost)) == 0.0
            continue
        served = patience_s / takes_s * -math.expm1(-takes_s / patience_s)
        assert_mean(lost, takes_s / 3600.0 * (1.0 - served))
