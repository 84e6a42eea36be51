"""Classes of leg and wind against the prediction of each sortie itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan import matrix, path_times, wind_classes
from dfr.plan.matrix import build_matrix
from dfr.plan.path_times import fly_paths, sorties_of, usable_by_hour
from dfr.plan.routing import FlightPath
from dfr.plan.wind_classes import LEAST_OF_ONE_SPEED, Flown, StraightSorties, planes_of, read_planes
from dfr.plan.windows import HourWindow, hour_windows, windows_planned
from dfr.scenario.model import Scenario
from dfr.world.model import World

BOUND_S = 0.5


@pytest.fixture(scope="module")
def world() -> World:
    return load_world(find_scenario("urban-fringe-999"))


@pytest.fixture(scope="module")
def scenario(world: World) -> Scenario:
    return world.scenario


def random_paths(count: int, *, longest_m: float) -> list[FlightPath]:
    """Straight paths of random lengths in random directions from the centre."""
    rng = np.random.default_rng(7)
    lengths, courses = rng.uniform(1.0, longest_m, count), rng.uniform(0.0, 2.0 * np.pi, count)
    ends = np.stack([lengths * np.sin(courses), lengths * np.cos(courses)], axis=1)
    return [
        FlightPath(points=((0.0, 0.0), (float(x), float(y))), length_m=float(np.hypot(x, y))) for x, y in ends
    ]


def windy_hours(
    scenario: Scenario,
    count: int,
    *,
    least_mps: float,
    most_mps: float,
    intensities: Sequence[float] = (0.33,),
) -> list[HourWindow]:
    """Hours of random winds in the air of the scenario's first, with gusts of such shares of the wind."""
    rng, first = np.random.default_rng(8), hour_windows(scenario)[0]
    drawn = zip(rng.uniform(least_mps, most_mps, count), rng.uniform(0.0, 360.0, count), strict=True)
    return [
        replace(
            first,
            wind=replace(
                first.wind,
                speed_mps=float(speed),
                from_deg=float(blows),
                gust_deviation_mps=intensities[k % len(intensities)] * float(speed),
            ),
        )
        for k, (speed, blows) in enumerate(drawn)
    ]


def worst_errors(
    scenario: Scenario, paths: Sequence[FlightPath], hours: Sequence[HourWindow]
) -> tuple[float, bool]:
    """(The worst error of a time within the battery, s; whether the same sorties are within it)."""
    overhead, energy = fly_paths(scenario, [paths], hours)
    sorties = sorties_of(scenario, paths, hours)
    usable = usable_by_hour(scenario, hours)[:, None]
    exact_s = (sorties.climb_s + sorties.out_s).reshape(overhead.shape)
    exact_wh = sorties.late_energy_wh.reshape(overhead.shape)
    within = exact_wh <= usable
    assert within.any()
    assert not within.all()
    return float(np.abs(overhead - exact_s)[within].max()), bool(((energy <= usable) == within).all())


