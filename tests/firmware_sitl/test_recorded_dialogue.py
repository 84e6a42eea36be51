"""Every case of the dialogue recorded with a real ArduCopter gives the same answers."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dfr.errors import LinkTimeoutError
from firmware_sitl.client import SitlClient

ANSWERS = (
    "MISSION_REQUEST",
    "MISSION_REQUEST_INT",
    "MISSION_ACK",
    "MISSION_COUNT",
    "MISSION_ITEM_INT",
    "COMMAND_ACK",
)
COMPARED = (
    "seq",
    "count",
    "type",
    "frame",
    "command",
    "autocontinue",
    "mission_type",
    "result",
    "x",
    "y",
    "z",
)
STARTUP = (
    "EKF3",
    "AHRS",
    "GPS",
    "Field Elevation",
    "PreArm",
    "dfr",
    "speaks",
    "Frame",
    "Ardu",
    "RC",
    "SIM",
    "Arm: Need",
)
"""Texts about start-up and the sensors, which depend on the moment and not on the dialogue."""


def _cases(reference: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in (reference / "arducopter" / "protocol.jsonl").read_text().splitlines():
        message = json.loads(line)
        found.setdefault(message["case"], []).append(message)
    return found


def _key(kind: str, fields: dict[str, Any]) -> tuple[object, ...]:
    """What is compared of an answer; item 0 of a mission is home, whose position depends on the moment."""
    is_home = kind == "MISSION_ITEM_INT" and fields["seq"] == 0 and fields.get("mission_type") == 0
    values = [(name, fields[name]) for name in COMPARED if name in fields]
    if kind == "MISSION_ITEM_INT":
        values += [(f"param{i}", round(fields[f"param{i}"], 3)) for i in (1, 2, 3, 4)]
        values = [(name, round(v, 3) if isinstance(v, float) else v) for name, v in values]
    if is_home:
        values = [(name, v) for name, v in values if name not in ("x", "y", "z")]
    return kind, *sorted(values)


def _without_repeats(keys: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """A request asked again after a second counts once."""
    return [
        key for i, key in enumerate(keys) if not (i and key == keys[i - 1] and key[0] == "MISSION_REQUEST")
    ]


class _Replay:
    """Plays a case's sent messages, each once the answers recorded before it have come."""

    def __init__(self, client: SitlClient) -> None:
        self.client = client
        self.heard: list[tuple[object, ...]] = []
        self.texts: list[str] = []

    def run(self, case: list[dict[str, Any]]) -> list[tuple[object, ...]]:
        expected: list[tuple[object, ...]] = []
        for message in case:
            if message["dir"] == "out":
                self._hear(len(_without_repeats(expected)), timeout_s=12.0)
                self._send(message)
            elif message["msg"] in ANSWERS:
                expected.append(_key(message["msg"], message["fields"]))
        self._hear(len(_without_repeats(expected)), timeout_s=12.0)
        self._hear(10**6, timeout_s=0.3)
        return _without_repeats(expected)

    def _send(self, message: dict[str, Any]) -> None:
        fields = {k: float("nan") if v is None else v for k, v in message["fields"].items()}
        sender = getattr(self.client.mav, f"{message['msg'].lower()}_send")
        sender(**fields)

    def _hear(self, count: int, *, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while len(_without_repeats(self.heard)) < count and time.monotonic() < deadline:
            try:
                message = self.client.receive(*ANSWERS, "STATUSTEXT", timeout_s=0.2)
            except LinkTimeoutError:
                continue
            if message.get_type() == "STATUSTEXT":
                self.texts.append(message.text)
            else:
                self.heard.append(_key(message.get_type(), message.to_dict()))


@pytest.fixture
def replayed(connect: Any) -> Iterator[SitlClient]:
    with connect(speedup=1.0, ready=False) as client:
        client.receive("HEARTBEAT", timeout_s=30.0)
        client.stream(4)
        client.receive("SYSTEM_TIME", timeout_s=30.0, where=lambda m: m.time_boot_ms > 3000)
        yield client


def test_the_vehicle_answers_every_recorded_case_as_arducopter_did(
    replayed: SitlClient, reference: Path
) -> None:
    said: Counter[str] = Counter()
    recorded: Counter[str] = Counter()
    for name, case in _cases(reference).items():
        replay = _Replay(replayed)
        expected = replay.run(case)
        assert _without_repeats(replay.heard) == expected, name
        said.update(t for t in replay.texts if not t.startswith(STARTUP))
        recorded.update(m["fields"]["text"] for m in case if m["msg"] == "STATUSTEXT")
    assert said == Counter({t: n for t, n in recorded.items() if not t.startswith(STARTUP)})
