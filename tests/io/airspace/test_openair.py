"""OpenAir as found in the wild."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from geographiclib.geodesic import Geodesic
from hypothesis import given
from hypothesis import strategies as st

from dfr.geo import Position, VerticalDatum
from dfr.io.airspace.limits import parse_limit
from dfr.io.airspace.openair import read_openair
from dfr.io.airspace.openair_write import write_openair
from dfr.io.airspace.reading import AirspaceRead
from dfr.world.zones import SURFACE, UNLIMITED
from tests.places import edge_distance_m

from ...examples import examples

HEAD = "AC D\nAN TEST CTR\nAL SFC\nAH 2000ft\n"
TRIANGLE = "DP 50:00:00 N 001:00:00 W\nDP 50:10:00 N 001:00:00 W\nDP 50:10:00 N 000:50:00 W\n"


def read(text: str) -> AirspaceRead:
    return read_openair(text.encode(), name="test.txt")


def codes(result: AirspaceRead) -> list[tuple[int | None, str, str]]:
    return [(p.line, p.code, p.outcome.value) for p in result.problems]


@pytest.mark.parametrize(
    ("text", "value_m", "datum"),
    [
        ("FL65", 1981.2, VerticalDatum.FLIGHT_LEVEL),
        ("FL 195", 5943.6, VerticalDatum.FLIGHT_LEVEL),
        ("3000MSL", 914.4, VerticalDatum.AMSL),
        ("2500FT AMSL", 762.0, VerticalDatum.AMSL),
        ("2500ALT", 762.0, VerticalDatum.AMSL),
        ("2500 ft", 762.0, VerticalDatum.AMSL),
        ("600m AMSL", 600.0, VerticalDatum.AMSL),
        ("1000 AGL", 304.8, VerticalDatum.AGL),
        ("1000ft agl", 304.8, VerticalDatum.AGL),
        ("9500ft STD", 2895.6, VerticalDatum.FLIGHT_LEVEL),
        ("1000 SFC", 304.8, VerticalDatum.AGL),
    ],
)
def test_limits_keep_their_datum(text: str, value_m: float, datum: VerticalDatum) -> None:
    found = parse_limit(text)
    assert found is not None
    assert (found.value_m, found.datum) == (pytest.approx(value_m), datum)


def test_surface_and_unlimited_have_many_spellings() -> None:
    assert {parse_limit(text) for text in ("GND", "SFC", "gnd", "0", "0 ft AGL")} == {SURFACE}
    assert {parse_limit(text) for text in ("UNL", "UNLIM", "UNLTD", "Unlimited")} == {UNLIMITED}


@pytest.mark.parametrize(
    "text", ["", "Ask on 122.8", "FL", "12000 furlongs", "9999999 ft", "nan", "-inf", "1e9"]
)
def test_what_is_no_limit_is_none(text: str) -> None:
    assert parse_limit(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "50:46:30 N 001:10:15 W",
        "50:46:30N 001:10:15W",
        "50:46:30 n 1:10:15 w",
        "50:46.5 N 001:10.25 W",
        "50.775 N 1.1708333W",
        "50:46:30.0N,001:10:15.0W",
        "50 46 30 N 001 10 15 W",
        "50:45:90 N 1:9:75 W",
    ],
)
def test_coordinates_have_many_spellings(text: str) -> None:
    result = read(HEAD + TRIANGLE + f"DP {text}\n")
    if "90" in text:
        assert codes(result) == [(8, "bad-coordinate", "refused")]
        return
    corner = result.zones[0].area.outline[-1]
    assert (corner.lat, corner.lon) == (pytest.approx(50.775), pytest.approx(-1.1708333))


def test_sixty_seconds_make_a_minute_and_a_bare_point_is_a_number() -> None:
    result = read(HEAD + TRIANGLE + "DP 50:09:60 N 001:05:00 W\nDP 50.N 1.5W\n")
    last = result.zones[0].area.outline[-2:]
    assert (last[0].lat, last[1].lat) == (pytest.approx(50.0 + 10 / 60), 50.0)


def test_longitude_first_is_turned_round_and_reported() -> None:
    result = read(HEAD + TRIANGLE + "DP 000:50:00 W 50:00:00 N\n")
    assert result.zones[0].area.outline[-1].lat == pytest.approx(50.0)
    assert codes(result) == [(8, "coordinate-order", "repaired")]
    assert (len(result.zones), result.repaired, result.refused) == (1, 1, 0)


def test_version_one_puts_types_in_the_class() -> None:
    kinds = {"R": "R", "Q": "D", "P": "P", "CTR": "CTR", "TMZ": "TMZ"}
    for word, kind in kinds.items():
        (zone,) = read(HEAD.replace("AC D", f"AC {word}") + TRIANGLE).zones
        assert (zone.kind, zone.airspace_class) == (kind, "")
    (zone,) = read(HEAD + TRIANGLE).zones
    assert (zone.kind, zone.airspace_class) == ("CTR", "D")
    (zone,) = read(HEAD.replace("AN", "AY TMA\nAN") + TRIANGLE).zones
    assert (zone.kind, zone.airspace_class) == ("TMA", "D")


def test_activation_windows_are_utc_and_none_means_only_when_notified() -> None:
    noon = datetime(2023, 12, 16, 12, tzinfo=UTC)
    hour = HEAD + "AA 2023-12-16T12:00Z/2023-12-16T13:00Z\n" + TRIANGLE
    (zone,) = read(hour).zones
    assert zone.is_active(noon, noon) is True
    assert zone.is_active(noon.replace(hour=14), noon.replace(hour=14)) is False
    (zone,) = read(HEAD + "AA NONE\n" + TRIANGLE).zones
    assert (zone.is_active(noon, noon), zone.activation.by_notice) == (None, True)
    result = read(HEAD + "AA weekends when busy\n" + TRIANGLE)
    assert result.zones[0].is_active(noon, noon) is None
    assert codes(result) == [(5, "unreadable-activation", "repaired")]


def test_unknown_records_are_passed_over_and_noted() -> None:
    result = read(HEAD + "XQ hello\nAP 50:00:00 N 1:00:00 W\n; a remark\n# another\n" + TRIANGLE)
    assert codes(result) == [(5, "unknown-record", "note")]
    assert len(result.zones) == 1


def test_missing_and_unreadable_limits_become_the_widest() -> None:
    result = read("AC D\nAN A\n" + TRIANGLE + "AC D\nAN B\nAL huh\nAH what\n" + TRIANGLE)
    assert {(z.lower, z.upper) for z in result.zones} == {(SURFACE, UNLIMITED)}
    assert [c[1] for c in codes(result)] == ["missing-limit"] * 2 + ["unreadable-limit"] * 2
    assert result.repaired == 2


def test_two_circles_in_a_record_are_two_volumes() -> None:
    result = read(HEAD + "V X=50:00:00 N 1:00:00 W\nDC 1\nV X=50:30:00 N 1:00:00 W\nDC 2\n")
    assert [zone.name for zone in result.zones] == ["TEST CTR", "TEST CTR"]
    assert codes(result) == [(8, "several-shapes", "repaired")]
    assert result.records_seen == 2


def test_an_open_ring_is_closed() -> None:
    (closed,) = read(HEAD + TRIANGLE + "DP 50:00:00 N 001:00:00 W\n").zones
    (left_open,) = read(HEAD + TRIANGLE).zones
    assert closed.area.area_m2() == pytest.approx(left_open.area.area_m2())


def test_latin_1_is_read_and_noted() -> None:
    result = read_openair((HEAD.replace("TEST", "MÜNCHEN") + TRIANGLE).encode("latin-1"), name="t")
    assert result.zones[0].name == "MÜNCHEN CTR"
    assert codes(result) == [(None, "encoding", "note")]


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("DP rubbish\n" + TRIANGLE, "bad-coordinate"),
        ("DC 2\n", "no-centre"),
        ("V X=50:00:00 N 1:00:00 W\nDC nan\n", "bad-radius"),
        ("V X=50:00:00 N 1:00:00 W\nDC -1\n", "bad-radius"),
        ("V X=50:00:00 N 1:00:00 W\nDA 5,0\n", "bad-arc"),
        ("V X=50:00:00 N 1:00:00 W\nDB 50:00:00 N 1:10:00 W\n", "bad-coordinate"),
        ("DY 50:00:00 N 1:00:00 W\nDY 50:30:00 N 1:00:00 W\n", "no-width"),
        ("V W=5\nDY 50:00:00 N 1:00:00 W\n", "too-few-points"),
        ("V W=5\nDY 50:00:00 N 1:00:00 W\nDY 10:00:00 N 1:00:00 W\n", "bad-airway"),
        ("DP 50:00:00 N 1:00:00 W 50:10:00 N 1:00:00 W\n" + TRIANGLE, "bad-coordinate"),
        ("DP 50:00:00 N 1:00:00 W\n", "too-few-points"),
        ("DP 95:00:00 N 1:00:00 W\n" + TRIANGLE, "bad-coordinate"),
        ("", "no-geometry"),
    ],
)
def test_a_volume_that_cannot_be_drawn_is_refused_and_never_lost(lines: str, code: str) -> None:
    result = read(HEAD + lines + "AC P\nAN GOOD\nAL SFC\nAH UNL\n" + TRIANGLE)
    assert [zone.name for zone in result.zones] == ["GOOD"]
    assert result.records_seen == 2
    assert result.refused == 1
    assert code in {p.code for p in result.problems if p.outcome.value == "refused"}


AIRWAY = "V W=10\nDY 50:00:00 N 002:00:00 W\nDY 50:00:00 N 001:00:00 W\nDY 50:30:00 N 001:00:00 W\n"


def test_an_airway_is_all_within_half_its_width() -> None:
    (zone,) = read(HEAD + AIRWAY).zones
    half_m = 5 * 1852.0
    middle = Geodesic.WGS84.InverseLine(50.0, -2.0, 50.0, -1.0)
    place = middle.Position(middle.s13 / 3)
    for azimuth_deg in (place["azi2"] + 90.0, place["azi2"] - 90.0):
        for distance_m, inside in ((half_m - 20.0, True), (half_m + 40.0, False)):
            there = Geodesic.WGS84.Direct(place["lat2"], place["lon2"], azimuth_deg, distance_m)
            position = Position(lat_deg=there["lat2"], lon_deg=there["lon2"])
            assert (zone.distance_m(position) == 0.0) is inside
    beyond = Geodesic.WGS84.Direct(50.5, -1.0, 0.0, half_m + 5.0)
    assert 0.0 < zone.distance_m(Position(lat_deg=beyond["lat2"], lon_deg=-1.0)) < 20.0


def test_the_width_before_the_class_serves_the_next_airway_only() -> None:
    width, points = AIRWAY.split("\n", 1)
    result = read(f"{width}\n{HEAD}{points}{HEAD}{points}")
    assert (len(result.zones), result.refused) == (1, 1)
    assert codes(result)[0][1] == "no-width"


def test_remarks_behind_records_are_no_part_of_them() -> None:
    noon = datetime(2024, 12, 17, 12, tzinfo=UTC)
    result = read(
        "AC D\nAN A\nAL 1500ft (Mon-Fri)\nAH UNLIM ; see NOTAM\n"
        "AA 2024-12-17T00:00Z/2024-12-17T24:00Z ; all day\n"
        "V X=50:00:00 N 1:00:00 W * tower\nDC 2,5 ; NM\n"
        "AC D\nAN B\nAL GND\nAH UNL FT\nAA NONE/2024-12-17T11:00Z\nAA 2024-12-18T00:00Z/NONE\n" + TRIANGLE
    )
    assert result.problems == ()
    a, b = result.zones
    assert (a.lower.value_m, a.upper, b.upper) == (pytest.approx(457.2), UNLIMITED, UNLIMITED)
    assert edge_distance_m(a, Position(lat_deg=50.0, lon_deg=-1.0)) == pytest.approx(2.5 * 1852, abs=0.5)
    midnight = datetime(2024, 12, 18, tzinfo=UTC)
    assert [a.is_active(t, t) for t in (noon, midnight)] == [True, False]
    early, late = datetime(1990, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)
    assert [b.is_active(t, t) for t in (early, noon, late)] == [True, False, True]


def test_none_overrides_all_other_hours() -> None:
    hour = "AA 2023-12-16T12:00Z/2023-12-16T13:00Z\n"
    noon = datetime(2023, 12, 16, 12, tzinfo=UTC)
    for lines in (hour + "AA NONE\n", "AA NONE ; by notice\n" + hour):
        (zone,) = read(HEAD + lines + TRIANGLE).zones
        assert (zone.is_active(noon, noon), zone.activation.by_notice) == (None, True)


def test_a_limit_said_twice_becomes_the_widest() -> None:
    result = read("AC W\nAN A\nAL 500ft\nAL FL80\nAH FL95\nAH FL95\n" + TRIANGLE)
    assert codes(result) == [(4, "repeated-limit", "repaired")]
    assert (result.zones[0].lower, result.zones[0].upper.text) == (SURFACE, "FL95")


def test_a_name_after_an_outline_begins_a_volume_whose_class_is_missing() -> None:
    second = "AN OTHER\nAL SFC\nAH FL65\n" + TRIANGLE.replace("50:", "51:")
    result = read(HEAD + TRIANGLE + second)
    assert [zone.name for zone in result.zones] == ["TEST CTR", "OTHER"]
    assert codes(result) == [(8, "missing-class", "repaired")]
    assert all(zone.binding for zone in result.zones)


def test_a_file_without_classes_keeps_its_volumes() -> None:
    result = read("AN FIRST\nAL SFC\nAH FL65\n" + TRIANGLE)
    assert [zone.name for zone in result.zones] == ["FIRST"]
    assert [p.code for p in read(TRIANGLE).problems] == ["missing-class", "missing-limit", "missing-limit"]


@pytest.mark.parametrize("between", [", ", ",", " ", " - ", " ; ", "/", "\t", " , "])
def test_the_ends_of_an_arc_may_be_parted_by_anything(between: str) -> None:
    centre = "V X=50:05:00 N 001:00:00 W\n"
    ends = ("50:10:00 N 001:00:00 W", "50:00:00 N 001:00:00 W")
    (zone,) = read(HEAD + centre + f"DB {between.join(ends)}\n").zones
    assert zone.area.outline[0].lat == pytest.approx(50.0 + 10 / 60)
    assert zone.area.outline[-1].lat == pytest.approx(50.0)


def test_coordinates_without_colons_are_degrees_minutes_and_seconds() -> None:
    corners = "DP 265644.00N 0500434.00E\nDP 265553N 0504134E\nDP 260838.5 N 0512245.25 E\n"
    (zone,) = read(HEAD + corners).zones
    first, _, last = zone.area.outline
    assert (first.lat, first.lon) == (pytest.approx(26 + 56 / 60 + 44 / 3600), pytest.approx(50.0761111))
    assert last.lon == pytest.approx(51 + 22 / 60 + 45.25 / 3600)


def test_corners_after_a_circle_are_another_volume() -> None:
    result = read(HEAD + "V X=50:00:00 N 1:00:00 W\nDC 1\n" + TRIANGLE)
    assert (len(result.zones), codes(result)) == (2, [(7, "several-shapes", "repaired")])


def test_a_volume_refused_for_its_outline_keeps_its_limits() -> None:
    result = read("AC C\nAN HIGH\nAL FL65\nAH FL195\n" + TRIANGLE + "DP 50:1O:00 N 000:50:00 W\n")
    (defect,) = result.defects
    assert (defect.lower.text, defect.upper.text) == ("FL65", "FL195")


def test_a_line_of_fire_is_refused_and_doubted_only_near_itself() -> None:
    result = read("AC Q\nAN RANGE\nAL SFC\nAH 5000ft\nDP 50:00:00 N 1:00:00 W\nDP 50:10:00 N 1:00:00 W\n")
    (defect,) = result.defects
    assert defect.distance_m(Position(lat_deg=50.1, lon_deg=-1.0)) == 0.0
    assert defect.distance_m(Position(lat_deg=50.1, lon_deg=-1.05)) > 2000.0
    assert defect.upper.text == "5000ft"


@examples(300)
@given(
    st.sampled_from(["DP ", "dp ", "DP  "]), st.integers(0, 99), st.integers(0, 61),
    st.floats(0, 61, width=16),
    st.integers(0, 199), st.sampled_from("NSns"), st.sampled_from("EWew"),
    st.sampled_from([" ", "", ",", "  , "]), st.sampled_from(["", " ", ".5", " ; x", "é"]),
)  # fmt: skip
def test_corners_read_at_once_are_those_read_one_by_one(
    tag: str, lat: int, minutes: int, seconds: float, lon: int, north: str, east: str, gap: str, tail: str
) -> None:
    """A width beyond the quick reader's leaves a line to the other one; both must say the same."""
    line = (
        f"{tag}{lat:02d}:{minutes:02d}:{seconds:05.2f} {north}{gap}{lon:03d}:{minutes:02d}.{lat} {east}{tail}"
    )
    quick, slow = (read(HEAD + TRIANGLE + text + "\n") for text in (line, line + " " * 60))
    assert [(p.line, p.code) for p in quick.problems] == [(p.line, p.code) for p in slow.problems]
    for a, b in zip(quick.zones, slow.zones, strict=True):
        assert np.array(a.area.outline) == pytest.approx(np.array(b.area.outline), abs=1e-12)


