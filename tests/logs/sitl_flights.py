"""DataFlash logs that the built-in vehicle writes, of airframes whose figures are known, each in a wind."""

from __future__ import annotations

import math

import numpy as np

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem
from dfr.geo import Position, offset
from dfr.io.logs.files import parse_log
from dfr.logs.model import FlightLog
from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.airframe import SitlAirframe
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.state import Settings
from firmware_sitl.vehicle.vehicle import STEP_S, BuiltinVehicle

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
HEIGHT_M, SIDE_M, HOLD_S = 40.0, 70.0, 12.0
SPEEDS_MPS = (4.0, 9.0)
READY_S, MOST_S = 6.0, 600.0
BEAT_STEPS = round(1.0 / STEP_S)


def square_items(turn_deg: float) -> list[WireItem]:
    """Home, take-off, a hover, a square at each speed, and the return."""
    above = Frame.GLOBAL_RELATIVE_ALT
    up = WireItem(command=Command.NAV_TAKEOFF, frame=above, z=HEIGHT_M)
    items = [_place(HOME, Command.NAV_WAYPOINT, 0.0), up, _place(HOME, Command.NAV_LOITER_TIME, HOLD_S)]
    for speed in SPEEDS_MPS:
        items.append(WireItem(command=Command.DO_CHANGE_SPEED, params=(1.0, speed, -1.0, 0.0)))
        for corner in range(1, 5):
            bearing = turn_deg + 45.0 + 90.0 * corner
            place = offset(HOME, bearing_deg=bearing, distance_m=SIDE_M / math.sqrt(2.0))
            items.append(_place(place, Command.NAV_WAYPOINT, 2.0))
    return [*items, WireItem(command=Command.NAV_RETURN_TO_LAUNCH)]


def fly_sitl_flight(airframe: SitlAirframe, rng: np.random.Generator, *, name: str) -> FlightLog:
    """The log of one flight in a steady wind of its own."""
    wind_mps, wind_deg = float(rng.uniform(0.0, 4.0)), float(rng.uniform(0.0, 360.0))
    vehicle = BuiltinVehicle(
        Settings(
            lat_deg=HOME.lat_deg,
            lon_deg=HOME.lon_deg,
            altitude_m=3.0,
            heading_deg=float(rng.uniform(0.0, 360.0)),
            airframe=airframe,
            defaults={"SIM_WIND_SPD": wind_mps, "SIM_WIND_DIR": wind_deg, "LOG_BACKEND_TYPE": 1.0},
        )
    )
    state = vehicle.state
    state.link_clock = lambda: state.aircraft.t_s
    for _ in range(round(READY_S / STEP_S)):
        vehicle.step()
    items = square_items(float(rng.uniform(0.0, 90.0)))
    state.mission.begin_upload(len(items))
    for seq, item in enumerate(items):
        state.mission.put_item(seq, item)
    state.mission.finish_upload()
    assert change_mode(state, modes.GUIDED)
    assert arming.arm_vehicle(state)
    assert change_mode(state, modes.AUTO)
    state.auto.start_mission()
    for step in range(round(MOST_S / STEP_S)):
        if step % BEAT_STEPS == 0:
            state.failsafes.hear_gcs(state.aircraft.t_s, state.link_s)
        vehicle.step()
        if not state.aircraft.motors.armed:
            break
    return parse_log(bytes(vehicle.card.logs[-1].data), name=name)


def _place(position: Position, command: Command, first: float) -> WireItem:
    return WireItem(
        command=command,
        frame=Frame.GLOBAL_RELATIVE_ALT,
        params=(first, 0.0, 0.0, 0.0),
        x=round(position.lat_deg * 1e7),
        y=round(position.lon_deg * 1e7),
        z=HEIGHT_M,
    )
