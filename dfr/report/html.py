"""The report of a run (`report_html`): one HTML file that opens without a network and prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources

import jinja2
import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from dfr import __version__
from dfr.aircraft.catalogue import UNITS, drone_of, find_dock
from dfr.findings import Severity, by_danger, count_by_severity, counted_noun
from dfr.metrics.flown import RehearsedFlight
from dfr.metrics.kpi import Summary
from dfr.metrics.measures import Kpi
from dfr.metrics.resilience import DOCK, DRONE, PILOT, LossReport
from dfr.metrics.shift import FlownShift
from dfr.metrics.timeline import Timeline
from dfr.plan.model import CoverageHour, Plan
from dfr.plan.objectives import ParetoFronts
from dfr.plan.verdict import Verdict
from dfr.plan.windows import landing_wind_limit_mps
from dfr.report import charts
from dfr.report.hours_sheet import day_sheets
from dfr.report.isochrones import draw_isochrones, draw_isochrones_by_hour
from dfr.report.landing_charts import scenario_landing_chart
from dfr.report.map import is_heat_map, map_svg
from dfr.report.profiles import height_profiles
from dfr.report.words import (
    OPERATIONS,
    interval,
    missed_words,
    number,
    percent,
    period_words,
    plural,
    quantity,
    sentence,
)
from dfr.scenario.model import Scenario
from dfr.sim.build import ASSUMED
from dfr.track import FlightTrack
from dfr.world.model import World

DISTRIBUTIONS = ("attended", "within_target", "call_to_overhead_s", "utilisation")
MOST_DAYS = 5
"""Days whose hours stand on the first screen."""

SURE = "95 % interval"
LOST = {DOCK: "the dock (or its link)", DRONE: "one drone of", PILOT: "one remote pilot on"}
SHARE_FIGURES = ("within_target", "attended", "first_on_scene", "drone_ready")
CLOCKS_SHOWN = ("call_to_decision_s", "call_to_airborne_s", "call_to_overhead_s", "call_to_video_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """Studies besides the run itself; empty where they were not asked for."""

    losses: Sequence[LossReport] = ()
    fronts: ParetoFronts | None = None
    stress: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownShift:
    """The part of one replication that is drawn."""

    timeline: Timeline
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """Everything that a report shows.

    `responses_s` maps a pair of clocks to the seconds of every call that has both times;
    `not_flown` says why `flights` is empty, where it is.
    """

    world: World
    plan: Plan
    verdict: Verdict
    summary: Summary
    responses_s: Mapping[str, NDArray[np.float64]]
    shift: ShownShift | None
    flights: Sequence[RehearsedFlight]
    not_flown: str
    provenance: Sequence[tuple[str, str]]
    flown_shift: FlownShift | None = None
    studies: Studies = field(default_factory=Studies)

    @property
    def tracks(self) -> list[tuple[str, FlightTrack]]:
        """The flown tracks, each with the dock it left from."""
        return [(flight.site_id, flight.flown) for flight in self.flights]


def report_html(run: Rehearsal) -> str:
    """The page with its styles and pictures inside; no script, no outside address."""
    scenario, plan = run.world.scenario, run.plan
    flyable = [hour for hour in plan.coverage_by_hour if hour.flyable]
    profile_svg, profiles_alike = height_profiles(run.world, plan)
    findings = by_danger(plan.findings)
    templates = resources.files("dfr.report") / "templates"
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=False, lstrip_blocks=True
    )
    environment.filters |= {"plural": plural, "sentence": sentence}
    template = environment.from_string((templates / "report.html.j2").read_text(encoding="utf-8"))
    return template.render(
        scenario=scenario,
        version=__version__,
        css=Markup(
            "".join((templates / name).read_text(encoding="utf-8") for name in ("map.css", "report.css"))
        ),
        period=period_words(scenario.period),
        operation=OPERATIONS[scenario.operation.kind],
        verdict=run.verdict,
        counted=count_by_severity(plan.findings),
        tiles=_headline_tiles(run),
        heat_map=is_heat_map(run.world),
        map_svg=map_svg(run.world, plan, flown=run.tracks),
        siting=_siting_words(plan),
        docks=_dock_rows(run),
        coverage=_coverage_rows(run),
        layouts_svg=charts.layouts_chart(plan.layouts) if plan.layouts else "",
        isochrones_svg=draw_isochrones(run.world, plan),
        isochrones_by_hour=draw_isochrones_by_hour(run.world, plan),
        profile_svg=profile_svg,
        profiles_alike=profiles_alike,
        days=day_sheets(scenario, plan.coverage_by_hour),
        most_days=MOST_DAYS,
        landing_svg=scenario_landing_chart(run.world),
        distributions_svg=charts.distributions_chart(run.summary, DISTRIBUTIONS),
        hours_svg=charts.hours_chart(plan.coverage_by_hour, limits_mps=_wind_limits(run)),
        no_go_hours=[hour for hour in plan.coverage_by_hour if not hour.flyable],
        findings=[finding for finding in findings if finding.severity is not Severity.OK],
        in_order=[finding for finding in findings if finding.severity is Severity.OK],
        simulated=_simulation_words(run),
        response_svg=_response_chart(run),
        kpis=[_kpi_row(kpi) for kpi in run.summary.kpis.values()],
        missed=[(missed_words(reason), percent(share)) for reason, share in run.summary.missed.items()],
        timeline_svg=_shift_timeline(run),
        timeline_caption=_timeline_caption(run),
        flights=[_flight_section(flight, scenario.operation.height_limit_m_agl) for flight in run.flights],
        not_flown=run.not_flown,
        flown_shift=run.flown_shift,
        losses=[_loss_row(report) for report in run.studies.losses],
        fronts=run.studies.fronts,
        front_svg="" if run.studies.fronts is None else charts.pareto_chart(run.studies.fronts),
        stress=run.studies.stress,
        flyable_hours=[_hour_row(hour) for hour in flyable],
        hours_alike=len({(hour.share, hour.mean_s, hour.worst_s) for hour in flyable}) == 1,
        number=lambda value: "-" if value is None else f"{value:.2f}",
        seconds=lambda value: "-" if value is None else f"{value:.1f}",
        assumptions=(*scenario.assumptions, *ASSUMED),
        assumed_count=sum(assumption.assumed for assumption in (*scenario.assumptions, *ASSUMED)),
        hardware=_hardware_rows(scenario),
        provenance=run.provenance,
    )


def _headline_tiles(run: Rehearsal) -> list[dict[str, str]]:
    plan = run.plan
    limit, hours = plan.siting_limit_s, plan.coverage_by_hour
    tiles = [
        {
            "number": percent(plan.objective),
            "what": f"of calls in hours that can be flown: planned overhead within {limit:.0f} s",
            "how_sure": _proof_words(plan),
        },
        {
            "number": percent(plan.flyable_share),
            "what": "of expected calls are in hours that can be flown",
            "how_sure": f"{sum(h.flyable for h in hours)} of {counted_noun(len(hours), 'hour')} with calls "
            "can be flown",
        },
    ]
    attended = run.summary.kpis["attended"].mean
    reached = f"for the {percent(attended)} of calls that a drone reached"
    for name, what in (
        ("call_to_overhead_s", "call to overhead, median"),
        ("call_to_video_s", "call to video, median"),
    ):
        kpi = run.summary.kpis.get(name)
        if kpi:
            sure = f"{SURE} {interval(kpi.p50_interval, number)} s"
            how = f"{reached}; {sure}; 9 in 10 within {number(kpi.p90)} s"
            tiles.append({"number": f"{number(kpi.p50)} s", "what": what, "how_sure": how})
    for name, what in (
        ("first_on_scene", "drone first on scene"),
        ("within_target", "overhead within target"),
    ):
        kpi = run.summary.kpis.get(name)
        if kpi:
            how = f"{kpi.what}; {SURE} {interval(kpi.interval, percent)}"
            tiles.append({"number": percent(kpi.mean), "what": what, "how_sure": how})
    flown = sum(flight.agrees for flight in run.flights)
    how_sure = (
        "landed, and every phase took as long as predicted, within its tolerance"
        if run.flights
        else run.not_flown
    )
    tiles.append(
        {
            "number": f"{flown} of {len(run.flights)}",
            "what": "flights went as predicted",
            "how_sure": how_sure,
        }
    )
    return tiles


def _proof_words(plan: Plan) -> str:
    """How sure it is that no other layout does better."""
    by, docks = plan.sited_by, plural(len(plan.sites), "dock")
    if by is not None and by.objective != "mclp":
        return f"{docks}, sited for {by.what}; at most {percent(plan.bound)} is possible"
    if by is not None and plan.height_levels is not None and plan.height_levels.levels > 1:
        at_one = percent(plan.height_levels.share_at_one_height)
        proven = "the best possible (proven)" if by.status == "optimal" else "the best found"
        return f"{docks}: {proven} at one height ({at_one}); own drones are kept apart by height"
    if plan.status == "optimal":
        return f"{docks}: the best possible layout (proven)"
    return f"{docks}: within {100 * plan.gap:.2g} % of the best possible layout"


def _siting_words(plan: Plan) -> str:
    """What the docks were sited for, and what they cover."""
    by = plan.sited_by
    sited = "" if by is None else f"The docks are sited for {by}. "
    best = ""
    if by is not None and by.objective != "mclp":
        docks = plural(len(plan.sites), "dock")
        best = f" ({docks} sited for just this would reach {percent(plan.bound)})"
    return (
        f"{sited}In the hours that can be flown, each in its own wind, a drone is planned overhead within "
        f"{plan.siting_limit_s:.0f} s of the decision for {percent(plan.objective)} of the calls{best}. "
        f"Those hours hold {percent(plan.flyable_share)} of the expected calls. In the others no drone flies."
    )


def _coverage_rows(run: Rehearsal) -> list[dict[str, str]]:
    """Planned and simulated share of calls overhead within each limit of the decision."""
    rows = []
    for limit, share in sorted(run.plan.coverage.items()):
        kpi = run.summary.kpis.get(f"within_{limit:.0f}_s")
        simulated = "unknown" if kpi is None else percent(kpi.mean)
        sure = "" if kpi is None else interval(kpi.interval, percent)
        planned = percent(share * run.plan.flyable_share)
        rows.append(
            {
                "limit": f"{limit:.0f}",
                "flyable": percent(share),
                "planned": planned,
                "simulated": simulated,
                "interval": sure,
            }
        )
    return rows


def _dock_rows(run: Rehearsal) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for site in run.plan.sites:
        dock = run.summary.docks.get(site.id)
        rows.append(
            {
                "name": site.name,
                "position": str(site.position),
                "drones": site.drones,
                "utilisation": percent(dock.utilisation if dock else None),
                "ready": percent(dock.drone_ready if dock else None),
            }
        )
    return rows


def _simulation_words(run: Rehearsal) -> str:
    return (
        f"The whole period was simulated {plural(run.summary.replications, 'time')} (replications), "
        f"seed {run.summary.seed}. A 95 % interval contains the true mean in 95 of 100 cases. "
        "The number of calls is uncertain too: each replication draws its own."
    )


def _response_chart(run: Rehearsal) -> str:
    clocks = {name: run.responses_s[name] for name in CLOCKS_SHOWN if name in run.responses_s}
    named = {name.removesuffix("_s").replace("_", " "): values for name, values in clocks.items()}
    targets = {f"target {p.id}": p.target_s for p in run.world.scenario.demand.priorities}
    return charts.response_curves(named, targets_s=targets)


def _hardware_rows(scenario: Scenario) -> list[dict[str, str]]:
    """The catalogue's figures of the drone and the dock, each with the status of its source."""
    rows = []
    for item in (drone_of(scenario.fleet), find_dock(scenario.fleet.dock)):
        for name, figure in item.figures().items():
            rows.append(
                {
                    "what": f"{item.name}: {_name_without_unit(name)}",
                    "value": quantity(figure.value, figure.unit),
                    "status": figure.source_status,
                }
            )
    return rows


