"""How long a vehicle takes to land, by the parameters that it flies by."""

from __future__ import annotations

import numpy as np

from dfr.aircraft.settings import FlightSettings
from dfr.aircraft.vertical import land_seconds
from dfr.link.mavlink import MavlinkVehicle

PARAMETERS = ("LAND_SPEED", "LAND_SPEED_HIGH", "LAND_ALT_LOW", "WPNAV_SPEED_DN", "WPNAV_ACCEL_Z")


def landing_settings_of(vehicle: MavlinkVehicle) -> FlightSettings:
    """How a vehicle comes down; what it does not say is as ArduCopter has it."""
    told = {name: vehicle.get_param(name) for name in PARAMETERS}
    return FlightSettings.from_params({name: value for name, value in told.items() if value is not None})


def landing_s(settings: FlightSettings, from_m: float) -> float:
    """Seconds from 1 m below a height to the ground (`dfr.aircraft.vertical`)."""
    height = np.array([from_m])
    _, down = land_seconds(
        height,
        np.array([settings.effective_land_high_mps]),
        np.array([settings.land_low_mps]),
        np.array([settings.land_low_height_m]),
        np.array([settings.vertical_accel_mps2]),
        settings.vertical_shaping_jerk_mps3,
    )
    return float(down[0])
