"""One truth on every screen: an edit is of the plan its author saw; an answer says of which plan it is."""

import http.client
import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dfr.geo import offset
from dfr.io.files import json_line
from dfr.io.own_drone_files import write_own_drone
from dfr.io.scenario_files import shipped_scenarios
from dfr.scenario.edits import read_edit
from dfr.web.editor import ScenarioEditor
from dfr.web.page_data import PageData
from dfr.web.plan_state import StalePlanError, digest_of, state_of

from ..io.test_own_drone_files import OWN
from .test_app import ask, running


@pytest.fixture
def copied(tmp_path):
    path = tmp_path / "mine.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    return path


@pytest.fixture
def session(copied, victorious):
    """A function that begins a session on the copy, as the start of a server does."""
    return lambda: ScenarioEditor(copied, plan=victorious[1])


@pytest.fixture
def pages(session):
    return PageData(editor=session())


def moved(editor, *, east_m=60.0):
    """A dock of the plan, and a place so far east of it, as an edit asks for it."""
    dock = editor.step.plan.sites[0]
    place = offset(dock.position, bearing_deg=90.0, distance_m=east_m)
    point = [place.lat_deg, place.lon_deg]
    return {"edit": {"do": "move", "kind": "site", "id": dock.id, "point": point}}


def edit(port, path, document, *, state):
    status, text = ask(port, path, method="POST", document={**document, "state": state})
    return status, json.loads(text)


def listen(port):
    """A connection on which a page hears events, and a function that waits for one that says anything new."""
    before = []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/api/events")
    answer = connection.getresponse()
    assert answer.getheader("content-type").startswith("text/event-stream")

    def heard():
        while True:
            line = answer.fp.readline()
            assert line, "the stream ended"
            if (
                line.startswith(b"data: ") and line not in before
            ):  # else it is only the beat of an idle server
                before[:] = [line]
                return json.loads(line[6:])

    return connection, heard


def test_the_state_follows_the_text_the_files_and_the_docks(tmp_path):
    airspace = tmp_path / "zones.txt"
    airspace.write_text("one")
    states = {state_of("a", {airspace: digest_of(airspace)}, ["x"])}
    states.add(state_of("b", {airspace: digest_of(airspace)}, ["x"]))
    states.add(state_of("a", {airspace: digest_of(airspace)}, ["y"]))
    airspace.write_text("two")
    states.add(state_of("a", {airspace: digest_of(airspace)}, ["x"]))
    assert len(states) == 4
    airspace.write_text("one")
    assert state_of("a", {airspace: digest_of(airspace)}, ["x"]) in states


def test_another_calibration_of_the_own_drone_is_another_state(copied, victorious):
    drone = copied.parent / "drone.yaml"
    drone.write_text(write_own_drone(OWN))
    used = victorious[0].scenario.fleet.drone
    text = copied.read_text().replace("\nfleet:", "\ncatalogue: drone.yaml\nfleet:")
    copied.write_text(text.replace(f"drone: {used}", f"drone: {OWN.key}"))
    before = ScenarioEditor(copied, plan=victorious[1]).step.state
    assert ScenarioEditor(copied, plan=victorious[1]).step.state == before
    drone.write_text(drone.read_text().replace("400.0", "401.0"))
    assert ScenarioEditor(copied, plan=victorious[1]).step.state != before


def test_undo_comes_back_to_the_same_state_and_a_second_session_begins_in_it(pages, session):
    editor = pages.editor
    first = editor.step.state
    editor.apply(read_edit(moved(editor)["edit"]))
    assert editor.step.state != first
    editor.undo()
    assert editor.step.state == first
    assert session().step.state == first


def test_an_edit_of_an_older_plan_is_refused_with_words(pages):
    with running(pages) as port:
        first = pages.editor.step.state
        status, plan = edit(port, "/api/plan/edit", moved(pages.editor), state=first)
        assert status == 200
        assert plan["state"] == pages.editor.step.state != first
        status, answer = edit(port, "/api/plan/edit", moved(pages.editor), state=first)
    assert status == 409
    assert answer["error"]["code"] == "stale-plan"
    assert "the plan has changed since you saw it" in answer["error"]["message"]
    assert pages.editor.version == 1


