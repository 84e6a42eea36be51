"""Every page, the report and the brief under axe-core, in each colour scheme; keys, print and touch."""

import subprocess
import sys

import pytest

from .pages import until

pytestmark = pytest.mark.browser

PAGES = ("plan", "simulate", "replay", "live")
STEPS = {"plan": "button[data-pick]"}
"""What is pressed before a page is looked at: the state in which its contrast was lowest."""


@pytest.fixture(scope="session")
def find_violations():
    """A function from a page to its violations in words; skips where axe-core is not installed."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-core is not installed"
    ).Axe()

    def look(page):
        found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
        return [
            f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')}"
            for rule in found
            for node in rule["nodes"]
        ]

    def run(page):
        """Looked at again where the page lost its server meanwhile, which dims it on purpose."""
        for _ in range(5):
            before, found = page.is_hidden("#no-contact"), look(page)
            if before and page.is_hidden("#no-contact"):
                break
        return found

    return run


@pytest.fixture
def simulated(watched, serve, rehearsed_folder):
    """The pages of a run, so that none is empty."""
    with serve("--run", rehearsed_folder, "--vehicle", "builtin") as base:
        yield lambda **options: watched(base, bypass_csp=True, **options)


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_no_page_has_violations(simulated, find_violations, scheme):
    watch = simulated(color_scheme=scheme)
    for name in PAGES:
        page = watch.open(name)
        page.wait_for_timeout(500)
        if name in STEPS:
            page.locator(STEPS[name]).first.click()
        assert find_violations(page) == [], name
        page.click("#contrast")
        assert find_violations(page) == [], f"{name}, with strong contrast"
        page.click("#contrast")


def test_home_and_a_new_deployment_have_no_violations(watched, serve, find_violations, tmp_path):
    with serve("--folder", tmp_path) as base:
        for name in ("", "new"):
            assert find_violations(watched(base, bypass_csp=True).open(name)) == []


def test_report_and_brief_have_no_violations(browser, find_violations, rehearsed_folder, tmp_path):
    brief = tmp_path / "brief.html"
    command = [sys.executable, "-m", "dfr", "brief", str(rehearsed_folder), "--out", str(brief)]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    for path in (rehearsed_folder / "report.html", brief):
        context = browser.new_context(bypass_csp=True)
        page = context.new_page()
        page.goto(path.as_uri())
        violations = find_violations(page)
        context.close()
        assert violations == [], path.name


def test_the_first_key_skips_to_the_panel_and_markers_come_after_the_tools(watched, planning):
    page = watched(planning).open("plan")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'content'")
    order = page.evaluate(
        "() => { const all = [...document.querySelectorAll('button, a, input, select')];"
        " return [all.indexOf(document.getElementById('undo')), all.findIndex(b => b.matches('.dock'))]; }"
    )
    assert order[0] < order[1]


def test_a_page_prints_without_its_tools(watched, planning):
    page = watched(planning).open("plan")
    page.emulate_media(media="print")
    assert page.is_hidden(".toolbar")
    assert page.is_hidden("nav")
    assert page.is_visible("#verdict")


def test_dark_is_remembered_and_is_what_the_system_asks_for(watched, planning):
    page = watched(planning, color_scheme="dark").open("plan")
    background = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(background) == "rgb(18, 23, 28)"
    page.click("#theme")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate(background) == "rgb(255, 255, 255)"


def test_touch_targets_are_44_px_high(watched, planning):
    page = watched(planning, has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844}).open(
        "plan"
    )
    for selector in ("#undo", "#hour-play", "#docks button", "nav a", "#route"):
        assert page.locator(selector).first.bounding_box()["height"] >= 44, selector
