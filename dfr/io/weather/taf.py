"""TAF forecasts as hourly weather: for each hour the worst that the forecast allows.

FM replaces all; BECMG leaves both the old and the new possible while it lasts; TEMPO, INTER and PROB stand
beside what prevails, however unlikely. TAFs give no hourly temperature: it stays unknown.
Source: WMO-No. 306, FM 51; American and Australian forms are read too.

Ours for the same reasons as `metar`, and because each hour needs the worst that all groups allow together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dfr.errors import InputError, Problem
from dfr.io.weather.groups import ReportedWeather, conditions_of, hour_of, resolve_moment, words_of, worst_of

_STAMP = re.compile(r"(\d\d)(\d\d)(\d\d)Z$")
_SPAN = re.compile(r"(\d\d)(\d\d)/(\d\d)(\d\d)$")
_FROM = re.compile(r"FM(\d\d)?(\d\d)(\d\d)Z?$")
_STATION = re.compile(r"[A-Z][A-Z0-9]{3}$")
_BEFORE = frozenset({"TAF", "AMD", "COR", "RTD", "FINAL", "TAF3"})
_BESIDE = frozenset({"TEMPO", "INTER", "PROB30", "PROB40", "PROB10", "PROB20"})
_STARTS = _BESIDE | {"BECMG", "RMK"}
_SPLIT = re.compile(r"=|(?<!\S)(?=(?:TAF3?|METAR|SPECI)\s)|\n\s*\n")
_OBSERVED = frozenset({"METAR", "SPECI"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastSpan:
    """Conditions that may hold between two moments."""

    begin: datetime
    end: datetime
    may_be: ReportedWeather


LONGEST = timedelta(hours=36)
"""No TAF is valid for longer (WMO-No. 306: 30 hours)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TafForecast:
    """A TAF: its station, issue (or its beginning, where it names none), validity, and all that it allows."""

    station: str
    issued: datetime
    begin: datetime
    end: datetime
    spans: tuple[ForecastSpan, ...]

    def worst_by_hour(self) -> Mapping[datetime, ReportedWeather]:
        """The worst that each clock hour (UTC) of its validity may bring."""
        found: dict[datetime, ReportedWeather] = {}
        hour = hour_of(self.begin)
        while hour < self.end:
            after = hour + timedelta(hours=1)
            found[hour] = worst_of(
                span.may_be for span in self.spans if span.begin < after and span.end > hour
            )
            hour = after
        return found


def read_tafs(data: bytes, *, name: str, until: datetime) -> tuple[TafForecast, ...]:
    """The forecasts of a text in order of their issue, without those that say NIL or CNL.

    Each ends with `=`, an empty line or the next report. `until` (aware) is no earlier than their validity
    begins. METARs beside them are passed over, as briefings give both in one text. Raises InputError with
    every bad one, and for METARs alone.
    """
    text = data.decode("ascii", errors="replace")
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    forecasts: list[TafForecast] = []
    problems: list[Problem] = []
    at = 0
    parts = _SPLIT.split(text)
    mixed = any(words_of(part)[:1] in (["TAF"], ["TAF3"]) for part in parts)
    for part in parts:
        line = text.count("\n", 0, text.find(part, at) + len(part) - len(part.lstrip())) + 1 if part else 1
        at = max(at, text.find(part, at))
        words = words_of(part)
        if not words or words == ["TAF"] or (mixed and words[0] in _OBSERVED):
            continue
        try:
            found = read_taf(part, until=until)
        except InputError as error:
            problems.append(Problem(file=name, line=line, path="", what=error.what, do=error.do))
        else:
            forecasts += [found] if found is not None else []
    if problems:
        raise InputError("\n".join(str(problem) for problem in problems))
    return tuple(sorted(forecasts, key=lambda one: one.issued))


def weather_by_hour(forecasts: Sequence[TafForecast]) -> Mapping[datetime, ReportedWeather]:
    """What each clock hour (UTC) may bring: the worst of all stations' latest forecasts."""
    stations: dict[str, dict[datetime, ReportedWeather]] = {}
    for forecast in forecasts:
        stations.setdefault(forecast.station, {}).update(forecast.worst_by_hour())
    hours = sorted({hour for own in stations.values() for hour in own})
    return {hour: worst_of(own[hour] for own in stations.values() if hour in own) for hour in hours}


