"""When a ground station counts as lost, on a clock that runs fast."""

from __future__ import annotations

import pytest

from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing


def silent_for(seconds: float, *, speedup: float) -> BuiltinVehicle:
    """A vehicle that has heard one heartbeat, and then so many of its seconds nothing."""
    vehicle = standing(0.0)
    vehicle.state.link_clock = lambda: vehicle.state.aircraft.t_s / speedup
    vehicle.state.parameters["FS_GCS_ENABLE"] = 1.0
    vehicle.state.failsafes.hear_gcs(vehicle.state.aircraft.t_s, vehicle.state.link_s)
    fly(vehicle, seconds)
    return vehicle


@pytest.mark.parametrize(
    ("speedup", "seconds", "lost"), [(1.0, 4.5, False), (1.0, 5.5, True), (10.0, 5.5, True)]
)
def test_the_timeout_counts_the_vehicles_seconds(speedup, seconds, lost):
    assert silent_for(seconds, speedup=speedup).state.failsafes.gcs_lost is lost


@pytest.mark.parametrize(("seconds", "lost"), [(10.0, False), (25.0, True)])
def test_a_station_held_up_for_a_moment_is_not_lost_to_a_fast_clock(seconds, lost):
    assert silent_for(seconds, speedup=60.0).state.failsafes.gcs_lost is lost
