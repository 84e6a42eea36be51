"""`dfr sensitivity`: which uncertain figure moves the answer most, and what knowing it is worth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from dfr.api.sensitivity import BY, Question, levers_of, study_sensitivity
from dfr.cli.options import (
    Jobs,
    NoCache,
    Now,
    ScenarioName,
    StudyOptions,
    count_processes,
    parse_moment,
    with_option_groups,
)
from dfr.cli.output import AsJson, emit_json, json_text, note, say
from dfr.cli.stopping import explain_stop
from dfr.errors import InputError
from dfr.io.files import write_atomically
from dfr.io.scenario_files import find_scenario
from dfr.metrics.sensitivity import Decision, Effect, End, Sensitivity
from dfr.plan.verdict import EXERCISE_PREFIX
from dfr.scenario.uncertain import Lever

app = typer.Typer(add_completion=False, rich_markup_mode=None)

SHOWN = 12
"""So many figures are printed; the page and the table have all."""


@app.command()
@with_option_groups
def sensitivity(
    scenario: ScenarioName,
    *,
    figure: Annotated[
        str,
        typer.Option(metavar="KPI", help="The key figure that is the answer; if not given, the primary one."),
    ] = "",
    by: Annotated[
        float, typer.Option(help="Change of a figure without a range of its own, as a part of it (assumed).")
    ] = BY,
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=LOW..HIGH", help="A figure's range; also of one that is not assumed. Repeatable."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Only figures with this text in their name. Repeatable."),
    ] = None,
    docks: Annotated[
        str,
        typer.Option(
            metavar="N,N,...", help="Numbers of docks to choose from: what is knowing a figure worth?"
        ),
    ] = "",
    dock_must_bring: Annotated[
        float, typer.Option(help="With --docks: how much of the key figure each further dock must bring.")
    ] = 0.01,
    list_only: Annotated[
        bool, typer.Option("--list", help="Name the figures and their ranges, and stop.")
    ] = False,
    options: StudyOptions,
    jobs: Jobs = 0,
    now: Now = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for sensitivity.html, .svg, .csv and .json.")
    ] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Set each assumed figure to both ends of its range, and report how the answer and the verdict change.

    The docks stay where they are; the plan is made and checked anew, and the same calls are simulated. With
    --docks also what knowing each figure is worth before the number of docks is chosen.
    """
    path = find_scenario(scenario)
    question = Question(
        figure=figure,
        by=_checked_part(by),
        ranges=dict(_parse_range(text) for text in vary or ()),
        only=tuple(only or ()),
        decision=_parse_decision(docks, dock_must_bring),
        now=parse_moment(now),
        landing_cache=not no_cache,
    )
    if list_only:
        _print_levers(levers_of(path, question), as_json=as_json)
        return
    processes = count_processes(jobs)
    with explain_stop(lambda: "nothing is kept -> give --only or fewer --replications for a shorter study"):
        study = study_sensitivity(
            path,
            question,
            replications=options.replications,
            seed=options.seed,
            jobs=processes,
            on_done=_note_progress,
        )
    document = _document(study)
    if out is not None:
        _write_files(study, document, out)
    if as_json:
        emit_json(document)
    else:
        _print_study(study)


def _checked_part(by: float) -> float:
    if not 0.0 < by < 1.0:
        raise InputError(f"--by {by:g} is out of range", do="give a part between 0 and 1, such as 0.2")
    return by


def _parse_range(text: str) -> tuple[str, tuple[float, float]]:
    """(name, (low, high)) of `NAME=LOW..HIGH`."""
    name, _, ends = text.rpartition("=")
    low, dots, high = ends.partition("..")
    try:
        values = float(low), float(high)
    except ValueError:
        values = math.nan, math.nan
    if not (name and dots and all(map(math.isfinite, values)) and values[0] < values[1]):
        raise InputError(
            f"--vary {text!r} is no range", do="write it as crew.launch=20..60, the lower end first"
        )
    return name, values


def _parse_decision(docks: str, dock_must_bring: float) -> Decision | None:
    if not docks:
        return None
    try:
        numbers = tuple(int(part) for part in docks.split(","))
    except ValueError:
        numbers = ()
    if len(set(numbers)) < 2 or min(numbers) < 1:
        raise InputError(f"--docks {docks!r} is no choice", do="give two or more numbers, such as 1,2,3")
    if not (math.isfinite(dock_must_bring) and dock_must_bring >= 0.0):
        raise InputError(f"--dock-must-bring {dock_must_bring:g} is out of range", do="give 0 or more")
    return Decision(docks=tuple(sorted(set(numbers))), dock_must_bring=dock_must_bring)


