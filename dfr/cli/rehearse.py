"""`dfr rehearse`: scenario, plan, check, simulation, mission and flight in one go, and one report."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, cast, get_args

import typer

from dfr import __version__
from dfr.api.simulation import study_of
from dfr.cli.options import Day, Forecast, Metar, Notam, Now, Taf, day_files, verdict_now
from dfr.cli.output import (
    emit_json,
    json_text,
    keeping,
    note,
    operator_at_terminal,
    print_verdict,
    progress,
    say,
)
from dfr.cli.planned import NoCache, plan_of
from dfr.cli.stopping import one_stop
from dfr.errors import InputError, LinkError
from dfr.findings import by_danger, finding_text
from dfr.io.files import write_atomically
from dfr.io.scenario_files import DayFiles, find_scenario, load_world, on_the_day
from dfr.metrics.flown import RehearsedFlight
from dfr.metrics.kpi import Summary, clock_seconds
from dfr.metrics.shift import FlownShift
from dfr.metrics.timeline import Kind, Timeline, pick, timeline
from dfr.plan.checks.permission import ASSUMED_STATEMENT
from dfr.plan.compliance import check
from dfr.plan.model import Plan
from dfr.plan.verdict import Verdict, require_go
from dfr.rehearsal.dispatches import Engine, fly_route, routes_flown
from dfr.rehearsal.shift import asked_shift, fly_asked, shift_lines
from dfr.rehearsal.studies import look_deeper
from dfr.report.html import CLOCKS_SHOWN, Rehearsal, ShownShift, Studies, report_html
from dfr.report.junit import junit_xml
from dfr.report.map import standalone_map
from dfr.store.earlier import REHEARSED, keep_earlier
from dfr.store.landing_cache import use_landing_cache
from dfr.store.origin import remember
from dfr.store.runs import StoredRun, held_replications, run_to_store
from dfr.store.tracks import StoredFlight, load_flights, store_flight
from dfr.world.model import World
from dfr.world.weather import mean_wind, weather_at
from firmware_sitl.start import Engine as EngineKind

app = typer.Typer()

EXIT_NON_COMPLIANT = 3
EXIT_NOT_AS_PREDICTED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Flights:
    """What was flown. `problem` is why a dispatch that was to be flown was not, '' where all were."""

    flown: tuple[RehearsedFlight, ...]
    problem: str
    shift: FlownShift | None = None

    @property
    def not_flown(self) -> str:
        """Why nothing, or not all, was flown, for the reader."""
        return self.problem or ("" if self.flown else "No flight was asked for.")


@app.command()
def rehearse(
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")],
    *,
    out: Annotated[
        Path, typer.Option(help="Folder for the report, plan, records and missions; an earlier one is kept.")
    ],
    docks: Annotated[
        int | None, typer.Option(help="How many docks; the scenario's number if not given.")
    ] = None,
    plan_file: Annotated[
        Path | None, typer.Option("--plan", help="A plan.json of this scenario; planned anew without.")
    ] = None,
    replications: Annotated[
        int | None, typer.Option(help="Simulated periods; the scenario's if not given.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed; the scenario's if not given.")] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Processes that simulate; the result is the same.")] = 2,
    flights: Annotated[int, typer.Option(min=0, help="At most so many dispatches are flown.")] = 3,
    shift: Annotated[
        str | None, typer.Option(help="Also fly a shift of the simulation so long: 60min, 2h, 900s.")
    ] = None,
    vehicles: Annotated[int, typer.Option(min=1, help="Vehicles of the shift, spread over the docks.")] = 2,
    vehicle: Annotated[
        list[str] | None,
        typer.Option(help="Fly the shift with real vehicles, in the order of the docks: a URL for each."),
    ] = None,
    confirm: Annotated[
        list[str] | None,
        typer.Option(help="The vehicle at this URL may be armed and flown; without, you are asked for each."),
    ] = None,
    visit: Annotated[
        list[str] | None,
        typer.Option(help="Other traffic besides what is drawn comes into the shift: ID@MINUTE."),
    ] = None,
    engine: Annotated[str, typer.Option(help="builtin, ardupilot or auto.")] = "auto",
    speedup: Annotated[float, typer.Option(min=1.0, help="Vehicle seconds per second.")] = 60.0,
    gnss_drift: Annotated[
        float, typer.Option(help="Metres that satellites lead each dispatch astray once it is up.")
    ] = 0.0,
    n_minus_1: Annotated[
        bool, typer.Option("--n-minus-1", help="Also simulate without each dock, drone and pilot in turn.")
    ] = False,
    pareto: Annotated[
        bool, typer.Option("--pareto", help="Also find what more docks buy and what fairness costs.")
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write JUnit XML for a CI page.")] = None,
    metar: Metar = None,
    taf: Taf = None,
    forecast: Forecast = None,
    notam: Notam = None,
    day: Day = False,
    now: Now = None,
    no_cache: NoCache = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Plan, check, simulate and fly a scenario on a simulated vehicle, and report.

    Real vehicles (`--vehicle`) fly only a plan that nothing blocks, checked anew.
    An earlier rehearsal in the folder is kept in its `earlier/`, never overwritten.
    Exit code 3 for NO GO and UNKNOWN, 5 where a flight was not as predicted.
    """
    use_landing_cache(on=not no_cache)
    flies = Engine(kind=_engine(engine), speedup=speedup, gnss_drift_m=gnss_drift)
    person = operator_at_terminal()
    asked = asked_shift(shift, vehicles=vehicles, urls=vehicle, confirmed=confirm, visits=visit)
    note(f"reading {scenario} ...")
    path = find_scenario(scenario)
    files = day_files(metar, taf, forecast, notam)
    world = on_the_day(load_world(path), files)
    note("siting docks, routing, checking ...")
    plan = plan_of(world, plan_file, docks)
    verdict = verdict_now(world, plan, day=day or bool(vehicle), now=now)
    if vehicle:
        checked = replace(plan, findings=check(world, plan))
        require_go(verdict_now(world, checked, day=True, now=now), simulated=False)
    _begin(out, path, plan, files)
    with keeping(lambda: _finished(out)):
        run = _simulated(world, plan, out=out, replications=replications, seed=seed, jobs=jobs)
        flown = _fly(world, plan, out, flies, most=flights)
        if asked is not None:
            with one_stop() as allow_second_stop:
                operator = replace(person, allow_second_stop=allow_second_stop)
                flown = replace(
                    flown,
                    shift=fly_asked(
                        world, plan, run, asked, engine=flies, folder=out / "flights", operator=operator
                    ),
                )
        studies = look_deeper(
            world, plan, run, losses=n_minus_1, pareto=pareto, jobs=jobs, out=out, operator=person
        )
        report = _write_report(world, plan, verdict, run=run, flown=flown, studies=studies, out=out)
    if junit is not None:
        text = junit_xml(plan.scenario, plan.findings, flown.flown, verdict=verdict, problem=flown.problem)
        write_atomically(junit, text)
    document = _document(plan, verdict, run.summary, flown, out=out, report=report)
    write_atomically(out / REHEARSED, json_text(document))
    if as_json:
        emit_json(document)
    else:
        _say(plan, verdict, run.summary, flown, report)
    raise typer.Exit(_exit_code(verdict, flown))


