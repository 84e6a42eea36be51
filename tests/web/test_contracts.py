"""The JSON of the pages is what their scripts' types say."""

import importlib.util
from pathlib import Path

import pytest

from dfr.geo import Position
from dfr.io.scenario_files import shipped_scenarios
from dfr.web.contracts import (
    About,
    Coordinates,
    HourAreas,
    HourTimes,
    PlaceLayers,
    PlanAnswer,
    Progress,
    Replays,
    Standing,
)
from dfr.web.editor import ScenarioEditor
from dfr.web.page_data import PageData
from dfr.web.positions import describe_place

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
        (HourAreas, lambda pages: pages.isochrones(pages.editor.step)[0]),
        (PlaceLayers, lambda pages: pages.fixed_layers()),
        (Replays, lambda pages: pages.list_replays()),
        (Coordinates, lambda _: describe_place(Position(lat_deg=50.78, lon_deg=-1.09))),
        (Progress, lambda pages: pages.runs.progress),
    ],
)
def test_an_answer_has_every_field_of_its_type(pages, model, ask):
    answer = ask(pages)
    found = model.model_validate(answer)
    fields = type(found).model_fields
    assert set(answer) >= {field.alias or name for name, field in fields.items()}
