"""One line with one or more MAVLink systems on it: read by a thread of its own, so it is always drained.

Everything heard goes to the listeners, in the order it came. The thread also sends our heartbeat, and opens
a line that broke again for as long as the port is open.
"""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import Command
from dfr.errors import DfrError, LinkError
from dfr.link.addresses import Speakers
from dfr.link.framing import MARKER_V2, SIGNED, Encoder, Framer, Message, Signing
from dfr.link.pacing import now_s
from dfr.link.transport import CHUNK, Address, Transport

GCS_SYSTEM = 255
GCS_COMPONENT = dialect.MAV_COMP_ID_MISSIONPLANNER
HEARTBEAT_S = 1.0
FASTEST_HEARTBEAT_S = 0.01
"""For a simulated vehicle whose clock runs fast: its GCS failsafe counts its own seconds."""


FIRST_REOPEN_S = 0.1
LONGEST_REOPEN_S = 2.0
"""A line that broke is opened again after the first, doubled with each try, at most the longest (assumed)."""

DEAF_S = 7.0
"""A connection that stays open while nothing more comes for so long may have nobody at its other end, as
behind a relay that hangs (assumed: longer than a radio's gaps, shorter than a vehicle may be without us)."""

STOPPED_S = 2.0
"""The reader was not run for so long though it asked to be: the process was stopped (assumed)."""

CATCH_UP_S = 1.0
"""The reader needs less than this to read all that waits (assumed)."""

REORDER_WINDOW = 128
"""A sequence number this far ahead is taken for one that is behind: reordered or repeated, not lost."""

MIXED_OUT_OF_TURN = 4
"""Without datagrams packets come in order: one vehicle's numbers step back once, when it restarts; those of
two do so again and again (assumed: so often within the first seconds)."""

Source = tuple[int, int]
"""(system id, component id)."""


@dataclass
class PacketLoss:
    """Packets of one source: how many came, how many numbers were left out, how many came late or again."""

    received: int = 0
    lost: int = 0
    late: int = 0
    expected: int | None = None
    latest: int | None = None
    numbered: bool = False
    out_of_turn: int = 0
    """How often a number was not ahead of the one heard before it."""

    @property
    def mixed(self) -> bool:
        """Whether two vehicles number these packets; one that numbers none is no two."""
        return self.numbered and self.out_of_turn >= MIXED_OUT_OF_TURN

    def count_packet(self, seq: int) -> None:
        """Record a packet; numbers run from 0 to 255 and round again."""
        self.received += 1
        ahead = 1 if self.latest is None else (seq - self.latest) % 256
        self.numbered = self.numbered or (self.latest is not None and ahead != 0)
        self.out_of_turn += not 0 < ahead < REORDER_WINDOW
        self.latest = seq
        if self.expected is not None:
            ahead = (seq - self.expected) % 256
            if ahead >= REORDER_WINDOW:
                self.lost = max(0, self.lost - 1)
                self.late += 1
                return
            self.lost += ahead
        self.expected = (seq + 1) % 256


@dataclass
class Inbox:
    """Messages for someone who waits for them."""

    _queue: SimpleQueue[Message] = field(default_factory=SimpleQueue)

    def put(self, message: Message) -> None:
        """Deliver (by the reader)."""
        self._queue.put(message)

    def get(self, timeout_s: float) -> Message | None:
        """The next message, or None when none came in time."""
        try:
            return self._queue.get(timeout=max(0.0, timeout_s))
        except Empty:
            return None


Listener = Callable[[Message], None]


def _our_heartbeat() -> Message:
    return dialect.MAVLink_heartbeat_message(
        dialect.MAV_TYPE_GCS, dialect.MAV_AUTOPILOT_INVALID, 0, 0, dialect.MAV_STATE_ACTIVE, 3
    )


Reopen = Callable[[], Transport]
"""The transport once more; raises LinkError where it does not open yet."""


