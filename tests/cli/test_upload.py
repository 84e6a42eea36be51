"""`dfr upload` before strangers: what it refuses, and that nothing has been sent by then."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.link.framing import Encoder, Framer

from .verbs import dfr

MISSION = (
    "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.781\t-1.089\t3\t1\n"
    "1\t0\t3\t22\t0\t0\t0\t0\t50.781\t-1.089\t20\t1\n"
    "2\t0\t3\t16\t0\t0\t0\t0\t50.7815\t-1.089\t20\t1\n"
    "3\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1\n"
)
QUADROTOR, PLANE = dialect.MAV_TYPE_QUADROTOR, dialect.MAV_TYPE_FIXED_WING
ARDUPILOT, PX4 = dialect.MAV_AUTOPILOT_ARDUPILOTMEGA, dialect.MAV_AUTOPILOT_PX4
TRANSFER = {"MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_CLEAR_ALL", "PARAM_SET"}


class Stranger:
    """An autopilot of somebody's on a TCP port: it beats, tells its version and accepts commands."""

    def __init__(self, kind: int, autopilot: int, *, armed: bool = False, ends_after_s: float = 60.0) -> None:
        self.heard: list[str] = []
        self._kind, self._autopilot, self._armed = kind, autopilot, armed
        self._ends_s = ends_after_s
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._server.close()
        self._thread.join(5.0)

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._server.accept()
            with client:
                client.settimeout(0.1)
                self._speak(client)

    def _speak(self, client: socket.socket) -> None:
        encoder, framer = Encoder(system=1, component=1), Framer()
        mode = dialect.MAV_MODE_FLAG_SAFETY_ARMED if self._armed else 0
        ends = time.monotonic() + self._ends_s
        while not self._stop.is_set() and time.monotonic() < ends:
            beat = dialect.MAVLink_heartbeat_message(self._kind, self._autopilot, mode | 1, 0, 4, 3)
            client.sendall(encoder.encode(beat))
            with contextlib.suppress(TimeoutError):
                for message, _ in framer.feed(client.recv(4096)):
                    self.heard.append(message.get_type())
                    if message.get_type() == "COMMAND_LONG":
                        for answer in _answers(message):
                            client.sendall(encoder.encode(answer))


def _answers(command):
    yield dialect.MAVLink_command_ack_message(command.command, 0, 0, 0, 255, 190)
    if command.command == dialect.MAV_CMD_REQUEST_MESSAGE:
        custom = list(b"abcdefgh")
        yield dialect.MAVLink_autopilot_version_message(
            0, 4 << 24 | 6 << 16 | 255, 0, 0, 0, custom, custom, custom, 0, 0, 0, [0] * 18
        )


@contextlib.contextmanager
def stranger(*options, **more) -> Iterator[Stranger]:
    one = Stranger(*options, **more)
    try:
        yield one
    finally:
        one.close()


def upload(folder: Path, url: str, *arguments: str):
    file = folder / "mission.waypoints"
    file.write_text(MISSION)
    done = dfr("upload", file, "--vehicle", url, "--json", *arguments)
    return done.returncode, json.loads(done.stdout)["error"]["message"]


def test_nothing_is_uploaded_to_hardware_before_a_yes(tmp_path):
    with stranger(QUADROTOR, ARDUPILOT) as vehicle:
        code, says = upload(tmp_path, vehicle.url)
    assert code == 5
    assert (
        "nothing was uploaded -> confirm with --yes (in Python authority=Authority(confirmed=True))" in says
    )
    assert not TRANSFER & set(vehicle.heard)


@pytest.mark.parametrize(
    ("kind", "autopilot", "what"), [(PLANE, ARDUPILOT, "fixed_wing"), (QUADROTOR, PX4, "px4")]
)
def test_what_is_no_arducopter_is_refused_by_name(tmp_path, kind, autopilot, what):
    with stranger(kind, autopilot) as vehicle:
        code, says = upload(tmp_path, vehicle.url, "--yes")
    assert code == 2
    assert what in says
    assert "not ArduCopter" in says
    assert not TRANSFER & set(vehicle.heard)


def test_an_armed_vehicle_is_refused(tmp_path):
    with stranger(QUADROTOR, ARDUPILOT, armed=True) as vehicle:
        code, says = upload(tmp_path, vehicle.url, "--yes")
    assert code == 5
    assert "the vehicle is armed" in says
    assert not TRANSFER & set(vehicle.heard)


def test_a_vehicle_that_vanishes_is_a_link_failure(tmp_path):
    with stranger(QUADROTOR, ARDUPILOT, ends_after_s=0.5) as vehicle:
        code, says = upload(tmp_path, vehicle.url, "--yes")
    assert code == 5
    assert "closed the connection" in says
