"""`dfr log compare`: predicted against flown for the flights of logs, and what a folder of them shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.logs import compare as compare_logs
from dfr.cli.output import AsJson, emit_json, say
from dfr.findings import counted_noun
from dfr.logs.comparison import ComparedFlights, ErrorSummary, FlightComparison
from dfr.metrics.flown import PhaseComparison
from dfr.track import Phase


def compare(
    logs: Annotated[list[Path], typer.Argument(help="Flight logs, or folders of them.")],
    *,
    drone: Annotated[
        str, typer.Option(help="The drone: a key of dfr's catalogue, or a file that dfr log calibrate wrote.")
    ],
    plan: Annotated[Path | None, typer.Option(help="The plan.json that they were flown for.")] = None,
    mission: Annotated[Path | None, typer.Option(help="The mission file that they flew.")] = None,
    wind: Annotated[
        str | None,
        typer.Option(help="The wind at flight height, m/s@degrees; without it the flight's own."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare what was predicted with what was flown.

    Each phase is measured by the rule that measures simulated flights. Several flights also give the spread
    of the errors, their drift over time, and outliers.

    Exit codes: 0 if flights were compared, 2 if a file cannot be read or no flight can be compared.
    """
    found = compare_logs(logs, drone=drone, plan=plan, mission=mission, wind=wind)
    if as_json:
        emit_json(comparison_document(found))
        return
    for line in comparison_lines(found):
        say(line)
    if len(found.flights) > 1:
        say(f"over {counted_noun(len(found.flights), 'flight')}, flown against predicted:")
        for summary in found.summaries:
            say(f"  {_summary_text(summary)}")


def comparison_lines(found: ComparedFlights) -> Iterator[str]:
    """Flights beside their predictions in words, and why others are left out."""
    for one in found.flights:
        began = "" if one.began is None else f", {one.began:%Y-%m-%d %H:%M} UTC"
        yield f"{one.label}{began}"
        yield from (f"  {note}" for note in one.notes)
        for phase in one.phases:
            yield f"  {phase.phase.value.replace('_', ' '):<9} {_phase_text(one, phase)}"
        yield f"  energy    {_energy_text(one)}"
    yield from (f"left out: {why}" for why in found.left_out)


def _phase_text(one: FlightComparison, phase: PhaseComparison) -> str:
    if phase.phase is Phase.ON_SCENE:
        return f"flown {_seconds(phase.flown_s)}, and predicted for as long"
    planned = one.planned_s.get(phase.phase.value)
    promise = "" if planned is None else f", planned {planned:.1f} s"
    verdict = "" if phase.flown_s is None else ", agrees" if phase.agrees else ", DIFFERS"
    return f"predicted {_seconds(phase.predicted_s)}, flown {_seconds(phase.flown_s)}{promise}{verdict}"


def _seconds(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1f} s"


def _energy_text(one: FlightComparison) -> str:
    if one.flown_wh is None:
        return "unknown: the log holds no current or no voltage"
    if one.predicted_wh is None or one.energy_error is None:
        return (
            f"flown {one.flown_wh:.1f} Wh, not predicted: the flight is no whole dispatch{_motion_text(one)}"
        )
    inside = "agrees" if abs(one.energy_error) <= one.energy_band else "DIFFERS"
    difference = f"{one.energy_error:+.0%}, within {one.energy_band:.0%} expected"
    figures = f"predicted {one.predicted_wh:.1f} Wh, flown {one.flown_wh:.1f} Wh ({difference})"
    return f"{figures}, {inside}{_motion_text(one)}"


def _motion_text(one: FlightComparison) -> str:
    if one.motion_wh is None or one.motion_error is None:
        return ""
    return f"; its motion takes {one.motion_wh:.1f} Wh ({one.motion_error:+.0%})"


def _summary_text(summary: ErrorSummary) -> str:
    name = summary.quantity.replace("_", " ")
    text = (
        f"{name:<9} {counted_noun(summary.flights, 'flight')}: {summary.median:+.1%} in the middle, "
        f"half within {summary.median_size:.1%}, nine in ten within {summary.p90_size:.1%}"
    )
    if summary.drift_per_30_days is None:
        text += "; too few dated flights for a drift"
    elif summary.drifts:
        text += f"; drifts by {summary.drift_per_30_days:+.1%} in 30 days"
    else:
        text += "; no drift shown"
    return text + (f"; outliers: {', '.join(summary.outliers)}" if summary.outliers else "")


def comparison_document(found: ComparedFlights) -> dict[str, object]:
    """Flights beside their predictions as they appear in JSON."""
    return {
        "flights": [
            {
                "label": one.label,
                "began": None if one.began is None else one.began.isoformat(),
                "phases": [phase.as_dict() for phase in one.phases],
                "planned_s": dict(one.planned_s),
                "predicted_wh": one.predicted_wh,
                "planned_wh": one.planned_wh,
                "flown_wh": one.flown_wh,
                "motion_wh": one.motion_wh,
                "energy_band": one.energy_band,
                "errors": one.errors,
                "notes": list(one.notes),
            }
            for one in found.flights
        ],
        "left_out": list(found.left_out),
        "summaries": [
            {
                "quantity": s.quantity,
                "flights": s.flights,
                "median": s.median,
                "median_size": s.median_size,
                "p90_size": s.p90_size,
                "drift_per_30_days": s.drift_per_30_days,
                "drifts": s.drifts,
                "outliers": list(s.outliers),
            }
            for s in found.summaries
        ],
    }
