"""`dfr learn` as a user runs it: a scenario that checks and simulates, a page, nothing of a single call."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from benchmarks.learning import COLUMNS, SCENARIO, draw_own
from dfr.io.scenario_edit import read_plain_data
from dfr.io.scenario_files import find_scenario, load_scenario, parse_scenario
from tests.cli.verbs import dfr

SECRET = "Jane Doe, 7 Elm Road"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log of calls, one of flights, and what was learned from both."""
    folder = tmp_path_factory.mktemp("learn")
    with (folder / "calls.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "remarks"])
        writer.writerows([*row, SECRET] for row in draw_own(1, 28)[0])
    flights = ["takeoff,landing,purpose,overhead,left scene,cleared without patrol"]
    flights += [
        f"2024-05-{day:02d} {hour}:00:00,{hour}:15:00,Call for service,{hour}:02:00,{hour}:1{day % 5}:00,"
        + ("yes" if day % 7 == 0 else "no")
        for day in range(1, 31)
        for hour in range(10, 16)
    ]
    (folder / "flights.csv").write_text("\n".join(flights))
    done = dfr(
        "learn", "calls.csv", "--flights", "flights.csv", "--scenario", SCENARIO, "--out", "learned.yaml",
        "--into", "new.yaml", "--page", "learned.html", cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (folder / "stdout").write_text(done.stdout)
    return folder


def test_the_fragment_is_usable_as_it_is(folder: Path) -> None:
    """Its sections in place of the scenario's make a sound scenario: the same as --into writes."""
    base = find_scenario(SCENARIO)
    fragment = read_plain_data((folder / "learned.yaml").read_text())
    written = read_plain_data((folder / "new.yaml").read_text())
    assert fragment["demand"] == written["demand"]
    assert fragment["simulation"]["policing"].keys() == {"bursts", "triage"}
    assert fragment["simulation"]["policing"] == written["simulation"]["policing"]
    scenario = parse_scenario((folder / "new.yaml").read_bytes(), name="new.yaml", folder=base.parent)
    assert scenario.simulation.policing.bursts is not None
    assert scenario.demand.cleared_without_patrol == pytest.approx(24 / 180, abs=1e-3)
    assert scenario.name == load_scenario(base).name


def test_each_learned_figure_names_its_source(folder: Path) -> None:
    scenario = parse_scenario(
        (folder / "new.yaml").read_bytes(), name="new.yaml", folder=find_scenario(SCENARIO).parent
    )
    sources = {each.path: each for each in scenario.assumptions}
    for path in ("demand.zones", "demand.days", "demand.priorities", "demand.rate_cv"):
        assert "calls.csv" in sources[path].source
        assert not sources[path].assumed
    assert "flights.csv" in sources["demand.cleared_without_patrol"].source


@pytest.mark.slow
def test_check_and_simulate_take_the_learned_scenario(folder: Path) -> None:
    assert dfr("check", "new.yaml", cwd=folder).returncode in {0, 3}
    done = dfr("simulate", "new.yaml", "--replications", 2, "--json", cwd=folder)
    assert done.returncode == 0, done.stderr


def test_nothing_of_a_single_call_is_written(folder: Path) -> None:
    first = (folder / "calls.csv").read_text().splitlines()[1].split(",")[0]
    for name in ("learned.yaml", "new.yaml", "learned.html", "stdout"):
        text = (folder / name).read_text()
        assert "Elm Road" not in text
        assert first not in text


def test_the_page_is_one_file_that_shows_data_against_fit(folder: Path) -> None:
    page = (folder / "learned.html").read_text()
    assert page.count("<svg") == 3
    assert 'src="' not in page
    assert 'href="http' not in page
    assert "<script" not in page
    assert "Not in the log" in page
    assert "Nothing of a single call or flight is on this page" in page


def test_json_has_every_figure_with_its_interval(folder: Path) -> None:
    done = dfr("learn", "calls.csv", "--scenario", SCENARIO, "--json", cwd=folder)
    document = json.loads(done.stdout)
    further = next(
        each for each in document["figures"] if each["path"] == "simulation.policing.bursts.further_calls"
    )
    assert further["low"] < further["value"] < further["high"]
    assert document["durations"]["on_scene/immediate"]["n"] > 100
    assert {"name", "why"} == document["missing"][0].keys()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--call-columns", "mood=remarks"), "--call-columns mood="),
        (("--call-columns", "arrived"), "write it as LEFT=RIGHT"),
        (("--call-columns", "arrived=nowhere"), "no column 'nowhere'"),
        (("--flights", "none.csv"), "none.csv"),
        (("--call-zones", "3"), "no column tells the places that zones are made of"),
    ],
)
def test_bad_options_are_bad_input(folder: Path, options: tuple[str, ...], words: str) -> None:
    done = dfr("learn", "calls.csv", "--scenario", SCENARIO, *options, cwd=folder)
    assert done.returncode == 2
    assert words in done.stderr


def test_a_log_with_places_needs_no_scenario(tmp_path: Path) -> None:
    rows = [
        f"2024-05-{day:02d} {hour}:{minute:02d}:00,{'I' if minute else 'P'},50.78{minute},-1.08{hour % 10}"
        for day in range(1, 15)
        for hour in range(10, 20)
        for minute in (0, 7)
    ]
    (tmp_path / "calls.csv").write_text("received,priority,lat,lon\n" + "\n".join(rows))
    done = dfr("learn", "calls.csv", "--into", "draft.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no scenario was given" in done.stdout
    scenario = parse_scenario((tmp_path / "draft.yaml").read_bytes(), name="draft.yaml", folder=tmp_path)
    assert scenario.period.zone.key == "Europe/London"
    assert sum(day.calls for day in scenario.demand.days) == pytest.approx(140.0, rel=0.1)
