"""What the log of a drone programme says (`learn_flights`): flights of a day, times, calls cleared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dfr.findings import counted_noun
from dfr.statistics import wilson
from dfr.world.demand_estimate import design_effect
from dfr.world.learning.durations import fit_duration, whole_minutes
from dfr.world.learning.figures import (
    FEWEST_SHOWN,
    FREE_TEXT,
    OTHER,
    LearnedFigure,
    Lesson,
    Missing,
    is_free_text,
)
from dfr.world.learning.rates import dispersed_rate
from dfr.world.learning.tables import FlightTable, IntArray, say_days

CLEARED = "share cleared without a patrol"
LONGEST_S = 6.0 * 3600.0
"""A flight that is longer is a slip of the pen (assumed)."""

TIMES = {
    "flight": ("length of a flight", "length_s", "take-off and landing are not both in the log"),
    "to_scene": ("take-off to overhead", "to_scene_s", "no column tells when the drone was overhead"),
    "drone_response": ("call to overhead", "response_s", "the call, or overhead, is not in the log"),
    "drone_on_scene": ("drone on scene", "on_scene_s",
                       "no column tells how long it stayed: a flight has the way out and back in it"),
}  # fmt: skip


def learn_flights(lesson: Lesson, table: FlightTable, *, source: str, notes: tuple[str, ...] = ()) -> Lesson:
    """What was learned from calls, with what flights tell beside it."""
    figures, missing, said, durations = [], list(lesson.missing), list(notes), dict(lesson.durations)
    figures.append(_flights_per_day(table, source))
    for key, (name, column, why) in TIMES.items():
        times = getattr(table, column)
        times = times[np.isfinite(times)]
        good = times[(times >= 0.0) & (times <= LONGEST_S)]
        if len(good) < len(times):
            said.append(
                f"{name}: {counted_noun(len(times) - len(good), 'time')} below 0 or above 6 h left out"
            )
        found = fit_duration(good)
        if found is None:
            missing.append(Missing(name=name, why=why if not len(times) else f"only {len(good)} times"))
            continue
        if whole_minutes(good):
            said.append(f"{name}: times are in whole minutes, and known no better")
        durations[key] = found
    silent = int((table.cleared < 0).sum())
    if why := _why_no_share(table.cleared, silent):
        missing.append(Missing(name=CLEARED, why=why))
    else:
        figures.append(_cleared_share(table, source))
        if silent:
            said.append(f"{CLEARED}: {counted_noun(silent, 'flight')} do not say, and are left out")
    free_text = is_free_text(_purpose_counts(table))
    if free_text:
        missing.append(Missing(name="purposes of flights", why=FREE_TEXT))
    if "drone_on_scene" in durations:
        missing = [each for each in missing if each.name != "how long a drone is wanted on scene"]
    return replace(
        lesson, figures=(*lesson.figures, *figures), missing=tuple(missing), notes=(*lesson.notes, *said),
        durations=durations, purposes={} if free_text else _count_purposes(table), flights=len(table),
        flight_source=source,
    )  # fmt: skip


def _flights_per_day(table: FlightTable, source: str) -> LearnedFigure:
    first, last = int(table.day.min()), int(table.day.max())
    counts = np.bincount(table.day - first, minlength=last - first + 1)
    mean, interval = dispersed_rate(counts)
    empty = f"{(counts == 0).mean():.0%} of the days without"
    days = f"{say_days(table.day)}, {empty}"
    return LearnedFigure(
        name="flights of a day", value=mean, unit="flights", n=len(table), source=source, interval=interval,
        method=f"mean of all days, {days}",
    )  # fmt: skip


def _why_no_share(cleared: IntArray, silent: int) -> str:
    """Why a column does not tell the share of flights that cleared a call; '' where it does."""
    told = set(cleared[cleared >= 0].tolist())
    if not told:
        return "no column tells it"
    if silent and len(told) == 1:
        word = "yes" if told == {1} else "no"
        return (
            f"its column says {word} or nothing: what the {silent} empty cells mean is not known, write yes"
            " or no in each"
        )
    return ""


def _cleared_share(table: FlightTable, source: str) -> LearnedFigure:
    known = table.cleared >= 0
    count = int(known.sum())
    first = int(table.day.min())
    height = int(table.day.max()) - first + 1
    by_day = np.bincount((table.day[known] - first) * 2 + table.cleared[known], minlength=2 * height).reshape(
        -1, 2
    )
    share = float(table.cleared[known].mean())
    return LearnedFigure(
        name=CLEARED, value=share, unit="", n=count, source=source,
        method="share of the flights that say so", interval=wilson(share, count / design_effect(by_day)),
        path="demand.cleared_without_patrol",
    )  # fmt: skip


def _purpose_counts(table: FlightTable) -> IntArray:
    return np.bincount(table.purpose[table.purpose >= 0], minlength=len(table.purposes)).astype(np.int64)


def _count_purposes(table: FlightTable) -> dict[str, int]:
    """Flights of each purpose, those of rare ones together."""
    counts = _purpose_counts(table).tolist()
    found = {name: count for name, count in zip(table.purposes, counts, strict=True) if count >= FEWEST_SHOWN}
    rest = sum(counts) - sum(found.values())
    ordered = dict(sorted(found.items(), key=lambda item: -item[1]))
    return ordered | ({OTHER: ordered.get(OTHER, 0) + rest} if rest >= FEWEST_SHOWN else {})
