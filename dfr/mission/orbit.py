"""Circling on scene: the stay of a dispatch as turns round it, the camera on the target all the while.

ArduCopter flies NAV_LOITER_TURNS at CIRCLE_RATE, no faster than the cruise speed and the acceleration of a
waypoint allow, and counts whole turns of a whole radius (tens of metres above 255 m).
"""

from __future__ import annotations

import math
from dataclasses import replace

from dfr.ardupilot.commands import Command
from dfr.errors import InfeasibleError, InputError
from dfr.mission.compile import CLOCKWISE, FENCE_MARGIN_M
from dfr.mission.fence import fence_shape
from dfr.mission.items import FlightPlan, MissionItem

CIRCLE_RATE_DEG_S = 20.0
WAYPOINT_ACCEL_MPS2 = 2.5
DEFAULT_SPEED_CMPS = 1000.0
"""ArduCopter's defaults of CIRCLE_RATE, WPNAV_ACCEL and WPNAV_SPEED."""

MOST_TURNS = 255
RADII_M = (5.0, 255.0)
"""The radii that are offered: kept whole on board, and not so tight that it spins (assumed)."""


def lap_s(radius_m: float, *, cruise_mps: float) -> float:
    """Seconds of one turn.

    >>> lap_s(20.0, cruise_mps=10.0), round(lap_s(100.0, cruise_mps=10.0), 1)
    (18.0, 62.8)
    """
    fastest = min(cruise_mps, math.sqrt(WAYPOINT_ACCEL_MPS2 * radius_m))
    return max(360.0 / CIRCLE_RATE_DEG_S, 2.0 * math.pi * radius_m / fastest)


def orbiting(flight: FlightPlan, *, radius_m: float) -> FlightPlan:
    """The flight with its stay flown as turns round the place of the stay, for at least as long.

    Raises InputError for a radius that is not offered or a flight without a stay, InfeasibleError where the
    circle comes within the margin of the fence or the stay takes more turns than ArduCopter counts.
    """
    low, high = RADII_M
    if not low <= radius_m <= high:
        raise InputError(f"an orbit of {radius_m:g} m", do=f"{low:g} to {high:g} m")
    stays = [item for item in flight.items if item.command == Command.NAV_LOITER_TIME and item.position]
    if not stays:
        raise InputError(f"{flight.name}: it stays nowhere", do="compile it with a stay on scene")
    new = {id(item): _turns(flight, item, float(round(radius_m))) for item in stays}
    return replace(flight, items=tuple(new.get(id(item), item) for item in flight.items))


def _turns(flight: FlightPlan, stay: MissionItem, radius_m: float) -> MissionItem:
    assert stay.position is not None
    options = int(flight.params.get("FENCE_OPTIONS", 0.0))
    margin_m = fence_shape(flight.fence, origin=flight.home, options=options).margin_m([stay.position])
    if margin_m < radius_m + FENCE_MARGIN_M:
        raise InfeasibleError(
            f"an orbit of {radius_m:g} m round {stay.position} leaves the fence, {margin_m:.0f} m away",
            do=f"at most {max(0.0, margin_m - FENCE_MARGIN_M):.0f} m, or hold there",
        )
    cruise_mps = flight.params.get("WPNAV_SPEED", DEFAULT_SPEED_CMPS) / 100.0
    turns = max(1, math.ceil(stay.params[0] / lap_s(radius_m, cruise_mps=cruise_mps)))
    if turns > MOST_TURNS:
        raise InfeasibleError(
            f"{turns} turns, ArduCopter counts {MOST_TURNS}", do="a larger orbit or a shorter stay"
        )
    return replace(stay, command=Command.NAV_LOITER_TURNS, params=(float(turns), 0.0, radius_m, CLOCKWISE))
