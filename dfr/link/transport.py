"""Bytes to and from a vehicle: TCP, UDP or a serial line, none of them blocking.

tcp:HOST:PORT          connect to a vehicle (SITL)
tcpin:HOST:PORT        wait for a vehicle that connects
udp:HOST:PORT          listen; answers go to whoever spoke (several vehicles may share the port)
udpout:HOST:PORT       speak first
serial:PATH[:BAUD]     a serial line, 57600 baud unless said (also just PATH, when it starts with /)
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dfr.errors import InputError, LinkError

CHUNK = 65536
DEFAULT_BAUD = 57_600
BITS_PER_BYTE = 10
"""On a serial line: start, eight data bits, stop."""

CONNECT_TRIES_EVERY_S = 0.1
UNANSWERED_S = 10
"""What we send over TCP is not acknowledged for this long: the connection is dead and is opened again
(assumed)."""


Address = tuple[str, int] | None
"""Whom a datagram came from; None where there is only one peer."""


READ_AHEAD_BYTES = 16384
"""Of a TCP stream the system keeps so much unread: what waits longer is old when it is heard."""


class Transport(Protocol):
    """A line for bytes. `bytes_per_s` is None where it is wide; `shared` where several vehicles may speak."""

    bytes_per_s: float | None
    shared: bool

    def fileno(self) -> int:
        """For select."""
        ...

    def read(self) -> list[tuple[bytes, Address]]:
        """What has come, without waiting; raises LinkError once the other end has closed."""
        ...

    def write(self, data: bytes, to: Address) -> None:
        """Send to one peer, or to all that are known."""
        ...

    def close(self) -> None:
        """Let go of the line."""
        ...


WRITE_NAP_S = 0.001


def open_transport(url: str, *, timeout_s: float = 30.0) -> Transport:
    """The transport of a URL. Raises InputError for an unknown kind, LinkError where it does not open."""
    kind, _, rest = url.partition(":")
    if url.startswith("/"):
        kind, rest = "serial", url
    if kind == "tcp":
        return _open_tcp(url, *_parse_host_port(url, rest), timeout_s=timeout_s)
    if kind == "tcpin":
        return _accept_tcp(url, *_parse_host_port(url, rest), timeout_s=timeout_s)
    if kind in ("udp", "udpin", "udpout"):
        return _open_udp(url, *_parse_host_port(url, rest), listen=kind != "udpout")
    if kind == "serial" and rest:
        path, _, baud = rest.partition(":")
        return SerialTransport(path, _parse_baud(url, baud))
    raise InputError(
        f"{url!r} is not a vehicle address", do="tcp:HOST:PORT, udp:HOST:PORT or serial:PATH[:BAUD]"
    )


def is_dialled(url: str) -> bool:
    """Whether we make the connection of a URL, and can at any time make it anew."""
    return url.startswith("tcp:")


@dataclass
class TcpTransport:
    """A connected TCP socket."""

    sock: socket.socket
    bytes_per_s: float | None = None
    shared: bool = False

    def fileno(self) -> int:
        """For select."""
        return self.sock.fileno()

    def read(self) -> list[tuple[bytes, Address]]:
        """What has come; raises LinkError once the vehicle has closed the connection."""
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return []
        except ConnectionError as error:
            raise _closed_by_vehicle() from error
        except OSError as error:
            raise LinkError(
                f"the connection broke: {error.strerror}", do="is the vehicle still running?"
            ) from error
        if not data:
            raise _closed_by_vehicle()
        return [(data, None)]

    def write(self, data: bytes, to: Address) -> None:
        """Send all of it, waiting a little where the peer is slow to read."""
        _write_all(
            self.sock.send,
            data,
            within_s=2.0,
            stuck=LinkError("the vehicle does not read what we send", do="restart it"),
            broken="the connection broke",
        )

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


class UdpTransport:
    """A UDP socket: replies go to the address a vehicle spoke from."""

    bytes_per_s: float | None = None
    shared: bool = True

    def __init__(self, sock: socket.socket, peer: Address) -> None:
        self._sock = sock
        self._peers: set[tuple[str, int]] = set() if peer is None else {peer}

    def fileno(self) -> int:
        """For select."""
        return self._sock.fileno()

    def read(self) -> list[tuple[bytes, Address]]:
        """All datagrams that have come."""
        got: list[tuple[bytes, Address]] = []
        for _ in range(256):
            try:
                data, address = self._sock.recvfrom(CHUNK)
            except OSError:  # nothing waits, or the network reports that a datagram did not arrive
                break
            self._peers.add(address)
            got.append((data, address))
        return got

    def write(self, data: bytes, to: Address) -> None:
        """Send to one peer, or to every one heard so far; what cannot be sent is lost, as UDP does."""
        for address in [to] if to is not None else list(self._peers):
            try:
                self._sock.sendto(data, address)
            except OSError:  # no network just now is a lost datagram as well
                continue

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()


class SerialTransport:
    """A serial line in raw mode (POSIX termios)."""

    shared: bool = False

    def __init__(self, path: str, baud: int) -> None:
        import termios
        import tty

        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise InputError(f"{baud} baud is not a speed of this serial line", do="57600 or 115200")
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as error:
            raise LinkError(f"{path}: {error.strerror}", do="check the cable and the permissions") from error
        try:
            tty.setraw(self._fd)
            mode = termios.tcgetattr(self._fd)
            mode[4] = mode[5] = speed
            termios.tcsetattr(self._fd, termios.TCSANOW, mode)
        except termios.error as error:
            os.close(self._fd)
            raise LinkError(f"{path} is not a serial line: {error.args[-1]}", do="check the path") from error
        self.bytes_per_s: float | None = baud / BITS_PER_BYTE

    def fileno(self) -> int:
        """For select."""
        return self._fd

    def read(self) -> list[tuple[bytes, Address]]:
        """What has come; raises LinkError where the line has gone."""
        try:
            data = os.read(self._fd, CHUNK)
        except BlockingIOError:
            return []
        except OSError as error:
            raise LinkError(f"the serial line broke: {error.strerror}") from error
        if not data:
            raise LinkError("the serial line is gone", do="is it still plugged in?")
        return [(data, None)]

    def write(self, data: bytes, to: Address) -> None:
        """Send all of it at the line's pace."""
        _write_all(
            lambda rest: os.write(self._fd, rest),
            data,
            within_s=5.0,
            stuck=LinkError("the serial line takes no bytes", do="check flow control"),
            broken="the serial line broke",
        )

    def close(self) -> None:
        """Close the line; once it is closed, nothing more."""
        gone, self._fd = self._fd, -1
        if gone >= 0:
            os.close(gone)


