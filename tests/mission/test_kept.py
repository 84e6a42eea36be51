"""What ArduCopter keeps of an item, against a recorded dialogue with a real one."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.mission.items import MissionItem
from dfr.mission.kept import difference, dropped_params, stored
from dfr.mission.wire import WireItem, fence_from_wire, wire_lists

RECORDING = Path(__file__).resolve().parents[1] / "data" / "arducopter_protocol.jsonl"
ACCEPTED = [
    "mission_ok",
    "frame_mission_on_waypoint",
    "params_2_to_4_on_waypoint",
    "fence_inclusion_polygon_ok",
    "fence_exclusion_circle_ok",
    "fence_two_inclusions",
    "rally_ok",
]


def wire(fields: dict) -> WireItem:
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
    sent, read = {}, {}
    for line in RECORDING.read_text().splitlines():
        entry = json.loads(line)
        if entry["case"] == case and entry["msg"] == "MISSION_ITEM_INT":
            items = sent if entry["dir"] == "out" else read
            items[entry["fields"]["seq"]] = wire(entry["fields"])
    return [(sent[seq], read[seq]) for seq in sorted(read)]


@pytest.mark.parametrize("case", ACCEPTED)
def test_stored_form_is_what_a_real_vehicle_read_back(case):
    pairs = sent_and_read(case)
    assert pairs
    for sent, read in pairs:
        if case.startswith(("fence", "rally")) or sent.seq > 0:
            kept = stored(sent)
            assert (kept.frame, kept.command, kept.params) == (read.frame, read.command, read.params)
            assert (kept.x, kept.y) == (read.x, read.y)
            assert kept.z == pytest.approx(read.z, abs=0.01)
            assert difference(sent, read) is None


def waypoint(**changes) -> WireItem:
    return replace(WireItem(seq=3, frame=3, command=16, x=507810000, y=-10890000, z=30.0), **changes)


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (waypoint(x=507810001), "x,y"),
        (waypoint(z=30.02), "z 30 m read back as 30.02 m"),
        (waypoint(frame=0), "frame"),
        (waypoint(command=17), "read back as 3 NAV_LOITER_UNLIM"),
        (waypoint(params=(1.0, 0.0, 0.0, 0.0)), "param1"),
    ],
)
def test_every_change_that_matters_is_named(read, says):
    assert says in str(difference(waypoint(), read))


def test_a_centimetre_and_the_frames_twin_do_not_matter():
    assert difference(waypoint(frame=6), waypoint(z=29.99)) is None


@pytest.mark.parametrize(
    ("command", "params", "dropped"),
    [
        (Command.NAV_WAYPOINT, (3.7, 5.0, 6.0, 90.0), (1, 2, 3, 4)),
        (Command.NAV_WAYPOINT, (3.0, 0.0, 0.0, math.nan), ()),
        (Command.NAV_LOITER_TIME, (60.0, 0.0, 0.0, 0.0), ()),
        (Command.NAV_LOITER_TIME, (60.0, 0.0, 50.0, 0.0), (3,)),
        (Command.NAV_LOITER_TURNS, (2.0, 0.0, 300.0, 0.0), ()),
        (Command.NAV_LOITER_TURNS, (2.0, 0.0, 303.0, 0.0), (3,)),
        (Command.NAV_LAND, (0.0, 1.0, 0.0, 0.0), (2,)),
        (Command.CONDITION_YAW, (90.0, 10.0, -1.0, 1.0), ()),
    ],
)
def test_dropped_parameters_are_known_before_upload(command, params, dropped):
    item = MissionItem(command=command, frame=Frame.GLOBAL_RELATIVE_ALT, params=params)
    assert dropped_params(item) == dropped


def test_the_lists_number_items_from_home_and_count_vertices(dispatch):
    lists = wire_lists(dispatch)
    mission, fence, rally = (lists[kind] for kind in sorted(lists))
    assert [entry.seq for entry in mission] == [0, 1, 2, 3, 4, 5]
    assert [entry.params[0] for entry in fence] == [4.0] * 8 + [50.5]
    assert {entry.frame for entry in rally} == {3}
    back = fence_from_wire(fence)
    assert [area.inclusion for area in back] == [True, False, False]
