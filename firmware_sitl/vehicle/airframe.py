"""Mass, drag and power of the vehicle: ArduPilot's SITL multicopter, from the same frame files.

The drag of the airframe is fitted so that at the reference tilt the aircraft holds the reference
airspeed (ArduPilot `SIM_Frame`): the part that is not rotor momentum drag is quadratic.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from math import cos, radians, sqrt, tan
from pathlib import Path

from dfr.aircraft.trim import air_density
from dfr.errors import InputError
from dfr.units import GRAVITY_MPS2

JSON_NAMES = {
    "mass": "mass_kg",
    "refSpd": "reference_speed_mps",
    "refAngle": "reference_tilt_deg",
    "refVoltage": "reference_volt",
    "refCurrent": "reference_amp",
    "refAlt": "reference_altitude_m",
    "refBatRes": "battery_ohm",
    "maxVoltage": "full_volt",
    "battCapacityAh": "battery_ah",
    "hoverThrOut": "hover_throttle",
    "disc_area": "disc_area_m2",
    "mdrag_coef": "momentum_drag",
}


WRITE_FRAME = "name a JSON file like those in firmware_sitl/frames"


@dataclass(frozen=True, slots=True, kw_only=True)
class SitlAirframe:
    """A multicopter as ArduPilot's SITL models it; the defaults are its `quad`."""

    mass_kg: float = 3.0
    reference_speed_mps: float = 15.08
    reference_tilt_deg: float = 45.0
    reference_volt: float = 12.09
    reference_amp: float = 29.3
    reference_altitude_m: float = 593.0
    battery_ohm: float = 0.01
    full_volt: float = 12.6
    battery_ah: float = 0.0
    hover_throttle: float = 0.39
    disc_area_m2: float = 0.385
    momentum_drag: float = 0.2

    @property
    def power_per_newton(self) -> float:
        """Electrical watts for each newton of thrust: ArduPilot's SITL has them proportional."""
        return self.reference_volt * self.reference_amp / (self.mass_kg * GRAVITY_MPS2)

    def drag_coefficients(self) -> tuple[float, float]:
        """(area times drag coefficient in m², momentum drag factor): together the reference point."""
        tilt = radians(self.reference_tilt_deg)
        density = air_density(self.reference_altitude_m)
        pull = self.mass_kg * GRAVITY_MPS2 * tan(tilt)
        thrust = self.mass_kg * GRAVITY_MPS2 / cos(tilt)
        through_disc = self.reference_speed_mps * cos(tilt)
        momentum = cos(tilt) * through_disc * sqrt(thrust * density * self.disc_area_m2) * self.momentum_drag
        if momentum > pull:
            return 0.0, self.momentum_drag * pull / momentum
        return (pull - momentum) / (0.5 * density * self.reference_speed_mps**2), self.momentum_drag


def read_airframe(path: Path) -> SitlAirframe:
    """An airframe from ArduPilot's SITL frame JSON; keys it does not use are left alone.

    Raises InputError for a file that is not such JSON.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: the airframe cannot be read ({error})", do=WRITE_FRAME) from error
    if not isinstance(found, dict):
        raise InputError(f"{path}: the airframe is not a JSON object", do=WRITE_FRAME)
    known = {field.name for field in fields(SitlAirframe)}
    values = {JSON_NAMES[key]: value for key, value in found.items() if key in JSON_NAMES}
    for name, value in values.items():
        if name in known and not isinstance(value, int | float):
            raise InputError(f"{path}: {name} is {value!r}, not a number", do="correct it")
    return SitlAirframe(**values)
