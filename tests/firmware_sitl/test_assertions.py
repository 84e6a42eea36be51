"""What the assertions about a flight say, on tracks that are drawn by hand."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import Command
from dfr.ardupilot.items import WireItem
from dfr.errors import InputError, TransferError
from dfr.geo import Position, offset
from dfr.track import FlightTrack
from firmware_sitl.assertions import (
    assert_battery_above,
    assert_landed_at,
    assert_never_outside,
    assert_reached,
    assert_within,
)
from firmware_sitl.client import SitlClient
from firmware_sitl.flights import MissionFlight, follow_mission, refuse_unflyable

HOME = Position(lat_deg=50.0, lon_deg=8.0)


def east(metres: float) -> Position:
    return offset(HOME, bearing_deg=90.0, distance_m=metres)


@pytest.fixture
def flight() -> MissionFlight:
    """A hundred metres east at 20 m, a metre a second, and back to half way, where it landed."""
    places = np.concatenate([np.arange(0.0, 101.0), np.arange(99.0, 49.0, -1.0)])
    heights = np.where(np.arange(len(places)) < len(places) - 1, 20.0, 0.0)
    times = 5.0 + np.arange(len(places))
    track = FlightTrack(
        name="t", t_s=times, east_m=places, north_m=0.0 * places, height_m=heights, return_t_s=None
    )
    return MissionFlight(
        track=track, disarmed=True, total_s=150.0, texts=("Disarming motors",), used_mah=300,
        ended="disarmed", home=HOME, reached=(1, 2), least_percent=71,
    )  # fmt: skip


def test_what_holds_passes(flight):
    assert_reached(flight, east(100.0))
    assert_within(flight, HOME, 100.1)
    assert_landed_at(flight, east(50.0))
    assert_never_outside(flight, [offset(HOME, bearing_deg=b, distance_m=150.0) for b in (45, 135, 225, 315)])
    assert_battery_above(flight, 71.0)


def test_a_place_not_reached_is_told_with_the_nearest_moment_and_a_picture(flight):
    with pytest.raises(AssertionError) as failed:
        assert_reached(flight, east(130.0))
    said = str(failed.value)
    assert "nearest were 30.0 m at 100.0 s, 20 m above home, asked for 2 m, short by 28.0 m" in said
    assert "the vehicle's last words: ['Disarming motors']" in said
    row = next(line for line in said.splitlines() if line.startswith("H"))
    assert row.index("!") < row.index("X")
    assert "a character is 2.8 m wide" in said


def test_too_far_is_told_at_its_worst_moment(flight):
    with pytest.raises(AssertionError, match=r"100\.0 m away at 100\.0 s, .* 20\.0 m too far"):
        assert_within(flight, HOME, 80.0)


def test_a_landing_elsewhere_and_none_at_all_are_told_apart(flight):
    with pytest.raises(AssertionError, match=r"landed 50\.0 m from .* at 150\.0 s, 0 m .* 49\.0 m too far"):
        assert_landed_at(flight, HOME)
    with pytest.raises(AssertionError, match="did not land: it hovers at item 2"):
        assert_landed_at(replace(flight, disarmed=False, ended="hovers at item 2"), HOME)


def test_a_fence_left_is_told_with_the_first_moment_and_the_worst(flight):
    square = [offset(HOME, bearing_deg=b, distance_m=80.0 * 2**0.5) for b in (45, 135, 225, 315)]
    with pytest.raises(AssertionError, match=r"fence at 81\.0 s.* at most 20\.0 m outside, at 100\.0 s"):
        assert_never_outside(flight, square)


def test_a_battery_that_tells_nothing_is_no_pass(flight):
    with pytest.raises(AssertionError, match=r"fell to 71 % \(300 mAh used\), asked for 80 %, 9 % too low"):
        assert_battery_above(flight, 80.0)
    with pytest.raises(AssertionError, match="BATT_MONITOR"):
        assert_battery_above(replace(flight, least_percent=None), 0.0)


def test_what_no_vehicle_has_told_is_said(flight):
    with pytest.raises(AssertionError, match="not told where its home is"):
        assert_reached(replace(flight, home=None), HOME)
    empty = replace(flight.track, **dict.fromkeys(("t_s", "east_m", "north_m", "height_m"), np.zeros(0)))
    with pytest.raises(AssertionError, match="no track: it was lost"):
        assert_reached(replace(flight, track=empty, ended="was lost"), HOME)


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([WireItem(command=Command.NAV_WAYPOINT)], "nothing after its home"),
        (
            [WireItem(command=Command.NAV_WAYPOINT), WireItem(command=16, x=50.1)],
            "x=50.1 looks like degrees.*501000000",
        ),
        (
            [WireItem(command=Command.NAV_WAYPOINT), WireItem(command=21, x=2_000_000_000)],
            r"item 1 \(NAV_LAND\).*no place",
        ),
    ],
)
def test_items_that_cannot_be_meant_are_refused_by_number_and_name(items, says):
    with pytest.raises(InputError, match=says):
        refuse_unflyable(items)


NO_LIMITS = [float("nan"), float("inf"), -1.0]


@pytest.mark.parametrize("limit", NO_LIMITS)
def test_a_limit_that_is_none_is_refused_and_never_kept(flight, limit):
    for judge in (
        lambda: assert_reached(flight, east(50.0), within_m=limit),
        lambda: assert_within(flight, HOME, limit),
        lambda: assert_landed_at(flight, east(900.0), within_m=limit),
        lambda: assert_battery_above(flight, limit),
    ):
        with pytest.raises(InputError, match="no limit that a flight could be held to"):
            judge()


@pytest.mark.parametrize(
    "bearings_deg", [(), (90.0,), (0.0, 180.0), (0.0, 0.0, 0.0, 0.0), (45.0, 225.0, 135.0, 315.0)]
)
def test_a_fence_that_encloses_nothing_or_crosses_itself_is_refused(flight, bearings_deg):
    fence = [offset(HOME, bearing_deg=bearing, distance_m=150.0) for bearing in bearings_deg]
    with pytest.raises(InputError, match=f"{len(fence)} corners enclose no area"):
        assert_never_outside(flight, fence)


def test_motors_that_stop_in_the_air_over_the_place_are_no_landing(flight):
    cut = replace(flight, track=replace(flight.track, height_m=np.full(len(flight.track.t_s), 11.0)))
    with pytest.raises(AssertionError, match=r"the motors stopped in the air, at 150\.0 s, 11 m above home"):
        assert_landed_at(cut, east(50.0))


def test_a_crash_at_the_place_is_no_landing(flight):
    crashed = replace(flight, texts=("Crash: Disarming: AngErr=61>30, Accel=1.2<3.0", "Disarming motors"))
    with pytest.raises(AssertionError, match=r"the flight crashed: 'Crash: Disarming: AngErr=61"):
        assert_landed_at(crashed, east(50.0))


@pytest.mark.parametrize(("x", "y"), [(50, 8), (-33, -70), (0, 8), (47.398, 8.546)])
def test_degrees_in_a_place_are_refused_whole_ones_too(x, y):
    item = WireItem(command=Command.NAV_WAYPOINT, x=x, y=y, z=10.0)
    with pytest.raises(InputError, match="looks like degrees"):
        refuse_unflyable([WireItem(command=Command.NAV_WAYPOINT), item])


@pytest.mark.parametrize("place", [{"x": float("nan")}, {"y": float("inf")}, {"z": float("nan")}])
def test_an_item_at_no_place_is_refused(place):
    with pytest.raises(InputError, match="is no place"):
        refuse_unflyable(
            [WireItem(command=Command.NAV_WAYPOINT), WireItem(command=Command.NAV_LAND, **place)]
        )


@pytest.mark.parametrize("items", [None, "mission.plan", [None, None], 5])
def test_what_is_no_mission_is_refused(items):
    with pytest.raises(InputError, match="not a list of WireItem"):
        refuse_unflyable(items)


VEHICLE, STATION = (1, 1), (255, 0)
ARMED = mavlink.MAV_MODE_FLAG_SAFETY_ARMED


def heartbeat(source: tuple[int, int], base_mode: int) -> bytes:
    sender = mavlink.MAVLink(None, srcSystem=source[0], srcComponent=source[1])
    return mavlink.MAVLink_heartbeat_message(2, 3, base_mode, 3, 4, 3).pack(sender)


def position(seconds: float, height_m: float) -> bytes:
    sender = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
    return mavlink.MAVLink_local_position_ned_message(
        int(1000 * seconds), 0.0, 0.0, -height_m, 0.0, 0.0, 0.0
    ).pack(sender)


@contextmanager
def hearing(*packets: bytes) -> Iterator[SitlClient]:
    """A client of a vehicle that says this and no more."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        SitlClient(f"tcp:127.0.0.1:{listener.getsockname()[1]}") as client,
        listener.accept()[0] as end,
    ):
        end.sendall(b"".join(packets))
        yield client


