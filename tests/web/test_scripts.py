"""The pages' scripts: node's own test runner, TypeScript's checker and eslint, where these are installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UNIT_TESTS = sorted((ROOT / "tests" / "js").glob("*.test.mjs"))


@pytest.fixture
def node():
    """The path of node; without it the tests skip, or fail where it is required."""
    found = shutil.which("node")
    if found is None or int(run(found, "--version").strip("v").partition(".")[0]) < 20:
        _miss("node 20 or later is not installed")
    return found


def installed(tool):
    """The path of a tool that `npm ci` installs."""
    found = ROOT / "node_modules" / ".bin" / tool
    if not found.exists():
        _miss(f"{tool} is not installed -> npm ci")
    return found


def _miss(words):
    if "node" in os.environ.get("DFR_REQUIRE", "").split(","):
        pytest.fail(words)
    pytest.skip(words)


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    return done.stdout


@pytest.mark.parametrize("script", UNIT_TESTS, ids=lambda path: path.stem)
def test_the_unit_tests_of_a_script_pass(node, script):
    assert "\n# pass 0\n" not in run(node, "--test", script), "no test was found"


def test_the_scripts_use_the_answers_as_their_types_say(node):
    run(installed("tsc"), "--project", "tests/js/tsconfig.json")


def test_the_scripts_are_in_order(node):
    run(installed("eslint"), "dfr/web/static", "tests/js")
