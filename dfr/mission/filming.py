"""What the camera records on scene (`Filming`): from arrival to the end of the stay, as the scenario says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import Params
from dfr.mission.items import MissionItem
from dfr.scenario.model import CameraUse, Recording

STARTS = frozenset({Command.IMAGE_START_CAPTURE, Command.VIDEO_START_CAPTURE})
STOPS = frozenset({Command.IMAGE_STOP_CAPTURE, Command.VIDEO_STOP_CAPTURE})

EVERY_CAMERA, UNTIL_STOPPED = 0.0, 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Filming:
    """The items that start a recording, and those that end it; none where nothing is recorded."""

    starts: tuple[MissionItem, ...] = ()
    stops: tuple[MissionItem, ...] = ()


def filming_of(camera: CameraUse) -> Filming:
    """The items for what an operation records, for every camera on board."""
    if camera.record is Recording.VIDEO:
        return Filming(
            starts=(_item(Command.VIDEO_START_CAPTURE, (EVERY_CAMERA, 0.0, 0.0, 0.0)),),
            stops=(_item(Command.VIDEO_STOP_CAPTURE, (EVERY_CAMERA, 0.0, 0.0, 0.0)),),
        )
    if camera.record is Recording.PHOTO:
        every = (EVERY_CAMERA, camera.photo_every_s, UNTIL_STOPPED, 0.0)
        return Filming(
            starts=(_item(Command.IMAGE_START_CAPTURE, every),),
            stops=(_item(Command.IMAGE_STOP_CAPTURE, (EVERY_CAMERA, 0.0, 0.0, 0.0)),),
        )
    return Filming()


def filming_in(items: Sequence[MissionItem]) -> Filming:
    """What a mission records already."""
    return Filming(
        starts=tuple(item for item in items if item.command in STARTS),
        stops=tuple(item for item in items if item.command in STOPS),
    )


def _item(command: Command, params: Params) -> MissionItem:
    return MissionItem(command=command, frame=Frame.MISSION, params=params)
