"""A run hour by hour of its period: calls and why they were missed, and how busy drones and crews are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dfr.metrics.measures import RunView
from dfr.sim import events
from dfr.statistics import FloatArray

HOUR_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHours:
    """Means over the replications for each hour of the period, counted from its start.

    `calls`, `attended` and each reason of `missed` are calls in the hour in which they came in. `in_use` and
    `ready` are drones between dispatch and touchdown, and charged in a dock; the others of `drones` charge
    or are being fetched. `crew` is how many drones the people on duty may have in use at once.
    """

    calls: FloatArray
    attended: FloatArray
    missed: Mapping[str, FloatArray]
    drones: int
    in_use: FloatArray
    ready: FloatArray
    crew: FloatArray


def run_hours(view: RunView) -> RunHours:
    """The hours of a run."""
    count = max(1, math.ceil(view.deployment.horizon_s / HOUR_S))
    edges_s: FloatArray = HOUR_S * np.arange(count + 1, dtype=np.float64)
    call_s = view.number("calls", "call_s")
    missed = view.is_("calls", "outcome", events.MISSED)
    reasons = view.records.text("calls", "reason")

    def calls_of(mask: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> FloatArray:
        return np.histogram(call_s[mask], edges_s)[0] / view.count

    return RunHours(
        calls=calls_of(np.ones(len(call_s), dtype=bool)),
        attended=calls_of(~missed),
        missed={
            reason: calls_of(missed & (reasons == reason)) for reason in sorted(set(reasons[missed].tolist()))
        },
        drones=sum(dock.drones for dock in view.deployment.docks),
        in_use=(_out(view, "flights", edges_s) + _out(view, "moves", edges_s)) / view.count,
        ready=_ready(view, edges_s) / view.count,
        crew=_crew(view, edges_s),
    )


def _out(view: RunView, table: str, edges_s: FloatArray) -> FloatArray:
    return _mean_at_work(edges_s, view.number(table, "dispatched_s"), view.ended("landed_s", table), 1.0)


def _ready(view: RunView, edges_s: FloatArray) -> FloatArray:
    mask = view.is_("readiness", "dock", events.ANY_DOCK)
    start_s, end_s, ready = (view.number("readiness", name)[mask] for name in ("start_s", "end_s", "ready"))
    return _mean_at_work(edges_s, start_s, end_s, ready)


def _crew(view: RunView, edges_s: FloatArray) -> FloatArray:
    duties = view.deployment.duties
    start_s, end_s, drones = (
        np.array([getattr(duty, name) for duty in duties], dtype=float)
        for name in ("start_s", "end_s", "drones")
    )
    return _mean_at_work(edges_s, start_s, end_s, drones)


def _mean_at_work(
    edges_s: FloatArray, start_s: FloatArray, end_s: FloatArray, weight: FloatArray | float
) -> FloatArray:
    """Mean number at work in each hour, of spans that count `weight` each."""
    weights = np.broadcast_to(weight, np.shape(start_s))
    until_s = np.array([np.sum(weights * np.clip(edge - start_s, 0.0, end_s - start_s)) for edge in edges_s])
    return np.diff(until_s) / np.diff(edges_s)
