"""The sample project of the docs, copied out of the repository: what passes, and what failures say."""

from __future__ import annotations

import re
import shlex
import shutil
import tomllib
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml

pytest_plugins = "pytester"

PROJECT = Path(__file__).parents[2] / "docs" / "examples" / "sitl-project"
CI = PROJECT.parent / "ci"

SAYS = {
    "test_a_mistyped_parameter": r"SIM_WIND_SPED.*SIM_WIND_SPD",
    "test_a_mistyped_word_of_the_marker": r"has no winds -> did you mean wind\?",
    "test_a_vehicle_at_another_site": r"begins at 47\.39800 N 8\.54600 E, 7\d\d\.\d km from the vehicle at "
    r"50\.78100 N 1\.08900 W -> start the vehicle there: @pytest\.mark\.sitl\(home=",
    "test_degrees_in_place_of_whole_numbers": r"item 2 \(NAV_WAYPOINT\): x=47\.398 looks like degrees"
    r".*x=473980000",
    "test_a_mission_that_never_comes_down": r"did not land: it hovers at item 2 of 2 \(NAV_LOITER_TIME\), "
    r"10 m above home and 40 m from it: the mission has neither RTL nor LAND -> end it with",
    "test_a_budget_that_is_too_short": r"it was not over after 20 s of the vehicle's clock: at item \d of 3 "
    r"\(NAV_\w+\), \d+ m above home",
    "test_a_command_that_is_refused": r"MAV_CMD_NAV_TAKEOFF \(22\).*MAV_RESULT_\w+ \(\d\); the vehicle",
    "test_a_place_that_is_not_on_the_way": r"was not reached: nearest were \d+\.\d m at \d+\.\d s, \d+ m "
    r"above home, asked for 2 m, short by \d+\.\d m",
    "test_a_fence_that_is_too_small": r"left the fence at \d+\.\d s, \d+ m above home and was at most "
    r"\d+\.\d m outside",
    "test_more_charge_than_is_left": r"the battery fell to \d\d % \(\d+ mAh used\), asked for 99 %",
}
"""What the failure of each test says."""

AT_ONCE = (
    "test_a_mistyped_parameter",
    "test_a_mistyped_word_of_the_marker",
    "test_degrees_in_place_of_whole_numbers",
    "test_a_mission_that_never_comes_down",
)


def commands_of(job: object) -> list[str]:
    """The commands in a file of a CI server: what GitHub's steps `run`, and GitLab's `script`."""
    if isinstance(job, dict):
        own = [text for key in ("run", "script") for text in _listed(job.get(key))]
        return own + [text for part in job.values() for text in commands_of(part)]
    return [text for part in job for text in commands_of(part)] if isinstance(job, list) else []


def _listed(found: object) -> list[str]:
    return [found] if isinstance(found, str) else found or []


def pytest_options() -> list[str]:
    """The options with which both CI files run a project's tests; they say the same."""
    lines = {
        line
        for name in ("github.yml", "gitlab.yml")
        for line in commands_of(yaml.safe_load((CI / name).read_text()))
        if line.startswith("pytest ")
    }
    (line,) = lines
    return shlex.split(line)[1:]


def run(pytester: pytest.Pytester, *chosen: str) -> dict[str, str | None]:
    """Each test of the project that was run, and the message of its failure; None where it passed."""
    shutil.copytree(PROJECT, pytester.path, dirs_exist_ok=True)
    options = (*pytest_options(), "--sitl-speedup=40")
    pytester.runpytest_subprocess(*options, "-p", "no:cacheprovider", *chosen)
    (suite,) = ET.parse(pytester.path / "flights.xml").getroot()
    found = {}
    for case in suite:
        assert case.get("name") not in found, "names are unique"
        wrong = [part for part in case if part.tag in ("failure", "error")]
        found[case.get("name")] = "\n".join(f"{part.get('message')} {part.text}" for part in wrong) or None
        if case.find("properties") is not None:
            assert "builtin" in case.find("properties/property").get("value")
    return found


def test_mistakes_are_told_before_and_after_the_flight_and_leave_what_was_flown(pytester):
    found = run(
        pytester,
        *(f"test_mistakes.py::{name}" for name in AT_ONCE),
        "test_flights.py::test_items_reached_are_told",
    )
    assert found.pop("test_items_reached_are_told") is None
    assert found.keys() == set(AT_ONCE)
    for name, said in found.items():
        assert re.search(SAYS[name], said or "", re.DOTALL), said
    kept = sorted(path.name for path in (pytester.path / "flown").rglob("*") if path.is_file())
    assert {"flight.tlog", "track.csv", "parameters.parm", "output.txt", "vehicle-1.bin"} <= set(kept)
    assert not any("items_reached" in path.name for path in (pytester.path / "flown").iterdir()), "it passed"


def test_the_ci_files_keep_what_the_tests_leave_and_install_what_exists(repository):
    """Uploaded are the report and the folder of the options; the action is used where it lies."""
    github, gitlab = (yaml.safe_load((CI / name).read_text()) for name in ("github.yml", "gitlab.yml"))
    action = yaml.safe_load((CI / "action.yml").read_text())
    report, folder = (option.partition("=")[2] for option in pytest_options()[-2:])
    _, install, _, upload = github["jobs"]["fly"]["steps"]
    assert (repository / install["uses"] / "action.yml").is_file()
    assert install["with"].keys() <= action["inputs"].keys()
    assert upload["with"]["path"].split() == [report, folder]
    assert upload["if"] == gitlab["fly"]["artifacts"]["when"] + "()"
    assert gitlab["fly"]["artifacts"] == {"when": "always", "paths": [folder], "reports": {"junit": report}}
    extras = tomllib.loads((repository / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert action["inputs"]["extras"]["default"] in extras
    cached = next(step["with"]["path"] for step in action["runs"]["steps"] if "cache" in step.get("uses", ""))
    assert cached.endswith(".cache/pip")


@pytest.mark.slow
def test_twenty_pass_and_ten_fail_each_for_its_own_reason(pytester):
    found = run(pytester)
    assert sum(said is None for said in found.values()) == 20
    red = {name: said for name, said in found.items() if said is not None}
    assert red.keys() == SAYS.keys()
    for name, said in red.items():
        assert re.search(SAYS[name], said, re.DOTALL), said
