"""What the director does of its own: limits, giving way, new tasks. The same tests for both engines."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.modes import CopterMode
from dfr.errors import NonCompliantError, VehicleRefusedError
from dfr.geo import distance_m, offset
from dfr.link.dispatch import fly_dispatch
from dfr.link.limits import NO_LIMITS, Action, FlightLimits, TrafficLimit
from dfr.link.mavlink import connect
from dfr.link.orders import Orders
from dfr.link.traffic import CONTACT_KEPT_S, Transponder
from dfr.link.transfer import upload_verified
from dfr.link.vehicle import VehicleState

LOW_M = 8.0
HELICOPTER = 0x400ABC


def said(flown, part: str) -> list[str]:
    return [event.what for event in flown.events if part in event.what]


def staying(plan, seconds: float):
    """The dispatch with a longer stay on scene."""
    items = tuple(
        replace(item, params=(seconds, *item.params[1:])) if item.params[0] == 10.0 else item
        for item in plan.items
    )
    return replace(plan, items=items)


@contextmanager
def helicopter(url: str, place, *, height_m_amsl: float):
    """Other traffic, said by the vehicle's receiver until the block ends: near, gone, or silent."""
    transponder = Transponder(url, system=250)
    away = offset(place, bearing_deg=0.0, distance_m=20_000.0)
    heard, ended = SimpleNamespace(at="near"), threading.Event()

    def speak() -> None:
        while not ended.wait(0.1):
            if heard.at != "silent":
                where = place if heard.at == "near" else away
                transponder.send(HELICOPTER, "RESCUE", where, height_m_amsl=height_m_amsl)

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    try:
        yield heard
    finally:
        ended.set()
        speaker.join()
        transponder.close()


GIVES_WAY_LOW = FlightLimits(gap_s=None, traffic=TrafficLimit(hold_low_m=LOW_M, clear_s=5.0))


@contextmanager
def met_by_helicopter(start, plan):
    """A vehicle, and what its receiver hears: a helicopter 300 m from its dock, as long as it is near."""
    over = offset(plan.home, bearing_deg=0.0, distance_m=300.0)
    with (
        start() as running,
        connect(running.url, simulated=True) as vehicle,
        helicopter(running.urls[1], over, height_m_amsl=60.0) as heard,
    ):
        yield vehicle, heard


def test_traffic_that_comes_near_is_given_way_to_low_and_the_flight_goes_on(start, dispatch):
    plan, heights = staying(dispatch, 30.0), []
    with met_by_helicopter(start, plan) as (vehicle, heard):

        def leave(state: VehicleState) -> None:
            if state.mode == CopterMode.GUIDED and (state.position is not None):
                heights.append(state.height_m_home)
                if len(heights) > 20 and abs(state.height_m_home - LOW_M) < 1.0:
                    heard.at = "gone"

        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, on_state=leave, limits=GIVES_WAY_LOW)
    assert said(flown, "RESCUE is"), flown.events
    assert said(flown, "traffic: clear, up again")
    assert said(flown, "traffic: on in AUTO")
    assert min(heights) == pytest.approx(LOW_M, abs=1.0)
    assert (flown.docked, flown.taken_over) == (True, False)
    (near,) = flown.traffic
    assert near.name == "RESCUE"
    assert 200.0 < near.horizontal_m < 310.0
    assert 30.0 < near.vertical_m < 60.0
    assert flown.track.height_m.max() == pytest.approx(20.0, abs=1.5)


def test_traffic_that_falls_silent_is_given_way_to_until_it_is_heard_farther_away(start, dispatch):
    plan, low_s = staying(dispatch, 30.0), []
    with met_by_helicopter(start, plan) as (vehicle, heard):

        def leave(state: VehicleState) -> None:
            if state.mode == CopterMode.GUIDED and abs((state.height_m_home or 0.0) - LOW_M) < 1.0:
                low_s.append(state.t_s)
                heard.at = "silent" if low_s[-1] - low_s[0] < CONTACT_KEPT_S + 60.0 else "gone"

        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, on_state=leave, limits=GIVES_WAY_LOW)
    (words,) = said(flown, "RESCUE is no longer heard")
    assert "stays low" in words
    assert low_s[-1] - low_s[0] >= CONTACT_KEPT_S + 60.0, "it held low for as long as nothing was heard"
    assert said(flown, "traffic: clear, up again")
    assert (flown.docked, flown.taken_over) == (True, False)


