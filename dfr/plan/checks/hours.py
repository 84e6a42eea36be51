"""Checks of the hours that can be flown: weather and its limits, the forecast of the day, crew on duty."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from dfr.findings import DayFact, Finding, Severity, Validity, counted_noun
from dfr.plan.context import Context, finding, listed
from dfr.plan.rules import LONGEST_SHIFT_H
from dfr.plan.windows import (
    HourWindow,
    drones_on_duty,
    hour_windows,
    hours_of_rest,
    landing_wind_limit_mps,
    tightest_limit,
)
from dfr.scenario.model import OperationKind

NEAR_LIMIT = 0.9
"""From this share of a limit on, the hour is flown with little room (assumed)."""

MOST_SPANS = 5


def check_weather(context: Context) -> list[Finding]:
    """The hours that may not be flown, what was not reported, and limits that nobody has stated."""
    windows = hour_windows(context.scenario)
    closed = [w for w in windows if not w.flyable]
    found = [
        *_check_closed_hours(windows, closed),
        *_check_limits_known(context),
        *_check_gusts_reported(windows),
    ]
    found = [*_name_reports(context), *_check_room_to_limits(context, windows), *found]
    found.append(_weather_of_the_day(context, windows))
    return found


def _count_hours(windows: Sequence[HourWindow]) -> str:
    return f"{counted_noun(len(windows), 'hour')} with calls"


def _name_reports(context: Context) -> list[Finding]:
    """The reports that the weather was taken from: station, distance and issue."""
    reports = context.scenario.weather.reports
    return [finding("weather", Severity.OK, f"The weather is from {reports}.")] if reports else []


def _check_room_to_limits(context: Context, windows: Sequence[HourWindow]) -> list[Finding]:
    """How many hours may be flown, and the value that comes nearest to its limit in any of them."""
    open_hours = [window for window in windows if window.flyable]
    if not open_hours:
        return []
    count = f"{len(open_hours)} of " if len(open_hours) < len(windows) else "All "
    words = f"{count}{_count_hours(windows)} may be flown."
    if len(windows) == 1:
        words = "The one hour with calls may be flown."
    nearest = tightest_limit(context.scenario, open_hours)
    if nearest is None:
        return [finding("weather", Severity.OK, words)]
    window, value = nearest
    words += f" The least room is on {window.start:%a %H:%M}: {value} ({math.floor(100 * value.used)}% used)."
    if value.used < NEAR_LIMIT:
        return [finding("weather", Severity.OK, words)]
    fix = "measure it at the dock before each launch: a little more closes the hour"
    return [finding("weather", Severity.ADVICE, words, fix=fix)]


def _weather_of_the_day(context: Context, windows: Sequence[HourWindow]) -> Finding:
    """Whether the hours are those of a report or forecast of the day, and how long it holds."""
    scenario = context.scenario
    known_hours = set(scenario.weather.of_the_day)
    spell = _last_spell(windows, known_hours)
    if spell:
        until = spell[-1].start + timedelta(hours=1)
        count = sum(window.weather.start in known_hours for window in windows)
        words = f"The weather of the day is known in {count} of {_count_hours(windows)}"
        words += f", until {until:%a %H:%M}."
        validity = Validity(what="the weather of the day", since=spell[0].start, until=until)
        severity = Severity.OK if count == len(windows) else Severity.ADVICE
        fix = "" if count == len(windows) else "check again with the next report or forecast"
        return finding("weather", severity, words, fix=fix, validity=validity, source=scenario.weather.source)
    fix = (
        "check again with the reports and forecasts of the day when there are some "
        "(on the command line: --metar, --taf, --forecast)"
    )
    words = (
        "The hourly weather is no report or forecast of the day: which hours may be flown is not known yet."
    )
    if scenario.exercise:
        return finding("weather", Severity.ADVICE, words, fix=fix)
    return finding("weather", Severity.UNKNOWN, words, fix=fix, due=DayFact.WEATHER)


def _last_spell(windows: Sequence[HourWindow], known_hours: set[datetime]) -> list[HourWindow]:
    """The last run of hours with calls whose weather is known, one after another; empty where none is."""
    known = [window.weather.start in known_hours for window in windows]
    if not any(known):
        return []
    end = len(known) - known[::-1].index(True)
    gap = max((number for number in range(end) if not known[number]), default=-1)
    return list(windows[gap + 1 : end])


def check_flyable_hours(context: Context) -> list[Finding]:
    """Enough of the hours with calls can be flown: one, or the share that the scenario requires."""
    windows, required = hour_windows(context.scenario), context.scenario.targets.required_share_of_hours
    flyable = sum(window.flyable for window in windows)
    words = f"{flyable} of {_count_hours(windows)} can be flown."
    if flyable == 0:
        reasons = listed(list(dict.fromkeys(reason for w in windows for reason in w.limited_by)), most=3)
        words = f"None of the {_count_hours(windows)} can be flown: {reasons}."
        if len(windows) == 1:
            words = f"The one hour with calls cannot be flown: {reasons}."
        fix = "another drone or dock, other limits, or another day; the routes shown are laid out in calm air"
        return [finding("flyable-hours", Severity.VIOLATION, words, fix=fix)]
    if required is not None and flyable < required * len(windows):
        words += f" That is {flyable / len(windows):.0%}; the scenario requires {required:.0%}."
        fix = "another day, another drone or dock, or a lower targets.required_share_of_hours"
        return [finding("flyable-hours", Severity.VIOLATION, words, fix=fix)]
    return [finding("flyable-hours", Severity.OK, words)]


def _check_closed_hours(windows: Sequence[HourWindow], closed: Sequence[HourWindow]) -> list[Finding]:
    if not closed:
        return []
    share = sum(w.calls for w in closed) / sum(w.calls for w in windows)
    worst = max(closed, key=lambda w: len(w.limited_by))
    have = "has" if len(closed) == 1 else "have"
    return [
        finding(
            "weather",
            Severity.ADVICE,
            f"Drones cannot fly in {len(closed)} of {_count_hours(windows)}, which {have} "
            f"{share:.0%} of the calls: {hour_spans(closed)}. For example, {worst.start:%a %H:%M}: "
            f"{'; '.join(worst.limited_by)}.",
            fix="plan ground response for these hours, or a drone and dock with higher limits",
        )
    ]


def hour_spans(closed: Sequence[HourWindow]) -> str:
    """Hours as spans in local time: 'Fri 10-14, Sat 12-18'."""
    spans: list[list[HourWindow]] = []
    for window in closed:
        if spans and (window.start.timestamp() - spans[-1][-1].start.timestamp()) <= 3600.0:
            spans[-1].append(window)
        else:
            spans.append([window])
    return listed(
        [_span_words(span[0].start, span[-1].start + timedelta(hours=1)) for span in spans], most=12
    )


def _span_words(start: datetime, end: datetime) -> str:
    """From hour to hour; the day of the end where it is another."""
    same = start.date() == end.date() or (end.hour == 0 and end.date() - start.date() == timedelta(days=1))
    last = f"{end.hour or 24:02d}" if same else f"{end:%a %H}"
    return f"{start:%a %H}-{last}"


def _check_limits_known(context: Context) -> list[Finding]:
    operation, drone = context.scenario.operation, context.drone
    found = []
    if operation.max_wind_mps is None and drone.max_wind_mps is None:
        fix = "set operation.max_wind_mps"
        words = f"No wind limit is known for {drone.name}."
        found.append(finding("weather", Severity.UNKNOWN, words, fix=fix))
    elif operation.max_wind_mps is not None and operation.max_wind_mps > (drone.max_wind_mps or 1e9):
        found.append(
            finding(
                "weather",
                Severity.VIOLATION,
                f"The operation's wind limit of {operation.max_wind_mps:g} m/s is above the drone's "
                f"{drone.max_wind_mps:g} m/s.",
                fix="set operation.max_wind_mps to the drone's limit or lower",
            )
        )
    if landing_wind_limit_mps(drone, context.dock) is None:
        words = f"No landing wind limit is published for {drone.name} on {context.dock.name}."
        found.append(finding("weather", Severity.ADVICE, words, fix="measure one (`dfr landing`)"))
    if operation.max_gust_mps is None:
        words = "The operation states no gust limit."
        found.append(finding("weather", Severity.ADVICE, words, fix="set operation.max_gust_mps"))
    return found


def _check_gusts_reported(windows: Sequence[HourWindow]) -> list[Finding]:
    silent = sum(w.weather.gust_mps is None for w in windows)
    if not silent:
        return []
    hours = counted_noun(len(windows), "hour")
    words = f"Gusts are not reported in {silent} of {hours}; the surface's gust factor is used."
    return [finding("weather", Severity.ADVICE, words, fix="measure gusts at the dock")]


def check_crew(context: Context) -> list[Finding]:
    """People for each drone in the air, in every hour with calls; length of shifts."""
    crew, fleet = context.scenario.crew, context.scenario.fleet
    drones = len(context.plan.sites) * fleet.drones_per_dock
    found = [_check_safety_pilots(context), *_check_crew_gaps(context), *_check_breaks(context)]
    fewest = min(crew.shifts, key=lambda shift: drones_on_duty(context.scenario, shift), default=None)
    able = 0 if fewest is None else drones_on_duty(context.scenario, fewest)
    if fewest is not None and able < drones:
        found.append(
            finding(
                "crew",
                Severity.ADVICE,
                f"The shift from {fewest.start:%a %H:%M} has people for {able} of {drones} drones.",
                fix="add pilots and safety pilots, or expect drones to wait for people",
            )
        )
    elif fewest is not None:
        words = f"Every shift has people for all {counted_noun(drones, 'drone')} at once."
        found.append(finding("crew", Severity.OK, words))
    longest = max(((s.end - s.start).total_seconds() / 3600 for s in crew.shifts), default=0.0)
    if longest > LONGEST_SHIFT_H:
        words = f"The longest shift is {longest:g} hours."
        found.append(finding("duty-hours", Severity.ADVICE, words, fix="split it or add relief"))
    else:
        found.append(finding("duty-hours", Severity.OK, f"The longest shift is {longest:g} hours."))
    return found


def _check_safety_pilots(context: Context) -> Finding:
    """Under VLOS and EVLOS a second safety pilot for each drone."""
    crew, kind = context.scenario.crew, context.scenario.operation.kind
    if kind is OperationKind.BVLOS:
        return finding("crew", Severity.OK, "No safety pilot beside the drone is required (BVLOS).")
    bare = [s for s in crew.shifts if s.safety_pilots < 1]
    if crew.safety_pilots_per_drone < 1 or bare:
        return finding(
            "crew",
            Severity.VIOLATION,
            f"{kind.value} is flown without a second safety pilot"
            + (f" in the shift from {bare[0].start:%a %H:%M}." if bare else "."),
            fix="put a safety pilot on every shift and set crew.safety_pilots_per_drone to 1",
        )
    return finding("crew", Severity.OK, f"Each drone has a second safety pilot ({kind.value}).")


def _check_breaks(context: Context) -> list[Finding]:
    """Breaks in which nobody is left to fly."""
    resting = hours_of_rest(context.scenario)
    if not resting:
        return []
    spans = ", ".join(f"{start:%a %H:%M} to {end:%H:%M}" for start, end in resting[:MOST_SPANS])
    more = f" and {len(resting) - MOST_SPANS} more" if len(resting) > MOST_SPANS else ""
    words = f"Breaks leave too few people to fly one drone: {spans}{more}."
    fix = "let pilots rest in turn, or leave these calls to patrols"
    return [finding("crew", Severity.ADVICE, words, fix=fix)]


def _check_crew_gaps(context: Context) -> list[Finding]:
    """Calls outside every shift."""
    windows, shifts = hour_windows(context.scenario), context.scenario.crew.shifts
    alone = [w for w in windows if not any(s.start <= w.start < s.end for s in shifts)]
    if not alone:
        return []
    share = sum(w.calls for w in alone) / sum(w.calls for w in windows)
    hours = counted_noun(len(alone), "hour")
    words = f"Nobody is on duty in {hours} with {share:.0%} of calls: {hour_spans(alone)}."
    return [finding("crew", Severity.ADVICE, words, fix="add shifts or leave these calls to patrols")]
