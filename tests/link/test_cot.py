"""Cursor on Target: events as the schema wants them, sinks that never touch the flight; and Remote ID."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from xml.etree import ElementTree as ET

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import InputError, NonCompliantError
from dfr.geo import Position
from dfr.link import cot
from dfr.link.cot import CotFeed, cot_event, height_m_ellipsoid, open_sink
from dfr.link.dispatch import fly_dispatch
from dfr.link.mavlink import connect
from dfr.link.preflight import preflight_findings
from dfr.link.telemetry import update_state
from dfr.link.transfer import upload_verified
from dfr.link.vehicle import VehicleState

NOW = datetime(2024, 8, 24, 19, 30, 5, 250_000, tzinfo=timezone(timedelta(hours=1)))
ALOFT = VehicleState(
    position=Position(lat_deg=50.781234567, lon_deg=-1.089),
    height_m_home=60.0,
    height_m_amsl=64.0,
    east_mps=3.0,
    north_mps=-4.0,
    battery_remaining=0.82,
    mode=3,
)


def event_of(state: VehicleState) -> ET.Element:
    return ET.fromstring(cot_event(state, uid="dfr.test.1", callsign="DFR-1", now=NOW))


@pytest.fixture
def no_grid(monkeypatch):
    monkeypatch.setattr(cot, "geoid_height_m", lambda position: None)


def test_an_event_says_who_where_when_and_how(no_grid):
    event = event_of(ALOFT)
    assert event.tag == "event"
    assert event.attrib == {
        "version": "2.0",
        "uid": "dfr.test.1",
        "type": "a-f-A-M-H-Q",
        "how": "m-g",
        "time": "2024-08-24T18:30:05.250Z",
        "start": "2024-08-24T18:30:05.250Z",
        "stale": "2024-08-24T18:30:15.250Z",
    }
    point = event.find("point")
    assert (point.get("lat"), point.get("lon")) == ("50.7812346", "-1.0890000")
    assert event.find("detail/contact").get("callsign") == "DFR-1"
    assert event.find("detail/track").attrib == {"course": "143.1", "speed": "5.00"}
    assert event.find("detail/status").get("battery") == "82"


def test_what_is_not_known_is_the_schemas_unknown_and_never_mean_sea_level(no_grid):
    point = event_of(ALOFT).find("point")
    assert {point.get("hae"), point.get("ce"), point.get("le")} == {"9999999.0"}
    assert height_m_ellipsoid(replace(ALOFT, height_m_amsl=None)) is None


def test_a_receiver_that_knows_the_ellipsoid_gives_the_height_above_it(no_grid):
    def fix(alt_mm, ellipsoid_mm):
        return dialect.MAVLink_gps_raw_int_message(
            0, 4, 507812345, -10890000, alt_mm, 100, 100, 0, 0, 12, ellipsoid_mm, 300, 450, 0, 0
        )

    known = update_state(ALOFT, fix(63_500, 109_500))
    point = event_of(known).find("point")
    assert float(point.get("hae")) == pytest.approx(64.0 + 46.0)
    assert (point.get("ce"), point.get("le")) == ("0.30", "0.45")
    assert update_state(ALOFT, fix(63_500, 63_500)).gps_geoid_m is None
    assert update_state(ALOFT, fix(63_500, 0)).gps_geoid_m is None


def test_a_geoid_grid_gives_it_where_the_receiver_does_not(monkeypatch):
    monkeypatch.setattr(cot, "geoid_height_m", lambda position: 45.9)
    assert float(event_of(ALOFT).find("point").get("hae")) == pytest.approx(109.9)


def test_an_event_needs_a_position_and_a_time_with_a_zone():
    with pytest.raises(InputError, match="has not said where it is"):
        cot_event(VehicleState(), uid="x", callsign="x", now=NOW)
    with pytest.raises(InputError, match="zone"):
        cot_event(ALOFT, uid="x", callsign="x", now=datetime(2024, 8, 24))  # noqa: DTZ001 - the case


def test_events_go_out_by_udp(monkeypatch):
    monkeypatch.setattr(cot, "EVERY_S", 0.05)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as room:
        room.bind(("127.0.0.1", 0))
        room.settimeout(5.0)
        sink = open_sink(f"udp:127.0.0.1:{room.getsockname()[1]}")
        with CotFeed(sink, lambda: ALOFT, uid="u", callsign="c", tell=pytest.fail):
            events = [ET.fromstring(room.recv(4096)) for _ in range(3)]
    times = [datetime.fromisoformat(event.get("time")) for event in events]
    assert times == sorted(times)
    assert abs(times[0] - datetime.now(UTC)) < timedelta(minutes=15)


def test_a_control_room_that_is_not_there_is_told_once_and_tried_again(monkeypatch):
    monkeypatch.setattr(cot, "EVERY_S", 0.02)
    monkeypatch.setattr(cot, "AGAIN_S", 0.02)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    told: list[str] = []
    with CotFeed(open_sink(f"tcp:127.0.0.1:{port}"), lambda: ALOFT, uid="u", callsign="c", tell=told.append):
        threading.Event().wait(0.3)
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(5.0)
            line, _ = server.accept()
            with line, line.makefile("rb") as stream:
                assert b"a-f-A-M-H-Q" in b"".join(stream.readline() for _ in range(2))
    assert len(told) == 1
    assert "do not go out" in told[0]


def test_events_are_appended_to_a_file(tmp_path):
    path = tmp_path / "events.xml"
    with CotFeed(open_sink(f"file:{path}"), lambda: ALOFT, uid="u", callsign="c", tell=pytest.fail):
        pass
    assert path.read_bytes().count(b"<event ") == 1


@pytest.mark.parametrize("url", ["udp:host", "tcp::1", "http://x:1", "file:", "udp:h:0", "udp:h:99999", ""])
def test_an_address_that_takes_no_events_is_refused(url):
    with pytest.raises(InputError, match="takes no CoT events"):
        open_sink(url)


def test_a_remote_id_that_is_not_fit_is_a_no_go(start, proxy_to, dispatch):
    with (
        start(speedup=10.0) as running,
        proxy_to(running.url) as proxy,
        connect(proxy.url, simulated=True) as vehicle,
    ):
        upload_verified(vehicle, dispatch)
        assert not [
            each for each in preflight_findings(vehicle, dispatch) if each.rule == "preflight.remote_id"
        ]
        unfit = dialect.MAVLink_open_drone_id_arm_status_message(1, b"operator location missing")
        proxy.inject_down(proxy.forge(unfit, component=dialect.MAV_COMP_ID_ODID_TXRX_1))
        vehicle.wait(lambda state: state.remote_id is not None, vehicle_s=60.0, what="Remote ID")
        with pytest.raises(NonCompliantError, match="operator location missing"):
            fly_dispatch(vehicle, dispatch)
        fit = dialect.MAVLink_open_drone_id_arm_status_message(0, b"")
        proxy.inject_down(proxy.forge(fit, component=dialect.MAV_COMP_ID_ODID_TXRX_1))
        vehicle.wait(lambda state: state.remote_id == "", vehicle_s=60.0, what="Remote ID")
        (said,) = [
            each for each in preflight_findings(vehicle, dispatch) if each.rule == "preflight.remote_id"
        ]
        assert not said.blocks
