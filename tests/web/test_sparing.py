"""Fewer bytes: answers are compressed, files are kept for good, and what a page has is not sent again."""

import gzip
import re
import socket

import pytest

from dfr.web import connections
from dfr.web.assets import static_files, static_version
from dfr.web.editor import ScenarioEditor
from dfr.web.page_data import PageData

from .test_app import fetched, running


@pytest.fixture(scope="module")
def port(victorious):
    from dfr.io.scenario_files import shipped_scenarios

    with running(
        PageData(editor=ScenarioEditor(shipped_scenarios()["victorious-2024"], plan=victorious[1]))
    ) as port:
        yield port


ZIPPED = {"accept-encoding": "gzip, deflate, br"}


@pytest.mark.parametrize("path", ["/plan", "/api/plan", "/api/place", "/api/about"])
def test_an_answer_is_compressed_for_who_takes_it_and_is_the_same(port, path):
    _, plain, _ = fetched(port, path)
    status, body, headers = fetched(port, path, headers=ZIPPED)
    assert status == 200
    if len(plain) >= 500:
        assert headers["content-encoding"] == "gzip"
        assert len(body) < 0.6 * len(plain)
        assert gzip.decompress(body) == plain
    assert "accept-encoding" in headers["vary"].lower()


def test_who_refuses_compression_gets_none(port):
    for offer in ("", "gzip;q=0", "br", "identity"):
        _, _, headers = fetched(port, "/api/plan", headers={"accept-encoding": offer})
        assert "content-encoding" not in headers, offer


def test_what_a_page_has_is_not_sent_again_until_it_changes(port):
    for path in ("/plan", "/api/place"):
        _, _, headers = fetched(port, path)
        assert "no-cache" in headers["cache-control"]
        status, body, again = fetched(port, path, headers={"if-none-match": f'"x", {headers["etag"]}'})
        assert (status, body) == (304, b"")
        assert again["etag"] == headers["etag"]
        assert fetched(port, path, headers={"if-none-match": '"x"'})[0] == 200


def test_every_file_of_a_page_is_kept_for_good_at_an_address_that_changes_with_it(port):
    _, page, _ = fetched(port, "/plan")
    addresses = re.findall(r'(?:src|href)="(static/[^"]+)"', page.decode())
    assert len(addresses) > 10
    for address in addresses:
        assert address.startswith(f"static/{static_version()}/")
        status, body, headers = fetched(port, f"/{address}", headers=ZIPPED)
        assert status == 200
        assert "immutable" in headers["cache-control"]
        assert gzip.decompress(body) == static_files()[address.rpartition("/")[2]]


def test_a_page_names_every_module_it_will_import(port):
    """Else each import waits for the one before: a round trip each."""
    _, page, _ = fetched(port, "/plan")
    named = set(re.findall(r'modulepreload" href="[^"]*/([\w-]+\.js)"', page.decode()))
    wanted, seen = ["plan.js"], set()
    while wanted:
        name = wanted.pop()
        seen.add(name)
        imports = re.findall(r'from "\./([\w-]+\.js)"', static_files()[name].decode())
        wanted += [other for other in imports if other not in seen]
    assert named == seen - {"plan.js"}


def test_plan_asks_for_its_figures_before_its_scripts_and_for_its_map_after_them(port):
    _, page, _ = fetched(port, "/plan")
    order = re.findall(r'href="([^"]+)"', page.decode().partition("</head>")[0])
    places = [
        next(n for n, address in enumerate(order) if address.endswith(name))
        for name in ("api/plan", "plan-state.js", "maplibre-gl-csp.js", "maplibre-gl-csp-worker.js")
    ]
    assert places == sorted(places)
    assert not any(address.endswith("maplibre-gl.css") for address in order)


def test_a_first_visit_to_plan_fits_through_a_bad_line(port):
    """At 1 Mbit/s six seconds carry 750,000 bytes."""
    _, page, _ = fetched(port, "/plan")
    paths = [f"/{address}" for address in re.findall(r'(?:src|href)="(static/[^"]+)"', page.decode())]
    styles = f"/static/{static_version()}/maplibre-gl.css"
    asked = ["/plan", *paths, styles, "/api/about", "/api/plan", "/api/place"]
    sent = {path: len(fetched(port, path, headers=ZIPPED)[1]) for path in asked}
    assert sum(sent.values()) < 550_000, sent
    again = {path: size for path, size in sent.items() if "/static/" not in path}
    assert sum(again.values()) < 100_000, again


def test_a_range_of_a_base_map_and_the_events_are_not_compressed(port, pmtiles):
    with running(PageData(basemap=pmtiles)) as other:
        status, body, headers = fetched(other, "/basemap.pmtiles", headers={**ZIPPED, "range": "bytes=0-6"})
    assert (status, body) == (206, b"PMTiles")
    assert "content-encoding" not in headers


def test_headers_that_drip_end_the_connection_in_words(port, monkeypatch):
    monkeypatch.setattr(connections, "HEADERS_S", 0.05)
    with socket.create_connection(("127.0.0.1", port), timeout=60) as slow:
        slow.sendall(b"GET /plan HTTP/1.1\r\nhost: 127.0.0.1\r\n")
        heard = b"".join(iter(lambda: slow.recv(4096), b""))
    assert heard.startswith(b"HTTP/1.1 408 ")
    assert b"took too long" in heard
    with socket.create_connection(("127.0.0.1", port), timeout=60) as silent:
        assert b" 408 " in b"".join(iter(lambda: silent.recv(4096), b""))


def test_an_answer_that_takes_longer_than_headers_may_is_given(port, monkeypatch):
    monkeypatch.setattr(connections, "HEADERS_S", 0.3)
    status, _, _ = fetched(port, "/api/plan/hours")
    assert status == 200
