"""Every siting variant on tables of any kind (ties, holes, no demand, roles): against every choice."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dfr.errors import InputError
from dfr.plan.siting.cover import solve_mclp
from dfr.plan.siting.fair import pareto_front, solve_quantile
from dfr.plan.siting.median import solve_pmedian
from dfr.plan.siting.variants import solve_backup, solve_budget, solve_capacitated, solve_mexclp

from ...examples import examples

LIMIT_S = 4.0


@st.composite
def problems(draw):
    """(times, demand, p, forced, forbidden) of up to 7 rows and 5 sites."""
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 5))
    times = draw(
        arrays(float, (rows, columns), elements=st.one_of(st.integers(0, 9).map(float), st.just(np.inf)))
    )
    demand = draw(arrays(float, rows, elements=st.sampled_from([0.0, 0.1, 1.0, 2.25, 7.0, 1e-4, 1e4])))
    roles = draw(st.lists(st.sampled_from("ffmn"), min_size=columns, max_size=columns))
    forced = [j for j, role in enumerate(roles) if role == "m"]
    forbidden = [j for j, role in enumerate(roles) if role == "n"][: columns - 1]
    p = draw(st.integers(max(1, len(forced)), columns - len(forbidden)))
    return times, demand, p, forced, forbidden


def choices(times, p, forced, forbidden):
    allowed = [j for j in range(times.shape[1]) if j not in forbidden]
    return [c for c in itertools.combinations(allowed, p) if set(forced) <= set(c)]


def often(times, chosen):
    return (times[:, list(chosen)] <= LIMIT_S).sum(axis=1)


def proves(found, best, demand):
    """Proven; where roles leave a worth that is nothing beside all demand, within the solver's tolerance."""
    if best >= 1e-3 * demand.sum():
        assert found.status == "optimal"
    assert best * (1 - 1e-9) <= found.bound <= best + 1e-8 * demand.sum()


def test_one_call_of_two_is_proven_as_well_as_a_thousand():
    times = np.array([[0.0, 0.0, np.inf], [np.inf, 9.0, np.inf]])
    for count in (1.0, 1000.0):
        found = solve_mexclp(times, [count, count], limit_s=LIMIT_S, p=1, busy=0.25)
        assert found.status == "optimal"
        assert found.objective == 0.75 * count


@examples(60)
@given(problems(), st.sampled_from([0.0, 0.25, 0.5, 0.9]))
def test_busy_and_backed_up_coverage_agree_with_brute_force(problem, part):
    times, demand, p, forced, forbidden = problem
    roles = {"limit_s": LIMIT_S, "p": p, "forced": forced, "forbidden": forbidden}

    def busy(c):
        return float(demand @ (1.0 - part ** often(times, c).astype(float)))

    def backup(c):
        return float(demand @ ((1 - part) * (often(times, c) > 0) + part * (often(times, c) > 1)))

    for worth, found in (
        (busy, solve_mexclp(times, demand, busy=part, most=1, **roles)),
        (backup, solve_backup(times, demand, weight=part, **roles)),
    ):
        best = max(worth(c) for c in choices(times, p, forced, forbidden))
        proves(found, best, demand)
        assert found.objective == pytest.approx(best, rel=1e-9)
        assert worth(found.chosen) == pytest.approx(best, rel=1e-9)
        assert len(found.chosen) == p
        assert set(forced) <= set(found.chosen)


