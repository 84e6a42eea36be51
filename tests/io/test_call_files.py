"""A log of real calls is read whole, or every bad row of it is named."""

from __future__ import annotations

import math
from datetime import time, timedelta
from pathlib import Path

import openpyxl
import pytest

from dfr.errors import InputError
from dfr.io.call_columns import CallColumn, ColumnMatch
from dfr.io.call_files import read_calls
from dfr.io.scenario_files import find_scenario, load_world
from dfr.world.demand import zone_centre
from dfr.world.model import World


@pytest.fixture(scope="module")
def world() -> World:
    """The festival."""
    return load_world(find_scenario("victorious-2024"))


def _log(folder: Path, text: str) -> Path:
    path = folder / "calls.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_calls_come_in_order_with_what_the_log_tells(world: World, tmp_path: Path) -> None:
    period, demand = world.scenario.period, world.scenario.demand
    late, early = period.wall_time(7200.0).isoformat(), period.wall_time(60.0).isoformat()
    zone, grade = demand.zones[1].id, demand.priorities[-1].id
    text = f"time,zone,priority,on_scene_s\n{late},{zone},{grade},\n{early},{zone},{grade},90\n"
    calls = read_calls(_log(tmp_path, text), world)
    assert [call.t_s for call in calls] == [60.0, 7200.0]
    assert {(call.zone, call.grade) for call in calls} == {(1, len(demand.priorities) - 1)}
    assert calls[0].on_scene_s == 90.0
    assert math.isnan(calls[1].on_scene_s)
    assert math.isnan(calls[0].ground_s)


def test_a_time_without_offset_is_in_the_scenarios_zone(world: World, tmp_path: Path) -> None:
    period, demand = world.scenario.period, world.scenario.demand
    naive = period.wall_time(300.0).replace(tzinfo=None).isoformat()
    text = f"time,zone,priority\n{naive},{demand.zones[0].id},{demand.priorities[0].id}\n"
    assert read_calls(_log(tmp_path, text), world)[0].t_s == 300.0


def test_a_place_is_put_into_its_zone(world: World, tmp_path: Path) -> None:
    demand, when = world.scenario.demand, world.scenario.period.wall_time(0.0).isoformat()
    rows = []
    for zone in demand.zones:
        centre = zone_centre(zone)
        rows.append(f"{when},{centre.lat_deg},{centre.lon_deg},{demand.priorities[0].id}")
    calls = read_calls(_log(tmp_path, "time,lat,lon,priority\n" + "\n".join(rows)), world)
    inside = [call.zone for call in calls]
    frame = world.frame
    for found, zone in zip(inside, demand.zones, strict=True):
        assert frame.polygon(demand.zones[found].area).covers(
            frame.polygon(zone.area).intersection(frame.polygon(demand.zones[found].area)).centroid
        )
    assert len(set(inside)) == len(demand.zones)


def test_every_bad_row_is_named_with_its_line(world: World, tmp_path: Path) -> None:
    demand, when = world.scenario.demand, world.scenario.period.wall_time(0.0).isoformat()
    good = f"{demand.zones[0].id},{demand.priorities[0].id}"
    rows = [
        f"{when},{good},60",
        f"yesterday,{good},60",
        f"1999-01-01T00:00:00+00:00,{good},60",
        f"{when},atlantis,{demand.priorities[0].id},60",
        f"{when},{demand.zones[0].id},whenever,60",
        f"{when},{good},-1",
        f"{when},{good},nan",
    ]
    path = _log(tmp_path, "time,zone,priority,on_scene_s\n" + "\n".join(rows))
    with pytest.raises(InputError) as error:
        read_calls(path, world)
    lines = str(error.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "4", "5", "6", "7", "8"]
    assert all("->" in line for line in lines)
    assert demand.zones[0].id in lines[2]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("time,priority\n2024-08-24 15:00,immediate\n", "which column tells the place"),
        ("time,zone\n2024-08-24 15:00,castle_stage\n", "which column tells the grade"),
        ("time,zone,priority,time\n", "column 'time' is there twice"),
        ("", "no row with two cells"),
        ("time,zone,priority\n", "no calls"),
        ("time,zone,priority\na,b,c,d\n", ":2: more cells"),
        ('time,zone,priority\na,"b" x,c\n', "not CSV"),
    ],
)
def test_a_file_that_is_no_log_says_why(world: World, tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(InputError, match=what):
        read_calls(_log(tmp_path, text), world)


def test_a_place_outside_every_zone_is_refused(world: World, tmp_path: Path) -> None:
    when = world.scenario.period.wall_time(0.0).isoformat()
    text = f"time,lat,lon,priority\n{when},0.0,0.0,{world.scenario.demand.priorities[0].id}\n"
    with pytest.raises(InputError, match=r"calls\.csv:2: lat, lon: 0, 0 is in no demand zone"):
        read_calls(_log(tmp_path, text), world)


def test_a_log_from_excel_is_read_as_a_plan_reads_it(world: World, tmp_path: Path) -> None:
    """Columns of another name, days first, grades as words, a person's name, and half past midnight."""
    demand = world.scenario.demand
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Date", "Clock", "Where", "Priority", "Caller", "on_scene_s"])
    sheet.append(["24/08/2024", timedelta(hours=24, minutes=30), demand.zones[0].name, "P1", "CANARY", 90])
    sheet.append(["24/08/2024", time(15, 17), demand.zones[1].id, "P2", "CANARY", None])
    path = tmp_path / "calls.xlsx"
    book.save(path)
    match = ColumnMatch(columns={CallColumn.ZONE: "Where"})
    first, second = read_calls(path, world, match=match)
    period = world.scenario.period
    assert period.wall_time(first.t_s).isoformat() == "2024-08-24T15:17:00+01:00"
    assert period.wall_time(second.t_s).isoformat() == "2024-08-25T00:30:00+01:00"
    assert (first.zone, first.grade, second.zone, second.grade) == (1, 1, 0, 0)
    assert second.on_scene_s == 90.0
