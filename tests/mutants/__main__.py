"""Would the tests notice? `python -m tests.mutants run [ROOM ...]` changes lines at random and asks them."""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import platformdirs

from .mutations import Mutant, sample_mutants
from .rooms import ROOMS, Room
from .told import write_report

REPOSITORY = Path(__file__).resolve().parents[2]
BUDGET_S = 30.0
"""Of the tests that execute a line, quickest first, as many as take this long in all, or as told."""

PYTEST = ("-p", "no:cacheprovider", "-p", "no:xdist", "-q", "-m", "not slow", "--hypothesis-profile=ci")
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def main() -> None:
    """Run a room's mutants, or print the table of all that were run at a commit."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("what", choices=["run", "again", "report"])
    parser.add_argument("rooms", nargs="*", choices=[*ROOMS, []], help="all where none is named")
    parser.add_argument("--commit", default="HEAD")
    parser.add_argument("--count", type=int, default=200, help="mutants of each room")
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds of tests for each mutant")
    parser.add_argument("--store", type=Path, default=platformdirs.user_cache_path("dfr") / "mutants")
    parser.add_argument("--tests", nargs="*", default=[], help="ask these files again, not all that changed")
    parser.add_argument("--docs", action="store_true", help="write docs/mutants.md")
    given = parser.parse_args()
    commit = _git("rev-parse", given.commit)
    store = given.store.resolve() / commit[:12]
    if given.what == "run":
        for name in given.rooms or ROOMS:
            run_room(name, ROOMS[name], commit, store / name, given.count, given.budget)
    if given.what == "again":
        for name in given.rooms or ROOMS:
            ask_again(ROOMS[name], commit, store / name, given.tests)
    write_report(store, commit, REPOSITORY / "docs" / "mutants.md" if given.docs else None)


def run_room(name: str, room: Room, commit: str, store: Path, count: int, budget_s: float) -> None:
    """Try so many mutants of a room; those that were tried at this commit are not tried again."""
    asked = json.loads(learn_coverage(room, commit, store.parent).read_text())
    tree = _check_out(commit, store)
    mutants = sample_mutants(tree, room.files(tree), seed=commit, count=count)
    (store / "mutants.json").write_text(json.dumps([_told(m) | {"key": m.key} for m in mutants], indent=1))
    results = store / "results.jsonl"
    done = {line["key"] for line in read_lines(results) if line["outcome"] != "elsewhere"}
    jobs = [
        _job(mutant, asked, budget_s, by_the_clock=room.processes)
        for mutant in mutants
        if mutant.key not in done
    ]
    untested = [job for job in jobs if not job["tests"]]
    _append(results, [{"key": job["key"], "outcome": "survived", "by": "no test"} for job in untested])
    jobs = [job for job in jobs if job["tests"]]
    print(
        f"{name}: {len(mutants)} mutants, {len(done)} done, {len(untested)} on lines no test executes",
        flush=True,
    )
    if jobs:
        _try_in_forks(tree, room, store, jobs)
        _settle_alone(tree, jobs, results)


def ask_again(room: Room, commit: str, store: Path, tests: list[str]) -> None:
    """Ask the tests that were written or changed since a room's mutants were tried about its survivors."""
    changed = _git("diff", "--name-only", "--diff-filter=d", commit, "--", *room.tests).split()
    tests = tests or [name for name in changed if Path(name).name.startswith("test_")]
    survivors = {line["key"] for line in read_lines(store / "results.jsonl") if line["outcome"] == "survived"}
    if not tests or not survivors:
        return
    tree = _check_out(commit, store)
    mutants = sample_mutants(tree, room.files(tree), seed=commit, count=_count(store))
    shutil.copytree(REPOSITORY / "tests", tree / "tests", dirs_exist_ok=True)
    jobs = [
        _told(mutant)
        | {
            "key": mutant.key,
            "source": mutant.source,
            "tests": tests,
            "expected_s": BUDGET_S,
            "patience": 10,
            "unsure": True,
        }
        for mutant in mutants
        if mutant.key in survivors
    ]
    _try_in_forks(tree, replace(room, tests=tuple(tests)), store, jobs, "again.jsonl")
    unmutated = jobs[0] | {"source": (tree / jobs[0]["path"]).read_text(encoding="utf-8")}
    if _try_alone(tree, unmutated)["outcome"] == "survived":
        _settle_alone(tree, jobs, store / "again.jsonl")


def _count(store: Path) -> int:
    return len(json.loads((store / "mutants.json").read_text()))


def learn_coverage(room: Room, commit: str, store: Path) -> Path:
    """What the room's tests execute of every room that is asked of the same tests; learnt once a commit."""
    alike = [other for other in ROOMS.values() if other.tests == room.tests]
    names = "+".join(name for name, other in ROOMS.items() if other in alike)
    tree = _check_out(commit, store / f"covered-{names}")
    covered = tree.parent / "covered.json"
    if not covered.is_file():
        given = {
            "out": str(covered),
            "root": str(tree),
            "include": [str(file) for other in alike for file in other.files(tree)],
            "by_the_clock": room.processes,
        }
        _pytest(tree, room, "tests.mutants.covered", {"DFR_MUTANTS_COVER": json.dumps(given)})
    return covered


def _told(mutant: Mutant) -> dict[str, Any]:
    return {name: getattr(mutant, name) for name in ("path", "line", "function", "before", "after")}


