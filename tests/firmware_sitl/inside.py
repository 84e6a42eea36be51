"""A built-in vehicle in this process, stepped as fast as it goes."""

from __future__ import annotations

from firmware_sitl.vehicle import arming, modes
from firmware_sitl.vehicle.mode_changes import change_mode
from firmware_sitl.vehicle.state import Settings
from firmware_sitl.vehicle.vehicle import STEP_S, BuiltinVehicle

READY_S = 6.0


def standing(seconds: float = READY_S, *, defaults: dict[str, float] | None = None) -> BuiltinVehicle:
    """On the ground where the recordings were made, for so long that it may arm; with some parameters."""
    vehicle = BuiltinVehicle(
        Settings(lat_deg=50.7810, lon_deg=-1.0890, altitude_m=3.0, heading_deg=0.0, defaults=defaults or {})
    )
    vehicle.state.link_clock = lambda: vehicle.state.aircraft.t_s
    fly(vehicle, seconds)
    return vehicle


def take_off(vehicle: BuiltinVehicle, height_m: float, *, seconds: float) -> BuiltinVehicle:
    """Armed in GUIDED and sent up, so many seconds ago."""
    assert change_mode(vehicle.state, modes.GUIDED)
    assert arming.arm_vehicle(vehicle.state)
    assert vehicle.state.mode.take_off(height_m)
    fly(vehicle, seconds)
    return vehicle


def fly(vehicle: BuiltinVehicle, seconds: float) -> None:
    """So many seconds pass for it."""
    for _ in range(round(seconds / STEP_S)):
        vehicle.step()
