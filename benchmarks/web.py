"""The Plan page with 10,000 features, beside a bare MapLibre page of the same drawing in the same run.

How soon each is painted and its map drawn, and how smoothly it is dragged. Frames are the browser's own: the
times between its animation frames while a mouse drags the map to and fro. Processor time is that of the
browser's processes: without a graphics card the one called GPU draws in software, the renderer runs scripts.

    python benchmarks/web.py [--markdown]
"""

from __future__ import annotations

import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from dfr.io.scenario_files import shipped_scenarios
from dfr.report.pdf import FLAGS, find_chromium
from dfr.web.assets import static_files

FEATURES = 10_000
SECONDS = 6.0
PX_PER_S = 300.0
FRAMES = (
    "() => { window.frames_ms = []; let last = null; window.going = true; const tick = t => {"
    " if (last !== null) window.frames_ms.push(t - last); last = t;"
    " if (window.going) requestAnimationFrame(tick); }; requestAnimationFrame(tick); }"
)


def crowded(folder: Path) -> Path:
    """A copy of the festival with 10,000 drawn features: an eighth roads, the rest buildings."""
    shipped = shipped_scenarios()["victorious-2024"]
    scenario = folder / "crowded.yaml"
    shutil.copy(shipped, scenario)
    document = json.loads(shipped.with_name("southsea.base.geojson").read_text())
    rng = random.Random(1)
    drawn = document["features"]
    while len(drawn) < FEATURES:
        drawn.append(_road(rng) if len(drawn) % 8 == 0 else _building(rng))
    scenario.with_name("crowded.base.geojson").write_text(json.dumps(document))
    return scenario


def _lonlat(east_m: float, north_m: float) -> list[float]:
    lat = 50.782
    return [-1.089 + east_m / 111_320 / math.cos(math.radians(lat)), lat + north_m / 111_320]


def _road(rng: random.Random) -> dict[str, object]:
    x, y, way, points = rng.uniform(-3000, 3000), rng.uniform(-2000, 3000), rng.uniform(0, 6.28), []
    for _ in range(8):
        points.append(_lonlat(x, y))
        way += rng.gauss(0, 0.2)
        x, y = x + 60 * math.cos(way), y + 60 * math.sin(way)
    geometry = {"type": "LineString", "coordinates": points}
    return {"type": "Feature", "properties": {"kind": "road"}, "geometry": geometry}


def _building(rng: random.Random) -> dict[str, object]:
    x, y = rng.uniform(-3000, 3000), rng.uniform(-2000, 3000)
    w, h = rng.uniform(8, 25), rng.uniform(6, 12)
    ring = [_lonlat(x + dx, y + dy) for dx, dy in ((0, 0), (w, 0), (w, h), (0, h), (0, 0))]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    return {"type": "Feature", "properties": {"kind": "building"}, "geometry": geometry}


BARE = """<!doctype html><html><head><meta charset="utf-8"><title>bare</title>
<link rel="stylesheet" href="maplibre-gl.css"><script src="maplibre-gl-csp.js"></script></head>
<body style="margin:0"><div id="map" style="height:100vh"></div><script>
maplibregl.setWorkerUrl("maplibre-gl-csp-worker.js");
const kind = (name) => ["==", ["get", "kind"], name];
const style = { version: 8, sources: { base: { type: "geojson", data: "drawing.geojson" } }, layers: [
  { id: "ground", type: "background", paint: { "background-color": "#eef2ee" } },
  { id: "buildings", type: "fill", source: "base", filter: kind("building"),
    paint: { "fill-color": "#ddd6cc" } },
  { id: "roads", type: "line", source: "base", filter: kind("road"),
    paint: { "line-color": "#ffffff", "line-width": 4 } } ] };
const map = new maplibregl.Map({ container: "map", style, center: [-1.089, 50.782], zoom: 14 });
map.once("load", () => { performance.mark("map"); document.body.dataset.ready = "yes"; });
</script></body></html>"""
"""The same library, drawing and two of the layers, with nothing else on the page."""


