"""Checks a flight plan before any upload: what ArduCopter would drop, change or refuse, and what is unsafe.

Start from `validate`. The rules of the mission as a whole and of its parameters are here; those of single
items are in `dfr.mission.validate_items`, of fence, rally points and geometry in
`dfr.mission.validate_places`, of a board's room in `dfr.mission.capacity`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.ardupilot.parameters import INVERTED
from dfr.findings import Finding
from dfr.mission.capacity import capacity_findings
from dfr.mission.compile import ENDS, NAV_COMMANDS
from dfr.mission.items import FlightPlan, MissionItem
from dfr.mission.validate_common import advice, holds, unknown, violation
from dfr.mission.validate_items import item_findings
from dfr.mission.validate_places import fence_findings, geometry_findings, rally_findings


def validate(plan: FlightPlan) -> tuple[Finding, ...]:
    """Findings on a flight plan: violations for what would be dropped, changed, refused or unsafe."""
    items = tuple(
        finding for seq, item in enumerate(plan.items, 1) for finding in item_findings(seq, item, plan)
    )
    return (
        *sequence_findings(plan),
        *capacity_findings(plan),
        *items,
        *fence_findings(plan.fence),
        *geometry_findings(plan),
        *rally_findings(plan),
        *parameter_findings(plan),
    )


RTL_ALT_RANGE_CM = (30.0, 300_000.0)
DEFAULT_FENCE_TYPE = 7
CEILING_BIT, FLOOR_BIT = 1 << 0, 1 << 3
"""FENCE_TYPE: highest and lowest height above home."""

NAME_LENGTH = 16
"""PARAM_SET carries names of up to 16 characters."""


def sequence_findings(plan: FlightPlan) -> Iterator[Finding]:
    """The order of items: takeoff first, an end that brings the drone down."""
    if not plan.items:
        yield violation("mission.empty", "the mission has no items", fix="compile a dispatch")
        return
    if plan.home_m_amsl is None:
        yield unknown(
            "mission.ground",
            "the height of the ground at the dock is not known: heights above home may not be heights "
            "above ground",
            fix="give the ground height",
        )
    navigation = [item for item in plan.items if item.command in NAV_COMMANDS]
    if not navigation or navigation[0].command != Command.NAV_TAKEOFF:
        yield violation(
            "mission.takeoff",
            "the first navigation item is not NAV_TAKEOFF: AUTO on the ground does not start",
            fix="begin with a takeoff",
        )
    down, after = _after_the_landing(plan.items)
    if after:
        lands, later = (f"item {seq} {command_name(plan.items[seq - 1].command)}" for seq in (down, after))
        yield advice(
            "mission.end",
            f"{later} is not flown: after {lands} the vehicle stays on the ground",
            fix=f"end with item {down}, or take it out",
        )
    elif not navigation or navigation[-1].command not in ENDS:
        yield advice(
            "mission.end",
            "the mission ends without RTL or landing: ArduCopter then loiters until the battery failsafe",
            fix="end with RTL",
        )


def _after_the_landing(items: Sequence[MissionItem]) -> tuple[int, int]:
    """The numbers of the item that lands and of the first to be flown to from the ground; 0, 0 for none.

    A mission with jumps may come to its items in another order.
    """
    down = 0
    for seq, item in enumerate(items, 1):
        if item.command in (Command.DO_JUMP, Command.DO_JUMP_TAG):
            return 0, 0
        if item.command in ENDS:
            down = down or seq
        elif item.command == Command.NAV_TAKEOFF:
            down = 0
        elif down and item.command in NAV_COMMANDS:
            return down, seq
    return 0, 0


def parameter_findings(plan: FlightPlan) -> Iterator[Finding]:
    """The parameters: numbers, known meaning, and agreeing with the mission's heights."""
    for name, value in plan.params.items():
        if not math.isfinite(value) or not 0 < len(name) <= NAME_LENGTH:
            yield violation("params.value", f"{name} = {value} cannot be set", fix="give a finite number")
        if name in INVERTED or name in INVERTED.values():
            yield violation(
                "params.inverted",
                f"{name} means the opposite from 4.7 on",
                fix="set it on the vehicle by hand",
            )
    yield from height_findings(plan)
    yield from _battery_findings(plan)


