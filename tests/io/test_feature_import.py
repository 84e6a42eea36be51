"""Features of a map file go into a scenario in the role that they were given, and say where they are from."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.feature_import import ImportChoices, import_edit, placeholder_kinds, propose_role
from dfr.io.map_features.files import read_features
from dfr.io.map_features.model import FeatureFile
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import find_scenario, parse_scenario
from dfr.io.scenario_template import ScenarioRequest, write_scenario_template
from dfr.scenario.features import FeatureKind
from dfr.scenario.model import OperationKind, Scenario

FESTIVAL = find_scenario("victorious-2024")
TEXT = FESTIVAL.read_text("utf-8")


def _square(lon: float, lat: float, side: float = 0.001) -> list[list[float]]:
    return [[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]


def _file(*features: tuple[str, str, object]) -> FeatureFile:
    document = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {"name": name},
                "geometry": {"type": kind, "coordinates": where},
            }
            for name, kind, where in features
        ],
    }
    return read_features(json.dumps(document).encode(), name="plan.geojson")


SITE_PLAN = _file(
    ("Licensed site", "Polygon", [_square(-1.1, 50.775, 0.015)]),
    ("Arena", "Polygon", [_square(-1.094, 50.780)]),
    ("Lighthouse", "Polygon", [_square(-1.090, 50.779)]),
    ("Paddling pool", "Polygon", [_square(-1.092, 50.784)]),
    ("Sector A", "Polygon", [_square(-1.095, 50.782)]),
    ("Dock yard", "Point", [-1.093, 50.7815]),
    ("Post north", "Point", [-1.0925, 50.7845]),
    ("Rally south", "Point", [-1.091, 50.781]),
    ("Patrol base", "Point", [-1.0915, 50.782]),
    ("Houses", "Polygon", [_square(-1.099, 50.787)]),
)
ROLES = dict(
    enumerate(
        (
            FeatureKind.BOUNDARY,
            FeatureKind.CROWD,
            FeatureKind.KEEP_OUT,
            FeatureKind.WATER,
            FeatureKind.ZONE,
            FeatureKind.SITE,
            FeatureKind.POST,
            FeatureKind.RALLY_POINT,
            FeatureKind.PATROL,
            FeatureKind.HOME,
        )
    )
)


def _imported(file: FeatureFile, roles: dict[int, FeatureKind], choices: ImportChoices | None = None) -> str:
    return apply_edit(TEXT, import_edit(file, roles, read_plain_data(TEXT), choices))


def _parsed(text: str) -> Scenario:
    return parse_scenario(text.encode(), name="imported.yaml", folder=FESTIVAL.parent)


def test_every_role_arrives_beside_what_is_there_already() -> None:
    before, after = _parsed(TEXT), _parsed(_imported(SITE_PLAN, ROLES))
    assert after.site.boundary[0] == Position(lat_deg=50.775, lon_deg=-1.1)
    assert after.site.keep_outs[-1][0] == "lighthouse"
    assert len(after.site.keep_outs) == len(before.site.keep_outs) + 1
    assert after.site.water is not None
    assert after.site.water[-1][0] == "Paddling pool"
    assert after.demand.zones[-1].share == pytest.approx(0.1)
    assert sum(zone.share for zone in after.demand.zones) == pytest.approx(1.0)
    assert after.candidates[-1].name == "Dock yard"
    assert not after.operation.posts[-1].confirmed
    assert after.contingency.rally_points[-1] == Position(lat_deg=50.781, lon_deg=-1.091)
    assert after.demand.ground.posts[-1] == Position(lat_deg=50.782, lon_deg=-1.0915)
    assert after.simulation.homes[-1][0] == "houses"


def test_what_the_file_does_not_say_is_assumed_and_each_thing_names_its_source() -> None:
    after = _parsed(_imported(SITE_PLAN, ROLES, ImportChoices(people_per_m2=3.0)))
    crowd = after.site.crowds[-1]
    assert (crowd.name, crowd.people_per_m2, crowd.start) == ("Arena", 3.0, after.period.start)
    said = {item.path: item for item in after.assumptions}
    crowd_said = next(
        item for path, item in said.items() if path.startswith("site.crowds") and "Arena" in item.source
    )
    assert crowd_said.assumed
    assert "3 people per m² at all hours are assumed" in crowd_said.source
    assert not said["site.boundary"].assumed
    assert said["site.boundary"].source == "plan.geojson, Licensed site"


def test_kinds_are_replaced_only_when_that_is_asked_for() -> None:
    replaced = frozenset({FeatureKind.ZONE, FeatureKind.SITE, FeatureKind.KEEP_OUT})
    roles = {number: kind for number, kind in ROLES.items() if kind in replaced}
    after = _parsed(
        _imported(SITE_PLAN, roles, ImportChoices(replace=replaced)).replace("docks: 2", "docks: 1")
    )
    assert [zone.name for zone in after.demand.zones] == ["Sector A"]
    assert [site.name for site in after.candidates] == ["Dock yard"]
    assert [id_ for id_, _ in after.site.keep_outs] == ["lighthouse"]


def test_features_of_one_name_get_ids_of_their_own() -> None:
    twins = _file(*[("Ladies Mile", "Polygon", [_square(-1.093, 50.780 + 0.001 * n)]) for n in range(2)])
    after = _parsed(_imported(twins, {0: FeatureKind.ZONE, 1: FeatureKind.ZONE}))
    assert [zone.id for zone in after.demand.zones[-2:]] == ["ladies-mile-2", "ladies-mile-3"]


@pytest.mark.parametrize(
    ("roles", "word"),
    [
        ({}, "no feature has a role"),
        ({5: FeatureKind.ZONE}, "Dock yard is a point, not an area as a demand zone is"),
        ({1: FeatureKind.POST}, "Arena is an area, not a point"),
        ({0: FeatureKind.BOUNDARY, 1: FeatureKind.BOUNDARY}, "2 boundaries: Licensed site, Arena"),
        ({99: FeatureKind.ZONE}, "there is no feature 99"),
    ],
)
def test_a_role_that_does_not_fit_is_refused_in_words(roles: dict[int, FeatureKind], word: str) -> None:
    with pytest.raises(InputError, match=word):
        _imported(SITE_PLAN, roles)


def test_a_hole_of_the_boundary_is_not_flown_into_silently() -> None:
    hole = [[-1.093, 50.780], [-1.092, 50.780], [-1.092, 50.781], [-1.093, 50.780]]
    file = _file(("Site", "Polygon", [_square(-1.1, 50.775, 0.015), hole]))
    with pytest.raises(InputError, match="hole 1 is a hole of the boundary -> take it over as a keep-out"):
        _imported(file, {0: FeatureKind.BOUNDARY})
    assert propose_role(file.features[1]) is FeatureKind.KEEP_OUT
    after = _parsed(_imported(file, {0: FeatureKind.BOUNDARY, 1: FeatureKind.KEEP_OUT}))
    assert after.site.keep_outs[-1][0] == "site-hole-1"


def test_names_propose_roles_that_their_shapes_allow() -> None:
    proposed = {feature.name: propose_role(feature) for feature in SITE_PLAN.features}
    assert proposed["Licensed site"] is FeatureKind.BOUNDARY
    assert proposed["Post north"] is FeatureKind.POST
    assert proposed["Lighthouse"] is None


def test_a_new_scenario_is_known_to_hold_placeholders(tmp_path: Path) -> None:
    assert placeholder_kinds(read_plain_data(TEXT)) == frozenset()
    drawn = {"site": {"boundary": {"confirmed": False}}, "operation": {"posts": [{"confirmed": False}]}}
    assert placeholder_kinds(drawn) == {FeatureKind.BOUNDARY, FeatureKind.POST}


def test_an_open_line_becomes_the_area_that_somebody_says_it_is() -> None:
    file = _file(("Licensed line", "LineString", _square(-1.1, 50.775, 0.015)[:-1]))
    assert propose_role(file.features[0]) is None, "nobody has said that it is one"
    after = _parsed(_imported(file, {0: FeatureKind.BOUNDARY}))
    assert len(after.site.boundary) == 4
    straight = _file(("Fence", "LineString", [[-1.1, 50.775], [-1.09, 50.775]]))
    with pytest.raises(InputError, match="Fence cannot be joined into the outline of a keep-out"):
        _imported(straight, {0: FeatureKind.KEEP_OUT})


def test_obstacles_stand_beside_the_nearest_site_as_far_and_as_wide_as_seen_from_there() -> None:
    """A stage 40 m wide, 100 m north of a dock of the same file, and a mast without a height."""
    lat, lon, degree_m = 50.7815, -1.093, 111_230.0
    wide = 20.0 / (degree_m * math.cos(math.radians(lat)))
    south, north = lat + 100.0 / degree_m, lat + 115.0 / degree_m
    outline = [[lon - wide, south], [lon + wide, south], [lon + wide, north], [lon - wide, north]]
    stage = {"type": "Polygon", "coordinates": [[*outline, outline[0]]]}
    features = [
        {
            "type": "Feature",
            "properties": {"name": "Dock yard"},
            "geometry": {"type": "Point", "coordinates": [lon, lat]},
        },
        {"type": "Feature", "properties": {"name": "Stage", "height": "14 m"}, "geometry": stage},
        {
            "type": "Feature",
            "properties": {"name": "Mast"},
            "geometry": {"type": "Point", "coordinates": [lon + wide, lat]},
        },
    ]
    document = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    file = read_features(document, name="plan.geojson")
    roles = {0: FeatureKind.SITE, 1: FeatureKind.OBSTACLE, 2: FeatureKind.OBSTACLE}
    with pytest.raises(InputError, match="Mast: how high it is"):
        _imported(file, roles)
    after = _parsed(_imported(file, roles, ImportChoices(obstacle_height_m=9.0)))
    stage_there, mast = after.candidates[-1].obstacles
    assert (stage_there.height_m, mast.height_m, mast.width_m) == (14.0, 9.0, 5.0)
    assert stage_there.distance_m == pytest.approx(100.0, abs=0.5)
    assert stage_there.width_m == pytest.approx(40.0, abs=0.5)
    assert (stage_there.bearing_deg, mast.bearing_deg) == pytest.approx((0.0, 90.0), abs=0.3)
    assert [item.assumed for item in after.assumptions if "Mast" in item.source] == [True]


def test_a_power_line_is_an_obstacle_piece_by_piece_and_casts_no_wake() -> None:
    """A straight line of 400 m that passes 60 m east of a dock, drawn as a line of two corners."""
    lat, lon, degree_m = 50.7815, -1.093, 111_230.0
    east = lon + 60.0 / (degree_m * math.cos(math.radians(lat)))
    ends = [[east, lat - 200.0 / degree_m], [east, lat + 200.0 / degree_m]]
    line = {"type": "LineString", "coordinates": ends}
    dock = {"type": "Point", "coordinates": [lon, lat]}
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": shape}
        for name, shape in (("Dock yard", dock), ("Power line", line))
    ]
    file = read_features(
        json.dumps({"type": "FeatureCollection", "features": features}).encode(), name="plan.geojson"
    )
    assert propose_role(file.features[1]) is FeatureKind.OBSTACLE
    roles = {0: FeatureKind.SITE, 1: FeatureKind.OBSTACLE}
    after = _parsed(_imported(file, roles, ImportChoices(obstacle_height_m=30.0)))
    pieces = [item for site in after.candidates for item in site.obstacles if "Power line" in item.name]
    assert sum(item.width_m for item in pieces) == pytest.approx(400.0, abs=1.0)
    assert not any(item.casts_wake for item in pieces)
    assert {item.height_m for item in pieces} == {30.0}
    beside = [item for item in after.candidates[-1].obstacles if "Power line" in item.name]
    assert min(item.distance_m for item in beside) == pytest.approx(60.0, abs=1.0)
    cable = _file(("Cable", "LineString", [[-1.09, 50.7], [-1.09, 50.8]]))
    with pytest.raises(InputError, match="is 11 km long -> draw what is near the site"):
        _imported(cable, {0: FeatureKind.OBSTACLE}, ImportChoices(obstacle_height_m=30.0))


@pytest.mark.parametrize(
    ("name", "shape", "role"),
    [
        ("Veranstaltungsgelände Grenze", "Polygon", FeatureKind.BOUNDARY),
        ("Flugverbotszone Klinik", "Polygon", FeatureKind.KEEP_OUT),
        ("Zuschauerbereich", "Polygon", FeatureKind.CROWD),
        ("Fischteich", "Polygon", FeatureKind.WATER),
        ("Beobachter Nord", "Point", FeatureKind.POST),
        ("Notlandeplatz", "Point", FeatureKind.RALLY_POINT),
        ("Baukran", "Point", FeatureKind.OBSTACLE),
        ("Freileitung 110 kV", "LineString", FeatureKind.OBSTACLE),
    ],
)
def test_german_names_are_proposed_a_role(name: str, shape: str, role: FeatureKind) -> None:
    square = _square(-1.094, 50.780)
    places = {"Polygon": [square], "Point": square[0], "LineString": square[:2]}
    (feature,) = _file((name, shape, places[shape])).features
    assert propose_role(feature) is role


def test_other_traffic_is_taken_over_with_everything_but_its_outline_assumed() -> None:
    file = _file(("Display line", "Polygon", [_square(-1.094, 50.780)]))
    assert propose_role(file.features[0]) is FeatureKind.TRAFFIC
    after = _parsed(_imported(file, {0: FeatureKind.TRAFFIC}))
    assert after.traffic[-1].kind == "Display line"
    assert any(item.assumed and "Display line" in item.source for item in after.assumptions)


def test_a_kml_says_heights_only_above_the_ground() -> None:
    def height(mode: str) -> float | None:
        point = f"<Point><altitudeMode>{mode}</altitudeMode><coordinates>-1.09,50.78,31</coordinates></Point>"
        text = f"<kml><Placemark><name>Mast</name>{point}</Placemark></kml>"
        return read_features(text.encode(), name="plan.kml").features[0].height_m

    assert (height("relativeToGround"), height("absolute"), height("clampToGround")) == (31.0, None, None)


def test_a_real_boundary_leaves_behind_what_a_program_drew_outside_of_it() -> None:
    """`dfr init` draws zones and sites in a circle of 600 m; the real site is its eastern edge alone."""
    wish = ScenarioRequest(
        name="fete", site=Position(lat_deg=51.79, lon_deg=1.153), first_day=date(2027, 8, 26), days=1,
        zone=ZoneInfo("Europe/London"), radius_m=600.0, docks=1, drone="dji-m3td", dock="dji-dock-2",
        operation=OperationKind.VLOS, ground_m_amsl=None,
    )  # fmt: skip
    text = write_scenario_template(wish)
    before = parse_scenario(text.encode(), name="fete.yaml", folder=FESTIVAL.parent)
    for west in (1.1560, 1.1700):
        ring = [
            [west, 51.788],
            [west + 0.003, 51.788],
            [west + 0.003, 51.792],
            [west, 51.792],
            [west, 51.788],
        ]
        file, plain = _file(("Real boundary", "Polygon", [ring])), read_plain_data(text)
        asked = ImportChoices(replace=placeholder_kinds(plain))  # as the page asks by itself
        edit = import_edit(file, {0: FeatureKind.BOUNDARY}, plain, asked)
        after = parse_scenario(apply_edit(text, edit).encode(), name="fete.yaml", folder=FESTIVAL.parent)
        assert 1 <= len(after.demand.zones) < len(before.demand.zones)
        assert sum(zone.share for zone in after.demand.zones) == pytest.approx(1.0)
        assert 1 <= len(after.candidates) < len(before.candidates)
        assert len(after.contingency.rally_points) < len(before.contingency.rally_points)


@pytest.mark.parametrize("name", ["Campground", "North campsite", "Camping"])
def test_a_camp_is_proposed_as_a_crowd(name: str):
    feature = replace(SITE_PLAN.features[0], name=name)
    assert propose_role(feature) is FeatureKind.CROWD
