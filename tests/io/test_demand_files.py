"""A scenario whose calls are at their own places: tables and rasters read whole, or refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from dfr.errors import InputError, ScenarioError
from dfr.geo import Position
from dfr.io.call_files import read_calls
from dfr.io.demand_files import read_places
from dfr.io.heat_files import heat_document
from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.planner import plan_with_docks
from dfr.sim.build import deployment_of
from dfr.world.demand import zone_centres

NEAR = Position(lat_deg=50.779, lon_deg=-1.088)
TABLE = "lat,lon,calls\n50.7790,-1.0880,3\n50.7792,-1.0878,1\n50.7800,-1.0840,2\n"


def scenario_with(folder: Path, **points: Any) -> Path:
    """The festival with its calls at the places of a file."""
    document = yaml.safe_load(find_scenario("victorious-2024").read_text())
    del document["demand"]["zones"]
    document["demand"]["points"] = {"source": "the force's call log", **points}
    path = folder / "points.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


def test_a_table_counts_each_row_or_what_it_says() -> None:
    told = read_places(TABLE.encode(), "t.csv", NEAR)
    assert told.calls.tolist() == [3.0, 1.0, 2.0]
    german = read_places("Breite;Länge;calls\n50,779;-1,088;2,5\n".encode(), "t.csv", NEAR)
    assert german.calls.tolist() == [2.5]
    alone = read_places(b"time,latitude,longitude\nx,50.7,-1.0\nx,50.8,-1.1\n", "t.csv", NEAR)
    assert alone.calls.tolist() == [1.0, 1.0]
    assert alone.lat_deg.tolist() == [50.7, 50.8]


def test_a_raster_counts_its_cells_at_their_middle() -> None:
    head = b"ncols 3\nnrows 2\nxllcorner 464000\nyllcorner 98000\ncellsize 100\nnodata_value -9\n"
    grid = head + b"0 2 -9\n5 0 12000\n"
    found = read_places(grid, "heat.asc", NEAR)
    assert found.calls.tolist() == [2.0, 5.0, 12000.0]
    in_degrees = b"ncols 2\nnrows 2\nxllcenter -1.09\nyllcenter 50.77\ncellsize 0.01\n1 2\n3 4\n"
    found = read_places(in_degrees, "heat.asc", NEAR)
    assert np.column_stack([found.lat_deg, found.lon_deg, found.calls]).round(6).tolist() == [
        [50.78, -1.09, 1.0],
        [50.78, -1.08, 2.0],
        [50.77, -1.09, 3.0],
        [50.77, -1.08, 4.0],
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("lat,lon\n50.7,\n", "t.csv:2: lon: '' is not a number"),
        ("lat,lon,calls\n50.7,-1.0,many\n", "calls: 'many' is not a number of calls"),
        ('lat,lon,calls\n50.7,-1.0,"1,234"\n', "calls: '1,234' is not a number of calls"),
        ("lat,lon,calls\n50.7,-1.0,-1\n", "calls: '-1' is not a number of calls"),
        ("a,b\n1,2\n", "which columns tell the place is not known"),
        ("lat,lon\n", "no places"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_places(text.encode(), "t.csv", NEAR)
    assert words in str(caught.value)


def test_plan_and_simulation_take_the_same_places(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(TABLE)
    world = load_world(scenario_with(tmp_path, file="calls.csv", cell_m=100.0))
    assert [zone.share for zone in world.scenario.demand.zones] == pytest.approx([4 / 6, 2 / 6])
    told = {item.path: item for item in world.scenario.assumptions}
    assert told["demand.points"].source == "the force's call log"
    assert told["demand.points.zones"].value == "2 zones of 3 places"
    plan = plan_with_docks(world, [world.scenario.candidates[0].id])
    centres = zone_centres(world.scenario)
    for route in plan.routes:
        end = world.frame.point(route.points[-1])
        assert np.hypot(*np.subtract(end, world.frame.point(centres[route.zone_id]))) == pytest.approx(
            route.stand_off_m, abs=0.01
        )
    simulated = deployment_of(world, plan).zones
    assert [zone.share for zone in simulated] == [zone.share for zone in world.scenario.demand.zones]
    heat = heat_document(world, plan).splitlines()
    assert len(heat) == 3
    assert heat[1].startswith("square-1,Square 1,50.77")
    for row in TABLE.splitlines()[1:]:
        lat, lon, _ = row.split(",")
        assert f"{float(lat):.6f},{float(lon):.6f}" not in "\n".join(heat)


def test_a_changed_file_of_calls_is_another_scenario(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text(TABLE)
    path = scenario_with(tmp_path, file="calls.csv")
    before = load_world(path).scenario.sha256
    (tmp_path / "calls.csv").write_text(TABLE.replace(",3", ",9"))
    assert load_world(path).scenario.sha256 != before


def test_a_scenario_says_its_zones_or_its_points_and_not_both(tmp_path: Path) -> None:
    path = scenario_with(tmp_path, file="none.csv")
    with pytest.raises(ScenarioError, match=r"demand\.points\.file: no file 'none.csv'"):
        load_world(path)
    document = yaml.safe_load(path.read_text())
    del document["demand"]["points"]
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(ScenarioError, match="demand: needs either zones, or points -> give one of the two"):
        load_world(path)


def test_by_call_the_log_that_a_scenario_is_made_of_is_flown_to_its_own_positions(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    spots = [(50.779 + d_lat, -1.088 + d_lon) for d_lat, d_lon in rng.normal(0.0, 0.001, (30, 2))]
    rows = [
        f"2024-08-24T{10 + k // 6}:{k % 6}0:00+01:00,immediate,{a:.6f},{b:.6f}"
        for k, (a, b) in enumerate(spots)
    ]
    log = tmp_path / "calls.csv"
    log.write_text("time,priority,lat,lon\n" + "\n".join(rows) + "\n")
    world = load_world(scenario_with(tmp_path, file="calls.csv", cell_m=0))
    places = [world.frame.point(centre) for centre in zone_centres(world.scenario).values()]
    for call, (lat, lon) in zip(read_calls(log, world), spots, strict=True):
        own = world.frame.point(Position(lat_deg=lat, lon_deg=lon))
        assert np.hypot(*np.subtract(places[call.zone], own)) < 1.5
