"""What lies under the plan: a picture and a drawing beside the scenario, and tiles of one named server."""

import io
import json
import shutil

import pytest
from PIL import Image

from dfr.errors import InputError
from dfr.io.scenario_files import shipped_scenarios
from dfr.web.base_map import read_tile_server
from dfr.web.editor import ScenarioEditor
from dfr.web.guard import policy_with
from dfr.web.page_data import PageData

from .test_app import ask, fetched, running

CORNERS = [[-1.09, 50.79], [-1.08, 50.79], [-1.08, 50.78], [-1.09, 50.78]]
ROAD = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"highway": "service"},
            "geometry": {"type": "LineString", "coordinates": [[-1.09, 50.78], [-1.08, 50.785]]},
        }
    ],
}


@pytest.fixture
def pages(tmp_path, victorious):
    path = tmp_path / "mine.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    return PageData(editor=ScenarioEditor(path, plan=victorious[1]))


def picture():
    out = io.BytesIO()
    Image.new("RGB", (20, 10), (10, 20, 30)).save(out, format="PNG")
    return out.getvalue()


def upload(port, query, data):
    status, text = ask(port, f"/api/base/file?{query}", method="POST", body=data)
    return status, json.loads(text)


def test_a_drawing_takes_the_place_of_the_one_before_and_every_page_is_told(pages):
    before = pages.fixed_layers()["base"]
    with running(pages) as port:
        status, base = upload(port, "name=harbour.geojson", json.dumps(ROAD).encode())
        assert (status, base["version"], base["photo"]) == (200, 1, None)
        drawn = json.loads(fetched(port, "/api/place")[1])["base"]
    assert pages.standing()["base"] == 1
    assert [f["properties"]["kind"] for f in drawn["features"]] == ["road"]
    assert drawn["note"] == "Drawn from harbour.geojson. Not checked against the ground."
    assert drawn != before
    assert pages.editor.version == 0, "the plan is as it was"


def test_a_picture_is_pinned_moved_sent_and_taken_away(pages):
    with running(pages) as port:
        corners = ",".join(str(number) for corner in CORNERS for number in corner)
        status, base = upload(port, f"name=roof.png&corners={corners}", picture())
        assert (status, base["pinned"], base["photo"]["corners"]) == (200, True, CORNERS)
        status, data, headers = fetched(port, "/api/base/photo")
        assert (status, headers["content-type"]) == (200, "image/jpeg")
        assert Image.open(io.BytesIO(data)).size == (20, 10)
        moved = [[-1.0895, 50.79], *CORNERS[1:]]
        status, text = ask(port, "/api/base/pin", method="POST", document={"corners": moved})
        assert json.loads(text)["photo"]["corners"] == moved
        status, text = ask(port, "/api/base/remove", method="POST", document={})
        assert json.loads(text)["photo"] is None
        assert fetched(port, "/api/base/photo")[0] == 400


@pytest.mark.parametrize(
    ("query", "data", "words"),
    [
        ("name=a", b"", "neither GeoJSON nor OSM XML"),
        ("name=a", b"PK\3\4", "neither GeoJSON nor OSM XML"),
        ("name=a", picture(), "four corners"),
        ("name=a&corners=1,2,x", picture(), "four corners"),
        ("name=a&corners=nan,1,2,3,4,5,6,7", picture(), "four corners"),
        ("name=a", b"II*\0", "not a readable picture"),
    ],
)
def test_what_is_neither_is_refused_with_words_and_nothing_is_kept(pages, tmp_path, query, data, words):
    with running(pages) as port:
        status, answer = upload(port, query, data)
    assert status == 400
    assert words in answer["error"]["message"]
    assert [path.name for path in tmp_path.iterdir()] == ["mine.yaml"]


def test_a_shipped_scenario_gets_no_files_beside_it(victorious):
    shipped = shipped_scenarios()["victorious-2024"]
    pages = PageData(editor=ScenarioEditor(shipped, plan=victorious[1]))
    with running(pages) as port:
        status, answer = upload(port, "name=a", json.dumps(ROAD).encode())
    assert status == 400
    assert "came with dfr" in answer["error"]["message"]


def test_a_picture_that_cannot_be_drawn_is_said_and_hides_nothing_else(pages, tmp_path):
    (tmp_path / "mine.photo.tif").write_bytes(b"II*\0rubbish")
    base = pages.base_map().describe()
    assert base["photo"] is None
    assert "not a readable picture" in base["problem"]


def test_tiles_open_the_policy_to_their_one_origin_and_to_pictures_and_data_alone():
    tiles = read_tile_server("https://tiles.example:8443/a/{z}/{x}/{y}.png?key=1", " © Somebody ")
    assert tiles.as_dict()["attribution"] == "© Somebody"
    assert not tiles.as_dict()["vector"]
    policy = dict(part.split(" ", 1) for part in policy_with(tiles.opened).split("; "))
    opened = {kind for kind, sources in policy.items() if sources.endswith(" https://tiles.example:8443")}
    assert opened == {"img-src", "connect-src"}
    assert "http" not in policy_with({})


def test_vector_tiles_are_told_by_the_end_of_their_address():
    assert read_tile_server("https://t.example/{z}/{x}/{y}.pbf?k=1", "x").as_dict()["vector"]


@pytest.mark.parametrize(
    ("url", "by", "words"),
    [
        ("https://t.example/{z}/{x}/{y}.png", "", "give --tiles-by"),
        ("http://t.example/{z}/{x}/{y}.png", "x", "not an https address"),
        ("ftp://t.example/{z}/{x}/{y}.png", "x", "not an https address"),
        ("https://t.example; script-src */{z}/{x}/{y}", "x", "not an https address"),
        ("https://a@t.example/{z}/{x}/{y}.png", "x", "not an https address"),
        ("https:///{z}/{x}/{y}.png", "x", "not an https address"),
        ("https://t.example/{z}/{x}.png", "x", "has no"),
        ("tiles", "x", "not an https address"),
    ],
)
def test_an_address_that_is_no_tile_server_is_refused_with_words(url, by, words):
    with pytest.raises(InputError, match=words):
        read_tile_server(url, by)
