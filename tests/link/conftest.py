"""Vehicles of both engines, and a proxy that loses, repeats, corrupts or forges what passes between."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command, Frame
from dfr.geo import Position
from dfr.link.framing import Encoder, Framer
from dfr.link.mavlink import MavlinkVehicle, connect
from dfr.mission.items import FenceCircle, FencePolygon, FlightPlan, MissionItem, RallyPoint
from firmware_sitl.start import RunningVehicle, start_vehicle

from ..places import HOME, at, square

SPEEDUP = {"builtin": 60.0, "ardupilot": 10.0}

Rule = Callable[[str, Any, bytes], "list[bytes] | None"]


def placed(command: Command, place: Position, *, z_m: float = 20.0, params=(0.0, 0.0, 0.0, 0.0)):
    return MissionItem(
        command=command, frame=Frame.GLOBAL_RELATIVE_ALT, position=place, z_m=z_m, params=params
    )


@pytest.fixture
def dispatch() -> FlightPlan:
    """Takeoff, ten seconds over a target 80 m north, back; fence, rally point and parameters."""
    return FlightPlan(
        name="test dispatch",
        home=HOME,
        home_m_amsl=3.0,
        items=(
            placed(Command.NAV_TAKEOFF, HOME),
            placed(Command.NAV_LOITER_TIME, at(0, 80), params=(10.0, 0.0, 1.0, 0.0)),
            MissionItem(command=Command.NAV_RETURN_TO_LAUNCH, frame=Frame.GLOBAL),
        ),
        fence=(
            FencePolygon(ring=square(400.0), inclusion=True),
            FenceCircle(centre=at(-200, 0), radius_m=50.5, inclusion=False),
        ),
        rally=(RallyPoint(position=at(0, -100), height_m_home=20.0),),
        params={
            "FENCE_TYPE": 5.0,
            "FENCE_ALT_MAX": 60.0,
            "FENCE_ENABLE": 1.0,
            "RTL_ALT": 2000.0,
            "RTL_LOIT_TIME": 1000.0,
            "WPNAV_SPEED": 1000.0,
        },
    )


@pytest.fixture
def long_plan(dispatch: FlightPlan) -> FlightPlan:
    """A mission of sixty items, to have something in flight."""
    legs = tuple(placed(Command.NAV_WAYPOINT, at(3.0 * n, 10.0 + 2.0 * n)) for n in range(57))
    return replace(dispatch, items=(dispatch.items[0], *legs, *dispatch.items[1:]))


@contextmanager
def a_vehicle(engine: str, **options: Any) -> Iterator[RunningVehicle]:
    given = {"engine": engine, "speedup": SPEEDUP[engine], "home": HOME, "home_m_amsl": 3.0}
    with start_vehicle(**{**given, **options}) as running:
        yield running


@pytest.fixture(scope="session")
def grounded(engine: str) -> Iterator[RunningVehicle]:
    """A vehicle that stays on the ground, for all tests of transfers."""
    with a_vehicle(engine, speedup=4.0) as running:
        yield running


@pytest.fixture
def start(engine: str) -> Callable[..., contextlib.AbstractContextManager[RunningVehicle]]:
    """Starts a vehicle of its own for a test that flies or breaks it."""
    return lambda **options: a_vehicle(engine, **options)


class Proxy:
    """TCP between one client and one vehicle; `rule` says what becomes of every frame.

    A rule gets the direction ("up" to the vehicle, "down" from it), the message and its bytes, and
    returns the frames to pass on; None passes the frame itself.
    """

    def __init__(self, target: str) -> None:
        _, host, port = target.split(":")
        self._target = (host, int(port))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        self.rule: Rule = lambda direction, message, frame: None
        self.seen: list[tuple[str, Any]] = []
        self.cut = False
        self._stop = threading.Event()
        self._vehicle: socket.socket | None = None
        self._client: socket.socket | None = None
        self._forger = Encoder(system=1, component=1)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def forge(self, message: Any, *, system: int = 1, component: int = 1) -> bytes:
        """The bytes of a message as if a vehicle had sent it."""
        if (system, component) != (1, 1):
            return Encoder(system=system, component=component).encode(message)
        return self._forger.encode(message)

    def inject_down(self, frame: bytes) -> None:
        """Send bytes to the client."""
        assert self._client is not None
        self._client.sendall(frame)

    def inject_up(self, frame: bytes) -> None:
        """Send bytes to the vehicle."""
        assert self._vehicle is not None
        self._vehicle.sendall(frame)

    def count(self, direction: str, kind: str) -> int:
        """How many messages of a kind have come to the proxy."""
        return sum(1 for way, message in self.seen if way == direction and message.get_type() == kind)

    def close(self) -> None:
        self._stop.set()
        self._thread.join(timeout=5.0)
        for sock in (self._server, self._client, self._vehicle):
            if sock is not None:
                sock.close()

    def hang_up(self) -> None:
        """Break both connections; who connects again is served again."""
        for sock in (self._client, self._vehicle):
            if sock is not None:
                with contextlib.suppress(OSError):
                    sock.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        self._server.settimeout(0.05)
        while not self._stop.is_set():
            try:
                self._client, _ = self._server.accept()
            except TimeoutError:
                continue
            with self._client, socket.create_connection(self._target) as self._vehicle:
                self._serve({self._client: Framer(), self._vehicle: Framer()})

    def _serve(self, framers: dict[socket.socket, Framer]) -> None:
        while not self._stop.is_set():
            ready, _, _ = select.select(list(framers), [], [], 0.02)
            for sock in ready:
                if not self._pass(sock, framers[sock]):
                    return

    def _pass(self, sock: socket.socket, framer: Framer) -> bool:
        try:
            data = sock.recv(65536)
        except OSError:
            return False
        if not data:
            return False
        assert self._client is not None
        assert self._vehicle is not None
        direction = "up" if sock is self._client else "down"
        other = self._vehicle if direction == "up" else self._client
        for message, frame in framer.feed(data):
            self.seen.append((direction, message))
            if self.cut:
                continue
            chosen = self.rule(direction, message, frame)
            for out in [frame] if chosen is None else chosen:
                try:
                    other.sendall(out)
                except OSError:
                    return False
        return True


@contextmanager
def proxied(target: str) -> Iterator[Proxy]:
    proxy = Proxy(target)
    try:
        yield proxy
    finally:
        proxy.close()


@pytest.fixture
def proxy(grounded: RunningVehicle) -> Iterator[Proxy]:
    """A proxy before the grounded vehicle."""
    with proxied(grounded.url) as between:
        yield between


@pytest.fixture
def behind(proxy: Proxy) -> Iterator[MavlinkVehicle]:
    """The grounded vehicle, connected through the proxy, with nothing on board."""
    with connect(proxy.url, simulated=True) as vehicle:
        vehicle.send(dialect.MAVLink_mission_count_message(1, 1, 0, 0))
        time.sleep(0.05)
        proxy.seen.clear()
        yield vehicle


@pytest.fixture
def proxy_to() -> Callable[[str], contextlib.AbstractContextManager[Proxy]]:
    """`with proxy_to(url) as proxy`: a proxy before any vehicle."""
    return proxied
