"""Changes to a compiled flight: sent on to another incident, circling on scene, an open-ended stay.

`retask_flight`: everything that was checked before takeoff stays (home, fence, rally points, parameters,
cruise height), and the new path is taken only where it is inside that very fence, from where the drone is
until RTL. `orbit_on_scene`: ArduCopter flies NAV_LOITER_TURNS at CIRCLE_RATE, no faster than the cruise speed
and the acceleration of a waypoint allow, and counts whole turns of a whole radius (tens of metres above 255
m). `leave_stay_open`: the drone waits on scene until it is sent home.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dfr.ardupilot.commands import Command, Frame
from dfr.errors import InfeasibleError, InputError, LinkError, NonCompliantError
from dfr.findings import Severity
from dfr.geo import Position, distance_m
from dfr.mission.compile import CLOCKWISE, FENCE_MARGIN_M, HOLDS, ROI_FIXED_PLACE, scene_items
from dfr.mission.fence import fence_shape
from dfr.mission.filming import filming_in
from dfr.mission.items import FlightPlan, MissionItem, item_at
from dfr.mission.validate import validate
from dfr.plan.flight_path import height_m_home
from dfr.world.terrain import Terrain

FIRST_ITEM = 2
"""The item at which a retasked flight goes on: the takeoff before it is long flown."""


def retask_flight(
    flight: FlightPlan,
    *,
    here: Position,
    path: Sequence[Position],
    height_m_home: float,
    on_scene_s: float,
    look_at: Position | None = None,
) -> FlightPlan:
    """The flight from `here` along `path` to its last place, a stay there, and home.

    Home is straight where that is inside the fence, else back along the path and then the outward path of the
    first task reversed. Raises NonCompliantError, with the margin, where the new path was not checked: it
    leaves the fence, or comes within its margin, or is higher than the fence.
    """
    if not path:
        raise InputError("a new task needs a place", do="give at least one")
    shape = fence_shape(
        flight.fence, origin=flight.home, options=int(flight.params.get("FENCE_OPTIONS", 0.0))
    )
    for start, end in pairwise([here, *path]):
        margin_m = shape.margin_m([start, end])
        if margin_m < FENCE_MARGIN_M:
            raise NonCompliantError(
                f"the path to {end} is not inside the checked area: {margin_m:.0f} m to the fence's edge, "
                f"{FENCE_MARGIN_M:g} m needed",
                do="route it inside, or land and dispatch again",
            )
    back = _return_places(flight, path, open_m=shape.margin_m([path[-1], flight.home]))
    new = replace(
        flight,
        name=f"{flight.name}, then {path[-1]}",
        items=(
            flight.items[0],
            *(item_at(Command.NAV_WAYPOINT, place, height_m_home) for place in path[:-1]),
            *scene_items(
                path[-1],
                look_at or path[-1],
                height_m=height_m_home,
                ground_m=0.0,
                seconds=on_scene_s,
                filming=filming_in(flight.items),
            ),
            *(item_at(Command.NAV_WAYPOINT, place, height_m_home) for place in back),
            MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL),
        ),
    )
    bad = [finding for finding in validate(new) if finding.severity is Severity.VIOLATION]
    if bad:
        raise NonCompliantError("the new task fails its check: " + "; ".join(each.message for each in bad))
    return new


def _return_places(flight: FlightPlan, path: Sequence[Position], *, open_m: float) -> list[Position]:
    """Places to pass before RTL, which must begin where home is nearer than any rally point."""
    back: list[Position] = []
    if open_m < FENCE_MARGIN_M:
        out = [item.position for item in flight.items if item.command == Command.NAV_WAYPOINT]
        back = [*reversed(path[:-1]), *(place for place in reversed(out) if place is not None)]
    last = back[-1] if back else path[-1]
    if any(distance_m(last, point.position) < distance_m(last, flight.home) for point in flight.rally):
        back.append(flight.home)
    return back


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


def orbit_on_scene(flight: FlightPlan, *, radius_m: float) -> FlightPlan:
    """The flight with its stay flown as turns round the place of the stay, for at least as long.

    Raises InputError for a radius that is not offered or a flight without a stay, InfeasibleError where the
    circle comes within the margin of the fence or the stay takes more turns than ArduCopter counts.
    """
    low, high = RADII_M
    if not low <= radius_m <= high:
        raise InputError(f"an orbit of {radius_m:g} m", do=f"{low:g} to {high:g} m")
    stays = [item for item in flight.items if item.command == Command.NAV_LOITER_TIME and item.position]
    if not stays:
        raise InputError(f"{flight.name}: it has no stay on scene", do="compile it with a stay on scene")
    new = {id(item): _orbit_item(flight, item, float(round(radius_m))) for item in stays}
    return replace(flight, items=tuple(new.get(id(item), item) for item in flight.items))


def _orbit_item(flight: FlightPlan, stay: MissionItem, radius_m: float) -> MissionItem:
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
            f"{turns} turns are needed, but ArduCopter counts at most {MOST_TURNS}",
            do="a larger orbit or a shorter stay",
        )
    return replace(stay, command=Command.NAV_LOITER_TURNS, params=(float(turns), 0.0, radius_m, CLOCKWISE))


def leave_stay_open(plan: FlightPlan) -> FlightPlan:
    """The flight with its stay on scene left open: it ends when the vehicle is sent on."""
    items = tuple(
        replace(item, command=Command.NAV_LOITER_UNLIM, params=(0.0, 0.0, 0.0, 0.0))
        if item.command == Command.NAV_LOITER_TIME
        else item
        for item in plan.items
    )
    return replace(plan, items=items)


def hold_position(plan: FlightPlan) -> Position:
    """Where a flight stays. Raises LinkError where it has no stay on scene."""
    places = [item.position for item in plan.items if item.command in HOLDS and item.position is not None]
    if not places:
        raise LinkError(
            f"{plan.name}: the mission has no stay on scene", do="compile it with a stay on scene"
        )
    return places[-1]


def takeoff_height_m(plan: FlightPlan) -> float:
    """The height above home to which a flight takes off."""
    return max((item.z_m for item in plan.items if item.command == Command.NAV_TAKEOFF), default=0.0)


def look_at(flight: FlightPlan, place: Position, terrain: Terrain) -> FlightPlan:
    """The flight whose camera looks at a place on the ground from where it holds."""
    ground_m = height_m_home(terrain, flight.home, place, 0.0)
    items = tuple(
        replace(item, position=place, z_m=round(ground_m, 2))
        if item.command == Command.DO_SET_ROI and item.params[0] == ROI_FIXED_PLACE
        else item
        for item in flight.items
    )
    return replace(flight, items=items)