def _begin(out: Path, scenario_file: Path, plan: Plan, files: DayFiles) -> None:
    """The folder with the plan in it, and an earlier rehearsal out of the way."""
    if kept := keep_earlier(out):
        note(f"the earlier rehearsal in {out} is kept in {kept}")
    remember(out, scenario_file, day=files)
    write_atomically(out / "plan.json", json_text(plan.as_dict()))


def _finished(out: Path) -> str:
    """What lies in the folder when somebody stops it, and how to go on."""
    held = held_replications(out / "run")
    flights = len(load_flights(out))
    return (
        f"the plan, {held} replications and {flights} flights are kept in {out} -> `dfr serve --run {out}` "
        "shows what is whole; the same command goes on simulating, flies anew and keeps these in `earlier/`"
    )


def _engine(name: str) -> EngineKind:
    for kind in get_args(EngineKind):
        if kind == name:
            return cast(EngineKind, kind)
    raise InputError(f"--engine {name!r} is not known", do="builtin, ardupilot or auto")


def _simulated(
    world: World, plan: Plan, *, out: Path, replications: int | None, seed: int | None, jobs: int
) -> StoredRun:
    study = study_of(world, replications=replications, seed=seed)
    with progress("simulating replications", study.replications) as done:
        return run_to_store(
            world,
            plan,
            folder=out / "run",
            replications=study.replications,
            seed=study.seed,
            jobs=jobs,
            replace=True,
            on_done=done,
        )


