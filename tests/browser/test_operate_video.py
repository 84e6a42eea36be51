"""Pictures of the Operate page: live, frozen, gone and back, and never an old one shown as live."""

import re

import pytest

from .gateway import running_gateway
from .pages import until
from .shifts import enter, operating

pytestmark = pytest.mark.browser

DOCK = "castle-car-park"
FIGURE = f"[data-picture='{DOCK}/1']"
LIVE = f"document.querySelector(\"{FIGURE}\").classList.contains('live')"
WORDS = f"{FIGURE} .no-picture"


@pytest.fixture
def camera(browser):
    """A function from a gateway's address to the page that sends what a camera would."""
    made = []

    def film(base):
        page = browser.new_page()
        made.append(page)
        page.goto(f"{base}/")
        return page

    yield film
    for page in made:
        page.close()


def watch(watched, base, token, gateway):
    """The Operate page, which may ask the gateway too."""
    page = enter(watched, base, token, allowed=(gateway,))
    until(page, f"!!document.querySelector(\"[data-drone='{DOCK}/1'] button\")")
    return page


def test_a_picture_is_live_or_says_since_when_it_is_not(watched, camera, rehearsed_folder, tmp_path):
    with running_gateway(f"/{DOCK}-1/whep") as (gateway, address):
        film = camera(address)
        options = ("--video", f"{address}/{{call_sign}}/whep")
        with operating(tmp_path / "shift", rehearsed_folder / "plan.json", *options) as (base, tokens, _):
            page = watch(watched, base, tokens["viewer"], address)
            press = f"[data-drone='{DOCK}/1'] button:has-text('Picture')"
            page.click(press)
            until(page, LIVE)
            assert page.inner_text(WORDS) == "", "nothing over a live picture"
            film.evaluate("window.frozen = true")
            until(page, f"!{LIVE}")
            assert re.fullmatch(r"no picture since \d\d:\d\d:\d\d", page.inner_text(WORDS))
            film.evaluate("window.frozen = false")
            until(page, LIVE)
            film.evaluate("window.hangUp()")
            until(page, f"!{LIVE}")
            until(page, LIVE)  # asked for again by itself
            assert set(gateway.asked) == {f"/{DOCK}-1/whep"}
            assert len(gateway.asked) >= 2
            page.click(press)
            assert page.locator(FIGURE).count() == 0
            until(page, "true")
            assert gateway.ended
            page.close()
