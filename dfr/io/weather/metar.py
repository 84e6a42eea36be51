"""METAR and SPECI reports. A gust that is not reported stays unknown: it is censored.

A report names gusts only from 10 kt above the mean (WMO-No. 306, FM 15), so no gust group means "less than
that", not "none"; `dfr.world.weather` then estimates one from the site's turbulence.

Ours, because a group that is missing or struck out must stay unknown and never become calm or clear, and
because each bad report is named with its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dfr.errors import InputError, Problem
from dfr.io.weather.groups import (
    WARMEST_C,
    ReportedWeather,
    conditions_of,
    hour_of,
    resolve_moment,
    words_of,
    worst_of,
)

INCH_HG_HPA = 33.8639
LEAST_QNH_HPA, MOST_QNH_HPA = 900.0, 1080.0
"""As a scenario takes it."""

_STAMP = re.compile(r"(\d\d)(\d\d)(\d\d)Z$")
_STATION = re.compile(r"[A-Z][A-Z0-9]{3}$")
_WARMTH = re.compile(r"(M?\d{1,2})/(?:M?\d{1,2}|//|XX)?$")
_QNH = re.compile(r"(?:Q(\d{4})|A(\d{4}))$")
_WEATHER_UNKNOWN = "//"
"""Present weather that an automatic station could not observe."""

_BEFORE = frozenset({"METAR", "SPECI", "COR", "AMD", "CCA", "CCB", "RTD"})
_END = frozenset({"RMK", "NOSIG", "BECMG", "TEMPO"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MetarReport:
    """One report: who sent it, when, what was seen, and the pressure."""

    station: str
    start: datetime
    seen: ReportedWeather
    qnh_hpa: float | None


def read_metars(data: bytes, *, name: str, until: datetime) -> tuple[MetarReport, ...]:
    """The reports of a text in time order; `until` (aware) is no earlier than the last of them.

    One report a line; an indented line goes on with the one before, an `=` ends one. A report has a day of
    the month but no month: it is the latest such day up to `until`. Lines that are empty or begin with #,
    and reports that say NIL, are passed over. Raises InputError with every bad line.
    """
    reports: list[MetarReport] = []
    problems: list[Problem] = []
    for number, text in _report_texts(data.decode("ascii", errors="replace")):
        try:
            found = read_metar(text, until=until)
        except InputError as error:
            problems.append(Problem(file=name, line=number, path="", what=error.what, do=error.do))
        else:
            reports += [found] if found is not None else []
    if problems:
        raise InputError("\n".join(str(problem) for problem in problems))
    return tuple(sorted(reports, key=lambda report: report.start))


def read_metar(text: str, *, until: datetime) -> MetarReport | None:
    """One report; None for one that says NIL. What it leaves out is None.

    Raises InputError where there is no station and time, or nothing in it can be read.

    >>> when = datetime(2024, 8, 24, 12, tzinfo=UTC)
    >>> one = read_metar("METAR EGHI 241150Z 24018G30KT 9999 -RA BKN020 18/14 Q1009", until=when)
    >>> round(one.seen.wind_mps, 1), round(one.seen.gust_mps, 1), one.seen.rain_mm_h
    (9.3, 15.4, 1.0)
    """
    words = words_of(text)
    while words and words[0] in _BEFORE:
        del words[0]
    if len(words) < 3 or not _STATION.match(words[0]) or not (stamp := _STAMP.match(words[1])):
        raise InputError(f"not a report: {text[:40]!r}", do="write STATION DDHHMMZ WIND ...")
    if "NIL" in words:
        return None
    groups = list(_until_trend(words[2:]))
    warmth = next((found for word in groups if (found := _WARMTH.match(word))), None)
    seen = replace(
        conditions_of(groups), temperature_c=float(warmth[1].replace("M", "-")) if warmth else None
    )
    if seen.temperature_c is not None and abs(seen.temperature_c) > WARMEST_C:
        raise InputError(
            f"{words[0]} {words[1]}: {seen.temperature_c:g} °C is not a believable temperature",
            do="correct it",
        )
    if seen.wind_mps is None and seen.visibility_m is None and seen.temperature_c is None:
        raise InputError(
            f"{words[0]} {words[1]}: no wind, no visibility and no temperature", do="add them or leave it out"
        )
    if seen.rain_mm_h is None and _WEATHER_UNKNOWN not in groups:
        seen = replace(seen, rain_mm_h=0.0)
    start = resolve_moment(*(int(part) for part in stamp.groups()), until=until)
    return MetarReport(station=words[0], start=start.astimezone(UTC), seen=seen, qnh_hpa=_qnh_hpa(groups))


def weather_by_hour(reports: tuple[MetarReport, ...]) -> Mapping[datetime, ReportedWeather]:
    """What was seen in each clock hour (UTC) with a report in it: the worst of each quantity."""
    by_hour: dict[datetime, list[ReportedWeather]] = {}
    for report in reports:
        by_hour.setdefault(hour_of(report.start), []).append(report.seen)
    return {hour: worst_of(rows) for hour, rows in sorted(by_hour.items())}


def _report_texts(text: str) -> Iterator[tuple[int, str]]:
    """Each report with the line it begins on."""
    first, parts = 0, list[str]()
    for number, line in enumerate(text.splitlines(), start=1):
        goes_on = bool(parts) and line[:1].isspace() and bool(line.strip())
        if parts and not goes_on:
            yield first, " ".join(parts)
            parts = []
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        *whole, rest = line.split("=")
        first = first if parts else number
        for one in whole:
            yield first, " ".join([*parts, one.strip()])
            first, parts = number, []
        parts += [rest.strip()] if rest.strip() else []
    if parts:
        yield first, " ".join(parts)


def _until_trend(words: list[str]) -> Iterator[str]:
    """The observed part, without remarks and trend."""
    for word in words:
        if word in _END:
            return
        yield word


def _qnh_hpa(words: list[str]) -> float | None:
    for word in words:
        if found := _QNH.match(word):
            qnh_hpa = float(found[1]) if found[1] else float(found[2]) * 0.01 * INCH_HG_HPA
            if not LEAST_QNH_HPA <= qnh_hpa <= MOST_QNH_HPA:
                raise InputError(f"{word}: no QNH is {qnh_hpa:.0f} hPa", do="correct it")
            return qnh_hpa
    return None
