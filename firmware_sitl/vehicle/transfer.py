"""The mission protocol, vehicle side: uploads, downloads, and ArduCopter's answers to misuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from firmware_sitl.vehicle.items import (
    ACCEPTED,
    CANCELLED,
    DENIED,
    ERROR,
    INVALID_SEQUENCE,
    NO_SPACE,
    UNSUPPORTED,
    Item,
    degrees_e7,
)
from firmware_sitl.vehicle.plans import MISSION, Plan, Say

ASK_AGAIN_S = 1.0
GIVE_UP_S = 8.0


class Channel(Protocol):
    """Where an answer goes."""

    def send(self, message: Any) -> None:
        """Send one message to this channel's client."""
        ...


@dataclass(slots=True)
class _Upload:
    channel: Channel
    system: int
    component: int
    count: int
    next: int
    heard_s: float
    asked_s: float


class Transfer:
    """One list's transfers."""

    def __init__(self, plan: Plan, say: Say) -> None:
        self.plan = plan
        self._say = say
        self._upload: _Upload | None = None

    @property
    def receiving(self) -> bool:
        """Whether an upload is under way."""
        return self._upload is not None

    def count(self, channel: Channel, message: Any, now_s: float, *, first: int = 0) -> None:
        """MISSION_COUNT: an upload begins."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        if not self._take_over(channel, source):
            return
        if message.count > self.plan.most:
            self._ack(channel, source, NO_SPACE)
            self._say(4, f"Only {self.plan.most} items are supported")
            return
        self.plan.begin(message.count)
        if message.count == 0:
            self._ack(channel, source, self.plan.finish(self._say))
            return
        self._upload = _Upload(channel, *source, message.count, first, now_s, now_s)
        self._ask(self._upload, now_s)

    def item(self, channel: Channel, message: Any, item: Item, now_s: float) -> None:
        """MISSION_ITEM_INT or MISSION_ITEM: one item of an upload."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        upload = self._upload
        if upload is None:
            self._ack(channel, source, ERROR)
            return
        if message.seq != upload.next:
            self._ack(channel, source, INVALID_SEQUENCE)
            return
        if source != (upload.system, upload.component):
            self._ack(channel, source, DENIED)
            return
        result = self.plan.put(message.seq, item)
        if result != ACCEPTED:
            self._end()
            self._ack(channel, source, result)
            return
        upload.heard_s = now_s
        upload.next += 1
        if upload.next < upload.count:
            self._ask(upload, now_s)
            return
        self._upload = None
        self._ack(channel, source, self.plan.finish(self._say))

    def partial(self, channel: Channel, message: Any, now_s: float) -> None:
        """MISSION_WRITE_PARTIAL_LIST: replace some items."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        if not self._take_over(channel, source):
            return
        start, end = message.start_index, message.end_index
        if not 0 <= start <= end < self.plan.count() or self.plan.kind != MISSION:
            self._say(4, "Flight plan update rejected")
            self._ack(channel, source, ERROR)
            return
        self._upload = _Upload(channel, *source, end + 1, start, now_s, now_s)
        self._ask(self._upload, now_s)

    def list(self, channel: Channel, message: Any) -> None:
        """MISSION_REQUEST_LIST: how many items there are."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        if self.receiving:
            self._ack(channel, source, DENIED)
            return
        channel.send(mavlink.MAVLink_mission_count_message(*source, self.plan.count(), self.plan.kind))

    def request(self, channel: Channel, message: Any, *, whole: bool) -> None:
        """MISSION_REQUEST_INT (`whole`) or MISSION_REQUEST: one item."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        if self.receiving:
            self._ack(channel, source, DENIED)
            return
        item = self.plan.read(message.seq) if message.seq < self.plan.count() else None
        if item is None:
            channel.send(mavlink.MAVLink_mission_count_message(*source, self.plan.count(), self.plan.kind))
            self._ack(channel, source, INVALID_SEQUENCE)
            return
        channel.send(_as_message(item, source, message.seq, self.plan.kind, whole=whole))

    def clear(self, channel: Channel, message: Any) -> None:
        """MISSION_CLEAR_ALL."""
        source = (message.get_srcSystem(), message.get_srcComponent())
        if self._take_over(channel, source):
            self._ack(channel, source, self.plan.clear())

    def tick(self, now_s: float) -> None:
        """Ask again after a second without an answer, give up after eight."""
        upload = self._upload
        if upload is None:
            return
        if now_s - upload.heard_s > GIVE_UP_S:
            self._end()
            self._ack(upload.channel, (upload.system, upload.component), CANCELLED)
            self._say(4, f"{self.plan.name} upload timeout")
        elif now_s - upload.asked_s > ASK_AGAIN_S:
            self._ask(upload, now_s)

    def _take_over(self, channel: Channel, source: tuple[int, int]) -> bool:
        """End an upload of the same client; False (and DENIED) where it is another's."""
        upload = self._upload
        if upload is None:
            return True
        if upload.channel is not channel or source != (upload.system, upload.component):
            self._ack(channel, source, DENIED)
            return False
        self._end()
        return True

    def _end(self) -> None:
        self._upload = None
        self.plan.abandon()

    def _ask(self, upload: _Upload, now_s: float) -> None:
        upload.asked_s = now_s
        upload.channel.send(
            mavlink.MAVLink_mission_request_message(
                upload.system, upload.component, upload.next, self.plan.kind
            )
        )

    def _ack(self, channel: Channel, source: tuple[int, int], result: int) -> None:
        channel.send(mavlink.MAVLink_mission_ack_message(*source, result, self.plan.kind))


