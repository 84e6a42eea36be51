"""Home and the deployments below it: opened on their own, named safely, refused in words."""

import http.client
import io
import json
import shutil
import threading
import zipfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import uvicorn
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from dfr.io.scenario_edit import apply_edit
from dfr.io.scenario_files import load_scenario, shipped_scenarios
from dfr.scenario.edits import SetValue
from dfr.store.personal_data import DataKind, OwnedFolder
from dfr.web.guard import Access
from dfr.web.home import make_workspace_app
from dfr.web.workspace import Workspace


@contextmanager
def running(workspace):
    """(port) of a server of this workspace in a thread."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        app = make_workspace_app(workspace, Access(hosts=frozenset({f"127.0.0.1:{port}"})))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield port
        server.should_exit = True
        thread.join(timeout=60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two copies of the festival, one of them below a folder and retitled, and a file that is broken."""
    folder = tmp_path_factory.mktemp("deployments")
    source = shipped_scenarios()["victorious-2024"]
    shutil.copy(source, folder / "first.yaml")
    (folder / "second").mkdir()
    text = source.read_text().replace("Victorious Festival 2024, Southsea Common", "The second")
    (folder / "second" / "second.yaml").write_text(text)
    (folder / "broken.yaml").write_text("site:\nfleet:\ndemand: [\n")
    return folder


@pytest.fixture(scope="module")
def port(folder):
    workspace = Workspace(folder, jobs=1)
    with running(workspace) as port:
        yield port
    workspace.close()


def ask(port, path, *, method="GET", body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"origin": f"http://127.0.0.1:{port}"} if method == "POST" else {}
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text, answer.headers


def post(port, path, document):
    return ask(port, path, method="POST", body=json.dumps(document).encode())


def words_of(text):
    return json.loads(text)["error"]["message"]


def test_home_lists_the_folder_and_what_comes_with_dfr(port):
    home = json.loads(ask(port, "/api/home")[1])
    listed = {item["slug"]: item for item in home["deployments"]}
    assert {"first", "second", "broken"} <= listed.keys()
    assert listed["second"]["title"] == "EXERCISE: The second"
    assert listed["second"]["file"] == "second/second.yaml"
    assert "->" in listed["broken"]["problem"]
    assert {item["name"] for item in home["shipped"]} == set(shipped_scenarios())


def test_two_deployments_are_open_at_once_and_an_edit_of_one_leaves_the_other(port):
    assert json.loads(ask(port, "/d/first/api/about")[1])["title"] != "EXERCISE: The second"
    assert json.loads(ask(port, "/d/second/api/about")[1])["title"] == "EXERCISE: The second"
    before = json.loads(ask(port, "/d/first/api/plan")[1])
    second = json.loads(ask(port, "/d/second/api/plan")[1])
    site = second["docks"][0]["id"]
    status, text, _ = post(port, "/d/second/api/plan/take", {"site": site, "state": second["state"]})
    assert status == 200, text
    assert len(json.loads(text)["docks"]) == len(second["docks"]) - 1
    after = json.loads(ask(port, "/d/first/api/plan")[1])
    assert [dock["id"] for dock in after["docks"]] == [dock["id"] for dock in before["docks"]]
    assert not after["changed"]


def test_the_address_of_a_deployment_leads_to_its_plan_by_a_relative_address(port):
    for path, leads_to in (("/d/first", "./first/plan"), ("/d/first/", "plan")):
        status, _, headers = ask(port, path)
        assert (status, headers["location"]) == (307, leads_to)