def _name_without_unit(name: str) -> str:
    """The name of a catalogue figure in words, without the unit at its end."""
    words = next((name.removesuffix(ending) for ending, _ in UNITS if name.endswith(ending)), name)
    return words.replace("_", " ")


def _wind_limits(run: Rehearsal) -> dict[str, float]:
    """Limits on the mean wind, by name."""
    scenario = run.world.scenario
    drone, dock = drone_of(scenario.fleet), find_dock(scenario.fleet.dock)
    in_flight_mps = [w for w in (scenario.operation.max_wind_mps, drone.max_wind_mps) if w is not None]
    landing = landing_wind_limit_mps(drone, dock)
    limits = {"limit at cruise height": min(in_flight_mps)} if in_flight_mps else {}
    return limits | ({} if landing is None else {"limit to land": landing})


def _kpi_row(kpi: Kpi) -> dict[str, str]:
    write = percent if kpi.unit == "share" else number
    return {
        "name": _kpi_name(kpi),
        "what": kpi.what,
        "mean": write(kpi.mean),
        "p50": write(kpi.p50) if kpi.of_observations else "",
        "p90": write(kpi.p90) if kpi.of_observations else "",
        "interval": interval(kpi.interval, write),
        "n": str(kpi.n),
    }


def _kpi_name(kpi: Kpi) -> str:
    """The name of a figure in words, with its unit where the name does not say it."""
    if kpi.name.startswith("within_") and kpi.name.endswith("_s"):
        return kpi.name.replace("_", " ")
    words = kpi.name.removesuffix("_s").replace("_", " ")
    of = words.split(".", 2)
    name = words if len(of) < 3 else f"{of[0]}, {of[1]} {kpi.name.split('.', 2)[2]}"
    return f"{name}, s" if kpi.unit == "s" else name


