"""Never the wrong vehicle: it is one (system, component) at one address, and nothing goes to another."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import InputError, LinkError, TransferError
from dfr.link.addresses import Speakers
from dfr.link.framing import Encoder, Framer
from dfr.link.mavlink import connect
from dfr.link.transfer import inspect_onboard, upload_verified
from dfr.link.vehicle import OnboardPlan

from .wire import on_board

UDP_CHUNK = 280
OURS, OTHER, MOVED = ("10.0.0.1", 14550), ("10.0.0.2", 14550), ("10.0.0.1", 20001)


def connected_to(url: str) -> socket.socket:
    _, host, port = url.split(":")
    return socket.create_connection((host, int(port)), timeout=10.0)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@contextmanager
def running(step: Callable[[], None]) -> Iterator[None]:
    """`step`, again and again, in a thread of its own until the end of the block."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                step()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class UdpFeed:
    """Vehicles on TCP, each relayed from a UDP socket of its own to one UDP port, as radios do."""

    def __init__(self, *urls: str) -> None:
        self.url = f"udp:127.0.0.1:{free_udp_port()}"
        self._to = ("127.0.0.1", int(self.url.rpartition(":")[2]))
        self._pairs = [(connected_to(url), self._socket()) for url in urls]
        self.addresses = ["{}:{}".format(*sock.getsockname()) for _, sock in self._pairs]
        self.told: list[list[bytes]] = [[] for _ in urls]
        """What was sent to each vehicle."""

        self.muted: set[int] = set()

    def add(self, url: str) -> None:
        """Another vehicle, from now on."""
        self.told.append([])
        self._pairs = [*self._pairs, (connected_to(url), self._socket())]

    def step(self) -> None:
        """Pass on what has come."""
        ready, _, _ = select.select([sock for pair in self._pairs for sock in pair], [], [], 0.05)
        for index, (vehicle, ours) in enumerate(self._pairs):
            if vehicle in ready:
                data = vehicle.recv(65536)
                for at in range(0, len(data), UDP_CHUNK):
                    if index not in self.muted:
                        ours.sendto(data[at : at + UDP_CHUNK], self._to)
            if ours in ready:
                data = ours.recv(65536)
                self.told[index].append(data)
                vehicle.sendall(data)

    def heard_by(self, index: int) -> set[str]:
        """The kinds of message that were sent to a vehicle."""
        return {m.get_type() for data in self.told[index] for m, _ in Framer().feed(data)}

    def close(self) -> None:
        for pair in self._pairs:
            for sock in pair:
                sock.close()

    @staticmethod
    def _socket() -> socket.socket:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        return sock


class Hub:
    """Several TCP vehicles behind one TCP port, as mavlink-router serves them: all to all."""

    def __init__(self, *urls: str) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        self._vehicles = [connected_to(url) for url in urls]
        self._clients: list[socket.socket] = []

    def step(self) -> None:
        """Pass on what has come."""
        ready, _, _ = select.select([self._server, *self._vehicles, *self._clients], [], [], 0.05)
        for sock in ready:
            if sock is self._server:
                self._clients.append(self._server.accept()[0])
                continue
            data = sock.recv(65536)
            if not data and sock in self._clients:
                self._clients.remove(sock)
                sock.close()
            for other in self._clients if sock in self._vehicles else self._vehicles:
                other.sendall(data)

    def close(self) -> None:
        for sock in (self._server, *self._vehicles, *self._clients):
            sock.close()


@contextmanager
def joined(kind: type[UdpFeed] | type[Hub], *urls: str) -> Iterator[UdpFeed | Hub]:
    line = kind(*urls)
    with contextlib.closing(line), running(line.step):
        yield line


@pytest.fixture
def two(start) -> Iterator[Callable[..., list]]:
    """Starts two vehicles, of the system ids given."""
    with ExitStack() as stack:
        yield lambda *ids: [stack.enter_context(start(system_id=n, speedup=1.0)) for n in ids]


