"""METAR and SPECI reports as hours of weather. A gust that is not reported stays unknown: it is censored.

A report names gusts only from 10 kt above the mean (WMO-No. 306, FM 15), so no gust group means "less than
that", not "none"; `dfr.world.weather` then estimates one from the site's turbulence. Rain rates by
intensity sign are assumed (WMO-No. 8 classes: light below 2.5, heavy above 10 mm/h).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dfr.errors import InputError, Problem
from dfr.scenario.model import HourWeather
from dfr.units import kt_to_mps

RAIN_MM_H = {"-": 1.0, "": 5.0, "+": 15.0}
"""Assumed rate of light, moderate and heavy rain, drizzle, snow or hail."""

FAR_M = 10_000.0
"""9999 and CAVOK: 10 km or more."""

MILE_M = 1609.344
INCH_HG_HPA = 33.8639
SOON_D = 3
"""A day of the month more than so many days ahead of `until` belongs to the month before."""

_STAMP = re.compile(r"(\d\d)(\d\d)(\d\d)Z$")
_WIND = re.compile(r"(\d{3}|VRB)(\d{2,3})(?:G(\d{2,3}))?(KT|MPS)$")
_SEEN = re.compile(r"(\d{4})(?:NDV)?$")
_MILES = re.compile(r"(?:(\d+)|M?(?:(\d)_)?(\d)/(\d))SM$")
_WEATHER = re.compile(r"([-+]?)(?:VC)?(?:MI|BC|PR|DR|BL|SH|TS|FZ)?((?:DZ|RA|SN|SG|IC|PL|GR|GS|UP)+)$")
_WARMTH = re.compile(r"(M?\d\d)/(?:M?\d\d)?$")
_QNH = re.compile(r"(?:Q(\d{4})|A(\d{4}))$")
_MIXED = re.compile(r"\b(\d) (\d/\dSM)")
_END = frozenset({"RMK", "NOSIG", "BECMG", "TEMPO"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One report: who sent it, its weather and the pressure; `variable`: a wind without a direction."""

    station: str
    weather: HourWeather
    qnh_hpa: float | None
    variable: bool


def read_metars(data: bytes, *, name: str, until: datetime) -> tuple[Report, ...]:
    """The reports of a text, one a line, in time order; `until` (aware) is no earlier than the last of them.

    A report has a day of the month but no month: it is the latest such day up to `until`.
    Lines that are empty or begin with # are passed over. Raises InputError with every bad line.
    """
    reports: list[Report] = []
    problems: list[Problem] = []
    for number, line in enumerate(data.decode("ascii", errors="replace").splitlines(), start=1):
        text = line.strip().rstrip("=")
        if not text or text.startswith("#"):
            continue
        try:
            reports.append(read_metar(text, until=until))
        except InputError as error:
            what, _, do = str(error).partition(" -> ")
            problems.append(Problem(file=name, line=number, path="", what=what, do=do))
    if problems:
        raise InputError("\n".join(str(problem) for problem in problems))
    return tuple(sorted(reports, key=lambda report: report.weather.start))


