"""`dfr airspace lint`, `at` and `convert` as a user calls them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dfr.geo import Position
from dfr.io.airspace_files import read_airspace

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


def dfr(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dfr", "airspace", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def result(*arguments: object, code: int = 0) -> dict[str, object]:
    done = dfr(*arguments, "--json")
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
    assert dfr("lint", path, "--strict").returncode == 3


def test_lint_of_a_folder_survives_whatever_lies_in_it(tmp_path: Path, solent: Path) -> None:
    (tmp_path / "noise.txt").write_bytes(bytes(range(256)) * 50)
    (tmp_path / "empty.json").write_text("")
    (tmp_path / "broken.kml").write_text("<kml><a>")
    (tmp_path / "latin.txt").write_bytes(DIRTY.replace("GOOD", "GÖTEBORG").encode("latin-1"))
    (tmp_path / "solent.txt").write_bytes(solent.read_bytes())
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    document = result("lint", tmp_path)
    assert [Path(report["file"]).name for report in document["files"]] == [
        "broken.kml", "empty.json", "latin.txt", "noise.txt", "solent.txt",
    ]  # fmt: skip
    assert document["zones"] == 50


def test_lint_of_a_missing_file_is_bad_input_and_still_json(tmp_path: Path) -> None:
    document = result("lint", tmp_path / "none.txt", code=2)
    assert [p["code"] for p in document["problems"]] == ["unreadable"]


def test_at_southsea_is_clear_and_lists_what_is_near(solent: Path) -> None:
    document = result(
        "at", "--lat", 50.782, "--lon", -1.089, "--height-m-agl", 120, "--time", "2024-08-24T12:00:00Z",
        "--airspace", solent, "--within-km", 30,
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
    assert result("at", *place, "--airspace", solent)["state"] == "clear"


@pytest.mark.parametrize(
    "change",
    [("--time", "yesterday"), ("--time", "2024-08-24T12:00"), ("--lat", "95"), ("--height-m-agl", "nan"),
     ("--airspace", "/nowhere.txt"), ("--qnh-hpa", "29.92"), ("--within-km", "-1")],
)  # fmt: skip
def test_at_refuses_what_means_nothing(solent: Path, change: tuple[str, str]) -> None:
    arguments = {"--lat": "50.7", "--lon": "-1.2", "--height-m-agl": "50", "--time": "2024-08-24T12:00Z",
                 "--airspace": str(solent)}  # fmt: skip
    arguments[change[0]] = change[1]
    done = dfr("at", *(word for pair in arguments.items() for word in pair), "--json")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "->" in done.stderr


@pytest.mark.parametrize("suffix", [".txt", ".geojson", ".json", ".kml"])
def test_converted_zones_are_the_same_zones(solent: Path, tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"solent{suffix}"
    document = result("convert", solent, "--out", out)
    before = read_airspace(solent.read_bytes(), name="before")
    after = read_airspace(out.read_bytes(), name="after")
    assert after.refused == 0
    left_out = sum("left out" in line for line in document["lost"])
    assert len(after.zones) == len(before.zones) - left_out
    assert (suffix == ".json") == (left_out > 0)
    centre = Position(lat_deg=50.8158, lon_deg=-1.2067)
    by_name = {(z.name, round(z.area.area_m2() / 1e5)): z for z in before.zones}
    for zone in after.zones:
        key = (zone.name, round(zone.area.area_m2() / 1e5))
        same = by_name.get(key) or by_name[key[0], key[1] + 1]
        for mine, its in ((zone.lower, same.lower), (zone.upper, same.upper)):
            assert mine.datum is its.datum
            assert mine.value_m == pytest.approx(its.value_m, abs=0.2)
        assert zone.edge_distance_m(centre) == pytest.approx(same.edge_distance_m(centre), abs=1.0)


def test_convert_writes_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.write_text("* nothing here\n")
    assert dfr("convert", path, "--out", tmp_path / "out.kml").returncode == 2
    assert dfr("convert", path, "--out", tmp_path / "out.docx").returncode == 2
    assert [child.name for child in tmp_path.iterdir()] == ["empty.txt"]
