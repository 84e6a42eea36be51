"""`dfr simulate`: replications of a scenario's plan, and what they say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.simulation import run_simulation, simulation_inputs, study_of
from dfr.cli.options import NoCache, plan_of, workers
from dfr.cli.output import emit_json, json_text, keeping, note, progress, say
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.io.call_files import read_calls
from dfr.io.files import write_atomically
from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.busy import sited_for_simulated_busy
from dfr.metrics.kpi import Summary
from dfr.metrics.precision import Precision, replication_numbers
from dfr.metrics.resilience import LossReport, n_minus_1
from dfr.plan.model import Plan
from dfr.plan.verdict import titled
from dfr.scenario.model import DispatchPolicy, Study
from dfr.sim.experiment import checked_replications
from dfr.sim.inputs import SimInputs
from dfr.store.earlier import REHEARSED
from dfr.store.landing_cache import use_landing_cache
from dfr.store.origin import remember
from dfr.store.runs import held_replications
from dfr.world.model import World

app = typer.Typer()

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
def simulate(  # noqa: PLR0917 - one parameter for each option
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")],
    plan: Annotated[
        Path | None, typer.Option(help="A plan.json of this scenario; planned anew without.")
    ] = None,
    docks: Annotated[
        int | None, typer.Option(help="How many docks to plan for; by default as the scenario says.")
    ] = None,
    settle: Annotated[
        bool,
        typer.Option(
            "--settle-busy", help="Site the docks for drones as busy as the simulation finds them to be."
        ),
    ] = False,
    replications: Annotated[
        int | None, typer.Option(help="How many replications; by default as the scenario says.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed; by default as the scenario says.")] = None,
    jobs: Annotated[int, typer.Option(help="Number of processes; 0 for one per processor.")] = 0,
    cluster: Annotated[
        str | None, typer.Option(metavar="tcp://HOST:PORT", help="Run on the workers of a Dask scheduler.")
    ] = None,
    calls: Annotated[
        Path | None, typer.Option(help="CSV of real calls to simulate instead of random ones (shadow mode).")
    ] = None,
    until_halfwidth: Annotated[
        str | None,
        typer.Option(metavar="KPI:VALUE", help="Add replications until the 95 % interval is this narrow."),
    ] = None,
    failures: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART:MTBF_H:REPAIR_H",
            help="Let every dock, link or drone fail this often, whatever the scenario says of that part.",
        ),
    ] = None,
    dispatch: Annotated[
        str | None,
        typer.Option(help=f"{DispatchPolicy.choices()}; the scenario's without."),
    ] = None,
    overwatch: Annotated[
        bool | None,
        typer.Option("--overwatch/--no-overwatch", help="Relieve drones that cannot stay as long as needed."),
    ] = None,
    move_up: Annotated[
        bool | None,
        typer.Option("--move-up/--no-move-up", help="Move ready drones to free dock slots to keep coverage."),
    ] = None,
    losses: Annotated[
        bool,
        typer.Option("--n-minus-1", help="Also simulate the loss of each dock, drone and pilot in turn."),
    ] = False,
    max_replications: Annotated[int, typer.Option(help="Most replications with --until-halfwidth.")] = 10_000,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for records and figures; the same command resumes where it stopped."),
    ] = None,
    no_cache: NoCache = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Simulate calls, crews, drones and docks. The same seed gives the same figures, whatever --jobs is.

    Each replication covers the scenario's whole period. With --out, replications are kept as they finish, and
    the same command resumes after an interruption. A CSV of real calls has the columns time, zone (or lat,
    lon) and priority, and if known decision_s, on_scene_s and ground_s; what is missing is random.
    """
    use_landing_cache(on=not no_cache)
    if out is not None and (out / REHEARSED).is_file():
        raise InputError(f"{out} holds a rehearsal", do="choose another --out")
    path = find_scenario(scenario)
    world = load_world(path)
    study = study_of(world, replications=replications, seed=seed)
    wanted = None if until_halfwidth is None else Precision.parsed(until_halfwidth)
    proposed = _settled(world, study, plan, docks, jobs) if settle else plan_of(world, plan, docks)
    inputs = simulation_inputs(
        world,
        proposed,
        dispatch=dispatch,
        failures=failures or (),
        overwatch=overwatch,
        move_up=move_up,
        calls=None if calls is None else read_calls(calls, world),
    )
    work = _Work(world, proposed, inputs, study, workers(jobs), out, cluster)
    with keeping(work.kept):
        summary, manifest = _done(work, study.replications, wanted, max_replications)
    if out is not None:
        remember(out, path, plan=proposed)
    reports = _losses(work, summary) if losses else None
    if as_json:
        exercise = {"exercise": world.scenario.exercise}
        emit_json({**summary.as_dict(), **exercise, "manifest": manifest, **_losses_document(reports)})
        return
    _print(summary, titled(world.scenario, summary.scenario))
    for report in reports or ():
        say(_loss_line(report))
    if out is not None:
        note(f"records and figures: {out}")


