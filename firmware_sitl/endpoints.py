"""The ends of a vehicle's ports that clients see: TCP, UDP where clients speak first, UDP where it does.

An end has one client at a time, as a port of ArduCopter's. A UDP client never says that it goes, so one that
has been silent for `SILENT_S` gives way to the next that speaks. Datagrams hold whole MAVLink packets.
"""

from __future__ import annotations

import contextlib
import socket
import time
from dataclasses import dataclass
from typing import Literal, Protocol, cast, get_args

from firmware_sitl.ports import LOOPBACK, PORTS_USED, listen_on, take_datagrams_on

KEPT_BYTES = 8192
"""What a socket keeps on its way: with more, what a client hears of a fast vehicle would be old."""

RECEIVE_BYTES = 65536
DATAGRAM_BYTES = 1400
"""So much fits into a packet of any network in use, with its headers."""

SILENT_S = 5.0
"""Wall seconds: a ground station sends a heartbeat every second."""

MARKER_V1, MARKER_V2 = 0xFE, 0xFD
HEAD_BYTES = 3
SIGNED, SIGNATURE_BYTES = 1, 13
AROUND_V1, AROUND_V2 = 8, 12
"""Bytes of a packet beside its payload (MAVLink's serialisation guide)."""

Kind = Literal["tcp", "udpserver", "udpclient"]
EVERY = "0.0.0.0"
"""Listens on every address of the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a port of a vehicle is found: it listens by TCP or UDP, or (`udpclient`) sends to an address."""

    kind: Kind = "tcp"
    host: str = LOOPBACK
    port: int = 0

    def __str__(self) -> str:
        return f"{self.kind}:{self.host}:{self.port}"

    @property
    def url(self) -> str:
        """How a client on this machine opens it (`dfr.link.transport`, pymavlink)."""
        host = LOOPBACK if self.host == EVERY else self.host
        word = {"tcp": "tcp", "udpserver": "udpout", "udpclient": "udp"}[self.kind]
        return f"{word}:{host}:{self.port}"


def parse_endpoint(text: str) -> Endpoint:
    """The endpoint that `str` has written. Raises ValueError for anything else."""
    kind, host, port = text.split(":")
    if kind not in get_args(Kind):
        raise ValueError(text)
    return Endpoint(kind=cast(Kind, kind), host=host, port=int(port))


def loopback_endpoints(first_port: int) -> tuple[Endpoint, ...]:
    """The usual three: TCP on the loopback interface, from a port on (0: at free ones)."""
    return tuple(Endpoint(port=first_port + step if first_port else 0) for step in PORTS_USED)


class End(Protocol):
    """An open endpoint; nothing of it blocks."""

    @property
    def connected(self) -> bool:
        """Whether it has a client."""
        ...

    @property
    def url(self) -> str:
        """How a client opens it."""
        ...

    def fileno(self) -> int:
        """For select: ready where `receive` has something to do."""
        ...

    def receive(self) -> bytes:
        """What the client has sent; a client that has come or gone is taken or let go."""
        ...

    def send(self, data: bytes) -> bytes:
        """Send to the client; returns what must be sent later."""
        ...

    def drop(self) -> None:
        """Cut the client off."""
        ...

    def close(self) -> None:
        """Cut the client off, and take no other."""
        ...


def open_endpoint(endpoint: Endpoint) -> End:
    """Raises OSError, which names the endpoint, where it cannot be opened."""
    if endpoint.kind == "tcp":
        return TcpEnd(endpoint)
    return UdpEnd(endpoint)


class TcpEnd:
    """Listens; the next client waits in the queue until the one before it has gone."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._listener = listen_on(endpoint.port, endpoint.host)
        keep_little(self._listener)
        self._client: socket.socket | None = None
        self.url = Endpoint(host=endpoint.host, port=self._listener.getsockname()[1]).url

    @property
    def connected(self) -> bool:
        """Whether it has a client."""
        return self._client is not None

    def fileno(self) -> int:
        """The client's socket, or the one that waits for a client."""
        return (self._client or self._listener).fileno()

    def receive(self) -> bytes:
        """What the client has sent; takes the next one where there is none."""
        if self._client is None:
            self._client = accept(self._listener)
            return b""
        data = receive(self._client)
        if not data:
            self.drop()
        return data

    def send(self, data: bytes) -> bytes:
        """Send what can be sent now."""
        return send(self._client, data)

    def drop(self) -> None:
        """Close the connection."""
        if self._client is not None:
            self._client.close()
        self._client = None

    def close(self) -> None:
        """Close the connection, and listen no more."""
        self.drop()
        self._listener.close()


