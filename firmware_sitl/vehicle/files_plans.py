"""The lists on board as files, as ArduCopter offers them (AP_Filesystem_Mission): a header and packed items.

`@MISSION/mission.dat`, `fence.dat` and `rally.dat`; ground stations may read a long list so in less time
than item by item. Here they are read only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from struct import pack

from firmware_sitl.vehicle.items import Item
from firmware_sitl.vehicle.plans import FENCE, MISSION, RALLY, Plan

NAMES = {"@MISSION/mission.dat": MISSION, "@MISSION/fence.dat": FENCE, "@MISSION/rally.dat": RALLY}
MAGIC = 0x763D
TOLD_BYTES = 1 << 20
"""The size that is told of each before it is read: it is not known by then (ArduPilot's MAX size)."""


def plan_file(plans: Mapping[int, Plan], path: str) -> bytes | None:
    """The contents of a file of a list; None where a path names none."""
    kind = NAMES.get(path)
    if kind is None or kind not in plans:
        return None
    plan = plans[kind]
    items: Sequence[Item | None] = [plan.read(seq) for seq in range(plan.count())]
    found = [item for item in items if item is not None]
    header = pack("<HHHHH", MAGIC, kind, 0, 0, len(found))
    return header + b"".join(_packed(item, seq, kind) for seq, item in enumerate(found))


def _packed(item: Item, seq: int, kind: int) -> bytes:
    """MISSION_ITEM_INT as it lies in memory: the target and whether it is current say nothing here."""
    place = pack("<iif", item.x, item.y, item.z)
    return (
        pack("<ffff", *item.params)
        + place
        + pack("<HHBBBBBB", seq, item.command, 0, 0, item.frame, int(seq == 0), item.autocontinue, kind)
    )
