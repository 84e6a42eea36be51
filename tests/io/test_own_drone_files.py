"""A team's own drone: its file read, refused, and flown by a scenario that names it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import dfr
from dfr.aircraft.catalogue import build_own_drone, drone_of, find_drone
from dfr.aircraft.energy import hover_power_w
from dfr.errors import ScenarioError
from dfr.io.own_drone_files import parse_own_drone, write_own_drone
from dfr.io.scenario_files import find_scenario, load_scenario
from dfr.scenario.own_drone import OwnDrone, OwnFigure

MEASURED = OwnFigure(
    field="hover_power_w",
    value=400.0,
    measured=True,
    source="a.bin",
    low=390.0,
    high=410.0,
    flights=10,
    spread=12.0,
)
OWN = OwnDrone(
    key="our-quad",
    name="Our quad",
    based_on="arducopter-sitl-quad",
    figures=(MEASURED, OwnFigure(field="mass_kg", value=3.4, measured=False, source="the scales")),
)


def test_what_is_written_is_read_back() -> None:
    text = write_own_drone(OWN, observed=(MEASURED,), missing={"battery_wh": "no current in any log"})
    assert parse_own_drone(text.encode(), name="drone.yaml") == replace(OWN, observed=(MEASURED,))


def test_its_figures_count_and_the_others_are_those_of_its_base() -> None:
    drone, base = build_own_drone(OWN), find_drone("arducopter-sitl-quad")
    assert hover_power_w(drone) == pytest.approx(400.0)
    assert drone.battery_wh == base.battery_wh
    figures = drone.figures()
    assert figures["hover_power_w"].source_status == "measured on 10 flights: 390 to 410 (a.bin)"
    assert figures["mass_kg"].source_status == "entered by the team: the scales"
    assert figures["battery_wh"].source_status == "assumed, of arducopter-sitl-quad"


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("key: our-quad", "key: dji-m30t", "is in dfr's catalogue"),
        ("based_on: arducopter-sitl-quad", "based_on: nothing", "no drone 'nothing'"),
        ("value: 400.0", "value: .nan", "finite"),
        ("value: 400.0", "value: -4", "no hover_power_w of a multirotor"),
        ("  hover_power_w:", "  hover_powr_w:", "no such figure"),
        ("key: our-quad", "keys: our-quad", "no such field"),
    ],
)
def test_a_file_that_is_wrong_says_where(before: str, after: str, says: str) -> None:
    text = write_own_drone(OWN)
    assert before in text
    with pytest.raises(ScenarioError) as caught:
        parse_own_drone(text.replace(before, after, 1).encode(), name="drone.yaml")
    assert says in str(caught.value)
    assert "drone.yaml:" in str(caught.value)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    """A shipped scenario that names the team's own drone."""
    text = find_scenario("victorious-2024").read_text()
    (tmp_path / "drone.yaml").write_text(write_own_drone(OWN))
    lines = [f"catalogue: drone.yaml\n{line}" if line == "fleet:" else line for line in text.splitlines()]
    own = "\n".join(lines).replace(
        f"drone: {load_scenario(find_scenario('victorious-2024')).fleet.drone}", "drone: our-quad"
    )
    path = tmp_path / "own.yaml"
    path.write_text(own)
    return path


def test_a_scenario_flies_the_drone_that_its_catalogue_names(scenario: Path) -> None:
    assert drone_of(load_scenario(scenario).fleet).mass_kg == 3.4


def test_a_plan_is_made_with_it(scenario: Path) -> None:
    world = dfr.load_scenario(scenario)
    plan = dfr.plan(world, docks=1)
    assert plan.scenario_sha256 == world.scenario.sha256


def test_another_calibration_makes_a_plan_stale(scenario: Path) -> None:
    before = load_scenario(scenario).sha256
    drone = scenario.parent / "drone.yaml"
    drone.write_text(drone.read_text().replace("400.0", "401.0"))
    assert load_scenario(scenario).sha256 != before


def test_a_catalogue_that_is_not_there_is_told(scenario: Path) -> None:
    (scenario.parent / "drone.yaml").unlink()
    with pytest.raises(ScenarioError, match=r"no file 'drone\.yaml'"):
        load_scenario(scenario)
