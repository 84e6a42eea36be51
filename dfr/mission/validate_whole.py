"""Rules of the mission as a whole, and of the parameters that go with it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dfr.ardupilot.parameters import INVERTED
from dfr.findings import Finding
from dfr.mission.compile import ENDS, NAV_COMMANDS
from dfr.mission.items import Command, FlightPlan, Frame
from dfr.mission.validate_common import advice, holds, unknown, violation

RTL_ALT_RANGE_CM = (30.0, 300_000.0)
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
    if not navigation or navigation[-1].command not in ENDS:
        yield advice(
            "mission.end",
            "the mission ends without RTL or landing: ArduCopter then loiters until the battery failsafe",
            fix="end with RTL",
        )


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
    yield from _height_findings(plan)
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


def _height_findings(plan: FlightPlan) -> Iterator[Finding]:
    ceiling_m = plan.params.get("FENCE_ALT_MAX")
    rtl_cm = plan.params.get("RTL_ALT")
    if rtl_cm is not None and not RTL_ALT_RANGE_CM[0] <= rtl_cm <= RTL_ALT_RANGE_CM[1]:
        yield violation("params.rtl_alt", f"RTL_ALT {rtl_cm:g} cm is out of range {RTL_ALT_RANGE_CM}")
    if ceiling_m is None:
        return
    heights = [item.z_m for item in plan.items if item.frame == Frame.GLOBAL_RELATIVE_HOME]
    if rtl_cm is not None:
        heights.append(rtl_cm / 100.0)
    heights += [point.height_m_home for point in plan.rally]
    room_m = ceiling_m - max(heights, default=0.0)
    margin_m = room_m - plan.params.get("FENCE_MARGIN", 0.0)
    message = f"highest point {max(heights, default=0.0):.0f} m above home, FENCE_ALT_MAX {ceiling_m:.0f} m"
    if room_m <= 0.0:
        yield violation(
            "fence.height", message, margin_m=room_m, fix="fly lower, or raise the fence if the rules allow"
        )
    elif margin_m < 0.0:
        yield advice("fence.height", f"{message}: within FENCE_MARGIN of it", fix="fly lower")
    else:
        yield holds("fence.height", message, margin_m=room_m)
