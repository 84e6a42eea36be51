"""Two browsers at one plan: each gets the other's changes, and neither shows an answer of an older plan."""

import pytest

from .pages import PLAN_S, times, until

pytestmark = pytest.mark.browser


def take_first_dock(page):
    page.locator("#docks .use").first.click()
    until(page, "!document.body.hasAttribute('aria-busy')")


def test_two_browsers_stay_in_step_on_every_page(watched, serve, copied):
    with serve("--scenario", copied) as base:
        one, other = watched(base), watched(base)
        mine, theirs = one.open("plan"), other.open("plan")
        take_first_dock(mine)
        assert mine.locator("#docks li").count() == 1
        until(theirs, "document.querySelectorAll('#docks li').length === 1")
        assert times(theirs) == times(mine)
        assert theirs.inner_text("#verdict") == mine.inner_text("#verdict")
        theirs.click("#undo")
        theirs.wait_for_selector("#redo:enabled", timeout=PLAN_S)
        until(mine, "document.querySelectorAll('#docks li').length === 2")
        live = one.open("live")
        assert live.locator(".dock.seen").count() == 2
        take_first_dock(theirs)
        until(live, "document.querySelectorAll('.dock.seen').length === 1")
        headline = theirs.inner_text("#verdict strong")
        for name in ("live", "replay", "simulate"):
            page = one.open(name)
            until(
                page,
                "words => document.getElementById('standing')?.innerText.startsWith(words)",
                arg=headline,
            )
            assert "airspace of 2024-08-24" in page.inner_text("#standing")


@pytest.mark.slow
def test_hours_asked_before_an_edit_and_answered_after_it_are_not_shown_as_the_new_plan_s(
    watched, serve, copied
):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        held = []

        def hold_the_first(route):
            held.extend([] if held else [route.fetch(), route])
            if route not in held:
                route.continue_()

        page.route("**/api/plan/hours", hold_the_first)
        hour = page.evaluate(
            "async () => (await (await fetch('api/plan')).json()).hours.findIndex(h => h.flyable)"
        )
        slide = (
            "i => { const h = document.getElementById('hour'); h.value = i;"
            " h.dispatchEvent(new Event('input')); }"
        )
        page.evaluate(slide, hour)
        while len(held) < 2:
            page.wait_for_timeout(50)
        answer, route = held
        take_first_dock(page)
        until(page, "!document.querySelector('#zones tbody').innerText.includes('…')")
        new = times(page)
        route.fulfill(response=answer)
        page.wait_for_timeout(300)
        assert times(page) == new
        page.reload()
        page.wait_for_selector("body[data-ready]")
        page.evaluate(slide, hour)
        until(page, "!document.querySelector('#zones tbody').innerText.includes('…')")
        assert times(page) == new, "of the plan with one dock"


@pytest.mark.slow
def test_an_edit_on_a_plan_that_somebody_else_has_just_changed_is_refused_with_words(watched, serve, copied):
    with serve("--scenario", copied) as base:
        one, other = watched(base), watched(base)
        mine, theirs = one.open("plan"), other.open("plan")
        theirs.route("**/api/events", lambda route: route.fulfill(content_type="text/event-stream", body=""))
        theirs.reload()
        theirs.wait_for_selector("body[data-ready]")
        take_first_dock(mine)
        take_first_dock(theirs)
        assert "has changed since you saw it" in theirs.inner_text("#toast")
        assert theirs.locator("#docks li").count() == 1, "the plan as it is now"
        assert times(theirs) == times(mine)
        other.errors = [text for text in other.errors if "409" not in text]


def test_a_page_outlives_its_server_and_says_so(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        port = base.rpartition(":")[2]
        until(page, "document.getElementById('standing').innerText.includes('airspace of')")
    until(page, "document.getElementById('standing').innerText.includes('What you see may be old')")
    with serve("--scenario", copied, "--port", port):
        until(page, "document.getElementById('standing').innerText.includes('airspace of')")
        take_first_dock(page)
        assert page.locator("#docks li").count() == 1
