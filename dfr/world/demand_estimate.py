"""Demand estimated from calls that were made (`estimate_demand`), each figure with its 95 % interval.

The model is that of the simulation: calls of a day are Poisson about a rate that itself varies from day to
day, and each call falls into a zone, a local hour and a grade independently of the others.

- Shares of zones, hours and grades: the mean of the Dirichlet posterior with 1/K in each of the K cells, the
  reference prior for many cells (Berger, Bernardo and Sun 2015, "Overall objective priors"): it weighs as
  much as one call altogether, and a cell in which nothing was counted stays possible. Their intervals are
  Wilson's, of each share alone, with as many calls fewer as calls of the same day are alike, such as those of
  one incident (design effect: Rao and Scott 1981, days as clusters).
- Calls of a day: the mean of the observed days of its weekday, with Garwood's interval of a Poisson rate,
  widened by how much days differ (quasi-Poisson: McCullagh and Nelder 1989, section 6.2).
- `rate_cv`: how much days of the same weekday differ beyond chance and beyond bursts of calls, by moments,
  together with how well the mean is known. None where no weekday was observed twice: one day of a kind
  cannot show how days differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from dfr.errors import InputError
from dfr.geo import FloatArray, LocalFrame
from dfr.scenario.model import Demand, DemandDay, DemandZone, Period
from dfr.statistics import Interval, poisson_rate, wilson
from dfr.world.call_records import CallRecord
from dfr.world.call_zones import OUTSIDE, IntArray, place_calls

HOURS = 24
SHARE_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    interval: Interval

    def __str__(self) -> str:
        low, high = self.interval.low, self.interval.high
        if low is None or high is None:
            return f"{self.value:.3g}"
        return f"{self.value:.3g} ({round(low, 6):.3g} to {round(high, 6):.3g})"

    def as_dict(self) -> dict[str, float | None]:
        """The figure as it appears in JSON."""
        return {"value": self.value, "low": self.interval.low, "high": self.interval.high}


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCounts:
    """Calls counted by day: a row for each of `days`, a column for each zone, hour or grade.

    `outside` lie in no zone and are in no other count, `unplaced` are in no zone's. `burst_factor` is the
    variance of a day's calls over their mean that calls about the same incident alone make.
    """

    days: tuple[date, ...]
    zones: IntArray
    hours: IntArray
    grades: IntArray
    outside: int = 0
    unplaced: int = 0
    burst_factor: float = 1.0

    @property
    def by_day(self) -> dict[date, int]:
        """Calls of every observed day, 0 where there was none."""
        return dict(zip(self.days, self.hours.sum(axis=1).tolist(), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandEstimate:
    """What calls say about the demand of a scenario.

    `shares` are those of `zones`; `hours` the shares of the local hours 0 to 23; `days` the expected calls of
    the scenario's dates; `grades` None where no call names one. `calls` were counted, `outside` lie in no
    zone and were not, and `unplaced` were counted for days and hours alone.
    """

    zones: tuple[DemandZone, ...]
    shares: tuple[Estimate, ...]
    hours: tuple[Estimate, ...]
    days: Mapping[date, Estimate]
    grades: Mapping[str, Estimate] | None
    rate_cv: float | None
    first_day: date
    last_day: date
    calls: int
    outside: int
    unplaced: int
    notes: tuple[str, ...]

    def hour_weights(self) -> tuple[float, ...]:
        """The weights of the hours as a scenario has them: 1 is an average hour."""
        return tuple(round(HOURS * hour.value, 3) for hour in self.hours)

    def as_dict(self) -> dict[str, object]:
        """The estimate as it appears in JSON."""
        zones = zip(self.zones, self.shares, strict=True)
        return {
            "zones": [{"id": zone.id, "name": zone.name, **share.as_dict()} for zone, share in zones],
            "hours": [hour.as_dict() for hour in self.hours],
            "days": {day.isoformat(): found.as_dict() for day, found in self.days.items()},
            "grades": None if self.grades is None else {k: g.as_dict() for k, g in self.grades.items()},
            "rate_cv": self.rate_cv,
            "observed": [self.first_day.isoformat(), self.last_day.isoformat()],
            "calls": self.calls,
            "outside": self.outside,
            "unplaced": self.unplaced,
            "notes": list(self.notes),
        }

    def applied_to(self, demand: Demand) -> Demand:
        """A scenario's demand with these figures in place of its own; what calls do not tell stays."""
        weights = self.hour_weights()
        grades = demand.priorities
        if self.grades is not None:
            told = rounded_shares([self.grades[grade.id].value for grade in grades])
            grades = tuple(replace(g, share=share) for g, share in zip(grades, told, strict=True))
        days = tuple(
            DemandDay(
                date=day.date,
                calls=self.days[day.date.date()].value if day.date.date() in self.days else day.calls,
                hour_weights=weights,
            )
            for day in demand.days
        )
        rate_cv = demand.rate_cv if self.rate_cv is None else self.rate_cv
        return replace(demand, zones=self.zones, priorities=grades, days=days, rate_cv=rate_cv)


