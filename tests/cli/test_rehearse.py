"""The whole chain as a user runs it: one command, one report, numbers that can be checked."""

import json
import os
import re
from unittest import mock
from xml.etree import ElementTree as ET

import pytest

from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.objectives import Objective, SitingObjective
from dfr.plan.planner import make_plan
from dfr.store.earlier import keep_earlier
from dfr.store.origin import load_run

from .verbs import dfr

PHASES = ["climb", "out", "on_scene", "back", "land"]


def rehearse(*arguments, environment=None, cwd=None):
    with mock.patch.dict(os.environ):
        os.environ.pop("DFR_ARDUCOPTER", None)
        os.environ.update(environment or {})
        return dfr("rehearse", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def answer(rehearsed):
    """What the rehearsal of the Victorious weekend on the built-in vehicle printed."""
    return json.loads((rehearsed / "answer.json").read_text())


def test_it_names_the_docks_with_proof(answer):
    assert len(answer["sites"]) == 2
    assert {"id", "lat_deg", "lon_deg", "drones"} <= set(answer["sites"][0])
    assert (answer["sited_by"]["status"], answer["sited_by"]["gap"]) == ("optimal", 0.0)
    assert answer["objective"] <= answer["bound"] + 1e-9
    assert answer["height_levels"]["share_at_one_height"] == answer["bound"]


def test_each_key_figure_has_an_interval_and_a_count(answer):
    response = answer["kpis"]["call_to_overhead_s"]
    assert response["low"] < response["mean"] < response["high"]
    assert response["n"] > 50
    assert response["p50"] < response["p90"]


def test_every_phase_of_every_flight_is_predicted_and_flown_alike(answer):
    assert {flight["site"] for flight in answer["flights"]} == {site["id"] for site in answer["sites"]}
    for flight in answer["flights"]:
        assert [phase["phase"] for phase in flight["phases"]] == PHASES
        for phase in flight["phases"]:
            assert phase["agrees"], (flight["zone"], phase)
        assert flight["landed"]
        assert flight["landing_guidance"] == "precision"
        assert flight["dock_tolerance_m"] == pytest.approx((0.6 - 0.35) / 2)
        assert flight["docked"] is (flight["landing_error_m"] <= flight["dock_tolerance_m"])
        assert flight["landing_error_m"] < flight["landing_tolerance_m"] == 0.4
        assert any("on the simulator's marker" in note for note in flight["notes"])


def test_the_findings_say_what_was_checked(answer):
    rules = {finding["rule"] for finding in answer["findings"]}
    assert {
        "airspace-class",
        "flight-restriction-zone",
        "temporary-restriction",
        "height-limit",
        "keep-in",
        "crowd",
        "visual-line-of-sight",
        "weather",
    } <= rules
    assert answer["compliant"] is not any(
        finding["severity"] in ("unknown", "violation") for finding in answer["findings"]
    )


def test_the_report_is_one_page_that_asks_nothing_of_the_network(rehearsed, answer):
    page = (rehearsed / "run" / "report.html").read_text()
    assert answer["report"] == str(rehearsed / "run" / "report.html")
    addresses = set(re.findall(r"(?:src|href)=\"(?!#)([^\"]+)\"", page))
    assert not addresses
    assert "<script" not in page
    assert "url(http" not in page
    for heading in ("Map", "Findings", "Simulated response", "Predicted and flown", "Assumptions"):
        assert f"<h2>{heading}</h2>" in page


def test_the_report_lists_every_assumption_and_what_made_it(rehearsed, answer):
    from dfr.io.scenario_files import find_scenario, load_scenario

    page = (rehearsed / "run" / "report.html").read_text()
    scenario = load_scenario(find_scenario("victorious-2024"))
    for assumption in scenario.assumptions:
        assert f"<code>{assumption.path}</code>" in page
    assert scenario.sha256 in page
    assert str(answer["seed"]) in page


def test_the_pages_svg_is_well_formed(rehearsed):
    ET.parse(rehearsed / "run" / "map.svg")


def test_what_was_flown_is_kept_mission_and_log(rehearsed):
    kept = {path.suffix for path in (rehearsed / "run" / "flights").iterdir()}
    assert kept == {".plan", ".tlog"}


def test_junit_has_a_case_for_each_phase(rehearsed):
    suites = list(ET.parse(rehearsed / "junit.xml").getroot())
    names = [case.get("name") for suite in suites for case in suite]
    assert names.count("out") == 2
    assert not [case for suite in suites for case in suite if case.find("failure") is not None]


def test_an_unknown_engine_is_refused_before_anything_is_written(tmp_path):
    done = rehearse("victorious-2024", "--engine", "px4", "--out", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "builtin, ardupilot or auto" in done.stderr
    assert not (tmp_path / "out").exists()


def test_real_vehicles_fly_no_plan_that_is_no_go(tmp_path):
    done = rehearse(
        "winter-storm",
        *("--shift", "10min", "--vehicle", "tcp:127.0.0.1:9", "--confirm", "tcp:127.0.0.1:9"),
        *("--out", str(tmp_path / "out")),
    )
    assert done.returncode == 3
    assert "an exercise is flown on no vehicle that is not marked simulated" in done.stderr
    assert not (tmp_path / "out").exists()


def test_an_arducopter_that_is_not_there_is_an_error_not_the_built_in_vehicle(tmp_path):
    done = rehearse(
        "victorious-2024",
        *("--replications", "2", "--out", str(tmp_path / "out"), "--json"),
        *("--junit", str(tmp_path / "junit.xml")),
        environment={"DFR_ARDUCOPTER": str(tmp_path / "nothing")},
    )
    assert done.returncode == 5
    answer = json.loads(done.stdout)
    assert answer["flights"] == []
    assert "DFR_ARDUCOPTER" in answer["not_flown"]
    failures = ET.parse(tmp_path / "junit.xml").getroot().iter("failure")
    assert any("DFR_ARDUCOPTER" in (failure.get("message") or "") for failure in failures)


def test_an_output_that_is_a_file_is_refused_in_one_line(tmp_path):
    taken = tmp_path / "out"
    taken.write_text("mine")
    done = rehearse("victorious-2024", "--replications", "2", "--flights", "0", "--out", str(taken))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert taken.read_text() == "mine"


def test_too_many_docks_are_infeasible_and_leave_nothing_behind(tmp_path):
    done = rehearse("victorious-2024", "--docks", "50", "--out", str(tmp_path / "out"))
    assert done.returncode == 4
    assert "50 docks asked for" in done.stderr
    assert not (tmp_path / "out").exists()


FIRST = ("victorious-2024", "--replications", "3", "--flights", "0", "--json")


@pytest.mark.slow
def test_an_earlier_rehearsal_is_kept_under_another_name_and_it_is_said(tmp_path):
    out = tmp_path / "out"
    assert rehearse(*FIRST, "--out", str(out)).returncode == 0
    (out / "flights").mkdir()
    (out / "flights" / "old.tlog").write_text("flown")
    (out / "notes.txt").write_text("mine")
    report = (out / "report.html").read_bytes()
    again = rehearse(*FIRST, "--docks", "3", "--seed", "7", "--replications", "2", "--out", str(out))
    answer = json.loads(again.stdout)
    assert (answer["seed"], answer["replications"], len(answer["sites"])) == (7, 2, 3)
    (kept,) = (out / "earlier").iterdir()
    assert f"kept in {kept}" in again.stderr
    assert (kept / "report.html").read_bytes() == report != (out / "report.html").read_bytes()
    assert (kept / "flights" / "old.tlog").read_text() == "flown"
    assert not (out / "flights").exists(), "no page mixes two deployments"
    assert (out / "notes.txt").read_text() == "mine"
    first = load_run(kept)
    counts = (len(first.plan.sites), first.summary.replications, load_run(out).summary.replications)
    assert counts == (2, 3, 2)


def test_two_rehearsals_of_the_same_second_are_both_kept(tmp_path):
    (tmp_path / "origin.json").write_text("{}")
    for content in ("one", "two"):
        (tmp_path / "origin.json").write_text("{}")
        (tmp_path / "report.html").write_text(content)
        os.utime(tmp_path / "report.html", (0, 0))
        keep_earlier(tmp_path)
    found = {path.parent.name: path.read_text() for path in tmp_path.glob("earlier/*/report.html")}
    assert found == {"19700101T000000Z": "one", "19700101T000000Z-2": "two"}


@pytest.mark.parametrize("name", ["report.html", "plan.json"])
def test_a_file_of_the_users_own_in_the_way_is_kept_under_another_name(tmp_path, name):
    (tmp_path / name).write_text("somebody else's")
    (tmp_path / "notes.txt").write_text("mine")
    kept = keep_earlier(tmp_path)
    assert kept is not None
    assert (kept / name).read_text() == "somebody else's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["earlier", "notes.txt"]


def test_nothing_is_kept_of_a_folder_without_anything_that_a_rehearsal_makes(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    assert keep_earlier(tmp_path) is None
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_rehearsal_and_a_simulation_do_not_share_a_folder(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text("{}")
    done = rehearse(*FIRST, "--out", str(out))
    assert done.returncode == 2
    assert "holds a run of `dfr simulate` -> choose another --out" in done.stderr
    assert [path.name for path in out.iterdir()] == ["manifest.json"]
    (out / "manifest.json").unlink()
    (out / "rehearsal.json").write_text("{}")
    done = dfr("simulate", "victorious-2024", "--out", out)
    assert done.returncode == 2
    assert "holds a rehearsal -> choose another --out" in done.stderr


@pytest.mark.slow
def test_a_plan_of_another_objective_is_rehearsed_as_it_is_with_losses_and_fronts(tmp_path):
    world = load_world(find_scenario("victorious-2024"))
    plan = make_plan(world, sited_for=SitingObjective(objective=Objective.BACKUP))
    file = tmp_path / "backup.json"
    file.write_text(json.dumps(plan.as_dict()))
    out = tmp_path / "out"
    done = rehearse(
        "victorious-2024", "--out", str(out), "--plan", str(file), "--flights", "0", "--replications", "2",
        "--n-minus-1", "--pareto", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert [site["id"] for site in json.loads(done.stdout)["sites"]] == [site.id for site in plan.sites]
    for name in ("n_minus_1.json", "front.json", "front.svg"):
        assert (out / name).is_file(), name
    page = (out / "report.html").read_text()
    for part in ("(best possible, proven)", "If one thing fails", "What more docks bring", "STRESS-DES"):
        assert part in page, part
    both = rehearse("victorious-2024", "--out", str(out), "--plan", str(file), "--docks", "2")
    assert both.returncode == 2
    assert "exclude each other" in both.stderr
