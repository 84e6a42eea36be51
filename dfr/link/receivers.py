"""Receivers of other traffic on the local network (`open_receiver`): SBS/BaseStation by TCP, GDL90 by UDP."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from dfr.errors import InputError, LinkError
from dfr.io.traffic.basestation import BaseStationParser
from dfr.io.traffic.gdl90 import Gdl90Parser
from dfr.io.traffic.heard import HeardAircraft
from dfr.link.operator import Tell, ignore_words

LOOK_S = 0.25
CONNECT_S, RETRY_S = 5.0, 2.0
"""How long a receiver has to accept a connection, and the pause before the next attempt (assumed)."""

SILENT_S = 15.0
"""A receiver that sends nothing for so long is said to be silent: as long as a contact is kept (assumed)."""

READ_BYTES = 65536
EXAMPLES = "sbs:HOST:30003, or gdl90:0.0.0.0:4000 (without an address: this machine alone)"

Heard = Callable[[HeardAircraft], None]


class TrafficParser(Protocol):
    """Bytes to aircraft; `corrupt` counts what was dropped."""

    corrupt: int

    def feed(self, data: bytes, *, now_s: float) -> list[HeardAircraft]:
        """The aircraft told of by what ends in these bytes."""


class Line(Protocol):
    """Where bytes come from: `problem` says why there are none, '' where all is well."""

    problem: str

    def read(self, wait_s: float) -> bytes:
        """What has come within so long; nothing is b''."""

    def close(self) -> None:
        """End it."""


class TrafficReceiver:
    """A receiver that is read in a thread of its own until it is closed, and tells its listeners of aircraft.

    A line that breaks is opened again. `silent_s` says how long nothing came, and `problem` why; `tell` gets
    the words (in the receiver's thread) when it falls silent and when it is heard again.
    """

    def __init__(self, address: str, line: Line, parser: TrafficParser, tell: Tell) -> None:
        self.address, self._line, self._parser, self._tell = address, line, parser, tell
        self._told = ""
        self._listeners: list[Heard] = []
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._last_s = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=address, daemon=True)
        self._thread.start()

    def __enter__(self) -> TrafficReceiver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def silent_s(self) -> float:
        """How long ago the last byte came: a receiver that hears nobody still sends, a dead one does not."""
        return time.monotonic() - self._last_s

    @property
    def problem(self) -> str:
        """Why nothing comes, '' where all is well."""
        return self._line.problem or ("it sends nothing" if self.silent_s > SILENT_S else "")

    @property
    def corrupt(self) -> int:
        """How many frames or lines were dropped as damaged."""
        return self._parser.corrupt

    def listen(self, heard: Heard) -> None:
        """Tell this listener from now on (in the receiver's thread)."""
        with self._lock:
            self._listeners.append(heard)

    def leave(self, heard: Heard) -> None:
        """Tell it no more."""
        with self._lock:
            self._listeners.remove(heard)

    def close(self) -> None:
        """End the thread and the line."""
        self._ended.set()
        self._thread.join()
        self._line.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            data = self._line.read(LOOK_S)
            if data:
                self._last_s = time.monotonic()
                self._hand_on(data)
            self._tell_change()

    def _hand_on(self, data: bytes) -> None:
        for aircraft in self._parser.feed(data, now_s=self._last_s):
            with self._lock:
                listeners = tuple(self._listeners)
            for heard in listeners:
                heard(aircraft)

    def _tell_change(self) -> None:
        problem = self.problem
        if bool(problem) != bool(self._told):
            unheard = f"no traffic is heard from {self.address}: {problem}"
            self._tell(unheard if problem else f"traffic is heard from {self.address} again")
        self._told = problem


def open_receiver(address: str, *, tell: Tell = ignore_words) -> TrafficReceiver:
    """The receiver at an address. Raises InputError for a bad one, LinkError for a port that is taken.

    An SBS receiver that is not there yet is waited for: its `problem` says so.
    """
    kind, _, place = address.partition(":")
    host, port = _read_place(place, address)
    if kind == "sbs" and host:
        return TrafficReceiver(address, _TcpLine(host, port), BaseStationParser(), tell)
    if kind == "gdl90":
        return TrafficReceiver(address, _UdpLine(host or "127.0.0.1", port), Gdl90Parser(), tell)
    raise InputError(f"traffic receiver {address!r}", do=EXAMPLES)


def _read_place(place: str, address: str) -> tuple[str, int]:
    host, _, port = place.rpartition(":")
    if not (port.isascii() and port.isdigit() and 0 <= int(port[:6]) <= 65535):
        raise InputError(f"traffic receiver {address!r} has no port", do=EXAMPLES)
    return host.strip("[]"), int(port)


class _TcpLine:
    """A connection that is made again whenever it breaks."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._socket: socket.socket | None = None
        self._next_try_s = 0.0
        self.problem = "not connected yet"

    def read(self, wait_s: float) -> bytes:
        line = self._socket or self._connect(wait_s)
        if line is None:
            return b""
        try:
            line.settimeout(wait_s)
            data = line.recv(READ_BYTES)
        except TimeoutError:
            return b""
        except OSError as error:
            return self._lost(error.strerror or str(error))
        return data or self._lost("the receiver closed the connection")

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self, wait_s: float) -> socket.socket | None:
        if time.monotonic() < self._next_try_s:
            time.sleep(wait_s)
            return None
        try:
            self._socket = socket.create_connection((self._host, self._port), timeout=CONNECT_S)
        except OSError as error:
            self._lost(error.strerror or str(error))
            return None
        self.problem = ""
        return self._socket

    def _lost(self, why: str) -> bytes:
        self.close()
        self.problem, self._next_try_s = why, time.monotonic() + RETRY_S
        return b""


class _UdpLine:
    """A port on which a receiver sends to us."""

    def __init__(self, host: str, port: int) -> None:
        self.problem = ""
        kind = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(kind, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except OSError as error:
            self._socket.close()
            raise LinkError(f"UDP port {host}:{port}: {error.strerror}", do="name another port") from error

    @property
    def port(self) -> int:
        """The port that was given."""
        return int(self._socket.getsockname()[1])

    def read(self, wait_s: float) -> bytes:
        with contextlib.suppress(TimeoutError, OSError):
            self._socket.settimeout(wait_s)
            return self._socket.recv(READ_BYTES)
        return b""

    def close(self) -> None:
        self._socket.close()
