"""Hours: when a zone is active, when the sun rises and sets, and whether it is night.

Activation is by intervals, daily hours in UTC or local time, the sun, or notice (NOTAM).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from dfr.geo import Position


class SunEvent(StrEnum):
    """A moment of the day by the sun (ED-318's names)."""

    BMCT = "BMCT"
    SR = "SR"
    SS = "SS"
    EECT = "EECT"


ALTITUDE_DEG = {SunEvent.SR: -0.833, SunEvent.SS: -0.833, SunEvent.BMCT: -6.0, SunEvent.EECT: -6.0}
"""Height of the sun's centre at each event: refraction and half the disc; civil twilight (ICAO)."""


def is_night(moment: datetime, position: Position) -> bool:
    """True between sunset and sunrise: the sun's upper edge is below the horizon, by day or by half-year.

    It asks where the sun stands at the moment, so no date enters, local or UTC.
    """
    return sun_altitude_deg(moment, position) < ALTITUDE_DEG[SunEvent.SS]


def sun_altitude_deg(moment: datetime, position: Position) -> float:
    """Height of the sun's centre above the horizon, refraction aside, to about 0.02 degrees.

    Meeus, Astronomical Algorithms, ch. 13 and 25, low accuracy.
    """
    declination_rad, equation_min = _sun_position(moment)
    utc = moment.astimezone(UTC)
    hours = utc.hour + utc.minute / 60.0 + utc.second / 3600.0 + equation_min / 60.0 - 12.0
    hour_angle_rad = math.radians(15.0 * hours + position.lon_deg)
    lat_rad = math.radians(position.lat_deg)
    sine = math.sin(lat_rad) * math.sin(declination_rad)
    sine += math.cos(lat_rad) * math.cos(declination_rad) * math.cos(hour_angle_rad)
    return math.degrees(math.asin(max(-1.0, min(1.0, sine))))


def sun_time(event: SunEvent, day: date, position: Position) -> datetime | None:
    """UTC of a sun event, to about a minute; None where it does not happen (polar day or night).

    `day` is the local date: the one on which the sun is highest at the position, of whatever date in UTC.
    Meeus, Astronomical Algorithms, ch. 15 and 25, low accuracy, iterated once at the event itself.

    >>> from datetime import date
    >>> sun_time(SunEvent.SR, date(2024, 6, 21), Position(lat_deg=51.4769, lon_deg=0.0)).strftime("%H:%M")
    '03:42'
    """
    before_noon = event in (SunEvent.SR, SunEvent.BMCT)
    moment = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) - timedelta(hours=position.lon_deg / 15.0)
    for _ in range(3):
        declination_rad, equation_min = _sun_position(moment)
        lat_rad = math.radians(position.lat_deg)
        cosine = (
            math.sin(math.radians(ALTITUDE_DEG[event])) - math.sin(lat_rad) * math.sin(declination_rad)
        ) / (math.cos(lat_rad) * math.cos(declination_rad))
        if not -1.0 <= cosine <= 1.0:
            return None
        hours = math.degrees(math.acos(cosine)) / 15.0
        noon_h = 12.0 - position.lon_deg / 15.0 - equation_min / 60.0
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = midnight + timedelta(hours=noon_h - hours if before_noon else noon_h + hours)
    return moment


def _sun_position(moment: datetime) -> tuple[float, float]:
    """(declination rad, equation of time min)."""
    centuries = (moment.timestamp() - 946_728_000.0) / (86_400.0 * 36_525.0)
    mean_deg = 280.46646 + 36_000.76983 * centuries
    anomaly_rad = math.radians(357.52911 + 35_999.05029 * centuries)
    centre_deg = 1.914602 * math.sin(anomaly_rad) + 0.019993 * math.sin(2.0 * anomaly_rad)
    lon_rad = math.radians(mean_deg + centre_deg - 0.00569)
    tilt_rad = math.radians(23.439291 - 0.0130042 * centuries)
    declination_rad = math.asin(math.sin(tilt_rad) * math.sin(lon_rad))
    ascension_deg = math.degrees(math.atan2(math.cos(tilt_rad) * math.sin(lon_rad), math.cos(lon_rad)))
    equation_deg = (mean_deg - 0.0057183 - ascension_deg + 180.0) % 360.0 - 180.0
    return declination_rad, 4.0 * equation_deg