def test_another_stations_heartbeat_that_the_vehicle_passes_on_ends_no_flight():
    packets = (
        heartbeat(VEHICLE, ARMED), position(1.0, 20.0), heartbeat(STATION, 0), position(2.0, 20.0),
        heartbeat(VEHICLE, 0),
    )  # fmt: skip
    with hearing(*packets) as client:
        flight = follow_mission(client, most_s=60.0, wall_s=10.0)
    assert len(flight.track.t_s) == 2
    assert flight.disarmed
    with hearing(*packets) as client:
        client.wait_disarmed(timeout_s=10.0)
        assert not client.armed


def answer(result: int) -> bytes:
    return mavlink.MAVLink_mission_ack_message(255, 0, result, 0).pack(mavlink.MAVLink(None, 1, 1))


def test_an_upload_that_the_vehicle_cancelled_is_tried_again_and_not_for_ever():
    request = mavlink.MAVLink_mission_request_message(255, 0, 0, 0).pack(mavlink.MAVLink(None, 1, 1))
    item = WireItem(command=Command.NAV_WAYPOINT)
    with hearing(answer(mavlink.MAV_MISSION_OPERATION_CANCELLED), request, answer(0)) as client:
        client.upload([item])
    with (
        hearing(5 * answer(mavlink.MAV_MISSION_OPERATION_CANCELLED)) as client,
        pytest.raises(TransferError, match=r"MAV_MISSION_OPERATION_CANCELLED \(15\)"),
    ):
        client.upload([item])
    with hearing(answer(mavlink.MAV_MISSION_DENIED)) as client, pytest.raises(TransferError, match="DENIED"):
        client.upload([item])


