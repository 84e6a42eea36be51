"""What a vehicle is from the start, and what it says it is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from firmware_sitl.vehicle.airframe import Airframe
from firmware_sitl.vehicle.parameters import Generation

BANNER = "dfr built-in vehicle, not ArduPilot"

CAPABILITIES = 1 | 2 | 4 | 8 | 128 | 256 | 2048 | 8192 | 16384 | 32768
"""Float and int missions, float parameters, COMMAND_INT, local and global targets, flight termination,
MAVLink 2, fence and rally by the mission protocol."""

VERSIONS = {Generation.V4_6: (4, 6, 0), Generation.V4_7: (4, 7, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a vehicle starts."""

    lat_deg: float
    lon_deg: float
    altitude_m: float
    heading_deg: float
    system_id: int = 1
    generation: Generation = Generation.V4_6
    airframe: Airframe = field(default_factory=Airframe)
    defaults: dict[str, float] = field(default_factory=dict)
    started_unix_s: float = field(default_factory=time.time)
