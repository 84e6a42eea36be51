"""The addresses: what they answer, that none names a file, and that none changes anything by GET."""

import hashlib
import http.client
import json
import re
import threading
from contextlib import ExitStack, contextmanager
from importlib import resources

import pytest
import uvicorn
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from dfr.io.scenario_files import shipped_scenarios
from dfr.web.app import MOST_SOCKETS, make_app
from dfr.web.assets import static_files
from dfr.web.connections import BoundedConnection
from dfr.web.editor import ScenarioEditor
from dfr.web.guard import Access
from dfr.web.page_data import PageData
from dfr.web.runs import SimulationRuns


@contextmanager
def running(pages):
    """(port) of a server of this pages in a thread."""
    import socket

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        app = make_app(pages, Access(hosts=frozenset({f"127.0.0.1:{port}"})))
        config = uvicorn.Config(app, http=BoundedConnection, log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield port
        server.should_exit = True
        thread.join(timeout=60)


@pytest.fixture(scope="module")
def port():
    pages = PageData(
        editor=ScenarioEditor(shipped_scenarios()["victorious-2024"]), runs=SimulationRuns(jobs=1)
    )
    with running(pages) as port:
        yield port
    pages.close()


def ask(port, path, *, method="GET", document=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"origin": f"http://127.0.0.1:{port}"} if method == "POST" else {}
    payload = json.dumps(document) if document is not None else body
    connection.putrequest(method, path, skip_host=False)
    for name, value in headers.items():
        connection.putheader(name, value)
    if payload is not None:
        data = payload.encode() if isinstance(payload, str) else payload
        connection.putheader("content-length", str(len(data)))
    connection.endheaders(data if payload is not None else None)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, text


def fetched(port, path, *, headers=None):
    """(status, body as it was sent, headers) of a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers=headers or {})
    answer = connection.getresponse()
    found = answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return found


CHANGES = (
    "/api/plan/preview",
    "/api/plan/edit",
    "/api/plan/place",
    "/api/plan/fact",
    "/api/plan/take",
    "/api/plan/again",
    "/api/plan/undo",
    "/api/plan/redo",
    "/api/plan/save",
    "/api/simulate",
    "/api/simulate/stop",
    "/api/live/ask",
    "/api/live/confirm",
    "/api/replay/log",
    "/api/import/file",
    "/api/import/calls",
    "/api/import/apply",
)


@pytest.mark.parametrize("path", CHANGES)
def test_nothing_is_changed_and_nobody_commanded_by_get(port, path):
    assert ask(port, path)[0] == 405
    assert ask(port, path, method="HEAD")[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/static/..%2fapp.py",
        "/static//etc/passwd",
        "/static/app.css/",
        "/static/map.css%00.js",
        "/../../etc/passwd",
        "/static/",
        "/plan.html",
        "/static/app.css",
        "/static/0123456789abcdef/app.css",
    ],
)
def test_no_address_names_a_file(port, path):
    assert ask(port, path)[0] in (400, 404)


def test_without_a_basemap_there_is_no_address_for_one(port):
    assert ask(port, "/basemap.pmtiles")[0] == 404


def test_a_basemap_is_handed_out_in_ranges(pmtiles):
    with running(PageData(basemap=pmtiles)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/basemap.pmtiles", headers={"range": "bytes=0-6"})
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (206, b"PMTiles")
        connection.close()


def test_pages_ask_for_nothing_but_this_server():
    for name, data in static_files().items():
        if name.startswith(("maplibre", "pmtiles")) or name in ("icon.svg", "VENDORED.txt"):
            continue
        addresses = re.findall(r"(?:https?:)?//[a-z0-9][^\s\"'`)]*", data.decode())
        assert [a for a in addresses if "www.w3.org" not in a] == [], name
        if name.endswith(".html"):
            assert "<script>" not in data.decode()
            assert "style=" not in data.decode()


def test_the_vendored_library_is_the_one_that_was_pinned():
    folder = resources.files("dfr.web") / "static"
    pinned = dict(
        line.split()[::-1]
        for line in (folder / "VENDORED.txt").read_text().splitlines()
        if re.match(r"[0-9a-f]{64} ", line)
    )
    assert len(pinned) == 6
    for name, digest in pinned.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_an_edit_that_does_not_say_what_it_edits_is_refused_with_words(port):
    status, text = ask(port, "/api/plan/undo", method="POST", document={"version": 999})
    assert status == 400
    assert "state is missing" in json.loads(text)["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b"{",
        b'{"lat_deg": "x", "lon_deg": 0}',
        b'{"lat_deg": 1e300, "lon_deg": 0}',
        b"",
        b'"\xff"',
        b"[" * 30_000,
        b'{"lat_deg": NaN, "lon_deg": 0}',
        b'{"lat_deg": -Infinity, "lon_deg": 0}',
    ],
)
def test_nonsense_is_explained_and_never_a_server_error(port, body):
    status, text = ask(port, "/api/plan/preview", method="POST", body=body)
    assert status == 400
    assert "->" in json.loads(text)["error"]["message"]


def test_unknown_runs_and_flights_are_explained(port):
    for path in (
        "/api/replay/flight?name=../../etc/passwd",
        "/api/replay/shift?run=7",
        "/api/runs/compare?first=x",
        "/api/live/tracks?known=1:2:3",
    ):
        status, text = ask(port, path)
        assert status == 400
        assert "->" in json.loads(text)["error"]["message"]


def test_commands_without_a_vehicle_are_refused(port):
    status, text = ask(port, "/api/live/ask", method="POST", document={"vehicle": 0, "command": "land"})
    assert status == 400
    assert "no vehicle" in json.loads(text)["error"]["message"]


@pytest.mark.parametrize("number", [0.7, -0.9, 1e-9])
def test_a_fraction_of_a_vehicle_is_not_rounded_to_one(port, number):
    for path in ("/api/live/ask", "/api/live/confirm"):
        status, text = ask(port, path, method="POST", document={"vehicle": number, "command": "land"})
        assert status == 400
        assert "is not a whole number" in json.loads(text)["error"]["message"]


def test_a_socket_of_our_page_is_told_and_a_foreign_one_refused(port):
    address = f"ws://127.0.0.1:{port}/ws/progress"
    with connect(address, origin=f"http://127.0.0.1:{port}") as socket:
        assert json.loads(socket.recv(timeout=60))["running"] is False
    with pytest.raises(WebSocketException), connect(address, origin="http://evil.test"):
        pass


def test_a_seed_that_is_none_is_explained(port):
    for seed in (-1, 1e14):
        document = {"replications": 1, "seed": seed}
        status, text = ask(port, "/api/simulate", method="POST", document=document)
        assert status == 400
        assert "seed" in json.loads(text)["error"]["message"]


def test_there_are_only_so_many_sockets(port):
    address, origin = f"ws://127.0.0.1:{port}/ws/progress", f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        for _ in range(MOST_SOCKETS):
            stack.enter_context(connect(address, origin=origin)).recv(timeout=60)
        with pytest.raises(WebSocketException):
            connect(address, origin=origin)
    assert ask(port, "/api/about")[0] == 200


def test_an_upload_over_its_limit_is_refused(port):
    status, _ = ask(port, "/api/plan/undo", method="POST", body=b"x" * 70_000)
    assert status == 413


def test_the_checklist_is_of_the_same_findings_as_the_plan(port):
    plan = json.loads(ask(port, "/api/plan")[1])
    checklist = json.loads(ask(port, "/api/checklist")[1])
    assert checklist["steps"] == plan["checklist"]
    assert checklist["verdict"] == plan["verdict"]["verdict"]
    blocking = [f for f in plan["findings"] if f["severity"] in ("unknown", "violation")]
    held = [f for step in checklist["steps"] for f in step["findings"]]
    assert sorted(f["message"] for f in held) == sorted(f["message"] for f in blocking)


def test_the_brief_of_the_plan_opens_in_the_browser_and_runs_no_script(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/brief")
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    assert answer.status == 200
    assert "script" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "Victorious Festival 2024" in text
    assert "<script" not in text
