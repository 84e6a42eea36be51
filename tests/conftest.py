"""Fixtures of every test: the recorded reference data where it is present, and both engines that fly."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import runpy
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from dfr.io.scenario_files import shipped_scenarios
from dfr.report.pdf import FLAGS, find_chromium
from dfr.store.landing_cache import use_landing_cache

from .cli.verbs import dfr

REPOSITORY = Path(__file__).resolve().parent.parent
REFERENCE = REPOSITORY.parent / "shared" / "reference"

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background jobs ignore Ctrl-C, and so would the verbs that tests start and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


LONG_FIRST = re.compile(r"tests/(browser/|test_(package|readme|docs)\.py)")
"""Where one test takes longest; begun last, it would keep the other workers waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first, otherwise in their order: spread among others, vehicles would lack the processor."""
    items.sort(key=lambda item: not LONG_FIRST.match(item.nodeid))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this run."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session", autouse=True)
def _own_cache(shared_folder: Path) -> None:
    """Let no test touch the cache of whoever runs the tests; tests that run side by side share one."""
    os.environ["DFR_CACHE"] = str(shared_folder / "cache")
    use_landing_cache()


@pytest.fixture(scope="session")
def reference() -> Path:
    """The recordings of a real ArduCopter and the published data; skips where they are absent."""
    if not REFERENCE.is_dir():
        pytest.skip(f"no reference data at {REFERENCE}")
    return REFERENCE


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of this checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def rehearsed(shared_folder: Path) -> Path:
    """`run`, `answer.json` and `junit.xml` of a small rehearsal of a copy of the festival.

    It flies the built-in vehicle, made by the first worker who asks; nobody may write there.
    """
    folder = shared_folder / "rehearsed"
    folder.mkdir(exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "answer.json").is_file():
            _rehearse_festival(folder)
    return folder


def _rehearse_festival(folder: Path) -> None:
    scenario = folder / "victorious-2024.yaml"
    shutil.copy(shipped_scenarios()["victorious-2024"], scenario)
    options = ["--replications", "6", "--jobs", "1", "--junit", folder / "junit.xml", "--json"]
    with mock.patch.dict(os.environ):
        os.environ.pop("DFR_ARDUCOPTER", None)
        done = dfr("rehearse", scenario, "--out", folder / "run", *options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (folder / "answer.json").write_text(done.stdout)


@pytest.fixture
def pmtiles(tmp_path: Path) -> Path:
    """A map of one tile, all water."""
    archive = runpy.run_path(str(REPOSITORY / "tests" / "pmtiles.py"))["archive"]
    path = tmp_path / "mine.pmtiles"
    path.write_bytes(archive())
    return path


HOSTILE = "\"><img src=x onerror=alert(1)><script>alert(2)</script>'${$\\bad{$]]>&lt;"
"""A name that leaves an attribute, an element, a script, a formula and a CDATA section, if it is let."""

NAMED = frozenset({"name", "title", "description", "access", "note", "source", "contact", "basis"})


def _hostile(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _hostile(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_hostile(item) for item in value]
    return HOSTILE + value[:8] if isinstance(value, str) and key in NAMED else value


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The festival, in whose every free text is markup."""
    told = _hostile(yaml.safe_load(shipped_scenarios()["victorious-2024"].read_text()))
    told["name"] = "hostile"
    path = tmp_path_factory.mktemp("hostile") / "hostile.yaml"
    path.write_text(yaml.safe_dump(told, sort_keys=False))
    return path


@pytest.fixture(scope="session")
def chromium() -> str:
    """A Chromium to print and browse with; skips where there is none, fails where it is required."""
    found = find_chromium()
    if found is None:
        message = "no Chromium on the path -> apt-get install chromium, or set DFR_CHROMIUM"
        if "browser" in os.environ.get("DFR_REQUIRE", "").split(","):
            pytest.fail(message)
        pytest.skip(message)
    return found


def _playwright() -> Any:
    """The driver; where it is missing the tests skip, or fail where a browser is required."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        if "browser" in os.environ.get("DFR_REQUIRE", "").split(","):
            pytest.fail("playwright is not installed -> pip install playwright")
        pytest.skip("playwright is not installed")
    return sync_playwright


NOT_FIRST = ("setpriv", "--bounding-set", "-sys_nice", "--inh-caps", "-sys_nice")


@pytest.fixture(scope="session")
def modest_chromium(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Chromium that cannot raise its priority, as root may: it would starve the vehicles of other tests."""
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        subprocess.run([*NOT_FIRST, "true"], check=True, capture_output=True)
        script = tmp_path_factory.mktemp("chromium") / "chromium"
        script.write_text(f'#!/bin/sh\nexec {" ".join(NOT_FIRST)} "{chromium}" "$@"\n')
        script.chmod(0o755)
        return str(script)
    return chromium


PICTURES = ("--disable-features=WebRtcHideLocalIpsWithMdns", "--allow-loopback-in-peer-connection")
"""Two pages of one machine send each other pictures, whatever its network is like."""


@pytest.fixture(scope="session")
def browser(modest_chromium: str) -> Iterator[Any]:
    """One browser for all tests of a worker: its driver can be started only once at a time."""
    with _playwright()() as driver:
        root = ["--no-sandbox"] if os.geteuid() == 0 else []
        args = [*FLAGS, *root, *PICTURES]
        made = driver.chromium.launch(executable_path=modest_chromium, args=args)
        yield made
        made.close()


@pytest.fixture(scope="session", params=["builtin", pytest.param("ardupilot", marks=pytest.mark.ardupilot)])
def engine(request: pytest.FixtureRequest) -> str:
    """Each engine in turn; ArduCopter is skipped where none is named, unless DFR_REQUIRE asks for it."""
    name: str = request.param
    if name == "ardupilot" and not os.environ.get("DFR_ARDUCOPTER"):
        if "ardupilot" in os.environ.get("DFR_REQUIRE", "").split(","):
            pytest.fail("DFR_REQUIRE asks for ardupilot, but DFR_ARDUCOPTER names no binary")
        pytest.skip("DFR_ARDUCOPTER names no ArduCopter SITL")
    return name
