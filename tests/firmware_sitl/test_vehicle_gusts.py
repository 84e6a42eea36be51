"""Gusts of the vehicles: their statistics, and landings in them beside landings of a real ArduCopter."""

from __future__ import annotations

import json
import os
import statistics
import time
from math import cos, hypot, radians, sin

import pytest

from dfr.geo import Position
from firmware_sitl.client import SitlClient
from firmware_sitl.start import start_vehicle
from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.air import PERIOD_S, SimulatedGusts
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.vehicle import STEP_S

from .inside import fly, standing, take_off

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
TRIALS = 24
STILL = {"SIM_WIND_T": 1.0, "SIM_WIND_TC": 0.1}


def test_gusts_have_the_intensity_that_was_asked_for():
    gusts = SimulatedGusts(
        {"SIM_GUST_I": 0.17, "SIM_GUST_ALT": 10.0, "SIM_GUST_SEED": 3.0, "SIM_GUST_Z": 1.0}
    )
    samples = [gusts.next_gust(PERIOD_S, 8.0) for _ in range(60000)]
    along, cross, up = (statistics.pstdev(axis) / 8.0 for axis in zip(*samples, strict=True))
    assert along == pytest.approx(0.17, rel=0.15)
    assert cross == pytest.approx(0.8 * 0.17, rel=0.15)
    assert up == pytest.approx(0.5 * 0.17, rel=0.15)


def test_equal_seeds_give_equal_gusts_and_no_intensity_none():
    given = {"SIM_GUST_I": 0.2, "SIM_GUST_ALT": 10.0, "SIM_GUST_SEED": 5.0, "SIM_GUST_Z": 1.0}
    first, second, other = (
        SimulatedGusts(given),
        SimulatedGusts(given),
        SimulatedGusts(given | {"SIM_GUST_SEED": 6.0}),
    )
    drawn = [first.next_gust(PERIOD_S, 6.0) for _ in range(100)]
    assert drawn == [second.next_gust(PERIOD_S, 6.0) for _ in range(100)]
    assert drawn != [other.next_gust(PERIOD_S, 6.0) for _ in range(100)]
    assert SimulatedGusts(given | {"SIM_GUST_I": 0.0}).next_gust(PERIOD_S, 6.0) == (0.0, 0.0, 0.0)


def landing(wind_mps: float, seed: int) -> tuple[float, float]:
    """Distance from the pad (m) and tilt (deg) just before contact: RTL from 15 m, as recorded."""
    vehicle = standing(0.0)
    wind = {"SIM_WIND_SPD": wind_mps, "SIM_WIND_DIR": 225.0, "SIM_GUST_I": 0.17, "SIM_GUST_Z": 0.0}
    given = STILL | wind | {"SIM_GUST_SEED": float(seed), "RTL_LOIT_TIME": 0.0}
    for name, value in given.items():
        vehicle.state.parameters[name] = value
    vehicle.state.aircraft.control.read_gains()
    fly(vehicle, 5.0)
    take_off(vehicle, 15.0, seconds=15.0)
    assert change_mode(vehicle.state, modes.RTL)
    body = vehicle.state.aircraft.body
    before = (0.0, 0.0)
    for _ in range(round(90.0 / STEP_S)):
        before = (hypot(body.north, body.east), body.tilt_rad * 57.29578)
        vehicle.step()
        if body.on_ground:
            break
    assert body.on_ground
    return before


@pytest.mark.slow
@pytest.mark.parametrize("wind_mps", [3.0, 6.0, 8.0])
def test_landings_in_gusts_are_those_of_a_real_arducopter(repository, wind_mps):
    text = (repository / "tests" / "data" / "arducopter" / "landings.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    recorded = [row for row in rows if row["W"] == wind_mps and not row["plnd"]]
    flown = [landing(wind_mps, seed) for seed in range(1, TRIALS + 1)]
    error_m, tilt_deg = (statistics.median(axis) for axis in zip(*flown, strict=True))
    assert tilt_deg == pytest.approx(statistics.median(row["tilt"] for row in recorded), rel=0.2)
    real_m = statistics.median(row["err"] for row in recorded)
    assert real_m / 2.5 < error_m < real_m * 2.5


@pytest.mark.slow
@pytest.mark.ardupilot
def test_a_real_arducopter_is_given_gusts_of_the_intensity_that_was_asked_for():
    """The script's wind as ArduCopter holds it, over some minutes of its time; and about a new mean."""
    if not os.environ.get("DFR_ARDUCOPTER"):
        pytest.skip("DFR_ARDUCOPTER names no ArduCopter SITL")
    wind = {"SIM_WIND_SPD": 8.0, "SIM_WIND_DIR": 225.0, "SIM_WIND_T": 1.0}
    given = {"engine": "ardupilot", "home": HOME, "speedup": 25.0, "gust_seed": 3, "params": wind}
    with start_vehicle(**given, gust_intensity=0.17) as vehicle, SitlClient(vehicle.url) as client:
        assert client.parameter("SCR_ENABLE") == 1.0
        along, cross = winds(client, samples=600)
        assert statistics.fmean(along) == pytest.approx(8.0, rel=0.12)
        assert statistics.pstdev(along) / 8.0 == pytest.approx(0.17, rel=0.3)
        assert statistics.pstdev(cross) / 8.0 == pytest.approx(0.8 * 0.17, rel=0.3)
        client.set_parameter("SIM_WIND_SPD", 4.0)
        along, _ = winds(client, samples=300)
        assert statistics.fmean(along) == pytest.approx(4.0, rel=0.2)


def winds(client: SitlClient, *, samples: int) -> tuple[list[float], list[float]]:
    """Wind along 225 degrees and across it, m/s, read again and again until so many gusts have passed."""
    found: list[tuple[float, float]] = []
    while len(found) < samples:
        speed, direction = client.parameter("SIM_WIND_SPD"), client.parameter("SIM_WIND_DIR")
        off = radians(direction - 225.0)
        place = (speed * cos(off), speed * sin(off))
        if not found or place != found[-1]:
            found.append(place)
        time.sleep(0.05)
    along, cross = zip(*found[len(found) // 20 :], strict=True)
    return list(along), list(cross)
