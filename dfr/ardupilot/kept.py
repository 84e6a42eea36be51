"""What ArduCopter keeps of each item of a mission, a fence or a rally list, and which items it refuses.

ArduCopter packs an item into few bytes: which of its fields survive, and in how many bits, depends on the
command. `keep_mission_item`, `keep_fence_item` and `keep_rally_item` give an item as it is read back, or the
answer with which it is refused; `kept_params` gives the four parameters alone. `changed_params` names those
that would not survive, and `describe_difference` says how an item read back differs from the one sent. The
table is the only one: the planner judges and compares by it, and the built-in vehicle stores by it.

Sources: AP_Mission's conversions from and to MISSION_ITEM_INT, AC_PolyFence_loader and AP_Rally of ArduCopter
4.5 to 4.7, recorded on a real one in `tests/data/arducopter/items.jsonl` and `kept.jsonl`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from math import isclose, isinf, isnan
from struct import error, pack, unpack
from typing import NamedTuple

from dfr.ardupilot.commands import (
    ABSOLUTE_FRAMES,
    RELATIVE_FRAMES,
    TERRAIN_FRAMES,
    Command,
    Frame,
    MissionResult,
    command_name,
)
from dfr.ardupilot.items import MOST_ALTITUDE_M, MOST_LAT_E7, MOST_LON_E7, Params, WireItem, cast, single

Keep = Callable[[float], float]


def _drop_value(_: float) -> float:
    return 0.0


def _keep_same(value: float) -> float:
    return value


def _as_u8(value: float) -> float:
    return float(cast(value, 8))


def _as_u16(value: float) -> float:
    return float(cast(value, 16))


def _as_i8(value: float) -> float:
    return float(cast(value, 8, signed=True))


def _as_i16(value: float) -> float:
    return float(cast(value, 16, signed=True))


def _as_half(value: float) -> float:
    try:
        return float(unpack("<e", pack("<e", value))[0])
    except (OverflowError, error):
        return float("inf") if value > 0.0 else float("-inf")


def _as_direction(value: float) -> float:
    return -1.0 if value < 0.0 else 1.0


def _as_flag(value: float) -> float:
    return 1.0 if value > 0.0 else 0.0


def _as_radius(value: float) -> float:
    size = float(cast(abs(value), 16))
    return -size if value < 0.0 else size


def _pack_circles(turns: float, radius_m: float) -> tuple[float, float]:
    """Turns and radius of LOITER_TURNS, a byte each; a negative number of turns runs over into the radius."""
    part, large = 0.0 < turns < 1.0, abs(radius_m) > 255.0
    size = min(255.0, abs(radius_m) * 0.1) if large else abs(radius_m)
    both = cast(min(255.0, turns * 256.0 if part else turns), 16) | int(size) << 8
    kept = float((both >> 8 & 0xFF) * (10 if large else 1))
    return (both & 0xFF) / (256.0 if part else 1.0), -kept if radius_m < 0.0 else kept


def _as_centi(value: float) -> float:
    return single(cast(single(value * 100.0), 16) * single(0.01))


def _keep_within(least: float, most: float, keep: Keep, value: float) -> float:
    return keep(value) if least <= value <= most else 0.0


def _as_bit(value: float) -> float:
    return float(cast(value, 32) & 1)


def _as_duration(value: float) -> float:
    return float(int(min(max(value, 0.0), 65535.0)))


class ParamRules(NamedTuple):
    """What is kept of each of a command's four parameters."""

    param1: Keep = _drop_value
    param2: Keep = _drop_value
    param3: Keep = _drop_value
    param4: Keep = _drop_value


