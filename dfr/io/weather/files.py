"""A scenario's weather from METARs, else TAFs, else hourly forecasts, else the scenario itself.

Where a source says nothing of a quantity, the next one speaks; a gust belongs to the wind it was reported
with, so a report without one leaves it unknown (censored).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from dfr.errors import InputError
from dfr.geo import Position, distance_m
from dfr.io.files import decode_text, read_bounded
from dfr.io.weather import metar, taf
from dfr.io.weather.forecast import read_forecast
from dfr.io.weather.groups import ReportedWeather, hour_of, worst_of
from dfr.scenario.air import HourWeather
from dfr.scenario.model import Scenario

WEATHER_KINDS = ("metar", "taf", "forecast")
"""The kinds of file, the one that stands before the others first."""

FORECAST_STANDS = timedelta(hours=48)
"""An hourly forecast does not say when it was issued: from its first hour it counts so long (assumed)."""

SHORTEST_MONTH = timedelta(days=28)

AHEAD = {"metar": timedelta(hours=1), "taf": timedelta(hours=24)}
"""No report is of a later time than now, and no forecast begins later, but for clocks that are off and for
forecasts issued early (assumed). A day of the month that would be further ahead is last month's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherFiles:
    """Files to take the weather from; None where there is none."""

    metar: Path | None = None
    taf: Path | None = None
    forecast: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.files_by_kind())

    def files_by_kind(self) -> dict[str, Path]:
        """The files that are given, by their kind."""
        files = {"metar": self.metar, "taf": self.taf, "forecast": self.forecast}
        return {kind: path for kind, path in files.items() if path is not None}


def weather_kind(data: bytes) -> str:
    """The kind of a weather file by its content: METARs and TAFs begin with a station and a time.

    >>> weather_kind(b"TAF EGHI 241100Z 2412/2421 24012KT 9999"), weather_kind(b"time,wind_mps")
    ('taf', 'forecast')
    """
    head = " ".join(decode_text(data[:4096])[0].upper().split())
    if _TAF.search(head):
        return "taf"
    return "metar" if _METAR.search(head) else "forecast"


_TAF = re.compile(r"\bTAF\b|\b[A-Z][A-Z0-9]{3} \d{6}Z (?:NIL )?\d{4}/\d{4}\b")
_METAR = re.compile(r"\b(?:METAR|SPECI)\b|\b[A-Z][A-Z0-9]{3} \d{6}Z\b")


