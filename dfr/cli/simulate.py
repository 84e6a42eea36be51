"""`dfr simulate`: runs replications of a scenario's plan and prints their key figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.simulation import run_simulation, simulation_inputs, study_of
from dfr.cli.import_options import ColumnOptions
from dfr.cli.options import (
    Cluster,
    Docks,
    Jobs,
    NMinusOne,
    NoCache,
    PlanFile,
    ScenarioName,
    StudyOptions,
    count_processes,
    read_or_make_plan,
    with_option_groups,
)
from dfr.cli.output import AsJson, emit_json, json_text, note, say, show_progress
from dfr.cli.stopping import explain_stop
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.io.call_files import read_calls
from dfr.io.files import write_atomically
from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.busy import sited_for_simulated_busy
from dfr.metrics.kpi import Summary
from dfr.metrics.precision import FIRST_LOOK, Precision, replication_numbers
from dfr.metrics.resilience import LossReport, n_minus_1
from dfr.plan.model import Plan
from dfr.plan.verdict import exercise_title
from dfr.scenario.model import DispatchPolicy, Study
from dfr.scenario.policing import POLICIES
from dfr.sim.experiment import checked_replications
from dfr.sim.inputs import SimInputs
from dfr.store.earlier import REHEARSED
from dfr.store.landing_cache import use_landing_cache
from dfr.store.origin import write_origin
from dfr.store.runs import held_replications
from dfr.world.model import World

app = typer.Typer(add_completion=False, rich_markup_mode=None)

SHOWN = (
    "calls_per_day",
    "attended",
    "first_on_scene",
    "within_target",
    "call_to_decision_s",
    "decision_to_airborne_s",
    "airborne_to_overhead_s",
    "call_to_overhead_s",
    "call_to_video_s",
    "drone_ready",
    "utilisation",
    "reserve_at_landing",
    "landing_first_try",
    "on_scene_camera_minutes_per_day",
)
"""The figures printed for people; `--json` and kpis.json have all."""


@app.command()
@with_option_groups
def simulate(
    scenario: ScenarioName,
    *,
    plan: PlanFile = None,
    docks: Docks = None,
    settle: Annotated[
        bool,
        typer.Option(
            "--settle-busy", help="Site the docks for drones that are as busy as the simulation finds them."
        ),
    ] = False,
    options: StudyOptions,
    jobs: Jobs = 0,
    cluster: Cluster = None,
    calls: Annotated[
        Path | None,
        typer.Option(help="Simulate these real calls in place of random ones: a table, CSV or .xlsx."),
    ] = None,
    columns: ColumnOptions,
    until_halfwidth: Annotated[
        str | None,
        typer.Option(
            metavar="KPI:VALUE",
            help="Add replications until the 95 % interval of this figure reaches at most VALUE to either "
            f"side; at least {FIRST_LOOK}, so that the interval can be trusted.",
        ),
    ] = None,
    failures: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART:MTBF_H:REPAIR_H",
            help="Let every dock, link or drone fail after MTBF_H hours on average and take REPAIR_H to "
            "repair, whatever the scenario says. Repeatable.",
        ),
    ] = None,
    dispatch: Annotated[
        str | None,
        typer.Option(
            help=f"Which drone goes: {DispatchPolicy.describe_choices()}; if not given, as in the scenario."
        ),
    ] = None,
    overwatch: Annotated[
        bool | None,
        typer.Option(
            "--overwatch/--no-overwatch", help="Relieve drones that cannot stay as long as the call needs."
        ),
    ] = None,
    move_up: Annotated[
        bool | None,
        typer.Option("--move-up/--no-move-up", help="Move ready drones to free dock slots to keep coverage."),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            metavar="POLICY",
            help=f"Switch off a policing policy of the scenario: {', '.join(POLICIES)}. Repeatable.",
        ),
    ] = None,
    losses: NMinusOne = False,
    max_replications: Annotated[
        int, typer.Option(help="Most replications that --until-halfwidth may run.")
    ] = 10_000,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for records and figures; after a stop, the same command resumes from it."),
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Simulate calls, crews, drones and docks. The same seed gives the same figures, whatever --jobs is.

    Each replication covers the whole period of the scenario. With --out, dfr keeps replications as they
    finish, and the same command resumes after an interruption.

    dfr reads a table of real calls (--calls) as `dfr plan --calls` does. Each call must have a time, a zone
    or place, and a grade. The table may also have the columns decision_s, on_scene_s and ground_s; dfr draws
    at random what it does not hold.
    """
    use_landing_cache(on=not no_cache)
    if out is not None and (out / REHEARSED).is_file():
        raise InputError(f"{out} holds a rehearsal", do="choose another --out")
    path = find_scenario(scenario)
    world = load_world(path)
    study = study_of(world, replications=options.replications, seed=options.seed)
    wanted = None if until_halfwidth is None else Precision.parsed(until_halfwidth)
    if settle:
        proposed = _plan_for_simulated_busy(world, study, plan, docks, jobs)
    else:
        proposed = read_or_make_plan(world, plan, docks)
    inputs = simulation_inputs(
        world,
        proposed,
        dispatch=dispatch,
        failures=failures or (),
        overwatch=overwatch,
        move_up=move_up,
        without=without or (),
        calls=None if calls is None else read_calls(calls, world, match=columns.match),
    )
    work = _SimulationWork(
        world=world,
        plan=proposed,
        inputs=inputs,
        study=study,
        jobs=count_processes(jobs),
        out=out,
        cluster=cluster,
    )
    with explain_stop(work.kept_words):
        summary, manifest = _run_as_asked(work, study.replications, wanted, max_replications)
    if out is not None:
        write_origin(out, path, plan=proposed)
    reports = _simulate_losses(work, summary) if losses else None
    if as_json:
        exercise = {"exercise": world.scenario.exercise}
        emit_json({**summary.as_dict(), **exercise, "manifest": manifest, **_losses_document(reports)})
        return
    _print_summary(summary, exercise_title(world.scenario, summary.scenario))
    for report in reports or ():
        say(_loss_line(report))
    if out is not None:
        note(f"records and figures: {out}")


