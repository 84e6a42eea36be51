"""The Plan page with 10,000 features under it: how soon it is painted, and how smoothly it is dragged.

Frames are the browser's own: the times between its animation frames while a mouse drags the map to and fro.

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
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from dfr.io.scenario_files import shipped_scenarios
from dfr.report.pdf import FLAGS, find_chromium

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


def measured(scenario: Path) -> dict[str, float]:
    """The figures of one server and one browser."""
    command = [sys.executable, "-m", "dfr", "serve", "--port", "0", "--scenario", str(scenario)]
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as driver:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found, "no address was printed"
        browser = driver.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *root])
        page = browser.new_page(viewport={"width": 1280, "height": 820})
        page.goto(f"{found[0]}plan")
        page.wait_for_selector("body[data-ready]")
        page.wait_for_timeout(3000)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        read = page.evaluate("performance.getEntriesByName('figures')[0].startTime")
        result = {"first_paint_ms": paint, "panel_ms": read, **dragged(page)}
        browser.close()
        server.terminate()
    return result


def main() -> int:
    if find_chromium() is None:
        print("no Chromium -> apt-get install chromium")
        return 0
    with tempfile.TemporaryDirectory(prefix="dfr-web-") as name:
        found = measured(crowded(Path(name)))
    rows = [
        ("first paint, ms", found["first_paint_ms"], "1000"),
        ("docks, times and findings on the page, ms", found["panel_ms"], "1000"),
        ("frames a second while dragged", found["fps"], "30"),
        ("frame, median, ms", found["median_ms"], ""),
        ("frame, 95th percentile, ms", found["p95_ms"], ""),
    ]
    if "--markdown" in sys.argv:
        print("| | measured | target |\n|---|---|---|")
    for words, value, target in rows:
        print(f"| {words} | {value:.0f} | {target} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