Done = tuple[Summary, Mapping[str, object] | None]


@dataclass(frozen=True, slots=True)
class _Work:
    """What is simulated, kept in a folder or not."""

    world: World
    plan: Plan
    inputs: SimInputs
    study: Study
    jobs: int
    out: Path | None
    cluster: str | None

    def kept(self) -> str:
        """What lies in the folder when somebody stops it, and how to go on."""
        if self.out is None:
            return "without --out nothing is kept -> give one, and the same command resumes where it stopped"
        held = held_replications(self.out)
        return (
            f"{counted_noun(held, 'replication')} kept in {self.out} -> the same command resumes from there"
        )

    def run(self, count: int) -> Done:
        """Figures of so many replications, and the manifest where they are kept."""
        study = replace(self.study, replications=count)
        with progress("simulating", count) as on_done:
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


def _done(work: _Work, count: int, wanted: Precision | None, most: int) -> Done:
    """So many replications, or as many more as the wanted precision takes."""
    return work.run(count) if wanted is None else _until(work, wanted, checked_replications(count), most)


def _until(work: _Work, wanted: Precision, first: int, most: int) -> Done:
    """Replications until a figure is as precise as wanted, or there are as many as may be."""
    if most < first:
        raise InputError(f"--max-replications {most} is below the first {first}", do="give more")
    held = 0 if work.out is None else held_replications(work.out)
    summary, manifest = None, None
    for count in replication_numbers(first, max(most, held), held=held):
        summary, manifest = work.run(count)
        reached = wanted.reached_of(summary)
        note(f"{counted_noun(count, 'replication')}: half-width of {wanted.kpi} {_number(reached)}")
        if wanted.holds(summary):
            return summary, manifest
    if summary is None:
        raise AssertionError("no number of replications was looked at")
    note(f"precision not reached -> raise --max-replications above {most}, or accept a wider interval")
    return summary, manifest


def _losses(work: _Work, summary: Summary) -> tuple[LossReport, ...]:
    """What every single loss costs, on the calls of this run; kept where the run is."""
    note("N-1: simulating the loss of each dock, drone and pilot in turn ...")
    reports = n_minus_1(
        work.inputs, summary, jobs=work.jobs, on_loss=lambda done: note(f"N-1: {done} losses simulated")
    )
    if work.out is not None:
        write_atomically(work.out / "n_minus_1.json", json_text([report.as_dict() for report in reports]))
    return reports


def _losses_document(reports: tuple[LossReport, ...] | None) -> dict[str, object]:
    """The losses as they appear in JSON, where they were asked for."""
    return {} if reports is None else {"n_minus_1": [report.as_dict() for report in reports]}


def _loss_line(report: LossReport) -> str:
    changes = [f"{gap.name} {_number(gap.first)} -> {_number(gap.second)}" for gap in report.changes]
    return f"without {report.kind} {report.what}: " + ", ".join(changes)


def _settled(world: World, study: Study, path: Path | None, docks: int | None, jobs: int) -> Plan:
    """The plan for drones as busy as its own simulation makes them."""
    count, processes = checked_replications(study.replications), workers(jobs)
    if path is not None:
        raise InputError("--plan and --settle-busy exclude each other", do="give one of them")
    found = sited_for_simulated_busy(world, docks=docks, replications=count, seed=study.seed, jobs=processes)
    how = "consistent" if found.agreed else "not consistent: the layouts alternate"
    note(f"sited for drones busy {found.sited_for:.1%} of the time, simulated {found.measured:.1%} ({how})")
    return found.plan


def _print(summary: Summary, title: str) -> None:
    """The main figures for people."""
    say(f"{title}: {counted_noun(summary.replications, 'replication')}, seed {summary.seed}")
    say(f"{'':28}{'mean':>9}{'95 % interval':>20}{'p50':>9}{'p90':>9}  of")
    for name in SHOWN:
        kpi = summary.kpis[name]
        interval = "-"
        if kpi.interval.low is not None and kpi.interval.high is not None:
            interval = f"{_number(kpi.interval.low)} .. {_number(kpi.interval.high)}"
        cells = f"{_number(kpi.mean):>9}{interval:>20}{_number(kpi.p50):>9}{_number(kpi.p90):>9}"
        say(f"{name:28}{cells}  {kpi.what}")
    say("missed: " + (", ".join(f"{why} {share:.1%}" for why, share in summary.missed.items()) or "none"))
    for name, dock in summary.docks.items():
        say(
            f"dock {name}: in use {_number(dock.utilisation)} and a drone ready {_number(dock.drone_ready)} "
            f"of the time on duty, {dock.flights_per_day:.1f} flights a day"
        )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 1.0 else f"{value:.1f}"
