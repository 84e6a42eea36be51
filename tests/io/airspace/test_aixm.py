"""AIXM 5.1: arcs by the sign of their angles, limits that are nil, borders cut, kinds by designator."""

from __future__ import annotations

import io
import math
import zipfile
from datetime import UTC, datetime

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given, settings
from hypothesis import strategies as st

from dfr.geo import Position
from dfr.io.airspace.files import read_airspace
from dfr.io.airspace.reading import AirspaceRead
from dfr.io.airspace.uas_zones import kind_of_uk_area
from dfr.world.zones import SURFACE, UNLIMITED, Zone
from tests.places import edge_distance_m

from ...examples import examples
from .aixm_samples import airspace, along, arc, border, curve, document, full_circle, limits, line

NM = 1852.0
CIRCLE = curve(full_circle(52.0, -1.0, "2 [nmi_i]"))
EARTH = Geodesic.WGS84


def read(*members: str) -> AirspaceRead:
    return read_airspace(document(*members), name="uas.xml")


def zone_of(*members: str) -> Zone:
    result = read(*members)
    assert result.refused == 0, result.problems
    (zone,) = result.zones
    return zone


def km2(zone: Zone) -> float:
    return zone.area.area_m2() / 1e6


def segment_km2(radius_m: float, sweep_deg: float) -> float:
    """Between an arc and its chord, on a plane."""
    sweep = math.radians(sweep_deg)
    return 0.5 * radius_m**2 * (sweep - math.sin(sweep)) / 1e6


def test_a_circle_of_the_uk_dataset_is_a_flight_restriction_zone() -> None:
    result = read(airspace(CIRCLE))
    (zone,) = result.zones
    assert (result.kind, result.date) == ("aixm", "2026-09-03")
    assert (zone.name, zone.kind) == ("EGR9U901A NOWHERE", "FRZ")
    assert (zone.lower, zone.upper.text) == (SURFACE, "2000 ft AGL")
    assert edge_distance_m(zone, Position(lat_deg=52.0, lon_deg=-1.0)) == pytest.approx(2 * NM, abs=1.0)
    assert "FRZ Active H24" in zone.remarks


def test_an_arc_over_north_runs_the_long_way_clockwise_and_closes_by_its_chord() -> None:
    zone = zone_of(airspace(curve(arc(52.0, -1.0, "2 [nmi_i]", -150, 150))))
    assert km2(zone) == pytest.approx(segment_km2(2 * NM, 300.0), rel=2e-3)
    assert zone.distance_m(Position(lat_deg=52.03, lon_deg=-1.0)) == 0.0


@pytest.mark.parametrize(
    ("start", "end", "sweep_deg"), [(300, 60, 240), (-60, 60, 120), (60, -60, 120), (300, 420, 120)]
)
def test_an_arc_turns_by_the_sign_of_its_angles(start: float, end: float, sweep_deg: float) -> None:
    zone = zone_of(airspace(curve(arc(52.0, -1.0, "2 [nmi_i]", start, end))))
    assert km2(zone) == pytest.approx(segment_km2(2 * NM, sweep_deg), rel=5e-3)
    south = Position(lat_deg=52.0 - 1.9 / 60.0, lon_deg=-1.0)
    assert (zone.distance_m(south) == 0.0) is (sweep_deg == 240)


@settings(deadline=None, max_examples=25)
@given(
    start=st.floats(-360, 360), sweep=st.floats(20, 340), clockwise=st.booleans(), radius=st.floats(1.0, 27.0)
)
def test_any_arc_is_the_segment_that_it_says(
    start: float, sweep: float, clockwise: bool, radius: float
) -> None:
    end = start + sweep if clockwise else start - sweep
    zone = zone_of(airspace(curve(arc(52.0, -1.0, f"{radius} NM", start, end))))
    middle = EARTH.Direct(52.0, -1.0, (start + end) / 2.0, 0.97 * radius * NM)
    assert zone.distance_m(Position(lat_deg=middle["lat2"], lon_deg=middle["lon2"])) < 0.2 * radius * NM
    assert km2(zone) == pytest.approx(segment_km2(radius * NM, sweep), rel=0.02, abs=0.5)


