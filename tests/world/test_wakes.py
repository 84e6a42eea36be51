"""The wind behind obstacles: the shelter law's own numbers, and what must hold of any wake."""

from __future__ import annotations

import math

import pytest

from dfr.scenario.model import DockObstacle
from dfr.world.wakes import (
    LocalWind,
    UpwindObstacle,
    gusty_wind_behind,
    is_in_wake,
    wind_behind,
    wind_over_dock,
)

OPEN = LocalWind(speed_mps=8.0, intensity=0.17)


def at(distance_m: float, **obstacle: float) -> LocalWind:
    return wind_behind(OPEN, UpwindObstacle(height_m=10.0, distance_m=distance_m, **obstacle))


def test_the_mean_is_the_shelter_laws():
    spread = 0.32 * 100.0 / (10.0 * math.log(10.0 / 0.03))
    eta = 0.2 * spread**-0.47
    top_mps = 8.0 * math.log(10.0 / 0.03) / math.log(2.0 / 0.03)
    expected = 8.0 - top_mps * 9.75 * 0.1 * eta * math.exp(-0.67 * eta**1.5)
    assert at(100.0).speed_mps == pytest.approx(expected)


def test_it_is_calmer_and_gustier_behind_and_recovers_with_distance():
    near, far = at(60.0), at(300.0)
    assert near.speed_mps < far.speed_mps < OPEN.speed_mps
    assert near.intensity > far.intensity > OPEN.intensity
    assert at(600.0) == OPEN


def test_porous_and_narrow_obstacles_shelter_less():
    assert at(100.0, porosity=0.5).speed_mps > at(100.0).speed_mps
    assert at(100.0, width_m=20.0).speed_mps > at(100.0).speed_mps


def test_beside_the_obstacle_it_never_blows_backwards():
    assert 0.0 <= at(1.0).speed_mps < at(100.0).speed_mps


def test_a_calm_stays_calm():
    calm = LocalWind(speed_mps=0.0, intensity=0.17)
    assert wind_behind(calm, UpwindObstacle(height_m=10.0, distance_m=50.0)) == calm


def obstacle(**changes: float) -> DockObstacle:
    given = {"height_m": 8.0, "width_m": 20.0, "distance_m": 40.0, "bearing_deg": 350.0} | changes
    return DockObstacle(name="the stage", **given)


def test_landings_count_the_gusts_of_a_wake_but_not_its_shelter():
    near = UpwindObstacle(height_m=10.0, distance_m=20.0)
    wake, flown = wind_behind(OPEN, near), gusty_wind_behind(OPEN, near)
    assert wake.speed_mps < flown.speed_mps == OPEN.speed_mps
    shed = 0.25 * math.exp(-0.2)  # the obstacle is 10 m high, where the wind is reported
    assert flown.intensity == pytest.approx(math.hypot(0.17, shed))
    assert gusty_wind_behind(OPEN, UpwindObstacle(height_m=10.0, distance_m=600.0)) == OPEN


def test_a_taller_obstacle_meets_the_stronger_wind_higher_up_by_the_log_law_of_the_site():
    tall = UpwindObstacle(height_m=40.0, distance_m=80.0)
    for roughness_m in (0.005, 0.5):
        at_top = math.log(40.0 / roughness_m) / math.log(10.0 / roughness_m)
        shed = 0.25 * at_top * math.exp(-0.2)
        found = gusty_wind_behind(OPEN, tall, roughness_m=roughness_m).intensity
        assert found == pytest.approx(math.hypot(0.17, shed))


@pytest.mark.parametrize(
    ("from_deg", "in_wake"), [(350.0, True), (10.0, True), (330.0, True), (30.0, False), (170.0, False)]
)
def test_a_dock_is_in_a_wake_only_with_the_wind_from_about_the_obstacle(from_deg: float, in_wake: bool):
    """40 m away and 20 m wide, widened by a quarter of the way: about 26 degrees to either side."""
    assert is_in_wake(obstacle(), from_deg) is in_wake
    assert (wind_over_dock(OPEN, from_deg, [obstacle()]) != OPEN) is in_wake


def test_wakes_one_behind_the_other_add_up_in_whatever_order_they_are_written():
    far, near = obstacle(distance_m=160.0, width_m=200.0), obstacle()
    both = wind_over_dock(OPEN, 350.0, [near, far])
    turned = wind_over_dock(OPEN, 350.0, [far, near])
    assert (both.speed_mps, both.intensity) == pytest.approx((turned.speed_mps, turned.intensity))
    assert both.intensity > wind_over_dock(OPEN, 350.0, [near]).intensity > OPEN.intensity
    assert wind_over_dock(OPEN, 350.0, []) == OPEN
