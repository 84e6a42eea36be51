"""What holds on every page, and in the files that open without a server."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", ["plan", "simulate", "replay", "live"])
def test_a_phone_needs_no_sideways_scrolling_and_contrast_can_be_raised(watched, planning, name):
    page = watched(planning, viewport={"width": 390, "height": 800}).open(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#contrast")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.get_attribute("#contrast", "aria-pressed") == "true"


def test_the_report_and_the_brief_open_from_a_file(browser, serve, rehearsed_folder, tmp_path):
    brief = tmp_path / "brief.html"
    command = [sys.executable, "-m", "dfr", "brief", str(rehearsed_folder), "--out", str(brief)]
    subprocess.run(command, check=True, capture_output=True, timeout=900)
    for path in (rehearsed_folder / "report.html", brief):
        context = browser.new_context()
        page = context.new_page()
        asked, errors = [], []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda m, errors=errors: errors.append(m.text) if m.type == "error" else None)
        page.goto(path.as_uri())
        assert page.locator("svg").count() >= 1
        page.set_viewport_size({"width": 390, "height": 800})
        width_px = page.evaluate("document.documentElement.scrollWidth")
        context.close()
        assert asked == [path.as_uri()]
        assert errors == []
        assert width_px == 390, "only its tables scroll sideways on a phone"


@pytest.mark.slow
def test_names_that_are_markup_are_words_on_every_page(watched, serve, hostile):
    with serve("--scenario", hostile, "--vehicle", "builtin", "--jobs", "1") as base:
        watch = watched(base)
        asked = []
        watch.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        for name in ("plan", "simulate", "replay", "live"):
            page = watch.open(name)
            page.wait_for_timeout(700)
            assert "<script>alert(2)</script>" in page.inner_text("#place")
            assert page.locator("img").count() == 0
            assert page.locator("body script").count() == 0
        page = watch.open("plan")
        assert "<img src=x onerror=alert(1)>" in page.inner_text("#zones")
        page.locator("#findings button").first.click()
        page.wait_for_timeout(300)
        assert page.locator("img").count() == 0
        assert asked == []
        page.close()
