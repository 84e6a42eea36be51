"""Missions as teams have them, on both engines: every command arrives as it was sent, and flies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.link.dispatch import fly_dispatch
from dfr.link.limits import NO_LIMITS
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified
from dfr.mission.items import MissionItem

from ..places import HOME, at
from .conftest import placed


def done(command: Command, *params: float, numbers=(0.0, 0.0), z_m: float = 0.0) -> MissionItem:
    four = (*params, 0.0, 0.0, 0.0, 0.0)[:4]
    return MissionItem(command=command, frame=Frame.MISSION, params=four, numbers=numbers, z_m=z_m)


def here(command: Command, *params: float, z_m: float = 0.0) -> MissionItem:
    return replace(done(command, *params, z_m=z_m), frame=Frame.GLOBAL_RELATIVE_ALT)


EVERYTHING = (
    done(Command.DO_SET_SERVO, 9.0, 1500.0),
    done(Command.DO_REPEAT_SERVO, 9.0, 1700.0, 2.0, 1.5),
    done(Command.DO_SET_RELAY, 0.0, 1.0),
    done(Command.DO_REPEAT_RELAY, 0.0, 2.0, 1.5),
    done(Command.DO_GRIPPER, 1.0, 1.0),
    done(Command.DO_AUX_FUNCTION, 9.0, 2.0),
    done(Command.DO_DIGICAM_CONTROL, 1.0, 0.0, 0.0, 0.0, numbers=(1.0, 0.0)),
    done(Command.DO_SET_CAM_TRIGG_DIST, 20.0, 0.0, 1.0),
    done(Command.DO_GIMBAL_MANAGER_PITCHYAW, -45.0, 90.0, 10.0, 0.0, numbers=(12.0, 0.0), z_m=1.0),
    done(Command.DO_MOUNT_CONTROL, -30.0, 0.0, 15.0, z_m=2.0),
    done(Command.IMAGE_START_CAPTURE, 0.0, 2.0, 3.0),
    done(Command.IMAGE_STOP_CAPTURE),
    done(Command.VIDEO_START_CAPTURE),
    done(Command.VIDEO_STOP_CAPTURE),
    done(Command.SET_CAMERA_ZOOM, 1.0, 2.5),
    done(Command.JUMP_TAG, 7.0),
    done(Command.NAV_DELAY, 2.0),
    placed(Command.NAV_SPLINE_WAYPOINT, at(20, 40)),
    placed(Command.NAV_LOITER_TO_ALT, at(0, 60), z_m=25.0),
    placed(Command.NAV_PAYLOAD_PLACE, at(0, 80), params=(2.5, 0.0, 0.0, 0.0)),
    done(Command.CONDITION_DISTANCE, 30.0),
    here(Command.NAV_LOITER_TIME, 3.0, 0.0, 1.0),
    placed(Command.NAV_WAYPOINT, at(10, 10)),
    done(Command.DO_JUMP_TAG, 7.0, 1.0),
)


def test_every_command_that_is_taken_is_on_board_as_it_was_sent(behind, dispatch):
    takeoffs = [replace(dispatch.items[0], frame=frame) for frame in (Frame.GLOBAL_TERRAIN_ALT, Frame.GLOBAL)]
    plan = replace(
        dispatch,
        items=(
            dispatch.items[0],
            *EVERYTHING,
            takeoffs[0],
            replace(takeoffs[1], z_m=23.0),
            *dispatch.items[1:],
        ),
        fence=(),
        params={},
    )
    assert upload_verified(behind, plan, replace_all=True).verified


@pytest.mark.parametrize("frame", [Frame.GLOBAL, Frame.GLOBAL_RELATIVE_ALT])
def test_a_takeoff_above_sea_level_or_home_climbs_to_the_same_height_and_0_0_is_here(start, dispatch, frame):
    first = replace(dispatch.items[0], frame=frame, z_m=23.0 if frame == Frame.GLOBAL else 20.0)
    items = (
        first,
        placed(Command.NAV_WAYPOINT, at(0, 30)),
        here(Command.NAV_LOITER_TIME, 4.0, 0.0, 1.0),
        MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL),
    )
    plan = replace(dispatch, items=items, fence=(), rally=(), params={"RTL_ALT": 2000.0})
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, limits=NO_LIMITS)
    assert flown.docked
    assert max(flown.track.height_m) == pytest.approx(20.0, abs=1.0)
    assert max(flown.track.north_m) == pytest.approx(30.0, abs=2.0), "the stay is where it is by then"
    assert flown.plan.home == HOME
