"""Airspace data are good for their cycle: what they are worth at another time is said."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dfr.world.airspace_answers import AirspaceAnswer, AirspaceState, doubt_old_data
from dfr.world.coverage import AirspaceSource, data_age


def noon(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T12:00+00:00").astimezone(UTC)


AIRAC_2024 = (
    "2024-01-25",
    "2024-02-22",
    "2024-03-21",
    "2024-04-18",
    "2024-05-16",
    "2024-06-13",
    "2024-07-11",
    "2024-08-08",
    "2024-09-05",
    "2024-10-03",
    "2024-10-31",
    "2024-11-28",
    "2024-12-26",
)
"""The effective dates of 2024 as ICAO publishes them."""


@pytest.mark.parametrize(("number", "effective"), list(enumerate(AIRAC_2024)))
def test_changes_are_counted_by_the_published_dates(number, effective):
    first = noon(AIRAC_2024[0])
    assert data_age(effective, first, first).changes == number


@pytest.mark.parametrize(
    ("dated", "start", "end", "days", "changes", "unknown"),
    [
        ("2024-08-24", "2024-08-23", "2024-08-25", 0, 0, False),
        ("2024-08-24", "2024-06-20", "2024-06-24", -61, 2, False),
        ("2024-08-24", "2025-01-24", "2025-01-26", 153, 6, False),
        ("2024-08-24", "2025-08-25", "2025-08-25", 366, 13, True),
        ("2024-08-24", "2023-08-01", "2023-08-02", -388, 14, True),
        ("", "2024-08-23", "2024-08-25", None, 0, True),
    ],
)
def test_the_age_of_data_for_a_period(dated, start, end, days, changes, unknown):
    age = data_age(dated, noon(start), noon(end))
    assert (age.days, age.changes, age.unknown) == (days, changes, unknown)


def source(dated: str) -> AirspaceSource:
    return AirspaceSource(path="south.txt", date=dated, sha256="", what="", coverage=(), coverage_stated=True)


@pytest.mark.parametrize(
    ("state", "when", "after", "told"),
    [
        (AirspaceState.CLEAR, "2024-08-24", AirspaceState.CLEAR, False),
        (AirspaceState.CLEAR, "2024-11-01", AirspaceState.CLEAR, True),
        (AirspaceState.CLEAR, "2026-01-01", AirspaceState.UNKNOWN, True),
        (AirspaceState.CONFLICT, "2026-01-01", AirspaceState.CONFLICT, True),
    ],
)
def test_clear_is_not_said_of_data_a_year_away(state, when, after, told):
    answer = AirspaceAnswer(state=state, zones=(), reasons=())
    found = doubt_old_data(answer, [source("2024-08-24")], noon(when))
    assert found.state is after
    assert any("AIRAC" in reason for reason in found.reasons) is told


@pytest.mark.parametrize(
    ("dated", "reason"),
    [
        ("", "south.txt says no date -> give the date of its data with --date, such as 2024-08-24"),
        ("August 2024", "south.txt says 'August 2024', which is no date -> write it there like 2024-08-24"),
    ],
)
def test_clear_is_not_said_of_data_whose_date_nobody_knows(dated, reason):
    answer = AirspaceAnswer(state=AirspaceState.CLEAR, zones=(), reasons=())
    found = doubt_old_data(answer, [source("2026-01-01"), source(dated)], noon("2026-01-01"))
    assert (found.state, found.reasons) == (AirspaceState.UNKNOWN, (reason,))
