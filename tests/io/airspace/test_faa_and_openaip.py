"""The FAA's layers and openAIP 1.x: limits with their references, authorities, and what permits nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.io.airspace.reading import AirspaceRead
from dfr.scenario.air import AirspaceFile
from dfr.world.terrain import FlatGround
from dfr.world.zones import SURFACE, UNLIMITED, Zone

FILES = Path(__file__).parents[2] / "data" / "airspace"
RING = [[-73.9, 40.7], [-73.8, 40.7], [-73.8, 40.8], [-73.9, 40.7]]


def faa(**properties: object) -> Zone:
    feature = {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "Polygon", "coordinates": [RING]},
    }
    text = json.dumps({"type": "FeatureCollection", "features": [feature]})
    result = read_airspace(text.encode(), name="faa.json")
    assert result.refused == 0, result.problems
    (zone,) = result.zones
    return zone


@pytest.mark.parametrize(
    ("lon", "quick"), [(-73.91, "quick up to 200 ft AGL"), (-73.89, "quick up to 0 ft AGL")]
)
def test_a_facility_map_names_whom_to_ask_and_permits_nothing(lon: float, quick: str) -> None:
    airspace = load_airspace([AirspaceFile(path=str(FILES / "faa-facility-map.json"), date="", source="")])
    answer = airspace.at(
        Position(lat_deg=40.77, lon_deg=lon), height_m_agl=30.0, when=datetime(2026, 7, 1, tzinfo=UTC),
        terrain=FlatGround(height_m_amsl=5.0, source="test"),
    )  # fmt: skip
    assert answer.state.value == "conflict"
    (said,) = [reason for reason in answer.reasons if reason.startswith("inside")]
    assert f"authorisation needed from LGA ATCT, {quick}" in said
    assert "permits nothing" in said
    assert answer.zones[0].zone.contact == "LGA ATCT"


def test_a_facility_map_has_no_refused_cell_and_says_its_date() -> None:
    result = read_airspace((FILES / "faa-facility-map.json").read_bytes(), name="map.json")
    assert (len(result.zones), result.refused, result.problems) == (2, 0, ())
    assert result.date == "2026-06-12"


@pytest.mark.parametrize(
    ("val", "uom", "code", "value_m", "datum"),
    [
        (700, "FT", "SFC", 213.36, VerticalDatum.AGL),
        ("1200", "FT", "AGL", 365.76, VerticalDatum.AGL),
        (3000, "FT", "MSL", 914.4, VerticalDatum.AMSL),
        (180, "FL", "STD", 5486.4, VerticalDatum.FLIGHT_LEVEL),
        (18000, "FT", "STD", 5486.4, VerticalDatum.FLIGHT_LEVEL),
    ],
)
def test_limits_of_class_airspace_keep_their_reference(
    val: object, uom: str, code: str, value_m: float, datum: VerticalDatum
) -> None:
    upper = {"UPPER_VAL": 60000, "UPPER_UOM": "FT", "UPPER_CODE": "MSL"}
    zone = faa(NAME="TOWN CLASS C", CLASS="C", LOWER_VAL=val, LOWER_UOM=uom, LOWER_CODE=code, **upper)
    assert (zone.lower.value_m, zone.lower.datum) == (pytest.approx(value_m), datum)
    assert (zone.name, zone.airspace_class) == ("TOWN CLASS C", "C")


@pytest.mark.parametrize("value", [-9998, "-9998", None, ""])
def test_a_value_that_the_faa_does_not_state_is_the_widest(value: object) -> None:
    zone = faa(
        NAME="E5", CLASS="E", LOWER_VAL=0, LOWER_UOM="FT", LOWER_CODE="SFC", UPPER_VAL=value, UPPER_UOM="FT",
        UPPER_CODE="MSL",
    )  # fmt: skip
    assert (zone.lower, zone.upper) == (SURFACE, UNLIMITED)


def test_special_use_airspace_has_its_kind() -> None:
    words = {"LOWER_VAL": "0", "LOWER_UOM": "FT", "LOWER_CODE": "SFC", "UPPER_VAL": "5000", "UPPER_UOM": "FT"}
    zone = faa(NAME="R-1", TYPE_CODE="R", UPPER_CODE="MSL", TIMESOFUSE="INTERMITTENT", **words)
    assert (zone.kind, zone.upper.text, zone.remarks) == ("R", "5000 ft AMSL", "INTERMITTENT")


ASP = """<?xml version="1.0"?><OPENAIP DATAFORMAT="1.1"><AIRSPACES>
<ASP CATEGORY="{category}"><COUNTRY>XX</COUNTRY><ID>1</ID><NAME>TOWN</NAME>
<ALTLIMIT_TOP REFERENCE="{top}"><ALT UNIT="{unit}">{value}</ALT></ALTLIMIT_TOP>
<ALTLIMIT_BOTTOM REFERENCE="GND"><ALT UNIT="F">0</ALT></ALTLIMIT_BOTTOM>
<GEOMETRY><POLYGON>{ring}</POLYGON></GEOMETRY></ASP></AIRSPACES></OPENAIP>"""
PLACES = "8.0 50.0, 8.1 50.0, 8.1 50.1, 8.0 50.0"


def openaip(ring: str = PLACES, **words: str) -> AirspaceRead:
    given = {"category": "CTR", "top": "MSL", "unit": "F", "value": "2500", **words}
    return read_airspace(ASP.format(ring=ring, **given).encode(), name="de.aip")


@pytest.mark.parametrize(
    ("words", "kind", "letter", "upper"),
    [
        ({}, "CTR", "", "2500 ft AMSL"),
        ({"category": "D", "top": "STD", "unit": "FL", "value": "100"}, "", "D", "FL100"),
        ({"category": "DANGER", "top": "GND"}, "D", "", "2500 ft AGL"),
        ({"category": "RESTRICTED", "value": "?"}, "R", "", "UNL"),
        ({"category": "PROHIBITED", "unit": "FL", "top": "MSL"}, "P", "", "UNL"),
    ],
)
def test_an_airspace_of_openaip_has_its_kind_class_and_limits(
    words: dict[str, str], kind: str, letter: str, upper: str
) -> None:
    (zone,) = openaip(**words).zones
    assert (zone.kind, zone.airspace_class, zone.lower, zone.upper.text) == (kind, letter, SURFACE, upper)
    assert zone.distance_m(Position(lat_deg=50.02, lon_deg=8.09)) == 0.0


def test_a_lost_corner_of_openaip_makes_its_place_unknown() -> None:
    (defect,) = openaip(PLACES.replace("8.1 50.1", "8.1 50.x")).defects
    assert defect.distance_m(Position(lat_deg=50.9, lon_deg=8.09)) == 0.0
    assert defect.distance_m(Position(lat_deg=48.0, lon_deg=8.09)) > 100_000.0
