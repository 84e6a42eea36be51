"""Home: from a folder to the pages of a deployment and back."""

import shutil

import pytest

from dfr.io.scenario_files import shipped_scenarios

pytestmark = pytest.mark.browser


@pytest.fixture
def home(serve, tmp_path):
    """The address of Home over an empty folder."""
    with serve("--folder", tmp_path, "--jobs", "1") as base:
        yield base


def test_from_an_empty_folder_an_example_is_copied_opened_and_left_again(watched, home, tmp_path):
    page = watched(home).open("")
    assert "No deployment is here yet" in page.inner_text("#deployments")
    page.get_by_role("button", name="Winter storm").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/d/winter-storm/plan")
    page.wait_for_selector("body[data-ready]")
    assert "Winter storm" in page.inner_text("#place")
    assert (tmp_path / "winter-storm" / "winter-storm.yaml").is_file()
    page.get_by_role("link", name="Simulate").click()
    page.wait_for_url("**/d/winter-storm/simulate")
    page.get_by_role("link", name="Home").click()
    page.wait_for_url(f"{home}/")
    page.wait_for_selector("body[data-ready]")
    assert "winter-storm/winter-storm.yaml" in page.inner_text("#deployments")


def test_a_file_is_opened_or_refused_with_the_reason(watched, home, tmp_path):
    watch = watched(home)
    page = watch.open("")
    page.set_input_files("#file", {"name": "x.yaml", "mimeType": "text/yaml", "buffer": b"a: [<b>"})
    page.locator("#problem:visible").wait_for()
    assert "x.yaml:2: not valid YAML" in page.inner_text("#problem")
    page.set_input_files("#file", {"name": "x.yaml", "mimeType": "text/yaml", "buffer": b"x" * (2**25 + 1)})
    assert "larger than 32 MiB" in page.inner_text("#problem")
    assert list(tmp_path.iterdir()) == []
    assert [words for words in watch.errors if "400" not in words] == []
    watch.errors.clear()
    page.set_input_files("#file", shipped_scenarios()["winter-storm"])
    page.wait_for_url("**/d/winter-storm/plan")
    page.wait_for_selector("body[data-ready]")


def test_names_that_are_markup_are_words_on_home(watched, home, hostile, tmp_path):
    shutil.copy(hostile, tmp_path / "hostile.yaml")
    (tmp_path / "broken.yaml").write_text("site: <img src=x>\nfleet:\ndemand: [<img src=x>\n")
    page = watched(home).open("")
    assert "<script>alert(2)</script>" in page.inner_text("#deployments")
    assert page.locator("#deployments img, #deployments script").count() == 0


def test_a_new_deployment_is_made_by_keyboard_alone(watched, home, tmp_path):
    pytest.importorskip("timezonefinder")
    page = watched(home).open("")
    page.get_by_role("link", name="New deployment").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/new")
    page.wait_for_selector("body[data-ready]")
    page.focus("#title")
    page.keyboard.type("Oslo <b>fest</b>")
    page.focus("#where")
    page.keyboard.type("59°54'36\"N 10°45'E")
    page.keyboard.press("Enter")
    page.locator("#found label").wait_for()
    assert page.input_value("#zone") == "Europe/Oslo"
    assert page.input_value("#country") == "NO"
    assert "European Union" in page.inner_text("#rules")
    page.fill("#first", "2026-12-11")
    page.fill("#last", "2026-12-11")
    page.focus("#operations input")
    page.keyboard.press("Space")
    page.focus("#create")
    page.keyboard.press("Enter")
    page.wait_for_url("**/d/oslo-b-fest-b/plan")
    page.wait_for_selector("body[data-ready]")
    assert "Oslo <b>fest</b>" in page.inner_text("#place")
    text = (tmp_path / "oslo-b-fest-b" / "oslo-b-fest-b.yaml").read_text()
    assert "zone: Europe/Oslo" in text
