"""What SET_POSITION_TARGET does in GUIDED, for every combination of its type mask and many frames.

Each recorded case hovers 30 m over home, nose north, and is sent one target: 15 m north, 2 m/s east, 0.5 m/s2
south, heading east, turning at 0.3 rad/s. The mask says what of that counts.
"""

from __future__ import annotations

import json
from math import cos, sin
from pathlib import Path
from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.geo import Position, offset
from firmware_sitl.vehicle import modes
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.targets import global_target, local_target
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing, take_off

RECORDED = Path(__file__).parents[1] / "data" / "arducopter" / "targets.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]
HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
HOME_M_AMSL, HEIGHT_M, AHEAD_M = 3.0, 30.0, 15.0
VELOCITY, PUSH, YAW, TURN = (0.0, 2.0, 0.0), (-0.5, 0.0, 0.0), 1.5707963, 0.3
OFFSET_FRAMES, ABSOLUTE_FRAMES, TERRAIN_FRAMES = (7, 8, 9), (0, 5), (10, 11)
FIRST_S, LAST_S = 2.2, 6.0
SPEED_MPS, HEADING = 0.6, 0.25


@pytest.fixture
def hovering() -> BuiltinVehicle:
    vehicle = take_off(standing(), HEIGHT_M, seconds=22.0)
    for mode in (modes.BRAKE, modes.GUIDED):
        assert change_mode(vehicle.state, mode)
        fly(vehicle, 1.0)
    return vehicle


def send(vehicle: BuiltinVehicle, case: dict[str, Any]) -> None:
    frame, mask, rest = case["frame"], case["mask"], (*VELOCITY, *PUSH, YAW, TURN)
    if case["how"] == "local":
        down = 0.0 if frame in OFFSET_FRAMES else -HEIGHT_M
        place = (AHEAD_M, 0.0, down)
        message = dialect.MAVLink_set_position_target_local_ned_message(0, 1, 1, frame, mask, *place, *rest)
        local_target(vehicle.state, message)
        return
    goal = offset(HOME, bearing_deg=0.0, distance_m=AHEAD_M)
    height = HEIGHT_M + (HOME_M_AMSL if frame in ABSOLUTE_FRAMES else 0.0)
    global_place = (round(goal.lat_deg * 1e7), round(goal.lon_deg * 1e7), height)
    global_target(
        vehicle.state,
        dialect.MAVLink_set_position_target_global_int_message(0, 1, 1, frame, mask, *global_place, *rest),
    )


@pytest.mark.parametrize("case", CASES, ids=[f"{c['how']}-{c['frame']}-{c['mask']:#05x}" for c in CASES])
def test_a_target_does_what_it_did_on_arducopter(hovering: BuiltinVehicle, case: dict[str, Any]) -> None:
    """Also after GUID_TIMEOUT, when nothing has come for three seconds."""
    body, yaw = hovering.state.aircraft.body, hovering.state.aircraft.body.yaw
    hovering.state.aircraft.says.clear()
    send(hovering, case)
    said = [text for _, text in hovering.state.aircraft.says]
    fly(hovering, FIRST_S)
    down = case["v"][2] if case["frame"] in TERRAIN_FRAMES else -body.v_up  # ground is flat here, not there
    assert (body.v_north, body.v_east, down) == pytest.approx(case["v"], abs=SPEED_MPS)
    assert_heading(body.yaw - yaw, case["yaw"])
    fly(hovering, LAST_S - FIRST_S)
    assert (body.v_north, body.v_east) == pytest.approx(case["v6"], abs=SPEED_MPS)
    assert_heading(body.yaw - yaw, case["yaw6"])
    assert said == case["texts"]


def assert_heading(turned: float, recorded: float) -> None:
    """Straight back from straight ahead may be turned to either way round."""
    sides = (abs(sin(turned)), abs(sin(recorded))) if abs(recorded) > 1.0 else (sin(turned), sin(recorded))
    assert sides[0] == pytest.approx(sides[1], abs=HEADING)
    assert cos(turned) == pytest.approx(cos(recorded), abs=HEADING)
