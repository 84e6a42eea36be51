"""The siting solvers against published optima and brute force."""

from __future__ import annotations

import csv
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from dfr.errors import InputError
from dfr.plan.siting import solve_lscp, solve_mclp, solve_pcenter, solve_pmedian
from tests.orlib import read_pmed

from ...examples import examples

PMEDIAN = {1: 5819, 2: 4093, 3: 4250, 4: 3034, 5: 1355, 7: 5631, 11: 7696}
PCENTER = {1: 127, 2: 98, 3: 93, 4: 74, 5: 48, 7: 64, 10: 20}


def pmed(reference: Path, number: int) -> tuple[np.ndarray, int]:
    return read_pmed((reference / "siting" / "orlib" / f"pmed{number}.txt").read_text())


@pytest.fixture(scope="module")
def san_francisco(reference: Path) -> tuple[np.ndarray, np.ndarray]:
    """Distances (205 tracts, 16 stores) and the tracts' population."""
    folder = reference / "siting"
    with (folder / "SF_network_distance_candidateStore_16_censusTract_205_new.csv").open() as file:
        rows = list(csv.DictReader(file))
    tracts = sorted({row["DestinationName"] for row in rows})
    stores = sorted({row["name"] for row in rows})
    distance = np.full((len(tracts), len(stores)), np.inf)
    people = np.zeros(len(tracts))
    for row in rows:
        i, j = tracts.index(row["DestinationName"]), stores.index(row["name"])
        distance[i, j], people[i] = float(row["distance"]), float(row["demand"])
    return distance, people


def test_san_francisco_mclp_leaves_21_tracts_uncovered(san_francisco):
    distance, people = san_francisco
    found = solve_mclp(distance, people, limit_s=5000.0, p=4)
    assert found.status == "optimal"
    assert np.count_nonzero((distance[:, list(found.chosen)] > 5000.0).all(axis=1)) == 21


def test_san_francisco_p_median_has_the_published_mean_distance(san_francisco):
    distance, people = san_francisco
    found = solve_pmedian(distance, people, p=4)
    assert found.status == "optimal"
    assert found.objective / people.sum() == pytest.approx(2982.1268579890657, rel=1e-12)


@pytest.mark.parametrize("number", PMEDIAN)
def test_orlib_p_median_optimum(reference, number):
    times, p = pmed(reference, number)
    found = solve_pmedian(times, p=p)
    assert (found.objective, found.bound, found.status) == (PMEDIAN[number], PMEDIAN[number], "optimal")


@pytest.mark.parametrize("number", PCENTER)
def test_orlib_p_center_optimum_and_the_coverage_around_it(reference, number):
    times, p = pmed(reference, number)
    found = solve_pcenter(times, p=p)
    radius = PCENTER[number]
    assert (found.objective, found.status) == (radius, "optimal")
    ones = np.ones(len(times))
    assert solve_mclp(times, ones, limit_s=radius, p=p).objective == len(times)
    assert solve_mclp(times, ones, limit_s=radius - 1, p=p).objective < len(times)
    assert solve_lscp(times, limit_s=radius).objective <= p
    assert solve_lscp(times, limit_s=radius - 1).objective > p


@pytest.mark.parametrize(("radius", "covered"), [(60, 59), (80, 75), (100, 90), (126, 99), (127, 100)])
def test_orlib_mclp_values_on_pmed1(reference, radius, covered):
    times, p = pmed(reference, 1)
    assert solve_mclp(times, np.ones(100), limit_s=radius, p=p).objective == covered


def test_an_edge_given_twice_takes_its_last_cost():
    distances, p = read_pmed("3 3 1\n1 2 5\n2 3 1\n1 2 9\n")
    assert p == 1
    assert distances[0, 1] == 9
    assert distances[0, 2] == 10


def test_a_broken_orlib_file_is_refused():
    with pytest.raises(InputError, match="vertices edges p"):
        read_pmed("3 2 1\n1 2 5\n")


def test_mclp_of_3000_by_200_is_proven_optimal():
    rng = np.random.default_rng(0)
    demand, site = rng.uniform(0, 20_000, (3000, 2)), rng.uniform(0, 20_000, (200, 2))
    weights = rng.integers(1, 20, 3000)
    times = np.hypot(*(demand[:, None, :] - site[None, :, :]).transpose(2, 0, 1))
    found = solve_mclp(times, weights, limit_s=2500.0, p=8)
    assert (found.objective, found.gap, found.status) == (13073, 0.0, "optimal")


