"""ArduPilot's numbers against pymavlink's dialects, which are generated from MAVLink's own definitions."""

from __future__ import annotations

from enum import IntEnum

import pytest
from pymavlink.dialects.v20 import ardupilotmega, development

from dfr.ardupilot.commands import Command, CommandResult, Frame, MissionResult, MissionType
from dfr.ardupilot.modes import CopterMode

ENUMS = [
    (Command, "MAV_CMD", "MAV_CMD_"),
    (Frame, "MAV_FRAME", "MAV_FRAME_"),
    (MissionType, "MAV_MISSION_TYPE", "MAV_MISSION_TYPE_"),
    (MissionResult, "MAV_MISSION_RESULT", "MAV_MISSION_"),
    (CommandResult, "MAV_RESULT", "MAV_RESULT_"),
    (CopterMode, "COPTER_MODE", "COPTER_MODE_"),
]


@pytest.mark.parametrize(("ours", "name", "prefix"), ENUMS)
def test_every_number_and_name_is_pymavlinks(ours: type[IntEnum], name: str, prefix: str):
    known = {**development.enums[name], **ardupilotmega.enums[name]}
    assert {number.value: prefix + number.name for number in ours} == {
        number.value: known[number.value].name for number in ours
    }