def test_a_file_that_cannot_be_read_says_why_and_opens_once_it_is_mended(port, folder):
    status, text, _ = ask(port, "/d/broken/api/about")
    assert status == 400
    assert "broken.yaml:" in words_of(text)
    with pytest.raises(WebSocketException):
        connect(f"ws://127.0.0.1:{port}/d/broken/ws/progress", origin=f"http://127.0.0.1:{port}")
    shutil.copy(shipped_scenarios()["winter-storm"], folder / "broken.yaml")
    assert ask(port, "/d/broken/api/about")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/d/none/plan",
        "/d/none/api/plan",
        "/d/../../etc/passwd/plan",
        "/d/..%2f..%2fetc/plan",
        "/d/%2e%2e/plan",
        "/d/first/../second.yaml",
        "/d/first/first.yaml",
        "/d/first/static/../../first.yaml",
        "/d/second%2fsecond.yaml",
        "/d//plan",
        "/d/%00/plan",
        "/d/http:evil.test",
        "/first.yaml",
        "/d/",
    ],
)
def test_no_address_leads_out_of_the_folder_or_names_a_file(port, path):
    assert ask(port, path)[0] == 404


def test_a_socket_below_a_deployment_is_told_and_one_of_none_is_refused(port):
    origin = f"http://127.0.0.1:{port}"
    with connect(f"ws://127.0.0.1:{port}/d/first/ws/progress", origin=origin) as socket:
        assert json.loads(socket.recv(timeout=60))["running"] is False
    with pytest.raises(WebSocketException):
        connect(f"ws://127.0.0.1:{port}/d/none/ws/progress", origin=origin)


def test_an_example_is_copied_before_it_is_opened_and_each_copy_is_its_own(port, folder):
    slugs = [json.loads(post(port, "/api/home/copy", {"name": "winter-storm"})[1])["slug"] for _ in range(2)]
    assert slugs == ["winter-storm", "winter-storm-2"]
    for slug in slugs:
        copy = folder / slug / f"{slug}.yaml"
        assert copy.read_bytes() == shipped_scenarios()["winter-storm"].read_bytes()


def test_only_what_comes_with_dfr_is_copied(port):
    for name in ("../../etc/passwd", "first", ""):
        status, text, _ = post(port, "/api/home/copy", {"name": name})
        assert (status, "->" in words_of(text)) == (400, True)


@pytest.mark.parametrize("name", ["mine.yaml", "../../mine.yaml", "C:\\files\\mine.yaml"])
def test_a_file_that_a_user_opens_is_kept_in_a_folder_of_its_own(port, folder, name):
    data = shipped_scenarios()["victorious-2024"].read_bytes()
    from urllib.parse import quote

    status, text, _ = ask(port, f"/api/home/open?name={quote(name, safe='')}", method="POST", body=data)
    assert status == 200
    slug = json.loads(text)["slug"]
    assert slug.startswith("mine")
    assert (folder / slug / f"{slug}.yaml").read_bytes() == data


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe\x00", b"PK\x03\x04", b"name: x\n", b"a: &a [*a, *a]\n", b"x" * 3_000_000]
)
def test_a_file_that_is_no_scenario_is_refused_in_words_and_leaves_nothing(port, folder, body):
    before = set(folder.iterdir())
    status, text, _ = ask(port, "/api/home/open?name=x.yaml", method="POST", body=body)
    assert (status, "->" in words_of(text)) == (400, True)
    assert set(folder.iterdir()) == before


def bundle_of_a_fete():
    """A scenario that names a weather file beside it."""
    text = shipped_scenarios()["victorious-2024"].read_text()
    edited = apply_edit(text, SetValue(path=["weather", "files"], value=["air/metar.txt"]))
    return {
        "fete/fete.yaml": edited.encode(),
        "fete/air/metar.txt": b"EGHI 241350Z 24008KT 9999 20/12 Q1015\n",
    }


def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def send(port, files):
    query = urlencode([pair for name, data in files for pair in (("name", name), ("size", len(data)))])
    body = b"".join(data for _, data in files)
    return ask(port, f"/api/home/open?{query}", method="POST", body=body)


