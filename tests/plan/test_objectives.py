"""Docks by every objective: against every choice there is, on the field with more sites and winds."""

from __future__ import annotations

import itertools
from copy import copy
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from dfr.errors import InfeasibleError, InputError
from dfr.plan import objectives
from dfr.plan.codec import plan_from_dict
from dfr.plan.objectives import Objective, SitingObjective, pareto_fronts, site_docks
from dfr.plan.planner import candidate_layouts, make_plan, with_roles

from .conftest import START, Field, candidate, hour

PLACES = {"a": (-450, -450), "b": (-400, 100), "c": (0, 0), "d": (300, 300), "e": (450, -300)}
COSTS = {"a": 1.0, "b": 4.0, "c": 5.0, "d": 3.0, "e": 2.0}
LIMIT_S = 75.0


@pytest.fixture
def world(field: Field):
    winds = [(2.0, 270.0), (7.0, 90.0), (7.0, 270.0), (6.0, 0.0)]
    return field(
        candidates=tuple(candidate(name, *place, cost=COSTS[name]) for name, place in PLACES.items()),
        weather={
            "hours": tuple(
                hour(START + timedelta(hours=k), wind_mps=speed, wind_from_deg=towards)
                for k, (speed, towards) in enumerate(winds)
            )
        },
        targets={"siting_limit_s": LIMIT_S},
    )


@pytest.fixture
def layouts(world):
    return candidate_layouts(world)[0]


def seconds(layouts) -> tuple[np.ndarray, np.ndarray]:
    """(Seconds from decision to overhead, shape (hours x zones, sites), calls of each row)."""
    times = layouts.matrix.overhead_s + layouts.scenario.crew.launch.median_s
    return times.reshape(-1, times.shape[2]), layouts.calls.ravel()


def worth(objective: str, often: np.ndarray, nearest: np.ndarray, calls: np.ndarray) -> float:
    order = np.argsort(nearest)
    reached = np.cumsum(calls[order]) >= 0.9 * calls.sum() - 1e-9
    return {
        "median": lambda: -float(nearest @ calls / calls.sum()),
        "center": lambda: -float(nearest.max()),
        "p90": lambda: -float(nearest[order][reached][0]),
        "mexclp": lambda: float((1.0 - 0.3 ** often.astype(float)) @ calls / calls.sum()),
        "backup": lambda: float((0.5 * (often > 0) + 0.5 * (often > 1)) @ calls / calls.sum()),
        "budget": lambda: float((often > 0) @ calls / calls.sum()),
    }[objective]()


@pytest.mark.parametrize("objective", ["median", "center", "p90", "mexclp", "backup"])
@pytest.mark.parametrize("docks", [1, 2, 3])
def test_the_docks_are_the_best_of_all_choices(layouts, objective: str, docks: int):
    times, calls = seconds(layouts)
    values = {
        chosen: worth(
            objective, (times[:, chosen] <= LIMIT_S).sum(axis=1), times[:, chosen].min(axis=1), calls
        )
        for chosen in itertools.combinations(range(5), docks)
    }
    busy = 0.3 if objective == "mexclp" else None
    chosen, by = site_docks(layouts, docks, SitingObjective(objective=Objective(objective), busy=busy))
    sign = 1.0 if by.unit == "share" else -1.0
    assert sign * by.value == pytest.approx(max(values.values()), abs=1e-6)
    assert values[chosen] == pytest.approx(max(values.values()))
    assert (by.objective, by.status, by.gap) == (objective, "optimal", 0.0)


def test_where_no_layout_reaches_all_the_centre_reaches_most_and_those_soonest(layouts):
    """Sites a and e reach the busier zone, c and d the other, and no dock both; b reaches nothing at all."""
    overhead_s = np.full_like(layouts.matrix.overhead_s, np.inf)
    left = int(np.argmax(layouts.calls.sum(axis=0)))
    overhead_s[:, left, 0], overhead_s[:, left, 4] = 50.0, 40.0
    overhead_s[:, 1 - left, 2:4] = 10.0
    cut = copy(layouts)
    cut.matrix = replace(layouts.matrix, overhead_s=overhead_s)
    launch_s = layouts.scenario.crew.launch.median_s
    lost = layouts.calls[:, 1 - left].sum() / layouts.calls.sum()
    chosen, by = site_docks(cut, 1, SitingObjective(objective=Objective.CENTER))
    assert (chosen, by.value) == ((4,), 3600.0 + launch_s)
    beyond = f"{lost:.1%} of calls are out of reach of these docks and count as 1 hour"
    assert by.given == f"{beyond}; the others are reached within {40 + launch_s:.0f} s"
    chosen, by = site_docks(cut, 2, SitingObjective(objective=Objective.CENTER))
    assert (by.value, by.given) == (40.0 + launch_s, "")
    _, by = site_docks(cut, 1, SitingObjective(objective=Objective.MEDIAN))
    assert beyond in by.given


