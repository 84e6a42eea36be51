"""The Live page: vehicles watched, told and flown."""

import json
import re
import signal

import pytest

from .conftest import serving_process
from .pages import FLIGHT_S, until

pytestmark = pytest.mark.browser

TRAIL = "window.dfrMap.getSource('trail').serialize().data.features[0]?.geometry.coordinates"
"""Where a page shows that a vehicle has flown."""


def test_the_built_in_vehicle_is_flown_from_the_live_page(watched, serve, rehearsed_folder):
    options = (
        "--vehicle",
        "builtin",
        "--allow-control",
        "--speedup",
        "10",
        "--rtsp",
        "rtsp://camera.invalid/1",
    )
    with serve("--run", rehearsed_folder, *options) as base:
        page = watched(base).open("live")
        until(page, "document.getElementById('link').innerText === 'The link is good.'")
        assert "SIMULATED" in page.inner_text("#state")
        assert "rtsp://camera.invalid/1" in page.inner_text("#state")
        assert page.locator(".dock").count() == 2, "drawn as docks, not as places without one"
        page.select_option("#zone", "castle-stage")
        page.click("[data-command=dispatch]")
        page.wait_for_selector("#confirm[open]")
        assert "Motors will start" in page.inner_text("#confirm-words")
        page.click("#no")
        page.wait_for_timeout(500)
        assert "disarmed" in page.inner_text("[data-row=mode]"), (
            "a question that is not answered does nothing"
        )
        page.click("[data-command=dispatch]")
        page.wait_for_selector("#confirm[open]")
        page.click("#yes")
        until(
            page, "parseFloat(document.querySelector('[data-row=height]').innerText) > 50", within_ms=FLIGHT_S
        )
        assert "to get home" in page.inner_text("[data-row=home]")
        assert re.search(r"m/s from \d+°", page.inner_text("[data-row=wind]"))
        assert re.search(r"item \d+ of \d+", page.inner_text("[data-row=mission]"))
        until(page, "window.dfrMap.queryRenderedFeatures({layers: ['footprint']}).length > 0")
        until(
            page,
            "document.getElementById('flight').innerText.startsWith('dispatch completed as planned; docked')",
            within_ms=FLIGHT_S,
        )
        assert page.locator("#height-chart svg path").count() >= 2
        late = watched(base).open("live")
        until(late, "document.querySelectorAll('#height-chart svg path').length >= 2")
        until(late, f"({TRAIL} ?? []).length > 30")
        whole = late.evaluate(TRAIL)
        until(page, f"(whole) => JSON.stringify({TRAIL}) === JSON.stringify(whole)", arg=whole)
        late.close()
        page.close()  # before its server goes: it would say that it lost it


@pytest.mark.slow
def test_two_vehicles_are_watched_and_each_told_by_itself(watched, serve, rehearsed_folder):
    options = ("--vehicle", "builtin", "--vehicle", "builtin", "--allow-control", "--speedup", "10")
    with serve("--run", rehearsed_folder, *options) as base:
        page = watched(base).open("live")
        until(page, "document.querySelectorAll('.drone').length === 2")
        page.click("#vehicles button >> nth=1")
        page.click("[data-command=dispatch]")
        page.click("#yes")
        until(
            page,
            "document.querySelectorAll('#vehicles button')[1].innerText.includes('ARMED')",
            within_ms=60_000,
        )
        assert "ARMED" not in page.inner_text("#vehicles button >> nth=0")
        page.click("#vehicles button >> nth=0")
        until(page, "document.querySelector('[data-row=mode]').innerText.includes('disarmed')")
        page.close()


@pytest.mark.slow
def test_other_traffic_that_is_heard_is_drawn_and_named(watched, serve, rehearsed_folder):
    """What the server tells of a helicopter, put among what it tells of the vehicle."""
    heard = {"id": "400f01", "name": "COAST 175", "at": [-1.0905, 50.7815], "height_m_amsl": 42.0}

    def joined(socket):
        server = socket.connect_to_server()

        def told(message):
            state = json.loads(message)
            state["vehicles"][0]["traffic"] = [heard]
            socket.send(json.dumps(state))

        server.on_message(told)

    with serve("--run", rehearsed_folder, "--vehicle", "builtin") as base:
        watch = watched(base)
        watch.page.route_web_socket("**/ws/live", joined)
        page = watch.open("live")
        until(page, "document.querySelector('[data-row=\"other traffic\"]')?.innerText.includes('COAST 175')")
        assert "COAST 175 at 42 m AMSL" in page.inner_text("[data-row='other traffic']")
        assert page.locator("[title='COAST 175 42 m AMSL']").count() == 1, "on the map"
        page.close()


