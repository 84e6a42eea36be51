"""How many charged drones stand in each dock, and in all, from when to when."""

from __future__ import annotations

import struct

import numpy as np

from dfr.sim.events import ANY_DOCK, Column, Table
from dfr.sim.inputs import SimInputs

_NOTE = np.dtype([("dock", "<f8"), ("count", "<f8"), ("t_s", "<f8")])
_pack = struct.Struct("<3d").pack


class Readiness:
    """Notes every change of a dock's ready drones; all are ready at the start."""

    def __init__(self, inputs: SimInputs) -> None:
        self._names = [*(dock.id for dock in inputs.docks), ANY_DOCK]
        self._notes, self._horizon_s = bytearray(), inputs.horizon_s
        for number, dock in enumerate(inputs.docks):
            self.note(number, dock.drones, 0.0)

    def note(self, dock: int, count: int, now: float) -> None:
        """So many are ready in a dock from now."""
        self._notes += _pack(dock, count, now)

    def table(self, code: dict[str, int]) -> Table:
        """A `ReadyRecord` of every number that lasted, dock by dock and then of all, in order of time."""
        notes = np.frombuffer(self._notes, dtype=_NOTE)
        notes = notes[np.argsort(notes["dock"], kind="stable")]
        both = np.concatenate([notes, self._of_all(notes)])
        dock, start_s = both["dock"], both["t_s"]
        same_dock = np.append(dock[1:] == dock[:-1], False)
        end_s = np.where(same_dock, np.append(start_s[1:], self._horizon_s), self._horizon_s)
        lasts = end_s > start_s
        names = np.array([code[name] for name in self._names], dtype=np.intp)
        return {
            "dock": names[dock[lasts].astype(np.intp)],
            "ready": both["count"][lasts],
            "start_s": start_s[lasts],
            "end_s": end_s[lasts],
        }

    def _of_all(self, notes: Column) -> Column:
        """Notes of the sum over all docks, from those of each in order of dock."""
        if not len(notes):
            return np.array([(0.0, 0.0, 0.0)], dtype=_NOTE)
        count = notes["count"]
        change = np.diff(count, prepend=0.0)
        first = np.diff(notes["dock"], prepend=-1.0) > 0.0
        change[first] = count[first]
        order = np.argsort(notes["t_s"], kind="stable")
        total = np.empty(len(notes), dtype=_NOTE)
        total["dock"], total["t_s"] = len(self._names) - 1, notes["t_s"][order]
        total["count"] = np.cumsum(change[order])
        return total
