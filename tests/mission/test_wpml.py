"""DJI's route files: what DJI documents of them, what a flight plan becomes in one, and reading it back."""

from __future__ import annotations

import contextlib
import io
import zipfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.ardupilot.commands import Command, Frame
from dfr.errors import MissionFileError
from dfr.geo import distance_m
from dfr.mission.formats import FORMATS, format_for, left_out, read_plan
from dfr.mission.formats.wpml import TEMPLATE, WAYLINES, DjiModel, read_route, write
from dfr.mission.formats.wpml_route import (
    ActionKind,
    FinishAction,
    LostAction,
    RouteAction,
    plan_of,
    route_of,
)
from dfr.mission.items import MissionItem, item_at
from dfr.mission.validate import validate

from ..places import HOME, at

M3TD = DjiModel(drone=(91, 1), payload=(81, 0))

CONFIG = [
    "flyToWaylineMode", "finishAction", "exitOnRCLost", "executeRCLostAction", "takeOffSecurityHeight",
    "takeOffRefPoint", "globalTransitionalSpeed", "globalRTHHeight", "droneInfo", "waylineAvoidLimitAreaMode",
    "payloadInfo",
]  # fmt: skip
"""missionConfig as DJI's documentation names its children, in the order of the exports of FlightHub 2."""

CHOICES = {
    "flyToWaylineMode": {"safely", "pointToPoint"},
    "finishAction": {"goHome", "noAction", "autoLand", "gotoFirstWaypoint"},
    "exitOnRCLost": {"goContinue", "executeLostAction"},
    "executeRCLostAction": {"goBack", "landing", "hover"},
    "templateType": {"waypoint", "mapping2d", "mapping3d", "mappingStrip"},
    "coordinateMode": {"WGS84"},
    "heightMode": {"EGM96", "relativeToStartPoint", "aboveGroundLevel", "realTimeFollowSurface"},
    "executeHeightMode": {"WGS84", "relativeToStartPoint", "realTimeFollowSurface"},
    "gimbalPitchMode": {"manual", "usePointSetting"},
    "waypointHeadingMode": {"followWayline", "manually", "fixed", "smoothTransition", "towardPOI"},
    "waypointHeadingPathMode": {"clockwise", "counterClockwise", "followBadArc"},
    "waypointTurnMode": {
        "coordinateTurn", "toPointAndStopWithDiscontinuityCurvature",
        "toPointAndStopWithContinuityCurvature", "toPointAndPassWithContinuityCurvature",
    },
    "actionGroupMode": {"sequence"},
    "actionTriggerType": {"reachPoint", "betweenAdjacentPoints", "multipleTiming", "multipleDistance"},
    "actionActuatorFunc": {"takePhoto", "startRecord", "stopRecord", "gimbalRotate", "hover"},
}  # fmt: skip
"""Enumerations of DJI's Cloud API documentation (WPML pages)."""

TEMPLATE_MARK = {
    "Point", "index", "ellipsoidHeight", "height", "waypointSpeed", "waypointHeadingParam",
    "waypointTurnParam",
    "useGlobalHeight", "useGlobalSpeed", "useGlobalHeadingParam", "useGlobalTurnParam", "useStraightLine",
}  # fmt: skip
WAYLINES_MARK = {
    "Point", "index", "executeHeight", "waypointSpeed", "waypointHeadingParam", "waypointTurnParam",
    "useStraightLine",
}  # fmt: skip


def local(element: ET.Element) -> str:
    return str(element.tag).rpartition("}")[2]


def parts(data: bytes) -> dict[str, ET.Element]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: ET.fromstring(archive.read(name)) for name in archive.namelist()}


def children(root: ET.Element, tag: str) -> list[str]:
    return [local(child) for element in root.iter() if local(element) == tag for child in element]


def text_of(root: ET.Element, tag: str) -> str:
    return next(element.text or "" for element in root.iter() if local(element) == tag)


@pytest.fixture
def route(dispatch):
    return route_of(dispatch)