def small_tables(rows: int = 7, columns: int = 5):
    seconds = st.one_of(st.integers(0, 9).map(float), st.just(np.inf))
    return st.tuples(
        st.tuples(st.integers(1, rows), st.integers(1, columns)).flatmap(
            lambda shape: arrays(float, shape, elements=seconds)
        ),
        st.data(),
    )


def choices(times: np.ndarray, p: int, forced, forbidden):
    allowed = [j for j in range(times.shape[1]) if j not in forbidden]
    return [c for c in itertools.combinations(allowed, p) if set(forced) <= set(c)]


def draw_side_conditions(data, columns: int):
    roles = data.draw(st.lists(st.sampled_from("ffmn"), min_size=columns, max_size=columns))
    forced = [j for j, role in enumerate(roles) if role == "m"]
    forbidden = [j for j, role in enumerate(roles) if role == "n"]
    if columns - len(forbidden) < 1:
        forbidden = forbidden[1:]
    p = data.draw(st.integers(max(1, len(forced)), columns - len(forbidden)))
    return p, forced, forbidden


@examples(80)
@given(small_tables())
def test_mclp_agrees_with_brute_force(drawn):
    times, data = drawn
    demand = data.draw(arrays(float, times.shape[0], elements=st.sampled_from([0.0, 0.5, 1.0, 2.25, 7.0])))
    p, forced, forbidden = draw_side_conditions(data, times.shape[1])
    best = max(demand[(times[:, c] <= 4.0).any(axis=1)].sum() for c in choices(times, p, forced, forbidden))
    for table in (times, sparse_of(times)):
        found = solve_mclp(table, demand, limit_s=4.0, p=p, forced=forced, forbidden=forbidden)
        assert found.status == "optimal"
        assert found.objective == pytest.approx(best)
        assert demand[(times[:, found.chosen] <= 4.0).any(axis=1)].sum() == pytest.approx(best)
        assert len(found.chosen) == p
        assert set(forced) <= set(found.chosen)
        assert not set(forbidden) & set(found.chosen)


@examples(80)
@given(small_tables())
def test_p_median_agrees_with_brute_force(drawn):
    times, data = drawn
    demand = data.draw(arrays(float, times.shape[0], elements=st.sampled_from([0.0, 0.5, 1.0, 3.0])))
    p, forced, forbidden = draw_side_conditions(data, times.shape[1])
    needed = demand > 0
    totals = [
        (times[needed][:, c].min(axis=1) * demand[needed]).sum() for c in choices(times, p, forced, forbidden)
    ]
    found = solve_pmedian(times, demand, p=p, forced=forced, forbidden=forbidden)
    if np.isinf(min(totals)):
        assert (found.status, found.chosen) == ("infeasible", ())
    else:
        assert found.status == "optimal"
        assert found.objective == pytest.approx(min(totals))


@examples(80)
@given(small_tables())
def test_p_center_agrees_with_brute_force(drawn):
    times, data = drawn
    p, forced, forbidden = draw_side_conditions(data, times.shape[1])
    worst = min(times[:, c].min(axis=1).max() for c in choices(times, p, forced, forbidden))
    found = solve_pcenter(times, p=p, forced=forced, forbidden=forbidden)
    if np.isinf(worst):
        assert found.status == "infeasible"
    else:
        assert (found.status, found.objective) == ("optimal", worst)
        assert times[:, found.chosen].min(axis=1).max() == worst


@examples(80)
@given(small_tables())
def test_set_cover_agrees_with_brute_force(drawn):
    times, data = drawn
    _, forced, forbidden = draw_side_conditions(data, times.shape[1])
    sizes = [
        k
        for k in range(times.shape[1] + 1)
        for c in choices(times, k, forced, forbidden)
        if (times[:, c] <= 4.0).any(axis=1).all()
    ]
    found = solve_lscp(times, limit_s=4.0, forced=forced, forbidden=forbidden)
    if sizes:
        assert (found.status, found.objective) == ("optimal", min(sizes))
        assert (times[:, found.chosen] <= 4.0).any(axis=1).all()
    else:
        assert found.status == "infeasible"


def sparse_of(times: np.ndarray) -> sparse.csr_array:
    rows, columns = np.nonzero(np.isfinite(times))
    return sparse.csr_array((times[rows, columns], (rows, columns)), shape=times.shape)


