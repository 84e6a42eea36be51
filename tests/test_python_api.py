"""The public face of `import dfr`: light to import, complete, and equal to what type checkers are told."""

from __future__ import annotations

import ast
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import dfr
from dfr.plan.verdict import VerdictKind, verdict_of

VERBS = {
    "load_scenario",
    "check",
    "plan",
    "simulate",
    "predict",
    "landing_study",
    "compile_mission",
    "upload",
    "fly",
}


def run_python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=600
    )
    return done.stdout


def test_to_import_it_loads_nothing_else() -> None:
    loaded = run_python("import dfr, sys; print(*sys.modules, sep='\\n')").split()
    assert [name for name in loaded if name.startswith("dfr")] == ["dfr"]
    assert not {"numpy", "pydantic", "simpy", "pymavlink"}.intersection(loaded)


def test_a_check_loads_no_simulation_and_no_vehicle() -> None:
    loaded = run_python("import dfr, sys; dfr.check; print(*sys.modules, sep='\\n')").split()
    assert not {"simpy", "pymavlink", "pyarrow", "matplotlib"}.intersection(loaded)


def test_the_verbs_are_there() -> None:
    assert set(dfr.PUBLIC) >= VERBS


@pytest.mark.parametrize("name", dfr.PUBLIC)
def test_every_public_name_is_there_and_says_what_it_is(name: str) -> None:
    assert getattr(dfr, name).__doc__


@pytest.mark.parametrize("first", ["", "import dfr.plan.planner; "])
def test_the_package_plan_can_be_called_whoever_imported_it_before(first: str) -> None:
    assert run_python(f"{first}import dfr; print(callable(dfr.plan))").strip() == "True"
    assert run_python(f"{first}from dfr import plan; print(callable(plan))").strip() == "True"


def test_type_checkers_are_told_the_same_names() -> None:
    stub = Path(dfr.__file__).with_suffix(".pyi").read_text()
    told = {
        alias.asname: node.module
        for node in ast.parse(stub).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert told == dfr.PUBLIC


def test_a_name_that_is_none_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="take_off"):
        dfr.take_off  # noqa: B018 - asking for it is the test


def test_a_mission_is_saved_where_its_plan_is_a_go_and_no_other(tmp_path: Path) -> None:
    world = dfr.load_scenario("victorious-2024")
    mission = dfr.compile_mission(world, zone="castle-stage", now=datetime(2024, 8, 20, 9, tzinfo=UTC))
    assert mission.checked.go
    assert mission.save(tmp_path / "go.plan") == ()
    verdict = replace(mission.checked.verdict, kind=VerdictKind.NO_GO)
    blocked = replace(mission, checked=replace(mission.checked, verdict=verdict))
    with pytest.raises(dfr.DfrError, match="not written"):
        blocked.save(tmp_path / "no-go.plan")
    assert blocked.save(tmp_path / "all-the-same.plan", even_if_blocked=True) == ()
    assert {path.name for path in tmp_path.iterdir()} == {"go.plan", "all-the-same.plan"}


def test_a_mission_whose_deployment_is_over_says_so_where_no_finding_does(tmp_path: Path) -> None:
    world, over = dfr.load_scenario("victorious-2024"), datetime(2024, 9, 20, 9, tzinfo=UTC)
    mission = dfr.compile_mission(world, zone="castle-stage", now=over)
    plan = replace(mission.checked.plan, findings=())
    verdict = verdict_of(replace(world.scenario, exercise=False), plan, now=over)
    mission = replace(mission, checked=replace(mission.checked, plan=plan, verdict=verdict))
    with pytest.raises(dfr.DfrError) as caught:
        mission.save(tmp_path / "over.plan")
    assert f"not written: {verdict.headline} ->" in str(caught.value)
    assert "UNKNOWN: " in verdict.headline
    assert "the deployment" in verdict.headline
    assert list(tmp_path.iterdir()) == []


def test_a_guidance_that_is_none_is_refused_with_the_choices() -> None:
    with pytest.raises(dfr.DfrError, match="one of gnss, precision"):
        dfr.landing_study(guidance="stars", trials=1)


def test_an_objective_that_is_none_is_refused_with_the_choices() -> None:
    world = dfr.load_scenario("victorious-2024")
    with pytest.raises(dfr.DfrError, match="one of mclp"):
        dfr.plan(world, objective="cheapest")
