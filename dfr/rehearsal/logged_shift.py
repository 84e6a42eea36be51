"""What a live shift came to (`report_shift`): the records of its log as the tables of the simulation.

A shift writes each row of the simulation's event log as it happens (`EventLog.tell_rows`), as a record of the
kind `row`. So its figures are made by the very functions that make the simulation's. The model
then has the same calls, at the same times, each with the stay that it had.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np

from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.metrics.kpi import summarise
from dfr.metrics.logged_shift import LoggedShift, logged_flights
from dfr.metrics.shift import KpiPair, kpi_pairs
from dfr.plan.model import Plan
from dfr.rehearsal.resumed_rows import join_rows
from dfr.sim.build import sim_inputs
from dfr.sim.calls import Visit
from dfr.sim.event_log import EventLog
from dfr.sim.events import Records, vocabulary
from dfr.sim.experiment import simulate_inputs
from dfr.sim.inputs import DockPlace, SimInputs, TraceCall
from dfr.sim.window import live_window
from dfr.store.shift_chain import LogRecord
from dfr.store.shift_log import ReadShiftLog
from dfr.world.model import World

ROW, BEGUN, ENDED, CALL, CALL_ENDED, TRAFFIC, FLIGHT = (
    "row",
    "shift.begun",
    "shift.ended",
    "call.reported",
    "call.ended",
    "traffic",
    "flight",
)
"""Kinds of record of which the figures are made."""

OF_OFFICERS = frozenset({"first_on_scene"})
"""Figures that cannot be told where nobody noted when officers arrived."""

REPLICATIONS = 20
LEAST_S = 1.0


def report_shift(
    world: World, plan: Plan, log: ReadShiftLog, *, replications: int = REPLICATIONS, seed: int | None = None
) -> LoggedShift:
    """What a shift of a plan came to, beside what the model does with its calls.

    Raises InputError where the log is of no shift, of another scenario, or holds what is no record.
    """
    begun, scenario = _begin_of(log), world.scenario
    if begun.get("scenario") != scenario.name:
        raise InputError(
            f"the shift is one of {begun.get('scenario')!r:.60}, not of {scenario.name}",
            do="name the scenario that it was run with",
        )
    inputs = _inputs_of(world, plan, begun, max(_seconds_of(log), LEAST_S))
    chosen = scenario.study.seed if seed is None else seed
    return report_log(inputs, log, title=scenario.title, replications=replications, seed=chosen)


def report_log(
    inputs: SimInputs, log: ReadShiftLog, *, title: str, replications: int, seed: int
) -> LoggedShift:
    """What a shift of a deployment came to; `inputs` are those of the shift, from its begin to its end."""
    begun, records = _begin_of(log), _records_of(inputs, log)
    kpis = _compare(inputs, records, replications, seed)
    ended_calls: list[Any] = records.rows("calls")
    outcomes = Counter(row.outcome for row in ended_calls)
    calls = {each.content["call"]: each for each in log.of_kind(CALL)}
    outside = {number for number, each in calls.items() if each.content.get("zone") is None}
    counted_calls = {int(row.call) for row in ended_calls} | outside
    ended = next(log.of_kind(ENDED), None) is not None
    return LoggedShift(
        scenario=title,
        start=str(begun["start"]),
        seconds=_seconds_of(log),
        drones=tuple(begun["vehicles"]),
        simulated=bool(begun["simulated"]),
        calls=len(calls),
        outside=len(outside),
        outcomes=dict(outcomes),
        flights=logged_flights(records),
        taken_on=sum(each.content.get("what") == "taken_on" for each in log.of_kind(FLIGHT)),
        kpis=kpis,
        replications=replications if kpis else 0,
        counted=dict(sorted(Counter(each.kind for each in log.records if each.kind != ROW).items())),
        unknown=tuple(_say_unknown(log, outcomes, counted_calls, ended=ended)),
    )


def _begin_of(log: ReadShiftLog) -> Mapping[str, Any]:
    begun = next(log.of_kind(BEGUN), None)
    if begun is None:
        raise InputError("no shift was begun in this log", do="name the folder of a shift")
    return begun.content


def _seconds_of(log: ReadShiftLog) -> float:
    return max((float(each.content.get("t_s", 0.0)) for each in log.records), default=0.0)


def _inputs_of(world: World, plan: Plan, begun: Mapping[str, Any], seconds: float) -> SimInputs:
    """The deployment as it was run, from the moment of its begin to its end."""
    drones = Counter(str(drone).rpartition("/")[0] for drone in begun["vehicles"])
    docks = tuple(DockPlace(id=site.id, drones=drones[site.id]) for site in plan.sites)
    inputs = sim_inputs(world, plan)
    start_s = world.scenario.period.t_s(datetime.fromisoformat(begun["start"]))
    if not 0.0 <= start_s < inputs.horizon_s:
        raise InputError("the shift began outside the scenario's period", do="name its own scenario")
    return live_window(inputs, docks, start_s=start_s, seconds=seconds)


def _records_of(inputs: SimInputs, log: ReadShiftLog) -> Records:
    """The tables of the rows that the shift wrote."""
    rows = _rows_of(log)
    said = (value for _, row in rows for value in row.values() if isinstance(value, str))
    words = tuple(dict.fromkeys([*vocabulary(inputs), *said]))
    events = EventLog(inputs, words)
    events.visits = _visits(inputs, log.of_kind(TRAFFIC))
    for table, row in rows:
        events.restore(table, _decided_by_yes(row) if table == "calls" else row)
    return Records.joined(words, (0,), [events.tables(0)])


def _rows_of(log: ReadShiftLog) -> list[tuple[str, Mapping[str, Any]]]:
    """The rows of all processes of a shift. Raises InputError for records that are none."""
    try:
        rows = [(str(each.content["table"]), each.content["row"]) for each in log.of_kind(ROW)]
        return join_rows(rows, log.of_kind(FLIGHT), log.of_kind(CALL_ENDED))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"a record of a flight or a row that is none ({error})", do="check the log"
        ) from error


def _decided_by_yes(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A call as people decided on it: a live shift asks them at once, and their yes sends a drone."""
    if row.get("decided_s") != row.get("call_s"):
        return row
    return {**row, "decided_s": row.get("dispatched_s")}


