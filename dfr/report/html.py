"""The report of a run: one HTML file that opens without network and prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import jinja2
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dfr import __version__
from dfr.findings import Finding, Severity, compliant
from dfr.metrics.flown import RehearsedFlight
from dfr.plan.model import Plan
from dfr.report import figures
from dfr.report.figures import Bar, Mark
from dfr.report.map import map_svg
from dfr.world.model import World

CLOCKS_SHOWN = ("call_to_decision", "call_to_airborne", "call_to_overhead", "call_to_video")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """One simulated shift, drawn."""

    bars: tuple[Bar, ...]
    marks: tuple[Mark, ...]
    start_label: str
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """All that a report shows.

    `kpis` is the `kpis` object of `dfr simulate --json`; `responses_s` maps a clock pair to the seconds
    of every attended call; `not_flown` says why where `flights` is empty.
    """

    world: World
    plan: Plan
    kpis: Mapping[str, Mapping[str, Any]]
    missed: Mapping[str, float]
    docks: Mapping[str, Mapping[str, float]]
    responses_s: Mapping[str, NDArray[np.float64]]
    timeline: Timeline | None
    flights: Sequence[RehearsedFlight]
    not_flown: str
    provenance: Sequence[tuple[str, str]]


def report_html(run: Rehearsal) -> str:
    """The page, self-contained: styles and pictures inside, no script, no outside address."""
    scenario, plan = run.world.scenario, run.plan
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False, lstrip_blocks=True
    )
    template = environment.from_string((templates / "report.html.j2").read_text(encoding="utf-8"))
    return template.render(
        scenario=scenario,
        version=__version__,
        css=Markup((templates / "report.css").read_text(encoding="utf-8")),
        period=_period(run),
        verdict=_verdict(plan.findings),
        tiles=_tiles(run),
        map_svg=map_svg(run.world, plan, flown=[(flight.site_id, flight.flown) for flight in run.flights]),
        siting=_siting(plan),
        docks=_docks(run),
        coverage=[(f"{limit:.0f}", _percent(share)) for limit, share in sorted(plan.coverage.items())],
        layouts_svg=figures.layouts_chart(plan.layouts),
        hours_svg=figures.hours_chart(plan.coverage_by_hour, limit_mps=scenario.operation.max_wind_mps),
        no_go_hours=[hour for hour in plan.coverage_by_hour if not hour.flyable],
        findings=sorted(plan.findings, key=lambda finding: -list(Severity).index(finding.severity)),
        simulated=_simulated(run),
        response_svg=_responses(run),
        kpis=[_kpi_row(name, values) for name, values in run.kpis.items()],
        missed=[(reason.replace("_", " "), _percent(share)) for reason, share in run.missed.items()],
        timeline_svg=_timeline(run.timeline),
        timeline_caption=run.timeline.caption if run.timeline else "",
        flights=[_flight(flight, scenario.operation.height_limit_m_agl) for flight in run.flights],
        not_flown=run.not_flown,
        seconds=lambda value: "-" if value is None else f"{value:.1f}",
        assumptions=scenario.assumptions,
        assumed_count=sum(assumption.assumed for assumption in scenario.assumptions),
        provenance=run.provenance,
    )


def _period(run: Rehearsal) -> str:
    period = run.world.scenario.period
    start, end = period.start.astimezone(period.zone), period.end.astimezone(period.zone)
    return f"{start:%a %d %b %Y %H:%M} to {end:%a %d %b %Y %H:%M} {period.zone.key}"


def _verdict(findings: Sequence[Finding]) -> dict[str, str]:
    counts = {severity: sum(f.severity is severity for f in findings) for severity in Severity}
    words = f"{counts[Severity.VIOLATION]} violations, {counts[Severity.UNKNOWN]} unknown, "
    words += f"{counts[Severity.ADVICE]} to note, {counts[Severity.OK]} in order."
    if compliant(findings):
        return {"css": "go", "word": "Nothing found that blocks a go.", "why": words}
    return {"css": "no-go", "word": "NO GO until resolved:", "why": words}


def _tiles(run: Rehearsal) -> list[dict[str, str]]:
    plan = run.plan
    limit = plan.siting_limit_s
    tiles = [
        {
            "number": _percent(plan.objective),
            "what": f"of demand planned overhead within {limit:.0f} s",
            "how_sure": f"{len(plan.sites)} docks, gap {100 * plan.gap:.2g} %, {plan.status}",
        }
    ]
    for name, what in (
        ("call_to_overhead_s", "call to overhead, median"),
        ("call_to_video_s", "call to video, median"),
    ):
        kpi = run.kpis.get(name)
        if kpi:
            how = f"90th percentile {_number(kpi['p90'])} s; mean {_interval(kpi)} s"
            tiles.append({"number": f"{_number(kpi['p50'])} s", "what": what, "how_sure": how})
    for name, what in (("first_on_scene", "first on scene"), ("within_target", "within target")):
        kpi = run.kpis.get(name)
        if kpi:
            how = f"95 % interval {_percent(kpi['low'])} to {_percent(kpi['high'])}"
            tiles.append({"number": _percent(kpi["mean"]), "what": what, "how_sure": how})
    flown = sum(flight.agrees for flight in run.flights)
    how_sure = "docked, every phase within tolerance" if run.flights else run.not_flown
    tiles.append(
        {"number": f"{flown} of {len(run.flights)}", "what": "flights as predicted", "how_sure": how_sure}
    )
    return tiles


def _siting(plan: Plan) -> str:
    if plan.status == "optimal":
        proof = f"proven optimal within {100 * plan.gap:.2g} %"
    else:
        proof = (
            f"status {plan.status}, at most {_percent(plan.bound)} is possible (gap {100 * plan.gap:.2g} %)"
        )
    return (
        f"{_percent(plan.objective)} of expected demand is overhead within {plan.siting_limit_s:.0f} s "
        f"of the decision, over the forecast hours and their wind: {proof}."
    )


def _docks(run: Rehearsal) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for site in run.plan.sites:
        figures_of = run.docks.get(site.id, {})
        rows.append(
            {
                "name": site.name,
                "position": str(site.position),
                "drones": site.drones,
                "utilisation": _percent(figures_of.get("utilisation")),
                "ready": _percent(figures_of.get("drone_ready")),
            }
        )
    return rows


def _simulated(run: Rehearsal) -> str:
    study = dict(run.provenance)
    return (
        f"{study.get('replications', '?')} replications of the whole period, seed {study.get('seed', '?')}. "
        "Means and shares carry 95 % intervals over replications; the rate of calls is itself uncertain "
        "and varies between them."
    )


def _responses(run: Rehearsal) -> str:
    clocks = {name: run.responses_s[name] for name in CLOCKS_SHOWN if name in run.responses_s}
    named = {name.replace("_", " "): values for name, values in clocks.items()}
    return figures.response_curves(named, target_s=run.plan.siting_limit_s)


def _kpi_row(name: str, kpi: Mapping[str, Any]) -> dict[str, str]:
    write = _number if name.endswith(("_s", "_wh", "_min", "_m", "_per_day", "_calls")) else _figure
    return {
        "name": name.replace("_", " "),
        "mean": write(kpi["mean"]),
        "p50": write(kpi["p50"]),
        "p90": write(kpi["p90"]),
        "interval": f"{write(kpi['low'])} to {write(kpi['high'])}",
        "n": str(kpi["n"]),
    }


def _timeline(timeline: Timeline | None) -> str:
    if timeline is None:
        return ""
    return figures.timeline_chart(timeline.bars, timeline.marks, start_label=timeline.start_label)


def _flight(flight: RehearsedFlight, ceiling_m: float) -> dict[str, object]:
    predicted = {p.phase.value: p.predicted_s for p in flight.phases}
    flown = {p.phase.value: p.flown_s for p in flight.phases}
    shown = {name: getattr(flight, name) for name in flight.__slots__}
    return shown | {
        "phases_svg": figures.phases_chart(predicted, flown),
        "height_svg": figures.height_chart(flight.predicted, flight.flown, ceiling_m=ceiling_m),
    }


def _interval(kpi: Mapping[str, Any]) -> str:
    return f"{_number(kpi['mean'])} ({_number(kpi['low'])} to {_number(kpi['high'])})"


def _percent(share: float | None) -> str:
    return "unknown" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"
