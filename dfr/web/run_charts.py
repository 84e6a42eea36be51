"""What the charts of the Simulate page draw (`run_charts`), as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np

from dfr.metrics.by_hour import RunHours, run_hours
from dfr.metrics.kpi import Summary
from dfr.metrics.measures import RunView
from dfr.metrics.response import ResponseCurve, response_curves
from dfr.report.words import missed_words
from dfr.scenario.model import Period
from dfr.sim.build import deployment_of
from dfr.statistics import FloatArray
from dfr.web.runs import FinishedRun

DIGITS = 4


def run_charts(run: FinishedRun) -> dict[str, Any]:
    """Response times by grade, calls and drones by hour, and each zone's share within target."""
    view = RunView.of(run.records, deployment_of(run.world, run.plan))
    scenario = run.world.scenario
    return {
        "number": run.number,
        "curves": [_curve(curve) for curve in response_curves(view)],
        "hours": _hours(scenario.period, run_hours(view)),
        "zones": _zones(run.summary, [(zone.id, zone.name) for zone in scenario.demand.zones]),
    }


def _curve(curve: ResponseCurve) -> dict[str, Any]:
    return {
        "grade": curve.grade,
        "target_s": curve.target_s,
        "calls": curve.calls,
        "in_target": curve.in_target,
        "at_s": _plain(curve.at_s),
        "share": _plain(curve.share),
        "low": _plain(curve.low),
        "high": _plain(curve.high),
    }


def _hours(period: Period, hours: RunHours) -> dict[str, Any]:
    """The hours that have calls, crews or drones in use, with their local times."""
    worth = np.flatnonzero((hours.calls > 0.0) | (hours.crew > 0.0) | (hours.in_use > 0.0))
    starts = [(period.start + timedelta(hours=int(i))).astimezone(period.zone) for i in worth]
    return {
        "hour": [start.isoformat() for start in starts],
        "calls": _plain(hours.calls[worth]),
        "attended": _plain(hours.attended[worth]),
        "missed": [
            {"reason": missed_words(reason), "calls": _plain(calls[worth])}
            for reason, calls in sorted(hours.missed.items(), key=lambda found: -found[1].sum())
        ],
        "drones": hours.drones,
        "in_use": _plain(hours.in_use[worth]),
        "ready": _plain(hours.ready[worth]),
        "crew": _plain(hours.crew[worth]),
    }


def _zones(summary: Summary, zones: Sequence[tuple[str, str]]) -> list[dict[str, Any]]:
    """Share of each zone's calls within target, with its interval; None where it had no calls."""
    found = [(zone, name, summary.kpis.get(f"within_target.zone.{zone}")) for zone, name in zones]
    return [
        {
            "id": zone,
            "name": name,
            "share": None if kpi is None else kpi.mean,
            "low": None if kpi is None else kpi.interval.low,
            "high": None if kpi is None else kpi.interval.high,
            "calls": 0 if kpi is None else kpi.n,
        }
        for zone, name, kpi in found
    ]


def _plain(values: FloatArray) -> list[float | None]:
    return [round(float(value), DIGITS) if np.isfinite(value) else None for value in values]
