"""A TCP line to a vehicle that loses packets, is cut or goes deaf, and notes what reaches the vehicle.

It holds its own connection to the vehicle for as long as it lives, so that it knows the vehicle's clock while
nobody else hears it.
"""

from __future__ import annotations

import contextlib
import random
import select
import socket
import struct
import threading
import time
from collections import deque
from itertools import pairwise

V1, V2 = 0xFE, 0xFD
SIGNED = 1
GCS = 255
HEARTBEAT = 0
BOOT_MS_AT = {2: 8, 30: 0, 33: 0}
"""Where SYSTEM_TIME, ATTITUDE and GLOBAL_POSITION_INT tell the milliseconds since the vehicle's start."""

BASE_MODE_AT, ARMED = 6, 128
MOST_WAITING = 256_000
"""Bytes that wait for a client which does not read; what comes then is lost, as on a radio."""


class Splitter:
    """Whole MAVLink frames out of a stream of bytes."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole by now."""
        rest, frames = self._rest + data, []
        while True:
            begin = min((at for at in (rest.find(V1), rest.find(V2)) if at >= 0), default=len(rest))
            rest = rest[begin:]
            if len(rest) < 3:
                break
            signature = 13 if rest[0] == V2 and rest[2] & SIGNED else 0
            size = rest[1] + (12 if rest[0] == V2 else 8) + signature
            if len(rest) < size:
                break
            frames.append(rest[:size])
            rest = rest[size:]
        self._rest = rest
        return frames


def described(frame: bytes) -> tuple[int, int, bytes]:
    """(system, message id, payload) of a frame, its payload with the zeros that version 2 leaves out."""
    if frame[0] == V1:
        return frame[3], frame[5], frame[6 : 6 + frame[1]] + bytes(16)
    return frame[5], int.from_bytes(frame[7:10], "little"), frame[10 : 10 + frame[1]] + bytes(16)


class FaultyLine:
    """The line to one vehicle: `url` is where it is to be reached. A context manager.

    `beats` are the moments, by the vehicle's clock, at which a ground station's heartbeat was handed to it.
    """

    def __init__(self, vehicle_url: str, *, loss: float = 0.0, seed: int = 0) -> None:
        self._to = ("127.0.0.1", int(vehicle_url.rpartition(":")[2]))
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"tcp:127.0.0.1:{self._server.getsockname()[1]}"
        self.beats: list[float] = []
        self.vehicle_s: float | None = None
        self.armed = False
        self.passed = self.lost = 0
        self._loss, self._random = loss, random.Random(seed)
        self._client: socket.socket | None = None
        self._deaf: list[socket.socket] = []
        self._waiting: deque[bytes] = deque()
        self._asked: deque[str] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"line-{self._to[1]}", daemon=True)

    def __enter__(self) -> FaultyLine:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=5.0)

    def cut(self) -> None:
        """Reset the connection; who connects again is served again."""
        self._asked.append("cut")

    def deafen(self) -> None:
        """Leave the connection open for good with nobody at its other end; who connects again is served."""
        self._asked.append("deafen")

    def longest_gap_s(self, from_s: float = 0.0) -> float:
        """The longest time without a heartbeat, s of the vehicle, up to now."""
        now = self.vehicle_s or 0.0
        beats = [at for at in self.beats if at >= from_s]
        return max((later - earlier for earlier, later in pairwise([*beats, now])), default=float("inf"))

    def _run(self) -> None:
        up, down = Splitter(), Splitter()
        with (
            socket.create_connection(self._to) as vehicle,
            self._server,
            contextlib.suppress(ConnectionError),
        ):
            vehicle.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self._stop.is_set():
                self._do_asked()
                client = self._client
                reads = [vehicle, self._server, *([client] if client else [])]
                writes = [client] if client and self._waiting else []
                ready, writable, _ = select.select(reads, writes, [], 0.05)
                if vehicle in ready and not self._hear_vehicle(vehicle, down):
                    break
                if client is not None and client in ready:
                    for frame in up.feed(self._read_client(client)):
                        self._pass_up(frame, vehicle)
                if self._server in ready:
                    self._accept_client()
                    up = Splitter()
                elif client is not None and client in writable and client is self._client:
                    self._write_client(client)
        self._drop_client()
        for sock in self._deaf:
            sock.close()

    def _hear_vehicle(self, vehicle: socket.socket, splitter: Splitter) -> bool:
        """Take what the vehicle says; False where it has ended."""
        data = vehicle.recv(65536)
        for frame in splitter.feed(data):
            self._note_down(frame)
        return data != b""

    def _accept_client(self) -> None:
        self._drop_client()
        self._client, _ = self._server.accept()
        self._client.setblocking(False)
        self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._waiting.clear()

    def _do_asked(self) -> None:
        while self._asked:
            fault = self._asked.popleft()
            if self._client is None:
                continue
            if fault == "cut":
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._drop_client()
            else:
                self._deaf.append(self._client)
                self._client = None

    def _drop_client(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client = None

    def _read_client(self, client: socket.socket) -> bytes:
        with contextlib.suppress(OSError):
            data = client.recv(65536)
            if data:
                return data
        self._drop_client()
        return b""

    def _write_client(self, client: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            try:
                data = b"".join(self._waiting)
                self._waiting.clear()
                rest = data[client.send(data) :]
                if rest:
                    self._waiting.append(rest)
            except ConnectionError:
                self._drop_client()

    def _is_lost(self) -> bool:
        self.passed += 1
        gone = self._random.random() < self._loss
        self.lost += gone
        return gone

    def _pass_up(self, frame: bytes, vehicle: socket.socket) -> None:
        if self._is_lost():
            return
        vehicle.sendall(frame)
        system, number, _ = described(frame)
        if (system, number) == (GCS, HEARTBEAT) and self.vehicle_s is not None:
            self.beats.append(self.vehicle_s)

    def _note_down(self, frame: bytes) -> None:
        _, number, payload = described(frame)
        if number in BOOT_MS_AT:
            self.vehicle_s = struct.unpack_from("<I", payload, BOOT_MS_AT[number])[0] / 1000.0
        elif number == HEARTBEAT:
            self.armed = bool(payload[BASE_MODE_AT] & ARMED)
        if self._client is not None and sum(map(len, self._waiting)) < MOST_WAITING and not self._is_lost():
            self._waiting.append(frame)


def wait_for(holds, within_s: float, what: str) -> None:
    """Wait until something holds. Raises TimeoutError where it does not in time, by our own clock."""
    until = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"{what}: not within {within_s:.0f} s")
        time.sleep(0.1)
