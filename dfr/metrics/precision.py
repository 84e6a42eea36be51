"""How many replications are enough: go on until the interval of a figure is as narrow as asked.

The numbers looked at are fixed beforehand, so that an interrupted run that goes on ends with the
same number as one that was not. Stopping by the width itself stops too early where the spread happens to
look small, and then intervals hold less often than they say (Law 2015, section 9.4.1). So the first look is
not before `FIRST_LOOK` replications, and early looks ask for a little more (`MARGIN`): what this keeps of
the level is measured (`docs/validation.md`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from dfr.errors import InputError
from dfr.metrics.kpi import Summary
from dfr.scenario.key_figures import KEY_FIGURES, find_key_figure

FIRST_LOOK = 60
"""Replications before the first look at the width, at the least (measured: `benchmarks/intervals.py`)."""

MARGIN = 15.0
"""After n replications a half-width counts as larger by MARGIN / n of itself (measured likewise)."""

GROWTH = 1.3
"""Each number of replications looked at over the one before: at most so much is done in vain."""


@dataclass(frozen=True, slots=True)
class Precision:
    """The half-width wanted of a figure's 95 % interval, in the figure's own unit."""

    kpi: str
    half_width: float

    @classmethod
    def parsed(cls, text: str) -> Precision:
        """What `KPI:VALUE` asks for. Raises InputError.

        >>> Precision.parsed("call_to_overhead_s:5")
        Precision(kpi='call_to_overhead_s', half_width=5.0)
        """
        name, _, value = text.rpartition(":")
        try:
            half_width = float(value)
        except ValueError:
            half_width = math.nan
        if not name or not (0.0 < half_width < math.inf):
            raise InputError(
                f"{text!r} is not a precision", do="write KPI:VALUE, such as call_to_overhead_s:5"
            )
        if find_key_figure(name) is None:
            raise InputError(f"there is no key figure {name!r}", do=f"choose one of {', '.join(KEY_FIGURES)}")
        return cls(name, half_width)

    def reached_of(self, summary: Summary) -> float | None:
        """The half-width that a run reached, None where there is no interval yet. Raises InputError."""
        if self.kpi not in summary.kpis:
            raise InputError(
                f"there is no key figure {self.kpi!r}", do=f"choose one of {', '.join(summary.kpis)}"
            )
        return summary.kpis[self.kpi].interval.half_width

    def holds(self, summary: Summary) -> bool:
        """Whether a run is as precise as wanted."""
        reached = self.reached_of(summary)
        return reached is not None and narrow_enough(reached, self.half_width, summary.replications)


def narrow_enough(reached: float, wanted: float, replications: int) -> bool:
    """Whether a half-width may end a run after so many replications.

    >>> narrow_enough(4.9, 5.0, 60), narrow_enough(4.9, 5.0, 1000)
    (False, True)
    """
    return replications >= FIRST_LOOK and reached * (1.0 + MARGIN / replications) <= wanted


def replication_numbers(first: int, most: int, *, held: int = 0) -> Iterator[int]:
    """The numbers of replications to look at, from `first` to `most`, without those below `held`.

    >>> list(replication_numbers(10, 25))
    [10, 13, 17, 23, 25]
    >>> list(replication_numbers(10, 25, held=14))
    [17, 23, 25]
    """
    number = min(first, most)
    while number < most:
        if number >= held:
            yield number
        number = min(most, math.ceil(number * GROWTH))
    yield most
