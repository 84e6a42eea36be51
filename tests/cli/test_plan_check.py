"""`dfr plan` and `dfr check` as a user meets them: documents, words and exit codes."""

from __future__ import annotations

import json
import signal
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from dfr.api import planning
from dfr.cli import plan as plan_verb
from dfr.cli.plan import MOST_ROUTES, Progress, print_routes
from tests.shipped import plan_of

from .verbs import dfr


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    out = tmp_path_factory.mktemp("plan") / "plan.json"
    done = dfr("plan", "victorious-2024", "--out", str(out), "--json")
    assert done.returncode == 0, done.stderr
    return out, json.loads(done.stdout)


def test_plan_prints_the_document_it_writes(planned):
    out, document = planned
    assert json.loads(out.read_text()) == document
    assert (document["sited_by"]["status"], document["sited_by"]["gap"]) == ("optimal", 0)
    assert len(document["sites"]) == 2
    assert document["objective"] <= document["bound"] <= 1
    assert document["height_levels"]["share_at_one_height"] == document["bound"]
    shares = list(document["coverage"].values())
    assert shares == sorted(shares)


def test_victorious_is_a_go_with_its_advice(planned):
    out, _ = planned
    done = dfr("check", "victorious-2024", "--plan", str(out), "--json")
    checked = json.loads(done.stdout)
    assert (done.returncode, checked["go"]) == (0, True)
    rules = {finding["rule"] for finding in checked["findings"] if finding["severity"] == "advice"}
    assert {"temporary-restriction", "weather", "other-traffic"} <= rules


def test_the_island_festival_is_no_go_while_a_restriction_is_possible():
    done = dfr("check", "isle-of-wight-2024")
    assert done.returncode == 3
    assert "UNKNOWN  temporary-restriction: Isle of Wight Festival RA(T)" in done.stdout
    assert "EXERCISE: UNKNOWN: temporary restriction" in done.stdout


def test_a_plan_of_another_scenario_is_refused(planned):
    out, _ = planned
    done = dfr("check", "isle-of-wight-2024", "--plan", str(out))
    assert done.returncode == 2
    assert "a plan of another scenario" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_of_a_scenario_since_changed_is_refused(planned, tmp_path: Path):
    _, document = planned
    other = tmp_path / "plan.json"
    other.write_text(json.dumps({**document, "scenario_sha256": "0" * 64}))
    done = dfr("check", "victorious-2024", "--plan", str(other))
    assert done.returncode == 2
    assert "another version of this scenario" in done.stderr


@pytest.mark.parametrize("text", ["", "[]", "{", '{"format": 1}', "null"])
def test_a_broken_plan_file_is_refused_without_a_traceback(tmp_path: Path, text: str):
    broken = tmp_path / "plan.json"
    broken.write_text(text)
    done = dfr("check", "victorious-2024", "--plan", str(broken))
    assert done.returncode == 2
    assert "dfr plan" in done.stderr
    assert "Traceback" not in done.stderr


def test_more_docks_than_sites_is_infeasible_and_writes_nothing(tmp_path: Path):
    out = tmp_path / "plan.json"
    done = dfr("plan", "victorious-2024", "--docks", "40", "--out", str(out))
    assert done.returncode == 4
    assert "40 docks asked for" in done.stderr
    assert not out.exists()


def test_a_missing_scenario_is_bad_input():
    assert dfr("plan", "no-such-scenario").returncode == 2


def test_volumes_and_worksheet_are_written_beside_the_plan(tmp_path: Path):
    volumes, sheet = tmp_path / "volumes.geojson", tmp_path / "risk.md"
    done = dfr("plan", "victorious-2024", "--volumes", str(volumes), "--risk", str(sheet))
    assert done.returncode == 0, done.stderr
    names = {feature["properties"]["id"] for feature in json.loads(volumes.read_text())["features"]}
    assert {"ground_risk_buffer", "adjacent_area", "proposed_restricted_area"} <= names
    assert "| iGRC |" in sheet.read_text()
    assert "proposed restricted area: SFC to" in done.stdout
    refused = dfr("plan", "victorious-2024", "--volumes", str(tmp_path / "v.dxf"))
    assert refused.returncode == 2
    assert "ending in .kml or .geojson" in refused.stderr


