"""What is on the line besides the vehicle, what gets lost, and what is forged."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import socket
import threading
import time
from dataclasses import replace

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import InputError, LinkError, LinkTimeoutError, VehicleRefusedError
from dfr.link.autopilots import find_autopilot
from dfr.link.framing import Encoder, Framer, Signing
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.link.port import MavlinkPort, PacketLoss
from dfr.link.transfer import upload_verified
from dfr.link.transport import UdpTransport, open_transport

KEY = bytes(range(32))
OTHER_KEY = bytes(32)


def heartbeat(kind=dialect.MAV_TYPE_QUADROTOR, autopilot=dialect.MAV_AUTOPILOT_ARDUPILOTMEGA, mode=0):
    return dialect.MAVLink_heartbeat_message(kind, autopilot, 1, mode, 4, 3)


class Speaker:
    """Something that speaks MAVLink to a UDP port."""

    def __init__(self, port: int, system: int, component: int = 1, *, signing: Signing | None = None) -> None:
        self._encoder = Encoder(system=system, component=component, signing=signing)
        self._sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._to = ("127.0.0.1", port)
        self._sock.bind(("127.0.0.1", 0))

    def say(self, *messages) -> None:
        for message in messages:
            self._sock.sendto(self._encoder.encode(message), self._to)

    def hear(self, count):
        """The next so many messages sent to it."""
        self._sock.settimeout(2.0)
        return [message for _ in range(count) for message, _ in Framer().feed(self._sock.recv(4096))]

    def close(self) -> None:
        self._sock.close()


@pytest.fixture
def shared_line():
    """A port that listens on UDP, and a way to make speakers for it."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    number = sock.getsockname()[1]
    speakers = []

    def speaker(system, component=1, **options):
        speakers.append(Speaker(number, system, component, **options))
        return speakers[-1]

    with MavlinkPort(UdpTransport(sock, None)) as port:
        yield port, speaker
    for one in speakers:
        one.close()


def repeating(speaker, *messages):
    stop = threading.Event()

    def run():
        while not stop.wait(0.1):
            speaker.say(*messages)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()

    @contextlib.contextmanager
    def going():
        try:
            yield
        finally:
            stop.set()
            thread.join()

    return going()


class StoppedTransport(UdpTransport):
    """A line whose process is stopped for five seconds while it reads: the clock jumps."""

    def __init__(self, sock, jump):
        super().__init__(sock, None)
        self._jump = jump

    def read(self):
        self._jump()
        return super().read()


def test_a_process_that_was_stopped_while_it_read_knows_for_how_long(monkeypatch):
    late_s = []
    monkeypatch.setattr("dfr.link.port.now_s", lambda: time.monotonic() + sum(late_s))
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    speaker = Speaker(sock.getsockname()[1], 1)
    with MavlinkPort(StoppedTransport(sock, lambda: late_s.append(0.0 if late_s else 5.0))) as port:
        speaker.say(heartbeat())
        deadline = time.monotonic() + 60.0
        while port.stopped_s == 0.0 and time.monotonic() < deadline:
            port.catch_up()
    speaker.close()
    assert port.stopped_s == pytest.approx(5.0, abs=1.0)


def test_19_two_vehicles_on_one_line_do_not_mix(shared_line):
    port, speaker = shared_line
    one, two = (MavlinkVehicle(port, (n, 1), simulated=True, owns_port=False) for n in (1, 2))
    first, second = speaker(1), speaker(2)
    first.say(heartbeat(mode=3), dialect.MAVLink_mission_ack_message(255, 190, 0, 0))
    second.say(heartbeat(mode=5))
    one.wait(lambda state: state.mode == 3, vehicle_s=2.0, what="mode of 1")
    two.wait(lambda state: state.mode == 5, vehicle_s=2.0, what="mode of 2")
    assert one.for_us(_message(1))
    assert not two.for_us(_message(1))
    one.send(dialect.MAVLink_mission_count_message(1, 1, 3, 0))
    assert any(message.get_type() == "MISSION_COUNT" for message in first.hear(4))
    one.close()
    two.close()


def _message(system):
    ((message, _),) = Framer().feed(
        Encoder(system=system, component=1).encode(dialect.MAVLink_mission_ack_message(255, 190, 0, 0))
    )
    return message


def test_19_which_of_two_vehicles_must_be_said(shared_line):
    port, speaker = shared_line
    with repeating(speaker(1), heartbeat()), repeating(speaker(2), heartbeat()):
        with pytest.raises(InputError, match="vehicles 1, 2"):
            find_autopilot(port, system=None, timeout_s=5.0, url="udp")
        assert find_autopilot(port, system=2, timeout_s=5.0, url="udp") == (2, 1)


