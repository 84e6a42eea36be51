"""Legs in gusts: what the tilt limit lets them cost, and how times scatter, beside drawn gusts and SITL's."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dfr.aircraft.cases import predict_cases, read_cases
from dfr.aircraft.catalogue import find_drone
from dfr.aircraft.gusty_legs import (
    Gusts,
    GustySpeed,
    ground_speed_in_gusts,
    moments_of_lesser,
    time_deviation_s,
)
from dfr.aircraft.performance import FlightSettings, flight_settings, predict_path
from dfr.world.weather import MeanWind

RECORDED = Path(__file__).resolve().parent.parent / "data" / "arducopter"


def recorded(name: str) -> list[dict]:
    return [json.loads(line) for line in (RECORDED / name).read_text().splitlines()]


FLOWN = recorded("gusty_legs.jsonl")


@pytest.mark.parametrize("able", [6.0, 10.0, 13.0])
@pytest.mark.parametrize("deviation", [0.0, 0.5, 2.0])
def test_the_mean_pace_is_that_of_many_drawn_gusts(able, deviation):
    drawn = np.random.default_rng(1).normal(able, deviation, 400_000)
    expected = np.minimum(drawn, 10.0).mean()
    mean, square = moments_of_lesser(np.array(10.0), np.array(able), np.array(deviation))
    assert float(mean) == pytest.approx(expected, abs=0.01)
    assert float(square - mean**2) == pytest.approx(np.minimum(drawn, 10.0).var(), abs=0.02)


@pytest.mark.parametrize(("along", "cross"), [(-7.0, 0.0), (-4.0, 6.0), (0.0, 8.0), (3.0, -7.0)])
def test_the_speed_left_by_gusts_is_that_of_many_drawn_on_both_axes(along, cross):
    """A drone of at most 10 m/s through the air that wants 9 m/s, in gusts too long for it to lag behind."""
    wind, drawn = math.hypot(along, cross), np.random.default_rng(4).normal(0.0, 1.2, (2, 400_000))
    with_it, aside = np.array([along, cross]) / wind, np.array([cross, -along]) / wind
    gusts = with_it[:, None] * drawn[0] + aside[:, None] * 0.8 * drawn[1]
    spare = 100.0 - (cross + gusts[1]) ** 2
    speed = np.minimum(9.0, along + gusts[0] + np.sign(spare) * np.sqrt(np.abs(spare)))
    one = np.ones((1, 1))
    found = ground_speed_in_gusts(
        9.0 * one, (along + math.sqrt(100.0 - cross**2)) * one, along=along * one, cross=cross * one,
        lean=one, gusts=Gusts(deviation_mps=np.array([1.2]), length_m=np.array([1e6])),
    )  # fmt: skip
    assert found.mean_mps[0, 0] == pytest.approx(speed.mean(), abs=0.03)
    assert found.deviation_mps[0, 0] == pytest.approx(speed.std(), rel=0.08)


def test_times_scatter_as_those_flown_through_a_drawn_series():
    """A drone at 3 m/s in first-order gusts of 1 m/s that pass in 10 s, over 1200 m."""
    rng, dt, keep = np.random.default_rng(2), 0.2, np.exp(-0.2 / 10.0)
    gust, at, clock = rng.standard_normal(600), np.zeros(600), np.zeros(600)
    for _ in range(8000):
        gust = keep * gust + np.sqrt(1.0 - keep**2) * rng.standard_normal(600)
        flying = at < 1200.0
        at += np.where(flying, (3.0 + gust) * dt, 0.0)
        clock += np.where(flying, dt, 0.0)
    one = np.ones((1, 1))
    found = time_deviation_s(
        1200.0 * one, 3.0 * one, GustySpeed(mean_mps=3.0 * one, deviation_mps=one, gust_s=10.0 * one)
    )
    assert found[0] == pytest.approx(clock.std(), rel=0.12)
    assert clock.mean() == pytest.approx(400.0, rel=0.03)


def predicted(case: dict, **also: float) -> dict:
    line = {
        "distance_m": case["dist"], "bearing_deg": case["brg"], "height_m": case["alt"],
        "wind_mps": case["w"], "wind_from_deg": case["wd"], "hover_s": case["hover"],
        "params": case["params"], **also,
    }  # fmt: skip
    return predict_cases(read_cases(json.dumps(line).encode(), name="case"))[0]


def test_flown_times_scatter_about_the_predicted_by_about_the_predicted_deviation():
    scores = []
    for flight in FLOWN:
        found = predicted(flight["case"], turbulence_intensity=flight["case"]["iu"])
        assert found["reachable"]
        scores.append((flight["out"] - found["out_s"]) / np.hypot(found["out_sd_s"], 0.03 * found["out_s"]))
    assert abs(np.mean(scores)) < 1.0
    assert 0.4 < np.sqrt(np.mean(np.square(scores))) < 1.7


def test_gusts_cost_nothing_far_from_the_limit_and_time_near_it():
    case = {"dist": 800, "brg": 90, "alt": 40, "wd": 90, "hover": 5, "params": {"WPNAV_SPEED": 500}}
    easy, near = ({**case, "w": wind} for wind in (1.0, 5.0))
    for one, most in ((easy, 0.001), (near, 0.3)):
        calm, gusty = predicted(one), predicted(one, turbulence_intensity=0.3)
        assert 0.0 <= gusty["out_s"] / calm["out_s"] - 1.0 <= most
    assert gusty["out_s"] > 1.03 * calm["out_s"]
    assert gusty["back_sd_s"] < 0.5
    assert "out_sd_s" not in calm


def test_nine_in_ten_legs_flown_in_gusts_take_as_long_as_was_stated():
    """Legs whose time differs by more than 2 %; half of them were flown after the bands were made."""
    within = []
    for flight in recorded("gusty_fresh.jsonl"):
        found = predicted(flight["case"], turbulence_intensity=flight["case"]["iu"])
        for way in ("out", "back"):
            if found.get(f"{way}_sd_s", 0.0) > 0.02 * found[f"{way}_s"]:
                late = found[f"{way}_late_s"]
                within.append(found[f"{way}_early_s"] <= flight[way] <= (math.inf if late is None else late))
    assert len(within) >= 25
    assert 0.85 <= np.mean(within) <= 0.97


def test_a_late_leg_is_further_off_than_an_early_one():
    found = predicted(FLOWN[0]["case"], turbulence_intensity=0.17)
    assert found["out_late_s"] - found["out_s"] > found["out_s"] - found["out_early_s"] > 0.0


@pytest.mark.parametrize("flight", recorded("corners.jsonl"), ids=lambda flight: f"{flight['turn']} degrees")
def test_a_corner_takes_as_long_as_on_arducopter(flight):
    """Legs in calm, each turned by as much; a tenth of a second is what telemetry tells."""
    drone = find_drone("arducopter-sitl-quad")
    sortie = predict_path(
        flight["legs"],
        [flight["turn"] * leg % 360.0 for leg in range(len(flight["legs"]))],
        height_m=30.0,
        on_scene_s=3.0,
        wind=MeanWind(speed_mps=0.0, from_deg=0.0),
        drone=drone,
        settings=FlightSettings.from_params(
            {"WPNAV_SPEED": 100.0 * flight["speed"]}, base=flight_settings(drone)
        ),
    )
    assert sortie.out_s == pytest.approx(flight["out"], abs=0.2 * (len(flight["legs"]) - 1))


def test_gusts_in_calm_air_blow_from_somewhere():
    """A mean of nothing has no direction, and a reported gust counts all the same."""
    one, none = np.ones((1, 1)), np.zeros((1, 1))
    found = ground_speed_in_gusts(
        10.0 * one, 10.0 * one, along=none, cross=none, lean=one,
        gusts=Gusts(deviation_mps=np.array([1.0]), length_m=np.array([1e6])),
    )  # fmt: skip
    assert 9.0 < found.mean_mps[0, 0] < 10.0
    assert found.deviation_mps[0, 0] > 0.3