def test_arcs_of_longitude_first_count_from_east_anticlockwise() -> None:
    crs84 = airspace(curve(arc(-1.0, 52.0, "2 NM", 0, 90)), srs="urn:ogc:def:crs:OGC:1.3:CRS84")
    zone = zone_of(crs84)
    assert km2(zone) == pytest.approx(segment_km2(2 * NM, 90.0), rel=0.01)
    there = EARTH.Direct(52.0, -1.0, 45.0, 0.9 * 2 * NM)
    assert zone.distance_m(Position(lat_deg=there["lat2"], lon_deg=there["lon2"])) == 0.0


def test_the_runway_zone_is_bitten_by_the_circle_and_meets_it_without_a_gap() -> None:
    corners = [
        EARTH.Direct(52.0, -1.0, azimuth, away)
        for azimuth, away in ((80, 6000), (100, 6000), (98, 3704), (82, 3704))
    ]
    a, b, c, d = ((p["lat2"], p["lon2"]) for p in corners)
    runway = curve(line(a, b, c), arc(52.0, -1.0, "2 [nmi_i]", 98.0, 82.0), line(d, a))
    result = read(
        airspace(CIRCLE, identifier="1"),
        airspace(runway, designator="EGR9U901B", name="NOWHERE RWY 27L", local_type="RPZ", identifier="2"),
    )
    circle, zone = result.zones
    assert (circle.kind, zone.kind) == ("FRZ", "RPZ")
    for away_m in range(3000, 5900, 100):
        there = EARTH.Direct(52.0, -1.0, 90.0, away_m)
        place = Position(lat_deg=there["lat2"], lon_deg=there["lon2"])
        assert 0.0 in (circle.distance_m(place), zone.distance_m(place)), away_m


def test_ends_of_arcs_meet_the_published_corners_beside_them() -> None:
    start, end = (EARTH.Direct(52.0, -1.0, azimuth, 2 * NM + 70.0) for azimuth in (0.0, 90.0))
    ends = ((start["lat2"], start["lon2"]), (end["lat2"], end["lon2"]))
    zone = zone_of(
        airspace(
            curve(line((52.0, -1.0), ends[0]), arc(52.0, -1.0, "2 NM", 0, 90), line(ends[1], (52.0, -1.0)))
        )
    )
    assert km2(zone) == pytest.approx(0.25 * math.pi * (2 * NM + 70) ** 2 / 1e6, rel=0.01)


def test_a_coast_is_cut_between_the_points_where_the_zone_leaves_and_meets_it() -> None:
    coast = [(52.0 + k / 100.0, -1.0 + (k % 2) / 1000.0) for k in range(-50, 51)]
    box = curve(line((52.1, -1.0), (52.1, -0.9), (52.0, -0.9), (52.0, -1.0)))
    for places in (coast, coast[::-1]):
        zone = zone_of(border("c0a57", *places), airspace(box + along("c0a57")))
        assert km2(zone) == pytest.approx(11.12 * 6.85, rel=0.02)
        south, _, north, _ = zone.area.polygon.bounds[1], 0, zone.area.polygon.bounds[3], 0
        assert (south, north) == (pytest.approx(52.0, abs=1e-6), pytest.approx(52.1, abs=1e-4))


def test_a_border_that_is_not_in_the_file_refuses_the_zone_and_says_so() -> None:
    box = curve(line((52.1, -1.0), (52.1, -0.9), (52.0, -0.9)))
    result = read(airspace(box + along("none")))
    assert (len(result.zones), result.refused) == (0, 1)
    assert result.problems[0].code == "no-border"


def test_a_line_of_latitude_is_no_geodesic() -> None:
    west, east = -6.0, -2.0
    box = curve(
        line((57.0, west), (57.0, east), note="following the line of latitude to"),
        line((57.0, east), (56.5, east), (56.5, west), (57.0, west)),
    )
    zone = zone_of(airspace(box))
    _, _, _, north = zone.area.polygon.bounds
    assert north == pytest.approx(57.0, abs=1e-5)


