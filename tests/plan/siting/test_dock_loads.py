"""Busy docks: Erlang where it is exact, the whole Markov chain where it is not."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from dfr.errors import InputError
from dfr.plan.siting.queueing import dock_loads, erlang_b, erlang_c


@pytest.mark.parametrize(("servers", "per_h", "served_per_h", "blocked", "waits"), [
    (1, 3, 6, 0.333333, 0.500000),
    (2, 3, 2.5, 0.246575, 0.450000),
    (3, 4, 2, 0.210526, 0.444444),
    (4, 6, 2, 0.206107, 0.509434),
])  # fmt: skip
def test_erlang_gives_the_published_figures(
    servers: int, per_h: float, served_per_h: float, blocked: float, waits: float
) -> None:
    assert erlang_b(servers, per_h / served_per_h) == pytest.approx(blocked, abs=5e-7)
    assert erlang_c(servers, per_h / served_per_h) == pytest.approx(waits, abs=5e-7)
    assert erlang_c(servers, float(servers)) == 1.0


def _exact(times: np.ndarray, rates: np.ndarray, service_s: float, docks: int) -> np.ndarray:
    """Larson's hypercube with one drone in each dock: chance that each serves a call of each row."""
    states = list(itertools.product((0, 1), repeat=docks))
    number = {state: index for index, state in enumerate(states)}
    order = np.argsort(times, axis=1)
    flow = np.zeros((len(states), len(states)))
    for state in states:
        for row, rate in enumerate(rates):
            free = [j for j in order[row] if not state[j] and math.isfinite(times[row, j])]
            if free:
                busy = tuple(1 if j == free[0] else s for j, s in enumerate(state))
                flow[number[state], number[busy]] += rate
        for j in range(docks):
            if state[j]:
                done = tuple(0 if k == j else s for k, s in enumerate(state))
                flow[number[state], number[done]] += 1.0 / service_s
    balance = flow.T - np.diag(flow.sum(axis=1))
    balance[-1] = 1.0
    chance = np.linalg.solve(balance, np.eye(len(states))[-1])
    serves = np.zeros(times.shape)
    for state in states:
        for row in range(len(rates)):
            free = [j for j in order[row] if not state[j] and math.isfinite(times[row, j])]
            if free:
                serves[row, free[0]] += chance[number[state]]
    return serves


@pytest.mark.parametrize("seed", range(4))
def test_docks_that_help_each_other_are_close_to_the_exact_chain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = rng.uniform(10.0, 100.0, (6, 3))
    times[0, 2] = math.inf
    rates = rng.uniform(0.5, 1.5, 6) * 0.8 / 600.0 / 6.0
    exact = _exact(times, rates, 600.0, 3)
    found = dock_loads(times, rates, np.full((6, 3), 600.0), [1, 1, 1])
    assert found.serves == pytest.approx(exact, abs=0.05)
    covered = times <= 50.0
    assert found.expected(covered, rates) == pytest.approx(
        float(rates @ (exact * covered).sum(axis=1) / rates.sum()), abs=0.02
    )


def test_every_call_is_served_or_finds_all_busy() -> None:
    rng = np.random.default_rng(5)
    times, rates = rng.uniform(10.0, 100.0, (8, 3)), rng.uniform(0.0, 0.002, 8)
    found = dock_loads(times, rates, np.full((8, 3), 900.0), [1, 2, 3])
    assert found.serves.sum(axis=1) + found.blocked.prod() == pytest.approx(np.ones(8))
    assert np.all((found.utilisation >= 0.0) & (found.utilisation < 1.0))


def test_a_dock_without_drones_serves_nobody_and_more_drones_cover_more() -> None:
    times, rates, service = [[10.0, 20.0]], [0.002], [[600.0, 600.0]]
    assert dock_loads(times, rates, service, [0, 1]).serves[0, 0] == 0.0
    shares = [dock_loads(times, rates, service, [n, 1]).serves[0, 0] for n in (1, 2, 3)]
    assert shares == sorted(shares)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(InputError, match="->"):
        dock_loads([[1.0]], [1.0, 2.0], [[1.0]], [1])