def weather_files(paths: Sequence[Path]) -> WeatherFiles:
    """Weather files by their kinds. Raises InputError for two of a kind: which goes first is not known."""
    found: dict[str, Path] = {}
    for path in paths:
        kind = weather_kind(read_bounded(path))
        if kind in found:
            raise InputError(
                f"{path.name} and {found[kind].name} are both of the kind {kind}", do="put them in one file"
            )
        found[kind] = path
    return WeatherFiles(**found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where hours come from, and the hours; `qnh_hpa` the last one reported.

    `stands` is how long from its first hour it is of the day, None where it says so itself.
    """

    name: str
    hours: Mapping[datetime, ReportedWeather]
    qnh_hpa: float | None = None
    stands: timedelta | None = None

    def tells_wind(self, hour: datetime) -> bool:
        """Whether it has the wind of an hour, and not only what else it brings, for as long as it stands."""
        late = self.stands is not None and hour >= min(self.hours, default=hour) + self.stands
        return not late and hour in self.hours and self.hours[hour].wind_mps is not None


def with_weather(scenario: Scenario, files: WeatherFiles, *, now: datetime | None = None) -> Scenario:
    """The scenario with the weather of the files; hours that they do not cover stay as they are.

    METARs and TAFs name no month: theirs is the latest before the scenario's end that is not ahead of `now`
    (the clock's, if not given), so that the report of today is never taken for one of the event's month.
    Raises InputError for a file that cannot be read or covers none of the scenario's hours.
    """
    until = _last_moment(files, scenario)
    sources = list(_read_sources(files, until, scenario, now or datetime.now(tz=UTC)))
    if not sources:
        return scenario
    weather, taken = scenario.weather, dict.fromkeys((source.name for source in sources), 0)
    rows = [_merge_hour(own, sources, taken) for own in weather.hours]
    for name, count in taken.items():
        if not count:
            first, last = weather.hours[0].start, weather.hours[-1].start
            raise InputError(
                f"{name}: covers no hour from {first:%Y-%m-%d %H:%M %Z} to {last:%Y-%m-%d %H:%M %Z}",
                do="give one for the scenario's period",
            )
    told = tuple(
        own.start
        for own in weather.hours
        if any(each.tells_wind(h) for each in sources for h in _hours_within(own))
    )
    said = ", ".join(f"{name} ({count} h)" for name, count in taken.items())
    qnh = next((source.qnh_hpa for source in sources if source.qnh_hpa is not None), weather.qnh_hpa)
    return replace(
        scenario,
        weather=replace(
            weather,
            hours=tuple(rows),
            qnh_hpa=qnh,
            source=f"{said}; the rest: {weather.source}",
            reports=said,
            assumed=weather.assumed and len(told) < len(weather.hours),
            of_the_day=told,
        ),
    )


def _last_moment(files: WeatherFiles, scenario: Scenario) -> datetime:
    """The end of the scenario's hours. Raises InputError where a day of the month would not say which."""
    hours = scenario.weather.hours
    until = max(scenario.period.end, hours[-1].start + timedelta(hours=1))
    named = files.metar or files.taf
    if named is not None and until - hours[0].start > SHORTEST_MONTH:
        raise InputError(
            f"{named.name}: reports name days but no month, and the scenario's hours span more than"
            f" {SHORTEST_MONTH.days} days",
            do="simulate it in parts, or give an hourly forecast",
        )
    return until


def _read_sources(
    files: WeatherFiles, until: datetime, scenario: Scenario, now: datetime
) -> Sequence[_Source]:
    found = []
    if files.metar is not None:
        latest = min(until, now + AHEAD["metar"])
        reports = metar.read_metars(read_bounded(files.metar), name=str(files.metar), until=latest)
        named = _describe_stations(scenario, {one.station: one.start for one in reports})
        begin = hour_of(scenario.weather.hours[0].start)
        qnh = [one.qnh_hpa for one in reports if one.qnh_hpa is not None and one.start >= begin]
        found.append(
            _Source(
                name=f"METAR {named} in {files.metar.name}",
                hours=metar.weather_by_hour(reports),
                qnh_hpa=qnh[-1] if qnh else None,
            )
        )
    if files.taf is not None:
        latest = min(until, now + AHEAD["taf"])
        forecasts = taf.read_tafs(read_bounded(files.taf), name=str(files.taf), until=latest)
        named = _describe_stations(scenario, {one.station: one.issued for one in forecasts})
        found.append(_Source(name=f"TAF {named} in {files.taf.name}", hours=taf.weather_by_hour(forecasts)))
    if files.forecast is not None:
        zone = scenario.period.start.tzinfo
        assert zone is not None
        hours = read_forecast(read_bounded(files.forecast), name=str(files.forecast), zone=zone)
        found.append(_Source(name=f"forecast {files.forecast.name}", hours=hours, stands=FORECAST_STANDS))
    return found


def _describe_stations(scenario: Scenario, issued: Mapping[str, datetime]) -> str:
    """Each station with its distance and its last issue. Raises InputError for one that is too far away.

    A station counts where it is near the site, or where the scenario names it.
    """
    return ", ".join(_describe_station(scenario, name, when) for name, when in sorted(issued.items()))


def _describe_station(scenario: Scenario, name: str, when: datetime) -> str:
    place, named = station_position(name), name in scenario.weather.stations
    away_m = None if place is None else distance_m(scenario.site.centre, place)
    if not named and (away_m is None or away_m > FARTHEST_M):
        where = "its position is not known" if away_m is None else f"{away_m / 1000:.0f} km from the site"
        raise InputError(
            f"weather of {name}: {where}; a station beyond {FARTHEST_M / 1000:.0f} km must be named",
            do=f"give a nearer station, or name it in the scenario: weather.stations: [{name}]",
        )
    where = "distance not known" if away_m is None else f"{away_m / 1000:.0f} km from the site"
    return f"{name} ({where}, issued {when.astimezone(UTC):%Y-%m-%d %H:%MZ})"


def _merge_hour(own: HourWeather, sources: Sequence[_Source], taken: dict[str, int]) -> HourWeather:
    """One hour: each quantity from the first source that has it, else the scenario's own."""
    known = ReportedWeather()
    for source in sources:
        said = [source.hours[hour] for hour in _hours_within(own) if hour in source.hours]
        if said:
            taken[source.name] += 1
            known = known.filled_from(worst_of(said))
    return replace(
        own,
        wind_mps=own.wind_mps if known.wind_mps is None else known.wind_mps,
        wind_from_deg=own.wind_from_deg if known.wind_from_deg is None else known.wind_from_deg,
        gust_mps=own.gust_mps if known.wind_mps is None else known.gust_mps,
        rain_mm_h=own.rain_mm_h if known.rain_mm_h is None else known.rain_mm_h,
        visibility_m=own.visibility_m if known.visibility_m is None else known.visibility_m,
        temperature_c=own.temperature_c if known.temperature_c is None else known.temperature_c,
    )


def _hours_within(own: HourWeather) -> Sequence[datetime]:
    """The clock hours (UTC) that a row overlaps: two where its zone is off by a half-hour."""
    first = hour_of(own.start)
    return (first,) if first == own.start else (first, first + timedelta(hours=1))


FARTHEST_M = 50_000.0
"""Farther than this a station's weather is not the site's (assumed: a front or a sea breeze wide)."""


def station_position(icao: str) -> Position | None:
    """The position of an aerodrome by its ICAO indicator; None where the table does not hold it.

    >>> str(station_position("EGHI"))
    '50.95030 N 1.35680 W'
    """
    row = _aerodrome_table().get(icao)
    return None if row is None else Position(lat_deg=float(row["lat"]), lon_deg=float(row["lon"]))


@cache
def _aerodrome_table() -> Mapping[str, Any]:
    """The aerodromes by ICAO indicator (airportsdata, MIT licence)."""
    import airportsdata  # 28,000 rows that few runs need

    return airportsdata.load("ICAO")
