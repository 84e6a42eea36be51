"""A vehicle's ports as others reach them: at any address, by TCP and by UDP from either side."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.errors import LinkTimeoutError
from dfr.geo import Position
from firmware_sitl import endpoints
from firmware_sitl.client import SitlClient
from firmware_sitl.endpoints import (
    DATAGRAM_BYTES,
    Endpoint,
    UdpEnd,
    open_endpoint,
    parse_endpoint,
    whole_packets,
)
from firmware_sitl.start import start_vehicle

SOUTH = Position(lat_deg=-43.5320, lon_deg=172.6362)
PACKER = mavlink.MAVLink(None, srcSystem=1, srcComponent=1)
HEARTBEAT = mavlink.MAVLink_heartbeat_message(2, 3, 0, 0, 3, 3).pack(PACKER)
TEXT = mavlink.MAVLink_statustext_message(6, b"x" * 50).pack(PACKER)


@pytest.fixture
def server() -> Iterator[UdpEnd]:
    """An end that waits for datagrams."""
    end = open_endpoint(Endpoint(kind="udpserver"))
    yield end
    end.close()


def caller(end: UdpEnd) -> socket.socket:
    """A client's socket, set to the end's address."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.settimeout(10.0)
    client.connect(("127.0.0.1", int(end.url.rpartition(":")[2])))
    return client


def wait_restarted(client: SitlClient, before_ms: int) -> None:
    """Wait until the vehicle's clock is behind what it was; by UDP nobody hears of the restart itself."""
    for _ in range(100):
        client.stream(10)
        with suppress(LinkTimeoutError):
            client.receive("ATTITUDE", timeout_s=1.0, where=lambda m: m.time_boot_ms < before_ms)
            return
    raise AssertionError("it did not start again")


def hear(end: UdpEnd, data: bytes) -> None:
    """Wait until the end has received this."""
    deadline = time.monotonic() + 10.0
    while (got := end.receive()) != data:
        assert not got or time.monotonic() < deadline
        time.sleep(0.001)


def test_who_speaks_first_is_the_client_and_others_are_not_heard(server: UdpEnd) -> None:
    assert not server.connected
    with closing(caller(server)) as first, closing(caller(server)) as second:
        first.send(b"one")
        hear(server, b"one")
        assert server.connected
        second.send(b"two")
        first.send(b"three")
        hear(server, b"three")
        server.send(HEARTBEAT)
        assert first.recv(100) == HEARTBEAT


def test_a_client_that_has_gone_silent_gives_way_to_the_next(
    server: UdpEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(caller(server)) as first, closing(caller(server)) as second:
        first.send(b"one")
        hear(server, b"one")
        monkeypatch.setattr(endpoints, "SILENT_S", -1.0)
        second.send(b"two")
        hear(server, b"two")
        server.send(HEARTBEAT)
        assert second.recv(100) == HEARTBEAT


def test_a_client_that_is_called_has_packets_before_it_speaks() -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as station:
        station.bind(("127.0.0.1", 0))
        station.settimeout(10.0)
        end = open_endpoint(Endpoint(kind="udpclient", port=station.getsockname()[1]))
        with closing(end):
            assert end.connected
            end.send(HEARTBEAT)
            data, sender = station.recvfrom(100)
            assert data == HEARTBEAT
            station.sendto(b"answer", sender)
            hear(end, b"answer")


def test_a_datagram_holds_whole_packets_only(server: UdpEnd) -> None:
    with closing(caller(server)) as client:
        client.send(b"hello")
        hear(server, b"hello")
        assert server.send(HEARTBEAT + TEXT[:20]) == b""
        server.send(TEXT[20:] + HEARTBEAT)
        assert client.recv(100) == HEARTBEAT
        assert client.recv(200) == TEXT + HEARTBEAT


def test_no_datagram_is_larger_than_a_network_carries() -> None:
    size = whole_packets(TEXT * 40)
    assert DATAGRAM_BYTES - len(TEXT) < size <= DATAGRAM_BYTES
    assert size % len(TEXT) == 0


def test_the_signature_belongs_to_its_packet() -> None:
    signed = bytes([HEARTBEAT[0], HEARTBEAT[1], HEARTBEAT[2] | 1, *HEARTBEAT[3:]]) + bytes(13)
    assert whole_packets(signed + HEARTBEAT) == len(signed) + len(HEARTBEAT)
    assert whole_packets(signed[:-1]) == 0


@pytest.mark.parametrize("text", ["tcp:127.0.0.1:5760", "udpserver:0.0.0.0:14550", "udpclient:station:14550"])
def test_an_endpoint_is_read_as_it_is_written(text: str) -> None:
    assert str(parse_endpoint(text)) == text


def test_a_host_that_is_none_is_named() -> None:
    with pytest.raises(OSError, match=r"no-such-host\.invalid: no such host"):
        open_endpoint(Endpoint(kind="udpclient", host="no-such-host.invalid", port=14550))


def test_a_port_is_opened_at_every_address_where_that_is_asked_for() -> None:
    with closing(open_endpoint(Endpoint(host="0.0.0.0"))) as end:
        port = int(end.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.2", port), timeout=10.0) as client:
            assert end.receive() == b""
            assert end.connected
            end.send(HEARTBEAT)
            assert client.recv(100) == HEARTBEAT


@pytest.mark.skipif(sys.platform != "linux", reason="the relay stops and continues the vehicle by signals")
def test_a_vehicle_is_flown_by_udp_and_tcp_at_once_and_by_all_again_after_a_reboot(engine: str) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        called = Endpoint(kind="udpclient", port=probe.getsockname()[1])
    served = (Endpoint(kind="udpserver"), called, Endpoint())
    with start_vehicle(home=SOUTH, engine=engine, speedup=20.0, endpoints=served) as vehicle:
        first, second, third = vehicle.urls
        assert first.startswith("udpout:127.0.0.1:")
        assert second == f"udp:127.0.0.1:{called.port}"
        with SitlClient(first) as caller, SitlClient(second) as station:
            caller.wait_ready()
            assert caller.receive("GLOBAL_POSITION_INT").lat == pytest.approx(-435320000, abs=200)
            station.receive("HEARTBEAT", where=lambda m: m.get_srcSystem() == vehicle.system_id)
            caller.set_parameter("FENCE_RADIUS", 123.0)
            with SitlClient(third) as by_tcp:
                assert by_tcp.parameter("FENCE_RADIUS") == 123.0
            before_ms = caller.receive("ATTITUDE").time_boot_ms
            caller.do(mavlink.MAV_CMD_PREFLIGHT_REBOOT_SHUTDOWN, 1)
            wait_restarted(caller, before_ms)
            assert caller.parameter("FENCE_RADIUS") == 123.0
        assert vehicle.process.running
    assert not vehicle.process.running
