"""From an empty folder to a brief: made, imported, drawn, stated, judged, edited, simulated and printed.

The path is written once and walked by two pairs of hands: by mouse, and by keyboard alone.
"""

import json
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from dfr.report.pdf import count_pages
from tests.go.deployments import Place, air_files

from .hands import COUNTS_POINTERS, Keyboard, Mouse
from .pages import PLAN_S, until

pytestmark = pytest.mark.browser

CHECK_S = 120_000
LAT, LON = 53.23, -0.54
DAY = (datetime.now(tz=UTC) + timedelta(days=10)).date()
LINCOLN = Place(name="fete", lat_deg=LAT, lon_deg=LON, zone="Europe/London", country="GB")

AREAS = {"Licensed boundary": 0.0036, "Arena crowd": 0.0003}
POINTS = {
    "Dock north": (0.0012, 0.0),
    "Dock south": (-0.0012, 0.0),
    "Observer post east": (0.0, 0.0025),
    "Observer post west": (0.0, -0.0025),
    "Observer post north": (0.0025, 0.0),
    "Observer post south": (-0.0025, 0.0),
}


def site_plan():
    """A map file of the site: its boundary, a crowd by the fence, places for docks and posts."""
    marks = []
    for name, half in AREAS.items():
        lat = LAT + (0.0022 if name == "Arena crowd" else 0.0)
        lon = LON + (0.0035 if name == "Arena crowd" else 0.0)
        corners = [(-1, -1.6), (-1, 1.6), (1, 1.6), (1, -1.6), (-1, -1.6)]
        ring = " ".join(f"{lon + east * half:.6f},{lat + north * half:.6f}" for north, east in corners)
        area = (
            f"<outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs>"
        )
        marks.append(f"<Placemark><name>{name}</name><Polygon>{area}</Polygon></Placemark>")
    for name, (north, east) in POINTS.items():
        place = f"<Point><coordinates>{LON + east:.6f},{LAT + north:.6f}</coordinates></Point>"
        marks.append(f"<Placemark><name>{name}</name>{place}</Placemark>")
    return f"<kml><Document>{''.join(marks)}</Document></kml>"


def last_years_calls(path):
    """A table of calls as a control room keeps it: days first, grades as words, a column about people."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Date", "Time", "Latitude", "Longitude", "Grade", "Caller"])
    day = (DAY - timedelta(days=364)).strftime("%d/%m/%Y")
    for number in range(24):
        north, east = 0.0009 * (number % 3 - 1), 0.0009 * (number % 5 - 2)
        grade = "Immediate" if number % 3 == 0 else "Prompt"
        minute = f"{12 + number % 4}:{(7 * number) % 60:02d}"
        sheet.append([day, minute, LAT + north, LON + east, grade, "Jane CANARY"])
    book.save(path)


def notam():
    """One NOTAM of the day, for a crane 30 km to the north."""
    day = f"{DAY:%y%m%d}"
    return f"""A0001/{DAY:%y} NOTAMN
Q) EGTT/QOBCE/IV/M/AE/000/006/5330N00032W001
A) EGXX B) {day}0600 C) {day}2000
E) CRANE ERECTED AT 533000N 0003200W. HGT 150FT AGL.
"""


def forecast():
    """The hours of the day, as a forecast service gives them: gusts, rain and sight."""
    columns = "time,wind_mps,wind_from_deg,gust_mps,rain_mm_h,visibility_m,temperature_c"
    rows = [f"{DAY}T{hour:02d}:00,4,240,7,0,15000,17" for hour in range(24)]
    return "\n".join([columns, *rows]) + "\n"


@pytest.fixture
def files(tmp_path):
    """What a sergeant has: a site plan, last year's calls, and the airspace of the place."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "site.kml").write_text(site_plan(), "utf-8")
    last_years_calls(folder / "calls.xlsx")
    for name, text in air_files(LINCOLN).items():
        (folder / name).write_text(text, "utf-8")
    (folder / "notams.txt").write_text(notam(), "utf-8")
    (folder / "forecast.csv").write_text(forecast(), "utf-8")
    return folder


def settled(page):
    """Wait until the plan has been checked after an edit."""
    until(
        page,
        "!document.body.hasAttribute('aria-busy') && !document.querySelector('dialog')",
        within_ms=CHECK_S,
    )


def plan_of(page):
    return page.evaluate("async () => (await fetch('api/plan')).json()")