def test_20_a_ground_station_gimbal_or_adsb_receiver_never_is_the_vehicle(shared_line):
    port, speaker = shared_line
    invalid = dialect.MAV_AUTOPILOT_INVALID
    with (
        repeating(speaker(252, 190), heartbeat(dialect.MAV_TYPE_GCS, invalid)),
        repeating(speaker(1, 154), heartbeat(dialect.MAV_TYPE_GIMBAL, invalid)),
        repeating(speaker(1, 156), heartbeat(dialect.MAV_TYPE_ADSB, dialect.MAV_AUTOPILOT_ARDUPILOTMEGA)),
        repeating(speaker(7, 1), heartbeat(dialect.MAV_TYPE_GCS, dialect.MAV_AUTOPILOT_ARDUPILOTMEGA)),
    ):
        with pytest.raises(LinkTimeoutError, match="no autopilot"):
            find_autopilot(port, system=None, timeout_s=1.0, url="udp")
        with repeating(speaker(1), heartbeat()):
            assert find_autopilot(port, system=None, timeout_s=5.0, url="udp") == (1, 1)


@pytest.mark.parametrize(
    ("kind", "autopilot", "says"),
    [
        (dialect.MAV_TYPE_FIXED_WING, dialect.MAV_AUTOPILOT_ARDUPILOTMEGA, "ardupilotmega on a fixed_wing"),
        (dialect.MAV_TYPE_GROUND_ROVER, dialect.MAV_AUTOPILOT_ARDUPILOTMEGA, "on a ground_rover"),
        (dialect.MAV_TYPE_QUADROTOR, dialect.MAV_AUTOPILOT_PX4, "px4 on a quadrotor"),
    ],
)
def test_20_a_plane_or_another_autopilot_is_refused_by_name(shared_line, kind, autopilot, says):
    port, speaker = shared_line
    with repeating(speaker(1), heartbeat(kind, autopilot)):
        with pytest.raises(InputError, match=says):
            find_autopilot(port, system=None, timeout_s=10.0, url="udp")
        with repeating(speaker(2), heartbeat()):
            assert find_autopilot(port, system=None, timeout_s=10.0, url="udp") == (2, 1)


def test_21_sequence_numbers_going_round_lose_nothing():
    loss = PacketLoss()
    for number in range(600):
        loss.count_packet(number % 256)
    assert (loss.received, loss.lost) == (600, 0)


def test_21_gaps_are_counted_and_late_packets_taken_back():
    loss = PacketLoss()
    for number in (254, 255, 2, 3):
        loss.count_packet(number)
    assert loss.lost == 2
    loss.count_packet(1)
    assert loss.lost == 1


def test_24_a_parameter_is_set_when_its_value_comes_back(behind, proxy):
    echo = []

    def lose_first_echo(direction, message, frame):
        if direction == "up" and message.get_type() == "PARAM_SET":
            echo.append(message)
        if direction == "down" and message.get_type() == "PARAM_VALUE" and len(echo) == 1:
            return []
        return None

    proxy.rule = lose_first_echo
    behind.set_param("RTL_ALT", 1850.0)
    assert len(echo) >= 2
    assert behind.get_param("RTL_ALT") == 1850.0


def test_24_a_value_the_vehicle_keeps_instead_is_told(behind, proxy):
    before: dict[str, float] = {}

    def keep_old(direction, message, frame):
        if direction == "up" or message.get_type() != "PARAM_VALUE":
            return None
        value = before.setdefault(message.param_id, message.param_value)
        fields = value, message.param_type, message.param_count, message.param_index
        return [proxy.forge(dialect.MAVLink_param_value_message(message.param_id.encode(), *fields))]

    behind.set_param("RTL_ALT", 1700.0)
    proxy.rule = keep_old
    with pytest.raises(VehicleRefusedError, match=r"RTL_ALT\w*: set to 19\d*, the vehicle keeps 17\d*"):
        behind.set_param("RTL_ALT", 1900.0)


def test_24_a_value_the_vehicle_does_not_hear_is_no_success(behind, proxy):
    def keep_old(direction, message, frame):
        return [] if direction == "up" and message.get_type() == "PARAM_SET" else None

    behind.set_param("RTL_ALT", 1700.0)
    proxy.rule = keep_old
    with pytest.raises(LinkError, match="RTL_ALT"):
        behind.set_param("RTL_ALT", 1900.0)


def test_24_a_slow_vehicle_is_not_taken_for_one_without_the_parameter(behind, proxy):
    asked = []

    def answer_late(direction, message, frame):
        if direction == "up" and message.get_type() == "PARAM_REQUEST_READ":
            asked.append(message)
            return [] if len(asked) < 10 else None
        return None

    proxy.rule = answer_late
    assert behind.get_param("RTL_ALT") is not None
    assert len(asked) >= 10


