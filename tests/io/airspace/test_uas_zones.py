"""ED-269, ED-318, GeoJSON and KML: what they say, and what they must not do."""

from __future__ import annotations

import contextlib
import io
import json
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import AirspaceError
from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.reading import AirspaceRead
from dfr.scenario.air import AirspaceFile
from dfr.world.airspace_answers import AirspaceState
from dfr.world.terrain import FlatGround
from dfr.world.zones import SURFACE, UNLIMITED
from tests.places import edge_distance_m

from ...examples import examples

HERE = Position(lat_deg=50.75, lon_deg=-1.2)
CIRCLE = {"type": "Circle", "center": [-1.2, 50.75], "radius": 1000}
SQUARE = [[-1.3, 50.7], [-1.1, 50.7], [-1.1, 50.8], [-1.3, 50.8], [-1.3, 50.7]]
HOLE = [[-1.25, 50.74], [-1.15, 50.74], [-1.15, 50.76], [-1.25, 50.76], [-1.25, 50.74]]


def ed269(**words: object) -> dict[str, object]:
    volume = {
        "uomDimensions": "M",
        "lowerLimit": 0,
        "lowerVerticalReference": "AGL",
        "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": CIRCLE,
        **words,
    }
    return {
        "identifier": "GBRLONG0001",
        "country": "GBR",
        "name": "Test",
        "type": "COMMON",
        "restriction": "PROHIBITED",
        "reason": ["SENSITIVE"],
        "zoneAuthority": [{"name": "Tower", "phone": "1"}],
        "applicability": [{"permanent": "YES"}],
        "geometry": [volume],
    }


def read(document: object) -> AirspaceRead:
    return read_airspace(json.dumps(document, indent=1).encode(), name="zones.json")


def test_an_ed_269_circle_has_its_radius_limits_and_authority() -> None:
    result = read({"features": [ed269()]})
    (zone,) = result.zones
    assert (result.kind, zone.kind, zone.name, zone.contact) == ("ed269", "PROHIBITED", "Test", "Tower, 1")
    assert zone.lower == SURFACE
    assert (zone.upper.value_m, zone.upper.datum) == (120.0, VerticalDatum.AGL)
    assert edge_distance_m(zone, HERE) == pytest.approx(1000.0, abs=0.5)
    assert zone.line == 3


def test_feet_and_metres_are_told_apart() -> None:
    (zone,) = read({"features": [ed269(uomDimensions="FT", upperLimit=400)]}).zones
    assert zone.upper.value_m == pytest.approx(121.92)
    result = read(
        {"features": [ed269(lowerLimit=500, lowerVerticalReference="AMSL", upperVerticalReference="AMSL")]}
    )
    assert [p.code for p in result.problems] == ["limits-inverted"]
    assert (len(result.zones), result.refused) == (0, 1)
    assert read({"features": [ed269(uomDimensions="FURLONG")]}).refused == 1


def test_daily_hours_hold_on_their_days_only() -> None:
    feature = ed269()
    schedule = [{"day": ["MON", "TUE"], "startTime": "09:00Z", "endTime": "17:30:00.00Z"}]
    feature["applicability"] = [
        {"startDateTime": "2024-06-01T00:00:00Z", "endDateTime": "2024-09-01T00:00:00Z", "schedule": schedule}
    ]
    (zone,) = read({"features": [feature]}).zones
    moments = {
        datetime(2024, 8, 19, 12, tzinfo=UTC): True,
        datetime(2024, 8, 19, 18, tzinfo=UTC): False,
        datetime(2024, 8, 21, 12, tzinfo=UTC): False,
        datetime(2024, 9, 2, 12, tzinfo=UTC): False,
    }
    assert {moment: zone.is_active(moment, moment) for moment in moments} == moments


def test_hours_that_cannot_be_read_are_not_known() -> None:
    feature = ed269()
    feature["applicability"] = [{"schedule": [{"day": ["SOMEDAY"]}]}]
    result = read({"features": [feature]})
    noon = datetime(2024, 8, 19, 12, tzinfo=UTC)
    assert result.zones[0].is_active(noon, noon) is None
    assert [p.code for p in result.problems] == ["unreadable-activation"]


