"""Vehicles listen on the loopback interface alone, at ports of their own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dfr.geo import Position
from firmware_sitl.client import SitlClient
from firmware_sitl.endpoints import loopback_endpoints
from firmware_sitl.guard import guarded_folder
from firmware_sitl.process import VehicleProcess, run_module
from firmware_sitl.start import start_vehicle

HOME = Position(lat_deg=50.7810, lon_deg=-1.0890)
LOOPBACK_ADDRESSES = {"0100007F", "00000000000000000000000001000000"}
LISTENS, UDP = "0A", "07"
"""States in /proc/net: of a TCP socket that listens, and of a UDP socket that anybody may send to."""

ANYWHERE = list(map(str, loopback_endpoints(0)))

in_proc = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="looks for sockets in /proc")

ECHO = """
import select, socket, sys
places = [word.split(":")[1:] for word in sys.argv[1:] if "tcpclient" in word]
print("starts", flush=True)
ends = [socket.create_connection((host, int(port))) for host, port in places]
for end in ends:
    end.sendall(b"banner ")
while True:
    for end in select.select(ends, [], [])[0]:
        data = end.recv(4096)
        if data == b"reboot":
            sys.exit(7)
        end.sendall(data)
"""
"""Stands for the firmware: connects where it is told to, greets, and sends back what it hears."""


@contextmanager
def relayed(*command: str) -> Iterator[tuple[VehicleProcess, list[tuple[str, int]]]]:
    """A program behind the relay, and where it listens."""
    with (
        guarded_folder() as folder,
        run_module(
            ["firmware_sitl.relay", *ANYWHERE, "--", *command], folder.path, folder.environment
        ) as process,
    ):
        urls = process.wait_for_urls(timeout_s=30.0)
        yield process, [("127.0.0.1", int(url.rpartition(":")[2])) for url in urls]


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [pid, *(found for child in text.split() for found in _children(int(child)))]


def _listening_addresses(pid: int) -> set[str]:
    """The local addresses at which a process and its children take connections or datagrams."""
    sockets = set()
    for child in _children(pid):
        for link in Path(f"/proc/{child}/fd").iterdir():
            sockets.add(str(link.readlink()))
    found = set()
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{kind}").read_text().splitlines()[1:]:
            fields = line.split()
            if f"socket:[{fields[9]}]" in sockets and fields[3] in {LISTENS, UDP}:
                found.add(fields[1].partition(":")[0])
    return found


@in_proc
def test_a_vehicle_listens_on_the_loopback_interface_alone(engine: str) -> None:
    """Flying too, and with every port of ArduCopter's in use that the user can switch on."""
    params = {"PLND_ENABLED": 1.0, "PLND_TYPE": 3.0}
    if engine == "ardupilot":
        params |= {"SERIAL5_PROTOCOL": 2.0, "SERIAL6_PROTOCOL": 2.0}
    with (
        start_vehicle(home=HOME, engine=engine, speedup=15.0, params=params) as vehicle,
        SitlClient(vehicle.url) as client,
        SitlClient(vehicle.urls[2]) as third,
    ):
        client.wait_ready()
        third.receive("HEARTBEAT", where=lambda m: m.get_srcSystem() == 1)
        assert client.receive("RC_CHANNELS").chan3_raw == 1000
        assert _listening_addresses(vehicle.pid) <= LOOPBACK_ADDRESSES


def test_vehicles_started_at_the_same_moment_have_ports_of_their_own(engine: str) -> None:
    def begin(number: int):
        context = start_vehicle(home=HOME, engine=engine, speedup=5.0, system_id=number)
        return context, context.__enter__()

    with ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        started = list(pool.map(begin, range(1, 5)))
        for context, _ in started:
            stack.push(context)
        vehicles = [vehicle for _, vehicle in started]
        assert len({url for vehicle in vehicles for url in vehicle.urls}) == 12
        for vehicle in vehicles:
            with SitlClient(vehicle.url, system_id=vehicle.system_id) as client:
                assert client.receive("HEARTBEAT").get_srcSystem() == vehicle.system_id


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux forbids it")
def test_what_may_not_listen_does_not() -> None:
    """A bound UDP port is none, so that a firmware goes on; a listening TCP port is an error."""
    script = (
        "import socket\n"
        "from firmware_sitl.confinement import forbid_listening\n"
        "forbid_listening()\n"
        "udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        "udp.bind(('0.0.0.0', 5501))\n"
        "print(udp.getsockname()[1])\n"
        "socket.socket().listen(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stdout == "0\n"
    assert "Permission denied" in done.stderr


def test_the_program_stands_still_until_a_client_comes_and_each_port_has_a_client_of_its_own() -> None:
    with relayed(sys.executable, "-c", ECHO) as (process, places):
        if sys.platform == "linux":
            (_, child) = _children(process.pid)
            assert _state(child) == "T"
        with socket.create_connection(places[0]) as first, socket.create_connection(places[2]) as third:
            first.sendall(b"one")
            third.sendall(b"three")
            assert _hear(first, b"one") == b"banner one"
            assert _hear(third, b"three").endswith(b"three")


def test_the_next_client_of_a_port_hears_nothing_that_was_said_before_it_came() -> None:
    with relayed(sys.executable, "-c", ECHO) as (_, places):
        with socket.create_connection(places[0]) as first:
            first.sendall(b"one")
            assert _hear(first, b"one") == b"banner one"
        with socket.create_connection(places[0]) as second:
            second.sendall(b"two")
            assert _hear(second, b"two") == b"two"


def test_nothing_is_lost_when_both_sides_send_more_than_is_kept_on_the_way() -> None:
    data = bytes(range(256)) * 2000
    with relayed(sys.executable, "-c", ECHO) as (_, places), socket.create_connection(places[0]) as client:
        assert _hear(client, b"banner ") == b"banner "
        with ThreadPoolExecutor(1) as pool:
            pool.submit(client.sendall, data)
            assert _hear(client, data) == data


def test_a_port_in_use_and_a_program_that_is_none_are_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "firmware_sitl.relay"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [*command, f"tcp:127.0.0.1:{port}", "--", "true"], capture_output=True, text=True, check=False
        )
    assert f"port {port}: Address already in use" in done.stderr
    done = subprocess.run(
        [*command, *ANYWHERE, "--", "/no/such"], capture_output=True, text=True, check=False
    )
    assert "/no/such" in done.stderr
    assert "Traceback" not in done.stderr


def _state(pid: int) -> str:
    """The state of a process in /proc, once it has settled."""
    deadline = time.monotonic() + 10.0
    while (state := Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) != "T":
        if time.monotonic() > deadline:
            break
    return state


def _hear(client: socket.socket, ending: bytes) -> bytes:
    """What a client hears up to these words."""
    client.settimeout(30.0)
    heard = bytearray()
    while not heard.endswith(ending):
        data = client.recv(65536)
        assert data, bytes(heard[-100:])
        heard += data
    return bytes(heard)


def test_a_health_check_without_a_port_finds_nothing_healthy() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "firmware_sitl.ports"], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr.strip()) == (
        1,
        "no port is given -> python -m firmware_sitl.ports PORT...",
    )
