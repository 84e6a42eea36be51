"""A pytest plugin that learns, in one run, which tests execute which line, and how long each takes."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import coverage
import pytest

SETTINGS = """
[run]
data_file = {data}
parallel = true
include = {include}
context = ${{DFR_MUTANTS_TEST-}}
sigterm = true
"""


class Coverer:
    """Writes {"tests": {test: seconds}, "lines": {file: {line: [test]}}} of the tests that pass."""

    def __init__(self, out: Path, root: Path, include: list[str], *, by_the_clock: bool) -> None:
        self._out, self._root = out, root
        self._clock = time.monotonic if by_the_clock else time.process_time
        self._data = out.with_suffix(".coverage")
        settings = out.with_suffix(".coveragerc")
        settings.write_text(SETTINGS.format(data=self._data, include=",".join(include)))
        self._coverage = coverage.Coverage(config_file=str(settings), context="")
        self._context = ""
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._failed: set[str] = set()
        self._fixtures: dict[str, list[str]] = {}
        self._inner = 0.0
        os.environ["COVERAGE_PROCESS_START"] = str(settings)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        self._coverage.start()
        result = yield
        self._coverage.stop()
        self._coverage.save()
        self._write(session)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._fixtures[item.nodeid] = list(getattr(item, "fixturenames", ()))
        with_fixtures, self._inner = self._clock(), 0.0
        self._enter(item.nodeid)
        result = yield
        self._seconds[item.nodeid] = self._clock() - with_fixtures - self._inner
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """What a shared fixture runs is run for every test that asks for it, not only for the first."""
        if fixturedef.scope == "function":
            return (yield)
        outer, begun, inner = self._context, self._clock(), self._inner
        self._enter(f"fixture {fixturedef.argname}")
        result = yield
        took = self._clock() - begun - (self._inner - inner)
        self._seconds[f"fixture {fixturedef.argname}"] = took
        self._inner += took
        self._enter(outer)
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._failed.add(report.nodeid)

    def _enter(self, context: str) -> None:
        self._context = os.environ["DFR_MUTANTS_TEST"] = context
        self._coverage.switch_context(context)

    def _write(self, session: pytest.Session) -> None:
        users: dict[str, list[str]] = defaultdict(list)
        tests = [item.nodeid for item in session.items if item.nodeid not in self._failed]
        for test in tests:
            users[test].append(test)
            for name in self._fixtures.get(test, ()):
                users[f"fixture {name}"].append(test)
        lines: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for part in sorted(self._data.parent.glob(f"{self._data.name}.*")):
            data = coverage.CoverageData(str(part))
            data.read()
            for file in data.measured_files():
                for line, contexts in data.contexts_by_lineno(file).items():
                    name = str(Path(file).relative_to(self._root))
                    lines[name][line].update(test for context in contexts for test in users[context])
            part.unlink()
        took = {
            test: self._seconds[test]
            + sum(self._seconds.get(f"fixture {name}", 0.0) for name in set(self._fixtures.get(test, ())))
            for test in tests
        }
        told = {
            name: {line: sorted(at) for line, at in sorted(of.items())} for name, of in sorted(lines.items())
        }
        self._out.write_text(json.dumps({"tests": took, "lines": told}))


def pytest_configure(config: pytest.Config) -> None:
    """Told by the environment: JSON with the fields of `Coverer`."""
    given = json.loads(os.environ["DFR_MUTANTS_COVER"])
    config.pluginmanager.register(
        Coverer(Path(given["out"]), Path(given["root"]), given["include"], by_the_clock=given["by_the_clock"])
    )