def test_without_allow_control_there_is_nothing_to_press(watched, serve, rehearsed_folder):
    with serve("--run", rehearsed_folder, "--vehicle", "builtin") as base:
        page = watched(base).open("live")
        page.wait_for_selector("#readonly:not([hidden])")
        assert page.is_hidden("#commands")
        page.close()


FIRST_WORDS = """() => {
  const box = document.getElementById('no-contact');
  window.first = null;
  new MutationObserver(() => (window.first ??= box.innerText)).observe(box, { attributes: true });
}"""


def test_a_server_that_stalls_is_no_contact_over_everything_until_it_speaks_again(watched, rehearsed_folder):
    options = ("--run", rehearsed_folder, "--vehicle", "builtin", "--allow-control")
    with serving_process(*options) as (base, server):
        watch = watched(base)
        page = watch.open("live")
        until(page, "document.getElementById('link').innerText === 'The link is good.'")
        page.evaluate(FIRST_WORDS)
        page.click("[data-command=return]")
        page.wait_for_selector("#confirm[open]")
        assert "SIMULATED vehicle 1 (system 1): Return to launch" in page.inner_text("#confirm-words")
        server.send_signal(signal.SIGSTOP)
        try:
            page.wait_for_selector("#no-contact:not([hidden])")
            assert re.search("NO CONTACT\\s+No data from dfr for [12] s", page.evaluate("window.first"))
            assert page.title() == "NO CONTACT - dfr"
            assert not page.locator("#confirm[open]").count(), "a question asked before is void"
            assert page.locator("[data-command]:not([disabled])").count() == 0
            assert page.evaluate("getComputedStyle(document.querySelector('main')).filter") == "grayscale(1)"
            until(page, "Number(document.body.dataset.lossTones ?? 0) >= 2")
            page.click("#silence")
            silenced = page.evaluate("document.body.dataset.lossTones")
            page.wait_for_timeout(6000)  # longer than the page waits for a socket: it has opened another
            assert page.evaluate("document.body.dataset.lossTones") == silenced
        finally:
            server.send_signal(signal.SIGCONT)
        page.wait_for_selector("#no-contact", state="hidden")
        until(page, "document.getElementById('link').innerText === 'The link is good.'")
        assert page.title() == "Live - dfr"
        assert page.locator("[data-command]:not([disabled])").count() >= 3
        assert page.evaluate("window.first"), "without a reload"
        watch.errors.clear()  # the sockets that it gave up
        page.close()


def test_a_lost_link_and_an_old_position_are_told_apart_for_each_vehicle(watched, serve, rehearsed_folder):
    """What the server tells of two vehicles, one unheard and one that does not say where it is."""

    def changed(socket):
        server = socket.connect_to_server()

        def told(message):
            state = json.loads(message)
            one, two = state["vehicles"]
            one |= {"stale": True, "silent_s": 5.2}
            two |= {"position_stale": True, "position_s": 4.4}
            socket.send(json.dumps(state))

        server.on_message(told)

    with serve("--run", rehearsed_folder, "--vehicle", "builtin", "--vehicle", "builtin") as base:
        watch = watched(base)
        watch.page.route_web_socket("**/ws/live", changed)
        page = watch.open("live")
        until(page, "document.getElementById('link').innerText.startsWith('LINK LOST: no message for 5.2 s')")
        assert page.title() == "LINK LOST - dfr"
        until(page, "Number(document.body.dataset.lossTones ?? 0) >= 1")
        assert "LINK LOST 5 s" in page.inner_text("#vehicles button >> nth=0")
        assert "POSITION STALE" in page.inner_text("#vehicles button >> nth=1")
        page.click("#vehicles button >> nth=1")
        until(page, "document.getElementById('link').innerText.startsWith('POSITION STALE: 4.4 s old')")
        assert page.locator(".drone.stale").count() == 2, "neither is drawn as if it were there now"
        assert page.inner_text(".drone >> nth=0") == "1"
        page.close()


