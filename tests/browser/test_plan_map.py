"""The map of the Plan page: what is drawn, in which order, whose it is, and what it tells."""

import pytest

from .pages import until

pytestmark = pytest.mark.browser

MIDDLE = (
    "() => { const map = window.dfrMap; const box = map.getContainer().getBoundingClientRect();"
    " const at = map.project(map.getCenter()); return [box.left + at.x, box.top + at.y]; }"
)
"""Where the middle of the map is on the page: beside the panel that lies over it."""


def test_what_lies_on_the_map_is_told_on_a_click_and_from_a_list(watched, planning):
    page = watched(planning).open("plan")
    page.locator("summary", has_text="one by one").focus()
    page.keyboard.press("Enter")
    told = page.locator("#descriptions button").all_inner_texts()
    assert "FLEETLANDS (ATZ, SFC to 2027 ft) · FLEETLANDS INFORMATION 135.705" in told
    assert any(words.startswith("crowd: In front of the Common Stage") for words in told)
    page.locator("#descriptions button", has_text="castle-lighthouse").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".maplibregl-popup")
    assert "keep-out: castle-lighthouse" in page.inner_text(".maplibregl-popup")
    until(page, "!window.dfrMap.isMoving()")
    page.locator(".maplibregl-popup-close-button").click()
    page.mouse.click(*page.evaluate(MIDDLE))
    page.wait_for_selector(".maplibregl-popup")
    assert "keep-out: castle-lighthouse" in page.inner_text(".maplibregl-popup")


def test_strong_contrast_reaches_the_map_and_is_remembered(watched, planning):
    watch = watched(planning)
    page = watch.open("plan")
    paint = "() => window.dfrMap.getPaintProperty('keep_in-line', 'line-width')"
    usual = page.evaluate(paint)
    page.click("#contrast")
    assert page.evaluate(paint) > usual
    assert watch.open("plan").evaluate(paint) > usual
    page.click("#contrast")
    assert page.evaluate(paint) == usual


def test_dragging_the_map_moves_it_and_sends_nothing_again(watched, planning):
    page = watched(planning).open("plan")
    page.wait_for_timeout(1000)
    dock = page.locator(".dock").first
    before, box = dock.bounding_box(), page.locator("#map").bounding_box()
    page.evaluate(
        "() => { window.uploads = 0; for (const id of ['place', 'plan']) {"
        " const s = window.dfrMap.getSource(id);"
        " const own = s.setData.bind(s);"
        " s.setData = (...a) => { window.uploads += 1; return own(...a); }; } }"
    )
    x, y = box["x"] + 260, box["y"] + box["height"] - 60
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 300, y - 90, steps=20)
    held = dock.bounding_box()
    assert held["x"] - before["x"] == pytest.approx(300, abs=3), "docks move with the map"
    page.mouse.up()
    page.wait_for_timeout(500)
    after = dock.bounding_box()
    assert after["x"] - before["x"] == pytest.approx(300, abs=3)
    assert after["y"] - before["y"] == pytest.approx(-90, abs=3)
    assert page.evaluate("window.uploads") == 0
    assert page.evaluate("window.dfrMap.getPixelRatio() === window.devicePixelRatio"), "sharp again"


def test_a_map_of_the_user_s_own_lies_under_everything(watched, serve, pmtiles):
    with serve("--scenario", "victorious-2024", "--basemap", pmtiles) as base:
        page = watched(base).open("plan")
        until(page, "window.dfrMap.queryRenderedFeatures({layers: ['basemap-water']}).length > 0")
        layers = page.evaluate("window.dfrMap.getStyle().layers.map(l => l.id)")
        assert layers.index("basemap-water") == 1, "over the ground and under all else"
        assert page.inner_text(".attribution") == "Our own survey", "its words, never its HTML"
        assert page.evaluate("window.dfrMap.getLayoutProperty('base-fill', 'visibility')") == "none"


@pytest.mark.slow
def test_a_place_without_a_drawing_says_so_and_has_a_grid(watched, serve):
    with serve("--scenario", "isle-of-wight-2024") as base:
        page = watched(base).open("plan")
        assert "No base drawing. Grid: 200 m" in page.inner_text(".attribution")
        until(page, "window.dfrMap.queryRenderedFeatures({layers: ['base-line']}).length > 5")


def test_a_drawing_says_on_the_map_whose_it_is_and_how_good(watched, planning):
    words = watched(planning).open("plan").inner_text(".attribution")
    assert "good to about 50 m" in words
    assert "Not for navigation" in words


def test_what_a_flight_must_keep_off_is_drawn_over_the_zones(watched, planning):
    page = watched(planning).open("plan")
    order = page.evaluate("window.dfrMap.getStyle().layers.map(l => l.id)")
    for over in ("crowds-fill", "keep_outs-fill", "traffic-line", "posts-circle", "rally-circle"):
        assert order.index(over) > order.index("zones-fill"), over
    until(page, "window.dfrMap.queryRenderedFeatures({layers: ['crowds-fill']}).length > 0")
