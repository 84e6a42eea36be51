"""NOTAM text: places, heights and hours as printed; nothing is dropped, what cannot be drawn is unknown."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path

import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError
from dfr.geo import Position
from dfr.io.airspace.files import read_airspace
from dfr.io.airspace.notam import Notams, read_notams
from dfr.world.zones import SURFACE, Zone
from tests.places import edge_distance_m

from ...examples import examples

NM = 1852.0


def notam(
    what: str,
    *,
    q: str = "EGTT/QRTCS/IV/BO/AW/000/012/5130N00100W005",
    times: str = "B) 2607180600 C) 2607192300",
    schedule: str = "",
    heights: str = "F) SFC G) 1200FT AMSL",
    name: str = "H1234/26 NOTAMN",
) -> str:
    d = f"D) {schedule}\n" if schedule else ""
    return f"{name}\nQ) {q}\nA) EGTT {times}\n{d}E) {what}\n{heights}\n"


def zone_of(text: str) -> Zone:
    result = read_notams(text)
    assert result.undrawn == ()
    (zone,) = result.zones
    return zone


def at(*clock: int) -> datetime:
    return datetime(2026, 7, *clock, tzinfo=UTC)


def active(zone: Zone, *clock: int) -> bool | None:
    return zone.is_active(at(*clock), at(*clock))


CIRCLES = [
    "WI 2NM RADIUS OF 513000N 0010000W",
    "WI 2 NM RADIUS OF 513000.00N 0010000.00W",
    "WI 2NM RADIUS 513000N 0010000W",
    "WI 2NM\nRADIUS OF 513000N\n0010000W (1.5NM, 104.29 DEG MAG FM TOWN ARP)",
    "WITHIN A CIRCLE OF RADIUS 2NM CENTRED ON 513000N 0010000W",
    "RADIUS 2NM CENTERED ON 513000N 0010000W",
    "513000N0010000W RADIUS 2.0 NM",
    "WI 3704M RADIUS OF 5130N 00100W",
]


@pytest.mark.parametrize("words", CIRCLES)
def test_a_circle_is_drawn_however_it_is_said(words: str) -> None:
    zone = zone_of(notam(f"RESTRICTED AREA (TEMPORARY) INSTALLED FOR UAS ONLY {words}"))
    centre = Position(lat_deg=51.5, lon_deg=-1.0)
    assert edge_distance_m(zone, centre) == pytest.approx(2 * NM, abs=1.0)
    assert (zone.kind, zone.lower, zone.upper.text) == ("RA(T)", SURFACE, "1200FT AMSL")


def test_an_area_is_drawn_through_its_corners_whether_closed_or_not() -> None:
    corners = ["513000N 0010000W", "514000N 0010000W", "514000N 0004500W"]
    whole = zone_of(notam("UAS OPR WI AREA BOUNDED BY: " + " - ".join([*corners, corners[0]])))
    left_open = zone_of(notam("UAS OPR WI AN AREA BOUNDED BY FLW COORD: " + ", ".join(corners)))
    flat = [(51.5, -1.0), (51 + 40 / 60, -1.0), (51 + 40 / 60, -0.75)]
    polygon = Geodesic.WGS84.Polygon()
    for lat, lon in flat:
        polygon.AddPoint(lat, lon)
    expected = abs(polygon.Compute()[2])
    assert whole.area.area_m2() == pytest.approx(expected, rel=1e-3)
    assert left_open.area.area_m2() == pytest.approx(expected, rel=1e-3)


def test_a_radius_of_an_area_is_a_margin_about_it() -> None:
    corners = "513000N 0010000W - 513100N 0010000W - 513100N 0005900W - 513000N 0005900W"
    zone = zone_of(notam(f"CRANE OPR WI 500M RADIUS OF AREA BOUNDED BY {corners}"))
    south = Geodesic.WGS84.Direct(51.5, -0.992, 180.0, 495.0)
    beyond = Geodesic.WGS84.Direct(51.5, -0.992, 180.0, 520.0)
    assert zone.distance_m(Position(lat_deg=south["lat2"], lon_deg=south["lon2"])) == 0.0
    assert zone.distance_m(Position(lat_deg=beyond["lat2"], lon_deg=beyond["lon2"])) > 0.0


def test_a_corridor_is_all_within_its_width_of_a_line() -> None:
    zone = zone_of(notam("FLT WI 2NM EITHER SIDE OF A LINE JOINING 513000N 0010000W - 513000N 0000000W"))
    line = Geodesic.WGS84.InverseLine(51.5, -1.0, 51.5, 0.0)
    middle_lat = line.Position(line.s13 / 2)["lat2"]
    for away_m, inside in ((2 * NM - 20.0, True), (2 * NM + 40.0, False)):
        there = Geodesic.WGS84.Direct(middle_lat, -0.5, 0.0, away_m)
        assert (zone.distance_m(Position(lat_deg=there["lat2"], lon_deg=-0.5)) == 0.0) is inside


def test_an_arc_with_its_centre_and_radius_is_drawn() -> None:
    end, start = (Geodesic.WGS84.Direct(51.5, -1.0, azimuth, 5 * NM) for azimuth in (90.0, 0.0))

    def dms(value: float, width: int, letters: str) -> str:
        seconds = round(abs(value) * 3600.0)
        return f"{seconds // 3600:0{width}d}{seconds // 60 % 60:02d}{seconds % 60:02d}{letters[value < 0]}"

    a, b = (f"{dms(p['lat2'], 2, 'NS')} {dms(p['lon2'], 3, 'EW')}" for p in (start, end))
    arc = f"THEN CLOCKWISE BY ARC OF RADIUS 5NM CENTRED ON 513000N 0010000W TO {b}"
    words = f"WI AREA BOUNDED BY 513000N 0010000W - {a} - {arc} - 513000N 0010000W"
    assert zone_of(notam(words)).area.area_m2() == pytest.approx(math.pi * (5 * NM) ** 2 / 4, rel=0.01)


@pytest.mark.parametrize(
    "words",
    [
        "PARACHUTING AT HINTON",
        "WI AREA BOUNDED BY 513000N 0010000W - 514000N 0010000W THEN CLOCKWISE BY ARC TO 514000N 0004500W",
        "FIRING ALONG A LINE BTN 513000N 0010000W AND 514000N 0010000W",
        "WI AREA BOUNDED BY 513000N 0010000W - 514000N 0010000W THEN ALONG THE COAST TO 514000N 0004500W",
    ],
)
def test_what_has_no_shape_of_its_own_is_unknown_within_its_q_line(words: str) -> None:
    result = read_notams(notam(words))
    (zone,) = result.zones
    assert zone.defect
    assert zone.distance_m(Position(lat_deg=51.58, lon_deg=-1.0)) == 0.0
    assert zone.distance_m(Position(lat_deg=51.7, lon_deg=-1.0)) > 5000.0


@pytest.mark.parametrize("q", ["EGTT/QXXXX/IV/NBO/E/000/999/5148N00001W999", ""])
def test_what_may_be_anywhere_is_shown_and_undrawn(q: str) -> None:
    result = read_notams(notam("SOMETHING WILL HAPPEN", q=q))
    (text,) = result.undrawn
    assert "SOMETHING WILL HAPPEN" in str(text)
    assert text.activation.is_active(at(18, 12), at(18, 12), Position(lat_deg=51.5, lon_deg=-1.0)) is True


def test_a_closed_taxiway_restricts_no_airspace_and_is_kept() -> None:
    result = read_notams(notam("TWY B CLSD", q="EGTT/QMXLC/IV/BO/A/000/999/5408N00316W005"))
    assert (result.zones, result.undrawn) == ((), ())
    assert "TWY B CLSD" in result.notes[0].text


def test_a_crane_without_f_and_g_takes_its_height_from_its_text() -> None:
    q = "EGTT/QOBCE/IV/M/AE/000/003/5130N00100W001"
    what = "TEMP CRANE OPR WI 0.1NM RADIUS OF 513000.88N 0010000.82W. ELEVATION 250FT AMSL (HGT 157FT AGL)."
    zone = zone_of(notam(what, q=q, heights=""))
    assert (zone.kind, zone.lower, zone.upper.text) == ("OBSTACLE", SURFACE, "250FT AMSL")
    zone = zone_of(notam("CRANE AT 513000N 0010000W", q=q, heights=""))
    assert zone.upper.text == "300 ft AMSL"
    assert edge_distance_m(zone, Position(lat_deg=51.5, lon_deg=-1.0)) == pytest.approx(185.2, abs=1.0)


@pytest.mark.parametrize(
    ("heights", "upper"),
    [("F) SFC G) UNL", "UNL"), ("F) 100FT AGL G) FL065", "FL065"), ("F) SFC G) 9O0FT", "UNL")],
)
def test_heights_are_those_of_f_and_g_and_the_widest_where_these_cannot_be_read(
    heights: str, upper: str
) -> None:
    zone = zone_of(notam(CIRCLES[0], heights=heights))
    assert zone.upper.text == upper


def test_an_end_that_is_estimated_or_permanent_does_not_end() -> None:
    for ends in ("C) 2607192300 EST", "C) 2607192300EST", "C) PERM"):
        zone = zone_of(notam(CIRCLES[0], times=f"B) 2607180600 {ends}"))
        assert [active(zone, *clock) for clock in ((17, 12), (18, 12), (30, 12))] == [False, True, True]
    zone = zone_of(notam(CIRCLES[0]))
    assert [active(zone, *clock) for clock in ((18, 5, 59), (18, 6), (19, 22, 59), (19, 23))] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("0700-1600", {(20, 8): True, (20, 17): False, (21, 8): True}),
        (
            "MON-FRI 0800-1700, SAT 0900-1200",
            {(20, 9): True, (25, 10): True, (25, 13): False, (26, 10): False},
        ),
        ("DAILY 2200-0200", {(20, 23): True, (21, 1): True, (21, 3): False}),
        ("H24", {(20, 3): True}),
        ("SR-SS", {(20, 12): True, (20, 23, 30): False}),
        ("21 1223-1447", {(21, 13): True, (21, 15): False, (22, 13): False}),
        ("JUL 21-22 0900-1000", {(21, 9, 30): True, (22, 9, 30): True, (23, 9, 30): False}),
        ("MON-FRI 0800-1700 EXC 21 JUL", {(20, 9): True, (21, 9): True}),
        ("AS ADVISED BY THE RANGE", {(20, 3): True}),
        ("0700-1600 1800-2000", {(20, 17): False, (20, 19): True}),
    ],
)
def test_schedules_are_utc_and_what_cannot_be_read_counts_as_active(
    schedule: str, expected: dict[tuple[int, ...], bool]
) -> None:
    zone = zone_of(notam(CIRCLES[0], times="B) 2607180000 C) 2607302359", schedule=schedule))
    assert {clock: active(zone, *clock) for clock in expected} == expected
    assert active(zone, 31, 9) is False


def test_what_is_replaced_or_cancelled_is_listed_and_no_zone() -> None:
    old = notam(CIRCLES[0], name="H0001/26 NOTAMN")
    other = notam(CIRCLES[0], name="H0002/26 NOTAMN")
    new = notam(CIRCLES[4], name="H0003/26 NOTAMR H0001/26")
    gone = notam("CANCELLED", name="H0004/26 NOTAMC H0002/26")
    result = read_notams("\n".join([old, other, new, gone, new]))
    assert result.replaced == ("H0001/26", "H0002/26", "H0004/26")
    assert [zone.name[:8] for zone in result.zones] == ["H0003/26"]
    assert result.count == 5


def test_a_series_named_quebec_is_no_q_line() -> None:
    result = read_notams(
        notam(CIRCLES[0], name="Q0123/26 NOTAMN") + notam(CIRCLES[1], name="Q0124/26 NOTAMN")
    )
    assert [zone.name[:8] for zone in result.zones] == ["Q0123/26", "Q0124/26"]


BRIEFING = """UK AIS PIB  ISSUED: 25 SEP 2026 17:00

