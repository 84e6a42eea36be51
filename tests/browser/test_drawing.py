"""Drawing on the Plan page: everything of a deployment, by mouse, by touch and by keyboard alone.

One server and one page for the whole module; each test undoes what it drew.
"""

import pytest

from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import shipped_scenarios
from dfr.scenario.edits import AllEdits, DeleteFeature, SetValue
from dfr.scenario.features import SPECS, FeatureKind, Shape

from .conftest import Watched, serving
from .pages import PLAN_S, until

pytestmark = pytest.mark.browser

KINDS = [kind for kind in FeatureKind if kind is not FeatureKind.BOUNDARY]
VALUES = {
    "name": "Drawn here",
    "id": "drawn-here",
    "said": "drawn in a test",
    "share": "0.1",
    "people_per_m2": "1",
    "access": "by the gate",
    "sky_view": "0.9",
    "height_m": "12",
    "width_m": "30",
    "range_m": "300",
    "kind": "gliders",
    "lower_m_amsl": "0",
    "upper_m_amsl": "300",
    "visits_per_day": "2",
    "first_hour": "9",
    "last_hour": "17",
    "stay.median_s": "600",
    "notice_s": "60",
    "hold_height_m_agl": "20",
    "contact": "the club",
}
CHOICES = {"power": "mains", "stay.shape": "constant", "rule": "land"}
TIMES = {"start": "2024-08-25T12:00", "end": "2024-08-25T14:00"}
TRIANGLE = [(0, 0), (60, 0), (60, 50)]


def small_festival():
    """A festival of two zones, three sites and four hours: an edit of it is checked in a moment."""
    text = shipped_scenarios()["victorious-2024"].read_text()
    data = read_plain_data(text)
    kept = ("castle-car-park", "naval-memorial", "skate-park")
    sites = [site["id"] for site in data["candidates"]["sites"] if site["id"] not in kept]
    zones = [zone["id"] for zone in data["demand"]["zones"]["areas"]][2:]
    period = {"start": "2024-08-25 12:00", "end": "2024-08-25 16:00"}
    shift = {**period, "remote_pilots": 2, "safety_pilots": 2}
    edits = [
        *(DeleteFeature(kind=FeatureKind.SITE, id=site) for site in sites),
        *(DeleteFeature(kind=FeatureKind.ZONE, id=zone) for zone in zones),
        SetValue(path=["period"], value=period),
        SetValue(path=["crew", "shifts"], value=[shift]),
        SetValue(path=["demand", "days", "totals"], value=[{"date": "2024-08-25", "calls": 28}]),
    ]
    return apply_edit(text, AllEdits(edits=edits))


@pytest.fixture(scope="module")
def festival(tmp_path_factory):
    path = tmp_path_factory.mktemp("drawing") / "mine.yaml"
    path.write_text(small_festival())
    return path


@pytest.fixture(scope="module")
def opened(browser, festival):
    with serving("--scenario", festival, "--jobs", "1") as base:
        context = browser.new_context(viewport={"width": 1280, "height": 820}, locale="en-GB")
        page = Watched(context.new_page(), base)
        page.open("plan")
        yield page
        context.close()
        assert page.errors == []
        assert page.outside == []


@pytest.fixture
def page(opened):
    """The page of the module; whatever a test did to the plan is undone after it."""
    found = opened.page
    before = plan(found)
    yield found
    found.keyboard.press("Escape")
    while plan(found)["features"] != before["features"]:
        undo(found)


def plan(page):
    return page.evaluate("async () => (await fetch('api/plan')).json()")


def of_kind(page, kind):
    return [feature for feature in plan(page)["features"] if feature["kind"] == kind]


def checked(page):
    """Wait until no edit is being checked."""
    until(
        page,
        "!document.body.hasAttribute('aria-busy') && !document.querySelector('dialog')",
        within_ms=PLAN_S,
    )


def changed(page, version):
    """Wait until the plan is another one than that version, and checked."""
    until(
        page, "async v => (await (await fetch('api/plan')).json()).version > v", arg=version, within_ms=PLAN_S
    )
    checked(page)


def undo(page):
    version = plan(page)["version"]
    page.click("#undo")
    changed(page, version)


def middle(page, across=0.5, down=0.55):
    """A place of the map that no panel hides, in pixels."""
    box = page.locator("#map").bounding_box()
    return box["x"] + 0.66 * box["width"] * across, box["y"] + box["height"] * down


def click_places(page, places):
    x, y = middle(page)
    for number, (east, south) in enumerate(places, start=1):
        page.mouse.click(x + east, y + south)
        words = "document.getElementById('pen-words').textContent"
        until(page, f"n => {words}.includes(`${{n}} `) || document.getElementById('pen').hidden", arg=number)


