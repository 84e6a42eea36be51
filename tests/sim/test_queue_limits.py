"""With everything but the queue switched off, the real model is a queue: Erlang and Pollaczek-Khinchine."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from dfr.sim.engine import replicate
from dfr.sim.events import MISSED
from dfr.sim.inputs import SimInputs
from dfr.sim.randomness import Spread
from dfr.statistics import ratio_variance, t_value

REPLICATIONS, HOURS = 12, 300.0

ERLANG = [(1, 3, 6, 1 / 3, 0.5, 10.0), (2, 3, 2.5, 0.246575, 0.45, 13.5),
          (3, 4, 2, 0.210526, 0.444444, 13.3333), (4, 6, 2, 0.206107, 0.509434, 15.2830)]  # fmt: skip
"""Servers, calls and services an hour; Erlang-B, Erlang-C, mean wait in minutes."""


def _sums(inputs: SimInputs) -> np.ndarray:
    """(calls, missed, waited, minutes waited) of each replication, without the first tenth."""
    sums = []
    for replication in range(REPLICATIONS):
        calls = replicate(inputs, seed=11, replication=replication)["calls"]
        calls = [c for c in calls if c.call_s > 0.1 * inputs.horizon_s]
        waits = np.array([c.dispatched_s - c.call_s for c in calls if c.outcome != MISSED])
        missed = sum(c.outcome == MISSED for c in calls)
        sums.append((len(calls), missed, np.count_nonzero(waits > 0.0), waits.sum() / 60.0))
    return np.array(sums).T.astype(float)


def _inside(value: float, tops: np.ndarray, bottoms: np.ndarray) -> bool:
    """Whether Student's 99 % interval of the linearised ratio, which is narrow, holds a value."""
    variance = ratio_variance(tops, bottoms)
    assert variance is not None
    half = t_value(len(tops) - 1, 0.99) * variance**0.5
    assert 2.0 * half < 0.6 * value
    return abs(float(tops.sum() / bottoms.sum()) - value) <= half


@pytest.mark.parametrize(("servers", "arrivals", "services", "blocked", "waiting", "minutes"), ERLANG)
def test_patient_callers_wait_as_erlang_c_says(
    queue: Callable[..., SimInputs],
    servers: int,
    arrivals: float,
    services: float,
    blocked: float,
    waiting: float,
    minutes: float,
) -> None:
    del blocked
    service = Spread.exponential(3600.0 / services)
    count, _, waited, total = _sums(
        queue(servers=servers, calls_per_h=arrivals, service=service, hours=HOURS)
    )
    assert _inside(waiting, waited, count)
    assert _inside(minutes, total, count)


@pytest.mark.parametrize(("servers", "arrivals", "services", "blocked", "waiting", "minutes"), ERLANG)
def test_callers_without_patience_are_lost_as_erlang_b_says(
    queue: Callable[..., SimInputs],
    servers: int,
    arrivals: float,
    services: float,
    blocked: float,
    waiting: float,
    minutes: float,
) -> None:
    del waiting, minutes
    service = Spread.exponential(3600.0 / services)
    count, missed, _, _ = _sums(
        queue(servers=servers, calls_per_h=arrivals, service=service, hours=HOURS, patience_s=0.0)
    )
    assert _inside(blocked, missed, count)


@pytest.mark.parametrize(
    "service",
    [Spread.constant(900.0), Spread.exponential(900.0), Spread.lognormal(600.0, 1800.0)],
    ids=["always the same", "memoryless", "long-tailed"],
)
@pytest.mark.parametrize("load", [0.4, pytest.param(0.7, marks=pytest.mark.slow)])
def test_one_drone_makes_callers_wait_as_pollaczek_and_khinchine_say(
    queue: Callable[..., SimInputs], service: Spread, load: float
) -> None:
    scv = {"constant": 0.0, "exponential": 1.0}.get(service.kind, math.exp(service.sigma**2) - 1.0)
    wait_s = load / (1.0 - load) * 0.5 * (1.0 + scv) * service.mean_s
    calls_per_h = load / service.mean_s * 3600.0
    count, _, _, total = _sums(queue(servers=1, calls_per_h=calls_per_h, service=service, hours=2500.0))
    assert _inside(wait_s / 60.0, total, count)


@pytest.mark.parametrize("service", [Spread.constant(1200.0), Spread.lognormal(700.0, 2200.0)])
@pytest.mark.parametrize(("servers", "load"), [(2, 0.8), pytest.param(5, 6.0, marks=pytest.mark.slow)])
def test_what_is_lost_depends_on_the_mean_service_alone(
    queue: Callable[..., SimInputs], service: Spread, servers: int, load: float
) -> None:
    terms = [load**n / math.factorial(n) for n in range(servers + 1)]
    inputs = queue(
        servers=servers,
        calls_per_h=load / service.mean_s * 3600.0,
        service=service,
        hours=HOURS,
        patience_s=0.0,
    )
    count, missed, _, _ = _sums(inputs)
    assert _inside(terms[-1] / sum(terms), missed, count)


def test_these_limits_notice_a_service_that_is_a_fifth_too_long(queue: Callable[..., SimInputs]) -> None:
    service = Spread.exponential(1.2 * 1800.0)
    count, missed, _, _ = _sums(
        queue(servers=4, calls_per_h=6.0, service=service, hours=HOURS, patience_s=0.0)
    )
    assert not _inside(0.206107, missed, count)