@pytest.mark.parametrize("least", [LEAST_OF_ONE_SPEED, 0], ids=["one grid", "a plane for each speed"])
def test_times_are_within_the_bound_and_none_changes_whether_the_battery_is_enough(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(wind_classes, "LEAST_OF_ONE_SPEED", least)
    hours = windy_hours(scenario, 8, least_mps=8.0, most_mps=9.4)
    worst_s, alike = worst_errors(scenario, random_paths(300, longest_m=6000.0), hours)
    assert 0.0 < worst_s <= BOUND_S
    assert alike


def test_hours_of_several_gusts_are_never_flown_too_soon_nor_on_too_little(scenario: Scenario) -> None:
    """Each hour is flown as the gustiest of its class, which is up to 2 % of the wind gustier than itself."""
    gusty = (0.0, 0.325, 0.337)
    hours = windy_hours(scenario, 9, least_mps=8.0, most_mps=8.9, intensities=gusty)
    paths = random_paths(60, longest_m=5000.0)
    overhead, energy = fly_paths(scenario, [paths], hours)
    exact = sorties_of(scenario, paths, hours)
    exact_s = (exact.climb_s + exact.out_s).reshape(overhead.shape)
    usable = usable_by_hour(scenario, hours)[:, None]
    within = energy <= usable
    assert within.any()
    assert not within.all()
    assert ((overhead - exact_s)[within] >= -BOUND_S).all()
    assert ((overhead - exact_s)[within] <= BOUND_S + 0.02 * exact_s[within]).all()
    assert (exact.late_energy_wh.reshape(energy.shape)[within] <= usable[0]).all()


def test_a_smaller_bound_is_kept_too(scenario: Scenario) -> None:
    strict = replace(scenario, study=replace(scenario.study, time_error_s=0.02))
    hours = windy_hours(scenario, 4, least_mps=8.0, most_mps=8.6)
    worst_s, alike = worst_errors(strict, random_paths(200, longest_m=6000.0), hours)
    assert worst_s <= 0.02
    assert alike


@pytest.mark.slow
@pytest.mark.parametrize("least", [LEAST_OF_ONE_SPEED, 0], ids=["one grid", "a plane for each speed"])
def test_times_are_within_the_bound_in_every_wind_that_is_flown(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch, least: int
) -> None:
    monkeypatch.setattr(wind_classes, "LEAST_OF_ONE_SPEED", least)
    hours = windy_hours(scenario, 300, least_mps=0.0, most_mps=14.0)
    worst_s, alike = worst_errors(scenario, random_paths(500, longest_m=9000.0), hours)
    assert worst_s <= BOUND_S
    assert alike


@pytest.mark.parametrize("legs", [300, 100_000], ids=["one grid", "a plane for each speed"])
def test_a_jump_that_the_corners_of_a_cell_tell_is_predicted_itself(legs: int) -> None:
    def fly(lengths: np.ndarray, courses: np.ndarray, winds: np.ndarray) -> Flown:
        """As far as the wind along a leg is below 3 m/s it costs nothing, and 20 s from there."""
        along = winds[:, 0] * np.sin(courses) + winds[:, 1] * np.cos(courses)
        late = along > 3.0
        return Flown(overhead_s=lengths / 15.0 + 20.0 * late, energy_wh=lengths / 100.0, kind=1.0 * late)

    rng = np.random.default_rng(1)
    asked = StraightSorties(
        lengths_m=rng.uniform(1.0, 5000.0, 300),
        courses_rad=rng.uniform(0.0, 2.0 * np.pi, 300),
        winds_mps=rng.uniform(-4.0, 4.0, (20, 2)),
        usable_wh=np.full(20, 40.0),
    )
    planes = planes_of(fly, 5000.0, asked.winds_mps, legs)
    overhead, _ = read_planes(planes, fly, asked, error_s=BOUND_S)
    for hour, wind in enumerate(asked.winds_mps):
        exact = fly(asked.lengths_m, asked.courses_rad, np.tile(wind, (300, 1)))
        within = exact.energy_wh <= 40.0
        np.testing.assert_allclose(overhead[hour][within], exact.overhead_s[within], atol=BOUND_S)


def test_a_plan_of_few_sorties_predicts_each_of_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = windows_planned(hour_windows(world.scenario))[:2]
    exact = build_matrix(world, hours)
    monkeypatch.setattr(matrix, "MOST_PREDICTED", 0)
    strict = replace(world.scenario, study=replace(world.scenario.study, time_error_s=0.0))
    np.testing.assert_array_equal(
        build_matrix(replace(world, scenario=strict), hours).overhead_s, exact.overhead_s
    )
    classed = build_matrix(world, hours)
    near = np.isfinite(exact.overhead_s)
    np.testing.assert_array_equal(np.isfinite(classed.overhead_s), near)
    assert np.abs(classed.overhead_s[near] - exact.overhead_s[near]).max() <= BOUND_S


def test_a_large_table_tells_how_much_of_it_is_flown_until_all_is(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = windy_hours(scenario, 30, least_mps=2.0, most_mps=6.0, intensities=(0.1, 0.3))
    monkeypatch.setattr(path_times, "MOST_READ", 15 * 20)
    shares = list[float]()
    fly_paths(scenario, [random_paths(50, longest_m=2_000.0)], hours, shares.append)
    assert len(shares) > 4
    assert shares == sorted(set(shares))
    assert shares[-1] == pytest.approx(1.0)
