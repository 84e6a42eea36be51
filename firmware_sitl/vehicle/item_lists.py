"""The mission, fence and rally lists on board, each changed, checked and limited as ArduCopter does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from dfr.ardupilot.commands import Command, MissionResult, MissionType
from dfr.ardupilot.items import MOST_LAT_E7, MOST_LON_E7, WireItem
from dfr.ardupilot.kept import FENCE_POLYGONS, keep_fence_item, keep_mission_item, keep_rally_item
from dfr.ardupilot.storage import USUAL, fence_bytes

MISSION, FENCE, RALLY = MissionType

FENCE_KINDS: Mapping[int, int] = {
    Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION: 98,
    Command.NAV_FENCE_POLYGON_VERTEX_EXCLUSION: 97,
    Command.NAV_FENCE_RETURN_POINT: 95,
    Command.NAV_FENCE_CIRCLE_EXCLUSION: 93,
    Command.NAV_FENCE_CIRCLE_INCLUSION: 92,
}
"""ArduCopter's own numbers of the kinds of fence items, which its texts quote."""

LEAST_RADIUS_M = 1.1920929e-7

Say = Callable[[int, str], None]


class ItemList(Protocol):
    """A list that can be uploaded item by item and read back."""

    kind: MissionType
    most: int
    name: str

    def count_items(self) -> int:
        """How many items a client would read."""
        ...

    def read_item(self, seq: int) -> WireItem | None:
        """The item at a place."""
        ...

    def begin_upload(self, count: int) -> None:
        """Begin an upload of `count` items."""
        ...

    def begin_partial_upload(self, last: int) -> None:
        """Begin to replace items up to `last`."""
        ...

    def put_item(self, seq: int, item: WireItem) -> int:
        """Take one item of the upload; the answer is a MAV_MISSION_RESULT."""
        ...

    def finish_upload(self) -> int:
        """Complete the upload; the answer is a MAV_MISSION_RESULT."""
        ...

    def abandon_upload(self) -> None:
        """Give the upload up."""
        ...

    def clear_items(self) -> int:
        """Empty the list; the answer is a MAV_MISSION_RESULT."""
        ...


class MissionList:
    """The mission: item 0 is home, items overwrite in place as they come."""

    kind, most, name = MISSION, USUAL.mission_items, "Mission"

    def __init__(
        self,
        home: Callable[[], WireItem],
        busy: Callable[[], bool],
        say: Say,
        note_count: Callable[[int], None],
    ) -> None:
        self._home, self._busy, self._say, self._note_count = home, busy, say, note_count
        self._items: list[WireItem] = []
        self._last = 0
        self.changes = 0

    def copy_from(self, other: MissionList) -> None:
        """Take over another's items."""
        self._items = list(other._items)
        self._note_count(len(self._items))

    def count_items(self) -> int:
        """Items, home included."""
        return len(self._items)

    def note_home(self) -> None:
        """Home has been set: it stands in the list even where there is no mission."""
        if not self._items:
            self._items = [self._home()]
            self._note_count(1)

    def read_item(self, seq: int) -> WireItem | None:
        """The item at a place; home at 0."""
        if seq == 0:
            return self._home()
        return self._items[seq] if 0 < seq < len(self._items) else None

    def begin_upload(self, count: int) -> None:
        """Cut the list to the new length at once."""
        del self._items[count:]
        self._last = count - 1
        self._note_change()

    def begin_partial_upload(self, last: int) -> None:
        """Change nothing until an item comes."""
        self._last = last

    def put_item(self, seq: int, item: WireItem) -> int:
        """Overwrite or append; a jump must lead to an item that there is or will be."""
        kept = keep_mission_item(item)
        if isinstance(kept, int):
            return kept
        if kept.command == Command.DO_JUMP and not 1 <= kept.params[0] <= max(
            self.count_items() - 1, self._last
        ):
            return MissionResult.ERROR
        if seq < len(self._items):
            self._items[seq] = kept
        elif seq == len(self._items):
            self._items.append(kept)
        else:
            return MissionResult.ERROR
        self._note_change()
        return MissionResult.ACCEPTED

    def finish_upload(self) -> int:
        """Nothing is left to do: each item took effect as it came."""
        self._say(6, "Flight plan received")
        return MissionResult.ACCEPTED

    def abandon_upload(self) -> None:
        """Keep the items that have come."""

    def clear_items(self) -> int:
        """Empty the list, unless it is being flown."""
        if self._busy():
            return MissionResult.ERROR
        self._items = []
        self._note_change()
        return MissionResult.ACCEPTED

    def _note_change(self) -> None:
        self.changes += 1
        self._note_count(len(self._items))