KEPT_WITH_PLACE: Mapping[int, ParamRules] = {
    Command.NAV_WAYPOINT: ParamRules(_as_u16),
    Command.NAV_LOITER_UNLIM: ParamRules(_drop_value, _drop_value, _as_radius),
    Command.NAV_LOITER_TURNS: ParamRules(_keep_same, _drop_value, _keep_same, _as_flag),
    Command.NAV_LOITER_TIME: ParamRules(_as_u16, _drop_value, _as_direction, _as_flag),
    Command.NAV_LAND: ParamRules(_as_u16, _drop_value, _drop_value, _as_direction),
    Command.NAV_TAKEOFF: ParamRules(_as_u16),
    Command.NAV_CONTINUE_AND_CHANGE_ALT: ParamRules(_as_u16),
    Command.NAV_LOITER_TO_ALT: ParamRules(_drop_value, _as_radius, _drop_value, _as_flag),
    Command.NAV_SPLINE_WAYPOINT: ParamRules(_as_u16),
    Command.NAV_VTOL_TAKEOFF: ParamRules(),
    Command.NAV_VTOL_LAND: ParamRules(_as_u16),
    Command.NAV_GUIDED_ENABLE: ParamRules(_as_u16),
    Command.NAV_PAYLOAD_PLACE: ParamRules(_as_centi),
    Command.DO_SET_HOME: ParamRules(_as_u16),
    Command.DO_RETURN_PATH_START: ParamRules(),
    Command.DO_LAND_START: ParamRules(),
    Command.DO_GO_AROUND: ParamRules(),
    Command.DO_SET_ROI_LOCATION: ParamRules(_as_u16),
    Command.DO_SET_ROI: ParamRules(_as_u16),
}
"""Commands with a place, and what is kept of their four parameters; turns and radius of LOITER_TURNS are
packed together (`_pack_circles`)."""

KEPT_WITHOUT_PLACE: Mapping[int, ParamRules] = {
    Command.NAV_RETURN_TO_LAUNCH: ParamRules(),
    Command.NAV_ALTITUDE_WAIT: ParamRules(single, single, _as_u8),
    Command.NAV_DELAY: ParamRules(single, _as_i8, _as_i8, _as_i8),
    Command.CONDITION_DELAY: ParamRules(single),
    Command.CONDITION_DISTANCE: ParamRules(single),
    Command.CONDITION_YAW: ParamRules(single, single, _as_i8, _as_u8),
    Command.DO_JUMP: ParamRules(_as_u16, _as_i16),
    Command.DO_CHANGE_SPEED: ParamRules(_as_u8, single, single),
    Command.DO_SET_RELAY: ParamRules(_as_u8, _as_u8),
    Command.DO_REPEAT_RELAY: ParamRules(_as_u8, _as_i16, single),
    Command.DO_SET_SERVO: ParamRules(_as_u8, _as_u16),
    Command.DO_REPEAT_SERVO: ParamRules(_as_u8, _as_u16, _as_i16, single),
    Command.DO_PAUSE_CONTINUE: ParamRules(_as_u16),
    Command.DO_SET_REVERSE: ParamRules(_as_u16),
    Command.DO_SET_ROI_NONE: ParamRules(_as_u16),
    Command.DO_DIGICAM_CONFIGURE: ParamRules(_as_u8, _as_u16, _as_u8, _as_u16),
    Command.DO_DIGICAM_CONTROL: ParamRules(_as_u8, _as_u8, _as_i8, _as_u8),
    Command.DO_MOUNT_CONTROL: ParamRules(single, single, single),
    Command.DO_SET_CAM_TRIGG_DIST: ParamRules(single, _drop_value, _as_u8),
    Command.DO_FENCE_ENABLE: ParamRules(_as_u16),
    Command.DO_PARACHUTE: ParamRules(_as_u16),
    Command.DO_INVERTED_FLIGHT: ParamRules(_as_u16),
    Command.DO_GRIPPER: ParamRules(_as_u8, _as_u8),
    Command.DO_AUTOTUNE_ENABLE: ParamRules(_as_u16),
    Command.NAV_SET_YAW_SPEED: ParamRules(single, single, _as_u8),
    Command.DO_SET_RESUME_REPEAT_DIST: ParamRules(_as_u16),
    Command.DO_SPRAYER: ParamRules(_as_u16),
    Command.DO_SEND_SCRIPT_MESSAGE: ParamRules(_as_u16, single, single, single),
    Command.DO_AUX_FUNCTION: ParamRules(_as_u16, _as_u8),
    Command.DO_GUIDED_LIMITS: ParamRules(_as_u16, single, single, single),
    Command.DO_ENGINE_CONTROL: ParamRules(_as_flag, _as_flag, _as_centi, _as_bit),
    Command.SET_CAMERA_ZOOM: ParamRules(_as_u8, single),
    Command.SET_CAMERA_FOCUS: ParamRules(_as_u8, single),
    Command.SET_CAMERA_SOURCE: ParamRules(_as_u8, _as_u8, _as_u8),
    Command.JUMP_TAG: ParamRules(_as_u16),
    Command.DO_JUMP_TAG: ParamRules(_as_u16, _as_i16),
    Command.DO_GIMBAL_MANAGER_PITCHYAW: ParamRules(_as_i8, _as_i16, _as_i8, _as_i8),
    Command.IMAGE_START_CAPTURE: ParamRules(_as_u8, single, _as_u16, _as_u16),
    Command.IMAGE_STOP_CAPTURE: ParamRules(_as_u16),
    Command.VIDEO_START_CAPTURE: ParamRules(_as_u8),
    Command.VIDEO_STOP_CAPTURE: ParamRules(_as_u8),
    Command.DO_VTOL_TRANSITION: ParamRules(_as_u8),
    Command.DO_WINCH: ParamRules(_as_u8, _as_u8, single, single),
    Command.NAV_SCRIPT_TIME: ParamRules(_as_u8, _as_u8, _as_half, _as_half),
    Command.NAV_ATTITUDE_TIME: ParamRules(
        _as_duration,
        partial(_keep_within, -180, 180, _as_i16),
        partial(_keep_within, -90, 90, _as_i8),
        partial(_keep_within, -180, 360, _as_i16),
    ),
}
"""Commands without a place."""