def fill_form(page):
    page.wait_for_selector("dialog")
    for field in page.locator("dialog [data-field]").all():
        name, kind = field.get_attribute("data-field"), field.get_attribute("type")
        if name in TIMES:
            field.fill(TIMES[name])
        elif name in CHOICES:
            field.select_option(CHOICES[name])
        elif name in VALUES and kind != "checkbox":
            field.fill(VALUES[name])
    for assumed in page.locator("dialog input[value=assumed]").all():
        assumed.check()
    page.click("dialog button[type=submit]")


def fill_form_by_keyboard(page):
    """Tab from field to field and type, as far as the button that applies the form."""
    page.wait_for_selector("dialog")
    filled = set()
    for _ in range(80):
        active = page.evaluate(
            "() => { const e = document.activeElement; return { field: e.dataset.field ?? '', tag: e.tagName,"
            " type: e.type, value: e.value, group: e.name && e.type === 'radio'"
            " ? Boolean(document.querySelector(`input[name='${e.name}']:checked`)) : null }; }"
        )
        name = active["field"]
        if active["type"] == "submit":
            page.keyboard.press("Enter")
            return
        again = name in filled  # the button of a date's calendar is a stop of its own
        filled |= {name} - {"", "said"}
        if active["type"] == "radio" and not active["group"]:
            page.keyboard.press("ArrowRight")
        elif again:
            pass
        elif name in TIMES:  # the browser's own field, whose keys follow the language of the browser
            page.locator("*:focus").fill(TIMES[name])
        elif name in CHOICES:
            page.keyboard.type(CHOICES[name])
        elif name in VALUES and active["type"] != "checkbox":
            page.keyboard.press("Control+a")
            page.keyboard.type(VALUES[name])
        page.keyboard.press("Tab")
    raise AssertionError("the button of the form was not reached")


def some_in_a_hurry(quick):
    """Every kind; those that differ from the quick ones in their form alone take their time."""
    return [kind if kind in quick else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]


@pytest.mark.parametrize(
    "kind",
    some_in_a_hurry(
        {FeatureKind.CROWD, FeatureKind.ZONE, FeatureKind.SITE, FeatureKind.OBSTACLE, FeatureKind.PATROL}
    ),
)
def test_each_kind_is_drawn_with_the_mouse_and_undone(page, kind):
    before = of_kind(page, kind)
    page.select_option("#draw-kind", kind.value)
    page.click("#draw")
    area = SPECS[kind].shape is Shape.AREA
    click_places(page, TRIANGLE if area else TRIANGLE[:1])
    if area:
        assert "3 corners" in page.inner_text("#pen-words")
        page.click("#pen-finish")
    if SPECS[kind].shape is not Shape.PLACE:
        fill_form(page)
    checked(page)
    after = of_kind(page, kind)
    assert len(after) == len(before) + 1
    undo(page)
    assert of_kind(page, kind) == before


@pytest.mark.parametrize(
    "kind",
    some_in_a_hurry({FeatureKind.CROWD, FeatureKind.POST, FeatureKind.RALLY_POINT, FeatureKind.TRAFFIC}),
)
def test_each_kind_is_drawn_by_keyboard_alone(page, kind):
    before = of_kind(page, kind)
    page.focus("#draw-kind")
    page.keyboard.type(SPECS[kind].title)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    area = SPECS[kind].shape is Shape.AREA
    for key in ("", "ArrowRight", "ArrowDown") if area else ("",):
        for _ in range(4 if key else 0):
            page.keyboard.press(f"Control+{key}")
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
    if area:
        page.keyboard.press("f")
    if SPECS[kind].shape is not Shape.PLACE:
        fill_form_by_keyboard(page)
    checked(page)
    assert len(of_kind(page, kind)) == len(before) + 1


def choose(page, kind, number=0):
    """Open a kind in the list and give the focus to one of its features; its key."""
    if page.locator(f"[data-kind={kind}]").get_attribute("open") is None:
        page.focus(f"[data-key='kind:{kind}']")
        page.keyboard.press("Enter")
    row = page.locator(f"[data-kind={kind}] [data-feature]").nth(number)
    row.focus()
    return row.get_attribute("data-feature")