@pytest.mark.parametrize("own", ["", "* dfr-date: 2024-08-24\n"])
def test_remarks_of_any_length_and_empty_lines_change_nothing(own: str) -> None:
    text = HEAD + TRIANGLE
    noisy = own + "".join(f"{line}\n\n*{'x' * 5000}\n; DP 1:0:0 N 1:0:0 E\n" for line in text.splitlines())
    plain, other = read(text), read(noisy)
    assert other.problems == ()
    assert other.zones[0].area.polygon.equals(plain.zones[0].area.polygon)
    assert other.zones[0].line == 1 + own.count("\n")


def test_a_corner_before_any_class_is_reported_at_its_own_line() -> None:
    result = read("* remark\n\nDP 50:00:00 N 1:00:00 W\nDP 50:10:00 N 1:00:00 W\nDP 50:00:00 N 0:50:00 W\n")
    assert next((problem.code, problem.line) for problem in result.problems) == ("missing-class", 3)


@pytest.mark.parametrize(
    "ring", ["49,-2 51,-2", "49,-2 50,-2 51,-2", "49,-2 49,-2 49,-2", "49,-2 51,-2 91,0"]
)
def test_a_coverage_without_an_area_is_refused_and_the_volumes_are_kept(ring: str) -> None:
    outline = "DP 50:00:00 N 1:00:00 W\nDP 50:10:00 N 1:00:00 W\nDP 50:00:00 N 0:50:00 W\n"
    result = read(f"* dfr-coverage: {ring}\n" + HEAD + outline)
    assert [(problem.code, problem.line) for problem in result.problems] == [("bad-coverage", 1)]
    assert (result.coverage, len(result.zones)) == ((), 1)


