"""`dfr report`: tells what a live shift came to by its log, beside what the model does with its calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from dfr.cli.options import NoCache, PlanFile, ScenarioName
from dfr.cli.output import AsJson, emit_json, note, say
from dfr.errors import InputError, NonCompliantError
from dfr.findings import counted_noun
from dfr.io.files import refuse_unwritable, write_atomically
from dfr.io.plan_files import read_plan
from dfr.io.scenario_files import find_scenario, load_world
from dfr.metrics.logged_shift import LoggedFlight, LoggedShift
from dfr.rehearsal.logged_shift import REPLICATIONS, report_shift
from dfr.store.landing_cache import use_landing_cache
from dfr.store.shift_log import LogCheck, read_shift_log

app = typer.Typer(add_completion=False, rich_markup_mode=None)

PLAN = "plan.json"


@app.command()
def report(
    shift: Annotated[Path, typer.Argument(help="The folder of the shift, with its log.jsonl.")],
    scenario: ScenarioName,
    *,
    plan: PlanFile = None,
    replications: Annotated[
        int, typer.Option(min=1, max=1000, help="How often the model has the shift's calls.")
    ] = REPLICATIONS,
    out: Annotated[Path | None, typer.Option(help="Write the report to this page (.html).")] = None,
    no_cache: NoCache = False,
    as_json: AsJson = False,
) -> None:
    """Report a shift after its log: calls, flights predicted beside flown, and its key figures.

    The figures are made as the simulation's are, and beside each is the mean of what the model does with the
    same calls at the same times, each with the stay that it had. The plan is that in the shift's folder.

    Exit codes: 0 fine, 2 no shift of this scenario, 3 the log was changed.
    """
    use_landing_cache(on=not no_cache)
    if out is not None:
        refuse_unwritable(out)
    log = read_shift_log(shift)
    world = load_world(find_scenario(scenario))
    note(f"the model has the calls {counted_noun(replications, 'time')} ...")
    found = report_shift(
        world, read_plan(_plan_file(shift, plan), world.scenario), log, replications=replications
    )
    if out is not None:
        from dfr.report.shift_page import shift_page  # loads the templates, which the words do without

        write_atomically(out, shift_page(found, log.check))
    if as_json:
        emit_json({"log": log.check.as_dict(), **found.as_dict()})
    else:
        for line in _lines(found, log.check):
            say(line)
    if not log.check.is_whole:
        raise typer.Exit(NonCompliantError.exit_code)


def _plan_file(shift: Path, given: Path | None) -> Path:
    kept = shift / PLAN
    if given is None and not kept.is_file():
        raise InputError(f"{kept}: not there", do="name the plan of the shift with --plan")
    return given or kept


def _lines(shift: LoggedShift, check: LogCheck) -> Iterator[str]:
    minutes = shift.seconds / 60.0
    kind = "simulated" if shift.simulated else "real"
    yield f"{shift.scenario}: {minutes:.0f} min from {shift.start}"
    yield f"{counted_noun(len(shift.drones), f'{kind} drone')}: {', '.join(shift.drones)}"
    yield f"{counted_noun(shift.calls, 'call')}: {shift.endings or 'none ended'}"
    if shift.outside:
        yield f"{counted_noun(shift.outside, 'call')} outside every zone of the plan, in no figure"
    yield f"{counted_noun(len(shift.flights), 'flight')}, predicted / flown:"
    yield from (_flight_line(flight) for flight in shift.flights)
    if shift.taken_on:
        yield f"{counted_noun(shift.taken_on, 'flight')} taken on in the air: the clocks begin there"
    yield from _figure_lines(shift)
    yield "records: " + ", ".join(f"{count} {kind}" for kind, count in shift.counted.items())
    yield from (f"unknown: {words}" for words in shift.unknown)
    yield f"log: {check}"
    yield f"last hash: {check.head}"


def _flight_line(flight: LoggedFlight) -> str:
    out, home = _pair(flight.predicted_out_s, flight.out_s), _pair(flight.predicted_home_s, flight.home_s)
    return (
        f"  {flight.flight:3} {flight.drone:12} call {flight.call:<4} out {out} s, on scene "
        f"{flight.on_scene_s:.0f} s, home {home} s  {flight.landing or 'in the air at the end'}"
    )


def _figure_lines(shift: LoggedShift) -> Iterator[str]:
    if shift.kpis:
        yield f"figures: modelled (mean of {counted_noun(shift.replications, 'replication')}) / flown:"
    for pair in shift.kpis:
        unit = f", {pair.unit}" if pair.unit else ""
        yield f"  {pair.what}{unit}: {_number(pair.modelled)} / {_number(pair.flown)}"


def _pair(predicted: float, flown: float | None) -> str:
    return f"{predicted:.0f} / {'-' if flown is None else f'{flown:.0f}'}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
