"""The JSON of the pages is what their scripts' types say."""

import importlib.util
from pathlib import Path

import pytest

from dfr.io.scenario_files import shipped_scenarios
from dfr.web.contracts import About, HourTimes, PlanAnswer, Progress, Standing
from dfr.web.editor import ScenarioEditor
from dfr.web.page_data import PageData

SCRIPT = Path(__file__).parents[2] / "docs" / "contracts.py"


@pytest.fixture(scope="module")
def pages(victorious):
    return PageData(editor=ScenarioEditor(shipped_scenarios()["victorious-2024"], plan=victorious[1]))


def test_the_types_of_the_scripts_are_those_of_the_models():
    spec = importlib.util.spec_from_file_location("contracts_script", SCRIPT)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.PAGE.read_text(encoding="utf-8") == script.declarations(), "python docs/contracts.py"


@pytest.mark.parametrize(
    ("model", "ask"),
    [
        (About, lambda pages: pages.describe_server()),
        (Standing, lambda pages: pages.standing()),
        (PlanAnswer, lambda pages: pages.plan_state()),
        (HourTimes, lambda pages: pages.hours(pages.editor.step)[0]),
        (Progress, lambda pages: pages.runs.progress),
    ],
)
def test_an_answer_has_every_field_of_its_type(pages, model, ask):
    answer = ask(pages)
    found = model.model_validate(answer)
    assert set(answer) >= set(type(found).model_fields)
