"""Shifts that come back every week: on their days and in their season, in local time, inside the period."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dfr.errors import ScenarioError
from dfr.io.scenario_files import find_scenario
from dfr.io.yaml_reader import read_yaml
from dfr.scenario.model import Scenario
from dfr.scenario.schema_read import FileOrigin, read_scenario

LONDON = ZoneInfo("Europe/London")
DAY = {"start": "07:00", "end": "19:00", "remote_pilots": 4, "safety_pilots": 1}


def read(start: str, end: str, weekly: list[dict[str, Any]], shifts: list[Any] | None = None) -> Scenario:
    """The festival over other days, with these shifts."""
    document: Any = read_yaml(find_scenario("victorious-2024").read_bytes(), name="s.yaml").value
    first, last = (datetime.fromisoformat(text) for text in (start, end))
    hours = int((last - first) / timedelta(hours=1))
    row = document["weather"]["rows"][0]
    times = [(first + timedelta(hours=k)).strftime("%Y-%m-%d %H:%M") for k in range(hours)]
    document["weather"]["rows"] = [[moment, *row[1:]] for moment in times]
    document["period"] = {"start": start, "end": end}
    document["crew"]["shifts"], document["crew"]["weekly"] = shifts or [], weekly
    days = sorted({moment[:10] for moment in times})
    document["demand"]["days"]["totals"] = [{"date": day, "calls": 10} for day in days]
    document["site"]["crowds"], document["restrictions"], document["notams"] = [], [], None
    return read_scenario(document, FileOrigin(file="s.yaml", sha256="", line=lambda _: 1))


def test_weekdays_and_nights_over_midnight_are_cut_at_the_period() -> None:
    night = {**DAY, "days": ["fri", "sun"], "start": "19:00", "end": "03:00"}
    scenario = read("2025-02-03 00:00", "2025-02-10 00:00", [{**DAY, "days": ["mon", "wed"]}, night])
    assert [
        (shift.start.strftime("%a %H"), shift.end.strftime("%a %H")) for shift in scenario.crew.shifts
    ] == [
        ("Mon 00", "Mon 03"),
        ("Mon 07", "Mon 19"),
        ("Wed 07", "Wed 19"),
        ("Fri 19", "Sat 03"),
        ("Sun 19", "Mon 00"),
    ]


def test_a_season_has_its_own_shifts_beside_those_that_are_written_out() -> None:
    only = {**DAY, "days": ["tue"], "first_day": "2025-02-05", "last_day": "2025-02-11"}
    alone = {"start": "2025-02-04 08:00", "end": "2025-02-04 10:00", "remote_pilots": 1, "safety_pilots": 1}
    scenario = read("2025-02-03 00:00", "2025-02-19 00:00", [only], [alone])
    starts = [shift.start.strftime("%d %H") for shift in scenario.crew.shifts]
    assert starts == ["04 08", "11 07"]


def test_a_crew_without_any_shift_is_refused() -> None:
    with pytest.raises(ScenarioError, match="crew: has no shifts -> give shifts, or weekly ones"):
        read("2025-02-03 00:00", "2025-02-04 00:00", [])


def test_a_time_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ScenarioError, match=r"start: '7:00' is not a time of day -> write it as 07:00"):
        read("2025-02-03 00:00", "2025-02-04 00:00", [{**DAY, "days": ["mon"], "start": "7:00"}])


def test_a_year_is_a_period_and_longer_is_not() -> None:
    weekly = [{**DAY, "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]
    with pytest.raises(ScenarioError, match="period: is longer than a year"):
        read("2025-01-01 00:00", "2026-01-05 00:00", weekly)


@pytest.mark.slow
def test_a_year_of_hours_is_read() -> None:
    weekly = [{**DAY, "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}]
    scenario = read("2025-01-01 00:00", "2026-01-01 00:00", weekly)
    assert len(scenario.crew.shifts) == 365
    assert {shift.start.hour for shift in scenario.crew.shifts} == {7}
