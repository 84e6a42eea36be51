"""A small client as people write them with pymavlink's own helpers: mavutil, mavwp and mavparm."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from pymavlink import mavparm, mavutil, mavwp

from dfr.geo import offset

HEIGHT_M = 12.0


@pytest.fixture
def master(start: Any) -> Iterator[Any]:
    with start(speedup=5.0) as vehicle:
        link = mavutil.mavlink_connection(vehicle.url, source_system=255)
        assert link.wait_heartbeat(timeout=20.0) is not None
        while link.recv_match(type="ATTITUDE", blocking=True, timeout=1.0) is None:  # it is still starting up
            link.mav.request_data_stream_send(link.target_system, link.target_component, 0, 5, 1)
        yield link
        link.close()


def heard(link: Any, *kinds: str, timeout_s: float = 20.0) -> Any:
    message = link.recv_match(type=list(kinds), blocking=True, timeout=timeout_s)
    assert message is not None, f"nothing of {kinds}"
    return message


def upload(link: Any, loader: Any) -> None:
    link.waypoint_count_send(loader.count())
    while (message := heard(link, "MISSION_REQUEST", "MISSION_ACK")).get_type() == "MISSION_REQUEST":
        link.mav.send(loader.wp(message.seq))
    assert message.type == 0


def download(link: Any) -> Any:
    loader = mavwp.MAVWPLoader()
    link.waypoint_request_list_send()
    count = heard(link, "MISSION_COUNT").count
    for seq in range(count):
        link.waypoint_request_send(seq)
        loader.add(heard(link, "MISSION_ITEM"))
    link.mav.mission_ack_send(link.target_system, link.target_component, 0)
    return loader


def test_waypoints_go_up_and_come_back_as_floats(master: Any, home: Any, tmp_path: Any) -> None:
    """MISSION_ITEM: places in single precision, 0.6 m at this latitude and longitude."""
    north = offset(home, bearing_deg=0.0, distance_m=60.0)
    loader = mavwp.MAVWPLoader(master.target_system, master.target_component)
    loader.add_latlonalt(home.lat_deg, home.lon_deg, 3.0)
    loader.add_latlonalt(north.lat_deg, north.lon_deg, HEIGHT_M)
    upload(master, loader)
    found = download(master)
    assert found.count() == 2
    assert found.wp(1).x == pytest.approx(north.lat_deg, abs=1e-5)
    found.save(str(tmp_path / "found.txt"))
    assert (tmp_path / "found.txt").read_text().startswith("QGC WPL 110")


def test_parameters_are_set_and_kept(master: Any) -> None:
    kept = mavparm.MAVParmDict()
    assert kept.mavset(master, "RTL_LOIT_TIME", 2500.0, retries=5)
    master.param_fetch_one("RTL_LOIT_TIME")
    value = master.recv_match(
        type="PARAM_VALUE", condition="PARAM_VALUE.param_id=='RTL_LOIT_TIME'", blocking=True, timeout=60.0
    )
    assert value.param_value == 2500.0


def test_it_is_armed_flown_and_landed_by_mode_names(master: Any) -> None:
    assert {"GUIDED", "AUTO", "RTL", "LAND"} <= set(master.mode_mapping())
    deadline = time.monotonic() + 900.0
    while not master.motors_armed() and time.monotonic() < deadline:
        master.set_mode("GUIDED")
        master.arducopter_arm()
        heard(master, "HEARTBEAT")
    master.motors_armed_wait()
    takeoff = mavutil.mavlink.MAV_CMD_NAV_TAKEOFF
    master.mav.command_long_send(
        master.target_system, master.target_component, takeoff, 0, 0, 0, 0, 0, 0, 0, HEIGHT_M
    )
    while heard(master, "GLOBAL_POSITION_INT").relative_alt < 900.0 * HEIGHT_M:
        assert time.monotonic() < deadline + 30.0
    master.set_mode("LAND")
    master.motors_disarmed_wait()
    assert master.flightmode == "LAND"
