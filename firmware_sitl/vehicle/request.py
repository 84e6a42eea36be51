"""A command that a client sends, the same whether it came as COMMAND_LONG or as COMMAND_INT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite, isnan
from typing import Any

from dfr.ardupilot.commands import RELATIVE_FRAMES, TERRAIN_FRAMES, Command, CommandResult, Frame
from dfr.ardupilot.items import MOST_LAT_E7, MOST_LON_E7, WireItem, cast
from firmware_sitl.vehicle.channel import Channel
from firmware_sitl.vehicle.state import State

ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED, _ = CommandResult

NEARLY = 1.1920929e-7
"""Floats that differ by less are the same number (ArduPilot's FLT_EPSILON)."""

LOCATED = {
    Command.DO_SET_HOME: Frame.GLOBAL,
    Command.DO_REPOSITION: None,
    Command.DO_SET_ROI_LOCATION: Frame.GLOBAL_RELATIVE_ALT,
    Command.DO_SET_ROI: Frame.GLOBAL_RELATIVE_ALT,
    Command.DO_SET_GLOBAL_ORIGIN: None,
    Command.EXTERNAL_POSITION_ESTIMATE: None,
}
"""Commands with a place, and the frame it is in where COMMAND_LONG brings them; None: it must not."""

FRAMES = (Frame.GLOBAL, Frame.GLOBAL_INT, *RELATIVE_FRAMES, *TERRAIN_FRAMES)
FRAME_OF_ITEM: Mapping[int, int] = {
    Frame.GLOBAL_INT: Frame.GLOBAL,
    Frame.GLOBAL_RELATIVE_ALT_INT: Frame.GLOBAL_RELATIVE_ALT,
    Frame.GLOBAL_TERRAIN_ALT_INT: Frame.GLOBAL_TERRAIN_ALT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRequest:
    """A command, the vehicle's state and the channel it came on.

    x and y are 1e-7 degrees where the command has a place, else numbers.
    """

    state: State
    channel: Channel
    command: int
    params: tuple[float, float, float, float]
    x: int
    y: int
    z: float
    frame: int
    source: tuple[int, int]

    @property
    def item(self) -> WireItem:
        """The same as an item of a mission, in one of the three frames."""
        frame = FRAME_OF_ITEM.get(self.frame, self.frame)
        return WireItem(command=self.command, frame=frame, params=self.params, x=self.x, y=self.y, z=self.z)

    @property
    def is_on_earth(self) -> bool:
        """Whether x and y are a latitude and a longitude."""
        return abs(self.x) <= MOST_LAT_E7 and abs(self.y) <= MOST_LON_E7

    def in_known_frame(self) -> bool:
        """Whether a place in this frame is known to be somewhere; ArduCopter says so where it is not."""
        known = self.frame in FRAMES
        if not known:
            self.state.say(6, f"Unknown mavlink coordinate frame {self.frame}")
        return known

    def whole_param(self, place: int) -> int:
        """Parameter 1 to 4 as a whole number; -1, which names nothing, where it is none."""
        value = self.params[place - 1]
        return cast(value, 32, signed=True) if isfinite(value) else -1

    def byte_param(self, place: int) -> int:
        """Parameter 1 to 4 in eight bits."""
        value = self.params[place - 1]
        return cast(value, 8) if isfinite(value) else 0


Handler = Callable[[CommandRequest], int]
"""Does what a command asks; the answer is a MAV_RESULT."""


def from_long(state: State, channel: Channel, message: Any) -> CommandRequest | None:
    """COMMAND_LONG; None where it carries a place for which it says no frame."""
    located = message.command in LOCATED
    frame = LOCATED.get(message.command, Frame.GLOBAL_RELATIVE_ALT)
    if frame is None:
        return None
    return CommandRequest(
        state=state,
        channel=channel,
        command=message.command,
        params=(message.param1, message.param2, message.param3, message.param4),
        x=_place_number(message.param5, located=located),
        y=_place_number(message.param6, located=located),
        z=message.param7,
        frame=frame,
        source=(message.get_srcSystem(), message.get_srcComponent()),
    )


def from_int(state: State, channel: Channel, message: Any) -> CommandRequest:
    """COMMAND_INT."""
    return CommandRequest(
        state=state,
        channel=channel,
        command=message.command,
        params=(message.param1, message.param2, message.param3, message.param4),
        x=message.x,
        y=message.y,
        z=message.z,
        frame=message.frame,
        source=(message.get_srcSystem(), message.get_srcComponent()),
    )


def same_number(a: float, b: float) -> bool:
    """Whether two floats are the same number."""
    return abs(a - b) < NEARLY


def done_or_failed(*, ok: bool) -> int:
    """ACCEPTED or FAILED."""
    return ACCEPTED if ok else FAILED


def always_answer(result: int) -> Handler:
    """A command that is always answered alike."""
    return lambda _request: result


def _place_number(value: float, *, located: bool) -> int:
    if isnan(value):
        return 0
    return cast(value * 1e7 if located else value, 32, signed=True)
