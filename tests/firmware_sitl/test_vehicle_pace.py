"""A fast vehicle and a slow client: time waits for one that reads, and for no other."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.geo import Position
from dfr.link.framing import Encoder, Framer
from firmware_sitl.client import SitlClient
from firmware_sitl.start import start_vehicle
from firmware_sitl.vehicle.channel import Channel

from .inside import fly, standing

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
SPEEDUP = 100.0
SIP_BYTES, SIP_S = 2048, 0.01
MOST_UNREAD_BYTES = 100_000
MOST_WAITING_BYTES = 20_000


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    """A client that keeps little unread."""
    _, host, port = url.split(":")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        sock.connect((host, int(port)))
        sock.settimeout(60.0)
        yield sock


def test_what_a_slow_client_hears_is_not_old():
    """It reads a tenth of what the vehicle could tell it; its question is answered at once all the same."""
    encoder, framer, read = Encoder(system=255, component=190), Framer(), 0
    with (
        start_vehicle(engine="builtin", home=HOME, speedup=SPEEDUP) as running,
        connected(running.url) as sock,
    ):
        sock.sendall(encoder.encode(dialect.MAVLink_request_data_stream_message(1, 1, 0, 50, 1)))
        until = time.monotonic() + 3.0
        while time.monotonic() < until:
            sock.recv(SIP_BYTES)
            time.sleep(SIP_S)
        sock.sendall(encoder.encode(dialect.MAVLink_param_request_read_message(1, 1, b"RTL_ALT", -1)))
        while True:
            data = sock.recv(SIP_BYTES)
            read += len(data)
            if any(message.get_type() == "PARAM_VALUE" for message, _ in framer.feed(data)):
                break
            time.sleep(SIP_S)
    assert read < MOST_UNREAD_BYTES


def test_little_waits_for_a_client_that_reads_nothing():
    """Else one that comes back to reading hears what is long past, and its answers only after that."""
    vehicle = standing()
    channel = Channel(vehicle.state, 0)
    channel.connected = True
    vehicle.serve_channels([channel])
    channel.set_stream_rate(0, 50.0)
    fly(vehicle, 60.0)
    assert channel.dropped
    assert len(channel.out) < MOST_WAITING_BYTES


def test_a_client_that_reads_nothing_holds_nobody_up():
    with (
        start_vehicle(engine="builtin", home=HOME, speedup=SPEEDUP) as running,
        connected(running.urls[1]) as deaf,
        SitlClient(running.url) as client,
    ):
        ask = dialect.MAVLink_request_data_stream_message(1, 1, 0, 50, 1)
        deaf.sendall(Encoder(system=254, component=190).encode(ask))
        client.stream(4)
        begun_ms = client.receive("SYSTEM_TIME").time_boot_ms
        client.receive("SYSTEM_TIME", where=lambda m: m.time_boot_ms > begun_ms + 300_000)