MAX_SPAN_DAYS = 400
"""Daily hours repeat within a year; longer questions are answered from their first days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInterval:
    """A period from one moment to another, the end excluded; None leaves that side open."""

    start: datetime | None
    end: datetime | None

    def overlaps(self, start: datetime, end: datetime) -> bool:
        """True where any moment from `start` to `end` (both counted) lies within."""
        return (self.start is None or self.start <= end) and (self.end is None or start < self.end)

    def intersect_with(self, other: TimeInterval) -> TimeInterval | None:
        """The overlap of two intervals; None where they do not overlap."""
        start = max((s for s in (self.start, other.start) if s is not None), default=None)
        end = min((e for e in (self.end, other.end) if e is not None), default=None)
        return (
            None
            if start is not None and end is not None and start >= end
            else TimeInterval(start=start, end=end)
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
    within: TimeInterval = TimeInterval(start=None, end=None)

    def overlaps(self, start: datetime, end: datetime, place: Position) -> bool | None:
        """Whether any moment from `start` to `end` lies within; None where the sun gives no time."""
        hours, complete = self.hours_between(start, end, place)
        if any(span.overlaps(start, end) for span in hours):
            return True
        return False if complete else None

    def hours_between(
        self, start: datetime, end: datetime, place: Position
    ) -> tuple[list[TimeInterval], bool]:
        """(the hours of every day that touches a period, whether every day's are known)."""
        found: list[TimeInterval] = []
        complete = True
        for day in _days_touching(start.astimezone(self.zone).date(), end.astimezone(self.zone).date()):
            if day.weekday() in self.days:
                hours = self._hours_on(day, place)
                complete &= hours is not None
                common = None if hours is None else hours.intersect_with(self.within)
                found += [] if common is None else [common]
        return found, complete

    def _hours_on(self, day: date, place: Position) -> TimeInterval | None:
        """The hours that begin on a day; None where the sun or the calendar has no such time."""
        try:
            return self._hours_begun_on(day, place)
        except OverflowError:
            return None

    def _hours_begun_on(self, day: date, place: Position) -> TimeInterval | None:
        begins = _utc_of_clock(self.start, day, self.zone, place, 0)
        if begins is None:
            return None
        for days in self._end_days():
            ends = _utc_of_clock(self.end, day + timedelta(days=days), self.zone, place, 1)
            if ends is None and days >= 0:
                return None
            if ends is not None and ends > begins:
                return TimeInterval(start=begins, end=ends)
        return None

    def _end_days(self) -> range:
        """On how many days after the start's to look for the end: the sun's events follow the local date.

        Far east the sun rises on the UTC date before, far west it sets on the one after.
        """
        by_sun = isinstance(self.start, SunEvent) != isinstance(self.end, SunEvent)
        return range(-1, 3) if by_sun else range(2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Activation:
    """The periods in which a zone is active, and what holds outside them (None: not known).

    `by_notice` says that outside them a notice (NOTAM) makes it active, and nothing else.
    """

    periods: tuple[TimeInterval | DailyHours, ...] = ()
    otherwise: bool | None = True
    text: str = "H24"
    by_notice: bool = False

    def is_active(self, start: datetime, end: datetime, place: Position) -> bool | None:
        """Whether the zone is active at any moment from `start` to `end`; None where that is not known."""
        if start.tzinfo is None or end.tzinfo is None:
            return True if self == ALWAYS else None
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        unknown = self.otherwise is None
        for period in self.periods:
            if isinstance(period, TimeInterval):
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


def _days_touching(first: date, last: date) -> Iterator[date]:
    """Every day that hours touching the span could have begun on: far east the sun rises the day before."""
    day = first - timedelta(days=1) if first > date.min else first
    for _ in range(min((last - day).days + 2, MAX_SPAN_DAYS)):
        yield day
        if day == date.max:
            return
        day += timedelta(days=1)


def _utc_of_clock(
    clock: time | SunEvent, day: date, zone: tzinfo, place: Position, fold: int
) -> datetime | None:
    """UTC of a clock time; a time that happens twice begins at its first and ends at its second."""
    if isinstance(clock, SunEvent):
        return sun_time(clock, day, place)
    return datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC)
