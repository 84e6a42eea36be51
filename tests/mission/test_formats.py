"""What is written is read back the same, and what is not understood is named."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.ardupilot.commands import Command, Frame
from dfr.ardupilot.parameters import Naming, translate_parameters
from dfr.errors import MissionFileError
from dfr.geo import Position
from dfr.mission.formats import FORMATS, format_of, left_out, read_plan
from dfr.mission.items import FencePolygon, FlightPlan, MissionItem, RallyPoint
from dfr.mission.validate import validate

SUFFIXES = [".plan", ".waypoints", ".kml", ".geojson"]
HOME_LINE = "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.7\t-1\t3\t1"
WHOLE = [".plan", ".kml", ".geojson"]


def round_trip(plan: FlightPlan, suffix: str) -> FlightPlan:
    return read_plan(FORMATS[suffix].write(plan).encode(), name=f"file{suffix}")


def assert_same_place(a: Position | None, b: Position | None) -> None:
    if a is None or b is None:
        assert a is b
        return
    assert abs(a.lat_deg - b.lat_deg) <= 1e-7
    assert abs(a.lon_deg - b.lon_deg) <= 1e-7


def assert_same_items(a: FlightPlan, b: FlightPlan) -> None:
    assert len(a.items) == len(b.items)
    for first, second in zip(a.items, b.items, strict=True):
        assert (first.command, first.frame, first.autocontinue) == (
            second.command,
            second.frame,
            second.autocontinue,
        )
        assert first.params == pytest.approx(second.params, nan_ok=True)
        assert_same_place(first.position, second.position)
        assert abs(first.z_m - second.z_m) <= 0.01


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_mission_survives_the_round_trip(dispatch, suffix):
    back = round_trip(dispatch, suffix)
    assert_same_items(dispatch, back)
    assert_same_place(dispatch.home, back.home)
    assert back.home_m_amsl == pytest.approx(3.0)


@pytest.mark.parametrize("suffix", WHOLE)
def test_fence_rally_and_parameters_survive_the_round_trip(dispatch, suffix):
    back = round_trip(dispatch, suffix)
    for a, b in zip(dispatch.fence, back.fence, strict=False):
        assert a.inclusion == b.inclusion
    polygons = [area for area in back.fence if isinstance(area, FencePolygon)]
    wanted = [area for area in dispatch.fence if isinstance(area, FencePolygon)]
    for got, want in zip(polygons, wanted, strict=True):
        for corner, other in zip(got.ring, want.ring, strict=True):
            assert_same_place(corner, other)
    (circle,) = [area for area in back.fence if not isinstance(area, FencePolygon)]
    assert circle.radius_m == pytest.approx(50.5)
    assert back.rally[0].height_m_home == pytest.approx(30.0)
    assert_same_place(back.rally[0].position, dispatch.rally[0].position)
    assert back.params == dispatch.params
    assert back.name == dispatch.name


@pytest.mark.parametrize("suffix", WHOLE)
def test_parameters_under_newer_names_are_the_same_parameters(dispatch, suffix):
    newer = replace(dispatch, params=translate_parameters(dispatch.params, Naming.METRES))
    assert newer.params != dispatch.params
    assert round_trip(newer, suffix).params == dispatch.params


def test_waypoints_files_say_what_they_leave_out(dispatch):
    assert left_out(dispatch, FORMATS[".waypoints"]) == ("fence", "rally", "params")
    assert left_out(replace(dispatch, fence=(), rally=(), params={}), FORMATS[".waypoints"]) == ()


positions = st.builds(
    Position,
    lat_deg=st.floats(-89.9, 89.9, allow_nan=False),
    lon_deg=st.floats(-179.9, 179.9, allow_nan=False),
)
located = st.builds(
    MissionItem,
    command=st.sampled_from([Command.NAV_WAYPOINT, Command.NAV_LOITER_TIME, Command.NAV_LAND]),
    frame=st.sampled_from([Frame.GLOBAL, Frame.GLOBAL_RELATIVE_ALT, Frame.GLOBAL_TERRAIN_ALT]),
    params=st.tuples(*[st.integers(0, 1000).map(float)] * 3, st.one_of(st.just(math.nan), st.just(90.0))),
    position=positions.filter(lambda p: (round(p.lat_deg, 7), round(p.lon_deg, 7)) != (0.0, 0.0)),
    z_m=st.floats(-400, 8000, allow_nan=False),
    autocontinue=st.booleans(),
)


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(items=st.lists(located, max_size=6), home=positions)
def test_any_supported_mission_survives(suffix, items, home):
    plan = FlightPlan(
        name="any", home=home, home_m_amsl=10.0, items=tuple(items), fence=(), rally=(), params={}
    )
    if suffix == ".waypoints" and (round(home.lat_deg, 9), round(home.lon_deg, 9)) == (0.0, 0.0):
        return
    assert_same_items(plan, round_trip(plan, suffix))


def test_a_plan_is_what_qgroundcontrol_documents(dispatch):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    assert (document["fileType"], document["version"]) == ("Plan", 1)
    mission = document["mission"]
    assert (mission["version"], mission["firmwareType"], mission["vehicleType"]) == (2, 3, 2)
    first = mission["items"][0]
    assert first["type"] == "SimpleItem"
    assert first["doJumpId"] == 1
    assert len(first["params"]) == 7
    assert first["AltitudeMode"] == 1
    assert document["geoFence"]["version"] == 2
    assert {p["version"] for p in document["geoFence"]["polygons"]} == {1}
    assert document["rallyPoints"]["version"] == 2


def test_a_survey_is_refused_by_its_name(dispatch):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    document["mission"]["items"][2] = {"type": "ComplexItem", "complexItemType": "survey"}
    with pytest.raises(MissionFileError, match="item 3: survey is not supported"):
        read_plan(json.dumps(document).encode(), name="x.plan")


def test_a_waypoint_without_a_height_is_not_flown_at_the_height_of_home(dispatch):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    entries = document["mission"]["items"]
    entries[1] = entries[0] | {"command": int(Command.NAV_WAYPOINT), "doJumpId": 2}
    entries[1]["params"] = [*entries[0]["params"][:6], None]
    with pytest.raises(MissionFileError, match="item 2: NAV_WAYPOINT has no height"):
        read_plan(json.dumps(document).encode(), name="x.plan")


@pytest.mark.parametrize(
    ("part", "key", "value"),
    [
        (None, "version", 2),
        ("mission", "version", 1),
        ("mission", "firmwareType", 12),
        ("mission", "vehicleType", 1),
        ("mission", "vehicleType", [2]),
    ],
)
def test_a_plan_for_another_format_autopilot_or_vehicle_is_refused(dispatch, part, key, value):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    (document[part] if part else document)[key] = value
    with pytest.raises(MissionFileError, match=f"{key} is .*, not for an ArduCopter"):
        read_plan(json.dumps(document).encode(), name="x.plan")


def test_a_jump_id_that_two_items_have_is_refused(dispatch):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    document["mission"]["items"][1]["doJumpId"] = 1
    with pytest.raises(MissionFileError, match="item 2: doJumpId 1 is item 1's"):
        read_plan(json.dumps(document).encode(), name="x.plan")


def test_an_unknown_command_is_refused_by_number(dispatch):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    document["mission"]["items"][1]["command"] = 9999
    with pytest.raises(MissionFileError, match="item 2: command 9999 is not supported"):
        read_plan(json.dumps(document).encode(), name="x.plan")


def test_jumps_are_renumbered_from_qgroundcontrols_ids(dispatch):
    document = json.loads(FORMATS[".plan"].write(dispatch))
    items = document["mission"]["items"]
    for entry, jump_id in zip(items, (10, 20, 30, 40, 50), strict=True):
        entry["doJumpId"] = jump_id
    items[3] = {
        "type": "SimpleItem",
        "command": 177,
        "frame": 2,
        "params": [30, 2, 0, 0, 0, 0, 0],
        "autoContinue": True,
        "doJumpId": 40,
    }
    plan = read_plan(json.dumps(document).encode(), name="x.plan")
    assert plan.items[3].params[:2] == (3.0, 2.0)


def test_the_waypoints_line_has_twelve_tab_separated_fields(dispatch):
    lines = FORMATS[".waypoints"].write(dispatch).splitlines()
    assert lines[0] == "QGC WPL 110"
    assert all(len(line.split("\t")) == 12 for line in lines[1:])
    home = lines[1].split("\t")
    assert (home[0], home[1], home[2], home[3]) == ("0", "1", "0", "16")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello", "first line"),
        ("QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.7", "give 12 fields"),
        ("QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t95.7\t-1\t3\t1", "not on the globe"),
        (
            "QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\t0\t50.7\t-1\t3\t1\n2\t0\t3\t177\t1\t1\t0\t0\t0\t0\t9\t1",
            "not clear where DO_JUMP leads",
        ),
        ("QGC WPL 110\n0\t1\t0\t16\t0\t0\t0\tinf\t50.7\t-1\t3\t1", "not finite"),
    ],
)
def test_broken_waypoints_files_are_refused_with_the_line(text, says):
    with pytest.raises(MissionFileError, match=says):
        read_plan(text.encode(), name="x.waypoints")


def test_kml_with_entities_is_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY a "aaaa">]><kml>&a;</kml>'
    with pytest.raises(MissionFileError, match="document type declaration"):
        read_plan(bomb, name="x.kml")


def test_foreign_placemarks_and_features_are_refused_by_name():
    kml = (
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>My stage</name>'
        "<Point><coordinates>-1,50</coordinates></Point></Placemark></Document></kml>"
    )
    with pytest.raises(MissionFileError, match="My stage"):
        read_plan(kml.encode(), name="x.kml")
    feature = {"type": "Feature", "properties": {"name": "My stage"}, "geometry": None}
    collection = json.dumps({"type": "FeatureCollection", "features": [feature]})
    with pytest.raises(MissionFileError, match="My stage"):
        read_plan(collection.encode(), name="x.geojson")


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(data=st.binary(max_size=200))
def test_rubbish_is_refused_without_a_traceback(suffix, data):
    with pytest.raises(MissionFileError):
        read_plan(data, name=f"x{suffix}")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda plan: plan["geoFence"].update(polygons=5), "polygons"),
        (lambda plan: plan["geoFence"].update(circles=None), "circles"),
        (lambda plan: plan["mission"]["items"][0].update(doJumpId=[1]), "doJumpId"),
        (lambda plan: plan["mission"]["items"][1]["params"].__setitem__(0, 10**400), "not a finite number"),
        (lambda plan: plan["mission"]["items"][1]["params"].__setitem__(0, 1e39), "not a finite number"),
    ],
)
def test_a_plan_with_something_else_in_a_place_is_refused_by_that_place(dispatch, change, says):
    plan = json.loads(FORMATS[".plan"].write(dispatch))
    change(plan)
    with pytest.raises(MissionFileError, match=says):
        read_plan(json.dumps(plan).encode(), name="file.plan")


def test_endless_integers_and_unknown_encodings_are_refused():
    with pytest.raises(MissionFileError, match="not JSON"):
        read_plan(b'{"a": ' + b"9" * 5000 + b"}", name="file.plan")
    with pytest.raises(MissionFileError, match="not XML"):
        read_plan(b'<?xml version="1.0" encoding="utf-9"?><kml/>', name="file.kml")


def test_a_home_on_the_other_side_of_the_world_is_outside_the_fence(dispatch):
    far = replace(dispatch, home=Position(lat_deg=-1.0, lon_deg=-1.089))
    assert any(finding.blocks for finding in validate(far) if "fence" in finding.rule)


def test_an_unknown_suffix_lists_the_known_ones():
    with pytest.raises(MissionFileError, match=r"\.plan"):
        format_of("mission.doc")


def test_rally_heights_keep_their_centimetres_in_files(dispatch):
    plan = replace(dispatch, rally=(RallyPoint(position=dispatch.home, height_m_home=30.25),))
    for suffix in WHOLE:
        assert round_trip(plan, suffix).rally[0].height_m_home == pytest.approx(30.25)