def test_an_objective_is_named_with_its_proof_and_coverage_stays_coverage(planned):
    _, best = planned
    done = dfr("plan", "victorious-2024", "--objective", "backup", "--json")
    document = json.loads(done.stdout)
    by = document["sited_by"]
    assert (by["objective"], by["unit"], by["status"], by["gap"]) == ("backup", "share", "optimal", 0.0)
    assert document["objective"] == document["coverage"]["90"] <= document["bound"] == best["bound"]
    assert best["sited_by"]["objective"] == "mclp"


def test_fronts_are_written_as_numbers_and_as_a_picture(tmp_path: Path):
    done = dfr("plan", "victorious-2024", "--pareto", str(tmp_path), "--forbid", "ladies-mile")
    assert done.returncode == 0, done.stderr
    front = json.loads((tmp_path / "front.json").read_text())
    assert front["compromises"]["proven"]
    assert {"docks", "sites", "objective", "value", "bound", "status"} <= set(front["by_docks"][0])
    assert not any("ladies-mile" in option["sites"] for option in front["by_docks"])
    assert ET.parse(tmp_path / "front.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--budget", "5"], "no cost of"),
        (["--budget", "5", "--docks", "2"], "one of them"),
        (["--busy", "0.5"], "objective mexclp"),
        (["--objective", "mexclp", "--busy", "1"], "less than 1"),
        (["--objective", "fastest"], "mclp"),
        (["--require", "nowhere"], "not a candidate"),
        (["--capacity", "-1"], "0 or more"),
    ],
)
def test_wishes_that_cannot_be_are_refused_in_words(flags: list[str], words: str):
    done = dfr("plan", "victorious-2024", *flags)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_check_takes_the_weather_of_a_taf(tmp_path):
    taf = tmp_path / "taf.txt"
    taf.write_text("TAF EGHI 241000Z 2411/2421 20022G38KT 3000 +RA=\n", encoding="utf-8")
    document = json.loads(dfr("check", "victorious-2024", "--taf", str(taf), "--json").stdout)
    assert "TAF EGHI" in document["weather"]
    (weather,) = [f for f in document["findings"] if f["rule"] == "weather" and "cannot fly" in f["message"]]
    assert "Sat 10-22" in weather["message"]


def test_check_refuses_a_taf_for_another_day(tmp_path):
    taf = tmp_path / "taf.txt"
    taf.write_text("TAF EGHI 011000Z 0111/0121 20022KT 9999=\n", encoding="utf-8")
    done = dfr("check", "victorious-2024", "--taf", str(taf))
    assert done.returncode == 2
    assert "covers no hour" in done.stderr


def test_after_ctrl_c_the_best_docks_so_far_are_planned_with_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def make_plan(world, *, on_progress, **options):
        on_progress(2, 0.5, 0.9)
        signal.raise_signal(signal.SIGINT)
        return planning.plan(world, on_progress=on_progress, **options)

    monkeypatch.setattr("dfr.cli.plan.make_plan", make_plan)
    out = tmp_path / "plan.json"
    done = dfr("plan", "victorious-2024", "--out", str(out), "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 130
    assert json.loads(out.read_text()) == document
    assert [gain["docks"] for gain in document["layouts"]] == [len(document["sites"])]
    assert "stopping: the plan is made with the best docks found so far" in done.stderr
    assert "stopped: these docks reach" in done.stderr


def test_ctrl_c_before_any_docks_are_found_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("dfr.cli.plan.make_plan", lambda *_, **__: signal.raise_signal(signal.SIGINT))
    out = tmp_path / "plan.json"
    done = dfr("plan", "victorious-2024", "--out", str(out))
    assert done.returncode == 130
    assert not out.exists()


def test_routes_to_thousands_of_zones_are_not_all_printed(capsys: pytest.CaptureFixture[str]):
    plan = plan_of("victorious-2024")
    print_routes(replace(plan, routes=plan.routes * 1000))
    *_, last = lines = capsys.readouterr().out.splitlines()
    assert len(lines) == MOST_ROUTES + 2
    assert f"and {len(plan.routes) * 1000 - MOST_ROUTES:,} other routes: --out has them all" in last


def test_a_large_plan_says_how_long_its_flight_times_take(monkeypatch, capsys):
    clock = iter([0.0, 0.0, 30.0, 40.0, 44.0, 50.0])
    monkeypatch.setattr(plan_verb, "monotonic", lambda: next(clock))
    progress = Progress()
    for share in (0.1, 0.35, 0.4, 1.0):
        progress.report_share(share)
    assert capsys.readouterr().err == "flight times: 35% known, the rest in about 26 s\n"
