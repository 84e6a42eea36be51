"""The drawing under the map: which one a place gets, and what is refused."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import shapely

from dfr.errors import InputError
from dfr.io.base_drawing import base_drawing, grid_lines
from dfr.io.scenario_files import load_world, shipped_folder, shipped_scenarios


def build_world(name):
    return load_world(shipped_scenarios()[name])


@pytest.fixture
def copied(tmp_path):
    path = tmp_path / "mine.yaml"
    shutil.copy(shipped_scenarios()["isle-of-wight-2024"], path)
    return path


def square(kind="road", **properties):
    ring = [[-1.29, 50.70], [-1.28, 50.70], [-1.28, 50.71], [-1.29, 50.70]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"kind": kind, **properties}, "geometry": geometry}


def drawing(path, document):
    path.with_name("mine.base.geojson").write_text(json.dumps(document))
    return base_drawing(load_world(path))


@pytest.mark.parametrize(
    ("name", "whose"),
    [
        ("victorious-2024", "by eye"),
        ("winter-storm", "by eye"),
        ("urban-fringe-999", "OpenStreetMap"),
        ("protest-surge", "OpenStreetMap"),
    ],
)
def test_a_place_gets_the_finest_drawing_that_holds_it_and_is_told_how_good_it_is(name, whose):
    found = base_drawing(build_world(name))
    assert whose in found.note
    assert "good to about" in found.note
    assert "Not for navigation" in found.note


def test_a_site_as_wide_as_the_drawing_may_be_off_gets_none():
    assert base_drawing(build_world("isle-of-wight-2024")) is None


def test_a_copy_under_another_name_in_the_same_place_gets_the_same_drawing(tmp_path):
    path = tmp_path / "our-event.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    assert "by eye" in base_drawing(load_world(path)).note


def test_a_drawing_beside_the_scenario_comes_first(copied):
    found = drawing(copied, {"features": [square()], "note": "ours"})
    assert found.note == "ours"
    assert [kind for kind, _ in found.features] == ["road"]


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"features": [{}]},
        {"features": [square("volcano")]},
        {"features": [{**square(), "geometry": {"type": "GeometryCollection", "geometries": []}}]},
        {"features": [{**square(), "geometry": {"type": "Point", "coordinates": [1e9, 0]}}]},
        {"features": [{**square(), "geometry": {"type": "Point", "coordinates": []}}]},
        {"features": [{**square(), "geometry": {"type": "Point", "coordinates": ["<b>", 0]}}]},
    ],
)
def test_what_is_no_drawing_is_refused_with_its_name(copied, document):
    with pytest.raises(InputError, match=r"mine\.base\.geojson.*repair or remove"):
        drawing(copied, document)


def test_every_shipped_drawing_names_its_source_licence_and_accuracy():
    paths = list(shipped_folder("scenarios").glob("*.base.geojson"))
    assert len(paths) == 2
    for path in paths:
        document = json.loads(path.read_text())
        assert document["source"]
        assert document["license"]
        assert document["accuracy_m"] >= 50
        west, south, east, north = document["bbox"]
        box = shapely.box(west, south, east, north)
        for feature in document["features"]:
            assert box.covers(shapely.from_geojson(json.dumps(feature["geometry"])).envelope)


def test_the_generalised_coast_is_as_near_to_the_finer_one_as_it_says():
    frame = build_world("victorious-2024").frame

    def local(lonlat):
        return np.column_stack(frame.to_enu(lonlat[:, 1], lonlat[:, 0]))

    def coast(name):
        document = json.loads((shipped_folder("scenarios") / f"{name}.base.geojson").read_text())
        lines = [
            shapely.transform(shapely.from_geojson(json.dumps(f["geometry"])), local)
            for f in document["features"]
            if f["properties"]["kind"] == "coast"
        ]
        return document["accuracy_m"], shapely.union_all(lines)

    fine_m, fine = coast("southsea")
    coarse_m, coarse = coast("solent")
    away_m = max(coarse.distance(shapely.Point(p)) for p in shapely.segmentize(fine, 20.0).coords)
    assert away_m <= coarse_m + fine_m


def test_the_grid_is_of_round_metres_and_reaches_beyond_the_site():
    world = build_world("isle-of-wight-2024")
    step_m, lines = grid_lines(world)
    assert step_m == 200.0
    assert all(value % step_m == 0 for ends in lines for end in ends for value in end)
    drawn = shapely.MultiLineString(lines)
    assert shapely.box(*drawn.bounds).contains(world.frame.polygon(world.scenario.site.boundary))


def test_a_grid_of_a_region_has_no_more_lines_than_can_be_read():
    world = build_world("protest-surge")
    _, lines = grid_lines(world)
    assert len(lines) < 100


def test_a_moved_copy_far_from_any_drawing_has_none():
    world = build_world("victorious-2024")
    site = world.scenario.site
    moved = replace(site, boundary=tuple(replace(p, lon_deg=p.lon_deg + 20.0) for p in site.boundary))
    assert base_drawing(replace(world, scenario=replace(world.scenario, site=moved))) is None