def test_a_scenario_is_opened_with_the_files_beside_it_in_a_zip(port, folder):
    files = {**bundle_of_a_fete(), "__MACOSX/fete/._fete.yaml": b"junk", "other.txt": b"above"}
    status, text, _ = send(port, [("handover.zip", zipped(files))])
    assert status == 200, words_of(text)
    own = folder / json.loads(text)["slug"]
    kept = {str(path.relative_to(own)) for path in own.rglob("*") if path.is_file()}
    assert kept == {f"{own.name}.yaml", "air/metar.txt"}
    assert load_scenario(own / f"{own.name}.yaml").weather.files


def test_a_scenario_is_opened_with_the_files_beside_it_loose_and_one_that_is_missing_is_named(port, folder):
    text = bundle_of_a_fete()["fete/fete.yaml"].replace(b"air/metar.txt", b"metar.txt")
    before = set(folder.iterdir())
    status, words, _ = send(port, [("loose.yaml", text)])
    assert (status, "metar.txt" in words_of(words)) == (400, True)
    assert set(folder.iterdir()) == before
    status, _, _ = send(port, [("metar.txt", bundle_of_a_fete()["fete/air/metar.txt"]), ("loose.yaml", text)])
    assert status == 200
    assert (folder / "loose" / "metar.txt").is_file()


@pytest.mark.parametrize(
    "files",
    [
        {"../../fete.yaml": b"site: fleet: demand:"},
        {"a/../../b.txt": b"", "fete.yaml": b"site: fleet: demand:"},
        {f"{number}.yaml": b"x" for number in range(200)},
        {"fete.yaml": b"\0" * 80_000_000},
        {"one.yaml": b"site:\nfleet:\ndemand:\n", "two.yaml": b"site:\nfleet:\ndemand:\n"},
        {"notes.yaml": b"a: 1", "b.txt": b""},
    ],
    ids=["above", "below and above", "many", "bomb", "two", "none"],
)
def test_a_zip_that_is_no_honest_deployment_is_refused_in_words_and_leaves_nothing(port, folder, files):
    before = set(folder.parent.rglob("*"))
    status, text, _ = send(port, [("handover.zip", zipped(files))])
    assert (status, "->" in words_of(text)) == (400, True)
    assert set(folder.parent.rglob("*")) == before


@pytest.mark.parametrize("query", ["name=a&name=b&size=1", "name=a&size=-1", "name=a&size=99999999"])
def test_files_whose_sizes_do_not_add_up_are_refused(port, query):
    status, text, _ = ask(port, f"/api/home/open?{query}", method="POST", body=b"xx")
    assert (status, "->" in words_of(text)) == (400, True)


def test_home_erases_what_is_past_its_time_and_says_what_is_kept(port, folder):
    owned = OwnedFolder(folder / "personal-data")
    log = folder.parent / "calls.csv"
    log.write_text("Jane CANARY")
    now = datetime.now(tz=UTC)
    owned.keep(log, kind=DataKind.CALLS, owner="PC 1234", days=1, now=now - timedelta(days=3))
    owned.keep(log, kind=DataKind.CALLS, owner="PC 1234", days=5, now=now)
    first, second = json.loads(ask(port, "/api/home")[1])["personal"]
    assert first.startswith("1 file about people erased")
    assert second.startswith("1 file about people kept in personal-data")
    assert len(list((folder / "personal-data").glob("*.csv"))) == 1


def test_nothing_is_added_by_get(port):
    for path in ("/api/home/copy", "/api/home/open"):
        assert ask(port, path)[0] == 405


def test_a_copied_scenario_reads_like_the_original(port, folder):
    slug = json.loads(post(port, "/api/home/copy", {"name": "protest-surge"})[1])["slug"]
    assert load_scenario(folder / slug / f"{slug}.yaml").name == "protest-surge"


NEW = {
    "title": "Fête <b>2026</b>",
    "place": "50.7820, -1.0890",
    "first_day": "2026-12-11",
    "last_day": "2026-12-12",
    "hours": "10:00-22:00",
    "zone": "Europe/London",
    "country": "GB",
    "operation": "VLOS",
    "drone": "dji-m3td",
    "dock": "dji-dock-2",
    "docks": 2,
    "radius_m": 500,
    "ground_m_amsl": None,
    "authorisation": None,
    "no_crowd": False,
    "said_by": None,
}


