"""Files of a user's own go in by the command line: docks are sited for calls that were really made."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from dfr.io.scenario_files import find_scenario, load_scenario
from dfr.world.demand import zone_centre

from .verbs import dfr

EAST = "east-gate"


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    """A workbook of calls that all came from one end of the site."""
    zones = load_scenario(find_scenario("victorious-2024")).demand.zones
    where = zone_centre(next(zone for zone in zones if zone.id == EAST))
    book = openpyxl.Workbook()
    book.active.append(["Date", "Time", "Latitude", "Longitude", "Grade", "Caller"])
    for day in (25, 26, 27):
        for hour in range(12, 22):
            book.active.append(
                [f"{day}/08/2023", f"{hour}:30", where.lat_deg, where.lon_deg, "Immediate", "Jane CANARY"]
            )
    path = tmp_path / "calls.xlsx"
    book.save(path)
    return path


def test_docks_go_where_the_calls_were_and_nothing_of_a_caller_goes_into_the_plan(calls: Path) -> None:
    out = calls.with_name("plan.json")
    done = dfr("plan", "victorious-2024", "--docks", 1, "--calls", calls, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert [site["id"] for site in document["sites"]] == ["castle-field-east"]
    shares = {zone["id"]: zone["value"] for zone in document["calls"]["zones"]}
    assert shares[EAST] > 0.95
    assert "taken as dates: dmy" in done.stderr
    assert "CANARY" not in done.stdout + done.stderr + out.read_text()
    refused = dfr("check", "victorious-2024", "--plan", out)
    assert refused.returncode == 2
    assert "another version of this scenario" in refused.stderr


def test_a_table_that_cannot_be_understood_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("a,b\n03/04/2024 10:00,x\n")
    asked = dfr("plan", "victorious-2024", "--calls", path, "--call-columns", "when=a")
    assert asked.returncode == 2
    assert "day first or month first? No date of the column shows it" in asked.stderr


def test_data_about_people_are_kept_listed_and_erased(calls: Path) -> None:
    folder = calls.with_name("owned")
    kept = dfr(
        "data", "keep", calls, "--kind", "calls", "--owner", "PC 1234", "--days", 9, "--folder", folder
    )
    assert kept.returncode == 0, kept.stderr
    listed = json.loads(dfr("data", "list", "--folder", folder, "--json").stdout)
    assert [(entry["id"], entry["owner"]) for entry in listed["kept"]] == [("0001", "PC 1234")]
    assert listed["overdue"] == []
    index = folder / "index.json"
    index.write_text(
        index.read_text().replace(str(listed["kept"][0]["keep_until"]), "2020-01-01T00:00:00+00:00")
    )
    late = dfr("data", "list", "--folder", folder)
    assert late.returncode == 3
    assert "past its time" in late.stdout
    assert dfr("data", "erase", "--folder", folder).stdout == "1 file erased\n"
    assert [path.name for path in folder.iterdir()] == ["index.json"]


def test_a_site_plan_and_calls_make_a_scenario_that_names_its_sources(calls: Path) -> None:
    ring = [[-1.1, 50.776], [-1.079, 50.776], [-1.079, 50.788], [-1.1, 50.788], [-1.1, 50.776]]
    plan = calls.with_name("site.geojson")
    plan.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    out = calls.with_name("fete.yaml")
    arguments = ["--boundary", plan, "--calls", calls, "--call-zones", 1, "--date", "2030-08-23", "--days", 3]
    done = dfr("init", "--name", "fete", "--out", out, *arguments)
    assert done.returncode == 0, done.stderr
    scenario = load_scenario(out)
    assert len(scenario.site.boundary) == 4
    assert [(zone.id, zone.share) for zone in scenario.demand.zones] == [("calls-1", 1.0)]
    assert [day.calls for day in scenario.demand.days] == [10.0, 10.0, 10.0]
    assert "the boundary" not in scenario.unconfirmed
    assert "read 30 calls of 2023-08-25 to 2023-08-27 in 30 rows of calls.xlsx" in done.stdout
    assert "CANARY" not in out.read_text() + done.stdout + done.stderr
