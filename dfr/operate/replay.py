"""Calls of a log, replayed into a live shift at their times: the same process as calls from people."""

from __future__ import annotations

import math
from datetime import UTC
from functools import partial
from pathlib import Path

import simpy

from dfr.errors import InputError
from dfr.io.call_files import read_calls
from dfr.io.incidents.report import IncidentReport, IncidentStatus, Place
from dfr.operate.room import LiveShift
from dfr.sim.inputs import TraceCall
from dfr.world.demand import zone_centres
from dfr.world.model import World

AGENCY = "replay"


def replay_calls(shift: LiveShift, path: Path, world: World) -> None:
    """Report each call of a log when its time comes. Raises InputError where none is in the shift's time."""
    start_s = shift.setup.shift.start_s
    calls = [(number, call) for number, call in enumerate(read_calls(path, world)) if call.t_s >= start_s]
    if not calls:
        raise InputError(
            f"{path}: no call comes after the begin of the shift", do="begin it earlier (--start)"
        )
    for number, call in calls:
        # One that came while nobody ran the shift is reported at once; one that is known is no second call.
        due = shift.clock.timeout(max(0.0, call.t_s - start_s - shift.clock.now))
        due.callbacks.append(partial(_report, shift, world, number, call))


def _report(shift: LiveShift, world: World, number: int, call: TraceCall, _: simpy.Event) -> None:
    scenario = world.scenario
    zone = scenario.demand.zones[call.zone]
    stay_s = call.on_scene_s
    grade = shift.setup.shift.inputs.grades[call.grade]
    report = IncidentReport(
        agency=AGENCY,
        id=str(number + 1),
        time=scenario.period.wall_time(call.t_s).astimezone(UTC),
        status=IncidentStatus.OPEN,
        place=Place(position=zone_centres(scenario)[zone.id]),
        grade=grade.id,
        source=AGENCY,
    )
    try:
        shift.calls.receive(
            report, by=AGENCY, stay_s=grade.on_scene.median_s if math.isnan(stay_s) else stay_s
        )
    except InputError as error:
        shift.note("call.refused", {"id": report.id, "why": str(error)})
