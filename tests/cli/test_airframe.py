"""`dfr airframe`: designs read, refused, studied and set side by side on a scenario's calls."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from dfr.aircraft.airframe_study import study_airframe
from dfr.aircraft.catalogue import build_own_drone
from dfr.api.airframes import airframe_file_text, world_of_design
from dfr.api.planning import load_scenario
from dfr.cli.airframe import airframe
from dfr.errors import InputError, ScenarioError
from dfr.io.airframe_files import EXAMPLE, parse_airframe, read_airframe
from dfr.io.own_drone_files import parse_own_drone
from dfr.report.airframe_page import airframe_html

ROWS: list[dict[str, object]] = [{"wind_mps": wind, "success": {"rate": 1.0}} for wind in (0.0, 11.0)]
STUDY = study_airframe(parse_airframe(EXAMPLE.encode(), name="example"), ROWS)


def write_quad(path: Path) -> Path:
    text = EXAMPLE.replace("our-octo", "our-quad").replace("layout: octo", "layout: quad")
    path.write_text(text.replace("motor_thrust_n: 22.0", "motor_thrust_n: 44.0"))
    return path


def test_the_example_is_written_once_and_read_back(tmp_path, capsys):
    path = tmp_path / "our-octo.yaml"
    airframe(example=path)
    assert read_airframe(path).layout.key == "octo"
    with pytest.raises(InputError, match="exists already"):
        airframe(example=path)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("layout: octo ", "layout: tri ", "no 'tri'.*hexa-ppnnpn"),
        ("empty_kg: 4.1 ", "empty_kg: -4 ", "empty_kg"),
        ("motor_thrust_n: 22.0", "motor_thrust_n: 9.0", "lift 0.83 times its weight"),
        ("key: our-octo", "key: dji-m3td", "in dfr's catalogue"),
        ("camera_kg: 0.75", "camera: 0.75", "camera"),
    ],
)
def test_what_is_wrong_with_a_design_is_said_with_its_field(was, now, said):
    with pytest.raises((ScenarioError, InputError), match=said):
        parse_airframe(EXAMPLE.replace(was, now).encode(), name="design.yaml")


@pytest.mark.parametrize("designs", [[], ["a", "b", "c"]])
def test_one_design_or_two_are_studied(designs):
    with pytest.raises(InputError, match="give one, or two"):
        airframe([Path(name) for name in designs])


def test_the_drone_it_writes_is_one_that_a_scenario_can_name():
    own = parse_own_drone(airframe_file_text(STUDY).encode(), name="drone.yaml")
    drone = build_own_drone(own)
    assert drone.key == "our-octo"
    assert drone.mass_kg == pytest.approx(STUDY.drone.mass_kg, rel=1e-4)
    assert drone.max_wind_mps == pytest.approx(STUDY.drone.max_wind_mps, rel=1e-4)


def test_on_a_scenario_it_flies_from_its_own_dock_within_its_own_limits():
    world = world_of_design(STUDY, load_scenario("winter-storm"))
    fleet, operation = world.scenario.fleet, world.scenario.operation
    assert (fleet.drone, fleet.dock) == ("our-octo", "study-dock")
    assert operation.max_wind_mps == STUDY.drone.max_wind_mps
    assert operation.max_gust_mps is not None
    assert operation.max_gust_mps < STUDY.drone.max_speed_mps  # the wind is stronger at flight height


def test_the_page_shows_each_figure_the_assumptions_and_the_misses_on_published_hover_times():
    text = airframe_html([STUDY], None)
    assert "Any one motor may stop" in text
    assert all(figure.what in text for figure in STUDY.figures)
    assert "DJI Matrice 30T" in text
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"?http", text)


@pytest.mark.slow
def test_two_designs_side_by_side_share_the_calls_of_the_storm(tmp_path, capsys):
    octo = tmp_path / "our-octo.yaml"
    octo.write_text(EXAMPLE)
    quad = write_quad(tmp_path / "our-quad.yaml")
    page = tmp_path / "study.html"
    airframe([quad, octo], scenario="winter-storm", replications=2, trials=1700, page=page, as_json=True)
    found = json.loads(capsys.readouterr().out)
    calls = found["scenario"]
    first, second = calls["designs"]
    assert (
        first["calls"]
        == second["calls"]
        == sum(calls[kind] for kind in ("both", "only_first", "only_second", "neither"))
    )
    assert first["reached"] == calls["both"] + calls["only_first"]
    assert sum(second["missed_by"].values()) == second["calls"] - second["reached"]
    assert found["designs"][1]["motor_out"]["controllable"] is True
    assert found["designs"][0]["motor_out"]["controllable"] is False
    assert "The calls of winter-storm" in page.read_text()


@pytest.mark.slow
def test_the_example_of_the_docs_flies_a_plan(tmp_path, capsys):
    octo, drone = tmp_path / "our-octo.yaml", tmp_path / "drone.yaml"
    octo.write_text(EXAMPLE)
    airframe([octo], trials=1700, out=drone)
    assert yaml.safe_load(drone.read_text())["key"] == "our-octo"
    assert "Any one motor may stop" in capsys.readouterr().out
