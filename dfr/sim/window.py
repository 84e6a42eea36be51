"""A part of a deployment's period as a simulation of its own: a shift to rehearse, with its own calls."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from dfr.errors import InfeasibleError
from dfr.scenario.policing import NO_POLICING
from dfr.sim.build import with_overwatch
from dfr.sim.calls import Call
from dfr.sim.inputs import DockPlace, Duty, Patrols, SimInputs

LEAD_S = 30.0
"""A shift that is looked for begins so long before its first call (assumed)."""


def window(inputs: SimInputs, *, start_s: float, seconds: float) -> SimInputs:
    """The deployment from a moment on, for so long; its clock starts at 0 again.

    People stay on duty as long as they would: only the looking ends with the window.
    """
    edges = inputs.hour_edges_s
    end_s = min(start_s + seconds, inputs.horizon_s)
    inner = [edge for edge in edges if start_s < edge < end_s]
    cuts = [start_s, *inner, end_s]
    hours = [min(bisect_right(edges, cut), len(edges) - 1) - 1 for cut in cuts[:-1]]
    return replace(
        inputs,
        hour_edges_s=tuple(cut - start_s for cut in cuts),
        rates_per_s=tuple(inputs.rates_per_s[hour] for hour in hours),
        patrols=None if inputs.patrols is None else _patrols_from(inputs.patrols, start_s, end_s),
        patience_factors=tuple(inputs.patience_factors[hour] for hour in hours if inputs.patience_factors),
        condition_of_hour=tuple(inputs.condition_of_hour[hour] for hour in hours),
        duties=tuple(
            replace(
                duty,
                start_s=max(0.0, duty.start_s - start_s),
                end_s=duty.end_s - start_s,
                took_over_s=duty.took_over_s - start_s,
            )
            for duty in inputs.duties
            if duty.end_s > start_s and duty.start_s < end_s
        ),
        traffic=tuple(
            replace(item, rates_per_s=tuple(item.rates_per_s[hour] for hour in hours))
            for item in inputs.traffic
        ),
    )


def _patrols_from(patrols: Patrols, start_s: float, end_s: float) -> Patrols:
    """The patrols with their roster from a moment on."""
    ends = [from_s for from_s, _ in patrols.on_duty[1:]] + [math.inf]
    kept = zip(patrols.on_duty, ends, strict=True) if patrols.on_duty else ()
    steps = [
        (max(0.0, from_s - start_s), units)
        for (from_s, units), until_s in kept
        if until_s > start_s and from_s < end_s
    ]
    return replace(patrols, on_duty=tuple(steps))


def live_window(
    inputs: SimInputs, docks: tuple[DockPlace, ...], *, start_s: float, seconds: float
) -> SimInputs:
    """The window of a live shift, with its own drones in its docks: all that it meets comes from outside.

    Drones on scene are relieved, and none moves to another dock. People decide what the policing policies of
    a scenario would.
    """
    met = replace(
        inputs, docks=docks, trace=None, failures=(), move_up=False, policing=NO_POLICING, patrols=None
    )
    return with_overwatch(window(met, start_s=start_s, seconds=seconds), True)


def calls_within(calls: Sequence[Call], *, start_s: float, seconds: float) -> list[Call]:
    """The calls of a window, by its clock and counted from 0."""
    inside = [call for call in calls if start_s <= call.t_s < start_s + seconds]
    return [
        call._replace(id=number, t_s=call.t_s - start_s, ground_s=call.ground_s - start_s)
        for number, call in enumerate(inside)
    ]


def busiest_start_s(inputs: SimInputs, calls: Sequence[Call], *, seconds: float) -> float:
    """When the window with most calls begins in which drones may fly all the time, with people on duty.

    Raises InfeasibleError where there is no such window.
    """
    starts = {0.0, *inputs.hour_edges_s[:-1], *(max(0.0, call.t_s - LEAD_S) for call in calls)}
    open_ = [start for start in sorted(starts) if _open(inputs, start, start + seconds)]
    if not open_:
        raise InfeasibleError(
            f"no {seconds / 60.0:.0f} min of the period can be flown without a break", do="a shorter shift"
        )
    return max(open_, key=lambda start: sum(start <= call.t_s < start + seconds for call in calls))


def _open(inputs: SimInputs, start_s: float, end_s: float) -> bool:
    if end_s > inputs.horizon_s or not _staffed(inputs.duties, start_s, end_s):
        return False
    hours = zip(pairwise(inputs.hour_edges_s), inputs.condition_of_hour, strict=True)
    met = [kind for (begin, end), kind in hours if begin < end_s and end > start_s]
    return not any(inputs.conditions[kind].hold for kind in met)


def _staffed(duties: Sequence[Duty], start_s: float, end_s: float) -> bool:
    return any(duty.drones > 0 and duty.start_s <= start_s and duty.end_s >= end_s for duty in duties)
