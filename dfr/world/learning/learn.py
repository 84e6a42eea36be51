"""What a log of calls says of a scenario (`learn_calls`): demand, grades, times, response, bursts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.geo import FloatArray, distance_m
from dfr.scenario.model import Period, Scenario
from dfr.statistics import ratio_interval, wilson
from dfr.world.call_zones import OUTSIDE
from dfr.world.demand import zone_centre
from dfr.world.demand_estimate import (
    DemandCounts,
    DemandEstimate,
    Estimate,
    design_effect,
    estimate_from_counts,
)
from dfr.world.learning.bursts import find_bursts
from dfr.world.learning.durations import fit_duration, fit_patience, whole_minutes
from dfr.world.learning.figures import (
    FEWEST_SHOWN,
    FREE_TEXT,
    OTHER,
    LearnedBursts,
    LearnedDuration,
    LearnedFigure,
    LearnedHours,
    Lesson,
    Missing,
    is_free_text,
)
from dfr.world.learning.rates import HOURS, fit_hours, spread_of_days
from dfr.world.learning.tables import UNPLACED, BoolArray, CallTable, IntArray

LONGEST_S = 86_400.0
"""A time after the call that is longer is a slip of the pen (assumed)."""

TOO_FAST = 0.2
"""Where officers were sooner than the scenario's own travel at so many calls, it is not theirs (assumed)."""

FEWEST_TRIAGED = 30
MOST_DAYS = 3700

GAP, BUSY = 3, 5.0
"""So many days on end without a row are no part of a log with so many rows on other days (assumed)."""


@dataclass(slots=True)
class _Told:
    """What is known so far, and what the log does not give."""

    source: str
    figures: list[LearnedFigure] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    durations: dict[str, LearnedDuration] = field(default_factory=dict)

    def lack(self, name: str, why: str) -> None:
        """Say that a figure is not in the log."""
        self.missing.append(Missing(name=name, why=why))

    def fit(self, name: str, times_s: FloatArray, *, key: str, why: str) -> None:
        """Take the duration that times show; say why there is none."""
        times_s = times_s[np.isfinite(times_s)]
        good = times_s[(times_s >= 0.0) & (times_s <= LONGEST_S)]
        if len(good) < len(times_s):
            left = counted_noun(len(times_s) - len(good), "time")
            self.notes.append(f"{name}: {left} below 0 or above a day left out")
        found = fit_duration(good)
        if found is None:
            self.lack(name, why if not len(times_s) else f"only {counted_noun(len(good), 'time')}")
            return
        if whole_minutes(good):
            self.notes.append(f"{name}: times are in whole minutes, and known no better")
        self.durations[key] = found


