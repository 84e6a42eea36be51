"""Paths drawn in Google Earth and other planners as missions: each point, heights as the file counts them."""

import io
import zipfile

import pytest

from dfr.ardupilot.commands import Command, Frame
from dfr.errors import InputError
from dfr.io.drawn_paths import is_drawn, read_drawn_path
from dfr.mission.formats import Home, kml
from dfr.mission.items import FlightPlan

BEAT = "-1.09,50.78,60 -1.085,50.781,60\n -1.08,50.78,55"
FLAT = "-1.09,50.78,0 -1.085,50.781,0 -1.08,50.78,0"


def line(coordinates=BEAT, mode="relativeToGround", name="North beat"):
    mode = f"<altitudeMode>{mode}</altitudeMode>" if mode else ""
    return (
        f"<Placemark><name>{name}</name><LineString><tessellate>1</tessellate>{mode}"
        f"<coordinates> {coordinates} </coordinates></LineString></Placemark>"
    )


def drawn(*placemarks, head='<?xml version="1.0" encoding="UTF-8"?>'):
    body = "".join(placemarks)
    document = (
        f'<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>{body}</Folder></Document></kml>'
    )
    return (head + document).encode()


def zipped(**files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def heights(plan):
    return [item.z_m for item in plan.items]


@pytest.mark.parametrize(
    ("mode", "frame"), [("relativeToGround", Frame.GLOBAL_TERRAIN_ALT), ("absolute", Frame.GLOBAL)]
)
def test_each_point_is_a_waypoint_at_the_height_that_the_file_counts(mode, frame):
    mission = read_drawn_path(drawn(line(mode=mode)), name="beat.kml")
    assert [item.command for item in mission.plan.items] == [Command.NAV_WAYPOINT] * 3
    assert {item.frame for item in mission.plan.items} == {frame}
    assert heights(mission.plan) == [60.0, 60.0, 55.0]
    assert mission.plan.items[1].position.as_dict() == {"lat_deg": 50.781, "lon_deg": -1.085}
    assert (mission.plan.home, mission.plan.home_m_amsl) == (mission.plan.items[0].position, None)
    assert "no takeoff, no stay and no end" in mission.notes[0]


UNKNOWN = {
    "on the ground, as Google Earth draws": (FLAT, ""),
    "clamped to the ground, whatever its heights": (BEAT, "clampToGround"),
    "counted from the sea floor": (BEAT, "relativeToSeaFloor"),
    "a mode that nobody knows": (BEAT, "aboveTheTrees"),
    "without the height of one point": ("-1.09,50.78,60 -1.085,50.781", "relativeToGround"),
    "with a height that is no number": ("-1.09,50.78,60 -1.085,50.781,nan", "absolute"),
    "with a height that is a word": ("-1.09,50.78,60 -1.085,50.781,high", "absolute"),
    "at the ground": ("-1.09,50.78,60 -1.085,50.781,0", "relativeToGround"),
    "below the ground": ("-1.09,50.78,60 -1.085,50.781,-5", "relativeToGround"),
    "at sea level all along": (FLAT, "absolute"),
}


@pytest.mark.parametrize("case", UNKNOWN)
def test_a_height_that_nobody_says_is_refused_by_name_and_can_be_said(case):
    data = drawn(line(*UNKNOWN[case]))
    with pytest.raises(InputError, match=r"beat.kml: North beat.* -> give --height-m-agl"):
        read_drawn_path(data, name="beat.kml")
    plan = read_drawn_path(data, name="beat.kml", height_m_agl=70.0).plan
    assert set(heights(plan)) == {70.0}
    assert {item.frame for item in plan.items} == {Frame.GLOBAL_TERRAIN_ALT}


def test_a_path_that_ends_where_it_began_comes_back_there():
    ring = f"{BEAT} -1.09,50.78,60"
    assert len(read_drawn_path(drawn(line(ring)), name="beat.kml").plan.items) == 4
    crossed = "0,50,60 0.001,50.001,60 0.001,50,60 0,50.001,60 0,50,60"
    assert len(read_drawn_path(drawn(line(crossed)), name="beat.kml").plan.items) == 5


def test_of_several_paths_one_is_chosen_by_name_or_number():
    data = drawn(line(), line(FLAT, "", "South beat"), line(FLAT, "", ""), line(FLAT, "", "South beat"))
    with pytest.raises(
        InputError, match=r"holds 4 paths -> choose with --path: 1 'North beat', .* 3 'path 3'"
    ):
        read_drawn_path(data, name="beat.kml")
    mission = read_drawn_path(data, name="beat.kml", path="North beat")
    assert heights(mission.plan) == [60.0, 60.0, 55.0]
    assert any("what else it holds is not read" in words for words in mission.notes)
    assert read_drawn_path(data, name="beat.kml", path="2", height_m_agl=50.0).plan.name == "South beat"
    for wrong in ("South beat", "0", "5", "²", "West beat", "9" * 5000):
        with pytest.raises(InputError, match=r"-> give the number of one"):
            read_drawn_path(data, name="beat.kml", path=wrong, height_m_agl=50.0)


def test_a_kmz_is_read_and_home_can_be_said():
    home = Home.at(50.7, -1.1, 4.0)
    data = zipped(**{"doc.kml": drawn(line())})
    assert is_drawn(data, name="beat.kmz")
    plan = read_drawn_path(data, name="beat.kmz", home=home).plan
    assert (plan.home, plan.home_m_amsl) == (home.position, 4.0)


def test_a_file_of_our_own_or_of_dji_is_no_drawn_path():
    plan = FlightPlan(
        name="p",
        home=Home.at(50.7, -1.1, None).position,
        home_m_amsl=None,
        items=(),
        fence=(),
        rally=(),
        params={},
    )
    assert not is_drawn(kml.write(plan).encode(), name="p.kml")
    assert not is_drawn(zipped(**{"wpmz/waylines.wpml": b"", "wpmz/template.kml": b""}), name="p.kmz")
    assert not is_drawn(b"rubbish", name="p.kmz")
    assert not is_drawn(drawn(line()), name="p.plan")


BILLION = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
HOSTILE = {
    "no xml": b"hello",
    "cut off": drawn(line())[:-30],
    "entities that grow": drawn(line(name="&a8;"), head=f'<!DOCTYPE kml [<!ENTITY a0 "x">{BILLION}]>'),
    "a file of the server": drawn(
        line(name="&x;"), head='<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    ),
    "no path": drawn("<Placemark><Point><coordinates>-1,50</coordinates></Point></Placemark>"),
    "one point": drawn(line("-1.09,50.78,60")),
    "no numbers": drawn(line("here,there,60 -1,50,60")),
    "latitude over 90": drawn(line("-1.09,950.78,60 -1,50,60")),
    "swapped": drawn(line("50.78,-100.09,60 50.79,-100.08,60")),
    "more corners than anybody draws": drawn(line("-1.09,50.78,60 " * 2500)),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_path_is_refused_with_what_to_do(case):
    with pytest.raises(InputError, match=r"beat.kml.* -> "):
        read_drawn_path(HOSTILE[case], name="beat.kml")


def test_an_archive_that_unpacks_to_too_much_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"{number}.kml", b" " * 4_000_000)
    with pytest.raises(InputError, match="unpacks to more than"):
        read_drawn_path(out.getvalue(), name="beat.kmz")
