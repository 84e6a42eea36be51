"""What the camera records on scene: from arrival to the end of the stay, for ArduPilot and for DJI drones."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest

from dfr.aircraft.catalogue import find_drone
from dfr.ardupilot.commands import Command
from dfr.errors import MissionFileError, ScenarioError
from dfr.findings import is_compliant
from dfr.io.scenario_files import parse_scenario, shipped_scenarios
from dfr.mission.changes import leave_stay_open, retask_flight
from dfr.mission.compile import compile_dispatch, return_seq
from dfr.mission.formats import format_for
from dfr.mission.validate import validate
from dfr.scenario.model import CameraUse, Recording

from ..shipped import plan_of, world_of

VIDEO, PHOTO = CameraUse(record=Recording.VIDEO), CameraUse(record=Recording.PHOTO, photo_every_s=3.0)
START, STOP = Command.VIDEO_START_CAPTURE, Command.VIDEO_STOP_CAPTURE


@pytest.fixture(scope="module")
def dispatch():
    """A function from what is recorded to the dispatch of one route of a shipped scenario."""
    world, plan = world_of("victorious-2024"), plan_of("victorious-2024")
    route = next(route for route in plan.routes if route.reachable)

    def compiled(camera):
        scenario = replace(world.scenario, operation=replace(world.scenario.operation, camera=camera))
        there = replace(world, scenario=scenario)
        return compile_dispatch(there, plan, site_id=route.site_id, zone_id=route.zone_id)

    return compiled


def commands(flight):
    return [item.command for item in flight.items]


def test_a_recording_begins_on_arrival_and_is_ended_first_of_all_after_the_stay(dispatch):
    flight = dispatch(VIDEO)
    start = commands(flight).index(START)
    arrival, stay, stop = (flight.items[start + step] for step in (-1, 1, 2))
    assert (arrival.command, stay.command, stop.command) == (
        Command.NAV_WAYPOINT,
        Command.NAV_LOITER_TIME,
        STOP,
    )
    assert (arrival.position, arrival.z_m) == (stay.position, stay.z_m)
    assert commands(flight)[start + 3] == Command.DO_SET_ROI, "then the camera is freed"
    assert is_compliant(validate(flight))


def test_photos_are_taken_one_after_another_until_they_are_stopped(dispatch):
    flight = dispatch(PHOTO)
    (start,) = [item for item in flight.items if item.command == Command.IMAGE_START_CAPTURE]
    assert start.params == (0.0, 3.0, 0.0, 0.0), "every camera, 3 s apart, without end"
    assert commands(flight).count(Command.IMAGE_STOP_CAPTURE) == 1


def test_without_a_recording_the_mission_is_what_it_was(dispatch):
    silent, filmed = dispatch(CameraUse()), dispatch(VIDEO)
    assert not {START, STOP} & {*commands(silent)}
    kept = [item for item in filmed.items if item.command not in {START, STOP}]
    arrival = commands(filmed).index(START) - 1
    assert (*kept[:arrival], *kept[arrival + 1 :]) == silent.items
    assert return_seq(filmed.items) == return_seq(silent.items) + 3


def test_a_stay_left_open_is_ended_by_the_item_after_it_and_a_new_task_records_too(dispatch):
    flight = dispatch(VIDEO)
    open_ended = commands(leave_stay_open(flight))
    assert open_ended[open_ended.index(Command.NAV_LOITER_UNLIM) + 1] == STOP
    place = flight.items[commands(flight).index(START) - 1].position
    again = retask_flight(flight, here=flight.home, path=[place], height_m_home=40.0, on_scene_s=30.0)
    assert commands(again)[1:6] == [
        Command.DO_SET_ROI,
        Command.NAV_WAYPOINT,
        START,
        Command.NAV_LOITER_TIME,
        STOP,
    ]


def actions_of(flight):
    """Of each point of a DJI route, what is done there."""
    data = format_for("route.kmz", find_drone("dji-m3td")).write(flight)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("wpmz/waylines.wpml").decode()
    marks = text.split("<Placemark>")[1:]
    return [re.findall(r"<wpml:actionActuatorFunc>(\w+)<", mark) for mark in marks]


def test_a_dji_route_records_over_the_scene_and_at_no_other_point(dispatch):
    points = actions_of(dispatch(VIDEO))
    assert [actions for actions in points if "startRecord" in actions] == [
        ["gimbalRotate", "startRecord", "hover", "stopRecord"]
    ]
    assert len(points) == len(actions_of(dispatch(CameraUse())))


def test_a_series_of_photos_is_refused_for_a_dji_route_and_not_made_one(dispatch):
    with pytest.raises(MissionFileError, match=r"IMAGE_START_CAPTURE: a series of photos .* -> record video"):
        actions_of(dispatch(PHOTO))


@pytest.mark.parametrize(
    ("written", "camera"),
    [
        ("camera: {record: video}", VIDEO),
        ("camera: {record: photo, photo_every_s: 3.0}", PHOTO),
        ("camera: {record: none}", CameraUse()),
        ("", CameraUse()),
    ],
)
def test_a_scenario_says_what_is_recorded(written, camera, tmp_path):
    text = shipped_scenarios()["winter-storm"].read_text(encoding="utf-8")
    text = text.replace("operation:\n", f"operation:\n  {written}\n", 1)
    scenario = parse_scenario(text.encode(), name="a.yaml", folder=tmp_path)
    assert scenario.operation.camera == camera


@pytest.mark.parametrize(
    "written", ["{record: film}", "{record: photo, photo_every_s: 0}", "{zoom: 2}", "video"]
)
def test_what_no_camera_does_is_refused(written, tmp_path):
    text = shipped_scenarios()["winter-storm"].read_text(encoding="utf-8")
    text = text.replace("operation:\n", f"operation:\n  camera: {written}\n", 1)
    with pytest.raises(ScenarioError, match=r"operation\.camera"):
        parse_scenario(text.encode(), name="a.yaml", folder=tmp_path)


def test_a_camera_is_told_which_and_how_often_and_nothing_else(dispatch):
    """MAVLink's camera commands: 0 is every camera, 0 photos are as many as there is time for."""
    told = {
        item.command: item.params
        for camera in (VIDEO, PHOTO)
        for item in dispatch(camera).items
        if "CAPTURE" in Command(item.command).name
    }
    assert told == {
        Command.VIDEO_START_CAPTURE: (0.0, 0.0, 0.0, 0.0),
        Command.VIDEO_STOP_CAPTURE: (0.0, 0.0, 0.0, 0.0),
        Command.IMAGE_START_CAPTURE: (0.0, 3.0, 0.0, 0.0),
        Command.IMAGE_STOP_CAPTURE: (0.0, 0.0, 0.0, 0.0),
    }
