"""Volumes as an application carries them: read back, they are the plan's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely

from dfr.errors import InputError
from dfr.io.airspace.kml import read_kml
from dfr.io.scenario_files import find_scenario, load_world
from dfr.io.volume_files import volumes_document, volumes_kml
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(load_world(find_scenario("victorious-2024")))


def test_geojson_has_every_volume_and_the_proposed_area(plan: Plan) -> None:
    document = json.loads(volumes_document(plan, Path("v.geojson")))
    features = {f["properties"]["id"]: f for f in document["features"]}
    assert list(features) == [*(volume.id for volume in plan.volumes), "proposed_restricted_area"]
    shapes = {key: shapely.from_geojson(json.dumps(f["geometry"])) for key, f in features.items()}
    assert all(shape.is_valid for shape in shapes.values())
    proposed = shapes["proposed_restricted_area"]
    assert proposed.exterior.is_ccw
    assert proposed.covers(shapes["ground_risk_buffer"])
    assert shapes["ground_risk_buffer"].covers(shapes["flight_geography"])
    assert len(features["proposed_restricted_area"]["properties"]["corners"]) <= 12


def test_kml_reads_back_as_the_same_areas(plan: Plan) -> None:
    read = read_kml(volumes_kml(plan).encode(), name="v.kml")
    assert read.refused == 0
    assert read.zones[-1].name == "Proposed temporary restricted area"
    from_json = json.loads(volumes_document(plan, Path("v.json")))["features"]
    by_name = {f["properties"]["name"]: shapely.from_geojson(json.dumps(f["geometry"])) for f in from_json}
    for zone in read.zones:
        assert zone.area.polygon.area <= by_name[zone.name].area * (1 + 1e-4)
        assert by_name[zone.name].buffer(1e-6).covers(zone.area.polygon)


def test_another_suffix_is_refused(plan: Plan) -> None:
    with pytest.raises(InputError, match=r"v\.shp.*\.kml or \.geojson"):
        volumes_document(plan, Path("v.shp"))
