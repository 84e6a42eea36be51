"""Alerts of the Operate page: two senses, acknowledged and gone; three states of a drone; who may do what."""

import re

import pytest

from .deaf_line import deaf_line
from .pages import until
from .shifts import enter, operating

pytestmark = pytest.mark.browser

BY_LINE = "127.0.0.2"
"""Where a line leads to the server that may go deaf."""

DRONE = "castle-car-park/1"
ROW = f"[data-drone='{DRONE}']"
MARKER = f".drone-marker[title='{DRONE}']"
ALERT = {
    "alert": 7,
    "level": "warning",
    "words": "LINK LOST in flight",
    "drone": DRONE,
    "age_s": 1.0,
    "acknowledged": "",
}

COLOURS = """() => {
  const tinted = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return a > 0.2 && r > 110 && r > 1.6 * b && r >= g && r - b > 60;
  };
  return [...document.querySelectorAll('body *')]
    .filter((node) => !node.closest('#alerts, #no-contact, .maplibregl-map, [hidden], dialog:not([open])'))
    .filter((node) => {
      const style = getComputedStyle(node);
      return ['color', 'backgroundColor', 'borderTopColor'].some((part) => tinted(style[part]));
    })
    .map((node) => node.outerHTML.slice(0, 120));
}"""
"""What is red or amber on the page outside its alerts."""


@pytest.fixture(scope="module")
def shift(rehearsed_folder, tmp_path_factory):
    """A shift that no test of this module changes for good: its address and tokens."""
    folder = tmp_path_factory.mktemp("alerts") / "shift"
    with operating(folder, rehearsed_folder / "plan.json", "--allow-host", BY_LINE) as (base, tokens, _):
        yield base, tokens


@pytest.fixture
def entered(watched, shift):
    """A function from a role to its page, and the shift's board as that page was told it."""
    base, tokens = shift

    def enter_as(role):
        page = enter(watched, base, tokens[role])
        until(page, f'!!document.querySelector("{ROW}")')
        return page, page.request.get(f"{base}/api/board").json()

    return enter_as


def tell(page, board, **changes):
    """From now on the page hears this board, so changed, and nothing of the shift itself."""
    heard = {**board, "stalled": False, **changes}
    page.route("**/api/board", lambda route: route.fulfill(json=heard))


def tones(page, kind="alert"):
    """How often the page has sounded for an alert, or for a `loss` of contact."""
    return int(page.evaluate(f"document.body.dataset.{kind}Tones ?? 0"))


def test_a_warning_is_seen_and_heard_until_it_is_acknowledged_and_goes_with_its_cause(entered):
    page, board = entered("pilot")
    assert tones(page) == 0, "nothing to be alerted of"
    tell(page, board, alerts=[{**ALERT, "alert": 6, "level": "advisory"}])
    page.wait_for_selector("#alerts .advisory")
    tell(page, board, alerts=[ALERT])
    page.wait_for_selector("#alerts .warning button")
    assert page.inner_text("#alerts .warning").startswith("WARNING: LINK LOST in flight")
    colour = page.evaluate("getComputedStyle(document.querySelector('#alerts .warning')).backgroundColor")
    red, green, _ = (int(part) for part in re.findall(r"\d+", colour))
    assert red > 2 * green, "red"
    assert page.evaluate(COLOURS) == [], "red and amber are for alerts alone"
    until(page, "Number(document.body.dataset.alertTones ?? 0) >= 2")
    tell(page, board, alerts=[{**ALERT, "acknowledged": "pilot"}])
    page.wait_for_selector("#alerts .acknowledged")
    assert "pilot" in page.inner_text("#alerts .acknowledged")
    quiet = tones(page)
    page.wait_for_timeout(1800)
    assert tones(page) == quiet, "silenced"
    tell(page, board, alerts=[{**ALERT, "acknowledged": "pilot"}, {**ALERT, "alert": 8, "level": "caution"}])
    until(page, f"Number(document.body.dataset.alertTones) > {quiet}")
    tell(page, board, alerts=[])
    until(page, "document.querySelectorAll('#alerts li').length === 0")


def test_an_alert_of_the_shift_is_acknowledged_on_the_page_and_gone_with_its_cause(entered):
    page, _ = entered("safety")
    until(page, f"document.querySelector(\"{ROW}\").innerText.includes('ready')")
    page.click("#traffic button:has-text('inbound')")
    page.click("#alerts .advisory:has-text('is inbound') button")
    until(page, "document.querySelector('#alerts .acknowledged')?.innerText.includes('safety')")
    assert tones(page) == 0, "an advisory is for the eye alone"
    page.click("#traffic button:has-text('is gone')")
    page.wait_for_selector("#confirm[open]")
    page.click("#yes")
    until(page, "document.querySelectorAll('#alerts li').length === 0")


