"""What ArduCopter keeps, drops and refuses of each item, against recordings of a real one."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from dfr.ardupilot.commands import Command, Frame, MissionResult
from dfr.ardupilot.items import WireItem
from dfr.ardupilot.kept import keep_item, keep_mission_item
from dfr.mission.items import SUPPORTED_COMMANDS

from ..recorded_items import ACCEPTED, sent_and_read

DATA = Path(__file__).parents[1] / "data"
ITEMS = [json.loads(line) for line in (DATA / "arducopter" / "items.jsonl").read_text().splitlines()]
PROBES = [json.loads(line) for line in (DATA / "arducopter" / "kept.jsonl").read_text().splitlines()]


def _name(case: dict[str, Any]) -> str:
    place = f"{case['x']},{case['y']},{case['z']}"
    return f"{case['command']} in {case['frame']} at {place} with {case['params'][0]}"


@pytest.mark.parametrize("case", ITEMS, ids=_name)
def test_an_item_is_kept_as_arducopter_keeps_it(case: dict[str, Any]) -> None:
    sent = WireItem(
        command=case["command"],
        frame=case["frame"],
        params=tuple(case["params"]),
        x=case["x"],
        y=case["y"],
        z=case["z"],
    )
    kept = keep_mission_item(sent)
    if "result" in case:
        assert kept == case["result"]
        return
    assert isinstance(kept, WireItem)
    read = case["kept"]
    assert (kept.frame, kept.x, kept.y) == (read["frame"], read["x"], read["y"])
    assert (*kept.params, kept.z) == pytest.approx((*read["params"], read["z"]), abs=1e-3)


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: f"{Command(p['command']).name} param{p['param']}")
def test_each_value_of_each_parameter_is_kept_as_arducopter_keeps_it(probe: dict[str, Any]) -> None:
    command = probe["command"]
    for value, answer in probe["answers"]:
        if answer == MissionResult.ERROR:  # the list refuses a jump to nowhere, not the item
            assert (command, probe["param"]) == (Command.DO_JUMP, 1)
            continue
        params = [1.0 if command == Command.DO_JUMP else 0.0, 0.0, 0.0, 0.0]
        params[probe["param"] - 1] = math.nan if value is None else value
        kept = keep_mission_item(
            WireItem(command=command, frame=Frame.GLOBAL_RELATIVE_ALT, params=tuple(params), x=1, y=1, z=10.0)
        )
        found = kept.params if isinstance(kept, WireItem) else kept
        assert found == pytest.approx(answer, rel=1e-6), f"{Command(command).name} with {params}"


def test_the_probes_are_of_every_command_that_a_mission_may_have() -> None:
    probed = {(probe["command"], probe["param"]) for probe in PROBES}
    assert probed == {(command, param) for command in SUPPORTED_COMMANDS for param in (1, 2, 3, 4)}
    assert sum(len(probe["answers"]) for probe in PROBES) == 17 * len(probed)


@pytest.mark.parametrize("case", ACCEPTED)
def test_missions_fences_and_rally_lists_are_kept_as_a_real_vehicle_read_them_back(case: str) -> None:
    for sent, read in sent_and_read(case):
        kept = keep_item(sent)
        assert isinstance(kept, WireItem)
        assert (kept.seq, kept.frame, kept.command) == (read.seq, read.frame, read.command)
        assert (kept.x, kept.y, kept.params) == (read.x, read.y, read.params)
        assert kept.z == pytest.approx(read.z, abs=0.01)
