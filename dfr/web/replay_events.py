"""What happened in a replay, in order and in words: `shift_events` of a simulation, `log_events` of a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from dfr.logs.model import EventKind, FlightLog
from dfr.metrics.timeline import CallMark, Timeline
from dfr.report.words import hold_words, missed_words
from dfr.sim import events
from dfr.sim.events import FlightRecord

MOST_LOG_EVENTS = 400

LOG_KINDS = frozenset(
    {
        EventKind.MODE,
        EventKind.ARMED,
        EventKind.DISARMED,
        EventKind.ERROR,
        EventKind.MESSAGE,
        EventKind.RESTART,
    }
)

Event = dict[str, Any]


def shift_events(found: Timeline, flights: Sequence[FlightRecord], names: Mapping[str, str]) -> list[Event]:
    """The events of a replication; `names` gives the words for docks and zones.

    Each has `t_s`, `kind` (call, flight, missed, other), `words`, and where it has them `call` and `drone`.
    """
    told = [*_call_events(found.calls, names), *_flight_events(flights, names), *_other_events(found)]
    return sorted(told, key=lambda event: (event["t_s"], event["kind"]))


def _call_events(calls: Sequence[CallMark], names: Mapping[str, str]) -> Iterator[Event]:
    for call in calls:
        what = f"Call {call.call} ({call.grade}) from {names.get(call.zone, call.zone)}"
        yield _event(call.call_s, "call", f"{what}.", call=call.call)
        if call.overhead_s is not None:
            waited_s = call.overhead_s - call.call_s
            yield _event(
                call.overhead_s,
                "flight",
                f"{call.drone} is overhead at call {call.call}, {waited_s:.0f} s after it came in.",
                call=call.call,
                drone=call.drone,
            )
        if call.outcome == events.MISSED:
            words = f"Call {call.call} is missed: {missed_words(call.reason)}."
            yield _event(call.ended_s, "missed", words, call=call.call)


def _flight_events(flights: Sequence[FlightRecord], names: Mapping[str, str]) -> Iterator[Event]:
    for flight in flights:
        dock = names.get(flight.dock, flight.dock)
        clocks = (
            (flight.dispatched_s, f"{flight.drone} is sent from {dock} to call {flight.call}."),
            (flight.airborne_s, f"{flight.drone} lifts off."),
            (flight.left_s, f"{flight.drone} leaves call {flight.call}."),
            (flight.landed_s, f"{flight.drone} lands ({flight.landing.replace('_', ' ')})."),
        )
        for t_s, words in clocks:
            if np.isfinite(t_s):
                yield _event(t_s, "flight", words, call=flight.call, drone=flight.drone)


def _other_events(found: Timeline) -> Iterator[Event]:
    for hold in found.holds:
        yield _event(hold.start_s, "other", f"Docks close: {hold_words(hold.label)}.")
        yield _event(hold.end_s, "other", f"Docks open again after {hold_words(hold.label)}.")
    for visit in found.visits:
        yield _event(visit.start_s, "other", f"Other traffic comes: {visit.label}.")
        yield _event(visit.end_s, "other", f"Other traffic is gone: {visit.label}.")
    for shift in found.shifts:
        yield _event(shift.start_s, "other", f"A shift begins: {shift.label} may fly at once.")
        yield _event(shift.end_s, "other", "A shift ends.")


def _event(t_s: float, kind: str, words: str, *, call: int | None = None, drone: str | None = None) -> Event:
    return {"t_s": round(t_s, 1), "kind": kind, "words": words, "call": call, "drone": drone}


def waiting_calls(calls: Sequence[CallMark]) -> list[tuple[float, int]]:
    """(Time, calls that wait from then on) at every change; until a drone is overhead, or the call ends."""
    changes: dict[float, int] = {}
    for call in calls:
        until_s = call.ended_s if call.overhead_s is None else call.overhead_s
        for t_s, change in ((call.call_s, 1), (until_s, -1)):
            changes[t_s] = changes.get(t_s, 0) + change
    times = sorted(changes)
    return [(round(t, 1), n) for t, n in zip(times, accumulate(changes[t] for t in times), strict=True)]


def log_events(log: FlightLog, *, lift_s: float) -> list[Event]:
    """What a log says happened, in s from lift-off; the first of many."""
    told = [event for event in log.events if event.kind in LOG_KINDS][:MOST_LOG_EVENTS]
    return [
        _event(
            event.t_s - lift_s,
            "missed" if event.kind is EventKind.ERROR else "other",
            f"{event.kind.value.capitalize()}: {event.text}" if event.text else event.kind.value.capitalize(),
        )
        for event in told
    ]
