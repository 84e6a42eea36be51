"""Rules of single mission items: what ArduCopter refuses or silently changes."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.ardupilot.items import MOST_ALTITUDE_M
from dfr.ardupilot.kept import changed_params, has_place, may_be_nan
from dfr.findings import Finding
from dfr.geo import Position, distance_m
from dfr.mission.items import SUPPORTED_COMMANDS, FlightPlan, MissionItem
from dfr.mission.validate_common import advice, violation

MAX_DISTANCE_M = 50_000.0
"""Further from home than this is taken for a mistake (assumed: beyond any drone in the catalogue)."""

NEEDS_PLACE = frozenset(
    {
        Command.NAV_WAYPOINT,
        Command.NAV_LOITER_TIME,
        Command.NAV_LOITER_TURNS,
        Command.NAV_LOITER_UNLIM,
        Command.DO_SET_ROI_LOCATION,
    }
)
FLOWN_THROUGH = NEEDS_PLACE - {Command.DO_SET_ROI_LOCATION}
LEAST_HEIGHT_M = 2.0
"""Flying nearer than this to home's height is reported (assumed: a drone's own height and its errors)."""

ACCEPTED_FRAMES = frozenset({Frame.GLOBAL, Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_TERRAIN_ALT})
ENDLESS = -1.0


def item_findings(seq: int, item: MissionItem, plan: FlightPlan) -> Iterator[Finding]:
    """Findings on one item; `seq` counts from 1 as on the vehicle."""
    name = f"item {seq} {command_name(item.command)}"
    if item.command not in SUPPORTED_COMMANDS:
        yield violation(
            "mission.command", f"{name} is not supported by ArduCopter missions here", fix="remove it"
        )
        return
    yield from _number_findings(name, item)
    yield from _frame_findings(name, item)
    yield from _low_findings(name, item)
    yield from _place_findings(name, item, plan.home)
    if not item.autocontinue:
        yield violation(
            "mission.autocontinue",
            f"{name}: autocontinue off is not kept by ArduCopter, it flies on to the next item",
            fix="let it continue, or hold with NAV_LOITER_UNLIM",
        )
    if item.command == Command.DO_JUMP:
        yield from _jump_findings(name, item, len(plan.items))


def _number_findings(name: str, item: MissionItem) -> Iterator[Finding]:
    for index, value in enumerate(item.params):
        nan_is_fine = may_be_nan(item.command, index)
        if math.isinf(value) or (math.isnan(value) and not nan_is_fine):
            yield violation(
                "mission.not_a_number",
                f"{name}: param{index + 1} is {value}, refused with INVALID_PARAM{index + 1}",
                fix="give a number",
            )
            return
    for number in changed_params(item.command, item.params):
        yield violation(
            "mission.dropped_param",
            f"{name}: param{number} {item.params[number - 1]:g} is not kept by ArduCopter",
            fix="set it to 0, or to a whole number where it counts seconds or turns",
        )
    if not math.isfinite(item.z_m) or abs(item.z_m) >= MOST_ALTITUDE_M:
        yield violation("mission.height", f"{name}: height {item.z_m} m is refused with INVALID_PARAM7")


def _frame_findings(name: str, item: MissionItem) -> Iterator[Finding]:
    if not has_place(item.command):
        return
    if item.frame == Frame.MISSION:
        yield violation(
            "mission.frame",
            f"{name}: FRAME_MISSION on a location is stored as height above sea level",
            fix="use frame 3, height above home",
        )
    elif item.frame not in ACCEPTED_FRAMES:
        yield violation(
            "mission.frame",
            f"{name}: frame {item.frame} is refused with UNSUPPORTED_FRAME",
            fix="use frame 3",
        )
    elif item.command == Command.NAV_TAKEOFF and item.frame != Frame.GLOBAL_RELATIVE_ALT:
        yield violation(
            "mission.frame", f"{name}: takeoff needs frame 3, height above home", fix="use frame 3"
        )
    elif item.frame == Frame.GLOBAL_TERRAIN_ALT:
        yield advice(
            "mission.frame", f"{name}: height above terrain needs terrain data on board (TERRAIN_ENABLE)"
        )


def _low_findings(name: str, item: MissionItem) -> Iterator[Finding]:
    """A missing height often arrives as 0; below home is right only where the ground falls."""
    relative = item.frame == Frame.GLOBAL_RELATIVE_ALT and item.position is not None
    if relative and item.command in FLOWN_THROUGH and item.z_m < LEAST_HEIGHT_M:
        yield advice(
            "mission.low",
            f"{name} is flown {item.z_m:g} m above home: on the ground, unless the ground falls away there",
            fix=f"give its height, at least {LEAST_HEIGHT_M:g} m above the ground there",
        )


def _place_findings(name: str, item: MissionItem, home: Position) -> Iterator[Finding]:
    place = item.position
    if place is None:
        if item.command in NEEDS_PLACE:
            yield violation("mission.place", f"{name} has no place", fix="give latitude and longitude")
        return
    away_m = distance_m(home, place)
    if away_m <= MAX_DISTANCE_M:
        return
    if looks_swapped(place, home):
        yield violation(
            "mission.swapped",
            f"{name} at {place} is {away_m / 1000:.0f} km from home: latitude and longitude look swapped",
            fix="exchange them",
            place=place,
        )
        return
    yield violation(
        "mission.far",
        f"{name} at {place} is {away_m / 1000:.0f} km from home",
        fix="check the coordinates",
        place=place,
        margin_m=MAX_DISTANCE_M - away_m,
    )


def looks_swapped(place: Position, home: Position) -> bool:
    """True where exchanging latitude and longitude would bring a far place near home."""
    if abs(place.lon_deg) > 90.0:
        return False
    exchanged = Position(lat_deg=place.lon_deg, lon_deg=place.lat_deg)
    return distance_m(home, exchanged) <= MAX_DISTANCE_M < distance_m(home, place)


def _jump_findings(name: str, item: MissionItem, count: int) -> Iterator[Finding]:
    target, times = item.params[:2]
    if math.isnan(target) or not 1 <= target <= count:
        yield violation(
            "mission.jump", f"{name}: to item {target:g} of {count}", fix="name an item of the mission"
        )
    if times == ENDLESS:
        yield advice("mission.jump", f"{name}: repeats without end", fix="give a number of times")
