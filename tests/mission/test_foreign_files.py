"""Mission, fence and rally files as teams have them: what ground stations have written over the years."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.errors import MissionFileError
from dfr.findings import Severity
from dfr.mission.formats import FORMATS, Home, read_plan
from dfr.mission.items import SUPPORTED_COMMANDS, FencePolygon, MissionItem, why_refused
from dfr.mission.validate import validate
from dfr.mission.wire import mission_wire

from ..places import HOME

HEAD = "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.781\t-1.089\t3\t1\n"
TAKEOFF = "1\t0\t3\t22\t0\t0\t0\t0\t50.781\t-1.089\t20\t1\n"


def read(text: str, name: str = "m.txt", **options):
    return read_plan(text.encode(), name=name, **options)


def rules(plan, severity=Severity.VIOLATION) -> list[str]:
    return [finding.rule for finding in validate(plan) if finding.severity is severity]


def test_blanks_and_tabs_may_be_mixed_and_an_empty_field_is_0():
    plan = read(
        "QGC WPL 110\n0 1 0 16   0 0 0\t0  50.781 -1.089   3 1\r\n"
        + "1\t0\t3\t22\t\t\t\t\t50.781\t-1.089\t20\t1\r\n"
        "2\t0\t3\t16\t5 0 0 0\t50.782\t-1.089\t30\t1\n"
    )
    assert [item.command for item in plan.items] == [Command.NAV_TAKEOFF, Command.NAV_WAYPOINT]
    assert plan.items[1].params == (5.0, 0.0, 0.0, 0.0)
    assert (plan.home, plan.home_m_amsl) == (HOME, 3.0)


def test_a_row_without_autocontinue_continues_and_a_shorter_one_is_refused():
    assert read(HEAD + TAKEOFF.rpartition("\t")[0] + "\n").items[0].autocontinue
    with pytest.raises(MissionFileError, match=r"m\.txt:3: 9 fields"):
        read(HEAD + "1\t0\t3\t22\t0\t0\t0\t0\t50.781\n")


def test_items_are_flown_in_the_order_of_their_lines_whatever_their_numbers():
    text = HEAD + TAKEOFF + "7\t0\t3\t20\t0\t0\t0\t0\t0\t0\t0\t1\n"
    assert [item.command for item in read(text).items][-1] == Command.NAV_RETURN_TO_LAUNCH
    jump = "9\t0\t3\t177\t1\t2\t0\t0\t0\t0\t0\t1\n"
    with pytest.raises(MissionFileError, match="not clear where DO_JUMP leads"):
        read(text + jump)


def test_mission_planners_home_line_has_command_0():
    assert read(HEAD.replace("\t16\t", "\t0\t") + TAKEOFF).home == HOME


def test_a_file_without_a_home_gets_the_one_that_is_given():
    text = HEAD.replace("50.781\t-1.089", "0\t0") + TAKEOFF
    with pytest.raises(MissionFileError, match="--home"):
        read(text)
    plan = read(text, home=Home.at(50.781, -1.089, 3.0))
    assert (plan.home, plan.home_m_amsl, len(plan.items)) == (HOME, 3.0, 1)


def test_a_fence_saved_as_a_mission_file_is_a_fence():
    corners = [(50.780, -1.090), (50.780, -1.088), (50.782, -1.088)]
    rows = [f"{n}\t0\t3\t5001\t3\t0\t0\t0\t{lat}\t{lon}\t0\t1" for n, (lat, lon) in enumerate(corners, 1)]
    circle = "4\t0\t3\t5004\t50\t0\t0\t0\t50.785\t-1.089\t0\t1"
    plan = read(HEAD + "\n".join([*rows, circle]) + "\n", "fence.waypoints")
    assert not plan.items
    polygon, keep_out = plan.fence
    assert [(p.lat_deg, p.lon_deg) for p in polygon.ring] == corners
    assert (keep_out.inclusion, keep_out.radius_m) == (False, 50.0)


def test_rally_points_saved_as_a_mission_file_or_as_text_are_rally_points():
    saved = read(HEAD + "1\t0\t3\t5100\t0\t0\t0\t0\t50.782\t-1.088\t30\t1\n")
    text = read("# comment\nRALLY 50.782 -1.088 30.0 0.0 0.0 0\n")
    assert [(p.position.lat_deg, p.height_m_home) for p in saved.rally] == [(50.782, 30.0)]
    assert saved.rally == text.rally
    with pytest.raises(MissionFileError, match=r":1: 'RALLY 50\.782 -1\.088'"):
        read("RALLY 50.782 -1.088\n")


def test_an_old_fence_is_its_corners_without_the_return_point():
    corners = "50.780\t-1.090\n50.780 -1.088\n50.782\t-1.088\n50.780\t-1.090\n"
    plan = read("#saved by a planner\n50.7805\t-1.0885\n" + corners, "fence.fen")
    (area,) = plan.fence
    assert isinstance(area, FencePolygon)
    assert area.inclusion
    assert len(area.ring) == 3
    with pytest.raises(MissionFileError, match="no mission, and no fence"):
        read(corners)


@pytest.mark.parametrize("suffix", [".plan", ".waypoints", ".kml", ".geojson"])
def test_numbers_of_a_camera_command_survive_every_format(dispatch, suffix):
    shoot = MissionItem(
        command=Command.DO_DIGICAM_CONTROL,
        frame=Frame.MISSION,
        params=(1.0, 0.0, 0.0, 0.0),
        numbers=(1.0, 7.0),
    )
    plan = read_plan(FORMATS[suffix].write(with_items(dispatch, shoot)).encode(), name=f"x{suffix}")
    found = next(item for item in plan.items if item.command == Command.DO_DIGICAM_CONTROL)
    assert found.numbers == (1.0, 7.0)
    assert [(i.x, i.y) for i in mission_wire(plan) if i.command == Command.DO_DIGICAM_CONTROL] == [(1, 7)]


def with_items(plan, *items):
    return replace(plan, items=(plan.items[0], *items, *plan.items[1:]))


def test_a_number_that_does_not_fit_is_refused(dispatch):
    item = MissionItem(command=Command.DO_DIGICAM_CONTROL, frame=Frame.MISSION, numbers=(300.0, 0.0))
    assert "mission.dropped_param" in rules(with_items(dispatch, item))


@pytest.mark.parametrize("command", sorted(set(Command) - SUPPORTED_COMMANDS))
def test_what_is_not_supported_says_why(command):
    text = HEAD + TAKEOFF + f"2\t0\t3\t{int(command)}\t0\t0\t0\t0\t0\t0\t0\t1\n"
    if command >= Command.NAV_FENCE_RETURN_POINT and command <= Command.NAV_RALLY_POINT:
        return
    with pytest.raises(MissionFileError) as refused:
        read(text)
    assert f"m.txt:4: {command.name} is not supported: {why_refused(command)}" in str(refused.value)


def test_a_place_and_a_height_of_0_mean_here_and_as_high(dispatch):
    here = MissionItem(
        command=Command.NAV_LOITER_TIME, frame=Frame.GLOBAL_RELATIVE_ALT, params=(5.0, 0, 1.0, 0)
    )
    plan = with_items(dispatch, here)
    assert rules(plan) == rules(dispatch)
    assert {"mission.here", "mission.low"} <= set(rules(plan, Severity.ADVICE))


def test_autocontinue_off_is_advice(dispatch):
    item = MissionItem(
        command=Command.DO_CHANGE_SPEED, frame=Frame.MISSION, params=(1.0, 5.0, 0, 0), autocontinue=False
    )
    assert rules(with_items(dispatch, item)) == rules(dispatch)
    assert "mission.autocontinue" in rules(with_items(dispatch, item), Severity.ADVICE)


@pytest.mark.parametrize(("z_m", "bad"), [(23.0, False), (4.0, True)])
def test_a_takeoff_above_sea_level_must_climb(dispatch, z_m, bad):
    first = replace(dispatch.items[0], frame=Frame.GLOBAL, z_m=z_m)
    plan = replace(dispatch, items=(first, *dispatch.items[1:]), home_m_amsl=3.0)
    assert ("mission.takeoff_height" in rules(plan)) == bad
    unknown = replace(plan, home_m_amsl=None)
    assert "mission.takeoff_height" in rules(unknown, Severity.UNKNOWN)


def test_a_fence_that_the_mission_switches_off_is_a_violation_only_where_the_plan_has_one(dispatch):
    off = MissionItem(command=Command.DO_FENCE_ENABLE, frame=Frame.MISSION)
    assert "mission.fence_off" in rules(with_items(dispatch, off))
    assert "mission.fence_off" in rules(replace(with_items(dispatch, off), fence=()), Severity.ADVICE)


def test_a_jump_to_a_tag_needs_the_tag(dispatch):
    jump = MissionItem(command=Command.DO_JUMP_TAG, frame=Frame.MISSION, params=(7.0, 2.0, 0, 0))
    tag = MissionItem(command=Command.JUMP_TAG, frame=Frame.MISSION, params=(7.0, 0, 0, 0))
    assert "mission.jump" in rules(with_items(dispatch, jump))
    assert "mission.jump" not in rules(with_items(dispatch, tag, jump))


def test_the_items_that_a_survey_has_made_are_flown_and_a_structure_scan_has_none(dispatch):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    entries = document["mission"]["items"]
    made = [entries[0] | {"command": 16, "doJumpId": 20 + n} for n in range(3)]
    scan = {
        "type": "ComplexItem",
        "complexItemType": "CorridorScan",
        "TransectStyleComplexItem": {"Items": made, "VisualTransectPoints": []},
    }
    entries[1:1] = [scan]
    plan = read_plan(json.dumps(document).encode(), name="x.plan")
    assert [item.command for item in plan.items[1:4]] == [Command.NAV_WAYPOINT] * 3
    assert len(plan.items) == len(dispatch.items) + 3
    entries[1] = {"type": "ComplexItem", "complexItemType": "StructureScan"}
    with pytest.raises(
        MissionFileError, match="item 2: StructureScan is not supported: the file holds no items"
    ):
        read_plan(json.dumps(document).encode(), name="x.plan")
