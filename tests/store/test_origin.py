"""A run read back from its folder alone, also where the folder was damaged."""

import json
from pathlib import Path
from typing import NoReturn

import pytest

from dfr.errors import InputError
from dfr.io.scenario_files import DayFiles, find_scenario, load_world, with_day_files
from dfr.io.weather.files import WeatherFiles
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.store.origin import load_run, on_the_day_of, write_origin
from dfr.store.runs import run_to_store


@pytest.fixture(scope="module")
def planned():
    path = find_scenario("winter-storm")
    return path, make_plan(load_world(path))


@pytest.fixture
def folder(planned, tmp_path):
    path, plan = planned
    write_origin(tmp_path, path, plan=plan)
    return tmp_path


def test_a_plan_is_read_back_with_its_world(folder, planned):
    found = load_run(folder)
    assert found.plan == planned[1]
    assert found.summary is None
    assert found.seed == found.world.scenario.study.seed


@pytest.mark.parametrize("seed", ["NaN", "null", '"x"', "[]", "1.5"])
def test_a_manifest_without_a_seed_is_named(folder, planned, seed):
    (folder / "manifest.json").write_text(f'{{"seed": {seed}}}')
    with pytest.raises(InputError, match="the seed in its manifest is not a whole number -> run it again"):
        load_run(folder)


def test_a_plan_that_nobody_checked_is_not_read_as_a_go(folder):
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps({**plan, "findings": []}))
    with pytest.raises(InputError, match="nothing was checked -> run it again"):
        load_run(folder)


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, "{", "null", '{"format": 1}'])
def test_a_damaged_plan_is_named(folder, text):
    (folder / "plan.json").write_text(text)
    with pytest.raises(InputError, match=r"plan\.json"):
        load_run(folder)


def test_the_files_of_the_day_go_with_a_run(planned, tmp_path):
    """Copied, so that the brief of a run does not change when somebody overwrites them."""
    path, _ = planned
    taf = tmp_path / "taf.txt"
    taf.write_text("TAF EGHI 240500Z 2406/2412 24004KT 9999=\n", encoding="utf-8")
    files = DayFiles(weather=WeatherFiles(taf=taf))
    world = with_day_files(load_world(path), files)
    run = tmp_path / "run"
    write_origin(run, path, plan=make_plan(world), day=files)
    taf.write_text("", encoding="utf-8")
    found = load_run(run)
    assert found.world.scenario.weather.hours == world.scenario.weather.hours
    assert found.day.weather.taf == run / "day" / "taf.txt"


def test_the_figures_of_a_stored_run_are_read_back_without_flying_anything(
    folder: Path, planned: tuple[Path, Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> NoReturn:
        raise AssertionError("flown")

    path, plan = planned
    stored = run_to_store(load_world(path), plan, folder=folder, replications=2, seed=7)
    monkeypatch.setattr("dfr.sim.build.Conditions", refuse)
    found = load_run(folder)
    assert found.summary is not None
    assert found.summary.as_dict() == stored.summary.as_dict()


def test_a_run_is_judged_anew_in_the_weather_of_the_day_with_its_docks(folder, planned, tmp_path):
    taf = tmp_path / "taf.txt"
    taf.write_text("TAF EGHI 240500Z 2406/2412 24050G70KT 9999=\n", encoding="utf-8")
    found = on_the_day_of(load_run(folder), DayFiles(weather=WeatherFiles(taf=taf)))
    assert [site.id for site in found.plan.sites] == [site.id for site in planned[1].sites]
    first = found.plan.coverage_by_hour[0]
    assert (round(first.wind_mps), first.flyable) == (26, False)