def test_the_same_input_gives_the_same_sites():
    times = np.random.default_rng(5).integers(0, 30, (60, 20)).astype(float)
    first, second = (solve_mclp(times, np.ones(60), limit_s=5.0, p=4) for _ in range(2))
    assert first == second


def test_a_stopped_search_says_how_far_it_is_from_proven():
    rng = np.random.default_rng(11)
    times = rng.uniform(0, 1, (400, 120))
    found = solve_pmedian(times, rng.uniform(1, 2, 400), p=12, time_limit_s=0.0)
    assert found.status == "feasible"
    assert found.bound < found.objective
    assert found.gap == pytest.approx((found.objective - found.bound) / found.objective)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"p": 3}, "choose p <= 2"),
        ({"p": 0}, "at least 1"),
        ({"p": 1, "forced": [0, 1]}, "at least 2"),
        ({"p": 1, "forced": [0], "forbidden": [0]}, "both forced and forbidden"),
        ({"p": 1, "forced": [7]}, "site 7"),
    ],
)
def test_an_impossible_request_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        solve_mclp([[1.0, 2.0]], [1.0], limit_s=1.0, **arguments)


@pytest.mark.parametrize(
    ("times", "demand", "message"),
    [
        ([[1.0, np.nan]], [1.0], "NaN"),
        ([[1.0, -2.0]], [1.0], "negative time"),
        ([[1.0, 2.0]], [-1.0], "negative"),
        ([[1.0, 2.0]], [1.0, 2.0], "one weight for each row"),
        ([1.0, 2.0], [1.0, 2.0], "n_demand, n_sites"),
    ],
)
def test_tables_that_cannot_be_meant_are_refused(times, demand, message):
    with pytest.raises(InputError, match=message):
        solve_mclp(times, demand, limit_s=1.0, p=1)


@pytest.mark.parametrize(
    "change",
    [
        {"p": 1.5},
        {"p": "1"},
        {"limit_s": np.nan},
        {"limit_s": -1.0},
        {"time_limit_s": np.nan},
        {"relative_gap": -0.1},
        {"forced": [0.5]},
        {"forced": 0},
        {"demand": ["many"]},
        {"demand": [1.0j]},
        {"times_s": [[1.0j, 2.0]]},
        {"times_s": sparse.csr_array([[1.0j, 2.0]])},
        {"times_s": [[1.0, 2.0], [1.0]]},
    ],
)
def test_what_is_no_number_is_refused_by_name(change):
    asked = {"times_s": [[1.0, 2.0]], "demand": [1.0], "limit_s": 1.0, "p": 1} | change
    with pytest.raises(InputError, match=next(iter(change)).removesuffix("_s").replace("forced", "site")):
        solve_mclp(**asked)


@pytest.mark.parametrize("seed", range(20))
def test_the_median_agrees_with_brute_force_over_demand_of_any_scale(seed):
    rng = np.random.default_rng(seed)
    times, demand = rng.choice([0.0, 1.0, 1.0000001, 5.0], (6, 6)), 10.0 ** rng.uniform(-7, 7, 6)
    times[range(6), rng.permutation(6)] = 0.0
    found = solve_pmedian(times, demand, p=4)
    totals = [demand @ times[:, list(c)].min(axis=1) for c in itertools.combinations(range(6), 4)]
    assert found.objective == pytest.approx(min(totals), rel=1e-9)


def test_a_total_beyond_any_number_is_refused():
    with pytest.raises(InputError, match="beyond any number"):
        solve_pmedian([[1e250, 2e250]], [1e90], p=1)


def test_an_unlimited_time_does_not_cover_what_is_out_of_reach():
    times = np.array([[np.inf, 5.0], [np.inf, np.inf]])
    for table in (times, sparse.csr_array(times), np.ma.masked_invalid(times)):
        found = solve_mclp(table, [2.0, 3.0], limit_s=np.inf, p=1)
        assert (found.chosen, found.objective) == ((1,), 2.0)


def test_a_pair_stored_twice_is_refused_and_a_stored_zero_is_no_time_at_all():
    twice = sparse.coo_array(([3.0, 4.0], ([0, 0], [0, 0])), shape=(1, 2))
    with pytest.raises(InputError, match="stores a pair twice"):
        solve_mclp(twice, [1.0], limit_s=5.0, p=1)
    at_the_door = sparse.csr_array(([0.0], ([0], [1])), shape=(1, 2))
    assert solve_mclp(at_the_door, [1.0], limit_s=5.0, p=1).chosen == (1,)


