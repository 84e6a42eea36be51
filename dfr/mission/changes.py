"""A flight sent on to another incident while it is in the air: the same flight with another way and end.

Everything that was checked before takeoff stays: home, fence, rally points, parameters, the cruise height.
The new way is taken only where it lies inside that very fence, from where the drone is now until RTL.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dfr.ardupilot.commands import Command, Frame
from dfr.errors import InputError, NonCompliantError
from dfr.findings import Severity
from dfr.geo import Position, distance_m
from dfr.mission.compile import CLOCKWISE, FENCE_MARGIN_M, ROI_FIXED_PLACE
from dfr.mission.fence import fence_shape
from dfr.mission.items import FlightPlan, MissionItem, placed
from dfr.mission.validate import validate

FIRST_ITEM = 2
"""The item at which a retasked flight goes on: the takeoff before it is long flown."""


def retasked(
    flight: FlightPlan,
    *,
    here: Position,
    way: Sequence[Position],
    height_m_home: float,
    on_scene_s: float,
    look_at: Position | None = None,
) -> FlightPlan:
    """The flight from `here` along `way` to its last place, a stay there, and home.

    Home is straight where that is inside the fence, else back along the way and then the way out of the
    first task reversed. Raises NonCompliantError, with the margin, where the new way was not checked: it
    leaves the fence, or comes within its margin, or is higher than the fence.
    """
    if not way:
        raise InputError("a new task needs a place", do="give at least one")
    shape = fence_shape(
        flight.fence, origin=flight.home, options=int(flight.params.get("FENCE_OPTIONS", 0.0))
    )
    for start, end in pairwise([here, *way]):
        margin_m = shape.margin_m([start, end])
        if margin_m < FENCE_MARGIN_M:
            raise NonCompliantError(
                f"the way to {end} is not inside what was checked: {margin_m:.0f} m to the fence's edge, "
                f"{FENCE_MARGIN_M:g} m needed",
                do="route it inside, or land and dispatch anew",
            )
    back = _way_back(flight, way, open_m=shape.margin_m([way[-1], flight.home]))
    new = replace(
        flight,
        name=f"{flight.name}, then {way[-1]}",
        items=(
            flight.items[0],
            *(placed(Command.NAV_WAYPOINT, place, height_m_home) for place in way[:-1]),
            *_scene(way[-1], look_at or way[-1], height_m_home, on_scene_s),
            *(placed(Command.NAV_WAYPOINT, place, height_m_home) for place in back),
            MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL),
        ),
    )
    bad = [finding for finding in validate(new) if finding.severity is Severity.VIOLATION]
    if bad:
        raise NonCompliantError("the new task was not checked: " + "; ".join(each.message for each in bad))
    return new


def _scene(hold: Position, look_at: Position, height_m: float, seconds: float) -> tuple[MissionItem, ...]:
    stay = (float(math.ceil(seconds)), 0.0, CLOCKWISE, 0.0)
    return (
        placed(Command.DO_SET_ROI, look_at, 0.0, params=(ROI_FIXED_PLACE, 0.0, 0.0, 0.0)),
        placed(Command.NAV_LOITER_TIME, hold, height_m, params=stay),
        MissionItem(command=Command.DO_SET_ROI, frame=Frame.GLOBAL_RELATIVE_ALT),
    )


def _way_back(flight: FlightPlan, way: Sequence[Position], *, open_m: float) -> list[Position]:
    """Places to pass before RTL, which must begin where home is nearer than any rally point."""
    back: list[Position] = []
    if open_m < FENCE_MARGIN_M:
        out = [item.position for item in flight.items if item.command == Command.NAV_WAYPOINT]
        back = [*reversed(way[:-1]), *(place for place in reversed(out) if place is not None)]
    last = back[-1] if back else way[-1]
    if any(distance_m(last, point.position) < distance_m(last, flight.home) for point in flight.rally):
        back.append(flight.home)
    return back
