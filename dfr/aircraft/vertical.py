"""Seconds of ArduCopter's climbs and landings: speed profiles under an acceleration limit.

A takeoff speeds up at the vertical acceleration and slows down at half of it (ArduCopter's position
shaping keeps half in hand). A landing descends fast to the low height, where the speed wanted is a
square-root controller's on the height left, then slow to the ground. Vectorised.
"""

from __future__ import annotations

import numpy as np

from dfr.geo import FloatArray
from dfr.track import CLIMBED_SHORT_OF_M, LIFTED_M, TOUCHED_M

LIFT_SPEED_MPS = 1.1
"""Speed at 0.3 m: the motors push off before the loop takes over (recorded on SITL)."""

CLIMB_LAG_S = 0.05
"""Jerk limit and loop lag of a climb (recorded on SITL)."""

TAKEOFF_DONE_SHARE = 0.1
"""A takeoff is complete when the wanted climb falls below this share of the climb speed."""

TAKEOFF_LAG_S = -0.1
LAND_LAG_S = -0.3
"""Overshoot of the descent speed at its start makes a landing this much shorter (recorded on SITL)."""

HEIGHT_P = 1.0
"""PSC_POSZ_P, which no catalogue drone changes."""

DESCENT_LAG_S = 0.3
"""Jerk limit and loop lag of the start of a descent (recorded on SITL)."""


def climb_seconds(height_m: FloatArray, climb_mps: FloatArray, accel_mps2: FloatArray) -> FloatArray:
    """Seconds from lift (0.3 m) to 1 m short of a takeoff height.

    >>> float(climb_seconds(np.array(60.0), np.array(2.5), np.array(1.0)).round(1))
    24.8
    """
    brake = 0.5 * accel_mps2
    start = np.minimum(LIFT_SPEED_MPS, climb_mps)
    way = np.maximum(height_m - LIFTED_M, 0.0)
    # The speed that speeding up from the lift and slowing down to rest just fit into.
    fits = np.sqrt((2.0 * way + start**2 / accel_mps2) / (1.0 / accel_mps2 + 1.0 / brake))
    top = np.clip(fits, start, climb_mps)
    end = np.minimum(top, np.sqrt(2.0 * brake * CLIMBED_SHORT_OF_M))
    gaining = (top**2 - start**2) / (2.0 * accel_mps2)
    braking = (top**2 - end**2) / (2.0 * brake)
    level = np.maximum(way - CLIMBED_SHORT_OF_M - gaining - braking, 0.0)
    seconds: FloatArray = (top - start) / accel_mps2 + (top - end) / brake + level / top + CLIMB_LAG_S
    return seconds


def takeoff_end_seconds(climb_mps: FloatArray, accel_mps2: FloatArray) -> FloatArray:
    """Seconds from 1 m short of a takeoff height until the first leg starts."""
    brake = 0.5 * accel_mps2
    at_start = np.minimum(climb_mps, np.sqrt(2.0 * brake * CLIMBED_SHORT_OF_M))
    seconds: FloatArray = np.maximum(at_start - TAKEOFF_DONE_SHARE * climb_mps, 0.0) / brake + TAKEOFF_LAG_S
    return seconds


def descent_start_seconds(descent_mps: FloatArray, accel_mps2: FloatArray) -> FloatArray:
    """Seconds of the first metre of a descent from rest."""
    reached = np.minimum(descent_mps, np.sqrt(2.0 * accel_mps2 * CLIMBED_SHORT_OF_M))
    gaining = reached**2 / (2.0 * accel_mps2)
    seconds: FloatArray = reached / accel_mps2 + (CLIMBED_SHORT_OF_M - gaining) / reached + DESCENT_LAG_S
    return seconds


def land_seconds(
    height_m: FloatArray,
    high_mps: FloatArray,
    low_mps: FloatArray,
    low_height_m: FloatArray,
    accel_mps2: FloatArray,
) -> FloatArray:
    """Seconds from 1 m below a return height to touchdown (0.15 m).

    >>> one = np.array(1.0)
    >>> float(land_seconds(60 * one, 1.5 * one, 0.5 * one, 10 * one, one).round(1))
    53.2
    """
    high = np.maximum(high_mps, low_mps)
    top = np.maximum(height_m - CLIMBED_SHORT_OF_M, TOUCHED_M)
    above = np.maximum(top - low_height_m, 0.0)
    # Heights above the low height where the wanted speed meets the high, the linear and the low speed.
    linear = accel_mps2 / HEIGHT_P**2
    knee = np.minimum(_height_of_speed(high, accel_mps2), above)
    middle = np.minimum(linear, knee)
    bottom = np.minimum(_height_of_speed(low_mps, accel_mps2), middle)
    fast = (above - knee) / high
    rooted = (_speed_of_height(knee, accel_mps2) - _speed_of_height(middle, accel_mps2)) / accel_mps2
    fading = np.log(np.maximum(middle, 1e-9) / np.maximum(bottom, 1e-9)) / HEIGHT_P
    fading = np.where(middle > bottom, fading, 0.0)
    slow = (np.minimum(top, low_height_m) + bottom - TOUCHED_M) / low_mps
    start = np.minimum(high, np.sqrt(2.0 * accel_mps2 * CLIMBED_SHORT_OF_M))
    gaining = (high - start) ** 2 / (2.0 * accel_mps2 * high)
    seconds: FloatArray = fast + rooted + fading + slow + gaining + LAND_LAG_S
    return np.maximum(seconds, 0.0)


def _speed_of_height(above_m: FloatArray, accel_mps2: FloatArray) -> FloatArray:
    """ArduCopter's square-root controller: the descent wanted at a height above the low height."""
    linear = accel_mps2 / HEIGHT_P**2
    rooted = np.sqrt(np.maximum(2.0 * accel_mps2 * (above_m - 0.5 * linear), 0.0))
    return np.where(above_m > linear, rooted, HEIGHT_P * above_m)


def _height_of_speed(speed_mps: FloatArray, accel_mps2: FloatArray) -> FloatArray:
    """The height above the low height at which a descent speed is wanted."""
    linear = accel_mps2 / HEIGHT_P**2
    rooted = speed_mps**2 / (2.0 * accel_mps2) + 0.5 * linear
    return np.where(speed_mps > HEIGHT_P * linear, rooted, speed_mps / HEIGHT_P)