PLACE_FIELDS_KEPT: Mapping[int, tuple[Keep, Keep, Keep]] = {
    Command.DO_DIGICAM_CONFIGURE: (_as_u8, _as_u8, single),
    Command.DO_DIGICAM_CONTROL: (_as_u8, _as_u8, _drop_value),
    Command.DO_MOUNT_CONTROL: (_drop_value, _drop_value, lambda _: 2.0),
    Command.DO_GIMBAL_MANAGER_PITCHYAW: (_as_u8, _drop_value, _as_u8),
    Command.NAV_SCRIPT_TIME: (_as_i16, _as_i16, _drop_value),
    Command.NAV_ATTITUDE_TIME: (_as_i16, _drop_value, _drop_value),
}
"""Placeless commands of which something of x, y and z is kept: as numbers, not as a place."""

MAY_BE_NAN: Mapping[int, tuple[int, ...]] = {
    Command.NAV_WAYPOINT: (3,),
    Command.NAV_LOITER_UNLIM: (3,),
    Command.NAV_LAND: (3,),
    Command.NAV_TAKEOFF: (3,),
    Command.NAV_VTOL_TAKEOFF: (3,),
    Command.NAV_VTOL_LAND: (2, 3),
}
"""Command to the parameters (0 to 3) that may be left open."""


FENCE_POLYGONS = frozenset(
    {Command.NAV_FENCE_POLYGON_VERTEX_INCLUSION, Command.NAV_FENCE_POLYGON_VERTEX_EXCLUSION}
)
FENCE_CIRCLES = frozenset({Command.NAV_FENCE_CIRCLE_INCLUSION, Command.NAV_FENCE_CIRCLE_EXCLUSION})
FENCE_COMMANDS = FENCE_POLYGONS | FENCE_CIRCLES | {Command.NAV_FENCE_RETURN_POINT}

COMMANDS_WITH_PLACE = frozenset(KEPT_WITH_PLACE) | FENCE_COMMANDS | {Command.NAV_RALLY_POINT}
"""Commands whose x and y are latitude and longitude (AP_Mission::stored_in_location)."""

PLACED_FRAMES = frozenset(Frame) - {Frame.MISSION}
"""Frames in which fence items and rally points are taken."""

MOST_CORNERS = 255
LEAST_RALLY_M, MOST_RALLY_M = -32768.0, 32767.0


HEIGHT_TOLERANCE_M = 0.01
"""Heights are kept in whole centimetres, truncated."""