class Transfers:
    """All lists' transfers; hands each message to its list's."""

    def __init__(self, plans: dict[int, Plan], say: Say, current: Callable[[int, Channel], None]) -> None:
        self._transfers = {kind: Transfer(plan, say) for kind, plan in plans.items()}
        self._say = say
        self._current = current
        self._warned = False

    def handle(self, channel: Channel, kind: str, message: Any, now_s: float) -> bool:
        """Handle a message of the mission protocol; False where it is none."""
        if kind == "MISSION_ACK":
            return True
        if kind == "MISSION_SET_CURRENT":
            self._current(message.seq, channel)
            return True
        if kind not in HANDLED:
            return False
        transfer = self._transfers.get(message.mission_type)
        if transfer is None:
            source = (message.get_srcSystem(), message.get_srcComponent())
            channel.send(mavlink.MAVLink_mission_ack_message(*source, UNSUPPORTED, message.mission_type))
        elif kind in ("MISSION_ITEM_INT", "MISSION_ITEM"):
            self._item(transfer, channel, kind, message, now_s)
        elif kind == "MISSION_COUNT":
            transfer.count(channel, message, now_s)
        elif kind == "MISSION_WRITE_PARTIAL_LIST":
            transfer.partial(channel, message, now_s)
        elif kind == "MISSION_REQUEST_LIST":
            transfer.list(channel, message)
        elif kind == "MISSION_CLEAR_ALL":
            transfer.clear(channel, message)
        else:
            transfer.request(channel, message, whole=kind == "MISSION_REQUEST_INT")
        return True

    def tick(self, now_s: float) -> None:
        """Let time pass for all."""
        for transfer in self._transfers.values():
            transfer.tick(now_s)

    def _item(self, transfer: Transfer, channel: Channel, kind: str, message: Any, now_s: float) -> None:
        whole = kind == "MISSION_ITEM_INT"
        if not whole and not self._warned:
            self._warned = True
            self._say(4, "got MISSION_ITEM; GCS should send MISSION_ITEM_INT")
        item = Item(
            command=message.command,
            frame=message.frame,
            params=(message.param1, message.param2, message.param3, message.param4),
            x=message.x if whole else degrees_e7(message.x),
            y=message.y if whole else degrees_e7(message.y),
            z=message.z,
        )
        transfer.item(channel, message, item, now_s)


HANDLED = frozenset(
    {
        "MISSION_ITEM_INT",
        "MISSION_ITEM",
        "MISSION_COUNT",
        "MISSION_WRITE_PARTIAL_LIST",
        "MISSION_REQUEST_LIST",
        "MISSION_REQUEST_INT",
        "MISSION_REQUEST",
        "MISSION_CLEAR_ALL",
    }
)


def _as_message(item: Item, source: tuple[int, int], seq: int, kind: int, *, whole: bool) -> Any:
    fields = (item.frame, item.command, 0, item.autocontinue, *item.params)
    if whole:
        return mavlink.MAVLink_mission_item_int_message(*source, seq, *fields, item.x, item.y, item.z, kind)
    x, y = item.x * 1e-7, item.y * 1e-7
    return mavlink.MAVLink_mission_item_message(*source, seq, *fields, x, y, item.z, kind)