def test_an_edit_of_the_plan_before_a_restart_is_refused_though_both_counted_to_the_same(session):
    """A counter begins again with the server, and so took an edit of a plan that nobody had seen."""
    before = session()
    before.apply(read_edit(moved(before)["edit"]))
    seen = before.step.state
    after = session()
    after.apply(read_edit(moved(after, east_m=-60.0)["edit"]))
    assert after.version == before.version
    with running(PageData(editor=after)) as port:
        status, _ = edit(port, "/api/plan/edit", moved(after), state=seen)
    assert status == 409
    assert after.version == 1


def test_of_two_edits_of_the_same_plan_at_the_same_time_one_is_made(pages):
    state, document = pages.editor.step.state, moved(pages.editor)
    with running(pages) as port, ThreadPoolExecutor(2) as both:
        asked = [both.submit(edit, port, "/api/plan/edit", document, state=state) for _ in range(2)]
        statuses = sorted(each.result()[0] for each in asked)
    assert statuses == [200, 409]
    assert pages.editor.version == 1


def test_hours_asked_before_an_edit_say_that_they_are_of_the_plan_before_it(pages, monkeypatch):
    editor, asked, edited = pages.editor, threading.Event(), threading.Event()
    first, hours = editor.step.state, PageData.hours

    def slow(self, step):
        asked.set()
        assert edited.wait(60)
        return hours(self, step)

    monkeypatch.setattr(PageData, "hours", slow)
    with running(pages) as port, ThreadPoolExecutor(1) as other:
        answer = other.submit(_state_of_answer, port, "/api/plan/hours")
        assert asked.wait(60)
        editor.apply(read_edit(moved(editor)["edit"]))
        edited.set()
        state, rows = answer.result()
    assert state == first != editor.step.state
    assert rows == json.loads(json_line(hours(pages, editor.first))), "and they are"


def _state_of_answer(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    found = answer.getheader("dfr-state"), json.loads(answer.read())
    connection.close()
    return found


def test_a_plan_is_told_as_of_one_moment(pages, monkeypatch):
    """What can be undone and what is planned came from two moments when an edit fell between."""
    editor = pages.editor
    status = ScenarioEditor.status

    def edited_meanwhile(self, *given):
        found = status(self, *given)
        monkeypatch.setattr(ScenarioEditor, "status", status)
        self.apply(read_edit(moved(self)["edit"]))
        return found

    monkeypatch.setattr(ScenarioEditor, "status", edited_meanwhile)
    docks = {site.id: site.position for site in editor.step.plan.sites}
    told = pages.plan_state()
    assert told["state"] != editor.step.state
    for feature in told["layers"]["sites"]["features"]:
        if feature["properties"]["id"] in docks:
            assert feature["properties"]["where"] == str(docks[feature["properties"]["id"]])


def test_every_open_page_is_told_of_a_change(pages):
    with running(pages) as port:
        (one, hears_one), (other, hears_other) = listen(port), listen(port)
        first = hears_one()
        assert first == hears_other()
        assert first["headline"] == pages.plan_state()["verdict"]["headline"]
        assert first["data"][0] == "airspace of 2024-08-24"
        status, plan = edit(port, "/api/plan/edit", moved(pages.editor), state=first["state"])
        assert status == 200
        assert hears_one()["state"] == hears_other()["state"] == plan["state"]
        one.close()
        other.close()


def test_a_refused_edit_is_no_news(pages):
    editor = pages.editor
    with running(pages) as port:
        connection, heard = listen(port)
        version = heard()["version"]
        with pytest.raises(StalePlanError), editor.edit_of("of another time"):
            editor.undo()
        editor.apply(read_edit(moved(editor)["edit"]))
        assert heard()["version"] == version + 1
        connection.close()
