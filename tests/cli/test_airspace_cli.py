"""`dfr airspace lint`, `at` and `convert` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfr.geo import Position
from dfr.io.airspace.files import read_airspace
from tests.places import edge_distance_m

from .verbs import dfr

DIRTY = """* dirty
AC D
AN GOOD
AL SFC
AH 2000ft
V X=50:45:00 N 001:12:00 W
DC 2
AC R
AN UPSIDE DOWN
AL FL65
AH 100ft
V X=50:45:00 N 001:12:00 W
DC 2
AC Q
AN BOW TIE
AL SFC
AH UNL
DP 50:00:00 N 001:00:00 W
DP 50:10:00 N 000:50:00 W
DP 50:00:00 N 000:50:00 W
DP 50:10:00 N 001:00:00 W
"""


CREWED = ("--kind", "airspace", "--kind", "aerodrome zones")
"""What a file for crewed aviation holds."""


def result(*arguments: object, code: int = 0) -> dict[str, object]:
    done = dfr("airspace", *arguments, "--json")
    assert done.returncode == code, done.stderr
    document = json.loads(done.stdout)
    assert isinstance(document, dict)
    return document


@pytest.fixture
def solent(repository: Path) -> Path:
    return repository / "airspace" / "solent-2024-08.txt"


def test_lint_counts_every_volume_and_names_every_problem(tmp_path: Path) -> None:
    path = tmp_path / "dirty.txt"
    path.write_text(DIRTY)
    document = result("lint", path)
    (report,) = document["files"]
    counts = {key: report[key] for key in ("records_seen", "zones", "repaired", "refused")}
    assert counts == {"records_seen": 3, "zones": 2, "repaired": 1, "refused": 1}
    assert [(p["line"], p["code"]) for p in report["problems"]] == [
        (11, "limits-inverted"),
        (14, "self-intersection"),
    ]
    assert report["coverage_bbox"] == pytest.approx([-1.2527, 50.0, -0.8333, 50.7833], abs=1e-3)
    assert report["seconds"] >= 0.0
    assert dfr("airspace", "lint", path, "--strict").returncode == 3


def test_lint_of_a_folder_survives_whatever_lies_in_it(tmp_path: Path, solent: Path) -> None:
    (tmp_path / "noise.txt").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "broken.kml").write_text("<kml><a>")
    (tmp_path / "latin.txt").write_bytes(DIRTY.replace("GOOD", "GÖTEBORG").encode("latin-1"))
    (tmp_path / "solent.txt").write_bytes(solent.read_bytes())
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    document = result("lint", tmp_path, code=2)
    assert [Path(report["file"]).name for report in document["files"]] == [
        "broken.kml", "empty.json", "latin.txt", "noise.txt", "solent.txt",
    ]  # fmt: skip
    assert document["zones"] == 50
    assert [Path(name).name for name in document["passed_over"]] == ["picture.png"]


def test_a_folder_without_airspace_is_said_and_fails_where_lint_is_strict(tmp_path: Path) -> None:
    (tmp_path / "zones.dat").write_text(DIRTY)
    done = dfr("airspace", "lint", tmp_path, "--strict")
    assert done.returncode == 3
    assert "no airspace file" in done.stderr
    assert "zones.dat" in done.stderr
    assert result("lint", tmp_path / "zones.dat")["records_seen"] == 3


def test_lint_of_a_missing_file_is_bad_input_and_still_json(tmp_path: Path) -> None:
    document = result("lint", tmp_path / "none.txt", code=2)
    assert [p["code"] for p in document["problems"]] == ["unreadable"]


def test_at_southsea_is_clear_and_lists_what_is_near(solent: Path) -> None:
    document = result(
        "at", "--lat", 50.782, "--lon", -1.089, "--height-m-agl", 120, "--time", "2024-08-24T12:00:00Z",
        "--airspace", solent, "--within-km", 30, *CREWED,
    )  # fmt: skip
    assert document["state"] == "clear"
    zones = {(zone["name"], zone["type"]): zone for zone in document["zones"]}
    overhead = zones["PORTSMOUTH CTA-1", "CTA"]
    expected = {"class": "A", "lower": "FL65", "upper": "FL195", "active": True, "contains": False}
    assert {key: overhead[key] for key in expected} == expected
    assert overhead["distance_m"] == 0.0
    assert zones["FLEETLANDS", "ATZ"]["distance_m"] == pytest.approx(4500, abs=50)
    assert max(zone["distance_m"] for zone in document["zones"]) <= 30_000


@pytest.mark.parametrize(
    ("lat", "lon", "state"),
    [(50.8158, -1.2067, "conflict"), (50.4, -1.2, "no_coverage"), (55.0, -3.0, "no_coverage")],
)
def test_at_other_places(solent: Path, lat: float, lon: float, state: str) -> None:
    place = ("--lat", lat, "--lon", lon, "--height-m-agl", 50, "--time", "2024-08-24T12:00Z")
    document = result("at", *place, "--airspace", solent)
    assert document["state"] == state
    assert document["reasons"]


def test_at_takes_several_files_and_says_unknown_for_a_refused_volume(tmp_path: Path, solent: Path) -> None:
    path = tmp_path / "dirty.txt"
    path.write_text(DIRTY.replace("AC D\nAN GOOD", "AC G\nAN GOOD"))
    place = ("--lat", 50.75, "--lon", -1.2, "--height-m-agl", 50, "--time", "2024-08-24T13:00+01:00")
    assert result("at", *place, "--airspace", solent, path)["state"] == "unknown"
    assert result("at", *place, "--airspace", solent, "--airspace", path)["state"] == "unknown"
    assert result("at", *place, "--airspace", solent, *CREWED)["state"] == "clear"


@pytest.mark.parametrize(
    "change",
    [("--time", "yesterday"), ("--time", "2024-08-24T12:00"), ("--lat", "95"), ("--height-m-agl", "nan"),
     ("--airspace", "/nowhere.txt"), ("--qnh-hpa", "29.92"), ("--within-km", "-1"),
     ("--date", "last week")],
)  # fmt: skip
def test_at_refuses_what_means_nothing(solent: Path, change: tuple[str, str]) -> None:
    arguments = {"--lat": "50.7", "--lon": "-1.2", "--height-m-agl": "50", "--time": "2024-08-24T12:00Z",
                 "--airspace": str(solent)}  # fmt: skip
    arguments[change[0]] = change[1]
    done = dfr("airspace", "at", *(word for pair in arguments.items() for word in pair), "--json")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "->" in done.stderr


@pytest.mark.parametrize("suffix", [".txt", ".geojson", ".json", ".kml"])
def test_converted_zones_are_the_same_zones(solent: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"solent{suffix}"
    document = result("convert", solent, "--out", out, code=3 if suffix == ".json" else 0)
    before = read_airspace(solent.read_bytes(), name="before")
    after = read_airspace(out.read_bytes(), name="after")
    assert after.refused == 0
    left_out = sum("left out" in line for line in document["lost"])
    assert len(after.zones) == len(before.zones) - left_out == document["zones"]
    assert document["left_out"] == left_out
    assert (suffix == ".json") == (left_out > 0)
    centre = Position(lat_deg=50.8158, lon_deg=-1.2067)
    by_name = {(z.name, round(z.area.area_m2() / 1e5)): z for z in before.zones}
    for zone in after.zones:
        key = (zone.name, round(zone.area.area_m2() / 1e5))
        same = by_name.get(key) or by_name[key[0], key[1] + 1]
        for mine, its in ((zone.lower, same.lower), (zone.upper, same.upper)):
            assert mine.datum is its.datum
            assert mine.value_m == pytest.approx(its.value_m, abs=0.2)
        assert edge_distance_m(zone, centre) == pytest.approx(edge_distance_m(same, centre), abs=1.0)


def test_a_file_without_a_volume_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not airspace at all\nbut text\n")
    assert "no-volumes" in {problem["code"] for problem in result("lint", path, code=2)["problems"]}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.cub", b"\xc2CUB" + bytes(300), "SeeYou airspace (.cub)"),
        ("a.sua", b"TYPE=AIRSPACE\nTITLE=TOWN\nBASE=SFC\nPOINT=N510000 W0010000\n", "TNP airspace (.sua)"),
        ("a.pdf", b"%PDF-1.7\n", "PDF"),
        ("a.gpx", b'<?xml version="1.0"?><gpx version="1.1"></gpx>', "GPX"),
        ("a.html", b"<!DOCTYPE html><html><body>FRZ</body></html>", "web page"),
        ("a.xml", b'<?xml version="1.0"?><AIXM-Snapshot version="4.5"></AIXM-Snapshot>', "AIXM 4.5"),
    ],
)
def test_a_format_that_is_not_read_is_named(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    for verb in (("lint",), ("convert", "--out", tmp_path / "b.txt")):
        done = dfr("airspace", verb[0], path, *verb[1:])
        assert done.returncode == 2
        assert said in done.stdout + done.stderr


def test_a_conversion_that_loses_a_volume_says_so_and_exits_3(tmp_path: Path) -> None:
    """One volume cannot be read, one has a limit without a word in the format; the third is written."""
    path, out = tmp_path / "mixed.txt", tmp_path / "mixed.json"
    path.write_text(DIRTY.replace("AH UNL", "AH FL195"))
    document = result("convert", path, "--out", out, code=3)
    assert [document[key] for key in ("zones", "left_out", "refused")] == [1, 1, 1]
    assert len(read_airspace(out.read_bytes(), name="out").zones) == 1
    assert {"BOW TIE", "UPSIDE DOWN"} <= {
        word for line in document["lost"] for word in ("BOW TIE", "UPSIDE DOWN") if word in line
    }
    done = dfr("airspace", "convert", path, "--out", tmp_path / "mixed.kml")
    assert done.returncode == 3
    assert "2 zones as kml; 0 left out, 1 refused" in done.stdout


def test_a_conversion_of_which_nothing_would_be_left_writes_nothing(tmp_path: Path) -> None:
    path, out = tmp_path / "high.txt", tmp_path / "high.json"
    path.write_text("AC A\nAN HIGH\nAL FL65\nAH FL195\nV X=50:45:00 N 001:12:00 W\nDC 2\n")
    assert dfr("airspace", "convert", path, "--out", out).returncode == 2
    assert not out.exists()


def test_a_source_is_never_replaced_by_its_own_conversion(tmp_path: Path) -> None:
    path = tmp_path / "dirty.txt"
    path.write_text(DIRTY)
    assert dfr("airspace", "convert", path, "--out", path.parent / "." / path.name).returncode == 2
    assert path.read_text() == DIRTY


def test_convert_writes_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("* nothing here\n")
    assert dfr("airspace", "convert", path, "--out", tmp_path / "out.kml").returncode == 2
    assert dfr("airspace", "convert", path, "--out", tmp_path / "out.docx").returncode == 2
    assert [child.name for child in tmp_path.iterdir()] == ["empty.txt"]


def at(*arguments: object) -> dict[str, object]:
    time = () if "--time" in arguments else ("--time", "2024-08-24T12:00Z")
    return result("at", *time, *arguments)


PLACE = ("--lat", 50.0, "--lon", -1.0)
TERRACE = """* dfr-coverage: 49,-2 51,-2 51,0 49,0
* dfr-kinds: airspace, aerodrome zones, unmanned-aircraft zones, restrictions by NOTAM
* dfr-date: 2024-08-08
AC {kind}
AN TERRACE
AL {lower}
AH {upper}
{active}V X=50:00:00 N 001:00:00 W
DC 5
"""


@pytest.fixture
def terrace(tmp_path: Path):
    def write(lower: str, upper: str, active: str = "", kind: str = "D") -> Path:
        path = tmp_path / "terrace.txt"
        path.write_text(TERRACE.format(kind=kind, lower=lower, upper=upper, active=active))
        return path

    return write


@pytest.mark.parametrize(
    ("lower", "upper", "height_m", "more", "state"),
    [
        ("100m AGL", "200m AGL", 100.0, (), "conflict"),
        ("100m AGL", "200m AGL", 200.0, (), "conflict"),
        ("100m AGL", "200m AGL", 99.9, (), "clear"),
        ("100m AGL", "200m AGL", 200.1, (), "clear"),
        ("170m AMSL", "UNL", 110.0, ("--ground-m-amsl", 60), "conflict"),
        ("170m AMSL", "UNL", 109.0, ("--ground-m-amsl", 60), "clear"),
        ("170m AMSL", "UNL", 110.0, ("--ground-m-amsl", 0), "clear"),
        ("170m AMSL", "UNL", 110.0, (), "unknown"),
        ("SFC", "170m AMSL", 0.0, (), "conflict"),
        ("SFC", "170m AMSL", 171.0, (), "unknown"),
        ("FL65", "UNL", 1700.0, ("--ground-m-amsl", 0), "unknown"),
        ("FL65", "UNL", 1700.0, ("--ground-m-amsl", 0, "--qnh-hpa", 983), "clear"),
        ("FL65", "UNL", 1730.0, ("--ground-m-amsl", 0, "--qnh-hpa", 983), "conflict"),
        ("FL65", "UNL", 1730.0, ("--ground-m-amsl", 0, "--qnh-hpa", 1035), "clear"),
        ("FL65", "UNL", 60.0, ("--ground-m-amsl", 0), "clear"),
        ("FL65", "UNL", 60.0, (), "unknown"),
        ("SFC", "UNL", 0.0, (), "conflict"),
    ],
)
def test_heights_on_either_side_of_a_limit(
    terrace, lower: str, upper: str, height_m: float, more: tuple[object, ...], state: str
) -> None:
    path = terrace(lower, upper)
    answer = at(*PLACE, "--height-m-agl", height_m, "--airspace", path, *more)
    assert answer["state"] == state
    ((zone,),) = (answer["zones"],)
    expected = {"conflict": True, "clear": False, "unknown": None}[state]
    assert (zone["contains"], zone["distance_m"]) == (expected, 0.0)


def test_the_ground_under_a_point_comes_from_a_terrain_file_where_one_is_given(terrace, tmp_path) -> None:
    """A hill of 60 m over all of the tile; off the tile nobody knows."""
    tile = tmp_path / "N50W001.hgt"
    tile.write_bytes(b"\0\x3c" * (1201 * 1201))
    path = terrace("170m AMSL", "UNL")
    here = ("--lat", 50.05, "--lon", -0.98, "--airspace", path, "--terrain", tile)
    assert at(*here, "--height-m-agl", 110)["state"] == "conflict"
    assert at(*here, "--height-m-agl", 109)["state"] == "clear"
    off = ("--lat", 50.05, "--lon", -1.02, "--airspace", path, "--terrain", tile)
    assert at(*off, "--height-m-agl", 109)["state"] == "unknown"
    both = dfr(
        "airspace", "at", *here, "--height-m-agl", 109, "--time", "2024-08-24T12:00Z", "--ground-m-amsl", 60
    )
    assert both.returncode == 2


@pytest.mark.parametrize(
    ("active", "time", "state"),
    [
        ("AA 2024-08-24T12:00Z/2024-08-24T13:00Z\n", "2024-08-24T11:59:59Z", "clear"),
        ("AA 2024-08-24T12:00Z/2024-08-24T13:00Z\n", "2024-08-24T13:00:00+01:00", "conflict"),
        ("AA 2024-08-24T12:00Z/2024-08-24T13:00Z\n", "2024-08-24T13:00Z", "clear"),
        ("AA NONE\n", "2024-08-24T12:00Z", "unknown"),
        ("AA by NOTAM\n", "2024-08-24T12:00Z", "unknown"),
        ("AA 2024-08-24T12:00Z/NONE\n", "2030-01-01T00:00Z", "conflict"),
        ("AA whenever\n", "2024-08-24T12:00Z", "unknown"),
    ],
)
def test_times_on_either_side_of_hours(terrace, active: str, time: str, state: str) -> None:
    path = terrace("SFC", "UNL", active)
    answer = at(*PLACE, "--height-m-agl", 50, "--time", time, "--airspace", path)
    assert answer["state"] == state
    (zone,) = answer["zones"]
    assert zone["active"] is {"conflict": True, "clear": False, "unknown": None}[state]


def test_data_without_a_date_are_not_clear_until_it_is_given(terrace) -> None:
    path = terrace("100m AGL", "200m AGL")
    path.write_text(path.read_text().replace("* dfr-date: 2024-08-08\n", ""))
    asked = (*PLACE, "--height-m-agl", 50, "--airspace", path)
    undated = at(*asked)
    assert undated["state"] == "unknown"
    assert [reason for reason in undated["reasons"] if "--date" in reason]
    assert undated["sources"][0]["date"] == ""
    given = at(*asked, "--date", "2024-08-08")
    assert (given["state"], given["sources"][0]["date"]) == ("clear", "2024-08-08")
    assert at(*asked, "--date", "2022-08-08")["state"] == "unknown"


def test_the_date_in_a_file_counts_more_than_the_one_given(terrace) -> None:
    asked = (*PLACE, "--height-m-agl", 50, "--airspace", terrace("100m AGL", "200m AGL"))
    answer = at(*asked, "--date", "2020-01-01")
    assert (answer["state"], answer["sources"][0]["date"]) == ("clear", "2024-08-08")


def test_zones_within_a_distance_end_where_it_ends(terrace) -> None:
    path = terrace("SFC", "UNL")
    north = ("--lat", 50.5, "--lon", -1.0, "--height-m-agl", 50, "--airspace", path)
    (zone,) = at(*north, "--within-km", 100)["zones"]
    away_km = zone["distance_m"] / 1000.0
    assert (zone["contains"], away_km) == (False, pytest.approx(55.62 - 9.26, abs=0.05))
    assert zone["edges"] == "geodesic"
    assert len(at(*north, "--within-km", away_km + 0.001)["zones"]) == 1
    assert at(*north, "--within-km", away_km - 0.001)["zones"] == []
    assert at(*north)["zones"] == []


@pytest.mark.parametrize("time", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_a_time_beyond_the_calendar_is_bad_input(terrace, time: str) -> None:
    done = dfr(
        "airspace", "at", *PLACE, "--height-m-agl", 50, "--time", time, "--airspace", terrace("SFC", "UNL")
    )
    assert done.returncode == 2
    assert "calendar" in done.stderr


def test_names_cannot_move_the_cursor(tmp_path: Path) -> None:
    path = tmp_path / "evil.txt"
    path.write_bytes(
        TERRACE.format(kind="D", lower="SFC", upper="?\x1b[2J", active="").encode() + b"XX \x1b[2J\n"
    )
    path.write_bytes(path.read_bytes().replace(b"TERRACE", b"TERR\x1b[31m\x07ACE"))
    for words in (
        ("lint", path),
        ("at", *PLACE, "--height-m-agl", 5, "--time", "2024-08-24T12:00Z", "--airspace", path),
    ):
        done = dfr("airspace", *words)
        assert done.returncode == 0
        assert "\x1b" not in done.stdout + done.stderr
        assert "\x07" not in done.stdout + done.stderr


ROUND_TRIPS = ["openair", "geojson", "ed318", "kml"]


@pytest.mark.parametrize("form", ROUND_TRIPS)
def test_zones_converted_and_converted_back_give_the_same_answers(
    solent: Path, tmp_path: Path, form: str
) -> None:
    """What a format cannot carry is named; every zone that it does carry answers as before."""
    there, back = tmp_path / "there.x", tmp_path / "back.txt"
    code = 3 if form == "ed318" else 0
    lost = result("convert", solent, "--out", there, "--format", form, code=code)["lost"]
    result("convert", there, "--out", back, "--format", "openair")
    missing = {line.split(": left out")[0] for line in lost if "left out" in line}
    before = read_airspace(solent.read_bytes(), name="before").zones
    after = read_airspace(back.read_bytes(), name="after").zones
    assert len(after) == len(before) - len([zone for zone in before if zone.name in missing])
    for lat, lon in ((50.8158, -1.2067), (50.95, -1.357), (50.782, -1.089), (50.6, -1.3)):
        place = Position(lat_deg=lat, lon_deg=lon)
        kept = [zone for zone in before if zone.name not in missing]
        expected = sorted((z.name, round(z.lower.value_m, 0), round(z.upper.value_m, 0))
                          for z in kept if z.distance_m(place) == 0.0)  # fmt: skip
        found = sorted((z.name, round(z.lower.value_m, 0), round(z.upper.value_m, 0))
                       for z in after if z.distance_m(place) == 0.0)  # fmt: skip
        assert found == expected
