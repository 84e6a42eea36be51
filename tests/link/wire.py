"""What a vehicle has on board, read by plain pymavlink: a second opinion without any code of `dfr.link`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymavlink import mavutil

STATION = 254
"""Another ground station than ours."""

LISTS = {"mission": 0, "fence": 1, "rally": 2}
SIGNED, SIGNING_EPOCH_S = 1, 1_420_070_400
TRIES, ANSWER_S = 20, 1.0

Lists = dict[str, tuple[tuple[float, ...], ...]]


def on_board(url: str) -> Lists:
    """The three lists of a vehicle, each item as (command, lat 1e-7 deg, lon 1e-7 deg, height, param 1).

    Item 0 of a mission is home, which the vehicle writes itself: it is left out.
    """
    with _client(url) as link:
        lists = {name: _items(link, kind) for name, kind in LISTS.items()}
    return lists | {"mission": lists["mission"][1:]}


def parameter(url: str, name: str) -> float:
    """A parameter of a vehicle, by the name that it has for it."""
    with _client(url) as link:
        for _ in range(TRIES):
            link.mav.param_request_read_send(link.target_system, link.target_component, name.encode(), -1)
            answer = _answer(link, "PARAM_VALUE", lambda message: message.param_id == name)
            if answer is not None:
                return float(answer.param_value)
    raise AssertionError(f"{url} does not tell {name}")


def set_key(url: str, key: bytes) -> None:
    """Give a vehicle a signing key, as a ground station does; it signs from then on."""
    with _client(url) as link:
        stamp = int((time.time() - SIGNING_EPOCH_S) * 1e5)
        link.mav.setup_signing_send(link.target_system, link.target_component, list(key), stamp)
        for _ in range(TRIES):
            beat = link.wait_heartbeat(timeout=3.0 * ANSWER_S)
            if beat is not None and beat.get_header().incompat_flags & SIGNED:
                return
    raise AssertionError(f"{url} does not sign")


@contextmanager
def _client(url: str) -> Iterator[Any]:
    link = mavutil.mavlink_connection(url, source_system=STATION, dialect="ardupilotmega", retries=10)
    try:
        assert link.wait_heartbeat(timeout=20) is not None, f"nothing heard from {url}"
        yield link
    finally:
        with contextlib.suppress(OSError):
            link.close()


def _items(link: Any, kind: int) -> tuple[tuple[float, ...], ...]:
    where = (link.target_system, link.target_component)
    for _ in range(TRIES):
        link.mav.mission_request_list_send(*where, kind)
        count = _answer(link, "MISSION_COUNT", lambda message: message.mission_type == kind)
        if count is not None:
            items = tuple(_item(link, kind, number) for number in range(count.count))
            link.mav.mission_ack_send(*where, 0, kind)
            return items
    raise AssertionError(f"list {kind} is not told")


def _item(link: Any, kind: int, number: int) -> tuple[float, ...]:
    for _ in range(TRIES):
        link.mav.mission_request_int_send(link.target_system, link.target_component, number, kind)
        item = _answer(
            link, "MISSION_ITEM_INT", lambda message: (message.seq, message.mission_type) == (number, kind)
        )
        if item is not None:
            return (item.command, item.x, item.y, round(item.z, 2), item.param1)
    raise AssertionError(f"item {number} of list {kind} is not told")


def _answer(link: Any, kind: str, wanted: Any) -> Any:
    deadline = time.monotonic() + ANSWER_S
    while (rest := deadline - time.monotonic()) > 0.0:
        message = link.recv_match(type=kind, blocking=True, timeout=rest)
        if message is not None and wanted(message):
            return message
    return None
