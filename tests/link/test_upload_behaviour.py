"""How an upload behaves when the link or the vehicle does not: the protocol's traps, one by one."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command, Frame, MissionType
from dfr.ardupilot.modes import CopterMode
from dfr.errors import NonCompliantError, TransferError, VehicleRefusedError
from dfr.geo import offset
from dfr.link import transfer, upload
from dfr.link.mavlink import connect
from dfr.link.preflight import wait_ready
from dfr.link.readback import read_back
from dfr.link.transfer import inspect_onboard, upload_verified
from dfr.link.upload import RefusedError
from dfr.link.vehicle import OnboardPlan
from dfr.mission.items import FenceCircle, FencePolygon


def once(condition, action):
    """A rule that acts on the first frame that meets a condition."""
    done = []

    def rule(direction, message, frame):
        if not done and condition(direction, message):
            done.append(message)
            return action(message, frame)
        return None

    return rule


def is_a(direction, kind, mission_type=0):
    def holds(way, message):
        return (
            way == direction
            and message.get_type() == kind
            and getattr(message, "mission_type", None) == mission_type
        )

    return holds


def ack(result, *, mission_type=0, system=255, component=190):
    return dialect.MAVLink_mission_ack_message(system, component, result, mission_type)


def test_a_clean_upload_is_verified_with_every_count(behind, dispatch):
    behind.round_trip.note_answer(5.0)  # patient: a busy machine's pauses are no retries
    report = upload_verified(behind, dispatch)
    assert report.verified
    assert (report.mission_items, report.fence_items, report.rally_items) == (3, 5, 1)
    assert (report.retries, report.lost_packets, report.differences) == (0, 0, ())
    assert behind.plan is OnboardPlan.VERIFIED
    assert inspect_onboard(behind, dispatch).verified


def test_many_items_are_in_flight_before_they_are_asked_for(behind, proxy, long_plan):
    waiting, most = 0, 0

    def rule(direction, message, frame):
        nonlocal waiting, most
        if direction == "up" and message.get_type() == "MISSION_ITEM_INT":
            waiting += 1
            most = max(most, waiting)
        elif direction == "down" and message.get_type() == "MISSION_REQUEST":
            waiting -= 1
        return

    proxy.rule = rule
    behind.round_trip.note_answer(5.0)
    assert upload_verified(behind, long_plan).retries == 0
    assert most >= 8


def test_1_a_lost_count_is_sent_again_and_at_most_five_times(behind, proxy, dispatch):
    proxy.rule = once(is_a("up", "MISSION_COUNT"), lambda message, frame: [])
    assert upload_verified(behind, dispatch).verified
    proxy.seen.clear()
    proxy.rule = lambda way, message, frame: [] if message.get_type() == "MISSION_COUNT" else None
    with pytest.raises(TransferError, match="did not answer"):
        upload_verified(behind, replace(dispatch, fence=(), rally=()), check=False, replace_all=True)
    assert proxy.count("up", "MISSION_COUNT") == 6


def test_2_a_lost_item_is_answered_again(behind, proxy, dispatch):
    proxy.rule = once(is_a("up", "MISSION_ITEM_INT"), lambda message, frame: [])
    report = upload_verified(behind, dispatch)
    assert report.verified
    assert report.retries >= 1


def test_2_what_is_asked_for_again_is_sent_then_and_not_when_we_lose_patience(
    behind, proxy, dispatch, monkeypatch
):
    monkeypatch.setattr(upload, "SILENCE_S", 9.0)
    behind.round_trip.note_answer(9.0)  # the vehicle asks again after a second, long before we would
    rally = is_a("up", "MISSION_ITEM_INT", mission_type=2)
    proxy.rule = once(rally, lambda message, frame: [])
    assert upload_verified(behind, dispatch).verified
    steps = [
        message.get_type()
        for way, message in proxy.seen
        if rally(way, message) or is_a("down", "MISSION_REQUEST", mission_type=2)(way, message)
    ]
    assert steps == ["MISSION_REQUEST", "MISSION_ITEM_INT"] * 2


def test_3_a_repeated_request_gets_the_identical_item(behind, proxy, long_plan):
    request = dialect.MAVLink_mission_request_message(255, 190, 7, 0)
    proxy.rule = once(
        lambda way, message: is_a("down", "MISSION_REQUEST")(way, message) and message.seq == 7,
        lambda message, frame: [frame, proxy.forge(request)],
    )
    assert upload_verified(behind, long_plan).verified
    sent = [m for way, m in proxy.seen if is_a("up", "MISSION_ITEM_INT")(way, m) and m.seq == 7]
    assert len(sent) >= 2
    assert len({tuple(message.to_dict().items()) for message in sent}) == 1


def test_4_invalid_sequence_does_not_end_an_upload(behind, proxy, long_plan):
    wrong = proxy.forge(ack(dialect.MAV_MISSION_INVALID_SEQUENCE))
    proxy.rule = once(is_a("down", "MISSION_REQUEST"), lambda message, frame: [frame, wrong])
    assert upload_verified(behind, long_plan).verified


def test_4_an_item_lost_amid_a_window_is_recovered(behind, proxy, long_plan):
    proxy.rule = once(
        lambda way, message: is_a("up", "MISSION_ITEM_INT")(way, message) and message.seq == 30,
        lambda message, frame: [],
    )
    report = upload_verified(behind, long_plan)
    assert report.verified
    assert proxy.count("down", "MISSION_ACK") > 3


def test_5_a_lost_last_word_is_settled_by_read_back(behind, proxy, dispatch):
    proxy.rule = once(is_a("down", "MISSION_ACK"), lambda message, frame: [])
    assert upload_verified(behind, dispatch).verified


def test_5_success_is_what_read_back_says_and_nothing_else(behind, proxy, dispatch):
    def falsify(direction, message, frame):
        if is_a("down", "MISSION_ITEM_INT")(direction, message) and message.seq == 2:
            message.x += 1
            return [proxy.forge(message)]
        return None

    proxy.rule = falsify
    with pytest.raises(TransferError, match="x,y"):
        upload_verified(behind, dispatch)
    assert behind.plan is OnboardPlan.UNKNOWN


def test_6_a_late_error_neither_flips_a_result_nor_spoils_the_next_upload(behind, proxy, dispatch, long_plan):
    assert upload_verified(behind, dispatch).verified
    late = proxy.forge(ack(dialect.MAV_MISSION_ERROR))
    proxy.inject_down(late)
    assert behind.plan is OnboardPlan.VERIFIED
    proxy.rule = once(is_a("up", "MISSION_COUNT"), lambda message, frame: _also(proxy, late, frame))
    assert upload_verified(behind, long_plan).verified


def _also(proxy, down, up):
    proxy.inject_down(down)
    return [up]


SOMEBODY_ELSES = pytest.mark.parametrize(
    ("fields", "source"),
    [
        ({"mission_type": 1}, (1, 1)),
        ({"system": 254}, (1, 1)),
        ({"component": 7}, (1, 1)),
        ({}, (2, 1)),
        ({}, (1, 154)),
    ],
)


@SOMEBODY_ELSES
def test_7_a_refusal_for_or_from_somebody_else_is_ignored(behind, proxy, dispatch, fields, source):
    """It comes in the place of the vehicle's answer to the COUNT, and would end the upload for good."""
    stranger = proxy.forge(ack(dialect.MAV_MISSION_NO_SPACE, **fields), system=source[0], component=source[1])

    def answer(message, frame):
        proxy.inject_down(stranger)
        return []

    proxy.rule = once(is_a("up", "MISSION_COUNT"), answer)
    assert upload_verified(behind, dispatch).verified