def test_a_route_file_is_what_dji_documents(dispatch):
    found = parts(write(dispatch, M3TD))
    assert list(found) == [TEMPLATE, WAYLINES]
    for name, root in found.items():
        assert root.tag == "{http://www.opengis.net/kml/2.2}kml"
        order = [tag for tag in CONFIG if name == TEMPLATE or tag != "takeOffRefPoint"]
        assert children(root, "missionConfig") == order
        for element in root.iter():
            if local(element) in CHOICES:
                assert element.text in CHOICES[local(element)], local(element)
        wanted = TEMPLATE_MARK if name == TEMPLATE else WAYLINES_MARK
        marks = [element for element in root.iter() if local(element) == "Placemark"]
        assert [text_of(mark, "index") for mark in marks] == [str(i) for i in range(len(marks))]
        for mark in marks:
            assert wanted <= {local(child) for child in mark}
            lon, lat = (float(value) for value in text_of(mark, "coordinates").split(","))
            assert (round(lon), round(lat)) == (-1, 51)
    lat, lon, _ = (float(value) for value in text_of(found[TEMPLATE], "takeOffRefPoint").split(","))
    assert (lat, lon) == (HOME.lat_deg, HOME.lon_deg)


def test_the_same_plan_gives_the_same_bytes(dispatch):
    assert write(dispatch, M3TD) == write(dispatch, M3TD)


def test_a_dispatch_climbs_over_its_dock_looks_at_the_incident_stays_and_goes_home(dispatch, route):
    first, scene = route.points
    assert distance_m(first.position, HOME) < 0.1
    assert (first.height_m, scene.height_m) == (30.0, 30.0)
    assert first.faces == dispatch.items[1].position
    assert scene.faces is None
    assert scene.actions == (
        RouteAction(kind=ActionKind.GIMBAL, value=-90.0),
        RouteAction(kind=ActionKind.HOVER, value=60.0),
    )
    assert route.finish is FinishAction.GO_HOME


def test_a_stand_off_looks_down_at_the_incident(dispatch):
    items = [*dispatch.items]
    items[2] = replace(items[2], position=at(0, 170))
    scene = route_of(replace(dispatch, items=tuple(items))).points[-1]
    assert scene.actions[0].value == pytest.approx(-45.0, abs=0.2)


@pytest.mark.parametrize(
    ("failsafe", "lost"), [(1.0, LostAction.GO_BACK), (5.0, LostAction.LAND), (0.0, LostAction.CONTINUE)]
)
def test_a_lost_link_does_what_the_plan_says(dispatch, failsafe, lost):
    plan = replace(dispatch, params={**dispatch.params, "FS_GCS_ENABLE": failsafe, "RTL_ALT": 4500.0})
    found = read_route(write(plan, M3TD), name="x.kmz")
    assert (found.lost, found.return_m) == (lost, 45.0)


def test_a_route_reads_back_as_it_was_written(dispatch):
    legs = (
        item_at(Command.NAV_WAYPOINT, at(50, 50), 40.0),
        MissionItem(command=Command.DO_CHANGE_SPEED, frame=Frame.MISSION, params=(1.0, 6.0, -1.0, 0.0)),
        MissionItem(command=Command.VIDEO_START_CAPTURE, frame=Frame.MISSION),
        item_at(Command.NAV_WAYPOINT, at(80, 120), 45.5),
        MissionItem(command=Command.VIDEO_STOP_CAPTURE, frame=Frame.MISSION),
    )
    plan = replace(dispatch, items=(dispatch.items[0], *legs, *dispatch.items[1:]))
    written = route_of(plan)
    found = read_route(write(plan, M3TD), name=plan.name)
    assert [p.height_m for p in found.points] == [p.height_m for p in written.points]
    assert [p.speed_mps for p in found.points] == [10.0, 6.0, 6.0, 6.0]
    assert [p.actions for p in found.points] == [p.actions for p in written.points]
    assert all(
        distance_m(a.position, b.position) < 0.001 for a, b in zip(found.points, written.points, strict=True)
    )
    assert route_of(plan_of(found)) == replace(found, home_m_amsl=None)


