"""Guided targets as clients send them: once, again and again, and ever further."""

from __future__ import annotations

import pytest

from firmware_sitl.vehicle.telemetry_requested import position_target_local
from firmware_sitl.vehicle.vehicle import BuiltinVehicle

from .inside import fly, standing, take_off

HEIGHT_M = 10.0


@pytest.fixture
def hovering() -> BuiltinVehicle:
    return take_off(standing(), HEIGHT_M, seconds=15.0)


@pytest.mark.parametrize("period_s", [0.1, 0.5, 20.0])
def test_a_target_is_reached_however_often_it_is_sent(hovering, period_s):
    for _ in range(round(20.0 / period_s)):
        assert hovering.state.guided.fly_to((50.0, 0.0, HEIGHT_M))
        fly(hovering, period_s)
    assert hovering.state.aircraft.body.north == pytest.approx(50.0, abs=0.5)
    assert hovering.state.aircraft.body.up == pytest.approx(HEIGHT_M, abs=0.2)


def test_the_target_that_was_told_is_what_a_client_hears_of(hovering):
    """Masks as of GCS_MAVLINK_Copter::send_position_target_local_ned."""
    guided = hovering.state.guided

    def heard():
        message = position_target_local(hovering.state)
        return message.type_mask, [
            (message.x, message.y, message.z), (message.vx, message.vy, message.vz),
            (message.afx, message.afy, message.afz),
        ]  # fmt: skip

    still = (0.0, 0.0, 0.0)
    assert heard() == (3576, [pytest.approx((0.0, 0.0, -HEIGHT_M), abs=0.1), still, still])
    guided.fly_to((5.0, 6.0, 20.0))
    assert heard() == (3576, [(5.0, 6.0, -20.0), still, still])
    guided.fly_at((2.0, 0.0, 1.0), push=(0.0, 0.5, 0.0))
    assert heard() == (3079, [still, (2.0, 0.0, -1.0), (0.0, 0.5, 0.0)])
    guided.fly_at((2.0, 0.0, 1.0), point=(9.0, 0.0, 10.0))
    assert heard() == (3072, [(9.0, 0.0, -10.0), (2.0, 0.0, -1.0), still])
    guided.accelerate_by((0.0, 0.5, 0.0))
    assert heard() == (3135, [still, still, (0.0, 0.5, 0.0)])
    guided.stop_here()
    assert heard() == (3079, [still, still, still])


def test_a_moving_target_is_followed_at_its_speed(hovering):
    for step in range(100):
        assert hovering.state.guided.fly_to((0.6 * step, 0.0, HEIGHT_M))
        fly(hovering, 0.2)
    body = hovering.state.aircraft.body
    assert body.v_north == pytest.approx(3.0, abs=0.3)
    assert 0.0 < 59.4 - body.north < 8.0


def test_a_new_target_on_the_way_is_flown_to_and_held(hovering):
    assert hovering.state.guided.fly_to((80.0, 0.0, HEIGHT_M))
    fly(hovering, 5.0)
    assert hovering.state.guided.fly_to((30.0, 30.0, 20.0))
    fly(hovering, 30.0)
    body = hovering.state.aircraft.body
    assert (body.north, body.east, body.up) == pytest.approx((30.0, 30.0, 20.0), abs=0.5)


def test_guid_options_may_ask_for_a_leg_as_to_a_waypoint(hovering):
    """ArduCopter's bit 6: a leg from rest by S-curve, which is slow to begin, instead of straight at it."""
    speeds = []
    for options in (0.0, 64.0):
        hovering.state.parameters["GUID_OPTIONS"] = options
        away = hovering.state.aircraft.body.north + 15.0
        assert hovering.state.guided.fly_to((away, 0.0, HEIGHT_M))
        fly(hovering, 2.0)
        speeds.append(hovering.state.aircraft.body.v_north)
        fly(hovering, 18.0)
        assert hovering.state.aircraft.body.north == pytest.approx(away, abs=0.5)
    assert speeds[1] < 0.5 * speeds[0]
