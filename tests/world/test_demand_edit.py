"""An estimate is written into a scenario with its source and intervals, and what calls do not tell stays."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dfr.io.scenario_edit import apply_edit, read_plain_data
from dfr.io.scenario_files import find_scenario, load_world, parse_scenario
from dfr.scenario.schema_parts import MOST_LETTERS
from dfr.world.call_records import CallRecord
from dfr.world.demand import expected_calls
from dfr.world.demand_edit import demand_edit, fit_note
from dfr.world.demand_estimate import estimate_demand

LONDON = ZoneInfo("Europe/London")
FESTIVAL = find_scenario("victorious-2024")


def test_the_written_scenario_has_the_estimate_and_says_where_it_is_from() -> None:
    text = FESTIVAL.read_text("utf-8")
    world = load_world(FESTIVAL)
    demand = world.scenario.demand
    calls = [
        CallRecord(when=datetime(2023, 8, 25 + day, hour, tzinfo=LONDON), place=place, grade="prompt")
        for day in range(3)
        for hour in (14, 20, 21)
        for place in ("common-stage", "beach")
    ]
    found = estimate_demand(
        calls,
        zones=demand.zones,
        grades=[grade.id for grade in demand.priorities],
        period=world.scenario.period,
        frame=world.frame,
    )
    edit = demand_edit(found, read_plain_data(text), source="18 calls of calls.xlsx")
    new = parse_scenario(apply_edit(text, edit).encode(), name="new.yaml", folder=FESTIVAL.parent)
    assert new.demand == found.applied_to(demand)
    assert expected_calls(new) == pytest.approx(18.0, rel=0.1)
    said = {item.path: item for item in new.assumptions}
    zones, days = said["demand.zones"], said["demand.days"]
    assert not zones.assumed
    assert not days.assumed
    assert "18 calls of calls.xlsx" in zones.source
    assert "beach 0.48 (0.29 to 0.71), east-gate 0.00585 (0 to 0.176)" in zones.source
    assert "2024-08-23 6 (2.2 to 13.1)" in days.source
    assert "how much days differ (rate_cv) is not estimated" in days.source
    assert new.demand.rate_cv == demand.rate_cv


def test_a_note_of_a_year_ends_with_a_whole_day_and_says_how_many_more_there_are() -> None:
    """A figure that is cut in the middle would be another one."""
    days = [f"day-{number} 12.3 (10 to 14.5)" for number in range(365)]
    note = fit_note("no Monday: ", days)
    assert 3900 < len(note) <= MOST_LETTERS
    *told, more = note.removeprefix("no Monday: ").split(", ")
    assert told == days[: len(told)]
    assert more == f"... and {365 - len(told)} more"
