"""Each page in a real browser, as people use it; nothing outside is asked for and nothing fails quietly."""

import json
import re
import time

import pytest

pytestmark = pytest.mark.browser

PLAN_S = 30_000
FLIGHT_S = 240_000


def until(page, expression, *, arg=None, within_ms=PLAN_S):
    """Wait until an expression holds; asked from outside, since the page's policy forbids eval in it."""
    deadline = time.monotonic() + within_ms / 1000
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, f"not within {within_ms} ms: {expression}"
        page.wait_for_timeout(50)


def times(page):
    """Zone to seconds as the Plan page's table shows them."""
    rows = page.locator("#zones tbody tr").all()
    return {row.get_attribute("data-zone"): row.locator("td").nth(2).inner_text() for row in rows}


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


def moment(page, share):
    page.evaluate(
        "share => { const s = document.getElementById('scrub');"
        " s.value = +s.min + share * (s.max - s.min); s.dispatchEvent(new Event('input')); }",
        share,
    )


@pytest.fixture(scope="module")
def planning(serve, tmp_path_factory):
    with serve("--scenario", "victorious-2024", "--jobs", "1") as base:
        yield base


def test_the_plan_is_painted_within_a_second_and_shows_docks_zones_and_findings(watched, planning):
    watch = watched(planning)
    watch.open("plan")
    page = watch.open("plan")
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    assert paint < 1000
    assert page.locator(".dock").count() == 2
    assert len(times(page)) == 9
    assert page.locator("#findings button").count() > 20
    assert "blocks a go" in page.inner_text("#verdict")
    assert page.inner_text("#place").startswith("Victorious Festival")


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
        page.wait_for_selector("#undo:enabled", timeout=PLAN_S)
        assert re.match("NO GO|Nothing blocks a go", page.inner_text("#verdict"))
        after = times(page)
        assert after != before
        assert page.locator("#zones .better, #zones .worse").count() > 0
        page.keyboard.press("Control+z")
        page.wait_for_selector("#redo:enabled", timeout=PLAN_S)
        assert times(page) == before
        page.click("#redo")
        page.wait_for_selector("#undo:enabled", timeout=PLAN_S)
        assert times(page) == after
        assert copied.read_bytes() == original, "nothing is written before Save"
        page.click("#save")
        page.wait_for_selector("#save:disabled", timeout=PLAN_S)
        assert copied.read_bytes() != original


