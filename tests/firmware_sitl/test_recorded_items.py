"""Of every mission command the vehicle keeps, drops and refuses what a real ArduCopter did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from firmware_sitl.vehicle.items import Item
from firmware_sitl.vehicle.stored import keep_mission_item

RECORDED = Path(__file__).parents[1] / "data" / "arducopter" / "items.jsonl"
CASES = [json.loads(line) for line in RECORDED.read_text().splitlines()]


def _name(case: dict[str, Any]) -> str:
    place = f"{case['x']},{case['y']},{case['z']}"
    return f"{case['command']} in {case['frame']} at {place} with {case['params'][0]}"


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_an_item_is_kept_as_arducopter_keeps_it(case: dict[str, Any]) -> None:
    sent = Item(
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
    assert isinstance(kept, Item)
    read = case["kept"]
    assert (kept.frame, kept.x, kept.y) == (read["frame"], read["x"], read["y"])
    assert (*kept.params, kept.z) == pytest.approx((*read["params"], read["z"]), abs=1e-3)
