"""How much of a flight plan a flight controller has room for, which its board's storage decides.

ArduCopter divides its storage the same way on all boards of a size (StorageManager): room for missions at
15 bytes an item, for rally points at 15, and for a fence at 8 bytes a corner besides what each area takes.
A memory card (BRD_SD_MISSION, BRD_SD_FENCE) may give more: only the vehicle knows what it has.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dfr.ardupilot.commands import MissionType
from dfr.findings import Finding
from dfr.mission.items import FenceArea, FenceCircle, FlightPlan
from dfr.mission.validate_common import advice, holds, unknown

CORNER_BYTES, CIRCLE_BYTES, POLYGON_BYTES, HEADER_BYTES = 8, 13, 2, 4
"""AC_PolyFence_loader::fence_storage_space_required."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a board has room for; the mission's home counts, the fence's bytes count as corners do."""

    mission_items: int
    fence_items: int
    rally_points: int

    @property
    def fence_bytes(self) -> int:
        """Storage of the fence."""
        return CORNER_BYTES * self.fence_items

    def of(self, kind: MissionType) -> int:
        """Most items of one of the three lists."""
        return (self.mission_items, self.fence_items, self.rally_points)[kind]


SMALLEST = Capacity(mission_items=303, fence_items=38, rally_points=26)
"""Boards with 8 or 15 KiB of storage: 4554, 304 and 390 bytes."""

USUAL = Capacity(mission_items=650, fence_items=70, rally_points=46)
"""Boards with 16 KiB, SITL among them ("Only 650 items are supported"): 9758, 560 and 690 bytes."""

LARGEST = Capacity(mission_items=1306, fence_items=70, rally_points=46)
"""Boards with 32 KiB: 19600, 560 and 690 bytes."""


def fence_bytes(areas: Sequence[FenceArea]) -> int:
    """Storage that a fence takes."""
    return HEADER_BYTES + sum(
        CIRCLE_BYTES if isinstance(area, FenceCircle) else POLYGON_BYTES + CORNER_BYTES * len(area.ring)
        for area in areas
    )


def fence_size(areas: Sequence[FenceArea]) -> int:
    """Items of a fence, or the corners whose room its bytes take where that is more.

    >>> fence_size([])
    0
    """
    if not areas:
        return 0
    items = sum(1 if isinstance(area, FenceCircle) else len(area.ring) for area in areas)
    return max(items, -(-fence_bytes(areas) // CORNER_BYTES))


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
        if needed <= SMALLEST.of(kind):
            yield holds(rule, f"{words}; the smallest boards hold {SMALLEST.of(kind)}")
        elif needed <= LARGEST.of(kind):
            held = f"{SMALLEST.of(kind)} with 8 or 15 KiB, {USUAL.of(kind)} with 16"
            held += "" if USUAL.of(kind) == LARGEST.of(kind) else f", {LARGEST.of(kind)} with 32"
            yield advice(
                rule,
                f"{words}; what a board holds depends on its storage: {held}",
                fix="`dfr upload` asks the vehicle before it changes anything",
            )
        else:
            yield unknown(
                rule,
                f"{words}; no board holds more than {LARGEST.of(kind)} without a memory card for them",
                fix="simplify it, fly it in parts, or set BRD_SD_MISSION or BRD_SD_FENCE on the vehicle",
            )
