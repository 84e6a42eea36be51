"""A mission that takes long because it says so is not recalled as overdue: both engines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified
from dfr.mission.items import MissionItem

from ..places import at
from .conftest import placed


def do(command: Command, *params: float) -> MissionItem:
    given = (*params, 0.0, 0.0, 0.0, 0.0)
    return MissionItem(command=command, frame=Frame.MISSION, params=given[:4])


def flown_in_full(start, plan):
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan)
    assert not [event.what for event in flown.events if "overdue" in event.what]
    assert flown.docked
    return flown.track.t_s[-1] - flown.track.t_s[0]


def test_a_mission_that_jumps_back_again_and_again_is_flown_to_its_end(start, dispatch):
    takeoff, _, home = dispatch.items
    legs = [placed(Command.NAV_WAYPOINT, at(0, north)) for north in (300.0, 0.0)]
    plan = replace(dispatch, items=(takeoff, *legs, do(Command.DO_JUMP, 2, 12), home))
    assert flown_in_full(start, plan) > 800.0


@pytest.mark.slow
def test_a_mission_at_a_walk_is_flown_to_its_end(start, dispatch):
    takeoff, _, home = dispatch.items
    legs = [placed(Command.NAV_WAYPOINT, at(0, north)) for north in (300.0, 0.0)]
    plan = replace(dispatch, items=(takeoff, do(Command.DO_CHANGE_SPEED, 1, 1.0), *legs, home))
    assert flown_in_full(start, plan) > 600.0
