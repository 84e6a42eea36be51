"""The Plan page by mouse: docks and the keep-in are dragged, and times, findings and hours follow."""

import re

import pytest

from .pages import PLAN_S, times, until

pytestmark = pytest.mark.browser


def drag_first_dock(page, by=(60, -30)):
    dock = page.locator(".dock").first
    box = dock.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0], y + by[1], steps=6)
    return dock.get_attribute("data-site")


def drag_corner(page, number, *, to):
    box = page.locator(".corner:not(.middle)").nth(number).bounding_box()
    page.mouse.move(box["x"] + 8, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(*to, steps=5)
    page.mouse.up()


def test_the_plan_is_painted_and_shows_docks_zones_and_findings(watched, planning):
    watch = watched(planning)
    watch.open("plan")
    page = watch.open("plan")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert paint > 0
    assert page.locator(".dock").count() == 2
    assert len(times(page)) == 9
    assert page.locator("#findings button").count() > 20
    assert "GO for 28 of 39 hours" in page.inner_text("#verdict")
    assert page.inner_text("#place").startswith("EXERCISE: Victorious Festival")


@pytest.mark.slow
def test_dragging_a_dock_changes_times_at_once_and_undo_brings_them_back(watched, serve, copied):
    original = copied.read_bytes()
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        before = times(page)
        drag_first_dock(page)
        until(
            page,
            "old => document.querySelector('#zones tbody').innerText !== old",
            arg=page.inner_text("#zones tbody"),
        )
        assert times(page) != before, "while it is still held"
        assert "not yet known" in page.inner_text("#verdict"), "nobody has checked this place"
        page.mouse.up()
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        assert re.match(r"EXERCISE: (GO for|NO GO|UNKNOWN)", page.inner_text("#verdict"))
        after = times(page)
        assert after != before
        assert page.locator("#zones .better, #zones .worse").count() > 0
        page.keyboard.press("Control+z")
        page.wait_for_selector("#redo:enabled", timeout=PLAN_S)
        assert times(page) == before
        page.click("#redo")
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        assert times(page) == after
        assert copied.read_bytes() == original, "nothing is written before Save"
        page.click("#save")
        page.wait_for_selector("#save:disabled, #save-anyway", timeout=PLAN_S)
        if page.locator("#save-anyway").count():  # where the file alone would give other docks, or no go
            page.click("#save-anyway")
        page.wait_for_selector("#save:disabled", timeout=PLAN_S)
        assert copied.read_bytes() != original


def test_a_dock_dragged_into_the_sea_reaches_nothing_and_says_so(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        drag_first_dock(page, by=(-150, 200))
        page.mouse.up()
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        assert page.locator("#zones .worse").count() > 0
        assert "reaches 0 of 9 zones: the start is on Solent" in page.inner_text("#docks")


@pytest.mark.slow
def test_a_keep_in_that_crosses_itself_is_refused_with_words(watched, serve, copied):
    with serve("--scenario", copied) as base:
        watch = watched(base)
        page = watch.open("plan")
        before = times(page)
        page.click("#fence")
        drag_corner(page, 1, to=(310, 690))
        page.wait_for_selector("#toast:not([hidden])", timeout=PLAN_S)
        assert "boundary" in page.inner_text("#toast")
        until(page, "!document.body.hasAttribute('aria-busy')")
        assert times(page) == before
        assert page.is_disabled("#undo")
        # The browser itself reports the refusal; that one is meant.
        watch.errors = [text for text in watch.errors if "400" not in text]


def test_a_corner_of_the_keep_in_is_dragged_and_findings_follow(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        before = page.inner_text("#findings")
        page.click("#fence")
        box = page.locator(".corner:not(.middle)").nth(1).bounding_box()
        drag_corner(page, 1, to=(box["x"] - 50, box["y"] + 40))
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        assert page.inner_text("#findings") != before


def test_a_finding_flies_to_its_place(watched, planning):
    page = watched(planning).open("plan")
    centre = "() => { const c = window.dfrMap.getCenter(); return [c.lng, c.lat]; }"
    before = page.evaluate(centre)
    number = page.evaluate(
        "async () => (await (await fetch('/api/plan')).json()).findings.findIndex(f => f.place)"
    )
    assert number >= 0
    words = page.evaluate(f"async () => (await (await fetch('/api/plan')).json()).findings[{number}].message")
    page.locator("#findings button", has_text=words[:60]).first.click()
    page.wait_for_selector(".maplibregl-popup")
    page.wait_for_timeout(1200)
    assert page.evaluate(centre) != before


OF_AN_HOUR = ("verdict", "hour-words", "wind", "zones", "coverage", "findings")
EACH_WORD = (
    "() => Object.fromEntries([...document.querySelectorAll('.panel [id]')].map(e => [e.id, e.innerText]))"
)


def test_an_hour_shows_its_wind_and_why_it_is_not_flown(watched, planning):
    page = watched(planning).open("plan")
    page.evaluate(
        "() => { const h = document.getElementById('hour'); h.value = 3;"
        " h.dispatchEvent(new Event('input')); }"
    )
    until(page, "document.getElementById('hour-words').innerText.includes('cannot be flown')")
    assert "limit 8 m/s" in page.inner_text("#hour-words")
    until(page, "document.querySelector('#zones td:nth-child(3)').innerText === 'no flight'")
    assert "do not fly" in page.inner_text("#verdict"), "the verdict is that of the hour"
    assert "cannot be flown" in page.inner_text("#findings"), "and so are the findings"
    assert page.inner_text("#times-head") != "Now"
    assert "whole plan" in page.inner_text("#verdict .hint"), (
        "what is counted is not of the hour, and says so"
    )
    said = page.evaluate(EACH_WORD)
    page.evaluate(
        "() => { const h = document.getElementById('hour'); h.value = 6;"
        " h.dispatchEvent(new Event('input')); }"
    )
    until(page, "document.getElementById('findings').innerText.includes('can be flown')")
    now = page.evaluate(EACH_WORD)
    assert [part for part in OF_AN_HOUR if now[part] == said[part]] == []
    assert page.inner_text("#beside-head").lower() == "planning wind"
    page.click("#hour-off")
    until(page, "!document.getElementById('findings').innerText.includes('In this hour')")
    assert page.inner_text("#whole") == ""
    assert "GO for 28 of 39 hours" in page.inner_text("#verdict")
    assert page.inner_text("#times-head").lower() == "now"


def test_hours_that_are_not_flown_have_a_cross_and_no_bar(watched, planning):
    page = watched(planning).open("plan")
    assert page.locator("#hours-chart .shut").count() >= 11, "and one in the legend"
    assert page.locator("#hours-chart rect.bar").count() == 28


def test_the_map_shows_times_anywhere_and_where_calls_come_from(watched, planning):
    page = watched(planning).open("plan")
    page.check("input[value=demand]")
    until(page, "window.dfrMap.shown.demand.features.length === 9")
    page.check("input[value=isochrones]")
    until(page, "window.dfrMap.shown.isochrones.features.length > 2", within_ms=120_000)
    assert "90 to 120" in page.inner_text("#map-legend")


def test_the_heights_of_the_chosen_route_are_drawn_under_its_limit(watched, planning):
    page = watched(planning).open("plan")
    assert "the limit is 120 m" in page.inner_text("#profile")
    before = page.inner_html("#profile svg")
    page.select_option("#route", index=0)
    page.select_option("#route", index=5)
    assert page.inner_html("#profile svg") != before
