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
        pilot.click("[data-drone] button:has-text('Return')")
        pilot.wait_for_selector("#confirm[open]")
        pilot.click("#yes")
        until(pilot, "document.querySelector('[data-call=\"0\"]').innerText.includes('ended: attended')")
        process.kill()
        until(pilot, "!document.getElementById('no-contact').hidden")
        assert pilot.title() == "NO CONTACT - dfr"


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
