"""Existing dronekit scripts on our link."""

from __future__ import annotations

import collections
import importlib.util
import time

import pytest

from dfr.ardupilot.modes import CopterMode
from dfr.errors import VehicleRefusedError
from dfr.link.dronekit_adapter import adapt_vehicle, import_dronekit
from dfr.link.mavlink import connect
from dfr.link.vehicle import OnboardPlan

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("dronekit") is None, reason="dronekit is not installed (extra `dronekit`)"
)


def eventually(holds, seconds=5.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_the_lent_name_is_taken_back():
    assert import_dronekit().__name__ == "dronekit"
    assert not hasattr(collections, "MutableMapping")


def test_a_script_sees_the_vehicles_telemetry(grounded):
    with connect(grounded.url, simulated=True) as vehicle, adapt_vehicle(vehicle) as script:
        mirror = script.dronekit
        known = eventually(lambda: bool(mirror.location.global_frame.lat), seconds=60.0)
        assert known  # ArduCopter says 0, 0 until it knows better
        assert mirror.location.global_frame.lat == pytest.approx(50.781, abs=1e-4)
        assert mirror.location.global_relative_frame.alt == pytest.approx(0.0, abs=0.5)
        assert eventually(lambda: mirror.battery is not None and mirror.battery.voltage > 10.0)
        assert eventually(lambda: mirror.mode.name == vehicle.state.mode_name)
        assert mirror.armed is False


def test_a_script_changes_mode_and_is_told(grounded):
    with connect(grounded.url, simulated=True) as vehicle, adapt_vehicle(vehicle) as script:
        heard = []
        script.dronekit.add_attribute_listener("mode", lambda _, name, value: heard.append(value.name))
        script.dronekit.mode = import_dronekit().VehicleMode("GUIDED")
        assert vehicle.state.mode == CopterMode.GUIDED
        assert eventually(lambda: "GUIDED" in heard)
        vehicle.set_mode(CopterMode.STABILIZE)


def test_a_script_may_pass_pymavlinks_flag_by_position_and_no_misspelt_one(grounded):
    with connect(grounded.url, simulated=True) as vehicle, adapt_vehicle(vehicle) as script:
        beat = script.dronekit.message_factory.heartbeat_encode(6, 8, 0, 0, 4)
        script.dronekit.message_factory.send(beat, True)
        script.dronekit.message_factory.send(beat, force_mavlink1=True)
        with pytest.raises(TypeError, match="force_mavlnk1"):
            script.dronekit.message_factory.send(beat, force_mavlnk1=True)


def test_dronekits_own_upload_is_refused(grounded):
    with connect(grounded.url, simulated=True) as vehicle, adapt_vehicle(vehicle) as script:
        commands = script.dronekit.commands
        commands._vehicle._wpts_dirty = True
        with pytest.raises(VehicleRefusedError, match="not verified"):
            commands.upload()


def test_a_script_may_not_arm_while_the_plan_is_unknown(grounded):
    with connect(grounded.url, simulated=True) as vehicle, adapt_vehicle(vehicle) as script:
        vehicle.plan = OnboardPlan.UNKNOWN
        with pytest.raises(VehicleRefusedError, match="unknown"):
            script.dronekit.armed = True


def test_a_script_uploads_verified_and_flies(start, dispatch):
    with (
        start() as running,
        connect(running.url, simulated=True) as vehicle,
        adapt_vehicle(vehicle) as script,
    ):
        assert script.upload(dispatch).verified
        heights = []
        script.dronekit.add_attribute_listener(
            "location.global_relative_frame", lambda _, name, value: heights.append(value.alt)
        )
        assert script.fly(dispatch).docked
        assert max(heights) == pytest.approx(20.0, abs=1.0)