def learn_calls(
    table: CallTable, scenario: Scenario, *, source: str, notes: Sequence[str] = ()
) -> tuple[Lesson, DemandEstimate]:
    """(All that the calls say of a scenario, the estimate of its demand).

    The zones of the table are those of the scenario. Raises InputError where no call lies in a zone.
    """
    grades = [grade.id for grade in scenario.demand.priorities]
    told = _Told(source=source, notes=list(notes))
    counted = table.pick(table.zone != OUTSIDE)
    if not len(counted):
        raise InputError(
            f"none of {counted_noun(len(table), 'call')} lies in a demand zone",
            do="check the columns of the place, or let zones be made of the calls (--call-zones)",
        )
    counts = _count(
        counted, len(scenario.demand.zones), len(grades), outside=int((table.zone == OUTSIDE).sum())
    )
    counts = _without_gaps(counts, table, told)
    hours = fit_hours(counts.hours, counts.days, alike=design_effect(counts.hours))
    bursts = _learn_bursts(counted, counts, hours, scenario.period, told)
    counts = replace(counts, burst_factor=1.0 if bursts is None else bursts.factor)
    estimate = estimate_from_counts(
        counts, zones=scenario.demand.zones, grades=grades, period=scenario.period
    )
    _learn_spread(counts, estimate, told)
    _learn_response(counted, scenario, told)
    _learn_on_scene(counted, grades, told)
    _learn_patience(counted, grades, told)
    triage = _learn_triage(counted, grades, told)
    if estimate.outside:
        told.notes.append(f"{counted_noun(estimate.outside, 'call')} in no demand zone: not counted")
    if estimate.unplaced:
        told.notes.append(
            f"{counted_noun(estimate.unplaced, 'call')} without a place: counted for days and hours"
        )
    if estimate.grades is None:
        told.lack("grades", "no column of the log tells one")
    if estimate.calls < FEWEST_SHOWN:
        few = counted_noun(estimate.calls, "call")
        told.notes.append(f"only {few}: whoever reads the shares can tell where and when of so few")
    by_type = _count_types(counted, grades, told)
    told.notes += estimate.notes
    return Lesson(
        source=source,
        first_day=estimate.first_day,
        last_day=estimate.last_day,
        calls=estimate.calls,
        figures=tuple(told.figures),
        missing=tuple(told.missing),
        notes=tuple(dict.fromkeys(told.notes)),
        hours=hours,
        zones=_as_figures(dict(zip((zone.name for zone in estimate.zones), estimate.shares, strict=True)),
                          "demand.zones", int(counts.zones.sum()), source),
        grades=_as_figures(estimate.grades or {}, "demand.priorities", int(counts.grades.sum()), source),
        days=dict(_day_figures(counts, estimate, source)),
        durations=told.durations,
        bursts=bursts,
        triage=triage,
        by_type=by_type,
    ), estimate  # fmt: skip


def _as_figures(found: Mapping[str, Estimate], path: str, n: int, source: str) -> dict[str, LearnedFigure]:
    return {
        name: LearnedFigure(
            name=name, value=each.value, unit="", n=n, source=source, interval=each.interval, path=path,
            method="share of the calls, Dirichlet posterior",
        )
        for name, each in found.items()
    }  # fmt: skip


def _day_figures(
    counts: DemandCounts, estimate: DemandEstimate, source: str
) -> Iterator[tuple[str, LearnedFigure]]:
    """The calls of each day of the scenario, with how many calls of the log they are learned from."""
    calls = [0] * 7
    for day, count in counts.by_day.items():
        calls[day.weekday()] += count
    observed = {day.weekday() for day in counts.days}
    for day, each in estimate.days.items():
        own = day.weekday() in observed
        yield day.isoformat(), LearnedFigure(
            name=day.isoformat(), value=each.value, unit="calls", source=source, interval=each.interval,
            n=calls[day.weekday()] if own else sum(calls), path="demand.days",
            method="mean of the days of its weekday" if own else "mean of all days, for want of its weekday",
        )  # fmt: skip


def _count(table: CallTable, zones: int, grades: int, *, outside: int) -> DemandCounts:
    first = int(table.day.min())
    days = int(table.day.max()) - first + 1
    if days > MOST_DAYS:
        raise InputError(
            f"the log goes from {date.fromordinal(first)} to {date.fromordinal(first + days - 1)}",
            do=f"give at most {MOST_DAYS} days, or mend a date that is wrong",
        )
    placed, graded = table.zone >= 0, table.grade >= 0
    return DemandCounts(
        days=tuple(date.fromordinal(first + number) for number in range(days)),
        zones=_tally(table.day[placed] - first, table.zone[placed], days, zones),
        hours=_tally(table.day - first, table.hour, days, HOURS),
        grades=_tally(table.day[graded] - first, table.grade[graded], days, grades),
        outside=outside,
        unplaced=int((table.zone == UNPLACED).sum()),
    )


def _without_gaps(counts: DemandCounts, table: CallTable, told: _Told) -> DemandCounts:
    """The counts of the days that the log covers: not of long runs of days without any row in a busy log."""
    rows, first = np.bincount(table.day - int(table.day.min())), int(table.day.min())
    if float(rows[rows > 0].mean()) < BUSY:
        return counts
    run = _run_lengths(rows)
    seen = np.array([run[day.toordinal() - first] < GAP for day in counts.days])
    if seen.all():
        return counts
    told.notes.append(
        f"{counted_noun(int((~seen).sum()), 'day')} in runs of {GAP} or more without any row: taken as"
        " not in the log"
    )
    return replace(
        counts,
        days=tuple(day for day, kept in zip(counts.days, seen.tolist(), strict=True) if kept),
        zones=counts.zones[seen],
        hours=counts.hours[seen],
        grades=counts.grades[seen],
    )