@SOMEBODY_ELSES
def test_7_an_ack_for_or_from_somebody_else_is_ignored(behind, proxy, long_plan, fields, source):
    stranger = proxy.forge(ack(dialect.MAV_MISSION_INVALID, **fields), system=source[0], component=source[1])
    accepted = proxy.forge(ack(dialect.MAV_MISSION_ACCEPTED, **fields), system=source[0], component=source[1])
    proxy.rule = once(is_a("down", "MISSION_REQUEST"), lambda message, frame: [stranger, accepted, frame])
    report = upload_verified(behind, long_plan)
    assert report.verified
    assert report.mission_items == len(long_plan.items)


def test_8_another_stations_upload_is_waited_for(behind, proxy, dispatch):
    proxy.rule = deny(proxy, 2)
    assert upload_verified(behind, dispatch).verified
    first_item = next(i for i, (way, m) in enumerate(proxy.seen) if is_a("up", "MISSION_ITEM_INT")(way, m))
    counts = [i for i, (way, m) in enumerate(proxy.seen) if is_a("up", "MISSION_COUNT")(way, m)]
    assert all(index < first_item for index in counts)
    assert len(counts) == 3


@pytest.fixture
def naps(monkeypatch):
    """The waits of a transfer, in seconds, none of which is waited for."""
    taken: list[float] = []

    def nap(seconds):
        taken.append(seconds)
        assert len(taken) < 100, "no end to it"

    monkeypatch.setattr(transfer, "time", SimpleNamespace(monotonic=time.monotonic, sleep=nap))
    return taken


def deny(proxy, most):
    """A rule by which the first so many counts of a mission are denied."""
    denied = []

    def rule(direction, message, frame):
        if not is_a("up", "MISSION_COUNT")(direction, message) or len(denied) == most:
            return None
        denied.append(message)
        proxy.inject_down(proxy.forge(ack(dialect.MAV_MISSION_DENIED)))
        return []

    return rule


