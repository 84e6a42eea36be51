"""A drone that a killed session left in the air is found by the next one, and watched on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.ardupilot.modes import CopterMode
from dfr.errors import VehicleRefusedError
from dfr.link.dispatch import adopt_flight, fly_dispatch, is_flying
from dfr.link.limits import NO_LIMITS
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified
from dfr.link.vehicle import VehicleState

OVERWRITES = ("MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_CLEAR_ALL", "PARAM_SET")


class Killed(Exception):  # noqa: N818 - what becomes of the first session
    pass


@pytest.fixture
def plan(dispatch):
    """A dispatch that stays long enough to be found."""
    items = [
        replace(item, params=(90.0, *item.params[1:])) if item.command == Command.NAV_LOITER_TIME else item
        for item in dispatch.items
    ]
    return replace(dispatch, items=tuple(items))


def leave_flying(url: str, plan) -> None:
    """A session that ends in flight without a word."""

    def kill(state: VehicleState) -> None:
        if (state.height_m_home or 0.0) > 10.0:
            raise Killed

    with connect(url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        with pytest.raises(Killed):
            fly_dispatch(vehicle, plan, on_state=kill, limits=NO_LIMITS)


def commands(proxy) -> set[int]:
    sent = [message for way, message in proxy.seen if way == "up"]
    return {m.command for m in sent if m.get_type() in ("COMMAND_LONG", "COMMAND_INT")}


def test_a_flight_left_by_a_killed_session_is_watched_to_its_end(start, proxy_to, plan):
    with start(speedup=10.0) as running:
        leave_flying(running.url, plan)
        with proxy_to(running.url) as proxy, connect(proxy.url, simulated=True) as vehicle:
            assert is_flying(vehicle)
            assert adopt_flight(vehicle, plan).verified
            flown = fly_dispatch(vehicle, plan, limits=NO_LIMITS, aloft=True)
            assert vehicle.state.mode == CopterMode.GUIDED, "left AUTO, as after any flight"
        assert not any(proxy.count("up", kind) for kind in OVERWRITES), "no upload"
        assert commands(proxy) <= {dialect.MAV_CMD_SET_MESSAGE_INTERVAL, dialect.MAV_CMD_DO_SET_MODE,
                                   dialect.MAV_CMD_REQUEST_MESSAGE}, "nothing armed"  # fmt: skip
    assert flown.docked
    assert not flown.taken_over
    assert "found flying this very plan: not uploaded, not armed again" in flown.events[0].what


def test_a_vehicle_that_flies_another_plan_is_left_alone(start, proxy_to, plan, dispatch):
    with start(speedup=10.0) as running:
        leave_flying(running.url, plan)
        with proxy_to(running.url) as proxy, connect(proxy.url, simulated=True) as vehicle:
            assert is_flying(vehicle)
            with pytest.raises(VehicleRefusedError) as refused:
                adopt_flight(vehicle, dispatch)
        assert not any(proxy.count("up", kind) for kind in OVERWRITES)
        assert dialect.MAV_CMD_DO_SET_MODE not in commands(proxy)
    said = str(refused.value)
    assert "system 1 is ARMED in AUTO" in said
    assert (
        "another plan than 'test dispatch' (mission: item 2 NAV_LOITER_TIME: param1 10 read back as 90)"
        in said
    )
    assert "bring it home with `dfr vehicle recall`" in said


def test_one_that_is_on_its_way_home_is_watched_and_left_to_whoever_sent_it(start, plan):
    with start(speedup=10.0) as running:
        leave_flying(running.url, plan)
        with connect(running.url, simulated=True) as vehicle:
            vehicle.set_mode(CopterMode.RTL)
            adopt_flight(vehicle, plan)
            flown = fly_dispatch(vehicle, plan, limits=NO_LIMITS, aloft=True)
    assert flown.disarmed
    assert flown.taken_over
    assert "hands off, watching" in flown.events[0].what


def test_a_vehicle_on_the_ground_is_not_flying(grounded):
    with connect(grounded.url, simulated=True) as vehicle:
        assert not is_flying(vehicle)
