"""How an emergency ends, in calm and in wind, as on ArduCopter: where, when, how hard, and whether armed."""

from __future__ import annotations

import json
from math import hypot
from pathlib import Path
from typing import Any

import pytest

from dfr.ardupilot.modes import CopterMode
from firmware_sitl.vehicle import arming
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.vehicle import STEP_S

from .inside import fly, standing, take_off

RECORDED = Path(__file__).parents[1] / "data" / "arducopter" / "emergencies.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]
PLACE_M, PLACE_SHARE = 0.6, 0.12
TIME_S, TIME_SHARE = 1.5, 0.06
FALL_MPS = 0.3
STRAYS = {"STABILIZE": 0.05}
"""Share of its height by which a fall strays: nothing holds it level."""


@pytest.mark.parametrize("case", [pytest.param(case, id=case["name"]) for case in CASES])
def test_an_emergency_ends_as_recorded(case: dict[str, Any]) -> None:
    vehicle = take_off(standing(defaults=case["params"]), case["up_m"], seconds=10.0 + case["up_m"] / 2.0)
    state, aircraft = vehicle.state, vehicle.state.aircraft
    assert change_mode(state, CopterMode[case["mode"]])
    while case["at_m"] is not None and aircraft.height_m >= case["at_m"]:
        fly(vehicle, STEP_S)
    for name, value in case["write"].items():
        state.parameters[name] = value
    ground_s, fell_mps = None, 0.0
    for step in range(round(case["for"] / STEP_S)):
        fell_mps = max(fell_mps, -aircraft.body.v_up)
        fly(vehicle, STEP_S)
        if aircraft.body.on_ground and ground_s is None:
            ground_s = step * STEP_S
    assert aircraft.motors.armed is not case["disarmed"]
    assert (ground_s is None) is (case["ground_s"] is None)
    if ground_s is not None:
        assert ground_s == pytest.approx(case["ground_s"], abs=TIME_S, rel=TIME_SHARE)
    assert fell_mps == pytest.approx(case["fell_mps"], abs=FALL_MPS)
    away = hypot(aircraft.truth[0] - case["north_m"], aircraft.truth[1] - case["east_m"])
    strays_m = STRAYS.get(case["mode"], 0.0) * case["up_m"]
    assert away <= max(PLACE_M, PLACE_SHARE * hypot(case["north_m"], case["east_m"]), strays_m)


def test_a_failed_compass_bars_arming_and_a_flight_goes_on_without() -> None:
    vehicle = standing()
    vehicle.state.parameters["SIM_MAG1_FAIL"] = 1
    assert "Compass not healthy" in arming.arming_problems(vehicle.state)
    vehicle.state.parameters["SIM_MAG1_FAIL"] = 0
    take_off(vehicle, 20.0, seconds=20.0)
    vehicle.state.parameters["SIM_MAG1_FAIL"] = 1
    assert change_mode(vehicle.state, CopterMode.RTL)
    fly(vehicle, 60.0)
    assert not vehicle.state.aircraft.motors.armed
