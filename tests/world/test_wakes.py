"""The wind behind obstacles: the shelter law's own numbers, and what must hold of any wake."""

from __future__ import annotations

import math

import pytest

from dfr.world.wakes import LocalWind, UpwindObstacle, behind

OPEN = LocalWind(speed_mps=8.0, intensity=0.17)


def at(distance_m: float, **obstacle: float) -> LocalWind:
    return behind(OPEN, UpwindObstacle(height_m=10.0, distance_m=distance_m, **obstacle))


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
    assert behind(calm, UpwindObstacle(height_m=10.0, distance_m=50.0)) == calm