def test_8_each_denial_is_waited_out_until_the_other_station_is_done(behind, proxy, dispatch, naps):
    most = transfer.DENIED_TRIES - 1
    assert most > transfer.ATTEMPTS, "more than starting the whole list over would bear"
    proxy.rule = deny(proxy, most)
    assert upload_verified(behind, dispatch).verified
    assert naps == [transfer.DENIED_WAIT_S] * most


def test_8_a_station_that_never_ends_is_told_after_a_bounded_wait(behind, proxy, dispatch, naps, monkeypatch):
    monkeypatch.setattr(transfer, "DENIED_TRIES", 3)
    monkeypatch.setattr(transfer, "ATTEMPTS", 2)
    proxy.rule = deny(proxy, 10_000)
    with pytest.raises(TransferError, match="another ground station is uploading"):
        upload_verified(behind, replace(dispatch, fence=(), rally=()), check=False, replace_all=True)
    assert 2 <= len(naps) <= 4
    assert not any(is_a("up", "MISSION_ITEM_INT")(way, message) for way, message in proxy.seen)
    assert behind.plan is OnboardPlan.UNKNOWN


def test_9_after_a_failed_upload_arming_and_auto_are_blocked_until_one_succeeds(behind, proxy, dispatch):
    proxy.rule = lambda way, message, frame: [] if message.get_type() == "MISSION_ITEM_INT" else None
    with pytest.raises(TransferError):
        upload_verified(behind, dispatch)
    assert behind.plan is OnboardPlan.UNKNOWN
    proxy.rule = lambda way, message, frame: None
    for wish in (behind.arm, lambda: behind.set_mode(CopterMode.AUTO)):
        with pytest.raises(VehicleRefusedError, match="unknown"):
            wish()
    assert not any(m.get_type() == "COMMAND_LONG" and m.command == 400 for _, m in proxy.seen)
    assert upload_verified(behind, dispatch).verified
    behind.refuse_unknown_plan("arming")


def test_10_an_active_vehicle_is_not_overwritten_without_an_override(behind, dispatch):
    upload_verified(behind, dispatch)
    behind.set_mode(CopterMode.AUTO)
    with pytest.raises(VehicleRefusedError, match="in AUTO"):
        upload_verified(behind, dispatch)
    assert behind.plan is OnboardPlan.VERIFIED
    assert upload_verified(behind, dispatch, while_active=True).verified
    behind.set_mode(CopterMode.STABILIZE)


def test_11_a_restart_during_an_upload_is_reported_as_such(behind, proxy, long_plan):
    behind.wait(lambda state: (state.t_s or 0.0) > 3.0, vehicle_s=30.0, what="some time")
    clock = dialect.MAVLink_system_time_message(0, 500)
    proxy.rule = once(is_a("down", "MISSION_REQUEST"), lambda message, frame: [proxy.forge(clock), frame])
    with pytest.raises(TransferError, match="restarted"):
        upload_verified(behind, long_plan)
    assert behind.plan is OnboardPlan.UNKNOWN


@pytest.mark.parametrize(
    ("field", "change", "says"),
    [
        ("x", 1, "x,y"),
        ("y", -1, "x,y"),
        ("z", 0.02, "z 20 m"),
        ("command", 1, "NAV_TURNS|LOITER|RETURN"),
        ("frame", 7, "frame"),
        ("param1", 1, "param1"),
    ],
)
def test_12_read_back_covers_every_stored_field(behind, proxy, dispatch, field, change, says):
    def falsify(direction, message, frame):
        if is_a("down", "MISSION_ITEM_INT")(direction, message) and message.seq == 2:
            setattr(message, field, getattr(message, field) + change)
            return [proxy.forge(message)]
        return None

    upload_verified(behind, dispatch)
    proxy.rule = falsify
    report = inspect_onboard(behind, dispatch)
    assert not report.verified
    assert len(report.differences) == 1


def test_12_a_missing_item_shows_in_the_count(behind, dispatch, long_plan):
    upload_verified(behind, long_plan)
    report = inspect_onboard(behind, dispatch)
    assert report.differences[0].startswith("mission: 4 items sent, ")


@pytest.mark.parametrize(
    "changes",
    [
        {"params": (10.5, 0.0, 0.0, 0.0)},
        {"params": (float("nan"), 0.0, 0.0, 0.0)},
        {"frame": Frame.MISSION},
    ],
)
def test_13_14_what_the_vehicle_would_change_is_refused_before_anything_is_sent(
    behind, proxy, dispatch, changes
):
    items = (dispatch.items[0], replace(dispatch.items[1], **changes), dispatch.items[2])
    with pytest.raises(NonCompliantError):
        upload_verified(behind, replace(dispatch, items=items))
    assert proxy.count("up", "MISSION_COUNT") == 0