def _run_lengths(rows: IntArray) -> IntArray:
    """For each day without a row how many such days there are on end around it; 0 for the others."""
    run, start = np.zeros(len(rows), np.int64), 0
    for day in range(len(rows) + 1):
        if day == len(rows) or rows[day] > 0:
            run[start:day] = day - start
            start = day + 1
    return run


def _tally(rows: IntArray, columns: IntArray, height: int, width: int) -> IntArray:
    """How many have each row and column."""
    return (
        np.bincount(rows * width + columns, minlength=height * width).reshape(height, width).astype(np.int64)
    )


def _learn_bursts(
    table: CallTable, counts: DemandCounts, hours: LearnedHours, period: Period, told: _Told
) -> LearnedBursts | None:
    placed = table.pick(table.zone >= 0)
    starts_s, expected, day = _expected_by_hour(counts, hours, period.zone)
    found = find_bursts(
        placed.t_s, placed.zone, hour_starts_s=starts_s, calls_of_hour=expected, day_of_hour=day,
        source=told.source,
    )  # fmt: skip
    if found is None:
        told.lack("bursts", "too few calls or days")
        return None
    if not found.found:
        told.lack("bursts", f"none seen: at most {found.further.value:.2g} further calls about an incident")
        return found
    duplicates = int(table.duplicate.sum())
    if not duplicates:
        told.lack("share of further calls that are joined to an incident", "joined calls are no rows of it")
        return found
    # Of all calls the share m j / (1 + m) is joined.
    more = found.further.value
    share = table.duplicate.mean() * (1.0 + more) / more
    about = wilson(float(table.duplicate.mean()), len(table) / design_effect(_by_day(table, table.duplicate)))
    ends = [min(1.0, end * (1.0 + more) / more) for end in (about.low, about.high) if end is not None]
    joined = LearnedFigure(
        name="share of further calls joined to an incident", value=min(1.0, float(share)), unit="",
        n=duplicates, source=told.source, method="calls marked as duplicates, of the further calls",
        interval=replace(about, low=ends[0], high=ends[1]), path="simulation.policing.bursts.joined_share",
    )  # fmt: skip
    return replace(found, joined=joined)


def _by_day(table: CallTable, mask: BoolArray) -> IntArray:
    """Calls of each day outside and within a mask."""
    first = int(table.day.min())
    return _tally(table.day - first, mask.astype(np.int64), int(table.day.max()) - first + 1, 2)


def _expected_by_hour(
    counts: DemandCounts, hours: LearnedHours, zone: ZoneInfo
) -> tuple[FloatArray, FloatArray, IntArray]:
    """(Start of each elapsed hour of the log, the calls that hours of the week expect in it, its day)."""
    first, last = counts.days[0], counts.days[-1]
    start, end = (
        datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()
        for day in (first, last + timedelta(days=1))
    )
    starts_s = np.arange(start, end, 3600.0)
    local = [datetime.fromtimestamp(at, tz=UTC).astimezone(zone) for at in starts_s.tolist()]
    mean = np.array(hours.counts).sum(axis=1) / np.maximum(np.array(hours.days), 1)
    rates = mean[:, None] * np.array(hours.shares)
    expected = np.array([rates[at.weekday(), at.hour] for at in local])
    return starts_s, expected, np.array([(at.date() - first).days for at in local], dtype=np.int64)


