"""ArduPilot's numbers against pymavlink's dialects, which are generated from MAVLink's own definitions."""

from __future__ import annotations

from enum import IntEnum

import pytest
from pymavlink import mavutil
from pymavlink.dialects.v20 import ardupilotmega, development

from dfr.ardupilot.commands import Command, CommandResult, Frame, MissionResult, MissionType
from dfr.ardupilot.modes import CopterMode

ENUMS = [
    (Command, "MAV_CMD", "MAV_CMD_"),
    (Frame, "MAV_FRAME", "MAV_FRAME_"),
    (MissionType, "MAV_MISSION_TYPE", "MAV_MISSION_TYPE_"),
    (MissionResult, "MAV_MISSION_RESULT", "MAV_MISSION_"),
    (CommandResult, "MAV_RESULT", "MAV_RESULT_"),
]


@pytest.mark.parametrize(("ours", "name", "prefix"), ENUMS)
def test_every_number_and_name_is_pymavlinks(ours: type[IntEnum], name: str, prefix: str):
    known = {**development.enums[name], **ardupilotmega.enums[name]}
    assert {number.value: prefix + number.name for number in ours} == {
        number.value: known[number.value].name for number in ours
    }


def test_every_flight_mode_has_pymavlinks_number():
    ours = {mode.value: mode.name for mode in CopterMode}
    assert ours == {number: mavutil.mode_mapping_acm[number] for number in ours}
