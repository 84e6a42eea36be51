"""Dates and times as people write them in tables, read without guessing: ISO 8601, or day and month in the
order that the table itself shows or that somebody says.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic_core import PydanticCustomError

from dfr.errors import InputError
from dfr.scenario.schema_parts import resolve_clock_change

LAST_HOUR = 29
"""A day on duty goes on past midnight: 24:30 of a day is 00:30 of the next, as far as 29:59."""


class DateOrder(StrEnum):
    """The order of a date's parts."""

    ISO = "iso"
    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?=\D|\Z)")
_PARTS = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4}|\d\d)(?=\D|\Z)")
_CLOCK = re.compile(
    r"[T ,]*(\d{1,2})[:.h](\d\d)(?:[:.](\d\d)(?:[.,]\d+)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|[+-]\d\d:?\d\d)?\Z"
)


def date_order(texts: Iterable[str]) -> DateOrder:
    """The order of the dates in a column, as they themselves show it.

    Raises InputError where it could be either, where dates contradict each other, and where some are ISO and
    others are not: a spreadsheet that took some of them for dates may have swapped their days and months.

    >>> str(date_order(["03/08/2024 10:00", "24/08/2024 11:00"]))
    'dmy'
    """
    iso, first, day_first, month_first = False, None, None, None
    for text in texts:  # one by one: a log may have millions
        if not text:
            continue
        if _ISO.match(text):
            iso = True
        elif found := _PARTS.match(text):
            first = first or found
            day_first = day_first or (found if int(found[1]) > 12 else None)
            month_first = month_first or (found if int(found[2]) > 12 else None)
    if first is None:
        return DateOrder.ISO
    if iso:
        raise InputError(
            "some dates are ISO 8601 and others are not: a spreadsheet may have swapped days and months",
            do="write the whole column in one form",
        )
    if day_first and month_first:
        raise InputError(
            f"{day_first[0]} begins with the day and {month_first[0]} with the month",
            do="write the whole column in one form",
        )
    if not (day_first or month_first):
        raise InputError(
            f"{first[0]}: day first or month first? No date of the column shows it",
            do="choose the order of the dates: day first (dmy) or month first (mdy)",
        )
    return DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST


def read_date(text: str, order: DateOrder) -> date:
    """The date at the beginning of a text. Raises InputError."""
    iso = _ISO.match(text)
    parts = _PARTS.match(text)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if parts and order is not DateOrder.ISO:
            first, second, year = (int(part) for part in parts.groups())
            day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
            return date(year + 2000 if year < 100 else year, month, day)
    except ValueError as error:
        raise InputError(f"{text!r:.40} is not a date: {error}", do="correct it") from error
    raise InputError(f"{text!r:.40} is not a date", do="write 24/08/2024 or 2024-08-24")


def read_moment(text: str, order: DateOrder, zone: ZoneInfo) -> datetime:
    """The moment in a text, in a zone. Raises InputError, also for one the clock change skips or repeats.

    >>> read_moment("24/08/2024 3:02 pm", DateOrder.DAY_FIRST, ZoneInfo("Europe/London")).isoformat()
    '2024-08-24T15:02:00+01:00'
    >>> read_moment("24/08/2024 24:30", DateOrder.DAY_FIRST, ZoneInfo("Europe/London")).isoformat()
    '2024-08-25T00:30:00+01:00'
    """
    day = read_date(text, order)
    found = _ISO.match(text) or _PARTS.match(text)
    rest = text[found.end() :] if found else ""
    clock = _CLOCK.match(rest)
    if clock is None:
        raise InputError(f"{text!r:.40} has no time of day", do="write it as 15:02 behind the date")
    past_midnight, at = _read_clock(clock, text)
    return _on_clock(datetime.combine(day, at) + timedelta(days=past_midnight), clock[5], zone)


def _read_clock(clock: re.Match[str], text: str) -> tuple[int, time]:
    """(Days past that of the text, 1 for hours 24 to 29 of a day on duty; the time of day)."""
    hour = int(clock[1])
    half = (clock[4] or "").replace(".", "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise InputError(f"{text!r:.40} is not a time", do="write 3:02 pm or 15:02")
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > LAST_HOUR:
        raise InputError(f"{text!r:.40} has hour {hour}", do=f"write hours 0 to {LAST_HOUR}")
    past_midnight, hour = divmod(hour, 24)
    try:
        return past_midnight, time(hour, int(clock[2]), int(clock[3] or 0))
    except ValueError as error:
        raise InputError(f"{text!r:.40} is not a time: {error}", do="write it as 15:02") from error


def _on_clock(naive: datetime, offset: str | None, zone: ZoneInfo) -> datetime:
    """The moment of a clock time; with an offset whatever moment that is, shown in the zone."""
    if offset is not None:
        with_offset = f"{naive.isoformat()}{offset.replace('Z', '+00:00')}"
        return datetime.fromisoformat(with_offset).astimezone(zone)
    try:
        return resolve_clock_change(naive, None, zone)
    except PydanticCustomError as error:
        words = error.context or {}
        raise InputError(str(words["what"]), do=str(words["do"])) from error
