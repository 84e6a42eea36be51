"""Outlines of which a part is lost, glued, mirrored or unusual: read where one reading is possible, else the
place is unknown as far as the lost part may reach, and never clear."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfr.geo import Position
from dfr.io.airspace.files import load_airspace, read_airspace
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.lost_parts import ANYWHERE, reach_of_coordinate
from dfr.io.airspace.reading import AirspaceRead
from dfr.scenario.air import AirspaceFile
from dfr.world.terrain import FlatGround
from dfr.world.zones import SURFACE

FILES = Path(__file__).parents[2] / "data" / "airspace"
NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
GROUND = FlatGround(height_m_amsl=50.0, source="test")


def state(file: str | Path, lat: float, lon: float) -> str:
    """What a file says of its own kinds of data 50 m above ground that is 50 m above the sea."""
    airspace = load_airspace([AirspaceFile(path=str(FILES / file), date="", source="")])
    place, kinds = Position(lat_deg=lat, lon_deg=lon), airspace.sources[0].kinds
    return airspace.at(place, height_m_agl=50.0, when=NOON, terrain=GROUND, needs=kinds).state.value


def read(file: str) -> AirspaceRead:
    return read_airspace((FILES / file).read_bytes(), name=file)


def openair(outline: str) -> AirspaceRead:
    return read_airspace(f"AC D\nAN HERE\nAL SFC\nAH 2500 ft\n{outline}".encode(), name="here.txt")


def km2(result: AirspaceRead) -> float:
    return sum(zone.area.area_m2() for zone in result.zones) / 1e6


def codes(result: AirspaceRead) -> list[str]:
    return [problem.code for problem in result.problems]


def test_a_chord_run_out_and_back_within_a_circle_leaves_one_whole_disc() -> None:
    result = read("half-circles-and-chord.txt")
    assert (len(result.zones), result.refused) == (1, 0)
    assert km2(result) == pytest.approx(2430.0, rel=0.01)
    assert state("half-circles-and-chord.txt", 43.1, 1.5) == "conflict"


@pytest.mark.parametrize(
    ("file", "lat", "lon", "expected"),
    [
        ("lost-corner.txt", 51.4, -0.2, "unknown"),
        ("lost-corner.txt", 51.9, -0.05, "unknown"),
        ("lost-corner.txt", 50.3, -2.5, "clear"),
        ("lost-centre.txt", 51.75, -1.0, "unknown"),
        ("lost-centre.txt", 50.3, -2.5, "clear"),
        ("bare-ring.kml", 50.79, -1.115, "conflict"),
        ("two-documents.kmz", 50.79, -1.115, "conflict"),
        ("glued-corner.txt", 51.4, -0.2, "conflict"),
        ("glued-corner-southsea.txt", 50.782, -1.089, "conflict"),
        ("direction-without-equals.txt", 51.3, -1.0, "conflict"),
        ("direction-without-equals.txt", 51.7, -1.0, "clear"),
        ("no-direction.txt", 51.3, -1.0, "unknown"),
        ("no-direction.txt", 51.7, -1.0, "unknown"),
        ("world-mask.geojson", 51.3, -1.0, "conflict"),
        ("world-mask.geojson", -30.0, 179.9, "conflict"),
        ("world-mask.geojson", 58.5, 24.5, "no_coverage"),
        ("shared-centre.txt", 48.4, 11.8, "conflict"),
    ],
)
def test_what_was_lost_is_never_clear(file: str, lat: float, lon: float, expected: str) -> None:
    assert state(file, lat, lon) == expected


@pytest.mark.parametrize("file", ["lost-corner.txt", "lost-centre.txt", "no-direction.txt"])
def test_a_volume_with_a_lost_part_is_refused(file: str) -> None:
    result = read(file)
    assert (len(result.zones), len(result.defects), result.unplaced) == (0, 1, 0)


def test_a_centre_serves_the_volumes_after_it() -> None:
    result = read("shared-centre.txt")
    small, large, half = (zone.area.area_m2() / 1e6 for zone in result.zones)
    assert small == pytest.approx(3.14159 * 9.26**2, rel=2e-3)
    assert large == pytest.approx(3.14159 * 37.04**2, rel=2e-3)
    assert half == pytest.approx(0.5 * 3.14159 * 37.1**2, rel=0.01)
    assert codes(result) == ["shared-centre", "shared-centre"]


def test_a_lost_centre_does_not_fall_back_to_the_one_before() -> None:
    first = "V X=50:00:00 N 001:00:00 W\nDC 5\n"
    second = "AC D\nAN THERE\nAL SFC\nAH 2500 ft\nV X=51:3O:00 N 001:00:00 W\nDC 5\n"
    result = openair(first + second)
    assert [zone.name for zone in result.zones] == ["HERE"]
    (there,) = result.defects
    assert there.distance_m(Position(lat_deg=51.98, lon_deg=-1.1)) == 0.0
    assert there.distance_m(Position(lat_deg=50.0, lon_deg=-1.0)) > 50_000.0


TRIANGLE = "DP 50:00:00 N 001:00:00 W\nDP 50:10:00 N 001:00:00 W\n"
CORNER = "50:10:00 N 000:50:00 W"


@pytest.mark.parametrize("glued", ["DP50:", "DP:50:", "dp50:", "DP=50:", "DP.50:"])
def test_a_corner_glued_to_its_tag_is_read(glued: str) -> None:
    whole = openair(f"{TRIANGLE}DP {CORNER}\n")
    result = openair(TRIANGLE + CORNER.replace("50:", glued, 1) + "\n")
    if result.refused:
        assert glued == "DP.50:"
        return
    assert km2(result) == pytest.approx(km2(whole))
    assert codes(result) == ["run-together"]


@pytest.mark.parametrize("tag", ["PD ", "D ", "DPP ", "", "P "])
def test_a_corner_whose_tag_is_misspelt_refuses_the_volume_out_to_it(tag: str) -> None:
    result = openair(f"{TRIANGLE}{tag}{CORNER}\nDP 50:00:00 N 000:50:00 W\n")
    (defect,) = result.defects
    assert defect.distance_m(Position(lat_deg=50.16, lon_deg=-0.84)) == 0.0


@pytest.mark.parametrize("limit", ["AL600ft AGL", "AL:600ft AGL", "ALSFC", "ALGND", "AL8200Ft"])
def test_a_limit_glued_to_its_tag_is_read(limit: str) -> None:
    text = f"AC D\nAN HERE\n{limit}\nAH FL95\n{TRIANGLE}DP {CORNER}\n"
    (zone,) = read_airspace(text.encode(), name="here.txt").zones
    assert zone.lower == parse_limit(limit[2:].lstrip(":"))


@pytest.mark.parametrize("direction", ["V D-", "V D=-", "V D =-", "VD=-", "V D:-", "V D \u2212", "V D=CCW"])
def test_a_direction_in_another_spelling_turns_the_same_way(direction: str) -> None:
    arc = "V X=50:05:00 N 001:00:00 W\n{}\nDB 50:05:00 N 001:30:00 W, 50:05:00 N 000:30:00 W\n"
    (zone,) = openair(arc.format(direction)).zones
    assert zone.distance_m(Position(lat_deg=49.9, lon_deg=-1.0)) == 0.0
    assert zone.distance_m(Position(lat_deg=50.3, lon_deg=-1.0)) > 1000.0


@pytest.mark.parametrize(
    ("text", "value_m", "datum"),
    [
        ("65FL", 1981.2, "FL"), ("600ft/AGL", 182.88, "AGL"), ("FL45.5", 1386.84, "FL"),
        ("2000ft AAL", 609.6, "AAL"), ("1500 ft / AMSL", 457.2, "AMSL"),
    ],
)  # fmt: skip
def test_plain_limits_in_unusual_spellings_are_read(text: str, value_m: float, datum: str) -> None:
    found = parse_limit(text)
    assert found is not None
    assert (found.value_m, found.datum.value) == (pytest.approx(value_m), datum)


def test_ground_misspelt_is_the_ground() -> None:
    assert parse_limit("GDN") is SURFACE


@pytest.mark.parametrize(("ceiling", "expected"), [("2000ft AAL", "conflict"), ("100ft AAL", "unknown")])
def test_a_ceiling_above_the_aerodrome_holds_whoever_is_below_it_and_is_unknown_above(
    tmp_path: Path, ceiling: str, expected: str
) -> None:
    file = tmp_path / "zone.txt"
    file.write_text(f"AC R\nAN FRZ\nAL SFC\nAH {ceiling}\nV X=50:05:00 N 001:00:00 W\nDC 2\n")
    assert state(file, 50.09, -1.0) == expected


KML = """<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<NetworkLink><name>Zones</name><Link><href>{href}</href></Link></NetworkLink>
<Placemark><name>A</name><description>Lower: SFC Upper: 400 ft AGL</description>{shape}</Placemark>
</Document></kml>"""
CLOSED = "<coordinates>-1.12,50.78 -1.11,50.78 -1.11,50.80 -1.12,50.80 -1.12,50.78</coordinates>"


def test_a_link_out_of_the_file_is_named_and_makes_its_places_unknown() -> None:
    text = KML.format(href="https://example.org/z.kml", shape=f"<LinearRing>{CLOSED}</LinearRing>")
    result = read_airspace(text.encode(), name="a.kml")
    assert (len(result.zones), result.unplaced) == (1, 1)
    (problem,) = result.problems
    assert (problem.code, problem.outcome.value) == ("network-link", "refused")
    assert "https://example.org/z.kml" in problem.message


def test_a_line_that_comes_back_to_its_start_is_an_area_and_an_open_one_is_none() -> None:
    closed = KML.format(href="", shape=f"<LineString>{CLOSED}</LineString>")
    opened = closed.replace(" -1.12,50.78</coord", "</coord")
    assert len(read_airspace(closed.encode(), name="a.kml").zones) == 1
    result = read_airspace(opened.encode(), name="a.kml")
    assert len(result.zones) == 0
    assert "no-polygon" in codes(result)


def test_an_archive_names_the_link_that_it_holds_itself() -> None:
    result = read("two-documents.kmz")
    assert [(p.code, p.outcome.value) for p in result.problems] == [("network-link", "note")]
    assert {zone.name for zone in result.zones} == {"CTA", "FRZ"}


@settings(deadline=None)
@given(
    lat=st.floats(-89.0, 89.0), lon=st.floats(-179.0, 179.0), place=st.integers(0, 21),
    wrong=st.sampled_from("OlXx?"),
)  # fmt: skip
def test_a_coordinate_with_one_wrong_letter_reaches_at_least_the_true_place(
    lat: float, lon: float, place: int, wrong: str
) -> None:
    def dms(value: float, width: int, letters: str) -> str:
        seconds = round(abs(value) * 3600.0)
        degrees, minutes = divmod(seconds // 60, 60)
        return f"{degrees:0{width}d}:{minutes:02d}:{seconds % 60:02d} {letters[value < 0]}"

    true_lat, true_lon = (round(value * 3600.0) / 3600.0 for value in (lat, lon))
    text = f"{dms(lat, 2, 'NS')} {dms(lon, 3, 'EW')}"
    damaged = text[:place] + wrong + text[place + 1 :]
    reach = reach_of_coordinate(damaged)
    assert reach.lat[0] - 1e-9 <= true_lat <= reach.lat[1] + 1e-9
    assert reach.lon[0] - 1e-9 <= true_lon <= reach.lon[1] + 1e-9


def test_of_rubbish_nothing_is_known() -> None:
    assert reach_of_coordinate("see the chart") == ANYWHERE