class MavlinkPort:
    """A transport with MAVLink on it. A context manager: closes the line and ends the thread.

    A `silent` port sends no heartbeats: the vehicle does not take it for its ground station, whose loss it
    would act on. `failure` says why the line does not work now; None while it does. With `reopen` a line that
    broke is opened again, however long that takes; `opened_at` is when, by our clock, that was done last, and
    `last_failure` why it broke before. `stopped_s` is how long this process has been stopped in all (by a
    signal, a debugger, a laptop that slept). A line on which nothing comes for `deaf_s` once it was heard is
    taken for broken; None waits for ever. `log_failure` says why no packets are logged any more; '' while
    they are.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        system: int = GCS_SYSTEM,
        component: int = GCS_COMPONENT,
        signing: Signing | None = None,
        tlog: BinaryIO | None = None,
        reopen: Reopen | None = None,
        deaf_s: float | None = None,
        silent: bool = False,
    ) -> None:
        self.system, self.component = system, component
        self.heartbeat_s: float | None = None if silent else HEARTBEAT_S
        self.failure: LinkError | None = None
        self.last_failure: LinkError | None = None
        self.opened_at = time.monotonic()
        self.stopped_s = 0.0
        self.losses: dict[Source, PacketLoss] = {}
        self._transport = transport
        self._reopen, self._deaf_s = reopen, deaf_s
        self._nothing_waits = threading.Event()
        self._signing = signing
        self._signed: set[Source] = set()
        self._encoder = Encoder(system=system, component=component, signing=signing)
        self._framers: dict[Address, Framer] = {}
        self.speakers = Speakers()
        self._listeners: list[Listener] = []
        self._tlog, self.log_failure = tlog, ""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._wake, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._read_forever, name="mavlink-port", daemon=True)
        self._thread.start()

    def __enter__(self) -> MavlinkPort:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def bytes_per_s(self) -> float | None:
        """What the line carries, None where it is wide."""
        return self._transport.bytes_per_s

    @property
    def silent(self) -> bool:
        """Whether we send no heartbeats."""
        return self.heartbeat_s is None

    @property
    def shared(self) -> bool:
        """Whether several vehicles may be on the line."""
        return self._transport.shared

    def ask_who_is_there(self) -> None:
        """Ask every vehicle for its version: a silent port must speak first where a vehicle waits for us."""
        number, version = Command.REQUEST_MESSAGE, float(dialect.MAVLINK_MSG_ID_AUTOPILOT_VERSION)
        self.send(dialect.MAVLink_command_long_message(0, 0, number, 0, version, 0, 0, 0, 0, 0, 0))

    @property
    def rejected(self) -> int:
        """Packets refused for a missing, wrong or old signature."""
        return sum(framer.rejected for framer in self._framers.values())

    def lacks_key(self, source: Source) -> bool:
        """Whether a source signs its packets and we have no key: it may then not answer us."""
        return self._signing is None and source in self._signed

    def refuse_two(self, source: Source) -> None:
        """Raise LinkError where more than one vehicle speaks as one (system, component)."""
        self.speakers.refuse_two(source[0])
        loss = self.losses.get(source)
        if not self.shared and loss is not None and loss.mixed:
            raise LinkError(
                f"two vehicles speak as system {source[0]} on this line: of {loss.received} packets "
                f"{loss.out_of_turn} were numbered out of turn",
                do="give each vehicle a system id of its own "
                "(SYSID_THISMAV) and choose by --system, or connect to one alone; one vehicle that is heard "
                "twice needs one of its connections removed",
            )

    def send(self, message: Message, *, system: int = 0) -> None:
        """Send one message, to where `system` was heard from. Raises LinkError on a dead line."""
        if self.failure is not None:
            raise self.failure
        with self._lock:
            frame = self._encoder.encode(message)
            self._write_frame(frame, self.speakers.address_of(system))

    def listen(self, listener: Listener) -> None:
        """Hear every message, in the reader's thread; a listener must be quick."""
        with self._lock:
            self._listeners = [*self._listeners, listener]

    def leave(self, listener: Listener) -> None:
        """Hear no more."""
        with self._lock:
            self._listeners = [entry for entry in self._listeners if entry != listener]

    @contextmanager
    def inbox(self, wanted: Callable[[Message], bool]) -> Iterator[Inbox]:
        """A queue of the messages that are wanted, from now until the end of the block."""
        box = Inbox()

        def deliver(message: Message) -> None:
            if wanted(message):
                box.put(message)

        self.listen(deliver)
        try:
            yield box
        finally:
            self.leave(deliver)

    def close(self) -> None:
        """End the thread, then the line and the log."""
        if self._stop.is_set():
            return
        self._stop.set()
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout=5.0)
        with self._lock:
            self._transport.close()
            self._wake.close()
            self._woken.close()
            self._end_log()
            self.failure = self.failure or LinkError("the link is closed")

    def catch_up(self) -> None:
        """Wait until the reader has read what waits: a process that was stopped for a while is behind."""
        if threading.current_thread() is self._thread or self.failure is not None:
            return
        self._nothing_waits.clear()
        with contextlib.suppress(OSError):
            self._wake.send(b"x")
        self._nothing_waits.wait(CATCH_UP_S)

    def _read_forever(self) -> None:
        while not self._stop.is_set():
            try:
                self._read_on()
            except LinkError as error:
                self._reopen_line(error)
            except (DfrError, OSError, ValueError) as error:
                self._reopen_line(LinkError(f"the line failed: {error}"))
            if self.failure is not None and self._reopen is None:
                return

    def _read_on(self) -> None:
        """Read and send heartbeats until stopped. Raises LinkError once the line breaks."""
        next_beat, heard_at = time.monotonic(), now_s()
        looked_at = heard_at
        while not self._stop.is_set():
            next_beat = self._send_heartbeat(next_beat)
            wait = max(0.0, min(next_beat - time.monotonic(), HEARTBEAT_S))
            ready, _, _ = select.select([self._transport.fileno(), self._woken.fileno()], [], [], wait)
            # From look to look: the process may be stopped while it waits, and while it reads or writes.
            before, looked_at = looked_at, now_s()
            if (late_s := looked_at - before - wait) > STOPPED_S:
                self.stopped_s += late_s
            if self._transport.fileno() in ready:
                self._read_messages()
                heard_at = now_s()
            elif self._woken.fileno() in ready:
                self._woken.recv(CHUNK)
                self._nothing_waits.set()
            elif self._deaf_s is not None and self.losses and now_s() - heard_at > self._deaf_s:
                raise LinkError(f"nothing came over the connection for {self._deaf_s:g} s")

    def _reopen_line(self, error: LinkError) -> None:
        """The line does not work: say why, and open it again if that may be done."""
        self.failure = self.last_failure = error
        with self._lock:
            self._transport.close()
        wait_s = FIRST_REOPEN_S
        while self._reopen is not None and not self._stop.wait(wait_s):
            wait_s = min(2.0 * wait_s, LONGEST_REOPEN_S)
            try:
                transport = self._reopen()
            except LinkError:
                continue
            self._framers.clear()
            with self._lock:
                self._transport, self.opened_at, self.failure = transport, time.monotonic(), None
            return

    def _send_heartbeat(self, due: float) -> float:
        """Send our heartbeat when due; the time of the next."""
        now = time.monotonic()
        period = self.heartbeat_s
        if period is None:
            return now + HEARTBEAT_S
        if now < due and due - now <= period:
            return due
        if not self._lock.acquire(blocking=False):
            return now + FASTEST_HEARTBEAT_S
        try:
            self._write_frame(self._encoder.encode(_our_heartbeat()), None)
        finally:
            self._lock.release()
        return now + period

    def _read_messages(self) -> None:
        for data, address in self._transport.read():
            framer = self._framers.setdefault(address, Framer(self._signing))
            for message, frame in framer.feed(data):
                self._deliver_message(message, frame, address)

    def _deliver_message(self, message: Any, frame: bytes, address: Address) -> None:
        if self._tlog is not None:
            with self._lock:
                self._log_frame(frame)
        if not self.speakers.admits_message(message, address, now_s=now_s()):
            return
        source = (message.get_srcSystem(), message.get_srcComponent())
        if frame[0] == MARKER_V2 and frame[2] & SIGNED:
            self._signed.add(source)
        self.losses.setdefault(source, PacketLoss()).count_packet(message.get_seq())
        for listener in self._listeners:
            listener(message)

    def _write_frame(self, frame: bytes, to: Address) -> None:
        """Send to one address, or to every one but those that speak under another's system id."""
        addresses = [to] if to is not None else self._known_addresses()
        for address in addresses:
            self._transport.write(frame, address)
        self._log_frame(frame)

    def _known_addresses(self) -> list[Address]:
        heard = [address for address in list(self._framers) if address is not None]
        return [address for address in heard if self.speakers.may_send_to(address)] or [None]

    def _log_frame(self, frame: bytes) -> None:
        """One record of a tlog: microseconds of wall time, then the frame (the format of Mission Planner)."""
        if self._tlog is not None:
            try:
                self._tlog.write(int(time.time() * 1e6).to_bytes(8, "big") + frame)
            except OSError as error:  # a full disk: the vehicle must be heard all the same
                self.log_failure = f"packets are no longer logged: {error}"
                self._end_log()

    def _end_log(self) -> None:
        if self._tlog is not None:
            with contextlib.suppress(OSError):
                self._tlog.close()
            self._tlog = None