DIRECTION_ONLY = {(Command.NAV_LOITER_TIME, 2), (Command.NAV_LAND, 3)}
"""Parameters of which only the sign is kept, and 0 means the same as 1."""


def has_place(command: int) -> bool:
    """Whether a command's x and y are latitude and longitude."""
    return command in COMMANDS_WITH_PLACE


def uses_place_fields(command: int) -> bool:
    """Whether a command without a place uses x, y or z as numbers.

    >>> uses_place_fields(Command.DO_DIGICAM_CONTROL), uses_place_fields(Command.NAV_WAYPOINT)
    (True, False)
    """
    return command in PLACE_FIELDS_KEPT


def may_be_nan(command: int, place: int) -> bool:
    """Whether a parameter, 0 to 3, may be left open (AP_Mission::sanity_check_params)."""
    return place in MAY_BE_NAN.get(command, ())


def stored_frame(frame: int) -> Frame | None:
    """The frame in which a place is stored; None where the frame is refused.

    >>> stored_frame(Frame.GLOBAL_INT).name
    'GLOBAL'
    """
    if frame in ABSOLUTE_FRAMES:
        return Frame.GLOBAL
    if frame in RELATIVE_FRAMES:
        return Frame.GLOBAL_RELATIVE_ALT
    return Frame.GLOBAL_TERRAIN_ALT if frame in TERRAIN_FRAMES else None


def kept_params(command: int, params: Params) -> Params | None:
    """Parameters 1 to 4 as they are read back; None for a command that missions cannot have."""
    rules = KEPT_WITH_PLACE.get(command) or KEPT_WITHOUT_PLACE.get(command)
    if rules is None:
        return None
    given = [0.0 if isnan(value) else value for value in params]
    if command == Command.NAV_LOITER_TURNS:
        given[0], given[2] = _pack_circles(given[0], given[2])
    a, b, c, d = (keep(value) for keep, value in zip(rules, given, strict=True))
    return a, b, c, d


def keep_item(item: WireItem) -> WireItem | MissionResult:
    """An item of any of the three lists as it is read back, or the answer with which it is refused."""
    if item.command in FENCE_COMMANDS:
        return keep_fence_item(item)
    return keep_rally_item(item) if item.command == Command.NAV_RALLY_POINT else keep_mission_item(item)


def keep_mission_item(item: WireItem) -> WireItem | MissionResult:
    """A mission item as it is read back, or the answer with which it is refused."""
    for place, value in enumerate(item.params):
        if isinf(value) or (isnan(value) and not may_be_nan(item.command, place)):
            return MissionResult(MissionResult.INVALID_PARAM1 + place)
    if item.command in (0, 1):
        return MissionResult.INVALID
    params = kept_params(item.command, item.params)
    if params is None:
        return MissionResult.UNSUPPORTED
    if item.command in KEPT_WITH_PLACE:
        return _keep_place(replace(item, params=params, autocontinue=1))
    return _keep_place_fields(WireItem(seq=item.seq, command=item.command, params=params), item)


def keep_fence_item(item: WireItem) -> WireItem | MissionResult:
    """A fence item as it is buffered, or the answer with which it is refused."""
    if item.frame not in PLACED_FRAMES:
        return MissionResult.UNSUPPORTED_FRAME
    count = item.params[0]
    if item.command in FENCE_POLYGONS:
        if count > MOST_CORNERS:
            return MissionResult.INVALID_PARAM1
        count = float(cast(count, 8))
    elif item.command in FENCE_CIRCLES:
        count = single(count)
    elif item.command == Command.NAV_FENCE_RETURN_POINT:
        count = 0.0
    else:
        return MissionResult.UNSUPPORTED
    return replace(item, frame=Frame.GLOBAL, params=(count, 0.0, 0.0, 0.0), z=0.0, autocontinue=0)


