"""A base drawing from a file that a user has: what is drawn of it, whose it is, and what is refused."""

import json

import pytest

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.base_import import kind_of, read_base_file

OSLO = Position(lat_deg=59.9127, lon_deg=10.7461)

OSM = b"""<?xml version="1.0"?>
<osm version="0.6">
 <node id="1" lat="59.90" lon="10.74"/><node id="2" lat="59.90" lon="10.75"/>
 <node id="3" lat="59.91" lon="10.75"/><node id="4" lat="69.00" lon="20.00"/>
 <way id="9"><nd ref="1"/><nd ref="2"/><nd ref="3"/><nd ref="1"/><tag k="natural" v="water"/></way>
 <way id="10"><nd ref="1"/><nd ref="2"/><tag k="waterway" v="river"/></way>
 <way id="11"><nd ref="2"/><nd ref="3"/><nd ref="7"/><tag k="highway" v="service"/></way>
 <way id="12"><nd ref="2"/><nd ref="3"/><tag k="power" v="line"/></way>
 <way id="13"><nd ref="4"/><nd ref="4"/><tag k="highway" v="service"/></way>
</osm>"""


def geojson(*features):
    made = [
        {"type": "Feature", "properties": tags, "geometry": {"type": kind, "coordinates": coordinates}}
        for tags, kind, coordinates in features
    ]
    return json.dumps({"type": "FeatureCollection", "features": made}).encode()


LINE = [[10.74, 59.91], [10.75, 59.92]]
AREA = [[[10.74, 59.91], [10.75, 59.91], [10.75, 59.92], [10.74, 59.91]]]


def drawn(data, name="map"):
    document = json.loads(read_base_file(data, name=name, near=OSLO))
    return [(f["properties"]["kind"], f["geometry"]["type"]) for f in document["features"]], document["note"]


def test_water_streams_and_roads_of_an_osm_extract_are_drawn_and_openstreetmap_is_named():
    kinds, note = drawn(OSM)
    assert kinds == [("water", "Polygon"), ("stream", "LineString"), ("road", "LineString")]
    assert note.startswith("© OpenStreetMap contributors, ODbL")


def test_geojson_is_drawn_by_its_tags_and_what_is_not_drawn_is_left_out():
    kinds, note = drawn(
        geojson(
            ({"natural": "coastline"}, "LineString", LINE),
            ({"building": "yes"}, "Polygon", AREA),
            ({"leisure": "park"}, "Polygon", AREA),
            ({"featurecla": "Railroad"}, "LineString", LINE),
            ({"kind": "sea"}, "Polygon", AREA),
            ({"shop": "bakery"}, "Polygon", AREA),
            ({"building": "no"}, "Polygon", AREA),
        ),
        name="harbour.geojson",
    )
    assert [kind for kind, _ in kinds] == ["coast", "building", "park", "rail", "sea"]
    assert note == "Drawn from harbour.geojson. Not checked against the ground."


def test_what_is_far_from_the_site_is_cut_off():
    text = read_base_file(
        geojson(({"highway": "primary"}, "LineString", [[10.74, 59.91], [10.74, 70.0]])), name="x", near=OSLO
    )
    ends = json.loads(text)["features"][0]["geometry"]["coordinates"]
    assert max(lat for _, lat in ends) == pytest.approx(OSLO.lat_deg + 0.25)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "neither GeoJSON nor OSM XML"),
        (b"\x00\x01", "neither GeoJSON nor OSM XML"),
        (b"{", "not JSON"),
        (b"{}", "no coast, water, road"),
        (b'{"features": 7}', "no coast, water, road"),
        (b'{"features": [7, {"geometry": 1, "properties": {"kind": "sea"}}]}', "no coast, water, road"),
        (b"<osm>", "not a readable OSM file"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><osm>&a;</osm>', "declarations of types and entities are refused"),
        (b'<osm><node id="1" lat="x" lon="1"/></osm>', "not a readable OSM file"),
        (geojson(({"highway": "primary"}, "LineString", [[1.0, 2.0], [1.1, 2.0]])), "of the site"),
        (geojson(({"highway": "primary"}, "LineString", [["a", None], []])), "no coast, water, road"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_words(data, words):
    with pytest.raises(InputError, match=words):
        read_base_file(data, name="map", near=OSLO)


def test_a_tag_that_others_misuse_is_no_kind():
    assert kind_of({"kind": "castle"}) is None
    assert kind_of({"highway": None}) is None
