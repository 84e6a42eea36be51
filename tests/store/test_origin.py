"""A run read back from its folder alone, also where the folder was damaged."""

import json

import pytest

from dfr.errors import InputError
from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.store.origin import recall, remember


@pytest.fixture(scope="module")
def planned():
    path = find_scenario("winter-storm")
    return path, make_plan(load_world(path))


@pytest.fixture
def folder(planned, tmp_path):
    path, plan = planned
    remember(tmp_path, path, plan=plan)
    return tmp_path


def test_a_plan_is_read_back_with_its_world(folder, planned):
    found = recall(folder)
    assert found.plan == planned[1]
    assert found.summary is None
    assert found.seed == found.world.scenario.study.seed


@pytest.mark.parametrize("seed", ["NaN", "null", '"x"', "[]", "1.5"])
def test_a_manifest_without_a_seed_is_named(folder, planned, seed):
    (folder / "manifest.json").write_text(f'{{"seed": {seed}}}')
    with pytest.raises(InputError, match="no whole number for a seed -> run it again"):
        recall(folder)


def test_a_plan_that_nobody_checked_is_not_read_as_a_go(folder):
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps({**plan, "findings": []}))
    with pytest.raises(InputError, match="nothing was checked -> run it again"):
        recall(folder)


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, "{", "null", '{"format": 1}'])
def test_a_damaged_plan_is_named(folder, text):
    (folder / "plan.json").write_text(text)
    with pytest.raises(InputError, match=r"plan\.json"):
        recall(folder)