@pytest.mark.parametrize(("action", "away_m"), [(Action.RETURN, 0.5), (Action.LAND, 50.0)])
def test_traffic_may_also_send_it_home_or_down(start, dispatch, action, away_m):
    limits = FlightLimits(gap_s=None, traffic=TrafficLimit(across_m=290.0, action=action))
    over = offset(dispatch.home, bearing_deg=0.0, distance_m=350.0)
    with (
        start() as running,
        connect(running.url, simulated=True) as vehicle,
        helicopter(running.urls[1], over, height_m_amsl=40.0),
    ):
        upload_verified(vehicle, dispatch)
        flown = fly_dispatch(vehicle, dispatch, limits=limits)
    (words,) = said(flown, "limit traffic: RESCUE is 2")
    assert words.endswith(action.value)
    assert flown.disarmed
    assert not flown.taken_over
    if action is Action.LAND:
        assert flown.dock_error_m > away_m
    else:
        assert flown.dock_error_m < away_m


def test_traffic_apart_in_height_or_far_away_is_measured_and_not_given_way_to(start, dispatch):
    over = offset(dispatch.home, bearing_deg=0.0, distance_m=80.0)
    with (
        start() as running,
        connect(running.url, simulated=True) as vehicle,
        helicopter(running.urls[1], over, height_m_amsl=203.0),
    ):
        upload_verified(vehicle, dispatch)
        flown = fly_dispatch(vehicle, dispatch)
    assert flown.docked
    assert not said(flown, "traffic")
    (near,) = flown.traffic
    assert near.vertical_m == pytest.approx(180.0, abs=4.0)


DRAG = {"EK3_DRAG_BCOEF_X": 17.2, "EK3_DRAG_BCOEF_Y": 17.2, "EK3_DRAG_MCOEF": 0.2}
"""The airframe's drag, without which a real ArduCopter estimates no wind (mass over drag area, SITL quad)."""


def test_too_much_wind_by_its_own_estimate_sends_it_home(start, dispatch, engine):
    drag = DRAG if engine == "ardupilot" else {}
    with start(params=drag) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, staying(dispatch, 120.0))

        def blow(state: VehicleState) -> None:
            if (state.height_m_home or 0.0) > 15.0 and not blown:
                blown.append(state)
                vehicle.set_param("SIM_WIND_SPD", 9.0)
                vehicle.set_param("SIM_WIND_T", 1.0)

        blown: list[VehicleState] = []
        flown = fly_dispatch(
            vehicle, staying(dispatch, 120.0), on_state=blow, limits=FlightLimits(gap_s=None, wind_mps=5.0)
        )
    assert said(flown, "limit wind")
    assert said(flown, "return")
    assert flown.disarmed
    assert not flown.taken_over


def test_the_energy_to_get_home_is_kept_before_the_vehicles_failsafe_acts(start, dispatch):
    """At a pace at which a busy machine's lag is a few seconds of the vehicle's."""
    reserve = {"BATT_CAPACITY": 5000.0, "BATT_LOW_MAH": 1000.0, "BATT_FS_LOW_ACT": 2.0, "BATT_CRT_MAH": 500.0}
    plan = replace(staying(dispatch, 200.0), params={**dispatch.params, **reserve})
    with start(speedup=10.0) as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        drained: list[VehicleState] = []

        def drain(state: VehicleState) -> None:
            if (state.height_m_home or 0.0) > 18.0 and not drained:
                drained.append(state)
                vehicle.command(dialect.MAV_CMD_BATTERY_RESET, 1.0, 30.0)

        flown = fly_dispatch(vehicle, plan, on_state=drain)
    (words,) = said(flown, "limit energy")
    assert "the reserve is 1000" in words
    assert not any("Failsafe" in text.text for text in flown.texts)
    assert not flown.taken_over
    assert flown.docked