def _fly(world: World, plan: Plan, out: Path, engine: Engine, *, most: int) -> Flights:
    """Each dispatch in turn; the first that cannot be flown at all ends it, and says why."""
    if plan.planning_wind is None:
        return Flights(flown=(), problem="No hour of the scenario can be flown in.")
    hour = weather_at(world.scenario.weather, datetime.fromisoformat(plan.planning_wind.hour))
    wind = mean_wind(world.scenario, hour)
    routes = routes_flown(plan, world, most)
    flown: list[RehearsedFlight] = []
    problem = "No dock reaches any zone." if most and not routes else ""
    with progress("flying dispatches", len(routes)) as done:
        for number, route in enumerate(routes, start=1):
            try:
                flight = fly_route(world, plan, route, wind=wind, engine=engine, folder=out / "flights")
            except LinkError as error:
                problem = f"{route.site_id} to {route.zone_id}: {error}"
                break
            flown.append(flight)
            store_flight(out, _kept(plan, flight))
            done(number)
    return Flights(flown=tuple(flown), problem=problem)


def _kept(plan: Plan, flight: RehearsedFlight) -> StoredFlight:
    home = next(site.position for site in plan.sites if site.id == flight.site_id)
    name = f"{flight.site_id}-{flight.zone_id}"
    return StoredFlight(name=name, home=home, predicted=flight.predicted, flown=flight.flown)


def _write_report(
    world: World, plan: Plan, verdict: Verdict, *, run: StoredRun, flown: Flights, studies: Studies, out: Path
) -> Path:
    report = out / "report.html"
    shown = Rehearsal(
        world=world,
        plan=plan,
        verdict=verdict,
        summary=run.summary,
        responses_s={name: clock_seconds(run.records, name) for name in CLOCKS_SHOWN},
        shift=_busiest_shift(world, timeline(run.records, pick(run.records, Kind.TYPICAL))),
        flights=flown.flown,
        not_flown=flown.not_flown,
        provenance=_provenance(world, plan, run.summary),
        flown_shift=flown.shift,
        studies=studies,
    )
    write_atomically(report, report_html(shown))
    write_atomically(out / "map.svg", standalone_map(world, plan, flown=shown.tracks))
    return report.resolve()


def _busiest_shift(world: World, shown: Timeline) -> ShownShift:
    """The shift of a replication with most calls; the whole period where there are no shifts."""
    period = world.scenario.period
    spans = [(span.start_s, span.end_s) for span in shown.shifts] or [(0.0, period.seconds)]

    def calls_in(span: tuple[float, float]) -> int:
        return sum(span[0] <= call.call_s < span[1] for call in shown.calls)

    start_s, end_s = max(spans, key=calls_in)
    return ShownShift(timeline=shown, start_s=start_s, end_s=end_s)


