"""One list sent to a vehicle: items in flight ahead of its requests, one at a time once anything is lost.

ArduCopter takes items in order before it has asked for them, answers one that is out of order with
INVALID_SEQUENCE and goes on, and asks again after a second of silence. So a window of items is kept
in flight; it grows while all is clean and falls to one item per request when anything is lost.

How many items a vehicle has room for is asked before anything on board is changed (`refuse_too_much`).
ArduPilot has no message that says so, but it judges a MISSION_COUNT before it touches the list and says the
number with its refusal: so it is asked for more than any vehicle holds.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import MissionResult, MissionType
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.storage import SMALLEST
from dfr.errors import TransferError
from dfr.link.framing import Message
from dfr.link.peer import Peer
from dfr.link.port import Inbox

COUNT_TRIES = 6
"""The first COUNT and five more (MAVLink mission protocol: five retries)."""

COUNT_ANSWER_S = 1.0
SILENCE_S = 1.3
"""A little more than the second after which ArduCopter asks again by itself."""

SILENT_TRIES = 8
LAST_WORD_TRIES = 3
STUCK_S = 10.0
STARTED_OVER = 2
"""A vehicle that asks for an earlier item this often has started over; once is a late message."""

SETTLE_S = 0.25
"""How long to see whether a vehicle that sent an error goes on asking: then the error was not for us."""

STALE_QUIET_S = 0.05
FIRST_WINDOW = 4
WIDEST_WINDOW = 96
ITEM_BYTES = 60
SLOW_LINE_QUEUE_S = 0.2
"""On a slow line no more is in flight than it carries in this time."""

RESULTS = {
    value: name.removeprefix("MAV_MISSION_")
    for value, name in ((number, entry.name) for number, entry in dialect.enums["MAV_MISSION_RESULT"].items())
}
MESSAGES = frozenset({"MISSION_REQUEST", "MISSION_REQUEST_INT", "MISSION_ACK"})


class DeniedError(TransferError):
    """Another ground station is uploading."""


class RefusedError(TransferError):
    """The vehicle refuses the list itself; sending it again will not help."""


class SilenceError(TransferError):
    """Every retry the protocol allows went unanswered; starting over will not help."""


@dataclass
class UploadSession:
    """The state of one upload of one list."""

    vehicle: Peer
    kind: MissionType
    items: Sequence[WireItem]
    wanted: int = 0
    sent: int = 0
    reached: int = 0
    window: int = 1
    clean: int = 0
    retries: int = 0
    asked: bool = False
    stale_until: float = 0.0
    error: int | None = None
    repeats: dict[int, int] = field(default_factory=dict)
    progressed_at: float = field(default_factory=time.monotonic)

    def run(self) -> bool:
        """Send the list. True when the vehicle has acknowledged it whole, False when the last word is lost.

        Raises DeniedError, RefusedError or TransferError.
        """
        with self.vehicle.port.inbox(self._is_answer) as inbox:
            if self._send_count(inbox):
                return True
            return self._send_items(inbox)

    def _send_count(self, inbox: Inbox) -> bool:
        """Send COUNT until the vehicle asks for an item; True when an empty list is taken at once."""
        for attempt in range(COUNT_TRIES):
            self.retries += attempt > 0
            self.vehicle.send(
                dialect.MAVLink_mission_count_message(*self.vehicle.target, len(self.items), self.kind)
            )
            asked_at = time.monotonic()
            deadline = asked_at + self.vehicle.round_trip.patience_s(attempt, longest_s=COUNT_ANSWER_S)
            while (rest := deadline - time.monotonic()) > 0.0 and not self.asked:
                message = inbox.get(rest)
                if message is None:
                    break
                if self._first_answer(message):
                    return True
            if self.asked:
                return False
            if self.error is not None:
                raise self.failure_for(self.error)
            self.vehicle.check_link()
        raise SilenceError(
            f"{self.kind.label}: the vehicle did not answer {COUNT_TRIES} counts", do=f"{self.vehicle.remedy}"
        )

    def _first_answer(self, message: Message) -> bool:
        if message.get_type() != "MISSION_ACK":
            self._take_request(message.seq)
            return False
        if message.type == MissionResult.ACCEPTED:
            return len(self.items) == 0
        if message.type != MissionResult.INVALID_SEQUENCE:
            self.error = message.type
        return False

    def _send_items(self, inbox: Inbox) -> bool:
        """Answer requests until the vehicle has said that it has all."""
        silent = 0
        while time.monotonic() - self.progressed_at < STUCK_S:
            message = inbox.get(self._patience_s(silent))
            if message is None:
                if self.error == MissionResult.ERROR and self.reached >= len(self.items):
                    return False
                if self.error is not None:
                    raise self.failure_for(self.error)
                if self._has_settled():
                    self._resend_item(self.wanted)
                    continue
                silent += 1
                if self.reached >= len(self.items) and silent > LAST_WORD_TRIES:
                    return False
                self._resend_wanted(silent)
                continue
            if message.get_type() != "MISSION_ACK":
                silent = 0
                self._take_request(message.seq)
            elif self._take_ack(message.type):
                return True
        raise SilenceError(
            f"{self.kind.label}: stuck at item {self.wanted} of {len(self.items)} for {STUCK_S:.0f} s"
        )

    def _patience_s(self, silent: int) -> float:
        if self.error is not None:
            return SETTLE_S
        if self.stale_until > 0.0:
            return max(0.001, self.stale_until - time.monotonic())
        return self.vehicle.round_trip.patience_s(silent, longest_s=SILENCE_S)

    def _has_settled(self) -> bool:
        """True once the last of the refused items that were in flight has been answered."""
        over = self.stale_until > 0.0 and time.monotonic() >= self.stale_until
        if over:
            self.stale_until = 0.0
        return over

    def _resend_wanted(self, silent: int) -> None:
        """Offer again what was wanted last, and its successor: either may be what is waited for."""
        self.vehicle.check_link()
        if silent > SILENT_TRIES:
            raise SilenceError(
                f"{self.kind.label}: silence after item {self.wanted} of {len(self.items)}",
                do=f"{self.vehicle.remedy}",
            )
        self._fall_back()
        for seq in range(self.wanted, min(self.wanted + 2, self.reached)):
            self._resend_item(seq)

    def _take_request(self, seq: int) -> None:
        """A request: progress where it is new, a sign of loss where it is not."""
        self.asked = True
        if not 0 <= seq < len(self.items):
            return
        self.error = None
        if seq > self.wanted or (seq == 0 and self.reached == 0):
            self._advance_window(seq)
            return
        self.repeats[seq] = self.repeats.get(seq, 0) + 1
        if seq < self.wanted and self.repeats[seq] < STARTED_OVER:
            return
        self.wanted = seq
        self._fall_back()
        self.stale_until = 0.0
        self._resend_item(seq)

    def _advance_window(self, seq: int) -> None:
        self.wanted = seq
        self.clean += 1
        self.stale_until = 0.0
        self.progressed_at = time.monotonic()
        if self.reached == 0:
            self.window = min(FIRST_WINDOW, self._widest_window())
        elif self.window > 1 or self.clean > 5:
            self.window = min(self.window + 1, self._widest_window())
        self.sent = max(self.sent, seq)
        while self.sent < min(len(self.items), self.wanted + self.window):
            self._send_item(self.sent)
            self.sent += 1
        self.reached = max(self.reached, self.sent)

    def _take_ack(self, result: int) -> bool:
        """True when the list is acknowledged whole; an error counts only if the vehicle stops asking."""
        if result == MissionResult.ACCEPTED:
            return self.reached >= len(self.items)
        if result == MissionResult.INVALID_SEQUENCE:
            self._fall_back()
            self.stale_until = time.monotonic() + STALE_QUIET_S
            return False
        if self.error is None:
            self.error = result
        return False

    def _fall_back(self) -> None:
        """Go back to what is wanted, one item per request."""
        self.window, self.clean, self.sent = 1, 0, self.wanted

    def _resend_item(self, seq: int) -> None:
        self.retries += 1
        self._send_item(seq)
        self.sent = max(self.sent, seq + 1)
        self.reached = max(self.reached, self.sent)

    def _send_item(self, seq: int) -> None:
        self.vehicle.send(item_message(self.vehicle, self.items[seq], self.kind))

    def _widest_window(self) -> int:
        rate = self.vehicle.port.bytes_per_s
        if rate is None:
            return WIDEST_WINDOW
        return max(1, min(WIDEST_WINDOW, int(rate * SLOW_LINE_QUEUE_S / ITEM_BYTES)))

    def _is_answer(self, message: Message) -> bool:
        return (
            message.get_type() in MESSAGES
            and message.mission_type == self.kind
            and self.vehicle.for_us(message)
        )

    def failure_for(self, result: int) -> TransferError:
        """What an answer of the vehicle means for the transfer, with its own words."""
        name = RESULTS.get(result, str(result))
        where = f"{self.kind.label}: {name} at item {self.wanted} of {len(self.items)}"
        if result == MissionResult.DENIED:
            return DeniedError(f"{where}: another ground station is uploading", do="wait for it to end")
        if result == MissionResult.OPERATION_CANCELLED:
            return SilenceError(f"{where}: it heard no item for 8 s", do="check the link")
        if result == MissionResult.ERROR:
            return TransferError(f"{where}", do=f"{self.vehicle.last_words()}")
        return RefusedError(f"{where}", do=f"{self.vehicle.last_words()}")


def item_message(vehicle: Peer, item: WireItem, kind: MissionType) -> Message:
    """The MISSION_ITEM_INT of an item: the same bytes however often it is asked for."""
    return dialect.MAVLink_mission_item_int_message(
        *vehicle.target,
        item.seq,
        item.frame,
        item.command,
        0,
        1,
        *item.params,
        item.x,
        item.y,
        item.z,
        kind,
    )


TOO_MANY = 65535
ANSWER_S = 2.0
TOLD = re.compile(r"Only (\d+) items are supported")


def refuse_too_much(vehicle: Peer, needed: Mapping[MissionType, int]) -> None:
    """Raise RefusedError, with both numbers, where a list does not fit; nothing on board has changed.

    A vehicle that does not tell is left to refuse the list itself.
    """
    for kind, count in needed.items():
        if count <= SMALLEST.most_items(kind):
            continue
        room = room_for(vehicle, kind)
        if room is not None and count > room:
            raise RefusedError(
                f"{kind.label}: NO_SPACE: the plan needs room for {count} items, the vehicle says "
                f"'Only {room} items are supported'; nothing on board was changed",
                do="simplify the plan",
            )


def room_for(vehicle: Peer, kind: MissionType) -> int | None:
    """Most items of a list by the vehicle's own word; None where it does not say, or is starting up."""

    def concerns(message: Message) -> bool:
        return message.get_type() == "STATUSTEXT" and vehicle.from_target(message)

    with vehicle.port.inbox(concerns) as inbox:
        vehicle.send(dialect.MAVLink_mission_count_message(*vehicle.target, TOO_MANY, kind))
        deadline = time.monotonic() + ANSWER_S
        while (rest := deadline - time.monotonic()) > 0.0:
            message = inbox.get(rest)
            if message is None:
                break
            told = TOLD.search(str(message.text))
            if told:
                return int(told.group(1)) or None
    return None
