"""How far off its course the nose of a drone is as it begins to hover at the end of a leg.

Fractions of a degree, which decide where a nose left on the line of the wind drifts to
(`dfr.aircraft.nose`). On SITL they are no chance. Its gyros drift, all three axes alike, by SIM_DRIFT_SPEED
for SIM_DRIFT_TIME and back again, and the estimator's heading and tilt lag behind: measured with the drift
as it is, without it, doubled and turned round, what the drift adds is in proportion to it, more the faster
the way out, less the stronger the wind, more soon after a turn to the left. The turn from the takeoff
heading to the leg leaves the rest, to the side turned to. Coefficients: least squares over 260 hovers
straight down winds of 5.5 to 13 m/s on ArduCopter SITL, which leave 0.08 degrees (deviation): 0.06 in winds
to 8.5 m/s, 0.12 above 10.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from dfr.aircraft.catalogue import Drone
from dfr.aircraft.settings import SIM_DRIFT_RADPS2, SettingColumns
from dfr.geo import FloatArray

SIDE_RAD = math.radians(0.188)
"""What the turn to a leg leaves of an error."""

SIDE_SINE = 0.7
"""A turn whose sine is as large leaves all of it."""

DRIFT_RAD = math.radians(0.605)
DRIFT_PER_AIRSPEED = math.radians(0.0464)
DRIFT_PER_WIND = math.radians(-0.073)
DRIFT_PER_STRONG_WIND = math.radians(-0.16)
"""What SITL's own drift adds: a constant, and for each m/s of airspeed out, of wind, and of wind above..."""

STRONG_WIND_MPS = 10.0
"""... this."""

DRIFT_PER_LEFT_TURN = math.radians(0.68)
"""And for each radian turned to the left, which wears off as the estimator settles."""

AIRSPEEDS_MPS = (-2.0, 8.0)
WINDS_MPS = (5.5, 13.0)
"""What was flown; beyond, the error is taken as at the edge."""

SIM_UP_S = 42.0
"""From the start of the simulator to the lift in the reference flights."""

LAG_S = 12.0
"""How the estimator comes after a turn of the nose, or a drift that turns round (recorded on SITL)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadingError:
    """The error of heading at the start of a hover, to the right, shape (n,): its mean and deviation, rad."""

    mean_rad: FloatArray
    deviation_rad: FloatArray

    def rows(self, index: np.ndarray) -> HeadingError:
        """That of some flights."""
        return HeadingError(mean_rad=self.mean_rad[index], deviation_rad=self.deviation_rad[index])


def heading_error(
    drone: Drone,
    *,
    turn_rad: FloatArray,
    leg_s: FloatArray,
    airspeed_mps: FloatArray,
    wind_mps: FloatArray,
    up_s: FloatArray,
    settings: SettingColumns,
) -> HeadingError:
    """The error after a leg, all (n,): the turn into it, its time and airspeed, wind, how long gyros drifted.

    `up_s` counts from the start of the simulator, as its drift does.
    """
    side = np.clip(np.sin(turn_rad) / SIDE_SINE, -1.0, 1.0)
    left = np.maximum(np.pi - (turn_rad + np.pi) % (2.0 * np.pi), 0.0)
    wind = np.clip(wind_mps, *WINDS_MPS)
    lag = (
        DRIFT_RAD
        + DRIFT_PER_AIRSPEED * np.clip(airspeed_mps, *AIRSPEEDS_MPS)
        + DRIFT_PER_WIND * wind
        + DRIFT_PER_STRONG_WIND * np.maximum(wind - STRONG_WIND_MPS, 0.0)
        + DRIFT_PER_LEFT_TURN * left * np.exp(-np.nan_to_num(leg_s) / LAG_S)
    )
    drift = settings.gyro_drift_radps2 / SIM_DRIFT_RADPS2
    sign = _lagging_sign(np.nan_to_num(up_s), settings.gyro_drift_time_s)
    return HeadingError(
        mean_rad=SIDE_RAD * side + drift * sign * lag,
        deviation_rad=np.full(turn_rad.shape, math.radians(drone.heading_error_deg)),
    )


def _lagging_sign(up_s: FloatArray, there_s: FloatArray) -> FloatArray:
    """Which way the drift goes, 1 or -1, as the estimator follows it; 0 where it never begins."""
    there = np.maximum(there_s, 1e-9)
    turns, since = np.divmod(up_s, there)
    sign = np.where(turns % 2.0 == 0.0, 1.0, -1.0)
    lagging = sign * (1.0 - np.where(turns > 0.0, 2.0, 0.0) * np.exp(-since / LAG_S))
    return np.where(there_s > 0.0, lagging, 0.0)