def _learn_spread(counts: DemandCounts, estimate: DemandEstimate, told: _Told) -> None:
    found = spread_of_days(counts.by_day, counts.burst_factor)
    if found is None or estimate.rate_cv is None:
        told.lack("how much days differ (rate_cv)", "no weekday was observed twice")
        return
    method = "days of the same weekday beyond chance and bursts, by moments"
    told.figures.append(
        LearnedFigure(
            name="how much the rate differs between days (coefficient of variation)",
            value=found[0],
            unit="",
            n=len(counts.hours),
            source=told.source,
            method=method,
            interval=found[1],
        )
    )
    told.figures.append(
        LearnedFigure(
            name="rate_cv: between days, and of its own estimate",
            value=estimate.rate_cv,
            unit="",
            n=len(counts.hours),
            source=told.source,
            method=method,
            path="demand.rate_cv",
        )
    )


def _learn_response(table: CallTable, scenario: Scenario, told: _Told) -> None:
    """When the first officers come: as a whole, and without the scenario's own travel."""
    why = "no column tells when officers arrived"
    told.fit("response of officers", table.arrived_s, key="response", why=why)
    for number, grade in enumerate(scenario.demand.priorities):
        mine = table.arrived_s[table.grade == number]
        if np.isfinite(mine).any():
            told.fit(f"response of officers, {grade.id}", mine, key=f"response/{grade.id}", why=why)
    name = "mobilisation of officers"
    if np.isfinite(table.en_route_s).any():
        told.fit(name, table.en_route_s, key="mobilisation", why="")
        _learn_speed(table, scenario, told)
    elif not scenario.demand.ground.posts:
        told.lack(name, "the scenario has no post of patrols to travel from")
    elif np.isfinite(table.arrived_s).any():
        _learn_mobilisation(table, scenario, told, name)
    else:
        told.lack(name, why)


def _learn_mobilisation(table: CallTable, scenario: Scenario, told: _Told, name: str) -> None:
    travel_s = np.append(_metres_to(scenario) / scenario.demand.ground.speed_mps, [np.nan, np.nan])[
        table.zone
    ]
    rest_s = table.arrived_s - travel_s
    rest_s = rest_s[np.isfinite(rest_s)]
    if len(rest_s) and float((rest_s <= 0.0).mean()) > TOO_FAST:
        told.lack(
            name,
            f"officers were at {(rest_s <= 0.0).mean():.0%} of the calls sooner than the scenario's own"
            " travel allows: check demand.ground (posts, speed_mps, detour_factor)",
        )
        return
    told.fit(name, np.maximum(rest_s, 0.0), key="mobilisation", why="no call with an arrival lies in a zone")
    told.notes.append(
        f"{name}: response less the scenario's own travel from the nearest post to the middle of the zone"
    )


def _learn_speed(table: CallTable, scenario: Scenario, told: _Told) -> None:
    """How fast officers travel, by the way from the nearest post to the zone and their times."""
    if not scenario.demand.ground.posts:
        return
    way_m = np.append(_metres_to(scenario), [np.nan, np.nan])[table.zone]
    travel_s = table.arrived_s - table.en_route_s
    known = np.isfinite(way_m + travel_s) & (travel_s > 0.0) & (travel_s <= LONGEST_S)
    if known.sum() < FEWEST_SHOWN:
        return
    day = table.day[known] - int(table.day.min())
    metres, seconds = (np.bincount(day, each[known]).astype(float) for each in (way_m, travel_s))
    told.figures.append(
        LearnedFigure(
            name="speed of officers",
            value=float(metres.sum() / seconds.sum()),
            unit="m/s",
            n=int(known.sum()),
            source=told.source,
            method="way from the nearest post to the middle of the zone over time travelled",
            interval=ratio_interval(metres, seconds),
            path="demand.ground.speed_mps",
        )
    )


def _metres_to(scenario: Scenario) -> FloatArray:
    """The way on the ground from the nearest post to each zone, as the simulation has it."""
    ground = scenario.demand.ground
    centres = [zone_centre(zone) for zone in scenario.demand.zones]
    nearest = [min((distance_m(post, centre) for post in ground.posts), default=np.nan) for centre in centres]
    return np.array(nearest) * ground.detour_factor


