"""Calls as a log tells them (`CallRecord`), and last year's calls moved to this year's days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from dfr.geo import Position


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """A call that was made. `position` None and `place` '': the log does not say where; `grade` likewise.

    `place` is the name of a demand zone. `line` is where it stands in its file.
    """

    when: datetime
    position: Position | None = None
    place: str = ""
    grade: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedCalls:
    """Calls at the same clock times of other days.

    `skipped` are those whose time no clock shows there, `repeated` those whose time clocks show twice.
    """

    calls: tuple[CallRecord, ...]
    weeks: int
    skipped: tuple[CallRecord, ...] = ()
    repeated: tuple[CallRecord, ...] = ()


def weeks_to(first_call: date, first_day: date) -> int:
    """By how many whole weeks to move calls so that they start nearest to a day, and keep their weekdays.

    >>> weeks_to(date(2024, 8, 23), date(2025, 8, 22))
    52
    """
    return round((first_day - first_call).days / 7)


def move_calls(calls: Sequence[CallRecord], *, first_day: date) -> MovedCalls:
    """The calls moved by whole weeks, so that they start nearest to `first_day` on the same weekdays.

    Clock times stay. One that falls into the hour that the spring clock change skips is left out; one that
    falls into the hour that the autumn one repeats is put into the first of the two.
    """
    if not calls:
        return MovedCalls(calls=(), weeks=0)
    weeks = weeks_to(min(call.when for call in calls).date(), first_day)
    moved: list[CallRecord] = []
    skipped: list[CallRecord] = []
    for call in calls:
        # Arithmetic on an aware time of one zone keeps its clock time.
        when = (call.when + timedelta(weeks=weeks)).replace(fold=0)
        (moved if _is_shown(when) else skipped).append(replace(call, when=when))
    repeated = tuple(call for call in moved if _is_shown_twice(call.when))
    return MovedCalls(calls=tuple(moved), weeks=weeks, skipped=tuple(skipped), repeated=repeated)


def _is_shown(when: datetime) -> bool:
    """Whether the clocks of its zone ever show a time."""
    there_and_back = datetime.fromtimestamp(when.timestamp(), tz=when.tzinfo)
    return there_and_back.replace(tzinfo=None, fold=0) == when.replace(tzinfo=None, fold=0)


def _is_shown_twice(when: datetime) -> bool:
    return when.utcoffset() != when.replace(fold=1).utcoffset()
