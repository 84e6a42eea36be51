"""`dfr simulate` on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .verbs import dfr, dfr_process


def test_json_holds_figures_missed_calls_docks_and_manifest(tmp_path: Path) -> None:
    arguments = ("simulate", "victorious-2024", "--replications", "4", "--seed", "9", "--jobs", "2")
    done = dfr(*arguments, "--out", "run", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["scenario"] == "victorious-2024"
    assert (document["seed"], document["replications"]) == (9, 4)
    for name in ("call_to_overhead_s", "call_to_video_s", "first_on_scene", "drone_ready"):
        kpi = document["kpis"][name]
        assert kpi["low"] <= kpi["mean"] <= kpi["high"]
        assert kpi["n"] > 0
    assert sum(document["missed"].values()) == pytest.approx(1.0 - document["kpis"]["attended"]["mean"])
    for dock in document["docks"].values():
        assert 0.0 < dock["utilisation"] < dock["drone_ready"] < 1.0
    assert document["manifest"] == json.loads((tmp_path / "run" / "manifest.json").read_text())
    kpis = json.loads((tmp_path / "run" / "kpis.json").read_text())
    assert document["exercise"] is True
    assert kpis == {name: value for name, value in document.items() if name not in {"manifest", "exercise"}}


@pytest.mark.slow
def test_without_a_folder_the_same_figures_come_and_nothing_is_written(tmp_path: Path) -> None:
    arguments = ("simulate", "victorious-2024", "--replications", "2", "--seed", "9")
    done = dfr(*arguments, "--json", "--jobs", "1", cwd=tmp_path)
    again = dfr(*arguments, "--json", "--jobs", "2", cwd=tmp_path)
    assert done.stdout == again.stdout
    assert json.loads(done.stdout)["manifest"] is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_tables_of_landings_are_kept_between_runs_unless_that_is_not_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFR_CACHE", str(tmp_path / "cache"))
    arguments = ("simulate", "winter-storm", "--replications", "1", "--json")
    anew = dfr_process(*arguments, "--no-cache")
    assert anew.returncode == 0, anew.stderr
    assert not (tmp_path / "cache").exists()
    kept = dfr_process(*arguments)
    tables = {path: path.read_bytes() for path in (tmp_path / "cache" / "landing_odds").iterdir()}
    assert tables
    again = dfr_process(*arguments)
    assert anew.stdout == kept.stdout == again.stdout
    assert {path: path.read_bytes() for path in (tmp_path / "cache" / "landing_odds").iterdir()} == tables


def test_people_read_words_and_docks(tmp_path: Path) -> None:
    done = dfr("simulate", "victorious-2024", "--replications", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "call_to_overhead_s" in done.stdout
    assert "missed: weather_" in done.stdout
    assert "dock " in done.stdout


@pytest.mark.parametrize(
    "wrong",
    [
        ("no-such-scenario",),
        ("victorious-2024", "--replications", "0"),
        ("victorious-2024", "--jobs", "-1"),
        ("victorious-2024", "--plan", "plan.json", "--docks", "2"),
        ("victorious-2024", "--plan", "missing.json"),
    ],
)
def test_what_cannot_be_used_is_refused_without_a_traceback(tmp_path: Path, wrong: tuple[str, ...]) -> None:
    done = dfr("simulate", *wrong, cwd=tmp_path)
    assert done.returncode == 2
    assert "->" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_of_another_scenario_is_refused(tmp_path: Path) -> None:
    made = dfr("plan", "winter-storm", "--out", "plan.json", cwd=tmp_path)
    assert (tmp_path / "plan.json").exists(), made.stderr
    done = dfr("simulate", "victorious-2024", "--plan", "plan.json", cwd=tmp_path)
    assert done.returncode == 2
    assert "another" in done.stderr


def test_a_plan_in_a_file_is_simulated_as_it_stands(tmp_path: Path) -> None:
    dfr("plan", "victorious-2024", "--docks", "1", "--out", "plan.json", cwd=tmp_path)
    done = dfr(
        "simulate", "victorious-2024", "--plan", "plan.json", "--replications", "2", "--json", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["docks"]) == 1