def _battery_findings(plan: FlightPlan) -> Iterator[Finding]:
    """A battery failsafe needs a charge at which it acts, in the order that lets the vehicle arm."""
    if not plan.params.get("BATT_FS_LOW_ACT"):
        return
    low, critical = plan.params.get("BATT_LOW_MAH", 0.0), plan.params.get("BATT_CRT_MAH", 0.0)
    capacity = plan.params.get("BATT_CAPACITY", 0.0)
    if low <= 0.0 or capacity <= 0.0:
        yield unknown(
            "params.battery",
            "the battery failsafe has an action and no charge at which it acts: the reserve is not on board",
            fix="set BATT_CAPACITY and BATT_LOW_MAH of this battery (its voltage: dfr/mission/battery.py)",
        )
    elif not critical < low < capacity:
        yield violation(
            "params.battery",
            f"BATT_CRT_MAH {critical:g} < BATT_LOW_MAH {low:g} < BATT_CAPACITY {capacity:g} does not hold: "
            "the vehicle will not arm",
            fix="set a smaller reserve",
        )
    else:
        words = f"returns with {low:g} mAh left, lands with {critical:g} of {capacity:g} mAh"
        yield holds("params.battery", words)


def height_findings(plan: FlightPlan) -> Iterator[Finding]:
    """Every height, and the return's, between the ceiling and the floor of the fence, where it has them."""
    rtl_cm = plan.params.get("RTL_ALT")
    if rtl_cm is not None and not RTL_ALT_RANGE_CM[0] <= rtl_cm <= RTL_ALT_RANGE_CM[1]:
        low, high = RTL_ALT_RANGE_CM
        words = f"RTL_ALT {rtl_cm:g} cm is out of range: {low:g} to {high:.0f} cm"
        yield violation("params.rtl_alt", words, fix="set it within that range")
    if plan.params.get("FENCE_ENABLE", 1.0) == 0.0:
        return
    kinds = int(plan.params.get("FENCE_TYPE", DEFAULT_FENCE_TYPE))
    if kinds & CEILING_BIT and "FENCE_ALT_MAX" in plan.params:
        yield _ceiling_finding(plan, list(_heights_m_home(plan)))
    flown, floor_m = list(_heights_m_home(plan, NAV_COMMANDS - ENDS)), plan.params.get("FENCE_ALT_MIN")
    if kinds & FLOOR_BIT and floor_m is not None and flown and min(flown) <= floor_m:
        message = f"lowest point {min(flown):.0f} m above home, FENCE_ALT_MIN {floor_m:.0f} m"
        yield violation("fence.height", message, margin_m=min(flown) - floor_m, fix="fly higher")


def _heights_m_home(plan: FlightPlan, commands: Collection[int] | None = None) -> Iterator[float]:
    """The heights of the mission's items (of some commands), as far as they can be counted from home."""
    for item in plan.items if commands is None else [i for i in plan.items if i.command in commands]:
        if item.frame == Frame.GLOBAL_RELATIVE_ALT:
            yield item.z_m
        elif item.frame == Frame.GLOBAL and item.position is not None and plan.home_m_amsl is not None:
            yield item.z_m - plan.home_m_amsl


def _ceiling_finding(plan: FlightPlan, flown: list[float]) -> Finding:
    ceiling_m = plan.params["FENCE_ALT_MAX"]
    heights = [*flown, *(point.height_m_home for point in plan.rally)]
    if "RTL_ALT" in plan.params:
        heights.append(plan.params["RTL_ALT"] / 100.0)
    room_m = ceiling_m - max(heights, default=0.0)
    margin_m = room_m - plan.params.get("FENCE_MARGIN", 0.0)
    message = f"highest point {max(heights, default=0.0):.0f} m above home, FENCE_ALT_MAX {ceiling_m:.0f} m"
    if room_m <= 0.0:
        fix = "fly lower, or raise the fence if the rules allow"
        return violation("fence.height", message, margin_m=room_m, fix=fix)
    if margin_m < 0.0:
        return advice("fence.height", f"{message}: within FENCE_MARGIN of it", fix="fly lower")
    return holds("fence.height", message, margin_m=room_m)
