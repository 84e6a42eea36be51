"""Every command, plain and odd, is answered with the result that a real ArduCopter gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from firmware_sitl.client import SitlClient

RECORDED = Path(__file__).parents[1] / "data" / "arducopter" / "commands.jsonl"
SET_MODE, STABILIZE = 176, 0
NAN = float("nan")


def _fields(case: dict[str, Any], count: int) -> list[float]:
    given = [NAN if value is None else float(value) for value in case["params"]]
    return given + [0.0] * (count - len(given))


def _answer(client: SitlClient, case: dict[str, Any]) -> int:
    command = case["command"]
    if case["how"] == "long":
        client.mav.command_long_send(client.system_id, 1, command, 0, *_fields(case, 7))
    else:
        z = NAN if case.get("z", 0) is None else float(case.get("z", 0))
        place = int(case.get("x", 0)), int(case.get("y", 0)), z
        frame = case.get("frame", 3)
        client.mav.command_int_send(client.system_id, 1, frame, command, 0, 0, *_fields(case, 4), *place)
    answer = client.receive("COMMAND_ACK", where=lambda m: m.command == command)
    return int(answer.result)


def test_every_recorded_command_is_answered_as_arducopter_did(connect: Any) -> None:
    """On the ground, disarmed, in STABILIZE; whatever mode a command chose is left again."""
    cases = [json.loads(line) for line in RECORDED.read_text().splitlines()]
    differing = []
    with connect(speedup=5.0) as client:
        for case in cases:
            result = _answer(client, case)
            if result != case["result"]:
                differing.append((case, result))
            client.command(SET_MODE, 1, STABILIZE)
    assert not differing