def _shift_timeline(run: Rehearsal) -> str:
    if run.shift is None:
        return ""
    shift = run.shift
    return charts.timeline_chart(
        shift.timeline, start_s=shift.start_s, end_s=shift.end_s, start_label=_wall_time(run, shift.start_s)
    )


def _timeline_caption(run: Rehearsal) -> str:
    if run.shift is None:
        return ""
    calls = [c for c in run.shift.timeline.calls if run.shift.start_s <= c.call_s <= run.shift.end_s]
    missed = sum(call in run.shift.timeline.missed for call in calls)
    return (
        f"The busiest shift of a typical replication (number {run.shift.timeline.replication}): "
        f"{plural(len(calls), 'call')}, {missed} of them missed."
    )


def _wall_time(run: Rehearsal, t_s: float) -> str:
    return f"{run.world.scenario.period.wall_time(t_s):%a %d %b %H:%M}"


def _flight_section(flight: RehearsedFlight, ceiling_m: float) -> dict[str, object]:
    predicted = {p.phase.value: p.predicted_s for p in flight.phases}
    flown = {p.phase.value: p.flown_s for p in flight.phases}
    shown = {name: getattr(flight, name) for name in flight.__slots__}
    return shown | {
        "phases_svg": charts.phases_chart(predicted, flown),
        "height_svg": charts.height_chart(flight.predicted, flight.flown, ceiling_m=ceiling_m),
    }


def _loss_row(report: LossReport) -> dict[str, object]:
    """One loss: each key figure before and after it, with the interval of the difference."""
    figures = []
    for change in report.changes:
        share = change.name in SHARE_FIGURES
        write = percent if share else number
        figures.append(
            {
                "name": change.name.removesuffix("_s").replace("_", " ") + ("" if share else ", s"),
                "whole": write(change.first),
                "left": write(change.second),
                "low": write(change.low, sign=True),
                "high": write(change.high, sign=True),
            }
        )
    return {"what": f"{LOST[report.kind]} {report.what}", "figures": figures}


def _hour_row(hour: CoverageHour) -> dict[str, str]:
    return {
        "hour": hour.hour[:16].replace("T", " "),
        "wind": f"{hour.wind_mps:.1f} m/s from {hour.wind_from_deg:.0f}°",
        "share": percent(hour.share),
        "mean": number(hour.mean_s),
        "worst": number(hour.worst_s),
    }