def test_two_vehicles_of_one_system_id_on_a_udp_port_are_refused_with_both_addresses(two, dispatch):
    vehicles = two(1, 1)
    before = [on_board(vehicle.url) for vehicle in vehicles]
    with joined(UdpFeed, *(vehicle.url for vehicle in vehicles)) as feed:
        for chosen in (None, 1):
            with (
                pytest.raises(LinkError, match="two vehicles speak as system 1") as refused,
                connect(feed.url, system=chosen, simulated=True) as vehicle,
            ):
                upload_verified(vehicle, dispatch)
            assert all(address in str(refused.value) for address in feed.addresses)
    assert [on_board(vehicle.url) for vehicle in vehicles] == before


def test_a_second_speaker_in_an_upload_gets_nothing_and_the_upload_is_not_verified(two, dispatch):
    ours, other = two(1, 1)
    with joined(UdpFeed, ours.url) as feed, connect(feed.url, simulated=True) as vehicle:
        assert upload_verified(vehicle, dispatch).verified
        before = on_board(other.url)
        feed.add(other.url)
        while vehicle.port.speakers.may_send_to(("127.0.0.1", feed._pairs[1][1].getsockname()[1])):
            time.sleep(0.05)
        feed.told[1].clear()
        with pytest.raises(LinkError, match="two vehicles speak as system 1"):
            upload_verified(vehicle, dispatch)
        with pytest.raises(LinkError, match="two vehicles speak as system 1"):
            inspect_onboard(vehicle, dispatch)
    assert feed.heard_by(1) == set()
    assert on_board(other.url) == before
    assert len(on_board(ours.url)["fence"]) == 5


def test_a_second_speaker_that_appears_while_items_are_sent_leaves_the_plan_unknown(
    two, dispatch, monkeypatch
):
    """It speaks for the first time once the lists are on board: nothing else about the upload is amiss."""
    ours, other = two(1, 1)
    with joined(UdpFeed, ours.url) as feed, connect(feed.url, simulated=True) as vehicle:

        def set_param(name: str, value: float) -> None:
            if name == "FENCE_ENABLE":
                feed.add(other.url)
                while vehicle.port.speakers.may_send_to(("127.0.0.1", feed._pairs[1][1].getsockname()[1])):
                    time.sleep(0.05)

        monkeypatch.setattr(vehicle, "set_param", set_param)
        with pytest.raises(TransferError, match="two vehicles speak as system 1"):
            upload_verified(vehicle, dispatch)
        assert vehicle.plan is OnboardPlan.UNKNOWN


def test_vehicles_that_share_a_tcp_line_are_told_apart_by_system(two, dispatch):
    vehicles = two(1, 2)
    with joined(Hub, *(vehicle.url for vehicle in vehicles)) as hub:
        with pytest.raises(InputError, match=r"vehicles 1, 2 share this line.*--system"):
            connect(hub.url, simulated=True)
        with connect(hub.url, system=2, simulated=True) as vehicle:
            assert upload_verified(vehicle, dispatch).verified
    first, second = (on_board(vehicle.url) for vehicle in vehicles)
    assert (first["fence"], first["mission"]) == ((), ())
    assert (len(second["fence"]), len(second["mission"])) == (5, 3)


def test_two_vehicles_of_one_system_id_on_a_tcp_line_are_refused(two):
    vehicles = two(1, 1)
    with (
        joined(Hub, *(vehicle.url for vehicle in vehicles)) as hub,
        pytest.raises(LinkError, match="two vehicles speak as system 1 on this line"),
    ):
        connect(hub.url, simulated=True)


