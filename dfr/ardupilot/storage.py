"""How many items a flight controller has room for, by its storage, and what a fence takes of it.

ArduCopter divides its storage the same way on all boards of a size (StorageManager): room for missions at
15 bytes an item, for rally points at 15, and for a fence at 8 bytes a corner besides what each area takes.
A memory card (BRD_SD_MISSION, BRD_SD_FENCE) may give more: only the vehicle knows what it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dfr.ardupilot.commands import Command, MissionType
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import FENCE_POLYGONS

CORNER_BYTES, POLYGON_BYTES, CIRCLE_BYTES, RETURN_POINT_BYTES, HEADER_BYTES = 8, 2, 13, 9, 4
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

    def most_items(self, kind: MissionType) -> int:
        """Most items of one of the three lists."""
        return (self.mission_items, self.fence_items, self.rally_points)[kind]


SMALLEST = Capacity(mission_items=303, fence_items=38, rally_points=26)
"""Boards with 8 or 15 KiB of storage: 4554, 304 and 390 bytes."""

USUAL = Capacity(mission_items=650, fence_items=70, rally_points=46)
"""Boards with 16 KiB, SITL among them ("Only 650 items are supported"): 9758, 560 and 690 bytes."""

LARGEST = Capacity(mission_items=1306, fence_items=70, rally_points=46)
"""Boards with 32 KiB: 19600, 560 and 690 bytes."""


def fence_bytes(items: Sequence[WireItem]) -> int:
    """Storage that a sound fence takes, of its list of items."""
    used, place = HEADER_BYTES, 0
    while place < len(items):
        item = items[place]
        if item.command in FENCE_POLYGONS:
            corners = int(item.params[0])
            used += POLYGON_BYTES + CORNER_BYTES * corners
            place += corners
            continue
        used += RETURN_POINT_BYTES if item.command == Command.NAV_FENCE_RETURN_POINT else CIRCLE_BYTES
        place += 1
    return used
