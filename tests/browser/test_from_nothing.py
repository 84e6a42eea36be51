"""From an empty folder to a brief: a deployment is made, imported, stated, judged, simulated and printed."""

import json
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from dfr.report.pdf import count_pages
from tests.go.deployments import Place, air_files

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


@pytest.fixture
def files(tmp_path):
    """What a sergeant has: a site plan, last year's calls, and the airspace of the place."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "site.kml").write_text(site_plan(), "utf-8")
    last_years_calls(folder / "calls.xlsx")
    for name, text in air_files(LINCOLN).items():
        (folder / name).write_text(text, "utf-8")
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


def make_deployment(page):
    page.get_by_role("link", name="New deployment").click()
    page.wait_for_url("**/new")
    page.wait_for_selector("body[data-ready]")
    page.fill("#title", "Lincoln fête")
    page.fill("#where", f"{LAT}, {LON}")
    page.press("#where", "Enter")
    page.wait_for_selector("#found label")
    page.select_option("#country", "GB")
    page.fill("#zone", "Europe/London")
    for field in ("#first", "#last"):
        page.fill(field, str(DAY))
    page.fill("#opens", "12")
    page.fill("#closes", "16")
    page.fill("#radius", "400")
    page.fill("#docks", "1")
    page.check("input[value=VLOS]")
    page.click("#create")
    page.wait_for_url("**/d/lincoln-fete/plan", timeout=CHECK_S)
    page.wait_for_selector("body[data-ready]", timeout=CHECK_S)


def take_over(page, path, fill=lambda dialog: None):
    """Import a file: look at what it holds, answer what its dialog asks, and take it over."""
    page.locator("#import + input").set_input_files(str(path))
    page.wait_for_selector("dialog.import[open]", timeout=PLAN_S)
    dialog = page.locator("dialog.import")
    fill(dialog)
    dialog.get_by_role("button", name="Take over").click()
    dialog.wait_for(state="detached", timeout=CHECK_S)
    page.wait_for_selector("body[data-ready]", timeout=CHECK_S)
    settled(page)


def with_days_first(dialog):
    """11/12 is no date until somebody says which comes first."""
    dialog.get_by_label("Order of the dates").select_option("dmy")
    dialog.get_by_role("button", name="Read again").click()
    until(dialog.page, "document.querySelector('dialog.import').innerText.includes('24 calls')")


def as_airspace(dialog):
    kind = dialog.get_by_label("Take it for")
    if kind.input_value() != "airspace":
        kind.select_option("airspace")
    dialog.get_by_label("Source").wait_for()
    dialog.get_by_label("Date of its data").fill(str(DAY - timedelta(days=3)))
    dialog.get_by_label("Source").fill("the national AIP")


def state(page, step, fact, **answers):
    """State a fact in the checklist."""
    box = page.locator(f'[data-step="{step}"] > details')
    if box.get_attribute("open") is None:
        box.locator("summary").first.click()
    form = page.locator(f'[data-fact="{fact}"]')
    if not answers:
        form.click()
    else:
        if form.get_attribute("open") is None:
            form.locator("summary").click()
        for name, answer in answers.items():
            field = form.locator(f'[name="{name}"]')
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(answer)
            else:
                field.fill(answer)
        form.get_by_role("button", name="State this").click()
    settled(page)


def state_everything(page):
    """Every fact that the files do not hold, step by step."""
    open_facts = {fact["id"] for step in plan_of(page)["checklist"] for fact in step["facts"]}
    for fact in ("boundary", "candidates", "zones"):
        if fact in open_facts:
            state(page, "site", fact, source="licence plan of the event")
    state(page, "site", "no-water")
    state(page, "ground", "ground", height="12", source="the national height model")
    air = {"radius": "40", "source": "the national AIP"}
    for number, item in enumerate(("airspace, aerodrome zones", "unmanned-aircraft zones")):
        state(page, "air", f"covers-{number}", kinds=item, **air)
    survey = {"surveyed_by": "the site manager", "read_at": str(DAY - timedelta(days=20)), "tallest": "9"}
    state(page, "air", "obstacles", **survey)
    document = {"reference": "OA 12345", "issuer": "the CAA", "kind_clause": "3.1 in sight of the pilot"}
    dates = {"valid_from": str(DAY - timedelta(days=90)), "valid_to": str(DAY + timedelta(days=90))}
    state(page, "permission", "authorisation", **document, **dates)
    for step, fact in (("people", "posts"), ("sources", "crowds")):
        if fact in open_facts:
            state(page, step, fact, **({"source": "the organiser's plan"} if fact == "crowds" else {}))


def test_from_an_empty_folder_to_a_verdict_a_simulation_and_a_brief(watched, serve, tmp_path, files):
    folder = tmp_path / "deployments"
    folder.mkdir()
    with serve("--folder", folder, "--jobs", "1") as base:
        watch = watched(base)
        page = watch.open("")
        make_deployment(page)
        assert page.inner_text("#verdict strong").startswith("UNKNOWN")

        take_over(page, files / "site.kml")
        take_over(page, files / "calls.xlsx", with_days_first)
        for name in ("aip.txt", "zones.geojson"):
            take_over(page, files / name, as_airspace)
        state_everything(page)
        plan = plan_of(page)
        left = [f for step in plan["checklist"] if step["state"] == "to do" for f in step["findings"]]
        assert left == []
        assert page.inner_text("#verdict strong").startswith("GO for")
        kinds = Counter(feature["kind"] for feature in plan["features"])
        assert {kind: kinds[kind] for kind in ("crowd", "site", "post")} == {"crowd": 1, "site": 2, "post": 4}

        page.click("#save")
        page.wait_for_selector("#save:disabled", timeout=CHECK_S)
        path = folder / "lincoln-fete" / "lincoln-fete.yaml"
        assert "CANARY" not in path.read_text("utf-8")
        assert "# the keep-in: corners as [lat, lon]" in path.read_text("utf-8")

        page.get_by_role("link", name="Simulate").click()
        page.wait_for_selector("body[data-ready]")
        page.fill("#replications", "2")
        page.click("#go")
        page.wait_for_selector("#runs tbody tr", timeout=CHECK_S)

        page.goto(f"{base}/d/lincoln-fete/brief")
        assert "Lincoln fête" in page.inner_text("body")
        assert count_pages(page.pdf(prefer_css_page_size=True)) == 2
        page.close()
    check = [sys.executable, "-m", "dfr", "check", str(path), "--json"]
    done = subprocess.run(check, capture_output=True, text=True, timeout=300, check=False)
    assert (done.returncode, json.loads(done.stdout)["verdict"]["headline"]) == (
        0,
        plan["verdict"]["headline"],
    )