@contextmanager
def bare_page(scenario: Path, folder: Path) -> Iterator[str]:
    """The address of a page that shows the scenario's drawing and nothing else."""
    shutil.copy(scenario.with_name("crowded.base.geojson"), folder / "drawing.geojson")
    for name in ("maplibre-gl-csp.js", "maplibre-gl-csp-worker.js", "maplibre-gl.css"):
        (folder / name).write_bytes(static_files()[name])
    (folder / "index.html").write_text(BARE, encoding="utf-8")
    handler = partial(QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves a folder without a line for each request."""

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def plan_page(scenario: Path) -> Iterator[str]:
    """The address of the Plan page of a scenario."""
    command = [sys.executable, "-m", "dfr", "serve", "--port", "0", "--scenario", str(scenario)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found, "no address was printed"
            yield f"{found[0]}plan"
        finally:
            server.terminate()


def dragged(page: Page) -> dict[str, float]:
    """Frames a second, and the median and 95th percentile of their times, while the map is dragged."""
    box = page.locator("#map").bounding_box()
    assert box is not None
    width, y, sign = box["width"] - 120, box["y"] + box["height"] / 2, 1
    page.evaluate(FRAMES)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        x = box["x"] + (60 if sign > 0 else 60 + width)
        page.mouse.move(x, y)
        page.mouse.down()
        start = time.monotonic()
        while (run_px := PX_PER_S * (time.monotonic() - start)) < width:
            page.mouse.move(x + sign * run_px, y + 40 * math.sin(run_px / 100))
            time.sleep(0.008)
        page.mouse.up()
        sign = -sign
    times = sorted(page.evaluate("() => { window.going = false; return window.frames_ms; }"))
    return {
        "fps": 1000 * len(times) / sum(times),
        "median_ms": times[len(times) // 2],
        "p95_ms": times[int(0.95 * len(times))],
    }


def processor_s(client: CDPSession) -> dict[str, float]:
    """Seconds of processor time that each kind of the browser's processes has used so far."""
    used: dict[str, float] = {}
    for process in client.send("SystemInfo.getProcessInfo")["processInfo"]:
        used[process["type"]] = used.get(process["type"], 0.0) + process["cpuTime"]
    return used


def measured(browser: Browser, address: str) -> dict[str, float]:
    """The figures of one page."""
    client = browser.new_browser_cdp_session()
    page = browser.new_page(viewport={"width": 1280, "height": 820})
    page.goto(address)
    page.wait_for_selector("body[data-ready]", timeout=120_000)
    page.wait_for_timeout(3000)
    marks = {
        f"{name}_ms": page.evaluate("name => performance.getEntriesByName(name)[0]?.startTime ?? NaN", name)
        for name in ("first-contentful-paint", "figures", "map")
    }
    before, frames, after = processor_s(client), dragged(page), processor_s(client)
    page.close()
    spent = {f"{kind}_s": after[kind] - before.get(kind, 0.0) for kind in ("GPU", "renderer")}
    return {**marks, **frames, **spent}


ROWS = (
    ("first paint, ms", "first-contentful-paint_ms", "1000"),
    ("docks, times and findings on the page, ms", "figures_ms", "1000"),
    ("map drawn, ms", "map_ms", ""),
    ("frames a second while dragged", "fps", "30"),
    ("frame, median, ms", "median_ms", ""),
    ("frame, 95th percentile, ms", "p95_ms", ""),
    ("processor time of the drag: drawing (GPU process), s", "GPU_s", ""),
    ("processor time of the drag: scripts (renderer), s", "renderer_s", ""),
)


def main() -> int:
    if find_chromium() is None:
        print("no Chromium -> apt-get install chromium")
        return 0
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory(prefix="dfr-web-") as name, sync_playwright() as driver:
        folder = Path(name)
        scenario = crowded(folder)
        (folder / "bare").mkdir()
        browser = driver.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *root])
        with bare_page(scenario, folder / "bare") as bare, plan_page(scenario) as plan:
            ours, theirs = measured(browser, plan), measured(browser, bare)
        browser.close()
    if "--markdown" in sys.argv:
        print("| | Plan | bare MapLibre | ratio | target |\n|---|---|---|---|---|")
    for words, key, target in ROWS:
        cells = [_cell(value) for value in (ours[key], theirs[key], ours[key] / theirs[key])]
        print(f"| {words} | {' | '.join(cells)} | {target} |")
    return 0


def _cell(value: float) -> str:
    """A figure of three digits; nothing where a page has no such moment."""
    return "" if math.isnan(value) else f"{value:.0f}" if value >= 100 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main())
