"""What the plan page can draw: features as they are written, and forms as the schema has them."""

import pytest

from dfr.errors import InputError
from dfr.geo import Position, bearing_deg, distance_m
from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import shipped_scenarios
from dfr.scenario.edits import AddFeature
from dfr.scenario.features import FeatureKind
from dfr.web.features import feature_forms, map_features
from dfr.web.positions import describe_place, place_of


def fields_of(kind):
    return {field["name"]: field for field in feature_forms()[kind]["fields"]}


@pytest.mark.parametrize("name", sorted(shipped_scenarios()))
def test_every_feature_of_a_shipped_scenario_stands_where_the_file_says(name):
    data = read_plain_data(shipped_scenarios()[name].read_text())
    features = map_features(data)
    sites = [feature for feature in features if feature["kind"] == "site"]
    assert [site["id"] for site in sites] == [site["id"] for site in data["candidates"]["sites"]]
    assert [site["geometry"]["coordinates"] for site in sites] == [
        [site["lon_deg"], site["lat_deg"]] for site in data["candidates"]["sites"]
    ]
    (boundary,) = (feature for feature in features if feature["kind"] == "boundary")
    ring = data["site"]["boundary"]["ring"]
    assert boundary["geometry"]["coordinates"] == [[[lon, lat] for lat, lon in ring]]
    keys = [(feature["kind"], feature["id"]) for feature in features]
    assert len(set(keys)) == len(keys)


def test_an_obstacle_stands_at_its_bearing_and_distance_from_its_dock():
    text = shipped_scenarios()["victorious-2024"].read_text()
    hall = {"name": "Hall", "height_m": 12, "width_m": 30, "distance_m": 120, "bearing_deg": 75}
    added = AddFeature(kind=FeatureKind.OBSTACLE, site="skate-park", feature=hall)
    features = map_features(read_plain_data(apply_edit(text, added)))
    (obstacle,) = (feature for feature in features if feature["kind"] == "obstacle")
    (dock,) = (f for f in features if f["kind"] == "site" and f["id"] == "skate-park")
    here, there = (
        Position(lat_deg=feature["geometry"]["coordinates"][1], lon_deg=feature["geometry"]["coordinates"][0])
        for feature in (dock, obstacle)
    )
    assert distance_m(here, there) == pytest.approx(120, abs=0.05)
    assert bearing_deg(here, there) == pytest.approx(75, abs=0.05)


def test_forms_have_the_units_and_limits_of_the_schema():
    assert set(feature_forms()) == {kind.value for kind in FeatureKind}
    (_, _, density) = fields_of("crowd")["presence"]["fields"]
    assert (density["unit"], density["min"], density["max"]) == ("per m²", 0, 10)
    sight = fields_of("post")["range_m"]
    assert (sight["input"], sight["unit"], sight["above"]) == ("figure", "m", 0)
    assert fields_of("site")["use"]["choices"] == ["allowed", "required", "forbidden"]
    assert fields_of("traffic")["upper_m_amsl"]["unit"] == "m above sea level"
    assert "area" not in fields_of("zone"), "an area is drawn"


def test_a_place_is_told_by_its_grid_and_asked_for_in_degrees():
    there = place_of({"lat": "50.782", "lon": "-1.089"})
    assert describe_place(there)["grid"].startswith("SZ 643")
    for query in ({}, {"lat": "50", "lon": "x"}, {"lat": "nan", "lon": "0"}, {"lat": "91", "lon": "0"}):
        with pytest.raises(InputError):
            place_of(query)