def test_swapped_positions_over_the_united_kingdom_are_refused() -> None:
    swapped = {"type": "Polygon", "coordinates": [[[lat, lon] for lon, lat in SQUARE]]}
    result = read({"features": [ed269(horizontalProjection=swapped), ed269(horizontalProjection=swapped)]})
    assert (len(result.zones), result.refused) == (0, 2)
    assert {p.code for p in result.problems} == {"lat-lon-swapped"}


def ed318(geometry: dict[str, object], **words: object) -> dict[str, object]:
    layer = {"upper": 100, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL", "uom": "m"}
    return {
        "type": "Feature",
        "properties": {
            "identifier": "X1",
            "name": [{"text": "Zone", "lang": "en-GB"}],
            "type": "REQ_AUTHORIZATION",
            **words,
        },
        "geometry": {**geometry, "layer": {**layer, **geometry.pop("layer", {})}},
    }


def test_ed_318_circles_and_collections() -> None:
    point = {"type": "Point", "coordinates": [-1.2, 50.75], "extent": {"subType": "Circle", "radius": 500}}
    polygon = {"type": "Polygon", "coordinates": [SQUARE, HOLE]}
    result = read({"type": "FeatureCollection", "features": [ed318(point), ed318(polygon)]})
    circle, square = result.zones
    assert (result.kind, circle.kind, circle.name) == ("ed318", "REQ_AUTHORIZATION", "Zone")
    assert edge_distance_m(circle, HERE) == pytest.approx(500, abs=0.5)
    assert square.distance_m(HERE) > 500.0
    wgs84 = {**point, "layer": {"upper": 100, "upperReference": "WGS84"}}
    (zone,) = read({"type": "FeatureCollection", "features": [ed318(wgs84)]}).zones
    assert zone.upper.datum is VerticalDatum.ELLIPSOID


def test_ed_318_zones_by_daylight_follow_the_sun() -> None:
    point = {"type": "Point", "coordinates": [-1.2, 50.75], "extent": {"subType": "Circle", "radius": 500}}
    schedule = [{"day": ["ANY"], "startEvent": "SR", "endEvent": "SS"}]
    feature = ed318(point, limitedApplicability=[{"schedule": schedule}])
    (zone,) = read({"type": "FeatureCollection", "features": [feature]}).zones
    expected = {
        (6, 21, 4): True,
        (6, 21, 3): False,
        (12, 21, 8): False,
        (12, 21, 9): True,
        (12, 21, 17): False,
    }
    for (month, day, hour), active in expected.items():
        moment = datetime(2024, month, day, hour, tzinfo=UTC)
        assert zone.is_active(moment, moment) is active


def test_plain_geojson_with_words_for_limits() -> None:
    feature = {
        "type": "Feature",
        "properties": {"name": "CTR", "class": "D", "type": "CTR", "lower": "SFC", "upper": "2000 ft"},
        "geometry": {"type": "MultiPolygon", "coordinates": [[SQUARE], [[[x + 1, y] for x, y in SQUARE]]]},
    }
    result = read({"type": "FeatureCollection", "features": [feature]})
    assert result.kind == "geojson"
    assert [(z.name, z.airspace_class, z.upper.value_m) for z in result.zones] == [("CTR", "D", 609.6)] * 2


def test_openaip_limits() -> None:
    words = {
        "name": "A",
        "icaoClass": 3,
        "lowerLimit": {"value": 0, "unit": 1, "referenceDatum": 0},
        "upperLimit": {"value": 65, "unit": 6, "referenceDatum": 2},
    }
    feature = {
        "type": "Feature",
        "properties": words,
        "geometry": {"type": "Polygon", "coordinates": [SQUARE]},
    }
    (zone,) = read({"type": "FeatureCollection", "features": [feature]}).zones
    assert (zone.airspace_class, zone.lower, zone.upper.datum) == ("D", SURFACE, VerticalDatum.FLIGHT_LEVEL)
    assert zone.upper.value_m == pytest.approx(1981.2)


POLYGON = {"type": "Polygon", "coordinates": [SQUARE]}


def one(words: dict[str, object], geometry: object = POLYGON) -> AirspaceRead:
    feature = {"type": "Feature", "properties": words, "geometry": geometry}
    return read({"type": "FeatureCollection", "features": [feature]})


@pytest.mark.parametrize(
    ("words", "lower", "upper"),
    [
        ({"lower": 30, "lowerReference": "AGL", "upper": 120, "upperReference": "AMSL", "uom": "M"}, 30, 120),
        ({"lowerLimit": 100, "lowerVerticalReference": "AGL", "upperLimit": "500",
          "upperVerticalReference": "AMSL", "uomDimensions": "FT"}, 30.48, 152.4),
        ({"lower": 45, "upper": 300, "lowerRef": "AGL", "upperRef": "AMSL", "uom": "M"}, 45, 300),
        ({"UASZone": {"name": "X"},
          "verticalLayer": {"upper": 900, "upperReference": "AMSL", "lower": 45, "lowerReference": "AGL",
                            "UOM": "M"}}, 45, 900),
        ({"LOWER": "GND", "UPPER": "1600 ft"}, None, 487.68),
        ({"lower": "SFC", "upper": "1000 FT ALT \u00b7"}, None, 304.8),
    ],
)  # fmt: skip
def test_limits_stand_wherever_offices_put_them(
    words: dict[str, object], lower: float | None, upper: float
) -> None:
    result = one(words)
    assert result.problems == ()
    (zone,) = result.zones
    assert (zone.upper.value_m, zone.upper.datum) == (pytest.approx(upper), VerticalDatum.AMSL)
    assert zone.lower == SURFACE if lower is None else zone.lower.value_m == pytest.approx(lower)


def test_groups_of_properties_name_a_zone_and_say_what_holds_in_it() -> None:
    zone_words = {"name": "Town", "type": "REQ_AUTHORIZATION", "message": "Ask <b>first</b>.<p>Always."}
    layer = {"upper": 100, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL", "uom": "m"}
    (zone,) = one({"UASZone": zone_words, "verticalLayer": layer}).zones
    assert (zone.name, zone.kind, zone.remarks) == ("Town", "REQ_AUTHORIZATION", "Ask first. Always.")


def test_a_floor_of_nothing_is_the_surface_and_a_height_without_a_unit_is_refused() -> None:
    words = {"lower": 0, "lowerReference": "AMSL", "upper": 120, "upperReference": "AGL"}
    assert one({**words, "uom": "M"}).zones[0].lower == SURFACE
    result = one(words)
    assert [p.code for p in result.problems if p.outcome.value == "refused"] == ["unreadable-limit"]
    assert len(result.defects) == 1


def test_a_limit_to_the_millimetre_keeps_its_height_when_written_in_words() -> None:
    words = {"lower": 0, "lowerReference": "AGL", "upper": 92.125, "upperReference": "AGL", "uom": "M"}
    (zone,) = one(words).zones
    assert parse_limit(zone.upper.text).value_m == pytest.approx(92.125, abs=0.006)


def test_ed_269_words_in_geojson_are_geojson() -> None:
    words = {
        "name": "Zone", "type": "COMMON", "restriction": "PROHIBITED", "uomDimensions": "M",
        "upperLimit": 120, "lowerLimit": 0, "upperVerticalReference": "AGL", "lowerVerticalReference": "AGL",
        "applicability": [{"startDateTime": "2024-01-01T00:00:00Z", "endDateTime": "2025-01-01T00:00:00Z"}],
    }  # fmt: skip
    result = one(words)
    (zone,) = result.zones
    assert (result.kind, zone.kind, result.problems) == ("geojson", "PROHIBITED", ())
    later = datetime(2026, 1, 1, tzinfo=UTC)
    assert zone.is_active(later, later) is False


@pytest.mark.parametrize("wrapper", ["items", "zones", "GeoZones"])
def test_features_without_properties_speak_for_themselves(wrapper: str) -> None:
    limits = {
        "lowerLimit": {"value": 0, "unit": 1, "referenceDatum": 0},
        "upperLimit": {"value": 65, "unit": 6, "referenceDatum": 2},
    }
    result = read({wrapper: [{"name": "A", "icaoClass": 3, "geometry": POLYGON, **limits}]})
    (zone,) = result.zones
    assert (zone.name, zone.airspace_class, zone.upper.text, zone.line) == ("A", "D", "FL65", 3)


def test_a_list_of_zones_within_a_list_of_zones() -> None:
    assert len(read({"UASZoneList": {"features": [ed269()]}}).zones) == 1


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"<kml/>", b"airspace: []", b"* nothing\n"])
def test_a_file_without_a_volume_says_so(data: bytes) -> None:
    result = read_airspace(data, name="empty")
    assert [p.code for p in result.problems] == ["no-volumes"]


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        [],
        {"type": "LineString", "coordinates": SQUARE},
        {"type": "Point", "coordinates": [-1, 50]},
        {"type": "Polygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[[1]]]},
        {"type": "Polygon", "coordinates": [[[0, 95], [1, 95], [1, 96]]]},
        {"type": "Polygon", "coordinates": "x"},
    ],
)
def test_features_without_an_area_are_refused_and_counted(geometry: object) -> None:
    good = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [SQUARE]}}
    bad = {"type": "Feature", "properties": {"name": "bad"}, "geometry": geometry}
    result = read({"type": "FeatureCollection", "features": [bad, good]})
    assert (result.records_seen, len(result.zones), result.refused) == (2, 1, 1)


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder>
<Placemark><name>EGRU013A LEE</name>
<description>Upper limit: 2000 FT AMSL Lower limit: SFC Class: D</description>
<Polygon><altitudeMode>relativeToGround</altitudeMode><outerBoundaryIs><LinearRing><coordinates>
-1.3,50.7,609 -1.1,50.7,609 -1.1,50.8,609 -1.3,50.8,609 -1.3,50.7,609
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>
<Placemark><name>a mark</name><Point><coordinates>-1,50</coordinates></Point></Placemark>
</Folder></Document></kml>"""


def test_kml_limits_come_from_the_words_and_not_from_the_altitudes() -> None:
    result = read_airspace(KML.encode(), name="frz.kml")
    (zone,) = result.zones
    assert (zone.name, zone.lower, zone.airspace_class) == ("EGRU013A LEE", SURFACE, "D")
    assert (zone.upper.value_m, zone.upper.datum) == (pytest.approx(609.6), VerticalDatum.AMSL)
    assert zone.distance_m(HERE) == 0.0
    assert [(p.line, p.code) for p in result.problems] == [(8, "no-polygon")]


def test_kml_without_limits_reaches_from_the_surface_without_end() -> None:
    result = read_airspace(
        KML.replace("Upper limit: 2000 FT AMSL Lower limit: SFC", "").encode(), name="x.kml"
    )
    assert (result.zones[0].lower, result.zones[0].upper) == (SURFACE, UNLIMITED)
    assert result.repaired == 1


WORDS = "Upper limit: 2000 FT AMSL Lower limit: SFC Class: D"


@pytest.mark.parametrize(
    ("words", "lower_m", "upper_m"),
    [
        ("Upper limit: 2,000 ft Lower limit: 1 000 ft", 304.8, 609.6),
        ("<![CDATA[<td class='a'>Upper Limit</td><td>FL 65</td> Floor = 300 m AGL]]>", 300.0, 1981.2),
        ("Upper limit:&amp;nbsp;2000 FT Lower limit FL100", 3048.0, 609.6),
        ("Top: 1500.5 ft; Base: GND", None, 457.3524),
        ("Upper limit: 2.000 ft Lower limit: SFC", None, None),
        ("Upper limit: 2000 ft, upper limit FL95 in the east. Lower limit: SFC", None, None),
        ("Upper limit: 20000000 ft Lower limit: SFC", None, None),
    ],
)  # fmt: skip
def test_kml_limits_in_many_words(words: str, lower_m: float | None, upper_m: float | None) -> None:
    result = read_airspace(KML.replace(WORDS, words).encode(), name="x.kml")
    (zone,) = (*result.zones, *result.defects)
    if result.defects:
        assert [p.code for p in result.problems if p.outcome.value == "refused"] == ["limits-inverted"]
        return
    assert zone.lower == SURFACE if lower_m is None else zone.lower.value_m == pytest.approx(lower_m)
    assert zone.upper == UNLIMITED if upper_m is None else zone.upper.value_m == pytest.approx(upper_m)


@pytest.mark.parametrize(
    "words",
    [
        "upper " * 4000,
        "upper limit" + "&amp;nbsp;" * 4000,
        "top:" + "&lt;b>" * 4000,
        "base 1" + " 000" * 5000,
    ],
)
def test_words_made_to_keep_a_pattern_busy_are_read_at_once(words: str) -> None:
    begin = time.process_time()
    read_airspace(KML.replace(WORDS, words).encode(), name="x.kml")
    assert time.process_time() - begin < 5.0, "milliseconds where the pattern does not try again and again"


def test_simple_data_of_kml_name_limits_too() -> None:
    top, base = (
        "<SimpleData name='Top'>FL195</SimpleData>",
        "<SimpleData name='Base'>2000 ft AMSL</SimpleData>",
    )
    data = f"<ExtendedData><SchemaData>{top}{base}</SchemaData></ExtendedData>"
    text = KML.replace(f"<description>{WORDS}</description>", data)
    (zone,) = read_airspace(text.encode(), name="x.kml").zones
    assert (zone.lower.value_m, zone.upper.text) == (pytest.approx(609.6), "FL195")


def kmz(content: bytes, name: str = "doc.kml") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def test_kmz_is_unpacked() -> None:
    assert [zone.name for zone in read_airspace(kmz(KML.encode()), name="x.kmz").zones] == ["EGRU013A LEE"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (
            b'<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><kml>&b;</kml>',
            "xml-declaration",
        ),
        (b'<!DOCTYPE k SYSTEM "file:///etc/passwd"><kml/>', "xml-declaration"),
        (b"<a>" * 5000, "too-deep"),
        (b"<kml><Placemark>", "not-xml"),
        (kmz(b" " * (33 * 1024 * 1024)), "too-large"),
        (kmz(KML.encode())[:-30], "not-zip"),
        (b"PK\x03\x04", "not-zip"),
        (b"[" * 100_000, "not-json"),
        (b'{"features": [{"geometry": NaN}]}', "not-json"),
        (b'{"features": ' + b"9" * 5000 + b"}", "not-json"),
    ],
)
def test_bombs_and_broken_documents_are_refused(data: bytes, code: str) -> None:
    result = read_airspace(data, name="bomb")
    assert [p.code for p in result.problems] == [code]
    assert result.zones == ()


def test_an_archive_without_airspace_is_refused_in_words() -> None:
    with pytest.raises(AirspaceError, match="holds no airspace in a format that dfr reads"):
        read_airspace(kmz(b"hello", "readme.txt"), name="a.zip")


def test_yaml_aliases_are_refused() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nairspace:\n- *b\n"
    result = read_airspace(bomb.encode(), name="bomb.yaml")
    assert [(p.line, p.code) for p in result.problems] == [(2, "not-yaml")]
    deep = "airspace: " + "[" * 2000
    assert [p.code for p in read_airspace(deep.encode(), name="deep.yaml").problems] == ["not-yaml"]


JSON_VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-200, 200),
        st.floats(-1e6, 1e6),
        st.text(max_size=8),
        st.sampled_from(
            ["Polygon", "Circle", "Point", "Feature", "AGL", "AMSL", "M", "FT", "12:00Z", "ANY", "SR"]
        ),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(
            st.sampled_from(
                [
                    "features",
                    "geometry",
                    "horizontalProjection",
                    "coordinates",
                    "type",
                    "radius",
                    "center",
                    "layer",
                    "properties",
                    "upper",
                    "lower",
                    "upperLimit",
                    "lowerLimit",
                    "uom",
                    "uomDimensions",
                    "applicability",
                    "limitedApplicability",
                    "schedule",
                    "day",
                    "startTime",
                    "endTime",
                    "startDateTime",
                    "extent",
                    "name",
                    "lowerReference",
                    "upperReference",
                    "geometries",
                    "zoneAuthority",
                    "icaoClass",
                    "reason",
                ]
            ),
            inner,
            max_size=6,
        ),
    ),
    max_leaves=40,
)


@examples(300)
@given(JSON_VALUES, st.sampled_from(["", '"uomDimensions"', '"subType"']))
def test_no_json_makes_a_reader_crash_or_lose_a_volume(document: object, mark: str) -> None:
    result = read_airspace(json.dumps({"x": mark.strip('"'), "features": [document]}).encode(), name="x")
    assert result.records_seen == len(result.zones) + result.refused


@examples(200)
@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"PK", b"<kml>", b"{", b"airspace:\n", b"airspace:\n- name: "]),
)
def test_no_bytes_make_any_reader_crash(data: bytes, head: bytes) -> None:
    with contextlib.suppress(AirspaceError):
        result = read_airspace(head + data, name="x")
        assert result.records_seen == len(result.zones) + result.refused


@examples(150)
@given(st.integers(0, len(KML)), st.binary(max_size=6), st.integers(0, 20))
def test_no_damage_to_kml_makes_the_reader_crash(place: int, noise: bytes, gone: int) -> None:
    data = KML.encode()
    with contextlib.suppress(AirspaceError):
        read_airspace(data[:place] + noise + data[place + gone :], name="x.kml")


def test_a_document_that_breaks_off_leaves_nothing_clear(tmp_path: Path) -> None:
    path = tmp_path / "broken.kml"
    path.write_text(KML.replace("<Placemark><name>a mark", "<Placemark name=a mark"))
    result = read_airspace(path.read_bytes(), name="broken.kml")
    assert (len(result.zones), result.refused, result.unplaced) == (1, 1, 1)
    airspace = load_airspace([AirspaceFile(path=str(path), date="", source="")])
    answer = airspace.at(
        HERE,
        height_m_agl=5000.0,
        when=datetime(2024, 8, 19, tzinfo=UTC),
        terrain=FlatGround(height_m_amsl=0.0, source="t"),
    )
    assert answer.state is AirspaceState.NO_COVERAGE


def test_a_ring_that_runs_over_itself_becomes_a_valid_area() -> None:
    twice = "-1.3,50.7 -1.1,50.7 -1.1,50.8 -1.3,50.8 -1.3,50.9 -1.1,50.7 -1.1,50.8 -1.3,50.8 -1.3,50.7"
    coordinates = KML[KML.index("-1.3,50.7,609") : KML.index("</coordinates>")]
    result = read_airspace(KML.replace(coordinates, twice).encode(), name="x.kml")
    (zone,) = result.zones
    assert zone.area.polygon.is_valid
    assert zone.distance_m(HERE) == 0.0
    assert result.repaired == 1


def test_hours_at_the_ends_of_the_calendar_are_not_known_and_do_not_crash() -> None:
    point = {"type": "Point", "coordinates": [-1.2, 50.75], "extent": {"subType": "Circle", "radius": 500}}
    schedule = [{"day": ["ANY"], "startTime": "20:00Z", "endTime": "04:00Z"}]
    feature = ed318(point, limitedApplicability=[{"schedule": schedule}])
    (zone,) = read({"type": "FeatureCollection", "features": [feature]}).zones
    for moment in (datetime(9999, 12, 31, 23, tzinfo=UTC), datetime(1, 1, 1, tzinfo=UTC)):
        assert zone.is_active(moment, moment) in (None, True, False)


def point(**properties: object) -> dict[str, object]:
    return {
        "type": "Feature",
        "properties": {"name": "P", "base": "SFC", "tops": "FL130", **properties},
        "geometry": {"type": "Point", "coordinates": [-1.2, 50.75]},
    }


def test_a_radius_without_a_unit_is_metres_only_where_nothing_else_can_be_meant() -> None:
    """1.5 NM in metres; 5 may be kilometres or miles, and is drawn as the largest it may mean."""
    metres, unsure = (read(point(radius=radius)) for radius in (2778, 5))
    assert metres.zones[0].area.area_m2() == pytest.approx(24.25e6, rel=1e-3)
    assert metres.zones[0].upper.value_m == pytest.approx(3962.4)
    assert [p.code for p in metres.problems] == ["radius-unit"]
    assert (unsure.refused, unsure.unplaced) == (1, 0)
    nine_km_away = Position(lat_deg=50.83, lon_deg=-1.2)
    assert unsure.defects[0].distance_m(nine_km_away) == 0.0


@pytest.mark.parametrize(
    "geometry",
    [
        {"type": "Point", "coordinates": [-1.2, 50.75]},
        {"type": "LineString", "coordinates": SQUARE},
        {"type": "Polygon", "coordinates": [[*SQUARE[:2], ["-1.1", "50.x"], SQUARE[3]]]},
    ],
)
def test_what_cannot_be_drawn_is_doubted_around_where_it_lies_and_nowhere_else(geometry: object) -> None:
    result = read({"type": "Feature", "properties": {"name": "odd"}, "geometry": geometry})
    assert (result.refused, result.unplaced) == (1, 0)
    assert result.defects[0].distance_m(HERE) == 0.0
    assert result.defects[0].distance_m(Position(lat_deg=50.65, lon_deg=-1.2)) < 5000.0
    assert result.defects[0].distance_m(Position(lat_deg=51.5, lon_deg=-1.2)) > 40_000.0


@pytest.mark.parametrize("group", ["verticalLayer", "layer"])
def test_a_layer_without_a_unit_is_in_metres_as_the_format_says(group: str) -> None:
    layer = {"upper": 900, "upperReference": "AGL", "lower": 90, "lowerReference": "AGL", "UOM": ""}
    shape = {"type": "Polygon", "coordinates": [SQUARE]}
    result = read({"type": "Feature", "properties": {"name": "pad", group: layer}, "geometry": shape})
    assert [(z.lower.value_m, z.upper.value_m) for z in result.zones] == [(90.0, 900.0)]


FEET_ABOVE_GROUND = {"upper": 2000, "upperReference": "AGL", "lower": 400, "lowerReference": "AGL"}


@pytest.mark.parametrize("key", ["uom", "uomDimensions", "unit"])
@pytest.mark.parametrize("group", ["verticalLayer", "layer"])
def test_the_unit_of_a_layer_is_never_overruled_by_the_metres_of_those_without(group: str, key: str) -> None:
    """By whichever word it is named, in the layer, beside it, or around the layer of a geometry."""
    layer, unit = FEET_ABOVE_GROUND, {key: "FT"}
    for result in (
        one({group: {**layer, **unit}}),
        one({group: layer, **unit}),
        one({}, {**POLYGON, "layer": {**layer, **unit}}),
        one(unit, {**POLYGON, "layer": layer}),
        one({"uom": "M"}, {**POLYGON, "layer": {**layer, **unit}}),
        one({group: {**layer, **unit}, "uom": "M"}),
    ):
        (zone,) = result.zones
        assert (zone.lower.value_m, zone.upper.value_m) == pytest.approx((121.92, 609.6))


def test_a_ceiling_of_nothing_over_the_surface_is_no_clear_air() -> None:
    """Published for zones without a height: from 0 to 0 m above ground."""
    layer = {"upper": 0, "upperReference": "AGL", "lower": 0, "lowerReference": "AGL", "uom": "m"}
    shape = {"type": "Polygon", "coordinates": [SQUARE], "layer": layer}
    result = read({"type": "Feature", "properties": {"name": "photo"}, "geometry": shape})
    assert [(z.lower, z.upper, bool(z.defect)) for z in result.defects] == [(SURFACE, UNLIMITED, True)]


def test_a_collection_says_from_when_it_holds() -> None:
    metadata = {"validFrom": "2024-08-08T00:00:00Z", "issued": "2024-07-01T00:00:00Z"}
    assert (
        read({"type": "FeatureCollection", "metadata": metadata, "features": [point()]}).date == "2024-08-08"
    )
    assert read({"type": "FeatureCollection", "metadata": {"issued": "soon"}, "features": []}).date == ""


FACE = "-1.3,50.7,{0} -1.1,50.7,{0} -1.1,50.8,{0} -1.3,50.8,{0} -1.3,50.7,{0}"
WALL = "-1.3,50.7,0 -1.1,50.7,0 -1.1,50.7,609 -1.3,50.7,609 -1.3,50.7,0"


def solid(*rings: str) -> AirspaceRead:
    ends = "<outerBoundaryIs><LinearRing><coordinates>", "</coordinates></LinearRing></outerBoundaryIs>"
    shapes = "".join(f"<Polygon>{ends[0]}{ring}{ends[1]}</Polygon>" for ring in rings)
    text = (
        "<kml><Document><TimeSpan><begin>2022-12-29T00:00:00Z</begin></TimeSpan><Placemark><name>RU014A</name>"
        "<description>Upper limit: 2000 FT SFC Lower limit: SFC</description>"
        f"<MultiGeometry>{shapes}</MultiGeometry></Placemark></Document></kml>"
    )
    return read_airspace(text.encode(), name="uk.kml")


def test_a_solid_of_roof_floor_and_walls_is_one_volume() -> None:
    result = solid(FACE.format(609), FACE.format(0), WALL, WALL)
    assert (result.records_seen, len(result.zones), result.refused) == (1, 1, 0)
    assert [(p.code, p.outcome.value) for p in result.problems] == [("solid", "note")]
    assert "3 walls" in result.problems[0].message
    assert result.date == "2022-12-29"


def test_parts_of_a_placemark_and_a_wall_on_its_own_are_never_passed_over() -> None:
    other = FACE.format(0).replace("-1.3", "-1.5")
    assert len(solid(FACE.format(0), other).zones) == 2
    assert (solid(WALL).records_seen, solid(WALL).refused) == (1, 1)
    broken = solid(FACE.format(0), FACE.format(0).replace("-1.1,50.8,0", "x,y,z"))
    assert (broken.records_seen, broken.refused, broken.unplaced) == (2, 1, 1)


@pytest.mark.parametrize(
    "corners",
    [
        "0.3,50.7 1.0,51.0 0.3,50.7",
        "-1.1,50.7 0.3,50.7 -1.1,50.7",
        "-1.3,50.7 -1.1,50.8 -1.3,50.7",
    ],
)
def test_a_face_of_two_corners_that_is_no_side_of_another_is_refused_and_doubted(corners: str) -> None:
    """A cable far away, one from the corner of an area, one across it: no wall, so not known there."""
    result = solid(FACE.format(0), corners)
    assert (result.records_seen, result.refused) == (2, 1)
    for lon, lat in (map(float, corner.split(",")) for corner in corners.split()):
        assert result.defects[0].distance_m(Position(lat_deg=lat, lon_deg=lon)) == 0.0


def test_the_walls_of_a_hole_are_walls() -> None:
    """The side of a hole, and the one that closes its ring."""
    hole = "-1.25,50.72,0 -1.15,50.72,0 -1.15,50.78,0 -1.25,50.72,0"
    begin, end = "<LinearRing><coordinates>", "</coordinates></LinearRing>"
    inner = f"{end}</outerBoundaryIs><innerBoundaryIs>{begin}{hole}{end}</innerBoundaryIs></Polygon>"
    side, closing = "-1.25,50.72,0 -1.15,50.72,9", "-1.15,50.78,0 -1.25,50.72,9"
    result = solid(f"{FACE.format(0)}{inner}<Polygon><outerBoundaryIs>{begin}{side}", closing)
    assert (result.records_seen, result.refused) == (1, 0)


def test_a_hole_of_a_zone_is_not_covered_by_its_file(tmp_path: Path) -> None:
    """A file that does not say what it covers knows nothing of what lies in the hole."""
    holes = [HOLE, [[lon - 0.025, lat - 0.035] for lon, lat in HOLE]]
    path = tmp_path / "ring.geojson"
    shape = {
        "type": "Polygon",
        "coordinates": [[[-1.4, 50.65], [-1.0, 50.65], [-1.0, 50.9], [-1.4, 50.9]], *holes],
    }
    path.write_text(json.dumps({"type": "Feature", "properties": {"name": "RING"}, "geometry": shape}))
    airspace = load_airspace([AirspaceFile(path=str(path), date="2024-08-24", source="t")])
    when = datetime(2024, 8, 24, tzinfo=UTC)

    def state(lat: float, lon: float) -> AirspaceState:
        place = Position(lat_deg=lat, lon_deg=lon)
        return airspace.at(
            place,
            height_m_agl=50.0,
            when=when,
            terrain=FlatGround(height_m_amsl=0.0, source="t"),
            qnh_hpa=None,
        ).state

    assert state(50.75, -1.2) is state(50.715, -1.225) is AirspaceState.NO_COVERAGE
    assert state(50.80, -1.2) is state(50.75, -1.35) is AirspaceState.CONFLICT
