"""What an upload that cannot succeed says is why, and what is only late is not taken for an answer."""

from __future__ import annotations

import hashlib
import os
import pty
import random
import select
import socket
import threading
import time
import tty
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from dfr.errors import LinkTimeoutError
from dfr.link.mavlink import connect
from dfr.link.transfer import upload_verified

from .wire import on_board, set_key

KEY = hashlib.sha256(b"pilot").digest()


def first_port_taken(url: str) -> socket.socket:
    """ArduCopter opens its other ports only while somebody is on the first."""
    _, host, port = url.split(":")
    return socket.create_connection((host, int(port)))


def test_a_vehicle_that_signs_asks_for_its_key_and_not_for_a_check_of_the_link(start, dispatch):
    """ArduCopter takes what is unsigned on its first port only, so the second is asked."""
    with start(speedup=1.0) as running, first_port_taken(running.url):
        url = running.urls[1]
        set_key(url, KEY)
        with pytest.raises(LinkTimeoutError, match=r"it signs its packets .* \(--signing-key\)"):
            connect(url, simulated=True)
        with pytest.raises(LinkTimeoutError, match="none is signed with this key"):
            connect(url, simulated=True, signing_key=bytes(32), timeout_s=3.0)
        with connect(url, simulated=True, signing_key=KEY) as vehicle:
            assert upload_verified(vehicle, dispatch).verified


def test_late_answers_to_older_questions_never_mean_that_a_parameter_is_missing(behind, proxy):
    """The line delivers those while every question about the parameter, and every answer, is lost."""
    older: list[bytes] = []
    lost = 0

    def keep(direction, message, frame):
        if (direction, message.get_type()) == ("down", "PARAM_VALUE"):
            older.append(frame)

    def lose(direction, message, frame):
        nonlocal lost
        if (direction, message.get_type()) != ("up", "PARAM_REQUEST_READ") or lost == 8:
            return None
        lost += 1
        proxy.inject_down(older[lost % len(older)])
        return []

    proxy.rule = keep
    assert behind.get_param("NO_SUCH_PARAM") is None
    assert len(older) >= 3
    proxy.rule = lose
    assert behind.get_param("FENCE_MARGIN") == 2.0
    assert lost == 8


class Radio:
    """A serial line of `rate` bytes a second, with a delay, that loses a share of its chunks of 64 bytes."""

    def __init__(self, url: str, *, rate: float, delay_s: float, loss: float) -> None:
        self._rate, self._delay_s, self._loss = rate, delay_s, loss
        self._random = random.Random(1)
        _, host, port = url.split(":")
        self._vehicle = socket.create_connection((host, int(port)))
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._ours)
        tty.setraw(self._theirs)
        self.url = f"serial:{os.ttyname(self._theirs)}:57600"
        self._queues: dict[bool, deque[tuple[float, bytes]]] = {True: deque(), False: deque()}
        self._free_at = {True: 0.0, False: 0.0}

    def step(self) -> None:
        """Take in what has come, and pass on what is through."""
        for ready in select.select([self._ours, self._vehicle], [], [], 0.005)[0]:
            up = ready == self._ours
            data = os.read(self._ours, 4096) if up else self._vehicle.recv(4096)
            for at in range(0, len(data), 64):
                self._queue(up, data[at : at + 64])
        for up, queue in self._queues.items():
            while queue and queue[0][0] <= time.monotonic():
                _, chunk = queue.popleft()
                self._vehicle.sendall(chunk) if up else os.write(self._ours, chunk)

    def close(self) -> None:
        """End the line."""
        self._vehicle.close()
        os.close(self._ours)
        os.close(self._theirs)

    def _queue(self, up: bool, chunk: bytes) -> None:
        starts = max(self._free_at[up], time.monotonic())
        ends = starts + len(chunk) / self._rate
        if ends - time.monotonic() > 4.0:
            return
        self._free_at[up] = ends
        if self._random.random() >= self._loss:
            self._queues[up].append((ends + self._delay_s, chunk))


@contextmanager
def radio(url: str, **options: float) -> Iterator[str]:
    line, stop = Radio(url, **options), threading.Event()

    def run() -> None:
        while not stop.is_set():
            line.step()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield line.url
    finally:
        stop.set()
        thread.join()
        line.close()


@pytest.mark.slow
def test_a_line_of_1200_bytes_a_second_that_loses_1_percent_ends_verified(start, dispatch):
    with start(speedup=1.0) as running:
        with (
            radio(running.url, rate=1200.0, delay_s=0.15, loss=0.01) as url,
            connect(url, simulated=True) as vehicle,
        ):
            vehicle.port.heartbeat_s = 1.0
            assert upload_verified(vehicle, dispatch).verified
            assert vehicle.get_param("NO_SUCH_PARAM") is None
        lists = on_board(running.url)
    assert (len(lists["mission"]), len(lists["fence"]), len(lists["rally"])) == (3, 5, 1)
