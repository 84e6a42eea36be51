"""The Replay page: shifts, flights and logs."""

import pytest

from .pages import until

pytestmark = pytest.mark.browser


def moment(page, share):
    page.evaluate(
        "share => { const s = document.getElementById('scrub');"
        " s.value = +s.min + share * (s.max - s.min); s.dispatchEvent(new Event('input')); }",
        share,
    )


def test_a_shift_and_a_flight_are_scrubbed_map_and_charts_together(watched, serve, rehearsed_folder):
    with serve("--run", rehearsed_folder) as base:
        page = watched(base).open("replay")
        page.select_option("#source", label="run 1, typical shift")
        page.wait_for_selector("#height svg")
        moment(page, 0.3)
        clock, cursor = page.inner_text("#clock"), page.get_attribute("#wind .cursor", "x1")
        moment(page, 0.6)
        assert page.inner_text("#clock") != clock
        assert page.get_attribute("#wind .cursor", "x1") != cursor
        assert page.locator(".drone").count() == 2
        assert page.locator("#events .event").count() > 20
        moment(page, 0.0)
        page.click("#next")
        first = page.inner_text("#clock")
        page.click("#next")
        second = page.inner_text("#clock")
        assert second > first
        page.click("#previous")
        assert first <= page.inner_text("#clock") < second
        assert page.locator("#timeline .phase").count() > 5
        page.select_option("#source", index=4)
        until(page, "document.getElementById('legend').innerText.includes('predicted')")
        assert page.locator("#battery svg, #wind svg").count() == 2, "from the log beside the flight"
        assert page.locator(".drone").count() == 2, "predicted and flown"
        moment(page, 0.0)
        start = page.locator(".drone").last.bounding_box()
        moment(page, 0.5)
        page.wait_for_timeout(300)
        assert page.locator(".drone").last.bounding_box() != start
        assert "70 m" in page.inner_text("#moving"), "the height that its dock is flown at"
        assert "as predicted" in page.inner_text("#phases")
        page.select_option("#series", index=3)
        assert page.locator("#series-chart svg path").count() >= 2
        page.select_option("#follow", label="flown")
        centre = page.evaluate("window.dfrMap.getCenter().lng")
        moment(page, 0.3)
        assert page.evaluate("window.dfrMap.getCenter().lng") != centre, "the map stays with the drone"
        page.click("#play")
        page.wait_for_timeout(600)
        page.click("#play")
        assert float(page.input_value("#scrub")) > 0


def test_a_log_of_a_flight_is_replayed_and_anything_else_refused(watched, serve, rehearsed_folder, tmp_path):
    tlog = min((rehearsed_folder / "flights").glob("*.tlog"))
    other = tmp_path / "other.tlog"
    other.write_bytes(b"no log at all, but long enough to be one")
    with serve("--run", rehearsed_folder) as base:
        watch = watched(base)
        page = watch.open("replay")
        page.set_input_files("#log", tlog)
        until(page, "document.getElementById('title').innerText === 'uploaded log'")
        assert page.locator("#battery svg path").count() >= 2
        assert page.locator("#wind svg path").count() >= 2
        assert page.locator("#height svg path").count() >= 2
        page.set_input_files("#log", other)
        page.wait_for_selector("#toast:not([hidden])")
        assert "not a flight log" in page.inner_text("#toast")
        watch.errors = [text for text in watch.errors if "400" not in text]


def test_a_plan_that_was_never_simulated_opens_on_a_typical_shift_of_its_own(watched, planning):
    page = watched(planning).open("replay")
    opened = "document.getElementById('title').innerText.startsWith('Simulated shift, typical')"
    until(page, opened, within_ms=120_000)
    assert page.locator("#events .event").count() > 10
    assert page.is_hidden("#empty")
