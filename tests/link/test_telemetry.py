"""What a vehicle's messages make of its state, and when it said so."""

from __future__ import annotations

from functools import reduce

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.link.telemetry import update_state
from dfr.link.vehicle import VehicleState


def clock(t_s: float):
    return dialect.MAVLink_attitude_message(int(1000 * t_s), 0, 0, 0, 0, 0, 0)


def heartbeat(*, armed: bool):
    mode = dialect.MAV_MODE_FLAG_SAFETY_ARMED if armed else 0
    return dialect.MAVLink_heartbeat_message(dialect.MAV_TYPE_QUADROTOR, 3, mode, 4, 3, 3)


def after(state: VehicleState, *messages) -> VehicleState:
    return reduce(update_state, messages, state)


def test_a_heartbeat_from_before_a_command_to_arm_does_not_say_that_it_is_disarmed_since():
    asked = after(VehicleState(), clock(10.0), heartbeat(armed=False), clock(10.3))
    assert not asked.disarmed_since(asked)
    assert not after(asked, clock(10.5), heartbeat(armed=False)).disarmed_since(asked), "too soon to show"
    assert not after(asked, clock(11.5)).disarmed_since(asked)
    assert not after(asked, clock(11.5), heartbeat(armed=True)).disarmed_since(asked)
    assert after(asked, clock(11.5), heartbeat(armed=False)).disarmed_since(asked)


def test_a_vehicle_that_restarted_is_disarmed_since_before():
    asked = after(VehicleState(), clock(100.0), heartbeat(armed=False))
    assert after(asked, clock(2.0), heartbeat(armed=False)).disarmed_since(asked)
