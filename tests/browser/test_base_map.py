"""Under the plan, anywhere: a graticule where there is nothing, tiles of a named server, a user's picture."""

import io
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from .pages import until

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def far_away(tmp_path_factory):
    """A deployment in Nairobi, far from any drawing that is shipped."""
    path = tmp_path_factory.mktemp("far") / "nairobi.yaml"
    command = [sys.executable, "-m", "dfr", "init", "--at", "-1.2921,36.8219", "--name", "nairobi"]
    more = ["--from", "2026-06-01", "--timezone", "Africa/Nairobi", "--ground-m-amsl", "1660", "--out", path]
    subprocess.run([*command, *more], check=True, capture_output=True, timeout=300)
    return path


@pytest.fixture
def tile_server():
    """The address of a server of plain tiles, and what it was asked for."""
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (10, 160, 90)).save(out, format="PNG")
    asked = []

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("content-type", "image/png")
            self.send_header("access-control-allow-origin", "*")
            self.end_headers()
            self.wfile.write(out.getvalue())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Tiles) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
        server.shutdown()
        thread.join(timeout=60)


def test_a_place_far_from_any_drawing_has_a_graticule_a_scale_and_its_own_areas(watched, serve, far_away):
    with serve("--scenario", far_away) as base:
        page = watched(base).open("plan")
        until(page, "window.dfrMap.queryRenderedFeatures({layers: ['graticule-line']}).length > 3")
        until(page, "window.dfrMap.queryRenderedFeatures({layers: ['graticule-words']}).length > 3")
        words = page.evaluate(
            "window.dfrMap.queryRenderedFeatures({layers: ['graticule-words']}).map(f => f.properties.words)"
        )
        assert any(text.startswith("1°17′") and text.endswith("S") for text in words), words
        assert any(text.startswith("36°4") and text.endswith("E") for text in words), words
        assert page.locator(".maplibregl-ctrl-scale").is_visible()
        until(page, "window.dfrMap.queryRenderedFeatures({layers: ['keep_in-line']}).length > 0")
        drawn = "window.dfrMap.queryRenderedFeatures({layers: ['zone_names-symbol']}).length"
        assert page.evaluate(drawn) > 0, "what is drawn can be found by a click"
        page.locator("#base-file").set_input_files(
            {"name": "roof.png", "mimeType": "image/png", "buffer": _picture()}
        )
        until(page, "Boolean(window.dfrMap.getLayer('photo'))")
        assert page.locator(".corner").count() == 4
        assert "roof.png" not in page.inner_text(".attribution"), "the name under which it is kept"
        assert "pinned by hand" in page.inner_text(".attribution")
        page.click("#base-remove")
        until(page, "!window.dfrMap.getLayer('photo')")


def _picture():
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (200, 40, 40)).save(out, format="PNG")
    return out.getvalue()


def test_tiles_of_the_named_server_are_drawn_and_credited_and_no_other_server_is_asked(
    watched, serve, far_away, tile_server
):
    address, asked = tile_server
    tiles = ("--tiles", f"{address}/{{z}}/{{x}}/{{y}}.png", "--tiles-by", "© Tile Makers")
    with serve("--scenario", far_away, *tiles) as base:
        watch = watched(base)
        page = watch.open("plan")
        until(page, "window.dfrMap.areTilesLoaded() && window.dfrMap.isSourceLoaded('basemap')")
        assert asked
        assert "© Tile Makers" in page.inner_text(".attribution")
        assert not page.evaluate("Boolean(window.dfrMap.getLayer('graticule-line'))")
        assert page.evaluate("fetch('http://127.0.0.1:9/x').catch(() => 'refused')") == "refused"
        page.close()  # so that it asks for nothing more
    assert all(url.startswith(address) for url in watch.outside if ":9/" not in url)
    watch.outside.clear()
    watch.errors = [text for text in watch.errors if "127.0.0.1:9" not in text]