@pytest.mark.parametrize(
    ("vertical", "lower", "upper"),
    [
        (limits("GND FT SFC", "999 FL STD"), "SFC", "UNL"),
        (limits("0 FT SFC", "nil"), "SFC", "UNL"),
        (limits("nil", "2100 FT MSL"), "SFC", "2100 ft AMSL"),
        (limits("65 FL STD", "195 FL STD"), "FL65", "FL195"),
        (limits("500 FT STD", "UNL FT MSL"), "SFC", "UNL"),
        (limits("FLOOR FT SFC", "1000 M SFC"), "SFC", "1000 m AGL"),
        (limits("100 M W84", "600 M W84"), "100 m WGS84", "600 m WGS84"),
    ],
)  # fmt: skip
def test_limits_that_are_nil_or_do_not_fit_are_the_widest_and_never_zero(
    vertical: str, lower: str, upper: str
) -> None:
    zone = zone_of(airspace(CIRCLE, vertical=vertical))
    assert (zone.lower.text, zone.upper.text) == (lower, upper)
    assert (zone.lower is SURFACE, zone.upper is UNLIMITED) == (lower == "SFC", upper == "UNL")


@pytest.mark.parametrize(
    ("designator", "name", "local_type", "kind", "note", "expected"),
    [
        ("EGR1U010E", "KEMBLEY RWY 26G", "RPZ", "R", "FRZ Active H24.", "RPZ"),
        ("EGR4U010A", "TOPLIFF", "FRZ", "R", "FRZ Active H24.", "FRZ"),
        ("EGR4U912", "ISLE OF NOWHERE PRISON", "RPZ", "R", "", "PRISON"),
        ("EGR2U120", "HMP NOWHERE", "", "R", "", "PRISON"),
        ("EGR2U108", "PORT OF NOWHERE", "RPZ", "R", "SI 2020/1", "UAS"),
        ("EGP913", "NOWHERE", "", "P", "", "P"),
        ("EGD910", "NOWHERE", "", "D", "", "D"),
        ("EGR157", "NOWHERE PARK", "", "R", "", "R"),
        ("LFR1", "AILLEURS", "", "CTR_P", "", "CTR"),
    ],
)
def test_kinds_are_told_by_designator_name_and_text(
    designator: str, name: str, local_type: str, kind: str, note: str, expected: str
) -> None:
    zone = zone_of(
        airspace(CIRCLE, designator=designator, name=name, local_type=local_type, kind=kind, note=note)
    )
    assert zone.kind == expected


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("EG RU013B LEE-ON-SOLENT RWY 05", "FRZ Active H24.", "RPZ"),
        ("EGRU013A LEE-ON-SOLENT", "FRZ Active H24.", "FRZ"),
        ("EG RU108 PORT OF NOWHERE", "SI 2020/1", "UAS"),
        ("EG D036 PORTSMOUTH", "", "D"),
        ("EG R157 HYDE PARK", "", "R"),
        ("EGLL LONDON", "", ""),
        ("EGDM ATZ", "", ""),
    ],
)
def test_the_names_of_the_older_kml_mean_the_same(name: str, text: str, kind: str) -> None:
    assert kind_of_uk_area(name, text) == kind
    words = f"{text} Lower limit: SFC Upper limit: 2000 FT AGL"
    ring = "<LinearRing><coordinates>-1,50 -1,50.1 -1.1,50.1 -1,50</coordinates></LinearRing>"
    kml = f'<kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>{name}</name><description>{words}</description>'
    (zone,) = read_airspace(f"{kml}{ring}</Placemark></kml>".encode(), name="uk.kml").zones
    assert zone.kind == kind


def test_the_last_correction_of_a_baseline_counts_in_its_period() -> None:
    period = (
        "<gml:TimePeriod><gml:beginPosition>{}</gml:beginPosition>"
        "<gml:endPosition>{}</gml:endPosition></gml:TimePeriod>"
    )

    def slice_of(radius: int, sequence: int, correction: int, begin: str, end: str) -> str:
        numbers = f"<aixm:sequenceNumber>{sequence}</aixm:sequenceNumber>"
        numbers += f"<aixm:correctionNumber>{correction}</aixm:correctionNumber>"
        whole = airspace(
            curve(full_circle(52.0, -1.0, f"{radius} NM")), form="BASELINE", numbers=numbers,
            valid=period.format(begin, end),
        )  # fmt: skip
        return whole[whole.index("<aixm:timeSlice>") : whole.index("</aixm:Airspace>")]

    slices = slice_of(1, 1, 0, "2026-01-01", "2026-06-01") + slice_of(2, 1, 1, "2026-01-01", "2026-06-01")
    slices += slice_of(3, 2, 0, "2026-06-01", "2027-01-01")
    result = read(f"<aixm:Airspace><gml:identifier>x</gml:identifier>{slices}</aixm:Airspace>")
    here = Position(lat_deg=52.0, lon_deg=-1.0)
    march, august = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
    found = {
        round(edge_distance_m(zone, here) / NM): (
            zone.is_active(march, march),
            zone.is_active(august, august),
        )
        for zone in result.zones
    }
    assert found == {2: (True, False), 3: (False, True)}


