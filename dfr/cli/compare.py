"""`dfr compare`: compares two runs on the same calls in pairs, figure by figure."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from dfr.cli.output import AsJson, emit_json, say
from dfr.errors import InputError
from dfr.metrics.compare import Difference, compare
from dfr.metrics.kpi import Summary
from dfr.plan.verdict import exercise_title
from dfr.sim.events import Records
from dfr.store.origin import LoadedRun, load_run

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(name="compare")
def compare_runs(
    first: Annotated[Path, typer.Argument(help="The --out folder of a run.")],
    second: Annotated[Path, typer.Argument(help="The --out folder of another run with the same seed.")],
    level: Annotated[float, typer.Option(help="Confidence of the intervals.")] = 0.95,
    clear: Annotated[
        bool, typer.Option("--clear", help="Show only differences whose interval excludes 0.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show how the second run differs from the first, with an interval over pairs of replications.

    Runs with the same seed share their random numbers, so pairs differ only by what you changed. If the calls
    themselves differ (another demand), dfr says so. Among many figures, some seem to differ by chance. dfr
    therefore tests the primary figure of the first run's scenario alone, and marks another figure with *
    only if it still differs clearly when the number of figures is taken into account (Holm's procedure, at
    one confidence for all of them together).
    """
    if not 0.0 < level < 1.0:
        raise InputError(
            f"--level {level:g} is not a confidence", do="give one between 0 and 1, such as 0.95"
        )
    runs = load_run(first), load_run(second)
    summaries = [_finished_summary(run) for run in runs]
    primary = runs[0].world.scenario.simulation.primary_figure
    gaps = compare(summaries[0], summaries[1], level=level, primary=primary)
    shown = [gap for gap in gaps if gap.clear or not clear]
    same = _same_calls(runs[0].records, runs[1].records)
    if as_json:
        emit_json(
            {
                "first": str(first),
                "second": str(second),
                "exercise": any(run.world.scenario.exercise for run in runs),
                "level": level,
                "primary": primary,
                "same_calls": same,
                "differences": {gap.name: _difference_document(gap) for gap in shown},
            }
        )
        return
    for path, run in zip((first, second), runs, strict=True):
        say(exercise_title(run.world.scenario, f"{path}: {run.world.scenario.name}"))
    if not same:
        say("the two runs have different calls: the pairs share only their seed")
    columns = f"{'first':>10}{'second':>10}{'difference':>12}{f'{level:.0%} interval':>24}"
    say(f"{'second minus first':36}{columns}  unit")
    for gap in shown:
        say(_difference_line(gap))
    say(f"* differs clearly among all {len(gaps)} figures; the primary figure, {primary}, is tested alone")


def _finished_summary(run: LoadedRun) -> Summary:
    if run.summary is None:
        raise InputError(
            f"{run.folder}: no finished simulation", do=f"`dfr simulate ... --out {run.folder}` first"
        )
    return run.summary


def _same_calls(first: Records | None, second: Records | None) -> bool:
    """Whether both runs have the same calls in the replications that they share."""
    if first is None or second is None:
        return False
    count = min(len(first.replications), len(second.replications))
    return np.array_equal(_sorted_calls(first, count), _sorted_calls(second, count))


def _sorted_calls(records: Records, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Replication, number and time of every call, in order, to the microsecond."""
    columns = [records.column("calls", name) for name in ("replication", "call", "call_s")]
    table = np.stack(columns).astype(float)
    table = table[:, table[0] < count].round(6)
    return table[:, np.lexsort(table[::-1])]


def _difference_document(gap: Difference) -> dict[str, object]:
    return {
        "first": gap.first,
        "second": gap.second,
        "difference": gap.difference,
        "low": gap.low,
        "high": gap.high,
        "pairs": gap.pairs,
        "unit": gap.unit,
        "clear": gap.clear,
        "p_value": gap.p_value,
        "primary": gap.primary,
        "clear_among_all": gap.clear_among_all,
    }


def _difference_line(gap: Difference) -> str:
    interval = "-" if gap.low is None or gap.high is None else f"{gap.low:+.4g} .. {gap.high:+.4g}"
    cells = [_number_text(gap.first), _number_text(gap.second), _number_text(gap.difference, signed=True)]
    return f"{gap.name:36}{cells[0]:>10}{cells[1]:>10}{cells[2]:>12}{interval:>24}  {gap.unit}{_mark(gap)}"


def _mark(gap: Difference) -> str:
    """What a difference is worth, in words."""
    if gap.low is None:
        return "  too few pairs differ to tell"
    if gap.low == gap.high == 0.0:
        return "  the same"
    if gap.clear_among_all:
        return " *"
    return "  may be chance among so many figures" if gap.clear else "  no clear difference"


def _number_text(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "-"
    return f"{value:+.4g}" if signed else f"{value:.4g}"