@pytest.mark.parametrize(
    "kind", ["crowd", "rally_point", *(pytest.param(k, marks=pytest.mark.slow) for k in ("zone", "post"))]
)
def test_what_is_drawn_is_moved_copied_and_deleted_from_the_list_by_keyboard(page, kind):
    before = of_kind(page, kind)
    choose(page, kind)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
    checked(page)
    moved = of_kind(page, kind)
    assert moved[0]["geometry"] != before[0]["geometry"]
    assert moved[1:] == before[1:]
    choose(page, kind)
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.textContent") != "Copy":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    until(page, "document.body.hasAttribute('aria-busy')")
    checked(page)
    assert len(of_kind(page, kind)) == len(before) + 1
    choose(page, kind, number=len(before))
    page.keyboard.press("Delete")
    until(page, "document.body.hasAttribute('aria-busy')")
    checked(page)
    assert [feature["id"] for feature in of_kind(page, kind)] == [feature["id"] for feature in before]


def test_a_feature_is_renamed_in_its_form_and_limits_are_told_there(page):
    choose(page, "crowd")
    page.keyboard.press("F2")
    page.wait_for_selector("dialog")
    page.fill("dialog [data-field=name]", "The front row")
    density = page.locator("dialog [data-field=people_per_m2]").first
    assert density.get_attribute("max") == "10"
    density.fill("11")
    page.click("dialog button[type=submit]")
    assert page.locator("dialog").count() == 1, "11 people per m² is more than there can be"
    density.fill("1.5")
    page.click("dialog button[type=submit]")
    until(page, "document.body.hasAttribute('aria-busy')")
    checked(page)
    crowd = of_kind(page, "crowd")[0]
    assert crowd["name"] == "The front row"
    assert crowd["fields"]["presence"][0]["people_per_m2"] == 1.5
    assert "edit In front of the" in page.get_attribute("#undo", "title")


def test_what_the_scenario_does_not_allow_is_refused_in_words_and_the_form_stays(opened, page):
    choose(page, "crowd")
    page.keyboard.press("F2")
    page.wait_for_selector("dialog")
    page.fill("dialog [data-field=start] >> nth=0", "2024-08-25T15:00")
    page.fill("dialog [data-field=end] >> nth=0", "2024-08-25T14:00")
    page.click("dialog button[type=submit]")
    page.wait_for_selector("#toast:not([hidden])", timeout=PLAN_S)
    until(page, "!document.body.hasAttribute('aria-busy')", within_ms=PLAN_S)
    assert page.locator("dialog").count() == 1
    page.keyboard.press("Escape")
    # The browser itself reports the refusal; that one is meant.
    opened.errors = [text for text in opened.errors if "400" not in text]


@pytest.mark.slow
def test_a_corner_snaps_to_one_of_another_area_unless_that_is_switched_off(page):
    corner = of_kind(page, "crowd")[0]["geometry"]["coordinates"][0][0]
    page.evaluate("at => window.dfrMap.jumpTo({center: at, zoom: 16})", corner)
    x, y = page.evaluate(
        "at => { const p = window.dfrMap.project(at);"
        " const b = window.dfrMap.getCanvas().getBoundingClientRect(); return [b.x + p.x, b.y + p.y]; }",
        corner,
    )
    for snaps in (True, False):
        page.set_checked("#snap", snaps)
        page.select_option("#draw-kind", "home")
        page.click("#draw")
        for east, south in [(5, 5), (60, 5), (60, 50)]:
            page.mouse.click(x + east, y + south)
            page.wait_for_timeout(400)
        page.click("#pen-finish")
        fill_form(page)
        until(page, "document.body.hasAttribute('aria-busy')")
        checked(page)
        there = of_kind(page, "home")[-1]["geometry"]["coordinates"][0][0]
        assert (there == pytest.approx(corner, abs=1.1e-6)) is snaps
        undo(page)
    page.set_checked("#snap", True)


@pytest.mark.slow
def test_an_area_on_the_map_is_chosen_by_a_click_and_its_corners_are_edited(page):
    crowd = of_kind(page, "crowd")[0]
    ring = crowd["geometry"]["coordinates"][0]
    page.keyboard.press("Escape")
    choose(page, "crowd")
    if page.locator(".corner:not(.middle)").count() == 0:
        page.keyboard.press("Enter")
    until(page, f"document.querySelectorAll('.corner:not(.middle)').length === {len(ring)}")
    version = plan(page)["version"]
    page.focus("[data-key='middle:0']")
    page.keyboard.press("Enter")
    changed(page, version)
    assert len(of_kind(page, "crowd")[0]["geometry"]["coordinates"][0]) == len(ring) + 1
    version = plan(page)["version"]
    page.focus("[data-key='corner:1']")
    page.keyboard.press("Delete")
    changed(page, version)
    assert of_kind(page, "crowd")[0]["geometry"] == crowd["geometry"]