def test_a_route_of_dji_becomes_a_mission_that_arducopter_keeps(dispatch):
    plan = read_plan(write(dispatch, M3TD), name="route.kmz")
    bad = [finding.rule for finding in validate(plan) if finding.severity.name == "VIOLATION"]
    assert bad == []
    assert [item.command for item in plan.items if item.command < 100] == [
        Command.NAV_TAKEOFF,
        Command.NAV_LOITER_TIME,
        Command.NAV_RETURN_TO_LAUNCH,
    ]


@pytest.mark.parametrize("version", ["http://www.dji.com/wpmz/1.0.2", "http://www.uav.com/wpmz/1.0.2"])
def test_any_namespace_is_read_and_a_photo_with_its_own_angle_too(dispatch, version):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write(dispatch, M3TD))) as source, zipfile.ZipFile(packed, "w") as target:
        text = source.read(WAYLINES).decode().replace("http://www.dji.com/wpmz/1.0.6", version)
        target.writestr(WAYLINES, text.replace(">gimbalRotate<", ">orientedShoot<"))
    scene = read_route(packed.getvalue(), name="x.kmz").points[-1]
    assert [action.kind for action in scene.actions] == [
        ActionKind.GIMBAL,
        ActionKind.PHOTO,
        ActionKind.HOVER,
    ]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (">hover<", ">panoShot<", "the action panoShot is not known here"),
        (">relativeToStartPoint<", ">WGS84<", "heights are counted as WGS84"),
        (">goHome<", ">gotoFirstWaypoint<", "finishAction is 'gotoFirstWaypoint'"),
        ("<wpml:executeHeight>30</wpml:executeHeight>", "", "executeHeight is missing"),
        ("50.782797848", "150.782797848", "150.78"),
        ("<kml", "<!DOCTYPE x><kml", "document type declaration"),
    ],
)
def test_what_cannot_be_flown_as_written_is_refused_by_name(dispatch, old, new, words):
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(write(dispatch, M3TD))) as source, zipfile.ZipFile(packed, "w") as target:
        text = source.read(WAYLINES).decode()
        assert old in text
        target.writestr(WAYLINES, text.replace(old, new))
    with pytest.raises(MissionFileError, match=words):
        read_route(packed.getvalue(), name="x.kmz")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"<kml/>"])
def test_what_is_no_archive_is_refused(data):
    with pytest.raises(MissionFileError, match="not a"):
        read_route(data, name="x.kmz")


def test_a_route_that_is_damaged_anywhere_is_read_or_refused_by_name(dispatch):
    whole = write(dispatch, M3TD)
    for place in range(0, len(whole), 3):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        with contextlib.suppress(MissionFileError):
            read_route(bytes(damaged), name="route.kmz")


def test_a_circle_is_not_written_as_something_else(dispatch):
    circle = item_at(Command.NAV_LOITER_TURNS, at(0, 100), 30.0, params=(2.0, 0.0, 30.0, 1.0))
    plan = replace(dispatch, items=(dispatch.items[0], circle, *dispatch.items[1:]))
    with pytest.raises(MissionFileError, match=r"item 2 NAV_LOITER_TURNS: a DJI route .WPML. has nothing"):
        write(plan, M3TD)


def test_a_route_is_written_for_a_drone_that_dji_names_and_says_what_stays_out(dispatch):
    chosen = format_for("x.kmz", find_drone("dji-m3td"))
    assert chosen.write(dispatch)
    assert left_out(dispatch, chosen) == ("fence", "rally", "params")
    with pytest.raises(MissionFileError, match="Skydio X10 flies no DJI routes"):
        format_for("x.kmz", find_drone("skydio-x10"))
    with pytest.raises(MissionFileError, match="names the drone that flies it"):
        FORMATS[".kmz"].write(dispatch)