class Walker:
    """A sergeant on the pages, with one pair of hands."""

    def __init__(self, page, hands):
        self.page, self.hands = page, hands

    def verdict(self):
        return self.page.inner_text("#verdict strong")

    def make_deployment(self):
        page, hands = self.page, self.hands
        hands.press(page.get_by_role("link", name="New deployment"))
        page.wait_for_url("**/new")
        page.wait_for_selector("body[data-ready]")
        hands.fill(page.locator("#title"), "Lincoln fête")
        hands.fill(page.locator("#where"), f"{LAT}, {LON}")
        hands.press(page.locator("#find"))
        page.wait_for_selector("#found label")
        hands.select(page.locator("#country"), "GB")
        hands.fill(page.locator("#zone"), "Europe/London")
        hands.fill(page.locator("#radius"), "400")
        for field in ("#first", "#last"):
            hands.fill(page.locator(field), str(DAY))
        hands.fill(page.locator("#opens"), "12")
        hands.fill(page.locator("#closes"), "16")
        hands.check(page.locator("input[value=VLOS]"))
        hands.fill(page.locator("#docks"), "1")
        hands.press(page.locator("#create"))
        page.wait_for_url("**/d/lincoln-fete/plan", timeout=CHECK_S)
        page.wait_for_selector("body[data-ready]", timeout=CHECK_S)

    def take_over(self, path, fill=lambda hands, dialog: None):
        """Import a file: look at what it holds, answer what its dialog asks, and take it over."""
        page = self.page
        self.hands.give(page.locator("#import"), path)
        page.wait_for_selector("dialog.import[open]", timeout=PLAN_S)
        dialog = page.locator("dialog.import")
        fill(self.hands, dialog)
        self.hands.press(dialog.get_by_role("button", name="Take over"))
        dialog.wait_for(state="detached", timeout=CHECK_S)
        page.wait_for_selector("body[data-ready]", timeout=CHECK_S)
        settled(page)

    def state(self, step, fact, **answers):
        """State a fact in the checklist."""
        page, hands = self.page, self.hands
        box = page.locator(f'[data-step="{step}"] > details')
        if box.get_attribute("open") is None:
            hands.press(box.locator("summary").first)
        form = page.locator(f'[data-fact="{fact}"]')
        if not answers:
            hands.press(form)
        else:
            if form.get_attribute("open") is None:
                hands.press(form.locator("summary"))
            for name, answer in answers.items():
                hands.answer(form.locator(f'[name="{name}"]'), answer)
            hands.press(form.get_by_role("button", name="State this"))
        settled(page)

    def state_everything(self):
        """Every fact that the files do not hold, step by step."""
        open_facts = {fact["id"] for step in plan_of(self.page)["checklist"] for fact in step["facts"]}
        for fact in ("boundary", "candidates", "zones"):
            if fact in open_facts:
                self.state("site", fact, source="licence plan of the event")
        self.state("site", "no-water", source="walked with the site manager")
        self.state("ground", "ground", height="12", source="the national height model")
        air = {"radius": "40", "source": "the national AIP"}
        for number, item in enumerate(("airspace, aerodrome zones", "unmanned-aircraft zones")):
            self.state("air", f"covers-{number}", kinds=item, **air)
        survey = {"surveyed_by": "the site manager", "read_at": str(DAY - timedelta(days=20)), "tallest": "9"}
        self.state("air", "obstacles", **survey)
        document = {"reference": "OA 12345", "issuer": "the CAA", "kind_clause": "3.1 in sight of the pilot"}
        dates = {"valid_from": str(DAY - timedelta(days=90)), "valid_to": str(DAY + timedelta(days=90))}
        self.state("permission", "authorisation", **document, **dates)
        for step, fact in (("people", "posts"), ("sources", "crowds")):
            if fact in open_facts:
                self.state(step, fact, source="the organiser's plan" if fact == "crowds" else "Sgt Lee")

    def draw(self, kind, places, **fields):
        """Draw a feature and fill in its form; whatever has no source is assumed."""
        page, hands = self.page, self.hands
        hands.draw(kind, places)
        dialog = page.locator("dialog")
        dialog.wait_for(timeout=PLAN_S)
        for name, text in fields.items():
            hands.answer(dialog.locator(f'[data-field="{name}"]').first, text)
        for box in dialog.locator("input[value=assumed]").all():
            hands.check(box)
        for said in dialog.locator("[data-field=said]").all():
            hands.fill(said, "as walked with the organiser")
        hands.press(dialog.locator("button[type=submit]"))
        until(page, "!document.querySelector('dialog')", within_ms=CHECK_S)
        settled(page)

    def delete(self, kind, name):
        """Take a feature out by its line in the list."""
        page, hands = self.page, self.hands
        box = page.locator(f'#features [data-kind="{kind}"]')
        if box.get_attribute("open") is None:
            hands.press(box.locator("summary"))
        hands.press(page.get_by_role("button", name=f"Delete {name}"))
        until(page, "document.body.hasAttribute('aria-busy')")
        settled(page)

    def save(self):
        """Save, also a plan that is no go, which the page asks about."""
        page = self.page
        self.hands.press(page.locator("#save"))
        page.wait_for_selector("#save-anyway, #save:disabled", timeout=CHECK_S)
        if page.locator("#save-anyway").count():
            self.hands.press(page.locator("#save-anyway"))
        page.wait_for_selector("#save:disabled", timeout=CHECK_S)

    def simulate(self):
        page, hands = self.page, self.hands
        hands.press(page.get_by_role("link", name="Simulate"))
        page.wait_for_selector("body[data-ready]")
        hands.fill(page.locator("#replications"), "2")
        hands.press(page.locator("#go"))
        page.wait_for_selector("#runs tbody tr", timeout=CHECK_S)

    def open_brief(self):
        """The brief, in a tab of its own as its button opens it."""
        page = self.page
        self.hands.press(page.get_by_role("link", name="Plan", exact=True))
        page.wait_for_selector("body[data-ready]", timeout=CHECK_S)
        with page.expect_popup() as opened:
            self.hands.press(page.get_by_role("link", name="Brief to print"))
        opened.value.wait_for_load_state()
        return opened.value