def _job(mutant: Mutant, asked: dict[str, Any], budget_s: float, *, by_the_clock: bool) -> dict[str, Any]:
    """A mutant with the tests that execute its statement, quickest first, as far as the budget goes."""
    lines = asked["lines"].get(mutant.path, {})
    wanted = _statement(mutant) if mutant.function else _read_with_module(mutant)
    tests = {test for line, of in lines.items() if int(line) in wanted for test in of}
    chosen, spent_s = [], 0.0
    for test in sorted(tests, key=lambda test: (asked["tests"][test], test)):
        if chosen and spent_s + asked["tests"][test] > budget_s:
            break
        chosen.append(test)
        spent_s += asked["tests"][test]
    job = _told(mutant) | {"key": mutant.key, "source": mutant.source, "tests": chosen}
    return job | {
        "expected_s": spent_s,
        "patience": 1 if by_the_clock else 10,
        "cut": len(tests) - len(chosen),
    }


def _statement(mutant: Mutant) -> range:
    """The lines of the smallest statement at the mutant's line; of one with a body, those before the body."""
    best = range(mutant.line, mutant.line + 1)
    for node in ast.walk(ast.parse(mutant.source)):
        if isinstance(node, ast.stmt) and node.lineno <= mutant.line <= (node.end_lineno or node.lineno):
            body = getattr(node, "body", None)
            end = body[0].lineno if isinstance(body, list) and body else (node.end_lineno or node.lineno) + 1
            if node.lineno <= mutant.line < max(end, node.lineno + 1):
                best = range(node.lineno, max(end, node.lineno + 1))
    return best


def _read_with_module(mutant: Mutant) -> range:
    """The lines of the function whose default this is; of a constant, every line."""
    for node in ast.walk(ast.parse(mutant.source)):
        function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if function and node.lineno <= mutant.line < node.body[0].lineno:
            return range(node.lineno, (node.end_lineno or node.lineno) + 1)
    return range(10**6)


def _try_in_forks(
    tree: Path, room: Room, store: Path, jobs: list[dict[str, Any]], results: str = "results.jsonl"
) -> None:
    file = store / "jobs.json"
    file.write_text(json.dumps(jobs))
    told = {"JOBS": str(file), "OUT": str(store / results), "ROOT": str(tree)}
    environment = {f"DFR_MUTANTS_{name}": value for name, value in told.items()}
    _pytest(tree, room, "tests.mutants.tried", environment)


def _settle_alone(tree: Path, jobs: list[dict[str, Any]], results: Path) -> None:
    """Try those that could not be put into a program that runs already."""
    lines = read_lines(results)
    left = {line["key"] for line in lines if line["outcome"] == "elsewhere"}
    left -= {line["key"] for line in lines if line["outcome"] != "elsewhere"}
    for job in jobs:
        if job["key"] in left:
            _append(results, [{"key": job["key"], **_try_alone(tree, job)}])


def _try_alone(tree: Path, job: dict[str, Any]) -> dict[str, Any]:
    """A mutant in a Python of its own: constants, defaults and decorators act when a module is read."""
    path = tree / job["path"]
    before, at = path.read_bytes(), path.stat()
    path.write_text(job["source"], encoding="utf-8")
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *PYTEST, "-x", *job["tests"]],
            cwd=tree, env=_environment(tree), capture_output=True, text=True,
            timeout=60.0 + 10.0 * job["expected_s"], check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"outcome": "timeout", "by": ""}
    finally:
        path.write_bytes(before)
        os.utime(path, ns=(at.st_atime_ns, at.st_mtime_ns))
    if done.returncode == 0:
        return {"outcome": "survived", "by": ""}
    failed = [line.split()[1] for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return {"outcome": "killed", "by": failed[0] if failed else "the import"}


def _pytest(tree: Path, room: Room, plugin: str, environment: dict[str, str]) -> None:
    options = [*PYTEST, "-s", "-p", plugin, "--basetemp", str(tree.parent / "tmp")]
    with (tree.parent / "pytest.log").open("a") as log:
        subprocess.run(
            [sys.executable, "-m", "pytest", *options, *room.tests],
            cwd=tree, env=_environment(tree) | environment, stdout=log, stderr=log, check=False,
        )  # fmt: skip


def _environment(tree: Path) -> dict[str, str]:
    """These sources before those installed; coverage in the vehicles that are started."""
    begun = tree.parent / "begun"
    begun.mkdir(exist_ok=True)
    (begun / "sitecustomize.py").write_text("import coverage\ncoverage.process_startup()\n")
    return os.environ | QUIET | {"PYTHONPATH": os.pathsep.join([str(tree), str(begun)])}


def _check_out(commit: str, store: Path) -> Path:
    """The sources of the commit, with this tree's plugins and the recordings that lie beside it."""
    tree = store / "tree"
    tree.mkdir(parents=True, exist_ok=True)
    # Each time anew: a run that was stopped has left its last mutant there.
    archive = subprocess.run(["git", "archive", commit], cwd=REPOSITORY, stdout=subprocess.PIPE, check=True)
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)
    shared = REPOSITORY.parent / "shared"
    if shared.is_dir() and not (store / "shared").exists():
        (store / "shared").symlink_to(shared)
    shutil.copytree(Path(__file__).parent, tree / "tests" / "mutants", dirs_exist_ok=True)
    return tree


def read_lines(file: Path) -> list[dict[str, Any]]:
    """The objects of a file of JSON lines; none where there is no file."""
    return [json.loads(line) for line in file.read_text().splitlines()] if file.is_file() else []


def _append(file: Path, lines: list[dict[str, Any]]) -> None:
    with file.open("a") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=REPOSITORY, capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
