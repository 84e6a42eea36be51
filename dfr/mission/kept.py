"""What ArduCopter keeps of an item: it packs each into 15 bytes, and what survives depends on the command.

The tables say what ArduCopter 4.5 to 4.7 stores (AP_Mission.cpp, mavlink_int_to_mission_cmd and
mission_cmd_to_mavlink_int; recorded in `tests/data/arducopter_protocol.jsonl`), so that a plan can be
judged before upload and compared by meaning after it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dfr.ardupilot.commands import Command, Frame, command_name
from dfr.mission.items import MissionItem
from dfr.mission.wire import LOCATION_COMMANDS, Params, WireItem

HEIGHT_TOLERANCE_M = 0.01
"""Heights are kept in whole centimetres, truncated."""

FENCE_COMMANDS = frozenset(
    {
        Command.NAV_FENCE_RETURN_POINT,
        Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION,
        Command.NAV_FENCE_POLYGON_VERTEX_EXCLUSION,
        Command.NAV_FENCE_CIRCLE_INCLUSION,
        Command.NAV_FENCE_CIRCLE_EXCLUSION,
    }
)

_AMSL_FRAMES = {0, 2, 5}
_HOME_FRAMES = {3, 6}
_TERRAIN_FRAMES = {10, 11}


def _whole(value: float) -> float:
    return 0.0 if math.isnan(value) else float(max(0, min(65535, math.trunc(value))))


def _sign(value: float) -> float:
    return -1.0 if value < 0 else 1.0


def _turns(value: float) -> float:
    return math.trunc(value * 256) / 256 if 0 < value < 1 else float(min(255, math.trunc(value)))


def _radius(value: float) -> float:
    size = abs(value)
    kept = math.trunc(size) if size <= 255 else 10 * min(255, math.trunc(size * 0.1))
    return math.copysign(kept, value)


def _flag(value: float) -> float:
    return 1.0 if value > 0 else 0.0


def _same(value: float) -> float:
    return value


def _nothing(value: float) -> float:
    del value
    return 0.0


Keep = Callable[[float], float]

KEPT: dict[int, tuple[Keep, Keep, Keep, Keep]] = {
    Command.NAV_WAYPOINT: (_whole, _nothing, _nothing, _nothing),
    Command.NAV_LOITER_UNLIM: (_nothing, _nothing, lambda v: math.copysign(math.trunc(abs(v)), v), _nothing),
    Command.NAV_LOITER_TURNS: (_turns, _nothing, _radius, _flag),
    Command.NAV_LOITER_TIME: (_whole, _nothing, _sign, _flag),
    Command.NAV_RETURN_TO_LAUNCH: (_nothing, _nothing, _nothing, _nothing),
    Command.NAV_LAND: (_whole, _nothing, _nothing, _sign),
    Command.NAV_TAKEOFF: (_whole, _nothing, _nothing, _nothing),
    Command.CONDITION_DELAY: (_same, _nothing, _nothing, _nothing),
    Command.CONDITION_YAW: (_same, _same, _same, _same),
    Command.DO_JUMP: (_whole, lambda v: float(math.trunc(v)), _nothing, _nothing),
    Command.DO_CHANGE_SPEED: (_same, _same, _same, _nothing),
    Command.DO_LAND_START: (_nothing, _nothing, _nothing, _nothing),
    Command.DO_SET_ROI: (_whole, _nothing, _nothing, _nothing),
    Command.DO_SET_ROI_LOCATION: (_whole, _nothing, _nothing, _nothing),
    Command.DO_SET_ROI_NONE: (_whole, _nothing, _nothing, _nothing),
    Command.DO_MOUNT_CONTROL: (_same, _same, _same, _nothing),
}
"""What becomes of params 1 to 4 of each command a dispatch may use; other commands are refused."""

_DIRECTION_ONLY = {(Command.NAV_LOITER_TIME, 2), (Command.NAV_LAND, 3)}
"""Parameters of which only the sign is kept, and 0 means the same as 1."""

NAN_ALLOWED = {(Command.NAV_WAYPOINT, 3), (Command.NAV_LAND, 3), (Command.NAV_TAKEOFF, 3)}
"""Where ArduCopter takes NaN (yaw as it is): AP_Mission::sanity_check_params."""


def stored(item: WireItem) -> WireItem:
    """The item as ArduCopter reads it back. Raises KeyError for a command it is not known to keep."""
    if item.command in FENCE_COMMANDS:
        return replace(item, frame=0, z=0.0, params=(item.params[0], 0.0, 0.0, 0.0))
    if item.command == Command.NAV_RALLY_POINT:
        return replace(item, z=float(math.trunc(item.z)), params=(0.0, 0.0, 0.0, 0.0))
    kept = _params_kept(item.command, item.params)
    if item.command not in LOCATION_COMMANDS:
        return replace(item, frame=0, params=kept, x=0, y=0, z=0.0)
    return replace(item, frame=_frame_kept(item.frame), params=kept, z=_centimetres(item.z))


def dropped_params(item: MissionItem) -> tuple[int, ...]:
    """Which of params 1 to 4 ArduCopter would change or forget, numbered from 1."""
    if item.command not in KEPT:
        return ()
    pairs = zip(item.params, _params_kept(item.command, item.params), strict=True)
    return tuple(
        index + 1
        for index, (sent, kept) in enumerate(pairs)
        if not _equivalent(item.command, index, sent, kept)
    )


def difference(sent: WireItem, read: WireItem) -> str | None:
    """How what was read back differs from what the sent item means; None where it does not.

    x and y must be exact, heights within a centimetre, stored parameters equal.
    """
    want = stored(sent)
    name = f"item {sent.seq} {command_name(sent.command)}"
    if (want.seq, want.command) != (read.seq, read.command):
        return f"{name}: read back as {read.seq} {command_name(read.command)}"
    located = want.command in LOCATION_COMMANDS
    if located and _frame_kept(want.frame) != _frame_kept(read.frame):
        return f"{name}: frame {want.frame} read back as {read.frame}"
    if located and (want.x, want.y) != (read.x, read.y):
        return f"{name}: x,y {want.x},{want.y} read back as {read.x},{read.y}"
    if located and abs(want.z - read.z) > HEIGHT_TOLERANCE_M + 1e-6:
        return f"{name}: z {want.z:g} m read back as {read.z:g} m"
    for index, (a, b) in enumerate(zip(want.params, read.params, strict=True)):
        if not _equivalent(want.command, index, a, b):
            return f"{name}: param{index + 1} {a:g} read back as {b:g}"
    return None


def _params_kept(command: int, params: Params) -> Params:
    a, b, c, d = (keep(value) for keep, value in zip(KEPT[command], params, strict=True))
    return a, b, c, d


def _equivalent(command: int, index: int, a: float, b: float) -> bool:
    if (command, index) in NAN_ALLOWED and (math.isnan(a) or math.isnan(b)):
        return True
    if (command, index) in _DIRECTION_ONLY:
        return (a < 0) == (b < 0) and abs(a) <= 1.0
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)


def _frame_kept(frame: int) -> int:
    if frame in _AMSL_FRAMES:
        return int(Frame.GLOBAL)
    if frame in _HOME_FRAMES:
        return int(Frame.GLOBAL_RELATIVE_ALT)
    return int(Frame.GLOBAL_TERRAIN_ALT) if frame in _TERRAIN_FRAMES else frame


def _centimetres(z: float) -> float:
    """A height after ArduCopter has multiplied it by 100 in single precision and cut it."""
    return math.trunc(float(np.float32(z) * np.float32(100.0))) / 100.0
