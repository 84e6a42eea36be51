"""Words on pages name files, never where the server keeps them."""

import json

import pytest

from dfr.errors import InputError
from dfr.io.scenario_files import shipped_scenarios
from dfr.web.app import explain_error
from dfr.web.page_words import without_folders, words_for_page
from dfr.web.workspace import Workspace

PATHS = {
    "/srv/team/dfr/fete.yaml:3: site.water: 'x' is not a list": "fete.yaml:3: site.water: 'x' is not a list",
    "cannot read '/home/jo/a/b.txt' (in /tmp/x/y.zip)": "cannot read 'b.txt' (in y.zip)",
    r"C:\Users\jo\fete.yaml: empty": "fete.yaml: empty",
}
KEPT = (
    "12 m/s of 15 m/s, N/A, 24/7 and/or more",
    "see https://example.org/a/b/c",
    "use {z}/{x}/{y}.png -> write lat/lon",
    "answers: [{topic: police-law}]",
)


@pytest.mark.parametrize("said", PATHS)
def test_a_path_is_told_by_the_name_of_its_file(said):
    assert without_folders(said) == PATHS[said]


@pytest.mark.parametrize("said", KEPT)
def test_what_is_no_path_stays(said):
    assert without_folders(said) == said


def test_folders_with_spaces_in_their_names_are_known(tmp_path, monkeypatch):
    folder = tmp_path / "My Deployments"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert words_for_page(InputError(f"{folder / 'fete.yaml'}: is empty", do="write it")) == (
        "fete.yaml: is empty -> write it"
    )


def test_an_answer_with_an_error_names_no_folder(tmp_path):
    answer = explain_error(None, InputError(f"{tmp_path / 'a.yaml'}: no such file"))
    assert json.loads(answer.body)["error"]["message"] == "a.yaml: no such file"


def test_home_and_a_deployment_that_cannot_be_opened_name_no_folder(tmp_path):
    text = shipped_scenarios()["winter-storm"].read_text()
    (tmp_path / "broken.yaml").write_text(text.replace("jurisdiction: uk", "jurisdiction: mars"))
    workspace = Workspace(tmp_path)
    (listed,) = workspace.describe_home()["deployments"]
    assert "broken.yaml" in listed["problem"]
    assert str(tmp_path) not in listed["problem"]
