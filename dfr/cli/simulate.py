"""`dfr simulate`: replications of a scenario's plan, and what they say."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.output import emit_json, json_text, note, progress, say
from dfr.errors import InputError
from dfr.io.files import read_bounded, write_atomically
from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.kpi import Summary, summarise
from dfr.plan.codec import plan_from_dict
from dfr.plan.model import Plan
from dfr.plan.planner import make_plan
from dfr.sim.experiment import simulate as simulate_plan
from dfr.store.origin import remember
from dfr.store.runs import run_to_store
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
    "camera_minutes_per_day",
)
"""The figures printed for people; `--json` and kpis.json have all."""


@app.command()
def simulate(  # noqa: PLR0917 - one parameter for each option
    scenario: Annotated[str, typer.Argument(help="A scenario file, or the name of a shipped one.")],
    plan: Annotated[
        Path | None, typer.Option(help="A plan.json of this scenario; planned anew without.")
    ] = None,
    docks: Annotated[int | None, typer.Option(help="Number of docks to plan for.")] = None,
    replications: Annotated[int | None, typer.Option(help="How many; the scenario's without.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of all draws; the scenario's without.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes; 0 is one for each processor.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Folder for records and figures; goes on where it stopped.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Simulate calls, crews, drones and docks; the same seed gives the same figures on any machine's cores.

    Every replication is a terminating one over the scenario's period. With --out, replications are kept
    as they finish and the same command goes on after an interruption.
    """
    path = find_scenario(scenario)
    world = load_world(path)
    study = world.scenario.study
    count = study.replications if replications is None else replications
    chosen = study.seed if seed is None else seed
    workers = _workers(jobs)
    proposed = _plan_of(world, plan, docks)
    manifest: dict[str, object] | None = None
    with progress("simulating", count) as on_done:
        if out is None:
            run = simulate_plan(
                world, proposed, replications=count, seed=chosen, jobs=workers, on_done=on_done
            )
            summary = summarise(run.records, run.inputs, seed=chosen)
        else:
            stored = run_to_store(
                world,
                proposed,
                folder=out,
                replications=count,
                seed=chosen,
                jobs=workers,
                on_done=on_done,
            )
            summary, manifest = stored.summary, stored.manifest
            write_atomically(out / "plan.json", json_text(proposed.as_dict()))
            remember(out, path)
    if as_json:
        emit_json({**summary.as_dict(), "manifest": manifest})
        return
    _print(summary)
    if out is not None:
        note(f"records and figures: {out}")


def _workers(jobs: int) -> int:
    if jobs < 0:
        raise InputError(f"--jobs {jobs} cannot work -> 1 or more, or 0 for one on each processor")
    return jobs or len(os.sched_getaffinity(0))


def _plan_of(world: World, path: Path | None, docks: int | None) -> Plan:
    """The plan in a file, which must be of this very scenario, or a new one."""
    if path is None:
        return make_plan(world, docks=docks)
    if docks is not None:
        raise InputError("--plan and --docks exclude each other -> give one of them")
    try:
        document = json.loads(read_bounded(path))
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}) -> give a plan.json made by `dfr plan`") from error
    plan = plan_from_dict(document)
    if plan.scenario_sha256 != world.scenario.sha256:
        raise InputError(f"{path}: a plan of another {plan.scenario!r} than this file -> plan again")
    return plan


def _print(summary: Summary) -> None:
    """The main figures for people."""
    say(f"{summary.scenario}: {summary.replications} replications, seed {summary.seed}")
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
            f"dock {name}: in use {_number(dock.utilisation)}, drone ready {_number(dock.drone_ready)} "
            f"of the time on duty, {dock.flights_per_day:.1f} flights a day"
        )


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if abs(value) < 1.0 else f"{value:.1f}"