class UdpEnd:
    """Talks by datagrams: to the client that spoke first, or, as `udpclient`, to its address from the start.

    What cannot be sent, or is sent where nobody listens, is lost, as UDP does.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self._calls = endpoint.kind == "udpclient"
        self._partial = b""
        self._heard_at = time.monotonic()
        self._peer: tuple[str, int] | None = None
        if self._calls:
            self._peer = find_host(endpoint)
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.url = endpoint.url
        else:
            self._socket = take_datagrams_on(endpoint.port, endpoint.host)
            port = self._socket.getsockname()[1]
            self.url = Endpoint(kind="udpserver", host=endpoint.host, port=port).url
        self._socket.setblocking(False)

    @property
    def connected(self) -> bool:
        """Whether there is somebody to send to."""
        return self._peer is not None

    def fileno(self) -> int:
        """The one socket."""
        return self._socket.fileno()

    def receive(self) -> bytes:
        """A datagram of the client's; those of others are thrown away."""
        try:
            data, sender = self._socket.recvfrom(RECEIVE_BYTES)
        except OSError:  # nothing waits, or the network tells of a datagram that did not arrive
            return b""
        now = time.monotonic()
        if not self._calls and (self._peer is None or now - self._heard_at > SILENT_S):
            self._peer = sender
        if sender != self._peer:
            return b""
        self._heard_at = now
        return data

    def send(self, data: bytes) -> bytes:
        """Send the packets that are whole; the beginning of another waits here for its rest."""
        waiting = self._partial + data
        while size := whole_packets(waiting):
            if self._peer is not None:
                with contextlib.suppress(OSError):
                    self._socket.sendto(waiting[:size], self._peer)
            waiting = waiting[size:]
        self._partial = waiting
        return b""

    def drop(self) -> None:
        """Forget the client, unless it is the one to call."""
        self._partial = b""
        if not self._calls:
            self._peer = None

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()


def whole_packets(data: bytes) -> int:
    """How many of the first bytes are whole MAVLink packets that fit into a datagram.

    >>> heartbeat = bytes.fromhex("fd0900000001010000000000000002030000030000")
    >>> whole_packets(heartbeat + heartbeat), whole_packets(heartbeat + heartbeat[:9]), whole_packets(b"")
    (42, 21, 0)
    """
    end = 0
    while end < len(data):
        size = _packet_bytes(data, end)
        if end + size > len(data) or (end and end + size > DATAGRAM_BYTES):
            break
        end += size
    return end


def _packet_bytes(data: bytes, at: int) -> int:
    """The size of the packet that begins there; of a byte that begins none it is 1."""
    if data[at] not in {MARKER_V1, MARKER_V2}:
        return 1
    if len(data) < at + HEAD_BYTES:
        return HEAD_BYTES
    if data[at] == MARKER_V1:
        return AROUND_V1 + data[at + 1]
    return AROUND_V2 + data[at + 1] + (SIGNATURE_BYTES if data[at + 2] & SIGNED else 0)


def find_host(endpoint: Endpoint) -> tuple[str, int]:
    """The address that an endpoint sends to. Raises OSError where there is no host of the name."""
    try:
        found = socket.getaddrinfo(endpoint.host, endpoint.port, socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise OSError(f"{endpoint.host}: no such host ({error})") from error
    return str(found[0][4][0]), endpoint.port


def keep_little(listener: socket.socket) -> None:
    """Let the connections that a socket takes keep few bytes on their way."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KEPT_BYTES)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_BYTES)


def accept(listener: socket.socket) -> socket.socket | None:
    """The connection that waits; None where it has gone again."""
    try:
        connection, _ = listener.accept()
    except OSError:
        return None
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def receive(end: socket.socket | None) -> bytes:
    """What has come; nothing where the other side has gone."""
    with contextlib.suppress(OSError):
        return end.recv(RECEIVE_BYTES) if end is not None else b""
    return b""


def send(end: socket.socket | None, data: bytes) -> bytes:
    """What could not be sent yet. A broken connection is seen where it is read."""
    if end is None or not data:
        return data
    try:
        return data[end.send(data) :]
    except BlockingIOError:
        return data
    except OSError:
        return b""
