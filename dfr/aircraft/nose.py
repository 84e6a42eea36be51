"""Where the nose points while ArduCopter holds "the heading it has": it drifts until the tilt is abeam.

On scene the attitude made of a thrust vector and a heading turns a tilted drone's nose a little each step:
the tangent of the angle between the nose and the line of the tilt grows by 4.5 (1 / cos(tilt) - 1) a second
(read off the recorded tracks). The return keeps the heading it begins with. Since drag acts on body axes,
that heading decides how fast a drone at its tilt limit gets on.
"""

from __future__ import annotations

import math

import numpy as np

from dfr.aircraft.settings import SettingColumns
from dfr.aircraft.trim import Airframe, balancing_lean
from dfr.aircraft.ways import Wind
from dfr.geo import FloatArray

DRIFT_PER_S = 4.5
LEAST_OFF_RAD = math.radians(0.27)
"""No nose stands nearer to the line of the tilt than this: compass and loop noise."""

MOST_GROWTH = 50.0


def nose_after_waiting(
    nose_rad: FloatArray, seconds: FloatArray, wind: Wind, airframe: Airframe, settings: SettingColumns
) -> FloatArray:
    """The heading after hovering in the wind for a while."""
    speed = np.hypot(wind.east_mps, wind.north_mps)
    lean = balancing_lean(airframe, np.stack([np.zeros_like(speed), speed]), 0.0, wind.density)
    length = np.minimum(np.hypot(lean[0], lean[1]), np.tan(np.radians(settings.lean_limit_deg)))
    return _drifted(nose_rad, np.arctan2(wind.east_mps, wind.north_mps), length, seconds)


def _drifted(nose_rad: FloatArray, line_rad: FloatArray, lean: FloatArray, seconds: FloatArray) -> FloatArray:
    """A heading some seconds later, at a lean along a line."""
    growth = np.exp(np.minimum(DRIFT_PER_S * (np.sqrt(1.0 + lean**2) - 1.0) * seconds, MOST_GROWTH))
    off = (nose_rad - line_rad + 0.5 * np.pi) % np.pi - 0.5 * np.pi
    least = np.where(off < 0.0, -LEAST_OFF_RAD, LEAST_OFF_RAD)
    off = np.where(np.abs(off) < LEAST_OFF_RAD, least, off)
    turned: FloatArray = nose_rad + np.arctan(np.clip(np.tan(off) * growth, -1e9, 1e9)) - off
    return turned