def test_a_vehicle_that_disarms_on_the_ground_has_never_taken_off():
    packets = (heartbeat(VEHICLE, 0), heartbeat(VEHICLE, ARMED), position(1.0, 0.1), heartbeat(VEHICLE, 0))
    with hearing(*packets) as client:
        flight = follow_mission(client, most_s=60.0, wall_s=10.0)
    assert flight.ended.startswith("never took off: it disarmed at item 0, 0 m above home")
    with pytest.raises(AssertionError, match="did not land: it never took off"):
        assert_landed_at(replace(flight, home=HOME), HOME)
    assert not flight.whole


def test_a_flight_that_is_not_over_in_time_or_is_lost_is_not_whole():
    for most_s, wall_s, says in (
        (2.0, 60.0, "was not over after 2 s of the"),
        (60.0, 0.5, "was lost: nothing"),
    ):
        with hearing(heartbeat(VEHICLE, ARMED), position(1.0, 20.0), position(9.0, 20.0)) as client:
            flight = follow_mission(client, most_s=most_s, wall_s=wall_s)
        assert flight.ended.startswith(says)
        assert not flight.whole


@pytest.mark.parametrize("ended", ["was not over after 60 s", "was lost", "never took off"])
def test_what_holds_of_a_part_is_not_said_of_the_whole(flight, ended):
    part = replace(flight, disarmed=False, ended=ended, whole=False)
    fence = [offset(HOME, bearing_deg=b, distance_m=150.0) for b in (45, 135, 225, 315)]
    for judge, so_far in (
        (lambda: assert_within(part, HOME, 200.0), "it stayed within 200 m"),
        (lambda: assert_never_outside(part, fence), "it stayed in the fence"),
        (lambda: assert_battery_above(part, 50.0), "71 % was the lowest charge"),
    ):
        with pytest.raises(
            AssertionError, match=f"a part was flown: so far {so_far}, but the flight {ended}"
        ):
            judge()
