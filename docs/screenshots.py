"""Pictures of every page for the docs: `make screenshots` rehearses, serves and looks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import make_plan
from dfr.report.isochrones import draw_isochrones_by_hour
from dfr.report.pdf import FLAGS, find_chromium

IMAGES = Path(__file__).resolve().parent / "images"
SCENARIO = "victorious-2024"
FLIGHT_MS = 300_000
PATIENCE_MS = 180_000
ROOT = ["--no-sandbox"] if os.geteuid() == 0 else []


def dfr(*arguments: str) -> list[str]:
    """The command line that runs a verb."""
    return [sys.executable, "-m", "dfr", *arguments]


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """A server and its address."""
    command = dfr("serve", "--port", "0", "--json", *arguments)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            lines = []
            while process.stdout is not None and (line := process.stdout.readline()):
                lines.append(line)
                if line.rstrip() == "}":
                    break
            yield str(json.loads("".join(lines))["url"]).rstrip("/")
        finally:
            process.terminate()


def opened(browser: Browser, base: str, name: str, width: int = 1280) -> Page:
    """A page, ready and with its map drawn."""
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{base}/{name}")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(2_500)
    return page


def scrub(page: Page, share: float) -> None:
    """Move the replay to a share of its span."""
    page.evaluate(
        "share => { const s = document.getElementById('scrub');"
        " s.value = +s.min + share * (s.max - s.min); s.dispatchEvent(new Event('input')); }",
        share,
    )
    page.wait_for_timeout(1_500)


BUSIEST = """async () => {
  const shift = await (await fetch("/api/replay/shift?run=1&kind=typical")).json();
  const flies = (f, t) => f.airborne_s !== null && f.airborne_s <= t && t <= (f.landed_s ?? t);
  const aloft = (t) => shift.flights.filter((f) => flies(f, t)).length;
  const within = (t) => shift.start_s <= t && t <= shift.end_s;
  const moments = shift.flights.map((f) => f.airborne_s + 60).filter(within);
  const best = moments.reduce((a, b) => (aloft(b) > aloft(a) ? b : a));
  return (best - shift.start_s) / (shift.end_s - shift.start_s);
}"""
"""Where in the replayed shift most drones fly, as a share of its span."""


def pictures(browser: Browser, base: str) -> None:
    """One picture for each page, and one on a phone."""
    page = opened(browser, base, "plan")
    page.screenshot(path=IMAGES / "plan.png")
    page.click("#others summary")
    page.click("[data-key='use:ladies-mile']")
    page.wait_for_selector("#docks [data-key='use:ladies-mile']")
    page.click("#fence")
    page.wait_for_timeout(1_500)
    page.screenshot(path=IMAGES / "plan-edit.png")
    page.click("#fence")
    page.click("#undo")
    page.wait_for_selector("#sites [data-key='use:ladies-mile']")
    page.click("#contrast")
    page.wait_for_timeout(1_500)
    page.screenshot(path=IMAGES / "plan-contrast.png")
    opened(browser, base, "plan", 390).screenshot(path=IMAGES / "plan-phone.png")
    opened(browser, base, "simulate").screenshot(path=IMAGES / "simulate.png")
    page = opened(browser, base, "replay")
    page.select_option("#source", index=1)
    page.wait_for_timeout(1_500)
    scrub(page, page.evaluate(BUSIEST))
    page.screenshot(path=IMAGES / "replay.png")
    page.select_option("#source", index=4)
    page.wait_for_timeout(1_500)
    scrub(page, 0.3)
    page.screenshot(path=IMAGES / "replay-flight.png")
    page = opened(browser, base, "live")
    page.select_option("#zone", "castle-stage")
    page.click("[data-command=dispatch]")
    page.click("#yes")
    aloft = "parseFloat(document.querySelector('[data-row=height]').innerText) > 50"
    for _ in range(FLIGHT_MS // 500):
        if page.evaluate(aloft):
            break
        page.wait_for_timeout(500)
    page.screenshot(path=IMAGES / "live.png")


def from_nothing(browser: Browser, base: str) -> None:
    """Home, the form of a new deployment, and what its plan still needs."""
    page = opened(browser, base, "")
    page.evaluate("document.getElementById('folder').textContent = 'deployments'")
    page.screenshot(path=IMAGES / "home.png")
    page.get_by_role("link", name="New deployment").click()
    page.wait_for_selector("body[data-ready]")
    page.fill("#title", "Southsea fête")
    page.fill("#where", "SZ 6432 9844")
    page.press("#where", "Enter")
    page.wait_for_selector("#found label")
    day = str(datetime.now(tz=UTC).date() + timedelta(days=10))
    page.fill("#first", day)
    page.fill("#last", day)
    page.check("input[value=VLOS]")
    page.evaluate("document.querySelector('#content').scrollTo(0, 0)")
    page.screenshot(path=IMAGES / "new.png")
    page.click("#create")
    page.wait_for_url("**/plan")
    page.wait_for_selector("body[data-ready]")
    page.wait_for_timeout(2_500)
    page.screenshot(path=IMAGES / "checklist.png")


def printed(run: str, folder: Path) -> None:
    """The brief's two pages one under the other."""
    brief = folder / "brief.html"
    subprocess.run(dfr("brief", run, "--out", str(brief)), check=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *ROOT])
        page = browser.new_page(viewport={"width": 900, "height": 1188})
        page.goto(brief.as_uri())
        page.screenshot(path=IMAGES / "brief.png", full_page=True)
        browser.close()


def main() -> int:
    """Take them all; the exit code."""
    chromium = find_chromium()
    if chromium is None:
        sys.stderr.write("no Chromium -> apt-get install chromium\n")
        return 2
    IMAGES.mkdir(exist_ok=True)
    world = load_world(find_scenario(SCENARIO))
    plan = make_plan(world)
    _, windy, _ = draw_isochrones_by_hour(world, plan)
    (IMAGES / "isochrones-hours.svg").write_text(windy[1], encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="dfr-screenshots-") as name:
        deployments = Path(name) / "deployments"
        deployments.mkdir()
        with sync_playwright() as driver, serving("--folder", str(deployments)) as base:
            browser = driver.chromium.launch(executable_path=chromium, args=[*FLAGS, *ROOT])
            from_nothing(browser, base)
            browser.close()
        run, scenario = str(Path(name) / "run"), str(Path(name) / f"{SCENARIO}.yaml")
        shutil.copy(find_scenario(SCENARIO), scenario)
        subprocess.run(
            dfr("rehearse", scenario, "--replications", "20", "--engine", "builtin", "--out", run),
            check=False,
        )
        options = ("--run", run, "--vehicle", "builtin", "--allow-control", "--speedup", "4")
        with sync_playwright() as driver, serving(*options) as base:
            browser = driver.chromium.launch(executable_path=chromium, args=[*FLAGS, *ROOT])
            pictures(browser, base)
            browser.close()
        printed(run, Path(name))
    return 0


if __name__ == "__main__":
    sys.exit(main())
