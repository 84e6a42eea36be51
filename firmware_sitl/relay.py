"""`python -m firmware_sitl.relay ENDPOINT... -- COMMAND...`: a vehicle behind ports that this process opens.

By itself ArduCopter listens on every interface, at fixed ports. Here it is a client: its first serial ports
connect to this process, which listens in its place, and where it is told to. The built-in vehicle connects in
the same way where more than its usual ports is asked for. Each port serves one client at a time, and vehicle
time stands still until the first one, as with ArduCopter; a client that is called is one from the start.
"""

from __future__ import annotations

import itertools
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

from firmware_sitl.confinement import forbid_listening
from firmware_sitl.endpoints import (
    Endpoint,
    accept,
    keep_little,
    open_endpoint,
    parse_endpoint,
    receive,
    send,
)
from firmware_sitl.ports import LOOPBACK, PORTS_USED, listen_on

UNUSED_SERIAL_PORTS = (5, 6, 7, 8)
"""On these ArduCopter would listen by itself, if a SERIALn_PROTOCOL used them; 3 and 4 are its GPS."""

LOOK_S = 0.2
END_S = 2.0


class Line:
    """A port: its end for clients, the vehicle's connection, and what waits to be passed on to each."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.end, self._inside = open_endpoint(endpoint), listen_on(0)
        keep_little(self._inside)
        self.vehicle: socket.socket | None = None
        self._to_client = self._to_vehicle = b""

    @property
    def device(self) -> str:
        """ArduCopter's name for the serial port."""
        return f"tcpclient:{LOOPBACK}:{self._inside.getsockname()[1]}"

    def awaited(self) -> tuple[list[int], list[int]]:
        """What to read from, and what to write to. Nothing is read while its last bytes still wait."""
        reads = [] if self._to_vehicle else [self.end.fileno()]
        if not self._to_client:
            reads.append((self._inside if self.vehicle is None else self.vehicle).fileno())
        writes = [self.end.fileno()] if self.end.connected and self._to_client else []
        return reads, [*writes, self.vehicle.fileno()] if self.vehicle and self._to_vehicle else writes

    def pass_on(self, readable: Sequence[int], *, held: bool) -> None:
        """Take new connections and bytes from what has some, and pass on what can be.

        What the vehicle says is kept for the first client while it is held; later nobody keeps it.
        """
        if self.end.fileno() in readable:
            self._to_vehicle += self.end.receive()
        if self._inside.fileno() in readable:
            self.vehicle = accept(self._inside)
        elif self.vehicle is not None and self.vehicle.fileno() in readable:
            self._to_client += self._receive_from_vehicle()
        if self.end.connected:
            self._to_client = self.end.send(self._to_client)
        elif not held:
            self._to_client = b""
        self._to_vehicle = send(self.vehicle, self._to_vehicle)

    def _receive_from_vehicle(self) -> bytes:
        """What the vehicle sends; a vehicle that starts anew cuts its client off, as ArduCopter does."""
        data = receive(self.vehicle)
        if not data and self.vehicle is not None:
            self.vehicle.close()
            self.end.drop()
            self.vehicle = None
            self._to_client = self._to_vehicle = b""
        return data


def main(endpoints: Sequence[Endpoint], command: Sequence[str]) -> int:
    """Run the command behind these ends, one for each of its serial ports; returns its exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    lines = [Line(endpoint) for endpoint in endpoints]
    serial = [f"--serial{number}={line.device}" for number, line in enumerate(lines)]
    unused = [*range(len(lines), len(PORTS_USED)), *UNUSED_SERIAL_PORTS]
    serial += [f"--serial{number}=none:{number}" for number in unused]
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
            sys.stdout.write(f"listening {' '.join(line.end.url for line in lines)}\n")
            sys.stdout.flush()
        if held and any(line.end.connected for line in lines):
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


if __name__ == "__main__":
    dash = sys.argv.index("--")
    try:
        sys.exit(main([parse_endpoint(text) for text in sys.argv[1:dash]], sys.argv[dash + 1 :]))
    except OSError as error:
        sys.exit(str(error))