@pytest.mark.slow
def test_a_drone_that_may_not_come_back_is_said_in_red_and_missing_data_is_unknown(
    watched, serve, rehearsed_folder
):
    """What the server tells of two vehicles: one in too much wind, one of which it knows nothing."""
    away = {"away_m": 812.0, "seconds": None, "share": None, "left": 0.8, "enough": None,
            "may_not_return": True, "wind_known": True}  # fmt: skip

    def changed(socket):
        server = socket.connect_to_server()

        def told(message):
            state = json.loads(message)
            state["vehicles"][0]["home_energy"] = away
            state["vehicles"][1]["home_energy"] = None
            socket.send(json.dumps(state))

        server.on_message(told)

    home = "document.querySelector('[data-row=home]')"
    with serve("--run", rehearsed_folder, "--vehicle", "builtin", "--vehicle", "builtin") as base:
        watch = watched(base)
        watch.page.route_web_socket("**/ws/live", changed)
        page = watch.open("live")
        until(page, f"{home}?.innerText === 'may not come back in this wind (812 m away)'")
        assert page.get_attribute("dd[data-row=home]", "class") == "worse"
        page.click("#vehicles button >> nth=1")
        until(page, f"{home}.innerText === 'unknown'")
        assert page.get_attribute("dd[data-row=home]", "class") == ""
        page.close()


@pytest.fixture(scope="module")
def two_vehicles(serve, rehearsed_folder):
    """Two built-in vehicles that may be commanded, for tests that leave them on the ground."""
    options = ("--run", rehearsed_folder, "--vehicle", "builtin", "--vehicle", "builtin", "--allow-control")
    with serve(*options) as base:
        yield base


def ask(page, command):
    """The words of a command's question; asked again where a starved page has lost contact meanwhile."""
    for _ in range(10):
        page.click(f"[data-command={command}]")
        until(page, "document.getElementById('asking').hidden")
        if page.locator("#confirm[open]").count():
            return page.inner_text("#confirm-words")
    raise AssertionError(f"no question: {page.inner_text('#toast')}")


REACHED = """(command) => {
  const button = document.querySelector(`[data-command=${command}]`);
  const { top, bottom, left, right, height } = button.getBoundingClientRect();
  const inside = top >= 0 && left >= 0 && bottom <= 780 && right <= 390 && height >= 44;
  return inside && button.contains(document.elementFromPoint((left + right) / 2, (top + bottom) / 2));
}"""


def test_return_hold_and_land_are_within_reach_at_once_on_a_phone(watched, two_vehicles):
    phone = {"viewport": {"width": 390, "height": 780}, "has_touch": True, "is_mobile": True}
    page = watched(two_vehicles, **phone).open("live")
    page.wait_for_selector("#commands:not([hidden])")
    for scrolled in (0, 400):
        page.evaluate(f"document.querySelector('main').scrollTo(0, {scrolled})")
        for command in ("return", "hold", "land"):
            until(page, REACHED, arg=command)
    assert "Land now" in ask(page, "land")
    page.close()


def test_a_command_names_the_vehicle_and_where_it_goes(watched, two_vehicles):
    page = watched(two_vehicles).open("live")
    until(page, "document.querySelectorAll('.drone').length === 2")
    page.click("#vehicles button >> nth=1")
    page.select_option("#zone", "castle-stage")
    place = page.inner_text("#zone option:checked")
    words = ask(page, "dispatch")
    assert re.search(r"vehicle 2 \(system \d+\)", words)
    assert place in words
    page.close()


def test_a_network_that_breaks_is_no_contact_and_mends_without_a_reload(watched, two_vehicles):
    cut = []

    def line(socket):
        server = socket.connect_to_server()
        server.on_message(lambda message: None if cut else socket.send(message))

    page = watched(two_vehicles).page
    page.route_web_socket("**/ws/live", line)
    page.goto(f"{two_vehicles}/live")
    until(page, "document.getElementById('link').innerText === 'The link is good.'")
    page.evaluate("window.stays = true")
    cut.append("cut")
    page.wait_for_selector("#no-contact:not([hidden])")
    cut.clear()
    page.wait_for_selector("#no-contact", state="hidden")
    until(page, "document.getElementById('link').innerText === 'The link is good.'")
    assert page.evaluate("window.stays"), "without a reload"
    page.close()


@pytest.mark.slow
def test_a_server_that_is_started_again_is_found_without_a_reload(watched, serve, rehearsed_folder):
    options = ("--run", rehearsed_folder, "--vehicle", "builtin")
    with serve(*options) as base:
        watch = watched(base)
        page = watch.open("live")
        until(page, "document.getElementById('link').innerText === 'The link is good.'")
        page.evaluate("window.stays = true")
    page.wait_for_selector("#no-contact:not([hidden])")
    with serve(*options, "--port", base.rpartition(":")[2]):
        page.wait_for_selector("#no-contact", state="hidden")
        until(page, "document.getElementById('link').innerText === 'The link is good.'")
        assert page.evaluate("window.stays")
        watch.errors.clear()  # what it asked of nobody
        page.close()
