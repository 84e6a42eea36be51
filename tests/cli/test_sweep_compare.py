"""`dfr sweep`, `dfr compare`, precision and traced calls on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from .verbs import dfr

SWEEP = (
    *("sweep", "winter-storm", "--docks", "1,2", "--replications", "20", "--zone", "0.05", "--jobs", "1"),
    *("--dock-cost", "40", "--drone-cost", "12"),
)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a sweep over one and two docks."""
    folder = tmp_path_factory.mktemp("swept")
    done = dfr(*SWEEP, "--out", "sweep", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_sweep_ranks_the_points_and_selects(swept: Path) -> None:
    document = json.loads((swept / "sweep" / "sweep.json").read_text())
    rows = document["points"]
    assert [row["rank"] for row in rows] == [1, 2]
    means = [row["kpis"]["within_target"]["mean"] for row in rows]
    assert means == sorted(means, reverse=True)
    assert rows[0]["selected"]
    assert rows[0]["less_best"] is None
    assert rows[1]["less_best"]["difference"] < 0.0
    assert {row["factors"]["docks"] for row in rows} == {1, 2}


def test_the_same_sweep_goes_on_from_its_folder_to_the_same_table(swept: Path) -> None:
    before = (swept / "sweep" / "sweep.json").read_text()
    again = dfr(*SWEEP, "--out", "sweep", "--json", cwd=swept)
    assert json.loads(again.stdout)["points"] == json.loads(before)["points"]


def test_points_of_a_sweep_are_compared_in_pairs_on_the_same_calls(swept: Path) -> None:
    done = dfr("compare", "sweep/docks-1", "sweep/docks-2", "--json", cwd=swept)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["same_calls"] is True
    gap = document["differences"]["airborne_to_overhead_s"]
    assert gap["low"] <= gap["difference"] <= gap["high"]
    assert document["differences"]["calls_per_day"]["difference"] == 0.0
    words = dfr("compare", "sweep/docks-1", "sweep/docks-2", "--clear", cwd=swept).stdout
    assert "no clear difference" not in words
    assert "utilisation" in words


def test_what_a_second_dock_brings_is_the_paired_difference_of_the_two_points(swept: Path) -> None:
    (step,) = json.loads((swept / "sweep" / "sweep.json").read_text())["steps"]
    done = dfr("compare", "sweep/docks-1", "sweep/docks-2", "--json", cwd=swept)
    gap = json.loads(done.stdout)["differences"]["within_target"]
    assert (step["factor"], step["from"], step["to"]) == ("docks", "docks-1", "docks-2")
    assert {name: step[name] for name in ("difference", "low", "high")} == {
        name: gap[name] for name in ("difference", "low", "high")
    }


def test_a_sweep_prices_its_points_and_leaves_page_tables_and_charts(swept: Path) -> None:
    folder = swept / "sweep"
    rows = {row["docks"]: row for row in csv.DictReader((folder / "sweep.csv").read_text().splitlines())}
    assert json.loads((folder / "sweep.json").read_text())["cost_of"] == ["docks", "drones"]
    assert {docks: float(row["cost"]) for docks, row in rows.items()} == {"1": 52.0, "2": 104.0}
    points = json.loads((folder / "sweep.json").read_text())["points"]
    for point in points:
        row = rows[str(point["factors"]["docks"])]
        assert float(row["within_target"]) == point["kpis"]["within_target"]["mean"]
    assert len((folder / "sweep-steps.csv").read_text().splitlines()) == 2
    page = (folder / "sweep.html").read_text()
    assert page.count("<svg ") == 2
    assert "cost of docks and drones" in page
    assert "<script" not in page
    assert (folder / "sweep-docks.svg").exists()
    assert (folder / "sweep-cost.svg").exists()


def test_a_varied_run_is_recalled_as_it_was_varied(tmp_path: Path) -> None:
    arguments = ("winter-storm", "--docks", "1", "--replications", "10", "--jobs", "1")
    dfr("sweep", *arguments, "--calls-scale", "1,2", "--out", "sweep", cwd=tmp_path)
    done = dfr("compare", "sweep/docks-1", "sweep/docks-1_calls_scale-2", "--json", cwd=tmp_path)
    document = json.loads(done.stdout)
    assert document["same_calls"] is False
    calls = document["differences"]["calls_per_day"]
    assert 1.5 < calls["second"] / calls["first"] < 2.5


@pytest.mark.parametrize(
    "wrong",
    [
        ("sweep", "winter-storm", "--docks", "one"),
        ("sweep", "winter-storm", "--docks", "0"),
        ("sweep", "winter-storm", "--replications", "3"),
        ("sweep", "winter-storm", "--replications", "10", "--rank-by", "beauty"),
        ("compare", "nowhere", "nowhere"),
        ("simulate", "winter-storm", "--until-halfwidth", "attended"),
        ("simulate", "winter-storm", "--replications", "2", "--until-halfwidth", "beauty:1"),
        ("simulate", "winter-storm", "--calls", "missing.csv"),
    ],
)
def test_what_cannot_be_used_is_refused_without_a_traceback(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    done = dfr(*wrong, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "->" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_replications_go_on_until_the_interval_is_narrow_and_end_alike_from_anywhere(tmp_path: Path) -> None:
    arguments = ("simulate", "winter-storm", "--jobs", "1", "--json")
    until = ("--replications", "5", "--until-halfwidth", "within_target:0.04")
    whole = dfr(*arguments, *until, "--out", "whole", cwd=tmp_path)
    document = json.loads(whole.stdout)
    kpi = document["kpis"]["within_target"]
    assert 0.5 * (kpi["high"] - kpi["low"]) <= 0.04
    assert document["replications"] > 5
    dfr(*arguments, "--replications", "6", "--out", "part", cwd=tmp_path)
    assert dfr(*arguments, *until, "--out", "part", cwd=tmp_path).stdout == whole.stdout
    capped = dfr(*arguments, *until, "--max-replications", "6", cwd=tmp_path)
    assert json.loads(capped.stdout)["replications"] == 6
    assert "not reached" in capped.stderr


def test_a_log_of_calls_is_simulated_and_a_bad_row_named(tmp_path: Path) -> None:
    done = dfr("simulate", "winter-storm", "--replications", "1", "--json", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    kpis = json.loads(done.stdout)["kpis"]
    zone = next(name for name in kpis if name.startswith("within_target.zone.")).rsplit(".", 1)[1]
    grade = next(name for name in kpis if name.startswith("within_target.priority.")).rsplit(".", 1)[1]
    start = json.loads((tmp_path / "run" / "plan.json").read_text())["coverage_by_hour"][0]["hour"]
    log = tmp_path / "calls.csv"
    log.write_text(f"time,zone,priority,ground_s\n{start},{zone},{grade},600\n")
    on_calls = ("simulate", "winter-storm", "--calls", "calls.csv")
    traced = dfr(*on_calls, "--replications", "3", "--json", "--out", "traced", cwd=tmp_path)
    assert traced.returncode == 0, traced.stderr
    document = json.loads(traced.stdout)
    assert document["manifest"]["traced_calls"] == 1
    assert document["kpis"]["call_to_ground_s"]["n"] == 3
    assert document["kpis"]["call_to_ground_s"]["mean"] == pytest.approx(600.0)
    log.write_text(f"time,zone,priority\n{start},{zone},{grade}\n{start},nowhere,{grade}\n")
    bad = dfr(*on_calls, cwd=tmp_path)
    assert bad.returncode == 2
    assert "calls.csv:3: zone: 'nowhere'" in bad.stderr


@pytest.mark.slow
def test_every_single_loss_is_reported_with_the_run(tmp_path: Path) -> None:
    arguments = ("simulate", "victorious-2024", "--replications", "6", "--n-minus-1", "--jobs", "1")
    done = dfr(*arguments, "--json", "--out", "run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    docks = [loss["what"] for loss in document["n_minus_1"] if loss["lost"] == "dock_or_its_link"]
    assert sorted(docks) == sorted(document["docks"])
    for loss in document["n_minus_1"]:
        change = loss["changes"]["attended"]
        assert change["without_loss"] == document["kpis"]["attended"]["mean"]
        assert change["with_loss"] <= change["without_loss"]
    assert json.loads((tmp_path / "run" / "n_minus_1.json").read_text()) == document["n_minus_1"]
    assert document["manifest"]["inputs_sha256"] in (tmp_path / "run" / "stress.md").read_text()


@pytest.mark.slow
def test_failures_and_the_dispatch_policy_are_asked_for_by_options(tmp_path: Path) -> None:
    arguments = ("simulate", "winter-storm", "--replications", "5", "--jobs", "1", "--json")
    plain = json.loads(dfr(*arguments, cwd=tmp_path).stdout)
    broken = dfr(
        *arguments, "--failures", "dock:4:8", "--dispatch", "energy_aware", "--out", "run", cwd=tmp_path
    )
    assert broken.returncode == 0, broken.stderr
    document = json.loads(broken.stdout)
    assert document["missed"]["dock_or_link_down"] > 0.0
    assert document["kpis"]["attended"]["mean"] < plain["kpis"]["attended"]["mean"]
    assert (
        "Dispatch: energy_aware. Failures: each dock after 4 h"
        in (tmp_path / "run" / "stress.md").read_text()
    )
    wrong = dfr(*arguments, "--failures", "dock:4", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "PART:MTBF_H:REPAIR_H" in wrong.stderr
