"""When a NOTAM is in force: items B, C and D, and the dates of national briefings. All times are UTC."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from dfr.io.airspace.uas_zones import DAYS
from dfr.world.hours import Activation, DailyHours, Interval, SunEvent

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
ALL_DAYS = frozenset(range(7))
MAX_DAYS = 400
"""Dates of a schedule are looked for in so many days; a longer one counts as active throughout."""

_TEN = re.compile(r"\b(\d{2})(\d{2})(\d{2})\s?(\d{2})(\d{2})\b")
_WORDS = re.compile(r"\b(\d{1,2})\s+([A-Z]{3})[A-Z]*\s+(\d{4})\s+(\d{2}):?(\d{2})", re.IGNORECASE)
_HOURS = re.compile(r"(\d{4}|SR|SS)\s*-\s*(\d{4}|SR|SS)")
_DAY_NAMES = re.compile(rf"\b({'|'.join(DAYS)})(?:\s*-\s*({'|'.join(DAYS)}))?\b")
_MONTH = re.compile(rf"\b(?:{'|'.join(MONTHS)})[A-Z]*\b")
_DATES = re.compile(r"\b(\d{1,2})(?:\s*-\s*(\d{1,2}))?\b")


def moment_of(text: str) -> datetime | None:
    """The moment that item B or C means, in UTC; None where it cannot be read.

    >>> moment_of("2609240700").isoformat(), moment_of("02 Oct 2024 02:00").isoformat()
    ('2026-09-24T07:00:00+00:00', '2024-10-02T02:00:00+00:00')
    """
    if match := _TEN.search(text):
        year, month, day, hour, minute = (int(part) for part in match.groups())
        year += 2000
    elif (match := _WORDS.search(text)) and match[2].upper() in MONTHS:
        day, month, year = int(match[1]), MONTHS.index(match[2].upper()) + 1, int(match[3])
        hour, minute = int(match[4]), int(match[5])
    else:
        return None
    midnight = hour == 24 and minute == 0
    try:
        found = datetime(year, month, day, 0 if midnight else hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return found + timedelta(days=1) if midnight else found


def activation_of(begins: str, ends: str, schedule: str) -> Activation:
    """When a NOTAM is in force.

    One that is permanent, or whose end is estimated (EST), is so until another replaces or cancels it. A
    start or an end that cannot be read is open, and hours that cannot be read count as active throughout.
    """
    start = moment_of(begins)
    estimated = any(word in ends.upper() for word in ("EST", "PERM", "UFN"))
    end = None if estimated else moment_of(ends)
    text = " ".join(f"{begins} to {ends or 'not said'} {schedule}".split())
    if start is not None and end is not None and start >= end:
        start = end = None
    within = Interval(start=start, end=end)
    periods = _schedule(schedule.upper(), within) or [within]
    return Activation(periods=tuple(periods), otherwise=False, text=text[:200])


def _schedule(text: str, within: Interval) -> list[Interval | DailyHours]:
    """The periods of item D; none where it says nothing, or anything that cannot be read."""
    found: list[Interval | DailyHours] = []
    for part in re.split(r"[,;]|\bAND\b|\n", re.split(r"\bEXC", text)[0]):
        words = " ".join(part.split())
        if not words:
            continue
        periods = _part(words, within)
        if periods is None:
            return []
        found += periods
    return found


def _part(words: str, within: Interval) -> list[Interval | DailyHours] | None:
    """The periods of one part: days or dates, then hours; None where it cannot be read."""
    hours = [(match[1], match[2]) for match in _HOURS.finditer(words)]
    days = _HOURS.sub(" ", words)
    if "H24" in days:
        hours, days = [("0000", "0000")], days.replace("H24", " ")
    if not hours:
        return None
    days = re.sub(r"\b(DAILY|EVERY DAY)\b", " ", days).strip()
    clocks = [(_clock(start), _clock(end)) for start, end in hours]
    if any(clock is None for pair in clocks for clock in pair):
        return None
    spans = [(start, end) for start, end in clocks if start is not None and end is not None]
    names, rest = _named_days(days)
    if not rest.strip(" -"):
        return [
            DailyHours(days=names or ALL_DAYS, start=start, end=end, within=within) for start, end in spans
        ]
    return _dated(rest, spans, within) if not names else None


def _named_days(text: str) -> tuple[frozenset[int], str]:
    """(the days of the week that a text names, the text without them)."""
    found: set[int] = set()
    for first, last in _DAY_NAMES.findall(text):
        begin = DAYS.index(first)
        count = (DAYS.index(last) - begin) % 7 + 1 if last else 1
        found |= {(begin + step) % 7 for step in range(count)}
    return frozenset(found), _DAY_NAMES.sub(" ", text)


def _clock(text: str) -> time | SunEvent | None:
    if text in ("SR", "SS"):
        return SunEvent(text)
    hour, minute = int(text[:2]), int(text[2:])
    if (hour, minute) in ((24, 0), (23, 59)):
        return time(0, 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _dated(
    text: str, hours: list[tuple[time | SunEvent, time | SunEvent]], within: Interval
) -> list[Interval | DailyHours] | None:
    """Hours on dates such as `28`, `03-05` or `JUL 28 30`; None for others, and for dates of two months."""
    months = [MONTHS.index(name[:3]) + 1 for name in _MONTH.findall(text)]
    numbers = _MONTH.sub(" ", text)
    if within.start is None or len(months) > 1 or _DATES.sub(" ", numbers).strip(" -"):
        return None
    month = months[0] if months else None
    last = within.end or within.start + timedelta(days=MAX_DAYS)
    if last - within.start > timedelta(days=MAX_DAYS):
        return None
    ranges = [(int(first), int(end or first)) for first, end in _DATES.findall(numbers)]
    if any(end < first for first, end in ranges):
        return None
    wanted = {day for first, end in ranges for day in range(first, end + 1)}
    every = ((within.start + timedelta(days=step)).date() for step in range((last - within.start).days + 2))
    dates = [day for day in every if day.day in wanted and month in (None, day.month)]
    return [_on(day, start, end, within) for day in dates for start, end in hours] or None


def _on(day: date, start: time | SunEvent, end: time | SunEvent, within: Interval) -> DailyHours:
    """The hours of one date, which may run into the next day."""
    begin = datetime.combine(day, time(0, 0), tzinfo=UTC)
    only = Interval(start=begin, end=begin + timedelta(days=2)).common(within) or within
    return DailyHours(days=frozenset({day.weekday()}), start=start, end=end, within=only)
