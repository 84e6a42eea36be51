"""A browser that may reach one server and nothing else, and servers started as a user starts them."""

import contextlib
import json
import re
import shutil
import subprocess
import sys

import pytest

from dfr.io.scenario_files import shipped_scenarios

START_S = 60_000

SERVER_GONE = re.compile(
    r"net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED|INTERNET_DISCONNECTED)"
)
"""A test's server ends before its pages do, or its network is cut: that they cannot reach it is no fault."""


WINDOW = {"viewport": {"width": 1280, "height": 820}, "device_scale_factor": 0.5}
"""A quarter of the pixels in the same layout: without a graphics card each of them costs processor time."""


class Watched:
    """A page that remembers what went wrong on it."""

    def __init__(self, page, base, allowed=()):
        self.page, self.base = page, base
        self._allowed = (base, *allowed, "data:", "blob:")
        self.errors, self.outside = [], []
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._asked)

    def _asked(self, request):
        if not request.url.startswith(self._allowed):
            self.outside.append(request.url)

    def open(self, name):
        self.page.goto(f"{self.base}/{name}")
        self.page.wait_for_selector("body[data-ready]", timeout=START_S)
        return self.page


@pytest.fixture
def watched(browser):
    """A function from a server's address to a watched page; at the end nothing may have gone wrong."""
    made = []

    def watch(base, *, allowed=(), **options):
        context = browser.new_context(**{**WINDOW, **options})
        page = Watched(context.new_page(), base, allowed)
        made.append((context, page))
        return page

    yield watch
    for context, page in made:
        context.close()
        assert [text for text in page.errors if not SERVER_GONE.search(text)] == []
        assert page.outside == []


@contextlib.contextmanager
def serving(*arguments):
    """`dfr serve` as a process of its own; gives its address."""
    with serving_process(*arguments) as (base, _):
        yield base


@contextlib.contextmanager
def serving_process(*arguments):
    """`dfr serve`, with its process."""
    command = [sys.executable, "-m", "dfr", "serve", "--port", "0", "--json", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            text = ""
            while line := process.stdout.readline():
                text += line
                if line.rstrip() == "}":
                    break
            assert text, process.stderr.read()
            yield json.loads(text)["url"].rstrip("/"), process
        finally:
            process.terminate()
            process.communicate(timeout=900)


@pytest.fixture(scope="session")
def serve():
    return serving


@pytest.fixture(scope="session")
def planning(serve):
    """The address of the festival's plan, for tests that leave it as it is."""
    with serve("--scenario", "victorious-2024", "--jobs", "1") as base:
        yield base


@pytest.fixture(scope="session")
def rehearsed_folder(rehearsed):
    """A small rehearsal of a copy of the festival: plan, records and flights."""
    return rehearsed / "run"


@pytest.fixture
def copied(tmp_path):
    """A copy of the festival's scenario that may be written."""
    path = tmp_path / "mine.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], path)
    return path