+ A3277/26 N MIL EXER WILL TAKE PLACE WI THE FLW COORD:
510000N0010000W - 511000N0010000W - 511000N0005000W
Lower: SFC Upper: FL400
From: 17 July 2026 16:00 To: 19 July 2026 15:59

+ A3278/26 N UAS OPR WI 1NM RADIUS OF 513000N 0010000W
Lower: SFC Upper: 400FT AGL
From: 18 July 2026 16:00 To: PERM
"""


def test_the_words_of_a_briefing_are_read_as_items() -> None:
    result = read_notams(BRIEFING)
    exercise, drones = result.zones
    assert (exercise.upper.text, drones.upper.text) == ("FL400", "400FT AGL")
    assert [active(exercise, *clock) for clock in ((17, 17), (20, 1))] == [True, False]
    assert [active(drones, *clock) for clock in ((17, 17), (30, 1))] == [False, True]
    assert result.issued == datetime(2026, 9, 25, 17, tzinfo=UTC)


PIB = """<?xml version="1.0" encoding="UTF-8"?><Pib><AreaPIBHeader><Issued>2026-07-17T17:00:26+00:00</Issued>
</AreaPIBHeader><FIRSection><NotamList><Notam>
<NOF>EGGN</NOF><Series>J</Series><Number>33</Number><Year>26</Year><Type>R</Type>
<ReferredSeries>J</ReferredSeries><ReferredNumber>32</ReferredNumber><ReferredYear>26</ReferredYear>
<QLine><FIR>EGTT</FIR><Code23>RT</Code23><Code45>CS</Code45><Traffic>IV</Traffic><Purpose>BO</Purpose>
<Scope>AW</Scope><Lower>0</Lower><Upper>12</Upper></QLine>
<Coordinates>5130N00100W</Coordinates><Radius>5</Radius><ItemA>EGTT</ItemA>
<StartValidity>2607180600</StartValidity><EndValidity>2607192300</EndValidity><Estimation>EST</Estimation>
<ItemE>RESTRICTED AREA (TEMPORARY) WI 2NM RADIUS OF 513000N
0010000W</ItemE><ItemF>SFC</ItemF><ItemG>1200FT AMSL</ItemG></Notam></NotamList></FIRSection></Pib>"""


def test_the_xml_briefing_holds_the_same() -> None:
    result = read_notams(PIB)
    (zone,) = result.zones
    assert zone.name.startswith("J0033/26")
    assert edge_distance_m(zone, Position(lat_deg=51.5, lon_deg=-1.0)) == pytest.approx(2 * NM, abs=1.0)
    assert [active(zone, *clock) for clock in ((18, 5), (30, 5))] == [False, True]
    assert result.issued == datetime(2026, 7, 17, 17, 0, 26, tzinfo=UTC)


def test_entities_in_an_xml_briefing_are_refused() -> None:
    with pytest.raises(InputError, match="entities are refused"):
        read_notams('<!DOCTYPE Pib [<!ENTITY a "b">]><Pib>&a;</Pib>')


def test_a_domestic_notice_of_the_faa_is_undrawn_and_not_lost() -> None:
    result = read_notams("!FDC 6/2510 ADK SOMETHING RESTRICTED 2607180000-2607192359EST\n")
    assert [text.text[:4] for text in result.undrawn] == ["!FDC"]


def test_a_text_without_notams_is_an_error_unless_it_says_so() -> None:
    with pytest.raises(InputError, match="holds no NOTAM"):
        read_notams("hello")
    assert read_notams("EGTT LONDON FIR: NIL").count == 0


def test_a_file_is_read_as_its_text_and_as_airspace(tmp_path: Path) -> None:
    file = tmp_path / "notam.txt"
    file.write_text(notam(CIRCLES[0]) + notam("SOMETHING", q="EGTT/QXXXX/IV/NBO/E/000/999/5148N00001W999"))
    assert len(read_notams(file).zones) == 1
    read = read_airspace(file.read_bytes(), name=str(file))
    assert (read.kind, len(read.zones), read.unplaced) == ("notam", 1, 1)


WORDS = st.text(alphabet="ABCDEFGQ)(/0123456789 \nNWSE.-:", max_size=300)


def names(result: Notams) -> set[str]:
    shown = {zone.name[:8] for zone in result.zones} | {
        text.name for text in (*result.undrawn, *result.notes)
    }
    return shown | set(result.replaced)


@examples(60)
@given(WORDS, WORDS)
def test_whatever_a_text_says_no_notam_in_it_is_dropped(first: str, second: str) -> None:
    text = notam(first, name="H0001/26 NOTAMN") + notam(second, name="H0002/26 NOTAMN")
    assert {"H0001/26", "H0002/26"} <= names(read_notams(text))


HALF_READ = [
    "WITHIN A 5 STATUTE MILE RADIUS OF 513000N 0010000W",
    "WI 5 MILES OF 513000N 0010000W",
    "513000N 0010000W",
    "WI 1NM RADIUS OF 513000N 0010000W AND 514000N 0010000W",
    "WI 1NM RADIUS OF 513000N 0010000W AND 514000N 0010000W - 514000N 0004500W - 515000N 0010000W",
    "AREA BOUNDED BY 513000N 0010000W - 513000N 005000W - 514000N 0004500W - 514000N 0010000W",
]


@pytest.mark.parametrize("words", HALF_READ)
def test_a_restriction_of_which_a_part_could_not_be_read_is_unknown_within_its_q_line(words: str) -> None:
    (zone,) = read_notams(notam(f"RESTRICTED AREA (TEMPORARY) {words}")).zones
    assert zone.defect
    assert edge_distance_m(zone, Position(lat_deg=51.5, lon_deg=-1.0)) == pytest.approx(6 * NM, rel=0.01)


def test_nautical_miles_may_be_spelt_out() -> None:
    zone = zone_of(notam("RESTRICTED AREA WITHIN A 5 NAUTICAL MILE RADIUS OF 513000N 0010000W"))
    assert edge_distance_m(zone, Position(lat_deg=51.5, lon_deg=-1.0)) == pytest.approx(5 * NM, abs=1.0)


def test_a_crane_that_is_some_way_from_a_town_stands_at_its_place() -> None:
    zone = zone_of(
        notam(
            "TOWER CRANE 0.3NM SE OF THE TOWN 513000N 0010000W", q="EGTT/QOBCE/IV/M/A/000/004/5130N00100W001"
        )
    )
    assert zone.kind == "OBSTACLE"
    assert edge_distance_m(zone, Position(lat_deg=51.5, lon_deg=-1.0)) == pytest.approx(185.2, abs=1.0)


MUST_BE_JUDGED = [
    ("QFALT", "RESTRICTED AREA EGR999 ACTIVE"),
    ("QFAXX", "FLYING AT THE AERODROME"),
    ("QFPLC", "HELIPORT OPEN FOR THE EVENT"),
    ("QGWXX", "INTERFERENCE TRIAL"),
    ("QPZXX", "NEW IDENTIFICATION ZONE"),
    ("QSTLC", "TOWER CLOSED, ALL UAS PROHIBITED"),
    ("QNVAS", "GPS JAMMING"),
    ("QOBCC", "CRANE COMPLETED"),
]


@pytest.mark.parametrize(("code", "words"), MUST_BE_JUDGED)
def test_a_code_or_words_that_may_restrict_drones_make_no_mere_note(code: str, words: str) -> None:
    result = read_notams(notam(words, q=f"EGTT/{code}/IV/BO/AW/000/012/5130N00100W005"))
    assert result.notes == ()
    (zone,) = result.zones
    assert zone.defect


TWO_MONTHS = ["JUL 17 19-AUG 02 0900-1700", "JUL 17 AUG 18 0900-1700", "17 30-18 0900-1700"]


@pytest.mark.parametrize("schedule", TWO_MONTHS)
def test_dates_that_run_into_another_month_lose_no_day(schedule: str) -> None:
    text = notam(
        "UAS WI 2NM RADIUS OF 513000N 0010000W", times="B) 2607010000 C) 2608312300", schedule=schedule
    )
    zone = zone_of(text)
    assert all(active(zone, day, 12) is not False for day in (18, 30, 31))


def test_what_is_replaced_stands_until_the_other_begins() -> None:
    old = notam(CIRCLES[0], name="H0001/26 NOTAMN")
    new = notam(CIRCLES[0], name="H0003/26 NOTAMR H0001/26", times="B) 2607190600 C) 2607192300")
    gone = notam("CANCELLED", name="H0004/26 NOTAMC H0001/26", times="B) 2607190600")
    for later in (new, gone):
        zone = read_notams(old + later).zones[0]
        assert zone.name.startswith("H0001/26")
        assert active(zone, 18, 12) is True
        assert active(zone, 19, 12) is False


NO_MOMENT = "B) WIE C) 2607192300"
"""A start that is a word: with immediate effect."""


@pytest.mark.parametrize("form", ["NOTAMR", "NOTAMC"])
def test_what_begins_at_an_unreadable_time_stands_until_it_is_replaced(form: str) -> None:
    old = notam(CIRCLES[0], name="H0001/26 NOTAMN", times=NO_MOMENT)
    other = notam(CIRCLES[0], name=f"H0003/26 {form} H0001/26", times="B) 2607190600 C) 2607192300")
    zone = read_notams(old + other).zones[0]
    assert zone.name.startswith("H0001/26")
    assert [active(zone, *clock) for clock in ((18, 12), (19, 5, 59), (19, 12))] == [True, True, False]


@pytest.mark.parametrize("form", ["NOTAMR", "NOTAMC"])
@pytest.mark.parametrize("times", ["B) 2607180600 C) 2607192300", NO_MOMENT])
def test_what_is_replaced_at_an_unreadable_time_stays_whole(form: str, times: str) -> None:
    old = notam(CIRCLES[0], name="H0001/26 NOTAMN", times=times)
    other = notam(CIRCLES[0], name=f"H0003/26 {form} H0001/26", times="B) WIE C) 2607192300")
    zone = read_notams(old + other).zones[0]
    assert zone.name.startswith("H0001/26")
    assert [active(zone, *clock) for clock in ((18, 12), (19, 12), (20, 12))] == [True, True, False]


def test_what_cannot_be_drawn_and_is_replaced_at_an_unreadable_time_is_still_shown() -> None:
    region = "EGTT/QXXXX/IV/NBO/E/000/999/5148N00001W999"
    old = notam("DRONES PROHIBITED", name="H0001/26 NOTAMN", q=region, times=NO_MOMENT)
    gone = notam("CANCELLED", name="H0004/26 NOTAMC H0001/26", times="B) WIE")
    (text,) = read_notams(old + gone).undrawn
    assert text.name == "H0001/26"
