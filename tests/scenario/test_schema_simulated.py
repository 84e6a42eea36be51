"""The optional section `simulation` of a scenario file, and what becomes of it in the simulation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dfr.errors import InputError, ScenarioError
from dfr.io.scenario_files import parse_scenario
from dfr.scenario.model import NO_OPTIONS, DispatchPolicy, FailingPart, Scenario
from dfr.scenario.policing import NO_POLICING, BurstFigures, Policing

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

Read = Callable[..., Scenario]


@pytest.fixture
def read(repository: Path) -> Read:
    """Reads the shipped scenario with something written after it."""
    text = (repository / "scenarios" / "victorious-2024.yaml").read_text()

    def _read(more: str, *, slots: int | None = None) -> Scenario:
        fleet = "drones_per_dock: 1" + ("" if slots is None else f"\n  slots_per_dock: {slots}")
        return parse_scenario(
            (text.replace("drones_per_dock: 1", fleet) + more).encode(),
            name="s.yaml",
            folder=repository / "scenarios",
        )

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


MOVE_UP = """
simulation:
  move_up: true
"""


def test_drones_may_be_moved_up_where_docks_have_room(read: Read) -> None:
    scenario = read(MOVE_UP, slots=2)
    assert (scenario.simulation.move_up, scenario.fleet.slots_per_dock) == (True, 2)


@pytest.mark.parametrize("slots", [None, 1])
def test_moving_up_between_full_docks_is_refused_in_so_many_words(read: Read, slots: int | None) -> None:
    with pytest.raises(ScenarioError, match="every dock is full: 1 drone in as many slots"):
        read(MOVE_UP, slots=slots)


def test_a_dock_needs_a_slot_for_each_drone(read: Read) -> None:
    with pytest.raises(ScenarioError, match="slots_per_dock"):
        read("", slots=0)


POLICING = """
simulation:
  policing:
    re_task:
      assumed: true
      note: no force publishes its rule
    stand_down:
      after_s: 90
      enabled: true
      source: the control room's log
    second_drone:
      shares: {immediate: 0.25}
      source: the control room's log
    patrols:
      units: 4
      clears_after_s: 60
      source: the duty roster
      on_scene: {shape: exponential, median_s: 900, source: the control room's log}
"""


def test_policing_policies_are_read_with_their_sources_and_are_off_otherwise(read: Read) -> None:
    scenario = read(POLICING)
    assert scenario.simulation.policing == Policing(
        re_task=True,
        stand_down_s=90.0,
        second_drone=(("immediate", 0.25),),
        patrols=scenario.simulation.policing.patrols,
    )
    assert scenario.simulation.policing.patrols.units == 4
    assert any(a.path.startswith("simulation.policing.re_task") and a.assumed for a in scenario.assumptions)
    assert read("").simulation.policing == NO_POLICING


ROSTER = [4] * 8 + [2] * 16


def test_a_roster_of_patrols_is_a_day_or_a_week_and_has_no_more_than_there_are(read: Read) -> None:
    def roster(hours: list[int]) -> str:
        return POLICING.replace("units: 4", f"units: 4\n      on_duty: {hours}")

    assert read(roster(ROSTER)).simulation.policing.patrols.on_duty == tuple(ROSTER)
    assert read(roster(ROSTER * 7)).simulation.policing.patrols.on_duty == tuple(ROSTER * 7)
    with pytest.raises(ScenarioError, match="on_duty has 25 numbers -> give 24"):
        read(roster([*ROSTER, 1]))
    with pytest.raises(ScenarioError, match="on_duty: 5 patrols of 4 -> make units at least 5"):
        read(roster([*ROSTER[:-1], 5]))
    with pytest.raises(ScenarioError, match="on_duty"):
        read(roster([*ROSTER[:-1], -1]))


def test_a_policy_is_switched_off_in_the_scenario_or_for_one_run(read: Read) -> None:
    scenario = read(POLICING.replace("enabled: true", "enabled: false"))
    assert scenario.simulation.policing.list_on() == ["re_task", "second_drone", "patrols"]
    assert scenario.simulation.policing.without(["re_task", "second_drone", "patrols"]) == NO_POLICING
    with pytest.raises(InputError, match="no policy 'retask'"):
        NO_POLICING.without(["retask"])


def test_how_long_taking_over_occupies_a_shift_is_read_and_can_be_switched_off(read: Read) -> None:
    text = """
simulation:
  policing:
    handover:
      takes_s: 600
      assumed: true
      note: what the shift plan allows
"""
    policing = read(text).simulation.policing
    assert policing == Policing(handover_s=600.0)
    assert policing.list_on() == ["handover"]
    assert policing.without(["handover"]) == NO_POLICING
    assert read(text.replace("takes_s", "enabled: false\n      takes_s")).simulation.policing == NO_POLICING


def test_a_policy_needs_a_source(read: Read) -> None:
    with pytest.raises(ScenarioError, match="stand_down"):
        read(POLICING.replace("source: the control room's log", ""))


def test_bursts_and_patience_by_hour_are_read(read: Read) -> None:
    factors = [1.0] * 23 + [2.0]
    scenario = read(
        "simulation:\n  policing:\n"
        "    bursts: {further_calls: 0.5, within_mean_s: 120, joined_share: 0.7, source: the log}\n"
        f"    patience_by_hour: {{factors: {factors}, source: the log}}\n"
    )
    policing = scenario.simulation.policing
    assert policing.bursts == BurstFigures(further_calls=0.5, within_mean_s=120.0, joined_share=0.7)
    assert policing.patience_by_hour == tuple(factors)
    assert policing.list_on() == ["bursts", "patience_by_hour"]
    with pytest.raises(ScenarioError, match="factors"):
        read("simulation:\n  policing:\n    patience_by_hour: {factors: [1.0], source: the log}\n")


def test_the_grades_that_calls_are_given_sum_to_one(read: Read) -> None:
    text = (
        "simulation:\n  policing:\n"
        "    triage: {{given: {{immediate: {{immediate: {share}}}}}, source: a study}}\n"
    )
    policing = read(text.format(share=1.0)).simulation.policing
    assert policing.triage == (("immediate", (("immediate", 1.0),)),)
    with pytest.raises(ScenarioError, match=r"sum to 0\.8"):
        read(text.format(share=0.8))