def _open_tcp(url: str, host: str, port: int, *, timeout_s: float) -> TcpTransport:
    """Connect, trying again while the vehicle is starting."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            sock = socket.create_connection((host, port), timeout=max(0.1, deadline - time.monotonic()))
        except OSError as error:
            if time.monotonic() + CONNECT_TRIES_EVERY_S > deadline:
                raise LinkError(f"{url}: {error.strerror or error}", do="start the vehicle first") from error
            time.sleep(CONNECT_TRIES_EVERY_S)
            continue
        return _set_up_tcp(sock)


def _accept_tcp(url: str, host: str, port: int, *, timeout_s: float) -> TcpTransport:
    """The first to connect."""
    try:
        with socket.create_server((host, port)) as server:
            server.settimeout(timeout_s)
            sock, _ = server.accept()
    except TimeoutError as error:
        raise LinkError(
            f"{url}: nobody connected within {timeout_s:.0f} s", do="is the vehicle on?"
        ) from error
    except OSError as error:
        raise LinkError(f"{url}: {error.strerror}", do="another program listens there") from error
    return _set_up_tcp(sock)


def _set_up_tcp(sock: socket.socket) -> TcpTransport:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_AHEAD_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * UNANSWERED_S)
    sock.setblocking(False)
    return TcpTransport(sock)


def _open_udp(url: str, host: str, port: int, *, listen: bool) -> UdpTransport:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setblocking(False)
    if listen:
        try:
            sock.bind((host, port))
        except OSError as error:
            sock.close()
            raise LinkError(f"{url}: {error.strerror}", do="another program listens there") from error
    return UdpTransport(sock, None if listen else (host, port))


def _parse_host_port(url: str, rest: str) -> tuple[str, int]:
    host, _, port = rest.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise InputError(f"{url!r} has no HOST:PORT", do="as in tcp:127.0.0.1:5760")
    return host, int(port)


def _parse_baud(url: str, text: str) -> int:
    if text and not text.isdigit():
        raise InputError(f"{url!r}: {text!r} is not a baud rate", do="as in serial:/dev/ttyUSB0:57600")
    return int(text) if text else DEFAULT_BAUD


def _closed_by_vehicle() -> LinkError:
    """Also for a connection that is reset: the vehicle closed it before it had read all that we sent."""
    return LinkError("the vehicle closed the connection", do="is it still running?")


def _write_all(
    send: Callable[[memoryview], int], data: bytes, *, within_s: float, stuck: LinkError, broken: str
) -> None:
    """Write all bytes, waiting a little while none are taken. Raises `stuck` where that takes too long."""
    deadline = time.monotonic() + within_s
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[send(rest) :]
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise stuck from None
            time.sleep(WRITE_NAP_S)
        except ConnectionError as error:
            raise _closed_by_vehicle() from error
        except OSError as error:
            raise LinkError(f"{broken}: {error.strerror}") from error
