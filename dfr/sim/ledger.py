"""The book of one replication: what is written down while it runs, and the tables made of it after.

Most of it is columns from the start: sorties worked out at once (`Courses`) and ready drones
(`Readiness`) are noted as numbers. The rest are records, written as they happen (`rows`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dfr.sim.calls import Visit
from dfr.sim.courses import Courses
from dfr.sim.dock import holds_by_hour
from dfr.sim.events import (
    FIELDS,
    NUMPY_TYPES,
    RECORDS,
    Column,
    DutyRecord,
    Log,
    Records,
    Table,
    Tables,
    VisitRecord,
    WeatherRecord,
    to_tables,
)
from dfr.sim.inputs import SimInputs
from dfr.sim.readiness import Readiness

ORDER = {"calls": ("call",), "flights": ("flight",), "landings": ("flight",), "phases": ("start_s", "drone")}
ORDER["charges"] = ("start_s", "drone")
"""By what the records of a table are put in order; those of the others are as they happened."""


class Ledger:
    """Everything that is written down of a replication, in the words of its deployment."""

    def __init__(self, inputs: SimInputs, words: Sequence[str]) -> None:
        self.rows: Log = {name: [] for name in RECORDS}
        self.courses = Courses(inputs, words)
        self.readiness = Readiness(inputs)
        self._words = tuple(words)

    def background(self, inputs: SimInputs, visits: Sequence[Visit]) -> None:
        """What does not depend on the calls: weather, people and visits."""
        log = self.rows
        start = 0.0
        holds = holds_by_hour(inputs)
        for index, hold in enumerate(holds):
            end = inputs.hour_edges_s[index + 1]
            if index + 1 == len(holds) or holds[index + 1] != hold:
                log["weather"].append(WeatherRecord(hold, start, end))
                start = end
        for duty in inputs.duties:
            end = min(duty.end_s, inputs.horizon_s)
            log["duties"].append(
                DutyRecord(duty.start_s, end, duty.drones, duty.remote_pilots, duty.safety_pilots)
            )
        for visit in visits:
            end = min(visit.end_s, inputs.horizon_s)
            log["visits"].append(
                VisitRecord(inputs.traffic[visit.traffic].id, visit.notice_s, visit.start_s, end)
            )

    def tables(self, replication: int) -> Tables:
        """All records as columns, each table led by a column `replication`."""
        code = {word: number for number, word in enumerate(self._words)}
        written = to_tables(self.rows, self._words, replication)
        made = {**self.courses.tables(), "readiness": self.readiness.table(code)}
        return {
            name: _in_order(_joined(table, made[name], name, replication), ORDER.get(name, ()))
            if name in made
            else table
            for name, table in written.items()
        }

    def named(self) -> Log:
        """All records by their types, so that fields have names."""
        records = Records(self._words, (0,), self.tables(0))
        return {name: records.rows(name) for name in RECORDS}


def _joined(written: Table, made: Table, name: str, replication: int) -> Table:
    """Records that were written and records that were made, of one table."""
    count = len(written["replication"]) + len(next(iter(made.values())))
    table: dict[str, Column] = {"replication": np.full(count, replication, dtype="<i4")}
    for field, kind in FIELDS[name].items():
        column = made[field].astype(NUMPY_TYPES[kind])
        table[field] = np.concatenate([written[field], column]) if len(written[field]) else column
    return table


def _in_order(table: Table, keys: Sequence[str]) -> Table:
    """A table by these columns, and as it was where they are equal."""
    if not keys:
        return table
    order = np.lexsort([table[key] for key in reversed(keys)])
    return {field: column[order] for field, column in table.items()}
