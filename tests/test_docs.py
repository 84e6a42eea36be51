"""The docs: the site builds without a network, and the commands of the tutorials work in their order."""

import re
import runpy
import shlex
import subprocess
import sys
import tomllib

import pytest

BLOCKED_IS_AN_ANSWER = {0, 3, 5}
"""A check or a rehearsal may say no: that is an answer, not a failure."""


def commands(repository):
    blocks = re.findall(r"```sh\n(.*?)```", (repository / "docs" / "tutorial-yaml.md").read_text(), re.DOTALL)
    lines = (line.strip() for block in blocks for line in block.splitlines())
    return [shlex.split(line)[1:] for line in lines if line.startswith("dfr ")]


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(repository, tmp_path):
    found = commands(repository)
    assert [arguments[0] for arguments in found] == [
        "init",
        "init",
        "check",
        "plan",
        "simulate",
        "rehearse",
        "brief",
        "check",
    ]
    for arguments in found:
        command = [sys.executable, "-m", "dfr", *arguments]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode in BLOCKED_IS_AN_ANSWER, (arguments, done.stdout[-1500:], done.stderr[-1500:])
        assert "Traceback" not in done.stderr
        if arguments[0] in ("init", "plan", "simulate", "brief"):
            assert done.returncode == 0, (arguments, done.stderr[-1500:])
    for name in (
        "my-festival.yaml",
        "fete.yaml",
        "plan.json",
        "run/kpis.json",
        "rehearsal/report.html",
        "brief.html",
    ):
        assert (tmp_path / name).is_file(), name


def test_the_siting_page_computes_what_it_says(repository):
    text = (repository / "docs" / "howto" / "siting.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert code.count("assert") == 5
    exec(compile(code, "siting.md", "exec"), {})


def test_the_architecture_names_every_room_its_modules_and_the_layers_that_are_enforced(repository):
    text = (repository / "docs" / "architecture.md").read_text()
    places = [path.parent for root in ("dfr", "firmware_sitl") for path in (repository / root).rglob("*.py")]
    rooms = {place.relative_to(repository).as_posix().removeprefix("dfr/") for place in places} - {"dfr"}
    rooms -= {"mission/formats"}  # named in its room's row
    assert {room for room in rooms if f"| `{room}/` |" not in text} == set()
    named = re.findall(r"`(\w+\.py)`", text)
    there = {path.name for root in ("dfr", "firmware_sitl") for path in (repository / root).rglob("*.py")}
    assert [name for name in named if name not in there] == []
    contract = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["importlinter"][
        "contracts"
    ][0]
    layers = " > ".join(layer.replace("dfr.", "") for layer in contract["layers"])
    said = re.search(r"`cli` > .*?`units \| errors[^`]*`", text, re.DOTALL)
    assert said is not None
    assert set_of(said[0].replace("`", "")) == set_of(layers)


def test_the_architecture_lists_every_module_in_its_own_words(repository):
    page = (repository / "docs" / "architecture.md").read_text()
    made = runpy.run_path(str(repository / "docs" / "modules.py"))
    assert made["written"](page) == page, "python docs/modules.py"


def set_of(layers):
    """Each layer as the set of its rooms, in order."""
    return [set(re.findall(r"\w+", layer)) for layer in layers.split(">")]


@pytest.fixture(scope="module")
def site(repository, tmp_path_factory):
    """The built site."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return folder


def test_the_site_needs_no_network(site):
    for page in site.rglob("*.html"):
        text = page.read_text()
        loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*?(?:src|href)=\"(https?:[^\"]+|//[^\"]+)", text)
        assert loaded == [], page.name


def test_the_reference_is_made_from_the_code(site):
    verbs = (site / "reference" / "commands.html").read_text()
    for verb in ("serve", "brief", "rehearse", "simulate"):
        assert f"dfr {verb}" in verbs
    assert "--allow-control" in verbs
    assert "crowd_margin_m" in (site / "reference" / "scenario.html").read_text()
    functions = (site / "reference" / "api.html").read_text()
    for name in ("load_scenario", "simulate", "fly"):
        assert f"dfr.{name}" in functions
    assert "InfeasibleError" in (site / "reference" / "errors.html").read_text()


def test_every_page_can_be_found(site, repository):
    contents = (site / "index.html").read_text()
    for page in (repository / "docs").rglob("*.md"):
        address = page.relative_to(repository / "docs").with_suffix(".html").as_posix()
        assert f'href="{address}' in contents or page.name == "index.md", address


def test_every_page_is_pictured(site):
    shown = set(
        re.findall(r"(?<!assets/)images/([a-z-]+\.png)", "".join(p.read_text() for p in site.rglob("*.html")))
    )
    taken = {path.name for path in (site / "images").glob("*.png")}
    assert taken == shown, "each picture is shown, and each that is shown was taken"
    for name in ("plan", "simulate", "replay", "live"):
        assert (site / "images" / f"{name}.png").stat().st_size > 20_000


def test_search_works_where_the_site_is_read_from_a_folder(site, browser):
    page = browser.new_page()
    page.goto((site / "howto" / "airspace.html").as_uri())
    page.click(".md-search__input")
    page.keyboard.type("touchdown")
    page.locator(".md-search-result__link", has_text="Validation").first.wait_for()
    page.close()


def test_the_python_page_computes_what_it_says(repository, tmp_path, monkeypatch):
    text = (repository / "docs" / "howto" / "python.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert sum(block.count("assert") for block in blocks) >= 8
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, block in enumerate(blocks, start=1):
        exec(compile(block, f"python.md, block {number}", "exec"), names)
    assert (tmp_path / "dispatch.plan").is_file()