def test_a_written_file_reads_back_as_it_was() -> None:
    text = (
        "* dfr-coverage: 49,-2 51,-2 51,0\n* dfr-date: 2024-08-24\n* dfr-ground-m-amsl: -5 300\n"
        + HEAD
        + "AA 2023-12-16T12:00Z/2023-12-16T13:00Z\nV X=50:00:00 N 1:00:00 W\nV D=-\nDA 10, 300, 40\n"
        + "AC R\nAN RING\nAL 500ft AGL\nAH FL65\nV X=50:00:00 N 1:00:00 W\nDC 2.5\n"
    )
    first = read(text)
    written = write_openair(first)
    second = read(written.text)
    assert (written.changed, written.left_out, second.problems) == ([], [], ())
    assert (second.coverage, second.date, second.ground_m_amsl) == (
        first.coverage,
        first.date,
        first.ground_m_amsl,
    )
    for a, b in zip(first.zones, second.zones, strict=True):
        assert (a.name, a.kind, a.airspace_class, a.lower, a.upper) == (
            b.name,
            b.kind,
            b.airspace_class,
            b.lower,
            b.upper,
        )
        assert a.activation.periods == b.activation.periods
        assert a.area.area_m2() == pytest.approx(b.area.area_m2(), rel=1e-5)