def estimate_demand(
    calls: Sequence[CallRecord],
    *,
    zones: Sequence[DemandZone],
    grades: Sequence[str],
    period: Period,
    frame: LocalFrame,
    observed: tuple[date, date] | None = None,
) -> DemandEstimate:
    """The demand of a scenario's zones and days as calls show it.

    `observed` are the first and the last day of the log, both whole, days without calls among them; where it
    is not given, those of its first and last call. Raises InputError where no call lies in a zone.
    """
    counts = _count_calls(calls, place_calls(calls, zones, frame), len(zones), grades, observed)
    return estimate_from_counts(counts, zones=zones, grades=grades, period=period)


def estimate_from_counts(
    counts: DemandCounts, *, zones: Sequence[DemandZone], grades: Sequence[str], period: Period
) -> DemandEstimate:
    """The demand as counts by day show it. Raises InputError where no call lies in a zone."""
    by_day, calls = counts.by_day, int(counts.hours.sum())
    if not counts.zones.sum():
        raise InputError(
            f"none of {calls + counts.outside} calls lies in a demand zone",
            do="check the columns of the place, or let zones be made of the calls",
        )
    shares = _shares(counts.zones)
    written = rounded_shares([share.value for share in shares])
    told, known = _dates_of(period), int(counts.grades.sum())
    return DemandEstimate(
        zones=tuple(replace(zone, share=share) for zone, share in zip(zones, written, strict=True)),
        shares=shares,
        hours=_shares(counts.hours),
        days=_estimate_days(by_day, told),
        grades=dict(zip(grades, _shares(counts.grades), strict=True)) if known else None,
        rate_cv=_rate_cv(by_day, counts.burst_factor),
        first_day=min(by_day),
        last_day=max(by_day),
        calls=calls,
        outside=counts.outside,
        unplaced=counts.unplaced,
        notes=tuple(_notes(by_day, told, known=known, counted=calls)),
    )


def _count_calls(
    calls: Sequence[CallRecord],
    placed: Sequence[int | None],
    zones: int,
    grades: Sequence[str],
    observed: tuple[date, date] | None,
) -> DemandCounts:
    first, last = observed or _days_of(calls)
    days = (last - first).days + 1
    by_zone, by_hour, by_grade = (np.zeros((days, width), np.int64) for width in (zones, HOURS, len(grades)))
    outside = unplaced = 0
    for call, zone in zip(calls, placed, strict=True):
        day = (call.when.date() - first).days
        outside += zone == OUTSIDE
        if zone == OUTSIDE or not 0 <= day < days:
            continue
        by_hour[day, call.when.hour] += 1
        unplaced += zone is None
        if zone is not None:
            by_zone[day, zone] += 1
        if call.grade in grades:
            by_grade[day, grades.index(call.grade)] += 1
    return DemandCounts(
        days=tuple(first + timedelta(days=number) for number in range(days)),
        zones=by_zone,
        hours=by_hour,
        grades=by_grade,
        outside=outside,
        unplaced=unplaced,
    )


def rounded_shares(shares: Sequence[float]) -> list[float]:
    """Shares to four digits that still sum to 1: the largest takes what rounding leaves.

    >>> rounded_shares([1 / 3, 1 / 3, 1 / 3])
    [0.3334, 0.3333, 0.3333]
    """
    rounded = [round(share, SHARE_DIGITS) for share in shares]
    largest = max(range(len(rounded)), key=lambda number: rounded[number])
    rounded[largest] = round(rounded[largest] + 1.0 - sum(rounded), SHARE_DIGITS)
    return rounded


def _shares(by_day: IntArray) -> tuple[Estimate, ...]:
    """The share of each column: the Dirichlet posterior's mean, with Wilson's interval of what days tell."""
    counts, prior = by_day.sum(axis=0), 1.0 / by_day.shape[1]
    total, alike = int(counts.sum()), design_effect(by_day)
    return tuple(
        Estimate(value=(count + prior) / (total + 1.0), interval=wilson(count / max(total, 1), total / alike))
        for count in counts.tolist()
    )


