"""`dfr rehearse`: plans, checks, simulates and flies a scenario in one go, and writes one report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.simulation import study_of
from dfr.cli.options import (
    Docks,
    NMinusOne,
    NoCache,
    PlanFile,
    ScenarioName,
    StudyOptions,
    VerdictOptions,
    read_or_make_plan,
    with_option_groups,
)
from dfr.cli.output import (
    AsJson,
    emit_json,
    note,
    operator_at_terminal,
    print_verdict,
    say,
    show_progress,
)
from dfr.cli.sitl_options import Engine, parse_engine
from dfr.cli.stopping import explain_stop, stop_once
from dfr.errors import InputError, NonCompliantError
from dfr.findings import by_danger, counted_noun, finding_text
from dfr.io.files import write_atomically
from dfr.io.scenario_files import find_scenario, load_world, with_day_files
from dfr.metrics.shift import WANTED_M, FlownShift, ShiftFlight
from dfr.plan.checks.permission import ASSUMED_STATEMENT
from dfr.plan.compliance import check_plan
from dfr.plan.model import Plan
from dfr.plan.verdict import require_go
from dfr.rehearsal.chain import RehearsalRequest, Rehearsed, begin_folder, kept_words
from dfr.rehearsal.chain import rehearse as rehearse_plan
from dfr.rehearsal.dispatches import SitlSettings
from dfr.rehearsal.shift import ShiftRequest
from dfr.report.junit import junit_xml
from dfr.store.landing_cache import use_landing_cache

app = typer.Typer(add_completion=False, rich_markup_mode=None)

LONGEST_SHIFT_S = 24.0 * 3600.0
SHOWN_KPIS = ("call_to_overhead_s", "attended", "first_on_scene", "reserve_at_landing")
UNITS_S = {"min": 60.0, "h": 3600.0, "s": 1.0}
EXIT_NOT_AS_PREDICTED = 5


@app.command()
@with_option_groups
def rehearse(
    scenario: ScenarioName,
    *,
    out: Annotated[
        Path,
        typer.Option(
            help="Folder for report, plan, records and missions; dfr keeps an earlier rehearsal in it."
        ),
    ],
    docks: Docks = None,
    plan_file: PlanFile = None,
    study: StudyOptions,
    jobs: Annotated[
        int, typer.Option(min=1, help="Number of processes; the result does not depend on it.")
    ] = 2,
    flights: Annotated[
        int, typer.Option(min=0, help="Most dispatches to fly; there is at most one from each dock.")
    ] = 3,
    shift: Annotated[
        str | None, typer.Option(help="Also fly a shift of the simulation, this long: 60min, 2h or 900s.")
    ] = None,
    vehicles: Annotated[
        int, typer.Option(min=1, help="Number of simulated vehicles in the shift, spread over the docks.")
    ] = 2,
    vehicle: Annotated[
        list[str] | None,
        typer.Option(help="Fly the shift with real vehicles: a URL for each, in the order of the docks."),
    ] = None,
    confirm: Annotated[
        list[str] | None,
        typer.Option(
            help="URL of a vehicle that may be armed and flown; for any other, dfr asks you. Repeatable."
        ),
    ] = None,
    visit: Annotated[
        list[str] | None,
        typer.Option(help="Add a visit of other traffic to the shift: ID@MINUTE. Repeatable."),
    ] = None,
    engine: Engine = "auto",
    speedup: Annotated[
        float, typer.Option(min=1.0, help="How many times faster than real time simulated vehicles run.")
    ] = 60.0,
    gnss_drift: Annotated[
        float,
        typer.Option(help="Error of the satellite position, m, that begins once a dispatch is airborne."),
    ] = 0.0,
    n_minus_1: NMinusOne = False,
    pareto: Annotated[
        bool,
        typer.Option(
            "--pareto", help="Also find what more docks gain and what fairness between zones costs."
        ),
    ] = False,
    junit: Annotated[Path | None, typer.Option(help="Also write a JUnit XML report for CI.")] = None,
    options: VerdictOptions,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Plan, check, simulate and fly a scenario on a simulated vehicle, and report.

    Real vehicles (`--vehicle`) fly only if a fresh check of the plan says GO. dfr moves an earlier rehearsal
    in the folder to its `earlier/` and never overwrites it.

    The exit code is 3 for NO GO and UNKNOWN, and 5 if a flight was not as predicted.
    """
    use_landing_cache(on=not no_cache)
    flies = SitlSettings(kind=parse_engine(engine), speedup=speedup, gnss_drift_m=gnss_drift)
    person = operator_at_terminal()
    asked = shift_request(shift, vehicles=vehicles, urls=vehicle, confirmed=confirm, visits=visit)
    note(f"reading {scenario} ...")
    path = find_scenario(scenario)
    world = with_day_files(load_world(path), options.files)
    note("siting docks, routing, checking ...")
    plan = read_or_make_plan(world, plan_file, docks)
    verdict = options.verdict(world, plan, day=bool(vehicle))
    if vehicle:
        checked = replace(plan, findings=check_plan(world, plan))
        require_go(options.verdict(world, checked, day=True), simulated=False)
    request = RehearsalRequest(
        out=out,
        scenario_file=path,
        day=options.files,
        study=study_of(world, replications=study.replications, seed=study.seed),
        jobs=jobs,
        dispatches=flights,
        engine=flies,
        shift=asked,
        losses=n_minus_1,
        pareto=pareto,
    )
    begin_folder(request, plan, operator=person)
    with stop_once() as allow_second_stop, explain_stop(lambda: kept_words(out)):
        operator = replace(person, allow_second_stop=allow_second_stop)
        rehearsed = rehearse_plan(world, plan, verdict, request, operator=operator, progress=show_progress)
    if junit is not None:
        flown = rehearsed.flights
        text = junit_xml(plan.scenario, plan.findings, flown.flown, verdict=verdict, problem=flown.problem)
        write_atomically(junit, text)
    if as_json:
        emit_json(rehearsed.as_dict())
    else:
        _print_rehearsal(rehearsed)
    raise typer.Exit(_exit_code(rehearsed))


