"""Each engine reads back of each parameter of each command what was recorded of a real ArduCopter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.items import WireItem

RECORDED = Path(__file__).parents[1] / "data" / "arducopter" / "kept.jsonl"
HOME = WireItem(command=Command.NAV_WAYPOINT)
TELLING = (-1.0, 0.5, 2.7, 128.0, 300.7, 65536.0)
"""Values that each way of keeping a number keeps differently; the table is held to all of them elsewhere."""

AT_ONCE = 600
"""Items of one upload; SITL has room for 650."""


def _kept_probes() -> list[tuple[int, tuple[float, ...], list[float]]]:
    """Command, parameters sent and read back, of the probes that were not refused."""
    found = []
    for line in RECORDED.read_text().splitlines():
        probe = json.loads(line)
        for value, answer in probe["answers"]:
            if value in TELLING and isinstance(answer, list):
                params = [1.0 if probe["command"] == Command.DO_JUMP else 0.0, 0.0, 0.0, 0.0]
                params[probe["param"] - 1] = value
                found.append((probe["command"], tuple(params), answer))
    return found


def test_a_vehicle_reads_back_what_was_recorded(connect) -> None:
    probes = _kept_probes()
    assert len(probes) > 900
    with connect(speedup=5.0) as client:
        for some in (probes[at : at + AT_ONCE] for at in range(0, len(probes), AT_ONCE)):
            sent = [
                WireItem(
                    command=command,
                    frame=Frame.GLOBAL_RELATIVE_ALT,
                    params=params,
                    x=507810000,
                    y=-10890000,
                    z=10.0,
                )
                for command, params, _ in some
            ]
            client.upload([HOME, *sent])
            read = client.download()[1:]
            for (command, params, kept), item in zip(some, read, strict=True):
                found = [item.param1, item.param2, item.param3, item.param4]
                assert found == pytest.approx(kept, rel=1e-6), f"{Command(command).name} with {params}"
