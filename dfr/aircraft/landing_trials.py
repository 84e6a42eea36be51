"""What landings start from, and the states in which they end (`dfr.aircraft.touchdown` flies between)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from dfr.aircraft.precision import Camera, PrecisionSettings
from dfr.geo import FloatArray
from dfr.scenario.model import Guidance

GNSS_ERROR_M = 0.03
"""Per-axis estimator error in still air, of the SITL's nearly perfect GNSS."""

GNSS_ERROR_S = 0.003
"""Its growth with the mean wind: a heading error turns the lean's acceleration (m per m/s, recorded)."""

MARKER_ERROR_M = 0.022
"""Per-axis error of the precision target (recorded)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """Per-axis errors of what guides the landing, m (and m per m/s of wind for GNSS)."""

    gnss_m: float = GNSS_ERROR_M
    gnss_s: float = GNSS_ERROR_S
    marker_m: float = MARKER_ERROR_M

    def error_m(self, guidance: Guidance, wind_mps: FloatArray) -> FloatArray:
        """Per-axis error in a wind."""
        if guidance is Guidance.PRECISION:
            return np.full_like(wind_mps, self.marker_m)
        return np.hypot(self.gnss_m, self.gnss_s * wind_mps)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """What the landings start from. Arrays have one entry a trial.

    `gusts`, where given, replaces the drawn gusts: along and across the wind every 0.1 s, m/s,
    shape (steps, 2, trials), held at its last row; `nose_off_wind_deg` the drawn angle of the nose to
    the wind, but where it is NaN. `vertical_share` is the deviation of vertical gusts over that along the
    wind, 0 for none.
    `camera`, `precision` and the rain on the lens bear on precision guidance only.
    """

    wind_mps: FloatArray
    intensity: FloatArray
    guidance: Guidance
    start_height_m: float = 15.0
    sensors: Sensors = field(default_factory=Sensors)
    gusts: FloatArray | None = None
    nose_off_wind_deg: FloatArray | None = None
    vertical_share: float = 0.0
    camera: Camera = field(default_factory=Camera)
    precision: PrecisionSettings = field(default_factory=PrecisionSettings)
    rain_mm_h: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchdowns:
    """The state just before contact, one entry a trial; `landed` False where it never came down.

    `disarmed_s` is when the land detector ended the flight, after contact: infinite where it did not.
    `retries` is how often ArduCopter went back up to look for its target, `lost_by` what last hid it for
    long (`dfr.aircraft.precision.LOST_BY`, 0: nothing did) and `unguided` that it came down without it.
    """

    error_m: FloatArray
    east_m: FloatArray
    north_m: FloatArray
    tilt_deg: FloatArray
    speed_mps: FloatArray
    descent_mps: FloatArray
    low_error_m: FloatArray
    duration_s: FloatArray
    landed: np.ndarray
    disarmed_s: FloatArray
    retries: np.ndarray
    lost_by: np.ndarray
    unguided: np.ndarray
    vehicle_steps: int

    @property
    def not_disarmed(self) -> np.ndarray:
        """True where the drone stands on the pad leaning into the wind, its motors running."""
        return self.landed & ~np.isfinite(self.disarmed_s)

    def replaced(self, chosen: np.ndarray, by: Touchdowns) -> Touchdowns:
        """These landings with some of them flown anew."""
        return self._mapped(lambda name: np.where(chosen, getattr(by, name), getattr(self, name)))

    @classmethod
    def joined(cls, parts: Sequence[Touchdowns]) -> Touchdowns:
        """Several sets of landings as one."""
        return parts[0]._mapped(lambda name: np.concatenate([getattr(part, name) for part in parts]))

    def _mapped(self, column: Callable[[str], Any]) -> Touchdowns:
        names = [item.name for item in fields(self) if item.name != "vehicle_steps"]
        return replace(self, **{name: column(name) for name in names})
