"""Siting and queueing agree with each other."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from dfr.plan.siting.queueing import dock_loads, erlang_b, find_agreed_sites, solve_queueing
from dfr.plan.siting.variants import solve_mexclp


def _case(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    rows, homes = rng.uniform(0, 150, (15, 2)), rng.uniform(0, 150, (6, 2))
    times = np.hypot(*(rows[:, None, :] - homes[None, :, :]).transpose(2, 0, 1))
    return times, rng.uniform(0.5, 1.5, 15) / 15_000.0, 900.0 + times


@pytest.mark.parametrize("drones", [1, 2, 5])
@pytest.mark.parametrize("load", [0.3, 1.5, 6.0])
def test_one_dock_is_erlangs_loss_queue(drones: int, load: float) -> None:
    """Carried load of M/M/d/d: a (1 - B) of d drones."""
    found = solve_queueing([[10.0]], [load / 600.0], [[600.0]], limit_s=60.0, p=drones)
    assert found.agreed
    assert found.measured == pytest.approx(load * (1.0 - erlang_b(drones, load)) / drones)


@pytest.mark.parametrize("seed", range(5))
def test_the_sites_are_the_best_for_the_busy_fraction_they_have(seed: int) -> None:
    times, rates, service = _case(seed)
    found = solve_queueing(times, rates, service, limit_s=60.0, p=3)
    assert found.agreed
    docks, drones = np.unique(found.sites.chosen, return_counts=True)
    loads = dock_loads(times[:, docks], rates, service[:, docks], drones)
    assert loads.utilisation @ drones / 3 == pytest.approx(found.measured)
    assert abs(found.measured - found.busy) <= 0.002
    best = max(
        float(rates @ (1.0 - found.busy ** (times[:, list(placed)] <= 60.0).sum(axis=1)))
        for placed in itertools.combinations_with_replacement(range(6), 3)
    )
    assert found.sites.objective == pytest.approx(best)


def test_busier_drones_stand_together_where_most_calls_come() -> None:
    times, service = [[10.0, 99.0], [99.0, 10.0]], np.full((2, 2), 600.0)
    quiet = solve_queueing(times, [9e-5, 2e-5], service, limit_s=60.0, p=2)
    loud = solve_queueing(times, [9e-3, 1e-3], service, limit_s=60.0, p=2)
    assert quiet.sites.chosen == (0, 1)
    assert loud.sites.chosen == (0, 0)


def test_layouts_that_ask_for_each_other_end_between_them_and_say_so() -> None:
    """A simulation may find one layout busy and the other idle: no busy fraction then suits both."""
    times, rates, _ = _case(0)

    def busy_of(chosen: tuple[int, ...]) -> float:
        return 0.9 if len(set(chosen)) == 3 else 0.0

    found = find_agreed_sites(lambda busy: solve_mexclp(times, rates, limit_s=60.0, p=3, busy=busy), busy_of)
    assert not found.agreed
    apart, together = (
        len(set(solve_mexclp(times, rates, limit_s=60.0, p=3, busy=found.busy + step).chosen)) == 3
        for step in (-0.01, 0.01)
    )
    assert apart
    assert not together
