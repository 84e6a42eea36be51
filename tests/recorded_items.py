"""Items that a real ArduCopter was sent and read back, of a recorded dialogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from dfr.ardupilot.items import WireItem

RECORDING = Path(__file__).parent / "data" / "arducopter_protocol.jsonl"
DIALOGUE = [json.loads(line) for line in RECORDING.read_text().splitlines()]
ACCEPTED = [
    "mission_ok",
    "frame_mission_on_waypoint",
    "params_2_to_4_on_waypoint",
    "fence_inclusion_polygon_ok",
    "fence_exclusion_circle_ok",
    "fence_two_inclusions",
    "rally_ok",
]


def _wire(fields: dict[str, Any]) -> WireItem:
    return WireItem(
        seq=fields["seq"],
        frame=fields["frame"],
        command=fields["command"],
        params=tuple(float(fields[f"param{n}"]) for n in (1, 2, 3, 4)),
        x=fields["x"],
        y=fields["y"],
        z=float(fields["z"]),
    )


def sent_and_read(case: str) -> list[tuple[WireItem, WireItem]]:
    """Each item of an upload and as it was read back; home, which the vehicle sets itself, left out."""
    sent, read = {}, {}
    for entry in DIALOGUE:
        if entry["case"] == case and entry["msg"] == "MISSION_ITEM_INT":
            items = sent if entry["dir"] == "out" else read
            items[entry["fields"]["seq"]] = _wire(entry["fields"])
    first = 0 if case.startswith(("fence", "rally")) else 1
    pairs = [(sent[seq], read[seq]) for seq in sorted(read) if seq >= first]
    assert pairs
    return pairs
