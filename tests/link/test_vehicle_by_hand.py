"""Vehicles by hand: how all on a link are, home, down and hold, their backup and their logs."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from io import BytesIO
from itertools import count

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command, MissionType
from dfr.ardupilot.modes import CopterMode
from dfr.errors import InputError, LinkTimeoutError, VehicleRefusedError
from dfr.findings import Severity
from dfr.io.logs.files import parse_log
from dfr.link.backup import backup_text, read_backup, refuse_unlike, restore_backup, take_backup
from dfr.link.dispatch import fly_dispatch
from dfr.link.limits import NO_LIMITS
from dfr.link.log_download import download_log, list_logs
from dfr.link.manual_control import HOLD, LAND, RECALL, follow_down, give_order, refuse_grounded
from dfr.link.mavlink import connect, open_port
from dfr.link.preflight import vehicle_findings, wait_reported
from dfr.link.roll_call import call_roll
from dfr.link.transfer import upload_verified
from dfr.logs.flights import find_flights

from .test_right_vehicle import UdpFeed, joined

ASKS = {
    "COMMAND_LONG", "PARAM_REQUEST_READ", "PARAM_REQUEST_LIST", "MISSION_REQUEST_LIST", "MISSION_REQUEST_INT",
    "MISSION_ACK", "LOG_REQUEST_LIST", "LOG_REQUEST_DATA", "LOG_REQUEST_END",
}  # fmt: skip
QUESTIONS = {Command.REQUEST_MESSAGE, Command.SET_MESSAGE_INTERVAL}


class Killed(Exception):  # noqa: N818 - what becomes of the first session
    pass


@pytest.fixture
def stays(dispatch):
    """The dispatch with a stay that nobody sees the end of."""
    items = [
        replace(item, params=(20_000.0, *item.params[1:]))
        if item.command == Command.NAV_LOITER_TIME
        else item
        for item in dispatch.items
    ]
    return replace(dispatch, items=tuple(items))


def leave_flying(url: str, plan) -> None:
    """A session that is killed in flight."""

    def kill(state) -> None:
        if (state.height_m_home or 0.0) > 10.0:
            raise Killed

    with connect(url, simulated=True) as vehicle:
        upload_verified(vehicle, plan)
        with pytest.raises(Killed):
            fly_dispatch(vehicle, plan, on_state=kill, limits=NO_LIMITS)


def sent(proxy) -> list:
    return [message for way, message in proxy.seen if way == "up"]


def only_asks(proxy) -> bool:
    """Whether nothing that could change the vehicle has been sent, and no heartbeat."""
    commands = {m.command for m in sent(proxy) if m.get_type() == "COMMAND_LONG"}
    return {m.get_type() for m in sent(proxy)} <= ASKS and commands <= QUESTIONS


def roll(url: str):
    with open_port(url, silent=True) as port:
        return call_roll(port, system=None, timeout_s=20.0, url=url)


def test_the_roll_of_a_link_only_asks_and_sends_no_heartbeat(proxy):
    (report,) = roll(proxy.url).vehicles
    assert only_asks(proxy)
    assert (report.state.armed, report.in_air) == (False, False)
    assert report.firmware is not None
    assert report.state.battery_remaining is not None
    assert report.lost_link.action == 0
    assert "system 1 is disarmed" in report.words


def test_the_roll_of_a_shared_port_has_every_vehicle_on_it(start):
    with (
        start(system_id=1, speedup=1.0) as one,
        start(system_id=7, speedup=1.0) as seven,
        joined(UdpFeed, one.url, seven.url) as feed,
    ):
        found = roll(feed.url)
    assert [report.source[0] for report in found.vehicles] == [1, 7]
    assert all(report.state.armed is False for report in found.vehicles)


def test_a_silent_line_waits_no_longer_than_told():
    url = "udpout:127.0.0.1:9"
    with open_port(url, silent=True) as port, pytest.raises(LinkTimeoutError, match="no autopilot heartbeat"):
        call_roll(port, system=None, timeout_s=0.2, url=url)


def test_a_left_vehicle_is_recalled_and_followed_to_its_dock(start, proxy_to, stays):
    with start() as engine:
        leave_flying(engine.url, stays)
        with proxy_to(engine.url) as proxy, connect(proxy.url, simulated=True, silent=True) as vehicle:
            refuse_grounded(vehicle, RECALL)
            assert proxy.count("up", "HEARTBEAT") == 0, "before the yes it is no ground station"
            vehicle.take_station()
            give_order(vehicle, RECALL.mode)
            done = follow_down(vehicle, RECALL.mode, lambda words: None)
            assert proxy.count("up", "HEARTBEAT") > 0
    assert done.obeyed
    assert done.disarmed
    assert done.modes == ("RTL",)
    assert done.home_error_m is not None
    assert done.home_error_m < 1.0


def test_a_held_vehicle_stays_where_it_is_until_it_is_landed(start, stays):
    said: list[str] = []
    with start() as engine:
        leave_flying(engine.url, stays)
        with connect(engine.url, simulated=True, silent=True) as vehicle:
            vehicle.take_station()
            give_order(vehicle, HOLD.mode)
            slow = vehicle.wait(
                lambda s: None not in (s.speed_mps, s.climb_mps) and s.speed_mps + abs(s.climb_mps) < 0.1,
                vehicle_s=60.0,
                what="standing still",
            )
            followed: list = []
            follower = threading.Thread(
                target=lambda: followed.append(follow_down(vehicle, HOLD.mode, said.append)), daemon=True
            )
            follower.start()
            later = vehicle.wait(
                lambda s: s.t_s is not None and s.t_s > slow.t_s + 10.0, vehicle_s=60.0, what="ten seconds"
            )
            assert abs(later.height_m_home - slow.height_m_home) < 1.0
            assert later.mode == CopterMode.BRAKE
            give_order(vehicle, LAND.mode)
            follower.join(60.0)
    (done,) = followed
    assert done.modes == ("BRAKE", "LAND")
    assert not done.obeyed, "it was to hold, and somebody landed it"
    assert any("LAND by a pilot, another station or a failsafe" in words for words in said)


def test_a_vehicle_on_the_ground_has_no_flight_to_recall(behind):
    with pytest.raises(VehicleRefusedError, match="there is no flight to recall"):
        refuse_grounded(behind, RECALL)


def test_preflight_without_a_plan_judges_the_vehicle_itself(proxy):
    with connect(proxy.url, simulated=True, silent=True) as vehicle:
        wait_reported(vehicle, vehicle_s=60.0)
        found = {finding.rule: finding for finding in vehicle_findings(vehicle)}
    assert only_asks(proxy)
    assert found["preflight.disarmed"].severity is Severity.OK
    assert found["preflight.gcs"].severity is Severity.OK


def test_a_backup_is_put_back_to_the_last_item_and_parameter(proxy, dispatch, long_plan):
    with connect(proxy.url, simulated=True) as vehicle:
        upload_verified(vehicle, dispatch)
        proxy.seen.clear()
        text = backup_text(take_backup(vehicle))
        assert {m.get_type() for m in sent(proxy)} <= ASKS | {"HEARTBEAT"}
        saved = read_backup(text.encode(), name="saved")
        upload_verified(
            vehicle, replace(long_plan, fence=(), rally=(), params={"RTL_ALT": 3000.0}), replace_all=True
        )
        changed = take_backup(vehicle)
        assert len(changed.lists[MissionType.MISSION]) != len(saved.lists[MissionType.MISSION])
        done = restore_backup(vehicle, saved, lambda words: None)
        again = take_backup(vehicle)
    assert done.verified, done.differences
    assert again.lists == saved.lists
    assert dict(again.restorable) == dict(saved.restorable)


def test_a_backup_of_another_firmware_is_refused(behind):
    saved = replace(take_backup(behind), firmware="ArduCopter 3.6.0")
    with pytest.raises(VehicleRefusedError, match=r"backup is of ArduCopter 3\.6\.0"):
        refuse_unlike(behind, saved, other_firmware=False, other_vehicle=False)
    refuse_unlike(behind, saved, other_firmware=True, other_vehicle=False)


def test_a_backup_of_another_drone_is_refused_for_its_calibrations_are_not_this_one_s(behind):
    saved = replace(take_backup(behind), system=7)
    with pytest.raises(
        VehicleRefusedError, match="backup is of system 7, this is system 1: the calibrations"
    ):
        refuse_unlike(behind, saved, other_firmware=False, other_vehicle=False)
    refuse_unlike(behind, saved, other_firmware=False, other_vehicle=True)


def test_a_parameter_that_the_list_never_shows_as_restored_is_no_verified_restore(proxy):
    """Its echo says that it is set; something on board sets it back each time."""

    def set_back(direction, message, frame):
        listed = message.get_type() == "PARAM_VALUE" and message.param_index < message.param_count
        if direction == "up" or not listed or message.param_id != "RTL_ALT":
            return None
        message.param_value = 1234.0
        return [proxy.forge(message)]

    with connect(proxy.url, simulated=True) as vehicle:
        saved = take_backup(vehicle)
        proxy.rule = set_back
        done = restore_backup(vehicle, saved, lambda words: None)
    assert done.differences == ("RTL_ALT: the vehicle keeps 1234",)
    assert not done.verified


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"dfr_backup": 2})])
def test_another_file_is_no_backup(text):
    with pytest.raises(InputError, match="not a backup"):
        read_backup(text.encode(), name="other.json")


def test_the_log_of_a_flight_comes_whole_over_a_bad_line_and_tells_the_flight(start, proxy_to, dispatch):
    with start(params={"LOG_BACKEND_TYPE": 1.0}) as engine:
        with connect(engine.url, simulated=True) as vehicle:
            assert list_logs(vehicle) == ()
            upload_verified(vehicle, dispatch)
            assert fly_dispatch(vehicle, dispatch, limits=NO_LIMITS).ending.disarmed
        with proxy_to(engine.url) as proxy, connect(proxy.url, simulated=True, silent=True) as vehicle:
            (log,) = list_logs(vehicle)
            numbers = count(1)

            def lose(direction, message, frame):
                lost = message.get_type() == "LOG_DATA" and next(numbers) % 211 == 0
                return [] if lost else None

            proxy.rule = lose
            bad_line, good_line = BytesIO(), BytesIO()
            download_log(vehicle, log, bad_line)
            proxy.rule = lambda direction, message, frame: None
            assert only_asks(proxy)
            assert download_log(vehicle, log, good_line) == log.size
            data = bad_line.getvalue()
            assert data == good_line.getvalue()
    found = parse_log(data, name="log")
    (flight,) = find_flights(found)
    assert len(data) == log.size
    assert not [note for note in found.notes if "left out" in note]
    assert flight.track is not None


def test_an_armed_vehicle_sends_no_log(start, stays):
    with start(params={"LOG_BACKEND_TYPE": 1.0}) as engine:
        leave_flying(engine.url, stays)
        with connect(engine.url, simulated=True, silent=True) as vehicle:
            refused_while_armed(vehicle)


def refused_while_armed(vehicle) -> None:
    with pytest.raises(VehicleRefusedError, match="an armed vehicle sends no logs"):
        list_logs(vehicle)
    vehicle.send(dialect.MAVLink_log_request_list_message(1, 1, 0, 0xFFFF))
    vehicle.wait(
        lambda state: any("Disarm for log download" in text.text for text in vehicle.texts),
        vehicle_s=60.0,
        what="its refusal",
    )
