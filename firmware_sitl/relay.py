"""`python -m firmware_sitl.relay PORT COMMAND...`: an ArduCopter SITL behind ports of the loopback interface.

By itself ArduCopter listens on every interface, at fixed ports. Here it is a client: its first three serial
ports connect to this process, which listens in its place, on 127.0.0.1, at ports that the kernel gives out.
Each port serves one client at a time, and vehicle time stands still until the first one, as with ArduCopter.
"""

from __future__ import annotations

import contextlib
import itertools
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

from firmware_sitl.confinement import forbid_listening
from firmware_sitl.ports import LOOPBACK, PORTS_USED, listen_on

UNUSED_SERIAL_PORTS = (5, 6, 7, 8)
"""On these ArduCopter would listen by itself, if a SERIALn_PROTOCOL used them; 3 and 4 are its GPS."""

KEPT_BYTES = 8192
"""What a socket keeps on its way: with more, what a client hears of a fast vehicle would be old."""

RECEIVE_BYTES = 65536
LOOK_S = 0.2
END_S = 2.0


class Line:
    """A port: its one client, the vehicle's connection, and what waits to be passed on to each."""

    def __init__(self, port: int) -> None:
        self._listener, self._inside = listen_on(port), listen_on(0)
        for listener in (self._listener, self._inside):  # a connection has from its listener what it keeps
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KEPT_BYTES)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KEPT_BYTES)
        self.client: socket.socket | None = None
        self.vehicle: socket.socket | None = None
        self._to_client = self._to_vehicle = b""

    @property
    def port(self) -> int:
        """Where a client connects."""
        return int(self._listener.getsockname()[1])

    @property
    def device(self) -> str:
        """ArduCopter's name for the serial port."""
        return f"tcpclient:{LOOPBACK}:{self._inside.getsockname()[1]}"

    def awaited(self) -> tuple[list[socket.socket], list[socket.socket]]:
        """The sockets to read from, and those to write to. None is read while its last bytes still wait."""
        reads = [self._listener if self.client is None else self.client] if not self._to_vehicle else []
        if not self._to_client:
            reads.append(self._inside if self.vehicle is None else self.vehicle)
        writes = [self.client] if self.client and self._to_client else []
        return reads, [*writes, self.vehicle] if self.vehicle and self._to_vehicle else writes

    def pass_on(self, readable: Sequence[socket.socket], *, held: bool) -> None:
        """Take new connections and bytes from the sockets that have some, and pass on what can be.

        What the vehicle says is kept for the first client while it is held; later nobody keeps it.
        """
        if self._listener in readable:
            self.client = _accept(self._listener)
        if self._inside in readable:
            self.vehicle = _accept(self._inside)
        if self.client in readable:
            self._to_vehicle += self._receive_from_client()
        if self.vehicle in readable:
            self._to_client += self._receive_from_vehicle()
        if self.client is None and not held:
            self._to_client = b""
        self._to_client = _send(self.client, self._to_client)
        self._to_vehicle = _send(self.vehicle, self._to_vehicle)

    def _receive_from_client(self) -> bytes:
        data = _receive(self.client)
        if not data and self.client is not None:
            self.client.close()
            self.client = None
        return data

    def _receive_from_vehicle(self) -> bytes:
        """What the vehicle sends; a vehicle that starts anew cuts its client off, as ArduCopter does."""
        data = _receive(self.vehicle)
        if not data:
            for end in filter(None, (self.vehicle, self.client)):
                end.close()
            self.vehicle = self.client = None
            self._to_client = self._to_vehicle = b""
        return data


def main(first_port: int, command: Sequence[str]) -> int:
    """Run the command behind ports from `first_port` on (0: any free ones); returns its exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    lines = [Line(first_port + step if first_port else 0) for step in PORTS_USED]
    serial = [f"--serial{number}={line.device}" for number, line in enumerate(lines)]
    serial += [f"--serial{number}=none:{number}" for number in UNUSED_SERIAL_PORTS]
    forbid_listening()
    vehicle = subprocess.Popen([*command, *serial])
    try:
        return _serve(vehicle, lines)
    finally:
        _end(vehicle)


def _serve(vehicle: subprocess.Popen[bytes], lines: Sequence[Line]) -> int:
    """Pass bytes on until the vehicle ends; held where it has started, until there is a client."""
    held = told = False
    while (code := vehicle.poll()) is None:
        before = lines[0].vehicle
        _pass_on(lines, held=held)
        if lines[0].vehicle not in {before, None}:
            held = True
            vehicle.send_signal(signal.SIGSTOP)
        if held and not told:
            told = True
            sys.stdout.write(f"listening {' '.join(f'tcp:{LOOPBACK}:{line.port}' for line in lines)}\n")
            sys.stdout.flush()
        if held and any(line.client for line in lines):
            held = False
            vehicle.send_signal(signal.SIGCONT)
    return code


def _pass_on(lines: Sequence[Line], *, held: bool) -> None:
    awaited = [line.awaited() for line in lines]
    reads, writes = (list(itertools.chain(*ends)) for ends in zip(*awaited, strict=True))
    readable, _, _ = select.select(reads, writes, [], LOOK_S)
    for line in lines:
        line.pass_on(readable, held=held)


def _end(vehicle: subprocess.Popen[bytes]) -> None:
    vehicle.terminate()
    vehicle.send_signal(signal.SIGCONT)
    try:
        vehicle.wait(END_S)
    except subprocess.TimeoutExpired:
        vehicle.kill()
        vehicle.wait()


def _accept(listener: socket.socket) -> socket.socket:
    connection, _ = listener.accept()
    connection.setblocking(False)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def _receive(end: socket.socket | None) -> bytes:
    """What has come; nothing where the other side has gone."""
    with contextlib.suppress(OSError):
        return end.recv(RECEIVE_BYTES) if end is not None else b""
    return b""


def _send(end: socket.socket | None, data: bytes) -> bytes:
    """What could not be sent yet. A broken connection is seen where it is read."""
    if end is None or not data:
        return data
    try:
        return data[end.send(data) :]
    except BlockingIOError:
        return data
    except OSError:
        return b""


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
    except OSError as error:
        sys.exit(str(error))
