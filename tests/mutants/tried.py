"""A pytest plugin that tries mutants: it collects once, then forks for each of them and runs its tests."""

from __future__ import annotations

import gc
import json
import os
import resource
import select
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

SURVIVED, KILLED, ELSEWHERE = 0, 1, 2
"""What a fork ends with; ELSEWHERE where the change cannot be put into a program that runs already."""

LIMIT_FACTOR, LIMIT_S = 4.0, 20.0
"""How much longer than they took, and how much at least, the tests of a mutant may take: of the processor's
time, and on the wall as many times that as a job has patience for a busy machine."""


class Trier:
    """Tries `jobs` (path, source, function and tests of each); writes a line of JSON for each to `out`."""

    def __init__(self, jobs: list[dict[str, Any]], out: Path, root: Path) -> None:
        self._jobs, self._out, self._root = jobs, out, root

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        for test in _failing(session.items) if any(job.get("unsure") for job in self._jobs) else ():
            del items[test]
        functions = _functions(self._root)
        loaded = {path for path, _ in functions}
        gc.freeze()
        for job in self._jobs:
            chosen = _chosen(items, job["tests"])
            begun = time.monotonic()
            with _written(self._root / job["path"], job["source"]):
                result = _fork(
                    job | {"loaded": job["path"] in loaded},
                    chosen,
                    functions.get((job["path"], job["function"]), []),
                )
            told = {"key": job["key"], **result, "seconds": round(time.monotonic() - begun, 2)}
            with self._out.open("a") as out:
                out.write(json.dumps(told) + "\n")
        return True


def _chosen(items: dict[str, pytest.Item], tests: list[str]) -> list[pytest.Item]:
    """The tests named, in that order; of a file that is named, all."""
    files = {test: [item for item in items.values() if item.nodeid.startswith(f"{test}::")] for test in tests}
    return [item for test in tests for item in ([items[test]] if test in items else files[test])]


class _written:  # noqa: N801 - reads as what it is: `with _written(...)`
    """The mutant on disk for the processes that a test starts, and afterwards what was there."""

    def __init__(self, path: Path, source: str) -> None:
        self._path, self._source = path, source

    def __enter__(self) -> None:
        self._before, self._at = self._path.read_bytes(), self._path.stat()
        self._path.write_text(self._source, encoding="utf-8")

    def __exit__(self, *_: object) -> None:
        self._path.write_bytes(self._before)
        os.utime(self._path, ns=(self._at.st_atime_ns, self._at.st_mtime_ns))


def _functions(root: Path) -> dict[tuple[str, str], list[FunctionType]]:
    """Every function that is loaded, by its file below the root and its qualified name."""
    found: dict[tuple[str, str], list[FunctionType]] = {}
    for value in gc.get_objects():
        if isinstance(value, FunctionType) and value.__code__.co_filename.startswith(str(root)):
            name = str(Path(value.__code__.co_filename).relative_to(root))
            found.setdefault((name, value.__code__.co_qualname), []).append(value)
    return found


def _failing(items: list[pytest.Item]) -> list[str]:
    """The tests that fail without any mutant: those written since may ask for what was not there yet."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            for item, after in zip(items, [*items[1:], None], strict=True):
                if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
                    os.write(writing, f"{item.nodeid}\n".encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        failing = told.read().splitlines()
    os.waitpid(child, 0)
    return failing


def _fork(job: dict[str, Any], items: list[pytest.Item], functions: list[FunctionType]) -> dict[str, Any]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        code = ELSEWHERE
        try:
            code = _try(job, items, functions, writing)
        finally:
            os._exit(code)
    os.close(writing)
    limit_s = job["patience"] * (LIMIT_S + LIMIT_FACTOR * job["expected_s"])
    ready, _, _ = select.select([reading], [], [], limit_s)
    said = os.read(reading, 65536).decode() if ready else ""
    os.close(reading)
    if not ready:
        os.killpg(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if not ready or (os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGXCPU, signal.SIGKILL}):
        return {"outcome": "timeout", "by": ""}
    if os.WIFSIGNALED(status):
        return {"outcome": "killed", "by": f"signal {os.WTERMSIG(status)}"}
    outcomes = {SURVIVED: "survived", KILLED: "killed", ELSEWHERE: "elsewhere"}
    return {"outcome": outcomes[os.WEXITSTATUS(status)], "by": said}


def _try(job: dict[str, Any], items: list[pytest.Item], functions: list[FunctionType], out: int) -> int:
    os.setpgid(0, 0)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    most_s = int(LIMIT_S + LIMIT_FACTOR * job["expected_s"])
    resource.setrlimit(resource.RLIMIT_CPU, (most_s, most_s + 5))
    if not _swap(job, functions):
        return ELSEWHERE
    for item, after in zip(items, [*items[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
            os.write(out, item.nodeid.encode())
            return KILLED
    return SURVIVED


def _swap(job: dict[str, Any], functions: list[FunctionType]) -> bool:
    """The mutant's code put into the function that everybody holds already; False where that cannot be."""
    if not job["loaded"]:
        return True  # read from the disk when a test asks for it
    if not job["function"] or not functions:
        return False
    path = functions[0].__code__.co_filename
    codes = [
        code for code in _codes(compile(job["source"], path, "exec")) if code.co_qualname == job["function"]
    ]
    if len(codes) != 1 or any(f.__code__.co_freevars != codes[0].co_freevars for f in functions):
        return False
    for function in functions:
        function.__code__ = codes[0]
    return True


def _codes(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _codes(part)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Only tests that some mutant asks for."""
    asked = {
        test for job in json.loads(Path(os.environ["DFR_MUTANTS_JOBS"]).read_text()) for test in job["tests"]
    }
    items[:] = [item for item in items if {item.nodeid, item.nodeid.split("::")[0]} & asked]


def pytest_configure(config: pytest.Config) -> None:
    """Told by the environment: a file of jobs, a file for their results, and the root of the sources."""
    jobs = json.loads(Path(os.environ["DFR_MUTANTS_JOBS"]).read_text())
    config.pluginmanager.register(
        Trier(jobs, Path(os.environ["DFR_MUTANTS_OUT"]), Path(os.environ["DFR_MUTANTS_ROOT"]))
    )