def test_coordinates_on_file_mean_what_they_say() -> None:
    (zone,) = read(HEAD + TRIANGLE).zones
    assert zone.distance_m(Position(lat_deg=50.15, lon_deg=-0.99)) == 0.0
    assert zone.distance_m(Position(lat_deg=50.05, lon_deg=-0.85)) > 1000.0


def _accounted(result: AirspaceRead) -> None:
    assert result.records_seen == len(result.zones) + result.refused
    for zone in (*result.zones, *result.defects):
        assert zone.area.polygon.is_valid
        assert zone.area.polygon.area > 0.0
    json_ready = [problem.as_dict() for problem in result.problems]
    assert all(item["code"] and item["message"] for item in json_ready)


RECORDS = """AC D|AC|AN x|AL FL65|AH SFC|AH UNL|V X=50:00:00 N 1:00:00 W|V X=90:00:00 N 0:0:0 E|V D=-|V D=x
DC 3|DC 1999|DC 0.00001|DA 5,10,20|DA 5,0,0|DP 50:00:00 N 1:00:00 W
DP 50:10:00 N 1:00:00 W|DP 50:10:00 N 179:59:59 E|DP 50:00:00 N 179:00:00 W
DP 90:0:0 N 0:0:0 E|DP 89:59:59 S 100:00:00 W|DB 50:00:00 N 1:00:00 W
AA NONE|AA /|DB 50:00:00 N 1:00:00 W, 50:10:00 N 1:00:00 W|AA 2023-01-01T00:00Z/2023-01-02T00:00Z
DY 50:00:00 N 1:00:00 W|V
* dfr-coverage: 1,2|* dfr-ground-m-amsl: 5 nan|AY RMZ|V X|DP|DB ,|AF 1|AG z"""
_LINES = st.sampled_from([record for line in RECORDS.split("\n") for record in line.split("|")])