def read_metar(text: str, *, until: datetime) -> Report:
    """One report. Raises InputError where time, wind, visibility or temperature is missing or unreadable.

    >>> when = datetime(2024, 8, 24, 12, tzinfo=UTC)
    >>> one = read_metar("METAR EGHI 241150Z 24018G30KT 9999 -RA BKN020 18/14 Q1009", until=when)
    >>> round(one.weather.wind_mps, 1), round(one.weather.gust_mps, 1), one.weather.rain_mm_h
    (9.3, 15.4, 1.0)
    """
    groups = [
        word for word in _MIXED.sub(r"\1_\2", text).split() if word not in {"METAR", "SPECI", "AUTO", "COR"}
    ]
    if len(groups) < 3 or not _STAMP.match(groups[1]):
        raise InputError(f"no report: {text[:40]!r} -> write STATION DDHHMMZ WIND ...")
    words = list(_until_trend(groups[2:]))
    wind = next((found for word in words if (found := _WIND.match(word))), None)
    warmth = next((found for word in words if (found := _WARMTH.match(word))), None)
    seen = _visibility_m(words)
    missing = [
        what
        for what, found in (("wind", wind), ("visibility", seen), ("temperature", warmth))
        if found is None
    ]
    if wind is None or warmth is None or seen is None:
        raise InputError(
            f"{groups[0]} {groups[1]}: no {' and no '.join(missing)} -> add it or leave the line out"
        )
    scale = kt_to_mps(1.0) if wind[4] == "KT" else 1.0
    weather = HourWeather(
        start=_time(groups[1], until),
        wind_mps=float(wind[2]) * scale,
        wind_from_deg=0.0 if wind[1] == "VRB" else float(wind[1]) % 360.0,
        gust_mps=float(wind[3]) * scale if wind[3] else None,
        rain_mm_h=_rain_mm_h(words),
        visibility_m=seen,
        temperature_c=float(warmth[1].replace("M", "-")),
    )
    return Report(station=groups[0], weather=weather, qnh_hpa=_qnh_hpa(words), variable=wind[1] == "VRB")


def hourly(reports: tuple[Report, ...]) -> tuple[HourWeather, ...]:
    """One row for each clock hour with a report in it: the worst of each quantity, the direction of its wind.

    A gust stands where any report of the hour has one; else it stays unknown.
    """
    by_hour: dict[datetime, list[HourWeather]] = {}
    for report in reports:
        start = report.weather.start.replace(minute=0, second=0, microsecond=0)
        by_hour.setdefault(start, []).append(report.weather)
    return tuple(_worst(start, rows) for start, rows in sorted(by_hour.items()))


def _worst(start: datetime, rows: list[HourWeather]) -> HourWeather:
    strongest = max(rows, key=lambda row: row.wind_mps)
    gusts = [row.gust_mps for row in rows if row.gust_mps is not None]
    return replace(
        strongest,
        start=start,
        gust_mps=max(gusts) if gusts else None,
        rain_mm_h=max(row.rain_mm_h for row in rows),
        visibility_m=min(row.visibility_m for row in rows),
        temperature_c=min(row.temperature_c for row in rows),
    )


def _until_trend(words: list[str]) -> Iterator[str]:
    """The observed part, without remarks and trend."""
    for word in words:
        if word in _END:
            return
        yield word


def _time(stamp: str, until: datetime) -> datetime:
    """The latest moment of that day and time that is not after `until` by more than a few days."""
    day, hour, minute = (int(stamp[at : at + 2]) for at in (0, 2, 4))
    month = (until.astimezone(UTC) + timedelta(days=SOON_D)).replace(day=1, minute=0, second=0, microsecond=0)
    latest = until + timedelta(days=SOON_D)
    for _ in range(12):
        try:
            found = month.replace(day=day, hour=hour, minute=minute)
        except ValueError:
            found = latest + timedelta(days=1)
        if found <= latest:
            return found
        month = (month - timedelta(days=1)).replace(day=1)
    raise InputError(f"{stamp}: no such day and time -> correct it")


def _visibility_m(words: list[str]) -> float | None:
    for word in words:
        if word in {"CAVOK", "9999"}:
            return FAR_M
        if found := _SEEN.match(word):
            return float(found[1])
        if found := _MILES.match(word):
            whole, extra, part, of = (float(figure) if figure else 0.0 for figure in found.groups())
            return MILE_M * (whole + extra + (part / of if of else 0.0))
    return None


def _rain_mm_h(words: list[str]) -> float:
    found = [match for word in words if (match := _WEATHER.match(word))]
    return max((RAIN_MM_H[match[1]] for match in found), default=0.0)


def _qnh_hpa(words: list[str]) -> float | None:
    for word in words:
        if found := _QNH.match(word):
            return float(found[1]) if found[1] else float(found[2]) * 0.01 * INCH_HG_HPA
    return None
