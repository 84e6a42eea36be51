"""The list a vehicle holds, read with several requests in flight; the only proof of an upload."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from pymavlink.dialects.v20 import ardupilotmega as dialect

from dfr.ardupilot.commands import MissionResult, MissionType
from dfr.ardupilot.items import WireItem
from dfr.errors import TransferError
from dfr.link.framing import Message
from dfr.link.peer import Peer
from dfr.link.port import Inbox
from dfr.link.upload import ITEM_BYTES, SLOW_LINE_QUEUE_S, DeniedError

DENIED_TRIES, DENIED_WAIT_S = 12, 1.0
"""Another station's upload ends, or times out after 8 s; ours waits for it and never mixes in."""

LIST_TRIES = 6
LIST_ANSWER_S = 1.0
ITEM_TRIES = 12
ITEM_ANSWER_S = 0.5
FIRST_WINDOW = 8
WIDEST_WINDOW = 120
MAX_ITEMS = 5000
MESSAGES = frozenset({"MISSION_COUNT", "MISSION_ITEM_INT", "MISSION_ACK"})


def read_back(vehicle: Peer, kind: MissionType) -> tuple[WireItem, ...]:
    """The vehicle's list, whole.

    Raises DeniedError while somebody uploads, TransferError where it cannot be read whole.
    """
    return ListReading(vehicle, kind).run()


def read_when_free(vehicle: Peer, kind: MissionType) -> tuple[WireItem, ...]:
    """The vehicle's whole list, once no other upload is in progress; DeniedError where one never ends."""
    for _ in range(DENIED_TRIES - 1):
        try:
            return read_back(vehicle, kind)
        except DeniedError:
            time.sleep(DENIED_WAIT_S)
    return read_back(vehicle, kind)


@dataclass
class ListReading:
    """The state of one download."""

    vehicle: Peer
    kind: MissionType
    count: int | None = None
    window: int = FIRST_WINDOW
    retries: int = 0
    got: dict[int, WireItem] = field(default_factory=dict)
    overdue_at: dict[int, float] = field(default_factory=dict)
    tries: dict[int, int] = field(default_factory=dict)

    def run(self) -> tuple[WireItem, ...]:
        """Read the list (see `read_back`)."""
        with self.vehicle.port.inbox(self._is_answer) as inbox:
            count = self._read_length(inbox)
            while len(self.got) < count:
                self._request_missing(count)
                message = inbox.get(self._patience_s())
                if message is None:
                    self.vehicle.check_link()
                    self.window = max(1, self.window // 2)
                else:
                    self._take_answer(message, count)
        self.vehicle.send(
            dialect.MAVLink_mission_ack_message(*self.vehicle.target, MissionResult.ACCEPTED, self.kind)
        )
        return tuple(self.got[seq] for seq in range(count))

    def read_length(self) -> int:
        """How many items the vehicle holds; no item is read. Raises DeniedError while somebody uploads."""
        with self.vehicle.port.inbox(self._is_answer) as inbox:
            return self._read_length(inbox)

    def _read_length(self, inbox: Inbox) -> int:
        """How many items there are."""
        for attempt in range(LIST_TRIES):
            self.retries += attempt > 0
            self.vehicle.send(dialect.MAVLink_mission_request_list_message(*self.vehicle.target, self.kind))
            patience_s = self.vehicle.round_trip.patience_s(attempt, longest_s=LIST_ANSWER_S)
            deadline = time.monotonic() + patience_s
            while (rest := deadline - time.monotonic()) > 0.0:
                message = inbox.get(rest)
                if message is None:
                    break
                if message.get_type() == "MISSION_COUNT" and message.count <= MAX_ITEMS:
                    return int(message.count)
                if message.get_type() == "MISSION_ACK":
                    self._refuse_denied(message)
            self.vehicle.check_link()
        raise TransferError(
            f"{self.kind.label}: the vehicle does not report its list", do=f"{self.vehicle.remedy}"
        )

    def _request_missing(self, count: int) -> None:
        """Request what is missing, so many at a time, again where an answer is overdue."""
        now = time.monotonic()
        missing = [seq for seq in range(count) if seq not in self.got][: self._widest_window()]
        for seq in missing:
            if now < self.overdue_at.get(seq, 0.0):
                continue
            self.tries[seq] = self.tries.get(seq, 0) + 1
            if self.tries[seq] > ITEM_TRIES:
                raise TransferError(
                    f"{self.kind.label}: item {seq} cannot be read back", do=f"{self.vehicle.remedy}"
                )
            self.retries += self.tries[seq] > 1
            patience_s = self.vehicle.round_trip.patience_s(self.tries[seq] - 1, longest_s=ITEM_ANSWER_S)
            self.overdue_at[seq] = now + patience_s
            self.vehicle.send(
                dialect.MAVLink_mission_request_int_message(*self.vehicle.target, seq, self.kind)
            )

    def _patience_s(self) -> float:
        waiting = [at for seq, at in self.overdue_at.items() if seq not in self.got]
        return max(0.001, min(waiting, default=0.0) - time.monotonic())

    def _take_answer(self, message: Message, count: int) -> None:
        kind = message.get_type()
        if kind == "MISSION_ACK":
            self._refuse_denied(message)
        elif kind == "MISSION_ITEM_INT" and message.seq < count and message.seq in self.overdue_at:
            self.got[message.seq] = wire_item(message)
            self.window = min(self.window + 1, WIDEST_WINDOW)

    def _widest_window(self) -> int:
        rate = self.vehicle.port.bytes_per_s
        if rate is None:
            return self.window
        return max(1, min(self.window, int(rate * SLOW_LINE_QUEUE_S / ITEM_BYTES)))

    def _refuse_denied(self, message: Message) -> None:
        """Only DENIED counts: any other answer may be a late one to the upload, and the items will tell."""
        if message.type == MissionResult.DENIED:
            raise DeniedError(f"{self.kind.label}: read-back denied, an upload is going on")

    def _is_answer(self, message: Message) -> bool:
        return (
            message.get_type() in MESSAGES
            and message.mission_type == self.kind
            and self.vehicle.for_us(message)
        )


def wire_item(message: Message) -> WireItem:
    """The item of a MISSION_ITEM_INT."""
    return WireItem(
        seq=message.seq,
        frame=message.frame,
        command=message.command,
        params=(message.param1, message.param2, message.param3, message.param4),
        x=message.x,
        y=message.y,
        z=message.z,
    )
