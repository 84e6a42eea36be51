"""One simulated shift as a picture needs it: what each drone did when, and what became of each call."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dfr.sim import events
from dfr.sim.events import Records


class ShiftKind(StrEnum):
    """Which replication to show: the one with the least, the middle or the most to do."""

    QUIET = "quiet"
    TYPICAL = "typical"
    WORST = "worst"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A drone in one phase (prepare, climb, out, on_scene, back, land, charge, recover, yield)."""

    drone: str
    dock: str
    phase: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallMark:
    """A call: when, where, and how it ended. Clocks that never came are None."""

    call: int
    zone: str
    grade: str
    call_s: float
    overhead_s: float | None
    ended_s: float
    drone: str | None
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that lasted: a weather hold, a shift, other traffic."""

    label: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One replication, in order of time."""

    replication: int
    bars: tuple[Bar, ...]
    calls: tuple[CallMark, ...]
    holds: tuple[Span, ...]
    shifts: tuple[Span, ...]
    visits: tuple[Span, ...]

    @property
    def missed(self) -> tuple[CallMark, ...]:
        """The calls that no drone reached."""
        return tuple(call for call in self.calls if call.outcome == events.MISSED)


def pick(records: Records, kind: ShiftKind) -> int:
    """The replication of that kind: by calls missed, then by calls."""
    order = np.asarray(records.replications)
    rank = np.searchsorted(order, records.column("calls", "replication"))
    calls = np.bincount(rank, minlength=len(order))
    gone = records.column("calls", "outcome") == records.code(events.MISSED)
    missed = np.bincount(rank[gone], minlength=len(order))
    ranked = np.lexsort((order, calls, missed))
    place = {
        ShiftKind.QUIET: 0,
        ShiftKind.TYPICAL: (len(ranked) - 1) // 2,
        ShiftKind.WORST: len(ranked) - 1,
    }[kind]
    return int(order[ranked[place]])


def timeline(records: Records, replication: int) -> Timeline:
    """What happened in one replication."""
    one = records.of(replication)
    phases = [events.PhaseRecord(*row) for row in one.rows("phases")]
    yields = [events.YieldRecord(*row) for row in one.rows("yields")]
    flights = {row.flight: row for row in (events.FlightRecord(*row) for row in one.rows("flights"))}
    bars = [
        Bar(drone=p.drone, dock=p.dock, phase=p.phase, start_s=p.start_s, end_s=p.end_s) for p in phases
    ] + [
        Bar(
            drone=flights[y.flight].drone,
            dock=flights[y.flight].dock,
            phase=events.YIELD,
            start_s=y.start_s,
            end_s=y.end_s,
        )
        for y in yields
        if y.flight in flights and y.end_s > y.start_s
    ]
    drone_of = {flight.call: flight.drone for flight in flights.values()}
    calls = [events.CallRecord(*row) for row in one.rows("calls")]
    return Timeline(
        replication=replication,
        bars=tuple(sorted(bars, key=lambda bar: (bar.start_s, bar.drone, bar.end_s))),
        calls=tuple(
            _call_mark(call, drone_of.get(call.call)) for call in sorted(calls, key=lambda c: c.call_s)
        ),
        holds=tuple(
            Span(label=hold, start_s=start, end_s=end) for hold, start, end in one.rows("weather") if hold
        ),
        shifts=tuple(
            Span(label=f"{drones} drones", start_s=start, end_s=end)
            for start, end, drones, _, _ in one.rows("duties")
        ),
        visits=tuple(
            Span(label=name, start_s=start, end_s=end) for name, _, start, end in one.rows("visits")
        ),
    )


def _call_mark(call: events.CallRecord, drone: str | None) -> CallMark:
    reached = call.overhead_s == call.overhead_s
    return CallMark(
        call=call.call,
        zone=call.zone,
        grade=call.grade,
        call_s=call.call_s,
        overhead_s=call.overhead_s if reached else None,
        ended_s=call.ended_s,
        drone=drone,
        outcome=call.outcome,
        reason=call.reason,
    )