class FenceList:
    """The fence: buffered, checked as a whole, then taken over."""

    kind, most, name = FENCE, USUAL.fence_items, "Fence"

    def __init__(self, changed: Callable[[list[WireItem]], None], say: Say) -> None:
        self._changed, self._say = changed, say
        self.items: list[WireItem] = []
        self._buffer: list[WireItem | None] = []

    def count_items(self) -> int:
        """Items of the fence in force."""
        return len(self.items)

    def read_item(self, seq: int) -> WireItem | None:
        """The item at a place of the fence in force."""
        return self.items[seq] if 0 <= seq < len(self.items) else None

    def begin_upload(self, count: int) -> None:
        """Begin an empty buffer."""
        self._buffer = [None] * count

    def begin_partial_upload(self, last: int) -> None:
        """Begin with a copy of the fence in force."""
        self._buffer = list(self.items)

    def put_item(self, seq: int, item: WireItem) -> int:
        """Put the item into the buffer."""
        if seq >= len(self._buffer):
            return MissionResult.INVALID_SEQUENCE
        kept = keep_fence_item(item)
        if isinstance(kept, int):
            return kept
        self._buffer[seq] = kept
        return MissionResult.ACCEPTED

    def finish_upload(self) -> int:
        """Check the whole; keep the old fence where the new one is unsound."""
        items = [item for item in self._buffer if item is not None]
        problem = whole_fence_problem(items)
        if problem is not None:
            self._say(*problem)
            self._say(4, "Fence validation failed")
            return MissionResult.ERROR
        if fence_bytes(items) > USUAL.fence_bytes:
            self._say(4, "Fence exceeds storage size")
            return MissionResult.ERROR
        self.items, self._buffer = items, []
        self._changed(items)
        return MissionResult.ACCEPTED

    def abandon_upload(self) -> None:
        """Drop the buffer; the fence in force stays."""
        self._buffer = []

    def clear_items(self) -> int:
        """Remove the fence."""
        self.items = []
        self._changed([])
        return MissionResult.ACCEPTED


class RallyList:
    """Rally points: cut at once and overwritten in place."""

    kind, most, name = RALLY, USUAL.rally_points, "Rally"

    def __init__(self, changed: Callable[[list[WireItem]], None]) -> None:
        self._changed = changed
        self.items: list[WireItem] = []

    def count_items(self) -> int:
        """Rally points."""
        return len(self.items)

    def read_item(self, seq: int) -> WireItem | None:
        """The rally point at a place."""
        return self.items[seq] if 0 <= seq < len(self.items) else None

    def begin_upload(self, count: int) -> None:
        """Cut the list to the new length at once."""
        del self.items[count:]
        self._changed(self.items)

    def begin_partial_upload(self, last: int) -> None:
        """Change nothing until an item comes."""

    def put_item(self, seq: int, item: WireItem) -> int:
        """Overwrite or append."""
        kept = keep_rally_item(item)
        if isinstance(kept, int):
            return kept
        if seq < len(self.items):
            self.items[seq] = kept
        elif seq == len(self.items):
            self.items.append(kept)
        else:
            return MissionResult.ERROR
        self._changed(self.items)
        return MissionResult.ACCEPTED

    def finish_upload(self) -> int:
        """Nothing is left to do: each item took effect as it came."""
        return MissionResult.ACCEPTED

    def abandon_upload(self) -> None:
        """Keep the items that have come."""

    def clear_items(self) -> int:
        """Remove all rally points."""
        self.items = []
        self._changed([])
        return MissionResult.ACCEPTED


def home_item(lat_deg: float, lon_deg: float, altitude_m: float) -> WireItem:
    """Home as item 0 of a mission."""
    return WireItem(
        command=Command.NAV_WAYPOINT, x=round(lat_deg * 1e7), y=round(lon_deg * 1e7), z=altitude_m
    )


def whole_fence_problem(items: list[WireItem]) -> tuple[int, str] | None:
    """Severity and text with which a fence is refused as a whole; None where it is sound."""
    left, first, returned = 0, None, False
    for item in items:
        polygon = item.command in FENCE_POLYGONS
        problem = (
            _corner_problem(item, first if left else None)
            if polygon
            else _single_problem(item, first if left else None, returned=returned)
        )
        if problem is None and not (abs(item.x) <= MOST_LAT_E7 and abs(item.y) <= MOST_LON_E7):
            problem = "Bad lat or lon"
        if problem is not None:
            return 4, problem
        if polygon:
            first = first if left else item
            left = (left or int(item.params[0])) - 1
        returned = returned or item.command == Command.NAV_FENCE_RETURN_POINT
    return (6, "Incorrect item count") if left else None


def _corner_problem(item: WireItem, first: WireItem | None) -> str | None:
    count = int(item.params[0])
    if count < 3:
        return f"Invalid vertex count ({count})"
    if first is None:
        return None
    if item.command != first.command:
        return f"Received incorrect vertex type {_want(first, item)}"
    wanted = int(first.params[0])
    return None if count == wanted else f"Unexpected vertex count want={wanted} got={count}"


def _single_problem(item: WireItem, first: WireItem | None, *, returned: bool) -> str | None:
    if first is not None:
        return f"Received incorrect type {_want(first, item)}"
    if item.command == Command.NAV_FENCE_RETURN_POINT:
        return "Multiple return points" if returned else None
    return None if item.params[0] > LEAST_RADIUS_M else "Non-positive circle radius"


def _want(first: WireItem, item: WireItem) -> str:
    return f"(want={FENCE_KINDS[first.command]} got={FENCE_KINDS[item.command]})"
