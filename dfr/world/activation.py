"""When a zone is active: intervals, daily hours in UTC or local time, sunrise to sunset, by notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from dfr.geo import Position
from dfr.world.sun import SunEvent, sun_time

MAX_SPAN_DAYS = 400
"""Daily hours repeat within a year; longer questions are answered from their first days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """From one moment to another, the end not included; None is open."""

    start: datetime | None
    end: datetime | None

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """True where any moment from `start` to `end` (both counted) lies within."""
        return (self.start is None or self.start <= end) and (self.end is None or start < self.end)

    def common(self, other: Interval) -> Interval | None:
        """What two intervals share, None where that is nothing."""
        start = max((s for s in (self.start, other.start) if s is not None), default=None)
        end = min((e for e in (self.end, other.end) if e is not None), default=None)
        return (
            None if start is not None and end is not None and start >= end else Interval(start=start, end=end)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyHours:
    """The same hours on some days of the week; an end at or before the start is on the next day.

    `days` counts Monday as 0; a day is the one on which the hours begin. `zone` gives the
    clock. A sun event instead of a time follows the sun at the zone.
    """

    days: frozenset[int]
    start: time | SunEvent
    end: time | SunEvent
    zone: tzinfo = UTC
    within: Interval = Interval(start=None, end=None)

    def overlaps(self, start: datetime, end: datetime, place: Position) -> bool | None:
        """Whether any moment from `start` to `end` lies within; None where the sun gives no time."""
        hours, complete = self.intervals(start, end, place)
        if any(span.overlaps(start, end) for span in hours):
            return True
        return False if complete else None

    def intervals(self, start: datetime, end: datetime, place: Position) -> tuple[list[Interval], bool]:
        """(the hours of every day that touches a period, whether every day's are known)."""
        found: list[Interval] = []
        complete = True
        for day in _days(start.astimezone(self.zone).date(), end.astimezone(self.zone).date()):
            if day.weekday() in self.days:
                hours = self._on(day, place)
                complete &= hours is not None
                common = None if hours is None else hours.common(self.within)
                found += [] if common is None else [common]
        return found, complete

    def _on(self, day: date, place: Position) -> Interval | None:
        """The hours that begin on a day; None where the sun or the calendar has no such time."""
        try:
            return self._hours(day, place)
        except OverflowError:
            return None

    def _hours(self, day: date, place: Position) -> Interval | None:
        begins = _moment(self.start, day, self.zone, place, 0)
        if begins is None:
            return None
        for days in self._end_days():
            ends = _moment(self.end, day + timedelta(days=days), self.zone, place, 1)
            if ends is None and days >= 0:
                return None
            if ends is not None and ends > begins:
                return Interval(start=begins, end=ends)
        return None

    def _end_days(self) -> range:
        """On which days from that of the start the end is looked for: the sun's events are of the local date.

        Far east the sun rises on the UTC date before, far west it sets on the one after.
        """
        by_sun = isinstance(self.start, SunEvent) != isinstance(self.end, SunEvent)
        return range(-1, 3) if by_sun else range(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """The periods in which a zone is active, and what holds outside them (None: not known).

    `by_notice` says that outside them a notice (NOTAM) makes it active, and nothing else.
    """

    periods: tuple[Interval | DailyHours, ...] = ()
    otherwise: bool | None = True
    text: str = "H24"
    by_notice: bool = False

    def active(self, start: datetime, end: datetime, place: Position) -> bool | None:
        """Whether the zone is active at any moment from `start` to `end`; None where that is not known."""
        if start.tzinfo is None or end.tzinfo is None:
            return True if self == ALWAYS else None
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        unknown = self.otherwise is None
        for period in self.periods:
            if isinstance(period, Interval):
                state: bool | None = period.overlaps(start, end)
            else:
                state = period.overlaps(start, end, place)
            if state:
                return True
            unknown |= state is None
        return None if unknown else self.otherwise


ALWAYS = Activation()
BY_NOTICE = Activation(otherwise=None, text="by NOTAM", by_notice=True)
WHEN_NOTIFIED = Activation(otherwise=None, text="only when notified (AA NONE)", by_notice=True)


def _days(first: date, last: date) -> Iterator[date]:
    """Every day that hours touching the span could have begun on: far east the sun rises the day before."""
    day = first - timedelta(days=1) if first > date.min else first
    for _ in range(min((last - day).days + 2, MAX_SPAN_DAYS)):
        yield day
        if day == date.max:
            return
        day += timedelta(days=1)


def _moment(clock: time | SunEvent, day: date, zone: tzinfo, place: Position, fold: int) -> datetime | None:
    """UTC of a clock time; a time that happens twice begins at its first and ends at its second."""
    if isinstance(clock, SunEvent):
        return sun_time(clock, day, place)
    return datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC)
