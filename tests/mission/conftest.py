"""A dispatch at Southsea to compile, write and judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.geo import Position
from dfr.mission.items import FenceCircle, FencePolygon, FlightPlan, MissionItem, RallyPoint

from ..places import HOME, at, square


def item(command: Command, place: Position | None = None, z_m: float = 30.0, **changes) -> MissionItem:
    return replace(
        MissionItem(command=command, frame=Frame.GLOBAL_RELATIVE_ALT, position=place, z_m=z_m), **changes
    )


def southsea_dispatch() -> FlightPlan:
    """Takeoff, hold over a target 200 m north, back; a keep-in, two keep-outs, a rally point."""
    return FlightPlan(
        name="test: dock to stage",
        home=HOME,
        home_m_amsl=3.0,
        items=(
            item(Command.NAV_TAKEOFF, HOME),
            item(Command.DO_SET_ROI, at(0, 200), 0.0, params=(3.0, 0.0, 0.0, 0.0)),
            item(Command.NAV_LOITER_TIME, at(0, 200), params=(60.0, 0.0, 1.0, 0.0)),
            MissionItem(command=Command.DO_SET_ROI, frame=Frame.GLOBAL_RELATIVE_ALT),
            MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL),
        ),
        fence=(
            FencePolygon(ring=square(400.0), inclusion=True),
            FencePolygon(ring=square(20.0, east_m=200.0), inclusion=False),
            FenceCircle(centre=at(-200, 0), radius_m=50.5, inclusion=False),
        ),
        rally=(RallyPoint(position=at(0, -100), height_m_home=30.0),),
        params={"FENCE_ENABLE": 1.0, "FENCE_TYPE": 5.0, "FENCE_ALT_MAX": 60.0, "RTL_ALT": 3000.0},
    )


@pytest.fixture
def dispatch() -> FlightPlan:
    """A sound dispatch to change one thing of."""
    return southsea_dispatch()
