"""The runner of mutants on a program of a few lines, whose answer is known."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .__main__ import _job
from .mutations import Mutant, sample_mutants
from .told import Tally

REPOSITORY = Path(__file__).resolve().parents[2]
CODE = '''
"""Speeds."""

LIMIT_MPS = 10.0


def is_fast(speed_mps: float) -> bool:
    return abs(speed_mps) > LIMIT_MPS


def words(fast: bool, most: int = 12) -> str:
    return "far too fast" if fast else ""
'''
WORDS = "def words(fast: bool, most: int = 12) -> str:"
TESTS = """
from speeds import is_fast, words

def test_it_is_fast_above_the_limit():
    assert is_fast(11.5)
    assert not is_fast(3.0)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "speeds.py").write_text(CODE)
    (tmp_path / "test_speeds.py").write_text(TESTS)
    return tmp_path


def drawn(program: Path, *, seed: str = "a", count: int = 1000) -> list[Mutant]:
    return sample_mutants(program, [program / "speeds.py"], seed=seed, count=count)


def test_every_mutant_is_another_program_and_the_seed_alone_decides_which(program: Path):
    mutants = drawn(program)
    assert {mutant.source for mutant in mutants} & {CODE} == set()
    assert len({mutant.key for mutant in mutants}) == len(mutants)
    few = [mutant.key for mutant in drawn(program, count=3)]
    assert few == [mutant.key for mutant in drawn(program, count=3)]
    assert few != [mutant.key for mutant in drawn(program, seed="b", count=3)]


def test_comparisons_and_numbers_are_changed_and_words_and_types_are_not(program: Path):
    changed = {(mutant.before, mutant.after) for mutant in drawn(program)}
    assert ("return abs(speed_mps) > LIMIT_MPS", "return abs(speed_mps) >= LIMIT_MPS") in changed
    assert ("LIMIT_MPS = 10.0", "LIMIT_MPS = 11.0") in changed
    assert not [after for _, after in changed if "FAR" in after or "XXfar" in after]
    assert {before for before, _ in changed if before.startswith(("def", '"""'))} == {WORDS}


def test_a_default_is_read_with_its_module_and_asked_of_the_tests_of_its_function(program: Path):
    (mutant,) = {m for m in drawn(program) if m.before == WORDS and "13" in m.after}
    assert mutant.function is None
    line = mutant.line + 1
    asked = {
        "tests": {"of_words": 1.0, "of_another": 0.1},
        "lines": {"speeds.py": {str(line): ["of_words"], str(line - 4): ["of_another"]}},
    }
    assert _job(mutant, asked, 30.0, by_the_clock=False)["tests"] == ["of_words"]


def test_forks_tell_killed_from_survived_and_leave_the_file_as_it_was(program: Path):
    made = {(mutant.before, mutant.after): mutant for mutant in drawn(program)}
    tried = [
        made["return abs(speed_mps) > LIMIT_MPS", "return abs(None) > LIMIT_MPS"],
        made["return abs(speed_mps) > LIMIT_MPS", "return abs(speed_mps) >= LIMIT_MPS"],
        made["LIMIT_MPS = 10.0", "LIMIT_MPS = None"],
    ]
    test = "test_speeds.py::test_it_is_fast_above_the_limit"
    names = ("key", "path", "function", "source")
    jobs = [
        {name: getattr(mutant, name) for name in names} | {"tests": [test], "expected_s": 1.0, "patience": 10}
        for mutant in tried
    ]
    (program / "jobs.json").write_text(json.dumps(jobs))
    told = {"JOBS": program / "jobs.json", "OUT": program / "results.jsonl", "ROOT": program}
    environment = os.environ | {f"DFR_MUTANTS_{name}": str(value) for name, value in told.items()}
    environment["PYTHONPATH"] = f"{program}{os.pathsep}{REPOSITORY}"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-p", "tests.mutants.tried", "test_speeds.py"],
        cwd=program, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    lines = [json.loads(line) for line in (program / "results.jsonl").read_text().splitlines()]
    assert [line["outcome"] for line in lines] == ["killed", "survived", "elsewhere"], done.stdout
    assert lines[0]["by"] == test
    assert (program / "speeds.py").read_text() == CODE


def test_timeouts_and_equal_programs_count_neither_way():
    row = Tally(room="link", killed=90, survived=10, equivalent=5, timeout=7, since=4, drawn=200).row()
    assert (
        row == "| link | 112 of 200 | 90 | 10 | 5 | 7 | 4 | 90.0% | 82.6% |"
    )  # Wilson 1927: 0.8256 for 90 of 100
