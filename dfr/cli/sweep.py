"""`dfr sweep`: simulates combinations of several factors on the same calls, and selects the best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import typer

from dfr.api.simulation import study_of
from dfr.cli.options import (
    Cluster,
    Jobs,
    NoCache,
    ScenarioName,
    StudyOptions,
    count_processes,
    with_option_groups,
)
from dfr.cli.output import AsJson, emit_json, json_text, note, say
from dfr.cli.stopping import explain_stop
from dfr.errors import InputError
from dfr.findings import counted_noun
from dfr.io.files import write_atomically
from dfr.io.scenario_files import find_scenario, load_world
from dfr.plan.verdict import exercise_title
from dfr.scenario.key_figures import KEY_FIGURES
from dfr.sim.factors import design
from dfr.store.landing_cache import use_landing_cache
from dfr.store.sweeps import Goal, Prices, Step, Sweep, Sweeper

app = typer.Typer(add_completion=False, rich_markup_mode=None)

SHOWN = ("call_to_overhead_s", "within_target", "attended", "drone_ready", "utilisation")
"""Figures beside the goal's in the table for people."""

Level = TypeVar("Level", int, float, str)


@app.command()
@with_option_groups
def sweep(
    scenario: ScenarioName,
    *,
    docks: Annotated[str, typer.Option(metavar="N,N,...", help="Numbers of docks.")] = "",
    drones_per_dock: Annotated[str, typer.Option(metavar="N,N,...", help="Drones in each dock.")] = "",
    pilots: Annotated[
        str,
        typer.Option(
            metavar="N,N,...", help="Remote pilots in each shift, with the safety pilots they need."
        ),
    ] = "",
    drone_type: Annotated[
        str, typer.Option(metavar="KEY,KEY,...", help="Drones of the hardware catalogue.")
    ] = "",
    dock_type: Annotated[
        str, typer.Option(metavar="KEY,KEY,...", help="Docks of the hardware catalogue.")
    ] = "",
    wind_limit_mps: Annotated[
        str, typer.Option(metavar="X,X,...", help="The operation's limits of the mean wind in flight, m/s.")
    ] = "",
    wind_scale: Annotated[
        str, typer.Option(metavar="X,X,...", help="Factors that multiply wind and gusts.")
    ] = "",
    calls_scale: Annotated[
        str, typer.Option(metavar="X,X,...", help="Factors that multiply the calls.")
    ] = "",
    rank_by: Annotated[
        str,
        typer.Option(
            metavar="KPI",
            help="The key figure to rank and select by; if not given, the scenario's primary one: "
            f"{', '.join(KEY_FIGURES)}.",
        ),
    ] = "",
    zone: Annotated[
        float, typer.Option(help="Smallest difference in that figure that matters to you.")
    ] = 0.01,
    confidence: Annotated[float, typer.Option(help="Probability that the selected one is the best.")] = 0.95,
    dock_cost: Annotated[
        float | None, typer.Option(help="Cost of a dock; if not given, each candidate's `cost`.", min=0.0)
    ] = None,
    drone_cost: Annotated[float | None, typer.Option(help="Cost of a drone.", min=0.0)] = None,
    pilot_cost: Annotated[
        float | None, typer.Option(help="Cost of a remote pilot of the largest shift.", min=0.0)
    ] = None,
    options: StudyOptions,
    jobs: Jobs = 0,
    cluster: Cluster = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the page, tables, charts, and a run for each point."),
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Simulate every combination of the given levels on the same calls, rank them and select the best.

    dfr sites the docks for the scenario's own weather and demand. It selects by the procedure of Kim and
    Nelson: it stops simulating a combination that is clearly behind, so --replications is the most for one
    combination, and their numbers differ. `dfr compare` compares any two of the runs under --out.
    """
    use_landing_cache(on=not no_cache)
    points = design(
        drone_type=_parse_levels(drone_type, "--drone-type", str),
        dock_type=_parse_levels(dock_type, "--dock-type", str),
        docks=_parse_levels(docks, "--docks", int),
        drones_per_dock=_parse_levels(drones_per_dock, "--drones-per-dock", int),
        pilots=_parse_levels(pilots, "--pilots", int),
        wind_limit_mps=_parse_levels(wind_limit_mps, "--wind-limit-mps", float),
        wind_scale=_parse_levels(wind_scale, "--wind-scale", float),
        calls_scale=_parse_levels(calls_scale, "--calls-scale", float),
    )
    processes = count_processes(jobs)
    path = find_scenario(scenario)
    world = load_world(path)
    study = study_of(world, replications=options.replications, seed=options.seed)
    primary = world.scenario.simulation.primary_figure
    goal = Goal(kpi=rank_by or primary, zone=zone, confidence=confidence)
    sweeper = Sweeper(
        world,
        scenario_file=path,
        seed=study.seed,
        jobs=processes,
        folder=out,
        cluster=cluster,
        prices=Prices(dock=dock_cost, drone=drone_cost, pilot=pilot_cost),
    )
    with explain_stop(lambda: _kept_words(out)):
        found = sweeper.sweep(
            points,
            replications=study.replications,
            goal=goal,
            on_point=lambda done, name: note(f"{done}: {name}"),
        )
    document = {**found.as_dict(), "exercise": world.scenario.exercise}
    if out is not None:
        _write_files(document, exercise_title(world.scenario, found.scenario), out)
    if as_json:
        emit_json(document)
        return
    _print_sweep(found, exercise_title(world.scenario, found.scenario))
    if out is not None:
        note(f"page: {out / 'sweep.html'}, beside its table, chart and runs")


def _write_files(document: dict[str, object], title: str, out: Path) -> None:
    from dfr.report.sweep_page import (
        cost_chart,
        factor_charts,
        steps_csv,
        sweep_csv,
        sweep_html,
    )  # loads matplotlib

    charts = {f"sweep-{name}.svg": chart for name, chart in factor_charts(document).items()}
    costs = cost_chart(document)
    texts = {
        "sweep.json": json_text(document),
        "sweep.csv": sweep_csv(document),
        "sweep-steps.csv": steps_csv(document),
        "sweep.html": sweep_html(document, title),
        **charts,
        **({} if costs is None else {"sweep-cost.svg": costs}),
    }
    for name, text in texts.items():
        write_atomically(out / name, text)


def _kept_words(out: Path | None) -> str:
    if out is None:
        return "without --out nothing is kept -> give one, and the same command resumes where it stopped"
    return f"the runs so far are kept in {out} -> the same command resumes from there"


def _parse_levels(text: str, option: str, kind: type[Level]) -> tuple[Level, ...]:
    """The levels of a factor."""
    try:
        return tuple(kind(part) for part in text.split(",")) if text else ()
    except ValueError as error:
        raise InputError(f"{option} {text!r}: not numbers", do="such as 1,2,3") from error


def _print_sweep(found: Sweep, title: str) -> None:
    """Print the combinations, the best first."""
    goal = found.goal
    columns = list(dict.fromkeys((goal.kpi, *SHOWN)))
    say(
        f"{title}: {counted_noun(len(found.points), 'combination')} by {goal.kpi}, "
        f"all on the calls of seed {found.seed}"
    )
    say(f"{'point':44}{'runs':>6}" + "".join(f"{name:>20}" for name in columns) + f"{'minus the best':>26}")
    for index in found.order:
        point, gap = found.points[index], found.behind[index]
        kpis = [point.summary.kpis[name] for name in columns]
        cells = "".join(f"{'-' if kpi.mean is None else f'{kpi.mean:.4g}':>20}" for kpi in kpis)
        low, high = (None, None) if gap is None else (gap.low, gap.high)
        behind = "" if low is None or high is None else f"{low:+.3g} .. {high:+.3g}"
        mark = "*" if index in found.selection.survivors else " "
        say(f"{mark} {point.variant.name:42}{point.summary.replications:>6}{cells}{behind:>26}")
    clear = [step for step in found.steps if step.difference.clear]
    if clear:
        say(f"what the next level clearly brings, in {goal.kpi}:")
    for step in clear:
        say(_step_line(found, step))
    _print_selection(found)


def _step_line(found: Sweep, step: Step) -> str:
    """What the next level of a factor clearly brings."""
    gap, ends = step.difference, (found.points[step.first].variant, found.points[step.second].variant)
    return f"  {ends[0].name} -> {ends[1].name}: {gap.difference:+.3g} ({gap.low:+.3g} .. {gap.high:+.3g})"


def _print_selection(found: Sweep) -> None:
    goal, names = found.goal, [found.points[index].variant.name for index in found.selection.survivors]
    if found.selection.decided:
        say(
            f"selected: {names[0]}, the best with {goal.confidence:.0%} confidence "
            f"if it leads by {goal.zone:g} or more (Kim & Nelson 2001)"
        )
    else:
        say(
            f"no clear best after {counted_noun(found.selection.used, 'replication')}: {', '.join(names)} "
            f"(marked *) -> give more --replications, or a larger --zone than {goal.zone:g}"
        )