@examples(300)
@given(st.lists(st.one_of(_LINES, st.text(max_size=30)), max_size=40))
def test_no_lines_make_the_reader_crash_or_lose_a_volume(lines: list[str]) -> None:
    _accounted(read_openair("\n".join(lines).encode("utf-8", "surrogatepass"), name="t"))


@examples(200)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_crash(data: bytes) -> None:
    _accounted(read_openair(data, name="t"))


def test_a_class_that_only_sets_a_style_is_no_volume_and_a_strange_one_is() -> None:
    """Files set colours by a class and its pens; a record nobody knows may have been the volume."""
    style = read("AC Q\nSP 0,2,127,0,127\nSB -1,-1,-1\nAC\nAN\nAH\nAL\n" + HEAD + TRIANGLE)
    assert (style.records_seen, style.refused) == (1, 0)
    assert codes(style) == [(1, "empty-record", "note"), (4, "empty-record", "note")]
    strange = read("AC Q\nPOLY 50,1 50,2 51,2\n" + HEAD + TRIANGLE)
    assert (strange.records_seen, strange.refused, strange.unplaced) == (2, 1, 1)


def test_tabs_part_records_as_spaces_do() -> None:
    tabbed = "".join(line.replace(" ", "\t", 1) + "\n" for line in (HEAD + TRIANGLE).splitlines())
    (plain,), (zone,) = read(HEAD + TRIANGLE).zones, read(tabbed).zones
    assert (zone.name, zone.upper) == (plain.name, plain.upper)
    assert zone.area.polygon.equals(plain.area.polygon)