def _provenance(world: World, plan: Plan, summary: Summary) -> Sequence[tuple[str, str]]:
    """What made the numbers: files with their hashes, seed, versions."""
    libraries = ("numpy", "scipy", "shapely", "pyproj", "simpy", "highspy", "pymavlink")
    return [
        ("scenario", f"{world.scenario.file} sha256 {plan.scenario_sha256}"),
        *((f"airspace {s.path}", f"{s.date}; {s.what}; sha256 {s.sha256}") for s in world.airspace.sources),
        ("terrain", world.terrain.source),
        ("seed", str(summary.seed)),
        ("replications", str(summary.replications)),
        ("dfr", __version__),
        ("Python", platform.python_version()),
        *((name, version(name)) for name in libraries),
    ]


def _document(
    plan: Plan, verdict: Verdict, summary: Summary, flown: Flights, *, out: Path, report: Path
) -> dict[str, object]:
    return {
        "scenario": plan.scenario,
        "compliant": verdict.go,
        "go": verdict.go,
        "verdict": verdict.as_dict(),
        "sites": plan.as_dict()["sites"],
        "objective": plan.objective,
        "bound": plan.bound,
        "gap": plan.gap,
        "status": plan.status,
        "sited_by": plan.as_dict()["sited_by"],
        "height_levels": plan.as_dict()["height_levels"],
        "findings": [finding.as_dict() for finding in by_danger(plan.findings)],
        **{name: value for name, value in summary.as_dict().items() if name != "scenario"},
        "flights": [flight.as_dict() for flight in flown.flown],
        "not_flown": flown.not_flown,
        **({} if flown.shift is None else {"shift": flown.shift.as_dict()}),
        "plan": str(out / "plan.json"),
        "report": str(report),
    }


def _say(plan: Plan, verdict: Verdict, summary: Summary, flown: Flights, report: Path) -> None:
    say(f"{plan.scenario}: docks at {', '.join(site.name for site in plan.sites)}")
    say(
        f"  planned: {100 * plan.objective * plan.flyable_share:.1f} % of all calls overhead within "
        f"{plan.siting_limit_s:.0f} s of the decision if a drone is free ({plan.status}, gap "
        f"{100 * plan.gap:.2g} %); {100 * plan.flyable_share:.1f} % of calls fall in flyable hours"
    )
    attended = summary.kpis["attended"]
    if attended.mean is not None:
        say(f"  simulated: a drone reached {100 * attended.mean:.1f} % of {attended.n} calls; of those:")
    for name in ("call_to_overhead_s", "call_to_video_s"):
        kpi = summary.kpis[name]
        if kpi.p50 is not None and kpi.p90 is not None:
            say(f"    {kpi.what}: median {kpi.p50:.0f} s, 90th percentile {kpi.p90:.0f} s")
    for finding in by_danger(plan.findings):
        if finding.blocks or finding.rule == ASSUMED_STATEMENT:
            say(finding_text(finding))
    for flight in flown.flown:
        phases = ", ".join(
            f"{p.phase.value} {_seconds_text(p.predicted_s)}/{_seconds_text(p.flown_s)}"
            for p in flight.phases
        )
        agrees = "as predicted" if flight.agrees else "NOT as predicted"
        say(f"  flown {flight.site_id} to {flight.zone_id} on {flight.vehicle}: {agrees}")
        say(f"    predicted/flown s: {phases}")
    for line in () if flown.shift is None else shift_lines(flown.shift):
        say(line)
    if flown.not_flown:
        say(f"  not flown: {flown.not_flown}")
    print_verdict(verdict)
    say(f"report: {report}")


def _seconds_text(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def _exit_code(verdict: Verdict, flown: Flights) -> int:
    if not verdict.go:
        return EXIT_NON_COMPLIANT
    if flown.shift is not None and not flown.shift.agrees:
        return EXIT_NOT_AS_PREDICTED
    if flown.problem or not all(flight.agrees for flight in flown.flown):
        return EXIT_NOT_AS_PREDICTED
    return 0