def test_15_too_long_a_plan_shows_what_the_vehicle_said(behind, dispatch):
    items = (dispatch.items[0], *dispatch.items[1:2] * 800, dispatch.items[2])
    with pytest.raises(RefusedError, match=r"NO_SPACE.*Only \d+ items are supported"):
        upload_verified(behind, replace(dispatch, items=items), check=False)


@pytest.mark.parametrize("corners", [70, 120])
def test_15_a_fence_too_large_for_the_board_is_refused_before_anything_on_board_changes(
    behind, dispatch, corners
):
    """Seventy corners are as many as it counts, and with what the area takes more than it has room for."""
    upload_verified(behind, dispatch)
    before = [read_back(behind, kind) for kind in MissionType]
    ring = tuple(
        offset(dispatch.home, bearing_deg=360.0 * n / corners, distance_m=300.0) for n in range(corners)
    )
    large = replace(dispatch, items=dispatch.items[:2], fence=(FencePolygon(ring=ring, inclusion=True),))
    with pytest.raises(RefusedError, match=r"fence: .* room for \d+ items.*nothing on board was changed"):
        upload_verified(behind, large)
    assert [read_back(behind, kind) for kind in MissionType] == before


def test_15_a_fence_that_fills_the_board_is_uploaded(behind, dispatch):
    ring = tuple(offset(dispatch.home, bearing_deg=360.0 * n / 69, distance_m=300.0) for n in range(69))
    full = replace(dispatch, fence=(FencePolygon(ring=ring, inclusion=True),))
    assert upload_verified(behind, full).verified


def test_16_a_refused_fence_leaves_the_old_one_on_board(behind, dispatch):
    upload_verified(behind, dispatch)
    before = read_back(behind, MissionType.FENCE)
    bad = FenceCircle(centre=dispatch.home, radius_m=0.0, inclusion=False)
    with pytest.raises(TransferError):
        upload_verified(behind, replace(dispatch, fence=(*dispatch.fence, bad)), check=False)
    assert read_back(behind, MissionType.FENCE) == before


def test_a_corrupt_packet_is_only_a_lost_one(behind, proxy, long_plan):
    def corrupt(message, frame):
        spoilt = bytearray(frame)
        spoilt[12] ^= 0x55
        return [bytes(spoilt)]

    proxy.rule = once(is_a("up", "MISSION_ITEM_INT"), corrupt)
    assert upload_verified(behind, long_plan).verified


def test_an_unknown_parameter_ends_with_the_plan_unknown(behind, dispatch):
    plan = replace(dispatch, params={"NO_SUCH_PARAM": 1.0})
    with pytest.raises(TransferError, match="NO_SUCH_PARAM"):
        upload_verified(behind, plan)
    assert behind.plan is OnboardPlan.UNKNOWN


def test_a_plan_without_fence_and_rally_clears_them_where_that_is_asked_for(grounded, dispatch):
    with connect(grounded.url, simulated=True) as vehicle:
        upload_verified(vehicle, dispatch)
        bare = replace(dispatch, fence=(), rally=(), params={"FENCE_ENABLE": 0.0})
        assert upload_verified(vehicle, bare, replace_all=True).verified
        assert read_back(vehicle, MissionType.FENCE) == ()
        assert read_back(vehicle, MissionType.RALLY) == ()


def test_a_command_the_vehicle_refuses_is_named(behind, dispatch):
    bad = replace(dispatch.items[1], command=Command.CONDITION_DELAY, params=(float("nan"),) * 4)
    plan = replace(dispatch, items=(dispatch.items[0], bad, dispatch.items[2]))
    with pytest.raises(RefusedError, match="INVALID_PARAM1"):
        upload_verified(behind, plan, check=False)


def test_a_fence_that_was_on_for_other_kinds_watches_what_the_plan_adds(start, dispatch):
    """FENCE_TYPE is heeded when FENCE_ENABLE changes: with it on, a plan's areas would go unwatched."""
    before = {"FENCE_ENABLE": 1, "FENCE_TYPE": 1, "FENCE_ALT_MAX": 100}
    with start(params=before) as running, connect(running.url, simulated=True) as vehicle:
        wait_ready(vehicle)
        upload_verified(vehicle, dispatch)
        with pytest.raises(VehicleRefusedError):
            vehicle.go_to(offset(dispatch.home, bearing_deg=0.0, distance_m=900.0), height_m_home=20.0)
        vehicle.go_to(offset(dispatch.home, bearing_deg=0.0, distance_m=50.0), height_m_home=20.0)
