"""The Operate page: a call from the map, two yeses, a drone out and home, contact lost and found."""

import json
import re

import pytest

from .pages import FLIGHT_S, until
from .shifts import enter, operating

pytestmark = pytest.mark.browser


def test_a_call_is_reported_served_and_closed_from_the_page(watched, rehearsed_folder, tmp_path):
    with operating(tmp_path / "shift", rehearsed_folder / "plan.json") as (base, tokens, process):
        refused = watched(base).page.request.get(f"{base}/api/board")
        assert (refused.status, json.loads(refused.text())["error"]["code"]) == (401, "token")
        pilot, safety = enter(watched, base, tokens["pilot"]), enter(watched, base, tokens["safety"])
        until(pilot, "document.querySelector('[data-drone]').innerText.includes('ready')", within_ms=60_000)
        until(safety, "document.querySelector('#you').innerText.includes('safety')")
        assert not safety.is_visible("#report"), "a safety pilot reports no call"
        pilot.fill("#lat", "50.7798")
        pilot.fill("#lon", "-1.0866")
        pilot.fill("#text", "<b>a person</b> in the water")
        pilot.click("#report button")
        pilot.wait_for_selector("[data-call='0']")
        assert "<b>a person</b> in the water" in pilot.inner_text("[data-call='0']")
        assert re.search(r"overhead in \d+ s, \d+ % left", pilot.inner_text("[data-call='0']"))
        until(pilot, "document.querySelectorAll('.call-marker').length === 1")
        pilot.click("[data-call='0'] button:has-text('Send')")
        pilot.wait_for_selector("#confirm[open]")
        words = pilot.inner_text("#confirm-words")
        assert re.match(r"SIMULATED drone castle-car-park/1: .* from .+ and fly to .+ for call ", words)
        assert "Motors will start" in words
        pilot.click("#yes")
        safety.wait_for_selector("#questions button")
        assert "disarmed" not in pilot.inner_text("#fleet")
        safety.click("#questions button")
        until(
            pilot, "document.querySelector('[data-drone]').innerText.includes('on scene')", within_ms=FLIGHT_S
        )
        until(pilot, "document.querySelectorAll('.drone-marker').length === 1")
        pilot.click("[data-out] button:has-text('Return')")
        pilot.wait_for_selector("#confirm[open]")
        pilot.click("#yes")
        until(pilot, "document.querySelector('[data-call=\"0\"]').innerText.includes('ended: attended')")
        process.kill()
        until(pilot, "!document.getElementById('no-contact').hidden")
        assert pilot.title() == "NO CONTACT - dfr"


PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PLACES = [("50.7798", "-1.0866"), ("50.7822", "-1.0970")]


def confirmed(page, safety=None):
    """Say yes to what the page asks, and the second yes where one is wanted; the words of the question."""
    page.wait_for_selector("#confirm[open]")
    words = page.inner_text("#confirm-words")
    page.click("#yes")
    if safety is not None:
        safety.click("#questions button")
    return words


@pytest.mark.slow
def test_a_drone_is_held_sent_on_and_called_home_from_a_phone_with_its_whole_track_shown(
    watched, rehearsed_folder, tmp_path
):
    options = ("--speedup", "6")
    with operating(tmp_path / "shift", rehearsed_folder / "plan.json", *options) as (base, tokens, _):
        phone, safety = enter(watched, base, tokens["pilot"], **PHONE), enter(watched, base, tokens["safety"])
        until(phone, "document.querySelector('[data-drone]').innerText.includes('ready')")
        for number, (lat, lon) in enumerate(PLACES):
            phone.fill("#lat", lat)
            phone.fill("#lon", lon)
            phone.click("#report button")
            phone.wait_for_selector(f"[data-call='{number}']")
        phone.click("[data-call='0'] button:has-text('Send')")
        confirmed(phone, safety)
        until(phone, "/out/.test(document.querySelector('[data-out]')?.innerText)", within_ms=FLIGHT_S)
        hold = phone.locator("[data-out] button:has-text('Hold')")
        low, high = hold.bounding_box()["y"], hold.bounding_box()["height"]
        assert 0 <= low <= 844 - high, "reachable without scrolling, wherever the page is scrolled to"
        hold.click()
        words = confirmed(phone)
        assert re.match(
            r"SIMULATED drone castle-car-park/1 stops and hovers where it is, at .+, until", words
        )
        until(phone, "document.querySelector('[data-out]').innerText.includes('HELD')")
        phone.wait_for_selector("#alerts .advisory:has-text('is held')")
        phone.click("[data-out] button:has-text('Go on')")
        confirmed(phone)
        until(phone, "!document.querySelector('[data-out]').innerText.includes('HELD')")
        phone.click("[data-call='1'] button:has-text('Send on')")
        words = confirmed(phone, safety)
        assert re.search(r"castle-car-park/1 leaves call .* and flies on to .+ for call ", words)
        until(phone, "document.querySelector('[data-call=\"1\"]').innerText.includes('out: ')")
        on_scene = "document.querySelector('[data-out]').innerText.includes('on scene')"
        until(phone, on_scene, within_ms=FLIGHT_S)
        later = enter(watched, base, tokens["viewer"])
        later.wait_for_selector("#height-chart path.line")
        assert later.is_hidden("#no-heights"), "the flight before this page was opened is shown"
        trail = "dfrMap.getSource('trail')._data.geojson ?? dfrMap.getSource('trail')._data"
        until(later, f"({trail}).features?.[0]?.geometry.coordinates.length > 30")
        assert not later.query_selector("[data-out] button"), "a viewer orders nothing"
        phone.click("[data-out] button:has-text('Return')")
        words = confirmed(phone)
        assert words.startswith(
            "SIMULATED drone castle-car-park/1 leaves what it does and returns to its dock, "
        )
        until(phone, "document.querySelector('[data-out]').innerText.includes('back')")
        phone.click("[data-out] button:has-text('Land')")
        assert "comes down where it is, at " in confirmed(phone)
        until(phone, "document.querySelector('#at-once').hidden", within_ms=FLIGHT_S)


@pytest.mark.slow
def test_a_shift_that_is_started_again_is_found_without_a_reload(watched, rehearsed_folder, tmp_path):
    folder, plan = tmp_path / "shift", rehearsed_folder / "plan.json"
    with operating(folder, plan) as (base, tokens, process):
        page = enter(watched, base, tokens["pilot"])
        until(page, "!!document.querySelector('[data-drone]')")
        page.evaluate("window.stays = true")
        process.kill()
        page.wait_for_selector("#no-contact:not([hidden])")
    with operating(folder, plan, "--port", base.rpartition(":")[2]):
        page.wait_for_selector("#no-contact", state="hidden")
        until(page, "document.querySelector('[data-drone]').innerText.includes('ready')")
        assert page.evaluate("window.stays"), "without a reload"
        page.close()