def shift_request(
    length: str | None,
    *,
    vehicles: int,
    urls: Sequence[str] | None,
    confirmed: Sequence[str] | None,
    visits: Sequence[str] | None,
) -> ShiftRequest | None:
    """The shift that the options ask for; None for none. Raises InputError for vehicles without one."""
    if length is not None:
        return ShiftRequest(
            seconds=shift_seconds(length),
            vehicles=len(urls) if urls else vehicles,
            urls=tuple(urls or ()),
            confirmed=tuple(confirmed or ()),
            visits=tuple(visits or ()),
        )
    if urls:
        raise InputError("--vehicle flies a shift", do="say how long with --shift, for example --shift 20min")
    return None


def shift_seconds(text: str) -> float:
    """The length of a shift, as `60min`, `2h` or `900s`. Raises InputError.

    >>> shift_seconds("60min")
    3600.0
    """
    for unit, factor in UNITS_S.items():
        number = text.strip().removesuffix(unit)
        if number != text.strip():
            try:
                seconds = float(number) * factor
            except ValueError:
                break
            if 0.0 < seconds <= LONGEST_SHIFT_S:
                return seconds
    raise InputError(f"--shift {text!r} is not a length of up to a day", do="for example 60min, 2h or 900s")


def _print_rehearsal(rehearsed: Rehearsed) -> None:
    plan, summary, flown = rehearsed.plan, rehearsed.summary, rehearsed.flights
    say(f"{plan.scenario}: docks at {', '.join(site.name for site in plan.sites)}")
    say(
        f"  planned: {100 * plan.objective * plan.flyable_share:.1f} % of all calls reached within "
        f"{plan.siting_limit_s:.0f} s of the decision if a drone is free ({_proof_words(plan)}); "
        f"{100 * plan.flyable_share:.1f} % of calls come in flyable hours"
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
        say(f"    predicted/flown, s: {phases}")
    for line in () if flown.shift is None else shift_lines(flown.shift):
        say(line)
    if flown.not_flown:
        say(f"  not flown: {flown.not_flown}")
    print_verdict(rehearsed.verdict)
    say(f"report: {rehearsed.report}")


def _proof_words(plan: Plan) -> str:
    """How sure it is that no better layout exists."""
    if plan.status == "optimal":
        return "best possible, proven"
    return f"not proven best: the best possible is at most {100 * plan.gap:.2g} % higher"


def _seconds_text(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def _exit_code(rehearsed: Rehearsed) -> int:
    if not rehearsed.verdict.go:
        return NonCompliantError.exit_code
    return 0 if rehearsed.as_predicted else EXIT_NOT_AS_PREDICTED


def shift_lines(shift: FlownShift) -> Iterator[str]:
    """A flown shift in a few lines."""
    judged = [flight for flight in shift.flights if flight.agrees is not None]
    yield (
        f"  shift of {shift.seconds / 60.0:.0f} min from {shift.start}: {counted_noun(shift.calls, 'call')}, "
        f"{counted_noun(len(shift.flights), 'flight')} by {counted_noun(len(shift.vehicles), 'vehicle')} "
        f"({shift.engine}), "
        f"at most {shift.most_at_once} at once, {sum(map(_agrees, judged))} of {len(judged)} as predicted"
    )
    if not judged and not shift.problem:
        yield "    NOTHING COMPARED: no flight ended within it -> try a longer --shift or another --seed"
    if shift.separations:
        nearest = shift.separations[0]
        yield f"    nearest two airborne drones: {nearest.distance_m:.0f} m at {nearest.t_s:.0f} s"
    for two in shift.too_near:
        yield (
            f"    TOO NEAR: {two.drones[0]} and {two.drones[1]}, {two.horizontal_m:.0f} m across and "
            f"{two.vertical_m:.0f} m in height at {two.t_s:.0f} s; {WANTED_M:g} m is wanted (assumed), "
            "but nothing in the plan keeps them apart"
        )
    for near in shift.traffic[:1]:
        yield (
            f"    nearest other traffic: {near.drones[0]}, {near.horizontal_m:.0f} m across and "
            f"{near.vertical_m:.0f} m in height from {near.drones[1]} at {near.t_s:.0f} s"
        )
    for pair in shift.kpis:
        if pair.name in SHOWN_KPIS:
            yield f"    {pair.what}: modelled {_number_text(pair.modelled)}, flown {_number_text(pair.flown)}"
    if shift.problem:
        yield f"    ended early: {shift.problem}"


def _agrees(flight: ShiftFlight) -> bool:
    return flight.agrees is True


def _number_text(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