def _learn_on_scene(table: CallTable, grades: Sequence[str], told: _Told) -> None:
    """How long a drone is wanted, where the log tells it; else how long officers were there."""
    busy_s = table.cleared_s - table.arrived_s
    told.fit("officers on scene", busy_s, key="patrol", why="arrival and clearing are not both in the log")
    wanted = bool(np.isfinite(table.on_scene_s).any())
    times_s = table.on_scene_s if wanted else busy_s
    who = "drone wanted on scene" if wanted else "officers on scene"
    for number, grade in enumerate(grades):
        mine = times_s[table.grade == number]
        key = f"{'on_scene' if wanted else 'patrol'}/{grade}"
        if np.isfinite(mine).any():
            told.fit(f"{who}, {grade}", mine, key=key, why="")
    if not wanted:
        why = "no column tells it (on_scene_s): officers stay for other reasons"
        told.lack("how long a drone is wanted on scene", why)


def _learn_patience(table: CallTable, grades: Sequence[str], told: _Told) -> None:
    """How long callers wait, by calls that were cancelled before anybody came."""
    gave_up = table.cancelled & ~np.isfinite(table.arrived_s) & np.isfinite(table.cleared_s)
    waited_s = np.where(gave_up, table.cleared_s, table.arrived_s)
    good = np.isfinite(waited_s) & (waited_s >= 0.0) & (waited_s <= LONGEST_S)
    name = "patience of callers"
    if not gave_up.any():
        told.lack(name, "no cancelled call with the moment of its cancelling")
        return
    pooled = fit_patience(waited_s[good], gave_up[good])
    if pooled is None:
        told.lack(name, f"only {counted_noun(int(gave_up[good].sum()), 'cancelled call')}")
        return
    told.durations["patience"] = pooled
    for number, grade in enumerate(grades):
        mine = good & (table.grade == number)
        own = fit_patience(waited_s[mine], gave_up[mine])
        if own is not None:
            told.durations[f"patience/{grade}"] = own


def _learn_triage(
    table: CallTable, grades: Sequence[str], told: _Told
) -> dict[str, dict[str, LearnedFigure]]:
    """For each grade that calls turned out to have, the shares of the grades they were given."""
    both = table.pick((table.given >= 0) & (table.grade >= 0))
    if not len(both):
        told.lack("triage", "no column tells the grade a call was first given beside its final one")
        return {}
    found = {}
    for number, grade in enumerate(grades):
        mine = both.pick(both.grade == number)
        if len(mine) < FEWEST_TRIAGED:
            told.lack(f"triage, {grade}", f"only {counted_noun(len(mine), 'call')}")
            continue
        first = int(mine.day.min())
        by_day = _tally(mine.day - first, mine.given, int(mine.day.max()) - first + 1, len(grades))
        counts, alike = by_day.sum(axis=0), design_effect(by_day)
        found[grade] = {
            other: LearnedFigure(
                name=f"{grade} given as {other}", value=count / len(mine), unit="", n=len(mine),
                source=told.source, method="share of the calls", path="simulation.policing.triage",
                interval=wilson(count / len(mine), len(mine) / alike),
            )
            for other, count in zip(grades, counts.tolist(), strict=True)
        }  # fmt: skip
    return found


def _count_types(table: CallTable, grades: Sequence[str], told: _Told) -> dict[str, dict[str, int]]:
    """Calls of each type by grade, those of rare types together."""
    if not len(table.kinds) or not (table.kind >= 0).any():
        return {}
    known = table.pick((table.kind >= 0) & (table.grade >= 0))
    by_type = _tally(known.kind, known.grade, len(table.kinds), len(grades))
    if is_free_text(by_type.sum(axis=1)):
        told.lack("types of calls", FREE_TEXT)
        return {}
    often = by_type.sum(axis=1) >= FEWEST_SHOWN
    order = sorted(np.flatnonzero(often).tolist(), key=lambda kind: -int(by_type[kind].sum()))
    rows = {table.kinds[kind]: by_type[kind] for kind in order}
    rest = by_type[~often].sum(axis=0)
    if rest.sum() >= FEWEST_SHOWN:
        rows[OTHER] = rows.get(OTHER, 0) + rest
    return {name: dict(zip(grades, row.tolist(), strict=True)) for name, row in rows.items()}
