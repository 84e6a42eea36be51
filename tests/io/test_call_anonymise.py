"""Anonymous calls hold the hour, the zone and the grade and nothing else, and can still be simulated."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfr.io.call_anonymise import anonymise_calls
from dfr.io.call_files import read_calls
from dfr.io.scenario_files import find_scenario, load_world
from dfr.world.model import World

CALLS = b"""Date,Time,Zone,Grade,Caller,Phone
25/08/2023,15:17,Common Stage,Immediate,Jane CANARY,07700 900123
25/08/2023,15:42,Common Stage,Immediate,John CANARY,07700 900124
26/08/2023,20:03,Beach east of the castle,Priority,Ann CANARY,07700 900125
26/08/2023,21:03,Somewhere else,Priority,Ann CANARY,07700 900125
26/08/2023,21:03,Common Stage,Blue,Ann CANARY,07700 900125
27/08/2023,04:03,Common Stage,Priority,Ann CANARY,07700 900125
30/08/2023,04:03,Common Stage,Priority,Ann CANARY,07700 900125
"""


@pytest.fixture(scope="module")
def world() -> World:
    """The festival, a year after the calls."""
    return load_world(find_scenario("victorious-2024"))


def test_hour_zone_and_grade_are_all_that_is_left(world: World, tmp_path: Path) -> None:
    found = anonymise_calls(CALLS, name="calls.csv", world=world, move=True)
    assert found.text.splitlines() == [
        "time,zone,priority",
        "2024-08-23T15:00:00+01:00,common-stage,immediate",
        "2024-08-23T15:00:00+01:00,common-stage,immediate",
        "2024-08-24T20:00:00+01:00,beach,prompt",
        "2024-08-25T04:00:00+01:00,common-stage,prompt",
    ]
    assert found.alone == 2
    told = "\n".join(found.notes)
    assert "moved by 52 weeks" in told
    assert "1 call left out: in no demand zone" in told
    assert "1 call left out: their grade is none of the scenario's" in told
    assert "1 call left out: outside the scenario's period" in told
    path = tmp_path / "anonymous.csv"
    path.write_text(found.text)
    assert [call.grade for call in read_calls(path, world)] == [0, 0, 1, 1]


def test_calls_of_other_days_are_left_out_where_they_are_not_moved(world: World) -> None:
    found = anonymise_calls(CALLS, name="calls.csv", world=world)
    assert found.calls == 0
    assert "5 calls left out: outside the scenario's period" in found.notes