def read_taf(text: str, *, until: datetime) -> TafForecast | None:
    """One forecast; None for one that says NIL or is cancelled.

    Raises InputError where station, validity or the first wind is missing, or a change has no time.
    """
    words = words_of(text)
    while words and words[0] in _BEFORE:
        del words[0]
    if len(words) < 2 or not _STATION.match(words[0]):
        raise InputError(
            f"not a forecast: {' '.join(words)[:40]!r}", do="write TAF STATION DDHHMMZ DDHH/DDHH ..."
        )
    station, rest = words[0], words[1:]
    if {"NIL", "CNL"} & set(rest):
        return None
    stamp = _STAMP.match(rest[0])
    rest = rest[1:] if stamp else rest
    valid = _SPAN.match(rest[0]) if rest else None
    if valid is None:
        raise InputError(f"{station}: no period of validity", do="write DDHH/DDHH after the time of issue")
    begin = resolve_moment(int(valid[1]), int(valid[2]), 0, until=until)
    end = _next_moment(int(valid[3]), int(valid[4]), begin)
    if not begin < end <= begin + LONGEST:
        most = f"{LONGEST.total_seconds() / 3600.0:g} h"
        raise InputError(f"{station}: valid {valid[0]}", do=f"give an end up to {most} after its beginning")
    issued = (
        resolve_moment(*(int(part) for part in stamp.groups()), until=begin + LONGEST) if stamp else begin
    )
    first, *changes = _split_groups(rest[1:])
    base = _read_conditions(first, whole=True)
    if base.wind_mps is None:
        raise InputError(f"{station}: no wind to begin with", do="add it, such as 24012KT")
    spans = list(_read_spans(base, changes, begin, end, station))
    return TafForecast(station=station, issued=issued, begin=begin, end=end, spans=tuple(spans))


def _read_spans(
    base: ReportedWeather, changes: Sequence[list[str]], begin: datetime, end: datetime, station: str
) -> Iterator[ForecastSpan]:
    """What prevails, change by change, and what may occur beside it."""
    now, since = base, begin
    for words in changes:
        kind = words[0]
        if kind == "RMK":
            break
        if start := _FROM.match(kind):
            when = _moment_of_from(start, since)
            if begin < since and when < since:
                raise InputError(f"{station}: {kind} is before the change before it", do="put them in order")
            yield ForecastSpan(begin=since, end=when, may_be=now)
            now, since = (
                _read_conditions(words[1:], whole=True).filled_from(ReportedWeather(rain_mm_h=0.0)),
                when,
            )
            continue
        times = next((match for word in words if (match := _SPAN.match(word))), None)
        if times is None:
            raise InputError(f"{station}: {' '.join(words)[:30]!r} has no time", do="add DDHH/DDHH")
        first = _next_moment(int(times[1]), int(times[2]), begin)
        last = _next_moment(int(times[3]), int(times[4]), first)
        if not first < last or (kind == "BECMG" and begin < since and first < since):
            raise InputError(f"{station}: {kind} {times[0]} goes back in time", do="put it in order")
        said = _read_conditions(words[1:], whole=False)
        if kind == "BECMG":
            yield ForecastSpan(begin=since, end=last, may_be=now)
            now, since = said.filled_from(now), first
        else:
            yield ForecastSpan(begin=first, end=last, may_be=said)
    yield ForecastSpan(begin=since, end=end, may_be=now)


def _split_groups(words: Sequence[str]) -> list[list[str]]:
    """The first forecast's words, then each change's with its kind at the head."""
    groups: list[list[str]] = [[]]
    for word in words:
        begins = word in _STARTS or bool(_FROM.match(word))
        follows = word in {"TEMPO", "INTER"} and len(groups[-1]) == 1 and groups[-1][0].startswith("PROB")
        if begins and not follows:
            groups.append([word])
        else:
            groups[-1].append(word)
    return groups


def _read_conditions(words: Sequence[str], *, whole: bool) -> ReportedWeather:
    """What a group says; one that replaces all says "no rain" by silence."""
    said = conditions_of(words)
    return replace(said, rain_mm_h=0.0) if whole and said.rain_mm_h is None else said


def _moment_of_from(start: re.Match[str], since: datetime) -> datetime:
    """The moment of FMddhhmm, or of the older FMhhmm."""
    day, hour, minute = int(start[1] or since.day), int(start[2]), int(start[3])
    if hour > 24 or minute > 59:
        raise InputError(f"{start[0]}: there is no such time", do="correct it")
    found = _next_moment(day, hour, since) + timedelta(minutes=minute)
    return found if start[1] or found >= since else found + timedelta(days=1)


def _next_moment(day: int, hour: int, after: datetime) -> datetime:
    """The next moment with such a day and hour, at most a day before another."""
    return resolve_moment(day, hour, 0, until=after + timedelta(days=28))