def keep_rally_item(item: WireItem) -> WireItem | MissionResult:
    """A rally point as it is stored, in whole metres, or the answer with which it is refused."""
    if item.command != Command.NAV_RALLY_POINT:
        return MissionResult.UNSUPPORTED
    if abs(item.x) > MOST_LAT_E7:
        return MissionResult.INVALID_PARAM5_X
    if abs(item.y) > MOST_LON_E7:
        return MissionResult.INVALID_PARAM6_Y
    if not isnan(item.z) and not LEAST_RALLY_M <= item.z <= MOST_RALLY_M:
        return MissionResult.INVALID_PARAM7
    frame = stored_frame(item.frame)
    if item.frame not in PLACED_FRAMES or frame is None:
        return MissionResult.UNSUPPORTED_FRAME
    height_m = float(cast(item.z, 16, signed=True))
    return replace(item, frame=frame, params=(0.0, 0.0, 0.0, 0.0), z=height_m, autocontinue=0)


def changed_params(command: int, params: Params) -> tuple[int, ...]:
    """Which of params 1 to 4 ArduCopter would change or forget, numbered from 1."""
    kept = kept_params(command, params)
    if kept is None:
        return ()
    return tuple(
        index + 1
        for index, (sent, read) in enumerate(zip(params, kept, strict=True))
        if not _is_equivalent(command, index, sent, read)
    )


def changed_numbers(command: int, numbers: tuple[float, float]) -> tuple[int, ...]:
    """Which of params 5 and 6 of a command without a place ArduCopter would change, by their numbers."""
    keeps = PLACE_FIELDS_KEPT.get(command)
    if keeps is None:
        return ()
    return tuple(
        place
        for place, value, keep in zip((5, 6), numbers, keeps[:2], strict=True)
        if keep(int(value)) != value
    )


def describe_difference(sent: WireItem, read: WireItem) -> str | None:
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
        if not _is_equivalent(want.command, index, a, b):
            return f"{name}: param{index + 1} {a:g} read back as {b:g}"
    if uses_place_fields(want.command) and (want.x, want.y, want.z) != (read.x, read.y, read.z):
        sent_numbers, numbers = (want.x, want.y, want.z), (read.x, read.y, read.z)
        return f"{name}: params 5 to 7 {sent_numbers} read back as {numbers}"
    return None


def _keep_place_fields(kept: WireItem, sent: WireItem) -> WireItem:
    keeps = PLACE_FIELDS_KEPT.get(sent.command)
    if keeps is None:
        return kept
    z = 0.0 if isnan(sent.z) else sent.z
    return replace(kept, x=int(keeps[0](sent.x)), y=int(keeps[1](sent.y)), z=keeps[2](z))


def _keep_place(item: WireItem) -> WireItem | MissionResult:
    if single(abs(item.x)) > MOST_LAT_E7:  # ArduCopter too compares in single precision
        return MissionResult.INVALID_PARAM5_X
    if single(abs(item.y)) > MOST_LON_E7:
        return MissionResult.INVALID_PARAM6_Y
    if isnan(item.z) or abs(item.z) >= MOST_ALTITUDE_M:
        return MissionResult.INVALID_PARAM7
    frame = stored_frame(item.frame)
    if frame is None:
        return MissionResult.UNSUPPORTED_FRAME
    return replace(item, frame=frame, z=_whole_centimetres(item.z))


def _whole_centimetres(z_m: float) -> float:
    """A height as it is stored: in whole centimetres, cut in single precision."""
    return single(int(single(single(z_m) * 100.0)) * single(0.01))


def _place_difference(want: WireItem, read: WireItem) -> str | None:
    if want.frame != stored_frame(read.frame):
        return f"frame {want.frame} read back as {read.frame}"
    if (want.x, want.y) != (read.x, read.y):
        return f"x,y {want.x},{want.y} read back as {read.x},{read.y}"
    if abs(want.z - read.z) > HEIGHT_TOLERANCE_M + 1e-6:
        return f"z {want.z:g} m read back as {read.z:g} m"
    return None


def _is_equivalent(command: int, index: int, a: float, b: float) -> bool:
    if may_be_nan(command, index) and (isnan(a) or isnan(b)):
        return True
    if (command, index) in DIRECTION_ONLY:
        return (a < 0) == (b < 0) and abs(a) <= 1.0
    return isclose(a, b, rel_tol=1e-6, abs_tol=1e-6)
