"""Where a return joins a mission's return path (DO_RETURN_PATH_START)."""

from __future__ import annotations

import pytest

from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle.mode_changes import return_leg

from .inside import standing

PATH = "path"


def _leg(here_north_m: float, *plan: float | str) -> int | None:
    """The item joined from a place 50 m up, of a plan with waypoints so far north of home."""
    state = standing().state
    items = [WireItem(command=16)]
    for north_m in plan:
        if north_m == PATH:
            items.append(WireItem(command=188))
            continue
        lat, lon = state.aircraft.origin.to_global(float(north_m), 0.0)
        items.append(WireItem(command=16, x=round(lat * 1e7), y=round(lon * 1e7), z=50.0, frame=3))
    state.mission.begin_upload(len(items))
    for seq, item in enumerate(items):
        assert state.mission.put_item(seq, item) == 0
    return return_leg(state.auto, (here_north_m, 0.0, 50.0))


@pytest.mark.parametrize(
    ("here_north_m", "item"), [(1000.0, 3), (901.0, 3), (800.0, 4), (600.0, 5), (-50.0, 5)]
)
def test_the_nearest_leg_is_joined_and_beyond_the_paths_begin_its_first_point(
    here_north_m: float, item: int
) -> None:
    assert _leg(here_north_m, 1250.0, PATH, 900.0, 750.0, 500.0) == item


def test_of_paths_as_near_the_last_is_joined() -> None:
    assert _leg(950.0, PATH, 900.0, 750.0, PATH, 900.0, 700.0) == 5


def test_a_mission_without_a_return_path_has_none_to_join() -> None:
    assert _leg(900.0, 1250.0, 900.0) is None