def test_a_dock_dragged_into_the_sea_reaches_nothing_and_says_so(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        drag_first_dock(page, by=(-150, 200))
        page.mouse.up()
        page.wait_for_selector("#undo:enabled", timeout=PLAN_S)
        assert page.locator("#zones .worse").count() > 0
        assert "reaches 0 of 9 zones: the start is on Solent" in page.inner_text("#docks")


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


def test_a_dock_is_moved_and_the_keep_in_edited_by_keyboard_alone(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        where = page.inner_text("#docks button >> nth=0")
        page.focus("#docks button >> nth=0")
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        page.wait_for_selector("#undo:enabled", timeout=PLAN_S)
        assert page.inner_text("#docks button >> nth=0") != where
        page.focus("#fence")
        page.keyboard.press("Enter")
        corners = page.locator(".corner:not(.middle)").count()
        assert corners == 8
        page.locator(".corner.middle").first.focus()
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('.corner:not(.middle)').length === 9", within_ms=PLAN_S)


def keys_of(page):
    return page.evaluate("document.activeElement.dataset.key || ''")


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


def test_a_site_without_a_dock_is_moved_from_the_map_by_keyboard(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        where = page.locator("#sites [data-key='list:skate-park']").text_content()
        centre = page.evaluate("window.dfrMap.getCenter().lng")
        page.focus("[data-key='map:skate-park']")
        for key in ("ArrowUp", "ArrowUp", "Shift+ArrowLeft"):
            page.keyboard.press(key)
        page.wait_for_selector("#undo:enabled", timeout=PLAN_S)
        assert page.locator("#sites [data-key='list:skate-park']").text_content() != where
        assert keys_of(page) == "map:skate-park"
        assert page.evaluate("window.dfrMap.getCenter().lng") == centre, "the map stays where it was"


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
        page.wait_for_selector("#undo:enabled", timeout=PLAN_S)
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


def test_what_lies_on_the_map_is_told_on_a_click_and_from_a_list(watched, planning):
    page = watched(planning).open("plan")
    page.locator("summary", has_text="one by one").focus()
    page.keyboard.press("Enter")
    told = page.locator("#told button").all_inner_texts()
    assert "FLEETLANDS (ATZ, SFC to 2027 ft) · FLEETLANDS INFORMATION 135.705" in told
    assert any(words.startswith("crowd: In front of the Common Stage") for words in told)
    page.locator("#told button", has_text="castle-lighthouse").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".maplibregl-popup")
    assert "keep-out: castle-lighthouse" in page.inner_text(".maplibregl-popup")
    until(page, "!window.dfrMap.isMoving()")
    box = page.locator("#map").bounding_box()
    page.locator(".maplibregl-popup-close-button").click()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
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


def test_a_corner_of_the_keep_in_is_dragged_and_findings_follow(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        before = page.inner_text("#findings")
        page.click("#fence")
        box = page.locator(".corner:not(.middle)").nth(1).bounding_box()
        drag_corner(page, 1, to=(box["x"] - 50, box["y"] + 40))
        page.wait_for_selector("#undo:enabled", timeout=PLAN_S)
        assert page.inner_text("#findings") != before


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
    x, y = box["x"] + 30, box["y"] + box["height"] - 120
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


def test_an_hour_shows_its_wind_and_why_it_is_not_flown(watched, planning):
    page = watched(planning).open("plan")
    page.evaluate(
        "() => { const h = document.getElementById('hour'); h.value = 3;"
        " h.dispatchEvent(new Event('input')); }"
    )
    until(page, "document.getElementById('hour-words').innerText.includes('not flyable')")
    assert "limit 8 m/s" in page.inner_text("#hour-words")
    until(page, "document.querySelector('#zones td:nth-child(3)').innerText === 'not reached'")


def test_two_simulations_are_run_with_progress_and_compared(watched, planning):
    page = watched(planning).open("simulate")
    for replications in ("2", "4"):
        page.fill("#replications", replications)
        page.click("#go")
        until(
            page,
            "n => [...document.querySelectorAll('#runs tbody td:nth-child(4)')].some(c => c.innerText === n)",
            arg=replications,
            within_ms=120_000,
        )
    assert re.search(r"\d+ s", page.inner_text("#tiles .tile >> nth=0"))
    assert page.locator("#intervals svg line").count() > 10
    page.check("input[aria-label='compare with run 1']")
    page.wait_for_selector("#comparison:not([hidden])")
    assert page.locator("#differences tbody tr").count() > 20


def test_a_simulation_can_be_stopped(watched, planning):
    page = watched(planning).open("simulate")
    page.fill("#replications", "2000")
    page.click("#go")
    page.wait_for_selector("#stop:enabled")
    page.click("#stop")
    until(page, "document.getElementById('done').innerText === 'stopped'", within_ms=60_000)


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
        page.select_option("#source", index=4)
        until(page, "document.getElementById('legend').innerText.includes('predicted')")
        assert page.locator("#battery svg, #wind svg").count() == 2, "from the log beside the flight"
        assert page.locator(".drone").count() == 2, "predicted and flown"
        moment(page, 0.0)
        start = page.locator(".drone").last.bounding_box()
        moment(page, 0.5)
        page.wait_for_timeout(300)
        assert page.locator(".drone").last.bounding_box() != start
        assert "60 m" in page.inner_text("#events")
        page.click("#play")
        page.wait_for_timeout(600)
        page.click("#play")
        assert float(page.input_value("#scrub")) > 0


def test_a_log_of_a_flight_is_replayed_and_anything_else_refused(watched, serve, rehearsed_folder, tmp_path):
    (tlog,) = (rehearsed_folder / "flights").glob("*.tlog")
    other = tmp_path / "other.tlog"
    other.write_bytes(b"no log at all, but long enough to be one")
    with serve("--run", rehearsed_folder) as base:
        watch = watched(base)
        page = watch.open("replay")
        page.set_input_files("#tlog", tlog)
        until(page, "document.getElementById('title').innerText === 'uploaded tlog'")
        assert page.locator("#battery svg path").count() >= 2
        assert page.locator("#wind svg path").count() >= 2
        assert page.locator("#height svg path").count() >= 2
        page.set_input_files("#tlog", other)
        page.wait_for_selector("#toast:not([hidden])")
        assert "not a tlog" in page.inner_text("#toast")
        watch.errors = [text for text in watch.errors if "400" not in text]


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
        until(page, "document.getElementById('link').innerText === 'link good'")
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
            "document.getElementById('flight').innerText.startsWith('docked: ')",
            within_ms=FLIGHT_S,
        )
        assert page.locator("#height-chart svg path").count() >= 2
        page.close()  # before its server goes: it would say that it lost it


def test_two_vehicles_are_watched_and_each_told_by_itself(watched, serve, rehearsed_folder):
    options = ("--vehicle", "builtin", "--vehicle", "builtin", "--allow-control", "--speedup", "10")
    with serve("--run", rehearsed_folder, *options) as base:
        page = watched(base).open("live")
        until(page, "document.querySelectorAll('.drone').length === 2")
        page.click("#crafts button >> nth=1")
        page.click("[data-command=dispatch]")
        page.click("#yes")
        until(
            page,
            "document.querySelectorAll('#crafts button')[1].innerText.includes('ARMED')",
            within_ms=60_000,
        )
        assert "ARMED" not in page.inner_text("#crafts button >> nth=0")
        page.click("#crafts button >> nth=0")
        until(page, "document.querySelector('[data-row=mode]').innerText.includes('disarmed')")
        page.close()


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


@pytest.mark.parametrize("name", ["plan", "simulate", "replay", "live"])
def test_a_phone_needs_no_sideways_scrolling_and_contrast_can_be_raised(watched, planning, name):
    page = watched(planning, viewport={"width": 390, "height": 800}).open(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.click("#contrast")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.get_attribute("#contrast", "aria-pressed") == "true"


def test_the_report_and_the_brief_open_from_a_file(browser, serve, rehearsed_folder, tmp_path):
    import subprocess
    import sys

    brief = tmp_path / "brief.html"
    command = [sys.executable, "-m", "dfr", "brief", str(rehearsed_folder), "--out", str(brief)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    for path in (rehearsed_folder / "report.html", brief):
        context = browser.new_context()
        page = context.new_page()
        asked, errors = [], []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.on("console", lambda m, errors=errors: errors.append(m.text) if m.type == "error" else None)
        page.goto(path.as_uri())
        assert page.locator("svg").count() >= 1
        page.set_viewport_size({"width": 390, "height": 800})
        width_px = page.evaluate("document.documentElement.scrollWidth")
        context.close()
        assert asked == [path.as_uri()]
        assert errors == []
        assert width_px == 390, "only its tables scroll sideways on a phone"


def test_names_that_are_markup_are_words_on_every_page(watched, serve, hostile):
    with serve("--scenario", hostile, "--vehicle", "builtin", "--jobs", "1") as base:
        watch = watched(base)
        asked = []
        watch.page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
        for name in ("plan", "simulate", "replay", "live"):
            page = watch.open(name)
            page.wait_for_timeout(700)
            assert "<script>alert(2)</script>" in page.inner_text("#place")
            assert page.locator("img").count() == 0
            assert page.locator("body script").count() == 0
        page = watch.open("plan")
        assert "<img src=x onerror=alert(1)>" in page.inner_text("#zones")
        page.locator("#findings button").first.click()
        page.wait_for_timeout(300)
        assert page.locator("img").count() == 0
        assert asked == []
        page.close()
