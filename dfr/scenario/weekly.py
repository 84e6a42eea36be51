"""Shifts that come back every week (`shifts_of_weeks`): by weekday, and in a season."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dfr.scenario.model import Period, Shift

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyShift:
    """A shift on some weekdays, from a date up to and with another; None for the period's own ends.

    One that ends no later than it starts ends on the next day.
    """

    days: tuple[str, ...]
    start: time
    end: time
    remote_pilots: int
    safety_pilots: int
    drones_per_pilot: int | None
    first_day: date | None
    last_day: date | None


def shifts_of_weeks(weekly: Iterable[WeeklyShift], period: Period) -> Iterator[Shift]:
    """The shifts in a period, in local time, cut where it starts and ends.

    >>> from zoneinfo import ZoneInfo
    >>> zone = ZoneInfo("Europe/London")
    >>> first, last = datetime(2025, 1, 1, tzinfo=zone), datetime(2026, 1, 1, tzinfo=zone)
    >>> year = Period(start=first, end=last, zone=zone)
    >>> night = WeeklyShift(days=("sat",), start=time(19), end=time(3), remote_pilots=2, safety_pilots=0,
    ...     drones_per_pilot=None, first_day=None, last_day=None)
    >>> shifts = list(shifts_of_weeks([night], year))
    >>> len(shifts), shifts[0].start.isoformat(), shifts[0].end.isoformat()
    (52, '2025-01-04T19:00:00+00:00', '2025-01-05T03:00:00+00:00')
    """
    for each in weekly:
        # The night before the period may reach into it.
        day = period.start.date() - timedelta(days=1)
        while day <= period.end.date():
            if _comes_on(each, day):
                yield from _shift_on(each, day, period)
            day += timedelta(days=1)


def _comes_on(shift: WeeklyShift, day: date) -> bool:
    in_season = (shift.first_day or day) <= day <= (shift.last_day or day)
    return in_season and WEEKDAYS[day.weekday()] in shift.days


def _shift_on(shift: WeeklyShift, day: date, period: Period) -> Iterator[Shift]:
    """The shift of a day as far as it lies in the period."""
    until = day if shift.end > shift.start else day + timedelta(days=1)
    start = max(datetime.combine(day, shift.start, tzinfo=period.zone), period.start)
    end = min(datetime.combine(until, shift.end, tzinfo=period.zone), period.end)
    if start < end:
        yield Shift(
            start=start,
            end=end,
            remote_pilots=shift.remote_pilots,
            safety_pilots=shift.safety_pilots,
            drones_per_pilot=shift.drones_per_pilot,
        )