def test_a_budget_buys_the_docks_that_cover_most(layouts):
    times, calls = seconds(layouts)
    costs = np.array(list(COSTS.values()))
    best = max(
        worth("budget", (times[:, chosen] <= LIMIT_S).sum(axis=1), times[:, chosen].min(axis=1), calls)
        for count in (1, 2, 3)
        for chosen in itertools.combinations(range(5), count)
        if costs[list(chosen)].sum() <= 6.0
    )
    chosen, by = site_docks(layouts, 1, SitingObjective(budget=6.0))
    assert by.value == pytest.approx(best, abs=1e-6)
    assert costs[list(chosen)].sum() <= 6.0
    assert "of 6 spent" in by.given


def test_a_dock_serves_no_more_calls_an_hour_than_it_can(layouts):
    """Two calls come each hour, 0.6 on the left: one dock that serves one is half of them at most."""
    _, by = site_docks(layouts, 1, SitingObjective(capacity_per_h=1.0))
    assert by.value <= 0.5
    _, roomy = site_docks(layouts, 1, SitingObjective(capacity_per_h=100.0))
    times, calls = seconds(layouts)
    assert roomy.value == pytest.approx(((times <= LIMIT_S) * calls[:, None]).sum(axis=0).max() / calls.sum())


def test_busy_drones_have_the_busy_fraction_they_were_sited_for(layouts):
    _, by = site_docks(layouts, 2, SitingObjective(objective=Objective.MEXCLP))
    assert "in agreement with these docks' own" in by.given
    assert by.status == "optimal"


def test_the_plan_says_for_what_its_docks_stand_and_what_that_costs_in_coverage(world):
    best, fair = (
        make_plan(world, docks=2),
        make_plan(world, docks=2, sited_for=SitingObjective(objective=Objective.CENTER)),
    )
    assert best.sited_by is not None
    assert (best.sited_by.objective, best.sited_by.value) == ("mclp", best.objective)
    assert fair.sited_by is not None
    assert (fair.sited_by.objective, fair.sited_by.unit) == ("center", "s")
    assert fair.objective == fair.coverage[LIMIT_S] <= best.objective == fair.bound
    if fair.objective < best.objective:
        assert (fair.status, fair.gap) == ("feasible", (best.objective - fair.objective) / fair.objective)
    assert plan_from_dict(fair.as_dict()) == fair
    old = {name: value for name, value in fair.as_dict().items() if name != "sited_by"}
    assert plan_from_dict(old).sited_by is None


@pytest.mark.parametrize("objective", list(Objective))
def test_flags_decide_over_sites_whatever_the_objective(world, objective: Objective):
    world = with_roles(world, require=["a"], forbid=["c", "d"])
    sites = {s.id for s in make_plan(world, docks=2, sited_for=SitingObjective(objective=objective)).sites}
    assert "a" in sites
    assert not {"c", "d"} & sites


def test_roles_of_unknown_sites_are_refused(world):
    with pytest.raises(InputError, match="'x' is not a candidate -> choose from a, b, c, d, e"):
        with_roles(world, require=["x"])
    with pytest.raises(InputError, match="required and forbidden"):
        with_roles(world, require=["a"], forbid=["a"])


def test_wishes_that_do_not_go_together_are_refused(layouts, field: Field):
    for wrong in (
        {"budget": 2.0, "capacity_per_h": 1.0},
        {"budget": 2.0, "objective": Objective.MEDIAN},
        {"busy": 0.2},
        {"budget": -1.0},
        {"capacity_per_h": float("nan")},
    ):
        with pytest.raises(InputError, match="->"):
            SitingObjective(**wrong)
    with pytest.raises(InputError, match="busy fraction 1"):
        site_docks(layouts, 1, SitingObjective(objective=Objective.MEXCLP, busy=1.0))
    with pytest.raises(InfeasibleError, match="no dock fits"):
        site_docks(layouts, 1, SitingObjective(budget=0.5))
    with pytest.raises(InputError, match="no cost of west, middle, east"):
        make_plan(field(), sited_for=SitingObjective(budget=10.0))


def test_a_table_that_an_objective_cannot_hold_is_refused_with_what_to_do(
    layouts, monkeypatch: pytest.MonkeyPatch
):
    sorties = layouts.matrix.overhead_s.size
    monkeypatch.setattr(objectives, "MOST_HELD", sorties - 1)
    with pytest.raises(
        InputError, match=rf"{sorties} sorties.*at most {sorties - 1} -> choose objective mclp"
    ):
        site_docks(layouts, 2, SitingObjective(objective=Objective.CENTER))
    assert site_docks(layouts, 2, SitingObjective())[1].status == "optimal"


def test_the_fronts_hold_the_best_of_each_number_of_docks_and_every_compromise(layouts):
    found = pareto_fronts(layouts, 2)
    assert {option.docks for option in found.options} == {1, 2, 3, 4, 5}
    for objective in ("mclp", "median", "p90", "center"):
        values = [option.by.value for option in found.options if option.by.objective == objective]
        assert values == sorted(values, reverse=objective != "mclp")
    times, calls = seconds(layouts)
    points = set()
    for chosen in itertools.combinations(range(5), 2):
        nearest = times[:, chosen].min(axis=1)
        points.add((round(float(calls[nearest <= LIMIT_S].sum() / calls.sum()), 6), round(nearest.max(), 3)))
    best = {(s, w) for s, w in points if not any(a >= s and b <= w and (a, b) != (s, w) for a, b in points)}
    assert found.proven
    assert {(point.share, point.worst_s) for point in found.compromises} == best
