"""A vehicle's DataFlash logs over MAVLink: listed, and downloaded whole. See `list_logs` and `download_log`.

ArduPilot sends what is asked for in one run and drops other questions meanwhile. So a stretch is asked for at
a time, and what a bad line has lost of it is asked for again. An armed vehicle sends no logs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.errors import LinkTimeoutError, TransferError, VehicleRefusedError
from dfr.link.framing import Message
from dfr.link.peer import Peer
from dfr.link.port import Inbox

ALL_LOGS = 0xFFFF
DATA_BYTES = 90
STRETCH_BYTES = 400 * DATA_BYTES
"""Asked for at a time: a lost last packet costs the wait for one stretch."""

GAPS_AT_ONCE, SHORT_BYTES = 20, 10 * DATA_BYTES
"""ArduPilot answers a question for so little at once, and can then take the next (it sends 40 in one go)."""

MOST_BYTES = 4 * 1024**3
ANSWER_S = 2.0
TRIES = 6
STUCK_S = 30.0
"""Nothing new of a log for so long: it will not come (assumed; a busy machine reads late)."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnboardLog:
    """A log on the vehicle's card: its number, its bytes, and when it was begun (None: no clock was set)."""

    number: int
    size: int
    begun: datetime | None

    def as_dict(self) -> dict[str, object]:
        """As it appears in JSON."""
        return {
            "number": self.number,
            "bytes": self.size,
            "begun": None if self.begun is None else self.begun.isoformat(),
        }


def list_logs(vehicle: Peer) -> tuple[OnboardLog, ...]:
    """The logs on board, oldest first; none where the vehicle has written none or has no card.

    Raises VehicleRefusedError where it is armed, LinkTimeoutError where it does not answer.
    """
    refuse_armed(vehicle)
    found: dict[int, OnboardLog] = {}
    with vehicle.port.inbox(lambda message: _is_from(vehicle, message, "LOG_ENTRY")) as entries:
        for _ in range(TRIES):
            vehicle.send(dialect.MAVLink_log_request_list_message(*vehicle.target, 0, ALL_LOGS))
            if _take_entries(entries, found):
                return tuple(found[number] for number in sorted(found))
            vehicle.check_link()
    raise LinkTimeoutError(
        "the vehicle does not list its logs", do=f"{vehicle.remedy}; {vehicle.last_words()}"
    )


def download_log(vehicle: Peer, log: OnboardLog, into: BinaryIO, on_bytes: Progress | None = None) -> int:
    """Write a log, whole, into a file as it comes, and return its bytes; `on_bytes` hears how many have come.

    Raises VehicleRefusedError where the vehicle is armed, TransferError where it stops sending.
    """
    refuse_armed(vehicle)
    missing = _Gaps(log.size)
    with vehicle.port.inbox(lambda message: _is_part(vehicle, message, log)) as parts:
        progressed_at = time.monotonic()
        while stretches := missing.next_stretches():
            before = missing.left
            for at, length in stretches:
                vehicle.send(
                    dialect.MAVLink_log_request_data_message(*vehicle.target, log.number, at, length)
                )
            _take_parts(parts, into, missing, at + length)
            if missing.left < before:
                progressed_at = time.monotonic()
            elif time.monotonic() - progressed_at > STUCK_S:
                raise TransferError(
                    f"log {log.number}: nothing comes from byte {stretches[0][0]} of {log.size}",
                    do=f"{vehicle.remedy}; {vehicle.last_words()}",
                )
            vehicle.check_link()
            if on_bytes is not None:
                on_bytes(log.size - missing.left)
    vehicle.send(dialect.MAVLink_log_request_end_message(*vehicle.target))
    into.truncate(missing.end)
    return missing.end


def refuse_armed(vehicle: Peer) -> None:
    """Raise VehicleRefusedError for an armed vehicle: ArduPilot sends no logs then."""
    state = vehicle.wait(lambda state: state.armed is not None, vehicle_s=5.0, what="first heartbeat")
    if state.armed:
        raise VehicleRefusedError(
            f"{vehicle.describe_whereabouts()}: an armed vehicle sends no logs", do="disarm it first"
        )


class _Gaps:
    """Which bytes of a log have not come, in packets of 90; `end` is where the log really ends."""

    def __init__(self, size: int) -> None:
        if size > MOST_BYTES:
            raise TransferError(f"a log of {size} bytes cannot be", do="ask for the list again")
        self.end = size
        self._here = bytearray(-(-size // DATA_BYTES))
        self._from = 0
        self.left = size

    def next_stretches(self) -> list[tuple[int, int]]:
        """What to ask for at once, (first byte, length): gaps of a few packets, or one long stretch."""
        found: list[tuple[int, int]] = []
        at = self._from
        while len(found) < GAPS_AT_ONCE and (stretch := self._next_from(at)) is not None:
            if found and stretch[1] > SHORT_BYTES:
                break
            found.append(stretch)
            at = sum(stretch) // DATA_BYTES + 1
            if stretch[1] > SHORT_BYTES:
                break
        self._from = found[0][0] // DATA_BYTES if found else self._from
        return found

    def _next_from(self, index: int) -> tuple[int, int] | None:
        """The first gap from a packet on; None where there is none."""
        start = self._here.find(0, index)
        if start < 0 or start * DATA_BYTES >= self.end:
            return None
        most = start + STRETCH_BYTES // DATA_BYTES
        stop = self._here.find(1, start, most)
        end = min((most if stop < 0 else stop) * DATA_BYTES, self.end)
        return start * DATA_BYTES, end - start * DATA_BYTES

    def fill(self, at: int, length: int) -> bool:
        """Note a packet; False for one that is no part of the log, or is here already."""
        index, rest = divmod(at, DATA_BYTES)
        if rest or index >= len(self._here) or self._here[index]:
            return False
        if length < min(DATA_BYTES, self.end - at):
            self.end = at + length  # the log is shorter than it was listed
            self.left = sum(not here for here in self._here[:index]) * DATA_BYTES
            return True
        self._here[index] = 1
        self.left -= length
        return True


def _take_entries(entries: Inbox, found: dict[int, OnboardLog]) -> bool:
    """Take entries until all are here, or none comes; whether all are here."""
    while (entry := entries.get(ANSWER_S)) is not None:
        if entry.num_logs == 0:
            return True
        begun = datetime.fromtimestamp(entry.time_utc, tz=UTC) if entry.time_utc else None
        found[entry.id] = OnboardLog(number=entry.id, size=entry.size, begun=begun)
        if len(found) >= entry.num_logs:
            return True
    return False


def _take_parts(parts: Inbox, into: BinaryIO, missing: _Gaps, until: int) -> None:
    """Take what comes of a stretch, up to its last packet or until nothing more comes."""
    deadline = time.monotonic() + ANSWER_S
    while (part := parts.get(deadline - time.monotonic())) is not None:
        if missing.fill(part.ofs, part.count):
            into.seek(part.ofs)
            into.write(bytes(part.data[: part.count]))
            deadline = time.monotonic() + ANSWER_S
        if part.ofs + part.count >= min(until, missing.end):
            return


def _is_from(vehicle: Peer, message: Message, kind: str) -> bool:
    return message.get_type() == kind and vehicle.from_target(message)


def _is_part(vehicle: Peer, message: Message, log: OnboardLog) -> bool:
    return _is_from(vehicle, message, "LOG_DATA") and message.id == log.number and message.count <= DATA_BYTES
