"""How an ArduCopter return begins: the height it goes home at, and the climb to it.

RTL climbs on the spot to RTL_ALT (never down, at least RTL_CLIMB_MIN, within the cone that RTL_CONE_SLOPE
opens above home), as a leg of its own whose corner into the leg home is flown like any other.
"""

from __future__ import annotations

import numpy as np

from dfr.aircraft.scurve import LegProfile, leg_profile
from dfr.aircraft.settings import SettingColumns
from dfr.aircraft.ways import overlap_seconds
from dfr.geo import FloatArray

RETURN_START_S = 0.4
"""From the return command until the leg home starts where there is nothing to climb (recorded on SITL)."""

FLATTEST_CONE, LOWEST_CONE_M = 0.5, 2.0
LEAST_CLIMB_M = 0.05
FULL = 0.999
"""A peak above this share of a limit is the limit, but for rounding."""


def return_height_m(height_m: FloatArray, away_m: FloatArray, settings: SettingColumns) -> FloatArray:
    """Height above home at which RTL goes home, from a height and a distance away."""
    wanted = np.maximum(settings.asked_return_height_m, height_m + settings.return_climb_min_m)
    cone = np.maximum(away_m * np.maximum(settings.return_cone_slope, FLATTEST_CONE), LOWEST_CONE_M)
    wanted = np.where(settings.return_cone_slope > 0.0, np.minimum(wanted, cone), wanted)
    return np.maximum(wanted, height_m)


def climb_leg(climb_m: FloatArray, settings: SettingColumns) -> LegProfile:
    """The climb of a return, on the spot."""
    return leg_profile(
        np.maximum(climb_m, LEAST_CLIMB_M),
        speed_mps=settings.climb_mps,
        accel_mps2=settings.vertical_accel_mps2,
        jerk_mps3=settings.path_jerk_mps3,
        snap_mps4=settings.path_snap_mps4,
    )


def climb_first_seconds(rise: LegProfile, home: LegProfile, settings: SettingColumns) -> FloatArray:
    """Seconds from the return command by which the climb delays the leg home.

    Its corner is cut before the climb brakes at its full vertical acceleration: ArduCopter asks for less than
    that in the corner's middle. Where rounding makes the full one "less", the leg home starts up to
    1.3 s sooner.
    """
    climbs = rise.length_m > LEAST_CLIMB_M
    if not climbs.any():
        return np.full_like(rise.length_m, RETURN_START_S)
    gentle = 2.0 * (2.0 * rise.edge_s + rise.hold_s)
    most = np.where(rise.accel_mps2 < FULL * settings.vertical_accel_mps2, np.inf, gentle)
    half_turn = np.full_like(rise.length_m, 0.25 * np.pi)
    saved = overlap_seconds([rise, home], half_turn, settings, most_s=most)
    seconds: FloatArray = np.where(climbs, rise.total_s - saved, RETURN_START_S)
    return seconds