def _note_progress(done: int, of: int) -> None:
    if done == of or done % 10 == 0:
        note(f"{done} of {of} simulations")


def _print_levers(levers: tuple[Lever, ...], *, as_json: bool) -> None:
    if as_json:
        emit_json(
            {
                lever.name: {
                    "value": lever.value,
                    "low": lever.low,
                    "high": lever.high,
                    "assumed": lever.assumed,
                    "source": lever.source,
                }
                for lever in levers
            }
        )
        return
    for lever in levers:
        say(f"{lever.name:60}{lever.value:>10.4g}   {lever.low:.4g} .. {lever.high:.4g}   {lever.source}")


def _write_files(study: Sensitivity, document: dict[str, object], out: Path) -> None:
    from dfr.report.sensitivity_page import (
        sensitivity_csv,
        sensitivity_html,
        tornado_chart,
    )  # loads matplotlib

    for name, text in (
        ("sensitivity.json", json_text(document)),
        ("sensitivity.csv", sensitivity_csv(study)),
        ("sensitivity.svg", tornado_chart(study)),
        ("sensitivity.html", sensitivity_html(study)),
    ):
        write_atomically(out / name, text)
    note(f"written: {out / 'sensitivity.html'} and its table and chart")


def _print_study(study: Sensitivity) -> None:
    from dfr.report.sensitivity_page import end_words, worth_words
    from dfr.report.words import figure

    prefix = EXERCISE_PREFIX if study.exercise else ""
    say(f"{prefix}{study.scenario}: {study.figure} {figure(study.answer, study.unit)}, {study.base.verdict}")
    for effect in study.effects[:SHOWN]:
        say(f"{effect.lever.name}: {effect.lever.value:.4g}")
        for end in (effect.low, effect.high):
            say(f"  {end.value:<10.4g}{end_words(end, study)}")
        if study.decision is not None:
            say(f"  knowing it is worth {worth_words(effect, study)}")
    if len(study.effects) > SHOWN:
        say(f"and {len(study.effects) - SHOWN} more with smaller effects -> --out has them all")
    for effect in study.effects[SHOWN:]:
        if any(end.shift is None for end in (effect.low, effect.high)):
            say(f"not among them: what {effect.lever.name} does is not known at one end at least")
    turned = [effect for effect in study.effects[SHOWN:] if _turns(effect, study)]
    for effect in turned:
        say(f"the verdict also turns with {effect.lever.name}")


def _turns(effect: Effect, study: Sensitivity) -> bool:
    return any(end.judged.verdict not in {"", study.base.verdict} for end in (effect.low, effect.high))


def _document(study: Sensitivity) -> dict[str, object]:
    return {
        "scenario": study.scenario,
        "exercise": study.exercise,
        "figure": study.figure,
        "unit": study.unit,
        "answer": study.answer,
        "verdict": study.base.verdict,
        "seed": study.seed,
        "replications": study.replications,
        "docks": list(study.docks),
        "effects": [_effect_document(effect) for effect in study.effects],
        "decision": None
        if study.decision is None
        else {"docks": list(study.decision.docks), "dock_must_bring": study.decision.dock_must_bring},
    }


def _effect_document(effect: Effect) -> dict[str, object]:
    lever, worth = effect.lever, effect.worth
    return {
        "name": lever.name,
        "value": lever.value,
        "assumed": lever.assumed,
        "source": lever.source,
        "low": _end_document(effect.low),
        "high": _end_document(effect.high),
        "clear": effect.clear,
        "worth_knowing": None if worth is None else {"value": worth.value, "error": worth.error},
    }


def _end_document(end: End) -> dict[str, object]:
    gap = end.difference
    return {
        "value": end.value,
        "answer": None if gap is None else gap.second,
        "difference": None
        if gap is None
        else {"difference": gap.difference, "low": gap.low, "high": gap.high, "clear": gap.clear},
        "verdict": end.judged.verdict,
        "stopped_by": sorted(end.judged.stopped_by),
        "not_judged": end.judged.refused,
    }
