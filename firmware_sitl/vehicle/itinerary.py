"""What of a mission is flown next: navigation items in their order, jumps and tags followed."""

from __future__ import annotations

from collections.abc import Callable

from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle import items as cmd
from firmware_sitl.vehicle.mission_names import UNSTARTED, is_navigation
from firmware_sitl.vehicle.plans import MissionPlan

MOST_JUMPS = 100
FOREVER = -1
JUMP_TAG, DO_JUMP_TAG = 600, 601
JUMPS = (cmd.DO_JUMP, DO_JUMP_TAG)
TAKEOFFS = (cmd.TAKEOFF, cmd.VTOL_TAKEOFF)


class Itinerary:
    """The order of a mission's items, and how often each jump has been taken."""

    def __init__(self, plan: MissionPlan, say: Callable[[int, str], None]) -> None:
        self.plan = plan
        self._say = say
        self._taken: dict[int, int] = {}

    def forget_jumps(self) -> None:
        """Count all jumps anew."""
        self._taken = {}

    def command(self, seq: int) -> int:
        """The command at a place; 0 where there is none."""
        item = self.plan.read(seq)
        return item.command if item else 0

    def places_of(self, command: int) -> list[int]:
        """Places of a command in the mission."""
        return [seq for seq in range(1, self.plan.count()) if self.command(seq) == command]

    def place_of_tag(self, tag: int) -> int | None:
        """The place of a tag."""
        for seq in self.places_of(JUMP_TAG):
            item = self.plan.read(seq)
            if item is not None and int(item.params[0]) == tag:
                return seq
        return None

    def is_takeoff_next(self, seq: int) -> bool:
        """Whether the next thing flown from a place on, delays aside, is a takeoff."""
        following = self.first_navigation(seq)
        while following is not None and self.command(following) == cmd.NAV_DELAY:
            following = self.first_navigation(following + 1)
        return following is not None and self.command(following) in TAKEOFFS

    def first_navigation(self, seq: int, beside: list[int] | None = None) -> int | None:
        """The next item to fly from a place on. With `beside`, what is to be done on the way is put into it,
        and jumps are counted as taken.
        """
        jumps = 0
        while seq < self.plan.count() and jumps < MOST_JUMPS:
            item = self.plan.read(seq)
            if item is None:
                return None
            if is_navigation(item.command) and item.command not in UNSTARTED:
                return seq
            target = self._jump(item, seq, counted=beside is not None)
            if target is not None:
                jumps += 1
                seq = target
                continue
            if beside is not None and item.command not in JUMPS:
                beside.append(seq)
            seq += 1
        return None

    def _jump(self, item: WireItem, seq: int, *, counted: bool) -> int | None:
        """Where a jump leads; None for what is none, or has been taken often enough."""
        times, done = int(item.params[1]), self._taken.get(seq, 0)
        if item.command not in JUMPS or (times != FOREVER and done >= times):
            return None
        target: int | None = int(item.params[0])
        if item.command == DO_JUMP_TAG:
            target = self.place_of_tag(int(item.params[0]))
        if target is not None and counted:
            self._taken[seq] = done + 1
            self._say(6, f"Mission: {seq} Jump {done + 1}/{'unlimited' if times == FOREVER else times}")
        return target