@examples(60)
@given(problems(), st.data())
def test_budgets_and_capacities_agree_with_brute_force(problem, data):
    times, demand, p, forced, forbidden = problem
    costs = data.draw(arrays(float, times.shape[1], elements=st.sampled_from([0.0, 1.0, 2.5, 4.0])))
    every = [c for k in range(times.shape[1] + 1) for c in choices(times, k, forced, forbidden)]
    bought = [float(demand[often(times, c) > 0].sum()) for c in every if costs[list(c)].sum() <= 5.0]
    found = solve_budget(
        times, demand, limit_s=LIMIT_S, costs=costs, budget=5.0, forced=forced, forbidden=forbidden
    )
    if bought:
        proves(found, max(bought), demand)
        assert found.objective == pytest.approx(max(bought), rel=1e-9)
        assert costs[list(found.chosen)].sum() <= 5.0
    else:
        assert found.status == "infeasible"
    roomy = solve_capacitated(
        times, demand, limit_s=LIMIT_S, p=p, capacities=np.full(times.shape[1], demand.sum()),
        forced=forced, forbidden=forbidden,
    )  # fmt: skip
    best = max(float(demand[often(times, c) > 0].sum()) for c in choices(times, p, forced, forbidden))
    assert roomy.objective == pytest.approx(best, rel=1e-6)


@examples(60)
@given(problems(), st.sampled_from([0.3, 0.9, 1.0]))
def test_quantiles_and_fronts_agree_with_brute_force(problem, share):
    times, demand, p, forced, forbidden = problem
    roles = {"p": p, "forced": forced, "forbidden": forbidden}

    def quantile(c):
        nearest = times[:, list(c)].min(axis=1)
        return min(
            (t for t in {0.0, *nearest} if demand[nearest <= t].sum() >= share * demand.sum() * (1 - 1e-12)),
            default=np.inf,
        )

    best = min(quantile(c) for c in choices(times, p, forced, forbidden))
    found = solve_quantile(times, demand, share=share, **roles)
    assert found.status == ("infeasible" if np.isinf(best) else "optimal")
    if np.isfinite(best):
        assert found.objective == best
    allowed = [j for j in range(times.shape[1]) if j not in forbidden]
    wanted = (demand > 0) & np.isfinite(times[:, allowed]).any(axis=1)
    points = set()
    for c in choices(times, p, forced, forbidden):
        nearest = times[wanted][:, list(c)].min(axis=1)
        if np.isfinite(nearest).all():
            points.add(
                (round(float(demand[wanted][nearest <= LIMIT_S].sum()), 6), float(nearest.max(initial=0)))
            )
    best_points = {
        (a, w) for a, w in points if not any(b >= a and v <= w and (b, v) != (a, w) for b, v in points)
    }
    front = pareto_front(times, demand, limit_s=LIMIT_S, **roles)
    assert front.proven
    assert {(round(point.covered, 6), point.worst_s) for point in front.points} == best_points


SOLVERS = (
    lambda times, demand: solve_mclp(times, demand, p=2, limit_s=LIMIT_S),
    lambda times, demand: solve_pmedian(times, demand, p=2),
    lambda times, demand: solve_quantile(times, demand, p=2),
    lambda times, demand: solve_backup(times, demand, p=2, limit_s=LIMIT_S),
)


@pytest.mark.parametrize("solve", SOLVERS)
@pytest.mark.parametrize("weights", [[5e-324] * 3, [1e308] * 3, [1e308, 1.0, 1.0]])
def test_weights_that_overflow_or_vanish_are_refused_by_name(solve, weights):
    times = np.array([[1.0, 3.0, 5.0], [5.0, 2.0, 6.0], [3.0, 8.0, 1.0]])
    with pytest.raises(InputError, match="the largest weight of demand is"):
        solve(times, np.array(weights))


@pytest.mark.parametrize("solve", SOLVERS)
def test_weights_of_any_size_in_between_give_the_same_sites(solve):
    times = np.array([[1.0, 3.0, 5.0], [5.0, 2.0, 6.0], [3.0, 8.0, 1.0]])
    plain = solve(times, np.array([1.0, 2.0, 4.0]))
    for size in (1e-90, 1e90):
        found = solve(times, size * np.array([1.0, 2.0, 4.0]))
        assert found.chosen == plain.chosen
        assert found.objective == pytest.approx(size * plain.objective) or solve is SOLVERS[2]
