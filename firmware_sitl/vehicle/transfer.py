"""The mission protocol, vehicle side: uploads, downloads, and ArduCopter's answers to misuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import MissionResult, MissionType
from dfr.ardupilot.items import WireItem, cast, single
from dfr.ardupilot.kept import has_place
from firmware_sitl.vehicle.item_lists import ItemList, Say
from firmware_sitl.vehicle.state import Client

ASK_AGAIN_S = 1.0
GIVE_UP_S = 8.0


@dataclass(slots=True)
class _ListUpload:
    client: Client
    system: int
    component: int
    count: int
    next: int
    heard_s: float
    asked_s: float


class ListTransfer:
    """One list's transfers."""

    def __init__(self, items: ItemList, say: Say) -> None:
        self.items = items
        self._say = say
        self._upload: _ListUpload | None = None
        self._warned: set[str] = set()

    @property
    def receiving(self) -> bool:
        """Whether an upload is under way."""
        return self._upload is not None

    def begin_upload(self, client: Client, message: Any, now_s: float) -> None:
        """MISSION_COUNT: an upload begins."""
        source = _sender_of(message)
        if not self._take_over(client, source):
            return
        if message.count > self.items.most:
            self._send_ack(client, source, MissionResult.NO_SPACE)
            self._say(4, f"Only {self.items.most} items are supported")
            return
        self.items.begin_upload(message.count)
        if message.count == 0:
            self._send_ack(client, source, self.items.finish_upload())
            return
        self._begin_upload(_ListUpload(client, *source, message.count, 0, now_s, now_s), now_s)

    def take_item(self, client: Client, message: Any, item: WireItem, now_s: float) -> None:
        """One item of an upload, acknowledged to the port that the upload came from."""
        source = _sender_of(message)
        upload = self._upload
        if upload is None:
            self._send_ack(client, source, MissionResult.ERROR)
            return
        if message.seq != upload.next:
            self._send_ack(upload.client, source, MissionResult.INVALID_SEQUENCE)
            return
        if source != (upload.system, upload.component):
            self._send_ack(upload.client, source, MissionResult.DENIED)
            return
        result = self.items.put_item(message.seq, item)
        if result != MissionResult.ACCEPTED:
            self._end_upload()
            self._send_ack(upload.client, source, result)
            return
        upload.heard_s = now_s
        upload.next += 1
        if upload.next < upload.count:
            self._ask_next(upload, now_s)
            return
        self._upload = None
        self._send_ack(upload.client, source, self.items.finish_upload())

    def begin_partial_upload(self, client: Client, message: Any, now_s: float) -> None:
        """MISSION_WRITE_PARTIAL_LIST: replace some items."""
        source = _sender_of(message)
        if self.receiving:
            self._send_ack(client, source, MissionResult.DENIED)
            return
        start, end = message.start_index, message.end_index
        if not 0 <= start <= end <= self.items.count_items():
            self._say(4, "Flight plan update rejected")
            self._send_ack(client, source, MissionResult.ERROR)
            return
        self.items.begin_partial_upload(end)
        self._begin_upload(_ListUpload(client, *source, end + 1, start, now_s, now_s), now_s)

    def send_count(self, client: Client, message: Any) -> None:
        """MISSION_REQUEST_LIST: how many items there are."""
        source = _sender_of(message)
        if self.receiving:
            self._send_ack(client, source, MissionResult.DENIED)
            return
        client.send(mavlink.MAVLink_mission_count_message(*source, self.items.count_items(), self.items.kind))

    def send_item(self, client: Client, message: Any) -> None:
        """MISSION_REQUEST_INT: one item."""
        source = _sender_of(message)
        if self.receiving:
            self._send_ack(client, source, MissionResult.DENIED)
            return
        item = self.items.read_item(message.seq)
        if item is None:
            client.send(
                mavlink.MAVLink_mission_count_message(*source, self.items.count_items(), self.items.kind)
            )
            self._send_ack(client, source, MissionResult.INVALID_SEQUENCE)
            return
        client.send(_as_message(item, source, message.seq, self.items.kind, whole=True))

    def send_item_in_single_precision(self, client: Client, message: Any) -> None:
        """MISSION_REQUEST: one item in single precision, even during an upload."""
        source = _sender_of(message)
        item = self.items.read_item(message.seq)
        if item is None:
            self._send_ack(client, source, MissionResult.INVALID_SEQUENCE)
            return
        self.warn_once("got MISSION_REQUEST; use MISSION_REQUEST_INT!")
        client.send(_as_message(item, source, message.seq, self.items.kind, whole=False))

    def warn_once(self, text: str) -> None:
        """Say a warning once until the next upload."""
        if text not in self._warned:
            self._warned.add(text)
            self._say(4, text)

    def clear_list(self, client: Client, message: Any) -> None:
        """MISSION_CLEAR_ALL."""
        source = _sender_of(message)
        if self._take_over(client, source):
            self._send_ack(client, source, self.items.clear_items())

    def check_timeouts(self, now_s: float) -> None:
        """Ask again after a second without an answer, give up after eight."""
        upload = self._upload
        if upload is None:
            return
        if now_s - upload.heard_s > GIVE_UP_S:
            self._end_upload()
            self._send_ack(
                upload.client, (upload.system, upload.component), MissionResult.OPERATION_CANCELLED
            )
            self._say(4, f"{self.items.name} upload timeout")
        elif now_s - upload.asked_s > ASK_AGAIN_S:
            self._ask_next(upload, now_s)

    def _take_over(self, client: Client, source: tuple[int, int]) -> bool:
        """End an upload of the same client; False (and MissionResult.DENIED) where it is another's."""
        upload = self._upload
        if upload is None:
            return True
        if source != (upload.system, upload.component):
            self._send_ack(client, source, MissionResult.DENIED)
            return False
        self._end_upload()
        return True

    def _begin_upload(self, upload: _ListUpload, now_s: float) -> None:
        self._upload = upload
        self._warned.clear()
        self._ask_next(upload, now_s)

    def _end_upload(self) -> None:
        self._upload = None
        self.items.abandon_upload()

    def _ask_next(self, upload: _ListUpload, now_s: float) -> None:
        upload.asked_s = now_s
        upload.client.send(
            mavlink.MAVLink_mission_request_message(
                upload.system, upload.component, upload.next, self.items.kind
            )
        )

    def _send_ack(self, client: Client, source: tuple[int, int], result: int) -> None:
        client.send(mavlink.MAVLink_mission_ack_message(*source, result, self.items.kind))


