"""Whether a flight plan fits the storage of every flight controller, of some, or of none.

What a board has room for is in `dfr.ardupilot.storage`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from dfr.ardupilot.commands import MissionType
from dfr.ardupilot.storage import CORNER_BYTES, LARGEST, SMALLEST, USUAL, fence_bytes
from dfr.findings import Finding
from dfr.mission.items import FenceArea, FenceCircle, FlightPlan
from dfr.mission.validate_common import advice, holds, unknown
from dfr.mission.wire import fence_wire


def fence_size(areas: tuple[FenceArea, ...]) -> int:
    """Items of a fence, or the corners whose room its bytes take where that is more.

    >>> fence_size(())
    0
    """
    if not areas:
        return 0
    items = sum(1 if isinstance(area, FenceCircle) else len(area.ring) for area in areas)
    return max(items, math.ceil(fence_bytes(fence_wire(areas)) / CORNER_BYTES))


def list_sizes(plan: FlightPlan) -> dict[MissionType, int]:
    """What each list of a plan needs, in the units of `Capacity`."""
    return {
        MissionType.MISSION: 1 + len(plan.items),
        MissionType.FENCE: fence_size(plan.fence),
        MissionType.RALLY: len(plan.rally),
    }


RULES = {
    MissionType.MISSION: ("mission.length", "the mission, with home,"),
    MissionType.FENCE: ("fence.size", "the fence"),
    MissionType.RALLY: ("rally.count", "the rally list"),
}


def capacity_findings(plan: FlightPlan) -> Iterator[Finding]:
    """Whether each list fits every board, some boards, or none without a memory card."""
    for kind, needed in list_sizes(plan).items():
        rule, name = RULES[kind]
        words = f"{name} needs room for {needed} items"
        smallest, usual, largest = (board.most_items(kind) for board in (SMALLEST, USUAL, LARGEST))
        if needed <= smallest:
            yield holds(rule, f"{words}; the smallest boards hold {smallest}")
        elif needed <= largest:
            held = f"{smallest} with 8 or 15 KiB, {usual} with 16"
            held += "" if usual == largest else f", {largest} with 32"
            yield advice(
                rule,
                f"{words}; what a board holds depends on its storage: {held}",
                fix="`dfr upload` asks the vehicle before it changes anything",
            )
        else:
            yield unknown(
                rule,
                f"{words}; without a memory card no board holds more than {largest}",
                fix="simplify it, fly it in parts, or set BRD_SD_MISSION or BRD_SD_FENCE on the vehicle",
            )
