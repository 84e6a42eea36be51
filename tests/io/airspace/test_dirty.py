"""Dirty files: what is usable is kept, what is doubtful is never taken for clear, and both are said."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from dfr.geo import Position
from dfr.io.airspace.files import read_airspace
from dfr.io.airspace.reading import AirspaceRead
from dfr.world.zones import SURFACE, UNLIMITED, Zone

YAIXM = """airspace:
- name: ALPHA
  type: CTA
  class: D
  geometry:
  - upper: FL195
    lower: 2000 ft
    boundary:
    - line:
      - 504500N 0011500W
      - 504500N 0010000W
      - 505500N 0010000W
    - arc:
        dir: ccw
        radius: 5 nm
        centre: 505500N 0010730W
        to: 505500N 0011500W
"""


def read(text: str | bytes, name: str) -> AirspaceRead:
    return read_airspace(text.encode() if isinstance(text, str) else text, name=name)


def codes(result: AirspaceRead) -> set[str]:
    return {problem.code for problem in result.problems}


def test_a_turn_that_is_neither_way_round_is_refused_and_doubted() -> None:
    assert not read(YAIXM, "a.yaml").refused
    result = read(YAIXM.replace("ccw", "sideways"), "a.yaml")
    assert (len(result.zones), result.refused) == (0, 1)
    assert [(p.code, p.line) for p in result.problems] == [("bad-direction", 14)]


def test_a_volume_with_a_lost_corner_is_doubted_beyond_the_corners_left() -> None:
    result = read(YAIXM.replace("504500N 0011500W", "504500X 0011500W"), "a.yaml")
    (zone,) = result.defects
    assert zone.distance_m(Position(lat_deg=50.75, lon_deg=-1.05)) == 0.0
    assert zone.distance_m(Position(lat_deg=50.70, lon_deg=-1.05)) == 0.0


def test_of_a_key_with_two_values_neither_is_believed() -> None:
    doubled = YAIXM.replace("  - upper: FL195\n", "  - upper: FL195\n    upper: 2500 ft\n")
    (zone,) = read(doubled, "a.yaml").zones
    assert zone.upper == UNLIMITED
    same = YAIXM.replace("  - upper: FL195\n", "  - upper: FL195\n    upper: FL195\n")
    assert read(same, "a.yaml").zones[0].upper.text == "FL195"
    result = read(zone_json().replace('"upperLimit": 120', '"upperLimit": 120, "upperLimit": 30'), "z.json")
    assert result.zones[0].upper == UNLIMITED
    assert "missing-limit" in codes(result)


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>{name}</name>
<description>{words}</description><Polygon><outerBoundaryIs><LinearRing>
<coordinates>{places}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>
"""
PLACES = "-1.1,50.4 -0.9,50.4 -0.9,50.6 -1.1,50.6"


def kml(name: str = "Z", words: str = "", places: str = PLACES) -> str:
    return KML.format(name=name, words=words, places=places)


@pytest.mark.parametrize("declared", ['encoding="UTF-8"', 'encoding="utf-8"', "", 'encoding="ISO-8859-1"'])
def test_latin_1_in_kml_is_read_whatever_it_says_it_is(declared: str) -> None:
    text = kml(name="Café").replace('encoding="UTF-8"', declared)
    result = read(text.encode("latin-1"), "z.kml")
    assert [zone.name for zone in result.zones] == ["Café"]
    assert ("encoding" in codes(result)) == ("8859" not in declared)


def test_spaces_behind_the_commas_of_kml_part_no_numbers() -> None:
    (zone,) = read(kml(places=PLACES.replace(",", " , ")), "z.kml").zones
    assert zone.area.polygon.bounds == pytest.approx((-1.1, 50.4, -0.9, 50.6))


def test_the_datum_of_a_kml_limit_is_the_one_in_its_words_or_none() -> None:
    (zone,) = read(kml(words="Lower limit: 100 m WGS84 Upper limit: 200 m WGS84"), "z.kml").zones
    assert (zone.lower.datum.value, zone.upper.datum.value) == ("WGS84", "WGS84")
    (zone,) = read(kml(words="Lower limit: 500 FT AAL Upper limit: 2000 FT AAL"), "z.kml").zones
    assert (zone.lower.datum.value, zone.upper.datum.value) == ("AAL", "AAL")


def test_the_kind_in_the_words_of_kml_binds_in_class_g() -> None:
    (zone,) = read(kml(words="Upper limit: 2000 ft Type: ATZ Class: G"), "z.kml").zones
    assert (zone.kind, zone.airspace_class, zone.binding) == ("ATZ", "G", True)


def zone_json(schedule: dict[str, object] | None = None, dates: tuple[str, str] | None = None,
              centre: tuple[float, float] = (-1.2, 50.75)) -> str:  # fmt: skip
    start, end = dates or ("2024-01-01T00:00:00Z", "2024-12-31T00:00:00Z")
    period: dict[str, object] = {"permanent": "NO", "startDateTime": start, "endDateTime": end}
    if schedule:
        period["schedule"] = [{"day": ["ANY"], **schedule}]
    volume = {
        "uomDimensions": "M", "lowerLimit": 0, "lowerVerticalReference": "AGL", "upperLimit": 120,
        "upperVerticalReference": "AGL",
        "horizontalProjection": {"type": "Circle", "center": list(centre), "radius": 1000},
    }  # fmt: skip
    feature = {"name": "Z", "restriction": "PROHIBITED", "applicability": [period], "geometry": [volume]}
    return json.dumps({"features": [feature]})