@pytest.mark.parametrize("unit", [1e-12, 1e-9, 0.1, 1e9])
def test_the_unit_of_demand_changes_no_choice_and_no_proof(unit):
    rng = np.random.default_rng(1)
    times, demand = rng.uniform(0, 100, (60, 20)), rng.uniform(0, 1, 60)
    chosen = np.array(list(itertools.combinations(range(20), 4)))
    covered = np.array([demand[(times[:, c] <= 20.0).any(axis=1)].sum() for c in chosen])
    found = solve_mclp(times, demand * unit, limit_s=20.0, p=4)
    assert found.status == "optimal"
    assert found.objective == pytest.approx(covered.max() * unit, rel=1e-9)
    totals = np.array([times[:, c].min(axis=1) @ demand for c in chosen])
    median = solve_pmedian(times, demand * unit, p=4)
    assert median.status == "optimal"
    assert median.objective == pytest.approx(totals.min() * unit, rel=1e-9)


@pytest.mark.parametrize("gap", [0.01, 0.05, 0.2])
@pytest.mark.parametrize("seed", range(3))
def test_a_bound_holds_where_a_gap_is_allowed(gap, seed):
    rng = np.random.default_rng(seed)
    times, demand = rng.uniform(0, 100, (80, 24)), rng.uniform(0, 1, 80)
    best = solve_mclp(times, demand, limit_s=15.0, p=4)
    near = solve_mclp(times, demand, limit_s=15.0, p=4, relative_gap=gap)
    assert near.objective <= best.objective + 1e-9 <= near.bound + 2e-9
    assert near.gap <= gap
    best, near = solve_pmedian(times, demand, p=4), solve_pmedian(times, demand, p=4, relative_gap=gap)
    assert near.bound - 1e-9 <= best.objective <= near.objective + 1e-9
    assert near.gap <= gap


@pytest.mark.parametrize("seed", [2, 4])
def test_a_bound_holds_where_the_branching_stops_at_the_gap(seed):
    rng = np.random.default_rng(seed)
    times, demand = rng.uniform(0, 100, (150, 40)), rng.uniform(0, 1, 150)
    best = solve_mclp(times, demand, limit_s=12.0, p=5)
    near = solve_mclp(times, demand, limit_s=12.0, p=5, relative_gap=0.05)
    assert best.status == "optimal"
    assert near.bound >= best.objective * (1 - 1e-9)
    assert near.gap <= 0.05


def test_what_no_site_reaches_is_named():
    times = np.array([[1.0, 9.0], [np.inf, np.inf], [9.0, 9.0], [np.inf, np.inf]])
    demand = [1.0, 1.0, 1.0, 0.0]
    assert solve_lscp(times, demand, limit_s=5.0).out_of_reach == (1, 2)
    assert solve_lscp(sparse_of(times), demand, limit_s=5.0).out_of_reach == (1, 2)
    assert solve_lscp(times, demand, limit_s=5.0, forbidden=[0]).out_of_reach == (0, 1, 2)
    assert solve_pmedian(times, demand, p=1).out_of_reach == (1,)
    assert solve_pcenter(times, demand, p=1).out_of_reach == (1,)


@pytest.mark.parametrize("limit_s", [0.0, 0.05])
def test_a_stopped_search_never_bounds_better_choices_away(limit_s):
    rng = np.random.default_rng(3)
    times, demand = rng.uniform(0, 100, (120, 24)), rng.uniform(0, 1, 120)
    for solve, arguments in ((solve_mclp, {"limit_s": 15.0}), (solve_pmedian, {}), (solve_pcenter, {})):
        best = solve(times, demand, p=4, **arguments)
        stopped = solve(times, demand, p=4, time_limit_s=limit_s, **arguments)
        assert best.status == "optimal"
        low, high = sorted((stopped.objective, stopped.bound))
        assert 0.0 <= low <= best.objective * (1 + 1e-9)
        assert best.objective <= high * (1 + 1e-9)


def test_nothing_is_printed_on_stdout(capfd):
    times = np.random.default_rng(1).integers(1, 100, (40, 40)).astype(float)
    solve_pcenter(times, p=4)
    solve_pmedian(times, p=4)
    assert capfd.readouterr().out == ""
