"""What was learned from logs, as numbers that tell of no single call (`Lesson`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from dfr.scenario.model import DurationShape
from dfr.statistics import UNKNOWN, Interval

FEWEST_SHOWN = 10
"""A word of a log, such as a type of call, is shown where at least so many rows have it (assumed)."""

FREQUENT_SHARE = 0.8
"""Where fewer rows have words that are shown, a column is free text, and none of it is shown (assumed)."""

OTHER = "other"
FREE_TEXT = (
    f"fewer than {FREQUENT_SHARE:.0%} of the rows have a word that {FEWEST_SHOWN} rows share: it may be free"
    " text, and none of it is shown"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedFigure:
    """A figure with its 95 % interval: `n` observations of a file, `path` its place in a scenario or ''."""

    name: str
    value: float
    unit: str
    n: int
    source: str
    method: str
    interval: Interval = UNKNOWN
    path: str = ""

    def __str__(self) -> str:
        low, high = self.interval.low, self.interval.high
        told = f"{number_words(self.value)}{f' {self.unit}' if self.unit else ''}"
        return (
            told if low is None or high is None else f"{told} ({number_words(low)} to {number_words(high)})"
        )

    def as_dict(self) -> dict[str, object]:
        """The figure as it appears in JSON."""
        return {
            "name": self.name, "value": self.value, "low": self.interval.low, "high": self.interval.high,
            "unit": self.unit, "n": self.n, "source": self.source, "method": self.method,
            "path": self.path or None,
        }  # fmt: skip


def is_free_text(counts: NDArray[np.int64]) -> bool:
    """Whether a column whose words have these counts is free text, in which a frequent one may name somebody.

    >>> is_free_text(np.array([80, 20])), is_free_text(np.array([20, *[1] * 80]))
    (False, True)
    """
    return bool(counts[counts >= FEWEST_SHOWN].sum() < FREQUENT_SHARE * counts.sum())


def number_words(value: float) -> str:
    """A number to three figures.

    >>> number_words(1234.5), number_words(0.01234)
    ('1,234', '0.0123')
    """
    return f"{value:,.0f}" if abs(value) >= 100.0 else f"{value:.3g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A figure that a log does not give, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedDuration:
    """A random duration as a scenario has one, and how far the data are from it.

    `quantiles_s` are those of the data at `QUANTILES`, empty for few data; `apart` is the largest distance
    between the shares of data and fit below any time.
    """

    shape: DurationShape
    median_s: float
    p90_s: float
    median: Interval
    p90: Interval
    n: int
    method: str
    quantiles_s: tuple[float, ...] = ()
    apart: float = 0.0

    def as_dict(self) -> dict[str, object]:
        """The duration as it appears in JSON."""
        return {
            "shape": self.shape.value, "median_s": self.median_s, "p90_s": self.p90_s,
            "median_interval_s": [self.median.low, self.median.high],
            "p90_interval_s": [self.p90.low, self.p90.high],
            "n": self.n, "method": self.method, "apart": self.apart,
        }  # fmt: skip

    def as_yaml(self, *, source: str, note: str = "") -> dict[str, object]:
        """The duration as a scenario file has it."""
        told = f"95 % intervals: median {_seconds(self.median)}, 90th percentile {_seconds(self.p90)}"
        return {
            "shape": self.shape.value,
            "median_s": round(self.median_s, 1),
            **({"p90_s": round(self.p90_s, 1)} if self.shape is DurationShape.LOGNORMAL else {}),
            "source": f"{source}; {self.n} times; {self.method}",
            "note": f"{note}; {told}" if note else told,
        }


def _seconds(interval: Interval) -> str:
    low, high = interval.low, interval.high
    return "unknown" if low is None or high is None else f"{number_words(low)} to {number_words(high)} s"


QUANTILES = tuple(percent / 100.0 for percent in range(5, 100, 5))


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedHours:
    """Calls of the hours of the week, 7 days from Monday by 24 local hours.

    `counts` were counted, `days` are the observed days of each weekday, `shares` the fitted share of its day
    that each hour has. `pull` is how many calls of all weekdays together each weekday's own shares are worth
    less than, infinite where weekdays do not differ.
    """

    counts: tuple[tuple[int, ...], ...]
    days: tuple[int, ...]
    shares: tuple[tuple[float, ...], ...]
    pull: float

    @property
    def differ(self) -> bool:
        """Whether the hours of some weekdays are others than those of all."""
        return self.pull < float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedBursts:
    """Calls about the same incident: how many more follow the first, and how soon.

    `found` False: the log shows none, and `further` is what it cannot exclude at most.
    `excess` is, for each bin of `lag_edges_s`, the pairs of calls of a zone that far apart in time over those
    that hours alone explain.
    """

    found: bool
    further: LearnedFigure
    within: LearnedFigure | None
    joined: LearnedFigure | None
    lag_edges_s: tuple[float, ...]
    pairs: tuple[float, ...]
    by_hours: tuple[float, ...]
    fitted: tuple[float, ...]

    @property
    def factor(self) -> float:
        """Variance of a day's calls over their mean by bursts: E[K²]/E[K] of K = 1 + Poisson calls."""
        more = self.further.value if self.found else 0.0
        return (1.0 + 3.0 * more + more**2) / (1.0 + more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """All that logs say of a scenario, and all that they do not.

    `durations` are by what they are of: `on_scene/GRADE`, `patience/GRADE`, `mobilisation`, `patrol` ...
    `triage` is, for each grade that calls turned out to have, the shares of the grades they were given.
    `by_type` counts calls of a type by grade; rare types are together.
    """

    source: str
    first_day: date
    last_day: date
    calls: int
    figures: tuple[LearnedFigure, ...]
    missing: tuple[Missing, ...]
    notes: tuple[str, ...]
    hours: LearnedHours
    zones: Mapping[str, LearnedFigure]
    grades: Mapping[str, LearnedFigure]
    days: Mapping[str, LearnedFigure]
    durations: Mapping[str, LearnedDuration] = field(default_factory=dict)
    bursts: LearnedBursts | None = None
    triage: Mapping[str, Mapping[str, LearnedFigure]] = field(default_factory=dict)
    by_type: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    purposes: Mapping[str, int] = field(default_factory=dict)
    flights: int = 0
    flight_source: str = ""

    def all_figures(self) -> list[LearnedFigure]:
        """Every figure that is not a duration."""
        bursts = self.bursts
        of_bursts = () if bursts is None else (bursts.further, bursts.within, bursts.joined)
        shares = [share for given in self.triage.values() for share in given.values()]
        return [
            *self.days.values(), *self.zones.values(), *self.grades.values(), *self.figures,
            *(figure for figure in of_bursts if figure is not None), *shares,
        ]  # fmt: skip
