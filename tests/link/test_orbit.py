"""Circling on scene, compiled and flown on both engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dfr.ardupilot.commands import Command
from dfr.ardupilot.kept import changed_params
from dfr.errors import InfeasibleError, InputError
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified
from dfr.mission.changes import lap_s, orbit_on_scene
from dfr.mission.items import MissionItem
from dfr.mission.validate import validate

RADIUS_M = 30.0


def looked_at(dispatch):
    """The dispatch with the camera on its target while it stays."""
    _, stay, _ = dispatch.items
    roi = replace(stay, command=Command.DO_SET_ROI, params=(3.0, 0.0, 0.0, 0.0), z_m=0.0)
    free = MissionItem(command=Command.DO_SET_ROI, frame=3)
    return replace(dispatch, items=(dispatch.items[0], roi, stay, free, dispatch.items[2]))


def test_a_stay_becomes_whole_turns_for_at_least_as_long(dispatch):
    flight = orbit_on_scene(looked_at(dispatch), radius_m=RADIUS_M)
    (turns,) = [item for item in flight.items if item.command == Command.NAV_LOITER_TURNS]
    assert turns.params == (1.0, 0.0, RADIUS_M, 1.0)
    assert turns.params[0] * lap_s(RADIUS_M, cruise_mps=10.0) >= 10.0
    assert changed_params(turns.command, turns.params) == ()
    assert not [finding for finding in validate(flight) if finding.blocks]


def test_an_orbit_that_leaves_the_fence_is_refused_with_the_largest_that_does_not(dispatch):
    with pytest.raises(InfeasibleError, match=r"at most \d+ m"):
        orbit_on_scene(dispatch, radius_m=250.0)
    with pytest.raises(InputError, match="5 to 255 m"):
        orbit_on_scene(dispatch, radius_m=float("nan"))
    with pytest.raises(InputError, match="no stay on scene"):
        orbit_on_scene(replace(dispatch, items=dispatch.items[:1]), radius_m=RADIUS_M)


def test_an_orbit_is_flown_round_the_target_and_ends_in_the_dock(start, dispatch):
    flight = orbit_on_scene(looked_at(dispatch), radius_m=RADIUS_M)
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, flight)
        flown = fly_dispatch(vehicle, flight)
    assert flown.docked
    track = flown.track
    away_m = np.hypot(track.east_m, track.north_m - 80.0)
    near = (away_m < RADIUS_M + 3.0) & (track.height_m > 15.0) & (track.t_s < track.return_t_s)
    bearings = np.degrees(np.arctan2(track.east_m[near], track.north_m[near] - 80.0)) % 360.0
    assert set((bearings // 60.0).astype(int)) == set(range(6))
    assert np.median(away_m[near]) == pytest.approx(RADIUS_M, abs=2.0)