def test_a_camera_at_another_address_does_not_divert_what_is_sent_to_the_vehicle(two):
    """It has the vehicle's system id, as it should, and is no autopilot."""
    (ours,) = two(1)
    with joined(UdpFeed, ours.url) as feed, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as camera:
        camera.bind(("127.0.0.1", 0))
        beat = dialect.MAVLink_heartbeat_message(dialect.MAV_TYPE_CAMERA, 8, 0, 0, 4, 3)
        encoder = Encoder(system=1, component=dialect.MAV_COMP_ID_CAMERA)
        speaks = lambda: (  # noqa: E731 - said in passing
            camera.sendto(encoder.encode(beat), ("127.0.0.1", int(feed.url.rpartition(":")[2]))),
            time.sleep(0.05),
        )
        with running(speaks), connect(feed.url, simulated=True) as vehicle:
            assert vehicle.get_param("FENCE_ENABLE") == 0.0
            assert vehicle.port.speakers.may_send_to(camera.getsockname())


def said(kind: str, boot_ms: int = 0, *, system: int = 1, component: int = 1):
    """A decoded message of a vehicle."""
    message = {
        "beat": dialect.MAVLink_heartbeat_message(2, 3, 0, 0, 4, 3),
        "time": dialect.MAVLink_system_time_message(0, boot_ms),
    }[kind]
    ((decoded, _),) = Framer().feed(Encoder(system=system, component=component).encode(message))
    return decoded


def flying_at(t_s: float) -> Speakers:
    """Our vehicle, whose clock reads 100 s more than ours, heard each second until `t_s`."""
    speakers = Speakers()
    for second in range(int(t_s) + 1):
        assert speakers.admits_message(said("time", 1000 * (100 + second)), OURS, now_s=float(second))
    return speakers


def test_a_vehicle_whose_own_port_changes_is_followed_once_the_old_one_is_silent():
    speakers = flying_at(10.0)
    assert not speakers.admits_message(said("time", 110_500), MOVED, now_s=10.5)
    assert not speakers.admits_message(said("beat"), MOVED, now_s=12.5)
    assert speakers.admits_message(said("time", 112_600), MOVED, now_s=12.6)
    assert speakers.address_of(1) == MOVED
    assert speakers.admits_message(said("beat"), MOVED, now_s=12.7)
    speakers.refuse_two(1)


def test_packets_of_the_old_port_that_come_late_do_not_hold_a_vehicle_to_it():
    speakers = flying_at(10.0)
    speakers.admits_message(said("beat"), MOVED, now_s=10.2)
    assert speakers.admits_message(said("time", 110_300), OURS, now_s=10.6)
    assert speakers.admits_message(said("time", 113_000), MOVED, now_s=13.0)


def test_another_vehicle_is_not_followed_however_long_ours_is_silent():
    speakers = flying_at(10.0)
    for second in range(11, 60):
        assert not speakers.admits_message(said("time", 1000 * second), OTHER, now_s=float(second))
    assert speakers.address_of(1) == OURS
    with pytest.raises(LinkError, match=r"10\.0\.0\.1:14550, one at 10\.0\.0\.2:14550"):
        speakers.refuse_two(1)


def test_one_that_spoke_while_ours_did_is_never_followed():
    """Its clock happens to be the same: the two were switched on together."""
    speakers = flying_at(10.0)
    speakers.admits_message(said("time", 110_000), OTHER, now_s=10.0)
    speakers.admits_message(said("time", 112_000), OURS, now_s=12.0)
    assert not speakers.admits_message(said("time", 116_000), OTHER, now_s=16.0)
    assert not speakers.may_send_to(OTHER)


def test_other_systems_and_components_at_an_address_are_minded():
    speakers = flying_at(3.0)
    assert speakers.admits_message(said("beat", component=dialect.MAV_COMP_ID_CAMERA), OTHER, now_s=3.0)
    assert speakers.admits_message(said("beat", system=2), OTHER, now_s=3.0)
    speakers.admits_message(said("beat"), OTHER, now_s=3.1)
    assert speakers.may_send_to(OTHER)


def test_a_vehicle_alone_on_a_tcp_line_numbers_its_packets_in_turn(two):
    """By which two with one system id are told from one."""
    (ours,) = two(1)
    with connect(ours.url, simulated=True) as vehicle:
        loss = vehicle.port.losses[vehicle.target]
        assert loss.received > 20
        assert (loss.out_of_turn, loss.late, loss.lost) == (0, 0, 0)