def test_link_lost_position_stale_and_the_failsafe_are_three_states(entered):
    page, board = entered("viewer")

    def told(words, **states):
        heard = {"position_stale": False, "position_age_s": 0.1, "at": [-1.09, 50.78], **states}
        drones = [{**each, **heard} if each["drone"] == DRONE else each for each in board["drones"]]
        tell(page, board, drones=drones)
        until(page, f'document.querySelector("{ROW}").innerText.includes("{words}")')

    unheard = {"link": {"heard": False, "silent_s": 6.2}, "position_stale": True}
    told(
        "LINK LOST 6 s · then: RTL in 4 s",
        **unheard,
        failsafe={"known": True, "words": "RTL", "triggers_in_s": 3.6},
    )
    page.wait_for_selector(f"{MARKER}.stale")
    unknown = {"known": False, "words": "what it does without us is not known", "triggers_in_s": None}
    told("LINK LOST 6 s · then: what it does without us is not known", **unheard, failsafe=unknown)
    linked = {"heard": True, "silent_s": 0.2}
    told("position 4 s old", link=linked, position_stale=True, position_age_s=4.4)
    assert "LINK LOST" not in page.inner_text(ROW)
    page.wait_for_selector(f"{MARKER}.stale")
    told("heard", link=linked)
    page.wait_for_selector(f"{MARKER}:not(.stale)")


MAY = {
    "viewer": set(),
    "safety": {"acknowledge", "inbound"},
    "pilot": {"acknowledge", "inbound", "send", "report"},
    "lead": {"acknowledge", "inbound", "send", "report", "end"},
}
PRESSED = {
    "acknowledge": "#alerts button",
    "inbound": "#traffic button",
    "send": "[data-call] button:has-text('Send')",
    "report": "#report button",
    "end": "#end",
}
OFFER = {"dock": "castle-car-park", "drone": DRONE, "overhead_s": 85.0, "reserve": 0.7, "blocked": ""}
CALL = {
    "call": 3, "agency": "HC", "id": "9", "grade": "immediate", "graded": True, "agency_says": "open",
    "exercise": False, "text": "", "at": None, "zone": "Pier", "state": "open", "ended": "", "age_s": 4.0,
    "waits_for": "a drone", "offers": [OFFER], "onward": [], "blocked": "", "drones": [],
}  # fmt: skip


@pytest.mark.parametrize("role", MAY)
def test_each_role_sees_what_it_may_press(entered, role):
    page, board = entered(role)
    tell(page, board, alerts=[ALERT], calls=[CALL])
    page.wait_for_selector("#alerts .warning")
    page.wait_for_selector("[data-call='3']")
    assert {name for name, button in PRESSED.items() if page.is_visible(button)} == MAY[role]


def test_a_server_that_stalls_is_no_contact_with_nothing_to_press_until_it_speaks(entered):
    page, board = entered("lead")
    page.wait_for_selector("#end")
    page.evaluate("window.stays = true")
    page.route("**/api/board", lambda route: None)  # never answered
    page.wait_for_selector("#no-contact:not([hidden])")
    assert page.title() == "NO CONTACT - dfr"
    assert page.evaluate("document.querySelector('main').inert")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).filter") == "grayscale(1)"
    assert tones(page, "loss") >= 1
    page.click("#silence")
    assert page.is_hidden("#silence")
    tell(page, board)
    page.wait_for_selector("#no-contact", state="hidden")
    assert not page.evaluate("document.querySelector('main').inert")
    assert page.title() == "Operate - dfr"
    assert page.evaluate("window.stays"), "without a reload"


def test_a_line_that_goes_deaf_is_no_contact_and_is_given_up_for_a_new_one(watched, shift):
    """Nothing is refused and nothing closed: an answer that does not come would be waited for for ever."""
    base, tokens = shift
    port = int(base.rpartition(":")[2])
    with deaf_line(BY_LINE, ("127.0.0.1", port)) as line:
        page = enter(watched, f"http://{BY_LINE}:{port}", tokens["pilot"])
        until(page, f'!!document.querySelector("{ROW}")')
        page.evaluate("window.stays = true")
        line.cut()
        # An answer that was on its way may still come first.
        told = "document.querySelector('#no-contact').innerText.includes('Nothing heard from dfr for')"
        until(page, f"{told} && document.querySelector('main').inert")
        page.wait_for_timeout(3000)  # longer than the page waits for an answer: it has asked again
        line.mend()
        page.wait_for_selector("#no-contact", state="hidden")
        assert page.evaluate("window.stays"), "without a reload"
        page.close()


def test_a_page_whose_token_holds_no_more_says_so_and_that_it_is_old(watched, shift):
    base, tokens = shift
    watch = watched(base)
    page = watch.page
    page.goto(f"{base}/?token={tokens['pilot']}")
    until(page, f'!!document.querySelector("{ROW}")')
    page.context.clear_cookies()
    until(page, "document.querySelector('#no-contact').innerText.includes('token')")
    assert page.evaluate("document.querySelector('main').inert")
    page.close()
    watch.errors.clear()  # the browser notes each request that was refused


def test_a_network_that_is_lost_is_no_contact_and_mends_without_a_reload(entered):
    page, _ = entered("viewer")
    page.evaluate("window.stays = true")
    page.context.set_offline(True)
    page.wait_for_selector("#no-contact:not([hidden])")
    page.context.set_offline(False)
    page.wait_for_selector("#no-contact", state="hidden")
    assert page.evaluate("window.stays"), "without a reload"
