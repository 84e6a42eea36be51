"""Busy, backed-up, priced and fair coverage: each against every choice there is."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import sparse
from scipy.optimize import linprog

from dfr.errors import InputError
from dfr.plan.siting.fair import pareto_front, solve_quantile
from dfr.plan.siting.variants import solve_backup, solve_budget, solve_capacitated, solve_mexclp

LIMIT_S = 60.0


def _case(seed: int, rows: int = 14, sites: int = 6) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    places, homes = rng.uniform(0, 150, (rows, 2)), rng.uniform(0, 150, (sites, 2))
    times = np.hypot(*(places[:, None, :] - homes[None, :, :]).transpose(2, 0, 1))
    times[rng.random(times.shape) < 0.1] = np.inf
    return times, rng.integers(0, 20, rows).astype(float)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("busy", [0.0, 0.3, 0.8])
def test_expected_coverage_is_the_best_of_all_placements_of_drones(seed: int, busy: float) -> None:
    times, demand = _case(seed)
    best = max(
        float(demand @ (1.0 - busy ** (times[:, list(placed)] <= LIMIT_S).sum(axis=1)))
        for placed in itertools.combinations_with_replacement(range(6), 3)
    )
    found = solve_mexclp(times, demand, limit_s=LIMIT_S, p=3, busy=busy)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best)
    apart = solve_mexclp(times, demand, limit_s=LIMIT_S, p=3, busy=busy, most=1)
    assert len(set(apart.chosen)) == len(apart.chosen)
    assert apart.objective <= found.objective + 1e-9


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weight", [0.0, 0.4, 1.0])
def test_backup_is_the_best_of_all_choices(seed: int, weight: float) -> None:
    times, demand = _case(seed)

    def worth(chosen: tuple[int, ...]) -> float:
        often = (times[:, list(chosen)] <= LIMIT_S).sum(axis=1)
        return float((1.0 - weight) * demand[often >= 1].sum() + weight * demand[often >= 2].sum())

    best = max(worth(chosen) for chosen in itertools.combinations(range(6), 3))
    found = solve_backup(times, demand, limit_s=LIMIT_S, p=3, weight=weight)
    assert found.objective == pytest.approx(best)
    assert worth(found.chosen) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(5))
def test_a_budget_buys_the_most_coverage(seed: int) -> None:
    times, demand = _case(seed)
    costs = np.random.default_rng(seed).uniform(1.0, 5.0, 6)
    best = max(
        float(demand[(times[:, list(chosen)] <= LIMIT_S).any(axis=1)].sum())
        for count in range(7)
        for chosen in itertools.combinations(range(6), count)
        if costs[list(chosen)].sum() <= 7.0
    )
    found = solve_budget(times, demand, limit_s=LIMIT_S, costs=costs, budget=7.0)
    assert found.objective == pytest.approx(best)
    assert costs[list(found.chosen)].sum() <= 7.0 + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_capacities_are_kept_and_filled_as_well_as_can_be(seed: int) -> None:
    times, demand = _case(seed, rows=8, sites=5)
    room = np.random.default_rng(seed).uniform(5.0, 25.0, 5)

    def served(chosen: tuple[int, ...]) -> float:
        pairs = [(i, j) for i in range(8) for j in chosen if times[i, j] <= LIMIT_S]
        if not pairs:
            return 0.0
        of_row = np.array([[float(i == row) for i, _ in pairs] for row in range(8)])
        of_site = np.array([[float(j == site) for _, j in pairs] for site in chosen])
        answer = linprog(
            -np.ones(len(pairs)), np.vstack([of_row, of_site]), np.concatenate([demand, room[list(chosen)]])
        )
        return float(-answer.fun)

    best = max(served(chosen) for chosen in itertools.combinations(range(5), 2))
    found = solve_capacitated(times, demand, limit_s=LIMIT_S, p=2, capacities=room)
    assert found.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", range(5))
def test_the_quantile_is_the_least_of_all_choices(seed: int) -> None:
    times, demand = _case(seed)

    def p90(chosen: tuple[int, ...]) -> float:
        nearest = times[:, list(chosen)].min(axis=1)
        order = np.argsort(nearest)
        enough = np.cumsum(demand[order]) >= 0.9 * demand.sum() - 1e-9
        return float(nearest[order][enough][0])

    best = min(p90(chosen) for chosen in itertools.combinations(range(6), 2))
    found = solve_quantile(times, demand, p=2, share=0.9)
    if np.isinf(best):
        assert found.status == "infeasible"
    else:
        assert found.objective == pytest.approx(best)
        assert p90(found.chosen) == pytest.approx(best)


@pytest.mark.parametrize("seed", range(5))
def test_the_front_holds_every_compromise_and_no_other(seed: int) -> None:
    times, demand = _case(seed)
    wanted = (demand > 0) & np.isfinite(times).any(axis=1)
    points = set()
    for chosen in itertools.combinations(range(6), 2):
        nearest = times[wanted][:, list(chosen)].min(axis=1)
        points.add((float(demand[wanted][nearest <= LIMIT_S].sum()), float(nearest.max())))
    best = {(c, w) for c, w in points if not any((a >= c and b <= w) and (a, b) != (c, w) for a, b in points)}
    front = pareto_front(times, demand, limit_s=LIMIT_S, p=2)
    assert front.proven
    assert {(point.covered, point.worst_s) for point in front.points} == best
    covered = [point.covered for point in front.points]
    assert covered == sorted(covered, reverse=True)
    assert all(point.bound == point.covered for point in front.points)


def test_forbidden_sites_stay_empty() -> None:
    times, demand = _case(1)
    for found in (
        solve_mexclp(times, demand, limit_s=LIMIT_S, p=2, busy=0.5, forbidden=[0, 1]),
        solve_backup(times, demand, limit_s=LIMIT_S, p=2, forbidden=[0, 1]),
        solve_budget(times, demand, limit_s=LIMIT_S, costs=np.ones(6), budget=2.0, forbidden=[0, 1]),
        solve_capacitated(times, demand, limit_s=LIMIT_S, p=2, capacities=np.ones(6), forbidden=[0, 1]),
    ):
        assert not {0, 1} & set(found.chosen)


def _of(often: np.ndarray, demand: np.ndarray, name: str) -> float:
    """What a choice is worth by each objective, of how many sites cover each row."""
    return float(
        {
            "mexclp": demand @ (1.0 - 0.4 ** often.astype(float)),
            "backup": 0.3 * demand[often >= 1].sum() + 0.7 * demand[often >= 2].sum(),
            "budget": demand[often >= 1].sum(),
        }[name]
    )


@pytest.mark.parametrize("name", ["mexclp", "backup", "budget"])
@pytest.mark.parametrize("unit", [1e-9, 1.0, 0.01])
@pytest.mark.parametrize("seed", range(3))
def test_roles_and_units_and_sparse_tables_keep_every_variant_exact(
    name: str, unit: float, seed: int
) -> None:
    times, demand = _case(seed, rows=20, sites=7)
    forced, forbidden = [seed], [seed + 1]
    best = max(
        _of((times[:, list(chosen)] <= LIMIT_S).sum(axis=1), demand, name)
        for chosen in itertools.combinations(range(7), 3)
        if set(forced) <= set(chosen) and not set(forbidden) & set(chosen)
    )
    rows, columns = np.nonzero(np.isfinite(times))
    stored = sparse.csr_array((times[rows, columns], (rows, columns)), shape=times.shape)
    roles = {"limit_s": LIMIT_S, "forced": forced, "forbidden": forbidden}
    for table in (times, stored):
        if name == "mexclp":
            found = solve_mexclp(table, demand * unit, p=3, busy=0.4, most=1, **roles)
        elif name == "backup":
            found = solve_backup(table, demand * unit, p=3, weight=0.7, **roles)
        else:
            found = solve_budget(table, demand * unit, costs=np.ones(7), budget=3.0, **roles)
        assert found.status == "optimal"
        assert found.objective == pytest.approx(best * unit, rel=1e-9)
        assert set(forced) <= set(found.chosen)
        assert not set(forbidden) & set(found.chosen)


def test_p_sites_are_p_sites_even_where_the_last_adds_nothing() -> None:
    times = [[1.0, 9.0, 9.0, 9.0]]
    assert solve_mexclp(times, limit_s=5.0, p=3, busy=0.0, most=1).chosen == (0, 1, 2)
    assert solve_backup(times, limit_s=5.0, p=3, weight=0.0).chosen == (0, 1, 2)
    assert solve_capacitated(times, limit_s=5.0, p=3, capacities=np.ones(4)).chosen == (0, 1, 2)


def test_a_capacity_holds_in_every_period() -> None:
    times, demand = [[1.0, 9.0], [1.0, 9.0]], [3.0, 3.0]
    whole = solve_capacitated(times, demand, limit_s=5.0, p=1, capacities=[4.0, 4.0])
    hours = solve_capacitated(times, demand, limit_s=5.0, p=1, capacities=[4.0, 4.0], period=[8, 9])
    assert (whole.objective, hours.objective) == (4.0, 6.0)
    with pytest.raises(InputError, match="period"):
        solve_capacitated(times, demand, limit_s=5.0, p=1, capacities=[4.0, 4.0], period=[1])


def test_a_budget_below_the_forced_sites_is_infeasible() -> None:
    found = solve_budget([[1.0, 1.0]], limit_s=5.0, costs=[3.0, 1.0], budget=2.0, forced=[0])
    assert found.status == "infeasible"


@pytest.mark.parametrize("limit_s", [0.0, 0.02])
def test_a_stopped_variant_bounds_the_optimum(limit_s: float) -> None:
    rng = np.random.default_rng(4)
    times, demand = rng.uniform(0, 100, (60, 14)), rng.uniform(0, 1, 60)
    for solve, arguments in (
        (solve_mexclp, {"limit_s": 15.0, "busy": 0.4, "most": 1}),
        (solve_backup, {"limit_s": 25.0}),
        (solve_quantile, {}),
    ):
        best = solve(times, demand, p=3, **arguments)
        stopped = solve(times, demand, p=3, time_limit_s=limit_s, **arguments)
        assert best.status == "optimal"
        assert stopped.status in ("feasible", "unsolved", "optimal")
        if solve is solve_quantile:
            assert stopped.bound <= best.objective
        else:
            assert stopped.bound >= best.objective * (1 - 1e-9)


def test_a_front_that_ran_out_of_time_says_so() -> None:
    rng = np.random.default_rng(4)
    front = pareto_front(rng.uniform(0, 100, (150, 30)), limit_s=20.0, p=4, time_limit_s=0.0)
    assert not front.proven


def test_fair_sites_keep_their_roles() -> None:
    times, demand = _case(2)
    found = solve_quantile(times, demand, p=2, share=0.5, forced=[3], forbidden=[0])
    front = pareto_front(times, demand, limit_s=LIMIT_S, p=3, forced=[3], forbidden=[0])
    assert front.proven
    for chosen in (found.chosen, *(point.chosen for point in front.points)):
        assert 3 in chosen
        assert 0 not in chosen


def test_no_demand_asks_for_nothing() -> None:
    assert solve_quantile([[1.0, 2.0]], [0.0], p=1).objective == 0.0
    assert solve_mexclp([[1.0, 2.0]], [0.0], limit_s=5.0, p=1, busy=0.5).objective == 0.0
    assert solve_backup([[9.0, 9.0]], [1.0], limit_s=5.0, p=1).objective == 0.0


@pytest.mark.parametrize("size", [1e-99, 1e-9, 1.0, 1e9, 1e99])
def test_a_capacity_far_above_all_demand_is_no_limit_whatever_the_scale(size: float) -> None:
    found = solve_capacitated([[1.0, 9.0]], [size], limit_s=5.0, p=1, capacities=[1e307, 1e307])
    assert (found.chosen, found.status) == ((0,), "optimal")
    assert found.objective == pytest.approx(size)


def test_demand_that_no_site_allowed_covers_blurs_no_choice_between_the_others() -> None:
    rows = ["004050", "430404", "015000", "031000", "020000", "053040", "004050"]
    times = np.array([[float(cell) or np.inf for cell in row] for row in rows])
    times[1, 2] = times[5, 3] = 0.0
    demand = [40.2, 3.9e-4, 1.7e-5, 123.6, 1.8e5, 3.7e-6, 0.18]
    roles = {"forced": [0, 3], "forbidden": [1, 2, 5]}
    found = solve_mexclp(times, demand, limit_s=4.0, p=3, busy=0.5, **roles)
    assert found.chosen == (0, 3, 3)
    assert found.objective == pytest.approx(3.9e-4 * 0.875 + 3.7e-6 * 0.75)


def test_what_is_too_little_beside_other_demand_is_not_called_proven() -> None:
    times = [[1.0, 9.0, 9.0], [9.0, 1.0, 9.0], [9.0, 9.0, 1.0]]
    found = solve_budget(
        times, [3.9e-7, 3.8e-7, 1.8e5], limit_s=5.0, costs=[1.0, 1.0, 9.0], budget=1.0, time_limit_s=60.0
    )
    best = 3.9e-7
    assert found.bound >= best
    assert found.status == "feasible" or found.objective == best


def test_what_makes_no_sense_is_refused() -> None:
    times, demand = _case(1)
    with pytest.raises(InputError, match="busy"):
        solve_mexclp(times, demand, limit_s=LIMIT_S, p=2, busy=1.0)
    with pytest.raises(InputError, match="fewer drones"):
        solve_mexclp(times, demand, limit_s=LIMIT_S, p=13, busy=0.1, most=2)
    with pytest.raises(InputError, match="costs"):
        solve_budget(times, demand, limit_s=LIMIT_S, costs=[1.0], budget=2.0)
    with pytest.raises(InputError, match="weight"):
        solve_backup(times, demand, limit_s=LIMIT_S, p=2, weight=2.0)
    with pytest.raises(InputError, match="share"):
        solve_quantile(times, demand, p=2, share=0.0)
