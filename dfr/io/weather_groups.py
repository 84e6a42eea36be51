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
SOON_D = 3
"""A day of the month more than so many days ahead of the moment asked about belongs to the month before."""

TO_MPS = {"KT": kt_to_mps(1.0), "MPS": 1.0, "KMH": 1.0 / 3.6}

_WIND = re.compile(r"(\d{3}|VRB|///)(?:P|ABV)?(\d{2,3})(?:G(?:P|ABV)?(\d{2,3}|//))?(KT|KTS|MPS|KMH)$")
_SEEN = re.compile(r"(\d{4})(?:NDV)?$")
_MILES = re.compile(r"([PM]?)(?:(\d+)|(?:(\d+)_)?(\d+)/(\d+))SM$")
_KILOMETRES = re.compile(r"(\d{1,2})KM$")
_WEATHER = re.compile(
    r"([-+]?)(VC)?(?:MI|BC|PR|DR|BL|SH|TS|FZ)*((?:DZ|RA|SN|SG|IC|PL|GR|GS|UP)+)(?:BR|FG|HZ)*$"
)
_MIXED = re.compile(r"(?<!\S)(\d{1,2}) (\d/\d{1,2}SM)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a report or forecast says of a time; None where it says nothing.

    `wind_from_deg` None beside a wind: its direction varies. `gust_mps` None: none reported, so censored.
    """

    wind_mps: float | None = None
    wind_from_deg: float | None = None
    gust_mps: float | None = None
    rain_mm_h: float | None = None
    visibility_m: float | None = None
    temperature_c: float | None = None

    def over(self, before: Conditions) -> Conditions:
        """These conditions, with what they leave out as it was before."""
        calmer = before if self.wind_mps is None else self
        return Conditions(
            wind_mps=calmer.wind_mps,
            wind_from_deg=calmer.wind_from_deg,
            gust_mps=calmer.gust_mps,
            rain_mm_h=_known(self.rain_mm_h, before.rain_mm_h),
            visibility_m=_known(self.visibility_m, before.visibility_m),
            temperature_c=_known(self.temperature_c, before.temperature_c),
        )


def words_of(text: str) -> list[str]:
    """The groups of a report; a mixed number of miles is one group."""
    return _MIXED.sub(r"\1_\2", text).rstrip("= ").split()


def conditions_of(words: Sequence[str]) -> Conditions:
    """What groups of a report or forecast say of wind, weather and visibility."""
    found = next((match for word in words if (match := _WIND.match(word))), None)
    wind = Conditions()
    if found is not None:
        scale = TO_MPS[found[4].removesuffix("S") if found[4] == "KTS" else found[4]]
        gust = found[3] if found[3] and found[3].isdigit() else None
        if found[1].isdigit() and float(found[1]) > 360.0:
            raise InputError(f"{found[0]}: no wind blows from {found[1]} degrees -> give 000 to 360")
        wind = Conditions(
            wind_mps=float(found[2]) * scale,
            wind_from_deg=float(found[1]) % 360.0 if found[1].isdigit() else None,
            gust_mps=float(gust) * scale if gust else None,
        )
    return replace(wind, rain_mm_h=_rain_mm_h(words), visibility_m=_visibility_m(words))


def worst_of(several: Iterable[Conditions]) -> Conditions:
    """The strongest wind with its direction, the strongest gust, most rain, least visibility and warmth."""
    rows = list(several)
    strongest = max(rows, key=lambda row: -1.0 if row.wind_mps is None else row.wind_mps)
    return Conditions(
        wind_mps=strongest.wind_mps,
        wind_from_deg=strongest.wind_from_deg,
        gust_mps=max((row.gust_mps for row in rows if row.gust_mps is not None), default=None),
        rain_mm_h=max((row.rain_mm_h for row in rows if row.rain_mm_h is not None), default=None),
        visibility_m=min((row.visibility_m for row in rows if row.visibility_m is not None), default=None),
        temperature_c=min((row.temperature_c for row in rows if row.temperature_c is not None), default=None),
    )


def moment(day: int, hour: int, minute: int, *, until: datetime) -> datetime:
    """The latest such day and time that is not after `until` (aware) by more than a few days.

    Hour 24 is the next day's midnight. Raises InputError where no month has it.
    """
    latest = until.astimezone(UTC) + timedelta(days=SOON_D)
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
    raise InputError(f"{day:02d}{hour:02d}{minute:02d}: no such day and time -> correct it")


def hour_of(when: datetime) -> datetime:
    """The clock hour, UTC, that a moment falls in."""
    return when.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _visibility_m(words: Sequence[str]) -> float | None:
    for word in words:
        if word in {"CAVOK", "9999"}:
            return FAR_M
        if found := _SEEN.match(word):
            return float(found[1])
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


def _known(new: float | None, old: float | None) -> float | None:
    return old if new is None else new
