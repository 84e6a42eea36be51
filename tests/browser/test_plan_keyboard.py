"""The Plan page by keyboard alone: docks, sites, the keep-in and the map itself."""

import pytest

from .pages import PLAN_S, times, until

pytestmark = pytest.mark.browser


def keys_of(page):
    return page.evaluate("document.activeElement.dataset.key || ''")


@pytest.mark.slow
def test_a_dock_is_moved_and_the_keep_in_edited_by_keyboard_alone(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        where = page.inner_text("#docks button >> nth=0")
        page.focus("#docks button >> nth=0")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        assert page.inner_text("#docks button >> nth=0") != where
        page.focus("#fence")
        page.keyboard.press("Enter")
        corners = page.locator(".corner:not(.middle)").count()
        assert corners == 8
        page.locator(".corner.middle").first.focus()
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('.corner:not(.middle)').length === 9", within_ms=PLAN_S)


def test_a_dock_is_placed_and_taken_away_by_keyboard_alone(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        before = times(page)
        page.focus("#others summary")
        page.keyboard.press("Enter")
        page.focus("#sites [data-key='use:skate-park']")
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('.dock').length === 3")
        assert keys_of(page) == "use:skate-park", "the focus went with it into the other list"
        assert page.locator("#docks li").count() == 3
        assert page.locator("#zones .better").count() > 0
        assert page.locator("#sites [data-key='use:pyramids']").is_disabled(), "forbidden in the scenario"
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('.dock').length === 2")
        assert times(page) == before


@pytest.mark.slow
def test_a_site_without_a_dock_is_moved_from_the_map_by_keyboard(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        where = page.locator("#sites [data-key='list:skate-park']").text_content()
        centre = page.evaluate("window.dfrMap.getCenter().lng")
        page.focus("[data-key='map:skate-park']")
        for key in ("ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
            page.keyboard.press(key)
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        assert page.locator("#sites [data-key='list:skate-park']").text_content() != where
        assert keys_of(page) == "map:skate-park"
        assert page.evaluate("window.dfrMap.getCenter().lng") == centre, "the map stays where it was"


@pytest.mark.slow
def test_corners_of_the_keep_in_are_moved_added_and_removed_by_keyboard_alone(watched, serve, copied):
    ring = "async () => (await (await fetch('/api/plan')).json()).boundary"
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        before = page.evaluate(ring)
        page.focus("#fence")
        page.keyboard.press("Enter")
        page.focus("[data-key='corner:2']")
        box = page.locator("[data-key='corner:2']").bounding_box()
        assert (box["width"], box["height"]) == (16, 16), "a dot, not a button's padding"
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowDown")
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        moved = page.evaluate(ring)
        assert [i for i in range(8) if moved[i] != before[i]] == [2]
        assert moved[2][0] < before[2][0]
        assert moved[2][1] == pytest.approx(before[2][1] - 10 / 111_320, abs=2e-6)
        assert keys_of(page) == "corner:2"
        page.keyboard.press("Delete")
        until(page, "document.querySelectorAll('.corner:not(.middle)').length === 7")
        assert page.evaluate(ring) == before[:2] + before[3:]


def test_the_map_itself_is_panned_and_zoomed_by_keyboard(watched, planning):
    page = watched(planning).open("plan")
    view = "() => [window.dfrMap.getCenter().lng, window.dfrMap.getZoom()]"
    lon, zoom = page.evaluate(view)
    page.focus(".maplibregl-canvas")
    page.keyboard.press("ArrowRight")
    until(page, "lon => window.dfrMap.getCenter().lng > lon", arg=lon)
    page.keyboard.press("=")
    until(page, "zoom => window.dfrMap.getZoom() > zoom", arg=zoom)
