"""A scenario with one figure changed, and nothing else."""

from dataclasses import replace

import pytest

from dfr.aircraft.catalogue import drone_of, list_drones
from dfr.aircraft.energy import hover_power_w
from dfr.errors import InputError, ScenarioError
from dfr.io.own_drone_files import bounds_of
from dfr.io.scenario_files import find_scenario, load_world
from dfr.io.what_if import WhatIf


@pytest.fixture(scope="module")
def what_if():
    return WhatIf(find_scenario("victorious-2024"))


def test_a_figure_of_the_file_is_as_if_a_person_had_written_it_there(what_if, tmp_path):
    text = (find_scenario("victorious-2024")).read_text(encoding="utf-8")
    old = "speed_mps: {value: 1.3"
    assert text.count(old) == 1
    by_hand = tmp_path / "by-hand.yaml"
    by_hand.write_text(text.replace(old, "speed_mps: {value: 2.6"), encoding="utf-8")
    expected = load_world(by_hand).scenario
    found = what_if.with_figure("demand.ground.speed_mps", 2.6).scenario
    assert replace(found, file="", sha256="") == replace(expected, file="", sha256="")
    assert found != what_if.world.scenario


def drone_with(what_if, name, value):
    return drone_of(what_if.with_figure(f"drone.{name}", value).scenario.fleet)


def test_a_figure_of_the_drone_changes_that_figure_alone(what_if):
    before = drone_of(what_if.world.scenario.fleet)
    after = drone_with(what_if, "mass_kg", 2.0)
    kept = {"mass_kg": before.mass_kg, "efficiency": before.efficiency}
    assert replace(after, name=before.name, statuses=before.statuses, **kept) == before
    assert after.mass_kg == 2.0


def test_a_heavier_drone_takes_more_power_and_a_smaller_battery_no_less(what_if):
    before = drone_of(what_if.world.scenario.fleet)
    heavier, weaker = drone_with(what_if, "mass_kg", 2.0), drone_with(what_if, "battery_wh", 90.0)
    assert hover_power_w(heavier) == pytest.approx(hover_power_w(before) * (2.0 / before.mass_kg) ** 1.5)
    assert hover_power_w(weaker) == pytest.approx(hover_power_w(before))


def test_a_longer_stated_endurance_is_less_power(what_if):
    before = drone_of(what_if.world.scenario.fleet)
    after = drone_with(what_if, "hover_min", 1.2 * before.hover_min)
    assert hover_power_w(after) < 0.95 * hover_power_w(before)


def test_the_wind_of_every_hour_changes_with_its_gust(what_if):
    before, after = (
        what_if.world.scenario.weather.hours,
        what_if.with_figure("wind", 1.5).scenario.weather.hours,
    )
    assert [hour.wind_mps for hour in after] == pytest.approx([1.5 * hour.wind_mps for hour in before])


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("drone.mass_kg", -1.0, "-1 is no mass_kg of a multirotor -> give 0.02 to 600"),
        ("drone.battery_wh", 0.0, "0 is no battery_wh of a multirotor -> give 0.5 to 100000"),
        ("wind", -1.0, "wind: -1 is no factor of a wind -> give 0 or more"),
    ],
)
def test_what_no_drone_and_no_wind_can_be_is_refused_and_not_simulated(what_if, name, value, words):
    with pytest.raises(InputError) as caught:
        what_if.with_figure(name, value)
    assert words in str(caught.value)


@pytest.mark.parametrize("drone", list_drones())
def test_every_figure_of_the_catalogue_is_within_what_a_drone_can_be(drone):
    for field, figure in list_drones()[drone].figures().items():
        least, most = bounds_of(field)
        assert figure.value is None or least <= figure.value <= most, field


@pytest.mark.slow
def test_every_assumed_figure_can_be_changed_by_a_fifth_or_is_refused_by_name(what_if):
    refused = []
    for lever in what_if.levers():
        if lever.assumed and lever.scalable:
            for factor in (0.8, 1.2):
                value = factor * lever.value
                try:
                    world = what_if.with_figure(
                        lever.name, value if lever.most is None else min(value, lever.most)
                    )
                except ScenarioError as error:
                    refused.append(f"{lever.name}: {error}")
                    continue
                assert world.scenario != what_if.world.scenario, lever.name
    assert refused == []


def test_an_unknown_figure_is_refused(what_if):
    with pytest.raises(InputError, match=r"no figure 'crew\.lunch'"):
        what_if.with_figure("crew.lunch", 1.0)


def test_a_value_that_the_scenario_refuses_is_refused_with_its_reason(what_if):
    with pytest.raises(ScenarioError, match="cruise_height_m_agl"):
        what_if.with_figure("operation.cruise_height_m_agl", 5000.0)