def test_a_part_to_be_subtracted_is_not_taken_away() -> None:
    hole = airspace(curve(full_circle(52.0, -1.0, "1 NM")), operation="SUBTR")
    component = hole[hole.index("<aixm:geometryComponent>") : hole.index("<aixm:annotation>")]
    whole = airspace(CIRCLE).replace("<aixm:annotation>", f"{component}<aixm:annotation>", 1)
    result = read(whole)
    assert len(result.zones) == 1
    assert result.zones[0].distance_m(Position(lat_deg=52.0, lon_deg=-1.0)) == 0.0
    assert "operation" in {problem.code for problem in result.problems}


def test_an_inner_ring_is_a_hole() -> None:
    zone = zone_of(airspace(CIRCLE, interior=curve(full_circle(52.0, -1.0, "1 NM"))))
    assert zone.distance_m(Position(lat_deg=52.0, lon_deg=-1.0)) > 1000.0


def test_a_position_that_cannot_be_read_refuses_the_zone_out_to_where_it_may_be() -> None:
    box = curve(line((52.1, -1.0), (52.1, -0.9), (52.0, -0.9), (52.0, -1.0)))
    result = read(airspace(box.replace("52.0 -0.9", "5I.0 -0.9")))
    assert (len(result.zones), result.refused) == (0, 1)


@pytest.mark.parametrize("form", ["utf-8", "utf-16"])
def test_document_types_are_refused_in_any_encoding(form: str) -> None:
    text = document(airspace(CIRCLE)).decode().replace('encoding="UTF-8"', f'encoding="{form}"')
    bomb = text.replace("<message:AIXM", '<!DOCTYPE x [<!ENTITY a "b">]>\n<message:AIXM', 1)
    result = read_airspace(bomb.encode(form), name="bomb.xml")
    assert (len(result.zones), result.records_seen) == (0, 0)
    assert "refused" in {problem.outcome.value for problem in result.problems}


def test_an_archive_with_its_checksum_is_read_as_its_document() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("EG_UAS_FR_DS_AREA1_FULL_20260903.sha256", "00")
        archive.writestr("EG_UAS_FR_DS_AREA1_FULL_20260903.xml", document(airspace(CIRCLE)))
    result = read_airspace(buffer.getvalue(), name="uas.zip")
    assert [zone.kind for zone in result.zones] == ["FRZ"]


def test_an_airspace_drawn_as_another_takes_its_shape() -> None:
    volume = "<aixm:contributorAirspace><aixm:AirspaceVolumeDependency>"
    volume += '<aixm:theAirspace xlink:href="urn:uuid:0001"/></aixm:AirspaceVolumeDependency>'
    volume += "</aixm:contributorAirspace>"
    other = airspace("", identifier="0002", designator="EGD999", vertical=limits("0 FT SFC", "500 FT MSL"))
    start, end = other.index("<aixm:horizontalProjection>"), other.index("<aixm:centreline")
    result = read(airspace(CIRCLE), other[:start] + volume + other[end:])
    first, second = result.zones
    assert km2(first) == pytest.approx(km2(second))
    assert second.upper.text == "500 ft AMSL"


WHOLE = document(
    border("c0a57", (51.9, -1.0), (52.0, -1.0), (52.1, -1.0), (52.2, -1.0)),
    airspace(curve(line((52.1, -1.0), (52.1, -0.9), (52.0, -0.9), (52.0, -1.0))) + along("c0a57")),
    airspace(curve(arc(52.0, -1.0, "2 NM", -150, 150)), identifier="0002", interior=CIRCLE),
)

NOISE = [b"", b"nan", b"-", b"1e999", b"<", b"x"]


@examples(150)
@given(
    st.integers(400, len(WHOLE)),
    st.sampled_from([b"", b"nan", b"-", b"1e999", b"<", b"x"]),
    st.integers(0, 40),
)
def test_no_damage_makes_the_reader_crash_or_lose_a_volume(place: int, noise: bytes, gone: int) -> None:
    result = read_airspace(WHOLE[:place] + noise + WHOLE[place + gone :], name="damaged.xml")
    assert result.records_seen == len(result.zones) + result.refused
