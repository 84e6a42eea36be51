"""A folder of deployments: what is one, under which name, and that nothing leads out of the folder."""

import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfr.errors import InputError
from dfr.io.deployment_folder import LONGEST_SLUG, add_deployment, list_deployments, make_slug

SCENARIO = "site: {}\nfleet: {}\ndemand: {}\n"


def slugs(folder):
    return {file.slug for file in list_deployments(folder)}


@given(st.text())
def test_a_slug_is_safe_in_an_address_and_as_a_folder_whatever_the_name(name):
    slug = make_slug(name)
    assert re.fullmatch(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?", slug)
    assert len(slug) <= LONGEST_SLUG


def test_scenarios_of_the_folder_and_of_folders_in_it_are_found_and_other_yaml_is_not(tmp_path):
    (tmp_path / "fete.yaml").write_text(SCENARIO)
    (tmp_path / "mkdocs.yml").write_text("site_name: docs\n")
    for path in ("gala/gala.yml", "gala/deep/lost.yaml", ".hidden/secret.yaml"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(SCENARIO)
    assert slugs(tmp_path) == {"fete", "gala"}


def test_odd_names_have_addresses_of_their_own_that_stay(tmp_path):
    for name in ("Übung (Süd) #2", "ubung sud 2", "日本", "祭り", "a b", "a-b", "..x"):
        (tmp_path / f"{name}.yaml").write_text(SCENARIO)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(SCENARIO)
    before = {file.path: file.slug for file in list_deployments(tmp_path)}
    assert len(set(before.values())) == len(before) == 7, "hidden names are no deployments"
    (tmp_path / "new.yaml").write_text(SCENARIO)
    after = {file.path: file.slug for file in list_deployments(tmp_path)}
    assert before.items() <= after.items()


def test_links_are_not_followed(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    outside.mkdir()
    folder.mkdir()
    (outside / "theirs.yaml").write_text(SCENARIO)
    (folder / "link.yaml").symlink_to(outside / "theirs.yaml")
    (folder / "dangling.yaml").symlink_to(outside / "none.yaml")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    os.mkfifo(folder / "pipe.yaml")
    assert slugs(folder) == set()


def test_the_deployment_changed_last_comes_first(tmp_path):
    for second, name in enumerate(("old", "middle", "new")):
        (tmp_path / f"{name}.yaml").write_text(SCENARIO)
        os.utime(tmp_path / f"{name}.yaml", (second, second))
    assert [file.slug for file in list_deployments(tmp_path)] == ["new", "middle", "old"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/cron.d/x", "fete", "Fête", "", "con\0sole", "x" * 5000]
)
def test_a_new_deployment_gets_a_folder_of_its_own_inside_and_replaces_nothing(tmp_path, name):
    first, second = (add_deployment(tmp_path, name, SCENARIO) for _ in range(2))
    assert first != second
    for path in (first, second):
        assert path.parent.parent == tmp_path
        assert path.read_text() == SCENARIO
    assert len(slugs(tmp_path)) == 2


def test_a_folder_that_is_none_is_explained(tmp_path):
    with pytest.raises(InputError, match="->"):
        list_deployments(tmp_path / "none")