def active(text: str, moment: str) -> bool | None:
    (zone,) = read(text, "zones.json").zones
    when = datetime.fromisoformat(moment)
    return zone.is_active(when, when)


def test_dates_that_end_before_they_begin_are_not_known() -> None:
    text = zone_json(dates=("2024-09-01T00:00:00Z", "2024-08-01T00:00:00Z"))
    assert active(text, "2024-08-15T12:00Z") is None
    assert codes(read(text, "z.json")) == {"unreadable-activation"}


def test_hours_without_a_zone_hold_in_utc_and_in_local_time_over_the_change_of_clocks() -> None:
    bare, zulu = ({"startTime": f"09:00{z}", "endTime": f"17:00{z}"} for z in ("", "Z"))
    saturday, sunday = "2024-10-26T{}:30Z", "2024-10-27T{}:30Z"
    assert active(zone_json(bare), saturday.format("08")) is True
    assert active(zone_json(zulu), saturday.format("08")) is False
    assert active(zone_json(bare), sunday.format("08")) is False
    for text in (zone_json(bare), zone_json(zulu)):
        assert active(text, sunday.format("16")) is True
        assert active(text, sunday.format("17")) is False
    assert codes(read(zone_json(bare), "z.json")) == {"hours-without-zone"}


def test_the_end_of_hours_has_its_own_offset() -> None:
    text = zone_json({"startTime": "09:00Z", "endTime": "17:00+01:00"})
    assert (active(text, "2024-08-23T15:59Z"), active(text, "2024-08-23T16:00Z")) == (True, False)
    text = zone_json({"startEvent": "SR", "endTime": "17:00+01:00"})
    assert (active(text, "2024-08-23T15:59Z"), active(text, "2024-08-23T16:00Z")) == (True, False)


def test_a_whole_day_has_no_gap_in_its_last_minute() -> None:
    text = zone_json({"startTime": "00:00Z", "endTime": "23:59Z"})
    assert active(text, "2024-08-23T23:59:30Z") is True
    text = zone_json({"startTime": "23:59Z", "endTime": "23:59Z"})
    assert active(text, "2024-08-23T12:00Z") is True
    text = zone_json({"startTime": "00:00:00.00Z", "endTime": "23:59:00.00Z"})
    assert active(text, "2024-08-23T23:59:30Z") is True


@pytest.mark.parametrize("lon", [170.0, -170.0, 0.0, 100.0])
def test_daylight_is_found_at_any_longitude(lon: float) -> None:
    """The sun is up at local noon and down at local midnight, whatever the date is in Greenwich."""
    text = zone_json({"startEvent": "SR", "endEvent": "SS"}, centre=(lon, 40.0))
    (zone,) = read(text, "zones.json").zones
    for day in range(1, 4):
        noon_h = 12.0 - lon / 15.0
        for hours, up in ((noon_h, True), (noon_h - 4.0, True), (noon_h + 4.0, True), (noon_h + 12.0, False)):
            begin = datetime(2024, 6, 10 + day, tzinfo=UTC).timestamp() + 3600.0 * hours
            when = datetime.fromtimestamp(begin, tz=UTC)
            assert zone.is_active(when, when) is up, (day, hours)


def test_longitudes_that_run_on_past_180_mean_the_other_side() -> None:
    ring = [[179.5, 50.0], [180.5, 50.0], [180.5, 51.0], [179.5, 51.0], [179.5, 50.0]]
    feature = {
        "type": "Feature", "properties": {"name": "Z", "lower": "SFC", "upper": "UNL"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }  # fmt: skip
    zone: Zone
    (zone,) = read(json.dumps({"type": "FeatureCollection", "features": [feature]}), "z.geojson").zones
    for lon, inside in ((179.6, True), (-179.6, True), (179.4, False), (-179.4, False), (0.0, False)):
        assert (zone.distance_m(Position(lat_deg=50.5, lon_deg=lon)) == 0.0) is inside, lon


def test_json_in_utf_16_is_told_by_its_words_too() -> None:
    result = read(zone_json().encode("utf-16"), "zones.json")
    assert (result.kind, len(result.zones), result.refused) == ("ed269", 1, 0)


def test_a_number_without_a_unit_may_be_metres_and_is_no_limit() -> None:
    """Read as feet it would end far under a ceiling in metres."""
    (zone,) = read(kml(words="Lower: 0 Upper: 120"), "z.kml").zones
    assert (zone.lower, zone.upper) == (SURFACE, UNLIMITED)
    ring = [[-1.1, 50.4], [-0.9, 50.4], [-0.9, 50.6], [-1.1, 50.6], [-1.1, 50.4]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    for upper, code in (("120", "missing-limit"), (120, "unreadable-limit")):
        words = {"lower": "SFC", "upper": upper, "uom": "m"}
        feature = {"type": "Feature", "properties": words, "geometry": shape}
        result = read(json.dumps({"type": "FeatureCollection", "features": [feature]}), "z.geojson")
        (zone,) = (*result.zones, *result.defects)
        assert zone.upper == UNLIMITED
        assert code in codes(result)


def test_nothing_a_file_says_can_move_a_cursor() -> None:
    (zone,) = read(YAIXM.replace("class: D", 'class: "D\\e[2J"'), "a.yaml").zones
    assert zone.label.isprintable()
    words = b"* dfr-omits: D036\x1b[2J\n* dfr-source: AIP\x07\n* dfr-date: 2024\x1b\n"
    result = read(words, "a.txt")
    assert all(text.isprintable() for text in (*result.omissions, result.what, result.date))
    (zone,) = read(zone_json().replace('"Z"', '"\\ud800\\u202e"', 1), "z.json").zones
    assert zone.label.isprintable()