class ListTransfers:
    """All lists' transfers; hands each message to its list's."""

    def __init__(
        self, lists: Mapping[MissionType, ItemList], say: Say, current: Callable[[int, Client], None]
    ) -> None:
        self._transfers: dict[int, ListTransfer] = {
            kind: ListTransfer(items, say) for kind, items in lists.items()
        }
        self._current = current

    def handle_message(self, client: Client, kind: str, message: Any, now_s: float) -> bool:
        """Handle a message of the mission protocol; False where it is none."""
        if kind == "MISSION_ACK":
            return True
        if kind == "MISSION_SET_CURRENT":
            self._current(message.seq, client)
            return True
        if kind not in HANDLED:
            return False
        transfer = self._transfers.get(message.mission_type)
        if kind in ITEMS:
            self._take_item(transfer, client, kind, message, now_s)
        elif transfer is None:
            if kind not in ("MISSION_REQUEST_INT", "MISSION_REQUEST"):
                _send_mission_ack(client, message, MissionResult.UNSUPPORTED)
        elif kind == "MISSION_COUNT":
            transfer.begin_upload(client, message, now_s)
        elif kind == "MISSION_WRITE_PARTIAL_LIST":
            transfer.begin_partial_upload(client, message, now_s)
        elif kind == "MISSION_REQUEST_LIST":
            transfer.send_count(client, message)
        elif kind == "MISSION_CLEAR_ALL":
            transfer.clear_list(client, message)
        elif kind == "MISSION_REQUEST":
            transfer.send_item_in_single_precision(client, message)
        else:
            transfer.send_item(client, message)
        return True

    def check_timeouts(self, now_s: float) -> None:
        """Advance all lists to a time."""
        for transfer in self._transfers.values():
            transfer.check_timeouts(now_s)

    def _take_item(
        self, transfer: ListTransfer | None, client: Client, kind: str, message: Any, now_s: float
    ) -> None:
        item = item_of(message)
        if isinstance(item, MissionResult) or transfer is None:
            refusal = item if isinstance(item, MissionResult) else MissionResult.UNSUPPORTED
            _send_mission_ack(client, message, refusal)
            return
        if kind == "MISSION_ITEM":
            transfer.warn_once("got MISSION_ITEM; GCS should send MISSION_ITEM_INT")
        transfer.take_item(client, message, item, now_s)


def single_product_e7(degrees: float) -> int:
    """1e-7 degrees as ArduCopter computes them of MISSION_ITEM: in single precision, cut to whole.

    >>> single_product_e7(50.781)
    507809984
    """
    return cast(single(single(degrees) * 1e7), 32, signed=True)


def item_of(message: Any) -> WireItem | MissionResult:
    """The item that MISSION_ITEM_INT or MISSION_ITEM carries, or the result where the latter's is nowhere."""
    x, y = message.x, message.y
    if message.get_type() == "MISSION_ITEM":
        if not has_place(message.command):
            x, y = cast(x, 32, signed=True), cast(y, 32, signed=True)
        elif not abs(x) <= 90.0:
            return MissionResult.INVALID_PARAM5_X
        elif not abs(y) <= 180.0:
            return MissionResult.INVALID_PARAM6_Y
        else:
            x, y = single_product_e7(x), single_product_e7(y)
    return WireItem(
        command=message.command,
        frame=message.frame,
        params=(message.param1, message.param2, message.param3, message.param4),
        x=x,
        y=y,
        z=message.z,
    )


ITEMS = ("MISSION_ITEM_INT", "MISSION_ITEM")
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


def _sender_of(message: Any) -> tuple[int, int]:
    return message.get_srcSystem(), message.get_srcComponent()


def _send_mission_ack(client: Client, message: Any, result: int) -> None:
    client.send(mavlink.MAVLink_mission_ack_message(*_sender_of(message), result, message.mission_type))


def _as_message(item: WireItem, source: tuple[int, int], seq: int, kind: int, *, whole: bool) -> Any:
    fields = (item.frame, item.command, 0, item.autocontinue, *item.params)
    if whole:
        return mavlink.MAVLink_mission_item_int_message(*source, seq, *fields, item.x, item.y, item.z, kind)
    place = has_place(item.command)
    x, y = (item.x * 1e-7, item.y * 1e-7) if place else (float(item.x), float(item.y))
    return mavlink.MAVLink_mission_item_message(*source, seq, *fields, x, y, item.z, kind)
