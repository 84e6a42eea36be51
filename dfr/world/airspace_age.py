"""How old airspace data are for a time, in AIRAC cycles: what was true of one need not be of another.

Aeronautical changes take effect at common dates 28 days apart (ICAO Annex 15, AIRAC); one of them is
25 January 2024. Within the cycle of its date a file is current, beyond a year nobody can say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from dfr.world.airspace_answers import AirspaceAnswer, AirspaceState
from dfr.world.coverage import AirspaceSource

AIRAC_EPOCH = date(2024, 1, 25)
AIRAC_DAYS = 28
LONGEST_DAYS = 365
"""Data farther than this from the time asked about say nothing of it (assumed)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAge:
    """Days from the data to the time asked about (negative where they are newer), and AIRAC changes between.

    None where the data name no date.
    """

    days: int | None
    changes: int = 0

    @property
    def unknown(self) -> bool:
        """True where the data cannot speak of the time."""
        return self.days is None or abs(self.days) > LONGEST_DAYS

    @property
    def not_in_force(self) -> bool:
        """True where the data are of a cycle after the time."""
        return self.days is not None and self.days < 0 and self.changes > 0

    def __str__(self) -> str:
        if self.days is None:
            return "of no known date"
        if self.days == 0 and not self.changes:
            return "of the time itself"
        side = "older" if self.days > 0 else "newer"
        return f"{abs(self.days)} days {side}, {self.changes} AIRAC change{'s' * (self.changes != 1)} between"


def data_age(dated: str, start: datetime, end: datetime) -> DataAge:
    """The age of data of a date (2024-08-24) for a period.

    >>> str(data_age("2024-08-24", datetime(2024, 9, 6, tzinfo=UTC), datetime(2024, 9, 9, tzinfo=UTC)))
    '13 days older, 1 AIRAC change between'
    """
    try:
        made = date.fromisoformat(dated)
    except ValueError:
        return DataAge(days=None)
    first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date()
    days = (first - made).days if made < first else min((last - made).days, 0)
    changes = max(abs(_cycle(day) - _cycle(made)) for day in (first, last))
    return DataAge(days=days, changes=changes)


def _cycle(day: date) -> int:
    return (day - AIRAC_EPOCH).days // AIRAC_DAYS


def next_airac(day: date) -> datetime:
    """When the first AIRAC change after a day takes effect.

    >>> next_airac(date(2024, 8, 24))
    datetime.datetime(2024, 9, 5, 0, 0, tzinfo=datetime.timezone.utc)
    """
    change = AIRAC_EPOCH + timedelta(days=AIRAC_DAYS * (_cycle(day) + 1))
    return datetime(change.year, change.month, change.day, tzinfo=UTC)


def aged(answer: AirspaceAnswer, sources: Sequence[AirspaceSource], when: datetime) -> AirspaceAnswer:
    """The answer with a reason for each source of another time; clear becomes unknown beyond a year."""
    ages = [(source, data_age(source.date, when, when)) for source in sources]
    reasons = [f"{source.path} is {age}" for source, age in ages if age.changes or age.unknown]
    far = any(age.days is not None and age.unknown for _, age in ages)
    stale = far and answer.state is AirspaceState.CLEAR
    state = AirspaceState.UNKNOWN if stale else answer.state
    return replace(answer, state=state, reasons=(*answer.reasons, *reasons))
