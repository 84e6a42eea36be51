"""The lists on board read as files by MAVFTP: the same on both engines."""

from __future__ import annotations

from itertools import count
from struct import pack, unpack_from

import pytest

from dfr.ardupilot.items import WireItem
from dfr.geo import Position, offset
from firmware_sitl.client import SitlClient

OPEN, READ, TERMINATE = 4, 5, 1
ACK, NAK, END_OF_FILE = 128, 129, 6
MISSION, FENCE, RALLY = 0, 1, 2
MAGIC, HEADER_BYTES, ITEM_BYTES, PART_BYTES = 0x763D, 10, 38, 239


def ask(client: SitlClient, sequence: int, operation: int, *, data: bytes = b"", offset: int = 0) -> bytes:
    """The payload of the answer to one request."""
    size = len(data) if data else PART_BYTES
    head = pack("<HBBBBBBI", sequence, 0, operation, size, 0, 0, 0, offset)
    client.mav.file_transfer_protocol_send(0, client.system_id, 1, list((head + data).ljust(251, b"\0")))
    return bytes(client.receive("FILE_TRANSFER_PROTOCOL").payload)


def contents(client: SitlClient, name: bytes) -> bytes:
    assert ask(client, 1, OPEN, data=name)[3] == ACK
    found = b""
    for sequence in count(3, 2):
        answer = ask(client, sequence, READ, offset=len(found))
        if answer[3] == NAK:
            assert answer[12] == END_OF_FILE
            break
        found += answer[12 : 12 + answer[4]]
    assert ask(client, sequence + 2, TERMINATE)[3] == ACK
    return found


def placed(home: Position, command: int, first: float, most: int) -> list[WireItem]:
    corners = [offset(home, bearing_deg=90.0 * n, distance_m=150.0) for n in range(most)]
    return [
        WireItem(
            command=command,
            frame=3,
            params=(first, 0.0, 0.0, 0.0),
            x=round(p.lat_deg * 1e7),
            y=round(p.lon_deg * 1e7),
            z=20.0,
        )
        for p in corners
    ]


@pytest.mark.parametrize(
    ("name", "kind", "command", "first", "many"),
    [
        (b"@MISSION/mission.dat", MISSION, 16, 0.0, 9),
        (b"@MISSION/fence.dat", FENCE, 5001, 4.0, 4),
        (b"@MISSION/rally.dat", RALLY, 5100, 0.0, 2),
    ],
)
def test_a_list_is_read_as_a_file(connect, home, name, kind, command, first, many):
    items = placed(home, command, first, many)
    with connect(speedup=5.0) as client:
        client.upload(items, kind=kind)
        found = contents(client, name)
    assert unpack_from("<HHHHH", found) == (MAGIC, kind, 0, 0, many)
    assert len(found) == HEADER_BYTES + many * ITEM_BYTES
    for seq in range(1 if kind == MISSION else 0, many):  # item 0 of a mission is home
        x, y, _, number, what, *_, current, _, told_kind = unpack_from(
            "<iifHHBBBBBB", found, HEADER_BYTES + seq * ITEM_BYTES + 16
        )
        # ArduCopter numbers a mission's items alone, and leaves the kind of a mission's to chance.
        assert (x, y, number, what) == (items[seq].x, items[seq].y, seq if kind == MISSION else 0, command)
        assert current == 0
        assert told_kind == kind or kind == MISSION