def design_effect(by_day: IntArray) -> float:
    """How many calls tell as much of shares as one would alone, at least 1: calls of a day may be alike.

    The variance of the shares with days as clusters over that of independent calls, both summed over the
    columns (Rao and Scott 1981).
    """
    days, total = by_day.sum(axis=1), float(by_day.sum())
    shares = by_day.sum(axis=0) / max(total, 1.0)
    alone = float((shares * (1.0 - shares)).sum()) * total
    if len(days) < 2 or alone <= 0.0:
        return 1.0
    rest = by_day - shares[None, :] * days[:, None]
    return max(1.0, len(days) / (len(days) - 1.0) * float((rest**2).sum()) / alone)


def _days_of(calls: Sequence[CallRecord]) -> tuple[date, date]:
    if not calls:
        raise InputError("no calls", do="give one row for each call")
    days = [call.when.date() for call in calls]
    return min(days), max(days)


def _dates_of(period: Period) -> list[date]:
    first, last = period.start.date(), (period.end - timedelta(microseconds=1)).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _estimate_days(by_day: Mapping[date, int], wanted: Sequence[date]) -> dict[date, Estimate]:
    """The expected calls of each date, by the observed days of its weekday, or of all where there is none."""
    found = {}
    spread = _between_days(by_day) or 0.0
    for day in wanted:
        counts = _same_weekday(by_day, day) or list(by_day.values())
        mean = sum(counts) / len(counts)
        excess = 1.0 + spread * mean
        interval = poisson_rate(sum(counts) / excess, len(counts) / excess)
        found[day] = Estimate(value=mean, interval=interval)
    return found


def _same_weekday(by_day: Mapping[date, int], day: date) -> list[int]:
    return [count for other, count in by_day.items() if other.weekday() == day.weekday()]


def _between_days(by_day: Mapping[date, int]) -> float | None:
    """The squared coefficient of variation of the rate between days of a weekday; None where it is unknown.

    Of counts with mean m the variance is m + c² m²: the excess over m of the observed variances, over m².
    """
    found = weekday_moments(by_day)
    if found is None:
        return None
    freedom, means, variances = found
    return max(0.0, float(freedom @ (variances - means) / (freedom @ means**2)))


def weekday_moments(by_day: Mapping[date, int]) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """(Degrees of freedom, means, variances) of the counts of each weekday that was observed twice or more.

    None where there is none, or none has a call.
    """
    groups: dict[int, list[int]] = {}
    for day, count in by_day.items():
        groups.setdefault(day.weekday(), []).append(count)
    several = [np.asarray(counts, float) for counts in groups.values() if len(counts) > 1]
    if not any(counts.sum() for counts in several):
        return None
    return (
        np.array([len(counts) - 1.0 for counts in several]),
        np.array([counts.mean() for counts in several]),
        np.array([counts.var(ddof=1) for counts in several]),
    )


def _rate_cv(by_day: Mapping[date, int], burst_factor: float) -> float | None:
    """The coefficient of variation of the rate: between days, and of its own estimate."""
    between, total = _between_days(by_day), sum(by_day.values())
    if between is None:
        return None
    by_bursts = (burst_factor - 1.0) * len(by_day) / max(total, 1)
    return round(math.sqrt(max(0.0, between - by_bursts) + burst_factor / (total + 0.5)), 3)


def _notes(by_day: Mapping[date, int], wanted: Sequence[date], *, known: int, counted: int) -> list[str]:
    """What a reader must know about the figures, in sentences."""
    notes = []
    first, last = min(by_day), max(by_day)
    empty = sum(count == 0 for count in by_day.values())
    if empty:
        notes.append(f"{empty} of the {len(by_day)} days from {first} to {last} had no call: counted so")
    strange: dict[str, list[date]] = {}
    for day in wanted:
        if not _same_weekday(by_day, day):
            strange.setdefault(f"{day:%A}", []).append(day)
    notes += [
        f"the log has no {name}: for {days[0]}{f' and {len(days) - 1} more' if len(days) > 1 else ''}"
        " the mean of all its days is taken"
        for name, days in strange.items()
    ]
    if _between_days(by_day) is None:
        notes.append("no weekday was observed twice: how much days differ (rate_cv) is not estimated")
    if known < counted:
        notes.append(
            f"{counted - known} of {counted} calls have no known grade: left out of the grades' shares"
        )
    return notes
