"""Logs as columns of numbers (`CallTable`, `FlightTable`): millions of rows in little memory."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfr.geo import FloatArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

ANOTHER_S = 12.0 * 3600.0
"""So long after the last row of its number a row is of another incident: some count anew by day (assumed)."""

UNKNOWN_CODE = -1
UNPLACED = -2
"""The zone of a call that does not say where it was; `OUTSIDE` (-1) is that of one in no zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTable:
    """A call in each row. Times after the call in seconds, NaN where unknown; codes -1 where unknown.

    `t_s` is the moment since 1970; `day` (`date.toordinal`) and `hour` are local. `grade` is what it turned
    out to be, `given` what it was graded when it came. `kind` numbers its type among `kinds`. Rows of one
    `incident`, a number, are one call; 0 is none.
    """

    t_s: FloatArray
    day: IntArray
    hour: IntArray
    zone: IntArray
    grade: IntArray
    given: IntArray
    kind: IntArray
    incident: IntArray
    en_route_s: FloatArray
    arrived_s: FloatArray
    cleared_s: FloatArray
    on_scene_s: FloatArray
    cancelled: BoolArray
    duplicate: BoolArray
    kinds: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many calls."""
        return len(self.t_s)

    def pick(self, rows: Any) -> CallTable:
        """Some of the rows, by a mask or by their numbers."""
        columns = [field.name for field in fields(self) if field.name != "kinds"]
        return replace(self, **{name: getattr(self, name)[rows] for name in columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class FlightTable:
    """A flight in each row. Times in seconds, NaN where unknown; `cleared` 1, 0, or -1 where unknown.

    `to_scene_s` is from take-off to overhead, `response_s` from the call to overhead.
    """

    t_s: FloatArray
    day: IntArray
    hour: IntArray
    length_s: FloatArray
    to_scene_s: FloatArray
    response_s: FloatArray
    on_scene_s: FloatArray
    cleared: IntArray
    purpose: IntArray
    purposes: tuple[str, ...] = ()

    def __len__(self) -> int:
        """How many flights."""
        return len(self.t_s)


def say_days(days: IntArray) -> str:
    """The first and the last of some days.

    >>> say_days(np.array([date(2024, 5, 3).toordinal(), date(2024, 5, 1).toordinal()]))
    '2024-05-01 to 2024-05-03'
    """
    first, last = (date.fromordinal(int(pick(days))) for pick in (np.min, np.max))
    return f"{first} to {last}"


def merge_incidents(table: CallTable) -> CallTable:
    """One row for each incident: from its first call, with the first arrival and the last clearing.

    Rows of one number are of one incident where less than `ANOTHER_S` lies between them.
    """
    order = np.lexsort((table.t_s, table.incident))
    table = table.pick(order)
    alone = table.incident == 0
    other = (np.diff(table.incident) != 0) | (np.diff(table.t_s) >= ANOTHER_S)
    starts = np.concatenate([[True], other]) | alone
    group = np.cumsum(starts) - 1
    count = int(group[-1]) + 1 if len(group) else 0
    heads = np.flatnonzero(starts)
    base_s = table.t_s[heads][group]
    times: dict[str, Any] = {
        name: _reduce(least, getattr(table, name) + table.t_s - base_s, group, count)
        for name, least in (("en_route_s", np.fmin), ("arrived_s", np.fmin), ("cleared_s", np.fmax))
    }
    merged = replace(
        table.pick(heads),
        **times,
        cancelled=np.minimum.reduceat(table.cancelled, heads) if count else table.cancelled,
        duplicate=np.minimum.reduceat(table.duplicate, heads) if count else table.duplicate,
    )
    return merged.pick(np.argsort(merged.t_s, kind="stable"))


def _reduce(least: np.ufunc, values: FloatArray, group: IntArray, count: int) -> FloatArray:
    """The least or greatest value of each of `count` groups."""
    found = np.full(count, np.nan)
    least.at(found, group, values)
    return found