def test_a_remark_behind_a_type_is_no_part_of_it_but_brackets_are() -> None:
    remarked = read(HEAD.replace("AC D", "AC E ; low") + "AY MTA ; Military\n" + TRIANGLE).zones[0]
    assert (remarked.airspace_class, remarked.kind) == ("E", "MTA")
    assert read(HEAD + "AY RA(T)\n" + TRIANGLE).zones[0].kind == "RA(T)"


def test_a_volume_with_a_lost_corner_is_doubted_beyond_the_corners_left() -> None:
    (defect,) = read(HEAD + TRIANGLE + "DP 50:10:00 N 0:4x:00 W\n").defects
    assert defect.distance_m(Position(lat_deg=50.1667, lon_deg=-0.75)) == 0.0


@pytest.mark.parametrize(
    ("words", "binding"),
    [
        ("AC G\nAY ATZ\nAN VALE", True), ("AC G\nAY RMZ\nAN VALE", True), ("AC G\nAN VALE", False),
        ("AC C\nAN NORTH FIR", True), ("AC G\nAN NORTH FIR", False), ("AC UNC\nAY FIR\nAN NORTH", False),
        ("AC F\nAN VALE", True), ("AC R\nAN VALE", True),
    ],
)  # fmt: skip
def test_a_class_or_a_kind_that_restricts_binds_and_mere_class_g_does_not(words: str, binding: bool) -> None:
    (zone,) = read(f"{words}\nAL SFC\nAH 2000ft\n{TRIANGLE}").zones
    assert zone.binding is binding
