"""Sorties worked out at once, as numbers one after the other; their records are made of these in columns.

Such a sortie is one row of doubles (`COURSE`), and everything that is on record of it follows: its
call, flight, phases, landing attempts and charge. Packing a row costs a fraction of writing nine records
of seventy cells, and the columns are made for all sorties of a replication together.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

from dfr.sim import events
from dfr.sim.events import NUMPY_TYPES, Column, Table, Tables, drone_id
from dfr.sim.inputs import SimInputs

MOMENTS = (
    "sent_s", "airborne_s", "climbed_s", "overhead_s", "left_s", "home_s", "landed_s", "docked_s", "ready_s",
)  # fmt: skip
"""Dispatched, airborne, at cruise height, overhead, leaving, over the dock, landed, in its dock, ready."""

PHASES = (
    events.PREPARE, events.CLIMB, events.OUT, events.ON_SCENE, events.BACK, events.LAND, events.RECOVER,
    events.CHARGE,
)  # fmt: skip
"""What a drone does between the moments of a sortie."""

_FIELDS = (
    "flight", "drone", "dock", "call", "zone", "grade", "heard_s", "decided_s", "video_s", "ground_s",
    "wanted_s", *MOMENTS, "full_s", "way_s", "home_way_s", "stay_s", "cut", "attempts", "ending", "each_s",
    "used_wh", "charge", "reserve",
)  # fmt: skip
COURSE = np.dtype([(name, "<f8") for name in _FIELDS])
"""A sortie: whose it is, the call's clocks, its moments, the way out and home as predicted, the stay and what
cut it (by number in `CUTS`), landing attempts, how the last ended (in `ENDINGS`) and how long each took,
energy used, the charge left and what of it is known."""

CUTS = (events.FULL_STAY, events.CUT_ENERGY)
ENDINGS = (events.DOCKED, events.DIVERTED, events.NOT_DISARMED)

pack = struct.Struct(f"<{len(_FIELDS)}d").pack
"""One sortie's row, in the order of `COURSE`."""


class Courses:
    """The sorties of one replication that were worked out at once."""

    def __init__(self, inputs: SimInputs, words: Sequence[str]) -> None:
        self.rows = bytearray()
        code = {word: number for number, word in enumerate(words)}

        def codes(texts: Sequence[str]) -> Column:
            return np.array([code[text] for text in texts], dtype=NUMPY_TYPES[str])

        drones = [(dock.id, index) for dock in inputs.docks for index in range(dock.drones)]
        self._drones = codes([drone_id(*drone) for drone in drones])
        self._docks = codes([dock.id for dock in inputs.docks])
        self._zones = codes([zone.id for zone in inputs.zones])
        self._grades = codes([grade.id for grade in inputs.grades])
        self._phases, self._cuts, self._endings = codes(PHASES), codes(CUTS), codes(ENDINGS)
        self._came = codes([events.ATTENDED, events.FIRST])
        self._none, self._retried = codes([""]), codes([events.RETRIED])

    def tables(self) -> Tables:
        """The records of these sorties as columns, in order of dispatch."""
        rows = np.frombuffer(self.rows, dtype=COURSE)
        drone = self._drones[rows["drone"].astype(np.intp)]
        dock = self._docks[rows["dock"].astype(np.intp)]
        ending = self._endings[rows["ending"].astype(np.intp)]
        return {
            "calls": self._calls(rows),
            "flights": self._flights(rows, drone, dock, ending),
            "phases": self._phase_records(rows, drone, dock),
            "landings": self._landings(rows, dock, ending),
            "charges": {
                "drone": drone,
                "dock": dock,
                "from_fraction": rows["charge"],
                "start_s": rows["docked_s"],
                "ready_s": rows["ready_s"],
                "full_s": rows["full_s"],
            },
        }

    def _calls(self, rows: Column) -> Table:
        video_s = rows["overhead_s"] + rows["video_s"]
        return {
            "call": rows["call"],
            "zone": self._zones[rows["zone"].astype(np.intp)],
            "grade": self._grades[rows["grade"].astype(np.intp)],
            "call_s": rows["heard_s"],
            "decided_s": rows["decided_s"],
            "dispatched_s": rows["sent_s"],
            "airborne_s": rows["airborne_s"],
            "overhead_s": rows["overhead_s"],
            "video_s": np.where(video_s <= rows["left_s"], video_s, events.NEVER),
            "ground_s": rows["ground_s"],
            "ended_s": rows["left_s"],
            "wanted_s": rows["wanted_s"],
            "on_scene_s": rows["stay_s"],
            "outcome": self._came[(rows["overhead_s"] < rows["ground_s"]).astype(np.intp)],
            "reason": np.repeat(self._none, len(rows)),
        }

    def _flights(self, rows: Column, drone: Column, dock: Column, ending: Column) -> Table:
        return {
            "flight": rows["flight"],
            "call": rows["call"],
            "drone": drone,
            "dock": dock,
            "dispatched_s": rows["sent_s"],
            "airborne_s": rows["airborne_s"],
            "overhead_s": rows["overhead_s"],
            "left_s": rows["left_s"],
            "landed_s": rows["landed_s"],
            "predicted_overhead_s": rows["way_s"],
            "predicted_home_s": rows["home_way_s"],
            "yielded_s": np.zeros(len(rows)),
            "on_scene_s": rows["stay_s"],
            "cut_by": self._cuts[rows["cut"].astype(np.intp)],
            "landing": ending,
            "attempts": rows["attempts"],
            "energy_wh": rows["used_wh"],
            "reserve_fraction": rows["reserve"],
        }

    def _phase_records(self, rows: Column, drone: Column, dock: Column) -> Table:
        """What each drone did from when to when, where it took any time."""
        moments = np.stack([rows[name] for name in MOMENTS], axis=1)
        sortie, phase = np.nonzero(moments[:, 1:] > moments[:, :-1])
        return {
            "flight": rows["flight"][sortie],
            "drone": drone[sortie],
            "dock": dock[sortie],
            "phase": self._phases[phase],
            "start_s": moments[sortie, phase],
            "end_s": moments[sortie, phase + 1],
        }

    def _landings(self, rows: Column, dock: Column, ending: Column) -> Table:
        """Every attempt: all but the last ended in another."""
        attempts = rows["attempts"].astype(np.intp)
        sortie = np.repeat(np.arange(len(rows)), attempts)
        place = np.arange(len(sortie)) - np.repeat(np.cumsum(attempts) - attempts, attempts)
        last = place + 1 == attempts[sortie]
        return {
            "flight": rows["flight"][sortie],
            "dock": dock[sortie],
            "attempt": place + 1,
            "outcome": np.where(last, ending[sortie], self._retried),
            "start_s": rows["home_s"][sortie] + place * rows["each_s"][sortie],
        }