def test_a_new_deployment_is_written_into_the_folder_and_opens(port, folder):
    status, text, _ = post(port, "/api/home/new", NEW)
    assert status == 200, text
    slug = json.loads(text)["slug"]
    assert slug == "fete-b-2026-b"
    scenario = load_scenario(folder / slug / f"{slug}.yaml")
    assert (scenario.title, scenario.fleet.docks) == (NEW["title"], 2)
    assert json.loads(ask(port, f"/d/{slug}/api/about")[1])["title"] == NEW["title"]


@pytest.mark.parametrize(
    "change",
    [
        {"place": "here"},
        {"no_crowd": True},
        {"no_crowd": True, "said_by": "  "},
        {"zone": "", "place": "49.0, -30.0", "country": None},
        {"zone": "../../etc/passwd"},
        {"country": "FR"},
        {"drone": "kite"},
        {"docks": "two"},
        {"docks": 1e300},
        {"operation": ""},
        {"title": None},
        {"title": "x" * 10_000},
        {"path": "../evil.yaml"},
    ],
    ids=str,
)
def test_a_new_deployment_that_cannot_be_is_refused_in_words_and_leaves_nothing(port, folder, change):
    before = set(folder.iterdir())
    status, text, _ = post(port, "/api/home/new", {**NEW, **change})
    assert (status, "->" in words_of(text)) == (400, True)
    assert set(folder.iterdir()) == before


def test_a_place_is_told_with_its_clock_country_and_rules(port):
    pytest.importorskip("timezonefinder")
    found = json.loads(post(port, "/api/home/places", {"text": "SZ 6432 9844"})[1])
    assert [place["zone"] for place in found] == ["Europe/London"]
    assert (found[0]["countries"], found[0]["rules"]) == (["GB"], "United Kingdom")
    status, text, _ = post(port, "/api/home/places", {"text": "<img>"})
    assert (status, "is not a position" in words_of(text)) == (400, True)


def test_hardware_is_offered_with_limits_and_who_says_so(port):
    choices = json.loads(ask(port, "/api/home/choices")[1])
    for hardware in (*choices["drones"], *choices["docks"]):
        assert hardware["limits"]
        assert all(limit["source"] for limit in hardware["limits"])
    rules = {country["code"]: country["rules"] for country in choices["countries"]}
    assert (rules["GB"], rules["JE"]) == ("United Kingdom", None)


def test_a_fact_stated_in_the_checklist_is_an_edit_that_clears_its_step(port):
    slug = json.loads(post(port, "/api/home/new", {**NEW, "title": "Fact"})[1])["slug"]

    def step_of(plan, id_):
        return next(step for step in plan["checklist"] if step["id"] == id_)

    plan = json.loads(ask(port, f"/d/{slug}/api/plan")[1])
    assert step_of(plan, "ground")["state"] == "to do"
    assert "ground" in {fact["id"] for fact in step_of(plan, "ground")["facts"]}
    answers = {"height": "4", "source": "survey"}
    document = {"fact": "ground", "answers": answers, "state": plan["state"]}
    status, text, _ = post(port, f"/d/{slug}/api/plan/fact", document)
    assert status == 200, text
    after = json.loads(text)
    assert step_of(after, "ground")["state"] == "done"
    assert (after["can_undo"], after["changed"]) == (True, True)
    stale, text, _ = post(port, f"/d/{slug}/api/plan/fact", document)
    assert (stale, "->" in words_of(text)) == (409, True)
    for bad in ({"fact": "ground", "answers": []}, {"fact": "ground"}, {"fact": "x", "answers": {}}, {}):
        status, text, _ = post(port, f"/d/{slug}/api/plan/fact", {**bad, "state": after["state"]})
        assert (status, "->" in words_of(text)) == (400, True)
