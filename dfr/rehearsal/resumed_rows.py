"""The rows of a shift whose process was killed, as one process would have written them (`join_rows`).

A process that goes on with a shift begins each flight that it finds anew, and perhaps a call that had been
written: its rows count from there. What happened before stands in the records of the kind `flight`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from dfr.sim.events import ATTENDED, MISSED

Row = Mapping[str, Any]

DOWN = frozenset({"landed", "called_off", "found_down", "handed_on"})
"""What ends a flight: down, or sent on as another one."""

TIMES = {"airborne_s": "launch", "climbed_s": "arrive", "overhead_s": "hold", "left_s": "go_home"}
"""The columns of a flight that a record tells, by what it says the drone did."""


class Record(Protocol):
    """A record of the log."""

    @property
    def content(self) -> Mapping[str, Any]:
        """What it says."""


class Flown(NamedTuple):
    """A flight through all processes: to which call, and when it first did each thing."""

    call: int
    did_s: dict[str, float]

    @property
    def taken_on(self) -> bool:
        """Whether a later process went on with it."""
        return "taken_on" in self.did_s

    def times(self) -> dict[str, float]:
        """The columns that its records tell."""
        began_s = min(self.did_s.values())
        told = {column: self.did_s[what] for column, what in TIMES.items() if what in self.did_s}
        told = {"dispatched_s": began_s, "airborne_s": began_s, **told}
        if "left_s" in told and "overhead_s" in told:
            told["on_scene_s"] = told["left_s"] - told["overhead_s"]
        return told


def join_rows(
    rows: Iterable[tuple[str, Row]], flights: Iterable[Record], ended: Iterable[Record]
) -> list[tuple[str, Row]]:
    """Each row of a shift, by its table: a call once, and flights and calls with what they did before a kill.

    `flights` are the records of what flights did, `ended` those of how calls ended.
    """
    flown = _follow(flights)
    outcomes = {each.content["call"]: str(each.content["outcome"]) for each in ended}
    calls: dict[int, Row] = {}
    others: list[tuple[str, Row]] = []
    for table, row in rows:
        if table == "calls":
            before = calls.get(row["call"])
            calls[row["call"]] = row if before is None or before["outcome"] == MISSED else before
        elif table == "flights":
            others.append((table, _flight_row(row, flown.get(row["flight"]))))
        else:
            others.append((table, row))
    return [*others, *(("calls", _call_row(row, flown.values(), outcomes)) for row in calls.values())]


def _follow(records: Iterable[Record]) -> dict[int, Flown]:
    """Each flight by its number; one that was taken on is the same under both its numbers."""
    found: dict[int, Flown] = {}
    out: dict[str, Flown] = {}
    for record in records:
        content = record.content
        number, drone, what = content["flight"], content["drone"], content["what"]
        if number not in found:
            found[number] = out[drone] = out.get(drone) or Flown(content["call"], {})
        found[number].did_s.setdefault(what, float(content["t_s"]))
        if what in DOWN:
            out.pop(drone, None)
    return found


def _flight_row(row: Row, flown: Flown | None) -> Row:
    return row if flown is None or not flown.taken_on else {**row, **flown.times()}


def _call_row(row: Row, flights: Iterable[Flown], outcomes: Mapping[int, str]) -> Row:
    """A call as the first drone overhead served it."""
    served = [each for each in flights if each.call == row["call"] and "hold" in each.did_s]
    first = min(served, key=lambda each: each.did_s["hold"], default=None)
    if first is None or not first.taken_on:
        return row
    told = {column: t_s for column, t_s in first.times().items() if column in row}
    late_s = told["overhead_s"] - (row["overhead_s"] or told["overhead_s"])
    if row["video_s"] is not None:
        told["video_s"] = row["video_s"] + late_s
    told["ended_s"] = max(row["ended_s"], first.did_s.get("go_home", row["ended_s"]))
    if row["outcome"] == MISSED and outcomes.get(row["call"]) == ATTENDED:
        return {**row, **told, "outcome": ATTENDED, "reason": ""}
    return {**row, **told}
