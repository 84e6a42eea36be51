"""What a dispatch's mission tells of the heading that its return begins with."""

from __future__ import annotations

import pytest

from dfr.ardupilot.commands import Command
from dfr.geo import Position, offset
from dfr.mission.items import FlightPlan, item_at
from dfr.rehearsal.dispatches import looks_down, scene_heading_deg

HOME = Position(lat_deg=50.781, lon_deg=-1.089)
SCENE = offset(HOME, bearing_deg=40.0, distance_m=300.0)


@pytest.mark.parametrize(("aside_m", "down"), [(0.0, True), (30.0, False), (None, False)])
def test_a_camera_on_the_place_below_leaves_the_nose_no_bearing(aside_m: float | None, down: bool) -> None:
    looks_at = (
        ()
        if aside_m is None
        else (item_at(Command.DO_SET_ROI, offset(SCENE, bearing_deg=90.0, distance_m=aside_m), 0.0),)
    )
    items = (
        item_at(Command.NAV_TAKEOFF, HOME, 40.0),
        *looks_at,
        item_at(Command.NAV_LOITER_TIME, SCENE, 40.0, params=(60.0, 0.0, 1.0, 0.0)),
    )
    flight = FlightPlan(name="flight", home=HOME, home_m_amsl=3.0, items=items, fence=(), rally=(), params={})
    assert looks_down(flight) is down
    heading = None if aside_m != 30.0 else pytest.approx(90.0, abs=0.01)
    assert scene_heading_deg(flight) == heading
