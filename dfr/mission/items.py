"""A flight plan as a vehicle stores it: mission items, fence, rally points, parameters."""

from __future__ import annotations

from dataclasses import dataclass

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import Params
from dfr.geo import Position, Ring
from dfr.mission.carried import CarriedVerdict
from dfr.plan.verdict import EXERCISE

SUPPORTED_COMMANDS = frozenset(
    {
        Command.NAV_WAYPOINT,
        Command.NAV_LOITER_UNLIM,
        Command.NAV_LOITER_TURNS,
        Command.NAV_LOITER_TIME,
        Command.NAV_RETURN_TO_LAUNCH,
        Command.NAV_LAND,
        Command.NAV_TAKEOFF,
        Command.CONDITION_DELAY,
        Command.CONDITION_YAW,
        Command.DO_JUMP,
        Command.DO_CHANGE_SPEED,
        Command.DO_LAND_START,
        Command.DO_SET_ROI,
        Command.DO_SET_ROI_LOCATION,
        Command.DO_SET_ROI_NONE,
        Command.DO_MOUNT_CONTROL,
    }
)
"""The commands a mission here may have: those of a dispatch. Files and plans with others are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissionItem:
    """One item; `position` is None for commands without a place. `z_m` is counted as `frame` says."""

    command: int
    frame: int
    params: Params = (0.0, 0.0, 0.0, 0.0)
    position: Position | None = None
    z_m: float = 0.0
    autocontinue: bool = True


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
