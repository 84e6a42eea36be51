"""The Plan page on a bad line, 1 Mbit/s and 150 ms: how soon it can be read and its map is drawn, twice.

The line is Chromium's own emulation of a network. The first visit starts with an empty cache, the second has
what the first one left. Bytes are those of the answers as they were sent.

    python benchmarks/slow_line.py [--markdown]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys

from playwright.sync_api import BrowserContext, sync_playwright

from dfr.report.pdf import FLAGS, find_chromium

LINE = {"offline": False, "latency": 150, "downloadThroughput": 125_000, "uploadThroughput": 125_000}
TARGETS_S = (6.0, 3.0)
SCENARIO = "victorious-2024"
MARK = "name => (performance.getEntriesByName(name)[0]?.startTime ?? NaN) / 1000"


def visit(context: BrowserContext, address: str) -> dict[str, float]:
    """Seconds until the verdict and figures are written and until the map is drawn; bytes and requests."""
    page = context.new_page()
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.emulateNetworkConditions", LINE)
    loads: list[float] = []
    client.on("Network.loadingFinished", lambda event: loads.append(event["encodedDataLength"]))
    page.goto(address, wait_until="commit")
    page.wait_for_selector("body[data-ready]", timeout=120_000)
    figures, drawn = (page.evaluate(MARK, name) for name in ("figures", "map"))
    page.close()
    return {"figures_s": figures, "map_s": drawn, "kB": sum(loads) / 1000, "requests": float(len(loads))}


def measured() -> list[dict[str, float]]:
    """The first and the second visit of one browser."""
    command = [sys.executable, "-m", "dfr", "serve", "--port", "0", "--scenario", SCENARIO]
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as driver:
        assert server.stdout is not None
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found, "no address was printed"
        try:
            browser = driver.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *root])
            context = browser.new_context(viewport={"width": 1280, "height": 820})
            return [visit(context, f"{found[0]}plan") for _ in TARGETS_S]
        finally:
            server.terminate()


def main() -> int:
    if find_chromium() is None:
        print("no Chromium -> apt-get install chromium")
        return 0
    if "--markdown" in sys.argv:
        print("| visit to Plan | verdict and figures, s | map drawn, s | target, s | kB | requests |")
        print("|---|---|---|---|---|---|")
    for words, found, target in zip(("first", "second"), measured(), TARGETS_S, strict=True):
        times = f"{found['figures_s']:.1f} | {found['map_s']:.1f} | {target:.0f}"
        print(f"| {words} | {times} | {found['kB']:.0f} | {found['requests']:.0f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
