"""Rules of single mission items: what ArduCopter refuses or silently changes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.ardupilot.items import MOST_ALTITUDE_M
from dfr.ardupilot.kept import changed_numbers, changed_params, has_place, may_be_nan
from dfr.findings import Finding
from dfr.geo import Position, distance_m
from dfr.mission.items import SUPPORTED_COMMANDS, FlightPlan, MissionItem, why_refused
from dfr.mission.validate_common import advice, unknown, violation

MAX_DISTANCE_M = 50_000.0
"""Further from home than this is taken for a mistake (assumed: beyond any drone in the catalogue)."""

FLOWN_THROUGH = frozenset(
    {
        Command.NAV_WAYPOINT,
        Command.NAV_SPLINE_WAYPOINT,
        Command.NAV_LOITER_TIME,
        Command.NAV_LOITER_TURNS,
        Command.NAV_LOITER_UNLIM,
        Command.NAV_LOITER_TO_ALT,
        Command.NAV_PAYLOAD_PLACE,
    }
)
"""Commands flown to a place and a height; what of either is 0 stays as it is by then (mode_auto.cpp)."""

PARACHUTE_RELEASE = 2.0
FENCE_ON = 1.0
LEAST_HEIGHT_M = 2.0
"""Flying nearer than this to home's height is reported (assumed: a drone's own height and its errors)."""

ACCEPTED_FRAMES = frozenset({Frame.GLOBAL, Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_TERRAIN_ALT})
ENDLESS = -1.0


def item_findings(seq: int, item: MissionItem, plan: FlightPlan) -> Iterator[Finding]:
    """Findings on one item; `seq` counts from 1 as on the vehicle."""
    name = f"item {seq} {command_name(item.command)}"
    if item.command not in SUPPORTED_COMMANDS:
        yield violation(
            "mission.command", f"{name} is not supported: {why_refused(item.command)}", fix="remove it"
        )
        return
    yield from _number_findings(name, item)
    yield from _frame_findings(name, item)
    yield from _low_findings(name, item, plan)
    yield from _place_findings(name, item, plan.home)
    if not item.autocontinue:
        yield advice(
            "mission.autocontinue",
            f"{name}: autocontinue off is not kept by ArduCopter, it flies on to the next item",
            fix="let it continue, or hold with NAV_LOITER_UNLIM",
        )
    if item.command in (Command.DO_JUMP, Command.DO_JUMP_TAG):
        yield from _jump_findings(name, item, plan.items)
    yield from _danger_findings(name, item, plan)


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
    for number in changed_numbers(item.command, item.numbers):
        yield violation(
            "mission.dropped_param",
            f"{name}: param{number} {item.numbers[number - 5]:g} is not kept by ArduCopter",
            fix="give a whole number from 0 to 255",
        )
    if not math.isfinite(item.z_m) or abs(item.z_m) >= MOST_ALTITUDE_M:
        yield violation(
            "mission.height",
            f"{name}: height {item.z_m} m is refused with INVALID_PARAM7",
            fix=f"give a height below {MOST_ALTITUDE_M:.0f} m",
        )


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
    elif item.frame == Frame.GLOBAL_TERRAIN_ALT:
        yield advice(
            "mission.frame", f"{name}: height above terrain needs terrain data on board (TERRAIN_ENABLE)"
        )


def _low_findings(name: str, item: MissionItem, plan: FlightPlan) -> Iterator[Finding]:
    """Heights on the ground, and a height of 0: ArduCopter takes it for "as high as it is by then"."""
    if item.command == Command.NAV_TAKEOFF and item.frame == Frame.GLOBAL:
        yield from _takeoff_findings(name, item, plan.home_m_amsl)
    if item.command not in FLOWN_THROUGH:
        return
    if item.z_m == 0.0:
        yield advice(
            "mission.low",
            f"{name} has the height 0: ArduCopter flies it as high as the vehicle is by then",
            fix="give the height that is meant",
        )
    elif item.frame == Frame.GLOBAL_RELATIVE_ALT and item.z_m < LEAST_HEIGHT_M:
        yield advice(
            "mission.low",
            f"{name} is flown {item.z_m:g} m above home: on the ground, unless the ground falls away there",
            fix=f"give its height, at least {LEAST_HEIGHT_M:g} m above the ground there",
        )


def _takeoff_findings(name: str, item: MissionItem, home_m_amsl: float | None) -> Iterator[Finding]:
    """A takeoff to a height above mean sea level, which says how high only where home's is known."""
    if home_m_amsl is None:
        yield unknown(
            "mission.takeoff_height",
            f"{name} climbs to {item.z_m:g} m above mean sea level, and the height of home is not known",
            fix="use frame 3, height above home",
        )
    elif item.z_m - home_m_amsl < LEAST_HEIGHT_M:
        yield violation(
            "mission.takeoff_height",
            f"{name} climbs to {item.z_m:g} m AMSL, only {item.z_m - home_m_amsl:.0f} m above home",
            fix="use frame 3, height above home",
        )


def _place_findings(name: str, item: MissionItem, home: Position) -> Iterator[Finding]:
    place = item.position
    if place is None:
        if item.command == Command.DO_SET_ROI_LOCATION:
            yield violation("mission.place", f"{name} has no place", fix="give latitude and longitude")
        elif item.command in FLOWN_THROUGH:
            yield advice(
                "mission.here",
                f"{name} has no place (0, 0): ArduCopter flies it where the vehicle is by then",
                fix="give latitude and longitude where another place is meant",
            )
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


def _jump_findings(name: str, item: MissionItem, items: Sequence[MissionItem]) -> Iterator[Finding]:
    target, times = item.params[:2]
    if item.command == Command.DO_JUMP_TAG:
        tags = [other.params[0] for other in items if other.command == Command.JUMP_TAG]
        if target not in tags:
            yield violation("mission.jump", f"{name}: no item has the tag {target:g}", fix="name a tag")
    elif math.isnan(target) or not 1 <= target <= len(items):
        yield violation(
            "mission.jump", f"{name}: to item {target:g} of {len(items)}", fix="name an item of the mission"
        )
    if times == ENDLESS:
        yield advice("mission.jump", f"{name}: repeats without end", fix="give a number of times")


def _danger_findings(name: str, item: MissionItem, plan: FlightPlan) -> Iterator[Finding]:
    """Items that take a protection away, or end the flight."""
    if item.command == Command.DO_PARACHUTE and item.params[0] == PARACHUTE_RELEASE:
        yield advice(
            "mission.parachute",
            f"{name} stops the motors in flight and releases the parachute",
            fix="be sure",
        )
    if item.command == Command.DO_FENCE_ENABLE and item.params[0] != FENCE_ON:
        words = f"{name} switches {'the floor of ' if item.params[0] == 2.0 else ''}the fence off in flight"
        if plan.fence:
            yield violation("mission.fence_off", f"{words}, and the plan relies on it", fix="remove it")
        else:
            yield advice("mission.fence_off", words, fix="be sure that nothing else needs it")