def with_days_first(hands, dialog):
    """11/12 is no date until somebody says which comes first."""
    hands.select(dialog.get_by_label("Order of the dates"), "dmy")
    hands.press(dialog.get_by_role("button", name="Read again"))
    until(dialog.page, "document.querySelector('dialog.import').innerText.includes('24 calls')")


def as_airspace(hands, dialog):
    kind = dialog.get_by_label("Take it for")
    if kind.input_value() != "airspace":
        hands.select(kind, "airspace")
    dialog.get_by_label("Source").wait_for()
    hands.fill(dialog.get_by_label("Date of its data"), str(DAY - timedelta(days=3)))
    hands.fill(dialog.get_by_label("Source"), "the national AIP")


def as_read_notams(hands, dialog):
    now = datetime.now(tz=ZoneInfo("Europe/London"))
    hands.fill(dialog.get_by_label("Read by"), "the control room")
    hands.fill(dialog.get_by_label("Read at"), f"{now:%Y-%m-%dT%H:%M}")


def walk(walker, files):
    """From an empty folder to a GO: whatever has a file is imported, the rest is drawn or stated."""
    walker.make_deployment()
    assert walker.verdict().startswith("UNKNOWN")
    walker.take_over(files / "site.kml")
    half_deg = walker.page.evaluate("(({_ne, _sw}) => (_ne.lat - _sw.lat) / 2)(window.dfrMap.getBounds())")
    assert AREAS["Licensed boundary"] < half_deg < 3 * AREAS["Licensed boundary"], (
        "the new boundary fills the map"
    )
    walker.take_over(files / "calls.xlsx", with_days_first)
    for name in ("aip.txt", "zones.geojson"):
        walker.take_over(files / name, as_airspace)
    walker.take_over(files / "notams.txt", as_read_notams)
    walker.take_over(files / "forecast.csv")
    walker.draw("site", [(60, -40)], name="Dock drawn", power="mains", access="by the gate", sky_view="0.9")
    walker.draw("post", [(-60, 20)], id="post-drawn", range_m="300")
    corners = [(-60, -60), (60, -60), (60, 60), (-60, 60)]
    walker.draw("crowd", corners, name="Crowd drawn", people_per_m2="2")
    walker.state_everything()
    assert walker.verdict().startswith("NO GO")
    walker.delete("crowd", "Crowd drawn")
    assert walker.verdict().startswith("GO for")


@contextmanager
def at_home(watched, serve, folder, make_hands):
    """Somebody at Home of an empty folder, with a pair of hands."""
    folder.mkdir()
    with serve("--folder", folder, "--jobs", "1") as base:
        page = watched(base).page
        page.add_init_script(COUNTS_POINTERS)
        page.goto(base)
        page.wait_for_selector("body[data-ready]")
        yield Walker(page, make_hands(page))
        page.close()


def checked_verdict(path):
    """(exit code, headline) of `dfr check` for a file."""
    check = [sys.executable, "-m", "dfr", "check", str(path), "--json"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=300, check=False)
    return done.returncode, json.loads(done.stdout)["verdict"]["headline"]


@pytest.mark.parametrize("make_hands", [Mouse, pytest.param(Keyboard, marks=pytest.mark.slow)])
def test_from_an_empty_folder_to_a_go_a_simulation_and_a_brief(watched, serve, tmp_path, files, make_hands):
    folder = tmp_path / "deployments"
    with at_home(watched, serve, folder, make_hands) as walker:
        walk(walker, files)
        page, plan = walker.page, plan_of(walker.page)
        left = [f for step in plan["checklist"] if step["state"] == "to do" for f in step["findings"]]
        assert left == []
        kinds = Counter(feature["kind"] for feature in plan["features"])
        assert {kind: kinds[kind] for kind in ("crowd", "site", "post")} == {"crowd": 1, "site": 3, "post": 5}
        walker.save()
        walker.simulate()
        brief = walker.open_brief()
        assert "Lincoln fête" in brief.inner_text("body")
        assert count_pages(brief.pdf(prefer_css_page_size=True)) == 2
        pointers = page.evaluate("sessionStorage.getItem('pointers')")
        assert (pointers is None) == (make_hands is Keyboard), "a path by keyboard has no pointer in it"
    path = folder / "lincoln-fete" / "lincoln-fete.yaml"
    assert "CANARY" not in path.read_text("utf-8")
    assert "# the keep-in: corners as [lat, lon]" in path.read_text("utf-8")
    assert checked_verdict(path) == (0, plan["verdict"]["headline"])