def test_24_a_vehicle_that_answers_the_next_question_has_no_such_parameter(behind, proxy):
    assert behind.get_param("NO_SUCH_NAME") is None
    asked = [m for way, m in proxy.seen if way == "up" and m.get_type() == "PARAM_REQUEST_READ"]
    assert [m.param_index for m in asked if m.param_index == 0]


def test_24_a_vehicle_that_answers_no_question_is_a_link_error(behind, proxy, monkeypatch):
    monkeypatch.setattr("dfr.link.params.PATIENCE_S", 2.0)
    proxy.rule = lambda way, message, frame: [] if message.get_type() == "PARAM_VALUE" else None
    with pytest.raises(LinkTimeoutError, match="RTL_ALT: no answer"):
        behind.get_param("RTL_ALT")


def test_25_a_repeated_command_counts_its_confirmations(behind, proxy):
    lost = []

    def lose_two(direction, message, frame):
        if direction == "up" and message.get_type() == "COMMAND_LONG" and len(lost) < 2:
            lost.append(message)
            return []
        return None

    proxy.rule = lose_two
    behind.command(dialect.MAV_CMD_SET_MESSAGE_INTERVAL, 33.0, 1e5)
    sent = [m.confirmation for way, m in proxy.seen if way == "up" and m.get_type() == "COMMAND_LONG"]
    assert sent == [0, 1, 2]


def test_25_in_progress_extends_the_patience(behind, proxy):
    command = dialect.MAV_CMD_SET_MESSAGE_INTERVAL
    busy = dialect.MAVLink_command_ack_message(command, dialect.MAV_RESULT_IN_PROGRESS, 10, 0, 255, 190)
    done = dialect.MAVLink_command_ack_message(command, dialect.MAV_RESULT_ACCEPTED, 0, 0, 255, 190)

    def be_busy(direction, message, frame):
        if direction == "up" and message.get_type() == "COMMAND_LONG":
            proxy.inject_down(proxy.forge(busy))
            threading.Timer(2.5, lambda: proxy.inject_down(proxy.forge(done))).start()
            return []
        return None

    proxy.rule = be_busy
    began = time.monotonic()
    behind.command(command, 33.0, 1e5)
    assert time.monotonic() - began > 2.0
    assert proxy.count("up", "COMMAND_LONG") == 1


def test_25_armed_means_the_heartbeats_armed_bit(behind, proxy):
    accepted = dialect.MAVLink_command_ack_message(400, dialect.MAV_RESULT_ACCEPTED, 0, 0, 255, 190)

    def lie(direction, message, frame):
        if direction == "up" and message.get_type() == "COMMAND_LONG" and message.command == 400:
            proxy.inject_down(proxy.forge(accepted))
            return []
        return None

    proxy.rule = lie
    with pytest.raises(LinkTimeoutError, match="armed"):
        behind.arm()


def test_25_a_refusal_carries_the_vehicles_words(behind):
    with pytest.raises(VehicleRefusedError, match=r"DO_SET_MODE (failed|denied|unsupported) -> .*"):
        behind.command(dialect.MAV_CMD_DO_SET_MODE, 1.0, 99.0)


def frames(key: bytes | None, count: int = 1) -> list[bytes]:
    encoder = Encoder(system=1, component=1, signing=None if key is None else Signing(key))
    return [encoder.encode(heartbeat(mode=n)) for n in range(count)]


def test_26_signed_packets_of_the_right_key_are_heard():
    framer = Framer(Signing(KEY))
    heard = [message for frame in frames(KEY, 3) for message, _ in framer.feed(frame)]
    assert [message.custom_mode for message in heard] == [0, 1, 2]


def test_26_pymavlink_itself_accepts_our_signatures():
    judge = dialect.MAVLink(None)
    judge.signing.secret_key = KEY
    judge.signing.timestamp = 0
    (frame,) = frames(KEY)
    assert judge.decode(bytearray(frame)).get_signed()
    judge.signing.secret_key = OTHER_KEY
    judge.signing.stream_timestamps.clear()
    with pytest.raises(dialect.MAVError, match="signature"):
        judge.decode(bytearray(frame))


@pytest.mark.parametrize("bad", [frames(None)[0], frames(OTHER_KEY)[0]], ids=["unsigned", "forged"])
def test_26_unsigned_and_forged_packets_change_nothing(bad):
    framer = Framer(Signing(KEY))
    good = frames(KEY, 2)
    assert list(framer.feed(bad)) == []
    assert [m.custom_mode for frame in good for m, _ in framer.feed(frame)] == [0, 1]
    assert framer.rejected == 1


