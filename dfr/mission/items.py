"""A flight plan as a vehicle stores it: mission items, fence, rally points, parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import Params
from dfr.geo import Position, Ring
from dfr.mission.carried import CarriedVerdict
from dfr.plan.verdict import EXERCISE

SUPPORTED_COMMANDS = frozenset(
    {
        Command.NAV_WAYPOINT,
        Command.NAV_SPLINE_WAYPOINT,
        Command.NAV_LOITER_UNLIM,
        Command.NAV_LOITER_TURNS,
        Command.NAV_LOITER_TIME,
        Command.NAV_LOITER_TO_ALT,
        Command.NAV_RETURN_TO_LAUNCH,
        Command.NAV_LAND,
        Command.NAV_TAKEOFF,
        Command.NAV_DELAY,
        Command.NAV_PAYLOAD_PLACE,
        Command.CONDITION_DELAY,
        Command.CONDITION_DISTANCE,
        Command.CONDITION_YAW,
        Command.DO_JUMP,
        Command.JUMP_TAG,
        Command.DO_JUMP_TAG,
        Command.DO_CHANGE_SPEED,
        Command.DO_RETURN_PATH_START,
        Command.DO_LAND_START,
        Command.DO_SET_RELAY,
        Command.DO_REPEAT_RELAY,
        Command.DO_SET_SERVO,
        Command.DO_REPEAT_SERVO,
        Command.DO_GRIPPER,
        Command.DO_SPRAYER,
        Command.DO_WINCH,
        Command.DO_PARACHUTE,
        Command.DO_AUX_FUNCTION,
        Command.DO_FENCE_ENABLE,
        Command.DO_SET_ROI,
        Command.DO_SET_ROI_LOCATION,
        Command.DO_SET_ROI_NONE,
        Command.DO_MOUNT_CONTROL,
        Command.DO_GIMBAL_MANAGER_PITCHYAW,
        Command.DO_DIGICAM_CONFIGURE,
        Command.DO_DIGICAM_CONTROL,
        Command.DO_SET_CAM_TRIGG_DIST,
        Command.IMAGE_START_CAPTURE,
        Command.IMAGE_STOP_CAPTURE,
        Command.VIDEO_START_CAPTURE,
        Command.VIDEO_STOP_CAPTURE,
        Command.SET_CAMERA_ZOOM,
        Command.SET_CAMERA_FOCUS,
        Command.SET_CAMERA_SOURCE,
    }
)
"""The commands a mission here may have: those that ArduCopter keeps and carries out, and whose path is in
the mission itself. Files and plans with others are refused (`why_refused`)."""

_BY_ANOTHER = "another program would fly the drone from there, on a path that nobody can check"
_PASSED_OVER = "ArduCopter stores it and passes over it"
_MEANT_FOR = "it is meant for other vehicles than copters"
_REASONS: Mapping[int, str] = {
    Command.DO_SET_HOME: "it moves home, and with it the return that was checked",
    Command.NAV_GUIDED_ENABLE: _BY_ANOTHER,
    Command.DO_GUIDED_LIMITS: _BY_ANOTHER,
    Command.NAV_SCRIPT_TIME: _BY_ANOTHER,
    Command.NAV_ATTITUDE_TIME: _BY_ANOTHER,
    Command.DO_SEND_SCRIPT_MESSAGE: "what a script makes of it cannot be checked",
    Command.NAV_CONTINUE_AND_CHANGE_ALT: _PASSED_OVER,
    Command.NAV_ALTITUDE_WAIT: _PASSED_OVER,
    Command.NAV_SET_YAW_SPEED: _PASSED_OVER,
    Command.DO_PAUSE_CONTINUE: _PASSED_OVER,
    Command.DO_ENGINE_CONTROL: _PASSED_OVER,
    Command.NAV_VTOL_TAKEOFF: _MEANT_FOR,
    Command.NAV_VTOL_LAND: _MEANT_FOR,
    Command.DO_VTOL_TRANSITION: _MEANT_FOR,
    Command.DO_GO_AROUND: _MEANT_FOR,
    Command.DO_SET_REVERSE: _MEANT_FOR,
    Command.DO_INVERTED_FLIGHT: _MEANT_FOR,
}


def why_refused(command: int) -> str:
    """Why a command that is not supported is refused."""
    return _REASONS.get(command, "ArduCopter takes no such item in a mission")


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionItem:
    """One item; `z_m` is counted as `frame` says.

    `position` is None for commands without a place, and where a place is left open (0, 0): then it is flown
    where the vehicle is by then. `numbers` are params 5 and 6 of a command that has no place but uses them.
    """

    command: int
    frame: int
    params: Params = (0.0, 0.0, 0.0, 0.0)
    position: Position | None = None
    z_m: float = 0.0
    autocontinue: bool = True
    numbers: tuple[float, float] = (0.0, 0.0)


def item_at(
    command: Command,
    position: Position,
    height_m_home: float,
    *,
    params: Params = (0.0, 0.0, 0.0, 0.0),
) -> MissionItem:
    """An item at a place, its height above home kept to the centimetre."""
    return MissionItem(
        command=command,
        frame=Frame.GLOBAL_RELATIVE_ALT,
        params=params,
        position=position,
        z_m=round(height_m_home, 2),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FencePolygon:
    """A keep-in (`inclusion`) or keep-out area of the vehicle's fence."""

    ring: Ring
    inclusion: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FenceCircle:
    """A round keep-in or keep-out area of the vehicle's fence."""

    centre: Position
    radius_m: float
    inclusion: bool


FenceArea = FencePolygon | FenceCircle


@dataclass(frozen=True, slots=True, kw_only=True)
class RallyPoint:
    """A place to come down instead of home; height above home."""

    position: Position
    height_m_home: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightPlan:
    """All that is uploaded for one dispatch. `items` leaves out home (the vehicle's item 0).

    `home` is the dock, `home_m_amsl` its ground height (None: unknown, the vehicle will tell).
    `params` are ArduCopter parameters by their 4.5/4.6 names and units. `verdict` is the one on the plan that
    it was compiled from, None where a file carries none.
    """

    name: str
    home: Position
    home_m_amsl: float | None
    items: tuple[MissionItem, ...]
    fence: tuple[FenceArea, ...]
    rally: tuple[RallyPoint, ...]
    params: dict[str, float]
    verdict: CarriedVerdict | None = None

    @property
    def exercise(self) -> bool:
        """Whether it is of an exercise: by its verdict, or by its name where the format keeps no verdict."""
        return self.name.startswith(EXERCISE) or (self.verdict is not None and self.verdict.exercise)