def _visits(inputs: SimInputs, records: Iterable[LogRecord]) -> Sequence[Visit]:
    """Other traffic of the plan, from when it was announced to when it was gone."""
    places = {user.id: place for place, user in enumerate(inputs.traffic)}
    found: list[Visit] = []
    inbound: dict[str, float] = {}
    for record in records:
        name, t_s = str(record.content["traffic"]), float(record.content["t_s"])
        if record.content["inbound"]:
            inbound.setdefault(name, t_s)
        elif name in inbound:
            found.append(Visit(places.get(name, -1), inbound[name], inbound.pop(name), t_s))
    found += [Visit(places.get(name, -1), t_s, t_s, math.inf) for name, t_s in inbound.items()]
    return sorted((visit for visit in found if visit.traffic >= 0), key=lambda visit: visit.notice_s)


def _compare(inputs: SimInputs, records: Records, replications: int, seed: int) -> tuple[KpiPair, ...]:
    """The figures of the shift beside those of the model on the same calls; none without calls."""
    calls = _trace_of(inputs, records)
    if not calls:
        return ()
    run = simulate_inputs(replace(inputs, trace=calls), replications=replications, seed=seed)
    modelled = summarise(run.records, inputs.deployment, seed=seed)
    pairs = kpi_pairs(modelled, summarise(records, inputs.deployment, seed=seed))
    if not np.isnan(records.column("calls", "ground_s")).all():
        return pairs
    return tuple(replace(pair, flown=None) if pair.name in OF_OFFICERS else pair for pair in pairs)


def _trace_of(inputs: SimInputs, records: Records) -> tuple[TraceCall, ...]:
    """The calls of the shift: people's decisions are drawn, as are stays of calls that nobody served."""
    zones = {zone.id: place for place, zone in enumerate(inputs.zones)}
    grades = {grade.id: place for place, grade in enumerate(inputs.grades)}
    calls: list[Any] = records.rows("calls")
    traced = [
        TraceCall(
            t_s=row.call_s,
            zone=zones[row.zone],
            grade=grades[row.grade],
            decision_s=math.nan,
            on_scene_s=row.on_scene_s if row.on_scene_s > 0.0 else math.nan,
            ground_s=math.nan,
        )
        for row in calls
        if row.call_s < inputs.horizon_s
    ]
    return tuple(sorted(traced))


def _say_unknown(
    log: ReadShiftLog, outcomes: Mapping[str, int], counted_calls: Set[int], *, ended: bool
) -> Iterable[str]:
    if not ended:
        yield "the shift has not ended: calls that are open are in no figure"
    if down := sum(each.content.get("what") == "found_down" for each in log.of_kind(FLIGHT)):
        yield f"when {counted_noun(down, 'flight')} came down, which nobody watched: no figure counts that"
    if unwatched := len({each.content.get("call") for each in log.of_kind(CALL_ENDED)} - counted_calls):
        yield f"how {counted_noun(unwatched, 'call')} went, which nobody watched: no figure counts that"
    if not outcomes:
        yield "no call ended in the log: the shift has no figures"
    if not log.check.is_whole:
        yield f"only what stands before the change is told: {log.check}"