def test_a_gap_in_the_link_brings_it_home_when_it_is_heard_again(start, proxy_to, dispatch):
    plan = staying(dispatch, 600.0)
    with (
        start(speedup=20.0) as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        vehicle.link_lost_s = 30.0
        upload_verified(vehicle, plan)
        cut: list[float] = []

        def silence(state: VehicleState) -> None:
            if (state.height_m_home or 0.0) > 15.0 and not cut:
                cut.append(time.monotonic())
                proxy.cut = True
                threading.Timer(5.0, lambda: setattr(proxy, "cut", False)).start()

        flown = fly_dispatch(vehicle, plan, on_state=silence, limits=FlightLimits(gap_s=2.0))
    (words,) = said(flown, "limit link")
    assert "not heard for" in words
    assert flown.disarmed


def test_28_a_pilot_who_takes_over_while_it_gives_way_is_left_alone(start, proxy_to, dispatch):
    limits = FlightLimits(gap_s=None, traffic=TrafficLimit(hold_low_m=LOW_M, clear_s=5.0))
    with (
        start() as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
        helicopter(running.urls[1], dispatch.home, height_m_amsl=60.0) as heard,
    ):
        upload_verified(vehicle, dispatch)
        taken: list[VehicleState] = []

        def pilot(state: VehicleState) -> None:
            if state.mode == CopterMode.GUIDED and 5.0 < (state.height_m_home or 0.0) < 12.0 and not taken:
                taken.append(state)
                vehicle.set_mode(CopterMode.LAND)
                proxy.seen.clear()
                heard.at = "gone"

        flown = fly_dispatch(vehicle, dispatch, on_state=pilot, limits=limits)
    assert flown.taken_over
    assert flown.disarmed
    assert proxy.count("up", "COMMAND_LONG") == proxy.count("up", "COMMAND_INT") == 0


def asked_on_scene(orders: Orders, ask) -> tuple[list[Future[None]], object]:
    """Give an order once the drone has been over its first scene for a little while."""
    asked: list[Future[None]] = []

    def watcher(state: VehicleState) -> None:
        far = state.position is not None and state.home is not None
        if far and distance_m(state.position, state.home) > 75.0 and not asked:
            asked.append(ask(orders))

    return asked, watcher


def test_a_new_task_in_flight_is_checked_uploaded_proven_and_flown(start, dispatch):
    second = offset(dispatch.home, bearing_deg=45.0, distance_m=120.0)
    orders = Orders()
    asked, watcher = asked_on_scene(orders, lambda o: o.retask([second], on_scene_s=5.0))
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, dispatch)
        flown = fly_dispatch(vehicle, dispatch, on_state=watcher, orders=orders)
    asked[0].result(timeout=60.0)
    assert said(flown, "flying to the new task")
    assert not flown.taken_over
    assert flown.docked
    there = min(
        (e - 120.0 * 0.7071) ** 2 + (n - 120.0 * 0.7071) ** 2
        for e, n in zip(flown.track.east_m, flown.track.north_m, strict=True)
    )
    assert there**0.5 < 2.0


def test_a_new_task_whose_way_was_not_checked_is_refused_and_the_old_one_is_flown(start, dispatch):
    outside = offset(dispatch.home, bearing_deg=0.0, distance_m=500.0)
    through_keep_out = offset(dispatch.home, bearing_deg=270.0, distance_m=380.0)
    orders = Orders()

    def ask(o: Orders) -> Future[None]:
        refusals.append(o.retask([outside], on_scene_s=5.0))
        refusals.append(o.retask([dispatch.home, through_keep_out], on_scene_s=5.0))
        return refusals[0]

    refusals: list[Future[None]] = []
    _, watcher = asked_on_scene(orders, ask)
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, dispatch)
        flown = fly_dispatch(vehicle, dispatch, on_state=watcher, orders=orders)
    for refusal in refusals:
        assert isinstance(refusal.exception(timeout=60.0), NonCompliantError)
    assert len(said(flown, "order refused")) == 2
    assert flown.docked
    assert not said(flown, "new task:")


def test_a_new_task_the_battery_does_not_reach_is_refused(start, dispatch):
    reserve = {"BATT_CAPACITY": 5000.0, "BATT_LOW_MAH": 4000.0, "BATT_FS_LOW_ACT": 0.0, "BATT_CRT_MAH": 0.0}
    plan = replace(dispatch, params={**dispatch.params, **reserve})
    orders = Orders()
    second = offset(dispatch.home, bearing_deg=45.0, distance_m=120.0)
    asked, watcher = asked_on_scene(orders, lambda o: o.retask([second], on_scene_s=600.0))
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, on_state=watcher, orders=orders, limits=NO_LIMITS)
    assert isinstance(asked[0].exception(timeout=60.0), VehicleRefusedError)
    assert "send another drone" in str(asked[0].exception())
    assert flown.docked


def test_an_order_to_come_home_is_obeyed(start, dispatch):
    plan, orders = staying(dispatch, 600.0), Orders()
    asked, watcher = asked_on_scene(orders, lambda o: o.recall())
    with start() as running, connect(running.url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        flown = fly_dispatch(vehicle, plan, on_state=watcher, orders=orders)
    asked[0].result(timeout=60.0)
    assert said(flown, "recalled by order")
    assert (flown.docked, flown.taken_over) == (True, False)
