"""Compares items with what ArduCopter keeps of them: what it would drop, and what was read back.

`dropped_params` names the parameters that would not survive; `difference` says how an item read back differs
from the one sent. What ArduCopter keeps of each command is in `dfr.ardupilot.kept`.
"""

from __future__ import annotations

import math

from dfr.ardupilot.commands import Command, MissionResult, command_name
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import has_place, keep_item, kept_params, may_be_nan, stored_frame
from dfr.mission.items import MissionItem

HEIGHT_TOLERANCE_M = 0.01
"""Heights are kept in whole centimetres, truncated."""

_DIRECTION_ONLY = {(Command.NAV_LOITER_TIME, 2), (Command.NAV_LAND, 3)}
"""Parameters of which only the sign is kept, and 0 means the same as 1."""


def dropped_params(item: MissionItem) -> tuple[int, ...]:
    """Which of params 1 to 4 ArduCopter would change or forget, numbered from 1."""
    kept = kept_params(item.command, item.params)
    if kept is None:
        return ()
    return tuple(
        index + 1
        for index, (sent, read) in enumerate(zip(item.params, kept, strict=True))
        if not _equivalent(item.command, index, sent, read)
    )


def difference(sent: WireItem, read: WireItem) -> str | None:
    """How what was read back differs from what the sent item means; None where it does not.

    x and y must be exact, heights within a centimetre, stored parameters equal.
    """
    want = keep_item(sent)
    name = f"item {sent.seq} {command_name(sent.command)}"
    if isinstance(want, MissionResult):
        return f"{name}: refused by ArduCopter with {want.name}, yet something was read back"
    if (want.seq, want.command) != (read.seq, read.command):
        return f"{name}: read back as {read.seq} {command_name(read.command)}"
    if has_place(want.command) and (found := _place_difference(want, read)) is not None:
        return f"{name}: {found}"
    for index, (a, b) in enumerate(zip(want.params, read.params, strict=True)):
        if not _equivalent(want.command, index, a, b):
            return f"{name}: param{index + 1} {a:g} read back as {b:g}"
    return None


def _place_difference(want: WireItem, read: WireItem) -> str | None:
    if want.frame != stored_frame(read.frame):
        return f"frame {want.frame} read back as {read.frame}"
    if (want.x, want.y) != (read.x, read.y):
        return f"x,y {want.x},{want.y} read back as {read.x},{read.y}"
    if abs(want.z - read.z) > HEIGHT_TOLERANCE_M + 1e-6:
        return f"z {want.z:g} m read back as {read.z:g} m"
    return None


def _equivalent(command: int, index: int, a: float, b: float) -> bool:
    if may_be_nan(command, index) and (math.isnan(a) or math.isnan(b)):
        return True
    if (command, index) in _DIRECTION_ONLY:
        return (a < 0) == (b < 0) and abs(a) <= 1.0
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)
