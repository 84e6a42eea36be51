"""`dfr airframe`: estimates what a drone on paper would do, and compares two on a scenario's calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from dfr.aircraft.airframe_study import (
    ENVELOPE_TRIALS,
    AirframeStudy,
    predict_makers_hover,
    weigh_designs,
)
from dfr.aircraft.landing_study import FEWEST_TRIALS
from dfr.api.airframes import REPLICATIONS, airframe_file_text, fly_designs, study_airframe
from dfr.api.planning import load_scenario
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError
from dfr.io.airframe_files import EXAMPLE
from dfr.io.files import refuse_unwritable, write_atomically
from dfr.metrics.designs import DesignsOnScenario
from dfr.plan.checks.crowds import igrc_by_density

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def airframe(
    designs: Annotated[
        list[Path] | None, typer.Argument(help="One design, or two to set side by side: YAML files.")
    ] = None,
    *,
    scenario: Annotated[
        str | None, typer.Option(help="Fly the designs on the calls of this scenario, such as winter-storm.")
    ] = None,
    replications: Annotated[
        int, typer.Option(help="With --scenario: number of replications.")
    ] = REPLICATIONS,
    seed: Annotated[
        int | None, typer.Option(help="With --scenario: random seed; if not given, that of the scenario.")
    ] = None,
    cruise_mps: Annotated[float, typer.Option(help="Speed at which cruise power is stated, m/s.")] = 15.0,
    trials: Annotated[
        int, typer.Option(help="Landings to simulate for each design, over all winds.")
    ] = ENVELOPE_TRIALS,
    out: Annotated[
        Path | None,
        typer.Option(help="Write the drone to this YAML file, for `catalogue:` of a scenario."),
    ] = None,
    page: Annotated[Path | None, typer.Option(help="Write a page to this HTML file.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Write the plot to this SVG file.")] = None,
    example: Annotated[
        Path | None, typer.Option(help="Write a commented design to start from to this file, and stop.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what a drone on paper would do: power, endurance, wind, landings, a lost motor, noise, impact.

    dfr states the basis of every figure and lists the assumptions. None of it is measured: once the drone
    flies, calibrate it from its logs (dfr log calibrate).

    Exit codes: 0 if the designs were studied, 2 if a file cannot be used, 4 if the scenario has no plan with
    one of them.
    """
    if example is not None:
        _write_example(example)
        return
    _check_options(designs or [], out=out, cruise_mps=cruise_mps, trials=trials, replications=replications)
    for path in (out, page, plot):
        if path is not None:
            refuse_unwritable(path)
    world = None if scenario is None else load_scenario(scenario)
    studies = [study_airframe(path, cruise_mps=cruise_mps, trials=trials) for path in designs or []]
    calls = None if world is None else fly_designs(studies, world, replications=replications, seed=seed)
    _write_files(studies, calls, out=out, page=page, plot=plot)
    if as_json:
        emit_json(_document(studies, calls))
    else:
        _print_studies(studies, calls)


def _check_options(
    designs: list[Path], *, out: Path | None, cruise_mps: float, trials: int, replications: int
) -> None:
    if not 1 <= len(designs) <= 2:
        raise InputError(
            f"{len(designs)} designs", do="give one, or two to set side by side; --example FILE writes one"
        )
    if out is not None and len(designs) != 1:
        raise InputError("--out with two designs", do="write each drone in a run of its own")
    if not (math.isfinite(cruise_mps) and 1.0 <= cruise_mps <= 50.0):
        raise InputError(f"--cruise-mps {cruise_mps} is out of range", do="give 1 to 50")
    if not FEWEST_TRIALS <= trials <= 1_000_000:
        raise InputError(f"--trials {trials} is out of range", do=f"give {FEWEST_TRIALS} to 1000000")
    if not 1 <= replications <= 100_000:
        raise InputError(f"--replications {replications} is out of range", do="give 1 to 100000")


def _write_example(path: Path) -> None:
    if path.exists():
        raise InputError(f"{path}: exists already", do="choose another name")
    write_atomically(path, EXAMPLE)
    note(f"written: {path} -> edit it, then: dfr airframe {path}")


def _write_files(
    studies: list[AirframeStudy],
    calls: DesignsOnScenario | None,
    *,
    out: Path | None,
    page: Path | None,
    plot: Path | None,
) -> None:
    from dfr.report.airframe_chart import airframe_chart  # loads matplotlib
    from dfr.report.airframe_page import airframe_html

    texts: list[tuple[Path | None, Callable[[], str]]] = [
        (out, lambda: airframe_file_text(studies[0])),
        (page, lambda: airframe_html(studies, calls)),
        (plot, lambda: airframe_chart(studies)),
    ]
    for path, text in texts:
        if path is not None:
            write_atomically(path, text())
            note(f"written: {path}")


def _print_studies(studies: list[AirframeStudy], calls: DesignsOnScenario | None) -> None:
    from dfr.report.airframe_page import figure_rows, motor_words, risk_rows
    from dfr.report.words import missed_words

    for study in studies:
        say(f"{study.design.key}: {study.design.name} ({study.design.layout.name})")
        say(f"  {motor_words(study)}")
    if len(studies) > 1:
        say(f"  {'':<46}{''.join(f'{study.design.key:<26}' for study in studies)}change")
    for row in figure_rows(studies):
        values = "".join(f"{value:<26}" for value in row.values)
        say(f"  {row.what:<46}{values}{row.change:<7}{row.unit}".rstrip())
    for people, classes in risk_rows(studies):
        say(f"  {'iGRC, people per km² ' + people:<46}{''.join(f'{each:<26}' for each in classes)}".rstrip())
    if calls is not None:
        say(f"calls of {calls.scenario}, {calls.replications} periods:")
        for one in calls.designs:
            missed = ", ".join(f"{missed_words(why)} {count}" for why, count in one.missed_by.items())
            say(f"  {one.key}: reached {one.reached} of {one.calls}; missed: {missed or 'none'}")
        if calls.both is not None:
            say(
                f"  both reach {calls.both}, only {calls.designs[0].key} {calls.only_first}, "
                f"only {calls.designs[1].key} {calls.only_second}, neither {calls.neither}"
            )
    say("assumptions:")
    lines = [line for study in studies for line in study.assumptions]
    for line in dict.fromkeys([*lines, *(() if calls is None else calls.assumptions)]):
        say(f"  {line}")


def _document(studies: list[AirframeStudy], calls: DesignsOnScenario | None) -> dict[str, object]:
    return {
        "designs": [_study_document(study) for study in studies],
        "second_over_first": weigh_designs(*studies) if len(studies) == 2 else {},
        "scenario": None if calls is None else asdict(calls),
        "makers_hover_min": [
            {"name": name, "predicted": predicted, "stated": stated}
            for name, predicted, stated in predict_makers_hover()
        ],
    }


def _study_document(study: AirframeStudy) -> dict[str, object]:
    risk = igrc_by_density(size_m=study.drone.size_m, speed_mps=study.drone.max_speed_mps)
    return {
        "key": study.design.key,
        "name": study.design.name,
        "layout": study.design.layout.key,
        "dock": study.design.dock,
        "figures": {figure.name: asdict(figure) for figure in study.figures},
        "motor_out": asdict(study.motor_out),
        "igrc": [
            {"people_per_km2_below": below if math.isfinite(below) else None, "igrc": found}
            for below, found in risk
        ],
        "landing_envelope": list(study.landing_rows),
        "assumptions": list(study.assumptions),
    }
