"""The hours sheet of the brief: wind, gust, rain, margin to the limits, sun, and what stops flights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dfr.plan.model import CoverageHour
from dfr.plan.windows import wind_margin_mps
from dfr.report.words import MINUS
from dfr.scenario.air import HourWeather
from dfr.scenario.model import Scenario
from dfr.units import mps_to_kt
from dfr.world.hours import SunEvent, sun_time
from dfr.world.weather import gust_of_hour, weather_at

HOURS = range(24)
MOST_FULL_DAYS = 3
"""With more days than this, only wind and margin are shown, so that the sheet fits on its page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HourLine:
    """One quantity of a day: a cell for each clock hour, '' where no calls are expected."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySheet:
    """A day: its name, sunrise and sunset, its hours with calls (0 to 23), and lines of other figures."""

    day: str
    sun: str
    hours: tuple[CoverageHour | None, ...]
    lines: tuple[HourLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitedSpan:
    """Consecutive hours that cannot be flown for the same reasons; `why` is that of the windiest hour."""

    when: str
    why: str


def day_sheets(scenario: Scenario, hours: Sequence[CoverageHour]) -> list[DaySheet]:
    """A sheet for each day with calls, in local time."""
    days: dict[date, dict[int, CoverageHour]] = {}
    for hour in hours:
        start = datetime.fromisoformat(hour.hour)
        days.setdefault(start.date(), {})[start.hour] = hour
    full = len(days) <= MOST_FULL_DAYS
    return [_day_sheet(scenario, day, found, full=full) for day, found in days.items()]


def _day_sheet(scenario: Scenario, day: date, found: dict[int, CoverageHour], *, full: bool) -> DaySheet:
    weather = {
        clock: weather_at(scenario.weather, datetime.fromisoformat(hour.hour))
        for clock, hour in found.items()
    }
    lines = [_hour_line("margin, m/s", {c: _margin_words(scenario, w) for c, w in weather.items()})]
    if full:
        lines.insert(
            0, _hour_line("wind, gust in kt", {c: _wind_in_knots(scenario, w) for c, w in weather.items()})
        )
    if full and any(hour.rain_mm_h for hour in weather.values()):
        rain = {c: f"{w.rain_mm_h:g}" if w.rain_mm_h else "" for c, w in weather.items()}
        lines.append(_hour_line("rain, mm/h", rain))
    return DaySheet(
        day=f"{day:%a %d %b}",
        sun=_sun_words(scenario, day),
        hours=tuple(found.get(clock) for clock in HOURS),
        lines=tuple(lines),
    )


def _hour_line(name: str, cells: dict[int, str]) -> HourLine:
    return HourLine(name=name, cells=tuple(cells.get(clock, "") for clock in HOURS))


def _wind_in_knots(scenario: Scenario, hour: HourWeather) -> str:
    """Mean wind and gust at 10 m; an estimated gust is marked."""
    gust = gust_of_hour(scenario, hour)
    mark = "~" if gust.estimated else ""
    return f"{mps_to_kt(hour.wind_mps):.0f} {mark}{mps_to_kt(gust.mps):.0f}"


def _margin_words(scenario: Scenario, hour: HourWeather) -> str:
    margin = wind_margin_mps(scenario, hour)
    return f"{margin:.1f}".replace("-", MINUS) if math.isfinite(margin) else ""


def _sun_words(scenario: Scenario, day: date) -> str:
    """Sunrise and sunset of a day in local time; '' where the sun does not rise or set."""
    times = [sun_time(event, day, scenario.site.centre) for event in (SunEvent.SR, SunEvent.SS)]
    known = [moment.astimezone(scenario.period.zone) for moment in times if moment is not None]
    return f"sun {known[0]:%H:%M} to {known[1]:%H:%M}" if len(known) == len(times) else ""


def limited_spans(hours: Sequence[CoverageHour]) -> tuple[LimitedSpan, ...]:
    """The hours that cannot be flown; consecutive ones with the same kinds of reason are one span."""
    groups: list[list[CoverageHour]] = []
    for hour in hours:
        if hour.flyable:
            continue
        if (
            groups
            and _is_next_hour(groups[-1][-1], hour)
            and _reason_kinds(groups[-1][-1]) == _reason_kinds(hour)
        ):
            groups[-1].append(hour)
        else:
            groups.append([hour])
    return tuple(_limited_span(group) for group in groups)


def _is_next_hour(first: CoverageHour, second: CoverageHour) -> bool:
    return _start_of(second) - _start_of(first) == timedelta(hours=1)


def _start_of(hour: CoverageHour) -> datetime:
    return datetime.fromisoformat(hour.hour)


def _reasons_by_kind(hour: CoverageHour) -> dict[str, str]:
    """Each reason of an hour by its kind: the words before the first number."""
    found = {}
    for reason in hour.limited_by.split("; "):
        words = reason.split()
        cut = next((i for i, word in enumerate(words) if word[:1].isdigit() or word[:1] == "-"), len(words))
        found[" ".join(words[:cut])] = " ".join(words[cut:])
    return found


def _reason_kinds(hour: CoverageHour) -> list[str]:
    return list(_reasons_by_kind(hour))


def _limited_span(group: Sequence[CoverageHour]) -> LimitedSpan:
    first, last = _start_of(group[0]), _start_of(group[-1]) + timedelta(hours=1)
    worst = max(group, key=lambda hour: hour.wind_mps)
    why = "; ".join(f"{kind} {value}".strip() for kind, value in _reasons_by_kind(worst).items())
    until = "24:00" if last.hour == 0 else f"{last:%H:%M}"
    note = " (windiest hour)" if len(group) > 1 else ""
    return LimitedSpan(when=f"{first:%a %d %b %H:%M} to {until}", why=f"{why}{note}")