Done = tuple[Summary, Mapping[str, object] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SimulationWork:
    """What is simulated, how, and in which folder it is kept."""

    world: World
    plan: Plan
    inputs: SimInputs
    study: Study
    jobs: int
    out: Path | None
    cluster: str | None

    def kept_words(self) -> str:
        """What the folder holds when somebody stops the simulation, and how to continue."""
        if self.out is None:
            return "without --out nothing is kept -> give one, and the same command resumes where it stopped"
        held = held_replications(self.out)
        return (
            f"{counted_noun(held, 'replication')} kept in {self.out} -> the same command resumes from there"
        )

    def run_replications(self, count: int) -> Done:
        """The figures of so many replications, and the manifest if they are kept."""
        study = replace(self.study, replications=count)
        with show_progress("simulating", count) as on_done:
            run = run_simulation(
                self.world,
                self.plan,
                self.inputs,
                study=study,
                jobs=self.jobs,
                cluster=self.cluster,
                folder=self.out,
                on_done=on_done,
            )
        return run.summary, run.manifest


def _run_as_asked(work: _SimulationWork, count: int, wanted: Precision | None, most: int) -> Done:
    """So many replications, and as many more as the wanted precision needs."""
    if wanted is None:
        return work.run_replications(count)
    return _run_until_precise(work, wanted, max(checked_replications(count), min(FIRST_LOOK, most)), most)


def _run_until_precise(work: _SimulationWork, wanted: Precision, first: int, most: int) -> Done:
    """Replications until a figure is as precise as wanted, or until there are `most`."""
    if most < first:
        raise InputError(f"--max-replications {most} is below the first {first}", do="give more")
    held = 0 if work.out is None else held_replications(work.out)
    summary, manifest = None, None
    for count in replication_numbers(first, max(most, held), held=held):
        summary, manifest = work.run_replications(count)
        reached = wanted.reached_of(summary)
        note(f"{counted_noun(count, 'replication')}: half-width of {wanted.kpi} {_number_text(reached)}")
        if wanted.holds(summary):
            return summary, manifest
    if summary is None:
        raise AssertionError("no number of replications was looked at")
    note(f"precision not reached -> raise --max-replications above {most}, or accept a wider interval")
    return summary, manifest


def _simulate_losses(work: _SimulationWork, summary: Summary) -> tuple[LossReport, ...]:
    """What each single loss costs, on the calls of this run; written to the folder of the run."""
    note("N-1: simulating the loss of each dock, drone and pilot in turn ...")
    reports = n_minus_1(
        work.inputs,
        summary,
        primary=work.world.scenario.simulation.primary_figure,
        jobs=work.jobs,
        on_loss=lambda done: note(f"N-1: {done} losses simulated"),
    )
    if work.out is not None:
        write_atomically(work.out / "n_minus_1.json", json_text([report.as_dict() for report in reports]))
    return reports


def _losses_document(reports: tuple[LossReport, ...] | None) -> dict[str, object]:
    """The losses as they appear in JSON, if they were requested."""
    return {} if reports is None else {"n_minus_1": [report.as_dict() for report in reports]}


def _loss_line(report: LossReport) -> str:
    changes = [
        f"{gap.name} {_number_text(gap.first)} -> {_number_text(gap.second)}" for gap in report.changes
    ]
    return f"without {report.kind} {report.what}: " + ", ".join(changes)


def _plan_for_simulated_busy(
    world: World, study: Study, path: Path | None, docks: int | None, jobs: int
) -> Plan:
    """The plan for drones that are as busy as its own simulation makes them."""
    count, processes = checked_replications(study.replications), count_processes(jobs)
    if path is not None:
        raise InputError("--plan and --settle-busy exclude each other", do="give one of them")
    found = sited_for_simulated_busy(world, docks=docks, replications=count, seed=study.seed, jobs=processes)
    how = "consistent" if found.agreed else "not consistent: the layouts alternate"
    note(f"sited for drones busy {found.sited_for:.1%} of the time, simulated {found.measured:.1%} ({how})")
    return found.plan


def _print_summary(summary: Summary, title: str) -> None:
    """Print the main figures."""
    say(f"{title}: {counted_noun(summary.replications, 'replication')}, seed {summary.seed}")
    say(f"{'':46}{'of all calls, flights':>29}")
    say(f"{'':28}{'mean':>9}{'95 % interval':>20}{'median':>9}{'p90':>9}  of")
    for name in SHOWN:
        kpi = summary.kpis[name]
        interval = "-"
        if kpi.interval.low is not None and kpi.interval.high is not None:
            interval = f"{_number_text(kpi.interval.low)} .. {_number_text(kpi.interval.high)}"
        half, most = (kpi.p50, kpi.p90) if kpi.of_observations else (None, None)
        cells = f"{_number_text(kpi.mean):>9}{interval:>20}{_number_text(half):>9}{_number_text(most):>9}"
        say(f"{name:28}{cells}  {kpi.what}")
    say("missed: " + (", ".join(f"{why} {share:.1%}" for why, share in summary.missed.items()) or "none"))
    for name, dock in summary.docks.items():
        say(
            f"dock {name}: in use {_number_text(dock.utilisation)} and a drone ready "
            f"{_number_text(dock.drone_ready)} of the time on duty, {dock.flights_per_day:.1f} flights a day"
        )


def _number_text(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 1.0 else f"{value:.1f}"