def test_lengths_and_areas_are_measured(page):
    page.set_checked("#snap", False)
    page.click("#measure")
    click_places(page, [(0, 0), (80, 0), (80, 60)])
    words = page.inner_text("#pen-words")
    assert " in all; last leg " in words
    assert "at 180°" in words
    assert "closed, it holds" in words
    page.keyboard.press("Escape")
    page.set_checked("#snap", True)
    assert page.is_hidden("#pen")


def test_coordinates_under_the_cursor_are_told_in_three_notations(page):
    page.mouse.move(*middle(page))
    until(page, "document.getElementById('cursor').textContent.split(' · ').length === 3")
    decimal, angles, grid = page.inner_text("#cursor").split(" · ")
    assert decimal.startswith("50.7")
    assert angles.startswith("50°4")
    assert grid.startswith("SZ 6")


def test_a_place_is_found_by_its_name_and_by_coordinates(page):
    page.fill("#find-text", "car park north")
    page.keyboard.press("Enter")
    until(page, "document.querySelector('[data-feature^=site][aria-pressed=true]') !== null")
    page.fill("#find-text", "SZ 6432 9844")
    page.keyboard.press("Enter")
    page.wait_for_selector(".maplibregl-popup")
    assert "OS grid reference" in page.inner_text(".maplibregl-popup")
    page.click(".maplibregl-popup-close-button")


def test_an_edit_is_undone_while_it_is_still_being_checked(page):
    before = plan(page)["features"]
    choose(page, "rally_point")
    page.keyboard.press("Delete")
    until(page, "document.body.hasAttribute('aria-busy')")
    page.click("#undo")
    until(page, "document.getElementById('redo').disabled === false", within_ms=PLAN_S)
    checked(page)
    assert plan(page)["features"] == before


@pytest.mark.slow
def test_an_area_is_drawn_by_touch(browser, opened):
    context = browser.new_context(viewport={"width": 1024, "height": 768}, has_touch=True)
    page = Watched(context.new_page(), opened.base).open("plan")
    before = len(of_kind(page, "keep_out"))
    page.select_option("#draw-kind", "keep_out")
    page.tap("#draw")
    x, y = middle(page)
    for number, (east, south) in enumerate(TRIANGLE, start=1):
        page.touchscreen.tap(x + east, y + south)
        until(page, f"document.getElementById('pen-words').textContent.includes('{number} ')")
    page.tap("#pen-finish")
    fill_form(page)
    until(page, "document.body.hasAttribute('aria-busy')")
    checked(page)
    assert len(of_kind(page, "keep_out")) == before + 1
    undo(page)
    context.close()


@pytest.mark.slow
def test_saving_a_plan_that_is_not_a_go_says_so_and_requires_docks_only_on_request(page, festival):
    page.evaluate(
        "async edit => { const { state } = await (await fetch('api/plan')).json();"
        " await fetch('api/plan/edit', { method: 'POST', body: JSON.stringify({ edit, state }) }); }",
        {"do": "set", "path": ["notams"], "value": None},
    )
    page.wait_for_selector("#save:enabled", timeout=PLAN_S)
    for site in ("skate-park", "naval-memorial"):  # the planner would rather have the first
        page.click("#others summary") if page.is_hidden(f"[data-key='use:{site}']") else None
        page.click(f"[data-key='use:{site}']")
        until(page, "document.body.hasAttribute('aria-busy')")
        checked(page)
    page.click("#save")
    page.wait_for_selector("#save-words", timeout=PLAN_S)
    assert "not a go" in page.inner_text("#save-words")
    assert "planner would choose other docks" in page.inner_text("dialog")
    page.click("#save-anyway")
    until(page, "document.body.hasAttribute('aria-busy')")
    checked(page)
    assert "use: required" not in festival.read_text()
    assert "UNKNOWN" in page.inner_text("#toast")


@pytest.mark.slow
def test_unsaved_changes_come_back_after_the_server_was_started_again(watched, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(small_festival())
    original = path.read_bytes()
    with serving("--scenario", path, "--jobs", "1") as base:
        page = watched(base).open("plan")
        choose(page, "rally_point")
        page.keyboard.press("Delete")
        page.wait_for_selector("body:not([aria-busy]) #undo:enabled", timeout=PLAN_S)
        checked(page)
        left = of_kind(page, "rally_point")
    with serving("--scenario", path, "--jobs", "1") as base:
        page = watched(base).open("plan")
        assert of_kind(page, "rally_point") == left
        assert "are back" in page.inner_text("#toast")
        assert page.is_enabled("#save")
        assert path.read_bytes() == original