def test_26_a_replayed_packet_changes_nothing():
    framer = Framer(Signing(KEY))
    first, second = frames(KEY, 2)
    assert len(list(framer.feed(first))) == 1
    assert len(list(framer.feed(second))) == 1
    assert list(framer.feed(first)) == []
    assert list(framer.feed(second)) == []


def test_26_a_signed_vehicle_hears_and_is_heard(shared_line):
    port, _ = shared_line
    port.close()
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.setblocking(False)
    number = sock.getsockname()[1]
    with MavlinkPort(UdpTransport(sock, None), signing=Signing(KEY)) as signed:
        vehicle = MavlinkVehicle(signed, (1, 1), simulated=True, owns_port=False)
        honest, forger = Speaker(number, 1, signing=Signing(KEY)), Speaker(number, 1)
        forger.say(heartbeat(mode=9))
        honest.say(heartbeat(mode=4))
        vehicle.wait(lambda state: state.mode == 4, vehicle_s=2.0, what="mode")
        forger.say(heartbeat(mode=9))
        time.sleep(0.2)
        assert vehicle.state.mode == 4
        assert signed.rejected == 2
        vehicle.close()
        honest.close()
        forger.close()


def test_noise_between_packets_costs_no_packet():
    framer = Framer()
    frame = frames(None)[0]
    noise = b"\x00\xfd\x01\xfe\x09noise" + frame[:7]
    heard = [m for m, _ in framer.feed(noise + frame + b"\xfd" + frame * 5 + bytes(300))]
    assert len(heard) == 6


@pytest.mark.parametrize(
    "url",
    ["", "http://x", "tcp:127.0.0.1", "tcp:127.0.0.1:99999", "udp:x", "serial:", "serial:/dev/null:fast"],
)
def test_an_address_of_no_known_kind_is_refused(url):
    with pytest.raises(InputError):
        open_transport(url)


def test_a_vehicle_may_be_the_one_that_connects(grounded):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    _, host, number = grounded.url.split(":")
    stop = threading.Event()

    def bridge():
        with socket.create_connection((host, int(number))) as far:
            while not stop.is_set():
                with contextlib.suppress(ConnectionRefusedError):
                    near = socket.create_connection(("127.0.0.1", free))
                    break
                time.sleep(0.02)
            with near:
                while not stop.is_set():
                    for ready in select.select([near, far], [], [], 0.05)[0]:
                        other = far if ready is near else near
                        with contextlib.suppress(OSError):
                            other.sendall(ready.recv(4096))

    thread = threading.Thread(target=bridge, daemon=True)
    thread.start()
    try:
        with connect(f"tcpin:127.0.0.1:{free}", simulated=True) as vehicle:
            assert vehicle.get_param("RTL_ALT") is not None
    finally:
        stop.set()
        thread.join()


def test_nobody_who_connects_is_a_link_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
        with pytest.raises(LinkError, match="another program listens"):
            open_transport(f"tcpin:127.0.0.1:{free}", timeout_s=0.2)
    with pytest.raises(LinkError, match="nobody connected"):
        open_transport(f"tcpin:127.0.0.1:{free}", timeout_s=0.2)


def test_a_vehicle_that_is_not_there_is_a_link_error():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(LinkError, match="start the vehicle"):
        connect(f"tcp:127.0.0.1:{port}", timeout_s=0.3)


def test_a_vehicle_that_closes_the_line_is_noticed(start):
    with start() as running, connect(running.url, simulated=True) as vehicle:
        running.process.stop() if hasattr(running.process, "stop") else os.kill(running.pid, 15)
        with pytest.raises(LinkError):
            vehicle.wait(lambda state: False, vehicle_s=1e6, what="never")


def test_a_slow_serial_line_carries_an_upload(grounded, dispatch):
    ours, theirs = pty.openpty()
    stop = threading.Event()
    _, host, number = grounded.url.split(":")

    def bridge():
        with socket.create_connection((host, int(number))) as far:
            while not stop.is_set():
                for ready in select.select([ours, far], [], [], 0.05)[0]:
                    data = os.read(ours, 288) if ready == ours else far.recv(288)
                    time.sleep(len(data) / 5760.0)
                    far.sendall(data) if ready == ours else os.write(ours, data)

    thread = threading.Thread(target=bridge, daemon=True)
    thread.start()
    try:
        with connect(f"serial:{os.ttyname(theirs)}:57600", simulated=True) as vehicle:
            vehicle.port.heartbeat_s = 1.0
            assert vehicle.port.bytes_per_s == 5760.0
            assert upload_verified(vehicle, replace(dispatch, params={})).verified
    finally:
        stop.set()
        thread.join()
        os.close(ours)
        os.close(theirs)
