"""The MAVLink file transfer protocol: parameters and lists as packed files, as ArduCopter offers them.

`@PARAM/param.pck` is what Mission Planner, QGroundControl and MAVProxy ask for before they fall back on
the parameter protocol; `@MISSION/mission.dat`, `fence.dat` and `rally.dat` (AP_Filesystem_Mission: a header
and packed items) give them a long list in less time than item by item. All are read only, and whatever else
is asked is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from struct import pack, unpack_from
from typing import Any
from urllib.parse import parse_qs

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from dfr.ardupilot.commands import MissionType
from dfr.ardupilot.items import WireItem
from firmware_sitl.vehicle.item_lists import FENCE, MISSION, RALLY, ItemList
from firmware_sitl.vehicle.parameters import REAL32, Parameter, Parameters

NONE, TERMINATE, RESET, LIST, OPEN, READ, CRC32, BURST = 0, 1, 2, 3, 4, 5, 14, 15
CHANGES = frozenset({7, 8, 9, 10, 13})
"""Write, remove a file, make or remove a folder, rename: ArduCopter finds nothing to change under an @."""

ACK, NAK = 128, 129
FAIL, END_OF_FILE, NO_SUCH_FILE = 1, 6, 10

HEADER, DATA_BYTES = 12, 239
BURST_PACKETS = 500
"""Packets of one burst (ArduPilot's transfer_size)."""

PARAMETERS, FOLDER = "@PARAM/param.pck", "/"
FOLDER_ENTRIES = b"D@PARAM\0"
MAGIC, MAGIC_WITH_DEFAULTS = 0x671B, 0x671C
HAS_DEFAULT = 0x10
LONGEST_SHARED = 15

TYPES = {2: (1, "<b"), 4: (2, "<h"), 6: (3, "<i"), REAL32: (4, "<f")}
"""MAV_PARAM_TYPE -> (AP_PARAM type, its bytes)."""

LISTS = {"@MISSION/mission.dat": MISSION, "@MISSION/fence.dat": FENCE, "@MISSION/rally.dat": RALLY}
LIST_MAGIC = 0x763D
ANNOUNCED_BYTES = 1 << 20
"""The size announced of each file, whose true size is not known before it is read (ArduPilot's MAX size)."""

Sender = tuple[int, int]
SendMessage = Callable[[Any], None]


class FileServer:
    """Answers FILE_TRANSFER_PROTOCOL; each client has one file open at most, as in ArduPilot."""

    def __init__(self, parameters: Parameters, lists: Mapping[MissionType, ItemList] | None = None) -> None:
        self._parameters, self._lists = parameters, lists or {}
        self._open: dict[Sender, bytes] = {}
        self._last: dict[Sender, tuple[bytes, Any]] = {}

    def handle_request(self, message: Any, send: SendMessage) -> None:
        """Answer one request; a request that comes again gets the same answer again."""
        source = message.get_srcSystem(), message.get_srcComponent()
        asked = bytes(message.payload)
        before = self._last.get(source)
        if before is not None and before[0] == asked:
            send(before[1])
            return
        for payload in self._answer_request(source, asked):
            answer = mavlink.MAVLink_file_transfer_protocol_message(0, *source, payload)
            self._last[source] = (asked, answer)
            send(answer)

    def _answer_request(self, source: Sender, asked: bytes) -> Iterator[list[int]]:
        (sequence, session, operation, size), (offset,) = (
            unpack_from("<HBBB", asked),
            unpack_from("<I", asked, 8),
        )
        data = asked[HEADER : HEADER + size]

        def answer(
            code: int, text: bytes, *, at: int = offset, ahead: int = 1, complete: bool = False
        ) -> list[int]:
            head = pack(
                "<HBBBBBBI", (sequence + ahead) & 0xFFFF, session, code, len(text), operation, complete, 0, at
            )
            return list((head + text).ljust(HEADER + DATA_BYTES, b"\0"))

        if operation == BURST:
            yield from self._send_burst(source, size, offset, answer)
            return
        try:
            yield answer(ACK, self._do_operation(source, operation, data, size, offset))
        except Refusal as refusal:
            yield answer(NAK, bytes([refusal.code]))

    def _do_operation(self, source: Sender, operation: int, data: bytes, size: int, offset: int) -> bytes:
        """The data of an answer. Raises Refusal."""
        if operation in (TERMINATE, RESET):
            self._open.pop(source, None)
        elif operation == OPEN:
            self._open[source] = self._read_file(data)
            announced = ANNOUNCED_BYTES if _decode_name(data) in LISTS else len(self._open[source])
            return pack("<I", announced)
        elif operation == READ:
            return _part_of(self._opened_by(source), offset, size)
        elif operation == CRC32:
            return pack("<I", zlib.crc32(self._read_file(data), 0xFFFFFFFF) ^ 0xFFFFFFFF)
        elif operation == LIST:
            return _list_folder(_decode_name(data), offset)
        elif operation in CHANGES:
            raise Refusal(NO_SUCH_FILE)
        elif operation != NONE:
            raise Refusal(FAIL)
        return b""

    def _send_burst(
        self, source: Sender, size: int, offset: int, answer: Callable[..., list[int]]
    ) -> Iterator[list[int]]:
        """A file in as many packets as it takes, and the refusal of what lies behind its end."""
        each = min(size or DATA_BYTES, DATA_BYTES)
        for number in range(BURST_PACKETS):
            at = offset + number * each
            try:
                part = _part_of(self._opened_by(source), at, each)
            except Refusal as refusal:
                yield answer(NAK, bytes([refusal.code]), at=at, ahead=number + 1)
                return
            yield answer(ACK, part, at=at, ahead=number + 1, complete=number == BURST_PACKETS - 1)

    def _opened_by(self, source: Sender) -> bytes:
        if source not in self._open:
            raise Refusal(NO_SUCH_FILE)
        return self._open[source]

    def _read_file(self, name: bytes) -> bytes:
        path, _, query = _decode_name(name).partition("?")
        listed = list_file(self._lists, path)
        if listed is not None:
            return listed
        if path != PARAMETERS:
            raise Refusal(NO_SUCH_FILE)
        wishes = {key: int(values[0]) for key, values in parse_qs(query).items() if values[0].isdigit()}
        return pack_parameters(self._parameters, wishes)


class Refusal(Exception):  # noqa: N818 - it says what happened
    """A request that is answered with NAK and a code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def pack_parameters(parameters: Parameters, wishes: Mapping[str, int]) -> bytes:
    """All parameters, or `count` from `start`, each with its default where `withdefaults` and changed.

    A header of three numbers (magic, entries, all there are), then for each parameter its type, how many
    letters of its name it shares with the one before, the rest of the name, and its value.
    """
    shown = list(parameters.all_shown())
    chosen = shown[wishes.get("start", 0) :][: wishes.get("count") or None]
    with_defaults = bool(wishes.get("withdefaults"))
    magic = MAGIC_WITH_DEFAULTS if with_defaults else MAGIC
    entries = _pack_entries(chosen, parameters.default_shown if with_defaults else lambda name: None)
    return pack("<HHH", magic, len(chosen), len(shown)) + b"".join(entries)


def _pack_entries(chosen: Iterable[Parameter], default: Callable[[str], float | None]) -> Iterator[bytes]:
    before = ""
    for parameter in chosen:
        kind, form = TYPES[parameter.type]
        usual, name = default(parameter.name), parameter.name
        shared = _shared_prefix(before, name)
        value = pack(form, parameter.value if kind == TYPES[REAL32][0] else int(parameter.value))
        if usual is not None and usual != parameter.value:
            kind |= HAS_DEFAULT
            value += pack(form, usual if parameter.type == REAL32 else int(usual))
        yield bytes([kind, shared | (len(name) - shared - 1) << 4]) + name[shared:].encode() + value
        before = name


def _shared_prefix(before: str, name: str) -> int:
    """How many letters two names have in common at their beginnings; at least one of `name` is left."""
    most = min(len(before), len(name) - 1, LONGEST_SHARED)
    return next((n for n in range(most) if before[n] != name[n]), most)


def _part_of(contents: bytes, offset: int, size: int) -> bytes:
    if offset >= len(contents):
        raise Refusal(END_OF_FILE)
    return contents[offset : offset + min(size, DATA_BYTES)]


def _list_folder(folder: str, offset: int) -> bytes:
    if folder not in (FOLDER, ""):
        raise Refusal(NO_SUCH_FILE)
    if offset > 0:
        raise Refusal(END_OF_FILE)
    return FOLDER_ENTRIES


def _decode_name(data: bytes) -> str:
    return data.rstrip(b"\0").decode("ascii", "replace")


def list_file(lists: Mapping[MissionType, ItemList], path: str) -> bytes | None:
    """The contents of a file of a list; None where a path names none."""
    kind = LISTS.get(path)
    if kind is None or kind not in lists:
        return None
    stored = lists[kind]
    items: Sequence[WireItem | None] = [stored.read_item(seq) for seq in range(stored.count_items())]
    found = [item for item in items if item is not None]
    header = pack("<HHHHH", LIST_MAGIC, kind, 0, 0, len(found))
    return header + b"".join(_packed_item(item, seq, kind) for seq, item in enumerate(found))


def _packed_item(item: WireItem, seq: int, kind: int) -> bytes:
    """MISSION_ITEM_INT as it lies in memory: only a mission's are numbered; target and `current` are 0."""
    number = seq if kind == MISSION else 0
    place = pack("<iif", item.x, item.y, item.z)
    return (
        pack("<ffff", *item.params)
        + place
        + pack("<HHBBBBBB", number, item.command, 0, 0, item.frame, 0, item.autocontinue, kind)
    )
