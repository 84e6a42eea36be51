"""Files are dropped on the Plan page: each is shown in a dialog, then taken over, by mouse or by keyboard."""

import json

import openpyxl
import pytest

from .pages import PLAN_S, until

pytestmark = pytest.mark.browser

KML = """<kml><Folder><name>Site plan</name>
<Placemark><name>Arena &lt;b&gt;crowd</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
-1.0905,50.7825 -1.0895,50.7825 -1.0895,50.7832 -1.0905,50.7832 -1.0905,50.7825</coordinates></LinearRing>
</outerBoundaryIs></Polygon></Placemark>
<Placemark><name>Observer post south</name>
<Point><coordinates>-1.0900,50.7800</coordinates></Point></Placemark>
<Placemark><name>Footpath</name>
<LineString><coordinates>-1.09,50.78 -1.08,50.78</coordinates></LineString></Placemark>
</Folder></kml>"""


def choose(page, path):
    """Give a file to the page as the Import button does."""
    page.locator("#import + input").set_input_files(str(path))
    page.wait_for_selector("dialog.import[open]", timeout=PLAN_S)
    return page.locator("dialog.import")


@pytest.mark.slow
def test_a_site_plan_and_calls_are_taken_over_and_saved(watched, serve, copied):
    plan = copied.with_name("site.kml")
    plan.write_text(KML, "utf-8")
    book = openpyxl.Workbook()
    book.active.append(["Date", "Time", "Where", "Grade", "Caller"])
    book.active.append(["25/08/2023", "15:17", "Common Stage", "Immediate", "Jane CANARY"])
    calls = copied.with_name("calls.xlsx")
    book.save(calls)
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        dialog = choose(page, plan)
        roles = dialog.locator("select[data-feature]")
        assert [roles.nth(n).input_value() for n in range(3)] == ["crowd", "post", ""]
        assert "Arena <b>crowd" in dialog.inner_text(), "a name is text"
        dialog.get_by_role("button", name="Take over").click()
        dialog.wait_for(state="detached", timeout=PLAN_S)
        until(page, "document.querySelector('#undo').title === 'undo: import site.kml'")

        dialog = choose(page, calls)
        assert "no column" not in dialog.inner_text()
        assert dialog.get_by_role("button", name="Take over").is_disabled()
        dialog.get_by_label("What column Where tells").select_option("zone")
        dialog.get_by_role("button", name="Read again").click()
        until(page, "document.querySelector('dialog.import').innerText.includes('read 1 call of 2023-08-25')")
        take = dialog.get_by_role("button", name="Take over")
        take.focus()
        page.keyboard.press("Enter")
        dialog.wait_for(state="detached", timeout=PLAN_S)
        page.locator("#save").click()
        page.wait_for_selector("#save-anyway, #save:disabled", timeout=PLAN_S)
        if page.locator("#save-anyway").count():
            page.locator("#save-anyway").click()
        page.wait_for_selector("#save:disabled", timeout=PLAN_S)
    written = copied.read_text("utf-8")
    assert "Arena <b>crowd" in written
    assert "observer-post-south" in written
    assert "CANARY" not in written


def test_a_dropped_file_that_is_none_is_told_and_a_dialog_can_be_left(watched, serve, copied):
    with serve("--scenario", copied) as base:
        page = watched(base).open("plan")
        script = """(text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "site.geojson"));
            const drop = { dataTransfer: data, bubbles: true, cancelable: true };
            document.dispatchEvent(new DragEvent("drop", drop));
        }"""
        point = {"type": "Point", "coordinates": [-1.09, 50.781]}
        page.evaluate(script, json.dumps(point))
        page.wait_for_selector("dialog.import[open]", timeout=PLAN_S)
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog.import", state="detached", timeout=PLAN_S)
        assert page.locator("#undo").is_disabled()
