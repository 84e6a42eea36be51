"""The groups that METAR and TAF share: wind, visibility, weather, and days of a month without their month.

Source: WMO-No. 306, FM 15 and FM 51, with the American forms (SM, P6SM, A2992). A group that is missing or
struck out (`/////KT`, `////`) is None: unknown, never zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dfr.errors import InputError
from dfr.units import kt_to_mps

RAIN_MM_H = {"-": 1.0, "": 5.0, "+": 15.0}
"""Assumed rate of light, moderate and heavy rain, drizzle, snow or hail (WMO-No. 8 classes: light below 2.5,
heavy above 10 mm/h)."""

FAR_M = 10_000.0
"""9999 and CAVOK: 10 km or more."""

MILE_M = 1609.344
UNREPORTED_MPS = kt_to_mps(10.0)
"""A gust is reported from so much above the mean (WMO-No. 306, FM 15): what is not reported is less."""

STRONGEST_MPS = 80.0
WARMEST_C = 60.0
"""No wind of ten minutes and no air near the ground has gone beyond; a scenario takes none either."""

TO_MPS = {"KT": kt_to_mps(1.0), "MPS": 1.0, "KMH": 1.0 / 3.6}

_WIND = re.compile(r"(\d{3}|VRB|///)(?:P|ABV)?(\d{2,3})(?:G(?:P|ABV)?(\d{2,3}|//))?(KT|KTS|MPS|KMH)$")
_WIND_LIKE = re.compile(r"(?!WS)\S*(?:KT|KTS|MPS|KMH)\W*$|\d{5}(?!\d)", re.IGNORECASE)
"""A wind, well written or not; WS begins the shear aloft."""

_WIND_UNKNOWN = re.compile(r"(?:\d{3}|VRB|///)//(?:G(?:\d{2,3}|//))?(?:KT|KTS|MPS|KMH)$")
_SEEN = re.compile(r"(\d{4})(?:NDV|[NS][EW]?|[EW])?$")
_MILES = re.compile(r"([PM]?)(?:(\d+)|(?:(\d+)_)?(\d+)/(\d+))SM$")
_KILOMETRES = re.compile(r"(\d{1,2})KM$")
_WEATHER = re.compile(
    r"([-+]?)(VC)?(?:MI|BC|PR|DR|BL|SH|TS|FZ)*((?:DZ|RA|SN|SG|IC|PL|GR|GS|UP)+)(?:BR|FG|HZ)*$"
)
_MIXED = re.compile(r"(?<!\S)(\d{1,2}) (\d/\d{1,2}SM)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedWeather:
    """What a report or forecast says of a time; None where it says nothing.

    `wind_from_deg` None beside a wind: its direction varies. `gust_mps` None: none reported, so censored.
    """

    wind_mps: float | None = None
    wind_from_deg: float | None = None
    gust_mps: float | None = None
    rain_mm_h: float | None = None
    visibility_m: float | None = None
    temperature_c: float | None = None

    def filled_from(self, before: ReportedWeather) -> ReportedWeather:
        """These conditions; what they leave out stays as it was before."""
        calmer = before if self.wind_mps is None else self
        return ReportedWeather(
            wind_mps=calmer.wind_mps,
            wind_from_deg=calmer.wind_from_deg,
            gust_mps=calmer.gust_mps,
            rain_mm_h=_first_known(self.rain_mm_h, before.rain_mm_h),
            visibility_m=_first_known(self.visibility_m, before.visibility_m),
            temperature_c=_first_known(self.temperature_c, before.temperature_c),
        )


def words_of(text: str) -> list[str]:
    """The groups of a report; a mixed number of miles is one group."""
    return _MIXED.sub(r"\1_\2", text).rstrip("= ").split()


def conditions_of(words: Sequence[str]) -> ReportedWeather:
    """What groups of a report or forecast say of wind, weather and visibility.

    P99KT, "99 kt or more", counts as 99 kt: nothing flies in it. Raises InputError for a wind that cannot be.
    """
    wind = next((_read_wind(word) for word in words if _WIND_LIKE.match(word)), ReportedWeather())
    return replace(wind, rain_mm_h=_rain_mm_h(words), visibility_m=_visibility_m(words))


def worst_of(several: Iterable[ReportedWeather]) -> ReportedWeather:
    """The strongest wind with its direction, the strongest gust, most rain, least visibility and warmth.

    Beside a reported gust, a wind without one may have gusted to just below what is reported.
    """
    rows = list(several)
    strongest = max(rows, key=lambda row: -1.0 if row.wind_mps is None else row.wind_mps)
    return ReportedWeather(
        wind_mps=strongest.wind_mps,
        wind_from_deg=strongest.wind_from_deg,
        gust_mps=_strongest_gust_mps(rows),
        rain_mm_h=max((row.rain_mm_h for row in rows if row.rain_mm_h is not None), default=None),
        visibility_m=min((row.visibility_m for row in rows if row.visibility_m is not None), default=None),
        temperature_c=min((row.temperature_c for row in rows if row.temperature_c is not None), default=None),
    )


def resolve_moment(day: int, hour: int, minute: int, *, until: datetime) -> datetime:
    """The latest such day and time that is not after `until` (aware).

    Hour 24 is the next day's midnight. Raises InputError where no month has it.
    """
    latest = until.astimezone(UTC)
    month = latest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for _ in range(12):
        try:
            found = month.replace(day=day, hour=hour % 24, minute=minute)
        except ValueError:
            found = None
        if found is not None and hour <= 24:
            found += timedelta(days=hour // 24)
            if found <= latest:
                return found
        month = (month - timedelta(days=1)).replace(day=1)
    raise InputError(f"{day:02d}{hour:02d}{minute:02d}: there is no such day and time", do="correct it")


def hour_of(when: datetime) -> datetime:
    """The clock hour, UTC, that a moment falls in."""
    return when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _read_wind(word: str) -> ReportedWeather:
    """The wind of its group, unknown where it is struck out."""
    if _WIND_UNKNOWN.match(word):
        return ReportedWeather()
    found = _WIND.match(word)
    if found is None:
        raise InputError(f"{word}: no wind can be read from it", do="write it such as 24012G25KT")
    scale = TO_MPS[found[4].removesuffix("S") if found[4] == "KTS" else found[4]]
    wind_mps = float(found[2]) * scale
    gust_mps = float(found[3]) * scale if found[3] and found[3].isdigit() else None
    if found[1].isdigit() and float(found[1]) > 360.0:
        raise InputError(f"{word}: no wind blows from {found[1]} degrees", do="give 000 to 360")
    if max(wind_mps, gust_mps or 0.0) > STRONGEST_MPS:
        raise InputError(f"{word}: no wind is over {STRONGEST_MPS:g} m/s", do="correct it")
    if gust_mps is not None and gust_mps < wind_mps:
        raise InputError(f"{word}: its gust is below its mean", do="correct it, or leave the gust out")
    from_deg = float(found[1]) % 360.0 if found[1].isdigit() else None
    return ReportedWeather(wind_mps=wind_mps, wind_from_deg=from_deg, gust_mps=gust_mps)


def _strongest_gust_mps(rows: Sequence[ReportedWeather]) -> float | None:
    """The strongest gust reported, or left unreported beside it; None where none was reported."""
    reported = [row.gust_mps for row in rows if row.gust_mps is not None]
    open_mps = [
        row.wind_mps + (UNREPORTED_MPS if row.gust_mps is None else 0.0)
        for row in rows
        if row.wind_mps is not None
    ]
    return max(reported + open_mps) if reported else None


def _visibility_m(words: Sequence[str]) -> float | None:
    """The least of those given: the prevailing one, or a lower one in some direction (1500SW)."""
    return min((seen for word in words if (seen := _seen_m(word)) is not None), default=None)


def _seen_m(word: str) -> float | None:
    """A visibility group in metres; None for any other."""
    if word == "CAVOK":
        return FAR_M
    if found := _SEEN.match(word):
        return FAR_M if found[1] == "9999" else float(found[1])
    if found := _MILES.match(word):
        whole, extra, part, of = (float(figure) if figure else 0.0 for figure in found.groups()[1:])
        miles = whole + extra + (part / of if of else 0.0)
        return FAR_M if found[1] == "P" else min(FAR_M, MILE_M * miles)
    if found := _KILOMETRES.match(word):
        return min(FAR_M, 1000.0 * float(found[1]))
    return None


def _rain_mm_h(words: Sequence[str]) -> float | None:
    """The rate by intensity; 0 where the groups say that there is none; None where they say nothing of it."""
    found = [match for word in words if (match := _WEATHER.match(word)) and not match[2]]
    if found:
        return max(RAIN_MM_H[match[1]] for match in found)
    return 0.0 if {"NSW", "CAVOK"} & set(words) else None


def _first_known(new: float | None, old: float | None) -> float | None:
    return old if new is None else new
