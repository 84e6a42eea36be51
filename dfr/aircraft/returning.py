"""How an ArduCopter return begins: the height it goes home at, and the climb to it.

RTL climbs on the spot to RTL_ALT (never down, at least RTL_CLIMB_MIN, within the cone that RTL_CONE_SLOPE
opens above home), as a leg of its own whose corner into the leg home is flown like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dfr.aircraft.rounding import corner_cut_share
from dfr.aircraft.scurve import LegProfile, leg_profile
from dfr.aircraft.settings import SettingColumns
from dfr.aircraft.ways import overlap_seconds
from dfr.geo import FloatArray

RETURN_START_S = 0.4
"""From the return command until the leg home starts where there is nothing to climb (recorded on SITL)."""

FLATTEST_CONE = 0.5
"""RTL_MIN_CONE_SLOPE: a flatter one is none."""

LEAST_CLIMB_M = 0.05
FULL = 0.999
"""A peak above this share of a limit is the limit, but for rounding."""

RARE = 0.05
"""What fewer flights do lies outside of nine in ten."""


def return_height_m(height_m: FloatArray, away_m: FloatArray, settings: SettingColumns) -> FloatArray:
    """Height above home at which RTL goes home, from a height and a distance away."""
    least = height_m + settings.return_climb_min_m
    cone = np.where(settings.return_cone_slope >= FLATTEST_CONE, away_m * settings.return_cone_slope, np.inf)
    return np.maximum(np.minimum(settings.asked_return_height_m, cone), least)


def climb_leg(climb_m: FloatArray, settings: SettingColumns) -> LegProfile:
    """The climb of a return, on the spot."""
    return leg_profile(
        np.maximum(climb_m, LEAST_CLIMB_M),
        speed_mps=settings.climb_mps,
        accel_mps2=settings.vertical_accel_mps2,
        jerk_mps3=settings.path_jerk_mps3,
        snap_mps4=settings.path_snap_mps4,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClimbDelay:
    """Seconds from the return command by which a climb delays the leg home, shape (n,).

    `seconds` of most flights; `sooner_s` and `later_s` by how much those differ that rounding treats the
    other way, and `deviation_s` what that scatters.
    """

    seconds: FloatArray
    sooner_s: FloatArray
    later_s: FloatArray
    deviation_s: FloatArray


def climb_first(rise: LegProfile, home: LegProfile, settings: SettingColumns) -> ClimbDelay:
    """How a climb delays the leg home, its corner into which is flown like any other.

    ArduCopter cuts the corner where its middle asks for less than the full vertical acceleration: after the
    climb has braked at all of it, or sooner, where rounding makes the full one "less"
    (`dfr.aircraft.rounding`).
    """
    climbs = rise.length_m > LEAST_CLIMB_M
    none = np.zeros_like(rise.length_m)
    if not climbs.any():
        return ClimbDelay(seconds=none + RETURN_START_S, sooner_s=none, later_s=none, deviation_s=none)
    half_turn = np.full_like(rise.length_m, 0.25 * np.pi)
    gentle = 2.0 * (2.0 * rise.edge_s + rise.hold_s)
    full = climbs & (rise.accel_mps2 >= FULL * settings.vertical_accel_mps2)
    # ArduCopter holds the corner's acceleration to its limit level with the ground alone.
    most, least = (
        overlap_seconds([rise, home], half_turn, settings, most_s=most_s, corner_accel_mps2=np.inf)
        for most_s in (np.inf, np.where(full, gentle, np.inf))
    )
    share = np.where(full, 0.0, 1.0)
    share[full] = corner_cut_share(
        rise.length_m[full],
        settings.vertical_accel_mps2[full],
        settings.path_jerk_mps3[full],
        settings.path_snap_mps4[full],
    )
    cut = share > 0.5
    apart = np.where((np.minimum(share, 1.0 - share) > RARE) & climbs, most - least, 0.0)
    return ClimbDelay(
        seconds=np.where(climbs, rise.total_s - np.where(cut, most, least), RETURN_START_S),
        sooner_s=np.where(cut, 0.0, apart),
        later_s=np.where(cut, apart, 0.0),
        deviation_s=np.sqrt(share * (1.0 - share)) * apart,
    )
