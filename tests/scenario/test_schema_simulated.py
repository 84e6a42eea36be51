"""The optional section `simulation` of a scenario file, and what becomes of it in the simulation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dfr.errors import ScenarioError
from dfr.io.scenario_files import scenario_from
from dfr.scenario.model import Scenario
from dfr.scenario.simulated import NO_OPTIONS, DispatchPolicy, FailingPart

SECTION = """
simulation:
  dispatch: coverage_keeping
  overwatch: true
  failures:
    - part: dock
      between_h: 400
      repair_h: 6
      source: the maker's service records
    - part: drone
      between_h: 100
      repair_h: 24
      assumed: true
      note: nobody has published it
  homes:
    - id: terrace
      area: [[50.7860, -1.0900], [50.7870, -1.0900], [50.7870, -1.0880], [50.7860, -1.0880]]
      assumed: true
      note: drawn by eye
"""

Read = Callable[[str], Scenario]


@pytest.fixture
def read(repository: Path) -> Read:
    """Reads the shipped scenario with something written after it."""
    text = (repository / "scenarios" / "victorious-2024.yaml").read_text()

    def _read(more: str) -> Scenario:
        return scenario_from((text + more).encode(), name="s.yaml", folder=repository / "scenarios")

    return _read


def test_the_section_may_be_left_out(read: Read) -> None:
    assert read("").simulation == NO_OPTIONS


def test_policies_failures_and_homes_are_read_and_vouched_for(read: Read) -> None:
    scenario = read(SECTION)
    options = scenario.simulation
    assert options.dispatch is DispatchPolicy.COVERAGE_KEEPING
    assert options.overwatch
    assert [(item.part, item.between_s, item.repair_s) for item in options.failures] == [
        (FailingPart.DOCK, 400 * 3600.0, 6 * 3600.0),
        (FailingPart.DRONE, 100 * 3600.0, 24 * 3600.0),
    ]
    assert [name for name, _ in options.homes] == ["terrace"]
    vouched = {item.path: item.assumed for item in scenario.assumptions}
    assert vouched["simulation.failures[0]"] is False
    assert vouched["simulation.homes[terrace]"] is True


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("part: drone", "part: dock", "is taken by item 1"),
        ("part: drone", "part: propeller", "propeller"),
        ("repair_h: 6", "repair_h: 0", "repair_h"),
        ("dispatch: coverage_keeping", "dispatch: best", "dispatch"),
        ("      note: drawn by eye\n", "", "homes"),
    ],
)
def test_what_makes_no_sense_is_named(read: Read, old: str, new: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(SECTION.replace(old, new))
    assert said in str(caught.value)
