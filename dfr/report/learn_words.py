"""What was learned from logs, in words (`figure_rows`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dfr.scenario.model import DurationShape
from dfr.statistics import Interval
from dfr.world.learning.figures import LearnedDuration, Lesson, number_words

NAMES = {
    "response": "response of officers (call to arrival)",
    "mobilisation": "mobilisation of officers",
    "patrol": "officers on scene",
    "on_scene": "drone wanted on scene",
    "patience": "patience of callers",
    "flight": "length of a flight",
    "to_scene": "take-off to overhead",
    "drone_response": "call to overhead, drone",
    "drone_on_scene": "drone on scene",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedRow:
    """A figure as a line shows it."""

    name: str
    told: str
    n: int
    method: str
    source: str


def figure_rows(lesson: Lesson) -> list[LearnedRow]:
    """Every figure that was learned, in words."""
    figures = [
        LearnedRow(
            name=_kind(each.path, each.name),
            told=str(each),
            n=each.n,
            method=each.method,
            source=_file_of(each.source),
        )
        for each in lesson.all_figures()
    ]
    return [*figures, *_duration_rows(lesson)]


def _kind(path: str, name: str) -> str:
    """The name of a figure with what it is of."""
    kinds = {
        "demand.days": "calls of",
        "demand.zones": "share of zone",
        "demand.priorities": "share of grade",
    }
    return f"{kinds[path]} {name}" if path in kinds else name


def _duration_rows(lesson: Lesson) -> Iterator[LearnedRow]:
    for key, found in lesson.durations.items():
        of_flights = key in {"flight", "to_scene", "drone_response", "drone_on_scene"}
        source = lesson.flight_source if of_flights else lesson.source
        for what, value, interval in (
            ("median", found.median_s, found.median),
            ("90 %", found.p90_s, found.p90),
        ):
            yield LearnedRow(
                name=f"{duration_name(key)}, {what}",
                told=f"{number_words(value)} s{_between(interval)}",
                n=found.n,
                method=shape_words(found),
                source=_file_of(source),
            )  # fmt: skip


def _file_of(source: str) -> str:
    """The file that a source is about."""
    return source.rpartition(" in ")[2]


def duration_name(key: str) -> str:
    """What a duration is, in words."""
    kind, _, grade = key.partition("/")
    return f"{NAMES[kind]}, {grade}" if grade else NAMES[kind]


def shape_words(found: LearnedDuration) -> str:
    """The shape of a duration, how it was fitted, and how far the data are from it."""
    if found.shape is DurationShape.CONSTANT:
        return found.method
    away = f"; data and fit at most {found.apart:.0%} apart" if found.quantiles_s else ""
    return f"{found.shape}, {found.method}{away}"


def _between(interval: Interval) -> str:
    low, high = interval.low, interval.high
    return "" if low is None or high is None else f" ({number_words(low)} to {number_words(high)})"
